//! Backup statistics of the executive management report.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::Value;

use super::{measured, next_export, used};
use crate::support::{Desk, id};

const STATISTICS: &[&str] = &["sync", "--only", "statistics", "--force"];

/// The numbers of both entries of a company.
fn numbers(desk: &Desk, company: &str) -> BTreeMap<String, i64> {
    let path = format!("/company/companies/{}/managementSummaryReports", desk.company(company));
    let mut numbers = BTreeMap::new();
    for entry in desk.records(&path, "") {
        for field in ["successfulBackupJobs", "failedBackupJobs", "totalServers", "totalWorkstations"] {
            if let Some(number) = entry.get(field).and_then(Value::as_i64) {
                numbers.insert(format!("{} {field}", entry["deviceType"].as_str().unwrap()), number);
            }
        }
    }
    numbers
}

fn shown(numbers: &BTreeMap<String, i64>) -> Vec<String> {
    numbers.iter().map(|(name, number)| format!("{name} {number}")).collect()
}

#[test]
fn the_numbers_are_the_months_and_stand_on_the_right_entries() {
    let desk = Desk::running();
    assert_eq!(
        shown(&numbers(&desk, "Eddie's TV Repair")),
        [
            "BackupStats failedBackupJobs 3",
            "BackupStats successfulBackupJobs 18",
            "WorkstationsAndServers totalServers 2",
            "WorkstationsAndServers totalWorkstations 3",
        ]
    );
    assert_eq!(
        shown(&numbers(&desk, "Angry Fox")),
        [
            "BackupStats failedBackupJobs 0",
            "BackupStats successfulBackupJobs 14",
            "WorkstationsAndServers totalServers 1",
            "WorkstationsAndServers totalWorkstations 6",
        ]
    );
}

#[test]
fn a_second_run_writes_nothing_and_a_new_job_one_number() {
    let desk = Desk::running();
    desk.forget_requests();
    desk.psactl(STATISTICS).ends_with(0);
    assert_eq!(desk.writes(), Vec::<String>::new());
    desk.later(SignedDuration::from_hours(1));
    desk.event(
        "n1",
        1,
        "AF-BDR",
        "419",
        "OK",
        "Remote Backup completed successfully for account [AF-BDR / DOC30199010]",
    );
    desk.psactl(STATISTICS).ends_with(0).says("successfulBackupJobs: 14 -> 15");
    assert_eq!(desk.writes(), ["PATCH /company/companies/{parentId}/managementSummaryReports/{id}"]);
    assert_eq!(numbers(&desk, "Angry Fox")["BackupStats successfulBackupJobs"], 15);
}

#[test]
fn a_month_begins_at_midnight_where_the_server_stands() {
    let desk = Desk::running();
    // 2026-12-01 03:00 UTC is still November in the server's zone, Eastern Standard Time.
    let until = |desk: &Desk, text: &str| {
        let then: jiff::Timestamp = text.parse().unwrap();
        next_export(desk, then.duration_since(desk.sandbox().now()));
    };
    until(&desk, "2026-12-01T03:00:00Z");
    desk.psactl(STATISTICS).ends_with(0);
    assert_eq!(numbers(&desk, "Eddie's TV Repair")["BackupStats successfulBackupJobs"], 18);
    until(&desk, "2026-12-01T06:00:00Z");
    desk.event(
        "n1",
        90,
        "ETV-BDR",
        "342",
        "OK",
        "Remote Backup completed successfully for account [ETV-BDR / DOC30199007]",
    );
    desk.event(
        "n2",
        30,
        "ETV-BDR",
        "342",
        "OK",
        "Remote Backup completed successfully for account [ETV-BDR / DOC30199007]",
    );
    desk.psactl(STATISTICS).ends_with(0);
    assert_eq!(numbers(&desk, "Eddie's TV Repair")["BackupStats successfulBackupJobs"], 1, "n2 alone");
    assert_eq!(numbers(&desk, "Eddie's TV Repair")["BackupStats failedBackupJobs"], 0);
}

