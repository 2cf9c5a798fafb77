//! Where an addition belongs and what it holds, as tables.

use std::path::Path;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::super::Named;
use super::*;
use crate::config::{Config, Environment};
use crate::plan::Request;
use crate::services;

const TODAY: Date = jiff::civil::date(2026, 11, 23);
const NEXT: Date = jiff::civil::date(2026, 12, 1);

fn agreement(id: i64, name: &str, kind: &str, status: &str) -> Value {
    json!({
        "id": id, "name": name, "type": {"id": 1, "name": kind}, "agreementStatus": status,
        "nextInvoiceDate": "2026-12-01T00:00:00Z", "currency": {"id": 1, "symbol": "$"},
    })
}

fn addition(id: i64, product: i64, fields: &Value) -> Value {
    let mut record = json!({"id": id, "product": {"id": product}, "serialNumber": "EFS-342 "});
    record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    record
}

fn facts(agreement: Value, additions: Vec<Value>) -> AgreementFacts {
    AgreementFacts {
        agreement: serde_json::from_value(agreement).unwrap(),
        additions: additions.into_iter().map(|own| serde_json::from_value(own).unwrap()).collect(),
    }
}

fn product(id: Option<i64>, price: Option<&str>) -> Product {
    let item = Named { id, name: "Online Backup Select Storage".into() };
    Product { item, price: price.map(|price| price.parse().unwrap()), cost: None }
}

#[test]
fn psactl_adds_nothing_beside_what_bills_already() {
    let products = [product(Some(5), None), product(Some(6), None), product(None, None)];
    // What the addition is, the state of its agreement -> whether it counts
    let rows = [
        ("bills", json!({}), "Active", true),
        ("bills as another product of the service", json!({"product": {"id": 6}}), "Active", true),
        ("will bill", json!({"effectiveDate": "2027-01-01T00:00:00Z"}), "Active", true),
        ("bills until next year", json!({"cancelledDate": "2027-01-01T00:00:00Z"}), "Active", true),
        ("was cancelled", json!({"cancelledDate": "2026-11-01T00:00:00Z"}), "Active", false),
        ("stayed on an agreement that ended", json!({}), "Expired", false),
        ("is another customer's", json!({"serialNumber": "EFS-355"}), "Active", false),
        ("is another product", json!({"product": {"id": 99}}), "Active", false),
        ("is no product at all", json!({"product": {}}), "Active", false),
    ];
    for (what, fields, status, counts) in rows {
        let own = [facts(agreement(7, "Gold", "MS", status), vec![addition(11, 5, &fields)])];
        let expected: &[&str] = if counts { &["addition #11 on Gold"] } else { &[] };
        assert_eq!(existing(&own, &products, "EFS-342", TODAY), expected, "{what}");
    }
}

#[test]
fn an_addition_belongs_where_there_is_no_doubt() {
    let of = |id: i64, name: &str, kind: &str| facts(agreement(id, name, kind, "Active"), vec![]);
    let with = |id: i64, name: &str, fields: Value| {
        facts(agreement(id, name, "Other", "Active"), vec![addition(id, 99, &fields)])
    };
    let ended = facts(agreement(9, "Old", "MS", "Expired"), vec![addition(9, 5, &json!({}))]);
    let several = "has several active agreements (#1 A, #2 B)";
    let rows: [(&str, Vec<AgreementFacts>, Result<i64, &str>); 8] = [
        ("none", vec![], Err("has no active agreement to bill it on")),
        ("none that runs", vec![ended.clone()], Err("has no active agreement to bill it on")),
        ("one", vec![of(1, "A", "Other"), ended.clone()], Ok(1)),
        ("one of the type", vec![of(1, "A", "Other"), of(2, "B", "MS"), ended], Ok(2)),
        ("two of the type", vec![of(1, "A", "MS"), of(2, "B", "MS")], Err(several)),
        ("one that has the customer's others", vec![of(1, "A", "MS"), with(2, "B", json!({}))], Ok(2)),
        (
            "one that had them",
            vec![of(1, "A", "Other"), with(2, "B", json!({"cancelledDate": "2026-11-01"}))],
            Err(several),
        ),
        ("both have them", vec![with(1, "A", json!({})), with(2, "B", json!({}))], Err(several)),
    ];
    for (what, agreements, expected) in rows {
        let chosen = choose(&agreements, "MS", "EFS-342", TODAY).map(|agreement| agreement.id);
        assert_eq!(chosen, expected.map_err(str::to_owned), "{what}");
    }
}

