//! What is billed, as tables: what is planned, and what the world is that it is planned in.

mod properties;
mod world;

use super::*;
use crate::config::Allowance;
use crate::store::HoldState;
use world::*;

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
        &["act Select Online Backup Storage: addition #11 on Gold bills 200 and the portal's data have no \
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
        "the value psactl found, set back after its push, is a person's work",
        &[
            "block Select Online Backup Storage, addition #11: somebody else wrote its quantity: 150 (psactl's last: \
             200), by unknown at an unknown time",
        ],
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
    check("hold, exactly the included", &["write #11 quantity 200 -> 150 [25 -> 0 USD]"], |w| {
        w.settings.below_included = BelowIncluded::Hold;
        w.settings.guard.floor_money = decimal("100");
        w.set("lessIncluded", json!(150));
        w.uses("150");
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
    check(
        "due for more than a month: a person is told",
        &[
            "act Select Online Backup Storage, addition #11: invoice due: the invoice of 2026-10-22 on Gold is not \
             made yet; waits for it",
            "waiting addition 11 invoice description",
            "waiting addition 11 quantity",
        ],
        |w| {
            w.of_agreement("nextInvoiceDate", json!("2026-10-22T00:00:00Z"));
            w.uses("210");
        },
    );
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
        &["act agreement Gold (#7) is never invoiced: it has no billing cycle or next invoice date"],
        |w| w.of_agreement("nextInvoiceDate", Value::Null),
    );
    check(
        "never invoiced, no cycle, said once for two services",
        &[
            "write #12 quantity 3 -> 4 [30 -> 40 USD]",
            "act agreement Gold (#7) is never invoiced: it has no billing cycle or next invoice date",
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

#[test]
fn use_that_is_counted_otherwise_is_held_once() {
    let held = |world: &World| -> Vec<String> {
        world.plan().plan.held.iter().map(|held| held.reason.clone()).collect()
    };
    let mut world = World::new();
    world.bindings[0].basis = Some("GB, rounding exact".to_owned());
    world.uses("200.4");
    assert!(held(&world).is_empty());
    // However small the change is.
    world.settings.rounding = Rounding::Up;
    let reason = "use is counted otherwise than at the last push: GB, rounding exact, now GB, rounding up";
    assert_eq!(held(&world), [reason]);
    world.settings.rounding = Rounding::Exact;
    world.gigabyte = Gigabyte::Binary;
    assert_eq!(held(&world), [reason.replace("GB, rounding up", "GiB, rounding exact")]);
    world.reading = ", columns 1234abcd";
    assert!(held(&world)[0].ends_with("now GiB, rounding exact, columns 1234abcd"));
    world.reading = "";
    // A yes is used once; from then on it is counted so.
    world.answered("addition 11 quantity", "200", "200.4", HoldState::Approved);
    let outcome = world.plan();
    assert_eq!(outcome.plan.changes.len(), 1);
    world.apply(&outcome);
    world.uses("201");
    assert!(held(&world).is_empty());
    // Where the quantity is the same either way, nothing is asked.
    world.settings.rounding = Rounding::Nearest;
    world.set("quantity", json!(201));
    world.bindings[0].pushed = Some(decimal("201"));
    let outcome = world.plan();
    assert!(outcome.plan.held.is_empty() && outcome.plan.changes.is_empty());
    world.apply(&outcome);
    assert_eq!(world.bindings[0].basis.as_deref(), Some("GiB, rounding nearest"));
}

#[test]
fn what_the_portal_tells_twice_and_not_alike_is_held() {
    let mut world = World::new();
    let service = world.usage[0].0;
    world.doubts.insert(service, "x360Recover counts 5 direct-to-cloud servers and lists 4");
    assert_eq!(told(&world.plan()), [""; 0], "nothing to write, nothing to ask");
    world.uses("201");
    let expected = "hold #11 quantity 200 -> 201 [100 -> 100.5 USD]: the use is in doubt: x360Recover counts 5 \
                    direct-to-cloud servers and lists 4";
    assert_eq!(told(&world.plan()), [expected]);
    // A yes is for this value; once the counts agree none is needed.
    world.answered("addition 11 quantity", "200", "201", HoldState::Approved);
    assert_eq!(world.plan().plan.changes.len(), 1);
    world.holds.clear();
    world.doubts.clear();
    assert_eq!(world.plan().plan.changes.len(), 1);
}
