//! All integration tests in one binary, so that they link once.
mod client;
mod client_broken;
mod client_failures;
mod client_secrets;
mod client_tls;
mod commands;
mod companies;
mod configuration;
mod configuration_secrets;
mod killed;
mod portal;
mod sandbox;
mod setup;
mod story;
mod support;
mod syncing;
