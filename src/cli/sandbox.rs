//! `psactl sandbox`: the simulated ConnectWise PSA, served until stopped.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::sandbox::{Options, Release, Sandbox, World};

/// Serve a simulated ConnectWise PSA on loopback, until Ctrl-C
///
/// Its sample MSP is that of the guide. With --write-config it
/// writes a configuration, secrets and portal exports with which psactl works
/// against it at once.
///
/// Examples:
///   psactl sandbox --write-config trial/psactl.toml
///   psactl --config trial/psactl.toml --state trial/state doctor
///   psactl sandbox --sample --companies 2000 --latency 20ms --fail 2%
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Serve https, with a certificate authority made anew and written to DIR/ca.pem
    #[arg(long, value_name = "DIR")]
    tls: Option<PathBuf>,
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
    /// The source that the written psactl.toml names
    #[arg(long, value_name = "SOURCE", value_enum, default_value = "files", requires = "write_config")]
    portal: Portal,

    /// Every answer takes at least this long, such as 20ms
    #[arg(long, value_name = "TIME", value_parser = delay, help_heading = "Trouble on the way")]
    latency: Option<Duration>,
    /// And up to this much longer, at random
    #[arg(long, value_name = "TIME", value_parser = delay, help_heading = "Trouble on the way")]
    jitter: Option<Duration>,
    /// Answer so many requests a minute, the others with 429 and Retry-After
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..),
        help_heading = "Trouble on the way")]
    rate_limit: Option<u32>,
    /// This share of requests fails with 500, 502 or 503 at random, such as 2% or 0.02
    #[arg(long, value_name = "RATE", value_parser = share, help_heading = "Trouble on the way")]
    fail: Option<f64>,

    /// Bill at least nothing where a quantity is below what is included (else below zero, as in the guide)
    #[arg(long, help_heading = OPEN)]
    floor_quantity_to_bill: bool,
    /// Newlines in text become a space, and tabs four
    #[arg(long, help_heading = OPEN)]
    flatten_newlines: bool,
    /// Statistics written to management report entries are taken and not kept
    #[arg(long, help_heading = OPEN)]
    ignore_statistics: bool,
    /// The licence does not cover managed services, which the guide asks for
    #[arg(long, help_heading = OPEN)]
    without_msp_add_on: bool,
    /// A managed devices integration that logs in globally must carry that login
    #[arg(long, help_heading = OPEN)]
    demand_global_login: bool,
    /// Change no part of a reference, and take no number or flag sent as text
    #[arg(long, help_heading = OPEN)]
    strict_patch: bool,
    /// Read * in conditions with = and != as any run of characters (else only in like)
    #[arg(long, help_heading = OPEN)]
    wildcard_equals: bool,
    /// End a string of conditions at the next quote like its first (else \" and "" keep it in the string)
    #[arg(long, help_heading = OPEN)]
    plain_quotes: bool,
    /// Keep text that is sent empty as null
    #[arg(long, help_heading = OPEN)]
    blank_as_null: bool,
    /// Answer empty fields as null (else they are left out)
    #[arg(long, help_heading = OPEN)]
    nulls: bool,
    /// The release to play: 2019 has the External Integration XRef of the guide's board statuses
    #[arg(long, value_name = "YEAR", value_enum, default_value = "current", help_heading = OPEN)]
    release: Year,
}

const OPEN: &str = "Behaviours that the public record leaves open";

/// A source of the portal's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Portal {
    /// CSV or JSON exports of the portal
    Files,
    /// Axcient's x360Recover API
    #[value(name = "x360recover")]
    X360Recover,
}

impl Portal {
    /// Writes a psactl.toml with this source, and what belongs to it.
    pub(super) fn write_trial(self, sandbox: &Sandbox, file: &Path) -> Result<()> {
        match self {
            Portal::Files => write_trial(sandbox, file),
            Portal::X360Recover => write_trial_x360recover(sandbox, file),
        }
    }
}

/// A release as it is asked for.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Year {
    #[value(name = "current")]
    Current,
    #[value(name = "2019")]
    Year2019,
}

fn delay(text: &str) -> std::result::Result<Duration, String> {
    let read = text.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    read.filter(|time| *time <= Duration::from_secs(3600))
        .ok_or_else(|| "write a number with its unit, at most an hour, such as 20ms, 1.5s or 1m".to_owned())
}

fn share(text: &str) -> std::result::Result<f64, String> {
    let (number, whole) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let read = number.trim().parse::<f64>().ok().map(|number| number / whole);
    read.filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "write a share of all requests, such as 2% or 0.02".to_owned())
}

