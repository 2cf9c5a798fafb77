//! All integration tests in one binary, so that they link once.
mod client;
mod configuration;
mod configuration_secrets;
mod portal;
mod sandbox;
