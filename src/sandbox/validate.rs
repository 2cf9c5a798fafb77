//! Checks a body against its schema: types, lengths, enumerations, required fields.

use std::str::FromStr;

use serde_json::Value;

use super::clock;
use super::contract::{Field, Kind, Schema};
use super::errors::Violation;
use super::query::decimal;
use super::rules;
use super::store::Record;
use super::view::View;

/// Takes over what a client sent: every value checked and brought to the form it is kept in.
///
/// What only the server writes is dropped without a word, since whole records are sent back by
/// honest clients. A field that the schema does not have is refused: the contract leaves the
/// server's answer open, and a silent one would hide mistakes.
pub fn accept(
    view: &View<'_>,
    schema: &Schema,
    given: &Record,
    creating: bool,
    violations: &mut Vec<Violation>,
) -> Record {
    let mut taken = Record::new();
    for (name, value) in given {
        let Some(field) = schema.fields.get(name) else {
            violations.push(Violation::new(
                "InvalidField",
                name,
                format!("The field {name} does not exist."),
            ));
            continue;
        };
        let dropped = name == "id"
            || field.kind == Kind::Info
            || rules::read_only(&schema.name, name)
            || (rules::post_only(&schema.name, field) && !creating);
        if dropped {
            continue;
        }
        match value_of(view, &field.kind, field, value) {
            Ok(value) => drop(taken.insert(name.clone(), value)),
            Err((code, message)) => violations.push(Violation::new(code, name, message)),
        }
    }
    taken
}

type Wrong = (&'static str, String);

fn value_of(view: &View<'_>, kind: &Kind, field: &Field, value: &Value) -> Result<Value, Wrong> {
    let name = &field.name;
    let wrong = |what: &str| Err(("InvalidType", format!("The {name} field must be {what}.")));
    if value.is_null() {
        return Ok(Value::Null);
    }
    match (kind, value) {
        (Kind::Text, Value::String(text)) => self::text(view, field, text),
        (Kind::Text, _) => wrong("a string"),
        // Clearing with an empty text is how a date or a reference is emptied in PATCH
        // (contract: behaviours, section 4).
        (Kind::DateTime | Kind::Reference(_), Value::String(text)) if text.is_empty() => Ok(Value::Null),
        (Kind::DateTime, Value::String(text)) => match clock::parse(text) {
            Some(time) => Ok(format!("{time:.0}Z").into()),
            None => Err(("UnsupportedFormat", format!("Unsupported format applied to {name}"))),
        },
        (Kind::DateTime, _) => wrong("a date"),
        (Kind::Enum(names), Value::String(text)) if names.contains(text) => Ok(value.clone()),
        (Kind::Enum(names), _) => wrong(&format!("one of {}", names.join(", "))),
        (Kind::Int, Value::Number(_)) => match decimal(value).map(|d| (d, d.fract().is_zero())) {
            Some((d, true)) if i32::from_str(&d.normalize().to_string()).is_ok() => {
                Ok(serde_json::Number::from_str(&d.normalize().to_string())
                    .map_or(Value::Null, Value::Number))
            }
            _ => wrong("an integer"),
        },
        (Kind::Int, _) => wrong("an integer"),
        (Kind::Num, Value::Number(_)) if decimal(value).is_some() => Ok(value.clone()),
        (Kind::Num, _) => wrong("a number"),
        (Kind::Bool, Value::Bool(_)) => Ok(value.clone()),
        (Kind::Bool, _) => wrong("true or false"),
        (Kind::Reference(reference), Value::Object(given)) => reference_of(view, reference, given, name),
        (Kind::Reference(_), _) => wrong("a reference"),
        (Kind::Array(of), Value::Array(items)) => {
            let items = items.iter().filter(|item| !item.is_null());
            let items = items.map(|item| value_of(view, of, field, item));
            Ok(Value::Array(items.collect::<Result<_, _>>()?))
        }
        (Kind::Array(_), _) => wrong("an array"),
        (Kind::Object(schema), Value::Object(given)) => object_of(view, schema, given).map(Value::Object),
        (Kind::Object(_), _) => wrong("an object"),
        (Kind::Any, _) => Ok(value.clone()),
        (Kind::Info, _) => Ok(Value::Null),
    }
}

fn text(view: &View<'_>, field: &Field, text: &str) -> Result<Value, Wrong> {
    let kept = if view.options.flatten_newlines {
        text.replace("\r\n", " ").replace(['\r', '\n'], " ").replace('\t', "    ")
    } else {
        text.to_owned()
    };
    if kept.is_empty() && view.options.blank_as_null {
        return Ok(Value::Null);
    }
    match field.max_length {
        Some(most) if kept.chars().count() > most => {
            Err(("InvalidLength", format!("The {} field must be at most {most} characters.", field.name)))
        }
        _ => Ok(kept.into()),
    }
}

fn object_of(view: &View<'_>, name: &str, given: &Record) -> Result<Record, Wrong> {
    let mut taken = Record::new();
    for (key, value) in given {
        let field = view.contract.schema(name).and_then(|s| s.fields.get(key));
        let Some(field) = field else {
            return Err(("InvalidField", format!("The field {key} does not exist.")));
        };
        let value = value_of(view, &field.kind, field, value)?;
        if !value.is_null() {
            taken.insert(key.clone(), value);
        }
    }
    Ok(taken)
}

/// A reference as sent: `{id}`, `{identifier}` or `{name}`; its fields must be the reference's.
fn reference_of(view: &View<'_>, reference: &str, given: &Record, name: &str) -> Result<Value, Wrong> {
    let Some(schema) = view.contract.schema(reference) else {
        return Ok(Value::Object(given.clone()));
    };
    let mut kept = Record::new();
    for (key, value) in given {
        let Some(field) = schema.fields.get(key) else {
            return Err(("InvalidField", format!("The field {name}/{key} does not exist.")));
        };
        if field.kind == Kind::Info || value.is_null() {
            continue;
        }
        let named = Field { name: format!("{name}/{key}"), ..field.clone() };
        let value = value_of(view, &field.kind, &named, value)?;
        if !value.is_null() {
            kept.insert(key.clone(), value);
        }
    }
    if kept.is_empty() {
        return Ok(Value::Null);
    }
    Ok(Value::Object(kept))
}

/// Whether a field holds something; empty text is nothing.
fn holds(record: &Record, field: &str) -> bool {
    match record.get(field) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(_) => true,
    }
}

/// The fields that a record must have. `on_update` adds those that the document requires on PUT.
pub fn required(schema: &Schema, record: &Record, on_update: bool, violations: &mut Vec<Violation>) {
    for field in schema.fields.values() {
        if field.name == "id" {
            continue;
        }
        let when = field.required_when.as_ref().is_some_and(|pairs| {
            pairs.iter().all(|(name, value)| {
                schema.fields.contains_key(name)
                    && match record.get(name) {
                        Some(Value::String(text)) => text == value,
                        Some(Value::Bool(flag)) => flag.to_string() == *value,
                        _ => false,
                    }
            })
        });
        let must = field.required || when || (on_update && field.required_on_update);
        if must && !holds(record, &field.name) {
            let name = match field.kind {
                Kind::Reference(_) => format!("{}/id", field.name),
                _ => field.name.clone(),
            };
            violations.push(Violation::missing(&name));
        }
    }
}
