//! `psactl apply`: a plan that was saved with `psactl sync --save-plan`, exactly as it is. The file and its rules
//! are in [`crate::plan::saved`].

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;

use crate::config::Config;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::plan::Plan;
use crate::plan::saved::{Asked, MadeFrom, Moved, SavedPlan};
use crate::store::Store;
use crate::sync::{Options, Part, Report};
use crate::ui::{Show, Ui, text};

/// Apply a plan that was saved with psactl sync --save-plan
///
/// It is planned anew, and written only where that gives the very same changes:
/// where ConnectWise or the portal's data moved since, nothing is written, and
/// what moved is named. What is held in the plan stays held.
///
/// Examples:
///   psactl sync --save-plan november.json
///   psactl apply november.json
///   psactl apply november.json --yes
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The plan, as psactl sync --save-plan FILE wrote it
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let saved = SavedPlan::read(&args.file)?;
    let config = context.config()?;
    let store = context.store_for(&config)?;
    saved.belongs_to(&made_from(context, &config, &store)?)?;
    match store.saved_plan(&saved.seal)? {
        Some(None) => {}
        Some(Some(run)) => {
            return Err(Failure::new(
                Exit::Partial,
                format!("{} was applied already, in run {run}: there is nothing to do", args.file.display()),
            )
            .hint(format!("psactl history show {run} shows what it wrote")));
        }
        None => {
            return Err(Failure::new(
                Exit::Usage,
                format!("{}: this psactl has not saved it, or not so", args.file.display()),
            )
            .hint("save the plan anew: psactl sync --save-plan FILE"));
        }
    }
    let ui = &context.ui;
    let changes = text::count(saved.plan.changes.len(), "change", "changes");
    if !args.yes && !saved.plan.changes.is_empty() {
        let about = |ui: &Ui| {
            ui.heading(&format!("Saved {} UTC", text::moment(saved.made_at)));
            saved.plan.show(ui);
        };
        ui.agree(about, &format!("Write these {changes}?"), "--yes", "nothing was written")?;
    }
    let options =
        Options { exactly: Some(saved.plan.changes.clone()), ..options_of(&saved.options, ui.is_by_hand())? };
    match super::sync::once(context, "apply", options) {
        Ok(report) => {
            // What failed half-way is not done: the next try is compared with what is there then.
            if report.run > 0 && report.applied.iter().all(|applied| applied.ended.is_done()) {
                store.note_applied_plan(&saved.seal, report.run)?;
            }
            ui.emit(&report);
            show_held(ui, &saved.plan);
            ui.say(&format!("apply: done: {}", report.summary()));
            Ok(report.exit())
        }
        Err(failure) => {
            if let Some(moved) = failure.error.downcast_ref::<Moved>() {
                ui.emit(&Refused { saved_at: saved.made_at, moved: moved.moved.clone() });
            }
            Err(failure)
        }
    }
}

/// What stays held is for a person to review, not for the file.
fn show_held(ui: &Ui, plan: &Plan) {
    let held = plan.held.iter().filter(|held| !held.rejected).count();
    if held > 0 {
        let held = text::count(
            held,
            "change of the plan is held and stays so",
            "changes of the plan are held and stay so",
        );
        ui.say(&format!("{held}: psactl review"));
    }
}

/// Saves what a run would write.
pub(super) fn save(context: &Context, file: &Path, options: &Options, report: &Report) -> Result<()> {
    let config = context.config()?;
    let store = context.store_for(&config)?;
    let from = made_from(context, &config, &store)?;
    let asked = Asked {
        cids: options.cids.clone(),
        only: options.only.and_then(|part| Some(part.to_possible_value()?.get_name().to_owned())),
        force: options.force,
        verify: options.verify,
        open_standing: options.open_standing,
    };
    let saved = SavedPlan::new(report.plan.clone(), from, asked, context.now())?;
    saved.write(file)?;
    Ok(store.note_saved_plan(&saved.seal, context.now())?)
}

fn made_from(context: &Context, config: &Config, store: &Store) -> Result<MadeFrom> {
    Ok(MadeFrom {
        site: config.connectwise.site.clone(),
        company_id: config.connectwise.company_id.clone(),
        source: config.portal.source.name().to_owned(),
        installation: store.installation(context.now())?.0,
    })
}

/// The options of a run, as they were asked for when the plan was saved.
fn options_of(asked: &Asked, by_hand: bool) -> Result<Options> {
    let only = match &asked.only {
        None => None,
        Some(word) => Some(
            Part::from_str(word, false)
                .map_err(|_| Failure::new(Exit::Usage, format!("the plan is of an unknown part: {word}")))?,
        ),
    };
    Ok(Options {
        cids: asked.cids.clone(),
        only,
        force: asked.force,
        verify: asked.verify,
        open_standing: asked.open_standing,
        by_hand,
        ..Options::default()
    })
}

/// A saved plan that no longer holds.
#[derive(Debug, Serialize)]
struct Refused {
    saved_at: jiff::Timestamp,
    /// What moved, one line for each record.
    moved: Vec<String>,
}

impl Show for Refused {
    const SCHEMA: &'static str = "psactl/apply-refused/1";

    fn show(&self, ui: &Ui) {
        ui.heading(&format!("Moved since the plan was saved ({} UTC)", text::moment(self.saved_at)));
        for line in &self.moved {
            ui.out(&format!("  - {}", ui.wrap(&text::clean(line), 4, 6)));
        }
    }
}
