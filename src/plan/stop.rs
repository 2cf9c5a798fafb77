//! Nothing is written any more once this state was found to be an older one, or not the only one (design
//! section 10).

use crate::error::{Exit, Failure, Result};
use crate::store::{Sighting, Stop, Store};
use crate::ui::text;

/// Why nothing is written any more.
#[derive(Debug, thiserror::Error)]
#[error(
    "nothing is written: psactl's own login wrote what this state knows nothing of: {seen}. Either an older state was \
     put back, or a second psactl works with this ConnectWise"
)]
pub struct Stopped {
    /// The first of what was seen.
    seen: String,
}

/// Nothing goes on where psactl has stopped.
///
/// # Errors
/// Where it has: what was seen and what to do.
pub fn refuse(store: &Store) -> Result<()> {
    match store.stop()? {
        Some(stop) => Err(failure(&stop)),
        None => Ok(()),
    }
}

/// What was seen, and what to do.
pub fn failure(stop: &Stop) -> Failure {
    let shown = 3;
    let mut seen: Vec<String> = stop.seen.iter().take(shown).map(told).collect();
    if stop.seen.len() > shown {
        seen.push(format!("and {} more", text::count(stop.seen.len() - shown, "record", "records")));
    }
    let stopped = Stopped { seen: seen.join("; ") };
    Failure { exit: Exit::Partial, error: stopped.into(), hints: Vec::new() }
    .hint("make sure that only one psactl works with this ConnectWise")
    .hint("psactl state rebuild starts anew from what ConnectWise has")
    .hint("psactl state keep goes on with this state, where a person wrote that by hand with psactl's login")
}

/// One record as a person reads it.
pub fn told(seen: &Sighting) -> String {
    format!(
        "{} #{} of customer {}: {}, by {} at {} UTC; known here: {}",
        seen.kind,
        seen.id,
        seen.cid,
        seen.found,
        seen.by,
        text::moment(seen.at),
        seen.known
    )
}
