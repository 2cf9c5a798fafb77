//! The files source: what is understood of exports, and what is refused, by file, line and column.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use psactl::config::{Config, Environment};
use psactl::portal::{self, EventKind, EventLog, Severity, Snapshot, Source};
use std::path::Path;

const HEADER: &str =
    "CID,Company,Account No,Basic Online Backup Storage,Online Backup # Servers,Measured At\n";

fn new_york() -> Option<TimeZone> {
    TimeZone::get("America/New_York").ok()
}

fn accounts(text: &str) -> Snapshot {
    portal::read_bytes(text.as_bytes(), b"", new_york()).0.expect("understood")
}

/// The error of a file as a whole.
fn refused(text: &str) -> String {
    portal::read_bytes(text.as_bytes(), b"", new_york()).0.expect_err("refused").to_string()
}

/// Usage of all accounts, in short: `A1 342 basic-storage=1.5 online-servers=0`.
fn usage(snapshot: &Snapshot) -> Vec<String> {
    let line = |account: &portal::Account| {
        let amounts = account.usage.iter().map(|(service, amount)| format!(" {service}={amount}"));
        format!("{} {}{}", account.number, account.cid, amounts.collect::<String>())
    };
    snapshot.accounts.iter().map(line).collect()
}

fn problems(snapshot: &Snapshot) -> Vec<String> {
    snapshot.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn the_wide_layout() {
    let snapshot = accounts(&format!(
        "{HEADER}342,Eddie's TV Repair,A1,1.50,,2026-10-31T06:00:00-04:00\n\
         342,Eddie's TV Repair,A2,0,2,2026-10-31 05:00am\n\
         355,\"Joe \"\"TV\"\"\nRepair\",A3,,,\n"
    ));
    assert_eq!(
        usage(&snapshot),
        ["A1 342 basic-storage=1.5", "A2 342 basic-storage=0 online-servers=2", "A3 355"]
    );
    assert!(snapshot.problems.is_empty() && snapshot.ignored_columns.is_empty());
    assert_eq!(snapshot.rows, 3);
    assert_eq!(snapshot.customer("355").map(|customer| customer.name.as_str()), Some("Joe \"TV\"\nRepair"));
    let sums = snapshot.usage_of("342");
    assert_eq!(sums["basic-storage"].to_string(), "1.5");
    assert_eq!(sums["online-servers"].to_string(), "2");
    assert_eq!(["342", "355"].map(|cid| snapshot.accounts_of(cid).count()), [2, 1]);
    // Not measured is not zero.
    assert!(snapshot.usage_of("355").is_empty());
    let parts = snapshot.contributions("342", "basic-storage");
    let parts: Vec<String> =
        parts.iter().map(|(account, amount)| format!("{} {amount}", account.number)).collect();
    assert_eq!(parts, ["A1 1.5", "A2 0"]);
    let at = |time: Option<Timestamp>| time.map(|time| time.to_string());
    assert_eq!(at(snapshot.measured_at).as_deref(), Some("2026-10-31T10:00:00Z"));
    assert_eq!(at(snapshot.measured_at_of("342")).as_deref(), Some("2026-10-31T09:00:00Z"));
    assert_eq!(snapshot.measured_at_of("355"), None);
}

#[test]
fn the_long_layout() {
    let snapshot = accounts(
        "customer_id,customer_name,account_id,service,quantity,unit,period_start,period_end,measured_at\n\
         342,Eddie,A1,basic-storage,1.5,GB,2026-10-01,2026-10-31,2026-10-31T10:00:00Z\n\
         342,Eddie,A1,Online Backup # Servers,2,servers,2026-10-01,2026-10-31,\n\
         355,Joe,A2,Email Filtering # Mailboxes,14,mailboxes,,,\n\
         355,Joe,A3,local-desktops,,,,,\n",
    );
    assert_eq!(
        usage(&snapshot),
        ["A1 342 basic-storage=1.5 online-servers=2", "A2 355 email-filtering=14", "A3 355"]
    );
    assert_eq!(problems(&snapshot), [""; 0]);
    // The period's end stands in for a missing time; the account is as old as the oldest of its rows.
    assert_eq!(
        snapshot.measured_at_of("342").map(|t| t.to_string()).as_deref(),
        Some("2026-10-31T04:00:00Z")
    );
    assert_eq!(snapshot.measured_at_of("355"), None);
    assert!(snapshot.period.is_some());

    let snapshot = accounts(
        "customer_id,customer_name,account_id,service,quantity,unit\n\
         342,Eddie,A1,basic-storage,1,GiB\n\
         342,Eddie,A1,select-storage,1,GB\n\
         342,Eddie,A2,basic-storage,1,servers\n\
         342,Eddie,A3,online-servers,1,GB\n\
         342,Eddie,A4,basic-storge,1,GB\n\
         342,Eddie,A5,basic-storage,1,GB\n\
         342,Eddie,A5,basic-storage,1,GB\n\
         342,Eddie,A6,basic-storage,1,GB\n\
         355,Joe,A6,select-storage,1,GB\n\
         355,Joe,A7,select-storage,1,GB\n",
    );
    assert_eq!(
        problems(&snapshot),
        [
            "accounts.csv:2: column \"unit\": unit \"GiB\" contradicts [portal] gigabyte = \"decimal\" \
             (account A1 of customer 342)",
            "accounts.csv:4: column \"unit\": unit \"servers\" contradicts basic-storage, which is measured in GB \
             (account A2 of customer 342)",
            "accounts.csv:5: column \"unit\": unit \"GB\" contradicts online-servers, which is counted \
             (account A3 of customer 342)",
            "accounts.csv:6: column \"service\": \"basic-storge\" is not a service: \
             did you mean \"Basic Online Backup Storage\"? (account A4 of customer 342)",
            "accounts.csv:8: column \"service\": basic-storage stands twice for this account \
             (account A5 of customer 342)",
            "accounts.csv:9: column \"account_id\": is also on line 10, of customer 355 \
             (account A6 of customer 342)",
            "accounts.csv:10: column \"account_id\": is also on line 9, of customer 342 \
             (account A6 of customer 355)",
        ]
    );
    // The good row of A1 is left out with the bad one: half an account is a wrong bill.
    assert_eq!(usage(&snapshot), ["A7 355 select-storage=1"]);
    assert_eq!(snapshot.customers.len(), 2);
}

#[test]
fn each_bad_row_is_named() {
    let good = "9,Good,G1,1,1,2026-10-31T10:00:00Z\n";
    for (row, expected) in [
        (
            "3,C,A,\"1,234\",,",
            "column \"Basic Online Backup Storage\": \"1,234\" could be 1234 or 1.234: set [portal] decimal to \"point\" or \"comma\" (account A of customer 3)",
        ),
        (
            "3,C,A,-1,,",
            "column \"Basic Online Backup Storage\": \"-1\" is negative (account A of customer 3)",
        ),
        (
            "3,C,A,1.5 TB,,",
            "column \"Basic Online Backup Storage\": \"1.5 TB\": unit \"TB\" is not GB, and nothing is converted: export it in GB (account A of customer 3)",
        ),
        (
            "3,C,A,1e3,,",
            "column \"Basic Online Backup Storage\": \"1e3\" is not a number (account A of customer 3)",
        ),
        (
            "3,C,A,NaN,,",
            "column \"Basic Online Backup Storage\": \"NaN\" is not a number (account A of customer 3)",
        ),
        (
            "3,C,A,1.,,",
            "column \"Basic Online Backup Storage\": \"1.\" is not a number (account A of customer 3)",
        ),
        (
            "3,C,A,9999999999,,",
            "column \"Basic Online Backup Storage\": \"9999999999\" has too many digits (account A of customer 3)",
        ),
        (
            "3,C,A,,1.5,",
            "column \"Online Backup # Servers\": \"1.5\" is not a whole number, and online-servers is counted (account A of customer 3)",
        ),
        (
            "3,C,A,1,,yesterday",
            "column \"Measured At\": \"yesterday\" is not a time: write 2026-10-31T18:05:00-04:00 or 2026-10-31 18:05 (account A of customer 3)",
        ),
        (
            "3,C,A,1,,2026-11-01 01:30",
            "column \"Measured At\": \"2026-11-01 01:30\" happens twice in America/New_York (clock change): write it with an offset (account A of customer 3)",
        ),
        (",C,A,1,,", "column \"CID\": is empty (account A)"),
        (
            "3 4,C,A,1,,",
            "column \"CID\": contains a blank or a control character (account A of customer 3 4)",
        ),
        (
            "3\t4,C,A,1,,",
            "column \"CID\": contains a blank or a control character (account A of customer 3 4)",
        ),
        ("3,C,,1,,", "column \"Account No\": is empty (customer 3)"),
        ("3,C,A,1,", "has 5 fields where the header has 6"),
        ("3,C, Inc,A,1,,", "has 7 fields where the header has 6"),
        ("9,Bad,A,1,,", "column \"Company\": customer 9 is \"Bad\" here and \"Good\" before (customer 9)"),
        ("9,Good,G1,1,,", "column \"Account No\": is also on line 2 (account G1 of customer 9)"),
    ] {
        let snapshot = accounts(&format!("{HEADER}{good}{row}\n"));
        assert_eq!(problems(&snapshot), [format!("accounts.csv:3: {expected}")], "{row}");
        let left: Vec<&str> = snapshot.accounts.iter().map(|account| account.number.as_str()).collect();
        assert!(!left.contains(&"A") || row.starts_with("9,Bad"), "{row}: {left:?}");
        // A row that could be anyone's stops everyone.
        let cid = snapshot.problems[0].cid.clone();
        assert_eq!(snapshot.problems_of("9").count(), usize::from(cid.is_none_or(|cid| cid == "9")), "{row}");
    }
    let long = "7".repeat(47);
    let snapshot = accounts(&format!("{HEADER}{long},C,A,1,,\n"));
    assert!(
        problems(&snapshot)[0].contains("is longer than the 46 characters that a Managed ID has room for")
    );
}

#[test]
fn headings_are_matched_loosely() {
    let snapshot = accounts(
        "\u{feff}cust. id;BRAND [S];customer_name;Account_Number;basic-storage;Local Backup # Workstations;\
         ShadowProtect BDR Storage (GB);Role;Notification e-mail;External Ticketing\r\n\
         342;doc;Eddie;DOC1 [I] [L] [License Keys];1.5;2;3;User;x@example.com;no\r\n",
    );
    assert_eq!(usage(&snapshot), ["DOC1 342 basic-storage=1.5 bdr-storage=3 local-desktops=2"]);
    assert_eq!(snapshot.ignored_columns, ["Role"]);
    let account = &snapshot.accounts[0];
    assert_eq!(account.notification_email.as_deref(), Some("x@example.com"));
    assert_eq!((account.external_ticketing, account.user.as_str()), (Some(false), "DOC1"));
    let snapshot = accounts("CID\tCompany\tAccount No\tselect storage\n1\tA\tB\t2\n");
    assert_eq!(usage(&snapshot), ["B 1 select-storage=2"]);
}

#[test]
fn headers_that_cannot_be_used() {
    for (text, expected) in [
        ("", ": is empty: expected a header line"),
        (
            "CID,Account No\n",
            ":1: columns missing: Company, a column per service (such as \"Basic Online Backup Storage\" or \
             basic-storage); found CID, Account No",
        ),
        ("service,quantity,CID\n", ":1: columns missing: customer_name; found service, quantity, CID"),
        (
            "CID,Company,Account No,Basic Online Bakcup Storage\n",
            ":1: column \"Basic Online Bakcup Storage\" is unknown: did you mean \"Basic Online Backup Storage\"?",
        ),
        (
            "CID,Company,Account No,basic-storage,Basic Online Backup Storage\n",
            ":1: columns \"basic-storage\" and \"Basic Online Backup Storage\" mean the same",
        ),
        (
            "CID,Company,Account No,basic-storage (GiB)\n",
            ":1: column \"basic-storage (GiB)\": unit \"GiB\" contradicts [portal] gigabyte = \"decimal\"",
        ),
    ] {
        assert_eq!(refused(text), format!("accounts.csv{expected}"));
    }
}

fn events(text: &str) -> EventLog {
    let accounts = format!("{HEADER}342,Eddie,A1,1,,\n342,Eddie,A2,bad,,\n");
    portal::read_bytes(accounts.as_bytes(), text.as_bytes(), new_york()).1.expect("understood")
}

#[test]
fn the_event_log_of_the_guide() {
    let log = events(
        "When [EDT] >,Account,CID,Event Information\n\
         2014-05-31 12:05pm,benroethlisberger [V],19652,\"Remote Backup no online backup notification for account \
         [benroethlisberger / 15212001] [Details] [Notifications]\nNotifications processed [2 actions]\"\n\
         2014-05-31 11:05am,A1,,Remote Backup completed successfully\n\
         2014-05-31 11:05am,A1,,Remote Backup completed successfully\n\
         2014-05-31 11:05am,A2,,Something failed\n",
    );
    assert_eq!(log.problems, []);
    let last = log.events.last().expect("events");
    assert_eq!(last.time.to_string(), "2014-05-31T16:05:00Z");
    assert_eq!((last.account.as_str(), last.cid.as_str()), ("15212001", "19652"));
    assert_eq!((last.kind, last.severity), (EventKind::NoBackup, Severity::Warning));
    assert_eq!(
        last.text,
        "Remote Backup no online backup notification for account [benroethlisberger / 15212001]"
    );
    // Two equal rows are two events, and stay the same two when the file is read again or grows.
    assert_eq!(log.rows, 4);
    assert_eq!(log.events.len(), 4);
    let ids: std::collections::BTreeSet<&str> = log.events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids.len(), 4);
    // An account whose usage is bad still has events, and other words are an event of their own.
    assert!(log.events.iter().any(|event| event.account == "A2"
        && event.kind == EventKind::Other
        && event.severity == Severity::Error
        && event.cid == "342"));
}

