//! What the doctor looks at, read once: each list in pages of 1,000, what lies below single records many at a time.
//! Set-up's steps and the next sync's plan look through the same client, which gives them the same answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::catalog::{Group, known};
use crate::config::Config;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::monitoring::Beat;
use crate::portal::{EventLog, Snapshot, Tally};
use crate::psa::{
    self, Addition, Agreement, AgreementStatus, Board, CatalogItem, Client, CompanyInfo, Condition,
    CrossReference, Exchange, Info, IntegratorLogin, ManagedId, OrEmpty, Path, Query, Record, Ticket, paths,
};
use crate::setup::{Chosen, Finding, Setup, Step, managed_ids, service_status};
use crate::store::{Link, Store, TicketMemory};
use crate::sync::billing::AgreementFacts;
use crate::sync::faults::FaultKey;
use crate::sync::{Options, Report, Run, customers, is_everybodys, observe as psa_observe, waiting, zone};
use crate::ui::Ui;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Only this group.
    pub only: Option<Group>,
    /// Only these customers, where a check is about customers.
    pub cids: Vec<String>,
    /// A machine looks, again and again: a login that was refused lately is not tried anew.
    pub unattended: bool,
}

/// The groups that need more than psactl.toml, the exports and the state.
const ASKING: [Group; 8] = [
    Group::Connection,
    Group::Login,
    Group::Rights,
    Group::Setup,
    Group::Links,
    Group::Billing,
    Group::Tickets,
    Group::Sync,
];

impl Look {
    /// Whether a group is asked for.
    pub fn wants(&self, group: Group) -> bool {
        self.only.is_none_or(|only| only == group)
    }

    /// Whether what is asked for cannot be looked at where a check of that group fails.
    pub(super) fn rests_on(&self, group: Group, id: &str) -> bool {
        let Some(only) = self.only else { return true };
        match group {
            Group::Configuration => only > group && (only != Group::State) && id != "integrator-password",
            Group::Connection | Group::Login => {
                let stops = known(id).is_some_and(|check| check.severity == super::Status::Problem);
                only > group && ASKING.contains(&only) && stops && !id.starts_with("integrator-login")
            }
            Group::State => only >= Group::Links && id == "state-database" && only != Group::Portal,
            _ => false,
        }
    }

    fn customer(&self, cid: &str) -> bool {
        self.cids.is_empty() || self.cids.iter().any(|asked| asked == cid)
    }
}

/// The portal's side.
pub(super) struct PortalData {
    /// Why the portal did not answer when it was asked last.
    pub trouble: Option<Failure>,
    pub source: &'static str,
    pub snapshot: Snapshot,
    pub log: EventLog,
    pub tally: Tally,
}

/// psactl's own state.
pub(super) struct State {
    pub store: Store,
    pub links: Vec<Link>,
    pub chosen: Chosen,
    pub memories: BTreeMap<FaultKey, TicketMemory>,
    pub beat: Option<Beat>,
}

/// What ConnectWise says.
pub(super) struct Psa {
    pub company: Result<CompanyInfo>,
    /// Nothing where the site could not be reached.
    pub info: Option<Result<Info>>,
    /// Nothing where the login is refused, or no list is asked for.
    pub lists: Option<Lists>,
    /// What ended the look before its end.
    pub broken: Option<Failure>,
}

