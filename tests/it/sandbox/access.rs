//! Discovery, logins, rights, and the envelopes of what is refused.

use serde_json::{Value, json};

use super::{Psa, send};

#[tokio::test]
async fn company_info_needs_no_login() {
    let psa = Psa::bare().await;
    let url = format!("{}/login/companyinfo/", psa.sandbox.url());
    let info = send(psa.http.get(format!("{url}{}", psa.sandbox.company_id()))).await.ok();
    assert_eq!(info["Codebase"], "v2025_8/");
    assert_eq!(info["CompanyID"], psa.sandbox.company_id());
    let unknown = send(psa.http.get(format!("{url}nobody"))).await;
    assert_eq!((unknown.status, unknown.text.as_str()), (200, "null"));
}

#[tokio::test]
async fn both_codebases_and_no_other() {
    let psa = Psa::bare().await;
    let user = format!("{}+{}", psa.sandbox.company_id(), psa.sandbox.public_key());
    for (base, status) in [
        ("v2025_8/apis/3.0", 200),
        ("v4_6_release/apis/3.0", 200),
        ("V4_6_Release/APIS/3.0", 200),
        ("v2019_1/apis/3.0", 400),
        ("v4_6_release/apis/3.0/v4_6_release/apis/3.0", 400),
        ("elsewhere", 404),
    ] {
        let url = format!("{}/{base}/system/info", psa.sandbox.url());
        let request = psa.http.get(url).basic_auth(&user, Some(psa.sandbox.private_key()));
        let got = send(request.header("clientId", "x")).await;
        assert_eq!(got.status, status, "{base}");
        if status == 400 {
            assert_eq!(got.text, "Cannot route. Codebase/company is invalid");
            assert!(got.header("content-type").starts_with("text/plain"));
        }
    }
}

#[tokio::test]
async fn refusals_have_their_envelopes() {
    let psa = Psa::bare().await;
    let got = send(psa.plain("GET", "/system/info")).await;
    assert_eq!((got.status, &got.json()["code"]), (401, &json!("Unauthorized")));
    let got = psa.get("/service/tickets/999999").await;
    assert_eq!((got.status, &got.json()["code"]), (404, &json!("NotFound")));
    let got = psa.get("/finance/agreements/999999/additions").await;
    assert_eq!(got.status, 404);
    let got = psa.get("/service/tocket").await;
    assert_eq!(got.status, 404);
    assert!(got.text.contains("404 - File or directory not found."));
    assert!(got.header("content-type").starts_with("text/html"));
    for (method, path) in [
        ("DELETE", "/company/management/1"),
        ("PATCH", "/service/tickets"),
        ("POST", "/company/contacts"),
        ("PUT", "/service/tickets/search"),
        ("GET", "/service/tickets/search"),
    ] {
        let got = send(psa.ask(method, path).json(&json!({}))).await;
        assert_eq!((got.status, &got.json()["code"]), (405, &json!("MethodNotAllowed")), "{path}");
    }
    let got = send(psa.ask("POST", "/service/tickets").body("summary=x")).await;
    assert_eq!(got.status, 415);
    let body = psa.ask("POST", "/service/tickets").header("content-type", "application/json");
    let got = send(body.body("{\"summary\":")).await;
    assert_eq!((got.status, &got.json()["code"]), (400, &json!("InvalidObject")));
    let deep = "[".repeat(100_000);
    let body = psa.ask("POST", "/service/tickets").header("content-type", "application/json");
    assert_eq!(send(body.body(deep)).await.status, 400);
    let body = psa.ask("POST", "/service/tickets").header("content-type", "application/json");
    assert_eq!(send(body.body("[]")).await.status, 400);
}

#[tokio::test]
async fn every_answer_carries_the_servers_headers() {
    let options = psactl::sandbox::Options {
        now: Some("2015-08-14T12:00:00Z".parse().expect("a time")),
        ..Default::default()
    };
    let psa = Psa::start(options).await;
    let got = psa.get("/system/info").await;
    assert!(!got.header("x-cw-request-id").is_empty());
    assert_eq!(got.header("api-current-version"), "2025.8");
    assert!(got.header("date").starts_with("Fri, 14 Aug 2015 12:0"), "{}", got.header("date"));
}

