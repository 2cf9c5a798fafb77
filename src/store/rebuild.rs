//! Starting anew from what ConnectWise has (design section 10): the copy that is kept first, and the replacement
//! of all that rests on an older state, in one go.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{Binding, Error, Link, Result, Store, TicketMemory, migrations};
use crate::sync::faults::FaultKey;

/// What ConnectWise says, in place of what the state said.
#[derive(Debug, Default)]
pub struct Rebuilt {
    /// The links.
    pub links: Vec<Link>,
    /// The open tickets of faults.
    pub tickets: Vec<(FaultKey, TicketMemory)>,
    /// The additions, as found.
    pub bindings: Vec<Binding>,
    /// When each addition was last changed, by ConnectWise's clock.
    pub seen: Vec<(i64, Timestamp)>,
}

impl Store {
    /// Where the database of a folder lies.
    pub fn file_in(folder: &Path) -> PathBuf {
        folder.join("psactl.db")
    }

    /// Sees that nothing of the database is damaged.
    ///
    /// # Errors
    /// Where something is.
    pub fn is_sound(&self) -> Result<()> {
        migrations::is_sound(&self.db)
    }

    /// Copies the database beside itself, for its owner alone, and returns where.
    ///
    /// # Errors
    /// Where the copy cannot be made.
    pub fn keep_copy(&self, now: Timestamp) -> Result<PathBuf> {
        let copy = free_name(&self.folder, "before-rebuild", now);
        migrations::copy(&self.db, &copy)?;
        Ok(copy)
    }

    /// Moves a database that cannot be read out of the way, with what SQLite keeps beside it, and returns where.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn move_away(folder: &Path, now: Timestamp) -> Result<PathBuf> {
        let file = Store::file_in(folder);
        let moved = free_name(folder, "unreadable", now);
        for suffix in ["", "-wal", "-shm"] {
            let with = |path: &Path| {
                let mut name = path.as_os_str().to_owned();
                name.push(suffix);
                PathBuf::from(name)
            };
            let (from, to) = (with(&file), with(&moved));
            if from.exists() {
                let io = |source| Error::Io { path: from.display().to_string(), source };
                std::fs::rename(&from, &to).map_err(io)?;
            }
        }
        Ok(moved)
    }

    /// Puts what ConnectWise says in place of links and bindings of a source, and over what is remembered of its
    /// tickets. Event log and history stay; so do what is remembered of tickets that are not open, and what a person
    /// took back and nobody lifted. Nothing that was approved or rejected before
    /// counts any more, every customer is due, and psactl writes again where it had stopped.
    ///
    /// # Errors
    /// Where the database cannot be written; then nothing of it is.
    pub fn rebuild(&self, source: &str, rebuilt: &Rebuilt) -> Result<()> {
        let change = self.transaction()?;
        change.execute("DELETE FROM links WHERE source = ?1", [source])?;
        change.execute("DELETE FROM bindings WHERE source = ?1", [source])?;
        change.execute("DELETE FROM holds WHERE state <> 'undone'", [])?;
        change.execute("DELETE FROM standing", [])?;
        change.execute(
            "UPDATE customers SET fingerprint = '', pushed_at = NULL, retry_at = NULL WHERE source = ?1",
            [source],
        )?;
        self.forget_rest()?;
        Store::forget_sightings(&change)?;
        for link in &rebuilt.links {
            self.set_link(source, link)?;
        }
        for binding in &rebuilt.bindings {
            self.set_binding(source, binding)?;
        }
        for (key, memory) in &rebuilt.tickets {
            self.set_ticket(source, key, memory)?;
        }
        self.note_seen(&rebuilt.seen)?;
        change.commit()?;
        Ok(())
    }
}

/// A name beside the database that is not taken.
fn free_name(folder: &Path, why: &str, now: Timestamp) -> PathBuf {
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let name = |more: String| folder.join(format!("psactl.db.{why}-{stamp}{more}"));
    let taken = |path: &PathBuf| path.exists();
    let mut path = name(String::new());
    for number in 2.. {
        if !taken(&path) {
            break;
        }
        path = name(format!("-{number}"));
    }
    path
}
