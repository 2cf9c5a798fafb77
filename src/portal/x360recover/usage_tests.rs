use serde_json::json;

use super::super::wire;
use super::*;

fn settings(gigabyte: Gigabyte) -> Settings {
    Settings { gigabyte, storage_service: "basic-storage", longest_cid: 46 }
}

/// A client with these counters (direct servers and workstations, on an appliance, in the cloud alone).
fn client(counts: Option<[(i64, i64); 3]>) -> Client {
    let list = |(servers, workstations): (i64, i64)| json!([{"type": "SERVER", "count": servers}, {"type": "WORKSTATION", "count": workstations}]);
    let mut client = json!({"id": 342, "name": "Eddie's TV Repair", "active": 1});
    if let Some([direct, appliance, alone]) = counts {
        client["devices_counters"] =
            json!({"d2c": list(direct), "appliance_based": list(appliance), "cloud_archive": list(alone)});
    }
    Client::read(&client).unwrap()
}

fn machine(id: i64, kind: &str, d2c: bool, cloud: Bytes, local: Bytes) -> Machine {
    Machine { id, name: format!("PC{id}"), client: 342, kind: kind.to_owned(), d2c, cloud, local }
}

fn read(client: Client, devices: Vec<Machine>, gigabyte: Gigabyte) -> Snapshot {
    let said = Said { clients: vec![client], devices, ..Said::default() };
    snapshot(&said, "digest", Timestamp::UNIX_EPOCH, &settings(gigabyte))
}

fn sums(snapshot: &Snapshot) -> Vec<String> {
    snapshot.usage_of("342").iter().map(|(service, sum)| format!("{service}={sum}")).collect()
}

fn doubts(snapshot: &Snapshot) -> Vec<String> {
    snapshot.doubts_of("342").iter().map(|(service, doubt)| format!("{service}: {doubt}")).collect()
}

const GB: i64 = 1_000_000_000;

fn five() -> Vec<Machine> {
    vec![
        machine(1, "SERVER", true, Bytes::Of(5 * GB / 2), Bytes::Nothing),
        machine(2, "WORKSTATION", true, Bytes::Of(GB), Bytes::Nothing),
        machine(3, "SERVER", false, Bytes::Of(10 * GB), Bytes::Of(20 * GB)),
        machine(4, "WORKSTATION", false, Bytes::Of(0), Bytes::Of(7)),
        machine(5, "SERVER", false, Bytes::Of(4 * GB), Bytes::Nothing),
    ]
}

#[test]
fn the_mapping_table() {
    let snapshot = read(client(Some([(1, 1), (1, 1), (1, 0)])), five(), Gigabyte::Decimal);
    assert_eq!(
        sums(&snapshot),
        [
            "basic-storage=17.5",
            "local-desktops=1",
            "local-servers=1",
            "local-storage=20.000000007",
            "online-desktops=1",
            "online-servers=1",
        ]
    );
    assert_eq!(doubts(&snapshot), [""; 0]);
    assert!(snapshot.problems.is_empty());

    let binary = read(
        client(None),
        vec![machine(1, "SERVER", true, Bytes::Of(3 << 29), Bytes::Nothing)],
        Gigabyte::Binary,
    );
    assert_eq!(binary.usage_of("342")["basic-storage"].to_string(), "1.5");
}

