//! Runs that are killed, and run again: the PSA ends in the same state as after a run nobody disturbed, with
//! nothing twice (design section 10).

use std::collections::BTreeSet;
use std::time::Duration;

use crate::story::{self, CHAPTERS};
use crate::support::Desk;

/// Every place between a write's intent and its end at which power can fail.
const POINTS: [&str; 4] = ["intent", "sent", "remembered", "outcome"];

/// Plays a chapter in which every `stride`th write is killed once at this point, each time by running the same
/// command again. Returns what kinds of writes were hit.
fn play_killed(desk: &Desk, chapter: usize, point: &str, stride: usize) -> BTreeSet<String> {
    story::one_at_a_time(desk);
    let mut hit = BTreeSet::new();
    (CHAPTERS[chapter].world)(desk);
    for (arguments, code) in CHAPTERS[chapter].commands {
        for round in 1.. {
            assert!(round < 100, "{point}: {arguments:?} makes no progress");
            // A run that stops at its first intent never gets any further: every second round makes the write
            // it stopped before, and stops before the next.
            let nth = if point == "intent" { 1 + (round - 1) % 2 * stride } else { stride };
            let ran = Desk::ran(&mut story::command(desk, arguments, &format!("{point}:{nth}")));
            if ran.code != -1 {
                ran.ends_with(*code);
                break;
            }
            // With the outcome of a write goes the intent of the next.
            hit.insert(story::last_in_journal(desk, if point == "outcome" { "done" } else { "intent" }));
            story::nothing_comes_any_more(desk);
        }
    }
    hit
}

/// Every write is killed after it was sent and before its answer was kept, where most is at stake; at the
/// other points every write, or one in so many of a chapter with dozens alike.
fn every_write_of(chapter: usize, stride: usize, kinds: &[&str]) {
    for point in POINTS {
        let desk = story::before(chapter);
        let stride = if point == "sent" { 1 } else { stride };
        let hit = play_killed(&desk, chapter, point, stride);
        let missing: Vec<&&str> = kinds.iter().filter(|kind| !hit.contains(**kind)).collect();
        assert!(stride > 1 || missing.is_empty(), "{point}: {missing:?} was not hit, only {hit:?}");
        story::assert_as_undisturbed(&desk, chapter, &format!("killed at {point}"));
    }
}

#[test]
fn set_up_is_killed_at_every_write() {
    every_write_of(
        0,
        5,
        &[
            "create integrator login",
            "create product",
            "create management solution",
            "create configuration type",
            "create managed devices integration",
            "create cross-reference",
        ],
    );
}

#[test]
fn links_and_additions_are_killed_at_every_write() {
    every_write_of(1, 5, &["create Managed ID", "create agreement addition"]);
}

#[test]
fn the_first_sync_is_killed_at_every_write() {
    every_write_of(2, 1, &["create ticket", "update Managed ID"]);
}

#[test]
fn a_sync_is_killed_at_every_write() {
    every_write_of(
        3,
        1,
        &[
            "create ticket",
            "create ticket note",
            "update ticket",
            "update agreement addition",
            "update Managed ID",
        ],
    );
}

#[test]
fn reopening_is_killed_at_every_write() {
    every_write_of(4, 1, &["create ticket note", "update ticket"]);
}

/// The writes of different customers are under way at the same time: what is killed leaves several open, and of
/// those some were made. Each run is killed a little later than the one before it.
#[test]
fn what_is_under_way_for_many_customers_is_killed() {
    let mut most = 0;
    for chapter in [1, 2, 3] {
        for point in POINTS {
            let desk = story::before(chapter);
            (CHAPTERS[chapter].world)(&desk);
            for (arguments, code) in CHAPTERS[chapter].commands {
                for nth in 1.. {
                    assert!(nth < 100, "{point}: {arguments:?} makes no progress");
                    let ran = Desk::ran(&mut story::command(&desk, arguments, &format!("{point}:{nth}")));
                    if ran.code != -1 {
                        ran.ends_with(*code);
                        break;
                    }
                    most = most.max(story::open_in_journal(&desk));
                    story::nothing_comes_any_more(&desk);
                }
            }
            story::assert_as_undisturbed(&desk, chapter, &format!("many killed at {point}"));
        }
    }
    assert!(most > 1, "never was more than one write under way");
}

