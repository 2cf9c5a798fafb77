//! Faults on request: what goes wrong, on which request, how often.

use std::time::Duration;

use serde::Deserialize;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Status(u16),
    Html(u16),
    Redirect(u16),
    Empty,
    Garbled,
    Truncated { chunked: bool },
    Dripping,
    Hang,
    Reset,
    NotModified,
    WrongTag,
    Giant { chunked: bool },
}

impl Kind {
    /// Reads a kind without `applied-then-` or `later-then-` before it.
    fn parse(text: &str) -> Option<Kind> {
        let status = |code: &str, from: u16, to: u16| {
            let code: u16 = code.parse().ok()?;
            (from..=to).contains(&code).then_some(code)
        };
        Some(match text {
            "redirect" => Kind::Redirect(302),
            "empty" => Kind::Empty,
            "garbled" => Kind::Garbled,
            "truncated" => Kind::Truncated { chunked: false },
            "truncated-chunked" => Kind::Truncated { chunked: true },
            "dripping" => Kind::Dripping,
            "hang" => Kind::Hang,
            "reset" => Kind::Reset,
            "not-modified" => Kind::NotModified,
            "wrong-etag" => Kind::WrongTag,
            "giant" => Kind::Giant { chunked: false },
            "giant-chunked" => Kind::Giant { chunked: true },
            _ => match text.split_once('-')? {
                ("status", code) => Kind::Status(status(code, 400, 599)?),
                ("html", code) => Kind::Html(status(code, 200, 599)?),
                ("redirect", code) => Kind::Redirect(status(code, 300, 308)?),
                _ => return None,
            },
        })
    }
}

/// A fault as it is ordered.
///
/// | kind | what the client sees |
/// | --- | --- |
/// | `status-NNN` | this status (400 to 599), with the body that ConnectWise or what stands before it sends, or with `body` as `contentType` |
/// | `html-NNN` | this status (200 to 599) and a web page: a gateway's, or with `html-200` that of a captive portal; or `body` |
/// | `redirect`, `redirect-NNN` | 302, or another status from 300 to 308, to the fault's `location` |
/// | `empty` | 200 without a body |
/// | `garbled` | an answer whole as HTTP, but the JSON in it is cut off |
/// | `truncated` | `Content-Length` promises the whole body, the connection closes in its middle |
/// | `truncated-chunked` | the same, in chunks |
/// | `dripping` | the body comes byte by byte, and blanks after it without an end |
/// | `hang` | no answer, as long as the connection stands |
/// | `reset` | the connection is reset |
/// | `not-modified` | 304, whatever was asked |
/// | `wrong-etag` | the answer, with an `ETag` that is not its own |
/// | `giant` | `Content-Length` promises a terabyte, and it begins to come |
/// | `giant-chunked` | the same in chunks, without a promise |
///
/// None of these does what was asked, unless one of two words stands before it:
///
/// | prefix | what happens |
/// | --- | --- |
/// | `applied-then-` | what was asked is done first, so that only the answer is lost |
/// | `later-then-` | the answer comes at once, and what was asked is done only afterwards: a second later by the real clock, or `after` milliseconds |
///
/// With both, `NNN` is short for `status-NNN`: `applied-then-500`, `later-then-502`. A body that is cut
/// or drips is the true answer to a read and to what was applied, and made up for a write that was not,
/// or not yet.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// The method it strikes; none: any.
    #[serde(default)]
    pub method: Option<String>,
    /// A part of the request's path, or of its template; none: any.
    #[serde(default, alias = "template")]
    pub path: Option<String>,
    /// What happens, from the table above.
    pub kind: String,
    /// The first matching request that is struck, counted from 1.
    #[serde(default)]
    pub nth: Option<u32>,
    /// How many are struck from there on; none: one.
    #[serde(default)]
    pub times: Option<u32>,
    /// Seconds for a `Retry-After` header beside a status.
    #[serde(default)]
    pub retry_after: Option<u32>,
    /// Where a redirect leads.
    #[serde(default)]
    pub location: Option<String>,
    /// The body beside a status, in place of the usual one.
    #[serde(default)]
    pub body: Option<String>,
    /// What that body is called; none: a page beside `html-NNN`, else JSON if it is, else plain text.
    #[serde(default)]
    pub content_type: Option<String>,
    /// Milliseconds until what was asked is done, with `later-then-`; none: a second.
    #[serde(default)]
    pub after: Option<u32>,
}

/// A page's content type.
pub const HTML: &str = "text/html; charset=utf-8";

