//! An older state that was put back, a second psactl, a state that was lost: noticed, and begun anew from
//! ConnectWise.

use jiff::SignedDuration;
use serde_json::json;

use crate::support::{Desk, id, shape};
use crate::syncing::{next_export, used};

const SELECT: &str = "Online Backup Select Storage";
const EDDIE: &str = "Eddie's TV Repair";
const PATCH: &str = "PATCH /finance/agreements/{parentId}/additions/{id}";

fn copy(desk: &Desk, from: &str, to: &str) {
    std::fs::remove_dir_all(desk.file(to)).ok();
    std::fs::create_dir(desk.file(to)).unwrap();
    for file in std::fs::read_dir(desk.file(from)).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), desk.file(to).join(file.file_name())).unwrap();
    }
}

fn next_use(desk: &Desk, from: &str, to: &str) {
    used(desk, "ETV-Primary", from, to);
    next_export(desk, SignedDuration::from_hours(13));
}

/// The state is one of before the last push.
pub fn older_state() -> Desk {
    let desk = Desk::running();
    next_use(&desk, "148.20", "150.00");
    desk.psactl(&["sync"]).ends_with(0).says("1 agreement addition updated");
    copy(&desk, "state", "older");
    next_use(&desk, "150.00", "151.45");
    desk.psactl(&["sync"]).ends_with(0).says("1 agreement addition updated");
    copy(&desk, "older", "state");
    desk.forget_requests();
    desk
}

fn writes_nothing(desk: &Desk) {
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn an_older_state_stops_and_says_so() {
    let desk = older_state();
    desk.psactl(&["sync"])
        .ends_with(6)
        .says("nothing is written: psactl's own login wrote what this state knows nothing of")
        .says("agreement addition #")
        .says("quantity 192.3, by")
        .says("known here: quantity 190.85")
        .says("psactl state rebuild");
    writes_nothing(&desk);
    // Said once, and again when it is time to remind.
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync"]).ends_with(0);
    next_use(&desk, "151.45", "153.00");
    desk.psactl(&["sync"]).ends_with(0).says("nothing was done: still:");
    desk.later(SignedDuration::from_hours(24));
    desk.psactl(&["sync"]).ends_with(6).says("psactl state rebuild");
    // Whatever is asked for.
    desk.psactl(&["sync", "--cid", "355", "--force"]).ends_with(6);
    desk.psactl(&["sync", "--dry-run"]).ends_with(6);
    desk.psactl(&["undo", "3", "--yes"]).ends_with(6).says("nothing is written");
    desk.psactl(&["reprocess", "1", "--yes"]).ends_with(6).says("nothing is written");
    desk.psactl(&["state"]).ends_with(6).says("writes        no").says("quantity 192.3");
    desk.psactl(&["doctor"]).ends_with(8).says("psactl state rebuild");
    desk.psactl(&["companies", "link", "342", "Joe TV Repair", "--replace", "--yes"]).ends_with(6);
    writes_nothing(&desk);
}

#[test]
fn a_rebuilt_state_starts_from_what_connectwise_has() {
    let desk = older_state();
    next_use(&desk, "151.45", "153.00");
    desk.psactl(&["sync"]).ends_with(6);
    desk.psactl(&["state", "rebuild"]).ends_with(2).says("--yes");
    desk.psactl(&["state", "rebuild", "--dry-run"])
        .ends_with(0)
        .says("Eddie's TV Repair")
        .says("nothing was changed");
    desk.psactl(&["sync"]).ends_with(0).says("still:");
    let log = desk.psactl(&["events", "--limit", "1000", "--output", "json"]).json();
    desk.psactl(&["state", "rebuild", "--yes"]).ends_with(0).says("3 links").says("the old state is kept in");
    writes_nothing(&desk);
    assert_eq!(desk.psactl(&["events", "--limit", "1000", "--output", "json"]).json(), log, "the log stays");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let copies = std::fs::read_dir(desk.file("state")).unwrap().map(|file| file.unwrap().path());
        let copies: Vec<_> =
            copies.filter(|path| path.display().to_string().contains("before-rebuild")).collect();
        assert_eq!(copies.len(), 1);
        assert_eq!(std::fs::metadata(&copies[0]).unwrap().permissions().mode() & 0o777, 0o600);
        rusqlite::Connection::open(&copies[0])
            .unwrap()
            .query_row("SELECT count(*) FROM runs", [], |_| Ok(()))
            .unwrap();
    }
    // As with additions that are found: the first push is held, then it goes on.
    desk.psactl(&["sync"]).ends_with(6).says("first quantity that psactl pushes to this addition");
    assert!(!desk.writes().contains(&PATCH.to_owned()));
    desk.psactl(&["review", "--approve", "all"]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.addition(EDDIE, SELECT)["quantity"].as_f64(), Some(193.85));
}

