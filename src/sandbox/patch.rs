//! PATCH: an array of operations, applied as one update (contract: behaviours, section 4).

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Number, Value, json};

use super::contract::{Contract, Kind, Schema};
use super::errors::{Refusal, Violation};
use super::rules;
use super::store::Record;

/// Reads the operations and answers the fields they change, in the form a body would give them.
///
/// `op` is `add`, `replace` or `remove` in lower case; the path is the property's name, letter for
/// letter, with or without a slash before it. An inner path such as `status/id` sets the reference;
/// text is taken for a number or a flag where one belongs, and a bare id or name for a reference, as
/// the server's JSON reader (Newtonsoft) would. `strict` is the guide for developers, word for word:
/// an inner path is accepted and changes nothing, as has been seen of some servers, and a value must
/// be of the field's kind.
pub fn changes(contract: &Contract, schema: &Schema, body: &Value, strict: bool) -> Result<Record, Refusal> {
    let resource = schema.resource();
    let Some(operations) = body.as_array() else {
        return Err(Refusal::bad_body("An array of patch operations is expected."));
    };
    let mut reading = Reading { contract, schema, strict, changes: Record::new() };
    let violations: Vec<Violation> =
        operations.iter().filter_map(|operation| reading.apply(operation).err()).collect();
    match violations.is_empty() {
        true => Ok(reading.changes),
        false => Err(Refusal::invalid(&resource, &violations)),
    }
}

struct Reading<'a> {
    contract: &'a Contract,
    schema: &'a Schema,
    strict: bool,
    changes: Record,
}

impl Reading<'_> {
    fn apply(&mut self, operation: &Value) -> Result<(), Violation> {
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
        let Some(field) = self.schema.fields.get(first) else {
            let message = format!("The path {path} does not exist.");
            return Err(wrong(path, message));
        };
        if rules::post_only(&self.schema.name, field) {
            let message = format!("The field {first} is taken on POST only.");
            return Err(wrong(first, message));
        }
        let Some(inner) = segments.next() else {
            let value = if self.strict { value } else { self.read_as(&field.kind, value) };
            self.changes.insert(first.to_owned(), value);
            return Ok(());
        };
        let Kind::Reference(reference) = &field.kind else {
            return Err(wrong(path, format!("The path {path} cannot be patched.")));
        };
        if segments.next().is_some() {
            return Err(wrong(path, format!("The path {path} cannot be patched.")));
        }
        if self.strict {
            return Ok(());
        }
        let inner_kind = self.contract.schema(reference).and_then(|schema| schema.fields.get(inner));
        let value = match inner_kind {
            Some(inner) => self.read_as(&inner.kind, value),
            None => value,
        };
        let entry = self.changes.entry(first.to_owned()).or_insert(Value::Null);
        if !entry.is_object() {
            *entry = Value::Object(Record::new());
        }
        if let Some(reference) = entry.as_object_mut() {
            reference.insert(inner.to_owned(), value);
        }
        Ok(())
    }

    /// A value as the server's JSON reader takes it for a kind of field; what does not fit is left
    /// as it is, for validation to refuse.
    fn read_as(&self, kind: &Kind, value: Value) -> Value {
        match (kind, &value) {
            (Kind::Int | Kind::Num, Value::String(text)) => {
                let text = text.trim();
                let number = Decimal::from_str(text).ok().and_then(|_| Number::from_str(text).ok());
                number.map_or(value, Value::Number)
            }
            (Kind::Bool, Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "true" => true.into(),
                "false" => false.into(),
                _ => value,
            },
            (Kind::Reference(_), Value::Number(id)) => json!({ "id": id }),
            // An empty text clears; any other names the record.
            (Kind::Reference(reference), Value::String(name)) if !name.is_empty() => {
                let schema = self.contract.schema(reference);
                let by_identifier = schema.is_some_and(|schema| schema.fields.contains_key("identifier"));
                let by = if by_identifier { "identifier" } else { "name" };
                json!({ by: name })
            }
            _ => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Release;

    fn read(operation: Value, strict: bool) -> Value {
        let contract = Contract::load(Release::Current).expect("the document");
        let schema = contract.schema("Ticket").expect("tickets");
        Value::Object(changes(&contract, schema, &json!([operation]), strict).expect("taken"))
    }

    #[test]
    fn values_as_newtonsoft_takes_them() {
        for (path, value, lenient) in [
            ("budgetHours", json!("1.50"), json!({"budgetHours": 1.5})),
            ("budgetHours", json!("one"), json!({"budgetHours": "one"})),
            ("knowledgeBaseCategoryId", json!(" 5 "), json!({"knowledgeBaseCategoryId": 5})),
            ("customerUpdatedFlag", json!("True"), json!({"customerUpdatedFlag": true})),
            ("customerUpdatedFlag", json!("1"), json!({"customerUpdatedFlag": "1"})),
            ("summary", json!("5"), json!({"summary": "5"})),
            ("status", json!(7), json!({"status": {"id": 7}})),
            ("status", json!("Closed"), json!({"status": {"name": "Closed"}})),
            ("company", json!("JoeTV"), json!({"company": {"identifier": "JoeTV"}})),
            ("company", json!(""), json!({"company": ""})),
            ("company", json!(null), json!({"company": null})),
        ] {
            let operation = json!({"op": "replace", "path": path, "value": value});
            assert_eq!(
                read(operation.clone(), false).to_string(),
                lenient.to_string().replace("1.5", "1.50")
            );
            assert_eq!(read(operation, true), json!({ path: value }));
        }
        let inner = json!({"op": "replace", "path": "/status/id", "value": "7"});
        assert_eq!(read(inner.clone(), false), json!({"status": {"id": 7}}));
        assert_eq!(read(inner, true), json!({}));
    }
}
