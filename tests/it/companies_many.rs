//! Many links at once, through the binary: proposals, marking on a terminal, a file, serial numbers; and a link
//! that is forgotten.

use psactl::sandbox::Options;
use serde_json::{Value, json};

use crate::companies::{entries, in_order, link_of, prepared};
use crate::support::{Desk, id, shape};

const EDDIE: &str = "Eddie's TV Repair";
const ENTRY: &str = "POST /company/companies/{parentId}/managementSummaryReports";

/// An account list with these customers, a desktop each.
fn customers<'a>(desk: &Desk, customers: impl IntoIterator<Item = (u32, &'a str)>) {
    let mut accounts = "CID,Account No,User Name,Company,Online Backup # Desktops,Measured At\n".to_owned();
    let now = desk.sandbox().now();
    for (cid, name) in customers {
        accounts.push_str(&format!("{cid},DOC{cid},user{cid},\"{name}\",1,{now}\n"));
    }
    desk.write("accounts.csv", &accounts);
    desk.write("events.csv", "id,time,user,cid,severity,text\n");
}

fn company(desk: &Desk, identifier: &str, name: &str) -> i64 {
    let body = json!({ "identifier": identifier, "name": name, "addressLine1": "1 Bay Street" });
    id(&desk.make("/company/companies", body))
}

fn inactive(desk: &Desk, name: &str) {
    let status = json!({ "name": "Out of business", "inactiveFlag": true });
    let status = id(&desk.make("/company/companies/statuses", status));
    let path = format!("/company/companies/{}", desk.company(name));
    desk.change(&path, "status", json!({ "id": status }));
}

#[test]
fn suggest_proposes_and_links_nobody() {
    let desk = prepared();
    company(&desk, "BayDental", "Bay Street Dental, LLC");
    company(&desk, "Twin1", "Twin Peaks");
    company(&desk, "Twin2", "Twin Peaks");
    company(&desk, "Shut", "Shut Down");
    inactive(&desk, "Shut Down");
    let names = [
        (342, EDDIE),
        (355, "Joes TV Repair"),
        (500, "Bay Street Dental"),
        (501, "Twin Peaks"),
        (502, "Zebra Crossing"),
        (503, "Shut Down"),
    ];
    customers(&desk, names);
    desk.forget_requests();
    let ran = desk.narrow(&["companies", "suggest"]).ends_with(0);
    insta::assert_snapshot!(desk.shown(&ran));
    let narrow = Desk::ran(desk.command(&["companies", "suggest"]).env("COLUMNS", "80")).ends_with(0);
    assert!(narrow.stdout.lines().all(|line| line.chars().count() <= 80), "{}", narrow.stdout);
    let suggested = desk.psactl(&["companies", "suggest", "--output", "json"]).ends_with(0).json();
    assert_eq!(suggested["schema"], "psactl/companies-suggest/1");
    insta::assert_snapshot!(shape(&suggested));
    assert_eq!(desk.writes(), [""; 0]);
    assert_eq!(link_of(&desk, "342"), None);
}

#[test]
fn suggest_takes_a_page_of_requests_for_a_thousand_companies() {
    let desk = Desk::with(Options { companies: 2000, ..Options::default() });
    let names: Vec<(u32, String)> = (1..=2000)
        .map(|number| match number % 20 {
            0 => (10_000 + number, format!("CUSTOMER {number:05}, Inc.")),
            1 => (10_000 + number, format!("Custmoer {number:05}")),
            2 => (10_000 + number, format!("Zebra {number}")),
            _ => (10_000 + number, format!("Customer {number:05}")),
        })
        .collect();
    customers(&desk, names.iter().map(|(cid, name)| (*cid, name.as_str())));
    desk.forget_requests();
    let suggested = desk.psactl(&["companies", "suggest", "--output", "json"]).ends_with(0).json();
    let suggestions = suggested["suggestions"].as_array().unwrap();
    assert_eq!(suggestions.len(), 2000);
    let of = |basis: &str| suggestions.iter().filter(|own| own["basis"] == basis).collect::<Vec<&Value>>();
    assert_eq!((of("same-name").len(), of("alike").len(), of("none").len()), (1700, 200, 100));
    for own in of("same-name").into_iter().chain(of("alike")) {
        let cid: i64 = own["customer"]["cid"].as_str().unwrap().parse().unwrap();
        assert_eq!(own["company"]["name"], format!("Customer {:05}", cid - 10_000));
    }
    // The look-up of the company, the companies in pages of a thousand, the statuses that are out of business.
    let requests = desk.requests();
    let lists = requests.iter().filter(|request| request.template == "/company/companies").count();
    assert_eq!((requests.len(), lists), (5, 3), "{requests:#?}");
    assert_eq!(suggested["requests"], 5);
    assert_eq!(desk.writes(), [""; 0]);
}

