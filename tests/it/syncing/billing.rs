//! Billing: quantities and invoice descriptions follow the use, and nothing doubtful is written.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{measured, next_export, used};
use crate::support::{Desk, Ran, id};

const BDR: &str = "ShadowProtect BDR Storage";
const SELECT: &str = "Online Backup Select Storage";
const BASIC: &str = "Online Backup Basic Storage";
const EDDIE: &str = "Eddie's TV Repair";
const PATCH: &str = "PATCH /finance/agreements/{parentId}/additions/{id}";

/// Set up and linked, and a colleague has added Angry Fox's BDR storage by hand: 200 GB, 150 of them included.
fn by_hand() -> Desk {
    let desk = Desk::bare();
    desk.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(3);
    add_by_hand(&desk, 200);
    desk.set_up();
    desk.forget_requests();
    desk
}

fn add_by_hand(desk: &Desk, quantity: i64) -> i64 {
    let product = id(&desk.record("/procurement/catalog", &format!("identifier = \"{BDR}\"")));
    let body = json!({
        "product": { "id": product }, "billCustomer": "Billable", "quantity": quantity, "lessIncluded": 150,
        "unitPrice": 0.5, "effectiveDate": "2015-08-01T00:00:00Z", "serialNumber": "EFS-419",
    });
    id(&desk.make(&format!("/finance/agreements/{}/additions", desk.agreement("Angry Fox")), body))
}

fn quantity(desk: &Desk, company: &str, product: &str) -> f64 {
    desk.addition(company, product)["quantity"].as_f64().unwrap()
}

/// An addition without what psactl may write and what follows from it.
fn the_rest(mut addition: Value) -> Value {
    for field in
        ["quantity", "invoiceDescription", "billedQuantity", "extPrice", "extCost", "margin", "_info"]
    {
        addition.as_object_mut().unwrap().remove(field);
    }
    addition
}

/// The next run that has to do with billing: half a day later, with a fresh export.
fn next_sync(desk: &Desk) -> Ran {
    next_export(desk, SignedDuration::from_hours(13));
    desk.forget_requests();
    desk.psactl(&["sync"])
}

