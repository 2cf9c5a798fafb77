//! Several event logs in one folder: each counts, none is read twice, none is forgotten.

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::places::aged;
use super::{check, left_out, set};
use crate::support::{Desk, Ran};

const HEADER: &str = "ID,When,Account,CID,Severity,Event Information\n";

/// Joe's counter and Angry Fox's office.
const JOE: (&str, &str) = ("JTR-Counter", "355");
const FOX: (&str, &str) = ("AF-Office", "419");

/// An event so many minutes ago: a failure, or a success.
fn row(desk: &Desk, event: &str, minutes_ago: i64, (user, cid): (&str, &str), good: bool) -> String {
    let time = desk.sandbox().now() - SignedDuration::from_mins(minutes_ago);
    let time = Timestamp::from_second(time.as_second()).unwrap();
    let (severity, what) = if good { ("OK", "completed successfully") } else { ("Error", "failed") };
    format!("{event},{time},{user},{cid},{severity},Remote Backup {what} for account [{user}]\n")
}

fn bad(desk: &Desk, event: &str, minutes_ago: i64, whose: (&str, &str)) -> String {
    row(desk, event, minutes_ago, whose, false)
}

fn good(desk: &Desk, event: &str, minutes_ago: i64, whose: (&str, &str)) -> String {
    row(desk, event, minutes_ago, whose, true)
}

fn write(desk: &Desk, name: &str, rows: &[String]) {
    desk.write(&format!("logs/{name}"), &(HEADER.to_owned() + &rows.concat()));
}

/// Set up, linked and synchronised once; the event log is a folder with one file.
fn desk() -> Desk {
    let desk = Desk::bare();
    std::fs::create_dir(desk.file("logs")).unwrap();
    std::fs::rename(desk.file("events.csv"), desk.file("logs/events-0.csv")).unwrap();
    set(&desk, "events", "\"logs\"");
    desk.set_up();
    desk.psactl(&["sync"]).ends_with(0);
    desk.later(SignedDuration::from_mins(30));
    desk.forget_requests();
    desk
}

fn sync(desk: &Desk) -> Ran {
    desk.forget_requests();
    desk.psactl(&["sync"])
}

/// The subjects of all tickets, and whether each is closed.
fn tickets(desk: &Desk) -> Vec<(String, bool)> {
    let mut tickets: Vec<_> = desk
        .tickets()
        .iter()
        .map(|ticket| (ticket["summary"].as_str().unwrap().to_owned(), ticket["closedFlag"] == true))
        .collect();
    tickets.sort();
    tickets
}

fn open(subject: &str) -> (String, bool) {
    (subject.to_owned(), false)
}

/// How many events of this id the event log has.
fn known(desk: &Desk, event: &str) -> usize {
    let log = desk.psactl(&["events", "--limit", "10000", "--output", "json"]).ends_with(0).json();
    log["events"].as_array().unwrap().iter().filter(|entry| entry["event"]["id"] == event).count()
}

/// Nothing is left to do: no request, no file read.
#[track_caller]
fn is_idle(desk: &Desk) {
    let ran = sync(desk).ends_with(0);
    assert_eq!(desk.requests().len(), 0, "{ran:?}");
    let rest = desk.psactl(&["sync", "--output", "json"]).ends_with(0).json();
    assert_eq!(rest["run"], 0, "a run that had nothing to read: {rest}");
}

fn forget(desk: &Desk, event: &str) {
    let db = Connection::open(desk.file("state/psactl.db")).unwrap();
    let sql = "DELETE FROM events WHERE event_id = ?1";
    assert_eq!(db.execute(sql, [event]).unwrap(), 1);
}

#[test]
fn two_files_between_two_runs_are_both_read() {
    let desk = desk();
    write(&desk, "events-1.csv", &[bad(&desk, "j1", 20, JOE)]);
    write(&desk, "events-2.csv", &[bad(&desk, "f1", 10, FOX)]);
    sync(&desk).ends_with(0).says("2 tickets opened");
    let both = [open("Backup failed: AF-Office"), open("Backup failed: JTR-Counter")];
    assert_eq!(tickets(&desk), both);
    is_idle(&desk);
    // The same events in another file are the same events, and one more is one more.
    let again = [bad(&desk, "j1", 20, JOE), bad(&desk, "f1", 10, FOX), good(&desk, "f2", 1, FOX)];
    write(&desk, "events-3.csv", &again);
    sync(&desk).ends_with(0).says("1 ticket resolved");
    assert_eq!(
        tickets(&desk),
        [("Backup failed: AF-Office".to_owned(), true), open("Backup failed: JTR-Counter")]
    );
    assert_eq!((known(&desk, "j1"), known(&desk, "f1")), (1, 1));
    is_idle(&desk);
}

