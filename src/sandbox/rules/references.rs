//! Which collection a reference points into, and what of the record a reference shows.

use serde_json::Value;

use super::Draft;
use crate::sandbox::contract::Kind;
use crate::sandbox::errors::Violation;
use crate::sandbox::store::{Record, ref_id, reference};
use crate::sandbox::view::{Found, View};

/// Reference schemas whose records the contract has a path for.
const TARGETS: &[(&str, &str)] = &[
    ("AgreementReference", "/finance/agreements"),
    ("AgreementTypeReference", "/finance/agreements/types"),
    ("BoardReference", "/service/boards"),
    ("CatalogItemReference", "/procurement/catalog"),
    ("CompanyReference", "/company/companies"),
    ("CompanyStatusReference", "/company/companies/statuses"),
    ("CompanyTypeReference", "/company/companies/types"),
    ("ConfigurationReference", "/company/configurations"),
    ("ConfigurationStatusReference", "/company/configurations/statuses"),
    ("ConfigurationTypeReference", "/company/configurations/types"),
    ("ConfigurationTypeQuestionReference", "/company/configurations/types/{}/questions"),
    ("ContactReference", "/company/contacts"),
    ("IntegratorLoginReference", "/system/integratorlogins"),
    ("IvItemReference", "/procurement/catalog"),
    ("ManagedDevicesIntegrationReference", "/company/managedDevicesIntegrations"),
    ("ManagementSolutionReference", "/company/managementItSolutions"),
    ("MemberReference", "/system/members"),
    ("MemberTypeReference", "/system/members/types"),
    ("PriorityReference", "/service/priorities"),
    ("ProductCategoryReference", "/procurement/categories"),
    ("ProductSubCategoryReference", "/procurement/subcategories"),
    ("ProductTypeReference", "/procurement/types"),
    ("ServiceItemReference", "/service/boards/{}/items"),
    ("ServiceSourceReference", "/service/sources"),
    ("ServiceStatusReference", "/service/boards/{}/statuses"),
    ("ServiceSubTypeReference", "/service/boards/{}/subtypes"),
    ("ServiceTeamReference", "/service/boards/{}/teams"),
    ("ServiceTypeReference", "/service/boards/{}/types"),
    ("SiteReference", "/company/companies/{}/sites"),
    ("SystemDepartmentReference", "/system/departments"),
    ("SystemLocationReference", "/system/locations"),
    ("TicketReference", "/service/tickets"),
    ("UnitOfMeasureReference", "/procurement/unitOfMeasures"),
];

pub fn target(reference: &str) -> Option<&'static str> {
    TARGETS.iter().find(|(name, _)| *name == reference).map(|(_, key)| *key)
}

/// One field of a reference, read from the record that it points to.
pub fn shown<'a>(view: &View<'a>, found: Found<'a>, field: &str) -> Option<Value> {
    let own = |name: &str| found.row.fields.get(name).cloned();
    match (found.key, field) {
        ("/company/contacts" | "/system/members", "name") => {
            let parts = ["firstName", "lastName"].map(own);
            let words: Vec<&str> = parts.iter().flatten().filter_map(Value::as_str).collect();
            Some(words.join(" ").into())
        }
        ("/system/integratorlogins", "name") => own("username"),
        ("/company/configurations/statuses", "name") => own("description"),
        ("/company/managementItSolutions", "name") => own("managementSolutionName"),
        ("/company/managementItSolutions", "setupName") => own("name"),
        ("/service/boards/{}/statuses" | "/service/priorities", "sort") => own("sortOrder"),
        ("/finance/agreements", "chargeFirmFlag") => own("chargeToFirm"),
        ("/finance/agreements", "type") => {
            let id = ref_id(found.row.fields.get("type"))?;
            shown(view, view.find("/finance/agreements/types", id)?, "name")
        }
        ("/procurement/catalog", "serializedFlag") => {
            Some(own("serializedFlag").unwrap_or(Value::Bool(false)))
        }
        _ => own(field),
    }
}

