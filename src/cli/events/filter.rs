//! Which events are meant: the flags that `psactl events` and `psactl reprocess` share.

use std::collections::BTreeMap;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;
use wildmatch::WildMatch;

use crate::cli::when::When;
use crate::error::Result;
use crate::portal::{EventKind, Severity};
use crate::store::{EventState, LoggedEvent, Store};

/// Which events are meant. Flags narrow each other; a flag given more than once means any of its values.
#[derive(Debug, Default, clap::Args)]
pub(in crate::cli) struct Filter {
    /// Only events whose notifications failed
    #[arg(long)]
    errors: bool,
    /// Only this customer, by its ID at the portal, such as 342; may be repeated
    #[arg(long, value_name = "CID", value_parser = crate::cli::common::cid)]
    cid: Vec<String>,
    /// Only this account, by its user name or number; may be repeated
    #[arg(long, value_name = "USER")]
    account: Vec<String>,
    /// Only this type of event; may be repeated
    #[arg(long = "type", value_name = "TYPE", value_parser = kinds())]
    kind: Vec<EventKind>,
    /// Only this severity; may be repeated
    #[arg(long, value_name = "SEVERITY", value_parser = severities())]
    severity: Vec<Severity>,
    /// Only events since then: 24h, 7d, 2026-11-20 (a day in UTC) or 2026-11-20T14:00Z
    #[arg(long, value_name = "WHEN")]
    since: Option<When>,
    /// Only events until then, written as for --since; of a day, in UTC, the whole is meant
    #[arg(long, value_name = "WHEN")]
    until: Option<When>,
    /// Only events whose information, or an error of whose notifications, is like this: * stands for any text,
    /// ? for one character; without them it may stand anywhere. Case does not matter
    #[arg(long = "match", value_name = "GLOB")]
    like: Option<String>,
}

fn kinds() -> impl TypedValueParser<Value = EventKind> {
    let words = PossibleValuesParser::new(EventKind::ALL.map(EventKind::as_str));
    words.map(|word| EventKind::from_word(&word).unwrap_or(EventKind::Other))
}

fn severities() -> impl TypedValueParser<Value = Severity> {
    let words = PossibleValuesParser::new(["ok", "warning", "error"]);
    words.map(|word| Severity::from_word(&word).unwrap_or(Severity::Error))
}

impl Filter {
    /// Whether it narrows anything.
    pub(in crate::cli) fn is_given(&self) -> bool {
        self.errors
            || !(self.cid.is_empty()
                && self.account.is_empty()
                && self.kind.is_empty()
                && self.severity.is_empty())
            || self.since.is_some()
            || self.until.is_some()
            || self.like.is_some()
    }

    /// The events of a source that are meant, oldest first.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub(in crate::cli) fn chosen(
        &self,
        store: &Store,
        source: &str,
        now: Timestamp,
    ) -> Result<Vec<LoggedEvent>> {
        let since = self.since.map(|when| when.since(now));
        let until = self.until.map(|when| when.until(now));
        let like = self.like.as_deref().map(pattern);
        let errors = match &like {
            Some(_) => store.errors_of_events(source)?,
            None => BTreeMap::new(),
        };
        let mut events = store.events(source)?;
        events.retain(|logged| {
            let event = &logged.event;
            let any = |wanted: &[String], own: &[&str]| {
                wanted.is_empty() || wanted.iter().any(|one| own.contains(&one.as_str()))
            };
            let told = |like: &WildMatch| {
                let errors = errors.get(&logged.number).map_or(&[][..], Vec::as_slice);
                like.matches(&event.text) || errors.iter().any(|error| like.matches(error))
            };
            (!self.errors || logged.state == EventState::Failed)
                && any(&self.cid, &[&event.cid])
                && any(&self.account, &[&event.account, &event.user])
                && (self.kind.is_empty() || self.kind.contains(&event.kind))
                && (self.severity.is_empty() || self.severity.contains(&event.severity))
                && since.is_none_or(|since| event.time >= since)
                && until.is_none_or(|until| event.time < until)
                && like.as_ref().is_none_or(told)
        });
        Ok(events)
    }
}

/// With wildcards the whole text must be like it (the guide's LIKE), without them it may stand anywhere (CONTAINS).
fn pattern(written: &str) -> WildMatch {
    if written.contains(['*', '?']) {
        WildMatch::new_case_insensitive(written)
    } else {
        WildMatch::new_case_insensitive(&format!("*{written}*"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_the_guides() {
        let text = "Remote Backup failed for account [AF-BDR / DOC30199010]: Zugriff für ü verweigert";
        for (written, expected) in [
            ("?*", true),
            ("*", true),
            ("backup FAILED", true),
            ("Remote Backup*", true),
            ("Backup*", false),
            ("*[AF-??? / *", true),
            ("*[AF-?? / *", false),
            ("*{AF-BDR*", false),
            ("*für ? verweigert", true),
            ("", true),
        ] {
            assert_eq!(pattern(written).matches(text), expected, "{written}");
        }
        assert!(!pattern("?*").matches(""));
    }
}
