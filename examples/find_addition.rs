//! Finds what a company is billed for a product: the running additions on its agreements.
//!
//! ```console
//! $ psactl sandbox     # in another terminal; it prints what the variables want
//! $ export PSA_SITE=http://127.0.0.1:… PSA_COMPANY=… PSA_CLIENT_ID=… PSA_PUBLIC_KEY=… PSA_PRIVATE_KEY=…
//! $ cargo run --example find_addition -- EddiesTV "MS Complete"
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use psactl::psa::{Addition, Agreement, Client, Condition, Query, paths};

mod connect;

#[tokio::main]
async fn main() -> ExitCode {
    connect::ended(additions().await)
}

async fn additions() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(company), Some(product)) = (arguments.next(), arguments.next()) else {
        return Err("a company's identifier and a product's are expected".into());
    };
    run(&connect::from_environment()?, &company, &product, &mut io::stdout()).await
}

/// Writes one line for each addition.
pub async fn run(
    psa: &Client,
    company: &str,
    product: &str,
    out: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    let of_company = Query::all().filter(Condition::eq("company/identifier", company));
    let agreements: Vec<Agreement> = psa.list(&paths::agreements(), &of_company).await?;
    let running = Condition::eq("product/identifier", product).and(Condition::is_null("cancelledDate"));
    let running = Query::all().filter(running);
    for agreement in agreements {
        let additions: Vec<Addition> = psa.list(&paths::additions(agreement.id), &running).await?;
        for addition in additions {
            // Quantities and money are decimals: nothing is rounded on the way.
            let quantity = addition.quantity.unwrap_or_default();
            let (name, id) = (agreement.name.as_deref().unwrap_or_default(), agreement.id);
            writeln!(out, "{name} ({id}), addition {}: {quantity} × {product}", addition.id)?;
        }
    }
    Ok(())
}
