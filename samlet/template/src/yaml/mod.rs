//! YAML as CloudFormation takes it: scalars are text until something wants a number, and every node knows its place.

mod scalars;

use std::collections::BTreeMap;

use saphyr::{MarkedYaml, YamlData, YamlLoader};
use saphyr_parser::{Event, Parser, ScanError, Span, SpannedEventReceiver};
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
    /// An unquoted number or boolean: text, but to what is taken as JSON.
    Literal(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// An intrinsic function in either spelling: its name (`Ref`, `Fn::Sub`) and argument.
    Call(String, Box<Node>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) at: Location,
    pub(crate) value: Node,
}

impl Entry {
    /// A resource's or an event's type; empty when it has none.
    pub(crate) fn type_name(&self) -> &str {
        self.value.get_text("Type").unwrap_or_default()
    }
}

impl Node {
    pub(crate) fn text(text: impl Into<String>, at: Location) -> Self {
        Self {
            kind: Kind::Text(text.into()),
            at,
        }
    }

    /// A map of nothing.
    pub(crate) fn empty(at: Location) -> Self {
        let kind = Kind::Map(Vec::new());
        Self { kind, at }
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

    /// The text of a map's entry.
    pub(crate) fn get_text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    /// The items of a list that is a map's entry; none when there is no such list.
    pub(crate) fn items_of(&self, key: &str) -> &[Node] {
        self.get(key).map_or(&[], Node::items)
    }

    /// The entries of a map that is a map's entry; none when there is no such map.
    pub(crate) fn entries_of(&self, key: &str) -> &[Entry] {
        self.get(key).map_or(&[], Node::entries)
    }

    /// A list's items, or this alone: where a template may state one or several.
    pub(crate) fn one_or_several(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// The texts of a list.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.items().iter().filter_map(Node::as_text)
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) | Kind::Literal(text) => Some(text),
            _ => None,
        }
    }

    /// As JSON, all scalars being text.
    pub(crate) fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Text(text) | Kind::Literal(text) => Value::String(text.clone()),
            Kind::List(items) => items.iter().map(Node::to_json).collect(),
            Kind::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_json()))
                .collect(),
            Kind::Call(_, argument) => argument.to_json(),
        }
    }

    /// As JSON, with numbers and booleans for what is written as such.
    pub(crate) fn to_typed_json(&self) -> Value {
        match &self.kind {
            // Those that JSON doesn't know (infinities) stay text.
            Kind::Literal(text) => serde_json::from_str(text).unwrap_or_else(|_| self.to_json()),
            Kind::List(items) => items.iter().map(Node::to_typed_json).collect(),
            Kind::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_typed_json()))
                .collect(),
            Kind::Null | Kind::Text(_) | Kind::Call(..) => self.to_json(),
        }
    }
}

/// Parses a template's text. Also tells of scalars that don't mean what they
/// look like.
pub(crate) fn parse(source: &str) -> Result<(Node, Vec<Diagnostic>), Diagnostic> {
    let start = Location {
        line: 1,
        column: 1,
        end_column: 2,
    };
    if source.len() > MAX_BYTES {
        return Err(wrong(
            start,
            "the template is larger than 1 MB, CloudFormation's limit".into(),
        ));
    }
    let documents = load(source)?;
    if let Some(second) = documents.get(1) {
        let message = "the file holds a second YAML document; a template is one".into();
        return Err(wrong(location(&second.span), message));
    }
    let Some(document) = documents.first() else {
        return Err(wrong(start, "the template is empty".into()));
    };
    let mut surprises = Vec::new();
    let node = convert(document, 0, &mut surprises).map_err(too_deep)?;
    Ok((node, surprises))
}

fn wrong(location: Location, message: String) -> Diagnostic {
    Diagnostic {
        message,
        location,
        help: None,
    }
}

fn too_deep(location: Location) -> Diagnostic {
    let message = format!("the template nests deeper than {MAX_DEPTH} levels");
    wrong(location, message)
}