impl Args {
    fn options(&self, now: Option<Timestamp>) -> Options {
        Options {
            port: self.port,
            tls: self.tls.clone(),
            world: if self.sample && !self.empty { World::Integrated } else { World::Bare },
            companies: self.companies,
            now,
            release: match self.release {
                Year::Current => Release::Current,
                Year::Year2019 => Release::Year2019,
            },
            negative_quantity_to_bill: !self.floor_quantity_to_bill,
            keep_statistics: !self.ignore_statistics,
            flatten_newlines: self.flatten_newlines,
            managed_services_licence: !self.without_msp_add_on,
            server_time_zone: Options::default().server_time_zone,
            global_login_required: self.demand_global_login,
            strict_patch: self.strict_patch,
            wildcard_equals: self.wildcard_equals,
            plain_quotes: self.plain_quotes,
            blank_as_null: self.blank_as_null,
            nulls: self.nulls,
            latency: self.latency.unwrap_or_default(),
            jitter: self.jitter.unwrap_or_default(),
            max_requests_per_minute: self.rate_limit.unwrap_or(0),
            failure_rate: self.fail.unwrap_or(0.0),
        }
    }
}

/// How to reach a sandbox.
#[derive(Debug, Serialize)]
struct Reach {
    schema: &'static str,
    url: String,
    control_url: String,
    /// Where the portal's exports are.
    portal_url: String,
    /// Where the x360Recover API is, with its path, and the key that it takes.
    x360recover_url: String,
    x360recover_key: String,
    company_id: String,
    client_id: String,
    public_key: String,
    private_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca_file: Option<PathBuf>,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    // Both keep the same time, also where a test sets it.
    let options = args.options(cfg!(debug_assertions).then(|| context.now()));
    let served = context.block_on(async {
        let sandbox = Sandbox::start(options).await.map_err(|error| {
            let taken = error.kind() == ErrorKind::AddrInUse;
            let failure = Failure::from(error).context("starting the sandbox");
            if taken { failure.hint("--port 0 takes a free port") } else { failure }
        })?;
        serve_sample(&sandbox);
        if let Some(file) = &args.write_config {
            args.portal.write_trial(&sandbox, file)?;
        }
        let reach = Reach {
            schema: "psactl/sandbox/1",
            url: sandbox.url(),
            control_url: sandbox.control_url(),
            portal_url: sandbox.exports_url(),
            x360recover_url: sandbox.x360recover_url(),
            x360recover_key: sandbox.axcient().key(),
            company_id: sandbox.company_id().to_owned(),
            client_id: sandbox.client_id().to_owned(),
            public_key: sandbox.public_key(),
            private_key: sandbox.private_key(),
            ca_file: sandbox.ca_file().map(Path::to_owned),
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
            context.ui.out("Backup portal, simulated:");
            context.ui.out(&format!("  exports      {}/accounts.csv, …/events.csv", reach.portal_url));
            context.ui.out(&format!("  x360Recover  {}", reach.x360recover_url));
            context.ui.out(&format!("  API key      {}", reach.x360recover_key));
            if let Some(file) = &reach.ca_file {
                context.ui.out(&format!("  trust        {}", file.display()));
            }
            if let Some(file) = &args.write_config {
                let state = file.with_file_name("state");
                context.ui.out(&format!(
                    "Written: {0}. Try: psactl --config {0} --state {1} doctor",
                    file.display(),
                    state.display()
                ));
            }
            context.ui.say("Serving until Ctrl-C.");
        }
        asked_to_stop().await;
        sandbox.stop().await;
        Ok(Exit::Done)
    });
    match served {
        // Ctrl-C is how it is meant to end.
        Err(failure) if failure.exit == Exit::Interrupted => Ok(Exit::Done),
        served => served,
    }
}

/// Ctrl-C, or what a service manager sends.
async fn asked_to_stop() {
    #[cfg(unix)]
    if let Ok(mut terminated) = signal(SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
        return;
    }
    let _no_signals = tokio::signal::ctrl_c().await;
}

/// Puts the sample's exports at the sandbox's portal, measured a few minutes ago.
fn serve_sample(sandbox: &Sandbox) {
    let (accounts, events) = crate::portal::sample(sandbox.now());
    sandbox.set_export("accounts.csv", accounts);
    sandbox.set_export("events.csv", events);
}

/// Writes a psactl.toml for a sandbox, with the secrets and portal exports measured a few minutes ago beside it.
///
/// # Errors
/// Where a file cannot be written.
pub fn write_trial(sandbox: &Sandbox, file: &Path) -> Result<()> {
    let folder = trial(sandbox, file, |_| None)?;
    let (accounts, events) = crate::portal::sample(sandbox.now());
    std::fs::write(folder.join("accounts.csv"), accounts)?;
    std::fs::write(folder.join("events.csv"), events)?;
    Ok(())
}

