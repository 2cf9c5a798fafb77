//! What every HTTP client of psactl is made with, whoever it talks to.

use std::path::Path;

use reqwest::{Certificate, ClientBuilder, Url, redirect};

/// Chooses the cryptography for encrypted connections, for the whole process; calling it again does nothing.
///
/// [`Client::new`](crate::psa::Client::new) calls it. Whoever else makes connections calls it first.
pub fn install_crypto() {
    // An error says that a choice was made before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A client for one server: it follows no redirect by itself, since what it carries is for that server alone, and
/// leaves the machine over https alone.
pub(crate) fn builder(url: &Url) -> ClientBuilder {
    install_crypto();
    let local = is_loopback(url);
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("psactl/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .https_only(!local);
    if local {
        // Credentials for this machine have no business on a proxy.
        builder = builder.no_proxy();
    }
    if url.scheme() != "https" {
        // No certificate is ever looked at: a machine without any (a bare container) will do.
        builder = builder.tls_certs_only([]);
    }
    builder
}

/// The certificates of a private authority, from a PEM file.
///
/// # Errors
/// Where it cannot be read or holds none, with the file's name.
pub(crate) fn certificates(file: &Path) -> Result<Vec<Certificate>, String> {
    let unusable = |why: String| format!("ca_file {}: {why}", file.display());
    let pem = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
    let certificates = Certificate::from_pem_bundle(&pem)
        .map_err(|_| unusable("it is no certificate in PEM form".to_owned()))?;
    if certificates.is_empty() {
        return Err(unusable("it holds no certificate (-----BEGIN CERTIFICATE-----)".to_owned()));
    }
    Ok(certificates)
}

/// Whether an address is this very machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The whole chain of an error's causes, without the address, which may be a secret: what reqwest says alone is
/// little.
pub(crate) fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut why = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !why.contains(&said) {
            why = format!("{why}: {said}");
        }
        cause = inner.source();
    }
    why
}
