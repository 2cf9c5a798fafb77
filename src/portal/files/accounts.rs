//! The account export, in its two layouts.

use super::encoding;
use super::headings::{self, Column, Columns};
use super::number::{self, Mark, Reading};
use super::sheet::{Kind, Row, Sheet};
use super::time;
use super::{Error, Settings};
use crate::portal::{About, Account, Customer, RowProblem, Snapshot, Usage};
use crate::services::Service;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

/// What an export says, and what the event log needs besides.
#[derive(Default)]
pub(super) struct Accounts {
    pub snapshot: Snapshot,
    /// Accounts of a brand that is not wanted.
    pub excluded: BTreeSet<String>,
    /// Accounts whose usage is not to be trusted, but whose customer is known: their events still count.
    pub left_out: Vec<Account>,
}

/// Reads an account export from its bytes.
pub(super) fn read(bytes: &[u8], file: &Path, settings: &Settings) -> Result<Accounts, Error> {
    let text = encoding::decode(bytes, file)?;
    let mut sheet = Sheet::open(&text, file)?;
    let columns = Columns::of(&sheet.header, file, settings)?;
    let zones = time::zones(&sheet.header, columns.times(), settings.time_zone.as_ref(), file)?;
    let mut draft = Draft::new(&sheet, &columns, settings, zones, file);
    let mut row = Row::default();
    // So many rows at most; room that is never used costs nothing.
    draft.making.reserve_exact(bytes.iter().filter(|byte| **byte == b'\n').count() + 1);
    while sheet.read(&mut row)? {
        draft.rows += 1;
        draft.row(&row);
    }
    let unended = sheet.unended();
    Ok(draft.finish(unended))
}

/// An amount that means one thing or another, until the whole file was read.
struct Pending {
    at: usize,
    service: &'static Service,
    line: u64,
    column: usize,
    text: String,
    point: Decimal,
    comma: Decimal,
}

/// Where a decimal mark is proven.
struct Proof {
    at: usize,
    line: u64,
    column: usize,
    text: String,
}

/// So many proofs of a mark are remembered; where there are more of both, the file is written in two ways.
const PROOFS: usize = 1_000;

struct Draft<'a> {
    file: &'a Path,
    header: Vec<String>,
    format: String,
    guessed: bool,
    columns: &'a Columns,
    settings: &'a Settings,
    zones: time::Zones,
    rows: usize,
    making: Vec<Account>,
    /// The first line of each account, by number.
    by_number: HashMap<Box<str>, (u32, u32)>,
    /// Accounts with a bad row: left out as a whole.
    bad: HashSet<String>,
    /// Accounts that stand under two customers.
    disputed: BTreeSet<String>,
    /// Accounts, by their place, with an amount that has no time: another one's is not theirs.
    undated: HashSet<usize>,
    excluded: BTreeSet<String>,
    customers: BTreeMap<String, Customer>,
    problems: Vec<RowProblem>,
    period: Option<(Timestamp, Timestamp)>,
    pending: Vec<Pending>,
    proofs: [Vec<Proof>; 2],
    /// The services by the names that rows gave them: to compare a name with all of theirs takes its time.
    services: HashMap<String, &'static Service>,
}

/// The cells that every row has.
struct Who<'a> {
    cid: &'a str,
    number: String,
}

impl<'a> Draft<'a> {
    fn new(
        sheet: &Sheet<'a>,
        columns: &'a Columns,
        settings: &'a Settings,
        zones: time::Zones,
        file: &'a Path,
    ) -> Self {
        Draft {
            file,
            header: sheet.header.clone(),
            format: sheet.format.clone(),
            guessed: sheet.guessed,
            columns,
            settings,
            zones,
            rows: 0,
            making: Vec::new(),
            by_number: HashMap::new(),
            bad: HashSet::new(),
            disputed: BTreeSet::new(),
            undated: HashSet::new(),
            excluded: BTreeSet::new(),
            customers: BTreeMap::new(),
            problems: Vec::new(),
            period: None,
            pending: Vec::new(),
            proofs: [Vec::new(), Vec::new()],
            services: HashMap::new(),
        }
    }

