//! `psactl pause` and `psactl resume`: customers for whom nothing is written until a date.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::config::Config;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::store::{Pause, Store};
use crate::sync::pausing::told;
use crate::sync::{Part, customers};
use crate::ui::{Show, Ui, text};

/// Write nothing for some customers until a date
///
/// A pause ends by itself; psactl status shows it until then. What falls due
/// meanwhile is done when it ends, and the tickets of faults that ended
/// meanwhile are resolved then.
///
/// Examples:
///   psactl pause 342 --until 2026-12-01 --reason "moves to another company"
///   psactl pause --all --only billing --until 2026-12-01T06:00 --reason prices
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The customer's ID at the portal, such as 342; may be repeated
    #[arg(value_name = "CID", value_parser = super::common::cid, required_unless_present = "all", conflicts_with = "all")]
    cids: Vec<String>,
    /// Every customer
    #[arg(long)]
    all: bool,
    /// Only this part of the work; may be repeated
    #[arg(long, value_enum, value_name = "PART")]
    only: Vec<Part>,
    /// When it ends: at the beginning of a day (2026-12-01), or at a moment (2026-12-01T06:00), both in the
    /// portal's time zone
    #[arg(long, value_name = "DATE")]
    until: Until,
    /// Why: psactl status shows it
    #[arg(long, value_name = "TEXT", value_parser = super::common::reason)]
    reason: String,
}

/// End pauses before their time
///
/// What fell due meanwhile is done by the next psactl sync.
///
/// Examples:
///   psactl resume 342
///   psactl resume --all
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct ResumeArgs {
    /// The customer's ID at the portal, such as 342; may be repeated
    #[arg(value_name = "CID", value_parser = super::common::cid, required_unless_present = "all", conflicts_with = "all")]
    cids: Vec<String>,
    /// Every pause, those of single customers too
    #[arg(long)]
    all: bool,
}

/// The pauses that hold.
#[derive(Debug, Serialize)]
struct Pauses {
    pauses: Vec<Pause>,
    ended: usize,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let config = context.config()?;
    let now = context.now();
    let until = args.until.after(now, &zone_of(&config))?;
    let reason = text::clean(&args.reason);
    let store = context.store_for(&config)?;
    let source = config.portal.source.name();
    known(&config, &store, source, &args.cids)?;
    let _lock = context.lock(&store, "pause")?;
    let cids: Vec<Option<String>> =
        if args.all { vec![None] } else { args.cids.into_iter().map(Some).collect() };
    let parts: Vec<Option<String>> = match args.only.as_slice() {
        [] => vec![None],
        only => only.iter().map(|part| Some(part.as_str().to_owned())).collect(),
    };
    let mut pauses = Vec::new();
    for cid in &cids {
        for part in &parts {
            let (cid, part) = (cid.clone(), part.clone());
            pauses.push(Pause { cid, part, since: now, until, reason: reason.clone() });
        }
    }
    store.add_pauses(source, &pauses)?;
    context.ui.emit(&Pauses { pauses: store.pauses_holding(source, now)?, ended: 0 });
    Ok(Exit::Done)
}

pub(super) fn resume(context: &Context, args: ResumeArgs) -> Result<Exit> {
    let config = context.config()?;
    let store = context.store_for(&config)?;
    let source = config.portal.source.name();
    let now = context.now();
    let _lock = context.lock(&store, "resume")?;
    let all = store.pauses_holding(source, now)?;
    for cid in &args.cids {
        if all.iter().any(|pause| pause.cid.as_ref() == Some(cid)) {
            continue;
        }
        // A name that is nobody's comes before one that is not paused.
        known(&config, &store, source, std::slice::from_ref(cid))?;
        return Err(match all.iter().any(|pause| pause.cid.is_none()) {
            true => Failure::new(Exit::Partial, format!("customer {cid} is paused with every other"))
                .hint("psactl resume --all ends every pause"),
            false => Failure::new(Exit::Partial, format!("customer {cid} is not paused"))
                .hint("psactl status lists the pauses"),
        });
    }
    let chosen = |pause: &Pause| args.all || pause.cid.as_ref().is_some_and(|cid| args.cids.contains(cid));
    let (ended, pauses): (Vec<Pause>, Vec<Pause>) = all.into_iter().partition(chosen);
    store.end_pauses(source, &ended)?;
    context.ui.emit(&Pauses { pauses, ended: ended.len() });
    Ok(Exit::Done)
}

