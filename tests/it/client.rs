//! The client over the wire: what it sends, and what it makes of good answers.

use std::time::Duration;

use psactl::psa::*;
use psactl::sandbox::Sandbox;
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Match, Mock, MockServer, Request, ResponseTemplate};

pub const SECRET: &str = "pr1vate-Key!";
pub const CLIENT_ID: &str = "6f1b9c1e-0000-4000-8000-00805f9b34fb";
pub const ROOT: &str = "/v2025_8/apis/3.0";

pub fn connection(site: &str) -> Connection {
    Connection {
        site: site.to_owned(),
        company_id: "acme".to_owned(),
        client_id: CLIENT_ID.to_owned(),
        login: Login::ApiMember { public_key: "publicKey".to_owned(), private_key: SECRET.into() },
        max_concurrency: 8,
        max_requests_per_minute: 0,
        ca_file: None,
    }
}

/// The usual decisions with waits too short to notice.
pub fn quick() -> RetryPolicy {
    RetryPolicy {
        base: Duration::from_millis(1),
        cap: Duration::from_millis(4),
        attempt_timeout: Duration::from_millis(2_000),
        ..RetryPolicy::default()
    }
}

pub fn client(server: &MockServer) -> Client {
    Client::with_policy(connection(&server.uri()), quick()).expect("a client")
}

/// The client of a sandbox.
pub fn psa_of(sandbox: &Sandbox) -> Client {
    psa_with(sandbox, quick())
}

/// The client of a sandbox, with its own patience.
pub fn psa_with(sandbox: &Sandbox, policy: RetryPolicy) -> Client {
    let connection = Connection {
        site: sandbox.url(),
        company_id: sandbox.company_id().to_owned(),
        client_id: sandbox.client_id().to_owned(),
        login: Login::ApiMember {
            public_key: sandbox.public_key(),
            private_key: sandbox.private_key().into(),
        },
        max_concurrency: 4,
        max_requests_per_minute: 0,
        ca_file: None,
    };
    Client::with_policy(connection, policy).expect("a client")
}

/// A server that knows the company.
pub async fn server() -> MockServer {
    let server = MockServer::start().await;
    look_up(json!({"CompanyName": "Acme", "Codebase": "v2025_8/", "VersionNumber": "v2025.8.1", "IsCloud": "True"}))
        .mount(&server)
        .await;
    server
}

pub fn look_up(answer: Value) -> Mock {
    let ok = ResponseTemplate::new(200).set_body_json(answer);
    Mock::given(method("GET")).and(path("/login/companyinfo/acme")).respond_with(ok).named("company look-up")
}

pub fn at(below: &str) -> impl Match + 'static {
    path(format!("{ROOT}{below}"))
}

/// The requests that came for the API itself.
pub async fn api_requests(server: &MockServer) -> Vec<Request> {
    let all = server.received_requests().await.expect("requests are recorded");
    all.into_iter().filter(|request| !request.url.path().starts_with("/login/")).collect()
}

fn sent_header(request: &Request, name: &str) -> Option<String> {
    Some(request.headers.get(name)?.to_str().expect("text").to_owned())
}

#[tokio::test]
async fn an_api_member_signs_in_with_its_keys() {
    let server = server().await;
    let info = json!({"version": "v2025.8.1", "isCloud": true, "licenseBits": [{"name": "MSP", "activeFlag": true}]});
    Mock::given(at("/system/info"))
        .respond_with(ResponseTemplate::new(200).set_body_json(info))
        .mount(&server)
        .await;
    let client = client(&server);
    assert_eq!(client.requests_sent(), 0);
    let info = client.info().await.expect("the system's description");
    assert_eq!((info.version.as_deref(), info.licence_covers("msp")), (Some("v2025.8.1"), Some(true)));

    let sent = &api_requests(&server).await[0];
    // acme+publicKey:pr1vate-Key!
    assert_eq!(
        sent_header(sent, "authorization").as_deref(),
        Some("Basic YWNtZStwdWJsaWNLZXk6cHIxdmF0ZS1LZXkh")
    );
    assert_eq!(sent_header(sent, "clientid").as_deref(), Some(CLIENT_ID));
    assert_eq!(
        sent_header(sent, "accept").as_deref(),
        Some("application/vnd.connectwise.com+json; version=2025.8")
    );
    assert_eq!(sent_header(sent, "x-cw-usertype"), None);
    assert_eq!(client.requests_sent(), 2);
    assert!(client.clock_skew(jiff::Timestamp::now()).is_some_and(|skew| skew.abs().as_secs() < 60));
}

#[tokio::test]
async fn an_integrator_login_says_what_it_is() {
    let server = server().await;
    Mock::given(at("/system/info"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .mount(&server)
        .await;
    let mut connection = connection(&server.uri());
    connection.login = Login::Integrator { username: "efolder-api".to_owned(), password: SECRET.into() };
    Client::new(connection).expect("a client").info().await.expect("the system's description");
    let sent = &api_requests(&server).await[0];
    // acme+efolder-api:pr1vate-Key!
    assert_eq!(
        sent_header(sent, "authorization").as_deref(),
        Some("Basic YWNtZStlZm9sZGVyLWFwaTpwcjF2YXRlLUtleSE=")
    );
    assert_eq!(sent_header(sent, "x-cw-usertype").as_deref(), Some("integrator"));
    assert_eq!(sent_header(sent, "clientid").as_deref(), Some(CLIENT_ID));
}

#[tokio::test]
async fn the_company_is_looked_up_once_and_without_the_login() {
    let server = server().await;
    Mock::given(at("/service/boards"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!([])))
        .mount(&server)
        .await;
    let client = client(&server);
    let reads = (0..20).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.list::<Board>(&paths::boards(), &Query::all()).await })
    });
    for read in reads.collect::<Vec<_>>() {
        assert_eq!(read.await.expect("no panic").expect("an empty list"), []);
    }
    assert_eq!(client.company_info().await.expect("the company").company_name.as_deref(), Some("Acme"));
    let all = server.received_requests().await.expect("requests are recorded");
    let look_ups: Vec<_> = all.iter().filter(|request| request.url.path().starts_with("/login/")).collect();
    assert_eq!((look_ups.len(), all.len(), client.requests_sent()), (1, 21, 21));
    assert_eq!(sent_header(look_ups[0], "authorization"), None);
    assert_eq!(sent_header(look_ups[0], "clientid"), None);
}

