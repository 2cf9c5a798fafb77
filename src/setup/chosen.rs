//! What set-up found, kept by id for everything that comes after it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Finding, Step, portal, products};
use crate::config::Config;
use crate::error::{Exit, Failure, Result};
use crate::store::Store;

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

    /// Nothing is missing before `sync` can work.
    ///
    /// # Errors
    /// Where something is: which step gives it.
    pub fn complete(&self, config: &Config) -> Result<()> {
        match self.missing(config) {
            None => Ok(()),
            Some(step) => Err(Failure::new(
                Exit::Configuration,
                format!("set-up is not finished: step {} is missing", step.name()),
            )
            .hint("psactl setup --check says what is missing, psactl setup does it")),
        }
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
