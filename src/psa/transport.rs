//! The one place where requests are sent: with the login, through the gate, timed, traced, and tried again
//! where that is safe.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::redirect;
use serde_json::Value;
use tokio::time::Instant;

use super::connection::{Connection, Site};
use super::decode::not_connectwise;
use super::discovery::Route;
use super::error::{Error, Method, Tried, Trouble};
use super::failure;
use super::gate::Gate;
use super::headers::{self, Link};
use super::reply::{Reply, says_timeout};
use super::retry::{Decision, Outcome, RetryPolicy};
use super::routing::Routing;

/// The largest answer that is read.
const MOST_BYTES: usize = 64 << 20;

/// The longest address that is sent (behaviours, section 3: keep it under 2,000 characters).
const LONGEST_ADDRESS: usize = 2_000;

/// A request to be sent.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) tried: Tried,
    /// The encoded query.
    pub(super) query: String,
    /// The JSON body.
    pub(super) body: Option<Vec<u8>>,
    /// Whether the list is asked for by forward-only paging.
    pub(super) forward_only: bool,
}

impl Call {
    /// A request without query and body.
    pub(super) fn of(tried: Tried) -> Call {
        Call { tried, query: String::new(), body: None, forward_only: false }
    }
}

/// A successful answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// What was tried, now with the request id.
    pub(super) tried: Tried,
    /// What the server says of the pages to come; `None` when it does not say.
    pub(super) link: Option<Link>,
    /// The host that answered.
    pub(super) host: String,
}

/// A failed exchange, and what the transport itself has to know of it.
pub(super) struct Failed {
    pub(super) error: Error,
    /// The status of the answer, if one came.
    pub(super) status: Option<u16>,
    /// Whether the answer is what the wrong host or codebase gives.
    pub(super) misrouted: bool,
}

