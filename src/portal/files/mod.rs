//! Source `files`: CSV exports of the account list and of the event log.

mod accounts;
mod events;
mod headings;
pub(in crate::portal) mod table;
pub(super) mod time;

use super::{Error, EventLog, Snapshot, Source, Stamp};
use crate::config::{AgeFrom, Config, ExportFiles, Gigabyte, hex};
use accounts::Accounts;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::Metadata;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The two exports and how to read them.
pub(super) struct Files {
    accounts: PathBuf,
    events: Option<PathBuf>,
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

impl Files {
    pub fn new(config: &Config, files: &ExportFiles, _folder: &Path) -> Files {
        let portal = &config.portal;
        Files {
            accounts: config.resolve(&files.accounts),
            events: files.events.as_ref().map(|path| config.resolve(path)),
            settings: Settings {
                time_zone: portal.time_zone.clone(),
                brand: portal.brand.clone(),
                include_sub_brands: portal.include_sub_brands,
                age_from: portal.age_from,
                gigabyte: portal.gigabyte,
                longest_cid: config.connectwise.longest_cid(),
            },
        }
    }

    fn read_accounts(&self) -> Result<Accounts, Error> {
        let (bytes, about) = read(&self.accounts)?;
        let mut accounts = accounts::read(&bytes, &self.accounts, &self.settings)?;
        let snapshot = &mut accounts.snapshot;
        snapshot.digest = hex(&Sha256::digest(&bytes));
        if self.settings.age_from == AgeFrom::Mtime {
            let modified = modified(&about, &self.accounts)?;
            snapshot.measured_at = Some(modified);
            for account in &mut snapshot.accounts {
                account.measured_at = Some(modified);
            }
        }
        Ok(accounts)
    }
}

impl Source for Files {
    fn name(&self) -> &'static str {
        "files"
    }

    fn stamp(&self) -> Result<Stamp, Error> {
        let mut stamp = String::new();
        for path in std::iter::once(&self.accounts).chain(&self.events) {
            let about =
                std::fs::metadata(path).map_err(|source| Error::Unreadable { path: path.clone(), source })?;
            let modified = modified(&about, path)?;
            // Writing to a String cannot fail.
            let _ = writeln!(stamp, "{} {} {modified}{}", path.display(), about.len(), change_time(&about));
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
        Ok(Stamp(stamp))
    }

    fn accounts(&self) -> Result<Snapshot, Error> {
        self.read_accounts().map(|accounts| accounts.snapshot)
    }

    fn events(&self) -> Result<EventLog, Error> {
        let Some(path) = &self.events else { return Ok(EventLog::default()) };
        let accounts = self.read_accounts()?;
        let (bytes, _) = read(path)?;
        let mut log = events::read(&bytes, path, &accounts, &self.settings)?;
        log.digest = hex(&Sha256::digest(&bytes));
        Ok(log)
    }
}

/// How often a file that changes while it is read is read anew.
const TRIES: usize = 3;

/// A file's bytes, all of one writing.
fn read(path: &Path) -> Result<(Vec<u8>, Metadata), Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_path_buf(), source };
    for _ in 0..TRIES {
        let mut file = std::fs::File::open(path).map_err(unreadable)?;
        let before = file.metadata().map_err(unreadable)?;
        if before.is_dir() {
            return Err(table::broken(path, None, "is a folder: expected a file".to_string()));
        }
        let mut bytes = Vec::new();
        (&mut file).take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > LARGEST {
            return Err(table::broken(path, None, "is larger than 512 MB".to_string()));
        }
        // Whoever writes into the file, or puts another in its place, is seen here: half of it is no export.
        let after = std::fs::metadata(path).map_err(unreadable)?;
        let same = before.modified().ok() == after.modified().ok()
            && (before.len(), change_time(&before)) == (after.len(), change_time(&after));
        if same && bytes.len() as u64 == before.len() || !before.is_file() {
            return Ok((bytes, before));
        }
    }
    Err(table::broken(path, None, "is being written: it changed while it was read".to_string()))
}

fn modified(about: &Metadata, path: &Path) -> Result<Timestamp, Error> {
    let time = about.modified().map_err(|source| Error::Unreadable { path: path.to_path_buf(), source })?;
    Timestamp::try_from(time).map_err(|error| {
        table::broken(path, None, format!("has a time of modification that is out of range: {error}"))
    })
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
        longest_cid: 46,
    };
    let read = accounts::read(accounts, Path::new("accounts.csv"), &settings);
    let none = Accounts::default();
    let log = events::read(events, Path::new("events.csv"), read.as_ref().unwrap_or(&none), &settings);
    (read.map(|accounts| accounts.snapshot), log)
}
