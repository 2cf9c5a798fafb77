//! In which order changes are made: a line per customer, many lines at a time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::ended::{Applied, Ended, INTERRUPTED, LOGIN_REFUSED};
use super::settle::holds_before;
use super::{Action, Change, Purpose, Request};
use crate::error::Exit;
use crate::store;

/// The changes of a plan, each in its line.
pub(super) struct Lines {
    /// The lines that wait for their turn, in the order of the plan. What is about no customer is a line of its own,
    /// which none passes.
    waiting: VecDeque<Line>,
    /// Lines of which something is in hand.
    away: usize,
    /// Whether what is in hand is about no customer: nothing else is begun beside it.
    alone: bool,
    /// By their place in the plan.
    ended: BTreeMap<usize, Applied>,
    /// Where the new records stand in the plan that are still to be made one after the other; none where they are many.
    new: BTreeSet<usize>,
    /// What depends on something that failed: customer, kind, thing.
    broken: BTreeSet<(Option<String>, String, Option<String>)>,
    login_refused: bool,
}

/// The changes of one customer that are still to be made.
pub(super) struct Line {
    cid: Option<String>,
    changes: VecDeque<(usize, Box<Change>)>,
    /// When the records were read that the changes were planned from.
    read_at: Timestamp,
    reading: Option<Reading>,
    /// Where the change that is in hand stands in the plan.
    at: usize,
}

/// The additions of an agreement, read again before they are written.
pub(super) struct Reading {
    pub agreement: i64,
    pub at: Timestamp,
    pub additions: Result<Vec<Value>, String>,
}

/// What is in hand of a line.
pub(super) struct Job<T> {
    line: Line,
    what: T,
}

impl<T> Job<T> {
    pub fn of(line: Line, what: T) -> Job<T> {
        Job { line, what }
    }

    pub fn open(self) -> (Line, T) {
        (self.line, self.what)
    }
}

/// What a line does next.
pub(super) enum Next {
    Read { agreement: i64 },
    Write { change: Box<Change> },
}

/// The same, begun.
pub(super) enum Begun {
    Read { agreement: i64 },
    Write { change: Box<Change>, entry: i64 },
}

impl Job<Next> {
    /// Writes the intent of a write.
    pub fn intend(
        self,
        begin: impl FnOnce(&Change) -> Result<i64, store::Error>,
    ) -> Result<Job<Begun>, store::Error> {
        let what = match self.what {
            Next::Read { agreement } => Begun::Read { agreement },
            Next::Write { change } => {
                let entry = begin(&change)?;
                Begun::Write { change, entry }
            }
        };
        Ok(Job { line: self.line, what })
    }
}

/// So many new records are made one after the other, so that their numbers in ConnectWise follow the plan; more are not
/// read one by one, and would take long.
const IN_ORDER: usize = 50;

/// How old a reading may be that a quantity is written from without reading it again. Without locking in this API
/// there is always some time between the two; a person who edits the record on ConnectWise's screen has read it
/// longer ago than this, too.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

impl Lines {
    pub fn of(
        changes: impl IntoIterator<Item = Change>,
        read_at: &BTreeMap<String, Timestamp>,
        observed_at: Timestamp,
    ) -> Lines {
        let mut new: BTreeSet<usize> = BTreeSet::new();
        let mut waiting: VecDeque<Line> = VecDeque::new();
        // The lines since the last change that is about no customer.
        let mut open: BTreeMap<Option<String>, usize> = BTreeMap::new();
        // Each in a place of its own, from here to the answer: a large first run has tens of thousands, and to move them
        // from list to list would take their memory twice.
        for (at, change) in changes.into_iter().map(Box::new).enumerate() {
            if change.action == Action::Create {
                new.insert(at);
            }
            let cid = change.cid.clone();
            if cid.is_none() != open.contains_key(&None) {
                open.clear();
            }
            let place = *open.entry(cid.clone()).or_insert_with(|| {
                let read_at = cid.as_ref().and_then(|cid| read_at.get(cid)).copied().unwrap_or(observed_at);
                waiting.push_back(Line { cid, changes: VecDeque::new(), read_at, reading: None, at });
                waiting.len() - 1
            });
            if let Some(line) = waiting.get_mut(place) {
                line.changes.push_back((at, change));
            }
        }
        if new.len() > IN_ORDER {
            new.clear();
        }
        Lines {
            waiting,
            away: 0,
            alone: false,
            ended: BTreeMap::new(),
            new,
            broken: BTreeSet::new(),
            login_refused: false,
        }
    }

    /// What may be begun now; what must not be tried any more ends here. None where nothing may, before something
    /// that is in hand has ended.
    pub fn next(&mut self, stop: bool, now: Timestamp) -> Option<Job<Next>> {
        loop {
            let mut line = self.waiting.remove(self.turn()?)?;
            let Some((at, change)) = line.changes.pop_front() else { continue };
            let reason = if self.login_refused {
                Some(LOGIN_REFUSED.to_owned())
            } else if stop {
                Some(INTERRUPTED.to_owned())
            } else if let Some(first) = &change.waits_for {
                Some(format!("{first} is needed first"))
            } else if self.broken.contains(&depends(&change)) {
                Some("the change before it failed".to_owned())
            } else {
                match line.judge(&change, now) {
                    Judged::Stands => None,
                    Judged::Moved(reason) => Some(reason),
                    Judged::Unread(agreement) => {
                        line.changes.push_front((at, change));
                        return Some(self.hand_out(line, Next::Read { agreement }));
                    }
                }
            };
            line.at = at;
            match reason {
                Some(reason) => self.keep(line, change, Ended::Skipped { reason }),
                None => return Some(self.hand_out(line, Next::Write { change })),
            }
        }
    }

