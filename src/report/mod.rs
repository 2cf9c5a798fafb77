//! The report of a month: what was used, what is billed, the difference in money, backup results, leaks and
//! orphans, what psactl changed (design section 7). Pure: observed values in, a [`Report`] out.
//!
//! What a past month leaves behind differs. The event log has its backup results and the journal what was written;
//! use is only ever known as last measured, and ConnectWise's additions only as they are: those figures are of now,
//! and [`Report::known`] says so.

mod billed;
mod due;
mod month;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::config::Config;
use crate::plan::{Purpose, guards};
use crate::portal::Snapshot;
use crate::services::Service;
use crate::store::{EntryState, Link, LoggedEvent, Written};
use crate::sync::billing::AgreementFacts;
use crate::ui::text;

pub use billed::{Leak, Line, LineState, Orphan};
pub use due::{DueAgreement, DueFacts, Finding, FindingKind, due, is_due};
pub use month::{Jobs, Month};

/// What a report is judged from.
pub struct Facts<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The month.
    pub month: Month,
    /// When what was observed was read.
    pub now: Timestamp,
    /// The portal's data as they are now.
    pub snapshot: &'a Snapshot,
    /// Which company each customer is.
    pub links: &'a BTreeMap<String, Link>,
    /// The agreements read, with their additions.
    pub agreements: &'a [AgreementFacts],
    /// The enabled services.
    pub services: &'a [&'static Service],
    /// The catalog items of each service, by id.
    pub products: &'a BTreeMap<String, Vec<i64>>,
    /// The catalog's price of each of them.
    pub prices: &'a BTreeMap<i64, Decimal>,
    /// The event log.
    pub events: &'a [LoggedEvent],
    /// What psactl wrote in the month.
    pub writes: &'a [Written],
    /// What psactl had last written to each addition by the end of the month.
    pub pushed: &'a BTreeMap<i64, Decimal>,
    /// Since when this state exists.
    pub state_since: Timestamp,
}

/// Money of one currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Money {
    /// What the use comes to at the prices of the additions.
    pub used: Decimal,
    /// What the additions come to on the next invoices, as ConnectWise has them.
    pub billed: Decimal,
    /// Used less billed, of the lines whose use is known.
    pub difference: Decimal,
    /// Of what is billed, the part whose use is not known.
    pub unmeasured: Decimal,
}

impl Money {
    fn add(&mut self, other: Money) {
        self.used = self.used.saturating_add(other.used);
        self.billed = self.billed.saturating_add(other.billed);
        self.difference = self.difference.saturating_add(other.difference);
        self.unmeasured = self.unmeasured.saturating_add(other.unmeasured);
    }
}

/// Sums by currency; empty where the agreements name none.
pub type Sums = BTreeMap<String, Money>;

/// Adds sums to others.
fn add(sums: &mut Sums, other: &Sums) {
    for (currency, money) in other {
        sums.entry(currency.clone()).or_default().add(*money);
    }
}

/// One customer of the portal, or one that is linked and gone from it.
#[derive(Debug, Serialize)]
pub struct CustomerReport {
    /// The portal's customer ID.
    pub cid: String,
    /// Its name at the portal.
    pub name: String,
    /// The company it is linked to.
    pub company: Option<String>,
    /// Its Managed ID.
    pub managed_id: String,
    /// When its use was measured.
    pub measured_at: Option<Timestamp>,
    /// Why its use is not known, or not to be trusted.
    pub doubt: Option<String>,
    /// Each service that is used or billed.
    pub lines: Vec<Line>,
    /// Its sums.
    pub money: Sums,
    /// Its backup jobs of the month.
    pub jobs: Jobs,
}

/// One write of psactl in the month.
#[derive(Debug, Serialize)]
pub struct Changed {
    /// When.
    pub at: Timestamp,
    /// The run.
    pub run: i64,
    /// The customer.
    pub cid: Option<String>,
    /// The kind of change, as [`Report::counts`] counts it.
    pub kind: &'static str,
    /// The record.
    pub record: String,
    /// What it held.
    pub before: String,
    /// What it holds.
    pub after: String,
    /// What that did to the next invoice.
    pub money: Option<Decimal>,
    /// Its currency.
    pub currency: String,
    /// Whether a later run took it back.
    pub undone: bool,
}