#[test]
fn a_person_says_which_of_several_agreements_it_is() {
    let of = |id: i64, name: &str, status: &str| facts(agreement(id, name, "MS", status), vec![]);
    let own = [of(1, "A", "Active"), of(2, "B", "Active"), of(3, "C", "Expired")];
    assert_eq!(named(&own, 2).map(|agreement| agreement.id), Ok(2));
    let none = "has no active agreement #3; its active ones are #1 A, #2 B";
    assert_eq!(named(&own, 3).map(|agreement| agreement.id), Err(none.to_owned()));
    assert_eq!(
        named(&own[2..], 3).map(|own| own.id),
        Err("has no active agreement to bill it on".to_owned())
    );
    // It is asked for only where there is a choice.
    let mut undecided = std::collections::BTreeSet::new();
    let link = link();
    assert_eq!(which("none".to_owned(), &link, &own[2..], &mut undecided), "none");
    assert!(undecided.is_empty());
    let why = which("several".to_owned(), &link, &own, &mut undecided);
    assert_eq!(why, "several: psactl companies add 342 70 --agreement ID says which");
    let both = vec![(1, "A".to_owned()), (2, "B".to_owned())];
    assert_eq!(undecided.into_iter().collect::<Vec<_>>(), [Undecided::Agreement(both)]);
}

fn config() -> Config {
    let file = Path::new("examples/psactl.toml");
    Config::parse(include_str!("../../examples/psactl.toml"), file, &Environment::empty()).unwrap()
}

fn link() -> Link {
    Link {
        cid: "342".into(),
        company_id: 70,
        company_name: "Eddie's TV Repair".into(),
        portal_name: "Eddie's TV Repair".into(),
        managed_id: "EFS-342".into(),
        origin: "link".into(),
        confirmed_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn planned(product: &Product, config: &Config) -> Change {
    let own = agreement(7, "Gold", "MS", "Active");
    let link = link();
    let used =
        Use { total: "212.405".parse().unwrap(), parts: vec![("alice".into(), "212.405".parse().unwrap())] };
    let service = services::by_key("select-storage").unwrap();
    let own: Agreement = serde_json::from_value(own).unwrap();
    addition_for("files", &link, "EFS-342", service, product, &own, &used, NEXT, config)
}

#[test]
fn an_addition_is_made_with_its_quantity_and_never_empty() {
    let mut config = config();
    config.billing.update_invoice_descriptions = true;
    let made = planned(&product(Some(5), Some("0.50")), &config);
    let Request::Post { path, body } = &made.request else { panic!("{made:?}") };
    assert_eq!(path.as_str(), crate::psa::paths::additions(7).as_str());
    assert_eq!(
        body.to_string(),
        json!({
            "product": {"id": 5},
            "billCustomer": "Billable",
            "quantity": billing::number(Some("212.41".parse().unwrap())),
            "effectiveDate": "2026-12-01T00:00:00Z",
            "serialNumber": "EFS-342",
            "invoiceDescription": "alice: 212.41 GB",
            "unitPrice": billing::number(Some("0.5".parse().unwrap())),
        })
        .to_string()
    );
    let money = made.money.unwrap();
    assert_eq!((money.currency.as_str(), money.before), ("$", Decimal::ZERO));
    assert_eq!(money.after, "106.205".parse().unwrap());
    // Looked up by this when nobody knows whether it arrived: a cancelled one is not it.
    assert_eq!(
        Value::Object(made.key.equals),
        json!({
            "product/id": 5, "serialNumber": "EFS-342", "effectiveDate": "2026-12-01T00:00:00Z",
            "cancelledDate": null,
        })
    );
    assert_eq!(made.waits_for, None);
    let Purpose::Quantity { before: None, agreement: 7, quantity, .. } = made.purpose else { panic!() };
    assert_eq!(quantity, "212.41".parse().unwrap());
}

#[test]
fn it_takes_effect_with_the_next_invoice_or_when_a_person_says() {
    let said = jiff::civil::date(2026, 11, 15);
    // Next invoice, what a person said -> from when it bills
    let rows = [
        (json!("2026-12-01T00:00:00Z"), None, Ok(NEXT)),
        (json!("2026-12-01T00:00:00Z"), Some(said), Ok(NEXT)),
        (json!("2026-11-23T00:00:00Z"), None, Err("a next invoice that is due since 2026-11-23")),
        (json!("2026-11-01T00:00:00Z"), None, Err("a next invoice that is due since 2026-11-01")),
        (json!("2026-11-01T00:00:00Z"), Some(said), Ok(said)),
        (Value::Null, None, Err("no next invoice date")),
        (Value::Null, Some(said), Ok(said)),
    ];
    for (next, given, expected) in rows {
        let mut own = agreement(7, "Gold", "MS", "Active");
        own["nextInvoiceDate"] = next.clone();
        let own: Agreement = serde_json::from_value(own).unwrap();
        match (effective(&own, given, TODAY), expected) {
            (Ok(from), Ok(expected)) => assert_eq!(from, expected, "{next}"),
            (Err(why), Err(words)) => assert!(why.contains(words) && why.contains("“Gold”"), "{why}"),
            (from, expected) => panic!("{next}: {from:?}, expected {expected:?}"),
        }
    }
    assert_eq!(
        planned(&product(Some(5), None), &config()).fields.iter().find(|own| own.name == "unitPrice"),
        None
    );
}

#[test]
fn it_waits_for_a_product_that_is_only_planned() {
    let made = planned(&product(None, None), &config());
    assert_eq!(made.waits_for.as_deref(), Some("product “Online Backup Select Storage”"));
}
