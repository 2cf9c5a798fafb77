//! `psactl state`: which state this is, and what to do when it is not the right one.

mod rebuild;

use jiff::Timestamp;
use serde::Serialize;

use crate::context::Context;
use crate::error::{Exit, Result};
use crate::plan::stop;
use crate::store::{Sighting, Stop, Store};
use crate::ui::{Look, Show, Ui, text};

/// Show psactl's own state, or build it anew from ConnectWise
///
/// psactl stops writing where its own login wrote what its state knows nothing
/// of: an older state was put back, or a second psactl is at work.
///
/// Examples:
///   psactl state                    which state it is, and whether it may write
///   psactl state rebuild --dry-run  what would be taken over from ConnectWise
///   psactl state rebuild
///   psactl state keep               this state is right: go on with it
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Rebuild(rebuild::Args),
    Keep(KeepArgs),
}

/// Go on with this state: a person wrote with psactl's login
///
/// For when psactl has stopped (psactl state says why), and no second psactl is
/// at work. What was seen counts as known from then on. Quantities that somebody
/// wrote stay blocked until psactl review --take-over. So too where the company ID
/// of the same ConnectWise was changed.
///
/// Examples:
///   psactl state           what was seen
///   psactl state keep
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
struct KeepArgs {
    /// Do it without asking
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    match args.action {
        None => show(context),
        Some(Action::Rebuild(args)) => rebuild::run(context, args),
        Some(Action::Keep(args)) => keep(context, &args),
    }
}

fn show(context: &Context) -> Result<Exit> {
    let state = of(context, &context.existing_store()?)?;
    context.ui.emit(&state);
    Ok(if state.stop.is_some() { Exit::Partial } else { Exit::Done })
}

fn of(context: &Context, store: &Store) -> Result<State> {
    let (installation, installation_since) = store.installation(context.now())?;
    Ok(State {
        folder: store.folder().display().to_string(),
        company_id: store.company()?,
        installation,
        installation_since,
        own_name: store.own_name()?,
        stop: store.stop()?,
    })
}

/// The state as it is after `keep`, for a program; a person is told in words.
fn kept(context: &Context, store: &Store) -> Result<Exit> {
    if context.ui.is_json() {
        context.ui.emit(&of(context, store)?);
    }
    Ok(Exit::Done)
}

fn keep(context: &Context, args: &KeepArgs) -> Result<Exit> {
    let ui = &context.ui;
    let store = context.existing_store()?;
    let _lock = context.lock(&store, "state keep")?;
    let configured = context.config()?.connectwise.company_id;
    let renamed = store.company()?.filter(|known| !known.eq_ignore_ascii_case(&configured));
    if let Some(known) = &renamed {
        let question =
            format!("Is {configured} the ConnectWise that was called {known}, with the same records?");
        if !args.yes {
            ui.agree(|_| (), &question, "--yes", "the state stays that of the other company")?;
        }
        store.set_company(&configured)?;
        ui.say(&format!("the state is that of {configured} now"));
    }
    let stop = store.stop()?;
    if let Some(stop) = &stop {
        let question = "Is this the only psactl, and did a person write these?";
        if !args.yes {
            ui.agree(|ui| sightings(ui, &stop.seen), question, "--yes", "psactl stays stopped")?;
        }
        store.accept(stop)?;
        store.forget_checks()?;
        ui.say("psactl goes on with this state; the next psactl sync writes again");
    }
    if renamed.is_none() && stop.is_none() {
        ui.say("psactl has not stopped: there is nothing to go on with");
    }
    kept(context, &store)
}

/// Which state this is.
#[derive(Debug, Serialize)]
struct State {
    folder: String,
    /// The company ID of the ConnectWise that it is the state of, once anything was written.
    company_id: Option<String>,
    installation: String,
    installation_since: Timestamp,
    /// What ConnectWise calls psactl's own login, where a write has told.
    own_name: Option<String>,
    /// Why nothing is written any more.
    stop: Option<Stop>,
}

fn sightings(ui: &Ui, seen: &[Sighting]) {
    ui.heading("Written by psactl's login, and not known here");
    for one in seen {
        ui.out(&format!("  {} {}", ui.paint(Look::Bad, "x"), ui.wrap(&text::clean(&stop::told(one)), 4, 6)));
    }
}

impl Show for State {
    const SCHEMA: &'static str = "psactl/state/1";

    fn show(&self, ui: &Ui) {
        ui.out(&format!("  folder        {}", text::clean(&self.folder)));
        ui.out(&format!(
            "  installation  {} since {} UTC",
            text::clean(&self.installation),
            text::moment(self.installation_since)
        ));
        let company = self.company_id.as_deref().map_or_else(|| "not known yet".to_owned(), text::clean);
        ui.out(&format!("  company ID    {company}"));
        let name = self.own_name.as_deref().map_or_else(|| "not known yet".to_owned(), text::clean);
        ui.out(&format!("  own login     {name} (as ConnectWise calls it)"));
        match &self.stop {
            None => ui.out("  writes        yes"),
            Some(stop) => {
                ui.out(&format!("  writes        no, since {} UTC", text::moment(stop.since)));
                sightings(ui, &stop.seen);
                for hint in stop::failure(stop).hints {
                    ui.out(&format!("  next: {hint}"));
                }
            }
        }
    }
}
