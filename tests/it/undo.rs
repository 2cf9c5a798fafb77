//! `psactl undo`: a run is taken back where nobody wrote since, and stays taken back until a person lifts it.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::story;
use crate::support::{Desk, id, shape};
use crate::syncing::{next_export, used};

const SELECT: &str = "Online Backup Select Storage";
const BDR: &str = "ShadowProtect BDR Storage";
const BASIC: &str = "Online Backup Basic Storage";
const EDDIE: &str = "Eddie's TV Repair";
const FOX: &str = "Angry Fox";
const PATCH: &str = "PATCH /finance/agreements/{parentId}/additions/{id}";

/// The number of the last run that wrote.
pub fn last_run(desk: &Desk) -> String {
    let history = desk.psactl(&["history", "--output", "json"]).ends_with(0).json();
    id(&history["runs"][0]).to_string()
}

/// Half a day later the use of two additions moved a little, and a run has pushed it. Returns the run.
fn pushed(desk: &Desk) -> String {
    used(desk, "ETV-Primary", "148.20", "151.45");
    used(desk, "AF-Office", "91.66", "92.66");
    next_export(desk, SignedDuration::from_hours(13));
    desk.psactl(&["sync"]).ends_with(0).says("2 agreement additions updated");
    desk.forget_requests();
    last_run(desk)
}

fn quantity(desk: &Desk, company: &str, product: &str) -> f64 {
    desk.addition(company, product)["quantity"].as_f64().unwrap()
}

fn holds(desk: &Desk) -> Vec<(String, String)> {
    let review = desk.psactl(&["review", "--output", "json"]).ends_with(0).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let holds = review["held"].as_array().unwrap().iter();
    holds.map(|hold| (text(&hold["state"]), text(&hold["reason"]))).collect()
}

