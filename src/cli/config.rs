//! `psactl config`: which file it is, what is in force and where each value comes from, and whether it is right. No
//! request is sent and no secret is told.

use std::path::PathBuf;

use serde::Serialize;

use crate::config::{Config, Fact};
use crate::context::Context;
use crate::doctor::{self, Group, Status};
use crate::error::{Exit, Failure, Result};
use crate::ui::{Look, Show, Ui, text};

/// Show the configuration, where it is, and whether it is right
///
/// Values come from variables such as PSACTL_SYNC__MIN_INTERVAL, else from
/// psactl.toml, else they are the defaults. Secrets are never shown. psactl help
/// configuration shows every key with its meaning.
///
/// Examples:
///   psactl config show
///   psactl config show billing.guard
///   psactl config path
///   psactl config check
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show every key with its value, and where that comes from
    ///
    /// Examples:
    ///   psactl config show
    ///   psactl config show billing.guard
    ///   psactl config show --output json
    #[command(verbatim_doc_comment)]
    Show {
        /// Only this key, or the keys below it, such as billing.guard
        #[arg(value_name = "KEY")]
        key: Option<String>,
    },
    /// Print where psactl.toml is, or would be
    ///
    /// Example:
    ///   psactl config path
    #[command(verbatim_doc_comment)]
    Path,
    /// Check that psactl.toml is right and its secrets can be read
    ///
    /// Each mistake is named with its line and column; exit code 3 where there is
    /// one. Nothing is asked of ConnectWise or the portal.
    ///
    /// Examples:
    ///   psactl config check
    ///   psactl --config new/psactl.toml config check
    #[command(verbatim_doc_comment)]
    Check,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let path = context.config_path().ok_or_else(|| {
        Failure::new(Exit::Configuration, "this account has no configuration folder")
            .hint("name the file with --config FILE or PSACTL_CONFIG")
    })?;
    match args.what {
        What::Path => {
            let exists = path.exists();
            context.ui.emit(&Where { path, exists });
            Ok(Exit::Done)
        }
        What::Show { key } => {
            let mut values = Config::facts(&path, &context.environment)?;
            if let Some(key) = &key {
                let within = |fact: &Fact| {
                    fact.key
                        .strip_prefix(key.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                };
                values.retain(within);
                if values.is_empty() {
                    return Err(Failure::new(
                        Exit::Usage,
                        format!("no key is called {key}, or it has no value"),
                    )
                    .hint("psactl config show lists every key that has one"));
                }
            }
            context.ui.emit(&Shown { file: path, values });
            Ok(Exit::Done)
        }
        What::Check => check(context),
    }
}

/// The doctor's own checks of this group: each mistake with line and column, each secret that cannot be used.
fn check(context: &Context) -> Result<Exit> {
    let look = doctor::Look { only: Some(Group::Configuration), ..doctor::Look::default() };
    let report = doctor::examine(context, &look)?;
    context.ui.emit(&report);
    Ok(if report.count(Status::Problem) == 0 { Exit::Done } else { Exit::Configuration })
}

#[derive(Serialize)]
struct Where {
    path: PathBuf,
    exists: bool,
}

impl Show for Where {
    const SCHEMA: &'static str = "psactl/config-path/1";

    fn show(&self, ui: &Ui) {
        ui.out(&self.path.display().to_string());
        if !self.exists {
            ui.say("it is not there yet: psactl init writes it");
        }
    }
}

/// Where sources begin, so that a line has 80 columns.
const COLUMN: usize = 44;

#[derive(Serialize)]
struct Shown {
    file: PathBuf,
    values: Vec<Fact>,
}

impl Show for Shown {
    const SCHEMA: &'static str = "psactl/config/1";

    fn show(&self, ui: &Ui) {
        let mut section = "";
        for fact in &self.values {
            let (own, key) = fact.key.rsplit_once('.').unwrap_or(("", &fact.key));
            if own != section {
                if !section.is_empty() {
                    ui.out("");
                }
                ui.out(&ui.paint(Look::Head, &format!("[{own}]")));
                section = own;
            }
            let line = format!("{key} = {}", text::clean(&fact.value));
            let source = ui.paint(Look::Dim, &format!("# {}", fact.source));
            // Beside a long value there is no room: below it, in the same column.
            if line.chars().count() <= COLUMN {
                ui.out(&format!("{line:<COLUMN$}  {source}"));
            } else {
                ui.out(&line);
                ui.out(&format!("{:<COLUMN$}  {source}", ""));
            }
        }
    }
}
