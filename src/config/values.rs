//! From what is written to what is meant: durations, money, percentages, addresses. Each reason is a fragment
//! that reads after the key's name.

use super::error::Place;
use super::tree::{Node, Value};
use jiff::SignedDuration;
use rust_decimal::Decimal;

/// A percentage as written: `Percent(50)` is 50 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(pub Decimal);

impl Percent {
    /// 50 % as 0.5.
    pub fn fraction(self) -> Decimal {
        self.0 * Decimal::new(1, 2)
    }

    /// This share of an amount; `None` beyond what a decimal holds.
    pub fn of(self, amount: Decimal) -> Option<Decimal> {
        amount.checked_mul(self.fraction())
    }
}

impl std::fmt::Display for Percent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}%", self.0)
    }
}

pub(super) fn text(node: &Node) -> Result<String, String> {
    match &node.value {
        Value::Text(text) if text.chars().any(|c| c.is_control()) => {
            Err("contains a line break or another control character".to_string())
        }
        Value::Text(text) => Ok(text.clone()),
        other => Err(format!("expected a text in quotes, found {}", other.kind())),
    }
}

/// A text that is compared letter for letter elsewhere: not empty, no blank at either end.
pub(super) fn name(node: &Node) -> Result<String, String> {
    let text = text(node)?;
    if text.is_empty() {
        Err("is empty".to_string())
    } else if text.starts_with(char::is_whitespace) {
        Err("begins with a blank".to_string())
    } else if text.ends_with(char::is_whitespace) {
        Err("ends with a blank".to_string())
    } else {
        Ok(text)
    }
}

/// A name without blanks anywhere.
pub(super) fn word(node: &Node) -> Result<String, String> {
    let text = name(node)?;
    if text.contains(char::is_whitespace) { Err("contains a blank".to_string()) } else { Ok(text) }
}

/// A name, where `""` stands for "not chosen".
pub(super) fn name_or_none(node: &Node) -> Result<Option<String>, String> {
    if text(node)?.is_empty() { Ok(None) } else { name(node).map(Some) }
}

pub(super) fn boolean(node: &Node) -> Result<bool, String> {
    match (&node.value, &node.at) {
        (Value::Bool(flag), _) => Ok(*flag),
        // A variable holds text, whatever is meant.
        (Value::Text(text), Place::Variable(_)) if text == "true" => Ok(true),
        (Value::Text(text), Place::Variable(_)) if text == "false" => Ok(false),
        (Value::Text(text), _) => Err(format!("expected true or false, found \"{text}\"")),
        (other, _) => Err(format!("expected true or false, found {}", other.kind())),
    }
}

pub(super) fn whole(node: &Node, least: u32, most: u32) -> Result<u32, String> {
    let number = match (&node.value, &node.at) {
        (Value::Integer(number), _) => *number,
        (Value::Text(text), Place::Variable(_)) => {
            Some(text.parse().map_err(|_| format!("expected a whole number, found \"{text}\""))?)
        }
        (other, _) => return Err(format!("expected a whole number, found {}", other.kind())),
    };
    number
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| format!("must be from {least} to {most}"))
}

/// One of a few words.
pub(super) fn choice<T: Copy>(node: &Node, words: &[(&str, T)]) -> Result<T, String> {
    let written = text(node)?;
    words.iter().find(|(word, _)| *word == written).map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        match super::schema::nearest(&written, known.iter().copied()) {
            Some(nearest) => format!("\"{written}\" is not known: did you mean \"{nearest}\"?"),
            None => format!("\"{written}\" is not known: write {}", quoted(&known)),
        }
    })
}

