//! Taking up what the event logs have to say: event by event into the state, each once, with what is remembered of
//! every file.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use super::event_log::{Ahead, not_ahead};
use super::{Run, billable};
use crate::error::{Failure, Result};
use crate::portal::{Error, Event, EventLog, FileState, KnownLogs, LogFile, RowProblem, Source, Taker};
use crate::store::{self, EventFile, Into, Store};
use crate::ui::text;

/// A file without an end is still being written, for so long.
const WRITING: SignedDuration = SignedDuration::from_hours(1);

/// What was taken up.
#[derive(Default)]
pub(super) struct Taken {
    /// Rows and files that could not be understood, now or when they were read.
    pub problems: Vec<RowProblem>,
    /// Events that claim to be from the future.
    pub ahead: Vec<Ahead>,
    /// What is to be said once.
    pub said: Vec<String>,
    /// When a file that is still being written is looked at again.
    pub look_again: Option<Timestamp>,
}

impl Run<'_> {
    /// Reads the event logs that were not read yet. The events and what is remembered of their files are kept
    /// together or not at all; a dry run keeps neither.
    pub(super) fn take_events(
        &self,
        source: &dyn Source,
        undelivered: &dyn Fn(Error) -> Failure,
        now: Timestamp,
    ) -> Result<Taken> {
        let name = source.name();
        let remembered = self.store.event_files(name)?;
        // Whoever wants everything read back has the files read again, save the old ones; whoever only looks has not.
        let again = if self.options.verify && !self.options.dry_run { " again" } else { "" };
        let known: KnownLogs =
            remembered.iter().map(|(path, file)| (path.clone(), format!("{}{again}", file.mark))).collect();
        let into = if self.options.dry_run { Into::Beside } else { Into::Log };
        let horizon = self.horizon(now);
        let mut taking = Taking {
            store: self.store,
            into,
            source: name,
            horizon,
            now,
            ahead: Vec::new(),
            kept: 0,
            marked: false,
            told_ahead: Vec::new(),
            failed: None,
        };
        let work = || -> Result<Taken> {
            let mut log = source.read_events(&known, &mut taking).map_err(undelivered)?;
            let mut taken = Taken { problems: std::mem::take(&mut log.problems), ..Taken::default() };
            self.last_row(&mut log, &mut taking, &mut taken, now)?;
            let mut told_ahead = taking.told_ahead.iter();
            for file in log.files.iter_mut().filter(|file| file.state == FileState::Read) {
                // What is told of as long as it lies ahead is read again by every run.
                if told_ahead.next() == Some(&true) {
                    file.mark.clear();
                }
            }
            taken.ahead = taking.finish()?;
            self.told_before(&log, &remembered, &mut taken, now);
            if into == Into::Log {
                self.store.note_event_files(name, &log, horizon, now)?;
            }
            Ok(taken)
        };
        if into == Into::Log { self.store.together(work) } else { self.store.apart(work) }
    }

    /// The last row of the newest file, where no line end follows it: it waits where one always did before.
    fn last_row(
        &self,
        log: &mut EventLog,
        taking: &mut Taking<'_>,
        taken: &mut Taken,
        now: Timestamp,
    ) -> Result<()> {
        let is_beginning = log.ended && self.is_beginning_of_events(log.unended.is_some(), now)?;
        let Some(last) = log.unended.take() else { return Ok(()) };
        if is_beginning {
            taken.problems.push(last.problem);
            // Nothing of it is settled.
            log.files.last_mut().into_iter().for_each(|file| file.mark.clear());
        } else if let Some(event) = last.event {
            taking.take(event);
            taking.note_ahead();
        }
        Ok(())
    }

    /// What stands of files that were not read now: rows that were left out of them, and those that get no end.
    fn told_before(
        &self,
        log: &EventLog,
        remembered: &BTreeMap<PathBuf, EventFile>,
        taken: &mut Taken,
        now: Timestamp,
    ) {
        for file in &log.files {
            let before = remembered.get(&file.path);
            match file.state {
                FileState::Known => {
                    taken.problems.extend(before.into_iter().flat_map(|file| file.problems.iter().cloned()));
                }
                FileState::Unfinished => {
                    let since = before.filter(|file| file.unfinished).map_or(now, |file| file.since.min(now));
                    match since.checked_add(WRITING) {
                        Ok(until) if until > now => {
                            let sooner = taken.look_again.map_or(until, |other| other.min(until));
                            taken.look_again = Some(sooner);
                        }
                        _ => taken.problems.push(unfinished(file, since)),
                    }
                }
                _ => {}
            }
        }
        let old = log.files.iter().filter(|file| file.state == FileState::TooOld).count();
        if old > 0 {
            taken.said.push(format!(
                "first look at the event logs of {}: {} read; {} more than 35 days older than the newest, and not read",
                text::clean(&log.file.display().to_string()),
                text::count(log.files.len() - old, "file is", "files are"),
                text::count(old, "is", "are"),
            ));
        }
    }
}

