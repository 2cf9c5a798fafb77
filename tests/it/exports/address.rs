//! Exports from an address: asked for when due, never half, and nobody else hears the key.

use jiff::SignedDuration;
use psactl::sandbox::{ExportsRequest, Fault};

use super::{check, set, total};
use crate::support::Desk;

/// A desk whose exports come from the sandbox's portal.
pub fn served(desk: Desk) -> Desk {
    publish(&desk);
    let portal = desk.sandbox().exports_url();
    set(&desk, "accounts", &format!("\"{portal}/accounts.csv?sig=s3cret\""));
    set(&desk, "events", &format!("\"{portal}/events.csv\""));
    desk
}

/// Puts the desk's exports at the portal.
fn publish(desk: &Desk) {
    for name in ["accounts.csv", "events.csv"] {
        desk.sandbox().set_export(name, desk.read(name));
    }
}

pub fn fault(desk: &Desk, kind: &str) {
    desk.sandbox()
        .add_exports_fault(Fault {
            kind: kind.to_owned(),
            path: Some("accounts".to_owned()),
            times: Some(1_000),
            location: kind.starts_with("redirect").then(|| "http://localhost:1/else?key=s3cret".to_owned()),
            ..Fault::default()
        })
        .unwrap();
}

fn asked(desk: &Desk) -> Vec<String> {
    let said = |request: ExportsRequest| format!("{} {}", request.status, request.path);
    desk.sandbox().exports_requests().into_iter().map(said).collect()
}

fn minutes(number: i64) -> SignedDuration {
    SignedDuration::from_mins(number)
}

#[test]
fn asked_when_due_and_kept_as_a_copy() {
    let desk = served(Desk::linked());
    desk.psactl(&["sync"]).ends_with(0).is_silent_on("s3cret");
    assert_eq!(asked(&desk), ["200 /accounts.csv", "200 /events.csv"]);
    desk.forget_requests();
    // An idle minute asks nobody.
    for _ in 0..4 {
        desk.later(minutes(1));
        desk.psactl(&["sync"]).ends_with(0);
    }
    assert_eq!(asked(&desk), [""; 0]);
    desk.later(minutes(1));
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(asked(&desk), ["304 /accounts.csv", "304 /events.csv"]);
    assert_eq!(desk.requests().len(), 0);
    // Who only looks does not ask either.
    for command in
        [&["status"][..], &["companies"], &["why", "342", "--offline"], &["portal", "check", "--offline"]]
    {
        let ran = desk.psactl(command);
        assert!(ran.code == 0, "{command:?} {}{}", ran.stdout, ran.stderr);
        ran.is_silent_on("s3cret");
    }
    assert_eq!(asked(&desk), [""; 0]);
    // What changed is billed, and a person who insists does not wait.
    desk.later(SignedDuration::from_hours(13));
    desk.edit("accounts.csv", ",148.20,", ",149.20,");
    crate::syncing::measured(&desk, minutes(-10));
    publish(&desk);
    desk.psactl(&["sync", "--force"]).ends_with(0).says("190.05");
    assert_eq!(asked(&desk), ["200 /accounts.csv", "304 /events.csv"]);
    // One copy of each, for its owner alone.
    let portal = desk.file("state/portal");
    let mut names: Vec<String> = std::fs::read_dir(&portal)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 3, "{names:?}");
    #[cfg(unix)]
    for path in names.iter().map(|name| portal.join(name)).chain([portal.clone()]) {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
        assert!(path.is_dir() || !std::fs::read_to_string(&path).unwrap().contains("s3cret"));
    }
    // Another address has another export.
    let portal = desk.sandbox().exports_url();
    set(&desk, "accounts", &format!("\"{portal}/other.csv\""));
    desk.psactl(&["portal", "check", "--offline"]).ends_with(5).says("was never asked");
}

