//! What a report is made from, read of the portal, of ConnectWise and of psactl's own state.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::config::Config;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::portal::Snapshot;
use crate::psa::{CatalogItem, Client, Condition, Query, paths};
use crate::report::{self, Facts, Month, Report};
use crate::services;
use crate::setup::Chosen;
use crate::store::{Link, Store};
use crate::sync::{observe, waiting, zone};
use crate::ui::text;

pub(super) fn gather(context: &Context, month: Option<Asked>, only_linked: bool) -> Result<Report> {
    let config = context.config()?;
    let store = context.store_for(&config)?;
    let now = context.now();
    let month = chosen(month.unwrap_or(Asked::This), zone::remembered(&config, &store)?, now)?;
    let (name, snapshot) = customers(context, &config)?;
    let links = links(&store, name)?;
    let products = Chosen::read(&store)?.products;
    let client = client(context, &config, &store)?;
    let (agreements, prices) = context.block_on(async {
        let linked: BTreeSet<i64> = links.values().map(|link| link.company_id).collect();
        let agreements = match only_linked {
            true => observe::agreements_alone(&client, &linked).await?,
            false => observe::every_agreement(&client, &linked).await?,
        };
        let mut progress = context.ui.progress("reading agreement additions", agreements.len());
        let agreements = observe::with_additions_told(&client, agreements, || progress.step()).await?;
        let prices = prices(&client, products.values().flatten().copied().collect()).await?;
        Ok((agreements, prices))
    })?;
    let mut report = report::judge(&Facts {
        config: &config,
        now,
        snapshot: &snapshot,
        links: &links,
        agreements: &agreements,
        services: &services::enabled(&config.billing),
        products: &products,
        prices: &prices,
        events: &store.events(name)?,
        writes: &store.writes_between(month.from(), month.until())?,
        pushed: &if month.until() <= now { store.quantities_before(month.until())? } else { BTreeMap::new() },
        state_since: store.installation(now)?.1,
        month,
    });
    if only_linked {
        let where_to = "Orphans were looked for on the agreements of linked companies alone (--only-linked).";
        report.known.push(where_to.to_owned());
    }
    if let Some(stop) = store.stop()? {
        let since = text::moment(stop.since);
        let stopped =
            format!("psactl has stopped: nothing is written since {since} UTC (psactl status says why).");
        report.known.insert(0, stopped);
    }
    Ok(report)
}

/// The portal's name and its data as they are now.
pub(super) fn customers(context: &Context, config: &Config) -> Result<(&'static str, Snapshot)> {
    let source = context.portal(config)?;
    Ok((source.name(), source.accounts()?))
}

/// A client, where the login may be tried.
pub(super) fn client(context: &Context, config: &Config, store: &Store) -> Result<Client> {
    let by_hand = context.ui.is_by_hand();
    waiting::allowed(store, config, by_hand, context.now())?;
    context.client(config)
}

/// Which company each customer is.
pub(super) fn links(store: &Store, source: &str) -> Result<BTreeMap<String, Link>> {
    Ok(store.links(source)?.into_iter().map(|link| (link.cid.clone(), link)).collect())
}

/// A month as it was typed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked {
    This,
    Last,
    /// With this day.
    Begins(Date),
}

impl FromStr for Asked {
    type Err = &'static str;

    fn from_str(written: &str) -> Result<Asked, Self::Err> {
        match written {
            "this" => Ok(Asked::This),
            "last" => Ok(Asked::Last),
            _ => Month::parse(written).map(Asked::Begins).ok_or("no month; write 2026-11, last or this"),
        }
    }
}

/// The month that is meant.
fn chosen(asked: Asked, zone: TimeZone, now: jiff::Timestamp) -> Result<Month> {
    let this = Month::of(now, zone.clone());
    let month = match asked {
        Asked::This => this,
        Asked::Last => this.before(),
        Asked::Begins(first) => Month::that_begins(first, zone),
    };
    if month.from() > now {
        return Err(Failure::new(Exit::Usage, format!("{month} has not begun"))
            .hint("psactl report is of this month; --month last is of the one before"));
    }
    Ok(month)
}

/// What each product costs by the catalog: what use that nobody bills would come to.
async fn prices(client: &Client, products: BTreeSet<i64>) -> Result<BTreeMap<i64, Decimal>> {
    let mut prices = BTreeMap::new();
    for some in Condition::in_batches("id", products, 1200) {
        let query = Query::all().filter(some).fields("id,identifier,price");
        let items: Vec<CatalogItem> = client.list(&paths::catalog(), &query).await?;
        prices.extend(items.into_iter().filter_map(|item| Some((item.id, item.price?))));
    }
    Ok(prices)
}
