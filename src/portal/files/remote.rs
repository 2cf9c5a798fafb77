//! Exports from addresses: asked for when they are due, kept as copies in the state folder, and never half.

use super::super::Error;
use crate::config::{Config, ExportFiles, HeaderText, hex};
use crate::{disk, net};
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{
    ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION,
    RETRY_AFTER,
};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// More redirects than that lead nowhere.
const REDIRECTS: usize = 5;

/// A server that does not answer is asked again after twice the time, but not later than this.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// Even where a server says that nothing changed, it is asked for the whole after this time: some say so for ever.
const TRUSTED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Which of the two exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Which {
    Accounts,
    Events,
}

impl Which {
    fn word(self) -> &'static str {
        match self {
            Which::Accounts => "accounts",
            Which::Events => "events",
        }
    }
}

/// The addresses of exports, and the copies of what was found there last.
pub(super) struct Remote {
    folder: PathBuf,
    urls: BTreeMap<Which, Url>,
    headers: BTreeMap<String, HeaderText>,
    poll_every: SignedDuration,
    config: Config,
}

/// What is known of the copies: the content of `files.json` beside them.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// A hash of the addresses: other ones have other exports.
    key: String,
    asked_at: Option<Timestamp>,
    copies: BTreeMap<Which, Copy>,
    failed: Option<Failed>,
}

/// A copy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Copy {
    file: String,
    /// SHA-256, hexadecimal.
    pub digest: String,
    etag: Option<String>,
    last_modified: Option<String>,
    /// When the whole of it was sent last.
    whole_at: Timestamp,
}

impl Copy {
    /// When the server says that it was modified.
    pub fn modified(&self) -> Option<Timestamp> {
        let said = self.last_modified.as_deref()?;
        jiff::fmt::rfc2822::parse(said).ok().map(|time| time.timestamp())
    }

    /// A request for the whole, should it be another than this.
    fn if_changed(&self, mut request: RequestBuilder) -> RequestBuilder {
        if let Some(etag) = &self.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(modified) = &self.last_modified {
            request = request.header(IF_MODIFIED_SINCE, modified);
        }
        request
    }
}

/// Failures in a row.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Failed {
    times: u32,
    until: Timestamp,
    asked: String,
    why: String,
    hint: String,
    /// What the request was made of, where it was refused: another is tried at once.
    refused: Option<String>,
}

/// What an address answered.
pub(super) enum Fetched {
    /// What it was before.
    Same,
    /// The whole of it.
    Whole { body: Vec<u8>, etag: Option<String>, last_modified: Option<String> },
}

/// Why it did not, and after what time the server wants to be asked again.
pub(super) struct Missed {
    pub error: Error,
    retry_after: Option<SignedDuration>,
}

impl From<Error> for Missed {
    fn from(error: Error) -> Missed {
        Missed { error, retry_after: None }
    }
}

impl Remote {
    pub fn new(config: &Config, exports: &ExportFiles, urls: BTreeMap<Which, Url>, state: &Path) -> Remote {
        Remote {
            folder: state.join("portal"),
            urls,
            headers: exports.headers.clone(),
            poll_every: exports.poll_every,
            config: config.clone(),
        }
    }

    pub fn url(&self, which: Which) -> Option<&Url> {
        self.urls.get(&which)
    }

    fn key(&self) -> String {
        let mut hasher = Sha256::new();
        for (which, url) in &self.urls {
            hasher.update(format!("{} {url}\0", which.word()));
        }
        hex(&hasher.finalize())
    }

    fn kept(&self) -> Kept {
        let read = std::fs::read(self.folder.join("files.json")).ok();
        let kept: Kept = read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        if kept.key == self.key() { kept } else { Kept { key: self.key(), ..Kept::default() } }
    }