#[test]
fn what_a_person_wrote_with_psactls_login_can_be_kept() {
    let desk = Desk::running();
    next_use(&desk, "148.20", "150.00");
    desk.psactl(&["sync"]).ends_with(0);
    desk.later(SignedDuration::from_mins(5));
    let path = psactl::psa::Path::parse(&desk.addition_path(EDDIE, SELECT)).unwrap();
    let theirs = [psactl::psa::PatchOp::replace("quantity", 170)];
    desk.wait(desk.psactls_own_login().patch(&path, &theirs)).unwrap();
    next_use(&desk, "150.00", "151.45");
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(6).says("quantity 170");
    desk.psactl(&["state", "keep"]).ends_with(2).says("--yes");
    let kept = desk.psactl(&["state", "keep", "--yes", "--output", "json"]).ends_with(0).says("goes on");
    assert_eq!(kept.json()["stop"], serde_json::Value::Null);
    // The quantity is still somebody's work.
    desk.psactl(&["sync"]).ends_with(6).says("somebody else wrote its quantity: 170");
    writes_nothing(&desk);
    desk.psactl(&["state"]).ends_with(0).says("writes        yes");
    let kept =
        desk.psactl(&["state", "keep", "--yes", "--output", "json"]).ends_with(0).says("has not stopped");
    assert_eq!(kept.json()["schema"], "psactl/state/1");
}

#[test]
fn other_fields_other_people_and_touched_times_are_no_alarm() {
    let desk = Desk::running();
    next_use(&desk, "148.20", "150.00");
    desk.psactl(&["sync"]).ends_with(0);
    desk.later(SignedDuration::from_hours(1));
    // With psactl's own login: a field that psactl does not write.
    let path = psactl::psa::Path::parse(&desk.addition_path(EDDIE, SELECT)).unwrap();
    let theirs = [psactl::psa::PatchOp::replace("unitCost", 2)];
    desk.wait(desk.psactls_own_login().patch(&path, &theirs)).unwrap();
    next_use(&desk, "150.00", "151.45");
    desk.psactl(&["sync"]).ends_with(0).says("1 agreement addition updated");
    // With another one: somebody else's work, which blocks this addition and nothing more.
    desk.change(&desk.addition_path(EDDIE, SELECT), "quantity", 170);
    next_use(&desk, "151.45", "152.45");
    desk.psactl(&["sync"]).ends_with(6).says("somebody else wrote its quantity: 170");
    desk.psactl(&["state"]).ends_with(0).says("writes        yes");
}

#[test]
fn an_answer_that_was_lost_is_no_alarm() {
    let desk = Desk::running();
    next_use(&desk, "148.20", "150.00");
    desk.psactl(&["sync"]).ends_with(0);
    next_use(&desk, "150.00", "151.45");
    desk.fault("PATCH", "/additions", "applied-then-reset", 9);
    desk.psactl(&["sync"]);
    next_use(&desk, "151.45", "152.45");
    desk.psactl(&["sync"]).is_silent_on("state rebuild");
    assert_eq!(desk.addition(EDDIE, SELECT)["quantity"].as_f64(), Some(193.3));
}

#[test]
fn a_ticket_that_this_state_did_not_open_stops_it() {
    let desk = Desk::running();
    copy(&desk, "state", "older");
    desk.later(SignedDuration::from_hours(1));
    desk.psactl(&["sync", "--open-standing"]).ends_with(0).says("4 tickets opened");
    copy(&desk, "older", "state");
    desk.later(SignedDuration::from_mins(5));
    desk.forget_requests();
    desk.psactl(&["sync", "--open-standing"])
        .ends_with(6)
        .says("ticket #548")
        .says("known here: no such ticket");
    writes_nothing(&desk);
    // Rebuilt, they are followed: none is opened twice.
    desk.psactl(&["state", "rebuild", "--yes"]).ends_with(0).says("4 open tickets");
    desk.psactl(&["sync", "--open-standing"]);
    assert_eq!(desk.tickets().len(), 4);
}

