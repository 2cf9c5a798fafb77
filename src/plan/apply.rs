//! Applying a plan: intent, write, comparison with the answer, outcome (design section 10).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Change, NaturalKey, Purpose, Request, SecretSlot, remember};
use crate::error::{Exit, Failure, Result};
use crate::psa::{self, Client, Condition, Query};
use crate::store::{EntryState, Store};

/// The secrets that may go into a request body.
#[derive(Default)]
pub struct Secrets(BTreeMap<&'static str, SecretString>);

impl Secrets {
    /// The password of the integrator login.
    pub fn with_integrator_password(mut self, password: SecretString) -> Self {
        self.0.insert("password", password);
        self
    }

    fn put(&self, slot: SecretSlot, body: &mut Value) {
        let SecretSlot::IntegratorPassword = slot;
        if let (Some(secret), Value::Object(map)) = (self.0.get("password"), body) {
            map.insert("password".to_owned(), json!(secret.expose_secret()));
        }
    }
}

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
    /// Set when a person asked to stop: the change in hand is finished, no other begun.
    pub interrupted: Arc<AtomicBool>,
}

impl Applier<'_> {
    /// Makes the changes in order. A refused login ends all of them; any other failure ends those of the
    /// same kind for the same customer, since their order may matter.
    ///
    /// # Errors
    /// Only where the journal cannot be written: nothing is sent without its intent on disk.
    pub async fn apply(&mut self, changes: Vec<Change>) -> Result<Vec<Applied>> {
        let mut applied = Vec::with_capacity(changes.len());
        let mut broken: BTreeSet<(Option<String>, String)> = BTreeSet::new();
        let mut refused: Option<String> = None;
        for change in changes {
            let line = (change.cid.clone(), change.subject.kind.clone());
            let ended = if let Some(reason) = &refused {
                Ended::Skipped { reason: reason.clone() }
            } else if self.interrupted.load(Ordering::Relaxed) {
                Ended::Skipped { reason: "interrupted".to_owned() }
            } else if let Some(first) = &change.waits_for {
                Ended::Skipped { reason: format!("{first} is needed first") }
            } else if broken.contains(&line) {
                Ended::Skipped { reason: "the change before it failed".to_owned() }
            } else {
                self.one(&change).await?
            };
            if let Ended::Failed { exit: Exit::Refused, error, .. } = &ended
                && error.contains("401")
            {
                refused = Some("the login was refused".to_owned());
            }
            if !ended.is_done() {
                broken.insert(line);
            }
            applied.push(Applied { change, ended });
        }
        Ok(applied)
    }

    async fn one(&mut self, change: &Change) -> Result<Ended> {
        let entry = self.store.begin_write(self.run, change, (self.clock)())?;
        crate::testing::stop_at("intent");
        let mut sent = self.send(change).await;
        crate::testing::stop_at("sent");
        if let Err(error) = &sent
            && error.outcome_unknown()
        {
            sent = match self.look_up(change).await {
                Ok(Some(record)) => Ok(record),
                // It is not there: this write never arrived and may be made once more.
                Ok(None) => match self.send(change).await {
                    Err(again) if again.outcome_unknown() => return self.unknown(entry, &again),
                    again => again,
                },
                Err(_) => return self.unknown(entry, error),
            };
        }
        match sent {
            Ok(answer) => self.done(entry, change, &answer),
            Err(error) => {
                let failure = Failure::from(error);
                let line = failure.line();
                self.store.end_write(entry, EntryState::Failed, None, None, Some(&line), (self.clock)())?;
                Ok(Ended::Failed { error: line, hints: failure.hints, exit: failure.exit })
            }
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
        match &change.request {
            Request::Post { path, body } => {
                let mut body = body.clone();
                if let Some(slot) = change.secret {
                    self.secrets.put(slot, &mut body);
                }
                self.client.create(path, &body).await
            }
            Request::Patch { path, operations } => self.client.patch(path, operations).await,
            Request::Delete { path } => self.client.delete(path).await.map(|()| Value::Null),
        }
    }

    /// Looks for the record a write would have left, by its natural key.
    async fn look_up(&self, change: &Change) -> Result<Option<Value>, psa::Error> {
        let NaturalKey { path, equals } = &change.key;
        match &change.request {
            Request::Post { body, .. } => {
                let found = self.client.list::<Value>(path, &narrowed(equals)).await?;
                // Only the fields of the natural key decide: what else a person changed since is theirs.
                let wanted = keyed(body, equals);
                Ok(found
                    .into_iter()
                    .filter(|record| !is_over(record))
                    .find(|record| psa::differences(&wanted, record).is_empty()))
            }
            Request::Patch { .. } => {
                let record: Option<Value> = self.client.find(path).await?;
                Ok(record.filter(|record| differences(change, record).is_empty()))
            }
            Request::Delete { .. } => {
                let record: Option<Value> = self.client.find(path).await?;
                Ok(record.is_none().then_some(Value::Null))
            }
        }
    }

    /// Finds out what became of writes whose outcome nobody knows: of a killed run, or of an answer that
    /// never came. Must be done before anything is planned.
    ///
    /// # Errors
    /// Where ConnectWise cannot be asked: then nothing may be written.
    pub async fn settle(&mut self) -> Result<usize> {
        let entries = self.store.unsettled()?;
        let settled = entries.len();
        for entry in entries {
            let now = (self.clock)();
            let found = self.look_up(&entry.change).await.map_err(|error| {
                Failure::from(error)
                    .context(format!("looking up what became of {}", entry.change.subject))
                    .hint("nothing is written before this is known; run the command again")
            })?;
            match found {
                Some(answer) => {
                    let record = answer.get("id").and_then(Value::as_i64).or(entry.change.subject.id);
                    remember::remember(self.store, &entry.change, record, &answer, &[], now)?;
                    let answer = summary(&entry.change, &answer);
                    self.store.end_write(entry.id, EntryState::Done, record, Some(&answer), None, now)?;
                }
                None => {
                    let error = Some("looked up: it never arrived");
                    self.store.end_write(entry.id, EntryState::Failed, None, None, error, now)?;
                }
            }
        }
        Ok(settled)
    }
}

/// Whether a record is one of the past that only shares its natural key with the one looked for: the closed
/// ticket of the same fault, the cancelled addition of the same product.
fn is_over(record: &Value) -> bool {
    let closed = record.get("closedFlag").and_then(Value::as_bool).unwrap_or(false);
    closed || record.get("cancelledDate").is_some_and(|date| !date.is_null())
}

/// The fields of natural keys that the server can filter by.
const FILTERED: &[&str] = &[
    "deviceType",
    "externalXRef",
    "groupIdentifier",
    "identifier",
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

/// What ConnectWise kept otherwise than it was sent, in words.
fn differences(change: &Change, answer: &Value) -> Vec<String> {
    let found = match &change.request {
        Request::Post { body, .. } => psa::differences(body, answer),
        Request::Patch { operations, .. } => psa::differences_in_operations(operations, answer),
        Request::Delete { .. } => Vec::new(),
    };
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
    Value::Object(kept)
}

/// Whether a change is about a ticket, statistics or billing, in the event log's words.
pub fn action_of(change: &Change) -> Option<&'static str> {
    match &change.purpose {
        Purpose::OpenTicket { .. } | Purpose::NoteTicket { .. } | Purpose::TicketStatus { .. } => {
            Some("ticket")
        }
        Purpose::Statistics => Some("statistics"),
        Purpose::Quantity { .. } => Some("billing"),
        Purpose::Setup { .. } => None,
    }
}
