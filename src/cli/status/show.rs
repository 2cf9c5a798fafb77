//! `psactl status` on a screen of 80 columns.

use super::gather::{Level, Status};
use crate::plan::{money_of, sum_lines};
use crate::store::{Stands, Stop};
use crate::sync::pausing::told;
use crate::ui::{Look, Show, Ui, text};

/// So many of each kind fit on one screen.
const MOST: usize = 5;

impl Show for Status {
    const SCHEMA: &'static str = "psactl/status/1";

    fn show(&self, ui: &Ui) {
        let fact = |name: &str, value: &str| {
            let name = format!("{name:<13}");
            ui.out(&format!("{} {}", ui.paint(Look::Head, &name), ui.wrap(&text::clean(value), 14, 14)));
        };
        fact("last run", &self.last());
        if let Some(since) = self.unfinished_since {
            fact("", &format!("one that began {} UTC is at work or was cut off", text::moment(since)));
        }
        fact("next due", &self.next());
        fact("portal data", &self.data());
        fact(
            "tickets",
            &format!(
                "{}, {}",
                text::count(self.standing_faults, "standing fault", "standing faults"),
                text::count(self.open_tickets, "open ticket", "open tickets")
            ),
        );
        if self.failed_events > 0 {
            let count = usize::try_from(self.failed_events).unwrap_or(usize::MAX);
            let events = text::count(count, "event", "events");
            fact("events", &format!("{events} whose notifications failed (psactl events --errors)"));
        }
        if let Some(stop) = &self.stop {
            stopped(ui, stop);
        }
        self.held(ui);
        stands(ui, "Failed", Look::Bad, &self.failed);
        stands(ui, "Blocked: nothing is written until the cause is removed", Look::Bad, &self.blocked);
        stands(ui, "To look at", Look::Warn, &self.notes);
        list(ui, "Paused", self.pauses.iter(), |pause| {
            let who = pause
                .cid
                .as_ref()
                .map_or_else(|| "every customer".to_owned(), |cid| format!("customer {cid}"));
            format!("{who}: {}", told(pause))
        });
        let unlinked = |cid: &str| self.unlinked.iter().any(|customer| customer.cid == cid);
        list(ui, "New at the portal within a week", self.newcomers.iter(), |new| {
            let open = if unlinked(&new.cid) { ", not linked" } else { "" };
            format!("{} {}, first seen {} UTC{open}", new.cid, new.name, text::moment(new.since))
        });
        list(
            ui,
            "Not linked to a company (psactl companies adopt, or suggest)",
            self.unlinked.iter(),
            |customer| format!("{} {}", customer.cid, customer.name),
        );
        ui.out("");
        let (look, word) = match self.level {
            Level::Ok => (Look::Good, "ok: no person is needed".to_owned()),
            Level::Warning => (Look::Warn, format!("a person is needed: {}", self.reasons.join(", "))),
            _ => (Look::Bad, format!("critical: {}", self.reasons.join(", "))),
        };
        ui.out(&ui.paint(look, &ui.wrap(&text::clean(&word), 0, 2)));
    }
}

impl Status {
    fn last(&self) -> String {
        let Some(beat) = &self.last_run else { return "never".to_owned() };
        let ago = if beat.at > self.now {
            "which lies ahead: this machine's clock was set back".to_owned()
        } else {
            format!("{} ago", text::span(self.now.duration_since(beat.at)))
        };
        // When the next is due stands in its own line.
        let summary = match self.stop {
            // Why stands below, at length.
            Some(_) => "stopped",
            None => beat.summary.split(';').next().unwrap_or_default(),
        };
        let code = if beat.exit == 0 { String::new() } else { format!(" (exit {})", beat.exit) };
        format!("{} UTC, {ago}: {summary}{code}", text::moment(beat.at))
    }

    fn next(&self) -> String {
        match self.next_due {
            None => "unknown: the portal's data cannot be read".to_owned(),
            Some(due) if due <= self.now => "now".to_owned(),
            Some(due) => {
                format!("{} UTC, in {}", text::moment(due), text::span(due.duration_since(self.now)))
            }
        }
    }

    fn data(&self) -> String {
        if let Some(error) = &self.portal.error {
            return error.clone();
        }
        let measured = self.portal.measured_at.map_or_else(
            || "no time of measurement".to_owned(),
            |at| format!("measured {} UTC", text::moment(at)),
        );
        let bad = match self.portal.bad_rows {
            0 => String::new(),
            bad => format!(", {}", text::count(bad, "row not understood", "rows not understood")),
        };
        let customers = text::count(self.portal.customers, "customer", "customers");
        format!("{measured}; {customers}, {} linked{bad}", self.linked)
    }

    fn held(&self, ui: &Ui) {
        let changes = &self.held.changes;
        list(ui, "Held: these need a yes (psactl review)", changes.iter(), |hold| {
            let money = money_of(&hold.change);
            let money = if money.is_empty() { money } else { format!(", next invoice {money}") };
            format!(
                "{} customer {}: {}: {} -> {}{money}: {}",
                hold.id,
                hold.cid,
                hold.change.subject.name,
                text::shorten(if hold.before.is_empty() { "(empty)" } else { &hold.before }, 40),
                text::shorten(&hold.after, 40),
                hold.reason
            )
        });
        for line in sum_lines(changes.iter().map(|hold| &hold.change)) {
            ui.out(&format!("  {line}"));
        }
    }
}

/// Why nothing is written any more, as every command that would write says it.
fn stopped(ui: &Ui, stop: &Stop) {
    let failure = crate::plan::stop::failure(stop);
    ui.heading(&format!("Stopped since {} UTC", text::moment(stop.since)));
    let what = text::clean(&failure.error.to_string());
    ui.out(&format!("  {} {}", ui.paint(Look::Bad, "x"), ui.wrap(&what, 4, 4)));
    for hint in &failure.hints {
        ui.out(&format!("    - {}", ui.wrap(&text::clean(hint), 6, 6)));
    }
}

fn list<T>(ui: &Ui, heading: &str, items: impl ExactSizeIterator<Item = T>, line: impl Fn(T) -> String) {
    let number = items.len();
    if number == 0 {
        return;
    }
    ui.heading(heading);
    for item in items.take(MOST) {
        ui.out(&format!("  {}", ui.wrap(&text::clean(&line(item)), 2, 4)));
    }
    more(ui, number);
}

fn stands(ui: &Ui, heading: &str, look: Look, all: &[Stands]) {
    if all.is_empty() {
        return;
    }
    ui.heading(heading);
    for stands in all.iter().take(MOST) {
        let who = stands.cid.as_ref().map(|cid| format!("customer {cid}: ")).unwrap_or_default();
        let since = format!(" (since {} UTC)", text::moment(stands.since));
        let words = text::clean(&format!("{who}{}{since}", stands.text));
        ui.out(&format!("  {} {}", ui.paint(look, "x"), ui.wrap(&words, 4, 4)));
        if !stands.fix.is_empty() {
            ui.out(&format!("    fix: {}", ui.wrap(&text::clean(&stands.fix), 9, 9)));
        }
    }
    more(ui, all.len());
}

fn more(ui: &Ui, number: usize) {
    if number > MOST {
        ui.out(&format!("  and {} more (--output json has all)", number - MOST));
    }
}
