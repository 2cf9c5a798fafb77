//! Every reader of psactl's in front of a server that means harm: exports by address, Axcient's API, the monitor
//! that is told of runs. Each run ends, in little memory, in words, and bills nothing. The client of ConnectWise
//! has the same in [`super`], `client_line` and `paging`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};

use jiff::SignedDuration;
use psactl::portal::x360recover::{Api, Patience};

use super::is_harmless;
use crate::support::{Desk, Ran};

/// A secret that a reader sends along, or that is its address.
const KEY: &str = "k3y-s3cret";

/// A server that does the same with every connection. Gives its address and the head of each request.
fn server(
    attack: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + 'static,
) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { return };
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && connection.read(&mut byte).unwrap_or(0) == 1 {
                request.push(byte[0]);
            }
            if sender.send(String::from_utf8_lossy(&request).into_owned()).is_err() {
                return;
            }
            // It is gone when it has had enough.
            let _gone = attack(&mut connection);
        }
    });
    (url, receiver)
}

/// An answer with this type and body, whole.
fn whole(stream: &mut TcpStream, head: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    write!(stream, "HTTP/1.1 200 OK\r\n{head}Content-Length: {length}\r\nConnection: close\r\n\r\n")?;
    stream.write_all(body)
}

/// Two gibibytes of this, unless the reader goes before.
fn endless(stream: &mut TcpStream, head: &str, part: &[u8]) -> std::io::Result<()> {
    stream.write_all(head.as_bytes())?;
    let part = part.repeat((0x10_0000 / part.len()).max(1));
    (0..2048).try_for_each(|_| stream.write_all(&part))
}

const JSON: &str = "Content-Type: application/json\r\n";

/// What servers do, each by its name.
fn attacks() -> Vec<(&'static str, Box<dyn Fn(&mut TcpStream) -> std::io::Result<()> + Send>)> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let blanks = vec![b' '; 0x10_0000];
    (0..80).for_each(|_| packed.write_all(&blanks).unwrap());
    let packed = packed.finish().unwrap();
    let mut values = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let zeros = b"0,".repeat(0x10_0000);
    values.write_all(b"[").unwrap();
    (0..30).for_each(|_| values.write_all(&zeros).unwrap());
    values.write_all(b"0]").unwrap();
    let values = values.finish().unwrap();
    let deep = [b"[".repeat(200_000), b"]".repeat(200_000)].concat();
    vec![
        (
            "a body in parts without an end",
            Box::new(|stream| {
                let part = [&b"10000\r\n"[..], &[b' '; 0x1_0000], b"\r\n"].concat();
                endless(
                    stream,
                    &format!("HTTP/1.1 200 OK\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n"),
                    &part,
                )
            }),
        ),
        (
            "a body without length or end",
            Box::new(|stream| endless(stream, &format!("HTTP/1.1 200 OK\r\n{JSON}\r\n"), b" ")),
        ),
        (
            "a length that nothing has",
            Box::new(|stream| {
                let head = format!("HTTP/1.1 200 OK\r\n{JSON}Content-Length: 9000000000000000000\r\n\r\n");
                endless(stream, &head, b" ")
            }),
        ),
        (
            "a small body that unpacks into a large one",
            Box::new(move |stream| whole(stream, &format!("{JSON}Content-Encoding: gzip\r\n"), &packed)),
        ),
        (
            "headers without an end",
            Box::new(|stream| endless(stream, "HTTP/1.1 200 OK\r\n", b"X-Again: and again and again\r\n")),
        ),
        (
            "one header without an end",
            Box::new(|stream| endless(stream, "HTTP/1.1 200 OK\r\nX-Again: ", b"and again ")),
        ),
        (
            "a promise of an answer, for ever",
            Box::new(|stream| {
                let part = b"HTTP/1.1 102 Processing\r\n\r\n".repeat(100);
                (0..1_000).try_for_each(|_| {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                    stream.write_all(&part)
                })
            }),
        ),
        ("JSON deeper than a stack", Box::new(move |stream| whole(stream, JSON, &deep))),
        (
            "a small body of thirty million values",
            Box::new(move |stream| whole(stream, &format!("{JSON}Content-Encoding: gzip\r\n"), &values)),
        ),
        ("what is no text", Box::new(|stream| whole(stream, JSON, b"[\"\xff\xfe\xc0\xaf\"]"))),
        (
            "a page that would steer the terminal",
            Box::new(|stream| {
                whole(stream, "Content-Type: text/html\r\n", b"\x1b]0;owned\x07\xc2\x9b2J<html>")
            }),
        ),
        (
            "a status line that would",
            Box::new(|stream| stream.write_all(b"HTTP/1.1 500 \x1b[2J\xc2\x9b\r\nContent-Length: 0\r\n\r\n")),
        ),
        ("no HTTP", Box::new(|stream| endless(stream, "220 smtp \x1b[2J ESMTP\r\n", b"220 and so on\r\n"))),
        (
            "a drop at a time",
            Box::new(|stream| {
                write!(stream, "HTTP/1.1 200 OK\r\n{JSON}Content-Length: 10000\r\n\r\n")?;
                (0..10_000).try_for_each(|_| {
                    std::thread::sleep(std::time::Duration::from_millis(50));
                    stream.write_all(b" ")
                })
            }),
        ),
        (
            "a circle",
            Box::new(|stream| {
                stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            }),
        ),
    ]
}

