use serde::Deserialize;

use super::super::Method;
use super::*;

#[derive(Debug, Deserialize)]
struct Thing {
    id: i64,
    #[serde(default, rename = "inner")]
    _inner: Option<Inner>,
    #[serde(default, rename = "parts")]
    _parts: Vec<Inner>,
    #[serde(default, rename = "price", with = "rust_decimal::serde::arbitrary_precision_option")]
    _price: Option<rust_decimal::Decimal>,
    #[serde(flatten)]
    _rest: serde_json::Map<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Inner {
    #[serde(rename = "flag")]
    _flag: Option<bool>,
}

impl Record for Thing {
    const NAME: &'static str = "thing";
    fn id(&self) -> Option<i64> {
        Some(self.id)
    }
}

fn tried() -> Tried {
    let action = "listing things on /things".to_owned();
    Tried { method: Method::Get, path: "/things".to_owned(), action, request_id: None }
}

fn message(body: &str) -> String {
    records::<Thing>(body.as_bytes(), &tried(), "psa.example").expect_err("a bad body").to_string()
}

#[test]
fn names_record_and_place() {
    let cases = [
        (r#"[{"id":1},{"id":2,"inner":{"flag":"yes"}}]"#, "thing 2 is not as expected, at inner.flag: "),
        (
            r#"[{"id":3,"parts":[{"flag":true},{"flag":7}]}]"#,
            "thing 3 is not as expected, at parts[1].flag: ",
        ),
        (r#"[{"id":"x"}]"#, "a record (thing) is not as expected, at id: "),
        (r#"[{"other":1}]"#, "a record (thing) is not as expected: missing field `id`"),
        (r#"[{"id":4,"price":1e99}]"#, "thing 4 is not as expected, at price: "),
        (r#"[5]"#, "a record (thing) is not as expected: "),
    ];
    for (body, expected) in cases {
        let message = message(body);
        assert!(message.starts_with(&format!("listing things on /things: {expected}")), "{message}");
    }
}

#[test]
fn quotes_no_text_of_a_record() {
    let cases = [
        (
            r#"[{"id":1,"inner":{"flag":"hunter2 \"quoted\\"}}]"#,
            "at inner.flag: invalid type: a text, expected a boolean",
        ),
        (r#"[{"id":"x"}]"#, "at id: invalid type: a text, expected i64"),
        (
            r#"[{"id":1,"inner":"\u201chunter2\u201d"}]"#,
            "at inner: invalid type: a text, expected struct Inner",
        ),
        (r#"[{"id":1,"inner":{"flag":0.25}}]"#, "at inner.flag: invalid type: number, expected a boolean"),
    ];
    for (body, expected) in cases {
        let message = message(body);
        assert!(message.contains(expected) && !message.contains("hunter2"), "{message}");
    }
    let word = "unknown variant `hunter2`, expected `a` or `b`";
    assert_eq!(without_values(word), "unknown word, expected `a` or `b`");
    assert_eq!(without_values("“hunter2” is no time"), "a text is no time");
    assert_eq!(without_values("invalid value: string \"hunter"), "invalid value: a text");
}

#[test]
fn says_what_came_instead_of_json() {
    let cases = [
        ("", "is empty"),
        (" \r\n", "is empty"),
        ("<html><body>Sign in</body></html>", "a web page"),
        ("OK", "not JSON"),
        (r#"[{"id":1},{"id"#, "cut off after 14"),
        (r#"{"id":1}"#, "one record came where a list"),
        ("null", "nothing came where a list"),
    ];
    for (body, expected) in cases {
        let message = message(body);
        assert!(message.contains("psa.example did not answer as ConnectWise does"), "{message}");
        assert!(message.contains(expected), "{body}: {message}");
    }
}

/// Any JSON that is not too deep.
fn any_json() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    let names =
        ["id", "name", "quantity", "status", "product", "closedFlag", "_info", "deviceType", "errors"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::from("2026-11-23T14:00:00Z")),
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        let name = proptest::sample::select(names.to_vec()).prop_map(str::to_owned);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((name, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// What is read is read, what is not is one line about the place; nothing panics.
fn reads(body: &[u8]) {
    use super::super::{Addition, Agreement, CatalogItem, Company, Info, ManagedId, Ticket};
    fn one<T: Record>(body: &[u8]) {
        let errors = [
            record::<T>(body, &tried(), "psa.example").err(),
            records::<T>(body, &tried(), "psa.example").err(),
        ];
        for error in errors.into_iter().flatten() {
            assert!(!error.to_string().contains(char::is_control), "{error}");
        }
    }
    one::<Addition>(body);
    one::<Agreement>(body);
    one::<CatalogItem>(body);
    one::<Company>(body);
    one::<Info>(body);
    one::<ManagedId>(body);
    one::<Ticket>(body);
    one::<Value>(body);
    if let Ok(answer) = serde_json::from_slice::<Value>(body) {
        let _route = super::super::discovery::any_answer(&answer);
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_are_too_strange(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        reads(&body);
    }

    #[test]
    fn no_json_is_too_strange(value in any_json()) {
        reads(value.to_string().as_bytes());
    }

    #[test]
    fn no_answer_differs_from_itself(value in any_json()) {
        proptest::prop_assert!(super::super::differences(&value, &value).is_empty());
    }
}
