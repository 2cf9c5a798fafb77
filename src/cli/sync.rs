//! `psactl sync`: one shot, made for cron.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::Config;
use crate::context::Context;
use crate::error::{Exit, Result};
use crate::store::Store;
use crate::sync::{Options, Part, Report, Run};

/// Push what changed: tickets, backup statistics, billed quantities
///
/// One run, made for cron: it may be started every minute. Where nothing is due
/// it sends no request. Guards hold what a person should look at (psactl review).
/// Ends with 0 where no person is needed, and with 3 to 6 where something is new
/// that needs one (psactl help exit-codes).
///
/// Examples:
///   psactl sync
///   psactl sync --dry-run            what would be written, and its money
///   psactl sync --cid 342 --force    this customer now, whatever the interval
///   psactl sync --save-plan plan.json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Only this customer, by its ID at the portal, such as 342; may be repeated
    #[arg(long, value_name = "CID", value_parser = super::common::cid)]
    cid: Vec<String>,
    /// Only this part of the work
    #[arg(long, value_enum, value_name = "PART")]
    only: Option<Part>,
    /// Do it although the interval is not over; guards hold all the same
    #[arg(long)]
    force: bool,
    /// Read back everything, even what did not change
    #[arg(long)]
    verify: bool,
    /// Open tickets for the faults that stood at the first run
    #[arg(long)]
    open_standing: bool,
    /// Show what would be done; write nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: exit with 8 where something would be written, held or blocked
    #[arg(long, requires = "dry_run")]
    exit_code: bool,
    /// Write nothing, and save what would be written in FILE: psactl apply FILE writes exactly that
    #[arg(long, value_name = "FILE")]
    save_plan: Option<PathBuf>,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let options = Options {
        cids: args.cid,
        only: args.only,
        force: args.force,
        verify: args.verify,
        open_standing: args.open_standing,
        dry_run: args.dry_run || args.save_plan.is_some(),
        // Typed by a person: the login may be tried at once after a refusal.
        by_hand: context.ui.is_by_hand(),
        events: None,
        exactly: None,
    };
    let by_hand = options.by_hand;
    let named = !options.cids.is_empty();
    let config = context.config()?;
    let store = context.store_for(&config)?;
    let began = std::time::Instant::now();
    let outcome = once_with(context, &config, &store, "sync", options.clone());
    // A run of some customers is no sign that the others are looked after.
    if !options.dry_run && !named {
        crate::monitoring::after_run(context, &config, &store, &outcome, began.elapsed());
    }
    let report = outcome?;
    if let Some(file) = &args.save_plan {
        super::apply::save(context, file, &options, &report)?;
    }
    let asked = by_hand || named || !report.applied.is_empty();
    let quiet = !options.dry_run && !report.has_news() && (!asked || context.ui.is_quiet());
    if context.ui.is_json() || !quiet {
        context.ui.emit(&report);
    }
    let head = match (options.dry_run, &report.still) {
        (true, _) => "dry run, nothing was written",
        (false, Some(_)) => "nothing was done",
        (false, None) => "done",
    };
    let changes = if options.dry_run {
        crate::ui::text::count(report.plan.changes.len(), "change", "changes")
    } else {
        report.summary()
    };
    context.ui.say(&format!("sync: {head}: {changes}"));
    if let Some(file) = &args.save_plan {
        let file = file.display();
        context.ui.say(&format!("saved in {file}: psactl apply {file} writes exactly that, or nothing"));
    }
    // Where stdout goes to a file or nowhere, stderr still says what a person is needed for.
    if !quiet && !options.dry_run && report.has_news() && !std::io::stdout().is_terminal() {
        for line in report.reasons(3) {
            context.ui.say(&format!("sync: {}", crate::ui::text::clean(&line)));
        }
    }
    if args.exit_code && !report.plan.is_empty() {
        return Ok(Exit::Found);
    }
    Ok(report.exit())
}

/// One run, with lock, client and clock. `reprocess` and `doctor` use it too.
pub(super) fn once(context: &Context, command: &'static str, options: Options) -> Result<Report> {
    let config = context.config()?;
    once_with(context, &config, &context.store_for(&config)?, command, options)
}

fn once_with(
    context: &Context,
    config: &Config,
    store: &Store,
    command: &'static str,
    options: Options,
) -> Result<Report> {
    let _lock = if options.dry_run { None } else { Some(store.lock(command, context.now())?) };
    if let Some(report) = crate::sync::idle(config, store, &options, context.now())? {
        return Ok(report);
    }
    let client = context.client(config)?;
    let clock = || context.now();
    let run = Run {
        config,
        client: &client,
        store,
        options,
        command,
        clock: &clock,
        interrupted: Arc::clone(&context.interrupted),
        writing: Arc::clone(&context.writing),
        told: context.told(),
    };
    context.block_on(run.once())
}
