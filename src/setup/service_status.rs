//! Guide step 1: the statuses of the integration board.
//!
//! An existing status is never changed: its escalation drives SLA clocks. The chosen ones are kept by id.

use serde_json::json;

use super::{Finding, Named, Setup, Step};
use crate::error::Result;
use crate::plan::Change;
use crate::psa::{Board, BoardStatus, OrEmpty, Query, paths};

const STEP: Step = Step::ServiceStatus;

pub(super) async fn check(setup: &mut Setup<'_>) -> Result<Finding> {
    let mut finding = Finding::new(STEP);
    let wanted = setup.config.tickets.board.as_str();
    let kept = setup.chosen(STEP, "board")?;
    let boards: Vec<Board> = setup
        .client
        .list(&paths::boards(), &Query::all().fields("id,name,inactiveFlag").order_by("id"))
        .await?;
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
    let statuses: Vec<BoardStatus> = statuses.into_iter().filter(|status| !status.inactive).collect();
    let (open, closed): (Vec<_>, Vec<_>) = statuses.iter().partition(|status| !status.closed_status);
    let board_id = board.id;
    one(setup, &mut finding, board_id, Which::New, &open)?;
    one(setup, &mut finding, board_id, Which::Closed, &closed)?;
    Ok(finding)
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
) -> Result<()> {
    let settings = &setup.config.tickets;
    let named = match which {
        Which::New => settings.new_status.as_deref(),
        Which::Closed => settings.closed_status.as_deref(),
    };
    let kept = setup.chosen(STEP, which.key())?;
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
        match (by_hint.as_slice(), by_default.as_slice(), fitting) {
            ([one], _, _) => Some(*one),
            (_, [one], _) if which == Which::New => Some(*one),
            (_, _, [one]) => Some(one),
            _ => None,
        }
    };
    if let Some(status) = found {
        let what = if which == Which::New { "new tickets get" } else { "resolved tickets get" };
        finding.found.push(format!("{what} status “{}” (#{})", status.name.or_empty(), status.id));
        finding.choose(which.key(), status.id, status.name.or_empty(), setup.made_here(STEP, status.id)?);
    } else if fitting.is_empty() || named.is_some() {
        let fallback = if which == Which::New { "New (not responded)" } else { "Closed" };
        let name = named.unwrap_or(fallback);
        let body = json!({
            "name": name,
            "closedStatus": which == Which::Closed,
            "displayOnBoard": which == Which::New,
            "escalationStatus": which.escalation(),
        });
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