    /// The copy of an export.
    ///
    /// # Errors
    /// [`Error::NeverAsked`] where there is none.
    pub fn copy(&self, which: Which) -> Result<(PathBuf, Copy), Error> {
        let url = self.urls.get(&which).map(shown).unwrap_or_default();
        let found = self.kept().copies.remove(&which).map(|copy| (self.folder.join(&copy.file), copy));
        found.filter(|(path, _)| path.is_file()).ok_or(Error::NeverAsked { asked: url })
    }

    /// Whether the copy of an export is of the last day and ends as one that is whole.
    pub fn ended_lately(&self, which: Which, now: Timestamp) -> bool {
        let Ok((path, copy)) = self.copy(which) else { return false };
        let lately = now.duration_since(copy.whole_at).abs() < TRUSTED_FOR;
        lately && std::fs::read(path).is_ok_and(|bytes| super::ends(&bytes))
    }

    /// When to ask again.
    pub fn asks_at(&self) -> Timestamp {
        let kept = self.kept();
        let whole = self.urls.keys().all(|which| self.copy(*which).is_ok());
        let Some(failed) = &kept.failed else {
            let at = kept.asked_at.filter(|_| whole).and_then(|at| at.checked_add(self.poll_every).ok());
            return at.unwrap_or(Timestamp::MIN);
        };
        // Secrets are read only while one is refused.
        let changed =
            failed.refused.as_ref().is_some_and(|refused| self.fingerprint().as_ref() != Some(refused));
        if changed { Timestamp::MIN } else { failed.until }
    }

    /// Why the last request failed, if it did.
    pub fn trouble(&self) -> Option<Error> {
        let Failed { asked, why: reason, hint, refused, .. } = self.kept().failed?;
        Some(match refused {
            Some(_) => Error::Refused { asked, reason, hint },
            None => Error::Unreachable { asked, reason, hint },
        })
    }

    fn fingerprint(&self) -> Option<String> {
        let headers = self.headers().ok()?;
        let mut hasher = Sha256::new();
        hasher.update("psactl portal headers 1\0");
        for (name, value) in &headers {
            hasher.update(name.as_str());
            hasher.update(value.as_bytes());
            hasher.update("\0");
        }
        Some(hex(&hasher.finalize()))
    }

