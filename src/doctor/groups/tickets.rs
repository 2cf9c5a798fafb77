//! Tickets, and what makes a second one of each (guide, issue A).

use std::collections::BTreeMap;

use crate::doctor::catalog::Group;
use crate::doctor::findings::{Evidence, Findings};
use crate::doctor::observe::{Lists, PortalData, Seen, State};
use crate::psa::{OrEmpty, Ticket};
use crate::sync::faults::FaultKey;

/// The guide's clicks, for who cannot be looked at.
const AT_THE_PORTAL: &str = "[I] impersonate the account > My Account > Notifications";

pub(super) fn judge(seen: &Seen<'_>, found: &mut Findings) {
    let Some((config, portal, state)) = seen.ground() else { return };
    let Some(lists) = seen.lists() else { return };
    if !config.tickets.enabled {
        found.skip_group(Group::Tickets, "tickets are off ([tickets] enabled)");
        return;
    }
    notifications(seen, portal, state, lists, found);
    match &lists.tickets {
        Some(Ok(tickets)) => all(seen, portal, state, tickets, found),
        _ => {
            for id in ["ticket-doubled", "ticket-moved", "ticket-child", "ticket-merged"] {
                found.skip(id, "not checked, because the tickets could not be read");
            }
        }
    }
}

fn shown(ticket: &Ticket) -> String {
    format!("ticket #{} “{}”", ticket.id, ticket.summary.or_empty())
}

/// The part of the key that names the fault; the rest is the episode.
fn fault_of(ticket: &Ticket) -> &str {
    let xref = ticket.external_x_ref.or_empty();
    xref.rsplit_once(':').map_or(xref, |(fault, _)| fault)
}

fn all(seen: &Seen<'_>, portal: &PortalData, state: &State, tickets: &[Ticket], found: &mut Findings) {
    let keys: BTreeMap<String, &FaultKey> =
        state.memories.keys().map(|key| (key.xref(portal.source), key)).collect();
    let cid = |ticket: &Ticket| keys.get(fault_of(ticket)).map(|key| key.cid.as_str());
    let asked =
        |ticket: &&Ticket| seen.look.cids.is_empty() || cid(ticket).is_some_and(|cid| seen.asked(cid));
    let evidence = |ticket: &Ticket, text: String| {
        let evidence = Evidence::new(text).record("ticket", ticket.id);
        match cid(ticket) {
            Some(cid) => evidence.of(cid),
            None => evidence,
        }
    };
    let mut open: BTreeMap<&str, Vec<&Ticket>> = BTreeMap::new();
    for ticket in tickets.iter().filter(asked) {
        if !ticket.closed_flag {
            open.entry(fault_of(ticket)).or_default().push(ticket);
        }
        if let Some(parent) = &ticket.merged_parent_ticket {
            let id = parent.id.unwrap_or_default();
            let text = format!("{} was merged under ticket #{id}", shown(ticket));
            found.find("ticket-merged", evidence(ticket, text));
            continue;
        }
        if ticket.closed_flag {
            continue;
        }
        if let Some(parent) = ticket.parent_ticket_id.filter(|parent| *parent != 0) {
            let text = format!("{} is a child of ticket #{parent}", shown(ticket));
            found.find("ticket-child", evidence(ticket, text));
        }
        let board = ticket.board.as_ref();
        if let (Some(own), Some(chosen)) = (board.and_then(|board| board.id), state.chosen.board)
            && own != chosen
        {
            let name = board.map(ToString::to_string).unwrap_or_default();
            found.find(
                "ticket-moved",
                evidence(ticket, format!("{} is on board “{name}” (#{own})", shown(ticket))),
            );
        }
    }
    for doubled in open.values().filter(|tickets| tickets.len() > 1) {
        let which: Vec<String> = doubled.iter().map(|ticket| shown(ticket)).collect();
        if let Some(first) = doubled.first() {
            found.find("ticket-doubled", evidence(first, which.join(" and ")));
        }
    }
}

/// Where the portal's own notifications go (guide, figure 25).
fn notifications(seen: &Seen<'_>, portal: &PortalData, state: &State, lists: &Lists, found: &mut Findings) {
    let accounts = || portal.snapshot.accounts.iter().filter(|account| seen.asked(&account.cid));
    let skipped = |column: &str| {
        format!("the account list has no column “{column}”; look at the portal: {AT_THE_PORTAL}")
    };
    if accounts().all(|account| account.external_ticketing.is_none()) {
        found.skip("external-ticketing", skipped("External Ticketing"));
    }
    for account in accounts().filter(|account| account.external_ticketing == Some(true)) {
        let text = format!("account {} ({}) of customer {}", account.user, account.number, account.cid);
        found.find("external-ticketing", Evidence::new(text).of(&account.cid));
    }
    if accounts().all(|account| account.notification_email.is_none()) {
        found.skip("notify-email", skipped("Notification Email"));
        return;
    }
    let Some(Ok(boards)) = &lists.boards else {
        found.skip("notify-email", "not checked, because the service boards could not be read");
        return;
    };
    let board = boards.iter().find(|board| Some(board.id) == state.chosen.board);
    let Some(from) =
        board.map(|board| board.notify_email_from.or_empty().trim()).filter(|from| !from.is_empty())
    else {
        found.skip(
            "notify-email",
            "the board names no address that its notifications come from; compare by hand: Setup > Setup Tables > \
             Service Board > the board > Notifications",
        );
        return;
    };
    let same = |email: &String| email.trim().eq_ignore_ascii_case(from);
    for account in accounts().filter(|account| account.notification_email.as_ref().is_some_and(same)) {
        let text = format!(
            "account {} ({}) of customer {} is notified at {from}, which is the board's own address",
            account.user, account.number, account.cid
        );
        found.find("notify-email", Evidence::new(text).of(&account.cid));
    }
}
