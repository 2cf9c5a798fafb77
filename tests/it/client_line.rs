//! The client over the wire, byte by byte: compression, connections used again, answers without an end, how
//! many requests at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use psactl::psa::*;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{connection, quick};

/// What a server does with a request whose head begins so.
type Script = fn(&str) -> Answer;

/// The bytes of an answer.
struct Answer {
    bytes: Vec<u8>,
    /// Whether they are sent one at a time, with blanks after them for ever.
    dripping: bool,
    /// How long the server takes.
    after: Duration,
}

/// What a server saw.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    heads: Mutex<Vec<String>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Seen {
    /// The heads of the requests to the API.
    fn heads(&self) -> Vec<String> {
        let heads = self.heads.lock().expect("not poisoned");
        heads.iter().filter(|head| !head.contains("/login/companyinfo/")).cloned().collect()
    }
}

/// An answer of JSON, with these headers besides.
fn answer(headers: &str, body: &[u8]) -> Answer {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    Answer { bytes: [head.as_bytes(), body].concat(), dripping: false, after: Duration::ZERO }
}

/// A server that keeps its connections. The company look-up is answered; the rest is the script's.
async fn server(script: Script) -> (String, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let site = format!("http://{}", listener.local_addr().expect("an address"));
    let seen = Arc::new(Seen::default());
    let counted = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.connections.fetch_add(1, Ordering::SeqCst);
            let counted = Arc::clone(&counted);
            tokio::spawn(async move { converse(stream, script, &counted).await });
        }
    });
    (site, seen)
}