#[test]
fn nobody_is_asked_for_where_everybody_is_linked() {
    let desk = Desk::linked();
    desk.forget_requests();
    desk.psactl(&["companies", "suggest"]).ends_with(0).says("Every customer is linked.");
    assert_eq!(desk.requests().len(), 0);
}

#[test]
fn without_a_terminal_nobody_marks() {
    let desk = prepared();
    desk.psactl(&["companies", "link"])
        .ends_with(2)
        .says("psactl companies suggest")
        .says("companies import");
    desk.psactl(&["companies", "link", "342"]).ends_with(2).says("<COMPANY>");
    assert_eq!(desk.requests().len(), 0);
}

#[test]
fn a_file_links_many_with_one_yes() {
    let desk = prepared();
    let fox = desk.company("Angry Fox");
    desk.write("links.csv", &format!("company,cid,note\n\"{EDDIE}\",342,\nJoeTV,355,x\n{fox},419,\n"));
    let file = desk.file("links.csv").display().to_string();
    let ran = desk.narrow(&["companies", "import", &file, "--dry-run"]).ends_with(0);
    insta::assert_snapshot!(desk.shown(&ran));
    desk.psactl(&["companies", "import", &file]).ends_with(2).says("--yes");
    assert_eq!(desk.writes(), [""; 0]);
    assert_eq!(link_of(&desk, "342"), None);
    let imported =
        desk.psactl(&["companies", "import", &file, "--yes", "--output", "json"]).ends_with(0).json();
    assert_eq!(imported["schema"], "psactl/companies-import/1");
    insta::assert_snapshot!(shape(&imported));
    assert_eq!(desk.writes(), [ENTRY; 6]);
    for (cid, name) in [("342", EDDIE), ("355", "Joe TV Repair"), ("419", "Angry Fox")] {
        assert_eq!(entries(&desk, name), in_order(&format!("EFS-{cid}")));
        assert_eq!(link_of(&desk, cid), Some(desk.company(name)));
    }
    desk.forget_requests();
    desk.psactl(&["companies", "import", &file])
        .ends_with(0)
        .says("3 customers linked already; nothing to do.");
    assert_eq!(desk.writes(), [""; 0]);
}

#[test]
fn a_file_with_a_wrong_row_does_nothing_at_all() {
    let desk = prepared();
    company(&desk, "Twin1", "Twin Peaks");
    company(&desk, "Twin2", "Twin Peaks");
    inactive(&desk, "Joe TV Repair");
    let deleted = company(&desk, "Gone", "Gone Fishing");
    desk.delete(&format!("/company/companies/{deleted}"));
    let file = desk.file("links.csv").display().to_string();
    let rows = format!(
        "cid,company\n342,{EDDIE}\n342,Angry Fox\n777,Angry Fox\n355,Joe TV Repair\n419,Twin Peaks\n"
    );
    desk.write("links.csv", &rows);
    desk.forget_requests();
    let ran = desk.psactl(&["companies", "import", &file, "--yes"]).ends_with(6);
    insta::assert_snapshot!(desk.shown(&ran));
    desk.write("links.csv", &format!("cid,company\n419,{deleted}\n355,Gone Fishing\n"));
    desk.psactl(&["companies", "import", &file, "--yes"]).ends_with(6).says("2 of 2 rows are not right");
    desk.write("links.csv", "cid;name\n419;Angry Fox\n");
    desk.psactl(&["companies", "import", &file, "--yes"]).ends_with(2).says("has no column “company”");
    desk.psactl(&["companies", "import", "nowhere.csv", "--yes"])
        .ends_with(2)
        .says("cannot read nowhere.csv");
    assert_eq!(desk.writes(), [""; 0]);
    assert_eq!(link_of(&desk, "342"), None);
}

