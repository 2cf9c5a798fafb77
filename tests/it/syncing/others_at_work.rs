//! People and others at work in ConnectWise meanwhile: nothing of theirs is overwritten, nothing is doubled, and what
//! needs a person is told once.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{next_export, used};
use crate::support::{Desk, id};

const FOX: &str = "Angry Fox";
const BASIC: &str = "Online Backup Basic Storage";
const BDR: &str = "ShadowProtect BDR Storage";
const PATCH: &str = "PATCH /finance/agreements/{parentId}/additions/{id}";

/// What somebody did, and how a run ends that finds it.
struct Case {
    name: &'static str,
    does: fn(&Desk),
    code: i32,
    says: &'static str,
    /// What Angry Fox's basic storage bills afterwards, where 92.5 GB are used.
    bills: f64,
}

const fn case(name: &'static str, code: i32, says: &'static str, bills: f64, does: fn(&Desk)) -> Case {
    Case { name, does, code, says, bills }
}

/// Everything on a record but what psactl may write and what is computed from it.
fn theirs(mut records: Vec<Value>) -> Vec<Value> {
    for record in &mut records {
        for field in
            ["quantity", "invoiceDescription", "billedQuantity", "extPrice", "extCost", "margin", "_info"]
        {
            record.as_object_mut().unwrap().remove(field);
        }
    }
    records
}

/// Every addition of the company's agreements, agreements, the product, the statuses of the board.
fn everything(desk: &Desk) -> Vec<Value> {
    let mut found = Vec::new();
    for agreement in desk.records("/finance/agreements", "") {
        found.extend(desk.records(&format!("/finance/agreements/{}/additions", id(&agreement)), ""));
        found.push(agreement);
    }
    found.extend(desk.records("/procurement/catalog", ""));
    found.extend(desk.records("/company/companies", ""));
    theirs(found)
}

fn addition_with(desk: &Desk, product: &str) -> Value {
    let path = format!("/finance/agreements/{}/additions", desk.agreement(FOX));
    desk.record(&path, &format!("product/identifier = \"{product}\""))
}

