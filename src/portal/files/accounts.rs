//! The account export, in its two layouts.

use super::headings::{self, Column, Columns};
use super::table::{Row, Table};
use super::time;
use super::{Error, Settings};
use crate::portal::{Account, Customer, RowProblem, Snapshot};
use crate::services::{self, Service, Unit};
use jiff::Timestamp;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    let table = Table::read(bytes, file)?;
    let columns = Columns::of(&table, settings.brand.is_some(), settings.gigabyte)?;
    let mut draft = Draft::new(&table, &columns, settings);
    for row in &table.rows {
        draft.row(row);
    }
    Ok(draft.finish())
}

/// An account in the making.
struct Making {
    account: Account,
    line: u64,
}

struct Draft<'a> {
    table: &'a Table,
    columns: &'a Columns,
    settings: &'a Settings,
    making: Vec<Making>,
    by_number: HashMap<String, usize>,
    /// Accounts with a bad row: left out as a whole.
    bad: BTreeSet<String>,
    /// Accounts that stand under two customers.
    disputed: BTreeSet<String>,
    excluded: BTreeSet<String>,
    customers: BTreeMap<String, Customer>,
    problems: Vec<RowProblem>,
    period: Option<(Timestamp, Timestamp)>,
}

/// The cells that every row has.
struct Who<'a> {
    cid: &'a str,
    number: String,
}

impl<'a> Draft<'a> {
    fn new(table: &'a Table, columns: &'a Columns, settings: &'a Settings) -> Self {
        Draft {
            table,
            columns,
            settings,
            making: Vec::new(),
            by_number: HashMap::new(),
            bad: BTreeSet::new(),
            disputed: BTreeSet::new(),
            excluded: BTreeSet::new(),
            customers: BTreeMap::new(),
            problems: Vec::new(),
            period: None,
        }
    }

