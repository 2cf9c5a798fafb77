//! What a run reads: the portal's data and the records of ConnectWise, as plain typed values.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use tokio::task::JoinSet;

use super::billing::{AgreementFacts, Use};
use super::faults::FaultKey;
use super::tickets::{Parent, Seen};
use crate::error::Result;
use crate::portal::Snapshot;
use crate::psa::{
    Addition, Agreement, AgreementStatus, BoardStatus, Client, Company, CompanyStatus, Condition, OrEmpty,
    Query, Ticket, paths,
};
use crate::services;

/// The use of each measured service by one customer, with each account's part.
pub fn usage(snapshot: &Snapshot, cid: &str) -> BTreeMap<&'static str, Use> {
    let mut usage = BTreeMap::new();
    for service in services::all() {
        let parts: Vec<(String, Decimal)> = snapshot
            .contributions(cid, service.key)
            .into_iter()
            .map(|(account, amount)| {
                (if account.user.is_empty() { account.number.clone() } else { account.user.clone() }, amount)
            })
            .collect();
        if !parts.is_empty() {
            let total = parts.iter().fold(Decimal::ZERO, |sum, (_, amount)| sum.saturating_add(*amount));
            let parts = parts.into_iter().filter(|(_, amount)| !amount.is_zero()).collect();
            usage.insert(service.key, Use { total, parts });
        }
    }
    usage
}

/// The agreements of a company with all additions of those that are not ended.
///
/// # Errors
/// Where ConnectWise cannot be asked.
pub async fn agreements(client: &Client, company: i64) -> Result<Vec<AgreementFacts>> {
    Ok(agreements_of(client, [company]).await?.remove(&company).unwrap_or_default())
}

/// The same for many companies: their agreements in a few lists, the additions of each many at a time. A company
/// without an agreement is not among them.
///
/// # Errors
/// Where ConnectWise cannot be asked.
pub async fn agreements_of(
    client: &Client,
    companies: impl IntoIterator<Item = i64>,
) -> Result<BTreeMap<i64, Vec<AgreementFacts>>> {
    let mut reading = JoinSet::new();
    for some in Condition::in_batches("company/id", companies, 900) {
        let agreements: Vec<Agreement> =
            client.list(&paths::agreements(), &Query::all().filter(some).lean()).await?;
        for agreement in agreements {
            let client = client.clone();
            reading.spawn(async move {
                let additions = client.list(&paths::additions(agreement.id), &Query::all().lean()).await;
                (agreement, additions)
            });
        }
    }
    let mut read: BTreeMap<i64, AgreementFacts> = BTreeMap::new();
    while let Some(came) = reading.join_next().await {
        let (agreement, additions): (Agreement, std::result::Result<Vec<Addition>, _>) =
            came.map_err(anyhow::Error::from)?;
        read.insert(agreement.id, AgreementFacts { agreement, additions: additions? });
    }
    let mut facts: BTreeMap<i64, Vec<AgreementFacts>> = BTreeMap::new();
    for with in read.into_values() {
        let status = with.agreement.agreement_status.as_ref();
        let ended = status.is_some_and(|status| *status != AgreementStatus::Active);
        // Ended agreements are read too: an addition on one explains why use is not billed.
        let company = with.agreement.company.as_ref().and_then(|company| company.id);
        if let Some(company) = company.filter(|_| !ended || !with.additions.is_empty()) {
            facts.entry(company).or_default().push(with);
        }
    }
    Ok(facts)
}

