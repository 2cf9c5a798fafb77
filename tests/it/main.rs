//! All integration tests in one binary, so that they link once.
mod client;
mod client_failures;
mod configuration;
mod configuration_secrets;
mod portal;
mod sandbox;
