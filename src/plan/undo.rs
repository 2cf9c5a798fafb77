//! Which writes of a run can be taken back, and the changes that do (design section 9, *Undo*).
//!
//! Quantities, invoice descriptions and statistics, where the record holds exactly what the run left and no
//! invoice was made since. All else is listed with the reason.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Action, Change, NextInvoice, Plan, Purpose};
use crate::psa::{self, Addition, Agreement, Path};
use crate::store::{EntryState, Written};
use crate::sync::billing;
use crate::ui::text;

/// The fields that psactl writes and takes back.
const FIELDS: [&str; 6] = [
    "quantity",
    "invoiceDescription",
    "successfulBackupJobs",
    "failedBackupJobs",
    "totalServers",
    "totalWorkstations",
];

/// A record with why nothing is done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The customer, where it is of one.
    pub cid: Option<String>,
    /// The record, in words.
    pub record: String,
    /// Why.
    pub reason: String,
}

/// What taking a run back comes to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Undo {
    /// The changes that take it back.
    pub plan: Plan,
    /// What could be taken back, and is left as it is.
    pub left: Vec<Left>,
    /// What is as it was before the run already.
    pub already: Vec<Left>,
    /// What is of no kind that can be taken back.
    pub not_undoable: Vec<Left>,
}

/// A record that a run wrote, with each field before its first and after its last write.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// The last write of the run to it.
    pub write: &'a Written,
    /// Its id.
    pub id: i64,
    fields: BTreeMap<&'static str, (Value, Value)>,
}

impl Candidate<'_> {
    /// The record.
    pub fn path(&self) -> &Path {
        &self.write.change.key.path
    }

    /// The agreement that it is on, for an addition.
    pub fn agreement(&self) -> Option<i64> {
        match &self.write.change.purpose {
            Purpose::Quantity { agreement, .. } => Some(*agreement),
            _ => None,
        }
    }

    fn is_statistics(&self) -> bool {
        self.write.change.purpose == Purpose::Statistics
    }

    /// Whether the record holds these values. A statistic that is not there is zero.
    fn holds<'v>(&'v self, record: &Value, wanted: impl Fn(&'v (Value, Value)) -> &'v Value) -> bool {
        self.fields.iter().all(|(name, values)| {
            let wanted = wanted(values);
            let nothing = |value: &Value| value.is_null() || *value == 0;
            let now = record.get(name).unwrap_or(&Value::Null);
            psa::differences(&json!({ *name: wanted }), record).is_empty()
                || self.is_statistics() && nothing(wanted) && nothing(now)
        })
    }
}

/// A record as it was just read.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The record; none where it is gone.
    pub record: Option<Value>,
    /// Its agreement, for an addition.
    pub agreement: Option<Agreement>,
}

/// The records of a run that must be read before anything of it can be taken back.
pub fn candidates(writes: &[Written]) -> Vec<Candidate<'_>> {
    let mut found: Vec<Candidate<'_>> = Vec::new();
    for write in writes.iter().filter(|write| is_undoable(write)) {
        let Some((kind, id)) = write.about() else { continue };
        let fields = write.change.fields.iter().filter_map(|field| {
            let name = FIELDS.iter().copied().find(|name| *name == field.name)?;
            // What the server made of it, where it kept something else.
            let left = write.answer.as_ref().and_then(|answer| answer.get(name)).unwrap_or(&field.after);
            Some((name, (field.before.clone(), left.clone())))
        });
        let same = |own: &&mut Candidate<'_>| own.write.about() == Some((kind, id));
        match found.iter_mut().find(same) {
            None => found.push(Candidate { write, id, fields: fields.collect() }),
            Some(earlier) => {
                earlier.write = write;
                for (name, (before, after)) in fields {
                    earlier.fields.entry(name).or_insert((before, Value::Null)).1 = after;
                }
            }
        }
    }
    found
}

fn is_undoable(write: &Written) -> bool {
    let of_kind = matches!(write.change.purpose, Purpose::Quantity { .. } | Purpose::Statistics);
    write.state == EntryState::Done && write.change.action == Action::Update && of_kind
}

