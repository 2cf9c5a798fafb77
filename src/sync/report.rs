//! What a run did, for people and for machines.

use jiff::Timestamp;
use serde::Serialize;

use crate::error::{Exit, Failure};
use crate::monitoring::Overview;
use crate::plan::apply::{Applied, Ended, INTERRUPTED};
use crate::plan::{Action, Plan, Purpose};
use crate::ui::{Look, Show, Ui, text};

/// Something that failed in a run.
#[derive(Debug, Clone, Serialize)]
pub struct Trouble {
    /// The customer.
    pub cid: Option<String>,
    /// What was tried and what the server said.
    pub error: String,
    /// What to do next.
    pub hints: Vec<String>,
    /// What kind of failure it is.
    #[serde(skip)]
    pub exit: Exit,
}

impl Trouble {
    pub(super) fn of(cid: Option<&str>, failure: &Failure) -> Trouble {
        Trouble {
            cid: cid.map(str::to_owned),
            error: failure.line(),
            hints: failure.hints.clone(),
            exit: failure.exit,
        }
    }

    pub(super) fn of_change(applied: &Applied, error: String) -> Trouble {
        let (hints, exit) = match &applied.ended {
            Ended::Failed { hints, exit, .. } => (hints.clone(), *exit),
            Ended::Unknown { .. } => (Vec::new(), Exit::Unreachable),
            Ended::NotKept { .. } if applied.change.purpose == Purpose::Statistics => {
                let hint = "not sent to this entry again until ConnectWise's release changes; psactl sync --force \
                            tries at once";
                (vec![hint.to_owned()], Exit::Partial)
            }
            _ => (Vec::new(), Exit::Partial),
        };
        let error = format!("{}: {error}", applied.change.subject);
        Trouble { cid: applied.change.cid.clone(), error, hints, exit }
    }
}

/// A fault that stands since the first run, without a ticket.
#[derive(Debug, Clone, Serialize)]
pub struct Standing {
    /// The customer.
    pub cid: String,
    /// The account.
    pub account: String,
    /// Since when it stands.
    pub since: Timestamp,
    /// What the portal last said of it.
    pub text: String,
}

/// What a run did.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The run's number; 0 for a dry run or an idle one.
    pub run: i64,
    /// Nothing was due: nothing was asked and nothing written.
    pub idle: bool,
    /// What still fails as it did before, so that nothing could be done.
    pub still: Option<String>,
    /// Nothing was written on purpose.
    pub dry_run: bool,
    /// What was written, and how each write ended.
    pub applied: Vec<Applied>,
    /// What would be written (dry run), what is held and blocked, what to know.
    pub plan: Plan,
    /// What failed.
    pub troubles: Vec<Trouble>,
    /// Faults that stand since the first run, without a ticket.
    pub standing: Vec<Standing>,
    /// Some of them were not listed before, or it is time to list them again.
    #[serde(skip)]
    pub(super) standing_news: bool,
    /// How many events were processed.
    pub events: usize,
    /// How many customers were looked at.
    pub customers: usize,
    /// Of how many customers something is paused.
    pub paused: usize,
    /// How many requests were sent.
    pub requests: u64,
    /// When there is something to do next.
    pub next: Option<Timestamp>,
    /// How many held, blocked or failed subjects are new in this run or speak again.
    pub news: usize,
    /// Somebody waits for the answer: what fails is told by the exit code though it was said before.
    #[serde(skip)]
    pub(super) asked: bool,
    /// How it ends because the portal did not answer, where nothing else is wrong.
    #[serde(skip)]
    pub(super) portal: Option<Exit>,
    /// How things stand, where the run looked.
    #[serde(skip)]
    pub overview: Option<Overview>,
}

impl Report {
    pub(super) fn new(run: i64, dry_run: bool) -> Report {
        Report {
            run,
            idle: false,
            still: None,
            dry_run,
            applied: Vec::new(),
            plan: Plan::default(),
            troubles: Vec::new(),
            standing: Vec::new(),
            standing_news: dry_run,
            events: 0,
            customers: 0,
            paused: 0,
            requests: 0,
            next: None,
            news: 0,
            asked: false,
            portal: None,
            overview: None,
        }
    }

