//! `psactl companies add`, through the binary: a new client in one plan and one yes.

use serde_json::json;

use crate::companies::prepared;
use crate::story;
use crate::support::{Desk, id, shape};

const EDDIE: &str = "Eddie's TV Repair";
const ENTRY: &str = "POST /company/companies/{parentId}/managementSummaryReports";
const ADDITION: &str = "POST /finance/agreements/{parentId}/additions";

/// A second agreement of a company, of the same type as its first.
fn second_agreement(desk: &Desk, company: &str, name: &str) -> i64 {
    let first = desk.record("/finance/agreements", &format!("company/id = {}", desk.company(company)));
    let mut body = json!({ "name": name });
    for field in
        ["type", "company", "contact", "startDate", "noEndingDateFlag", "billingCycle", "nextInvoiceDate"]
    {
        if !first[field].is_null() {
            body[field] = first[field].clone();
        }
    }
    for reference in ["type", "company", "contact", "billingCycle"] {
        if let Some(own) = body[reference]["id"].as_i64() {
            body[reference] = json!({ "id": own });
        }
    }
    id(&desk.make("/finance/agreements", body))
}

#[test]
fn a_new_client_takes_one_plan_and_one_yes() {
    let desk = prepared();
    let dry = desk.narrow(&["companies", "add", "419", "Angry Fox", "--dry-run"]).ends_with(0);
    insta::assert_snapshot!(desk.shown(&dry));
    assert_eq!(desk.writes(), [""; 0]);
    desk.psactl(&["companies", "add", "419", "Angry Fox"]).ends_with(2).says("--yes");
    assert_eq!(desk.writes(), [""; 0]);

    let ran = desk.narrow(&["companies", "add", "419", "Angry Fox", "--yes"]).ends_with(0);
    insta::assert_snapshot!(desk.shown(&ran));
    let writes = desk.writes();
    assert_eq!(writes[..2], [ENTRY, ENTRY]);
    assert!(writes.len() > 2 && writes[2..].iter().all(|write| write == ADDITION), "{writes:?}");
    // The first push is in the addition itself.
    assert!(desk.billed().iter().all(|(_, quantity)| !quantity.is_empty() && quantity != "0"));

    // Once more: nothing is left to do, and nothing is asked.
    desk.forget_requests();
    let again = desk.psactl(&["companies", "add", "419", "Angry Fox"]).ends_with(0);
    again.says("The next psactl sync writes no quantity for this customer");
    assert_eq!(desk.writes(), [""; 0]);
    // The next sync writes no quantity, as was said.
    desk.psactl(&["sync", "--cid", "419"]).ends_with(0);
    assert!(!desk.writes().iter().any(|write| write.contains("additions")), "{:?}", desk.writes());
}

#[test]
fn the_json_shape_is_kept() {
    let desk = prepared();
    let added = desk.psactl(&["companies", "add", "419", "Angry Fox", "--yes", "--output", "json"]);
    let added = added.ends_with(0).json();
    assert_eq!(added["schema"], "psactl/companies-add/1");
    insta::assert_snapshot!(shape(&added));
}

#[test]
fn a_part_that_fails_is_told_and_running_it_again_finishes() {
    let desk = prepared();
    desk.expects_refusals();
    desk.fault("POST", "additions", "status-400", 1);
    desk.psactl(&["companies", "add", "342", EDDIE, "--yes"])
        .ends_with(6)
        .says("Linked: customer 342")
        .says("Not all was written. Run it again");
    desk.forget_requests();
    desk.psactl(&["companies", "add", "342", EDDIE, "--yes"]).ends_with(0).says("writes no quantity");
    assert_eq!(desk.writes(), [ADDITION]);

    let desk = prepared();
    desk.expects_refusals();
    desk.fault("POST", "managementSummaryReports", "status-400", 1);
    desk.psactl(&["companies", "add", "342", EDDIE, "--yes"])
        .ends_with(6)
        .says("Not linked")
        .says("the Managed ID entries are needed first");
    assert_eq!(desk.billed().len(), 0);
    desk.psactl(&["companies", "add", "342", EDDIE, "--yes"]).ends_with(0);
    assert_ne!(desk.billed().len(), 0);
}

#[test]
fn an_answer_that_never_came_makes_nothing_twice() {
    let undisturbed = prepared();
    undisturbed.psactl(&["companies", "add", "342", EDDIE, "--yes"]).ends_with(0);
    for path in ["additions", "managementSummaryReports"] {
        let desk = prepared();
        desk.fault("POST", path, "applied-then-reset", 1);
        desk.psactl(&["companies", "add", "342", EDDIE, "--yes"]).ends_with(0);
        story::assert_same(&story::read_back(&undisturbed), &story::read_back(&desk), path);
    }
}

