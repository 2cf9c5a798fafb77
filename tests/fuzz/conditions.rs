//! Conditions, from both sides: what the client writes is read by the sandbox as what was meant, whatever stands in it;
//! and the sandbox's reader answers or refuses any text.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use psactl::psa::{self, Operand};
use psactl::sandbox::conditions::{Condition, Literal, Test, like};
use psactl::sandbox::{Options, Sandbox};
use rust_decimal::Decimal;

use super::{fuzz, pieces, property};
use crate::conditions::Sign;

const FIELDS: [&str; 4] = ["name", "company/name", "quantity", "cancelledDate"];

/// The comparison as the sandbox has it.
fn test(sign: Sign, literal: Literal) -> Test {
    match sign {
        Sign::Eq => Test::Equal(literal),
        Sign::Ne => Test::Unequal(literal),
        Sign::Lt => Test::Less(literal),
        Sign::Le => Test::AtMost(literal),
        Sign::Gt => Test::Greater(literal),
        Sign::Ge => Test::AtLeast(literal),
    }
}

fn opposite(sign: Sign) -> Sign {
    match sign {
        Sign::Eq => Sign::Ne,
        Sign::Ne => Sign::Eq,
        Sign::Lt => Sign::Ge,
        Sign::Le => Sign::Gt,
        Sign::Gt => Sign::Le,
        Sign::Ge => Sign::Lt,
    }
}

/// What is to be asked.
#[derive(Debug, Clone)]
enum Ask {
    Compare(&'static str, Sign, Operand),
    Contains(&'static str, String),
    Like(&'static str, String),
    In(&'static str, Vec<Operand>),
    Not(Box<Ask>),
    All(Vec<Ask>),
    Any(Vec<Ask>),
}

fn nasty_text() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "\"",
        "'",
        "\\",
        "[",
        "]",
        "%",
        "_",
        "*",
        " or 1=1",
        "\n",
        "\0",
        ")",
        "(",
        "é",
        "\u{202e}",
        "x",
        "\" or id!=0 or name=\"",
    ]);
    prop_oneof![any::<String>(), prop::collection::vec(nasty, 0..12).prop_map(|parts| parts.concat())]
}

fn operand() -> impl Strategy<Value = Operand> {
    // Years of four digits, which are the PSA's.
    let time = (-62_000_000_000_i64..253_000_000_000, 0..1_000_000_000_i32);
    prop_oneof![
        4 => nasty_text().prop_map(Operand::Text),
        1 => any::<i64>().prop_map(Operand::Number),
        1 => (any::<i64>(), 0..=28_u32).prop_map(|(digits, scale)| Operand::Decimal(Decimal::new(digits, scale))),
        1 => Just(Operand::Decimal(Decimal::MAX)),
        1 => any::<bool>().prop_map(Operand::Bool),
        1 => time.prop_map(|(second, nanosecond)| Operand::Time(Timestamp::new(second, nanosecond).expect("a time"))),
        1 => Just(Operand::Null),
    ]
}

fn ask() -> impl Strategy<Value = Ask> {
    let field = || prop::sample::select(&FIELDS[..]);
    let sign = prop::sample::select(&Sign::ALL[..]);
    let leaf = prop_oneof![
        3 => (field(), sign, operand()).prop_map(|(field, sign, value)| Ask::Compare(field, sign, value)),
        1 => (field(), nasty_text()).prop_map(|(field, text)| Ask::Contains(field, text)),
        1 => (field(), nasty_text()).prop_map(|(field, text)| Ask::Like(field, text)),
        1 => (field(), prop::collection::vec(operand(), 0..5)).prop_map(|(field, values)| Ask::In(field, values)),
    ];
    leaf.prop_recursive(4, 12, 4, |inner| {
        let several = || prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            inner.clone().prop_map(|ask| Ask::Not(Box::new(ask))),
            several().prop_map(Ask::All),
            several().prop_map(Ask::Any),
        ]
    })
}

