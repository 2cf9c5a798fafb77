//! From clients and devices to customers and usage, by the mapping of the contract's page:
//!
//! | service | from |
//! |---|---|
//! | the storage service of the settings | sum of what the devices use of cloud vaults |
//! | `online-servers`, `online-desktops` | direct-to-cloud servers and workstations |
//! | `local-storage` | sum of what the devices use on the appliance |
//! | `local-servers`, `local-desktops` | servers and workstations on an appliance |
//!
//! Two counts exist of the machines: the client's own counters, and the device list. Where they disagree the list's is
//! used, and doubted; where the list is the shorter one, so are the sums of storage over it. Systems kept in the cloud
//! alone have no service of their own: their storage counts, they do not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::copy::{Machine, Odd, Said};
use super::wire::{Bytes, Client};
use crate::config::Gigabyte;
use crate::portal::{About, Account, Customer, Doubt, RowProblem, Snapshot};

/// What of the configuration decides how usage is read.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub gigabyte: Gigabyte,
    /// The service that cloud storage is billed as.
    pub storage_service: &'static str,
    pub longest_cid: usize,
}

const ONLINE: [&str; 2] = ["online-servers", "online-desktops"];
const LOCAL: [&str; 2] = ["local-servers", "local-desktops"];
const LOCAL_STORAGE: &str = "local-storage";
const KINDS: [(&str, &str); 2] = [("SERVER", "servers"), ("WORKSTATION", "workstations")];

/// What customers used.
pub(super) fn snapshot(said: &Said, digest: &str, fetched_at: Timestamp, settings: &Settings) -> Snapshot {
    let mut snapshot = Snapshot {
        measured_at: Some(fetched_at),
        digest: digest.to_owned(),
        rows: said.devices.len(),
        machines_apart: true,
        file: PathBuf::from("x360Recover"),
        left_out: said.notes.clone(),
        results_unknown: said.unread.keys().map(i64::to_string).collect(),
        problems: said.odd.iter().map(problem).collect(),
        about: About { format: "Axcient's API".to_owned(), notes: Vec::new() },
        ..Snapshot::default()
    };
    let mut machines: BTreeMap<i64, Vec<&Machine>> = BTreeMap::new();
    for machine in &said.devices {
        machines.entry(machine.client).or_default().push(machine);
    }
    for client in said.clients.iter().filter(|client| client.left_out.is_none()) {
        let cid = client.id.to_string();
        if cid.len() > settings.longest_cid {
            let reason = format!("id {cid} is too long for a Managed ID with this prefix");
            snapshot.problems.push(bad("GET /client", Some(cid), None, reason));
            continue;
        }
        let none = Vec::new();
        let of_client = machines.get(&client.id).unwrap_or(&none);
        customer(client, of_client, fetched_at, settings, &mut snapshot);
        let brand = String::new();
        snapshot.customers.push(Customer { cid, name: client.name.clone(), brand });
    }
    snapshot
}

fn problem(odd: &Odd) -> RowProblem {
    bad(&odd.asked, odd.client.map(|client| client.to_string()), odd.account.clone(), odd.reason.clone())
}

pub(super) fn bad(asked: &str, cid: Option<String>, account: Option<String>, reason: String) -> RowProblem {
    RowProblem {
        file: PathBuf::from(format!("x360Recover, {asked}")),
        line: 0,
        column: String::new(),
        account,
        cid,
        reason,
    }
}

/// How a machine is protected.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Model {
    Direct,
    Appliance,
    CloudAlone,
}

fn customer(
    client: &Client,
    machines: &[&Machine],
    fetched_at: Timestamp,
    settings: &Settings,
    snapshot: &mut Snapshot,
) {
    let cid = client.id.to_string();
    // Only where some are kept in the cloud alone must they be told from those on an appliance.
    let archived =
        client.counters.as_ref().is_some_and(|[_, _, alone]| alone.values().any(|count| *count != 0));
    let model = |machine: &Machine| match machine {
        machine if machine.d2c => Model::Direct,
        machine if archived && machine.local == Bytes::Nothing => Model::CloudAlone,
        _ => Model::Appliance,
    };
    let mut whole = true;
    let mut measured: BTreeSet<&'static str> = BTreeSet::new();
    for machine in machines {
        let model = model(machine);
        match usage(machine, model, settings) {
            Ok(usage) => {
                measured.extend(usage.keys());
                snapshot.accounts.push(Account {
                    number: machine.id.to_string(),
                    user: machine.name.clone(),
                    cid: cid.clone(),
                    usage: usage.into(),
                    measured_at: Some(fetched_at),
                    notification_email: None,
                    external_ticketing: None,
                });
            }
            Err(reason) => {
                whole = false;
                let account = Some(machine.name.clone());
                snapshot.problems.push(bad("GET /device", Some(cid.clone()), account, reason));
            }
        }
    }
    // What no machine is counted for is measured, too: zero.
    let services = [settings.storage_service, LOCAL_STORAGE].into_iter().chain(ONLINE).chain(LOCAL);
    let zeros: BTreeMap<&'static str, Decimal> = services
        .filter(|service| !measured.contains(service))
        .map(|service| (service, Decimal::ZERO))
        .collect();
    if !zeros.is_empty() && whole {
        snapshot.accounts.push(Account {
            number: format!("client-{cid}"),
            user: client.name.clone(),
            cid: cid.clone(),
            usage: zeros.into(),
            measured_at: Some(fetched_at),
            notification_email: None,
            external_ticketing: None,
        });
    }
    let doubted = doubts(client, machines, model, settings.storage_service);
    snapshot.doubts.extend(doubted.into_iter().map(|(service, reason)| Doubt {
        cid: cid.clone(),
        service,
        reason,
    }));
}

