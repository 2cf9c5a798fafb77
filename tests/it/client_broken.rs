//! The client over the wire: silence, cut connections, nobody there.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use psactl::psa::*;
use serde_json::json;
use wiremock::matchers::{any, path};
use wiremock::{Mock, ResponseTemplate};

use crate::client::{connection, quick, server};

#[tokio::test]
async fn silence_is_a_time_out_and_for_a_write_an_unknown_outcome() {
    let server = server().await;
    let late = ResponseTemplate::new(200).set_body_json(json!({"id": 1})).set_delay(Duration::from_secs(20));
    Mock::given(any())
        .and(path("/v2025_8/apis/3.0/service/tickets/5"))
        .respond_with(late)
        .mount(&server)
        .await;
    let policy = RetryPolicy { attempt_timeout: Duration::from_millis(80), ..quick() };
    let client = Client::with_policy(connection(&server.uri()), policy).expect("a client");
    let read = client.get::<Ticket>(&paths::ticket(5)).await.expect_err("silence");
    assert_eq!(read.kind(), Kind::TimedOut);
    let sent = client.requests_sent();
    let write =
        client.patch(&paths::ticket(5), &[PatchOp::replace("summary", "x")]).await.expect_err("silence");
    assert!(write.outcome_unknown() && write.is_unreachable(), "{write}");
    assert_eq!(client.requests_sent(), sent + 1);
    assert_eq!(
        write.to_string(),
        "changing the ticket /service/tickets/5: no answer within a second; it is not known whether this was done"
    );
}

/// A server of raw bytes: reads a request, answers with the next bytes, hangs up. Gives its address and the
/// number of requests so far.
fn raw_server(answers: Vec<Vec<u8>>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let site = format!("http://{}", listener.local_addr().expect("an address"));
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { return };
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                match connection.read(&mut buffer) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => request.extend_from_slice(&buffer[..read]),
                }
            }
            let turn = counted.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
            let _ = connection.write_all(&answers[turn]);
        }
    });
    (site, count)
}

fn raw(body: &str, length: usize) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").into_bytes()
}

#[tokio::test]
async fn an_answer_cut_off_is_read_again_but_never_written_again() {
    let look_up = r#"{"Codebase":"v2025_8/"}"#;
    let cut = raw(r#"{"id": 9"#, 500);
    let whole = raw(r#"{"id": 9}"#, 9);
    let (site, count) = raw_server(vec![raw(look_up, look_up.len()), cut.clone(), Vec::new(), whole]);
    let client = Client::with_policy(connection(&site), quick()).expect("a client");
    assert_eq!(client.get::<Ticket>(&paths::ticket(9)).await.expect("the third try").id, 9);
    assert_eq!(count.load(Ordering::SeqCst), 4);

    for cut in [cut, Vec::new()] {
        let (site, count) = raw_server(vec![raw(look_up, look_up.len()), cut]);
        let client = Client::with_policy(connection(&site), quick()).expect("a client");
        let error = client.create(&paths::tickets(), &json!({"summary": "x"})).await.expect_err("a cut");
        assert!(error.outcome_unknown(), "{error}");
        assert_eq!(count.load(Ordering::SeqCst), 2, "{error}");
    }
}

#[tokio::test]
async fn nobody_there_is_said_in_words() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let client =
        Client::with_policy(connection(&format!("http://127.0.0.1:{port}")), quick()).expect("a client");
    let error = client.create(&paths::tickets(), &json!({})).await.expect_err("nobody");
    assert!(error.is_unreachable() && !error.outcome_unknown(), "{error:?}");
    assert!(matches!(error, Error::Unreachable { trouble: Trouble::Refused, .. }), "{error:?}");
    assert!(
        error.to_string().ends_with("127.0.0.1 cannot be reached: nothing accepts connections there"),
        "{error}"
    );
    assert_eq!(client.requests_sent(), 4, "a request that surely did not arrive is repeated");
}
