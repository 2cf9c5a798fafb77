//! Applying a plan: intent, write, comparison with the answer, outcome (design section 10).
//!
//! The writes of one customer keep their order; those of different customers are under way at the same time, as many
//! as the client lets through. One commit keeps what came back and the intents of what goes out next, so that a
//! slow disk is waited for once for many writes, and never left out.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::ended::LOGIN_REFUSED;
pub use super::ended::{Applied, Ended, INTERRUPTED, causes};
use super::lines::{Begun, Job, Lines, Reading};
use super::settle::Fate;
pub use super::settle::Settled;
use super::{Change, Purpose, Request, SecretSlot, remember, stop};
use crate::error::{Failure, Result};
use crate::psa::{self, Client, PatchOp, Query, paths};
use crate::store::{EntryState, Store};
use crate::sync::second;

/// The secrets that may go into a request body.
#[derive(Default)]
pub struct Secrets {
    integrator: Option<SecretString>,
}

impl Secrets {
    /// The password of the integrator login.
    pub fn with_integrator_password(mut self, password: SecretString) -> Self {
        self.integrator = Some(password);
        self
    }

    /// The field that a secret goes into, and what it is; both slots hold the integrator login's password.
    fn field(&self, slot: Option<SecretSlot>) -> Option<(&'static str, Value)> {
        Some((slot?.field(), json!(self.integrator.as_ref()?.expose_secret())))
    }
}

/// What applying needs.
pub struct Applier<'a> {
    /// The client.
    pub client: &'a Client,
    /// The state.
    pub store: &'a Store,
    /// The run the writes belong to.
    pub run: i64,
    /// Secrets for request bodies.
    pub secrets: &'a Secrets,
    /// Reads the clock.
    pub clock: &'a dyn Fn() -> Timestamp,
    /// Since when what the changes were planned from may have been read.
    pub observed_at: Timestamp,
    /// Set when a person asked to stop: the change in hand is finished, no other begun.
    pub interrupted: Arc<AtomicBool>,
    /// Set while changes are made: Ctrl-C then waits for the one in hand.
    pub writing: Arc<AtomicBool>,
}

/// Changes are being made for as long as this is there.
struct Writing(Arc<AtomicBool>);

