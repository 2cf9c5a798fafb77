//! Faults on request: what goes wrong, on which request, how often.

use serde::Deserialize;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Answered with this status, and not done.
    Status(u16),
    /// The connection is reset, and nothing is done.
    Reset,
    /// Done, but answered with this status.
    AppliedThenStatus(u16),
    /// Done, but the connection is reset before the answer.
    AppliedThenReset,
}

impl Kind {
    /// `status-503`, `reset`, `applied-then-500`, `applied-then-reset`.
    pub fn parse(text: &str) -> Option<Kind> {
        let status = |code: &str| {
            let code = code.parse().ok()?;
            (400..600).contains(&code).then_some(code)
        };
        match text.split_once("applied-then-") {
            Some(("", "reset")) => Some(Kind::AppliedThenReset),
            Some(("", code)) => Some(Kind::AppliedThenStatus(status(code)?)),
            _ if text == "reset" => Some(Kind::Reset),
            _ => Some(Kind::Status(status(text.strip_prefix("status-")?)?)),
        }
    }
}

/// A fault as it is ordered.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// The method it strikes; none: any.
    #[serde(default)]
    pub method: Option<String>,
    /// A part of the request's path, or of its template; none: any.
    #[serde(default, alias = "template")]
    pub path: Option<String>,
    /// What happens: `status-NNN`, `reset`, `applied-then-NNN`, `applied-then-reset`.
    pub kind: String,
    /// The first matching request that is struck, counted from 1.
    #[serde(default)]
    pub nth: Option<u32>,
    /// How many are struck from there on.
    #[serde(default)]
    pub times: Option<u32>,
}

#[derive(Debug)]
struct Pending {
    fault: Fault,
    kind: Kind,
    wait: u32,
    left: u32,
}

/// All faults that are still to happen.
#[derive(Debug, Default)]
pub struct Faults(Vec<Pending>);

impl Faults {
    pub fn add(&mut self, fault: Fault) -> Result<(), String> {
        let kind =
            Kind::parse(&fault.kind).ok_or_else(|| format!("no such kind of fault: {}", fault.kind))?;
        self.0.push(Pending {
            kind,
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
    pub fn strike(&mut self, method: &str, path: &str, template: &str) -> Option<Kind> {
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
            return Some(pending.kind);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        assert_eq!(Kind::parse("status-429"), Some(Kind::Status(429)));
        assert_eq!(Kind::parse("applied-then-500"), Some(Kind::AppliedThenStatus(500)));
        assert_eq!(Kind::parse("applied-then-reset"), Some(Kind::AppliedThenReset));
        assert_eq!(Kind::parse("reset"), Some(Kind::Reset));
        for wrong in ["", "status-", "status-200", "applied-then-", "later"] {
            assert_eq!(Kind::parse(wrong), None, "{wrong}");
        }
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
        };
        faults.add(fault).expect("a fault");
        let mut hits = Vec::new();
        for method in ["POST", "GET", "POST", "POST", "POST"] {
            hits.push(faults.strike(method, "/service/tickets", "").is_some());
        }
        assert_eq!(hits, [false, false, true, true, false]);
    }
}
