//! `psactl portal check`: what was understood of the portal's data, and what was left out and why.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::config::Config;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::portal::{EventKind, EventLog, FileState, RowProblem, Snapshot, Source, Tally};
use crate::services::{self, Unit};
use crate::sync::billable;
use crate::ui::{Look, Show, Ui, text};

/// Look at the backup portal's data
///
/// ConnectWise is not asked, and nothing is written to it.
///
/// Example:
///   psactl portal check
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(subcommand)]
    command: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Check(Check),
}

/// Show what was understood of the data, what was left out and why
///
/// Exports are read anew, and a portal with an address is asked. Ends with 8
/// where a row was left out, or where nothing of it can be billed.
///
/// Examples:
///   psactl portal check
///   psactl portal check --offline        the copy of the last answer
///   psactl portal check --output json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
struct Check {
    /// Do not ask the portal: look at the copy of its last whole answer
    #[arg(long)]
    offline: bool,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let Action::Check(args) = args.command;
    let config = context.config()?;
    let now = context.now();
    let source = context.open_portal(&config, &context.state_folder()?)?;
    if !args.offline {
        let asked = context.block_on(async { Ok(source.refresh(now).await?) });
        if let Err(failure) = asked {
            let kept = source.stamp().is_ok();
            let hint = "psactl portal check --offline looks at the copy of its last whole answer";
            return Err(if kept { failure.hint(hint) } else { failure });
        }
    }
    let looked =
        look(context, &config, source.as_ref(), now).map_err(|failure| known(context, &*source, failure))?;
    context.ui.emit(&looked);
    Ok(if looked.finds_something() { Exit::Found } else { Exit::Done })
}

/// A failure to read the portal, as [`Failure::undelivered`] tells it.
fn known(context: &Context, source: &dyn Source, failure: Failure) -> Failure {
    let read_before = || context.store().ok()?.import(source.name()).ok()?;
    let read_before = context.has_state() && read_before().is_some();
    failure.undelivered(read_before)
}

fn look(context: &Context, config: &Config, source: &dyn Source, now: Timestamp) -> Result<Looked> {
    // As sync does: in this order what the events are read with is gone before the accounts are kept.
    let (events, tally) = Tally::of(source, now)?;
    let accounts = source.accounts()?;
    // Only a state that is there is looked at: a check makes none.
    let last = match context.has_state() {
        true => context.store()?.import(source.name())?.and_then(|import| import.measured_at),
        false => None,
    };
    Ok(Looked::of(config, source, &accounts, (&events, &tally), last, now))
}

/// What was understood.
#[derive(Debug, Serialize)]
struct Looked {
    source: &'static str,
    /// Why the portal's last answer is not the newest.
    failing: Option<String>,
    accounts: Accounts,
    events: Option<Events>,
    /// Why nothing at all can be billed.
    nothing_billed: Option<String>,
    /// Rows that were left out.
    left_out: Vec<Left>,
    #[serde(skip)]
    gigabyte: &'static str,
    #[serde(skip)]
    now: Timestamp,
}

#[derive(Debug, Serialize)]
struct Accounts {
    file: String,
    format: String,
    digest: String,
    rows: usize,
    customers: usize,
    accounts: usize,
    measured_at: Option<Timestamp>,
    period_start: Option<Timestamp>,
    period_end: Option<Timestamp>,
    totals: Vec<Total>,
    ignored_columns: Vec<String>,
    notes: Vec<String>,
    /// Customers that are not billed, each with the first reason.
    not_billed: Vec<NotBilled>,
}

/// The sum of a service over all accounts that can be billed.
#[derive(Debug, Serialize)]
struct Total {
    service: &'static str,
    name: &'static str,
    quantity: Decimal,
    unit: String,
    /// Accounts with a measurement, zeros included.
    accounts: usize,
    customers: usize,
}

