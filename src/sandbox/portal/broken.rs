//! What a client gets of a request to the portal that a fault struck. Only reads are served, so that a deed before
//! or after the answer has no meaning here.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

use super::Reply;
use crate::sandbox::faults::{HTML, Kind, Strike, Written};

/// More than any client takes.
const GIANT: usize = 80 << 20;

/// The answer, or none where the connection is to be cut without one.
pub fn respond(strike: &Strike, whole: &Reply) -> Option<Response<Body>> {
    let (status, content_type, body) = match strike.kind {
        Kind::Hang | Kind::Reset => return None,
        Kind::Status(status) => {
            let (content_type, body) = usual(status);
            (status, content_type, body.as_bytes().to_vec())
        }
        Kind::Html(status) => (status, HTML, b"<html><body><h1>Sign in</h1></body></html>".to_vec()),
        Kind::Redirect(status) => (status, HTML, Vec::new()),
        // There are no tags to be wrong.
        Kind::NotModified => (304, whole.content_type, Vec::new()),
        Kind::WrongTag => (whole.status, whole.content_type, whole.body.clone()),
        Kind::Giant { .. } => (whole.status, whole.content_type, vec![b' '; GIANT]),
        Kind::Empty => (200, whole.content_type, Vec::new()),
        // Cut short, in whatever way: the JSON does not end.
        Kind::Garbled | Kind::Truncated { .. } | Kind::Dripping => (
            whole.status,
            whole.content_type,
            whole.body.iter().take(whole.body.len() / 2).copied().collect(),
        ),
    };
    let Written { content_type, body } = match &strike.written {
        Some(written) => written.clone(),
        None => {
            let body = String::from_utf8_lossy(&body).into_owned();
            Written { content_type: content_type.to_owned(), body }
        }
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    if let Ok(content_type) = HeaderValue::from_str(&content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    if let Some(seconds) = strike.retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if let Some(to) = strike.location.as_deref().and_then(|to| HeaderValue::from_str(to).ok()) {
        headers.insert(header::LOCATION, to);
    }
    Some(response)
}

/// The bodies that are known of each status.
fn usual(status: u16) -> (&'static str, &'static str) {
    const PROBLEM: &str = "application/problem+json";
    match status {
        400 => (
            PROBLEM,
            r#"{"detail":"Missing path parameter 'org_id'","status":400,"title":"Bad Request","type":"about:blank"}"#,
        ),
        401 => ("application/json", r#"{"message":"Unauthorized"}"#),
        403 => (
            PROBLEM,
            r#"{"detail":"User doesn't have enough permissions to process this request","status":403,"title":"Not enough permissions","type":"ForbiddenException"}"#,
        ),
        404 => (
            PROBLEM,
            r#"{"detail":"Client with such id = 12 is not found","status":404,"title":"Client not found","type":"NotFoundException"}"#,
        ),
        _ => ("text/html", ""),
    }
}