/// What the journal forgot is not what a second psactl did.
#[test]
fn a_ticket_older_than_what_is_kept_is_no_alarm() {
    const TEXT: &str = "Remote Backup failed for account [JTR-Counter / DOC30199009]";
    let bad = |desk: &Desk, event: &str| desk.event(event, 1, "JTR-Counter", "355", "Error", TEXT);
    let desk = Desk::running();
    desk.edit("psactl.toml", "keep_events = \"400d\"", "keep_events = \"62d\"");
    desk.later(SignedDuration::from_hours(1));
    bad(&desk, "n1");
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket opened");
    let first = desk.tickets()[0].clone();
    let path = format!("/service/tickets/{}", id(&first));
    let statuses = format!("/service/boards/{}/statuses", first["board"]["id"]);
    let closed = desk.record(&statuses, "closedStatus = true and inactive = false");
    desk.change(&path, "status", json!({ "id": id(&closed) }));
    let tickets = &["sync", "--only", "tickets"];
    desk.psactl(&["sync", "--only", "tickets", "--verify"]).ends_with(0);
    desk.later(SignedDuration::from_hours(25));
    bad(&desk, "n2");
    desk.psactl(tickets).ends_with(0).says("1 ticket opened");
    for event in ["n3", "n4", "n5"] {
        desk.later(SignedDuration::from_hours(30 * 24));
        bad(&desk, event);
        desk.psactl(tickets).ends_with(0);
    }
    desk.change(&path, "status", json!({ "id": first["status"]["id"] }));
    desk.later(SignedDuration::from_hours(25));
    bad(&desk, "n6");
    desk.psactl(tickets).ends_with(0);
    desk.psactl(&["status"]).is_silent_on("stopped");
}

/// A note leaves no trace in the state that was put back, nor at the ticket itself.
#[test]
fn an_older_state_repeats_no_note() {
    let desk = Desk::running();
    desk.psactl(&["sync", "--open-standing"]).ends_with(0).says("4 tickets opened");
    let ticket = desk
        .tickets()
        .into_iter()
        .find(|ticket| ticket["summary"].as_str().unwrap().contains("ETV-FrontOffice"))
        .map(|ticket| id(&ticket))
        .unwrap();
    let notes = |desk: &Desk| desk.records(&format!("/service/tickets/{ticket}/notes"), "").len();
    copy(&desk, "state", "older");
    let before = notes(&desk);
    desk.later(SignedDuration::from_hours(25));
    let failed = "Remote Backup failed for account [ETV-FrontOffice / DOC30199002]: again";
    desk.event("n1", 5, "ETV-FrontOffice", "342", "Error", failed);
    desk.psactl(&["sync", "--only", "tickets"]).ends_with(0).says("1 ticket note");
    assert_eq!(notes(&desk), before + 1);
    copy(&desk, "older", "state");
    desk.psactl(&["sync", "--only", "tickets"]).ends_with(0).is_silent_on("note");
    assert_eq!(notes(&desk), before + 1);
    // What comes after it is told again.
    desk.later(SignedDuration::from_hours(25));
    desk.event("n2", 5, "ETV-FrontOffice", "342", "Error", failed);
    desk.psactl(&["sync", "--only", "tickets"]).ends_with(0).says("1 ticket note");
}

#[test]
fn a_second_psactl_is_noticed_by_the_first() {
    let desk = Desk::running();
    next_use(&desk, "148.20", "150.00");
    desk.psactl(&["sync"]).ends_with(0);
    // The other one, with a state of its own and an export of its own.
    copy(&desk, "state", "other");
    next_use(&desk, "150.00", "155.00");
    let mut other = desk.command(&["sync"]);
    other.env("PSACTL_STATE", desk.file("other"));
    Desk::ran(&mut other).ends_with(0).says("1 agreement addition updated");
    next_use(&desk, "155.00", "150.00");
    desk.forget_requests();
    desk.psactl(&["sync", "--verify"]).ends_with(6).says("a second psactl works with this ConnectWise");
    writes_nothing(&desk);
    assert_eq!(desk.addition(EDDIE, SELECT)["quantity"].as_f64(), Some(195.85));
}

#[test]
fn a_state_that_was_lost_is_built_from_nothing() {
    let desk = Desk::running();
    desk.psactl(&["sync", "--open-standing"]).ends_with(0).says("4 tickets opened");
    let billed = desk.billed();
    std::fs::remove_dir_all(desk.file("state")).unwrap();
    desk.later(SignedDuration::from_hours(13));
    next_use(&desk, "148.20", "151.45");
    desk.forget_requests();
    let ran = desk.narrow(&["state", "rebuild", "--yes"]).ends_with(0);
    let shown = desk.shown(&ran).replace(&copies(&desk), "COPY");
    insta::assert_snapshot!("rebuilt_from_nothing", shown);
    // What only a person knows is asked again.
    desk.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(0);
    writes_nothing(&desk);
    desk.psactl(&["sync"]).ends_with(6).says("first quantity that psactl pushes to this addition");
    assert_eq!(desk.tickets().len(), 4);
    assert_eq!(desk.billed(), billed);
    // The tickets are followed: what ends the fault resolves it.
    let ok = "Remote Backup completed successfully for account [ETV-FrontOffice / DOC30199002]";
    desk.event("n1", 0, "ETV-FrontOffice", "342", "OK", ok);
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync"]).says("1 ticket resolved");
}

/// The name of the copy that a rebuild kept.
fn copies(desk: &Desk) -> String {
    let files = std::fs::read_dir(desk.file("state")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned());
    names.into_iter().find(|name| name.contains("before-rebuild")).unwrap_or_else(|| "none".to_owned())
}

