//! `psactl why`: read afresh or from memory, never written, and never at odds with `sync`.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{Desk, shape};
use crate::syncing::{billed_twice, next_export, used};

const BASIC: &str = "Online Backup Basic Storage";

/// Customer 419 is billed twice for one service, 355 would rise steeply, 342 a little.
fn with_work() -> Desk {
    let desk = Desk::running();
    used(&desk, "JTR-Counter", "18.05", "180.05");
    used(&desk, "ETV-Truck01", "4.1", "4.4");
    billed_twice(&desk, "Angry Fox", BASIC);
    next_export(&desk, SignedDuration::from_hours(25));
    desk.forget_requests();
    desk
}

/// The services of an answer, by key.
fn service<'a>(why: &'a Value, key: &str) -> &'a Value {
    let services = why["services"].as_array().unwrap();
    services.iter().find(|own| own["key"] == key).unwrap_or_else(|| panic!("no {key} in {why:#}"))
}

#[test]
fn a_line_is_explained_from_the_accounts_to_the_invoice() {
    let desk = with_work();
    desk.psactl(&["sync"]).ends_with(6);
    desk.forget_requests();
    let ran = Desk::ran(desk.command(&["why", "355"]).env("COLUMNS", "80")).ends_with(0);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    insta::assert_snapshot!(desk.shown(&ran));
    assert_eq!(desk.writes(), Vec::<String>::new());
    assert!(desk.requests().len() < 15, "{}", desk.requests().len());

    let why = desk.psactl(&["why", "342", "--output", "json"]).ends_with(0).json();
    assert_eq!(why["schema"], "psactl/why/1");
    let line = &service(&why, "select-storage")["additions"][0];
    assert_eq!(line["quantity"], json!("189.35"), "written by the run");
    assert_eq!(line["pushes"][0]["before"], "189.05");
    insta::assert_snapshot!("why_shape", shape(&why));
}

#[test]
fn it_says_what_the_next_sync_says() {
    let desk = with_work();
    for cid in ["342", "355", "419"] {
        let sync = desk
            .psactl(&["sync", "--dry-run", "--only", "billing", "--cid", cid, "--output", "json"])
            .ends_with(0)
            .json();
        let why = desk.psactl(&["why", cid, "--output", "json"]).ends_with(0).json();
        let services = why["services"].as_array().unwrap();
        let all = |key: &str| -> Vec<Value> {
            let mine = services.iter().flat_map(|own| own[key].as_array().unwrap().clone());
            mine.chain(why[key].as_array().cloned().unwrap_or_default()).collect()
        };
        assert_eq!(json!(all("changes")), sync["plan"]["changes"], "{cid}");
        assert_eq!(json!(all("blocked")), sync["plan"]["blocked"], "{cid}");
        assert_eq!(json!(all("notes")), sync["plan"]["notes"], "{cid}");
        let changes = |held: &[Value]| held.iter().map(|held| held["change"].clone()).collect::<Vec<_>>();
        assert_eq!(changes(&all("held")), changes(sync["plan"]["held"].as_array().unwrap()), "{cid}");
    }
    assert_eq!(desk.writes(), Vec::<String>::new());
    desk.psactl(&["why", "419", "basic-storage"]).says("blocked billed twice").says("cancel all but one");
    desk.psactl(&["why", "342"]).says("next sync writes quantity: 189.05 -> 189.35");
}

#[test]
fn use_that_nobody_bills_is_explained_too() {
    let desk = Desk::running();
    let path = desk.addition_path("Joe TV Repair", BASIC);
    desk.change(&path, "cancelledDate", "2026-11-01T00:00:00Z");
    desk.psactl(&["why", "355"])
        .ends_with(0)
        .says("18.05 GB used and not billed")
        .says("bills nothing: was cancelled on 2026-11-01");
    // Somebody else's quantity.
    let desk = Desk::running();
    desk.change(&desk.addition_path("Joe TV Repair", BASIC), "quantity", 77);
    desk.psactl(&["why", "355"])
        .ends_with(0)
        .says("holds 77, written by somebody else")
        .says("somebody else wrote its quantity")
        .says("psactl review --take-over");
    // A switch that is off; billing that is off.
    desk.edit("psactl.toml", "online_backup_storage = true", "online_backup_storage = false");
    desk.psactl(&["why", "355"]).ends_with(0).says("[billing.services] online_backup_storage = false");
    // Nobody's company.
    desk.psactl(&["companies", "unlink", "355", "--yes"]).ends_with(0);
    desk.psactl(&["why", "355"]).ends_with(0).says("linked to no company").says("Management ID Error");
}

#[test]
fn without_connectwise_memory_answers_and_says_so() {
    let desk = with_work();
    desk.psactl(&["sync"]).ends_with(6);
    desk.psactl(&["pause", "355", "--until", "2026-12-01", "--reason", "moves house"]).ends_with(0);
    desk.forget_requests();
    let offline = |cid: &str| desk.psactl(&["why", cid, "--offline"]).ends_with(0);
    offline("355")
        .says("ConnectWise was not read: as asked")
        .says("holds 18.05 when psactl last looked, written by psactl")
        .says("held 1: quantity: 18.05 -> 180.05")
        .says("paused until 2026-12-01 05:00 UTC: moves house");
    offline("419").says("blocked billed twice");
    assert_eq!(desk.requests().len(), 0);

    let told = desk.psactl(&["why", "355"]).ends_with(0).stdout;
    assert_eq!(told.matches("moves house").count(), 1, "{told}");

    desk.sandbox().set_private_key("made-anew");
    desk.psactl(&["why", "419"]).ends_with(0).says("ConnectWise was not read: ").says("login");
    std::fs::remove_file(desk.file("accounts.csv")).unwrap();
    desk.psactl(&["why", "355"]).ends_with(0).says("The portal's data: cannot read").says("holds 18.05");
}

#[test]
fn who_is_unknown_is_named_with_who_may_be_meant() {
    let desk = Desk::running();
    desk.psactl(&["why", "345"]).ends_with(6).says("knows no customer 345").says("did you mean");
    desk.psactl(&["why", "342", "basic-strage"]).ends_with(2).says("a similar value exists: 'basic-storage'");
    desk.psactl(&["why", "342", "Select Online Backup Storage"]).ends_with(0).is_silent_on("bdr-storage");
    desk.psactl(&["why"]).ends_with(2);
}
