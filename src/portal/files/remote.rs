//! Exports from addresses: asked for when they are due, kept as copies in the state folder, and never half.

use super::super::Error;
use crate::config::{Config, ExportFiles, HeaderText, hex};
use crate::net;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{
    ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION,
    RETRY_AFTER,
};
use reqwest::{StatusCode, Url};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
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
    pub fn new(config: &Config, files: &ExportFiles, urls: BTreeMap<Which, Url>, state: &Path) -> Remote {
        Remote {
            folder: state.join("portal"),
            urls,
            headers: files.headers.clone(),
            poll_every: files.poll_every,
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
        let attempt = || -> std::io::Result<()> {
            crate::disk::make_folder(&self.folder)?;
            // A temporary file is its owner's alone.
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok(())
        };
        attempt().map_err(|source| Error::Unwritable { path: path.clone(), source })
    }

    /// Asks one address, and where it leads.
    async fn ask(&self, first: &Url, headers: &HeaderMap, copy: Option<&Copy>) -> Result<Fetched, Missed> {
        let (within, most) = crate::testing::portal_patience();
        let asked = format!("GET {}", shown(first));
        let unreachable = |reason: String, hint: &str| Missed {
            error: Error::Unreachable { asked: asked.clone(), reason, hint: hint.to_owned() },
            retry_after: None,
        };
        let too_large = || {
            unreachable(
                format!("sends more than {} MB", most >> 20),
                "see that the address is that of the export",
            )
        };
        let ca_file = self.config.connectwise.ca_file.as_ref().map(|path| self.config.resolve(path));
        let mut url = first.clone();
        for hop in 0..=REDIRECTS {
            let mut builder =
                net::builder(&url).connect_timeout(within.min(Duration::from_secs(10))).timeout(within);
            if let Some(file) = &ca_file {
                let certificates = net::certificates(file).map_err(|why| unreachable(why, "mend ca_file"))?;
                builder = builder.tls_certs_merge(certificates);
            }
            let client = builder.build().map_err(|error| unreachable(net::why(error), "report it"))?;
            let mut request = client.get(url.clone());
            // What is meant for one server goes to no other.
            if url.origin() == first.origin() {
                request = request.headers(headers.clone());
            }
            if let Some(copy) = copy.filter(|_| hop == 0) {
                if let Some(etag) = &copy.etag {
                    request = request.header(IF_NONE_MATCH, etag);
                }
                if let Some(modified) = &copy.last_modified {
                    request = request.header(IF_MODIFIED_SINCE, modified);
                }
            }
            let lost = |error: reqwest::Error| {
                let broke_off = error.is_body() || error.is_decode();
                let hint = net::Distrust::of(&error).map(|distrust| distrust.hint);
                let reason = match error.is_timeout() {
                    true => format!("no whole answer within {} seconds", within.as_secs_f32()),
                    false if broke_off => format!("the answer broke off: {}", net::why(error)),
                    false => net::why(error),
                };
                let led = if hop > 0 { format!("leads to {}: ", shown(&url)) } else { String::new() };
                unreachable(
                    led + &reason,
                    hint.unwrap_or("psactl keeps the last whole export and asks again"),
                )
            };
            let mut response = request.send().await.map_err(lost)?;
            let status = response.status();
            tracing::debug!(url = %shown(&url), status = status.as_u16(), "portal answered");
            let said = |name: HeaderName| {
                let value = response.headers().get(name)?.to_str().ok()?.trim();
                (!value.is_empty() && value.len() <= 1024).then(|| value.to_owned())
            };
            match status {
                StatusCode::OK => {
                    let (etag, last_modified) = (said(ETAG), said(LAST_MODIFIED));
                    if response.content_length().is_some_and(|length| length > most) {
                        return Err(too_large());
                    }
                    let mut body = Vec::new();
                    while let Some(chunk) = response.chunk().await.map_err(lost)? {
                        if (body.len() + chunk.len()) as u64 > most {
                            return Err(too_large());
                        }
                        body.extend_from_slice(&chunk);
                    }
                    return Ok(Fetched::Whole { body, etag, last_modified });
                }
                StatusCode::NOT_MODIFIED if copy.is_some() => return Ok(Fetched::Same),
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    let hint =
                        "see that [portal.headers] has the right key, and the whole value of the header";
                    return Err(Error::Refused {
                        asked,
                        reason: format!("refused with {status}"),
                        hint: hint.to_owned(),
                    }
                    .into());
                }
                _ if status.is_redirection() && status != StatusCode::NOT_MODIFIED => {
                    let next = said(LOCATION).and_then(|to| url.join(&to).ok());
                    let Some(next) = next else {
                        return Err(unreachable(
                            format!("answered {status} without an address"),
                            "ask the portal",
                        ));
                    };
                    let open = next.scheme() == "https" || next.scheme() == "http" && net::is_loopback(&next);
                    if !open || url.scheme() == "https" && next.scheme() != "https" {
                        let reason = format!("leads to {}, which is not https", shown(&next));
                        return Err(unreachable(reason, "write the address that it leads to"));
                    }
                    url = next;
                }
                StatusCode::NOT_FOUND | StatusCode::GONE => {
                    let reason = format!("answered {status}");
                    return Err(unreachable(
                        reason,
                        "see that [portal] accounts and events name the exports",
                    ));
                }
                _ => {
                    let retry_after = said(RETRY_AFTER)
                        .and_then(|seconds| seconds.parse().ok())
                        .map(|seconds: u32| SignedDuration::from_secs(seconds.into()));
                    let reason = format!("answered {status}");
                    let missed = unreachable(reason, "psactl keeps the last whole export and asks again");
                    return Err(Missed { retry_after, ..missed });
                }
            }
        }
        Err(unreachable(
            format!("leads on more than {REDIRECTS} times"),
            "write the address that it leads to",
        ))
    }
}

/// An address as it is shown: without what follows `?`, which may be a secret.
pub(super) fn shown(url: &Url) -> String {
    let mut plain = url.clone();
    plain.set_query(None);
    plain.set_fragment(None);
    plain.to_string()
}
