//! Guide step 1: the statuses of the integration board.
//!
//! An existing status is never changed: its escalation drives SLA clocks. Only on an old release, where a
//! status can carry the guide's *External Integration XRef*, that field is set as the guide does. The chosen
//! ones are kept by id.

use serde_json::{Value, json};

use super::{Finding, Named, Setup, Step};
use crate::error::Result;
use crate::plan::Change;
use crate::psa::{Board, BoardStatus, OrEmpty, Query, paths};

const STEP: Step = Step::ServiceStatus;

pub(super) async fn check(setup: &mut Setup<'_>) -> Result<Finding> {
    let mut finding = Finding::new(STEP);
    let wanted = setup.config.tickets.board.as_str();
    let kept = setup.chosen(STEP, "board")?;
    let boards: Vec<Board> =
        setup.client.list(&paths::boards(), &Query::all().fields("id,name,inactiveFlag")).await?;
    let named = boards.iter().find(|board| board.name.or_empty() == wanted);
    let followed = boards.iter().find(|board| kept.as_ref().is_some_and(|choice| choice.id == board.id));
    let Some(board) = named.or(followed) else {
        let near =
            boards.iter().find(|board| board.name.or_empty().trim().eq_ignore_ascii_case(wanted.trim()));
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
        return Ok(finding);
    };
    if board.name.or_empty() != wanted {
        finding.note(
            None,
            format!(
                "service board #{} is now called “{}”, in [tickets] board it is “{wanted}”",
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
        return Ok(finding);
    }
    finding.found.push(format!("service board “{}” (#{})", board.name.or_empty(), board.id));
    finding.choose("board", board.id, board.name.or_empty(), false);
    setup.known.board = Some(Named::there(board.id, board.name.or_empty()));

    let statuses: Vec<BoardStatus> =
        setup.client.list(&paths::statuses(board.id), &Query::all().order_by("sortOrder")).await?;
    let cross_referenced = cross_referenced(setup, &statuses).await?;
    let statuses: Vec<BoardStatus> = statuses.into_iter().filter(|status| !status.inactive).collect();
    let (open, closed): (Vec<_>, Vec<_>) = statuses.iter().partition(|status| !status.closed_status);
    let board_id = board.id;
    one(setup, &mut finding, board_id, Which::New, &open, cross_referenced)?;
    one(setup, &mut finding, board_id, Which::Closed, &closed, cross_referenced)?;
    Ok(finding)
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
            Which::New => "[tickets] new_status",
            Which::Closed => "[tickets] closed_status",
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
    fitting: &[&BoardStatus],
    cross_referenced: bool,
) -> Result<()> {
    let settings = &setup.config.tickets;
    let named = match which {
        Which::New => settings.new_status.as_deref(),
        Which::Closed => settings.closed_status.as_deref(),
    };
    let kept = setup.chosen(STEP, which.key())?;
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
        fitting.iter().find(|status| status.name.or_empty() == name)
    } else if let Some(choice) = &kept {
        fitting.iter().find(|status| status.id == choice.id)
    } else {
        // Only one that leaves no doubt is taken without a person.
        match (by_xref.as_slice(), by_hint.as_slice(), by_default.as_slice(), fitting) {
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
        if cross_referenced && which == Which::New {
            cross_reference(finding, board, status, &by_xref);
        }
    } else if fitting.is_empty() || named.is_some() {
        let fallback = if which == Which::New { "New (not responded)" } else { "Closed" };
        let name = named.unwrap_or(fallback);
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
    } else {
        let names = fitting
            .iter()
            .map(|status| format!("“{}”", status.name.or_empty()))
            .collect::<Vec<_>>()
            .join(", ");
        finding.person(format!("several statuses would do ({names}): name one in {}", which.setting()));
    }
    Ok(())
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