    fn headers(&self) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let unfit = |reason: &str| crate::config::Error::Secret {
                origin: format!("[portal.headers] {name}"),
                reason: reason.to_owned(),
                hint: "write the header's whole value".to_owned(),
            };
            let value = match value {
                HeaderText::Written(value) => HeaderValue::from_str(value),
                HeaderText::From(source) => HeaderValue::from_str(source.read(&self.config)?.expose_secret()),
            };
            let mut value = value.map_err(|_| unfit("holds characters that no header takes"))?;
            value.set_sensitive(true);
            let name =
                HeaderName::from_bytes(name.as_bytes()).map_err(|_| unfit("is no name of a header"))?;
            headers.insert(name, value);
        }
        Ok(headers)
    }

    /// Asks every address.
    ///
    /// # Errors
    /// The first that does not answer with a whole export or "not modified".
    pub async fn fetch(&self, now: Timestamp) -> Result<BTreeMap<Which, Fetched>, Missed> {
        let kept = self.kept();
        let headers = self.headers()?;
        let mut fetched = BTreeMap::new();
        for (which, url) in &self.urls {
            let copy = kept.copies.get(which).filter(|copy| {
                self.folder.join(&copy.file).is_file()
                    && now.duration_since(copy.whole_at).abs() < TRUSTED_FOR
            });
            fetched.insert(*which, self.ask(url, &headers, copy).await?);
        }
        Ok(fetched)
    }

    /// Keeps what was fetched, all of it or nothing.
    ///
    /// # Errors
    /// Where the state folder cannot be written.
    pub fn keep(&self, fetched: BTreeMap<Which, Fetched>, now: Timestamp) -> Result<(), Error> {
        let mut kept = self.kept();
        let before: Vec<String> = kept.copies.values().map(|copy| copy.file.clone()).collect();
        for (which, fetched) in fetched {
            let Fetched::Whole { body, etag, last_modified } = fetched else { continue };
            let digest = hex(&Sha256::digest(&body));
            let file = format!("{}-{}", which.word(), digest.get(..16).unwrap_or(&digest));
            self.write(&file, &body)?;
            kept.copies.insert(which, Copy { file, digest, etag, last_modified, whole_at: now });
        }
        kept.asked_at = Some(now);
        kept.failed = None;
        self.write_kept(&kept)?;
        // Nothing refers to them any more; one that cannot be removed is in nobody's way.
        let gone = before.iter().filter(|file| kept.copies.values().all(|copy| copy.file != **file));
        gone.for_each(|file| drop(std::fs::remove_file(self.folder.join(file))));
        Ok(())
    }

    /// Remembers a failure, so that the next try waits.
    pub fn note(&self, missed: &Missed, now: Timestamp) {
        if matches!(missed.error, Error::Secret(_)) {
            return;
        }
        let mut kept = self.kept();
        let times = kept.failed.as_ref().map_or(0, |failed| failed.times).saturating_add(1);
        let doubled = self.poll_every.checked_mul(1_i32.checked_shl(times.min(12) - 1).unwrap_or(1));
        let wait = doubled.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT.max(self.poll_every));
        let wait = missed.retry_after.map_or(wait, |asked| asked.clamp(wait, SignedDuration::from_hours(24)));
        let refused = matches!(missed.error, Error::Refused { .. }).then(|| self.fingerprint()).flatten();
        let until = now.checked_add(wait).unwrap_or(now);
        let hint = missed.error.hints().into_iter().next().unwrap_or_default();
        let (asked, why) = match &missed.error {
            Error::Unreachable { asked, reason, .. } | Error::Refused { asked, reason, .. } => {
                (asked.clone(), reason.clone())
            }
            other => ("the portal's export".to_owned(), other.to_string()),
        };
        kept.failed = Some(Failed { times, until, asked, why, hint, refused });
        // Where not even this can be written, the next run says so.
        let _ = self.write_kept(&kept);
    }

    fn write_kept(&self, kept: &Kept) -> Result<(), Error> {
        let bytes = serde_json::to_vec_pretty(kept).unwrap_or_default();
        self.write("files.json", &bytes)
    }

    /// Writes a file that only its owner can read, all of it or nothing.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.folder.join(name);
        let written = disk::make_folder(&self.folder).and_then(|()| disk::write_whole(&path, bytes, 0o600));
        written.map_err(|source| Error::Unwritable { path, source })
    }

    /// Asks one address, and where it leads.
    async fn ask(&self, first: &Url, headers: &HeaderMap, copy: Option<&Copy>) -> Result<Fetched, Missed> {
        let (within, most) = crate::testing::portal_patience();
        let asked = format!("GET {}", shown(first));
        let missed = |Why { reason, hint }: Why| -> Missed {
            Error::Unreachable { asked: asked.clone(), reason, hint: hint.to_owned() }.into()
        };
        let mut url = first.clone();
        for hop in 0..=REDIRECTS {
            let mut request = self.request(&url, within).map_err(missed)?;
            // What is meant for one server goes to no other.
            if url.origin() == first.origin() {
                request = request.headers(headers.clone());
            }
            if let Some(copy) = copy.filter(|_| hop == 0) {
                request = copy.if_changed(request);
            }
            let lost = |error: reqwest::Error| {
                let led = if hop > 0 { format!("leads to {}: ", shown(&url)) } else { String::new() };
                let hint = net::Distrust::of(&error).map_or(KEEPS, |distrust| distrust.hint);
                missed(Why { reason: led + &broken_off(error, within), hint })
            };
            let response = request.send().await.map_err(lost)?;
            let status = response.status();
            tracing::debug!(url = %shown(&url), status = status.as_u16(), "portal answered");
            let answered = format!("answered {status}");
            match status {
                StatusCode::OK => {
                    let (etag, last_modified) = (said(&response, ETAG), said(&response, LAST_MODIFIED));
                    let body = body(response, most).await.map_err(lost)?.ok_or_else(|| {
                        let reason = format!("sends more than {} MB", most >> 20);
                        missed(Why { reason, hint: "see that the address is that of the export" })
                    })?;
                    return Ok(Fetched::Whole { body, etag, last_modified });
                }
                StatusCode::NOT_MODIFIED if copy.is_some() => return Ok(Fetched::Same),
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    let reason = format!("refused with {status}");
                    let hint =
                        "see that [portal.headers] has the right key, and the whole value of the header";
                    return Err(Error::Refused { asked, reason, hint: hint.to_owned() }.into());
                }
                _ if status.is_redirection() && status != StatusCode::NOT_MODIFIED => {
                    url = next(&url, &response).map_err(missed)?;
                }
                StatusCode::NOT_FOUND | StatusCode::GONE => {
                    let hint = "see that [portal] accounts and events name the exports";
                    return Err(missed(Why { reason: answered, hint }));
                }
                _ => {
                    let retry_after = said(&response, RETRY_AFTER)
                        .and_then(|seconds| seconds.parse().ok())
                        .map(|seconds: u32| SignedDuration::from_secs(seconds.into()));
                    return Err(Missed { retry_after, ..missed(Why { reason: answered, hint: KEEPS }) });
                }
            }
        }
        let reason = format!("leads on more than {REDIRECTS} times");
        Err(missed(Why { reason, hint: NEXT }))
    }

    /// A request for an address, without a header yet.
    fn request(&self, url: &Url, within: Duration) -> Result<RequestBuilder, Why> {
        let mut builder =
            net::builder(url).connect_timeout(within.min(Duration::from_secs(10))).timeout(within);
        if let Some(file) = &self.config.connectwise.ca_file {
            let unusable = |reason| Why { reason, hint: "mend ca_file" };
            builder =
                builder.tls_certs_merge(net::certificates(&self.config.resolve(file)).map_err(unusable)?);
        }
        let client = builder.build().map_err(|error| Why { reason: net::why(error), hint: "report it" })?;
        Ok(client.get(url.clone()))
    }
}

