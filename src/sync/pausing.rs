//! Pauses: parts of customers for which nothing is written until a date (`psactl pause`).
//!
//! What falls due meanwhile is not lost: when a pause ends, what it covered is looked at as if never seen.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Part;
use crate::config::Config;
use crate::store::Pause;
use crate::ui::text;

impl Part {
    /// The word of the command line and of the state.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Tickets => "tickets",
            Part::Statistics => "statistics",
            Part::Billing => "billing",
        }
    }
}

/// The pauses at one moment.
#[derive(Debug, Default)]
pub struct Pauses {
    active: BTreeMap<Option<String>, Vec<Pause>>,
    /// Those whose time is over.
    pub ended: Vec<Pause>,
}

impl Pauses {
    /// Sorts all known pauses into those that hold and those that are over.
    pub fn at(all: Vec<Pause>, now: Timestamp) -> Pauses {
        let (active, ended): (Vec<Pause>, Vec<Pause>) = all.into_iter().partition(|pause| pause.until > now);
        let mut pauses = Pauses { ended, ..Pauses::default() };
        for pause in active {
            pauses.active.entry(pause.cid.clone()).or_default().push(pause);
        }
        pauses
    }

    /// The pauses that hold for a customer: its own, then those of everyone.
    pub fn of(&self, cid: &str) -> impl Iterator<Item = &Pause> {
        let own = self.active.get(&Some(cid.to_owned()));
        own.into_iter().chain(self.active.get(&None)).flatten()
    }

    /// The pause of a part of a customer that holds longest.
    pub fn part(&self, cid: &str, part: Part) -> Option<&Pause> {
        self.of(cid)
            .filter(|pause| pause.part.as_deref().is_none_or(|paused| paused == part.as_str()))
            .max_by_key(|pause| pause.until)
    }

    /// Whether nothing is to be looked at for a customer's statistics and billing.
    pub fn rests(&self, cid: &str, config: &Config) -> bool {
        let rests = |on: bool, part| !on || self.part(cid, part).is_some();
        !self.active.is_empty()
            && rests(config.statistics.enabled, Part::Statistics)
            && rests(config.billing.enabled, Part::Billing)
    }

    /// Whether nothing at all is done for a customer.
    pub fn sleeps(&self, cid: &str, config: &Config) -> bool {
        self.rests(cid, config) && (!config.tickets.enabled || self.part(cid, Part::Tickets).is_some())
    }

    /// When the first of them ends.
    pub fn next_end(&self) -> Option<Timestamp> {
        self.active.values().flatten().map(|pause| pause.until).min()
    }
}

/// "billing paused until 2026-12-01 05:00 UTC: disputed".
pub fn told(pause: &Pause) -> String {
    let part = pause.part.as_deref().map(|part| format!("{part} ")).unwrap_or_default();
    format!("{part}paused until {} UTC: {}", text::moment(pause.until), pause.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(cid: Option<&str>, part: Option<&str>, until: i64) -> Pause {
        Pause {
            cid: cid.map(str::to_owned),
            part: part.map(str::to_owned),
            since: Timestamp::UNIX_EPOCH,
            until: Timestamp::from_second(until).unwrap(),
            reason: "why".into(),
        }
    }

    #[test]
    fn a_pause_covers_what_it_names_until_its_end() {
        let all = vec![
            pause(Some("342"), Some("billing"), 100),
            pause(Some("355"), None, 200),
            pause(None, Some("tickets"), 150),
        ];
        // customer, part, moment, until when it is paused
        for (cid, part, now, expected) in [
            ("342", Part::Billing, 99, Some(100)),
            ("342", Part::Billing, 100, None),
            ("342", Part::Statistics, 99, None),
            ("342", Part::Tickets, 99, Some(150)),
            ("355", Part::Tickets, 99, Some(200)),
            ("355", Part::Tickets, 199, Some(200)),
            ("419", Part::Tickets, 149, Some(150)),
            ("419", Part::Billing, 1, None),
        ] {
            let pauses = Pauses::at(all.clone(), Timestamp::from_second(now).unwrap());
            let until = pauses.part(cid, part).map(|pause| pause.until.as_second());
            assert_eq!(until, expected, "{cid} {part:?} at {now}");
        }
        let pauses = Pauses::at(all, Timestamp::from_second(120).unwrap());
        assert_eq!(pauses.ended.len(), 1);
        assert_eq!(pauses.next_end().map(Timestamp::as_second), Some(150));
    }
}
