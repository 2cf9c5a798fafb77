//! The PSA over HTTP: routing, signing in, faults, headers.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderName, Request, Response, header};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use super::auth::Credentials;
use super::broken;
use super::contract::Matched;
use super::engine::{self, Answer};
use super::errors::Refusal;
use super::faults::{Deed, Kind, Strike};
use super::line::{Cut, Doors};
use super::log::LoggedRequest;
use super::query::Parameters;
use super::reply::{self, Reply};
use super::view::View;
use super::{Shared, locked, reading, release, world, writing};

/// No honest request is larger.
const MAX_BODY: usize = 4 << 20;

pub async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, shared: Arc<Shared>) -> io::Result<()> {
    // Large answers are compressed where the client takes it, as the real server's are.
    let compression =
        CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(reply::Compressible);
    behind(listener, tls, Router::new().fallback(handle).layer(compression), shared).await
}

/// Serves behind doors that can be cut, until the sandbox stops.
pub(super) async fn behind(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router<Arc<Shared>>,
    shared: Arc<Shared>,
) -> io::Result<()> {
    let app = router.with_state(shared.clone()).into_make_service_with_connect_info::<Cut>();
    axum::serve(Doors::new(listener, tls), app)
        .with_graceful_shutdown(async move { shared.stopping().await })
        .await
}

/// What is known of a request when it is answered.
struct Asked {
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Cut>,
    request: Request<Body>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let read = to_bytes(body, MAX_BODY).await;
    let asked = Asked {
        method: parts.method.as_str().to_owned(),
        path: decoded(parts.uri.path(), false),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: read.as_ref().map(|b| b.to_vec()).unwrap_or_default(),
    };
    let delay = shared.options.latency + jitter(shared.options.jitter);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let template = template(&shared, &asked.path);
    let most = shared.options.max_requests_per_minute;
    let limited = locked(&shared.limit).exceeded(most, Instant::now());
    let strike = locked(&shared.faults).strike(&asked.method, &asked.path, &template);
    let strike = strike.or_else(|| Strike::by_chance(shared.options.failure_rate));
    // What a fault keeps from being done is not even looked at, but for reads, whose answer may be
    // sent in part.
    let spared = strike.as_ref().is_some_and(|strike| strike.deed != Deed::Before) && asked.method != "GET";
    let heard = limited.is_none() && read.is_ok();
    let outcome = match (limited, read) {
        _ if spared => None,
        (Some(seconds), _) => Some(Err(Refusal::too_many_requests(seconds))),
        (None, Ok(_)) => Some(answer(&shared, &asked)),
        (None, Err(_)) => Some(Err(Refusal::too_large())),
    };
    let applied = changes(&asked.method, &template) && matches!(outcome, Some(Ok(_)));
    let whole = outcome.map(|outcome| reply(&shared, outcome));
    let sent = match &strike {
        None => whole.map(Reply::respond),
        Some(strike) => {
            let whole = whole.filter(|reply| !reply.body.is_empty()).unwrap_or_else(|| made_up(&shared));
            broken::respond(&shared, strike, whole, |status| match (status, strike.retry_after) {
                (429, Some(seconds)) => reply(&shared, Err(Refusal::too_many_requests(seconds))),
                _ => reply(&shared, Err(Refusal::of_status(status))),
            })
        }
    };
    let serial = locked(&shared.log).add(LoggedRequest {
        method: asked.method.clone(),
        path: asked.path.clone(),
        template: template.clone(),
        status: sent.as_ref().map_or(0, |response| response.status().as_u16()),
        query: decoded(&asked.query, true),
        at: shared.clock.now(),
        applied,
        fault: strike.as_ref().map(|strike| strike.name.clone()),
    });
    if let Some(Deed::Later(after)) = strike.as_ref().map(|strike| strike.deed)
        && heard
        && changes(&asked.method, &template)
    {
        tokio::spawn(do_later(shared.clone(), asked, after, serial));
    }
    sent_or_cut(&shared, sent, strike.as_ref(), &connection).await
}

