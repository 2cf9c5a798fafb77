//! JSON as rows: a list of objects, an object with such a list alone, or objects one after the other (JSON
//! Lines). The header is every name that occurs, in the order of first occurrence.

use super::super::Error;
use super::sheet::{Cell, Kind, Row};
use super::table::broken;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;

/// More names than that no export has.
const WIDEST: usize = 1_000;

/// The objects of a JSON text, one after the other.
pub(super) struct JsonRows<'t> {
    text: &'t str,
    objects: std::vec::IntoIter<&'t RawValue>,
    names: HashMap<String, usize>,
    /// Up to where lines were counted, and that line.
    counted: (usize, u64),
    /// JSON Lines, and not one list.
    pub lines: bool,
    last: u64,
}

/// The names and values of an object, in its order.
struct Object<'t>(Vec<(Cow<'t, str>, &'t RawValue)>);

impl<'t> Deserialize<'t> for Object<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'t> Visitor<'t> for Pairs {
            type Value = Object<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Object<'t>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    pairs.push((name, map.next_value()?));
                }
                Ok(Object(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[derive(Deserialize)]
struct Name<'t>(#[serde(borrow)] Cow<'t, str>);

/// Whether a text is JSON, as far as its first sign tells.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

impl<'t> JsonRows<'t> {
    /// The header, and the rows.
    pub fn new(text: &'t str, file: &Path) -> Result<(Vec<String>, JsonRows<'t>), Error> {
        let not_json = |error: serde_json::Error| {
            let line = u64::try_from(error.line()).ok().filter(|line| *line > 0);
            let reason = if error.is_eof() {
                "is JSON that breaks off: it is not whole".to_string()
            } else {
                format!("is not JSON: {error}")
            };
            broken(file, line, reason)
        };
        let (objects, lines) = if text.trim_start().starts_with('[') {
            (serde_json::from_str::<Vec<&RawValue>>(text).map_err(not_json)?, false)
        } else {
            let all = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
            let all = all.collect::<Result<Vec<_>, _>>().map_err(not_json)?;
            match all.as_slice() {
                [one] => match wrapped(one, file)? {
                    Some(list) => (list, false),
                    None => (all, true),
                },
                _ => (all, true),
            }
        };
        let mut rows = JsonRows {
            text,
            objects: Vec::new().into_iter(),
            names: HashMap::new(),
            counted: (0, 1),
            lines,
            last: 1,
        };
        let mut header: Vec<String> = Vec::new();
        for object in &objects {
            // What is no object is told row by row.
            let Ok(Object(pairs)) = serde_json::from_str(object.get()) else { continue };
            for (name, _) in pairs {
                let name = name.trim();
                if !rows.names.contains_key(name) {
                    rows.names.insert(name.to_string(), header.len());
                    header.push(name.to_string());
                }
            }
            if header.len() > WIDEST {
                return Err(broken(file, None, format!("has more than {WIDEST} different names")));
            }
        }
        if objects.is_empty() {
            return Err(broken(file, None, "is empty: expected a list of objects".to_string()));
        }
        rows.objects = objects.into_iter();
        Ok((header, rows))
    }

    /// The next object.
    pub fn read(&mut self, row: &mut Row) -> bool {
        let Some(object) = self.objects.next() else { return false };
        row.line = self.line_of(object.get());
        self.last = row.line;
        row.flaw = None;
        let width = self.names.len();
        row.cells.resize_with(width, Cell::default);
        row.cells.iter_mut().for_each(Cell::clear);
        let Ok(Object(pairs)) = serde_json::from_str(object.get()) else {
            row.flaw = Some("is not an object".to_string());
            return true;
        };
        let mut seen = vec![false; width];
        for (name, value) in pairs {
            let Some(at) = self.names.get(name.trim()) else { continue };
            if std::mem::replace(&mut seen[*at], true) {
                row.flaw = Some(format!("has \"{}\" twice", name.trim()));
            }
            row.cells[*at].set(value.get());
        }
        true
    }

    /// The line of the last row, where no line end follows it.
    pub fn unended(&self) -> Option<u64> {
        (self.lines && !self.text.ends_with(['\n', '\r'])).then_some(self.last)
    }

    /// The line of a part of the text; parts come in their order.
    fn line_of(&mut self, part: &str) -> u64 {
        let at = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len());
        let (from, line) = self.counted;
        let between = self.text.as_bytes().get(from..at).unwrap_or_default();
        self.counted = (at.max(from), line + between.iter().filter(|byte| **byte == b'\n').count() as u64);
        self.counted.1
    }
}

/// The one list in an object that holds nothing else: whatever stands beside it may say that there is more.
fn wrapped<'t>(object: &'t RawValue, file: &Path) -> Result<Option<Vec<&'t RawValue>>, Error> {
    let Ok(Object(pairs)) = serde_json::from_str(object.get()) else { return Ok(None) };
    let list = |value: &RawValue| value.get().starts_with('[');
    match pairs.as_slice() {
        [(_, value)] if list(value) => Ok(serde_json::from_str(value.get()).ok()),
        many => match many.iter().position(|(_, value)| list(value)) {
            None => Ok(None),
            Some(at) => {
                let beside = many.iter().enumerate().find(|(other, _)| *other != at);
                let beside = beside.map_or("", |(_, (name, _))| name);
                Err(broken(
                    file,
                    None,
                    format!(
                        "has \"{beside}\" beside the list \"{}\": whether the list is whole cannot be known",
                        many[at].0
                    ),
                ))
            }
        },
    }
}

impl Cell {
    /// Takes a JSON value.
    fn set(&mut self, value: &str) {
        self.clear();
        match value.as_bytes().first() {
            Some(b'"') => {
                if let Ok(text) = serde_json::from_str::<String>(value) {
                    self.text.push_str(text.trim());
                }
            }
            Some(b'{') => self.kind = Kind::Nested("an object"),
            Some(b'[') => self.kind = Kind::Nested("a list"),
            Some(b'n') => {}
            Some(b't' | b'f') => self.text.push_str(value),
            _ => {
                self.kind = Kind::Number;
                self.text.push_str(value);
            }
        }
    }
}
