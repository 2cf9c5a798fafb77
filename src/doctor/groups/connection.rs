//! Whether ConnectWise is there, knows the company, and has the same time.

use crate::doctor::findings::Findings;
use crate::doctor::observe::{Seen, kind_of};
use crate::psa::{Kind, OrEmpty, clean};
use crate::sync::{billable, zone};

pub(super) fn judge(seen: &Seen<'_>, found: &mut Findings) {
    let (Some(psa), Ok(config)) = (&seen.psa, &seen.config) else { return };
    match &psa.company {
        Ok(info) => {
            let version = info.version_code.clone().or_else(|| info.version_number.clone());
            found.well(
                "connection",
                format!(
                    "ConnectWise answers: {} {}",
                    info.company_name.clone().unwrap_or_default(),
                    version.unwrap_or_default()
                ),
            );
        }
        Err(failure) if kind_of(failure) == Some(Kind::UnknownCompany) => found.fail("company-id", failure),
        Err(failure) => found.fail("connection", failure),
    }
    // The login is judged by its own answer, whatever comes after it.
    if let Some(failure) = &psa.broken {
        let id = if kind_of(failure) == Some(Kind::Refused) { "login" } else { "connection" };
        found.fail(id, failure);
    }
    let skew = seen.client.as_ref().and_then(|client| client.as_ref().ok()?.clock_skew(seen.now));
    if let Some((reason, _)) = billable::clock_is_off(skew) {
        found.say(
            "clock",
            format!("{reason}: billing is blocked"),
            Vec::new(),
            vec!["set the clock".to_owned()],
        );
    }
    match &psa.info {
        Some(Ok(info)) => {
            let named = info.server_time_zone.or_empty();
            if zone::known(config, named).is_none() {
                found.find("time-zone", format!("the server's zone is “{}”", clean(named, 60)));
            }
        }
        _ => found.skip("time-zone", "not checked, because ConnectWise did not tell it"),
    }
}
