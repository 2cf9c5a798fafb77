//! How many requests each kind of run sends, counted against the least that can do it (design section 13): what
//! `cargo bench --bench sync` measures at scale, held here without a clock.

use std::fmt::Write;

use jiff::SignedDuration;
use psactl::sandbox::{Options, World};

use super::measured;
use crate::support::Desk;

const CUSTOMERS: usize = 40;

/// The company look-up, the statuses of companies that are out of use, and a page each of companies and agreements.
const LISTS: usize = 4;

/// Forty customers of a PSA that was set up by hand, taken over, with no guard that holds anything.
fn desk() -> Desk {
    let desk = Desk::with(Options { world: World::Integrated, companies: CUSTOMERS, ..Options::default() });
    let mut accounts =
        "CID,Company,Account No,User Name,Select Online Backup Storage,ShadowProtect BDR Storage,\
                        Online Backup # Servers,Online Backup # Desktops,Measured At\n"
            .to_owned();
    let mut events = "ID,When,Account,CID,Severity,Event Information\n".to_owned();
    let now = desk.sandbox().now();
    for number in 1..=CUSTOMERS {
        let cid = 10_000 + number;
        writeln!(accounts, "{cid},Customer {number:05},A{cid},PC-{cid},12.5,310.5,1,7,{now}").unwrap();
        let text = format!("Remote Backup completed successfully for account [PC-{cid} / A{cid}]");
        writeln!(events, "{cid},{now},PC-{cid},{cid},OK,{text}").unwrap();
    }
    desk.write("accounts.csv", &accounts);
    desk.write("events.csv", &events);
    desk.let_everything_through();
    desk.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(3);
    desk.psactl(&["companies", "adopt", "--yes"]).ends_with(0);
    desk.psactl(&["setup", "--apply", "--yes"]).ends_with(0);
    desk
}

/// Runs, and counts all requests and the writes among them.
#[track_caller]
fn counted(desk: &Desk, arguments: &[&str]) -> (usize, usize) {
    desk.forget_requests();
    desk.psactl(arguments).ends_with(0);
    (desk.requests().len(), desk.writes().len())
}

/// At most so many requests as the least and one in twenty.
#[track_caller]
fn assert_least((requests, writes): (usize, usize), reads: usize, changed: usize, what: &str) {
    assert_eq!(writes, changed, "{what}: one write for each changed record");
    let least = reads + changed;
    assert!(
        requests >= least && requests * 20 <= least * 21,
        "{what}: {requests} requests, {least} would do"
    );
}

#[test]
fn each_kind_of_run_sends_the_least() {
    let desk = desk();
    let n = CUSTOMERS;
    // The server's time zone; each live agreement; the Managed IDs of each company. Four additions change and two entries.
    assert_least(counted(&desk, &["sync"]), 1 + LISTS + 2 * n, 6 * n, "first");
    assert_eq!(counted(&desk, &["sync"]), (0, 0), "idle");
    // The same numbers, measured again.
    desk.later(SignedDuration::from_hours(1));
    measured(&desk, SignedDuration::from_mins(-10));
    assert_eq!(counted(&desk, &["sync"]), (0, 0), "steady");
    assert_least(counted(&desk, &["sync", "--verify"]), LISTS + 2 * n, 0, "verify");

    // One in twenty stores more: their agreements are read and written, and nothing of their statistics is asked.
    desk.later(SignedDuration::from_hours(13));
    for customer in ["10007", "10021"] {
        super::used(&desk, &format!("A{customer}"), ",12.5,", ",13.5,");
    }
    measured(&desk, SignedDuration::from_mins(-10));
    assert_least(counted(&desk, &["sync"]), LISTS + 2, 2, "two changed");

    // Their jobs of the next day: statistics are read and written, and nothing of their agreements is asked.
    desk.later(SignedDuration::from_hours(1));
    for customer in ["10007", "10021"] {
        let text = format!("Remote Backup completed successfully for account [PC-{customer} / A{customer}]");
        desk.event(&format!("2{customer}"), 5, &format!("PC-{customer}"), customer, "OK", &text);
    }
    desk.later(SignedDuration::from_hours(1));
    assert_eq!(counted(&desk, &["sync"]), (0, 0), "not within min_interval of the push before");
    desk.edit("psactl.toml", "min_interval = \"12h\"", "min_interval = \"1h\"");
    let (requests, writes) = counted(&desk, &["sync", "--cid", "10007", "--dry-run"]);
    assert_eq!((requests > 0, writes), (true, 0), "a person who asks is not told from memory");
    desk.write("events.csv", &(desk.read("events.csv") + "\n"));
    assert_least(counted(&desk, &["sync"]), LISTS - 1 + 2, 2, "the jobs of two");
}

/// What is remembered as right is read again once it is to be verified, however often the rest changed meanwhile.
#[test]
fn what_is_remembered_is_verified_all_the_same() {
    let desk = desk();
    desk.psactl(&["sync"]).ends_with(0);
    let entries = |desk: &Desk| {
        let reads = desk.requests();
        reads.iter().filter(|read| read.path.ends_with("/managementSummaryReports")).count()
    };
    for (hours, stored, reads) in [(13, "13.5", 0), (13, "14.5", CUSTOMERS)] {
        let before = if stored == "13.5" { "12.5" } else { "13.5" };
        desk.later(SignedDuration::from_hours(hours));
        super::used(&desk, "A10007", &format!(",{before},"), &format!(",{stored},"));
        measured(&desk, SignedDuration::from_mins(-10));
        desk.forget_requests();
        desk.psactl(&["sync"]).ends_with(0).says("1 agreement addition updated");
        assert_eq!(entries(&desk), reads, "with {stored} stored");
    }
}
