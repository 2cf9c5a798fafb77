//! Which values need a yes, and what a person's answers mean, as tables.

use proptest::prelude::*;

use super::*;
use crate::config::Percent;
use crate::plan::{Change, Purpose};
use crate::psa::paths;
use serde_json::json;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The guards as the sample psactl.toml has them.
pub(crate) fn guard() -> Guard {
    let percent = |value: i64| Some(Percent(Decimal::from(value)));
    Guard {
        first_push: Allowance::Hold,
        increase: percent(50),
        decrease: percent(30),
        to_zero: Allowance::Hold,
        floor_money: decimal("25.00"),
        floor_quantity: Decimal::TWO,
        run_total: percent(10),
    }
}

fn effect(before: &str, after: &str) -> MoneyEffect {
    MoneyEffect { currency: "USD".into(), before: decimal(before), after: decimal(after), prorated: false }
}

#[test]
fn each_guard_objects_in_its_own_words() {
    let guard = guard();
    // before, after, money before, money after, first push -> reason
    type Row = (&'static str, &'static str, &'static str, &'static str, bool, Option<&'static str>);
    let rows: &[Row] = &[
        ("100", "100", "50", "50", true, Some("first quantity that psactl pushes to this addition")),
        ("100", "149", "50", "99", false, None),
        ("100", "151", "50", "150", false, Some("rises by 51% (guard: 50%)")),
        ("100", "69", "100", "69", false, Some("falls by 31% (guard: 30%)")),
        ("100", "0", "1", "0", false, Some("falls to zero from 100")),
        // 6 dollars are below the floor of 25.
        ("10", "16", "5", "11", false, None),
        ("10", "16", "0", "24.99", false, None),
        ("10", "16", "0", "25", false, Some("rises by 60% (guard: 50%)")),
        // A single licence of 1,000 is not small because it is one.
        ("1", "2", "1000", "2000", false, Some("rises by 100% (guard: 50%)")),
        // Without a money effect the quantity decides.
        ("1", "2", "0", "0", false, None),
        ("1", "3", "0", "0", false, Some("rises by 200% (guard: 50%)")),
        ("0", "300", "0", "150", false, Some("rises from nothing to 300")),
    ];
    for (before, after, was, will, first_push, reason) in rows {
        let money = effect(was, will);
        let proposal = Proposal {
            before: Some(decimal(before)),
            after: decimal(after),
            money: Some(&money),
            first_push: *first_push,
        };
        let words = objection(&proposal, &guard).map(|objection| objection.words);
        assert_eq!(words.as_deref(), *reason, "{before} -> {after}");
    }
}

proptest! {
    #[test]
    fn an_unchanged_quantity_is_never_held_after_the_first_push(value in 0u32..1_000_000) {
        let value = Decimal::from(value);
        let proposal = Proposal { before: Some(value), after: value, money: None, first_push: false };
        prop_assert_eq!(objection(&proposal, &guard()), None);
    }

    #[test]
    fn beyond_percentage_and_floor_is_always_held(before in 100u32..10_000, more in 0u32..10_000) {
        let before = Decimal::from(before);
        let after = before * decimal("1.51") + Decimal::from(more);
        let money = MoneyEffect {
            currency: String::new(), before, after, prorated: false,
        };
        let proposal =
            Proposal { before: Some(before), after, money: Some(&money), first_push: false };
        prop_assert!(objection(&proposal, &guard()).is_some());
    }
}

fn hold(before: &str, after: &str, state: HoldState) -> Hold {
    Hold {
        id: 1,
        record: "addition 1 quantity".into(),
        cid: "342".into(),
        change: write(1, "342", "1", "2", None),
        reason: String::new(),
        before: before.into(),
        after: after.into(),
        state,
        note: None,
        since: jiff::Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn an_answer_is_for_one_question() {
    use HoldState::{Approved, Held, Rejected};
    let guard = guard();
    let off = Guard { increase: None, decrease: None, ..guard.clone() };
    // hold, before and after now, guard -> answer
    let rows = [
        (hold("1", "2", Approved), "1", "2", &guard, Answer::Approved),
        (hold("1", "2", Approved), "1", "2.5", &guard, Answer::None),
        (hold("1", "2", Approved), "1.5", "2", &guard, Answer::None),
        (hold("1", "2", Held), "1", "2", &guard, Answer::None),
        (hold("100", "200", Rejected), "100", "200", &guard, Answer::Rejected),
        // The no is to the value; where it starts from does not matter.
        (hold("100", "200", Rejected), "120", "200", &guard, Answer::Rejected),
        (hold("100", "200", Rejected), "100", "300", &guard, Answer::Rejected),
        (hold("100", "200", Rejected), "100", "301", &guard, Answer::None),
        (hold("100", "200", Rejected), "100", "140", &guard, Answer::Rejected),
        (hold("100", "200", Rejected), "100", "139", &guard, Answer::None),
        (hold("100", "0", Rejected), "100", "0", &guard, Answer::Rejected),
        (hold("100", "0", Rejected), "100", "1", &guard, Answer::None),
        // Without a guard any move is beyond it.
        (hold("100", "200", Rejected), "100", "200", &off, Answer::Rejected),
        (hold("100", "200", Rejected), "100", "201", &off, Answer::None),
        // Texts: a no lasts as long as the text that was not to be replaced.
        (hold("theirs", "a: 1 GB", Rejected), "theirs", "a: 2 GB", &guard, Answer::Rejected),
        (hold("theirs", "a: 1 GB", Rejected), "another", "a: 1 GB", &guard, Answer::None),
        (hold("theirs", "a: 1 GB", Approved), "theirs", "a: 2 GB", &guard, Answer::None),
    ];
    for (hold, before, after, guard, expected) in rows {
        let row = format!("{:?} {} -> {}, now {before} -> {after}", hold.state, hold.before, hold.after);
        assert_eq!(answer(Some(&hold), before, after, guard), expected, "{row}");
    }
    assert_eq!(answer(None, "1", "2", &guard), Answer::None);
}

/// A change of an addition's quantity, or of its description where there is no money.
pub(crate) fn write(id: i64, cid: &str, before: &str, after: &str, money: Option<(&str, &str)>) -> Change {
    let field = if money.is_some() { "quantity" } else { "invoiceDescription" };
    let fields = [(field, json!(before), json!(after))];
    Change::update("agreement addition", id, "", paths::addition(7, id), fields)
        .for_customer(cid)
        .with_money(money.map(|(before, after)| effect(before, after)))
        .because(Purpose::Quantity {
            source: "files".into(),
            service: "select-storage".into(),
            agreement: 7,
            before: None,
            quantity: Decimal::ONE,
            description: None,
            basis: None,
            next_invoice: Default::default(),
        })
}

fn beyond(id: i64, cid: &str, rejected: bool) -> Held {
    Held {
        change: write(id, cid, "1", "9", Some(("1", "9"))),
        record: format!("addition {id} quantity"),
        reason: "rises by 800% (guard: 50%)".into(),
        before: "1".into(),
        after: "9".into(),
        rejected,
        ground: Ground::Beyond,
    }
}

#[test]
fn a_run_that_changes_too_much_is_held() {
    let ticket = Change::create("ticket", "", paths::tickets(), json!({}), &[]);
    let quantity = |id: i64, money: (&str, &str)| write(id, "342", "1", "2", Some(money));
    let sum = "this run would change all next invoices together by";
    // what, changes, held, approved, invoices, customers -> reason, changes left, held then
    type Row<'a> =
        (&'a str, Vec<Change>, Vec<Held>, &'a [&'a str], &'a str, usize, Option<String>, usize, usize);
    let rows: Vec<Row<'_>> = vec![
        ("a tenth", vec![quantity(1, ("0", "100"))], vec![], &[], "1000", 9, None, 1, 0),
        (
            "more than a tenth",
            vec![quantity(1, ("0", "100.01"))],
            vec![],
            &[],
            "1000",
            9,
            Some(format!("{sum} +100.01 of 1000.00 (guard: 10%)")),
            0,
            1,
        ),
        (
            "less than a tenth less",
            vec![quantity(1, ("200", "50"))],
            vec![],
            &[],
            "1000",
            9,
            Some(format!("{sum} -150.00 of 1000.00 (guard: 10%)")),
            0,
            1,
        ),
        ("much of little", vec![quantity(1, ("0", "24.99"))], vec![], &[], "10", 9, None, 1, 0),
        (
            "together",
            vec![quantity(1, ("0", "60")), quantity(2, ("0", "60")), ticket.clone()],
            vec![],
            &[],
            "1000",
            9,
            Some(format!("{sum} +120.00 of 1000.00 (guard: 10%)")),
            1,
            2,
        ),
        (
            "one of them approved",
            vec![quantity(1, ("0", "60")), quantity(2, ("0", "60"))],
            vec![],
            &["addition 1 quantity"],
            "1000",
            9,
            None,
            2,
            0,
        ),
        (
            "what is approved is written all the same",
            vec![quantity(1, ("0", "60")), quantity(2, ("0", "160"))],
            vec![],
            &["addition 1 quantity"],
            "1000",
            9,
            Some(format!("{sum} +160.00 of 1000.00 (guard: 10%)")),
            1,
            1,
        ),
        (
            "descriptions are held with the run",
            vec![quantity(1, ("0", "160")), write(2, "355", "a", "b", None)],
            vec![],
            &[],
            "1000",
            9,
            Some(format!("{sum} +160.00 of 1000.00 (guard: 10%)")),
            0,
            2,
        ),
        (
            "a fifth of all customers",
            vec![quantity(9, ("0", "1"))],
            vec![beyond(1, "1", false), beyond(2, "2", false), beyond(3, "3", false)],
            &[],
            "1000",
            15,
            None,
            1,
            3,
        ),
        (
            "more than a fifth of all customers",
            vec![quantity(9, ("0", "1"))],
            vec![beyond(1, "1", false), beyond(2, "2", false), beyond(3, "3", false)],
            &[],
            "1000",
            14,
            Some("3 of 14 customers move beyond the guards in one run (guard: 20%)".to_owned()),
            0,
            4,
        ),
        (
            "one customer's three additions are one customer",
            vec![quantity(9, ("0", "1"))],
            vec![beyond(1, "1", false), beyond(2, "1", false), beyond(3, "1", false)],
            &[],
            "1000",
            5,
            None,
            1,
            3,
        ),
        (
            "what was rejected is settled",
            vec![quantity(9, ("0", "1"))],
            vec![beyond(1, "1", true), beyond(2, "2", true), beyond(3, "3", true)],
            &[],
            "1000",
            5,
            None,
            1,
            3,
        ),
        (
            "nothing left to hold",
            vec![ticket],
            vec![beyond(1, "1", false), beyond(2, "2", false), beyond(3, "3", false)],
            &[],
            "1000",
            3,
            None,
            1,
            3,
        ),
    ];
    for (what, changes, held, approved, invoices, customers, reason, left, held_then) in rows {
        let approved: BTreeSet<String> = approved.iter().map(|record| (*record).to_owned()).collect();
        let mut plan = Plan { changes, held, ..Plan::default() };
        assert_eq!(
            hold_run(&mut [&mut plan], &approved, &guard(), decimal(invoices), customers),
            reason,
            "{what}"
        );
        assert_eq!((plan.changes.len(), plan.held.len()), (left, held_then), "{what}");
        let off = Guard { run_total: None, ..guard() };
        assert_eq!(
            hold_run(&mut [&mut plan], &approved, &off, Decimal::ONE, 1),
            None,
            "{what}: switched off"
        );
    }
}

proptest! {
    #[test]
    fn no_number_is_too_large_to_be_judged(
        before in any::<i128>(), after in any::<i128>(), scale in 0u32..28, first_push in any::<bool>(),
    ) {
        // As large as decimals get.
        let fit = |value: i128| Decimal::from_i128_with_scale(value >> 32, scale).abs();
        let (before, after) = (fit(before), fit(after));
        let proposal = Proposal { before: Some(before), after, money: None, first_push };
        prop_assert_eq!(objection(&proposal, &guard()), objection(&proposal, &guard()));
        let (before, after) = (before.to_string(), after.to_string());
        answer(Some(&hold(&before, &before, HoldState::Rejected)), &before, &after, &guard());
    }

    #[test]
    fn a_run_is_held_as_a_whole_or_not_at_all(
        money in proptest::collection::vec((0i64..500, 0i64..500), 0..8), invoices in 0i64..3000,
    ) {
        let changes: Vec<Change> = money
            .iter()
            .enumerate()
            .map(|(n, (was, will))| {
                write(n as i64, "342", "1", "2", Some((&was.to_string(), &will.to_string())))
            })
            .collect();
        let mut plan = Plan { changes: changes.clone(), ..Plan::default() };
        let reason = hold_run(&mut [&mut plan], &BTreeSet::new(), &guard(), Decimal::from(invoices), 1);
        let delta: i64 = money.iter().map(|(was, will)| will - was).sum();
        let too_much = delta.abs() >= 25 && invoices > 0 && 10 * delta.abs() > invoices;
        prop_assert_eq!(reason.is_some(), too_much);
        prop_assert_eq!(plan.changes.len(), if too_much { 0 } else { changes.len() });
        prop_assert_eq!(plan.changes.len() + plan.held.len(), changes.len());
    }
}
