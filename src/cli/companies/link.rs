//! `psactl companies link`: one customer and its company, or many at once from what is suggested.

use serde::Serialize;

use super::linking::{Linking, Proposed, clicks};
use super::several;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::plan::Plan;
use crate::plan::apply::Applied;
use crate::portal::Customer;
use crate::setup::managed_ids;
use crate::store::Link;
use crate::ui::{Look, Show, Ui, text};

/// Link a customer to a company, and make its two Managed ID entries
///
/// The entries are made in the right order. Without a customer it proposes
/// companies for all customers that are not linked; on a terminal the right ones
/// are marked and linked together.
///
/// Without a terminal it links, also without --yes, where the customer and the
/// company have exactly the same name. Where the names differ it needs --yes.
///
/// Examples:
///   psactl companies link                                   propose, mark, link
///   psactl companies link 342 "Eddie's TV Repair" --dry-run
///   psactl companies link 342 20 --yes                      20: the company's id
///   psactl companies link 342 57 --replace                  it was another one
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The customer's ID at the portal, such as 342
    #[arg(requires = "company")]
    cid: Option<String>,
    /// The company: its id, its identifier or its exact name
    company: Option<String>,
    /// Show what would be done; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
    /// Put this link in place of another one of the same customer
    #[arg(long, requires = "cid")]
    replace: bool,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    if args.cid.is_none() && !context.ui.may_ask() {
        return Err(Failure::new(Exit::Usage, "say whom to link: nobody can be asked here")
            .hint("psactl companies link CID COMPANY; psactl companies suggest proposes companies")
            .hint("psactl companies import FILE.csv links many"));
    }
    let config = context.config()?;
    let store = context.store_for(&config)?;
    let snapshot = context.portal(&config)?.accounts()?;
    let (Some(cid), Some(company)) = (&args.cid, &args.company) else {
        let linking = Linking::new(context, &config, &store, args.dry_run)?;
        return context.block_on(several::choose(&linking, &snapshot, args.yes));
    };
    let customer = super::customer(&snapshot, cid)?;
    let linking = Linking::new(context, &config, &store, args.dry_run)?;
    let report = context.block_on(link(&linking, customer, company, &args))?;
    context.ui.emit(&report);
    Ok(report.exit())
}

async fn link(linking: &Linking<'_>, customer: &Customer, wanted: &str, args: &Args) -> Result<Linked> {
    linking.settle().await?;
    let company = linking.company(wanted).await?;
    let before = linking.links.get(&customer.cid).filter(|link| link.company_id != company.id).cloned();
    let pair = [(customer.clone(), company)];
    let mut proposed = linking.propose(&pair, args.replace).await?;
    let proposed = match proposed.pop() {
        Some(proposed) => proposed?,
        None => return Err(Failure::new(Exit::Unexpected, "a link vanished")),
    };
    let link = proposed.link.clone();
    let mut report = Linked {
        managed_id: link.managed_id.clone(),
        link,
        unchanged: linking.stands(&proposed),
        plan: Plan { changes: proposed.changes, ..Plan::default() },
        applied: Vec::new(),
        dry_run: linking.dry_run,
    };
    if let Some(before) = before {
        left_on(linking, &before, &mut report.plan).await?;
    }
    if linking.dry_run || report.unchanged {
        return Ok(report);
    }
    let link = &report.link;
    if !args.yes && linking.context.ui.may_ask() {
        let about = |ui: &Ui| {
            ui.out(&ui.wrap(&names(link), 0, 2));
            report.plan.show(ui);
        };
        let question = format!("Link customer {}?", text::clean(&link.cid));
        linking.ask(|ui| ui.agree(about, &question, "--yes", "nothing was linked")).await?;
        let agreed = Proposed { link: link.clone(), changes: report.plan.changes.clone() };
        linking.still_stands(&pair, &[agreed], args.replace).await?;
    } else if !args.yes && link.portal_name != link.company_name {
        return Err(Failure::new(
            Exit::Usage,
            format!(
                "the names differ: “{}” at the portal, “{}” in ConnectWise",
                link.portal_name, link.company_name
            ),
        )
        .hint("--yes says that they are the same"));
    }
    let run = linking.store.begin_run("companies link", linking.context.now())?;
    let changes = std::mem::take(&mut report.plan.changes);
    (report.applied, _) = linking.make(run, vec![Proposed { link: report.link.clone(), changes }]).await?;
    linking.store.end_run(run, report.exit().code(), "", linking.context.now())?;
    Ok(report)
}

/// Where another company was the customer's, its entries stay there and contradict the new ones.
async fn left_on(linking: &Linking<'_>, before: &Link, plan: &mut Plan) -> Result<()> {
    let (solution, _) = linking.solution().await?;
    let entries = linking.entries_of([before.company_id]).await?;
    let entries = entries.get(&before.company_id).map_or(&[][..], Vec::as_slice);
    let own = managed_ids::of_solution(entries, Some(solution), &before.managed_id).len();
    if own > 0 {
        plan.act(
            Some(&before.cid),
            format!(
                "{} (#{}) still has {} {}: delete {} there ({}), or the Managed ID stands on two companies",
                before.company_name,
                before.company_id,
                text::count(own, "Managed ID entry", "Managed ID entries"),
                before.managed_id,
                if own == 1 { "it" } else { "them" },
                clicks(&before.company_name)
            ),
        );
    }
    Ok(())
}

/// Both names of a link: what a person has to compare.
pub(super) fn names(link: &Link) -> String {
    format!(
        "Customer {} “{}” at the portal and company “{}” (#{}) in ConnectWise:",
        text::clean(&link.cid),
        text::clean(&link.portal_name),
        text::clean(&link.company_name),
        link.company_id
    )
}

/// What linking a customer did.
#[derive(Debug, Serialize)]
struct Linked {
    link: Link,
    managed_id: String,
    dry_run: bool,
    /// The link stands as it is already.
    unchanged: bool,
    plan: Plan,
    applied: Vec<Applied>,
}

impl Linked {
    fn exit(&self) -> Exit {
        if self.applied.iter().all(|applied| applied.ended.is_done()) { Exit::Done } else { Exit::Partial }
    }
}

impl Show for Linked {
    const SCHEMA: &'static str = "psactl/companies-link/1";

    fn show(&self, ui: &Ui) {
        self.plan.show(ui);
        show_applied(ui, &self.applied);
        let names = format!(
            "customer {} “{}” and company “{}” (#{})",
            text::clean(&self.link.cid),
            text::clean(&self.link.portal_name),
            text::clean(&self.link.company_name),
            self.link.company_id
        );
        let line = match (self.dry_run, self.exit()) {
            _ if self.unchanged => format!("Linked already: {names}; nothing to do."),
            (true, _) => format!("Dry run: {names} would be linked."),
            (false, Exit::Done) => format!("Linked: {names}. Next: psactl setup agreements --dry-run"),
            (false, _) => format!("Not linked: {names}."),
        };
        ui.out(&ui.wrap(&line, 0, 2));
    }
}

/// What was written and what was not, a line each.
pub(super) fn show_applied(ui: &Ui, applied: &[Applied]) {
    for applied in applied {
        let subject = text::clean(&applied.change.subject.to_string());
        match applied.ended.trouble() {
            None => ui.out(&format!("  {} {}", ui.paint(Look::Good, "+"), ui.wrap(&subject, 4, 4))),
            Some(trouble) => {
                let line = format!("{subject}: {}", text::clean(&trouble));
                ui.out(&format!("  {} {}", ui.paint(Look::Bad, "x"), ui.wrap(&line, 4, 4)));
            }
        }
    }
}
