use proptest::prelude::*;

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

/// A reader of the language's quoted words, written apart from the writer: takes one literal off the front
/// and gives back its meaning and the rest.
fn read_literal(text: &str) -> Option<(String, &str)> {
    let mut characters = text.char_indices();
    let (_, mark) = characters.next().filter(|(_, mark)| matches!(mark, '"' | '\''))?;
    let mut meaning = String::new();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => meaning.push(characters.next()?.1),
            character if character == mark => return Some((meaning, &text[at + mark.len_utf8()..])),
            character => meaning.push(character),
        }
    }
    None
}

/// Whether a pattern fits a text: `%` and `*` stand for any run of characters, everything else for itself.
fn fits(pattern: &[char], text: &[char]) -> bool {
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for &character in pattern {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            next[at] = if matches!(character, '%' | '*') {
                reached[at] || (at > 0 && next[at - 1])
            } else {
                at > 0 && reached[at - 1] && text[at - 1] == character
            };
        }
        reached = next;
    }
    reached[text.len()]
}

fn spaced(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

fn nasty_text() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "\"", "'", "\\", "[", "]", "%", "_", "*", " or 1=1", "\n", "\0", ")", "(", "é", "\u{202e}", "x",
    ]);
    prop_oneof![any::<String>(), prop::collection::vec(nasty, 0..12).prop_map(|parts| parts.concat())]
}

proptest! {
    #[test]
    fn a_value_is_one_literal_and_comes_back(value in nasty_text()) {
        let written = Condition::eq("name", value.as_str()).to_string();
        let rest = written.strip_prefix("name=").expect("the field first");
        prop_assert_eq!(read_literal(rest), Some((spaced(&value), "")));
    }

    #[test]
    fn a_list_is_as_many_literals_as_values(values in prop::collection::vec(nasty_text(), 1..6)) {
        let written = Condition::is_in("name", values.clone()).to_string();
        let mut rest = written.strip_prefix("name in (").expect("the opening");
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                rest = rest.strip_prefix(", ").expect("a comma");
            }
            let (meaning, after) = read_literal(rest).expect("a literal");
            prop_assert_eq!(meaning, spaced(value));
            rest = after;
        }
        prop_assert_eq!(rest, ")");
    }

    #[test]
    fn a_beginning_is_found_whatever_is_in_it(value in nasty_text(), rest_of_it in "[a-z]{0,5}") {
        let written = Condition::starts_with("name", &value).to_string();
        let (pattern, rest) = read_literal(written.strip_prefix("name like ").expect("the field first")).expect("a literal");
        prop_assert_eq!(rest, "");
        prop_assert!(!pattern.contains('['));
        let text: Vec<char> = spaced(&(value + &rest_of_it)).chars().collect();
        prop_assert!(fits(&pattern.chars().collect::<Vec<_>>(), &text));
    }

    #[test]
    fn contained_text_is_asked_for_in_pieces_that_it_holds(value in nasty_text()) {
        let Condition(node) = Condition::contains("name", &value);
        let parts = match node {
            Node::All(parts) => parts,
            one => vec![Condition(one)],
        };
        for Condition(part) in parts {
            let Node::Compare("name", Operator::Contains, Operand::Text(piece)) = part else { panic!("a piece") };
            prop_assert!(value.contains(&piece) && !piece.contains('['));
        }
    }
}