/// The report of a month.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The month, as `2026-11`.
    pub month: String,
    /// Its first moment, in the server's time zone.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
    /// The server's time zone.
    pub zone: String,
    /// When the report was made; use and billing are of then, whatever the month.
    pub made_at: Timestamp,
    /// The newest measurement of the portal's data.
    pub measured_at: Option<Timestamp>,
    /// What of the month is known, and what is of now.
    pub known: Vec<String>,
    /// The sums over every customer.
    pub money: Sums,
    /// The backup jobs of the month over every customer.
    pub jobs: Jobs,
    /// The same by day.
    pub days: Vec<(Date, Jobs)>,
    /// Each customer.
    pub customers: Vec<CustomerReport>,
    /// Use that nobody bills.
    pub leaks: Vec<Leak>,
    /// Additions that bill a serial number nobody has.
    pub orphans: Vec<Orphan>,
    /// How many changes psactl made in the month, by kind.
    pub counts: BTreeMap<&'static str, usize>,
    /// How many of its writes failed.
    pub failed_writes: usize,
    /// Each of them that changed an invoice or a ticket, oldest first.
    pub changes: Vec<Changed>,
}

/// Judges what was observed.
pub fn judge(facts: &Facts<'_>) -> Report {
    let month = &facts.month;
    let jobs = month::jobs(facts.events, month);
    let mut cids: Vec<&str> = facts.snapshot.customers.iter().map(|customer| customer.cid.as_str()).collect();
    // One that is linked and gone from the portal has additions all the same.
    cids.extend(facts.links.keys().map(String::as_str).filter(|cid| facts.snapshot.customer(cid).is_none()));
    let lookup = billed::Lookup::of(facts);
    let mut customers = Vec::new();
    let mut leaks = Vec::new();
    let mut money = Sums::new();
    for cid in cids {
        let (customer, mut leaked) = billed::customer(facts, &lookup, cid, &jobs);
        add(&mut money, &customer.money);
        leaks.append(&mut leaked);
        customers.push(customer);
    }
    let (changes, counts, failed_writes) = changes(facts.writes);
    let mut known = known(facts);
    known.extend(never_invoiced(&customers));
    Report {
        month: month.to_string(),
        from: month.from(),
        until: month.until(),
        zone: month.zone_name(),
        made_at: facts.now,
        measured_at: facts.snapshot.measured_at,
        known,
        money,
        jobs: jobs.values().fold(Jobs::default(), |all, one| all.plus(*one)),
        days: month::days(facts.events, month, facts.now),
        customers,
        leaks,
        orphans: billed::orphans(facts, &lookup),
        counts,
        failed_writes,
        changes,
    }
}

/// What of the month is known, and what is of now.
fn known(facts: &Facts<'_>) -> Vec<String> {
    let month = &facts.month;
    let mut said = Vec::new();
    let measured = facts.snapshot.measured_at.map_or_else(
        || "at a time the export does not tell".to_owned(),
        |at| format!("{} UTC", text::moment(at)),
    );
    let read = text::moment(facts.now);
    if month.until() <= facts.now {
        said.push(format!(
            "{month} is over. Use and billing are not of that month: use as it was measured last ({measured}), \
             additions as ConnectWise has them now ({read} UTC). What an addition held at the month's end is told \
             where psactl had written it."
        ));
    } else {
        said.push(format!(
            "{month} is not over. Use as it was measured last ({measured}), additions as ConnectWise has them now \
             ({read} UTC): these are the lines of the next invoices, not of one that was made."
        ));
    }
    let began = facts.events.first().map(|logged| logged.event.time);
    match began {
        None => said.push("The event log is empty: no backup results are known.".to_owned()),
        Some(began) if began > month.from() => said.push(format!(
            "The event log begins {} UTC: of backup results before that nothing is known.",
            text::moment(began)
        )),
        Some(_) => {}
    }
    if facts.state_since > month.from() {
        said.push(format!(
            "psactl's own state begins {} UTC: what it wrote before that is not among its changes.",
            text::moment(facts.state_since)
        ));
    }
    if !facts.snapshot.problems.is_empty() {
        said.push(format!(
            "{} of the portal's data could not be read: the customers concerned are marked.",
            text::count(facts.snapshot.problems.len(), "row", "rows")
        ));
    }
    said
}

