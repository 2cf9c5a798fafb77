//! From an answer's body to typed records, and to the exact place when that fails.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{Error, Tried};
use super::reply::{clean, is_html};

/// A kind of record that can be read.
pub trait Record: DeserializeOwned + Send {
    /// What it is called in the user's words, as “agreement addition”.
    const NAME: &'static str;

    /// The fields that are read of it, as they are called in Rust or in the contract; none: all that come.
    const FIELDS: &'static [&'static str] = &[];

    /// The record's id, where it has one; lists leave out what comes twice by it.
    fn id(&self) -> Option<i64> {
        None
    }
}

/// Any record, as it came: for looking up what became of a write.
impl Record for Value {
    const NAME: &'static str = "record";

    fn id(&self) -> Option<i64> {
        self.get("id").and_then(Value::as_i64)
    }
}

/// Reads one record.
pub(super) fn record<T: Record>(body: &[u8], tried: &Tried, host: &str) -> Result<T, Error> {
    serde_json::from_slice(body).or_else(|_| {
        let value = json(body, tried, host)?;
        decoded(&value, tried)
    })
}

/// Reads a list of records.
pub(super) fn records<T: Record>(body: &[u8], tried: &Tried, host: &str) -> Result<Vec<T>, Error> {
    serde_json::from_slice(body).or_else(|_| match json(body, tried, host)? {
        Value::Array(values) => values.iter().map(|value| decoded(value, tried)).collect(),
        other => {
            let came = match other {
                Value::Object(_) => "one record",
                Value::Null => "nothing",
                _ => "a single value",
            };
            Err(not_connectwise(tried, host, format!("{came} came where a list was expected")))
        }
    })
}

/// Reads any JSON; an empty body, text or a page for people is no answer of ConnectWise's API.
pub(super) fn json(body: &[u8], tried: &Tried, host: &str) -> Result<Value, Error> {
    if crate::net::has_too_many_values(body) {
        let problem = format!("the answer of {} MiB holds millions of values", body.len() >> 20);
        return Err(not_connectwise(tried, host, problem));
    }
    serde_json::from_slice(body).map_err(|error| {
        let text = String::from_utf8_lossy(body.get(..2_000).unwrap_or(body));
        let problem = if body.iter().all(u8::is_ascii_whitespace) {
            "the answer is empty".to_owned()
        } else if is_html(&text) {
            "a web page came where JSON was expected".to_owned()
        } else if error.is_eof() {
            format!("the answer is cut off after {} characters", body.len())
        } else {
            format!("the answer is not JSON (line {}, column {})", error.line(), error.column())
        };
        not_connectwise(tried, host, problem)
    })
}

pub(super) fn not_connectwise(tried: &Tried, host: &str, problem: String) -> Error {
    let (tried, host) = (Box::new(tried.clone()), host.to_owned());
    Error::NotConnectWise { tried, host, problem, wants_encryption: false }
}

fn decoded<T: Record>(value: &Value, tried: &Tried) -> Result<T, Error> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        // That is how serde_json hands on a number.
        let at = path.trim_end_matches(".$serde_json::private::Number");
        Error::Decode {
            tried: Box::new(tried.clone()),
            what: T::NAME,
            id: value.get("id").and_then(Value::as_i64),
            at: if at == "." { String::new() } else { at.to_owned() },
            problem: without_values(&error.inner().to_string()),
        }
    })
}

/// What was wrong with a record, in the reader's words but without the texts that stood there: they are
/// somebody's data.
pub(super) fn without_values(problem: &str) -> String {
    let mut shown = String::new();
    let mut rest = problem;
    while let Some(at) = rest.find(['"', '“']) {
        let (before, quoted) = rest.split_at(at);
        shown.push_str(before.strip_suffix("string ").map_or(before, |before| before));
        shown.push_str("a text");
        rest = after_quotes(quoted);
    }
    // Words that no program foresaw stand in backticks; names of fields and numbers do too, which may be seen.
    let foreseen = shown.clone() + rest;
    match foreseen.split_once("unknown variant `") {
        Some((before, after)) => {
            let after = after.rsplit_once("`, expected").map_or("", |(_, expected)| expected);
            clean(&format!("{before}unknown word, expected{after}"), 200)
        }
        None => clean(&foreseen, 200),
    }
}

/// What follows a text in quotes, in which a backslash stands before a quotation mark.
fn after_quotes(quoted: &str) -> &str {
    let mut escaped = false;
    let mut characters = quoted.char_indices();
    let close = if characters.next().is_some_and(|(_, mark)| mark == '“') { '”' } else { '"' };
    for (at, character) in characters {
        if character == close && !escaped {
            return quoted.get(at + character.len_utf8()..).unwrap_or_default();
        }
        escaped = character == '\\' && !escaped;
    }
    ""
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
