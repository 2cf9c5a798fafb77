//! The system itself: release, licence, and the logins of integrations.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::common::or_default;
use crate::psa::{Record, RecordInfo, Reference};

/// The system's own description (contract: `Info`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Info {
    /// The release, as `v2025.8.12345`.
    #[serde(default)]
    pub version: Option<String>,
    /// The time zone of the server, in Microsoft's words (“Eastern Standard Time”).
    #[serde(default)]
    pub server_time_zone: Option<String>,
    /// What the licence covers.
    #[serde(default, deserialize_with = "or_default")]
    pub license_bits: Vec<LicenseBit>,
}

impl Info {
    /// Whether the licence covers a part, by a piece of its name; `None` when nothing is said of it.
    pub fn licence_covers(&self, piece: &str) -> Option<bool> {
        let piece = piece.to_lowercase();
        let mut found = self
            .license_bits
            .iter()
            .filter(|bit| bit.name.as_deref().is_some_and(|name| name.to_lowercase().contains(&piece)));
        let first = found.next()?;
        Some(first.active_flag || found.any(|bit| bit.active_flag))
    }
}

impl Record for Info {
    const NAME: &'static str = "system information";
}

/// A part that the licence covers or not (contract: `LicenseBit`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LicenseBit {
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether the licence covers it.
    #[serde(default, deserialize_with = "or_default")]
    pub active_flag: bool,
}

/// An integrator login (contract: `IntegratorLogin`). Its password is never given back.
///
/// The flags of the single APIs are many, and releases add to them: they are kept by name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntegratorLogin {
    /// Its id.
    pub id: i64,
    /// The name that it signs in with.
    #[serde(default)]
    pub username: Option<String>,
    /// Whether it is switched off.
    #[serde(default, deserialize_with = "or_default")]
    pub inactive_flag: bool,
    /// Whether it sees records that it did not make itself.
    #[serde(default, deserialize_with = "or_default")]
    pub can_access_all_records_flag: bool,
    /// Whether it may use every API.
    #[serde(default, deserialize_with = "or_default")]
    pub can_access_all_apis_flag: bool,
    /// The board on which it opens tickets.
    #[serde(default)]
    pub board: Option<Reference>,
    /// The member that it acts as.
    #[serde(default)]
    pub member: Option<Reference>,
    /// Who made it and who changed it last.
    #[serde(default, rename = "_info")]
    pub info: Option<RecordInfo>,
    /// Every other field: API flags, childing flags, callbacks.
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

impl IntegratorLogin {
    /// Whether a flag is on, by its name in the contract, as `serviceTicketApiFlag`.
    pub fn flag(&self, name: &str) -> bool {
        match name {
            "inactiveFlag" => self.inactive_flag,
            "canAccessAllRecordsFlag" => self.can_access_all_records_flag,
            "canAccessAllApisFlag" => self.can_access_all_apis_flag,
            other => self.others.get(other).and_then(Value::as_bool).unwrap_or(false),
        }
    }

    /// The names of the single APIs that it may use (`…ApiFlag`), in order.
    pub fn apis(&self) -> Vec<&str> {
        self.on().filter(|name| name.ends_with("ApiFlag")).collect()
    }

    /// The names of the flags by which child records are made by themselves (`…ChildFlag`, `…ChildingFlag`),
    /// in order; one of them is misspelt in the contract.
    pub fn childing(&self) -> Vec<&str> {
        self.on().filter(|name| name.contains("Child")).collect()
    }

    /// The callback addresses that are set, by name (`…CallbackUrl`), in order.
    pub fn callbacks(&self) -> Vec<(&str, &str)> {
        self.others
            .iter()
            .filter(|(name, _)| name.ends_with("CallbackUrl"))
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
            .filter(|(_, address)| !address.trim().is_empty())
            .collect()
    }

    fn on(&self) -> impl Iterator<Item = &str> {
        self.others.iter().filter(|(_, value)| value.as_bool() == Some(true)).map(|(name, _)| name.as_str())
    }
}

impl Record for IntegratorLogin {
    const NAME: &'static str = "integrator login";

    fn id(&self) -> Option<i64> {
        Some(self.id)
    }
}
