//! What is asked of the API in one go, and what is remembered so that the next time less need be asked.
//!
//! Each time: all clients, all devices (pages of 100), all appliances without their devices. The
//! history of a job is a call of its own, so that it is asked for only where something may have happened: the device
//! list shows another recovery point or another health, the job is not well, or it was not asked for [`AGAIN`]. So an
//! MSP with 2,000 devices that back up once a day sends about 25 calls each time, one for each backup, and one for
//! each job every two hours. The first time every job is asked for the whole month.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join3;
use futures_util::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::client::{Answer, Api};
use super::copy::{Data, JobRuns, Machine, Memory, Odd, Reading, Said};
use super::refusal::{Kind, Refusal};
use super::wire::{Appliance, Client, Device, Job, Organization, Run, id};
use super::{states, wire};
use crate::portal::Told;

/// The history of a job in which nothing seems to happen is read after this time: a run that failed changes neither
/// its recovery point nor, at first, its health.
pub(super) const AGAIN: SignedDuration = SignedDuration::from_hours(2);

/// How far back the history is read the first time: statistics count the calendar month.
const FIRST: SignedDuration = SignedDuration::from_hours(32 * 24);

/// How long runs are kept in the copy; psactl's own event log keeps them longer.
pub(super) const KEPT: SignedDuration = SignedDuration::from_hours(35 * 24);

/// Runs that began so long before the last known one are read again, should one have been told of late.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// The most histories of one go but the first: two minutes at ten calls a second.
const MOST: usize = 1_200;

/// So many histories in a row that the server cannot give are taken for all of them.
const FAILING: usize = 5;

/// What came of it.
pub(super) struct Gathered {
    pub data: Data,
    /// Some histories are still to be read: it is asked again soon.
    pub unread: bool,
}

/// Asks for everything that this organization has; `before` is what is known of it.
///
/// # Errors
/// The first answer that leaves nothing to use. Histories that cannot be read are no error but for the first time,
/// where nothing is known of any of them.
pub(super) async fn gather(
    api: &Api,
    organization: Organization,
    before: Option<&Data>,
    told: &Told,
    now: Timestamp,
) -> Result<Gathered, Refusal> {
    let (clients, devices, appliances) = try_join3(api.clients(), api.devices(), api.appliances()).await?;
    let mut said = Said { organization: Some(organization), ..Said::default() };
    read_clients(&clients, &mut said);
    let devices = read_devices(api, devices, &mut said).await?;
    let appliances = read_appliances(&appliances, &mut said);

    let mut memory = before.map(|data| data.memory.clone()).unwrap_or_default();
    let kept = before.map(|data| data.said.jobs.clone()).unwrap_or_default();
    let mut runs: Runs = kept.into_iter().map(|job| ((job.device, job.job), job)).collect();
    let active: BTreeSet<i64> =
        said.clients.iter().filter(|client| client.left_out.is_none()).map(|client| client.id).collect();
    let jobs: Vec<Wanted<'_>> = wanted(&devices, &active, &memory, now);
    let first = before.is_none();
    let Histories { read, unread, stopped } = histories(api, &jobs, &runs, (first, told), now).await?;
    let unreadable: BTreeSet<String> =
        read.iter().filter(|(_, outcome)| is_failure(outcome)).map(|(wanted, _)| wanted.key()).collect();
    for (wanted, outcome) in read {
        take(&wanted, outcome, &mut runs, &mut memory, now);
    }
    let horizon = now - KEPT;
    rename_and_forget(&devices, &mut runs, &mut memory, horizon);
    say_unread(&devices, &active, &memory, stopped.as_deref(), &mut said);

    let mut noted = before.map(|data| data.said.noted.clone()).unwrap_or_default();
    let seen = states::Seen { devices: &devices, appliances: &appliances, active: &active };
    let known = before.map(|data| &data.memory.read);
    noted.extend(states::changes(&seen, &mut memory.states, known, &unreadable, now));
    noted.retain(|event| event.at >= horizon);
    said.noted = noted;
    said.notes.extend(states::unknown_words(&devices));
    said.jobs = runs.into_values().filter(|job| !job.runs.is_empty()).collect();
    said.devices = devices.into_iter().filter_map(machine).collect();
    Ok(Gathered { data: Data { said, memory }, unread })
}

/// The known runs of each job, by device and job.
type Runs = BTreeMap<(i64, i64), JobRuns>;

