//! The one place where requests are sent: with the login, through the gate, timed, traced, and tried again
//! where that is safe.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::time::Instant;

use super::answer::{Answer, Broken, Failed, Raw};
use super::connection::{Connection, Site};
use super::discovery::Route;
use super::error::{Error, Method, Tried, Trouble};
use super::failure;
use super::gate::Gate;
use super::headers;
use super::reply::Reply;
use super::retry::{Decision, Outcome, RetryPolicy};
use super::routing::Routing;
use crate::net;

/// The largest answer that is read.
const MOST_BYTES: usize = 64 << 20;

/// The longest address that is sent (behaviours, section 3: keep it under 2,000 characters).
const LONGEST_ADDRESS: usize = 2_000;

/// An answer that takes longer than this is a sign of a server that has too much to do.
const SLOW: Duration = Duration::from_secs(15);

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

pub(super) struct Transport {
    http: reqwest::Client,
    pub(super) connection: Connection,
    pub(super) site: Site,
    client_id: HeaderValue,
    policy: RetryPolicy,
    gate: Gate,
    pub(super) routing: Routing,
    refusals: Mutex<Refusals>,
    sent: AtomicU64,
    /// The server's time as its last answer gave it, and when that came.
    told: Mutex<Option<(Timestamp, Instant)>>,
}

/// How often the login was refused, and in which words the last time: what waits at the gate meanwhile is not sent,
/// so that many requests at once do not lock an account.
#[derive(Default)]
struct Refusals {
    times: u64,
    last: Option<Box<Reply>>,
}

impl Transport {
    pub(super) fn new(connection: Connection, policy: RetryPolicy) -> Result<Transport, Error> {
        let bad = |problem: String| Error::BadConnection { problem };
        let site = connection.site()?;
        if connection.company_id.trim().is_empty() {
            return Err(bad("company_id is empty".to_owned()));
        }
        let client_id = HeaderValue::from_str(connection.client_id.trim())
            .map_err(|_| bad("client_id holds characters that no client ID has".to_owned()))?;
        let mut builder = net::builder(site.url())
            .connect_timeout(policy.connect_timeout)
            .read_timeout(policy.read_timeout);
        if let Some(file) = &connection.ca_file {
            builder = builder.tls_certs_merge(net::certificates(file).map_err(bad)?);
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
            refusals: Mutex::default(),
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
        let refusals = self.refusals().times;
        let mut begun = None;
        let mut attempt = 1;
        loop {
            let pass = self.gate.pass(self.policy.deadline).await.map_err(|wait| Error::RateLimited {
                tried: Box::new(call.tried.clone()),
                retry_after: Some(wait),
            })?;
            if route.is_some()
                && let Some(reply) = self.refused_since(refusals)
            {
                return Err(self.refused(Box::new(call.tried.clone()), reply).into());
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
            // Held and noted before the place at the gate is free: whoever waits for it is to know.
            match (outcome, decision) {
                (Outcome::Answered(429, _), Decision::Wait(wait))
                | (Outcome::Answered(429, Some(wait)), Decision::Stop) => self.gate.hold(wait),
                _ => {}
            }
            match decision {
                Decision::Wait(wait) if !hopeless => {
                    drop(pass);
                    tokio::time::sleep(wait).await;
                }
                _ => return Err(self.failed(call, route, result, outcome, took)),
            }
            attempt += 1;
        }
    }

    fn refusals(&self) -> MutexGuard<'_, Refusals> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// In which words the login was refused, where it was since it had been so many times.
    fn refused_since(&self, times: u64) -> Option<Box<Reply>> {
        let refusals = self.refusals();
        if refusals.times == times { None } else { refusals.last.clone() }
    }

    pub(super) fn note_refusal(&self, reply: &Reply) {
        let mut refusals = self.refusals();
        refusals.times += 1;
        refusals.last = Some(Box::new(reply.clone()));
    }

    pub(super) fn refused(&self, tried: Box<Tried>, reply: Box<Reply>) -> Error {
        Error::Refused { tried, reply, suspicions: self.connection.suspicions() }
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
        self.note_clock(status, &headers);
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
        let slow = took > SLOW || result.as_ref().is_ok_and(Raw::timed_out);
        match outcome {
            Outcome::Answered(429 | 502..=504, _) | Outcome::TimedOut => self.gate.step_back(),
            Outcome::Answered(..) if slow => self.gate.step_back(),
            Outcome::Answered(200..=299, _) => self.gate.step_up(),
            Outcome::Answered(..) | Outcome::NotSent | Outcome::Lost => {}
        }
        outcome
    }

    /// Notes the server's time, which a record has beside it: the page of a gateway that stands between has its own.
    fn note_clock(&self, status: u16, headers: &HeaderMap) {
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !(200..300).contains(&status) || !kind.contains("json") {
            return;
        }
        if let Some(theirs) = headers::date(headers) {
            *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some((theirs, Instant::now()));
        }
    }
}
