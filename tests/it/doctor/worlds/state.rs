//! psactl's own state.

use jiff::SignedDuration;

use crate::doctor::{check, finds, found, healthy, is_clean, report};
use crate::second::older_state;
use crate::support::Desk;

fn database(desk: &Desk) -> rusqlite::Connection {
    rusqlite::Connection::open(desk.file("state").join("psactl.db")).unwrap()
}

#[test]
fn a_database_that_is_none() {
    let desk = healthy();
    for beside in ["psactl.db-wal", "psactl.db-shm"] {
        std::fs::remove_file(desk.file("state").join(beside)).ok();
    }
    std::fs::write(
        desk.file("state").join("psactl.db"),
        "no database, and longer than a page header of one: ".repeat(30),
    )
    .unwrap();
    let told = finds(&desk, "state-database", &["is not a database", "psactl state rebuild"]);
    assert_eq!(told["status"], "problem");
    assert_eq!(check(&report(&desk, &[]), "login")["status"], "ok", "the login needs no state");
    desk.psactl(&["state", "rebuild", "--yes"]).ends_with(0);
    let report = report(&desk, &[]);
    assert_eq!(check(&report, "state-database")["status"], "ok");
}

#[cfg(unix)]
#[test]
fn a_state_that_others_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let desk = healthy();
    let set = |path: std::path::PathBuf, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set(desk.file("state"), 0o755);
    set(desk.file("state").join("psactl.db"), 0o644);
    finds(&desk, "state-open", &["psactl.db is open to others on this machine (mode 0644)", "chmod 600"]);
    set(desk.file("state").join("psactl.db"), 0o600);
    is_clean(&desk);
}

#[test]
fn an_older_state_and_a_second_psactl() {
    let desk = older_state();
    // Before any run has met it, the doctor does.
    let told = |desk: &Desk| {
        let report = report(desk, &[]);
        let told = check(&report, "state-stopped").clone();
        assert_eq!(told["status"], "problem", "{report:#}");
        assert!(told["fix"].to_string().contains("psactl state rebuild"), "{told:#}");
        assert_eq!(check(&report, "sync")["status"], "skipped");
        let ids: Vec<String> = found(&report).iter().map(|(id, _)| (*id).to_owned()).collect();
        (told.to_string(), ids)
    };
    let (words, _) = told(&desk);
    assert!(words.contains("quantity 192.3"), "{words}");
    desk.psactl(&["sync"]).ends_with(6);
    let (words, _) = told(&desk);
    assert!(words.contains("quantity 192.3") && words.contains("known here: quantity 190.85"), "{words}");
    desk.psactl(&["state", "rebuild", "--yes"]).ends_with(0);
    assert_eq!(check(&report(&desk, &[]), "state-stopped")["status"], "ok");
}

#[test]
fn writes_and_clocks() {
    let desk = healthy();
    database(&desk)
        .execute("UPDATE journal SET state = 'unknown' WHERE id = (SELECT max(id) FROM journal)", [])
        .unwrap();
    finds(&desk, "state-unsettled", &["begun 2026-11-23 14:0"]);
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync", "--verify"]).ends_with(0);
    is_clean(&desk);

    let ahead = (desk.sandbox().now() + SignedDuration::from_hours(48)).as_second();
    database(&desk).execute("UPDATE customers SET checked_at = ?1 WHERE cid = '355'", [ahead]).unwrap();
    finds(&desk, "state-ahead", &["the state speaks of 2026-11-25 14:"]);
    desk.psactl(&["sync", "--verify"]).ends_with(6);
    is_clean(&desk);
}

#[test]
fn the_state_of_another_company() {
    let desk = healthy();
    database(&desk).execute("UPDATE meta SET value = 'acme' WHERE key = 'own_company'", []).unwrap();
    let told = finds(&desk, "state-company", &["the state is that of acme", "psactl.toml names sunshineit"]);
    assert_eq!(told["status"], "problem");
}