#[test]
fn a_database_that_cannot_be_read_is_moved_aside_after_a_yes() {
    let desk = Desk::running();
    let file = desk.file("state").join("psactl.db");
    for beside in ["psactl.db-wal", "psactl.db-shm"] {
        std::fs::remove_file(desk.file("state").join(beside)).ok();
    }
    std::fs::write(&file, "this is no database, and it is longer than a page header of one: ".repeat(20))
        .unwrap();
    desk.psactl(&["sync"]).ends_with(1).says("is not a database").says("psactl state rebuild");
    desk.psactl(&["state", "rebuild"]).ends_with(2).says("is not a database").says("--yes");
    desk.psactl(&["state", "rebuild", "--dry-run"]).ends_with(1).says("is not a database");
    desk.psactl(&["state", "rebuild", "--yes"]).ends_with(0).says("moved to").says("3 links");
    let kept = std::fs::read_dir(desk.file("state")).unwrap();
    let kept =
        kept.filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().contains("unreadable"));
    assert_eq!(kept.count(), 1);
}

#[test]
fn what_contradicts_itself_is_shown_and_left_alone() {
    let desk = Desk::running();
    let solution = id(&desk.record("/company/managementItSolutions", ""));
    let body = serde_json::json!({
        "managementSolution": { "id": solution }, "groupIdentifier": "EFS-342", "deviceType": "BackupStats",
    });
    desk.make(&format!("/company/companies/{}/managementSummaryReports", desk.company("Angry Fox")), body);
    std::fs::remove_dir_all(desk.file("state")).unwrap();
    desk.psactl(&["state", "rebuild", "--yes"])
        .ends_with(6)
        .says("customer 342: its Managed ID stands on several companies")
        .says("2 links");
}

#[test]
fn an_undone_hold_outlives_a_rebuild() {
    let desk = Desk::running();
    next_use(&desk, "148.20", "151.45");
    desk.psactl(&["sync"]).ends_with(0);
    let run = crate::undo::last_run(&desk);
    desk.psactl(&["undo", &run, "--yes"]).ends_with(0);
    desk.psactl(&["state", "rebuild", "--yes"]).ends_with(0);
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(6).says(&format!("undone in run {run}"));
    assert!(!desk.writes().contains(&PATCH.to_owned()));
}

#[test]
fn the_json_shapes_are_kept() {
    let desk = older_state();
    desk.psactl(&["sync"]).ends_with(6);
    let state = desk.psactl(&["state", "--output", "json"]).ends_with(6).json();
    assert_eq!(state["schema"], "psactl/state/1");
    insta::assert_snapshot!("state_shape", shape(&state));
    let rebuilt = desk.psactl(&["state", "rebuild", "--yes", "--output", "json"]).ends_with(0).json();
    assert_eq!(rebuilt["schema"], "psactl/state-rebuild/1");
    insta::assert_snapshot!("rebuild_shape", shape(&rebuilt));
}

/// A trial's state must not meet a real ConnectWise: ids of the one say nothing in the other.
#[test]
fn the_state_of_another_connectwise_is_not_worked_with() {
    let desk = Desk::running();
    let text = desk.read("psactl.toml");
    let other = text.replace("company_id = \"sunshineit\"", "company_id = \"acme\"");
    assert_ne!(text, other);
    desk.write("psactl.toml", &other);
    desk.forget_requests();
    for command in [
        &["sync"][..],
        &["companies"],
        &["companies", "unlink", "342", "--yes"],
        &["why", "342", "--offline"],
        &["report"],
        &["setup", "--check"],
        &["pause", "342", "--until", "2026-12-24", "--reason", "x"],
        &["status"],
        &["events"],
    ] {
        desk.psactl(command)
            .ends_with(3)
            .says("is that of the ConnectWise company sunshineit")
            .says("names acme");
    }
    assert_eq!(desk.requests().len(), 0);
    desk.psactl(&["doctor", "--only", "state"])
        .ends_with(8)
        .says("[state-company]")
        .says("psactl state keep");
    // Letters do not matter, and a new company ID of the same ConnectWise is for a person to say.
    desk.psactl(&["state", "keep"]).ends_with(2).says("Is acme the ConnectWise that was called sunshineit");
    desk.write("psactl.toml", &text.replace("\"sunshineit\"", "\"SunshineIT\""));
    desk.psactl(&["why", "342", "--offline"]).ends_with(0);
    desk.write("psactl.toml", &other);
    desk.psactl(&["state", "keep", "--yes"]).ends_with(0).says("the state is that of acme now");
    desk.psactl(&["why", "342", "--offline"]).ends_with(0);
    desk.psactl(&["state"]).ends_with(0).says("company ID    acme");
}
