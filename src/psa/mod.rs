//! The typed client of ConnectWise PSA.
//!
//! It knows the REST interface and nothing of backups: where the API is ([`Connection`], looked up on the
//! first request), how to read ([`Client::list`], [`Client::get`]) and write ([`Client::create`],
//! [`Client::patch`]), what can be asked for ([`Query`], [`Condition`], [`paths`]), what comes back
//! ([`types`]), whether it is what was sent ([`differences`]), and what went wrong ([`Error`]).
//!
//! ```no_run
//! use psactl::psa::{self, Addition, Client, Condition, Connection, Login, PatchOp, Query, paths};
//!
//! # async fn example() -> Result<(), psa::Error> {
//! let psa = Client::new(Connection {
//!     site: "https://na.myconnectwise.net".to_owned(),
//!     company_id: "sunshineit".to_owned(),
//!     client_id: "5eedf00d-0000-4000-8000-000000000001".to_owned(),
//!     login: Login::ApiMember { public_key: "AbCdEfGh".to_owned(), private_key: "…".into() },
//!     max_concurrency: 8,
//!     max_requests_per_minute: 600,
//!     ca_file: None,
//! })?;
//!
//! // Every running addition of agreement 121 for one product, however many pages that takes.
//! let running = Condition::eq("product/identifier", "MS Complete").and(Condition::is_null("cancelledDate"));
//! let additions: Vec<Addition> = psa.list(&paths::additions(121), &Query::all().filter(running)).await?;
//!
//! for addition in additions {
//!     let operations = [PatchOp::replace("quantity", psa::number(12.into()))];
//!     match psa.patch(&paths::addition(121, addition.id), &operations).await {
//!         // A 200 does not say that it was kept: the answer does.
//!         Ok(answer) => println!("{:?}", psa::differences_in_operations(&operations, &answer)),
//!         // Nobody knows whether it was done: look, and do not repeat it blindly.
//!         Err(error) if error.outcome_unknown() => println!("{error}"),
//!         Err(error) => println!("{error}\n  {}", error.hints().join("\n  ")),
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Rules kept here, so that nobody above has to:
//!
//! * Lists are read whole: by forward-only paging where there is no order to keep, else page by page.
//! * Reads are repeated, writes are not: a write whose fate is not known is [`Error::OutcomeUnknown`], and
//!   whoever sent it looks before trying again. A 429 says that nothing was done; then writes are repeated too.
//! * The login goes to the configured site, or within ConnectWise's own domain; never along a redirect.
//!   Certificates are always verified.
//! * One gate for all requests: so many at once, so many a minute, and none before ConnectWise's Retry-After.
//! * Quantities and money are decimals. Unknown fields and unknown words are no errors.
//! * No secret is in an error, a trace or a debug print, nor are the texts of a record that cannot be read.

mod answer;
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
mod memory;
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

pub use crate::net::install_crypto;
pub use client::Client;
pub use conditions::{Condition, FILTER_LENGTH, Operand, literal};
pub use connection::{Connection, Login};
pub use decode::Record;
pub use discovery::CompanyInfo;
pub use error::{Error, Kind, Method, Tried, Trouble};
pub use hints::of_kind as hints_of_kind;
pub use memory::Exchange;
pub use patch::{PatchOp, PatchVerb};
pub use paths::{InvalidPath, Path};
pub use query::Query;
pub use reply::{FieldError, Reply, clean};
pub use retry::{Decision, Outcome, RetryPolicy};
pub(crate) use types::read_time;
pub use types::*;
pub use verify::{Difference, differences, differences_in_operations};
pub use zone::zone;

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
