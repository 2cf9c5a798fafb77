//! Guide step 3: one product for each billable service.
//!
//! Existing catalog items are adopted as they are; what deviates from the guide is a note. A price is never
//! made up: it comes from the configuration, or a person is asked.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::offers::{Answer, Asks, Offer, is_near};
use super::{Finding, Named, Product, Setup, Step, screens};
use crate::error::Result;
use crate::plan::Change;
use crate::psa::{CatalogItem, Condition, OrEmpty, Path, Query, paths};
use crate::services::{self, Service};
use crate::sync::billing::number;
use crate::ui::text;

const STEP: Step = Step::Products;

/// What the guide's products are made of, as this PSA has it.
struct Parts {
    subcategory: Value,
    kind: Value,
    unit: Value,
}

pub(super) async fn check(setup: &mut Setup<'_>) -> Result<Finding> {
    let mut finding = Finding::new(STEP);
    let kept = setup.store.choices(STEP.name())?;
    let items = observe(setup, &kept).await?;
    let mut parts = None;
    let taken = taken(setup, &kept, &items);
    for service in setup.services() {
        let mut known = Vec::new();
        let configured = setup.config.billing.products.get(service.key);
        let wanted: Vec<(String, Option<rust_decimal::Decimal>)> = match configured {
            Some(products) => {
                products.iter().map(|product| (product.identifier.clone(), product.price)).collect()
            }
            None => vec![(service.product_identifier.to_owned(), None)],
        };
        for (identifier, price) in wanted {
            // A renamed product is followed by the id that was chosen for this identifier, and for no other.
            let key = key_of(service, &identifier);
            let by_id = |id: Option<i64>| items.get(&id?);
            let answered = by_id(setup.answered(STEP, &key)?);
            let kept = by_id(kept.iter().find(|choice| choice.key == key).map(|choice| choice.id));
            let named = items.values().find(|item| item.identifier.or_empty() == identifier);
            let found = named.filter(|item| is_usable(item)).or(answered).or(named).or(kept);
            if let Some(item) = found {
                if !is_usable(item) {
                    unusable(&mut finding, service, item);
                    finding.offer(which_product(
                        service,
                        &key,
                        near(&items, &taken, service, &identifier),
                        None,
                    ));
                    continue;
                }
                adopt(setup, &mut finding, service, item, &identifier, answered.is_some())?;
                known.push(Product {
                    item: Named::there(item.id, item.identifier.or_empty()),
                    price: item.price,
                    cost: item.cost,
                });
                continue;
            }
            let near = near(&items, &taken, service, &identifier);
            if let [first, ..] = near.as_slice()
                && !setup.wants_new(STEP, &key)
            {
                let own = first.identifier.or_empty();
                let how = if is_near(own, &identifier) {
                    format!("differs from “{identifier}” in case or blanks")
                } else {
                    format!("may be what “{identifier}” for {} is meant to be", service.name)
                };
                finding.person(format!(
                    "product “{own}” (#{}) {how}: write it so under [billing.products] {}",
                    first.id, service.key
                ));
                finding.offer(which_product(service, &key, near, Some(&identifier)));
                continue;
            }
            let Some(price) = price.or_else(|| setup.prices.get(&key).copied()) else {
                finding.person(format!(
                    "product “{identifier}” for {} is not there; to have it created, give its price: \
                     [billing.products] {} = {{ identifier = \"{identifier}\", price = \"0.00\" }}",
                    service.name, service.key
                ));
                finding.offer(which_price(service, key, &identifier));
                continue;
            };
            if parts.is_none() {
                parts = Some(parts_of(setup, &mut finding).await?);
            }
            let Some(Some(parts)) = &parts else { continue };
            finding.changes.push(create(service, &identifier, price, parts));
            known.push(Product { item: Named::planned(&identifier), price: Some(price), cost: None });
        }
        setup.known.products.insert(service.key, known);
    }
    Ok(finding)
}

/// Under which key a product is remembered: the service, and the identifier that the configuration has.
fn key_of(service: &Service, identifier: &str) -> String {
    format!("{}: {identifier}", service.key)
}

/// The service of a remembered product.
pub(super) fn service_of(key: &str) -> &str {
    key.split_once(": ").map_or(key, |(service, _)| service)
}

/// The catalog items that could be meant: by identifier, by the ids chosen before, and where one is missing,
/// by words of its name.
async fn observe(setup: &Setup<'_>, kept: &[crate::store::Choice]) -> Result<BTreeMap<i64, CatalogItem>> {
    let identifiers = wanted(setup);
    let mut ids: Vec<i64> = kept.iter().map(|choice| choice.id).collect();
    for (service, identifier) in &identifiers {
        ids.extend(setup.answered(STEP, &key_of(service, identifier))?);
    }
    let names = identifiers.iter().map(|(_, identifier)| identifier.as_str());
    let mut conditions = Condition::in_batches("identifier", names, 1200);
    conditions.extend(Condition::in_batches("id", ids, 1200));
    let mut items = read(setup, conditions).await?;
    let there = |name: &str| items.values().any(|item| item.identifier.or_empty() == name && is_usable(item));
    let words: BTreeSet<&str> = identifiers
        .iter()
        .filter(|(_, identifier)| !there(identifier))
        .map(|(service, _)| words_of(service))
        .collect();
    let like =
        |words: &&str| Condition::contains("identifier", words).or(Condition::contains("description", words));
    items.extend(read(setup, words.iter().map(like).collect()).await?);
    Ok(items)
}

