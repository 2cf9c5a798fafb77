//! What a client gets of a request that a fault struck.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use futures_util::stream::{self, StreamExt};

use super::Shared;
use super::faults::{HTML, Kind, Strike, Written};
use super::reply::Reply;

/// Between two bytes of a body that drips.
const DRIP: Duration = Duration::from_millis(100);

/// What was sent before a connection closes shall be on its way first.
const ON_ITS_WAY: Duration = Duration::from_millis(20);

/// The answer, or none where the connection is to be cut without one. `whole` is the answer where nothing goes
/// wrong, `usual` what the server says with a status.
pub fn respond(
    shared: &Arc<Shared>,
    strike: &Strike,
    whole: Reply,
    usual: impl FnOnce(u16) -> Reply,
) -> Option<Response<Body>> {
    let half: Vec<u8> = whole.body.iter().take(whole.body.len() / 2).copied().collect();
    let promising = |whole: Reply, length: u64, body: Body| {
        whole.with(header::CONTENT_LENGTH, &length.to_string()).respond_with(body)
    };
    let mut reply = match strike.kind {
        Kind::Hang | Kind::Reset => return None,
        Kind::Status(status) => usual(status),
        // What stands before the server knows nothing of its headers.
        Kind::Html(status) => Reply::of(status, HTML, page(status)),
        Kind::Redirect(status) => Reply::bare(status),
        Kind::NotModified => Reply::bare(304),
        Kind::Empty => Reply { status: 200, body: Vec::new(), ..whole },
        Kind::Garbled => Reply { body: half, ..whole },
        Kind::WrongTag => whole.with(header::ETAG, "\"another\""),
        Kind::Truncated { chunked: true } => return Some(whole.respond_with(broken_off(half))),
        Kind::Truncated { chunked: false } => {
            let length = whole.body.len() as u64;
            return Some(promising(whole, length, broken_off(half)));
        }
        Kind::Giant { chunked: true } => return Some(whole.respond_with(endless())),
        Kind::Giant { chunked: false } => return Some(promising(whole, 1 << 40, endless())),
        Kind::Dripping => {
            let body = dripping(shared.clone(), whole.body.clone());
            return Some(whole.respond_with(body));
        }
    };
    if let Some(Written { content_type, body }) = &strike.written {
        reply = Reply { body: body.clone().into_bytes(), ..reply }.with(header::CONTENT_TYPE, content_type);
    }
    if let Some(seconds) = strike.retry_after {
        reply = reply.with(header::RETRY_AFTER, &seconds.to_string());
    }
    if let Some(to) = &strike.location {
        reply = reply.with(header::LOCATION, to);
    }
    Some(reply.respond())
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

/// Blanks without an end.
fn endless() -> Body {
    Body::from_stream(stream::iter(std::iter::repeat_with(|| Ok::<_, io::Error>(vec![b' '; 1 << 16]))))
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
