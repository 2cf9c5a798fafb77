//! Set-up: the ordered steps of the guide, one file each. A step looks, says what it found, and proposes
//! the changes that would make it right (design section 4).

pub mod agreements;
mod configuration_types;
mod cross_references;
pub mod directory;
mod integrator_login;
pub mod likeness;
pub mod managed_ids;
mod management_solution;
mod offers;
mod portal;
mod products;
pub mod screens;
mod service_status;
pub mod suggestions;

pub use offers::{Answer, Asks, Offer, Reply};

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Value, json};

use crate::config::Config;
use crate::error::Result;
use crate::plan::apply::{Applied, Ended};
use crate::plan::{Change, Note, Purpose, SecretSlot};
use crate::portal::Snapshot;
use crate::psa::{self, Client, Info};
use crate::services::{self, Service};
use crate::store::{Choice, Link, Store};

/// The steps of set-up, in the order in which they can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Ticket statuses of the integration board (guide step 1).
    ServiceStatus,
    /// The integrator login (guide step 2).
    IntegratorLogin,
    /// One product per billable service (guide step 3).
    Products,
    /// The management solution (guide step 4).
    ManagementSolution,
    /// Configuration types of the cross-references.
    ConfigurationTypes,
    /// Managed devices integration and its cross-references (guide step 5).
    CrossReferences,
    /// The portal's side (guide steps 6 to 8).
    Portal,
    /// Two Managed ID entries per company (guide, company steps 1 and 3).
    ManagedIds,
    /// Agreement additions per company (guide, company step 2).
    Agreements,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [Step; 9] = [
        Step::ServiceStatus,
        Step::IntegratorLogin,
        Step::Products,
        Step::ManagementSolution,
        Step::ConfigurationTypes,
        Step::CrossReferences,
        Step::Portal,
        Step::ManagedIds,
        Step::Agreements,
    ];

    /// The name a person types.
    pub fn name(self) -> &'static str {
        match self {
            Step::ServiceStatus => "service-status",
            Step::IntegratorLogin => "integrator-login",
            Step::Products => "products",
            Step::ManagementSolution => "management-solution",
            Step::ConfigurationTypes => "configuration-types",
            Step::CrossReferences => "cross-references",
            Step::Portal => "portal",
            Step::ManagedIds => "managed-ids",
            Step::Agreements => "agreements",
        }
    }

    /// What is checked and why, in a sentence.
    pub fn why(self) -> &'static str {
        match self {
            Step::ServiceStatus => {
                "new tickets need an open status of the integration board, and resolving needs a closed one"
            }
            Step::IntegratorLogin => {
                "the record of guide step 2: the right APIs on, all others off, all records visible"
            }
            Step::Products => {
                "each service that is billed needs a product with a price, which agreement additions then bill"
            }
            Step::ManagementSolution => "Managed IDs belong to a management solution of type Custom",
            Step::ConfigurationTypes => {
                "cross-references name the configuration types Backup Stats and License"
            }
            Step::CrossReferences => {
                "vendor type and level must stand letter for letter beside the product they bill"
            }
            Step::Portal => {
                "the portal's data must be readable, and only one system may bill and open tickets"
            }
            Step::ManagedIds => {
                "a Managed ID links a company to a customer of the portal: Workstations and Servers first, Backup Stats second"
            }
            Step::Agreements => {
                "each service a customer uses needs one agreement addition with its Managed ID as serial number"
            }
        }
    }

    /// The guide's click path, for whoever does it by hand.
    pub fn clicks(self) -> &'static str {
        match self {
            Step::ServiceStatus => "Setup > Setup Tables > Service Board > the board > Statuses",
            Step::IntegratorLogin => "Setup > Setup Tables > Integrator Login > New",
            Step::Products => "Setup > Products > New",
            Step::ManagementSolution => "Setup > Setup Tables > Management IT > New",
            Step::ConfigurationTypes => "Setup > Setup Tables > Configuration > New",
            Step::CrossReferences => {
                "Setup > Setup Tables > Managed Devices Integration > Cross-References > New"
            }
            Step::Portal => "My Partnership > Partner Notifications (at the portal)",
            Step::ManagedIds => "Company > the company > Management > New",
            Step::Agreements => "Company > the company > Agreements > the agreement > Additions > New",
        }
    }

    /// The steps that must be right before this one can be.
    pub fn needs(self) -> &'static [Step] {
        match self {
            Step::ServiceStatus
            | Step::Products
            | Step::ManagementSolution
            | Step::ConfigurationTypes
            | Step::Portal => &[],
            Step::IntegratorLogin => &[Step::ServiceStatus],
            Step::CrossReferences => {
                &[Step::IntegratorLogin, Step::Products, Step::ManagementSolution, Step::ConfigurationTypes]
            }
            Step::ManagedIds => &[Step::ManagementSolution],
            Step::Agreements => &[Step::Products, Step::ManagedIds],
        }
    }
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Standing {
    /// Right as it is.
    Done,
    /// Changes would make it right.
    Todo,
    /// A step it needs is not right yet.
    Blocked {
        /// That step.
        by: Step,
    },
    /// Does not apply: tickets or billing are off.
    Unneeded {
        /// Why.
        because: String,
    },
    /// A person has to decide or do something.
    Person {
        /// What, and how.
        what: String,
    },
}

