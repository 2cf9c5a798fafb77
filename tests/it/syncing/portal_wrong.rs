//! The portal goes wrong: whatever stands in place of its exports, nothing wrong is billed, each is told once, and
//! when the portal is right again everything goes on without a person.

use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

use super::{measured, next_export, used};
use crate::support::Desk;

/// What spoils an account list, whose bytes it is given.
type Spoil = fn(&Desk, &str) -> Vec<u8>;

/// How an export is wrong, and what a run says and how it ends where it meets it first.
struct Case {
    name: &'static str,
    spoil: Spoil,
    code: i32,
    says: &'static str,
    /// No guard stands before the counts of machines in the management report: they were pushed, and the next push
    /// comes half a day after.
    reported: bool,
}

const fn case(name: &'static str, code: i32, says: &'static str, spoil: Spoil) -> Case {
    Case { name, spoil, code, says, reported: false }
}

/// The text with one account's cell replaced.
fn cell(text: &str, account: &str, from: &str, to: &str) -> Vec<u8> {
    let line = text.lines().find(|line| line.contains(account)).unwrap();
    assert!(line.contains(from), "{from} in {line}");
    text.replace(line, &line.replacen(from, to, 1)).into_bytes()
}

/// The rows for which this holds, and the header.
fn rows(text: &str, keep: impl Fn(&str) -> bool) -> Vec<u8> {
    let mut lines = text.lines();
    let header = lines.next().unwrap().to_owned();
    let kept: Vec<String> =
        std::iter::once(header).chain(lines.filter(|line| keep(line)).map(str::to_owned)).collect();
    (kept.join("\n") + "\n").into_bytes()
}

/// Every account says that it was measured then.
fn dated(desk: &Desk, text: &str, from_now: SignedDuration) -> Vec<u8> {
    desk.write("accounts.csv", text);
    measured(desk, from_now);
    desk.read("accounts.csv").into_bytes()
}

