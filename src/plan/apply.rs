//! Applying a plan: intent, write, comparison with the answer, outcome (design section 10).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Change, NaturalKey, Purpose, Request, SecretSlot, remember, stop};
use crate::error::{Exit, Failure, Result};
use crate::psa::{self, Client, Condition, PatchOp, Query};
use crate::store::{Entry, EntryState, Store};
use crate::sync::second;
use crate::ui::text;

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

/// Why a change was not tried after Ctrl-C.
pub const INTERRUPTED: &str = "interrupted";

/// How one change ended.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Ended {
    /// ConnectWise has it, as sent.
    Done {
        /// The record's id.
        record: Option<i64>,
    },
    /// ConnectWise answered with success and kept something else.
    NotKept {
        /// The fields that differ, in words.
        differences: Vec<String>,
    },
    /// ConnectWise refused it or never got it.
    Failed {
        /// What was tried and what the server said.
        error: String,
        /// What to do next.
        hints: Vec<String>,
        /// The exit code of its cause.
        #[serde(skip)]
        exit: Exit,
        /// The login itself was refused: nothing more is to be tried with it.
        #[serde(skip)]
        login_refused: bool,
        /// The fields that ConnectWise refused.
        #[serde(skip)]
        refused_fields: Vec<String>,
    },
    /// Nobody can say whether it arrived; the next run looks it up first.
    Unknown {
        /// What was tried and what happened.
        error: String,
    },
    /// Not tried, because of an earlier failure or an interruption.
    Skipped {
        /// Why.
        reason: String,
    },
}

impl Ended {
    /// Whether ConnectWise has the change as it was sent.
    pub fn is_done(&self) -> bool {
        matches!(self, Ended::Done { .. })
    }

    /// Whether the login was refused.
    pub fn is_refused_login(&self) -> bool {
        matches!(self, Ended::Failed { login_refused: true, .. })
    }

    /// What went wrong, in a line.
    pub fn trouble(&self) -> Option<String> {
        match self {
            Ended::Done { .. } => None,
            Ended::NotKept { differences } => Some(format!(
                "ConnectWise answered with success and kept something else: {}",
                differences.join("; ")
            )),
            Ended::Failed { error, .. } => Some(error.clone()),
            Ended::Unknown { error } => {
                Some(format!("{error}; whether it arrived is not known, the next run looks it up first"))
            }
            Ended::Skipped { reason } => Some(format!("not tried: {reason}")),
        }
    }
}

/// A change and how it ended.
#[derive(Debug, Clone, Serialize)]
pub struct Applied {
    /// The change.
    pub change: Change,
    /// How it ended.
    #[serde(flatten)]
    pub ended: Ended,
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
}

