//! `psactl events`, `reprocess`, `review` and `doctor`, through the binary.

use jiff::SignedDuration;
use psactl::sandbox::{Options, World};
use serde_json::{Value, json};

use crate::support::{Desk, Ran, shape};

const SUCCEEDED: &str = "Remote Backup completed successfully for account [ETV-FrontOffice / DOC30199002]";
const NEW_KEY: &str = "made-anew-in-connectwise";

/// The login is refused since somebody made the key anew; a backup has succeeded meanwhile (event 50).
fn with_refused_login() -> Desk {
    let desk = Desk::running();
    desk.psactl(&["sync", "--open-standing"]).ends_with(0);
    desk.later(SignedDuration::from_mins(1));
    desk.event("n1", 0, "ETV-FrontOffice", "342", "OK", SUCCEEDED);
    desk.sandbox().set_private_key(NEW_KEY);
    desk.psactl(&["sync"]).ends_with(4).says("ConnectWise refused the login").is_silent_on(NEW_KEY);
    desk.forget_requests();
    desk
}

fn open_tickets(desk: &Desk) -> usize {
    desk.tickets().iter().filter(|ticket| ticket["closedFlag"] != json!(true)).count()
}

#[track_caller]
fn check<'a>(report: &'a Value, id: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("no check {id}: {report:#}"))
}

fn ids(report: &Value) -> Vec<&str> {
    report["checks"].as_array().unwrap().iter().map(|check| check["id"].as_str().unwrap()).collect()
}

#[test]
fn the_log_shows_what_happened_and_what_was_done() {
    let desk = Desk::running();
    let ran = desk.narrow(&["events", "--limit", "3"]).ends_with(0).says("46 more: --limit shows them");
    insta::assert_snapshot!(desk.shown(&ran));
    desk.psactl(&["events", "--cid", "419", "--limit", "1000"])
        .ends_with(0)
        .says("AF-BDR (419)")
        .is_silent_on("(342)");
    let by_user = desk.psactl(&["events", "--account", "AF-Archive", "--output", "json"]).ends_with(0).json();
    let by_number =
        desk.psactl(&["events", "--account", "DOC30199011", "--output", "json"]).ends_with(0).json();
    assert_eq!(by_user["events"], by_number["events"]);
    desk.psactl(&["events", "--errors"]).ends_with(0).says("No events.");
    desk.psactl(&["events", "show", "4711"]).ends_with(6).says("the event log has no event 4711");

    let ran = desk.narrow(&["events", "show", "49"]).ends_with(0);
    insta::assert_snapshot!(desk.shown(&ran));
}

#[test]
fn before_the_first_run_the_log_is_empty() {
    let desk = Desk::linked();
    desk.psactl(&["events"]).ends_with(0).says("No events.");
    desk.psactl(&["reprocess", "--errors", "--yes"]).ends_with(0).says("nothing to reprocess");
    desk.psactl(&["reprocess"]).ends_with(2);
    desk.psactl(&["reprocess", "17", "--yes"]).ends_with(6).says("the event log has no event 17");
}

#[test]
fn the_json_shapes_are_kept() {
    let desk = with_refused_login();
    let log = desk.psactl(&["events", "--output", "json"]).ends_with(0).json();
    assert_eq!(log["schema"], "psactl/events/1");
    insta::assert_snapshot!("events", shape(&log));
    let one = desk.psactl(&["events", "show", "50", "--output", "json"]).ends_with(0).json();
    assert_eq!(one["schema"], "psactl/event/1");
    insta::assert_snapshot!("event", shape(&one));
    let doctor = desk.psactl(&["doctor", "--output", "json"]).ends_with(8).json();
    assert_eq!(doctor["schema"], "psactl/doctor/1");
    insta::assert_snapshot!("doctor", shape(&doctor));
}

#[test]
fn a_refused_login_is_tried_again_after_1_5_15_and_60_minutes() {
    let desk = with_refused_login();
    let mut tries = 1;
    for (minutes, tried) in [
        (0, false),
        // 1 minute after the first refusal, then 5, 15, 60 and 60 after the next ones.
        (1, true),
        (4, false),
        (1, true),
        (14, false),
        (1, true),
        (59, false),
        (1, true),
        (59, false),
        (1, true),
    ] {
        desk.later(SignedDuration::from_mins(minutes));
        desk.forget_requests();
        // Told once, with code 4; what still fails is told in a line.
        let ran = desk.psactl(&["sync"]).ends_with(0).says("nothing was done: still:");
        let asked = desk.requests().iter().filter(|request| request.status == 401).count();
        tries += usize::from(tried);
        assert_eq!(asked > 0, tried, "try {tries}, {minutes} minutes later");
        if !tried {
            ran.says("it is not tried again before").says("so that the account is not locked");
            assert_eq!(desk.requests().len(), 0);
        }
    }
}

