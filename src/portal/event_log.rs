//! An event log as it is read: event by event, file by file, for there may be millions of them.

use super::event::{Event, EventKind};
use super::snapshot::{About, RowProblem};
use super::{Error, Source};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

/// Who takes the events of a log while it is read. None is kept by the reader.
pub trait Taker {
    /// The next event, in the order of its file. One that was taken before (the same ID) is the same event.
    fn take(&mut self, event: Event);

    /// The file is read. Where it could not be used to its end, what was taken since the file before is not to count.
    fn file_ends(&mut self, whole: bool);
}

/// What is remembered of the files that were read before: the mark of each, by its path (see [`LogFile::mark`]). A
/// folder or pattern that was looked at before is among them.
pub type KnownLogs = BTreeMap<PathBuf, String>;

/// What was read of an event log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventLog {
    /// By time, then by ID; each ID once. Empty where a [`Taker`] took them.
    pub events: Vec<Event>,
    /// Rows that were left out, and files that could not be read.
    pub problems: Vec<RowProblem>,
    /// SHA-256 of the newest file that was read, hexadecimal.
    pub digest: String,
    /// Data rows in the files that were read, good and bad.
    pub rows: usize,
    /// The last row of the newest file, where no line end follows it: of a file that is written with one, it may be
    /// the beginning of a row alone.
    pub unended: Option<Unended>,
    /// The newest file, read or not, where it was looked at whether it ends as it should.
    pub ended: bool,
    /// The export, or the folder or pattern of several; empty where there is none.
    pub file: PathBuf,
    /// How the newest file that was read was understood.
    pub about: About,
    /// Every file of the log that is there, oldest first.
    pub files: Vec<LogFile>,
}

/// The last row of an event log that ends without a line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unended {
    /// The event it was read as, where it was one: the taker does not have it.
    pub event: Option<Event>,
    /// What to say of it.
    pub problem: RowProblem,
}

/// One file of an event log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFile {
    /// The file, or the address.
    pub path: PathBuf,
    /// What became of it.
    pub state: FileState,
    /// What it is remembered by: as long as it has this mark, nothing in it is news. Empty where it is to be read
    /// again.
    pub mark: String,
    /// SHA-256, hexadecimal, where it was read.
    pub digest: String,
    /// Data rows, good and bad, where it was read.
    pub rows: usize,
    /// Rows that were left out, where it was read.
    pub problems: Vec<RowProblem>,
}

/// What became of a file of an event log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileState {
    /// It was read.
    #[default]
    Read,
    /// It was read before, and is what it was.
    Known,
    /// It is older than what is read at the first look at a folder, and was not read.
    TooOld,
    /// It has no end yet, beside others that have one: it is still being written.
    Unfinished,
    /// Nothing stands in it.
    Empty,
    /// It could not be read; the problem says why.
    Unusable,
}

/// Takes everything.
#[derive(Debug, Default)]
pub(super) struct Collected {
    events: Vec<Event>,
    kept: usize,
}

impl Taker for Collected {
    fn take(&mut self, event: Event) {
        self.events.push(event);
    }

    fn file_ends(&mut self, whole: bool) {
        if !whole {
            self.events.truncate(self.kept);
        }
        self.kept = self.events.len();
    }
}

impl Collected {
    /// The log with its events: by time, then by ID, each ID once.
    pub fn into_log(mut self, mut log: EventLog) -> EventLog {
        self.events.extend(log.unended.iter_mut().filter_map(|last| last.event.clone()));
        // Of the same event in two files the first is kept: the order is one of the files.
        self.events.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        let mut seen = HashSet::with_capacity(self.events.len());
        self.events.retain(|event| seen.insert(event.id.clone()));
        log.events = self.events;
        log
    }
}

/// What a log says, in numbers: for whoever looks at it and keeps nothing of it.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many events there are of each type, by severity.
    pub by_type: BTreeMap<EventKind, [usize; 3]>,
    /// The time of the oldest.
    pub first: Option<Timestamp>,
    /// The time of the newest.
    pub last: Option<Timestamp>,
    /// The first few that are later than was asked for.
    pub later: Vec<Event>,
    after: Option<Timestamp>,
    /// Of the same event in two files one counts.
    seen: HashSet<u64>,
}

/// More late events than that are not listed.
const LATE: usize = 20;

impl Tally {
    /// Reads the log of a source; events later than `after` are listed.
    ///
    /// # Errors
    /// As [`Source::read_events`].
    pub fn of(source: &dyn Source, after: Timestamp) -> Result<(EventLog, Tally), Error> {
        let mut tally = Tally { after: Some(after), ..Tally::default() };
        let mut log = source.read_events(&KnownLogs::new(), &mut tally)?;
        log.unended.iter_mut().filter_map(|last| last.event.take()).for_each(|event| tally.take(event));
        Ok((log, tally))
    }

    /// How many events there are.
    pub fn events(&self) -> usize {
        self.by_type.values().flatten().sum()
    }
}

impl Taker for Tally {
    fn take(&mut self, event: Event) {
        let mut hasher = DefaultHasher::new();
        event.id.hash(&mut hasher);
        if !self.seen.insert(hasher.finish()) {
            return;
        }
        self.by_type.entry(event.kind).or_default()[event.severity as usize] += 1;
        self.first = Some(self.first.map_or(event.time, |first| first.min(event.time)));
        self.last = Some(self.last.map_or(event.time, |last| last.max(event.time)));
        if self.later.len() < LATE && self.after.is_some_and(|after| event.time > after) {
            self.later.push(event);
        }
    }

    // Of a file that changed while it was read the rows that were are rows all the same.
    fn file_ends(&mut self, _: bool) {}
}
