//! Lists: conditions bound to a schema, ordering, partial answers (contract: behaviours, section 3).

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use super::conditions::{self, Condition, Literal, Test};
use super::contract::{Kind, Schema};
use super::errors::Refusal;
use super::rules;
use super::store::Record;
use super::view::{Found, View};

/// No honest path goes further than this through references to references.
const MAX_PATH: usize = 8;

/// The literal rules, which ConnectWise repeats in the message of every bad condition.
const LITERALS: &str = "Strings are enclosed in quotes: \"text\". Numbers stand bare: 123. \
    Booleans are true or false. Dates stand in square brackets: [2016-08-20T18:04:26Z].";

/// The query parameters of a list, their names in any case.
#[derive(Debug, Default)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Parameters {
        let lower = |(name, value): (String, String)| (name.to_ascii_lowercase(), value);
        Parameters(pairs.into_iter().map(lower).collect())
    }

    /// A parameter's value; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(&name.to_ascii_lowercase())?;
        Some(value.as_str()).filter(|value| !value.trim().is_empty())
    }

    pub fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.get(name)
            .map(|text| text.trim().parse())
            .transpose()
            .map_err(|_| Refusal::bad_query(&format!("{name} must be a number.")))
    }
}

/// A path checked against a schema.
struct Bound {
    /// The names as the schema writes them.
    names: Vec<String>,
    /// What stands there.
    kind: Kind,
    /// The first part of the path that leads into the members of an array, if one does.
    array: Option<String>,
}

fn bind(view: &View<'_>, schema: &str, path: &[String]) -> Option<Bound> {
    if path.len() > MAX_PATH {
        return None;
    }
    let (first, rest) = path.split_first()?;
    let declared = view.contract.schema(schema)?;
    let Some(field) = declared.find(first) else {
        return bind_info(declared, path);
    };
    if rules::unseen(schema, field) {
        return None;
    }
    let mut names = vec![field.name.clone()];
    if rest.is_empty() {
        return Some(Bound { names, kind: field.kind.clone(), array: None });
    }
    let (inner, array) = match &field.kind {
        Kind::Info => return bind_info(declared, rest),
        Kind::Array(of) => (&**of, Some(field.name.clone())),
        other => (other, None),
    };
    let below = match inner {
        // Any depth: beyond the reference's own fields the record that it points to is read.
        Kind::Reference(name) => bind(view, name, rest).or_else(|| {
            let target = rules::references::target(name)?;
            bind(view, &view.contract.collection(target)?.schema, rest)
        })?,
        Kind::Object(name) => bind(view, name, rest)?,
        _ => return None,
    };
    names.extend(below.names);
    Some(Bound { names, kind: below.kind, array: array.or(below.array) })
}

/// `lastUpdated` and its like are found with and without `_info/` before them.
fn bind_info(schema: &Schema, path: &[String]) -> Option<Bound> {
    let [name] = path else { return None };
    schema.fields.get("_info")?;
    let known = [
        ("lastUpdated", Kind::DateTime),
        ("dateEntered", Kind::DateTime),
        ("updatedBy", Kind::Text),
        ("enteredBy", Kind::Text),
    ];
    let (name, kind) = known.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(Bound { names: vec!["_info".to_owned(), name.to_owned()], kind, array: None })
}

/// Parses conditions and checks every field and literal against the schema. Only `childConditions` may
/// speak of the members of arrays.
fn bound(view: &View<'_>, schema: &str, text: &str, of_members: bool) -> Result<Condition, Refusal> {
    let refuse = |why: String| Refusal::bad_query(&format!("{why}\r\n{LITERALS}"));
    let mut condition = Condition::parse(text, view.options.plain_quotes).map_err(refuse)?;
    condition
        .paths_mut(&mut |path, test| {
            let written = path.join("/");
            let found =
                bind(view, schema, path).ok_or_else(|| format!("The field \"{written}\" does not exist."))?;
            if let Some(array) = found.array.filter(|_| !of_members) {
                return Err(format!("\"{written}\" is a part of the list {array}: use childConditions."));
            }
            suits(&found.kind, test, &written)?;
            if view.options.wildcard_equals {
                read_stars(test);
            }
            *path = found.names;
            Ok(())
        })
        .map_err(refuse)?;
    Ok(condition)
}

