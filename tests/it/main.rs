//! All integration tests in one binary, so that they link once.
mod bad_input;
mod behaviours;
mod client;
mod client_broken;
mod client_examples;
mod client_failures;
mod client_faults;
mod client_line;
mod client_redirects;
mod client_secrets;
mod client_tls;
mod commands;
mod companies;
mod companies_add;
mod companies_many;
mod conditions;
mod configuration;
mod configuration_secrets;
mod demo;
mod faults;
mod history;
mod init;
mod killed;
mod log;
mod monitoring;
mod paging;
mod pause;
mod portal;
#[cfg(unix)]
mod review;
mod sandbox;
mod saved_plan;
mod second;
mod secrets;
mod setup;
mod status;
mod store;
mod story;
mod support;
mod syncing;
<<<<<<< HEAD
mod why;
=======
mod undo;
>>>>>>> main
#[cfg(unix)]
mod wizard;
