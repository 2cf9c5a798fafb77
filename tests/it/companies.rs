//! `psactl companies`, through the binary: whose company a customer of the portal is.

use serde_json::{Value, json};

use crate::support::{Desk, id, shape};

const EDDIE: &str = "Eddie's TV Repair";

/// The one-time steps are done, nobody is linked.
pub fn prepared() -> Desk {
    let desk = Desk::bare();
    desk.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(3);
    desk.forget_requests();
    desk
}

/// The Managed ID entries of a company in ConnectWise's order: device type and Managed ID.
pub fn entries(desk: &Desk, company: &str) -> Vec<(String, String)> {
    let path = format!("/company/companies/{}/managementSummaryReports", desk.company(company));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let entries = desk.records(&path, "");
    entries.iter().map(|entry| (text(&entry["deviceType"]), text(&entry["groupIdentifier"]))).collect()
}

pub fn in_order(managed_id: &str) -> Vec<(String, String)> {
    ["WorkstationsAndServers", "BackupStats"].map(|kind| (kind.to_owned(), managed_id.to_owned())).to_vec()
}

/// The binary in a terminal of a technician.
#[cfg(unix)]
pub fn terminal(desk: &Desk, arguments: &[&str]) -> expectrl::session::OsSession {
    let mut command = desk.command(arguments);
    command.env("TERM", "xterm").stdin(std::process::Stdio::inherit());
    let mut session = expectrl::session::OsSession::spawn(command).unwrap();
    session.set_expect_timeout(Some(std::time::Duration::from_secs(30)));
    session
}

/// The company that a customer is linked to, by the listing.
pub fn link_of(desk: &Desk, cid: &str) -> Option<i64> {
    let listing = desk.psactl(&["companies", "--output", "json"]).ends_with(0).json();
    let customers = listing["customers"].as_array().unwrap();
    let row = customers.iter().find(|row| row["customer"]["cid"] == cid).unwrap();
    row["link"]["company_id"].as_i64()
}

#[test]
fn the_listing_shows_every_customer_and_asks_connectwise_nothing() {
    let desk = Desk::bare();
    let ran = desk.psactl(&["companies"]).ends_with(0).says("3 customers are not linked");
    insta::assert_snapshot!(desk.shown(&ran));
    assert_eq!(desk.requests().len(), 0);

    desk.set_up();
    let ran = desk.psactl(&["companies"]).ends_with(0).is_silent_on("not linked");
    insta::assert_snapshot!(desk.shown(&ran));
    let listing = desk.psactl(&["companies", "--output", "json"]).ends_with(0).json();
    assert_eq!(listing["schema"], "psactl/companies/1");
    insta::assert_snapshot!(shape(&listing));
}

