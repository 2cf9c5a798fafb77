//! What every HTTP client of psactl but ConnectWise's is built with, and which addresses a secret may be sent to.

use std::path::Path;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Url, redirect};

/// A client for this address: TLS by rustls, the system's certificate authorities and those of `ca_file`, and no
/// redirects, so that what is sent along (a key) goes nowhere else. On this very machine no proxy is asked.
///
/// # Errors
/// Why `ca_file` cannot be used, in words.
pub(crate) fn client(url: &Url, ca_file: Option<&Path>) -> Result<ClientBuilder, String> {
    // An error says that a choice was made before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let local = url.host_str().is_some_and(is_loopback);
    let mut builder = Client::builder()
        .user_agent(concat!("psactl/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .https_only(!local);
    if local {
        builder = builder.no_proxy();
    }
    if url.scheme() != "https" {
        // No certificate is ever looked at: a machine without any (a bare container) will do.
        builder = builder.tls_certs_only([]);
    }
    if let Some(file) = ca_file {
        let unusable = |why: String| format!("ca_file {}: {why}", file.display());
        let pem = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
        let certificates = Certificate::from_pem_bundle(&pem)
            .ok()
            .filter(|found| !found.is_empty())
            .ok_or_else(|| unusable("it holds no certificate (-----BEGIN CERTIFICATE-----)".to_owned()))?;
        builder = builder.tls_certs_merge(certificates);
    }
    Ok(builder)
}

/// Whether a host is this very machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// An address that a secret may be sent to: https, or http on this very machine; no login, query or fragment.
/// Without a slash at its end.
///
/// # Errors
/// What is wrong with it; never a login that stands in it.
pub(crate) fn address(text: &str) -> Result<String, String> {
    let url = Url::parse(text.trim()).map_err(|error| format!("is not an address: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not contain a user name or password".to_owned());
    }
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("names no host")?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(host) => {}
        _ => return Err("must begin with https:// (http is for this machine alone)".to_owned()),
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not contain ? or #: write scheme, host and path alone".to_owned());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_over_an_encrypted_line_or_stays_on_this_machine() {
        for (written, meant) in [
            ("https://axapi.axcient.com/x360recover", Ok("https://axapi.axcient.com/x360recover")),
            ("https://axapi.axcient.com/x360recover/", Ok("https://axapi.axcient.com/x360recover")),
            ("https://host", Ok("https://host")),
            ("http://127.0.0.1:81/x", Ok("http://127.0.0.1:81/x")),
            ("http://[::1]:81", Ok("http://[::1]:81")),
            ("http://axapi.axcient.com", Err("must begin with https:// (http is for this machine alone)")),
            ("ftp://localhost", Err("must begin with https:// (http is for this machine alone)")),
            ("https://me:hunter2@host", Err("must not contain a user name or password")),
            ("https://host/x?key=1", Err("must not contain ? or #: write scheme, host and path alone")),
        ] {
            assert_eq!(address(written).as_deref().map_err(String::as_str), meant, "{written}");
        }
        assert!(address("axapi.axcient.com").is_err());
    }
}
