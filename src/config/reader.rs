//! Typed reading of one section: each getter notes its problem and goes on with the default, so that one run
//! reports every mistake of the file.

use super::error::{Place, Problem};
use super::tree::{Node, Value};
use std::cell::RefCell;

/// Collects what is wrong while the sections are read.
pub(super) struct Reader {
    problems: RefCell<Vec<Problem>>,
}

/// One section of the file, present or not.
pub(super) struct Section<'a> {
    reader: &'a Reader,
    name: String,
    node: Option<&'a Node>,
}

impl Reader {
    pub fn new(problems: Vec<Problem>) -> Self {
        Reader { problems: RefCell::new(problems) }
    }

    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort();
        problems.dedup();
        problems
    }

    pub fn section<'a>(&'a self, root: &'a Node, name: &str) -> Section<'a> {
        Section { reader: self, name: name.to_string(), node: root.get(name) }
    }
}

impl<'a> Section<'a> {
    pub fn child(&self, name: &str) -> Section<'a> {
        Section {
            reader: self.reader,
            name: format!("{}.{name}", self.name),
            node: self.node.and_then(|node| node.get(name)),
        }
    }

    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.node.and_then(|node| node.get(key))
    }

    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The keys and values of a table whose names were checked before.
    pub fn entries(&self) -> Vec<(&'a str, &'a Node)> {
        match self.node.map(|node| &node.value) {
            Some(Value::Table(entries)) => {
                entries.iter().map(|(key, entry)| (key.as_str(), &entry.node)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Notes a problem with a value of this section.
    pub fn reject(&self, at: Place, key: &str, reason: &str) {
        let message = format!("[{}] {key}: {reason}", self.name);
        self.reader.problems.borrow_mut().push(Problem { at, message });
    }

    /// Notes that a key is missing.
    pub fn lacks(&self, key: &str, why: &str) {
        let message = match self.node {
            Some(_) => format!("[{}] lacks {key}: {why}", self.name),
            None => format!("section [{}] is missing, and with it {key}: {why}", self.name),
        };
        self.reader.problems.borrow_mut().push(Problem { at: Place::Whole, message });
    }

    /// The value, or `default` where the key is absent or wrong.
    pub fn or<T>(&self, key: &str, default: T, parse: impl Fn(&Node) -> Result<T, String>) -> T {
        self.optional(key, parse).unwrap_or(default)
    }

    /// The value, if the key is there and right.
    pub fn optional<T>(&self, key: &str, parse: impl Fn(&Node) -> Result<T, String>) -> Option<T> {
        let node = self.get(key)?;
        match parse(node) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.reject(node.at.clone(), key, &reason);
                None
            }
        }
    }

    /// The value of a key that must be there; `why` says what it is for. `None` only with a problem noted.
    pub fn required<T>(&self, key: &str, why: &str, parse: impl Fn(&Node) -> Result<T, String>) -> Option<T> {
        if self.has(key) {
            self.optional(key, parse)
        } else {
            self.lacks(key, why);
            None
        }
    }
}