impl Applier<'_> {
    /// Makes the changes in order. A refused login ends all of them; any other failure ends those that may
    /// depend on their order: of the same kind, for the same customer, and about the same thing.
    ///
    /// # Errors
    /// Where the journal cannot be written: nothing is sent without its intent on disk. And where this state was
    /// found to be an older one, or not the only one.
    pub async fn apply(&mut self, changes: Vec<Change>) -> Result<Vec<Applied>> {
        stop::refuse(self.store)?;
        let mut applied = Vec::with_capacity(changes.len());
        let mut broken = BTreeSet::new();
        let mut refused: Option<String> = None;
        for change in changes {
            let line = (change.cid.clone(), change.subject.kind.clone(), thing(&change));
            let ended = if let Some(reason) = &refused {
                Ended::Skipped { reason: reason.clone() }
            } else if self.interrupted.load(Ordering::Relaxed) {
                Ended::Skipped { reason: INTERRUPTED.to_owned() }
            } else if let Some(first) = &change.waits_for {
                Ended::Skipped { reason: format!("{first} is needed first") }
            } else if broken.contains(&line) {
                Ended::Skipped { reason: "the change before it failed".to_owned() }
            } else {
                self.one(&change).await?
            };
            if ended.is_refused_login() {
                refused = Some("the login was refused".to_owned());
            }
            // A ticket is not resolved before the note that says why is there; one that is refused for good
            // does not keep it open.
            let passes =
                matches!(ended, Ended::Unknown { .. } | Ended::Failed { exit: Exit::Unreachable, .. });
            if passes && matches!(change.purpose, Purpose::NoteTicket { .. }) {
                broken.insert((line.0.clone(), "ticket".to_owned(), line.2.clone()));
            }
            if !ended.is_done() {
                broken.insert(line);
            }
            applied.push(Applied { change, ended });
        }
        Ok(applied)
    }

    async fn one(&mut self, change: &Change) -> Result<Ended> {
        if let Some(reason) = self.moved_since(change).await {
            return Ok(Ended::Skipped { reason });
        }
        let entry = self.store.begin_write(self.run, change, (self.clock)())?;
        crate::testing::stop_at("intent");
        let mut sent = self.send(change).await;
        crate::testing::stop_at("sent");
        if let Ok(answer) = &sent {
            self.learn_own_name(change, answer)?;
        }
        if let Err(error) = &sent
            && error.outcome_unknown()
        {
            sent = match self.look_up(change).await {
                Ok(Fate::There(record)) => Ok(record),
                // Not there, and the server is done with it: it may be made once more. A request that it may
                // still be at work on is left to the next run, which looks again first.
                Ok(Fate::Absent) if error.was_answered() => match self.send(change).await {
                    Err(again) if again.outcome_unknown() => return self.unknown(entry, &again),
                    again => again,
                },
                Ok(Fate::Absent | Fate::Moved) | Err(_) => return self.unknown(entry, error),
            };
        }
        match sent {
            Ok(answer) => self.done(entry, change, &answer),
            Err(error) => {
                let login_refused = error.is_refused_login();
                let refused_fields = error.refused_fields();
                let failure = Failure::from(error);
                let line = failure.line();
                self.store.end_write(entry, EntryState::Failed, None, None, Some(&line), (self.clock)())?;
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

    fn unknown(&mut self, entry: i64, error: &psa::Error) -> Result<Ended> {
        let error = error.to_string();
        self.store.end_write(entry, EntryState::Unknown, None, None, Some(&error), (self.clock)())?;
        Ok(Ended::Unknown { error })
    }

    fn done(&mut self, entry: i64, change: &Change, answer: &Value) -> Result<Ended> {
        let now = (self.clock)();
        let record = answer.get("id").and_then(Value::as_i64).or(change.subject.id);
        let differences = differences(change, answer);
        remember::remember(self.store, change, record, answer, &differences, now)?;
        crate::testing::stop_at("remembered");
        self.store.end_write(entry, EntryState::Done, record, Some(&summary(change, answer)), None, now)?;
        crate::testing::stop_at("outcome");
        if differences.is_empty() { Ok(Ended::Done { record }) } else { Ok(Ended::NotKept { differences }) }
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
            Request::Patch { path, operations } => {
                let secret = secret.map(|(field, secret)| PatchOp::replace(field, secret));
                let operations: Vec<PatchOp> = operations.iter().cloned().chain(secret).collect();
                self.client.patch(path, &operations).await
            }
            Request::Delete { path } => self.client.delete(path).await.map(|()| Value::Null),
        }
    }

    /// Looks for the record a write would have left, by its natural key.
    async fn look_up(&self, change: &Change) -> Result<Fate, psa::Error> {
        let NaturalKey { path, equals } = &change.key;
        match &change.request {
            Request::Post { body, .. } => {
                let found = match self.client.list::<Value>(path, &narrowed(equals)).await {
                    // What it belongs to is gone, and it with it.
                    Err(error) if error.kind() == psa::Kind::NotFound => return Ok(Fate::Absent),
                    found => found?,
                };
                // Only the fields of the natural key decide: what else a person changed since is theirs.
                let wanted = keyed(body, equals);
                let record = found
                    .into_iter()
                    .filter(|record| !is_over(record))
                    .find(|record| psa::differences(&wanted, record).is_empty());
                Ok(record.map_or(Fate::Absent, Fate::There))
            }
            Request::Patch { .. } => {
                let record: Option<Value> = self.client.find(path).await?;
                Ok(match record {
                    // A secret cannot be read back. To write the same one again does no harm.
                    Some(_) if change.secret.is_some() => Fate::Absent,
                    Some(record) if differences(change, &record).is_empty() => Fate::There(record),
                    Some(record) if !holds_before(change, &record) => Fate::Moved,
                    _ => Fate::Absent,
                })
            }
            Request::Delete { .. } => {
                let record: Option<Value> = self.client.find(path).await?;
                Ok(if record.is_none() { Fate::There(Value::Null) } else { Fate::Absent })
            }
        }
    }

    /// Finds out what became of writes whose outcome nobody knows: of a killed run, or of an answer that
    /// never came. Must be done before anything is planned.
    ///
    /// # Errors
    /// Where ConnectWise cannot be asked at all: then nothing may be written.
    pub async fn settle(&mut self) -> Result<Settled> {
        let mut settled = Settled::default();
        for entry in self.store.unsettled()? {
            let now = (self.clock)();
            match self.look_up(&entry.change).await {
                Ok(Fate::There(answer)) => {
                    let record = answer.get("id").and_then(Value::as_i64).or(entry.change.subject.id);
                    remember::remember(self.store, &entry.change, record, &answer, &[], now)?;
                    let answer = summary(&entry.change, &answer);
                    self.store.end_write(entry.id, EntryState::Done, record, Some(&answer), None, now)?;
                    settled.found += 1;
                }
                // What is not there yet may come: to make it again now could make it twice.
                Ok(Fate::Absent) if may_still_come(&entry, now).is_some() => {
                    let until = may_still_come(&entry, now).unwrap_or(now);
                    let why = format!(
                        "its answer never came and ConnectWise may still be at work on it; it is looked for again \
                         from {} UTC on",
                        text::moment(until.saturating_add(SignedDuration::from_secs(59)).unwrap_or(until))
                    );
                    settled.open.push((entry.change.cid.clone(), entry.change.subject.to_string(), why));
                }
                Ok(Fate::Absent | Fate::Moved) => {
                    let error = Some(match entry.change.secret {
                        Some(_) => {
                            "it carried a password, which cannot be read back: whether it arrived is not known"
                        }
                        None => "looked up: it never arrived, or was written over since",
                    });
                    self.store.end_write(entry.id, EntryState::Failed, None, None, error, now)?;
                    settled.found += 1;
                }
                // One record that cannot be read must not stop all others: its customer waits.
                Err(error) if is_one_records(&error) => {
                    settled.open.push((
                        entry.change.cid.clone(),
                        entry.change.subject.to_string(),
                        error.to_string(),
                    ));
                }
                Err(error) => {
                    return Err(Failure::from(error)
                        .context(format!("looking up what became of {}", entry.change.subject))
                        .hint("nothing is written before this is known; run the command again"));
                }
            }
        }
        Ok(settled)
    }

    /// Whether a quantity or description that was read a while ago still stands, so that nobody's work is
    /// overwritten; `None` where it does, or was read just now.
    async fn moved_since(&self, change: &Change) -> Option<String> {
        let old = (self.clock)().duration_since(self.observed_at) > FRESH;
        if !old || !matches!(change.purpose, Purpose::Quantity { .. }) {
            return None;
        }
        let Request::Patch { path, .. } = &change.request else { return None };
        match self.client.get::<Value>(path).await {
            Ok(record) if holds_before(change, &record) => None,
            Ok(_) => Some("it changed in ConnectWise since it was read; the next run plans anew".to_owned()),
            Err(error) => Some(format!("it could not be read again before it is written: {error}")),
        }
    }
}

/// How old a reading may be that a quantity is written from without reading it again.
const FRESH: SignedDuration = SignedDuration::from_secs(30);

/// So long after its answer was given up a new record may still appear: gateways stop waiting before the server
/// behind them stops working.
const STILL_AT_WORK: SignedDuration = SignedDuration::from_mins(2);

/// Until when a record may still appear whose making nobody answered for; `None` where that time is over, or the
/// run that made it was killed long enough ago to be started again.
fn may_still_come(entry: &Entry, now: Timestamp) -> Option<Timestamp> {
    let until = entry.given_up?.checked_add(STILL_AT_WORK).ok()?;
    let makes = matches!(entry.change.request, Request::Post { .. });
    // A clock that went back must not hold this up for ever.
    let fresh = entry.given_up.is_some_and(|given_up| given_up <= now) && now < until;
    (makes && fresh).then_some(until)
}

/// What became of a write.
enum Fate {
    /// ConnectWise has it.
    There(Value),
    /// It is not there, and what it would change is as it was.
    Absent,
    /// It is not there, and something else is: somebody wrote meanwhile.
    Moved,
}

/// What became of the writes nobody knew of.
#[derive(Debug, Default)]
pub struct Settled {
    /// How many are known now.
    pub found: usize,
    /// Those that could not be looked up: customer, record, why.
    pub open: Vec<(Option<String>, String, String)>,
}

impl Settled {
    /// Nothing may be written while anything is open.
    ///
    /// # Errors
    /// Where something is.
    pub fn whole(self) -> Result<()> {
        match self.open.into_iter().next() {
            None => Ok(()),
            Some((_, record, error)) => Err(Failure::new(
                Exit::Partial,
                format!("what became of an earlier write is not known: {record}: {error}"),
            )
            .hint("look at that record in ConnectWise, then run the command again")),
        }
    }
}

/// Whether an error is about one record, not about ConnectWise as a whole.
fn is_one_records(error: &psa::Error) -> bool {
    use psa::Kind::{Conflict, Decode, Forbidden, Invalid, NotFound, Server, TooLong};
    matches!(error.kind(), Conflict | Decode | Forbidden | Invalid | NotFound | Server | TooLong)
}

/// Whether a record still holds what the change was planned from.
fn holds_before(change: &Change, record: &Value) -> bool {
    // A ticket's status is set whatever it was: nothing is read to compare it with.
    let compared = !matches!(change.purpose, Purpose::TicketStatus { .. });
    change.fields.iter().filter(|_| compared).all(|field| {
        let was = serde_json::json!({ field.name.as_str(): field.before });
        psa::differences(&was, record).is_empty()
    })
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

/// Whether a record is one of the past that only shares its natural key with the one looked for: the closed
/// ticket of the same fault, the cancelled addition of the same product, a cross-reference put out of use.
fn is_over(record: &Value) -> bool {
    let set = |flag: &str| record.get(flag).and_then(Value::as_bool).unwrap_or(false);
    set("closedFlag")
        || set("inactiveFlag")
        || record.get("cancelledDate").is_some_and(|date| !date.is_null())
}

/// The fields of natural keys that the server can filter by.
const FILTERED: &[&str] = &[
    "agreementType/id",
    "deviceType",
    "externalXRef",
    "groupIdentifier",
    "identifier",
    "managementSolution/id",
    "name",
    "product/id",
    "serialNumber",
    "username",
    "vendorLevel",
    "vendorType",
];

/// A filter of the short values of a natural key; what is too long for an address is compared afterwards.
fn narrowed(equals: &serde_json::Map<String, Value>) -> Query {
    let mut query = Query::all();
    for (field, value) in equals {
        let Some(field) = FILTERED.iter().find(|known| *known == field) else { continue };
        match value {
            // An empty text may be kept as nothing, and how a backslash and both kinds of quotes are escaped is in
            // no public record: a filter that might find less than there is must not say that a record is absent.
            Value::String(text)
                if text.is_empty() || text.contains('\\') || text.contains('"') && text.contains('\'') => {}
            Value::String(text) => query = query.filter(Condition::eq(field, text.as_str())),
            Value::Number(number) => {
                if let Some(number) = number.as_i64() {
                    query = query.filter(Condition::eq(field, number));
                }
            }
            _ => {}
        }
    }
    query
}

/// The part of a body that makes its natural key.
fn keyed(body: &Value, equals: &serde_json::Map<String, Value>) -> Value {
    let mut key = serde_json::Map::new();
    for field in equals.keys().filter_map(|path| path.split('/').next()) {
        key.insert(field.to_owned(), body.get(field).cloned().unwrap_or(Value::Null));
    }
    Value::Object(key)
}

/// What ConnectWise kept otherwise than it was sent, in words. A statistic of zero that is not there is zero.
fn differences(change: &Change, answer: &Value) -> Vec<String> {
    let mut found = match &change.request {
        Request::Post { body, .. } => psa::differences(body, answer),
        Request::Patch { operations, .. } => psa::differences_in_operations(operations, answer),
        Request::Delete { .. } => Vec::new(),
    };
    if change.purpose == Purpose::Statistics {
        found.retain(|difference| !(difference.sent == 0 && difference.answered.is_null()));
    }
    found.iter().map(ToString::to_string).collect()
}

/// What the journal keeps of an answer: the fields that were written, with id and author.
fn summary(change: &Change, answer: &Value) -> Value {
    let mut kept = serde_json::Map::new();
    for name in change.fields.iter().map(|field| field.name.as_str()).chain(["id"]) {
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