#[derive(Debug, Serialize)]
struct NotBilled {
    cid: String,
    name: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Events {
    file: String,
    format: String,
    digest: String,
    rows: usize,
    events: usize,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    by_type: Vec<ByType>,
    notes: Vec<String>,
    /// Every file of the log, oldest first.
    files: Vec<LogFile>,
}

/// One file of the event log.
#[derive(Debug, Serialize)]
struct LogFile {
    file: String,
    state: FileState,
    digest: String,
    rows: usize,
    left_out: usize,
}

#[derive(Debug, Serialize)]
struct ByType {
    #[serde(rename = "type")]
    kind: EventKind,
    ok: usize,
    warning: usize,
    error: usize,
}

/// A row that was left out.
#[derive(Debug, Serialize)]
struct Left {
    export: &'static str,
    file: String,
    line: u64,
    column: String,
    account: Option<String>,
    cid: Option<String>,
    reason: String,
}

impl Left {
    fn of(export: &'static str, problem: &RowProblem) -> Left {
        Left {
            export,
            file: problem.file.display().to_string(),
            line: problem.line,
            column: problem.column.clone(),
            account: problem.account.clone(),
            cid: problem.cid.clone(),
            reason: problem.reason.clone(),
        }
    }
}

impl Looked {
    fn of(
        config: &Config,
        source: &dyn Source,
        accounts: &Snapshot,
        (events, tally): (&EventLog, &Tally),
        last: Option<Timestamp>,
        now: Timestamp,
    ) -> Looked {
        let not_billed = not_billed(config, accounts, now);
        let of_events = (!events.file.as_os_str().is_empty()).then(|| of_events(events, tally));
        let left_out = accounts.problems.iter().map(|problem| Left::of("accounts", problem));
        let left_out =
            left_out.chain(events.problems.iter().map(|problem| Left::of("events", problem))).collect();
        Looked {
            source: source.name(),
            failing: source.trouble().map(|error| Failure::from(error).line()),
            nothing_billed: nothing_billed(accounts, &not_billed, last, now),
            accounts: of_accounts(config, accounts, not_billed),
            events: of_events,
            left_out,
            gigabyte: config.portal.gigabyte.unit(),
            now,
        }
    }

