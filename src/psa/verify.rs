//! Whether ConnectWise kept what it was sent: it can answer 200 and change nothing.

use std::fmt;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::patch::{PatchOp, PatchVerb};
use super::reply::clean;

/// A field whose answered value is not the one that was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The field, as `quantity`, or `product/identifier` within a reference.
    pub field: String,
    /// What was sent.
    pub sent: Value,
    /// What came back; null when nothing did.
    pub answered: Value,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Value| match value {
            Value::Null => "nothing".to_owned(),
            Value::String(text) => format!("“{}”", clean(text, 80)),
            other => clean(&other.to_string(), 80),
        };
        write!(f, "{}: sent {}, ConnectWise has {}", self.field, shown(&self.sent), shown(&self.answered))
    }
}

/// Fields that are taken and never given back (behaviours, section 8): instructions for the call, and text
/// that becomes a ticket's notes. Passwords are known by their names' end.
const WRITE_ONLY: &[&str] = &[
    "contactEmailLookup",
    "initialDescription",
    "initialDescriptionFrom",
    "initialInternalAnalysis",
    "initialResolution",
    "processNotifications",
    "skipCallback",
];

fn write_only(field: &str) -> bool {
    let name = field.rsplit('/').next().unwrap_or(field);
    WRITE_ONLY.contains(&name) || name.to_ascii_lowercase().ends_with("password")
}

/// Compares a record that was sent (POST, PUT) with the record that came back.
///
/// Only the fields that were sent count. Text is compared with runs of white space as one, numbers by value,
/// dates by day where one of the two is midnight and by the second elsewhere, references by id, else by
/// identifier or name. Nothing, an empty text and null are the same, and so is a flag that is off or not there.
pub fn differences(sent: &Value, answered: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    match sent {
        Value::Object(fields) => {
            for (field, value) in fields.iter().filter(|(field, _)| !write_only(field)) {
                compare(field, value, answered.get(field).unwrap_or(&Value::Null), &mut found);
            }
        }
        other => compare("", other, answered, &mut found),
    }
    found
}

/// Compares the operations of a PATCH with the record that came back, as [`differences`] does.
pub fn differences_in_operations(operations: &[PatchOp], answered: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    for operation in operations.iter().filter(|operation| !write_only(&operation.path)) {
        let path = operation.path.trim_start_matches('/');
        let now = path.split('/').try_fold(answered, |value, part| value.get(part)).unwrap_or(&Value::Null);
        let wanted = match operation.op {
            PatchVerb::Remove => &Value::Null,
            PatchVerb::Add | PatchVerb::Replace => operation.value.as_ref().unwrap_or(&Value::Null),
        };
        // A later operation on the same field, or on the whole of it, has the last word.
        let overruled = operations.iter().rev().find(|later| same_field(&later.path, path));
        if overruled.is_some_and(|last| std::ptr::eq(last, operation)) {
            compare(path, wanted, now, &mut found);
        }
    }
    found
}

fn same_field(path: &str, other: &str) -> bool {
    path.trim_start_matches('/') == other
}

fn compare(field: &str, sent: &Value, answered: &Value, found: &mut Vec<Difference>) {
    let same = match (sent, answered) {
        (Value::Object(wanted), Value::Object(has)) if is_reference(wanted) => same_reference(wanted, has),
        (Value::Object(wanted), Value::Object(has)) => {
            for (name, value) in wanted.iter().filter(|(name, _)| !write_only(name)) {
                compare(&format!("{field}/{name}"), value, has.get(name).unwrap_or(&Value::Null), found);
            }
            return;
        }
        (Value::Array(wanted), Value::Array(has)) => same_list(wanted, has),
        _ => same_scalar(sent, answered),
    };
    if !same {
        let shown = if field.is_empty() { "the record" } else { field };
        found.push(Difference { field: shown.to_owned(), sent: sent.clone(), answered: answered.clone() });
    }
}

const REFERENCE: &[&str] = &["id", "identifier", "name"];

fn is_reference(value: &Map<String, Value>) -> bool {
    !value.is_empty() && value.keys().all(|key| REFERENCE.contains(&key.as_str()))
}

/// References come back expanded. The strongest key that both sides have decides; when they have none in
/// common, that something is there is all that can be said.
fn same_reference(wanted: &Map<String, Value>, has: &Map<String, Value>) -> bool {
    for key in REFERENCE {
        if let (Some(wanted), Some(has)) = (wanted.get(*key), has.get(*key))
            && !is_nothing(wanted)
            && !is_nothing(has)
        {
            return match (wanted, has) {
                (Value::String(wanted), Value::String(has)) => folded(wanted) == folded(has),
                _ => same_scalar(wanted, has),
            };
        }
    }
    wanted.values().all(is_nothing) == has.values().all(is_nothing)
}

/// Lists are the same when each thing sent has its like in what came back, and nothing more came: by `id`
/// where they are records with one, in order elsewhere.
fn same_list(wanted: &[Value], has: &[Value]) -> bool {
    let same = |wanted: &Value, has: &Value| differences(wanted, has).is_empty();
    wanted.len() == has.len()
        && wanted.iter().zip(has).all(|(wanted, in_order)| match wanted.get("id") {
            Some(id) => has.iter().any(|has| has.get("id") == Some(id) && same(wanted, has)),
            None => same(wanted, in_order),
        })
}

fn same_scalar(sent: &Value, answered: &Value) -> bool {
    if is_nothing(sent) && is_nothing(answered) {
        return true;
    }
    match (sent, answered) {
        (Value::Bool(wanted), Value::Null) => !wanted,
        (Value::Null, Value::Bool(has)) => !has,
        (Value::Bool(wanted), Value::Bool(has)) => wanted == has,
        (Value::Number(_), _) | (_, Value::Number(_)) => match (decimal(sent), decimal(answered)) {
            (Some(wanted), Some(has)) => wanted == has,
            _ => sent == answered,
        },
        (Value::String(wanted), Value::String(has)) => {
            one_blank(wanted) == one_blank(has) || same_time(wanted, has)
        }
        _ => sent == answered,
    }
}

/// Null, nothing but blanks, and a record without content are all “nothing”.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The number in a value; some of ConnectWise's numbers are texts.
fn decimal(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}

fn one_blank(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Names are found without regard to letter case.
fn folded(text: &str) -> String {
    one_blank(text).to_lowercase()
}

fn same_time(wanted: &str, has: &str) -> bool {
    let (Some(wanted), Some(has)) = (super::types::read_time(wanted), super::types::read_time(has)) else {
        return false;
    };
    let is_midnight = |time: Timestamp| time.as_second().rem_euclid(86_400) == 0;
    if is_midnight(wanted) || is_midnight(has) {
        super::day(wanted) == super::day(has)
    } else {
        wanted.as_second() == has.as_second()
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
