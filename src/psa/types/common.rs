//! What many kinds of records share: references, metadata, times, and words that may be unknown.

use std::fmt;

use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use serde::{Deserialize, Deserializer, Serialize, de};

/// A record named within another one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its identifier, for those that have one (companies, products, members).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
}

impl Reference {
    /// A reference by id.
    pub fn id(id: i64) -> Reference {
        Reference { id: Some(id), ..Reference::default() }
    }

    /// Whether it is to the record with this id.
    pub fn is(&self, id: i64) -> bool {
        self.id == Some(id)
    }
}

impl fmt::Display for Reference {
    /// The name, else the identifier, else the id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name.as_ref().or(self.identifier.as_ref()), self.id) {
            (Some(name), _) => f.write_str(&super::super::clean(name, 200)),
            (None, Some(id)) => write!(f, "{id}"),
            (None, None) => f.write_str("nothing"),
        }
    }
}

/// Who made a record and who changed it last (`_info`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordInfo {
    /// When it was changed last.
    #[serde(default, deserialize_with = "time")]
    pub last_updated: Option<Timestamp>,
    /// Who changed it last.
    #[serde(default)]
    pub updated_by: Option<String>,
    /// When it was made.
    #[serde(default, deserialize_with = "time")]
    pub date_entered: Option<Timestamp>,
    /// Who made it.
    #[serde(default)]
    pub entered_by: Option<String>,
}

/// The text of a field that may be absent: nothing and empty are the same to a person.
pub trait OrEmpty {
    /// The text, or the empty one.
    fn or_empty(&self) -> &str;
}

impl OrEmpty for Option<String> {
    fn or_empty(&self) -> &str {
        self.as_deref().unwrap_or_default()
    }
}

/// Reads a time; a plain date is its midnight, a time without a zone is UTC, an empty text is none.
pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        Some(text) if !text.trim().is_empty() => match read_time(&text) {
            Some(time) => Ok(Some(time)),
            None => Err(de::Error::custom(format!("“{}” is no time", super::super::clean(&text, 40)))),
        },
        _ => Ok(None),
    }
}

/// The time in a text of ConnectWise. One before or after what psactl counts in is the first or the last that it
/// does: “until 12/31/9999” means for ever, and is no reason not to read the record.
pub(crate) fn read_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    // Not every text that the date reader would take is a date of ConnectWise's: it begins with a year.
    let dated = text.len() >= 10 && text.is_char_boundary(10) && text.as_bytes().get(4) == Some(&b'-');
    let said = if dated { Pieces::parse(text).ok()? } else { return None };
    let civil = said.date().to_datetime(said.time().unwrap_or_default());
    let beyond = if civil.year() > 0 { Timestamp::MAX } else { Timestamp::MIN };
    Some(said.to_numeric_offset().unwrap_or(Offset::UTC).to_timestamp(civil).unwrap_or(beyond))
}

/// Reads null as the default: lists, flags and texts that some releases give as null.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Writes an enumeration of ConnectWise's words, open to words that it does not know.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A word that psactl does not know.
            Other(String),
        }

        impl $name {
            /// The word as ConnectWise writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $word,)*
                    $name::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> $name {
                match word {
                    $($word => $name::$variant,)*
                    other => $name::Other(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let word = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Ok($name::from(word.as_ref()))
            }
        }
    };
}

