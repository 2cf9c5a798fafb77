use super::*;

fn text(condition: Condition) -> String {
    condition.to_string()
}

#[test]
fn writes_each_kind_of_value() {
    let time: Timestamp = "2016-08-20T18:04:26.75Z".parse().expect("a timestamp");
    assert_eq!(text(Condition::eq("name", "Eddie")), r#"name="Eddie""#);
    assert_eq!(text(Condition::ne("company/id", 342)), "company/id!=342");
    assert_eq!(text(Condition::ge("quantity", Decimal::new(1250, 2))), "quantity>=12.50");
    assert_eq!(text(Condition::eq("closedFlag", false)), "closedFlag=false");
    assert_eq!(text(Condition::gt("lastUpdated", time)), "lastUpdated>[2016-08-20T18:04:26Z]");
    assert_eq!(text(Condition::is_null("cancelledDate")), "cancelledDate=null");
    assert_eq!(text(Condition::is_in("id", [3, 2, 4])), "id in (3, 2, 4)");
    assert_eq!(text(Condition::is_in("name", ["a", "b'"])), r#"name in ("a", "b'")"#);
    assert_eq!(text(Condition::contains("summary", "100%")), r#"summary contains "100%""#);
    assert_eq!(
        text(Condition::contains("summary", "100% [x]")),
        r#"summary contains "100% " and summary contains "x]""#
    );
    assert_eq!(text(Condition::contains("summary", "[")), "id!=0");
    assert_eq!(text(Condition::starts_with("summary", "[x] 5%")), r#"summary like "%x] 5%%""#);
    assert_eq!(text(Condition::starts_with("externalXRef", "psactl:1")), r#"externalXRef like "psactl:1%""#);
}

#[test]
fn chooses_the_quote_that_is_absent() {
    assert_eq!(text(Condition::eq("name", "Joe's TV")), r#"name="Joe's TV""#);
    assert_eq!(text(Condition::eq("name", r#"Joe "TV""#)), r#"name='Joe "TV"'"#);
    assert_eq!(text(Condition::eq("name", r#"Joe's "TV""#)), r#"name="Joe's \"TV\"""#);
    assert_eq!(text(Condition::eq("name", r"a\")), r#"name="a\\""#);
    assert_eq!(text(Condition::eq("name", "a\r\nb\0")), r#"name="a  b ""#);
}

#[test]
fn groups_and_negates() {
    let open = Condition::eq("closedFlag", false);
    let ours = Condition::like("externalXRef", "psactl:%");
    let both = open.clone().and(ours.clone());
    assert_eq!(text(both.clone()), r#"closedFlag=false and externalXRef like "psactl:%""#);
    assert_eq!(
        text(both.clone().or(Condition::eq("id", 7))),
        r#"(closedFlag=false and externalXRef like "psactl:%") or id=7"#
    );
    assert_eq!(text(both.not()), r#"closedFlag!=false or externalXRef not like "psactl:%""#);
    assert_eq!(text(Condition::is_in("id", [1]).not()), "id not in (1)");
    assert_eq!(text(Condition::contains("summary", "x").not()), r#"summary not contains "x""#);
    assert_eq!(text(Condition::all([open.clone(), open.clone()]).and(open)).matches(" and ").count(), 2);
}

#[test]
fn an_empty_list_fits_nothing() {
    assert_eq!(text(Condition::is_in::<i64>("id", [])), "id=0");
    assert_eq!(text(Condition::is_in::<i64>("id", []).not()), "id!=0");
    assert_eq!(text(Condition::any([])), "id=0");
    assert_eq!(text(Condition::all([])), "id!=0");
}

#[test]
fn batches_cover_all_values_and_stay_short() {
    let values: Vec<String> = (0..500).map(|n| format!("psactl:{n:016x}")).collect();
    let batches = Condition::in_batches("externalXRef", &values, usize::MAX);
    assert!(batches.len() > 10);
    let written: String = batches.iter().map(|batch| batch.to_string()).collect();
    assert!(values.iter().all(|value| written.contains(value.as_str())));
    for batch in &batches {
        let encoded = crate::psa::query::encoded(&batch.to_string()).to_string();
        assert!(encoded.len() <= FILTER_LENGTH, "{}", encoded.len());
    }
    assert_eq!(Condition::in_batches::<i64>("id", [], 900), []);
    assert!(Condition::in_batches("id", 0..500, 300).len() > 10);
    let long = "é".repeat(2_000);
    assert_eq!(
        Condition::in_batches("name", [&long, &long], 900).len(),
        2,
        "a value too long for a batch still goes"
    );
}
