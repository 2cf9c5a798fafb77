//! What states tell that no history does: a job out of its threshold, an appliance offline, a boot test that failed.
//! An event is made when a state changes, and only then.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::copy::{Noted, Reading};
use super::gather::{mark, name};
use super::wire::{Appliance, Device, Job};
use crate::portal::{EventKind, Severity};
use crate::text;

/// What is seen now.
pub(super) struct Seen<'a> {
    pub devices: &'a [Device],
    pub appliances: &'a [Appliance],
    /// The clients that are not left out.
    pub active: &'a BTreeSet<i64>,
}

/// Words of health that mean nothing is wrong. *PARKED* is switched off on purpose.
pub(super) const WELL: [&str; 3] = ["NORMAL", "PARKED", ""];

/// The words that mean something is.
const ILL: [(&str, Severity); 2] = [("WARNED", Severity::Warning), ("TROUBLED", Severity::Error)];

/// The states as they are now, and an event for each that changed. `read` is what was known of each job before;
/// `unreadable` are the jobs whose history could not be read.
pub(super) fn changes(
    seen: &Seen<'_>,
    states: &mut BTreeMap<String, String>,
    read: Option<&BTreeMap<String, Reading>>,
    unreadable: &BTreeSet<String>,
    now: Timestamp,
) -> Vec<Noted> {
    let mut made = Made { before: std::mem::take(states), after: BTreeMap::new(), events: Vec::new(), now };
    let mut offline = BTreeSet::new();
    for appliance in seen.appliances.iter().filter(|appliance| appliance.active) {
        let Some(client) = appliance.client.filter(|client| seen.active.contains(client)) else { continue };
        if appliance.down {
            offline.insert(client);
        }
        made.appliance(client, appliance);
    }
    for device in seen.devices {
        let Some(client) = device.client.filter(|client| seen.active.contains(client)) else { continue };
        for job in &device.jobs {
            made.job(client, device, job);
            let key = name(device, job);
            if unreadable.contains(&key) {
                made.recovery_point(client, device, job, read.and_then(|read| read.get(&key)));
            }
        }
        made.device(client, device, offline.contains(&client));
        made.autoverify(client, device);
    }
    *states = made.after;
    made.events
}

struct Made {
    before: BTreeMap<String, String>,
    after: BTreeMap<String, String>,
    events: Vec<Noted>,
    now: Timestamp,
}

/// Who an event is about.
struct About<'a> {
    client: i64,
    account: String,
    user: &'a str,
}

impl Made {
    /// Notes a state, of which the empty one is well; whether it is another than before. What was never seen was well.
    fn turns(&mut self, key: String, word: &str) -> bool {
        let changed = self.before.get(&key).map_or("", String::as_str) != word;
        if !word.is_empty() {
            self.after.insert(key, word.to_owned());
        }
        changed
    }

    fn note(
        &mut self,
        key: &str,
        about: &About<'_>,
        at: Timestamp,
        what: (EventKind, Severity),
        text: String,
    ) {
        let (kind, severity) = what;
        self.events.push(Noted {
            id: format!("{key}/{}/{}", kind.as_str(), at.as_second()),
            at,
            client: about.client,
            account: about.account.clone(),
            user: about.user.to_owned(),
            severity,
            kind,
            text,
        });
    }

    /// Since when a device is as it is, where it says so and that can be.
    fn since(&self, device: &Device, status: &str) -> Timestamp {
        let since = device.health.since.filter(|since| device.health.status == status && *since <= self.now);
        since.unwrap_or(self.now)
    }

    /// A job outside its threshold: no backup. A run that ends well ends it; its history tells of that.
    fn job(&mut self, client: i64, device: &Device, job: &Job) {
        let key = format!("job/{}", name(device, job));
        let word = ill(&job.health);
        if !self.turns(key.clone(), word.map_or("", |(word, _)| word)) {
            return;
        }
        let Some((word, severity)) = word else { return };
        let user = user(device, job);
        let about = About { client, account: name(device, job), user: &user };
        let latest = match job.latest {
            Some(latest) => format!("the last recovery point is of {} UTC", text::moment(latest)),
            None => "there is no recovery point yet".to_owned(),
        };
        let text = format!("No backup of {user} within its threshold ({word}): {latest}");
        let at = self.since(device, word);
        self.note(&key, &about, at, (EventKind::NoBackup, severity), text);
    }

    /// Where the history cannot be read, a newer recovery point tells of a backup that went well.
    fn recovery_point(&mut self, client: i64, device: &Device, job: &Job, known: Option<&Reading>) {
        let (Some(latest), Some(known)) = (job.latest, known) else { return };
        // What is remembered is of the last time it could be read.
        let key = format!("point/{}", name(device, job));
        let before = self.before.get(&key).cloned();
        self.after.insert(key.clone(), latest.to_string());
        if mark(job) == known.mark || before.as_deref() == Some(&latest.to_string()) || latest > self.now {
            return;
        }
        let user = user(device, job);
        let about = About { client, account: name(device, job), user: &user };
        let text = format!("Backup of {user} made a recovery point");
        self.note(&key, &about, latest, (EventKind::BackupOk, Severity::Ok), text);
    }

