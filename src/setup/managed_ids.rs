//! Guide, company steps 1 and 3: two Managed ID entries per company, Workstations and Servers first,
//! Backup Stats second, both with the customer's Managed ID and without an agreement.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Finding, Setup, Step};
use crate::error::Result;
use crate::plan::Change;
use crate::psa::{ManagedId, Query, paths};
use crate::store::Link;

const STEP: Step = Step::ManagedIds;

/// The device type that must come first.
pub const FIRST: &str = "WorkstationsAndServers";
/// The device type that must come second.
pub const SECOND: &str = "BackupStats";

pub(super) async fn check(setup: &mut Setup<'_>) -> Result<Finding> {
    let mut finding = Finding::new(STEP);
    let Some(solution) = setup.known.solution.clone() else { return Ok(finding) };
    if setup.links.is_empty() {
        finding.person("no customer is linked to a company yet: psactl companies adopt, or psactl companies link CID COMPANY");
        return Ok(finding);
    }
    let mut entries = match solution.id {
        Some(_) => {
            let confirmed =
                setup.links.iter().filter(|link| super::unconfirmed(link, setup.config).is_none());
            entries_of_all(setup.client, confirmed.map(|link| link.company_id)).await?
        }
        None => BTreeMap::new(),
    };
    for link in setup.links.clone() {
        if let Some(unconfirmed) = super::unconfirmed(&link, setup.config) {
            finding.person(unconfirmed);
            continue;
        }
        let managed_id = setup.config.connectwise.managed_id(&link.cid);
        let entries = entries.entry(link.company_id).or_default();
        let solution = solution.reference("name");
        let changes = plan(&link, &managed_id, &solution, entries);
        if changes.is_empty() {
            finding.found.push(format!("{managed_id} on {} (#{})", link.company_name, link.company_id));
        }
        finding.changes.extend(changes);
    }
    Ok(finding)
}

/// The Managed ID entries of many companies, many at a time.
async fn entries_of_all(
    client: &crate::psa::Client,
    companies: impl IntoIterator<Item = i64>,
) -> Result<BTreeMap<i64, Vec<ManagedId>>> {
    let mut reading = tokio::task::JoinSet::new();
    for company in companies.into_iter().collect::<BTreeSet<i64>>() {
        let client = client.clone();
        reading.spawn(async move { (company, entries_of(&client, company).await) });
    }
    let mut entries = BTreeMap::new();
    while let Some(read) = reading.join_next().await {
        let (company, found) = read.map_err(anyhow::Error::from)?;
        entries.insert(company, found?);
    }
    Ok(entries)
}

/// All Managed ID entries of a company, in ConnectWise's order.
///
/// # Errors
/// Where ConnectWise cannot be asked.
pub async fn entries_of(client: &crate::psa::Client, company: i64) -> Result<Vec<ManagedId>> {
    Ok(client.list(&paths::managed_ids(company), &Query::all().lean()).await?)
}

/// The entries of one Managed ID of a solution.
pub fn of_solution<'a>(
    entries: &'a [ManagedId],
    solution: Option<i64>,
    managed_id: &str,
) -> Vec<&'a ManagedId> {
    entries
        .iter()
        .filter(|entry| entry.group_identifier.as_deref().is_some_and(|id| id.trim() == managed_id))
        .filter(|entry| {
            let of = entry.management_solution.as_ref().and_then(|reference| reference.id);
            solution.is_none() || of == solution
        })
        .collect()
}

