//! `psactl sync --save-plan` and `psactl apply`: written exactly as saved, or not at all.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{Desk, Ran, shape};
use crate::syncing::{next_export, used};

const SELECT: &str = "Online Backup Select Storage";
const EDDIE: &str = "Eddie's TV Repair";
const PATCH: &str = "PATCH /finance/agreements/{parentId}/additions/{id}";

/// Half a day later the use of one addition moved a little, that of another beyond the guard; a plan is saved.
fn saved() -> Desk {
    let desk = Desk::running();
    used(&desk, "ETV-Primary", "148.20", "151.45");
    used(&desk, "ETV-BDR", "412.50", "200.00");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.forget_requests();
    save(&desk).ends_with(0).says("quantity: 189.05 -> 192.3").says("falls by 51.5%");
    assert_eq!(desk.writes(), Vec::<String>::new());
    desk
}

fn save(desk: &Desk) -> Ran {
    desk.psactl(&["sync", "--save-plan", &plan(desk)])
}

fn plan(desk: &Desk) -> String {
    desk.file("plan.json").display().to_string()
}

fn apply(desk: &Desk) -> Ran {
    desk.psactl(&["apply", &plan(desk), "--yes"])
}

fn quantity(desk: &Desk) -> f64 {
    desk.addition(EDDIE, SELECT)["quantity"].as_f64().unwrap()
}

#[test]
fn a_saved_plan_is_applied_as_it_is_and_once() {
    let desk = saved();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let rights = std::fs::metadata(desk.file("plan.json")).unwrap().permissions().mode();
        assert_eq!(rights & 0o777, 0o600);
    }
    desk.psactl(&["apply", &plan(&desk)]).ends_with(2).says("--yes");
    assert_eq!(desk.writes(), Vec::<String>::new());
    // Later, and exactly that.
    desk.later(SignedDuration::from_hours(2));
    // What is held is told as news, as by any run.
    apply(&desk).ends_with(6).says("1 agreement addition updated").says("is held and stays so");
    assert_eq!(desk.writes(), [PATCH]);
    assert_eq!(quantity(&desk), 192.3);
    assert_eq!(desk.addition(EDDIE, "ShadowProtect BDR Storage")["quantity"].as_f64(), Some(412.5));
    desk.forget_requests();
    apply(&desk).ends_with(6).says("was applied already").says("nothing to do");
    assert_eq!(desk.requests().len(), 0);
}

#[test]
fn a_plan_is_refused_where_the_psa_moved() {
    let desk = saved();
    desk.change(&desk.addition_path(EDDIE, SELECT), "unitPrice", 3);
    apply(&desk)
        .ends_with(6)
        .says("saved next invoice 378.10 -> 384.60 USD, now next invoice 567.15 -> 576.90 USD")
        .is_silent_on("quantity:");
    desk.change(&desk.addition_path(EDDIE, SELECT), "quantity", 170);
    let ran = apply(&desk)
        .ends_with(6)
        .says("would not be written now; quantity is 170")
        .says("nothing was written");
    assert!(ran.stdout.contains("agreement addition #"), "{}", ran.stdout);
    assert_eq!(desk.writes(), [PATCH, PATCH], "the colleague's two");
    assert_eq!(quantity(&desk), 170.0);
    // No event failed, and the scheduler's runs are as they were.
    desk.psactl(&["events", "--errors"]).ends_with(0).says("No events.");
    desk.psactl(&["sync"]).ends_with(6).says("somebody else wrote its quantity: 170");
}

#[test]
fn a_plan_is_refused_where_use_moved() {
    let desk = saved();
    used(&desk, "ETV-Primary", "151.45", "152.45");
    apply(&desk).ends_with(6).says("saved quantity: 189.05 -> 192.3").says("now quantity: 189.05 -> 193.3");
    used(&desk, "ETV-Primary", "152.45", "151.45");
    used(&desk, "AF-Office", "91.66", "92.66");
    apply(&desk).ends_with(6).says("new: quantity: 91.66 -> 92.66");
    assert_eq!(desk.writes(), Vec::<String>::new());
    // What is as it was saved again holds.
    used(&desk, "AF-Office", "92.66", "91.66");
    apply(&desk).ends_with(6).says("1 agreement addition updated");
}