/// Killed at every write, at every place where power can fail, and run again each time.
#[test]
fn killed_at_every_write_it_ends_as_if_undisturbed() {
    let arguments = ["companies", "add", "342", EDDIE, "--yes"];
    let undisturbed = prepared();
    undisturbed.psactl(&arguments).ends_with(0);
    let expected = story::read_back(&undisturbed);
    for point in ["intent", "sent", "remembered", "outcome"] {
        let desk = prepared();
        let mut kills = 0;
        loop {
            assert!(kills < 60, "{point}: makes no progress");
            // A run that stops at its first intent never gets any further.
            let nth = if point == "intent" && kills > 0 { 2 } else { 1 };
            let ran = Desk::ran(&mut story::command(&desk, &arguments, &format!("{point}:{nth}")));
            if ran.code != -1 {
                ran.ends_with(0).says("writes no quantity");
                break;
            }
            kills += 1;
            story::nothing_comes_any_more(&desk);
        }
        assert!(kills > 3, "{point}: {kills}");
        story::assert_same(&expected, &story::read_back(&desk), point);
    }
}

#[test]
fn where_several_agreements_would_do_a_person_says_which() {
    let desk = prepared();
    let second = second_agreement(&desk, EDDIE, "Backup for Eddie");
    desk.forget_requests();
    desk.psactl(&["companies", "add", "342", EDDIE, "--yes"])
        .ends_with(6)
        .says("has several active agreements")
        .says(&format!("#{second} Backup for Eddie"))
        .says("--agreement ID says which")
        .says("Nothing was written");
    desk.psactl(&["companies", "add", "342", EDDIE, "--yes", "--agreement", "99999"])
        .ends_with(6)
        .says("has no active agreement #99999");
    assert_eq!(desk.writes(), [""; 0]);
    desk.psactl(&["companies", "add", "342", EDDIE, "--yes", "--agreement", &second.to_string()])
        .ends_with(0);
    let additions = desk.records(&format!("/finance/agreements/{second}/additions"), "");
    assert!(additions.iter().any(|addition| addition["serialNumber"] == "EFS-342"));
    // From now on it is the one that has the customer's others.
    desk.psactl(&["companies", "add", "342", EDDIE]).ends_with(0);
}

#[test]
fn an_agreement_without_a_next_invoice_needs_a_date() {
    let desk = prepared();
    let agreement = desk.agreement("Angry Fox");
    desk.change(&format!("/finance/agreements/{agreement}"), "nextInvoiceDate", "2026-11-01T00:00:00Z");
    desk.forget_requests();
    let fox = &["companies", "add", "419", "Angry Fox", "--yes"];
    desk.psactl(fox).ends_with(6).says("--effective-date YYYY-MM-DD").says("Nothing was written");
    assert_eq!(desk.writes(), [""; 0]);
    let dated = [&fox[..], &["--effective-date", "2026-11-01"]].concat();
    desk.psactl(&dated);
    let additions =
        desk.records(&format!("/finance/agreements/{agreement}/additions"), "serialNumber = \"EFS-419\"");
    assert!(additions.iter().all(|own| own["effectiveDate"] == "2026-11-01T00:00:00Z"), "{additions:#?}");
    assert_ne!(additions.len(), 0);
}

#[test]
fn nothing_is_written_beside_what_stands_elsewhere_or_is_not_ready() {
    let desk = Desk::bare();
    desk.psactl(&["companies", "add", "342", EDDIE, "--yes"]).ends_with(3).says("set-up is not finished");
    let desk = prepared();
    desk.psactl(&["companies", "add", "777", EDDIE, "--yes"])
        .ends_with(6)
        .says("the portal knows no customer 777");
    desk.psactl(&["companies", "add", "342", "Nobody", "--yes"]).ends_with(6).says("no company with id");
    // A row that cannot be read: a partial sum is a wrong bill.
    desk.edit("accounts.csv", "148.20", "much");
    desk.psactl(&["companies", "add", "342", EDDIE, "--yes"])
        .ends_with(6)
        .says("partial sum")
        .says("Nothing was");
    assert_eq!(desk.writes(), [""; 0]);
    desk.edit("accounts.csv", "much", "148.20");
    desk.psactl(&["companies", "link", "355", EDDIE, "--yes"]).ends_with(0);
    desk.forget_requests();
    desk.psactl(&["companies", "add", "355", "Angry Fox", "--yes"])
        .ends_with(6)
        .says("is linked to Eddie's TV Repair");
    assert_eq!(desk.writes(), [""; 0]);
}

