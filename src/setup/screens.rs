//! The forms of ConnectWise, for whoever does a step by hand: where to click, and what goes into each field.
//! Labels are those of the guide's figures.

use rust_decimal::Decimal;
use serde_json::Value;

use super::Step;
use crate::plan::{Action, Change, Field};

/// Where the additions of an agreement are, for whoever ends or corrects one.
pub const ADDITIONS: &str = "Finance > Agreements > the agreement > Additions";

/// One record to be made or changed by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Where to click.
    pub clicks: String,
    /// Fields by their labels, and what goes into them.
    pub fields: Vec<(String, String)>,
    /// What else the guide says.
    pub advice: Option<&'static str>,
}

/// A change as it is made by hand.
pub fn form(step: Step, change: &Change) -> Form {
    let kind = change.subject.kind.as_ref();
    let mut fields: Vec<(String, String)> = in_order(change)
        .into_iter()
        .filter(|field| !field.after.is_null())
        .map(|field| (label(kind, &field.name), shown(&field.name, &field.after)))
        .collect();
    if let Some(secret) = change.secret {
        fields.push((
            label(kind, secret.field()),
            "that of [integrator_login] in psactl.toml; type it, do not paste it".to_owned(),
        ));
    }
    let list = match kind {
        "managed devices integration" => "Setup > Setup Tables > Managed Devices Integration > New",
        _ => step.clicks(),
    };
    let clicks = match (change.action, kind) {
        (Action::Create, "board status") => format!("{list} > New"),
        (Action::Create, _) => list.to_owned(),
        _ => format!("{} > {}", list.trim_end_matches(" > New"), change.subject.name),
    };
    let advice = if change.action == Action::Create { advice(kind) } else { None };
    Form { clicks, fields, advice }
}

/// The fields of a change in the order in which the form has them.
pub fn in_order(change: &Change) -> Vec<&Field> {
    let order: &[&str] = match change.subject.kind.as_ref() {
        "integrator login" => &[
            "username",
            "canAccessAllRecordsFlag",
            "serviceTicketApiFlag",
            "board",
            "managedServicesApiFlag",
        ],
        "product" => &[
            "identifier",
            "description",
            "subcategory",
            "type",
            "productClass",
            "serializedFlag",
            "phaseProductFlag",
            "unitOfMeasure",
            "price",
            "cost",
            "taxableFlag",
            "customerDescription",
        ],
        "management solution" => &["name", "managementItSolutionType", "managementSolutionName"],
        "managed devices integration" => &[
            "name",
            "solution",
            "integratorLogin",
            "loginBy",
            "disableNewCrossReferencesFlag",
            "globalLoginUsername",
            "defaultBillingLevel",
            "matchOnSerialNumberFlag",
        ],
        "cross-reference" => &["vendorType", "vendorLevel", "configurationType", "agreementType", "product"],
        _ => &["name"],
    };
    let place = |field: &&Field| order.iter().position(|name| *name == field.name).unwrap_or(order.len());
    let mut fields: Vec<&Field> = change.fields.iter().collect();
    fields.sort_by_key(place);
    fields
}

/// What the guide says beside the fields.
fn advice(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "integrator login" => "Uncheck all other APIs. Ticket Callback URL: none.",
        "management solution" => "Do not fill in a username or password or change anything else.",
        "managed devices integration" => "Leave all other options blank, then save.",
        "cross-reference" => {
            "Type and Level letter for letter; where Level is not named here, it stays blank."
        }
        _ => return None,
    })
}

/// The form of a product whose price is not known yet.
pub(super) fn of_product(identifier: &str, description: &str) -> Vec<(String, String)> {
    let fields = [
        ("identifier", identifier),
        ("description", description),
        ("subcategory", "Managed Services / Managed Services"),
        ("type", "Software"),
        ("productClass", "Service"),
        ("unitOfMeasure", "Each"),
        ("price", "your price"),
        ("customerDescription", "one line, such as: Basic online backup, $1.50/GB"),
    ];
    fields.map(|(field, value)| (label("product", field), value.to_owned())).to_vec()
}