/// What a step found and would change.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// The step.
    pub step: Step,
    /// How it stands.
    #[serde(flatten)]
    pub standing: Standing,
    /// What was found: records by name and id.
    pub found: Vec<String>,
    /// What would make it right.
    pub changes: Vec<Change>,
    /// What deviates without being wrong.
    pub notes: Vec<Note>,
    /// What a person is asked before anything else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Offer>,
    /// Records to remember by id.
    #[serde(skip)]
    pub choices: Vec<Choice>,
}

impl Finding {
    /// A step of which nothing is known yet.
    pub fn new(step: Step) -> Self {
        Finding {
            step,
            standing: Standing::Done,
            found: Vec::new(),
            changes: Vec::new(),
            notes: Vec::new(),
            offers: Vec::new(),
            choices: Vec::new(),
        }
    }

    fn unneeded(step: Step, because: &str) -> Self {
        let mut finding = Finding::new(step);
        finding.standing = Standing::Unneeded { because: because.to_owned() };
        finding
    }

    fn note(&mut self, cid: Option<&str>, text: impl Into<String>) {
        self.notes.push(Note { cid: cid.map(str::to_owned), text: text.into(), act: false });
    }

    /// A person has to act; the first such reason is the step's.
    pub fn person(&mut self, what: impl Into<String>) {
        let what = what.into();
        if matches!(self.standing, Standing::Person { .. }) {
            self.notes.push(Note { cid: None, text: what, act: true });
        } else {
            self.standing = Standing::Person { what };
        }
    }

    fn choose(&mut self, key: &str, id: i64, name: &str, made_here: bool) {
        self.choices.push(Choice { key: key.to_owned(), id, name: name.to_owned(), made_here });
    }

    /// Whether nothing is left to do.
    pub fn is_right(&self) -> bool {
        matches!(self.standing, Standing::Done | Standing::Unneeded { .. })
    }

    fn settled(mut self) -> Self {
        if self.standing == Standing::Done && !self.changes.is_empty() {
            self.standing = Standing::Todo;
        }
        self
    }
}

/// A record that another refers to: by id once it is there, by name while it is only planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its id; `None` while it is only planned.
    pub id: Option<i64>,
    /// Its name.
    pub name: String,
}

impl Named {
    fn there(id: i64, name: &str) -> Self {
        Named { id: Some(id), name: name.to_owned() }
    }

    fn planned(name: &str) -> Self {
        Named { id: None, name: name.to_owned() }
    }

