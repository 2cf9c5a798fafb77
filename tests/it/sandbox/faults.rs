//! Faults on request, and the control port.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Psa, send};

async fn control(psa: &Psa, method: &str, path: &str, body: Option<Value>) -> Value {
    let method = method.parse().expect("a method");
    let mut request = psa.http.request(method, format!("{}{path}", psa.sandbox.control_url()));
    if let Some(body) = body {
        request = request.json(&body);
    }
    send(request).await.ok()
}

#[tokio::test]
async fn a_status_instead_of_the_deed() {
    let psa = Psa::bare().await;
    let fault =
        json!({"method": "POST", "path": "/service/sources", "kind": "status-429", "nth": 2, "times": 2});
    control(&psa, "POST", "/faults", Some(fault)).await;
    let mut seen = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let got = psa.post("/service/sources", json!({"name": name})).await;
        if got.status == 429 {
            assert_eq!(got.json()["error"], "ConnectWiseAPI");
            assert!(got.json().get("code").is_none());
            assert!(!got.header("retry-after").is_empty());
        }
        seen.push(got.status);
    }
    assert_eq!(seen, [201, 429, 429, 201]);
}

#[tokio::test]
async fn resets_with_and_without_the_deed() {
    let psa = Psa::bare().await;
    for (name, kind, done) in [("a", "reset", 0), ("b", "applied-then-reset", 1)] {
        control(&psa, "POST", "/faults", Some(json!({"kind": kind, "path": "/service/sources"}))).await;
        let request = psa.ask("POST", "/service/sources").json(&json!({"name": name}));
        assert!(request.send().await.is_err(), "{kind}");
        let conditions = format!("name=\"{name}\"");
        let count = psa.query("/service/sources/count", &[("conditions", &conditions)]).await.ok();
        assert_eq!(count["count"], done, "{kind}");
    }
    control(&psa, "POST", "/faults", Some(json!({"kind": "applied-then-500", "path": "/service/sources"})))
        .await;
    assert_eq!(psa.post("/service/sources", json!({"name": "c"})).await.status, 500);
    psa.id("/service/sources", "name=\"c\"").await;
    control(&psa, "POST", "/faults", Some(json!({"kind": "status-503", "times": 99}))).await;
    assert_eq!(psa.get("/system/info").await.status, 503);
    control(&psa, "DELETE", "/faults", None).await;
    assert_eq!(psa.get("/system/info").await.status, 200);
}

#[tokio::test]
async fn the_log_counts_by_template() {
    let psa = Psa::bare().await;
    psa.get("/service/boards/1").await.ok();
    psa.get("/service/boards/2?fields=id").await.ok();
    psa.get("/no/such/path").await;
    let log = control(&psa, "GET", "/requests", None).await;
    assert_eq!(log["total"], 3);
    let boards =
        log["counts"].as_array().expect("counts").iter().find(|c| c["template"] == "/service/boards/{id}");
    assert_eq!(boards.expect("a count")["count"], 2);
    assert_eq!(log["requests"][1]["query"], "fields=id");
    let logged = psa.sandbox.requests();
    assert_eq!((logged[2].status, logged[2].template.as_str()), (404, ""));
    control(&psa, "DELETE", "/requests", None).await;
    assert!(psa.sandbox.requests().is_empty());
}

#[tokio::test]
async fn key_and_clock_from_outside() {
    let psa = Psa::bare().await;
    control(&psa, "POST", "/private-key", Some(json!({"privateKey": "new"}))).await;
    assert_eq!(psa.sandbox.private_key(), "new");
    assert_eq!(psa.get("/system/info").await.status, 200);
    control(&psa, "POST", "/time", Some(json!({"now": "2020-01-01T00:00:00Z"}))).await;
    let now = control(&psa, "POST", "/time", Some(json!({"advance": "24h"}))).await;
    assert!(now["now"].as_str().expect("text").starts_with("2020-01-02T00:00:0"));
    let url = format!("{}/faults", psa.sandbox.control_url());
    let bad = send(psa.http.post(url).json(&json!({"kind": "explode"}))).await;
    assert_eq!(bad.status, 400);
}

