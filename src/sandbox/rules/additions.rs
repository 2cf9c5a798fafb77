//! Additions of an agreement: what is taken from the product, and what is computed
//! (contract: behaviours, sections 8 and 11).

use std::str::FromStr;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::{Number, Value};

use super::{Draft, agreements};
use crate::sandbox::clock;
use crate::sandbox::query::decimal;
use crate::sandbox::store::ref_id;
use crate::sandbox::view::{Found, View};

pub const READ_ONLY: &[&str] = &[
    "agreementId",
    "agreementStatus",
    "billedQuantity",
    "extPrice",
    "extCost",
    "margin",
    "uom",
    "prorateCost",
    "proratePrice",
    "extendedProrateCost",
    "extendedProratePrice",
    "sequenceNumber",
];

/// Price, cost and description come from the product where they are left out.
pub fn defaults(view: &View<'_>, draft: &mut Draft<'_>) {
    let product = ref_id(draft.record.get("product"));
    if let Some(product) = product.and_then(|id| view.store.get("/procurement/catalog", id)) {
        for (field, from) in [
            ("unitPrice", "price"),
            ("unitCost", "cost"),
            ("description", "description"),
            ("taxableFlag", "taxableFlag"),
        ] {
            if let Some(value) = product.fields.get(from) {
                draft.default(field, value.clone());
            }
        }
    }
    draft.default("quantity", 0);
    draft.default("lessIncluded", 0);
    if draft.creating() {
        let today = clock::day(view.now).to_zoned(TimeZone::UTC);
        let today = today.map_or(view.now, |day| day.timestamp());
        draft.default("effectiveDate", clock::text(today));
        let additions = view.store.table(draft.key);
        let last = additions
            .into_iter()
            .flat_map(|table| table.under(draft.parents))
            .filter_map(|(_, row)| decimal(row.fields.get("sequenceNumber")?))
            .max();
        draft.default("sequenceNumber", number(last.unwrap_or_default().saturating_add(Decimal::ONE)));
    }
}

/// `billedQuantity = quantity - lessIncluded`, and what follows from it.
pub fn computed<'a>(view: &View<'a>, found: Found<'a>, field: &str) -> Option<Value> {
    let value = |name: &str| {
        let given = found.row.fields.get(name);
        given.and_then(decimal).unwrap_or_default()
    };
    let billed = || {
        let billed = value("quantity").saturating_sub(value("lessIncluded"));
        // The guide's figure 19 shows -150 to bill; whether the server floors it is not known.
        match view.options.negative_quantity_to_bill {
            true => billed,
            false => billed.max(Decimal::ZERO),
        }
    };
    let price = || billed().checked_mul(value("unitPrice")).unwrap_or_default();
    let cost = || billed().checked_mul(value("unitCost")).unwrap_or_default();
    match field {
        "billedQuantity" => Some(number(billed())),
        "extPrice" => Some(number(price())),
        "extCost" => Some(number(cost())),
        "margin" => Some(number(price().saturating_sub(cost()))),
        "uom" => {
            let product = ref_id(found.row.fields.get("product"))?;
            let product = view.store.get("/procurement/catalog", product)?;
            let unit = ref_id(product.fields.get("unitOfMeasure"))?;
            let unit = view.store.get("/procurement/unitOfMeasures", unit)?;
            unit.fields.get("name").cloned()
        }
        "agreementStatus" => {
            let agreement = view.store.get("/finance/agreements", *found.row.parents.last()?)?;
            Some(agreements::status(view, agreement).into())
        }
        _ => None,
    }
}

/// An exact decimal as JSON.
pub fn number(value: Decimal) -> Value {
    Number::from_str(&value.to_string()).map_or(Value::Null, Value::Number)
}
