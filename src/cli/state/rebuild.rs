//! `psactl state rebuild`: links, tickets of faults and additions anew from what ConnectWise has.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::companies::{self, Adopted};
use crate::config::Config;
use crate::context::Context;
use crate::error::{Exit, Result};
use crate::psa::Client;
use crate::setup::{self, Finding, Setup, Step};
use crate::store::{Link, Rebuilt, Store};
use crate::sync::rebuild::{self, OpenTicket};
use crate::ui::{Look, Show, Ui, text};

/// Build links, tickets of faults and additions anew from ConnectWise
///
/// For a state that was lost, is an older one, or cannot be read. Managed IDs
/// (and serial numbers) give the links, open tickets with psactl's key the
/// faults, additions what is billed: the first push to each is held again. What
/// contradicts itself is shown and left alone. Event log and history stay; a copy
/// of the database is kept beside it.
///
/// Examples:
///   psactl state rebuild --dry-run
///   psactl state rebuild
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Show what would be done; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
}

/// The steps whose records a run needs, in their order.
const STEPS: [Step; 3] = [Step::ServiceStatus, Step::Products, Step::ManagementSolution];

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let config = context.config()?;
    let source = context.portal(&config)?;
    let customers = source.accounts()?.customers;
    let (store, moved) = open(context, &args)?;
    let _lock = if args.dry_run { None } else { Some(context.lock(&store, "state rebuild")?) };
    let client = context.client(&config)?;
    let now = context.now();
    let name = source.name();
    let known = store.links(name)?;
    let beside = rebuild::beside(&store, source.as_ref(), now)?;
    let (mut report, rebuilt, findings) = context.block_on(async {
        let (findings, products) = set_up(&client, &config, &store, now).await?;
        let stated = companies::stated(context, &config, &store, &customers).await?;
        let mut rebuilt = Rebuilt { links: stated.links.clone(), ..Rebuilt::default() };
        let tickets = rebuild::tickets(&client, &store, name, &mut rebuilt).await?;
        rebuild::additions(&client, &stated.links, &products, now, &mut rebuilt).await?;
        let forgotten = known.iter().filter(|link| !stated.links.iter().any(|own| own.cid == link.cid));
        let report = Report {
            dry_run: args.dry_run,
            forgotten: forgotten.cloned().collect(),
            links: stated,
            tickets,
            additions: rebuilt.bindings.len(),
            copy: None,
            unreadable: moved.map(|path| path.display().to_string()),
        };
        Ok((report, rebuilt, findings))
    })?;
    drop(beside);
    if args.dry_run {
        context.ui.emit(&report);
        context.ui.say("state rebuild: dry run, nothing was changed");
        return Ok(report.links.exit());
    }
    if !args.yes {
        let question = "Take this over in place of what the state says?";
        context.ui.agree(|ui| report.show(ui), question, "--yes", "nothing was changed")?;
    }
    report.copy = Some(store.keep_copy(now)?.display().to_string());
    let run = store.begin_run("state rebuild", now)?;
    for finding in findings.iter().filter(|finding| finding.is_right()) {
        if store.choices(finding.step.name())?.is_empty() {
            setup::remember(&store, finding, false, now)?;
        }
    }
    store.rebuild(name, &rebuilt)?;
    store.set_company(&config.connectwise.company_id)?;
    store.end_run(run, report.links.exit().code(), &report.summary(), context.now())?;
    context.ui.emit(&report);
    context.ui.say(&format!("state rebuild: {}", report.summary()));
    if let Some(step) = setup::Chosen::read(&store)?.missing(&config) {
        context.ui.say(&format!("  next: set-up is not finished: psactl setup {}", step.name()));
    } else {
        context.ui.say(
            "  next: psactl sync --dry-run, then psactl review: the first push to each addition is held",
        );
    }
    Ok(report.links.exit())
}

/// The state; one that cannot be read is moved out of the way after a yes.
fn open(context: &Context, args: &Args) -> Result<(Store, Option<std::path::PathBuf>)> {
    let folder = context.state_folder()?;
    match Store::open(&folder).and_then(|store| store.is_sound().map(|()| store)) {
        Ok(store) => Ok((store, None)),
        Err(error) if error.is_unreadable() && !args.dry_run => {
            context.ui.problem(&text::clean(&error.to_string()));
            let question = "Move it aside, and begin with an empty state?";
            if !args.yes {
                context.ui.agree(|_| (), question, "--yes", "nothing was changed")?;
            }
            let moved = Store::move_away(&folder, context.now())?;
            Ok((Store::open(&folder)?, Some(moved)))
        }
        Err(error) => Err(error.into()),
    }
}

/// What set-up finds of the records a run needs, and the products of each service.
async fn set_up(
    client: &Client,
    config: &Config,
    store: &Store,
    now: jiff::Timestamp,
) -> Result<(Vec<Finding>, BTreeMap<&'static str, Vec<i64>>)> {
    let mut setup = Setup::new(client, config, store, now)?;
    let mut findings = Vec::new();
    for step in STEPS {
        findings.push(setup.check(step).await?);
    }
    let products = setup
        .known
        .products
        .iter()
        .map(|(service, products)| {
            (*service, products.iter().filter_map(|product| product.item.id).collect())
        })
        .collect();
    Ok((findings, products))
}

/// What is taken over.
#[derive(Debug, Serialize)]
struct Report {
    dry_run: bool,
    links: Adopted,
    /// Links that ConnectWise says nothing of.
    forgotten: Vec<Link>,
    tickets: Vec<OpenTicket>,
    /// How many additions are kept from now on, as found.
    additions: usize,
    /// Where the database was copied to first.
    copy: Option<String>,
    /// Where a database that could not be read was moved to.
    unreadable: Option<String>,
}

impl Report {
    fn summary(&self) -> String {
        let followed = self.tickets.iter().filter(|ticket| ticket.fault.is_some()).count();
        format!(
            "{}, {}, {}",
            text::count(self.links.links.len(), "link", "links"),
            text::count(followed, "open ticket", "open tickets"),
            text::count(self.additions, "agreement addition", "agreement additions")
        )
    }
}

impl Show for Report {
    const SCHEMA: &'static str = "psactl/state-rebuild/1";

    fn show(&self, ui: &Ui) {
        ui.heading("Links, as ConnectWise states them");
        self.links.show_stated(ui);
        for link in &self.forgotten {
            let line = format!(
                "customer {} was linked to {} (#{}), which ConnectWise does not state: forgotten",
                link.cid, link.company_name, link.company_id
            );
            ui.out(&format!("  {} {}", ui.paint(Look::Warn, "!"), ui.wrap(&text::clean(&line), 4, 6)));
        }
        ui.heading("Open tickets with psactl's key");
        if self.tickets.is_empty() {
            ui.out("  none");
        } else {
            let mut table = ui.table(&["ticket", "customer", "account", "fault", "summary"]);
            for ticket in &self.tickets {
                let (cid, account, kind) = match &ticket.fault {
                    Some(fault) => (fault.cid.as_str(), fault.account.as_str(), fault.kind.as_str()),
                    None => ("-", "-", "of no fault in the event log: left to a person"),
                };
                table.row([&format!("#{}", ticket.id), cid, account, kind, &ticket.summary]);
            }
            ui.out(&table.to_string());
        }
        ui.heading("Agreement additions");
        ui.out(&format!("  {}, each as found: the first push to it is held", self.additions));
        for (what, path) in [("the old state is kept in", &self.copy), ("moved to", &self.unreadable)] {
            if let Some(path) = path {
                ui.say(&format!("  {what} {}", text::clean(path)));
            }
        }
    }
}