#[test]
fn the_first_push_to_a_by_hand_addition_is_held_and_written_once_after_a_yes() {
    let desk = by_hand();
    let before = desk.addition("Angry Fox", BDR);
    desk.psactl(&["sync"])
        .ends_with(6)
        .says("first quantity that psactl pushes to this addition")
        .says("25.00 -> 18.65 USD")
        .says("1 held");
    assert!(!desk.writes().contains(&PATCH.to_owned()));
    assert_eq!(quantity(&desk, "Angry Fox", BDR), 200.0);

    desk.psactl(&["review"]).ends_with(0).says("held");
    desk.psactl(&["review", "--approve", "1"]).ends_with(0).says("1 approved");
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(0).says("1 agreement addition updated");
    assert_eq!(desk.writes(), [PATCH]);
    let after = desk.addition("Angry Fox", BDR);
    assert_eq!(after["quantity"].as_f64(), Some(187.3));
    assert_eq!(after["invoiceDescription"], "AF-BDR: 187.3 GB");
    assert_eq!(the_rest(after), the_rest(before), "nothing but quantity and description");

    desk.psactl(&["review"]).ends_with(0).says("Nothing is held.");
    desk.forget_requests();
    desk.psactl(&["sync", "--verify"]).ends_with(0);
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn an_approval_is_void_when_the_use_moved() {
    let desk = by_hand();
    desk.psactl(&["sync"]).ends_with(6);
    desk.psactl(&["review", "--approve", "all"]).ends_with(0);
    used(&desk, "AF-BDR", "187.30", "190.00");
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync"]).ends_with(6).says("190").says("1 held");
    assert_eq!(quantity(&desk, "Angry Fox", BDR), 200.0);
    let review = desk.psactl(&["review", "--output", "json"]).ends_with(0).json();
    assert_eq!((&review["held"][0]["state"], &review["held"][0]["after"]), (&json!("held"), &json!("190")));
}

#[test]
fn an_approval_is_void_when_the_record_moved() {
    let desk = by_hand();
    desk.psactl(&["sync"]).ends_with(6);
    desk.psactl(&["review", "--approve", "all"]).ends_with(0);
    desk.change(&desk.addition_path("Angry Fox", BDR), "quantity", 160);
    desk.psactl(&["sync"]).ends_with(6);
    assert_eq!(quantity(&desk, "Angry Fox", BDR), 160.0);
}

#[test]
fn a_rejection_stands_until_the_value_moves_beyond_the_guard() {
    let desk = by_hand();
    desk.psactl(&["sync"]).ends_with(6);
    desk.psactl(&["review", "--reject", "1"]).ends_with(2).says("--reason");
    desk.psactl(&["review", "--reject", "1", "--reason", "the customer disputes it"])
        .ends_with(0)
        .says("1 rejected")
        .says("the customer disputes it");
    used(&desk, "AF-BDR", "187.30", "195.00");
    next_sync(&desk).ends_with(0);
    assert_eq!(desk.writes().iter().filter(|write| *write == PATCH).count(), 0);
    desk.psactl(&["review"]).ends_with(0).says("rejected");
    used(&desk, "AF-BDR", "195.00", "300.00");
    next_sync(&desk).ends_with(6).says("1 held");
    assert_eq!(quantity(&desk, "Angry Fox", BDR), 200.0);
    // It is another question: neither the answer's reason nor its date is the new one's.
    let review = desk.psactl(&["review", "--output", "json"]).ends_with(0).json();
    let hold = review["held"].as_array().unwrap().iter().find(|hold| hold["cid"] == "419").unwrap();
    assert_eq!((&hold["state"], &hold["note"]), (&json!("held"), &Value::Null));
    assert_eq!(hold["since"].as_str().map(|since| &since[..13]), Some("2026-11-24T16"), "{hold:#}");
}

#[test]
fn numbers_that_are_none_answer_nothing() {
    let desk = by_hand();
    desk.psactl(&["sync"]).ends_with(6);
    desk.psactl(&["review", "--approve", "1", "--approve", "99"]).ends_with(6).says("no held change 99");
    desk.psactl(&["review", "--approve", "one"]).ends_with(2).says("no number of a held change");
    desk.psactl(&["review", "--take-over", "99"]).ends_with(6).says("psactl keeps no agreement addition #99");
    let review = desk.psactl(&["review", "--output", "json"]).ends_with(0).json();
    assert_eq!(review["held"][0]["state"], "held", "nothing was answered");
}

#[test]
fn use_that_changed_is_written_with_its_description_and_nothing_else() {
    let desk = Desk::running();
    let before = desk.addition(EDDIE, SELECT);
    used(&desk, "ETV-Primary", "148.20", "151.45");
    next_sync(&desk).ends_with(0).says("quantity: 189.05 -> 192.3");
    assert_eq!(desk.writes(), [PATCH]);
    let after = desk.addition(EDDIE, SELECT);
    assert_eq!(after["quantity"].to_string(), "192.3");
    assert_eq!(
        after["invoiceDescription"],
        "ETV-Primary: 151.45 GB; ETV-FrontOffice: 36.75 GB; ETV-Truck01: 4.1 GB"
    );
    assert_eq!(the_rest(after), the_rest(before));
}

#[test]
fn descriptions_that_are_switched_off_are_left_alone() {
    let desk = Desk::running();
    let before = desk.addition(EDDIE, SELECT)["invoiceDescription"].clone();
    desk.edit("psactl.toml", "update_invoice_descriptions = true ", "update_invoice_descriptions = false ");
    used(&desk, "ETV-Primary", "148.20", "151.45");
    next_sync(&desk).ends_with(0);
    assert_eq!(quantity(&desk, EDDIE, SELECT), 192.3);
    assert_eq!(desk.addition(EDDIE, SELECT)["invoiceDescription"], before);
}

#[test]
fn a_text_that_psactl_did_not_write_is_held_before_it_goes() {
    let desk = Desk::running();
    desk.change(&desk.addition_path(EDDIE, SELECT), "invoiceDescription", "As agreed with Eddie");
    next_sync(&desk).ends_with(0);
    desk.psactl(&["sync", "--verify"]).ends_with(6).says("an invoice description that psactl did not write");
    // The quantity goes on without it.
    used(&desk, "ETV-Primary", "148.20", "151.45");
    next_sync(&desk);
    assert_eq!(quantity(&desk, EDDIE, SELECT), 192.3);
    assert_eq!(desk.addition(EDDIE, SELECT)["invoiceDescription"], "As agreed with Eddie");
}

#[test]
fn each_guard_holds_in_its_own_words() {
    for (account, from, to, product, company, words) in [
        ("ETV-Primary", "148.20", "348.20", SELECT, EDDIE, "rises by 105.8% (guard: 50%)"),
        ("ETV-BDR", "412.50", "200.00", BDR, EDDIE, "falls by 51.5% (guard: 30%)"),
        ("AF-Office", "91.66", "0", BASIC, "Angry Fox", "falls to zero from 91.66"),
    ] {
        let desk = Desk::running();
        let before = quantity(&desk, company, product);
        used(&desk, account, from, to);
        next_sync(&desk).ends_with(6).says(words);
        assert_eq!(desk.writes(), Vec::<String>::new(), "{words}");
        assert_eq!(quantity(&desk, company, product), before);
        desk.psactl(&["review", "--approve", "all"]).ends_with(0);
        desk.psactl(&["sync"]).ends_with(0);
        assert_ne!(quantity(&desk, company, product), before);
    }
}

#[test]
fn force_passes_over_intervals_and_never_over_guards() {
    let desk = Desk::running();
    used(&desk, "ETV-Primary", "148.20", "348.20");
    used(&desk, "AF-Office", "91.66", "92.00");
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync", "--force"]).ends_with(6).says("1 held");
    assert_eq!(quantity(&desk, EDDIE, SELECT), 189.05);
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 92.0);
}

