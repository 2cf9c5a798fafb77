//! The doctor: the same observations as everywhere, judged. Looking never mends.
//!
//! Everything is read once (`observe`); each group of checks is a file of pure judgement over what was read
//! (`groups`); what a check is called, means and is mended by stands in one table ([`catalog`]), which `explain`
//! reads too.

pub mod bundle;
pub mod catalog;
pub mod explain;

mod findings;
mod groups;
mod observe;
mod show;

use serde::Serialize;

use crate::context::Context;
use crate::error::Result;
use crate::psa::Exchange;

pub use catalog::{CHECKS, Group, Known};
pub use observe::Look;

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// All is well.
    Ok,
    /// Could not be checked, or does not apply.
    Skipped,
    /// A person should look at it.
    Warning,
    /// Something does not work, or would bill wrongly.
    Problem,
}

/// A record or customer that a check is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Subject {
    /// The customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cid: Option<String>,
    /// The kind of record, in ConnectWise's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// The record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
}

/// One check.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// Stable name.
    pub id: &'static str,
    /// Its group.
    pub group: Group,
    /// What it found.
    pub status: Status,
    /// What it is when it finds something: a warning or a problem.
    pub severity: Status,
    /// In a line; empty where nothing was found and there is nothing to say.
    pub title: String,
    /// Records by name and id, values, times.
    pub evidence: Vec<String>,
    /// The records and customers among the evidence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Subject>,
    /// What mends it: commands to type or places to click.
    pub fix: Vec<String>,
}

/// All checks, in the order in which causes come before effects.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The checks.
    pub checks: Vec<Check>,
    /// How many requests were sent.
    pub requests: u64,
    /// The requests, for a support ticket.
    #[serde(skip)]
    pub exchanges: Vec<Exchange>,
    /// ConnectWise's release, where it told.
    #[serde(skip)]
    pub release: Option<String>,
    /// Names that a support ticket must not have.
    #[serde(skip)]
    names: bundle::Names,
}

impl Report {
    /// How many checks ended so.
    pub fn count(&self, status: Status) -> usize {
        self.checks.iter().filter(|check| check.status == status).count()
    }

    /// Whether nothing needs a person; with `strict` not even a warning.
    pub fn is_clean(&self, strict: bool) -> bool {
        let worst = if strict { Status::Warning } else { Status::Problem };
        self.checks.iter().all(|check| check.status < worst)
    }
}

/// Checks everything, or what is asked for.
///
/// # Errors
/// Only where the doctor itself cannot work; what it finds is in the report.
pub fn examine(context: &Context, look: &Look) -> Result<Report> {
    let seen = observe::observe(context, look)?;
    let findings = groups::judge(&seen);
    Ok(Report {
        checks: findings.into_checks(look),
        requests: seen.requests(),
        exchanges: seen.exchanges(),
        release: seen.release(),
        names: bundle::Names::of(&seen),
    })
}
