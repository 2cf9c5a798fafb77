//! Use against what is billed: line by line, and what stands on one side alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{CustomerReport, Facts, Jobs, Money, Sums};
use crate::portal::Snapshot;
use crate::psa::{Addition, Agreement, OrEmpty};
use crate::services::{Service, Unit};
use crate::sync::billing::{self, Use};
use crate::sync::observe;

/// How a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineState {
    /// The addition holds what was used.
    Equal,
    /// It holds something else.
    Differs,
    /// It bills, and the portal's data have no measurement to compare it with.
    NotMeasured,
    /// Several additions bill it.
    BilledTwice,
    /// Used, and no addition bills it.
    NotBilled,
}

/// One service of one customer.
#[derive(Debug, Serialize)]
pub struct Line {
    /// The service.
    pub service: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its unit: which gigabyte; empty for counts.
    pub unit: String,
    /// What was used, as measured last.
    pub used: Option<Decimal>,
    /// The quantity that this comes to: rounded, and where settled so never below the included amount.
    pub quantity: Option<Decimal>,
    /// The quantity that the additions hold.
    pub billed: Option<Decimal>,
    /// What psactl had written by the end of the month.
    pub month_end: Option<Decimal>,
    /// The additions, by id.
    pub additions: Vec<i64>,
    /// The agreements they are on.
    pub agreements: Vec<String>,
    /// When the first of these is invoiced next.
    pub next_invoice: Option<Date>,
    /// None of them is ever invoiced: no billing cycle, or no next date.
    pub never_invoiced: bool,
    /// How it stands.
    pub state: LineState,
    /// The currency.
    pub currency: String,
    /// In money.
    pub money: Money,
}

/// Use that nobody bills.
#[derive(Debug, Serialize)]
pub struct Leak {
    /// The customer.
    pub cid: String,
    /// Its name.
    pub name: String,
    /// The service.
    pub service: &'static str,
    /// Its name.
    pub service_name: &'static str,
    /// What was used.
    pub used: Decimal,
    /// Its unit; empty for counts.
    pub unit: String,
    /// Why nobody bills it.
    pub why: String,
    /// What it would come to at the catalog's price.
    pub worth: Option<Decimal>,
}

/// An addition that bills a serial number nobody has, or another company's.
#[derive(Debug, Serialize)]
pub struct Orphan {
    /// The addition.
    pub addition: i64,
    /// Its serial number.
    pub serial_number: String,
    /// Its agreement.
    pub agreement: String,
    /// The agreement's id.
    pub agreement_id: i64,
    /// The company.
    pub company: String,
    /// The product.
    pub product: String,
    /// The quantity it bills.
    pub quantity: Decimal,
    /// What it comes to on the next invoice.
    pub amount: Decimal,
    /// The currency.
    pub currency: String,
    /// What is wrong with it.
    pub why: String,
}

type Found<'a> = (&'a Agreement, &'a Addition);

/// The additions by serial number and the customers by Managed ID: with thousands of each, nobody looks through all
/// for one.
pub(super) struct Lookup<'a> {
    additions: HashMap<&'a str, Vec<Found<'a>>>,
    customers: HashMap<String, &'a str>,
    products: BTreeSet<i64>,
    today: Date,
}

impl<'a> Lookup<'a> {
    pub(super) fn of(facts: &'a Facts<'_>) -> Lookup<'a> {
        let mut additions: HashMap<&str, Vec<Found<'a>>> = HashMap::new();
        for with in facts.agreements {
            for addition in &with.additions {
                let serial = addition.serial_number.or_empty().trim();
                if !serial.is_empty() {
                    additions.entry(serial).or_default().push((&with.agreement, addition));
                }
            }
        }
        let customers = facts.snapshot.customers.iter();
        let customers = customers
            .map(|customer| (facts.config.connectwise.managed_id(&customer.cid), customer.cid.as_str()))
            .collect();
        let products = facts.products.values().flatten().copied().collect();
        Lookup { additions, customers, products, today: facts.month.today(facts.now) }
    }

    fn with_serial(&self, serial: &str) -> &[Found<'a>] {
        self.additions.get(serial).map_or(&[], Vec::as_slice)
    }
}

fn product_of(addition: &Addition) -> Option<i64> {
    addition.product.as_ref().and_then(|product| product.id)
}

