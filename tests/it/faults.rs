//! Answers that never come, come late or say something else: nothing is written twice, nothing is lost, and
//! one customer's trouble stays that customer's.

use jiff::SignedDuration;
use psactl::sandbox::Fault;

use crate::story::{self, CHAPTERS, DAY_LATER};
use crate::support::{Desk, Ran};

fn fault(method: &str, path: &str, kind: &str, times: u32) -> Fault {
    Fault {
        method: Some(method.to_owned()),
        path: Some(path.to_owned()),
        kind: kind.to_owned(),
        times: Some(times),
        ..Fault::default()
    }
}

/// How often a template was asked for, and with what status.
fn asked(desk: &Desk, method: &str, template: &str) -> Vec<u16> {
    let requests = desk.requests();
    let of = |request: &&psactl::sandbox::LoggedRequest| {
        request.method == method && request.template.ends_with(template)
    };
    requests.iter().filter(of).map(|request| request.status).collect()
}

/// A fault that strikes the first write of a chapter to this very template; those to templates that contain
/// it pass.
fn on_write(chapter: usize, method: &str, template: &str, kind: &str, times: u32) -> Fault {
    let desk = story::before(chapter);
    story::one_at_a_time(&desk);
    (CHAPTERS[chapter].world)(&desk);
    desk.forget_requests();
    for (arguments, _) in CHAPTERS[chapter].commands {
        desk.psactl(arguments);
    }
    let requests = desk.requests();
    let mut like = requests.iter().filter(|r| r.method == method && r.template.contains(template));
    let before = like.position(|request| request.template.ends_with(template)).unwrap();
    Fault { nth: Some(u32::try_from(before).unwrap() + 1), ..fault(method, template, kind, times) }
}

/// Plays a chapter with a fault ordered before its first command.
fn disturbed(desk: &Desk, chapter: usize, fault: Fault) -> Ran {
    story::one_at_a_time(desk);
    (CHAPTERS[chapter].world)(desk);
    desk.forget_requests();
    desk.expects_refusals();
    desk.sandbox().add_fault(fault).unwrap();
    let (last, before) = CHAPTERS[chapter].commands.split_last().unwrap();
    for (arguments, _) in before {
        desk.psactl(arguments);
    }
    desk.psactl(last.0)
}

const TICKET: (&str, &str) = ("POST", "/service/tickets");
const NOTE: (&str, &str) = ("POST", "/service/tickets/{parentId}/notes");
const STATUS: (&str, &str) = ("PATCH", "/service/tickets/{id}");
const QUANTITY: (&str, &str) = ("PATCH", "/finance/agreements/{parentId}/additions/{id}");
const STATISTICS: (&str, &str) = ("PATCH", "/company/companies/{parentId}/managementSummaryReports/{id}");

/// The faults that leave a write's outcome open.
const OPEN: [&str; 5] = ["status-500", "status-503", "reset", "applied-then-500", "applied-then-reset"];

#[test]
fn a_lost_answer_is_looked_up_before_the_write_is_repeated() {
    let undisturbed = story::before(DAY_LATER);
    undisturbed.forget_requests();
    story::play(&undisturbed, &CHAPTERS[DAY_LATER]);
    for (method, template) in [TICKET, NOTE, STATUS, QUANTITY, STATISTICS] {
        let undisturbed = asked(&undisturbed, method, template).len();
        let first = on_write(DAY_LATER, method, template, "reset", 1);
        for kind in OPEN {
            let what = format!("{kind} on {method} {template}");
            let desk = story::before(DAY_LATER);
            let ran = disturbed(&desk, DAY_LATER, Fault { kind: kind.to_owned(), ..first.clone() });
            // ConnectWise that says itself that it failed is done with the write: what is not there may be made
            // again at once. One that fell silent may still be at work on it, and a gateway does not know: the
            // next run looks first.
            let silent = matches!(kind, "reset" | "status-503");
            assert_eq!(ran.code, if silent { 6 } else { 0 }, "{what}\n{}{}", ran.stdout, ran.stderr);
            if silent {
                desk.later(SignedDuration::from_mins(16));
                desk.psactl(&["sync"]).ends_with(0);
            }
            let sent = asked(&desk, method, template).len();
            let repeated = usize::from(!kind.starts_with("applied"));
            assert_eq!(sent, undisturbed + repeated, "{what}");
            story::assert_psa(&desk, DAY_LATER, &what);
        }
    }
}