/// What one try brought.
struct Raw {
    status: u16,
    /// The status line's own words, where they are not the usual ones.
    reason: Option<String>,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Raw {
    /// Whether this is the answer of a request that was done. What else begins with a 2 is none of
    /// ConnectWise's answers to single records (behaviours, section 4), nor is a refusal sent as one.
    fn is_success(&self) -> bool {
        // A record is not read twice for this: the refusal is short, and has this word in it.
        let refusal = || {
            self.body.len() < 1_000
                && self.body.windows(4).any(|word| word == b"SSL ")
                && Reply::parse(self.status, &self.body).wants_encryption()
        };
        matches!(self.status, 200 | 201 | 204) && !refusal()
    }
}

/// Why one try brought no answer.
enum Broken {
    Http(reqwest::Error),
    TooLarge(u16),
}

pub(super) struct Transport {
    http: reqwest::Client,
    pub(super) connection: Connection,
    pub(super) site: Site,
    client_id: HeaderValue,
    policy: RetryPolicy,
    gate: Gate,
    pub(super) routing: Routing,
    /// How often the login was refused, and the last time's error: what waited at the gate meanwhile is not
    /// sent, so that many requests at once do not lock an account.
    refusals: AtomicU64,
    refused: Mutex<Option<Error>>,
    sent: AtomicU64,
    /// The server's time as its last answer gave it, and when that came.
    told: Mutex<Option<(Timestamp, Instant)>>,
}

impl Transport {
    pub(super) fn new(connection: Connection, policy: RetryPolicy) -> Result<Transport, Error> {
        super::install_crypto();
        let bad = |problem: String| Error::BadConnection { problem };
        let site = connection.site()?;
        if connection.company_id.trim().is_empty() {
            return Err(bad("company_id is empty".to_owned()));
        }
        let client_id = HeaderValue::from_str(connection.client_id.trim())
            .map_err(|_| bad("client_id holds characters that no client ID has".to_owned()))?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("psactl/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(policy.connect_timeout)
            .read_timeout(policy.read_timeout)
            .https_only(!site.is_local());
        if site.is_local() {
            // Credentials for this machine have no business on a proxy.
            builder = builder.no_proxy();
        }
        if !site.is_encrypted() {
            // No certificate is ever looked at: a machine without any (a bare container) will do.
            builder = builder.tls_certs_only([]);
        }
        if let Some(file) = &connection.ca_file {
            let unusable = |why: String| bad(format!("ca_file {}: {why}", file.display()));
            let pem = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem)
                .map_err(|_| unusable("it is no certificate in PEM form".to_owned()))?;
            if certificates.is_empty() {
                return Err(unusable("it holds no certificate (-----BEGIN CERTIFICATE-----)".to_owned()));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        let http = builder.build().map_err(|error| bad(failure::explain(&error).1))?;
        let gate = Gate::new(connection.max_concurrency, connection.max_requests_per_minute);
        Ok(Transport {
            http,
            connection,
            site,
            client_id,
            policy,
            gate,
            routing: Routing::default(),
            refusals: AtomicU64::new(0),
            refused: Mutex::new(None),
            sent: AtomicU64::new(0),
            told: Mutex::new(None),
        })
    }

    pub(super) fn requests_sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(super) fn clock_skew(&self, now: Timestamp) -> Option<SignedDuration> {
        let (theirs, came) = (*self.told.lock().unwrap_or_else(PoisonError::into_inner))?;
        let since = SignedDuration::try_from(came.elapsed()).unwrap_or_default();
        Some(theirs.duration_since(now) + since)
    }

    /// Sends one request, again if need be. With a route it carries the login, without one it does not.
    pub(super) async fn exchange(
        &self,
        address: &str,
        call: &Call,
        route: Option<&Route>,
    ) -> Result<Answer, Failed> {
        if address.len() > LONGEST_ADDRESS {
            let tried = Box::new(call.tried.clone());
            return Err(Error::TooLong { tried, length: address.len(), most: LONGEST_ADDRESS }.into());
        }
        let refusals = self.refusals.load(Ordering::Acquire);
        let mut begun = None;
        let mut attempt = 1;
        loop {
            let pass = self.gate.pass(self.policy.deadline).await.map_err(|wait| Error::RateLimited {
                tried: Box::new(call.tried.clone()),
                retry_after: Some(wait),
            })?;
            if route.is_some() && self.refusals.load(Ordering::Acquire) != refusals {
                let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(error) = refused.as_ref() {
                    return Err(error.clone().into());
                }
            }
            let started = Instant::now();
            let begun = *begun.get_or_insert(started);
            // A repeated try gets what is left of the time, the first one its whole share.
            let left = self.policy.deadline.saturating_sub(started - begun).max(self.policy.connect_timeout);
            let patience = self.policy.attempt_timeout.min(left);
            self.sent.fetch_add(1, Ordering::Relaxed);
            let result = self.attempt(address, call, route, patience).await;
            let took = started.elapsed();
            let outcome = self.note(call, &result, attempt, took);
            drop(pass);
            let result = match result {
                Ok(raw) if raw.is_success() => return Ok(self.answer(call, route, raw)),
                other => other,
            };
            let hopeless = match &result {
                Ok(_) => false,
                Err(Broken::TooLarge(_)) => true,
                // Another try meets the same certificate.
                Err(Broken::Http(error)) => {
                    error.is_builder() || failure::explain(error).0 == Trouble::Certificate
                }
            };
            let decision =
                self.policy.decide(call.tried.method, outcome, attempt, begun.elapsed(), fastrand::f64());
            if let Outcome::Answered(429, _) = outcome
                && let Decision::Wait(wait) = decision
            {
                self.gate.hold(wait);
            }
            match decision {
                Decision::Wait(wait) if !hopeless => tokio::time::sleep(wait).await,
                _ => return Err(self.failed(call, route, result, outcome, took)),
            }
            attempt += 1;
        }
    }

    /// One try: the request out, the whole answer in.
    async fn attempt(
        &self,
        address: &str,
        call: &Call,
        route: Option<&Route>,
        patience: Duration,
    ) -> Result<Raw, Broken> {
        let method = match call.tried.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut request = self.http.request(method, address).timeout(patience);
        if let Some(route) = route {
            let login = &self.connection.login;
            let user = format!("{}+{}", self.connection.company_id, login.user());
            request = request.basic_auth(user, Some(login.secret())).header(ACCEPT, route.accept);
            if !self.client_id.is_empty() {
                request = request.header("clientId", self.client_id.clone());
            }
            if login.is_integrator() {
                request = request.header("x-cw-usertype", "integrator");
            }
        } else {
            request = request.header(ACCEPT, "application/json");
        }
        if call.forward_only {
            request = request.header("pagination-type", "forward-only");
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let mut response = request.send().await.map_err(Broken::Http)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let reason = response.extensions().get::<hyper::ext::ReasonPhrase>();
        let reason = reason.map(|said| String::from_utf8_lossy(said.as_bytes()).into_owned());
        self.note_clock(&headers);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(Broken::Http)? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(Broken::TooLarge(status));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Raw { status, reason, headers, body })
    }

    /// Traces a try, tells the gate of it, and sums it up for the decision.
    fn note(&self, call: &Call, result: &Result<Raw, Broken>, attempt: u32, took: Duration) -> Outcome {
        let (method, path, ms) = (call.tried.method.as_str(), call.tried.path.as_str(), took.as_millis());
        let outcome = match result {
            Ok(raw) => {
                let id = headers::request_id(&raw.headers).unwrap_or_default();
                tracing::debug!(method, path, attempt, status = raw.status, ms, request_id = %id, "answered");
                Outcome::Answered(raw.status, headers::retry_after(&raw.headers))
            }
            Err(Broken::TooLarge(status)) => {
                tracing::debug!(method, path, attempt, status, ms, "the answer is too large");
                Outcome::Lost
            }
            Err(Broken::Http(error)) => {
                let (trouble, problem) = failure::explain(error);
                tracing::debug!(method, path, attempt, ms, ?trouble, problem, "no answer");
                match (error.is_connect() || error.is_builder(), error.is_timeout()) {
                    (true, _) => Outcome::NotSent,
                    (false, true) => Outcome::TimedOut,
                    (false, false) => Outcome::Lost,
                }
            }
        };
        let timed_out = |raw: &Raw| {
            let said = raw.reason.as_deref().is_some_and(says_timeout);
            raw.status == 500 && (said || says_timeout(&String::from_utf8_lossy(&raw.body)))
        };
        let slow = took > Duration::from_secs(15) || result.as_ref().is_ok_and(timed_out);
        match outcome {
            Outcome::Answered(429, Some(wait)) => {
                self.gate.step_back();
                self.gate.hold(wait);
            }
            Outcome::Answered(429 | 502..=504, _) | Outcome::TimedOut => self.gate.step_back(),
            Outcome::Answered(..) if slow => self.gate.step_back(),
            Outcome::Answered(200..=299, _) => self.gate.step_up(),
            Outcome::Answered(..) | Outcome::NotSent | Outcome::Lost => {}
        }
        outcome
    }

    /// Notes the server's time.
    fn note_clock(&self, headers: &HeaderMap) {
        if let Some(theirs) = headers::date(headers) {
            *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some((theirs, Instant::now()));
        }
    }

    fn answer(&self, call: &Call, route: Option<&Route>, raw: Raw) -> Answer {
        let tried = Tried { request_id: headers::request_id(&raw.headers), ..call.tried.clone() };
        Answer {
            status: raw.status,
            body: raw.body,
            tried,
            link: headers::link(&raw.headers),
            host: self.host(route),
        }
    }

    fn host(&self, route: Option<&Route>) -> String {
        route.map_or_else(|| self.site.login_site().host().to_owned(), |route| route.host.clone())
    }

    /// What a try that is not repeated amounts to.
    fn failed(
        &self,
        call: &Call,
        route: Option<&Route>,
        result: Result<Raw, Broken>,
        outcome: Outcome,
        took: Duration,
    ) -> Failed {
        let host = self.host(route);
        let mut tried = Box::new(call.tried.clone());
        let writes = call.tried.method.writes();
        let raw = match result {
            Ok(raw) => raw,
            Err(Broken::TooLarge(_)) => {
                let error = not_connectwise(&tried, &host, "the answer is larger than 64 MiB".to_owned());
                return if writes { error.unknown().into() } else { error.into() };
            }
            Err(Broken::Http(error)) => {
                let (trouble, problem) = failure::explain(&error);
                let error = match outcome {
                    Outcome::TimedOut => Error::TimedOut { tried, waited: took },
                    _ => Error::Unreachable { tried, host, problem, trouble },
                };
                let unknown = writes && outcome != Outcome::NotSent;
                return if unknown { error.unknown().into() } else { error.into() };
            }
        };
        tried.request_id = headers::request_id(&raw.headers);
        let mut secrets = self.connection.unspeakable();
        secrets.extend(call.body.as_deref().map(passwords).unwrap_or_default());
        let reply = Reply::parse_without(raw.status, raw.reason.as_deref(), &raw.body, &secrets);
        // ConnectWise's own refusals are JSON; its gateway and its web server answer in text and HTML.
        let gateway = !reply.json && !reply.empty;
        let cannot_route = reply.message.as_deref().is_some_and(|said| said.contains("Cannot route"));
        let misrouted = gateway && (raw.status == 404 || (raw.status == 400 && cannot_route));
        let reply = Box::new(reply);
        let error = match raw.status {
            _ if reply.wants_encryption() => {
                let problem = "“SSL is required.”: it wants https, and the host of the API".to_owned();
                return not_connectwise(&tried, &host, problem).into();
            }
            200..=299 => {
                let problem = format!("status {} is none of its answers", raw.status);
                not_connectwise(&tried, &host, problem)
            }
            300..=399 => {
                let mut to = headers::location(&raw.headers);
                for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
                    to = to.replace(secret, "***");
                }
                Error::Redirected { tried, host, to }
            }
            _ if misrouted => not_connectwise(&tried, &host, format!("{}: {}", raw.status, reply.summary())),
            401 => {
                let error = Error::Refused { tried, reply, suspicions: self.connection.suspicions() };
                *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
                self.refusals.fetch_add(1, Ordering::Release);
                error
            }
            403 => Error::Forbidden { tried, reply },
            404 => Error::NotFound { tried, reply },
            409 => Error::Conflict { tried, reply },
            429 => Error::RateLimited { tried, retry_after: headers::retry_after(&raw.headers) },
            408 => Error::TimedOut { tried, waited: took },
            400..=499 => Error::Invalid { tried, reply },
            _ => Error::Server { tried, reply },
        };
        // “Found” and “See other” are also how web servers end what was done; the other redirects say that it
        // was not.
        let unknown = writes && matches!(raw.status, 200..=299 | 302 | 303 | 408 | 500..);
        Failed { error: if unknown { error.unknown() } else { error }, status: Some(raw.status), misrouted }
    }
}

/// The passwords that a body carries, in a record or in the operations of a PATCH: a server may repeat them.
fn passwords(body: &[u8]) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        let secret = |name: &str| name.to_ascii_lowercase().contains("password");
        match value {
            Value::Object(fields) => {
                let named = fields.get("path").and_then(Value::as_str).is_some_and(secret);
                for (name, value) in fields {
                    match value {
                        Value::String(text) if secret(name) || named && name == "value" => {
                            found.push(text.clone());
                        }
                        value => collect(value, found),
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Ok(body) = serde_json::from_slice(body) {
        collect(&body, &mut found);
    }
    found
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed { error, status: None, misrouted: false }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::passwords;

    #[test]
    fn passwords_are_found_in_records_and_in_operations() {
        let record =
            json!({ "username": "efolder-api", "password": "one", "deep": { "oldPassword": "two" } });
        let patch = json!([
            { "op": "replace", "path": "password", "value": "three" },
            { "op": "replace", "path": "name", "value": "four" },
        ]);
        let mut found = passwords(record.to_string().as_bytes());
        found.sort();
        assert_eq!(found, ["one", "two"]);
        assert_eq!(passwords(patch.to_string().as_bytes()), ["three"]);
        assert_eq!(passwords(b"no JSON"), Vec::<String>::new());
    }
}
