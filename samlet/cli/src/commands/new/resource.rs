//! A function's resource in the text of a template, whose comments and order stay as they are.

use super::Target;
use super::skeleton::{RESOURCE, Values};
use crate::error::Error;
use samlet_run::Template;

/// The template's text with the resource behind the last function, or, if
/// there is none, at the end of the resources.
pub(super) fn added(
    template: &Template,
    api: &Target,
    name: &str,
    values: &Values,
) -> Result<String, Error> {
    let lines: Vec<&str> = template.text().lines().collect();
    let functions = template.application.functions.iter();
    let last = functions.max_by_key(|function| function.location.line);
    let after = match last {
        Some(function) => {
            let id = function.logical_id.as_str();
            key_line(&lines, function.location.line, id)
        }
        None => lines
            .iter()
            .position(|line| line.trim_end() == "Resources:"),
    };
    let after = after.ok_or_else(|| {
        let place = "there is no line `Resources:` or of the last function's name";
        Error::NotAddable(place.to_owned())
    })?;
    let end = block_end(&lines, after);
    // As deep as the other resources are.
    let indent = match last {
        Some(_) => indentation(lines[after]),
        None => lines[after + 1..end]
            .iter()
            .find(|line| is_content(line))
            .map_or(2, |line| indentation(line)),
    };
    let resource = indented(&resource(api, values), indent);
    let mut text: Vec<&str> = lines[..end].to_vec();
    // Between resources there is a line, as in most templates.
    let is_first = last.is_none() && !lines[after + 1..end].iter().any(|line| is_content(line));
    if !is_first {
        text.push("");
    }
    text.extend(resource.lines());
    text.extend(&lines[end..]);
    let text = text.join("\n") + "\n";
    match text.matches(&format!("{name}:")).count() {
        0 => Err(Error::NotAddable("its text was lost".to_owned())),
        _ => Ok(text),
    }
}

fn resource(api: &Target, values: &Values) -> String {
    let resource = values.fill(RESOURCE);
    let reference = match (&api.logical_id, api.event()) {
        (None, _) => return resource,
        (Some(id), "Api") => format!("          RestApiId: !Ref {id}\n"),
        (Some(id), _) => format!("          ApiId: !Ref {id}\n"),
    };
    resource + &reference
}

/// The line of a resource's key, at or above the line of what it holds.
fn key_line(lines: &[&str], line: usize, key: &str) -> Option<usize> {
    let above = lines.get(..line)?;
    above.iter().rposition(|line| {
        let rest = line.trim_start().strip_prefix(key);
        rest.is_some_and(|rest| rest.trim_start().starts_with(':'))
    })
}

/// The line behind all that belongs to the key on a line; blank lines and
/// comments before the next key belong to that.
fn block_end(lines: &[&str], key: usize) -> usize {
    let depth = indentation(lines[key]);
    let mut end = key + 1;
    for (number, line) in lines.iter().enumerate().skip(key + 1) {
        if !is_content(line) {
            continue;
        }
        if indentation(line) <= depth {
            break;
        }
        end = number + 1;
    }
    end
}

fn is_content(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn indented(text: &str, depth: usize) -> String {
    let lines = text.lines().map(|line| format!("{:depth$}{line}\n", ""));
    lines.collect()
}