/// `=` and `!=` with a `*` in the text become tests of their own.
fn read_stars(test: &mut Test) {
    match test {
        Test::Equal(Literal::Text(text)) if text.contains('*') => {
            *test = Test::Matches(std::mem::take(text));
        }
        Test::Unequal(Literal::Text(text)) if text.contains('*') => {
            *test = Test::Differs(std::mem::take(text));
        }
        _ => {}
    }
}

fn suits(kind: &Kind, test: &Test, path: &str) -> Result<(), String> {
    let literals: Vec<&Literal> = match test {
        Test::Equal(l) | Test::Unequal(l) => vec![l],
        Test::Less(l) | Test::AtMost(l) | Test::Greater(l) | Test::AtLeast(l) => vec![l],
        Test::In(list) => list.iter().collect(),
        Test::Contains(_) | Test::Like(_) | Test::Matches(_) | Test::Differs(_) => match kind {
            Kind::Text | Kind::Enum(_) | Kind::Any => return Ok(()),
            _ => return Err(format!("{} literal expected for {path}, String found.", name(kind))),
        },
    };
    for literal in literals {
        let fits = match (kind, literal) {
            (_, Literal::Null) | (Kind::Any, _) => true,
            (Kind::Text | Kind::Enum(_), Literal::Text(_)) => true,
            // Some dates are declared as plain strings; both forms are let through there.
            (Kind::Text, Literal::Date(_)) | (Kind::DateTime, Literal::Date(_)) => true,
            (Kind::Int | Kind::Num, Literal::Number(_)) => true,
            (Kind::Bool, Literal::Bool(_)) => true,
            _ => false,
        };
        if !fits {
            let (wanted, found) = (name(kind), literal.described());
            return Err(format!("{wanted} literal expected for {path}, {found} found."));
        }
    }
    Ok(())
}

fn name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Enum(_) => "String",
        Kind::DateTime => "Date",
        Kind::Int | Kind::Num => "Numeric",
        Kind::Bool => "Boolean",
        _ => "Null",
    }
}

/// Whether a value passes a test. Text is compared in any case, as the PSA's database does; a
/// missing value passes nothing but a comparison with null.
fn passes(value: &Value, test: &Test) -> bool {
    let ordered = |literal: &Literal, good: &[Ordering]| {
        compare(value, literal).is_some_and(|order| good.contains(&order))
    };
    match test {
        Test::Unequal(Literal::Null) => !value.is_null(),
        Test::Equal(literal) => equals(value, literal),
        Test::Unequal(literal) => ordered(literal, &[Ordering::Less, Ordering::Greater]),
        Test::Less(literal) => ordered(literal, &[Ordering::Less]),
        Test::AtMost(literal) => ordered(literal, &[Ordering::Less, Ordering::Equal]),
        Test::Greater(literal) => ordered(literal, &[Ordering::Greater]),
        Test::AtLeast(literal) => ordered(literal, &[Ordering::Greater, Ordering::Equal]),
        Test::Contains(part) => {
            value.as_str().is_some_and(|text| text.to_lowercase().contains(&part.to_lowercase()))
        }
        Test::Like(pattern) => value.as_str().is_some_and(|text| conditions::like(text, pattern)),
        Test::Matches(pattern) => value.as_str().is_some_and(|text| conditions::starred(text, pattern)),
        Test::Differs(pattern) => value.as_str().is_some_and(|text| !conditions::starred(text, pattern)),
        Test::In(list) => list.iter().any(|literal| equals(value, literal)),
    }
}

fn equals(value: &Value, literal: &Literal) -> bool {
    match literal {
        Literal::Null => value.is_null(),
        literal => compare(value, literal) == Some(Ordering::Equal),
    }
}

fn compare(value: &Value, literal: &Literal) -> Option<Ordering> {
    match literal {
        Literal::Text(text) => Some(caseless(value.as_str()?, text)),
        Literal::Number(number) => Some(decimal(value)?.cmp(number)),
        Literal::Bool(flag) => Some(value.as_bool()?.cmp(flag)),
        Literal::Date(date) => Some(conditions::date(value.as_str()?)?.cmp(date)),
        Literal::Null => None,
    }
}