/// Replaces every reference of a draft by the id of the record it names; what does not exist is
/// a violation (contract: behaviours, sections 4 and 5).
pub fn resolve(view: &View<'_>, draft: &mut Draft<'_>, violations: &mut Vec<Violation>) {
    let Some(schema) = view.schema_of(draft.key) else {
        return;
    };
    for field in schema.fields.values() {
        if !draft.changed(&field.name) {
            continue;
        }
        let Some(value) = draft.record.get(&field.name).cloned() else {
            continue;
        };
        let scope = scope(draft, &field.name);
        let resolved = match (&field.kind, &value) {
            (Kind::Reference(name), Value::Object(given)) => one(view, name, given, scope, &field.name),
            (Kind::Array(of), Value::Array(items)) => match &**of {
                Kind::Reference(name) => items
                    .iter()
                    .map(|item| match item.as_object() {
                        Some(given) => one(view, name, given, scope, &field.name),
                        None => Ok(item.clone()),
                    })
                    .collect(),
                _ => continue,
            },
            _ => continue,
        };
        match resolved {
            Ok(value) => {
                draft.record.insert(field.name.clone(), value);
            }
            Err(violation) => violations.push(violation),
        }
    }
}

/// The parent among whose children a name is looked for: a status is one of the ticket's board.
fn scope(draft: &Draft<'_>, field: &str) -> Option<i64> {
    match (draft.key, field) {
        ("/service/tickets", "status" | "type" | "subType" | "item" | "team") => {
            ref_id(draft.record.get("board"))
        }
        ("/company/companies", "site" | "billingSite") => draft.id,
        (_, "site") => ref_id(draft.record.get("company")),
        ("/service/boards", "autoCloseStatus" | "emailConnectorReopenStatus") => draft.id,
        _ => None,
    }
}

fn one(
    view: &View<'_>,
    name: &str,
    given: &Record,
    scope: Option<i64>,
    field: &str,
) -> Result<Value, Violation> {
    let key = target(name).unwrap_or(name);
    // Kinds of record that the sandbox keeps no table of are taken as they are given.
    let Some(table) = view.store.table(key) else {
        return Ok(Value::Object(given.clone()));
    };
    if let Some(id) = given.get("id").and_then(Value::as_i64).filter(|id| *id != 0) {
        return match table.get(id) {
            Some(_) => Ok(reference(id)),
            None => Err(absent(name, &id.to_string(), &format!("{field}/id"))),
        };
    }
    let by = ["identifier", "name", "summary", "deviceIdentifier"];
    let named = by.iter().find_map(|by| Some((*by, given.get(*by)?.as_str()?)));
    let Some((by, wanted)) = named else {
        return Err(Violation::missing(&format!("{field}/id")));
    };
    let parents: Vec<i64> = match key.contains("{}") {
        true => scope.into_iter().collect(),
        false => Vec::new(),
    };
    let hit = table.under(&parents).find_map(|(id, row)| {
        let plain = row.fields.get(by).and_then(Value::as_str);
        if let Some(text) = plain {
            return text.eq_ignore_ascii_case(wanted).then_some(id);
        }
        let text = shown(view, Found { key: target(name)?, id, row }, by)?;
        text.as_str()?.eq_ignore_ascii_case(wanted).then_some(id)
    });
    match (hit, scope) {
        (Some(id), _) => Ok(reference(id)),
        (None, Some(board)) if name == "ServiceStatusReference" => Err(Violation::new(
            "NotFound",
            format!("{field}/{by}"),
            format!("Service Status {wanted} not found for Service Board {board}"),
        )),
        (None, _) => Err(absent(name, wanted, &format!("{field}/{by}"))),
    }
}

fn absent(reference: &str, wanted: &str, field: &str) -> Violation {
    let what = reference.strip_suffix("Reference").unwrap_or(reference);
    Violation::new("NotFound", field, format!("{what} {wanted} not found"))
}
