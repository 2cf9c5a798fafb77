//! `psactl companies add`: the weekly job for a new client in one plan and one yes. Link, both Managed ID entries
//! in order, the missing agreement additions with their first quantity, then a look at what the next sync would
//! do. Run again, it does what is missing.

use std::sync::Arc;

use serde::Serialize;

use super::link::{names, show_applied};
use super::linking::{Linking, Proposed};
use crate::cli::setup::ask;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::plan::apply::{Applied, Ended};
use crate::plan::{Change, Note, Plan, Purpose};
use crate::portal::Customer;
use crate::psa::Company;
use crate::setup::{Asks, Chosen, Finding, Offer, Reply, Setup, Standing, Step};
use crate::store::Link;
use crate::sync;
use crate::ui::{Look, Show, Ui, text};

/// Everything for a new client, up to its first bill: one plan, one yes
///
/// Links the customer to the company, makes both Managed ID entries in the right
/// order and an agreement addition for each service it uses, with the quantity
/// used, then reads back and says what the next sync would do. What is there
/// already stays; run again, it finishes what is missing.
///
/// Examples:
///   psactl companies add 342 "Eddie's TV Repair" --dry-run
///   psactl companies add 342 "Eddie's TV Repair"
///   psactl companies add 342 20 --agreement 51 --effective-date 2026-12-01 --yes
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The customer's ID at the portal, such as 342
    cid: String,
    /// The company: its id, its identifier or its exact name
    company: String,
    /// The agreement that additions go on, by its id, where several would do
    #[arg(long, value_name = "ID")]
    agreement: Option<i64>,
    /// From when an addition bills whose agreement has no next invoice ahead
    #[arg(long, value_name = "YYYY-MM-DD")]
    effective_date: Option<jiff::civil::Date>,
    /// Bill the flat fee of [billing.flat_fees] beside the new addition of this service; may be repeated
    #[arg(long, value_name = "SERVICE", value_parser = ask::service())]
    flat_fee: Vec<&'static str>,
    /// Show what would be done; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let config = context.config()?;
    ask::are_configured(&args.flat_fee, &config)?;
    let store = context.store_for(&config)?;
    let snapshot = context.portal(&config)?.accounts()?;
    let customer = super::customer(&snapshot, &args.cid)?;
    if let Some(step) = Chosen::read(&store)?.missing(&config) {
        return Err(Failure::new(
            Exit::Configuration,
            format!("set-up is not finished: step {} is missing", step.name()),
        )
        .hint("psactl setup --check says what is missing, psactl setup does it"));
    }
    let linking = Linking::new(context, &config, &store, args.dry_run)?;
    let added = context.block_on(Adding { linking: &linking, customer, args, answers: Vec::new() }.all())?;
    context.ui.emit(&added);
    Ok(added.exit())
}

struct Adding<'a> {
    linking: &'a Linking<'a>,
    customer: &'a Customer,
    args: Args,
    /// What was answered, by the key of the offer.
    answers: Vec<(String, Reply)>,
}

/// What is missing for one customer.
#[derive(Debug, Clone, PartialEq, Default)]
struct Missing {
    entries: Vec<Change>,
    additions: Vec<Change>,
    /// What a person has to do first.
    open: Vec<String>,
    notes: Vec<Note>,
}

impl Missing {
    fn plan(&self) -> Plan {
        let changes = self.entries.iter().chain(&self.additions).cloned().collect();
        Plan { changes, notes: self.notes.clone(), ..Plan::default() }
    }
}

impl<'a> Adding<'a> {
    async fn all(mut self) -> Result<Added> {
        let linking = self.linking;
        linking.settle().await?;
        let company = linking.company(&self.args.company).await?;
        let mut agreed: Option<Missing> = None;
        // A person thinks for a while: what was agreed to is planned anew before it is made.
        let (link, missing) = loop {
            let (link, missing) = self.plan(&company).await?;
            let mut added = Added::new(linking.dry_run, link.clone(), missing.plan());
            if !missing.open.is_empty() {
                added.open = missing.open;
                return Ok(added);
            }
            if linking.dry_run {
                return Ok(added);
            }
            let nothing = added.plan.changes.is_empty() && self.is_linked(&link);
            if self.args.yes || nothing || agreed.as_ref() == Some(&missing) {
                break (link, missing);
            }
            if agreed.is_some() {
                linking.context.ui.tell("Something changed in the meantime; the plan is now:");
            }
            let about = |ui: &Ui| {
                ui.out(&ui.wrap(&names(&link), 0, 2));
                added.show_plan(ui);
            };
            let billed = if missing.additions.is_empty() { "" } else { " and bill it so" };
            let question = format!("Link customer {}{billed}?", text::clean(&link.cid));
            linking.ask(|ui| ui.agree(about, &question, "--yes", "nothing was added")).await?;
            agreed = Some(missing);
        };
        let shown = agreed.is_some();
        let mut added = self.make(link, missing).await?;
        added.shown = shown;
        Ok(added)
    }

