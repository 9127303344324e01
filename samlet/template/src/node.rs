//! YAML as CloudFormation takes it: scalars are text until something wants a number, and every node knows its place.

use saphyr::{MarkedYaml, YamlData, YamlLoader};
use saphyr_parser::{Parser, Span};
use serde_json::Value;

use crate::diagnostics::{Diagnostic, Location};

/// The largest template CloudFormation takes.
const MAX_BYTES: usize = 1024 * 1024;

/// How deep a template may nest.
const MAX_DEPTH: usize = 100;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) at: Location,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Null,
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// A short-form intrinsic: its name (`Ref`, `Fn::Sub`) and argument.
    Call(String, Box<Node>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) at: Location,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) fn text(text: impl Into<String>, at: Location) -> Self {
        Self {
            kind: Kind::Text(text.into()),
            at,
        }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// As JSON, all scalars being text.
    pub(crate) fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => items.iter().map(Node::to_json).collect(),
            Kind::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_json()))
                .collect(),
            Kind::Call(_, argument) => argument.to_json(),
        }
    }
}

/// Parses a template's text.
pub(crate) fn parse(source: &str) -> Result<Node, Diagnostic> {
    let start = Location {
        line: 1,
        column: 1,
        end_column: 2,
    };
    let wrong = |location, message: String| Diagnostic {
        message,
        location,
        help: None,
    };
    if source.len() > MAX_BYTES {
        return Err(wrong(
            start,
            "the template is larger than 1 MB, CloudFormation's limit".into(),
        ));
    }
    let mut loader = YamlLoader::<MarkedYaml<'_>>::default();
    loader.early_parse(false);
    let mut parser = Parser::new_from_str(source);
    let loaded = parser.load(&mut loader, false);
    let error = loaded.err().or_else(|| loader.error().cloned());
    if let Some(error) = error {
        let marker = error.marker();
        let column = marker.col() + 1;
        let location = Location {
            line: marker.line().max(1),
            column,
            end_column: column + 1,
        };
        return Err(wrong(
            location,
            format!("the template is no valid YAML: {}", error.info()),
        ));
    }
    match loader.into_documents().first() {
        Some(document) => convert(document, 0).map_err(|location| {
            wrong(
                location,
                format!("the template nests deeper than {MAX_DEPTH} levels"),
            )
        }),
        None => Err(wrong(start, "the template is empty".into())),
    }
}

fn convert(yaml: &MarkedYaml<'_>, depth: usize) -> Result<Node, Location> {
    let at = location(&yaml.span);
    if depth > MAX_DEPTH {
        return Err(at);
    }
    let kind = match &yaml.data {
        YamlData::Representation(text, style, tag) => {
            let plain = *style == saphyr::ScalarStyle::Plain;
            let scalar = match text.as_ref() {
                "" | "~" | "null" | "Null" | "NULL" if plain && tag.is_none() => Kind::Null,
                text => Kind::Text(text.to_owned()),
            };
            match tag {
                Some(tag) if tag.handle == "!" => call(&tag.suffix, Node { kind: scalar, at }),
                _ => scalar,
            }
        }
        YamlData::Sequence(items) => Kind::List(
            items
                .iter()
                .map(|item| convert(item, depth + 1))
                .collect::<Result<_, _>>()?,
        ),
        YamlData::Mapping(entries) => {
            let entry = |(key, value): (&MarkedYaml<'_>, &MarkedYaml<'_>)| {
                let key = convert(key, depth + 1)?;
                let value = convert(value, depth + 1)?;
                // A value of nothing has no place of its own.
                let value = Node {
                    at: if value.kind == Kind::Null {
                        key.at
                    } else {
                        value.at
                    },
                    ..value
                };
                Ok(Entry {
                    key: key.as_text().unwrap_or_default().to_owned(),
                    at: key.at,
                    value,
                })
            };
            Kind::Map(entries.iter().map(entry).collect::<Result<_, Location>>()?)
        }
        YamlData::Tagged(tag, inner) => {
            let mut inner = convert(inner, depth + 1)?;
            // What is inside a tag has no span of its own.
            if inner.at.line == 0 {
                inner.at = at;
            }
            call(&tag.suffix, Node { at, ..inner })
        }
        YamlData::Value(_) | YamlData::Alias(_) | YamlData::BadValue => Kind::Null,
    };
    Ok(Node { kind, at })
}

/// `!Ref x` is `{Ref: x}`, `!Sub x` is `{Fn::Sub: x}`.
fn call(name: &str, argument: Node) -> Kind {
    let name = match name {
        "Ref" | "Condition" => name.to_owned(),
        name => format!("Fn::{name}"),
    };
    Kind::Call(name, Box::new(argument))
}

fn location(span: &Span) -> Location {
    let column = span.start.col() + 1;
    let same_line = span.start.line() == span.end.line();
    let end_column = if same_line {
        (span.end.col() + 1).max(column + 1)
    } else {
        column + 1
    };
    Location {
        line: span.start.line(),
        column,
        end_column,
    }
}
