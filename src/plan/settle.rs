//! What became of a write whose outcome nobody knows: it is looked up by its natural key before anything is written
//! again (design section 10).

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::apply::{Applier, differences, summary};
use super::{Change, NaturalKey, Purpose, Request, remember};
use crate::error::{Exit, Failure, Result};
use crate::psa::{self, Condition, Query};
use crate::store::{Entry, EntryState};
use crate::ui::text;

impl Applier<'_> {
    /// Looks for the record a write would have left, by its natural key.
    pub(super) async fn look_up(&self, change: &Change) -> Result<Fate, psa::Error> {
        let NaturalKey { path, equals } = &change.key;
        match &change.request {
            Request::Post { body, .. } => {
                let found = match self.client.list::<Value>(path, &narrowed(equals)).await {
                    // What it belongs to is gone, and it with it.
                    Err(error) if error.is_not_found() => return Ok(Fate::Absent),
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
                    Some(record) if arrived_in_part(change, &record) => Fate::There(record),
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
                    let differences = differences(&entry.change, &answer);
                    remember::remember(self.store, &entry.change, record, &answer, &differences, now)?;
                    let answer = summary(&entry.change, &answer);
                    self.store.end_write(entry.id, EntryState::Done, record, Some(&answer), None, now)?;
                    settled.found += 1;
                }
                Ok(fate @ (Fate::Absent | Fate::Moved)) => {
                    // What is not there yet may come: to make it again now could make it twice.
                    if let (Fate::Absent, Some(until)) = (fate, may_still_come(&entry, now)) {
                        let why = format!(
                            "its answer never came and ConnectWise may still be at work on it; it is looked for again \
                             from {} UTC on",
                            text::moment(
                                until.saturating_add(SignedDuration::from_secs(59)).unwrap_or(until)
                            )
                        );
                        settled.open.push((entry.change.cid.clone(), entry.change.subject.to_string(), why));
                        settled.until = settled.until.into_iter().chain([until]).min();
                        continue;
                    }
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
                Err(error) if error.is_one_records() => {
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
}

/// So long after its answer was given up a new record may still appear: gateways stop waiting before the server
/// behind them stops working.
const STILL_AT_WORK: SignedDuration = SignedDuration::from_mins(2);

/// Until when a record may still appear whose making nobody answered for; `None` where that time is over. A run that
/// was killed gave its writes up when it began them: it is started again within the minute, or by hand at once.
fn may_still_come(entry: &Entry, now: Timestamp) -> Option<Timestamp> {
    let since = entry.given_up.unwrap_or(entry.at);
    let until = since.checked_add(STILL_AT_WORK).ok()?;
    let makes = matches!(entry.change.request, Request::Post { .. });
    // A clock that went back must not hold this up for ever.
    (makes && since <= now && now < until).then_some(until)
}

/// What became of a write.
pub(super) enum Fate {
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
    /// Those that could not be looked up, or may still come: customer, record, why.
    pub open: Vec<(Option<String>, String, String)>,
    /// When the first of those that may still come is to be looked for again.
    pub until: Option<Timestamp>,
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

/// Whether a record still holds what the change was planned from.
pub(super) fn holds_before(change: &Change, record: &Value) -> bool {
    // A ticket's status is set whatever it was: nothing is read to compare it with.
    let compared = !matches!(change.purpose, Purpose::TicketStatus { .. });
    change.fields.iter().filter(|_| compared).all(|field| {
        let was = serde_json::json!({ &*field.name: field.before });
        psa::differences(&was, record).is_empty()
    })
}

/// Whether ConnectWise took some fields of a quantity's update and left the others as they were. Its quantity is then
/// psactl's own, and not the work of another writer.
fn arrived_in_part(change: &Change, record: &Value) -> bool {
    if !matches!(change.purpose, Purpose::Quantity { .. }) {
        return false;
    }
    let holds =
        |name: &str, value: &Value| psa::differences(&serde_json::json!({ name: value }), record).is_empty();
    let (arrived, not): (Vec<_>, Vec<_>) =
        change.fields.iter().partition(|field| holds(&field.name, &field.after));
    !arrived.is_empty() && not.iter().all(|field| holds(&field.name, &field.before))
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
