//! When a run has work, what it says of it, and how it ends.

use jiff::SignedDuration;
use serde_json::json;

use super::{next_export, used};
use crate::support::{Desk, shape};

const ADDITION: &str = "PATCH /finance/agreements/{parentId}/additions/{id}";
const ENTRY: &str = "PATCH /company/companies/{parentId}/managementSummaryReports/{id}";
const TICKET: &str = "POST /service/tickets";

/// Everything has changed: a use, a job, and a new fault.
fn with_work() -> Desk {
    let desk = Desk::running();
    used(&desk, "AF-Office", "91.66", "92.00");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.event(
        "n1",
        1,
        "JTR-Counter",
        "355",
        "Error",
        "Remote Backup failed for account [JTR-Counter / DOC30199009]",
    );
    desk.forget_requests();
    desk
}

#[test]
fn a_run_every_minute_sends_nothing_where_nothing_changed() {
    let desk = Desk::running();
    desk.forget_requests();
    for _ in 0..3 {
        desk.later(SignedDuration::from_mins(1));
        let report = desk.psactl(&["sync", "--output", "json"]).ends_with(0).json();
        assert_eq!((&report["idle"], &report["requests"]), (&json!(true), &json!(0)));
    }
    // The files are touched and say the same: they are read, and still nothing is asked.
    desk.write("accounts.csv", &desk.read("accounts.csv"));
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.requests().len(), 0);
}

#[test]
fn a_dry_run_writes_and_remembers_nothing_and_can_say_so_to_a_script() {
    let desk = with_work();
    for _ in 0..2 {
        desk.psactl(&["sync", "--dry-run"])
            .ends_with(0)
            .says("Would be written")
            .says("ticket “Backup failed: JTR-Counter”")
            .says("quantity: 91.66 -> 92")
            .says("dry run, nothing was written: 3 changes");
        desk.psactl(&["sync", "--dry-run", "--exit-code"]).ends_with(8);
    }
    assert_eq!(desk.writes(), Vec::<String>::new());
    desk.psactl(&["sync", "--exit-code"]).ends_with(2).says("--dry-run");

    desk.psactl(&["sync"]).ends_with(0);
    let mut written = desk.writes();
    written.sort();
    assert_eq!(written, [ENTRY, ADDITION, TICKET]);
    desk.psactl(&["sync", "--dry-run", "--exit-code"]).ends_with(0);
}

#[test]
fn only_does_one_part_and_leaves_the_others_to_the_next_run() {
    for (part, expected) in [("tickets", TICKET), ("statistics", ENTRY), ("billing", ADDITION)] {
        let desk = with_work();
        desk.psactl(&["sync", "--only", part]).ends_with(0);
        assert_eq!(desk.writes(), [expected], "{part}");
        desk.psactl(&["sync"]).ends_with(0);
        assert_eq!(desk.writes().len(), 3, "after {part} the rest");
    }
}

#[test]
fn a_cid_is_looked_at_alone_and_at_once() {
    let desk = Desk::running();
    used(&desk, "AF-Office", "91.66", "92.00");
    used(&desk, "JTR-Counter", "18.05", "19.05");
    desk.later(SignedDuration::from_mins(1));
    desk.forget_requests();
    desk.psactl(&["sync", "--cid", "419"]).ends_with(0).says("1 agreement addition updated");
    assert_eq!(desk.writes(), [ADDITION]);
    desk.psactl(&["sync", "--cid", "355"]).ends_with(0).says("18.05 -> 19.05");
}

#[test]
fn an_unknown_cid_is_no_success() {
    let desk = Desk::running();
    desk.psactl(&["sync", "--cid", "999"]).ends_with(6).says("the portal knows no customer 999");
}

#[test]
fn one_part_alone_every_minute_sends_nothing_either() {
    for part in ["tickets", "statistics", "billing"] {
        let desk = with_work();
        desk.psactl(&["sync", "--only", part]).ends_with(0);
        desk.forget_requests();
        for _ in 0..3 {
            desk.later(SignedDuration::from_mins(1));
            desk.psactl(&["sync", "--only", part]).ends_with(0);
        }
        assert_eq!(desk.requests().len(), 0, "{part}");
    }
}

#[test]
fn one_customer_by_hand_leaves_the_others_to_the_next_run() {
    let desk = with_work();
    desk.psactl(&["sync", "--cid", "355"]).ends_with(0);
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(0).says("91.66 -> 92");
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.requests().len(), 0);
}

