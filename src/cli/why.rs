//! `psactl why`: why the invoice of a customer says what it says. Reads, never writes.

mod additions;
mod gather;
mod show;

use super::setup::ask;
use crate::context::Context;
use crate::error::{Exit, Result};
use crate::services;

/// Show why a customer's invoice says what it says
///
/// Its use, the rounding, the agreement addition, who wrote it, what holds it.
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
    /// The customer's ID at the portal, such as 342
    #[arg(value_name = "CID")]
    cid: String,
    /// Only this service
    #[arg(value_name = "SERVICE", value_parser = ask::service())]
    service: Option<&'static str>,
    /// Ask nothing of ConnectWise: show what psactl's own state knows
    #[arg(long)]
    offline: bool,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let service = args.service.and_then(services::by_key);
    let why = gather::gather(context, &args.cid, service, args.offline)?;
    context.ui.emit(&why);
    Ok(Exit::Done)
}
