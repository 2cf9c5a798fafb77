//! The client over the wire: refusals, troubles and oddities.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use psactl::psa::*;
use serde_json::json;
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::client::{SECRET, api_requests, at, client, connection, quick, server};

/// Answers with each template in turn, then with the last one for ever.
struct InTurn(Vec<ResponseTemplate>, AtomicUsize);

impl InTurn {
    fn of(templates: impl IntoIterator<Item = ResponseTemplate>) -> InTurn {
        InTurn(templates.into_iter().collect(), AtomicUsize::new(0))
    }
}

impl Respond for InTurn {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let turn = self.1.fetch_add(1, Ordering::SeqCst).min(self.0.len() - 1);
        self.0[turn].clone()
    }
}

fn status(code: u16) -> ResponseTemplate {
    ResponseTemplate::new(code)
}

fn good() -> ResponseTemplate {
    status(200).set_body_json(json!({"id": 1, "name": "x", "version": "v2025.8"}))
}

const HTML: &str =
    "<!DOCTYPE html><html><head><title>404 - File or directory not found.</title></head></html>";

fn said_ssl(code: u16) -> ResponseTemplate {
    status(code).set_body_json(json!({"code": "Security", "message": "SSL is required.", "errors": null}))
}

/// Mounts the answer for every request to the API, and tries a read and a write of an addition.
async fn both_ways(answer: impl Respond + Clone + 'static) -> (Error, Error, usize, usize) {
    let mut outcomes = Vec::new();
    for write in [false, true] {
        let server = server().await;
        Mock::given(path("/v2025_8/apis/3.0/finance/agreements/7/additions/9"))
            .respond_with(answer.clone())
            .mount(&server)
            .await;
        let client = client(&server);
        let error = if write {
            client.patch(&paths::addition(7, 9), &[PatchOp::replace("quantity", 5)]).await.map(drop)
        } else {
            client.get::<Addition>(&paths::addition(7, 9)).await.map(drop)
        };
        outcomes.push((error.expect_err("a failure"), api_requests(&server).await.len()));
    }
    let (write, writes) = outcomes.pop().expect("a write");
    let (read, reads) = outcomes.pop().expect("a read");
    (read, write, reads, writes)
}

