//! The time zone of ConnectWise's dates: which day it is there decides which invoice is next.

use jiff::tz::TimeZone;

use crate::config::Config;
use crate::error::Result;
use crate::psa::{self, Client};
use crate::store::Store;

/// Where the state keeps what the server calls its zone.
const NAMED: &str = "server_time_zone";

/// The zone that the server names, else the portal's, which is the MSP's own; `None` where neither is known.
pub fn known(config: &Config, named: &str) -> Option<TimeZone> {
    psa::zone(named).or_else(|| config.portal.time_zone.clone())
}

/// The zone as the server named it last; UTC where none is known, which the doctor tells.
///
/// # Errors
/// Where the state cannot be read.
pub fn remembered(config: &Config, store: &Store) -> Result<TimeZone> {
    let named = store.meta(NAMED)?.unwrap_or_default();
    Ok(known(config, &named).unwrap_or(TimeZone::UTC))
}

/// The same, asked of the server where it was not yet, and then kept where the state may be written.
///
/// # Errors
/// Where the state cannot be read or written, or ConnectWise cannot be asked.
pub async fn asked(config: &Config, client: &Client, store: &Store, keep: bool) -> Result<TimeZone> {
    if store.meta(NAMED)?.is_some() {
        return remembered(config, store);
    }
    let named = client.info().await?.server_time_zone.unwrap_or_default();
    if keep {
        store.set_meta(NAMED, &named)?;
    }
    Ok(known(config, &named).unwrap_or(TimeZone::UTC))
}