/// What a form calls a field of a kind of record.
pub fn label(kind: &str, field: &str) -> String {
    let known = match (kind, field) {
        ("board status", "name") => "Status Description",
        ("board status", "closedStatus") => "Closed Status?",
        ("board status", "displayOnBoard") => "Display On Board?",
        ("board status", "externalIntegrationXref") => "External Integration XRef",
        ("integrator login", "canAccessAllRecordsFlag") => "Access Level",
        ("integrator login", "board") => "Service Board",
        ("product", "identifier") => "Product ID",
        ("product", "subcategory") => "Category/Sub Category",
        ("product", "type") => "Product Type",
        ("product", "unitOfMeasure") => "Unit of Measure (UOM)",
        ("product", "price") => "Unit Price",
        ("product", "cost") => "Unit Cost",
        ("product", "serializedFlag") => "Serialized Product",
        ("product", "phaseProductFlag") => "Phase Product",
        ("management solution", "managementItSolutionType") => "Management IT Solution",
        ("management solution", "managementSolutionName") => "Custom Solution Name",
        ("managed devices integration", "disableNewCrossReferencesFlag") => {
            "Disable Newly discovered Cross-References"
        }
        ("managed devices integration", "defaultBillingLevel") => "Billing Level",
        ("managed devices integration", "matchOnSerialNumberFlag") => "Match on Serial Number",
        ("managed devices integration", "configBillCustomerFlag") => "Bill Customer",
        ("managed devices integration", "globalLoginUsername") => "Username",
        ("managed devices integration", "globalLoginPassword") => "Password",
        ("cross-reference", "vendorType") => "Type",
        ("cross-reference", "vendorLevel") => "Level",
        ("Managed ID", "groupIdentifier") => "Managed ID",
        ("Managed ID", "managementSolution") => "Solution",
        _ => return spelt_out(field),
    };
    known.to_owned()
}

/// `serviceTicketApiFlag` as a form has it: `Service Ticket API`.
fn spelt_out(field: &str) -> String {
    let mut label = String::new();
    for letter in field.strip_suffix("Flag").unwrap_or(field).chars() {
        if letter.is_uppercase() {
            label.push(' ');
        }
        if label.is_empty() { label.extend(letter.to_uppercase()) } else { label.push(letter) }
    }
    label.replace(" Api", " API")
}

/// A value as a form shows it; a check box is checked or not.
pub fn shown(field: &str, value: &Value) -> String {
    match (field, value) {
        ("canAccessAllRecordsFlag", Value::Bool(true)) => "All records".to_owned(),
        ("canAccessAllRecordsFlag", Value::Bool(false)) => "own records".to_owned(),
        (_, Value::Bool(true)) => "checked".to_owned(),
        (_, Value::Bool(false)) => "not checked".to_owned(),
        ("defaultBillingLevel", Value::String(level)) if level == "Detail" => "Detailed".to_owned(),
        ("price" | "cost", Value::Number(amount)) => {
            // Two places at least, as on an invoice; never fewer than the amount has.
            amount.to_string().parse::<Decimal>().map_or_else(
                |_| amount.to_string(),
                |mut amount| {
                    amount.rescale(amount.normalize().scale().max(2));
                    amount.to_string()
                },
            )
        }
        (_, Value::Null) => String::new(),
        (_, Value::String(text)) => text.clone(),
        (_, Value::Object(map)) => ["name", "identifier", "username"]
            .iter()
            .find_map(|key| map.get(*key)?.as_str())
            .map(str::to_owned)
            .or_else(|| map.get("id").map(|id| format!("#{id}")))
            .unwrap_or_default(),
        (_, other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_and_values_read_as_in_the_guides_figures() {
        assert_eq!(label("integrator login", "serviceTicketApiFlag"), "Service Ticket API");
        assert_eq!(label("integrator login", "username"), "Username");
        assert_eq!(label("product", "customerDescription"), "Customer Description");
        assert_eq!(label("cross-reference", "agreementType"), "Agreement Type");
        assert_eq!(shown("canAccessAllRecordsFlag", &json!(true)), "All records");
        assert_eq!(shown("board", &json!({ "id": 3, "name": "Help" })), "Help");
        assert_eq!(shown("product", &json!({ "id": 3 })), "#3");
        assert_eq!(shown("price", &json!(0.125)), "0.125");
        assert_eq!(shown("price", &json!(25)), "25.00");
    }
}
