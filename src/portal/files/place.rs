//! Which file is the export: the newest that is whole, of a folder or of those that fit a pattern.
//!
//! What another program writes may be looked at in the middle of it. A file without an end (a line end, the closing
//! bracket of JSON) beside older ones that have theirs is still being written, and the newest of those is taken.

use super::super::Error;
use super::table::broken;
use super::time;
use crate::config::{Config, ExportAt};
use jiff::Timestamp;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use std::fs::{File, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Where an export is looked for, on this machine.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// A file, or a folder of exports.
    Path(PathBuf),
    /// Files by a pattern; first it is a name like any other.
    Pattern {
        /// The pattern as a file's name.
        literal: PathBuf,
        /// The whole pattern.
        pattern: String,
    },
}

/// The file that was chosen.
#[derive(Debug)]
pub(super) struct Chosen {
    pub path: PathBuf,
    /// Newer files that were passed over, and why.
    pub passed_over: Vec<String>,
}

/// A file that may be an export.
#[derive(Debug)]
pub(super) struct Candidate {
    pub path: PathBuf,
    /// When it was made: the date in its name, else its time of modification.
    pub made: Timestamp,
    pub about: Metadata,
}

impl Place {
    /// Where the configuration says; `None` for an address.
    pub fn of(at: &ExportAt, config: &Config) -> Option<Place> {
        match at {
            ExportAt::Path(path) => Some(Place::Path(config.resolve(path))),
            ExportAt::Pattern(pattern) => {
                let folder = glob::Pattern::escape(&config.folder().to_string_lossy());
                let absolute = Path::new(pattern).is_absolute() || folder.is_empty();
                let whole = if absolute { pattern.clone() } else { format!("{folder}/{pattern}") };
                Some(Place::Pattern { literal: config.resolve(Path::new(pattern)), pattern: whole })
            }
            ExportAt::Url(_) => None,
        }
    }

    /// The file that is named by itself; `None` where there may be several.
    pub fn named(&self) -> Option<&Path> {
        match self {
            Place::Path(path) => (!path.is_dir()).then_some(path),
            Place::Pattern { literal, .. } => literal.is_file().then_some(literal),
        }
    }

    /// As it is shown to a person.
    pub fn shown(&self) -> &Path {
        match self {
            Place::Path(path) | Place::Pattern { literal: path, .. } => path,
        }
    }

    fn candidates(&self) -> Result<Vec<(PathBuf, Metadata)>, Error> {
        match self {
            Place::Path(folder) => listed(folder),
            Place::Pattern { literal, pattern } => matching(pattern, literal),
        }
    }

    /// The export: the file itself, or the newest whole one. `dated` reads the date in a name.
    ///
    /// # Errors
    /// Where there is none.
    pub fn choose(&self, dated: &Dated) -> Result<Chosen, Error> {
        match self.named() {
            Some(path) => Ok(Chosen { path: path.to_path_buf(), passed_over: Vec::new() }),
            None => newest(self.shown(), self.candidates()?, dated),
        }
    }

    /// Every file, oldest first; where one is named by itself, that one.
    ///
    /// # Errors
    /// Where there is none.
    pub fn all(&self, dated: &Dated) -> Result<Vec<Candidate>, Error> {
        let found = match self.named() {
            Some(path) => {
                let unreadable = |source| Error::Unreadable { path: path.to_path_buf(), source };
                vec![(path.to_path_buf(), std::fs::metadata(path).map_err(unreadable)?)]
            }
            None => self.candidates()?,
        };
        let mut all = Vec::with_capacity(found.len());
        for (path, about) in found {
            // The order is all that the date is for: a name without one is no reason to miss what it tells.
            let named = dated.of(&path).ok().flatten();
            let made = named.map_or_else(|| modified(&about, &path), Ok)?;
            all.push(Candidate { path, made, about });
        }
        if all.is_empty() {
            return Err(nothing(self.shown(), ""));
        }
        all.sort_by(|a, b| (a.made, &a.path).cmp(&(b.made, &b.path)));
        Ok(all)
    }
}

/// No export is there.
fn nothing(shown: &Path, also: &str) -> Error {
    let what = if shown.is_dir() { "is a folder without an export" } else { "no file fits this pattern" };
    broken(shown, None, format!("{what}{also}"))
}

/// The date in a file's name, as `[portal] file_date` writes it.
#[derive(Debug, Clone, Default)]
pub(super) struct Dated {
    pub pattern: Option<String>,
    pub zone: Option<TimeZone>,
}

