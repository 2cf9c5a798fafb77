//! What the executive management report is told, as tables.

use proptest::prelude::*;

use super::*;
use crate::portal::{Event, Severity};
use crate::store::{EventState, LoggedEvent};

fn link() -> Link {
    Link {
        cid: "342".into(),
        company_id: 70,
        company_name: "Eddie's TV Repair".into(),
        portal_name: "Eddie's TV Repair".into(),
        managed_id: "EFS-342".into(),
        origin: "link".into(),
        confirmed_at: Timestamp::UNIX_EPOCH,
    }
}

fn event(cid: &str, time: &str, kind: EventKind) -> LoggedEvent {
    let time: Timestamp = time.parse().unwrap();
    let event = Event {
        id: time.to_string(),
        time,
        cid: cid.into(),
        account: "A".into(),
        user: String::new(),
        severity: Severity::Error,
        kind,
        text: String::new(),
    };
    LoggedEvent { number: 1, event, seen_at: time, state: EventState::New }
}

fn usage(of: &[(&'static str, i64)]) -> BTreeMap<&'static str, Use> {
    let used = |total: i64| Use { total: Decimal::from(total), parts: Vec::new() };
    of.iter().map(|(service, total)| (*service, used(*total))).collect()
}

#[test]
fn jobs_are_counted_by_calendar_month_in_the_servers_zone() {
    use EventKind::{BackupFailed, BackupOk, NoBackup};
    let events = [
        event("342", "2026-11-01T04:30:00Z", BackupOk), // half past midnight in New York, October further west
        event("342", "2026-11-01T05:30:00Z", BackupOk),
        event("342", "2026-11-20T05:30:00Z", BackupOk),
        event("342", "2026-11-20T06:30:00Z", BackupFailed),
        event("342", "2026-11-20T07:30:00Z", NoBackup),
        event("355", "2026-11-20T08:30:00Z", BackupOk),
        event("342", "2025-11-20T05:30:00Z", BackupOk),
    ];
    let at = |zone: &str, now: &str| {
        let mut counting = Counting::of(&TimeZone::get(zone).unwrap(), now.parse().unwrap());
        let since = counting.since();
        for LoggedEvent { event, .. } in events.iter().filter(|logged| logged.event.time >= since) {
            counting.see(&event.cid, event.kind, event.time);
        }
        let of_342 = counting.jobs.get("342").copied().unwrap_or_default();
        (of_342.successful, of_342.failed)
    };
    assert_eq!(at("UTC", "2026-11-23T12:00:00Z"), (3, 1));
    assert_eq!(
        at("America/Los_Angeles", "2026-11-23T12:00:00Z"),
        (1, 1),
        "both of the first were in October"
    );
    assert_eq!(at("America/New_York", "2026-11-23T12:00:00Z"), (3, 1), "half past midnight, summer time");
    assert_eq!(at("UTC", "2026-12-01T00:30:00Z"), (0, 0), "a new month begins at nothing");
    assert_eq!(at("America/New_York", "2026-12-01T00:30:00Z"), (3, 1), "there it is still November");
}

#[test]
fn a_machine_protected_twice_counts_once() {
    let machines = |of: &[(&'static str, i64)]| {
        let numbers = numbers(Jobs::default(), &usage(of), false);
        (numbers.servers, numbers.workstations)
    };
    assert_eq!(machines(&[]), (None, None));
    assert_eq!(machines(&[("select-storage", 200)]), (None, None));
    assert_eq!(machines(&[("online-servers", 0), ("online-desktops", 3)]), (Some(0), Some(3)));
    assert_eq!(machines(&[("online-servers", 2), ("local-servers", 5), ("bdr-servers", 4)]), (Some(5), None));
    // Unless the portal counts each under one kind alone.
    let apart = |of: &[(&'static str, i64)]| numbers(Jobs::default(), &usage(of), true).servers;
    assert_eq!(apart(&[("online-servers", 2), ("local-servers", 5)]), Some(7));
    assert_eq!(apart(&[]), None);
}

fn entry(id: i64, kind: &str, fields: &Value) -> ManagedId {
    let mut record = json!({
        "id": id, "groupIdentifier": "EFS-342", "deviceType": kind,
        "managementSolution": {"id": 1, "name": "eFolder"},
    });
    record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(record).unwrap()
}

fn planned(entries: &[ManagedId], numbers: Numbers) -> Plan {
    let mut made = Plan::default();
    plan(&link(), "EFS-342", 1, entries, numbers, &BTreeMap::new(), &mut made);
    made
}

fn told(plan: &Plan) -> Vec<String> {
    let changes = plan.changes.iter().map(|change| {
        let fields: Vec<String> = change
            .fields
            .iter()
            .map(|field| format!("{} {} -> {}", field.name, field.before, field.after))
            .collect();
        format!("#{} {}", change.subject.id.unwrap(), fields.join(", "))
    });
    changes.chain(plan.blocked.iter().map(|blocked| format!("block {}", blocked.reason))).collect()
}

#[test]
fn what_one_entry_does_not_keep_is_sent_to_all_others() {
    let numbers = Numbers { successful: 20, failed: 2, servers: Some(1), workstations: Some(3) };
    let entries = [entry(1, FIRST, &json!({})), entry(2, SECOND, &json!({}))];
    let unkept = |entry: i64, field: &str| BTreeMap::from([(entry, BTreeSet::from([field.to_owned()]))]);
    let told_with = |unkept: &BTreeMap<i64, BTreeSet<String>>| {
        let mut made = Plan::default();
        plan(&link(), "EFS-342", 1, &entries, numbers, unkept, &mut made);
        told(&made)
    };
    assert_eq!(told_with(&unkept(2, "failedBackupJobs"))[0], "#2 successfulBackupJobs null -> 20");
    assert_eq!(told_with(&unkept(6, "failedBackupJobs")), told_with(&BTreeMap::new()));
}

#[test]
fn a_zero_where_nothing_stands_is_no_news_by_itself() {
    let numbers = Numbers { successful: 20, failed: 0, ..Numbers::default() };
    let has = |successful: i64| entry(2, SECOND, &json!({ "successfulBackupJobs": successful }));
    let first = || entry(1, FIRST, &json!({}));
    assert_eq!(told(&planned(&[first(), has(20)], numbers)), [""; 0]);
    let expected = "#2 successfulBackupJobs 19 -> 20, failedBackupJobs null -> 0";
    assert_eq!(told(&planned(&[first(), has(19)], numbers)), [expected]);
}

#[test]
fn each_number_goes_to_its_entry() {
    let numbers = Numbers { successful: 20, failed: 2, servers: Some(1), workstations: Some(3) };
    let uncounted = Numbers { servers: None, workstations: None, ..numbers };
    let (jobs, machines) = (
        json!({"successfulBackupJobs": 20, "failedBackupJobs": 2}),
        json!({"totalServers": 1, "totalWorkstations": 3}),
    );
    let none = json!({});
    let missing = |kind: &str| {
        format!(
            "block ConnectWise Management ID Error: Eddie's TV Repair has no entry EFS-342 of device type {kind}"
        )
    };
    let both = [
        "#2 successfulBackupJobs null -> 20, failedBackupJobs null -> 2",
        "#1 totalServers null -> 1, totalWorkstations null -> 3",
    ];
    let rows: [(&str, Vec<ManagedId>, Numbers, Vec<String>); 8] = [
        (
            "both",
            vec![entry(1, FIRST, &none), entry(2, SECOND, &none)],
            numbers,
            both.map(str::to_owned).to_vec(),
        ),
        ("equal", vec![entry(1, FIRST, &machines), entry(2, SECOND, &jobs)], numbers, vec![]),
        (
            "one number moved",
            vec![entry(1, FIRST, &machines), entry(2, SECOND, &jobs)],
            Numbers { failed: 3, ..numbers },
            vec!["#2 failedBackupJobs 2 -> 3".into()],
        ),
        (
            "back to nothing with the month",
            vec![entry(1, FIRST, &machines), entry(2, SECOND, &jobs)],
            Numbers { successful: 0, failed: 0, ..numbers },
            vec!["#2 successfulBackupJobs 20 -> 0, failedBackupJobs 2 -> 0".into()],
        ),
        (
            "what is not counted is left as it is",
            vec![entry(1, FIRST, &machines), entry(2, SECOND, &none)],
            uncounted,
            vec![both[0].into()],
        ),
        ("no second entry", vec![entry(1, FIRST, &machines)], numbers, vec![missing(SECOND)]),
        ("no first entry", vec![entry(2, SECOND, &jobs)], numbers, vec![missing(FIRST)]),
        ("none", vec![], numbers, vec![missing(SECOND)]),
    ];
    for (what, entries, numbers, expected) in rows {
        assert_eq!(told(&planned(&entries, numbers)), expected, "{what}");
    }
}

#[test]
fn another_solutions_entries_and_another_customers_are_left_alone() {
    let mut others = entry(1, SECOND, &json!({}));
    others.group_identifier = Some("EFS-355".into());
    let mut elsewhere = entry(2, SECOND, &json!({}));
    elsewhere.management_solution.as_mut().unwrap().id = Some(9);
    let made = planned(&[others, elsewhere], Numbers::default());
    assert!(made.changes.is_empty(), "{:?}", told(&made));
}

proptest! {
    #[test]
    fn the_plan_of_what_was_applied_is_empty(
        had in proptest::option::of(0i64..50), successful in 0i64..50, failed in 0i64..50,
        servers in proptest::option::of(0i64..9), first in any::<bool>(), second in any::<bool>(),
    ) {
        let numbers = Numbers { successful, failed, servers, workstations: servers };
        let fields = json!({"successfulBackupJobs": had, "totalServers": had});
        let mut records: Vec<(i64, &str, Value)> = Vec::new();
        if first { records.push((1, FIRST, fields.clone())); }
        if second { records.push((2, SECOND, fields)); }
        let typed = |records: &[(i64, &str, Value)]| -> Vec<ManagedId> {
            records.iter().map(|(id, kind, fields)| entry(*id, kind, fields)).collect()
        };
        let made = planned(&typed(&records), numbers);
        for change in &made.changes {
            let operations = change.operations();
            let own = records.iter_mut().find(|own| Some(own.0) == change.subject.id).unwrap();
            for operation in operations {
                own.2[operation.path.as_str()] = operation.value.clone().unwrap();
            }
        }
        let again = planned(&typed(&records), numbers);
        prop_assert!(again.changes.is_empty());
        prop_assert_eq!(again.blocked, made.blocked);
    }
}
