use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;

fn now() -> Timestamp {
    "2026-11-23T14:00:00Z".parse().unwrap()
}

/// What one look after the other notes; half an hour lies between two.
fn looks(looks: &[(Value, Value)]) -> Vec<Vec<String>> {
    let mut states = BTreeMap::new();
    looks
        .iter()
        .enumerate()
        .map(|(at, (device, appliance))| {
            let now = now() + SignedDuration::from_mins(30 * i64::try_from(at).unwrap());
            let devices: Vec<Device> = Device::read(device).into_iter().collect();
            let appliances: Vec<Appliance> = Appliance::read(appliance).into_iter().collect();
            let active = BTreeSet::from([342]);
            let seen = Seen { devices: &devices, appliances: &appliances, active: &active };
            let events = changes(&seen, &mut states, None, &BTreeSet::new(), now);
            events
                .iter()
                .map(|event| {
                    let at = event.at.strftime("%H:%M");
                    format!("{at} {} {} {}", event.account, event.kind.as_str(), event.severity.as_str())
                })
                .collect()
        })
        .collect()
}

fn device(job: &str, status: &str, reason: Option<&str>) -> Value {
    json!({
        "id": 1, "name": "SRV01", "client_id": 342,
        "current_health_status": {"status": status, "reason": reason, "timestamp": "2026-11-23T13:20:00Z"},
        "jobs": [{"id": 7, "name": "Nightly", "health_status": job}],
    })
}

fn appliance(tunnel: &str, reason: Option<&str>) -> Value {
    json!({"id": 8, "client_id": 342, "alias": "BDR", "tunnel_status": tunnel, "health_status_reason": reason})
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_job_outside_its_threshold_is_told_of_when_that_changes() {
    let look = |job: &str| (device(job, job, None), Value::Null);
    let told = looks(&[
        look("NORMAL"),
        look("WARNED"),
        look("WARNED"),
        look("TROUBLED"),
        look("NORMAL"),
        look("WARNED"),
    ]);
    assert_eq!(told[0], NOTHING);
    assert_eq!(told[1], ["13:20 1/7 no-backup warning"]);
    assert_eq!(told[2], NOTHING, "as before");
    assert_eq!(told[3], ["13:20 1/7 no-backup error"]);
    assert_eq!(told[4], NOTHING, "the run that mended it says so in the history");
    assert_eq!(told[5], ["13:20 1/7 no-backup warning"]);
    // What is switched off, and a word that nobody published, are no fault.
    assert_eq!(looks(&[look("PARKED"), look("SOMETHING")]), [NOTHING, NOTHING]);
}

#[test]
fn a_device_is_told_of_where_its_jobs_do_not() {
    let look = |status: &str, reason: Option<&str>| (device("NORMAL", status, reason), Value::Null);
    let told = looks(&[
        look("TROUBLED", Some("LOCAL_CACHE")),
        look("NORMAL", None),
        look("WARNED", Some("FULL_90_PERCENT")),
        look("NORMAL", None),
    ]);
    assert_eq!(told[0], ["13:20 1 other error"]);
    assert_eq!(told[1], NOTHING, "a person ends it");
    assert_eq!(told[2], ["13:20 1 disk-usage warning"]);
    assert_eq!(told[3], ["15:30 1 disk-usage-ok ok"]);
}

#[test]
fn an_appliance_goes_offline_and_comes_back() {
    let parked = device("PARKED", "PARKED", None);
    let troubled = device("NORMAL", "TROUBLED", Some("APPLIANCE_OFFLINE"));
    let told = looks(&[
        (parked.clone(), appliance("UP", None)),
        (troubled.clone(), appliance("DOWN", Some("APPLIANCE_OFFLINE"))),
        (troubled, appliance("DOWN", Some("APPLIANCE_OFFLINE"))),
        (parked.clone(), appliance("UP", Some("FULL_90_PERCENT"))),
        (parked.clone(), appliance("DOWN", Some("APPLIANCE_OFFLINE"))),
        (parked, appliance("UP", None)),
    ]);
    assert_eq!(told[0], NOTHING);
    assert_eq!(told[1], ["14:30 appliance-8 bdr-hardware error"], "and not once more for each device");
    assert_eq!(told[2], NOTHING);
    assert_eq!(told[3], ["15:30 appliance-8 bdr-hardware-ok ok", "15:30 appliance-8 disk-usage warning"]);
    assert_eq!(told[4], ["16:00 appliance-8 bdr-hardware error"]);
    assert_eq!(told[5], ["16:30 appliance-8 bdr-hardware-ok ok", "16:30 appliance-8 disk-usage-ok ok"]);
}

#[test]
fn a_boot_test_is_told_of_by_what_it_found_not_by_whether_it_ran() {
    let look = |id: &str, status: &str, healthy: Value| {
        let mut device = device("NORMAL", "NORMAL", None);
        device["latest_autoverify_details"] =
            json!({"id": id, "status": status, "is_healthy": healthy, "timestamp": "2026-11-23T12:00:00Z"});
        (device, Value::Null)
    };
    let told = looks(&[
        look("a", "success", json!(true)),
        look("b", "success", json!(false)),
        look("b", "success", json!(0)),
        look("c", "failure", json!(false)),
        look("d", "success", json!(1)),
        look("e", "success", Value::Null),
    ]);
    assert_eq!(told[1], ["12:00 1 other error"]);
    assert_eq!(told[3], ["12:00 1 other warning"]);
    for at in [0, 2, 4, 5] {
        assert_eq!(told[at], NOTHING, "{at}");
    }
}

#[test]
fn where_the_history_cannot_be_read_a_new_recovery_point_is_a_backup() {
    let read = |latest: &str| {
        let mut value = device("NORMAL", "NORMAL", None);
        value["jobs"][0]["latest_rp"] = json!(latest);
        Device::read(&value).unwrap()
    };
    let (first, second) = (read("2026-11-22T01:00:00Z"), read("2026-11-23T01:00:00Z"));
    let known = Reading { at: now(), mark: mark(&first.jobs[0]), failing: None };
    let readings = BTreeMap::from([("1/7".to_owned(), known)]);
    let mut states = BTreeMap::new();
    let mut look = |device: &Device| {
        let devices = [device.clone()];
        let active = BTreeSet::from([342]);
        let seen = Seen { devices: &devices, appliances: &[], active: &active };
        let events = changes(&seen, &mut states, Some(&readings), &BTreeSet::from(["1/7".to_owned()]), now());
        events.into_iter().map(|event| (event.kind, event.at.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(look(&first), []);
    assert_eq!(look(&second), [(EventKind::BackupOk, "2026-11-23T01:00:00Z".to_owned())]);
    assert_eq!(look(&second), [], "once");
}