/// A body that was ordered with a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub content_type: String,
    pub body: String,
}

/// Whether what a struck request asked is done all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Never,
    Before,
    Later(Duration),
}

/// When a later deed is done, if it is not said.
const LATER: Duration = Duration::from_secs(1);

/// A fault that strikes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strike {
    pub kind: Kind,
    pub deed: Deed,
    pub retry_after: Option<u32>,
    pub location: Option<String>,
    pub written: Option<Written>,
    /// The kind as it was ordered, for the log.
    pub name: String,
}

impl Strike {
    /// A kind of fault alone.
    pub fn parse(name: &str) -> Option<Strike> {
        let after = |prefix: &str| {
            let rest = name.strip_prefix(prefix)?;
            Kind::parse(rest).or_else(|| Kind::parse(&format!("status-{rest}")))
        };
        let (kind, deed) = match (after("applied-then-"), after("later-then-")) {
            (Some(kind), _) => (kind, Deed::Before),
            (_, Some(kind)) => (kind, Deed::Later(LATER)),
            (None, None) => (Kind::parse(name)?, Deed::Never),
        };
        Some(Strike { kind, deed, retry_after: None, location: None, written: None, name: name.to_owned() })
    }

    fn ordered(fault: &Fault) -> Result<Strike, String> {
        let mut strike =
            Strike::parse(&fault.kind).ok_or_else(|| format!("no such kind of fault: {}", fault.kind))?;
        strike.retry_after = fault.retry_after;
        strike.location = fault.location.clone();
        match (&mut strike.deed, fault.after) {
            (_, None) => {}
            (Deed::Later(after), Some(asked)) => *after = Duration::from_millis(asked.into()),
            (_, Some(_)) => return Err(format!("{} takes no after", fault.kind)),
        }
        strike.written = written(strike.kind, fault)?;
        match (strike.kind, &strike.location, strike.retry_after) {
            (Kind::Redirect(_), None, _) => Err("a redirect needs a location".to_owned()),
            (Kind::Redirect(_), Some(_), _) | (_, None, None) => Ok(strike),
            (_, Some(_), _) => Err(format!("{} takes no location", fault.kind)),
            (Kind::Status(_) | Kind::Html(_), ..) => Ok(strike),
            _ => Err(format!("{} takes no retryAfter", fault.kind)),
        }
    }

    /// The fault that a request meets by chance, where `rate` of them do.
    pub fn by_chance(rate: f64) -> Option<Strike> {
        if rate <= 0.0 || fastrand::f64() >= rate {
            return None;
        }
        let kinds = ["status-500", "html-502", "html-503"];
        kinds.get(fastrand::usize(..kinds.len())).and_then(|kind| Strike::parse(kind))
    }
}

/// The body that a fault is ordered with, and what it is called.
fn written(kind: Kind, fault: &Fault) -> Result<Option<Written>, String> {
    let Some(body) = fault.body.clone() else {
        return match fault.content_type {
            Some(_) => Err("a contentType needs a body".to_owned()),
            None => Ok(None),
        };
    };
    let usual = match kind {
        Kind::Html(_) => HTML,
        Kind::Status(_) if serde_json::from_str::<serde_json::Value>(&body).is_ok() => {
            "application/json; charset=utf-8"
        }
        Kind::Status(_) => "text/plain; charset=utf-8",
        _ => return Err(format!("{} takes no body", fault.kind)),
    };
    let content_type = fault.content_type.clone().unwrap_or_else(|| usual.to_owned());
    match axum::http::HeaderValue::from_str(&content_type) {
        Ok(_) => Ok(Some(Written { content_type, body })),
        Err(_) => Err("the contentType cannot be sent".to_owned()),
    }
}

#[derive(Debug)]
struct Pending {
    fault: Fault,
    strike: Strike,
    wait: u32,
    left: u32,
}

/// All faults that are still to happen.
#[derive(Debug, Default)]
pub struct Faults(Vec<Pending>);