/// Every list.
#[derive(Default)]
pub(super) struct Lists {
    /// The steps that concern no single company, in order.
    pub steps: Vec<(Step, Result<Finding>)>,
    pub catalog: BTreeMap<i64, CatalogItem>,
    pub logins: Option<Result<Vec<IntegratorLogin>>>,
    pub boards: Option<Result<Vec<Board>>>,
    /// The integration, and its cross-references.
    pub cross_references: Option<(i64, Result<Vec<CrossReference>>)>,
    /// Agreements with their additions: all of linked companies, the running ones of the others.
    pub agreements: Option<Result<Vec<AgreementFacts>>>,
    /// Managed ID entries by company.
    pub entries: Option<BTreeMap<i64, Vec<ManagedId>>>,
    /// Linked companies that are out of use, and why.
    pub gone: BTreeMap<i64, String>,
    /// psactl's open tickets, and those that it takes for open.
    pub tickets: Option<Result<Vec<Ticket>>>,
    /// Companies and agreements that could not be read.
    pub unread: Vec<Failure>,
    /// Companies of which an agreement could not be read: nothing can be said of their billing.
    pub unread_companies: BTreeSet<i64>,
    /// What the next sync would do.
    pub next: Option<Result<Report>>,
    /// Names of companies.
    pub names: BTreeMap<i64, String>,
    /// The server's date.
    pub today: Option<Date>,
}

/// Everything that was looked at.
pub(super) struct Seen<'a> {
    pub look: &'a Look,
    pub now: Timestamp,
    pub config: Result<Config>,
    /// The portal's data; nothing without a configuration.
    pub portal: Option<Result<PortalData>>,
    /// The state; nothing where it has not begun and nothing needs it.
    pub state: Option<Result<State>>,
    /// A client that remembers; nothing where none was needed, or it cannot be made.
    pub client: Option<Result<Client>>,
    pub psa: Option<Psa>,
}

impl Seen<'_> {
    pub fn requests(&self) -> u64 {
        self.a_client().map_or(0, Client::requests_sent)
    }

    pub fn exchanges(&self) -> Vec<Exchange> {
        self.a_client().map(Client::exchanges).unwrap_or_default()
    }

    pub fn release(&self) -> Option<String> {
        let info = self.psa.as_ref()?.info.as_ref()?.as_ref().ok()?;
        info.version.clone()
    }

    fn a_client(&self) -> Option<&Client> {
        self.client.as_ref()?.as_ref().ok()
    }

    pub fn lists(&self) -> Option<&Lists> {
        self.psa.as_ref()?.lists.as_ref()
    }

    /// Configuration, portal data and state, where all of them are there.
    pub fn ground(&self) -> Option<(&Config, &PortalData, &State)> {
        let portal = self.portal.as_ref()?.as_ref().ok()?;
        Some((self.config.as_ref().ok()?, portal, self.state.as_ref()?.as_ref().ok()?))
    }

    /// A customer that is asked for.
    pub fn asked(&self, cid: &str) -> bool {
        self.look.customer(cid)
    }
}

/// Reads everything that is asked for.
///
/// # Errors
/// Where a customer is asked for that nobody knows, or somebody interrupts.
pub(super) fn observe<'a>(context: &Context, look: &'a Look) -> Result<Seen<'a>> {
    let asks = look.only.is_none_or(|only| ASKING.contains(&only));
    let mut seen = Seen {
        look,
        now: context.now(),
        config: context.config(),
        portal: None,
        state: None,
        client: None,
        psa: None,
    };
    let Ok(config) = &seen.config else {
        seen.state = context.has_state().then(|| state(context, None));
        return Ok(seen);
    };
    seen.portal = Some(portal_data(context, config));
    let client = asks.then(|| context.client(config).map(Client::looking));
    // Where nothing was ever begun, looking begins nothing, unless a list is compared with what is remembered.
    let lists = matches!(&client, Some(Ok(_))) && look.only.is_none_or(|only| only >= Group::Login);
    seen.state = (context.has_state() || lists).then(|| state(context, Some(config)));
    known_customers(&seen)?;
    if let Some(Ok(client)) = &client {
        let asked = context.block_on(ask(&seen, config, client, context));
        seen.psa = Some(asked?);
    }
    seen.client = client;
    Ok(seen)
}

/// The one place where the doctor reads the portal's data.
fn portal_data(context: &Context, config: &Config) -> Result<PortalData> {
    let source = context.portal(config)?;
    // In this order what the events are read with is gone before the accounts are kept.
    let (log, tally) = Tally::of(source.as_ref(), context.now())?;
    let trouble = source.trouble().map(Failure::from);
    Ok(PortalData { source: source.name(), trouble, snapshot: source.accounts()?, log, tally })
}