    /// Whether the link stands as it would be made.
    fn is_linked(&self, link: &Link) -> bool {
        self.linking.links.get(&link.cid).is_some_and(|known| {
            known.company_id == link.company_id
                && known.portal_name == link.portal_name
                && known.managed_id == link.managed_id
        })
    }

    /// Plans link, Managed IDs and additions; what only a person can decide is asked where one is there.
    async fn plan(&mut self, company: &Company) -> Result<(Link, Missing)> {
        let linking = self.linking;
        let pair = [(self.customer.clone(), company.clone())];
        let Proposed { link, changes } = match linking.propose(&pair, false).await?.pop() {
            Some(proposed) => proposed?,
            None => return Err(Failure::new(Exit::Unexpected, "a link vanished")),
        };
        let mut setup = self.setup(&link)?;
        self.global_steps(&mut setup).await?;
        setup.assume_planned = true;
        setup.check(Step::ManagedIds).await?;
        let additions = loop {
            self.tell_answers(&mut setup)?;
            let additions = setup.check(Step::Agreements).await?;
            let Some(offer) = additions.offers.first().filter(|_| linking.context.ui.may_ask()) else {
                break additions;
            };
            let reply = linking.ask(|ui| reply_to(ui, offer)).await?;
            self.answers.push((offer.key.clone(), reply));
        };
        Ok((link, missing(changes, additions)))
    }

    fn setup(&self, link: &Link) -> Result<Setup<'a>> {
        let linking = self.linking;
        let now = linking.context.now();
        let mut setup = Setup::new(&linking.client, linking.config, linking.store, now)?;
        setup.links = vec![link.clone()];
        Ok(setup)
    }

    /// What was said on the command line, and what was answered since.
    fn tell_answers(&self, setup: &mut Setup<'_>) -> Result<()> {
        setup.agreement = self.args.agreement;
        setup.effective_date = self.args.effective_date;
        setup.flat_fees.extend(&self.args.flat_fee);
        for (key, reply) in &self.answers {
            setup.answer(Step::Agreements, key, reply)?;
        }
        Ok(())
    }

    /// What is not one customer's must be right already.
    async fn global_steps(&self, setup: &mut Setup<'_>) -> Result<()> {
        for step in [Step::ManagementSolution, Step::Products] {
            if !setup.check(step).await?.is_right() {
                return Err(Failure::new(
                    Exit::Configuration,
                    format!("set-up is not finished: step {} is not right", step.name()),
                )
                .hint(format!("psactl setup {} --check", step.name())));
            }
        }
        Ok(())
    }

    /// Makes what is missing: first the entries, then the link, then the additions; and looks what stands.
    async fn make(&self, link: Link, missing: Missing) -> Result<Added> {
        let linking = self.linking;
        let mut added = Added::new(false, link.clone(), missing.plan());
        let run = linking.store.begin_run("companies add", linking.context.now())?;
        let proposed = Proposed { link: link.clone(), changes: missing.entries };
        let (applied, linked) = linking.make(run, vec![proposed]).await?;
        added.applied = applied;
        added.linked = !linked.is_empty();
        if added.linked {
            added.applied.extend(linking.apply(run, missing.additions).await?);
        } else {
            let skipped = |change| Applied {
                change: Box::new(change),
                ended: Ended::Skipped { reason: "the Managed ID entries are needed first".to_owned() },
            };
            added.applied.extend(missing.additions.into_iter().map(skipped));
        }
        added.plan.changes.clear();
        if added.applied.iter().all(|applied| applied.ended.is_done()) {
            match self.look_back(&link).await {
                Ok(next) => added.next = Some(next),
                Err(failure) => added.unchecked = Some(failure.line()),
            }
        }
        linking.store.end_run(run, added.exit().code(), "", linking.context.now())?;
        Ok(added)
    }

    /// Reads back what was written, and plans the next sync of this customer.
    async fn look_back(&self, link: &Link) -> Result<Next> {
        let linking = self.linking;
        let mut setup = self.setup(link)?;
        self.global_steps(&mut setup).await?;
        let entries = setup.check(Step::ManagedIds).await?.changes;
        self.tell_answers(&mut setup)?;
        let additions = setup.check(Step::Agreements).await?.changes;
        let options = sync::Options {
            cids: vec![link.cid.clone()],
            dry_run: true,
            by_hand: true,
            ..sync::Options::default()
        };
        let clock = || linking.context.now();
        let run = sync::Run {
            config: linking.config,
            client: &linking.client,
            store: linking.store,
            options,
            command: "companies add",
            clock: &clock,
            interrupted: Arc::clone(&linking.context.interrupted),
            writing: Arc::clone(&linking.context.writing),
            told: linking.context.told(),
        };
        let report = run.once().await?;
        let own = |cid: Option<&str>| cid.is_none_or(|cid| cid == link.cid);
        let mut plan = report.plan;
        plan.blocked.retain(|blocked| own(blocked.cid.as_deref()));
        plan.notes.retain(|note| own(note.cid.as_deref()));
        plan.held.retain(|held| own(held.change.cid.as_deref()));
        let missing = entries.into_iter().chain(additions).collect();
        let troubles = report.troubles.iter().map(|trouble| trouble.error.clone()).collect();
        Ok(Next { missing, troubles, plan })
    }
}