    /// A device that is not well though all its jobs are: its local cache, its storage, or it never ran.
    fn device(&mut self, client: i64, device: &Device, appliance_offline: bool) {
        let (key, full) = (format!("device/{}", device.id), device.health.reason.starts_with("FULL"));
        let told = device.jobs.iter().any(|job| ill(&job.health).is_some())
            || (appliance_offline && device.health.reason == "APPLIANCE_OFFLINE");
        let word = ill(&device.health.status).filter(|_| !told);
        let state = match word {
            Some((word, _)) => format!("{word} {}", device.health.reason),
            None => String::new(),
        };
        let was_full = self.before.get(&key).is_some_and(|before| before.contains(" FULL"));
        if !self.turns(key.clone(), &state) {
            return;
        }
        let about = About { client, account: device.id.to_string(), user: &device.name };
        if was_full && !full {
            let text = format!("Disk usage of {} is back to normal", device.name);
            self.note(&key, &about, self.now, (EventKind::DiskUsageOk, Severity::Ok), text);
        }
        let Some((word, severity)) = word else { return };
        let because = if device.health.reason.is_empty() { "no reason given" } else { &device.health.reason };
        let text = format!("health is {word}: {because}");
        let kind = if full { EventKind::DiskUsage } else { EventKind::Other };
        let at = self.since(device, word);
        self.note(&key, &about, at, (kind, severity), text);
    }

    /// A boot test that found something. No later backup mends that: a person looks at it.
    fn autoverify(&mut self, client: i64, device: &Device) {
        let Some(test) = &device.autoverify else { return };
        let key = format!("autoverify/{}", device.id);
        let state = if test.healthy { String::new() } else { test.id.clone() };
        if !self.turns(key.clone(), &state) || test.healthy {
            return;
        }
        let about = About { client, account: device.id.to_string(), user: &device.name };
        let (severity, text) = match test.ended {
            true => (Severity::Error, "AutoVerify: the boot test is not healthy".to_owned()),
            false => (Severity::Warning, "AutoVerify did not run to its end".to_owned()),
        };
        let at = test.at.filter(|at| *at <= self.now).unwrap_or(self.now);
        self.note(&key, &about, at, (EventKind::Other, severity), text);
    }

    fn appliance(&mut self, client: i64, appliance: &Appliance) {
        let account = format!("appliance-{}", appliance.id);
        let about = About { client, account, user: &appliance.name };
        let name = &appliance.name;
        let key = format!("appliance/{}", appliance.id);
        if self.turns(key.clone(), if appliance.down { "offline" } else { "" }) {
            let (what, text) = match appliance.down {
                true => ((EventKind::BdrHardware, Severity::Error), format!("Appliance {name} is offline")),
                false => {
                    ((EventKind::BdrHardwareOk, Severity::Ok), format!("Appliance {name} is online again"))
                }
            };
            self.note(&key, &about, self.now, what, text);
        }
        let (key, full) = (format!("full/{}", appliance.id), appliance.reason.starts_with("FULL"));
        // While it is offline it does not say how full it is.
        if appliance.down {
            self.after.extend(self.before.get(&key).map(|state| (key.clone(), state.clone())));
        } else if self.turns(key.clone(), if full { "full" } else { "" }) {
            let (what, text) = match full {
                true => (
                    (EventKind::DiskUsage, Severity::Warning),
                    format!("The disk of appliance {name} fills up ({})", appliance.reason),
                ),
                false => (
                    (EventKind::DiskUsageOk, Severity::Ok),
                    format!("Disk usage of appliance {name} is back to normal"),
                ),
            };
            self.note(&key, &about, self.now, what, text);
        }
    }
}

fn ill(word: &str) -> Option<(&'static str, Severity)> {
    ILL.into_iter().find(|(known, _)| *known == word)
}

/// What people know a job by.
pub(super) fn user(device: &Device, job: &Job) -> String {
    user_of(&device.name, &job.name)
}

/// The same from its two names.
pub(super) fn user_of(device: &str, job: &str) -> String {
    if job.is_empty() { device.to_owned() } else { format!("{device} ({job})") }
}

/// Words of health that nobody published: they make no event, and are named.
pub(super) fn unknown_words(devices: &[Device]) -> Vec<String> {
    let words = devices
        .iter()
        .flat_map(|device| device.jobs.iter().map(|job| &job.health).chain([&device.health.status]))
        .filter(|word| !WELL.contains(&word.as_str()) && ill(word).is_none());
    let words: BTreeSet<&String> = words.collect();
    let note =
        |word: &String| format!("health status “{}” is not known: it opens no ticket", text::clean(word));
    words.into_iter().map(note).collect()
}

#[cfg(test)]
#[path = "states_tests.rs"]
mod tests;