#[test]
fn a_whole_export_that_jumps_holds_the_run() {
    let desk = Desk::running();
    // Each stays within the 50% of its own, all together they do not.
    for (account, from, to) in [
        ("ETV-Primary", "148.20", "218.20"),
        ("ETV-BDR", "412.50", "600.50"),
        ("AF-Office", "91.66", "130.00"),
    ] {
        used(&desk, account, from, to);
    }
    next_sync(&desk).ends_with(6).says("billing of this run is held").says("(guard: 10%)").says("3 held");
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn billed_twice_is_blocked_and_no_approval_helps() {
    let desk = Desk::running();
    add_by_hand(&desk, 10);
    used(&desk, "AF-BDR", "187.30", "188.30");
    used(&desk, "AF-Office", "91.66", "92.00");
    next_sync(&desk).ends_with(6).says("billed twice: additions #").says("Cancelled Date");
    assert_eq!(desk.writes(), [PATCH], "the other service goes on");
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 92.0);
    desk.psactl(&["review", "--approve", "all"]).ends_with(0).says("Nothing is held.");
    desk.psactl(&["sync", "--force"]);
    let bdr: Vec<String> =
        desk.billed().into_iter().filter(|(name, _)| name.contains(BDR)).map(|(_, value)| value).collect();
    assert_eq!(bdr, ["412.5", "187.3", "10"]);
}

#[test]
fn anothers_quantity_is_left_until_a_person_takes_the_addition_over() {
    let desk = Desk::running();
    let addition = id(&desk.addition(EDDIE, BDR));
    desk.change(&desk.addition_path(EDDIE, BDR), "quantity", 450);
    used(&desk, "ETV-BDR", "412.50", "420.00");
    next_sync(&desk)
        .ends_with(6)
        .says("somebody else wrote its quantity: 450 (psactl's last: 412.5), by admin2")
        .says(&format!("psactl review --take-over {addition}"));
    assert_eq!(quantity(&desk, EDDIE, BDR), 450.0);
    desk.psactl(&["review", "--approve", "all"]).ends_with(0);
    desk.psactl(&["sync", "--force"]);
    assert_eq!(quantity(&desk, EDDIE, BDR), 450.0);

    desk.psactl(&["review", "--take-over", &addition.to_string()]).ends_with(0).says("1 taken over");
    // It is another's value: the next push is a first push, and held once more.
    desk.psactl(&["sync", "--force"]).ends_with(6).says("first quantity that psactl pushes");
    desk.psactl(&["review", "--approve", "all"]).ends_with(0).says("1 approved");
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(quantity(&desk, EDDIE, BDR), 420.0);
}

