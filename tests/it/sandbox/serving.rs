//! How the sandbox serves: https, compression, latency, failures by chance.

use std::time::{Duration, Instant};

use psactl::sandbox::{Options, World};
use serde_json::{Value, json};

use super::{Psa, http, send};

/// A sandbox with an authority of its own, and a client that trusts nobody else.
async fn encrypted(folder: &tempfile::TempDir) -> Psa {
    let tls = Some(folder.path().join("tls"));
    let mut psa = Psa::start(Options { tls, companies: 60, ..Options::default() }).await;
    let authority = std::fs::read(psa.sandbox.ca_file().expect("a file")).expect("an authority");
    let authority = reqwest::Certificate::from_pem(&authority).expect("a certificate");
    http();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([authority]);
    psa.http = client.build().expect("a client");
    psa
}

#[tokio::test]
async fn https_with_an_authority_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let psa = encrypted(&folder).await;
    let url = psa.sandbox.url();
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    let info = send(psa.http.get(format!("{url}/login/companyinfo/sunshineit"))).await.ok();
    assert_eq!(Some(info["SiteUrl"].as_str().expect("text")), url.strip_prefix("https://"));
    let named = url.replace("127.0.0.1", "localhost");
    assert_eq!(send(psa.http.get(format!("{named}/login/companyinfo/nobody"))).await.ok(), Value::Null);
    let first = psa.get("/company/companies?pageSize=50").await;
    assert_eq!(first.ok().as_array().map(Vec::len), Some(50));
    let link = first.header("link").to_owned();
    assert!(link.starts_with(&format!("<{url}/v2025_8/apis/3.0/company/companies?")), "{link}");
    let untrusting = http().get(format!("{url}/login/companyinfo/sunshineit")).send().await;
    assert!(untrusting.is_err(), "an authority that nobody trusts");
    // It serves on after a handshake that failed, and after one that never comes.
    let authority = url.strip_prefix("https://").expect("https");
    let _silent = tokio::net::TcpStream::connect(authority).await.expect("a connection");
    assert_eq!(psa.get("/system/info").await.status, 200);
    psa.sandbox.stop().await;
}

#[tokio::test]
async fn faults_strike_encrypted_connections_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let psa = encrypted(&folder).await;
    for kind in ["reset", "applied-then-reset", "truncated", "truncated-chunked"] {
        let url = format!("{}/faults", psa.sandbox.control_url());
        send(psa.http.post(url).json(&json!({"kind": kind}))).await.ok();
        let answer = psa.ask("GET", "/system/info").send().await;
        let whole = match answer {
            Ok(answer) => answer.text().await,
            Err(why) => Err(why),
        };
        assert!(whole.is_err(), "{kind}: {whole:?}");
        assert_eq!(psa.get("/system/info").await.status, 200, "{kind}: only once");
    }
}

#[tokio::test]
async fn large_answers_are_compressed_when_asked() {
    let mut psa = Psa::start(Options { companies: 60, ..Options::default() }).await;
    let list = psa.get("/company/companies?pageSize=1000").await.ok();
    assert!(list.as_array().expect("a list").len() > 60, "a client that asks for it by itself");
    psa.http = reqwest::Client::builder().no_proxy().no_gzip().build().expect("a client");
    for (path, encoding, compressed) in [
        ("/company/companies", "gzip, deflate", true),
        ("/company/companies", "identity", false),
        ("/company/companies/count", "gzip", false),
    ] {
        let answer =
            psa.ask("GET", path).header("accept-encoding", encoding).send().await.expect("an answer");
        let header = answer.headers().get("content-encoding").map(|value| value.to_str().expect("text"));
        assert_eq!(header == Some("gzip"), compressed, "{path} {encoding}");
        let bytes = answer.bytes().await.expect("a body");
        assert_eq!(bytes.starts_with(&[0x1f, 0x8b]), compressed, "{path} {encoding}");
    }
}

#[tokio::test]
async fn answers_take_their_time() {
    let (latency, jitter) = (Duration::from_millis(60), Duration::from_millis(40));
    let psa = Psa::start(Options { latency, jitter, ..Options::default() }).await;
    let start = Instant::now();
    assert_eq!(psa.get("/system/info").await.status, 200);
    assert!(start.elapsed() >= latency);
}

#[tokio::test]
async fn failures_by_chance_do_nothing() {
    let options = Options { failure_rate: 0.5, world: World::Integrated, ..Options::default() };
    let psa = Psa::start(options).await;
    let mut written = 0;
    for name in 0..40 {
        let got = psa.post("/service/sources", json!({"name": format!("Source {name}")})).await;
        assert!([201, 500, 502, 503].contains(&got.status), "{got:?}");
        written += usize::from(got.status == 201);
    }
    assert!((1..40).contains(&written), "{written}");
    let log = psa.sandbox.requests();
    assert_eq!(log.iter().filter(|request| request.applied).count(), written);
    assert_eq!(log.iter().filter(|request| request.fault.is_some()).count(), 40 - written);
}