async fn converse(mut stream: TcpStream, script: Script, seen: &Seen) -> Option<()> {
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = buffer.windows(4).position(|end| end == b"\r\n\r\n") {
                break at;
            }
            let mut chunk = [0; 4096];
            match stream.read(&mut chunk).await.ok()? {
                0 => return None,
                read => buffer.extend_from_slice(&chunk[..read]),
            }
        };
        let head = String::from_utf8(buffer.drain(..end + 4).collect()).ok()?;
        let now = seen.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        seen.most_at_once.fetch_max(now, Ordering::SeqCst);
        let answer = match head.contains("/login/companyinfo/") {
            true => answer("", br#"{"Codebase":"v2025_8/"}"#),
            false => script(&head),
        };
        seen.heads.lock().expect("not poisoned").push(head);
        tokio::time::sleep(answer.after).await;
        seen.at_once.fetch_sub(1, Ordering::SeqCst);
        if !answer.dripping {
            stream.write_all(&answer.bytes).await.ok()?;
            continue;
        }
        for byte in answer.bytes.into_iter().chain(std::iter::repeat(b' ')) {
            stream.write_all(&[byte]).await.ok()?;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// `{"id":9,"summary":"pressed"}`, by gzip.
const PRESSED: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 202, 76, 81, 178, 178, 212, 81, 42, 46, 205, 205, 77, 44, 170,
    84, 178, 82, 42, 40, 74, 45, 46, 78, 77, 81, 170, 5, 0, 238, 189, 105, 176, 28, 0, 0, 0,
];

#[tokio::test]
async fn answers_may_come_pressed() {
    let (site, seen) = server(|_| answer("Content-Encoding: gzip\r\n", PRESSED)).await;
    let client = Client::with_policy(connection(&site), quick()).expect("a client");
    let ticket: Ticket = client.get(&paths::ticket(9)).await.expect("a ticket");
    assert_eq!((ticket.id, ticket.summary.as_deref()), (9, Some("pressed")));
    let head = seen.heads()[0].to_ascii_lowercase();
    assert!(head.contains("accept-encoding: gzip"), "{head}");
}

#[tokio::test]
async fn one_connection_serves_one_request_after_another() {
    let (site, seen) = server(|_| answer("", br#"{"id":9}"#)).await;
    let client = Client::with_policy(connection(&site), quick()).expect("a client");
    for _ in 0..40 {
        client.get::<Ticket>(&paths::ticket(9)).await.expect("a ticket");
        client.patch(&paths::ticket(9), &[PatchOp::replace("summary", "x")]).await.expect("changed");
    }
    assert_eq!(seen.heads().len(), 80);
    assert_eq!(seen.connections.load(Ordering::SeqCst), 1, "the look-up's connection serves the API too");
}

/// Every byte comes well within the time that a server may be silent; the time of the whole try ends it.
#[tokio::test]
async fn an_answer_that_drips_is_ended_by_the_time_of_the_whole_try() {
    let script: Script = |_| Answer { dripping: true, ..answer("", &[b' '; 100_000]) };
    let (site, seen) = server(script).await;
    let policy = RetryPolicy {
        tries: 2,
        attempt_timeout: Duration::from_millis(300),
        read_timeout: Duration::from_secs(30),
        ..quick()
    };
    let client = Client::with_policy(connection(&site), policy).expect("a client");
    let read = client.get::<Ticket>(&paths::ticket(9)).await.expect_err("no end");
    assert_eq!(read.kind(), Kind::TimedOut, "{read}");
    assert_eq!(seen.heads().len(), 2, "a read is tried again");
    let write = client.create(&paths::tickets(), &json!({})).await.expect_err("no end");
    assert!(write.outcome_unknown(), "{write}");
    assert_eq!(seen.heads().len(), 3, "a write is not");
}

/// The other way about: the try may take long, but the server may not be silent for so long.
#[tokio::test]
async fn silence_is_ended_before_the_try_is() {
    let script: Script = |_| Answer { after: Duration::from_secs(600), ..answer("", b"{}") };
    let (site, seen) = server(script).await;
    let policy = RetryPolicy {
        tries: 2,
        attempt_timeout: Duration::from_secs(30),
        read_timeout: Duration::from_millis(100),
        ..quick()
    };
    let client = Client::with_policy(connection(&site), policy).expect("a client");
    let read = client.get::<Ticket>(&paths::ticket(9)).await.expect_err("silence");
    assert_eq!((read.kind(), seen.heads().len()), (Kind::TimedOut, 2), "{read}");
}

/// Nobody takes the connection up. What surely was not sent may be sent again, and is not unknown.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_does_not_come_about_is_given_up() {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let listener = socket.listen(1).expect("a listener");
    let address = listener.local_addr().expect("an address");
    // The queue of connections that wait to be taken up is soon full; then nothing is answered at all.
    let mut waiting = Vec::new();
    while let Ok(Ok(one)) =
        tokio::time::timeout(Duration::from_millis(100), TcpStream::connect(address)).await
    {
        waiting.push(one);
        assert!(waiting.len() < 100, "the queue never fills");
    }
    let policy = RetryPolicy { tries: 2, connect_timeout: Duration::from_millis(100), ..quick() };
    let client = Client::with_policy(connection(&format!("http://{address}")), policy).expect("a client");
    let error = client.create(&paths::tickets(), &json!({})).await.expect_err("no connection");
    assert!(matches!(error, Error::Unreachable { trouble: Trouble::Slow, .. }), "{error:?}");
    assert!(error.to_string().ends_with("no connection within the time allowed"), "{error}");
    assert_eq!(client.requests_sent(), 2);
}

/// The time for all tries ends them, however many are left.
#[tokio::test]
async fn no_try_begins_after_the_time_for_all_of_them() {
    let script: Script = |_| Answer {
        bytes: b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n".to_vec(),
        dripping: false,
        after: Duration::ZERO,
    };
    let (site, seen) = server(script).await;
    let policy = RetryPolicy {
        tries: 1_000_000,
        base: Duration::from_millis(20),
        cap: Duration::from_millis(40),
        deadline: Duration::from_millis(200),
        ..quick()
    };
    let client = Client::with_policy(connection(&site), policy).expect("a client");
    let error = client.get::<Ticket>(&paths::ticket(9)).await.expect_err("a failing server");
    assert_eq!(error.kind(), Kind::Server);
    assert!(error.to_string().ends_with("failed with status 500: Oops"), "{error}");
    // No wait is shorter than 10 ms.
    assert!((2..=21).contains(&seen.heads().len()), "{}", seen.heads().len());
}

/// No more requests at once than allowed; and fewer to a server that fails or limits.
#[tokio::test]
async fn after_a_step_back_fewer_requests_go_at_once() {
    let script: Script = |head| {
        let after = Duration::from_millis(30);
        match head.contains("/service/tickets/1 ") {
            true => Answer {
                bytes: b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".to_vec(),
                dripping: false,
                after,
            },
            false => Answer { after, ..answer("", br#"{"id":2}"#) },
        }
    };
    let (site, seen) = server(script).await;
    let client = Client::with_policy(connection(&site), quick()).expect("a client");
    let ask = async |of: i64, times: usize| {
        seen.most_at_once.store(0, Ordering::SeqCst);
        let asked = (0..times).map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.get::<Ticket>(&paths::ticket(of)).await })
        });
        for one in asked.collect::<Vec<_>>() {
            let _ = one.await.expect("no panic");
        }
        seen.most_at_once.load(Ordering::SeqCst)
    };
    client.company_info().await.expect("the company");
    let begun = ask(2, 24).await;
    assert!((2..=8).contains(&begun), "{begun}: no more than the connection allows");
    // Eight, four, two, one: a read of four tries, each answered 503.
    ask(1, 1).await;
    assert_eq!(ask(2, 3).await, 1, "one at a time");
    // With good answers the number rises again.
    ask(2, 60).await;
    let risen = ask(2, 24).await;
    assert!((2..=8).contains(&risen), "{risen}");
}