impl Dated {
    /// The moment that a name tells: of a day alone, its beginning. `None` without a pattern.
    ///
    /// # Errors
    /// Where the pattern is not found in the name, or is found twice with different dates.
    pub fn of(&self, path: &Path) -> Result<Option<Timestamp>, String> {
        let Some(pattern) = &self.pattern else { return Ok(None) };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let mut found: Option<BrokenDownTime> = None;
        for (at, _) in name.char_indices() {
            let (before, rest) = name.split_at(at);
            // Part of a longer number is no date, and what parts words no sign of a year.
            let sign = pattern.starts_with('%') && rest.starts_with(['-', '+']);
            if sign || digit(before.chars().next_back()) && digit(rest.chars().next()) {
                continue;
            }
            let Ok((read, used)) = BrokenDownTime::parse_prefix(pattern.as_str(), rest) else { continue };
            if digit(rest.get(used..).and_then(|rest| rest.chars().next())) || read.to_date().is_err() {
                continue;
            }
            if found.replace(read).is_some() {
                return Err(format!("has the date of [portal] file_date (\"{pattern}\") twice in its name"));
            }
        }
        let read = found
            .ok_or_else(|| format!("has no date in its name that fits [portal] file_date (\"{pattern}\")"))?;
        if let Ok(at) = read.to_timestamp() {
            return Ok(Some(at));
        }
        let day = read.to_date().map_err(|error| error.to_string())?;
        let local = day.to_datetime(read.to_time().unwrap_or_default());
        time::local(local, &name, self.zone.as_ref()).map(Some)
    }
}

/// What an export may be called.
const ENDINGS: [&str; 6] = ["csv", "tsv", "txt", "json", "jsonl", "ndjson"];

fn listed(folder: &Path) -> Result<Vec<(PathBuf, Metadata)>, Error> {
    let unreadable = |source| Error::Unreadable { path: folder.to_path_buf(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '~']));
        if ENDINGS.contains(&ending.as_str()) && !hidden {
            files.extend(file(path));
        }
    }
    Ok(files)
}

/// A file with what is known of it. One that is gone by now is not one to choose.
fn file(path: PathBuf) -> Option<(PathBuf, Metadata)> {
    let about = std::fs::metadata(&path).ok().filter(Metadata::is_file)?;
    Some((path, about))
}

fn matching(pattern: &str, literal: &Path) -> Result<Vec<(PathBuf, Metadata)>, Error> {
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
    let found = glob::glob_with(pattern, options)
        .map_err(|error| broken(literal, None, format!("is no pattern: {error}")))?;
    let mut files = Vec::new();
    for path in found {
        let path = path.map_err(|error| Error::Unreadable {
            path: error.path().to_path_buf(),
            source: std::io::Error::new(error.error().kind(), error.error().to_string()),
        })?;
        files.extend(file(path));
    }
    Ok(files)
}

/// By the date in the name where `[portal] file_date` says how it is written, else by the time of modification;
/// among equals the last by name.
fn newest(shown: &Path, candidates: Vec<(PathBuf, Metadata)>, dated: &Dated) -> Result<Chosen, Error> {
    let mut passed_over = Vec::new();
    let mut files: Vec<(Timestamp, PathBuf)> = Vec::new();
    for (path, about) in candidates {
        let name = || path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match dated.of(&path) {
            Ok(Some(at)) => files.push((at, path)),
            Ok(None) => files.push((modified(&about, &path)?, path)),
            Err(reason) => passed_over.push(format!("{} is passed over: it {reason}", name())),
        }
    }
    files.sort();
    let mut first_open = None;
    for (_, path) in files.into_iter().rev() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let why = match end_of(&path) {
            Ok(End::Whole) => return Ok(Chosen { path, passed_over }),
            Ok(End::Empty) => "is empty",
            Ok(End::Open) => {
                first_open.get_or_insert((path, passed_over.len()));
                "has no end yet"
            }
            Err(_) => "cannot be read",
        };
        passed_over.push(format!("{name} is passed over: it {why}"));
    }
    if let Some((path, at)) = first_open {
        // None has an end: this is how they are written.
        passed_over.truncate(at);
        return Ok(Chosen { path, passed_over });
    }
    let also = passed_over.first().map(|why| format!(" ({why})")).unwrap_or_default();
    Err(nothing(shown, &also))
}

/// How a file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    Open,
    Empty,
}

pub(super) fn end_of(path: &Path) -> std::io::Result<End> {
    const LOOK: u64 = 64;
    let mut file = File::open(path)?;
    let mut head = Vec::new();
    (&mut file).take(LOOK).read_to_end(&mut head)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOOK)))?;
    let mut tail = Vec::new();
    file.take(LOOK).read_to_end(&mut tail)?;
    // Zero bytes are UTF-16's.
    let signs = |bytes: &[u8]| bytes.iter().copied().filter(|byte| *byte != 0).collect::<Vec<u8>>();
    let (head, tail) = (signs(&head), signs(&tail));
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
    let first = head.iter().find(|byte| !byte.is_ascii_whitespace() && !matches!(byte, 0xff | 0xfe));
    let last = tail.iter().rfind(|byte| !byte.is_ascii_whitespace());
    Ok(match (first, last, tail.last()) {
        (None, ..) => End::Empty,
        (Some(b'['), Some(b']'), _) | (Some(b'{'), Some(b'}'), _) => End::Whole,
        (Some(b'[' | b'{'), ..) => End::Open,
        (_, _, Some(b'\n' | b'\r')) => End::Whole,
        _ => End::Open,
    })
}

/// A file's time of modification.
pub(super) fn modified(about: &Metadata, path: &Path) -> Result<Timestamp, Error> {
    let time = about.modified().map_err(|source| Error::Unreadable { path: path.to_path_buf(), source })?;
    Timestamp::try_from(time).map_err(|error| {
        broken(path, None, format!("has a time of modification that is out of range: {error}"))
    })
}
