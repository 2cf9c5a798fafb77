//! All integration tests in one binary, so that they link once.
mod bad_input;
mod client;
mod client_broken;
mod client_failures;
mod client_secrets;
mod client_tls;
mod commands;
mod configuration;
mod configuration_secrets;
mod faults;
mod killed;
mod portal;
mod sandbox;
mod secrets;
mod story;
mod support;
