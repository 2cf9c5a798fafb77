//! The checks, in the order in which causes come before effects: what cannot work is named once, and what
//! depends on it is skipped.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::psa::Client;
use crate::setup::{Chosen, Setup, Standing, Step};
use crate::store::{EventState, HoldState, Store};
use crate::sync::{Options, Run};
use crate::ui::text;

use super::{Check, Group, Report, Status};

/// Checks everything, or one group.
///
/// # Errors
/// Only where the doctor itself cannot work; what it finds is in the report.
pub fn examine(context: &Context, only: Option<Group>) -> Result<Report> {
    let mut doctor = Doctor { context, only, checks: Vec::new() };
    doctor.all()?;
    Ok(Report { checks: doctor.checks })
}

struct Doctor<'a> {
    context: &'a Context,
    only: Option<Group>,
    checks: Vec<Check>,
}

impl Doctor<'_> {
    fn all(&mut self) -> Result<()> {
        let Some(config) = self.configuration() else {
            self.skip_rest(
                "configuration",
                &[Group::Connection, Group::Login, Group::Setup, Group::Portal, Group::Sync],
            );
            return Ok(());
        };
        self.portal(&config);
        let client = match self.context.client(&config) {
            Ok(client) => client,
            Err(failure) => {
                self.failure("secret", Group::Configuration, "the login's secret cannot be used", failure);
                self.skip_rest("secret", &[Group::Connection, Group::Login, Group::Setup, Group::Sync]);
                return Ok(());
            }
        };
        if !self.connection(&client) {
            self.skip_rest("connection", &[Group::Login, Group::Setup, Group::Sync]);
            return Ok(());
        }
        if !self.login(&client) {
            self.skip_rest("login", &[Group::Setup, Group::Sync]);
            return Ok(());
        }
        let store = self.context.store()?;
        let finished = self.steps(&config, &client, &store)?;
        self.sync(&config, &client, &store, finished)
    }

    fn wants(&self, group: Group) -> bool {
        self.only.is_none_or(|only| only == group)
    }

    fn push(
        &mut self,
        id: &str,
        group: Group,
        status: Status,
        title: impl Into<String>,
        evidence: Vec<String>,
        fix: Vec<String>,
    ) {
        if self.wants(group) {
            self.checks.push(Check { id: id.to_owned(), group, status, title: title.into(), evidence, fix });
        }
    }

    fn failure(&mut self, id: &str, group: Group, title: &str, failure: Failure) {
        let evidence = failure.error.chain().map(ToString::to_string).collect();
        self.push(id, group, Status::Problem, title, evidence, failure.hints);
    }

    fn skip_rest(&mut self, cause: &str, groups: &[Group]) {
        for group in groups {
            let name = clap::ValueEnum::to_possible_value(group)
                .map(|value| value.get_name().to_owned())
                .unwrap_or_default();
            self.push(
                &name,
                *group,
                Status::Skipped,
                format!("{name}: not checked, because {cause} must be mended first"),
                Vec::new(),
                Vec::new(),
            );
        }
    }

    fn configuration(&mut self) -> Option<Config> {
        match self.context.config() {
            Ok(config) => {
                self.push(
                    "configuration",
                    Group::Configuration,
                    Status::Ok,
                    format!("configuration {}", config.path().display()),
                    Vec::new(),
                    Vec::new(),
                );
                match config.integrator_login.password.read(&config) {
                    Ok(_) => {}
                    Err(error) => self.failure(
                        "integrator-password",
                        Group::Configuration,
                        "the integrator login's password cannot be read",
                        error.into(),
                    ),
                }
                Some(config)
            }
            Err(failure) => {
                self.failure(
                    "configuration",
                    Group::Configuration,
                    "the configuration cannot be used",
                    failure,
                );
                None
            }
        }
    }

    fn connection(&mut self, client: &Client) -> bool {
        match self.context.block_on(async { Ok(client.company_info().await?) }) {
            Ok(info) => {
                let version = info.version_code.or(info.version_number).unwrap_or_default();
                self.push(
                    "connection",
                    Group::Connection,
                    Status::Ok,
                    format!("ConnectWise answers: {} {version}", info.company_name.unwrap_or_default()),
                    Vec::new(),
                    Vec::new(),
                );
                true
            }
            Err(failure) => {
                self.failure("connection", Group::Connection, "ConnectWise cannot be reached", failure);
                false
            }
        }
    }

    fn login(&mut self, client: &Client) -> bool {
        match self.context.block_on(async { Ok(client.info().await?) }) {
            Ok(info) => {
                self.push(
                    "login",
                    Group::Login,
                    Status::Ok,
                    format!("login accepted, release {}", info.version.clone().unwrap_or_default()),
                    Vec::new(),
                    Vec::new(),
                );
                if info.licence_covers("managed") == Some(false) {
                    self.push("licence", Group::Login, Status::Warning, "the licence does not cover managed services: the guide asks for the MSP add-on", Vec::new(),
        vec!["ask ConnectWise for the MSP add-on; without it Managed IDs and cross-references are refused".to_owned()]);
                }
                if let Some(skew) = client
                    .clock_skew(self.context.now())
                    .filter(|skew| skew.abs() > jiff::SignedDuration::from_mins(5))
                {
                    self.push(
                        "clock",
                        Group::Connection,
                        Status::Problem,
                        format!(
                            "this machine's clock is {} off the server's: billing is blocked",
                            text::span(skew)
                        ),
                        Vec::new(),
                        vec!["set the clock".to_owned()],
                    );
                }
                true
            }
            Err(failure) => {
                self.failure("login", Group::Login, "the login is refused", failure);
                false
            }
        }
    }

    fn portal(&mut self, config: &Config) {
        let read = self.context.portal(config).and_then(|source| {
            let read = (source.accounts()?, source.events()?);
            Ok((source.failing(), read))
        });
        let (snapshot, events) = match read {
            Ok((failing, read)) => {
                if let Some(failing) = failing {
                    self.push(
                        "portal-answers",
                        Group::Portal,
                        Status::Problem,
                        "the portal did not answer when it was asked last; its last whole answer is read",
                        vec![failing],
                        vec!["psactl portal check asks it again".to_owned()],
                    );
                }
                read
            }
            Err(error) => {
                self.failure("portal-data", Group::Portal, "the portal's data cannot be read", error);
                return;
            }
        };
        let title = format!(
            "portal data: {}, {}, {}",
            text::count(snapshot.customers.len(), "customer", "customers"),
            text::count(snapshot.accounts.len(), "account", "accounts"),
            text::count(events.events.len(), "event", "events")
        );
        self.push("portal-data", Group::Portal, Status::Ok, title, Vec::new(), Vec::new());
        let rows: Vec<String> =
            snapshot.problems.iter().chain(&events.problems).map(ToString::to_string).collect();
        if !rows.is_empty() {
            self.push(
                "portal-rows",
                Group::Portal,
                Status::Problem,
                format!(
                    "{} of the exports cannot be used; their customers are not billed",
                    text::count(rows.len(), "row", "rows")
                ),
                rows,
                vec!["correct the rows in the export".to_owned()],
            );
        }
        let now = self.context.now();
        let age = snapshot.measured_at.map(|measured| now.duration_since(measured));
        match age {
            Some(age) if age <= config.portal.max_age => {}
            Some(age) => self.push(
                "portal-age",
                Group::Portal,
                Status::Problem,
                format!(
                    "the use was measured {} ago; nothing is billed (max_age {})",
                    text::span(age),
                    text::span(config.portal.max_age)
                ),
                Vec::new(),
                vec!["see that the portal's export is written again".to_owned()],
            ),
            None => self.push(
                "portal-age",
                Group::Portal,
                Status::Problem,
                "the export does not say when its use was measured; nothing is billed",
                Vec::new(),
                vec!["add a column measured_at, or set [portal] age_from = \"mtime\"".to_owned()],
            ),
        }
    }

    /// Every step of set-up. Returns whether all are right.
    fn steps(&mut self, config: &Config, client: &Client, store: &Store) -> Result<bool> {
        let context = self.context;
        let now = context.now();
        let findings = context.block_on(async {
            let mut setup = Setup::new(client, config, store, now)?;
            let mut findings = Vec::new();
            for step in Step::ALL {
                findings.push(setup.check(step).await?);
            }
            Ok(findings)
        });
        let findings = match findings {
            Ok(findings) => findings,
            Err(failure) => {
                self.failure("setup", Group::Setup, "the set-up cannot be looked at", failure);
                return Ok(false);
            }
        };
        let mut right = true;
        for finding in findings {
            right &= finding.is_right();
            let name = finding.step.name();
            let (status, title, mut evidence, fix) = match &finding.standing {
                Standing::Done => (Status::Ok, format!("{name}: right"), Vec::new(), Vec::new()),
                Standing::Unneeded { because } => {
                    (Status::Skipped, format!("{name}: {because}"), Vec::new(), Vec::new())
                }
                Standing::Todo => (
                    Status::Problem,
                    format!(
                        "{name}: {} missing or wrong",
                        text::count(finding.changes.len(), "record is", "records are")
                    ),
                    finding.changes.iter().map(|change| change.subject.to_string()).collect(),
                    vec![format!("psactl setup {name} --apply, or by hand: {}", finding.step.clicks())],
                ),
                Standing::Blocked { by } => (
                    Status::Skipped,
                    format!("{name}: not checked, because {} must be mended first", by.name()),
                    Vec::new(),
                    Vec::new(),
                ),
                Standing::Person { what } => (
                    Status::Problem,
                    format!("{name}: needs a person"),
                    vec![what.clone()],
                    vec![format!("by hand: {}", finding.step.clicks())],
                ),
            };
            for note in &finding.notes {
                evidence.push(note.text.clone());
            }
            let status = if status == Status::Ok && finding.notes.iter().any(|note| note.act) {
                Status::Warning
            } else {
                status
            };
            self.push(&format!("setup-{name}"), Group::Setup, status, title, evidence, fix);
        }
        Ok(right)
    }

    /// What the next sync would do, and what waits for a person.
    fn sync(&mut self, config: &Config, client: &Client, store: &Store, finished: bool) -> Result<()> {
        if let Some(step) = Chosen::read(store)?.missing(config) {
            let cause = if finished {
                format!("psactl setup --apply has not recorded step {} yet", step.name())
            } else {
                "set-up is not finished".to_owned()
            };
            self.push(
                "sync",
                Group::Sync,
                Status::Skipped,
                format!("sync: not checked, because {cause}"),
                Vec::new(),
                Vec::new(),
            );
            return Ok(());
        }
        let (unkept, entries) = store.all_unkept()?;
        if entries > 0 {
            self.push(
                "statistics",
                Group::Sync,
                Status::Warning,
                format!(
                    "ConnectWise takes statistics of {} and does not keep them: they are not sent any more",
                    text::count(entries, "management report entry", "management report entries")
                ),
                unkept.into_iter().collect(),
                vec![
                    "psactl sync --force tries again; so does sync itself after ConnectWise's next release"
                        .to_owned(),
                ],
            );
        }
        let source = config.portal.source.name();
        let clock = || self.context.now();
        let run = Run {
            config,
            client,
            store,
            options: Options { dry_run: true, verify: true, by_hand: true, ..Options::default() },
            command: "doctor",
            clock: &clock,
            interrupted: std::sync::Arc::clone(&self.context.interrupted),
            writing: std::sync::Arc::clone(&self.context.writing),
        };
        // What waits for a yes: as remembered, and as the next run would find it.
        let standing = store.holds()?.into_iter().filter(|hold| hold.state == HoldState::Held);
        let mut held: BTreeMap<String, String> = standing
            .map(|hold| {
                let line =
                    format!("{}: {} -> {}, {}", hold.change.subject, hold.before, hold.after, hold.reason);
                (hold.record, line)
            })
            .collect();
        match self.context.block_on(run.once()) {
            Ok(report) => {
                let blocked: Vec<String> = report
                    .plan
                    .blocked
                    .iter()
                    .map(|blocked| {
                        format!(
                            "{}{}: {}; fix: {}",
                            blocked.cid.as_deref().map(|cid| format!("customer {cid}, ")).unwrap_or_default(),
                            blocked.subject,
                            blocked.reason,
                            blocked.fix
                        )
                    })
                    .collect();
                if !blocked.is_empty() {
                    self.push(
                        "blocked",
                        Group::Sync,
                        Status::Problem,
                        format!("{} blocked", text::count(blocked.len(), "subject is", "subjects are")),
                        blocked,
                        Vec::new(),
                    );
                }
                for trouble in &report.troubles {
                    let who = trouble.cid.as_deref().map(|cid| format!("customer {cid}: "));
                    self.push(
                        "trouble",
                        Group::Sync,
                        Status::Problem,
                        format!("{}{}", who.unwrap_or_default(), trouble.error),
                        Vec::new(),
                        trouble.hints.clone(),
                    );
                }
                for change in &report.plan.held {
                    let line = format!(
                        "{}: {} -> {}, {}",
                        change.change.subject, change.before, change.after, change.reason
                    );
                    if !change.rejected {
                        held.insert(change.record.clone(), line);
                    }
                }
                let notes: Vec<String> =
                    report.plan.notes.iter().filter(|note| note.act).map(|note| note.text.clone()).collect();
                if !notes.is_empty() {
                    self.push(
                        "notes",
                        Group::Sync,
                        Status::Warning,
                        "the next sync would note",
                        notes,
                        Vec::new(),
                    );
                }
                if !report.standing.is_empty() {
                    let faults = report
                        .standing
                        .iter()
                        .map(|fault| format!("customer {}, {}: {}", fault.cid, fault.account, fault.text))
                        .collect();
                    self.push(
                        "standing-faults",
                        Group::Sync,
                        Status::Warning,
                        "faults stand since the first run, without a ticket",
                        faults,
                        vec!["psactl sync --open-standing".to_owned()],
                    );
                }
                let pending = report.plan.changes.len();
                let undecided = !(report.troubles.is_empty() && report.plan.is_empty());
                let title = if pending == 0 && undecided {
                    "sync: the next run writes nothing".to_owned()
                } else if pending == 0 {
                    "sync: ConnectWise agrees with the portal".to_owned()
                } else {
                    format!("sync: the next run writes {}", text::count(pending, "change", "changes"))
                };
                self.push("sync", Group::Sync, Status::Ok, title, Vec::new(), Vec::new());
            }
            Err(failure) => self.failure("sync", Group::Sync, "the next sync would fail", failure),
        }
        let failed = store.count_events(source, EventState::Failed)?;
        if failed > 0 {
            self.push(
                "failed-events",
                Group::Sync,
                Status::Problem,
                format!("{failed} events failed and were not reprocessed"),
                Vec::new(),
                vec![
                    "psactl events --errors shows them, psactl reprocess --errors runs them again".to_owned(),
                ],
            );
        }
        if !held.is_empty() {
            self.push(
                "held",
                Group::Sync,
                Status::Warning,
                format!("{} for a yes", text::count(held.len(), "change waits", "changes wait")),
                held.into_values().collect(),
                vec!["psactl sync holds what is new; psactl review answers it".to_owned()],
            );
        }
        let last = [store.last_run("sync")?, store.last_run("reprocess")?]
            .into_iter()
            .flatten()
            .max_by_key(|run| run.id);
        match last {
            None => self.push(
                "last-run",
                Group::Sync,
                Status::Warning,
                "sync has never run",
                Vec::new(),
                vec!["psactl sync; then let cron run it every minute".to_owned()],
            ),
            Some(last) => {
                let when = text::moment(last.started_at);
                let exit = last.exit.map_or_else(|| "was killed".to_owned(), |exit| format!("exit {exit}"));
                let failed =
                    last.exit.is_none_or(|exit| exit != Exit::Done.code() && exit != Exit::Partial.code());
                let status = if failed { Status::Warning } else { Status::Ok };
                self.push(
                    "last-run",
                    Group::Sync,
                    status,
                    format!("last {} that had work: {when} UTC, {exit}", last.command),
                    Vec::new(),
                    Vec::new(),
                );
            }
        }
        Ok(())
    }
}
