//! Source `x360recover`: Axcient's API (design, section 8).
//!
//! Clients become customers, devices accounts with usage (`usage`), job history and states events (`events`,
//! `states`). The API is asked by [`Source::refresh`] alone (`gather`, `client`); everything else reads the copy
//! of the last whole answer (`copy`).
//!
//! Use is measured when it was asked for, by this machine's clock, before the first call: what is older than `max_age`,
//! and what claims to be from the future, is judged by the same clock, so that Axcient's own does not matter. Vaults,
//! restore points and Axcient's billing figures (which change once a month) are not asked for.

mod client;
mod copy;
mod events;
mod gather;
mod refusal;
mod states;
mod usage;
mod wire;

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

pub use client::{Answer, Api, Patience};
pub use refusal::{Kind, Refusal};
pub use wire::Organization;

use super::{Error, EventLog, KnownLogs, Snapshot, Source, Stamp, Taker, Told};
use crate::config::{Config, X360Recover as Settings, hex};
use copy::{Failure, FailureKind, Head};

/// Where some histories are still to be read it is asked again after this time.
const SOON: SignedDuration = SignedDuration::from_mins(5);

/// Seconds after which an answer that says the same counts as another one: four slots make a day.
const SLOT_SECONDS: i64 = 6 * 3_600;

/// The waits after a refused key, one after the other: psactl must never lock an account (design section 9).
const REFUSED: [i64; 4] = [1, 5, 15, 60];

/// The waits after anything else; five minutes is what a flood of 403 is known to need.
const FAILED: [i64; 4] = [5, 15, 30, 60];

/// The API and the copy of its last whole answer.
pub(super) struct X360Recover {
    settings: Settings,
    config: Config,
    usage: usage::Settings,
    copy: PathBuf,
    told: Told,
}

impl X360Recover {
    pub fn new(config: &Config, settings: &Settings, folder: &Path, told: Told) -> X360Recover {
        X360Recover {
            told,
            settings: settings.clone(),
            config: config.clone(),
            usage: usage::Settings {
                gigabyte: config.portal.gigabyte,
                storage_service: settings.storage_service,
                longest_cid: config.connectwise.longest_cid(),
            },
            copy: copy::path(folder),
        }
    }

    /// Address and key as a hash of hashes: with others the API is asked at once, whatever failed before.
    fn asked_with(&self) -> String {
        let mut all = Sha256::new();
        all.update(self.settings.url.as_bytes());
        all.update(b"\0");
        match self.settings.api_key.read(&self.config) {
            Ok(key) => {
                let mut inner = Sha256::new();
                inner.update(b"psactl x360recover 1\0");
                inner.update(self.settings.url.as_bytes());
                inner.update(b"\0");
                inner.update(key.expose_secret().as_bytes());
                all.update(inner.finalize());
            }
            Err(_) => all.update(b"unreadable"),
        }
        hex(&all.finalize()[..16])
    }

    /// Whether a copy is of the address that is set now: what another one said is nothing of this one's.
    fn is_of_here(&self, head: &Head) -> bool {
        head.url == self.settings.url
    }

    /// The copy, or why there is none.
    fn read(&self) -> Result<(Head, copy::Data), Error> {
        match copy::read(&self.copy)?.filter(|(head, _)| self.is_of_here(head)) {
            Some(whole) => Ok(whole),
            None => Err(self.nothing(copy::head(&self.copy)?)),
        }
    }

    fn nothing(&self, head: Head) -> Error {
        match head.failure {
            // It was asked, and said why not; it is asked again when that may help.
            Some(failure)
                if self.is_of_here(&head)
                    && (failure.kind != FailureKind::Refused || head.asked_with == self.asked_with()) =>
            {
                failure.error()
            }
            _ => Error::NeverAsked { asked: format!("x360Recover at {}", self.settings.url) },
        }
    }

    async fn ask(&self, now: Timestamp) -> Result<(), Error> {
        let head = copy::head(&self.copy)?;
        let key = self.settings.api_key.read(&self.config)?;
        let unusable = |reason: String| Error::NotUnderstood {
            path: self.config.path().to_path_buf(),
            line: None,
            reason: format!("[portal.x360recover]: {reason}"),
            hint: "\"https://axapi.axcient.com/x360recover\" is Axcient's own address".to_owned(),
        };
        // A proxy that looks into what is encrypted stands before every address.
        let ca_file = self.config.connectwise.ca_file.as_ref().map(|file| self.config.resolve(file));
        let api = Api::trusting(&self.settings.url, key, Patience::usual(), ca_file.as_deref());
        let api = api.map_err(unusable)?;
        let kept = copy::read(&self.copy)?.filter(|(head, _)| self.is_of_here(head)).map(|(_, data)| data);
        let asked_with = self.asked_with();
        // First alone: a refused key is refused once. And whose key it is decides whether the copy is of any use.
        let (before, outcome) = match api.organization().await {
            Err(refusal) => (kept, Err(refusal)),
            Ok(organization) => {
                let is_its = |data: &copy::Data| {
                    data.said.organization.as_ref().is_some_and(|known| known.id == organization.id)
                };
                let before = kept.filter(is_its);
                let outcome = gather::gather(&api, organization, before.as_ref(), &self.told, now).await;
                (before, outcome)
            }
        };
        let url = self.settings.url.clone();
        match outcome {
            Ok(gathered) => {
                let head = Head {
                    url,
                    fetched_at: Some(now),
                    digest: copy::digest(&gathered.data.said),
                    unread: gathered.unread,
                    asked_with,
                    ..Head::default()
                };
                copy::write(&self.copy, &head, Some(&gathered.data))
            }
            Err(refusal) => {
                let error = refusal.portal_error(&self.settings.url);
                let again = head.failure.as_ref().filter(|_| head.asked_with == asked_with);
                let times = again.map_or(1, |failure| failure.times.saturating_add(1));
                let failure = failure(&error, &refusal, times, now);
                // The answer before stays what it was, where it is this organization's.
                let known = if before.is_some() { head } else { Head::default() };
                let head = Head { url, asked_with, failure, ..known };
                copy::write(&self.copy, &head, before.as_ref())?;
                Err(error)
            }
        }
    }
}