    fn cell<'r>(&self, row: &'r Row, column: Column) -> &'r str {
        self.columns.at(column).and_then(|index| row.cells.get(index)).map_or("", String::as_str)
    }

    fn heading(&self, column: Column) -> String {
        self.columns.at(column).map(|index| self.table.header[index].clone()).unwrap_or_default()
    }

    fn problem(&mut self, line: u64, column: String, who: (Option<&str>, Option<&str>), reason: String) {
        let (account, cid) = who;
        self.problems.push(RowProblem {
            file: self.table.file.clone(),
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

    fn row(&mut self, row: &Row) {
        if row.cells.len() != self.table.header.len() {
            // Nobody knows which cell shifted: the row could be anyone's.
            let reason =
                format!("has {} fields where the header has {}", row.cells.len(), self.table.header.len());
            return self.problem(row.line, String::new(), (None, None), reason);
        }
        let number = without_links(self.cell(row, Column::Number));
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
        if let Some(index) = self.account(row, &who, brand) {
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
    fn account(&mut self, row: &Row, who: &Who<'_>, brand: String) -> Option<usize> {
        let Some(&index) = self.by_number.get(&who.number) else {
            let user = without_links(self.cell(row, Column::User));
            let email = self.cell(row, Column::Email);
            let account = Account {
                number: who.number.clone(),
                user: if user.is_empty() { who.number.clone() } else { user },
                cid: who.cid.to_string(),
                brand,
                plan: without_links(self.cell(row, Column::Plan)),
                usage: BTreeMap::new(),
                measured_at: None,
                notification_email: (!email.is_empty()).then(|| email.to_string()),
                external_ticketing: yes_or_no(self.cell(row, Column::Ticketing)),
            };
            self.making.push(Making { account, line: row.line });
            self.by_number.insert(who.number.clone(), self.making.len() - 1);
            return Some(self.making.len() - 1);
        };
        let (first_line, first_cid) = (self.making[index].line, self.making[index].account.cid.clone());
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
        let text = self.cell(row, column);
        if text.is_empty() {
            return None;
        }
        match time::parse(text, self.settings.time_zone.as_ref()) {
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
        let account = &mut self.making[index].account;
        // The oldest of an account's rows: it is no fresher than that.
        account.measured_at = match (account.measured_at, measured) {
            (Some(before), Some(now)) => Some(before.min(now)),
            (before, now) => before.or(now),
        };
    }

    fn wide(&mut self, row: &Row, who: &Who<'_>, index: usize) {
        let columns: Vec<(&'static str, usize)> = self.columns.usage().collect();
        for (key, column) in columns {
            let text = &row.cells[column];
            let Some(service) = services::by_key(key) else { continue };
            match quantity(text, service) {
                Ok(Some(amount)) => {
                    self.making[index].account.usage.insert(service.key, amount);
                }
                Ok(None) => {}
                Err(reason) => {
                    let heading = self.table.header[column].clone();
                    self.spoil(row.line, heading, who, reason);
                }
            }
        }
    }

    fn long(&mut self, row: &Row, who: &Who<'_>, index: usize) {
        let named = self.cell(row, Column::ServiceKey);
        let Some(service) = headings::service_named(named) else {
            let heading = self.heading(Column::ServiceKey);
            let near = headings::near_service(named).map(|name| format!(": did you mean \"{name}\"?"));
            let reason = format!("\"{}\" is not a service{}", time::shown(named), near.unwrap_or_default());
            return self.spoil(row.line, heading, who, reason);
        };
        let unit = self.cell(row, Column::Unit);
        if let Err(reason) = headings::check_unit(unit, service, self.settings.gigabyte) {
            let heading = self.heading(Column::Unit);
            return self.spoil(row.line, heading, who, reason);
        }
        match quantity(self.cell(row, Column::Quantity), service) {
            Ok(Some(amount)) => {
                if self.making[index].account.usage.insert(service.key, amount).is_some() {
                    let heading = self.heading(Column::ServiceKey);
                    let reason = format!("{} stands twice for this account", service.key);
                    self.spoil(row.line, heading, who, reason);
                }
            }
            Ok(None) => {}
            Err(reason) => {
                let heading = self.heading(Column::Quantity);
                self.spoil(row.line, heading, who, reason);
            }
        }
    }

    fn finish(mut self) -> Accounts {
        let making = self.making.into_iter().map(|making| making.account);
        let (mut left_out, accounts): (Vec<Account>, Vec<Account>) =
            making.partition(|account| self.bad.contains(&account.number));
        left_out.retain(|account| !self.disputed.contains(&account.number));
        let mut customers: Vec<Customer> = self.customers.into_values().collect();
        customers.sort_by_cached_key(|customer| {
            (customer.cid.parse::<u64>().unwrap_or(u64::MAX), customer.cid.clone())
        });
        self.problems.sort_by_key(|problem| problem.line);
        let snapshot = Snapshot {
            customers,
            measured_at: accounts.iter().filter_map(|account| account.measured_at).max(),
            accounts,
            problems: self.problems,
            digest: String::new(),
            rows: self.table.rows.len(),
            ignored_columns: self.columns.ignored.clone(),
            period: self.period,
            unended: self.table.unended.map(|line| RowProblem::unended(&self.table.file, line)),
            file: self.table.file.clone(),
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

/// `None` for an empty cell: not measured. Only digits with at most one point are numbers; whatever could be
/// read in two ways is refused.
fn quantity(text: &str, service: &Service) -> Result<Option<Decimal>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let shown = time::shown(text);
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    if text.starts_with('-') && text[1..].chars().all(digits) {
        return Err(format!("\"{shown}\" is negative"));
    }
    if text.contains(',') && text.chars().all(|c| digits(c) || c == ',') {
        return Err(format!("\"{shown}\" could mean two amounts: write digits with a point"));
    }
    let plain = text.chars().all(digits)
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && text.matches('.').count() <= 1;
    if !plain {
        return Err(format!("\"{shown}\" is not a number"));
    }
    // The bounds keep every sum of them exact.
    let amount = Decimal::from_str_exact(text)
        .ok()
        .filter(|amount| *amount < Decimal::from(1_000_000_000) && amount.scale() <= 16)
        .ok_or_else(|| format!("\"{shown}\" has too many digits"))?;
    if service.unit == Unit::Count && !amount.is_integer() {
        return Err(format!("\"{shown}\" is not a whole number, and {} is counted", service.key));
    }
    Ok(Some(amount.normalize()))
}