/// Plans taking a run back. `later` is what was written after it, `readings` are the candidates' records as they
/// are now, by id and kind.
pub fn plan(
    run: i64,
    writes: &[Written],
    later: &[Written],
    readings: &BTreeMap<(String, i64), Reading>,
) -> Undo {
    let mut undo = Undo::default();
    for candidate in candidates(writes) {
        let change = &candidate.write.change;
        let left =
            |reason: String| Left { cid: change.cid.clone(), record: change.subject.to_string(), reason };
        let key = (change.subject.kind.to_string(), candidate.id);
        let nothing = Reading::default();
        let reading = readings.get(&key).unwrap_or(&nothing);
        match judge(run, &candidate, later, reading) {
            Verdict::Back(change) => undo.plan.changes.push(*change),
            Verdict::Already(reason) => undo.already.push(left(reason)),
            Verdict::Left(reason) => undo.left.push(left(reason)),
        }
    }
    for write in writes.iter().filter(|write| !is_undoable(write)) {
        let left = |reason: &str| Left {
            cid: write.change.cid.clone(),
            record: match (write.change.subject.id, write.record) {
                (None, Some(id)) => format!("{} (#{id})", write.change.subject),
                _ => write.change.subject.to_string(),
            },
            reason: reason.to_owned(),
        };
        match write.state {
            EntryState::Done => undo.not_undoable.push(left(why_not(&write.change))),
            EntryState::Intent | EntryState::Unknown => {
                undo.left.push(left("what became of it is not known yet; the next run looks it up"));
            }
            EntryState::Failed => {}
        }
    }
    undo
}

enum Verdict {
    Back(Box<Change>),
    Already(String),
    Left(String),
}

fn judge(run: i64, candidate: &Candidate<'_>, later: &[Written], reading: &Reading) -> Verdict {
    let write = candidate.write;
    let own = |other: &&Written| other.id > write.id && other.about() == write.about();
    if let Some(last) = later.iter().rev().find(own) {
        return match last.change.undoes {
            Some(of) if of == run => Verdict::Already(format!("taken back by run {} already", last.run)),
            _ => Verdict::Left(format!("run {} wrote it again: psactl undo {} first", last.run, last.run)),
        };
    }
    let Some(record) = &reading.record else {
        return Verdict::Left("it is gone from ConnectWise".to_owned());
    };
    if !candidate.holds(record, |(_, after)| after) {
        if candidate.holds(record, |(before, _)| before) {
            return Verdict::Already("holds what it held before the run".to_owned());
        }
        return Verdict::Left(written_since(run, candidate, record));
    }
    match &write.change.purpose {
        Purpose::Quantity { next_invoice, .. } => back_to(run, candidate, record, reading, *next_invoice),
        _ => Verdict::Back(Box::new(statistics(run, candidate, record))),
    }
}

/// Somebody wrote since: what it holds, what the run left, who and when.
fn written_since(run: i64, candidate: &Candidate<'_>, record: &Value) -> String {
    let shown = |value: &Value| match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => format!("“{}”", text::shorten(&text::clean(text), 40)),
        other => other.to_string(),
    };
    let moved: Vec<String> = candidate
        .fields
        .iter()
        .filter(|(name, (_, after))| !psa::differences(&json!({ **name: after }), record).is_empty())
        .map(|(name, (_, after))| {
            let now = record.get(name).unwrap_or(&Value::Null);
            format!("{name} is {}, run {run} left {}", shown(now), shown(after))
        })
        .collect();
    let info = |name: &str| record.get("_info").and_then(|info| info.get(name)).and_then(Value::as_str);
    let by = info("updatedBy").unwrap_or("unknown");
    let at = info("lastUpdated").and_then(psa::read_time).map_or("an unknown time".to_owned(), text::moment);
    format!("somebody wrote since: {}; by {by} at {at}", moved.join("; "))
}

