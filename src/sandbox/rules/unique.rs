//! Names that may be given once (contract: behaviours, section 5: `ObjectExists`).

use serde_json::Value;

use super::Draft;
use crate::sandbox::errors::Violation;
use crate::sandbox::view::View;

const NAMES: &[(&str, &str)] = &[
    ("/company/companies", "identifier"),
    ("/company/companies/statuses", "name"),
    ("/company/companies/types", "name"),
    ("/company/configurations/statuses", "description"),
    ("/company/configurations/types", "name"),
    ("/company/managedDevicesIntegrations", "name"),
    ("/company/managementItSolutions", "name"),
    ("/finance/agreements/types", "name"),
    ("/procurement/catalog", "identifier"),
    ("/procurement/categories", "name"),
    ("/procurement/types", "name"),
    ("/procurement/unitOfMeasures", "name"),
    ("/service/boards", "name"),
    ("/service/boards/{}/statuses", "name"),
    ("/service/boards/{}/types", "name"),
    ("/service/priorities", "name"),
    ("/service/sources", "name"),
    ("/system/integratorlogins", "username"),
];

pub fn check(view: &View<'_>, draft: &mut Draft<'_>, violations: &mut Vec<Violation>) {
    let Some((_, field)) = NAMES.iter().find(|(key, _)| *key == draft.key) else {
        return;
    };
    let Some(name) = draft.record.get(*field).and_then(Value::as_str) else {
        return;
    };
    if !draft.changed(field) {
        return;
    }
    let taken = view.store.table(draft.key).into_iter().flat_map(|table| table.under(draft.parents)).any(
        |(id, row)| {
            let other = row.fields.get(*field).and_then(Value::as_str);
            Some(id) != draft.id && other.is_some_and(|other| other.eq_ignore_ascii_case(name))
        },
    );
    if taken {
        violations.push(Violation::new("ObjectExists", *field, format!("{field} {name} already exists.")));
    }
}