/// What somebody made by hand is adopted: psactl adds nothing beside it, and says what the next sync would do.
#[test]
fn what_was_made_by_hand_stays_and_its_first_push_is_held() {
    let desk = Desk::running();
    desk.psactl(&["companies", "unlink", "419", "--yes"]).ends_with(0);
    desk.forget_requests();
    desk.psactl(&["companies", "add", "419", "Angry Fox", "--yes"]).ends_with(0).says("writes no quantity");
    assert_eq!(desk.writes(), [""; 0]);
}

/// [billing.flat_fees] of these tests.
const FLAT_FEE: &str = "[billing.flat_fees]\nselect-storage = { identifier = \"Select Backup w/ 25 GB\", \
                        included = \"25\", price = \"40.00\" }\n\n[billing.guard]";

/// A desk with a flat fee configured and its product there.
fn with_a_flat_fee() -> Desk {
    let desk = prepared();
    desk.edit("psactl.toml", "[billing.guard]", FLAT_FEE);
    desk.psactl(&["setup", "products", "--apply", "--yes"]).ends_with(0).says("Select Backup w/ 25 GB");
    let product = desk.record("/procurement/catalog", "identifier = \"Select Backup w/ 25 GB\"");
    assert_eq!(
        (&product["price"], &product["customerDescription"]),
        (&json!(40), &json!("Select Backup w/ 25 GB"))
    );
    desk.forget_requests();
    desk
}

/// Product, quantity, included amount of a company's additions.
fn additions(desk: &Desk, company: &str) -> Vec<(String, String, String)> {
    let path = format!("/finance/agreements/{}/additions", desk.agreement(company));
    let text = |value: &serde_json::Value| value.as_f64().map_or(String::new(), |number| number.to_string());
    let one = |own: &serde_json::Value| {
        let product = own["product"]["identifier"].as_str().unwrap_or_default().to_owned();
        (product, text(&own["quantity"]), text(&own["lessIncluded"]))
    };
    desk.records(&path, "serialNumber like \"EFS-%\"").iter().map(one).collect()
}

#[test]
fn a_flat_fee_goes_beside_the_usage_it_includes() {
    let desk = with_a_flat_fee();
    // It is offered, and not added unasked.
    let dry = ["companies", "add", "342", EDDIE, "--dry-run"];
    desk.psactl(&dry).ends_with(0).is_silent_on("Select Backup w/ 25 GB (EFS-342)");
    let with = [&dry[..], &["--flat-fee", "select-storage"]].concat();
    desk.psactl(&with).ends_with(0).says("Select Backup w/ 25 GB");
    assert_eq!(desk.writes(), [""; 0]);

    // Where the flat fee fails, the usage that it includes is not made either: it would bill too little.
    desk.expects_refusals();
    desk.fault("POST", "additions", "status-400", 1);
    let make = ["companies", "add", "342", EDDIE, "--yes", "--flat-fee", "select-storage"];
    desk.psactl(&make).ends_with(6).says("Not all was written");
    let names: Vec<String> = additions(&desk, EDDIE).into_iter().map(|(product, ..)| product).collect();
    assert!(!names.iter().any(|name| name.contains("Select")), "{names:?}");

    desk.psactl(&make).ends_with(0).says("writes no quantity");
    let made = additions(&desk, EDDIE);
    let flat: Vec<_> = made.iter().filter(|(product, ..)| product == "Select Backup w/ 25 GB").collect();
    let usage: Vec<_> =
        made.iter().filter(|(product, ..)| product == "Online Backup Select Storage").collect();
    assert_eq!(flat.len(), 1, "{made:?}");
    assert_eq!(flat[0].1, "1");
    assert_eq!((usage.len(), usage[0].2.as_str()), (1, "25"), "{made:?}");

    // Once more, and without the flag: what is there stays, and nothing is added beside it.
    desk.forget_requests();
    desk.psactl(&make).ends_with(0);
    desk.psactl(&["setup", "agreements", "--apply", "--yes"]).ends_with(0);
    desk.psactl(&["sync", "--cid", "342", "--only", "billing"]).ends_with(0);
    assert_eq!(desk.writes(), [""; 0]);
}