async fn read(setup: &Setup<'_>, conditions: Vec<Condition>) -> Result<BTreeMap<i64, CatalogItem>> {
    let mut items = BTreeMap::new();
    for condition in conditions {
        let found: Vec<CatalogItem> =
            setup.client.list(&paths::catalog(), &Query::all().filter(condition).lean()).await?;
        items.extend(found.into_iter().map(|item| (item.id, item)));
    }
    Ok(items)
}

/// The words that a product for this service has in its name whatever else it is called.
fn words_of(service: &Service) -> &'static str {
    let name = service.product_identifier;
    let second = name.match_indices(' ').nth(1).map_or(name.len(), |(at, _)| at);
    name.get(..second).unwrap_or(name)
}

/// The items that are called nearly as a service's product: in other case, with other blanks, with *Wks* for
/// *Desktops*, by the guide's other name, or so in their description.
fn near<'a>(
    items: &'a BTreeMap<i64, CatalogItem>,
    taken: &BTreeSet<i64>,
    service: &Service,
    identifier: &str,
) -> Vec<&'a CatalogItem> {
    let names = [identifier, service.name, service.product_identifier, service.description];
    let alike = |own: &str| {
        let bare = own.trim().strip_prefix("EFS ").unwrap_or(own);
        names.iter().any(|name| {
            let name = name.strip_prefix("EFS ").unwrap_or(name);
            services::level_is_near(bare, name)
        })
    };
    let is_alike = |item: &&CatalogItem| {
        !taken.contains(&item.id)
            && is_usable(item)
            && (alike(item.identifier.or_empty()) || alike(item.description.or_empty()))
    };
    items.values().filter(is_alike).collect()
}

/// The items that bill something already: named in the configuration, or chosen before.
fn taken(
    setup: &Setup<'_>,
    kept: &[crate::store::Choice],
    items: &BTreeMap<i64, CatalogItem>,
) -> BTreeSet<i64> {
    let identifiers: BTreeSet<String> = wanted(setup).into_iter().map(|(_, identifier)| identifier).collect();
    let named = items.values().filter(|item| identifiers.contains(item.identifier.or_empty()));
    named.map(|item| item.id).chain(kept.iter().map(|choice| choice.id)).collect()
}

