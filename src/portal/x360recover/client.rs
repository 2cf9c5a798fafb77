//! Axcient's API over HTTP: one method for each read that is made, paging, pace and retries.
//!
//! At most ten calls a second and four at once (the limit is not published; a known client keeps to ten). Only reads
//! are made, so that every one may be repeated.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderValue, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::refusal::{Kind, Refusal};
use super::wire;
use crate::net;

/// The largest answer that is read.
const MOST_BYTES: usize = 64 << 20;

/// Devices asked for at once: as many as the known clients ask for, since the most is not published.
const DEVICES: usize = 100;

/// Runs of a job asked for at once, for the same reason.
const RUNS: usize = 1500;

/// A page of runs with fewer is the last one, whatever the server's own limit is.
const FEW: usize = 100;

/// As many as there may be, where pages cannot be had.
const ALL_AT_ONCE: usize = 100_000;

/// More pages than this are no list.
const MOST_PAGES: usize = 2_000;

/// Nor is more than this, in bytes: what is read of a list stays in memory.
const MOST_OF_A_LIST: usize = 128 << 20;

/// The longest that a run waits because a Retry-After says so.
const MOST_PATIENT: Duration = Duration::from_secs(60);

/// How patient the client is.
#[derive(Debug, Clone)]
pub struct Patience {
    /// Between the beginnings of two calls.
    pub spacing: Duration,
    /// Calls under way at once.
    pub at_once: usize,
    /// The waits before a call is repeated, one after the other.
    pub waits: Vec<Duration>,
    /// How long one call may take.
    pub timeout: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        let seconds = Duration::from_secs;
        Patience {
            spacing: Duration::from_millis(100),
            at_once: 4,
            waits: vec![seconds(1), seconds(4), seconds(16)],
            timeout: seconds(90),
        }
    }
}

impl Patience {
    /// As always; where tests are in a hurry with next to no waits.
    pub fn usual() -> Patience {
        let usual = Patience::default();
        if !crate::testing::hasty() {
            return usual;
        }
        let soon = Duration::from_millis(1);
        let timeout = crate::testing::answer_within(usual.timeout);
        Patience { spacing: Duration::ZERO, waits: vec![soon; usual.waits.len()], timeout, ..usual }
    }
}

/// A list, or one thing, as the server sent it.
pub type Answer<T> = Result<T, Refusal>;

/// The client.
pub struct Api {
    http: reqwest::Client,
    /// Without a slash at the end.
    base: String,
    key: SecretString,
    patience: Patience,
    slots: Semaphore,
    /// When the next call may begin.
    next: Mutex<Option<Instant>>,
    sent: AtomicU64,
}

impl Api {
    /// A client. Nothing is sent yet. `base` is origin and path, as `https://axapi.axcient.com/x360recover`.
    ///
    /// # Errors
    /// What is wrong with the address, in words; never the key.
    pub fn new(base: &str, key: SecretString, patience: Patience) -> Result<Api, String> {
        Api::trusting(base, key, patience, None)
    }

    /// The same, which trusts the certificate authorities of this PEM file besides the system's.
    ///
    /// # Errors
    /// As [`Api::new`], and why the file cannot be used.
    pub fn trusting(
        base: &str,
        key: SecretString,
        patience: Patience,
        ca_file: Option<&Path>,
    ) -> Result<Api, String> {
        let base = net::address(base)?;
        let url = Url::parse(&base).map_err(|error| error.to_string())?;
        let mut http = net::builder(&url).connect_timeout(Duration::from_secs(10));
        if let Some(file) = ca_file {
            http = http.tls_certs_merge(net::certificates(file)?);
        }
        let http = http.timeout(patience.timeout).build().map_err(|error| error.without_url().to_string())?;
        Ok(Api {
            http,
            base,
            key,
            slots: Semaphore::new(patience.at_once.max(1)),
            patience,
            next: Mutex::default(),
            sent: AtomicU64::new(0),
        })
    }