/// Writes a psactl.toml for a sandbox whose portal is its x360Recover API, with the secrets beside it.
///
/// # Errors
/// Where a file cannot be written.
pub fn write_trial_x360recover(sandbox: &Sandbox, file: &Path) -> Result<()> {
    let section = format!(
        "\n[portal.x360recover]\nurl = \"{}\"\napi_key = {{ file = \"axcient-key\" }}\n",
        sandbox.x360recover_url()
    );
    let folder = trial(sandbox, file, |key| match key {
        "source" => Some("source = \"x360recover\"".to_owned()),
        // What only exports have.
        "accounts" | "events" | "poll_every" | "headers" | "file_date" | "decimal" => Some(String::new()),
        "[portal.columns]" => Some(section.clone()),
        _ => None,
    })?;
    write_secret(&folder.join("axcient-key"), &sandbox.axcient().key())
}

/// The first line of a psactl.toml for a sandbox: only where it stands is anything written anew.
const MARK: &str = "# For a sandbox: psactl sandbox writes this file and those beside it anew.";

/// The files beside it.
const BESIDE: [&str; 5] = ["private-key", "integrator-password", "axcient-key", "accounts.csv", "events.csv"];

/// Nobody's configuration, secret or export is written over.
fn refuse_anothers(file: &Path, folder: &Path) -> Result<()> {
    let there = |path: &Path| std::fs::symlink_metadata(path).is_ok();
    let met = if there(file) {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        (!text.starts_with(MARK)).then(|| file.to_owned())
    } else {
        BESIDE.iter().map(|name| folder.join(name)).find(|path| there(path))
    };
    match met {
        None => Ok(()),
        Some(path) => {
            let said = format!("{} is there and is no sandbox's: it is not written over", path.display());
            Err(Failure::new(Exit::Usage, said)
                .hint("name a file in a new folder: --write-config trial/psactl.toml"))
        }
    }
}

/// The example's psactl.toml with the lines that say where to go, and those that `other` replaces by their key; and
/// the secrets for ConnectWise. Returns the folder.
fn trial(sandbox: &Sandbox, file: &Path, other: impl Fn(&str) -> Option<String>) -> Result<PathBuf> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    refuse_anothers(file, folder)?;
    let cannot = |path: &Path| format!("cannot write {}", path.display());
    crate::disk::make_folder(folder).map_err(|error| Failure::from(error).context(cannot(folder)))?;
    let text = include_str!("../../examples/psactl.toml");
    let ca_file = sandbox.ca_file().map(|file| toml::Value::from(&*file.to_string_lossy()));
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
                "ca_file" => match &ca_file {
                    Some(file) => format!("ca_file = {file}"),
                    None => line.to_owned(),
                },
                key => other(key).unwrap_or_else(|| line.to_owned()),
            }
        })
        .map(|line| line + "\n")
        .collect();
    crate::disk::write_whole(file, format!("{MARK}\n{replaced}").as_bytes(), 0o600)
        .map_err(|error| Failure::from(error).context(cannot(file)))?;
    write_secret(&folder.join("private-key"), &sandbox.private_key())?;
    write_secret(&folder.join("integrator-password"), sandbox.integrator_password())?;
    Ok(folder.to_owned())
}

/// Writes a secret that only its owner can read.
pub(super) fn write_secret(file: &Path, secret: &str) -> Result<()> {
    Ok(crate::disk::write_whole(file, secret.as_bytes(), 0o600)?)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn options(line: &str) -> Options {
        let words = std::iter::once("sandbox").chain(line.split_whitespace());
        Line::try_parse_from(words).map(|line| line.args.options(None)).expect(line)
    }

    #[test]
    fn every_option_reaches_the_sandbox() {
        assert_eq!(format!("{:?}", options("")), format!("{:?}", Options::default()));
        let all = options(
            "--port 81 --tls there --sample --companies 9 --latency 20ms --jitter 1.5s --rate-limit 600 \
             --fail 2.5% --floor-quantity-to-bill --flatten-newlines --ignore-statistics \
             --without-msp-add-on --demand-global-login --strict-patch --wildcard-equals --plain-quotes \
             --blank-as-null --nulls --release 2019",
        );
        let expected = Options {
            port: 81,
            tls: Some("there".into()),
            world: World::Integrated,
            companies: 9,
            now: None,
            release: Release::Year2019,
            negative_quantity_to_bill: false,
            keep_statistics: false,
            flatten_newlines: true,
            managed_services_licence: false,
            server_time_zone: Options::default().server_time_zone,
            global_login_required: true,
            strict_patch: true,
            wildcard_equals: true,
            plain_quotes: true,
            blank_as_null: true,
            nulls: true,
            latency: Duration::from_millis(20),
            jitter: Duration::from_millis(1500),
            max_requests_per_minute: 600,
            failure_rate: 0.025,
        };
        assert_eq!(format!("{all:?}"), format!("{expected:?}"));
        assert_eq!(options("--fail 0.1").failure_rate, 0.1);
    }
}
