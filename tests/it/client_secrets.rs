//! The client over the wire: what must never be seen.

use std::io::Write;
use std::sync::{Arc, Mutex};

use psactl::psa::*;
use serde_json::json;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::client::{CLIENT_ID, SECRET, at, client, look_up};

/// A password that a request carries.
const SENT: &str = "integrator-pass-word";

/// Collects what is traced.
#[derive(Clone, Default)]
struct Collected(Arc<Mutex<Vec<u8>>>);

impl Write for Collected {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_that_is_shown_holds_a_secret() {
    let server = MockServer::start().await;
    look_up(json!({"Codebase": "v2025_8/", "SiteUrl": "evil.example"})).mount(&server).await;
    let of = |message: String| json!({"code": "InvalidObject", "message": message, "errors": [{"message": message, "field": "password"}]});
    for code in [400, 401, 403, 409, 500] {
        // A write is told again what it sent, a password among it.
        for (verb, said) in [("GET", format!("bad {SECRET}")), ("PATCH", format!("{SECRET} or {SENT}"))] {
            let answer =
                ResponseTemplate::new(code).set_body_json(of(said)).insert_header("x-cw-request-id", "id-77");
            Mock::given(at(&format!("/system/integratorlogins/{code}")))
                .and(method(verb))
                .respond_with(answer)
                .mount(&server)
                .await;
        }
    }
    // With a second listener, threads of other tests that reach a place first ask all listeners, and not only
    // their own, whether somebody wants to hear of it.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
    // Tracing remembers who wants to hear of a place when that place is first reached, which may be in another
    // test that nobody listens to: reach all of them, then listen, then have it asked again.
    client(&server).get::<IntegratorLogin>(&paths::integrator_login(400)).await.expect_err("a failure");
    let collected = Collected::default();
    let writer = collected.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    tracing::callsite::rebuild_interest_cache();

    let client = client(&server);
    let mut shown = format!("{client:?}");
    let query = Query::all().filter(Condition::eq("username", "customer-name"));
    for code in [400, 401, 403, 409, 500] {
        let at = paths::integrator_login(code);
        let read = client.get::<IntegratorLogin>(&at).await.expect_err("a failure");
        let write = client.patch(&at, &[PatchOp::replace("password", SENT)]).await.expect_err("a failure");
        for error in [read, write] {
            shown += &format!("{error} {error:?} {:?}", error.hints());
        }
    }
    shown += &client
        .list::<IntegratorLogin>(&paths::integrator_logins(), &query)
        .await
        .expect_err("no answer")
        .to_string();

    let traced = String::from_utf8_lossy(&collected.0.lock().expect("not poisoned")).into_owned();
    assert!(traced.contains("/system/integratorlogins/500") && traced.contains("id-77"), "{traced}");
    assert!(traced.contains("foreign host"), "{traced}");
    for text in [shown, traced] {
        for secret in [SECRET, SENT, "publicKey", "YWNtZStwdWJsaWNLZXk6", CLIENT_ID, "customer-name"] {
            // The client ID is no secret, but it stands in a header; only the connection itself may show it.
            let allowed = secret == CLIENT_ID && text.starts_with("Client {");
            assert!(allowed || !text.contains(secret), "{secret} in {text}");
        }
    }
}