/// Whatever comes instead of the answer to a write that bills or opens a ticket, it is made exactly once.
#[test]
fn whatever_comes_instead_of_the_answer_nothing_is_written_twice() {
    let undisturbed = story::before(DAY_LATER);
    undisturbed.forget_requests();
    story::play(&undisturbed, &CHAPTERS[DAY_LATER]);
    let done = |desk: &Desk, (method, template): (&str, &str)| {
        let requests = desk.requests();
        let of = |request: &&psactl::sandbox::LoggedRequest| {
            request.method == method && request.template.ends_with(template) && request.applied
        };
        requests.iter().filter(of).count()
    };
    let kinds = [
        (TICKET, "html-502"),
        (TICKET, "applied-then-html-502"),
        (TICKET, "garbled"),
        (TICKET, "applied-then-garbled"),
        (TICKET, "applied-then-empty"),
        (TICKET, "applied-then-html-200"),
        (TICKET, "applied-then-truncated"),
        (TICKET, "applied-then-dripping"),
        (TICKET, "applied-then-hang"),
        (QUANTITY, "hang"),
        (QUANTITY, "applied-then-garbled"),
        (QUANTITY, "applied-then-truncated-chunked"),
        (QUANTITY, "applied-then-dripping"),
        (QUANTITY, "applied-then-redirect"),
    ];
    let first = [TICKET, QUANTITY].map(|write| (write, on_write(DAY_LATER, write.0, write.1, "reset", 1)));
    for (write, kind) in kinds {
        let what = format!("{kind} on {} {}", write.0, write.1);
        let (_, first) = first.iter().find(|(of, _)| *of == write).unwrap().clone();
        let desk = story::before(DAY_LATER);
        story::one_at_a_time(&desk);
        (CHAPTERS[DAY_LATER].world)(&desk);
        desk.forget_requests();
        desk.expects_refusals();
        let location = kind.contains("redirect").then(|| "http://127.0.0.1:9/elsewhere".to_owned());
        desk.sandbox().add_fault(Fault { kind: kind.to_owned(), location, ..first }).unwrap();
        let ran = Desk::ran(desk.command(&["sync"]).env("PSACTL_TEST_ANSWER_WITHIN_MS", "2500"));
        assert!([0, 6].contains(&ran.code), "{what}: {ran:?}");
        desk.later(SignedDuration::from_mins(16));
        desk.psactl(&["sync"]).ends_with(0);
        assert_eq!(done(&desk, write), done(&undisturbed, write), "{what}: so often it was done");
        story::assert_psa(&desk, DAY_LATER, &what);
    }
}