#[tokio::test]
async fn too_many_requests() {
    let options = psactl::sandbox::Options { max_requests_per_minute: 2, ..Default::default() };
    let psa = Psa::start(options).await;
    assert_eq!(psa.get("/system/info").await.status, 200);
    assert_eq!(psa.get("/system/info").await.status, 200);
    let got = psa.get("/system/info").await;
    assert_eq!(got.status, 429);
    assert!(got.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds <= 60));
}

/// Orders faults, through the control port.
async fn order(psa: &Psa, fault: Value) {
    control(psa, "POST", "/faults", Some(fault)).await;
}

#[tokio::test]
async fn answers_that_are_no_answers() {
    let psa = Psa::bare().await;
    let before = psa.get("/service/sources/count").await.ok();
    // kind, status, content type, what the body starts with
    for (kind, status, content_type, start) in [
        (
            "html-502",
            502,
            "text/html; charset=utf-8",
            "<!DOCTYPE html>\r\n<html><head><title>502 Bad Gateway",
        ),
        ("html-200", 200, "text/html; charset=utf-8", "<!DOCTYPE html>\r\n<html><head><title>Sign in"),
        ("status-401", 401, "application/json; charset=utf-8", r#"{"code":"Unauthorized""#),
        ("empty", 200, "application/vnd.connectwise.com+json; version=2025.8; charset=utf-8", ""),
        ("garbled", 200, "application/vnd.connectwise.com+json; version=2025.8; charset=utf-8", "{"),
    ] {
        for method in ["GET", "POST"] {
            order(&psa, json!({"kind": kind})).await;
            let path = if method == "GET" { "/system/info" } else { "/service/sources" };
            let got = send(psa.ask(method, path).json(&json!({"name": kind}))).await;
            assert_eq!((got.status, got.header("content-type")), (status, content_type), "{kind}");
            assert!(got.text.starts_with(start) && (got.text.is_empty() == start.is_empty()), "{got:?}");
            if !got.text.starts_with(r#"{"code"#) {
                assert!(serde_json::from_str::<Value>(&got.text).is_err(), "{got:?}");
            }
        }
    }
    let log = psa.sandbox.requests();
    assert!(log.iter().skip(1).all(|request| !request.applied && request.fault.is_some()), "{log:?}");
    assert_eq!(psa.get("/service/sources/count").await.ok(), before);
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_deed() {
    let psa = Psa::bare().await;
    let kinds =
        ["status-500", "html-502", "empty", "garbled", "truncated", "truncated-chunked", "dripping", "hang"];
    for (at, kind) in kinds.iter().enumerate() {
        for (prefix, done) in [("", 0), ("applied-then-", 1)] {
            let kind = format!("{prefix}{kind}");
            order(&psa, json!({"kind": kind, "method": "POST"})).await;
            let name = format!("Source {at}");
            let patience = if kind.ends_with("dripping") || kind.ends_with("hang") { 1 } else { 30 };
            let request = psa.ask("POST", "/service/sources").timeout(Duration::from_secs(patience));
            // Whether it fails at the head, in the body or in the JSON, nothing is to be made of it.
            if let Ok(answer) = request.json(&json!({"name": name})).send().await
                && answer.status().is_success()
            {
                assert!(answer.json::<Value>().await.is_err(), "{kind}");
            }
            let count =
                psa.query("/service/sources/count", &[("conditions", &format!("name=\"{name}\""))]).await;
            assert_eq!(count.ok()["count"], done, "{kind}");
            let logged = psa.sandbox.requests();
            let logged = &logged[logged.len() - 2];
            assert_eq!((logged.fault.as_deref(), logged.applied), (Some(kind.as_str()), done == 1));
            assert_eq!(logged.status == 0, kind.ends_with("hang"), "{kind}");
        }
    }
    let log = control(&psa, "GET", "/requests", None).await;
    assert_eq!(log["applied"], kinds.len());
    let posts =
        json!({"method": "POST", "template": "/service/sources", "count": 16, "applied": 8, "faults": 16});
    assert!(log["counts"].as_array().expect("counts").contains(&posts), "{log}");
}

#[tokio::test]
async fn a_status_comes_in_its_own_envelope() {
    let psa = Psa::bare().await;
    let json = "application/json; charset=utf-8";
    for (status, code) in [
        (400, "InvalidObject"),
        (401, "Unauthorized"),
        (403, "Security"),
        (404, "NotFound"),
        (405, "MethodNotAllowed"),
        (409, "ObjectInUse"),
        (413, "RequestTooLarge"),
        (415, "UnsupportedMediaType"),
        (422, "UnprocessableEntity"),
        (500, "InternalError"),
    ] {
        order(&psa, json!({"kind": format!("status-{status}")})).await;
        let got = psa.post("/service/sources", json!({"name": "x"})).await;
        assert_eq!((got.status, got.header("content-type")), (status, json), "{got:?}");
        assert_eq!(got.json()["code"], code);
        assert_eq!(got.json()["errors"].is_array(), status == 400, "{got:?}");
    }
    order(&psa, json!({"kind": "status-502"})).await;
    assert!(psa.get("/system/info").await.text.contains("<h1>Bad Gateway</h1>"));
    // Or in the one that is ordered.
    let security = r#"{"code":"Security","message":"SSL is required.","errors":null}"#;
    for (kind, body, asked, content_type) in [
        ("status-403", security, None, json),
        ("status-500", "The wait operation timed out: timeout", None, "text/plain; charset=utf-8"),
        ("applied-then-500", "timeout", Some("text/html"), "text/html"),
        ("html-504", "<h1>Timeout</h1>", None, "text/html; charset=utf-8"),
        ("status-400", "", None, "text/plain; charset=utf-8"),
    ] {
        let mut fault = json!({"kind": kind, "body": body});
        if let Some(asked) = asked {
            fault["contentType"] = asked.into();
        }
        order(&psa, fault).await;
        let got = psa.get("/system/info").await;
        assert_eq!((got.text.as_str(), got.header("content-type")), (body, content_type), "{kind}");
    }
}

#[tokio::test]
async fn an_answer_before_the_deed() {
    let psa = Psa::bare().await;
    for (at, kind) in ["502", "status-502", "html-502", "reset"].iter().enumerate() {
        let kind = format!("later-then-{kind}");
        order(&psa, json!({"kind": kind, "method": "POST", "after": 300})).await;
        let name = format!("Source {at}");
        let start = std::time::Instant::now();
        match psa.ask("POST", "/service/sources").json(&json!({"name": name})).send().await {
            Ok(answer) => assert_eq!(answer.status().as_u16(), 502, "{kind}"),
            Err(_) => assert_eq!(kind, "later-then-reset"),
        }
        let conditions = format!("name=\"{name}\"");
        let made = async || {
            psa.query("/service/sources/count", &[("conditions", &conditions)]).await.ok()["count"].clone()
        };
        // What was asked is done when the answer is long there, and the log says so from then on.
        let early = made().await;
        assert!(start.elapsed() > Duration::from_millis(250) || early == 0, "{kind}");
        while made().await == 0 {
            assert!(start.elapsed() < Duration::from_secs(20), "{kind}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(start.elapsed() >= Duration::from_millis(300), "{kind}");
        while !psa.sandbox.requests().iter().any(|r| r.fault.as_ref() == Some(&kind) && r.applied) {
            assert!(start.elapsed() < Duration::from_secs(20), "{kind}");
            tokio::task::yield_now().await;
        }
    }
    let log = control(&psa, "GET", "/requests", None).await;
    assert_eq!(log["applied"], 4);
    let posts =
        json!({"method": "POST", "template": "/service/sources", "count": 4, "applied": 4, "faults": 4});
    assert!(log["counts"].as_array().expect("counts").contains(&posts), "{log}");
    // A deed that is refused when its time comes is none; and reads have none.
    order(&psa, json!({"kind": "later-then-503", "after": 1, "times": 2})).await;
    assert_eq!(psa.post("/service/sources", json!({"name": "Source 0"})).await.status, 503);
    assert_eq!(psa.get("/service/sources").await.status, 503);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let log = control(&psa, "GET", "/requests", None).await;
    assert_eq!(log["applied"], 4);
    let url = format!("{}/faults", psa.sandbox.control_url());
    assert_eq!(send(psa.http.post(url).json(&json!({"kind": "hang", "after": 1}))).await.status, 400);
}

/// What stands on the wire until the connection closes or `enough` stands there.
async fn raw(psa: &Psa, kind: &str, enough: &str) -> String {
    order(psa, json!({"kind": kind})).await;
    let authority = psa.sandbox.url().replace("http://", "");
    let mut stream = TcpStream::connect(&authority).await.expect("a connection");
    let request = format!("GET /login/companyinfo/sunshineit HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut seen = Vec::new();
    while let Ok(1..) = stream.read_buf(&mut seen).await {
        if String::from_utf8_lossy(&seen).contains(enough) {
            break;
        }
    }
    String::from_utf8(seen).expect("text")
}

#[tokio::test]
async fn bodies_that_break_off_or_never_end() {
    let psa = Psa::bare().await;
    let whole = send(psa.http.get(format!("{}/login/companyinfo/sunshineit", psa.sandbox.url()))).await.text;
    let (half, rest) = whole.split_at(whole.len() / 2);
    let seen = raw(&psa, "truncated", &whole).await;
    assert!(seen.contains(&format!("content-length: {}\r\n", whole.len())), "{seen}");
    assert!(seen.ends_with(&format!("\r\n\r\n{half}")), "{seen}");
    let seen = raw(&psa, "truncated-chunked", &whole).await;
    assert!(seen.contains("transfer-encoding: chunked\r\n") && seen.contains(half), "{seen}");
    assert!(!seen.contains(rest) && !seen.ends_with("0\r\n\r\n"), "no last chunk: {seen}");
    let drops = "\r\n1\r\n{\r\n1\r\n\"\r\n";
    assert!(raw(&psa, "dripping", drops).await.contains(drops));
    // Neither keeps a sandbox from stopping.
    let url = psa.api("/system/info");
    order(&psa, json!({"kind": "hang"})).await;
    let waiting = tokio::spawn(psa.http.get(url).send());
    while psa.sandbox.requests().last().is_none_or(|request| request.template != "/system/info") {
        tokio::task::yield_now().await;
    }
    let start = std::time::Instant::now();
    psa.sandbox.stop().await;
    assert!(start.elapsed() < Duration::from_secs(2), "no deadline was needed: {:?}", start.elapsed());
    assert!(waiting.await.expect("a task").is_err());
}

#[tokio::test]
async fn redirects_and_when_to_come_again() {
    let psa = Psa::bare().await;
    let elsewhere = Psa::bare().await;
    let to = elsewhere.api("/service/boards");
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let client = client.build().expect("a client");
    for (kind, status) in [("redirect", 302), ("redirect-307", 307)] {
        order(&psa, json!({"kind": kind, "location": to})).await;
        let got = send(client.get(psa.api("/system/info"))).await;
        assert_eq!((got.status, got.header("location")), (status, to.as_str()));
    }
    for (kind, status) in [("status-429", 429), ("status-503", 503), ("html-503", 503)] {
        order(&psa, json!({"kind": kind, "retryAfter": 17})).await;
        let got = psa.get("/system/info").await;
        assert_eq!((got.status, got.header("retry-after")), (status, "17"), "{kind}");
        assert_eq!(got.text.contains("try again in 17 seconds"), kind == "status-429", "{kind}");
    }
    for wrong in
        [json!({"kind": "redirect"}), json!({"kind": "reset", "retryAfter": 1}), json!({"kind": "html-600"})]
    {
        let url = format!("{}/faults", psa.sandbox.control_url());
        assert_eq!(send(psa.http.post(url).json(&wrong)).await.status, 400, "{wrong}");
    }
}