#[tokio::test]
async fn each_status_is_told_apart_and_only_troubles_of_reads_are_tried_again() {
    use Kind::*;
    let said =
        |code: u16| status(code).set_body_json(json!({"code": "Some", "message": "words", "errors": null}));
    // answer, kind for a read, kind for a write, requests of a read, of a write
    let table = [
        (said(400), Invalid, Invalid, 1, 1),
        (said(401), Refused, Refused, 1, 1),
        (said(403), Forbidden, Forbidden, 1, 1),
        (said(404), NotFound, NotFound, 1, 1),
        (said(405), Invalid, Invalid, 1, 1),
        (said(408), TimedOut, OutcomeUnknown, 4, 1),
        (said(409), Conflict, Conflict, 1, 1),
        (said(415), Invalid, Invalid, 1, 1),
        (said(429), RateLimited, RateLimited, 4, 4),
        (said(500), Server, OutcomeUnknown, 4, 1),
        (said(502), Server, OutcomeUnknown, 4, 1),
        (said(503), Server, OutcomeUnknown, 4, 1),
        (status(500), Server, OutcomeUnknown, 4, 1),
        (status(503).set_body_string(HTML), Server, OutcomeUnknown, 4, 1),
        (status(404).set_body_string(HTML), NotConnectWise, NotConnectWise, 1, 1),
        (
            status(400).set_body_string("Cannot route. Codebase/company is invalid"),
            NotConnectWise,
            NotConnectWise,
            1,
            1,
        ),
        (status(200).set_body_string(HTML), NotConnectWise, OutcomeUnknown, 1, 1),
        (status(200), NotConnectWise, OutcomeUnknown, 1, 1),
        (status(200).set_body_string("{\"id\": 9, \"quan"), NotConnectWise, OutcomeUnknown, 1, 1),
        (
            status(302).insert_header("location", "https://evil.example/x?y=z"),
            Redirected,
            OutcomeUnknown,
            1,
            1,
        ),
        (status(307).insert_header("location", "https://evil.example/x?y=z"), Redirected, Redirected, 1, 1),
        // A part done, or taken and not yet done, is not done.
        (status(207).set_body_json(json!([{"statusCode": 400}])), NotConnectWise, OutcomeUnknown, 1, 1),
        (status(207).set_body_json(json!({"id": 9})), NotConnectWise, OutcomeUnknown, 1, 1),
        (status(202).set_body_json(json!({"id": 9})), NotConnectWise, OutcomeUnknown, 1, 1),
        (status(403).set_body_string(HTML), Forbidden, Forbidden, 1, 1),
        (status(500).set_body_string("Execution Timeout Expired"), Server, OutcomeUnknown, 4, 1),
        // Sent in the open, or to the wrong host: with which status is not known.
        (said_ssl(200), NotConnectWise, NotConnectWise, 1, 1),
        (said_ssl(403), NotConnectWise, NotConnectWise, 1, 1),
        (said_ssl(500), NotConnectWise, NotConnectWise, 4, 1),
    ];
    for (answer, read_kind, write_kind, read_count, write_count) in table {
        let (read, write, reads, writes) = both_ways(answer).await;
        assert_eq!((read.kind(), write.kind()), (read_kind, write_kind), "{read}; {write}");
        assert_eq!((reads, writes), (read_count, write_count), "{read}; {write}");
        for error in [read, write] {
            assert!(!error.hints().is_empty(), "{error}");
            assert!(error.to_string().contains("/finance/agreements/7/additions/9"), "{error}");
            assert!(!error.to_string().contains('\n'));
            assert_eq!(error.outcome_unknown(), error.kind() == OutcomeUnknown);
        }
    }
}

#[tokio::test]
async fn a_refused_value_is_named_field_by_field() {
    let server = server().await;
    let refusal = json!({"code": "InvalidObject", "message": "addition object is invalid", "errors": [
        {"code": "InvalidField", "message": "The field is\r\ntoo long.", "resource": "addition", "field": "serialNumber"},
        {"code": "MissingRequiredField", "message": "The product field is required.", "resource": "addition", "field": "product"}]});
    let answer = status(400).set_body_json(refusal).insert_header("x-cw-request-id", "abc-123");
    Mock::given(method("POST"))
        .and(at("/finance/agreements/7/additions"))
        .respond_with(answer)
        .mount(&server)
        .await;
    let error = client(&server).create(&paths::additions(7), &json!({})).await.expect_err("a refusal");
    assert_eq!(
        error.to_string(),
        "creating an agreement addition on /finance/agreements/7/additions: ConnectWise refused the value: \
         serialNumber: The field is too long.; product: The product field is required."
    );
    assert_eq!(error.request_id(), Some("abc-123"));
    let reply = error.reply().expect("the server's words");
    assert_eq!(
        (reply.code.as_deref(), reply.errors[1].field.as_deref()),
        (Some("InvalidObject"), Some("product"))
    );
}

#[tokio::test]
async fn a_refused_login_tells_the_causes_that_fit_first() {
    let server = server().await;
    let refusal =
        status(401).set_body_json(json!({"code": "Unauthorized", "message": format!("{SECRET} is wrong")}));
    Mock::given(any()).and(at("/system/info")).respond_with(refusal).mount(&server).await;
    let mut connection = connection(&server.uri());
    connection.login = Login::Integrator { username: "efolder api".to_owned(), password: SECRET.into() };
    connection.client_id = String::new();
    let error =
        Client::with_policy(connection, quick()).expect("a client").info().await.expect_err("a refusal");
    assert!(error.is_refused_login() && !error.is_unreachable());
    assert_eq!(
        error.hints()[..2],
        ["the client ID is empty".to_owned(), "the integrator login's name has a blank in it".to_owned()]
    );
    assert!(error.hints().len() >= 8);
    assert_eq!(
        error.to_string(),
        "reading the system information /system/info: ConnectWise refused the login: *** is wrong"
    );
}

