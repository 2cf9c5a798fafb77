//! Foreign input: the readers of CSV, of JSON and of the event log's texts meet what no portal would write.
//!
//! Part of `cargo test`, with a few hundred cases each. For an hour's worth of them:
//!
//! ```text
//! PROPTEST_CASES=1000000 cargo test --release --test it -- fuzz_portal
//! ```
//!
//! What fails is shrunk, shown, and kept in a file beside this one, to be tried first from then on.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use psactl::portal::{self, EventLog, Severity, Snapshot};

const ACCOUNTS: &str = include_str!("../../examples/accounts.csv");
const EVENTS: &str = include_str!("../../examples/events.csv");
const HEADER: &str = "CID,Company,Account No,basic-storage,online-servers,Measured At\n";

fn read(accounts: &[u8], events: &[u8]) -> (Option<Snapshot>, Option<EventLog>) {
    let zone = TimeZone::get("America/New_York").ok();
    let (accounts, events) = portal::read_bytes(accounts, events, zone);
    // An error must have its words, too.
    let told = |error: portal::Error| assert!(!error.to_string().is_empty() && !error.hints().is_empty());
    (accounts.map_err(told).ok(), events.map_err(told).ok())
}

/// What holds of whatever was understood.
fn sound(accounts: Option<Snapshot>, events: Option<EventLog>) -> Result<(), TestCaseError> {
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

/// Text of pieces that mean something to a reader of tables.
fn table() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            ",",
            ";",
            "\t",
            "|",
            "\"",
            "\"\"",
            "\n",
            "\r\n",
            "\r",
            "\u{feff}",
            "sep=;\n",
            "342",
            "A1",
            "1.5",
            "1,5",
            "1.234",
            "1,234.5",
            "1'234",
            " GB",
            " TB",
            "-1",
            "0",
            "1e5",
            "NaN",
            "2026-11-01 01:30",
            "2026-10-31T10:00:00Z",
            "31/10/2026",
            "Eddie",
            "CID",
            "Company",
            "Account No",
            "basic-storage",
            "service",
            "quantity",
            "unit",
            "When [EDT]",
            "Event Information",
            "Remote Backup failed",
        ])
        .prop_map(str::to_owned),
        "[ -~äß\u{a0}]{0,6}",
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// JSON, whole or not.
fn json() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "\n",
        "null",
        "true",
        "1.5",
        "-0",
        "1e400",
        "1E2",
        "\"cid\"",
        "\"company\"",
        "\"account\"",
        "\"basic-storage\"",
        "\"measured_at\"",
        "\"342\"",
        "\"1,234\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"2026-10-31T10:00:00Z\"",
        "{\"cid\": \"342\", \"company\": \"E\", \"account\": \"A1\", \"basic-storage\": ",
        "{\"When\": \"2026-10-31T10:00:00Z\", \"Account\": \"A1\", \"CID\": \"342\", \"Event Information\": ",
        "\"Remote Backup failed\"}",
        "1.25}",
        "[1]}",
        "{}",
    ]);
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// A good export with a few bytes replaced, put in or gone.
fn mutated(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), 0_u8..4, any::<u8>());
    (prop::collection::vec(edit, 1..6), any::<bool>()).prop_map(move |(edits, wide)| {
        let mut bytes: Vec<u8> = match wide {
            true => [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
            false => text.as_bytes().to_vec(),
        };
        for (at, what, byte) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                _ => bytes.truncate(at),
            }
        }
        bytes
    })
}

/// Digits in groups of three.
fn grouped(whole: u32, by: char) -> String {
    let digits = whole.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(by);
        }
        text.push(digit);
    }
    text
}

proptest! {
    #[test]
    fn tables(accounts in table(), events in table(), with_header in any::<bool>()) {
        let (a, e) = match with_header {
            true => (format!("{HEADER}{accounts}"), format!("When,Account,CID,Event Information\n{events}")),
            false => (accounts, events),
        };
        let (accounts, events) = read(a.as_bytes(), e.as_bytes());
        sound(accounts, events)?;
    }

    #[test]
    fn objects(accounts in json(), events in json()) {
        let (accounts, events) = read(accounts.as_bytes(), events.as_bytes());
        sound(accounts, events)?;
    }

    #[test]
    fn bytes(accounts in prop::collection::vec(any::<u8>(), 0..400), events in prop::collection::vec(any::<u8>(), 0..400)) {
        let (accounts, events) = read(&accounts, &events);
        sound(accounts, events)?;
    }

    #[test]
    fn good_exports_that_were_spoiled(accounts in mutated(ACCOUNTS), events in mutated(EVENTS)) {
        let (accounts, events) = read(&accounts, &events);
        sound(accounts, events)?;
    }

    /// The same amount in either way of writing it, where another number tells which it is; and never another.
    #[test]
    fn amounts_by_either_mark(whole in 0_u32..999_999_999, cents in 0_u32..100, parted in any::<bool>(), unit in any::<bool>()) {
        let expected = format!("{whole}.{cents:02}").parse::<rust_decimal::Decimal>().expect("a number").normalize();
        for (mark, group) in [('.', ','), (',', '.'), ('.', '\''), (',', ' '), (',', '\u{a0}')] {
            let digits = if parted { grouped(whole, group) } else { whole.to_string() };
            let unit = if unit { " GB" } else { "" };
            let text = format!("{HEADER}1,E,A1,\"{digits}{mark}{cents:02}{unit}\",,2026-10-31T10:00:00Z\n");
            let (accounts, _) = read(text.as_bytes(), b"");
            let accounts = accounts.expect("understood");
            prop_assert_eq!(&accounts.problems, &Vec::new(), "{}", text);
            prop_assert_eq!(accounts.usage_of("1")["basic-storage"], expected, "{}", text);
        }
        // With three decimals it could be another amount: then it is none.
        let thousand = grouped(whole.max(1_000) % 999_999, ',');
        if thousand.matches(',').count() == 1 {
            let text = format!("{HEADER}1,E,A1,\"{thousand}\",,2026-10-31T10:00:00Z\n");
            let accounts = read(text.as_bytes(), b"").0.expect("understood");
            prop_assert!(accounts.accounts.is_empty() && accounts.problems.len() == 1, "{}", text);
        }
    }

    /// Whatever words stand around it: what speaks of trouble is no good news.
    #[test]
    fn trouble_is_never_good_news(
        before in "[a-zA-Z ]{0,20}", trouble in prop::sample::select(vec!["failed", "with errors", "was not", "unsuccessful", "aborted", "incomplete"]),
        good in prop::sample::select(vec!["completed successfully", "recovered", "back to normal", "archiving ok", "healthy"]),
        first in any::<bool>()
    ) {
        let text = if first { format!("{before} Backup {trouble} {good}") } else { format!("{before} Backup {good} {trouble}") };
        let row = format!("When,Account,CID,Event Information\n2026-10-31T10:00:00Z,A1,1,{text}\n");
        let log = read(HEADER.as_bytes(), row.as_bytes()).1.expect("understood");
        prop_assert_eq!(log.events.len(), 1);
        prop_assert!(!log.events[0].kind.is_good(), "{}: {:?}", text, log.events[0].kind);
    }
}