#[test]
fn events_with_ids_types_and_severities() {
    let log = events(
        "ID,When,Account,Severity,Type,Event Information\n\
         1,2026-10-31T10:00:00Z,A1,OK,backup-ok,any words\n\
         1,2026-10-31T10:00:00Z,A1,OK,backup-ok,any words\n\
         2,2026-10-31T10:00:00Z,A1,Critical,BDR Hardware,any words\n\
         3,2026-10-31T10:00:00Z,A1,Warning,,Remote Backup completed successfully\n",
    );
    assert_eq!(log.problems, []);
    let kinds: Vec<_> =
        log.events.iter().map(|event| (event.id.as_str(), event.kind, event.severity)).collect();
    assert_eq!(
        kinds,
        [
            ("1", EventKind::BackupOk, Severity::Ok),
            ("2", EventKind::BdrHardware, Severity::Error),
            // Good news with a warning resolves nothing.
            ("3", EventKind::Other, Severity::Warning),
        ]
    );
}

#[test]
fn each_bad_event_is_named() {
    for (row, expected) in [
        (
            "1,2026-10-31T10:00:00Z,A9,OK,x",
            "column \"Account\": \"A9\" is not in the account list, and the row has no CID",
        ),
        (
            "1,31/10/2026 10:00,A1,OK,x",
            "column \"When\": \"31/10/2026 10:00\" is not a time: it could be day or month first, write 2026-10-31 18:05 (account A1 of customer 342)",
        ),
        (
            "1,2026-10-31T10:00:00Z,A1,bad,x",
            "column \"Severity\": \"bad\" is not a severity: write OK, Warning or Error (account A1 of customer 342)",
        ),
        ("1,2026-10-31T10:00:00Z,A1,OK,", "column \"Event Information\": is empty"),
        ("1,2026-10-31T10:00:00Z,,OK,x", "column \"Account\": is empty"),
        ("1,2026-10-31T10:00:00Z,A1,OK", "has 4 fields where the header has 5"),
        (
            "0,2026-10-31T10:00:00Z,A1,OK,x",
            "column \"ID\": \"0\" stands for another event before (account A1 of customer 342)",
        ),
    ] {
        let log = events(&format!(
            "ID,When,Account,Severity,Event Information\n0,2026-10-31T09:00:00Z,A1,OK,y\n{row}\n"
        ));
        let found: Vec<String> = log.problems.iter().map(ToString::to_string).collect();
        assert_eq!(found, [format!("events.csv:3: {expected}")]);
        assert_eq!(log.events.len(), 1);
    }
    let log = events("When,Account,CID,Event Information\n2026-10-31T09:00:00Z,A1,355,y\n");
    assert_eq!(
        log.problems[0].to_string(),
        "events.csv:2: column \"Account\": \"A1\" is an account of customer 342 in the account list, and of 355 here"
    );
    let refused = portal::read_bytes(b"", b"When,Who\n", None).1.expect_err("refused").to_string();
    assert_eq!(refused, "events.csv:1: columns missing: Account, Event Information; found When, Who");
}

