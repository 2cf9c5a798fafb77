//! JSON exports: lists, lines, and what is neither.

use proptest::prelude::*;
use psactl::portal::Snapshot;
use serde_json::{Map, Value};

use super::exports::{ACCOUNTS, EVENTS, HEADER, Row, every_row_is_told_of, odd_rows, read, rows, sound};
use super::{Input, bytes, fuzz, mutated, pieces, property};

const PIECES: &[&str] = &[
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
    "1e-30",
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
    "\"-9999-01-01T00:00:00Z\"",
    "123456789012345678901234567890",
    "{\"cid\": \"342\", \"company\": \"E\", \"account\": \"A1\", \"basic-storage\": ",
    "{\"When\": \"2026-10-31T10:00:00Z\", \"Account\": \"A1\", \"CID\": \"342\", \"Event Information\": ",
    "\"Remote Backup failed\"}",
    "1.25}",
    "[1]}",
    "{}",
    "\u{feff}",
];

/// An export of examples/ as JSON.
fn example(table: &str, lines: bool) -> Vec<u8> {
    let mut rows = table.lines().map(|line| line.split(','));
    let header: Vec<&str> = rows.next().expect("a header").collect();
    let object = |cells: std::str::Split<'_, char>| {
        let pair = |(name, cell): (&&str, &str)| ((*name).to_owned(), Value::from(cell));
        Value::Object(header.iter().zip(cells).map(pair).collect::<Map<_, _>>())
    };
    written(&rows.map(object).collect::<Vec<_>>(), lines)
}

/// A list, or an object on each line; the first one on the second line, as in a table.
fn written(objects: &[Value], lines: bool) -> Vec<u8> {
    let texts: Vec<String> = objects.iter().map(Value::to_string).collect();
    if lines { format!("\n{}\n", texts.join("\n")) } else { format!("[\n{}\n]\n", texts.join(",\n")) }
        .into_bytes()
}

/// A row under the header's names; what a cell of CSV says by being empty is left out, or null.
fn object((cid, name, number, amount, count): &Row, empty: &Value) -> Value {
    let names = HEADER.trim_end().split(',');
    let cells = [cid, name, number, amount, count, ""].map(|cell| match cell.trim() {
        "" => empty.clone(),
        _ => Value::from(cell),
    });
    names.map(str::to_owned).zip(cells).collect::<Map<_, _>>().into()
}

/// What was understood, in a form in which two exports can be compared.
fn meaning(snapshot: &Snapshot) -> Vec<String> {
    let account = |account: &psactl::portal::Account| {
        let usage: Vec<String> =
            account.usage.iter().map(|(service, amount)| format!("{service}={amount}")).collect();
        format!("{} {} {:?} {:?}", account.cid, account.number, usage, account.measured_at)
    };
    let left_out = |problem: &psactl::portal::RowProblem| format!("{:?} {}", problem.account, problem.reason);
    let mut all: Vec<String> = snapshot.accounts.iter().map(account).collect();
    all.extend(snapshot.problems.iter().map(left_out));
    all.extend(snapshot.customers.iter().map(|customer| format!("{customer:?}")));
    all
}

#[test]
fn json() {
    let cases = (pieces(PIECES, 30), pieces(PIECES, 30));
    let objects = property("what is understood is sound", cases, |(accounts, events)| {
        sound(accounts.as_bytes(), events.as_bytes())
    });

    let begun =
        |first: &'static str| bytes(300).prop_map(move |rest| Input([first.as_bytes(), &rest].concat()));
    let any_bytes = property("no bytes are too strange", (begun("["), begun("{")), |(accounts, events)| {
        sound(&accounts, &events)
    });

    let spoiled = |text: &'static str| mutated(any::<bool>().prop_map(|lines| example(text, lines)));
    let good =
        property("good exports that were spoiled are sound", (spoiled(ACCOUNTS), spoiled(EVENTS)), |case| {
            sound(&case.0, &case.1)
        });

    let deep = (
        1..2_000_usize,
        prop::sample::select(vec!["[", "{\"a\":", "[{\"cid\":", "{\"accounts\":["]),
        any::<bool>(),
    );
    let nested = property("no nesting is too deep", deep, |(depth, piece, closed)| {
        let close: String = if closed {
            piece
                .chars()
                .rev()
                .filter_map(|c| match c {
                    '[' => Some(']'),
                    '{' => Some('}'),
                    _ => None,
                })
                .collect()
        } else {
            String::new()
        };
        let text = format!("{}1{}", piece.repeat(depth), close.repeat(depth));
        sound(text.as_bytes(), text.as_bytes())
    });

    let empty = prop::sample::select(vec![Value::Null, Value::from("")]);
    let rows = prop_oneof![rows(12), odd_rows(8)];
    let same =
        property("rows say the same as in CSV", (rows, any::<bool>(), empty), |(rows, lines, empty)| {
            let cell = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
            let line = |row: &Row| [&row.0, &row.1, &row.2, &row.3, &row.4].map(cell).join(",") + ",\n";
            let table = HEADER.to_owned() + &rows.iter().map(line).collect::<String>();
            let objects: Vec<Value> = rows.iter().map(|row| object(row, &empty)).collect();
            let (from_csv, from_json) =
                (read(table.as_bytes(), b"").0, read(&written(&objects, lines), b"").0);
            prop_assert_eq!(from_csv.as_ref().map(meaning), from_json.as_ref().map(meaning));
            if let Some(snapshot) = from_json {
                every_row_is_told_of(&snapshot, &rows, 2)?;
            }
            Ok(())
        });
    fuzz("json", vec![objects, any_bytes, good, nested, same]);
}
