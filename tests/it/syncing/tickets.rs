//! Tickets: one for each fault that stands, resolved when it ends.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{Desk, id};

const TICKETS: &[&str] = &["sync", "--only", "tickets"];
const FAILED: &str = "Remote Backup failed for account [JTR-Counter / DOC30199009]: no space left";
const SUCCEEDED: &str = "Remote Backup completed successfully for account [JTR-Counter / DOC30199009]";

fn notes(desk: &Desk, ticket: &Value) -> Vec<String> {
    let path = format!("/service/tickets/{}/notes", id(ticket));
    desk.records(&path, "").iter().map(|note| note["text"].as_str().unwrap().to_owned()).collect()
}

fn bad(desk: &Desk, event: &str, minutes_ago: i64) {
    desk.event(event, minutes_ago, "JTR-Counter", "355", "Error", FAILED);
}

fn good(desk: &Desk, event: &str, minutes_ago: i64) {
    desk.event(event, minutes_ago, "JTR-Counter", "355", "OK", SUCCEEDED);
}

/// The one ticket of the test's fault.
#[track_caller]
fn ticket(desk: &Desk) -> Value {
    desk.record("/service/tickets", "summary = \"Backup failed: JTR-Counter\"")
}

/// Synchronised before, and one new fault with its ticket.
fn with_ticket() -> Desk {
    let desk = Desk::running();
    desk.later(SignedDuration::from_mins(10));
    bad(&desk, "n1", 1);
    desk.psactl(TICKETS).ends_with(0).says("ticket “Backup failed: JTR-Counter” for Joe TV Repair");
    desk.forget_requests();
    desk
}

#[test]
fn the_first_run_lists_what_stands_and_opens_nothing() {
    let desk = Desk::linked();
    desk.forget_requests();
    desk.psactl(&["sync"])
        .ends_with(0)
        .says("Standing since the first run, without a ticket")
        .says("ETV-FrontOffice")
        .says("AF-BDR");
    assert_eq!(desk.tickets(), Vec::<Value>::new());
    // Listed once, then once a day.
    desk.psactl(&["sync", "--verify"]).ends_with(0).is_silent_on("Standing since");
    desk.later(SignedDuration::from_hours(50));
    desk.psactl(TICKETS).ends_with(0);
    assert_eq!(desk.tickets(), Vec::<Value>::new(), "not later either");
}

#[test]
fn open_standing_opens_one_ticket_for_each_fault() {
    let desk = Desk::running();
    desk.psactl(&["sync", "--open-standing"]).ends_with(0).says("4 tickets opened");
    let tickets = desk.tickets();
    let mut told: Vec<String> = tickets
        .iter()
        .map(|ticket| {
            format!(
                "{}: {}",
                ticket["company"]["name"].as_str().unwrap(),
                ticket["summary"].as_str().unwrap()
            )
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "Angry Fox: BDR hardware failure: AF-BDR",
            "Eddie's TV Repair: Backup failed: ETV-FrontOffice",
            "Eddie's TV Repair: Disk usage change: ETV-Truck01",
            "Eddie's TV Repair: No backup: ETV-Truck02",
        ]
    );
    let mut references: Vec<&str> =
        tickets.iter().map(|ticket| ticket["externalXRef"].as_str().unwrap()).collect();
    assert!(references.iter().all(|text| text.starts_with("psactl:") && text.len() == 40), "{references:?}");
    references.dedup();
    assert_eq!(references.len(), 4);
    for ticket in &tickets {
        assert_eq!(ticket["board"]["name"], "Professional Services");
        assert_eq!(ticket["status"]["name"], "New (not responded)");
        assert_ne!(ticket["automaticEmailContactFlag"], json!(true), "the customer is not written to");
    }
    // Once more: none is opened twice.
    desk.psactl(&["sync", "--open-standing"]).ends_with(0);
    desk.psactl(&["sync", "--verify"]).ends_with(0);
    assert_eq!(desk.tickets().len(), 4);
}

