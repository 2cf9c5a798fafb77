//! `psactl sandbox`: the simulated ConnectWise PSA, served until stopped.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::sandbox::{Options, Sandbox, World};

/// Serve a simulated ConnectWise PSA on loopback, until Ctrl-C
///
/// Its sample MSP is that of the integration guide. With --write-config it
/// writes a configuration, secrets and portal exports with which psactl works
/// against it at once.
///
/// Example:
///   psactl sandbox --write-config trial/psactl.toml
///   psactl --config trial/psactl.toml --state trial/state doctor
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The port; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The MSP before any integration was set up (this is the default)
    #[arg(long, conflicts_with = "sample")]
    empty: bool,
    /// The MSP with the integration set up and its companies linked
    #[arg(long)]
    sample: bool,
    /// Add so many generated companies
    #[arg(long, value_name = "N", default_value_t = 0)]
    companies: usize,
    /// Write a psactl.toml for this sandbox, with secrets and fresh portal exports beside it
    #[arg(long, value_name = "FILE")]
    write_config: Option<PathBuf>,
    /// Bill at least nothing where a quantity is below what is included (else below zero, as in the guide)
    #[arg(long)]
    floor_quantity_to_bill: bool,
}

/// How to reach a sandbox.
#[derive(Debug, Serialize)]
struct Reach {
    url: String,
    control_url: String,
    company_id: String,
    client_id: String,
    public_key: String,
    private_key: String,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let options = Options {
        port: args.port,
        world: if args.sample && !args.empty { World::Integrated } else { World::Bare },
        companies: args.companies,
        negative_quantity_to_bill: !args.floor_quantity_to_bill,
        // Both keep the same time, also where a test sets it.
        now: cfg!(debug_assertions).then(|| context.now()),
        ..Options::default()
    };
    let served = context.block_on(async {
        let sandbox = Sandbox::start(options).await.map_err(|error| {
            Failure::from(error).context("starting the sandbox").hint("--port 0 takes a free port")
        })?;
        if let Some(file) = &args.write_config {
            write_trial(&sandbox, file)?;
        }
        let reach = Reach {
            url: sandbox.url(),
            control_url: sandbox.control_url(),
            company_id: sandbox.company_id().to_owned(),
            client_id: sandbox.client_id().to_owned(),
            public_key: sandbox.public_key(),
            private_key: sandbox.private_key(),
        };
        if context.ui.is_json() {
            // One line, so that a program can read it while the sandbox runs on.
            context.ui.out(&serde_json::to_string(&reach).map_err(anyhow::Error::from)?);
        } else {
            context.ui.out(&format!("ConnectWise PSA, simulated: {}", reach.url));
            context.ui.out(&format!("  company ID   {}", reach.company_id));
            context.ui.out(&format!("  client ID    {}", reach.client_id));
            context.ui.out(&format!("  public key   {}", reach.public_key));
            context.ui.out(&format!("  private key  {}", reach.private_key));
            context.ui.out(&format!("  control      {}", reach.control_url));
            if let Some(file) = &args.write_config {
                context.ui.out(&format!("Written: {}. Try: psactl --config {0} doctor", file.display()));
            }
            context.ui.say("Serving until Ctrl-C.");
        }
        let _no_signals = tokio::signal::ctrl_c().await;
        sandbox.stop().await;
        Ok(Exit::Done)
    });
    match served {
        // Ctrl-C is how it is meant to end.
        Err(failure) if failure.exit == Exit::Interrupted => Ok(Exit::Done),
        served => served,
    }
}

/// Writes a psactl.toml for a sandbox, with the secrets and portal exports measured a few minutes ago beside it.
///
/// # Errors
/// Where a file cannot be written.
pub fn write_trial(sandbox: &Sandbox, file: &Path) -> Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let (accounts, events) = crate::portal::sample(sandbox.now());
    let text = include_str!("../../examples/psactl.toml");
    // The example is a file for a real PSA; only the lines that say where to go differ.
    let replaced: String = text
        .lines()
        .map(|line| {
            let key = line.split('=').next().unwrap_or_default().trim();
            match key {
                "site" => format!("site = \"{}\"", sandbox.url()),
                "company_id" => format!("company_id = \"{}\"", sandbox.company_id()),
                "client_id" => format!("client_id = \"{}\"", sandbox.client_id()),
                "public_key" => format!("public_key = \"{}\"", sandbox.public_key()),
                _ => line.to_owned(),
            }
        })
        .map(|line| line + "\n")
        .collect();
    std::fs::write(file, replaced)?;
    std::fs::write(folder.join("accounts.csv"), accounts)?;
    std::fs::write(folder.join("events.csv"), events)?;
    write_secret(&folder.join("private-key"), &sandbox.private_key())?;
    write_secret(&folder.join("integrator-password"), sandbox.integrator_password())
}

/// Writes a secret that only its owner can read.
pub(super) fn write_secret(file: &Path, secret: &str) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(file)?;
    std::io::Write::write_all(&mut opened, secret.as_bytes())?;
    Ok(())
}
