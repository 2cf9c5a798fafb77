//! The command line: one file for each subcommand, with its arguments, what it calls, what it prints.

mod apply;
mod common;
mod companies;
mod completions;
mod config;
mod demo;
mod doctor;
mod events;
mod help;
mod history;
mod init;
mod man;
mod pause;
mod portal;
mod report;
mod reprocess;
mod review;
mod sandbox;
mod setup;
mod state;
mod status;
mod sync;
mod undo;
mod when;
mod why;

pub use self::sandbox::{write_trial, write_trial_x360recover};

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, CommandFactory, Parser, Subcommand};

use crate::config::Environment;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::ui::{Format, Look, Ui};

/// What `--version` says: also which commit, and for what system.
const LONG_VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("PSACTL_BUILT"), ", ", env!("PSACTL_TARGET"), ")");

/// Sets up, runs and diagnoses the integration between a backup service and ConnectWise PSA
///
/// In these pages a customer is one of the backup portal, a company is one of
/// ConnectWise, and CID is the customer's ID at the portal. The guide is the
/// vendor's ConnectWise PSA Integration Guide (August 2015), whose steps psactl
/// setup takes.
#[derive(Debug, Parser)]
#[command(
    name = "psactl",
    verbatim_doc_comment,
    bin_name = "psactl",
    version,
    long_version = LONG_VERSION,
    propagate_version = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Try it without any configuration:  psactl demo\n\
                  Begin with your own ConnectWise:   psactl init\n\
                  Words on a screen, exit codes:     psactl help errors, psactl help exit-codes"
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
struct Global {
    /// The configuration file [default: PSACTL_CONFIG, else psactl/psactl.toml in the user's configuration
    /// folder]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder of psactl's own state [default: PSACTL_STATE, else psactl in the user's state folder]
    #[arg(long, global = true, value_name = "DIR")]
    state: Option<PathBuf>,
    /// How results are printed: table (the default), or json, one document of a versioned shape
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        hide_possible_values = true,
        hide_default_value = true
    )]
    output: Format,
    /// Print nothing but results and what needs a person
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say more on stderr; -vv and -vvv say still more. Secrets are never printed
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// When to colour: auto (the default: on a terminal, unless NO_COLOR is set), always or never
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        hide_possible_values = true,
        hide_default_value = true
    )]
    color: Colour,
    /// Ask nothing, as without a terminal: where an answer is missing, end with an error
    #[arg(long, global = true)]
    no_input: bool,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Colour {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// On a terminal or not
    Always,
    /// No colour at all
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Init(Box<init::Args>),
    Setup(setup::Args),
    Companies(companies::Args),
    Sync(sync::Args),
    Apply(apply::Args),
    Status(status::Args),
    Why(why::Args),
    Report(report::Args),
    Pause(pause::Args),
    Resume(pause::ResumeArgs),
    Review(review::Args),
    Events(events::Args),
    Reprocess(reprocess::Args),
    History(history::Args),
    Undo(undo::Args),
    State(state::Args),
    Doctor(doctor::Args),
    Config(config::Args),
    Portal(portal::Args),
    Sandbox(sandbox::Args),
    Completions(completions::Args),
    Man(man::Args),
    Help(help::Args),
}

/// Runs the command line of this process and returns its exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap knows which stream they belong on.
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            let _closed_pipe = error.print();
            // A monitor knows four codes, and 2 is not what a mistyped check means there.
            let monitor = std::env::args_os().any(|argument| argument == "--nagios");
            if monitor && error.use_stderr() {
                return ExitCode::from(status::nagios_unknown(
                    &mut std::io::stdout(),
                    "the command line is wrong",
                ));
            }
            return ExitCode::from(code.code());
        }
    };
    let colour = match cli.global.color {
        Colour::Auto => None,
        Colour::Always => Some(true),
        Colour::Never => Some(false),
    };
    let ui = Ui::new(cli.global.output, cli.global.quiet, colour, cli.global.no_input);
    trace(cli.global.verbose);
    let exit = match run(cli, ui.clone()) {
        Ok(exit) => exit,
        Err(failure) => {
            report(&ui, &failure);
            failure.exit
        }
    };
    ExitCode::from(exit.code())
}

fn run(cli: Cli, ui: Ui) -> Result<Exit> {
    let Global { config, state, .. } = cli.global;
    let context = Context::new(ui, Environment::of_process(), config, state)?;
    let exit = match cli.command {
        Command::Demo(args) => demo::run(&context, args),
        Command::Init(args) => init::run(&context, *args),
        Command::Setup(args) => setup::run(&context, args),
        Command::Companies(args) => companies::run(&context, args),
        Command::Sync(args) => sync::run(&context, args),
        Command::Apply(args) => apply::run(&context, args),
        Command::Status(args) => status::run(&context, args),
        Command::Why(args) => why::run(&context, args),
        Command::Report(args) => report::run(&context, args),
        Command::Pause(args) => pause::run(&context, args),
        Command::Resume(args) => pause::resume(&context, args),
        Command::Review(args) => review::run(&context, args),
        Command::Events(args) => events::run(&context, args),
        Command::Reprocess(args) => reprocess::run(&context, args),
        Command::History(args) => history::run(&context, args),
        Command::Undo(args) => undo::run(&context, args),
        Command::State(args) => state::run(&context, args),
        Command::Doctor(args) => doctor::run(&context, args),
        Command::Config(args) => config::run(&context, args),
        Command::Portal(args) => portal::run(&context, args),
        Command::Sandbox(args) => sandbox::run(&context, args),
        Command::Completions(args) => completions::run(&context, args),
        Command::Man(args) => man::run(&context, args),
        Command::Help(args) => help::run(&context, args),
    }?;
    // Stopped after the change in hand: what was not tried is not what ended the run.
    let stopped = context.interrupted.load(std::sync::atomic::Ordering::Relaxed);
    Ok(if stopped && exit != Exit::Done { Exit::Interrupted } else { exit })
}

/// The whole command line, for completions and documentation.
pub fn command() -> clap::Command {
    help::completed(Cli::command())
}

/// A failure as every command shows it: what, the causes, what to do next.
fn report(ui: &Ui, failure: &Failure) {
    ui.failure(&format!("{} ", ui.paint(Look::Bad, "error:")), 7, failure);
}

/// Talk of psactl itself and of its requests, to stderr. The libraries below stay silent: what they know
/// includes headers.
fn trace(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => "psactl=info",
        2 => "psactl=debug",
        _ => "psactl=trace",
    };
    let filter = tracing_subscriber::EnvFilter::new(level);
    // A second initialisation can only come from a test in this process.
    let _already = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .try_init();
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_tree_is_sound() {
        super::command().debug_assert();
    }
}