fn caseless(a: &str, b: &str) -> Ordering {
    let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
    if a.is_ascii() && b.is_ascii() {
        let left = a.bytes().map(|c| c.to_ascii_lowercase());
        return left.cmp(b.bytes().map(|c| c.to_ascii_lowercase()));
    }
    lower(a).cmp(&lower(b))
}

/// A JSON number as the exact decimal that was written.
pub fn decimal(value: &Value) -> Option<Decimal> {
    let text = value.as_number()?.to_string();
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}

/// A list request, understood.
pub struct Query {
    conditions: Option<Condition>,
    children: Vec<(String, Kind, Condition)>,
    order: Vec<(Vec<String>, bool)>,
    fields: Option<Selection>,
}

impl Query {
    pub fn read(view: &View<'_>, schema: &Schema, given: &Parameters) -> Result<Query, Refusal> {
        let conditions =
            given.get("conditions").map(|text| bound(view, &schema.name, text, false)).transpose()?;
        let mut children = Vec::new();
        if let Some(text) = given.get("childConditions") {
            children.push(child(view, schema, text)?);
        }
        if let Some(text) = given.get("customFieldConditions") {
            let kind = Kind::Object("CustomFieldValue".to_owned());
            let mut condition = bound(view, "CustomFieldValue", text, false)?;
            no_lists(&mut condition)?;
            children.push(("customFields".to_owned(), kind, condition));
        }
        let order = match given.get("orderBy") {
            Some(text) => ordering(view, schema, text)?,
            None => Vec::new(),
        };
        let fields = given.get("fields").map(|text| Selection::read(view, schema, text)).transpose()?;
        Ok(Query { conditions, children, order, fields })
    }

    /// What a POST takes of a query: which parts of the record are answered.
    pub fn partial(view: &View<'_>, schema: &Schema, given: &Parameters) -> Result<Query, Refusal> {
        let fields = given.get("fields").map(|text| Selection::read(view, schema, text)).transpose()?;
        Ok(Query { conditions: None, children: Vec::new(), order: Vec::new(), fields })
    }

    /// Whether a record is asked for.
    pub fn wants<'a>(&self, view: &View<'a>, found: Found<'a>) -> bool {
        let main = self
            .conditions
            .as_ref()
            .is_none_or(|condition| condition.holds(&|path, test| passes(&view.lookup(found, path), test)));
        main && self.children.iter().all(|(field, kind, condition)| {
            let members = found.row.fields.get(field).and_then(Value::as_array);
            members
                .into_iter()
                .flatten()
                .any(|member| condition.holds(&|path, test| passes(&inside(view, member, kind, path), test)))
        })
    }

    /// Sorts what was found; without an order it stays by id.
    pub fn sort<'a>(&self, view: &View<'a>, found: &mut [Found<'a>]) {
        if self.order.is_empty() {
            return;
        }
        found.sort_by_cached_key(|one| {
            let keys = self.order.iter().map(|(path, descending)| {
                let key = Key::of(&view.lookup(*one, path));
                if *descending { Sorted::Down(std::cmp::Reverse(key)) } else { Sorted::Up(key) }
            });
            (keys.collect::<Vec<_>>(), one.id)
        });
    }

    /// The record as it is answered, cut down to the fields that were asked for.
    pub fn shown<'a>(&self, view: &View<'a>, found: Found<'a>, schema: &'a Schema) -> Value {
        let record = view.shown(found, schema);
        match &self.fields {
            Some(selection) => selection.cut(record),
            None => Value::Object(record),
        }
    }
}

fn inside<'a>(view: &View<'a>, member: &'a Value, kind: &Kind, path: &[String]) -> Cow<'a, Value> {
    // Members of arrays are kept whole, so only references need following.
    if let Kind::Reference(name) = kind
        && let Some(target) = rules::references::target(name)
        && let Some(found) = member["id"].as_i64().and_then(|id| view.find(target, id))
        && let [field] = path
        && field != "id"
        && let Some(value) = rules::references::shown(view, found, field)
    {
        return Cow::Owned(value);
    }
    let mut at = member;
    for name in path {
        at = at.get(name).unwrap_or(&Value::Null);
    }
    Cow::Borrowed(at)
}

