//! Agreement additions and use.

use serde_json::{Value, json};

use crate::doctor::{finds, healthy, is_clean};
use crate::support::{Desk, id};

const EDDIE: &str = "Eddie's TV Repair";
const SELECT: &str = "Online Backup Select Storage";

/// A copy of an addition, on the agreement of a company, with these fields.
fn copied(desk: &Desk, company: &str, with: &[(&str, Value)]) -> String {
    let addition = desk.addition(EDDIE, SELECT);
    let mut body = json!({});
    for field in ["product", "billCustomer", "quantity", "effectiveDate", "serialNumber", "unitPrice"] {
        body[field] = addition[field].clone();
    }
    body["product"] = json!({ "id": addition["product"]["id"] });
    for (field, value) in with {
        body[*field] = value.clone();
    }
    let path = format!("/finance/agreements/{}/additions", desk.agreement(company));
    format!("{path}/{}", id(&desk.make(&path, body)))
}

#[test]
fn additions_that_bill_nothing() {
    let desk = healthy();
    let path = desk.addition_path(EDDIE, SELECT);
    let number = id(&desk.addition(EDDIE, SELECT));

    desk.change(&path, "cancelledDate", "2026-11-01T00:00:00Z");
    finds(
        &desk,
        "addition-cancelled",
        &[&format!("addition #{number}"), "was cancelled on 2026-11-01", "uses 189.05 GB"],
    );
    desk.change(&path, "cancelledDate", Value::Null);
    is_clean(&desk);

    let from = desk.addition(EDDIE, SELECT)["effectiveDate"].clone();
    desk.change(&path, "effectiveDate", "2027-06-01T00:00:00Z");
    finds(&desk, "addition-future", &[&format!("addition #{number}"), "takes effect on 2027-06-01"]);
    desk.change(&path, "effectiveDate", from);
    is_clean(&desk);

    let agreement = format!("/finance/agreements/{}", desk.agreement(EDDIE));
    desk.change(&agreement, "noEndingDateFlag", false);
    desk.change(&agreement, "endDate", "2026-10-31T00:00:00Z");
    finds(&desk, "addition-ended", &["Managed Services for Eddie's TV Repair is expired"]);
    // As people say “for ever”.
    desk.change(&agreement, "endDate", "9999-12-31T00:00:00Z");
    is_clean(&desk);
    desk.change(&agreement, "noEndingDateFlag", true);
    desk.change(&agreement, "endDate", Value::Null);
    is_clean(&desk);

    desk.delete(&path);
    finds(
        &desk,
        "usage-unbilled",
        &[
            "uses 189.05 GB of Select Online Backup Storage",
            "no addition with serial number EFS-342",
            "psactl setup agreements 342",
        ],
    );
    desk.psactl(&["setup", "agreements", "--apply", "--yes"]).ends_with(0);
    is_clean(&desk);
}

#[test]
fn additions_that_bill_too_much() {
    let desk = healthy();
    let twice = copied(&desk, EDDIE, &[]);
    let told = finds(
        &desk,
        "addition-doubled",
        &[
            &format!("addition #{}", id(&desk.ask("GET", &twice, &[], None))),
            "on Managed Services for Eddie's TV Repair",
        ],
    );
    assert_eq!(told["evidence"].as_array().unwrap().len(), 2);
    desk.change(&twice, "cancelledDate", "2026-11-01T00:00:00Z");
    is_clean(&desk);

    let orphan = copied(&desk, EDDIE, &[("serialNumber", json!("EFS-777"))]);
    finds(&desk, "addition-orphan", &["of EFS-777, which the portal does not know"]);
    desk.delete(&orphan);
    is_clean(&desk);

    let elsewhere = copied(&desk, "Joe TV Repair", &[]);
    finds(
        &desk,
        "addition-elsewhere",
        &["of Joe TV Repair bills EFS-342, which is linked to Eddie's TV Repair"],
    );
    desk.delete(&elsewhere);
    is_clean(&desk);
}

#[test]
fn additions_whose_numbers_are_wrong() {
    let desk = healthy();
    let path = desk.addition_path(EDDIE, SELECT);
    desk.change(&path, "serialNumber", "efs-342");
    finds(&desk, "addition-letters", &["serial number “efs-342”, should be EFS-342"]);
    desk.change(&path, "serialNumber", "EFS-342");
    is_clean(&desk);

    let quantity = desk.addition(EDDIE, SELECT)["quantity"].clone();
    desk.change(&path, "quantity", 170);
    finds(
        &desk,
        "another-writer",
        &["quantity 170, psactl's last 189.05; written by admin2", "psactl review --take-over"],
    );
    desk.change(&path, "quantity", quantity);
    is_clean(&desk);

    // The guide's figure 19: made empty, to be filled later.
    let negative =
        [("lessIncluded", json!(150)), ("quantity", Value::Null), ("serialNumber", json!("EFS-355"))];
    let product = id(&desk.record("/procurement/catalog", "identifier = \"FW-60\""));
    let product = [("product", json!({ "id": product }))];
    let empty = copied(&desk, "Joe TV Repair", &[&negative[..], &product[..]].concat());
    if desk.ask("GET", &empty, &[], None)["billedQuantity"].as_f64().is_some_and(|billed| billed < 0.0) {
        finds(&desk, "addition-negative", &["less included 150, quantity to bill -150"]);
    }
    desk.change(&empty, "quantity", 160);
    is_clean(&desk);
}
