//! Servers and texts that mean harm: what they send is bounded, understood or refused, and never reaches the
//! terminal as more than text. That credentials follow no redirect is in `client_redirects`, endless pages in
//! `paging`, certificates in `client_tls`.

#[cfg(unix)]
mod places;
#[cfg(unix)]
mod readers;

use std::io::{Read, Write};
use std::net::TcpListener;

use psactl::psa::{Client, Company, paths};
use psactl::sandbox::Fault;
use serde_json::Value;

use crate::client::{connection, quick};
use crate::support::Desk;

/// A server that sends this, and then this again for as long as somebody reads.
fn flood(head: &str, again: Vec<u8>) -> String {
    let head = head.to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let site = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { return };
            let mut request = [0; 4096];
            let _whatever = connection.read(&mut request);
            let _gone = connection.write_all(head.as_bytes());
            // Bounded: no reader takes more than this.
            for _ in 0..4096 {
                if connection.write_all(&again).is_err() {
                    break;
                }
            }
        }
    });
    site
}

async fn read(site: &str) -> psactl::psa::Error {
    let client = Client::with_policy(connection(site), quick()).expect("usable");
    client.get::<Company>(&paths::company(1)).await.expect_err("refused")
}

/// Four gibibytes of answer: no more than 64 MiB of it is kept.
#[tokio::test]
async fn a_body_without_an_end_is_not_kept() {
    let mut chunk = b"100000\r\n".to_vec();
    chunk.extend(std::iter::repeat_n(b' ', 0x10_0000));
    chunk.extend(b"\r\n");
    let site = flood(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        chunk,
    );
    let error = read(&site).await;
    assert!(error.to_string().contains("larger than 64 MiB"), "{error}");
}

/// A small answer that unpacks into a large one is as large as it unpacks.
#[tokio::test]
async fn a_packed_body_is_as_large_as_it_unpacks() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let blanks = vec![b' '; 0x10_0000];
    for _ in 0..100 {
        packed.write_all(&blanks).expect("packed");
    }
    let packed = packed.finish().expect("packed");
    assert!(packed.len() < 0x10_0000);
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        packed.len()
    );
    let error = read(&flood(&head, packed)).await;
    assert!(error.to_string().contains("larger than 64 MiB"), "{error}");
}

/// Headers without an end.
#[tokio::test]
async fn headers_without_an_end_are_refused() {
    let site = flood("HTTP/1.1 200 OK\r\n", b"X-Again: and again and again and again\r\n".to_vec());
    let error = read(&site).await;
    assert!(error.is_unreachable(), "{error}");
}

fn answered(body: &str) -> Fault {
    Fault {
        method: Some("GET".to_owned()),
        path: Some("/company/companies".to_owned()),
        kind: "html-200".to_owned(),
        content_type: Some("application/json".to_owned()),
        times: Some(u32::MAX),
        body: Some(body.to_owned()),
        ..Fault::default()
    }
}

/// What no parser should follow to its end, in front of the whole program.
#[test]
fn answers_that_are_no_records_are_refused_in_words() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let deep_object = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let long = format!("[{{\"id\": 1{}}}]", "0".repeat(5_000));
    let wrong = "[{\"id\": \"<script>\", \"name\": {\"a\": []}}]";
    for body in
        [deep.as_str(), &deep_object, &long, wrong, "[null, null, null, null]", "[] and then something else"]
    {
        let desk = Desk::linked();
        desk.expects_refusals();
        desk.sandbox().add_fault(answered(body)).unwrap();
        desk.forget_requests();
        let ran = desk.psactl(&["sync", "--verify"]);
        assert!(matches!(ran.code, 3 | 5 | 6), "{}: {}{}", &body[..20], ran.stdout, ran.stderr);
        assert!(ran.stderr.len() < 4_000, "{}", ran.stderr);
        let billed = desk.writes().into_iter().filter(|write| write.contains("additions")).count();
        assert_eq!(billed, 0, "{}", &body[..20]);
    }
}

/// Colours and cursor movements; window titles and a bell; links, a carriage return, backspaces, directions of writing.
const ESCAPES: [&str; 3] = [
    "\u{1b}[31m\u{1b}[2J\u{9b}1A",
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]8;;x\u{1b}\\\r\u{8}\u{202e}\u{2066}\u{61c}\u{2028}",
];

