//! What ConnectWise says when it refuses: the envelopes of its errors, and text that is fit to be shown.

use serde_json::Value;

use crate::ui::text;

/// The server's words about a request that failed, cleaned and shortened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The code, as `InvalidObject`; the other envelope's `error`, as `ConnectWiseAPI`.
    pub code: Option<String>,
    /// The message, or the readable part of a text or HTML page.
    pub message: Option<String>,
    /// What was wrong with single fields.
    pub errors: Vec<FieldError>,
    /// Whether the body was a JSON object, as ConnectWise's own refusals are.
    pub json: bool,
    /// Whether there was no body.
    pub empty: bool,
    /// The status line's own words, where they are not the usual ones.
    pub reason: Option<String>,
    /// Whether the server says that it ran out of time itself: it says so with a 500 (behaviours, section 5),
    /// in body or status line, and may still be at work.
    pub timed_out: bool,
}

/// What was wrong with one field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldError {
    /// The code, as `MissingRequiredField` or `ObjectExists`.
    pub code: Option<String>,
    /// The message.
    pub message: Option<String>,
    /// The kind of record, in ConnectWise's words.
    pub resource: Option<String>,
    /// The field, as `recurringBillCycle/id`.
    pub field: Option<String>,
}

const SHOWN: usize = 300;

impl Reply {
    /// Reads the body of an answer that is not a success; it may be empty, text, HTML or either envelope
    /// (behaviours, section 5).
    pub fn parse(status: u16, body: &[u8]) -> Reply {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        let timed_out = status >= 500 && says_timeout(text);
        let mut reply = Reply { status, empty: text.is_empty(), timed_out, ..Reply::default() };
        match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(envelope)) => {
                reply.json = true;
                let said = |name: &str| words(envelope.get(name));
                reply.code = said("code").or_else(|| said("error"));
                reply.message = said("message").or_else(|| said("Message"));
                if let Some(Value::Array(errors)) = envelope.get("errors") {
                    reply.errors = errors.iter().take(20).map(field_error).collect();
                }
            }
            Ok(Value::String(said)) => reply.message = words(Some(&Value::String(said))),
            _ if is_html(text) => reply.message = title(text),
            _ if !text.is_empty() => reply.message = Some(clean(text, SHOWN)),
            _ => {}
        }
        reply
    }

    /// The reply in one line: the fields first, since they say most.
    pub fn summary(&self) -> String {
        let fields: Vec<String> = self.errors.iter().filter_map(FieldError::summary).collect();
        if !fields.is_empty() {
            return clean(&fields.join("; "), 2 * SHOWN);
        }
        let said = self.message.as_ref().or(self.code.as_ref()).or(self.reason.as_ref());
        said.cloned().unwrap_or_else(|| format!("status {} without a word", self.status))
    }

    /// Whether the reply, or one of its fields, carries this code.
    pub fn has_code(&self, code: &str) -> bool {
        let same =
            |said: &Option<String>| said.as_deref().is_some_and(|said| said.eq_ignore_ascii_case(code));
        same(&self.code) || self.errors.iter().any(|error| same(&error.code))
    }

    /// Whether this is what requests in the open, and to hosts that are not the API's, are answered; with which
    /// status is not known (behaviours, section 1).
    pub(super) fn wants_encryption(&self) -> bool {
        let said = self.message.as_deref().unwrap_or_default();
        self.has_code("Security") && said.contains("SSL is required")
    }

    /// Reads a body in which the server may have repeated texts that must not be shown. They are taken out
    /// before anything is shortened, which could leave their beginning, and once more afterwards, since JSON
    /// can write a text in many ways.
    pub(super) fn parse_without(status: u16, reason: Option<&str>, body: &[u8], secrets: &[String]) -> Reply {
        let mut text = String::from_utf8_lossy(body).into_owned();
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            text = text.replace(secret, "***");
        }
        let mut reply = Reply::parse(status, text.as_bytes());
        reply.timed_out |= status >= 500 && reason.is_some_and(says_timeout);
        reply.reason = reason.map(|said| clean(said, SHOWN)).filter(|said| !said.is_empty());
        reply.redact(secrets)
    }

    /// Replaces texts that must not be shown, should the server have repeated them.
    pub(super) fn redact<S: AsRef<str>>(mut self, secrets: &[S]) -> Reply {
        let hide = |said: &mut Option<String>| {
            if let Some(text) = said {
                for secret in secrets.iter().map(AsRef::as_ref).filter(|secret| !secret.is_empty()) {
                    *text = text.replace(secret, "***");
                }
            }
        };
        hide(&mut self.code);
        hide(&mut self.message);
        hide(&mut self.reason);
        for error in &mut self.errors {
            for said in [&mut error.code, &mut error.message, &mut error.resource, &mut error.field] {
                hide(said);
            }
        }
        self
    }
}

impl FieldError {
    fn summary(&self) -> Option<String> {
        let said = self.message.as_ref().or(self.code.as_ref())?;
        Some(match &self.field {
            Some(field) => format!("{field}: {said}"),
            None => said.clone(),
        })
    }
}

fn field_error(error: &Value) -> FieldError {
    if error.is_string() {
        return FieldError { message: words(Some(error)), ..FieldError::default() };
    }
    let said = |name: &str| words(error.get(name));
    FieldError {
        code: said("code"),
        message: said("message").or_else(|| said("details")),
        resource: said("resource"),
        field: said("field"),
    }
}

