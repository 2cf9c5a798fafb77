//! Whatever is used and billed, the report adds up and leaves nothing out.

use std::path::Path;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::config::Environment;
use crate::portal::{Account, Customer};
use crate::psa::{Addition, Agreement};
use crate::services;

const STORAGE: i64 = 5;

/// One customer: what it used, in hundredths; whether it is linked; its additions as quantity, included amount and
/// price, in hundredths.
type Case = (Option<u32>, bool, Vec<(u32, u32, u32)>);

fn cents(value: u32) -> Decimal {
    Decimal::new(i64::from(value), 2)
}

fn config() -> Config {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/psactl.toml");
    Config::load(Some(&example), &Environment::default()).unwrap()
}

fn agreement(index: i64) -> Agreement {
    serde_json::from_value(json!({
        "id": 100 + index, "name": format!("Gold {index}"), "agreementStatus": "Active",
        "company": { "id": 20 + index, "name": format!("Company {index}") },
        "billingCycle": { "id": 2, "name": "Monthly" }, "nextInvoiceDate": "2026-12-01T00:00:00Z",
        "currency": { "id": 1, "currencyCode": if index % 2 == 0 { "USD" } else { "CAD" } },
    }))
    .unwrap()
}

fn addition(id: i64, serial: &str, (quantity, included, price): (u32, u32, u32)) -> Addition {
    serde_json::from_value(json!({
        "id": id, "product": { "id": STORAGE, "identifier": "Select" }, "serialNumber": serial,
        "quantity": cents(quantity).to_string().parse::<serde_json::Number>().unwrap(),
        "lessIncluded": cents(included).to_string().parse::<serde_json::Number>().unwrap(),
        "unitPrice": cents(price).to_string().parse::<serde_json::Number>().unwrap(),
        "billCustomer": "Billable", "effectiveDate": "2026-01-01T00:00:00Z", "agreementStatus": "Active",
    }))
    .unwrap()
}

/// The report of these customers; one more addition has a serial number that nobody has.
fn report(cases: &[Case], ghosts: usize) -> Report {
    let config = config();
    let now: Timestamp = "2026-11-23T14:00:00Z".parse().unwrap();
    let mut snapshot = Snapshot { measured_at: Some(now), ..Snapshot::default() };
    let (mut links, mut agreements, mut next) = (BTreeMap::new(), Vec::new(), 1000);
    for (index, (used, linked, additions)) in (0i64..).zip(cases) {
        let cid = (300 + index).to_string();
        let name = format!("Customer {index}");
        snapshot.customers.push(Customer { cid: cid.clone(), name: name.clone(), brand: String::new() });
        snapshot.accounts.push(Account {
            number: format!("DOC{index}"),
            user: String::new(),
            cid: cid.clone(),
            usage: used.map(|used| ("select-storage", cents(used))).into_iter().collect(),
            measured_at: Some(now),
            notification_email: None,
            external_ticketing: None,
        });
        let managed_id = config.connectwise.managed_id(&cid);
        let mut all = Vec::new();
        for one in additions {
            next += 1;
            all.push(addition(next, &managed_id, *one));
        }
        if index == 0 {
            for _ in 0..ghosts {
                next += 1;
                all.push(addition(next, "EFS-ghost", (100, 0, 100)));
            }
        }
        agreements.push(AgreementFacts { agreement: agreement(index), additions: all });
        if *linked {
            let link = Link {
                cid: cid.clone(),
                company_id: 20 + index,
                company_name: format!("Company {index}"),
                portal_name: name,
                managed_id,
                origin: "link".into(),
                confirmed_at: now,
            };
            links.insert(cid, link);
        }
    }
    judge(&Facts {
        config: &config,
        month: Month::of(now, TimeZone::UTC),
        now,
        snapshot: &snapshot,
        links: &links,
        agreements: &agreements,
        services: &services::enabled(&config.billing),
        products: &BTreeMap::from([("select-storage".to_owned(), vec![STORAGE])]),
        prices: &BTreeMap::from([(STORAGE, Decimal::TWO)]),
        events: &[],
        writes: &[],
        pushed: &BTreeMap::new(),
        state_since: now,
    })
}

fn cases() -> impl Strategy<Value = Vec<Case>> {
    let addition = (0u32..50_000, 0u32..20_000, 0u32..1_000);
    let case = (prop::option::of(0u32..50_000), any::<bool>(), prop::collection::vec(addition, 0..3));
    prop::collection::vec(case, 1..6)
}

proptest! {
    #[test]
    fn sums_are_those_of_the_lines(cases in cases()) {
        let report = report(&cases, 0);
        let mut all = Sums::new();
        for customer in &report.customers {
            let mut own = Sums::new();
            for line in customer.lines.iter().filter(|line| !line.additions.is_empty()) {
                add(&mut own, &Sums::from([(line.currency.clone(), line.money)]));
            }
            prop_assert_eq!(&own, &customer.money);
            add(&mut all, &own);
        }
        prop_assert_eq!(&all, &report.money);
        for money in report.money.values() {
            prop_assert_eq!(money.difference, money.used - (money.billed - money.unmeasured));
        }
    }

    #[test]
    fn what_is_used_is_billed_or_a_leak_and_what_bills_has_a_customer_or_is_an_orphan(
        cases in cases(),
        ghosts in 0usize..3,
    ) {
        let report = report(&cases, ghosts);
        let leaks = cases.iter().filter(|(used, linked, additions)| {
            used.is_some_and(|used| used > 0) && (!*linked || additions.is_empty())
        });
        prop_assert_eq!(report.leaks.len(), leaks.count());
        prop_assert_eq!(report.orphans.len(), ghosts);
        for (customer, (used, linked, additions)) in report.customers.iter().zip(&cases) {
            let lines: usize = customer.lines.iter().map(|line| line.additions.len()).sum();
            prop_assert_eq!(lines, if *linked { additions.len() } else { 0 });
            for line in customer.lines.iter().filter(|line| line.state == LineState::Equal) {
                prop_assert_eq!(line.money.difference, Decimal::ZERO);
                prop_assert_eq!(line.quantity, line.billed);
            }
            if used.is_none() {
                prop_assert!(customer.lines.iter().all(|line| line.money.used.is_zero()));
            }
        }
    }
}
