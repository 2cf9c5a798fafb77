//! The main job as a story in chapters that makes every kind of write, and the PSA read back whole: what is
//! killed, lost or refused on the way must end in the same state as a story nobody disturbed.

use std::process::Command;
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use psactl::psa::{Client, Path, Query, paths};
use serde_json::{Map, Value, json};

use crate::support::{Desk, NOW};

/// A part of the story: what happens in the world, and what is typed afterwards with its exit code.
pub struct Chapter {
    pub world: fn(&Desk),
    pub commands: &'static [(&'static [&'static str], i32)],
}

pub const CHAPTERS: &[Chapter] = &[
    Chapter { world: |_| {}, commands: &[(&["setup", "--apply", "--yes", "--vendor-sync-is-off"], 3)] },
    Chapter {
        world: |_| {},
        commands: &[
            (&["companies", "link", "342", "Eddie's TV Repair", "--yes"], 0),
            (&["companies", "link", "355", "Joe TV Repair", "--yes"], 0),
            (&["companies", "link", "419", "Angry Fox", "--yes"], 0),
            (&["setup", "agreements", "--apply", "--yes"], 0),
        ],
    },
    Chapter { world: |_| {}, commands: &[(&["sync", "--open-standing"], 0)] },
    Chapter { world: a_day_later, commands: &[(&["sync"], 0)] },
    Chapter { world: it_fails_again, commands: &[(&["sync"], 0)] },
];

/// The chapter in which tickets are opened, noted and resolved and quantities and statistics change.
pub const DAY_LATER: usize = 3;

/// So many hours after the beginning the portal exports its account list anew, with some more used.
fn exported_later(desk: &Desk, hours: i64) {
    let begin: Timestamp = NOW.parse().unwrap();
    desk.sandbox().set_now(begin + SignedDuration::from_hours(hours));
    desk.write("accounts.csv", &psactl::portal::sample(desk.sandbox().now()).0);
    desk.edit("accounts.csv", "18.05", "19.05");
    desk.edit("accounts.csv", "148.20", "150.20");
}

fn a_day_later(desk: &Desk) {
    exported_later(desk, 25);
    let lost = "Remote Backup failed for account";
    // Ends, stands on, begins.
    desk.event(
        "900001",
        60,
        "ETV-FrontOffice",
        "342",
        "OK",
        "Remote Backup completed successfully for account [ETV-FrontOffice / DOC30199002]",
    );
    desk.event(
        "900002",
        50,
        "ETV-Truck02",
        "342",
        "Warning",
        "Remote Backup no online backup notification for account [ETV-Truck02 / DOC30199005]",
    );
    desk.event(
        "900003",
        40,
        "AF-Office",
        "419",
        "Error",
        &format!("{lost} [AF-Office / DOC30199012]: the network was lost"),
    );
    desk.event(
        "900004",
        30,
        "JTR-Counter",
        "355",
        "Error",
        &format!("{lost} [JTR-Counter / DOC30199009]: the network was lost"),
    );
}

fn it_fails_again(desk: &Desk) {
    exported_later(desk, 38);
    desk.event(
        "900005",
        10,
        "ETV-FrontOffice",
        "342",
        "Error",
        "Remote Backup failed for account [ETV-FrontOffice / DOC30199002]: the disk is full again",
    );
}

/// A desk on which the chapters before this one have been played without a disturbance.
pub fn before(chapter: usize) -> Desk {
    before_with(psactl::sandbox::Options::default(), chapter)
}

/// The same in front of a sandbox with these options.
pub fn before_with(options: psactl::sandbox::Options, chapter: usize) -> Desk {
    let desk = Desk::with(options);
    // The exports to the second, so that no note differs by the time a test took to begin.
    let (accounts, events) = psactl::portal::sample(NOW.parse().unwrap());
    desk.write("accounts.csv", &accounts);
    desk.write("events.csv", &events);
    for chapter in &CHAPTERS[..chapter] {
        play(&desk, chapter);
    }
    desk
}

/// Plays a chapter without a disturbance.
pub fn play(desk: &Desk, chapter: &Chapter) {
    (chapter.world)(desk);
    for (arguments, code) in chapter.commands {
        desk.psactl(arguments).ends_with(*code);
    }
}

/// The PSA, and what psactl remembers of it, after a chapter nobody disturbed.
pub fn undisturbed(chapter: usize) -> &'static (Value, Value) {
    static STATES: [OnceLock<(Value, Value)>; CHAPTERS.len()] = [const { OnceLock::new() }; CHAPTERS.len()];
    STATES[chapter].get_or_init(|| {
        let desk = before(chapter + 1);
        (read_back(&desk), remembered(&desk))
    })
}