fn state(context: &Context, config: Option<&Config>) -> Result<State> {
    let store = context.store()?;
    store.is_sound()?;
    let source = config.map(|config| config.portal.source.name());
    let (links, memories) = match source {
        Some(source) => (store.links(source)?, store.tickets(source)?),
        None => (Vec::new(), BTreeMap::new()),
    };
    let chosen = Chosen::read(&store)?;
    let beat = Beat::read(store.folder());
    Ok(State { store, links, chosen, memories, beat })
}

fn known_customers(seen: &Seen<'_>) -> Result<()> {
    let Some((_, portal, state)) = seen.ground() else { return Ok(()) };
    let known = portal.snapshot.customers.iter().map(|customer| &customer.cid);
    let linked = state.links.iter().map(|link| &link.cid);
    customers::are_known(&seen.look.cids, known.chain(linked).map(String::as_str))
}

async fn ask(seen: &Seen<'_>, config: &Config, client: &Client, context: &Context) -> Result<Psa> {
    let company = client.company_info().await.map_err(Failure::from);
    let mut psa = Psa { company, info: None, lists: None, broken: None };
    if psa.company.is_err() {
        return Ok(psa);
    }
    let by_hand = !seen.look.unattended;
    let allowed = match &seen.state {
        Some(Ok(state)) => waiting::allowed(&state.store, config, by_hand, seen.now),
        _ => Ok(()),
    };
    psa.info = Some(match allowed {
        Ok(()) => client.info().await.map_err(Failure::from),
        Err(waits) => Err(waits),
    });
    let Some(Ok(info)) = &psa.info else { return Ok(psa) };
    if seen.look.only == Some(Group::Connection) {
        return Ok(psa);
    }
    let Some(Ok(state)) = &seen.state else { return Ok(psa) };
    let zone = zone::known(config, info.server_time_zone.or_empty()).unwrap_or(TimeZone::UTC);
    let mut lists = Lists { today: Some(seen.now.to_zoned(zone).date()), ..Lists::default() };
    let asker = Asker { seen, config, client, state, ui: &context.ui };
    if let Err(failure) = asker.lists(&mut lists).await {
        psa.broken = Some(failure);
        psa.lists = Some(lists);
        return Ok(psa);
    }
    if seen.look.wants(Group::Sync) && state.chosen.missing(config).is_none() {
        let clock = || context.now();
        let options = Options {
            dry_run: true,
            verify: true,
            by_hand,
            cids: seen.look.cids.clone(),
            ..Options::default()
        };
        let run = Run {
            config,
            client,
            store: &state.store,
            options,
            command: "doctor",
            clock: &clock,
            interrupted: Arc::clone(&context.interrupted),
            writing: Arc::clone(&context.writing),
            told: context.told(),
        };
        lists.next = Some(run.once().await);
    }
    psa.lists = Some(lists);
    Ok(psa)
}

struct Asker<'a> {
    seen: &'a Seen<'a>,
    config: &'a Config,
    client: &'a Client,
    state: &'a State,
    ui: &'a Ui,
}