fn usage(
    machine: &Machine,
    model: Model,
    settings: &Settings,
) -> Result<BTreeMap<&'static str, Decimal>, String> {
    let mut usage = BTreeMap::new();
    let places =
        [(settings.storage_service, machine.cloud, "cloud"), (LOCAL_STORAGE, machine.local, "local")];
    for (service, bytes, place) in places {
        match bytes {
            Bytes::Of(bytes) => drop(usage.insert(service, gigabytes(bytes, settings.gigabyte))),
            Bytes::Nothing => {}
            Bytes::Unknown => {
                return Err(format!("has {place} recovery points, and its {place} usage cannot be read"));
            }
        }
    }
    let counted = match model {
        Model::Direct => Some(ONLINE),
        Model::Appliance => Some(LOCAL),
        Model::CloudAlone => None,
    };
    let kind = KINDS.iter().position(|(kind, _)| *kind == machine.kind);
    if let (Some(services), Some(kind)) = (counted, kind) {
        usage.insert(services[kind], Decimal::ONE);
    }
    Ok(usage)
}

/// Bytes in the unit of the settings, to the byte: billing rounds the sum.
fn gigabytes(bytes: i64, gigabyte: Gigabyte) -> Decimal {
    match gigabyte {
        Gigabyte::Decimal => Decimal::new(bytes, 9).normalize(),
        Gigabyte::Binary => (Decimal::from(bytes) / Decimal::from(1_i64 << 30)).round_dp(9).normalize(),
    }
}

/// The services whose two counts disagree, and how.
fn doubts(
    client: &Client,
    machines: &[&Machine],
    model: impl Fn(&Machine) -> Model,
    storage_service: &'static str,
) -> BTreeMap<&'static str, String> {
    let mut doubts = BTreeMap::new();
    let is_known = |kind: &str| KINDS.iter().any(|(known, _)| *known == kind);
    for machine in machines.iter().filter(|machine| !is_known(&machine.kind)) {
        let services = match model(machine) {
            Model::Direct => ONLINE,
            Model::Appliance => LOCAL,
            Model::CloudAlone => continue,
        };
        for service in services {
            let kind = if machine.kind.is_empty() { "none" } else { &machine.kind };
            let reason = format!("type of {} is “{kind}”, neither server nor workstation", machine.name);
            doubts.entry(service).or_insert(reason);
        }
    }
    let Some([direct, appliance, alone]) = &client.counters else { return doubts };
    for (at, (kind, words)) in KINDS.into_iter().enumerate() {
        let listed = |wanted: Model| {
            let of_kind = machines.iter().filter(|machine| machine.kind == kind && model(machine) == wanted);
            i64::try_from(of_kind.count()).unwrap_or(i64::MAX)
        };
        let told = |counts: &super::wire::Counts| counts.get(kind).copied().unwrap_or_default();
        let mut compare = |service, what: &str, told: i64, listed: i64| {
            if told == listed {
                return;
            }
            let reason = format!("x360Recover counts {told} {what} {words} and lists {listed}");
            // What is not listed stores something, too.
            let sums = [storage_service, LOCAL_STORAGE].into_iter().filter(|_| told > listed);
            for service in sums.chain([service]) {
                doubts.entry(service).or_insert_with(|| reason.clone());
            }
        };
        compare(ONLINE[at], "direct-to-cloud", told(direct), listed(Model::Direct));
        compare(LOCAL[at], "appliance-based", told(appliance), listed(Model::Appliance));
        // One too few in the cloud alone may be one too many on an appliance.
        compare(LOCAL[at], "cloud-archived", told(alone), listed(Model::CloudAlone));
    }
    doubts
}

#[cfg(test)]
#[path = "usage_tests.rs"]
mod tests;
