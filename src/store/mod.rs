//! The embedded SQLite state: links, events, tickets, holds, journal, history.
//!
//! One psactl writes at a time ([`Store::lock`]); readers never wait.

mod bindings;
mod choices;
mod customers;
mod error;
mod event_files;
mod events;
mod history;
mod holds;
mod imports;
mod installation;
mod journal;
mod links;
mod migrations;
mod pauses;
mod prune;
mod pushes;
mod rebuild;
mod runs;
mod seen;
mod sightings;
mod standing;
mod tickets;
mod unkept;

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

pub use bindings::Binding;
pub use choices::Choice;
pub use customers::CustomerState;
pub use error::Error;
pub use event_files::EventFile;
pub use events::{Action, Beside, EventState, Into, LoggedEvent, Outcome};
pub use history::{RunFilter, RunSummary, Written};
pub use holds::{Hold, HoldState};
pub use imports::Import;
pub use installation::{Sighting, Stop};
pub use journal::{Entry, EntryState};
pub use links::Link;
pub use pauses::Pause;
pub use pushes::Push;
pub use rebuild::Rebuilt;
pub use runs::Run;
pub use seen::Newcomer;
pub use standing::Stands;
pub use tickets::TicketMemory;

use migrations::Found;
pub use migrations::VERSION;

/// Under which name the moment of the next work is remembered.
pub const NEXT_DUE: &str = "next_due";

type Result<T> = std::result::Result<T, Error>;

/// The state of one installation.
pub struct Store {
    db: Connection,
    folder: PathBuf,
    /// The ConnectWise that the command works with, where it works with one.
    company: Option<String>,
}

/// Held while a command may write; released when dropped or when the process dies.
pub struct Lock {
    _file: File,
}

impl Store {
    /// Opens the state in a folder, making it if it is not there.
    pub fn open(folder: &Path) -> Result<Store> {
        let io = |path: &Path| {
            let path = path.display().to_string();
            move |source| Error::Io { path, source }
        };
        if !folder.is_dir() {
            crate::disk::make_folder(folder).map_err(io(folder))?;
        }
        let file = Store::file_in(folder);
        refuse_open(folder)?;
        refuse_open(&file)?;
        if !file.exists() {
            migrations::make_private(&file).map_err(io(&file))?;
        }
        let db = Store::open_file(&file, folder).map_err(|error| match error {
            Error::Database(problem) => Error::Unusable { path: file.display().to_string(), problem },
            other => other,
        })?;
        Ok(Store { db, folder: folder.to_owned(), company: None })
    }

    /// Whether a folder holds a state.
    pub fn is_in(folder: &Path) -> bool {
        Store::file_in(folder).is_file()
    }

    fn open_file(file: &Path, folder: &Path) -> Result<Connection> {
        let mut db = Connection::open(file)?;
        db.busy_timeout(std::time::Duration::from_secs(5))?;
        // Whose file it is comes first: even the journal's mode would be written into it.
        let found = migrations::look(&db, file)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        // What was committed is on disk: the journal of writes must survive a power failure.
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "foreign_keys", true)?;
        match found {
            Found::Present => {}
            Found::Empty => migrations::make(&mut db, file)?,
            Found::Older(version) => {
                // A psactl of the older format may be at work on the file.
                let _lock = lock(folder, &format!("brings its state to format {VERSION}"))?;
                migrations::migrate(&mut db, file, version)?;
            }
        }
        Ok(db)
    }

    /// The folder of the state.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes the right to write, or says who has it. The system frees it when the process dies. From the first write on
    /// the state is that of the ConnectWise that it is [`Store::opened_for`].
    pub fn lock(&self, command: &str, now: Timestamp) -> Result<Lock> {
        let lock = lock(&self.folder, &format!("since {now} ({command})"))?;
        self.settle_on_company()?;
        Ok(lock)
    }

    /// A transaction that has the right to write from its start: upgrading a read transaction is not retried. Within
    /// a larger whole it is a part of that.
    fn transaction(&self) -> Result<Whole<'_>> {
        let own = match self.db.is_autocommit() {
            true => Some(Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate)?),
            false => None,
        };
        Ok(Whole { db: &self.db, own })
    }

    /// Does several things as one: all of them are kept or none, and the disk is waited for once. Within a larger
    /// whole they are a part of that.
    ///
    /// # Errors
    /// The work's own, and where the whole cannot be written.
    pub fn together<T, E: From<Error>>(
        &self,
        work: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let whole = self.transaction()?;
        let done = work()?;
        whole.commit()?;
        Ok(done)
    }

    /// Does several things that only read, or write [`Store::beside`] what is kept: nobody waits for them.
    ///
    /// # Errors
    /// The work's own, and where the database cannot be read.
    pub fn apart<T, E: From<Error>>(
        &self,
        work: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let whole =
            Transaction::new_unchecked(&self.db, TransactionBehavior::Deferred).map_err(Error::from)?;
        let done = work()?;
        whole.commit().map_err(Error::from)?;
        Ok(done)
    }

    /// Marks a place to which [`Store::end_mark`] can go back, within a larger whole.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn mark(&self) -> Result<()> {
        Ok(self.db.prepare_cached("SAVEPOINT mark")?.execute([]).map(drop)?)
    }

    /// Forgets the mark; with `back`, and what was written since.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn end_mark(&self, back: bool) -> Result<()> {
        if back {
            self.db.prepare_cached("ROLLBACK TO mark")?.execute([])?;
        }
        Ok(self.db.prepare_cached("RELEASE mark")?.execute([]).map(drop)?)
    }

    /// A single remembered value.
    pub fn meta(&self, key: &str) -> Result<Option<String>> {
        Ok(self.db.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0)).optional()?)
    }

    /// Remembers a single value.
    pub fn set_meta(&self, key: &str, value: &str) -> Result<()> {
        self.db.execute(
            "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
            params![key, value],
        )?;
        Ok(())
    }

    /// Forgets a single value.
    pub fn forget_meta(&self, key: &str) -> Result<()> {
        self.db.execute("DELETE FROM meta WHERE key = ?1", [key])?;
        Ok(())
    }

    /// A remembered moment.
    pub fn meta_time(&self, key: &str) -> Result<Option<Timestamp>> {
        Ok(self.meta(key)?.and_then(|text| text.parse().ok()))
    }
}