/// A source over files in a folder of its own.
fn source(portal_section: &str, accounts: &str, events: &str) -> (tempfile::TempDir, Box<dyn Source>) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("accounts.csv"), accounts).expect("written");
    std::fs::write(folder.path().join("events.csv"), events).expect("written");
    let example = include_str!("../../examples/psactl.toml");
    let text = example.replacen("brand = \"\"", portal_section, 1);
    let config = Config::parse(&text, &folder.path().join("psactl.toml"), &Environment::empty());
    (folder, portal::open(&config.expect("valid"), Path::new("state")).expect("opened"))
}

const SAMPLE_ACCOUNTS: &str = include_str!("../../examples/accounts.csv");
const SAMPLE_EVENTS: &str = include_str!("../../examples/events.csv");

#[test]
fn the_examples_are_the_guides_customers() {
    let (folder, source) = source("brand = \"\"", SAMPLE_ACCOUNTS, SAMPLE_EVENTS);
    let snapshot = source.accounts().expect("understood");
    assert_eq!(snapshot.problems, []);
    assert_eq!(snapshot.ignored_columns, ["ID", "PID", "Role"]);
    let names: Vec<(&str, &str)> =
        snapshot.customers.iter().map(|customer| (customer.cid.as_str(), customer.name.as_str())).collect();
    assert_eq!(names, [("342", "Eddie's TV Repair"), ("355", "Joe TV Repair"), ("419", "Angry Fox")]);
    assert_eq!(snapshot.usage_of("342")["select-storage"].to_string(), "189.05");
    assert_eq!(snapshot.digest.len(), 64);

    let log = source.events().expect("understood");
    assert_eq!(log.problems, []);
    let last =
        |account: &str| log.events.iter().rfind(|event| event.account == account).map(|event| event.kind);
    assert_eq!(last("DOC30199002"), Some(EventKind::BackupFailed));
    assert_eq!(last("DOC30199005"), Some(EventKind::NoBackup));
    assert_eq!(last("DOC30199006"), Some(EventKind::BackupOk));
    assert_eq!(last("DOC30199011"), Some(EventKind::ArchivingOk));
    assert!(log.events.iter().any(|event| event.kind == EventKind::BdrHardware));
    assert!(log.events.iter().all(|event| event.kind != EventKind::Other));

    let stamp = source.stamp().expect("there");
    assert_eq!(source.stamp().expect("there"), stamp);
    std::fs::write(folder.path().join("events.csv"), "changed").expect("written");
    assert_ne!(source.stamp().expect("there"), stamp);
    std::fs::remove_file(folder.path().join("events.csv")).expect("removed");
    let path = folder.path().join("events.csv");
    let missing = source.stamp().expect_err("missing");
    assert_eq!(missing.to_string(), format!("cannot read {}", path.display()));
    assert!(source.accounts().is_ok() && source.events().is_err());
}

