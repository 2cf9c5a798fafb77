//! Guide step 3: one product for each billable service.
//!
//! Existing catalog items are adopted as they are; what deviates from the guide is a note. A price is never
//! made up: it comes from the configuration, or a person is asked.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::offers::{Answer, Asks, Offer, is_near};
use super::{Finding, FlatFee, Named, Product, Setup, Step, screens};
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

/// A product that the configuration wants, else the guide.
struct Wanted {
    service: &'static Service,
    identifier: String,
    price: Option<Decimal>,
    /// It is a flat fee, which includes so much use.
    included: Option<Decimal>,
}

impl Wanted {
    /// Under which key the product is remembered: what it bills, and the identifier that the configuration has.
    fn key(&self) -> String {
        let flat = if self.included.is_some() { "flat fee of " } else { "" };
        format!("{flat}{}: {}", self.service.key, self.identifier)
    }

    /// What the product bills.
    fn of(&self) -> String {
        let flat = if self.included.is_some() { "the flat fee of " } else { "" };
        format!("{flat}{}", self.service.name)
    }

    /// Where the configuration names it.
    fn place(&self) -> String {
        let section = if self.included.is_some() { "flat_fees" } else { "products" };
        format!("[billing.{section}] {}", self.service.key)
    }

    /// What one unit is.
    fn unit(&self) -> &'static str {
        if self.included.is_some() { "period" } else { self.service.unit_word() }
    }

    fn description(&self) -> &str {
        if self.included.is_some() { &self.identifier } else { self.service.description }
    }
}

pub(super) async fn check(setup: &mut Setup<'_>) -> Result<Finding> {
    let mut finding = Finding::new(STEP);
    let kept = setup.store.choices(STEP.name())?;
    let wanted = wanted(setup);
    let items = observe(setup, &wanted, &kept).await?;
    setup.known.catalog.clone_from(&items);
    let mut parts = None;
    let taken = taken(&wanted, &kept, &items);
    setup.known.products = setup.services().into_iter().map(|service| (service.key, Vec::new())).collect();
    setup.known.flat_fees.clear();
    for wanted in wanted {
        // A renamed product is followed by the id that was chosen for this identifier, and for no other.
        let key = wanted.key();
        let by_id = |id: Option<i64>| items.get(&id?);
        let answered = by_id(setup.answered(STEP, &key)?);
        let kept = by_id(kept.iter().find(|choice| choice.key == key).map(|choice| choice.id));
        let named = items.values().find(|item| item.identifier.or_empty() == wanted.identifier);
        let found = named.filter(|item| is_usable(item)).or(answered).or(named).or(kept);
        if let Some(item) = found {
            if !is_usable(item) {
                unusable(&mut finding, &wanted, item);
                finding.offer(which_product(&wanted, near(&items, &taken, &wanted), None));
                continue;
            }
            adopt(setup, &mut finding, &wanted, item, answered.is_some())?;
            let item_found = Named::there(item.id, item.identifier.or_empty());
            know(setup, &wanted, Product { item: item_found, price: item.price, cost: item.cost });
            continue;
        }
        let near = near(&items, &taken, &wanted);
        if let [first, ..] = near.as_slice()
            && !setup.wants_new(STEP, &key)
        {
            let own = first.identifier.or_empty();
            let how = if is_near(own, &wanted.identifier) {
                format!("differs from “{}” in case or blanks", wanted.identifier)
            } else {
                format!("may be what “{}” for {} is meant to be", wanted.identifier, wanted.of())
            };
            finding.person(format!(
                "product “{own}” (#{}) {how}: write it so under {}",
                first.id,
                wanted.place()
            ));
            finding.offer(which_product(&wanted, near, Some(&wanted.identifier)));
            continue;
        }
        let Some(price) = wanted.price.map_or_else(|| setup.price(&key), |price| Ok(Some(price)))? else {
            finding.person(format!(
                "product “{}” for {} is not there; to have it created, give its price: {} = {{ identifier = \
                 \"{}\", {}price = \"0.00\" }}",
                wanted.identifier,
                wanted.of(),
                wanted.place(),
                wanted.identifier,
                wanted.included.map(|included| format!("included = \"{included}\", ")).unwrap_or_default()
            ));
            finding.offer(which_price(&wanted));
            continue;
        };
        if parts.is_none() {
            parts = Some(parts_of(setup, &mut finding).await?);
        }
        let Some(Some(parts)) = &parts else { continue };
        finding.changes.push(create(&wanted, price, parts));
        let item = Named::planned(&wanted.identifier);
        know(setup, &wanted, Product { item, price: Some(price), cost: None });
    }
    Ok(finding)
}

