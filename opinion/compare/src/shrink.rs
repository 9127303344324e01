//! Makes a history that shows a difference as short as it can be.

use anyhow::Result;
use serde_json::Value;

use crate::difference::{Difference, Programs};
use crate::known::Known;
use crate::request::Request;

/// How deep in a request members are tried without.
const MAX_DEPTH: usize = 6;

/// A shorter history that shows the same kind of difference, and the difference.
pub(crate) fn shrink(
    programs: &Programs,
    known: &[Known],
    history: &[Request],
    difference: Difference,
) -> Result<(Vec<Request>, Difference)> {
    let mut shrunk = Shrunk {
        programs,
        known,
        signature: signature(&difference),
        history: history[..=difference.index].to_vec(),
        difference,
    };
    let mut is_shorter = true;
    while is_shorter {
        is_shorter = shrunk.drop_requests()?;
        is_shorter |= shrunk.drop_members()?;
    }
    Ok((shrunk.history, shrunk.difference))
}

/// What stays the same while a history gets shorter, and what differences that mean the same have in common.
pub(crate) fn signature(difference: &Difference) -> String {
    let shape = |text: String| -> String {
        let (start, message) = text.split_once(": ").unwrap_or((&text, ""));
        let words = message.split_whitespace().take(6).collect::<Vec<_>>();
        format!("{start}: {}", words.join(" "))
    };
    let (samlet, opinion) = (&difference.samlet, &difference.opinion);
    let mut places = crate::difference::places(&samlet.body, &opinion.body);
    places.iter_mut().for_each(|place| {
        let parts = place.split('/').take(3);
        *place = parts.collect::<Vec<_>>().join("/");
    });
    places.dedup();
    let places = match (samlet.status, opinion.status) {
        (200, 200) => places.join(" "),
        _ => String::new(),
    };
    format!(
        "{}: {} | {} {places}",
        difference.request.operation,
        shape(samlet.summary()),
        shape(opinion.summary()),
    )
}

struct Shrunk<'a> {
    programs: &'a Programs,
    known: &'a [Known],
    signature: String,
    history: Vec<Request>,
    difference: Difference,
}

impl Shrunk<'_> {
    /// Takes a shorter history if it still shows the difference.
    fn take(&mut self, history: Vec<Request>) -> Result<bool> {
        let run = self.programs.run(&history, self.known)?;
        let Some(difference) = run.unknown else {
            return Ok(false);
        };
        if signature(&difference) != self.signature {
            return Ok(false);
        }
        self.history = history[..=difference.index].to_vec();
        self.difference = difference;
        Ok(true)
    }

    fn drop_requests(&mut self) -> Result<bool> {
        let mut is_shorter = false;
        // Many at once, then fewer.
        let mut count = self.history.len() / 2;
        while count > 0 {
            let mut end = self.history.len().saturating_sub(1);
            while end > 0 {
                let start = end.saturating_sub(count);
                let mut history = self.history.clone();
                history.drain(start..end);
                is_shorter |= self.take(history)?;
                end = start.min(self.history.len().saturating_sub(1));
            }
            count /= 2;
        }
        Ok(is_shorter)
    }

    fn drop_members(&mut self) -> Result<bool> {
        let mut is_shorter = false;
        let mut index = 0;
        while index < self.history.len() {
            let mut pointers = Vec::new();
            list(&self.history[index].request, "", 0, &mut pointers);
            for pointer in pointers {
                let Some(request) = self.history.get(index) else {
                    break;
                };
                let mut request = request.request.clone();
                if !remove(&mut request, &pointer) {
                    continue;
                }
                let mut history = self.history.clone();
                history[index].request = request;
                is_shorter |= self.take(history)?;
            }
            index += 1;
        }
        Ok(is_shorter)
    }
}

/// The pointers to all that could be left out.
fn list(value: &Value, at: &str, depth: usize, pointers: &mut Vec<String>) {
    if depth > MAX_DEPTH {
        return;
    }
    let mut visit = |name: String, value: &Value| {
        let at = format!("{at}/{name}");
        pointers.push(at.clone());
        list(value, &at, depth + 1, pointers);
    };
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                visit(name.clone(), value);
            }
        }
        // From the end, so that those before stay where they are.
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate().rev() {
                visit(index.to_string(), value);
            }
        }
        _ => {}
    }
}

fn remove(value: &mut Value, pointer: &str) -> bool {
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        return false;
    };
    match value.pointer_mut(parent) {
        Some(Value::Object(members)) => members.remove(name).is_some(),
        Some(Value::Array(values)) => match name.parse::<usize>() {
            Ok(index) if index < values.len() => {
                values.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    }
}
