//! The dead man's switch: one request after each run, to the address itself or with `/fail` at its end, as
//! healthchecks.io and its like take it. `/start` is not sent: a run every minute takes seconds, and what it
//! took stands in the Prometheus file.

use std::time::Duration;

use reqwest::redirect;
use secrecy::{ExposeSecret, SecretString};

use crate::config::{Config, PingUrl};
use crate::context::Context;
use crate::error::{Exit, Failure, Result};

/// Longer than this nobody waits for a monitor.
const PATIENCE: Duration = Duration::from_secs(5);

/// More redirects than that lead nowhere.
const REDIRECTS: usize = 5;

/// Tells the switch that a run ended, and whether well.
pub(super) fn ping(context: &Context, config: &Config, url: &PingUrl, well: bool) -> Result<(), String> {
    let secret = match url {
        PingUrl::Written(url) => url.clone(),
        PingUrl::From(source) => source.read(config).map_err(|error| error.to_string())?,
    };
    let url = address(&secret, well)?;
    let ca_file = config.connectwise.ca_file.as_ref().map(|file| config.resolve(file));
    let patience = crate::testing::answer_within(PATIENCE);
    let mut builder = crate::net::builder(&url)
        .timeout(patience)
        // An address in the open is what its owner wrote.
        .https_only(url.scheme() == "https")
        // The address is the secret: whoever it leads to must not hear where from.
        .referer(false)
        .redirect(redirect::Policy::limited(REDIRECTS));
    if let Some(file) = &ca_file {
        builder = builder.tls_certs_merge(crate::net::certificates(file)?);
    }
    let client = builder.build().map_err(crate::net::why)?;
    let asked = context.block_on(async {
        let asked = async { client.get(url).send().await?.error_for_status() };
        // The address is not for logs.
        asked.await.map(|_| ()).map_err(|error| Failure::new(Exit::Unreachable, why(error)))
    });
    asked.map_err(|failure| failure.line())
}

/// What failed, without the address.
fn why(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} seconds", PATIENCE.as_secs());
    }
    if let Some(status) = error.status() {
        return format!("it answered {status}");
    }
    let hint = crate::net::Distrust::of(&error).map(|distrust| format!(" ({})", distrust.hint));
    crate::net::why(error) + &hint.unwrap_or_default()
}

/// The address to ask; `/fail` goes behind the path, before a query.
fn address(secret: &SecretString, well: bool) -> Result<reqwest::Url, String> {
    let mut url = reqwest::Url::parse(secret.expose_secret().trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or("is not an address that begins with https:// or http://")?;
    if !well {
        let path = format!("{}/fail", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fail_goes_behind_the_path() {
        for (url, well, expected) in [
            ("https://hc-ping.com/a-b", true, Ok("https://hc-ping.com/a-b")),
            ("https://hc-ping.com/a-b", false, Ok("https://hc-ping.com/a-b/fail")),
            ("https://hc-ping.com/a-b/", false, Ok("https://hc-ping.com/a-b/fail")),
            ("https://host/ping?key=1", false, Ok("https://host/ping/fail?key=1")),
            ("ftp://host/ping", true, Err(())),
            ("hunter2", true, Err(())),
        ] {
            let found = address(&url.into(), well).map(|url| url.to_string()).map_err(|why| {
                assert!(!why.contains("hunter2"), "{why}");
            });
            assert_eq!(found.as_deref(), expected.as_deref(), "{url}");
        }
    }
}
