//! The state: older formats, damaged and foreign files, the lock of a process that was killed.

use std::path::PathBuf;

use rusqlite::Connection;

use crate::support::Desk;

fn database(desk: &Desk) -> PathBuf {
    desk.file("state").join("psactl.db")
}

fn number(db: &Connection, sql: &str) -> i64 {
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Makes the state of a desk what the first psactl wrote: its tables with their rows, and format 1.
fn to_format_1(desk: &Desk) {
    let path = desk.file("state").join("old.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../../src/store/migrations/v1.sql")).unwrap();
    old.execute("ATTACH ?1 AS new", [database(desk).to_str().unwrap()]).unwrap();
    let names = |sql: &str| -> Vec<String> {
        let mut query = old.prepare(sql).unwrap();
        let rows = query.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    for table in
        names("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    {
        let columns = names(&format!("SELECT name FROM pragma_table_info('{table}', 'main')")).join(", ");
        let copy = format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}");
        old.execute_batch(&copy).unwrap();
    }
    old.pragma_update(None, "user_version", 1).unwrap();
    drop(old);
    for name in ["psactl.db-wal", "psactl.db-shm"] {
        std::fs::remove_file(desk.file("state").join(name)).ok();
    }
    std::fs::rename(path, database(desk)).unwrap();
}

#[test]
fn an_older_state_is_copied_and_brought_to_the_present_format() {
    let desk = Desk::running();
    let links = number(&Connection::open(database(&desk)).unwrap(), "SELECT count(*) FROM links");
    to_format_1(&desk);

    // Nothing is due: psactl goes on where the older one stopped.
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.requests().len(), 0);

    let backup = desk.file("state").join("psactl.db.v1.bak");
    let (old, new) = (Connection::open(&backup).unwrap(), Connection::open(database(&desk)).unwrap());
    assert_eq!(number(&old, "PRAGMA user_version"), 1);
    assert!(number(&new, "PRAGMA user_version") > 1);
    for db in [&old, &new] {
        assert_eq!(number(db, "SELECT count(*) FROM links"), links);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // The present format is not copied again.
    drop(old);
    std::fs::remove_file(&backup).unwrap();
    desk.psactl(&["review"]).ends_with(0);
    assert!(!backup.exists());
}

#[test]
fn a_migration_that_fails_leaves_the_old_file_as_it_was() {
    let desk = Desk::running();
    to_format_1(&desk);
    let db = Connection::open(database(&desk)).unwrap();
    // In the way of the new format, behind its first new table.
    db.execute_batch("CREATE TABLE seen (who TEXT)").unwrap();
    let before = number(&db, "SELECT count(*) FROM sqlite_schema");
    drop(db);

    desk.psactl(&["sync"])
        .ends_with(1)
        .says("could not be brought from format 1")
        .says("was left as it was")
        .says("table seen already exists");
    let db = Connection::open(database(&desk)).unwrap();
    assert_eq!(number(&db, "PRAGMA user_version"), 1);
    assert_eq!(number(&db, "SELECT count(*) FROM sqlite_schema"), before);

    // The way is free: the same file goes on.
    db.execute_batch("DROP TABLE seen").unwrap();
    drop(db);
    desk.psactl(&["sync"]).ends_with(0);
}

#[test]
fn an_older_state_that_another_psactl_works_on_is_left_to_it() {
    let desk = Desk::running();
    let store = psactl::store::Store::open(&desk.file("state")).unwrap();
    let lock = store.lock("sync", crate::support::NOW.parse().unwrap()).unwrap();
    drop(store);
    to_format_1(&desk);
    desk.psactl(&["review"]).ends_with(7).says("another psactl is at work").says("(sync)");
    assert_eq!(number(&Connection::open(database(&desk)).unwrap(), "PRAGMA user_version"), 1);
    drop(lock);
    desk.psactl(&["review"]).ends_with(0);
}