    /// The reference as ConnectWise takes it; `by` is the field that names such a record.
    fn reference(&self, by: &str) -> Value {
        match self.id {
            Some(id) => json!({ "id": id }),
            None => json!({ by: self.name }),
        }
    }

    /// The same with its name, for a person who reads the change before it is made.
    fn shown_reference(&self, by: &str) -> Value {
        match self.id {
            Some(id) => json!({ "id": id, by: self.name }),
            None => json!({ by: self.name }),
        }
    }
}

/// The records earlier steps found, for those that refer to them.
#[derive(Debug, Default)]
pub struct Known {
    /// The integration board.
    pub board: Option<Named>,
    /// The integrator login.
    pub login: Option<Named>,
    /// Products by service.
    pub products: BTreeMap<&'static str, Vec<Product>>,
    /// The management solution.
    pub solution: Option<Named>,
    /// What an integration calls it.
    pub solution_called: Option<String>,
    /// Configuration types by name.
    pub configuration_types: BTreeMap<String, Named>,
}

/// A product of a service with the price an addition starts from.
#[derive(Debug, Clone)]
pub struct Product {
    /// The catalog item.
    pub item: Named,
    /// Its price.
    pub price: Option<rust_decimal::Decimal>,
    /// Its cost.
    pub cost: Option<rust_decimal::Decimal>,
}

/// What the steps look at.
pub struct Setup<'a> {
    /// The client.
    pub client: &'a Client,
    /// The configuration.
    pub config: &'a Config,
    /// The state.
    pub store: &'a Store,
    /// The portal's account list, or why it cannot be read.
    pub portal: std::result::Result<Snapshot, String>,
    /// The portal source's name.
    pub source: &'static str,
    /// The customers that are linked.
    pub links: Vec<Link>,
    /// What earlier steps found.
    pub known: Known,
    /// Planned records count as there: for a dry run, which shows everything that would be done.
    pub assume_planned: bool,
    /// A person says that the vendor's own ConnectWise synchronisation is off.
    pub vendor_sync_off: bool,
    /// The integrator login gets the configured password, although it has one.
    pub new_password: bool,
    /// The moment.
    pub now: Timestamp,
    /// From when an addition bills whose agreement has no next invoice ahead: a person says so.
    pub effective_date: Option<Date>,
    /// The agreement that additions go on, where a person says so.
    pub agreement: Option<i64>,
    /// What only a person can decide before additions can be made.
    pub undecided: BTreeSet<agreements::Undecided>,
    /// New records that a person wants although there are near ones.
    new_ones: BTreeSet<(Step, String)>,
    /// Prices that a person gave, by product.
    prices: BTreeMap<String, rust_decimal::Decimal>,
    /// The server's time zone, once it was asked.
    zone: Option<TimeZone>,
    /// Steps that are not right.
    wrong: BTreeSet<Step>,
}

