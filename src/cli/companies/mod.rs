//! `psactl companies`: which company of ConnectWise a customer of the portal is.

mod add;
mod adopt;
mod import;
mod link;
mod linking;
mod several;
mod suggest;
mod unlink;

pub(super) use adopt::Adopted;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::config::Config;
use crate::context::Context;
use crate::error::{Exit, Result};
use crate::portal::{Customer, Snapshot};
use crate::store::{Link, Pause, Store};
use crate::sync::customers;
use crate::sync::pausing::{Pauses, told};
use crate::ui::{Show, Ui, text};

/// Link customers of the portal to companies of ConnectWise
///
/// Without a subcommand it lists the customers with their links.
///
/// Examples:
///   psactl companies                      who is linked to which company
///   psactl companies adopt                take over what ConnectWise has already
///   psactl companies suggest              which company each of the others may be
///   psactl companies link                 mark the right ones, link them all
///   psactl companies add 419 "Angry Fox"  a new client, up to its first bill
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Link(link::Args),
    Unlink(unlink::Args),
    Adopt(adopt::Args),
    Suggest(suggest::Args),
    Import(import::Args),
    Add(add::Args),
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    match args.action {
        None => list(context),
        Some(Action::Link(args)) => link::run(context, args),
        Some(Action::Unlink(args)) => unlink::run(context, args),
        Some(Action::Adopt(args)) => adopt::run(context, args),
        Some(Action::Suggest(args)) => suggest::run(context, args),
        Some(Action::Import(args)) => import::run(context, args),
        Some(Action::Add(args)) => add::run(context, args),
    }
}

/// The links that ConnectWise states, as if none were known: by Managed ID, else by serial number.
pub(super) async fn stated(
    context: &Context,
    config: &Config,
    store: &Store,
    customers: &[Customer],
) -> Result<Adopted> {
    let mut linking = linking::Linking::new(context, config, store, true)?;
    linking.links.clear();
    adopt::stated(&linking, customers, true, true).await
}

/// A customer of the portal.
fn customer<'a>(snapshot: &'a Snapshot, cid: &str) -> Result<&'a Customer> {
    let all = snapshot.customers.iter().map(|customer| customer.cid.as_str());
    snapshot.customer(cid).ok_or_else(|| customers::unknown(cid, all))
}

fn list(context: &Context) -> Result<Exit> {
    let config = context.config()?;
    let store = context.store_for(&config)?;
    let source = context.portal(&config)?;
    let snapshot = source.accounts()?;
    let mut links: BTreeMap<String, Link> =
        store.links(source.name())?.into_iter().map(|link| (link.cid.clone(), link)).collect();
    let pauses = Pauses::at(store.pauses(source.name())?, context.now());
    let customers = snapshot
        .customers
        .iter()
        .map(|customer| Row {
            customer: customer.clone(),
            link: links.remove(&customer.cid),
            pauses: pauses.of(&customer.cid).cloned().collect(),
        })
        .collect();
    context.ui.emit(&Listing { customers, gone: links.into_values().collect() });
    Ok(Exit::Done)
}

#[derive(Debug, Serialize)]
struct Row {
    customer: Customer,
    link: Option<Link>,
    pauses: Vec<Pause>,
}

/// The customers of the portal with their links.
#[derive(Debug, Serialize)]
struct Listing {
    customers: Vec<Row>,
    /// Links of customers that the portal knows no more.
    gone: Vec<Link>,
}

impl Show for Listing {
    const SCHEMA: &'static str = "psactl/companies/1";

    fn show(&self, ui: &Ui) {
        let mut table = ui.table(&["customer", "name at the portal", "company in connectwise", "linked"]);
        for row in &self.customers {
            let (company, linked) = match &row.link {
                Some(link) => (of(link), format!("{} UTC", text::moment(link.confirmed_at))),
                None => ("-".to_owned(), "not linked".to_owned()),
            };
            table.row([row.customer.cid.clone(), row.customer.name.clone(), company, linked]);
        }
        ui.out(&table.to_string());
        for row in &self.customers {
            for pause in &row.pauses {
                let line = format!("customer {} is {}", row.customer.cid, told(pause));
                ui.say(&text::clean(&line));
            }
        }
        for link in &self.gone {
            ui.say(&format!(
                "customer {} “{}” is linked to {} and the portal knows it no more: psactl companies unlink {}",
                text::clean(&link.cid),
                text::clean(&link.portal_name),
                text::clean(&of(link)),
                text::clean(&link.cid)
            ));
        }
        let open = self.customers.iter().filter(|row| row.link.is_none()).count();
        if open > 0 {
            ui.say(&format!(
                "{} not linked: psactl companies adopt, or psactl companies suggest",
                text::count(open, "customer is", "customers are")
            ));
        }
    }
}

/// A link's company with its id.
fn of(link: &Link) -> String {
    format!("{} (#{})", link.company_name, link.company_id)
}