/// Asserts that the PSA is as after an undisturbed chapter, and that psactl is through with it: the next sync
/// sends nothing, and one that reads everything back writes nothing.
#[track_caller]
pub fn assert_as_undisturbed(desk: &Desk, chapter: usize, what: &str) {
    assert_psa(desk, chapter, what);
    let memory = &undisturbed(chapter).1;
    let found = remembered(desk);
    if *memory != found {
        panic!("{what}: what psactl remembers differs\n{}", difference(memory, &found));
    }
    if chapter < 2 {
        return;
    }
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.requests().len(), 0, "{what}: the next sync sends something");
    desk.psactl(&["sync", "--verify"]).ends_with(0).is_silent_on("somebody else");
    assert_eq!(desk.writes(), [""; 0], "{what}: the next sync writes something");
}

/// Asserts that the PSA is as after an undisturbed chapter.
#[track_caller]
pub fn assert_psa(desk: &Desk, chapter: usize, what: &str) {
    assert_same(&undisturbed(chapter).0, &read_back(desk), what);
}

/// Asserts that two PSAs that were read back are the same.
#[track_caller]
pub fn assert_same(expected: &Value, found: &Value, what: &str) {
    if expected != found {
        panic!("{what}: the PSA differs\n{}", difference(expected, found));
    }
}

/// The lines of two records that differ.
fn difference(expected: &Value, found: &Value) -> String {
    let lines = |value: &Value| -> Vec<String> {
        serde_json::to_string_pretty(value).unwrap().lines().map(str::to_owned).collect()
    };
    let (expected, found) = (lines(expected), lines(found));
    let mut shown = Vec::new();
    for line in &expected {
        if expected.iter().filter(|other| *other == line).count()
            != found.iter().filter(|other| *other == line).count()
        {
            shown.push(format!("undisturbed {line}"));
        }
    }
    for line in &found {
        if expected.iter().filter(|other| *other == line).count()
            != found.iter().filter(|other| *other == line).count()
        {
            shown.push(format!("found       {line}"));
        }
    }
    if shown.is_empty() {
        // The same lines in another order.
        let moved = expected.iter().zip(&found).filter(|(expected, found)| expected != found);
        shown.extend(moved.map(|(expected, found)| format!("undisturbed {expected} <> found {found}")));
    }
    shown.truncate(60);
    shown.join("\n")
}

/// Everything psactl may write, read back by somebody else: without ids and times of writing, each list in
/// the order of its contents.
pub fn read_back(desk: &Desk) -> Value {
    let client = desk.colleague();
    desk.wait(async {
        let mut tickets = list(&client, &paths::tickets()).await;
        for ticket in &mut tickets {
            ticket["notes"] = json!(plain_all(list(&client, &paths::ticket_notes(id(ticket))).await));
        }
        let mut agreements = list(&client, &paths::agreements()).await;
        for agreement in &mut agreements {
            agreement["additions"] = json!(plain_all(list(&client, &paths::additions(id(agreement))).await));
        }
        let mut companies = list(&client, &paths::companies()).await;
        for company in &mut companies {
            // In ConnectWise's order: which comes first is part of what must be right.
            let entries = list(&client, &paths::managed_ids(id(company))).await;
            company["managedIds"] = entries.into_iter().map(plain).collect();
        }
        let mut integrations = list(&client, &paths::integrations()).await;
        for integration in &mut integrations {
            let references = list(&client, &paths::cross_references(id(integration))).await;
            integration["crossReferences"] = json!(plain_all(references));
        }
        json!({
            "tickets": plain_all(tickets),
            "agreements": plain_all(agreements),
            "companies": plain_all(companies),
            "integrations": plain_all(integrations),
            "catalog": plain_all(list(&client, &paths::catalog()).await),
            "logins": plain_all(list(&client, &paths::integrator_logins()).await),
            "solutions": plain_all(list(&client, &paths::management_solutions()).await),
            "configurationTypes": plain_all(list(&client, &paths::configuration_types()).await),
            "boards": plain_all(list(&client, &paths::boards()).await),
        })
    })
}