/// The documents of a YAML text. How deep they nest is watched here already:
/// the loader recurses, and its trees do when they are dropped.
fn load(source: &str) -> Result<Vec<MarkedYaml<'_>>, Diagnostic> {
    let mut loader = YamlLoader::<MarkedYaml<'_>>::default();
    loader.early_parse(false);
    let mut parser = Parser::new_from_str(source);
    let mut nesting = Nesting::default();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| no_yaml(&error))?;
        if nesting.follow(&event) > MAX_DEPTH {
            return Err(too_deep(location(&span)));
        }
        loader.on_event(event, span);
        if let Some(error) = loader.error() {
            return Err(no_yaml(error));
        }
    }
    Ok(loader.into_documents())
}

/// How deep a document nests, with what its aliases stand for.
#[derive(Default)]
struct Nesting {
    /// The collections that are open: each with its anchor, and the levels found in it.
    open: Vec<(usize, usize)>,
    /// The levels of what has an anchor.
    anchored: BTreeMap<usize, usize>,
}

impl Nesting {
    /// The depth that is reached with an event.
    fn follow(&mut self, event: &Event<'_>) -> usize {
        let levels = match event {
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                self.open.push((*anchor, 0));
                0
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let (anchor, levels) = self.open.pop().unwrap_or_default();
                self.anchored.insert(anchor, levels + 1);
                levels + 1
            }
            Event::Alias(anchor) => self.anchored.get(anchor).copied().unwrap_or_default(),
            _ => 0,
        };
        if let Some((_, found)) = self.open.last_mut() {
            *found = levels.max(*found);
        }
        self.open.len() + levels
    }
}

fn no_yaml(error: &ScanError) -> Diagnostic {
    let marker = error.marker();
    let column = marker.col() + 1;
    let location = Location {
        line: marker.line().max(1),
        column,
        end_column: column + 1,
    };
    let message = format!("the template is no valid YAML: {}", error.info());
    wrong(location, message)
}

/// A plain scalar's meaning; notes when a number loses its spelling.
fn plain_scalar(text: &str, at: Location, surprises: &mut Vec<Diagnostic>) -> Kind {
    let meaning = scalars::plain(text);
    let digits = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    if meaning != text && digits(text) {
        surprises.push(Diagnostic {
            message: format!("CloudFormation takes `{text}` for the number {meaning}"),
            location: at,
            help: Some(format!("write '{text}' to keep it as it is")),
        });
    }
    match scalars::is_literal(&meaning) {
        true => Kind::Literal(meaning),
        false => Kind::Text(meaning),
    }
}

fn convert(
    yaml: &MarkedYaml<'_>,
    depth: usize,
    surprises: &mut Vec<Diagnostic>,
) -> Result<Node, Location> {
    let at = location(&yaml.span);
    if depth > MAX_DEPTH {
        return Err(at);
    }
    let kind = match &yaml.data {
        YamlData::Representation(text, style, tag) => {
            let plain = *style == saphyr::ScalarStyle::Plain;
            let scalar = match text.as_ref() {
                "" | "~" | "null" | "Null" | "NULL" if plain && tag.is_none() => Kind::Null,
                text if plain && tag.is_none() => plain_scalar(text, at, surprises),
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
                .map(|item| convert(item, depth + 1, surprises))
                .collect::<Result<_, _>>()?,
        ),
        YamlData::Mapping(entries) => {
            let entry = |(key, value): (&MarkedYaml<'_>, &MarkedYaml<'_>)| {
                let (key, value) = (
                    // A key is a name, however it is spelled.
                    convert(key, depth + 1, &mut Vec::new())?,
                    convert(value, depth + 1, surprises)?,
                );

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
            long_form(entries.iter().map(entry).collect::<Result<_, Location>>()?)
        }
        YamlData::Tagged(tag, inner) => {
            let mut inner = convert(inner, depth + 1, surprises)?;
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

/// `{Ref: x}` and `{Fn::Sub: x}` are calls as `!Ref x` and `!Sub x` are.
fn long_form(mut entries: Vec<Entry>) -> Kind {
    let is_call = |entry: &Entry| entry.key == "Ref" || entry.key.starts_with("Fn::");
    match entries.pop() {
        Some(only) if entries.is_empty() && is_call(&only) => {
            Kind::Call(only.key, Box::new(only.value))
        }
        last => {
            entries.extend(last);
            Kind::Map(entries)
        }
    }
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