#[test]
fn open_standing_for_one_customer_opens_only_its_own() {
    let desk = Desk::running();
    desk.psactl(&["sync", "--open-standing", "--cid", "419"]).ends_with(0).says("1 ticket opened");
    assert_eq!(desk.tickets()[0]["summary"], "BDR hardware failure: AF-BDR");
}

#[test]
fn a_new_fault_opens_a_ticket_and_a_repeat_adds_a_note_at_most_once_a_day() {
    let desk = with_ticket();
    let opened = ticket(&desk);
    assert_eq!(opened["company"]["name"], "Joe TV Repair");
    let first = notes(&desk, &opened);
    assert_eq!(first.len(), 1);
    assert!(first[0].contains(FAILED) && first[0].contains("event n1"), "{first:?}");

    // What the ticket was opened with counts as its first note.
    for hours in [1, 1, 2] {
        desk.later(SignedDuration::from_hours(hours));
        bad(&desk, &format!("repeat-{}", desk.sandbox().now().as_second()), 1);
        desk.psactl(TICKETS).ends_with(0);
        assert_eq!(notes(&desk, &opened).len(), 1);
    }
    // The note is not swallowed: it comes when the day is over, without another event, and once.
    desk.later(SignedDuration::from_hours(21));
    desk.psactl(TICKETS).ends_with(0).says("1 ticket note");
    let all = notes(&desk, &opened);
    assert_eq!(all.len(), 2);
    assert!(all[1].contains("4 times since"), "{}", all[1]);
    desk.later(SignedDuration::from_hours(23));
    bad(&desk, "repeat-again", 1);
    desk.psactl(TICKETS).ends_with(0);
    assert_eq!(notes(&desk, &opened).len(), 2);
    desk.later(SignedDuration::from_hours(2));
    desk.psactl(TICKETS).ends_with(0).says("1 ticket note");
    assert_eq!(desk.tickets().len(), 1);
}

#[test]
fn the_ending_event_resolves_and_a_recurrence_reopens() {
    let desk = with_ticket();
    let opened = ticket(&desk);
    desk.later(SignedDuration::from_hours(1));
    good(&desk, "n2", 1);
    desk.psactl(TICKETS).ends_with(0).says("1 ticket resolved");
    let resolved = ticket(&desk);
    assert_eq!((&resolved["closedFlag"], &resolved["status"]["name"]), (&json!(true), &json!("Closed")));
    let told = notes(&desk, &opened);
    assert_eq!(told.len(), 2);
    assert!(told[1].contains("n2"), "{told:?}");

    desk.later(SignedDuration::from_hours(23));
    bad(&desk, "n3", 1);
    desk.psactl(TICKETS).ends_with(0).says("1 ticket reopened");
    let reopened = ticket(&desk);
    assert_eq!((id(&reopened), reopened["closedFlag"] == json!(true)), (id(&opened), false));
    assert_eq!(reopened["status"]["name"], "New (not responded)");

    // Resolved again; a recurrence after more than reopen_within is another ticket.
    desk.later(SignedDuration::from_hours(1));
    good(&desk, "n4", 1);
    desk.psactl(TICKETS).ends_with(0);
    desk.later(SignedDuration::from_hours(26));
    bad(&desk, "n5", 1);
    desk.psactl(TICKETS).ends_with(0).says("1 ticket opened");
    let tickets = desk.tickets();
    assert_eq!(tickets.len(), 2);
    let prefix = |ticket: &Value| ticket["externalXRef"].as_str().unwrap()[..23].to_owned();
    assert_eq!(prefix(&tickets[0]), prefix(&tickets[1]), "the same fault");
    assert_ne!(tickets[0]["externalXRef"], tickets[1]["externalXRef"], "another episode");
}

