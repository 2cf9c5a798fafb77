//! The backup service's side: customers, accounts with usage, and events (design, section 8).
//!
//! Nothing here reads the clock: how old a measurement is, and whether that is too old, is the caller's to
//! judge. An empty cell is *not measured*, `0` is *measured zero*; the two are never confused.
//!
//! # A source of another vendor
//!
//! is one new file here:
//!
//! 1. a type that implements [`Source`]. What cannot be understood of one account is a [`RowProblem`] with its
//!    customer (billing of that customer stops), what cannot be understood at all an [`Error`]; nothing is guessed.
//! 2. a variant of [`PortalSource`] with the keys that it needs, read in `config/sections.rs` and listed in
//!    `config/schema.rs`; secrets are [`SecretSource`](crate::config::SecretSource)s.
//! 3. a line in [`open`].
//!
//! Everything else (billing, tickets, statistics, `portal check`, `doctor`) follows. The name of the source is the key
//! of its state: links that were made for another source are to be confirmed (`psactl companies adopt`).
//!
//! ```
//! use psactl::portal::{Account, Customer, Error, EventLog, KnownLogs, Snapshot, Source, Stamp, Taker};
//!
//! /// A service that lists its customers' servers.
//! struct Vendor {
//!     servers: Vec<(&'static str, &'static str, u32)>,
//! }
//!
//! impl Source for Vendor {
//!     fn name(&self) -> &'static str {
//!         "vendor"
//!     }
//!
//!     fn stamp(&self) -> Result<Stamp, Error> {
//!         Ok(Stamp::new(format!("{:?}", self.servers)))
//!     }
//!
//!     fn accounts(&self) -> Result<Snapshot, Error> {
//!         let mut snapshot = Snapshot::default();
//!         for (cid, name, servers) in &self.servers {
//!             let (cid, name) = (cid.to_string(), name.to_string());
//!             snapshot.customers.push(Customer { cid: cid.clone(), name: name.clone(), ..Customer::default() });
//!             snapshot.accounts.push(Account {
//!                 number: format!("SRV-{cid}"),
//!                 user: name,
//!                 cid,
//!                 usage: [("online-servers", (*servers).into())].into_iter().collect(),
//!                 ..Account::default()
//!             });
//!         }
//!         Ok(snapshot)
//!     }
//!
//!     fn read_events(&self, _: &KnownLogs, _: &mut dyn Taker) -> Result<EventLog, Error> {
//!         Ok(EventLog::default())
//!     }
//! }
//!
//! let vendor = Vendor { servers: vec![("342", "Eddie's TV Repair", 3)] };
//! assert_eq!(vendor.accounts()?.usage_of("342")["online-servers"].to_string(), "3");
//! # Ok::<(), Error>(())
//! ```

mod event;
mod event_log;
mod files;
mod sample;
mod snapshot;
mod wording;
pub mod x360recover;

pub use event::{Event, EventKind, Severity};
pub use event_log::{EventLog, FileState, KnownLogs, LogFile, Taker, Tally, Unended};
#[doc(hidden)]
pub use files::read_bytes;
pub(crate) use files::table::Table;
pub use sample::sample;
pub use snapshot::{About, Account, Customer, Doubt, RowProblem, Snapshot, Usage};

use crate::config::{Config, PortalSource};
use futures_util::future::LocalBoxFuture;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What tells cheaply whether a source changed since it was read: equal stamps, equal content. Covers the
/// files' paths, sizes and times and the settings that decide how they are read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(String);

impl Stamp {
    /// Of whatever tells.
    pub fn new(text: String) -> Stamp {
        Stamp(text)
    }

    /// As text, to be stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A backup service's side, whatever it is made of.
///
/// What is read is always on this machine. A source that lives elsewhere keeps a copy of the last whole answer in
/// the state folder: [`Source::refresh`] renews it, everything else reads it. So a run with nothing to do sends no
/// request, every command that only looks works without the network, and an answer that broke off is never used.
pub trait Source {
    /// What it is called in the state and the configuration: `files`.
    fn name(&self) -> &'static str;

    /// When the service is to be asked again; `None` where there is none to ask. A time that is past: now.
    fn asks_at(&self) -> Option<Timestamp> {
        None
    }