impl<'a> Setup<'a> {
    /// Looks at nothing yet.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn new(client: &'a Client, config: &'a Config, store: &'a Store, now: Timestamp) -> Result<Self> {
        let source = crate::portal::open(config)?;
        let name = source.name();
        let portal = read(source.as_ref());
        Ok(Setup {
            client,
            config,
            store,
            portal,
            source: name,
            links: store.links(name)?,
            known: Known::default(),
            assume_planned: false,
            vendor_sync_off: false,
            new_password: false,
            now,
            effective_date: None,
            agreement: None,
            undecided: BTreeSet::new(),
            new_ones: BTreeSet::new(),
            prices: BTreeMap::new(),
            zone: None,
            wrong: BTreeSet::new(),
        })
    }

    /// Reads the portal's account list again: a person may have mended it meanwhile.
    ///
    /// # Errors
    /// Where the source cannot be opened.
    pub fn reread_portal(&mut self) -> Result<()> {
        self.portal = read(crate::portal::open(self.config)?.as_ref());
        Ok(())
    }

    /// Goes on without a step: those that need it are blocked by it.
    pub fn skip(&mut self, step: Step) {
        self.wrong.insert(step);
    }

    /// The services that are billed.
    pub fn services(&self) -> Vec<&'static Service> {
        services::enabled(&self.config.billing)
    }

    /// Looks at one step. Steps have to be looked at in order.
    ///
    /// # Errors
    /// Where ConnectWise cannot be asked.
    pub async fn check(&mut self, step: Step) -> Result<Finding> {
        if let Some(reason) = self.unneeded(step) {
            return Ok(Finding::unneeded(step, reason));
        }
        if let Some(by) = step.needs().iter().find(|needed| self.wrong.contains(needed)) {
            let mut finding = Finding::new(step);
            finding.standing = Standing::Blocked { by: *by };
            self.wrong.insert(step);
            return Ok(finding);
        }
        let finding = match step {
            Step::ServiceStatus => service_status::check(self).await,
            Step::IntegratorLogin => integrator_login::check(self).await,
            Step::Products => products::check(self).await,
            Step::ManagementSolution => management_solution::check(self).await,
            Step::ConfigurationTypes => configuration_types::check(self).await,
            Step::CrossReferences => cross_references::check(self).await,
            Step::Portal => portal::check(self),
            Step::ManagedIds => managed_ids::check(self).await,
            Step::Agreements => agreements::check(self).await,
        }?
        .settled();
        let passes = finding.is_right() || self.assume_planned && finding.standing == Standing::Todo;
        if passes {
            self.wrong.remove(&step);
        } else {
            self.wrong.insert(step);
        }
        Ok(finding)
    }

    /// Learns from what became of a step's changes; whether the step now proposes something else.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn learns(&mut self, applied: &[Applied]) -> Result<bool> {
        let mut news = false;
        for applied in applied {
            match &applied.ended {
                Ended::Failed { refused_fields, .. } => {
                    news |= cross_references::learns(self, refused_fields)?;
                    // No new record beside a near one, then: a person is asked again.
                    if let Purpose::Setup { step, .. } = &applied.change.purpose {
                        self.new_ones.retain(|(own, _)| own.name() != step);
                    }
                }
                Ended::Done { .. } => match applied.change.secret {
                    Some(SecretSlot::IntegratorPassword) => {
                        self.new_password = false;
                        cross_references::login_changed(self)?;
                    }
                    Some(SecretSlot::GlobalLoginPassword) => cross_references::global_login_written(self)?,
                    None => {}
                },
                _ => {}
            }
        }
        Ok(news)
    }

    /// Whether a change was refused for a reason that the next round takes into account, or not tried because of it.
    pub fn taught(applied: &Applied) -> bool {
        match &applied.ended {
            Ended::Failed { refused_fields, .. } => cross_references::is_global_login(refused_fields),
            Ended::Skipped { .. } => true,
            _ => false,
        }
    }

    /// The server's date: the zone that sync remembers, else the server is asked, once.
    async fn today(&mut self) -> Result<Date> {
        let zone = match &self.zone {
            Some(zone) => zone.clone(),
            None => {
                let named = match self.store.meta("server_time_zone")? {
                    Some(named) => named,
                    None => {
                        let info: Info = self.client.info().await?;
                        info.server_time_zone.unwrap_or_default()
                    }
                };
                let own = || self.config.portal.time_zone.clone();
                psa::zone(&named).or_else(own).unwrap_or(TimeZone::UTC)
            }
        };
        let today = self.now.to_zoned(zone.clone()).date();
        self.zone = Some(zone);
        Ok(today)
    }

    fn unneeded(&self, step: Step) -> Option<&'static str> {
        let billing = !self.config.billing.enabled;
        match step {
            Step::ServiceStatus if !self.config.tickets.enabled => {
                Some("tickets are off ([tickets] enabled)")
            }
            Step::Products | Step::ConfigurationTypes | Step::CrossReferences | Step::Agreements
                if billing =>
            {
                Some("billing is off ([billing] enabled)")
            }
            _ => None,
        }
    }

    /// Whether psactl made a record of a step.
    fn made_here(&self, step: Step, id: i64) -> Result<bool> {
        Ok(self.store.made_here(step.name(), id)?)
    }

    /// A record of a step that was chosen before.
    fn chosen(&self, step: Step, key: &str) -> Result<Option<Choice>> {
        Ok(self.store.choices(step.name())?.into_iter().find(|choice| choice.key == key))
    }
}