#[test]
fn what_a_person_closed_stays_quiet_for_a_day() {
    let desk = with_ticket();
    let opened = ticket(&desk);
    let closed = desk.record(
        &format!("/service/boards/{}/statuses", opened["board"]["id"]),
        "closedStatus = true and inactive = false",
    );
    desk.later(SignedDuration::from_hours(1));
    desk.change(&format!("/service/tickets/{}", id(&opened)), "status", json!({ "id": id(&closed) }));
    desk.later(SignedDuration::from_hours(2));
    bad(&desk, "n2", 1);
    desk.psactl(TICKETS).ends_with(0);
    assert_eq!(desk.tickets().len(), 1);
    assert_eq!(ticket(&desk)["closedFlag"], json!(true), "it is not taken from the person's hands");
    // The fault still stands when the quiet time is over: that delays, it does not swallow.
    desk.later(SignedDuration::from_hours(23));
    desk.psactl(TICKETS).ends_with(0).says("1 ticket opened");
    assert_eq!(desk.tickets().len(), 2);
}

#[test]
fn a_fault_that_ended_while_a_persons_close_was_quiet_opens_nothing() {
    let desk = with_ticket();
    let opened = ticket(&desk);
    let closed = desk.record(
        &format!("/service/boards/{}/statuses", opened["board"]["id"]),
        "closedStatus = true and inactive = false",
    );
    desk.change(&format!("/service/tickets/{}", id(&opened)), "status", json!({ "id": id(&closed) }));
    desk.later(SignedDuration::from_hours(2));
    good(&desk, "n2", 1);
    desk.psactl(TICKETS).ends_with(0);
    desk.later(SignedDuration::from_hours(48));
    desk.psactl(&["sync", "--verify", "--only", "tickets"]).ends_with(0);
    assert_eq!(desk.tickets().len(), 1);
}

#[test]
fn events_count_by_their_time_and_not_by_their_arrival() {
    let desk = Desk::running();
    desk.later(SignedDuration::from_hours(3));
    // The good event is older than the bad one and comes after it.
    bad(&desk, "late-bad", 10);
    desk.psactl(TICKETS).ends_with(0).says("1 ticket opened");
    good(&desk, "early-good", 60);
    desk.psactl(TICKETS).ends_with(0);
    assert_ne!(ticket(&desk)["closedFlag"], json!(true));
    // A bad event that is older than the good one that ended it opens nothing.
    good(&desk, "late-good", 5);
    desk.psactl(TICKETS).ends_with(0).says("1 ticket resolved");
    bad(&desk, "early-bad", 50);
    desk.psactl(TICKETS).ends_with(0);
    assert_eq!(desk.tickets().len(), 1);
    assert_eq!(ticket(&desk)["closedFlag"], json!(true));
}

#[test]
fn bad_and_good_in_one_export_need_no_ticket() {
    let desk = Desk::running();
    desk.later(SignedDuration::from_hours(1));
    bad(&desk, "n1", 30);
    good(&desk, "n2", 10);
    desk.forget_requests();
    desk.psactl(TICKETS).ends_with(0);
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn a_ticket_that_was_moved_to_another_board_is_resolved_there() {
    let desk = with_ticket();
    let opened = ticket(&desk);
    let board = id(&desk.record("/service/boards", "name = \"Help Desk\""));
    desk.change(&format!("/service/tickets/{}", id(&opened)), "board", json!({ "id": board }));
    desk.later(SignedDuration::from_hours(1));
    good(&desk, "n2", 1);
    desk.psactl(TICKETS).ends_with(0).says("1 ticket resolved");
    let resolved = ticket(&desk);
    assert_eq!(resolved["board"]["name"], "Help Desk");
    assert_eq!((&resolved["closedFlag"], &resolved["status"]["name"]), (&json!(true), &json!(">Closed")));
}

#[test]
fn a_ticket_that_the_state_does_not_know_is_found_and_not_opened_again() {
    let desk = with_ticket();
    std::fs::remove_dir_all(desk.file("state")).unwrap();
    desk.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(3);
    desk.psactl(&["companies", "adopt", "--yes"]).ends_with(0);
    desk.psactl(&["sync", "--only", "tickets", "--open-standing"]).ends_with(0).says("4 tickets opened");
    assert_eq!(desk.tickets().len(), 5);
    desk.later(SignedDuration::from_hours(1));
    good(&desk, "n2", 1);
    desk.psactl(TICKETS).ends_with(0).says("1 ticket resolved");
    assert_eq!(ticket(&desk)["closedFlag"], json!(true));
}

#[test]
fn more_than_the_hours_share_waits_for_the_next_hour() {
    let desk = Desk::linked();
    desk.edit("psactl.toml", "max_new_per_hour = 25", "max_new_per_hour = 3");
    desk.psactl(&["sync"]).ends_with(0);
    desk.later(SignedDuration::from_mins(5));
    desk.psactl(&["sync", "--open-standing"])
        .ends_with(6)
        .says("3 tickets opened")
        .says("3 tickets were opened within the hour (max_new_per_hour)");
    assert_eq!(desk.tickets().len(), 3);
    // The window slides over all runs.
    desk.later(SignedDuration::from_mins(30));
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.tickets().len(), 3);
    desk.later(SignedDuration::from_mins(31));
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.tickets().len(), 4);
    desk.psactl(&["review"]).ends_with(0).says("Nothing is held");
}

