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
//! | `GET /portal/requests`, `DELETE /portal/requests` | the same log of the backup service's side |
//! | `POST /portal/faults`, `DELETE /portal/faults` | the same faults there |
//! | `POST /portal/key {"apiKey": "…"}` | takes another x360Recover API key from now on |
//! | `GET /portal/records`, `PUT /portal/records` | what the x360Recover organization has, whole, as JSON |
//! | `POST /portal/behaviour` | which of the known behaviours the x360Recover API shows ([`super::Behaviour`]) |
//!
//! Kinds of faults: `status-NNN`, `html-NNN`, `redirect[-NNN]` (with `location`), `empty`, `garbled`,
//! `truncated`, `truncated-chunked`, `dripping`, `hang`, `reset`; each also with `applied-then-` before
//! it (done, and then answered so) or `later-then-` (answered so, and done `after` milliseconds, 1000
//! where that is not given). What each does is said at [`super::Fault`].

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::routing::{get, post};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::faults::Fault;
use super::log::Log;
use super::{Shared, locked};

type Answer = Response<Body>;

pub async fn serve(listener: TcpListener, shared: Arc<Shared>) -> io::Result<()> {
    let stopping = shared.clone();
    let app = Router::new()
        .route("/requests", get(requests).delete(clear_requests))
        .route("/counts", get(counts))
        .route("/private-key", post(private_key))
        .route("/time", get(time).post(set_time))
        .route("/faults", post(add_fault).delete(clear_faults))
        .route("/portal/requests", get(portal_requests).delete(portal_clear_requests))
        .route("/portal/faults", post(portal_fault).delete(portal_clear_faults))
        .route("/portal/key", post(portal_key))
        .route("/portal/records", get(portal_records).put(portal_set_records))
        .route("/portal/behaviour", post(portal_behaviour))
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

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, serde_json::Error> {
    serde_json::from_slice(body)
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
    match read::<NewKey>(&body) {
        Ok(new) => {
            shared.set_private_key(&new.private_key);
            done()
        }
        Err(why) => refused(why),
    }
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
    let new = match read::<NewTime>(&body) {
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
    let fault = match read::<Fault>(&body) {
        Ok(fault) => fault,
        Err(why) => return refused(why),
    };
    match locked(&shared.faults).add(fault) {
        Ok(()) => done(),
        Err(why) => refused(why),
    }
}

async fn clear_faults(State(shared): State<Arc<Shared>>) -> Answer {
    locked(&shared.faults).clear();
    done()
}

async fn portal_requests(State(shared): State<Arc<Shared>>) -> Answer {
    let requests = shared.portal.requests();
    control_answer(StatusCode::OK, json!({"total": requests.len(), "requests": requests}))
}

async fn portal_clear_requests(State(shared): State<Arc<Shared>>) -> Answer {
    shared.portal.clear_requests();
    done()
}

async fn portal_fault(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    match read::<Fault>(&body).map_err(|why| why.to_string()).and_then(|fault| shared.portal.add_fault(fault))
    {
        Ok(()) => done(),
        Err(why) => refused(why),
    }
}

async fn portal_clear_faults(State(shared): State<Arc<Shared>>) -> Answer {
    shared.portal.clear_faults();
    done()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewApiKey {
    api_key: String,
}

async fn portal_key(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    match read::<NewApiKey>(&body) {
        Ok(new) => {
            shared.portal.set_key(&new.api_key);
            done()
        }
        Err(why) => refused(why),
    }
}

async fn portal_records(State(shared): State<Arc<Shared>>) -> Answer {
    control_answer(StatusCode::OK, shared.portal.records())
}

async fn portal_set_records(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    match read::<Value>(&body) {
        Ok(records) => {
            shared.portal.edit(|all| *all = records);
            done()
        }
        Err(why) => refused(why),
    }
}

async fn portal_behaviour(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    match read(&body) {
        Ok(behaviour) => {
            shared.portal.behave(|shown| *shown = behaviour);
            done()
        }
        Err(why) => refused(why),
    }
}