/// The identifiers that the configuration names, else the guide's.
fn wanted(setup: &Setup<'_>) -> Vec<(&'static Service, String)> {
    let mut identifiers: Vec<(&'static Service, String)> = Vec::new();
    for service in setup.services() {
        match setup.config.billing.products.get(service.key) {
            Some(products) => {
                identifiers.extend(products.iter().map(|product| (service, product.identifier.clone())));
            }
            None => identifiers.push((service, service.product_identifier.to_owned())),
        }
    }
    identifiers
}

/// Whether quantities can be billed with an item.
fn is_usable(item: &CatalogItem) -> bool {
    !item.inactive_flag && !item.serialized_flag
}

fn unusable(finding: &mut Finding, service: &Service, item: &CatalogItem) {
    let (own, id) = (item.identifier.or_empty(), item.id);
    finding.person(if item.inactive_flag {
        format!("product “{own}” (#{id}) for {} is inactive: make it active, or name another", service.name)
    } else {
        format!(
            "product “{own}” (#{id}) is serialized; quantities other than one cannot be billed with it: name another \
             under [billing.products] {}",
            service.key
        )
    });
}

/// The items that could be meant, and where there may be one, a new one beside them.
fn which_product(service: &Service, key: &str, items: Vec<&CatalogItem>, beside: Option<&str>) -> Offer {
    let with_price = |item: &&CatalogItem| {
        let mut answer = Answer::using(item.id, item.identifier.or_empty());
        let price = item.price.map_or_else(|| "without a price".to_owned(), text::money);
        answer.text = format!("{}, {price}", answer.text);
        answer
    };
    let mut answers: Vec<Answer> = items.iter().map(with_price).collect();
    answers.extend(beside.map(Answer::new));
    Offer::choice(key, format!("Which product bills {}?", service.name), answers)
}

fn which_price(service: &'static Service, key: String, identifier: &str) -> Offer {
    let of = if identifier == service.name { String::new() } else { format!(" for {}", service.name) };
    Offer {
        key,
        question: format!("Price of “{identifier}” per {}", service.unit_word()),
        asks: Asks::Price { unit: service.unit_word() },
        before: Some(format!(
            "Product “{identifier}”{of} is not there. psactl can make it, at your price{}. Enter alone leaves it.",
            service.guide_price.map(|price| format!(" (the guide's sample has {price})")).unwrap_or_default()
        )),
        by_hand: screens::of_product(identifier, service.description),
    }
}

fn adopt(
    setup: &Setup<'_>,
    finding: &mut Finding,
    service: &Service,
    item: &CatalogItem,
    wanted: &str,
    answered: bool,
) -> Result<()> {
    let price = item.price.map_or_else(|| "without a price".to_owned(), text::money);
    finding.found.push(format!(
        "product “{}” (#{}) for {}, {price}",
        item.identifier.or_empty(),
        item.id,
        service.name
    ));
    finding.choose(
        &key_of(service, wanted),
        item.id,
        item.identifier.or_empty(),
        setup.made_here(STEP, item.id)?,
    );
    let mut deviates = Vec::new();
    if item.identifier.or_empty() != wanted {
        let how = if answered { "was chosen" } else { "is now called so" };
        deviates.push(format!(
            "{how}, in the configuration it is “{wanted}”: write it so under [billing.products] {}",
            service.key
        ));
    }
    if item.price.is_none_or(|price| price.is_zero()) {
        deviates.push("has no price".to_owned());
    }
    let unit = item.unit_of_measure.as_ref().and_then(|unit| unit.name.clone()).unwrap_or_default();
    if !unit.eq_ignore_ascii_case("each") {
        deviates.push(format!("has the unit “{unit}”, the guide uses Each"));
    }
    if item.taxable_flag {
        deviates.push("is taxable".to_owned());
    }
    if !deviates.is_empty() {
        finding.note(
            None,
            format!("product “{}” (#{}) {}", item.identifier.or_empty(), item.id, deviates.join(", ")),
        );
    }
    Ok(())
}

/// Category, type and unit as the guide recommends them, or as a person chose from what this PSA has.
async fn parts_of(setup: &Setup<'_>, finding: &mut Finding) -> Result<Option<Parts>> {
    let subcategories: Vec<Part> = part(setup, paths::subcategories(), "Managed Services").await?;
    let types: Vec<Part> = part(setup, paths::product_types(), "Software").await?;
    let units: Vec<Part> = part(setup, paths::units_of_measure(), "Each").await?;
    let mut missing = Vec::new();
    let mut offers = Vec::new();
    let mut one = |key: &'static str, kind: &str, name: &str, parts: Vec<Part>| -> Result<Value> {
        let answered = setup.answered(STEP, key)?;
        let found = parts.iter().find(|part| part.name == name);
        let found = found.or_else(|| parts.iter().find(|part| Some(part.id) == answered));
        if found.is_none() {
            missing.push(format!("{kind} “{name}”"));
            let answers = parts.iter().map(|part| {
                let mut answer = Answer::using(part.id, &part.name);
                answer.text.clone_from(&part.shown);
                answer
            });
            let question = format!("There is no {kind} “{name}”. Which do the new products get?");
            offers.push(Offer::choice(key, question, answers.collect()));
        }
        Ok(found.map_or(Value::Null, |part| json!({ "id": part.id, "name": part.name })))
    };
    let parts = Parts {
        subcategory: one("subcategory", "product subcategory", "Managed Services", subcategories)?,
        kind: one("type", "product type", "Software", types)?,
        unit: one("unit", "unit of measure", "Each", units)?,
    };
    if missing.is_empty() {
        return Ok(Some(parts));
    }
    finding.person(format!(
        "this PSA has no active {}: create the products by hand ({}) and name them under [billing.products]",
        missing.join(" and no "),
        STEP.clicks()
    ));
    for offer in offers {
        finding.offer(offer);
    }
    Ok(None)
}

/// A category, type or unit that products can be made of.
struct Part {
    id: i64,
    name: String,
    shown: String,
}

/// The one that the guide names; where there is none, all that are active.
async fn part(setup: &Setup<'_>, path: Path, name: &'static str) -> Result<Vec<Part>> {
    let active = |row: &Value| row.get("inactiveFlag").and_then(Value::as_bool) != Some(true);
    let named = Query::all().filter(Condition::eq("name", name));
    let mut rows: Vec<Value> = setup.client.list(&path, &named).await?;
    rows.retain(active);
    if rows.is_empty() {
        rows = setup.client.list(&path, &Query::all()).await?;
        rows.retain(active);
    }
    let text = |row: &Value, at: &str| row.pointer(at).and_then(Value::as_str).map(str::to_owned);
    let read = |row: Value| {
        let name = text(&row, "/name")?;
        let category = text(&row, "/category/name");
        let shown = category.map_or_else(|| name.clone(), |category| format!("{category} / {name}"));
        Some(Part { id: row.get("id")?.as_i64()?, name, shown })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

fn create(service: &Service, identifier: &str, price: rust_decimal::Decimal, parts: &Parts) -> Change {
    let body = json!({
        "identifier": identifier,
        "description": text::shorten(service.description, 60),
        "subcategory": parts.subcategory,
        "type": parts.kind,
        "productClass": "Service",
        "unitOfMeasure": parts.unit,
        "price": number(Some(price)),
        "cost": 0,
        "taxableFlag": false,
        "serializedFlag": false,
        "phaseProductFlag": false,
        "customerDescription": service.customer_description(price),
    });
    Change::create("product", format!("“{identifier}”"), paths::catalog(), body, &["identifier"])
        .of_step(STEP.name(), &key_of(service, identifier))
}