#[test]
fn the_sample_is_moved_to_the_present() {
    let now: Timestamp = "2027-03-14T12:34:56Z".parse().expect("a time");
    let (accounts, events) = portal::sample(now);
    let (_folder, source) = source("brand = \"\"", &accounts, &events);
    let (snapshot, log) = (source.accounts().expect("understood"), source.events().expect("understood"));
    assert_eq!((snapshot.problems.len(), log.problems.len()), (0, 0));
    assert_eq!(snapshot.rows, SAMPLE_ACCOUNTS.lines().count() - 1);
    assert_eq!(log.rows, SAMPLE_EVENTS.lines().count() - 1);
    assert_eq!(log.events.last().map(|e| e.time.to_string()).as_deref(), Some("2027-03-14T12:29:56Z"));
    let age = now.duration_since(snapshot.measured_at.expect("measured"));
    assert!((0..24).contains(&age.as_hours()), "{age}");
}

#[test]
fn brands_are_filtered_when_one_is_chosen() {
    let accounts = "CID,Brand,Company,Account No,basic-storage\n1,own,A,A1,1\n2,sub,B,B1,bad\n";
    let events = "When,Account,Event Information\n2026-10-31T10:00:00Z,B1,x\n2026-10-31T10:00:00Z,A1,x\n";
    for (settings, numbers, problem_count, event_count) in
        [("brand = \"\"", vec!["A1"], 1, 2), ("brand = \"own\"", vec!["A1"], 1, 2)]
    {
        let (_folder, source) = source(settings, accounts, events);
        let snapshot = source.accounts().expect("understood");
        let found: Vec<&str> = snapshot.accounts.iter().map(|account| account.number.as_str()).collect();
        assert_eq!((found, snapshot.problems.len()), (numbers, problem_count), "{settings}");
        assert_eq!(source.events().expect("understood").events.len(), event_count);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let text = include_str!("../../examples/psactl.toml")
        .replacen("brand = \"\"", "brand = \"own\"", 1)
        .replacen("include_sub_brands = true", "include_sub_brands = false", 1);
    std::fs::write(folder.path().join("accounts.csv"), accounts).expect("written");
    std::fs::write(folder.path().join("events.csv"), events).expect("written");
    let config =
        Config::parse(&text, &folder.path().join("psactl.toml"), &Environment::empty()).expect("valid");
    let source = portal::open(&config, Path::new("state")).expect("opened");
    let snapshot = source.accounts().expect("understood");
    assert_eq!((snapshot.accounts.len(), snapshot.customers.len(), snapshot.problems.len()), (1, 1, 0));
    let log = source.events().expect("understood");
    assert_eq!((log.events.len(), log.problems.len()), (1, 0));
}

#[test]
fn the_age_can_be_the_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = include_str!("../../examples/psactl.toml").replacen(
        "age_from = \"content\"",
        "age_from = \"mtime\"",
        1,
    );
    let path = folder.path().join("accounts.csv");
    std::fs::write(&path, SAMPLE_ACCOUNTS).expect("written");
    let config =
        Config::parse(&text, &folder.path().join("psactl.toml"), &Environment::empty()).expect("valid");
    let snapshot = portal::open(&config, Path::new("state")).expect("opened").accounts().expect("understood");
    let modified = std::fs::metadata(&path).and_then(|about| about.modified()).expect("known");
    let modified = Timestamp::try_from(modified).expect("in range");
    assert_eq!((snapshot.measured_at, snapshot.measured_at_of("342")), (Some(modified), Some(modified)));
}

#[test]
fn faults_and_what_ends_them() {
    for kind in EventKind::ALL {
        assert_eq!(EventKind::from_word(kind.as_str()), Some(kind));
        for ended in kind.ends() {
            assert_eq!(ended.ended_by(), Some(kind));
        }
        assert_eq!(kind.is_good(), kind.as_str().ends_with("-ok"));
    }
    assert_eq!(EventKind::Other.ended_by(), None);
}
