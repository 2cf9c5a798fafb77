//! The configuration types that cross-references name (guide step 5, the table).

use std::collections::BTreeSet;

use serde_json::json;

use super::offers::{Answer, Offer, is_near};
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
        let key = format!("type for {name}");
        let answered = setup.answered(STEP, &key)?;
        let active = |kind: &&ConfigurationType| !kind.inactive_flag;
        let near = |kind: &&ConfigurationType| is_near(kind.name.or_empty(), name);
        let exact = types.iter().filter(active).find(|kind| kind.name.or_empty() == name);
        let chosen = || types.iter().filter(active).find(|kind| Some(kind.id) == answered);
        if let Some(kind) = exact.or_else(chosen) {
            let own = kind.name.or_empty();
            finding.found.push(format!("configuration type “{own}” (#{})", kind.id));
            finding.choose(name, kind.id, own, setup.made_here(STEP, kind.id)?);
            setup.known.configuration_types.insert(name.to_owned(), Named::there(kind.id, own));
        } else if let Some(kind) = types.iter().find(near)
            && !setup.wants_new(STEP, &key)
        {
            let own = kind.name.or_empty();
            let how = if own == name { "is inactive" } else { "differs in case or blanks" };
            finding.person(format!(
                "configuration type “{own}” (#{}) {how}: mend it in ConnectWise, where others may use it",
                kind.id
            ));
            let alike = types.iter().filter(active).filter(near);
            let mut answers: Vec<Answer> =
                alike.map(|kind| Answer::using(kind.id, kind.name.or_empty())).collect();
            // A second type of the very same name would be told apart by nobody.
            if !types.iter().any(|kind| kind.name.or_empty() == name) {
                answers.push(Answer::new(name));
            }
            let question = format!("Which configuration type is “{name}”?");
            finding.offer(Offer::choice(key, question, answers));
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