impl Faults {
    pub fn add(&mut self, fault: Fault) -> Result<(), String> {
        self.0.push(Pending {
            strike: Strike::ordered(&fault)?,
            wait: fault.nth.unwrap_or(1).max(1) - 1,
            left: fault.times.unwrap_or(1),
            fault,
        });
        Ok(())
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes the fault that strikes this request, if one does.
    pub fn strike(&mut self, method: &str, path: &str, template: &str) -> Option<Strike> {
        self.0.retain(|pending| pending.left > 0);
        for pending in &mut self.0 {
            let wanted = &pending.fault;
            let of_method = wanted.method.as_ref().is_none_or(|m| m.eq_ignore_ascii_case(method));
            let of_path =
                wanted.path.as_ref().is_none_or(|part| path.contains(part) || template.contains(part));
            if !of_method || !of_path {
                continue;
            }
            if pending.wait > 0 {
                pending.wait -= 1;
                continue;
            }
            pending.left -= 1;
            return Some(pending.strike.clone());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        let (no, first, later) = (Deed::Never, Deed::Before, Deed::Later(LATER));
        for (name, kind, deed) in [
            ("status-429", Kind::Status(429), no),
            ("applied-then-500", Kind::Status(500), first),
            ("applied-then-status-503", Kind::Status(503), first),
            ("html-200", Kind::Html(200), no),
            ("applied-then-html-502", Kind::Html(502), first),
            ("redirect", Kind::Redirect(302), no),
            ("redirect-307", Kind::Redirect(307), no),
            ("empty", Kind::Empty, no),
            ("garbled", Kind::Garbled, no),
            ("truncated", Kind::Truncated { chunked: false }, no),
            ("applied-then-truncated-chunked", Kind::Truncated { chunked: true }, first),
            ("applied-then-dripping", Kind::Dripping, first),
            ("applied-then-hang", Kind::Hang, first),
            ("reset", Kind::Reset, no),
            ("applied-then-reset", Kind::Reset, first),
            ("later-then-status-502", Kind::Status(502), later),
            ("later-then-502", Kind::Status(502), later),
            ("later-then-html-502", Kind::Html(502), later),
            ("later-then-reset", Kind::Reset, later),
        ] {
            let strike = Strike::parse(name).expect(name);
            assert_eq!((strike.kind, strike.deed, strike.name.as_str()), (kind, deed, name));
        }
        for wrong in [
            "",
            "status-",
            "status-200",
            "html-99",
            "redirect-200",
            "applied-then-",
            "later",
            "later-then-",
            "-",
        ] {
            assert_eq!(Strike::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn fields_that_a_kind_has_no_use_for_are_refused() {
        let text = |text: &str| text.parse::<serde_json::Value>().expect("JSON");
        for (fault, fine) in [
            (r#"{"kind": "status-503", "retryAfter": 7}"#, true),
            (r#"{"kind": "redirect", "location": "http://elsewhere.test/"}"#, true),
            (r#"{"kind": "redirect"}"#, false),
            (r#"{"kind": "status-500", "body": "timeout"}"#, true),
            (r#"{"kind": "html-502", "body": "", "contentType": "text/plain"}"#, true),
            (r#"{"kind": "status-500", "contentType": "text/plain"}"#, false),
            (r#"{"kind": "status-500", "body": "", "contentType": "a\nb"}"#, false),
            (r#"{"kind": "reset", "body": ""}"#, false),
            (r#"{"kind": "later-then-502", "after": 20}"#, true),
            (r#"{"kind": "applied-then-502", "after": 20}"#, false),
            (r#"{"kind": "hang", "retryAfter": 7}"#, false),
            (r#"{"kind": "reset", "location": "http://elsewhere.test/"}"#, false),
        ] {
            let read: Fault = serde_json::from_value(text(fault)).expect(fault);
            assert_eq!(Faults::default().add(read).is_ok(), fine, "{fault}");
        }
        assert!(serde_json::from_value::<Fault>(text(r#"{"kind": "hang", "retry": 1}"#)).is_err());
    }

    #[test]
    fn the_nth_and_as_often_as_asked() {
        let mut faults = Faults::default();
        let fault = Fault {
            method: Some("post".into()),
            path: Some("/tickets".into()),
            kind: "status-500".into(),
            nth: Some(2),
            times: Some(2),
            ..Fault::default()
        };
        faults.add(fault).expect("a fault");
        let mut hits = Vec::new();
        for method in ["POST", "GET", "POST", "POST", "POST"] {
            hits.push(faults.strike(method, "/service/tickets", "").is_some());
        }
        assert_eq!(hits, [false, false, true, true, false]);
    }

    #[test]
    fn chance_keeps_to_its_rate() {
        assert_eq!(Strike::by_chance(0.0), None);
        assert!((0..100).all(|_| Strike::by_chance(1.0).is_some()));
        let struck = (0..10_000).filter(|_| Strike::by_chance(0.25).is_some()).count();
        assert!((2_000..3_000).contains(&struck), "{struck}");
    }
}