/// What psactl found before its first push is somebody's work once it stands there again.
#[test]
fn a_quantity_that_a_person_set_back_stays() {
    let desk = by_hand();
    desk.psactl(&["sync"]).ends_with(6);
    desk.psactl(&["review", "--approve", "all"]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(0).says("200 -> 187.3");
    desk.change(&desk.addition_path("Angry Fox", BDR), "quantity", 200);
    used(&desk, "AF-BDR", "187.30", "190.00");
    next_sync(&desk).ends_with(6).says("somebody else wrote its quantity: 200 (psactl's last: 187.3)");
    assert_eq!(quantity(&desk, "Angry Fox", BDR), 200.0);
}

#[test]
fn what_is_not_measured_is_left_as_it_is() {
    let desk = Desk::running();
    used(&desk, "ETV-BDR", "412.50", "");
    let note = "bills 412.5 and the portal's data have no measurement of it; left as it is";
    // It may go on being billed for ever: it is told once, and once a day.
    next_sync(&desk).ends_with(6).says(note);
    assert_eq!(desk.writes(), Vec::<String>::new());
    assert_eq!(quantity(&desk, EDDIE, BDR), 412.5);
    desk.psactl(&["sync", "--verify", "--dry-run"]).ends_with(0).says(note);
    desk.psactl(&["doctor", "--only", "sync"]).ends_with(0).says(note);
}

#[test]
fn an_account_that_is_gone_is_billed_no_longer() {
    let desk = Desk::running();
    let text = desk.read("accounts.csv");
    let left: Vec<&str> = text.lines().filter(|line| !line.contains("ETV-FrontOffice")).collect();
    desk.write("accounts.csv", &(left.join("\n") + "\n"));
    // Below every guard: a fifth of one line, a sixteenth of all invoices. Its own local backup has no
    // measurement any more, and somebody is told.
    next_sync(&desk).ends_with(6).says("2 agreement additions updated").says("have no measurement of it");
    assert_eq!(quantity(&desk, EDDIE, SELECT), 152.3);
    assert_eq!(
        desk.addition(EDDIE, SELECT)["invoiceDescription"],
        "ETV-Primary: 148.2 GB; ETV-Truck01: 4.1 GB"
    );
}

#[test]
fn a_row_that_cannot_be_read_blocks_its_customer_alone() {
    let desk = Desk::running();
    used(&desk, "ETV-Truck01", "4.10", "four");
    used(&desk, "AF-Office", "91.66", "92.00");
    next_sync(&desk).ends_with(6).says("a partial sum is a wrong bill").says("accounts.csv");
    assert_eq!(desk.writes(), [PATCH]);
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 92.0);
    assert_eq!(quantity(&desk, EDDIE, SELECT), 189.05);
}

#[test]
fn an_old_export_is_not_billed_and_tickets_go_on() {
    let desk = Desk::running();
    used(&desk, "AF-Office", "91.66", "92.00");
    desk.later(SignedDuration::from_hours(37));
    desk.event(
        "n1",
        1,
        "AF-Office",
        "419",
        "Error",
        "Remote Backup failed for account [AF-Office / DOC30199012]",
    );
    desk.psactl(&["sync"]).ends_with(6).says("longer ago than max_age (1 day 12 h)");
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 91.66);
    assert_eq!(desk.tickets().len(), 1);
    // It is renewed: half a day after the last push all is well again, without a word.
    measured(&desk, SignedDuration::from_mins(-5));
    next_sync(&desk).ends_with(0);
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 92.0);
}

#[test]
fn an_export_older_than_the_last_is_refused() {
    let desk = Desk::running();
    let first = desk.read("accounts.csv");
    used(&desk, "AF-Office", "91.66", "92.00");
    next_sync(&desk).ends_with(0);
    // Somebody puts the old file back.
    desk.write("accounts.csv", &first);
    desk.later(SignedDuration::from_hours(13));
    desk.event(
        "n1",
        1,
        "AF-Office",
        "419",
        "Error",
        "Remote Backup failed for account [AF-Office / DOC30199012]",
    );
    desk.psactl(&["sync"]).ends_with(6).says("this export was measured before the last one used");
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 92.0);
    assert_eq!(desk.tickets().len(), 1, "tickets go on");
    // It stays the older one, however often it is read.
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync", "--force"]);
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 92.0);
}

