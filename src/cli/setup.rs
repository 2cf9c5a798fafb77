//! `psactl setup`: the steps of set-up in order.

use std::sync::Arc;

use serde::Serialize;

use crate::config::Config;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::plan::Plan;
use crate::plan::apply::{Applied, Applier, Secrets};
use crate::psa::Client;
use crate::setup::{self, Finding, Setup, Standing, Step};
use crate::store::Store;
use crate::ui::{Look, Show, Ui, text};

/// Set up the integration in ConnectWise, step by step in the right order
///
/// Each step looks first and proposes only what is missing. What is there
/// already is adopted, never bent.
///
/// Examples:
///   psactl setup --check           only look: what is right, what is missing
///   psactl setup --dry-run         show every change that would be made
///   psactl setup --apply --yes     make them, asking nothing
///   psactl setup agreements --dry-run
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Only this step (the ones it needs are looked at, not changed)
    #[arg(value_enum)]
    step: Option<Step>,
    /// Only look; exit with 8 where something is missing
    #[arg(long, group = "mode")]
    check: bool,
    /// Show every change that would be made; write nothing
    #[arg(long, group = "mode")]
    dry_run: bool,
    /// Make the changes, asking before each step
    #[arg(long, group = "mode")]
    apply: bool,
    /// With --apply: ask nothing
    #[arg(long, requires = "apply")]
    yes: bool,
    /// I have turned off the vendor's own ConnectWise synchronisation and ticket notifications at the
    /// portal, so that nobody bills or opens tickets twice
    #[arg(long)]
    vendor_sync_is_off: bool,
    /// For the step integrator-login: give the login the password of psactl.toml, although it has one
    #[arg(long)]
    new_password: bool,
    /// For the step agreements: from when an addition bills whose agreement has no next invoice ahead
    #[arg(long, value_name = "YYYY-MM-DD")]
    effective_date: Option<jiff::civil::Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    Check,
    DryRun,
    Apply,
}

/// What set-up found and did.
#[derive(Debug, Serialize)]
pub struct Report {
    mode: Mode,
    steps: Vec<Done>,
    /// The step that was asked for, where it was one.
    only: Option<Step>,
    finished: bool,
    /// The step at which ConnectWise refused or could not be asked; later ones were not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_at: Option<Step>,
    requests: u64,
}

/// One step with what was done.
#[derive(Debug, Serialize)]
struct Done {
    #[serde(flatten)]
    finding: Finding,
    applied: Vec<Applied>,
    /// Something was remembered that was not known before.
    #[serde(skip)]
    news: bool,
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
    if args.new_password && args.step != Some(Step::IntegratorLogin) {
        return Err(Failure::new(Exit::Usage, "--new-password is for the step integrator-login")
            .hint("psactl setup integrator-login --new-password --dry-run"));
    }
    let config = context.config()?;
    let store = context.store()?;
    let client = context.client(&config)?;
    let _lock = if mode == Mode::Apply { Some(store.lock("setup", context.now())?) } else { None };
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
    };
    let report = context.block_on(walk.all())?;
    context.ui.emit(&report);
    Ok(report.exit())
}

struct Walk<'a> {
    context: &'a Context,
    config: &'a Config,
    store: &'a Store,
    client: &'a Client,
    secrets: &'a Secrets,
    args: &'a Args,
    clock: &'a dyn Fn() -> jiff::Timestamp,
    mode: Mode,
}