/// A product that is there, or will be, for the steps that refer to it.
fn know(setup: &mut Setup<'_>, wanted: &Wanted, product: Product) {
    match wanted.included {
        Some(included) => {
            setup.known.flat_fees.insert(wanted.service.key, FlatFee { product, included });
        }
        None => setup.known.products.entry(wanted.service.key).or_default().push(product),
    }
}

/// The service of a remembered product.
pub(super) fn service_of(key: &str) -> &str {
    key.split_once(": ").map_or(key, |(service, _)| service)
}

/// The catalog items that could be meant: by identifier, by the ids chosen before, and where one is missing,
/// by words of its name.
async fn observe(
    setup: &Setup<'_>,
    wanted: &[Wanted],
    kept: &[crate::store::Choice],
) -> Result<BTreeMap<i64, CatalogItem>> {
    let mut ids: Vec<i64> = kept.iter().map(|choice| choice.id).collect();
    for wanted in wanted {
        ids.extend(setup.answered(STEP, &wanted.key())?);
    }
    let names = wanted.iter().map(|wanted| wanted.identifier.as_str());
    let mut conditions = Condition::in_batches("identifier", names, 1200);
    conditions.extend(Condition::in_batches("id", ids, 1200));
    let mut items = read(setup, conditions).await?;
    let there = |name: &str| items.values().any(|item| item.identifier.or_empty() == name && is_usable(item));
    let words: BTreeSet<&str> =
        wanted.iter().filter(|wanted| !there(&wanted.identifier)).map(words_of).collect();
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

/// The words that a product for this service has in its name whatever else it is called. A flat fee is called as
/// the MSP calls it.
fn words_of(wanted: &Wanted) -> &str {
    if wanted.included.is_some() {
        return wanted.identifier.trim();
    }
    let name = wanted.service.product_identifier;
    let second = name.match_indices(' ').nth(1).map_or(name.len(), |(at, _)| at);
    name.get(..second).unwrap_or(name)
}

/// The items that are called nearly as a product: in other case, with other blanks, with *Wks* for *Desktops*, by
/// the guide's other name, or so in their description.
fn near<'a>(
    items: &'a BTreeMap<i64, CatalogItem>,
    taken: &BTreeSet<i64>,
    wanted: &Wanted,
) -> Vec<&'a CatalogItem> {
    let service = wanted.service;
    let mut names = vec![wanted.identifier.as_str()];
    if wanted.included.is_none() {
        names.extend([service.name, service.product_identifier, service.description]);
    }
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
    wanted: &[Wanted],
    kept: &[crate::store::Choice],
    items: &BTreeMap<i64, CatalogItem>,
) -> BTreeSet<i64> {
    let is_wanted = |item: &&CatalogItem| {
        wanted.iter().any(|wanted| wanted.identifier.as_str() == item.identifier.or_empty())
    };
    items.values().filter(is_wanted).map(|item| item.id).chain(kept.iter().map(|choice| choice.id)).collect()
}

/// The products that the configuration names, else the guide's, each service's with its flat fee.
fn wanted(setup: &Setup<'_>) -> Vec<Wanted> {
    let billing = &setup.config.billing;
    let mut all = Vec::new();
    for service in setup.services() {
        for product in billing.products_of(service) {
            let (identifier, price) = (product.identifier, product.price);
            all.push(Wanted { service, identifier, price, included: None });
        }
        if let Some(fee) = billing.flat_fees.get(service.key) {
            let (identifier, price) = (fee.identifier.clone(), fee.price);
            all.push(Wanted { service, identifier, price, included: Some(fee.included) });
        }
    }
    all
}

