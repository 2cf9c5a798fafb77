//! The client of Axcient's API against the API of the contract: every endpoint that is asked, every form of error, and each
//! difference between contract and production that is known.

use std::time::Duration;

use psactl::portal::x360recover::{Answer, Api, Kind, Patience};
use psactl::sandbox::{Fault, Sandbox};
use serde_json::{Value, json};

use crate::support::Desk;

/// A desk, and a client of the x360Recover API beside it that is in a hurry.
struct Mock {
    desk: Desk,
    api: Api,
}

fn hasty() -> Patience {
    let soon = Duration::from_millis(1);
    Patience {
        spacing: Duration::ZERO,
        waits: vec![soon; 3],
        timeout: Duration::from_secs(20),
        ..Patience::default()
    }
}

impl Mock {
    fn new() -> Mock {
        let desk = Desk::bare();
        let sandbox = desk.sandbox();
        let api = Api::new(&sandbox.x360recover_url(), sandbox.axcient().key().into(), hasty()).unwrap();
        Mock { desk, api }
    }

    fn sandbox(&self) -> &Sandbox {
        self.desk.sandbox()
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.desk.wait(work)
    }

    fn fault(&self, fault: Value) {
        self.sandbox().axcient().add_fault(serde_json::from_value::<Fault>(fault).unwrap()).unwrap();
    }

    /// The paths with their queries that were asked since the last time.
    fn asked(&self) -> Vec<String> {
        let requests = self.sandbox().axcient().requests();
        self.sandbox().axcient().clear_requests();
        let shown = |path: &str, query: &str| match query {
            "" => path.to_owned(),
            query => format!("{path}?{query}"),
        };
        requests.iter().map(|request| shown(&request.path, &request.query)).collect()
    }
}

fn ids(list: &[Value]) -> Vec<i64> {
    list.iter().filter_map(|record| record["id"].as_i64()).collect()
}

/// What an answer that was refused means.
fn kind<T: std::fmt::Debug>(answer: Answer<T>) -> Kind {
    answer.expect_err("a refusal").kind
}

#[test]
fn every_endpoint_that_is_asked() {
    let mock = Mock::new();
    let api = &mock.api;
    mock.wait(async {
        assert_eq!(api.organization().await.unwrap().name, "doc backup services");
        assert_eq!(ids(&api.clients().await.unwrap()), [342, 355, 419, 77]);
        assert_eq!(ids(&api.devices_of(342).await.unwrap()), [3001, 3002, 3003]);
        assert_eq!(api.devices().await.unwrap().len(), 12);
        let appliances = api.appliances().await.unwrap();
        assert_eq!(ids(&appliances), [801, 802]);
        assert!(appliances[0].get("devices").is_none(), "less to wait for");
        assert_eq!(api.runs(342, 3001, 30011, 0).await.unwrap().len(), 10);
    });
    let asked = mock.asked();
    assert_eq!(api.calls(), asked.len() as u64);
    assert!(asked.iter().all(|path| !path.contains("Sandbox")), "the key is in no address");
    // Only what began since is asked for.
    let since = crate::support::NOW.parse::<jiff::Timestamp>().unwrap().as_second() - 3 * 86_400;
    assert_eq!(mock.wait(api.runs(342, 3001, 30011, since)).unwrap().len(), 3);
}