/// Asks what only a person knows.
fn reply_to(ui: &Ui, offer: &Offer) -> Result<Reply> {
    let reply = match &offer.asks {
        Asks::Choice { answers } => {
            let items: Vec<String> = answers.iter().map(|answer| text::clean(&answer.text)).collect();
            let chosen = ui.choose(&text::clean(&offer.question), &items, 0, "--agreement ID")?;
            answers.get(chosen).map(|answer| answer.reply.clone())
        }
        // One customer is no list to choose from.
        Asks::Customers { answers } => {
            if let Some(before) = &offer.before {
                ui.tell(&ui.wrap(&text::clean(before), 0, 0));
            }
            let yes = ui.confirm("Bill the flat fee?", "--flat-fee SERVICE")?;
            let cids = answers.iter().filter(|_| yes).map(|(cid, _)| cid.clone()).collect();
            Some(Reply::Customers { cids })
        }
        _ => ask::typed(ui, offer)?,
    };
    reply.ok_or_else(|| Failure::new(Exit::Interrupted, "nothing was added"))
}

/// What the two steps of a company found, in one.
fn missing(entries: Vec<Change>, additions: Finding) -> Missing {
    let mut missing = Missing { entries, additions: additions.changes, ..Missing::default() };
    if let Standing::Person { what } = additions.standing {
        missing.open.push(what);
    }
    for note in additions.notes {
        if note.act {
            missing.open.push(note.text);
        } else {
            missing.notes.push(note);
        }
    }
    missing
}

/// What the next sync of the customer would do.
#[derive(Debug, Serialize)]
struct Next {
    /// What was written and is not there when it is read back.
    missing: Vec<Change>,
    /// What the next sync could not do.
    troubles: Vec<String>,
    /// Its plan.
    plan: Plan,
}

impl Next {
    fn quantities(&self) -> usize {
        let bills = |change: &&Change| matches!(change.purpose, Purpose::Quantity { .. });
        self.plan.changes.iter().filter(bills).count()
    }

    fn is_right(&self) -> bool {
        self.missing.is_empty()
            && self.troubles.is_empty()
            && self.plan.held.is_empty()
            && self.plan.blocked.is_empty()
    }
}

/// What adding a customer did.
#[derive(Debug, Serialize)]
struct Added {
    dry_run: bool,
    link: Link,
    /// What would be written.
    plan: Plan,
    /// What a person has to do first; nothing was written then.
    open: Vec<String>,
    applied: Vec<Applied>,
    /// The customer is linked.
    linked: bool,
    /// What the next sync would do, read back after the last write.
    next: Option<Next>,
    /// Why that could not be read back.
    unchecked: Option<String>,
    /// The plan was shown already.
    #[serde(skip)]
    shown: bool,
}

impl Added {
    fn new(dry_run: bool, link: Link, plan: Plan) -> Added {
        Added {
            dry_run,
            link,
            plan,
            open: Vec::new(),
            applied: Vec::new(),
            linked: false,
            next: None,
            unchecked: None,
            shown: false,
        }
    }

