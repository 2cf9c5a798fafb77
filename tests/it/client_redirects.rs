//! The client over the wire: neither login nor client ID ever leaves the site, and a site that moves is
//! followed once.

use std::sync::atomic::{AtomicUsize, Ordering};

use psactl::psa::*;
use serde_json::json;
use wiremock::matchers::{any, path, path_regex};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::client::{SECRET, api_requests, at, client, look_up, server};

/// Redirects to the same path elsewhere, with the caller's own headers in the address for good measure.
struct Away {
    status: u16,
    to: String,
}

impl Respond for Away {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let to = format!("{}{}?{SECRET}", self.to, request.url.path());
        ResponseTemplate::new(self.status).insert_header("location", to)
    }
}

#[tokio::test]
async fn no_redirect_is_followed_whatever_it_is_called() {
    let elsewhere = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"id": 1})))
        .mount(&elsewhere)
        .await;
    for status in [301, 302, 303, 307, 308] {
        // To another origin, and within the same one.
        for away in [true, false] {
            let server = server().await;
            let to = if away { elsewhere.uri() } else { server.uri() };
            Mock::given(any())
                .and(at("/service/tickets/5"))
                .respond_with(Away { status, to })
                .mount(&server)
                .await;
            let to = if away { elsewhere.uri() } else { server.uri() };
            Mock::given(any())
                .and(at("/service/tickets"))
                .respond_with(Away { status, to })
                .mount(&server)
                .await;
            let client = client(&server);
            let (ticket, tickets) = (paths::ticket(5), paths::tickets());
            let errors = [
                client.get::<Ticket>(&ticket).await.map(drop),
                client.list::<Ticket>(&tickets, &Query::all()).await.map(drop),
                client.create(&tickets, &json!({})).await.map(drop),
                client.replace(&ticket, &json!({})).await.map(drop),
                client.patch(&ticket, &[PatchOp::replace("summary", "x")]).await.map(drop),
                client.delete(&ticket).await,
            ];
            for error in errors.map(|ended| ended.expect_err("a redirect")) {
                let cause = match &error {
                    Error::OutcomeUnknown { cause } => cause,
                    known => known,
                };
                assert_eq!(cause.kind(), Kind::Redirected, "{status}: {error}");
                assert!(!error.to_string().contains(SECRET), "{error}");
            }
            assert_eq!(api_requests(&server).await.len(), 6, "each once");
        }
    }
    assert_eq!(elsewhere.received_requests().await.expect("requests are recorded").len(), 0);
}

#[tokio::test]
async fn nor_is_one_of_the_company_look_up() {
    let elsewhere = MockServer::start().await;
    look_up(json!({"Codebase": "v2025_8/"})).mount(&elsewhere).await;
    for status in [301, 302, 303, 307, 308] {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(Away { status, to: elsewhere.uri() }).mount(&server).await;
        let client = client(&server);
        for error in [
            client.info().await.expect_err("a redirect"),
            client.create(&paths::tickets(), &json!({})).await.expect_err("a redirect"),
        ] {
            assert_eq!(error.kind(), Kind::Redirected, "{error}");
        }
    }
    assert_eq!(elsewhere.received_requests().await.expect("requests are recorded").len(), 0);
}

/// A look-up that names another host for the API is not believed, nor is a `Link` header.
#[tokio::test]
async fn other_hosts_that_an_answer_names_get_nothing() {
    let elsewhere = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!([])))
        .mount(&elsewhere)
        .await;
    let server = MockServer::start().await;
    look_up(json!({"Codebase": "v2025_8/", "SiteUrl": elsewhere.uri()})).mount(&server).await;
    let next = format!("<{}/v2025_8/apis/3.0/service/boards?pageId=2>; rel=\"next\"", elsewhere.uri());
    let page = |ids: &[i64]| {
        let boards: Vec<_> = ids.iter().map(|id| json!({"id": id})).collect();
        ResponseTemplate::new(200).set_body_json(boards)
    };
    Mock::given(at("/service/boards"))
        .and(wiremock::matchers::query_param("pageId", "2"))
        .respond_with(page(&[3]).insert_header("link", ""))
        .mount(&server)
        .await;
    Mock::given(at("/service/boards"))
        .respond_with(page(&[1, 2]).insert_header("link", next.as_str()))
        .mount(&server)
        .await;
    let boards: Vec<Board> = client(&server).list(&paths::boards(), &Query::all()).await.expect("boards");
    assert_eq!(boards.len(), 3);
    assert_eq!(elsewhere.received_requests().await.expect("requests are recorded").len(), 0);
}