/// Not at a chosen point but at any moment, as a power cut would: three stories with four cuts each, the same in every test run.
#[test]
fn kill_9_at_any_moment() {
    let mut random: u64 = 2026;
    for story in 0..3 {
        let desk = story::before(story::DAY_LATER);
        let chapter = &CHAPTERS[story::DAY_LATER];
        (chapter.world)(&desk);
        for _ in 0..4 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let moment = Duration::from_millis((random >> 33) % 60);
            let mut child = desk
                .command(&["sync"])
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(moment);
            child.kill().unwrap();
            child.wait().unwrap();
            story::nothing_comes_any_more(&desk);
        }
        desk.psactl(&["sync"]).ends_with(0);
        story::assert_as_undisturbed(&desk, story::DAY_LATER, &format!("story {story}"));
    }
}

/// What a person began by hand and power ended, the scheduler's next run takes up: it does not find itself
/// idle because nothing else is due.
#[test]
fn the_scheduler_takes_up_what_was_killed() {
    for point in POINTS {
        let desk = story::before(2);
        desk.psactl(&["sync"]).ends_with(0);
        let mut by_hand = story::command(&desk, &["sync", "--open-standing"], point);
        assert_eq!(Desk::ran(&mut by_hand).code, -1);
        story::nothing_comes_any_more(&desk);
        desk.psactl(&["sync"]).ends_with(0);
        // Everything but what differs because of the run before.
        story::assert_psa(&desk, 2, point);
        desk.forget_requests();
        desk.psactl(&["sync"]).ends_with(0);
        assert_eq!(desk.requests().len(), 0, "{point}");
    }
}

/// The run died while ConnectWise was still at work on its ticket: the next one, seconds later, finds none and must
/// not open another. What may still come is waited for.
#[test]
fn a_ticket_that_comes_after_its_run_was_killed_is_the_only_one() {
    let desk = story::before(story::DAY_LATER);
    story::one_at_a_time(&desk);
    desk.event(
        "n1",
        1,
        "JTR-Counter",
        "355",
        "Error",
        "Remote Backup failed for account [JTR-Counter / DOC30199009]",
    );
    let slow = psactl::sandbox::Fault {
        method: Some("POST".to_owned()),
        path: Some("/service/tickets".to_owned()),
        kind: "later-then-reset".to_owned(),
        after: Some(6000),
        ..psactl::sandbox::Fault::default()
    };
    desk.sandbox().add_fault(slow).unwrap();
    let opened = || {
        let all = desk.records("/service/tickets", "summary = \"Backup failed: JTR-Counter\"");
        all.len()
    };
    assert_eq!(Desk::ran(&mut story::command(&desk, &["sync", "--only", "tickets"], "sent")).code, -1);
    assert_eq!(opened(), 0);
    let ran = desk.psactl(&["sync", "--only", "tickets"]).ends_with(6);
    ran.says("what became of an earlier write is not known").says("ConnectWise may still be at work on it");
    while opened() == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    desk.later(jiff::SignedDuration::from_mins(3));
    desk.psactl(&["sync"]).ends_with(0);
    desk.psactl(&["sync", "--verify", "--only", "tickets"]).ends_with(0);
    assert_eq!(opened(), 1);
}

/// What never came is made once nothing of it can come any more, though nothing else is due then.
#[test]
fn a_ticket_that_never_came_is_opened_two_minutes_later() {
    let desk = story::before(story::DAY_LATER);
    story::one_at_a_time(&desk);
    let text = "Remote Backup failed for account [JTR-Counter / DOC30199009]";
    desk.event("n1", 1, "JTR-Counter", "355", "Error", text);
    assert_eq!(Desk::ran(&mut story::command(&desk, &["sync"], "intent")).code, -1);
    desk.psactl(&["sync"]).ends_with(6).says("ConnectWise may still be at work on it");
    desk.later(jiff::SignedDuration::from_secs(50));
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.requests().len(), 0, "it is known when to look again");
    desk.later(jiff::SignedDuration::from_mins(2));
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket opened");
}

