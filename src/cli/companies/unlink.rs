//! `psactl companies unlink`: forgets a link, after it has shown what goes on without it.

use serde::Serialize;

use super::linking::{Linking, clicks};
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::setup::screens::ADDITIONS;
use crate::setup::{Named, Setup, Step, managed_ids};
use crate::store::Link;
use crate::ui::{Look, Show, Ui, text};

/// Forget which company a customer is; write nothing to ConnectWise
///
/// What ConnectWise has goes on: agreement additions are billed with the
/// quantity they have, and the Managed ID entries stay. Both are listed before
/// anything is forgotten.
///
/// Examples:
///   psactl companies unlink 342 --dry-run   what would go on without the link
///   psactl companies unlink 342
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The customer's ID at the portal, such as 342
    cid: String,
    /// Show what would be done; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let config = context.config()?;
    let store = context.store_for(&config)?;
    let linking = Linking::new(context, &config, &store, args.dry_run)?;
    let Some(link) = linking.links.get(&args.cid).cloned() else {
        return Err(Failure::new(Exit::Partial, format!("customer {} is not linked", args.cid))
            .hint("psactl companies lists the customers with their links"));
    };
    let mut report = context.block_on(look(&linking, link))?;
    if !args.dry_run {
        if !args.yes {
            let (cid, company) = (text::clean(&report.link.cid), text::clean(&super::of(&report.link)));
            let question = format!("Forget that customer {cid} is {company}?");
            let about = |ui: &Ui| report.show_rest(ui);
            context
                .block_on(linking.ask(|ui| ui.agree(about, &question, "--yes", "nothing was forgotten")))?;
            report.shown = context.ui.may_ask();
        }
        store.forget_link(linking.source, &args.cid)?;
    }
    context.ui.emit(&report);
    Ok(Exit::Done)
}

async fn look(linking: &Linking<'_>, link: Link) -> Result<Unlinked> {
    let mut setup = Setup::new(&linking.client, linking.config, linking.store, linking.context.now())?;
    setup.check(Step::ManagementSolution).await?;
    let solution = match setup.known.solution {
        Some(Named { id: Some(id), .. }) => Some(id),
        _ => None,
    };
    let entries = linking.entries_of([link.company_id]).await?;
    let entries = entries.get(&link.company_id).map_or(&[][..], Vec::as_slice);
    let managed_ids = managed_ids::of_solution(entries, solution, &link.managed_id)
        .into_iter()
        .map(|entry| {
            let kind = entry.device_type.as_ref().map(|kind| kind.as_str().to_owned()).unwrap_or_default();
            format!("#{} {} {kind}", entry.id, link.managed_id)
        })
        .collect();
    let additions = linking.billed_by(link.company_id, &link.managed_id).await?;
    let additions = additions.into_iter().map(|(place, what)| format!("{place}: {what}")).collect();
    let tickets = linking.store.tickets(linking.source)?;
    let tickets = tickets
        .iter()
        .filter(|(fault, memory)| fault.cid == link.cid && memory.resolved_at.is_none())
        .filter_map(|(_, memory)| memory.ticket)
        .collect();
    Ok(Unlinked { link, additions, managed_ids, tickets, dry_run: linking.dry_run, shown: false })
}

/// What goes on without the link.
#[derive(Debug, Serialize)]
struct Unlinked {
    link: Link,
    /// The agreement additions that go on billing.
    additions: Vec<String>,
    /// The Managed ID entries that stay.
    managed_ids: Vec<String>,
    /// The tickets that psactl resolves no more.
    tickets: Vec<i64>,
    dry_run: bool,
    #[serde(skip)]
    shown: bool,
}

impl Unlinked {
    fn show_rest(&self, ui: &Ui) {
        let company = text::clean(&self.link.company_name);
        let list = |head: &str, lines: &[String], end: &str| {
            if !lines.is_empty() {
                ui.out(&ui.wrap(head, 0, 2));
                for line in lines {
                    let line = ui.wrap(&text::clean(line), 4, 4);
                    ui.out(&format!("  {} {line}", ui.paint(Look::Warn, "!")));
                }
                ui.out(&format!("    {}", ui.wrap(end, 4, 4)));
            }
        };
        list(
            &format!(
                "{} of {company} with the serial number {} {} with the present quantity:",
                text::count(self.additions.len(), "addition", "additions"),
                text::clean(&self.link.managed_id),
                if self.additions.len() == 1 { "goes on billing" } else { "go on billing" }
            ),
            &self.additions,
            &format!("to end one: {ADDITIONS} > Cancelled Date"),
        );
        list(
            &format!(
                "{} of {company} {}:",
                text::count(self.managed_ids.len(), "Managed ID entry", "Managed ID entries"),
                if self.managed_ids.len() == 1 { "stays" } else { "stay" }
            ),
            &self.managed_ids,
            &format!(
                "while they stand, psactl companies adopt links them again; to delete: {}",
                clicks(&company)
            ),
        );
        let tickets: Vec<String> = self.tickets.iter().map(|ticket| format!("ticket #{ticket}")).collect();
        list("psactl resolves no more:", &tickets, "close them by hand");
    }
}

impl Show for Unlinked {
    const SCHEMA: &'static str = "psactl/companies-unlink/1";

    fn show(&self, ui: &Ui) {
        if !self.shown {
            self.show_rest(ui);
        }
        let (cid, company) = (text::clean(&self.link.cid), text::clean(&super::of(&self.link)));
        ui.out(&if self.dry_run {
            format!("Dry run: that customer {cid} is {company} would be forgotten.")
        } else {
            format!("Unlinked: customer {cid} and {company}. Nothing was written to ConnectWise.")
        });
    }
}