async fn list(client: &Client, path: &Path) -> Vec<Value> {
    client.list(path, &Query::all().order_by("id")).await.unwrap()
}

fn id(record: &Value) -> i64 {
    record["id"].as_i64().unwrap()
}

/// Records without what differs from run to run, in the order of their contents.
fn plain_all(records: Vec<Value>) -> Vec<Value> {
    let mut records: Vec<Value> = records.into_iter().map(plain).collect();
    records.sort_by_key(Value::to_string);
    records
}

fn plain(value: Value) -> Value {
    // The sequence number is the order in which additions were made: one that came late stands behind.
    const VARIES: &[&str] =
        &["id", "_info", "closedDate", "dateCreated", "dateEntered", "sequenceNumber", "ticketId"];
    match value {
        Value::Object(fields) => {
            let kept: Map<String, Value> = fields
                .into_iter()
                .filter(|(name, _)| !VARIES.contains(&name.as_str()))
                .map(|(name, value)| (name, plain(value)))
                .collect();
            Value::Object(kept)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(plain).collect()),
        other => other,
    }
}

/// What psactl remembers: of times only whether they are known.
fn remembered(desk: &Desk) -> Value {
    let db = rusqlite::Connection::open(desk.file("state").join("psactl.db")).unwrap();
    let rows = |query: &str| -> Vec<String> {
        let mut query = db.prepare(query).unwrap();
        let rows = query.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let tickets = rows(
        "SELECT json_object('fault', json_array(cid, account, kind), 'memory', json(memory)) FROM tickets ORDER BY cid, account, kind",
    );
    let known = |mut ticket: Value| {
        for (name, value) in ticket["memory"].as_object_mut().unwrap() {
            if name.ends_with("_at") && !value.is_null() {
                *value = json!("known");
            }
        }
        ticket
    };
    let read = |row: &String| -> Value { serde_json::from_str(row).unwrap() };
    json!({
        "tickets": tickets.iter().map(read).map(known).collect::<Vec<_>>(),
        "bindings": rows("SELECT json_array(addition_id, cid, service, adopted, pushed, description, pushed_at IS NULL) FROM bindings ORDER BY addition_id"),
        "choices": rows("SELECT json_array(step, key, id, name, made_here) FROM choices ORDER BY step, key, id"),
        "links": rows("SELECT json_array(cid, company_id, portal_name) FROM links ORDER BY cid"),
        "holds": rows("SELECT record FROM holds ORDER BY record"),
        "events": rows("SELECT json_array(event_id, state) FROM events ORDER BY event_id"),
        "unsettled": rows("SELECT change FROM journal WHERE state IN ('intent', 'unknown')"),
    })
}

/// The kind of the last write in the journal, as `create ticket note`; what a killed run was at.
pub fn last_in_journal(desk: &Desk, state: &str) -> String {
    let db = rusqlite::Connection::open(desk.file("state").join("psactl.db")).unwrap();
    db.query_row(
        "SELECT json_extract(change, '$.action') || ' ' || json_extract(change, '$.subject.kind')
         FROM journal WHERE state = ?1 ORDER BY id DESC LIMIT 1",
        [state],
        |row| row.get(0),
    )
    .unwrap_or_default()
}

/// How many writes stand in the journal without an outcome.
pub fn open_in_journal(desk: &Desk) -> i64 {
    let db = rusqlite::Connection::open(desk.file("state").join("psactl.db")).unwrap();
    db.query_row("SELECT count(*) FROM journal WHERE state = 'intent'", [], |row| row.get(0)).unwrap()
}

/// A command of a chapter that may be disturbed.
pub fn command(desk: &Desk, arguments: &[&str], stop_at: &str) -> Command {
    let mut command = desk.command(arguments);
    command.env("PSACTL_TEST_STOP_AT", stop_at);
    command
}

/// What a killed run sent may still arrive for two minutes: whatever makes records is run again after that.
pub fn nothing_comes_any_more(desk: &Desk) {
    desk.later(SignedDuration::from_mins(3));
}

/// From here on one request is made after the other, so that a test knows which of them comes first.
pub fn one_at_a_time(desk: &Desk) {
    if desk.read("psactl.toml").contains("max_concurrency = 8") {
        desk.edit("psactl.toml", "max_concurrency = 8", "max_concurrency = 1");
    }
}
