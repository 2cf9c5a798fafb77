//! The PSA over HTTP: routing, signing in, faults, headers.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use axum::serve::{IncomingStream, Listener};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::auth::Credentials;
use super::contract::Matched;
use super::engine::{self, Answer};
use super::errors::Refusal;
use super::faults::Kind;
use super::log::LoggedRequest;
use super::query::Parameters;
use super::view::View;
use super::{Shared, locked, reading, release, world, writing};

/// No honest request is larger.
const MAX_BODY: usize = 4 << 20;

pub async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    let app =
        Router::new().fallback(handle).with_state(shared).into_make_service_with_connect_info::<Connection>();
    axum::serve(Doors(listener), app)
        .with_graceful_shutdown(async move {
            // An error means that the handle is gone, which is an end too.
            let _ = stopped.wait_for(|stop| *stop).await;
        })
        .await
}

/// A listener whose connections can be reset from within a request.
struct Doors(TcpListener);

impl Listener for Doors {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Small answers must not wait for the client's acknowledgement.
        let _ = stream.set_nodelay(true);
        let cut = Arc::default();
        (Line { stream, cut }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// One connection; `cut` ends it without an answer.
struct Line {
    stream: TcpStream,
    cut: Arc<AtomicBool>,
}

impl Line {
    fn check(&self) -> io::Result<()> {
        match self.cut.load(Ordering::Acquire) {
            true => Err(io::ErrorKind::ConnectionReset.into()),
            false => Ok(()),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.cut.load(Ordering::Acquire) {
            // With nothing lingering the peer sees a reset, not an orderly end.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[derive(Clone)]
struct Connection(Arc<AtomicBool>);

impl Connected<IncomingStream<'_, Doors>> for Connection {
    fn connect_info(stream: IncomingStream<'_, Doors>) -> Connection {
        Connection(stream.io().cut.clone())
    }
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
    ConnectInfo(connection): ConnectInfo<Connection>,
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
    if !shared.options.latency.is_zero() {
        tokio::time::sleep(shared.options.latency).await;
    }
    let template = template(&shared, &asked.path);
    let most = shared.options.max_requests_per_minute;
    let limited = locked(&shared.limit).exceeded(most, Instant::now());
    let strike = locked(&shared.faults).strike(&asked.method, &asked.path, &template);
    let outcome = match strike {
        Some(Kind::Reset) => None,
        Some(Kind::Status(status)) => Some(Err(Refusal::server_fault(status))),
        after => {
            let outcome = match (limited, read) {
                (Some(seconds), _) => Err(Refusal::too_many_requests(seconds)),
                (None, Ok(_)) => answer(&shared, &asked),
                (None, Err(_)) => Err(Refusal::too_large()),
            };
            match after {
                Some(Kind::AppliedThenReset) => None,
                Some(Kind::AppliedThenStatus(status)) => Some(Err(Refusal::server_fault(status))),
                _ => Some(outcome),
            }
        }
    };
    let status = match &outcome {
        None => 0,
        Some(Ok(answer)) => answer.status,
        Some(Err(refusal)) => refusal.status,
    };
    locked(&shared.log).add(LoggedRequest {
        method: asked.method,
        path: asked.path,
        template,
        status,
        query: decoded(&asked.query, true),
        at: shared.clock.now(),
    });
    match outcome {
        Some(outcome) => respond(&shared, outcome),
        None => {
            connection.0.store(true, Ordering::Release);
            Response::new(Body::empty())
        }
    }
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
        url: format!(
            "http://{}/{}apis/3.0{path}",
            shared.authority,
            release::names(shared.options.release).codebase
        ),
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

fn pairs(query: &str) -> Vec<(String, String)> {
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
fn decoded(text: &str, query: bool) -> String {
    let bytes = text.as_bytes();
    let mut made = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
        match (byte, hex(bytes.get(at + 1)), hex(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                made.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 3;
                continue;
            }
            (b'+', ..) if query => made.push(b' '),
            _ => made.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&made).into_owned()
}

static SERIAL: AtomicU64 = AtomicU64::new(1);

fn respond(shared: &Shared, outcome: Result<Answer, Refusal>) -> Response<Body> {
    let (status, kind, body, link, retry) = match outcome {
        Ok(Answer { status, file: Some((kind, bytes)), link, .. }) => {
            (status, kind.to_owned(), bytes, link, None)
        }
        Ok(Answer { status, body: Some(body), link, .. }) => {
            let kind = format!(
                "application/vnd.connectwise.com+json; version={}; charset=utf-8",
                shared.contract.release
            );
            (status, kind, body.to_string().into_bytes(), link, None)
        }
        Ok(Answer { status, link, .. }) => (status, String::new(), Vec::new(), link, None),
        Err(refusal) => {
            let kind = refusal.content_type.to_owned();
            (refusal.status, kind, refusal.body.into_bytes(), None, refusal.retry_after)
        }
    };
    let date = shared.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    let headers = [
        ("content-type", Some(kind).filter(|kind| !kind.is_empty())),
        ("link", link),
        ("retry-after", retry.map(|seconds| seconds.to_string())),
        ("date", Some(date)),
        ("x-cw-request-id", Some(format!("{serial:08x}-0000-4000-8000-{:012x}", std::process::id()))),
        ("api-current-version", Some(shared.contract.release.clone())),
        ("cache-control", Some("no-cache".to_owned())),
        ("pragma", Some("no-cache".to_owned())),
    ];
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    for (name, value) in headers {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// A small JSON answer of the control server.
pub fn control_answer(status: StatusCode, body: Value) -> Response<Body> {
    let body = if status.is_success() { body } else { json!({"error": body}) };
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