#[test]
fn a_file_does_not_contradict_what_stands() {
    let desk = prepared();
    desk.psactl(&["companies", "link", "355", "Joe TV Repair"]).ends_with(0);
    let file = desk.file("links.csv").display().to_string();
    desk.forget_requests();
    // The customer is elsewhere, the company somebody else's.
    desk.write("links.csv", "cid,company\n355,Angry Fox\n342,Joe TV Repair\n");
    desk.psactl(&["companies", "import", &file, "--yes"])
        .ends_with(6)
        .says("Joe TV Repair (#21) is linked to customer 355");
    desk.write("links.csv", "cid,company\n355,Angry Fox\n");
    desk.psactl(&["companies", "import", &file, "--yes"])
        .ends_with(6)
        .says("links.csv:2: customer 355 is linked to Joe TV Repair (#21)");
    assert_eq!(desk.writes(), [""; 0]);
}

#[test]
fn what_failed_of_a_file_is_finished_by_running_it_again() {
    let desk = prepared();
    desk.expects_refusals();
    desk.write("links.csv", &format!("cid,company\n342,{EDDIE}\n419,Angry Fox\n"));
    let file = desk.file("links.csv").display().to_string();
    desk.fault("POST", "managementSummaryReports", "status-400", 1);
    desk.psactl(&["companies", "import", &file, "--yes"]).ends_with(6).says("1 of 2 customers linked");
    assert_eq!((link_of(&desk, "342"), link_of(&desk, "419")), (None, Some(desk.company("Angry Fox"))));
    desk.psactl(&["companies", "import", &file, "--yes"]).ends_with(0).says("2 customers linked.");
    assert_eq!(entries(&desk, EDDIE), in_order("EFS-342"));
    assert_eq!(entries(&desk, "Angry Fox"), in_order("EFS-419"));
}

/// Killed at every write and run again: the links and entries of a file nobody disturbed.
#[test]
fn a_file_is_finished_whenever_it_was_killed() {
    for point in ["intent", "sent", "remembered", "outcome"] {
        let desk = prepared();
        desk.write("links.csv", &format!("cid,company\n342,{EDDIE}\n419,Angry Fox\n"));
        let file = desk.file("links.csv").display().to_string();
        let mut kills = 0;
        loop {
            assert!(kills < 20, "{point}: makes no progress");
            let nth = if point == "intent" && kills > 0 { 2 } else { 1 };
            let arguments = ["companies", "import", &file, "--yes"];
            let ran = Desk::ran(&mut crate::story::command(&desk, &arguments, &format!("{point}:{nth}")));
            if ran.code != -1 {
                ran.ends_with(0);
                break;
            }
            kills += 1;
            crate::story::nothing_comes_any_more(&desk);
        }
        assert!(kills >= 4, "{point}: {kills}");
        for (cid, name) in [("342", EDDIE), ("419", "Angry Fox")] {
            assert_eq!(entries(&desk, name), in_order(&format!("EFS-{cid}")), "{point}");
            assert_eq!(link_of(&desk, cid), Some(desk.company(name)), "{point}");
        }
    }
}

