//! Faults on request, and the control port.

use serde_json::{Value, json};

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
