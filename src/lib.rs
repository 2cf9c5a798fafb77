//! psactl sets up, runs and diagnoses the integration between a backup service and ConnectWise PSA.
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
pub mod doctor;
pub mod error;
pub mod plan;
pub mod portal;
pub mod psa;
pub mod sandbox;
pub mod services;
pub mod setup;
pub mod store;
pub mod sync;
#[doc(hidden)]
pub mod testing;
pub mod ui;
