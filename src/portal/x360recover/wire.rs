//! The API's records, read tolerantly: numbers for booleans, ids as text, times without a zone, lists published as
//! single objects, words that nobody published, fields that are null or absent.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::text::{clean, shorten};

/// A list, whole: one object where the contract publishes a single one. `known` is a field that such an object has,
/// so that an error's envelope is not taken for an entry. `None`: neither.
pub(super) fn list(value: Value, known: &str) -> Option<Vec<Value>> {
    match value {
        Value::Array(entries) => Some(entries),
        Value::Object(_) if value.get(known).is_some() => Some(vec![value]),
        _ => None,
    }
}

/// A whole number; also one that is written as text, or with a fraction of zero.
pub(super) fn id(value: &Value, name: &str) -> Option<i64> {
    match value.get(name)? {
        Value::Number(number) => number.as_i64().or_else(|| {
            let (whole, rest) =
                number.to_string().split_once('.').map(|(a, b)| (a.to_owned(), b.to_owned()))?;
            rest.bytes().all(|byte| byte == b'0').then(|| whole.parse().ok()).flatten()
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A text that says something.
pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    let text = value.get(name)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// True or false; also as 0 and 1, and as text.
pub(super) fn flag(value: &Value, name: &str) -> Option<bool> {
    match value.get(name)? {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A moment, to the second. One without a zone is in UTC, as the API's others are, whatever `[portal] time_zone`
/// says: that is the exports'.
pub(super) fn time(value: &Value, name: &str) -> Option<Timestamp> {
    let written = text(value, name)?;
    let read = written.parse::<Timestamp>().ok().or_else(|| {
        let civil: DateTime = written.replacen(' ', "T", 1).parse().ok()?;
        TimeZone::UTC.to_timestamp(civil).ok()
    })?;
    read.round(Unit::Second).ok()
}

/// Words are compared in capitals.
fn word(value: &Value, name: &str) -> Option<String> {
    text(value, name).map(|word| word.to_uppercase())
}

/// The partner that owns the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
}

impl Organization {
    pub(super) fn read(value: &Value) -> Option<Organization> {
        Some(Organization { id: id(value, "id")?, name: text(value, "name").unwrap_or_default() })
    }
}

/// How many protected systems of each kind (`SERVER`, `WORKSTATION`) there are of one delivery model.
pub(super) type Counts = BTreeMap<String, i64>;

/// An end customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Client {
    pub id: i64,
    pub name: String,
    /// Why it is left out: parked, or not active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
    /// Straight to the cloud, on an appliance, kept in the cloud alone; none where the client does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<[Counts; 3]>,
}

/// The three delivery models, as the counters name them.
const MODELS: [&str; 3] = ["d2c", "appliance_based", "cloud_archive"];

impl Client {
    pub fn read(value: &Value) -> Option<Client> {
        let parked = word(value, "health_status").as_deref() == Some("PARKED");
        let left_out = match flag(value, "active") {
            _ if parked => Some("parked".to_owned()),
            Some(false) => Some("not active".to_owned()),
            _ => None,
        };
        let counters = value.get("devices_counters").filter(|counters| counters.is_object());
        let counters = counters.map(|counters| MODELS.map(|model| counts(counters.get(model))));
        let name = text(value, "name").unwrap_or_default();
        Some(Client { id: id(value, "id")?, name, left_out, counters })
    }
}

fn counts(list: Option<&Value>) -> Counts {
    let mut counts = Counts::new();
    let entries = match list {
        Some(Value::Array(entries)) => entries.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    };
    for entry in entries {
        if let (Some(kind), Some(count)) = (word(entry, "type"), id(entry, "count")) {
            let sum: &mut i64 = counts.entry(kind).or_default();
            *sum = sum.saturating_add(count);
        }
    }
    counts
}

/// A protected system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Device {
    pub id: i64,
    pub name: String,
    pub client: Option<i64>,
    /// `SERVER`, `WORKSTATION`, or a word that nobody published.
    pub kind: String,
    pub d2c: bool,
    pub cloud: Bytes,
    pub local: Bytes,
    pub health: Health,
    pub jobs: Vec<Job>,
    /// Why not every job is among them.
    pub jobs_unread: Option<String>,
    pub autoverify: Option<AutoVerify>,
}

/// Bytes in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Bytes {
    /// So many.
    #[serde(rename = "b")]
    Of(i64),
    /// Nothing is kept there.
    #[serde(rename = "none")]
    Nothing,
    /// Something is kept there, and it is not said how much.
    #[serde(rename = "unknown")]
    Unknown,
}

/// A state of health, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Health {
    /// `NORMAL`, `WARNED`, `TROUBLED`, `PARKED`, or another word; empty where it is not said.
    pub status: String,
    pub reason: String,
    pub since: Option<Timestamp>,
}

/// What the device list says of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    pub id: i64,
    pub name: String,
    pub health: String,
    /// The newest recovery point.
    pub latest: Option<Timestamp>,
}

