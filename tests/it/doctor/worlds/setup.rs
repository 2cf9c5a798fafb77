//! The steps of set-up that concern no single company.

use crate::doctor::{check, finds, found, healthy, is_clean, report};
use crate::support::{Desk, id};

fn product(desk: &Desk, name: &str) -> String {
    format!(
        "/procurement/catalog/{}",
        id(&desk.record("/procurement/catalog", &format!("identifier = \"{name}\"")))
    )
}

#[test]
fn boards_and_logins() {
    let desk = healthy();
    let board = id(&desk.record("/service/boards", "name = \"Professional Services\""));
    let statuses = format!("/service/boards/{board}/statuses");
    let closed = format!("{statuses}/{}", id(&desk.record(&statuses, "name = \"Closed\"")));
    desk.change(&closed, "inactive", true);
    finds(&desk, "setup-service-status", &["service-status", "Setup Tables > Service Board"]);
    desk.change(&closed, "inactive", false);
    is_clean(&desk);

    let login = id(&desk.record("/system/integratorlogins", "username = \"efolder-api\""));
    desk.change(&format!("/system/integratorlogins/{login}"), "managedServicesApiFlag", false);
    finds(&desk, "setup-integrator-login", &["integrator login #", "psactl setup integrator-login --apply"]);
    desk.psactl(&["setup", "integrator-login", "--apply", "--yes"]).ends_with(0);
    is_clean(&desk);
}

#[test]
fn products() {
    let desk = healthy();
    let path = product(&desk, "Email Filtering # Mailboxes");
    desk.change(&path, "inactiveFlag", true);
    finds(&desk, "product-inactive", &["product “Email Filtering # Mailboxes” (#"]);
    assert_eq!(check(&report(&desk, &[]), "setup-products")["status"], "skipped");
    desk.change(&path, "inactiveFlag", false);
    is_clean(&desk);
    let price = desk.ask("GET", &path, &[], None)["price"].clone();
    desk.change(&path, "price", 0);
    finds(&desk, "product-price", &["product “Email Filtering # Mailboxes” (#"]);
    desk.change(&path, "price", price);
    is_clean(&desk);

    let good = desk.read("psactl.toml");
    desk.edit("psactl.toml", "local_backup_storage = false", "local_backup_storage = true");
    finds(&desk, "setup-products", &["Local Backup Storage", "Setup > Products > New"]);
    desk.write("psactl.toml", &good);
    is_clean(&desk);
}

#[test]
fn solutions_types_and_cross_references() {
    let desk = healthy();
    let integration = id(&desk.record("/company/managedDevicesIntegrations", ""));
    let references = format!("/company/managedDevicesIntegrations/{integration}/crossReferences");
    let select = id(&desk.record(&references, "vendorLevel = \"Select\""));
    let path = format!("{references}/{select}");
    for wrong in ["select", "Select "] {
        desk.change(&path, "vendorLevel", wrong);
        finds(
            &desk,
            "cross-reference-letters",
            &[&format!("#{select} is “Online Storage” / “{wrong}”"), "Online Storage / Select"],
        );
        desk.psactl(&["setup", "cross-references", "--apply", "--yes"]).ends_with(0);
        is_clean(&desk);
    }
    desk.delete(&path);
    finds(
        &desk,
        "setup-cross-references",
        &["1 record is missing or wrong", "cross-reference Online Storage / Select"],
    );
    desk.psactl(&["setup", "cross-references", "--apply", "--yes"]).ends_with(0);
    is_clean(&desk);

    let kind = id(&desk.record("/company/configurations/types", "name = \"License\""));
    let kind = format!("/company/configurations/types/{kind}");
    desk.change(&kind, "inactiveFlag", true);
    finds(&desk, "setup-configuration-types", &["License"]);
    desk.change(&kind, "inactiveFlag", false);
    is_clean(&desk);

    let state = rusqlite::Connection::open(desk.file("state").join("psactl.db")).unwrap();
    state.execute("DELETE FROM meta WHERE key = 'vendor_sync_off'", []).unwrap();
    finds(
        &desk,
        "setup-portal",
        &["Synchronize with ConnectWise", "psactl setup portal --apply --vendor-sync-is-off"],
    );
    desk.psactl(&["setup", "portal", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(0);
    is_clean(&desk);
}

#[test]
fn nothing_is_set_up() {
    let desk = Desk::bare();
    let report = report(&desk, &[]);
    let ids: Vec<&str> =
        found(&report).into_iter().map(|(id, _)| id).filter(|id| id.starts_with("setup")).collect();
    let steps = ["integrator-login", "products", "management-solution", "configuration-types", "portal"];
    assert_eq!(ids, steps.map(|step| format!("setup-{step}")));
    for id in
        ["setup-cross-references", "cross-reference-letters", "managed-id-order", "addition-doubled", "sync"]
    {
        assert_eq!(check(&report, id)["status"], "skipped", "{id}");
    }
}
