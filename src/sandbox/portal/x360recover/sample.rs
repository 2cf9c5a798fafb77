//! The guide's MSP as Axcient would know it: Eddie's TV Repair, Joe TV Repair, Angry Fox, and a client that is parked.
//! The history ends a few minutes before the moment it is made for.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const GB: f64 = 1e9;

/// So many days have backups.
const DAYS: i64 = 10;

/// How the last backups of a device went, the newest first: `+` completed, `-` failed. The days before went well.
struct Device {
    id: i64,
    client: i64,
    name: &'static str,
    kind: &'static str,
    d2c: bool,
    cloud: f64,
    local: Option<f64>,
    health: &'static str,
    reason: Option<&'static str>,
    last: &'static str,
    autoverify: Option<bool>,
}

const fn direct(id: i64, client: i64, name: &'static str, kind: &'static str, cloud: f64) -> Device {
    let (d2c, local, health, reason) = (true, None, "NORMAL", None);
    Device { id, client, name, kind, d2c, cloud, local, health, reason, last: "", autoverify: None }
}

const fn on_appliance(
    id: i64,
    client: i64,
    name: &'static str,
    kind: &'static str,
    cloud: f64,
    local: f64,
) -> Device {
    Device { d2c: false, local: Some(local), ..direct(id, client, name, kind, cloud) }
}

const SERVER: &str = "SERVER";
const WORKSTATION: &str = "WORKSTATION";

const DEVICES: [Device; 12] = [
    Device { autoverify: Some(true), ..on_appliance(3001, 342, "ETV-SRV01", SERVER, 148.2, 312.44) },
    Device {
        health: "TROUBLED",
        reason: Some("CLOUD_RP_THRESHOLD"),
        last: "--",
        ..direct(3002, 342, "ETV-FrontOffice", WORKSTATION, 36.75)
    },
    direct(3003, 342, "ETV-Truck01", WORKSTATION, 4.1),
    direct(3011, 355, "JTR-SRV01", SERVER, 62.4),
    Device { last: "+-", ..direct(3012, 355, "JTR-Counter", WORKSTATION, 18.05) },
    Device { autoverify: Some(false), ..on_appliance(3021, 419, "AF-SRV01", SERVER, 187.3, 250.0) },
    direct(3022, 419, "AF-SRV02", SERVER, 91.66),
    on_appliance(3023, 419, "AF-PC01", WORKSTATION, 5.25, 11.0),
    on_appliance(3024, 419, "AF-PC02", WORKSTATION, 5.5, 12.0),
    on_appliance(3025, 419, "AF-PC03", WORKSTATION, 6.0, 13.5),
    // Kept in the cloud alone: its appliance is gone.
    Device { d2c: false, health: "PARKED", ..direct(3026, 419, "AF-OLD", SERVER, 40.0) },
    direct(3091, 77, "MILL-SRV", SERVER, 500.0),
];

/// Id, client, name, tunnel, reason.
const APPLIANCES: [(i64, i64, &str, &str, Option<&str>); 2] =
    [(801, 342, "ETV-BDR", "UP", None), (802, 419, "AF-BDR", "DOWN", Some("APPLIANCE_OFFLINE"))];

pub fn records(now: Timestamp) -> Value {
    let clients = [(342, "Eddie's TV Repair"), (355, "Joe TV Repair"), (419, "Angry Fox"), (77, "Old Mill")];
    let clients: Vec<Value> = clients.iter().map(|(id, name)| client(*id, name)).collect();
    let devices: Vec<Value> = DEVICES.iter().map(|device| whole(device, now)).collect();
    let mut history = serde_json::Map::new();
    let mut tests = serde_json::Map::new();
    let mut points = serde_json::Map::new();
    for device in &DEVICES {
        history.insert(job_id(device).to_string(), runs(device, now));
        let test: Vec<Value> = autoverify(device, now).into_iter().collect();
        let none = test.is_empty();
        let groups = json!([{ "vault_id": 901, "appliance_id": null, "autoverify_details": test }]);
        tests.insert(device.id.to_string(), if none { json!([]) } else { groups });
        // The only times without a zone.
        let point = latest(device, now).map(|at| at.strftime("%Y-%m-%dT%H:%M:%S").to_string());
        let list: Vec<Value> = point
            .iter()
            .map(|at| json!({"timestamp": at, "in_use": false, "usage_initiator": null}))
            .collect();
        points.insert(
            device.id.to_string(),
            json!([{ "vault_id": 901, "status": "OK", "error_msg": "", "restore_points": list }]),
        );
    }
    json!({
        "organization": {"id": 7001, "name": "doc backup services", "active": true, "brand_id": "doc"},
        "clients": clients,
        "devices": devices,
        "appliances": APPLIANCES.map(|of| appliance(of, now)),
        "vaults": [vault(901, "Cloud", now), vault(902, "Private", now)],
        "history": history,
        "autoverify": tests,
        "restore_points": points,
        "billable": [
            {"account_id": "A-342", "name": "Eddie's TV Repair", "product": "x360Recover", "devices": 3, "storage_gb": 189.05},
            {"account_id": "A-355", "name": "Joe TV Repair", "product": "x360Recover", "devices": 2, "storage_gb": 80.45},
        ],
    })
}

