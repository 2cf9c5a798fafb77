//! The audit trail: what was done to a record, by whom (contract: behaviours, section 13).

use jiff::Timestamp;
use serde_json::Value;

use crate::sandbox::auth::Writer;
use crate::sandbox::clock;
use crate::sandbox::errors::Refusal;
use crate::sandbox::query::Parameters;
use crate::sandbox::store::{Record, Store};
use crate::sandbox::view::Found;

/// The list of entries.
pub const TRAIL: &str = "/system/audittrail";
/// The id of the record that an entry is about; no part of the entry as it is shown.
const ABOUT: &str = "xrefRecId";

/// The kinds of record that leave a trail, as the list's `type` calls them.
const TYPES: &[(&str, &str)] = &[
    ("/company/companies", "Company"),
    ("/company/configurations", "Configuration"),
    ("/company/contacts", "Contact"),
    ("/finance/agreements", "Agreement"),
    ("/finance/agreements/{}/additions", "AgreementAddition"),
    ("/procurement/catalog", "ProductCatalog"),
    ("/service/tickets", "Ticket"),
];

/// Notes what was done to a record: it was created, updated or deleted.
pub fn note(store: &mut Store, key: &str, id: i64, done: &str, writer: &Writer, now: Timestamp) {
    let Some((_, kind)) = TYPES.iter().find(|(of, _)| *of == key) else {
        return;
    };
    let mut entry = Record::new();
    for (field, value) in [
        ("text", format!("{kind} {id} was {done} by {}.", writer.name)),
        ("enteredDate", clock::text(now)),
        ("enteredBy", writer.name.to_string()),
        ("auditType", (*kind).to_owned()),
        ("auditSubType", "Record".to_owned()),
        ("auditSource", "API".to_owned()),
    ] {
        entry.insert(field.to_owned(), value.into());
    }
    entry.insert(ABOUT.to_owned(), id.into());
    store.insert(TRAIL, &[], entry, &writer.stamp(now));
}

/// What a request for the trail asks for besides conditions: a type, a record.
#[derive(Default)]
pub struct Wanted {
    kind: Option<String>,
    ids: Vec<i64>,
}

impl Wanted {
    /// Reads `type`, `id` and `xrefRecId`, which mean nothing on other lists.
    pub fn read(list: &str, given: &Parameters) -> Result<Wanted, Refusal> {
        if list != TRAIL {
            return Ok(Wanted::default());
        }
        let ids = [given.number("id")?, given.number(ABOUT)?];
        Ok(Wanted { kind: given.get("type").map(str::to_owned), ids: ids.into_iter().flatten().collect() })
    }

    /// Whether a record is asked for.
    pub fn wants(&self, found: Found<'_>) -> bool {
        let kind = found.row.fields.get("auditType").and_then(Value::as_str).unwrap_or_default();
        let about = found.row.fields.get(ABOUT).and_then(Value::as_i64);
        self.kind.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(kind))
            && self.ids.iter().all(|id| about == Some(*id))
    }
}
