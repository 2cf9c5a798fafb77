//! `psactl review`: held changes, and the answers of a person.

mod talk;

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::Serialize;

use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::store::{Binding, Hold, HoldState, Store};
use crate::ui::{Show, Ui, text};

/// Show the changes that are held, and approve or reject them
///
/// On a terminal it asks about them one by one; with answers on the command
/// line, --no-input or --output json nobody is asked.
///
/// An approval is for exactly this record, this value before and this value
/// after; the next sync uses it once. It is void if either moved meanwhile. What
/// is blocked is never a matter of approval.
///
/// Examples:
///   psactl review
///   psactl review --approve 3 --approve 4
///   psactl review --approve all
///   psactl review --reject 5 --reason "customer disputes it"
///   psactl review --take-over 3014
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Approve a held change by its number, or all of them; may be repeated
    #[arg(long, value_name = "ID|all")]
    approve: Vec<Approve>,
    /// Reject a held change by its number; may be repeated
    #[arg(long, value_name = "ID", requires = "reason")]
    reject: Vec<i64>,
    /// Why: psactl review shows it beside the change
    #[arg(long, value_name = "TEXT", requires = "reject", value_parser = super::common::reason)]
    reason: Option<String>,
    /// Somebody else changed this agreement addition's quantity: let psactl write it again, starting from what
    /// it holds now. ADDITION is its id, as psactl sync and doctor show it; may be repeated
    #[arg(long, value_name = "ADDITION")]
    take_over: Vec<i64>,
}

/// What is approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Approve {
    All,
    One(i64),
}

impl FromStr for Approve {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Approve, Self::Err> {
        match word {
            "all" => Ok(Approve::All),
            _ => word.parse().map(Approve::One).map_err(
                |_| "no number of a held change; psactl review lists them, and `all` approves every one",
            ),
        }
    }
}

/// The held changes.
#[derive(Debug, Serialize)]
struct Review {
    held: Vec<Hold>,
    approved: usize,
    rejected: usize,
    taken_over: usize,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let named = args.approve.iter().filter_map(|word| match word {
        Approve::One(id) => Some(*id),
        Approve::All => None,
    });
    one_answer_each(&named.collect(), &args.reject.iter().copied().collect())?;
    let store = context.existing_store()?;
    let answers = !args.approve.is_empty() || !args.reject.is_empty() || !args.take_over.is_empty();
    if !answers && context.ui.may_ask() && !context.ui.is_json() {
        if store.holds()?.iter().any(|hold| hold.state == HoldState::Held) {
            let answers = context.block_on(async {
                // From here on Ctrl-C is an answer, and leaves the terminal as it was.
                tokio::task::yield_now().await;
                talk::talk(context, &store)
            })?;
            return talk::end(context, &store, &answers);
        }
        context.ui.emit(&Review { held: store.holds()?, approved: 0, rejected: 0, taken_over: 0 });
        return Ok(Exit::Done);
    }
    let _lock = if answers { Some(context.lock(&store, "review")?) } else { None };
    let before = store.holds()?;
    let mut approved = BTreeSet::new();
    for word in &args.approve {
        match word {
            Approve::All => {
                let held = before.iter().filter(|hold| hold.state == HoldState::Held);
                approved.extend(held.map(|hold| hold.id));
            }
            Approve::One(id) => approved.extend([*id]),
        }
    }
    let rejected: BTreeSet<i64> = args.reject.iter().copied().collect();
    one_answer_each(&approved, &rejected)?;
    // Nothing is answered where one of the numbers is wrong.
    for id in approved.iter().chain(&rejected) {
        if !before.iter().any(|hold| hold.id == *id) {
            return Err(Failure::new(Exit::Partial, format!("there is no held change {id}")).hint(
                "psactl review lists them; one whose values moved is held anew under the same number",
            ));
        }
    }
    let taken_over = taken_over(context, &store, &args.take_over.iter().copied().collect())?;
    for id in &approved {
        store.answer_hold(*id, HoldState::Approved, None)?;
    }
    for id in &rejected {
        // A no to writing again what was taken back leaves it taken back.
        let undone = before.iter().any(|hold| hold.id == *id && hold.state == HoldState::Undone);
        let state = if undone { HoldState::Undone } else { HoldState::Rejected };
        store.answer_hold(*id, state, args.reason.as_deref())?;
    }
    for (source, binding) in &taken_over {
        store.set_binding(source, binding)?;
    }
    let answered = before.iter().filter(|hold| approved.contains(&hold.id) || rejected.contains(&hold.id));
    let concerned: BTreeSet<&str> = answered
        .map(|hold| hold.cid.as_str())
        .chain(taken_over.iter().map(|(_, binding)| binding.cid.as_str()))
        .collect();
    if !concerned.is_empty() {
        store.forget_checks_of(concerned)?;
    }
    let review = Review {
        held: store.holds()?,
        approved: approved.len(),
        rejected: rejected.len(),
        taken_over: taken_over.len(),
    };
    context.ui.emit(&review);
    Ok(Exit::Done)
}

