//! What `psactl init` found and did.

use std::path::PathBuf;

use serde::Serialize;

use crate::ui::{Look, Show, Ui};

/// What was found and done.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// psactl.toml.
    pub file: PathBuf,
    /// Whether it was written now.
    pub written: bool,
    /// Whether there was anything to write.
    pub changed: bool,
    /// Whether it was only to be shown.
    pub dry_run: bool,
    /// Whether ConnectWise and the exports were looked at.
    pub tested: bool,
    /// The company, where it was looked up.
    pub company: Option<Company>,
    /// The login, where it works.
    pub login: Option<LoginFound>,
    /// What the login may do, area by area.
    pub rights: Vec<Right>,
    /// What was understood of the exports.
    pub portal: Option<PortalFound>,
    /// Where the secrets are; never what they are.
    pub secrets: Vec<Kept>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// The whole file.
    pub content: String,
    /// The command to go on with.
    pub next: String,
}

/// What the look-up says of the company.
#[derive(Debug, Serialize)]
pub struct Company {
    /// Its ID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The release of ConnectWise.
    pub release: String,
    /// Where the API is.
    pub api_host: String,
}

impl Company {
    pub fn words(&self) -> String {
        let name = if self.name.is_empty() { &self.id } else { &self.name };
        format!("company “{name}”, ConnectWise {}, API at {}", self.release, self.api_host)
    }
}

/// A login that works.
#[derive(Debug, Serialize)]
pub struct LoginFound {
    /// `keys` or `integrator`.
    pub kind: &'static str,
    /// The release that the system itself names.
    pub release: String,
}

/// Whether something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum May {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// Nobody can know.
    Unknown,
}

/// What the login may do in one area.
#[derive(Debug, Serialize)]
pub struct Right {
    /// The area.
    pub area: &'static str,
    /// Where it was read.
    pub path: String,
    /// The integrations that need it.
    pub needed_for: Vec<&'static str>,
    /// Whether it may be read: this was tried.
    pub read: May,
    /// Whether it may be written: known only where an integrator login may read its own switches.
    pub write: May,
    /// What ConnectWise answered where it was not read.
    pub detail: Option<String>,
    /// What to switch on.
    pub fix: Vec<String>,
}

/// What was understood of the exports.
#[derive(Debug, Serialize)]
pub struct PortalFound {
    /// Customers.
    pub customers: usize,
    /// Accounts.
    pub accounts: usize,
    /// Events, where the event log is used.
    pub events: Option<usize>,
    /// Rows that cannot be used.
    pub problems: Vec<String>,
}

/// Where a secret is.
#[derive(Debug, Serialize)]
pub struct Kept {
    /// Its key in psactl.toml.
    pub key: String,
    /// `file`, `command` or `env`.
    pub kind: &'static str,
    /// The file or the variable; a command is not repeated.
    pub at: Option<String>,
    /// Whether the file is written by this command.
    pub new: bool,
}

impl Report {
    /// Whether the login may not read something that is needed.
    pub fn lacks_rights(&self) -> bool {
        self.rights.iter().any(|right| right.read == May::No)
    }
}

impl Show for Report {
    const SCHEMA: &'static str = "psactl/init/1";

    fn show(&self, ui: &Ui) {
        if self.dry_run {
            ui.out(self.content.trim_end());
            ui.say("");
            ui.say("Nothing was written: --dry-run.");
            return;
        }
        if !self.changed {
            ui.out(&format!("Nothing to change: {}", self.file.display()));
        } else if self.written {
            ui.out(&format!("{} {}", ui.paint(Look::Good, "Written:"), self.file.display()));
            for kept in self.secrets.iter().filter(|kept| kept.new) {
                ui.out(&format!("         {} (a secret)", kept.at.as_deref().unwrap_or_default()));
            }
        } else {
            ui.out("Nothing was written.");
            return;
        }
        if !self.tested {
            ui.out("It is not tested: psactl doctor does that.");
        }
        if self.lacks_rights() {
            let areas: Vec<&str> =
                self.rights.iter().filter(|right| right.read == May::No).map(|right| right.area).collect();
            let words = format!("The login may not read {}: see above what to switch on.", areas.join(", "));
            ui.out(&ui.paint(Look::Warn, &ui.wrap(&words, 0, 0)));
        }
        ui.out(&format!("Next: {}", self.next));
    }
}
