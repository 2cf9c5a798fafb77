//! What becomes of a fault's ticket, as tables.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::config::EventTypes;
use crate::plan::{NaturalKey, Request};
use crate::portal::Severity;

const BOARD: i64 = 1;

/// An hour of the test's calendar.
fn hour(number: i64) -> Timestamp {
    Timestamp::from_second(1_764_547_200 + number * 3600).unwrap()
}

fn windows() -> Windows {
    let hours = SignedDuration::from_hours;
    Windows {
        max_event_age: hours(48),
        quiet_after_close: hours(24),
        reopen_within: hours(24),
        note_every: hours(24),
    }
}

/// A backup that failed at hour 100 and was seen at once.
fn fault() -> Fault {
    Fault {
        first_event: "e1".into(),
        began: hour(100),
        last_number: 1,
        last_event: "e1".into(),
        last_bad: hour(100),
        last_seen: hour(100),
        user: "ETV-FrontOffice".into(),
        text: "Remote Backup failed".into(),
        severity: Severity::Error,
        kind: EventKind::BackupFailed,
        events: Default::default(),
        repeats: 1,
        ended: None,
    }
}

fn again(at: i64) -> Fault {
    let (last_bad, last_seen) = (hour(at), hour(at));
    Fault { last_event: "e2".into(), last_bad, last_seen, repeats: 2, ..fault() }
}

fn ended(at: i64) -> Fault {
    Fault { ended: Some(("e9".into(), hour(at))), ..fault() }
}

/// A new episode.
fn back(at: i64) -> Fault {
    let (began, last_bad, last_seen) = (hour(at), hour(at), hour(at));
    Fault { first_event: "e5".into(), last_event: "e5".into(), began, last_bad, last_seen, ..fault() }
}

/// Ticket 548 was opened at hour 100.
fn opened() -> TicketMemory {
    TicketMemory {
        ticket: Some(548),
        first_event: Some("e1".into()),
        told_until: Some(hour(100)),
        noted_at: Some(hour(100)),
        ..TicketMemory::default()
    }
}

fn resolved(at: i64) -> TicketMemory {
    TicketMemory { resolved_at: Some(hour(at)), ..opened() }
}

fn closed_by_person(at: i64) -> TicketMemory {
    TicketMemory { closed_by_person_at: Some(hour(at)), ..opened() }
}

fn standing(event: &str) -> TicketMemory {
    TicketMemory { standing_since_first_run: Some(event.into()), ..TicketMemory::default() }
}

fn ticket(id: i64, closed_at: Option<i64>) -> Seen {
    Seen {
        id,
        closed: closed_at.is_some(),
        closed_at: closed_at.map(hour),
        board: Some(BOARD),
        status: Value::Null,
        merged: None,
    }
}

fn merged(id: i64, closed_at: i64) -> Seen {
    let parent = Parent { id: Some(700), closed: false, closed_at: None };
    Seen { merged: Some(parent), ..ticket(id, Some(closed_at)) }
}

/// Merged under a ticket that was closed later.
fn merged_under_closed(id: i64, closed_at: i64, parent: i64) -> Seen {
    let parent = Parent { id: Some(700), closed: true, closed_at: Some(hour(parent)) };
    Seen { merged: Some(parent), ..ticket(id, Some(closed_at)) }
}