/// Whether a history could not be read. That of a job which was removed meanwhile was.
fn is_failure(outcome: &Answer<History>) -> bool {
    outcome.as_ref().is_err_and(|refusal| refusal.kind != Kind::NotFound)
}

/// Takes in what came of asking for one history.
fn take(wanted: &Wanted<'_>, outcome: Answer<History>, runs: &mut Runs, memory: &mut Memory, now: Timestamp) {
    let (mut mark, mut failing) = (wanted.mark(), None);
    match outcome {
        Ok(History { runs: new, undated }) => {
            merge(runs, wanted, new);
            let user = states::user(wanted.device, wanted.job);
            failing = undated.then(|| format!("a run of {user} ended and does not say when"));
        }
        Err(refusal) if refusal.kind == Kind::NotFound => {}
        Err(refusal) => {
            mark = memory.read.get(&wanted.key()).map(|known| known.mark.clone()).unwrap_or_default();
            failing = Some(refusal.to_string());
        }
    }
    memory.read.insert(wanted.key(), Reading { at: now, mark, failing });
}

/// Names follow the device list; what is listed no more keeps its runs until they are old.
fn rename_and_forget(devices: &[Device], runs: &mut Runs, memory: &mut Memory, horizon: Timestamp) {
    let mut listed = BTreeSet::new();
    for device in devices {
        for job in &device.jobs {
            listed.insert(name(device, job));
            if let Some(known) = runs.get_mut(&(device.id, job.id)) {
                device.name.clone_into(&mut known.device_name);
                job.name.clone_into(&mut known.job_name);
            }
        }
    }
    for job in runs.values_mut() {
        job.runs.retain(|run| run.end.unwrap_or(run.start) >= horizon);
    }
    memory.read.retain(|key, _| listed.contains(key));
}

/// Says of which clients not every result is known, and why; `stopped`: why no more histories were asked for.
fn say_unread(
    devices: &[Device],
    active: &BTreeSet<i64>,
    memory: &Memory,
    stopped: Option<&str>,
    said: &mut Said,
) {
    for device in devices {
        let Some(client) = device.client.filter(|client| active.contains(client)) else { continue };
        let of_jobs = device.jobs.iter().filter_map(|job| match memory.read.get(&name(device, job)) {
            Some(known) => known.failing.clone(),
            None => Some(stopped.unwrap_or("not asked for yet").to_owned()),
        });
        if let Some(why) = device.jobs_unread.clone().into_iter().chain(of_jobs).next() {
            said.unread.entry(client).or_insert(why);
        }
    }
}

fn read_clients(clients: &[Value], said: &mut Said) {
    let mut seen = BTreeSet::new();
    for value in clients {
        match Client::read(value) {
            Some(client) if !seen.insert(client.id) => {}
            Some(client) => {
                if let Some(why) = &client.left_out {
                    said.notes.push(format!("client {} ({}) is {why}: left out", client.id, client.name));
                }
                said.clients.push(client);
            }
            None => said.notes.push("GET /client: an entry has no id: left out".to_owned()),
        }
    }
    said.clients.sort_by_key(|client| client.id);
}

/// The devices, each with its client. Where the list does not say whose one is, each client is asked for its own.
async fn read_devices(api: &Api, values: Vec<Value>, said: &mut Said) -> Answer<Vec<Device>> {
    let mut devices: BTreeMap<i64, Device> = BTreeMap::new();
    for value in &values {
        match Device::read(value) {
            Some(device) => drop(devices.entry(device.id).or_insert(device)),
            None => said.odd.push(Odd {
                asked: "GET /device".to_owned(),
                client: id(value, "client_id"),
                account: wire::text(value, "name"),
                reason: "a device has no id".to_owned(),
            }),
        }
    }
    if devices.values().any(|device| device.client.is_none()) {
        for client in said.clients.iter().map(|client| client.id) {
            for value in api.devices_of(client).await? {
                if let Some(device) = id(&value, "id").and_then(|id| devices.get_mut(&id)) {
                    device.client.get_or_insert(client);
                }
            }
        }
    }
    let known: BTreeSet<i64> = said.clients.iter().map(|client| client.id).collect();
    for device in devices.values() {
        let reason = match device.client {
            None => "the device is in no client's list".to_owned(),
            Some(client) if !known.contains(&client) => {
                format!("client {client} is not in the list of clients")
            }
            Some(_) => continue,
        };
        said.odd.push(Odd {
            asked: "GET /device".to_owned(),
            client: device.client,
            account: Some(device.name.clone()),
            reason,
        });
    }
    Ok(devices.into_values().collect())
}