impl Walk<'_> {
    async fn all(&self) -> Result<Report> {
        let now = self.context.now();
        let mut setup = Setup::new(self.client, self.config, self.store, now)?;
        setup.assume_planned = self.mode == Mode::DryRun;
        setup.vendor_sync_off = self.args.vendor_sync_is_off;
        setup.effective_date = self.args.effective_date;
        setup.new_password = self.args.new_password;
        let run = if self.mode == Mode::Apply {
            let run = self.store.begin_run("setup", now)?;
            self.applier(run).settle().await?.whole()?;
            run
        } else {
            0
        };
        let mut steps: Vec<Done> = Vec::new();
        let mut news = false;
        for step in Step::ALL {
            let wanted = self.args.step.is_none_or(|only| only == step);
            if !wanted && !leads_to(self.args.step, step) {
                continue;
            }
            match self.step(&mut setup, step, wanted, run).await {
                Ok(done) if wanted || !done.finding.is_right() => steps.push(done),
                Ok(done) => news |= done.news,
                Err(failure) => return Err(self.stopped(steps, news, step, run, failure)?),
            }
        }
        let finished = steps.iter().all(|done| done.finding.is_right());
        let report = Report {
            mode: self.mode,
            steps,
            only: self.args.step,
            finished,
            stopped_at: None,
            requests: self.client.requests_sent(),
        };
        if self.mode == Mode::Apply {
            self.make_due(&report.steps, news)?;
            self.store.end_run(run, report.exit().code(), "setup", self.context.now())?;
        }
        Ok(report)
    }

    /// A step could not be looked at: what was found and made before it is told all the same, and a person
    /// without the rights in the API is shown where to click.
    fn stopped(
        &self,
        steps: Vec<Done>,
        news: bool,
        step: Step,
        run: i64,
        failure: Failure,
    ) -> Result<Failure> {
        if self.mode == Mode::Apply {
            self.make_due(&steps, news)?;
        }
        if !steps.is_empty() {
            self.context.ui.emit(&Report {
                mode: self.mode,
                steps,
                only: self.args.step,
                finished: false,
                stopped_at: Some(step),
                requests: self.client.requests_sent(),
            });
        }
        if self.mode == Mode::Apply {
            self.store.end_run(run, failure.exit.code(), &failure.line(), self.context.now())?;
        }
        let rights = failure.exit == Exit::Refused && !crate::sync::waiting::is_refused(&failure);
        let failure = failure.context(format!("step {}", step.name()));
        Ok(if rights { failure.hint(format!("or by hand: {}", step.clicks())) } else { failure })
    }

    /// What was missing is there now: customers that may have been blocked are looked at again, all of them
    /// where it is not one customer's.
    fn make_due(&self, steps: &[Done], news: bool) -> Result<()> {
        let changes = || steps.iter().flat_map(|done| &done.applied).map(|applied| &applied.change);
        if news || steps.iter().any(|done| done.news) || changes().any(|change| change.cid.is_none()) {
            self.store.forget_checks()?;
        } else {
            self.store.forget_checks_of(changes().filter_map(|change| change.cid.as_deref()))?;
        }
        Ok(())
    }

    /// Looks, applies, and looks again: what is said is what was read back.
    async fn step(&self, setup: &mut Setup<'_>, step: Step, wanted: bool, run: i64) -> Result<Done> {
        let mut applied = Vec::new();
        setup.now = self.context.now();
        let mut finding = setup.check(step).await?;
        // A record that another needs first (the integration of its cross-references) takes a second round.
        for _ in 0..3 {
            let may = self.mode == Mode::Apply && wanted && !finding.changes.is_empty();
            if !may || !self.agreed(&finding)? {
                break;
            }
            let changes =
                finding.changes.iter().filter(|change| change.waits_for.is_none()).cloned().collect();
            self.context.writing.store(true, std::sync::atomic::Ordering::Relaxed);
            let made = self.applier(run).apply(changes).await?;
            self.context.writing.store(false, std::sync::atomic::Ordering::Relaxed);
            let learnt = setup.learns(&made)?;
            let failed = made.iter().any(|applied| !applied.ended.is_done());
            // What was refused for a reason that the next round takes into account is no failure to tell.
            applied.extend(made.into_iter().filter(|applied| !learnt || applied.ended.is_done()));
            setup.now = self.context.now();
            finding = setup.check(step).await?;
            if failed && !learnt {
                break;
            }
        }
        let news = self.mode == Mode::Apply
            && setup::remember(self.store, &finding, self.args.vendor_sync_is_off, self.context.now())?;
        Ok(Done { finding, applied, news })
    }

    fn agreed(&self, finding: &Finding) -> Result<bool> {
        if self.args.yes {
            return Ok(true);
        }
        let plan = Plan { changes: finding.changes.clone(), ..Plan::default() };
        self.context.ui.out(
            &self.context.ui.paint(Look::Head, &format!("{}: {}", finding.step.name(), finding.step.why())),
        );
        plan.show(&self.context.ui);
        self.context.ui.confirm("Apply these changes?", "--yes")
    }

    fn applier(&self, run: i64) -> Applier<'_> {
        Applier {
            client: self.client,
            store: self.store,
            run,
            secrets: self.secrets,
            clock: self.clock,
            observed_at: (self.clock)(),
            interrupted: Arc::clone(&self.context.interrupted),
        }
    }
}

/// Whether a step has to be looked at before another can be.
fn leads_to(wanted: Option<Step>, step: Step) -> bool {
    wanted.is_some_and(|wanted| {
        wanted.needs().iter().any(|needed| *needed == step || leads_to(Some(*needed), step))
    })
}

impl Report {
    fn exit(&self) -> Exit {
        let failed =
            self.steps.iter().flat_map(|done| &done.applied).find_map(|applied| match &applied.ended {
                crate::plan::apply::Ended::Failed { exit, .. } => Some(*exit),
                ended if !ended.is_done() => Some(Exit::Partial),
                _ => None,
            });
        match (self.mode, self.finished) {
            (_, true) => Exit::Done,
            (Mode::Check, false) => Exit::Found,
            (Mode::DryRun, false) => Exit::Done,
            (Mode::Apply, false) => failed.unwrap_or(Exit::Configuration),
        }
    }
}

