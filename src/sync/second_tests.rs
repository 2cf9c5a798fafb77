use serde_json::{Value, json};

use super::*;

fn at(text: &str) -> Timestamp {
    format!("2026-11-23T{text}Z").parse().unwrap()
}

fn binding(adopted: Option<i64>, pushed: Option<i64>, pushed_at: Option<&str>) -> Binding {
    Binding {
        addition_id: 12,
        agreement_id: 3,
        cid: "342".into(),
        service: "select-storage".into(),
        adopted: adopted.map(Into::into),
        pushed: pushed.map(Into::into),
        description: Some("A: 1".into()),
        pushed_at: pushed_at.map(at),
        basis: None,
    }
}

fn agreements(quantity: Value, description: &str, by: &str, changed: &str) -> Vec<AgreementFacts> {
    let addition = json!({
        "id": 12, "quantity": quantity, "invoiceDescription": description,
        "_info": { "updatedBy": by, "lastUpdated": format!("2026-11-23T{changed}Z") },
    });
    let agreement = serde_json::from_value(json!({ "id": 3 })).unwrap();
    vec![AgreementFacts { agreement, additions: vec![serde_json::from_value(addition).unwrap()] }]
}

#[test]
fn what_counts_as_strange_is_a_table() {
    let pushed = || binding(Some(100), Some(120), Some("12:00:00"));
    let unpushed = || binding(Some(100), None, None);
    let own = Some("psactl");
    // binding -> seen -> own name -> quantity, description, by, changed -> strange, noted
    type Row = (
        Binding,
        Option<&'static str>,
        Option<&'static str>,
        (Value, &'static str, &'static str, &'static str),
        bool,
        bool,
    );
    let rows: Vec<Row> = vec![
        // As it is known; touched since by whomever.
        (pushed(), Some("12:00:00"), own, (json!(120), "A: 1", "psactl", "12:00:00"), false, false),
        (pushed(), Some("12:00:00"), own, (json!(120.0), "A:  1", "psactl", "15:00:00"), false, true),
        (pushed(), None, own, (json!(120), "A: 1", "eve", "15:00:00"), false, true),
        // Another value, by psactl's login, later.
        (pushed(), Some("12:00:00"), own, (json!(130), "A: 1", "psactl", "15:00:00"), true, false),
        (pushed(), Some("12:00:00"), own, (json!(100), "A: 1", "psactl", "15:00:00"), true, false),
        (pushed(), Some("12:00:00"), own, (json!(120), "B: 1", "psactl", "15:00:00"), true, false),
        (pushed(), Some("12:00:00"), own, (Value::Null, "A: 1", "psactl", "15:00:00"), true, false),
        (unpushed(), Some("12:00:00"), own, (json!(130), "", "psactl", "15:00:00"), true, false),
        // By somebody else; by whom is not known; by psactl's login when that is not known.
        (pushed(), Some("12:00:00"), own, (json!(130), "A: 1", "eve", "15:00:00"), false, false),
        (pushed(), Some("12:00:00"), own, (json!(130), "A: 1", "", "15:00:00"), false, false),
        (pushed(), Some("12:00:00"), None, (json!(130), "A: 1", "psactl", "15:00:00"), false, false),
        (pushed(), Some("12:00:00"), None, (json!(130), "A: 1", "", "15:00:00"), false, false),
        // Not later than what is known: psactl's own write, kept by the server in a form of its own.
        (pushed(), Some("12:00:00"), own, (json!(130), "A: 1", "psactl", "12:00:30"), false, false),
        // By two clocks only what is much later counts.
        (pushed(), None, own, (json!(130), "A: 1", "psactl", "12:09:00"), false, false),
        (pushed(), None, own, (json!(130), "A: 1", "psactl", "12:11:00"), true, false),
        // When it was seen is not known at all.
        (unpushed(), None, own, (json!(130), "", "psactl", "15:00:00"), false, false),
    ];
    for (number, (binding, seen, own_name, (quantity, text, by, changed), strange, noted)) in
        rows.into_iter().enumerate()
    {
        let bindings = BTreeMap::from([(12, binding)]);
        let seen: BTreeMap<i64, Timestamp> = seen.map(|seen| (12, at(seen))).into_iter().collect();
        let known = Known { own_name, bindings: &bindings, seen: &seen };
        let looked = additions(&agreements(quantity, text, by, changed), &known);
        assert_eq!((looked.strange.len() == 1, looked.seen.len() == 1), (strange, noted), "row {number}");
    }
}

#[test]
fn an_addition_that_psactl_does_not_keep_is_none_of_its_business() {
    let known = Known { own_name: Some("psactl"), bindings: &BTreeMap::new(), seen: &BTreeMap::new() };
    let looked = additions(&agreements(json!(130), "", "psactl", "15:00:00"), &known);
    assert_eq!(looked, Looked::default());
}

#[test]
fn only_an_open_ticket_made_since_this_installation_is_strange() {
    let key = FaultKey { cid: "342".into(), account: "DOC1".into(), kind: "backup-failed".into() };
    let of = |closed: bool, entered: Value| -> Ticket {
        let ticket = json!({
            "id": 548, "summary": "x", "closedFlag": closed, "_info": { "dateEntered": entered },
        });
        serde_json::from_value(ticket).unwrap()
    };
    for (closed, entered, strange) in [
        (false, json!("2026-11-23T13:00:00Z"), true),
        (false, json!("2026-11-23T12:05:00Z"), false),
        (false, json!("2026-11-22T13:00:00Z"), false),
        (false, Value::Null, false),
        (true, json!("2026-11-23T13:00:00Z"), false),
    ] {
        let found = super::ticket(&key, &of(closed, entered.clone()), at("12:00:00"));
        assert_eq!(found.is_some(), strange, "{closed} {entered}");
    }
}
