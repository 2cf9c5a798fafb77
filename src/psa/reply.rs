//! What ConnectWise says when it refuses: the envelopes of its errors, and text that is fit to be shown.

use serde_json::Value;

use crate::net::Unspeakable;
use crate::text;

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
    /// The field, as `recurringBillCycle/id`.
    pub field: Option<String>,
}

const SHOWN: usize = 300;

impl Reply {
    /// Reads the body of an answer that is not a success; it may be empty, text, HTML or either envelope
    /// (behaviours, section 5).
    pub fn parse(status: u16, body: &[u8]) -> Reply {
        Reply::parse_without(status, None, body, &[])
    }

    /// The same, of a body in which the server may have repeated texts that must not be shown.
    pub(super) fn parse_without(status: u16, reason: Option<&str>, body: &[u8], secrets: &[String]) -> Reply {
        let shown = Shown(Unspeakable::of(secrets));
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        let timed_out = status >= 500 && (says_timeout(text) || reason.is_some_and(says_timeout));
        let reason = reason.and_then(|said| shown.text(said));
        let mut reply = Reply { status, empty: text.is_empty(), timed_out, reason, ..Reply::default() };
        match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(envelope)) => {
                reply.json = true;
                let said = |name: &str| shown.value(envelope.get(name));
                reply.code = said("code").or_else(|| said("error"));
                reply.message = said("message").or_else(|| said("Message"));
                if let Some(Value::Array(errors)) = envelope.get("errors") {
                    reply.errors = errors.iter().take(20).map(|error| shown.error(error)).collect();
                }
            }
            Ok(Value::String(said)) => reply.message = shown.text(&said),
            _ if is_html(text) => reply.message = title(text).and_then(|title| shown.text(title)),
            _ => reply.message = shown.text(text),
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
}

/// How the server's texts are shown: without texts that must not be seen, cleaned and shortened.
struct Shown(Unspeakable);

impl Shown {
    /// A text, if there is one worth showing.
    fn text(&self, text: &str) -> Option<String> {
        Some(clean(&self.0.hide(text), SHOWN)).filter(|text| !text.is_empty())
    }

    /// The text of a member.
    fn value(&self, value: Option<&Value>) -> Option<String> {
        match value? {
            Value::String(text) => self.text(text),
            // As long as the server wrote it.
            Value::Number(number) => self.text(&number.to_string()),
            _ => None,
        }
    }

    /// What is said of one field.
    fn error(&self, error: &Value) -> FieldError {
        if error.is_string() {
            return FieldError { message: self.value(Some(error)), ..FieldError::default() };
        }
        let said = |name: &str| self.value(error.get(name));
        FieldError {
            code: said("code"),
            message: said("message").or_else(|| said("details")),
            field: said("field"),
        }
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
fn title(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let (from, to) = (lower.find("<title>")? + 7, lower.find("</title>")?);
    text.get(from..to)
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

    fn without(secret: &str, body: &str) -> Reply {
        Reply::parse_without(400, None, body.as_bytes(), &[secret.to_owned(), String::new()])
    }

    #[test]
    fn hides_what_must_not_be_shown() {
        let reply = without("hunter2", r#"{"message":"wrong: hunter2","errors":[{"message":"hunter2!"}]}"#);
        assert_eq!(reply.message.as_deref(), Some("wrong: ***"));
        assert_eq!(reply.summary(), "***!");
        // However it is written, and however its blanks are.
        let secret = "pa\"ss  <wo>rd";
        for body in [
            r#"{"message":"pa\"ss  <wo>rd is wrong"}"#,
            r#"{"message":"pa\u0022ss  \u003cwo>rd is wrong"}"#,
            r#"{"message":"pa\"ss\n <wo>rd is wrong"}"#,
            "pa\"ss <wo>rd is wrong",
            "<html><title>pa&quot;ss  &lt;wo&gt;rd is wrong</title>",
        ] {
            assert_eq!(without(secret, body).summary(), "*** is wrong", "{body}");
        }
        let cut_off = without(secret, r#"{"message":"pa\"ss  <wo>rd is"#);
        assert_eq!(cut_off.summary(), r#"{"message":"*** is"#);
    }

    #[test]
    fn a_secret_cut_in_two_by_shortening_is_gone_whole() {
        for (secret, written) in
            [("hunter2-hunter2", "hunter2-hunter2"), ("hun\"ter2-hunter2", "hun\\\"ter2-hunter2")]
        {
            for padding in 280..310 {
                let body = format!("{{\"message\":\"{}{written}\"}}", "x".repeat(padding));
                let said = without(secret, &body).summary();
                assert!(!said.contains("hun"), "{said}");
            }
        }
    }

    #[test]
    fn a_secret_that_is_a_word_of_the_envelope_does_not_break_it() {
        let reply = without("message", r#"{"code":"X","message":"bad"}"#);
        assert_eq!((reply.json, reply.summary().as_str()), (true, "bad"));
    }

    #[test]
    fn a_number_is_as_short_as_any_text() {
        let reply = Reply::parse(400, format!("{{\"message\":{}}}", "1".repeat(5_000)).as_bytes());
        assert_eq!(reply.summary().chars().count(), SHOWN + 1);
    }
}
