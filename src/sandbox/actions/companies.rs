//! Companies: the MSP's own, a company's default contact, merging two.

use super::{done, existing, one};
use crate::sandbox::engine::{Outcome, Request};
use crate::sandbox::errors::Refusal;
use crate::sandbox::rules;
use crate::sandbox::store::{Record, ref_id, reference};
use crate::sandbox::view::{Found, View};
use crate::sandbox::work::Work;

const COMPANIES: &str = "/company/companies";
const CONTACTS: &str = "/company/contacts";

/// The company that the installation belongs to.
pub fn own(view: &View<'_>, request: &Request<'_>) -> Outcome {
    let own = view.store.table(COMPANIES).and_then(|t| t.under(&[]).next());
    one(view, request, own.map(|(id, row)| Found { key: COMPANIES, id, row }))
}

/// The default contact of a company.
pub fn contact(view: &View<'_>, request: &Request<'_>) -> Outcome {
    let company = request.parameters.number("companyId")?.unwrap_or_default();
    let of_company = |row: &Record| ref_id(row.get("company")) == Some(company);
    let contacts = view.store.table(CONTACTS).into_iter().flat_map(|t| t.under(&[]));
    let mut contacts = contacts.filter(|(_, row)| of_company(&row.fields));
    one(view, request, contacts.next().map(|(id, row)| Found { key: CONTACTS, id, row }))
}

/// The merged company is gone afterwards; what belonged to it belongs to the other.
pub fn merge(work: &mut Work<'_>, request: &Request<'_>, from: i64) -> Outcome {
    existing(&work.view(), request.writer, COMPANIES, from)?;
    let body = work.checked("CompanyMerge", request)?;
    let to = body.get("toCompanyId").and_then(serde_json::Value::as_i64).unwrap_or_default();
    existing(&work.view(), request.writer, COMPANIES, to)?;
    if from == to {
        return Err(Refusal::bad_body("A company cannot be merged into itself."));
    }
    let stamp = request.writer.stamp(work.now);
    for key in ["/finance/agreements", "/service/tickets", CONTACTS, "/company/configurations"] {
        let moved: Vec<(i64, Record)> = work
            .store
            .table(key)
            .into_iter()
            .flat_map(|table| table.under(&[]))
            .filter(|(_, row)| ref_id(row.fields.get("company")) == Some(from))
            .map(|(id, row)| (id, row.fields.clone()))
            .collect();
        for (id, mut fields) in moved {
            fields.insert("company".to_owned(), reference(to));
            // The sites of the merged company go with it.
            if fields.remove("site").is_some()
                && let Some(site) = rules::tickets::primary_site(work.store, to)
            {
                fields.insert("site".to_owned(), site);
            }
            work.store.update(key, id, fields, &stamp);
        }
    }
    work.store.delete(COMPANIES, from);
    done("Companies merged.")
}
