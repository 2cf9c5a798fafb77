//! Source `files`: exports of the account list and of the event log, as CSV or JSON, from files, folders, patterns
//! and addresses.

mod accounts;
mod encoding;
mod events;
mod headings;
mod json;
mod logs;
mod number;
mod place;
mod remote;
mod sheet;
mod stream;
pub(in crate::portal) mod table;
pub(super) mod time;

use super::event_log::Collected;
use super::{Error, EventLog, KnownLogs, Snapshot, Source, Stamp, Taker};
use crate::config::{AgeFrom, Config, DecimalMark, ExportAt, ExportFiles, Gigabyte, hex};
use accounts::Accounts;
use futures_util::future::LocalBoxFuture;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use place::{Dated, Place, modified};
use remote::{Fetched, Missed, Remote, Which};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::Metadata;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The two exports and how to read them.
pub(super) struct Files {
    /// Where it is on this machine; `None` for an address.
    accounts: Option<Place>,
    /// As `accounts`; the outer `None`: there is no event log.
    events: Option<Option<Place>>,
    remote: Remote,
    dated: Dated,
    settings: Settings,
}

/// What of the configuration decides how an export is read.
#[derive(Debug, Clone)]
struct Settings {
    time_zone: Option<TimeZone>,
    brand: Option<String>,
    include_sub_brands: bool,
    age_from: AgeFrom,
    gigabyte: Gigabyte,
    decimal: Option<DecimalMark>,
    columns: BTreeMap<String, String>,
    longest_cid: usize,
}

impl Settings {
    /// With a brand chosen, its own accounts count, and those of the others (its sub-brands) when these do.
    fn wants_brand(&self, brand: &str) -> bool {
        self.include_sub_brands || self.brand.as_deref().is_none_or(|own| own == brand)
    }
}

/// An export beyond this is none.
const LARGEST: u64 = 512 * 1024 * 1024;

/// The bytes of an export, and what is known of them besides.
struct Delivered {
    bytes: Vec<u8>,
    /// As it is named to a person: the file, or the address.
    shown: PathBuf,
    modified: Option<Timestamp>,
    passed_over: Vec<String>,
}

impl Files {
    pub fn new(config: &Config, files: &ExportFiles, folder: &Path) -> Files {
        let portal = &config.portal;
        let mut urls = BTreeMap::new();
        let places = [(Which::Accounts, Some(&files.accounts)), (Which::Events, files.events.as_ref())];
        for (which, place) in places {
            if let Some(ExportAt::Url(url)) = place {
                urls.insert(which, url.clone());
            }
        }
        Files {
            accounts: Place::of(&files.accounts, config),
            events: files.events.as_ref().map(|at| Place::of(at, config)),
            remote: Remote::new(config, files, urls, folder),
            dated: Dated { pattern: files.file_date.clone(), zone: portal.time_zone.clone() },
            settings: Settings {
                time_zone: portal.time_zone.clone(),
                brand: portal.brand.clone(),
                include_sub_brands: portal.include_sub_brands,
                age_from: portal.age_from,
                gigabyte: portal.gigabyte,
                decimal: files.decimal,
                columns: files.columns.clone(),
                longest_cid: config.connectwise.longest_cid(),
            },
        }
    }

    fn is_remote(&self) -> bool {
        self.remote.url(Which::Accounts).is_some() || self.remote.url(Which::Events).is_some()
    }

    /// Where an export is; `None` for an event log that is not wanted.
    fn place(&self, which: Which) -> Option<Option<&Place>> {
        match which {
            Which::Accounts => Some(self.accounts.as_ref()),
            Which::Events => self.events.as_ref().map(Option::as_ref),
        }
    }

    /// The bytes of the account list: the chosen file's, or those of the address's copy.
    fn delivered(&self) -> Result<Delivered, Error> {
        Ok(match &self.accounts {
            Some(place) => {
                let chosen = place.choose(&self.dated)?;
                let (bytes, about) = opened(&chosen.path)?;
                let modified = Some(modified(&about, &chosen.path)?);
                Delivered { bytes, shown: chosen.path, modified, passed_over: chosen.passed_over }
            }
            None => {
                let (path, copy) = self.remote.copy(Which::Accounts)?;
                let (bytes, _) = opened(&path)?;
                let modified = copy.modified();
                Delivered { bytes, shown: self.shown(Which::Accounts), modified, passed_over: Vec::new() }
            }
        })
    }

    fn shown(&self, which: Which) -> PathBuf {
        self.remote.url(which).map(|url| PathBuf::from(remote::shown(url))).unwrap_or_default()
    }

    fn read_accounts(&self) -> Result<Accounts, Error> {
        self.understand(&self.delivered()?)
    }