/// `"a", "b" or "c"`.
pub(super) fn quoted(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Money or a quantity, not negative, read from its letters and never through a binary float.
pub(super) fn decimal(node: &Node) -> Result<Decimal, String> {
    let written = match &node.value {
        Value::Text(text) => text.clone(),
        Value::Float(text) => text.clone(),
        Value::Integer(Some(number)) => number.to_string(),
        Value::Integer(None) => return Err("is too large".to_string()),
        other => return Err(format!("expected an amount such as \"25.00\", found {}", other.kind())),
    };
    decimal_of(&written)
}

fn decimal_of(written: &str) -> Result<Decimal, String> {
    if written.starts_with('-') {
        return Err("is negative".to_string());
    }
    let plain = !written.is_empty()
        && written.chars().all(|c| c.is_ascii_digit() || c == '.')
        && written.starts_with(|c: char| c.is_ascii_digit())
        && written.ends_with(|c: char| c.is_ascii_digit())
        && written.matches('.').count() <= 1;
    if !plain {
        return Err(format!("\"{written}\" is not an amount: write digits with a point, such as \"25.00\""));
    }
    Decimal::from_str_exact(written).map_err(|_| "has too many digits".to_string())
}

/// `"50%"`, or `"off"` for no limit.
pub(super) fn percent_or_off(node: &Node) -> Result<Option<Percent>, String> {
    let Value::Text(written) = &node.value else {
        return Err(format!("expected a percentage such as \"50%\" or \"off\", found {}", node.value.kind()));
    };
    if written == "off" {
        return Ok(None);
    }
    let Some(number) = written.strip_suffix('%') else {
        return Err(format!("\"{written}\" is not a percentage: write one such as \"50%\", or \"off\""));
    };
    let number = number.trim_end();
    if number.starts_with('-') {
        return Err("is negative".to_string());
    }
    match decimal_of(number) {
        Ok(number) if number <= Decimal::new(1_000_000, 0) => Ok(Some(Percent(number))),
        Ok(_) => Err("is above 1000000%: write \"off\" for no limit".to_string()),
        Err(_) => Err(format!("\"{written}\" is not a percentage: write one such as \"50%\", or \"off\"")),
    }
}

/// `"36h"`, `"1h30m"`, `"400d"`: whole numbers with `s`, `m` (minutes), `h`, `d` (24 hours) or `w`.
pub(super) fn duration(node: &Node) -> Result<SignedDuration, String> {
    let Value::Text(written) = &node.value else {
        return Err(format!("expected a duration such as \"36h\", found {}", node.value.kind()));
    };
    seconds(written).map(SignedDuration::from_secs).ok_or_else(|| {
        format!("\"{written}\" is not a duration: write a number with s, m, h, d or w, such as \"36h\"")
    })
}

/// Ten years: longer is a slip, and shorter keeps every later sum of times within range.
const LONGEST: i64 = 3_660 * 86_400;

fn seconds(written: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let mut rest = written;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        let unit = match rest[digits..].chars().next()? {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[digits + 1..];
    }
    (!written.is_empty() && total <= LONGEST).then_some(total)
}

/// A duration that must not be zero.
pub(super) fn some_duration(node: &Node) -> Result<SignedDuration, String> {
    let length = duration(node)?;
    if length.is_zero() { Err("must be longer than nothing".to_string()) } else { Ok(length) }
}

/// The PSA's address, reduced to its origin: people paste the address of the login page.
pub(super) fn site(node: &Node) -> Result<String, String> {
    let written = name(node)?;
    if !written.contains("://") {
        return Err(format!("\"{written}\" lacks the scheme: write \"https://{written}\""));
    }
    let url =
        reqwest::Url::parse(&written).map_err(|error| format!("\"{written}\" is not an address: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not contain a user name or password".to_string());
    }
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        _ if host.is_empty() => return Err(format!("\"{written}\" names no host")),
        "https" => {}
        "http" if matches!(host, "127.0.0.1" | "[::1]" | "localhost") => {}
        "http" => {
            return Err(format!(
                "must begin with https:// (http is for this machine alone): write \"https://{host}\""
            ));
        }
        other => return Err(format!("must begin with https://, not {other}://")),
    }
    Ok(url.origin().ascii_serialization())
}

/// The client ID of developer.connectwise.com.
pub(super) fn guid(node: &Node) -> Result<String, String> {
    let written = name(node)?;
    let groups: Vec<&str> = written.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let hexadecimal = groups.iter().all(|group| group.chars().all(|c| c.is_ascii_hexdigit()));
    if lengths == [8, 4, 4, 4, 12] && hexadecimal {
        Ok(written)
    } else {
        Err("is not a GUID such as \"3fa85f64-5717-4562-b3fc-2c963f66afa6\" \
             (yours is at developer.connectwise.com)"
            .to_string())
    }
}
