//! The filter language of list requests, built so that no value can break out of its quotes.
//!
//! ConnectWise filters lists by a small text language (`name="Joe" and lastUpdated > [2016-08-20T18:04:26Z]`).
//! What is known of it is little, so a [`Condition`] keeps to these rules:
//!
//! * Field names are part of the program (`&'static str`), never data.
//! * Text stands in double quotes; in single quotes when it holds a double quote; when it holds both kinds,
//!   in double quotes with a backslash before each double quote. A backslash is always doubled.
//! * Control characters (which JSON strings of this API cannot carry) become blanks.
//! * [`Condition::starts_with`] and [`Condition::contains`] never put a `[` into a pattern, since it opens a
//!   set of characters there: the first has the wildcard `%` in its place, the second asks for the pieces
//!   around it. Wildcards in the text stay, and also fit themselves.
//!
//! A filter therefore may find *more* than was asked for (also by `=`, where ConnectWise may read `*` as a
//! wildcard), and its letter case is ConnectWise's affair; it does not find less. Whoever decides by a record
//! compares its fields again. Only the *negation* of a filter with such characters can find less, and so may text
//! with a backslash, or with both kinds of quotes: how those are escaped is in no public record. A decision that
//! a record is absent must not rest on such a filter.

use std::fmt;

use jiff::Timestamp;
use rust_decimal::Decimal;

/// How long a filter may become in an address, of whose 2,000 characters host, path, order and fields take
/// their part (behaviours, section 3).
pub const FILTER_LENGTH: usize = 1_500;

/// A value to compare a field with.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// Text, quoted and escaped when it is written.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A decimal number, written exactly.
    Decimal(Decimal),
    /// `true` or `false`.
    Bool(bool),
    /// An instant, written in UTC to the second (a fraction is cut off).
    Time(Timestamp),
    /// No value.
    Null,
}

macro_rules! operand_from {
    ($($from:ty => |$value:ident| $to:expr;)*) => {$(
        impl From<$from> for Operand {
            fn from($value: $from) -> Operand {
                $to
            }
        }
    )*};
}

operand_from! {
    &str => |value| Operand::Text(value.to_owned());
    &String => |value| Operand::Text(value.clone());
    String => |value| Operand::Text(value);
    i32 => |value| Operand::Number(value.into());
    i64 => |value| Operand::Number(value);
    Decimal => |value| Operand::Decimal(value);
    bool => |value| Operand::Bool(value);
    Timestamp => |value| Operand::Time(value);
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operand::Text(text) => f.write_str(&quote(text)),
            Operand::Number(number) => write!(f, "{number}"),
            Operand::Decimal(decimal) => write!(f, "{decimal}"),
            Operand::Bool(flag) => write!(f, "{flag}"),
            Operand::Time(time) => write!(f, "[{}]", super::instant(*time)),
            Operand::Null => f.write_str("null"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Contains,
    NotContains,
    Like,
    NotLike,
}

impl Operator {
    fn word(self) -> &'static str {
        match self {
            Operator::Eq => "=",
            Operator::Ne => "!=",
            Operator::Lt => "<",
            Operator::Le => "<=",
            Operator::Gt => ">",
            Operator::Ge => ">=",
            Operator::Contains => "contains",
            Operator::NotContains => "not contains",
            Operator::Like => "like",
            Operator::NotLike => "not like",
        }
    }

    fn opposite(self) -> Operator {
        match self {
            Operator::Eq => Operator::Ne,
            Operator::Ne => Operator::Eq,
            Operator::Lt => Operator::Ge,
            Operator::Ge => Operator::Lt,
            Operator::Gt => Operator::Le,
            Operator::Le => Operator::Gt,
            Operator::Contains => Operator::NotContains,
            Operator::NotContains => Operator::Contains,
            Operator::Like => Operator::NotLike,
            Operator::NotLike => Operator::Like,
        }
    }
}

/// A filter of a list; see the [module](self) for how values are written.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition(Node);

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Compare(&'static str, Operator, Operand),
    In(&'static str, Vec<Operand>),
    NotIn(&'static str, Vec<Operand>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

/// Writes the constructors that compare one field with one value.
macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident => $operator:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(field: &'static str, value: impl Into<Operand>) -> Condition {
            Condition(Node::Compare(field, Operator::$operator, value.into()))
        }
    )*};
}

impl Condition {
    comparisons! {
        /// The field equals the value.
        eq => Eq;
        /// The field differs from the value.
        ne => Ne;
        /// The field is less than the value.
        lt => Lt;
        /// The field is at most the value.
        le => Le;
        /// The field is greater than the value.
        gt => Gt;
        /// The field is at least the value.
        ge => Ge;
    }

    /// The field's text holds this text.
    pub fn contains(field: &'static str, text: &str) -> Condition {
        let pieces = text.split('[').filter(|piece| !piece.is_empty());
        let each = pieces.map(|piece| {
            Condition(Node::Compare(field, Operator::Contains, Operand::Text(piece.to_owned())))
        });
        let mut conditions: Vec<Condition> = each.collect();
        match (conditions.pop(), conditions.is_empty()) {
            (Some(only), true) => only,
            (Some(last), false) => Condition::all(conditions.into_iter().chain([last])),
            (None, _) => Condition::all([]),
        }
    }

    /// The field's text fits the pattern, in which `%` and `*` stand for any text.
    ///
    /// The pattern is taken as it is; pass data through [`literal`] first, or use [`Condition::starts_with`].
    pub fn like(field: &'static str, pattern: &str) -> Condition {
        Condition(Node::Compare(field, Operator::Like, Operand::Text(pattern.to_owned())))
    }

