//! Guide step 5: the managed devices integration and its cross-references, letter for letter.

use serde_json::{Value, json};

use super::offers::{Answer, Offer, Reply};
use super::{Finding, Setup, Step};
use crate::error::Result;
use crate::plan::{Change, SecretSlot};
use crate::psa::{AgreementType, Condition, CrossReference, Integration, OrEmpty, Query, paths};
use crate::services;

const STEP: Step = Step::CrossReferences;

/// The natural key of a cross-reference below its integration; one that is out of use is another.
const FOUND_BY: &[&str] = &["vendorType", "vendorLevel", "agreementType/id"];

/// What is remembered of a server that takes no integration without a global login.
const GLOBAL_LOGIN: &str = "global_login_demanded";

/// What is remembered when the integrator login got another password: the global login that psactl made of it
/// has the old one.
const STALE: &str = "global_login_stale";

/// The integrator login has another password now.
pub(super) fn login_changed(setup: &Setup<'_>) -> Result<()> {
    if setup.store.meta(GLOBAL_LOGIN)?.is_some() {
        setup.store.set_meta(STALE, "yes")?;
    }
    Ok(())
}

/// The global login has the present password.
pub(super) fn global_login_written(setup: &Setup<'_>) -> Result<()> {
    Ok(setup.store.forget_meta(STALE)?)
}

/// Whether it is a global login that was missed.
pub(super) fn is_global_login(refused_fields: &[String]) -> bool {
    refused_fields.iter().any(|field| field.starts_with("globalLogin"))
}

/// Whether ConnectWise refused an integration for want of a global login, which no public record says for
/// sure; it is remembered, and from then on the integrator login's name and password are that login.
pub(super) fn learns(setup: &Setup<'_>, refused_fields: &[String]) -> Result<bool> {
    let news = is_global_login(refused_fields) && setup.store.meta(GLOBAL_LOGIN)?.is_none();
    if news {
        setup.store.set_meta(GLOBAL_LOGIN, "yes")?;
    }
    Ok(news)
}

