//! What is billed, as tables: before, use, settings; after.

use proptest::prelude::*;

use super::*;
use crate::config::{Allowance, Percent, Switches};
use crate::plan::Request;
use crate::plan::guards::tests::guard;
use crate::psa::PatchVerb;
use crate::services;
use crate::store::HoldState;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// Everything that decides one customer's billing: one addition that psactl has kept for long, of 200 GB at
/// 0.50, of which 200 are used. Rows change what they are about.
struct World {
    agreements: Vec<Value>,
    additions: Vec<(i64, Value)>,
    usage: Vec<(&'static str, Vec<(String, Decimal)>)>,
    bindings: Vec<Binding>,
    holds: Vec<Hold>,
    settings: Settings,
    products: BTreeMap<String, Vec<i64>>,
    measured_on: Option<Date>,
    today: Date,
}

fn agreement(id: i64, name: &str) -> Value {
    json!({
        "id": id, "name": name, "agreementStatus": "Active", "billingCycle": {"id": 2, "name": "Monthly"},
        "nextInvoiceDate": "2026-12-01T00:00:00Z", "currency": {"id": 1, "currencyCode": "USD"},
        "prorateFlag": false,
    })
}

fn addition(id: i64, product: i64, quantity: &str, price: &str) -> Value {
    json!({
        "id": id, "product": {"id": product, "identifier": "Online Backup"}, "serialNumber": "EFS-342",
        "quantity": number(Some(decimal(quantity))), "lessIncluded": 0,
        "unitPrice": number(Some(decimal(price))), "billCustomer": "Billable",
        "effectiveDate": "2026-01-01T00:00:00Z", "agreementStatus": "Active",
    })
}

fn binding(id: i64, adopted: &str, pushed: Option<&str>) -> Binding {
    Binding {
        addition_id: id,
        agreement_id: 7,
        cid: "342".into(),
        service: "select-storage".into(),
        adopted: Some(decimal(adopted)),
        pushed: pushed.map(decimal),
        description: None,
        pushed_at: None,
    }
}

fn settings() -> Settings {
    Settings {
        enabled: true,
        update_invoice_descriptions: false,
        rounding: Rounding::Exact,
        below_included: BelowIncluded::Floor,
        agreement_type: "Managed Service".into(),
        services: Switches {
            online_backup_storage: true,
            online_backup_computers: true,
            local_backup_storage: true,
            local_backup_licenses: true,
            email_archiving: true,
            email_filtering: true,
            other_licenses: true,
        },
        products: BTreeMap::new(),
        guard: guard(),
    }
}

impl World {
    fn new() -> World {
        World {
            agreements: vec![agreement(7, "Gold")],
            additions: vec![(7, addition(11, 5, "200", "0.50"))],
            usage: vec![("select-storage", vec![("alice".into(), decimal("200"))])],
            bindings: vec![binding(11, "150", Some("200"))],
            holds: Vec::new(),
            settings: settings(),
            products: BTreeMap::from([
                ("select-storage".to_owned(), vec![5, 6]),
                ("online-servers".to_owned(), vec![8]),
            ]),
            measured_on: Some(date("2026-11-23")),
            today: date("2026-11-23"),
        }
    }

    fn uses(&mut self, amount: &str) {
        self.usage[0].1 = vec![("alice".into(), decimal(amount))];
    }

    fn set(&mut self, field: &str, value: Value) {
        self.additions[0].1[field] = value;
    }

    fn of_agreement(&mut self, field: &str, value: Value) {
        self.agreements[0][field] = value;
    }

    fn describes(&mut self, current: &str, written: Option<&str>) {
        self.settings.update_invoice_descriptions = true;
        self.set("invoiceDescription", json!(current));
        self.bindings[0].description = written.map(str::to_owned);
    }

    fn answered(&mut self, record: &str, before: &str, after: &str, state: HoldState) {
        let change = Change::update("agreement addition", 11, "", paths::addition(7, 11), []);
        self.holds.push(Hold {
            id: 1,
            record: record.to_owned(),
            cid: "342".into(),
            change,
            reason: String::new(),
            before: before.to_owned(),
            after: after.to_owned(),
            state,
            note: None,
            since: Timestamp::UNIX_EPOCH,
        });
    }

    fn plan(&self) -> Outcome {
        let link = Link {
            cid: "342".into(),
            company_id: 70,
            company_name: "Eddie's TV Repair".into(),
            portal_name: "Eddie's TV Repair".into(),
            origin: "link".into(),
            confirmed_at: Timestamp::UNIX_EPOCH,
        };
        let agreements: Vec<AgreementFacts> = self
            .agreements
            .iter()
            .map(|own| {
                let agreement: Agreement = serde_json::from_value(own.clone()).unwrap();
                let of = self.additions.iter().filter(|(of, _)| *of == agreement.id);
                let additions = of.map(|(_, own)| serde_json::from_str(&own.to_string()).unwrap()).collect();
                AgreementFacts { agreement, additions }
            })
            .collect();
        let usage = self
            .usage
            .iter()
            .map(|(service, parts)| {
                let total = parts.iter().map(|part| part.1).sum();
                let parts = parts.iter().filter(|part| !part.1.is_zero()).cloned().collect();
                (*service, Use { total, parts })
            })
            .collect();
        plan(&Facts {
            source: "files",
            link: &link,
            managed_id: "EFS-342",
            agreements: &agreements,
            services: &services::enabled(&self.settings),
            products: &self.products,
            usage: &usage,
            bindings: &self.bindings.iter().map(|own| (own.addition_id, own.clone())).collect(),
            holds: &self.holds.iter().map(|own| (own.record.clone(), own.clone())).collect(),
            settings: &self.settings,
            measured_on: self.measured_on,
            today: self.today,
        })
    }

