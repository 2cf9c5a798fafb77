//! What the subcommands share: reading companies, what speaks against a link, and making links through the
//! journal.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::config::Config;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::plan::Change;
use crate::plan::apply::{Applied, Applier, Secrets};
use crate::portal::Customer;
use crate::psa::{self, Agreement, Client, Company, ManagedId, OrEmpty, paths};
use crate::setup::directory::{Directory, Unfit};
use crate::setup::screens::ADDITIONS;
use crate::setup::{Named, Setup, Step, agreements, managed_ids};
use crate::store::{Link, Lock, Store};
use crate::sync::{billing, observe};
use crate::ui::{Ui, text};

/// What a subcommand works with.
pub(super) struct Linking<'a> {
    pub context: &'a Context,
    pub config: &'a Config,
    pub store: &'a Store,
    pub client: Client,
    pub source: &'static str,
    /// The present links, by customer.
    pub links: BTreeMap<String, Link>,
    pub dry_run: bool,
    /// The additions that psactl keeps, by customer and agreement.
    kept: BTreeMap<String, BTreeMap<i64, BTreeSet<i64>>>,
    lock: RefCell<Option<Lock>>,
}

/// A link that may be made, with the changes that give its company the two Managed ID entries.
pub(super) struct Proposed {
    pub link: Link,
    pub changes: Vec<Change>,
}

impl<'a> Linking<'a> {
    pub fn new(context: &'a Context, config: &'a Config, store: &'a Store, dry_run: bool) -> Result<Self> {
        let lock = if dry_run { None } else { Some(context.lock(store, "companies")?) };
        let source = config.portal.source.name();
        let links = store.links(source)?.into_iter().map(|link| (link.cid.clone(), link)).collect();
        let mut kept: BTreeMap<String, BTreeMap<i64, BTreeSet<i64>>> = BTreeMap::new();
        for own in store.bindings(source)? {
            kept.entry(own.cid).or_default().entry(own.agreement_id).or_default().insert(own.addition_id);
        }
        Ok(Linking {
            kept,
            context,
            config,
            store,
            client: context.client(config)?,
            source,
            links,
            dry_run,
            lock: RefCell::new(lock),
        })
    }

    /// Asks a person. While they think, the right to write is given back, so that cron's sync goes on; what was shown
    /// is for the caller to look at again.
    pub async fn ask<T>(&self, question: impl FnOnce(&Ui) -> Result<T>) -> Result<T> {
        let held = self.lock.take().is_some();
        let answer = question(&self.context.ui)?;
        if held {
            let lock = self.context.lock_patiently(self.store, "companies").await?;
            self.lock.replace(Some(lock));
            let links = self.store.links(self.source)?;
            if !links.iter().eq(self.links.values()) {
                let met = "customers were linked or unlinked while this was asked: nothing was done";
                return Err(Failure::new(Exit::Partial, met).hint("run the command again"));
            }
        }
        Ok(answer)
    }

    pub fn managed_id(&self, cid: &str) -> String {
        self.config.connectwise.managed_id(cid)
    }