/// A member's text, when there is one worth showing.
fn words(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => clean(text, SHOWN),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// Whether a text tells of a time-out.
pub(super) fn says_timeout(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["timeout", "time-out", "timed out", "time out"].iter().any(|word| text.contains(word))
}

/// Whether a body is a page for people.
pub(super) fn is_html(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(200).collect::<String>().to_ascii_lowercase();
    start.starts_with('<')
        && ["<!doctype html", "<html", "<head", "<body", "<h1"].iter().any(|tag| start.contains(tag))
}

/// The title of a page, since its markup says nothing to a technician.
fn title(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let (from, to) = (lower.find("<title>")? + 7, lower.find("</title>")?);
    let inner = clean(text.get(from..to)?, SHOWN);
    (!inner.is_empty()).then_some(inner)
}

/// Text of the server that can be shown on one line of a terminal: control characters and marks that turn
/// the writing direction become blanks, runs of white space one blank, and the rest is cut off.
pub fn clean(said: &str, longest: usize) -> String {
    let mut shown = String::new();
    let mut length = 0;
    let mut blank = false;
    for character in said.chars() {
        if character.is_whitespace() || text::steers(character) || text::turns(character) {
            blank = true;
            continue;
        }
        if blank && length > 0 {
            shown.push(' ');
            length += 1;
        }
        blank = false;
        if length >= longest {
            shown.truncate(shown.trim_end().len());
            shown.push('…');
            break;
        }
        shown.push(character);
        length += 1;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_envelope_with_field_errors() {
        let body = br#"{"code":"InvalidObject","message":"addition object is invalid","errors":[
            {"code":"MissingRequiredField","message":"The product field\r\n is required.","resource":"addition","field":"product"},
            {"code":"ObjectExists","message":null}]}"#;
        let reply = Reply::parse(400, body);
        assert_eq!(reply.code.as_deref(), Some("InvalidObject"));
        assert_eq!(reply.summary(), "product: The product field is required.; ObjectExists");
        assert!(reply.has_code("objectexists") && reply.has_code("InvalidObject") && !reply.has_code("x"));
        assert!(reply.json && !reply.empty);
    }

    #[test]
    fn reads_every_other_kind_of_body() {
        type Case = (u16, &'static [u8], Option<&'static str>, Option<&'static str>);
        let cases: &[Case] = &[
            (401, br#"{"code":"Unauthorized","message":"No","errors":null}"#, Some("Unauthorized"), Some("No")),
            (
                429,
                br#"{"error":"ConnectWiseAPI","message":"Too many requests. Please try again in 30 seconds."}"#,
                Some("ConnectWiseAPI"),
                Some("Too many requests. Please try again in 30 seconds."),
            ),
            (400, b"Cannot route. Codebase/company is invalid", None, Some("Cannot route. Codebase/company is invalid")),
            (400, b"\"just a string\"", None, Some("just a string")),
            (
                404,
                b"<!DOCTYPE html>\n<html><head><title>404 - File or\n directory not found.</title></head></html>",
                None,
                Some("404 - File or directory not found."),
            ),
            (502, b"<html><body>bad</body></html>", None, None),
            (500, b"", None, None),
            (500, b"{\"code\":null,\"message\":{\"x\":1}}", None, None),
            (500, b"[1,2", None, Some("[1,2")),
            (500, b"\xff\xfe", None, Some("\u{fffd}\u{fffd}")),
        ];
        for (status, body, code, message) in cases {
            let reply = Reply::parse(*status, body);
            assert_eq!((reply.code.as_deref(), reply.message.as_deref()), (*code, *message), "{body:?}");
            assert!(!reply.summary().is_empty());
        }
    }

    #[test]
    fn a_time_out_is_told_by_the_word_in_body_or_status_line() {
        let timed_out =
            |status, reason, body: &str| Reply::parse_without(status, reason, body.as_bytes(), &[]).timed_out;
        assert!(timed_out(500, None, r#"{"code":"X","message":"Execution Timeout Expired."}"#));
        assert!(timed_out(500, None, "<html><body>The operation has timed out</body></html>"));
        assert!(timed_out(500, Some("Gateway Time-out"), ""));
        assert!(!timed_out(500, Some("Internal Failure"), "no"));
        assert!(!timed_out(400, Some("timeout"), "timeout must be a number"));
        let reply =
            Reply::parse_without(500, Some("Request\ttimeout: hunter2"), b"", &["hunter2".to_owned()]);
        assert_eq!(reply.summary(), "Request timeout: ***");
    }

    #[test]
    fn shows_nothing_that_a_terminal_would_obey() {
        assert_eq!(clean("a\u{1b}[31mred\u{7}\r\n\t b\u{202e}c ", 100), "a [31mred b c");
        assert_eq!(clean(&"x".repeat(500), 10), format!("{}…", "x".repeat(10)));
        assert_eq!(clean("éééé", 4), "éééé");
        assert_eq!(clean(" \n ", 4), "");
    }

    #[test]
    fn hides_what_must_not_be_shown() {
        let reply = Reply::parse(401, br#"{"message":"wrong: hunter2","errors":[{"message":"hunter2!"}]}"#);
        let reply = reply.redact(&["hunter2", ""]);
        assert_eq!(reply.message.as_deref(), Some("wrong: ***"));
        assert_eq!(reply.summary(), "***!");
    }

    #[test]
    fn a_secret_cut_in_two_by_shortening_is_gone_whole() {
        let secrets = ["hunter2-hunter2".to_owned()];
        for padding in 280..310 {
            let body = format!("{{\"message\":\"{}hunter2-hunter2\"}}", "x".repeat(padding));
            let said = Reply::parse_without(400, None, body.as_bytes(), &secrets).summary();
            assert!(!said.contains("hun"), "{said}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_body_is_too_strange(status in 400u16..600, body in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let summary = Reply::parse(status, &body).summary();
            proptest::prop_assert!(!summary.chars().any(char::is_control));
        }
    }
}