#[test]
fn each_window_delays_and_none_consumes() {
    use Decision::{Note, Nothing, Open, Reopen, Resolve, Standing};
    let undated = Seen { closed_at: None, ..ticket(548, Some(0)) };
    let old = |seen: i64| Fault { last_seen: hour(seen), ..fault() };
    let wait = |until: i64, why: &'static str| Decision::Wait(hour(until), why);
    let (old_event, by_person) =
        ("the event was old when it was first seen", "a person closed the ticket while the fault stood");
    let noted = "the ticket had a note already";
    let none = TicketMemory::default;
    let rows = [
        // One ticket for a fault.
        ("new", fault(), none(), vec![], 100, Open),
        (
            "its ticket is open",
            fault(),
            opened(),
            vec![ticket(548, None)],
            101,
            Nothing("the ticket is open and tells of it"),
        ),
        (
            "open, found by its key alone",
            fault(),
            none(),
            vec![ticket(548, None)],
            101,
            Nothing("the ticket is open"),
        ),
        (
            "open, and an older one closed",
            fault(),
            opened(),
            vec![ticket(500, Some(9)), ticket(548, None)],
            101,
            Nothing("the ticket is open and tells of it"),
        ),
        (
            "moved to another board",
            fault(),
            opened(),
            vec![Seen { board: Some(9), ..ticket(548, None) }],
            101,
            Nothing("the ticket is open and tells of it"),
        ),
        (
            "merged under another ticket",
            fault(),
            opened(),
            vec![merged(548, 101)],
            200,
            Nothing("its ticket was merged under another one"),
        ),
        (
            "the ticket it was merged under is closed",
            fault(),
            opened(),
            vec![merged_under_closed(548, 101, 190)],
            200,
            wait(214, "a person closed the ticket it was merged under"),
        ),
        ("and a day has passed", fault(), opened(), vec![merged_under_closed(548, 101, 190)], 214, Open),
        ("merged, then back", back(200), opened(), vec![merged(548, 101)], 200, Open),
        // A repeat adds a note, at most one in note_every.
        ("repeat within note_every", again(110), opened(), vec![ticket(548, None)], 110, wait(124, noted)),
        ("repeat at its end", again(110), opened(), vec![ticket(548, None)], 124, Note(548)),
        ("repeat after it", again(130), opened(), vec![ticket(548, None)], 130, Note(548)),
        ("a new episode on an open ticket", back(130), opened(), vec![ticket(548, None)], 130, Note(548)),
        // The ending event resolves.
        ("ended", ended(105), opened(), vec![ticket(548, None)], 105, Resolve(548)),
        (
            "ended, ticket unknown to the state",
            ended(105),
            none(),
            vec![ticket(548, None)],
            105,
            Resolve(548),
        ),
        (
            "ended, ticket closed",
            ended(105),
            opened(),
            vec![ticket(548, Some(104))],
            105,
            Nothing("the fault has ended"),
        ),
        ("ended before a ticket was opened", ended(105), none(), vec![], 105, Nothing("the fault has ended")),
        ("ended, first run", ended(105), standing("e1"), vec![], 105, Nothing("the fault has ended")),
        // Recurrence within reopen_within of psactl's resolving.
        ("back soon", back(110), resolved(100), vec![ticket(548, Some(100))], 110, Reopen(548)),
        (
            "back at the end of the window",
            back(124),
            resolved(100),
            vec![ticket(548, Some(100))],
            124,
            Reopen(548),
        ),
        ("back later", back(125), resolved(100), vec![ticket(548, Some(100))], 125, Open),
        (
            "back, known late",
            Fault { last_bad: hour(110), ..back(110) },
            resolved(120),
            vec![ticket(548, Some(120))],
            121,
            Reopen(548),
        ),
        (
            "back, but it is another ticket that was closed last",
            back(110),
            resolved(100),
            vec![ticket(548, Some(100)), ticket(549, Some(105))],
            110,
            wait(129, by_person),
        ),
        // A person closed it.
        (
            "closed by a person",
            again(101),
            closed_by_person(102),
            vec![ticket(548, Some(102))],
            103,
            wait(126, by_person),
        ),
        (
            "closed by a person, and the window ended",
            again(101),
            closed_by_person(102),
            vec![ticket(548, Some(102))],
            126,
            Open,
        ),
        (
            "closed by a person, seen for the first time",
            again(101),
            opened(),
            vec![ticket(548, Some(102))],
            103,
            wait(126, by_person),
        ),
        (
            "closed, nobody knows when or by whom",
            fault(),
            none(),
            vec![undated.clone()],
            101,
            wait(124, by_person),
        ),
        ("closed, nobody knows when: not for ever", fault(), none(), vec![undated], 124, Open),
        (
            "closed by a person, not psactl's memory of resolving",
            back(110),
            TicketMemory { closed_by_person_at: Some(hour(105)), ..resolved(100) },
            vec![ticket(548, Some(105))],
            110,
            wait(129, by_person),
        ),
        // An old event.
        ("48 hours old when seen", old(148), none(), vec![], 148, Open),
        ("older", old(149), none(), vec![], 149, wait(197, old_event)),
        ("older, a minute before the end", old(149), none(), vec![], 196, wait(197, old_event)),
        ("older, still standing when the window ends", old(149), none(), vec![], 197, Open),
        (
            "older, repeated by a fresh one",
            Fault { last_bad: hour(148), ..old(149) },
            none(),
            vec![],
            149,
            Open,
        ),
        ("seen in time, worked off late", fault(), none(), vec![], 400, Open),
        // The first run.
        ("standing at the first run", fault(), standing("e1"), vec![], 100, Standing),
        ("standing, repeated", again(110), standing("e1"), vec![], 110, Standing),
        (
            "standing, and a ticket is open after all",
            fault(),
            standing("e1"),
            vec![ticket(548, None)],
            110,
            Nothing("the ticket is open"),
        ),
        ("standing ended, then back", back(130), standing("e1"), vec![], 130, Open),
    ];
    let mut wrong = Vec::new();
    for (what, fault, memory, seen, now, expected) in rows {
        let decision = decide(&fault, &memory, &seen, windows(), hour(now));
        if decision != expected {
            wrong.push(format!("{what}: {decision:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn settings() -> Settings {
    let hours = SignedDuration::from_hours;
    Settings {
        enabled: true,
        board: "Professional Services".into(),
        new_status: None,
        closed_status: None,
        subject_prefix: "[Backup] ".into(),
        severities: BTreeSet::from([Severity::Warning, Severity::Error]),
        event_types: EventTypes::All,
        visible_to_customer: false,
        max_event_age: hours(48),
        quiet_after_close: hours(24),
        reopen_within: hours(24),
        note_every: hours(24),
        max_new_per_hour: 25,
    }
}

#[test]
fn tickets_are_wanted_by_severity_and_type() {
    let only = EventTypes::Only(BTreeSet::from([EventKind::NoBackup]));
    let rows: [(&str, Settings, Severity, bool); 5] = [
        ("an error", settings(), Severity::Error, true),
        ("a warning", settings(), Severity::Warning, true),
        ("nothing wrong", settings(), Severity::Ok, false),
        ("another type", Settings { event_types: only, ..settings() }, Severity::Error, false),
        ("tickets are off", Settings { enabled: false, ..settings() }, Severity::Error, false),
    ];
    for (what, settings, severity, wanted) in rows {
        assert_eq!(is_wanted(&Fault { severity, ..fault() }, &settings), wanted, "{what}");
    }
}

/// Nothing is held.
static NO_HOLDS: BTreeMap<String, Hold> = BTreeMap::new();

fn facts(settings: &Settings, may_open: usize) -> Facts<'_> {
    let closed_status = BTreeMap::from([(BOARD, 16), (2, 26)]);
    Facts {
        source: "files",
        settings,
        board: BOARD,
        new_status: 11,
        closed_status,
        may_open,
        holds: &NO_HOLDS,
    }
}

fn link() -> Link {
    Link {
        cid: "342".into(),
        company_id: 70,
        company_name: "Eddie's TV Repair".into(),
        portal_name: "Eddie's\u{1b}[31m TV Repair".into(),
        managed_id: "EFS-342".into(),
        origin: "link".into(),
        confirmed_at: hour(0),
    }
}

fn key(account: &str) -> FaultKey {
    FaultKey { cid: "342".into(), account: account.into(), kind: "backup-failed".into() }
}

fn planned(
    settings: &Settings,
    fault: &Fault,
    memory: &TicketMemory,
    seen: &[Seen],
    decision: &Decision,
) -> Plan {
    let mut made = Plan::default();
    let (key, link) = (key("15212001"), link());
    let case = Case { key: &key, fault, link: &link, memory, seen };
    plan(&mut facts(settings, 1), case, decision.clone(), &mut made);
    made
}

fn post(change: &Change) -> (&str, &Value) {
    let Request::Post { path, body } = &change.request else { panic!("{change:?}") };
    (path.as_str(), body)
}

/// The requests of a plan: `note: text`, `status 16 of #548`, `blocked: why`.
fn requests(plan: &Plan) -> Vec<String> {
    let changes = plan.changes.iter().map(|change| match &change.request {
        Request::Post { body, .. } => format!("note: {}", body["text"].as_str().unwrap()),
        Request::Patch { .. } => {
            let operations = change.operations();
            assert_eq!(operations.len(), 1);
            assert_eq!(operations[0].path, "status");
            let status = &operations[0].value.as_ref().unwrap()["id"];
            format!("status {status} of #{}", change.subject.id.unwrap())
        }
        Request::Delete { .. } => panic!("nothing is ever deleted"),
    });
    changes.chain(plan.blocked.iter().map(|blocked| format!("blocked: {}", blocked.reason))).collect()
}

#[test]
fn a_new_ticket_says_whose_what_and_since_when() {
    let none = TicketMemory::default();
    for visible in [false, true] {
        let settings = Settings { visible_to_customer: visible, ..settings() };
        let made = planned(&settings, &fault(), &none, &[], &Decision::Open);
        let (path, body) = post(&made.changes[0]);
        assert_eq!(path, paths::tickets().as_str());
        assert_eq!(body["summary"], "[Backup] Backup failed: ETV-FrontOffice");
        assert_eq!(body["company"]["id"], 70);
        assert_eq!(body["board"]["id"], BOARD);
        assert_eq!(body["status"]["id"], 11);
        let xref = body["externalXRef"].as_str().unwrap();
        assert_eq!(xref, key("15212001").xref_of("files", "e1"));
        assert!(xref.starts_with(&format!("{}:", key("15212001").xref("files"))));
        assert_eq!(body["automaticEmailContactFlag"], visible);
        let (said, unsaid) = if visible {
            ("initialDescription", "initialInternalAnalysis")
        } else {
            ("initialInternalAnalysis", "initialDescription")
        };
        assert_eq!(body.get(unsaid), None);
        assert_eq!(
            body[said],
            "Remote Backup failed\nAccount ETV-FrontOffice / 15212001, customer 342 (Eddie's [31m TV Repair).\n\
             First reported 2025-12-05 04:00 UTC, event e1."
        );
        let NaturalKey { equals, .. } = &made.changes[0].key;
        assert_eq!(equals.keys().collect::<Vec<_>>(), ["externalXRef"]);
    }
}

#[test]
fn notes_and_statuses_are_tables() {
    let (open, closed) = ([ticket(548, None)], [ticket(548, Some(105))]);
    let elsewhere = |board: i64, at: Option<i64>| [Seen { board: Some(board), ..ticket(548, at) }];
    let told = |at: i64| TicketMemory { told_until: Some(hour(at)), ..opened() };
    let again_note = "note: Again 2025-12-05 14:00 UTC, 2 times since 2025-12-05 04:00 UTC: Remote Backup \
                      failed\nEvent e2.";
    let closing = "note: Backup succeeded 2025-12-05 09:00 UTC.\nEvent e9.";
    let back_note = "note: Again 2025-12-05 14:00 UTC, 1 time since 2025-12-05 14:00 UTC: Remote Backup failed\nEvent e5.";
    let no_status = "blocked: the board it was moved to has no closed status that is active";
    let moved = "blocked: the fault came back, and the ticket psactl resolved is on another board now";
    type Row<'a> = (&'a str, Fault, TicketMemory, &'a [Seen], Decision, &'a [&'a str]);
    let rows: [Row<'_>; 13] = [
        ("a repeat", again(110), opened(), &open, Decision::Note(548), &[again_note]),
        ("the end", ended(105), opened(), &open, Decision::Resolve(548), &[closing, "status 16 of #548"]),
        (
            "the end, refused before",
            ended(105),
            told(105),
            &open,
            Decision::Resolve(548),
            &["status 16 of #548"],
        ),
        (
            "the end, ticket unknown before",
            ended(105),
            TicketMemory::default(),
            &open,
            Decision::Resolve(548),
            &[closing, "status 16 of #548"],
        ),
        (
            "the end in the instant of the last failure",
            ended(100),
            told(100),
            &open,
            Decision::Resolve(548),
            &["note: Backup succeeded 2025-12-05 04:00 UTC.\nEvent e9.", "status 16 of #548"],
        ),
        (
            "the end, on another board",
            ended(105),
            opened(),
            &elsewhere(2, None),
            Decision::Resolve(548),
            &[closing, "status 26 of #548"],
        ),
        (
            "the end, on a board without closed status",
            ended(105),
            opened(),
            &elsewhere(3, None),
            Decision::Resolve(548),
            &[no_status],
        ),
        ("back", back(110), resolved(105), &closed, Decision::Reopen(548), &[back_note, "status 11 of #548"]),
        (
            "back, status refused before",
            back(110),
            TicketMemory { told_until: Some(hour(110)), ..resolved(105) },
            &closed,
            Decision::Reopen(548),
            &["status 11 of #548"],
        ),
        (
            "back, on another board",
            back(110),
            resolved(105),
            &elsewhere(2, Some(105)),
            Decision::Reopen(548),
            &[moved],
        ),
        ("nothing", fault(), opened(), &open, Decision::Nothing("why"), &[]),
        ("later", fault(), opened(), &open, Decision::Wait(hour(9), "why"), &[]),
        ("standing", fault(), opened(), &open, Decision::Standing, &[]),
    ];
    for (what, fault, memory, seen, decision, expected) in rows {
        assert_eq!(requests(&planned(&settings(), &fault, &memory, seen, &decision)), expected, "{what}");
    }
}

#[test]
fn a_note_remembers_how_far_it_tells() {
    for (fault, decision, until) in [
        (again(110), Decision::Note(548), 110),
        (back(110), Decision::Reopen(548), 110),
        (ended(105), Decision::Resolve(548), 105),
    ] {
        let made = planned(&settings(), &fault, &opened(), &[ticket(548, None)], &decision);
        let Purpose::NoteTicket { ticket: 548, told_until, .. } = made.changes[0].purpose else { panic!() };
        assert_eq!(told_until, hour(until), "{decision:?}");
    }
}

#[test]
fn notes_are_internal_unless_the_customer_may_read_them() {
    for visible in [false, true] {
        let settings = Settings { visible_to_customer: visible, ..settings() };
        for (fault, decision) in [(again(110), Decision::Note(548)), (ended(105), Decision::Resolve(548))] {
            let made = planned(&settings, &fault, &opened(), &[ticket(548, None)], &decision);
            let (path, body) = post(&made.changes[0]);
            assert_eq!(path, paths::ticket_notes(548).as_str());
            assert_eq!(body["detailDescriptionFlag"], visible);
            assert_eq!(body["internalAnalysisFlag"], !visible);
            assert_eq!(body["resolutionFlag"], false);
        }
    }
}

#[test]
fn the_hourly_window_holds_back_and_says_so() {
    let settings = settings();
    let mut facts = facts(&settings, 2);
    let mut made = Plan::default();
    let (fault, link, memory) = (fault(), link(), TicketMemory::default());
    for account in ["A", "B", "C"] {
        let key = key(account);
        let case = Case { key: &key, fault: &fault, link: &link, memory: &memory, seen: &[] };
        plan(&mut facts, case, Decision::Open, &mut made);
    }
    assert_eq!(made.changes.len(), 2);
    assert_eq!(made.held.len(), 1);
    assert_eq!(made.held[0].reason, "25 tickets were opened within the hour (max_new_per_hour)");
    assert_eq!(made.held[0].record, format!("ticket {}", key("C").xref_of("files", &fault.first_event)));
    // What is not a new ticket needs no place in the window.
    let key = key("D");
    let case = Case { key: &key, fault: &fault, link: &link, memory: &memory, seen: &[] };
    plan(&mut facts, case, Decision::Note(548), &mut made);
    assert_eq!(made.changes.len(), 3);
}

#[test]
fn a_persons_word_on_a_held_ticket_counts() {
    let settings = settings();
    let (fault, link, memory, key) = (fault(), link(), TicketMemory::default(), key("A"));
    let case = Case { key: &key, fault: &fault, link: &link, memory: &memory, seen: &[] };
    let mut made = Plan::default();
    plan(&mut facts(&settings, 0), case, Decision::Open, &mut made);
    let held = made.held.remove(0);
    let hold = |state| Hold {
        id: 1,
        record: held.record.clone(),
        cid: key.cid.clone(),
        change: held.change.clone(),
        reason: held.reason.clone(),
        before: held.before.clone(),
        after: held.after.clone(),
        state,
        note: None,
        since: jiff::Timestamp::UNIX_EPOCH,
    };
    // What was said, how many may be opened -> opened, held
    let rows = [
        (HoldState::Held, 0, 0, 1),
        (HoldState::Held, 1, 1, 0),
        (HoldState::Approved, 0, 1, 0),
        (HoldState::Rejected, 0, 0, 1),
        (HoldState::Rejected, 5, 0, 1),
    ];
    for (state, may_open, opened, still_held) in rows {
        let holds = BTreeMap::from([(held.record.clone(), hold(state))]);
        let mut made = Plan::default();
        let mut facts = Facts { holds: &holds, ..facts(&settings, may_open) };
        let decided = plan(&mut facts, case, Decision::Open, &mut made);
        assert_eq!((made.changes.len(), made.held.len()), (opened, still_held), "{state:?} {may_open}");
        let no = state == HoldState::Rejected;
        assert_eq!(
            matches!(decided, Decision::Nothing(_)),
            no,
            "{state:?}: a no is not asked again at every run"
        );
    }
}

/// What ConnectWise and psactl's memory hold once a plan is made, as `apply` and `remember` do.
fn apply(plan: &Plan, memory: &mut TicketMemory, seen: &mut Vec<Seen>, now: Timestamp) {
    for change in &plan.changes {
        match &change.purpose {
            Purpose::OpenTicket { first_event, told_until, .. } => {
                let id = 1000 + seen.len() as i64;
                seen.push(Seen { closed: false, closed_at: None, ..ticket(id, None) });
                *memory = TicketMemory {
                    ticket: Some(id),
                    first_event: Some(first_event.clone()),
                    told_until: Some(*told_until),
                    noted_at: Some(now),
                    ..TicketMemory::default()
                };
            }
            Purpose::NoteTicket { ticket, told_until, .. } => {
                memory.ticket = Some(*ticket);
                memory.told_until = Some(*told_until);
                memory.noted_at = Some(now);
            }
            Purpose::TicketStatus { resolved, first_event, .. } => {
                let own = seen.iter_mut().find(|seen| Some(seen.id) == change.subject.id).unwrap();
                own.closed = *resolved;
                own.closed_at = resolved.then_some(now);
                memory.ticket = Some(own.id);
                memory.first_event = Some(first_event.clone());
                memory.resolved_at = resolved.then_some(now);
                memory.closed_by_person_at = None;
            }
            other => panic!("{other:?}"),
        }
    }
}

proptest! {
    #[test]
    fn summaries_and_keys_fit_and_are_clean(
        prefix in "\\PC{0,120}", account in ".{0,200}", text in ".{0,300}", event in ".{1,300}",
        other in any::<bool>(),
    ) {
        let settings = Settings { subject_prefix: prefix, ..settings() };
        let kind = if other { EventKind::Other } else { EventKind::BackupFailed };
        let fault = Fault { text, first_event: event, kind, ..fault() };
        let mut made = Plan::default();
        let (key, link, memory) = (key(&account), link(), TicketMemory::default());
        let case = Case { key: &key, fault: &fault, link: &link, memory: &memory, seen: &[] };
        plan(&mut facts(&settings, 1), case, Decision::Open, &mut made);
        let (_, body) = post(&made.changes[0]);
        let summary = body["summary"].as_str().unwrap();
        prop_assert!(summary.chars().count() <= 100 && !summary.contains(char::is_control), "{summary:?}");
        prop_assert!(body["externalXRef"].as_str().unwrap().len() <= 100);
        let said = body["initialInternalAnalysis"].as_str().unwrap();
        prop_assert!(!said.contains(|c: char| c.is_control() && c != '\n'));
        let names_event = said.contains(&format!("event {}.", text::clean(&fault.first_event)));
        prop_assert!(names_event, "{said:?}");
    }

    /// Whatever happens, hour by hour: never two open tickets, and nothing to do right after doing it.
    #[test]
    fn never_two_open_tickets(hours in proptest::collection::vec(0u8..8, 1..80)) {
        let settings = settings();
        let (key, link) = (key("A"), link());
        let (mut memory, mut seen): (TicketMemory, Vec<Seen>) = Default::default();
        let mut fault: Option<Fault> = None;
        for (n, happens) in hours.into_iter().enumerate() {
            let at = 100 + 7 * n as i64;
            let now = hour(at);
            match (happens, &mut fault) {
                // A bad event: a repeat, or a new episode.
                (0 | 1, Some(own)) if own.ended.is_none() => {
                    own.last_bad = now;
                    own.last_seen = now;
                    own.last_event = format!("e{n}");
                    own.repeats += 1;
                }
                (0 | 1, own) => *own = Some(Fault { first_event: format!("e{n}"), ..back(at) }),
                (2, Some(own)) if own.ended.is_none() => own.ended = Some((format!("e{n}"), now)),
                // A person closes it.
                (3, _) => if let Some(open) = seen.iter_mut().find(|seen| !seen.closed) {
                    open.closed = true;
                    open.closed_at = Some(now);
                    memory.closed_by_person_at = Some(now);
                },
                // The state is restored from long ago.
                (4, _) => memory = TicketMemory::default(),
                _ => {}
            }
            let Some(fault) = &fault else { continue };
            // What the run learns of the tickets before it decides.
            if let Some(open) = seen.iter().find(|seen| !seen.closed) {
                if memory.ticket != Some(open.id) {
                    memory.ticket = Some(open.id);
                    memory.told_until = Some(fault.last_bad);
                }
                memory.closed_by_person_at = None;
                memory.resolved_at = None;
            }
            let decision = decide(fault, &memory, &seen, windows(), now);
            let mut made = Plan::default();
            let before = (memory.clone(), seen.clone());
            let case = Case { key: &key, fault, link: &link, memory: &before.0, seen: &before.1 };
            let decision = plan(&mut facts(&settings, 9), case, decision, &mut made);
            apply(&made, &mut memory, &mut seen, now);
            prop_assert!(seen.iter().filter(|seen| !seen.closed).count() <= 1);
            let next = decide(fault, &memory, &seen, windows(), now);
            prop_assert!(
                matches!(next, Decision::Nothing(_) | Decision::Wait(..)),
                "{decision:?}, then at once {next:?}"
            );
            // A fault that stands is never forgotten: a ticket is open, or will be at a known time.
            if fault.ended.is_none() {
                let open = seen.iter().any(|seen| !seen.closed);
                prop_assert!(open || matches!(next, Decision::Wait(..)), "{next:?}");
            } else {
                prop_assert!(seen.iter().all(|seen| seen.closed));
            }
        }
    }
}
