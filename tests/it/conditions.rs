//! Filters as the client writes them and as the sandbox reads them: both have to agree with a plain filter
//! over the same records, whatever stands in these and in the filter.
//!
//! The public record leaves some things open: whether letter case and blanks at the end count, what `!=` and
//! `not` make of a field without a value, whether `*` and `%` are wildcards outside `like`. There the plain
//! filter says “either”, and no condition of psactl's may depend on it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use psactl::psa::*;
use psactl::sandbox::{Options, Sandbox};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::client::psa_of;

const TEXTS: [&str; 4] = ["notes", "vendorNotes", "company/name", "type/name"];
const WHOLES: [&str; 2] = ["backupSuccesses", "company/id"];
const DECIMALS: [&str; 1] = ["backupBillableSpaceGb"];
const TIMES: [&str; 1] = ["purchaseDate"];
const FLAGS: [&str; 2] = ["billFlag", "showRemoteFlag"];

/// Texts that break out of quotes, look like something else, or are patterns.
const ODD: &[&str] = &[
    "plain",
    "PLAIN",
    "a b",
    "it's",
    "say \"hi\"",
    "both ' and \"",
    "\"",
    "'",
    "\\",
    "C:\\",
    "\\\"",
    "'\\",
    "\"\"",
    "''",
    "100%",
    "%",
    "*",
    "a*b",
    "a%b",
    "[",
    "]",
    "[brackets]",
    "x[y",
    "[[]",
    "née",
    "Straße",
    "日本",
    "☃ %",
    "(x)",
    "a, b",
    "and",
    "null",
    "true",
    "5",
    "-1.5",
    "[2016-08-20T18:04:26Z]",
    "x\" or id!=0 or name=\"",
    "x' or id!=0 or name='",
    "a & b + c # d ? e",
    "%20",
    "&conditions=id!=0",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(ODD).prop_map(str::to_owned),
        1 => "[ab'\"\\\\\\[\\]%* é]{1,6}",
    ]
}

fn whole() -> impl Strategy<Value = i64> {
    prop_oneof![-3..40_i64, Just(2_147_483_647), Just(-2_147_483_648)]
}