fn company_of(agreement: &Agreement) -> Option<i64> {
    agreement.company.as_ref().and_then(|company| company.id)
}

fn unit(facts: &Facts<'_>, service: &Service) -> String {
    match service.unit {
        Unit::Gigabytes => facts.config.portal.gigabyte.unit().to_owned(),
        Unit::Count => String::new(),
    }
}

/// Why the use of a customer is not known, or not to be trusted.
fn doubt(facts: &Facts<'_>, snapshot: &Snapshot, cid: &str) -> Option<String> {
    if let Some(problem) = snapshot.problems_of(cid).next() {
        return Some(format!("{problem}; what it used is not known"));
    }
    if snapshot.customer(cid).is_none() {
        return Some("gone from the portal's data".to_owned());
    }
    crate::sync::billable::untimely(facts.config, snapshot, cid, facts.now)
}

/// One customer with its lines, and what of its use nobody bills.
pub(super) fn customer(
    facts: &Facts<'_>,
    lookup: &Lookup<'_>,
    cid: &str,
    jobs: &BTreeMap<&str, Jobs>,
) -> (CustomerReport, Vec<Leak>) {
    let link = facts.links.get(cid);
    let name = facts.snapshot.customer(cid).map(|customer| customer.name.clone());
    let name = name.or_else(|| link.map(|link| link.portal_name.clone())).unwrap_or_default();
    let managed_id = facts.config.connectwise.managed_id(cid);
    // A partial sum is no use that could be compared.
    let whole = facts.snapshot.problems_of(cid).next().is_none();
    let usage = if whole { observe::usage(facts.snapshot, cid) } else { BTreeMap::new() };
    let (mut lines, mut leaks, mut money) = (Vec::new(), Vec::new(), Sums::new());
    for service in facts.services {
        let products = facts.products.get(service.key).map_or(&[][..], Vec::as_slice);
        let sold = |found: &&Found<'_>| product_of(found.1).is_some_and(|id| products.contains(&id));
        let all: Vec<Found<'_>> = lookup.with_serial(&managed_id).iter().filter(sold).copied().collect();
        let own = |found: &&Found<'_>| {
            link.is_some_and(|link| company_of(found.0) == Some(link.company_id))
                && billing::is_live(**found, lookup.today)
        };
        let live: Vec<Found<'_>> = all.iter().filter(own).copied().collect();
        let used = usage.get(service.key);
        if live.is_empty() {
            let Some(used) = used.filter(|used| !used.total.is_zero()) else { continue };
            let price = products.iter().find_map(|id| facts.prices.get(id));
            leaks.push(Leak {
                cid: cid.to_owned(),
                name: name.clone(),
                service: service.key,
                service_name: service.name,
                used: used.total,
                unit: unit(facts, service),
                why: why_not_billed(lookup, link.is_some(), &managed_id, &all),
                worth: price.map(|price| {
                    billing::round(used.total, facts.config.billing.rounding).saturating_mul(*price)
                }),
            });
        }
        let line = line(facts, service, &live, used);
        if !live.is_empty() {
            let mut own = Sums::new();
            own.insert(line.currency.clone(), line.money);
            super::add(&mut money, &own);
        }
        lines.push(line);
    }
    let customer = CustomerReport {
        cid: cid.to_owned(),
        name,
        company: link.map(|link| link.company_name.clone()),
        managed_id,
        measured_at: facts.snapshot.measured_at_of(cid),
        doubt: doubt(facts, facts.snapshot, cid),
        lines,
        money,
        jobs: jobs.get(cid).copied().unwrap_or_default(),
    };
    (customer, leaks)
}

