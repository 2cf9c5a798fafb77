//! Changes the quantity of an addition, but only while it is what you saw; and makes sure that it was kept.
//!
//! ConnectWise knows no conditional update: the last one to write wins. Reading just before keeps the time
//! short in which somebody else's change could be overwritten; comparing the answer shows whether the change
//! was kept, for a 200 alone does not say so.
//!
//! ```console
//! $ psactl sandbox     # in another terminal; it prints what the variables want
//! $ export PSA_SITE=http://127.0.0.1:… PSA_COMPANY=… PSA_CLIENT_ID=… PSA_PUBLIC_KEY=… PSA_PRIVATE_KEY=…
//! $ cargo run --example patch_with_condition -- AGREEMENT ADDITION 1 2    # the quantity seen, and the new one
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use psactl::psa::{Addition, Client, PatchOp, differences_in_operations, number, paths};
use rust_decimal::Decimal;

mod connect;

#[tokio::main]
async fn main() -> ExitCode {
    connect::ended(change().await)
}

async fn change() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [agreement, addition, seen, wanted] = &arguments[..] else {
        return Err("agreement, addition, the quantity seen and the new one are expected".into());
    };
    let (ids, quantities) = ((agreement.parse()?, addition.parse()?), (seen.parse()?, wanted.parse()?));
    run(&connect::from_environment()?, ids, quantities, &mut io::stdout()).await
}

/// Sets an addition's quantity from what was seen to what is wanted.
pub async fn run(
    psa: &Client,
    (agreement, addition): (i64, i64),
    (seen, wanted): (Decimal, Decimal),
    out: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    let at = paths::addition(agreement, addition);
    let before: Addition = psa.get(&at).await?;
    let quantity = before.quantity.unwrap_or_default();
    if quantity != seen {
        return Err(format!("the quantity is {quantity} by now: nothing was changed").into());
    }
    let operations = [PatchOp::replace("quantity", number(wanted))];
    let after = match psa.patch(&at, &operations).await {
        // Nobody knows whether it was done: look, do not repeat.
        Err(error) if error.outcome_unknown() => psa.get(&at).await?,
        answered => answered?,
    };
    let lost = differences_in_operations(&operations, &after);
    if let Some(difference) = lost.first() {
        return Err(format!("ConnectWise did not keep it: {difference}").into());
    }
    writeln!(out, "{at}: {seen} → {wanted}")?;
    Ok(())
}
