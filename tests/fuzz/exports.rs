//! What the targets of exports share: reading, and what must hold of whatever was understood.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use psactl::portal::{self, EventLog, Severity, Snapshot};

pub const ACCOUNTS: &str = include_str!("../../examples/accounts.csv");
pub const EVENTS: &str = include_str!("../../examples/events.csv");
pub const HEADER: &str = "CID,Company,Account No,basic-storage,online-servers,Measured At\n";

/// A row of an account list: customer, company, account, an amount and a count.
pub type Row = (String, String, String, String, String);

pub fn read(accounts: &[u8], events: &[u8]) -> (Option<Snapshot>, Option<EventLog>) {
    let zone = TimeZone::get("America/New_York").ok();
    let (accounts, events) = portal::read_bytes(accounts, events, zone);
    // An error has its words, too, and a bounded number of them.
    let told = |error: portal::Error| {
        let said = error.to_string();
        assert!(!said.is_empty() && said.chars().count() < 1_000 && !error.hints().is_empty(), "{said}");
    };
    (accounts.map_err(told).ok(), events.map_err(told).ok())
}

/// Reads both, and sees that what was understood can be relied upon.
pub fn sound(accounts: &[u8], events: &[u8]) -> Result<(), TestCaseError> {
    let (accounts, events) = read(accounts, events);
    if let Some(accounts) = accounts {
        for account in &accounts.accounts {
            prop_assert!(accounts.customer(&account.cid).is_some());
            for (service, amount) in account.usage.iter() {
                prop_assert!(!amount.is_sign_negative() && amount.scale() <= 16, "{} {}", service, amount);
            }
        }
        for customer in &accounts.customers {
            let sum = accounts.usage_of(&customer.cid);
            prop_assert!(sum.values().all(|amount| !amount.is_sign_negative()));
        }
        for problem in &accounts.problems {
            prop_assert!(problem.line > 0 && !problem.reason.is_empty());
            prop_assert!(!problem.to_string().chars().any(|c| c.is_control()), "{problem}");
        }
    }
    if let Some(events) = events {
        prop_assert!(events.events.is_sorted_by_key(|event| event.time));
        prop_assert!(events.events.len() + events.problems.len() <= events.rows);
        for event in &events.events {
            prop_assert!(!event.id.is_empty() && !event.cid.is_empty() && !event.text.is_empty());
            // Only good news resolves a ticket.
            prop_assert!(!event.kind.is_good() || event.severity == Severity::Ok);
        }
    }
    Ok(())
}

/// Every row is either an account or a problem, and no account says what no row says. Rows begin at the line `first`
/// and have one line each.
pub fn every_row_is_told_of(snapshot: &Snapshot, rows: &[Row], first: u64) -> Result<(), TestCaseError> {
    prop_assert_eq!(snapshot.rows, rows.len());
    for (line, (cid, _, number, _, _)) in (first..).zip(rows) {
        let (cid, number) = (cid.trim(), number.trim());
        let kept = snapshot.accounts.iter().any(|account| account.number == number && account.cid == cid);
        let named = snapshot.problems.iter().any(|problem| {
            problem.line == line || !number.is_empty() && problem.account.as_deref() == Some(number)
        });
        prop_assert!(kept || named, "line {} of {:?}", line, rows);
    }
    for account in &snapshot.accounts {
        let written = |row: &&Row| row.0.trim() == account.cid && row.2.trim() == account.number;
        prop_assert_eq!(rows.iter().filter(written).count(), 1, "{:?}", account);
    }
    Ok(())
}

/// Rows that an export could have, but for a slip here and there.
pub fn rows(most: usize) -> impl Strategy<Value = Vec<Row>> {
    let row = ("[0-9]{0,2}", "[A-C]", "[ab]{0,2}[0-9]{0,3}", "-?[0-9]{0,3}[.,]?[0-9]{0,2}", "[0-9]{0,2}");
    prop::collection::vec(row, 1..most)
}

/// Rows with names of any letters.
pub fn odd_rows(most: usize) -> impl Strategy<Value = Vec<Row>> {
    let name = || prop_oneof![3 => "[a-z]{1,3}", 1 => "\\PC{0,6}", 1 => "[,;\t|\"'<>=\\\\ ]{0,4}x"];
    let row = ("[0-9]{1,2}", name(), name(), "[0-9]{0,3}([.][0-9]{1,2})?", "[0-9]{0,2}");
    prop::collection::vec(row, 1..most)
}
