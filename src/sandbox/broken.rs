//! What a client gets of a request that a fault struck.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use futures_util::stream::{self, StreamExt};
use serde_json::json;

use super::Shared;
use super::engine::Answer;
use super::errors::Refusal;
use super::faults::{HTML, Kind, Strike, Written};
use super::reply::Reply;

/// Between two bytes of a body that drips.
const DRIP: Duration = Duration::from_millis(100);

/// What was sent before a connection closes shall be on its way first.
const ON_ITS_WAY: Duration = Duration::from_millis(20);

/// The answer, or none where the connection is to be cut without one. `whole` is the true answer, where
/// there is one.
pub fn respond(shared: &Arc<Shared>, strike: &Strike, whole: Option<Reply>) -> Option<Response<Body>> {
    let whole = whole.filter(|reply| !reply.body.is_empty()).unwrap_or_else(|| made_up(shared));
    Some(match strike.kind {
        Kind::Hang | Kind::Reset => return None,
        Kind::Status(status) => {
            let mut reply = Reply::of(shared, Err(refusal(status, strike.retry_after)));
            reply.retry_after = strike.retry_after.or(reply.retry_after);
            if let Some(written) = &strike.written {
                reply.body = written.body.clone().into_bytes();
                reply.content_type = written.content_type.clone();
            }
            reply.respond(shared)
        }
        Kind::Html(status) => {
            let written = strike.written.clone();
            let Written { content_type, body } =
                written.unwrap_or_else(|| Written { content_type: HTML.to_owned(), body: page(status) });
            let mut response = bare(status, Body::from(body));
            if let Ok(content_type) = HeaderValue::from_str(&content_type) {
                response.headers_mut().insert(header::CONTENT_TYPE, content_type);
            }
            if let Some(seconds) = strike.retry_after {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            response
        }
        Kind::Redirect(status) => {
            let mut response = bare(status, Body::empty());
            if let Ok(to) = HeaderValue::from_str(strike.location.as_deref().unwrap_or_default()) {
                response.headers_mut().insert(header::LOCATION, to);
            }
            response
        }
        Kind::Empty => Reply { status: 200, body: Vec::new(), ..whole }.respond(shared),
        Kind::Garbled => Reply { body: half(&whole.body), ..whole }.respond(shared),
        Kind::Truncated { chunked } => {
            let (half, length) = (half(&whole.body), whole.body.len());
            let mut response = whole.respond_with(shared, broken_off(half));
            if !chunked {
                response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
            }
            response
        }
        Kind::NotModified => bare(304, Body::empty()),
        Kind::WrongTag => {
            let mut response = whole.respond(shared);
            response.headers_mut().insert(header::ETAG, HeaderValue::from_static("\"another\""));
            response
        }
        Kind::Giant { chunked } => {
            let blanks = stream::iter(std::iter::repeat_with(|| Ok::<_, io::Error>(vec![b' '; 1 << 16])));
            let mut response = whole.respond_with(shared, Body::from_stream(blanks));
            if !chunked {
                response.headers_mut().insert(header::CONTENT_LENGTH, (1_u64 << 40).into());
            }
            response
        }
        Kind::Dripping => {
            let body = dripping(shared.clone(), whole.body.clone());
            whole.respond_with(shared, body)
        }
    })
}

/// Stands for the record that a write would have answered with.
fn made_up(shared: &Shared) -> Reply {
    let record = json!({"id": 4711, "name": "Never written", "_info": {"updatedBy": "sandbox"}});
    Reply::of(shared, Ok(Answer::of(200, record)))
}

fn refusal(status: u16, retry_after: Option<u32>) -> Refusal {
    match (status, retry_after) {
        (429, Some(seconds)) => Refusal::too_many_requests(seconds),
        _ => Refusal::of_status(status),
    }
}

/// An answer from something before ConnectWise, which knows nothing of its headers.
fn bare(status: u16, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    response
}

fn page(status: u16) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let title = match reason {
        _ if status < 300 => "Sign in to the guest network".to_owned(),
        reason => format!("{status} {}", reason.unwrap_or_default()),
    };
    format!(
        "<!DOCTYPE html>\r\n<html><head><title>{title}</title></head>\r\n\
         <body><center><h1>{title}</h1></center></body></html>\r\n"
    )
}

fn half(body: &[u8]) -> Vec<u8> {
    body.iter().take(body.len() / 2).copied().collect()
}

/// What there is, and then the end of the connection in the middle of the body.
fn broken_off(body: Vec<u8>) -> Body {
    let end = stream::once(async {
        tokio::time::sleep(ON_ITS_WAY).await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    Body::from_stream(stream::iter([Ok(body)]).chain(end))
}

/// One byte after the other, and blanks after the last: JSON takes them, a client need not.
fn dripping(shared: Arc<Shared>, body: Vec<u8>) -> Body {
    let bytes = body.into_iter().chain(std::iter::repeat(b' '));
    Body::from_stream(stream::unfold((bytes, shared), |(mut bytes, shared)| async move {
        tokio::select! {
            () = tokio::time::sleep(DRIP) => {}
            () = shared.stopping() => return None,
        }
        let byte = bytes.next()?;
        Some((Ok::<_, io::Error>(vec![byte]), (bytes, shared)))
    }))
}
