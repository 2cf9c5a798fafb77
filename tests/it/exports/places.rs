//! Which file is taken: the newest that is whole, of a folder or of those that fit a pattern.

use std::time::{Duration, SystemTime};

use super::{check, left_out, moment, set, total};
use crate::support::Desk;
use jiff::SignedDuration;

/// An account list in which one account uses so much.
fn export(desk: &Desk, amount: &str) -> String {
    let at = moment(desk, SignedDuration::from_mins(-10));
    format!("CID,Company,Account No,basic-storage,Measured At\n342,Eddie's TV Repair,A1,{amount},{at}\n")
}

/// Writes a file so many minutes old.
pub(super) fn aged(desk: &Desk, name: &str, text: &str, minutes: u64) {
    desk.write(name, text);
    let file = std::fs::File::options().append(true).open(desk.file(name)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(minutes * 60)).unwrap();
}

fn used(desk: &Desk) -> Option<String> {
    let (_, found) = check(desk);
    total(&found, "basic-storage")
}

#[test]
fn the_newest_that_is_whole() {
    let desk = Desk::bare();
    std::fs::create_dir(desk.file("exports")).unwrap();
    for place in ["\"exports\"", "\"exports/*.csv\"", "\"e*/accounts-*.csv\""] {
        set(&desk, "accounts", place);
        aged(&desk, "exports/accounts-a.csv", &export(&desk, "1"), 30);
        aged(&desk, "exports/accounts-b.csv", &export(&desk, "2"), 20);
        aged(&desk, "exports/accounts-c.csv", &export(&desk, "3"), 40);
        assert_eq!(used(&desk).as_deref(), Some("2"), "{place}");
        // What is still being written, and what never was a finished export.
        let half = export(&desk, "444");
        aged(&desk, "exports/accounts-d.csv", &half[..half.len() - 4], 10);
        aged(&desk, "exports/accounts-e.csv", "", 5);
        aged(&desk, "exports/.accounts-f.csv", &export(&desk, "5"), 1);
        aged(&desk, "exports/accounts-g.csv.part", &export(&desk, "6"), 1);
        let (code, found) = check(&desk);
        assert_eq!((code, total(&found, "basic-storage").as_deref()), (0, Some("2")), "{place}: {found}");
        let notes = found["accounts"]["notes"].to_string();
        assert!(notes.contains("accounts-d.csv is passed over: it has no end yet"), "{notes}");
        assert!(notes.contains("accounts-e.csv is passed over: it is empty"), "{notes}");
        // Now it is whole.
        aged(&desk, "exports/accounts-d.csv", &half, 10);
        assert_eq!(used(&desk).as_deref(), Some("444"), "{place}");
        for name in ["a", "b", "c", "d", "e"] {
            std::fs::remove_file(desk.file(&format!("exports/accounts-{name}.csv"))).unwrap();
        }
    }
    // None has an end: that is how they are written.
    let text = export(&desk, "7");
    aged(&desk, "exports/accounts-a.csv", text.trim_end(), 20);
    assert_eq!(used(&desk).as_deref(), Some("7"));
    std::fs::remove_file(desk.file("exports/accounts-a.csv")).unwrap();
    desk.psactl(&["portal", "check"]).ends_with(3).says("no file fits this pattern");
    set(&desk, "accounts", "\"exports\"");
    desk.psactl(&["portal", "check"]).ends_with(3).says("is a folder without an export");
    // A name with a bracket is a name first.
    desk.write("accounts [1].csv", &export(&desk, "8"));
    set(&desk, "accounts", "\"accounts [1].csv\"");
    assert_eq!(used(&desk).as_deref(), Some("8"));
    // JSON has its own end.
    set(&desk, "accounts", "\"exports\"");
    let row = |amount: u8| {
        let at = moment(&desk, SignedDuration::from_mins(-10));
        format!(
            r#"[{{"cid": "342", "company": "Eddie", "account": "A1", "basic-storage": {amount}, "measured_at": "{at}"}}]"#
        )
    };
    aged(&desk, "exports/a.json", &row(9), 20);
    aged(&desk, "exports/b.json", row(10).trim_end_matches(']'), 10);
    assert_eq!(used(&desk).as_deref(), Some("9"));
}