/// Refuses a customer that neither the portal nor the state knows, with the one that may be meant.
pub(super) fn known(config: &Config, store: &Store, source: &str, cids: &[String]) -> Result<()> {
    if cids.is_empty() {
        return Ok(());
    }
    let mut all: Vec<String> = store.links(source)?.into_iter().map(|link| link.cid).collect();
    if cids.iter().all(|cid| all.contains(cid)) {
        return Ok(());
    }
    all.extend(
        crate::portal::open(config, store.folder())?
            .accounts()?
            .customers
            .into_iter()
            .map(|customer| customer.cid),
    );
    match cids.iter().find(|cid| !all.contains(*cid)) {
        None => Ok(()),
        Some(cid) => Err(customers::unknown(cid, all.iter().map(String::as_str))),
    }
}

/// The portal's time zone, else this machine's.
pub(super) fn zone_of(config: &Config) -> TimeZone {
    config.portal.time_zone.clone().unwrap_or_else(TimeZone::system)
}

/// When a pause ends: a day stands for its beginning; a moment may carry its own offset.
#[derive(Debug, Clone, Copy)]
enum Until {
    At(Timestamp),
    /// Where the portal is.
    There(DateTime),
}

impl FromStr for Until {
    type Err = &'static str;

    fn from_str(written: &str) -> Result<Until, Self::Err> {
        let at = written.parse().ok().map(Until::At);
        at.or_else(|| written.parse().ok().map(Until::There))
            .ok_or("no date; write a day such as 2026-12-01, or a moment such as 2026-12-01T06:00")
    }
}

impl Until {
    /// The moment, where it is still to come.
    fn after(self, now: Timestamp, zone: &TimeZone) -> Result<Timestamp> {
        let (moment, written) = match self {
            Until::At(moment) => (moment, moment.to_string()),
            Until::There(time) => {
                let zoned = time.to_zoned(zone.clone()).map_err(anyhow::Error::from)?;
                (zoned.timestamp(), time.strftime("%Y-%m-%d %H:%M").to_string())
            }
        };
        if moment <= now {
            return Err(Failure::new(
                Exit::Usage,
                format!("--until: {written} is past: it is {} UTC now", text::moment(now)),
            )
            .hint("name a later day; psactl resume ends a pause before its time"));
        }
        Ok(moment)
    }
}

impl Show for Pauses {
    const SCHEMA: &'static str = "psactl/pauses/1";

    fn show(&self, ui: &Ui) {
        if self.ended > 0 {
            let ended = text::count(self.ended, "pause", "pauses");
            ui.out(&format!("{ended} ended. The next psactl sync does what fell due meanwhile."));
        } else if self.pauses.is_empty() {
            ui.out("Nothing is paused.");
        }
        for pause in &self.pauses {
            let who = pause
                .cid
                .as_ref()
                .map_or_else(|| "every customer".to_owned(), |cid| format!("customer {cid}"));
            ui.out(&ui.wrap(&text::clean(&format!("{who}: {}", told(pause))), 0, 2));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_meant_where_the_portal_is() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let now: Timestamp = "2026-11-23T14:00:00Z".parse().unwrap();
        for (written, expected) in [
            ("2026-12-01", Some("2026-12-01T05:00:00Z")),
            ("2026-12-01T06:30", Some("2026-12-01T11:30:00Z")),
            ("2026-12-01 06:30", Some("2026-12-01T11:30:00Z")),
            ("2026-12-01T06:30:00Z", Some("2026-12-01T06:30:00Z")),
            ("2026-12-01T06:30:00+02:00", Some("2026-12-01T04:30:00Z")),
            ("2026-11-23", None),
            ("2026-11-23T09:00", None),
            ("2026-11-23T09:01", Some("2026-11-23T14:01:00Z")),
            ("tomorrow", None),
            ("2026-02-30", None),
        ] {
            let until = written.parse::<Until>().ok().and_then(|until| until.after(now, &zone).ok());
            assert_eq!(until.map(|until| until.to_string()).as_deref(), expected, "{written}");
        }
    }
}
