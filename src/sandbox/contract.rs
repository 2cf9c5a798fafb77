//! The contract, compiled: routes, collections and schemas as the OpenAPI document states them.
//!
//! Nothing here knows a ConnectWise resource by name. What the document cannot say (rules, defaults,
//! computed fields) lives in [`super::rules`].

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::options::Release;
use super::release;

/// The OpenAPI document of ConnectWise PSA 2025.8, cut down to what a backup integration touches.
pub static DOCUMENT: &str = include_str!("openapi.json");

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Text,
    DateTime,
    Int,
    Num,
    Bool,
    Enum(Vec<String>),
    /// A reference to another record (`…Reference` schemas).
    Reference(String),
    /// An embedded object that is not a record of its own.
    Object(String),
    Array(Box<Kind>),
    /// `_info`: metadata that only the server writes.
    Info,
    /// The document says `object` and nothing more: any JSON.
    Any,
}

/// One property of a schema, with the limits that the document puts on it.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: String,
    pub kind: Kind,
    pub max_length: Option<usize>,
    pub required: bool,
    pub required_on_update: bool,
    /// `field=value` pairs that must all hold for the field to be required; `None` where the
    /// document's condition is prose.
    pub required_when: Option<Vec<(String, String)>>,
    pub post_only: bool,
    pub never_returned: bool,
}

/// One schema of `components/schemas`.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    pub name: String,
    pub fields: BTreeMap<String, Field>,
    lower: HashMap<String, String>,
}

impl Schema {
    /// Field names in conditions are matched in any case (contract: conditions grammar).
    pub fn find(&self, name: &str) -> Option<&Field> {
        if let Some(field) = self.fields.get(name) {
            return Some(field);
        }
        self.fields.get(self.lower.get(&name.to_ascii_lowercase())?)
    }

    /// The name by which error messages call a record: `CatalogItem` is `catalogItem`.
    pub fn resource(&self) -> String {
        let last = self.name.rsplit('.').next().unwrap_or(&self.name);
        let mut letters = last.chars();
        match letters.next() {
            Some(first) => first.to_lowercase().chain(letters).collect(),
            None => String::new(),
        }
    }
}

/// What a path is for, read off the shape of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    List(String),
    Item(String),
    Count(String),
    Usages(String),
    /// Anything else: handled by name in [`super::actions`].
    Action,
}

/// One method on one path.
#[derive(Debug, Clone)]
pub struct Operation {
    pub success: u16,
    pub takes_body: bool,
    pub query_required: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Id,
    Text,
}

/// One path of the document.
#[derive(Debug, Clone)]
pub struct Route {
    pub template: String,
    segments: Vec<Segment>,
    literals: usize,
    pub role: Role,
    pub operations: BTreeMap<String, Operation>,
}

/// A set of records: `/finance/agreements/{}/additions` with its schema and its parents' sets.
#[derive(Debug, Clone)]
pub struct Collection {
    pub key: String,
    pub schema: String,
    /// The collection of each id in the path, outermost first.
    pub parents: Vec<String>,
}

/// A request's path, matched.
#[derive(Debug)]
pub struct Matched<'a> {
    pub route: &'a Route,
    pub ids: Vec<i64>,
    /// What stands where the path takes a text, such as the name of a report.
    pub text: String,
}

/// The whole document, ready for use.
#[derive(Debug)]
pub struct Contract {
    pub release: String,
    pub routes: Vec<Route>,
    pub collections: BTreeMap<String, Collection>,
    pub schemas: BTreeMap<String, Schema>,
}

impl Contract {
    /// Compiles [`DOCUMENT`] as it stood in a release.
    pub fn load(release: Release) -> Result<Contract, String> {
        let mut document: Value = serde_json::from_str(DOCUMENT).map_err(|e| e.to_string())?;
        release::edit(&mut document, release);
        Contract::compile(&document)
    }

