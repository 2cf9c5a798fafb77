//! From job history and states to events.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::copy::{JobRuns, Noted, Said};
use super::states::user_of;
use super::usage::bad;
use super::wire::Run;
use crate::portal::{Event, EventKind, EventLog, Severity};

/// So many clients are named for one cause.
const NAMED: usize = 5;

/// All events, oldest first. A run is known by device, job and start; its account is the job, so that the success of
/// one job does not end the failure of another.
pub(super) fn log(said: &Said, digest: &str) -> EventLog {
    let left_out: BTreeSet<i64> =
        said.clients.iter().filter(|client| client.left_out.is_some()).map(|client| client.id).collect();
    let mut log = EventLog { digest: digest.to_owned(), ..EventLog::default() };
    // A recovery point that was told of while the history could not be read is the run that made it.
    let mut points: HashMap<(String, i64), &Noted> = HashMap::new();
    for noted in said.noted.iter().filter(|noted| !left_out.contains(&noted.client)) {
        if noted.kind == EventKind::BackupOk {
            points.insert((noted.account.clone(), noted.at.as_second()), noted);
        }
        log.events.push(Event {
            id: noted.id.clone(),
            time: noted.at,
            cid: noted.client.to_string(),
            account: noted.account.clone(),
            user: noted.user.clone(),
            severity: noted.severity,
            kind: noted.kind,
            text: noted.text.clone(),
        });
    }
    for job in said.jobs.iter().filter(|job| !left_out.contains(&job.client)) {
        for run in &job.runs {
            let event = event(job, run);
            let point = run.point.filter(|_| event.kind == EventKind::BackupOk);
            let told = point.and_then(|point| points.remove(&(event.account.clone(), point.as_second())));
            if told.is_none() {
                log.events.push(event);
            }
        }
    }
    log.rows = log.events.len();
    let mut unread: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (client, why) in said.unread.iter().filter(|(client, _)| !left_out.contains(client)) {
        unread.entry(cause(why)).or_default().push(*client);
    }
    for (why, clients) in unread {
        let names: Vec<String> = clients.iter().take(NAMED).map(i64::to_string).collect();
        let more = clients.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let reason = format!("backup results of {}{more} are not all known: {why}", names.join(", "));
        let cid = (clients.len() == 1).then(|| clients[0].to_string());
        log.problems.push(bad("job history", cid, None, reason));
    }
    log.events.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
    log
}

/// The cause without the address that it was met at, which is another one for each job.
fn cause(why: &str) -> &str {
    match why.split_once("/history: ") {
        Some((asked, cause)) if asked.starts_with("GET ") => cause,
        _ => why,
    }
}

fn event(job: &JobRuns, run: &Run) -> Event {
    let user = user_of(&job.device_name, &job.job_name);
    let (kind, severity, what) = judged(&run.status);
    let mut text = format!("Backup of {user} {what}");
    if kind != EventKind::BackupOk && !run.error.is_empty() {
        text = format!("{text}: {}", run.error);
    }
    let account = format!("{}/{}", job.device, job.job);
    Event {
        id: format!("run/{account}/{}", run.start.as_second()),
        time: run.end.unwrap_or(run.start),
        cid: job.client.to_string(),
        account,
        user,
        severity,
        kind,
        text,
    }
}

/// What a status word means. The set is open: only *Completed* is good news, and a word that nobody published is
/// for a person to look at.
fn judged(status: &str) -> (EventKind, Severity, String) {
    let has = |words: &[&str]| words.iter().any(|word| status.contains(word));
    match status {
        "COMPLETED" => (EventKind::BackupOk, Severity::Ok, "completed".to_owned()),
        "FAILED" => (EventKind::BackupFailed, Severity::Error, "failed".to_owned()),
        _ if has(&["WARN", "PARTIAL"]) => {
            let what = format!("ended with warnings ({})", status.to_lowercase());
            (EventKind::NoErrorFreeBackup, Severity::Warning, what)
        }
        _ if has(&["FAIL", "ERROR", "ABORT", "CANCEL", "MISS", "TIMEOUT", "TIMED"]) => {
            (EventKind::BackupFailed, Severity::Error, format!("failed ({})", status.to_lowercase()))
        }
        "" => (EventKind::Other, Severity::Warning, "ended without a status".to_owned()),
        _ => (EventKind::Other, Severity::Warning, format!("ended as “{status}”, which is not known")),
    }
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
