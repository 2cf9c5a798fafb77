//! psactl.toml as a tree in which every value knows where it stands, with the environment laid over it.
//!
//! Walking this tree by hand, rather than deriving, is what makes it possible to name line, column and the
//! nearest known key for every mistake, and to report all mistakes at once.

use super::Environment;
use super::error::{Place, Problem};
use super::schema::{self, Found};
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// A value and where it was written.
#[derive(Clone)]
pub(super) struct Node {
    pub at: Place,
    pub value: Value,
}

#[derive(Clone)]
pub(super) enum Value {
    Text(String),
    /// `None`: beyond 64 bits.
    Integer(Option<i64>),
    /// As written: money is read from these letters and never goes through a binary float.
    Float(String),
    Bool(bool),
    Date,
    List(Vec<Node>),
    Table(BTreeMap<String, Entry>),
    /// Nested deeper than anything known; only its being there matters, since it stands under an unknown key.
    TooDeep,
}

/// A key's position and its value.
#[derive(Clone)]
pub(super) struct Entry {
    pub key_at: Place,
    pub node: Node,
}

/// Deeper than the deepest known key; keeps hostile nesting from exhausting the stack.
const DEEPEST: usize = 8;

impl Value {
    /// What it is, with an article, for "expected …, found …".
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a text",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Bool(_) => "true or false",
            Value::Date => "a date",
            Value::List(_) => "a list",
            Value::Table(_) | Value::TooDeep => "a table",
        }
    }
}

impl Node {
    /// The node under `key`, if this is a table that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Table(entries) => entries.get(key).map(|entry| &entry.node),
            _ => None,
        }
    }
}

/// Reads the text; the error is a syntax error with its place.
pub(super) fn read(text: &str) -> Result<Node, Problem> {
    let lines = Lines::of(text);
    match DeTable::parse(text) {
        Ok(table) => {
            let at = Place::File { line: 1, column: 1 };
            Ok(Node { at, value: table_value(table.get_ref(), &lines, 0) })
        }
        Err(error) => {
            let at = error.span().map_or(Place::Whole, |span| lines.place(span.start));
            // The library's message may have several lines ("expected …"): one is enough beside a place.
            let message = error.message().lines().collect::<Vec<_>>().join("; ");
            Err(Problem { at, message: format!("not valid TOML: {message}") })
        }
    }
}

fn table_value(table: &DeTable<'_>, lines: &Lines<'_>, depth: usize) -> Value {
    if depth > DEEPEST {
        return Value::TooDeep;
    }
    let entries = table.iter().map(|(key, value)| {
        let entry = Entry {
            key_at: lines.place(key.span().start),
            node: Node {
                at: lines.place(value.span().start),
                value: plain_value(value.get_ref(), lines, depth + 1),
            },
        };
        (key.get_ref().to_string(), entry)
    });
    Value::Table(entries.collect())
}

fn plain_value(value: &DeValue<'_>, lines: &Lines<'_>, depth: usize) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => {
            let digits: String = number.as_str().chars().filter(|c| *c != '_').collect();
            Value::Integer(i64::from_str_radix(&digits, number.radix()).ok())
        }
        DeValue::Float(number) => Value::Float(number.as_str().chars().filter(|c| *c != '_').collect()),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(_) => Value::Date,
        DeValue::Array(_) if depth > DEEPEST => Value::TooDeep,
        DeValue::Array(items) => Value::List(
            items
                .iter()
                .map(|item| Node {
                    at: lines.place(item.span().start),
                    value: plain_value(item.get_ref(), lines, depth + 1),
                })
                .collect(),
        ),
        DeValue::Table(table) => table_value(table, lines, depth),
    }
}

/// Byte offsets to lines and columns (in characters), both counted from 1.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Lines { text, starts }
    }

    fn place(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1];
        let column = self.text.get(start..offset).map_or(1, |before| before.chars().count() + 1);
        Place::File { line, column }
    }
}

/// Lays `PSACTL_SECTION__KEY` variables over the tree; what names no known key becomes a problem.
pub(super) fn overlay(root: &mut Node, environment: &Environment, problems: &mut Vec<Problem>) {
    for (name, value) in environment.overrides() {
        let at = Place::Variable(name.to_string());
        let segments: Vec<String> =
            name["PSACTL_".len()..].split("__").map(|segment| segment.to_lowercase()).collect();
        match schema::find(&segments) {
            Found::Key(path) => {
                if let Err(message) = set(root, &path, value, &at) {
                    problems.push(Problem { at, message });
                }
            }
            Found::Section(path) => problems.push(Problem {
                at,
                message: format!("[{}] is a section: name one of its keys", path.join(".")),
            }),
            Found::Nothing { unknown, section, nearest } => {
                let place = schema::in_section(&section);
                let mut message = format!("unknown key \"{unknown}\" {place}");
                if let Some(nearest) = nearest {
                    let mut path = section.clone();
                    path.push(nearest.clone());
                    message += &format!(": did you mean \"{nearest}\" ({})?", variable_for(&path));
                }
                problems.push(Problem { at, message });
            }
        }
    }
}

/// The variable that overrides the key at this path.
pub(super) fn variable_for(path: &[String]) -> String {
    let words: Vec<String> = path.iter().map(|word| word.to_uppercase().replace('-', "_")).collect();
    format!("PSACTL_{}", words.join("__"))
}

fn set(root: &mut Node, path: &[String], value: &str, at: &Place) -> Result<(), String> {
    let Some((last, sections)) = path.split_last() else { return Ok(()) };
    let mut node = root;
    for section in sections {
        let Value::Table(entries) = &mut node.value else {
            return Err(format!("\"{section}\" is not a section in the file"));
        };
        let empty = Node { at: at.clone(), value: Value::Table(BTreeMap::new()) };
        node = &mut entries
            .entry(section.clone())
            .or_insert_with(|| Entry { key_at: at.clone(), node: empty })
            .node;
    }
    let Value::Table(entries) = &mut node.value else {
        return Err(format!("\"{}\" is not a section in the file", sections.join(".")));
    };
    let node = Node { at: at.clone(), value: Value::Text(value.to_string()) };
    entries.insert(last.clone(), Entry { key_at: at.clone(), node });
    Ok(())
}
