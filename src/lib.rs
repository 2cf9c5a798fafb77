//! psactl sets up, runs and diagnoses the integration between a backup service and ConnectWise PSA.
//!
//! The promise: no wrong bill, no duplicate ticket, no silent stop, nobody's work overwritten. In doubt psactl
//! does not write, and says so.
//!
//! # The one idea
//!
//! ```text
//! observe  ->  plan  ->  apply  ->  record
//! ```
//!
//! A command *observes* the PSA ([`psa`]) and the portal ([`portal`]) as plain typed values; *plans* purely,
//! values in and a [`plan::Plan`] out; *applies* each [`plan::Change`] through the journal
//! ([`plan::apply::Applier`]); and *records* what became of it ([`store`]). `setup`, `companies`, `sync`,
//! `reprocess` and `review` all go this way; `--dry-run` is the same way, stopped before *apply*; the
//! [`doctor`] judges the same observations.
//!
//! # The house
//!
//! Lower floors know nothing of higher ones.
//!
//! | room | what is in it |
//! |---|---|
//! | [`cli`] | one file for each subcommand: arguments, what it calls, what it prints |
//! | [`doctor`] | the checks: a table, one observation, judgement group by group; explain; the bundle |
//! | [`setup`] | the ordered steps, one file each: look, and the changes that would mend it |
//! | [`sync`] | one run; billing, statistics, tickets: the rules, pure and tabled |
//! | [`report`] | the report of a month, and what stands in the way of the next invoices: pure |
//! | [`plan`] | changes, held, blocked; guards; applying; what is remembered |
//! | [`context`], [`error`], [`ui`] | what a command is handed, how it fails, how things look |
//! | [`services`] | the twelve billable services, where the two sides meet |
//! | [`portal`] | the backup service's side; knows nothing of ConnectWise |
//! | [`psa`] | the typed ConnectWise client; knows nothing of backups |
//! | [`store`] | the embedded SQLite state |
//! | [`monitoring`] | who is told of runs |
//! | [`config`] | psactl.toml, environment, secrets |
//! | `net`, `disk` | what every HTTP client, and every file of psactl's own, is made with |
//! | [`sandbox`] | a simulated ConnectWise PSA, driven by the API's contract, sharing nothing with [`psa`] |
//!
//! To add a billable service, add a row to [`services`]; a step of set-up, a file in [`setup`] and a line in
//! [`setup::Step`]; a check, a row in [`doctor::CHECKS`] and its judgement in the file of its group (and a faulty world
//! in its test); a backup vendor, a file in [`portal`] behind [`portal::Source`].

#![deny(missing_docs)]
// Input can reach everything: a failure is a value. Only `ui` prints.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::todo,
        clippy::unimplemented,
        clippy::dbg_macro,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]

pub mod cli;
pub mod config;
pub mod context;
mod disk;
pub mod doctor;
pub mod error;
pub mod monitoring;
mod net;
pub mod plan;
pub mod portal;
pub mod psa;
pub mod report;
pub mod sandbox;
pub mod services;
pub mod setup;
pub mod store;
pub mod sync;
#[doc(hidden)]
pub mod testing;
pub mod ui;