#[test]
fn unlinking_lists_what_goes_on_and_writes_nothing() {
    let desk = Desk::running();
    let eddie = desk.company(EDDIE);
    desk.forget_requests();
    let ran = desk.narrow(&["companies", "unlink", "342", "--dry-run"]).ends_with(0);
    insta::assert_snapshot!(desk.shown(&ran));
    desk.psactl(&["companies", "unlink", "342"]).ends_with(2).says("--yes");
    assert_eq!(link_of(&desk, "342"), Some(eddie));
    let unlinked =
        desk.psactl(&["companies", "unlink", "342", "--yes", "--output", "json"]).ends_with(0).json();
    assert_eq!(unlinked["schema"], "psactl/companies-unlink/1");
    insta::assert_snapshot!(shape(&unlinked));
    assert_eq!(link_of(&desk, "342"), None);
    assert_eq!(desk.writes(), [""; 0]);
    desk.psactl(&["companies", "unlink", "342", "--yes"]).ends_with(6).says("customer 342 is not linked");
    // It is still billed there: not at another company too.
    company(&desk, "BayDental", "Bay Street Dental");
    desk.forget_requests();
    desk.psactl(&["companies", "link", "342", "Bay Street Dental", "--yes"])
        .ends_with(6)
        .says("customer 342 is still billed by")
        .says("billed twice");
    assert_eq!(desk.writes(), [""; 0]);
    // What psactl wrote is not taken for somebody else's when it is linked again.
    desk.psactl(&["companies", "link", "342", EDDIE]).ends_with(0);
    desk.psactl(&["sync", "--verify"]).ends_with(0).is_silent_on("somebody else");
}

#[test]
fn a_customer_that_left_the_portal_can_be_unlinked() {
    let desk = Desk::linked();
    customers(&desk, [(342, EDDIE), (355, "Joe TV Repair")]);
    desk.psactl(&["companies"]).ends_with(0).says("psactl companies unlink 419");
    desk.psactl(&["companies", "unlink", "419", "--yes"]).ends_with(0).says("Unlinked: customer 419");
    desk.psactl(&["companies"]).ends_with(0).is_silent_on("unlink 419");
    // So can one whose company is gone.
    desk.delete(&format!("/company/companies/{}", desk.company("Joe TV Repair")));
    desk.psactl(&["companies", "unlink", "355", "--yes"]).ends_with(0).says("Unlinked: customer 355");
}

#[test]
fn a_replaced_link_leaves_entries_to_be_deleted_by_hand() {
    let desk = prepared();
    desk.psactl(&["companies", "link", "342", EDDIE]).ends_with(0);
    desk.psactl(&["companies", "link", "342", "Angry Fox", "--yes", "--replace"])
        .ends_with(0)
        .says("Eddie's TV Repair (#20) still has 2 Managed ID entries EFS-342")
        .says("Company > Eddie's TV Repair > Management");
    assert_eq!(entries(&desk, EDDIE), in_order("EFS-342"));
    desk.psactl(&["companies", "adopt", "--yes"])
        .ends_with(6)
        .says("its Managed ID stands on several companies");
}

/// The integrated PSA, without the Managed ID entries of a company.
fn without_entries(desk: &Desk, company: &str) {
    let path = format!("/company/companies/{}/managementSummaryReports", desk.company(company));
    for entry in desk.records(&path, "") {
        desk.delete(&format!("{path}/{}", id(&entry)));
    }
}

#[test]
fn serial_numbers_are_links_too_when_they_are_asked_for() {
    let desk = Desk::integrated();
    without_entries(&desk, "Angry Fox");
    desk.psactl(&["companies", "adopt", "--dry-run"])
        .ends_with(0)
        .says("Without a Managed ID in ConnectWise: 419 Angry Fox")
        .says("--serial-numbers");
    let fox = &["companies", "adopt", "--serial-numbers"];
    desk.psactl(&[&fox[..], &["--dry-run"]].concat()).ends_with(0).says("by serial number, no Managed ID");
    assert_eq!(link_of(&desk, "419"), None);
    desk.psactl(&[&fox[..], &["--yes"]].concat()).ends_with(0).says("3 links adopted.");
    assert_eq!(link_of(&desk, "419"), Some(desk.company("Angry Fox")));
    assert_eq!(
        desk.psactl(&["companies", "--output", "json"]).json()["customers"][2]["link"]["origin"],
        "serial-number"
    );
    desk.psactl(&[&fox[..], &["--yes"]].concat()).ends_with(0).says("No new links.");
    // The entries that are missing are the step's that makes them.
    let fox = "Managed ID EFS-419 on Angry Fox (BackupStats)";
    desk.psactl(&["setup", "managed-ids", "--dry-run"]).ends_with(0).says(fox);
    desk.psactl(&["setup", "managed-ids", "--apply", "--yes"]).ends_with(0);
    assert_eq!(entries(&desk, "Angry Fox"), in_order("EFS-419"));
    desk.psactl(&["companies", "adopt", "--yes"]).ends_with(0).says("No new links.");
}

