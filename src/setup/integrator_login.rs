//! Guide step 2: the integrator login.
//!
//! A login that psactl did not create, that it signs in with, or that another integration refers to is
//! never narrowed: somebody may depend on what it may do.

use serde_json::{Value, json};

use super::offers::{Answer, Offer, is_near};
use super::{Finding, Named, Setup, Step};
use crate::config::Login;
use crate::error::Result;
use crate::plan::{Change, SecretSlot};
use crate::psa::{Condition, Integration, IntegratorLogin, OrEmpty, Query, paths};

const STEP: Step = Step::IntegratorLogin;

/// What a login that psactl made, and nobody else uses, must not have.
const NARROWED: &[&str] = &[
    "activityApiFlag",
    "agreementApiFlag",
    "canAccessAllApisFlag",
    "companyApiFlag",
    "configurationApiFlag",
    "configurationAutoChildFlag",
    "configurationChildlingFlag",
    "contactApiFlag",
    "documentApiFlag",
    "invoiceApiFlag",
    "managedServicesAutoChildFlag",
    "managedServicesChildingFlag",
    "marketingApiFlag",
    "memberApiFlag",
    "opportunityApiFlag",
    "opportunityConversionApiFlag",
    "productApiFlag",
    "projectApiFlag",
    "purchasingApiFlag",
    "reportingApiFlag",
    "scheduleApiFlag",
    "serviceTicketApiFlag",
    "systemApiFlag",
    "timeEntryApiFlag",
];

/// Whether an integration of another solution works through this login.
async fn serves_another(setup: &Setup<'_>, login: i64) -> Result<bool> {
    let configured = &setup.config.connectwise.management_solution;
    let chosen = setup.chosen(Step::ManagementSolution, "solution")?.map(|choice| choice.name);
    let own = |solution: &str| solution == configured.as_str() || Some(solution) == chosen.as_deref();
    let through = Condition::eq("integratorLogin/id", login);
    let integrations: Vec<Integration> =
        setup.client.list(&paths::integrations(), &Query::all().filter(through)).await?;
    Ok(integrations.iter().any(|integration| !own(integration.solution.or_empty())))
}