#[test]
fn a_missing_entry_is_the_guides_management_id_error() {
    let desk = Desk::running();
    let path = format!("/company/companies/{}/managementSummaryReports", desk.company("Angry Fox"));
    let second = desk.record(&path, "deviceType = \"BackupStats\"");
    desk.delete(&format!("{path}/{}", id(&second)));
    desk.psactl(STATISTICS)
        .ends_with(6)
        .says("ConnectWise Management ID Error: Angry Fox has no entry EFS-419 of device type BackupStats")
        .says("psactl setup managed-ids --apply");
    desk.psactl(&["setup", "managed-ids", "--apply", "--yes"]).ends_with(0);
    desk.psactl(STATISTICS).ends_with(0);
    assert_eq!(numbers(&desk, "Angry Fox")["BackupStats successfulBackupJobs"], 14);
}

#[test]
fn statistics_that_are_off_are_left_alone() {
    let desk = Desk::linked();
    desk.edit("psactl.toml", "[statistics]\nenabled = true", "[statistics]\nenabled = false");
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(numbers(&desk, "Angry Fox"), BTreeMap::new());
}

/// With billing off, statistics stop no more silently than quantities do.
#[test]
fn data_that_stop_are_told_of_where_billing_is_off() {
    let desk = Desk::running();
    desk.edit("psactl.toml", "[billing]\nenabled = true", "[billing]\nenabled = false");
    desk.psactl(&["sync"]).ends_with(0);
    // The exporter dies, and its files stay as they are.
    desk.later(SignedDuration::from_hours(37));
    desk.psactl(&["sync"])
        .ends_with(6)
        .says("backup statistics")
        .says("longer ago than max_age (1 day 12 h)");
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync"]).ends_with(0);
    next_export(&desk, SignedDuration::from_hours(13));
    desk.psactl(&["sync"]).ends_with(0);
    // A row that cannot be read, and an export of the day before.
    let fresh = desk.read("accounts.csv");
    used(&desk, "ETV-Truck01", "4.10", "four");
    desk.later(SignedDuration::from_hours(1));
    desk.psactl(&["sync"]).ends_with(6).says("backup statistics").says("accounts.csv");
    desk.write("accounts.csv", &fresh);
    measured(&desk, SignedDuration::from_hours(-20));
    desk.psactl(&["sync"]).ends_with(6).says("this export was measured before the last one used");
    // Billing that is paused is as good as off.
    let desk = Desk::running();
    let until = ["--until", "2026-12-24", "--reason", "prices change"];
    desk.psactl(&[&["pause", "--all", "--only", "billing"][..], &until].concat()).ends_with(0);
    desk.later(SignedDuration::from_hours(37));
    desk.psactl(&["sync"]).ends_with(6).says("backup statistics").says("longer ago than max_age");
}

/// Where only tickets are opened, an export that is not renewed is all that tells that no event comes any more.
#[test]
fn an_export_that_stops_is_told_of_where_only_tickets_are_on() {
    let desk = Desk::running();
    desk.edit("psactl.toml", "[billing]\nenabled = true", "[billing]\nenabled = false");
    desk.edit("psactl.toml", "[statistics]\nenabled = true", "[statistics]\nenabled = false");
    desk.psactl(&["sync"]).ends_with(0);
    desk.later(SignedDuration::from_hours(37));
    desk.psactl(&["sync"]).ends_with(6).says("longer ago than max_age").says("tickets");
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync"]).ends_with(0);
}

#[test]
fn a_server_that_does_not_keep_them_is_told_of_once() {
    let desk = Desk::with(psactl::sandbox::Options { keep_statistics: false, ..Default::default() });
    desk.set_up();
    desk.psactl(&["sync"]).ends_with(6).says("kept something else");
    desk.forget_requests();
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.writes(), Vec::<String>::new(), "not retried at every run");
}