#[test]
fn usage_made_after_its_flat_fee_takes_the_included_amount_from_it() {
    let desk = with_a_flat_fee();
    desk.psactl(&["companies", "link", "342", EDDIE, "--yes"]).ends_with(0);
    let product = id(&desk.record("/procurement/catalog", "identifier = \"Select Backup w/ 25 GB\""));
    let path = format!("/finance/agreements/{}/additions", desk.agreement(EDDIE));
    // By hand, as the guide has it: no serial number.
    let body =
        json!({ "product": { "id": product }, "quantity": 1, "billCustomer": "Billable", "unitPrice": 40 });
    desk.make(&path, body);
    desk.psactl(&["setup", "agreements", "342", "--apply", "--yes"]).ends_with(0);
    let made = additions(&desk, EDDIE);
    assert!(!made.iter().any(|(product, ..)| product == "Select Backup w/ 25 GB"), "{made:?}");
    assert!(
        made.iter().any(|(product, _, less)| product == "Online Backup Select Storage" && less == "25"),
        "{made:?}"
    );
}

/// The company's other customer may be the one that the fee was made for by hand: nobody gets 25 GB for nothing.
#[test]
fn a_fee_without_a_serial_number_may_be_the_other_customers() {
    let desk = with_a_flat_fee();
    desk.psactl(&["companies", "link", "355", EDDIE, "--yes"]).ends_with(0);
    let product = id(&desk.record("/procurement/catalog", "identifier = \"Select Backup w/ 25 GB\""));
    let path = format!("/finance/agreements/{}/additions", desk.agreement(EDDIE));
    let body =
        json!({ "product": { "id": product }, "quantity": 1, "billCustomer": "Billable", "unitPrice": 40 });
    let fee = id(&desk.make(&path, body));
    let add = ["companies", "add", "342", EDDIE, "--yes"];
    desk.psactl(&add).says(&format!("flat fee #{fee}")).says("enter the Managed ID");
    let made = additions(&desk, EDDIE);
    assert!(!made.iter().any(|(_, _, less)| less == "25"), "{made:?}");
    assert!(!made.iter().any(|(product, ..)| product == "Online Backup Select Storage"), "{made:?}");
    // A person says whose it is: usage is made without an included amount.
    desk.change(&format!("{path}/{fee}"), "serialNumber", "EFS-355");
    desk.psactl(&add).ends_with(0);
    let made = additions(&desk, EDDIE);
    let usage: Vec<_> =
        made.iter().filter(|(product, ..)| product == "Online Backup Select Storage").collect();
    assert_eq!((usage.len(), usage[0].2.as_str()), (1, "0"), "{made:?}");
}

#[test]
fn a_flat_fee_that_nobody_configured_is_named() {
    let desk = prepared();
    desk.psactl(&["companies", "add", "342", EDDIE, "--flat-fee", "select-storage", "--dry-run"])
        .ends_with(3)
        .says("no flat fee is configured for select-storage");
    desk.psactl(&["setup", "agreements", "--flat-fee", "select", "--dry-run"])
        .ends_with(2)
        .says("select-storage");
    desk.psactl(&["setup", "products", "--flat-fee", "select-storage", "--dry-run"]).ends_with(2);
    desk.psactl(&["setup", "products", "342", "--dry-run"]).ends_with(2).says("managed-ids and agreements");
    desk.psactl(&["setup", "agreements", "9999", "--dry-run"])
        .ends_with(6)
        .says("customer 9999 is not linked");
    assert_eq!(desk.writes(), [""; 0]);
}

#[cfg(unix)]
mod at_a_terminal {
    use super::*;
    use crate::companies::terminal;
    use expectrl::{Eof, Expect};

    #[test]
    fn one_yes_makes_everything() {
        let desk = prepared();
        let mut session = terminal(&desk, &["companies", "add", "419", "Angry Fox"]);
        session.expect("next invoices of these").unwrap();
        session.expect("and bill it so?").unwrap();
        session.send("y").unwrap();
        session.expect("Linked: customer 419").unwrap();
        session.expect("writes no quantity").unwrap();
        session.expect(Eof).unwrap();
        assert!(desk.billed().keys().any(|key| key.starts_with("EFS-419")));
    }

    #[test]
    fn a_no_writes_nothing() {
        let desk = prepared();
        let mut session = terminal(&desk, &["companies", "add", "419", "Angry Fox"]);
        session.expect("and bill it so?").unwrap();
        session.send("n").unwrap();
        session.expect("nothing was added").unwrap();
        session.expect(Eof).unwrap();
        assert_eq!(desk.writes(), [""; 0]);
    }

