//! `psactl companies`: which company of ConnectWise a customer of the portal is.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::config::Config;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::plan::Plan;
use crate::plan::apply::{Applied, Applier, Secrets};
use crate::portal::{self, Customer};
use crate::psa::{Client, Company, CompanyStatus, Condition, OrEmpty, Query, paths};
use crate::setup::{Setup, Step, agreements, managed_ids};
use crate::store::{Link, Store};
use crate::sync::observe;
use crate::ui::{Look, Show, Ui, text};

/// Show and make the links between customers of the portal and companies of ConnectWise
///
/// Without a subcommand it lists the customers with their links.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Link a customer to a company and make its two Managed ID entries, in the right order
    Link {
        /// The customer's ID at the portal, such as 342
        cid: String,
        /// The company: its id, its identifier or its exact name
        company: String,
        /// Show the changes; write nothing
        #[arg(long)]
        dry_run: bool,
        /// Ask nothing
        #[arg(long)]
        yes: bool,
        /// Put this link in place of another one of the same customer
        #[arg(long)]
        replace: bool,
    },
    /// Take over the links that ConnectWise already has as Managed IDs
    Adopt {
        /// Show the links; remember nothing
        #[arg(long)]
        dry_run: bool,
        /// Ask nothing
        #[arg(long)]
        yes: bool,
        /// Also take over links that differ from the present ones
        #[arg(long)]
        replace: bool,
    },
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let config = context.config()?;
    let store = context.store()?;
    let source = portal::open(&config)?;
    let snapshot = source.accounts()?;
    let links: BTreeMap<String, Link> =
        store.links(source.name())?.into_iter().map(|link| (link.cid.clone(), link)).collect();
    match args.action {
        None => {
            let rows = snapshot
                .customers
                .iter()
                .map(|customer| Row { customer: customer.clone(), link: links.get(&customer.cid).cloned() })
                .collect();
            context.ui.emit(&Listing { customers: rows });
            Ok(Exit::Done)
        }
        Some(Action::Link { cid, company, dry_run, yes, replace }) => {
            let Some(customer) = snapshot.customer(&cid) else {
                return Err(Failure::new(Exit::Partial, format!("the portal knows no customer {cid}"))
                    .hint("psactl companies lists the customers of the portal"));
            };
            let linker = Linker::new(context, &config, &store, source.name(), dry_run)?;
            let report = context.block_on(linker.link(customer, &company, &links, yes, replace))?;
            context.ui.emit(&report);
            Ok(report.exit())
        }
        Some(Action::Adopt { dry_run, yes, replace }) => {
            let linker = Linker::new(context, &config, &store, source.name(), dry_run)?;
            let report = context.block_on(linker.adopt(&snapshot.customers, &links, yes, replace))?;
            context.ui.emit(&report);
            Ok(report.exit())
        }
    }
}

struct Linker<'a> {
    context: &'a Context,
    config: &'a Config,
    store: &'a Store,
    client: Client,
    source: &'static str,
    dry_run: bool,
    _lock: Option<crate::store::Lock>,
}

impl<'a> Linker<'a> {
    fn new(
        context: &'a Context,
        config: &'a Config,
        store: &'a Store,
        source: &'static str,
        dry_run: bool,
    ) -> Result<Self> {
        let lock = if dry_run { None } else { Some(store.lock("companies", context.now())?) };
        Ok(Linker { context, config, store, client: context.client(config)?, source, dry_run, _lock: lock })
    }