/// An answer as ConnectWise sends it, with its headers.
fn reply(shared: &Shared, outcome: Result<Answer, Refusal>) -> Reply {
    static SERIAL: AtomicU64 = AtomicU64::new(1);
    let release = &shared.contract.release;
    let record = format!("application/vnd.connectwise.com+json; version={release}; charset=utf-8");
    let (reply, link, wait) = match outcome {
        Ok(Answer { status, file: Some((kind, body)), link, .. }) => {
            (Reply::of(status, kind, body), link, None)
        }
        Ok(Answer { status, body: Some(body), link, .. }) => {
            (Reply::of(status, &record, body.to_string()), link, None)
        }
        Ok(Answer { status, link, .. }) => (Reply::bare(status), link, None),
        Err(said) => (Reply::of(said.status, said.content_type, said.body), None, said.retry_after),
    };
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    let date = shared.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let headers = [
        ("link", link),
        ("retry-after", wait.map(|seconds| seconds.to_string())),
        ("date", Some(date)),
        ("x-cw-request-id", Some(format!("{serial:08x}-0000-4000-8000-{:012x}", std::process::id()))),
        ("api-current-version", Some(release.clone())),
        ("cache-control", Some("no-cache".to_owned())),
        ("pragma", Some("no-cache".to_owned())),
    ];
    headers.into_iter().fold(reply, |reply, (name, value)| match value {
        Some(value) => reply.with(HeaderName::from_static(name), &value),
        None => reply,
    })
}

/// Stands for the record that a write would have answered with.
fn made_up(shared: &Shared) -> Reply {
    let record = json!({"id": 4711, "name": "Never written", "_info": {"updatedBy": "sandbox"}});
    reply(shared, Ok(Answer::of(200, record)))
}

/// The answer; where a fault took it, the connection is cut, at once or when the sandbox stops.
pub(super) async fn sent_or_cut(
    shared: &Shared,
    sent: Option<Response<Body>>,
    strike: Option<&Strike>,
    connection: &Cut,
) -> Response<Body> {
    if let Some(response) = sent {
        return response;
    }
    if strike.is_some_and(|strike| strike.kind == Kind::Hang) {
        shared.stopping().await;
    }
    connection.now();
    Response::new(Body::empty())
}

/// Does what was answered already, as a server that went on working behind a gateway's back. A task
/// of its own: the client may be gone, and its connection with it.
async fn do_later(shared: Arc<Shared>, asked: Asked, after: Duration, serial: u64) {
    tokio::select! {
        () = tokio::time::sleep(after) => {}
        () = shared.stopping() => return,
    }
    if answer(&shared, &asked).is_ok() {
        locked(&shared.log).done(serial);
    }
}

/// A random part of the most that an answer is late.
fn jitter(most: Duration) -> Duration {
    most.mul_f64(fastrand::f64())
}

/// Whether a request that succeeds has written: a search is a POST that only reads.
fn changes(method: &str, template: &str) -> bool {
    method != "GET" && !template.ends_with("/search")
}