#[test]
fn one_customer_is_pushed_at_most_every_half_day() {
    let desk = Desk::running();
    used(&desk, "AF-Office", "91.66", "92.00");
    desk.forget_requests();
    next_export(&desk, SignedDuration::from_hours(11));
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.writes(), Vec::<String>::new());
    desk.later(SignedDuration::from_mins(61));
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.writes(), [ADDITION]);
    // And again: the interval counts from the push.
    used(&desk, "AF-Office", "92.00", "93.00");
    next_export(&desk, SignedDuration::from_hours(11));
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.writes(), [ADDITION]);
    desk.psactl(&["sync", "--force"]).ends_with(0);
    assert_eq!(desk.writes(), [ADDITION, ADDITION]);
}

#[test]
fn a_day_later_everything_is_read_back_and_what_was_changed_by_others_is_seen() {
    let desk = Desk::running();
    let path = desk.addition_path("Angry Fox", "Online Backup Basic Storage");
    desk.change(&path, "quantity", 1);
    desk.forget_requests();
    next_export(&desk, SignedDuration::from_hours(17));
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.requests().len(), 0, "an export that says the same is no reason to ask");
    // Verification is spread over the last quarter of the day.
    next_export(&desk, SignedDuration::from_hours(8));
    desk.psactl(&["sync"]).ends_with(6).says("somebody else wrote its quantity: 1");
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn what_stands_already_speaks_again_only_after_a_day() {
    let desk = Desk::running();
    used(&desk, "ETV-Primary", "148.20", "348.20");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.psactl(&["sync"]).ends_with(6).says("1 held");
    for hours in [1, 1, 10, 11] {
        next_export(&desk, SignedDuration::from_hours(hours));
        let ran = desk.psactl(&["sync"]).ends_with(0);
        assert_eq!(ran.stdout, "", "after {hours} more hours");
    }
    next_export(&desk, SignedDuration::from_hours(2));
    desk.psactl(&["sync"]).ends_with(6).says("1 held");
    next_export(&desk, SignedDuration::from_hours(1));
    desk.psactl(&["sync"]).ends_with(0);
}

