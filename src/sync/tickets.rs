//! Tickets: one for each fault that stands, resolved when it ends (design section 9, *Tickets*).
//!
//! [`decide`] is the rule, pure and tabled; [`plan`] turns decisions into changes.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::faults::{Fault, FaultKey};
use crate::config::Tickets as Settings;
use crate::plan::{Change, Ground, Held, Plan, Purpose, guards};
use crate::portal::EventKind;
use crate::psa::{Ticket, paths};
use crate::store::{Hold, HoldState, Link, TicketMemory};
use crate::ui::text;

/// What is to be done about a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: why, for the event log.
    Nothing(&'static str),
    /// Open a ticket.
    Open,
    /// Add a note to the ticket.
    Note(i64),
    /// Resolve the ticket, and every other of the fault that is open.
    Resolve(i64),
    /// Reopen the ticket psactl resolved.
    Reopen(i64),
    /// Later: not before, and why.
    Wait(Timestamp, &'static str),
    /// Standing since the first run, when no ticket is opened.
    Standing,
}

/// The choices a decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Windows {
    /// An older event delays its ticket.
    pub max_event_age: SignedDuration,
    /// After a person closed the ticket of a standing fault.
    pub quiet_after_close: SignedDuration,
    /// A recurrence this soon after psactl's resolving reopens the same ticket.
    pub reopen_within: SignedDuration,
    /// At most one note in this time.
    pub note_every: SignedDuration,
}

impl From<&Settings> for Windows {
    fn from(settings: &Settings) -> Self {
        Windows {
            max_event_age: settings.max_event_age,
            quiet_after_close: settings.quiet_after_close,
            reopen_within: settings.reopen_within,
            note_every: settings.note_every,
        }
    }
}

/// A ticket of the fault as ConnectWise has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its id.
    pub id: i64,
    /// Whether its status is a closed one.
    pub closed: bool,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// The board it is on now.
    pub board: Option<i64>,
    /// Its status, as a reference.
    pub status: Value,
    /// The ticket that a person merged it under.
    pub merged: Option<Parent>,
}

/// The ticket that another was merged under, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// Its id.
    pub id: Option<i64>,
    /// Whether it is closed, or gone.
    pub closed: bool,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

impl From<&Ticket> for Seen {
    fn from(ticket: &Ticket) -> Self {
        Seen {
            id: ticket.id,
            closed: ticket.closed_flag,
            closed_at: ticket.closed_date,
            board: ticket.board.as_ref().and_then(|board| board.id),
            status: ticket
                .status
                .as_ref()
                .map_or(Value::Null, |status| json!({ "id": status.id, "name": status.name })),
            merged: ticket.merged_parent_ticket.as_ref().map(|parent| Parent {
                id: parent.id,
                closed: false,
                closed_at: None,
            }),
        }
    }
}

/// What to do about a fault, from what is known of it and the tickets ConnectWise has for it.
pub fn decide(
    fault: &Fault,
    memory: &TicketMemory,
    seen: &[Seen],
    windows: Windows,
    now: Timestamp,
) -> Decision {
    let open = seen.iter().find(|ticket| !ticket.closed);
    if fault.ended.is_some() {
        return match open {
            Some(ticket) => Decision::Resolve(ticket.id),
            None => Decision::Nothing("the fault has ended"),
        };
    }
    if let Some(ticket) = open {
        return note(fault, memory, ticket.id, windows, now);
    }
    if memory.standing_since_first_run.as_ref() == Some(&fault.first_event) {
        return Decision::Standing;
    }
    if let Some(last) = seen.iter().max_by_key(|ticket| (ticket.closed_at, ticket.id))
        && let Some(decision) = after_close(fault, memory, last, windows, now)
    {
        return decision;
    }
    // An event that was old when it was first seen is given the same time again to be ended.
    if fault.last_seen.duration_since(fault.last_bad) > windows.max_event_age
        && let Some(until) = later(fault.last_seen, windows.max_event_age, now)
    {
        return Decision::Wait(until, "the event was old when it was first seen");
    }
    Decision::Open
}

/// What the fault's last ticket, which is closed, means for a fault that stands.
fn after_close(
    fault: &Fault,
    memory: &TicketMemory,
    last: &Seen,
    windows: Windows,
    now: Timestamp,
) -> Option<Decision> {
    let known = memory.ticket == Some(last.id);
    if let Some(parent) = last.merged.as_ref().filter(|_| known)
        && memory.first_event.as_ref() == Some(&fault.first_event)
    {
        if !parent.closed {
            return Some(Decision::Nothing("its ticket was merged under another one"));
        }
        // The parent stood for it, and is closed while the fault stands.
        let closed_at = parent.closed_at.or(last.closed_at).unwrap_or(fault.last_seen);
        return later(closed_at, windows.quiet_after_close, now)
            .map(|until| Decision::Wait(until, "a person closed the ticket it was merged under"));
    }
    if known
        && memory.closed_by_person_at.is_none()
        && let Some(resolved) = memory.resolved_at
    {
        let soon = fault.began.duration_since(resolved) <= windows.reopen_within;
        return soon.then_some(Decision::Reopen(last.id));
    }
    // Where nobody knows when it was closed, it was not after the fault was last seen.
    let closed_at = memory.closed_by_person_at.or(last.closed_at).unwrap_or(fault.last_seen);
    later(closed_at, windows.quiet_after_close, now)
        .map(|until| Decision::Wait(until, "a person closed the ticket while the fault stood"))
}