    /// Reads an account list; its age is its content's, else that of its name, or of the file alone.
    fn understand(&self, delivered: &Delivered) -> Result<Accounts, Error> {
        let mut accounts = accounts::read(&delivered.bytes, &delivered.shown, &self.settings)?;
        let snapshot = &mut accounts.snapshot;
        snapshot.digest = hex(&Sha256::digest(&delivered.bytes));
        snapshot.about.notes.extend(delivered.passed_over.iter().cloned());
        match self.settings.age_from {
            AgeFrom::Mtime => {
                snapshot.measured_at = delivered.modified;
                for account in &mut snapshot.accounts {
                    account.measured_at = delivered.modified;
                }
                if delivered.modified.is_none() {
                    snapshot.about.notes.push("the server does not say when it was modified".to_owned());
                }
            }
            AgeFrom::Content => {
                let named = self
                    .dated
                    .of(&delivered.shown)
                    .map_err(|reason| table::broken(&delivered.shown, None, reason))?;
                if let Some(named) = named {
                    for account in &mut snapshot.accounts {
                        account.measured_at.get_or_insert(named);
                    }
                    snapshot.measured_at =
                        snapshot.accounts.iter().filter_map(|account| account.measured_at).max();
                }
            }
        }
        Ok(accounts)
    }

    async fn ask(&self, now: Timestamp) -> Result<(), Missed> {
        let fetched = self.remote.fetch(now).await?;
        // What is no export does not take the place of one.
        self.judge(&fetched, now)?;
        Ok(self.remote.keep(fetched, now)?)
    }

    /// Whether what was fetched can be understood as a whole.
    fn judge(&self, fetched: &BTreeMap<Which, Fetched>, now: Timestamp) -> Result<(), Error> {
        let delivered = |which: Which| match fetched.get(&which) {
            Some(Fetched::Whole { body, .. }) => Some(Delivered {
                bytes: body.clone(),
                shown: self.shown(which),
                modified: None,
                passed_over: Vec::new(),
            }),
            _ => None,
        };
        let (accounts, events) = (delivered(Which::Accounts), delivered(Which::Events));
        let no_export = |which: Which, bytes: &[u8]| {
            let page = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<');
            let asked = format!("GET {}", self.shown(which).display());
            let what = if page { "a web page, where people sign in perhaps" } else { "what is no export" };
            move |error: Error| match error {
                Error::NotUnderstood { reason, line, .. } => {
                    let line = line.map(|line| format!("line {line} ")).unwrap_or_default();
                    let hint = "psactl keeps the last whole export; open the address in a browser".to_owned();
                    Error::Unreachable {
                        asked,
                        reason: format!("answered with {what}: {line}{reason}"),
                        hint,
                    }
                }
                error => error,
            }
        };
        for (which, delivered) in [(Which::Accounts, &accounts), (Which::Events, &events)] {
            if let Some(delivered) = delivered
                && !delivered.bytes.is_empty()
                && !ends(&delivered.bytes)
                && self.remote.ended_lately(which, now)
            {
                return Err(Error::Unreachable {
                    asked: format!("GET {}", self.shown(which).display()),
                    reason:
                        "the answer ends without a line end, which the one before had: it may not be whole"
                            .into(),
                    hint: "psactl keeps the last whole export and asks again".into(),
                });
            }
        }
        if let Some(delivered) = &accounts {
            self.understand(delivered).map_err(no_export(Which::Accounts, &delivered.bytes))?;
        }
        if let Some(delivered) = &events {
            let none = Accounts::default();
            let mut nobody = Collected::default();
            events::read_bytes(&delivered.bytes, &delivered.shown, &none, &self.settings, &mut nobody)
                .map_err(no_export(Which::Events, &delivered.bytes))?;
        }
        Ok(())
    }
}

