//! `psactl review` by keystrokes, in a real pseudo-terminal.

use jiff::SignedDuration;
use serde_json::json;

use crate::support::Desk;
use crate::syncing::{next_export, used};
use crate::wizard::Terminal;

const BASIC: &str = "Online Backup Basic Storage";

/// Two changes are held: customer 419 and customer 355 use far more than before.
fn with_holds() -> Desk {
    let desk = Desk::running();
    used(&desk, "AF-Office", "91.66", "191.66");
    used(&desk, "JTR-Counter", "18.05", "180.05");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.psactl(&["sync"]).ends_with(6).says("2 held").says("psactl review");
    desk
}

fn states(desk: &Desk) -> Vec<String> {
    let review = desk.psactl(&["review", "--output", "json"]).ends_with(0).json();
    let held = review["held"].as_array().unwrap();
    held.iter()
        .map(|hold| format!("{} {}", hold["cid"].as_str().unwrap(), hold["state"].as_str().unwrap()))
        .collect()
}

#[test]
fn each_change_is_shown_and_answered() {
    let desk = with_holds();
    let mut terminal = Terminal::start(&desk, &["review"]);
    terminal.answers("What now", "Approve");
    let asked = terminal.asks("What now");
    terminal.picks(&asked, "Reject");
    terminal.types("Reason", "customer disputes it");
    terminal
        .ends(0)
        .says("1 of 2: change 1, customer 355, held since 2026-11-24 03:00 UTC")
        .says("quantity: 18.05 -> 180.05")
        .says("next invoice 27.08 -> 270.08 USD (+243.00)")
        .says("why: rises by 897.5% (guard: 50%)")
        .says("2 of 2: change 2, customer 419")
        .says("1 approved, 1 rejected, 0 still held.");
    assert_eq!(states(&desk), ["355 approved", "419 rejected"]);
    desk.psactl(&["review"]).ends_with(0).says("customer disputes it");
    desk.psactl(&["sync"]).ends_with(0).says("18.05 -> 180.05");
    assert_eq!(desk.addition("Angry Fox", BASIC)["quantity"].as_f64(), Some(91.66));
}

#[test]
fn enter_alone_approves_nothing_and_stopping_keeps_what_was_answered() {
    let desk = with_holds();
    let mut terminal = Terminal::start(&desk, &["review"]);
    let asked = terminal.asks("What now");
    terminal.takes_the_marked(&asked);
    terminal.answers("What now", "Stop here");
    terminal.ends(0).says("0 approved, 0 rejected, 2 still held.");
    assert_eq!(states(&desk), ["355 held", "419 held"]);

    let mut terminal = Terminal::start(&desk, &["review"]);
    terminal.answers("What now", "Approve");
    terminal.asks("What now");
    terminal.interrupts();
    terminal.ends(130);
    assert_eq!(states(&desk), ["355 approved", "419 held"]);
}

#[test]
fn a_run_that_comes_between_is_noticed() {
    let desk = with_holds();
    let mut terminal = Terminal::start(&desk, &["review"]);
    let asked = terminal.asks("What now");
    // While the person thinks, the customer uses still more.
    used(&desk, "JTR-Counter", "180.05", "280.05");
    desk.psactl(&["sync", "--force"]).ends_with(6);
    terminal.picks(&asked, "Approve");
    terminal.answers("What now", "Approve");
    terminal.answers("What now", "Leave");
    terminal
        .ends(0)
        .says("its values moved")
        .says("18.05 -> 280.05")
        .says("1 approved, 0 rejected, 1 still held.");

    // Another psactl is at work: the answer is asked for again.
    let store = psactl::store::Store::open(&desk.file("state")).unwrap();
    let mut terminal = Terminal::start(&desk, &["review"]);
    let asked = terminal.asks("What now");
    let lock = store.lock("sync", "2026-11-24T03:00:00Z".parse().unwrap()).unwrap();
    terminal.picks(&asked, "Approve");
    let asked = terminal.asks("What now");
    drop(lock);
    terminal.picks(&asked, "Approve");
    terminal.ends(0).says("psactl is at work just now").says("1 approved");
}

#[test]
fn each_change_has_one_answer_and_is_counted_once() {
    let desk = with_holds();
    let review = |arguments: &[&str]| desk.psactl(&[&["review"], arguments].concat());
    for approved in ["2", "all"] {
        review(&["--approve", approved, "--reject", "2", "--reason", "no"])
            .ends_with(2)
            .says("change 2 is both approved and rejected");
        assert_eq!(states(&desk), ["355 held", "419 held"]);
    }
    review(&["--approve", "all", "--approve", "2", "--approve", "2"])
        .ends_with(0)
        .says("2 approved, 0 rejected");
    review(&["--reject", "1", "--reject", "1", "--reason", "no"]).ends_with(0).says("0 approved, 1 rejected");
}

#[test]
fn nothing_held_asks_nothing() {
    let desk = Desk::running();
    Terminal::start(&desk, &["review"]).ends(0).says("Nothing is held.");
    let held = with_holds();
    Terminal::start(&held, &["review", "--no-input"]).ends(0).says("--approve ID");
    let listed = held.psactl(&["review", "--output", "json"]).json();
    assert_eq!(listed["held"].as_array().map(Vec::len), Some(2));
    assert_eq!(listed["approved"], json!(0));
}
