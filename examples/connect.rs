//! How the examples reach ConnectWise: all they need stands in the environment.
//!
//! For the sandbox, `psactl sandbox` prints the values; for a real PSA they are those of an API member.

use std::error::Error;
use std::process::ExitCode;

use psactl::psa::{Client, Connection, Login};

/// A client for the site and the keys in `PSA_SITE`, `PSA_COMPANY`, `PSA_CLIENT_ID`, `PSA_PUBLIC_KEY` and
/// `PSA_PRIVATE_KEY`, as `variable` gives them.
pub fn with(variable: impl Fn(&str) -> Option<String>) -> Result<Client, Box<dyn Error>> {
    let value = |name: &str| variable(name).ok_or_else(|| format!("{name} is not set"));
    let connection = Connection {
        site: value("PSA_SITE")?,
        company_id: value("PSA_COMPANY")?,
        client_id: value("PSA_CLIENT_ID")?,
        login: Login::ApiMember {
            public_key: value("PSA_PUBLIC_KEY")?,
            private_key: value("PSA_PRIVATE_KEY")?.into(),
        },
        max_concurrency: 4,
        max_requests_per_minute: 300,
        ca_file: None,
    };
    Ok(Client::new(connection)?)
}

/// The same, from the environment.
pub fn from_environment() -> Result<Client, Box<dyn Error>> {
    with(|name| std::env::var(name).ok())
}

/// Says in one line what went wrong, if anything did.
pub fn ended(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