/// The result of a device's last boot test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AutoVerify {
    pub id: String,
    pub at: Option<Timestamp>,
    /// Whether it ran to its end.
    pub ended: bool,
    pub healthy: bool,
}

impl Device {
    pub fn read(value: &Value) -> Option<Device> {
        let id_of = id(value, "id")?;
        let health = value.get("current_health_status").map(|health| Health {
            status: word(health, "status").unwrap_or_default(),
            reason: word(health, "reason").unwrap_or_default(),
            since: time(health, "timestamp"),
        });
        let name = text(value, "name").unwrap_or_else(|| id_of.to_string());
        let listed = match value.get("jobs") {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(jobs) => list(jobs.clone(), "id"),
        };
        let mut jobs_unread = listed.is_none().then(|| format!("the jobs of {name} cannot be read"));
        let jobs: Vec<Job> = listed.iter().flatten().filter_map(Job::read).collect();
        if listed.is_some_and(|listed| listed.len() > jobs.len()) {
            jobs_unread = Some(format!("a job of {name} has no id"));
        }
        let kept = |names: &[&str]| names.iter().any(|name| time(value, name).is_some());
        Some(Device {
            id: id_of,
            name,
            client: id(value, "client_id"),
            kind: word(value, "type").unwrap_or_default(),
            d2c: flag(value, "d2c").unwrap_or(false),
            cloud: cloud(value, kept(&["latest_cloud_rp"])),
            local: match bytes(value, "local_usage") {
                Bytes::Nothing if kept(&["latest_local_rp"]) => Bytes::Unknown,
                bytes => bytes,
            },
            health: health.unwrap_or_default(),
            jobs,
            jobs_unread,
            autoverify: value.get("latest_autoverify_details").and_then(AutoVerify::read),
        })
    }
}

/// A size that is there, is not there, or cannot be one.
fn bytes(value: &Value, name: &str) -> Bytes {
    match value.get(name) {
        None | Some(Value::Null) => Bytes::Nothing,
        Some(_) => id(value, name).filter(|size| *size >= 0).map_or(Bytes::Unknown, Bytes::Of),
    }
}

/// What a device uses of cloud vaults: the sum over them, else what the device says of all of them.
fn cloud(device: &Value, kept: bool) -> Bytes {
    let whole = match bytes(device, "cloud_usage") {
        Bytes::Nothing if kept => Bytes::Unknown,
        whole => whole,
    };
    let Some(Value::Array(vaults)) = device.get("vaults") else { return whole };
    let mut sum = 0_i64;
    for vault in vaults {
        match (word(vault, "type").as_deref(), bytes(vault, "device_usage")) {
            (Some("PRIVATE"), _) => {}
            (Some("CLOUD"), Bytes::Of(size)) => sum = sum.saturating_add(size),
            (_, Bytes::Nothing) if text(vault, "latest_vault_rp").is_none() => {}
            // It is not said how much, or of a kind that nobody published whether it is the cloud's.
            _ => return if let Bytes::Of(_) = whole { whole } else { Bytes::Unknown },
        }
    }
    if vaults.is_empty() { whole } else { Bytes::Of(sum) }
}

impl Job {
    fn read(value: &Value) -> Option<Job> {
        let latest = ["latest_rp", "latest_local_rp", "latest_cloud_rp"];
        Some(Job {
            id: id(value, "id")?,
            name: text(value, "name").unwrap_or_default(),
            health: word(value, "health_status").unwrap_or_default(),
            latest: latest.iter().filter_map(|name| time(value, name)).max(),
        })
    }
}

impl AutoVerify {
    fn read(value: &Value) -> Option<AutoVerify> {
        let at = ["timestamp", "end_timestamp", "start_timestamp"];
        let at = at.iter().find_map(|name| time(value, name));
        let id = text(value, "id").or_else(|| at.map(|at| at.to_string()))?;
        let ended = word(value, "status").as_deref() == Some("SUCCESS");
        // Without a result nothing is known to be wrong.
        Some(AutoVerify { id, at, ended, healthy: flag(value, "is_healthy")? })
    }
}

/// An appliance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Appliance {
    pub id: i64,
    pub client: Option<i64>,
    pub name: String,
    pub active: bool,
    pub down: bool,
    pub reason: String,
}