#[test]
fn a_changed_secret_ends_the_waiting() {
    let desk = with_refused_login();
    desk.psactl(&["sync"]).says("not tried again before");
    desk.write("private-key", NEW_KEY);
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket resolved");
    assert_eq!(open_tickets(&desk), 3);
    // The event that failed is made good by the same run, and its log keeps both.
    desk.psactl(&["events", "show", "50"])
        .ends_with(0)
        .says("state done")
        .says("ERROR: listing tickets")
        .says("Resolved ConnectWise ticket #548.");
}

#[test]
fn reprocessing_by_id_works_at_once_and_keeps_the_events_whole_history() {
    let desk = with_refused_login();
    desk.psactl(&["reprocess", "50", "--yes"]).ends_with(4).says("ConnectWise refused the login");
    assert_eq!(open_tickets(&desk), 4);
    desk.write("private-key", NEW_KEY);
    desk.psactl(&["reprocess", "50"]).ends_with(2).says("--yes");
    desk.psactl(&["reprocess", "50", "--dry-run"])
        .ends_with(0)
        .says("(resolve) Backup failed: ETV-FrontOffice")
        .says("nothing was written");
    assert_eq!(open_tickets(&desk), 4);
    desk.psactl(&["reprocess", "50", "--yes"]).ends_with(0).says("1 ticket resolved");
    assert_eq!(open_tickets(&desk), 3);
    let shown = desk.psactl(&["events", "show", "50"]).ends_with(0);
    assert_eq!(shown.stdout.matches("Notifications processed in run").count(), 3, "{}", shown.stdout);
    shown.says("ERROR: listing tickets").says("Resolved ConnectWise ticket #548.").says("state done");
    // Once more it is a no-op.
    desk.forget_requests();
    desk.psactl(&["reprocess", "50", "--yes"]).ends_with(0);
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn reprocess_errors_takes_every_failed_event_and_no_other() {
    let desk = with_refused_login();
    desk.event("n2", 0, "AF-BDR", "419", "Error", "Remote Backup failed for account [AF-BDR / DOC30199010]");
    desk.later(SignedDuration::from_mins(2));
    desk.psactl(&["sync"]).ends_with(0);
    desk.psactl(&["events", "--errors"]).ends_with(0).says("AF-BDR").says("ETV-FrontOffice");
    desk.write("private-key", NEW_KEY);
    desk.psactl(&["reprocess", "--errors", "--yes"])
        .ends_with(0)
        .says("2 events")
        .says("1 ticket opened")
        .says("1 ticket resolved");
    desk.psactl(&["events", "--errors"]).ends_with(0).says("No events.");
    assert_eq!(open_tickets(&desk), 4);
}

#[test]
fn reprocessing_a_fault_that_was_mended_since_opens_no_ticket() {
    let desk = Desk::running();
    let log = desk.psactl(&["events", "--account", "ETV-Prim", "--limit", "999", "--output", "json"]).json();
    let events = log["events"].as_array().unwrap();
    let bad = events.iter().find(|event| event["event"]["severity"] == "error").unwrap();
    let number = bad["number"].to_string();
    desk.forget_requests();
    desk.psactl(&["reprocess", &number, "--yes"]).ends_with(0);
    assert_eq!(desk.writes(), Vec::<String>::new());
    desk.psactl(&["events", "show", &number]).ends_with(0).says("No ticket needed: the fault has ended.");
}

fn doctor(desk: &Desk, arguments: &[&str]) -> Ran {
    desk.psactl(&[&["doctor"], arguments].concat())
}

#[test]
fn the_doctor_on_a_bare_psa_names_what_is_missing_and_writes_nothing() {
    let desk = Desk::bare();
    let ran = desk.narrow(&["doctor"]).ends_with(8);
    insta::assert_snapshot!(desk.shown(&ran));
    assert_eq!(desk.writes(), Vec::<String>::new());
    doctor(&desk, &["--only", "setup"]).ends_with(8).is_silent_on("portal data");
    doctor(&desk, &["--only", "portal"])
        .ends_with(0)
        .says("portal data: 3 customers, 12 accounts, 49 events");
    doctor(&desk, &["--only", "login"]).ends_with(0).says("login accepted");
    doctor(&desk, &["--only", "connection"]).ends_with(0).says("ConnectWise answers: Sunshine IT Partners");
    doctor(&desk, &["--only", "configuration"]).ends_with(0);
    doctor(&desk, &["--only", "weather"]).ends_with(2).says("possible values");
}

#[test]
fn the_doctor_on_a_running_desk_finds_nothing_but_what_waits() {
    let desk = Desk::running();
    desk.forget_requests();
    let ran = doctor(&desk, &[]).ends_with(0);
    ran.says("0 problems")
        .says("sync: ConnectWise agrees with the portal")
        .says("faults stand since the first run");
    doctor(&desk, &["--strict"]).ends_with(8);
    assert_eq!(desk.writes(), Vec::<String>::new());
    desk.psactl(&["sync", "--open-standing"]).ends_with(0);
    doctor(&desk, &["--strict"]).ends_with(0);
}

#[test]
fn the_doctor_knows_a_broken_login_by_its_causes() {
    let desk = with_refused_login();
    let report = doctor(&desk, &["--output", "json"]).ends_with(8).json();
    let login = check(&report, "login");
    assert_eq!(login["status"], "problem");
    let fixes = login["fix"].to_string();
    for cause in ["blank before or after", "inactive", "company ID", "client ID", "region"] {
        assert!(fixes.contains(cause), "{cause}: {fixes}");
    }
    assert_eq!(check(&report, "connection")["status"], "ok");
    assert_eq!(check(&report, "setup-products")["status"], "skipped");
    doctor(&desk, &["--only", "login"]).ends_with(8);
    doctor(&desk, &["--only", "portal"]).ends_with(0);
}

#[test]
fn the_doctor_reads_the_secret_and_never_tells_it() {
    let desk = Desk::running();
    let key = desk.read("private-key");
    doctor(&desk, &["-vvv"]).ends_with(0).is_silent_on(&key);
    std::fs::remove_file(desk.file("private-key")).unwrap();
    doctor(&desk, &[]).ends_with(8).says("the login's secret cannot be used").says("private-key");
}

#[test]
fn the_doctor_names_stale_data_bad_rows_and_a_wrong_clock() {
    let desk = Desk::running();
    desk.edit("accounts.csv", "412.50", "many");
    desk.later(SignedDuration::from_hours(40));
    doctor(&desk, &["--only", "portal"])
        .ends_with(8)
        .says("1 row of the exports cannot be used")
        .says("the use was measured 1 day 21 h ago; nothing is billed")
        .says("accounts.csv");
    let wrong = desk.sandbox().now() - SignedDuration::from_mins(20);
    let mut command = desk.command(&["doctor", "--only", "connection"]);
    Desk::ran(command.env("PSACTL_NOW", wrong.to_string()))
        .ends_with(8)
        .says("off the server's: billing is blocked");
}

#[test]
fn the_doctor_tells_of_holds_blocks_and_failed_events() {
    let desk = Desk::with(Options { world: World::Integrated, ..Options::default() });
    desk.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(3);
    desk.psactl(&["companies", "adopt", "--yes"]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(6);
    let report = doctor(&desk, &["--only", "sync", "--output", "json"]).ends_with(8).json();
    assert_eq!(check(&report, "blocked")["status"], "problem");
    assert_eq!(check(&report, "held")["status"], "warning");
    assert!(check(&report, "held")["fix"].to_string().contains("psactl review"));
    assert!(check(&report, "blocked")["evidence"].to_string().contains("used and not billed"));
    assert!(ids(&report).contains(&"last-run"));
}

#[test]
fn the_doctor_says_where_a_configuration_is_wrong_and_goes_no_further() {
    let desk = Desk::running();
    desk.forget_requests();
    desk.edit("psactl.toml", "first_push", "frist_push");
    doctor(&desk, &[]).ends_with(8).says("frist_push").says("first_push").says("skipped");
    assert_eq!(desk.requests().len(), 0);
    std::fs::remove_file(desk.file("psactl.toml")).unwrap();
    doctor(&desk, &[]).ends_with(8).says("psactl.toml");
}

#[test]
fn the_doctor_finds_out_that_nobody_is_at_home() {
    let desk = Desk::running();
    let site = desk.sandbox().url();
    // A port on which nobody listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    desk.edit("psactl.toml", &site, &format!("http://127.0.0.1:{port}"));
    doctor(&desk, &["--only", "connection"]).ends_with(8).says("ConnectWise cannot be reached");
    desk.psactl(&["sync", "--force"]).ends_with(5);
    desk.psactl(&["setup", "--check"]).ends_with(5);
}