    /// What ConnectWise and psactl's memory hold once the changes are made, as `apply` and `remember` do.
    fn apply(&mut self, outcome: &Outcome) {
        for adopted in &outcome.adopt {
            self.bindings.push(adopted.clone());
        }
        for change in &outcome.plan.changes {
            let Request::Patch { operations, .. } = &change.request else { panic!("{change:?}") };
            let id = change.subject.id.unwrap();
            let (_, record) = self.additions.iter_mut().find(|(_, own)| own["id"] == id).unwrap();
            for operation in operations {
                assert_eq!(operation.op, PatchVerb::Replace);
                record[operation.path.as_str()] = operation.value.clone().unwrap();
            }
            // Computed by the server: gone until it is asked again.
            for computed in ["extPrice", "billedQuantity"] {
                record.as_object_mut().unwrap().remove(computed);
            }
            let binding = self.bindings.iter_mut().find(|own| own.addition_id == id).unwrap();
            let Purpose::Quantity { quantity, description, .. } = &change.purpose else { panic!() };
            if change.fields.iter().any(|field| field.name == "quantity") {
                binding.pushed = Some(*quantity);
            }
            if description.is_some() {
                binding.description.clone_from(description);
            }
            let record = guards::record_of(change).unwrap();
            self.holds.retain(|hold| hold.record != record);
        }
    }
}

/// What a plan says, a line for each thing.
fn told(outcome: &Outcome) -> Vec<String> {
    let fields = |change: &Change| {
        let fields: Vec<String> = change
            .fields
            .iter()
            .map(|field| {
                let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                format!("{} {} -> {}", field.name, plain(&field.before), plain(&field.after))
            })
            .collect();
        let money = change.money.as_ref().map_or_else(String::new, |money| {
            let prorated = if money.prorated { " prorated" } else { "" };
            let (before, after) = (text::quantity(money.before), text::quantity(money.after));
            format!(" [{before} -> {after} {}{prorated}]", money.currency)
        });
        format!("#{} {}{money}", change.subject.id.unwrap_or_default(), fields.join(", "))
    };
    let plan = &outcome.plan;
    let mut lines: Vec<String> =
        plan.changes.iter().map(|change| format!("write {}", fields(change))).collect();
    lines.extend(plan.held.iter().map(|held| {
        let no = if held.rejected { "no" } else { "hold" };
        format!("{no} {}: {}", fields(&held.change), held.reason)
    }));
    lines.extend(plan.blocked.iter().map(|blocked| format!("block {}: {}", blocked.subject, blocked.reason)));
    lines.extend(plan.notes.iter().map(|note| format!("note {}", note.text)));
    lines.extend(outcome.adopt.iter().map(|own| {
        format!("adopt #{} at {}", own.addition_id, own.adopted.map_or("empty".into(), text::quantity))
    }));
    lines.extend(outcome.approved.iter().map(|record| format!("approved {record}")));
    lines.extend(outcome.waiting.iter().map(|record| format!("waiting {record}")));
    lines
}

/// One row: what it is called, what is planned, what it changes of the world.
#[track_caller]
fn check(what: &str, expected: &[&str], change: fn(&mut World)) {
    let mut world = World::new();
    change(&mut world);
    assert_eq!(told(&world.plan()), expected, "{what}");
}

const QUANTITY: &str = "addition 11 quantity";
const DESCRIPTION: &str = "addition 11 invoice description";

#[test]
fn quantities_follow_use() {
    check("equal", &[], |_| {});
    check("equal by value", &[], |w| w.uses("200.000"));
    check("nothing there and nothing used", &[], |w| {
        w.set("quantity", Value::Null);
        w.bindings[0].pushed = None;
        w.bindings[0].adopted = None;
        w.uses("0");
    });
    check("a little more", &["write #11 quantity 200 -> 220 [100 -> 110 USD]"], |w| w.uses("220"));
    check("a little less", &["write #11 quantity 200 -> 180.5 [100 -> 90.25 USD]"], |w| w.uses("180.5"));
    check("prorated", &["write #11 quantity 200 -> 220 [100 -> 110 USD prorated]"], |w| {
        w.uses("220");
        w.of_agreement("prorateFlag", json!(true));
    });
    check(
        "the currency's symbol where it has no code",
        &["write #11 quantity 200 -> 220 [100 -> 110 $]"],
        |w| {
            w.uses("220");
            w.of_agreement("currency", json!({"id": 1, "symbol": "$"}));
        },
    );
    check("money is exact", &["write #11 quantity 2 -> 3 [24.69 -> 37.035 USD]"], |w| {
        w.additions[0].1 = addition(11, 5, "2", "12.345");
        w.bindings[0].pushed = Some(Decimal::TWO);
        w.uses("3");
    });
    check(
        "exact is two decimals, half away from zero",
        &["write #11 quantity 200 -> 200.13 [100 -> 100.065 USD]"],
        |w| w.uses("200.125"),
    );
    check("rounded up", &["write #11 quantity 200 -> 201 [100 -> 100.5 USD]"], |w| {
        w.settings.rounding = Rounding::Up;
        w.uses("200.01");
    });
    check("rounded up, whole already", &["write #11 quantity 200 -> 201 [100 -> 100.5 USD]"], |w| {
        w.settings.rounding = Rounding::Up;
        w.uses("201.00");
    });
    check("rounded to the nearest", &["write #11 quantity 200 -> 201 [100 -> 100.5 USD]"], |w| {
        w.settings.rounding = Rounding::Nearest;
        w.uses("200.5");
    });
    check("rounded to the nearest, which it has", &[], |w| {
        w.settings.rounding = Rounding::Nearest;
        w.uses("200.49");
    });
    check(
        "accounts are summed before rounding",
        &["write #11 quantity 200 -> 201 [100 -> 100.5 USD]"],
        |w| {
            w.settings.rounding = Rounding::Up;
            w.usage[0].1 = vec![("a".into(), decimal("100.4")), ("b".into(), decimal("100.4"))];
        },
    );
    check("not billed counts nothing", &["write #11 quantity 200 -> 201 [0 -> 0 USD]"], |w| {
        w.uses("201");
        w.set("billCustomer", json!("DoNotBill"));
    });
    check(
        "without charge counts nothing, whatever the server's sum",
        &["write #11 quantity 200 -> 201 [0 -> 0 USD]"],
        |w| {
            w.uses("201");
            w.set("billCustomer", json!("NoCharge"));
            w.set("extPrice", json!(100));
        },
    );
    check("a word nobody knows may be billed", &["write #11 quantity 200 -> 201 [100 -> 100.5 USD]"], |w| {
        w.uses("201");
        w.set("billCustomer", json!("Sometimes"));
    });
    check(
        "the server's own sum counts as it stands",
        &["write #11 quantity 200 -> 201 [99.99 -> 100.5 USD]"],
        |w| {
            w.uses("201");
            w.set("extPrice", json!(99.99));
        },
    );
    check("several products of one service", &["write #11 quantity 200 -> 210 [100 -> 105 USD]"], |w| {
        w.set("product", json!({"id": 6}));
        w.uses("210");
    });
    check("blanks around the serial number", &["write #11 quantity 200 -> 210 [100 -> 105 USD]"], |w| {
        w.set("serialNumber", json!("  EFS-342 "));
        w.uses("210");
    });
    check(
        "two Managed IDs on one company are two customers",
        &["write #11 quantity 200 -> 210 [100 -> 105 USD]"],
        |w| {
            let mut other = addition(12, 5, "9", "0.50");
            other["serialNumber"] = json!("EFS-355");
            w.additions.push((7, other));
            w.uses("210");
        },
    );
    check("a longer Managed ID is another customer's", &[], |w| {
        let mut other = addition(12, 5, "9", "0.50");
        other["serialNumber"] = json!("EFS-3421");
        w.additions.push((7, other));
    });
    check("an addition on a child agreement", &["write #11 quantity 200 -> 210 [100 -> 105 USD]"], |w| {
        w.agreements.push(agreement(9, "Gold, site B"));
        w.agreements[1]["parentAgreement"] = json!({"id": 7});
        w.additions[0].0 = 9;
        w.uses("210");
    });
    check("a flat fee beside it is not psactl's", &[], |w| {
        w.additions.push((7, addition(12, 99, "1", "75.00")));
    });
    check(
        "two services",
        &["write #11 quantity 200 -> 210 [100 -> 105 USD]", "write #12 quantity 3 -> 4 [30 -> 40 USD]"],
        |w| {
            w.additions.push((7, addition(12, 8, "3", "10.00")));
            w.bindings.push(binding(12, "3", Some("3")));
            w.usage.push(("online-servers", vec![("alice".into(), decimal("4"))]));
            w.uses("210");
        },
    );
    check("a service that is switched off", &[], |w| {
        w.uses("210");
        w.settings.services.online_backup_storage = false;
    });
}

#[test]
fn guards_hold_what_needs_a_yes() {
    check("adopted and equal", &["adopt #11 at 200"], |w| w.bindings.clear());
    check(
        "first push",
        &[
            "hold #11 quantity 200 -> 201 [100 -> 100.5 USD]: first quantity that psactl pushes to this addition",
            "adopt #11 at 200",
        ],
        |w| {
            w.bindings.clear();
            w.uses("201");
        },
    );
    check(
        "first push of what was adopted long ago",
        &[
            "hold #11 quantity 200 -> 201 [100 -> 100.5 USD]: first quantity that psactl pushes to this addition",
        ],
        |w| {
            w.bindings = vec![binding(11, "200", None)];
            w.uses("201");
        },
    );
    check(
        "first push allowed",
        &["write #11 quantity 200 -> 201 [100 -> 100.5 USD]", "adopt #11 at 200"],
        |w| {
            w.bindings.clear();
            w.settings.guard.first_push = Allowance::Allow;
            w.uses("201");
        },
    );
    check(
        "first push allowed, other guards hold",
        &["hold #11 quantity 200 -> 2000 [100 -> 1000 USD]: rises by 900% (guard: 50%)", "adopt #11 at 200"],
        |w| {
            w.bindings.clear();
            w.settings.guard.first_push = Allowance::Allow;
            w.uses("2000");
        },
    );
    check("exactly the guard", &["write #11 quantity 200 -> 300 [100 -> 150 USD]"], |w| w.uses("300"));
    check(
        "rises beyond the guard",
        &["hold #11 quantity 200 -> 301 [100 -> 150.5 USD]: rises by 50.5% (guard: 50%)"],
        |w| w.uses("301"),
    );
    check(
        "falls beyond the guard",
        &["hold #11 quantity 200 -> 139 [100 -> 69.5 USD]: falls by 30.5% (guard: 30%)"],
        |w| w.uses("139"),
    );
    check("rises beyond a guard that is off", &["write #11 quantity 200 -> 2000 [100 -> 1000 USD]"], |w| {
        w.settings.guard.increase = None;
        w.uses("2000");
    });
    check("beyond the guard and worth little", &["write #11 quantity 200 -> 400 [2 -> 4 USD]"], |w| {
        w.set("unitPrice", json!(0.01));
        w.uses("400");
    });
    check(
        "no money effect: quantity decides",
        &["hold #11 quantity 200 -> 400 [0 -> 0 USD]: rises by 100% (guard: 50%)"],
        |w| {
            w.set("billCustomer", json!("DoNotBill"));
            w.uses("400");
        },
    );
    check("measured zero", &["hold #11 quantity 200 -> 0 [100 -> 0 USD]: falls to zero from 200"], |w| {
        w.uses("0")
    });
    check(
        "measured zero, allowed, still beyond the percentage",
        &["hold #11 quantity 200 -> 0 [100 -> 0 USD]: falls by 100% (guard: 30%)"],
        |w| {
            w.settings.guard.to_zero = Allowance::Allow;
            w.uses("0");
        },
    );
    check("measured zero, allowed", &["write #11 quantity 200 -> 0 [100 -> 0 USD]"], |w| {
        w.settings.guard.to_zero = Allowance::Allow;
        w.settings.guard.decrease = None;
        w.uses("0");
    });
    check(
        "more than any decimal can say",
        &[
            "hold #11 quantity 0.01 -> 79228162514264337593543950335 [10 -> 79228162514264337593543950335 USD]: \
             rises by 79228162514264337593543950335% (guard: 50%)",
        ],
        |w| {
            w.usage[0].1 = vec![("alice".into(), Decimal::MAX)];
            w.set("unitPrice", json!(1000));
            w.set("quantity", json!(0.01));
            w.bindings[0].pushed = Some(decimal("0.01"));
        },
    );
}

#[test]
fn answers_of_a_person_are_kept() {
    check(
        "approved",
        &["write #11 quantity 200 -> 400 [100 -> 200 USD]", "approved addition 11 quantity"],
        |w| {
            w.uses("400");
            w.answered(QUANTITY, "200", "400", HoldState::Approved);
        },
    );
    check(
        "approved, the value to write moved",
        &["hold #11 quantity 200 -> 401 [100 -> 200.5 USD]: rises by 100.5% (guard: 50%)"],
        |w| {
            w.uses("401");
            w.answered(QUANTITY, "200", "400", HoldState::Approved);
        },
    );
    check(
        "approved, the value there moved",
        &["hold #11 quantity 200 -> 400 [100 -> 200 USD]: rises by 100% (guard: 50%)"],
        |w| {
            w.uses("400");
            w.answered(QUANTITY, "190", "400", HoldState::Approved);
        },
    );
    check(
        "approved another record",
        &["hold #11 quantity 200 -> 400 [100 -> 200 USD]: rises by 100% (guard: 50%)"],
        |w| {
            w.uses("400");
            w.answered("addition 12 quantity", "200", "400", HoldState::Approved);
        },
    );
    check(
        "approved the description, not the quantity",
        &["hold #11 quantity 200 -> 400 [100 -> 200 USD]: rises by 100% (guard: 50%)"],
        |w| {
            w.uses("400");
            w.answered(DESCRIPTION, "200", "400", HoldState::Approved);
        },
    );
    check(
        "approved by the run's guard alone",
        &["write #11 quantity 200 -> 220 [100 -> 110 USD]", "approved addition 11 quantity"],
        |w| {
            w.uses("220");
            w.answered(QUANTITY, "200", "220", HoldState::Approved);
        },
    );
    check(
        "held and not answered",
        &["hold #11 quantity 200 -> 400 [100 -> 200 USD]: rises by 100% (guard: 50%)"],
        |w| {
            w.uses("400");
            w.answered(QUANTITY, "200", "400", HoldState::Held);
        },
    );
    check("rejected", &["no #11 quantity 200 -> 400 [100 -> 200 USD]: rises by 100% (guard: 50%)"], |w| {
        w.uses("400");
        w.answered(QUANTITY, "200", "400", HoldState::Rejected);
    });
    check(
        "rejected, moved within the guard",
        &["no #11 quantity 200 -> 590 [100 -> 295 USD]: rises by 195% (guard: 50%)"],
        |w| {
            w.uses("590");
            w.answered(QUANTITY, "200", "400", HoldState::Rejected);
        },
    );
    check(
        "rejected, moved beyond the guard",
        &["hold #11 quantity 200 -> 601 [100 -> 300.5 USD]: rises by 200.5% (guard: 50%)"],
        |w| {
            w.uses("601");
            w.answered(QUANTITY, "200", "400", HoldState::Rejected);
        },
    );
    check(
        "rejected, moved so little that no guard objects",
        &["no #11 quantity 200 -> 290 [100 -> 145 USD]: a person said no to it"],
        |w| {
            w.uses("290");
            w.answered(QUANTITY, "200", "400", HoldState::Rejected);
        },
    );
    check("rejected and fallen far below", &["write #11 quantity 200 -> 210 [100 -> 105 USD]"], |w| {
        w.uses("210");
        w.answered(QUANTITY, "200", "400", HoldState::Rejected);
    });
    check(
        "rejected when the whole run was held",
        &["no #11 quantity 200 -> 220 [100 -> 110 USD]: a person said no to it"],
        |w| {
            w.uses("220");
            w.answered(QUANTITY, "200", "220", HoldState::Rejected);
        },
    );
    check(
        "a no to zero, and something is used again",
        &["hold #11 quantity 200 -> 1 [100 -> 0.5 USD]: falls by 99.5% (guard: 30%)"],
        |w| {
            w.uses("1");
            w.answered(QUANTITY, "200", "0", HoldState::Rejected);
        },
    );
    check(
        "a double is never a matter of approval",
        &["block Select Online Backup Storage: billed twice: additions #11 on Gold and #12 on Gold"],
        |w| {
            w.additions.push((7, addition(12, 5, "1", "1")));
            w.uses("400");
            w.answered(QUANTITY, "200", "400", HoldState::Approved);
        },
    );
}

#[test]
fn what_cannot_be_right_is_blocked() {
    check(
        "a double",
        &["block Select Online Backup Storage: billed twice: additions #11 on Gold and #12 on Gold"],
        |w| w.additions.push((7, addition(12, 6, "1", "1"))),
    );
    check(
        "a double on old and renewed agreement",
        &["block Select Online Backup Storage: billed twice: additions #11 on Gold and #12 on Gold 2027"],
        |w| {
            w.agreements.push(agreement(8, "Gold 2027"));
            w.additions.push((8, addition(12, 5, "1", "1")));
        },
    );
    check(
        "a double that nobody measures",
        &["block Select Online Backup Storage: billed twice: additions #11 on Gold and #12 on Gold"],
        |w| {
            w.usage.clear();
            w.additions.push((7, addition(12, 6, "1", "1")));
        },
    );
    check("the other one was cancelled", &[], |w| {
        let mut old = addition(12, 5, "1", "1");
        old["cancelledDate"] = json!("2026-11-23T00:00:00Z");
        w.additions.push((7, old));
    });
    check(
        "the other one will be cancelled",
        &["block Select Online Backup Storage: billed twice: additions #11 on Gold and #12 on Gold"],
        |w| {
            let mut old = addition(12, 5, "1", "1");
            old["cancelledDate"] = json!("2026-11-24T00:00:00Z");
            w.additions.push((7, old));
        },
    );
    check(
        "used and not billed",
        &[
            "block Select Online Backup Storage: 200 GB used and not billed: no addition with serial number EFS-342 bills it",
        ],
        |w| w.additions.clear(),
    );
    check(
        "servers used and not billed",
        &[
            "block Online Backup # Servers: 2 used and not billed: no addition with serial number EFS-342 bills it",
        ],
        |w| w.usage.push(("online-servers", vec![("a".into(), decimal("2"))])),
    );
    check(
        "the serial number on a product nobody named",
        &[
            "block Select Online Backup Storage: 200 GB used and not billed: no addition with serial number EFS-342 \
             bills it; #11 on Gold carries it with product BKP, which is none of psactl's",
        ],
        |w| w.set("product", json!({"id": 99, "identifier": "BKP"})),
    );
    check(
        "the serial number is lower case",
        &[
            "block Select Online Backup Storage: 200 GB used and not billed: no addition with serial number EFS-342 bills it",
        ],
        |w| w.set("serialNumber", json!("efs-342")),
    );
    check(
        "not effective yet",
        &[
            "block Select Online Backup Storage: 200 GB used and not billed: addition #11 is there but takes effect on 2026-12-02",
        ],
        |w| w.set("effectiveDate", json!("2026-12-02T00:00:00Z")),
    );
    check("effective on the next invoice", &["write #11 quantity 200 -> 210 [100 -> 105 USD]"], |w| {
        w.set("effectiveDate", json!("2026-12-01T00:00:00Z"));
        w.uses("210");
    });
    check(
        "cancelled today",
        &[
            "block Select Online Backup Storage: 200 GB used and not billed: addition #11 is there but was cancelled on 2026-11-23",
        ],
        |w| w.set("cancelledDate", json!("2026-11-23T00:00:00Z")),
    );
    check(
        "the agreement expired",
        &[
            "block Select Online Backup Storage: 200 GB used and not billed: addition #11 is there but its agreement Gold is expired",
        ],
        |w| w.of_agreement("agreementStatus", json!("Expired")),
    );
    check(
        "the addition's own word of its agreement",
        &[
            "block Select Online Backup Storage: 200 GB used and not billed: addition #11 is there but its agreement Gold is cancelled",
        ],
        |w| w.set("agreementStatus", json!("Cancelled")),
    );
    check(
        "an old release, expired",
        &[
            "block Select Online Backup Storage: 200 GB used and not billed: addition #11 is there but its agreement Gold is expired",
        ],
        |w| {
            w.set("agreementStatus", Value::Null);
            w.of_agreement("agreementStatus", Value::Null);
            w.of_agreement("endDate", json!("2026-11-22T00:00:00Z"));
        },
    );
    check("an old release, its last day", &[], |w| {
        w.set("agreementStatus", Value::Null);
        w.of_agreement("agreementStatus", Value::Null);
        w.of_agreement("endDate", json!("2026-11-23T00:00:00Z"));
    });
    check(
        "an old release, cancelled",
        &[
            "block Select Online Backup Storage: 200 GB used and not billed: addition #11 is there but its agreement Gold is cancelled",
        ],
        |w| {
            w.set("agreementStatus", Value::Null);
            w.of_agreement("agreementStatus", Value::Null);
            w.of_agreement("cancelledFlag", json!(true));
        },
    );
    check("cancelled and nothing used", &[], |w| {
        w.set("cancelledDate", json!("2026-11-01T00:00:00Z"));
        w.uses("0");
    });
    check(
        "not measured",
        &["note Select Online Backup Storage: addition #11 on Gold bills 200 and the portal's data have no \
             measurement of it; left as it is"],
        |w| w.usage.clear(),
    );
    check(
        "another writer",
        &[
            "block Select Online Backup Storage, addition #11: somebody else wrote its quantity: 250 (psactl's last: \
             200), by jdoe at 2026-11-20 09:30",
        ],
        |w| {
            w.set("quantity", json!(250));
            w.set("_info", json!({"updatedBy": "jdoe", "lastUpdated": "2026-11-20T09:30:00Z"}));
        },
    );
    check(
        "another writer, who knows who",
        &[
            "block Select Online Backup Storage, addition #11: somebody else wrote its quantity: empty (psactl's \
             last: 150), by unknown at an unknown time",
        ],
        |w| {
            w.bindings[0].pushed = None;
            w.set("quantity", Value::Null);
        },
    );
    check(
        "another writer is never a matter of approval",
        &[
            "block Select Online Backup Storage, addition #11: somebody else wrote its quantity: 250 (psactl's last: \
             200), by unknown at an unknown time",
        ],
        |w| {
            w.set("quantity", json!(250));
            w.answered(QUANTITY, "250", "200", HoldState::Approved);
        },
    );
    check("another writer wrote exactly the use", &[], |w| {
        w.set("quantity", json!(250));
        w.uses("250");
    });
    check(
        "the value psactl found is nobody's work",
        &["write #11 quantity 150 -> 200 [75 -> 100 USD]"],
        |w| w.set("quantity", json!(150)),
    );
    check(
        "an addition psactl made was emptied",
        &[
            "block Select Online Backup Storage, addition #11: somebody else wrote its quantity: 0 (psactl's last: \
             200), by unknown at an unknown time",
        ],
        |w| {
            w.bindings[0].adopted = None;
            w.set("quantity", json!(0));
        },
    );
}

#[test]
fn below_the_included_amount() {
    check("floor", &["write #11 quantity 200 -> 150 [25 -> 0 USD]"], |w| {
        w.set("lessIncluded", json!(150));
        w.uses("120");
        w.settings.guard.floor_money = decimal("100");
    });
    check("floor, zero use", &[], |w| {
        w.set("lessIncluded", json!(200));
        w.uses("0");
    });
    check("floor, above", &["write #11 quantity 200 -> 210 [25 -> 30 USD]"], |w| {
        w.set("lessIncluded", json!(150));
        w.uses("210");
    });
    check("actual, a server that floors", &["write #11 quantity 200 -> 145 [25 -> 0 USD]"], |w| {
        w.settings.below_included = BelowIncluded::Actual;
        w.settings.guard.floor_money = decimal("100");
        w.set("lessIncluded", json!(150));
        w.uses("145");
    });
    check(
        "actual, a server that bills the negative",
        &["write #11 quantity 100 -> 90 [-25 -> -30 USD]"],
        |w| {
            w.settings.below_included = BelowIncluded::Actual;
            w.additions[0].1 = addition(11, 5, "100", "0.50");
            w.bindings[0].pushed = Some(decimal("100"));
            w.set("lessIncluded", json!(150));
            w.set("billedQuantity", json!(-50));
            w.set("extPrice", json!(-25.0));
            w.uses("90");
        },
    );
    check("hold", &["hold #11 quantity 200 -> 145 [25 -> 0 USD]: use is below the included 150"], |w| {
        w.settings.below_included = BelowIncluded::Hold;
        w.set("lessIncluded", json!(150));
        w.uses("145");
    });
    check("hold, above", &["write #11 quantity 200 -> 151 [25 -> 0.5 USD]"], |w| {
        w.settings.below_included = BelowIncluded::Hold;
        w.set("lessIncluded", json!(150));
        w.uses("151");
    });
    check(
        "hold, approved",
        &["write #11 quantity 200 -> 145 [25 -> 0 USD]", "approved addition 11 quantity"],
        |w| {
            w.settings.below_included = BelowIncluded::Hold;
            w.set("lessIncluded", json!(150));
            w.uses("145");
            w.answered(QUANTITY, "200", "145", HoldState::Approved);
        },
    );
    check(
        "the guide's figure 19: made empty, 150 included, -75.00",
        &["write #11 quantity 0 -> 212.4 [-75 -> 31.2 USD]", "adopt #11 at 0"],
        |w| {
            w.additions[0].1 = addition(11, 5, "0", "0.50");
            w.set("lessIncluded", json!(150));
            w.set("billedQuantity", json!(-150));
            w.set("extPrice", json!(-75.0));
            w.bindings.clear();
            w.settings.guard.first_push = Allowance::Allow;
            w.settings.guard.increase = None;
            w.uses("212.4");
        },
    );
    check(
        "figure 19 on a release that does not compute the sum",
        &["hold #11 quantity 0 -> 212.4 [-75 -> 31.2 USD]: rises from nothing to 212.4"],
        |w| {
            w.additions[0].1 = addition(11, 5, "0", "0.50");
            w.set("lessIncluded", json!(150));
            w.set("billedQuantity", json!(-150));
            w.bindings = vec![binding(11, "0", Some("0"))];
            w.uses("212.4");
        },
    );
}

#[test]
fn the_invoice_that_is_due_is_waited_for() {
    const WAITS: &[&str] = &[
        "note Select Online Backup Storage, addition #11: invoice due: the invoice of 2026-11-23 on Gold is not \
         made yet; waits for it",
        "waiting addition 11 invoice description",
        "waiting addition 11 quantity",
    ];
    check("due today, measured today", WAITS, |w| {
        w.of_agreement("nextInvoiceDate", json!("2026-11-23T00:00:00Z"));
        w.uses("210");
    });
    check("due days ago, measured after", WAITS, |w| {
        w.today = date("2026-11-26");
        w.measured_on = Some(date("2026-11-25"));
        w.of_agreement("nextInvoiceDate", json!("2026-11-23T00:00:00Z"));
        w.uses("210");
    });
    check("due today, measured the day before", &["write #11 quantity 200 -> 210 [100 -> 105 USD]"], |w| {
        w.measured_on = Some(date("2026-11-22"));
        w.of_agreement("nextInvoiceDate", json!("2026-11-23T00:00:00Z"));
        w.uses("210");
    });
    check("due today, measured nobody knows when", WAITS, |w| {
        w.measured_on = None;
        w.of_agreement("nextInvoiceDate", json!("2026-11-23T00:00:00Z"));
        w.uses("210");
    });
    check("due tomorrow", &["write #11 quantity 200 -> 210 [100 -> 105 USD]"], |w| {
        w.of_agreement("nextInvoiceDate", json!("2026-11-24T00:00:00Z"));
        w.uses("210");
    });
    check("due, and nothing to write", &[], |w| {
        w.of_agreement("nextInvoiceDate", json!("2026-11-23T00:00:00Z"))
    });
    check("a description waits as well", WAITS, |w| {
        w.of_agreement("nextInvoiceDate", json!("2026-11-23T00:00:00Z"));
        w.describes("", None);
    });
    check("not even an approved change is written onto the wrong invoice", WAITS, |w| {
        w.of_agreement("nextInvoiceDate", json!("2026-11-23T00:00:00Z"));
        w.uses("400");
        w.answered(QUANTITY, "200", "400", HoldState::Approved);
    });
    check(
        "never invoiced, no date",
        &["note agreement Gold (#7) is never invoiced: it has no billing cycle or next invoice date"],
        |w| w.of_agreement("nextInvoiceDate", Value::Null),
    );
    check(
        "never invoiced, no cycle, said once for two services",
        &[
            "write #12 quantity 3 -> 4 [30 -> 40 USD]",
            "note agreement Gold (#7) is never invoiced: it has no billing cycle or next invoice date",
        ],
        |w| {
            w.of_agreement("billingCycle", Value::Null);
            w.additions.push((7, addition(12, 8, "3", "10.00")));
            w.bindings.push(binding(12, "3", Some("3")));
            w.usage.push(("online-servers", vec![("alice".into(), decimal("4"))]));
        },
    );
}

#[test]
fn descriptions_say_whose_use_it_is() {
    check("written where there is none", &["write #11 invoiceDescription  -> alice: 200 GB"], |w| {
        w.describes("", None)
    });
    check(
        "psactl's own is overwritten",
        &["write #11 invoiceDescription alice: 190 GB -> alice: 200 GB"],
        |w| w.describes("alice: 190 GB", Some("alice: 190 GB")),
    );
    check(
        "psactl's own, flattened by the server",
        &["write #11 invoiceDescription  alice:  190 GB\n -> alice: 200 GB"],
        |w| {
            w.describes(" alice:  190 GB\n", Some("alice: 190 GB"));
        },
    );
    check("right but for white space", &[], |w| w.describes("alice:\n 200   GB ", Some("x")));
    check(
        "somebody's text",
        &[
            "hold #11 invoiceDescription Thank you! -> alice: 200 GB: would replace an invoice description that psactl did not write",
        ],
        |w| w.describes("Thank you!", None),
    );
    check(
        "somebody changed psactl's text",
        &[
            "hold #11 invoiceDescription alice: 190 GB, thank you! -> alice: 200 GB: would replace an invoice description that psactl did not write",
        ],
        |w| w.describes("alice: 190 GB, thank you!", Some("alice: 190 GB")),
    );
    check(
        "somebody's text, a yes",
        &[
            "write #11 invoiceDescription Thank you! -> alice: 200 GB",
            "approved addition 11 invoice description",
        ],
        |w| {
            w.describes("Thank you!", None);
            w.answered(DESCRIPTION, "Thank you!", "alice: 200 GB", HoldState::Approved);
        },
    );
    check(
        "somebody's text, a no stands when use moves",
        &[
            "no #11 invoiceDescription Thank you! -> alice: 200 GB: would replace an invoice description that psactl did not write",
        ],
        |w| {
            w.describes("Thank you!", None);
            w.answered(DESCRIPTION, "Thank you!", "alice: 190 GB", HoldState::Rejected);
        },
    );
    check(
        "a no to another text of somebody's",
        &[
            "hold #11 invoiceDescription Thank you! -> alice: 200 GB: would replace an invoice description that psactl did not write",
        ],
        |w| {
            w.describes("Thank you!", None);
            w.answered(DESCRIPTION, "Thanks.", "alice: 200 GB", HoldState::Rejected);
        },
    );
    check(
        "a no to psactl's own wording",
        &["no #11 invoiceDescription alice: 190 GB -> alice: 200 GB: a person said no to it"],
        |w| {
            w.describes("alice: 190 GB", Some("alice: 190 GB"));
            w.answered(DESCRIPTION, "alice: 190 GB", "alice: 200 GB", HoldState::Rejected);
        },
    );
    check(
        "a no to an earlier wording of psactl's",
        &["write #11 invoiceDescription alice: 190 GB -> alice: 200 GB"],
        |w| {
            w.describes("alice: 190 GB", Some("alice: 190 GB"));
            w.answered(DESCRIPTION, "alice: 190 GB", "alice: 9 GB", HoldState::Rejected);
        },
    );
    check(
        "goes with the quantity, in one write",
        &[
            "write #11 quantity 200 -> 210, invoiceDescription alice: 200 GB -> alice: 210 GB [100 -> 105 USD]",
        ],
        |w| {
            w.describes("alice: 200 GB", Some("alice: 200 GB"));
            w.uses("210");
        },
    );
    check(
        "waits with the quantity",
        &[
            "hold #11 quantity 200 -> 400, invoiceDescription alice: 200 GB -> alice: 400 GB [100 -> 200 USD]: \
             rises by 100% (guard: 50%)",
        ],
        |w| {
            w.describes("alice: 200 GB", Some("alice: 200 GB"));
            w.uses("400");
        },
    );
    check(
        "somebody's text holds itself, not the quantity",
        &[
            "write #11 quantity 200 -> 210 [100 -> 105 USD]",
            "hold #11 invoiceDescription Thank you! -> alice: 210 GB: would replace an invoice description that psactl did not write",
        ],
        |w| {
            w.describes("Thank you!", None);
            w.uses("210");
        },
    );
    check(
        "the real use stands in it where the included amount is billed",
        &["write #11 invoiceDescription  -> alice: 120 GB"],
        |w| {
            w.set("lessIncluded", json!(200));
            w.describes("", None);
            w.uses("120");
        },
    );
    check(
        "each account with two decimals, those without use left out",
        &["write #11 invoiceDescription  -> alice: 120.56 GB; c d: 79.45 GB"],
        |w| {
            w.describes("", None);
            let part = |name: &str, amount: &str| (name.to_owned(), decimal(amount));
            w.usage[0].1 = vec![part("alice", "120.555"), part("bob", "0"), part("c\nd", "79.445")];
        },
    );
    check("counts have no unit", &["write #12 invoiceDescription  -> alice: 3"], |w| {
        w.describes("alice: 200 GB", Some("alice: 200 GB"));
        w.additions.push((7, addition(12, 8, "3", "10.00")));
        w.bindings.push(binding(12, "3", Some("3")));
        w.usage.push(("online-servers", vec![("alice".into(), decimal("3"))]));
    });
    check("no use, nothing to say, somebody's text stays", &[], |w| {
        w.describes("Thank you!", None);
        w.set("lessIncluded", json!(200));
        w.uses("0");
    });
    check("no use, psactl's own text goes", &["write #11 invoiceDescription alice: 200 GB -> "], |w| {
        w.describes("alice: 200 GB", Some("alice: 200 GB"));
        w.set("lessIncluded", json!(200));
        w.uses("0");
    });
    check("switched off", &[], |w| {
        w.describes("alice: 1 GB", Some("alice: 1 GB"));
        w.settings.update_invoice_descriptions = false;
    });
}

#[test]
fn the_lines_kept_are_summed() {
    let mut world = World::new();
    world.additions.push((7, addition(12, 8, "3", "12.345")));
    world.usage.push(("online-servers", vec![("alice".into(), decimal("4"))]));
    // What stands now, not what is planned; 100 + 37.035.
    assert_eq!(world.plan().invoices, decimal("137.035"));
    world.usage.clear();
    assert_eq!(world.plan().invoices, decimal("137.035"));
}

fn service() -> &'static Service {
    services::by_key("select-storage").unwrap()
}

