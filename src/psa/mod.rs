//! The typed client of ConnectWise PSA.
//!
//! It knows the REST interface and nothing of backups: where the API is ([`Connection`], looked up on the
//! first request), how to read ([`Client::list`], [`Client::get`]) and write ([`Client::create`],
//! [`Client::patch`]), what can be asked for ([`Query`], [`Condition`], [`paths`]), what comes back
//! ([`types`]), whether it is what was sent ([`differences`]), and what went wrong ([`Error`]).
//!
//! Rules kept here, so that nobody above has to:
//!
//! * Reads are repeated, writes are not: a write whose fate is not known is [`Error::OutcomeUnknown`], and
//!   whoever sent it looks before trying again.
//! * The login goes to the configured site, or within ConnectWise's own domain; never along a redirect.
//! * One gate for all requests: so many at once, so many a minute, and none before ConnectWise's Retry-After.
//! * Quantities and money are decimals. Unknown fields and unknown words are no errors.
//! * No secret is in an error, a trace or a debug print.

mod client;
pub mod conditions;
mod connection;
mod decode;
mod discovery;
mod error;
mod failure;
mod gate;
mod headers;
mod hints;
mod pages;
mod patch;
pub mod paths;
mod query;
mod reply;
mod retry;
mod routing;
mod transport;
pub mod types;
mod verify;
mod zone;

use jiff::Timestamp;
use rust_decimal::Decimal;

pub use client::Client;
pub use conditions::{Condition, FILTER_LENGTH, Operand, literal};
pub use connection::{Connection, Login};
pub use decode::Record;
pub use discovery::CompanyInfo;
pub use error::{Error, Kind, Method, Tried, Trouble};
pub use patch::{PatchOp, PatchVerb};
pub use paths::{InvalidPath, Path};
pub use query::Query;
pub use reply::{FieldError, Reply, clean};
pub use retry::{Decision, Outcome, RetryPolicy};
pub use types::*;
pub use verify::{Difference, differences, differences_in_operations};
pub use zone::zone;

/// Chooses the cryptography for encrypted connections, for the whole process; calling it again does nothing.
///
/// [`Client::new`] calls it. Whoever else makes connections calls it first.
pub fn install_crypto() {
    // An error says that a choice was made before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A decimal as a JSON number, digit for digit: quantities and money go to ConnectWise through this.
pub fn number(value: Decimal) -> serde_json::Value {
    // Decimals are written without exponents, so that this always succeeds; text would be the next best.
    let text = value.to_string();
    text.parse::<serde_json::Number>().map_or(serde_json::Value::String(text), serde_json::Value::Number)
}

/// An instant as ConnectWise writes it: UTC, to the second, without a fraction (behaviours, section 4).
pub fn instant(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A plain date as ConnectWise writes it: midnight UTC.
pub fn midnight(date: jiff::civil::Date) -> String {
    format!("{date}T00:00:00Z")
}

/// The plain date that ConnectWise means by an instant: the day in UTC.
pub fn day(time: Timestamp) -> jiff::civil::Date {
    time.to_zoned(jiff::tz::TimeZone::UTC).date()
}