    /// The field's text begins with this text.
    pub fn starts_with(field: &'static str, text: &str) -> Condition {
        Condition::like(field, &format!("{}%", literal(text)))
    }

    /// The field is one of the values; with no values, nothing fits.
    pub fn is_in<V: Into<Operand>>(field: &'static str, values: impl IntoIterator<Item = V>) -> Condition {
        Condition(Node::In(field, values.into_iter().map(Into::into).collect()))
    }

    /// The field has no value.
    pub fn is_null(field: &'static str) -> Condition {
        Condition(Node::Compare(field, Operator::Eq, Operand::Null))
    }

    /// The field has a value.
    pub fn is_not_null(field: &'static str) -> Condition {
        Condition(Node::Compare(field, Operator::Ne, Operand::Null))
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Condition) -> Condition {
        Condition::all([self, other])
    }

    /// At least one of the two holds.
    #[must_use]
    pub fn or(self, other: Condition) -> Condition {
        Condition::any([self, other])
    }

    /// All hold.
    pub fn all(conditions: impl IntoIterator<Item = Condition>) -> Condition {
        let mut parts = Vec::new();
        for condition in conditions {
            match condition.0 {
                Node::All(inner) => parts.extend(inner),
                other => parts.push(Condition(other)),
            }
        }
        Condition(Node::All(parts))
    }

    /// At least one holds.
    pub fn any(conditions: impl IntoIterator<Item = Condition>) -> Condition {
        let mut parts = Vec::new();
        for condition in conditions {
            match condition.0 {
                Node::Any(inner) => parts.extend(inner),
                other => parts.push(Condition(other)),
            }
        }
        Condition(Node::Any(parts))
    }

    /// The opposite. The language negates operators, not groups, so the negation is carried inwards.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "reads as the language does: not(contains)")]
    pub fn not(self) -> Condition {
        let each = |parts: Vec<Condition>| parts.into_iter().map(Condition::not).collect();
        Condition(match self.0 {
            Node::Compare(field, operator, value) => Node::Compare(field, operator.opposite(), value),
            Node::In(field, values) => Node::NotIn(field, values),
            Node::NotIn(field, values) => Node::In(field, values),
            Node::All(parts) => Node::Any(each(parts)),
            Node::Any(parts) => Node::All(each(parts)),
        })
    }

    /// Filters “the field is one of these” that together cover all values, each short enough for an address:
    /// encoded, at most `max` characters, and never more than [`FILTER_LENGTH`].
    pub fn in_batches<V: Into<Operand>>(
        field: &'static str,
        values: impl IntoIterator<Item = V>,
        max: usize,
    ) -> Vec<Condition> {
        let max = max.min(FILTER_LENGTH);
        let encoded = |text: &str| super::query::encoded(text).map(str::len).sum::<usize>();
        let mut batches: Vec<Vec<Operand>> = Vec::new();
        let mut length = usize::MAX;
        for value in values.into_iter().map(Into::into) {
            let added = encoded(&format!("{value}, "));
            if length.saturating_add(added) > max {
                batches.push(Vec::new());
                length = encoded(&format!("{field} in ()"));
            }
            length += added;
            if let Some(batch) = batches.last_mut() {
                batch.push(value);
            }
        }
        batches.into_iter().map(|batch| Condition::is_in(field, batch)).collect()
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = |f: &mut fmt::Formatter<'_>, parts: &[Condition], word: &str, empty: &str| {
            if parts.is_empty() {
                return f.write_str(empty);
            }
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    write!(f, " {word} ")?;
                }
                match &part.0 {
                    Node::All(inner) | Node::Any(inner) if inner.len() > 1 => write!(f, "({part})")?,
                    _ => write!(f, "{part}")?,
                }
            }
            Ok(())
        };
        let list = |f: &mut fmt::Formatter<'_>, field: &str, word: &str, values: &[Operand]| {
            write!(f, "{field} {word} (")?;
            for (index, value) in values.iter().enumerate() {
                write!(f, "{}{value}", if index > 0 { ", " } else { "" })?;
            }
            f.write_str(")")
        };
        match &self.0 {
            Node::Compare(field, operator, value) => match operator {
                Operator::Eq | Operator::Ne | Operator::Lt | Operator::Le | Operator::Gt | Operator::Ge => {
                    write!(f, "{field}{}{value}", operator.word())
                }
                _ => write!(f, "{field} {} {value}", operator.word()),
            },
            // Ids are positive: these two are never and always true, where `in ()` would be an error.
            Node::In(_, values) if values.is_empty() => f.write_str("id=0"),
            Node::NotIn(_, values) if values.is_empty() => f.write_str("id!=0"),
            Node::In(field, values) => list(f, field, "in", values),
            Node::NotIn(field, values) => list(f, field, "not in", values),
            Node::All(parts) => group(f, parts, "and", "id!=0"),
            Node::Any(parts) => group(f, parts, "or", "id=0"),
        }
    }
}

/// The text as a pattern of [`Condition::like`] that fits this text, if not this text alone.
pub fn literal(text: &str) -> String {
    text.replace('[', "%")
}

/// The text as one quoted word of the language.
fn quote(text: &str) -> String {
    let mark = if text.contains('"') && !text.contains('\'') { '\'' } else { '"' };
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(mark);
    for character in text.chars() {
        match character {
            control if control.is_control() => quoted.push(' '),
            '\\' => quoted.push_str("\\\\"),
            character if character == mark => quoted.extend(['\\', character]),
            character => quoted.push(character),
        }
    }
    quoted.push(mark);
    quoted
}

#[cfg(test)]
#[path = "conditions_tests.rs"]
mod tests;