impl Appliance {
    pub fn read(value: &Value) -> Option<Appliance> {
        let id_of = id(value, "id")?;
        let name = text(value, "alias").or_else(|| text(value, "service_id"));
        let reason = word(value, "health_status_reason").unwrap_or_default();
        Some(Appliance {
            id: id_of,
            client: id(value, "client_id"),
            name: name.unwrap_or_else(|| format!("appliance {id_of}")),
            active: flag(value, "active").unwrap_or(true),
            down: word(value, "tunnel_status").as_deref() == Some("DOWN") || reason == "APPLIANCE_OFFLINE",
            reason,
        })
    }
}

/// One run of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Run {
    #[serde(rename = "s")]
    pub start: Timestamp,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// `COMPLETED`, `FAILED`, or another word.
    #[serde(rename = "w")]
    pub status: String,
    /// The recovery point that it made.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Timestamp>,
    #[serde(rename = "m", default, skip_serializing_if = "String::is_empty")]
    pub error: String,
}

impl Run {
    /// `None` for one that has not begun, or is under way: it is met again when it has ended.
    ///
    /// # Errors
    /// [`Undated`].
    pub fn read(value: &Value) -> Result<Option<Run>, Undated> {
        let status = word(value, "status").unwrap_or_default();
        let end = time(value, "end_time");
        let known = ["COMPLETED", "FAILED"].contains(&status.as_str());
        if end.is_none() && !known {
            return Ok(None);
        }
        let error = text(value, "error_msg").unwrap_or_default();
        Ok(Some(Run {
            start: time(value, "start_time").or(end).ok_or(Undated)?,
            end,
            status,
            point: time(value, "rp"),
            error: shorten(&clean(&error), 300),
        }))
    }
}

