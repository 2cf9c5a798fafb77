//! Companies and configurations (contract: behaviours, section 8).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Draft, tickets};
use crate::sandbox::auth::Writer;
use crate::sandbox::errors::Violation;
use crate::sandbox::store::{Record, Store};
use crate::sandbox::view::View;

const ADDRESS: [&str; 5] = ["addressLine1", "addressLine2", "city", "state", "zip"];

pub fn defaults(view: &View<'_>, draft: &mut Draft<'_>) {
    if let Some(status) = tickets::flagged(view, "/company/companies/statuses", &[]) {
        draft.default("status", status);
    }
}

/// The document says of each address field that at least one of them is required.
pub fn check(draft: &mut Draft<'_>, violations: &mut Vec<Violation>) {
    if draft.creating() && !ADDRESS.iter().any(|field| draft.holds(field)) {
        violations.push(Violation::missing("addressLine1"));
    }
}

pub fn configuration_defaults(view: &View<'_>, draft: &mut Draft<'_>) {
    if let Some(status) = tickets::flagged(view, "/company/configurations/statuses", &[]) {
        draft.default("status", status);
    }
    draft.default("activeFlag", true);
}

/// A new company has a site, and an association for each type that was sent with it.
pub fn after(store: &mut Store, id: i64, writer: &Writer, now: Timestamp) {
    let sites = "/company/companies/{}/sites";
    let associations = "/company/companies/{}/typeAssociations";
    let stamp = writer.stamp(now);
    let known = |key: &str| store.table(key).is_some_and(|t| t.under(&[id]).next().is_some());
    let Some(company) = store.get("/company/companies", id) else {
        return;
    };
    let types = company.fields.get("types").cloned();
    if !known(sites) {
        let mut site = Record::new();
        for field in ["addressLine1", "addressLine2", "city", "zip"] {
            if let Some(value) = company.fields.get(field) {
                site.insert(field.to_owned(), value.clone());
            }
        }
        for flag in ["primaryAddressFlag", "defaultBillingFlag", "defaultShippingFlag"] {
            site.insert(flag.to_owned(), true.into());
        }
        site.insert("name".to_owned(), "Main".into());
        site.insert("company".to_owned(), json!({ "id": id }));
        store.insert(sites, &[id], site, &stamp);
    }
    let associated = store.table(associations).is_some_and(|t| t.under(&[id]).next().is_some());
    if !associated {
        for kind in types.as_ref().and_then(Value::as_array).into_iter().flatten() {
            let mut association = Record::new();
            association.insert("type".to_owned(), kind.clone());
            association.insert("company".to_owned(), json!({ "id": id }));
            store.insert(associations, &[id], association, &stamp);
        }
    }
}

/// `Company.types` shows what the associations say.
pub fn types_changed(store: &mut Store, association: i64) {
    let key = "/company/companies/{}/typeAssociations";
    let Some(company) = store.get(key, association).and_then(|row| row.parents.last().copied()) else {
        return;
    };
    let types: Vec<Value> = store
        .table(key)
        .into_iter()
        .flat_map(|table| table.under(&[company]))
        .filter_map(|(_, row)| row.fields.get("type").cloned())
        .collect();
    if let Some(row) = store.get("/company/companies", company) {
        let mut fields = row.fields.clone();
        fields.insert("types".to_owned(), types.into());
        let stamp = crate::sandbox::store::Stamp { by: row.updated_by.clone(), at: row.updated_at };
        store.update("/company/companies", company, fields, &stamp);
    }
}
