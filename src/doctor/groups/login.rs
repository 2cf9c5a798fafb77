//! Whether the login is accepted, and whether the integrator login of guide step 2 is what its record says.

use super::folded;
use crate::doctor::findings::{Evidence, Findings};
use crate::doctor::observe::{Seen, is_forbidden, kind_of};
use crate::psa::{IntegratorLogin, Kind, OrEmpty};

pub(super) fn judge(seen: &Seen<'_>, found: &mut Findings) {
    let (Some(psa), Ok(config)) = (&seen.psa, &seen.config) else { return };
    match &psa.info {
        None => return,
        Some(Ok(info)) => {
            let release = info.version.clone().unwrap_or_default();
            found.well("login", format!("login accepted, release {release}"));
            if info.licence_covers("managed") == Some(false) {
                let lacks = Evidence::new("its licence names managed services, and does not cover them");
                found.find("licence", lacks);
            }
        }
        Some(Err(failure)) => {
            let refused = is_forbidden(failure) || kind_of(failure) == Some(Kind::Refused);
            found.fail(if refused { "login" } else { "connection" }, failure);
            if kind_of(failure) == Some(Kind::Refused) {
                found.mend("login", "upper and lower case count, in the name as in the secret");
            }
            return;
        }
    }
    let logins = match psa.lists.as_ref().and_then(|lists| lists.logins.as_ref()) {
        Some(Ok(logins)) => logins,
        _ => {
            for id in ["integrator-login-differs", "integrator-login-inactive"] {
                found.skip(id, "not checked, because the list of integrator logins could not be read");
            }
            return;
        }
    };
    record(&config.integrator_login.username, logins, found);
}

fn record(username: &str, logins: &[IntegratorLogin], found: &mut Findings) {
    let exact = logins.iter().find(|login| login.username.or_empty() == username);
    match exact {
        Some(login) if login.inactive_flag => found.find(
            "integrator-login-inactive",
            Evidence::new(format!("integrator login “{username}” (#{})", login.id))
                .record("integrator login", login.id),
        ),
        Some(_) => {}
        None => {
            for near in logins.iter().filter(|login| folded(login.username.or_empty()) == folded(username)) {
                found.find(
                    "integrator-login-differs",
                    Evidence::new(format!(
                        "[integrator_login] username is “{username}”, ConnectWise has “{}” (#{})",
                        near.username.or_empty(),
                        near.id
                    ))
                    .record("integrator login", near.id),
                );
            }
        }
    }
}