#[test]
fn a_company_is_named_by_id_identifier_or_exact_name() {
    let desk = prepared();
    let eddie = desk.company(EDDIE);
    desk.psactl(&["companies", "link", "342", &eddie.to_string(), "--yes"]).ends_with(0);
    desk.psactl(&["companies", "link", "355", "JoeTV", "--yes"]).ends_with(0);
    desk.psactl(&["companies", "link", "419", "Angry Fox", "--yes"])
        .ends_with(0)
        .says("EFS-419 on Angry Fox");
    assert_eq!(entries(&desk, EDDIE), in_order("EFS-342"));
    assert_eq!(entries(&desk, "Joe TV Repair"), in_order("EFS-355"));
    assert_eq!(entries(&desk, "Angry Fox"), in_order("EFS-419"));
    assert_eq!(link_of(&desk, "342"), Some(eddie));

    // Once more: nothing is written.
    desk.forget_requests();
    desk.psactl(&["companies", "link", "342", EDDIE]).ends_with(0).says("Linked already: customer 342");
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn likeness_is_not_enough() {
    let desk = prepared();
    for name in ["Eddie", "Eddies TV Repair", "99999", "Eddie's TV"] {
        desk.psactl(&["companies", "link", "342", name, "--yes"])
            .ends_with(6)
            .says(&format!("no company with id, identifier or name “{name}”"));
    }
    desk.psactl(&["companies", "link", "777", EDDIE, "--yes"])
        .ends_with(6)
        .says("the portal knows no customer 777");
    assert_eq!(desk.writes(), Vec::<String>::new());
    assert_eq!(link_of(&desk, "342"), None);
}

#[test]
fn two_companies_of_one_name_are_told_apart_by_id() {
    let desk = prepared();
    let status = id(&desk.record("/company/companies/statuses", "name = \"Active\""));
    let body = json!({ "identifier": "AngryFox2", "name": "Angry Fox", "status": { "id": status }, "city": "Tampa" });
    let second = id(&desk.make("/company/companies", body));
    desk.forget_requests();
    desk.psactl(&["companies", "link", "419", "Angry Fox", "--yes"])
        .ends_with(6)
        .says("several companies are called “Angry Fox”")
        .says(&format!("#{second} AngryFox2"))
        .says("name it by its id");
    assert_eq!(desk.writes(), Vec::<String>::new());
    desk.psactl(&["companies", "link", "419", &second.to_string(), "--yes"]).ends_with(0);
    assert_eq!(link_of(&desk, "419"), Some(second));
}

#[test]
fn a_deleted_company_is_none() {
    let desk = prepared();
    let fox = desk.company("Angry Fox");
    desk.delete(&format!("/company/companies/{fox}"));
    desk.forget_requests();
    desk.psactl(&["companies", "link", "419", &fox.to_string(), "--yes"]).ends_with(6).says("no company");
    desk.psactl(&["companies", "link", "419", "Angry Fox", "--yes"]).ends_with(6).says("no company");
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn names_that_differ_need_a_yes() {
    let desk = prepared();
    desk.psactl(&["companies", "link", "342", "Joe TV Repair"])
        .ends_with(2)
        .says("the names differ: “Eddie's TV Repair” at the portal, “Joe TV Repair” in ConnectWise")
        .says("--yes");
    assert_eq!(desk.writes(), Vec::<String>::new());
    assert_eq!(link_of(&desk, "342"), None);
    // Equal names leave no doubt.
    desk.psactl(&["companies", "link", "342", EDDIE]).ends_with(0);
    desk.psactl(&["companies", "link", "355", "Angry Fox", "--yes"]).ends_with(0);
}

#[test]
fn a_linked_customer_goes_elsewhere_only_on_request() {
    let desk = prepared();
    desk.psactl(&["companies", "link", "342", EDDIE]).ends_with(0);
    desk.forget_requests();
    desk.psactl(&["companies", "link", "342", "Angry Fox", "--yes"])
        .ends_with(6)
        .says("customer 342 is linked to Eddie's TV Repair")
        .says("--replace");
    assert_eq!(desk.writes(), Vec::<String>::new());
    assert_eq!(link_of(&desk, "342"), Some(desk.company(EDDIE)));
    desk.psactl(&["companies", "link", "342", "Angry Fox", "--yes", "--replace"]).ends_with(0);
    assert_eq!(link_of(&desk, "342"), Some(desk.company("Angry Fox")));
}

/// Somebody ends the additions of a customer.
fn end_additions(desk: &Desk, company: &str, serial: &str) {
    let path = format!("/finance/agreements/{}/additions", desk.agreement(company));
    for addition in desk.records(&path, &format!("serialNumber = \"{serial}\"")) {
        desk.change(&format!("{path}/{}", id(&addition)), "cancelledDate", "2026-11-22T00:00:00Z");
    }
}

#[test]
fn a_customer_that_goes_elsewhere_is_never_billed_at_both_companies() {
    let desk = Desk::running();
    desk.forget_requests();
    let elsewhere = &["companies", "link", "342", "Bay Street Dental", "--yes", "--replace"];
    desk.make(
        "/company/companies",
        json!({ "identifier": "BayStreet", "name": "Bay Street Dental", "addressLine1": "1 Bay Street" }),
    );
    desk.forget_requests();
    desk.psactl(elsewhere).ends_with(6).says("customer 342 is still billed by").says("billed twice");
    assert_eq!(desk.writes(), Vec::<String>::new());
    assert_eq!(link_of(&desk, "342"), Some(desk.company(EDDIE)));
    end_additions(&desk, EDDIE, "EFS-342");
    desk.psactl(elsewhere).ends_with(0);
    assert_eq!(link_of(&desk, "342"), Some(desk.company("Bay Street Dental")));
}

#[test]
fn a_dry_run_writes_nothing_and_remembers_nothing() {
    let desk = prepared();
    desk.psactl(&["companies", "link", "342", EDDIE, "--dry-run"])
        .ends_with(0)
        .says("EFS-342 on Eddie's TV Repair (WorkstationsAndServers)")
        .says("would be linked");
    assert_eq!(desk.writes(), Vec::<String>::new());
    assert_eq!(link_of(&desk, "342"), None);

    let desk = Desk::integrated();
    desk.psactl(&["companies", "adopt", "--dry-run"]).ends_with(0).says("Dry run: 3 links would be adopted.");
    assert_eq!(link_of(&desk, "342"), None);
}

#[test]
fn without_the_management_solution_nobody_is_linked() {
    let desk = Desk::bare();
    desk.psactl(&["companies", "link", "342", EDDIE, "--yes"])
        .ends_with(3)
        .says("ConnectWise has no management solution “eFolder” yet")
        .says("psactl setup --apply");
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn reversed_entries_exchange_their_device_types() {
    let desk = prepared();
    let eddie = desk.company(EDDIE);
    let solution = id(&desk.record("/company/managementItSolutions", ""));
    let path = format!("/company/companies/{eddie}/managementSummaryReports");
    for kind in ["BackupStats", "WorkstationsAndServers"] {
        let solution = json!({ "id": solution });
        let body =
            json!({ "managementSolution": solution, "groupIdentifier": "EFS-342", "deviceType": kind });
        desk.make(&path, body);
    }
    let ids: Vec<i64> = desk.records(&path, "").iter().map(id).collect();
    desk.forget_requests();
    desk.psactl(&["companies", "link", "342", EDDIE]).ends_with(0);
    assert_eq!(entries(&desk, EDDIE), in_order("EFS-342"));
    assert_eq!(desk.records(&path, "").iter().map(id).collect::<Vec<_>>(), ids, "no entry goes, none is new");
    let patch = "PATCH /company/companies/{parentId}/managementSummaryReports/{id}";
    assert_eq!(desk.writes(), [patch, patch]);
}

#[test]
fn a_lone_backup_stats_entry_gets_its_first_one() {
    let desk = prepared();
    let eddie = desk.company(EDDIE);
    let solution = id(&desk.record("/company/managementItSolutions", ""));
    let path = format!("/company/companies/{eddie}/managementSummaryReports");
    let solution = json!({ "id": solution });
    desk.make(
        &path,
        json!({ "managementSolution": solution, "groupIdentifier": "EFS-342", "deviceType": "BackupStats" }),
    );
    desk.psactl(&["companies", "link", "342", EDDIE]).ends_with(0);
    assert_eq!(entries(&desk, EDDIE), in_order("EFS-342"));
}

#[test]
fn adopt_needs_a_yes_and_takes_over_what_connectwise_states() {
    let desk = Desk::integrated();
    desk.psactl(&["companies", "adopt"]).ends_with(2).says("--yes");
    assert_eq!(link_of(&desk, "342"), None);
    let adopted = desk.psactl(&["companies", "adopt", "--yes", "--output", "json"]).ends_with(0).json();
    assert_eq!(adopted["schema"], "psactl/companies-adopt/1");
    assert_eq!(adopted["links"].as_array().unwrap().len(), 3);
    insta::assert_snapshot!(shape(&adopted));
    for (cid, company) in [("342", EDDIE), ("355", "Joe TV Repair"), ("419", "Angry Fox")] {
        assert_eq!(link_of(&desk, cid), Some(desk.company(company)));
    }
    assert_eq!(desk.writes(), Vec::<String>::new());
    desk.psactl(&["companies", "adopt", "--yes"]).ends_with(0).says("No new links.");
}

#[test]
fn one_managed_id_on_two_companies_is_never_adopted() {
    let desk = Desk::integrated();
    let joe = desk.company("Joe TV Repair");
    let solution = id(&desk.record("/company/managementItSolutions", ""));
    let solution = json!({ "id": solution });
    desk.make(
        &format!("/company/companies/{joe}/managementSummaryReports"),
        json!({ "managementSolution": solution, "groupIdentifier": "EFS-419", "deviceType": "BackupStats" }),
    );
    let ran = desk.psactl(&["companies", "adopt", "--yes"]).ends_with(6);
    ran.says(
        "customer 419: its Managed ID stands on several companies: Joe TV Repair (#21), Angry Fox (#22)",
    )
    .says("2 links adopted.");
    assert_eq!(link_of(&desk, "419"), None);
    assert_eq!(link_of(&desk, "355"), Some(joe));
}

#[test]
fn a_name_that_changed_is_shown_before_it_is_adopted() {
    let desk = Desk::integrated();
    desk.edit("accounts.csv", "Angry Fox", "Calm Fox");
    desk.psactl(&["companies", "adopt", "--dry-run"]).ends_with(0).says("Calm Fox").says("names differ");
}

#[test]
fn a_failed_managed_id_links_nobody() {
    let desk = prepared();
    desk.expects_refusals();
    desk.fault("POST", "managementSummaryReports", "status-400", 1);
    desk.psactl(&["companies", "link", "342", EDDIE]).ends_with(6).says("Not linked");
    assert_eq!(link_of(&desk, "342"), None);
    desk.psactl(&["companies", "link", "342", EDDIE]).ends_with(0);
    assert_eq!(entries(&desk, EDDIE), in_order("EFS-342"));
}

#[test]
fn an_answer_that_never_came_makes_no_second_entry() {
    let desk = prepared();
    desk.fault("POST", "managementSummaryReports", "applied-then-reset", 1);
    desk.psactl(&["companies", "link", "342", EDDIE]).ends_with(0);
    assert_eq!(entries(&desk, EDDIE), in_order("EFS-342"));
}

#[test]
fn an_inactive_company_is_refused() {
    let desk = prepared();
    let fox = desk.company("Angry Fox");
    let gone = json!({ "name": "Out of business", "inactiveFlag": true });
    let status = id(&desk.make("/company/companies/statuses", gone));
    desk.change(&format!("/company/companies/{fox}"), "status", json!({ "id": status }));
    desk.forget_requests();
    desk.psactl(&["companies", "link", "419", "Angry Fox"])
        .ends_with(6)
        .says(&format!("company Angry Fox (#{fox}) is inactive"));
    assert_eq!(desk.writes(), Vec::<String>::new());
    assert_eq!(link_of(&desk, "419"), None);

    let desk = Desk::integrated();
    let fox = desk.company("Angry Fox");
    let status = id(&desk.record("/company/companies/statuses", "name = \"Not Active\""));
    desk.change(&format!("/company/companies/{fox}"), "status", json!({ "id": status }));
    desk.psactl(&["companies", "adopt", "--yes"]).ends_with(6).says("is inactive").says("2 links adopted.");
    assert_eq!(link_of(&desk, "419"), None);
}

#[test]
fn a_managed_id_that_another_linked_company_has_is_refused() {
    let desk = prepared();
    desk.psactl(&["companies", "link", "355", "Joe TV Repair"]).ends_with(0);
    let joe = desk.company("Joe TV Repair");
    let solution = json!({ "id": id(&desk.record("/company/managementItSolutions", "")) });
    let entry =
        json!({ "managementSolution": solution, "groupIdentifier": "EFS-342", "deviceType": "BackupStats" });
    let path = format!("/company/companies/{joe}/managementSummaryReports");
    let entry = id(&desk.make(&path, entry));
    desk.forget_requests();
    desk.psactl(&["companies", "link", "342", EDDIE])
        .ends_with(6)
        .says(&format!("Joe TV Repair (#{joe}) has the Managed ID EFS-342 already"));
    assert_eq!(desk.writes(), Vec::<String>::new());
    assert_eq!(link_of(&desk, "342"), None);
    desk.delete(&format!("{path}/{entry}"));
    desk.psactl(&["companies", "link", "342", EDDIE]).ends_with(0);
}

#[test]
fn adopt_leaves_another_link_alone_unless_it_is_to_be_replaced() {
    let desk = Desk::integrated();
    desk.psactl(&["companies", "adopt", "--yes"]).ends_with(0);
    let (fox, eddie) = (desk.company("Angry Fox"), desk.company(EDDIE));
    let solution = json!({ "id": id(&desk.record("/company/managementItSolutions", "")) });
    let path = |company: i64| format!("/company/companies/{company}/managementSummaryReports");
    // Somebody moves the Managed ID of customer 419 to another company.
    for entry in desk.records(&path(fox), "") {
        desk.delete(&format!("{}/{}", path(fox), id(&entry)));
    }
    for kind in ["WorkstationsAndServers", "BackupStats"] {
        let body =
            json!({ "managementSolution": solution, "groupIdentifier": "EFS-419", "deviceType": kind });
        desk.make(&path(eddie), body);
    }
    desk.psactl(&["companies", "adopt", "--yes"])
        .ends_with(6)
        .says(&format!(
            "customer 419: linked to Angry Fox (#{fox}) now, its Managed ID stands on {EDDIE} (#{eddie})"
        ))
        .says("No new links.");
    assert_eq!(link_of(&desk, "419"), Some(fox));
    // It would be billed at both, until somebody ends what the first one is billed.
    desk.psactl(&["companies", "adopt", "--yes", "--replace"])
        .ends_with(6)
        .says("customer 419 is still billed by");
    assert_eq!(link_of(&desk, "419"), Some(fox));
    end_additions(&desk, "Angry Fox", "EFS-419");
    desk.psactl(&["companies", "adopt", "--dry-run", "--replace"])
        .ends_with(0)
        .says(&format!("in place of Angry Fox (#{fox})"));
    assert_eq!(link_of(&desk, "419"), Some(fox));
    desk.psactl(&["companies", "adopt", "--yes", "--replace"]).ends_with(0).says("1 link adopted.");
    assert_eq!(link_of(&desk, "419"), Some(eddie));
}

#[test]
fn another_prefix_makes_no_second_entry_and_no_second_addition() {
    let desk = Desk::bare();
    desk.set_up();
    let before = desk.billed();
    desk.edit("psactl.toml", "managed_id_prefix = \"EFS-\"", "managed_id_prefix = \"NEW-\"");
    desk.forget_requests();
    desk.psactl(&["setup", "--apply", "--yes"])
        .ends_with(3)
        .says("customer 342: linked as EFS-342, and now [connectwise] managed_id_prefix makes it NEW-342")
        .says("psactl companies link 342");
    // Confirming it is refused while the old serial number is billed.
    desk.psactl(&["companies", "link", "342", EDDIE, "--yes"])
        .ends_with(6)
        .says("still has the serial number EFS-342");
    assert_eq!(desk.writes(), Vec::<String>::new());
    assert_eq!(desk.billed(), before);
    let agreement = desk.agreement(EDDIE);
    let path = format!("/finance/agreements/{agreement}/additions");
    for addition in desk.records(&path, "serialNumber = \"EFS-342\"") {
        desk.change(&format!("{path}/{}", id(&addition)), "serialNumber", "NEW-342");
    }
    desk.psactl(&["companies", "link", "342", EDDIE, "--yes"]).ends_with(0);
    desk.psactl(&["setup", "managed-ids", "--check"])
        .ends_with(8)
        .says("customer 355")
        .is_silent_on("customer 342");
    assert_eq!(desk.billed().len(), before.len());
}
