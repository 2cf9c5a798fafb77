//! What the login may do, as far as reading tells: ConnectWise names no rights, it refuses.

use std::collections::BTreeSet;

use crate::config::{Config, Login};
use crate::doctor::findings::{Evidence, Findings};
use crate::doctor::observe::{Lists, Seen, is_forbidden};
use crate::error::Failure;
use crate::psa::OrEmpty;

pub(super) fn judge(seen: &Seen<'_>, found: &mut Findings) {
    let (Some(lists), Ok(config)) = (seen.lists(), &seen.config) else { return };
    own_switches(config, lists, found);
    if found.has("rights-login") {
        found.skip("rights-read", "not checked, because rights-login must be mended first");
        return;
    }
    let mut told = BTreeSet::new();
    let steps = lists.steps.iter().filter_map(|(_, finding)| finding.as_ref().err());
    for failure in steps.chain(failures(lists)).filter(|failure| is_forbidden(failure)) {
        if told.insert(failure.line()) {
            found.find("rights-read", Evidence::new(failure.line()));
            for hint in &failure.hints {
                found.mend("rights-read", hint);
            }
        }
    }
}

/// The lists and records that could not be read.
pub(super) fn failures(lists: &Lists) -> impl Iterator<Item = &Failure> {
    let logins = lists.logins.iter().filter_map(|read| read.as_ref().err());
    let boards = lists.boards.iter().filter_map(|read| read.as_ref().err());
    let references = lists.cross_references.iter().filter_map(|(_, read)| read.as_ref().err());
    let agreements = lists.agreements.iter().filter_map(|read| read.as_ref().err());
    let tickets = lists.tickets.iter().filter_map(|read| read.as_ref().err());
    logins.chain(boards).chain(references).chain(agreements).chain(tickets).chain(&lists.unread)
}

/// Where psactl signs in with an integrator login, its record says what it may do.
fn own_switches(config: &Config, lists: &Lists, found: &mut Findings) {
    let Login::Integrator { username, .. } = &config.connectwise.login else {
        found.skip(
            "rights-login",
            "psactl signs in with an API member's keys: what it may write, writing shows",
        );
        return;
    };
    let Some(Ok(logins)) = &lists.logins else {
        found.skip("rights-login", "not checked, because the list of integrator logins could not be read");
        return;
    };
    let Some(own) = logins.iter().find(|login| login.username.or_empty() == username) else { return };
    let mut needed = vec!["managedServicesApiFlag", "companyApiFlag", "systemApiFlag"];
    if config.tickets.enabled {
        needed.push("serviceTicketApiFlag");
    }
    if config.billing.enabled {
        needed.extend(["agreementApiFlag", "productApiFlag", "configurationApiFlag"]);
    }
    let mut missing: Vec<&str> = Vec::new();
    if !own.can_access_all_apis_flag {
        missing.extend(needed.into_iter().filter(|flag| !own.flag(flag)));
    }
    if !own.can_access_all_records_flag {
        missing.push("canAccessAllRecordsFlag");
    }
    if !missing.is_empty() {
        found.find(
            "rights-login",
            Evidence::new(format!(
                "integrator login “{username}” (#{}) lacks {}",
                own.id,
                missing.join(", ")
            ))
            .record("integrator login", own.id),
        );
    }
}