/// A run that ended and has neither a start nor an end that can be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Undated;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn flags_ids_and_times_come_in_many_forms() {
        let odd = json!({
            "t": true, "one": 1, "zero": 0, "two": 2, "text": "TRUE", "null": null,
            "id": 7, "id_text": " 8 ", "id_point": 9.0, "half": 9.5, "list": [],
        });
        let flags = ["t", "one", "zero", "two", "text", "null", "gone"].map(|name| flag(&odd, name));
        assert_eq!(flags, [Some(true), Some(true), Some(false), None, Some(true), None, None]);
        let ids = ["id", "id_text", "id_point", "half", "null", "list"].map(|name| id(&odd, name));
        assert_eq!(ids, [Some(7), Some(8), Some(9), None, None, None]);

        let times = json!({
            "z": "2024-06-01T10:08:00.123Z", "offset": "2024-06-01T12:08:00+02:00",
            "bare": "2021-07-01T10:08:00", "blank": "2021-07-01 10:08:00", "null": null, "no": "yesterday",
        });
        let read = |name: &str| time(&times, name).map(|time| time.to_string());
        assert_eq!(read("z").as_deref(), Some("2024-06-01T10:08:00Z"));
        assert_eq!(read("offset").as_deref(), Some("2024-06-01T10:08:00Z"));
        assert_eq!(read("bare").as_deref(), Some("2021-07-01T10:08:00Z"));
        assert_eq!(read("blank").as_deref(), Some("2021-07-01T10:08:00Z"));
        assert_eq!((read("null"), read("no")), (None, None));
    }

    #[test]
    fn a_single_object_is_a_list_of_one_and_an_envelope_is_none() {
        assert_eq!(list(json!([]), "id").map(|list| list.len()), Some(0));
        assert_eq!(list(json!({"id": 1}), "id").map(|list| list.len()), Some(1));
        for no_list in [json!({"message": "Too many"}), json!(null), json!("x"), json!({})] {
            assert_eq!(list(no_list, "id"), None);
        }
    }

    #[test]
    fn what_is_parked_or_not_active_is_left_out() {
        for (client, left_out) in [
            (json!({"id": 1, "active": true, "health_status": "NORMAL"}), None),
            (json!({"id": 1, "active": 1}), None),
            (json!({"id": 1}), None),
            (json!({"id": 1, "active": 0}), Some("not active")),
            (json!({"id": 1, "active": false}), Some("not active")),
            (json!({"id": 1, "active": 1, "health_status": "parked"}), Some("parked")),
            (json!({"id": 1, "active": 1, "health_status": "A_NEW_WORD"}), None),
        ] {
            assert_eq!(Client::read(&client).unwrap().left_out.as_deref(), left_out, "{client}");
        }
    }

    #[test]
    fn bytes_are_measured_or_not_and_never_guessed() {
        let kept = "2026-01-01T00:00:00Z";
        for (device, cloud, local) in [
            (
                json!({"vaults": [{"type": "Cloud", "device_usage": 5}, {"type": "Private", "device_usage": 9}, {"type": "Cloud", "device_usage": 2}], "cloud_usage": 99, "local_usage": 3}),
                Bytes::Of(7),
                Bytes::Of(3),
            ),
            (json!({"vaults": [{"type": "Private", "device_usage": 9}]}), Bytes::Of(0), Bytes::Nothing),
            (json!({"vaults": [], "cloud_usage": 4}), Bytes::Of(4), Bytes::Nothing),
            (json!({"cloud_usage": 4, "local_usage": 0}), Bytes::Of(4), Bytes::Of(0)),
            (
                json!({"vaults": [{"type": "Cloud", "device_usage": null, "latest_vault_rp": kept}], "cloud_usage": 4}),
                Bytes::Of(4),
                Bytes::Nothing,
            ),
            (
                json!({"vaults": [{"type": "Cloud", "device_usage": null, "latest_vault_rp": kept}]}),
                Bytes::Unknown,
                Bytes::Nothing,
            ),
            // A vault of a kind that nobody published.
            (
                json!({"vaults": [{"type": "Glacier", "device_usage": 5}], "cloud_usage": 4}),
                Bytes::Of(4),
                Bytes::Nothing,
            ),
            (json!({"vaults": [{"device_usage": 5}]}), Bytes::Unknown, Bytes::Nothing),
            (
                json!({"vaults": [{"type": "Cloud", "device_usage": 5}, {"type": "Glacier", "latest_vault_rp": kept}]}),
                Bytes::Unknown,
                Bytes::Nothing,
            ),
            (
                json!({"vaults": [{"type": "Cloud", "device_usage": 5}, {"type": "Glacier"}]}),
                Bytes::Of(5),
                Bytes::Nothing,
            ),
            (json!({"latest_cloud_rp": kept, "latest_local_rp": kept}), Bytes::Unknown, Bytes::Unknown),
            (json!({"cloud_usage": -1, "local_usage": "much"}), Bytes::Unknown, Bytes::Unknown),
            (json!({}), Bytes::Nothing, Bytes::Nothing),
        ] {
            let mut device = device;
            device["id"] = json!(1);
            let read = Device::read(&device).unwrap();
            assert_eq!((read.cloud, read.local), (cloud, local), "{device}");
        }
    }

    #[test]
    fn a_run_that_has_not_ended_is_none() {
        let start = "2026-01-01T00:00:00Z";
        for (run, status) in [
            (json!({"status": "Running", "start_time": start}), Ok(None)),
            (json!({"status": "Queued"}), Ok(None)),
            (json!({"status": "Completed", "start_time": start}), Ok(Some("COMPLETED"))),
            (json!({"status": "Odd", "start_time": start, "end_time": start}), Ok(Some("ODD"))),
            (json!({"status": "Failed", "start_time": null, "end_time": start}), Ok(Some("FAILED"))),
            (json!({"status": "Completed"}), Err(Undated)),
        ] {
            let read = Run::read(&run).map(|run| run.map(|run| run.status));
            assert_eq!(read.as_ref().map(Option::as_deref), status.as_ref().copied(), "{run}");
        }
    }

    use proptest::prelude::*;

    /// Anything that JSON can say, under the names that are looked for.
    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(|number| json!(number)),
            "[A-Z]{0,4}|-?[0-9]{1,22}|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}Z?|\\PC{0,8}"
                .prop_map(Value::from),
            Just(json!("-009999-01-02T01:59:59Z")),
            Just(json!("9999-12-30T22:00:00Z")),
        ];
        let names = proptest::sample::select(vec![
            "id",
            "name",
            "client_id",
            "type",
            "count",
            "active",
            "health_status",
            "devices_counters",
            "d2c",
            "appliance_based",
            "vaults",
            "device_usage",
            "cloud_usage",
            "local_usage",
            "latest_cloud_rp",
            "jobs",
            "latest_rp",
            "current_health_status",
            "status",
            "reason",
            "timestamp",
            "latest_autoverify_details",
            "is_healthy",
            "start_time",
            "end_time",
            "rp",
            "error_msg",
            "tunnel_status",
            "alias",
        ]);
        leaf.prop_recursive(4, 64, 12, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((names.clone(), inner), 0..12).prop_map(|fields| fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_that_the_api_may_say_makes_the_reader_panic(mut value in anything()) {
            if let Some(fields) = value.as_object_mut() {
                fields.insert("id".to_owned(), json!(1));
            }
            let client = Client::read(&value);
            let device = Device::read(&value);
            let run = Run::read(&value);
            let _ = (Appliance::read(&value), Organization::read(&value), list(value.clone(), "id"));
            if let Some(device) = &device {
                for bytes in [device.cloud, device.local] {
                    prop_assert!(!matches!(bytes, Bytes::Of(size) if size < 0));
                }
            }
            prop_assert!(client.is_some() == value.is_object());
            // What is kept is read back as it was.
            if let Ok(Some(run)) = run {
                let kept = serde_json::to_string(&run).unwrap();
                prop_assert_eq!(serde_json::from_str::<Run>(&kept).unwrap(), run);
            }
        }
    }
}