fn read_appliances(values: &[Value], said: &mut Said) -> Vec<Appliance> {
    let mut appliances: BTreeMap<i64, Appliance> = BTreeMap::new();
    for value in values {
        match Appliance::read(value) {
            Some(appliance) if appliance.client.is_none() => {
                said.notes
                    .push(format!("appliance {}: it is not said whose it is: not watched", appliance.name));
            }
            Some(appliance) => drop(appliances.entry(appliance.id).or_insert(appliance)),
            None => said.notes.push("GET /appliance: an entry has no id: left out".to_owned()),
        }
    }
    appliances.into_values().collect()
}

fn machine(device: Device) -> Option<Machine> {
    let Device { id, name, client, kind, d2c, cloud, local, .. } = device;
    Some(Machine { id, name, client: client?, kind, d2c, cloud, local })
}

/// The name under which a job is remembered.
pub(super) fn name(device: &Device, job: &Job) -> String {
    format!("{}/{}", device.id, job.id)
}

/// What tells that something happened to a job.
pub(super) fn mark(job: &Job) -> String {
    let latest = job.latest.map(|latest| latest.to_string()).unwrap_or_default();
    format!("{latest} {}", job.health)
}

/// A job whose history is to be read.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    client: i64,
    device: &'a Device,
    job: &'a Job,
    /// What comes first: not well, then changed or new, then long ago, and last what could not be read.
    rank: u8,
    since: Option<Timestamp>,
}

impl Wanted<'_> {
    fn key(&self) -> String {
        name(self.device, self.job)
    }

    fn mark(&self) -> String {
        mark(self.job)
    }
}

/// The jobs whose history is to be read, the most urgent first.
fn wanted<'a>(
    devices: &'a [Device],
    active: &BTreeSet<i64>,
    memory: &Memory,
    now: Timestamp,
) -> Vec<Wanted<'a>> {
    let mut jobs = Vec::new();
    for device in devices {
        let Some(client) = device.client.filter(|client| active.contains(client)) else { continue };
        for job in &device.jobs {
            let known = memory.read.get(&name(device, job));
            let age = known.map(|known| now.duration_since(known.at));
            let rank = match known {
                Some(known) if known.failing.is_some() => 3,
                _ if !states::WELL.contains(&job.health.as_str()) => 0,
                None => 1,
                Some(known) if known.mark != mark(job) => 1,
                Some(_) if age.is_some_and(|age| age >= AGAIN || age.is_negative()) => 2,
                Some(_) => continue,
            };
            jobs.push(Wanted { client, device, job, rank, since: known.map(|known| known.at) });
        }
    }
    jobs.sort_by_key(|wanted| (wanted.rank, wanted.since));
    jobs
}

/// From when on a history is read whose last known run began then. A run that claims to be from the future hides
/// none that is not.
fn since(last: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let first = now - FIRST;
    let known = last.and_then(|last| last.min(now).checked_sub(OVERLAP).ok());
    known.map_or(first, |known| known.max(first))
}

/// What the history of a job says.
struct History {
    runs: Vec<Run>,
    /// A run that ended is not among them: it does not say when.
    undated: bool,
}

impl History {
    fn read(runs: &[Value]) -> History {
        let read: Vec<_> = runs.iter().map(Run::read).collect();
        History {
            undated: read.iter().any(Result::is_err),
            runs: read.into_iter().flatten().flatten().collect(),
        }
    }
}

struct Histories<'a> {
    read: Vec<(Wanted<'a>, Answer<History>)>,
    unread: bool,
    /// Why it was left off before the end.
    stopped: Option<String>,
}