#[test]
fn an_unlinked_customer_is_named_in_the_guides_words_until_it_is_linked() {
    let desk = Desk::bare();
    desk.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(3);
    desk.psactl(&["companies", "link", "342", EDDIE]).ends_with(0);
    desk.psactl(&["companies", "link", "355", "Joe TV Repair"]).ends_with(0);
    desk.psactl(&["setup", "--apply", "--yes"]).ends_with(0);
    desk.psactl(&["sync"])
        .ends_with(6)
        .says("ConnectWise Management ID Error: no company is linked to it")
        .says("psactl companies link 419 COMPANY");
    desk.psactl(&["sync"]).ends_with(0);
    desk.psactl(&["events", "--errors"]).ends_with(0).says("AF-BDR").is_silent_on("ETV-Primary");
    desk.psactl(&["companies", "link", "419", "Angry Fox"]).ends_with(0);
    desk.psactl(&["setup", "agreements", "--apply", "--yes"]).ends_with(0);
    desk.psactl(&["reprocess", "--errors", "--yes"]).ends_with(0);
    desk.psactl(&["events", "--errors"]).ends_with(0).says("No events.");
    assert_eq!(quantity(&desk, "Angry Fox", BDR), 187.3);
}

#[test]
fn use_that_nothing_bills_is_told_and_set_up_would_bill_it() {
    let desk = Desk::running();
    let path = desk.addition_path("Angry Fox", BASIC);
    desk.change(&path, "cancelledDate", "2026-11-20T00:00:00Z");
    next_sync(&desk).ends_with(0);
    desk.psactl(&["sync", "--verify"])
        .ends_with(6)
        .says("91.66 GB used and not billed")
        .says("was cancelled on 2026-11-20");
    assert_eq!(desk.writes(), Vec::<String>::new());
    desk.psactl(&["setup", "agreements", "--dry-run"])
        .ends_with(0)
        .says("Basic Online Backup Storage (EFS-419)");
}

#[test]
fn a_customer_that_was_renamed_at_the_portal_is_blocked_until_confirmed() {
    let desk = Desk::running();
    desk.edit("accounts.csv", "Angry Fox", "Calm Fox");
    used(&desk, "AF-Office", "91.66", "92.00");
    next_sync(&desk)
        .ends_with(6)
        .says("the portal now calls this customer “Calm Fox”, linked was “Angry Fox”");
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 91.66);
    let fox = desk.company("Angry Fox").to_string();
    desk.psactl(&["companies", "link", "419", &fox]).ends_with(2).says("the names differ");
    desk.psactl(&["companies", "link", "419", &fox, "--yes"]).ends_with(0);
    desk.psactl(&["sync", "--force"]).ends_with(0);
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 92.0);
}

#[test]
fn a_change_waits_while_the_invoice_is_due() {
    let desk = Desk::running();
    let path = format!("/finance/agreements/{}", desk.agreement("Angry Fox"));
    // The first of the month is there, and nobody has made the invoice of November yet.
    desk.later(SignedDuration::from_hours(7 * 24 + 12));
    used(&desk, "AF-Office", "91.66", "92.00");
    next_sync(&desk).ends_with(0);
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 91.66);
    desk.psactl(&["sync", "--verify", "--dry-run"])
        .ends_with(0)
        .says("invoice due: the invoice of 2026-12-01 on Managed Services for Angry Fox is not made yet");
    // It is made: its date moves on, and the next look writes.
    desk.change(&path, "nextInvoiceDate", "2027-01-01T00:00:00Z");
    desk.psactl(&["sync", "--verify"]).ends_with(0);
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 92.0);
}