/// Waits until what was struck is done after all.
fn done_after_all(desk: &Desk) {
    let begun = std::time::Instant::now();
    let done = || desk.sandbox().requests().iter().any(|request| request.fault.is_some() && request.applied);
    while !done() && begun.elapsed() < std::time::Duration::from_secs(30) {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// A gateway says at once that it failed, and the write it passed on is done a moment later: looking at once finds
/// nothing, and to make it again would bill twice or open a second ticket.
#[test]
fn a_gateways_word_is_not_connectwises() {
    for (write, kind) in [
        (TICKET, "later-then-502"),
        (TICKET, "later-then-html-502"),
        (TICKET, "later-then-503"),
        (QUANTITY, "later-then-502"),
    ] {
        let what = format!("{kind} on {} {}", write.0, write.1);
        let desk = story::before(DAY_LATER);
        let ran = disturbed(&desk, DAY_LATER, on_write(DAY_LATER, write.0, write.1, kind, 1));
        assert_eq!(ran.code, 6, "{what}: {ran:?}");
        // By the time of the next run it is done.
        done_after_all(&desk);
        desk.later(SignedDuration::from_mins(16));
        desk.psactl(&["sync"]).ends_with(0);
        story::assert_psa(&desk, DAY_LATER, &what);
    }
    // The first addition that set-up makes, too.
    let desk = story::before(1);
    // Later than the rest of set-up takes on any machine.
    let late = Fault { after: Some(8000), ..fault("POST", "/additions", "later-then-502", 1) };
    let ran = disturbed(&desk, 1, late);
    assert_eq!(ran.code, 6, "{ran:?}");
    // A person tries again at once, as people do.
    let again = &["setup", "agreements", "--apply", "--yes"];
    desk.psactl(again).ends_with(6).says("may still be at work on it").says("looked for again from");
    done_after_all(&desk);
    desk.later(SignedDuration::from_mins(3));
    desk.psactl(again).ends_with(0);
    let lines = |desk: &Desk| {
        let billed = desk.billed().into_iter();
        let mut lines: Vec<String> = billed
            .map(|(line, quantity)| format!("{} {quantity}", line.split(" #").next().unwrap()))
            .collect();
        lines.sort();
        lines
    };
    assert_eq!(lines(&desk), lines(&story::before(2)), "no addition twice");
}

/// Lost twice: nobody knows. The run says so and goes on with what else there is; the next one after a quarter
/// of an hour looks it up and finishes.
#[test]
fn what_stays_unknown_is_settled_by_the_next_run() {
    for (method, template) in [TICKET, NOTE, STATUS, QUANTITY, STATISTICS] {
        let desk = story::before(DAY_LATER);
        let ran = disturbed(&desk, DAY_LATER, on_write(DAY_LATER, method, template, "status-500", 2));
        assert_eq!(ran.code, 6, "{template}\n{}{}", ran.stdout, ran.stderr);
        ran.says("the next run looks it up first");
        desk.later(SignedDuration::from_mins(16));
        desk.psactl(&["sync"]).ends_with(0);
        story::assert_psa(&desk, DAY_LATER, template);
    }
}

/// The write arrived, the answer did not, and nor did that of the look-up.
#[test]
fn an_unanswered_look_up_repeats_nothing() {
    for ((method, template), read) in [
        (TICKET, "/service/tickets"),
        (NOTE, "/notes"),
        (QUANTITY, "/finance/agreements/{parentId}/additions/{id}"),
    ] {
        let desk = story::before(DAY_LATER);
        story::one_at_a_time(&desk);
        let lost = on_write(DAY_LATER, method, template, "applied-then-reset", 1);
        // The reads before the write pass: only what follows the lost answer fails.
        (CHAPTERS[DAY_LATER].world)(&desk);
        desk.forget_requests();
        desk.psactl(&["sync", "--dry-run"]).ends_with(0);
        let requests = desk.requests();
        let reads = requests.iter().filter(|r| r.method == "GET" && r.template.contains(read)).count();
        let unanswered =
            Fault { nth: Some(u32::try_from(reads).unwrap() + 1), ..fault("GET", read, "status-500", 4) };
        desk.sandbox().add_fault(lost).unwrap();
        desk.sandbox().add_fault(unanswered).unwrap();
        desk.psactl(&["sync"]).ends_with(6).says("the next run looks it up first");
        desk.later(SignedDuration::from_mins(16));
        desk.psactl(&["sync"]).ends_with(0);
        story::assert_psa(&desk, DAY_LATER, template);
    }
}

#[test]
fn set_up_survives_lost_answers() {
    for (chapter, template) in [
        (0, "/procurement/catalog"),
        (0, "/system/integratorlogins"),
        (0, "/company/managementItSolutions"),
        (0, "/company/configurations/types"),
        (0, "/company/managedDevicesIntegrations"),
        (0, "/crossReferences"),
        (1, "/managementSummaryReports"),
        (1, "/additions"),
    ] {
        for kind in ["status-500", "applied-then-reset"] {
            let desk = story::before(chapter);
            let ran = disturbed(&desk, chapter, fault("POST", template, kind, 1));
            let expected = CHAPTERS[chapter].commands.last().unwrap().1;
            assert_eq!(ran.code, expected, "{kind} on {template}\n{}{}", ran.stdout, ran.stderr);
            story::assert_as_undisturbed(&desk, chapter, &format!("{kind} on {template}"));
        }
    }
}

/// A ticket that was closed shares its natural key with the next one of the same fault: a lost write is not
/// taken for made because of it.
#[test]
fn the_closed_ticket_of_the_same_fault_is_not_taken_for_the_new_one() {
    let desk = story::before(3);
    let ticket = open_ticket(&desk, "no-backup", "ETV-Truck02");
    let closed = [psactl::psa::PatchOp::replace("status", serde_json::json!({ "id": 405 }))];
    desk.wait(desk.colleague().patch(&psactl::psa::paths::ticket(ticket), &closed)).unwrap();
    // A person closed it while the fault stood; a day later it is opened anew.
    desk.psactl(&["sync", "--verify"]).ends_with(0);
    desk.later(SignedDuration::from_hours(25));
    desk.sandbox().add_fault(fault("POST", "/service/tickets", "status-500", 1)).unwrap();
    desk.psactl(&["sync", "--only", "tickets"]).ends_with(0).says("ticket opened");
    assert_ne!(open_ticket(&desk, "no-backup", "ETV-Truck02"), ticket);
}

/// The open ticket whose subject names an account.
fn open_ticket(desk: &Desk, _kind: &str, account: &str) -> i64 {
    let query = psactl::psa::Query::all().order_by("id");
    let tickets: Vec<serde_json::Value> =
        desk.wait(desk.colleague().list(&psactl::psa::paths::tickets(), &query)).unwrap();
    let open: Vec<i64> = tickets
        .iter()
        .filter(|ticket| ticket["closedFlag"] == false)
        .filter(|ticket| ticket["summary"].as_str().unwrap().contains(account))
        .map(|ticket| ticket["id"].as_i64().unwrap())
        .collect();
    assert_eq!(open.len(), 1, "{account}: {open:?}");
    open[0]
}

/// A ticket that could not be opened is tried again after a quarter of an hour, though no customer is due.
#[test]
fn a_ticket_that_failed_is_tried_again() {
    let desk = Desk::running();
    desk.later(SignedDuration::from_hours(1));
    desk.event(
        "910001",
        5,
        "AF-Office",
        "419",
        "Error",
        "Remote Backup failed for account [AF-Office / DOC30199012]: gone",
    );
    desk.sandbox().add_fault(fault("POST", "/service/tickets", "status-500", 2)).unwrap();
    desk.psactl(&["sync"]).ends_with(5).says("the next run looks it up first");
    desk.later(SignedDuration::from_mins(1));
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.requests().len(), 0, "not every minute");
    desk.later(SignedDuration::from_mins(15));
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket opened");
    open_ticket(&desk, "backup-failed", "AF-Office");
}

#[test]
fn reads_are_tried_four_times() {
    // Of Eddie's TV Repair, customer 342.
    let additions = "/finance/agreements/121/additions";
    // The fault, how often, how many answers came, exit code, what is said, whether anything was written.
    let rows: &[(&str, &str, u32, &[u16], i32, &str, bool)] = &[
        ("status-500", "/service/tickets", 1, &[500, 200], 0, "1 ticket resolved", true),
        ("status-502", "/service/tickets", 3, &[502, 502, 502, 200], 0, "1 ticket resolved", true),
        ("reset", "/service/tickets", 3, &[0, 0, 0, 200], 0, "1 ticket resolved", true),
        ("status-429", "/service/tickets", 1, &[429, 200], 0, "1 ticket resolved", true),
        // Tickets that cannot be asked about do not stop statistics and billing.
        ("status-503", "/service/tickets", 9, &[503; 4], 6, "failed with status 503", true),
        ("reset", "/service/tickets", 9, &[0; 4], 5, "127.0.0.1 cannot be reached", false),
        ("status-401", "/service/tickets", 1, &[401], 4, "refused the login", false),
        ("status-403", "/service/tickets", 1, &[403], 6, "does not allow it", true),
        ("status-400", "/service/tickets", 1, &[400], 6, "refused the request", true),
        ("status-500", additions, 1, &[500, 200], 0, "2 agreement additions updated", true),
        ("status-500", additions, 4, &[500; 4], 6, "customer 342", true),
        ("status-403", additions, 1, &[403], 6, "customer 342", true),
        ("status-400", additions, 1, &[400], 6, "customer 342", true),
    ];
    for (kind, path, times, answers, code, said, writes) in rows {
        let what = format!("{times} times {kind} on {path}");
        let desk = story::before(DAY_LATER);
        let ran = disturbed(&desk, DAY_LATER, fault("GET", path, kind, *times));
        assert_eq!(ran.code, *code, "{what}\n{}{}", ran.stdout, ran.stderr);
        assert!(
            ran.stdout.contains(said) || ran.stderr.contains(said),
            "{what}: {}{}",
            ran.stdout,
            ran.stderr
        );
        let requests = desk.requests();
        let reads = requests.iter().filter(|r| r.method == "GET" && r.path.ends_with(path));
        assert_eq!(reads.map(|r| r.status).collect::<Vec<_>>(), *answers, "{what}");
        assert_eq!(!desk.writes().is_empty(), *writes, "{what}");
    }
}

/// 342 fails; 355 and 419 are worked off, and 342 again a while later.
#[test]
fn one_customers_trouble_stops_no_other() {
    for (kind, times) in [("status-400", 1), ("status-500", 4), ("status-403", 1)] {
        let desk = story::before(DAY_LATER);
        let ran = disturbed(&desk, DAY_LATER, fault("GET", "/agreements/121/additions", kind, times));
        let ran =
            ran.ends_with(6).says("customer 342 (Eddie's TV Repair)").says("1 agreement addition updated");
        ran.says("1 ticket resolved");
        // It is said once, not by every run.
        desk.later(SignedDuration::from_mins(1));
        desk.psactl(&["sync"]).ends_with(0);
        // It is tried again: soon where the server failed, else when a person asks for it.
        desk.later(SignedDuration::from_mins(15));
        desk.psactl(if kind == "status-500" { &["sync"][..] } else { &["sync", "--cid", "342"] })
            .ends_with(0);
        story::assert_psa(&desk, DAY_LATER, kind);
    }
}

/// An agreement that takes longer than anybody waits is its customer's trouble.
#[test]
fn one_customer_that_times_out_stops_no_other() {
    let desk = story::before(DAY_LATER);
    (CHAPTERS[DAY_LATER].world)(&desk);
    desk.sandbox().add_fault(fault("GET", "/agreements/121/additions", "hang", 4)).unwrap();
    let ran =
        Desk::ran(desk.command(&["sync"]).env("PSACTL_TEST_ANSWER_WITHIN_MS", "2500").env("COLUMNS", "400"));
    let ran = ran.ends_with(6).says("customer 342 (Eddie's TV Repair)").says("no answer within");
    ran.says("1 agreement addition updated").says("1 ticket resolved");
    desk.later(SignedDuration::from_mins(16));
    desk.psactl(&["sync"]).ends_with(0);
    story::assert_psa(&desk, DAY_LATER, "timed out");
}

/// A refused customer's cause is everybody's: the code is the cause's, and no customer is asked for in vain
/// where ConnectWise as a whole fails.
#[test]
fn where_everybody_fails_the_exit_code_is_the_causes() {
    // Once for all three together, then for each alone.
    for (kind, code, asks) in [("status-403", 4, 4), ("status-500", 5, 16), ("status-400", 6, 4)] {
        let desk = story::before(DAY_LATER);
        (CHAPTERS[DAY_LATER].world)(&desk);
        desk.forget_requests();
        desk.expects_refusals();
        desk.sandbox().add_fault(fault("GET", "/finance/agreements", kind, 1000)).unwrap();
        desk.psactl(&["sync", "--only", "billing"]).ends_with(code);
        assert_eq!(asked(&desk, "GET", "/finance/agreements").len(), asks, "{kind}");
    }
}

/// Where nobody's agreements can be read, tickets go out all the same; what failed is told once, and the next minute
/// asks nothing: each customer waits its quarter of an hour.
#[test]
fn where_everybodys_billing_fails_tickets_go_out_all_the_same() {
    let desk = story::before(DAY_LATER);
    (CHAPTERS[DAY_LATER].world)(&desk);
    desk.expects_refusals();
    desk.sandbox().add_fault(fault("GET", "/finance/agreements", "status-500", 1000)).unwrap();
    desk.psactl(&["sync"]).ends_with(6).says("1 ticket resolved").says("customer 342").says("customer 419");
    for minutes in [1, 15] {
        desk.later(SignedDuration::from_mins(minutes));
        let user = format!("AF-Extra{minutes}");
        let text = format!("Remote Backup failed for account [{user} / DOC3019901{minutes}]: gone");
        desk.event(&format!("91{minutes}"), 0, &user, "419", "Error", &text);
        desk.psactl(&["sync"]).ends_with(0).says("1 ticket opened");
        desk.forget_requests();
        desk.psactl(&["sync"]).ends_with(0);
        assert_eq!(desk.requests().len(), 0, "what failed is not asked for by every run");
    }
    desk.sandbox().clear_faults();
    desk.later(SignedDuration::from_mins(16));
    desk.psactl(&["sync"]).ends_with(0).says("agreement additions updated");
}

/// Customers that fail for good hold up no other: what is known to fail is asked for last.
#[test]
fn what_fails_for_good_holds_up_no_other() {
    let desk = Desk::with(psactl::sandbox::Options {
        world: psactl::sandbox::World::Integrated,
        companies: 12,
        ..psactl::sandbox::Options::default()
    });
    let export = |quantity: &str| {
        let now = desk.sandbox().now();
        let mut accounts =
            "CID,Company,Account No,User Name,Select Online Backup Storage,Measured At\n".to_owned();
        for number in 10_001..=10_012 {
            let row =
                format!("{number},Customer {:05},A{number},PC-{number},{quantity},{now}\n", number - 10_000);
            accounts.push_str(&row);
        }
        desk.write("accounts.csv", &accounts);
    };
    export("12.5");
    desk.write("events.csv", "ID,When,Account,CID,Severity,Event Information\n");
    desk.let_everything_through();
    desk.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(3);
    desk.psactl(&["companies", "adopt", "--yes"]).ends_with(0);
    desk.psactl(&["setup", "--apply", "--yes"]);
    story::one_at_a_time(&desk);
    // What the export has no column of is told.
    desk.psactl(&["sync"]).ends_with(6).is_silent_on("failed");
    desk.expects_refusals();
    for number in 1..=4 {
        let agreement = desk.agreement(&format!("Customer {number:05}"));
        let path = format!("/agreements/{agreement}/additions");
        desk.sandbox().add_fault(fault("GET", &path, "status-500", 1000)).unwrap();
    }
    // The first run of that day meets three of the four, and asks for nobody else; the second begins with the others.
    desk.later(SignedDuration::from_hours(25));
    export("13.5");
    desk.psactl(&["sync"]).ends_with(5).says("9 customers were not asked for");
    desk.later(SignedDuration::from_mins(16));
    desk.psactl(&["sync"]).says("8 agreement additions updated");
}

#[test]
fn a_host_that_is_gone() {
    let desk = Desk::running();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    desk.edit("psactl.toml", &desk.sandbox().url(), &format!("http://{gone}"));
    for arguments in [
        &["sync", "--verify"][..],
        &["setup", "--check"],
        &["setup", "--apply", "--yes"],
        &["companies", "adopt", "--yes"],
        &["companies", "link", "342", "20", "--yes"],
    ] {
        let ran = desk.psactl(arguments).ends_with(5);
        ran.says("127.0.0.1").says("cannot be reached").says("next: check the host and port of site");
    }
    desk.psactl(&["doctor"]).ends_with(8).says("cannot be reached").is_silent_on("panicked");
}

/// Servers that are no ConnectWise: each answers every request in the same way.
#[test]
fn a_host_that_is_something_else() {
    let rows: &[(&str, &str, i32)] = &[
        (
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 41\r\n\r\n<html><title>Hotel Wi-Fi</title>Pay</html>",
            "did not answer as ConnectWise does",
            3,
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"CompanyName\":",
            "cannot be reached",
            5,
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{\"CompanyName\":",
            "did not answer as ConnectWise does",
            3,
        ),
        (
            "HTTP/1.1 302 Found\r\nlocation: https://elsewhere.example/\r\ncontent-length: 0\r\n\r\n",
            "redirects to",
            3,
        ),
        ("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", "500", 5),
        ("SSH-2.0-OpenSSH_9.6\r\n", "cannot be reached", 5),
        ("", "cannot be reached", 5),
    ];
    for (answer, said, code) in rows {
        let desk = Desk::running();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        desk.edit("psactl.toml", &desk.sandbox().url(), &url);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                use std::io::{Read, Write};
                let Ok(mut stream) = stream else { break };
                let _request = stream.read(&mut [0; 4096]);
                let _gone = stream.write_all(answer.as_bytes());
            }
        });
        let ran = desk.psactl(&["sync", "--verify"]);
        assert_eq!(ran.code, *code, "{answer:?}\n{}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(said), "{answer:?}\n{}", ran.stderr);
        assert!(ran.stderr.contains("next: "), "{answer:?}\n{}", ran.stderr);
    }
}

