//! Guide step 4: the management solution.

use serde_json::json;

use super::{Finding, Named, Setup, Step};
use crate::error::Result;
use crate::plan::Change;
use crate::psa::{ManagementSolution, OrEmpty, Query, paths};

const STEP: Step = Step::ManagementSolution;

pub(super) async fn check(setup: &mut Setup<'_>) -> Result<Finding> {
    let mut finding = Finding::new(STEP);
    let wanted = setup.config.connectwise.management_solution.as_str();
    let kept = setup.chosen(STEP, "solution")?;
    let solutions: Vec<ManagementSolution> =
        setup.client.list(&paths::management_solutions(), &Query::all()).await?;
    let found = solutions
        .iter()
        .find(|solution| {
            solution.management_solution_name.as_deref() == Some(wanted)
                || solution.name.as_deref() == Some(wanted)
        })
        .or_else(|| {
            solutions.iter().find(|solution| kept.as_ref().is_some_and(|choice| choice.id == solution.id))
        });
    let Some(solution) = found else {
        if let Some(near) = solutions
            .iter()
            .find(|solution| solution.name.or_empty().trim().eq_ignore_ascii_case(wanted.trim()))
        {
            finding.person(format!(
                "there is a management solution “{}” (#{}), which differs from “{wanted}” in case or blanks: \
                 write it so in [connectwise] management_solution",
                near.name.or_empty(),
                near.id
            ));
            return Ok(finding);
        }
        let body = json!({
            "name": wanted,
            "managementItSolutionType": "Custom",
            "managementSolutionName": wanted,
        });
        finding.changes.push(
            Change::create(
                "management solution",
                format!("“{wanted}”"),
                paths::management_solutions(),
                body,
                &["name"],
            )
            .of_step(STEP.name(), "solution"),
        );
        setup.known.solution = Some(Named::planned(wanted));
        return Ok(finding);
    };
    finding.found.push(format!("management solution “{}” (#{})", solution.name.or_empty(), solution.id));
    let kind = solution.management_it_solution_type.as_ref().map_or("", |kind| kind.as_str());
    if kind != "Custom" {
        finding.person(format!(
            "management solution “{}” (#{}) is of type {kind}; psactl needs one of type Custom: name another in \
             [connectwise] management_solution",
            solution.name.or_empty(), solution.id
        ));
        return Ok(finding);
    }
    if solution.global_login_username.as_deref().is_some_and(|name| !name.is_empty()) {
        finding.note(
            None,
            format!(
                "management solution “{}” has a user name filled in; the guide leaves it empty",
                solution.name.or_empty()
            ),
        );
    }
    finding.choose("solution", solution.id, solution.name.or_empty(), setup.made_here(STEP, solution.id)?);
    setup.known.solution = Some(Named::there(solution.id, solution.name.or_empty()));
    Ok(finding)
}
