//! Customers, companies and their Managed IDs.

use serde_json::{Value, json};

use crate::doctor::{finds, healthy, is_clean};
use crate::support::{Desk, id};

const EDDIE: &str = "Eddie's TV Repair";

fn path(desk: &Desk, company: &str) -> String {
    format!("/company/companies/{}/managementSummaryReports", desk.company(company))
}

/// The entry of a company with this device type.
fn entry(desk: &Desk, company: &str, kind: &str) -> i64 {
    id(&desk.record(&path(desk, company), &format!("deviceType = \"{kind}\"")))
}

fn make(desk: &Desk, company: &str, managed_id: &str, kind: &str) -> i64 {
    let solution = id(&desk.record("/company/managementItSolutions", ""));
    let body = json!({
        "managementSolution": { "id": solution }, "groupIdentifier": managed_id, "deviceType": kind,
    });
    id(&desk.make(&path(desk, company), body))
}

#[test]
fn managed_ids() {
    let desk = healthy();
    let at = path(&desk, EDDIE);
    let stats = entry(&desk, EDDIE, "BackupStats");
    let machines = entry(&desk, EDDIE, "WorkstationsAndServers");
    let of = |id: i64| format!("{at}/{id}");

    desk.delete(&of(stats));
    finds(
        &desk,
        "managed-id-missing",
        &["EFS-342 on Eddie's TV Repair", "no entry BackupStats", "psactl setup managed-ids"],
    );
    desk.psactl(&["setup", "managed-ids", "--apply", "--yes"]).ends_with(0);
    is_clean(&desk);
    let stats = entry(&desk, EDDIE, "BackupStats");

    desk.change(&of(stats), "groupIdentifier", "efs-342");
    finds(&desk, "managed-id-letters", &["reads “efs-342”", &format!("#{stats}")]);
    desk.change(&of(stats), "groupIdentifier", "EFS-342");
    is_clean(&desk);

    let twice = make(&desk, EDDIE, "EFS-342", "BackupStats");
    finds(&desk, "managed-id-doubled", &[&format!("#{stats} (BackupStats) and #{twice} (BackupStats)")]);
    desk.delete(&of(twice));
    is_clean(&desk);

    desk.change(&of(machines), "deviceType", "BackupStats");
    desk.change(&of(stats), "deviceType", "WorkstationsAndServers");
    finds(&desk, "managed-id-order", &[&format!("#{machines} (BackupStats) comes before #{stats}")]);
    desk.psactl(&["setup", "managed-ids", "--apply", "--yes"]).ends_with(0);
    is_clean(&desk);

    desk.change(&of(stats), "agreement", json!({ "id": desk.agreement(EDDIE) }));
    finds(&desk, "managed-id-agreement", &["names agreement “Managed Services for Eddie's TV Repair”"]);
    desk.change(&of(stats), "agreement", Value::Null);
    is_clean(&desk);
}

#[test]
fn managed_ids_elsewhere() {
    let desk = healthy();
    let other = make(&desk, "Angry Fox", "EFS-342", "BackupStats");
    let told =
        finds(&desk, "managed-id-companies", &["EFS-342 on Eddie's TV Repair (#", " and Angry Fox (#"]);
    assert_eq!(told["subjects"][0]["cid"], "342");
    desk.delete(&format!("{}/{other}", path(&desk, "Angry Fox")));
    is_clean(&desk);

    // Also on a company that nobody linked.
    let body = json!({ "identifier": "Bay", "name": "Bay Dental", "addressLine1": "1 Bay Street" });
    let bay = id(&desk.make("/company/companies", body));
    let kind = id(&desk.record("/finance/agreements/types", "name = \"Managed Service\""));
    let contact = id(&desk.records("/company/contacts", "")[0]);
    let agreement = json!({
        "name": "Bay", "type": { "id": kind }, "company": { "id": bay }, "contact": { "id": contact },
        "employeeCompRate": "Actual", "invoicingCycle": "CalendarYear", "billTime": "Billable",
        "billExpenses": "Billable", "billProducts": "Billable",
    });
    desk.make("/finance/agreements", agreement);
    is_clean(&desk);
    let other = make(&desk, "Bay Dental", "EFS-342", "BackupStats");
    finds(&desk, "managed-id-companies", &["Bay Dental (#"]);
    desk.change(&format!("{}/{other}", path(&desk, "Bay Dental")), "groupIdentifier", "EFS-999");
    finds(&desk, "managed-id-unknown", &["EFS-999 on Bay Dental (#"]);
    desk.delete(&format!("{}/{other}", path(&desk, "Bay Dental")));
    is_clean(&desk);
}

#[test]
fn customers_and_companies() {
    let desk = healthy();
    let accounts = desk.read("accounts.csv");
    let now = desk.sandbox().now();
    let columns = accounts.lines().next().unwrap().split(',').count();
    let mut cells = vec![String::new(); columns];
    for (heading, value) in [
        ("CID", "500"),
        ("Account No", "DOC500"),
        ("User Name", "user500"),
        ("Company", "Bay Dental"),
        ("Online Backup # Desktops", "1"),
        ("Measured At", &now.to_string()),
    ] {
        let at = accounts.lines().next().unwrap().split(',').position(|known| known == heading).unwrap();
        cells[at] = value.to_owned();
    }
    desk.write("accounts.csv", &format!("{}\n{}\n", accounts.trim_end(), cells.join(",")));
    finds(&desk, "customer-unlinked", &["500 Bay Dental", "psactl companies"]);
    desk.write("accounts.csv", &accounts);
    is_clean(&desk);

    desk.edit("accounts.csv", "Joe TV Repair", "Joes TV Repair");
    let joe = desk.company("Joe TV Repair").to_string();
    finds(&desk, "link-unconfirmed", &["“Joes TV Repair”", &format!("psactl companies link 355 {joe}")]);
    desk.psactl(&["companies", "link", "355", &joe, "--yes"]).ends_with(0);
    is_clean(&desk);

    let status = json!({ "name": "Out of business", "inactiveFlag": true });
    let status = id(&desk.make("/company/companies/statuses", status));
    let active = id(&desk.record("/company/companies/statuses", "name = \"Active\""));
    let path = format!("/company/companies/{joe}");
    desk.change(&path, "status", json!({ "id": status }));
    finds(&desk, "company-gone", &["customer 355", "“Out of business”"]);
    desk.change(&path, "status", json!({ "id": active }));
    is_clean(&desk);
}
