//! PATCH: an array of operations, applied as one update (contract: behaviours, section 4).

use serde_json::Value;

use super::contract::{Kind, Schema};
use super::errors::{Refusal, Violation};
use super::store::Record;

/// Reads the operations and answers the fields they change, in the form a body would give them.
///
/// `op` is `add`, `replace` or `remove` in lower case; the path is the property's name, letter for
/// letter, with or without a slash before it. An inner path such as `status/id` sets the reference;
/// with `inner_paths` off it is accepted and changes nothing, as has been seen of some servers.
pub fn changes(schema: &Schema, body: &Value, inner_paths: bool) -> Result<Record, Refusal> {
    let resource = schema.resource();
    let Some(operations) = body.as_array() else {
        return Err(Refusal::bad_body("An array of patch operations is expected."));
    };
    let mut changes = Record::new();
    let mut violations = Vec::new();
    for operation in operations {
        if let Err(violation) = apply(schema, operation, inner_paths, &mut changes) {
            violations.push(violation);
        }
    }
    match violations.is_empty() {
        true => Ok(changes),
        false => Err(Refusal::invalid(&resource, &violations)),
    }
}

fn apply(
    schema: &Schema,
    operation: &Value,
    inner_paths: bool,
    changes: &mut Record,
) -> Result<(), Violation> {
    let wrong = |field: &str, message: String| Violation::new("InvalidPatch", field, message);
    let Some(operation) = operation.as_object() else {
        return Err(wrong("", "A patch operation must be an object.".to_owned()));
    };
    let path = operation.get("path").and_then(Value::as_str);
    let Some(path) = path.map(|path| path.strip_prefix('/').unwrap_or(path)) else {
        return Err(wrong("path", "The path field is required.".to_owned()));
    };
    let value = match operation.get("op").and_then(Value::as_str) {
        Some("remove") => Value::Null,
        Some(op @ ("add" | "replace")) => match operation.get("value") {
            Some(value) => value.clone(),
            None => return Err(wrong(path, format!("{op} needs a value."))),
        },
        _ => {
            let message = "op must be add, replace or remove.".to_owned();
            return Err(wrong("op", message));
        }
    };
    let mut segments = path.split('/');
    let first = segments.next().unwrap_or_default();
    let Some(field) = schema.fields.get(first) else {
        let message = format!("The path {path} does not exist.");
        return Err(wrong(path, message));
    };
    let Some(inner) = segments.next() else {
        changes.insert(first.to_owned(), value);
        return Ok(());
    };
    if segments.next().is_some() || !matches!(field.kind, Kind::Reference(_)) {
        let message = format!("The path {path} cannot be patched.");
        return Err(wrong(path, message));
    }
    if inner_paths {
        let entry = changes.entry(first.to_owned()).or_insert(Value::Null);
        if !entry.is_object() {
            *entry = Value::Object(Record::new());
        }
        if let Some(reference) = entry.as_object_mut() {
            reference.insert(inner.to_owned(), value);
        }
    }
    Ok(())
}
