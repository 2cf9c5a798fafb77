//! What holds of every customer's billing.

use proptest::prelude::*;

use super::super::*;
use super::world::*;
use crate::config::{Allowance, Percent};
use crate::services;
use crate::store::HoldState;

fn service() -> &'static Service {
    services::by_key("select-storage").unwrap()
}

#[test]
fn a_description_that_cannot_hold_even_one_account_counts_them_all() {
    let parts = vec![("x".repeat(6001), Decimal::ONE), ("y".to_owned(), Decimal::ONE)];
    assert_eq!(describe(service(), &Use { total: Decimal::TWO, parts }, Gigabyte::Decimal), "and 2 more");
}

#[test]
fn a_description_has_six_thousand_characters_at_most() {
    let text = |length: usize| {
        // "…: 1 GB; y: 1 GB"
        let parts = vec![("é".repeat(length - 15), Decimal::ONE), ("y".to_owned(), Decimal::ONE)];
        describe(service(), &Use { total: Decimal::TWO, parts }, Gigabyte::Decimal)
    };
    assert_eq!(text(6000).chars().count(), 6000);
    assert!(text(6000).ends_with("; y: 1 GB"));
    assert_eq!(text(6001), "and 2 more");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn descriptions_are_whole_entries_within_the_limit(
        names in proptest::collection::vec("[a-zé]{1,80}", 0..400),
        amount in 0u32..100_000,
    ) {
        let amount = Decimal::new(i64::from(amount), 2);
        let parts: Vec<(String, Decimal)> = names.iter().map(|name| (name.clone(), amount)).collect();
        let text = describe(service(), &Use { total: amount, parts }, Gigabyte::Decimal);
        prop_assert!(text.chars().count() <= 6000);
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
            let operations = change.operations();
            let sent: Vec<&str> = operations.iter().map(|operation| operation.path.as_str()).collect();
            prop_assert!(sent.iter().all(|field| ["quantity", "invoiceDescription"].contains(field)));
            let shown: Vec<&str> = change.fields.iter().map(|field| field.name.as_ref()).collect();
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
        prop_assert!(again.recounted.is_empty());
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
        // How it was counted when it was last written: not noted, as now, otherwise.
        let counted = [None, Some("GB, rounding exact"), Some("GiB, rounding up")][text % 3];
        for binding in &mut world.bindings {
            binding.basis = counted.map(str::to_owned);
        }
        if let (Some(yes), Some(held)) = (answer, world.plan().plan.held.first().cloned()) {
            let state = if yes { HoldState::Approved } else { HoldState::Rejected };
            world.answered(&held.record, &held.before, &held.after, state);
        }
        world
    })
}