fn failure(error: &Error, refusal: &Refusal, times: u32, now: Timestamp) -> Option<Failure> {
    let not_before = match refusal.kind {
        Kind::Limited(Some(wait)) => now.checked_add(wait.min(Duration::from_secs(86_400))).ok(),
        _ => None,
    };
    let (kind, asked, reason, hint) = match error {
        Error::Refused { asked, reason, hint } => (FailureKind::Refused, asked.clone(), reason, hint),
        Error::Unreachable { asked, reason, hint } => (FailureKind::Unreachable, asked.clone(), reason, hint),
        Error::NotUnderstood { path, reason, hint, .. } => {
            (FailureKind::NoSuchAddress, path.display().to_string(), reason, hint)
        }
        _ => return None,
    };
    let (reason, hint) = (reason.clone(), hint.clone());
    Some(Failure { at: now, times, not_before, kind, asked, reason, hint })
}

/// When to ask after a failure.
fn again(failure: &Failure) -> Timestamp {
    let waits = if failure.kind == FailureKind::Refused { REFUSED } else { FAILED };
    let at = usize::try_from(failure.times.saturating_sub(1)).unwrap_or(usize::MAX).min(waits.len() - 1);
    let next = failure.at.checked_add(SignedDuration::from_mins(waits[at])).unwrap_or(failure.at);
    failure.not_before.map_or(next, |not_before| next.max(not_before))
}

impl Source for X360Recover {
    fn name(&self) -> &'static str {
        "x360recover"
    }

    fn asks_at(&self) -> Option<Timestamp> {
        let now = Timestamp::UNIX_EPOCH;
        // A copy that cannot be read is asked for anew.
        let Ok(head) = copy::head(&self.copy) else { return Some(now) };
        if !self.is_of_here(&head) {
            return Some(now);
        }
        if let Some(failure) = &head.failure {
            // With another key it is tried at once. The key is read only here: a run with nothing to do runs no
            // command that prints it.
            let other = failure.kind == FailureKind::Refused && head.asked_with != self.asked_with();
            return Some(if other { now } else { again(failure) });
        }
        let every = if head.unread { SOON.min(self.settings.poll_every) } else { self.settings.poll_every };
        Some(head.fetched_at.and_then(|at| at.checked_add(every).ok()).unwrap_or(now))
    }

    fn refresh(&self, now: Timestamp) -> LocalBoxFuture<'_, Result<(), Error>> {
        Box::pin(self.ask(now))
    }

    fn trouble(&self) -> Option<Error> {
        let head = copy::head(&self.copy).ok().filter(|head| self.is_of_here(head))?;
        head.failure.map(|failure| failure.error())
    }

    fn stamp(&self) -> Result<Stamp, Error> {
        let head = copy::head(&self.copy)?;
        if head.fetched_at.is_none() || !self.is_of_here(&head) {
            return Err(self.nothing(head));
        }
        let usage::Settings { gigabyte, storage_service, longest_cid } = &self.usage;
        // An answer that says the same is fresh all the same: a few times a day that is looked at.
        let slot = head.fetched_at.map(|at| at.as_second() / SLOT_SECONDS).unwrap_or_default();
        Ok(Stamp(format!("{} {slot} {gigabyte:?} {storage_service} {longest_cid}", head.digest)))
    }

    fn accounts(&self) -> Result<Snapshot, Error> {
        let (head, data) = self.read()?;
        let fetched_at = head.fetched_at.unwrap_or_default();
        Ok(usage::snapshot(&data.said, &head.digest, fetched_at, &self.usage))
    }

    fn read_events(&self, _: &KnownLogs, taker: &mut dyn Taker) -> Result<EventLog, Error> {
        let (head, data) = self.read()?;
        let mut log = events::log(&data.said, &head.digest);
        std::mem::take(&mut log.events).into_iter().for_each(|event| taker.take(event));
        taker.file_ends(true);
        Ok(log)
    }
}