    /// Somebody makes the entries while the person thinks.
    #[test]
    fn what_changed_meanwhile_is_shown_before_it_is_made() {
        let desk = prepared();
        let mut session = terminal(&desk, &["companies", "add", "419", "Angry Fox"]);
        session.expect("and bill it so?").unwrap();
        let solution = json!({ "id": id(&desk.record("/company/managementItSolutions", "")) });
        let path = format!("/company/companies/{}/managementSummaryReports", desk.company("Angry Fox"));
        let entry = json!({
            "managementSolution": solution, "groupIdentifier": "EFS-419", "deviceType": "WorkstationsAndServers",
        });
        desk.make(&path, entry);
        session.send("y").unwrap();
        session.expect("Something changed in the meantime").unwrap();
        session.expect("and bill it so?").unwrap();
        session.send("y").unwrap();
        session.expect("Linked: customer 419").unwrap();
        session.expect(Eof).unwrap();
        assert_eq!(desk.records(&path, "").len(), 2);
    }

    #[test]
    fn an_agreement_is_chosen_and_a_date_asked_for() {
        let desk = prepared();
        let second = second_agreement(&desk, "Angry Fox", "Backup for the Fox");
        desk.change(&format!("/finance/agreements/{second}"), "nextInvoiceDate", "2026-11-01T00:00:00Z");
        let mut session = terminal(&desk, &["companies", "add", "419", "Angry Fox"]);
        session.expect("Which agreement bills Angry Fox (419)?").unwrap();
        session.expect("Backup for the Fox").unwrap();
        session.send("\x1b[B\r").unwrap();
        session.expect("From when are the additions of Angry Fox").unwrap();
        session.send("soon\r").unwrap();
        session.expect("is no day; write it like").unwrap();
        session.send("\x15").unwrap();
        session.send("\x7f\x7f\x7f\x7f2026-11-01\r").unwrap();
        session.expect("and bill it so?").unwrap();
        session.send("y").unwrap();
        session.expect("Linked: customer 419").unwrap();
        session.expect(Eof).unwrap();
        let additions = desk.records(&format!("/finance/agreements/{second}/additions"), "");
        assert!(additions.iter().any(|own| own["effectiveDate"] == "2026-11-01T00:00:00Z"), "{additions:#?}");
    }

    #[test]
    fn a_flat_fee_is_asked_for_where_one_is_configured() {
        let desk = with_a_flat_fee();
        let mut session = terminal(&desk, &["companies", "add", "342", EDDIE]);
        session.expect("Bill the flat fee?").unwrap();
        session.send("y").unwrap();
        session.expect("and bill it so?").unwrap();
        session.send("y").unwrap();
        session.expect("Linked: customer 342").unwrap();
        session.expect(Eof).unwrap();
        let made = additions(&desk, EDDIE);
        assert!(made.iter().any(|(product, ..)| product == "Select Backup w/ 25 GB"), "{made:?}");
    }

    #[test]
    fn set_up_asks_which_agreement_and_who_gets_the_flat_fee() {
        let desk = with_a_flat_fee();
        let second = second_agreement(&desk, EDDIE, "Backup for Eddie");
        desk.psactl(&["companies", "link", "342", EDDIE, "--yes"]).ends_with(0);
        desk.psactl(&["setup", "agreements", "--apply", "--yes"])
            .ends_with(3)
            .says("companies add 342")
            .says("has several active agreements");
        let mut session = terminal(&desk, &["setup", "agreements"]);
        session.expect("Which agreement bills Eddie's TV Repair (342)?").unwrap();
        session.expect("Stop here").unwrap();
        session.send("\x1b[B\r").unwrap();
        session.expect("Who gets the flat fee").unwrap();
        session.expect("Eddie's TV Repair (342)").unwrap();
        session.send(" \r").unwrap();
        session.expect("What now?").unwrap();
        session.expect("Stop here").unwrap();
        session.send("\r").unwrap();
        session.expect("Step agreements is right").unwrap();
        session.expect(Eof).unwrap();
        let path = format!("/finance/agreements/{second}/additions");
        let made = desk.records(&path, "serialNumber = \"EFS-342\"");
        let of = |name: &str| made.iter().filter(|own| own["product"]["identifier"] == name).count();
        assert_eq!((of("Select Backup w/ 25 GB"), of("Online Backup Select Storage")), (1, 1), "{made:#?}");
    }
}