fn utf16(text: &str) -> Vec<u8> {
    [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

/// The additions as they must be after an export in which Angry Fox's office uses so much.
fn right(before: &BTreeMap<String, String>, office: &str) -> BTreeMap<String, String> {
    let mut right = before.clone();
    let basic = right.iter_mut().find(|(name, _)| name.starts_with("EFS-419 Online Backup Basic Storage"));
    *basic.unwrap().1 = office.to_owned();
    right
}

/// Lets the portal go wrong in one way after the other. Each time half a day has passed and Angry Fox's office
/// uses more: that must be billed as soon as the portal is right again, and nothing else, ever.
fn nothing_wrong_is_billed(cases: &[Case]) {
    let desk = Desk::running();
    desk.expects_refusals();
    let mut office = "91.66".to_owned();
    for (at, case) in cases.iter().enumerate() {
        let name = case.name;
        let before = desk.billed();
        let more = format!("{}.5", 92 + at);
        used(&desk, "AF-Office", &office, &more);
        next_export(&desk, SignedDuration::from_hours(13));
        let whole = desk.read("accounts.csv");
        let right = right(&before, &more);
        let spoiled = (case.spoil)(&desk, &whole);
        std::fs::write(desk.file("accounts.csv"), spoiled).unwrap();
        desk.forget_requests();
        let ran = desk.psactl(&["sync"]);
        assert_eq!(ran.code, case.code, "{name}\n{}{}", ran.stdout, ran.stderr);
        let said = format!("{} {}", ran.stdout, ran.stderr);
        assert!(said.contains(case.says), "{name}: “{}” is not in\n{said}", case.says);
        assert_untouched(&desk, &before, &right, name);
        // It was said.
        desk.forget_requests();
        for _ in 0..2 {
            desk.later(SignedDuration::from_mins(1));
            let ran = desk.psactl(&["sync"]);
            assert_eq!((ran.code, &*ran.stdout), (0, ""), "{name}, a minute later\n{}", ran.stderr);
        }
        assert_eq!(desk.requests().len(), 0, "{name}: nothing is asked again");
        // The portal is right again.
        desk.write("accounts.csv", &whole);
        measured(&desk, SignedDuration::from_mins(-5));
        let ran = desk.psactl(&["sync"]);
        assert_eq!(ran.code, 0, "{name}, mended\n{}{}", ran.stdout, ran.stderr);
        if case.reported {
            next_export(&desk, SignedDuration::from_hours(12));
            desk.psactl(&["sync"]).ends_with(0);
        }
        assert_eq!(desk.billed(), right, "{name}, mended");
        let review = desk.psactl(&["review"]).ends_with(0);
        assert!(review.stdout.contains("Nothing is held"), "{name}: {}", review.stdout);
        office = more;
    }
}

/// Each addition is as before, or as is right.
#[track_caller]
fn assert_untouched(
    desk: &Desk,
    before: &BTreeMap<String, String>,
    right: &BTreeMap<String, String>,
    what: &str,
) {
    for (name, quantity) in desk.billed() {
        assert!([&before[&name], &right[&name]].contains(&&quantity), "{what}: {name} bills {quantity}");
    }
}

#[test]
fn a_file_that_is_no_account_list() {
    nothing_wrong_is_billed(&[
        case("empty", 5, "is empty", |_, _| Vec::new()),
        case("blank lines", 5, "is empty", |_, _| b"\n\n \n".to_vec()),
        case("only a header", 6, "have no measurement of it", |_, text| rows(text, |_| false)),
        case("half a header", 5, "columns missing", |_, text| text.as_bytes()[..20].to_vec()),
        case("UTF-16, and all is well", 0, "1 agreement addition updated", |_, text| utf16(text)),
        case("half of UTF-16", 5, "UTF-16", |_, text| utf16(text)[..1001].to_vec()),
        case("UTF-16 without a mark", 5, "zero bytes", |_, text| utf16(text)[2..].to_vec()),
        case("Latin-1 in a heading", 5, "did you mean", |_, text| {
            let mut bytes = cell(text, "AF-BDR", "Angry Fox", "Angry F#x");
            let at = bytes.iter().position(|byte| *byte == b'#' && bytes[0] == b'I').unwrap();
            bytes[at] = 0xf6;
            bytes
        }),
        case("a page of a proxy", 5, "columns missing", |_, _| b"<html>\n<title>Sign in</title>\n".to_vec()),
        case("the event log", 5, "columns missing", |desk, _| desk.read("events.csv").into_bytes()),
        case("an open quote", 5, "never closed", |_, text| {
            cell(text, "ETV-Truck01", "ETV-Truck01", "\"ETV-Truck01")
        }),
        case("a byte order mark, and all is well", 0, "1 agreement addition updated", |_, text| {
            [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat()
        }),
    ]);
}

#[test]
fn an_export_of_which_a_part_is_gone() {
    nothing_wrong_is_billed(&[
        case("cut in the middle of a row", 6, "a partial sum is a wrong bill", |_, text| {
            let row = text.find("ETV-BDR").unwrap();
            text.as_bytes()[..row + 12].to_vec()
        }),
        case("cut in the last cell", 6, "ends without a line end", |_, text| {
            let end = text.find("DOC30199004").unwrap()
                + text[text.find("DOC30199004").unwrap()..].find('\n').unwrap();
            text.as_bytes()[..end - 3].to_vec()
        }),
        case("cut between two rows, before the line end", 6, "ends without a line end", |_, text| {
            let end = text.find("DOC30199002").unwrap()
                + text[text.find("DOC30199002").unwrap()..].find('\n').unwrap();
            text.as_bytes()[..end].to_vec()
        }),
        case("cut in the first row", 6, "a partial sum is a wrong bill", |_, text| {
            text.as_bytes()[..text.find('\n').unwrap() + 30].to_vec()
        }),
        case("two customers of three are gone", 6, "have no measurement of it", |_, text| {
            rows(text, |row| row.contains(",342,"))
        }),
        case("the greatest account is gone", 6, "falls by", |_, text| {
            rows(text, |row| !row.contains("ETV-Primary"))
        }),
        case("a column is gone", 6, "have no measurement of it", |_, text| {
            text.replacen("Basic Online Backup Storage", "Something else", 1).into_bytes()
        }),
    ]);
}

#[test]
fn values_that_cannot_be() {
    const PARTIAL: &str = "a partial sum is a wrong bill";
    nothing_wrong_is_billed(&[
        Case {
            reported: true,
            ..case("all are zero", 6, "falls to zero", |_, text| {
                let zero = |row: &str| {
                    let cells = row.split(',').enumerate();
                    let zeroed = cells.map(|(at, cell)| {
                        let usage = (9..=18).contains(&at) && cell.starts_with(|c: char| c.is_ascii_digit());
                        if usage { "0" } else { cell }
                    });
                    zeroed.collect::<Vec<_>>().join(",")
                };
                let mut lines = text.lines();
                let header = lines.next().unwrap().to_owned();
                let zeroed: Vec<String> = std::iter::once(header).chain(lines.map(zero)).collect();
                (zeroed.join("\n") + "\n").into_bytes()
            })
        },
        case("negative", 6, PARTIAL, |_, text| cell(text, "ETV-Primary", "148.20", "-148.20")),
        case("ten to the fifteenth", 6, "too many digits", |_, text| {
            cell(text, "ETV-Primary", "148.20", "1000000000000000")
        }),
        case("beyond a decimal", 6, "too many digits", |_, text| {
            cell(text, "ETV-Primary", "148.20", "99999999999999999999999999999999.5")
        }),
        case("in powers of ten", 6, "is not a number", |_, text| {
            cell(text, "ETV-Primary", "148.20", "1.482e2")
        }),
        case("no number", 6, "is not a number", |_, text| cell(text, "ETV-Primary", "148.20", "NaN")),
        case("infinite", 6, "is not a number", |_, text| cell(text, "ETV-Primary", "148.20", "Infinity")),
        case("a comma", 6, "another decimal mark", |_, text| {
            cell(text, "ETV-Primary", "148.20", "\"148,20\"")
        }),
    ]);
}

#[test]
fn rows_that_cannot_be() {
    nothing_wrong_is_billed(&[
        case("ten times as much", 6, "rises by", |_, text| cell(text, "ETV-Primary", "148.20", "1482.0")),
        case("bytes in place of gigabytes", 6, "too many digits", |_, text| {
            cell(text, "ETV-Primary", "148.20", "148200000000")
        }),
        case("half a server", 6, "is not a whole number", |_, text| {
            cell(text, "ETV-BDR", ",2,3,", ",1.5,3,")
        }),
        case("an account twice", 6, "is also on line", |_, text| {
            let line = text.lines().find(|line| line.contains("ETV-Truck01")).unwrap();
            format!("{text}{line}\n").into_bytes()
        }),
        case("an account of two customers", 6, "is also on line", |_, text| {
            let line = text.lines().find(|line| line.contains("ETV-Truck01")).unwrap();
            format!("{text}{}\n", line.replace(",342,", ",355,")).into_bytes()
        }),
        case("a customer with two names", 6, "here and", |_, text| {
            cell(text, "ETV-BDR", "Eddie's TV Repair", "Edward's TV Repair")
        }),
    ]);
}

#[test]
fn measured_at_another_time() {
    nothing_wrong_is_billed(&[
        case("three days ago", 6, "longer ago than max_age", |desk, text| {
            dated(desk, text, SignedDuration::from_hours(-72))
        }),
        case("before the last one", 6, "before the last one used", |desk, text| {
            dated(desk, text, SignedDuration::from_hours(-20))
        }),
        case("tomorrow", 6, "measured in the future", |desk, text| {
            dated(desk, text, SignedDuration::from_hours(24))
        }),
        case("in ten years", 6, "measured in the future", |desk, text| {
            dated(desk, text, SignedDuration::from_hours(87_600))
        }),
        case("the one row of somebody in the future", 6, "measured in the future", |desk, text| {
            let line = text.lines().find(|line| line.contains("AF-Archive")).unwrap();
            let (rest, _) = line.rsplit_once(',').unwrap();
            let ahead = desk.sandbox().now() + SignedDuration::from_hours(2);
            let ahead = Timestamp::from_second(ahead.as_second()).unwrap();
            text.replace(line, &format!("{rest},{ahead}")).into_bytes()
        }),
        case("at no time", 6, "does not say when", |_, text| {
            let mut cut = text.lines().map(|line| line.rsplit_once(',').unwrap().0);
            let header = format!("{},Measured At", cut.next().unwrap());
            let lines: Vec<String> =
                std::iter::once(header).chain(cut.map(|row| format!("{row},"))).collect();
            (lines.join("\n") + "\n").into_bytes()
        }),
        case("at a time that is none", 6, "is not a time", |_, text| {
            text.replace("2026-", "2026/").into_bytes()
        }),
    ]);
}

/// What stays wrong speaks again when a day is over, and not before.
#[test]
fn a_missing_export_is_told_once_a_day_and_taken_up_when_it_is_back() {
    let desk = Desk::running();
    let before = desk.billed();
    used(&desk, "AF-Office", "91.66", "92.50");
    next_export(&desk, SignedDuration::from_hours(13));
    for file in ["accounts.csv", "events.csv"] {
        let text = desk.read(file);
        std::fs::remove_file(desk.file(file)).unwrap();
        desk.forget_requests();
        let next = "check that the portal's export writes";
        desk.psactl(&["sync"])
            .ends_with(5)
            .says(&format!("cannot read {}", desk.file(file).display()))
            .says(next);
        for hours in [0, 1, 22] {
            desk.later(SignedDuration::from_hours(hours) + SignedDuration::from_mins(1));
            let ran = desk.psactl(&["sync"]).ends_with(0);
            assert_eq!(ran.stdout, "");
        }
        desk.later(SignedDuration::from_hours(1));
        desk.psactl(&["sync"]).ends_with(5).says("cannot read");
        desk.psactl(&["sync"]).ends_with(0);
        // A folder in its place is another trouble, and news.
        std::fs::create_dir(desk.file(file)).unwrap();
        desk.psactl(&["sync"]).ends_with(5).says("is a folder");
        desk.psactl(&["sync"]).ends_with(0);
        assert_eq!(desk.requests().len(), 0);
        assert_eq!(desk.billed(), before);
        std::fs::remove_dir(desk.file(file)).unwrap();
        desk.write(file, &text);
    }
    measured(&desk, SignedDuration::from_mins(-1));
    desk.psactl(&["sync"]).ends_with(0).says("91.66 -> 92.5");
    assert_eq!(desk.billed(), right(&before, "92.5"));
}

/// An account list without any measurement is no reason to forget how new the last one was.
#[test]
fn a_header_alone_does_not_make_an_old_export_the_newest() {
    let desk = Desk::running();
    let old = desk.read("accounts.csv");
    used(&desk, "AF-Office", "91.66", "92.50");
    next_export(&desk, SignedDuration::from_hours(13));
    desk.psactl(&["sync"]).ends_with(0);
    let header = old.lines().next().unwrap();
    desk.write("accounts.csv", &format!("{header}\n"));
    desk.psactl(&["sync"]);
    desk.write("accounts.csv", &old);
    desk.later(SignedDuration::from_hours(13));
    desk.psactl(&["sync"]).ends_with(6).says("before the last one used");
    assert_eq!(desk.addition("Angry Fox", "Online Backup Basic Storage")["quantity"].as_f64(), Some(92.5));
}

const JTR: (&str, &str) = ("JTR-Counter", "355");

fn bad(desk: &Desk, id: &str, minutes_ago: i64) {
    let text = "Remote Backup failed for account [JTR-Counter / DOC30199009]: no space left";
    desk.event(id, minutes_ago, JTR.0, JTR.1, "Error", text);
}

fn good(desk: &Desk, id: &str, minutes_ago: i64) {
    let text = "Remote Backup completed successfully for account [JTR-Counter / DOC30199009]";
    desk.event(id, minutes_ago, JTR.0, JTR.1, "OK", text);
}

/// How many tickets there are, and how many of them are open.
fn tickets(desk: &Desk) -> (usize, usize) {
    let tickets = desk.tickets();
    (tickets.len(), tickets.iter().filter(|ticket| ticket["closedFlag"] == false).count())
}

/// A machine whose clock runs ahead by days says that all was well: the faults until then are not swallowed.
#[test]
fn good_news_from_the_future_hides_no_fault() {
    let desk = Desk::running();
    desk.later(SignedDuration::from_mins(10));
    bad(&desk, "n1", 30);
    // Ten days ahead.
    good(&desk, "n2", -10 * 24 * 60);
    desk.psactl(&["sync"]).ends_with(6).says("1 event of account DOC30199009 from the future");
    assert_eq!(tickets(&desk), (0, 0), "it was good after it was bad");
    desk.later(SignedDuration::from_mins(1));
    let ran = desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(ran.stdout, "", "told once");
    // It fails again, at the right time.
    desk.later(SignedDuration::from_hours(1));
    bad(&desk, "n3", 1);
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket opened");
    assert_eq!(tickets(&desk), (1, 1));
}

/// A fault from the future is ended by what happens after it was seen.
#[test]
fn a_fault_from_the_future_can_end() {
    let desk = Desk::running();
    desk.later(SignedDuration::from_mins(10));
    bad(&desk, "n1", -10 * 24 * 60);
    good(&desk, "n0", -9 * 24 * 60);
    desk.psactl(&["sync"]).ends_with(6).says("1 ticket opened").says("2 events of account");
    assert_eq!(tickets(&desk), (1, 1));
    desk.later(SignedDuration::from_hours(1));
    good(&desk, "n2", 1);
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket resolved");
    assert_eq!(tickets(&desk), (1, 0));
    // When the time comes that it claimed, nothing happens again.
    for days in [9, 2] {
        next_export(&desk, SignedDuration::from_hours(24 * days));
        desk.psactl(&["sync"]).is_silent_on("1 ticket");
    }
    assert_eq!(tickets(&desk), (1, 0));
}

/// The same event in many copies is one event, and two under one number are told of and counted once.
#[test]
fn an_event_twice() {
    let desk = Desk::running();
    desk.later(SignedDuration::from_mins(10));
    for _ in 0..3 {
        bad(&desk, "n1", 5);
    }
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket opened");
    let path = format!("/service/tickets/{}/notes", crate::support::id(&desk.tickets()[0]));
    assert_eq!(desk.records(&path, "").len(), 1);
    good(&desk, "n1", 1);
    desk.psactl(&["sync"]).ends_with(6).says("stands for another event before");
    assert_eq!(tickets(&desk), (1, 1), "which of the two is meant is not known");
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync"]).ends_with(0);
    good(&desk, "n2", 1);
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket resolved");
}

/// An event log that is read while it is written: the row of which only the beginning is there waits for the rest.
#[test]
fn half_an_event_is_none() {
    let desk = Desk::running();
    desk.later(SignedDuration::from_mins(10));
    desk.psactl(&["sync"]).ends_with(0);
    let before = desk.read("events.csv");
    bad(&desk, "n1", 2);
    good(&desk, "n2", 1);
    let whole = desk.read("events.csv");
    let begin = before.len();
    let first = begin + whole[begin..].find('\n').unwrap() + 1;
    // In the text of the first, in that of the second, in the number of the second.
    let text = first + whole[first..].find("completed").unwrap() + 4;
    for (at, cut) in [begin + 70, first, text, first + 2].into_iter().enumerate() {
        desk.write("events.csv", &whole[..cut]);
        let ran = desk.psactl(&["sync"]);
        let expected = usize::from(at > 0);
        assert_eq!(tickets(&desk), (expected, expected), "cut at {cut}: {}{}", ran.stdout, ran.stderr);
        desk.later(SignedDuration::from_secs(10));
    }
    desk.write("events.csv", &whole);
    desk.psactl(&["sync"]).ends_with(0).says("1 ticket resolved");
    assert!(desk.tickets()[0]["summary"].as_str().unwrap().starts_with("Backup failed"));
    assert_eq!(tickets(&desk), (1, 0));
}

/// Rows of the event log that cannot be understood are named and nothing else suffers.
#[test]
fn an_event_log_with_nonsense_in_it() {
    let rows = [
        ("no time", "n1,yesterday,JTR-Counter,355,Error,Remote Backup failed", "is not a time"),
        ("no account", "n1,2026-11-23T14:05:00Z,,355,Error,Remote Backup failed", "is empty"),
        ("no text", "n1,2026-11-23T14:05:00Z,JTR-Counter,355,Error,", "is empty"),
        (
            "a cell too many",
            "n1,2026-11-23T14:05:00Z,JTR-Counter,355,Error,failed,more",
            "fields where the header has",
        ),
        ("a cell too few", "n1,2026-11-23T14:05:00Z,JTR-Counter", "fields where the header has"),
        (
            "a severity of its own",
            "n1,2026-11-23T14:05:00Z,JTR-Counter,355,Purple,Remote Backup failed",
            "is not a severity",
        ),
        (
            "nobody's",
            "n1,2026-11-23T14:05:00Z,Nobody,,Error,Remote Backup failed",
            "is not in the account list",
        ),
        (
            "another customer's",
            "n1,2026-11-23T14:05:00Z,DOC30199009,342,Error,Remote Backup failed",
            "is an account of customer 355",
        ),
    ];
    let desk = Desk::running();
    let log = desk.read("events.csv");
    for (what, row, says) in rows {
        desk.later(SignedDuration::from_mins(10));
        desk.write("events.csv", &format!("{}\n{row}\n", log.trim_end()));
        let ran = desk.psactl(&["sync"]);
        assert_eq!(ran.code, 6, "{what}\n{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains(says), "{what}: {}", ran.stdout);
        desk.forget_requests();
        desk.later(SignedDuration::from_mins(1));
        let ran = desk.psactl(&["sync"]);
        assert_eq!((ran.code, &*ran.stdout), (0, ""), "{what}, a minute later");
        desk.write("events.csv", &log);
        desk.psactl(&["sync"]).ends_with(0);
        assert_eq!(desk.requests().len(), 0, "{what}");
    }
    assert_eq!(tickets(&desk), (0, 0));
}

/// A machine whose clock is wrong for an hour: nothing is billed or reported by it, and nothing is left of it when the
/// clock is right again.
#[test]
fn a_clock_that_was_wrong_for_a_while() {
    for days in [400, -400, 1, -1] {
        let desk = Desk::running();
        let before = desk.billed();
        let statistics = statistics(&desk);
        used(&desk, "AF-Office", "91.66", "92.50");
        next_export(&desk, SignedDuration::from_hours(13));
        desk.forget_requests();
        for minute in 0..3 {
            let wrong = desk.sandbox().now() + SignedDuration::from_hours(24 * days);
            let wrong = wrong + SignedDuration::from_mins(minute);
            let ran = Desk::ran(desk.command(&["sync"]).env("PSACTL_NOW", wrong.to_string()));
            assert_eq!(ran.code, if minute == 0 { 6 } else { 0 }, "{days}\n{}{}", ran.stdout, ran.stderr);
        }
        assert_eq!(desk.billed(), before, "{days} days");
        assert_eq!(self::statistics(&desk), statistics, "{days} days: no other month's jobs are reported");
        desk.later(SignedDuration::from_mins(5));
        // That the clock was ahead is said once.
        let ran = desk.psactl(&["sync"]);
        assert_eq!(ran.code, if days > 0 { 6 } else { 0 }, "{days}\n{}{}", ran.stdout, ran.stderr);
        assert_eq!(desk.billed(), right(&before, "92.5"), "{days} days");
        desk.forget_requests();
        desk.psactl(&["sync"]).ends_with(0);
        assert_eq!(desk.requests().len(), 0, "{days} days");
    }
}

/// What stands on the management report entries of all companies.
fn statistics(desk: &Desk) -> Vec<String> {
    let mut found = Vec::new();
    for company in ["Eddie's TV Repair", "Joe TV Repair", "Angry Fox"] {
        let path = format!("/company/companies/{}/managementSummaryReports", desk.company(company));
        for entry in desk.records(&path, "") {
            found.push(format!(
                "{company} {} {} {} {} {}",
                entry["deviceType"],
                entry["successfulBackupJobs"],
                entry["failedBackupJobs"],
                entry["totalServers"],
                entry["totalWorkstations"]
            ));
        }
    }
    found
}