/// Nothing but text and line ends.
#[track_caller]
fn is_harmless(what: &str, text: &str) {
    let strange = |c: &char| {
        c.is_control() && *c != '\n'
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let found: Vec<char> = text.chars().filter(strange).collect();
    assert!(found.is_empty(), "{what}: {found:?} in\n{text:?}");
}

#[test]
fn names_that_move_the_cursor_are_only_names() {
    let desk = Desk::running();
    desk.sandbox();
    for ((path, escapes), field) in [
        (format!("/company/companies/{}", desk.company("Angry Fox")), ESCAPES[0]),
        (format!("/company/companies/{}", desk.company("Joe TV Repair")), ESCAPES[1]),
        (format!("/finance/agreements/{}", desk.agreement("Eddie's TV Repair")), ESCAPES[2]),
    ]
    .into_iter()
    .zip(["name"; 3])
    {
        let had = desk.ask("GET", &path, &[], None)[field].as_str().unwrap().to_owned();
        desk.change(&path, field, format!("{had}{escapes}"));
    }
    let all = ESCAPES.concat();
    let text = desk.read("accounts.csv").replace("JTR-Counter", &format!("\"JTR-Counter{all}\""));
    desk.write("accounts.csv", &text);
    let in_a_line = all.replace('\r', "");
    desk.event("n1", 1, &format!("AF{in_a_line}"), "419", "Error", &format!("failed {in_a_line}"));
    desk.later(jiff::SignedDuration::from_hours(25));
    crate::syncing::measured(&desk, jiff::SignedDuration::from_mins(-10));
    let mut whole_in_json = Vec::new();
    for arguments in [
        &["sync", "--dry-run", "--verify"][..],
        &["sync", "--verify"],
        &["status"],
        &["companies"],
        &["companies", "suggest"],
        &["companies", "adopt", "--dry-run"],
        &["setup", "--check"],
        &["why", "355"],
        &["why", "419"],
        &["events"],
        &["events", "show", "1"],
        &["history", "--all"],
        &["review"],
        &["doctor"],
        &["state"],
        &["status", "--nagios"],
        &["status", "-v"],
        &["sync", "-vvv"],
        &["doctor", "--nagios"],
        &["doctor", "--strict", "-vvv"],
        &["setup", "--dry-run"],
        &["events", "--jsonl"],
        &["events", "--errors"],
        &["reprocess", "--errors", "--yes"],
        &["history", "show", "1"],
        &["history", "show", "6"],
        &["report"],
        &["report", "--html"],
        &["report", "--csv"],
        &["report", "--due", "60d"],
        &["portal", "check"],
        &["companies", "add", "355", "--dry-run"],
        &["companies", "add", "342", "Eddie", "--dry-run"],
        &["companies", "unlink", "355"],
        &["companies", "link", "342", "Angry", "--yes"],
        &["pause", "355", "--until", "2030-01-01", "--reason", "x\u{1b}[2J\u{9b}"],
        &["status"],
        &["resume", "355"],
        &["undo", "6"],
        &["state", "rebuild", "--yes"],
        &["sync", "--verify"],
        &["companies", "adopt", "--yes"],
        &["review", "--take-over", "all"],
        &["review", "--approve", "all"],
    ] {
        let ran = desk.psactl(arguments);
        // The lines of CSV end as RFC 4180 has them.
        is_harmless(&format!("{arguments:?}, stdout"), &ran.stdout.replace("\r\n", "\n"));
        is_harmless(&format!("{arguments:?}, stderr"), &ran.stderr);
        // JSON escapes what is no text: it may be read on a terminal, too.
        let mut json = desk.command(&["--output", "json"]);
        let ran = Desk::ran(json.args(arguments));
        is_harmless(&format!("{arguments:?} as JSON"), &ran.stdout.replace("\r\n", "\n"));
        if ran.stdout.contains("\\u001b[31m\\u001b[2J\\u009b1A") {
            whole_in_json.push(arguments);
        }
        let other = ["--nagios", "--jsonl", "--html", "--csv"].iter().any(|form| arguments.contains(form));
        let whole = ran.stdout.is_empty() || serde_json::from_str::<Value>(&ran.stdout).is_ok();
        assert!(whole || other, "{arguments:?}: {}", ran.stdout);
    }
    // Another program reads the text as it is.
    assert!(whole_in_json.len() > 3, "{whole_in_json:?}");
    // Nor is it carried from the portal into ConnectWise, where other programs show it.
    let tickets = desk.tickets();
    assert!(!tickets.is_empty());
    let notes: Vec<Value> = tickets
        .iter()
        .flat_map(|ticket| {
            desk.records(&format!("/service/tickets/{}/notes", crate::support::id(ticket)), "")
        })
        .collect();
    let sent = tickets.into_iter().chain(notes).chain(desk.records("/finance/agreements/122/additions", ""));
    for record in sent {
        for field in ["summary", "initialDescription", "invoiceDescription", "text"] {
            is_harmless(field, record[field].as_str().unwrap_or_default());
        }
    }
}