/// What is counted as billed and will never be: an agreement without a billing cycle or a next date is not invoiced.
fn never_invoiced(customers: &[CustomerReport]) -> Option<String> {
    let lines = customers.iter().flat_map(|customer| &customer.lines);
    let never: Vec<&Line> = lines.filter(|line| line.never_invoiced).collect();
    let mut sums: BTreeMap<&str, Decimal> = BTreeMap::new();
    for line in &never {
        let sum = sums.entry(&line.currency).or_default();
        *sum = sum.saturating_add(line.money.billed);
    }
    let sums: Vec<String> =
        sums.into_iter().map(|(currency, sum)| format!("{} {currency}", text::money(sum))).collect();
    (!never.is_empty()).then(|| {
        format!(
            "{} of what is billed ({}) stand on agreements that are never invoiced: without a billing cycle or a next \
             invoice date.",
            text::count(never.len(), "line", "lines"),
            sums.join(", ")
        )
    })
}

/// What psactl wrote: each change of an invoice or a ticket, and how many of each kind.
fn changes(writes: &[Written]) -> (Vec<Changed>, BTreeMap<&'static str, usize>, usize) {
    let mut counts = BTreeMap::new();
    let mut told = Vec::new();
    for write in writes.iter().filter(|write| write.state == EntryState::Done) {
        let change = &write.change;
        let kind = kind_of(&change.purpose, change.money.is_some());
        *counts.entry(kind).or_default() += 1;
        let (before, after) = match &change.purpose {
            Purpose::Quantity { before, quantity, .. } if change.money.is_some() => {
                (before.map(text::quantity).unwrap_or_default(), text::quantity(*quantity))
            }
            Purpose::Quantity { .. } => guards::values_of(change),
            Purpose::OpenTicket { .. } | Purpose::TicketStatus { .. } | Purpose::FlatFee { .. } => {
                (String::new(), String::new())
            }
            Purpose::Setup { .. } | Purpose::Statistics | Purpose::NoteTicket { .. } => continue,
        };
        let record = match (change.subject.id, write.record) {
            (None, Some(id)) => format!("{} (#{id})", change.subject),
            _ => change.subject.to_string(),
        };
        told.push(Changed {
            at: write.at,
            run: write.run,
            cid: change.cid.clone(),
            kind,
            record,
            before,
            after,
            money: change.money.as_ref().map(crate::plan::MoneyEffect::delta),
            currency: change.money.as_ref().map(|money| money.currency.clone()).unwrap_or_default(),
            undone: write.undone_by.is_some(),
        });
    }
    let failed = writes.iter().filter(|write| write.state == EntryState::Failed).count();
    (told, counts, failed)
}

/// What a write is called in the report.
fn kind_of(purpose: &Purpose, money: bool) -> &'static str {
    match purpose {
        Purpose::Quantity { .. } if money => "quantity",
        Purpose::Quantity { .. } => "invoice description",
        Purpose::Statistics => "backup statistics",
        Purpose::OpenTicket { .. } => "ticket opened",
        Purpose::NoteTicket { .. } => "ticket note",
        Purpose::TicketStatus { resolved: true, .. } => "ticket resolved",
        Purpose::TicketStatus { resolved: false, .. } => "ticket reopened",
        Purpose::FlatFee { .. } => "flat fee",
        Purpose::Setup { .. } => "set-up",
    }
}

#[cfg(test)]
mod tests;
