//! The walk through the steps: look, agree, apply, look again.

use std::sync::Arc;

use super::show::{Done, Left, Report};
use super::{Args, Mode};
use crate::config::Config;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::plan::Change;
use crate::plan::apply::{Applied, Applier, Secrets};
use crate::psa::Client;
use crate::setup::{self, Finding, Setup, Step};
use crate::store::{Lock, Store};

pub(super) struct Walk<'a> {
    pub(super) context: &'a Context,
    pub(super) config: &'a Config,
    pub(super) store: &'a Store,
    pub(super) client: &'a Client,
    pub(super) secrets: &'a Secrets,
    pub(super) args: &'a Args,
    pub(super) clock: &'a dyn Fn() -> jiff::Timestamp,
    pub(super) mode: Mode,
    /// A person is asked about every step.
    pub(super) asks: bool,
}

impl Walk<'_> {
    pub(super) async fn all(&self) -> Result<Report> {
        let now = self.context.now();
        let mut setup = Setup::new(self.client, self.config, self.store, now)?;
        if setup.portal.is_err() {
            setup.reread_portal(&self.context.told()).await?;
        }
        setup.assume_planned = self.mode == Mode::DryRun;
        setup.vendor_sync_off = self.args.vendor_sync_is_off;
        setup.effective_date = self.args.effective_date;
        setup.new_password = self.args.new_password;
        setup.flat_fees.extend(&self.args.flat_fee);
        self.narrow(&mut setup)?;
        let run = if self.mode == Mode::Apply {
            let _lock = self.lock().await?;
            let run = self.store.begin_run("setup", now)?;
            self.applier(run).settle().await?.whole()?;
            run
        } else {
            0
        };
        // From here on Ctrl-C is an answer, also where nothing has to be waited for before the first question.
        tokio::task::yield_now().await;
        if self.asks {
            self.greet();
        }
        let mut steps: Vec<Done> = Vec::new();
        let mut news = false;
        let mut stopped_at = None;
        for step in Step::ALL {
            let wanted = self.args.step.is_none_or(|only| only == step);
            if !wanted && !leads_to(self.args.step, step) {
                continue;
            }
            let looked = match wanted && self.asks {
                true => self.talk(&mut setup, step, run).await,
                false => self.step(&mut setup, step, wanted, run).await,
            };
            match looked {
                Ok(done) if done.left == Some(Left::Stopped) => {
                    steps.push(done);
                    stopped_at = Some(step);
                    break;
                }
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
            stopped_at,
            requests: self.client.requests_sent(),
            told: self.asks,
        };
        if self.mode == Mode::Apply {
            self.make_due(&report.steps, news)?;
            self.store.end_run(run, report.exit().code(), "", self.context.now())?;
        }
        Ok(report)
    }

    /// Only the customers that were named.
    fn narrow(&self, setup: &mut Setup<'_>) -> Result<()> {
        let cids = &self.args.cids;
        if cids.is_empty() {
            return Ok(());
        }
        if let Some(cid) = cids.iter().find(|cid| !setup.links.iter().any(|link| link.cid == **cid)) {
            return Err(Failure::new(Exit::Partial, format!("customer {cid} is not linked to a company"))
                .hint(
                    "psactl companies lists the customers and their links; companies link and add make one",
                ));
        }
        setup.links.retain(|link| cids.contains(&link.cid));
        Ok(())
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
                told: self.asks,
            });
        }
        if self.mode == Mode::Apply {
            self.store.end_run(run, failure.exit.code(), &failure.line(), self.context.now())?;
        }
        let rights = wants_rights(&failure);
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
        // The steps per company take as long as there are companies.
        let many = setup.links.len() >= 30 && matches!(step, Step::ManagedIds | Step::Agreements);
        let waiting = many.then(|| self.context.ui.waiting(&format!("looking at {}", step.name())));
        let mut finding = setup.check(step).await?;
        drop(waiting);
        // A record that another needs first (the integration of its cross-references) takes a second round.
        for _ in 0..3 {
            let may = self.mode == Mode::Apply && wanted && !finding.changes.is_empty();
            if !may {
                break;
            }
            let changes =
                finding.changes.iter().filter(|change| change.waits_for.is_none()).cloned().collect();
            let made = self.apply(run, changes).await?;
            let learnt = setup.learns(&made)?;
            let failed = made.iter().any(|applied| !applied.ended.is_done());
            // What was refused for a reason that the next round takes into account is no failure to tell.
            applied.extend(made.into_iter().filter(|applied| !learnt || !Setup::taught(applied)));
            setup.now = self.context.now();
            finding = setup.check(step).await?;
            if failed && !learnt {
                break;
            }
        }
        let news = self.mode == Mode::Apply && self.remember(setup, &finding)?;
        Ok(Done { finding, applied, news, left: None })
    }

    /// The right to write. While a person is asked it is taken for each write alone: cron's sync goes on as long as
    /// somebody thinks, and set-up waits a moment for it.
    pub(super) async fn lock(&self) -> Result<Option<Lock>> {
        if !self.asks {
            return Ok(None);
        }
        Ok(Some(self.context.lock_patiently(self.store, "setup").await?))
    }

    pub(super) async fn apply(&self, run: i64, changes: Vec<Change>) -> Result<Vec<Applied>> {
        self.applier(run).apply(changes).await
    }

    /// Keeps what a step found, by id, and what a person confirmed; whether it is news.
    pub(super) fn remember(&self, setup: &Setup<'_>, finding: &Finding) -> Result<bool> {
        setup::remember(self.store, finding, setup.vendor_sync_off, self.context.now())
    }

    /// What a person has to know before the first question.
    fn greet(&self) {
        let ui = &self.context.ui;
        ui.tell(&ui.wrap(
            "psactl looks at each step, shows what it would change, and asks before it writes anything. Arrow keys \
             and enter choose; Ctrl-C stops, and psactl setup goes on from there.",
            0,
            0,
        ));
    }

    pub(super) fn applier(&self, run: i64) -> Applier<'_> {
        Applier {
            client: self.client,
            store: self.store,
            run,
            secrets: self.secrets,
            clock: self.clock,
            observed_at: (self.clock)(),
            interrupted: Arc::clone(&self.context.interrupted),
            writing: Arc::clone(&self.context.writing),
        }
    }
}

/// Whether ConnectWise knows the login, and refuses it a right.
pub(super) fn wants_rights(failure: &Failure) -> bool {
    failure.exit == Exit::Refused && !crate::sync::waiting::is_refused(failure)
}

/// Whether a step has to be looked at before another can be.
fn leads_to(wanted: Option<Step>, step: Step) -> bool {
    wanted.is_some_and(|wanted| {
        wanted.needs().iter().any(|needed| *needed == step || leads_to(Some(*needed), step))
    })
}