/// Control characters, which no text of the PSA has, become blanks.
fn spaced(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

fn literal(value: &Operand) -> Literal {
    match value {
        Operand::Text(text) => Literal::Text(spaced(text)),
        Operand::Number(number) => Literal::Number((*number).into()),
        Operand::Decimal(decimal) => Literal::Number(*decimal),
        Operand::Bool(flag) => Literal::Bool(*flag),
        Operand::Time(time) => {
            let before = i64::from(time.subsec_nanosecond() < 0);
            let second = Timestamp::from_second(time.as_second() - before).expect("a time");
            Literal::Date(second.to_zoned(TimeZone::UTC).datetime())
        }
        Operand::Null => Literal::Null,
    }
}

impl Ask {
    /// As the client writes it.
    fn built(&self) -> psa::Condition {
        match self {
            Ask::Compare(field, sign, value) => sign.of(field, value.clone()),
            Ask::Contains(field, text) => psa::Condition::contains(field, text),
            Ask::Like(field, pattern) => psa::Condition::like(field, pattern),
            Ask::In(field, values) => psa::Condition::is_in(field, values.iter().cloned()),
            Ask::Not(ask) => ask.built().not(),
            Ask::All(asks) => psa::Condition::all(asks.iter().map(Ask::built)),
            Ask::Any(asks) => psa::Condition::any(asks.iter().map(Ask::built)),
        }
    }

    /// As it is meant, or the opposite of that.
    fn meant(&self, holds: bool) -> Condition {
        let compare = |field: &str, test: Test| Condition::Compare {
            path: field.split('/').map(str::to_owned).collect(),
            test,
        };
        let not = |condition: Condition| if holds { condition } else { Condition::Not(Box::new(condition)) };
        let group = |parts, all| if all { Condition::All(parts) } else { Condition::Any(parts) };
        match self {
            Ask::Compare(field, sign, value) => {
                compare(field, test(if holds { *sign } else { opposite(*sign) }, literal(value)))
            }
            // What opens a set of characters is left out.
            Ask::Contains(field, text) => {
                let pieces = text.split('[').filter(|piece| !piece.is_empty());
                group(pieces.map(|piece| not(compare(field, Test::Contains(spaced(piece))))).collect(), holds)
            }
            Ask::Like(field, pattern) => not(compare(field, Test::Like(spaced(pattern)))),
            Ask::In(_, values) if values.is_empty() => all_or_none(!holds),
            Ask::In(field, values) => not(compare(field, Test::In(values.iter().map(literal).collect()))),
            Ask::Not(ask) => ask.meant(!holds),
            Ask::All(asks) => group(asks.iter().map(|ask| ask.meant(holds)).collect(), holds),
            Ask::Any(asks) => group(asks.iter().map(|ask| ask.meant(holds)).collect(), !holds),
        }
    }

    /// Whether every text is one that plain quotes can hold.
    fn is_plain(&self) -> bool {
        let plain = |text: &str| !(text.contains('\\') || text.contains('"') && text.contains('\''));
        let operand = |value: &Operand| !matches!(value, Operand::Text(text) if !plain(text));
        match self {
            Ask::Compare(_, _, value) => operand(value),
            Ask::Contains(_, text) | Ask::Like(_, text) => plain(text),
            Ask::In(_, values) => values.iter().all(operand),
            Ask::Not(ask) => ask.is_plain(),
            Ask::All(asks) | Ask::Any(asks) => asks.iter().all(Ask::is_plain),
        }
    }
}

/// Always true, or never.
fn all_or_none(all: bool) -> Condition {
    let sign = if all { Sign::Ne } else { Sign::Eq };
    // No record has the id 0, every record has another.
    Condition::Compare { path: vec!["id".to_owned()], test: test(sign, Literal::Number(0.into())) }
}

/// Without what means nothing: groups of one part, or within a group of the same kind, and parts that hold anyway.
fn flat(condition: Condition) -> Condition {
    fn parts(of: Vec<Condition>, all: bool) -> Condition {
        let mut found = Vec::new();
        for part in of.into_iter().map(flat) {
            match part {
                Condition::All(inner) if all => found.extend(inner),
                Condition::Any(inner) if !all => found.extend(inner),
                other => found.push(other),
            }
        }
        found.retain(|part| *part != all_or_none(all));
        match found.pop() {
            None => all_or_none(all),
            Some(only) if found.is_empty() => only,
            Some(last) => {
                found.push(last);
                if all { Condition::All(found) } else { Condition::Any(found) }
            }
        }
    }
    match condition {
        Condition::All(of) => parts(of, true),
        Condition::Any(of) => parts(of, false),
        Condition::Not(inner) => Condition::Not(Box::new(flat(*inner))),
        compare => compare,
    }
}

/// A condition as text, written apart from the client's writer: everything in brackets.
fn written(condition: &Condition) -> String {
    let text = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let literal = |literal: &Literal| match literal {
        Literal::Text(value) => text(value),
        Literal::Number(number) => number.to_string(),
        Literal::Bool(flag) => flag.to_string(),
        Literal::Date(date) => format!("[{date}]"),
        Literal::Null => "null".to_owned(),
    };
    let group = |parts: &[Condition], word: &str| {
        let parts: Vec<String> = parts.iter().map(|part| format!("({})", written(part))).collect();
        parts.join(word)
    };
    match condition {
        Condition::All(parts) => group(parts, " AND "),
        Condition::Any(parts) => group(parts, " Or "),
        Condition::Not(inner) => format!("not({})", written(inner)),
        Condition::Compare { path, test } => {
            let path = path.join("/");
            match test {
                Test::Equal(value) => format!("{path} = {}", literal(value)),
                Test::Unequal(value) => format!("{path}!={}", literal(value)),
                Test::Less(value) => format!("{path} < {}", literal(value)),
                Test::AtMost(value) => format!("{path}<={}", literal(value)),
                Test::Greater(value) => format!("{path} > {}", literal(value)),
                Test::AtLeast(value) => format!("{path}>={}", literal(value)),
                Test::Contains(value) => format!("{path} CONTAINS{}", text(value)),
                Test::Like(value) => format!("{path} like {}", text(value)),
                Test::In(values) => {
                    format!("{path} in({})", values.iter().map(literal).collect::<Vec<_>>().join(","))
                }
                Test::Matches(_) | Test::Differs(_) => unreachable!("never parsed"),
            }
        }
    }
}

/// Whether a pattern fits a text, by trying all there is to try.
fn fits(text: &[char], pattern: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('%' | '*', rest)) => (0..=text.len()).any(|from| fits(&text[from..], rest)),
        Some((c, rest)) => text.first() == Some(c) && fits(&text[1..], rest),
    }
}