/// The tickets ConnectWise has for each of these faults, found by `externalXRef` whatever the state says:
/// every ticket that is opened is preceded by this search.
///
/// # Errors
/// Where ConnectWise cannot be asked.
pub async fn tickets(
    client: &Client,
    source: &str,
    faults: &BTreeSet<FaultKey>,
) -> Result<BTreeMap<FaultKey, Vec<Ticket>>> {
    let mut found: BTreeMap<FaultKey, Vec<Ticket>> = BTreeMap::new();
    let keys: Vec<&FaultKey> = faults.iter().collect();
    // A dozen prefixes stay well below the address length that servers take.
    for batch in keys.chunks(12) {
        let any = Condition::any(
            batch.iter().map(|key| Condition::starts_with("externalXRef", &format!("{}:", key.xref(source)))),
        );
        let tickets: Vec<Ticket> = client.list(&paths::tickets(), &Query::all().filter(any).lean()).await?;
        for ticket in tickets {
            let xref = ticket.external_x_ref.as_deref().unwrap_or_default();
            if let Some(key) = batch.iter().find(|key| xref.starts_with(&format!("{}:", key.xref(source)))) {
                found.entry((*key).clone()).or_default().push(ticket);
            }
        }
    }
    Ok(found)
}

/// Fills in how the tickets stand that others were merged under; one that is gone is closed.
///
/// # Errors
/// Where ConnectWise cannot be asked.
pub async fn parents(client: &Client, seen: impl Iterator<Item = &mut Seen>) -> Result<()> {
    let mut merged: Vec<&mut Parent> = seen.filter_map(|ticket| ticket.merged.as_mut()).collect();
    let ids: BTreeSet<i64> = merged.iter().filter_map(|parent| parent.id).collect();
    let mut read: BTreeMap<i64, Ticket> = BTreeMap::new();
    for some in Condition::in_batches("id", ids, 900) {
        let parents: Vec<Ticket> = client.list(&paths::tickets(), &Query::all().filter(some).lean()).await?;
        read.extend(parents.into_iter().map(|ticket| (ticket.id, ticket)));
    }
    for parent in &mut merged {
        let ticket = parent.id.and_then(|id| read.get(&id));
        parent.closed = ticket.is_none_or(|ticket| ticket.closed_flag);
        parent.closed_at = ticket.and_then(|ticket| ticket.closed_date);
    }
    Ok(())
}

/// A closed status of a board that a ticket was moved to.
///
/// # Errors
/// Where ConnectWise cannot be asked.
pub async fn closed_status(client: &Client, board: i64) -> Result<Option<i64>> {
    let query = Query::all().filter(Condition::eq("closedStatus", true)).order_by("sortOrder");
    let statuses: Vec<BoardStatus> = client.list(&paths::statuses(board), &query).await?;
    Ok(statuses.into_iter().find(|status| !status.inactive).map(|status| status.id))
}

/// Which of these companies are out of use, and why: deleted, merged away, or inactive by their status. Nothing
/// is billed or reported for them (design section 9, *Links*).
///
/// # Errors
/// Where ConnectWise cannot be asked.
pub async fn out_of_use(client: &Client, companies: Vec<i64>) -> Result<BTreeMap<i64, String>> {
    let mut gone: BTreeMap<i64, String> = companies
        .iter()
        .map(|id| (*id, format!("company #{id} is deleted, or merged into another")))
        .collect();
    if companies.is_empty() {
        return Ok(gone);
    }
    let inactive = Query::all().filter(Condition::eq("inactiveFlag", true));
    let inactive: Vec<CompanyStatus> = client.list(&paths::company_statuses(), &inactive).await?;
    for some in Condition::in_batches("id", companies, 1200) {
        let query = Query::all().filter(some).fields("id,name,status,deletedFlag");
        let found: Vec<Company> = client.list(&paths::companies(), &query).await?;
        for company in found.into_iter().filter(|company| !company.deleted_flag) {
            match inactive.iter().find(|status| company.status.as_ref().is_some_and(|own| own.is(status.id)))
            {
                Some(status) => {
                    let reason = format!("company #{} is “{}”", company.id, status.name.or_empty());
                    gone.insert(company.id, reason);
                }
                None => {
                    gone.remove(&company.id);
                }
            }
        }
    }
    Ok(gone)
}
