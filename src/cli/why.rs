//! `psactl why`: why the invoice of a customer says what it says. Reads, never writes.

mod additions;
mod gather;
mod show;

use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::services::{self, Service};

/// Show why the invoice says that: use, rounding, addition, who wrote it, what holds it
///
/// The customer's agreements are read afresh and planned as psactl sync would
/// plan them; nothing is written. Where ConnectWise cannot be reached, what
/// psactl's own state knows is shown, and that it is old is said.
///
/// Examples:
///   psactl why 342
///   psactl why 342 select-storage
///   psactl why 342 --offline
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The customer of the portal
    #[arg(value_name = "CID")]
    cid: String,
    /// Only this service, such as select-storage
    #[arg(value_name = "SERVICE")]
    service: Option<String>,
    /// Ask nothing of ConnectWise
    #[arg(long)]
    offline: bool,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let service = args.service.as_deref().map(service).transpose()?;
    let why = gather::gather(context, &args.cid, service, args.offline)?;
    context.ui.emit(&why);
    Ok(Exit::Done)
}

/// A service by its key or its name.
fn service(written: &str) -> Result<&'static Service> {
    let plain = |name: &str| name.to_lowercase().replace([' ', '_'], "-");
    let wanted = plain(written);
    let known = services::all();
    if let Some(found) = known.iter().find(|own| own.key == wanted || plain(own.name) == wanted) {
        return Ok(found);
    }
    let near = known
        .iter()
        .map(|own| (strsim::damerau_levenshtein(&wanted, own.key), own.key))
        .filter(|(distance, key)| *distance <= key.len() / 3)
        .min();
    let failure =
        Failure::new(Exit::Usage, format!("there is no service “{}”", crate::ui::text::clean(written)));
    let failure = match near {
        Some((_, near)) => failure.hint(format!("did you mean {near}?")),
        None => failure,
    };
    let keys: Vec<&str> = known.iter().map(|own| own.key).collect();
    Err(failure.hint(format!("services are {}", keys.join(", "))))
}