pub(super) async fn check(setup: &mut Setup<'_>) -> Result<Finding> {
    let mut finding = Finding::new(STEP);
    let configured = &setup.config.connectwise.management_solution;
    let solution = setup.known.solution_called.clone().unwrap_or_else(|| configured.clone());
    let Some(agreement_type) = agreement_type(setup, &mut finding).await? else { return Ok(finding) };
    let integrations: Vec<Integration> = setup.client.list(&paths::integrations(), &Query::all()).await?;
    let integration = integrations
        .iter()
        .find(|integration| integration.solution.or_empty() == solution)
        .or_else(|| integrations.iter().find(|integration| integration.name.or_empty() == solution));
    let login = setup.known.login.clone();
    let login = login.map(|login| login.shown_reference("name")).unwrap_or(Value::Null);
    let stale = setup.store.meta(STALE)?.is_some();
    let global = setup.store.meta(GLOBAL_LOGIN)?.map(|_| setup.config.integrator_login.username.clone());
    let parent = match integration {
        Some(found) => {
            finding.found.push(format!(
                "managed devices integration “{}” (#{})",
                found.name.or_empty(),
                found.id
            ));
            finding.choose("integration", found.id, found.name.or_empty(), setup.made_here(STEP, found.id)?);
            mend(&mut finding, found, &solution, &login, global.as_deref(), stale);
            Some(found.id)
        }
        None => {
            let mut body = json!({
                "name": solution,
                "solution": solution,
                "loginBy": "Global",
                "defaultBillingLevel": "Detail",
                "disableNewCrossReferencesFlag": true,
                "matchOnSerialNumberFlag": true,
                "configBillCustomerFlag": false,
            });
            body["integratorLogin"] = login;
            if let Some(username) = &global {
                body["globalLoginUsername"] = json!(username);
            }
            let change = Change::create(
                "managed devices integration",
                format!("“{solution}”"),
                paths::integrations(),
                body,
                &["name"],
            )
            .of_step(STEP.name(), "integration");
            finding.changes.push(match global {
                Some(_) => change.with_secret(SecretSlot::GlobalLoginPassword),
                None => change,
            });
            None
        }
    };
    let existing: Vec<CrossReference> = match parent {
        Some(id) => setup.client.list(&paths::cross_references(id), &Query::all()).await?,
        None => Vec::new(),
    };
    for service in setup.services() {
        let Some(product) = setup.known.products.get(service.key).and_then(|products| products.first())
        else {
            continue;
        };
        let Some(configuration_type) = setup.known.configuration_types.get(service.configuration_type) else {
            continue;
        };
        let exact = |reference: &&CrossReference| {
            reference.vendor_type.as_deref().unwrap_or_default() == service.vendor_type
                && reference.vendor_level.as_deref().unwrap_or_default() == service.level
        };
        let near = |reference: &&CrossReference| {
            reference
                .vendor_type
                .as_deref()
                .unwrap_or_default()
                .trim()
                .eq_ignore_ascii_case(service.vendor_type)
                && services::level_is_near(
                    reference.vendor_level.as_deref().unwrap_or_default(),
                    service.level,
                )
        };
        let shown = format!(
            "{} / {}",
            service.vendor_type,
            if service.level.is_empty() { "(blank)" } else { service.level }
        );
        // What is in use comes before what was put out of use: an inactive one is made active again only where
        // nothing else bills the service.
        let found =
            existing.iter().filter(|reference| exact(reference) || near(reference)).min_by_key(|own| {
                let kind = own.agreement_type.as_ref().and_then(|kind| kind.id);
                (own.inactive_flag, !exact(own), kind != Some(agreement_type.id))
            });
        let key = format!("cross-reference {}", service.key);
        let misspelt = found.filter(|found| !exact(found));
        // A right one is made beside it, where a person wants it to stay as it is.
        let found = found.filter(|found| exact(found) || !setup.wants_new(STEP, &key));
        let Some(found) = found else {
            let body = json!({
                "vendorType": service.vendor_type,
                "vendorLevel": service.level,
                "agreementType": { "id": agreement_type.id, "name": agreement_type.name },
                "product": product.item.shown_reference("identifier"),
                "configurationType": configuration_type.shown_reference("name"),
            });
            let path = paths::cross_references(parent.unwrap_or(0));
            let mut change = Change::create("cross-reference", shown, path, body, FOUND_BY)
                .of_step(STEP.name(), service.key);
            if parent.is_none() {
                change.waits_for = Some("the managed devices integration".to_owned());
            }
            finding.changes.push(change);
            continue;
        };
        let Some(parent) = parent else { continue };
        if let Some(own) = misspelt
            && setup.answered(STEP, &key)? != Some(own.id)
        {
            finding.offer(which_reference(key, own, &shown));
        }
        finding.choose(service.key, found.id, &shown, setup.made_here(STEP, found.id)?);
        let mut fields: Vec<(&'static str, Value, Value)> = vec![
            ("vendorType", json!(found.vendor_type), json!(service.vendor_type)),
            ("vendorLevel", json!(found.vendor_level.clone().unwrap_or_default()), json!(service.level)),
        ];
        if found.inactive_flag {
            fields.push(("inactiveFlag", json!(true), json!(false)));
        }
        let products = setup.known.products.get(service.key).map_or(&[][..], Vec::as_slice);
        let has = found.product.as_ref().and_then(|product| product.id);
        if has.is_none() || !products.iter().any(|product| product.item.id == has) {
            fields.push((
                "product",
                shown_reference(found.product.as_ref()),
                product.item.shown_reference("identifier"),
            ));
        }
        let has = found.configuration_type.as_ref().and_then(|kind| kind.id);
        if has.is_none() || has != configuration_type.id {
            fields.push((
                "configurationType",
                shown_reference(found.configuration_type.as_ref()),
                configuration_type.shown_reference("name"),
            ));
        }
        if found.agreement_type.as_ref().and_then(|kind| kind.id).is_none() {
            fields.push((
                "agreementType",
                Value::Null,
                json!({ "id": agreement_type.id, "name": agreement_type.name }),
            ));
        }
        let change = Change::update(
            "cross-reference",
            found.id,
            shown,
            paths::cross_reference(parent, found.id),
            fields,
        )
        .of_step(STEP.name(), service.key);
        if change.writes_something() {
            finding.changes.push(change);
        }
    }
    if parent.is_some() {
        let right = finding.choices.len().saturating_sub(1);
        finding.found.push(crate::ui::text::count(right, "cross-reference", "cross-references"));
    }
    Ok(finding)
}

