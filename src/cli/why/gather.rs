//! What decides a customer's invoice: measured, planned as `sync` plans it, and as ConnectWise has it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use super::additions::{self, Line, Named};
use crate::config::{BelowIncluded, Config, Rounding};
use crate::context::Context;
use crate::error::Result;
use crate::plan::{Blocked, Change, Note, Plan, Purpose};
use crate::portal::Snapshot;
use crate::services::{self, Service};
use crate::setup::Chosen;
use crate::store::{Hold, HoldState, Link, Pause, Store};
use crate::sync::billing::{self, AgreementFacts};
use crate::sync::pausing::{Pauses, told};
use crate::sync::{Options, Part, customers, observe, zone};

/// What one account used.
#[derive(Debug, Serialize)]
pub(super) struct Account {
    pub number: String,
    pub user: String,
    pub quantity: Decimal,
    pub measured_at: Option<Timestamp>,
}

/// The use of a service.
#[derive(Debug, Serialize)]
pub(super) struct Used {
    pub total: Decimal,
    /// As it is billed.
    pub rounded: Decimal,
    pub accounts: Vec<Account>,
}

/// A change that waits for a yes, or has one.
#[derive(Debug, Serialize)]
pub(super) struct Held {
    /// Its number for `psactl review`; none where the next run will hold it.
    pub id: Option<i64>,
    /// `held`, `approved` or `rejected`.
    pub state: HoldState,
    pub change: Change,
    pub reason: String,
    pub note: Option<String>,
    pub since: Option<Timestamp>,
}

/// One service of the customer.
#[derive(Debug, Serialize)]
pub(super) struct ServiceWhy {
    pub key: &'static str,
    pub name: &'static str,
    pub unit: String,
    /// Why psactl does not bill it at all.
    pub off: Option<String>,
    pub used: Option<Used>,
    pub additions: Vec<Line>,
    /// What the next sync writes.
    pub changes: Vec<Change>,
    pub held: Vec<Held>,
    pub blocked: Vec<Blocked>,
    pub notes: Vec<Note>,
}

/// Why a customer's invoice says what it says.
#[derive(Debug, Serialize)]
pub(super) struct Why {
    pub now: Timestamp,
    pub cid: String,
    pub name: String,
    pub managed_id: String,
    pub company: Option<Named>,
    /// Whether ConnectWise was read just now; else all of it is psactl's memory.
    pub fresh: bool,
    /// Why ConnectWise was not read.
    pub not_read: Option<String>,
    /// Why the portal's data could not be read.
    pub no_data: Option<String>,
    pub file: String,
    pub measured_at: Option<Timestamp>,
    pub rounding: &'static str,
    pub below_included: &'static str,
    /// When a run last looked at the customer.
    pub checked_at: Option<Timestamp>,
    /// When a run last wrote something of it.
    pub pushed_at: Option<Timestamp>,
    /// What failed last, and until when it waits.
    pub error: Option<String>,
    pub retry_at: Option<Timestamp>,
    pub pauses: Vec<Pause>,
    /// What blocks the customer as a whole.
    pub blocked: Vec<Blocked>,
    pub notes: Vec<Note>,
    pub services: Vec<ServiceWhy>,
}

/// What was read of ConnectWise, or why nothing was.
struct Read {
    plan: Plan,
    agreements: Option<Vec<AgreementFacts>>,
    not_read: Option<String>,
}