/// A service with the additions that bill it.
fn line(facts: &Facts<'_>, service: &'static Service, live: &[Found<'_>], used: Option<&Use>) -> Line {
    let settings = &facts.config.billing;
    let sum = |value: fn(&Addition) -> Decimal| {
        live.iter().fold(Decimal::ZERO, |sum, (_, addition)| sum.saturating_add(value(addition)))
    };
    let billed = sum(|addition| billing::line(addition, addition.quantity));
    let held = sum(|addition| addition.quantity.unwrap_or_default());
    let quantity = used.map(|used| match live.first() {
        Some((_, addition)) => billing::target(addition.less_included.unwrap_or_default(), used, settings),
        None => billing::round(used.total, settings.rounding),
    });
    let worth = match (live.first(), quantity) {
        (Some((_, addition)), Some(quantity)) => Some(billing::line(addition, Some(quantity))),
        _ => None,
    };
    let state = match (live.len(), quantity) {
        (0, _) => LineState::NotBilled,
        (1, None) => LineState::NotMeasured,
        (1, Some(quantity)) if quantity == held => LineState::Equal,
        (1, Some(_)) => LineState::Differs,
        _ => LineState::BilledTwice,
    };
    Line {
        service: service.key,
        name: service.name,
        unit: unit(facts, service),
        used: used.map(|used| used.total),
        quantity,
        billed: (!live.is_empty()).then_some(held),
        month_end: match live {
            [(_, addition)] => facts.pushed.get(&addition.id).copied(),
            _ => None,
        },
        additions: live.iter().map(|(_, addition)| addition.id).collect(),
        agreements: live.iter().map(|(agreement, _)| agreement.name.or_empty().to_owned()).collect(),
        next_invoice: live
            .iter()
            .filter_map(|(agreement, _)| agreement.next_invoice_date)
            .map(billing::day)
            .min(),
        never_invoiced: !live.is_empty()
            && live.iter().all(|(agreement, _)| {
                agreement.billing_cycle.is_none() || agreement.next_invoice_date.is_none()
            }),
        state,
        currency: live.first().map(|(agreement, _)| billing::currency(agreement)).unwrap_or_default(),
        money: match worth {
            Some(worth) => Money {
                used: worth,
                billed,
                difference: worth.saturating_sub(billed),
                unmeasured: Decimal::ZERO,
            },
            None => Money { billed, unmeasured: billed, ..Money::default() },
        },
    }
}

/// Why nobody bills what was used, after its serial number was searched on every agreement read.
fn why_not_billed(lookup: &Lookup<'_>, linked: bool, managed_id: &str, all: &[Found<'_>]) -> String {
    let elsewhere = all.iter().find(|found| billing::is_live(**found, lookup.today));
    match (linked, elsewhere, all.first()) {
        (false, Some((agreement, addition)), _) => format!(
            "not linked to a company; addition #{} on {} carries its Managed ID",
            addition.id,
            agreement.name.or_empty()
        ),
        (false, None, _) => "not linked to a company".to_owned(),
        (true, Some((agreement, addition)), _) => {
            format!("addition #{} on {} is another company's", addition.id, agreement.name.or_empty())
        }
        (true, None, Some((agreement, addition))) => {
            let why = billing::why_ended(agreement, addition, lookup.today);
            format!(
                "addition #{} is there but {}",
                addition.id,
                why.unwrap_or_else(|| "takes effect later than the next invoice".to_owned())
            )
        }
        (true, None, None) => format!("no addition with serial number {managed_id}"),
    }
}

/// Live additions of psactl's products whose serial number nobody has, or that stand on another company's agreement.
pub(super) fn orphans(facts: &Facts<'_>, lookup: &Lookup<'_>) -> Vec<Orphan> {
    let mut orphans = Vec::new();
    for with in facts.agreements {
        for addition in &with.additions {
            let serial = addition.serial_number.or_empty().trim();
            let sold = product_of(addition).is_some_and(|id| lookup.products.contains(&id));
            if serial.is_empty() || !sold || !billing::is_live((&with.agreement, addition), lookup.today) {
                continue;
            }
            let why = match lookup.customers.get(serial) {
                None => "no customer of the portal has this serial number".to_owned(),
                Some(cid) => match facts.links.get(*cid) {
                    Some(link) if company_of(&with.agreement) != Some(link.company_id) => {
                        format!("customer {cid} is linked to {}", link.company_name)
                    }
                    _ => continue,
                },
            };
            orphans.push(Orphan {
                addition: addition.id,
                serial_number: serial.to_owned(),
                agreement: with.agreement.name.or_empty().to_owned(),
                agreement_id: with.agreement.id,
                company: with
                    .agreement
                    .company
                    .as_ref()
                    .and_then(|company| company.name.clone())
                    .unwrap_or_default(),
                product: addition.product.as_ref().map(ToString::to_string).unwrap_or_default(),
                quantity: addition.quantity.unwrap_or_default(),
                amount: billing::line(addition, addition.quantity),
                currency: billing::currency(&with.agreement),
                why,
            });
        }
    }
    orphans
}