fn answer(shared: &Shared, asked: &Asked) -> Result<Answer, Refusal> {
    if let Some(company) = company_info(&asked.path) {
        return match asked.method.as_str() {
            "GET" => {
                Ok(Answer::of(200, world::company_info(shared.options.release, company, &shared.authority)))
            }
            _ => Err(Refusal::method_not_allowed()),
        };
    }
    let path = api_path(shared, &asked.path)?;
    let header = |name: &str| asked.headers.get(name)?.to_str().ok();
    let credentials = Credentials {
        authorization: header("authorization"),
        client_id: header("clientid"),
        user_type: header("x-cw-usertype"),
    };
    let writer = {
        let store = reading(&shared.store);
        reading(&shared.keys).caller(&store, &credentials)?
    };
    release::accepts(shared.options.release, header("accept").unwrap_or_default())?;
    let matched = shared.contract.route(path).ok_or_else(Refusal::no_such_page)?;
    let method = asked.method.as_str();
    let operation = matched.route.operations.get(method);
    let operation = operation.ok_or_else(Refusal::method_not_allowed)?;
    if !writer.may(method, &matched.route.template) {
        return Err(Refusal::forbidden());
    }
    let pairs = pairs(&asked.query);
    let parameters = Parameters::from_pairs(pairs.iter().cloned());
    for name in &operation.query_required {
        if parameters.get(name).is_none() {
            return Err(Refusal::bad_query(&format!("{name} is required.")));
        }
    }
    let body = match operation.takes_body {
        true => Some(json_body(asked, &matched)?),
        // DELETE of several records at once carries one that the document does not declare.
        false => serde_json::from_slice(&asked.body).ok(),
    };
    let request = engine::Request {
        method,
        matched: &matched,
        parameters: &parameters,
        forward_only: header("pagination-type").is_some_and(|kind| kind == "forward-only"),
        body,
        writer: &writer,
        url: format!("{}/{}apis/3.0{path}", shared.origin, release::names(shared.options.release).codebase),
        query_pairs: &pairs,
    };
    let now = shared.clock.now();
    if method == "GET" {
        let view = View {
            contract: &shared.contract,
            store: &reading(&shared.store),
            options: &shared.options,
            now,
        };
        return engine::read(&view, &request);
    }
    let mut store = writing(&shared.store);
    engine::write(&shared.contract, &mut store, &shared.options, now, &request)
}

/// JSON and nothing else is taken (contract: behaviours, section 5: 415).
fn json_body(asked: &Asked, matched: &Matched<'_>) -> Result<Value, Refusal> {
    let kind = asked.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let json = ["application/json", "application/vnd.connectwise.com+json"];
    if !json.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        return Err(Refusal::unsupported_media());
    }
    serde_json::from_slice(&asked.body).map_err(|why| {
        let template = &matched.route.template;
        Refusal::bad_body(&format!("The body of {template} is no valid JSON: {why}"))
    })
}

fn company_info(path: &str) -> Option<&str> {
    let company = path.strip_prefix("/login/companyinfo/")?;
    Some(company.trim_end_matches('/'))
}

/// The path below `/{codebase}/apis/3.0`; a wrong codebase never gets past the gateway.
fn api_path<'a>(shared: &Shared, path: &'a str) -> Result<&'a str, Refusal> {
    let lower = path.to_ascii_lowercase();
    let Some(at) = lower.find("/apis/3.0") else {
        return Err(Refusal::no_such_page());
    };
    let codebase = lower[..at].trim_matches('/');
    let own = release::names(shared.options.release).codebase;
    if codebase != own.trim_end_matches('/') && codebase != "v4_6_release" {
        return Err(Refusal::cannot_route());
    }
    // The lower-case copy has the same bytes, for only ASCII letters were changed.
    let rest = &path[at + "/apis/3.0".len()..];
    match rest.to_ascii_lowercase().contains("/apis/3.0") {
        true => Err(Refusal::cannot_route()),
        false => Ok(rest),
    }
}

fn template(shared: &Shared, path: &str) -> String {
    if company_info(path).is_some() {
        return "/login/companyinfo/{companyId}".to_owned();
    }
    let matched = api_path(shared, path).ok().and_then(|path| shared.contract.route(path));
    matched.map_or_else(String::new, |matched| matched.route.template.clone())
}

pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(name, true), decoded(value, true))
        })
        .collect()
}

/// Percent-decoding; in a query a plus sign is a blank.
pub(super) fn decoded(text: &str, query: bool) -> String {
    let text = if query { text.replace('+', " ") } else { text.to_owned() };
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}
