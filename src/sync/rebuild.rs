//! What ConnectWise says of tickets and additions, for a state that starts anew (design section 10). Only read.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::faults::{self, FaultKey};
use super::{billing, observe};
use crate::error::{Failure, Result};
use crate::portal::{Event, KnownLogs, Source, Taker};
use crate::psa::{Client, Condition, OrEmpty, Query, Ticket, paths};
use crate::store::{Beside, Binding, Into, Link, Rebuilt, Store, TicketMemory};

/// An open ticket that carries psactl's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenTicket {
    /// Its id.
    pub id: i64,
    /// What it is called.
    pub summary: String,
    /// The fault it is of; none where no event of the log is known to have begun it, or another ticket is of it
    /// already.
    pub fault: Option<FaultKey>,
}

/// Lets what the portal's event log says count as known, beside what the state knows: nothing of it is recorded.
///
/// # Errors
/// Where the log or the state cannot be read.
pub fn beside<'s>(store: &'s Store, source: &dyn Source, now: Timestamp) -> Result<Beside<'s>> {
    struct Adding<'a>(&'a Store, &'static str, Timestamp, Result<()>);
    impl Taker for Adding<'_> {
        fn take(&mut self, event: Event) {
            if self.3.is_ok() {
                let added = self.0.add_event(Into::Beside, self.1, &event, self.2);
                self.3 = added.map(drop).map_err(Failure::from);
            }
        }

        // It only decides which tickets are known.
        fn file_ends(&mut self, _: bool) {}
    }
    let beside = store.beside()?;
    let mut adding = Adding(store, source.name(), now, Ok(()));
    store.apart(|| -> Result<()> {
        let log = source.read_events(&KnownLogs::new(), &mut adding)?;
        log.unended.and_then(|last| last.event).into_iter().for_each(|event| adding.take(event));
        std::mem::replace(&mut adding.3, Ok(()))
    })?;
    Ok(beside)
}

/// All open tickets with psactl's key, and what is remembered of those whose fault the event log knows.
///
/// # Errors
/// Where ConnectWise or the state cannot be read.
pub async fn tickets(
    client: &Client,
    store: &Store,
    source: &str,
    rebuilt: &mut Rebuilt,
) -> Result<Vec<OpenTicket>> {
    let faults = faults::of_log(store, source)?;
    let by_key: BTreeMap<String, &FaultKey> = faults.keys().map(|key| (key.xref(source), key)).collect();
    let query = Query::all()
        .filter(Condition::starts_with("externalXRef", "psactl:"))
        .filter(Condition::eq("closedFlag", false))
        .lean();
    let open: Vec<Ticket> = client.list(&paths::tickets(), &query).await?;
    let mut taken = BTreeSet::new();
    let mut found = Vec::new();
    for ticket in open.iter().filter(|ticket| !ticket.closed_flag) {
        let xref = ticket.external_x_ref.or_empty();
        let key = xref.rsplit_once(':').and_then(|(fault, _)| by_key.get(fault)).copied();
        let key = key.filter(|key| taken.insert((*key).clone()));
        if let Some((key, fault)) = key.and_then(|key| faults.get_key_value(key)) {
            let memory = TicketMemory {
                ticket: Some(ticket.id),
                first_event: Some(fault.first_event.clone()),
                told_until: Some(fault.last_bad),
                ..TicketMemory::default()
            };
            rebuilt.tickets.push((key.clone(), memory));
        }
        found.push(OpenTicket {
            id: ticket.id,
            summary: ticket.summary.or_empty().to_owned(),
            fault: key.cloned(),
        });
    }
    Ok(found)
}

/// The live additions of the linked companies that carry the customer's Managed ID and a product of a service: each
/// as it was found, so that the first push to it is held again.
///
/// # Errors
/// Where ConnectWise cannot be asked.
pub async fn additions(
    client: &Client,
    links: &[Link],
    products: &BTreeMap<&'static str, Vec<i64>>,
    now: Timestamp,
    rebuilt: &mut Rebuilt,
) -> Result<()> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let companies: BTreeSet<i64> = links.iter().map(|link| link.company_id).collect();
    let agreements = observe::agreements_of(client, companies).await?;
    for link in links {
        let own = agreements.get(&link.company_id).map_or(&[][..], Vec::as_slice);
        for with in own {
            for addition in &with.additions {
                let product = addition.product.as_ref().and_then(|product| product.id);
                let service =
                    products.iter().find(|(_, ids)| product.is_some_and(|product| ids.contains(&product)));
                let billed = addition.serial_number.or_empty().trim() == link.managed_id
                    && billing::is_live((&with.agreement, addition), today);
                let Some((service, _)) = service.filter(|_| billed) else { continue };
                rebuilt.bindings.push(Binding {
                    addition_id: addition.id,
                    agreement_id: with.agreement.id,
                    cid: link.cid.clone(),
                    service: (*service).to_owned(),
                    adopted: addition.quantity,
                    pushed: None,
                    description: None,
                    pushed_at: None,
                    basis: None,
                });
                let changed = addition.info.as_ref().and_then(|info| info.last_updated);
                rebuilt.seen.extend(changed.map(|at| (addition.id, at)));
            }
        }
    }
    Ok(())
}
