//! Waiting after a refused login: psactl must never lock an account (design section 9, *Failure*).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::error::{Exit, Failure, Result};
use crate::store::Store;
use crate::ui::text;

const KEY: &str = "login_refused";

/// Refused logins in a row, with what was tried.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Refused {
    times: u32,
    last: Timestamp,
    fingerprint: String,
}

/// How long to wait after so many refusals in a row: 1, 5, 15, then every 60 minutes.
pub fn wait_after(times: u32) -> SignedDuration {
    SignedDuration::from_mins(match times {
        0 => 0,
        1 => 1,
        2 => 5,
        3 => 15,
        _ => 60,
    })
}

fn remembered(store: &Store) -> Result<Option<Refused>> {
    Ok(store.meta(KEY)?.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Whether the login may be tried now: nothing was refused, the wait is over, configuration or secret
/// changed, or a person is typing.
///
/// # Errors
/// [`Exit::Refused`] while it may not.
pub fn allowed(store: &Store, config: &Config, by_hand: bool, now: Timestamp) -> Result<()> {
    let Some(refused) = remembered(store)? else { return Ok(()) };
    if by_hand || refused.fingerprint != config.fingerprint() {
        return Ok(());
    }
    let until = refused.last.checked_add(wait_after(refused.times)).unwrap_or(now);
    // A clock that was set back must not make the wait endless.
    if until <= now || refused.last > now {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Refused,
        format!(
            "the login was refused {}; it is not tried again before {} UTC, so that the account is not locked",
            text::count(refused.times as usize, "time", "times"),
            text::moment(until)
        ),
    )
    .hint("psactl doctor tries it at once and says what is wrong; a changed secret ends the waiting"))
}

/// Remembers from an outcome that the login was refused, or that it `works`.
///
/// # Errors
/// The outcome itself, where it is one.
pub fn watch<T>(
    store: &Store,
    config: &Config,
    works: bool,
    now: Timestamp,
    outcome: Result<T>,
) -> Result<T> {
    match &outcome {
        Ok(_) if works => store.forget_meta(KEY)?,
        Ok(_) => {}
        Err(failure) if is_refused(failure) => refused(store, config, now)?,
        Err(_) => {}
    }
    outcome
}

/// Whether a failure is a refused login, not a missing right.
pub fn is_refused(failure: &Failure) -> bool {
    failure.psa().is_some_and(crate::psa::Error::is_refused_login)
}

/// Remembers a refused login.
///
/// # Errors
/// Where the state cannot be written.
pub fn refused(store: &Store, config: &Config, now: Timestamp) -> Result<()> {
    let fingerprint = config.fingerprint();
    let times = remembered(store)?
        .filter(|refused| refused.fingerprint == fingerprint)
        .map_or(0, |refused| refused.times)
        .saturating_add(1);
    let refused = Refused { times, last: now, fingerprint };
    store.set_meta(KEY, &serde_json::to_string(&refused).map_err(crate::store::Error::from)?)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_grow_and_stay() {
        let waits: Vec<i64> = (0..6).map(|times| wait_after(times).as_mins()).collect();
        assert_eq!(waits, [0, 1, 5, 15, 60, 60]);
    }
}
