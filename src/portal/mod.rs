//! The backup service's side: customers, accounts with usage, and events (design, section 8).
//!
//! Nothing here reads the clock: how old a measurement is, and whether that is too old, is the caller's to
//! judge. An empty cell is *not measured*, `0` is *measured zero*; the two are never confused.

mod event;
mod files;
mod sample;
mod snapshot;
mod wording;

pub use event::{Event, EventKind, EventLog, Severity, Unended};
#[doc(hidden)]
pub use files::read_bytes;
pub(crate) use files::table::Table;
pub use sample::sample;
pub use snapshot::{Account, Customer, RowProblem, Snapshot};

use crate::config::Config;
use std::path::PathBuf;

/// What tells cheaply whether a source changed since it was read: equal stamps, equal content. Covers the
/// files' paths, sizes and times and the settings that decide how they are read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(String);

impl Stamp {
    /// As text, to be stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A backup service's side, whatever it is made of.
pub trait Source {
    /// What it is called in the state: `files`.
    fn name(&self) -> &'static str;

    /// Whether anything changed, without reading it.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when a file is missing.
    fn stamp(&self) -> Result<Stamp, Error>;

    /// Customers and accounts with their usage. Bad rows are problems in the answer, not errors.
    ///
    /// # Errors
    /// When the export as a whole cannot be understood: unreadable, not UTF-8, no header, a column missing.
    fn accounts(&self) -> Result<Snapshot, Error>;

    /// All events of the export, oldest first. Bad rows are problems in the answer, not errors.
    ///
    /// # Errors
    /// As [`Source::accounts`], of which it needs the account list too.
    fn events(&self) -> Result<EventLog, Error>;
}

/// Why an export as a whole cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Missing or not to be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Read, and not understood.
    #[error("{}{}: {reason}", path.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
    NotUnderstood {
        /// The file.
        path: PathBuf,
        /// Line from 1, where one can be named.
        line: Option<u64>,
        /// What was expected and what was found.
        reason: String,
        /// What to do.
        hint: String,
    },
}

impl Error {
    /// What the technician can do next.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Error::Unreadable { path, .. } => vec![format!(
                "check that the portal's export writes {} and that this account may read it",
                path.display()
            )],
            Error::NotUnderstood { hint, .. } => vec![hint.clone()],
        }
    }
}

/// The source that `[portal]` names.
///
/// # Errors
/// None for `files` yet; a source that signs in somewhere can fail here.
pub fn open(config: &Config) -> Result<Box<dyn Source>, Error> {
    Ok(Box::new(files::Files::new(config)))
}