#[test]
fn a_serial_number_elsewhere_than_the_managed_id_is_shown_and_not_resolved() {
    let desk = Desk::integrated();
    // Joe is billed what Fox used, by an addition that somebody mistyped.
    let path = format!("/finance/agreements/{}/additions", desk.agreement("Joe TV Repair"));
    let joes = desk.records(&path, "serialNumber = \"EFS-355\"");
    desk.change(&format!("{path}/{}", id(&joes[0])), "serialNumber", "EFS-419");
    desk.psactl(&["companies", "adopt", "--serial-numbers", "--yes"])
        .ends_with(6)
        .says("customer 419: its Managed ID stands on one company and is the serial number of another one's additions")
        .says("Joe TV Repair (#21), Angry Fox (#22)")
        .says("2 links adopted.");
    assert_eq!(link_of(&desk, "419"), None);
    without_entries(&desk, "Angry Fox");
    desk.psactl(&["companies", "adopt", "--serial-numbers", "--yes"])
        .ends_with(6)
        .says("of several companies");
    assert_eq!(link_of(&desk, "419"), None);
}

#[test]
fn adopting_reads_each_company_and_each_live_agreement_once() {
    let desk = Desk::with(Options {
        world: psactl::sandbox::World::Integrated,
        companies: 40,
        ..Options::default()
    });
    let agreements = desk.records("/finance/agreements", "agreementStatus = \"Active\"").len();
    let companies = desk.records("/company/companies", "deletedFlag = false").len();
    desk.forget_requests();
    desk.psactl(&["companies", "adopt", "--dry-run"]).ends_with(0);
    // The look-up, the solution, the companies, the statuses.
    assert_eq!(desk.requests().len(), companies + 4);
    desk.forget_requests();
    desk.psactl(&["companies", "adopt", "--dry-run", "--serial-numbers"]).ends_with(0);
    assert_eq!(desk.requests().len(), companies + agreements + 5);
}

/// One request for each company's Managed IDs and one for each agreement's additions; agreements come in lists.
#[test]
fn a_check_of_many_companies_asks_no_more_than_it_must() {
    let desk = Desk::with(Options {
        world: psactl::sandbox::World::Integrated,
        companies: 120,
        ..Options::default()
    });
    let names: Vec<(u32, String)> =
        (1..=120).map(|number| (10_000 + number, format!("Customer {number:05}"))).collect();
    customers(&desk, names.iter().map(|(cid, name)| (*cid, name.as_str())));
    desk.edit("psactl.toml", "max_requests_per_minute = 600", "max_requests_per_minute = 0");
    desk.psactl(&["companies", "adopt", "--yes"]).ends_with(0).says("120 links adopted");
    desk.forget_requests();
    let checked = desk.psactl(&["setup", "--check"]);
    assert!([0, 8].contains(&checked.code), "{checked:?}");
    let requests = desk.requests();
    let of = |part: &str| requests.iter().filter(|request| request.template.ends_with(part)).count();
    assert_eq!(of("/managementSummaryReports"), 120);
    assert_eq!(of("/additions"), 120);
    let lists = of("/finance/agreements");
    assert!((1..=4).contains(&lists), "{lists} lists of agreements");
    assert_eq!(desk.writes(), [""; 0]);
}

#[cfg(unix)]
mod at_a_terminal {
    use super::*;
    use crate::companies::terminal;
    use expectrl::{Eof, Expect};

