use serde_json::json;

use super::super::wire;
use super::*;

fn data() -> Data {
    let client = json!({"id": 342, "name": "Eddie's TV Repair", "devices_counters": {"d2c": [{"type": "SERVER", "count": 1}]}});
    let run = json!({"status": "Failed", "start_time": "2026-11-23T01:00:00Z", "error_msg": "disk full"});
    let run = wire::Run::read(&run).unwrap().unwrap();
    let said = Said {
        clients: vec![Client::read(&client).unwrap()],
        devices: vec![Machine {
            id: 1,
            name: "SRV01".to_owned(),
            client: 342,
            kind: "SERVER".to_owned(),
            d2c: true,
            cloud: Bytes::Of(7),
            local: Bytes::Nothing,
        }],
        jobs: vec![JobRuns {
            client: 342,
            device: 1,
            device_name: "SRV01".to_owned(),
            job: 2,
            job_name: "Nightly".to_owned(),
            runs: vec![run],
        }],
        noted: vec![Noted {
            id: "x".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            client: 342,
            account: "1/2".to_owned(),
            user: "SRV01".to_owned(),
            severity: Severity::Warning,
            kind: EventKind::NoBackup,
            text: "text".to_owned(),
        }],
        unread: [(342, "why".to_owned())].into(),
        ..Said::default()
    };
    Data { said, memory: Memory::default() }
}

#[test]
fn what_is_written_is_read_back_and_nothing_else_is_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = path(folder.path());
    assert_eq!(read(&path).unwrap(), None);
    assert_eq!(super::head(&path).unwrap(), Head::default());
    let data = data();
    let head =
        Head { digest: digest(&data.said), fetched_at: Some(Timestamp::UNIX_EPOCH), ..Head::default() };
    write(&path, &head, Some(&data)).unwrap();
    let (read_head, read_data) = read(&path).unwrap().unwrap();
    assert_eq!((read_head.form, read_data), (FORM, data.clone()));
    assert_eq!(super::head(&path).unwrap(), read_head);

    // A folder that cannot be made: that is no copy which cannot be read.
    std::fs::write(folder.path().join("file"), "").unwrap();
    let nowhere = super::path(&folder.path().join("file"));
    let error = write(&nowhere, &head, Some(&data)).unwrap_err();
    assert!(matches!(error, Error::Unwritable { .. }), "{error}");

    // Cut off, changed by hand, of another form: no answer, and no error.
    let whole = std::fs::read_to_string(&path).unwrap();
    for wrong in [
        whole[..whole.len() / 2].to_owned(),
        whole.replace("\"b\":7", "\"b\":8"),
        whole.replace("\"form\":1", "\"form\":2"),
        whole.lines().next().unwrap().to_owned(),
        String::new(),
        "not JSON\n{}\n".to_owned(),
    ] {
        assert_ne!(wrong, whole);
        std::fs::write(&path, wrong).unwrap();
        assert_eq!(read(&path).unwrap(), None);
    }
}