fn client(id: i64, name: &str) -> Value {
    let count = |wanted: &dyn Fn(&Device) -> bool| -> Vec<Value> {
        let of_kind = |kind: &str| {
            DEVICES
                .iter()
                .filter(|device| device.client == id && device.kind == kind && wanted(device))
                .count()
        };
        [SERVER, WORKSTATION].iter().map(|kind| json!({"type": kind, "count": of_kind(kind)})).collect()
    };
    json!({
        "id": id, "name": name, "client_code": name.to_lowercase().replace([' ', '\''], ""),
        "active": true, "health_status": if id == 77 { "PARKED" } else { "NORMAL" },
        "devices_counters": {
            "d2c": count(&|device| device.d2c),
            "appliance_based": count(&|device| !device.d2c && device.local.is_some()),
            "cloud_archive": count(&|device| !device.d2c && device.local.is_none()),
        },
    })
}

fn bytes(gigabytes: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "far below the largest")]
    let bytes = (gigabytes * GB).round() as i64;
    bytes
}

fn job_id(device: &Device) -> i64 {
    device.id * 10 + 1
}

/// When the backup so many days before the last one began: each device at its own minute.
fn start(device: &Device, days: i64, now: Timestamp) -> Timestamp {
    let minutes = 30 + (device.id % 100) * 7 % 240;
    let at = now - SignedDuration::from_hours(24 * days) - SignedDuration::from_mins(minutes);
    Timestamp::from_second(at.as_second()).unwrap_or(now)
}

fn end(device: &Device, days: i64, now: Timestamp) -> Timestamp {
    start(device, days, now) + SignedDuration::from_mins(12)
}

fn went_well(device: &Device, days: i64) -> bool {
    let at = usize::try_from(days).unwrap_or(usize::MAX);
    device.last.as_bytes().get(at).is_none_or(|mark| *mark == b'+')
}

/// The newest recovery point. What is kept in the cloud alone has none of its own any more.
fn latest(device: &Device, now: Timestamp) -> Option<Timestamp> {
    if device.health == "PARKED" {
        return None;
    }
    (0..DAYS).find(|days| went_well(device, *days)).map(|days| end(device, days, now))
}

fn shown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

fn runs(device: &Device, now: Timestamp) -> Value {
    if device.health == "PARKED" {
        return json!([]);
    }
    let run = |days: i64| {
        let well = went_well(device, days);
        json!({
            "status": if well { "Completed" } else { "Failed" },
            "start_time": shown(start(device, days, now)),
            "end_time": shown(end(device, days, now)),
            "rp": well.then(|| shown(end(device, days, now))),
            "error_msg": (!well).then_some("the disk holding the backup is full"),
        })
    };
    // The newest first, as a portal shows them.
    (0..DAYS).map(run).collect()
}

fn autoverify(device: &Device, now: Timestamp) -> Option<Value> {
    let healthy = device.autoverify?;
    let at = shown(end(device, 0, now));
    Some(json!({
        "id": format!("av-{}-1", device.id), "timestamp": at, "start_timestamp": at, "end_timestamp": at, "rp": at,
        // It ran to its end; what it found is another matter.
        "status": "success", "is_healthy": healthy,
    }))
}

fn whole(device: &Device, now: Timestamp) -> Value {
    let point = latest(device, now).map(shown);
    let since = shown(start(device, 0, now));
    let server = device.kind == SERVER;
    json!({
        "id": device.id, "name": device.name, "client_id": device.client, "type": device.kind,
        "os": {"os_type": "WINDOWS", "bits": 64, "os_name": if server { "Windows Server 2022" } else { "Windows 11 Pro" }},
        "service_id": "A1B2", "product": "X360RECOVER", "d2c": device.d2c,
        "vaults": [{"id": 901, "type": "Cloud", "device_usage": bytes(device.cloud), "service_id": "V901", "name": "cloud-vault-1"}],
        "current_health_status": {"status": device.health, "reason": device.reason, "timestamp": since},
        "previous_health_status": null,
        "thresholds": {"cloud_rp_threshold": 2880},
        "local_usage": device.local.map(bytes), "local_total": null, "cloud_usage": bytes(device.cloud),
        "vault_usage": null,
        "jobs": [{
            "id": job_id(device), "name": "Nightly", "health_status": device.health,
            "latest_rp": point, "vault_id": 901,
        }],
        "latest_cloud_rp": point, "latest_local_rp": device.local.and_then(|_| point.clone()),
        "latest_vault_rp": null,
        "latest_autoverify_details": autoverify(device, now),
    })
}

fn appliance(of: (i64, i64, &str, &str, Option<&str>), now: Timestamp) -> Value {
    let (id, client, alias, tunnel, reason) = of;
    let devices: Vec<Value> = DEVICES
        .iter()
        .filter(|device| device.client == client && device.local.is_some())
        .map(|device| json!({"id": device.id, "name": device.name, "type": device.kind}))
        .collect();
    json!({
        "id": id, "client_id": client, "alias": alias, "service_id": format!("A{id}"), "active": true,
        "product": "X360RECOVER", "service_type": "HARDWARE", "tunnel_status": tunnel,
        "last_tunnel_up": shown(now - SignedDuration::from_hours(3)), "devices": devices,
        "storage_details": {"used_size": bytes(400.0), "drive_size": bytes(4000.0)},
        "health_status": if reason.is_some() { "TROUBLED" } else { "NORMAL" }, "health_status_reason": reason,
    })
}

fn vault(id: i64, kind: &str, now: Timestamp) -> Value {
    json!({
        "id": id, "name": format!("{}-vault", kind.to_lowercase()), "service_id": format!("V{id}"), "type": kind,
        "active": true, "tunnel_status": "UP", "last_tunnel_up": shown(now),
        "storage_details": {"used_size": bytes(2000.0), "drive_size": null},
        "devices": [], "vault_thresholds": {"vault_id": id, "connectivity_threshold": 120},
        "health_status": "NORMAL", "health_status_reason": null, "creation_timestamp": null,
    })
}
