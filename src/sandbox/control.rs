//! The control port: how a test in another process reads the log, turns the clock, orders faults.
//!
//! | request | what it does |
//! | --- | --- |
//! | `GET /requests` | the log: `total`, `applied` (so far), `counts` per method and template, `requests` ([`super::LoggedRequest`]) |
//! | `GET /counts` | the same without the requests themselves |
//! | `DELETE /requests` | empties the log |
//! | `POST /private-key {"privateKey": "…"}` | gives the first API member a new key |
//! | `POST /time {"now": "…"}` or `{"advance": "24h"}` | sets the clock |
//! | `POST /faults {"kind", "method", "path", "nth", "times", "retryAfter", "location", "body", "contentType", "after"}` | orders a fault ([`super::Fault`]; only `kind` is needed) |
//! | `DELETE /faults` | forgets the faults that are left |
//! | `PUT /portal/NAME` | puts the body there as an export: `/portal/accounts.csv` |
//! | `POST /portal-key {"key": "Bearer …"}` | what `Authorization` must hold at the portal; null: nothing |
//! | `POST /portal-faults`, `DELETE /portal-faults` | as `/faults`, for requests to the portal |
//! | `GET /portal-requests`, `DELETE /portal-requests` | the portal's log ([`super::ExportsRequest`]) |
//! | `GET /x360recover/requests`, `DELETE /x360recover/requests` | the same log of the backup service's side |
//! | `POST /x360recover/faults`, `DELETE /x360recover/faults` | the same faults there |
//! | `POST /x360recover/key {"apiKey": "…"}` | takes another x360Recover API key from now on |
//! | `GET /x360recover/records`, `PUT /x360recover/records` | what the x360Recover organization has, whole, as JSON |
//! | `POST /x360recover/behaviour` | which of the known behaviours the x360Recover API shows ([`super::Behaviour`]) |
//!
//! Kinds of faults: `status-NNN`, `html-NNN`, `redirect[-NNN]` (with `location`), `empty`, `garbled`,
//! `truncated`, `truncated-chunked`, `dripping`, `hang`, `reset`, `not-modified`, `wrong-etag`, `giant[-chunked]`; each also with `applied-then-` before
//! it (done, and then answered so) or `later-then-` (answered so, and done `after` milliseconds, 1000
//! where that is not given). What each does is said at [`super::Fault`].

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::routing::{get, post, put};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::faults::Fault;
use super::log::Log;
use super::{Behaviour, Shared, locked};

/// An export of hundreds of thousands of accounts.
const LARGEST_EXPORT: usize = 256 << 20;

type Answer = Response<Body>;

pub async fn serve(listener: TcpListener, shared: Arc<Shared>) -> io::Result<()> {
    let stopping = shared.clone();
    let app = Router::new()
        .route("/requests", get(requests).delete(clear_requests))
        .route("/counts", get(counts))
        .route("/private-key", post(private_key))
        .route("/time", get(time).post(set_time))
        .route("/faults", post(add_fault).delete(clear_faults))
        .route("/portal/{name}", put(set_export))
        .route("/portal-key", post(portal_key))
        .route("/portal-faults", post(add_portal_fault).delete(clear_portal_faults))
        .route("/portal-requests", get(portal_requests).delete(clear_portal_requests))
        .route("/x360recover/requests", get(x360recover_requests).delete(x360recover_clear_requests))
        .route("/x360recover/faults", post(x360recover_fault).delete(x360recover_clear_faults))
        .route("/x360recover/key", post(x360recover_key))
        .route("/x360recover/records", get(x360recover_records).put(x360recover_set_records))
        .route("/x360recover/behaviour", post(x360recover_behaviour))
        .layer(DefaultBodyLimit::max(LARGEST_EXPORT))
        .with_state(shared);
    axum::serve(listener, app).with_graceful_shutdown(async move { stopping.stopping().await }).await
}