pub(super) fn gather(
    context: &Context,
    cid: &str,
    only: Option<&'static Service>,
    offline: bool,
) -> Result<Why> {
    let config = context.config()?;
    let store = context.store_for(&config)?;
    let now = context.now();
    let source = context.portal(&config)?;
    let name = source.name();
    let links = store.links(name)?;
    let link = links.iter().find(|link| link.cid == cid);
    let (snapshot, no_data) = match source.accounts() {
        Ok(snapshot) => (snapshot, None),
        Err(error) => (Snapshot::default(), Some(crate::error::Failure::from(error).line())),
    };
    let customer = snapshot.customer(cid);
    if customer.is_none() && link.is_none() {
        let known = snapshot.customers.iter().map(|customer| customer.cid.as_str());
        return Err(customers::unknown(cid, known.chain(links.iter().map(|link| link.cid.as_str()))));
    }
    let read = match (offline, &no_data) {
        (true, _) => Read::nothing("as asked (--offline)".to_owned()),
        (false, Some(_)) => Read::nothing("without the portal's data there is nothing to compare".to_owned()),
        (false, None) => read(context, &config, cid, link),
    };
    let usage = observe::usage(&snapshot, cid);
    let chosen = Chosen::read(&store)?;
    let bindings = store.bindings(name)?;
    let holds: Vec<Hold> = store.holds()?.into_iter().filter(|hold| hold.cid == cid).collect();
    let managed_id = config.connectwise.managed_id(cid);
    let today = now.to_zoned(zone::remembered(&config, &store)?).date();
    let state = store.customers(name)?.remove(cid);
    let mut plan = read.plan;
    if read.agreements.is_none() {
        remembered(&store, cid, &mut plan)?;
    }
    let pauses: Vec<Pause> = Pauses::at(store.pauses(name)?, now)
        .of(cid)
        .filter(|pause| pause.part.as_deref().is_none_or(|part| part == Part::Billing.as_str()))
        .cloned()
        .collect();
    // The run notes them too; once is enough.
    plan.notes.retain(|note| !pauses.iter().any(|pause| told(pause) == note.text));
    let mut found = Vec::new();
    for service in services::all().iter().filter(|own| only.is_none_or(|only| only == *own)) {
        let used = usage.get(service.key);
        let products = chosen.products.get(service.key).map_or(&[][..], Vec::as_slice);
        let additions = match &read.agreements {
            Some(agreements) => additions::fresh(
                &store,
                agreements,
                (&managed_id, products),
                &bindings,
                used,
                &config.billing,
                today,
            )?,
            None => additions::remembered(&store, service, cid, &bindings)?,
        };
        let mut one = ServiceWhy {
            key: service.key,
            name: service.name,
            unit: match service.unit {
                services::Unit::Gigabytes => config.portal.gigabyte.unit().to_owned(),
                services::Unit::Count => String::new(),
            },
            off: off(&config, service),
            used: used.map(|used| Used {
                total: used.total,
                rounded: billing::round(used.total, config.billing.rounding),
                accounts: accounts(&snapshot, cid, service),
            }),
            additions,
            changes: taken(&mut plan.changes, |change| is_of(change, service)),
            held: held(&mut plan, &holds, service),
            blocked: taken(&mut plan.blocked, |blocked| speaks_of(&blocked.subject, service)),
            notes: taken(&mut plan.notes, |note| speaks_of(&note.text, service)),
        };
        one.changes.retain(Change::writes_something);
        let said = one.held.len() + one.blocked.len() + one.notes.len() + one.changes.len();
        if only.is_some() || one.used.is_some() || !one.additions.is_empty() || said > 0 {
            found.push(one);
        }
    }
    // What is said of another service is not what was asked for.
    let general = |text: &str| only.is_none() || !services::all().iter().any(|own| speaks_of(text, own));
    plan.blocked.retain(|blocked| general(&blocked.subject));
    plan.notes.retain(|note| general(&note.text));
    Ok(Why {
        now,
        cid: cid.to_owned(),
        name: customer
            .map(|customer| customer.name.clone())
            .or_else(|| link.map(|link| link.portal_name.clone()))
            .unwrap_or_default(),
        managed_id,
        company: link.map(|link| Named { id: link.company_id, name: Some(link.company_name.clone()) }),
        fresh: read.agreements.is_some(),
        not_read: read.not_read,
        no_data,
        file: snapshot.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        measured_at: snapshot.measured_at_of(cid),
        rounding: match config.billing.rounding {
            Rounding::Exact => "exact",
            Rounding::Up => "up",
            Rounding::Nearest => "nearest",
        },
        below_included: match config.billing.below_included {
            BelowIncluded::Floor => "floor",
            BelowIncluded::Actual => "actual",
            BelowIncluded::Hold => "hold",
        },
        checked_at: state.as_ref().map(|state| state.checked_at),
        pushed_at: state.as_ref().and_then(|state| state.pushed_at),
        error: state.as_ref().and_then(|state| state.error.clone()),
        retry_at: state.and_then(|state| state.retry_at).filter(|retry| *retry > now),
        pauses,
        blocked: plan.blocked,
        notes: plan.notes,
        services: found,
    })
}

impl Read {
    fn nothing(why: String) -> Read {
        Read { plan: Plan::default(), agreements: None, not_read: Some(why) }
    }
}