/// Whether quantities can be billed with an item.
fn is_usable(item: &CatalogItem) -> bool {
    !item.inactive_flag && !item.serialized_flag
}

fn unusable(finding: &mut Finding, wanted: &Wanted, item: &CatalogItem) {
    let (own, id) = (item.identifier.or_empty(), item.id);
    finding.person(if item.inactive_flag {
        format!("product “{own}” (#{id}) for {} is inactive: make it active, or name another", wanted.of())
    } else {
        format!(
            "product “{own}” (#{id}) is serialized; quantities other than one cannot be billed with it: name another \
             under {}",
            wanted.place()
        )
    });
}

/// The items that could be meant, and where there may be one, a new one beside them.
fn which_product(wanted: &Wanted, items: Vec<&CatalogItem>, beside: Option<&str>) -> Offer {
    let with_price = |item: &&CatalogItem| {
        let mut answer = Answer::using(item.id, item.identifier.or_empty());
        let price = item.price.map_or_else(|| "without a price".to_owned(), text::money);
        answer.text = format!("{}, {price}", answer.text);
        answer
    };
    let mut answers: Vec<Answer> = items.iter().map(with_price).collect();
    answers.extend(beside.map(Answer::new));
    Offer::choice(wanted.key(), format!("Which product bills {}?", wanted.of()), answers)
}

fn which_price(wanted: &Wanted) -> Offer {
    let identifier = &wanted.identifier;
    let of = if *identifier == wanted.service.name { String::new() } else { format!(" for {}", wanted.of()) };
    let sample = wanted.service.guide_price.filter(|_| wanted.included.is_none());
    let sample = sample.map(|price| format!(" (the guide's sample has {price})")).unwrap_or_default();
    Offer {
        key: wanted.key(),
        question: format!("Price of “{identifier}” per {}", wanted.unit()),
        asks: Asks::Price { unit: wanted.unit() },
        before: Some(format!(
            "Product “{identifier}”{of} is not there. psactl can make it, at your price{sample}. Enter alone leaves it."
        )),
        by_hand: screens::of_product(identifier, wanted.description()),
    }
}

fn adopt(
    setup: &Setup<'_>,
    finding: &mut Finding,
    wanted: &Wanted,
    item: &CatalogItem,
    answered: bool,
) -> Result<()> {
    let price = item.price.map_or_else(|| "without a price".to_owned(), text::money);
    let own = item.identifier.or_empty();
    finding.found.push(format!("product “{own}” (#{}) for {}, {price}", item.id, wanted.of()));
    finding.choose(&wanted.key(), item.id, own, setup.made_here(STEP, item.id)?);
    setup.forget_price(&wanted.key())?;
    let mut deviates = Vec::new();
    if own != wanted.identifier {
        let how = if answered { "was chosen" } else { "is now called so" };
        deviates.push(format!(
            "{how}, in the configuration it is “{}”: write it so under {}",
            wanted.identifier,
            wanted.place()
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
        finding.note(None, format!("product “{own}” (#{}) {}", item.id, deviates.join(", ")));
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

fn create(wanted: &Wanted, price: Decimal, parts: &Parts) -> Change {
    let said = match wanted.included {
        Some(_) => wanted.identifier.clone(),
        None => wanted.service.customer_description(price),
    };
    let body = json!({
        "identifier": wanted.identifier,
        "description": text::shorten(wanted.description(), 60),
        "subcategory": parts.subcategory,
        "type": parts.kind,
        "productClass": "Service",
        "unitOfMeasure": parts.unit,
        "price": number(Some(price)),
        "cost": 0,
        "taxableFlag": false,
        "serializedFlag": false,
        "phaseProductFlag": false,
        "customerDescription": said,
    });
    Change::create("product", format!("“{}”", wanted.identifier), paths::catalog(), body, &["identifier"])
        .of_step(STEP.name(), &wanted.key())
}
