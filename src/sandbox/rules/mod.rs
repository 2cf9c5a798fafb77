//! What the contract's document cannot say, by hand: one file for each kind of rule.

pub mod additions;
pub mod agreements;
pub mod audit;
pub mod catalog;
pub mod companies;
pub mod families;
pub mod integration;
pub mod references;
pub mod tickets;
pub mod unique;

use serde_json::Value;

use super::auth::Writer;
use super::contract::Field;
use super::errors::Violation;
use super::store::{Record, Store};
use super::view::{Found, View};

/// A write under way: the record as it would become.
pub struct Draft<'a> {
    pub key: &'a str,
    pub parents: &'a [i64],
    /// `None` while the record does not exist yet.
    pub id: Option<i64>,
    pub before: Option<&'a Record>,
    pub record: &'a mut Record,
    /// What was sent, field by field.
    pub given: &'a Record,
    /// Whether the record was sent as a whole, by POST or PUT: what is left out falls to its default.
    pub whole: bool,
    pub writer: &'a Writer,
}

impl Draft<'_> {
    pub fn creating(&self) -> bool {
        self.before.is_none()
    }

    pub fn holds(&self, field: &str) -> bool {
        self.record.get(field).is_some_and(|value| !value.is_null())
    }

    /// Sets a field that was not sent.
    pub fn default(&mut self, field: &str, value: impl Into<Value>) {
        if !self.holds(field) {
            self.record.insert(field.to_owned(), value.into());
        }
    }

    pub fn flag(&self, field: &str) -> bool {
        self.record.get(field) == Some(&Value::Bool(true))
    }

    /// Whether the caller said something of a field, be it what stood there before.
    pub fn sent(&self, field: &str) -> bool {
        self.given.get(field).is_some_and(|value| !value.is_null())
    }

    pub fn changed(&self, field: &str) -> bool {
        self.before.is_none_or(|before| before.get(field) != self.record.get(field))
    }
}

/// Fields that are filled from the path: (collection, field, whether it is a reference).
const FROM_PATH: &[(&str, &str, bool)] = &[
    ("/company/companies/{}/sites", "company", true),
    ("/company/companies/{}/typeAssociations", "company", true),
    ("/company/companies/{}/managementSummaryReports", "company", true),
    ("/company/companies/{}/managementReportNotifications", "company", true),
    ("/company/configurations/types/{}/questions", "configurationType", true),
    ("/company/contacts/{}/communications", "contactId", false),
    ("/company/contacts/{}/typeAssociations", "contact", true),
    ("/company/managedDevicesIntegrations/{}/crossReferences", "managedDevicesIntegration", true),
    ("/company/managedDevicesIntegrations/{}/logins", "managedDevicesIntegration", true),
    ("/company/managedDevicesIntegrations/{}/notifications", "managedDevicesIntegration", true),
    ("/finance/agreements/{}/additions", "agreementId", false),
    ("/service/boards/{}/items", "board", true),
    ("/service/boards/{}/statuses", "board", true),
    ("/service/boards/{}/subtypes", "board", true),
    ("/service/boards/{}/types", "board", true),
    ("/service/boards/{}/teams", "boardId", false),
    ("/service/tickets/{}/notes", "ticketId", false),
    ("/service/tickets/{}/tasks", "ticketId", false),
    ("/system/departments/{}/locations", "department", true),
    ("/system/locations/{}/departments", "location", true),
    ("/system/locations/{}/workRoles", "location", true),
];

/// Fills what a new or changed record gets without being told, before references are resolved.
pub fn defaults(view: &View<'_>, draft: &mut Draft<'_>) {
    for (key, field, reference) in FROM_PATH {
        if *key == draft.key
            && let Some(parent) = draft.parents.last()
        {
            let value = match reference {
                true => super::store::reference(*parent),
                false => (*parent).into(),
            };
            draft.record.insert((*field).to_owned(), value);
        }
    }
    match draft.key {
        "/service/tickets" => tickets::defaults(view, draft),
        "/service/tickets/{}/notes" => tickets::note_defaults(view, draft),
        "/procurement/catalog" => catalog::defaults(view, draft),
        "/company/companies" => companies::defaults(view, draft),
        "/company/configurations" => companies::configuration_defaults(view, draft),
        "/company/companies/{}/managementSummaryReports" => integration::statistics(view, draft),
        _ => {}
    }
}

/// Fills what depends on resolved references, then checks what the schema cannot.
pub fn check(view: &View<'_>, draft: &mut Draft<'_>, violations: &mut Vec<Violation>) {
    match draft.key {
        "/service/tickets" => tickets::check(view, draft, violations),
        "/service/tickets/{}/notes" => tickets::note_check(draft, violations),
        "/procurement/catalog" => catalog::check(view, draft, violations),
        "/finance/agreements/{}/additions" => additions::defaults(view, draft),
        "/company/companies" => companies::check(draft, violations),
        "/system/integratorlogins" => integration::login(view, draft, violations),
        "/company/managedDevicesIntegrations" => {
            integration::managed_devices(view, draft, violations);
        }
        _ => {}
    }
    unique::check(view, draft, violations);
}

/// What follows from a write that was done.
pub fn after(store: &mut Store, key: &str, id: i64, aside: &Record, writer: &Writer, now: jiff::Timestamp) {
    match key {
        "/service/tickets" => tickets::after(store, id, aside, writer, now),
        "/company/companies" => companies::after(store, id, writer, now),
        "/company/companies/{}/typeAssociations" => companies::types_changed(store, id),
        _ => {}
    }
}

/// What follows from a record's being gone.
pub fn deleted(store: &mut Store, key: &str, id: i64, gone: &Record, stamp: &super::store::Stamp) {
    if key == "/service/tickets" {
        families::deleted(store, id, gone, stamp);
    }
}

/// A field that ConnectWise computes whenever it is read.
pub fn computed<'a>(view: &View<'a>, found: Found<'a>, field: &str) -> Option<Value> {
    match found.key {
        "/finance/agreements/{}/additions" => additions::computed(view, found, field),
        "/finance/agreements" => agreements::computed(view, found, field),
        "/service/tickets" => tickets::computed(view, found, field),
        super::actions::tickets::ALL_NOTES => super::actions::tickets::note_computed(found, field),
        _ => None,
    }
}

/// Fields that the server alone writes (contract: behaviours, section 8); what is sent for them
/// changes nothing.
pub fn read_only(schema: &str, field: &str) -> bool {
    let names: &[&str] = match schema {
        "Addition" => additions::READ_ONLY,
        "Agreement" => &["agreementStatus"],
        "Ticket" => tickets::READ_ONLY,
        "ServiceNote" => &["ticketId", "dateCreated", "createdBy"],
        "Company" => &["deletedFlag", "dateDeleted", "deletedBy"],
        "IntegratorLogin" => &["dateInactivated", "inactivatedBy"],
        _ => &[],
    };
    names.contains(&field)
}

/// Fields that are taken when a record is created and never again (contract: behaviours, section 8).
pub fn post_only(schema: &str, field: &Field) -> bool {
    let more = [("Company", "types"), ("Contact", "typeIds"), ("Ticket", "initialDescriptionFrom")];
    field.post_only || more.contains(&(schema, field.name.as_str()))
}

/// Fields that are in no answer, so that no condition can speak of them either: secrets, texts that
/// become notes, instructions for the one call.
pub fn unseen(schema: &str, field: &Field) -> bool {
    let aside = schema == "Ticket" && tickets::ASIDE.contains(&field.name.as_str());
    field.never_returned || field.post_only || aside
}
