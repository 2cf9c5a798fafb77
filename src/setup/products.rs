//! Guide step 3: one product for each billable service.
//!
//! Existing catalog items are adopted as they are; what deviates from the guide is a note. A price is never
//! made up: it comes from the configuration, or a person is asked.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Finding, Named, Product, Setup, Step};
use crate::error::Result;
use crate::plan::Change;
use crate::psa::{CatalogItem, Condition, OrEmpty, ProductType, Query, SubCategory, UnitOfMeasure, paths};
use crate::services::Service;
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
            let chosen = || {
                let choice = kept.iter().find(|choice| choice.key == key)?;
                items.get(&choice.id)
            };
            let found = items.values().find(|item| item.identifier.or_empty() == identifier).or_else(chosen);
            match found {
                Some(item) => {
                    adopt(setup, &mut finding, service, item, &identifier)?;
                    known.push(Product {
                        item: Named::there(item.id, item.identifier.or_empty()),
                        price: item.price,
                        cost: item.cost,
                    });
                }
                None => {
                    let near = items.values().find(|item| {
                        item.identifier.or_empty().trim().eq_ignore_ascii_case(identifier.trim())
                    });
                    if let Some(near) = near {
                        finding.person(format!(
                            "product “{}” (#{}) differs from “{identifier}” in case or blanks: write it so under \
                             [billing.products] {}",
                            near.identifier.or_empty(), near.id, service.key
                        ));
                        continue;
                    }
                    let Some(price) = price else {
                        finding.person(format!(
                            "product “{identifier}” for {} is not there; to have it created, give its price: \
                             [billing.products] {} = {{ identifier = \"{identifier}\", price = \"0.00\" }}",
                            service.name, service.key
                        ));
                        continue;
                    };
                    if parts.is_none() {
                        parts = Some(parts_of(setup, &mut finding).await?);
                    }
                    let Some(Some(parts)) = &parts else { continue };
                    finding.changes.push(create(service, &identifier, price, parts));
                    known.push(Product { item: Named::planned(&identifier), price: Some(price), cost: None });
                }
            }
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

/// The catalog items that could be meant: by identifier, and by the ids chosen before.
async fn observe(setup: &Setup<'_>, kept: &[crate::store::Choice]) -> Result<BTreeMap<i64, CatalogItem>> {
    let mut identifiers: Vec<String> = Vec::new();
    for service in setup.services() {
        match setup.config.billing.products.get(service.key) {
            Some(products) => identifiers.extend(products.iter().map(|product| product.identifier.clone())),
            None => identifiers.push(service.product_identifier.to_owned()),
        }
    }
    let ids: Vec<i64> = kept.iter().map(|choice| choice.id).collect();
    let mut items = BTreeMap::new();
    let mut conditions = Condition::in_batches("identifier", identifiers.iter().map(String::as_str), 1200);
    conditions.extend(Condition::in_batches("id", ids, 1200));
    for condition in conditions {
        let found: Vec<CatalogItem> =
            setup.client.list(&paths::catalog(), &Query::all().filter(condition).lean()).await?;
        items.extend(found.into_iter().map(|item| (item.id, item)));
    }
    Ok(items)
}

fn adopt(
    setup: &Setup<'_>,
    finding: &mut Finding,
    service: &Service,
    item: &CatalogItem,
    wanted: &str,
) -> Result<()> {
    if item.inactive_flag {
        finding.person(format!(
            "product “{}” (#{}) for {} is inactive: make it active, or name another",
            item.identifier.or_empty(),
            item.id,
            service.name
        ));
        return Ok(());
    }
    if item.serialized_flag {
        finding.person(format!(
            "product “{}” (#{}) is serialized; quantities other than one cannot be billed with it: name another under \
             [billing.products] {}",
            item.identifier.or_empty(), item.id, service.key
        ));
        return Ok(());
    }
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
        deviates.push(format!("is now called so, in the configuration it is “{wanted}”"));
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

/// Category, type and unit as the guide recommends them, from what this PSA has.
async fn parts_of(setup: &Setup<'_>, finding: &mut Finding) -> Result<Option<Parts>> {
    let named = |name: &'static str| Query::all().filter(Condition::eq("name", name));
    let subcategories: Vec<SubCategory> =
        setup.client.list(&paths::subcategories(), &named("Managed Services")).await?;
    let types: Vec<ProductType> = setup.client.list(&paths::product_types(), &named("Software")).await?;
    let units: Vec<UnitOfMeasure> = setup.client.list(&paths::units_of_measure(), &named("Each")).await?;
    let subcategory = subcategories.iter().find(|subcategory| !subcategory.inactive_flag);
    let kind = types.iter().find(|kind| !kind.inactive_flag);
    let unit = units.iter().find(|unit| !unit.inactive_flag);
    let (Some(subcategory), Some(kind), Some(unit)) = (subcategory, kind, unit) else {
        let missing = [
            subcategory.is_none().then_some("product subcategory “Managed Services”"),
            kind.is_none().then_some("product type “Software”"),
            unit.is_none().then_some("unit of measure “Each”"),
        ];
        let missing: Vec<&str> = missing.into_iter().flatten().collect();
        finding.person(format!(
            "this PSA has no active {}: create the products by hand ({}) and name them under [billing.products]",
            missing.join(" and no "),
            STEP.clicks()
        ));
        return Ok(None);
    };
    Ok(Some(Parts {
        subcategory: json!({ "id": subcategory.id, "name": subcategory.name }),
        kind: json!({ "id": kind.id, "name": kind.name }),
        unit: json!({ "id": unit.id, "name": unit.name }),
    }))
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