/// A repeat adds a note, at most one in `note_every`.
fn note(fault: &Fault, memory: &TicketMemory, ticket: i64, windows: Windows, now: Timestamp) -> Decision {
    let Some(told_until) = memory.told_until else {
        return Decision::Nothing("the ticket is open");
    };
    if fault.last_bad <= told_until {
        return Decision::Nothing("the ticket is open and tells of it");
    }
    match memory.noted_at.and_then(|noted| later(noted, windows.note_every, now)) {
        Some(until) => Decision::Wait(until, "the ticket had a note already"),
        None => Decision::Note(ticket),
    }
}

/// The end of a window, where it lies ahead.
fn later(from: Timestamp, window: SignedDuration, now: Timestamp) -> Option<Timestamp> {
    from.checked_add(window).ok().filter(|until| *until > now)
}

/// Whether a ticket is wanted for a fault at all, by the notification choices of guide step 7.
pub fn is_wanted(fault: &Fault, settings: &Settings) -> bool {
    settings.enabled
        && settings.severities.contains(&fault.severity)
        && settings.event_types.contains(fault.kind)
}

/// What planning tickets needs to know beside the fault.
pub struct Facts<'a> {
    /// The portal's source.
    pub source: &'a str,
    /// The settings.
    pub settings: &'a Settings,
    /// The integration board.
    pub board: i64,
    /// The status of new tickets.
    pub new_status: i64,
    /// The status to resolve with, by board.
    pub closed_status: BTreeMap<i64, i64>,
    /// How many tickets may still be opened in this hour.
    pub may_open: usize,
    /// What is held, by record.
    pub holds: &'a BTreeMap<String, Hold>,
}

/// A fault with all that is known of its tickets.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// What the fault is known by.
    pub key: &'a FaultKey,
    /// The fault.
    pub fault: &'a Fault,
    /// The customer's company.
    pub link: &'a Link,
    /// What psactl knows of its ticket.
    pub memory: &'a TicketMemory,
    /// The tickets ConnectWise has for it.
    pub seen: &'a [Seen],
}

/// The changes for one fault, and what is decided after a person's word on it. Tickets beyond the hourly window are
/// held.
pub fn plan(facts: &mut Facts<'_>, case: Case<'_>, decision: Decision, plan: &mut Plan) -> Decision {
    let Case { key, fault, .. } = case;
    match &decision {
        Decision::Nothing(_) | Decision::Wait(..) | Decision::Standing => {}
        Decision::Open => return may_open(facts, open(facts, case), plan),
        Decision::Note(ticket) => plan.changes.push(repeat_note(facts, case, *ticket)),
        Decision::Resolve(_) => {
            for open in case.seen.iter().filter(|ticket| !ticket.closed) {
                resolve(facts, case, open.id, plan);
            }
        }
        Decision::Reopen(ticket) => {
            if case.board_of(*ticket).is_some_and(|board| board != facts.board) {
                plan.block(
                    Some(&key.cid),
                    &format!("ticket #{ticket}"),
                    "the fault came back, and the ticket psactl resolved is on another board now",
                    "reopen it by hand: which of that board's statuses is meant is yours to say",
                );
                return decision;
            }
            // Told already where the note went through and the status did not.
            if case.memory.told_until.is_none_or(|told| told < fault.last_bad) {
                plan.changes.push(repeat_note(facts, case, *ticket));
            }
            plan.changes.push(status(facts, case, *ticket, facts.new_status, false));
        }
    }
    decision
}

/// A new ticket, where the hour has room for it or a person said yes to it; else it is held, and opened by the next
/// run after the hour. One that a person does not want is not opened while its fault stands.
fn may_open(facts: &mut Facts<'_>, change: Change, plan: &mut Plan) -> Decision {
    let Some(record) = guards::record_of(&change) else { return Decision::Open };
    let (before, after) = guards::values_of(&change);
    let answer = facts.holds.get(&record).map(|hold| hold.state);
    let rejected = answer == Some(HoldState::Rejected);
    if !rejected && (facts.may_open > 0 || answer == Some(HoldState::Approved)) {
        facts.may_open = facts.may_open.saturating_sub(1);
        plan.changes.push(change);
        return Decision::Open;
    }
    let reason = if rejected {
        "a person said no to it".to_owned()
    } else {
        format!("{} tickets were opened within the hour (max_new_per_hour)", facts.settings.max_new_per_hour)
    };
    let ground = Ground::Other;
    plan.held.push(Held { change, record, reason, before, after, rejected, ground });
    if rejected { Decision::Nothing("a person said no to a ticket for it") } else { Decision::Open }
}