#[tokio::test]
async fn what_waits_behind_a_refused_login_is_not_sent() {
    let server = server().await;
    let refusal =
        status(401).set_body_json(json!({"code": "Unauthorized"})).set_delay(Duration::from_millis(50));
    Mock::given(any()).and(at("/system/info")).respond_with(refusal).mount(&server).await;
    let mut connection = connection(&server.uri());
    connection.max_concurrency = 2;
    let client = Client::with_policy(connection, quick()).expect("a client");
    client.company_info().await.expect("the company");
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.info().await })
        })
        .collect();
    let waiting = client.clone();
    let waiting = tokio::spawn(async move { waiting.create(&paths::tickets(), &json!({})).await });
    for one in tries {
        assert_eq!(one.await.expect("no panic").expect_err("a refusal").kind(), Kind::Refused);
    }
    let told = waiting.await.expect("no panic").expect_err("a refusal");
    assert_eq!(
        told.to_string(),
        "creating a ticket on /service/tickets: ConnectWise refused the login: Unauthorized"
    );
    assert_eq!(told.request_id(), None, "it was not sent");
    assert_eq!(api_requests(&server).await.len(), 2, "no more than were under way");
    // A person who mends the login and tries again is heard.
    client.info().await.expect_err("still refused");
    assert_eq!(api_requests(&server).await.len(), 3);
}

#[tokio::test]
async fn reads_recover_from_passing_troubles() {
    let server = server().await;
    let turns = [status(500), status(503).insert_header("retry-after", "0"), status(408), good()];
    Mock::given(at("/system/info")).respond_with(InTurn::of(turns)).mount(&server).await;
    let client = client(&server);
    assert_eq!(client.info().await.expect("the fourth try").version.as_deref(), Some("v2025.8"));
    assert_eq!(client.requests_sent(), 5);
}

/// A page of a gateway has the gateway's time, which may be any: only beside a record it is ConnectWise's.
#[tokio::test]
async fn the_time_of_a_gateway_is_not_connectwises() {
    let server = server().await;
    let theirs =
        status(502).set_body_raw(HTML, "text/html").insert_header("date", "Sun, 06 Nov 1994 08:49:37 GMT");
    let ours = good().insert_header("date", "Mon, 23 Nov 2026 14:00:00 GMT");
    Mock::given(at("/system/info")).respond_with(InTurn::of([ours])).mount(&server).await;
    Mock::given(at("/service/boards")).respond_with(InTurn::of([theirs])).mount(&server).await;
    let client = client(&server);
    client.info().await.expect("an answer");
    client.list::<Board>(&paths::boards(), &Query::all()).await.expect_err("a page");
    let now: jiff::Timestamp = "2026-11-23T14:00:00Z".parse().expect("a time");
    let skew = client.clock_skew(now).expect("told once");
    assert!(skew.abs() < jiff::SignedDuration::from_mins(5), "{skew}");
}

#[tokio::test]
async fn the_whole_client_waits_as_long_as_it_is_asked_to() {
    let server = server().await;
    let limited = status(429).insert_header("retry-after", "1").set_body_json(
        json!({"error": "ConnectWiseAPI", "message": "Too many requests. Please try again in 1 seconds."}),
    );
    Mock::given(at("/service/tickets"))
        .respond_with(InTurn::of([limited, status(201).set_body_json(json!({"id": 5}))]))
        .mount(&server)
        .await;
    Mock::given(at("/system/info")).respond_with(good()).mount(&server).await;
    let client = client(&server);
    client.company_info().await.expect("the company");
    let begun = Instant::now();
    let writer = client.clone();
    let write = tokio::spawn(async move { writer.create(&paths::tickets(), &json!({})).await });
    while api_requests(&server).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    client.info().await.expect("after the wait");
    assert!(begun.elapsed() >= Duration::from_secs(1), "another request did not wait");
    write.await.expect("no panic").expect("a write that was limited did not happen, so that it is repeated");
}