#[test]
fn a_plan_is_refused_where_an_invoice_was_made() {
    let desk = saved();
    let agreement = format!("/finance/agreements/{}", desk.agreement(EDDIE));
    desk.change(&agreement, "nextInvoiceDate", "2027-01-31T00:00:00Z");
    desk.forget_requests();
    apply(&desk).ends_with(6).says("the next invoice date moved: saved 2026-12-01, now 2027-01-31");
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn what_another_run_wrote_meanwhile_is_named() {
    let desk = saved();
    desk.psactl(&["sync"]).ends_with(6).says("1 agreement addition updated");
    desk.forget_requests();
    apply(&desk).ends_with(6).says("would not be written now; quantity is 192.3");
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn an_approval_given_meanwhile_makes_another_plan() {
    let desk = saved();
    desk.psactl(&["sync", "--dry-run"]).ends_with(0);
    // The hold is only kept by a run that writes: one of another customer, say.
    desk.psactl(&["sync"]).ends_with(6);
    save(&desk).ends_with(0);
    desk.psactl(&["review", "--approve", "all"]).ends_with(0);
    desk.forget_requests();
    apply(&desk).ends_with(6).says("new: quantity: 412.5 -> 200");
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn files_that_are_no_plan_of_this_psactl_are_refused() {
    let desk = saved();
    let text = desk.read("plan.json");
    for (file, code, says) in [
        (text.replace("192.3", "1923"), 2, "is not as psactl saved it"),
        (text.replace("psactl/plan/1", "psactl/plan/2"), 2, "was saved by another psactl, in format 2"),
        ("cid\n342\n".to_owned(), 2, "is no saved plan"),
        (String::new(), 2, "is no saved plan"),
    ] {
        desk.write("plan.json", &file);
        apply(&desk).ends_with(code).says(says);
    }
    desk.psactl(&["apply", "nowhere.json", "--yes"]).ends_with(2).says("nowhere.json: cannot be read");
    desk.write("plan.json", &text);
    // Of another installation, and of another company.
    std::fs::rename(desk.file("state"), desk.file("kept")).unwrap();
    apply(&desk).ends_with(3).says("another installation of psactl");
    std::fs::remove_dir_all(desk.file("state")).unwrap();
    std::fs::rename(desk.file("kept"), desk.file("state")).unwrap();
    let company = desk.sandbox().company_id().to_owned();
    desk.edit("psactl.toml", &format!("\"{company}\""), "\"another\"");
    apply(&desk).ends_with(3).says("is that of the ConnectWise company sunshineit");
    desk.edit("psactl.toml", "\"another\"", &format!("\"{company}\""));
    assert_eq!(desk.writes(), Vec::<String>::new());
    // Nothing but a plan is written over.
    let accounts = desk.file("accounts.csv").display().to_string();
    desk.psactl(&["sync", "--save-plan", &accounts]).ends_with(2).says("is no saved plan");
    assert!(desk.read("accounts.csv").contains("ETV-Primary"));
    // A file that was only laid out anew is still the plan.
    let laid_out: Value = serde_json::from_str(&text).unwrap();
    desk.write("plan.json", &laid_out.to_string());
    apply(&desk).ends_with(6).says("1 agreement addition updated");
}

#[test]
fn tickets_and_options_are_part_of_a_plan() {
    let desk = Desk::running();
    desk.forget_requests();
    desk.psactl(&["sync", "--open-standing", "--only", "tickets", "--save-plan", &plan(&desk)])
        .ends_with(0)
        .says("4 changes");
    assert_eq!(desk.tickets().len(), 0);
    apply(&desk).ends_with(0).says("4 tickets opened");
    assert_eq!(desk.tickets().len(), 4);
    apply(&desk).ends_with(6).says("was applied already");
    assert_eq!(desk.tickets().len(), 4);
}

#[test]
fn the_json_shapes_are_kept() {
    let desk = saved();
    let file: Value = serde_json::from_str(&desk.read("plan.json")).unwrap();
    assert_eq!(file["schema"], json!("psactl/plan/1"));
    insta::assert_snapshot!("plan_shape", shape(&file));
    desk.change(&desk.addition_path(EDDIE, SELECT), "quantity", 170);
    let refused = desk.psactl(&["apply", &plan(&desk), "--yes", "--output", "json"]).ends_with(6).json();
    assert_eq!(refused["schema"], json!("psactl/apply-refused/1"));
    insta::assert_snapshot!("refused_shape", shape(&refused));
}
