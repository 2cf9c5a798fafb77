//! Customers, accounts and their usage, as one export has them.

use crate::text::clean;
use jiff::Timestamp;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::sync::OnceLock;

/// A customer of the MSP.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Customer {
    /// The portal's customer ID: `342` of `EFS-342`.
    pub cid: String,
    /// The company's name in the portal.
    pub name: String,
    /// Brand of the first of its accounts; empty where the export has none.
    pub brand: String,
}

/// An account of a customer: a machine, an appliance, a mail domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// *Account No.*: `DOC30199001`.
    pub number: String,
    /// *User Name*; the number where the export has none.
    pub user: String,
    /// The customer.
    pub cid: String,
    /// Usage per service key. Absent: not measured; 0: measured zero.
    pub usage: Usage,
    /// When this usage was measured, as `[portal] age_from` says; `None`: the export does not tell.
    pub measured_at: Option<Timestamp>,
    /// Where the portal sends this account's notifications (guide, issue A).
    pub notification_email: Option<String>,
    /// *Enable External Ticketing Alerts* of this account (guide, issue A).
    pub external_ticketing: Option<bool>,
}

/// Amounts per service key, in the order of the keys. A list, for an account uses few services: with many
/// thousands of accounts a map for each would take most of the memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage(Vec<(&'static str, Decimal)>);

impl Usage {
    /// Sets an amount; gives the one that stood there.
    pub fn insert(&mut self, service: &'static str, amount: Decimal) -> Option<Decimal> {
        match self.0.binary_search_by_key(&service, |(key, _)| key) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, amount)),
            Err(at) => {
                if self.0.is_empty() {
                    self.0.reserve_exact(2);
                }
                self.0.insert(at, (service, amount));
                None
            }
        }
    }

    /// An amount, where it was measured.
    pub fn get(&self, service: &str) -> Option<&Decimal> {
        let at = self.0.binary_search_by_key(&service, |(key, _)| key).ok()?;
        self.0.get(at).map(|(_, amount)| amount)
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every amount with its service.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Decimal)> {
        self.0.iter().map(|(service, amount)| (*service, amount))
    }
}

impl From<BTreeMap<&'static str, Decimal>> for Usage {
    fn from(amounts: BTreeMap<&'static str, Decimal>) -> Usage {
        Usage(amounts.into_iter().collect())
    }
}

impl FromIterator<(&'static str, Decimal)> for Usage {
    fn from_iter<I: IntoIterator<Item = (&'static str, Decimal)>>(amounts: I) -> Usage {
        BTreeMap::from_iter(amounts).into()
    }
}

/// How an export was understood, for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// What it is written in: "CSV, UTF-8, parted by commas, a row per account".
    pub format: String,
    /// What was assumed or passed over, each in a sentence without its full stop.
    pub notes: Vec<String>,
}

/// A row (or a customer) that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowProblem {
    /// The export.
    pub file: PathBuf,
    /// Line from 1 on which the row begins; 0 for what is no file: there `file` says what was asked for.
    pub line: u64,
    /// The column's own heading; empty where the row as a whole is wrong.
    pub column: String,
    /// The account, where known.
    pub account: Option<String>,
    /// The customer whose billing must stop; `None`: it could be any.
    pub cid: Option<String>,
    /// What is wrong.
    pub reason: String,
}

impl RowProblem {
    /// The last row, of which there may be more to come.
    pub fn unended(file: &std::path::Path, line: u64) -> RowProblem {
        RowProblem {
            file: file.to_path_buf(),
            line,
            column: String::new(),
            account: None,
            cid: None,
            reason: "ends without a line end, which the export before had: it may not be whole".to_string(),
        }
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line, whatever stands in the cells that it repeats.
        match self.line {
            0 => write!(f, "{}: ", self.file.display())?,
            line => write!(f, "{}:{line}: ", self.file.display())?,
        }
        if !self.column.is_empty() {
            write!(f, "column \"{}\": ", clean(&self.column))?;
        }
        f.write_str(&clean(&self.reason))?;
        match (self.account.as_deref().map(clean), self.cid.as_deref().map(clean)) {
            (Some(account), Some(cid)) => write!(f, " (account {account} of customer {cid})"),
            (Some(account), None) => write!(f, " (account {account})"),
            (None, Some(cid)) => write!(f, " (customer {cid})"),
            (None, None) => Ok(()),
        }
    }
}

/// A service of a customer whose use is told twice, and not alike: it is written only with a person's yes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Doubt {
    /// The customer.
    pub cid: String,
    /// The service's key.
    pub service: &'static str,
    /// What disagrees.
    pub reason: String,
}

