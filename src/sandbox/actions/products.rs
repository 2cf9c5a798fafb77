//! Catalog items: what one costs a company, and how many are in stock.

use rust_decimal::Decimal;
use serde_json::Value;

use super::existing;
use crate::sandbox::engine::{Answer, Outcome, Request, visible};
use crate::sandbox::errors::Refusal;
use crate::sandbox::query::decimal;
use crate::sandbox::rules::additions::number;
use crate::sandbox::store::{Record, ref_id, reference};
use crate::sandbox::view::{Found, View};
use crate::sandbox::work::Work;

const CATALOG: &str = "/procurement/catalog";

/// The price of an item. The sandbox keeps no price lists: everybody pays the item's own.
pub fn pricing(work: &Work<'_>, request: &Request<'_>, item: i64) -> Outcome {
    let price = existing(&work.view(), request.writer, CATALOG, item)?.row.fields.get("price").cloned();
    let mut priced = work.checked("CatalogPricing", request)?;
    priced.insert("catalogItem".to_owned(), reference(item));
    priced.insert("price".to_owned(), price.unwrap_or_default());
    let view = work.view();
    let schema = view.contract.schema("CatalogPricing").ok_or_else(Refusal::no_such_page)?;
    Ok(Answer::of(200, Value::Object(view.shown_fields(&priced, schema))))
}

/// How many of an item lie in a warehouse bin.
pub fn on_hand(view: &View<'_>, request: &Request<'_>) -> Outcome {
    let bin = request.parameters.number("warehouseBinId")?;
    let wanted = &request.matched.text;
    let items = view.store.table(CATALOG).into_iter().flat_map(|table| table.under(&[]));
    let identifier = |row: &Record| {
        let text = row.get("identifier").and_then(Value::as_str);
        text.is_some_and(|text| text.eq_ignore_ascii_case(wanted))
    };
    let mut items = items.filter(|(_, row)| identifier(&row.fields));
    let item = items.next().filter(|(id, row)| visible(request.writer, Found { key: CATALOG, id: *id, row }));
    let item = item.map(|(id, _)| id);
    let item = item.ok_or_else(|| Refusal::missing(&format!("catalogItem {wanted} not found")))?;
    let stock = view.store.table("/procurement/catalog/{}/inventory");
    let count: Decimal = stock
        .into_iter()
        .flat_map(|table| table.under(&[item]))
        .filter(|(_, row)| ref_id(row.fields.get("warehouseBin")) == bin)
        .filter_map(|(_, row)| decimal(row.fields.get("onHand")?))
        .sum();
    Ok(Answer::of(200, serde_json::json!({ "count": number(count) })))
}