/// Runs it with a gibibyte of addresses in all, so that what keeps too much does not end well.
fn bounded(desk: &Desk, arguments: &[&str], patience_ms: &str) -> Ran {
    let plain = desk.command(arguments);
    let mut command = Command::new("sh");
    command.arg("-c").arg("ulimit -v 1048576 2>/dev/null; exec \"$0\" \"$@\"");
    command.arg(plain.get_program()).args(plain.get_args()).env_clear();
    for (name, value) in plain.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
        .env("COLUMNS", "400")
        .env("PSACTL_TEST_ANSWER_WITHIN_MS", patience_ms)
        .stdin(std::process::Stdio::null());
    Desk::ran(&mut command)
}

/// Runs a command in front of each attack, and cron's sync after it; `aim` points psactl at an address.
#[track_caller]
fn withstands(desk: &Desk, arguments: &[&str], code: i32, says: &str, aim: impl Fn(&Desk, &str)) {
    let before = desk.billed();
    for (name, attack) in attacks() {
        let (url, requests) = server(attack);
        desk.later(SignedDuration::from_mins(1));
        aim(desk, &url);
        // Only what takes its time is not waited for: the others must fail by what they are.
        let slow = ["a drop at a time", "a promise of an answer, for ever"].contains(&name);
        let patience = if slow { "500" } else { "60000" };
        for arguments in [arguments, &["sync"]] {
            let ran = bounded(desk, arguments, patience);
            let what = format!("{name}: {arguments:?}: exit {}\n{}{}", ran.code, ran.stdout, ran.stderr);
            if arguments == ["sync"] {
                assert!([0, 5, 6].contains(&ran.code), "{what}");
            } else {
                assert_eq!(ran.code, code, "{what}");
                assert!(ran.stderr.contains(says), "{what}");
                let asked = requests.try_iter().count();
                assert!((1..=12).contains(&asked), "{name}: asked {asked} times\n{what}");
            }
            assert!(ran.stderr.len() < 6_000, "{what}");
            assert!(!what.contains(KEY), "{what}");
            is_harmless(name, &ran.stdout);
            is_harmless(name, &ran.stderr);
        }
    }
    assert_eq!(desk.billed(), before);
}