impl Case<'_> {
    fn board_of(&self, ticket: i64) -> Option<i64> {
        self.seen.iter().find(|seen| seen.id == ticket).and_then(|seen| seen.board)
    }
}

fn open(facts: &Facts<'_>, Case { key, fault, link, .. }: Case<'_>) -> Change {
    let visible = facts.settings.visible_to_customer;
    let prefix = facts.settings.subject_prefix.as_str();
    let summary = text::shorten(&text::clean(&format!("{prefix}{}", headline(fault))), 100);
    let mut body = json!({
        "summary": summary,
        "company": { "id": link.company_id },
        "board": { "id": facts.board },
        "status": { "id": facts.new_status },
        "externalXRef": key.xref_of(facts.source, &fault.first_event),
        "automaticEmailContactFlag": visible,
    });
    body[if visible { "initialDescription" } else { "initialInternalAnalysis" }] = json!(format!(
        "{}\nAccount {} / {}, customer {} ({}).\nFirst reported {} UTC, event {}.",
        text::clean(&fault.text),
        text::clean(&fault.user),
        text::clean(&key.account),
        text::clean(&key.cid),
        text::clean(&link.portal_name),
        text::moment(fault.began),
        text::clean(&fault.first_event)
    ));
    let name = format!("“{summary}” for {}", link.company_name);
    Change::create("ticket", name, paths::tickets(), body, &["externalXRef"]).for_customer(&key.cid).because(
        Purpose::OpenTicket {
            source: facts.source.to_owned(),
            fault: key.clone(),
            first_event: fault.first_event.clone(),
            told_until: fault.last_bad,
        },
    )
}

/// What the ticket is called.
fn headline(fault: &Fault) -> String {
    match fault.kind {
        EventKind::Other => format!("{}: {}", fault.user, fault.text),
        kind => format!("{}: {}", kind.title(), fault.user),
    }
}

fn repeat_note(facts: &Facts<'_>, case: Case<'_>, ticket: i64) -> Change {
    let fault = case.fault;
    let note = format!(
        "Again {} UTC, {} since {} UTC: {}\nEvent {}.",
        text::moment(fault.last_bad),
        text::count(fault.repeats, "time", "times"),
        text::moment(fault.began),
        text::clean(&fault.text),
        text::clean(&fault.last_event)
    );
    note_change(facts, case, ticket, &note, fault.last_bad)
}

fn note_change(facts: &Facts<'_>, case: Case<'_>, ticket: i64, note: &str, told_until: Timestamp) -> Change {
    let visible = facts.settings.visible_to_customer;
    let body = json!({
        "text": note,
        "detailDescriptionFlag": visible,
        "internalAnalysisFlag": !visible,
        "resolutionFlag": false,
    });
    let name = format!("on ticket #{ticket}");
    Change::create("ticket note", name, paths::ticket_notes(ticket), body, &["text"])
        .for_customer(&case.key.cid)
        .because(Purpose::NoteTicket {
            source: facts.source.to_owned(),
            fault: case.key.clone(),
            ticket,
            told_until,
        })
}

/// A closing note, then a closed status of the board the ticket is on.
fn resolve(facts: &Facts<'_>, case: Case<'_>, ticket: i64, plan: &mut Plan) {
    let Case { key, fault, memory, .. } = case;
    let board = case.board_of(ticket).unwrap_or(facts.board);
    let Some(closed) = facts.closed_status.get(&board).copied() else {
        plan.block(
            Some(&key.cid),
            &format!("ticket #{ticket}"),
            "the board it was moved to has no closed status that is active",
            "resolve the ticket by hand, or give that board a closed status",
        );
        return;
    };
    if let Some((event, ended)) = &fault.ended {
        // A board may refuse to close a ticket at every run: the note is not repeated with each try.
        let told = memory.told_until.is_some_and(|told| told >= *ended && told > fault.last_bad);
        if !told {
            let what = fault.kind.ended_by().map_or("Ended", EventKind::title);
            let note = format!("{what} {} UTC.\nEvent {}.", text::moment(*ended), text::clean(event));
            plan.changes.push(note_change(facts, case, ticket, &note, *ended));
        }
    }
    plan.changes.push(status(facts, case, ticket, closed, true));
}

fn status(facts: &Facts<'_>, case: Case<'_>, ticket: i64, status: i64, resolved: bool) -> Change {
    let Case { key, fault, .. } = case;
    let what = if resolved { "resolve" } else { "reopen" };
    let name = format!("({what}) {}", headline(fault));
    let before =
        case.seen.iter().find(|seen| seen.id == ticket).map_or(Value::Null, |seen| seen.status.clone());
    let fields = [("status", before, json!({ "id": status }))];
    Change::update("ticket", ticket, name, paths::ticket(ticket), fields).for_customer(&key.cid).because(
        Purpose::TicketStatus {
            source: facts.source.to_owned(),
            fault: key.clone(),
            resolved,
            first_event: fault.first_event.clone(),
        },
    )
}

#[cfg(test)]
#[path = "tickets_tests.rs"]
mod tests;
