//! Guide step 1: the statuses of the integration board.
//!
//! An existing status is never changed: its escalation drives SLA clocks. Only on an old release, where a
//! status can carry the guide's *External Integration XRef*, that field is set as the guide does. The chosen
//! ones are kept by id.

use serde_json::{Value, json};

use super::offers::{Answer, Offer, is_near};
use super::{Finding, Named, Setup, Step};
use crate::error::Result;
use crate::plan::Change;
use crate::psa::{Board, BoardStatus, OrEmpty, Query, paths};

const STEP: Step = Step::ServiceStatus;

pub(super) async fn check(setup: &mut Setup<'_>) -> Result<Finding> {
    let mut finding = Finding::new(STEP);
    let wanted = setup.config.tickets.board.as_str();
    let kept = setup.chosen(STEP, "board")?;
    let boards: Vec<Board> = setup.client.list(&paths::boards(), &boards_query()).await?;
    let active = |board: &&Board| !board.inactive_flag;
    let by_id = |id: Option<i64>| boards.iter().find(|board| Some(board.id) == id);
    let named = boards.iter().find(|board| board.name.or_empty() == wanted);
    let answered = by_id(setup.answered(STEP, &board_key(wanted))?);
    let followed = by_id(kept.as_ref().map(|choice| choice.id));
    let Some(board) = named.filter(active).or(answered).or(named).or(followed) else {
        let near = boards.iter().find(|board| is_near(board.name.or_empty(), wanted));
        finding.person(match near {
            Some(near) => format!(
                "there is no service board “{wanted}”, but “{}” (#{}): write it so in [tickets] board",
                near.name.or_empty(),
                near.id
            ),
            None => format!(
                "there is no service board “{wanted}”; there are {}: name one in [tickets] board",
                boards
                    .iter()
                    .map(|board| format!("“{}”", board.name.or_empty()))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        });
        finding.offer(which_board(wanted, &boards));
        return Ok(finding);
    };
    if board.name.or_empty() != wanted {
        let renamed = answered.is_none();
        let how = if renamed { "is now called" } else { "was chosen:" };
        finding.note(
            None,
            format!(
                "service board #{} {how} “{}”, in [tickets] board it is “{wanted}”; write board = \"{1}\" under \
                 [tickets] in psactl.toml",
                board.id,
                board.name.or_empty()
            ),
        );
    }
    if board.inactive_flag {
        finding.person(format!(
            "service board “{}” (#{}) is inactive: make it active, or name another",
            board.name.or_empty(),
            board.id
        ));
        finding.offer(which_board(wanted, &boards));
        return Ok(finding);
    }
    finding.found.push(format!("service board “{}” (#{})", board.name.or_empty(), board.id));
    finding.choose("board", board.id, board.name.or_empty(), false);
    setup.known.board = Some(Named::there(board.id, board.name.or_empty()));

    let statuses: Vec<BoardStatus> =
        setup.client.list(&paths::statuses(board.id), &Query::all().order_by("sortOrder")).await?;
    let cross_referenced = cross_referenced(setup, &statuses).await?;
    let board_id = board.id;
    for which in [Which::New, Which::Closed] {
        one(setup, &mut finding, board_id, which, &statuses, cross_referenced)?;
    }
    Ok(finding)
}

/// All boards, with what is looked at.
pub(crate) fn boards_query() -> Query {
    Query::all().fields("id,name,inactiveFlag,notifyEmailFrom")
}

/// What a person's choice of a board is remembered under; another name in psactl.toml asks anew.
fn board_key(wanted: &str) -> String {
    format!("board for {wanted}")
}

/// The boards that there are, those that are near before the others.
fn which_board(wanted: &str, boards: &[Board]) -> Offer {
    let mut active: Vec<&Board> = boards.iter().filter(|board| !board.inactive_flag).collect();
    active.sort_by_key(|board| !is_near(board.name.or_empty(), wanted));
    let answers = active.iter().map(|board| Answer::using(board.id, board.name.or_empty())).collect();
    Offer::choice(board_key(wanted), "Which service board do tickets go to?", answers)
}

/// What the guide's figure 1 chooses as *External Integration XRef* of the status for new tickets.
const NOT_RESPONDED: &str = "Not Responded (Set)";

/// The last release that is known to have the cross-reference; 2022.1 is known not to (behaviours, section 9).
const LAST_WITH_XREF: (u32, u32) = (2019, 5);

/// Whether statuses of this release have the guide's cross-reference: an old release, or one that shows it.
async fn cross_referenced(setup: &Setup<'_>, statuses: &[BoardStatus]) -> Result<bool> {
    let old = setup.client.company_info().await?.release().is_some_and(|release| release <= LAST_WITH_XREF);
    Ok(old || statuses.iter().any(|status| status.external_integration_xref.is_some()))
}

/// Whether a status is cross-referenced as the one for new tickets.
fn is_not_responded(status: &BoardStatus) -> bool {
    let xref = status.external_integration_xref.as_ref().and_then(|xref| xref.name.as_deref());
    xref.is_some_and(|name| name.trim().to_ascii_lowercase().starts_with("not responded"))
}

#[derive(Clone, Copy, PartialEq)]
enum Which {
    New,
    Closed,
}

impl Which {
    fn key(self) -> &'static str {
        match self {
            Which::New => "new",
            Which::Closed => "closed",
        }
    }

    fn setting(self) -> &'static str {
        match self {
            Which::New => "new_status",
            Which::Closed => "closed_status",
        }
    }

    fn question(self) -> &'static str {
        match self {
            Which::New => "Which status do new tickets get?",
            Which::Closed => "Which status do resolved tickets get?",
        }
    }

    /// The escalation that hints at such a status, today's nearest to the guide's cross-reference.
    fn escalation(self) -> &'static str {
        match self {
            Which::New => "NotResponded",
            Which::Closed => "Resolved",
        }
    }
}