    fn exit(&self) -> Exit {
        let made = self.applied.iter().all(|applied| applied.ended.is_done());
        let right = self.next.as_ref().is_none_or(Next::is_right);
        if self.open.is_empty() && made && right && self.unchecked.is_none() {
            Exit::Done
        } else {
            Exit::Partial
        }
    }
}

impl Added {
    /// The entries in full, the additions in a table: one screen for a customer. JSON has every field.
    fn show_plan(&self, ui: &Ui) {
        let bills = |change: &Change| change.subject.kind == "agreement addition";
        let (additions, entries): (Vec<Change>, Vec<Change>) =
            self.plan.changes.iter().cloned().partition(bills);
        Plan { changes: entries, ..self.plan.clone() }.show(ui);
        let Some(first) = additions.first() else { return };
        let on = first.subject.name.split_once(") on ").map_or("its agreement", |(_, agreement)| agreement);
        let count = text::count(additions.len(), "new addition", "new additions");
        let head = format!("{count} on {on}, billable, serial number {}:", self.link.managed_id);
        ui.out(&format!("  {} {}", ui.paint(Look::Good, "+"), ui.wrap(&text::clean(&head), 4, 4)));
        let mut table = ui.table(&["service", "quantity", "unit price", "from", "next invoice"]);
        for change in &additions {
            let field = |name: &str| {
                let found = change.fields.iter().find(|field| field.name == name);
                found.map_or(String::new(), |field| match &field.after {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                })
            };
            let service = change.subject.name.split_once(" (").map_or("", |(service, _)| service);
            table.row([
                service.to_owned(),
                field("quantity"),
                field("unitPrice"),
                field("effectiveDate").chars().take(10).collect(),
                crate::plan::money_of(change),
            ]);
        }
        ui.out(&table.to_string());
        for line in crate::plan::sum_lines(&additions) {
            ui.out(&format!("  {line}"));
        }
    }
}

impl Show for Added {
    const SCHEMA: &'static str = "psactl/companies-add/1";

    fn show(&self, ui: &Ui) {
        if !self.shown {
            self.show_plan(ui);
        }
        for open in &self.open {
            ui.out(&format!("  {} {}", ui.paint(Look::Bad, "x"), ui.wrap(&text::clean(open), 4, 4)));
        }
        show_applied(ui, &self.applied);
        let (cid, company) = (text::clean(&self.link.cid), text::clean(&super::of(&self.link)));
        if !self.open.is_empty() {
            let line = format!(
                "Nothing was written. psactl companies link {cid} {} links the customer without its additions.",
                self.link.company_id
            );
            ui.out(&ui.wrap(&line, 0, 2));
            return;
        }
        if self.dry_run {
            ui.out(&format!("Dry run: customer {cid} and {company} would be linked."));
            return;
        }
        if !self.linked {
            ui.out(&format!(
                "Not linked: customer {cid} and {company}. Run it again: it does what is missing."
            ));
            return;
        }
        ui.out(&format!("Linked: customer {cid} and {company}."));
        if self.applied.iter().any(|applied| !applied.ended.is_done()) {
            ui.out("Not all was written. Run it again: it does what is missing.");
        }
        if let Some(why) = &self.unchecked {
            let why = ui.wrap(&text::clean(why), 30, 2);
            ui.out(&format!("{} {why}", ui.paint(Look::Warn, "It could not be read back:")));
        }
        if let Some(next) = &self.next {
            next.show(ui);
        }
    }
}

impl Next {
    fn show(&self, ui: &Ui) {
        for change in &self.missing {
            let subject = text::clean(&change.subject.to_string());
            ui.out(&format!("  {} read back, and still to be made: {subject}", ui.paint(Look::Bad, "x")));
        }
        for trouble in &self.troubles {
            ui.out(&format!("  {} {}", ui.paint(Look::Bad, "x"), ui.wrap(&text::clean(trouble), 4, 4)));
        }
        let quantities = self.quantities();
        let others = self.plan.changes.len() - quantities;
        // What it would write is told in a line, what waits for a person in full.
        let rest = Plan { changes: Vec::new(), ..self.plan.clone() };
        rest.show(ui);
        let quantities = match quantities {
            0 => "no quantity".to_owned(),
            some => text::count(some, "quantity", "quantities"),
        };
        let others = match others {
            0 => String::new(),
            some => format!(" and {} of statistics and tickets", text::count(some, "change", "changes")),
        };
        let line = format!("Read back. The next psactl sync writes {quantities} for this customer{others}.");
        ui.out(&ui.wrap(&line, 0, 2));
    }
}