/// A small JSON answer of the control server.
fn control_answer(status: StatusCode, body: Value) -> Answer {
    let body = if status.is_success() { body } else { json!({"error": body}) };
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn done() -> Answer {
    control_answer(StatusCode::OK, json!({"done": true}))
}

fn refused(why: impl std::fmt::Display) -> Answer {
    control_answer(StatusCode::BAD_REQUEST, why.to_string().into())
}

/// Reads what is asked for and does it.
fn told<T: DeserializeOwned>(body: &Bytes, act: impl FnOnce(T) -> Result<(), String>) -> Answer {
    match serde_json::from_slice(body).map_err(|why| why.to_string()).and_then(act) {
        Ok(()) => done(),
        Err(why) => refused(why),
    }
}

async fn requests(State(shared): State<Arc<Shared>>) -> Answer {
    let log = locked(&shared.log);
    let mut body = counted(&log);
    body["requests"] = json!(log.requests());
    control_answer(StatusCode::OK, body)
}

async fn counts(State(shared): State<Arc<Shared>>) -> Answer {
    control_answer(StatusCode::OK, counted(&locked(&shared.log)))
}

fn counted(log: &Log) -> Value {
    let counts: Vec<_> = log
        .counts()
        .iter()
        .map(|((method, template), count)| {
            let (applied, faults) = (count.applied, count.faults);
            json!({"method": method, "template": template, "count": count.count, "applied": applied, "faults": faults})
        })
        .collect();
    let total: u64 = log.counts().values().map(|count| count.count).sum();
    let applied: u64 = log.counts().values().map(|count| count.applied).sum();
    json!({"total": total, "applied": applied, "counts": counts})
}

async fn clear_requests(State(shared): State<Arc<Shared>>) -> Answer {
    locked(&shared.log).clear();
    done()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewKey {
    private_key: String,
}

async fn private_key(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    told(&body, |new: NewKey| {
        shared.set_private_key(&new.private_key);
        Ok(())
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTime {
    #[serde(default)]
    now: Option<Timestamp>,
    #[serde(default)]
    advance: Option<SignedDuration>,
}

async fn time(State(shared): State<Arc<Shared>>) -> Answer {
    control_answer(StatusCode::OK, json!({"now": shared.clock.now()}))
}

async fn set_time(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    let new = match serde_json::from_slice::<NewTime>(&body) {
        Ok(new) => new,
        Err(why) => return refused(why),
    };
    let start = new.now.unwrap_or_else(|| shared.clock.now());
    match start.checked_add(new.advance.unwrap_or_default()) {
        Ok(now) => {
            shared.clock.set(now);
            control_answer(StatusCode::OK, json!({"now": now}))
        }
        Err(why) => refused(why),
    }
}

async fn add_fault(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    told(&body, |fault: Fault| locked(&shared.faults).add(fault))
}

async fn clear_faults(State(shared): State<Arc<Shared>>) -> Answer {
    locked(&shared.faults).clear();
    done()
}

async fn set_export(State(shared): State<Arc<Shared>>, Path(name): Path<String>, body: Bytes) -> Answer {
    locked(&shared.exports).set(&name, body.to_vec(), shared.clock.now());
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PortalKey {
    key: Option<String>,
}

async fn portal_key(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    told(&body, |new: PortalKey| {
        locked(&shared.exports).key = new.key;
        Ok(())
    })
}

async fn add_portal_fault(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    told(&body, |fault: Fault| locked(&shared.exports).faults.add(fault))
}

async fn clear_portal_faults(State(shared): State<Arc<Shared>>) -> Answer {
    locked(&shared.exports).faults.clear();
    done()
}

async fn portal_requests(State(shared): State<Arc<Shared>>) -> Answer {
    control_answer(StatusCode::OK, json!({"requests": locked(&shared.exports).log}))
}

async fn clear_portal_requests(State(shared): State<Arc<Shared>>) -> Answer {
    locked(&shared.exports).log.clear();
    done()
}

async fn x360recover_requests(State(shared): State<Arc<Shared>>) -> Answer {
    let requests = shared.axcient.requests();
    control_answer(StatusCode::OK, json!({"total": requests.len(), "requests": requests}))
}

async fn x360recover_clear_requests(State(shared): State<Arc<Shared>>) -> Answer {
    shared.axcient.clear_requests();
    done()
}

async fn x360recover_fault(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    told(&body, |fault: Fault| shared.axcient.add_fault(fault))
}

async fn x360recover_clear_faults(State(shared): State<Arc<Shared>>) -> Answer {
    shared.axcient.clear_faults();
    done()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewApiKey {
    api_key: String,
}

async fn x360recover_key(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    told(&body, |new: NewApiKey| {
        shared.axcient.set_key(&new.api_key);
        Ok(())
    })
}

async fn x360recover_records(State(shared): State<Arc<Shared>>) -> Answer {
    control_answer(StatusCode::OK, shared.axcient.records())
}

async fn x360recover_set_records(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    told(&body, |records: Value| {
        shared.axcient.edit(|all| *all = records);
        Ok(())
    })
}

async fn x360recover_behaviour(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    told(&body, |behaviour: Behaviour| {
        shared.axcient.behave(|shown| *shown = behaviour);
        Ok(())
    })
}