#[tokio::test]
async fn api_member_keys() {
    let psa = Psa::bare().await;
    let company = psa.sandbox.company_id();
    let (public, private) = (psa.sandbox.public_key(), psa.sandbox.private_key());
    let try_with = async |user: String, password: &str, client: Option<&str>| {
        let mut request = psa.plain("GET", "/system/info").basic_auth(user, Some(password));
        if let Some(client) = client {
            request = request.header("clientId", client);
        }
        send(request).await.status
    };
    let user = || format!("{company}+{public}");
    assert_eq!(try_with(user(), &private, Some("x")).await, 200);
    assert_eq!(try_with(user(), &private, None).await, 401);
    assert_eq!(try_with(user(), "wrong", Some("x")).await, 401);
    assert_eq!(try_with(format!("{company}+nobody"), &private, Some("x")).await, 401);
    assert_eq!(try_with(format!("elsewhere+{public}"), &private, Some("x")).await, 400);
    psa.sandbox.set_private_key("another");
    assert_eq!(try_with(user(), &private, Some("x")).await, 401);
    assert_eq!(try_with(user(), "another", Some("x")).await, 200);
}

async fn as_integrator(psa: &Psa, user: &str, password: &str, method: &str, path: &str) -> u16 {
    let user = format!("{}+{user}", psa.sandbox.company_id());
    let request = psa.plain(method, path).basic_auth(user, Some(password));
    let request = request.header("clientId", "x").header("x-cw-usertype", "integrator");
    let request = match method {
        "GET" => request,
        _ => request.json(&json!({})),
    };
    send(request).await.status
}

#[tokio::test]
async fn integrator_logins_and_their_flags() {
    let psa = Psa::integrated().await;
    let (user, password) = (psa.sandbox.integrator_username(), psa.sandbox.integrator_password());
    for (path, status) in [
        ("/system/info", 200),
        ("/service/tickets", 200),
        ("/service/boards", 200),
        ("/company/managementItSolutions", 200),
        ("/company/managedDevicesIntegrations", 200),
        ("/company/companies/1/managementSummaryReports", 404),
        ("/company/companies", 403),
        ("/company/configurations", 403),
        ("/finance/agreements", 403),
        ("/procurement/catalog", 403),
        ("/system/integratorlogins", 403),
    ] {
        assert_eq!(as_integrator(&psa, user, password, "GET", path).await, status, "{path}");
    }
    assert_eq!(as_integrator(&psa, user, password, "POST", "/service/boards").await, 403);
    assert_eq!(as_integrator(&psa, user, "wrong", "GET", "/system/info").await, 401);
    // Without the header it is no integrator.
    let request = psa.plain("GET", "/system/info").header("clientId", "x");
    let request = request.basic_auth(format!("{}+{user}", psa.sandbox.company_id()), Some(password));
    assert_eq!(send(request).await.status, 401);

    let id = psa.id("/system/integratorlogins", "username=\"efolder-api\"").await;
    let path = format!("/system/integratorlogins/{id}");
    psa.replace(&path, "agreementApiFlag", json!(true)).await.ok();
    assert_eq!(as_integrator(&psa, user, password, "GET", "/finance/agreements").await, 200);
    let login = psa.replace(&path, "inactiveFlag", json!(true)).await.ok();
    assert_eq!(login["inactivatedBy"]["identifier"], "psactl");
    assert_eq!(as_integrator(&psa, user, password, "GET", "/system/info").await, 401);
}

#[tokio::test]
async fn passwords_are_never_returned() {
    let psa = Psa::bare().await;
    let login = json!({"username": "other", "password": "secret-word", "companyApiFlag": true});
    let made = psa.post("/system/integratorlogins", login).await;
    assert_eq!(made.status, 201);
    assert!(!made.text.contains("secret-word"));
    assert!(made.json().get("password").is_none());
    let bad = psa.query("/system/integratorlogins", &[("conditions", "password=\"secret-word\"")]).await;
    assert_eq!(bad.status, 400);
    // A replaced record keeps the password that it cannot show.
    let path = format!("/system/integratorlogins/{}", made.json()["id"]);
    let mut record = made.json();
    record["contactApiFlag"] = json!(true);
    psa.put(&path, record).await.ok();
    assert_eq!(as_integrator(&psa, "other", "secret-word", "GET", "/company/contacts").await, 200);
}

#[tokio::test]
async fn the_second_member_signs_what_it_writes() {
    let psa = Psa::bare().await;
    let made = psa.post("/service/sources", json!({"name": "Backup"})).await.ok();
    assert_eq!(made["_info"]["enteredBy"], "psactl");
    assert_eq!(made["_info"]["updatedBy"], "psactl");
    psa.sandbox.set_now("2030-05-06T07:08:09Z".parse().expect("a time"));
    let path = format!("/service/sources/{}", made["id"]);
    let change = json!([{"op": "replace", "path": "name", "value": "Backups"}]);
    let changed = send(psa.ask_second("PATCH", &path).json(&change)).await.ok();
    assert_eq!(changed["_info"]["enteredBy"], "psactl");
    assert_eq!(changed["_info"]["updatedBy"], "admin2");
    let updated: &Value = &changed["_info"]["lastUpdated"];
    assert!(updated.as_str().expect("text").starts_with("2030-05-06T07:08:"));
}
