//! Whether a customer may be billed at all: what blocks it whatever its use is (design sections 8 and 9).
//! `sync` and `setup agreements` ask the same.

use jiff::{SignedDuration, Timestamp};

use crate::config::{Config, PortalSource};
use crate::portal::Snapshot;
use crate::store::Link;
use crate::ui::text;

/// How far two clocks may be apart before nothing that depends on dates is written.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// Why a customer is not billed, and what removes the cause. `older` says that the export was measured before
/// the last one used, `skew` is the server's clock minus ours where it is known.
pub fn blocked(
    config: &Config,
    snapshot: &Snapshot,
    link: &Link,
    older: bool,
    skew: Option<SignedDuration>,
    now: Timestamp,
) -> Option<(String, String)> {
    data(config, snapshot, &link.cid, older, now)
        .or_else(|| clock_is_off(skew))
        .or_else(|| unconfirmed(config, snapshot, link))
}

/// Why nothing is made of what the portal says of a customer, neither quantities nor statistics, and what removes the
/// cause: it is too old, not the newest, or not whole.
pub fn data(
    config: &Config,
    snapshot: &Snapshot,
    cid: &str,
    older: bool,
    now: Timestamp,
) -> Option<(String, String)> {
    if let Some(reason) = untimely(config, snapshot, cid, now) {
        return Some((reason, fix_for_age(config).to_owned()));
    }
    if older {
        return Some((
            "this export was measured before the last one used".to_owned(),
            "put the newer export back; an old one is never billed".to_owned(),
        ));
    }
    let problem = snapshot.problems_of(cid).next()?;
    Some((format!("{problem}; a partial sum is a wrong bill"), fix_for_row(config).to_owned()))
}

/// What makes data fresh again.
pub fn fix_for_age(config: &Config) -> &'static str {
    match config.portal.source {
        PortalSource::Files(_) => "see that the portal's export is written again",
        PortalSource::X360Recover(_) => {
            "psactl sync --verify asks x360Recover at once and says what it answers"
        }
    }
}

/// What makes a customer's data whole.
pub fn fix_for_row(config: &Config) -> &'static str {
    match config.portal.source {
        PortalSource::Files(_) => "correct the row in the export",
        PortalSource::X360Recover(_) => "see to it in the x360 Portal",
    }
}

/// Why nothing that depends on dates may be written: the clocks are apart. `skew` is the server's minus ours.
pub fn clock_is_off(skew: Option<SignedDuration>) -> Option<(String, String)> {
    let skew = skew.filter(|skew| skew.abs() > CLOCKS)?;
    Some((
        format!("this machine's clock is {} off the server's", text::span(skew)),
        "set the clock".to_owned(),
    ))
}

/// Why it is not certain that the customer still is this company: the portal calls it otherwise, or the
/// Managed ID is another since a person agreed.
pub fn unconfirmed(config: &Config, snapshot: &Snapshot, link: &Link) -> Option<(String, String)> {
    if let Some(changed) = prefix_changed(config, link) {
        return Some(changed);
    }
    let customer = snapshot.customer(&link.cid).filter(|customer| customer.name != link.portal_name)?;
    Some((
        format!("the portal now calls this customer “{}”, linked was “{}”", customer.name, link.portal_name),
        format!(
            "psactl companies link {} {} confirms that it is still this company",
            link.cid, link.company_id
        ),
    ))
}

/// Why the Managed ID of a customer is another than the one that a person agreed to.
pub fn prefix_changed(config: &Config, link: &Link) -> Option<(String, String)> {
    let changed = || {
        (
            format!(
                "linked as {}, and now [connectwise] managed_id_prefix makes it {}",
                link.managed_id,
                config.connectwise.managed_id(&link.cid)
            ),
            format!("psactl companies link {} {} confirms the other Managed ID", link.cid, link.company_id),
        )
    };
    (!link.is_confirmed_for(config)).then(changed)
}

/// Why the use of a customer is too old to bill, or claims to be from the future. The oldest measurement of
/// its accounts decides.
pub fn untimely(config: &Config, snapshot: &Snapshot, cid: &str, now: Timestamp) -> Option<String> {
    // A customer without any use has nothing that could be too old.
    snapshot.accounts_of(cid).find(|account| !account.usage.is_empty())?;
    let Some(measured) = snapshot.measured_at_of(cid) else {
        return Some("the export does not say when its use was measured".to_owned());
    };
    let newest = snapshot.accounts_of(cid).filter_map(|account| account.measured_at).max();
    if let Some(measured) = newest.filter(|newest| in_future(*newest, now)) {
        return Some(format!("its use claims to be measured in the future, {} UTC", text::moment(measured)));
    }
    let limit = config.portal.max_age;
    let old = now.duration_since(measured) > limit;
    old.then(|| {
        format!(
            "the use was measured {} UTC, longer ago than max_age ({})",
            text::moment(measured),
            text::span(limit)
        )
    })
}

/// Whether an export was measured before the last one used. A measurement that claims to be from the future is not one
/// to compare others with.
pub fn is_older(last: Option<Timestamp>, snapshot: &Snapshot, now: Timestamp) -> bool {
    let this = snapshot.measured_at.filter(|measured| !in_future(*measured, now));
    this.zip(last).is_some_and(|(this, last)| this < last)
}

/// Whether a measurement lies further ahead than clocks differ.
pub fn in_future(measured: Timestamp, now: Timestamp) -> bool {
    measured.duration_since(now) > CLOCKS
}