fn one(
    setup: &Setup<'_>,
    finding: &mut Finding,
    board: i64,
    which: Which,
    statuses: &[BoardStatus],
    cross_referenced: bool,
) -> Result<()> {
    let settings = &setup.config.tickets;
    let named = match which {
        Which::New => settings.new_status.as_deref(),
        Which::Closed => settings.closed_status.as_deref(),
    };
    let fits = |status: &&BoardStatus| !status.inactive && status.closed_status == (which == Which::Closed);
    let fitting: Vec<&BoardStatus> = statuses.iter().filter(fits).collect();
    let by_id = |id: Option<i64>| fitting.iter().find(|status| Some(status.id) == id);
    let key = format!("{} on {board} for {}", which.key(), named.unwrap_or_default());
    let answered = by_id(setup.answered(STEP, &key)?);
    let kept = by_id(setup.chosen(STEP, which.key())?.map(|choice| choice.id));
    let by_xref: Vec<_> =
        fitting.iter().filter(|status| which == Which::New && is_not_responded(status)).collect();
    let by_hint: Vec<_> = fitting
        .iter()
        .filter(|status| {
            status.escalation_status.as_ref().is_some_and(|own| own.as_str() == which.escalation())
        })
        .collect();
    let by_default: Vec<_> = fitting.iter().filter(|status| status.default_flag).collect();
    let found = if let Some(name) = named {
        fitting.iter().find(|status| status.name.or_empty() == name).or(answered)
    } else if let Some(status) = answered.or(kept) {
        Some(status)
    } else {
        // Only one that leaves no doubt is taken without a person.
        match (by_xref.as_slice(), by_hint.as_slice(), by_default.as_slice(), fitting.as_slice()) {
            ([one], ..) => Some(*one),
            (_, [one], ..) => Some(*one),
            (_, _, [one], _) if which == Which::New => Some(*one),
            (.., [one]) => Some(one),
            _ => None,
        }
    };
    if let Some(status) = found {
        let what = if which == Which::New { "new tickets get" } else { "resolved tickets get" };
        finding.found.push(format!("{what} status “{}” (#{})", status.name.or_empty(), status.id));
        finding.choose(which.key(), status.id, status.name.or_empty(), setup.made_here(STEP, status.id)?);
        if let Some(name) = named.filter(|name| status.name.or_empty() != *name) {
            finding.note(
                None,
                format!(
                    "{what} “{}”, in [tickets] {} it is “{name}”; write {1} = \"{0}\" under [tickets] in \
                     psactl.toml",
                    status.name.or_empty(),
                    which.setting()
                ),
            );
        }
        if cross_referenced && which == Which::New {
            cross_reference(finding, board, status, &by_xref);
        }
        return Ok(());
    }
    if named.is_none() && !fitting.is_empty() {
        let names = fitting
            .iter()
            .map(|status| format!("“{}”", status.name.or_empty()))
            .collect::<Vec<_>>()
            .join(", ");
        finding.person(format!(
            "several statuses would do ({names}): name one in [tickets] {}",
            which.setting()
        ));
        finding.offer(which_status(which, key, &fitting, None));
        return Ok(());
    }
    let fallback = if which == Which::New { "New (not responded)" } else { "Closed" };
    let name = named.unwrap_or(fallback);
    let near = statuses.iter().filter(|status| is_near(status.name.or_empty(), name));
    let near = near.min_by_key(|status| (!fits(status), status.name.or_empty() != name));
    if let Some(near) = near.filter(|_| !setup.wants_new(STEP, &key)) {
        let id = near.id;
        let own = near.name.or_empty();
        finding.person(if near.inactive {
            format!("status “{own}” (#{id}) is inactive: make it active, or name another in [tickets] {}", which.setting())
        } else if !fits(&near) {
            let kind = if near.closed_status { "a closed status" } else { "no closed status" };
            format!("status “{own}” (#{id}) is {kind}: name another in [tickets] {}", which.setting())
        } else {
            format!(
                "there is a status “{own}” (#{id}), which differs from “{name}” in case or blanks: write it so in \
                 [tickets] {}",
                which.setting()
            )
        });
        // A second status of the same name would be told apart by nobody.
        let beside = (own != name).then_some(name);
        finding.offer(which_status(which, key, &fitting, beside));
        return Ok(());
    }
    let mut body = json!({
        "name": name,
        "closedStatus": which == Which::Closed,
        "displayOnBoard": which == Which::New,
        "escalationStatus": which.escalation(),
    });
    if cross_referenced && which == Which::New && by_xref.is_empty() {
        body["externalIntegrationXref"] = json!({ "name": NOT_RESPONDED });
    }
    finding.changes.push(
        Change::create("board status", format!("“{name}”"), paths::statuses(board), body, &["name"])
            .of_step(STEP.name(), which.key()),
    );
    Ok(())
}