    /// The same name is marked, likeness is not until somebody marks it; one yes links both.
    #[test]
    fn the_right_ones_are_marked_and_linked() {
        let desk = prepared();
        customers(
            &desk,
            [(342, EDDIE), (355, "Joes TV Repair"), (419, "Angry Fox"), (500, "Zebra Crossing")],
        );
        let mut session = terminal(&desk, &["companies", "link"]);
        session.expect("no company is called like 500").unwrap();
        session.expect("Which are the same?").unwrap();
        session.expect("same name").unwrap();
        // Down to the likeness, which comes after the two of the same name; marked, and on.
        session.send("\x1b[B\x1b[B \r").unwrap();
        session.expect("Are these the same, and shall 3 customers be linked?").unwrap();
        session.send("y").unwrap();
        session.expect("3 customers linked.").unwrap();
        session.expect(Eof).unwrap();
        assert_eq!(link_of(&desk, "355"), Some(desk.company("Joe TV Repair")));
        assert_eq!(link_of(&desk, "419"), Some(desk.company("Angry Fox")));
        assert_eq!(entries(&desk, "Joe TV Repair"), in_order("EFS-355"));
        assert_eq!(link_of(&desk, "500"), None);
    }

    #[test]
    fn what_somebody_made_meanwhile_is_not_made_twice() {
        let desk = prepared();
        let mut session = terminal(&desk, &["companies", "link", "419", "Angry Fox"]);
        session.expect("Link customer 419").unwrap();
        let solution = json!({ "id": id(&desk.record("/company/managementItSolutions", "")) });
        let path = format!("/company/companies/{}/managementSummaryReports", desk.company("Angry Fox"));
        for kind in ["WorkstationsAndServers", "BackupStats"] {
            let entry = json!({
                "managementSolution": solution, "groupIdentifier": "EFS-419", "deviceType": kind,
            });
            desk.make(&path, entry);
        }
        session.send("y").unwrap();
        session.expect("ConnectWise changed while this was being looked at").unwrap();
        session.expect(Eof).unwrap();
        assert_eq!(entries(&desk, "Angry Fox"), in_order("EFS-419"));
    }

    /// Cron's sync runs every minute, and a colleague may be at the same work.
    #[test]
    fn while_a_person_thinks_others_go_on() {
        let desk = prepared();
        let mut session = terminal(&desk, &["companies", "link", "419", "Angry Fox"]);
        session.expect("Link customer 419").unwrap();
        desk.psactl(&["companies", "link", "355", "Joe TV Repair", "--yes"]).ends_with(0);
        session.send("y").unwrap();
        session.expect("customers were linked or unlinked while this was asked: nothing was done").unwrap();
        session.expect(Eof).unwrap();
        assert_eq!(link_of(&desk, "419"), None);
        let mut session = terminal(&desk, &["companies", "link", "419", "Angry Fox"]);
        session.expect("Link customer 419").unwrap();
        let ran = desk.psactl(&["sync"]);
        assert_ne!(ran.code, 7, "{}{}", ran.stdout, ran.stderr);
        session.send("y").unwrap();
        session.expect("Linked").unwrap();
        session.expect(Eof).unwrap();
        assert_eq!(link_of(&desk, "419"), Some(desk.company("Angry Fox")));
    }

    #[test]
    fn likeness_alone_links_nobody() {
        let desk = prepared();
        customers(&desk, [(355, "Joes TV Repair")]);
        let mut session = terminal(&desk, &["companies", "link"]);
        session.expect("Which are the same?").unwrap();
        session.expect("Joe TV Repair").unwrap();
        session.send("\r").unwrap();
        session.expect("nobody was linked").unwrap();
        session.expect(Eof).unwrap();
        assert_eq!(desk.writes(), [""; 0]);
    }

    #[test]
    fn a_no_forgets_nothing() {
        let desk = Desk::linked();
        desk.forget_requests();
        let mut session = terminal(&desk, &["companies", "unlink", "342"]);
        session.expect("Forget that customer 342 is").unwrap();
        session.send("n").unwrap();
        session.expect("nothing was forgotten").unwrap();
        session.expect(Eof).unwrap();
        assert_eq!(link_of(&desk, "342"), Some(desk.company(EDDIE)));
        let mut session = terminal(&desk, &["companies", "unlink", "342"]);
        session.expect("Forget that customer 342 is").unwrap();
        session.send("y").unwrap();
        session.expect("Unlinked").unwrap();
        session.expect(Eof).unwrap();
        assert_eq!(link_of(&desk, "342"), None);
        assert_eq!(desk.writes(), [""; 0]);
    }
}
