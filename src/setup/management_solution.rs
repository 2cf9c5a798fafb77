//! Guide step 4: the management solution.

use serde_json::json;

use super::offers::{Answer, Asks, Offer, is_near};
use super::{Finding, Named, Setup, Step};
use crate::error::Result;
use crate::plan::Change;
use crate::psa::{ManagementSolution, OrEmpty, Query, paths};

const STEP: Step = Step::ManagementSolution;

pub(super) async fn check(setup: &mut Setup<'_>) -> Result<Finding> {
    let mut finding = Finding::new(STEP);
    let wanted = setup.config.connectwise.management_solution.as_str();
    let kept = setup.chosen(STEP, "solution")?.map(|choice| choice.id);
    let key = format!("solution for {wanted}");
    let answered = setup.answered(STEP, &key)?;
    let solutions: Vec<ManagementSolution> =
        setup.client.list(&paths::management_solutions(), &Query::all()).await?;
    let by_id = |id: Option<i64>| solutions.iter().find(|solution| Some(solution.id) == id);
    let named = solutions.iter().find(|solution| is_called(solution, wanted));
    let found =
        named.filter(|solution| is_custom(solution)).or(by_id(answered)).or(named).or_else(|| by_id(kept));
    let Some(solution) = found else {
        let near: Vec<&ManagementSolution> =
            solutions.iter().filter(|solution| is_near(solution.name.or_empty(), wanted)).collect();
        if let [first, ..] = near.as_slice()
            && !setup.wants_new(STEP, &key)
        {
            finding.person(format!(
                "there is a management solution “{}” (#{}), which differs from “{wanted}” in case or blanks: \
                 write it so in [connectwise] management_solution",
                first.name.or_empty(),
                first.id
            ));
            let mut offer = which_solution(key, near.into_iter().filter(|solution| is_custom(solution)));
            if let Asks::Choice { answers } = &mut offer.asks {
                answers.push(Answer::new(wanted));
            }
            finding.offer(offer);
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
    let name = solution.name.or_empty();
    finding.found.push(format!("management solution “{name}” (#{})", solution.id));
    if !is_custom(solution) {
        let kind = solution.management_it_solution_type.as_ref().map_or("", |kind| kind.as_str());
        finding.person(format!(
            "management solution “{name}” (#{}) is of type {kind}; psactl needs one of type Custom: name another in \
             [connectwise] management_solution",
            solution.id
        ));
        finding.offer(which_solution(key, solutions.iter().filter(|solution| is_custom(solution))));
        return Ok(finding);
    }
    if !is_called(solution, wanted) {
        finding.note(
            None,
            format!(
                "management solution #{} is called “{name}”, in [connectwise] management_solution it is “{wanted}”; \
                 write management_solution = \"{name}\" under [connectwise] in psactl.toml",
                solution.id
            ),
        );
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
    let called = if is_called(solution, wanted) { wanted } else { name };
    setup.known.solution_called = Some(called.to_owned());
    setup.known.solution = Some(Named::there(solution.id, name));
    Ok(finding)
}

fn is_called(solution: &ManagementSolution, name: &str) -> bool {
    solution.management_solution_name.as_deref() == Some(name) || solution.name.as_deref() == Some(name)
}

fn is_custom(solution: &ManagementSolution) -> bool {
    solution.management_it_solution_type.as_ref().is_some_and(|kind| kind.as_str() == "Custom")
}

fn which_solution<'a>(key: String, solutions: impl Iterator<Item = &'a ManagementSolution>) -> Offer {
    let answers = solutions.map(|solution| Answer::using(solution.id, solution.name.or_empty())).collect();
    Offer::choice(key, "Which management solution do the Managed IDs belong to?", answers)
}
