//! Amounts as people and programs write them: decimal point or comma, thousands separated, the unit behind.
//!
//! `1.234` is a thousand to some and one to others. Nothing is guessed: what the file's other numbers prove
//! decides, or `[portal] decimal`, else it is an error that names both.

pub(super) use crate::config::DecimalMark as Mark;
use crate::services::{Service, Unit};
use rust_decimal::Decimal;

/// What a cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// One amount, and which mark that proves, where it proves one.
    One(Decimal, Option<Mark>),
    /// Another amount by either mark.
    Either {
        /// With a decimal point.
        point: Decimal,
        /// With a decimal comma.
        comma: Decimal,
    },
}

/// Number and unit of a cell such as `120.5 GB`; the unit is empty where there is none.
pub(super) fn split_unit(text: &str) -> (&str, &str) {
    let number = text.trim_end_matches(|c: char| c.is_alphabetic());
    // A word alone is no unit, and neither is the letter within `1e3`.
    if number.ends_with(|c: char| c.is_ascii_digit() || is_blank(c)) {
        (number.trim_end_matches(is_blank), &text[number.len()..])
    } else {
        (text, "")
    }
}

/// Also the blanks that do not break, which Excel and browsers put between thousands.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// Reads digits with whatever separates them; `shown` is the cell for an error.
///
/// # Errors
/// A reason that reads after the column's name.
pub(super) fn read(text: &str, shown: &str, service: &Service) -> Result<Reading, String> {
    let amount = |whole: &str, decimals: &str| -> Result<Decimal, String> {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let plain = match decimals {
            "" => digits(whole),
            decimals => format!("{}.{decimals}", digits(whole)),
        };
        bounded(Decimal::from_str_exact(&plain).ok(), shown)
    };
    let no_number = || format!("\"{shown}\" is not a number");
    if let Some(rest) = text.strip_prefix(['-', '\u{2212}'])
        && rest.starts_with(|c: char| c.is_ascii_digit())
    {
        return Err(format!("\"{shown}\" is negative"));
    }
    let edges = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_digit()) && text.ends_with(|c: char| c.is_ascii_digit())
    };
    if !edges(text) || !text.chars().all(|c| c.is_ascii_digit() || is_separator(c)) {
        return Err(no_number());
    }
    let one = |whole: &str, decimals: &str, mark| {
        Ok(Reading::One(counted(amount(whole, decimals)?, shown, service)?, mark))
    };
    let marks: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| matches!(c, '.' | ',')).collect();
    let other_groups = text.contains(|c: char| is_blank(c) || c == '\'' || c == '\u{2019}');
    match marks.as_slice() {
        [] if !other_groups => one(text, "", None),
        [] => {
            if grouped(text) {
                one(text, "", None)
            } else {
                Err(no_number())
            }
        }
        [(at, mark)] => {
            let (whole, decimals) = (&text[..*at], &text[at + 1..]);
            let (this, other) = match mark {
                '.' => (Mark::Point, Mark::Comma),
                _ => (Mark::Comma, Mark::Point),
            };
            if !decimals.bytes().all(|byte| byte.is_ascii_digit()) || other_groups && !grouped(whole) {
                return Err(no_number());
            }
            let thousands =
                decimals.len() == 3 && whole.len() <= 3 && !whole.starts_with('0') && !other_groups;
            if !thousands {
                return one(whole, decimals, Some(this));
            }
            let (fraction, thousand) = (amount(whole, decimals)?, amount(text, "")?);
            match (counted(fraction, shown, service), counted(thousand, shown, service)) {
                (Ok(fraction), Ok(thousand)) => Ok(match this {
                    Mark::Point => Reading::Either { point: fraction, comma: thousand },
                    Mark::Comma => Reading::Either { point: thousand, comma: fraction },
                }),
                // Nobody has one and a quarter servers.
                (Err(_), Ok(thousand)) => Ok(Reading::One(thousand, Some(other))),
                (_, Err(reason)) => Err(reason),
            }
        }
        [(_, first), rest @ ..] if rest.iter().all(|(_, mark)| mark == first) => {
            let proven = if *first == '.' { Mark::Comma } else { Mark::Point };
            if grouped(text) { one(text, "", Some(proven)) } else { Err(no_number()) }
        }
        [groups @ .., (at, last)] => {
            let whole = &text[..*at];
            let alike = groups.iter().all(|(_, mark)| mark != last) && grouped(whole);
            let decimals = &text[at + 1..];
            if !alike || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(no_number());
            }
            one(whole, decimals, Some(if *last == '.' { Mark::Point } else { Mark::Comma }))
        }
    }
}

/// A number of JSON, which can be written in one way alone.
///
/// # Errors
/// A reason that reads after the column's name.
pub(super) fn typed(text: &str, shown: &str, service: &Service) -> Result<Decimal, String> {
    if text.starts_with('-') && text.contains(|c: char| ('1'..='9').contains(&c)) {
        return Err(format!("\"{shown}\" is negative"));
    }
    let read = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok();
    counted(bounded(read, shown)?.abs(), shown, service)
}

