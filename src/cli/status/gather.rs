//! What `psactl status` knows, and how bad it is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::context::Context;
use crate::error::{Exit, Result};
use crate::monitoring::Beat;
use crate::portal::Customer;
use crate::store::{EventState, Hold, HoldState, Newcomer, Pause, Stands, Stop};
use crate::sync::{self, faults};
use crate::ui::text;

/// How bad it is, in a monitor's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) enum Level {
    Ok,
    /// A person is needed.
    Warning,
    /// Runs do not come, or fail as a whole.
    Critical,
    /// Nobody can tell.
    Unknown,
}

impl Level {
    /// The exit codes of monitoring plug-ins; the numbers are what counts here, not psactl's own meaning.
    pub(super) fn exit(self) -> Exit {
        match self {
            Level::Ok => Exit::Done,
            Level::Warning => Exit::Unexpected,
            Level::Critical => Exit::Usage,
            Level::Unknown => Exit::Configuration,
        }
    }
}

/// Held changes with the sum of their effect on the next invoices, by currency.
#[derive(Debug, Serialize)]
pub(super) struct Held {
    pub changes: Vec<Hold>,
    pub money: BTreeMap<String, Money>,
}

#[derive(Debug, Serialize)]
pub(super) struct Money {
    pub before: rust_decimal::Decimal,
    pub after: rust_decimal::Decimal,
}

/// The portal's data as they are now.
#[derive(Debug, Default, Serialize)]
pub(super) struct Portal {
    pub customers: usize,
    pub measured_at: Option<Timestamp>,
    /// Rows that could not be understood.
    pub bad_rows: usize,
    /// Why they could not be read.
    pub error: Option<String>,
    /// Why the service did not answer when it was last asked; they are of an earlier answer then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Status {
    pub now: Timestamp,
    pub level: Level,
    /// Why it is no better, most important first.
    pub reasons: Vec<String>,
    /// Why nothing is written any more: an older state was put back, or a second psactl is at work.
    pub stop: Option<Stop>,
    pub last_run: Option<Beat>,
    /// A run that was begun and has not ended: it is at work, or was cut off.
    pub unfinished_since: Option<Timestamp>,
    /// When a run has work; now, where it has work already. Nothing where the portal cannot be read.
    pub next_due: Option<Timestamp>,
    pub portal: Portal,
    pub linked: usize,
    pub standing_faults: usize,
    pub open_tickets: usize,
    /// Events whose notifications failed.
    pub failed_events: u64,
    pub held: Held,
    pub blocked: Vec<Stands>,
    pub failed: Vec<Stands>,
    pub notes: Vec<Stands>,
    pub pauses: Vec<Pause>,
    pub newcomers: Vec<Newcomer>,
    pub unlinked: Vec<Customer>,
}

/// Customers first met since then are new.
const NEW: SignedDuration = SignedDuration::from_hours(7 * 24);

pub(super) fn gather(context: &Context, late: SignedDuration) -> Result<Status> {
    let config = context.config()?;
    let store = context.store_for(&config)?;
    let now = context.now();
    let source = context.portal(&config)?;
    let name = source.name();
    let links: BTreeSet<String> = store.links(name)?.into_iter().map(|link| link.cid).collect();
    let (portal, customers) = match source.accounts() {
        Ok(snapshot) => (
            Portal {
                customers: snapshot.customers.len(),
                measured_at: snapshot.measured_at,
                bad_rows: snapshot.problems.len(),
                error: None,
                silent: source.trouble().map(|error| crate::error::Failure::from(error).line()),
            },
            snapshot.customers,
        ),
        Err(error) => (
            Portal { error: Some(crate::error::Failure::from(error).line()), ..Portal::default() },
            Vec::new(),
        ),
    };
    let next_due = match source.stamp() {
        Ok(stamp) => {
            let next = sync::rests_until(&config, &store, &stamp, now)?.unwrap_or(now);
            Some(source.asks_at().map_or(next, |asks| next.min(asks.max(now))))
        }
        Err(_) => None,
    };
    let faults = faults::of_log(&store, name)?;
    let unlinked: Vec<Customer> =
        customers.into_iter().filter(|customer| !links.contains(&customer.cid)).collect();
    let stands = store.stands("sync")?;
    let of = |what: &'static str| stands.iter().filter(move |stands| stands.what == what).cloned();
    // A customer without a link stands in a list of its own.
    let is_unlinked =
        |stands: &Stands| unlinked.iter().any(|customer| stands.cid.as_ref() == Some(&customer.cid));
    let changes: Vec<Hold> =
        store.holds()?.into_iter().filter(|hold| hold.state == HoldState::Held).collect();
    let money = crate::plan::sums(changes.iter().map(|hold| &hold.change));
    let money =
        money.into_iter().map(|(currency, (before, after))| (currency, Money { before, after })).collect();
    let last = store.last_run("sync")?;
    let mut status = Status {
        now,
        level: Level::Ok,
        reasons: Vec::new(),
        stop: store.stop()?,
        last_run: Beat::read(store.folder()),
        unfinished_since: last.filter(|run| run.finished_at.is_none()).map(|run| run.started_at),
        next_due,
        portal,
        linked: links.len(),
        standing_faults: faults.values().filter(|fault| fault.ended.is_none()).count(),
        open_tickets: store.tickets(name)?.values().filter(|memory| memory.is_open()).count(),
        failed_events: store.count_events(name, EventState::Failed)?,
        held: Held { changes, money },
        blocked: of("blocked").filter(|stands| !is_unlinked(stands)).collect(),
        failed: of("failed").collect(),
        notes: of("note").collect(),
        pauses: store.pauses_holding(name, now)?,
        newcomers: store.newcomers(name, now.checked_sub(NEW).unwrap_or(now))?,
        unlinked,
    };
    (status.level, status.reasons) = status.judge(late);
    Ok(status)
}