    fn today(&self) -> jiff::civil::Date {
        self.context.now().to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// The management solution that Managed IDs belong to.
    pub async fn solution(&self) -> Result<(i64, String)> {
        let mut setup = Setup::new(&self.client, self.config, self.store, self.context.now())?;
        setup.check(Step::ManagementSolution).await?;
        match setup.known.solution {
            Some(Named { id: Some(id), name }) => Ok((id, name)),
            _ => Err(Failure::new(
                Exit::Configuration,
                format!(
                    "ConnectWise has no management solution “{}” yet",
                    self.config.connectwise.management_solution
                ),
            )
            .hint("psactl setup --apply makes it")),
        }
    }

    /// A company by its id, its identifier or its exact name; never by likeness.
    pub async fn company(&self, wanted: &str) -> Result<Company> {
        let found = Directory::of(&self.client, wanted).await?;
        found.pick(wanted).cloned().map_err(|unfit| unfit_for_a_link(&unfit, wanted))
    }

    /// The Managed ID entries of companies, each read once and many at a time. A company that is gone has none.
    pub async fn entries_of(
        &self,
        companies: impl IntoIterator<Item = i64>,
    ) -> Result<BTreeMap<i64, Vec<ManagedId>>> {
        let ids: BTreeSet<i64> = companies.into_iter().collect();
        let mut progress = self.context.ui.progress("reading Managed IDs", ids.len());
        let mut reading = tokio::task::JoinSet::new();
        for id in ids {
            let client = self.client.clone();
            reading.spawn(async move { (id, managed_ids::entries_of(&client, id).await) });
        }
        let mut entries = BTreeMap::new();
        while let Some(read) = reading.join_next().await {
            progress.step();
            let (id, found) = read.map_err(anyhow::Error::from)?;
            let found = match found {
                Err(failure) if failure.psa().is_some_and(psa::Error::is_not_found) => Vec::new(),
                found => found?,
            };
            entries.insert(id, found);
        }
        Ok(entries)
    }

    /// What speaks against linking these customers to these companies, and for the others the link with the
    /// changes it needs. `replace`: a link to another company is no objection.
    pub async fn propose(
        &self,
        pairs: &[(Customer, Company)],
        replace: bool,
    ) -> Result<Vec<Result<Proposed>>> {
        let (solution, name) = self.solution().await?;
        let linked = self.links.values().map(|link| link.company_id);
        let entries = self.entries_of(linked.chain(pairs.iter().map(|(_, company)| company.id))).await?;
        let solution_reference = serde_json::json!({ "id": solution, "name": name });
        let mut proposed = Vec::with_capacity(pairs.len());
        for (customer, company) in pairs {
            let objection = match self.elsewhere(customer, company, replace) {
                None => self.contradicted(customer, company, solution, &entries, pairs),
                found => found,
            };
            let objection = match objection {
                None => {
                    let billed = self.still_billed(&customer.cid, company.id).await?;
                    billed.map(|reason| Failure::new(Exit::Partial, reason))
                }
                found => found,
            };
            proposed.push(match objection {
                Some(objection) => Err(objection),
                None => {
                    let link = self.link(customer, company, "link");
                    let own = entries.get(&company.id).map_or(&[][..], Vec::as_slice);
                    let changes = managed_ids::plan(&link, &link.managed_id, &solution_reference, own);
                    Ok(Proposed { link, changes })
                }
            });
        }
        Ok(proposed)
    }

    /// Whether a link stands as it is proposed, with its entries: there is nothing to ask or to do.
    pub fn stands(&self, own: &Proposed) -> bool {
        own.changes.is_empty()
            && self.links.get(&own.link.cid).is_some_and(|link| {
                link.company_id == own.link.company_id
                    && link.portal_name == own.link.portal_name
                    && link.managed_id == own.link.managed_id
            })
    }

    /// Sees that what a person agreed to, after some thought, is still what there is to do: somebody may have made
    /// the entries meanwhile.
    pub async fn still_stands(
        &self,
        pairs: &[(Customer, Company)],
        agreed: &[Proposed],
        replace: bool,
    ) -> Result<()> {
        let now = self.propose(pairs, replace).await?;
        let same = now.len() == agreed.len()
            && now.iter().zip(agreed).all(|(now, agreed)| match now {
                Ok(now) => now.changes == agreed.changes && now.link.company_id == agreed.link.company_id,
                Err(_) => false,
            });
        if same {
            return Ok(());
        }
        Err(Failure::new(
            Exit::Partial,
            "ConnectWise changed while this was being looked at; nothing was written",
        )
        .hint("run the command again: it plans from what is there now"))
    }

    /// The link of a customer with a company, agreed to now.
    pub fn link(&self, customer: &Customer, company: &Company, origin: &str) -> Link {
        Link {
            cid: customer.cid.clone(),
            company_id: company.id,
            company_name: company.name.or_empty().to_owned(),
            portal_name: customer.name.clone(),
            managed_id: self.managed_id(&customer.cid),
            origin: origin.to_owned(),
            confirmed_at: self.context.now(),
        }
    }

    /// The customer is another company's by now.
    fn elsewhere(&self, customer: &Customer, company: &Company, replace: bool) -> Option<Failure> {
        let present =
            self.links.get(&customer.cid).filter(|link| link.company_id != company.id && !replace)?;
        let message = format!(
            "customer {} is linked to {} (#{})",
            customer.cid, present.company_name, present.company_id
        );
        Some(Failure::new(Exit::Partial, message).hint(format!(
            "psactl companies link {} {} --replace links it to the other company, once the first one's agreement \
             additions for it are ended",
            customer.cid, company.id
        )))
    }

    /// One Managed ID on two companies contradicts itself; the company that is replaced is known to have it.
    fn contradicted(
        &self,
        customer: &Customer,
        company: &Company,
        solution: i64,
        entries: &BTreeMap<i64, Vec<ManagedId>>,
        pairs: &[(Customer, Company)],
    ) -> Option<Failure> {
        let managed_id = self.managed_id(&customer.cid);
        let present = self.links.get(&customer.cid).map(|link| link.company_id);
        let linked = self.links.values().map(|link| (link.company_id, link.company_name.as_str()));
        let wanted = pairs.iter().map(|(_, company)| (company.id, company.name.or_empty()));
        let (other, name) = linked
            .chain(wanted)
            .filter(|(id, _)| *id != company.id && Some(*id) != present)
            .find(|(id, _)| {
                let own = entries.get(id).map_or(&[][..], Vec::as_slice);
                !managed_ids::of_solution(own, Some(solution), &managed_id).is_empty()
            })?;
        let message = format!("{name} (#{other}) has the Managed ID {managed_id} already");
        Some(Failure::new(Exit::Partial, message).hint(format!(
            "delete its entries in ConnectWise ({}), or link customer {} to it",
            clicks(name),
            customer.cid
        )))
    }

    /// Why a customer must not go on at another company or under another Managed ID: the additions that have the
    /// present one as serial number would go on billing beside the new ones. Where the link was forgotten, the
    /// additions that psactl wrote tell where it was.
    pub async fn still_billed(&self, cid: &str, company_id: i64) -> Result<Option<String>> {
        let managed_id = self.managed_id(cid);
        let Some(present) = self.links.get(cid) else { return self.left_behind(cid, company_id).await };
        if present.managed_id == managed_id && present.company_id == company_id {
            return Ok(None);
        }
        let billing = self.billed_by(present.company_id, &present.managed_id).await?;
        if billing.is_empty() {
            return Ok(None);
        }
        let additions = text::count(billing.len(), "agreement addition", "agreement additions");
        let (company, serial) = (&present.company_name, &present.managed_id);
        let listed = billing.into_iter().map(|(place, _)| place).collect::<Vec<_>>().join(", ");
        Ok(Some(if present.company_id == company_id {
            format!(
                "customer {cid} was linked as {serial}, now it is {managed_id}, and {additions} of {company} still \
                 has the serial number {serial}: {listed}; write {managed_id} there in ConnectWise \
                 ({ADDITIONS}), or end it"
            )
        } else {
            still_billed_by(cid, &format!("{additions} of {company} (serial number {serial})"), &listed)
        }))
    }

    /// The additions of a company that carry a Managed ID and have not ended: id and agreement, with what each bills.
    pub async fn billed_by(&self, company: i64, managed_id: &str) -> Result<Vec<(String, String)>> {
        let agreements = observe::agreements(&self.client, company).await?;
        Ok(agreements::with_serial(&agreements, managed_id, self.today())
            .map(|(agreement, addition)| {
                let product = addition.product.as_ref().map(ToString::to_string).unwrap_or_default();
                let quantity = text::quantity(addition.quantity.unwrap_or_default());
                let place = format!("#{} on {}", addition.id, agreement.name.or_empty());
                (place, format!("{product}, quantity {quantity}"))
            })
            .collect())
    }

    /// The customer is not linked, and additions that psactl kept for it bill at another company.
    async fn left_behind(&self, cid: &str, company_id: i64) -> Result<Option<String>> {
        let mut billing = Vec::new();
        for (agreement, additions) in self.kept.get(cid).into_iter().flatten() {
            let found: Option<Agreement> = self.client.find(&paths::agreement(*agreement)).await?;
            let Some(agreement) =
                found.filter(|own| own.company.as_ref().and_then(|own| own.id) != Some(company_id))
            else {
                continue;
            };
            for addition in additions {
                let path = paths::addition(agreement.id, *addition);
                let Some(addition) = self.client.find(&path).await? else { continue };
                if billing::why_ended(&agreement, &addition, self.today()).is_none() {
                    let company = agreement.company.as_ref().map(ToString::to_string).unwrap_or_default();
                    billing.push(format!("#{} on {} of {company}", addition.id, agreement.name.or_empty()));
                }
            }
        }
        let additions = text::count(billing.len(), "agreement addition", "agreement additions");
        Ok((!billing.is_empty()).then(|| still_billed_by(cid, &additions, &billing.join(", "))))
    }

    /// Finds out what became of the writes of a killed run; before anything is planned.
    pub async fn settle(&self) -> Result<()> {
        if self.dry_run {
            return Ok(());
        }
        let (secrets, clock) = (Secrets::default(), || self.context.now());
        self.applier(0, &secrets, &clock).settle().await?.whole()
    }

    /// Makes changes through the journal.
    pub async fn apply(&self, run: i64, changes: Vec<Change>) -> Result<Vec<Applied>> {
        let (secrets, clock) = (Secrets::default(), || self.context.now());
        self.applier(run, &secrets, &clock).apply(changes).await
    }

    fn applier<'b>(
        &'b self,
        run: i64,
        secrets: &'b Secrets,
        clock: &'b dyn Fn() -> jiff::Timestamp,
    ) -> Applier<'b> {
        Applier {
            client: &self.client,
            store: self.store,
            run,
            secrets,
            clock,
            observed_at: clock(),
            interrupted: Arc::clone(&self.context.interrupted),
            writing: Arc::clone(&self.context.writing),
        }
    }

    /// Makes the Managed ID entries of several links, and remembers each link whose entries ConnectWise has.
    /// Returns what was written and the customers that are linked now.
    pub async fn make(&self, run: i64, proposed: Vec<Proposed>) -> Result<(Vec<Applied>, BTreeSet<String>)> {
        let (links, changes): (Vec<Link>, Vec<Vec<Change>>) =
            proposed.into_iter().map(|proposed| (proposed.link, proposed.changes)).unzip();
        let applied = self.apply(run, changes.into_iter().flatten().collect()).await?;
        let failed: BTreeSet<&str> = applied
            .iter()
            .filter(|applied| !applied.ended.is_done())
            .filter_map(|applied| applied.change.cid.as_deref())
            .collect();
        let made: Vec<&Link> = links.iter().filter(|link| !failed.contains(link.cid.as_str())).collect();
        self.remember(made.iter().copied())?;
        let cids = made.iter().map(|link| link.cid.clone()).collect();
        Ok((applied, cids))
    }

    /// Remembers links; their customers are due again.
    pub fn remember<'b>(&self, links: impl IntoIterator<Item = &'b Link>) -> Result<()> {
        let links: Vec<&Link> = links.into_iter().collect();
        for link in &links {
            self.store.set_link(self.source, link)?;
        }
        Ok(self.store.forget_checks_of(links.iter().map(|link| link.cid.as_str()))?)
    }
}

/// Why no company can be taken for what was typed, and what to do.
pub(super) fn unfit_for_a_link(unfit: &Unfit, wanted: &str) -> Failure {
    let (message, hint) = (unfit.message(wanted), unfit.hint());
    Failure::new(Exit::Partial, message).hint(hint)
}

/// Where the Managed ID entries of a company stand.
pub(super) fn clicks(company: &str) -> String {
    format!("Company > {company} > Management")
}

fn still_billed_by(cid: &str, additions: &str, listed: &str) -> String {
    format!(
        "customer {cid} is still billed by {additions}: {listed}; end them in ConnectWise first \
         ({ADDITIONS} > Cancelled Date), or the customer is billed twice"
    )
}