    /// Which of the waiting lines may go on.
    fn turn(&self) -> Option<usize> {
        if self.alone {
            return None;
        }
        for (place, line) in self.waiting.iter().enumerate() {
            let next = line.changes.front().map(|(at, _)| at);
            let waits_for_another =
                next.is_some_and(|at| self.new.contains(at) && self.new.first() != Some(at));
            // What is about no customer waits for all before it, and all after it wait for that.
            if line.cid.is_none() && !line.changes.is_empty() {
                return (place == 0 && self.away == 0).then_some(place);
            }
            if !waits_for_another {
                return Some(place);
            }
        }
        None
    }

    fn hand_out(&mut self, line: Line, what: Next) -> Job<Next> {
        self.away += 1;
        self.alone = line.cid.is_none();
        Job { line, what }
    }

    fn is_back(&mut self) {
        self.away = self.away.saturating_sub(1);
        self.alone = false;
    }

    /// The additions of a line's next change were read again.
    pub fn read(&mut self, mut line: Line, reading: Reading) {
        self.is_back();
        line.reading = Some(reading);
        self.waiting.push_front(line);
    }

    /// A line's change in hand ended.
    pub fn ended(&mut self, line: Line, change: Box<Change>, ended: Ended) {
        self.is_back();
        self.login_refused |= ended.is_refused_login();
        self.keep(line, change, ended);
    }

    fn keep(&mut self, line: Line, change: Box<Change>, ended: Ended) {
        let depends = depends(&change);
        // A ticket is not resolved before the note that says why is there; one that is refused for good
        // does not keep it open.
        let passes = matches!(ended, Ended::Unknown { .. } | Ended::Failed { exit: Exit::Unreachable, .. });
        if passes && matches!(change.purpose, Purpose::NoteTicket { .. }) {
            self.broken.insert((depends.0.clone(), "ticket".to_owned(), depends.2.clone()));
        }
        if !ended.is_done() {
            self.broken.insert(depends);
        }
        self.new.remove(&line.at);
        self.ended.insert(line.at, Applied { change, ended });
        // A customer that was begun is finished before the next one.
        self.waiting.push_front(line);
    }

    /// Every change with its end, in the order of the plan.
    pub fn into_applied(self) -> Vec<Applied> {
        self.ended.into_values().collect()
    }
}

/// Whether a change may still be made as it was planned.
enum Judged {
    Stands,
    Moved(String),
    /// The additions of this agreement were read too long ago.
    Unread(i64),
}

impl Line {
    /// Whether a quantity or description that was read a while ago still stands, so that nobody's work is overwritten.
    fn judge(&self, change: &Change, now: Timestamp) -> Judged {
        let (Purpose::Quantity { agreement, .. }, Request::Patch { .. }) = (&change.purpose, &change.request)
        else {
            return Judged::Stands;
        };
        let is_fresh = |at: Timestamp| now.duration_since(at) <= FRESH;
        if is_fresh(self.read_at) {
            return Judged::Stands;
        }
        let reading = self.reading.as_ref();
        let Some(reading) = reading.filter(|reading| reading.agreement == *agreement && is_fresh(reading.at))
        else {
            return Judged::Unread(*agreement);
        };
        let additions = match &reading.additions {
            Ok(additions) => additions,
            Err(error) => {
                return Judged::Moved(format!("it could not be read again before it is written: {error}"));
            }
        };
        let is_it = |addition: &&Value| addition.get("id").and_then(Value::as_i64) == change.subject.id;
        match additions.iter().find(is_it) {
            Some(addition) if holds_before(change, addition) => Judged::Stands,
            _ => Judged::Moved(
                "it changed in ConnectWise since it was read; the next run plans anew".to_owned(),
            ),
        }
    }
}

/// What a change depends on, and what depends on it: customer, kind, thing.
fn depends(change: &Change) -> (Option<String>, String, Option<String>) {
    (change.cid.clone(), change.subject.kind.to_string(), thing(change))
}

/// What a change is about, where changes of one kind for one customer are independent of each other: a fault's
/// ticket that ConnectWise refuses stops no other fault's, nor one addition another.
fn thing(change: &Change) -> Option<String> {
    match &change.purpose {
        Purpose::OpenTicket { fault, .. }
        | Purpose::NoteTicket { fault, .. }
        | Purpose::TicketStatus { fault, .. } => Some(format!("{} {}", fault.account, fault.kind)),
        // The usage addition is not made where the flat fee failed whose amount is taken from it.
        Purpose::Quantity { service, .. } | Purpose::FlatFee { service } => {
            Some(format!("{service} {:?}", change.subject.id))
        }
        Purpose::Statistics => change.subject.id.map(|id| id.to_string()),
        Purpose::Setup { .. } => None,
    }
}