/// The portal's account list, or why it cannot be read.
fn read(source: &dyn crate::portal::Source) -> std::result::Result<Snapshot, String> {
    source.accounts().map_err(|error| crate::error::Failure::from(error).line())
}

/// What set-up found, as `sync` needs it: by id.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The integration board.
    pub board: Option<i64>,
    /// The status of new tickets.
    pub new_status: Option<i64>,
    /// The status to resolve with.
    pub closed_status: Option<i64>,
    /// The management solution.
    pub solution: Option<i64>,
    /// Products by service.
    pub products: BTreeMap<String, Vec<i64>>,
    /// A person confirmed that nobody else bills and opens tickets.
    pub vendor_sync_off: bool,
}

impl Chosen {
    /// Reads what set-up remembered.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn read(store: &Store) -> Result<Chosen> {
        let one = |step: Step, key: &str| -> Result<Option<i64>> {
            Ok(store
                .choices(step.name())?
                .into_iter()
                .find(|choice| choice.key == key)
                .map(|choice| choice.id))
        };
        let mut products: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for choice in store.choices(Step::Products.name())? {
            let service = products::service_of(&choice.key).to_owned();
            products.entry(service).or_default().push(choice.id);
        }
        Ok(Chosen {
            board: one(Step::ServiceStatus, "board")?,
            new_status: one(Step::ServiceStatus, "new")?,
            closed_status: one(Step::ServiceStatus, "closed")?,
            solution: one(Step::ManagementSolution, "solution")?,
            products,
            vendor_sync_off: store.meta(portal::CONFIRMED)?.is_some(),
        })
    }

    /// What is missing before `sync` can work, as the step that gives it.
    pub fn missing(&self, config: &Config) -> Option<Step> {
        if config.tickets.enabled
            && (self.board.is_none() || self.new_status.is_none() || self.closed_status.is_none())
        {
            return Some(Step::ServiceStatus);
        }
        if self.solution.is_none() {
            return Some(Step::ManagementSolution);
        }
        if config.billing.enabled && self.products.is_empty() {
            return Some(Step::Products);
        }
        if !self.vendor_sync_off && (config.billing.enabled || config.tickets.enabled) {
            return Some(Step::Portal);
        }
        None
    }
}

/// Remembers what a step found, and that a person confirmed what only a person can know. Returns whether this
/// was news.
///
/// # Errors
/// Where the state cannot be written.
pub fn remember(store: &Store, finding: &Finding, vendor_sync_off: bool, now: Timestamp) -> Result<bool> {
    let mut news = false;
    if finding.is_right() && !finding.choices.is_empty() {
        let before = store.choices(finding.step.name())?;
        store.set_choices(finding.step.name(), &finding.choices)?;
        news = store.choices(finding.step.name())? != before;
    }
    if finding.step == Step::Portal && vendor_sync_off && finding.is_right() {
        news |= store.meta(portal::CONFIRMED)?.is_none();
        store.set_meta(portal::CONFIRMED, &now.to_string())?;
    }
    Ok(news)
}

/// What a person has to do about a link that was made under another Managed ID prefix.
fn unconfirmed(link: &Link, config: &Config) -> Option<String> {
    (!link.is_confirmed_for(config)).then(|| {
        format!(
            "the prefix changed: customer {} was linked as {}, by the configuration it is {}; psactl companies link {} \
             {} confirms",
            link.cid,
            link.managed_id,
            config.connectwise.managed_id(&link.cid),
            link.cid,
            link.company_id
        )
    })
}
