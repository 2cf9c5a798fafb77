//! The exports over HTTP, with what servers of files do (`ETag`, `If-Modified-Since`, a key in
//! `Authorization`), and faults on request.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderName, Request, Response, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::super::broken;
use super::super::faults::Faults;
use super::super::line::Cut;
use super::super::reply::Reply;
use super::super::server::{behind, sent_or_cut};
use super::super::{Shared, locked};

/// A request for an export, as the log keeps it.
#[derive(Debug, Clone, Serialize)]
pub struct ExportsRequest {
    /// The path, without the query.
    pub path: String,
    /// What was answered; 0 where the connection was cut.
    pub status: u16,
    /// What `Authorization` held.
    pub authorization: Option<String>,
    /// Whether it asked only for what changed.
    pub conditional: bool,
    /// The kind of fault that struck it.
    pub fault: Option<String>,
}

/// What is served.
#[derive(Default)]
pub struct Exports {
    files: BTreeMap<String, Export>,
    /// What `Authorization` must hold; none: anybody may read.
    pub key: Option<String>,
    pub faults: Faults,
    pub log: Vec<ExportsRequest>,
}

struct Export {
    body: Vec<u8>,
    tag: String,
    modified: Timestamp,
}

impl Exports {
    /// Puts an export there.
    pub fn set(&mut self, name: &str, body: Vec<u8>, now: Timestamp) {
        let digest = Sha256::digest(&body);
        let tag: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        self.files.insert(name.to_owned(), Export { body, tag: format!("\"{tag}\""), modified: now });
    }
}

pub async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, shared: Arc<Shared>) -> io::Result<()> {
    behind(listener, tls, Router::new().fallback(handle), shared).await
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Cut>,
    request: Request<Body>,
) -> Response<Body> {
    let (asked, _) = request.into_parts();
    let path = asked.uri.path().to_owned();
    let authorization = asked.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let authorization = authorization.map(str::to_owned);
    let conditions = [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE];
    let conditional = conditions.iter().any(|name| asked.headers.contains_key(name));
    let (strike, whole) = {
        let mut exports = locked(&shared.exports);
        let strike = exports.faults.strike(asked.method.as_str(), &path, "");
        // A fault spoils the whole answer, not the word that nothing changed.
        let mut headers = asked.headers.clone();
        if strike.is_some() {
            conditions.iter().for_each(|name| drop(headers.remove(name)));
        }
        (strike, whole(&exports, asked.method.as_str(), &path, &headers))
    };
    let sent = match &strike {
        None => Some(whole.respond()),
        Some(strike) => broken::respond(&shared, strike, whole, plain),
    };
    locked(&shared.exports).log.push(ExportsRequest {
        path,
        status: sent.as_ref().map_or(0, |response| response.status().as_u16()),
        authorization,
        conditional,
        fault: strike.as_ref().map(|strike| strike.name.clone()),
    });
    sent_or_cut(&shared, sent, strike.as_ref(), &connection).await
}

/// A status in words.
fn plain(status: u16) -> Reply {
    let words = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    Reply::of(status, "text/plain; charset=utf-8", words.unwrap_or_default())
}

/// The answer where nothing goes wrong.
fn whole(exports: &Exports, method: &str, path: &str, asked: &HeaderMap) -> Reply {
    let said = |name: HeaderName| asked.get(name).and_then(|value| value.to_str().ok());
    if exports.key.is_some() && exports.key.as_deref() != said(header::AUTHORIZATION) {
        return plain(401);
    }
    let Some(export) = exports.files.get(path.trim_start_matches('/')) else {
        return plain(404);
    };
    if method != "GET" {
        return plain(405);
    }
    let modified = export.modified.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let same = match (said(header::IF_NONE_MATCH), said(header::IF_MODIFIED_SINCE)) {
        (Some(tag), _) => tag == export.tag,
        (None, Some(since)) => since == modified,
        (None, None) => false,
    };
    let content_type = match path.rsplit_once('.') {
        Some((_, "json")) => "application/json",
        Some((_, "csv")) => "text/csv",
        _ => "application/octet-stream",
    };
    let (status, body) = if same { (304, Vec::new()) } else { (200, export.body.clone()) };
    Reply::of(status, content_type, body)
        .with(header::ETAG, &export.tag)
        .with(header::LAST_MODIFIED, &modified)
}
