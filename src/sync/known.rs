//! What a run need not read, because it was read and found right: “with memory” a changed quantity costs one read and
//! one write, and nothing for the statistics that did not change (design sections 9 and 13).
//!
//! It is kept with the fingerprint of the customer, so that whatever makes a customer due again makes it forgotten.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::billing::Use;
use super::statistics::Numbers;
use crate::config::{Config, hex};
use crate::services;
use crate::store::{CustomerState, Link};

/// What ConnectWise was last found to have of a customer, as hashes; none where something was left to do or to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// The use that its additions say.
    pub usage: Option<String>,
    /// The numbers that its Managed ID entries say.
    pub statistics: Option<String>,
}

/// What stands where nothing is known.
const NOTHING: &str = "-";

impl Known {
    /// What was kept of a customer.
    pub fn of(state: &CustomerState) -> Known {
        let mut words = state.fingerprint.split(' ').skip(1);
        let mut next = || words.next().filter(|word| *word != NOTHING).map(str::to_owned);
        Known { usage: next(), statistics: next() }
    }

    /// The fingerprint with what is known.
    pub fn beside(&self, fingerprint: &str) -> String {
        let [usage, statistics] =
            [&self.usage, &self.statistics].map(|part| part.as_deref().unwrap_or(NOTHING));
        format!("{fingerprint} {usage} {statistics}")
    }
}

/// The fingerprint alone, of what was kept.
pub(super) fn fingerprint(state: &CustomerState) -> &str {
    state.fingerprint.split(' ').next().unwrap_or_default()
}

/// What is to be billed of a customer, as a hash: its use, and whatever decides what becomes of it.
pub(super) fn usage(
    config: &Config,
    products: &BTreeMap<String, Vec<i64>>,
    link: &Link,
    usage: &BTreeMap<&'static str, Use>,
) -> String {
    let mut hasher = Sha256::new();
    hash_use(&mut hasher, config, usage);
    hasher.update(format!(
        "{} {} {:?} {:?} {products:?}",
        link.company_id, link.managed_id, config.billing, config.portal.gigabyte
    ));
    short(hasher)
}

/// Adds to a hash what is used of the services that are billed, with each account's part.
pub(super) fn hash_use(hasher: &mut Sha256, config: &Config, usage: &BTreeMap<&'static str, Use>) {
    for service in services::enabled(&config.billing) {
        if let Some(used) = usage.get(service.key) {
            hasher.update(format!("{} {};", service.key, used.total.normalize()));
            for (account, part) in &used.parts {
                hasher.update(format!("{account} {};", part.normalize()));
            }
        }
    }
}

/// What is to be reported of a customer, as a hash.
pub(super) fn statistics(link: &Link, numbers: &Numbers) -> String {
    let mut hasher = Sha256::new();
    hasher.update(format!("{} {} {numbers:?}", link.company_id, link.managed_id));
    short(hasher)
}

/// Enough of a hash to tell one customer's past from its present.
pub(super) fn short(hasher: Sha256) -> String {
    hex(&hasher.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(fingerprint: &str) -> CustomerState {
        CustomerState {
            fingerprint: fingerprint.to_owned(),
            checked_at: jiff::Timestamp::UNIX_EPOCH,
            pushed_at: None,
            retry_at: None,
            error: None,
            invoices: rust_decimal::Decimal::ZERO,
        }
    }

    #[test]
    fn what_is_kept_is_read_back() {
        let known = |usage: Option<&str>, statistics: Option<&str>| Known {
            usage: usage.map(str::to_owned),
            statistics: statistics.map(str::to_owned),
        };
        for (kept, known) in [
            ("f u s", known(Some("u"), Some("s"))),
            ("f - s", known(None, Some("s"))),
            ("f u -", known(Some("u"), None)),
            ("f - -", Known::default()),
        ] {
            assert_eq!(known.beside("f"), kept);
            assert_eq!(Known::of(&state(kept)), known);
            assert_eq!(fingerprint(&state(kept)), "f");
        }
        // Made due again by hand, or kept by an earlier psactl.
        assert_eq!(Known::of(&state("")), Known::default());
        assert_eq!(Known::of(&state("f")), Known::default());
        assert_eq!(fingerprint(&state("")), "");
    }
}
