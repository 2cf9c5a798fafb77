//! The event logs of a folder or pattern: every one of them counts, for a portal may write a file a day, or two in a
//! minute. What was read before is not read again: each file is remembered by a mark of its size and times.
//!
//! At the first look at a folder a year of files may stand in it. Those that are more than [`WINDOW`] older than the
//! newest are passed over then; from there on every file that is new is read, however old it says it is.

use super::super::Error;
use super::events;
use super::place::{self, Candidate, End};
use super::remote::Which;
use super::sheet::Sheet;
use super::{
    Accounts, BEING_WRITTEN, Files, TRIES, change_time, is_as_before, modified, open, opened, stream,
};
use crate::config::hex;
use crate::portal::{EventLog, FileState, KnownLogs, LogFile, RowProblem, Taker};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use std::cell::OnceCell;
use std::path::Path;

/// How far back the first look goes: statistics count a calendar month to date.
const WINDOW: SignedDuration = SignedDuration::from_hours(35 * 24);

/// What a file is compared by: equal, and nothing was written to it.
pub(super) fn plain_mark(candidate: &Candidate) -> Result<String, Error> {
    let Candidate { path, about, .. } = candidate;
    Ok(format!("{} {}{}", about.len(), modified(about, path)?, change_time(about)))
}

/// What is read with, of one reading of all files.
struct Logs<'f> {
    files: &'f Files,
    accounts: OnceCell<Accounts>,
    known: &'f KnownLogs,
}

/// Reads the event log of a source.
pub(super) fn read(files: &Files, known: &KnownLogs, taker: &mut dyn Taker) -> Result<EventLog, Error> {
    let Some(place) = files.place(Which::Events) else { return Ok(EventLog::default()) };
    let logs = Logs { files, accounts: OnceCell::new(), known };
    match place {
        None => {
            let (path, copy) = files.remote.copy(Which::Events)?;
            let mut log = EventLog { file: files.shown(Which::Events), ..EventLog::default() };
            let file = LogFile { path: log.file.clone(), mark: copy.digest.clone(), ..LogFile::default() };
            logs.single(file, &path, taker, &mut log)?;
            Ok(log)
        }
        Some(place) => {
            let all = place.all(&files.dated)?;
            let named = place.named().map(Path::to_path_buf);
            let shown = named.clone().unwrap_or_else(|| place.shown().to_path_buf());
            let mut log = EventLog { file: shown, ..EventLog::default() };
            match (named, all.as_slice()) {
                (Some(path), [one]) => {
                    let file = LogFile { path: path.clone(), mark: plain_mark(one)?, ..LogFile::default() };
                    logs.single(file, &path, taker, &mut log)?;
                }
                _ => logs.several(all, taker, &mut log)?,
            }
            Ok(log)
        }
    }
}

