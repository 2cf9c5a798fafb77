//! The whole way with Axcient's API as the portal: from the sandbox's sample organization to ConnectWise.

use jiff::SignedDuration;
use psactl::sandbox::{Fault, LoggedRequest};
use serde_json::{Value, json};

use crate::support::Desk;

/// A desk whose portal is the sandbox's x360Recover API.
fn desk() -> Desk {
    let desk = Desk::bare();
    psactl::cli::write_trial_x360recover(desk.sandbox(), &desk.file("psactl.toml")).unwrap();
    desk
}

/// The same, set up, linked and synchronised once.
pub fn running() -> Desk {
    let desk = desk();
    desk.set_up();
    desk.psactl(&["sync"]).ends_with(0);
    desk
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// What was asked of the portal since the last time.
fn asked(desk: &Desk) -> Vec<LoggedRequest> {
    let portal = desk.sandbox().axcient();
    let requests = portal.requests();
    portal.clear_requests();
    requests
}

fn fault(desk: &Desk, fault: Value) {
    desk.sandbox().axcient().add_fault(serde_json::from_value::<Fault>(fault).unwrap()).unwrap();
}

/// A run of a job that ends now: half an hour after the last look it is told of.
fn run(desk: &Desk, job: i64, status: &str) {
    let now = desk.sandbox().now();
    let shown = |at: jiff::Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
    let run = json!({
        "status": status, "start_time": shown(now - minutes(10)), "end_time": shown(now - minutes(1)),
        "rp": (status == "Completed").then(|| shown(now - minutes(1))),
        "error_msg": (status == "Failed").then_some("no space left"),
    });
    desk.sandbox().axcient().edit(|records| {
        records["history"][job.to_string()].as_array_mut().unwrap().insert(0, run.clone());
        for device in records["devices"].as_array_mut().unwrap() {
            for listed in device["jobs"].as_array_mut().unwrap() {
                if listed["id"] == job && status == "Completed" {
                    listed["latest_rp"] = run["rp"].clone();
                }
            }
        }
    });
}

#[track_caller]
fn quantities(desk: &Desk, serial: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for agreement in desk.records("/finance/agreements", "") {
        let path = format!("/finance/agreements/{}/additions", agreement["id"]);
        found.extend(
            desk.records(&path, "").iter().filter(|addition| addition["serialNumber"] == serial).map(
                |addition| {
                    format!(
                        "{} {}",
                        addition["product"]["identifier"].as_str().unwrap(),
                        addition["quantity"]
                    )
                },
            ),
        );
    }
    found.sort();
    found
}

#[test]
fn the_data_lead_to_the_plan_of_the_mapping_table() {
    let desk = desk();
    desk.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(3);
    for (cid, company) in [("342", "Eddie's TV Repair"), ("355", "Joe TV Repair"), ("419", "Angry Fox")] {
        desk.psactl(&["companies", "link", cid, company, "--yes"]).ends_with(0);
    }
    let plan = desk.narrow(&["setup", "agreements", "--dry-run"]);
    insta::assert_snapshot!(desk.shown(&plan));
    desk.psactl(&["setup", "--apply", "--yes"]).ends_with(0);
    let dry = desk.narrow(&["sync", "--dry-run"]);
    insta::assert_snapshot!(desk.shown(&dry));
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(
        quantities(&desk, "EFS-419"),
        [
            "Local Backup # Servers 1",
            "Local Backup # Workstations 3",
            "Online Backup # Servers 1",
            "Online Backup Basic Storage 335.71",
        ]
    );
    // The parked client is nobody to be linked.
    desk.psactl(&["companies"]).ends_with(0).is_silent_on("Old Mill");
    desk.psactl(&["sync"]).ends_with(0).says("nothing to do");
    desk.psactl(&["doctor"]).says("sync: ConnectWise agrees with the portal");
}

#[test]
fn the_portal_is_asked_every_poll_every_and_only_for_what_may_be_new() {
    let desk = running();
    // The copy holds no secret and is its owner's alone.
    let copy = desk.read("state/portal/x360recover.json");
    assert!(!copy.contains(&desk.sandbox().axcient().key()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let about = std::fs::metadata(desk.file("state/portal/x360recover.json")).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600);
    }
    asked(&desk);
    desk.forget_requests();
    for _ in 0..3 {
        desk.later(minutes(5));
        desk.psactl(&["sync"]).ends_with(0);
    }
    for look in [["companies"], ["events"], ["status"]] {
        desk.psactl(&look).ends_with(0);
    }
    assert_eq!(asked(&desk).len(), 0, "within poll_every nothing is asked, of nobody");
    assert_eq!(desk.requests().len(), 0);

    // Of twelve jobs one is not well and one has a new recovery point; the others are left alone.
    desk.later(minutes(20));
    run(&desk, 30111, "Completed");
    desk.psactl(&["sync"]).ends_with(0);
    let paths: Vec<String> = asked(&desk).into_iter().map(|asked| asked.path).collect();
    let mut histories: Vec<&String> = paths.iter().filter(|path| path.ends_with("/history")).collect();
    histories.sort();
    assert_eq!(
        histories,
        [
            "/x360recover/client/342/device/3002/job/30021/history",
            "/x360recover/client/355/device/3011/job/30111/history"
        ]
    );
    assert_eq!(paths.len(), 4 + 1 + 2, "organization, clients, devices in two pages, appliances: {paths:?}");
    desk.psactl(&["events", "--cid", "355"]).says("Backup of JTR-SRV01 (Nightly) completed");

    // A run that failed shows nowhere but in the history, which is read every two hours whatever happens.
    desk.later(minutes(20));
    run(&desk, 30111, "Failed");
    desk.later(minutes(101));
    desk.psactl(&["sync"]).ends_with(0);
    let histories = asked(&desk).iter().filter(|asked| asked.path.ends_with("/history")).count();
    assert_eq!(histories, 11, "every job of a client that is not parked");
    desk.psactl(&["events", "--cid", "355"]).says("Backup of JTR-SRV01 (Nightly) failed: no space left");
}

#[test]
fn a_failed_job_opens_a_ticket_and_its_next_success_resolves_it() {
    let desk = running();
    desk.later(minutes(31));
    run(&desk, 30221, "Failed");
    desk.later(minutes(120));
    desk.psactl(&["sync"]).ends_with(0);
    let tickets = |closed: bool| -> Vec<String> {
        desk.records("/service/tickets", "")
            .iter()
            .filter(|ticket| ticket["externalXRef"].as_str().is_some_and(|xref| xref.starts_with("psactl:")))
            .filter(|ticket| ticket["closedFlag"] == closed)
            .map(|ticket| ticket["summary"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(tickets(false).len(), 1, "{:?}", tickets(false));
    assert!(tickets(false)[0].contains("AF-SRV02 (Nightly)"), "{:?}", tickets(false));
    desk.later(minutes(60));
    run(&desk, 30221, "Completed");
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!((tickets(false).len(), tickets(true).len()), (0, 1));
}

#[test]
fn two_counts_that_disagree_hold_the_service_and_a_list_that_is_short_the_storage() {
    let desk = running();
    desk.later(minutes(60 * 13));
    // One more is counted than is listed; and the storage grows a little.
    desk.sandbox().axcient().edit(|records| {
        let extra = json!({"id": 3013, "name": "JTR-New", "client_id": 355, "type": "WORKSTATION", "d2c": true, "cloud_usage": 1_000_000_000, "jobs": []});
        records["devices"].as_array_mut().unwrap().push(extra);
        records["clients"][1]["devices_counters"]["d2c"][1]["count"] = json!(4);
    });
    desk.psactl(&["sync"])
        .ends_with(6)
        .says("the use is in doubt: x360Recover counts 4 direct-to-cloud workstations and lists 2");
    assert_eq!(
        quantities(&desk, "EFS-355"),
        ["Online Backup # Desktops 1", "Online Backup # Servers 1", "Online Backup Basic Storage 80.45"],
        "what the two that are not listed store is in no sum"
    );
    // More are listed than are counted: the storage is whole, and written.
    desk.later(minutes(60 * 13));
    desk.sandbox().axcient().edit(|records| {
        records["clients"][1]["devices_counters"]["d2c"][1]["count"] = json!(1);
    });
    desk.psactl(&["sync"]).ends_with(0).says("x360Recover counts 1 direct-to-cloud workstations and lists 2");
    assert_eq!(
        quantities(&desk, "EFS-355"),
        ["Online Backup # Desktops 1", "Online Backup # Servers 1", "Online Backup Basic Storage 81.45"]
    );
    // Both say two: nothing is held any more.
    desk.later(minutes(60 * 13));
    desk.sandbox().axcient().edit(|records| {
        records["clients"][1]["devices_counters"]["d2c"][1]["count"] = json!(2);
    });
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(quantities(&desk, "EFS-355")[0], "Online Backup # Desktops 2");
}

#[test]
fn an_outage_that_counts_nothing_is_held() {
    let desk = running();
    desk.later(minutes(60 * 13));
    desk.sandbox().axcient().edit(|records| {
        records["devices"].as_array_mut().unwrap().retain(|device| device["client_id"] != 355);
        records["clients"][1]["devices_counters"] =
            json!({"d2c": [], "appliance_based": [], "cloud_archive": []});
    });
    desk.psactl(&["sync"]).ends_with(6).says("held");
    assert_eq!(
        quantities(&desk, "EFS-355"),
        ["Online Backup # Desktops 1", "Online Backup # Servers 1", "Online Backup Basic Storage 80.45"]
    );
}

#[test]
fn a_portal_that_does_not_answer_leaves_what_is_known_and_is_told_of_once() {
    let at = |kind: &str| json!({"path": "/organization", "kind": kind, "times": 999});
    let said =
        |kind: &str, body: &str| json!({"path": "/organization", "kind": kind, "times": 999, "body": body});
    for (what, order, code, says) in [
        ("key", at("status-401"), 4, "the API key was refused (401): Unauthorized"),
        ("right", at("status-403"), 4, "the key may not do this (403)"),
        (
            "address",
            said("status-401", "{\"code\":401,\"msg\":\"Unauthorized\"}"),
            5,
            "the key is not the cause",
        ),
        ("flood", said("status-403", ""), 5, "refused as one call too many"),
        ("limit", at("status-429"), 5, "too many calls (429)"),
        ("gateway", at("status-504"), 5, "the gateway gave up waiting (504)"),
        ("garbage", at("html-200"), 5, "not JSON"),
        ("nothing", at("reset"), 5, "no answer"),
    ] {
        let desk = running();
        let before = quantities(&desk, "EFS-355");
        desk.later(minutes(31));
        fault(&desk, order);
        desk.psactl(&["sync"]).ends_with(code).says(says);
        asked(&desk);
        // A minute later it is not asked again, and nobody is told again; all that only looks goes on.
        desk.later(SignedDuration::from_secs(30));
        desk.psactl(&["sync"]).ends_with(0).is_silent_on(says);
        desk.psactl(&["companies"]).ends_with(0).says("Joe TV Repair");
        desk.psactl(&["status"]).says("the portal does not answer").says(says);
        assert_eq!(asked(&desk).len(), 0, "{what}");
        // And later still, it is asked and nobody is told.
        desk.later(minutes(6));
        desk.psactl(&["sync"]).ends_with(0).is_silent_on(says);
        assert!(!asked(&desk).is_empty(), "{what}");
        assert_eq!(quantities(&desk, "EFS-355"), before, "{what}");
        desk.sandbox().axcient().clear_faults();
        desk.later(minutes(61));
        desk.psactl(&["sync"]).ends_with(0);
        assert!(asked(&desk).len() > 4, "{what}: asked again");
        desk.later(minutes(31));
        fault(&desk, at("status-504"));
        desk.psactl(&["sync"]).ends_with(5).says("(504)");
    }
}

#[test]
fn a_portal_that_never_answered_says_why_and_asks_for_no_crowd() {
    let desk = desk();
    desk.write("axcient-key", "wrong\n");
    let says = "the API key was refused (401): Unauthorized";
    desk.psactl(&["companies"]).ends_with(4).says(says).says("Settings > API Keys");
    assert_eq!(asked(&desk).len(), 1);
    // A person who runs a command tries again; cron does not before its time.
    desk.psactl(&["companies"]).ends_with(4).says(says).is_silent_on("wrong");
    assert_eq!(asked(&desk).len(), 1);
    desk.psactl(&["sync"]).ends_with(4).says(says);
    desk.psactl(&["sync"]).ends_with(0).says("still:");
    assert_eq!(asked(&desk).len(), 0);
    // Another key is tried at once.
    let key = desk.sandbox().axcient().key();
    desk.write("axcient-key", &key);
    desk.psactl(&["companies"]).ends_with(0).says("Joe TV Repair");
}

#[test]
fn what_another_address_said_is_not_this_ones() {
    let desk = running();
    desk.psactl(&["companies"]).ends_with(0).says("Joe TV Repair");
    let production = Desk::bare();
    production.sandbox().axcient().set_key("made-anew");
    let url = |desk: &Desk| desk.sandbox().x360recover_url();
    desk.edit("psactl.toml", &url(&desk), &url(&production));
    desk.later(minutes(60 * 13));
    desk.forget_requests();
    // Its key is refused: nothing is known of it, whatever the sandbox said before.
    desk.psactl(&["sync"]).ends_with(4).says("the API key was refused (401)");
    desk.psactl(&["companies"])
        .ends_with(4)
        .says("the API key was refused (401)")
        .is_silent_on("Joe TV Repair");
    assert_eq!(desk.writes(), [""; 0]);
    // And with the right key, what is known is its own alone.
    production.sandbox().axcient().edit(|records| {
        records["clients"].as_array_mut().unwrap().truncate(1);
        records["devices"].as_array_mut().unwrap().retain(|device| device["client_id"] == 342);
    });
    desk.write("axcient-key", "made-anew");
    desk.psactl(&["portal", "check"]);
    assert!(!desk.read("state/portal/x360recover.json").contains("JTR-"), "the sandbox's runs");
}

#[test]
fn what_another_organization_said_is_not_this_ones() {
    let desk = running();
    // A key of another organization at the same address, which breaks off after it said whose it is.
    desk.sandbox().axcient().edit(|records| {
        records["organization"]["id"] = json!(4711);
        records["clients"].as_array_mut().unwrap().truncate(1);
        records["devices"].as_array_mut().unwrap().retain(|device| device["client_id"] == 342);
    });
    fault(&desk, json!({"path": "/appliance", "kind": "status-504", "times": 1}));
    desk.later(minutes(31));
    desk.psactl(&["sync"]).ends_with(5).says("(504)");
    desk.psactl(&["portal", "check"]).is_silent_on("JTR-");
    assert!(!desk.read("state/portal/x360recover.json").contains("JTR-"), "not kept for want of better");
    desk.later(minutes(31));
    desk.psactl(&["portal", "check"]);
    assert!(!desk.read("state/portal/x360recover.json").contains("JTR-"), "the other's runs");
}

#[test]
fn backup_results_that_cannot_be_read_make_no_statistics() {
    let desk = running();
    let statistics = || {
        let companies = desk.records("/company/companies", "name = 'Angry Fox'");
        let path = format!("/company/companies/{}/managementSummaryReports", companies[0]["id"]);
        let entries = desk.records(&path, "");
        entries.iter().map(|entry| entry["successfulBackupJobs"].clone()).collect::<Vec<_>>()
    };
    let before = statistics();
    // The fault of the server's own making, on every history.
    fault(&desk, json!({"path": "/history", "kind": "status-400", "times": 999}));
    desk.later(minutes(60 * 13));
    run(&desk, 30221, "Completed");
    asked(&desk);
    desk.psactl(&["sync"]).ends_with(6).says("backup results of").says("Missing path parameter 'org_id'");
    let histories = asked(&desk).iter().filter(|asked| asked.path.ends_with("/history")).count();
    assert!((5..=13).contains(&histories), "{histories}: a server that cannot is not asked for each");
    assert_eq!(statistics(), before);
    // The recovery point tells of a backup all the same; and it is not counted twice when the history is back.
    desk.psactl(&["events", "--cid", "419"]).says("Backup of AF-SRV02 (Nightly) made a recovery point");
    desk.sandbox().axcient().clear_faults();
    desk.later(minutes(60 * 13));
    desk.psactl(&["sync"]).ends_with(0);
    let more = |before: &[Value]| before.iter().filter_map(Value::as_i64).sum::<i64>();
    assert_eq!(more(&statistics()), more(&before) + 1);
}

#[test]
fn a_result_that_cannot_be_read_makes_no_statistics() {
    let desk = running();
    // A run that ended and does not say when; and a job that cannot be asked for.
    desk.sandbox().axcient().edit(|records| {
        for device in records["devices"].as_array_mut().unwrap() {
            match device["id"].as_i64().unwrap() {
                3022 => device["jobs"][0]["health_status"] = json!("TROUBLED"),
                3011 => device["jobs"][0]["id"] = Value::Null,
                3001 => device["jobs"] = json!("none of your business"),
                _ => {}
            }
        }
    });
    let run =
        json!([{"status": "Failed", "start_time": null, "end_time": null, "error_msg": "no space left"}]);
    fault(
        &desk,
        json!({"path": "/job/30221/history", "kind": "html-200", "times": 999, "body": run.to_string(), "contentType": "application/json"}),
    );
    desk.later(minutes(31));
    desk.psactl(&["sync"])
        .says("backup results of 419 are not all known: a run of AF-SRV02 (Nightly) ended and does not say when")
        .says("backup results of 355 are not all known: a job of JTR-SRV01 has no id")
        .says("backup results of 342 are not all known: the jobs of ETV-SRV01 cannot be read");
    // It stands until the portal says more, however often it is asked.
    desk.later(minutes(31));
    desk.psactl(&["portal", "check"]).says("backup results of 419 are not all known");
}

#[test]
fn the_forms_in_which_production_differs_change_nothing() {
    let plan = |change: fn(&mut psactl::sandbox::Behaviour)| {
        let desk = desk();
        desk.sandbox().axcient().behave(change);
        desk.set_up();
        desk.psactl(&["sync"]).ends_with(0);
        let all = ["EFS-342", "EFS-355", "EFS-419"].map(|serial| quantities(&desk, serial));
        let asked: Vec<String> = asked(&desk).into_iter().map(|asked| asked.path).collect();
        (all, asked)
    };
    let (usual, _) = plan(|_| {});
    assert_eq!(plan(|behaviour| behaviour.numbers_for_booleans = false).0, usual);
    assert_eq!(plan(|behaviour| behaviour.largest_page = 2).0, usual);
    assert_eq!(plan(|behaviour| behaviour.bare_times = true).0, usual);
    // Devices that do not say whose they are: each client is asked for its own.
    let (without, asked) = plan(|behaviour| behaviour.without_client_ids = true);
    assert_eq!(without, usual);
    assert!(asked.contains(&"/x360recover/client/419/device".to_owned()), "{asked:?}");
}

#[test]
fn another_unit_holds_every_amount_once() {
    let desk = running();
    desk.edit("psactl.toml", "gigabyte = \"decimal\"", "gigabyte = \"binary\"");
    desk.later(minutes(60 * 13));
    desk.psactl(&["sync"])
        .ends_with(6)
        .says("use is counted otherwise than at the last push: GB, rounding exact, now GiB");
    assert!(quantities(&desk, "EFS-355").contains(&"Online Backup Basic Storage 80.45".to_owned()));
    desk.psactl(&["review", "--approve", "all"]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(0);
    // 80.45 GB are 74.92 GiB.
    assert!(quantities(&desk, "EFS-355").contains(&"Online Backup Basic Storage 74.92".to_owned()));
    desk.psactl(&["why", "355", "basic-storage"]).ends_with(0).says("GiB");
}

#[test]
fn another_prefix_or_source_blocks_until_a_person_agrees() {
    // The prefix.
    let desk = running();
    desk.edit("psactl.toml", "managed_id_prefix = \"EFS-\"", "managed_id_prefix = \"AX-\"");
    desk.later(minutes(60 * 13));
    desk.sandbox()
        .axcient()
        .edit(|records| records["devices"][3]["vaults"][0]["device_usage"] = json!(70_000_000_000_i64));
    desk.psactl(&["sync"]).ends_with(6).says("now [connectwise] managed_id_prefix makes it AX-355");
    assert!(quantities(&desk, "EFS-355").contains(&"Online Backup Basic Storage 80.45".to_owned()));

    // The source: what was linked for the exports is not linked for the API.
    let desk = Desk::running();
    let before = quantities(&desk, "EFS-355");
    psactl::cli::write_trial_x360recover(desk.sandbox(), &desk.file("psactl.toml")).unwrap();
    desk.later(minutes(60 * 13));
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(6).says("no company is linked to it");
    assert_eq!(desk.writes(), [""; 0]);
    assert_eq!(quantities(&desk, "EFS-355"), before);
    // The Managed IDs state who is who: a person sees both names, and agrees.
    desk.psactl(&["companies", "adopt"]).ends_with(2);
    desk.psactl(&["companies", "adopt", "--yes"]).ends_with(0).says("Joe TV Repair");
    desk.psactl(&["sync"]).ends_with(6).says("held");
    assert_eq!(quantities(&desk, "EFS-355"), before, "the first push of another source waits for a yes");
}

#[test]
fn an_msp_with_two_thousand_devices_is_asked_for_in_few_calls() {
    let desk = desk();
    let now = desk.sandbox().now();
    let at = |minutes: i64| {
        (now - SignedDuration::from_mins(minutes)).strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
    };
    desk.sandbox().axcient().edit(|records| {
        let (mut clients, mut devices, mut history) = (Vec::new(), Vec::new(), serde_json::Map::new());
        for client in 1..=200_i64 {
            clients.push(json!({"id": client, "name": format!("Client {client}"), "active": true}));
            for device in client * 10..client * 10 + 10 {
                let jobs = json!([{"id": device, "name": "Nightly", "health_status": "NORMAL", "latest_rp": at(60)}]);
                devices.push(json!({"id": device, "name": format!("PC{device}"), "client_id": client, "type": "WORKSTATION", "d2c": true, "cloud_usage": 1_000_000_000, "jobs": jobs}));
                let run = json!({"status": "Completed", "start_time": at(70), "end_time": at(60), "rp": at(60)});
                history.insert(device.to_string(), json!([run]));
            }
        }
        records["clients"] = json!(clients);
        records["devices"] = json!(devices);
        records["history"] = Value::Object(history);
        records["appliances"] = json!([]);
    });
    desk.psactl(&["companies"]).ends_with(0);
    assert_eq!(asked(&desk).len(), 1 + 1 + 21 + 1 + 2_000, "the first time every job is asked for its month");
    // Half an hour later ten of them have backed up.
    desk.later(minutes(31));
    desk.sandbox().axcient().edit(|records| {
        for device in records["devices"].as_array_mut().unwrap().iter_mut().take(10) {
            device["jobs"][0]["latest_rp"] = json!(at(-20));
        }
    });
    // Set-up is not finished; the portal was asked all the same.
    desk.psactl(&["sync"]).ends_with(3);
    assert_eq!(asked(&desk).len(), 1 + 1 + 21 + 1 + 10);
}

#[test]
fn what_is_in_doubt_or_too_old_is_not_billed_and_what_is_left_out_is_named() {
    let desk = desk();
    desk.sandbox()
        .axcient()
        .edit(|records| records["clients"][1]["devices_counters"]["d2c"][0]["count"] = json!(5));
    desk.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off"])
        .ends_with(3)
        .says("client 77 (Old Mill) is parked: left out");
    desk.psactl(&["companies", "link", "355", "Joe TV Repair", "--yes"]).ends_with(0);
    // No addition is made with a quantity that nobody can vouch for.
    desk.psactl(&["setup", "agreements", "--apply", "--yes"]).ends_with(3).says(
        "uses 1 count of Online Backup # Servers and that is in doubt (x360Recover counts 5 direct-to-cloud servers and lists 1)",
    );
    assert_eq!(quantities(&desk, "EFS-355"), ["Online Backup # Desktops 1"]);
    desk.sandbox()
        .axcient()
        .edit(|records| records["clients"][1]["devices_counters"]["d2c"][0]["count"] = json!(1));
    desk.later(minutes(31));
    desk.psactl(&["sync", "--dry-run"]).ends_with(0);
    desk.psactl(&["setup", "agreements", "--apply", "--yes"]).ends_with(0);

    // A portal that is silent for longer than max_age bills nothing any more.
    desk.sandbox()
        .axcient()
        .edit(|records| records["devices"][3]["vaults"][0]["device_usage"] = json!(64_000_000_000_i64));
    fault(&desk, json!({"path": "/organization", "kind": "status-504", "times": 999}));
    desk.later(minutes(60 * 37));
    desk.psactl(&["sync"])
        .ends_with(6)
        .says("the gateway gave up waiting (504)")
        .says("longer ago than max_age (1 day 12 h)")
        .says("psactl sync --verify asks x360Recover at once");
    assert!(quantities(&desk, "EFS-355").contains(&"Online Backup Basic Storage 80.45".to_owned()));
    desk.sandbox().axcient().clear_faults();
    desk.psactl(&["sync", "--verify"]).ends_with(0);
    assert!(quantities(&desk, "EFS-355").contains(&"Online Backup Basic Storage 82.05".to_owned()));
}