/// Writes a secret as its readers want it.
fn secret(desk: &Desk, name: &str, text: &str) {
    desk.write(name, text);
    #[cfg(unix)]
    std::fs::set_permissions(desk.file(name), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

/// A desk with exports by address and a key for them, and how to send it elsewhere.
fn of_exports() -> (Desk, impl Fn(&Desk, &str)) {
    let desk = Desk::running();
    let original = desk.read("psactl.toml");
    secret(&desk, "portal-key", KEY);
    (desk, move |desk: &Desk, url: &str| {
        desk.write("psactl.toml", &original);
        crate::exports::set(desk, "accounts", &format!("\"{url}/accounts.csv?sig={KEY}\""));
        crate::exports::set(desk, "headers", "{ Authorization = { file = \"portal-key\" } }");
    })
}

/// The same with Axcient's API.
fn of_axcient() -> (Desk, impl Fn(&Desk, &str)) {
    let desk = crate::x360recover_sync::running();
    let original = desk.read("psactl.toml");
    desk.write("axcient-key", KEY);
    (desk, move |desk: &Desk, url: &str| {
        let own = desk.sandbox().x360recover_url();
        desk.write("psactl.toml", &original.replace(&own, &format!("{url}/x360recover")));
    })
}

/// The same with a monitor.
fn of_a_monitor() -> (Desk, impl Fn(&Desk, &str)) {
    let desk = Desk::running();
    let original = desk.read("psactl.toml");
    (desk, move |desk: &Desk, url: &str| {
        let told = format!("ping_url = \"{url}/{KEY}\"");
        desk.write("psactl.toml", &original.replace("ping_url = \"\"", &told));
    })
}

#[test]
fn exports_by_address() {
    let (desk, aim) = of_exports();
    withstands(&desk, &["portal", "check", "-vvv"], 5, "error: GET http://127.0.0.1", aim);
}

#[test]
fn axcients_api() {
    let (desk, aim) = of_axcient();
    withstands(&desk, &["portal", "check", "-vvv"], 5, "error: x360Recover at http://127.0.0.1", aim);
}

/// A monitor that fails is a warning; a body of its is nobody's.
#[test]
fn the_monitor() {
    let (desk, aim) = of_a_monitor();
    withstands(&desk, &["sync", "-vvv"], 0, "sync: ", aim);
}

/// Wherever a server leads, what is secret does not come along: no key in a header, and no address that is one.
#[test]
fn nothing_secret_is_led_away() {
    fn led_away(what: &str, desk: &Desk, aim: impl Fn(&Desk, &str)) {
        for status in [301, 302, 303, 307, 308] {
            let (elsewhere, heard) = server(|stream| {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            });
            let elsewhere = elsewhere.replace("127.0.0.1", "localhost");
            let (url, asked) = server(move |stream| {
                write!(
                    stream,
                    "HTTP/1.1 {status} Go\r\nLocation: {elsewhere}/there\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
            });
            desk.later(SignedDuration::from_mins(1));
            aim(desk, &url);
            let ran = desk.psactl(&["sync", "-vvv"]).is_silent_on(KEY);
            let sent: String = asked.try_iter().collect();
            assert!(sent.contains(KEY), "{what}: {sent}\n{}{}", ran.stdout, ran.stderr);
            for head in heard.try_iter() {
                assert!(!head.contains(KEY) && !head.to_lowercase().contains("referer"), "{what}: {head}");
            }
        }
    }
    let (desk, aim) = of_exports();
    led_away("exports", &desk, aim);
    let (desk, aim) = of_axcient();
    led_away("Axcient's API", &desk, aim);
    let (desk, aim) = of_a_monitor();
    led_away("a monitor", &desk, aim);
}

/// A server, or a debugging page on the way, that repeats the key in its complaint.
#[test]
fn a_key_that_is_repeated_is_not_said() {
    let (desk, aim) = of_axcient();
    for padding in [0, 150, 185, 195] {
        let (url, _heard) = server(move |stream| {
            let body = format!("{{\"detail\":\"{}{KEY} is no key\",\"status\":400}}", "x".repeat(padding));
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 400 Bad Request\r\n{JSON}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
        });
        aim(&desk, &url);
        let ran = desk.psactl(&["portal", "check", "-vvv"]).ends_with(5).says("***");
        let copy = std::fs::read_to_string(desk.file("state/portal/x360recover.json")).unwrap();
        for said in [ran.stdout, ran.stderr, copy] {
            assert!(!said.contains("k3y-s"), "{said}");
        }
    }
}

/// Lists that bring something new with every page.
#[test]
fn a_list_without_an_end_is_given_up() {
    let next = std::sync::atomic::AtomicU64::new(1);
    let (url, _heard) = server(move |stream| {
        let first = next.fetch_add(100, std::sync::atomic::Ordering::Relaxed);
        let page: Vec<String> = (first..first + 100).map(|id| format!("{{\"id\":{id}}}")).collect();
        // Each page is large, so that few are enough.
        let blanks = " ".repeat(60 << 20);
        whole(stream, JSON, format!("[{}{blanks}]", page.join(",")).as_bytes())
    });
    let api = Api::new(&url, KEY.into(), Patience::default()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let said = runtime.block_on(api.devices()).unwrap_err().to_string();
    assert!(said.contains("the list has no end"), "{said}");
}

/// Whom none of them trusts, and in which words.
#[test]
fn a_certificate_of_nobody_is_explained() {
    let tls = |from| {
        let (certificate, key) = crate::client_tls::self_signed(false, from, 2149);
        let (port, requests) = crate::client_tls::encrypted_server_with(&certificate, &key, "");
        (format!("https://127.0.0.1:{port}"), requests, certificate)
    };
    let unknown = "its certificate comes from an authority that this machine does not trust";
    let hint = "put its certificate into ca_file";
    let refused = |desk: &Desk, arguments: &[&str], code| {
        desk.psactl(arguments).ends_with(code).says(unknown).says(hint).is_silent_on(KEY)
    };
    let count = |requests: &std::sync::Arc<std::sync::atomic::AtomicUsize>| {
        requests.load(std::sync::atomic::Ordering::SeqCst)
    };
    let (desk, aim) = of_exports();
    let (url, requests, _) = tls(2015);
    aim(&desk, &url);
    refused(&desk, &["portal", "check"], 5);
    assert_eq!(count(&requests), 0);
    let (desk, aim) = of_axcient();
    let (url, requests, _) = tls(2015);
    aim(&desk, &url);
    refused(&desk, &["portal", "check"], 5);
    assert_eq!(count(&requests), 0);
    let (desk, aim) = of_a_monitor();
    let (url, requests, certificate) = tls(2015);
    aim(&desk, &url);
    refused(&desk, &["sync"], 0);
    assert_eq!(count(&requests), 0);
    // It takes the same authority as everything else.
    desk.write("own.pem", &certificate);
    desk.edit("psactl.toml", "ca_file = \"\"", "ca_file = \"own.pem\"");
    desk.psactl(&["sync"]).ends_with(0).is_silent_on("warning");
    assert_eq!(count(&requests), 1);
}