#[test]
fn before_set_up_is_finished_it_says_which_step_is_missing() {
    let desk = Desk::bare();
    desk.psactl(&["sync"]).ends_with(3).says("step service-status is missing").says("psactl setup --check");
    desk.psactl(&["setup", "--apply", "--yes"]).ends_with(3);
    desk.psactl(&["sync"]).ends_with(3).says("step portal is missing");
    desk.psactl(&["setup", "portal", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(6).says("ConnectWise Management ID Error");
}

#[test]
fn two_never_write_at_once_and_readers_never_wait() {
    let desk = Desk::running();
    let lock = std::fs::OpenOptions::new().write(true).open(desk.file("state").join("psactl.lock")).unwrap();
    lock.try_lock().unwrap();
    desk.psactl(&["sync"]).ends_with(7).says("another psactl");
    desk.psactl(&["setup", "--apply", "--yes"]).ends_with(7);
    desk.psactl(&["companies", "adopt", "--yes"]).ends_with(7);
    desk.psactl(&["sync", "--dry-run"]).ends_with(0);
    desk.psactl(&["review"]).ends_with(0);
    desk.psactl(&["events"]).ends_with(0);
    desk.psactl(&["companies"]).ends_with(0);
    desk.psactl(&["doctor"]).ends_with(0);
    drop(lock);
    desk.psactl(&["sync"]).ends_with(0);
}

#[test]
fn a_clock_that_is_off_the_servers_blocks_billing() {
    let desk = Desk::running();
    used(&desk, "AF-Office", "91.66", "92.00");
    next_export(&desk, SignedDuration::from_hours(13));
    let wrong = desk.sandbox().now() + SignedDuration::from_secs(20 * 60 + 30);
    let mut command = desk.command(&["sync"]);
    Desk::ran(command.env("PSACTL_NOW", wrong.to_string()))
        .ends_with(6)
        .says("clock is 20 min off the server's");
    assert_eq!(desk.addition("Angry Fox", "Online Backup Basic Storage")["quantity"].as_f64(), Some(91.66));
}

/// What a person is told of a customer is nothing that waits for an answer.
#[test]
fn a_note_is_nothing_held_or_blocked() {
    let desk = Desk::running();
    let agreement = format!("/finance/agreements/{}", desk.agreement("Angry Fox"));
    desk.change(&agreement, "billingCycle", serde_json::Value::Null);
    used(&desk, "AF-Office", "91.66", "92.00");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.psactl(&["sync"]).ends_with(6).says("is never invoiced").says("91.66 -> 92");
    desk.later(SignedDuration::from_hours(1));
    let text = "Remote Backup completed successfully for account [AF-Office / DOC30199012]";
    desk.event("n1", 1, "AF-Office", "419", "OK", text);
    desk.psactl(&["sync"]).ends_with(0);
    desk.psactl(&["events", "--cid", "419", "--limit", "1"])
        .ends_with(0)
        .says("Nothing to update")
        .is_silent_on("held or blocked");
}

#[test]
fn an_export_that_is_not_there_is_named() {
    let desk = Desk::running();
    std::fs::remove_file(desk.file("accounts.csv")).unwrap();
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync"]).ends_with(5).says("accounts.csv");
}

#[test]
fn the_report_reads_so() {
    let desk = with_work();
    used(&desk, "ETV-Primary", "148.20", "348.20");
    let ran = desk.narrow(&["sync", "--dry-run"]).ends_with(0);
    insta::assert_snapshot!("dry_run", desk.shown(&ran));
    let ran = desk.narrow(&["sync"]).ends_with(6);
    insta::assert_snapshot!("written", desk.shown(&ran));
    let ran = desk.narrow(&["review"]).ends_with(0);
    insta::assert_snapshot!("review", desk.shown(&ran));
}

#[test]
fn the_json_shape_is_kept() {
    let desk = with_work();
    used(&desk, "ETV-Primary", "148.20", "348.20");
    used(&desk, "ETV-Prim,", "62.40", "x");
    let dry_run = desk.psactl(&["sync", "--dry-run", "--output", "json"]).ends_with(0).json();
    desk.expects_refusals();
    desk.fault("POST", "/service/tickets", "status-400", 1);
    let written = desk.psactl(&["sync", "--output", "json"]).ends_with(6).json();
    assert_eq!(written["schema"], "psactl/sync/1");
    assert_eq!(dry_run["dry_run"], json!(true));
    insta::assert_snapshot!(shape(&json!([dry_run, written])));

    // One change as a program reads it, without what differs from run to run.
    let applied = written["applied"].as_array().unwrap();
    let change = applied.iter().find(|applied| applied["change"]["subject"]["kind"] == "agreement addition");
    insta::assert_snapshot!("change", serde_json::to_string_pretty(change.unwrap()).unwrap());
}

#[test]
fn quiet_says_only_what_needs_a_person() {
    let desk = with_work();
    // What was done needs nobody, and neither does a run that has nothing to do.
    for _ in 0..2 {
        let ran = desk.psactl(&["sync", "-q"]).ends_with(0);
        assert_eq!((&*ran.stdout, &*ran.stderr), ("", ""));
    }
    assert_eq!(desk.writes().len(), 3);
    // What is held does, once.
    used(&desk, "JTR-Counter", "18.05", "180.05");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.psactl(&["sync", "-q"]).ends_with(6).says("psactl review");
    let ran = desk.psactl(&["sync", "-q"]).ends_with(0);
    assert_eq!((&*ran.stdout, &*ran.stderr), ("", ""));
}

/// A secret may come from a store that a person unlocks: a run with nothing to do does not ask for it.
#[cfg(unix)]
#[test]
fn an_idle_run_reads_no_secret() {
    let desk = Desk::running();
    let command = "private_key = { command = \"echo asked >> asked; cat private-key\" }";
    desk.edit("psactl.toml", "private_key = { file = \"private-key\" }", command);
    let asked = || std::fs::read_to_string(desk.file("asked")).unwrap_or_default().lines().count();
    desk.psactl(&["sync", "--verify"]).ends_with(0);
    let before = asked();
    assert!(before > 0);
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(asked(), before);
}

/// What the clocks blocked is tried again when they may agree, not only when everything is verified.
#[test]
fn what_the_clocks_blocked_is_looked_at_again_soon() {
    let desk = Desk::running();
    next_export(&desk, SignedDuration::from_hours(13));
    used(&desk, "ETV-Primary", "148.20", "150.20");
    let ahead = desk.sandbox().now() + SignedDuration::from_mins(20);
    let mut wrong = desk.command(&["sync"]);
    Desk::ran(wrong.env("PSACTL_NOW", ahead.to_string())).ends_with(6).says("clock is 20 min off");
    desk.later(SignedDuration::from_mins(37));
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(
        desk.addition("Eddie's TV Repair", "Online Backup Select Storage")["quantity"].as_f64(),
        Some(191.05)
    );
}