    fn compile(document: &Value) -> Result<Contract, String> {
        let mut schemas = BTreeMap::new();
        for (name, body) in object(&document["components"]["schemas"])? {
            schemas.insert(name.clone(), schema(name, body));
        }
        let paths = object(&document["paths"])?;
        let mut collections = BTreeMap::new();
        for (template, body) in paths {
            if let Some(of) = listed(template, body) {
                let key = normal(template);
                let parents = parents_of(&key);
                collections.insert(key.clone(), Collection { key, schema: of, parents });
            }
        }
        let mut routes = Vec::new();
        for (template, body) in paths {
            routes.push(route(template, body, &collections)?);
        }
        // The most literal route wins: `/service/tickets/search` before `/service/tickets/{id}`.
        routes.sort_by(|a, b| b.literals.cmp(&a.literals).then(a.template.cmp(&b.template)));
        Ok(Contract {
            release: document["info"]["version"].as_str().unwrap_or_default().to_owned(),
            routes,
            collections,
            schemas,
        })
    }

    /// Finds the route of a path below `/apis/3.0`; a slash at the end makes no difference.
    pub fn route(&self, path: &str) -> Option<Matched<'_>> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        self.routes.iter().find_map(|route| {
            if route.segments.len() != parts.len() {
                return None;
            }
            let (mut ids, mut text) = (Vec::new(), String::new());
            for (segment, part) in route.segments.iter().zip(&parts) {
                match segment {
                    Segment::Literal(word) if word.eq_ignore_ascii_case(part) => {}
                    Segment::Literal(_) => return None,
                    Segment::Id => ids.push(part.parse().ok()?),
                    Segment::Text => (*part).clone_into(&mut text),
                }
            }
            Some(Matched { route, ids, text })
        })
    }

    pub fn schema(&self, name: &str) -> Option<&Schema> {
        self.schemas.get(name)
    }

    pub fn collection(&self, key: &str) -> Option<&Collection> {
        self.collections.get(key)
    }
}

fn object(value: &Value) -> Result<&serde_json::Map<String, Value>, String> {
    value.as_object().ok_or_else(|| "the contract lacks a part".to_owned())
}

/// `/finance/agreements/{parentId}/additions/` is `/finance/agreements/{}/additions`.
fn normal(template: &str) -> String {
    let parts: Vec<&str> = template
        .trim_matches('/')
        .split('/')
        .map(|part| if part.starts_with('{') { "{}" } else { part })
        .collect();
    format!("/{}", parts.join("/"))
}

fn parents_of(key: &str) -> Vec<String> {
    key.match_indices("/{}").map(|(at, _)| key[..at].to_owned()).collect()
}

fn last(reference: &str) -> String {
    reference.rsplit('/').next().unwrap_or_default().to_owned()
}

/// The one schema that a response or body carries, and whether it is an array of it.
fn carried(content: &Value) -> Option<(String, bool)> {
    let schema = &content.as_object()?.values().next()?["schema"];
    match schema["$ref"].as_str() {
        Some(name) => Some((last(name), false)),
        None => Some((last(schema["items"]["$ref"].as_str()?), true)),
    }
}

/// The schema of a list path's records, if the path is one. Usages, reports and the two views on
/// tickets answer arrays too, but hold no records of their own.
fn listed(template: &str, body: &Value) -> Option<String> {
    let aside = ["/usages", "/usages/list", "/allNotes", "/calculateSla"];
    if aside.iter().any(|end| template.ends_with(end)) || template.starts_with("/system/reports") {
        return None;
    }
    match carried(&body["get"]["responses"]["200"]["content"])? {
        (of, true) => Some(of),
        (_, false) => None,
    }
}

fn route(template: &str, body: &Value, collections: &BTreeMap<String, Collection>) -> Result<Route, String> {
    let key = normal(template);
    let known = |suffix: &str| {
        let base = key.strip_suffix(suffix)?;
        collections.contains_key(base).then(|| base.to_owned())
    };
    let role = if collections.contains_key(&key) {
        Role::List(key.clone())
    } else if let Some(base) = known("/{}/usages").or_else(|| known("/{}/usages/list")) {
        Role::Usages(base)
    } else if let Some(base) = known("/{}") {
        Role::Item(base)
    } else if let Some(base) = known("/count") {
        Role::Count(base)
    } else {
        Role::Action
    };
    let mut operations = BTreeMap::new();
    let mut texts = Vec::new();
    for (method, operation) in object(body)? {
        let Some(responses) = operation["responses"].as_object() else {
            continue;
        };
        let success = responses.keys().find_map(|code| code.parse().ok());
        let mut query_required = Vec::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap_or_default();
            let place = parameter["in"].as_str().unwrap_or_default();
            if place == "path" && parameter["schema"]["type"] != "integer" {
                texts.push(format!("{{{name}}}"));
            } else if place == "query" && parameter["required"] == true {
                query_required.push(name.to_owned());
            }
        }
        let request = &operation["requestBody"];
        operations.insert(
            method.to_uppercase(),
            Operation { success: success.unwrap_or(200), takes_body: request.is_object(), query_required },
        );
    }
    let segments: Vec<Segment> = template
        .trim_matches('/')
        .split('/')
        .map(|part| match part {
            _ if texts.iter().any(|text| text == part) => Segment::Text,
            _ if part.starts_with('{') => Segment::Id,
            _ => Segment::Literal(part.to_owned()),
        })
        .collect();
    Ok(Route {
        template: template.to_owned(),
        literals: segments.iter().filter(|s| matches!(s, Segment::Literal(_))).count(),
        segments,
        role,
        operations,
    })
}