#[test]
fn the_date_in_a_name() {
    let desk = Desk::bare();
    std::fs::create_dir(desk.file("exports")).unwrap();
    set(&desk, "accounts", "\"exports/*.csv\"");
    set(&desk, "file_date", "\"%Y%m%d-%H%M\"");
    let text = |amount: &str| format!("CID,Company,Account No,basic-storage\n342,Eddie,A1,{amount}\n");
    // The times of modification say the contrary.
    aged(&desk, "exports/accounts-20261123-0830.csv", &text("1"), 90);
    aged(&desk, "exports/accounts-20261122-2200.csv", &text("2"), 10);
    aged(&desk, "exports/accounts-latest.csv", &text("3"), 1);
    let (code, found) = check(&desk);
    assert_eq!((code, total(&found, "basic-storage").as_deref()), (0, Some("1")), "{found}");
    // In New York.
    assert_eq!(found["accounts"]["measured_at"], "2026-11-23T13:30:00Z");
    let notes = found["accounts"]["notes"].to_string();
    assert!(notes.contains("accounts-latest.csv is passed over: it has no date in its name"), "{notes}");
    // The content knows better.
    let at = moment(&desk, SignedDuration::from_mins(-10));
    let dated =
        format!("CID,Company,Account No,basic-storage,Measured At\n342,Eddie,A1,4,{at}\n355,Joe,B1,5,\n");
    aged(&desk, "exports/accounts-20261123-0831.csv", &dated, 90);
    let (_, found) = check(&desk);
    assert_eq!(found["accounts"]["measured_at"], at.to_string());
    // A file that is named by itself must have it.
    set(&desk, "accounts", "\"exports/accounts-latest.csv\"");
    desk.psactl(&["portal", "check"])
        .ends_with(3)
        .says("has no date in its name that fits [portal] file_date");
    desk.write("exports/accounts-20261101-0130.csv", &text("1"));
    set(&desk, "accounts", "\"exports/accounts-20261101-0130.csv\"");
    desk.psactl(&["portal", "check"]).ends_with(3).says("happens twice in America/New_York");
}

#[test]
fn an_amount_without_a_time_is_as_old_as_may_be() {
    let desk = Desk::bare();
    set(&desk, "accounts", "\"long.csv\"");
    let at = moment(&desk, SignedDuration::from_mins(-10));
    let measured = |storage: &str| {
        let heading = "customer_id,customer_name,account_id,service,quantity,unit,measured_at";
        desk.write(
            "long.csv",
            &format!(
                "{heading}\n342,Eddie,A1,online-servers,1,,{at}\n342,Eddie,A1,basic-storage,{storage},GB,\n"
            ),
        );
        let (code, found) = check(&desk);
        assert_eq!(left_out(&found).len(), 0, "{found}");
        (code, found["accounts"]["measured_at"].clone())
    };
    // The other amount's time is not this one's: nobody is billed by what may be of any age.
    assert_eq!(measured("5"), (8, serde_json::Value::Null));
    // What was not measured has no age.
    assert_eq!(measured(""), (0, at.to_string().into()));
}

#[test]
fn an_older_export_is_refused() {
    let desk = Desk::running();
    let (code, _) = check(&desk);
    assert_eq!(code, 0);
    let whole = desk.read("accounts.csv");
    let earlier = moment(&desk, SignedDuration::from_hours(-20));
    let older: String = whole
        .lines()
        .enumerate()
        .map(|(at, line)| match line.rsplit_once(',') {
            Some((rest, _)) if at > 0 => format!("{rest},{earlier}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    desk.write("accounts.csv", &older);
    let (code, found) = check(&desk);
    assert_eq!((code, left_out(&found).len()), (8, 0));
    assert_eq!(found["nothing_billed"], "this export was measured before the last one used");
    desk.psactl(&["portal", "check"]).ends_with(8).says("nothing is billed from this");
    desk.psactl(&["sync", "--force"]).ends_with(6).says("this export was measured before the last one used");
    // What was read before and cannot be read now is the portal's failure.
    desk.write("accounts.csv", "");
    desk.psactl(&["portal", "check"]).ends_with(5).says("is empty");
}

#[test]
fn the_screen_and_the_json_are_kept() {
    let desk = Desk::bare();
    desk.edit("accounts.csv", ",148.20,", ",lots,");
    let ran = desk.narrow(&["portal", "check"]);
    insta::assert_snapshot!("check", desk.shown(&ran));
    let ran = desk.psactl(&["portal", "check", "--output", "json"]).ends_with(8);
    insta::assert_snapshot!("check_shape", crate::support::shape(&ran.json()));
    // A check makes no state.
    assert!(!desk.file("state").exists());
}
