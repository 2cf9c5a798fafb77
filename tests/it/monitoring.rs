//! `[monitoring]`: a dead man's switch and a file for a node exporter.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use jiff::SignedDuration;

use crate::support::Desk;

/// A listener on loopback that answers so; gives its address and the first line of each request.
fn listener(answer: &'static str) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/ping/s3cret", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                request.push(byte[0]);
            }
            let line = String::from_utf8(request).unwrap().lines().next().unwrap_or_default().to_owned();
            stream
                .write_all(
                    format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes(),
                )
                .ok();
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    (url, receiver)
}

fn monitored(desk: &Desk, key: &str, value: &str) {
    desk.edit("psactl.toml", &format!("{key} = \"\""), &format!("{key} = {value}"));
}

fn heard(requests: &Receiver<String>) -> Vec<String> {
    // The answer is read before psactl ends: whatever it sent has been heard.
    requests.try_iter().collect()
}

const WELL: &str = "GET /ping/s3cret HTTP/1.1";
const FAIL: &str = "GET /ping/s3cret/fail HTTP/1.1";

#[test]
fn every_run_is_reported_and_failures_as_such() {
    let (url, requests) = listener("200 OK");
    let desk = Desk::running();
    monitored(&desk, "ping_url", &format!("\"{url}\""));
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(heard(&requests), [WELL]);
    // An idle run is what the switch is for; ConnectWise is not asked for it.
    desk.forget_requests();
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync"]).ends_with(0).says("nothing to do");
    assert_eq!(heard(&requests), [WELL]);
    assert_eq!(desk.requests().len(), 0);
    // Nobody's heartbeat: what a person looks at, and what writes nothing.
    for other in [&["sync", "--dry-run"][..], &["sync", "--cid", "342"], &["status"], &["review"]] {
        desk.psactl(other).ends_with(0);
    }
    assert_eq!(heard(&requests), Vec::<String>::new());
    // The failure, and the same one as before: psactl has said it, the switch stays down.
    desk.edit("accounts.csv", "DOC30199002", "DOC30199002 ");
    desk.sandbox().set_private_key("made-anew");
    desk.later(SignedDuration::from_hours(25));
    desk.psactl(&["sync"]).ends_with(4);
    desk.psactl(&["sync"]).ends_with(0).says("still");
    assert_eq!(heard(&requests), [FAIL, FAIL]);
}

#[test]
fn the_address_may_be_a_secret_and_is_never_said() {
    let (url, requests) = listener("500 No");
    let desk = Desk::running();
    desk.write("ping-url", &format!("{url}\n"));
    #[cfg(unix)]
    std::fs::set_permissions(desk.file("ping-url"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    monitored(&desk, "ping_url", "{ file = \"ping-url\" }");
    // A monitor that fails is a warning, once, and never the run's failure.
    let ran =
        desk.psactl(&["sync", "-vvv"]).ends_with(0).says("warning: [monitoring] ping_url: it answered 500");
    assert_eq!(heard(&requests), [WELL]);
    ran.is_silent_on("s3cret");
    desk.psactl(&["sync"]).ends_with(0).is_silent_on("warning");
    drop(requests);

    let desk = Desk::running();
    monitored(&desk, "ping_url", "{ env = \"PING\" }");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ran = Desk::ran(desk.command(&["sync", "-vvv"]).env("PING", format!("http://{closed}/s3cret")));
    ran.ends_with(0).says("warning: [monitoring] ping_url").is_silent_on("s3cret");
    desk.later(SignedDuration::from_hours(24));
    desk.psactl(&["sync"]).ends_with(0).says("secret variable PING is not set");

    let desk = Desk::running();
    monitored(&desk, "ping_url", "\"s3cret\"");
    desk.psactl(&["sync"]).ends_with(3).says("is not an address").is_silent_on("s3cret");
}

#[test]
fn the_exporter_finds_a_whole_file() {
    let desk = Desk::running();
    monitored(&desk, "prometheus_file", "\"psactl.prom\"");
    desk.psactl(&["sync", "--force"]).ends_with(0);
    let metrics = desk.read("psactl.prom");
    // What depends on this machine's speed, and on how much a look takes.
    let shown: Vec<String> = metrics
        .lines()
        .map(|line| match line.split_once(' ') {
            Some((name, _)) if name.ends_with("_seconds") || name.ends_with("_requests") => {
                format!("{name} (some)")
            }
            _ => line.to_owned(),
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(desk.file("psactl.prom")).unwrap().permissions().mode();
        assert_eq!(mode & 0o444, 0o444);
    }
    // An idle run knows what the last look found.
    desk.later(SignedDuration::from_mins(1));
    desk.psactl(&["sync"]).ends_with(0);
    let idle = desk.read("psactl.prom");
    for line in ["psactl_last_run_idle 1", "psactl_customers 3", "psactl_last_run_requests 0"] {
        assert!(idle.lines().any(|own| own == line), "{line} in\n{idle}");
    }
    // One that cannot be written is a warning.
    desk.edit("psactl.toml", "psactl.prom", "nowhere/psactl.prom");
    desk.psactl(&["sync"]).ends_with(0).says("warning: [monitoring] prometheus_file");
    desk.psactl(&["sync"]).ends_with(0).is_silent_on("warning");
}