/// The changes that give a company its two entries in the right order.
pub fn plan(link: &Link, managed_id: &str, solution: &Value, entries: &[ManagedId]) -> Vec<Change> {
    let solution_id = solution.get("id").and_then(Value::as_i64);
    let own = of_solution(entries, solution_id, managed_id);
    let at = |kind: &str| {
        own.iter().find(|entry| entry.device_type.as_ref().is_some_and(|own| own.as_str() == kind)).copied()
    };
    let name = format!("{managed_id} on {}", link.company_name);
    let create = |kind: &str| {
        let body = json!({
            "managementSolution": solution,
            "groupIdentifier": managed_id,
            "deviceType": kind,
        });
        let path = paths::managed_ids(link.company_id);
        Change::create(
            "Managed ID",
            format!("{name} ({kind})"),
            path,
            body,
            &["managementSolution/id", "groupIdentifier", "deviceType"],
        )
        .for_customer(&link.cid)
        .of_step(STEP.name(), "")
    };
    let retype = |entry: &ManagedId, kind: &str| {
        let fields = [("deviceType", json!(entry.device_type), json!(kind))];
        Change::update(
            "Managed ID",
            entry.id,
            name.clone(),
            paths::managed_id(link.company_id, entry.id),
            fields,
        )
        .for_customer(&link.cid)
        .of_step(STEP.name(), "")
    };
    match (at(FIRST), at(SECOND)) {
        (Some(first), Some(second)) if first.id < second.id => Vec::new(),
        // Reversed: the two exchange their device types, so that no entry is ever missing.
        (Some(first), Some(second)) => vec![retype(second, FIRST), retype(first, SECOND)],
        (Some(_), None) => vec![create(SECOND)],
        // A lone Backup Stats entry becomes the first, and a new second one follows.
        (None, Some(second)) => vec![retype(second, FIRST), create(SECOND)],
        (None, None) => vec![create(FIRST), create(SECOND)],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn link() -> Link {
        Link {
            cid: "342".into(),
            company_id: 7,
            company_name: "Eddie's TV Repair".into(),
            portal_name: "Eddie's TV Repair".into(),
            managed_id: "EFS-342".into(),
            origin: "link".into(),
            confirmed_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    fn entry(id: i64, managed_id: &str, kind: &str) -> ManagedId {
        serde_json::from_value(json!({
            "id": id, "groupIdentifier": managed_id, "deviceType": kind, "managementSolution": {"id": 1, "name": "eFolder"},
        }))
        .unwrap()
    }

    #[test]
    fn the_two_entries_come_in_the_guides_order() {
        let solution = json!({ "id": 1 });
        // existing entries -> what is done, in order
        type Row = (&'static [(i64, &'static str, &'static str)], &'static [&'static str]);
        let rows: &[Row] = &[
            (&[], &["create WorkstationsAndServers", "create BackupStats"]),
            (&[(1, "EFS-342", FIRST)], &["create BackupStats"]),
            (&[(1, "EFS-342", SECOND)], &["#1 WorkstationsAndServers", "create BackupStats"]),
            (&[(1, "EFS-342", FIRST), (2, "EFS-342", SECOND)], &[]),
            (
                &[(1, "EFS-342", SECOND), (2, "EFS-342", FIRST)],
                &["#1 WorkstationsAndServers", "#2 BackupStats"],
            ),
            // Another customer's Managed ID on the same company is not ours.
            (
                &[(1, "EFS-9", FIRST), (2, "EFS-9", SECOND)],
                &["create WorkstationsAndServers", "create BackupStats"],
            ),
        ];
        for (existing, expected) in rows {
            let entries: Vec<ManagedId> =
                existing.iter().map(|(id, managed, kind)| entry(*id, managed, kind)).collect();
            let done: Vec<String> = plan(&link(), "EFS-342", &solution, &entries)
                .iter()
                .map(|change| {
                    let kind = change.fields.iter().find(|field| field.name == "deviceType").unwrap();
                    let kind = kind.after.as_str().unwrap();
                    change.subject.id.map_or_else(|| format!("create {kind}"), |id| format!("#{id} {kind}"))
                })
                .collect();
            assert_eq!(&done, expected, "{existing:?}");
        }
    }

    proptest! {
        /// The server gives new records the next id and keeps types as they are written.
        #[test]
        fn the_plan_of_what_was_applied_is_empty(
            existing in proptest::collection::vec((0usize..2, 0usize..3), 0..5),
        ) {
            let solution = json!({ "id": 1 });
            let kinds = [FIRST, SECOND, "Servers"];
            let mut entries: Vec<ManagedId> = Vec::new();
            for (n, (managed_id, kind)) in existing.iter().enumerate() {
                entries.push(entry(n as i64, ["EFS-342", "EFS-9"][*managed_id], kinds[*kind]));
            }
            let others: Vec<ManagedId> =
                entries.iter().filter(|own| own.group_identifier.as_deref() == Some("EFS-9")).cloned().collect();
            for change in plan(&link(), "EFS-342", &solution, &entries) {
                let kind = change.fields.iter().find(|field| field.name == "deviceType").unwrap();
                let kind = kind.after.as_str().unwrap();
                match change.subject.id {
                    Some(id) => {
                        let own = entries.iter_mut().find(|own| own.id == id).unwrap();
                        own.device_type = Some(kind.into());
                    }
                    None => entries.push(entry(entries.len() as i64, "EFS-342", kind)),
                }
            }
            prop_assert!(plan(&link(), "EFS-342", &solution, &entries).is_empty(), "{entries:?}");
            for other in others {
                prop_assert!(entries.contains(&other));
            }
        }
    }
}
