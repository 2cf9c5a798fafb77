//! Whether a customer may be billed at all, whatever the values are (design section 9): never from stale,
//! partial or contradictory data.

use jiff::{SignedDuration, Timestamp};

use crate::config::Config;
use crate::portal::Snapshot;
use crate::store::Link;
use crate::ui::text;

/// How far two clocks may differ.
const LEEWAY: SignedDuration = SignedDuration::from_mins(5);

/// Why a customer is not billed, and what removes the cause. `older`: the export was measured before the last
/// one used; `skew`: how far this machine's clock is off the server's.
pub fn blocked(
    config: &Config,
    snapshot: &Snapshot,
    link: &Link,
    older: bool,
    skew: Option<SignedDuration>,
    now: Timestamp,
) -> Option<(String, String)> {
    let because = |reason: String, fix: &str| Some((reason, fix.to_owned()));
    if older {
        return because(
            "this export was measured before the last one used".to_owned(),
            "put the newer export back; an old one is never billed",
        );
    }
    if let Some(skew) = skew.filter(|skew| skew.abs() > LEEWAY) {
        return because(
            format!("this machine's clock is {} off the server's", text::span(skew)),
            "set the clock",
        );
    }
    if let Some(problem) = snapshot.problems_of(&link.cid).next() {
        return because(format!("{problem}; a partial sum is a wrong bill"), "correct the row in the export");
    }
    let Some(oldest) = snapshot.measured_at_of(&link.cid) else {
        return because(
            "the export does not say when its use was measured".to_owned(),
            "see that the portal's export is written again",
        );
    };
    let age = now.duration_since(oldest);
    if age > config.portal.max_age {
        return because(
            format!(
                "the use was measured {} ago (max_age {})",
                text::span(age),
                text::span(config.portal.max_age)
            ),
            "see that the portal's export is written again",
        );
    }
    let newest = snapshot.accounts_of(&link.cid).filter_map(|account| account.measured_at).max();
    if let Some(ahead) = newest.map(|newest| newest.duration_since(now)).filter(|ahead| *ahead > LEEWAY) {
        return because(
            format!("the use was measured {} in the future", text::span(ahead)),
            "check the clocks and [portal] time_zone",
        );
    }
    match snapshot.customer(&link.cid) {
        Some(customer) if customer.name != link.portal_name => Some((
            format!(
                "the portal now calls this customer “{}”, linked was “{}”",
                customer.name, link.portal_name
            ),
            format!(
                "psactl companies link {} {} confirms that it is still this company",
                link.cid, link.company_id
            ),
        )),
        _ => None,
    }
}