impl Show for Report {
    const SCHEMA: &'static str = "psactl/setup/1";

    fn show(&self, ui: &Ui) {
        for (number, done) in self.steps.iter().enumerate() {
            show_step(ui, number + 1, done, self.mode);
        }
        ui.out("");
        if let Some(step) = self.stopped_at {
            ui.out(&format!("Stopped at step {}.", step.name()));
            return;
        }
        let open = self.steps.iter().filter(|done| !done.finding.is_right()).count();
        if let (true, Some(step)) = (self.finished, self.only) {
            ui.out(&ui.paint(Look::Good, &format!("Step {} is right.", step.name())));
            return;
        }
        ui.out(&match (self.finished, self.mode) {
            (true, Mode::Apply) => format!(
                "{} Next: psactl sync. In ConnectWise, Company > Management > Printer shows the report it fills.",
                ui.paint(Look::Good, "Set-up is complete.")
            ),
            (true, _) => ui.paint(Look::Good, "Set-up is complete."),
            (false, Mode::DryRun) => format!("{} not right yet. Nothing was written; psactl setup --apply makes the changes.", text::count(open, "step is", "steps are")),
            (false, Mode::Check) => format!("{} not right yet. psactl setup --dry-run shows what would be changed.", text::count(open, "step is", "steps are")),
            (false, Mode::Apply) => format!("{} not right yet.", text::count(open, "step is", "steps are")),
        });
    }
}

fn show_step(ui: &Ui, number: usize, done: &Done, mode: Mode) {
    let finding = &done.finding;
    let (look, word) = match &finding.standing {
        Standing::Done => (Look::Good, "ok".to_owned()),
        Standing::Todo => {
            (Look::Warn, format!("{} to make", text::count(finding.changes.len(), "change", "changes")))
        }
        Standing::Blocked { by } => (Look::Bad, format!("blocked by {}", by.name())),
        Standing::Unneeded { because } => (Look::Dim, format!("not needed: {because}")),
        Standing::Person { .. } => (Look::Bad, "needs a person".to_owned()),
    };
    let made = done.applied.iter().filter(|applied| applied.ended.is_done()).count();
    let made =
        if made > 0 { format!(", {} made", text::count(made, "change", "changes")) } else { String::new() };
    ui.out(&format!(
        "{number}. {}  {}{made}",
        ui.paint(Look::Head, finding.step.name()),
        ui.paint(look, &word)
    ));
    if let Standing::Person { what } = &finding.standing {
        ui.out(&format!("     {}", ui.wrap(&text::clean(what), 5, 5)));
        ui.out(&format!("     by hand: {}", finding.step.clicks()));
    }
    // What was made in this run is told below, with its id.
    for found in finding.found.iter().filter(|_| done.applied.is_empty()) {
        ui.out(&format!("     {}", ui.wrap(&text::clean(found), 5, 7)));
    }
    for note in &finding.notes {
        ui.out(&format!(
            "     {} {}",
            ui.paint(Look::Warn, "note:"),
            ui.wrap(&text::clean(&note.text), 5, 7)
        ));
    }
    if mode == Mode::DryRun {
        Plan { changes: finding.changes.clone(), ..Plan::default() }.show(ui);
    } else if mode == Mode::Check {
        for change in &finding.changes {
            ui.out(&format!(
                "     {} {}",
                ui.paint(Look::Warn, "missing:"),
                text::clean(&change.subject.to_string())
            ));
        }
    }
    for applied in &done.applied {
        let subject = text::clean(&applied.change.subject.to_string());
        match applied.ended.trouble() {
            None => {
                let id = match &applied.ended {
                    crate::plan::apply::Ended::Done { record: Some(id) }
                        if applied.change.subject.id.is_none() =>
                    {
                        format!(" (#{id})")
                    }
                    _ => String::new(),
                };
                ui.out(&format!("     {} {subject}{id}", ui.paint(Look::Good, "+")));
            }
            Some(trouble) => {
                ui.out(&format!("     {} {subject}: {}", ui.paint(Look::Bad, "x"), text::clean(&trouble)));
                if let crate::plan::apply::Ended::Failed { hints, .. } = &applied.ended {
                    for hint in hints {
                        ui.out(&format!("         - {}", text::clean(hint)));
                    }
                }
            }
        }
    }
    let made = done.applied.iter().filter(|applied| applied.ended.is_done()).map(|applied| &applied.change);
    for line in crate::plan::sum_lines(made) {
        ui.out(&format!("     {line}"));
    }
}