/// The two lesser kinds of conditions know no `in`.
fn no_lists(condition: &mut Condition) -> Result<(), Refusal> {
    let checked = condition.paths_mut(&mut |_, test| match test {
        Test::In(_) => Err("\"in\" is not allowed in childConditions and customFieldConditions.".to_owned()),
        _ => Ok(()),
    });
    checked.map_err(|why| Refusal::bad_query(&why))
}

/// `childConditions` speaks of the members of one array; all comparisons must hold for one member.
fn child(view: &View<'_>, schema: &Schema, text: &str) -> Result<(String, Kind, Condition), Refusal> {
    let mut condition = bound(view, &schema.name, text, true)?;
    no_lists(&mut condition)?;
    let mut array: Option<String> = None;
    let mut mixed = false;
    let stripped = condition.paths_mut(&mut |path, _| {
        if path.len() < 2 {
            return Err("A field of an array is expected in childConditions.".to_owned());
        }
        let root = path.remove(0);
        mixed |= array.as_ref().is_some_and(|known| *known != root);
        array = Some(root);
        Ok(())
    });
    stripped.map_err(|why| Refusal::bad_query(&why))?;
    let field = array.as_ref().and_then(|root| schema.fields.get(root)).filter(|_| !mixed);
    match field.map(|field| (&field.name, &field.kind)) {
        Some((name, Kind::Array(of))) => Ok((name.clone(), (**of).clone(), condition)),
        _ => Err(Refusal::bad_query("childConditions must speak of the members of one array.")),
    }
}

fn ordering(view: &View<'_>, schema: &Schema, text: &str) -> Result<Vec<(Vec<String>, bool)>, Refusal> {
    let mut order = Vec::new();
    for part in text.split(',') {
        let words: Vec<&str> = part.split_whitespace().collect();
        let (path, descending) = match words.as_slice() {
            [path] => (path, false),
            [path, word] if word.eq_ignore_ascii_case("asc") => (path, false),
            [path, word] if word.eq_ignore_ascii_case("desc") => (path, true),
            _ => return Err(Refusal::bad_query(&format!("orderBy \"{part}\" is invalid."))),
        };
        let segments: Vec<String> = path.split('/').map(str::to_owned).collect();
        let found = bind(view, &schema.name, &segments)
            .ok_or_else(|| Refusal::bad_query(&format!("orderBy: the field \"{path}\" does not exist.")))?;
        if let Some(array) = found.array {
            return Err(Refusal::bad_query(&format!("orderBy: \"{path}\" is a part of the list {array}.")));
        }
        order.push((found.names, descending));
    }
    Ok(order)
}

/// A sort key: nothing first, then flags, numbers, text in any case.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Nothing,
    Flag(bool),
    Number(Decimal),
    Text(String),
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Sorted {
    Up(Key),
    Down(std::cmp::Reverse<Key>),
}

impl Key {
    fn of(value: &Value) -> Key {
        match value {
            Value::Bool(flag) => Key::Flag(*flag),
            Value::String(text) => Key::Text(text.to_lowercase()),
            Value::Number(_) => decimal(value).map_or(Key::Nothing, Key::Number),
            _ => Key::Nothing,
        }
    }
}

/// `fields=id,company/name`: which parts of a record are answered.
#[derive(Debug, Default)]
struct Selection(BTreeMap<String, Selection>);

impl Selection {
    fn read(view: &View<'_>, schema: &Schema, text: &str) -> Result<Selection, Refusal> {
        let mut selection = Selection::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let path: Vec<String> = part.split('/').map(str::to_owned).collect();
            let found = bind(view, &schema.name, &path).ok_or_else(|| {
                Refusal::bad_query(&format!("fields: the field \"{part}\" does not exist."))
            })?;
            let mut at = &mut selection;
            for name in found.names {
                at = at.0.entry(name).or_default();
            }
        }
        Ok(selection)
    }

    fn cut(&self, record: Record) -> Value {
        let kept = record.into_iter().filter_map(|(name, value)| {
            let inner = self.0.get(&name)?;
            Some((name, inner.cut_value(value)))
        });
        Value::Object(kept.collect())
    }

    fn cut_value(&self, value: Value) -> Value {
        match value {
            _ if self.0.is_empty() => value,
            Value::Object(record) => self.cut(record),
            Value::Array(items) => items.into_iter().map(|v| self.cut_value(v)).collect(),
            other => other,
        }
    }
}