#[test]
fn what_was_read_is_not_read_again_until_somebody_insists() {
    let desk = desk();
    write(&desk, "events-1.csv", &[good(&desk, "j1", 20, JOE)]);
    sync(&desk).ends_with(0);
    forget(&desk, "j1");
    write(&desk, "events-2.csv", &[good(&desk, "f1", 10, FOX)]);
    sync(&desk).ends_with(0);
    assert_eq!((known(&desk, "j1"), known(&desk, "f1")), (0, 1));
    desk.psactl(&["sync", "--verify"]).ends_with(0);
    assert_eq!(known(&desk, "j1"), 1);
    // A dry run reads what is new, and remembers nothing of it.
    write(&desk, "events-3.csv", &[bad(&desk, "f2", 1, FOX)]);
    for _ in 0..2 {
        desk.psactl(&["sync", "--dry-run"]).ends_with(0).says("Backup failed: AF-Office");
    }
    assert_eq!(known(&desk, "f2"), 0);
    sync(&desk).ends_with(0).says("1 ticket opened");
}

#[test]
fn files_that_grow_are_replaced_or_go() {
    let desk = desk();
    write(&desk, "events-1.csv", &[bad(&desk, "j1", 20, JOE)]);
    sync(&desk).ends_with(0).says("1 ticket opened");
    // It grows.
    let grown = [bad(&desk, "j1", 20, JOE), good(&desk, "j2", 10, JOE)];
    write(&desk, "events-1.csv", &grown);
    sync(&desk).ends_with(0).says("1 ticket resolved");
    is_idle(&desk);
    // Another takes its place, as long to the letter.
    let length = |desk: &Desk| desk.read("logs/events-1.csv").len();
    let before = length(&desk);
    let other = [good(&desk, "j3", 5, JOE), bad(&desk, "j4", 2, JOE)];
    write(&desk, "events-1.csv", &other);
    assert_eq!(length(&desk), before);
    sync(&desk).ends_with(0).says("1 ticket reopened");
    // It goes, and what it said stays.
    std::fs::remove_file(desk.file("logs/events-1.csv")).unwrap();
    sync(&desk).ends_with(0);
    assert_eq!(tickets(&desk), [open("Backup failed: JTR-Counter")]);
    is_idle(&desk);
    // An older failure in a younger file reopens nothing that a newer success resolved.
    write(&desk, "events-2.csv", &[good(&desk, "j6", 1, JOE)]);
    sync(&desk).ends_with(0).says("1 ticket resolved");
    write(&desk, "events-3.csv", &[bad(&desk, "j5", 4, JOE)]);
    sync(&desk).ends_with(0);
    assert_eq!(
        (known(&desk, "j5"), tickets(&desk)),
        (1, vec![("Backup failed: JTR-Counter".to_owned(), true)])
    );
}

#[test]
fn a_damaged_file_is_named_and_keeps_nobody_else_from_being_read() {
    let desk = desk();
    let half = HEADER.replace("Account", "Konto") + &bad(&desk, "f1", 10, FOX);
    desk.write("logs/events-1.csv", &half);
    write(&desk, "events-2.csv", &[bad(&desk, "j1", 5, JOE)]);
    let why = "events-1.csv:1: columns missing: Account";
    sync(&desk).ends_with(6).says(why).says("nothing of this file was read").says("1 ticket opened");
    assert_eq!(tickets(&desk), [open("Backup failed: JTR-Counter")]);
    let (code, found) = check(&desk);
    assert_eq!(code, 8);
    assert!(left_out(&found)[0].starts_with("events:1 "), "{found}");
    let states: Vec<&Value> =
        found["events"]["files"].as_array().unwrap().iter().map(|file| &file["state"]).collect();
    assert_eq!(states, ["read", "unusable", "read"]);
    desk.psactl(&["portal", "check"])
        .ends_with(8)
        .says("x events events-1.csv line 1: columns missing: Account");
    // It is said once, and not forgotten.
    sync(&desk).ends_with(0);
    write(&desk, "events-3.csv", &[good(&desk, "j2", 1, JOE)]);
    sync(&desk).ends_with(0).says("1 ticket resolved").says("(since 2026-11-23 14:30)");
    desk.psactl(&["status"]).says(why);
    write(&desk, "events-1.csv", &[bad(&desk, "f1", 10, FOX)]);
    sync(&desk).ends_with(0).says("1 ticket opened");
    desk.psactl(&["status"]).is_silent_on("events-1.csv");
    is_idle(&desk);
}

