//! The portal's data, what the next sync would do, what waits, what failed.

use jiff::SignedDuration;
use psactl::sandbox::{Fault, Options};

use crate::doctor::{finds, found, healthy, is_clean, report};
use crate::support::Desk;
use crate::syncing::{measured, next_export};

fn database(desk: &Desk) -> rusqlite::Connection {
    rusqlite::Connection::open(desk.file("state").join("psactl.db")).unwrap()
}

#[test]
fn exports() {
    let desk = healthy();
    let accounts = desk.read("accounts.csv");
    std::fs::remove_file(desk.file("accounts.csv")).unwrap();
    finds(&desk, "portal-data", &["cannot read", "accounts.csv"]);
    desk.write("accounts.csv", &accounts);
    is_clean(&desk);

    desk.edit("accounts.csv", "412.50", "many");
    finds(&desk, "portal-rows", &["1 row of the exports cannot be used", "accounts.csv:7", "customer 342"]);
    desk.write("accounts.csv", &accounts);
    is_clean(&desk);

    measured(&desk, SignedDuration::from_hours(3));
    finds(&desk, "portal-future", &["claims to be measured 2026-11-23 17:0"]);
    desk.write("accounts.csv", &accounts);
    is_clean(&desk);

    next_export(&desk, SignedDuration::from_hours(20));
    desk.psactl(&["sync"]).ends_with(0);
    is_clean(&desk);
    let newest = desk.read("accounts.csv");
    desk.write("accounts.csv", &accounts);
    finds(&desk, "portal-older", &["put the newer export back", "accounts.csv, ", " rows)"]);
    desk.write("accounts.csv", &newest);
    is_clean(&desk);

    // Two days without an export; runs come, and say so.
    desk.later(SignedDuration::from_hours(20));
    desk.psactl(&["sync"]);
    desk.later(SignedDuration::from_hours(17));
    desk.psactl(&["sync"]);
    finds(
        &desk,
        "portal-age",
        &["the use was measured 1 day 13 h ago; nothing is billed (max_age 1 day 12 h)"],
    );
    measured(&desk, SignedDuration::from_mins(-10));
    desk.psactl(&["sync"]).ends_with(0);
    is_clean(&desk);
}

#[test]
fn what_waits_for_a_person() {
    let desk = healthy();
    desk.edit("accounts.csv", "187.30", "999.00");
    let told = finds(&desk, "held", &["1 change waits for a yes", "187.3 -> 999", "psactl review"]);
    assert_eq!(told["status"], "warning");
    desk.edit("accounts.csv", "999.00", "187.30");
    is_clean(&desk);

    // A service that is billed and is not measured any more.
    let accounts = desk.read("accounts.csv");
    desk.edit("accounts.csv", "14,backupnotify", ",backupnotify");
    finds(&desk, "notes", &["bills 14 and the portal's data have no measurement of it"]);
    desk.write("accounts.csv", &accounts);
    is_clean(&desk);

    let desk = Desk::running();
    finds(&desk, "standing-faults", &["customer 342", "psactl sync --open-standing"]);
    desk.psactl(&["sync", "--open-standing"]).ends_with(0);
    is_clean(&desk);
}

#[test]
fn what_failed() {
    let desk = healthy();
    desk.expects_refusals();
    let fault = Fault {
        method: Some("GET".into()),
        path: Some(format!("/finance/agreements/{}/additions", desk.agreement("Angry Fox"))),
        kind: "status-400".into(),
        times: Some(2),
        ..Fault::default()
    };
    desk.sandbox().add_fault(fault).unwrap();
    finds(&desk, "trouble", &["customer 419", "refused the request"]);
    is_clean(&desk);

    database(&desk).execute("UPDATE events SET state = 'failed' WHERE id = 1", []).unwrap();
    finds(&desk, "failed-events", &["1 event failed", "psactl reprocess --errors"]);
    desk.psactl(&["reprocess", "--errors", "--yes"]).ends_with(0);
    is_clean(&desk);

    desk.later(SignedDuration::from_hours(3));
    finds(&desk, "last-run", &["no psactl sync for 3 h", "cron"]);
    desk.psactl(&["sync"]).ends_with(0);
    is_clean(&desk);

    let beat = std::fs::read_dir(desk.file("state")).unwrap().map(|file| file.unwrap().path());
    let beat = beat.into_iter().find(|path| path.extension().is_some_and(|end| end == "json")).unwrap();
    let mut told: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&beat).unwrap()).unwrap();
    told["last_success"] = "2026-11-20T14:00:00Z".into();
    std::fs::write(&beat, told.to_string()).unwrap();
    finds(&desk, "last-success", &["was 3 days 3 h ago", "psactl status"]);
    desk.psactl(&["sync", "--verify"]).ends_with(0);
    is_clean(&desk);
}

#[test]
fn statistics_that_are_not_kept() {
    let desk = Desk::with(Options { keep_statistics: false, ..Options::default() });
    desk.set_up();
    desk.psactl(&["sync"]);
    desk.psactl(&["sync", "--open-standing"]);
    finds(&desk, "statistics", &["takes statistics of 6 management report entries", "successfulBackupJobs"]);
}

#[test]
fn a_psactl_that_was_never_run() {
    let desk = Desk::linked();
    let report = report(&desk, &[]);
    let ids: Vec<&str> = found(&report).into_iter().map(|(id, _)| id).collect();
    assert!(ids.contains(&"last-run"), "{ids:?}");
}

#[test]
fn what_stands_in_the_way() {
    let desk = healthy();
    // Another company was seen with the Managed ID, and is gone since.
    database(&desk)
        .execute("INSERT INTO sightings (company_id, managed_id) VALUES (9999, 'EFS-342')", [])
        .unwrap();
    finds(&desk, "blocked", &["customer 342", "and on company #9999", "psactl sync --cid 342"]);
    desk.psactl(&["sync", "--cid", "342"]).ends_with(0);
    is_clean(&desk);

    // ConnectWise fails for each of them: the next sync would go on with the tickets, and tell of each.
    desk.fault("GET", "/additions", "status-500", 1000);
    finds(
        &desk,
        "trouble",
        &["customer 342", "customer 419", "ConnectWise failed with status 500", "status.connectwise.com"],
    );
    desk.sandbox().clear_faults();
    is_clean(&desk);
}