/// A login that is refused in the middle of the writes is not used for the rest of them: an account must not
/// be locked. After a minute it is tried again, and everything is made up for.
#[test]
fn a_login_refused_half_way() {
    let desk = story::before(DAY_LATER);
    let ran = disturbed(&desk, DAY_LATER, fault("PATCH", "/", "status-401", 1));
    ran.ends_with(6).says("not tried: the login was refused");
    let refused = desk.requests().iter().filter(|request| request.status == 401).count();
    assert_eq!(refused, 1);
    assert_eq!(asked(&desk, "PATCH", ""), [401]);
    // The scheduler comes back at once.
    desk.forget_requests();
    desk.psactl(&["sync"]);
    assert_eq!(desk.requests().len(), 0);
    desk.later(SignedDuration::from_mins(2));
    desk.psactl(&["sync"]).ends_with(0);
    story::assert_psa(&desk, DAY_LATER, "refused half-way");
}

/// A login that reads and may not write, say: each try in vain makes the next one wait longer.
#[test]
fn a_login_refused_half_way_each_time_is_tried_less_and_less() {
    let desk = story::before(DAY_LATER);
    disturbed(&desk, DAY_LATER, fault("PATCH", "/", "status-401", 1000)).ends_with(6);
    // Minutes since the try before, and whether it is tried.
    for (minutes, tries) in [(2, true), (2, false), (4, true), (10, false), (6, true)] {
        desk.later(SignedDuration::from_mins(minutes));
        desk.forget_requests();
        desk.psactl(&["sync"]);
        assert_eq!(desk.writes().iter().any(|write| write.starts_with("PATCH")), tries, "after {minutes}");
    }
}

