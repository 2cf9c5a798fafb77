//! The steps of set-up that concern no single company.

use std::collections::BTreeSet;

use crate::doctor::catalog::Group;
use crate::doctor::findings::{Evidence, Findings};
use crate::doctor::observe::{Lists, Seen, is_forbidden};
use crate::psa::OrEmpty;
use crate::services;
use crate::setup::{Finding, Standing, Step};
use crate::ui::text;

fn id_of(step: Step) -> &'static str {
    match step {
        Step::ServiceStatus => "setup-service-status",
        Step::IntegratorLogin => "setup-integrator-login",
        Step::Products => "setup-products",
        Step::ManagementSolution => "setup-management-solution",
        Step::ConfigurationTypes => "setup-configuration-types",
        Step::CrossReferences => "setup-cross-references",
        // The last two are judged record by record.
        Step::Portal | Step::ManagedIds | Step::Agreements => "setup-portal",
    }
}

/// The findings that say more than the step whose cause they are.
fn causes(step: Step) -> &'static [&'static str] {
    match step {
        Step::IntegratorLogin => &["integrator-login-differs", "integrator-login-inactive"],
        Step::Products => &["product-inactive"],
        Step::Portal => &["portal-data"],
        _ => &[],
    }
}

pub(super) fn judge(seen: &Seen<'_>, found: &mut Findings) {
    let Some(lists) = seen.lists() else { return };
    if lists.steps.is_empty() {
        if seen.psa.as_ref().is_some_and(|psa| psa.broken.is_some()) {
            found.skip_group(Group::Setup, "not checked, because connection must be mended first");
        }
        return;
    }
    if let Ok(config) = &seen.config {
        products(seen, lists, &config.billing, found);
    }
    cross_references(lists, found);
    for (step, finding) in &lists.steps {
        let id = id_of(*step);
        if let Some(cause) = causes(*step).iter().find(|cause| found.has(cause)) {
            found.skip(id, format!("not checked, because {cause} must be mended first"));
            continue;
        }
        match finding {
            Err(failure) if is_forbidden(failure) => {
                let cause = if found.has("rights-login") { "rights-login" } else { "rights-read" };
                found.skip(id, format!("not checked, because {cause} must be mended first"));
            }
            Err(failure) => {
                found.fail(id, failure);
            }
            Ok(finding) => one(finding, found),
        }
    }
}

fn one(finding: &Finding, found: &mut Findings) {
    let (step, id) = (finding.step, id_of(finding.step));
    let name = step.name();
    let notes =
        |all: bool| finding.notes.iter().filter(move |note| all || note.act).map(|note| note.text.clone());
    match &finding.standing {
        Standing::Done if finding.notes.iter().any(|note| note.act) => {
            found.say(
                id,
                format!("{name}: right, with something to look at"),
                notes(false).map(Evidence::new).collect(),
                Vec::new(),
            );
        }
        Standing::Done => found.well(id, format!("{name}: right")),
        Standing::Unneeded { because } => found.skip(id, because.as_str()),
        Standing::Blocked { by } => {
            found.skip(id, format!("not checked, because {} must be mended first", id_of(*by)));
        }
        Standing::Todo => {
            let changes = finding.changes.iter().filter(|change| !is_letters(change));
            let evidence: Vec<Evidence> =
                changes.map(|change| Evidence::new(change.subject.to_string())).collect();
            if evidence.is_empty() {
                found.skip(id, "cross-reference-letters must be mended first");
                return;
            }
            found.say(
                id,
                format!(
                    "{name}: {} missing or wrong",
                    text::count(evidence.len(), "record is", "records are")
                ),
                evidence.into_iter().chain(notes(true).map(Evidence::new)).collect(),
                vec![format!("psactl setup {name} --apply, or by hand: {}", step.clicks())],
            );
        }
        Standing::Person { what } => {
            let evidence = std::iter::once(what.clone()).chain(notes(true)).map(Evidence::new).collect();
            found.say(
                id,
                format!("{name}: needs a person"),
                evidence,
                vec![format!("by hand: {}", step.clicks())],
            );
        }
    }
}

/// Whether a change does nothing but correct the letters of a cross-reference.
fn is_letters(change: &crate::plan::Change) -> bool {
    change.subject.kind == "cross-reference"
        && change.subject.id.is_some()
        && !change.fields.is_empty()
        && change.fields.iter().all(|field| matches!(field.name.as_ref(), "vendorType" | "vendorLevel"))
}

/// The products that are billed with, whether they were chosen or are only named.
fn products(seen: &Seen<'_>, lists: &Lists, billing: &crate::config::Billing, found: &mut Findings) {
    let mut ids: BTreeSet<i64> = BTreeSet::new();
    if let Some(Ok(state)) = &seen.state {
        ids.extend(state.chosen.products.values().flatten());
    }
    let wanted: BTreeSet<String> = services::enabled(billing)
        .into_iter()
        .flat_map(|service| billing.products_of(service))
        .map(|product| product.identifier)
        .collect();
    for item in lists.catalog.values() {
        if !ids.contains(&item.id) && !wanted.contains(item.identifier.or_empty()) {
            continue;
        }
        let named = || {
            Evidence::new(format!("product “{}” (#{})", item.identifier.or_empty(), item.id))
                .record("product", item.id)
        };
        if item.inactive_flag {
            found.find("product-inactive", named());
        } else if item.price.is_none_or(|price| price.is_zero()) {
            found.find("product-price", named());
        }
    }
}

fn cross_references(lists: &Lists, found: &mut Findings) {
    let finding = lists.steps.iter().find_map(|(step, finding)| match (step, finding) {
        (Step::CrossReferences, Ok(finding)) => Some(finding),
        _ => None,
    });
    let Some(finding) = finding else { return };
    if !matches!(finding.standing, Standing::Todo | Standing::Done) {
        found.skip("cross-reference-letters", "not checked, because setup-cross-references is not");
        return;
    }
    let Some((_, Ok(existing))) = &lists.cross_references else { return };
    for change in finding.changes.iter().filter(|change| is_letters(change)) {
        let own = existing.iter().find(|own| Some(own.id) == change.subject.id);
        let has =
            own.map(|own| format!("“{}” / “{}”", own.vendor_type.or_empty(), own.vendor_level.or_empty()));
        found.find(
            "cross-reference-letters",
            Evidence::new(format!(
                "#{} is {}, and should be {}",
                change.subject.id.unwrap_or_default(),
                has.unwrap_or_default(),
                change.subject.name
            ))
            .record("cross-reference", change.subject.id.unwrap_or_default()),
        );
    }
    let fix = "psactl setup cross-references --apply corrects it";
    if found.has("cross-reference-letters") {
        found.mend(
            "cross-reference-letters",
            &format!("{fix}, or by hand: {}", Step::CrossReferences.clicks()),
        );
    }
}