#[test]
fn a_held_ticket_is_opened_at_once_where_a_person_says_yes_and_never_after_a_no() {
    let desk = Desk::linked();
    desk.edit("psactl.toml", "max_new_per_hour = 25", "max_new_per_hour = 2");
    desk.psactl(&["sync"]).ends_with(0);
    desk.later(SignedDuration::from_mins(5));
    desk.psactl(&["sync", "--open-standing"]).ends_with(6).says("2 tickets opened");
    let review = desk.psactl(&["review", "--output", "json"]).ends_with(0).json();
    let held: Vec<String> =
        review["held"].as_array().unwrap().iter().map(|hold| hold["id"].to_string()).collect();
    assert_eq!(held.len(), 2);
    desk.psactl(&["review", "--approve", &held[0], "--reject", &held[1], "--reason", "known"]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket opened");
    desk.later(SignedDuration::from_hours(3));
    desk.psactl(&["sync"]).ends_with(0);
    desk.psactl(&["sync", "--verify", "--only", "tickets"]).ends_with(0);
    assert_eq!(desk.tickets().len(), 3);
}

/// A person's no outlives a while in which its customer's tickets are not looked at.
#[test]
fn a_no_to_a_ticket_outlives_a_pause() {
    let desk = Desk::linked();
    desk.edit("psactl.toml", "max_new_per_hour = 25", "max_new_per_hour = 2");
    desk.psactl(&["sync"]).ends_with(0);
    desk.later(SignedDuration::from_mins(5));
    desk.psactl(&["sync", "--open-standing"]).ends_with(6).says("2 tickets opened");
    let review = desk.psactl(&["review", "--output", "json"]).ends_with(0).json();
    let of_fox = review["held"].as_array().unwrap().iter().find(|hold| hold["cid"] == "419").unwrap();
    desk.psactl(&["review", "--reject", &of_fox["id"].to_string(), "--reason", "known"]).ends_with(0);
    let pause = ["pause", "419", "--only", "tickets", "--until", "2026-12-01", "--reason", "quiet"];
    desk.psactl(&pause).ends_with(0);
    desk.later(SignedDuration::from_hours(2));
    desk.psactl(TICKETS).ends_with(0).says("1 ticket opened");
    desk.psactl(&["resume", "419"]).ends_with(0);
    desk.later(SignedDuration::from_hours(2));
    for arguments in [TICKETS, &["sync", "--only", "tickets", "--verify"]] {
        desk.psactl(arguments).ends_with(0);
        assert_eq!(desk.tickets().len(), 3);
    }
    desk.psactl(&["review"]).ends_with(0).says("known");
    // Its fault ends: nothing is left to say no to.
    desk.event("ok", 1, "AF-BDR", "419", "OK", "BDR hardware recovered for account [AF-BDR / DOC30199010]");
    desk.psactl(&["sync", "--only", "tickets", "--verify"]).ends_with(0);
    desk.psactl(&["review"]).ends_with(0).says("Nothing is held");
}

/// What a ticket was opened for is resolved although no ticket is opened for the like any more.
#[test]
fn a_ticket_is_resolved_though_its_severity_is_not_wanted_any_more() {
    let desk = with_ticket();
    desk.edit("psactl.toml", "severities = [\"warning\", \"error\"]", "severities = [\"warning\"]");
    desk.later(SignedDuration::from_hours(1));
    good(&desk, "n2", 1);
    desk.psactl(TICKETS).ends_with(0).says("1 ticket resolved");
    assert_eq!(ticket(&desk)["closedFlag"], json!(true));
}

#[test]
fn no_ticket_is_opened_for_a_company_that_is_out_of_use() {
    let desk = Desk::running();
    let company = format!("/company/companies/{}", desk.company("Joe TV Repair"));
    let before = desk.record("/company/companies", "name = \"Joe TV Repair\"")["status"]["id"].clone();
    let status = id(&desk.record("/company/companies/statuses", "name = \"Not Active\""));
    desk.change(&company, "status", json!({ "id": status }));
    desk.later(SignedDuration::from_mins(10));
    bad(&desk, "n1", 1);
    desk.psactl(TICKETS).ends_with(6).says("Joe TV Repair").says("is “Not Active”");
    assert_eq!(desk.tickets().len(), 0);
    desk.later(SignedDuration::from_mins(1));
    desk.forget_requests();
    desk.psactl(TICKETS).ends_with(0);
    assert_eq!(desk.requests().len(), 0);
    desk.change(&company, "status", json!({ "id": before }));
    desk.psactl(&["sync", "--only", "tickets", "--verify"]).ends_with(0).says("1 ticket opened");
}

/// A person closed the first, psactl opened a second, the person reopened the first: the end of the fault ends both.
#[test]
fn every_open_ticket_of_a_fault_is_resolved() {
    let desk = with_ticket();
    let first = ticket(&desk);
    let path = format!("/service/tickets/{}", id(&first));
    let statuses = format!("/service/boards/{}/statuses", first["board"]["id"]);
    let closed = desk.record(&statuses, "closedStatus = true and inactive = false");
    desk.change(&path, "status", json!({ "id": id(&closed) }));
    desk.later(SignedDuration::from_hours(1));
    bad(&desk, "n2", 1);
    desk.psactl(TICKETS).ends_with(0);
    desk.later(SignedDuration::from_hours(25));
    bad(&desk, "n3", 1);
    desk.psactl(TICKETS).ends_with(0).says("1 ticket opened");
    desk.change(&path, "status", json!({ "id": first["status"]["id"] }));
    desk.later(SignedDuration::from_hours(1));
    good(&desk, "n4", 1);
    desk.psactl(TICKETS).ends_with(0).says("2 tickets resolved");
    let tickets = desk.tickets();
    assert_eq!(tickets.iter().filter(|ticket| ticket["closedFlag"] == json!(true)).count(), 2);
    desk.later(SignedDuration::from_mins(1));
    desk.forget_requests();
    desk.psactl(TICKETS).ends_with(0);
    assert_eq!(desk.requests().len(), 0);
}

/// A search for tickets that failed is made again, though nothing new comes from the portal.
#[test]
fn tickets_that_could_not_be_looked_for_are_looked_for_again_soon() {
    let desk = Desk::running();
    desk.later(SignedDuration::from_mins(10));
    bad(&desk, "n1", 1);
    desk.fault("GET", "/service/tickets", "status-500", 4);
    desk.psactl(&["sync"]).says("tickets");
    assert_eq!(desk.tickets().len(), 0);
    desk.later(SignedDuration::from_mins(16));
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket opened");
}

#[test]
fn an_old_event_is_given_time_to_be_ended() {
    let desk = Desk::running();
    desk.later(SignedDuration::from_hours(1));
    let text = "Remote Backup failed for account [ETV-RepairShop / DOC30199003]: no space left";
    desk.event("old", 60 * 60, "ETV-RepairShop", "342", "Error", text);
    desk.psactl(TICKETS).ends_with(0);
    assert_eq!(desk.tickets().len(), 0);
    desk.psactl(&["events", "show", "50"]).ends_with(0).says("Ticket waits until 2026-11-25 15:00 UTC");
    desk.later(SignedDuration::from_hours(49));
    desk.psactl(TICKETS).ends_with(0).says("1 ticket opened");
}

#[test]
fn severities_and_types_that_are_not_wanted_open_nothing() {
    let desk = Desk::running();
    desk.edit("psactl.toml", "severities = [\"warning\", \"error\"]", "severities = [\"error\"]");
    desk.later(SignedDuration::from_mins(10));
    desk.event(
        "w1",
        1,
        "JTR-Counter",
        "355",
        "Warning",
        "Remote Backup no online backup notification for account [JTR-Counter / DOC30199009]",
    );
    desk.psactl(TICKETS).ends_with(0);
    assert_eq!(desk.tickets().len(), 0);
    desk.edit("psactl.toml", "severities = [\"error\"]", "severities = [\"warning\"]");
    bad(&desk, "e1", 1);
    desk.psactl(TICKETS).ends_with(0).says("No backup: JTR-Counter");
    assert_eq!(desk.tickets().len(), 1);
}

#[test]
fn a_ticket_for_the_customers_eyes_says_so() {
    let desk = Desk::running();
    desk.edit("psactl.toml", "visible_to_customer = false             #", "visible_to_customer = true #");
    desk.edit("psactl.toml", "subject_prefix = \"\"", "subject_prefix = \"[Backup] \"");
    desk.later(SignedDuration::from_mins(10));
    bad(&desk, "n1", 1);
    desk.psactl(TICKETS).ends_with(0);
    let opened = &desk.tickets()[0];
    assert_eq!(opened["summary"], "[Backup] Backup failed: JTR-Counter");
    assert_eq!(opened["automaticEmailContactFlag"], json!(true));
    let path = format!("/service/tickets/{}/notes", id(opened));
    assert_eq!(desk.records(&path, "")[0]["detailDescriptionFlag"], json!(true));
}

#[test]
fn an_answer_that_never_came_opens_no_second_ticket() {
    for kind in ["applied-then-reset", "applied-then-500"] {
        let desk = Desk::running();
        desk.later(SignedDuration::from_mins(10));
        bad(&desk, "n1", 1);
        desk.fault("POST", "/service/tickets", kind, 1);
        desk.psactl(TICKETS).ends_with(0).says("1 ticket opened");
        desk.psactl(&["sync", "--only", "tickets", "--verify"]).ends_with(0);
        assert_eq!(desk.tickets().len(), 1, "{kind}");
    }
}

#[test]
fn a_refused_ticket_is_told_once_and_opened_when_it_may_be() {
    let desk = Desk::running();
    desk.expects_refusals();
    desk.later(SignedDuration::from_mins(10));
    bad(&desk, "n1", 1);
    desk.fault("POST", "/service/tickets", "status-400", 1);
    desk.psactl(TICKETS).ends_with(6).says("1 failed");
    desk.psactl(&["events", "--errors"]).ends_with(0).says("FAILED").says("JTR-Counter (355)");
    desk.psactl(&["reprocess", "--errors", "--yes"]).ends_with(0).says("1 ticket opened");
    assert_eq!(desk.tickets().len(), 1);
}

#[test]
fn a_ticket_that_a_broken_server_refused_is_tried_again_after_a_quarter_of_an_hour() {
    let desk = Desk::running();
    desk.later(SignedDuration::from_mins(10));
    bad(&desk, "n1", 1);
    desk.fault("POST", "/service/tickets", "status-503", 9);
    desk.psactl(TICKETS).ends_with(5);
    desk.wait(async {
        let url = format!("{}/faults", desk.sandbox().control_url());
        crate::sandbox::http().delete(url).send().await.unwrap();
    });
    desk.later(SignedDuration::from_mins(10));
    desk.psactl(TICKETS).ends_with(0);
    assert_eq!(desk.tickets().len(), 0, "too early");
    desk.later(SignedDuration::from_mins(6));
    desk.psactl(TICKETS).ends_with(0).says("1 ticket opened");
}