/// The plan of the customer's billing exactly as the next `sync` makes it, and the agreements it is about.
fn read(context: &Context, config: &Config, cid: &str, link: Option<&Link>) -> Read {
    let options = Options {
        cids: vec![cid.to_owned()],
        only: Some(Part::Billing),
        dry_run: true,
        by_hand: context.ui.is_by_hand(),
        ..Options::default()
    };
    let looked = super::super::sync::once(context, "why", options).and_then(|report| {
        let mut plan = report.plan;
        // Why the customer could not be planned blocks it as much as anything.
        for trouble in report.troubles {
            let fix = trouble.hints.first().cloned().unwrap_or_default();
            plan.block(Some(cid), "billing", trouble.error, fix);
        }
        let agreements = match link {
            Some(link) => {
                let client = context.client(config)?;
                context.block_on(observe::agreements(&client, link.company_id))?
            }
            None => Vec::new(),
        };
        Ok((plan, agreements))
    });
    match looked {
        Ok((plan, agreements)) => Read { plan, agreements: Some(agreements), not_read: None },
        Err(failure) => Read::nothing(failure.line()),
    }
}

/// What the last runs said of a customer's billing and still stands.
fn remembered(store: &Store, cid: &str, plan: &mut Plan) -> Result<()> {
    for stands in store.stands("sync")? {
        if stands.cid.as_deref() != Some(cid) || stands.text.starts_with("ticket ") {
            continue;
        }
        match (stands.what.as_str(), stands.text.split_once(": ")) {
            ("blocked", Some((subject, reason))) => plan.block(Some(cid), subject, reason, stands.fix),
            ("note", _) => plan.act(Some(cid), stands.text),
            _ => {}
        }
    }
    Ok(())
}

fn off(config: &Config, service: &Service) -> Option<String> {
    if !config.billing.enabled {
        return Some("billing is off ([billing] enabled = false)".to_owned());
    }
    let on = service.switch.is_on(&config.billing.services);
    (!on).then(|| format!("its switch is off ([billing.services] {} = false)", service.switch.key()))
}

fn accounts(snapshot: &Snapshot, cid: &str, service: &Service) -> Vec<Account> {
    let contributions = snapshot.contributions(cid, service.key).into_iter();
    contributions
        .map(|(account, quantity)| Account {
            number: account.number.clone(),
            user: account.user.clone(),
            quantity,
            measured_at: account.measured_at,
        })
        .collect()
}

fn is_of(change: &Change, service: &Service) -> bool {
    matches!(&change.purpose, Purpose::Quantity { service: key, .. } if key == service.key)
}

/// Whether a subject or note is about a service: its name alone, or before what else is said.
fn speaks_of(text: &str, service: &Service) -> bool {
    text.strip_prefix(service.name).is_some_and(|rest| rest.is_empty() || rest.starts_with([',', ':']))
}

/// What the plan holds, with the number and the answer that the state has for it; and what only the state
/// holds, since the run as a whole was held.
fn held(plan: &mut Plan, holds: &[Hold], service: &Service) -> Vec<Held> {
    let planned = taken(&mut plan.held, |held| is_of(&held.change, service));
    let mut known: BTreeMap<&str, &Hold> = holds
        .iter()
        .filter(|hold| is_of(&hold.change, service))
        .map(|hold| (hold.record.as_str(), hold))
        .collect();
    let mut all: Vec<Held> = planned
        .into_iter()
        .map(|held| {
            let hold = known.remove(held.record.as_str());
            // What moved since is another question, with the same number.
            let same = hold.filter(|hold| {
                // A no, and a write that was taken back, stand whatever the value is.
                let stands = held.rejected || hold.state == HoldState::Undone;
                stands || hold.before == held.before && hold.after == held.after
            });
            Held {
                id: hold.map(|hold| hold.id),
                state: same.map_or(HoldState::Held, |hold| hold.state),
                change: held.change,
                reason: held.reason,
                note: same.and_then(|hold| hold.note.clone()),
                since: hold.map(|hold| hold.since),
            }
        })
        .collect();
    all.extend(known.into_values().map(|hold| Held {
        id: Some(hold.id),
        state: hold.state,
        change: hold.change.clone(),
        reason: hold.reason.clone(),
        note: hold.note.clone(),
        since: Some(hold.since),
    }));
    all
}

/// Takes what fits out of a list.
fn taken<T>(list: &mut Vec<T>, fits: impl Fn(&T) -> bool) -> Vec<T> {
    let (taken, left) = std::mem::take(list).into_iter().partition(|item| fits(item));
    *list = left;
    taken
}
