//! `psactl reprocess`: after an outage the PSA ends where it would have ended without one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde_json::Value;

use crate::support::{Desk, id};
use crate::syncing::{next_export, used};

const ROUNDS: i64 = 8;

/// Accounts with their customers, as the sample has them.
const ACCOUNTS: [(&str, &str, &str); 6] = [
    ("ETV-FrontOffice", "DOC30199002", "342"),
    ("ETV-Primary", "DOC30199001", "342"),
    ("ETV-Prim", "DOC30199006", "355"),
    ("JTR-Counter", "DOC30199009", "355"),
    ("AF-BDR", "DOC30199010", "419"),
    ("AF-Office", "DOC30199012", "419"),
];

/// Three hours pass, in which the portal reports 63 events; use grows at noon.
fn three_hours(desk: &Desk, round: i64) {
    next_export(desk, SignedDuration::from_hours(3));
    if round == 3 {
        used(desk, "JTR-Counter", "18.05", "19.05");
    }
    for n in 0..63 {
        let number = round * 63 + n;
        let (user, account, cid) = ACCOUNTS[usize::try_from(number).unwrap() % ACCOUNTS.len()];
        // Two accounts end the day as they began it: one well, one ill. The others go back and forth.
        let fails = match user {
            "AF-BDR" => true,
            "AF-Office" => false,
            _ => (number / 6) % 3 == 0,
        };
        let (severity, what) = if fails { ("Error", "failed") } else { ("OK", "completed successfully") };
        let text = format!("Remote Backup {what} for account [{user} / {account}]");
        desk.event(&format!("day-{number}"), 175 - n * 2, user, cid, severity, &text);
    }
}

/// A desk on which psactl runs every three hours of a day, without trouble.
fn without_outage() -> Desk {
    let desk = before();
    for round in 0..ROUNDS {
        three_hours(&desk, round);
        desk.psactl(&["sync"]).ends_with(0);
    }
    // What changed within min_interval of the last push.
    desk.psactl(&["sync", "--force"]).ends_with(0);
    desk
}

/// The same day on which nothing answers; psactl runs every three hours, and all of it fails.
fn with_outage() -> Desk {
    let desk = before();
    let site = desk.sandbox().url();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nowhere = format!("http://127.0.0.1:{port}");
    desk.edit("psactl.toml", &site, &nowhere);
    for round in 0..ROUNDS {
        three_hours(&desk, round);
        let ran = desk.psactl(&["sync"]);
        assert!([0, 5].contains(&ran.code), "{ran:?}");
    }
    desk.edit("psactl.toml", &nowhere, &site);
    desk
}

fn before() -> Desk {
    let desk = Desk::running();
    desk.psactl(&["sync", "--open-standing"]).ends_with(0);
    desk
}

/// The tickets as a dispatcher sees them: of which company, what, and whether it is open.
fn tickets(desk: &Desk) -> Vec<(String, String, bool)> {
    let told = |ticket: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let open = ticket["closedFlag"] != Value::Bool(true);
        (text(&ticket["company"]["name"]), text(&ticket["summary"]), open)
    };
    let mut tickets: Vec<_> = desk.tickets().iter().map(told).collect();
    tickets.sort();
    tickets
}

fn open(desk: &Desk) -> Vec<(String, String, bool)> {
    tickets(desk).into_iter().filter(|ticket| ticket.2).collect()
}

/// What the executive management report says of every company.
fn statistics(desk: &Desk) -> Vec<String> {
    let mut numbers = Vec::new();
    for company in ["Eddie's TV Repair", "Joe TV Repair", "Angry Fox"] {
        let path = format!("/company/companies/{}/managementSummaryReports", desk.company(company));
        for entry in desk.records(&path, "") {
            let fields = ["successfulBackupJobs", "failedBackupJobs", "totalServers", "totalWorkstations"];
            let told = fields.map(|field| entry.get(field).map_or_else(String::new, Value::to_string));
            numbers.push(format!("{company} #{}: {}", id(&entry), told.join(" ")));
        }
    }
    numbers
}

