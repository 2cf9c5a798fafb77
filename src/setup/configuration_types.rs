//! The configuration types that cross-references name (guide step 5, the table).

use std::collections::BTreeSet;

use serde_json::json;

use super::{Finding, Named, Setup, Step};
use crate::error::Result;
use crate::plan::Change;
use crate::psa::{ConfigurationType, OrEmpty, Query, paths};

const STEP: Step = Step::ConfigurationTypes;

pub(super) async fn check(setup: &mut Setup<'_>) -> Result<Finding> {
    let mut finding = Finding::new(STEP);
    let wanted: BTreeSet<&str> = setup.services().iter().map(|service| service.configuration_type).collect();
    let types: Vec<ConfigurationType> =
        setup.client.list(&paths::configuration_types(), &Query::all()).await?;
    for name in wanted {
        let active = |kind: &&ConfigurationType| !kind.inactive_flag;
        let near = |kind: &&ConfigurationType| kind.name.or_empty().trim().eq_ignore_ascii_case(name);
        if let Some(kind) = types.iter().filter(active).find(|kind| kind.name.or_empty() == name) {
            finding.found.push(format!("configuration type “{name}” (#{})", kind.id));
            finding.choose(name, kind.id, name, setup.made_here(STEP, kind.id)?);
            setup.known.configuration_types.insert(name.to_owned(), Named::there(kind.id, name));
        } else if let Some(kind) = types.iter().find(near) {
            let how = if kind.name.or_empty() == name { "is inactive" } else { "differs in case or blanks" };
            finding.person(format!(
                "configuration type “{}” (#{}) {how}: mend it in ConnectWise, where others may use it",
                kind.name.or_empty(),
                kind.id
            ));
        } else {
            finding.changes.push(
                Change::create(
                    "configuration type",
                    format!("“{name}”"),
                    paths::configuration_types(),
                    json!({ "name": name }),
                    &["name"],
                )
                .of_step(STEP.name(), name),
            );
            setup.known.configuration_types.insert(name.to_owned(), Named::planned(name));
        }
    }
    Ok(finding)
}
