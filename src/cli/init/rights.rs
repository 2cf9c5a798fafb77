//! What the login may read, area by area, found out by reading; and what it may write, where its own record
//! says so.

use super::args::Integration;
use super::report::{May, Right};
use super::talk::Talk;
use crate::error::{Failure, Result};
use crate::psa::{self, Client, Condition, IntegratorLogin, Path, Query, paths};
use crate::ui::{Look, text};

/// A part of ConnectWise that psactl works with.
struct Area {
    name: &'static str,
    path: Path,
    /// The switch of an integrator login that opens it.
    switch: &'static str,
    /// The one integration that needs it; none: all do.
    only: Option<Integration>,
}

fn areas() -> Vec<Area> {
    use Integration::{Billing, Tickets};
    let area = |name, path, switch, only| Area { name, path, switch, only };
    vec![
        area("service boards", paths::boards(), "serviceTicketApiFlag", Some(Tickets)),
        area("service tickets", paths::tickets(), "serviceTicketApiFlag", Some(Tickets)),
        area("companies", paths::companies(), "companyApiFlag", None),
        area("management solutions", paths::management_solutions(), "managedServicesApiFlag", None),
        area("managed devices integrations", paths::integrations(), "managedServicesApiFlag", Some(Billing)),
        area("configuration types", paths::configuration_types(), "configurationApiFlag", Some(Billing)),
        area("agreements", paths::agreements(), "agreementApiFlag", Some(Billing)),
        area("product catalog", paths::catalog(), "productApiFlag", Some(Billing)),
        area("integrator logins", paths::integrator_logins(), "systemApiFlag", None),
    ]
}

impl Talk<'_> {
    /// Reads one record of every area that the chosen integrations need. Writes nothing.
    pub fn rights(&mut self, on: &[Integration]) -> Result<()> {
        let Some(client) = self.client.clone() else { return Ok(()) };
        let integrator = match &self.report.login {
            Some(login) if login.kind == "integrator" => self.document.text("connectwise.login.username"),
            _ => None,
        };
        let needed = areas().into_iter().filter(|area| area.only.is_none_or(|only| on.contains(&only)));
        let (rights, own) = self.context.block_on(async {
            let own = match &integrator {
                Some(username) => own_record(&client, username).await?,
                None => None,
            };
            let mut rights = Vec::new();
            for area in needed {
                rights.push(probe(&client, area, own.as_ref()).await?);
            }
            Ok((rights, own))
        })?;
        self.report.rights = rights;
        self.show_rights();
        if own.is_some_and(|own| !own.can_access_all_records_flag && !own.can_access_all_apis_flag) {
            self.warn(
                "this integrator login sees only what it made itself: set its Access Level to “All records”"
                    .into(),
            );
        }
        Ok(())
    }

    fn show_rights(&mut self) {
        let ui = self.context.ui.clone();
        let readable: Vec<&str> = self.names(May::Yes);
        if !readable.is_empty() {
            self.found(&format!("the login may read: {}", readable.join(", ")));
        }
        for right in &self.report.rights {
            let words = match right.read {
                May::Yes => continue,
                May::No => format!("it may not read {}", right.area),
                May::Unknown => format!("{} could not be read", right.area),
            };
            ui.say(&format!("{} {words}", ui.paint(Look::Warn, "!")));
            if let Some(detail) = &right.detail {
                ui.say(&format!("  because: {}", ui.wrap(&text::clean(detail), 11, 4)));
            }
            for fix in &right.fix {
                ui.say(&format!("  - {}", ui.wrap(&text::clean(fix), 4, 4)));
            }
        }
        let may_write: Vec<&str> =
            self.report.rights.iter().filter(|r| r.write == May::Yes).map(|r| r.area).collect();
        let may_not: Vec<&str> =
            self.report.rights.iter().filter(|r| r.write == May::No).map(|r| r.area).collect();
        if !may_write.is_empty() || !may_not.is_empty() {
            if !may_write.is_empty() {
                self.found(&format!("by its switches it may write: {}", may_write.join(", ")));
            }
            if !may_not.is_empty() {
                ui.say(&format!(
                    "{} {}",
                    ui.paint(Look::Warn, "!"),
                    ui.wrap(&format!("by its switches it may not write: {}", may_not.join(", ")), 2, 2)
                ));
            }
        } else if !self.report.rights.is_empty() {
            let words = "Whether it may also write cannot be known without writing: `psactl setup` shows each \
                         change before it tries, and names the right that is missing.";
            ui.say(&ui.paint(Look::Dim, &format!("  {}", ui.wrap(words, 2, 2))));
        }
    }

    fn names(&self, may: May) -> Vec<&'static str> {
        self.report.rights.iter().filter(|right| right.read == may).map(|right| right.area).collect()
    }
}

/// The record of an integrator login, where it may read its own.
async fn own_record(client: &Client, username: &str) -> Result<Option<IntegratorLogin>> {
    let query = Query::all().filter(Condition::eq("username", username));
    match client.first::<IntegratorLogin>(&paths::integrator_logins(), &query).await {
        Ok(found) => Ok(found),
        Err(error) if error.is_login_or_rights() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn probe(client: &Client, area: Area, own: Option<&IntegratorLogin>) -> Result<Right> {
    let read = client.first::<serde_json::Value>(&area.path, &Query::all().fields("id")).await;
    let write = match own {
        None => May::Unknown,
        Some(own) if own.can_access_all_apis_flag || own.flag(area.switch) => May::Yes,
        Some(_) => May::No,
    };
    let needed_for = match area.only {
        Some(only) => vec![only.key().trim_end_matches(".enabled")],
        None => vec!["tickets", "statistics", "billing"],
    };
    let mut right = Right {
        area: area.name,
        path: area.path.to_string(),
        needed_for,
        read: May::Yes,
        write,
        detail: None,
        fix: Vec::new(),
    };
    match read {
        Ok(_) => {}
        // The login worked a moment ago: what stops it now stops everything.
        Err(error @ psa::Error::Refused { .. }) => return Err(error.into()),
        Err(error) => {
            right.read = if matches!(error, psa::Error::Forbidden { .. }) { May::No } else { May::Unknown };
            let failure = Failure::from(error);
            right.detail = Some(failure.line());
            right.fix = failure.hints;
        }
    }
    Ok(right)
}