#[test]
fn two_counts_that_disagree_are_a_doubt() {
    for (counters, expected) in [
        (Some([(1, 1), (1, 1), (1, 0)]), vec![]),
        (None, vec![]),
        (
            Some([(2, 1), (1, 1), (1, 0)]),
            vec![
                "basic-storage: x360Recover counts 2 direct-to-cloud servers and lists 1",
                "local-storage: x360Recover counts 2 direct-to-cloud servers and lists 1",
                "online-servers: x360Recover counts 2 direct-to-cloud servers and lists 1",
            ],
        ),
        (
            Some([(1, 0), (1, 1), (1, 0)]),
            // What the list shows is all there is, and more: its storage is whole.
            vec!["online-desktops: x360Recover counts 0 direct-to-cloud workstations and lists 1"],
        ),
        (
            Some([(1, 1), (1, 2), (1, 0)]),
            vec![
                "basic-storage: x360Recover counts 2 appliance-based workstations and lists 1",
                "local-desktops: x360Recover counts 2 appliance-based workstations and lists 1",
                "local-storage: x360Recover counts 2 appliance-based workstations and lists 1",
            ],
        ),
        // None in the cloud alone: then the one without local data is on an appliance, which counts it.
        (Some([(1, 1), (2, 1), (0, 0)]), vec![]),
        (
            Some([(1, 1), (1, 1), (0, 0)]),
            vec!["local-servers: x360Recover counts 1 appliance-based servers and lists 2"],
        ),
        (
            Some([(1, 1), (1, 1), (2, 0)]),
            vec![
                "basic-storage: x360Recover counts 2 cloud-archived servers and lists 1",
                "local-servers: x360Recover counts 2 cloud-archived servers and lists 1",
                "local-storage: x360Recover counts 2 cloud-archived servers and lists 1",
            ],
        ),
    ] {
        let snapshot = read(client(counters), five(), Gigabyte::Decimal);
        assert_eq!(doubts(&snapshot), expected, "{counters:?}");
    }
}

#[test]
fn a_type_that_nobody_published_is_counted_nowhere_and_doubted() {
    let odd = vec![machine(1, "NAS", true, Bytes::Of(GB), Bytes::Nothing)];
    let snapshot = read(client(None), odd, Gigabyte::Decimal);
    assert_eq!(snapshot.usage_of("342")["basic-storage"].to_string(), "1", "its storage counts");
    assert_eq!(
        doubts(&snapshot),
        [
            "online-desktops: type of PC1 is “NAS”, neither server nor workstation",
            "online-servers: type of PC1 is “NAS”, neither server nor workstation",
        ]
    );
}

#[test]
fn what_no_machine_is_counted_for_is_measured_zero() {
    let snapshot = read(client(Some([(0, 0), (0, 0), (0, 0)])), Vec::new(), Gigabyte::Decimal);
    let zero = [
        "basic-storage=0",
        "local-desktops=0",
        "local-servers=0",
        "local-storage=0",
        "online-desktops=0",
        "online-servers=0",
    ];
    assert_eq!(sums(&snapshot), zero);
    assert_eq!(snapshot.measured_at_of("342"), Some(Timestamp::UNIX_EPOCH));
    // Counters that know of machines which no list shows.
    let snapshot = read(client(Some([(3, 0), (0, 0), (0, 0)])), Vec::new(), Gigabyte::Decimal);
    assert_eq!(
        doubts(&snapshot),
        [
            "basic-storage: x360Recover counts 3 direct-to-cloud servers and lists 0",
            "local-storage: x360Recover counts 3 direct-to-cloud servers and lists 0",
            "online-servers: x360Recover counts 3 direct-to-cloud servers and lists 0",
        ]
    );
}

#[test]
fn a_machine_whose_bytes_are_not_told_blocks_its_customer() {
    let mut devices = five();
    devices[0].cloud = Bytes::Unknown;
    let snapshot = read(client(None), devices, Gigabyte::Decimal);
    let problems: Vec<String> = snapshot.problems_of("342").map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "x360Recover, GET /device: has cloud recovery points, and its cloud usage cannot be read (account PC1 of customer 342)"
        ]
    );
    assert_eq!(snapshot.accounts.len(), 4);
}

#[test]
fn parked_clients_are_left_out_and_named() {
    let parked = json!({"id": 77, "name": "Old Mill", "active": 1, "health_status": "PARKED"});
    let said = Said {
        clients: vec![wire::Client::read(&parked).unwrap()],
        devices: vec![Machine { client: 77, ..machine(1, "SERVER", true, Bytes::Of(GB), Bytes::Nothing) }],
        notes: vec!["client 77 (Old Mill) is parked: left out".to_owned()],
        ..Said::default()
    };
    let snapshot = snapshot(&said, "", Timestamp::UNIX_EPOCH, &settings(Gigabyte::Decimal));
    assert!(snapshot.customers.is_empty() && snapshot.accounts.is_empty());
    assert_eq!(snapshot.left_out, ["client 77 (Old Mill) is parked: left out"]);
}