/// What came of asking an address, and what to do.
struct Why {
    reason: String,
    hint: &'static str,
}

const KEEPS: &str = "psactl keeps the last whole export and asks again";
const NEXT: &str = "write the address that it leads to";

/// A header of an answer, where it says something.
fn said(response: &Response, name: HeaderName) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?.trim();
    (!value.is_empty() && value.len() <= 1024).then(|| value.to_owned())
}

/// The body of an answer; `None` for one of more bytes than `most`.
async fn body(mut response: Response, most: u64) -> Result<Option<Vec<u8>>, reqwest::Error> {
    if response.content_length().is_some_and(|length| length > most) {
        return Ok(None);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if (body.len() + chunk.len()) as u64 > most {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// Why there is no answer, or not the whole of it.
fn broken_off(error: reqwest::Error, within: Duration) -> String {
    let began = error.is_body() || error.is_decode();
    match error.is_timeout() {
        true => format!("no whole answer within {} seconds", within.as_secs_f32()),
        false if began => format!("the answer broke off: {}", net::why(error)),
        false => net::why(error),
    }
}

/// Where an answer leads: over https, or on this very machine.
fn next(url: &Url, response: &Response) -> Result<Url, Why> {
    let Some(next) = said(response, LOCATION).and_then(|to| url.join(&to).ok()) else {
        let reason = format!("answered {} without an address", response.status());
        return Err(Why { reason, hint: "ask the portal" });
    };
    let open = next.scheme() == "https" || next.scheme() == "http" && net::is_loopback(&next);
    if !open || url.scheme() == "https" && next.scheme() != "https" {
        let reason = format!("leads to {}, which is not https", shown(&next));
        return Err(Why { reason, hint: NEXT });
    }
    Ok(next)
}

/// An address as it is shown: without what follows `?`, which may be a secret.
pub(super) fn shown(url: &Url) -> String {
    let mut plain = url.clone();
    plain.set_query(None);
    plain.set_fragment(None);
    plain.to_string()
}
