//! `psactl history`: runs and their writes, from the journal alone.

use jiff::SignedDuration;

use crate::support::{Desk, id, shape};
use crate::syncing::{next_export, used};
use crate::undo::last_run;

#[test]
fn every_write_of_a_run_is_shown_before_and_after() {
    let desk = Desk::running();
    used(&desk, "ETV-Primary", "148.20", "151.45");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.psactl(&["sync"]).ends_with(0);
    desk.forget_requests();
    let run = last_run(&desk);
    let ran = desk.narrow(&["history"]).ends_with(0);
    insta::assert_snapshot!("runs", desk.shown(&ran));
    let ran = desk.narrow(&["history", "show", &run]).ends_with(0);
    insta::assert_snapshot!("run", desk.shown(&ran));
    desk.psactl(&["history", "show", "4711"]).ends_with(6).says("there is no run 4711");
    assert_eq!(desk.requests().len(), 0, "nothing is asked of ConnectWise");
}

#[test]
fn a_failed_write_is_shown_with_its_error() {
    let desk = Desk::running();
    desk.expects_refusals();
    used(&desk, "ETV-Primary", "148.20", "151.45");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.fault("PATCH", "/additions", "status-403", 5);
    desk.psactl(&["sync"]).ends_with(4);
    let run = last_run(&desk);
    desk.psactl(&["history", "show", &run]).ends_with(0).says("quantity: 189.05 -> 192.3").says("failed:");
    let history = desk.psactl(&["history", "--output", "json"]).ends_with(0).json();
    assert_eq!((&history["runs"][0]["done"], &history["runs"][0]["failed"]), (&0.into(), &1.into()));
}

#[test]
fn a_write_nobody_heard_of_again_is_shown_as_such() {
    let desk = Desk::running();
    used(&desk, "ETV-Primary", "148.20", "151.45");
    next_export(&desk, SignedDuration::from_hours(13));
    assert_eq!(Desk::ran(&mut crate::story::command(&desk, &["sync"], "sent")).code, -1);
    let run = last_run(&desk);
    desk.psactl(&["history"]).ends_with(0).says("did not end").says("1 not known");
    desk.psactl(&["history", "show", &run])
        .ends_with(0)
        .says("it is at work, or was killed")
        .says("what became of it is not known, the next run looks it up");
    desk.psactl(&["undo", &run, "--dry-run"]).ends_with(6).says("what became of it is not known yet");
    // Looked up, it is a write as any.
    desk.psactl(&["undo", &run, "--yes"]).ends_with(0).says("1 write taken back");
}

#[test]
fn runs_are_chosen_by_customer_and_time() {
    let desk = Desk::running();
    desk.later(SignedDuration::from_hours(48));
    used(&desk, "AF-Office", "91.66", "92.66");
    next_export(&desk, SignedDuration::from_hours(1));
    desk.psactl(&["sync"]).ends_with(0);
    let chosen = |arguments: &[&str]| -> Vec<i64> {
        let arguments = [&["history", "--output", "json"], arguments].concat();
        let history = desk.psactl(&arguments).ends_with(0).json();
        history["runs"].as_array().unwrap().iter().map(id).collect()
    };
    let all = chosen(&[]);
    assert_eq!(chosen(&["--since", "24h"]), all[..1]);
    assert_eq!(chosen(&["--since", "2026-11-24"]), all[..1]);
    assert_eq!(chosen(&["--cid", "419", "--limit", "1"]), all[..1]);
    assert!(!chosen(&["--cid", "355"]).contains(&all[0]));
    assert_eq!(chosen(&["--cid", "4711"]), Vec::<i64>::new());
    assert_eq!(chosen(&["--cid", "4711", "--cid", "419", "--limit", "1"]), all[..1]);
    assert!(chosen(&["--all"]).len() >= all.len());
    desk.psactl(&["history", "--since", "yesterday"]).ends_with(2).says("no moment; write 24h");
}

#[test]
fn the_json_shapes_are_kept() {
    let desk = Desk::running();
    let history = desk.psactl(&["history", "--output", "json"]).ends_with(0).json();
    assert_eq!(history["schema"], "psactl/history/1");
    assert_eq!(history["installation"].as_str().map(str::len), Some(16));
    insta::assert_snapshot!("history_shape", shape(&history));
    let run = desk.psactl(&["history", "show", &last_run(&desk), "--output", "json"]).ends_with(0).json();
    assert_eq!(run["schema"], "psactl/run/1");
    insta::assert_snapshot!("run_shape", shape(&run));
}

/// A folder misspelt must not look like a psactl that never wrote.
#[test]
fn a_command_that_looks_back_makes_no_state() {
    let desk = Desk::bare();
    for command in
        [&["history"][..], &["events"], &["review"], &["state"], &["undo", "1"], &["state", "keep", "--yes"]]
    {
        desk.psactl(command).ends_with(3).says("there is no state of psactl in").says("--state DIR");
    }
    assert!(!desk.file("state").exists());
}