    /// The management solution that Managed IDs belong to.
    async fn solution(&self) -> Result<(i64, String)> {
        let mut setup = Setup::new(&self.client, self.config, self.store, self.context.now())?;
        setup.check(Step::ManagementSolution).await?;
        match setup.known.solution {
            Some(crate::setup::Named { id: Some(id), name }) => Ok((id, name)),
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

    async fn link(
        &self,
        customer: &Customer,
        wanted: &str,
        links: &BTreeMap<String, Link>,
        yes: bool,
        replace: bool,
    ) -> Result<Linked> {
        let present = links.get(&customer.cid);
        let company = self.company(wanted).await?;
        if is_inactive(&company, &self.inactive_statuses().await?) {
            return Err(Failure::new(
                Exit::Partial,
                format!("company {} (#{}) is inactive", company.name.or_empty(), company.id),
            )
            .hint("psactl writes nothing to it: make it active in ConnectWise, or name another company"));
        }
        if let Some(present) = present.filter(|link| link.company_id != company.id && !replace) {
            return Err(Failure::new(
                Exit::Partial,
                format!("customer {} is linked to {} (#{})", customer.cid, present.company_name, present.company_id),
            )
            .hint("--replace links it to the other company, once the first one's agreement additions for it are ended"));
        }
        let (solution, name) = self.solution().await?;
        let managed_id = self.config.connectwise.managed_id(&customer.cid);
        if let Some(reason) = self.still_billed(present, company.id, &managed_id).await? {
            return Err(Failure::new(Exit::Partial, reason));
        }
        // One Managed ID on two companies contradicts itself; the company that is replaced is known to have it.
        let others: BTreeMap<i64, &str> = links
            .values()
            .filter(|link| link.cid != customer.cid && link.company_id != company.id)
            .filter(|link| present.is_none_or(|present| present.company_id != link.company_id))
            .map(|link| (link.company_id, link.company_name.as_str()))
            .collect();
        for (other, other_name) in others {
            let entries = managed_ids::entries_of(&self.client, other).await?;
            if !managed_ids::of_solution(&entries, Some(solution), &managed_id).is_empty() {
                return Err(Failure::new(
                    Exit::Partial,
                    format!("{other_name} (#{other}) has the Managed ID {managed_id} already"),
                )
                .hint(format!(
                    "delete its entries in ConnectWise (Company > {other_name} > Management), or link customer {} to it",
                    customer.cid
                )));
            }
        }
        let link = Link {
            cid: customer.cid.clone(),
            company_id: company.id,
            company_name: company.name.or_empty().to_owned(),
            portal_name: customer.name.clone(),
            managed_id: managed_id.clone(),
            origin: "link".to_owned(),
            confirmed_at: self.context.now(),
        };
        let entries = managed_ids::entries_of(&self.client, company.id).await?;
        let changes = managed_ids::plan(
            &link,
            &managed_id,
            &serde_json::json!({ "id": solution, "name": name }),
            &entries,
        );
        let plan = Plan { changes, ..Plan::default() };
        let mut report =
            Linked { link: link.clone(), managed_id, plan, applied: Vec::new(), dry_run: self.dry_run };
        if self.dry_run {
            return Ok(report);
        }
        if !yes && self.context.ui.may_ask() {
            report.plan.show(&self.context.ui);
            let question = format!(
                "Link customer {} “{}” to company “{}” (#{})?",
                link.cid,
                text::clean(&link.portal_name),
                text::clean(&link.company_name),
                link.company_id
            );
            if !self.context.ui.confirm(&question, "--yes")? {
                return Err(Failure::new(Exit::Interrupted, "nothing was linked"));
            }
        } else if !yes && link.portal_name != link.company_name {
            return Err(Failure::new(
                Exit::Usage,
                format!(
                    "the names differ: “{}” at the portal, “{}” in ConnectWise",
                    link.portal_name, link.company_name
                ),
            )
            .hint("--yes says that they are the same"));
        }
        let run = self.store.begin_run("companies link", self.context.now())?;
        let clock = || self.context.now();
        let secrets = Secrets::default();
        let mut applier = Applier {
            client: &self.client,
            store: self.store,
            run,
            secrets: &secrets,
            clock: &clock,
            observed_at: self.context.now(),
            interrupted: Arc::clone(&self.context.interrupted),
        };
        applier.settle().await?.whole()?;
        report.applied = applier.apply(std::mem::take(&mut report.plan.changes)).await?;
        if report.exit() == Exit::Done {
            self.store.set_link(self.source, &link)?;
            self.store.forget_checks_of([link.cid.as_str()])?;
        }
        self.store.end_run(run, report.exit().code(), "link", self.context.now())?;
        Ok(report)
    }

    /// The statuses of companies that are out of business.
    async fn inactive_statuses(&self) -> Result<Vec<CompanyStatus>> {
        let inactive = Query::all().filter(Condition::eq("inactiveFlag", true));
        Ok(self.client.list(&paths::company_statuses(), &inactive).await?)
    }

    /// Why a customer must not go on at another company or under another Managed ID: the additions that have the
    /// present one as serial number would go on billing beside the new ones.
    async fn still_billed(
        &self,
        present: Option<&Link>,
        company_id: i64,
        managed_id: &str,
    ) -> Result<Option<String>> {
        let Some(present) =
            present.filter(|link| link.managed_id != managed_id || link.company_id != company_id)
        else {
            return Ok(None);
        };
        let agreements = observe::agreements(&self.client, present.company_id).await?;
        let today = self.context.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let billing: Vec<String> = agreements::with_serial(&agreements, &present.managed_id, today)
            .map(|(agreement, addition)| format!("#{} on {}", addition.id, agreement.name.or_empty()))
            .collect();
        if billing.is_empty() {
            return Ok(None);
        }
        let additions = text::count(billing.len(), "agreement addition", "agreement additions");
        let (cid, company, serial) = (&present.cid, &present.company_name, &present.managed_id);
        let listed = billing.join(", ");
        Ok(Some(if present.company_id == company_id {
            format!(
                "customer {cid} was linked as {serial}, now it is {managed_id}, and {additions} of {company} still \
                 has the serial number {serial}: {listed}; write {managed_id} there in ConnectWise (Company > \
                 Agreements > Additions), or end it"
            )
        } else {
            format!(
                "customer {cid} is still billed by {additions} of {company} (serial number {serial}): {listed}; end them in \
                 ConnectWise first (Company > Agreements > Additions > Cancelled Date), or the customer is billed twice"
            )
        }))
    }

    /// A company by its id, its identifier or its exact name; never by likeness.
    async fn company(&self, wanted: &str) -> Result<Company> {
        let mut found: Vec<Company> = Vec::new();
        if let Ok(id) = wanted.parse::<i64>() {
            found.extend(self.client.find::<Company>(&paths::company(id)).await?);
        }
        if found.is_empty() {
            let named = Condition::eq("identifier", wanted).or(Condition::eq("name", wanted));
            found = self.client.list(&paths::companies(), &Query::all().filter(named)).await?;
        }
        found.retain(|company| !company.deleted_flag);
        match found.len() {
            1 => found.pop().ok_or_else(|| Failure::new(Exit::Unexpected, "a company vanished")),
            0 => Err(Failure::new(
                Exit::Partial,
                format!("ConnectWise has no company with id, identifier or name “{wanted}”"),
            )
            .hint("Company > Company Search shows the exact name and the company ID")),
            _ => Err(Failure::new(
                Exit::Partial,
                format!(
                    "several companies are called “{wanted}”: {}",
                    found
                        .iter()
                        .map(|company| format!("#{} {}", company.id, company.identifier.or_empty()))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            )
            .hint("name it by its id")),
        }
    }

    /// Links that the PSA already states: exactly one company with the customer's Managed ID.
    async fn adopt(
        &self,
        customers: &[Customer],
        links: &BTreeMap<String, Link>,
        yes: bool,
        replace: bool,
    ) -> Result<Adopted> {
        let (solution, _) = self.solution().await?;
        let open =
            Query::all().filter(Condition::eq("deletedFlag", false)).fields("id,identifier,name,status");
        let companies: Vec<Company> = self.client.list(&paths::companies(), &open).await?;
        let mut by_managed_id: BTreeMap<String, Vec<&Company>> = BTreeMap::new();
        for company in &companies {
            let entries = managed_ids::entries_of(&self.client, company.id).await?;
            for customer in customers {
                let managed_id = self.config.connectwise.managed_id(&customer.cid);
                if !managed_ids::of_solution(&entries, Some(solution), &managed_id).is_empty() {
                    by_managed_id.entry(customer.cid.clone()).or_default().push(company);
                }
            }
        }
        let inactive = self.inactive_statuses().await?;
        let mut report = Adopted { dry_run: self.dry_run, ..Adopted::default() };
        for customer in customers {
            let found = by_managed_id.get(&customer.cid).map_or(&[][..], Vec::as_slice);
            match found {
                [] => report.without.push(customer.clone()),
                [company] => {
                    let known = links.get(&customer.cid);
                    let managed_id = self.config.connectwise.managed_id(&customer.cid);
                    if known.is_some_and(|link| {
                        link.company_id == company.id
                            && link.portal_name == customer.name
                            && link.managed_id == managed_id
                    }) {
                        continue;
                    }
                    let elsewhere = known.filter(|link| link.company_id != company.id);
                    let stays = if is_inactive(company, &inactive) {
                        Some(format!("{} (#{}) is inactive", company.name.or_empty(), company.id))
                    } else if let Some(link) = elsewhere.filter(|_| !replace) {
                        Some(format!(
                            "linked to {} (#{}) now, its Managed ID stands on {} (#{}): --replace takes \
                             that one",
                            link.company_name,
                            link.company_id,
                            company.name.or_empty(),
                            company.id
                        ))
                    } else {
                        self.still_billed(known, company.id, &managed_id).await?
                    };
                    if let Some(reason) = stays {
                        report.left_alone.push(LeftAlone { cid: customer.cid.clone(), reason });
                        continue;
                    }
                    if let Some(link) = elsewhere {
                        report.replaced.insert(customer.cid.clone(), link.clone());
                    }
                    report.links.push(Link {
                        cid: customer.cid.clone(),
                        company_id: company.id,
                        company_name: company.name.or_empty().to_owned(),
                        portal_name: customer.name.clone(),
                        managed_id,
                        origin: "managed-id".to_owned(),
                        confirmed_at: self.context.now(),
                    });
                }
                several => report.contradictions.push(Contradiction {
                    cid: customer.cid.clone(),
                    companies: several
                        .iter()
                        .map(|company| format!("{} (#{})", company.name.or_empty(), company.id))
                        .collect(),
                }),
            }
        }
        if self.dry_run || report.links.is_empty() {
            return Ok(report);
        }
        if !yes {
            if self.context.ui.may_ask() {
                report.show(&self.context.ui);
            }
            let question = format!("Are these {} the same customers?", report.links.len());
            if !self.context.ui.confirm(&question, "--yes")? {
                return Err(Failure::new(Exit::Interrupted, "nothing was adopted"));
            }
        }
        for link in &report.links {
            self.store.set_link(self.source, link)?;
        }
        self.store.forget_checks_of(report.links.iter().map(|link| link.cid.as_str()))?;
        Ok(report)
    }
}

/// Whether a company is out of business.
fn is_inactive(company: &Company, inactive: &[CompanyStatus]) -> bool {
    company.status.as_ref().is_some_and(|status| inactive.iter().any(|known| status.is(known.id)))
}

#[derive(Debug, Serialize)]
struct Row {
    customer: Customer,
    link: Option<Link>,
}

/// The customers of the portal with their links.
#[derive(Debug, Serialize)]
struct Listing {
    customers: Vec<Row>,
}

impl Show for Listing {
    const SCHEMA: &'static str = "psactl/companies/1";

    fn show(&self, ui: &Ui) {
        let mut table = ui.table(&["customer", "name at the portal", "company in connectwise", "linked"]);
        for row in &self.customers {
            let (company, linked) = match &row.link {
                Some(link) => (
                    format!("{} (#{})", link.company_name, link.company_id),
                    format!("{} UTC", text::moment(link.confirmed_at)),
                ),
                None => ("-".to_owned(), "not linked".to_owned()),
            };
            table.row([row.customer.cid.clone(), row.customer.name.clone(), company, linked]);
        }
        ui.out(&table.to_string());
        let open = self.customers.iter().filter(|row| row.link.is_none()).count();
        if open > 0 {
            ui.say(&format!(
                "{} not linked: psactl companies adopt, or psactl companies link CID COMPANY",
                text::count(open, "customer is", "customers are")
            ));
        }
    }
}

/// What linking a customer did.
#[derive(Debug, Serialize)]
struct Linked {
    link: Link,
    managed_id: String,
    dry_run: bool,
    plan: Plan,
    applied: Vec<Applied>,
}

impl Linked {
    fn exit(&self) -> Exit {
        if self.applied.iter().all(|applied| applied.ended.is_done()) { Exit::Done } else { Exit::Partial }
    }
}

impl Show for Linked {
    const SCHEMA: &'static str = "psactl/companies-link/1";

    fn show(&self, ui: &Ui) {
        self.plan.show(ui);
        for applied in &self.applied {
            match applied.ended.trouble() {
                None => ui.out(&format!(
                    "  {} {}",
                    ui.paint(Look::Good, "+"),
                    text::clean(&applied.change.subject.to_string())
                )),
                Some(trouble) => ui.out(&format!(
                    "  {} {}: {}",
                    ui.paint(Look::Bad, "x"),
                    text::clean(&applied.change.subject.to_string()),
                    text::clean(&trouble)
                )),
            }
        }
        let names = format!(
            "customer {} “{}” and company “{}” (#{})",
            self.link.cid,
            text::clean(&self.link.portal_name),
            text::clean(&self.link.company_name),
            self.link.company_id
        );
        ui.out(&match (self.dry_run, self.exit()) {
            (true, _) => format!("Dry run: {names} would be linked."),
            (false, Exit::Done) => format!("Linked: {names}. Next: psactl setup agreements --dry-run"),
            (false, _) => format!("Not linked: {names}."),
        });
    }
}

#[derive(Debug, Serialize)]
struct Contradiction {
    cid: String,
    companies: Vec<String>,
}

/// A customer whose link is not touched, and why.
#[derive(Debug, Serialize)]
struct LeftAlone {
    cid: String,
    reason: String,
}

/// What adopting found.
#[derive(Debug, Default, Serialize)]
struct Adopted {
    dry_run: bool,
    links: Vec<Link>,
    /// The present links that some of them take the place of, by customer.
    replaced: BTreeMap<String, Link>,
    left_alone: Vec<LeftAlone>,
    contradictions: Vec<Contradiction>,
    without: Vec<Customer>,
}

impl Adopted {
    fn exit(&self) -> Exit {
        if self.contradictions.is_empty() && self.left_alone.is_empty() { Exit::Done } else { Exit::Partial }
    }
}

impl Show for Adopted {
    const SCHEMA: &'static str = "psactl/companies-adopt/1";

    fn show(&self, ui: &Ui) {
        if !self.links.is_empty() {
            let mut table = ui.table(&["customer", "name at the portal", "company in connectwise", ""]);
            for link in &self.links {
                let differs = if link.portal_name == link.company_name { "" } else { "names differ" };
                let differs = match self.replaced.get(&link.cid) {
                    Some(now) => format!("in place of {} (#{}) {differs}", now.company_name, now.company_id),
                    None => differs.to_owned(),
                };
                table.row([
                    link.cid.clone(),
                    link.portal_name.clone(),
                    format!("{} (#{})", link.company_name, link.company_id),
                    differs,
                ]);
            }
            ui.out(&table.to_string());
        }
        for left in &self.left_alone {
            let reason = ui.wrap(&text::clean(&left.reason), 4, 4);
            ui.out(&format!("  {} customer {}: {reason}", ui.paint(Look::Bad, "x"), left.cid));
        }
        for contradiction in &self.contradictions {
            ui.out(&format!(
                "  {} customer {}: its Managed ID stands on several companies: {}; delete the wrong entries in ConnectWise",
                ui.paint(Look::Bad, "x"),
                contradiction.cid,
                text::clean(&contradiction.companies.join(", "))
            ));
        }
        if !self.without.is_empty() {
            let names: Vec<String> =
                self.without.iter().map(|customer| format!("{} {}", customer.cid, customer.name)).collect();
            ui.out(&format!(
                "Without a Managed ID in ConnectWise: {}",
                ui.wrap(&text::clean(&names.join(", ")), 38, 2)
            ));
        }
        ui.out(&match (self.links.len(), self.dry_run) {
            (0, _) => "No new links.".to_owned(),
            (links, true) => format!("Dry run: {} would be adopted.", text::count(links, "link", "links")),
            (links, false) => format!("{}.", text::count(links, "link adopted", "links adopted")),
        });
    }
}