const PIECES: &[&str] = &[
    "name",
    "company/name",
    "id",
    "a/b/c",
    "/",
    " ",
    "  ",
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "!",
    "(",
    ")",
    ",",
    " and ",
    " or ",
    "not ",
    " contains ",
    " like ",
    " in ",
    " in (",
    "\"",
    "'",
    "\"\"",
    "''",
    "\\",
    "\\\"",
    "\"x\"",
    "'x'",
    "1",
    "-1.50",
    ".",
    "-",
    "1e5",
    "99999999999999999999999999999999999999",
    "true",
    "null",
    "[",
    "]",
    "[2016-08-20T18:04:26Z]",
    "[2016-08-20]",
    "[-009999-01-01T00:00:00Z]",
    "[9999-12-31T23:59:59.999999999Z]",
    "name=\"x\"",
    "id in (1,2)",
    "%",
    "*",
];

#[test]
fn conditions() {
    let asks = property("what is written is read as what was meant", ask(), |ask| {
        let text = ask.built().to_string();
        prop_assert!(!text.contains(char::is_control), "{text:?}");
        let read = Condition::parse(&text, false)
            .map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
        prop_assert_eq!(flat(read), flat(ask.meant(true)), "{}", text);
        if ask.is_plain() {
            let read = Condition::parse(&text, true)
                .map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
            prop_assert_eq!(flat(read), flat(ask.meant(true)), "with plain quotes: {}", text);
        }
        Ok(())
    });

    let one = |condition: psa::Condition| match Condition::parse(&condition.to_string(), false) {
        Ok(Condition::Compare { test, .. }) => test,
        other => panic!("{condition}: {other:?}"),
    };
    let beginnings =
        property("a beginning is found whatever is in it", (nasty_text(), "[a-z]{0,5}"), |(value, rest)| {
            let Test::Like(pattern) = one(psa::Condition::starts_with("name", &value)) else {
                panic!("like")
            };
            prop_assert!(!pattern.contains('['));
            prop_assert!(like(&spaced(&format!("{value}{rest}")), &pattern), "{pattern:?}");
            Ok(())
        });

    let values = prop::collection::vec(nasty_text(), 0..20);
    let batches =
        property("batches ask for each value, in short", (values, 40_usize..300), |(values, most)| {
            let mut asked = Vec::new();
            for batch in psa::Condition::in_batches("name", &values, most) {
                let Test::In(literals) = one(batch.clone()) else { panic!("in") };
                let encoded: String =
                    reqwest::Url::parse_with_params("http://x", [("c", batch.to_string())]).unwrap().into();
                prop_assert!(
                    literals.len() == 1 || encoded.len() < most + 40,
                    "{} in {}",
                    encoded.len(),
                    most
                );
                asked.extend(literals);
            }
            let wanted: Vec<Literal> = values.iter().map(|value| Literal::Text(spaced(value))).collect();
            prop_assert_eq!(asked, wanted);
            Ok(())
        });

    let texts = prop_oneof![4 => pieces(PIECES, 30), 1 => any::<String>()];
    let any_text = property("any text is read or refused", (texts, any::<bool>()), |(text, plain)| {
        match Condition::parse(&text, plain) {
            Ok(condition) => {
                let again = written(&condition);
                let read = Condition::parse(&again, false)
                    .map_err(|error| TestCaseError::fail(format!("{error}: {again}")))?;
                prop_assert_eq!(flat(read), flat(condition), "{}", again);
            }
            Err(error) => prop_assert!(!error.is_empty()),
        }
        Ok(())
    });

    let deep = (
        prop::sample::select(vec!["(", "not ", "not(", "(a=1 and ", "a=1 or (", "a in ("]),
        1..3_000_usize,
        any::<bool>(),
    );
    let nested = property("no nesting is too deep", deep, |(piece, depth, whole)| {
        let end = if whole { ")".repeat(depth * piece.matches('(').count()) } else { String::new() };
        let read = Condition::parse(&format!("{}a=1{end}", piece.repeat(depth)), false);
        prop_assert!(read.is_err() || depth <= 40);
        Ok(())
    });

    let wild = ("[aAbß%*]{0,9}", "[aAbß%*]{0,7}");
    let patterns = property("patterns fit what they say", wild, |(text, pattern)| {
        let letters = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
        prop_assert_eq!(like(&text, &pattern), fits(&letters(&text), &letters(&pattern)));
        // A set of one character stands for it.
        let (bracketed, set) = (format!("[{text}"), format!("[[]{pattern}"));
        prop_assert_eq!(like(&bracketed, &set), like(&text, &pattern));
        Ok(())
    });

    // The same over the wire, bound to the fields of records: an answer, or a refusal with its envelope.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let sandbox = runtime.block_on(Sandbox::start(Options::default())).expect("a sandbox");
    let http = crate::sandbox::http();
    let address = format!("{}/v4_6_release/apis/3.0/company/companies", sandbox.url());
    let user = format!("{}+{}", sandbox.company_id(), sandbox.public_key());
    let field = prop::sample::select(vec![
        "id",
        "name",
        "identifier",
        "deletedFlag",
        "dateAcquired",
        "status/name",
        "territory/id",
        "types/name",
        "customFields/value",
        "lastUpdated",
        "_info/lastUpdated",
        "nothing",
    ]);
    let rest = prop_oneof![pieces(PIECES, 5), operand().prop_map(|value| format!("={value}"))];
    let cases = (field, rest, pieces(PIECES, 6), any::<bool>());
    let served =
        property("a server that is asked answers or refuses", cases, |(field, rest, more, alone)| {
            let text = if alone { format!("{field}{rest}") } else { format!("{field}{rest}{more}") };
            let (status, body) = runtime.block_on(async {
                let asked = http
                    .get(&address)
                    .basic_auth(&user, Some(sandbox.private_key()))
                    .query(&[("conditions", &text)]);
                let answer = asked.header("clientId", sandbox.client_id()).send().await.expect("an answer");
                (answer.status().as_u16(), answer.text().await.expect("a body"))
            });
            let body: serde_json::Value = serde_json::from_str(&body)
                .map_err(|error| TestCaseError::fail(format!("{error}: {body}")))?;
            let whole =
                if status == 200 { body.is_array() } else { status == 400 && body["message"].is_string() };
            prop_assert!(whole, "{text:?}: {status} {body}");
            Ok(())
        });
    fuzz("conditions", vec![asks, beginnings, batches, any_text, nested, patterns, served]);
}