/// Many writes are under way when the login is refused: none is begun after it.
#[test]
fn a_login_refused_while_many_writes_are_under_way() {
    let desk = story::before(DAY_LATER);
    (CHAPTERS[DAY_LATER].world)(&desk);
    desk.forget_requests();
    desk.expects_refusals();
    desk.sandbox().add_fault(fault("PATCH", "/", "status-401", 1000)).unwrap();
    desk.psactl(&["sync"]).ends_with(6).says("not tried: the login was refused");
    let refused = asked(&desk, "PATCH", "").len();
    // One for each of the three customers at most.
    assert!((1..=3).contains(&refused), "{refused}");
    desk.sandbox().clear_faults();
    desk.later(SignedDuration::from_mins(2));
    desk.psactl(&["sync"]).ends_with(0);
    story::assert_psa(&desk, DAY_LATER, "refused while many were under way");
}

/// A ticket ConnectWise refuses for good stops neither another fault's ticket nor the customer's billing.
#[test]
fn a_refused_value_stops_only_its_own_record() {
    let desk = Desk::running();
    desk.later(SignedDuration::from_hours(13));
    for (id, user, account) in [("1", "AF-Office", "DOC30199012"), ("2", "AF-BDR", "DOC30199010")] {
        let text = format!("Remote Backup failed for account [{user} / {account}]: gone");
        desk.event(&format!("91000{id}"), 5, user, "419", "Error", &text);
    }
    desk.edit("accounts.csv", ",91.66,", ",92.66,");
    desk.edit("accounts.csv", ",187.30,", ",188.30,");
    desk.expects_refusals();
    desk.sandbox().add_fault(fault("POST", "/service/tickets", "status-400", 1)).unwrap();
    desk.sandbox().add_fault(fault("PATCH", "/additions/", "status-400", 1)).unwrap();
    let ran = desk.psactl(&["sync"]).ends_with(6);
    ran.says("1 ticket opened").says("1 agreement addition updated").says("2 failed");
}
