//! CSV exports: accounts, amounts and events.

use proptest::prelude::*;

use super::exports::{ACCOUNTS, EVENTS, HEADER, Row, every_row_is_told_of, odd_rows, read, rows, sound};
use super::{bytes, fuzz, mutated, pieces, property};

const PIECES: &[&str] = &[
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
    "99999999999999999999999999999",
    "2026-11-01 01:30",
    "2026-10-31T10:00:00Z",
    "31/10/2026",
    "9999-12-31",
    "-9999-01-01T00:00:00Z",
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
];

const TROUBLE: &[&str] = &["failed", "with errors", "was not", "unsuccessful", "aborted", "incomplete"];
const GOOD_NEWS: &[&str] =
    &["completed successfully", "recovered", "back to normal", "archiving ok", "healthy"];

/// How a text becomes bytes.
#[derive(Debug, Clone, Copy)]
enum Encoding {
    Utf8,
    WithMark,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    fn bytes(self, text: &str) -> Vec<u8> {
        let wide = || "\u{feff}".encode_utf16().chain(text.encode_utf16()).collect::<Vec<u16>>();
        match self {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::WithMark => format!("\u{feff}{text}").into_bytes(),
            Encoding::Utf16Le => wide().into_iter().flat_map(u16::to_le_bytes).collect(),
            Encoding::Utf16Be => wide().into_iter().flat_map(u16::to_be_bytes).collect(),
        }
    }
}

fn encoding() -> impl Strategy<Value = Encoding> {
    use Encoding::{Utf8, Utf16Be, Utf16Le, WithMark};
    prop::sample::select(vec![Utf8, WithMark, Utf16Le, Utf16Be])
}

/// A table with every cell in quotes.
fn quoted(rows: &[Row], mark: char) -> String {
    let mut text = HEADER.replace(',', &mark.to_string());
    for (cid, name, number, amount, count) in rows {
        let cells =
            [cid, name, number, amount, count, ""].map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
        text += &format!("{}\n", cells.join(&mark.to_string()));
    }
    text
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

/// The same amount in either way of writing it, where another number tells which it is; and never another.
fn either_mark(whole: u32, cents: u32, parted: bool, unit: bool) -> Result<(), TestCaseError> {
    let expected =
        format!("{whole}.{cents:02}").parse::<rust_decimal::Decimal>().expect("a number").normalize();
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
    Ok(())
}

#[test]
fn csv() {
    let cases = (pieces(PIECES, 60), pieces(PIECES, 60), any::<bool>(), encoding());
    let tables = property("what is understood is sound", cases, |(accounts, events, headed, encoding)| {
        let (accounts, events) = match headed {
            true => (format!("{HEADER}{accounts}"), format!("When,Account,CID,Event Information\n{events}")),
            false => (accounts, events),
        };
        sound(&encoding.bytes(&accounts), &encoding.bytes(&events))
    });

    let cases = (bytes(400), bytes(400), any::<bool>());
    let any_bytes = property("no bytes are too strange", cases, |(accounts, events, headed)| match headed {
        true => {
            sound(&[HEADER.as_bytes(), &accounts].concat(), &[b"When,Account,Text\n", &events[..]].concat())
        }
        false => sound(&accounts, &events),
    });

    let spoiled = |text: &'static str| mutated(encoding().prop_map(|encoding| encoding.bytes(text)));
    let good =
        property("good exports that were spoiled are sound", (spoiled(ACCOUNTS), spoiled(EVENTS)), |case| {
            sound(&case.0, &case.1)
        });

    let bare = property("no row vanishes", rows(12), |rows| {
        let line = |(cid, name, number, amount, count): &Row| {
            format!("{cid},{name},{number},\"{amount}\",{count},\n")
        };
        let text = HEADER.to_owned() + &rows.iter().map(line).collect::<String>();
        every_row_is_told_of(&read(text.as_bytes(), b"").0.expect("understood"), &rows, 2)
    });

    let mark = prop::sample::select(vec![',', ';', '\t', '|']);
    let odd = property("cells in quotes are what they were", (odd_rows(8), mark, encoding()), |case| {
        let (rows, mark, encoding) = case;
        let snapshot = read(&encoding.bytes(&quoted(&rows, mark)), b"").0.expect("understood");
        every_row_is_told_of(&snapshot, &rows, 2)
    });

    let cases = (0_u32..999_999_999, 0_u32..100, any::<bool>(), any::<bool>());
    let amounts =
        property("an amount is one amount by either mark", cases, |(whole, cents, parted, unit)| {
            either_mark(whole, cents, parted, unit)
        });

    let trouble = prop::sample::select(TROUBLE);
    let cases = ("[a-zA-Z ]{0,20}", trouble, prop::sample::select(GOOD_NEWS), any::<bool>());
    let news = property("what speaks of trouble is no good news", cases, |(before, trouble, good, first)| {
        let said = if first { format!("{trouble} {good}") } else { format!("{good} {trouble}") };
        let row =
            format!("When,Account,CID,Event Information\n2026-10-31T10:00:00Z,A1,1,{before} Backup {said}\n");
        let log = read(HEADER.as_bytes(), row.as_bytes()).1.expect("understood");
        prop_assert_eq!(log.events.len(), 1);
        prop_assert!(!log.events[0].kind.is_good(), "{}: {:?}", row, log.events[0].kind);
        Ok(())
    });
    fuzz("csv", vec![tables, any_bytes, good, bare, odd, amounts, news]);
}
