//! Answers on the wire, whoever gives them.

use axum::body::{Body, HttpBody};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use tower_http::compression::Predicate;

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
#[derive(Debug, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    /// A status alone.
    pub fn bare(status: u16) -> Reply {
        Reply { status, ..Reply::default() }
    }

    /// A status and a body of this type.
    pub fn of(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Reply {
        Reply { body: body.into(), ..Reply::bare(status) }.with(CONTENT_TYPE, content_type)
    }

    /// With this header, where its value can be sent.
    pub fn with(mut self, name: HeaderName, value: &str) -> Reply {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    pub fn respond(mut self) -> Response<Body> {
        let body = std::mem::take(&mut self.body);
        self.respond_with(Body::from(body))
    }

    /// Status and headers as they are, with another body.
    pub fn respond_with(self, body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        *response.headers_mut() = self.headers;
        response
    }
}