#[test]
fn a_description_that_cannot_hold_even_one_account_counts_them_all() {
    let parts = vec![("x".repeat(6001), Decimal::ONE), ("y".to_owned(), Decimal::ONE)];
    assert_eq!(describe(service(), &Use { total: Decimal::TWO, parts }), "and 2 more");
}

proptest! {
    #[test]
    fn descriptions_are_whole_entries_within_the_limit(
        names in proptest::collection::vec("[a-zé]{1,80}", 0..400),
        amount in 0u32..100_000,
    ) {
        let amount = Decimal::new(i64::from(amount), 2);
        let parts: Vec<(String, Decimal)> = names.iter().map(|name| (name.clone(), amount)).collect();
        let text = describe(service(), &Use { total: amount, parts });
        prop_assert!(text.chars().count() <= DESCRIPTION_LIMIT);
        let entries: Vec<String> =
            names.iter().map(|name| format!("{name}: {} GB", text::quantity(amount))).collect();
        if entries.join("; ").chars().count() <= DESCRIPTION_LIMIT {
            prop_assert_eq!(text, entries.join("; "));
        } else {
            let (kept, rest) = text.rsplit_once("; ").unwrap();
            let kept: Vec<&str> = kept.split("; ").collect();
            prop_assert_eq!(&kept[..], &entries[..kept.len()]);
            let left_out = entries.len() - kept.len();
            prop_assert_eq!(rest, format!("and {left_out} more"));
            // No entry is left out that would have fitted.
            let next = text.chars().count() - rest.len() + entries[kept.len()].chars().count();
            prop_assert!(next + "; and 999 more".len() > DESCRIPTION_LIMIT);
        }
    }

    #[test]
    fn the_plan_of_what_was_applied_is_empty(world in worlds()) {
        let mut world = world;
        let first = world.plan();
        prop_assert_eq!(told(&first), told(&world.plan()), "planning is deterministic");
        let held: BTreeSet<String> = first.plan.held.iter().map(|held| held.record.clone()).collect();
        for change in &first.plan.changes {
            // Nothing but these two fields is ever written, and what is shown is what is sent.
            let Request::Patch { operations, .. } = &change.request else { panic!() };
            let sent: Vec<&str> = operations.iter().map(|operation| operation.path.as_str()).collect();
            prop_assert!(sent.iter().all(|field| ["quantity", "invoiceDescription"].contains(field)));
            let shown: Vec<&str> = change.fields.iter().map(|field| field.name.as_str()).collect();
            prop_assert_eq!(shown, sent);
            prop_assert!(change.writes_something());
        }
        for change in first.plan.changes.iter().chain(first.plan.held.iter().map(|held| &held.change)) {
            let wrote = change.fields.iter().find(|field| field.name == "quantity");
            prop_assert_eq!(wrote.is_some(), change.money.is_some());
            if let (Some(field), Some(money)) = (wrote, &change.money) {
                let id = change.subject.id.unwrap();
                let (_, own) = world.additions.iter().find(|(_, own)| own["id"] == id).unwrap();
                let own: Addition = serde_json::from_str(&own.to_string()).unwrap();
                let after = decimal(&field.after.to_string());
                prop_assert_eq!(money.delta(), line(&own, Some(after)) - line(&own, own.quantity));
            }
        }
        world.apply(&first);
        let again = world.plan();
        prop_assert!(again.plan.changes.is_empty(), "{:?} then {:?}", told(&first), told(&again));
        prop_assert!(again.adopt.is_empty());
        let held_again: BTreeSet<String> = again.plan.held.iter().map(|held| held.record.clone()).collect();
        prop_assert!(held_again.is_subset(&held), "{:?} then {:?}", told(&first), told(&again));
        prop_assert_eq!(first.plan.blocked, again.plan.blocked);
    }
}