#[test]
fn another_programs_database_is_refused_and_not_touched() {
    let made: [(&str, &str); 3] = [
        ("tables of its own", "CREATE TABLE songs (title TEXT)"),
        ("a number of its own", "CREATE TABLE songs (title TEXT); PRAGMA user_version = 1"),
        ("a mark of its own", "CREATE TABLE songs (title TEXT); PRAGMA application_id = 77"),
    ];
    for (what, sql) in made {
        let desk = Desk::running();
        for name in ["psactl.db", "psactl.db-wal", "psactl.db-shm"] {
            std::fs::remove_file(desk.file("state").join(name)).ok();
        }
        Connection::open(database(&desk)).unwrap().execute_batch(sql).unwrap();
        let before = std::fs::read(database(&desk)).unwrap();
        for command in [&["sync"][..], &["review"], &["companies"]] {
            desk.psactl(command).ends_with(1).says("not one of psactl's").says("--state DIR");
        }
        assert_eq!(std::fs::read(database(&desk)).unwrap(), before, "{what}");
    }
}

#[test]
fn a_state_that_another_program_keeps_locked_is_told_from_a_damaged_one() {
    let desk = Desk::running();
    let other = Connection::open(database(&desk)).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM standing").unwrap();
    desk.psactl(&["sync", "--force"]).ends_with(7).says("kept busy by another process");
}

#[test]
fn a_lock_that_a_killed_process_left_keeps_nobody_out() {
    let desk = Desk::linked();
    let killed = Desk::ran(&mut crate::story::command(&desk, &["sync"], "sent:1"));
    assert_eq!(killed.code, -1, "{killed:?}");
    let left = desk.read("state/psactl.lock");
    assert!(left.contains("(sync)"), "{left}");
    desk.psactl(&["status"]).ends_with(0).says("is at work or was cut off");
    desk.psactl(&["sync"]).ends_with(0);
    desk.psactl(&["status"]).ends_with(0).is_silent_on("cut off");
}

#[test]
fn times_that_lie_ahead_count_as_due_and_are_said() {
    let desk = Desk::running();
    desk.later(jiff::SignedDuration::from_hours(72));
    crate::syncing::next_export(&desk, jiff::SignedDuration::from_hours(1));
    desk.psactl(&["sync"]).ends_with(0);
    // The clock was three days ahead, and is set right.
    desk.later(jiff::SignedDuration::from_hours(-72));
    crate::syncing::next_export(&desk, jiff::SignedDuration::from_mins(1));
    let ran = desk.psactl(&["sync"]).ends_with(6);
    ran.says("the clock was wrong then, or is now").says("2026-11-26 15:00 UTC, which lies ahead");
    // It is said once: now the state knows better.
    desk.later(jiff::SignedDuration::from_hours(25));
    desk.psactl(&["sync"]).is_silent_on("lies ahead");
}

#[test]
fn old_events_go_once_a_day_and_what_stands_stays() {
    let desk = Desk::running();
    desk.psactl(&["sync", "--open-standing"]).ends_with(0);
    let log = |desk: &Desk| -> Vec<String> {
        let log = desk.psactl(&["events", "--limit", "1000", "--output", "json"]).ends_with(0).json();
        let events = log["events"].as_array().unwrap().iter();
        events.map(|entry| entry["event"]["id"].as_str().unwrap().to_owned()).collect()
    };
    let (before, tickets) = (log(&desk), desk.tickets().len());
    assert!(before.len() > 40 && tickets > 0);
    desk.edit("psactl.toml", "keep_events = \"400d\"", "keep_events = \"62d\"");
    desk.later(jiff::SignedDuration::from_hours(24 * 70));
    crate::syncing::next_export(&desk, jiff::SignedDuration::from_hours(1));
    desk.psactl(&["sync"]);
    let after = log(&desk);
    assert!(after.len() < before.len() && after.len() >= tickets, "{after:?}");
    assert!(after.iter().all(|id| before.contains(id)));
    // The export still has them all: they are no news, and no ticket is opened or resolved for them.
    let status = |desk: &Desk| desk.psactl(&["status", "--output", "json"]).json()["standing_faults"].clone();
    let standing = status(&desk);
    for _ in 0..2 {
        desk.later(jiff::SignedDuration::from_hours(25));
        desk.psactl(&["sync"]);
    }
    assert_eq!(log(&desk), after);
    assert_eq!(status(&desk), standing);
    assert_eq!(desk.tickets().len(), tickets);
}