/// Writes a record: `camelCase` names, absent and null fields allowed everywhere but for the id.
///
/// The kinds of fields are words of this macro's own: `text`, `flag`, `whole`, `decimal`, `time`, `reference`,
/// `list(T)` and `of(T)` for anything else that may be absent.
macro_rules! record {
    (
        $(#[$doc:meta])*
        $name:ident, $noun:literal {
            $($(#[$field_doc:meta])* $field:ident $(as $rename:literal)? : $kind:ident $(($inner:ty))?,)*
        }
    ) => {
        record!(@build [$(#[$doc])*] $name [] $($(#[$field_doc])* $field $(as $rename)? : $kind $(($inner))?,)*);

        impl crate::psa::Record for $name {
            const NAME: &'static str = $noun;
            const FIELDS: &'static [&'static str] =
                &["id", "_info", $(record!(@word $field $($rename)?)),*];

            fn id(&self) -> Option<i64> {
                Some(self.id)
            }
        }
    };

    // Without a word of its own a field is called as in Rust, and `Query` knows how ConnectWise writes that.
    (@word $field:ident) => { stringify!($field) };
    (@word $field:ident $rename:literal) => { $rename };

    (@build [$(#[$doc:meta])*] $name:ident [$($done:tt)*]) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            /// Its id.
            pub id: i64,
            $($done)*
            /// Who made it and who changed it last.
            #[serde(default, rename = "_info")]
            pub info: Option<$crate::psa::RecordInfo>,
        }
    };

    (@build $head:tt $name:ident [$($done:tt)*]
        $(#[$doc:meta])* $field:ident $(as $rename:literal)? : text, $($rest:tt)*) => {
        record!(@build $head $name [$($done)*
            $(#[$doc])* #[serde(default $(, rename = $rename)?)] pub $field: Option<String>,] $($rest)*);
    };
    (@build $head:tt $name:ident [$($done:tt)*]
        $(#[$doc:meta])* $field:ident $(as $rename:literal)? : flag, $($rest:tt)*) => {
        record!(@build $head $name [$($done)*
            $(#[$doc])*
            #[serde(default, deserialize_with = "crate::psa::types::common::or_default" $(, rename = $rename)?)]
            pub $field: bool,] $($rest)*);
    };
    (@build $head:tt $name:ident [$($done:tt)*]
        $(#[$doc:meta])* $field:ident $(as $rename:literal)? : whole, $($rest:tt)*) => {
        record!(@build $head $name [$($done)*
            $(#[$doc])* #[serde(default $(, rename = $rename)?)] pub $field: Option<i64>,] $($rest)*);
    };
    (@build $head:tt $name:ident [$($done:tt)*]
        $(#[$doc:meta])* $field:ident $(as $rename:literal)? : decimal, $($rest:tt)*) => {
        record!(@build $head $name [$($done)*
            $(#[$doc])*
            #[serde(default, with = "rust_decimal::serde::arbitrary_precision_option" $(, rename = $rename)?)]
            pub $field: Option<rust_decimal::Decimal>,] $($rest)*);
    };
    (@build $head:tt $name:ident [$($done:tt)*]
        $(#[$doc:meta])* $field:ident $(as $rename:literal)? : time, $($rest:tt)*) => {
        record!(@build $head $name [$($done)*
            $(#[$doc])*
            #[serde(default, deserialize_with = "crate::psa::types::common::time" $(, rename = $rename)?)]
            pub $field: Option<jiff::Timestamp>,] $($rest)*);
    };
    (@build $head:tt $name:ident [$($done:tt)*]
        $(#[$doc:meta])* $field:ident $(as $rename:literal)? : reference, $($rest:tt)*) => {
        record!(@build $head $name [$($done)*
            $(#[$doc])* #[serde(default $(, rename = $rename)?)]
            pub $field: Option<$crate::psa::Reference>,] $($rest)*);
    };
    (@build $head:tt $name:ident [$($done:tt)*]
        $(#[$doc:meta])* $field:ident $(as $rename:literal)? : list($inner:ty), $($rest:tt)*) => {
        record!(@build $head $name [$($done)*
            $(#[$doc])*
            #[serde(default, deserialize_with = "crate::psa::types::common::or_default" $(, rename = $rename)?)]
            pub $field: Vec<$inner>,] $($rest)*);
    };
    (@build $head:tt $name:ident [$($done:tt)*]
        $(#[$doc:meta])* $field:ident $(as $rename:literal)? : of($inner:ty), $($rest:tt)*) => {
        record!(@build $head $name [$($done)*
            $(#[$doc])* #[serde(default $(, rename = $rename)?)] pub $field: Option<$inner>,] $($rest)*);
    };
}

pub(super) use {record, words};