    fn finds_something(&self) -> bool {
        !self.left_out.is_empty() || self.nothing_billed.is_some()
    }
}

/// What stops everyone.
const ANYONES: &str = "a row is left out that could be anyone's";

/// Customers with use that is not billed as it stands, whatever ConnectWise has.
fn not_billed(config: &Config, snapshot: &Snapshot, now: Timestamp) -> Vec<NotBilled> {
    // A row that could be anyone's stops everyone, and is told once.
    let everybody = snapshot.problems.iter().any(|problem| problem.cid.is_none());
    let mut first: BTreeMap<&str, &RowProblem> = BTreeMap::new();
    for problem in &snapshot.problems {
        if let Some(cid) = &problem.cid {
            first.entry(cid).or_insert(problem);
        }
    }
    let mut found = Vec::new();
    for customer in &snapshot.customers {
        let row = first.get(customer.cid.as_str()).map(|problem| match problem.line {
            0 => problem.reason.clone(),
            line => format!("line {line} is left out"),
        });
        let row = row.or_else(|| everybody.then(|| ANYONES.to_owned()));
        let reason = row.or_else(|| billable::untimely(config, snapshot, &customer.cid, now));
        found.extend(reason.map(|reason| NotBilled {
            cid: customer.cid.clone(),
            name: customer.name.clone(),
            reason,
        }));
    }
    found
}

fn nothing_billed(
    snapshot: &Snapshot,
    not_billed: &[NotBilled],
    last: Option<Timestamp>,
    now: Timestamp,
) -> Option<String> {
    if snapshot.customers.is_empty() {
        return Some("the export has no customers".to_owned());
    }
    if snapshot.accounts.iter().all(|account| account.usage.is_empty()) {
        return Some("no account has a measurement".to_owned());
    }
    if snapshot.measured_at.is_none() {
        return Some("the export does not say when its use was measured".to_owned());
    }
    if billable::is_older(last, snapshot, now) {
        return Some("this export was measured before the last one used".to_owned());
    }
    if snapshot.problems.iter().any(|problem| problem.cid.is_none()) {
        return Some(ANYONES.to_owned());
    }
    (not_billed.len() == snapshot.customers.len()).then(|| match not_billed {
        [one, rest @ ..] if rest.iter().all(|other| other.reason == one.reason) => one.reason.clone(),
        _ => "every customer has something against it".to_owned(),
    })
}

fn of_accounts(config: &Config, snapshot: &Snapshot, not_billed: Vec<NotBilled>) -> Accounts {
    let mut totals = Vec::new();
    let mut sums: BTreeMap<&str, (Decimal, usize)> = BTreeMap::new();
    let mut users: BTreeMap<&str, std::collections::HashSet<&str>> = BTreeMap::new();
    for account in &snapshot.accounts {
        for (service, amount) in account.usage.iter() {
            let (sum, count) = sums.entry(service).or_default();
            *sum = sum.saturating_add(*amount);
            *count += 1;
            users.entry(service).or_default().insert(&account.cid);
        }
    }
    for service in services::all() {
        let Some((quantity, accounts)) = sums.get(service.key) else { continue };
        let unit = match service.unit {
            Unit::Gigabytes => config.portal.gigabyte.unit().to_owned(),
            Unit::Count => format!("{}s", service.unit_word()).replace("boxs", "boxes"),
        };
        totals.push(Total {
            service: service.key,
            name: service.name,
            quantity: quantity.normalize(),
            unit,
            accounts: *accounts,
            customers: users.get(service.key).map_or(0, std::collections::HashSet::len),
        });
    }
    let doubts = snapshot.doubts.iter().map(|doubt| {
        format!(
            "customer {}, {}: {}; what differs from ConnectWise is held",
            doubt.cid, doubt.service, doubt.reason
        )
    });
    Accounts {
        file: snapshot.file.display().to_string(),
        format: snapshot.about.format.clone(),
        digest: snapshot.digest.clone(),
        rows: snapshot.rows,
        customers: snapshot.customers.len(),
        accounts: snapshot.accounts.len(),
        measured_at: snapshot.measured_at,
        period_start: snapshot.period.map(|(start, _)| start),
        period_end: snapshot.period.map(|(_, end)| end),
        totals,
        ignored_columns: snapshot.ignored_columns.clone(),
        notes: snapshot.about.notes.iter().chain(&snapshot.left_out).cloned().chain(doubts).collect(),
        not_billed,
    }
}

fn of_events(log: &EventLog, tally: &Tally) -> Events {
    let by_type = tally.by_type.iter();
    Events {
        file: log.file.display().to_string(),
        format: log.about.format.clone(),
        digest: log.digest.clone(),
        rows: log.rows,
        events: tally.events(),
        first: tally.first,
        last: tally.last,
        by_type: by_type
            .map(|(kind, [ok, warning, error])| ByType {
                kind: *kind,
                ok: *ok,
                warning: *warning,
                error: *error,
            })
            .collect(),
        notes: log.about.notes.iter().cloned().chain(passed_over(log)).collect(),
        files: log
            .files
            .iter()
            .map(|file| LogFile {
                file: file.path.display().to_string(),
                state: file.state,
                digest: file.digest.clone(),
                rows: file.rows,
                left_out: file.problems.len(),
            })
            .collect(),
    }
}

/// So many files are named one by one.
const NAMED: usize = 5;

/// Files of the event log that were not read, and why.
fn passed_over(log: &EventLog) -> Vec<String> {
    let of = |state: FileState| log.files.iter().filter(move |file| file.state == state);
    let mut notes = Vec::new();
    for (state, why) in [(FileState::Unfinished, "has no end yet"), (FileState::Empty, "is empty")] {
        let names = of(state).take(NAMED).map(|file| name_of(&file.path));
        notes.extend(names.map(|name| format!("{name} is passed over: it {why}")));
        let more = of(state).count().saturating_sub(NAMED);
        if more > 0 {
            notes.push(format!("{more} more like that"));
        }
    }
    let old = of(FileState::TooOld).count();
    if old > 0 {
        notes.push(format!(
            "{} more than 35 days older than the newest, and passed over at a first look as this one",
            text::count(old, "file is", "files are")
        ));
    }
    notes
}

fn name_of(path: &std::path::Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

impl Events {
    /// Which of several files were read.
    fn read(&self) -> Option<String> {
        let is_read = |file: &&LogFile| file.state == FileState::Read;
        let read: Vec<&LogFile> = self.files.iter().filter(is_read).collect();
        let named = |file: &LogFile| {
            format!("{} ({})", name_of(file.file.as_ref()), text::count(file.rows, "row", "rows"))
        };
        match read.as_slice() {
            // The log is this file.
            [only] if only.file == self.file => None,
            [first, .., last] if read.len() > NAMED => {
                Some(format!("read: {} files, {} to {}", read.len(), named(first), named(last)))
            }
            some => {
                Some(format!("read: {}", some.iter().map(|file| named(file)).collect::<Vec<_>>().join(", ")))
            }
        }
        .filter(|_| !read.is_empty())
    }
}

/// A line beneath the name of an export.
fn beneath(ui: &Ui, line: &str) {
    ui.out(&format!("          {}", ui.wrap(&text::clean(line), 10, 10)));
}

/// So many rows that were left out are shown; JSON has all of them.
const ROWS: usize = 50;

impl Show for Looked {
    const SCHEMA: &'static str = "psactl/portal-check/1";

    fn show(&self, ui: &Ui) {
        let accounts = &self.accounts;
        ui.out(&format!("accounts  {}", text::clean(&accounts.file)));
        let read = format!(
            "{}; {}, {} of {}, {}",
            accounts.format,
            text::count(accounts.rows, "row", "rows"),
            text::count(accounts.accounts, "account", "accounts"),
            text::count(accounts.customers, "customer", "customers"),
            self.age(),
        );
        beneath(ui, &read);
        if let (Some(start), Some(end)) = (accounts.period_start, accounts.period_end) {
            beneath(ui, &format!("period {} to {} UTC", text::moment(start), text::moment(end)));
        }
        self.notes(ui, &accounts.notes);
        if !accounts.ignored_columns.is_empty() {
            beneath(ui, &format!("not used: {}", accounts.ignored_columns.join(", ")));
        }
        if let Some(events) = &self.events {
            ui.out(&format!("events    {}", text::clean(&events.file)));
            let when = match (events.first, events.last) {
                (Some(first), Some(last)) => {
                    format!(", {} to {} UTC", text::moment(first), text::moment(last))
                }
                _ => String::new(),
            };
            let rows = text::count(events.rows, "row", "rows");
            let count = text::count(events.events, "event", "events");
            beneath(ui, &format!("{}; {rows}, {count}{when}", events.format));
            if let Some(read) = events.read() {
                beneath(ui, &read);
            }
            self.notes(ui, &events.notes);
        } else {
            ui.out("events    none: [portal] events is not set");
        }
        if let Some(failing) = &self.failing {
            let line = format!("the portal did not answer last time: {}", text::clean(failing));
            ui.out(&ui.wrap(&line, 0, 2));
        }
        self.totals(ui);
        self.types(ui);
        self.rows(ui);
        self.verdict(ui);
    }
}

impl Looked {
    fn age(&self) -> String {
        match self.accounts.measured_at {
            Some(at) if at > self.now => format!("measured {} UTC, which lies ahead", text::moment(at)),
            Some(at) => {
                let ago = self.now.duration_since(at).max(SignedDuration::ZERO);
                format!("measured {} UTC, {} ago", text::moment(at), text::span(ago))
            }
            None => "without the time of measurement".to_owned(),
        }
    }

    fn notes(&self, ui: &Ui, notes: &[String]) {
        for note in notes {
            beneath(ui, &format!("note: {note}"));
        }
    }

    fn totals(&self, ui: &Ui) {
        if self.accounts.totals.is_empty() {
            return;
        }
        ui.heading("Use of all customers");
        let mut table = ui.table(&["service", "quantity", "unit", "accounts", "customers"]);
        for total in &self.accounts.totals {
            table.row([
                total.name.to_owned(),
                text::quantity(total.quantity),
                total.unit.clone(),
                total.accounts.to_string(),
                total.customers.to_string(),
            ]);
        }
        ui.out(&table.to_string());
        if self.gigabyte == "GB" {
            ui.out(&ui.paint(Look::Dim, "GB are taken as they are: [portal] gigabyte = \"decimal\""));
        } else {
            ui.out(&ui.paint(Look::Dim, "GB are taken for GiB: [portal] gigabyte = \"binary\""));
        }
    }

    fn types(&self, ui: &Ui) {
        let Some(events) = self.events.as_ref().filter(|events| !events.by_type.is_empty()) else { return };
        ui.heading("Events by type");
        let mut table = ui.table(&["type", "ok", "warning", "error", "ended by"]);
        for of in &events.by_type {
            let ended = match (of.kind.is_good(), of.kind.ended_by()) {
                (true, _) => String::new(),
                (false, Some(good)) => good.as_str().to_owned(),
                (false, None) => "a person".to_owned(),
            };
            let count = |number: usize| if number == 0 { String::new() } else { number.to_string() };
            table.row([of.kind.as_str().to_owned(), count(of.ok), count(of.warning), count(of.error), ended]);
        }
        ui.out(&table.to_string());
    }

    fn rows(&self, ui: &Ui) {
        if self.left_out.is_empty() {
            return;
        }
        ui.heading("Left out");
        for left in self.left_out.iter().take(ROWS) {
            let column = if left.column.is_empty() { String::new() } else { format!("{}: ", left.column) };
            let of = match (&left.account, &left.cid) {
                (Some(account), Some(cid)) => format!(" (account {account} of customer {cid})"),
                (Some(account), None) => format!(" (account {account})"),
                (None, Some(cid)) => format!(" (customer {cid})"),
                (None, None) if left.export == "accounts" => " (could be anyone's)".to_owned(),
                (None, None) => String::new(),
            };
            // Of several event logs it is to be known which.
            let known = [Some(&self.accounts.file), self.events.as_ref().map(|events| &events.file)];
            let which = match known.contains(&Some(&left.file)) {
                true => left.export.to_owned(),
                false => format!("{} {}", left.export, name_of(left.file.as_ref())),
            };
            // What is no file has no lines.
            let at = if left.line > 0 { format!(" line {}", left.line) } else { String::new() };
            let line = text::clean(&format!("{which}{at}: {column}{}{of}", left.reason));
            ui.out(&format!("  {} {}", ui.paint(Look::Bad, "x"), ui.wrap(&line, 4, 4)));
        }
        let more = self.left_out.len().saturating_sub(ROWS);
        if more > 0 {
            ui.out(&format!("  and {} more (--output json has all)", text::count(more, "row", "rows")));
        }
    }

    fn verdict(&self, ui: &Ui) {
        let not_billed = &self.accounts.not_billed;
        ui.out("");
        if let Some(why) = &self.nothing_billed {
            let line = format!("nothing is billed from this: {}", text::clean(why));
            return ui.out(&ui.paint(Look::Bad, &ui.wrap(&line, 0, 2)));
        }
        if not_billed.is_empty() {
            return ui.out(&ui.paint(Look::Good, "every customer's use can be billed"));
        }
        let names: Vec<String> = not_billed
            .iter()
            .take(5)
            .map(|own| format!("{} {} ({})", own.cid, own.name, own.reason))
            .collect();
        let more = not_billed.len().saturating_sub(names.len());
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        let customers = text::count(not_billed.len(), "customer is", "customers are");
        let line = text::clean(&format!("{customers} not billed: {}{more}", names.join("; ")));
        ui.out(&ui.wrap(&line, 0, 2));
    }
}