#[test]
fn a_row_that_was_left_out_stands_until_it_can_be_understood() {
    let desk = desk();
    let of_nobody = bad(&desk, "n1", 20, ("NEW-Server", ""));
    write(&desk, "events-1.csv", &[of_nobody, good(&desk, "j1", 15, JOE)]);
    let why = "\"NEW-Server\" is not in the account list";
    sync(&desk).ends_with(6).says(why);
    write(&desk, "events-2.csv", &[good(&desk, "j2", 10, JOE)]);
    sync(&desk).ends_with(0);
    desk.psactl(&["status"]).says(why);
    // The account list names it now; the file did not change.
    let accounts = desk.read("accounts.csv");
    let line = accounts.lines().find(|line| line.contains("AF-Office")).unwrap();
    let number = line.split(',').find(|cell| cell.starts_with("DOC")).unwrap();
    let new = line.replace("AF-Office", "NEW-Server").replace(number, "DOC30199999");
    desk.write("accounts.csv", &format!("{accounts}{new}\n"));
    sync(&desk);
    assert!(tickets(&desk).contains(&open("Backup failed: NEW-Server")), "{:?}", tickets(&desk));
    desk.psactl(&["status"]).is_silent_on(why);
}

#[test]
fn a_file_without_an_end_is_waited_for_and_not_for_ever() {
    let desk = desk();
    let whole = HEADER.to_owned() + &bad(&desk, "j1", 5, JOE);
    desk.write("logs/events-1.csv", &whole[..whole.len() - 9]);
    sync(&desk).ends_with(0).is_silent_on("events-1.csv");
    desk.later(SignedDuration::from_mins(61));
    sync(&desk).ends_with(6).says("events-1.csv: has no end since").says("which the others have");
    assert_eq!(tickets(&desk), []);
    desk.write("logs/events-1.csv", &whole);
    sync(&desk).ends_with(0).says("1 ticket opened");
    desk.psactl(&["status"]).is_silent_on("events-1.csv");
    // A day without events may be an empty file.
    desk.write("logs/events-2.csv", "");
    sync(&desk).ends_with(0);
    desk.later(SignedDuration::from_mins(61));
    sync(&desk).ends_with(0).is_silent_on("events-2.csv");
}

#[test]
fn the_first_look_says_how_far_back_it_goes() {
    let desk = Desk::bare();
    std::fs::create_dir(desk.file("logs")).unwrap();
    std::fs::rename(desk.file("events.csv"), desk.file("logs/new.csv")).unwrap();
    let text = |event: &str| HEADER.to_owned() + &good(&desk, event, 20, JOE);
    aged(&desk, "logs/old.csv", &text("old"), 60 * 24 * 60);
    aged(&desk, "logs/month.csv", &text("month"), 30 * 24 * 60);
    set(&desk, "events", "\"logs/*.csv\"");
    let (_, found) = check(&desk);
    let files: Vec<(String, String)> = found["events"]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["file"].as_str().unwrap(), file["state"].as_str().unwrap().to_owned()))
        .map(|(file, state)| (file.rsplit('/').next().unwrap().to_owned(), state))
        .collect();
    let pair = |name: &str, state: &str| (name.to_owned(), state.to_owned());
    assert_eq!(files, [pair("old.csv", "too-old"), pair("month.csv", "read"), pair("new.csv", "read")]);
    let said = desk.psactl(&["portal", "check"]).ends_with(0);
    said.says("read: month.csv (1 row), new.csv (").says("1 file is more than 35 days older than the newest");
    desk.set_up();
    desk.psactl(&["sync"])
        .ends_with(0)
        .says("2 files are read; 1 is more than 35 days older than the newest");
    assert_eq!((known(&desk, "old"), known(&desk, "month")), (0, 1));
    // What comes late is read, however old it says it is.
    aged(&desk, "logs/late.csv", &text("late"), 90 * 24 * 60);
    desk.psactl(&["sync"]).ends_with(0).is_silent_on("35 days");
    assert_eq!((known(&desk, "old"), known(&desk, "late")), (0, 1));
    // A portal that takes its files away again, and was not looked at for weeks.
    for name in ["old", "month", "new", "late"] {
        std::fs::remove_file(desk.file(&format!("logs/{name}.csv"))).unwrap();
    }
    aged(&desk, "logs/x.csv", &text("x"), 50 * 24 * 60);
    aged(&desk, "logs/y.csv", &text("y"), 1);
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!((known(&desk, "x"), known(&desk, "y")), (1, 1));
    // The account list is the newest alone.
    let whole = desk.read("accounts.csv");
    std::fs::create_dir(desk.file("lists")).unwrap();
    aged(&desk, "lists/b.csv", &whole, 5);
    aged(&desk, "lists/a.csv", &whole.replace("AF-Office", "GONE"), 10);
    set(&desk, "accounts", "\"lists\"");
    let (_, found) = check(&desk);
    assert_eq!(found["accounts"]["file"], json!(desk.file("lists/b.csv").display().to_string()));
}