    fn cell<'r>(&self, row: &'r Row, column: Column) -> &'r str {
        self.columns.at(column).map_or("", |index| row.cell(index))
    }

    fn heading(&self, column: Column) -> String {
        self.columns.at(column).map(|index| self.header[index].clone()).unwrap_or_default()
    }

    fn problem(&mut self, line: u64, column: String, who: (Option<&str>, Option<&str>), reason: String) {
        let (account, cid) = who;
        self.problems.push(RowProblem {
            file: self.file.to_path_buf(),
            line,
            column,
            account: account.map(str::to_string),
            cid: cid.map(str::to_string),
            reason,
        });
    }

    /// A problem of an account, which is then left out.
    fn spoil(&mut self, line: u64, column: String, who: &Who<'_>, reason: String) {
        self.problem(line, column, (Some(&who.number), Some(who.cid)), reason);
        self.bad.insert(who.number.clone());
    }

    /// What is wrong with a row whatever its columns mean: the row could be anyone's.
    fn flaw(&self, row: &Row) -> Option<(String, String)> {
        if let Some(flaw) = &row.flaw {
            return Some((String::new(), flaw.clone()));
        }
        for at in self.columns.all() {
            if let Kind::Nested(what) = row.kind(at) {
                return Some((self.header[at].clone(), format!("is {what}: expected a single value")));
            }
        }
        if self.guessed {
            let strange = self.columns.deciding().find(|at| !row.cell(*at).is_ascii());
            return strange.map(|at| {
                let shown = time::shown(row.cell(at));
                (
                    self.header[at].clone(),
                    format!("\"{shown}\" has a letter that the file's encoding leaves open: save it as \"CSV UTF-8\""),
                )
            });
        }
        None
    }

    fn row(&mut self, row: &Row) {
        if let Some((column, reason)) = self.flaw(row) {
            return self.problem(row.line, column, (None, None), reason);
        }
        let number = if self.columns.per_customer() {
            self.cell(row, Column::Cid).to_string()
        } else {
            without_links(self.cell(row, Column::Number))
        };
        let brand = without_links(self.cell(row, Column::Brand));
        if !self.settings.wants_brand(&brand) {
            self.excluded.insert(number);
            return;
        }
        let cid = self.cell(row, Column::Cid);
        let known_number = (!number.is_empty()).then_some(number.as_str());
        if cid.is_empty() {
            let heading = self.heading(Column::Cid);
            self.problem(row.line, heading, (known_number, None), "is empty".to_string());
            self.bad.insert(number);
            return;
        }
        let flaw = if cid.contains(|c: char| c.is_whitespace() || c.is_control()) {
            Some("contains a blank or a control character".to_string())
        } else if cid.chars().count() > self.settings.longest_cid {
            Some(format!(
                "is longer than the {} characters that a Managed ID has room for",
                self.settings.longest_cid
            ))
        } else {
            None
        };
        if let Some(flaw) = flaw {
            let heading = self.heading(Column::Cid);
            self.problem(row.line, heading, (known_number, Some(cid)), flaw);
            self.bad.insert(number);
            return;
        }
        self.customer(row, cid, &brand);
        if number.is_empty() {
            let heading = self.heading(Column::Number);
            return self.problem(row.line, heading, (None, Some(cid)), "is empty".to_string());
        }
        let who = Who { cid, number };
        if let Some(index) = self.account(row, &who) {
            self.measured(row, &who, index);
            if self.columns.long {
                self.long(row, &who, index);
            } else {
                self.wide(row, &who, index);
            }
        }
    }

    fn customer(&mut self, row: &Row, cid: &str, brand: &str) {
        let name = self.cell(row, Column::Name);
        let customer = self.customers.entry(cid.to_string()).or_insert_with(|| Customer {
            cid: cid.to_string(),
            name: String::new(),
            brand: brand.to_string(),
        });
        if customer.name.is_empty() {
            customer.name = name.to_string();
        } else if !name.is_empty() && customer.name != name {
            let reason = format!(
                "customer {cid} is \"{}\" here and \"{}\" before",
                time::shown(name),
                time::shown(&customer.name)
            );
            let heading = self.heading(Column::Name);
            self.problem(row.line, heading, (None, Some(cid)), reason);
        }
    }

    /// The account of the row: new, or in the long layout the one begun before. `None` when the row cannot be
    /// taken into it.
    fn account(&mut self, row: &Row, who: &Who<'_>) -> Option<usize> {
        let Some(&(index, first_line)) = self.by_number.get(who.number.as_str()) else {
            let user = match self.columns.per_customer() {
                true => self.cell(row, Column::Name).to_string(),
                false => without_links(self.cell(row, Column::User)),
            };
            let email = self.cell(row, Column::Email);
            let account = Account {
                number: who.number.clone(),
                user: if user.is_empty() { who.number.clone() } else { user },
                cid: who.cid.to_string(),
                usage: Usage::default(),
                measured_at: None,
                notification_email: (!email.is_empty()).then(|| email.to_string()),
                external_ticketing: yes_or_no(self.cell(row, Column::Ticketing)),
            };
            let index = self.making.len();
            self.making.push(account);
            let place =
                (u32::try_from(index).unwrap_or(u32::MAX), u32::try_from(row.line).unwrap_or(u32::MAX));
            self.by_number.insert(who.number.as_str().into(), place);
            return Some(index);
        };
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let first_line = u64::from(first_line);
        let first_cid = self.making.get(index)?.cid.clone();
        let heading = self.heading(Column::Number);
        if first_cid != who.cid {
            // Whose it is cannot be known: neither customer's sum is whole.
            let reason = format!("is also on line {first_line}, of customer {first_cid}");
            self.spoil(row.line, heading.clone(), who, reason);
            let first = Who { cid: &first_cid, number: who.number.clone() };
            let reason = format!("is also on line {}, of customer {}", row.line, who.cid);
            self.spoil(first_line, heading, &first, reason);
            self.disputed.insert(who.number.clone());
            return None;
        }
        if !self.columns.long {
            self.spoil(row.line, heading, who, format!("is also on line {first_line}"));
            return None;
        }
        Some(index)
    }

    fn time(&mut self, row: &Row, who: &Who<'_>, column: Column) -> Option<Timestamp> {
        let at = self.columns.at(column)?;
        let text = row.cell(at);
        if text.is_empty() {
            return None;
        }
        let zone: Option<&TimeZone> = self.zones.of(at).or(self.settings.time_zone.as_ref());
        match time::parse(text, zone) {
            Ok(at) => Some(at),
            Err(reason) => {
                let heading = self.heading(column);
                self.spoil(row.line, heading, who, reason);
                None
            }
        }
    }

    fn measured(&mut self, row: &Row, who: &Who<'_>, index: usize) {
        let start = self.time(row, who, Column::PeriodStart);
        let end = self.time(row, who, Column::PeriodEnd);
        if let (Some(start), Some(end)) = (start, end) {
            if end < start {
                let heading = self.heading(Column::PeriodEnd);
                self.spoil(row.line, heading, who, "is before the period's start".to_string());
            }
            self.period = Some(match self.period {
                Some((first, last)) => (first.min(start), last.max(end)),
                None => (start, end),
            });
        }
        let measured = self.time(row, who, Column::MeasuredAt).or(end);
        if measured.is_none() && !self.cell(row, Column::Quantity).is_empty() {
            self.undated.insert(index);
        }
        let account = &mut self.making[index];
        // The oldest of an account's rows: it is no fresher than that.
        account.measured_at = match (account.measured_at, measured) {
            (Some(before), Some(now)) => Some(before.min(now)),
            (before, now) => before.or(now),
        };
    }

    fn wide(&mut self, row: &Row, who: &Who<'_>, index: usize) {
        let columns = self.columns;
        for (service, column) in columns.usage() {
            self.amount(row, who, index, service, column);
        }
    }

    fn long(&mut self, row: &Row, who: &Who<'_>, index: usize) {
        let named = self.cell(row, Column::ServiceKey);
        let known = self.services.get(named).copied();
        let Some(service) = known.or_else(|| headings::service_named(named)) else {
            let heading = self.heading(Column::ServiceKey);
            let near = headings::near_service(named).map(|name| format!(": did you mean \"{name}\"?"));
            let reason = format!("\"{}\" is not a service{}", time::shown(named), near.unwrap_or_default());
            return self.spoil(row.line, heading, who, reason);
        };
        if known.is_none() {
            self.services.insert(named.to_string(), service);
        }
        let unit = self.cell(row, Column::Unit);
        if let Err(reason) = headings::check_unit(unit, service, self.settings.gigabyte) {
            let heading = self.heading(Column::Unit);
            return self.spoil(row.line, heading, who, reason);
        }
        if let Some(column) = self.columns.at(Column::Quantity) {
            self.amount(row, who, index, service, column);
        }
    }

    /// Takes the amount of a cell; nothing for an empty cell: not measured.
    fn amount(&mut self, row: &Row, who: &Who<'_>, index: usize, service: &'static Service, column: usize) {
        let text = row.cell(column);
        if text.is_empty() {
            return;
        }
        let shown = time::shown(text);
        let read = if row.kind(column) == Kind::Number {
            number::typed(text, &shown, service).map(|amount| Reading::One(amount, None))
        } else {
            let (plain, unit) = number::split_unit(text);
            number::read(plain, &shown, service).and_then(|read| {
                let fits = headings::check_unit(unit, service, self.settings.gigabyte);
                fits.map(|()| read).map_err(|reason| format!("\"{shown}\": {reason}"))
            })
        };
        let amount = match read {
            Ok(Reading::One(amount, proves)) => {
                if let Some(mark) = proves
                    && let Err(reason) = self.proven(mark, index, row.line, column, &shown)
                {
                    let heading = self.header[column].clone();
                    return self.spoil(row.line, heading, who, reason);
                }
                amount
            }
            Ok(Reading::Either { point, comma }) => match self.settings.decimal {
                Some(Mark::Point) => point,
                Some(Mark::Comma) => comma,
                None => {
                    let (at, line, text) = (index, row.line, shown);
                    self.pending.push(Pending { at, service, line, column, text, point, comma });
                    // Its place is taken, so that a second amount is seen.
                    point
                }
            },
            Err(reason) => {
                let heading = self.header[column].clone();
                return self.spoil(row.line, heading, who, reason);
            }
        };
        if self.making[index].usage.insert(service.key, amount).is_some() {
            let heading = self.heading(Column::ServiceKey);
            let reason = format!("{} stands twice for this account", service.key);
            self.spoil(row.line, heading, who, reason);
        }
    }

    /// Notes that a number proves its decimal mark.
    fn proven(&mut self, mark: Mark, at: usize, line: u64, column: usize, shown: &str) -> Result<(), String> {
        match self.settings.decimal {
            Some(set) if set == mark => Ok(()),
            Some(set) => {
                Err(format!("\"{shown}\" is not written with {}, as [portal] decimal says", set.words()))
            }
            None => {
                let proofs = &mut self.proofs[usize::from(mark == Mark::Comma)];
                if proofs.len() < PROOFS {
                    proofs.push(Proof { at, line, column, text: shown.to_owned() });
                }
                Ok(())
            }
        }
    }

    fn spoil_account(&mut self, at: usize, line: u64, column: usize, reason: String) {
        let Some(account) = self.making.get(at) else { return };
        let (number, cid) = (account.number.clone(), account.cid.clone());
        let heading = self.header[column].clone();
        self.spoil(line, heading, &Who { cid: &cid, number }, reason);
    }

    /// Decides what each amount means that could mean two things, by what the other numbers prove.
    fn settle(&mut self, notes: &mut Vec<String>) {
        let proofs = std::mem::take(&mut self.proofs);
        let [points, commas] = [proofs[0].len(), proofs[1].len()];
        let lines = [&proofs[0], &proofs[1]].map(|of| of.first().map_or(0, |proof| proof.line));
        let mark = match (points, commas) {
            (1.., 0) => Some(Mark::Point),
            (0, 1..) => Some(Mark::Comma),
            _ => None,
        };
        for (own, proofs) in proofs.into_iter().enumerate() {
            let (these, others) = if own == 0 { (points, commas) } else { (commas, points) };
            // One file is written in one way: the few that are not as the many are in doubt.
            if others == 0 || these > others {
                continue;
            }
            let other = lines[1 - own];
            for proof in proofs {
                let reason = format!(
                    "\"{}\" has another decimal mark than line {other}: export it anew, or set [portal] decimal",
                    proof.text
                );
                self.spoil_account(proof.at, proof.line, proof.column, reason);
            }
        }
        let pending = std::mem::take(&mut self.pending);
        if let Some(mark) = mark.filter(|_| !pending.is_empty()) {
            notes.push(format!(
                "numbers such as \"{}\" are read with {}, as others in the file are written",
                pending[0].text,
                mark.words()
            ));
        }
        for cell in pending {
            match mark {
                Some(Mark::Point) => drop(self.making[cell.at].usage.insert(cell.service.key, cell.point)),
                Some(Mark::Comma) => drop(self.making[cell.at].usage.insert(cell.service.key, cell.comma)),
                None => {
                    let reason = format!(
                        "\"{}\" could be {} or {}: set [portal] decimal to \"point\" or \"comma\"",
                        cell.text, cell.point, cell.comma
                    );
                    self.spoil_account(cell.at, cell.line, cell.column, reason);
                }
            }
        }
    }

    fn finish(mut self, unended: Option<u64>) -> Accounts {
        let mut notes = Vec::new();
        self.settle(&mut notes);
        if self.guessed {
            notes.push(
                "its encoding is taken for Windows-1252: letters beyond ASCII may be others; they name, and decide \
                 nothing"
                    .to_string(),
            );
        }
        for at in &self.undated {
            self.making[*at].measured_at = None;
        }
        let mut left_out = Vec::new();
        let mut accounts = self.making;
        if !self.bad.is_empty() {
            left_out = accounts.extract_if(.., |account| self.bad.contains(&account.number)).collect();
            left_out.retain(|account: &Account| !self.disputed.contains(&account.number));
        }
        accounts.shrink_to_fit();
        let mut customers: Vec<Customer> = self.customers.into_values().collect();
        customers.sort_by_cached_key(|customer| {
            (customer.cid.parse::<u64>().unwrap_or(u64::MAX), customer.cid.clone())
        });
        self.problems.sort_by_key(|problem| problem.line);
        let layout = match (self.columns.long, self.columns.per_customer()) {
            (true, _) => "a row per account and service",
            (false, false) => "a row per account",
            (false, true) => "a row per customer",
        };
        let snapshot = Snapshot {
            customers,
            measured_at: accounts.iter().filter_map(|account| account.measured_at).max(),
            accounts,
            problems: self.problems,
            digest: String::new(),
            rows: self.rows,
            ignored_columns: self.columns.ignored.clone(),
            period: self.period,
            unended: unended.map(|line| RowProblem::unended(self.file, line)),
            file: self.file.to_path_buf(),
            about: About { format: format!("{}, {layout}", self.format), notes },
            ..Snapshot::default()
        };
        Accounts { snapshot, excluded: self.excluded, left_out }
    }
}

/// Screens copied from the portal carry its link marks: `DOC30199001 [I] [L]`.
pub(super) fn without_links(cell: &str) -> String {
    let mut rest = cell.trim_end();
    while let Some(begin) = rest.strip_suffix(']').and_then(|inner| inner.rfind('[')) {
        let mark = &rest[begin + 1..rest.len() - 1];
        if !matches!(mark, "S" | "I" | "L" | "E" | "V" | "X" | "License Keys") {
            break;
        }
        rest = rest[..begin].trim_end();
    }
    rest.to_string()
}

fn yes_or_no(cell: &str) -> Option<bool> {
    match cell.to_lowercase().as_str() {
        "yes" | "true" | "1" | "on" => Some(true),
        "no" | "false" | "0" | "off" => Some(false),
        _ => None,
    }
}
