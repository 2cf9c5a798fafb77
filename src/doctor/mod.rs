//! The doctor: the same observations as everywhere, judged. Looking never mends.
//!
//! A check is one value ([`Check`]); text and JSON show the same list.

mod checks;

use serde::Serialize;

use crate::ui::{Look, Show, Ui, text};

pub use checks::examine;

/// Checks that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// psactl.toml and the secrets
    Configuration,
    /// Site, company ID, clock
    Connection,
    /// Login and licence
    Login,
    /// The steps of set-up
    Setup,
    /// The portal's data
    Portal,
    /// What the next sync would do, and what waits
    Sync,
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// All is well.
    Ok,
    /// A person should look at it.
    Warning,
    /// Something does not work, or would bill wrongly.
    Problem,
    /// Could not be checked, or does not apply.
    Skipped,
}

/// One check.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// Stable name.
    pub id: String,
    /// Its group.
    pub group: Group,
    /// What it found.
    pub status: Status,
    /// In a line.
    pub title: String,
    /// Records by name and id, values, times.
    pub evidence: Vec<String>,
    /// What mends it: commands to type or places to click.
    pub fix: Vec<String>,
}

/// All checks, in the order in which causes come before effects.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The checks.
    pub checks: Vec<Check>,
}

impl Report {
    /// Whether nothing needs a person; with `strict` not even a warning.
    pub fn is_clean(&self, strict: bool) -> bool {
        !self
            .checks
            .iter()
            .any(|check| check.status == Status::Problem || strict && check.status == Status::Warning)
    }
}

impl Show for Report {
    const SCHEMA: &'static str = "psactl/doctor/1";

    fn show(&self, ui: &Ui) {
        for check in &self.checks {
            let (look, mark) = match check.status {
                Status::Ok => (Look::Good, "ok      "),
                Status::Warning => (Look::Warn, "warning "),
                Status::Problem => (Look::Bad, "problem "),
                Status::Skipped => (Look::Dim, "skipped "),
            };
            ui.out(&format!("{} {}", ui.paint(look, mark), ui.wrap(&text::clean(&check.title), 9, 9)));
            let shown = 8;
            for line in check.evidence.iter().take(shown) {
                ui.out(&format!("         {}", ui.wrap(&text::clean(line), 9, 11)));
            }
            if check.evidence.len() > shown {
                ui.out(&format!(
                    "         and {} more (--output json has all)",
                    check.evidence.len() - shown
                ));
            }
            for fix in &check.fix {
                ui.out(&format!(
                    "         {} {}",
                    ui.paint(Look::Head, "fix:"),
                    ui.wrap(&text::clean(fix), 14, 14)
                ));
            }
        }
        let count = |status: Status| self.checks.iter().filter(|check| check.status == status).count();
        ui.out("");
        ui.out(&format!(
            "{}, {}, {} ok, {} skipped",
            text::count(count(Status::Problem), "problem", "problems"),
            text::count(count(Status::Warning), "warning", "warnings"),
            count(Status::Ok),
            count(Status::Skipped)
        ));
    }
}