fn is_separator(c: char) -> bool {
    matches!(c, '.' | ',' | '\'' | '\u{2019}') || is_blank(c)
}

/// Whether digits stand in groups of three, all parted by the same sign.
fn grouped(text: &str) -> bool {
    let mut signs = text.chars().filter(|c| is_separator(*c));
    let first = signs.next();
    if signs.any(|sign| Some(sign) != first) {
        return false;
    }
    let mut groups = text.split(is_separator);
    let begins = groups.next().is_some_and(|group| (1..=3).contains(&group.len()) && !group.starts_with('0'));
    begins && groups.all(|group| group.len() == 3)
}

/// The bounds keep every sum of them exact. What floats leave behind the sixteenth decimal is nobody's use.
fn bounded(amount: Option<Decimal>, shown: &str) -> Result<Decimal, String> {
    amount
        .map(|amount| amount.round_dp(16).normalize())
        .filter(|amount| *amount < Decimal::from(1_000_000_000))
        .ok_or_else(|| format!("\"{shown}\" has too many digits"))
}

fn counted(amount: Decimal, shown: &str, service: &Service) -> Result<Decimal, String> {
    if service.unit == Unit::Count && !amount.is_integer() {
        return Err(format!("\"{shown}\" is not a whole number, and {} is counted", service.key));
    }
    Ok(amount.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services;

    #[test]
    fn a_table() {
        let storage = services::by_key("basic-storage").expect("a service");
        let servers = services::by_key("online-servers").expect("a service");
        let said = |text: &str, service| match read(text, text, service) {
            Ok(Reading::One(amount, None)) => amount.to_string(),
            Ok(Reading::One(amount, Some(mark))) => format!("{amount} {mark:?}"),
            Ok(Reading::Either { point, comma }) => format!("{point} or {comma}"),
            Err(reason) => reason,
        };
        for (text, expected) in [
            ("1234", "1234"),
            ("0", "0"),
            ("1234.5", "1234.5 Point"),
            ("1234,5", "1234.5 Comma"),
            ("0.125", "0.125 Point"),
            ("0.30000000000000004", "0.3 Point"),
            ("0,000", "0 Comma"),
            ("1234.567", "1234.567 Point"),
            ("1.234", "1.234 or 1234"),
            ("1,234", "1234 or 1.234"),
            ("999.000", "999 or 999000"),
            ("1,234,567", "1234567 Point"),
            ("1.234.567", "1234567 Comma"),
            ("1,234.50", "1234.5 Point"),
            ("1.234,50", "1234.5 Comma"),
            ("1.234.567,8", "1234567.8 Comma"),
            ("1,234.567", "1234.567 Point"),
            ("1 234", "1234"),
            ("1\u{a0}234,5", "1234.5 Comma"),
            ("1'234.567", "1234.567 Point"),
            ("1\u{202f}234\u{202f}567", "1234567"),
            ("12 34", "\"12 34\" is not a number"),
            ("1,23,456", "\"1,23,456\" is not a number"),
            ("1,234.5,6", "\"1,234.5,6\" is not a number"),
            ("0,123,456", "\"0,123,456\" is not a number"),
            ("1 234'567", "\"1 234'567\" is not a number"),
            ("1.2.3", "\"1.2.3\" is not a number"),
            ("1.", "\"1.\" is not a number"),
            (".5", "\".5\" is not a number"),
            ("-1", "\"-1\" is negative"),
            ("-", "\"-\" is not a number"),
            ("1e3", "\"1e3\" is not a number"),
            ("9999999999", "\"9999999999\" has too many digits"),
        ] {
            assert_eq!(said(text, storage), expected, "{text}");
        }
        for (text, expected) in [
            ("2", "2"),
            ("1,234", "1234 Point"),
            ("1.234", "1234 Comma"),
            ("1,000", "1000 or 1"),
            ("1.5", "\"1.5\" is not a whole number, and online-servers is counted"),
            ("2.0", "2 Point"),
        ] {
            assert_eq!(said(text, servers), expected, "{text}");
        }
        for (text, expected) in [
            ("120.5 GB", ("120.5", "GB")),
            ("120.5GB", ("120.5", "GB")),
            ("14\u{a0}mailboxes", ("14", "mailboxes")),
            ("1e3", ("1e3", "")),
            ("NaN", ("NaN", "")),
            ("7", ("7", "")),
        ] {
            assert_eq!(split_unit(text), expected);
        }
        for (text, expected) in [
            ("1.5e2", Ok("150")),
            ("1.234", Ok("1.234")),
            ("-0", Ok("0")),
            ("-2", Err("\"-2\" is negative")),
            // What adding floats makes of 0.1 and 0.2.
            ("0.30000000000000004", Ok("0.3")),
            ("1e99", Err("\"1e99\" has too many digits")),
        ] {
            let found = typed(text, text, storage).map(|amount| amount.to_string());
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{text}");
        }
    }
}
