//! The records of a managed services integration (contract: behaviours, sections 7 and 12).

use serde_json::Value;

use super::Draft;
use crate::sandbox::clock;
use crate::sandbox::errors::Violation;
use crate::sandbox::options::Release;
use crate::sandbox::store::{ref_id, reference};
use crate::sandbox::view::View;

/// What of a management summary report is set-up; the rest are statistics.
const SET_UP: [&str; 5] = ["managementSolution", "groupIdentifier", "deviceType", "agreement", "company"];

/// Whether the server keeps statistics that are written here is not known: both are offered.
pub fn statistics(view: &View<'_>, draft: &mut Draft<'_>) {
    if !view.options.keep_statistics {
        draft.record.retain(|field, _| SET_UP.contains(&field.as_str()));
    }
}

/// The status of a board that carries the guide's External Integration XRef; there is such a thing
/// in the old release only.
pub fn referenced_status(view: &View<'_>, board: i64) -> Option<Value> {
    let statuses = view.store.table("/service/boards/{}/statuses")?;
    let mut rows = statuses.under(&[board]);
    let hit = rows.find(|(_, row)| row.fields.contains_key("externalIntegrationXref"));
    hit.map(|(id, _)| reference(id))
}

/// In the old release only boards with a cross-referenced status serve an integration (the guide's
/// step 1).
fn serves(view: &View<'_>, board: i64) -> bool {
    view.options.release == Release::Current || referenced_status(view, board).is_some()
}

/// All APIs need a member and a board (the document's text); the ticket API needs a board, as the
/// guide's figure 2 shows. Who made a login inactive, and when, is kept.
pub fn login(view: &View<'_>, draft: &mut Draft<'_>, violations: &mut Vec<Violation>) {
    let mut need = |flag: &str, field: &str| {
        let asked = draft.record.get(flag) == Some(&Value::Bool(true));
        let there = draft.record.get(field).is_some_and(|value| !value.is_null());
        let path = format!("{field}/id");
        if asked && !there && !violations.iter().any(|v| v.field == path) {
            violations.push(Violation::missing(&path));
        }
    };
    need("canAccessAllApisFlag", "member");
    need("canAccessAllApisFlag", "board");
    need("serviceTicketApiFlag", "board");
    need("timeEntryApiFlag", "member");
    if let Some(board) = ref_id(draft.record.get("board"))
        && draft.changed("board")
        && !serves(view, board)
    {
        let message = format!("Service Board {board} has no status with an External Integration XRef");
        violations.push(Violation::new("NotFound", "board/id", message));
    }
    if draft.changed("inactiveFlag") {
        for field in ["dateInactivated", "inactivatedBy"] {
            draft.record.remove(field);
        }
        if draft.flag("inactiveFlag") {
            draft.default("dateInactivated", clock::text(view.now));
            if let Some(member) = draft.writer.member {
                draft.default("inactivatedBy", reference(member));
            }
        }
    }
}

/// The solution is chosen by name; whether a global login must be filled in is not known, so that
/// is an option.
pub fn managed_devices(view: &View<'_>, draft: &mut Draft<'_>, violations: &mut Vec<Violation>) {
    if let Some(name) = draft.record.get("solution").and_then(Value::as_str)
        && draft.changed("solution")
    {
        let solutions = view.store.table("/company/managementItSolutions");
        let known = solutions
            .into_iter()
            .flat_map(|t| t.under(&[]))
            .any(|(_, row)| row.fields.get("managementSolutionName").and_then(Value::as_str) == Some(name));
        if !known {
            let message = format!("Management Solution {name} not found");
            violations.push(Violation::new("NotFound", "solution", message));
        }
    }
    let global = draft.record.get("loginBy").and_then(Value::as_str) == Some("Global");
    if view.options.global_login_required && global {
        for field in ["globalLoginUsername", "globalLoginPassword"] {
            if !draft.holds(field) {
                violations.push(Violation::missing(field));
            }
        }
    }
}
