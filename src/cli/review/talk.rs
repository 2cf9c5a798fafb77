//! The held changes one by one, on a terminal: shown, asked about, answered at once.

use crate::context::Context;
use crate::error::{Exit, Result};
use crate::plan::{field_line, money_of};
use crate::store::{Hold, HoldState, Store};
use crate::ui::{Look, text};

/// What was answered.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) approved: usize,
    pub(super) rejected: usize,
}

/// What became of one answer.
enum Kept {
    /// It stands in the state.
    Yes,
    /// The change is not what was shown any more, or held no more.
    Moved,
    /// Another psactl is at work.
    Busy,
}

const ANSWERS: [&str; 4] = ["Approve", "Reject", "Leave it held", "Stop here"];

/// Asks about every change that is held. An answer counts from the moment it is given, so that whoever is
/// called away has lost nothing.
pub(super) fn talk(context: &Context, store: &Store) -> Result<Answers> {
    let mut answers = Answers::default();
    let mut open = held(store)?;
    open.reverse();
    let (mut at, number) = (1, open.len());
    while let Some(hold) = open.pop() {
        show(context, &hold, at, number);
        // Enter alone approves nothing.
        match context.ui.choose("What now", &ANSWERS, 2, "--approve ID or --reject ID")? {
            0 => match keep(context, store, &hold, HoldState::Approved, None)? {
                Kept::Yes => answers.approved += 1,
                other => again(context, store, other, hold.id, &mut open, &mut at)?,
            },
            1 => {
                let check = |reason: &str| match reason.trim() {
                    "" => Err("in a few words".to_owned()),
                    _ => Ok(()),
                };
                let reason = context.ui.ask_text("Reason", None, "--reason TEXT", check)?;
                match keep(context, store, &hold, HoldState::Rejected, Some(reason.trim()))? {
                    Kept::Yes => answers.rejected += 1,
                    other => again(context, store, other, hold.id, &mut open, &mut at)?,
                }
            }
            2 => {}
            _ => break,
        }
        at += 1;
    }
    Ok(answers)
}

fn held(store: &Store) -> Result<Vec<Hold>> {
    let mut holds = store.holds()?;
    holds.retain(|hold| hold.state == HoldState::Held);
    Ok(holds)
}

fn show(context: &Context, hold: &Hold, at: usize, number: usize) {
    let ui = &context.ui;
    ui.tell("");
    let now = context.now();
    let head = format!(
        "{at} of {number}: change {}, customer {}, held since {} UTC ({})",
        hold.id,
        hold.cid,
        text::moment(hold.since),
        text::span(now.duration_since(hold.since))
    );
    ui.tell(&ui.paint(Look::Head, &text::clean(&head)));
    ui.tell(&format!("  {}", ui.wrap(&text::clean(&hold.change.subject.to_string()), 2, 2)));
    for field in &hold.change.fields {
        ui.tell(&format!("    {}", ui.wrap(&field_line(field), 4, 6)));
    }
    if let Some(money) = &hold.change.money {
        let prorated =
            if money.prorated { "; a full period, ConnectWise prorates the running one" } else { "" };
        let line = format!(
            "next invoice {} ({}){prorated}",
            money_of(&hold.change),
            text::signed_money(money.delta())
        );
        ui.tell(&format!("    {}", ui.wrap(&line, 4, 6)));
    }
    ui.tell(&format!("    {}", ui.wrap(&format!("why: {}", text::clean(&hold.reason)), 4, 9)));
}

/// Keeps an answer, if the question still is the one that was shown: a run may have come between.
fn keep(
    context: &Context,
    store: &Store,
    shown: &Hold,
    state: HoldState,
    note: Option<&str>,
) -> Result<Kept> {
    let _lock = match store.lock("review", context.now()) {
        Ok(lock) => lock,
        Err(error) if error.is_busy() => return Ok(Kept::Busy),
        Err(error) => return Err(error.into()),
    };
    let same = |hold: &Hold| {
        hold.id == shown.id
            && hold.before == shown.before
            && hold.after == shown.after
            && hold.state == HoldState::Held
    };
    if !store.holds()?.iter().any(same) {
        return Ok(Kept::Moved);
    }
    store.answer_hold(shown.id, state, note)?;
    store.forget_checks_of([shown.cid.as_str()])?;
    Ok(Kept::Yes)
}

/// Puts a change whose answer was not kept back in front, as it is now.
fn again(
    context: &Context,
    store: &Store,
    why: Kept,
    id: i64,
    open: &mut Vec<Hold>,
    at: &mut usize,
) -> Result<()> {
    let now = held(store)?.into_iter().find(|hold| hold.id == id);
    match (why, &now) {
        (Kept::Busy, _) => context.ui.tell("  psactl is at work just now: answer again in a moment"),
        (_, Some(_)) => context.ui.tell("  a run came between and its values moved: not answered; it is now"),
        (_, None) => context.ui.tell("  a run came between, and it is held no more: not answered"),
    }
    if let Some(hold) = now {
        open.push(hold);
        *at -= 1;
    }
    Ok(())
}

/// How the conversation ended.
pub(super) fn end(context: &Context, store: &Store, answers: &Answers) -> Result<Exit> {
    let left = held(store)?.len();
    let Answers { approved, rejected } = answers;
    context.ui.out(&format!("{approved} approved, {rejected} rejected, {left} still held."));
    if approved + rejected > 0 {
        context.ui.say("The next psactl sync goes by it.");
    }
    Ok(Exit::Done)
}