/// A change is approved or rejected, never both.
fn one_answer_each(approved: &BTreeSet<i64>, rejected: &BTreeSet<i64>) -> Result<()> {
    match approved.intersection(rejected).next() {
        None => Ok(()),
        Some(id) => Err(Failure::new(Exit::Usage, format!("change {id} is both approved and rejected"))
            .hint("give each change one answer; --approve all takes those that are rejected too")),
    }
}

/// The additions' present quantities, whoever wrote them, become the ones psactl starts from.
fn taken_over(
    context: &Context,
    store: &Store,
    additions: &BTreeSet<i64>,
) -> Result<Vec<(&'static str, Binding)>> {
    if additions.is_empty() {
        return Ok(Vec::new());
    }
    let config = context.config()?;
    let source = config.portal.source.name();
    let client = context.client(&config)?;
    let known = store.bindings(source)?;
    let mut taken_over = Vec::new();
    for addition in additions {
        let Some(binding) = known.iter().find(|binding| binding.addition_id == *addition) else {
            return Err(Failure::new(
                Exit::Partial,
                format!("psactl keeps no agreement addition #{addition}"),
            )
            .hint("psactl sync --dry-run names the additions that are blocked"));
        };
        let path = crate::psa::paths::addition(binding.agreement_id, *addition);
        let found: crate::psa::Addition = context.block_on(async { Ok(client.get(&path).await?) })?;
        // It is another's value: the next push of psactl is a first push again.
        taken_over.push((source, Binding { adopted: found.quantity, pushed: None, ..binding.clone() }));
    }
    Ok(taken_over)
}

impl Show for Review {
    const SCHEMA: &'static str = "psactl/review/1";

    fn show(&self, ui: &Ui) {
        if self.held.is_empty() {
            ui.out("Nothing is held.");
        } else {
            let mut table =
                ui.table(&["id", "state", "customer", "record", "from", "to", "next invoice", "why"]);
            for hold in &self.held {
                let state = match hold.state {
                    HoldState::Held => "held",
                    HoldState::Approved => "approved",
                    HoldState::Rejected => "rejected",
                    HoldState::Undone => "undone",
                };
                let why = match &hold.note {
                    Some(note) => format!("{} (rejected: {note})", hold.reason),
                    None => hold.reason.clone(),
                };
                table.row([
                    hold.id.to_string(),
                    state.to_owned(),
                    hold.cid.clone(),
                    hold.change.subject.to_string(),
                    text::shorten(if hold.before.is_empty() { "(empty)" } else { &hold.before }, 40),
                    text::shorten(&hold.after, 40),
                    crate::plan::money_of(&hold.change),
                    why,
                ]);
            }
            ui.out(&table.to_string());
        }
        if self.approved + self.rejected + self.taken_over > 0 {
            ui.out(&format!(
                "{} approved, {} rejected, {} taken over. The next psactl sync goes by it.",
                self.approved, self.rejected, self.taken_over
            ));
        } else if self.held.iter().any(|hold| hold.state == HoldState::Held) {
            ui.say("psactl review --approve ID (or all), --reject ID --reason TEXT");
        }
        // `all` answers what guards asked; what a person took back is lifted one by one.
        if self.held.iter().any(|hold| hold.state == HoldState::Undone) {
            ui.say("What was taken back stays as it is: psactl review --approve ID lifts it");
        }
    }
}