/// The statuses that would do, and where there may be one, a new one beside them.
fn which_status(which: Which, key: String, fitting: &[&BoardStatus], beside: Option<&str>) -> Offer {
    let mut answers: Vec<Answer> =
        fitting.iter().map(|status| Answer::using(status.id, status.name.or_empty())).collect();
    answers.extend(beside.map(Answer::new));
    Offer::choice(key, which.question(), answers)
}

/// Sees that the status for new tickets carries the guide's cross-reference, where nothing else stands there.
fn cross_reference(finding: &mut Finding, board: i64, status: &BoardStatus, others: &[&&BoardStatus]) {
    let name = status.name.or_empty();
    if is_not_responded(status) {
        finding.found.push(format!("“{name}” has External Integration XRef “Not Responded”"));
    } else if let Some(xref) = &status.external_integration_xref {
        finding.note(
            None,
            format!(
                "“{name}” (#{}) has External Integration XRef “{}”; the guide has “{NOT_RESPONDED}”, and psactl \
                 needs neither",
                status.id,
                xref.name.or_empty()
            ),
        );
    } else if let [other, ..] = others {
        finding.note(
            None,
            format!(
                "External Integration XRef “Not Responded” stands at “{}” (#{}), new tickets get “{name}”",
                other.name.or_empty(),
                other.id
            ),
        );
    } else {
        let xref = ("externalIntegrationXref", Value::Null, json!({ "name": NOT_RESPONDED }));
        let path = paths::status(board, status.id);
        finding.changes.push(
            Change::update("board status", status.id, format!("“{name}”"), path, [xref])
                .of_step(STEP.name(), Which::New.key()),
        );
    }
}