/// A person changed the addition while the run lay dead: the written quantity is psactl's, the changed one is
/// somebody else's work and stays.
#[test]
fn what_somebody_wrote_meanwhile_is_not_overwritten() {
    let desk = story::before(story::DAY_LATER);
    (CHAPTERS[story::DAY_LATER].world)(&desk);
    story::one_at_a_time(&desk);
    // Until a quantity was sent and its outcome not heard of.
    loop {
        assert_eq!(Desk::ran(&mut story::command(&desk, &["sync"], "sent")).code, -1);
        if story::last_in_journal(&desk, "intent") == "update agreement addition" {
            break;
        }
        story::nothing_comes_any_more(&desk);
    }
    let patched = desk.requests().into_iter().rev().find(|request| request.method == "PATCH");
    let path = patched.unwrap().path;
    let path = psactl::psa::Path::parse(&path[path.find("/finance").unwrap()..]).unwrap();
    let theirs = [psactl::psa::PatchOp::replace("quantity", 7)];
    desk.wait(desk.colleague().patch(&path, &theirs)).unwrap();
    desk.psactl(&["sync"]).ends_with(6).says("somebody else wrote its quantity: 7");
    let addition: serde_json::Value = desk.wait(desk.colleague().get(&path)).unwrap();
    assert_eq!(addition["quantity"].to_string().parse(), Ok(7.0));
}

/// ConnectWise took the quantity and not the description, and the run died before it heard so: the quantity is
/// psactl's own, not somebody else's work, and the description is written after all.
#[test]
fn what_arrived_in_part_is_psactls_own() {
    let desk = story::before(story::DAY_LATER);
    (CHAPTERS[story::DAY_LATER].world)(&desk);
    story::one_at_a_time(&desk);
    let agreements = desk.records("/finance/agreements", "");
    let additions: Vec<serde_json::Value> = agreements
        .iter()
        .flat_map(|of| desk.records(&format!("/finance/agreements/{}/additions", of["id"]), ""))
        .collect();
    loop {
        assert_eq!(Desk::ran(&mut story::command(&desk, &["sync"], "sent")).code, -1);
        if story::last_in_journal(&desk, "intent") == "update agreement addition" {
            break;
        }
        story::nothing_comes_any_more(&desk);
    }
    let patched = desk.requests().into_iter().rev().find(|request| request.method == "PATCH");
    let path = patched.unwrap().path;
    let path = psactl::psa::Path::parse(&path[path.find("/finance").unwrap()..]).unwrap();
    let written: serde_json::Value = desk.wait(desk.colleague().get(&path)).unwrap();
    let before = additions.iter().find(|addition| addition["id"] == written["id"]).unwrap();
    let text = before["invoiceDescription"].as_str().unwrap();
    assert_ne!(before["quantity"], written["quantity"]);
    assert_ne!(written["invoiceDescription"], text);
    let as_it_was = [psactl::psa::PatchOp::replace("invoiceDescription", text)];
    desk.wait(desk.colleague().patch(&path, &as_it_was)).unwrap();
    // Until then more is used.
    desk.edit("accounts.csv", "19.05", "20.05");
    desk.edit("accounts.csv", "150.20", "151.20");
    desk.psactl(&["sync"]).ends_with(0).is_silent_on("somebody else");
    let now: serde_json::Value = desk.wait(desk.colleague().get(&path)).unwrap();
    let number = |value: &serde_json::Value| value.to_string().parse::<f64>().unwrap();
    assert_eq!(number(&now["quantity"]), number(&written["quantity"]) + 1.0);
    assert_ne!(now["invoiceDescription"], text);
}

/// Ctrl-C finishes the write in hand and begins no other; the next run makes up for the rest.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_after_the_write_in_hand() {
    let slow = psactl::sandbox::Options { latency: Duration::from_millis(25), ..Default::default() };
    let desk = story::before_with(slow, story::DAY_LATER);
    (CHAPTERS[story::DAY_LATER].world)(&desk);
    desk.forget_requests();
    let child = desk
        .command(&["sync"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while desk.writes().is_empty() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let stopped = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(stopped.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("stopping after the change in hand"), "{said}");
    assert!(desk.writes().len() < 5, "{:?}", desk.writes());
    desk.later(jiff::SignedDuration::from_mins(16));
    desk.psactl(&["sync"]).ends_with(0);
    story::assert_psa(&desk, story::DAY_LATER, "after Ctrl-C");
}
