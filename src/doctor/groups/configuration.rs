//! psactl.toml and the secrets.

use crate::config::Config;
use crate::doctor::findings::{Evidence, Findings};
use crate::doctor::observe::{Seen, kind_of};

pub(super) fn judge(seen: &Seen<'_>, found: &mut Findings) {
    let config = match &seen.config {
        Ok(config) => config,
        Err(failure) => {
            found.fail("configuration", failure);
            for id in ["secret-open", "login-secret", "integrator-password"] {
                found.skip(id, "not checked, because configuration must be mended first");
            }
            return;
        }
    };
    found.well("configuration", format!("configuration {}", config.path().display()));
    let mut open = Vec::new();
    for source in config.secrets() {
        if let Some((path, mode)) = source.open_to_others(config.folder()) {
            found.find_with(
                "secret-open",
                Evidence::new(format!(
                    "{} is open to others on this machine (mode {mode:04o})",
                    source.describe()
                )),
                format!("chmod 600 {}", path.display()),
            );
            open.push(source);
        }
    }
    secret(config, seen, &open, found);
}

fn secret(config: &Config, seen: &Seen<'_>, open: &[crate::config::SecretSource], found: &mut Findings) {
    const BECAUSE: &str = "not checked, because secret-open must be mended first";
    if open.contains(config.connectwise.login.secret()) {
        found.skip("login-secret", BECAUSE);
    } else if let Some(Err(failure)) = &seen.client {
        // What is wrong with the connection's own settings is the configuration's fault.
        let id = if kind_of(failure).is_some() { "configuration" } else { "login-secret" };
        found.fail(id, failure);
    } else if let Err(error) = config.connectwise.login.secret().read(config) {
        found.fail("login-secret", &error.into());
    }
    let password = &config.integrator_login.password;
    if open.contains(password) {
        found.skip("integrator-password", BECAUSE);
    } else if let Err(error) = password.read(config) {
        found.fail("integrator-password", &error.into());
    }
}