fn unfinished(file: &LogFile, since: Timestamp) -> RowProblem {
    RowProblem {
        file: file.path.clone(),
        line: 0,
        column: String::new(),
        account: None,
        cid: None,
        reason: format!(
            "has no end since {} UTC, which the others have: it is not whole, and was not read",
            text::moment(since)
        ),
    }
}

/// Puts events into the state while they are read.
struct Taking<'a> {
    store: &'a Store,
    into: Into,
    source: &'static str,
    /// What was forgotten is not news when an export still has it.
    horizon: Timestamp,
    now: Timestamp,
    /// Events that claim to be from the future.
    ahead: Vec<Event>,
    /// How many of them are of files that were read.
    kept: usize,
    /// Whether a place to go back to is marked.
    marked: bool,
    /// Whether each file that was read had events from the future.
    told_ahead: Vec<bool>,
    failed: Option<store::Error>,
}

impl Taking<'_> {
    fn add(&mut self, event: &Event) -> std::result::Result<(), store::Error> {
        if !std::mem::replace(&mut self.marked, true) {
            self.store.mark()?;
        }
        self.store.add_event(self.into, self.source, event, self.now).map(drop)
    }

    fn end(&mut self, whole: bool) -> std::result::Result<(), store::Error> {
        match std::mem::take(&mut self.marked) {
            true => self.store.end_mark(!whole),
            false => Ok(()),
        }
    }

    fn keep(&mut self, done: std::result::Result<(), store::Error>) {
        if let Err(error) = done {
            self.failed.get_or_insert(error);
        }
    }

    /// What was taken after a file's end is of that file.
    fn note_ahead(&mut self) {
        if self.ahead.len() > self.kept {
            self.told_ahead.last_mut().into_iter().for_each(|told| *told = true);
        }
    }

    /// Adds those from the future as of now, and says whose they are.
    fn finish(&mut self) -> Result<Vec<Ahead>> {
        self.ahead.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        let mut seen = HashSet::new();
        self.ahead.retain(|event| seen.insert(event.id.clone()));
        let mut events = std::mem::take(&mut self.ahead);
        let ahead = not_ahead(&mut events, self.now);
        if self.failed.is_none() {
            let added = events.iter().try_for_each(|event| self.add(event)).and_then(|()| self.end(true));
            self.keep(added);
        }
        match self.failed.take() {
            Some(error) => Err(error.into()),
            None => Ok(ahead),
        }
    }
}

impl Taker for Taking<'_> {
    fn take(&mut self, event: Event) {
        if self.failed.is_some() || event.time < self.horizon {
            return;
        }
        if billable::in_future(event.time, self.now) {
            self.ahead.push(event);
            return;
        }
        let added = self.add(&event);
        self.keep(added);
    }

    fn file_ends(&mut self, whole: bool) {
        let ended = self.end(whole);
        self.keep(ended);
        if whole {
            self.told_ahead.push(self.ahead.len() > self.kept);
        } else {
            self.ahead.truncate(self.kept);
        }
        self.kept = self.ahead.len();
    }
}
