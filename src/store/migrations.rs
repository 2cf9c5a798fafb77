//! The formats of the database, and how an older one becomes the present one.
//!
//! The file says its format (`user_version`). Every version is one script; a file of an older format is
//! copied beside itself first (`psactl.db.v1.bak`), then all scripts it lacks run in one transaction with the
//! new number: either the file has the present format or it is what it was. A file that is damaged, newer or
//! somebody else's is refused before anything is written to it.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::{Error, Result};

/// The script of each version, the first for a new file. One that was released is never changed: what is
/// missing is added at the end.
static SCRIPTS: &[&str] = &[
    include_str!("migrations/v1.sql"),
    include_str!("migrations/v2.sql"),
    include_str!("migrations/v3.sql"),
    include_str!("migrations/v4.sql"),
];

/// The format this program writes. An older program refuses a newer file.
pub const VERSION: i64 = SCRIPTS.len() as i64;

/// Marks the file as psactl's ("psac"); format 1 had no mark.
const APPLICATION: i64 = 0x7073_6163;

/// What a database file is to this program.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing stands in it yet.
    Empty,
    /// An older format.
    Older(i64),
    /// The present format.
    Present,
}

/// Looks at a file without changing it.
pub(super) fn look(db: &Connection, file: &Path) -> Result<Found> {
    let named = || file.display().to_string();
    let pragma = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (version, application) = (pragma("user_version")?, pragma("application_id")?);
    // The common case asks nothing more: every run comes this way.
    if version == VERSION && application == APPLICATION {
        return Ok(Found::Present);
    }
    if application != 0 && application != APPLICATION {
        return Err(Error::Foreign { file: named() });
    }
    let has = |table: &str| {
        db.query_row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name LIKE ?1", [table], |_| Ok(()))
            .optional()
    };
    if version == 0 {
        return if has("%")?.is_some() { Err(Error::Foreign { file: named() }) } else { Ok(Found::Empty) };
    }
    if version > VERSION {
        return Err(Error::Newer { file: named(), found: version });
    }
    if version < 0 || has("bindings")?.is_none() || has("journal")?.is_none() {
        return Err(Error::Foreign { file: named() });
    }
    Ok(Found::Older(version))
}

/// Makes a new database, unless another process was first.
pub(super) fn make(db: &mut Connection, file: &Path) -> Result<()> {
    run(db, file, 0)
}

/// Brings an older file to the present format, after a copy of it was made. The caller holds the lock.
pub(super) fn migrate(db: &mut Connection, file: &Path, from: i64) -> Result<()> {
    let failed = |error| Error::Migration { file: file.display().to_string(), from, source: Box::new(error) };
    back_up(db, file, from).and_then(|()| run(db, file, from)).map_err(failed)
}

/// Where the copy of a file of an older format is kept.
pub(super) fn backup_of(file: &Path, version: i64) -> PathBuf {
    file.with_file_name(format!("psactl.db.v{version}.bak"))
}

/// One transaction, so that a script that fails leaves nothing of those before it.
fn run(db: &mut Connection, file: &Path, from: i64) -> Result<()> {
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been first.
    let start = match look(&change, file)? {
        Found::Present => return Ok(()),
        Found::Empty => 0,
        Found::Older(version) => version,
    };
    debug_assert!(start >= from);
    for script in SCRIPTS.iter().skip(usize::try_from(start).unwrap_or(0)) {
        change.execute_batch(script)?;
    }
    change.pragma_update(None, "application_id", APPLICATION)?;
    change.pragma_update(None, "user_version", VERSION)?;
    change.commit()?;
    Ok(())
}

/// A copy of a file of an older format, in place of one from an earlier try.
fn back_up(db: &Connection, file: &Path, version: i64) -> Result<()> {
    is_sound(db)?;
    copy(db, &backup_of(file, version))
}

/// Sees that nothing in a file is damaged.
pub(super) fn is_sound(db: &Connection) -> Result<()> {
    let sound: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        let damaged = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        return Err(rusqlite::Error::SqliteFailure(damaged, Some(sound)).into());
    }
    Ok(())
}

/// A whole copy that only its owner can read, beside the file; it is on disk when this returns.
pub(super) fn copy(db: &Connection, backup: &Path) -> Result<()> {
    let half = backup.with_extension("bak.half");
    let io = |path: &Path| {
        let path = path.display().to_string();
        move |source| Error::Io { path, source }
    };
    match std::fs::remove_file(&half) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(&half)(error)),
        _ => {}
    }
    // SQLite writes into an empty file that is there already, with the rights it has.
    make_private(&half).map_err(io(&half))?;
    let Some(name) = half.to_str() else {
        return Err(io(&half)(std::io::Error::other("its path is not Unicode; name another with --state")));
    };
    db.execute("VACUUM INTO ?1", [name])?;
    OpenOptions::new().write(true).open(&half).and_then(|copy| copy.sync_all()).map_err(io(&half))?;
    std::fs::rename(&half, backup).map_err(io(backup))?;
    #[cfg(unix)]
    if let Some(folder) = backup.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(folder))?;
    }
    Ok(())
}

/// An empty file, or the one that is there: customer names stand in it, so that only its owner may read it.
pub(super) fn make_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
