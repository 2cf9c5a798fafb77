//! `psactl companies suggest`: which company each customer may be. It proposes, and links nobody.

use serde::Serialize;

use super::linking::Linking;
use crate::context::Context;
use crate::error::{Exit, Result};
use crate::portal::Snapshot;
use crate::setup::directory::Directory;
use crate::setup::suggestions::{Basis, Candidate, Suggestion, suggest};
use crate::ui::{Show, Ui, text};

/// Propose a company for each customer that is not linked; link nobody
///
/// The very same name comes first, then names that are alike, with a score from
/// 0 to 100 and the runner-up. Case, punctuation, legal forms (Inc, LLC, Ltd,
/// GmbH) and "&" for "and" do not count: 100 is equal but for these.
///
/// Examples:
///   psactl companies suggest
///   psactl companies suggest --output json | jq -r '.suggestions[].customer.cid'
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {}

pub(super) fn run(context: &Context, _: Args) -> Result<Exit> {
    let config = context.config()?;
    let store = context.store_for(&config)?;
    let snapshot = context.portal(&config)?.accounts()?;
    let linking = Linking::new(context, &config, &store, true)?;
    let (_, suggested) = context.block_on(look(&linking, &snapshot))?;
    context.ui.emit(&suggested);
    Ok(Exit::Done)
}

/// Reads the companies, where anybody is open, and proposes one for each.
pub(super) async fn look(linking: &Linking<'_>, snapshot: &Snapshot) -> Result<(Directory, Suggested)> {
    let open = snapshot.customers.iter().any(|customer| !linking.links.contains_key(&customer.cid));
    let directory = if open {
        let _reading = linking.context.ui.waiting("reading the companies of ConnectWise");
        Directory::read(&linking.client).await?
    } else {
        Directory::default()
    };
    let suggestions = suggest(&snapshot.customers, &directory, &linking.links);
    let requests = linking.client.requests_sent();
    let suggested = Suggested { suggestions, companies: directory.companies.len(), requests };
    Ok((directory, suggested))
}

/// The proposals.
#[derive(Debug, Serialize)]
pub(super) struct Suggested {
    /// Of customers that are not linked, the surest first.
    pub suggestions: Vec<Suggestion>,
    /// How many companies were looked at.
    companies: usize,
    requests: u64,
}

impl Show for Suggested {
    const SCHEMA: &'static str = "psactl/companies-suggest/1";

    fn show(&self, ui: &Ui) {
        if self.suggestions.is_empty() {
            ui.out("Every customer is linked.");
            return;
        }
        let (found, none): (Vec<&Suggestion>, Vec<&Suggestion>) =
            self.suggestions.iter().partition(|own| own.company.is_some());
        if !found.is_empty() {
            let mut table =
                ui.table(&["customer", "name at the portal", "company in connectwise", "score", "runner-up"]);
            for own in &found {
                let Some(company) = &own.company else { continue };
                table.row([
                    own.customer.cid.clone(),
                    own.customer.name.clone(),
                    named(company),
                    score(own, company),
                    own.runner_up
                        .as_ref()
                        .map_or("-".to_owned(), |next| format!("{} {}", next.score, named(next))),
                ]);
            }
            ui.out(&table.to_string());
        }
        for own in &none {
            let (cid, name) = (text::clean(&own.customer.cid), text::clean(&own.customer.name));
            let why = match &own.inactive {
                Some(company) => format!("only {}, which is inactive, is called so", text::clean(company)),
                None => "no company is called like it".to_owned(),
            };
            ui.out(&format!("  {}", ui.wrap(&format!("{cid} “{name}”: {why}"), 2, 4)));
        }
        let same = found.iter().filter(|own| own.basis == Basis::SameName).count();
        let counts =
            format!("{same} with the same name, {} to look at, {} open.", found.len() - same, none.len());
        let next = "psactl companies link marks and links them on a terminal, psactl companies link CID COMPANY links one";
        ui.say(&ui.wrap(&format!("{counts} Next: {next}"), 0, 2));
    }
}

fn named(company: &Candidate) -> String {
    let others = match company.linked_to.as_slice() {
        [] => String::new(),
        cids => format!(", linked to customer {}", cids.join(", ")),
    };
    format!("{} (#{}){others}", company.name, company.id)
}

/// What a proposal rests on, in a word or a number.
pub(super) fn score(own: &Suggestion, company: &Candidate) -> String {
    match own.basis {
        Basis::SameName => "same name".to_owned(),
        Basis::SeveralOfTheName => "several".to_owned(),
        Basis::Alike | Basis::None => company.score.to_string(),
    }
}
