//! Answers on the wire: status, headers and body as ConnectWise sends them.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::{Body, HttpBody};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use tower_http::compression::Predicate;

use super::Shared;
use super::engine::Answer;
use super::errors::Refusal;

/// Smaller bodies are not worth compressing.
const COMPRESSED_FROM: u64 = 1024;

/// Which answers are compressed: large ones that no fault has its hands on.
#[derive(Debug, Clone, Copy)]
pub struct Compressible;

impl Predicate for Compressible {
    fn should_compress<B: HttpBody>(&self, response: &Response<B>) -> bool {
        let size = response.body().size_hint().exact();
        size.is_some_and(|size| size >= COMPRESSED_FROM)
    }
}

/// An answer before it is sent.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
    pub content_type: String,
    pub link: Option<String>,
    pub retry_after: Option<u32>,
}

impl Reply {
    pub fn of(shared: &Shared, outcome: Result<Answer, Refusal>) -> Reply {
        match outcome {
            Ok(Answer { status, file: Some((kind, body)), link, .. }) => {
                Reply { status, body, content_type: kind.to_owned(), link, retry_after: None }
            }
            Ok(Answer { status, body: Some(body), link, .. }) => Reply {
                status,
                body: body.to_string().into_bytes(),
                content_type: record_type(shared),
                link,
                retry_after: None,
            },
            Ok(Answer { status, link, .. }) => {
                Reply { status, body: Vec::new(), content_type: String::new(), link, retry_after: None }
            }
            Err(refusal) => Reply {
                status: refusal.status,
                body: refusal.body.into_bytes(),
                content_type: refusal.content_type.to_owned(),
                link: None,
                retry_after: refusal.retry_after,
            },
        }
    }

    pub fn respond(mut self, shared: &Shared) -> Response<Body> {
        let body = std::mem::take(&mut self.body);
        self.respond_with(shared, Body::from(body))
    }

    /// Status and headers as they are, with another body.
    pub fn respond_with(self, shared: &Shared, body: Body) -> Response<Body> {
        static SERIAL: AtomicU64 = AtomicU64::new(1);
        let date = shared.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let headers = [
            ("content-type", Some(self.content_type).filter(|kind| !kind.is_empty())),
            ("link", self.link),
            ("retry-after", self.retry_after.map(|seconds| seconds.to_string())),
            ("date", Some(date)),
            ("x-cw-request-id", Some(format!("{serial:08x}-0000-4000-8000-{:012x}", std::process::id()))),
            ("api-current-version", Some(shared.contract.release.clone())),
            ("cache-control", Some("no-cache".to_owned())),
            ("pragma", Some("no-cache".to_owned())),
        ];
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        for (name, value) in headers {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// What the body of a success is called.
fn record_type(shared: &Shared) -> String {
    let release = &shared.contract.release;
    format!("application/vnd.connectwise.com+json; version={release}; charset=utf-8")
}