impl Writing {
    fn begin(writing: &Arc<AtomicBool>) -> Writing {
        writing.store(true, Ordering::Relaxed);
        Writing(Arc::clone(writing))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Applier<'_> {
    /// Makes the changes: those of a customer in order, those of different customers at the same time, and what is
    /// about no customer alone, after all before it and before all after it. A refused login ends all of them; any
    /// other failure ends those that may depend on their order: of the same kind, for the same customer, and about
    /// the same thing. What is given back stands in the order of the plan.
    ///
    /// # Errors
    /// Where the journal cannot be written: nothing is sent without its intent on disk. And where this state was
    /// found to be an older one, or not the only one.
    pub async fn apply(&mut self, changes: impl IntoIterator<Item = Change>) -> Result<Vec<Applied>> {
        self.apply_as_read(changes, &BTreeMap::new()).await
    }

    /// The same, where it is known when each customer's records were read.
    ///
    /// # Errors
    /// As [`Applier::apply`].
    pub async fn apply_as_read(
        &mut self,
        changes: impl IntoIterator<Item = Change>,
        read_at: &BTreeMap<String, Timestamp>,
    ) -> Result<Vec<Applied>> {
        stop::refuse(self.store)?;
        let _writing = Writing::begin(&self.writing);
        let mut lines = Lines::of(changes, read_at, self.observed_at);
        let width = self.client.max_concurrency();
        // As many again have their intents on disk and wait for a place, so that none is empty while the disk is
        // waited for.
        let most = if width == 1 { 1 } else { 2 * width };
        let door = Door { places: Semaphore::new(width), refused: Cell::new(false) };
        let mut in_hand = FuturesUnordered::new();
        let mut came: Vec<Job<Answered>> = Vec::new();
        loop {
            let (kept, begun) = self.store.together(|| -> Result<_> {
                let mut kept = 0;
                for (line, what) in came.drain(..).map(Job::open) {
                    match what {
                        Answered::Read(reading) => lines.read(line, reading),
                        Answered::Wrote { change, entry, sent } => {
                            kept += usize::from(matches!(sent, Sent::Answer(_) | Sent::Found(_)));
                            let ended = self.outcome(entry, &change, sent)?;
                            lines.ended(line, change, ended);
                        }
                    }
                }
                let stop = self.interrupted.load(Ordering::Relaxed);
                let mut begun = Vec::new();
                while in_hand.len() + begun.len() < most
                    && let Some(job) = lines.next(stop, (self.clock)())
                {
                    begun
                        .push(job.intend(|change| self.store.begin_write(self.run, change, (self.clock)()))?);
                }
                Ok((kept, begun))
            })?;
            for _ in 0..kept {
                crate::testing::stop_at("outcome");
            }
            for job in begun {
                in_hand.push(self.make(job, &door));
            }
            // The disk is waited for when the places are about to be empty, not for each of them.
            while let Some(one) = in_hand.next().await {
                came.push(one);
                while let Some(Some(more)) = in_hand.next().now_or_never() {
                    came.push(more);
                }
                if in_hand.len() <= width {
                    break;
                }
            }
            if came.is_empty() {
                break;
            }
        }
        drop(in_hand);
        Ok(lines.into_applied())
    }

    /// What is in hand of one line: a reading, or a write whose intent is on disk.
    async fn make(&self, job: Job<Begun>, door: &Door) -> Job<Answered> {
        let (line, what) = job.open();
        // It is never closed, so that a place always comes.
        let _place = door.places.acquire().await;
        let answered = match what {
            Begun::Read { agreement } => {
                let read = self.client.list(&paths::additions(agreement), &Query::all()).await;
                let additions = read.map_err(|error| error.to_string());
                Answered::Read(Reading { agreement, at: (self.clock)(), additions })
            }
            Begun::Write { change, entry } => {
                crate::testing::stop_at("intent");
                let sent = if door.refused.get() {
                    Sent::Never(LOGIN_REFUSED)
                } else if self.interrupted.load(Ordering::Relaxed) {
                    Sent::Never(INTERRUPTED)
                } else {
                    self.write(&change).await
                };
                if let Sent::Refused(error) = &sent {
                    door.refused.set(door.refused.get() || error.is_refused_login());
                }
                Answered::Wrote { change, entry, sent }
            }
        };
        Job::of(line, answered)
    }

    async fn write(&self, change: &Change) -> Sent {
        let mut sent = self.send(change).await;
        crate::testing::stop_at("sent");
        if let Err(error) = &sent
            && error.outcome_unknown()
        {
            sent = match self.look_up(change).await {
                Ok(Fate::There(record)) => return Sent::Found(record),
                // Not there, and the server is done with it: it may be made once more. A request that it may
                // still be at work on is left to the next run, which looks again first.
                Ok(Fate::Absent) if error.was_answered() => match self.send(change).await {
                    Err(again) if again.outcome_unknown() => return Sent::Unknown(again),
                    again => again,
                },
                Ok(Fate::Absent | Fate::Moved) | Err(_) => {
                    return sent.map_or_else(Sent::Unknown, Sent::Answer);
                }
            };
        }
        sent.map_or_else(Sent::Refused, Sent::Answer)
    }

    /// Keeps the outcome of a write.
    fn outcome(&self, entry: i64, change: &Change, sent: Sent) -> Result<Ended> {
        let now = (self.clock)();
        if let Sent::Answer(answer) = &sent {
            self.learn_own_name(change, answer)?;
        }
        match sent {
            Sent::Answer(answer) | Sent::Found(answer) => {
                let record = answer.get("id").and_then(Value::as_i64).or(change.subject.id);
                let differences = differences(change, &answer);
                remember::remember(self.store, change, record, &answer, &differences, now)?;
                crate::testing::stop_at("remembered");
                let kept = summary(change, &answer);
                self.store.end_write(entry, EntryState::Done, record, Some(&kept), None, now)?;
                Ok(if differences.is_empty() {
                    Ended::Done { record }
                } else {
                    Ended::NotKept { differences }
                })
            }
            Sent::Never(reason) => {
                let error = format!("not sent: {reason}");
                self.store.end_write(entry, EntryState::Failed, None, None, Some(&error), now)?;
                Ok(Ended::Skipped { reason: reason.to_owned() })
            }
            Sent::Unknown(error) => {
                let error = error.to_string();
                self.store.end_write(entry, EntryState::Unknown, None, None, Some(&error), now)?;
                Ok(Ended::Unknown { error })
            }
            Sent::Refused(error) => {
                let login_refused = error.is_refused_login();
                let refused_fields = error.refused_fields();
                let failure = Failure::from(error);
                let line = failure.line();
                self.store.end_write(entry, EntryState::Failed, None, None, Some(&line), now)?;
                Ok(Ended::Failed {
                    error: line,
                    hints: failure.hints,
                    exit: failure.exit,
                    login_refused,
                    refused_fields,
                })
            }
        }
    }

    /// Whoever ConnectWise says has changed an addition just now is psactl itself.
    fn learn_own_name(&self, change: &Change, answer: &Value) -> Result<()> {
        if change.subject.kind != remember::ADDITION {
            return Ok(());
        }
        let info = |name: &str| answer.get("_info")?.get(name)?.as_str();
        // An answer with the record's older author would make a person's name psactl's own.
        let just_now = info("lastUpdated").and_then(psa::read_time).is_some_and(|at| {
            let apart = (self.clock)().duration_since(at).abs();
            apart < second::TWO_CLOCKS
        });
        match info("updatedBy").filter(|_| just_now) {
            Some(name) => Ok(self.store.set_own_name(name)?),
            None => Ok(()),
        }
    }

    async fn send(&self, change: &Change) -> Result<Value, psa::Error> {
        let secret = self.secrets.field(change.secret);
        match &change.request {
            Request::Post { path, body } => {
                let mut body = body.clone();
                if let (Some((field, secret)), Value::Object(map)) = (secret, &mut body) {
                    map.insert(field.to_owned(), secret);
                }
                self.client.create(path, &body).await
            }
            Request::Patch { path } => {
                let mut operations = change.operations();
                operations.extend(secret.map(|(field, secret)| PatchOp::replace(field, secret)));
                self.client.patch(path, &operations).await
            }
            Request::Delete { path } => self.client.delete(path).await.map(|()| Value::Null),
        }
    }
}

/// What came of what was in hand.
enum Answered {
    Read(Reading),
    Wrote { change: Box<Change>, entry: i64, sent: Sent },
}

/// What came of a write.
enum Sent {
    /// ConnectWise has it, and this is its record.
    Answer(Value),
    /// It did not answer, and has it: somebody may have changed the record since.
    Found(Value),
    /// ConnectWise has it not.
    Refused(psa::Error),
    /// Nobody can say.
    Unknown(psa::Error),
    /// It was not sent after all, and why.
    Never(&'static str),
}

/// Where those that are in hand wait for their turn.
struct Door {
    places: Semaphore,
    /// The login was refused: nothing more goes out.
    refused: Cell<bool>,
}

/// What ConnectWise kept otherwise than it was sent, in words. A statistic of zero that is not there is zero.
pub(super) fn differences(change: &Change, answer: &Value) -> Vec<String> {
    let mut found = match &change.request {
        Request::Post { body, .. } => psa::differences(body, answer),
        Request::Patch { .. } => psa::differences_in_operations(&change.operations(), answer),
        Request::Delete { .. } => Vec::new(),
    };
    if change.purpose == Purpose::Statistics {
        found.retain(|difference| !(difference.sent == 0 && difference.answered.is_null()));
    }
    found.iter().map(ToString::to_string).collect()
}

/// What the journal keeps of an answer: the fields that were written, with id and author.
pub(super) fn summary(change: &Change, answer: &Value) -> Value {
    let mut kept = serde_json::Map::new();
    for name in change.fields.iter().map(|field| field.name.as_ref()).chain(["id"]) {
        if let Some(value) = answer.get(name) {
            kept.insert(name.to_owned(), value.clone());
        }
    }
    let info = |name: &str| Some((name.to_owned(), answer.get("_info")?.get(name)?.clone()));
    let info: serde_json::Map<String, Value> =
        ["lastUpdated", "updatedBy"].into_iter().filter_map(info).collect();
    if !info.is_empty() {
        kept.insert("_info".to_owned(), Value::Object(info));
    }
    Value::Object(kept)
}
