//! What tests ask of the binary: to die at a place, and not to wait. Only debug builds have these switches;
//! in a release every one of them is gone.

use crate::psa::RetryPolicy;

/// Ends the process at once where `PSACTL_TEST_STOP_AT` names this point, as a power cut would:
/// `sent` the first time it is passed, `sent:3` the third time.
pub fn stop_at(point: &str) {
    #[cfg(debug_assertions)]
    {
        use std::sync::atomic::{AtomicU32, Ordering};
        static PASSED: AtomicU32 = AtomicU32::new(0);
        let Ok(wanted) = std::env::var("PSACTL_TEST_STOP_AT") else { return };
        let (name, nth) = wanted.split_once(':').unwrap_or((&wanted, "1"));
        if name == point && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == nth.parse().unwrap_or(1) {
            std::process::abort();
        }
    }
    #[cfg(not(debug_assertions))]
    let _ = point;
}

/// How patient the client is: as always, or, where `PSACTL_TEST_HASTY` is set, with the same number of tries
/// and next to no waits between them. `PSACTL_TEST_ANSWER_WITHIN_MS` is how long it waits for an answer.
pub fn patience() -> RetryPolicy {
    let policy = RetryPolicy::default();
    #[cfg(debug_assertions)]
    if std::env::var_os("PSACTL_TEST_HASTY").is_some() {
        let attempt_timeout = answer_within(policy.attempt_timeout);
        return RetryPolicy { base: std::time::Duration::from_millis(1), attempt_timeout, ..policy };
    }
    policy
}

/// How long an answer is waited for: as always, or what `PSACTL_TEST_ANSWER_WITHIN_MS` says.
pub fn answer_within(usual: std::time::Duration) -> std::time::Duration {
    if !hasty() {
        return usual;
    }
    let within = std::env::var("PSACTL_TEST_ANSWER_WITHIN_MS").ok().and_then(|ms| ms.parse().ok());
    within.map_or(usual, std::time::Duration::from_millis)
}

/// How long a request for an export may take, and how large the answer may be, in bytes. Tests that set
/// `PSACTL_TEST_HASTY` have less of both to wait for; `PSACTL_TEST_ANSWER_WITHIN_MS` is as for [`patience`].
pub fn portal_patience() -> (std::time::Duration, u64) {
    let usual = (std::time::Duration::from_secs(120), 256 << 20);
    #[cfg(debug_assertions)]
    if std::env::var_os("PSACTL_TEST_HASTY").is_some() {
        return (answer_within(usual.0), 4 << 20);
    }
    usual
}

/// Whether waits between tries are to be cut short.
pub fn hasty() -> bool {
    cfg!(debug_assertions) && std::env::var_os("PSACTL_TEST_HASTY").is_some()
}