#[tokio::test]
async fn a_wait_beyond_all_patience_is_told_at_once() {
    let server = server().await;
    Mock::given(any())
        .and(at("/system/info"))
        .respond_with(status(429).insert_header("retry-after", "3600"))
        .mount(&server)
        .await;
    let client = client(&server);
    for _ in 0..2 {
        let error = client.info().await.expect_err("limited");
        assert_eq!(error.kind(), Kind::RateLimited);
        assert!(error.is_unreachable() && error.to_string().contains("asks to wait 3"), "{error}");
    }
    assert_eq!(api_requests(&server).await.len(), 1, "the second was not sent");
}

#[tokio::test]
async fn a_redirect_is_refused_and_nothing_goes_there() {
    let elsewhere = MockServer::start().await;
    Mock::given(any()).respond_with(good()).mount(&elsewhere).await;
    let server = server().await;
    let away = status(307).insert_header("location", format!("{}/login?token=t0ken", elsewhere.uri()));
    Mock::given(any()).and(at("/system/info")).respond_with(away).mount(&server).await;
    let error = client(&server).info().await.expect_err("a redirect");
    assert_eq!(error.kind(), Kind::Redirected);
    assert!(error.to_string().contains(&elsewhere.uri()) && !error.to_string().contains("t0ken"), "{error}");
    assert_eq!(elsewhere.received_requests().await.expect("requests are recorded").len(), 0);
}

#[tokio::test]
async fn an_unknown_company_is_told_apart_from_everything_else() {
    for answer in [status(200).set_body_string("null"), status(404), status(404).set_body_string(HTML)] {
        let server = MockServer::start().await;
        Mock::given(path("/login/companyinfo/acme")).respond_with(answer).mount(&server).await;
        let client = client(&server);
        let error = client.info().await.expect_err("no company");
        assert_eq!(error.kind(), Kind::UnknownCompany, "{error}");
        assert_eq!(client.requests_sent(), 1);
    }
    let server = MockServer::start().await;
    Mock::given(path("/login/companyinfo/acme"))
        .respond_with(status(200).set_body_string(HTML))
        .mount(&server)
        .await;
    let error = client(&server).company_info().await.expect_err("a page for people");
    assert_eq!(error.kind(), Kind::NotConnectWise);
}

#[tokio::test]
async fn an_upgrade_of_the_site_is_followed_once_and_is_safe_for_writes() {
    for gone in [
        status(404).set_body_string(HTML),
        status(400).set_body_string("Cannot route. Codebase/company is invalid"),
    ] {
        let server = MockServer::start().await;
        let info = |codebase: &str| status(200).set_body_json(json!({"Codebase": codebase}));
        let turns = InTurn::of([info("v2025_1/"), info("v2025_8/")]);
        Mock::given(path("/login/companyinfo/acme")).respond_with(turns).mount(&server).await;
        Mock::given(path("/v2025_1/apis/3.0/service/tickets"))
            .respond_with(gone)
            .expect(1)
            .mount(&server)
            .await;
        Mock::given(at("/service/tickets"))
            .respond_with(status(201).set_body_json(json!({"id": 5})))
            .expect(2)
            .mount(&server)
            .await;
        let client = client(&server);
        for _ in 0..2 {
            client
                .create(&paths::tickets(), &json!({"summary": "x"}))
                .await
                .expect("created at the new address");
        }
        assert_eq!(client.requests_sent(), 5);
    }
}