#[tokio::test]
async fn a_release_older_than_the_pinned_one_is_asked_for_its_own_shapes() {
    let server = MockServer::start().await;
    look_up(json!({"Codebase": "v2025_8/", "VersionNumber": "v2019.5.123"})).mount(&server).await;
    Mock::given(at("/system/info"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .mount(&server)
        .await;
    client(&server).info().await.expect("the system's description");
    assert_eq!(sent_header(&api_requests(&server).await[0], "accept").as_deref(), Some("application/json"));
}

#[tokio::test]
async fn a_query_arrives_as_it_was_meant() {
    let server = server().await;
    Mock::given(at("/finance/agreements/7/additions"))
        .and(query_param("conditions", r#"serialNumber="EFS-342 & \"100%\" 'x'" and cancelledDate=null"#))
        .and(query_param("childConditions", "type/id=3"))
        .and(query_param("orderBy", "id desc"))
        .and(query_param("fields", "id,quantity"))
        .and(query_param("pageSize", "1"))
        .respond_with(ResponseTemplate::new(200).set_body_string(r#"[{"id":9,"quantity":12.50}]"#))
        .expect(1)
        .mount(&server)
        .await;
    let serial = Condition::eq("serialNumber", r#"EFS-342 & "100%" 'x'"#);
    let query = Query::all()
        .filter(serial.and(Condition::is_null("cancelledDate")))
        .child_filter(Condition::eq("type/id", 3))
        .order_by("id desc")
        .fields("id,quantity");
    let found: Option<Addition> =
        client(&server).first(&paths::additions(7), &query).await.expect("an answer");
    let quantity = found.and_then(|addition| addition.quantity).map(|quantity| quantity.to_string());
    assert_eq!(quantity.as_deref(), Some("12.50"));
}

#[tokio::test]
async fn counts_and_absent_records() {
    let server = server().await;
    let counted = ResponseTemplate::new(200).set_body_json(json!({"count": 41}));
    Mock::given(at("/procurement/subcategories/count")).respond_with(counted).mount(&server).await;
    let gone =
        ResponseTemplate::new(404).set_body_json(json!({"code": "NotFound", "message": "no such thing"}));
    Mock::given(at("/company/companies/5")).respond_with(gone).mount(&server).await;
    Mock::given(at("/company/companies/6")).respond_with(ResponseTemplate::new(404)).mount(&server).await;
    let client = client(&server);
    assert_eq!(client.count(&paths::subcategories(), &Query::all()).await.ok(), Some(41));
    assert_eq!(client.find::<Company>(&paths::company(5)).await.expect("no company"), None);
    assert_eq!(client.find::<Company>(&paths::company(6)).await.expect("no company"), None);
    assert_eq!(
        client.get::<Company>(&paths::company(5)).await.expect_err("no company").kind(),
        Kind::NotFound
    );
}

#[tokio::test]
async fn writes_carry_json_and_bring_the_record() {
    let server = server().await;
    let record = json!({"id": 9, "quantity": 5.0});
    for (verb, below, status) in [
        ("POST", "/finance/agreements/7/additions", 201),
        ("POST", "/company/managedDevicesIntegrations/1/crossReferences", 200),
        ("PATCH", "/finance/agreements/7/additions/9", 200),
        ("PUT", "/finance/agreements/7/additions/9", 200),
    ] {
        let done = ResponseTemplate::new(status).set_body_json(&record);
        let json = header("content-type", "application/json");
        Mock::given(method(verb)).and(at(below)).and(json).respond_with(done).expect(1).mount(&server).await;
    }
    Mock::given(method("DELETE"))
        .and(at("/finance/agreements/7/additions/9"))
        .respond_with(ResponseTemplate::new(204))
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .and(at("/company/managedDevicesIntegrations/1/crossReferences/2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(&record))
        .mount(&server)
        .await;

    let client = client(&server);
    let body = json!({"product": {"id": 5}, "quantity": number("12.50".parse().expect("a decimal"))});
    let operations = [PatchOp::replace("quantity", number("5.00".parse().expect("a decimal")))];
    assert_eq!(client.create(&paths::additions(7), &body).await.expect("created"), record);
    client.create(&paths::cross_references(1), &json!({})).await.expect("created, with 200");
    let answered = client.patch(&paths::addition(7, 9), &operations).await.expect("changed");
    assert_eq!(differences_in_operations(&operations, &answered), []);
    client.replace(&paths::addition(7, 9), &body).await.expect("replaced");
    client.delete(&paths::addition(7, 9)).await.expect("deleted");
    client.delete(&paths::cross_reference(1, 2)).await.expect("deleted, with 200");

    let bodies: Vec<String> = api_requests(&server)
        .await
        .iter()
        .map(|request| String::from_utf8_lossy(&request.body).into_owned())
        .collect();
    assert_eq!(bodies[0], r#"{"product":{"id":5},"quantity":12.50}"#);
    assert_eq!(bodies[2], r#"[{"op":"replace","path":"quantity","value":5.00}]"#);
    assert_eq!(bodies[4], "");
}
