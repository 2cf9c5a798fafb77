//! Guide step 2: the integrator login.
//!
//! A login that psactl did not create, that it signs in with, or that another integration refers to is
//! never narrowed: somebody may depend on what it may do.

use serde_json::{Value, json};

use super::{Finding, Named, Setup, Step};
use crate::config::Login;
use crate::error::Result;
use crate::plan::{Change, SecretSlot};
use crate::psa::{IntegratorLogin, Query, paths};

const STEP: Step = Step::IntegratorLogin;

pub(super) async fn check(setup: &mut Setup<'_>) -> Result<Finding> {
    let mut finding = Finding::new(STEP);
    let username = setup.config.integrator_login.username.as_str();
    let tickets = setup.config.tickets.enabled;
    let logins: Vec<IntegratorLogin> =
        setup.client.list(&paths::integrator_logins(), &Query::all().order_by("id")).await?;
    let Some(login) = logins.iter().find(|login| login.username == username) else {
        if let Some(near) = logins.iter().find(|login| login.username.trim().eq_ignore_ascii_case(username.trim())) {
            finding.person(format!(
                "there is an integrator login “{}” (#{}), which differs from “{username}” in case or blanks: \
                 write it so in [integrator_login] username, or rename it in ConnectWise",
                near.username, near.id
            ));
            return Ok(finding);
        }
        let mut body = json!({
            "username": username,
            "canAccessAllRecordsFlag": true,
            "managedServicesApiFlag": true,
            "serviceTicketApiFlag": tickets,
        });
        if tickets && let Some(board) = &setup.known.board {
            body["board"] = board.reference("name");
        }
        let mut change =
            Change::create("integrator login", format!("“{username}”"), paths::integrator_logins(), body, &["username"])
                .of_step(STEP.name(), "login");
        change.secret = Some(SecretSlot::IntegratorPassword);
        finding.changes.push(change);
        setup.known.login = Some(Named::planned(username));
        return Ok(finding);
    };
    finding.found.push(format!("integrator login “{}” (#{})", login.username, login.id));
    let made_here = setup.made_here(STEP, login.id)?;
    finding.choose("login", login.id, &login.username, made_here);
    setup.known.login = Some(Named::there(login.id, &login.username));

    if login.inactive_flag.unwrap_or(false) {
        finding.person(format!("integrator login “{username}” (#{}) is inactive: make it active in ConnectWise", login.id));
        return Ok(finding);
    }
    let signs_in = matches!(&setup.config.connectwise.login, Login::Integrator { username: own, .. } if own == username);
    let may_narrow = made_here && !signs_in;

    let mut fields: Vec<(&'static str, Value, Value)> = Vec::new();
    let mut turn_on = |name: &'static str, is: Option<bool>| {
        if !is.unwrap_or(false) {
            fields.push((name, json!(is), json!(true)));
        }
    };
    turn_on("canAccessAllRecordsFlag", login.can_access_all_records_flag);
    turn_on("managedServicesApiFlag", login.managed_services_api_flag);
    if tickets {
        turn_on("serviceTicketApiFlag", login.service_ticket_api_flag);
        let board = setup.known.board.as_ref();
        let has = login.board.as_ref().and_then(|board| board.id);
        if let Some(board) = board
            && has != board.id
        {
            if has.is_none() || may_narrow {
                let was = login.board.as_ref().map_or(Value::Null, |board| json!({ "id": board.id, "name": board.name }));
                fields.push(("board", was, board.reference("name")));
            } else {
                finding.note(None, format!(
                    "integrator login “{username}” is bound to board “{}”, tickets go to “{}”",
                    login.board.as_ref().and_then(|board| board.name.clone()).unwrap_or_default(),
                    board.name
                ));
            }
        }
    }
    let extra: Vec<&'static str> = login
        .api_flags_on()
        .into_iter()
        .filter(|flag| match *flag {
            "managedServicesApiFlag" => false,
            "serviceTicketApiFlag" => !tickets,
            _ => true,
        })
        .collect();
    for flag in extra {
        if may_narrow {
            fields.push((flag, json!(true), json!(false)));
        } else {
            finding.note(None, format!(
                "integrator login “{username}” also has {flag}; left as it is, since psactl did not create it \
                 or signs in with it"
            ));
        }
    }
    let change = Change::update("integrator login", login.id, format!("“{username}”"), paths::integrator_login(login.id), fields)
        .of_step(STEP.name(), "login");
    if change.writes_something() {
        finding.changes.push(change);
    }
    Ok(finding)
}
