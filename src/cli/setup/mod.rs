//! `psactl setup`: the steps of set-up in order.

pub(super) mod ask;
mod changes;
mod show;
mod talk;
mod walk;

use serde::Serialize;

use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::plan::apply::Secrets;
use crate::setup::Step;
use walk::Walk;

/// Set up the integration in ConnectWise, step by step
///
/// The steps are those of the guide (the vendor's ConnectWise PSA Integration
/// Guide, August 2015), in its order. Each looks first and proposes only what is
/// missing. What is there already is adopted, never bent.
///
/// Examples:
///   psactl setup                  in a terminal: each step, asked about first
///   psactl setup --check          only look: what is right, what is missing
///   psactl setup --dry-run        show every change that would be made
///   psactl setup --apply --yes    make them without asking
///   psactl setup portal --apply --yes --vendor-sync-is-off
///   psactl setup agreements 342 355 --dry-run
///   psactl setup agreements 342 --flat-fee basic-storage --apply
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Only this step (the ones it needs are looked at, not changed)
    #[arg(value_enum)]
    step: Option<Step>,
    /// For the steps managed-ids and agreements: only this customer, by its ID at the portal, such as 342;
    /// may be repeated
    #[arg(value_name = "CID", value_parser = super::common::cid)]
    cids: Vec<String>,
    /// Only look; exit with 8 where something is missing
    #[arg(long, group = "mode")]
    check: bool,
    /// Show what would be done; write nothing
    #[arg(long, group = "mode")]
    dry_run: bool,
    /// Make the changes, asking before each step (in a terminal this is the default)
    #[arg(long, group = "mode")]
    apply: bool,
    /// With --apply: do it without asking
    #[arg(long, requires = "apply")]
    yes: bool,
    /// For the step portal: confirm that the vendor's own ConnectWise synchronisation and ticket
    /// notifications are turned off at the portal, so that nobody bills or opens tickets twice
    #[arg(long)]
    vendor_sync_is_off: bool,
    /// For the step integrator-login: give the login the password of psactl.toml, although it has one
    #[arg(long)]
    new_password: bool,
    /// For the step agreements: from when an addition bills whose agreement has no next invoice ahead
    #[arg(long, value_name = "YYYY-MM-DD")]
    effective_date: Option<jiff::civil::Date>,
    /// For the step agreements: bill the flat fee of [billing.flat_fees] beside each new addition of this
    /// service; may be repeated
    #[arg(long, value_name = "SERVICE", value_parser = ask::service())]
    flat_fee: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    Check,
    DryRun,
    Apply,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let mode = match (args.check, args.dry_run, args.apply) {
        (true, _, _) => Mode::Check,
        (_, true, _) => Mode::DryRun,
        (_, _, true) => Mode::Apply,
        _ if context.ui.may_ask() => Mode::Apply,
        _ => {
            return Err(Failure::new(Exit::Usage, "say what to do: nobody can be asked here")
                .hint("psactl setup --check, --dry-run, or --apply --yes"));
        }
    };
    if mode == Mode::Apply && !args.yes && !context.ui.may_ask() {
        return Err(Failure::new(Exit::Usage, "nobody can be asked here before a step is applied")
            .hint("psactl setup --apply --yes asks nothing"));
    }
    if args.effective_date.is_some() && args.step != Some(Step::Agreements) {
        return Err(Failure::new(Exit::Usage, "--effective-date is for the step agreements")
            .hint("psactl setup agreements --effective-date YYYY-MM-DD --dry-run"));
    }
    if !args.cids.is_empty() && !matches!(args.step, Some(Step::ManagedIds | Step::Agreements)) {
        return Err(Failure::new(
            Exit::Usage,
            "customers are named with the steps managed-ids and agreements",
        )
        .hint("psactl setup agreements CID --dry-run"));
    }
    if !args.flat_fee.is_empty() && args.step != Some(Step::Agreements) {
        return Err(Failure::new(Exit::Usage, "--flat-fee is for the step agreements")
            .hint("psactl setup agreements --flat-fee SERVICE --dry-run"));
    }
    if args.vendor_sync_is_off && (args.check || args.step.is_some_and(|step| step != Step::Portal)) {
        return Err(Failure::new(
            Exit::Usage,
            "--vendor-sync-is-off confirms the step portal, and would not be kept here",
        )
        .hint("psactl setup portal --apply --vendor-sync-is-off"));
    }
    if args.new_password && args.check {
        return Err(Failure::new(
            Exit::Usage,
            "--new-password writes, and --check only looks: a password cannot be read back",
        )
        .hint("psactl setup integrator-login --new-password --dry-run shows the change"));
    }
    if args.new_password && args.step != Some(Step::IntegratorLogin) {
        return Err(Failure::new(Exit::Usage, "--new-password is for the step integrator-login")
            .hint("psactl setup integrator-login --new-password --dry-run"));
    }
    let config = context.config()?;
    ask::are_configured(&args.flat_fee, &config)?;
    let store = context.store_for(&config)?;
    let client = context.client(&config)?;
    let asks = mode == Mode::Apply && !args.yes;
    let unattended = mode == Mode::Apply && !asks;
    let _lock = if unattended { Some(context.lock(&store, "setup")?) } else { None };
    let secrets = if mode == Mode::Apply { context.secrets(&config)? } else { Secrets::default() };
    let clock = || context.now();
    let walk = Walk {
        context,
        config: &config,
        store: &store,
        client: &client,
        secrets: &secrets,
        args: &args,
        clock: &clock,
        mode,
        asks,
    };
    let report = context.block_on(walk.all())?;
    context.ui.emit(&report);
    Ok(report.exit())
}
