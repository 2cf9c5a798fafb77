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
    insta::assert_snapshot!(without_seconds(desk.shown(&ran)));
}

/// ConnectWise's times to the minute: its clock goes on while a test runs.
fn without_seconds(shown: String) -> String {
    let parts: Vec<&str> = shown.split("lastUpdated = ").collect();
    let cut = |(at, part): (usize, &&str)| match (at, part.get(..17), part.get(19..)) {
        (1.., Some(minutes), Some(rest)) => format!("{minutes}..{rest}"),
        _ => (*part).to_owned(),
    };
    parts.iter().enumerate().map(cut).collect::<Vec<_>>().join("lastUpdated = ")
}

/// The same log where people look at it: narrow, wide, in colour, and where a program reads it.
#[test]
fn the_log_fits_the_terminal_and_a_pipe() {
    let desk = with_refused_login();
    let shown = |columns: Option<&str>, arguments: &[&str]| {
        let mut command = desk.command(arguments);
        match columns {
            Some(columns) => command.env("COLUMNS", columns),
            None => command.env_remove("COLUMNS"),
        };
        Desk::ran(&mut command).ends_with(0)
    };
    for columns in [80, 160] {
        for arguments in
            [&["events", "--limit", "4"][..], &["events", "show", "50"], &["events", "show", "7"]]
        {
            let ran = shown(Some(&columns.to_string()), arguments);
            let widest = ran.stdout.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(columns), "{columns}: {}", ran.stdout);
        }
    }
    let ran = shown(Some("80"), &["events", "--limit", "4"]);
    insta::assert_snapshot!("events_80", desk.shown(&ran));
    let ran = shown(Some("160"), &["events", "--limit", "4"]);
    insta::assert_snapshot!("events_160", desk.shown(&ran));
    let ran = shown(Some("80"), &["--color", "always", "events", "--limit", "2"]);
    insta::assert_snapshot!("events_80_colour", desk.shown(&ran).replace('\u{1b}', "ESC"));
    let ran = shown(Some("160"), &["--color", "always", "events", "--limit", "2"]);
    insta::assert_snapshot!("events_160_colour", desk.shown(&ran).replace('\u{1b}', "ESC"));
    // Piped, a record stays on one line.
    let ran = shown(None, &["events", "--limit", "3"]);
    assert_eq!(ran.stdout.lines().count(), 4, "{}", ran.stdout);
    insta::assert_snapshot!("events_piped", desk.shown(&ran));
}

#[test]
fn every_filter_chooses() {
    let desk = with_refused_login();
    let chosen = |arguments: &[&str]| -> Vec<Value> {
        let ran = desk.psactl(&[&["events", "--jsonl"], arguments].concat()).ends_with(0);
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let all = chosen(&[]);
    assert_eq!(all.len(), 50);
    assert!(all.iter().all(|event| event["schema"] == "psactl/logged-event/1"));
    insta::assert_snapshot!("event_line", shape(&all[0]));
    let times: Vec<&str> = all.iter().map(|event| event["event"]["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "newest first");
    assert_eq!(chosen(&["--limit", "7"]), all[..7]);

    // Each filter against the same choice made here.
    let text = |event: &Value| event["event"]["text"].as_str().unwrap().to_lowercase();
    let rows: [(&[&str], &dyn Fn(&Value) -> bool); 10] = [
        (&["--errors"], &|event| event["state"] == "failed"),
        (&["--cid", "342", "--cid", "419"], &|event| event["event"]["cid"] != "355"),
        (&["--account", "AF-BDR"], &|event| event["event"]["user"] == "AF-BDR"),
        (&["--type", "backup-failed"], &|event| event["event"]["kind"] == "backup-failed"),
        (&["--severity", "warning", "--severity", "error"], &|event| event["event"]["severity"] != "ok"),
        (&["--since", "2026-11-20"], &|event| event["event"]["time"].as_str() >= Some("2026-11-20")),
        (&["--until", "2026-11-20"], &|event| event["event"]["time"].as_str() < Some("2026-11-21")),
        (&["--since", "2h"], &|event| event["event"]["time"].as_str() >= Some("2026-11-23T12:01")),
        (&["--match", "*AF-??? / *"], &|event| text(event).contains("af-bdr")),
        (&["--match", "refused the login"], &|event| event["number"] == 50),
    ];
    for (arguments, expected) in rows {
        let expected: Vec<&Value> = all.iter().filter(|event| expected(event)).collect();
        assert!(!expected.is_empty() && expected.len() < all.len(), "{arguments:?}: {}", expected.len());
        assert_eq!(chosen(arguments).iter().collect::<Vec<_>>(), expected, "{arguments:?}");
    }
    // They narrow each other; the guide's Notification Processed Error List LIKE ?*.
    assert_eq!(chosen(&["--errors", "--match", "?*"]).len(), 1);
    assert_eq!(chosen(&["--errors", "--cid", "419"]).len(), 0);
    desk.psactl(&["events", "--severity", "bad"]).ends_with(2).says("warning");
    desk.psactl(&["events", "--until", "some day"]).ends_with(2).says("no moment; write 24h");
}

#[test]
fn one_event_is_shown_with_requests_and_answers() {
    let desk = with_refused_login();
    desk.write("private-key", NEW_KEY);
    desk.psactl(&["reprocess", "50", "--yes"]).ends_with(0);
    let ran = Desk::ran(desk.command(&["events", "show", "50"]).env("COLUMNS", "80")).ends_with(0);
    insta::assert_snapshot!(without_seconds(desk.shown(&ran)));
    let one = desk.psactl(&["events", "show", "50", "--output", "json"]).json();
    let requests = one["requests"].as_array().unwrap();
    let methods: Vec<&str> =
        requests.iter().map(|request| request["change"]["request"]["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["POST", "PATCH", "PATCH"]);
    assert!(requests.iter().all(|request| request["state"] == "done" && !request["answer"].is_null()));
    // Of another account's fault nothing stands here.
    assert!(requests.iter().all(|request| !request.to_string().contains("ETV-BDR")));
    desk.psactl(&["events", "show", "50"]).is_silent_on(NEW_KEY);
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
        .says("ERROR: listing company statuses")
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
    assert_eq!(shown.stdout.matches("Notifications processed [").count(), 3, "{}", shown.stdout);
    shown
        .says("ERROR: listing company statuses")
        .says("Resolved ConnectWise ticket #548.")
        .says("state done");
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