fn events(desk: &Desk, arguments: &[&str]) -> Vec<Value> {
    let ran = desk.psactl(&[&["events", "--jsonl"], arguments].concat()).ends_with(0);
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn after_a_day_without_connectwise_its_state_is_that_of_a_day_with_it() {
    let desk = with_outage();
    let failed = events(&desk, &["--errors"]);
    assert_eq!(failed.len(), 504);
    let first_new = tickets(&desk).len();
    desk.forget_requests();
    desk.psactl(&["reprocess", "--errors", "--dry-run"])
        .ends_with(0)
        .says("504 events of 3 customers")
        .says("nothing was written");
    assert_eq!(desk.writes(), Vec::<String>::new());
    desk.psactl(&["reprocess", "--errors", "--yes"]).ends_with(0).says("504 events of 3 customers");

    // Each fault and each customer once: nothing of the day is enacted again.
    let mut writes: BTreeMap<String, usize> = BTreeMap::new();
    for write in desk.writes() {
        *writes.entry(write).or_default() += 1;
    }
    let opened = tickets(&desk).len() - first_new;
    assert_eq!(writes.get("POST /service/tickets").copied().unwrap_or_default(), opened);
    assert_eq!(writes.get("PATCH /company/companies/{parentId}/managementSummaryReports/{id}"), Some(&3));

    let other = without_outage();
    assert_eq!(open(&desk), open(&other));
    assert!(open(&desk).iter().any(|ticket| ticket.1.contains("AF-BDR")), "{:?}", open(&desk));
    assert!(!open(&desk).iter().any(|ticket| ticket.1.contains("AF-Office")));
    assert_eq!(statistics(&desk), statistics(&other));
    assert_eq!(desk.billed(), other.billed());
    // What was mended meanwhile had tickets on the other desk, and has none here.
    assert!(tickets(&desk).len() < tickets(&other).len());

    // Nothing is left to do, here or there.
    assert_eq!(events(&desk, &["--errors"]), Vec::<Value>::new());
    desk.forget_requests();
    desk.psactl(&["reprocess", "--since", "1d", "--yes"]).ends_with(0);
    desk.psactl(&["sync", "--force"]).ends_with(0);
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn every_event_says_what_covered_it() {
    let desk = with_outage();
    desk.psactl(&["reprocess", "--errors", "--yes"]).ends_with(0);
    let all = events(&desk, &["--since", "1d"]);
    let numbers: BTreeMap<i64, &Value> =
        all.iter().map(|event| (event["number"].as_i64().unwrap(), event)).collect();
    let mut alone = BTreeSet::new();
    for event in &all {
        let actions = event["actions"].as_array().unwrap();
        // The failure stays in the log, and what was done after it.
        assert_eq!(actions[0]["outcome"], "failed", "{event}");
        assert_ne!(actions.last().unwrap()["outcome"], "failed", "{event}");
        assert_eq!(event["state"], "done", "{event}");
        let told: Vec<&str> = actions.iter().map(|action| action["detail"].as_str().unwrap()).collect();
        let mut covered = false;
        for detail in &told {
            let Some((_, rest)) = detail.split_once("Covered by event ") else { continue };
            let number: i64 = rest.split([',', '.']).next().unwrap().parse().unwrap();
            let covering = numbers[&number];
            assert_eq!(covering["event"]["cid"], event["event"]["cid"], "{detail}");
            assert!(covering["event"]["time"].as_str() >= event["event"]["time"].as_str(), "{detail}");
            assert_ne!(covering["number"], event["number"], "{detail}");
            covered = true;
        }
        if !covered {
            alone.insert(event["event"]["cid"].as_str().unwrap());
        }
    }
    // One event of each customer speaks for itself.
    assert_eq!(alone.len(), 3);
}

/// What the last run said of an event's ticket.
fn of_ticket(desk: &Desk, like: &str) -> String {
    let found = events(desk, &["--match", like]);
    let actions = found[0]["actions"].as_array().unwrap();
    let tickets = actions.iter().filter(|action| action["action"] == "ConnectWise ticket");
    tickets.map(|action| action["detail"].as_str().unwrap().to_owned()).next_back().unwrap_or_default()
}

#[test]
fn an_earlier_episode_is_not_told_of_as_if_it_had_opened_the_ticket() {
    let desk = before();
    desk.later(SignedDuration::from_hours(1));
    for (id, minutes, severity, what) in [
        ("first", 50, "Error", "failed (1st)"),
        ("mended", 40, "OK", "completed successfully"),
        ("anew", 30, "Error", "failed (2nd)"),
        ("again", 20, "Error", "failed (3rd)"),
    ] {
        let text = format!("Remote Backup {what} for account [AF-Office / DOC30199012]");
        desk.event(id, minutes, "AF-Office", "419", severity, &text);
    }
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket opened");
    let number = |like: &str| events(&desk, &["--match", like])[0]["number"].as_i64().unwrap();
    assert_eq!(
        of_ticket(&desk, "(1st)"),
        format!(
            "No ticket needed: the fault ended and began anew. Covered by event {}, with which it began.",
            number("(2nd)")
        )
    );
    let opened = of_ticket(&desk, "(3rd)");
    assert!(opened.starts_with("Opened ConnectWise ticket #") && !opened.contains("Covered"), "{opened}");
    assert_eq!(
        of_ticket(&desk, "(2nd)"),
        format!("{opened} Covered by event {}, the fault's latest.", number("(3rd)"))
    );
}

#[test]
fn a_ticket_whose_answer_was_lost_is_not_opened_twice() {
    let desk = with_outage();
    desk.fault("POST", "/service/tickets", "applied-then-reset", 1);
    let ran = desk.psactl(&["reprocess", "--errors", "--yes"]);
    assert!([0, 5, 6].contains(&ran.code), "{ran:?}");
    desk.psactl(&["reprocess", "--since", "1d", "--yes"]).ends_with(0);
    let open = open(&desk);
    let distinct: BTreeSet<_> = open.iter().collect();
    assert_eq!(distinct.len(), open.len(), "{open:?}");
    assert!(open.iter().any(|ticket| ticket.1.contains("AF-BDR")));
}

#[test]
fn it_works_now_whatever_the_interval() {
    let desk = Desk::running();
    used(&desk, "ETV-Primary", "148.20", "150.00");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.psactl(&["sync"]).ends_with(0).says("1 agreement addition updated");
    // Within min_interval of the last push a sync waits; reprocessing an event of the customer does not.
    used(&desk, "ETV-Primary", "150.00", "151.00");
    next_export(&desk, SignedDuration::from_mins(30));
    let text = "Remote Backup completed successfully for account [ETV-Primary / DOC30199001]";
    desk.event("now", 1, "ETV-Primary", "342", "OK", text);
    desk.psactl(&["sync"]).ends_with(0).is_silent_on("agreement addition updated");
    let last = events(&desk, &["--limit", "1"])[0]["number"].to_string();
    desk.psactl(&["reprocess", &last, "--yes"]).ends_with(0).says("1 agreement addition updated");
    assert!(desk.billed().values().any(|quantity| quantity == "191.85"), "{:?}", desk.billed());
    desk.psactl(&["events", "show", &last])
        .says("Updated ConnectWise agreement parts.")
        .says("sent invoiceDescription = ETV-Primary: 151 GB")
        .says("; quantity = 191.85");
}

#[test]
fn filters_choose_and_are_not_mixed_with_numbers() {
    let desk = Desk::running();
    desk.psactl(&["reprocess", "17", "--errors", "--yes"]).ends_with(2).says("not by both");
    desk.psactl(&["reprocess", "--since", "yesterday", "--yes"]).ends_with(2).says("no moment; write 24h");
    desk.psactl(&["reprocess", "--type", "weather", "--yes"]).ends_with(2).says("backup-failed");
    desk.psactl(&["reprocess", "--match", "no such text", "--yes"]).ends_with(0).says("nothing to reprocess");
    desk.forget_requests();
    desk.psactl(&["reprocess", "--cid", "342", "--type", "backup-failed"]).ends_with(2).says("--yes");
    assert_eq!(desk.requests().len(), 0);
    desk.psactl(&["reprocess", "--cid", "419", "--severity", "error", "--dry-run"])
        .ends_with(0)
        .says("nothing was written");
}

#[cfg(unix)]
mod at_a_terminal {
    use super::*;
    use crate::companies::terminal;
    use expectrl::{Eof, Expect};

    /// A backup of AF-Office failed, and the login was refused.
    fn failed() -> (Desk, String) {
        let desk = before();
        let key = desk.read("private-key");
        desk.later(SignedDuration::from_hours(1));
        let text = "Remote Backup failed for account [AF-Office / DOC30199012]";
        desk.event("bad", 5, "AF-Office", "419", "Error", text);
        desk.sandbox().set_private_key("another");
        desk.psactl(&["sync"]).ends_with(4);
        desk.sandbox().set_private_key(key.trim());
        desk.forget_requests();
        let number = events(&desk, &["--errors"])[0]["number"].to_string();
        (desk, number)
    }

    #[test]
    fn the_plan_comes_first_and_one_yes_does_it() {
        let (desk, _) = failed();
        let mut session = terminal(&desk, &["reprocess", "--errors"]);
        session.expect("Would be written").unwrap();
        session.expect("Backup failed: AF-Office").unwrap();
        session.expect("Reprocess 1 event (").unwrap();
        assert_eq!(desk.writes(), Vec::<String>::new());
        session.send("y").unwrap();
        session.expect("1 ticket opened").unwrap();
        session.expect(Eof).unwrap();
        assert!(open(&desk).iter().any(|ticket| ticket.1.contains("AF-Office")));
    }

    #[test]
    fn a_no_reprocesses_nothing() {
        let (desk, number) = failed();
        let mut session = terminal(&desk, &["reprocess", &number]);
        session.expect("Reprocess 1 event (").unwrap();
        session.send("n").unwrap();
        session.expect("nothing was reprocessed").unwrap();
        session.expect(Eof).unwrap();
        assert_eq!(desk.writes(), Vec::<String>::new());
        assert_eq!(events(&desk, &["--errors"]).len(), 1);
    }
}
