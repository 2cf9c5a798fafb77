//! A run that has nothing to do, which is most of them: no request, no secret, no file read twice (design sections 9
//! and 13).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Options, RUN, Report, due};
use crate::config::Config;
use crate::error::Result;
use crate::plan::stop;
use crate::portal;
use crate::store::Store;

/// The report of a run that has nothing to do. To find that out takes no login: where secrets come from a command, or
/// are locked away, idle runs do not ask for them. None where there is work, or anything is wrong.
///
/// # Errors
/// Where the state cannot be written.
pub fn idle(config: &Config, store: &Store, options: &Options, now: Timestamp) -> Result<Option<Report>> {
    let Ok(source) = portal::open(config, store.folder()) else { return Ok(None) };
    if is_to_be_asked(config, source.as_ref(), now) || stop::refuse(store).is_err() {
        return Ok(None);
    }
    let Ok(stamp) = source.stamp() else { return Ok(None) };
    let Some(next) = rest(config, store, options, &due::stamp(config, &stamp), now)? else {
        return Ok(None);
    };
    // What kept the portal's last answer from coming stands on, and is told of by a whole run.
    if source.trouble().is_some() {
        return Ok(None);
    }
    if !options.dry_run {
        store.settle_standing(RUN, &BTreeSet::from([String::new()]), &BTreeSet::new())?;
    }
    Ok(Some(Report::idle(Some(source.asks_at().map_or(next, |at| next.min(at))))))
}

/// Whether it is time to ask the service that the source reads from.
pub(super) fn is_to_be_asked(config: &Config, source: &dyn portal::Source, now: Timestamp) -> bool {
    // A clock that once ran ahead must not make the wait endless.
    source.asks_at().is_some_and(|at| at <= now || at.duration_since(now) > longest(config))
}

/// No rest lasts longer: what stands is to be verified, or speaks again.
fn longest(config: &Config) -> SignedDuration {
    config.sync.verify_every.max(config.sync.remind_every)
}

/// When there is work again, where there is none now and no run was killed.
pub(super) fn rest(
    config: &Config,
    store: &Store,
    options: &Options,
    stamp: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    if options.insists() {
        return Ok(None);
    }
    let next = due::Rest::until(store, options, stamp, now, longest(config))?;
    Ok(if next.is_some() && store.was_killed()? { None } else { next })
}

/// Until when a run would have nothing to do, with the portal's files as they are; nothing where it has work now.
///
/// # Errors
/// Where the state cannot be read.
pub fn rests_until(
    config: &Config,
    store: &Store,
    stamp: &portal::Stamp,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    rest(config, store, &Options::default(), &due::stamp(config, stamp), now)
}