    /// How many calls were made.
    pub fn calls(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// A refusal as the portal's failure, with what to do next.
    pub fn failure(&self, refusal: &Refusal) -> crate::portal::Error {
        refusal.portal_error(&self.base)
    }

    /// The partner that owns the key.
    ///
    /// # Errors
    /// What came instead; so with every other method.
    pub async fn organization(&self) -> Answer<wire::Organization> {
        let path = "/organization".to_owned();
        let value = self.get(&path, &[]).await?;
        wire::Organization::read(&value).ok_or_else(|| garbled(path))
    }

    /// All clients.
    pub async fn clients(&self) -> Answer<Vec<Value>> {
        self.list("/client".to_owned(), &[], "id").await
    }

    /// The devices of a client, page by page.
    pub async fn devices_of(&self, client: i64) -> Answer<Vec<Value>> {
        self.pages(format!("/client/{client}/device"), &[], DEVICES, 0, |device| wire::id(device, "id")).await
    }

    /// All devices, page by page.
    pub async fn devices(&self) -> Answer<Vec<Value>> {
        self.pages("/device".to_owned(), &[], DEVICES, 0, |device| wire::id(device, "id")).await
    }

    /// All appliances, without their devices, which is less to wait for: whose they are, the device list says.
    pub async fn appliances(&self) -> Answer<Vec<Value>> {
        self.list("/appliance".to_owned(), &[("include_devices", "false".to_owned())], "id").await
    }

    /// The runs of a job that began at or after a moment (Unix seconds), page by page.
    pub async fn runs(&self, client: i64, device: i64, job: i64, since: i64) -> Answer<Vec<Value>> {
        let path = format!("/client/{client}/device/{device}/job/{job}/history");
        let since = [("starttime_begin", since.to_string())];
        self.pages(path, &since, RUNS, FEW, |run| wire::text(run, "start_time")).await
    }

    /// A list that comes whole. What is published as a single object is a list of one.
    async fn list(&self, path: String, query: &[(&str, String)], known: &str) -> Answer<Vec<Value>> {
        let value = self.get(&path, query).await?;
        wire::list(value, known).ok_or_else(|| garbled(path))
    }

    /// A list in pages. There is no count and no link to the next page, the largest page is not published, and it is
    /// not sure that `offset` has effect everywhere: it goes on until a page brings nothing new. One with fewer
    /// than `few` entries is the last one in any case.
    async fn pages<K: std::hash::Hash + Eq>(
        &self,
        path: String,
        query: &[(&str, String)],
        limit: usize,
        few: usize,
        key: impl Fn(&Value) -> Option<K>,
    ) -> Answer<Vec<Value>> {
        let mut all: Vec<Value> = Vec::new();
        let mut seen = HashSet::new();
        let (mut offset, mut came) = (0, 0);
        for _ in 0..MOST_PAGES {
            let (page, bytes) = self.page(&path, query, limit, offset).await?;
            came += bytes;
            if came > MOST_OF_A_LIST {
                break;
            }
            let (count, before) = (page.len(), seen.len());
            // One without a key is kept: whoever reads it says what is wrong with it.
            all.extend(page.into_iter().filter(|entry| key(entry).is_none_or(|key| seen.insert(key))));
            if offset > 0 && count == limit && seen.len() == before {
                // The same full page again: the offset has no effect. All at once, then.
                let (whole, _) = self.page(&path, query, ALL_AT_ONCE, 0).await?;
                all.extend(whole.into_iter().filter(|entry| key(entry).is_some_and(|key| seen.insert(key))));
                return Ok(all);
            }
            if count < few || seen.len() == before {
                return Ok(all);
            }
            offset += count;
        }
        let said = "the list has no end".to_owned();
        Err(Refusal { asked: format!("GET {path}"), kind: Kind::Garbled, said })
    }

    async fn page(
        &self,
        path: &str,
        query: &[(&str, String)],
        limit: usize,
        offset: usize,
    ) -> Answer<(Vec<Value>, usize)> {
        let mut query = query.to_vec();
        query.extend([("limit", limit.to_string()), ("offset", offset.to_string())]);
        let (value, bytes) = self.ask(path, &query).await?;
        let known = if path.ends_with("/history") { "start_time" } else { "id" };
        let entries = wire::list(value, known).ok_or_else(|| garbled(path.to_owned()))?;
        Ok((entries, bytes))
    }

    async fn get(&self, path: &str, query: &[(&str, String)]) -> Answer<Value> {
        let (value, _) = self.ask(path, query).await?;
        Ok(value)
    }

    /// What is answered, and how many bytes it took.
    async fn ask(&self, path: &str, query: &[(&str, String)]) -> Answer<(Value, usize)> {
        let (asked, address) = (format!("GET {path}"), format!("{}{path}", self.base));
        let mut waits = self.patience.waits.iter();
        loop {
            let refusal = match self.once(&asked, &address, query).await {
                Ok(value) => return Ok(value),
                Err(refusal) => refusal,
            };
            let again = match &refusal.kind {
                Kind::Limited(_) | Kind::Lost => true,
                Kind::Status(status) => *status >= 500,
                _ => false,
            };
            let Some(wait) = waits.next().filter(|_| again) else { return Err(refusal) };
            let wait = match refusal.kind {
                // One that asks for more patience than a run has is told of, and asked again later.
                Kind::Limited(Some(asked)) if asked > MOST_PATIENT => return Err(refusal),
                Kind::Limited(Some(asked)) => asked.max(*wait),
                _ => *wait,
            };
            tracing::warn!(asked = %refusal.asked, wait_ms = wait.as_millis(), "x360Recover: {refusal}; asked again");
            if let Kind::Limited(_) = refusal.kind {
                // The limit is the key's: nobody asks meanwhile.
                self.hold(wait);
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn once(&self, asked: &str, address: &str, query: &[(&str, String)]) -> Answer<(Value, usize)> {
        let lost = |said: String| Refusal { asked: asked.to_owned(), kind: Kind::Lost, said };
        let broken = |error: reqwest::Error| {
            let kind = match net::Distrust::of(&error) {
                Some(distrust) => Kind::Distrusted(distrust.hint),
                None => Kind::Lost,
            };
            Refusal { asked: asked.to_owned(), kind, said: net::why(error) }
        };
        // The semaphore is never closed.
        let _slot = self.slots.acquire().await.map_err(|error| lost(error.to_string()))?;
        tokio::time::sleep_until(self.turn()).await;
        self.sent.fetch_add(1, Ordering::Relaxed);
        let secret = self.key.expose_secret().trim();
        let mut key = HeaderValue::from_str(secret).map_err(|_| Refusal {
            asked: asked.to_owned(),
            kind: Kind::Key,
            said: "it holds characters that no API key has".to_owned(),
        })?;
        key.set_sensitive(true);
        let began = Instant::now();
        let request = self.http.get(address).query(query).header("x-api-key", key);
        let mut answer = request.send().await.map_err(broken)?;
        let status = answer.status();
        let retry_after =
            answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > MOST_BYTES {
                let said = "the answer is larger than 64 MB".to_owned();
                return Err(Refusal { asked: asked.to_owned(), kind: Kind::Garbled, said });
            }
            body.extend_from_slice(&chunk);
        }
        tracing::debug!(asked, status = status.as_u16(), ms = began.elapsed().as_millis(), "answered");
        if !status.is_success() {
            let retry_after = retry_after.map(Duration::from_secs);
            return Err(Refusal::of(asked.to_owned(), status.as_u16(), retry_after, &body, secret));
        }
        let garbled = |said: String| Refusal { asked: asked.to_owned(), kind: Kind::Garbled, said };
        if net::has_too_many_values(&body) {
            return Err(garbled(format!("its {} MB hold millions of values", body.len() >> 20)));
        }
        let value = serde_json::from_slice(&body).map_err(|error| garbled(format!("not JSON: {error}")))?;
        Ok((value, body.len()))
    }

    /// When this call may begin; the next one may a little later.
    fn turn(&self) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let turn = next.map_or(now, |next| next.max(now));
        *next = Some(turn + self.patience.spacing);
        turn
    }

    fn hold(&self, wait: Duration) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + wait;
        *next = Some(next.map_or(until, |next| next.max(until)));
    }
}

fn garbled(path: String) -> Refusal {
    let said = "JSON of another form than the contract's".to_owned();
    Refusal { asked: format!("GET {path}"), kind: Kind::Garbled, said }
}