pub(super) async fn check(setup: &mut Setup<'_>) -> Result<Finding> {
    let mut finding = Finding::new(STEP);
    let config = setup.config;
    let username = config.integrator_login.username.as_str();
    let tickets = setup.config.tickets.enabled;
    let logins: Vec<IntegratorLogin> = setup.client.list(&paths::integrator_logins(), &Query::all()).await?;
    let key = format!("login for {username}");
    let answered = setup.answered(STEP, &key)?;
    let exact = logins.iter().find(|login| login.username.or_empty() == username);
    let Some(login) = exact.or_else(|| logins.iter().find(|login| Some(login.id) == answered)) else {
        let near: Vec<&IntegratorLogin> =
            logins.iter().filter(|login| is_near(login.username.or_empty(), username)).collect();
        if let [first, ..] = near.as_slice()
            && !setup.wants_new(STEP, &key)
        {
            finding.person(format!(
                "there is an integrator login “{}” (#{}), which differs from “{username}” in case or blanks: \
                 write it so in [integrator_login] username, or rename it in ConnectWise",
                first.username.or_empty(),
                first.id
            ));
            let mut answers: Vec<Answer> =
                near.iter().map(|login| Answer::using(login.id, login.username.or_empty())).collect();
            answers.push(Answer::new(username));
            finding.offer(Offer::choice(key, "Which integrator login is the portal's?", answers));
            return Ok(finding);
        }
        let mut body = json!({
            "username": username,
            "canAccessAllRecordsFlag": true,
            "managedServicesApiFlag": true,
            "serviceTicketApiFlag": tickets,
        });
        if tickets && let Some(board) = &setup.known.board {
            body["board"] = board.shown_reference("name");
        }
        let change = Change::create(
            "integrator login",
            format!("“{username}”"),
            paths::integrator_logins(),
            body,
            &["username"],
        )
        .of_step(STEP.name(), "login");
        finding.changes.push(change.with_secret(SecretSlot::IntegratorPassword));
        setup.known.login = Some(Named::planned(username));
        return Ok(finding);
    };
    let wanted = username;
    let username = login.username.or_empty();
    if username != wanted {
        finding.note(
            None,
            format!(
                "integrator login “{username}” (#{}) was chosen, in [integrator_login] username it is “{wanted}”; \
                 write username = \"{username}\" under [integrator_login] in psactl.toml",
                login.id
            ),
        );
    }
    finding.found.push(format!("integrator login “{username}” (#{})", login.id));
    let made_here = setup.made_here(STEP, login.id)?;
    finding.choose("login", login.id, login.username.or_empty(), made_here);
    setup.known.login = Some(Named::there(login.id, login.username.or_empty()));

    if login.inactive_flag {
        finding.person(format!(
            "integrator login “{username}” (#{}) is inactive: make it active in ConnectWise",
            login.id
        ));
        return Ok(finding);
    }
    let signs_in = matches!(&setup.config.connectwise.login, Login::Integrator { username: own, .. } if is_near(own, username));
    let mut extra: Vec<&str> = login
        .apis()
        .into_iter()
        .filter(|flag| match *flag {
            "managedServicesApiFlag" => false,
            "serviceTicketApiFlag" => !tickets,
            _ => true,
        })
        .chain(login.childing())
        .collect();
    if login.can_access_all_apis_flag {
        extra.push("canAccessAllApisFlag");
    }
    let bound_to = login.board.as_ref().and_then(|board| board.id);
    let elsewhere = tickets && setup.known.board.as_ref().is_some_and(|board| board.id != bound_to);
    let may_narrow = made_here
        && !signs_in
        && (elsewhere || !extra.is_empty())
        && !serves_another(setup, login.id).await?;

    let mut fields: Vec<(&'static str, Value, Value)> = Vec::new();
    let mut needed = vec!["canAccessAllRecordsFlag", "managedServicesApiFlag"];
    if tickets {
        needed.push("serviceTicketApiFlag");
    }
    for flag in needed {
        if !login.flag(flag) {
            fields.push((flag, json!(false), json!(true)));
        }
    }
    if tickets {
        let board = setup.known.board.as_ref();
        if let Some(board) = board
            && bound_to != board.id
        {
            if bound_to.is_none() || may_narrow {
                let was = login
                    .board
                    .as_ref()
                    .map_or(Value::Null, |board| json!({ "id": board.id, "name": board.name }));
                fields.push(("board", was, board.shown_reference("name")));
            } else {
                finding.note(
                    None,
                    format!(
                        "integrator login “{username}” is bound to board “{}”, tickets go to “{}”",
                        login.board.as_ref().and_then(|board| board.name.clone()).unwrap_or_default(),
                        board.name
                    ),
                );
            }
        }
    }
    if may_narrow {
        fields.extend(
            extra
                .iter()
                .filter_map(|flag| NARROWED.iter().find(|known| *known == flag))
                .map(|flag| (*flag, json!(true), json!(false))),
        );
    } else if !extra.is_empty() {
        finding.note(None, format!(
            "integrator login “{username}” also has {}; left as it is, since psactl did not create it, signs in with \
             it, or another integration works through it",
            extra.join(", ")
        ));
    }
    for (callback, address) in login.callbacks() {
        finding.note(
            None,
            format!("integrator login “{username}” has {callback} = {address}; the guide has none"),
        );
    }
    let mut change = Change::update(
        "integrator login",
        login.id,
        format!("“{username}”"),
        paths::integrator_login(login.id),
        fields,
    )
    .of_step(STEP.name(), "login");
    if setup.new_password && signs_in {
        finding.person(format!(
            "psactl signs in with “{username}” itself: change its password in ConnectWise, then in both places of \
             psactl.toml, so that it is never locked out by its own change"
        ));
    } else if setup.new_password {
        change = change.with_secret(SecretSlot::IntegratorPassword);
        finding.note(None, format!("whoever else signs in as “{username}” needs the new password too"));
    }
    if change.writes_something() {
        finding.changes.push(change);
    }
    Ok(finding)
}
