//! Catalog items (contract: behaviours, section 10).

use super::Draft;
use crate::sandbox::errors::Violation;
use crate::sandbox::store::ref_id;
use crate::sandbox::view::View;

pub fn defaults(view: &View<'_>, draft: &mut Draft<'_>) {
    draft.default("productClass", "NonInventory");
    draft.default("price", 0);
    draft.default("cost", 0);
    if !draft.holds("unitOfMeasure")
        && let Some(unit) = super::tickets::flagged(view, "/procurement/unitOfMeasures", &[])
    {
        draft.default("unitOfMeasure", unit);
    }
}

/// A recurring item needs a cycle: the server names both fields that could give it. The category
/// follows from the subcategory.
pub fn check(view: &View<'_>, draft: &mut Draft<'_>, violations: &mut Vec<Violation>) {
    let cycle = draft.holds("recurringBillCycle") || draft.flag("recurringOneTimeFlag");
    if draft.flag("recurringFlag") && !cycle {
        for field in ["recurringOneTimeFlag", "recurringBillCycle/id"] {
            violations.push(Violation::new(
                "MissingRequiredField",
                field,
                "recurringBillCycle or recurringOneTimeFlag is required.",
            ));
        }
    }
    let subcategory = ref_id(draft.record.get("subcategory"));
    let row = subcategory.and_then(|id| view.store.get("/procurement/subcategories", id));
    if let Some(category) = row.and_then(|row| row.fields.get("category")) {
        draft.record.insert("category".to_owned(), category.clone());
    }
}