/// The release of SQLite that is built in.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// Refuses a file or folder of the state that others may write to.
///
/// # Errors
/// [`Error::Open`]: what is read there may be somebody else's, and decides what is billed.
pub(crate) fn refuse_open(path: &Path) -> Result<()> {
    match crate::disk::open_to_writers(path) {
        Some(mode) => Err(Error::Open { path: path.display().to_string(), mode }),
        None => Ok(()),
    }
}

/// Takes the lock of a state folder.
fn lock(folder: &Path, what: &str) -> Result<Lock> {
    let path = folder.join("psactl.lock");
    let io = |source| Error::Io { path: path.display().to_string(), source };
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    // Whoever can open it can hold it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // On Windows the locked file may not be readable; the lock itself is what counts.
            let _unreadable = (&mut file).take(1000).read_to_string(&mut holder);
            let holder = if holder.trim().is_empty() { "unknown process".to_owned() } else { holder };
            return Err(Error::Locked { folder: folder.display().to_string(), holder });
        }
        Err(std::fs::TryLockError::Error(source)) => return Err(io(source)),
    }
    file.set_len(0).map_err(io)?;
    file.seek(SeekFrom::Start(0)).map_err(io)?;
    write!(file, "process {} {what}", std::process::id()).map_err(io)?;
    Ok(Lock { _file: file })
}

/// Several statements that are kept together, or with what they are a part of.
struct Whole<'a> {
    db: &'a Connection,
    own: Option<Transaction<'a>>,
}

impl Whole<'_> {
    fn commit(self) -> Result<()> {
        Ok(self.own.map_or(Ok(()), Transaction::commit)?)
    }
}

impl std::ops::Deref for Whole<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.db
    }
}

/// A moment as the database keeps it.
fn seconds(time: Timestamp) -> i64 {
    time.as_second()
}

/// A moment read back; one that no calendar has becomes the beginning of time, which counts as long ago.
fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_is_told_who_holds_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let first = store.lock("sync", now).unwrap();
        let refused = store.lock("sync", now).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("since 2026-11-23T12:00:00Z (sync)"), "{refused}");
        drop(first);
        store.lock("sync", now).unwrap();
    }

    #[test]
    fn a_full_disk_is_called_one_and_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.set_meta("kept", "yes").unwrap();
        let pages: i64 = store.db.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        store.db.pragma_update(None, "max_page_count", pages).unwrap();
        let error =
            (0..1000).find_map(|n| store.set_meta(&format!("key {n}"), &"x".repeat(500)).err()).unwrap();
        assert!(error.to_string().contains("the disk is full"), "{error}");
        assert!(error.hints()[0].contains("make room"));
        drop(store);
        assert_eq!(Store::open(folder.path()).unwrap().meta("kept").unwrap().as_deref(), Some("yes"));
    }

    #[test]
    fn commits_are_on_disk_when_they_return() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let pragma = |name: &str| -> String {
            let value = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
            format!("{:?}", store.db.pragma_query_value(None, name, value).unwrap())
        };
        assert_eq!(
            (pragma("journal_mode"), pragma("synchronous")),
            ("Text(\"wal\")".into(), "Integer(2)".into())
        );
    }

    #[test]
    fn a_newer_state_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.db.pragma_update(None, "user_version", VERSION + 1).unwrap();
        drop(store);
        assert!(matches!(Store::open(folder.path()), Err(Error::Newer { .. })));
    }
}