/// The type of agreements that the cross-references name; any will do, as the guide says.
async fn agreement_type(setup: &Setup<'_>, finding: &mut Finding) -> Result<Option<AgreementType>> {
    let name = setup.config.billing.agreement_type.as_str();
    let named = Query::all().filter(Condition::eq("name", name));
    let types: Vec<AgreementType> = setup.client.list(&paths::agreement_types(), &named).await?;
    if let Some(kind) = types.into_iter().find(|kind| !kind.inactive_flag) {
        return Ok(Some(kind));
    }
    let key = format!("agreement type for {name}");
    let answered = setup.answered(STEP, &key)?;
    let types: Vec<AgreementType> = setup.client.list(&paths::agreement_types(), &Query::all()).await?;
    let active: Vec<AgreementType> = types.into_iter().filter(|kind| !kind.inactive_flag).collect();
    if let Some(kind) = active.iter().find(|kind| Some(kind.id) == answered) {
        let own = kind.name.or_empty();
        finding.note(
            None,
            format!(
                "agreement type “{own}” (#{}) was chosen, in [billing] agreement_type it is “{name}”; write \
                 agreement_type = \"{own}\" under [billing] in psactl.toml",
                kind.id
            ),
        );
        return Ok(Some(kind.clone()));
    }
    finding
        .person(format!("there is no active agreement type “{name}”: name one in [billing] agreement_type"));
    let answers = active.iter().map(|kind| Answer::using(kind.id, kind.name.or_empty())).collect();
    finding.offer(Offer::choice(key, "Which agreement type do the cross-references name?", answers));
    Ok(None)
}

/// What becomes of a cross-reference whose letters differ: without a person it is corrected.
fn which_reference(key: String, own: &CrossReference, right: &str) -> Offer {
    let name = format!("{} / {}", own.vendor_type.or_empty(), own.vendor_level.or_empty());
    let question = format!("Cross-reference “{name}” (#{}) should read “{right}”:", own.id);
    let reply = Reply::Use { id: own.id, name };
    let correct = Answer { text: format!("use it, and correct it to “{right}”"), reply };
    let new = Answer { text: format!("leave it, and make a new one, “{right}”"), reply: Reply::New };
    Offer::choice(key, question, vec![correct, new])
}

fn shown_reference(reference: Option<&crate::psa::Reference>) -> Value {
    reference.map_or(Value::Null, |reference| {
        json!({ "id": reference.id, "name": reference.name.clone().or_else(|| reference.identifier.clone()) })
    })
}

/// The integration's own fields as the guide's figure 6 shows them.
fn mend(
    finding: &mut Finding,
    found: &Integration,
    solution: &str,
    login: &Value,
    global_login: Option<&str>,
    stale: bool,
) {
    let mut fields: Vec<(&'static str, Value, Value)> = vec![
        ("solution", json!(found.solution), json!(solution)),
        ("loginBy", json!(found.login_by), json!("Global")),
        ("defaultBillingLevel", json!(found.default_billing_level), json!("Detail")),
        ("disableNewCrossReferencesFlag", json!(found.disable_new_cross_references_flag), json!(true)),
        ("matchOnSerialNumberFlag", json!(found.match_on_serial_number_flag), json!(true)),
        ("configBillCustomerFlag", json!(found.config_bill_customer_flag), json!(false)),
    ];
    let has = found.integrator_login.as_ref().and_then(|login| login.id);
    if has.is_none() || login.get("id").and_then(Value::as_i64) != has {
        fields.push(("integratorLogin", shown_reference(found.integrator_login.as_ref()), login.clone()));
    }
    // A global login that is there is somebody's, and stays; psactl's own follows the integrator login.
    let has = found.global_login_username.or_empty();
    let missing = global_login.filter(|_| has.is_empty());
    if let Some(username) = missing {
        fields.push(("globalLoginUsername", json!(found.global_login_username), json!(username)));
    }
    let follows = stale && global_login.is_some_and(|username| username == has);
    let mut change = Change::update(
        "managed devices integration",
        found.id,
        format!("“{}”", found.name.or_empty()),
        paths::integration(found.id),
        fields,
    )
    .of_step(STEP.name(), "integration");
    if missing.is_some() || follows {
        change = change.with_secret(SecretSlot::GlobalLoginPassword);
    }
    if change.writes_something() {
        finding.changes.push(change);
    }
}
