//! Backup statistics for the executive management report: calendar month to date in the server's time zone
//! (design section 9, *Statistics*; guide, company step 1).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::billing::Use;
use crate::plan::{Change, Ground, Held, Plan, Purpose, guards};
use crate::portal::EventKind;
use crate::psa::{ManagedId, paths};
use crate::setup::managed_ids::{FIRST, SECOND, of_solution};
use crate::store::{Hold, HoldState, Link};

/// What is reported of one customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbers {
    /// Successful backup jobs this month.
    pub successful: i64,
    /// Failed backup jobs this month.
    pub failed: i64,
    /// Servers, where the portal counts them.
    pub servers: Option<i64>,
    /// Workstations, where the portal counts them.
    pub workstations: Option<i64>,
}

/// A customer's backup jobs of the calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Jobs {
    /// Those that ended well.
    pub successful: i64,
    /// Those that failed.
    pub failed: i64,
}

/// Every customer's backup jobs of the calendar month, counted one after the other.
pub struct Counting {
    zone: TimeZone,
    today: Date,
    /// By customer.
    pub jobs: HashMap<String, Jobs>,
}

impl Counting {
    /// The month of `now`, where the server is.
    pub fn of(zone: &TimeZone, now: Timestamp) -> Counting {
        Counting { today: now.to_zoned(zone.clone()).date(), zone: zone.clone(), jobs: HashMap::new() }
    }

    /// When the month begins: nothing before it counts.
    pub fn since(&self) -> Timestamp {
        let begin = self.today.first_of_month().to_zoned(self.zone.clone());
        begin.map_or(Timestamp::MIN, |begin| begin.timestamp())
    }

    /// The next job; what is none is passed over.
    pub fn see(&mut self, cid: &str, kind: EventKind, time: Timestamp) {
        let day = time.to_zoned(self.zone.clone()).date();
        if day.year() != self.today.year() || day.month() != self.today.month() {
            return;
        }
        let count = match kind {
            EventKind::BackupOk => |jobs: &mut Jobs| jobs.successful += 1,
            EventKind::BackupFailed => |jobs: &mut Jobs| jobs.failed += 1,
            _ => return,
        };
        match self.jobs.get_mut(cid) {
            Some(jobs) => count(jobs),
            None => count(self.jobs.entry(cid.to_owned()).or_default()),
        }
    }
}

/// What is reported of a customer with these jobs and this use. `apart` says that the portal counts each machine under
/// one kind of protection alone.
pub fn numbers(jobs: Jobs, usage: &BTreeMap<&'static str, Use>, apart: bool) -> Numbers {
    let machines = |keys: [&str; 3]| {
        let counted = keys.iter().filter_map(|key| usage.get(key)).map(|used| used.total);
        let count = match apart {
            true => counted.reduce(Decimal::saturating_add),
            // Online, local and BDR protection of the same machine must not count it twice: the largest stands.
            false => counted.max(),
        };
        count.and_then(|count| count.to_i64())
    };
    Numbers {
        successful: jobs.successful,
        failed: jobs.failed,
        servers: machines(["online-servers", "local-servers", "bdr-servers"]),
        workstations: machines(["online-desktops", "local-desktops", "bdr-desktops"]),
    }
}

/// The changes that make both entries say these numbers, without the fields of each entry that ConnectWise is
/// known not to keep.
pub fn plan(
    link: &Link,
    managed_id: &str,
    solution: i64,
    entries: &[ManagedId],
    numbers: Numbers,
    unkept: &BTreeMap<i64, BTreeSet<String>>,
    plan: &mut Plan,
) {
    let own = of_solution(entries, Some(solution), managed_id);
    let at = |kind: &str| {
        own.iter().find(|entry| entry.device_type.as_ref().is_some_and(|own| own.as_str() == kind)).copied()
    };
    let (first, second) = (at(FIRST), at(SECOND));
    if first.is_none() || second.is_none() {
        let missing = if second.is_none() { SECOND } else { FIRST };
        plan.block(
            Some(&link.cid),
            "backup statistics",
            format!(
                "ConnectWise Management ID Error: {} has no entry {managed_id} of device type {missing}",
                link.company_name
            ),
            "psactl setup managed-ids --apply",
        );
    }
    if let Some(entry) = second {
        push(
            link,
            managed_id,
            entry,
            unkept,
            plan,
            [
                ("successfulBackupJobs", entry.successful_backup_jobs, Some(numbers.successful)),
                ("failedBackupJobs", entry.failed_backup_jobs, Some(numbers.failed)),
            ],
        );
    }
    if let Some(entry) = first {
        push(
            link,
            managed_id,
            entry,
            unkept,
            plan,
            [
                ("totalServers", entry.total_servers, numbers.servers),
                ("totalWorkstations", entry.total_workstations, numbers.workstations),
            ],
        );
    }
}

fn push(
    link: &Link,
    managed_id: &str,
    entry: &ManagedId,
    unkept: &BTreeMap<i64, BTreeSet<String>>,
    plan: &mut Plan,
    numbers: [(&'static str, Option<i64>, Option<i64>); 2],
) {
    let kept = numbers
        .into_iter()
        .filter(|(name, ..)| !unkept.get(&entry.id).is_some_and(|known| known.contains(*name)));
    let fields = kept.filter_map(|(name, before, after)| {
        // What the portal does not count is left as it is.
        after.map(|after| (name, before.map_or(Value::Null, |before| json!(before)), json!(after)))
    });
    let kind = entry.device_type.as_ref().map_or("", |own| own.as_str());
    let change = Change::update(
        "Managed ID",
        entry.id,
        format!("{managed_id} on {} ({kind})", link.company_name),
        paths::managed_id(link.company_id, entry.id),
        fields,
    )
    .for_customer(&link.cid)
    .because(Purpose::Statistics);
    // A server may leave zeros out: one where nothing stands is written with other news, never for itself.
    let news = change.fields.iter().any(|field| !(field.before.is_null() && field.after == 0));
    if news {
        plan.changes.push(change);
    }
}

/// Statistics that a person took back stay as they are until a person lifts that (design section 9, *Undo*).
pub fn hold_undone(plan: &mut Plan, holds: &BTreeMap<String, Hold>) {
    let held_by = |change: &Change| {
        let hold = holds.get(&guards::statistics_record(change.subject.id?))?;
        (change.purpose == Purpose::Statistics && hold.state == HoldState::Undone).then_some(hold)
    };
    let (held, free): (Vec<Change>, Vec<Change>) =
        std::mem::take(&mut plan.changes).into_iter().partition(|change| held_by(change).is_some());
    plan.changes = free;
    for change in held {
        let Some(hold) = held_by(&change) else { continue };
        let (before, after) = guards::values_of(&change);
        let (record, reason) = (hold.record.clone(), hold.reason.clone());
        let (rejected, ground) = (hold.note.is_some(), Ground::Undone);
        plan.held.push(Held { change, record, reason, before, after, rejected, ground });
    }
}

#[cfg(test)]
#[path = "statistics_tests.rs"]
mod tests;
