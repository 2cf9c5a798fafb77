use jiff::{SignedDuration, Timestamp};

use super::*;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 - 1_790_000_000 % 60).unwrap() + SignedDuration::from_mins(minute)
}

fn run(minute: i64, status: &str, point: Option<Timestamp>) -> Run {
    let error = if status == "FAILED" { "disk full" } else { "" };
    Run {
        start: at(minute),
        end: Some(at(minute + 5)),
        status: status.to_owned(),
        point,
        error: error.to_owned(),
    }
}

fn job(job: i64, runs: Vec<Run>) -> JobRuns {
    JobRuns {
        client: 342,
        device: 9,
        device_name: "SRV01".to_owned(),
        job,
        job_name: "Nightly".to_owned(),
        runs,
    }
}

fn noted(minute: i64, account: &str, kind: EventKind) -> Noted {
    Noted {
        id: format!("note/{minute}"),
        at: at(minute),
        client: 342,
        account: account.to_owned(),
        user: "SRV01".to_owned(),
        severity: if kind.is_good() { Severity::Ok } else { Severity::Error },
        kind,
        text: "noted".to_owned(),
    }
}

#[test]
fn every_status_word_is_good_news_only_where_it_surely_is() {
    use EventKind::{BackupFailed, BackupOk, NoErrorFreeBackup, Other};
    for (word, kind, text) in [
        ("COMPLETED", BackupOk, "Backup of SRV01 (Nightly) completed"),
        ("FAILED", BackupFailed, "Backup of SRV01 (Nightly) failed: disk full"),
        (
            "COMPLETED_WITH_WARNINGS",
            NoErrorFreeBackup,
            "Backup of SRV01 (Nightly) ended with warnings (completed_with_warnings)",
        ),
        ("CANCELLED", BackupFailed, "Backup of SRV01 (Nightly) failed (cancelled)"),
        ("SUCCESSISH", Other, "Backup of SRV01 (Nightly) ended as “SUCCESSISH”, which is not known"),
        ("", Other, "Backup of SRV01 (Nightly) ended without a status"),
    ] {
        let said = Said { jobs: vec![job(1, vec![run(0, word, None)])], ..Said::default() };
        let events = log(&said, "").events;
        assert_eq!((events[0].kind, events[0].text.as_str()), (kind, text));
        assert_eq!(events[0].severity == Severity::Ok, kind == BackupOk);
    }
}

#[test]
fn a_run_is_known_by_device_job_and_start_and_happened_when_it_ended() {
    let said = Said {
        jobs: vec![
            job(1, vec![run(0, "FAILED", None), run(60, "COMPLETED", None)]),
            job(2, vec![run(0, "COMPLETED", None)]),
        ],
        ..Said::default()
    };
    let shown: Vec<String> = log(&said, "")
        .events
        .iter()
        .map(|event| format!("{} {} {}", event.id, event.account, event.time.duration_since(at(0)).as_mins()))
        .collect();
    let second = |minute| at(minute).as_second();
    assert_eq!(
        shown,
        [
            format!("run/9/1/{} 9/1 5", second(0)),
            format!("run/9/2/{} 9/2 5", second(0)),
            format!("run/9/1/{} 9/1 65", second(60)),
        ],
        "one job's success does not end another's failure"
    );
}

#[test]
fn a_recovery_point_told_of_twice_is_one_backup() {
    let said = Said {
        jobs: vec![job(1, vec![run(0, "COMPLETED", Some(at(5))), run(60, "COMPLETED", Some(at(65)))])],
        noted: vec![noted(5, "9/1", EventKind::BackupOk), noted(66, "9/1", EventKind::NoBackup)],
        ..Said::default()
    };
    let ids: Vec<String> = log(&said, "").events.into_iter().map(|event| event.id).collect();
    assert_eq!(ids, ["note/5".to_owned(), format!("run/9/1/{}", at(60).as_second()), "note/66".to_owned()]);
}

#[test]
fn what_is_not_known_is_said_once_for_each_cause() {
    let why = |job: i64| {
        format!("GET /client/1/device/2/job/{job}/history: the server could not work with the request (400)")
    };
    let said = Said {
        unread: (1..=7)
            .map(|client| (client, why(client)))
            .chain([(9, "too many calls (429)".to_owned())])
            .collect(),
        ..Said::default()
    };
    let problems: Vec<String> = log(&said, "").problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "x360Recover, job history: backup results of 1, 2, 3, 4, 5 and 2 more are not all known: the server could \
             not work with the request (400)",
            "x360Recover, job history: backup results of 9 are not all known: too many calls (429) (customer 9)",
        ]
    );
}
