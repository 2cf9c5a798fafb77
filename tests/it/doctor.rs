//! `psactl doctor`, through the binary: a faulty world for every check, in which it finds exactly that fault and after
//! the fix nothing; a healthy world; how it looks.

mod healthy;
mod looks;
mod worlds;

use serde_json::Value;

use crate::support::{Desk, Ran};

/// A PSA that was set up and linked, with everything billed, no fault standing and a run just done: here the doctor
/// finds nothing at all.
pub fn healthy() -> Desk {
    let desk = Desk::running();
    desk.psactl(&["sync", "--open-standing"]).ends_with(0);
    desk
}

/// What a command printed, as a snapshot shows it: the minutes that a slow machine needs do not count.
pub fn shown(desk: &Desk, ran: &Ran) -> String {
    (0..10).fold(desk.shown(ran), |text, minute| text.replace(&format!("14:0{minute} UTC"), "14:00 UTC"))
}

/// The doctor's report.
#[track_caller]
pub fn report(desk: &Desk, arguments: &[&str]) -> Value {
    let ran = desk.psactl(&[&["doctor", "--output", "json"], arguments].concat());
    assert!([0, 8].contains(&ran.code), "{}\n{}", ran.stdout, ran.stderr);
    let report = ran.json();
    let strict = arguments.contains(&"--strict");
    let bad = found(&report).iter().any(|(_, status)| strict || *status == "problem");
    assert_eq!(ran.code == 8, bad, "{:#?}", found(&report));
    report
}

/// The checks that found something, with what they are.
pub fn found(report: &Value) -> Vec<(&str, &str)> {
    let checks = report["checks"].as_array().unwrap().iter();
    let told = checks.filter(|check| !["ok", "skipped"].contains(&check["status"].as_str().unwrap()));
    told.map(|check| (check["id"].as_str().unwrap(), check["status"].as_str().unwrap())).collect()
}

/// One check of the report.
#[track_caller]
pub fn check<'a>(report: &'a Value, id: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("no check {id}: {report:#}"))
}

/// Asserts that this check, and no other, finds something, and that its evidence says these words.
#[track_caller]
pub fn finds(desk: &Desk, id: &str, says: &[&str]) -> Value {
    desk.forget_requests();
    let report = report(desk, &[]);
    let ids: Vec<&str> = found(&report).into_iter().map(|(id, _)| id).collect();
    let told_of: Vec<&Value> = ids.iter().map(|id| check(&report, id)).collect();
    assert_eq!(ids, [id], "{told_of:#?}");
    let told = check(&report, id);
    let whole = format!("{} {} {}", told["title"], told["evidence"], told["fix"]);
    for words in says {
        assert!(whole.contains(words), "“{words}” is not in {told:#}");
    }
    assert!(!told["fix"].as_array().unwrap().is_empty() || id == "notes", "{told:#}");
    assert_eq!(desk.writes(), Vec::<String>::new(), "looking mends nothing");
    told.clone()
}

/// Asserts that no check finds anything.
#[track_caller]
pub fn is_clean(desk: &Desk) {
    let report = report(desk, &["--strict"]);
    let ids: Vec<&Value> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| found(&report).iter().any(|(id, _)| check["id"] == *id))
        .collect();
    assert!(ids.is_empty(), "{ids:#?}");
}