#[test]
fn whatever_goes_wrong_leaves_the_copy_and_bills_nothing() {
    let desk = served(Desk::running());
    let mut command = desk.command(&["sync"]);
    Desk::ran(&mut command).ends_with(0);
    asked(&desk);
    let before = desk.billed();
    for (kind, says) in [
        ("status-404", "answered 404"),
        ("status-500", "answered 500"),
        ("status-503", "answered 503"),
        ("truncated", "broke off"),
        ("truncated-chunked", "broke off"),
        ("redirect", "leads to http://localhost:1/else"),
        ("giant", "sends more than 4 MB"),
        ("giant-chunked", "sends more than 4 MB"),
        ("html-200", "a web page"),
        ("garbled", "it may not be whole"),
        ("empty", "no export"),
        ("reset", "GET"),
        ("dripping", "no whole answer within"),
        ("hang", "no whole answer within"),
    ] {
        desk.edit("accounts.csv", ",148.20,", ",148.25,");
        desk.later(SignedDuration::from_hours(2));
        crate::syncing::measured(&desk, minutes(-10));
        publish(&desk);
        fault(&desk, kind);
        let hasty = |arguments: &[&str]| {
            Desk::ran(
                desk.command(arguments).env("PSACTL_TEST_ANSWER_WITHIN_MS", "400").env("COLUMNS", "400"),
            )
        };
        let run = || hasty(&["sync"]);
        run().ends_with(5).says(says).is_silent_on("s3cret");
        assert!(asked(&desk).len() <= 2, "{kind}");
        // It was said, and nobody is asked every minute: after 5 minutes, after 10 more, after 20 more.
        let mut times = Vec::new();
        for minute in 1..=40 {
            desk.later(minutes(1));
            run().ends_with(0).is_silent_on("s3cret");
            if !asked(&desk).is_empty() {
                times.push(minute);
            }
            if !["status-500", "status-404"].contains(&kind) && minute == 5 {
                break;
            }
        }
        let expected = if ["status-500", "status-404"].contains(&kind) { vec![5, 15, 35] } else { vec![5] };
        assert_eq!(times, expected, "{kind}");
        assert_eq!(desk.billed(), before, "{kind}");
        hasty(&["portal", "check"]).ends_with(5).says("psactl portal check --offline").is_silent_on("s3cret");
        desk.psactl(&["portal", "check", "--offline"])
            .ends_with(0)
            .says("the portal did not answer last time");
        // It answers again.
        desk.sandbox().clear_exports_faults();
        desk.edit("accounts.csv", ",148.25,", ",148.20,");
        publish(&desk);
        desk.psactl(&["sync", "--force"]).ends_with(0);
        asked(&desk);
    }
}

#[test]
fn the_key_goes_to_its_host_alone() {
    let desk = served(Desk::linked());
    let write_key = |key: &str| {
        desk.write("portal-key", key);
        #[cfg(unix)]
        std::fs::set_permissions(
            desk.file("portal-key"),
            std::os::unix::fs::PermissionsExt::from_mode(0o600),
        )
        .unwrap();
    };
    write_key("Bearer right-s3cret\n");
    desk.sandbox().set_exports_key(Some("Bearer right-s3cret"));
    desk.psactl(&["sync"]).ends_with(4).says("refused with 401");
    set(&desk, "headers", "{ Authorization = { file = \"portal-key\" }, Accept = \"text/csv\" }");
    asked(&desk);
    // Another key is tried at once.
    desk.psactl(&["sync", "-vvv"]).ends_with(0).is_silent_on("s3cret");
    let requests = desk.sandbox().exports_requests();
    assert_eq!(requests[0].authorization.as_deref(), Some("Bearer right-s3cret"));
    // A wrong one is not tried each minute, and the right one at once.
    write_key("Bearer wrong-s3cret");
    desk.later(minutes(5));
    desk.psactl(&["sync"]).ends_with(4).is_silent_on("s3cret");
    desk.later(minutes(1));
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(asked(&desk), ["401 /accounts.csv"]);
    write_key("Bearer right-s3cret");
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(asked(&desk), ["304 /accounts.csv", "304 /events.csv"]);
    // Elsewhere the export is public: it is read there, without the key.
    let other = Desk::bare();
    other.sandbox().set_export("accounts.csv", desk.read("accounts.csv"));
    desk.sandbox()
        .add_exports_fault(Fault {
            kind: "redirect".to_owned(),
            path: Some("accounts".to_owned()),
            times: Some(10),
            location: Some(format!("{}/accounts.csv", other.sandbox().exports_url())),
            ..Fault::default()
        })
        .unwrap();
    let (code, found) = check(&desk);
    assert_eq!((code, total(&found, "select-storage").as_deref()), (0, Some("251.45")));
    let heard = other.sandbox().exports_requests();
    assert_eq!((heard.len(), heard[0].authorization.clone()), (1, None));
    // Two hosts and one key are refused before anything is sent.
    set(&desk, "events", &format!("\"{}/events.csv\"", other.sandbox().exports_url()));
    desk.psactl(&["sync"]).ends_with(3).says("would go to two hosts");
}

#[test]
fn a_server_that_says_the_same_for_ever_is_not_believed() {
    let desk = served(Desk::running());
    desk.psactl(&["sync"]).ends_with(0);
    let tags = |desk: &Desk| {
        desk.sandbox().exports_requests().iter().map(|request| request.conditional).collect::<Vec<_>>()
    };
    assert_eq!(tags(&desk), [false, false]);
    fault(&desk, "not-modified");
    desk.later(minutes(10));
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(tags(&desk), [true, true]);
    // After a day the whole is asked for; "not modified" is no answer to that.
    desk.later(SignedDuration::from_hours(24));
    desk.psactl(&["sync"]).ends_with(5).says("answered 304");
    assert_eq!(tags(&desk), [false]);
    desk.sandbox().clear_exports_faults();
    // A tag that is another's does not hide what changed.
    fault(&desk, "wrong-etag");
    desk.edit("accounts.csv", ",148.20,", ",149.20,");
    crate::syncing::measured(&desk, minutes(-10));
    publish(&desk);
    let (code, found) = check(&desk);
    assert_eq!((code, total(&found, "select-storage").as_deref()), (0, Some("252.45")), "{found}");
}