    /// The same failure as before, of which was spoken already.
    pub(super) fn still(failure: String) -> Report {
        Report { still: Some(failure), ..Report::new(0, false) }
    }

    /// The portal did not answer; the run went on from what it had answered before.
    pub(super) fn portal_was_silent(&mut self, failure: &Failure) {
        self.troubles.insert(0, Trouble::of(None, failure));
        self.portal = Some(failure.exit);
    }

    pub(super) fn idle(next: Option<Timestamp>) -> Report {
        Report { idle: true, next, ..Report::new(0, false) }
    }

    /// Whether there is something to be told that was not told before.
    pub fn has_news(&self) -> bool {
        self.news > 0 || self.portal.is_some()
    }

    /// The exit code: everything failing for one cause gives that cause's code.
    pub fn exit(&self) -> Exit {
        let interrupted =
            |applied: &Applied| matches!(&applied.ended, Ended::Skipped { reason } if reason == INTERRUPTED);
        if self.applied.iter().any(interrupted) {
            return Exit::Interrupted;
        }
        let said = self.news == 0 && (!self.asked || self.troubles.is_empty());
        if let Some(exit) = self.portal {
            // Where a person is needed for something else, too, the portal alone does not say what to do.
            return if self.news == 0 { exit } else { Exit::Partial };
        }
        if self.dry_run || said {
            return Exit::Done;
        }
        let troubled: std::collections::BTreeSet<_> =
            self.troubles.iter().filter_map(|trouble| trouble.cid.as_deref()).collect();
        let nothing_worked =
            !self.applied.iter().any(|applied| applied.ended.is_done()) && troubled.len() >= self.customers;
        match self.troubles.first() {
            Some(first)
                if nothing_worked && self.troubles.iter().all(|trouble| trouble.exit == first.exit) =>
            {
                first.exit
            }
            _ => Exit::Partial,
        }
    }

    /// What was done, in numbers.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            held: self.plan.held.len(),
            blocked: self.plan.blocked.len(),
            failed: self.troubles.len(),
            events: self.events,
            paused: self.paused,
            ..Counts::default()
        };
        for applied in self.applied.iter().filter(|applied| applied.ended.is_done()) {
            match (&applied.change.purpose, applied.change.action) {
                (Purpose::OpenTicket { .. }, _) => counts.tickets_opened += 1,
                (Purpose::NoteTicket { .. }, _) => counts.ticket_notes += 1,
                (Purpose::TicketStatus { resolved: true, .. }, _) => counts.tickets_resolved += 1,
                (Purpose::TicketStatus { resolved: false, .. }, _) => counts.tickets_reopened += 1,
                (Purpose::Statistics, _) => counts.statistics += 1,
                (Purpose::Quantity { .. }, Action::Update | Action::Create) => counts.additions += 1,
                _ => {}
            }
        }
        counts
    }

    /// Why things are held, blocked or failed: so many of each, in a line each.
    pub fn reasons(&self, most: usize) -> Vec<String> {
        let who = |cid: Option<&String>| cid.map(|cid| format!("customer {cid}: ")).unwrap_or_default();
        let mut lines = Vec::new();
        let mut add = |kind: &str, all: Vec<String>| {
            let left = all.len().saturating_sub(most);
            lines.extend(all.into_iter().take(most).map(|line| format!("{kind}: {line}")));
            if left > 0 {
                lines.push(format!("{kind}: and {left} more"));
            }
        };
        let held = self.plan.held.iter().filter(|held| !held.rejected).map(|held| {
            format!(
                "{}{}: {} (psactl review)",
                who(held.change.cid.as_ref()),
                held.change.subject,
                held.reason
            )
        });
        add("held", held.collect());
        let blocked =
            self.plan.blocked.iter().map(|blocked| {
                format!("{}{}: {}", who(blocked.cid.as_ref()), blocked.subject, blocked.reason)
            });
        add("blocked", blocked.collect());
        let failed =
            self.troubles.iter().map(|trouble| format!("{}{}", who(trouble.cid.as_ref()), trouble.error));
        add("failed", failed.collect());
        lines
    }

    /// One line on what was done.
    pub fn summary(&self) -> String {
        if let Some(failure) = &self.still {
            return format!("still: {failure}");
        }
        if self.idle {
            return match self.next {
                Some(next) => format!("nothing to do; next due {} UTC", text::moment(next)),
                None => "nothing to do".to_owned(),
            };
        }
        let counts = self.counts();
        let parts: Vec<String> = [
            (counts.tickets_opened, "ticket opened", "tickets opened"),
            (counts.ticket_notes, "ticket note", "ticket notes"),
            (counts.tickets_resolved, "ticket resolved", "tickets resolved"),
            (counts.tickets_reopened, "ticket reopened", "tickets reopened"),
            (counts.statistics, "management report entry updated", "management report entries updated"),
            (counts.additions, "agreement addition updated", "agreement additions updated"),
            (counts.held, "held", "held"),
            (counts.blocked, "blocked", "blocked"),
            (counts.failed, "failed", "failed"),
            (counts.paused, "customer paused", "customers paused"),
        ]
        .into_iter()
        .filter(|(number, _, _)| *number > 0)
        .map(|(number, one, many)| text::count(number, one, many))
        .collect();
        if parts.is_empty() { "nothing to write".to_owned() } else { parts.join(", ") }
    }
}

