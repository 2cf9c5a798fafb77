//! psactl sets up, runs and diagnoses the integration between a backup service and ConnectWise PSA.
pub mod config;
pub mod portal;
pub mod psa;
pub mod sandbox;
pub mod services;