/// Says another codebase every time.
struct Wanders(AtomicUsize);

impl Respond for Wanders {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let turn = self.0.fetch_add(1, Ordering::SeqCst);
        ResponseTemplate::new(200).set_body_json(json!({"Codebase": format!("v2025_{turn}/")}))
    }
}

const NO_ROUTE: &str = "Cannot route. Codebase/company is invalid";

#[tokio::test]
async fn a_site_that_always_says_a_new_address_is_followed_once() {
    let server = MockServer::start().await;
    Mock::given(path("/login/companyinfo/acme"))
        .respond_with(Wanders(AtomicUsize::new(0)))
        .mount(&server)
        .await;
    Mock::given(path_regex("/apis/3.0/"))
        .respond_with(ResponseTemplate::new(400).set_body_string(NO_ROUTE))
        .mount(&server)
        .await;
    let client = client(&server);
    let error = client.create(&paths::tickets(), &json!({})).await.expect_err("no route");
    assert_eq!(error.kind(), Kind::NotConnectWise);
    assert!(error.to_string().contains(NO_ROUTE) && error.is_configuration(), "{error}");
    assert_eq!(client.requests_sent(), 4, "two look-ups and two requests");
    // Nor do the requests after it wander on.
    for _ in 0..5 {
        client.info().await.expect_err("no route");
    }
    assert_eq!(client.requests_sent(), 9);
}

#[tokio::test]
async fn a_site_that_never_routes_is_looked_up_twice_and_no_more() {
    let server = server().await;
    Mock::given(path_regex("/apis/3.0/"))
        .respond_with(ResponseTemplate::new(400).set_body_string(NO_ROUTE))
        .mount(&server)
        .await;
    let client = client(&server);
    let asked: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.info().await })
        })
        .collect();
    for one in asked {
        assert_eq!(one.await.expect("no panic").expect_err("no route").kind(), Kind::NotConnectWise);
    }
    let all = server.received_requests().await.expect("requests are recorded");
    let look_ups = all.iter().filter(|request| request.url.path().starts_with("/login/")).count();
    // Those that were under way together may each have asked once.
    assert!((2..=9).contains(&look_ups), "{look_ups}");
    let before = client.requests_sent();
    client.info().await.expect_err("no route");
    assert_eq!(client.requests_sent(), before + 1);
}

/// After a request has got through, the next move is followed again.
#[tokio::test]
async fn each_move_is_followed() {
    let server = MockServer::start().await;
    Mock::given(path("/login/companyinfo/acme"))
        .respond_with(Wanders(AtomicUsize::new(0)))
        .mount(&server)
        .await;
    let good = |at: &str| {
        let body = json!({"version": at});
        Mock::given(path(format!("/{at}/apis/3.0/system/info")))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .up_to_n_times(1)
    };
    for codebase in ["v2025_0", "v2025_1", "v2025_2"] {
        good(codebase).mount(&server).await;
    }
    Mock::given(path_regex("/apis/3.0/"))
        .respond_with(ResponseTemplate::new(400).set_body_string(NO_ROUTE))
        .mount(&server)
        .await;
    let client = client(&server);
    for codebase in ["v2025_0", "v2025_1", "v2025_2"] {
        assert_eq!(client.info().await.expect("an answer").version.as_deref(), Some(codebase));
    }
}

/// A cache or gateway on the way that mixes answers up: one customer's record is not taken for another's.
#[tokio::test]
async fn another_record_than_the_one_asked_for_is_no_answer() {
    let server = server().await;
    let other = ResponseTemplate::new(200).set_body_json(json!({"id": 6, "summary": "x", "name": "x"}));
    Mock::given(any()).and(path_regex("/apis/3.0/")).respond_with(other).mount(&server).await;
    let client = client(&server);
    let read = client.get::<Ticket>(&paths::ticket(5)).await.expect_err("another ticket");
    assert_eq!(read.kind(), Kind::NotConnectWise);
    assert!(read.to_string().contains("#6 came where #5 was asked for"), "{read}");
    client.find::<Company>(&paths::company(5)).await.expect_err("another company");
    // What was written, and to which record, is not known.
    for write in [
        client.patch(&paths::ticket(5), &[PatchOp::replace("summary", "x")]).await,
        client.replace(&paths::ticket(5), &json!({"summary": "x"})).await,
    ] {
        assert!(write.expect_err("another ticket").outcome_unknown());
    }
    client.get::<Ticket>(&paths::ticket(6)).await.expect("the ticket");
}