#[test]
fn a_run_is_taken_back_and_stays_so_until_a_person_lifts_it() {
    let desk = Desk::running();
    let before = (desk.addition(EDDIE, SELECT), desk.addition(FOX, BASIC));
    let run = pushed(&desk);
    assert_eq!(quantity(&desk, EDDIE, SELECT), 192.3);

    let ran = desk.narrow(&["undo", &run, "--dry-run"]).ends_with(0);
    insta::assert_snapshot!(desk.shown(&ran));
    assert_eq!(desk.writes(), Vec::<String>::new());
    desk.psactl(&["undo", &run]).ends_with(2).says("--yes");
    assert_eq!(desk.writes(), Vec::<String>::new());

    desk.psactl(&["undo", &run, "--yes"]).ends_with(0).says("2 writes taken back");
    assert_eq!(desk.writes(), [PATCH, PATCH]);
    for (company, product, was) in [(EDDIE, SELECT, &before.0), (FOX, BASIC, &before.1)] {
        let now = desk.addition(company, product);
        assert_eq!(now["quantity"], was["quantity"]);
        assert_eq!(now["invoiceDescription"], was["invoiceDescription"]);
    }
    let undone = ("undone".to_owned(), format!("undone in run {run}"));
    assert_eq!(holds(&desk), [undone.clone(), undone.clone()]);

    // The next runs show it as held and write nothing there, whatever the use.
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(6).says(&format!("undone in run {run}")).says("2 held");
    used(&desk, "ETV-Primary", "151.45", "150.00");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.psactl(&["sync", "--dry-run", "--force"]).ends_with(0).says("190.85");
    // It was said: another value is no other question where none is to be written.
    desk.psactl(&["sync", "--force"]).ends_with(0).says("2 held");
    assert!(!desk.writes().contains(&PATCH.to_owned()), "{:?}", desk.writes());
    assert_eq!(holds(&desk).iter().filter(|hold| **hold == undone).count(), 2);

    // `all` answers questions that guards asked; what was taken back is approved by its number.
    desk.psactl(&["review", "--approve", "all"]).ends_with(0).says("lifts it");
    let review = desk.psactl(&["review", "--output", "json"]).ends_with(0).json();
    let eddie = review["held"].as_array().unwrap().iter().find(|hold| hold["cid"] == "342").unwrap();
    desk.psactl(&["review", "--approve", &id(eddie).to_string()]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(0).says("1 agreement addition updated");
    assert_eq!(quantity(&desk, EDDIE, SELECT), 190.85);
    assert_eq!(quantity(&desk, FOX, BASIC), 91.66);
    assert_eq!(holds(&desk), [undone]);
}

#[test]
fn what_is_right_after_an_undo_stays_held_for_what_comes() {
    let desk = Desk::running();
    let run = pushed(&desk);
    desk.psactl(&["undo", &run, "--yes"]).ends_with(0);
    // The export was wrong, and is put right: nothing is to be written any more.
    used(&desk, "ETV-Primary", "151.45", "148.20");
    used(&desk, "AF-Office", "92.66", "91.66");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.psactl(&["sync", "--verify"]).ends_with(0);
    used(&desk, "ETV-Primary", "148.20", "149.00");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(6).says(&format!("undone in run {run}"));
    assert!(!desk.writes().contains(&PATCH.to_owned()));
    // A no to it leaves it taken back.
    let review = desk.psactl(&["review", "--output", "json"]).json();
    for hold in review["held"].as_array().unwrap() {
        desk.psactl(&["review", "--reject", &id(hold).to_string(), "--reason", "disputed"]).ends_with(0);
    }
    desk.psactl(&["sync", "--verify"]);
    used(&desk, "ETV-Primary", "149.00", "700.00");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.psactl(&["sync", "--force"]);
    assert!(!desk.writes().contains(&PATCH.to_owned()));
    assert_eq!(quantity(&desk, EDDIE, SELECT), 189.05);
}

#[test]
fn what_somebody_wrote_since_is_left_alone() {
    let desk = Desk::running();
    let run = pushed(&desk);
    desk.change(&desk.addition_path(EDDIE, SELECT), "quantity", 200);
    desk.psactl(&["undo", &run, "--yes"])
        .ends_with(6)
        .says("1 write taken back, 1 left alone")
        .says("somebody wrote since: quantity is 200")
        .says("by admin2");
    assert_eq!(quantity(&desk, EDDIE, SELECT), 200.0);
    assert_eq!(quantity(&desk, FOX, BASIC), 91.66);
    // A text is work as a quantity is.
    let desk = Desk::running();
    let run = pushed(&desk);
    desk.change(&desk.addition_path(EDDIE, SELECT), "invoiceDescription", "As agreed with Eddie");
    desk.psactl(&["undo", &run, "--yes"]).ends_with(6).says("invoiceDescription is “As agreed with Eddie”");
    assert_eq!(quantity(&desk, EDDIE, SELECT), 192.3);
}

#[test]
fn what_was_put_back_by_hand_is_no_trouble() {
    let desk = Desk::running();
    let was = desk.addition(EDDIE, SELECT);
    let run = pushed(&desk);
    let path = desk.addition_path(EDDIE, SELECT);
    desk.change(&path, "quantity", was["quantity"].clone());
    desk.change(&path, "invoiceDescription", was["invoiceDescription"].clone());
    desk.psactl(&["undo", &run, "--yes"]).ends_with(0).says("holds what it held before the run");
}

#[test]
fn an_invoice_made_since_is_corrected_by_credit_note() {
    let desk = Desk::running();
    let run = pushed(&desk);
    let agreement = format!("/finance/agreements/{}", desk.agreement(EDDIE));
    let next = desk.ask("GET", &agreement, &[], None)["nextInvoiceDate"].clone();
    desk.change(&agreement, "nextInvoiceDate", "2027-01-31T00:00:00Z");
    desk.psactl(&["undo", &run, "--yes"])
        .ends_with(6)
        .says("an invoice was made since")
        .says("now 2027-01-31")
        .says("credit note");
    assert_eq!(quantity(&desk, EDDIE, SELECT), 192.3);
    assert_eq!(quantity(&desk, FOX, BASIC), 91.66);
    // A journal of an earlier psactl does not say for which invoice it was.
    desk.change(&agreement, "nextInvoiceDate", next);
    let db = rusqlite::Connection::open(desk.file("state").join("psactl.db")).unwrap();
    db.execute("UPDATE journal SET change = json_remove(change, '$.purpose.quantity.next_invoice')", [])
        .unwrap();
    desk.psactl(&["undo", &run, "--yes"]).ends_with(6).says("did not note the next invoice date");
    assert_eq!(quantity(&desk, EDDIE, SELECT), 192.3);
}

#[test]
fn what_a_later_run_wrote_again_is_left_alone() {
    let desk = Desk::running();
    let first = pushed(&desk);
    used(&desk, "ETV-Primary", "151.45", "152.45");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.psactl(&["sync"]).ends_with(0);
    let second = last_run(&desk);
    desk.psactl(&["undo", &first, "--yes"]).ends_with(6).says(&format!("run {second} wrote it again"));
    assert_eq!(quantity(&desk, EDDIE, SELECT), 193.3);
    assert_eq!(quantity(&desk, FOX, BASIC), 91.66);
    // One after the other it goes.
    desk.psactl(&["undo", &second, "--yes"]).ends_with(0);
    assert_eq!(quantity(&desk, EDDIE, SELECT), 192.3);
}

#[test]
fn an_undo_is_a_run_and_can_be_taken_back() {
    let desk = Desk::running();
    let run = pushed(&desk);
    desk.psactl(&["undo", &run, "--yes"]).ends_with(0);
    let undo = last_run(&desk);
    desk.psactl(&["undo", &run, "--yes"]).ends_with(0).says(&format!("taken back by run {undo} already"));
    desk.psactl(&["history"])
        .ends_with(0)
        .says(&format!("undone by run {undo}"))
        .says(&format!("undoes run {run}"));
    desk.psactl(&["history", "show", &run]).ends_with(0).says(&format!("undone by run {undo}"));
    desk.psactl(&["undo", &undo, "--yes"]).ends_with(0);
    assert_eq!(quantity(&desk, EDDIE, SELECT), 192.3);
    // Nobody has lifted anything: the next use is held.
    used(&desk, "ETV-Primary", "151.45", "152.45");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(6).says(&format!("undone in run {undo}"));
    assert!(!desk.writes().contains(&PATCH.to_owned()));
}

#[test]
fn statistics_go_back_and_stay_and_tickets_are_listed() {
    let desk = Desk::linked();
    desk.psactl(&["sync", "--open-standing"]).ends_with(0);
    let run = last_run(&desk);
    let path = format!("/company/companies/{}/managementSummaryReports", desk.company(EDDIE));
    let jobs = || desk.record(&path, "deviceType = \"BackupStats\"")["successfulBackupJobs"].as_i64();
    assert_ne!(jobs().unwrap_or_default(), 0);
    desk.psactl(&["undo", &run, "--yes"])
        .ends_with(0)
        .says("people may be at work on the ticket")
        .says("6 writes taken back");
    assert_eq!(jobs().unwrap_or_default(), 0);
    let tickets = desk.tickets().len();
    desk.psactl(&["sync"]).ends_with(6).says(&format!("undone in run {run}"));
    assert_eq!(jobs().unwrap_or_default(), 0);
    assert_eq!(desk.tickets().len(), tickets);
    let review = desk.psactl(&["review", "--output", "json"]).json();
    for hold in review["held"].as_array().unwrap() {
        desk.psactl(&["review", "--approve", &id(hold).to_string()]).ends_with(0);
    }
    desk.psactl(&["sync"]).ends_with(0);
    assert_ne!(jobs().unwrap_or_default(), 0);
    assert_eq!(holds(&desk), []);
}

#[test]
fn a_text_of_somebody_elses_goes_back_and_stays_somebody_elses() {
    let desk = Desk::running();
    desk.change(&desk.addition_path(EDDIE, BDR), "invoiceDescription", "As agreed with Eddie");
    desk.psactl(&["sync", "--verify"]).ends_with(6);
    desk.psactl(&["review", "--approve", "all"]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.addition(EDDIE, BDR)["invoiceDescription"], "ETV-BDR: 412.5 GB");
    let run = last_run(&desk);
    desk.psactl(&["undo", &run, "--yes"]).ends_with(0);
    assert_eq!(desk.addition(EDDIE, BDR)["invoiceDescription"], "As agreed with Eddie");
    // Lifted, and the use moved: the text is asked for again, as any that psactl did not write.
    let review = desk.psactl(&["review", "--output", "json"]).json();
    desk.psactl(&["review", "--approve", &id(&review["held"][0]).to_string()]).ends_with(0);
    used(&desk, "ETV-BDR", "412.50", "413.50");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.psactl(&["sync"]).ends_with(6).says("an invoice description that psactl did not write");
    assert_eq!(desk.addition(EDDIE, BDR)["invoiceDescription"], "As agreed with Eddie");
}

#[test]
fn an_undo_that_was_killed_is_run_again() {
    for point in ["intent", "sent", "remembered", "outcome"] {
        let desk = Desk::running();
        let run = pushed(&desk);
        let killed = || Desk::ran(&mut story::command(&desk, &["undo", &run, "--yes"], point));
        let ran = killed();
        assert_eq!(ran.code, -1, "{point}: {}", ran.stderr);
        // Both writes were under way together: they may have arrived, and then nothing is left to be killed at.
        let ran = killed();
        assert!([-1, 0].contains(&ran.code), "{point}: {}", ran.stderr);
        // The scheduler's run comes in between: what is taken back stays so.
        desk.psactl(&["sync"]);
        let ran = desk.psactl(&["undo", &run, "--yes"]);
        assert_eq!(ran.code, 0, "{point}\n{}{}", ran.stdout, ran.stderr);
        assert_eq!(quantity(&desk, EDDIE, SELECT), 189.05, "{point}");
        assert_eq!(quantity(&desk, FOX, BASIC), 91.66, "{point}");
        let undone = holds(&desk).iter().filter(|(state, _)| state == "undone").count();
        assert_eq!(undone, 2, "{point}");
        desk.forget_requests();
        desk.psactl(&["sync", "--verify"]);
        assert!(!desk.writes().contains(&PATCH.to_owned()), "{point}");
    }
}

#[test]
fn a_customer_that_is_linked_again_stays_taken_back() {
    let desk = Desk::running();
    let run = pushed(&desk);
    desk.psactl(&["undo", &run, "--yes"]).ends_with(0);
    desk.psactl(&["companies", "unlink", "342", "--yes"]).ends_with(0);
    desk.psactl(&["companies", "link", "342", EDDIE, "--yes"]).ends_with(0);
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(6).says(&format!("undone in run {run}"));
    assert!(!desk.writes().contains(&PATCH.to_owned()));
}

#[test]
fn runs_without_anything_to_take_back() {
    let desk = Desk::running();
    desk.psactl(&["undo", "4711", "--yes"]).ends_with(6).says("there is no run 4711");
    desk.psactl(&["undo", "one"]).ends_with(2);
    // Set-up makes records: nothing of it is taken back.
    desk.forget_requests();
    desk.psactl(&["undo", "1", "--yes"])
        .ends_with(6)
        .says("nothing to take back")
        .says("the record was made");
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn the_json_shape_is_kept() {
    let desk = Desk::running();
    let run = pushed(&desk);
    desk.change(&desk.addition_path(EDDIE, SELECT), "quantity", 200);
    let undo = desk.psactl(&["undo", &run, "--yes", "--output", "json"]).ends_with(6).json();
    assert_eq!(undo["schema"], "psactl/undo/1");
    assert_eq!(undo["applied"][0]["change"]["undoes"], json!(run.parse::<i64>().unwrap()));
    insta::assert_snapshot!(shape(&undo));
}
