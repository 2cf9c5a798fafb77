//! Where an addition belongs and what it holds, as tables.

use std::path::Path;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::super::{Asks, Named, Reply};
use super::*;
use crate::config::{Config, Environment};
use crate::plan::{Change, Purpose, Request};
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
fn what_bills_without_the_serial_number_is_a_persons_to_see_to() {
    let products = [product(Some(5), None), product(None, None)];
    // What the addition is, the state of its agreement -> how it bills
    let rows = [
        ("no serial number", json!({"serialNumber": ""}), "Active", Some("without a serial number")),
        ("none at all", json!({"serialNumber": null}), "Active", Some("without a serial number")),
        (
            "small letters",
            json!({"serialNumber": " efs-342"}),
            "Active",
            Some("with the serial number “efs-342”"),
        ),
        ("another customer's", json!({"serialNumber": "EFS-355"}), "Active", None),
        ("a longer one", json!({"serialNumber": "EFS-3421"}), "Active", None),
        ("another product", json!({"serialNumber": "", "product": {"id": 99}}), "Active", None),
        ("no product at all", json!({"serialNumber": "", "product": {}}), "Active", None),
        ("cancelled", json!({"serialNumber": "", "cancelledDate": "2026-11-01T00:00:00Z"}), "Active", None),
        ("on an agreement that ended", json!({"serialNumber": ""}), "Expired", None),
    ];
    for (what, fields, status, expected) in rows {
        let own = [facts(agreement(7, "Gold", "MS", status), vec![addition(11, 5, &fields)])];
        let found = billed_without_serial(&own, &products, "EFS-342", TODAY);
        let expected = expected
            .map(|how| format!("addition #11 on Gold bills it {how}: enter EFS-342 there, or end it"));
        assert_eq!(found, expected, "{what}");
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
    let link = link();
    assert!(answers::which_agreement(&link, &own[2..]).is_none());
    let offer = answers::which_agreement(&link, &own).unwrap();
    assert_eq!(offer.question, "Which agreement bills Eddie's TV Repair (342)?");
    let Asks::Choice { answers: both } = &offer.asks else { panic!("{offer:?}") };
    let texts: Vec<&str> = both.iter().map(|answer| answer.text.as_str()).collect();
    assert_eq!(texts, ["A (#1), MS", "B (#2), MS"]);
    // The answer is that customer's.
    let mut answers = Answers::default();
    answers.take(&offer.key, &both[1].reply);
    assert_eq!((answers.agreement("342"), answers.agreement("355")), (Some(2), None));
}

#[test]
fn who_gets_a_flat_fee_is_known_once_it_was_asked() {
    let (service, link) = (services::by_key("basic-storage").unwrap(), link());
    let offer = answers::who_gets(service, &flat_fee(Some(8)), &[&link]);
    assert_eq!(
        offer.question,
        "Who gets the flat fee “Basic Online Backup w/ 25 GB” (40.00 a period, 25 GB included)?"
    );
    let mut answers = Answers::default();
    assert_eq!(answers.flat_fee("basic-storage", "342"), None);
    answers.take(&offer.key, &Reply::Customers { cids: ["342".to_owned()].into() });
    assert_eq!(answers.flat_fee("basic-storage", "342"), Some(true));
    assert_eq!(answers.flat_fee("basic-storage", "355"), Some(false));
    assert_eq!(answers.flat_fee("select-storage", "342"), None);
}

fn flat_fee(product: Option<i64>) -> FlatFee {
    let item = Named { id: product, name: "Basic Online Backup w/ 25 GB".into() };
    FlatFee {
        product: Product { item, price: Some(Decimal::from(40)), cost: None },
        included: Decimal::from(25),
    }
}

#[test]
fn a_flat_fee_that_is_billed_is_not_billed_again() {
    let fee = flat_fee(Some(8));
    // What the addition is, whether the company has no other customer -> whether it counts
    let rows = [
        ("with the serial number", json!({}), false, true),
        ("by hand, without one", json!({"serialNumber": ""}), true, true),
        ("without one, and the company has two customers", json!({"serialNumber": ""}), false, false),
        ("another customer's", json!({"serialNumber": "EFS-355"}), true, false),
        ("cancelled", json!({"cancelledDate": "2026-11-01T00:00:00Z"}), true, false),
        ("of another product", json!({"product": {"id": 5}}), true, false),
    ];
    for (what, fields, alone, counts) in rows {
        let own = [facts(agreement(7, "Gold", "MS", "Active"), vec![addition(11, 8, &fields)])];
        assert_eq!(is_billed(&fee, &own, "EFS-342", alone, TODAY), counts, "{what}");
    }
    let own = [facts(agreement(7, "Gold", "MS", "Active"), vec![])];
    assert!(!is_billed(&flat_fee(None), &own, "EFS-342", true, TODAY));
}

#[test]
fn usage_beside_a_flat_fee_bills_what_goes_beyond_it() {
    let own: Agreement = serde_json::from_value(agreement(7, "Gold", "MS", "Active")).unwrap();
    let (link, service) = (link(), services::by_key("basic-storage").unwrap());
    let place = Place { source: "files", link: &link, managed_id: "EFS-342", agreement: &own, from: NEXT };
    let (fee, usage) = (flat_fee(Some(8)), product(Some(5), Some("1.50")));
    let flat = place.flat_fee(service, &fee);
    let Request::Post { body, .. } = &flat.request else { panic!("{flat:?}") };
    assert_eq!(
        body.to_string(),
        json!({
            "product": {"id": 8}, "billCustomer": "Billable", "quantity": 1,
            "effectiveDate": "2026-12-01T00:00:00Z", "serialNumber": "EFS-342", "unitPrice": 40,
        })
        .to_string()
    );
    assert_eq!(flat.money.unwrap().after, Decimal::from(40));
    let mut config = config();
    // Use, what happens below the included amount -> quantity, next invoice
    let rows = [
        ("212.4", BelowIncluded::Floor, "212.4", "281.1"),
        ("10", BelowIncluded::Floor, "25", "0"),
        ("25", BelowIncluded::Floor, "25", "0"),
        ("10", BelowIncluded::Actual, "10", "-22.5"),
    ];
    for (used, below, quantity, invoice) in rows {
        config.billing.below_included = below;
        let total: Decimal = used.parse().unwrap();
        let used = Use { total, parts: vec![("alice".into(), total)] };
        let made = place.usage(service, &usage, &used, Some(fee.included), &config);
        let Request::Post { body, .. } = &made.request else { panic!("{made:?}") };
        assert_eq!(body["quantity"].to_string(), quantity, "{total}");
        assert_eq!(body["lessIncluded"].to_string(), "25", "{total}");
        assert_eq!(made.money.unwrap().after, invoice.parse().unwrap(), "{total}");
    }
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
    let place = Place { source: "files", link: &link, managed_id: "EFS-342", agreement: &own, from: NEXT };
    place.usage(service, product, &used, None, config)
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