#[tokio::test]
async fn a_page_for_an_unknown_address_is_not_an_absent_record() {
    let server = server().await;
    Mock::given(any())
        .and(at("/company/companies/5"))
        .respond_with(status(404).set_body_string(HTML))
        .mount(&server)
        .await;
    let error = client(&server).find::<Company>(&paths::company(5)).await.expect_err("no answer of the API");
    assert!(error.to_string().contains("404 - File or directory not found."), "{error}");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_named() {
    let server = server().await;
    let list = r#"[{"id": 1, "quantity": 5}, {"id": 9, "product": {"id": 3, "identifier": false}}]"#;
    Mock::given(at("/finance/agreements/7/additions"))
        .respond_with(status(200).set_body_string(list))
        .mount(&server)
        .await;
    let error = client(&server)
        .list::<Addition>(&paths::additions(7), &Query::all())
        .await
        .expect_err("a bad record");
    assert_eq!(
        error.to_string(),
        "listing agreement additions on /finance/agreements/7/additions: agreement addition 9 is not as expected, \
         at product.identifier: invalid type: boolean `false`, expected a string"
    );
}

#[tokio::test]
async fn a_filter_too_long_for_an_address_is_not_sent() {
    let server = server().await;
    let query = Query::all().filter(Condition::is_in("id", 0..1_000));
    let client = client(&server);
    let error = client.list::<Ticket>(&paths::tickets(), &query).await.expect_err("too long");
    assert_eq!((error.kind(), client.requests_sent()), (Kind::TooLong, 1));
}

#[tokio::test]
async fn an_unusable_connection_is_told_before_anything_is_sent() {
    let with = |change: fn(&mut Connection)| {
        let mut connection = connection("https://na.myconnectwise.net");
        change(&mut connection);
        Client::new(connection).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(with(|_| {}), Ok(()));
    let open = with(|connection| connection.site = "http://na.myconnectwise.net".to_owned())
        .expect_err("not encrypted");
    assert!(open.contains("is not an https address"), "{open}");
    let nobody = with(|connection| connection.company_id = " ".to_owned()).expect_err("no company");
    assert!(nobody.contains("company_id is empty"), "{nobody}");
    let odd = with(|connection| connection.client_id = "a\nb".to_owned()).expect_err("not a header");
    assert!(odd.contains("client_id"), "{odd}");
    let none = with(|connection| connection.ca_file = Some("/nowhere/ca.pem".into())).expect_err("no file");
    assert!(none.contains("ca_file /nowhere/ca.pem"), "{none}");
    let empty = with(|connection| {
        connection.ca_file = Some(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").into())
    });
    assert!(empty.expect_err("no certificate").contains("certificate"));
}

/// What the public record shows of refusals, and what becomes of it.
#[tokio::test]
async fn every_envelope_names_the_cause() {
    let json = |code: u16, body: serde_json::Value| status(code).set_body_json(body);
    // answer, what the message ends with, what a hint says
    let table = [
        (
            json(
                403,
                json!({"code": "Security", "message": "You do not have security permission to perform this action."}),
            ),
            "does not allow it: You do not have security permission to perform this action.",
            "Agreement API",
        ),
        (
            json(401, json!({"code": "ConnectWiseApi", "message": "UserNotAuthenticated"})),
            "refused the login: UserNotAuthenticated",
            "the login is inactive",
        ),
        (
            json(
                400,
                json!({"code": "InvalidObject", "message": "ticket object is invalid", "errors": null}),
            ),
            "refused the request: ticket object is invalid",
            "names the field",
        ),
        (
            json(
                400,
                json!({"code": "InvalidObject", "message": "x", "errors": [
            {"code": "UnsupportedFormat", "message": "Unsupported format\r\napplied to dateStart", "field": "dateStart"}]}),
            ),
            "refused the request: dateStart: Unsupported format applied to dateStart",
            "names the field",
        ),
        (
            json(409, json!({"code": "ObjectInUse", "message": "in use"})),
            "stands against it: in use",
            "is in use",
        ),
        (
            said_ssl(403),
            "“SSL is required.”: it wants https, and the host of the API",
            "https://api-na.myconnectwise.net",
        ),
        (
            status(403).set_body_string("<html><title>Blocked</title></html>"),
            "does not allow it: Blocked",
            "a firewall",
        ),
        (
            status(500).set_body_string("Execution Timeout Expired.\r\nSee log"),
            "failed with status 500: Execution Timeout Expired. See log",
            "ran out of time",
        ),
        (status(500), "failed with status 500: status 500 without a word", "status.connectwise.com"),
        (status(405), "refused the request: status 405 without a word", "names the field"),
        (
            status(429)
                .insert_header("retry-after", "90")
                .set_body_json(json!({"error": "ConnectWiseAPI", "message": "Too many requests."})),
            "is limiting requests; it asks to wait 90 seconds",
            "1,000 requests a minute",
        ),
    ];
    for (answer, message, hint) in table {
        let (read, _, _, _) = both_ways(answer).await;
        assert!(read.to_string().ends_with(message), "{read}");
        assert!(read.hints().iter().any(|said| said.contains(hint)), "{read}: {:?}", read.hints());
    }
}

/// A record in which somebody wrote those words is a record.
#[tokio::test]
async fn a_record_about_encryption_is_a_record() {
    let server = server().await;
    let note = json!({"id": 5, "summary": "\"code\": \"Security\", \"message\": \"SSL is required.\""});
    Mock::given(at("/service/tickets/5")).respond_with(status(200).set_body_json(&note)).mount(&server).await;
    let ticket: Ticket = client(&server).get(&paths::ticket(5)).await.expect("a ticket");
    assert!(ticket.summary.is_some_and(|summary| summary.contains("SSL is required.")));
}

/// Nobody knows what a server did that ran out of time: whoever wrote looks, but not at once.
#[tokio::test]
async fn a_server_that_ran_out_of_time_may_still_be_at_work() {
    for (answer, answered) in [
        (status(500).set_body_json(json!({"code": "X", "message": "oops"})), true),
        // A gateway's words, or nobody's.
        (status(500).set_body_string("oops"), false),
        (status(502), false),
        (status(503).set_body_json(json!({"code": "X", "message": "oops"})), false),
        (status(500).set_body_json(json!({"code": "X", "message": "Timeout expired"})), false),
        (status(504), false),
    ] {
        let (_, write, _, _) = both_ways(answer).await;
        assert_eq!(write.was_answered(), answered, "{write}");
    }
}

#[tokio::test]
async fn retry_after_may_be_a_date() {
    let server = server().await;
    let limited =
        |date: &str, until: &str| status(429).insert_header("date", date).insert_header("retry-after", until);
    let (now, then) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 09:49:37 GMT");
    Mock::given(at("/system/info"))
        .respond_with(InTurn::of([limited(now, now), limited(then, now), good()]))
        .mount(&server)
        .await;
    client(&server).info().await.expect("nothing left to wait for");
    assert_eq!(api_requests(&server).await.len(), 3);
    let (patient, _, requests, _) = both_ways(limited(now, then)).await;
    assert!(patient.to_string().ends_with("it asks to wait 3600 seconds"), "{patient}");
    assert_eq!(requests, 1);
}

/// A record that cannot be read is told by its place, not by what stands there.
#[tokio::test]
async fn nothing_of_a_record_is_quoted() {
    let server = server().await;
    for (id, value) in
        [(1, json!(SECRET)), (2, json!("a customer's own words ".repeat(50))), (3, json!("a \"b\" c"))]
    {
        let body = json!({"id": id, "quantity": value, "product": {"id": value}});
        let at = at(&format!("/finance/agreements/7/additions/{id}"));
        Mock::given(at).respond_with(status(200).set_body_json(body)).mount(&server).await;
        let error = client(&server).get::<Addition>(&paths::addition(7, id)).await.expect_err("a bad record");
        assert_eq!(error.kind(), Kind::Decode);
        assert!(error.to_string().contains(", at ") && error.to_string().contains("a text"), "{error}");
        for word in [SECRET, "customer", "\"b"] {
            assert!(!format!("{error} {error:?}").contains(word), "{error}");
        }
    }
}
