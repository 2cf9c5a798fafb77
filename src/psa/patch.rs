//! The operations of a PATCH request.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an operation does to its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PatchVerb {
    /// Puts a value where there may be none.
    Add,
    /// Puts a value in place of the present one.
    Replace,
    /// Takes the value away.
    Remove,
}

/// One change of one field.
///
/// The path is the field's name in the contract's own letter case, without a slash (behaviours, section 4).
/// Fields that are records are replaced whole, by path `status` and value `{"id": 7}`: a path into them
/// (`status/id`) can be answered with 200 and change nothing.
///
/// The operations of one request are one update and are checked together: send fields that depend on each
/// other in one request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PatchOp {
    /// What is done.
    pub op: PatchVerb,
    /// The field.
    pub path: String,
    /// The new value; absent for a removal.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub value: Option<Value>,
}

impl PatchOp {
    /// Replaces a field's value.
    pub fn replace(path: impl Into<String>, value: impl Into<Value>) -> PatchOp {
        PatchOp { op: PatchVerb::Replace, path: path.into(), value: Some(value.into()) }
    }

    /// Adds a value to a field that may have none.
    pub fn add(path: impl Into<String>, value: impl Into<Value>) -> PatchOp {
        PatchOp { op: PatchVerb::Add, path: path.into(), value: Some(value.into()) }
    }

    /// Removes a field's value.
    pub fn remove(path: impl Into<String>) -> PatchOp {
        PatchOp { op: PatchVerb::Remove, path: path.into(), value: None }
    }
}

/// Keeps a `null` that stands there apart from a value that does not.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn looks_as_connectwise_wants_it() {
        let operations = [
            PatchOp::replace("quantity", super::super::number(rust_decimal::Decimal::new(1250, 2))),
            PatchOp::add("status", json!({"id": 7})),
            PatchOp::replace("contact", Value::Null),
            PatchOp::remove("contactName"),
        ];
        let text = serde_json::to_string(&operations).expect("operations serialise");
        assert_eq!(
            text,
            r#"[{"op":"replace","path":"quantity","value":12.50},{"op":"add","path":"status","value":{"id":7}},{"op":"replace","path":"contact","value":null},{"op":"remove","path":"contactName"}]"#
        );
        assert_eq!(serde_json::from_str::<Vec<PatchOp>>(&text).ok().as_deref(), Some(&operations[..]));
    }
}