/// What a run did, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub tickets_opened: usize,
    pub ticket_notes: usize,
    pub tickets_resolved: usize,
    pub tickets_reopened: usize,
    pub statistics: usize,
    pub additions: usize,
    pub held: usize,
    pub blocked: usize,
    pub failed: usize,
    pub events: usize,
    pub paused: usize,
}

impl Show for Report {
    const SCHEMA: &'static str = "psactl/sync/1";

    fn show(&self, ui: &Ui) {
        if self.dry_run && !self.plan.changes.is_empty() {
            ui.heading("Would be written");
        }
        self.plan.show(ui);
        if !self.troubles.is_empty() {
            ui.heading("Failed");
            for (at, trouble) in self.troubles.iter().enumerate() {
                let who = trouble.cid.as_deref().map(|cid| format!("customer {cid}: ")).unwrap_or_default();
                ui.out(&format!(
                    "  {} {}{}",
                    ui.paint(Look::Bad, "x"),
                    text::clean(&who),
                    text::clean(&trouble.error)
                ));
                // What helps one after the other is said once, after the last of them.
                let next = self.troubles.get(at + 1);
                for hint in
                    trouble.hints.iter().filter(|_| next.is_none_or(|next| next.hints != trouble.hints))
                {
                    ui.out(&format!("    - {}", text::clean(hint)));
                }
            }
        }
        if !self.standing.is_empty() && self.standing_news {
            ui.heading(
                "Standing since the first run, without a ticket (psactl sync --open-standing opens them)",
            );
            let mut table = ui.table(&["customer", "account", "since (UTC)", "event information"]);
            for fault in &self.standing {
                table.row([fault.cid.as_str(), &fault.account, &text::moment(fault.since), &fault.text]);
            }
            ui.out(&table.to_string());
        }
        if self.applied.iter().any(|applied| applied.ended.is_done()) {
            ui.heading("Written");
            for applied in &self.applied {
                if applied.ended.is_done() {
                    let change = &applied.change;
                    let record = match &applied.ended {
                        Ended::Done { record: Some(id) } if change.subject.id.is_none() => {
                            format!(" (#{id})")
                        }
                        _ => String::new(),
                    };
                    let what: Vec<String> = if change.action == Action::Update {
                        change.fields.iter().map(crate::plan::field_line).collect()
                    } else {
                        Vec::new()
                    };
                    let what = if what.is_empty() { String::new() } else { format!(": {}", what.join("; ")) };
                    let line = format!("{}{record}{what}", change.subject);
                    ui.out(&format!(
                        "  {} {}",
                        ui.paint(Look::Good, crate::plan::mark(change.action).0),
                        ui.wrap(&text::clean(&line), 4, 6)
                    ));
                }
            }
        }
    }
}