/// Customers in every state the tables above know, and their mixtures.
fn worlds() -> impl Strategy<Value = World> {
    let amount = || (0u32..60_000, 0u32..3).prop_map(|(value, scale)| Decimal::new(i64::from(value), scale));
    let addition_of = (amount(), amount(), 0i64..300, 0usize..4, 0usize..4);
    let guards = (any::<bool>(), any::<bool>(), any::<bool>(), 0usize..3, 0usize..3);
    let rest = (
        proptest::collection::vec((0i64..10, amount()), 0..4),
        0usize..4,
        any::<bool>(),
        0usize..3,
        proptest::option::of(any::<bool>()),
    );
    (addition_of, guards, rest).prop_map(|(of, guards, rest)| {
        let ((quantity, price, included, bill, text), (first, zero, limits, rounding, below)) = (of, guards);
        let (parts, days, descriptions, bound, answer) = rest;
        let mut world = World::new();
        world.additions[0].1 = addition(11, 5, &quantity.to_string(), &price.to_string());
        world.set("lessIncluded", json!(included));
        let words = [json!("Billable"), json!("DoNotBill"), json!("NoCharge"), Value::Null];
        world.set("billCustomer", words[bill].clone());
        let texts = ["", "Thank you!", "account 1: 5 GB", "account 1:  5 GB\n"];
        world.set("invoiceDescription", json!(texts[text]));
        world.usage =
            vec![("select-storage", parts.iter().map(|(n, part)| (format!("account {n}"), *part)).collect())];
        if parts.is_empty() {
            world.usage.clear();
        }
        world.of_agreement("nextInvoiceDate", json!(format!("2026-11-2{}T00:00:00Z", 2 + days)));
        world.settings.update_invoice_descriptions = descriptions;
        world.settings.rounding = [Rounding::Exact, Rounding::Up, Rounding::Nearest][rounding];
        world.settings.below_included =
            [BelowIncluded::Floor, BelowIncluded::Actual, BelowIncluded::Hold][below];
        let allow = |yes: bool| if yes { Allowance::Allow } else { Allowance::Hold };
        world.settings.guard.first_push = allow(first);
        world.settings.guard.to_zero = allow(zero);
        if limits {
            world.settings.guard.increase = Some(Percent(Decimal::from(500)));
            world.settings.guard.decrease = None;
        }
        world.bindings = match bound {
            0 => Vec::new(),
            1 => vec![binding(11, &quantity.to_string(), None)],
            _ => vec![binding(11, "7", Some("8"))],
        };
        if let (Some(yes), Some(held)) = (answer, world.plan().plan.held.first().cloned()) {
            let state = if yes { HoldState::Approved } else { HoldState::Rejected };
            world.answered(&held.record, &held.before, &held.after, state);
        }
        world
    })
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("agreements", &self.agreements)
            .field("additions", &self.additions)
            .field("usage", &self.usage)
            .field("bindings", &self.bindings)
            .field("holds", &self.holds)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