impl Logs<'_> {
    fn accounts(&self) -> Result<&Accounts, Error> {
        if self.accounts.get().is_none() {
            let _ = self.accounts.set(self.files.read_accounts()?);
        }
        // It was set just now.
        Ok(self.accounts.get_or_init(Accounts::default))
    }

    /// The mark of a file that was read: of one with rows that were left out it covers whatever they may have been
    /// left out for, the account list's names too, so that they are read again when that changes.
    fn mark(&self, plain: &str, left_out: bool) -> Result<String, Error> {
        let settings = &self.files.settings;
        let mut hasher = Sha256::new();
        hasher.update(format!("{:?} {} {:?}", settings.brand, settings.include_sub_brands, settings.columns));
        if left_out {
            let zone = settings.time_zone.as_ref().and_then(|zone| zone.iana_name());
            hasher.update(format!(" {zone:?} {}", settings.longest_cid));
            let accounts = self.accounts()?;
            for account in accounts.snapshot.accounts.iter().chain(&accounts.left_out) {
                hasher.update(format!("\0{}\0{}\0{}", account.number, account.user, account.cid));
            }
            accounts.excluded.iter().for_each(|number| hasher.update(format!("\0\0{number}")));
        }
        let word = if left_out { "rows left out" } else { "whole" };
        Ok(format!("{plain} {} {word}", hex(&hasher.finalize()[..8])))
    }

    /// Whether a file is what it was when it was read. `old` ones are not read again for a setting.
    fn is_known(&self, path: &Path, plain: &str, old: bool) -> Result<bool, Error> {
        let Some(known) = self.known.get(path) else { return Ok(false) };
        let Some(rest) = known.strip_prefix(plain).filter(|rest| rest.starts_with(' ')) else {
            return Ok(false);
        };
        if old {
            return Ok(true);
        }
        Ok(*known == self.mark(plain, rest.ends_with(" rows left out"))?)
    }

    /// A log of one file.
    fn single(
        &self,
        mut file: LogFile,
        path: &Path,
        taker: &mut dyn Taker,
        log: &mut EventLog,
    ) -> Result<(), Error> {
        if self.is_known(&file.path, &file.mark, false)? {
            file.state = FileState::Known;
            file.mark = self.known.get(&file.path).cloned().unwrap_or_default();
        } else {
            self.read(&mut file, path, true, taker, log)?;
        }
        log.files.push(file);
        Ok(())
    }

    fn several(&self, all: Vec<Candidate>, taker: &mut dyn Taker, log: &mut EventLog) -> Result<(), Error> {
        let newest = all.last().map(|newest| newest.made).unwrap_or_default();
        let old = |one: &Candidate| newest.duration_since(one.made) > WINDOW;
        let first_look = !self.known.contains_key(&log.file);
        let mut unfinished = Unfinished { all: &all, any_whole: OnceCell::new() };
        let mut first_error = None;
        for (at, one) in all.iter().enumerate() {
            let mut file = LogFile { path: one.path.clone(), mark: plain_mark(one)?, ..LogFile::default() };
            file.state = if self.is_known(&one.path, &file.mark, old(one))? {
                file.mark = self.known.get(&one.path).cloned().unwrap_or_default();
                FileState::Known
            } else if first_look && old(one) {
                file.mark += " too old";
                FileState::TooOld
            } else {
                unfinished.state(&one.path)
            };
            if file.state == FileState::Read
                && let Err(error) = self.read(&mut file, &one.path, at + 1 == all.len(), taker, log)
            {
                taker.file_ends(false);
                if matches!(&error, Error::NotUnderstood { reason, .. } if reason == BEING_WRITTEN) {
                    file.state = FileState::Unfinished;
                } else {
                    log.problems.push(unusable(&one.path, &error));
                    file.state = FileState::Unusable;
                }
                first_error.get_or_insert(error);
            }
            if matches!(file.state, FileState::Unfinished | FileState::Empty | FileState::Unusable) {
                file.mark.clear();
            }
            log.files.push(file);
        }
        let is_used = |file: &LogFile| matches!(file.state, FileState::Read | FileState::Known);
        match first_error {
            // None of them can be read: that is no damaged file.
            Some(error) if !log.files.iter().any(is_used) => Err(error),
            _ => Ok(()),
        }
    }

    /// Reads a file; what it says as a whole is that of the log, for it is the newest so far.
    fn read(
        &self,
        file: &mut LogFile,
        path: &Path,
        newest: bool,
        taker: &mut dyn Taker,
        log: &mut EventLog,
    ) -> Result<(), Error> {
        let accounts = self.accounts()?;
        let mut read = self.rows(file, path, accounts, taker)?;
        if !newest && let Some(event) = read.unended.take().and_then(|last| last.event) {
            taker.take(event);
        }
        taker.file_ends(true);
        file.mark = self.mark(&file.mark, !read.problems.is_empty())?;
        file.rows = read.rows;
        log.digest = file.digest.clone();
        log.rows += read.rows;
        log.ended = newest;
        log.unended = read.unended;
        log.about = read.about;
        log.problems.extend(read.problems.iter().cloned());
        file.problems = read.problems;
        Ok(())
    }
}

impl Logs<'_> {
    /// The rows of a file: one by one, save of what has to be taken as a whole.
    fn rows(
        &self,
        file: &mut LogFile,
        path: &Path,
        accounts: &Accounts,
        taker: &mut dyn Taker,
    ) -> Result<events::Read, Error> {
        let settings = &self.files.settings;
        for _ in 0..TRIES {
            let (mut opened, about) = open(path)?;
            if !about.is_file() {
                break;
            }
            let read_in_pieces = || {
                let Some(scanned) = stream::scan(&mut opened, about.len(), path)? else { return Ok(None) };
                let sheet = Sheet::stream(&scanned, scanned.text(opened, path)?, path)?;
                file.digest.clone_from(&scanned.digest);
                events::read(sheet, &file.path, accounts, settings, taker).map(Some)
            };
            let read = read_in_pieces();
            // Whoever writes into the file meanwhile is seen here: rows of two writings are no log.
            if is_as_before(path, &about)? {
                match read.transpose() {
                    Some(read) => return read,
                    None => break,
                }
            }
            taker.file_ends(false);
        }
        let (bytes, _) = opened(path)?;
        file.digest = hex(&Sha256::digest(&bytes));
        events::read_bytes(&bytes, &file.path, accounts, settings, taker)
    }
}

/// Which files have no end yet. Where none has one, that is how they are written.
struct Unfinished<'a> {
    all: &'a [Candidate],
    any_whole: OnceCell<bool>,
}

impl Unfinished<'_> {
    fn state(&mut self, path: &Path) -> FileState {
        match place::end_of(path) {
            Ok(End::Empty) => FileState::Empty,
            Ok(End::Open) => {
                let whole = |one: &Candidate| matches!(place::end_of(&one.path), Ok(End::Whole));
                match self.any_whole.get_or_init(|| self.all.iter().rev().any(whole)) {
                    true => FileState::Unfinished,
                    false => FileState::Read,
                }
            }
            // Whatever keeps it from being read is said where it is read.
            Ok(End::Whole) | Err(_) => FileState::Read,
        }
    }
}

/// A file of several that cannot be used.
fn unusable(path: &Path, error: &Error) -> RowProblem {
    let (line, reason) = match error {
        Error::NotUnderstood { line, reason, .. } => (line.unwrap_or_default(), reason.clone()),
        Error::Unreadable { source, .. } => (0, format!("cannot be read: {source}")),
        other => (0, other.to_string()),
    };
    RowProblem {
        file: path.to_path_buf(),
        line,
        column: String::new(),
        account: None,
        cid: None,
        reason: format!("{reason}; nothing of this file was read"),
    }
}
