//! Many links at once: the whole plan first, one yes, and each customer linked when its entries are there.

use std::collections::BTreeSet;

use serde::Serialize;

use super::link::show_applied;
use super::linking::{Linking, Proposed};
use super::suggest;
use crate::error::{Exit, Failure, Result};
use crate::plan::Change;
use crate::plan::apply::Applied;
use crate::portal::{Customer, Snapshot};
use crate::psa::Company;
use crate::setup::suggestions::{Basis, Suggestion};
use crate::store::Link;
use crate::ui::{Look, Show, Ui, text};

/// What linking many customers did.
#[derive(Debug, Serialize)]
pub(super) struct Several {
    dry_run: bool,
    /// The links of the plan.
    links: Vec<Link>,
    /// Those of them that stand as they are already.
    unchanged: usize,
    /// The changes of the plan.
    changes: Vec<Change>,
    applied: Vec<Applied>,
    /// The customers that are linked now.
    linked: BTreeSet<String>,
}

/// Lets a person mark the proposals that are right, and links them.
pub(super) async fn choose(linking: &Linking<'_>, snapshot: &Snapshot, yes: bool) -> Result<Exit> {
    let ui = &linking.context.ui;
    linking.settle().await?;
    let (directory, suggested) = suggest::look(linking, snapshot).await?;
    let (found, none): (Vec<&Suggestion>, Vec<&Suggestion>) =
        suggested.suggestions.iter().partition(|own| own.company.is_some());
    for own in &none {
        let (cid, name) = (text::clean(&own.customer.cid), text::clean(&own.customer.name));
        let line = format!("no company is called like {cid} “{name}”: psactl companies link {cid} COMPANY");
        ui.say(&ui.wrap(&line, 0, 2));
    }
    if found.is_empty() {
        ui.out(if none.is_empty() { "Every customer is linked." } else { "Nothing to mark." });
        return Ok(Exit::Done);
    }
    let items: Vec<(String, bool)> = found.iter().map(|own| item(own, ui.columns())).collect();
    let question = "Which are the same?";
    let marked =
        linking.ask(|ui| ui.choose_many(question, &items, "psactl companies link CID COMPANY")).await?;
    let mut pairs: Vec<(Customer, Company)> = Vec::new();
    for own in marked.into_iter().filter_map(|place| found.get(place)) {
        let id = own.company.as_ref().map(|company| company.id);
        let company = directory.companies.iter().find(|company| Some(company.id) == id);
        pairs.extend(company.map(|company| (own.customer.clone(), company.clone())));
    }
    if pairs.is_empty() {
        ui.out("Nothing was marked, nobody was linked.");
        return Ok(Exit::Done);
    }
    let mut proposed = Vec::new();
    let mut right = Vec::new();
    let mut refused = false;
    for (pair, own) in pairs.iter().zip(linking.propose(&pairs, false).await?) {
        let customer = &pair.0;
        match own {
            Ok(own) => {
                proposed.push(own);
                right.push(pair.clone());
            }
            Err(failure) => {
                refused = true;
                let failure = failure.context(format!("customer {}", customer.cid));
                ui.failure(&format!("{} ", ui.paint(Look::Bad, "x")), 2, &failure);
            }
        }
    }
    if proposed.is_empty() {
        return Err(Failure::new(Exit::Partial, "nobody can be linked"));
    }
    let report = link(linking, &right, proposed, "companies link", yes).await?;
    ui.emit(&report);
    Ok(if refused { Exit::Partial } else { report.exit() })
}

/// A proposal on one line; the very same name is marked beforehand, likeness never.
fn item(own: &Suggestion, columns: usize) -> (String, bool) {
    let Some(company) = &own.company else { return (String::new(), false) };
    let name = |name: &str, width| text::shorten(&text::clean(name), width);
    let width = (columns.saturating_sub(40) / 2).max(16);
    let basis = suggest::score(own, company);
    let taken = if company.linked_to.is_empty() { "" } else { ", linked already" };
    let line = format!(
        "{} {} -> {} (#{}) {basis}{taken}",
        text::clean(&own.customer.cid),
        name(&own.customer.name, width),
        name(&company.name, width),
        company.id
    );
    (line, own.basis == Basis::SameName)
}

/// Shows the plan, asks once, and links.
pub(super) async fn link(
    linking: &Linking<'_>,
    pairs: &[(Customer, Company)],
    proposed: Vec<Proposed>,
    command: &str,
    yes: bool,
) -> Result<Several> {
    let mut report = Several {
        dry_run: linking.dry_run,
        links: proposed.iter().map(|own| own.link.clone()).collect(),
        unchanged: proposed.iter().filter(|own| linking.stands(own)).count(),
        changes: proposed.iter().flat_map(|own| own.changes.clone()).collect(),
        applied: Vec::new(),
        linked: BTreeSet::new(),
    };
    if linking.dry_run || report.unchanged == report.links.len() {
        return Ok(report);
    }
    if !yes {
        let customers = text::count(report.links.len(), "customer", "customers");
        let question = format!("Are these the same, and shall {customers} be linked?");
        let about = |ui: &Ui| report.show_plan(ui);
        linking.ask(|ui| ui.agree(about, &question, "--yes", "nothing was linked")).await?;
        linking.still_stands(pairs, &proposed, false).await?;
    }
    let run = linking.store.begin_run(command, linking.context.now())?;
    (report.applied, report.linked) = linking.make(run, proposed).await?;
    let summary = text::count(report.linked.len(), "link", "links");
    linking.store.end_run(run, report.exit().code(), &summary, linking.context.now())?;
    Ok(report)
}

impl Several {
    pub fn exit(&self) -> Exit {
        if self.applied.iter().all(|applied| applied.ended.is_done()) { Exit::Done } else { Exit::Partial }
    }

    fn show_plan(&self, ui: &Ui) {
        let mut table =
            ui.table(&["customer", "name at the portal", "company in connectwise", "managed id", ""]);
        for link in &self.links {
            let own = self.changes.iter().filter(|change| change.cid.as_deref() == Some(link.cid.as_str()));
            let entries = if own.count() == 0 { "there" } else { "new" };
            let differs = if link.portal_name == link.company_name { "" } else { "names differ" };
            table.row([
                link.cid.clone(),
                link.portal_name.clone(),
                super::of(link),
                format!("{} {entries}", link.managed_id),
                differs.to_owned(),
            ]);
        }
        ui.out(&table.to_string());
    }
}

impl Show for Several {
    const SCHEMA: &'static str = "psactl/companies-links/1";

    fn show(&self, ui: &Ui) {
        if self.applied.is_empty() {
            self.show_plan(ui);
        } else if self.exit() != Exit::Done {
            show_applied(ui, &self.applied);
        }
        let links = text::count(self.links.len(), "customer", "customers");
        ui.out(&match (self.dry_run, self.linked.len()) {
            _ if self.unchanged == self.links.len() => format!("{links} linked already; nothing to do."),
            (true, _) => format!("Dry run: {links} would be linked."),
            (false, linked) if linked == self.links.len() => {
                format!("{links} linked. Next: psactl setup agreements --dry-run")
            }
            (false, linked) => format!("{linked} of {links} linked; run it again for the rest."),
        });
    }
}