#[test]
fn what_is_set_up_by_hand_is_kept_by_psactl_only_after_a_yes() {
    let desk = Desk::integrated();
    desk.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(3);
    desk.psactl(&["companies", "adopt", "--yes"]).ends_with(0);
    let before = desk.billed();
    desk.psactl(&["sync"]).ends_with(6).says("used and not billed");
    assert_eq!(desk.billed(), before, "quantities stay until a person says yes");
    desk.psactl(&["review", "--approve", "all"]).ends_with(0);
    desk.psactl(&["sync"]);
    assert_eq!(quantity(&desk, EDDIE, SELECT), 189.05);
    assert_eq!(desk.addition(EDDIE, SELECT)["lessIncluded"].as_f64(), Some(25.0));
}

#[test]
fn use_below_what_is_included_bills_nothing_and_says_so() {
    let desk = by_hand();
    used(&desk, "AF-BDR", "187.30", "120.50");
    desk.psactl(&["sync"]).ends_with(6);
    desk.psactl(&["review", "--approve", "all"]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(0);
    let addition = desk.addition("Angry Fox", BDR);
    assert_eq!(addition["quantity"].as_f64(), Some(150.0));
    assert_eq!(addition["extPrice"].as_f64(), Some(0.0), "never a negative line");
    assert_eq!(addition["invoiceDescription"], "AF-BDR: 120.5 GB");
}

#[test]
fn an_answer_that_never_came_is_looked_up_and_not_written_again() {
    let desk = Desk::running();
    used(&desk, "AF-Office", "91.66", "92.00");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.fault("PATCH", "/additions/", "applied-then-reset", 1);
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(0).says("1 agreement addition updated");
    assert_eq!(desk.writes(), [PATCH]);
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 92.0);
}

#[test]
fn one_customers_failure_stops_no_other() {
    let desk = Desk::running();
    desk.expects_refusals();
    used(&desk, "ETV-Primary", "148.20", "151.45");
    used(&desk, "AF-Office", "91.66", "92.00");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.fault("PATCH", &format!("/agreements/{}/additions/", desk.agreement(EDDIE)), "status-400", 1);
    desk.psactl(&["sync"]).ends_with(6).says("1 agreement addition updated").says("1 failed");
    assert_eq!(quantity(&desk, EDDIE, SELECT), 189.05);
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 92.0);
    // It waits for min_interval, then all is written.
    next_sync(&desk).ends_with(0);
    assert_eq!(quantity(&desk, EDDIE, SELECT), 192.3);
}

/// Whether a company is in use is not known: it is not billed as if it were.
#[test]
fn where_nobody_says_which_companies_are_in_use_nothing_is_written() {
    let desk = Desk::running();
    desk.expects_refusals();
    used(&desk, "AF-Office", "91.66", "92.00");
    next_export(&desk, SignedDuration::from_hours(13));
    let text = "Remote Backup failed for account [AF-Office / DOC30199012]";
    desk.event("n1", 1, "AF-Office", "419", "Error", text);
    desk.forget_requests();
    desk.fault("GET", "/company/companies/statuses", "status-500", 4);
    desk.psactl(&["sync"])
        .ends_with(5)
        .says("whether the companies are in use is not known")
        .says("tickets were not looked for");
    assert_eq!(desk.writes(), [""; 0]);
    desk.later(SignedDuration::from_mins(1));
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.requests().len(), 0, "not every minute");
    desk.later(SignedDuration::from_mins(15));
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket opened").says("91.66 -> 92");
}

#[test]
fn a_company_that_is_out_of_use_is_blocked() {
    let desk = Desk::running();
    let status = id(&desk.record("/company/companies/statuses", "name = \"Not Active\""));
    let company = format!("/company/companies/{}", desk.company("Angry Fox"));
    desk.change(&company, "status", json!({ "id": status }));
    used(&desk, "AF-Office", "91.66", "92.00");
    next_sync(&desk).ends_with(6);
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 91.66);
}

/// Enters a Managed ID by hand.
fn enter(desk: &Desk, company: &str, managed_id: &str, kind: &str) -> String {
    let solution = json!({ "id": id(&desk.record("/company/managementItSolutions", "")) });
    let path = format!("/company/companies/{}/managementSummaryReports", desk.company(company));
    let entry = json!({ "managementSolution": solution, "groupIdentifier": managed_id, "deviceType": kind });
    format!("{path}/{}", id(&desk.make(&path, entry)))
}

