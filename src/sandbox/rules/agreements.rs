//! Agreements: the status is computed from flags and dates (contract: behaviours, section 11).

use jiff::civil::DateTime;
use serde_json::Value;

use crate::sandbox::clock;
use crate::sandbox::store::Row;
use crate::sandbox::view::{Found, View};

pub fn computed<'a>(view: &View<'a>, found: Found<'a>, field: &str) -> Option<Value> {
    (field == "agreementStatus").then(|| status(view, found.row).into())
}

/// Cancelled by the flag; expired after its end; inactive before its start; else active.
pub fn status(view: &View<'_>, agreement: &Row) -> &'static str {
    let flag = |name: &str| agreement.fields.get(name) == Some(&Value::Bool(true));
    let day = |name: &str| {
        let text = agreement.fields.get(name)?.as_str()?;
        clock::parse(text).map(DateTime::date)
    };
    let today = clock::day(view.now);
    if flag("cancelledFlag") {
        "Cancelled"
    } else if !flag("noEndingDateFlag") && day("endDate").is_some_and(|end| end < today) {
        "Expired"
    } else if day("startDate").is_some_and(|start| start > today) {
        "Inactive"
    } else {
        "Active"
    }
}
