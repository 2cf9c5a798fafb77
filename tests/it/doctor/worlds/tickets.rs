//! Tickets, and what makes a second one of each.

use serde_json::json;

use crate::doctor::{check, finds, healthy, is_clean, report};
use crate::support::{Desk, id};

fn boards(desk: &Desk) -> [i64; 2] {
    ["Professional Services", "Help Desk"]
        .map(|name| id(&desk.record("/service/boards", &format!("name = \"{name}\""))))
}

#[test]
fn tickets_that_were_moved_about() {
    let desk = healthy();
    let tickets = desk.tickets();
    let [own, other] = boards(&desk);
    let (first, second) = (id(&tickets[0]), id(&tickets[1]));
    let path = format!("/service/tickets/{first}");
    let status = |board: i64, name: &str| json!({ "id": id(&desk.record(&format!("/service/boards/{board}/statuses"), &format!("name = \"{name}\""))) });
    let moved = |board: i64, name: &str| {
        let change = json!([
            { "op": "replace", "path": "board", "value": { "id": board } },
            { "op": "replace", "path": "status", "value": status(board, name) },
        ]);
        desk.ask("PATCH", &path, &[], Some(&change));
    };
    moved(other, "New");
    finds(&desk, "ticket-moved", &[&format!("ticket #{first}"), "is on board “Help Desk”"]);
    moved(own, "New (not responded)");
    is_clean(&desk);

    let children = json!({ "childTicketIds": [second] });
    desk.ask("POST", &format!("/service/tickets/{first}/attachChildren"), &[], Some(&children));
    finds(&desk, "ticket-child", &[&format!("ticket #{second}"), &format!("is a child of ticket #{first}")]);
}

#[test]
fn a_ticket_that_was_merged() {
    let desk = healthy();
    let tickets = desk.tickets();
    let (first, second) = (id(&tickets[0]), id(&tickets[1]));
    let [own, _] = boards(&desk);
    let closed = id(&desk.record(&format!("/service/boards/{own}/statuses"), "name = \"Closed\""));
    let merge = json!({ "mergeTicketIds": [second], "status": { "id": closed, "name": "Closed" } });
    desk.ask("POST", &format!("/service/tickets/{first}/merge"), &[], Some(&merge));
    finds(
        &desk,
        "ticket-merged",
        &[&format!("ticket #{second}"), &format!("was merged under ticket #{first}")],
    );
    // Once a run has seen it, it is known, and nothing waits for anybody.
    desk.psactl(&["sync", "--verify"]).ends_with(0);
    is_clean(&desk);
}

#[test]
fn a_fault_with_two_tickets() {
    let desk = healthy();
    let one = desk.tickets().remove(0);
    let xref = one["externalXRef"].as_str().unwrap();
    let (fault, _) = xref.rsplit_once(':').unwrap();
    let body = json!({
        "summary": "Once more", "company": { "id": one["company"]["id"] }, "board": { "id": one["board"]["id"] },
        "externalXRef": format!("{fault}:0000000000000000"),
    });
    let twice = id(&desk.make("/service/tickets", body));
    finds(&desk, "ticket-doubled", &[&format!("ticket #{}", id(&one)), &format!("ticket #{twice}")]);
    let board = one["board"]["id"].as_i64().unwrap();
    let closed = id(&desk.record(&format!("/service/boards/{board}/statuses"), "name = \"Closed\""));
    desk.change(&format!("/service/tickets/{twice}"), "status", json!({ "id": closed }));
    is_clean(&desk);
}

#[test]
fn the_portals_own_notifications() {
    let desk = healthy();
    let [own, _] = boards(&desk);
    let board = format!("/service/boards/{own}");
    desk.change(&board, "notifyEmailFrom", "Support@companyname.net");
    is_clean(&desk);
    assert_eq!(check(&report(&desk, &[]), "notify-email")["status"], "ok");
    desk.edit("accounts.csv", "backupnotify@companyname.net", "support@companyname.net");
    let told = finds(
        &desk,
        "notify-email",
        &["account ETV-Primary (DOC30199001) of customer 342", "Contact Information"],
    );
    assert_eq!(told["evidence"].as_array().unwrap().len(), 12);
    desk.edit("accounts.csv", "support@companyname.net", "backupnotify@companyname.net");
    is_clean(&desk);

    let accounts = desk.read("accounts.csv");
    let row = accounts.lines().find(|line| line.contains("JTR-Counter")).unwrap();
    desk.edit("accounts.csv", row, &row.replace(",no,", ",yes,"));
    finds(
        &desk,
        "external-ticketing",
        &["account JTR-Counter (DOC30199009) of customer 355", "uncheck Enable External Ticketing Alerts"],
    );
    desk.write("accounts.csv", &accounts);
    is_clean(&desk);

    // An export without those columns: skipped, with the guide's clicks.
    let without = accounts.replace("Notification Email", "Colour").replace("External Ticketing", "Shape");
    desk.write("accounts.csv", &without);
    let report = report(&desk, &["--only", "tickets"]);
    for (id, column) in [("notify-email", "Notification Email"), ("external-ticketing", "External Ticketing")]
    {
        let check = check(&report, id);
        assert_eq!(check["status"], "skipped");
        let because = check["title"].as_str().unwrap();
        assert!(because.contains(column) && because.contains("My Account > Notifications"), "{because}");
    }
}