/// Everything an account export says.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Ordered by CID (as numbers where they are), each once; also those of whom every account was left out.
    pub customers: Vec<Customer>,
    /// In the order of the file. Accounts with a bad row are not among them.
    pub accounts: Vec<Account>,
    /// The newest measurement in the export, that is when it was made: an export whose value is older than that
    /// of the last one used must not be used. For the age of one customer's usage see
    /// [`Snapshot::measured_at_of`].
    pub measured_at: Option<Timestamp>,
    /// What was left out.
    pub problems: Vec<RowProblem>,
    /// SHA-256 of the file, hexadecimal.
    pub digest: String,
    /// Data rows in the file, good and bad; empty lines do not count.
    pub rows: usize,
    /// Columns that mean nothing to psactl, by their headings.
    pub ignored_columns: Vec<String>,
    /// The earliest `period_start` and the latest `period_end` of the rows, where the export has them.
    pub period: Option<(Timestamp, Timestamp)>,
    /// What to say of the last row, where no line end follows it: of an export that is written with one, this is
    /// the beginning alone.
    pub unended: Option<RowProblem>,
    /// Services whose use is told twice, and not alike.
    pub doubts: Vec<Doubt>,
    /// Customers of whom not every backup result is known: their statistics wait.
    pub results_unknown: BTreeSet<String>,
    /// What was left out on purpose (parked customers), and words that are not known, each in a sentence.
    pub left_out: Vec<String>,
    /// Each machine is counted under one kind of protection alone: the counts add up.
    pub machines_apart: bool,
    /// The export.
    pub file: PathBuf,
    /// How it was understood.
    pub about: About,
    /// Where each customer stands above, looked up when first asked for.
    pub(crate) places: Places,
}

/// Where each customer and its accounts stand in a snapshot: with thousands of customers, to look through all of
/// them for each would take the square of the time. It follows from the rest and says nothing of its own.
#[derive(Default)]
pub(crate) struct Places(OnceLock<HashMap<String, Place>>);

#[derive(Default)]
struct Place {
    customer: Option<usize>,
    accounts: Vec<usize>,
}

impl Clone for Places {
    fn clone(&self) -> Places {
        Places::default()
    }
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Places")
    }
}

impl Snapshot {
    fn place(&self, cid: &str) -> Option<&Place> {
        let places = self.places.0.get_or_init(|| {
            let mut places: HashMap<String, Place> = HashMap::with_capacity(self.customers.len());
            for (at, customer) in self.customers.iter().enumerate() {
                places.entry(customer.cid.clone()).or_default().customer.get_or_insert(at);
            }
            for (at, account) in self.accounts.iter().enumerate() {
                match places.get_mut(&account.cid) {
                    Some(place) => place.accounts.push(at),
                    None => places.entry(account.cid.clone()).or_default().accounts.push(at),
                }
            }
            places
        });
        places.get(cid)
    }

    /// The customer with this ID.
    pub fn customer(&self, cid: &str) -> Option<&Customer> {
        self.customers.get(self.place(cid)?.customer?)
    }

    /// The accounts of a customer, in the order of the file.
    pub fn accounts_of<'a>(&'a self, cid: &str) -> impl Iterator<Item = &'a Account> + use<'a> {
        let at = self.place(cid).map_or(&[][..], |place| place.accounts.as_slice());
        at.iter().filter_map(|at| self.accounts.get(*at))
    }

    /// Sums of a customer's usage per service key; a service that no account was measured for is absent. Only
    /// right where [`Snapshot::problems_of`] is empty: a partial sum is a wrong bill.
    pub fn usage_of(&self, cid: &str) -> BTreeMap<&'static str, Decimal> {
        let mut sums: BTreeMap<&'static str, Decimal> = BTreeMap::new();
        for account in self.accounts_of(cid) {
            for (service, quantity) in account.usage.iter() {
                // Each quantity is bounded by the reader, so that no sum can overflow.
                *sums.entry(service).or_default() += quantity;
            }
        }
        sums
    }

    /// What each account adds to a service, in the order of the file; zeros included.
    pub fn contributions<'a>(&'a self, cid: &str, service: &str) -> Vec<(&'a Account, Decimal)> {
        self.accounts_of(cid)
            .filter_map(|account| account.usage.get(service).map(|quantity| (account, *quantity)))
            .collect()
    }

    /// The oldest measurement among a customer's accounts that have usage: what `max_age` is judged by. `None`
    /// when there is no usage or any of it has no time.
    pub fn measured_at_of(&self, cid: &str) -> Option<Timestamp> {
        let mut oldest: Option<Timestamp> = None;
        for account in self.accounts_of(cid).filter(|account| !account.usage.is_empty()) {
            let at = account.measured_at?;
            oldest = Some(oldest.map_or(at, |known| known.min(at)));
        }
        oldest
    }

    /// The services of a customer whose use is in doubt, and why.
    pub fn doubts_of(&self, cid: &str) -> BTreeMap<&'static str, &str> {
        let of_customer = self.doubts.iter().filter(|doubt| doubt.cid == cid);
        of_customer.map(|doubt| (doubt.service, doubt.reason.as_str())).collect()
    }

    /// The problems that stop a customer's billing: its own, and those of rows that could be anyone's.
    pub fn problems_of<'a>(&'a self, cid: &'a str) -> impl Iterator<Item = &'a RowProblem> {
        self.problems.iter().filter(move |problem| problem.cid.as_deref().is_none_or(|known| known == cid))
    }
}
