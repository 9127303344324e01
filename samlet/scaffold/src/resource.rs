//! A function's resource in the text of a template, whose comments and order stay as they are.

use samlet_template::Application;

use crate::ScaffoldError;

use crate::skeleton::{RESOURCE, Values};
use crate::target::Target;

/// The template's text with the resource behind the last function, or, if
/// there is none, at the end of the resources.
pub(crate) fn added(
    application: &Application,
    source: &str,
    api: &Target,
    name: &str,
    values: &Values,
) -> Result<String, ScaffoldError> {
    let lines: Vec<&str> = source.lines().collect();
    let functions = application.functions.iter();
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
        ScaffoldError::NotAddable(place.to_owned())
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
        0 => Err(ScaffoldError::NotAddable("its text was lost".to_owned())),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use samlet_aws::Place;
    use samlet_template::{ApiKind, Catalogue, Settings};

    const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  First: # the first
    Type: AWS::Serverless::Function
    Properties: {CodeUri: f, Handler: h, Runtime: provided.al2023}

  # Of the table.
  Table: {Type: AWS::Serverless::SimpleTable}
";

    #[test]
    fn a_resource_goes_behind_the_last_function_and_all_else_stays() {
        let settings = Settings::new(Place::new("us-east-1", "1", "local"));
        let application = samlet_template::read(TEMPLATE, &settings, &Catalogue::new([])).unwrap();
        let api = Target {
            kind: ApiKind::Rest,
            logical_id: Some("Api".to_owned()),
        };
        let values = Values::new(&[("name", "Second"), ("event", "Api")]);
        let text = added(&application, TEMPLATE, &api, "Second", &values).unwrap();
        let (before, after) = TEMPLATE.split_at(TEMPLATE.find("\n\n  # Of").unwrap());
        let rest = text.strip_prefix(before).unwrap();
        let resource = rest.strip_suffix(after).unwrap();
        assert!(
            resource.starts_with("\n\n  Second:\n    Type:"),
            "{resource}"
        );
        assert!(
            resource.ends_with("\n            RestApiId: !Ref Api"),
            "{resource}"
        );
    }
}
