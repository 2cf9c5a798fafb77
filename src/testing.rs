//! A place to die on purpose: kill tests stop the process between intent and outcome.

/// Ends the process at once where `PSACTL_TEST_STOP_AT` names this point, as a power cut would. Only in
/// debug builds; a release has no such switch.
pub fn stop_at(point: &str) {
    #[cfg(debug_assertions)]
    if std::env::var("PSACTL_TEST_STOP_AT").is_ok_and(|wanted| wanted == point) {
        std::process::abort();
    }
    #[cfg(not(debug_assertions))]
    let _ = point;
}
