//! The copy of the last whole answer, in the state folder: a line on when and how it was asked, and a line with the
//! answer. Written whole, readable by its owner alone, without a secret.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::wire::{Bytes, Client, Organization, Run};
use crate::config::hex;
use crate::disk;
use crate::portal::{Error, EventKind, Severity};

/// The first line: all that a run needs that has nothing to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// The form of this file.
    pub form: u32,
    /// When the answer was asked for.
    pub fetched_at: Option<Timestamp>,
    /// SHA-256 of what the answer says, hexadecimal.
    pub digest: String,
    /// How long the second line is, in bytes: a file that was cut is known by it.
    pub length: u64,
    /// Some results are still to be asked for.
    pub unread: bool,
    /// The address that was asked; with another one it is asked at once.
    pub url: String,
    /// Address and key that were asked with, as a hash: after a refusal it is asked at once with others.
    pub asked_with: String,
    /// What the last asking came to, where it failed.
    pub failure: Option<Failure>,
}

/// A failed asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failure {
    pub at: Timestamp,
    /// How many in a row.
    pub times: u32,
    /// Not before, where the server said so.
    pub not_before: Option<Timestamp>,
    /// Refused, unreachable, or an address that is none.
    pub kind: FailureKind,
    pub asked: String,
    pub reason: String,
    pub hint: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FailureKind {
    Refused,
    Unreachable,
    NoSuchAddress,
}

impl Failure {
    pub fn error(&self) -> Error {
        let Failure { asked, reason, hint, .. } = self.clone();
        match self.kind {
            FailureKind::Refused => Error::Refused { asked, reason, hint },
            FailureKind::Unreachable => Error::Unreachable { asked, reason, hint },
            FailureKind::NoSuchAddress => {
                Error::NotUnderstood { path: PathBuf::from(asked), line: None, reason, hint }
            }
        }
    }
}

/// The second line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Data {
    /// What the API said.
    pub said: Said,
    /// What is remembered from one asking to the next.
    pub memory: Memory,
}

/// What customers, usage and events are made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said {
    pub organization: Option<Organization>,
    pub clients: Vec<Client>,
    pub devices: Vec<Machine>,
    /// The ended runs of each job, by start.
    pub jobs: Vec<JobRuns>,
    /// What was seen of states: a job out of its threshold, an appliance offline, a boot test that failed.
    pub noted: Vec<Noted>,
    /// Clients of whom not every result is known, and why.
    pub unread: BTreeMap<i64, String>,
    /// Entries that could not be understood, as they are to be named.
    pub odd: Vec<Odd>,
    /// What is left out on purpose, and what is not known, in words.
    pub notes: Vec<String>,
}

/// An entry that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Odd {
    pub asked: String,
    pub client: Option<i64>,
    pub account: Option<String>,
    pub reason: String,
}

/// What of a device its usage is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Machine {
    pub id: i64,
    pub name: String,
    pub client: i64,
    pub kind: String,
    pub d2c: bool,
    pub cloud: Bytes,
    pub local: Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct JobRuns {
    pub client: i64,
    pub device: i64,
    pub device_name: String,
    pub job: i64,
    pub job_name: String,
    pub runs: Vec<Run>,
}

/// An event that no history has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Noted {
    pub id: String,
    pub at: Timestamp,
    pub client: i64,
    pub account: String,
    pub user: String,
    pub severity: Severity,
    pub kind: EventKind,
    pub text: String,
}

/// What is remembered from one asking to the next, and says nothing of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Memory {
    /// When the history of each job was last read, and what the device list said of the job then. By
    /// `device/job`.
    pub read: BTreeMap<String, Reading>,
    /// The last state of everything that can be in one.
    pub states: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reading {
    pub at: Timestamp,
    pub mark: String,
    /// Why it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<String>,
}

/// The form that is written.
const FORM: u32 = 1;

/// Where the copy of a source is.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("portal").join("x360recover.json")
}

/// The first line; an empty one where there is no copy, or one of another psactl's.
pub(super) fn head(path: &Path) -> Result<Head, Error> {
    Ok(lines(path)?.map(|(head, _)| head).unwrap_or_default())
}

/// The answer, with what was said of it; nothing where there is none.
pub(super) fn read(path: &Path) -> Result<Option<(Head, Data)>, Error> {
    let Some((head, mut rest)) = lines(path)? else { return Ok(None) };
    let mut line = Vec::new();
    rest.read_until(b'\n', &mut line)
        .map_err(|source| Error::Unreadable { path: path.to_path_buf(), source })?;
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    // What was cut or written by hand is no answer: it is asked for again.
    let data: Option<Data> = serde_json::from_slice(&line).ok();
    Ok(data.filter(|data| digest(&data.said) == head.digest).map(|data| (head, data)))
}

fn lines(path: &Path) -> Result<Option<(Head, BufReader<File>)>, Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_path_buf(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mut reader = BufReader::new(file);
    let mut line = String::new();
    reader.read_line(&mut line).map_err(unreadable)?;
    let length = reader.get_ref().metadata().map_err(unreadable)?.len();
    let head: Option<Head> = serde_json::from_str(&line).ok();
    let whole = |head: &Head| head.form == FORM && length == head.length + line.len() as u64;
    Ok(head.filter(whole).map(|head| (head, reader)))
}

/// Writes the copy in place of the one before.
pub(super) fn write(path: &Path, head: &Head, data: Option<&Data>) -> Result<(), Error> {
    let failed = |source: std::io::Error| Error::Unwritable { path: path.to_path_buf(), source };
    let json = |value: Result<String, serde_json::Error>| value.map_err(|error| failed(error.into()));
    let data = match data {
        Some(data) => json(serde_json::to_string(data))? + "\n",
        None => String::new(),
    };
    let head = Head { form: FORM, length: data.len() as u64, ..head.clone() };
    let text = json(serde_json::to_string(&head))? + "\n" + &data;
    let folder = path.parent().map_or(Ok(()), disk::make_folder);
    folder.and_then(|()| disk::write_whole(path, text.as_bytes(), 0o600)).map_err(failed)
}

/// What tells one answer from another.
pub(super) fn digest(said: &Said) -> String {
    hex(&Sha256::digest(serde_json::to_vec(said).unwrap_or_default()))
}

#[cfg(test)]
#[path = "copy_tests.rs"]
mod tests;