impl Asker<'_> {
    async fn lists(&self, lists: &mut Lists) -> Result<()> {
        let wants = |groups: &[Group]| groups.iter().any(|group| self.seen.look.wants(*group));
        let Asker { config, client, .. } = *self;
        if wants(&[Group::Login, Group::Rights, Group::Setup]) {
            lists.logins = Some(read(client.list(&paths::integrator_logins(), &Query::all()).await)?);
        }
        if wants(&[Group::Setup, Group::Rights]) {
            self.steps(lists).await?;
        }
        if wants(&[Group::Tickets, Group::Rights]) && config.tickets.enabled {
            lists.boards = Some(read(client.list(&paths::boards(), &service_status::boards_query()).await)?);
            lists.tickets = Some(read(self.tickets().await)?);
        }
        if wants(&[Group::Links, Group::Billing, Group::Rights]) {
            self.companies(lists).await?;
        }
        Ok(())
    }

    /// The steps of set-up that concern no single company; the others are judged record by record.
    async fn steps(&self, lists: &mut Lists) -> Result<()> {
        let mut setup = Setup::new(self.client, self.config, &self.state.store, self.seen.now)?;
        for step in Step::ALL {
            if matches!(step, Step::ManagedIds | Step::Agreements) {
                continue;
            }
            let finding = setup.check(step).await;
            match finding {
                Err(failure) if is_everybodys(&failure) => return Err(failure),
                Err(failure) => {
                    setup.skip(step);
                    lists.steps.push((step, Err(failure)));
                }
                Ok(finding) => lists.steps.push((step, Ok(finding))),
            }
        }
        lists.catalog = std::mem::take(&mut setup.known.catalog);
        let integration = lists.steps.iter().find_map(|(step, finding)| match (step, finding) {
            (Step::CrossReferences, Ok(finding)) => {
                finding.choices.iter().find(|choice| choice.key == "integration").map(|choice| choice.id)
            }
            _ => None,
        });
        if let Some(id) = integration {
            let references = self.client.list(&paths::cross_references(id), &Query::all()).await;
            lists.cross_references = Some((id, read(references)?));
        }
        Ok(())
    }

    /// Every open ticket with psactl's key, and those that the state takes for open and are not among them.
    async fn tickets(&self) -> std::result::Result<Vec<Ticket>, psa::Error> {
        let open = Condition::starts_with("externalXRef", "psactl:").and(Condition::eq("closedFlag", false));
        let mut tickets: Vec<Ticket> = self.list(&paths::tickets(), open).await?;
        let read: BTreeSet<i64> = tickets.iter().map(|ticket| ticket.id).collect();
        let known = self.state.memories.values().filter(|memory| memory.is_open());
        let missing = known.filter_map(|memory| memory.ticket).filter(|id| !read.contains(id));
        for some in Condition::in_batches("id", missing.collect::<BTreeSet<i64>>(), 900) {
            tickets.extend(self.list::<Ticket>(&paths::tickets(), some).await?);
        }
        Ok(tickets)
    }

    async fn list<T: Record>(&self, path: &Path, some: Condition) -> std::result::Result<Vec<T>, psa::Error> {
        self.client.list(path, &Query::all().filter(some).lean()).await
    }

    /// Agreements, additions and Managed ID entries.
    async fn companies(&self, lists: &mut Lists) -> Result<()> {
        let links: Vec<&Link> =
            self.state.links.iter().filter(|link| self.seen.look.customer(&link.cid)).collect();
        let linked: BTreeSet<i64> = links.iter().map(|link| link.company_id).collect();
        lists.names.extend(links.iter().map(|link| (link.company_id, link.company_name.clone())));
        let some = !self.seen.look.cids.is_empty();
        let mut companies = linked.clone();
        if self.config.billing.enabled {
            match self.agreements(some.then_some(&linked)).await {
                Ok(agreements) => {
                    for agreement in &agreements {
                        if let Some(company) = &agreement.company
                            && let Some(id) = company.id
                        {
                            companies.insert(id);
                            lists.names.entry(id).or_insert_with(|| company.to_string());
                        }
                    }
                    if self.seen.look.wants(Group::Billing) || self.seen.look.wants(Group::Rights) {
                        let looked = agreements.into_iter().filter(|own| {
                            runs(own) || company_of(own).is_some_and(|company| linked.contains(&company))
                        });
                        lists.agreements = Some(Ok(self.additions(looked.collect(), lists).await?));
                    }
                }
                Err(failure) if is_everybodys(&failure) => return Err(failure),
                Err(failure) => lists.agreements = Some(Err(failure)),
            }
        }
        let ids: Vec<i64> = links.iter().map(|link| link.company_id).collect();
        match psa_observe::out_of_use(self.client, ids).await {
            Ok(gone) => lists.gone = gone,
            Err(failure) if is_everybodys(&failure) => return Err(failure),
            Err(failure) => lists.unread.push(failure),
        }
        if self.seen.look.wants(Group::Links) || self.seen.look.wants(Group::Rights) {
            // Where a Managed ID was seen before, it may still stand.
            let doubled = self.state.store.doubled_managed_ids()?;
            companies.extend(doubled.into_values().flatten());
            let entries = self.entries(companies, &mut lists.unread).await;
            lists.entries = Some(entries?);
        }
        Ok(())
    }

    async fn agreements(&self, of: Option<&BTreeSet<i64>>) -> Result<Vec<Agreement>> {
        let Some(companies) = of else {
            return Ok(self.client.list(&paths::agreements(), &Query::all().lean()).await?);
        };
        let mut agreements = Vec::new();
        for some in Condition::in_batches("company/id", companies.iter().copied(), 900) {
            agreements.extend(self.list::<Agreement>(&paths::agreements(), some).await?);
        }
        Ok(agreements)
    }

    async fn additions(&self, agreements: Vec<Agreement>, lists: &mut Lists) -> Result<Vec<AgreementFacts>> {
        let mut progress = self.ui.progress("reading the additions of agreements", agreements.len());
        let mut reading = stream::iter(agreements)
            .map(|agreement| async move {
                let path = paths::additions(agreement.id);
                let additions = self.client.list::<Addition>(&path, &Query::all().lean()).await;
                match additions.map_err(Failure::from) {
                    Ok(additions) => Ok(AgreementFacts { agreement, additions }),
                    Err(failure) => Err((company_of(&agreement), failure)),
                }
            })
            .buffered(2 * self.client.max_concurrency());
        let mut read = Vec::new();
        while let Some(outcome) = reading.next().await {
            progress.step();
            match outcome {
                Ok(with) => read.push(with),
                Err((_, failure)) if is_everybodys(&failure) => return Err(failure),
                Err((company, failure)) => {
                    lists.unread.push(failure);
                    lists.unread_companies.extend(company);
                }
            }
        }
        Ok(read)
    }

    async fn entries(
        &self,
        companies: BTreeSet<i64>,
        unread: &mut Vec<Failure>,
    ) -> Result<BTreeMap<i64, Vec<ManagedId>>> {
        let mut progress = self.ui.progress("reading the Managed IDs of companies", companies.len());
        let mut reading = stream::iter(companies)
            .map(|company| async move { (company, managed_ids::entries_of(self.client, company).await) })
            .buffer_unordered(2 * self.client.max_concurrency());
        let mut read = BTreeMap::new();
        while let Some((company, outcome)) = reading.next().await {
            progress.step();
            match outcome {
                Ok(entries) => drop(read.insert(company, entries)),
                Err(failure) if is_everybodys(&failure) => return Err(failure),
                // A company that is gone has none.
                Err(failure) if kind_of(&failure) == Some(psa::Kind::NotFound) => {}
                Err(failure) => unread.push(failure),
            }
        }
        Ok(read)
    }
}

/// A list, or why it alone could not be read; what would meet every other list ends the look.
fn read<T>(outcome: std::result::Result<T, psa::Error>) -> Result<Result<T>> {
    match outcome.map_err(Failure::from) {
        Err(failure) if is_everybodys(&failure) => Err(failure),
        other => Ok(other),
    }
}

/// What kind of failure of ConnectWise this is.
pub(super) fn kind_of(failure: &Failure) -> Option<psa::Kind> {
    failure.error.downcast_ref::<psa::Error>().map(psa::Error::kind)
}

/// Whether a right is missing.
pub(super) fn is_forbidden(failure: &Failure) -> bool {
    kind_of(failure) == Some(psa::Kind::Forbidden)
}

pub(super) fn company_of(agreement: &Agreement) -> Option<i64> {
    agreement.company.as_ref().and_then(|company| company.id)
}

fn runs(agreement: &Agreement) -> bool {
    agreement.agreement_status.as_ref().is_none_or(|status| *status == AgreementStatus::Active)
}
