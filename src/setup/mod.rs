//! Set-up: the ordered steps of the guide, one file each. A step looks, says what it found, and proposes
//! the changes that would make it right (design section 4).

pub mod agreements;
mod chosen;
mod configuration_types;
mod cross_references;
pub mod directory;
mod finding;
mod integrator_login;
pub mod likeness;
pub mod managed_ids;
mod management_solution;
mod offers;
mod portal;
mod products;
pub mod screens;
pub(crate) mod service_status;
mod steps;
pub mod suggestions;

pub use chosen::{Chosen, remember};
pub use finding::{Finding, Standing};
pub use offers::{Answer, Asks, Offer, Reply};
pub use steps::Step;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::config::Config;
use crate::error::Result;
use crate::plan::apply::{Applied, Ended};
use crate::plan::{Purpose, SecretSlot};
use crate::portal::Snapshot;
use crate::psa::{CatalogItem, Client};
use crate::services::{self, Service};
use crate::store::{Choice, Link, Store};
use crate::sync::{billable, zone};

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
    /// The catalog items that were looked at, by id.
    pub catalog: BTreeMap<i64, CatalogItem>,
    /// Flat fees by the service they are billed beside.
    pub flat_fees: BTreeMap<&'static str, FlatFee>,
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

/// A flat fee that may be billed beside the usage of a service.
#[derive(Debug, Clone)]
pub struct FlatFee {
    /// Its own product.
    pub product: Product,
    /// The use it includes, in the service's unit.
    pub included: rust_decimal::Decimal,
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
    /// Services whose flat fee every new addition gets.
    pub flat_fees: BTreeSet<&'static str>,
    /// New records that a person wants although there are near ones.
    new_ones: BTreeSet<(Step, String)>,
    /// What a person answered about additions.
    answers: agreements::Answers,
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
        let source = crate::portal::open(config, store.folder())?;
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
            flat_fees: BTreeSet::new(),
            new_ones: BTreeSet::new(),
            answers: agreements::Answers::default(),
            zone: None,
            wrong: BTreeSet::new(),
        })
    }

    /// Reads the portal's account list again: a person may have mended it meanwhile. A service that was never asked,
    /// or that did not answer, is asked.
    ///
    /// # Errors
    /// Where the source cannot be opened.
    pub async fn reread_portal(&mut self, told: &crate::portal::Told) -> Result<()> {
        let source = crate::portal::open_telling(self.config, self.store.folder(), told)?;
        if source.trouble().is_some()
            || matches!(source.stamp(), Err(crate::portal::Error::NeverAsked { .. }))
        {
            // What it answers instead is found where the list is read.
            let _ = source.refresh(self.now).await;
        }
        self.portal = read(source.as_ref());
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

    /// The server's date. The server is asked for its zone once, if no sync has.
    async fn today(&mut self) -> Result<Date> {
        let zone = match &self.zone {
            Some(zone) => zone.clone(),
            None => zone::asked(self.config, self.client, self.store, false).await?,
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

/// What a person has to do about a link that was made under another Managed ID prefix.
fn unconfirmed(link: &Link, config: &Config) -> Option<String> {
    let (reason, fix) = billable::prefix_changed(config, link)?;
    Some(format!("customer {}: {reason}; {fix}", link.cid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Exit;
    use crate::plan::Change;

    #[test]
    fn a_round_that_teaches_hides_no_other_failure() {
        let change = Change::create("product", "“x”", crate::psa::paths::catalog(), json!({}), &[]);
        let refused = |field: &str| Ended::Failed {
            error: String::new(),
            hints: Vec::new(),
            exit: Exit::Partial,
            login_refused: false,
            refused_fields: vec![field.to_owned()],
        };
        let rows = [
            (refused("globalLoginUsername"), true),
            (refused("billingLevel"), false),
            (Ended::Skipped { reason: "the change before it failed".to_owned() }, true),
            (Ended::Unknown { error: String::new() }, false),
            (Ended::Done { record: Some(1) }, false),
        ];
        for (ended, taught) in rows {
            let applied = Applied { change: Box::new(change.clone()), ended };
            assert_eq!(Setup::taught(&applied), taught, "{applied:?}");
        }
    }
}
