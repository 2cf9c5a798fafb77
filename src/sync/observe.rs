//! What a run reads: the portal's data and the records of ConnectWise, as plain typed values.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::billing::{AgreementFacts, Use};
use super::faults::FaultKey;
use super::is_everybodys;
use super::tickets::{Parent, Seen};
use crate::error::{Failure, Result};
use crate::portal::Snapshot;
use crate::psa::{
    Addition, Agreement, AgreementStatus, BoardStatus, Client, Company, CompanyStatus, Condition, OrEmpty,
    Query, Ticket, paths,
};

/// The use of each measured service by one customer, with each account's part.
pub fn usage(snapshot: &Snapshot, cid: &str) -> BTreeMap<&'static str, Use> {
    let mut usage: BTreeMap<&'static str, Use> = BTreeMap::new();
    for account in snapshot.accounts_of(cid) {
        for (service, amount) in account.usage.iter() {
            let used = usage.entry(service).or_default();
            used.total = used.total.saturating_add(*amount);
            if !amount.is_zero() {
                let name = if account.user.is_empty() { &account.number } else { &account.user };
                used.parts.push((name.clone(), *amount));
            }
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
    let mut agreements: Vec<Agreement> = Vec::new();
    for batch in agreement_lists(companies) {
        agreements.extend(client.list::<Agreement>(&paths::agreements(), &batch).await?);
    }
    agreements.sort_by_key(|agreement| agreement.id);
    let mut facts: BTreeMap<i64, Vec<AgreementFacts>> = BTreeMap::new();
    for with in with_additions(client, agreements).await? {
        if let Some(company) = company_of(&with.agreement) {
            facts.entry(company).or_default().push(with);
        }
    }
    Ok(facts)
}

/// The agreements of each of these companies, in lists that are read many at a time. Where a list cannot be read, its
/// companies are not among them, so that each can be asked for alone: what is odd about one is no other's trouble.
///
/// # Errors
/// What would meet every other list, too.
pub(super) async fn agreements_listed(
    client: &Client,
    companies: impl IntoIterator<Item = i64>,
) -> Result<BTreeMap<i64, Vec<Agreement>>> {
    let companies: BTreeSet<i64> = companies.into_iter().collect();
    let mut agreements: BTreeMap<i64, Vec<Agreement>> = BTreeMap::new();
    let chunks: Vec<Vec<i64>> =
        companies.into_iter().collect::<Vec<_>>().chunks(LISTED).map(<[i64]>::to_vec).collect();
    let mut reading = stream::iter(chunks)
        .map(|chunk| async move {
            let mut read: Vec<Agreement> = Vec::new();
            for batch in agreement_lists(chunk.clone()) {
                match client.list(&paths::agreements(), &batch).await {
                    Ok(some) => read.extend(some),
                    Err(error) => return (chunk, Err(Failure::from(error))),
                }
            }
            (chunk, Ok(read))
        })
        .buffer_unordered(client.max_concurrency());
    while let Some((chunk, read)) = reading.next().await {
        match read {
            Ok(read) => {
                agreements.extend(chunk.into_iter().map(|company| (company, Vec::new())));
                for agreement in read {
                    if let Some(listed) = company_of(&agreement).and_then(|id| agreements.get_mut(&id)) {
                        listed.push(agreement);
                    }
                }
            }
            Err(failure) if is_everybodys(&failure) => return Err(failure),
            Err(_) => {}
        }
    }
    Ok(agreements)
}

/// So many companies are asked for at once; their ids fit into one address.
const LISTED: usize = 100;

fn agreement_lists(companies: impl IntoIterator<Item = i64>) -> impl Iterator<Item = Query> {
    let batches = Condition::in_batches("company/id", companies, 900);
    batches.into_iter().map(|some| Query::all().filter(some).lean())
}

fn company_of(agreement: &Agreement) -> Option<i64> {
    agreement.company.as_ref().and_then(|company| company.id)
}

/// Every agreement, for a report: those of linked companies, ended ones too, and of all others those that run.
///
/// # Errors
/// Where ConnectWise cannot be asked.
pub async fn every_agreement(client: &Client, linked: &BTreeSet<i64>) -> Result<Vec<Agreement>> {
    let mut agreements = client.list::<Agreement>(&paths::agreements(), &Query::all().lean()).await?;
    agreements.retain(|agreement| {
        let status = agreement.agreement_status.as_ref();
        status.is_none_or(|status| *status == AgreementStatus::Active)
            || company_of(agreement).is_some_and(|company| linked.contains(&company))
    });
    Ok(agreements)
}

/// The agreements of linked companies, without their additions.
///
/// # Errors
/// Where ConnectWise cannot be asked.
pub async fn agreements_alone(client: &Client, companies: &BTreeSet<i64>) -> Result<Vec<Agreement>> {
    let mut agreements = Vec::new();
    for batch in agreement_lists(companies.iter().copied()) {
        agreements.extend(client.list::<Agreement>(&paths::agreements(), &batch).await?);
    }
    Ok(agreements)
}

/// Agreements with their additions, read many at a time. Ended agreements are read too: an addition on one explains
/// why use is not billed.
///
/// # Errors
/// Where ConnectWise cannot be asked.
pub(super) async fn with_additions(
    client: &Client,
    agreements: Vec<Agreement>,
) -> Result<Vec<AgreementFacts>> {
    with_additions_told(client, agreements, || {}).await
}

/// The same, telling of each agreement that is read.
///
/// # Errors
/// Where ConnectWise cannot be asked.
pub async fn with_additions_told(
    client: &Client,
    agreements: Vec<Agreement>,
    mut read_one: impl FnMut(),
) -> Result<Vec<AgreementFacts>> {
    let mut reading = stream::iter(agreements)
        .map(|agreement| async move {
            let additions =
                client.list::<Addition>(&paths::additions(agreement.id), &Query::all().lean()).await;
            additions.map(|additions| AgreementFacts { agreement, additions })
        })
        .buffered(2 * client.max_concurrency());
    let mut facts = Vec::new();
    while let Some(read) = reading.next().await {
        let with = read?;
        read_one();
        let status = with.agreement.agreement_status.as_ref();
        let ended = status.is_some_and(|status| *status != AgreementStatus::Active);
        if !ended || !with.additions.is_empty() {
            facts.push(with);
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
    // By itself: it is the first that a run asks with its login, and a refused one is tried once.
    let inactive = client.list::<CompanyStatus>(&paths::company_statuses(), &inactive).await?;
    let batches = Condition::in_batches("id", companies, 1200).into_iter();
    let lists = stream::iter(batches)
        .map(|some| Query::all().filter(some).fields("id,name,status,deletedFlag"))
        .map(|query| async move { client.list::<Company>(&paths::companies(), &query).await })
        .buffer_unordered(client.max_concurrency())
        .try_collect::<Vec<_>>();
    for found in lists.await? {
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