impl Source for Files {
    fn name(&self) -> &'static str {
        "files"
    }

    fn asks_at(&self) -> Option<Timestamp> {
        self.is_remote().then(|| self.remote.asks_at())
    }

    fn trouble(&self) -> Option<Error> {
        self.is_remote().then(|| self.remote.trouble()).flatten()
    }

    fn refresh(&self, now: Timestamp) -> LocalBoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            if !self.is_remote() {
                return Ok(());
            }
            self.ask(now).await.map_err(|missed| {
                self.remote.note(&missed, now);
                missed.error
            })
        })
    }

    fn stamp(&self) -> Result<Stamp, Error> {
        let mut stamp = String::new();
        for which in [Which::Accounts, Which::Events] {
            let Some(place) = self.place(which) else { continue };
            // Writing to a String cannot fail.
            let _ = match place {
                Some(place) if which == Which::Events && place.named().is_none() => {
                    // Each of them counts; there may be a year of them.
                    let mut marks = Sha256::new();
                    for one in place.all(&self.dated)? {
                        marks.update(format!("{} {}\n", one.path.display(), logs::plain_mark(&one)?));
                    }
                    writeln!(stamp, "{} {}", place.shown().display(), hex(&marks.finalize()[..16]))
                }
                Some(place) => {
                    let path = place.choose(&self.dated)?.path;
                    let unreadable = |source| Error::Unreadable { path: path.clone(), source };
                    let about = std::fs::metadata(&path).map_err(unreadable)?;
                    let modified = modified(&about, &path)?;
                    writeln!(stamp, "{} {} {modified}{}", path.display(), about.len(), change_time(&about))
                }
                None => {
                    let (_, copy) = self.remote.copy(which)?;
                    // The time alone may be newer, where it is what the age goes by.
                    let dated = self.settings.age_from == AgeFrom::Mtime;
                    let modified = copy.modified().filter(|_| dated);
                    writeln!(stamp, "{} {} {modified:?}", self.shown(which).display(), copy.digest)
                }
            };
        }
        let settings = &self.settings;
        let zone = settings.time_zone.as_ref().and_then(|zone| zone.iana_name()).unwrap_or_default();
        let _ = write!(
            stamp,
            "{zone} {:?} {} {:?} {:?} {}",
            settings.brand,
            settings.include_sub_brands,
            settings.age_from,
            settings.gigabyte,
            settings.longest_cid
        );
        if settings.decimal.is_some() || !settings.columns.is_empty() || self.dated.pattern.is_some() {
            let _ = write!(stamp, " {:?} {:?} {:?}", settings.decimal, settings.columns, self.dated.pattern);
        }
        Ok(Stamp(stamp))
    }

    fn accounts(&self) -> Result<Snapshot, Error> {
        self.read_accounts().map(|accounts| accounts.snapshot)
    }

    fn read_events(&self, known: &KnownLogs, taker: &mut dyn Taker) -> Result<EventLog, Error> {
        logs::read(self, known, taker)
    }
}

/// Whether a text ends with a line end, or with the closing sign of JSON.
fn ends(bytes: &[u8]) -> bool {
    // Zero bytes are UTF-16's.
    bytes.iter().rfind(|byte| **byte != 0).is_some_and(|last| matches!(last, b'\n' | b'\r' | b']' | b'}'))
}

/// How often a file that changes while it is read is read anew.
const TRIES: usize = 3;

/// A file's bytes, all of one writing.
fn opened(path: &Path) -> Result<(Vec<u8>, Metadata), Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_path_buf(), source };
    for _ in 0..TRIES {
        let (mut file, before) = open(path)?;
        let mut bytes = Vec::new();
        (&mut file).take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > LARGEST {
            return Err(table::broken(path, None, "is larger than 512 MB".to_string()));
        }
        // Whoever writes into the file, or puts another in its place, is seen here: half of it is no export.
        if is_as_before(path, &before)? && bytes.len() as u64 == before.len() || !before.is_file() {
            return Ok((bytes, before));
        }
    }
    Err(being_written(path))
}

const BEING_WRITTEN: &str = "is being written: it changed while it was read";

fn being_written(path: &Path) -> Error {
    table::broken(path, None, BEING_WRITTEN.to_string())
}

/// A file that is no folder.
fn open(path: &Path) -> Result<(std::fs::File, Metadata), Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_path_buf(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    if about.is_dir() {
        return Err(table::broken(path, None, "is a folder: expected a file".to_string()));
    }
    Ok((file, about))
}

/// Whether nobody wrote to a file since this was known of it, or put another in its place.
fn is_as_before(path: &Path, before: &Metadata) -> Result<bool, Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_path_buf(), source };
    let after = std::fs::metadata(path).map_err(unreadable)?;
    Ok(before.modified().ok() == after.modified().ok()
        && (before.len(), change_time(before)) == (after.len(), change_time(&after)))
}

/// The inode's own time: an export that was replaced with its old time of modification is seen too.
#[cfg(unix)]
fn change_time(about: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    format!(" {}.{:09} {}", about.ctime(), about.ctime_nsec(), about.ino())
}

#[cfg(not(unix))]
fn change_time(_: &Metadata) -> String {
    String::new()
}

/// Reads the bytes of an account export and of an event export as the source would: for fuzzing.
#[doc(hidden)]
pub fn read_bytes(
    accounts: &[u8],
    events: &[u8],
    zone: Option<TimeZone>,
) -> (Result<Snapshot, Error>, Result<EventLog, Error>) {
    let settings = Settings {
        time_zone: zone,
        brand: None,
        include_sub_brands: true,
        age_from: AgeFrom::Content,
        gigabyte: Gigabyte::Decimal,
        decimal: None,
        columns: BTreeMap::new(),
        longest_cid: 46,
    };
    let read = accounts::read(accounts, Path::new("accounts.csv"), &settings);
    let none = Accounts::default();
    let file = Path::new("events.csv");
    let mut all = Collected::default();
    let log =
        events::read_bytes(events, file, read.as_ref().unwrap_or(&none), &settings, &mut all).map(|read| {
            let events::Read { rows, problems, unended, about } = read;
            all.into_log(EventLog { rows, problems, unended, about, ..EventLog::default() })
        });
    (read.map(|accounts| accounts.snapshot), log)
}
