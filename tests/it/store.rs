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

/// Makes the state of a desk what the first psactl wrote: the tables and the number of format 1.
fn to_format_1(desk: &Desk) {
    let old = Connection::open_in_memory().unwrap();
    old.execute_batch(include_str!("../../src/store/migrations/v1.sql")).unwrap();
    let names = |db: &Connection| -> Vec<(String, String)> {
        let mut query = db
            .prepare(
                "SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'",
            )
            .unwrap();
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let db = Connection::open(database(desk)).unwrap();
    let known = names(&old);
    for (kind, name) in names(&db).into_iter().filter(|item| !known.contains(item)) {
        db.execute_batch(&format!("DROP {kind} IF EXISTS {name}")).unwrap();
    }
    // And without the columns that came later.
    for (_, table) in known.iter().filter(|(kind, _)| kind == "table") {
        let old = columns(&old, table);
        for column in columns(&db, table).into_iter().filter(|column| !old.contains(column)) {
            db.execute_batch(&format!("ALTER TABLE {table} DROP COLUMN {column}")).unwrap();
        }
    }
    db.pragma_update(None, "user_version", 1).unwrap();
    db.pragma_update(None, "application_id", 0).unwrap();
}

fn columns(db: &Connection, table: &str) -> Vec<String> {
    let mut query = db.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
    let rows = query.query_map([table], |row| row.get(0)).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
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