#[test]
fn whatever_somebody_changes_stays_and_is_told_once() {
    let cases = [
        case("the product is renamed", 0, "91.66 -> 92.5", 92.5, |desk| {
            let product = desk.addition(FOX, BASIC)["product"]["id"].clone();
            desk.change(&format!("/procurement/catalog/{product}"), "identifier", "Cloud Backup, basic");
        }),
        case("the price of the addition", 0, "91.66 -> 92.5", 92.5, |desk| {
            desk.change(&desk.addition_path(FOX, BASIC), "unitPrice", 9.99);
        }),
        case("what is included, below the use", 0, "91.66 -> 92.5", 92.5, |desk| {
            desk.change(&desk.addition_path(FOX, BASIC), "lessIncluded", 50);
        }),
        case("not billable any more", 0, "91.66 -> 92.5", 92.5, |desk| {
            desk.change(&desk.addition_path(FOX, BASIC), "billCustomer", "DoNotBill");
        }),
        case("the agreement is renamed", 0, "91.66 -> 92.5", 92.5, |desk| {
            desk.change(&format!("/finance/agreements/{}", desk.agreement(FOX)), "name", "Fox, all in");
        }),
        case("the company is renamed", 0, "91.66 -> 92.5", 92.5, |desk| {
            desk.change(&format!("/company/companies/{}", desk.company(FOX)), "name", "Calm Fox");
        }),
        case("the quantity is corrected", 6, "somebody else wrote its quantity: 40", 40.0, |desk| {
            desk.change(&desk.addition_path(FOX, BASIC), "quantity", 40);
        }),
        case("the product is another one", 6, "used and not billed", 91.66, |desk| {
            let other = desk.record("/procurement/catalog", "identifier = \"Email Archiving # Mailboxes\"");
            desk.change(&desk.addition_path(FOX, BASIC), "product", json!({ "id": id(&other) }));
        }),
        case("the serial number is taken away", 6, "used and not billed", 91.66, |desk| {
            desk.change(&desk.addition_path(FOX, BASIC), "serialNumber", "");
        }),
        case("the addition was cancelled", 6, "was cancelled on 2026-11-20", 91.66, |desk| {
            desk.change(&desk.addition_path(FOX, BASIC), "cancelledDate", "2026-11-20T00:00:00Z");
        }),
        case("the agreement was cancelled", 6, "is cancelled", 91.66, |desk| {
            desk.change(&format!("/finance/agreements/{}", desk.agreement(FOX)), "cancelledFlag", true);
        }),
        case("the company is merged into another", 6, "merged into another", 91.66, |desk| {
            let (from, to) = (desk.company(FOX), desk.company("Joe TV Repair"));
            desk.ask(
                "POST",
                &format!("/company/companies/{from}/merge"),
                &[],
                Some(&json!({ "toCompanyId": to, "status": "To" })),
            );
        }),
    ];
    for Case { name, does, code, says, bills } in cases {
        let desk = Desk::running();
        let addition = id(&desk.addition(FOX, BASIC));
        let agreement = desk.agreement(FOX);
        does(&desk);
        let before = everything(&desk);
        used(&desk, "AF-Office", "91.66", "92.50");
        next_export(&desk, SignedDuration::from_hours(13));
        let ran = desk.psactl(&["sync"]);
        assert_eq!(ran.code, code, "{name}\n{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains(says), "{name}: “{says}” is not in\n{}", ran.stdout);
        desk.forget_requests();
        for _ in 0..2 {
            desk.later(SignedDuration::from_mins(1));
            let ran = desk.psactl(&["sync"]);
            assert_eq!((ran.code, &*ran.stdout), (0, ""), "{name}: told once\n{}", ran.stderr);
        }
        assert_eq!(desk.requests().len(), 0, "{name}");
        let ran = desk.psactl(&["sync", "--force"]);
        assert!([0, 6].contains(&ran.code), "{name}: {ran:?}");
        assert_eq!(everything(&desk), before, "{name}: theirs stays, and nothing is made beside it");
        let path = format!("/finance/agreements/{agreement}/additions");
        let now = desk.record(&path, &format!("id = {addition}"));
        assert_eq!(now["quantity"].as_f64(), Some(bills), "{name}");
    }
}

/// An agreement is renewed: for a while both copies bill, and psactl touches neither. When the old one has ended the
/// new one is kept, after a person agreed to the first push.
#[test]
fn a_renewed_agreement_is_billed_once() {
    let desk = Desk::running();
    let old = desk.agreement(FOX);
    let before = desk.billed();
    let mut copy = desk.record("/finance/agreements", &format!("id = {old}"));
    let company = copy["company"]["id"].clone();
    let kind = copy["type"]["id"].clone();
    copy = json!({
        "name": "Managed Services 2027", "type": { "id": kind }, "company": { "id": company },
        "contact": { "id": copy["contact"]["id"] },
        "startDate": "2026-11-20T00:00:00Z", "noEndingDateFlag": true,
        "billingCycle": { "id": copy["billingCycle"]["id"] }, "nextInvoiceDate": copy["nextInvoiceDate"],
    });
    if copy["contact"]["id"].is_null() {
        copy.as_object_mut().unwrap().remove("contact");
    }
    let new = id(&desk.make("/finance/agreements", copy));
    for addition in
        desk.records(&format!("/finance/agreements/{old}/additions"), "serialNumber = \"EFS-419\"")
    {
        let body = json!({
            "product": { "id": addition["product"]["id"] }, "serialNumber": "EFS-419",
            "billCustomer": addition["billCustomer"], "quantity": addition["quantity"],
            "unitPrice": addition["unitPrice"], "effectiveDate": "2026-11-20T00:00:00Z",
        });
        desk.make(&format!("/finance/agreements/{new}/additions"), body);
    }
    used(&desk, "AF-Office", "91.66", "92.50");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(6).says("billed twice: additions #").says("Managed Services 2027");
    assert_eq!(desk.writes(), Vec::<String>::new());
    for (line, quantity) in &before {
        assert_eq!(&desk.billed()[line], quantity, "{line}");
    }
    desk.later(SignedDuration::from_mins(1));
    let ran = desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(ran.stdout, "");
    // The old one ends.
    desk.change(&format!("/finance/agreements/{old}"), "cancelledFlag", true);
    next_export(&desk, SignedDuration::from_hours(25));
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(6).says("first quantity that psactl pushes");
    let path = |agreement: i64| format!("/finance/agreements/{agreement}/additions");
    let basic = format!("product/identifier = \"{BASIC}\"");
    assert_eq!(desk.record(&path(new), &basic)["quantity"].as_f64(), Some(91.66), "not without a yes");
    desk.psactl(&["review", "--approve", "all"]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(0).says("91.66 -> 92.5");
    assert_eq!(desk.record(&path(new), &basic)["quantity"].as_f64(), Some(92.5));
    assert_eq!(
        desk.record(&path(old), &basic)["quantity"].as_f64(),
        Some(91.66),
        "the old one is left alone"
    );
}

#[test]
fn more_included_than_used_bills_nothing_and_gives_nothing_back() {
    let desk = Desk::running();
    desk.change(&desk.addition_path(FOX, BDR), "lessIncluded", 200);
    next_export(&desk, SignedDuration::from_hours(25));
    desk.psactl(&["sync"]);
    let addition = addition_with(&desk, BDR);
    assert_eq!(
        (addition["lessIncluded"].as_f64(), addition["quantity"].as_f64()),
        (Some(200.0), Some(200.0))
    );
    assert_eq!(addition["invoiceDescription"], "AF-BDR: 187.3 GB");
}

#[test]
fn a_deleted_managed_id_entry_stops_statistics_and_not_billing() {
    let desk = Desk::running();
    let entries = format!("/company/companies/{}/managementSummaryReports", desk.company(FOX));
    let second = desk.record(&entries, "deviceType = \"BackupStats\"");
    desk.delete(&format!("{entries}/{}", id(&second)));
    used(&desk, "AF-Office", "91.66", "92.50");
    next_export(&desk, SignedDuration::from_hours(25));
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(6).says("has no entry EFS-419 of device type BackupStats");
    assert_eq!(desk.writes(), [PATCH], "none is made in its place");
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync"]).ends_with(0);
}

const FAILED: &str = "Remote Backup failed for account [JTR-Counter / DOC30199009]: no space left";
const SUCCEEDED: &str = "Remote Backup completed successfully for account [JTR-Counter / DOC30199009]";

fn bad(desk: &Desk, event: &str) {
    desk.event(event, 1, "JTR-Counter", "355", "Error", FAILED);
}

fn good(desk: &Desk, event: &str) {
    desk.event(event, 1, "JTR-Counter", "355", "OK", SUCCEEDED);
}

/// A ticket of psactl's, and one of somebody else's for the same company.
fn with_tickets() -> (Desk, i64, i64) {
    let desk = Desk::running();
    desk.later(SignedDuration::from_mins(10));
    bad(&desk, "n1");
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket opened");
    let own = id(&desk.tickets()[0]);
    let body = json!({ "summary": "Everything is slow", "company": { "id": desk.company("Joe TV Repair") } });
    let other = id(&desk.make("/service/tickets", body));
    (desk, own, other)
}

fn ticket(desk: &Desk, id: i64) -> Value {
    desk.record("/service/tickets", &format!("id = {id}"))
}

/// A closed status of the board that a ticket is on.
fn closed(desk: &Desk, of: i64) -> Value {
    let board = ticket(desk, of)["board"]["id"].clone();
    let statuses = desk.records(&format!("/service/boards/{board}/statuses"), "closedStatus = true");
    json!({ "id": id(&statuses[0]) })
}

fn merge(desk: &Desk, own: i64, under: i64) {
    let body = json!({ "mergeTicketIds": [own], "status": closed(desk, own) });
    desk.ask("POST", &format!("/service/tickets/{under}/merge"), &[], Some(&body));
}

#[test]
fn a_ticket_that_was_merged_is_its_parents_business() {
    let (desk, own, parent) = with_tickets();
    merge(&desk, own, parent);
    let before = ticket(&desk, parent);
    for day in 0..3 {
        desk.later(SignedDuration::from_hours(25));
        bad(&desk, &format!("again-{day}"));
        desk.psactl(&["sync", "--only", "tickets"]).ends_with(0);
        assert_eq!(desk.tickets().len(), 1, "the parent is open: nothing more is opened");
    }
    good(&desk, "n2");
    desk.later(SignedDuration::from_mins(2));
    desk.psactl(&["sync", "--only", "tickets"]).ends_with(0);
    assert_eq!(desk.tickets().len(), 1);
    assert_eq!(theirs(vec![ticket(&desk, parent)]), theirs(vec![before]), "nobody's parent ticket is closed");
}

/// A person closed the parent while the fault stood: as with any ticket that a person closed, there is quiet for a
/// day, and then a new ticket.
#[test]
fn a_parent_that_was_closed_leaves_the_fault_without_a_ticket_for_a_day() {
    let (desk, own, parent) = with_tickets();
    merge(&desk, own, parent);
    desk.later(SignedDuration::from_hours(48));
    bad(&desk, "n2");
    desk.psactl(&["sync", "--only", "tickets"]).ends_with(0);
    desk.change(&format!("/service/tickets/{parent}"), "status", closed(&desk, parent));
    desk.later(SignedDuration::from_hours(2));
    bad(&desk, "n3");
    desk.psactl(&["sync", "--only", "tickets"]).ends_with(0);
    assert_eq!(desk.tickets().len(), 1, "quiet");
    desk.later(SignedDuration::from_hours(23));
    desk.psactl(&["sync", "--only", "tickets"]).ends_with(0).says("1 ticket opened");
    desk.psactl(&["sync", "--only", "tickets", "--verify"]).ends_with(0);
    assert_eq!(desk.tickets().len(), 2);
}

#[test]
fn a_ticket_that_became_a_child_is_still_the_ticket() {
    let (desk, own, parent) = with_tickets();
    let body = json!({ "childTicketIds": [own] });
    desk.ask("POST", &format!("/service/tickets/{parent}/attachChildren"), &[], Some(&body));
    desk.later(SignedDuration::from_hours(1));
    good(&desk, "n2");
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket resolved");
    assert_eq!(
        (&ticket(&desk, own)["closedFlag"], &ticket(&desk, parent)["closedFlag"]),
        (&json!(true), &json!(false))
    );
}

#[test]
fn a_ticket_that_was_deleted_is_opened_at_most_once_again() {
    let (desk, own, _) = with_tickets();
    desk.delete(&format!("/service/tickets/{own}"));
    for day in 0..3 {
        desk.later(SignedDuration::from_hours(25));
        bad(&desk, &format!("again-{day}"));
        desk.psactl(&["sync", "--only", "tickets"]).ends_with(0);
    }
    assert_eq!(desk.tickets().len(), 1);
    desk.later(SignedDuration::from_hours(1));
    good(&desk, "n2");
    desk.psactl(&["sync", "--only", "tickets"]).ends_with(0).says("1 ticket resolved");
}

/// A ticket deleted after its fault ended, and one deleted before: nothing is left to resolve.
#[test]
fn a_deleted_ticket_of_a_fault_that_ends_needs_nothing() {
    let (desk, own, _) = with_tickets();
    desk.delete(&format!("/service/tickets/{own}"));
    desk.later(SignedDuration::from_hours(1));
    good(&desk, "n2");
    desk.forget_requests();
    desk.psactl(&["sync", "--only", "tickets"]).ends_with(0);
    assert_eq!(desk.writes(), Vec::<String>::new());
    desk.forget_requests();
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync", "--only", "tickets"]).ends_with(0);
    assert_eq!(desk.requests().len(), 0);
}

#[test]
fn statuses_are_known_by_their_ids() {
    let (desk, own, _) = with_tickets();
    let opened = ticket(&desk, own);
    let statuses = format!("/service/boards/{}/statuses", opened["board"]["id"]);
    for status in desk.records(&statuses, "") {
        let renamed = format!("{} now", status["name"].as_str().unwrap());
        desk.change(&format!("{statuses}/{}", id(&status)), "name", renamed);
    }
    let before = desk.records(&statuses, "");
    desk.later(SignedDuration::from_hours(1));
    good(&desk, "n2");
    desk.event(
        "n3",
        1,
        "AF-Office",
        "419",
        "Error",
        "Remote Backup failed for account [AF-Office / DOC30199012]",
    );
    desk.psactl(&["sync", "--only", "tickets"])
        .ends_with(0)
        .says("1 ticket opened")
        .says("1 ticket resolved");
    assert_eq!(desk.records(&statuses, "").len(), before.len());
    let new = desk.record("/service/tickets", "summary = \"Backup failed: AF-Office\"");
    assert_eq!(new["status"]["id"], opened["status"]["id"]);
}