/// What a quantity and its description go back to, unless an invoice was made with them.
fn back_to(
    run: i64,
    candidate: &Candidate<'_>,
    record: &Value,
    reading: &Reading,
    then: NextInvoice,
) -> Verdict {
    let (Some(agreement), Ok(addition)) =
        (&reading.agreement, serde_json::from_value::<Addition>(record.clone()))
    else {
        return Verdict::Left("its agreement cannot be read".to_owned());
    };
    let now = NextInvoice::of(agreement);
    if then == NextInvoice::Unknown {
        let reason = "whether an invoice was made since is not known: the psactl of then did not note the next \
                      invoice date";
        return Verdict::Left(reason.to_owned());
    }
    if then != now {
        return Verdict::Left(format!(
            "an invoice was made since (next invoice date then {then}, now {now}): correct it by credit note"
        ));
    }
    let Purpose::Quantity { source, service, agreement: on, .. } = &candidate.write.change.purpose else {
        return Verdict::Left(String::new());
    };
    let quantity = candidate.fields.get("quantity").map(|(before, _)| {
        // ConnectWise takes no empty quantity; it bills as zero does.
        before.to_string().parse::<Decimal>().unwrap_or_default()
    });
    let description = candidate
        .fields
        .get("invoiceDescription")
        .map(|(before, _)| before.as_str().unwrap_or_default().to_owned());
    let restored = |name: &str| match name {
        "quantity" => billing::number(quantity),
        _ => json!(description),
    };
    let change = change(candidate, record, restored)
        .with_money(quantity.map(|quantity| billing::effect(agreement, &addition, quantity)))
        .because(Purpose::Quantity {
            source: source.clone(),
            service: service.clone(),
            agreement: *on,
            before: addition.quantity,
            quantity: quantity.or(addition.quantity).unwrap_or_default(),
            description: description.clone(),
            next_invoice: now,
            basis: None,
        });
    Verdict::Back(Box::new(of_customer(change, candidate).undoing(run)))
}

fn statistics(run: i64, candidate: &Candidate<'_>, record: &Value) -> Change {
    let restored = |name: &str| match candidate.fields.get(name) {
        Some((before, _)) if !before.is_null() => before.clone(),
        _ => json!(0),
    };
    let change = change(candidate, record, restored).because(Purpose::Statistics);
    of_customer(change, candidate).undoing(run)
}

fn change(candidate: &Candidate<'_>, record: &Value, restored: impl Fn(&str) -> Value) -> Change {
    let subject = &candidate.write.change.subject;
    let fields = FIELDS.iter().filter(|name| candidate.fields.contains_key(*name)).map(|name| {
        let now = record.get(*name).cloned().unwrap_or(Value::Null);
        (*name, now, restored(name))
    });
    Change::update(subject.kind.clone(), candidate.id, subject.name.clone(), candidate.path().clone(), fields)
}

fn of_customer(change: Change, candidate: &Candidate<'_>) -> Change {
    match &candidate.write.change.cid {
        Some(cid) => change.for_customer(cid),
        None => change,
    }
}

/// Why a write of another kind cannot be taken back, and what a person can do.
fn why_not(change: &Change) -> &'static str {
    match (&change.purpose, change.action) {
        (Purpose::OpenTicket { .. }, _) => "people may be at work on the ticket: close it in ConnectWise",
        (Purpose::NoteTicket { .. }, _) => "people may have read the note",
        (Purpose::TicketStatus { resolved: true, .. }, _) => "reopen the ticket in ConnectWise",
        (Purpose::TicketStatus { .. }, _) => "close the ticket in ConnectWise",
        (Purpose::Quantity { .. } | Purpose::FlatFee { .. }, _) => {
            "the addition was made: end it in ConnectWise (Finance > Agreements > the agreement > Additions > Cancelled Date)"
        }
        (_, Action::Create) => "the record was made, and others may refer to it: delete it in ConnectWise",
        (_, Action::Delete) => "the record is deleted",
        (_, Action::Update) => "set-up changed the record: change it back in ConnectWise",
    }
}

#[cfg(test)]
#[path = "undo_tests.rs"]
mod tests;