#[test]
fn a_managed_id_on_two_companies_blocks_its_customer_until_one_is_gone() {
    let desk = Desk::running();
    let wrong = enter(&desk, "Joe TV Repair", "EFS-419", "BackupStats");
    used(&desk, "AF-Office", "91.66", "92.00");
    desk.later(SignedDuration::from_hours(25));
    let fox = desk.company("Angry Fox");
    desk.psactl(&["sync", "--verify"]).ends_with(6).says(&format!(
        "its Managed ID EFS-419 stands on company #{fox} and on company #{}",
        desk.company("Joe TV Repair")
    ));
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 91.66);
    // Said once, and no ticket for a company that may be the wrong one.
    let lost = "Remote Backup failed for account [AF-Office / DOC30199009]: no space left";
    desk.event("lost", 0, "AF-Office", "419", "Error", lost);
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.tickets().len(), 0);
    desk.psactl(&["sync", "--cid", "419"]).ends_with(0).says("1 blocked");
    // Where the other company cannot be read, it stays so, and nobody else is stopped.
    desk.expects_refusals();
    let other = format!("companies/{}/managementSummaryReports", desk.company("Joe TV Repair"));
    desk.fault("GET", &other, "status-403", 1);
    desk.psactl(&["sync", "--cid", "419"]).ends_with(0).says("1 blocked");

    desk.delete(&wrong);
    desk.psactl(&["sync", "--cid", "419"]).ends_with(0);
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 92.0);
    assert_eq!(desk.tickets().len(), 1);
}

#[test]
fn a_managed_id_that_was_entered_since_links_its_customer() {
    let desk = Desk::running();
    desk.psactl(&["companies", "unlink", "419", "--yes"]).ends_with(0);
    let company = desk.company("Angry Fox");
    for entry in desk.records(&format!("/company/companies/{company}/managementSummaryReports"), "") {
        desk.delete(&format!("/company/companies/{company}/managementSummaryReports/{}", id(&entry)));
    }
    desk.later(SignedDuration::from_hours(25));
    desk.psactl(&["sync", "--verify"]).ends_with(6).says("ConnectWise Management ID Error");
    enter(&desk, "Angry Fox", "EFS-419", "WorkstationsAndServers");
    enter(&desk, "Angry Fox", "EFS-419", "BackupStats");
    // Looked for as often as everything is verified, not at every run.
    desk.forget_requests();
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.requests().len(), 0);
    desk.later(SignedDuration::from_hours(25));
    desk.psactl(&["sync"]).says("linked to Angry Fox").says("its Managed ID EFS-419 stands there");
    desk.psactl(&["companies"]).ends_with(0).says("Angry Fox");
    assert_eq!(desk.writes().iter().filter(|write| write.starts_with("POST")).count(), 0, "nothing is made");
}

#[test]
fn one_customers_busy_month_does_not_hold_the_run() {
    let desk = Desk::running();
    // 80 USD more: 10.6% of what this customer pays, 6.3% of all next invoices.
    used(&desk, "ETV-Primary", "148.20", "188.20");
    next_sync(&desk).ends_with(0);
    assert_eq!(quantity(&desk, EDDIE, SELECT), 229.05);
}

#[test]
fn rounding_otherwise_is_due_at_once_and_held_once() {
    let desk = Desk::running();
    desk.later(SignedDuration::from_hours(13));
    desk.psactl(&["sync"]);
    desk.edit("psactl.toml", "rounding = \"exact\"", "rounding = \"up\"");
    let reason = "use is counted otherwise than at the last push: GB, rounding exact, now GB, rounding up";
    desk.psactl(&["sync"]).ends_with(6).says(reason);
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 91.66);
    desk.psactl(&["review", "--approve", "all"]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 92.0);
    // From now on it is counted so.
    desk.later(SignedDuration::from_hours(13));
    used(&desk, "AF-Office", "91.66", "92.10");
    next_sync(&desk).ends_with(0);
    assert_eq!(quantity(&desk, "Angry Fox", BASIC), 93.0);
}
