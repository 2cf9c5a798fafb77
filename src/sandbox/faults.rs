//! Faults on request: what goes wrong, on which request, how often.

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
}

impl Kind {
    /// Reads a kind without `applied-then-` before it.
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
/// | `status-NNN` | this status (400 to 599), with the body that ConnectWise or what stands before it sends |
/// | `html-NNN` | this status (200 to 599) and a web page: a gateway's, or with `html-200` that of a captive portal |
/// | `redirect`, `redirect-NNN` | 302, or another status from 300 to 308, to the fault's `location` |
/// | `empty` | 200 without a body |
/// | `garbled` | an answer whole as HTTP, but the JSON in it is cut off |
/// | `truncated` | `Content-Length` promises the whole body, the connection closes in its middle |
/// | `truncated-chunked` | the same, in chunks |
/// | `dripping` | the body comes byte by byte, and blanks after it without an end |
/// | `hang` | no answer, as long as the connection stands |
/// | `reset` | the connection is reset |
///
/// None of these does what was asked. `applied-then-` before any of them does it first, so that only
/// the answer is lost; `applied-then-NNN` is short for `applied-then-status-NNN`. A body that is cut or
/// drips is the true answer to a read and to what was applied, and made up for a write that was not.
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
}

/// A fault that strikes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strike {
    pub kind: Kind,
    /// Whether what was asked is done all the same.
    pub applied: bool,
    pub retry_after: Option<u32>,
    pub location: Option<String>,
    /// The kind as it was ordered, for the log.
    pub name: String,
}

impl Strike {
    /// A kind of fault alone.
    pub fn parse(name: &str) -> Option<Strike> {
        let (kind, applied) = match name.strip_prefix("applied-then-") {
            None => (Kind::parse(name)?, false),
            Some(rest) => (Kind::parse(rest).or_else(|| Kind::parse(&format!("status-{rest}")))?, true),
        };
        Some(Strike { kind, applied, retry_after: None, location: None, name: name.to_owned() })
    }

    fn ordered(fault: &Fault) -> Result<Strike, String> {
        let mut strike =
            Strike::parse(&fault.kind).ok_or_else(|| format!("no such kind of fault: {}", fault.kind))?;
        strike.retry_after = fault.retry_after;
        strike.location = fault.location.clone();
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
        for (name, kind, applied) in [
            ("status-429", Kind::Status(429), false),
            ("applied-then-500", Kind::Status(500), true),
            ("applied-then-status-503", Kind::Status(503), true),
            ("html-200", Kind::Html(200), false),
            ("applied-then-html-502", Kind::Html(502), true),
            ("redirect", Kind::Redirect(302), false),
            ("redirect-307", Kind::Redirect(307), false),
            ("empty", Kind::Empty, false),
            ("garbled", Kind::Garbled, false),
            ("truncated", Kind::Truncated { chunked: false }, false),
            ("applied-then-truncated-chunked", Kind::Truncated { chunked: true }, true),
            ("applied-then-dripping", Kind::Dripping, true),
            ("applied-then-hang", Kind::Hang, true),
            ("reset", Kind::Reset, false),
            ("applied-then-reset", Kind::Reset, true),
        ] {
            let strike = Strike::parse(name).expect(name);
            assert_eq!((strike.kind, strike.applied, strike.name.as_str()), (kind, applied, name));
        }
        for wrong in ["", "status-", "status-200", "html-99", "redirect-200", "applied-then-", "later", "-"] {
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
