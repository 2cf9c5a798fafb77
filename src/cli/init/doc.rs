//! What init reads of the file at hand.

use crate::config::edit::Document;

/// Whether the file says to sign in with keys (`Some(true)`) or an integrator login (`Some(false)`).
pub(super) fn signs_in_with_keys(document: &Document) -> Option<bool> {
    let login = |key: &str| {
        let key = format!("connectwise.login.{key}");
        document.text(&key).is_some() || document.secret(&key).is_some()
    };
    if login("public_key") || login("private_key") {
        Some(true)
    } else if login("username") || login("password") {
        Some(false)
    } else {
        None
    }
}