#[test]
fn every_form_of_error() {
    let mock = Mock::new();
    let api = &mock.api;
    let at = |path: &str, kind: &str| json!({"path": path, "kind": kind, "times": 9});
    let body = |path: &str, kind: &str, body: &str, content: &str| json!({"path": path, "kind": kind, "times": 9, "body": body, "contentType": content});
    mock.wait(async {
        // No such object; a route that is none; a device of another client.
        let refusal = api.devices_of(12).await.unwrap_err();
        assert_eq!(refusal.kind, Kind::NotFound);
        assert_eq!(
            refusal.to_string(),
            "GET /client/12/device: no such object (404): Client with such id = 12 is not found"
        );
        assert_eq!(kind(api.runs(355, 3001, 30011, 0).await), Kind::NotFound);
        let elsewhere =
            Api::new(&mock.sandbox().x360recover_origin(), mock.sandbox().axcient().key().into(), hasty())
                .unwrap();
        assert_eq!(kind(elsewhere.clients().await), Kind::Address);
        let stranger = Api::new(&mock.sandbox().x360recover_url(), "another-key".into(), hasty()).unwrap();
        let refusal = stranger.clients().await.unwrap_err();
        assert_eq!(refusal.kind, Kind::Key);
        assert!(!format!("{refusal} {refusal:?}").contains("another-key"));
        assert_eq!(stranger.calls(), 1, "a refused key is not tried again");
        let unsendable = Api::new(&mock.sandbox().x360recover_url(), "two\nlines".into(), hasty()).unwrap();
        assert_eq!(kind(unsendable.clients().await), Kind::Key);
    });
    for (fault, expected, calls) in [
        (
            body("/client", "status-401", r#"{"code":401,"msg":"Unauthorized"}"#, "text/html"),
            Kind::Address,
            1,
        ),
        // The body decides, whatever it is called.
        (
            body("/client", "status-401", r#"{"code":401,"msg":"Unauthorized"}"#, "application/json"),
            Kind::Address,
            1,
        ),
        (body("/client", "status-401", r#"{"message":"Unauthorized"}"#, "text/html"), Kind::Key, 1),
        (body("/client", "status-401", "", "text/html"), Kind::Unauthorized, 1),
        (at("/client", "status-400"), Kind::Bad, 1),
        (at("/client", "status-403"), Kind::Right, 1),
        (body("/client", "status-403", "", "text/plain"), Kind::Flood, 1),
        (at("/client", "status-404"), Kind::NotFound, 1),
        // A proxy's page knows nothing of what there is.
        (body("/client", "status-404", "<html>not here</html>", "text/html"), Kind::Status(404), 1),
        (at("/client", "status-429"), Kind::Limited(None), 4),
        (
            json!({"path": "/client", "kind": "status-429", "times": 9, "retryAfter": 3600}),
            Kind::Limited(Some(Duration::from_secs(3600))),
            1,
        ),
        (at("/client", "status-500"), Kind::Status(500), 4),
        (at("/client", "status-504"), Kind::Gateway, 1),
        (at("/client", "html-200"), Kind::Garbled, 1),
        (at("/client", "empty"), Kind::Garbled, 1),
        (at("/client", "garbled"), Kind::Garbled, 1),
        // The end of the connection in the middle of a body is no answer, and is tried again.
        (at("/client", "truncated"), Kind::Lost, 4),
        (at("/client", "truncated-chunked"), Kind::Lost, 4),
        (body("/client", "status-429", "[]", "application/json"), Kind::Limited(None), 4),
        (
            json!({"path": "/client", "kind": "redirect", "location": "http://127.0.0.1:1/", "times": 9}),
            Kind::Status(302),
            1,
        ),
        (at("/client", "reset"), Kind::Lost, 4),
    ] {
        mock.asked();
        mock.fault(fault.clone());
        assert_eq!(kind(mock.wait(api.clients())), expected, "{fault}");
        assert_eq!(mock.asked().len(), calls, "{fault}");
        mock.sandbox().axcient().clear_faults();
    }
    // Bytes that come one by one come without an end.
    let impatient = Patience { timeout: Duration::from_millis(300), waits: Vec::new(), ..hasty() };
    let (url, key) = (mock.sandbox().x360recover_url(), mock.sandbox().axcient().key());
    let impatient = Api::new(&url, key.into(), impatient).unwrap();
    mock.fault(at("/client", "dripping"));
    assert_eq!(kind(mock.wait(impatient.clients())), Kind::Lost);
    mock.sandbox().axcient().clear_faults();
    // What passes by itself.
    for passing in ["status-429", "status-503", "reset"] {
        mock.fault(json!({"path": "/client", "kind": passing, "times": 2}));
        assert_eq!(mock.wait(api.clients()).unwrap().len(), 4, "{passing}");
    }
    // A list that is no list is no empty list.
    mock.fault(json!({"path": "/client", "kind": "html-200", "body": "{\"message\":\"Limit Exceeded\"}", "contentType": "application/json"}));
    assert_eq!(kind(mock.wait(api.clients())), Kind::Garbled);
}

#[test]
fn a_list_ends_when_a_page_brings_nothing_new() {
    let mock = Mock::new();
    let portal = mock.sandbox().axcient();
    portal.edit(|records| {
        let one = records["devices"][0].clone();
        records["devices"] = (1..=250)
            .map(|id| {
                let mut device = one.clone();
                device["id"] = json!(id);
                device
            })
            .collect();
        let run = records["history"]["30011"][0].clone();
        records["history"]["1"] = json!([]);
        records["devices"][0]["jobs"][0]["id"] = json!(1);
        records["history"]["1"] = (0..1_600)
            .map(|minute| {
                let mut run = run.clone();
                let start = jiff::Timestamp::from_second(1_790_000_000 + 60 * minute).unwrap();
                run["start_time"] = json!(start.to_string());
                run
            })
            .collect();
    });
    let (client, devices) = (342, || ids(&mock.wait(mock.api.devices()).unwrap()).len());
    let queries = |asked: Vec<String>| -> Vec<String> {
        asked.iter().map(|asked| asked.split_once('?').map_or("", |(_, query)| query).to_owned()).collect()
    };
    assert_eq!(devices(), 250);
    let pages =
        ["limit=100&offset=0", "limit=100&offset=100", "limit=100&offset=200", "limit=100&offset=250"];
    assert_eq!(queries(mock.asked()), pages);
    // A server whose pages are smaller than asked for: a short page is not the last one.
    portal.behave(|behaviour| behaviour.largest_page = 30);
    assert_eq!(devices(), 250);
    portal.behave(|behaviour| behaviour.largest_page = 0);
    mock.asked();
    // Where the offset has no effect the same devices come again: then all are asked for at once.
    portal.behave(|behaviour| behaviour.ignore_offset = true);
    assert_eq!(devices(), 250);
    let pages = ["limit=100&offset=0", "limit=100&offset=100", "limit=100000&offset=0"];
    assert_eq!(queries(mock.asked()), pages);
    portal.behave(|behaviour| behaviour.ignore_offset = false);
    // The list of one client takes neither, and comes whole.
    assert_eq!(mock.wait(mock.api.devices_of(client)).unwrap().len(), 250);
    assert_eq!(mock.asked().len(), 2);
    // Runs have no ids: their start tells them apart.
    assert_eq!(mock.wait(mock.api.runs(client, 1, 1, 0)).unwrap().len(), 1_600);
    assert_eq!(
        mock.asked().len(),
        3,
        "1,500, then a hundred, which may be all that the server sends at once"
    );
    assert_eq!(mock.wait(mock.api.runs(client, 1, 1, 1_790_000_000 + 60 * 1_550)).unwrap().len(), 50);
    assert_eq!(mock.asked().len(), 1, "so few are the last page");
    // Where the server's largest page is as small as the last one may be, a full one is not the last.
    portal.behave(|behaviour| behaviour.largest_page = 100);
    assert_eq!(mock.wait(mock.api.runs(client, 1, 1, 0)).unwrap().len(), 1_600);
}

#[test]
fn a_list_of_one_may_come_as_the_object_that_is_published() {
    let mock = Mock::new();
    let portal = mock.sandbox().axcient();
    portal.behave(|behaviour| behaviour.single_objects = true);
    portal.edit(|records| {
        for list in ["clients", "appliances"] {
            records[list].as_array_mut().unwrap().truncate(1);
        }
        let runs = &mut records["history"]["30011"];
        runs.as_array_mut().unwrap().truncate(1);
    });
    mock.wait(async {
        let api = &mock.api;
        assert_eq!(ids(&api.clients().await.unwrap()), [342]);
        assert_eq!(ids(&api.appliances().await.unwrap()), [801]);
        assert_eq!(api.runs(342, 3001, 30011, 0).await.unwrap().len(), 1);
    });
}

#[test]
fn another_process_orders_what_the_portal_does() {
    let mock = Mock::new();
    let control = mock.sandbox().control_url();
    let http = crate::sandbox::http();
    let send = |method: &str, path: &str, body: Value| {
        let request =
            http.request(method.parse().unwrap(), format!("{control}/x360recover/{path}")).json(&body);
        mock.wait(async {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap())
        })
    };
    assert_eq!(send("POST", "faults", json!({"path": "/client", "kind": "status-404"})).0, 200);
    assert_eq!(kind(mock.wait(mock.api.clients())), Kind::NotFound);
    assert_eq!(send("POST", "faults", json!({"kind": "nonsense"})).0, 400);
    let (_, log) = send("GET", "requests", Value::Null);
    assert_eq!((&log["total"], &log["requests"][0]["fault"]), (&json!(1), &json!("status-404")));
    send("DELETE", "requests", Value::Null);
    assert_eq!(send("GET", "requests", Value::Null).1["total"], 0);
    let (_, mut records) = send("GET", "records", Value::Null);
    records["organization"]["name"] = json!("another");
    assert_eq!(send("PUT", "records", records).0, 200);
    assert_eq!(mock.wait(mock.api.organization()).unwrap().name, "another");
    assert_eq!(send("POST", "behaviour", json!({"numbers_for_booleans": false})).0, 200);
    assert_eq!(mock.wait(mock.api.clients()).unwrap()[0]["active"], true);
    assert_eq!(send("POST", "behaviour", json!({"nonsense": false})).0, 400);
    assert_eq!(send("POST", "key", json!({"apiKey": "made-anew"})).0, 200);
    assert_eq!(kind(mock.wait(mock.api.clients())), Kind::Key);
    // What psactl does not ask for: Axcient's bill, with and without the scope Billing.
    let bill = || {
        let address = format!("{}/billing/usage/billable", mock.sandbox().x360recover_origin());
        let request = http.get(address).header("x-api-key", "made-anew");
        mock.wait(async { request.send().await.unwrap().status().as_u16() })
    };
    assert_eq!(bill(), 200);
    assert_eq!(send("POST", "behaviour", json!({"billing_scope": false})).0, 200);
    assert_eq!(bill(), 403);
}
