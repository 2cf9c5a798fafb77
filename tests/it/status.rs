//! `psactl status`: one screen, and one line for monitors.

use jiff::SignedDuration;
use serde_json::Value;

use crate::support::{Desk, shape};
use crate::syncing::{billed_twice, next_export, used};

/// One change is held, one service billed twice, one customer is new and not linked, one is paused.
fn troubled() -> Desk {
    let desk = Desk::running();
    used(&desk, "JTR-Counter", "18.05", "180.05");
    billed_twice(&desk, "Angry Fox", "Online Backup Basic Storage");
    let accounts = desk.read("accounts.csv");
    let row = accounts.lines().find(|line| line.contains("JTR-Counter")).unwrap();
    let row =
        row.replace("355", "500").replace("JTR-Counter", "NEW-One").replace("DOC30199009", "DOC30199077");
    desk.write("accounts.csv", &format!("{}\n{row}\n", accounts.trim_end()));
    next_export(&desk, SignedDuration::from_hours(25));
    desk.psactl(&["pause", "342", "--until", "2026-12-01", "--reason", "moves house"]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(6);
    desk.later(SignedDuration::from_mins(3));
    desk.forget_requests();
    desk
}

#[test]
fn one_screen_says_how_things_stand() {
    let desk = troubled();
    for (name, shown) in desk.looks("status", &["status"], 0) {
        insta::assert_snapshot!(name, shown);
    }
    // Nothing was asked of ConnectWise.
    assert_eq!(desk.requests().len(), 0);

    let status = desk.psactl(&["status", "--output", "json"]).ends_with(0).json();
    assert_eq!(status["schema"], "psactl/status/1");
    assert_eq!(status["level"], "warning");
    assert_eq!(status["held"]["changes"].as_array().map(Vec::len), Some(1));
    assert_eq!(status["newcomers"][0]["cid"], "500");
    assert_eq!(status["unlinked"][0]["cid"], "500");
    insta::assert_snapshot!("status_shape", shape(&status));
}

#[test]
fn where_all_is_well_it_says_so_and_new_customers_are_new_for_a_week() {
    let desk = Desk::running();
    desk.psactl(&["status"]).ends_with(0).says("ok: no person is needed").is_silent_on("New at the portal");
    let desk = troubled();
    desk.psactl(&["status"]).says("New at the portal within a week");
    desk.later(SignedDuration::from_hours(8 * 24));
    desk.psactl(&["status"]).is_silent_on("New at the portal").says("500");
}

#[test]
fn before_the_first_run_and_without_an_export_it_still_answers() {
    let desk = Desk::linked();
    desk.psactl(&["status"]).ends_with(0).says("last run never").says("next due now");
    std::fs::remove_file(desk.file("accounts.csv")).unwrap();
    desk.psactl(&["status"]).ends_with(0).says("cannot read").says("next due unknown");
}

#[test]
fn a_monitor_gets_one_line_and_its_own_codes() {
    let desk = Desk::running();
    let line = desk.psactl(&["status", "--nagios"]).ends_with(0).stdout;
    // The sandbox's clock goes on.
    let (_, rest) = line.split_once(" s ago").unwrap();
    assert!(line.starts_with("PSACTL OK - last run "), "{line}");
    assert_eq!(
        rest,
        ", 3 customers, 0 open tickets | held=0 blocked=0 failed=0 unlinked=0 \
         faults=4 tickets=0\n"
    );
    // An idle run is a run.
    desk.later(SignedDuration::from_mins(119));
    desk.psactl(&["status", "--nagios"]).ends_with(0);
    desk.later(SignedDuration::from_mins(2));
    desk.psactl(&["status", "--nagios"]).ends_with(2).says("CRITICAL - no psactl sync for 2 h 1 min");
    desk.psactl(&["status", "--nagios", "--late", "3h"]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(0).says("nothing to do");
    desk.psactl(&["status", "--nagios"]).ends_with(0).says("last run 0 s ago");

    // A run that fails as a whole, and one that only says that it still does.
    desk.sandbox().set_private_key("made-anew");
    next_export(&desk, SignedDuration::from_hours(25));
    desk.psactl(&["sync"]).ends_with(4);
    desk.psactl(&["sync"]).ends_with(0);
    desk.psactl(&["status", "--nagios"]).ends_with(2).says("CRITICAL - psactl sync fails").says("login");

    let desk = troubled();
    desk.psactl(&["status", "--nagios"])
        .ends_with(1)
        .says("WARNING")
        .says("1 change held")
        .says("not linked");
    desk.psactl(&["status", "--nagios", "--sideways"]).ends_with(3).says("PSACTL UNKNOWN");
    desk.psactl(&["status", "--nagios", "--late", "soon"]).ends_with(3).says("PSACTL UNKNOWN");
    desk.edit("psactl.toml", "[tickets]", "[tickts]");
    desk.psactl(&["status", "--nagios"]).ends_with(3).says("PSACTL UNKNOWN - ");
    desk.psactl(&["status", "--sideways"]).ends_with(2);
    // A bar would end the words.
    let ran = desk.psactl(&["status", "--nagios", "--config", "a|b.toml"]).ends_with(3).says("a/b.toml");
    assert!(!ran.stdout.contains('|'), "{}", ran.stdout);
}

#[test]
fn a_stop_is_the_first_thing_it_says() {
    let desk = crate::second::older_state();
    desk.psactl(&["status"]).is_silent_on("nothing is written");
    desk.psactl(&["sync"]).ends_with(6);
    let ran = Desk::ran(desk.command(&["status"]).env("COLUMNS", "80")).ends_with(0);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    insta::assert_snapshot!("status_stopped", desk.shown(&ran));
    let status = desk.psactl(&["status", "--output", "json"]).ends_with(0).json();
    assert_eq!(status["level"], "critical");
    assert_eq!(status["stop"]["seen"][0]["kind"], "agreement addition");
    desk.psactl(&["status", "--nagios"]).ends_with(2).says("CRITICAL - nothing is written since");
    // A person says which state is right: the stop is over.
    desk.psactl(&["state", "keep", "--yes"]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(0);
    desk.psactl(&["status"]).is_silent_on("Stopped since");
}

#[test]
fn failed_events_are_counted() {
    let desk = Desk::running();
    desk.sandbox().set_private_key("made-anew");
    desk.event(
        "n1",
        0,
        "ETV-BDR",
        "342",
        "Error",
        "Remote Backup failed for account [ETV-BDR / DOC30199007]",
    );
    desk.psactl(&["sync"]).ends_with(4);
    desk.psactl(&["status"]).ends_with(0).says("1 event whose notifications failed (psactl events --errors)");
}

#[test]
fn a_run_of_one_customer_is_no_sign_that_the_others_are_looked_after() {
    let desk = Desk::running();
    let at = |desk: &Desk| -> Value {
        desk.psactl(&["status", "--output", "json"]).json()["last_run"]["at"].clone()
    };
    let before = at(&desk);
    desk.later(SignedDuration::from_mins(5));
    desk.psactl(&["sync", "--cid", "342"]).ends_with(0);
    desk.psactl(&["sync", "--dry-run"]).ends_with(0);
    assert_eq!(at(&desk), before);
    desk.psactl(&["sync"]).ends_with(0);
    assert_ne!(at(&desk), before);
}