/// Reads the histories of these jobs, a few at a time.
async fn histories<'a>(
    api: &Api,
    jobs: &[Wanted<'a>],
    known: &Runs,
    (first, told): (bool, &Told),
    now: Timestamp,
) -> Result<Histories<'a>, Refusal> {
    let most = if first { jobs.len() } else { MOST };
    let mut histories = Histories { read: Vec::new(), unread: jobs.len() > most, stopped: None };
    let mut under_way = stream::iter(jobs.iter().take(most))
        .map(|wanted| async move {
            let last = known.get(&(wanted.device.id, wanted.job.id)).and_then(|job| job.runs.last());
            let since = since(last.map(|run| run.start), now);
            let answer = api.runs(wanted.client, wanted.device.id, wanted.job.id, since.as_second()).await;
            (*wanted, answer.map(|runs| History::read(&runs)))
        })
        .buffered(8);
    let mut failing = 0;
    while let Some((wanted, outcome)) = under_way.next().await {
        match &outcome {
            // What would meet every other, too, ends it; what was read so far is used.
            Err(refusal) if refusal.is_everybodys() => {
                if first {
                    return Err(refusal.clone());
                }
                histories.unread = true;
                histories.stopped = Some(refusal.to_string());
                break;
            }
            Err(refusal) if refusal.kind != Kind::NotFound => failing += 1,
            _ => failing = 0,
        }
        let why = outcome.as_ref().err().map(ToString::to_string);
        histories.read.push((wanted, outcome));
        told(histories.read.len(), jobs.len().min(most));
        if failing == FAILING {
            histories.stopped = why;
            break;
        }
    }
    Ok(histories)
}

fn merge(known: &mut Runs, wanted: &Wanted<'_>, new: Vec<Run>) {
    let job = known.entry((wanted.device.id, wanted.job.id)).or_insert_with(|| JobRuns {
        client: wanted.client,
        device: wanted.device.id,
        device_name: wanted.device.name.clone(),
        job: wanted.job.id,
        job_name: wanted.job.name.clone(),
        runs: Vec::new(),
    });
    job.client = wanted.client;
    let mut runs: BTreeMap<Timestamp, Run> = job.runs.drain(..).map(|run| (run.start, run)).collect();
    runs.extend(new.into_iter().map(|run| (run.start, run)));
    job.runs = runs.into_values().collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_history_is_read_only_where_something_may_have_happened() {
        let now: Timestamp = "2026-11-23T14:00:00Z".parse().unwrap();
        let device = |health: &str, latest: &str| {
            let jobs = json!([{ "id": 7, "health_status": health, "latest_rp": latest }]);
            let device = json!({ "id": 1, "client_id": 342, "jobs": jobs });
            Device::read(&device).unwrap()
        };
        let (old, new) = ("2026-11-23T01:00:00Z", "2026-11-23T13:00:00Z");
        let minutes = |minutes| now - SignedDuration::from_mins(minutes);
        let read = |at: Timestamp, failing: Option<&str>| {
            let mark = mark(&device("NORMAL", old).jobs[0]);
            Some(Reading { at, mark, failing: failing.map(str::to_owned) })
        };
        for (what, device, reading, rank) in [
            ("never read", device("NORMAL", old), None, Some(1)),
            ("as it was", device("NORMAL", old), read(minutes(30), None), None),
            ("another recovery point", device("NORMAL", new), read(minutes(30), None), Some(1)),
            ("not well", device("TROUBLED", old), read(minutes(30), None), Some(0)),
            ("a word that nobody published", device("ODD", old), read(minutes(30), None), Some(0)),
            ("two hours ago", device("NORMAL", old), read(minutes(120), None), Some(2)),
            ("read in the future", device("NORMAL", old), read(minutes(-60), None), Some(2)),
            ("could not be read", device("NORMAL", old), read(minutes(30), Some("400")), Some(3)),
        ] {
            let mut memory = Memory::default();
            memory.read.extend(reading.map(|reading| ("1/7".to_owned(), reading)));
            let devices = [device];
            let ranks: Vec<u8> =
                wanted(&devices, &BTreeSet::from([342]), &memory, now).iter().map(|job| job.rank).collect();
            assert_eq!(ranks, rank.into_iter().collect::<Vec<_>>(), "{what}");
            assert!(wanted(&devices, &BTreeSet::new(), &memory, now).is_empty(), "{what}: left out");
        }
    }

    #[test]
    fn a_history_is_read_on_from_the_last_known_run() {
        let now: Timestamp = "2026-11-23T14:00:00Z".parse().unwrap();
        let hours = |hours| SignedDuration::from_hours(hours);
        for (last, expected) in [
            (None, now - FIRST),
            (Some(now - hours(10)), now - hours(34)),
            (Some(now - hours(24 * 300)), now - FIRST),
            (Some(now + hours(10)), now - hours(24)),
            (Some(Timestamp::MIN), now - FIRST),
            (Some(Timestamp::MAX), now - hours(24)),
        ] {
            assert_eq!(since(last, now), expected, "{last:?}");
        }
    }
}
