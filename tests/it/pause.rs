//! `psactl pause` and `psactl resume`: nothing is written for a while, and then all of it.

use jiff::SignedDuration;
use serde_json::json;

use crate::support::{Desk, shape};
use crate::syncing::{next_export, used};

const FAILED: &str = "Remote Backup failed for account [JTR-Counter / DOC30199009]";
const SUCCEEDED: &str = "Remote Backup completed successfully for account [JTR-Counter / DOC30199009]";

fn writes_of(desk: &Desk) -> usize {
    desk.writes().len()
}

/// Use, a job and a fault of 355 changed, and 419 used more.
fn with_work() -> Desk {
    let desk = Desk::running();
    used(&desk, "AF-Office", "91.66", "92.00");
    used(&desk, "JTR-Counter", "18.05", "19.05");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.event("n1", 1, "JTR-Counter", "355", "Error", FAILED);
    desk.forget_requests();
    desk
}

#[test]
fn a_paused_customer_is_left_alone_until_the_pause_ends_by_itself() {
    let desk = with_work();
    desk.psactl(&["pause", "355", "--until", "2026-11-25", "--reason", "moves house"])
        .ends_with(0)
        .says("customer 355: paused until 2026-11-25 05:00 UTC: moves house");
    desk.psactl(&["sync"]).ends_with(0).says("91.66 -> 92").says("1 customer paused").is_silent_on("19.05");
    assert_eq!(writes_of(&desk), 1);
    assert!(!desk.requests().iter().any(|request| request.path.contains("tickets")));
    desk.psactl(&["events", "--cid", "355", "--limit", "1"]).says("paused until").says("moves house");

    // Every minute: nothing is asked.
    desk.forget_requests();
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.requests().len(), 0);
    // Whoever asks for that customer is told why nothing happens.
    desk.psactl(&["sync", "--cid", "355", "--force"]).ends_with(0).says("moves house");
    assert_eq!(writes_of(&desk), 0);

    // The exports are what they were; only the time has come.
    next_export(&desk, SignedDuration::from_hours(22));
    desk.psactl(&["sync"]).ends_with(0);
    desk.forget_requests();
    desk.later(SignedDuration::from_hours(4));
    desk.psactl(&["sync"]).ends_with(0).says("18.05 -> 19.05").says("1 ticket opened").is_silent_on("paused");
    desk.psactl(&["status"]).is_silent_on("moves house");
}

#[test]
fn resume_does_what_fell_due_and_resolves_the_tickets_of_faults_that_ended() {
    let desk = Desk::running();
    desk.event("n1", 1, "JTR-Counter", "355", "Error", FAILED);
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket opened");
    desk.psactl(&["pause", "355", "--only", "tickets", "--until", "2026-12-01", "--reason", "quiet"])
        .ends_with(0)
        .says("tickets paused until");
    desk.later(SignedDuration::from_mins(5));
    desk.event("n2", 0, "JTR-Counter", "355", "OK", SUCCEEDED);
    desk.psactl(&["sync"]).ends_with(0).is_silent_on("resolved");
    desk.psactl(&["resume", "355"]).ends_with(0).says("1 pause ended");
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket resolved");
    desk.psactl(&["resume", "355"]).ends_with(6).says("customer 355 is not paused");
}

#[test]
fn one_part_is_paused_and_the_others_go_on() {
    let desk = with_work();
    desk.psactl(&[
        "pause",
        "--all",
        "--only",
        "billing",
        "--until",
        "2026-12-24T18:00",
        "--reason",
        "prices change",
    ])
    .ends_with(0)
    .says("every customer: billing paused until 2026-12-24 23:00 UTC");
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket opened").is_silent_on("92");
    desk.psactl(&["companies"]).ends_with(0).says("billing paused until 2026-12-24 23:00 UTC: prices change");
    desk.psactl(&["resume", "419"]).ends_with(6).says("customer 419 is paused with every other");
    desk.psactl(&["resume", "--all"]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(0).says("91.66 -> 92").says("18.05 -> 19.05");
}

#[test]
fn what_is_paused_must_be_known_and_lie_ahead() {
    let desk = Desk::running();
    let pause = |arguments: &[&str]| {
        let whole: Vec<&str> = [&["pause"], arguments, &["--reason", "why"]].concat();
        desk.psactl(&whole)
    };
    pause(&["345", "--until", "2026-12-01"]).ends_with(6).says("knows no customer 345").says("did you mean");
    pause(&["342", "--until", "2026-11-01"]).ends_with(2).says("is past");
    pause(&["342", "--until", "soon"]).ends_with(2).says("no date; write a day");
    pause(&["--until", "2026-12-01"]).ends_with(2);
    pause(&["342", "--all", "--until", "2026-12-01"]).ends_with(2);
    desk.psactl(&["pause", "342", "--until", "2026-12-01", "--reason", " "]).ends_with(2).says("say why");
    desk.psactl(&["resume", "345"]).ends_with(6).says("knows no customer 345");
    let pauses = pause(&["342", "355", "--until", "2026-12-01", "--output", "json"]).ends_with(0).json();
    assert_eq!(pauses["schema"], "psactl/pauses/1");
    assert_eq!(pauses["pauses"][1]["cid"], json!("355"));
    insta::assert_snapshot!(shape(&pauses));
}