    /// Asks the service, whether it is time or not, and keeps its answer. One that did not change leaves the stamp as
    /// it is. Nothing to do where there is no service to ask.
    ///
    /// # Errors
    /// [`Error::Unreachable`] and [`Error::Refused`], [`Error::Unwritable`] and [`Error::Secret`]; the copy is then
    /// what it was.
    fn refresh(&self, now: Timestamp) -> LocalBoxFuture<'_, Result<(), Error>> {
        let _ = now;
        Box::pin(async { Ok(()) })
    }

    /// Why the service did not answer when it was asked last, as long as it has not since: what is read meanwhile is
    /// the older answer.
    fn trouble(&self) -> Option<Error> {
        None
    }

    /// Whether anything changed, without reading it.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when a file is missing; [`Error::NeverAsked`] where there is no copy yet.
    fn stamp(&self) -> Result<Stamp, Error>;

    /// Customers and accounts with their usage. Bad rows are problems in the answer, not errors.
    ///
    /// # Errors
    /// When the export as a whole cannot be understood: unreadable, not UTF-8, no header, a column missing.
    fn accounts(&self) -> Result<Snapshot, Error>;

    /// Hands the events of the log to `taker`, save those of files that are what they were when `known` was
    /// remembered. Bad rows are problems in the answer, not errors; nor is one file of several that cannot be read.
    ///
    /// # Errors
    /// As [`Source::accounts`], of which it needs the account list too.
    fn read_events(&self, known: &KnownLogs, taker: &mut dyn Taker) -> Result<EventLog, Error>;

    /// All events of the log at once, oldest first.
    ///
    /// # Errors
    /// As [`Source::read_events`].
    fn events(&self) -> Result<EventLog, Error> {
        let mut all = event_log::Collected::default();
        let log = self.read_events(&KnownLogs::new(), &mut all)?;
        Ok(all.into_log(log))
    }
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
    /// A copy of what the service sent cannot be kept.
    #[error("cannot write {}", path.display())]
    Unwritable {
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
    /// The service did not answer, not in time, or not as it should; it may later.
    #[error("{asked}: {reason}")]
    Unreachable {
        /// What was asked for, of whom.
        asked: String,
        /// What came of it, with the server's own words.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// The service refused the key, or a right.
    #[error("{asked}: {reason}")]
    Refused {
        /// What was asked for, of whom.
        asked: String,
        /// What came of it, with the server's own words.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// There is no copy of the service's data on this machine yet.
    #[error("{asked} was never asked by this psactl")]
    NeverAsked {
        /// The service.
        asked: String,
    },
    /// A secret of the source cannot be read.
    #[error(transparent)]
    Secret(#[from] crate::config::Error),
}

impl Error {
    /// What the technician can do next.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Error::Unreadable { path, .. } => vec![format!(
                "check that the portal's export writes {} and that this account may read it",
                path.display()
            )],
            Error::Unwritable { path, .. } => {
                vec![format!("see that this account may write {}", path.display())]
            }
            Error::NotUnderstood { hint, .. }
            | Error::Unreachable { hint, .. }
            | Error::Refused { hint, .. } => vec![hint.clone()],
            Error::NeverAsked { .. } => vec!["psactl portal check asks it".to_owned()],
            Error::Secret(error) => error.hints(),
        }
    }
}

/// Who is told how far a long asking is: so many answers are there, of so many.
pub type Told = Rc<dyn Fn(usize, usize)>;

/// The source that `[portal]` names; `folder` is the state folder, where copies are kept.
///
/// # Errors
/// Where a source cannot be made of the configuration: a secret that cannot be read.
pub fn open(config: &Config, folder: &Path) -> Result<Box<dyn Source>, Error> {
    open_telling(config, folder, &(Rc::new(|_, _| {}) as Told))
}

/// As [`open`], of a source that tells how far it is while it asks its service.
///
/// # Errors
/// As [`open`].
pub fn open_telling(config: &Config, folder: &Path, told: &Told) -> Result<Box<dyn Source>, Error> {
    match &config.portal.source {
        PortalSource::Files(files) => Ok(Box::new(files::Files::new(config, files, folder))),
        PortalSource::X360Recover(settings) => {
            Ok(Box::new(x360recover::X360Recover::new(config, settings, folder, Rc::clone(told))))
        }
    }
}
