//! Lists the service boards that are in use, and how many tickets stand open on each.
//!
//! ```console
//! $ psactl sandbox     # in another terminal; it prints what the variables want
//! $ export PSA_SITE=http://127.0.0.1:… PSA_COMPANY=… PSA_CLIENT_ID=… PSA_PUBLIC_KEY=… PSA_PRIVATE_KEY=…
//! $ cargo run --example list_boards
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use psactl::psa::{Board, Client, Condition, Query, paths};

mod connect;

#[tokio::main]
async fn main() -> ExitCode {
    connect::ended(boards().await)
}

async fn boards() -> Result<(), Box<dyn Error>> {
    run(&connect::from_environment()?, &mut io::stdout()).await
}

/// Writes one line for each board.
pub async fn run(psa: &Client, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    // The filter is built, never glued together: no value can break out of its quotes.
    let in_use = Query::all().filter(Condition::eq("inactiveFlag", false)).fields("id,name");
    let boards: Vec<Board> = psa.list(&paths::boards(), &in_use).await?;
    for board in boards {
        let open = Condition::eq("board/id", board.id).and(Condition::eq("closedFlag", false));
        let tickets = psa.count(&paths::tickets(), &Query::all().filter(open)).await?;
        writeln!(out, "{}: {tickets} open", board.name.unwrap_or_default())?;
    }
    Ok(())
}