fn schema(name: &str, body: &Value) -> Schema {
    let required: Vec<&str> =
        body["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut made = Schema { name: name.to_owned(), ..Schema::default() };
    for (field, property) in body["properties"].as_object().into_iter().flatten() {
        made.lower.insert(field.to_ascii_lowercase(), field.clone());
        made.fields.insert(
            field.clone(),
            Field {
                name: field.clone(),
                kind: if field == "_info" { Kind::Info } else { kind(property) },
                max_length: property["maxLength"].as_u64().and_then(|n| usize::try_from(n).ok()),
                required: required.contains(&field.as_str()),
                required_on_update: property["x-required-on-update"] == true,
                required_when: property["x-required-when"].as_str().and_then(when),
                post_only: property["x-post-only"] == true,
                // Only some passwords carry the mark; the page on behaviours (section 8) says to
                // treat the others alike.
                never_returned: property["x-never-returned"] == true
                    || field.ends_with("assword")
                    || field == "token",
            },
        );
    }
    made
}

/// `a=x and b=true` as pairs; prose has no `=` and cannot be evaluated.
fn when(text: &str) -> Option<Vec<(String, String)>> {
    text.split(" and ")
        .map(|part| {
            let (field, value) = part.split_once('=')?;
            Some((field.trim().to_owned(), value.trim().to_owned()))
        })
        .collect()
}

fn kind(property: &Value) -> Kind {
    if let Some(reference) = property["$ref"].as_str() {
        let name = last(reference);
        return if name.ends_with("Reference") { Kind::Reference(name) } else { Kind::Object(name) };
    }
    if let Some(names) = property["enum"].as_array() {
        return Kind::Enum(names.iter().filter_map(|n| n.as_str().map(str::to_owned)).collect());
    }
    match property["type"].as_str() {
        Some("string") if property["format"] == "date-time" => Kind::DateTime,
        Some("string") => Kind::Text,
        Some("integer") => Kind::Int,
        Some("number") => Kind::Num,
        Some("boolean") => Kind::Bool,
        Some("array") => Kind::Array(Box::new(kind(&property["items"]))),
        _ => Kind::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_compiles_and_routes() {
        let contract = Contract::load(Release::Current).expect("the document");
        let found = contract.route("/FINANCE/agreements/7/additions/9/").expect("a route");
        assert_eq!(found.route.role, Role::Item("/finance/agreements/{}/additions".into()));
        assert_eq!(found.ids, [7, 9]);
        let found = contract.route("/service/tickets/search").expect("a route");
        assert_eq!(found.route.role, Role::Action);
        assert!(contract.route("/company/companies/abc").is_none());
        let additions = &contract.collections["/finance/agreements/{}/additions"];
        assert_eq!(additions.schema, "Addition");
        assert_eq!(additions.parents, ["/finance/agreements"]);
        let values = &contract.collections["/company/configurations/types/{}/questions/{}/values"];
        assert_eq!(values.parents.len(), 2);
        assert_eq!(values.parents[1], "/company/configurations/types/{}/questions");
    }

    #[test]
    fn every_parent_collection_exists() {
        let contract = Contract::load(Release::Current).expect("the document");
        for collection in contract.collections.values() {
            for parent in &collection.parents {
                assert!(contract.collections.contains_key(parent), "{parent}");
            }
        }
    }
}