impl Status {
    /// How bad it is, and why, most important first.
    fn judge(&self, late: SignedDuration) -> (Level, Vec<String>) {
        let mut critical = Vec::new();
        if let Some(stop) = &self.stop {
            critical.push(format!(
                "nothing is written since {} UTC: an older state was put back, or a second psactl is at work",
                text::moment(stop.since)
            ));
        }
        match &self.last_run {
            None => critical.push("psactl sync has never run to its end here".to_owned()),
            Some(beat) => {
                let ago = self.now.duration_since(beat.at);
                if ago > late {
                    critical.push(format!("no psactl sync for {}", text::span(ago)));
                }
                // Where psactl stopped, every run fails, and says why at length.
                let failure = beat.failure.as_ref().filter(|_| self.stop.is_none());
                critical.extend(failure.map(|failure| format!("psactl sync fails: {failure}")));
            }
        }
        let mut warning = Vec::new();
        warning.extend(self.portal.error.as_ref().map(|error| format!("the portal's data: {error}")));
        warning
            .extend(self.portal.silent.as_ref().map(|error| format!("the portal does not answer: {error}")));
        for (number, one, many) in [
            (self.failed.len(), "failure", "failures"),
            (self.held.changes.len(), "change held", "changes held"),
            (self.blocked.len(), "subject blocked", "subjects blocked"),
            (self.unlinked.len(), "customer not linked", "customers not linked"),
            (self.notes.len(), "thing to look at", "things to look at"),
        ] {
            if number > 0 {
                warning.push(text::count(number, one, many));
            }
        }
        let level = match (critical.is_empty(), warning.is_empty()) {
            (false, _) => Level::Critical,
            (true, false) => Level::Warning,
            (true, true) => Level::Ok,
        };
        critical.extend(warning);
        (level, critical)
    }

    /// One line, with numbers behind the bar as monitors draw them.
    pub(super) fn nagios(&self) -> (Level, String) {
        let word = match self.level {
            Level::Ok => "OK",
            Level::Warning => "WARNING",
            Level::Critical => "CRITICAL",
            Level::Unknown => "UNKNOWN",
        };
        let said = if self.reasons.is_empty() {
            let ago = self.last_run.as_ref().map(|beat| text::span(self.now.duration_since(beat.at)));
            format!(
                "last run {} ago, {}, {}",
                ago.unwrap_or_default(),
                text::count(self.linked, "customer", "customers"),
                text::count(self.open_tickets, "open ticket", "open tickets")
            )
        } else {
            self.reasons.join(", ")
        };
        // A bar would end the words.
        let said = text::clean(&said).replace('|', "/");
        let numbers = format!(
            "held={} blocked={} failed={} unlinked={} faults={} tickets={}",
            self.held.changes.len(),
            self.blocked.len(),
            self.failed.len(),
            self.unlinked.len(),
            self.standing_faults,
            self.open_tickets
        );
        (self.level, format!("PSACTL {word} - {said} | {numbers}"))
    }
}