fn decimal() -> impl Strategy<Value = Decimal> {
    (-500..500_i64, 0..4_u32).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

fn time() -> impl Strategy<Value = Timestamp> {
    (0..20_i64).prop_map(|days| Timestamp::from_second(1_700_000_000 + days * 40_000).unwrap())
}

/// A configuration with something, nothing or odd things in its fields.
fn record() -> impl Strategy<Value = Value> {
    let some = prop::option::of::<BoxedStrategy<Value>>;
    let company = prop::sample::select(vec!["EddiesTV", "JoeTV", "AngryFox"]);
    (
        (some(text().prop_map(Value::from).boxed()), some(text().prop_map(Value::from).boxed())),
        some(whole().prop_map(Value::from).boxed()),
        some(decimal().prop_map(number).boxed()),
        some(time().prop_map(|time| instant(time).into()).boxed()),
        (any::<bool>(), any::<bool>(), company),
    )
        .prop_map(|((notes, vendor), whole, decimal, time, (bill, remote, company))| {
            let mut record = json!({
                "name": "a", "type": {"name": "Managed Workstation"}, "company": {"identifier": company},
                "billFlag": bill, "showRemoteFlag": remote,
            });
            let values = [
                ("notes", notes),
                ("vendorNotes", vendor),
                ("backupSuccesses", whole),
                ("backupBillableSpaceGb", decimal),
                ("purchaseDate", time),
            ];
            for (field, value) in values {
                if let Some(value) = value {
                    record[field] = value;
                }
            }
            record
        })
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sign {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Sign {
    pub const ALL: [Sign; 6] = [Sign::Eq, Sign::Ne, Sign::Lt, Sign::Le, Sign::Gt, Sign::Ge];

    /// The client's condition.
    pub fn of(self, field: &'static str, value: Operand) -> Condition {
        let make = match self {
            Sign::Eq => Condition::eq,
            Sign::Ne => Condition::ne,
            Sign::Lt => Condition::lt,
            Sign::Le => Condition::le,
            Sign::Gt => Condition::gt,
            Sign::Ge => Condition::ge,
        };
        make(field, value)
    }
}

/// What is asked of a record.
#[derive(Debug, Clone)]
enum Ask {
    Compare(&'static str, Sign, Operand),
    Null(&'static str, bool),
    Contains(&'static str, String),
    StartsWith(&'static str, String),
    Like(&'static str, String),
    In(&'static str, Vec<Operand>),
    Not(Box<Ask>),
    All(Vec<Ask>),
    Any(Vec<Ask>),
}

fn ask() -> impl Strategy<Value = Ask> {
    use Sign::{Eq, Ne};
    let field = |fields: &'static [&'static str]| prop::sample::select(fields);
    let sign = || prop::sample::select(&Sign::ALL[..]);
    let same = || prop::sample::select(vec![Eq, Ne]);
    let all: Vec<&'static str> = [&TEXTS[..], &WHOLES, &DECIMALS, &TIMES].concat();
    let leaf = prop_oneof![
        4 => (field(&TEXTS), same(), text()).prop_map(|(f, s, v)| Ask::Compare(f, s, v.into())),
        3 => (field(&TEXTS), text()).prop_map(|(f, v)| Ask::Contains(f, v)),
        3 => (field(&TEXTS), text()).prop_map(|(f, v)| Ask::StartsWith(f, v)),
        2 => (field(&TEXTS), text()).prop_map(|(f, v)| Ask::Like(f, literal(&v))),
        2 => (field(&WHOLES), sign(), whole()).prop_map(|(f, s, v)| Ask::Compare(f, s, v.into())),
        2 => (field(&DECIMALS), sign(), decimal()).prop_map(|(f, s, v)| Ask::Compare(f, s, v.into())),
        2 => (field(&TIMES), sign(), time()).prop_map(|(f, s, v)| Ask::Compare(f, s, v.into())),
        2 => (field(&FLAGS), same(), any::<bool>()).prop_map(|(f, s, v)| Ask::Compare(f, s, v.into())),
        2 => (prop::sample::select(all), any::<bool>()).prop_map(|(f, is)| Ask::Null(f, is)),
        2 => (field(&TEXTS), prop::collection::vec(text(), 0..4))
            .prop_map(|(f, v)| Ask::In(f, v.into_iter().map(Operand::from).collect())),
        2 => (field(&WHOLES), prop::collection::vec(whole(), 0..6))
            .prop_map(|(f, v)| Ask::In(f, v.into_iter().map(Operand::from).collect())),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        let several = || prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            inner.clone().prop_map(|ask| Ask::Not(Box::new(ask))),
            several().prop_map(Ask::All),
            several().prop_map(Ask::Any),
        ]
    })
}

impl Ask {
    fn built(&self) -> Condition {
        match self {
            Ask::Compare(field, sign, value) => sign.of(field, value.clone()),
            Ask::Null(field, true) => Condition::is_null(field),
            Ask::Null(field, false) => Condition::is_not_null(field),
            Ask::Contains(field, text) => Condition::contains(field, text),
            Ask::StartsWith(field, text) => Condition::starts_with(field, text),
            Ask::Like(field, pattern) => Condition::like(field, pattern),
            Ask::In(field, values) => Condition::is_in(field, values.iter().cloned()),
            Ask::Not(ask) => ask.built().not(),
            Ask::All(asks) => Condition::all(asks.iter().map(Ask::built)),
            Ask::Any(asks) => Condition::any(asks.iter().map(Ask::built)),
        }
    }

    /// Whether the record is to be found; `None` where the public record does not say.
    fn holds(&self, record: &Value) -> Option<bool> {
        let at = |field: &str| {
            let found = field.split('/').try_fold(record, |value, part| value.get(part));
            found.cloned().unwrap_or_default()
        };
        match self {
            Ask::Compare(field, Sign::Ne, value) => match at(field) {
                Value::Null => None,
                there => equal(&there, value).map(|same| !same),
            },
            Ask::Compare(field, Sign::Eq, value) => equal(&at(field), value),
            Ask::Compare(field, sign, value) => {
                let Some(order) = order(&at(field), value) else { return Some(false) };
                Some(match sign {
                    Sign::Lt => order.is_lt(),
                    Sign::Le => order.is_le(),
                    Sign::Gt => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
            Ask::Null(field, is) => Some(at(field).is_null() == *is),
            // What is asked for are the pieces around what opens a set of characters, in any order.
            Ask::Contains(field, text) => {
                let there = at(field);
                let pieces: Vec<&str> = text.split('[').filter(|piece| !piece.is_empty()).collect();
                let has = |piece: &&str| texts(&there, |there| there.contains(piece), &format!("%{piece}%"));
                match one_holds(pieces.iter().map(|piece| has(piece).map(|has| !has))) {
                    Some(true) => Some(false),
                    _ if there.as_str().is_some_and(|there| there.contains(text.as_str())) => Some(true),
                    _ => None,
                }
            }
            Ask::StartsWith(field, text) => {
                let pieces = format!("{}%", text.replace('[', "%"));
                texts(&at(field), |there| there.starts_with(text), &pieces)
            }
            Ask::Like(field, pattern) => texts(&at(field), |there| fits(there, pattern), pattern),
            Ask::In(field, values) => one_holds(values.iter().map(|value| equal(&at(field), value))),
            // A field without a value fits neither a comparison nor, maybe, its opposite.
            Ask::Not(ask) if ask.meets_nothing(record) => None,
            Ask::Not(ask) => ask.holds(record).map(|holds| !holds),
            Ask::All(asks) => {
                one_holds(asks.iter().map(|ask| ask.holds(record).map(|holds| !holds))).map(|not| !not)
            }
            Ask::Any(asks) => one_holds(asks.iter().map(|ask| ask.holds(record))),
        }
    }

    /// Whether some field that is compared has no value.
    fn meets_nothing(&self, record: &Value) -> bool {
        let nothing = |field: &str| {
            field.split('/').try_fold(record, |value, part| value.get(part)).is_none_or(Value::is_null)
        };
        match self {
            Ask::Null(..) => false,
            Ask::Compare(field, ..) | Ask::Contains(field, _) | Ask::StartsWith(field, _) => nothing(field),
            Ask::Like(field, _) | Ask::In(field, _) => nothing(field),
            Ask::Not(ask) => ask.meets_nothing(record),
            Ask::All(asks) | Ask::Any(asks) => asks.iter().any(|ask| ask.meets_nothing(record)),
        }
    }
}

/// Whether one holds, where some may be open.
fn one_holds(of: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let of: Vec<Option<bool>> = of.collect();
    if of.contains(&Some(true)) { Some(true) } else { (!of.contains(&None)).then_some(false) }
}

fn order(there: &Value, value: &Operand) -> Option<std::cmp::Ordering> {
    let decimal = |value: &Value| value.as_number()?.to_string().parse::<Decimal>().ok();
    Some(match value {
        Operand::Number(number) => decimal(there)?.cmp(&Decimal::from(*number)),
        Operand::Decimal(number) => decimal(there)?.cmp(number),
        Operand::Time(time) => there.as_str()?.parse::<Timestamp>().ok()?.cmp(time),
        Operand::Bool(flag) => there.as_bool()?.cmp(flag),
        _ => return None,
    })
}

fn equal(there: &Value, value: &Operand) -> Option<bool> {
    match value {
        Operand::Text(text) => texts(there, |there| there == text, text),
        other => Some(order(there, other).is_some_and(std::cmp::Ordering::is_eq)),
    }
}

/// A test of a text: it holds as it stands; it is open where it would hold in another letter case, without
/// blanks at the end, or with wildcards.
fn texts(there: &Value, holds: impl Fn(&str) -> bool, pattern: &str) -> Option<bool> {
    let Some(there) = there.as_str() else { return Some(false) };
    // The blanks at an end may be what a pattern asks for, too.
    let folded = |text: &str| [text.to_lowercase(), text.trim_end().to_lowercase()];
    let (texts, patterns) = (folded(there), folded(pattern));
    let might = texts.iter().any(|text| patterns.iter().any(|pattern| fits(text, pattern)));
    match holds(there) {
        true => Some(true),
        false => (!might).then_some(false),
    }
}

/// Whether a text fits a pattern of `%` and `*`.
fn fits(text: &str, pattern: &str) -> bool {
    let pieces: Vec<&str> = pattern.split(['%', '*']).collect();
    let (Some((first, rest)), Some(last)) = (pieces.split_first(), pieces.last()) else { return false };
    let Some((_, middle)) = rest.split_last() else { return text == pattern };
    let Some(mut left) = text.strip_prefix(first).and_then(|left| left.strip_suffix(last)) else {
        return false;
    };
    middle.iter().all(|piece| match left.find(piece) {
        Some(at) => {
            left = &left[at + piece.len()..];
            true
        }
        None => false,
    })
}

#[test]
fn the_plain_filter_knows_its_patterns() {
    for (text, pattern, expected) in [
        ("abc", "abc", true),
        ("abc", "a%c", true),
        ("abc", "*", true),
        ("abc", "%b*", true),
        ("abc", "b%", false),
        ("aba", "ab%ba", false),
        ("", "%", true),
        ("", "", true),
        ("a", "", false),
        ("née", "n%", true),
    ] {
        assert_eq!(fits(text, pattern), expected, "{text} {pattern}");
    }
}

/// What the client asks for is what comes.
#[test]
fn filters_find_what_a_plain_filter_finds() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sandbox = runtime.block_on(Sandbox::start(Options::default())).unwrap();
    let client = psa_of(&sandbox);
    let at = paths::configurations();
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    for _ in 0..60 {
        let record = record().new_tree(&mut runner).unwrap().current();
        runtime.block_on(client.create(&at, &record)).unwrap();
    }
    let records: Vec<Value> = runtime.block_on(client.list(&at, &Query::all())).unwrap();
    assert!(records.len() >= 60);
    let (found, known, asked) = (std::cell::Cell::new(0), std::cell::Cell::new(0), std::cell::Cell::new(0));
    let result = runner.run(&ask(), |ask| {
        let condition = ask.built();
        let query = Query::all().filter(condition.clone()).fields("id");
        let ids: Vec<Value> = match runtime.block_on(client.list(&at, &query)) {
            Err(error) if error.kind() == Kind::TooLong => return Ok(()),
            ids => ids.map_err(|error| TestCaseError::fail(format!("{condition}: {error}")))?,
        };
        let ids: BTreeSet<i64> = ids.iter().map(|record| record["id"].as_i64().unwrap()).collect();
        for record in &records {
            let there = ids.contains(&record["id"].as_i64().unwrap());
            let expected = ask.holds(record);
            prop_assert!(
                expected.is_none_or(|expected| expected == there),
                "{} {}: {}",
                condition,
                if there { "finds" } else { "does not find" },
                record
            );
            found.set(found.get() + usize::from(there));
            known.set(known.get() + usize::from(expected.is_some()));
            asked.set(asked.get() + 1);
        }
        Ok(())
    });
    if let Err(failed) = result {
        panic!("{failed}");
    }
    // The property says something: most is known, and filters find neither all nor nothing.
    let share = |of: usize| of * 100 / asked.get();
    assert!(
        share(known.get()) > 70 && (5..80).contains(&share(found.get())),
        "{known:?} {found:?} {asked:?}"
    );
    runtime.block_on(sandbox.stop());
}
