//! What the HTTP clients of psactl are made with, whoever they talk to; the one that pings a dead man's switch carries
//! nothing and needs no more than the cryptography.

use std::path::Path;

use reqwest::{Certificate, ClientBuilder, Url, redirect};

use crate::ui::text;

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

/// Texts that must not be shown, should a server repeat them.
pub(crate) struct Unspeakable {
    /// As they are, and as JSON and HTML write them.
    spellings: Vec<String>,
}

impl Unspeakable {
    pub(crate) fn of<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Unspeakable {
        const IN_HTML: [(&str, &str); 5] =
            [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")];
        let mut spellings = Vec::new();
        for text in texts {
            let text = text.as_ref();
            let json = serde_json::Value::from(text).to_string();
            let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default();
            let html =
                IN_HTML.into_iter().fold(text.to_owned(), |text, (mark, name)| text.replace(mark, name));
            for spelling in [text, json, &html] {
                spellings.extend([spelling.to_owned(), with_single_blanks(spelling)]);
            }
        }
        spellings.retain(|spelling| !spelling.is_empty());
        spellings.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        spellings.dedup();
        Unspeakable { spellings }
    }

    /// A server's text without them. To be done before the text is shortened, which could leave the beginning of one.
    pub(crate) fn hide(&self, text: &str) -> String {
        let hidden = |text: String| {
            self.spellings.iter().fold(text, |text, spelling| match text.contains(spelling) {
                true => text.replace(spelling, "***"),
                false => text,
            })
        };
        // Also where lines were broken within one.
        hidden(with_single_blanks(&hidden(text.to_owned())))
    }
}

/// Runs of blanks, line ends and control characters as one blank.
fn with_single_blanks(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
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

/// Why an encrypted connection did not come about, in words that a technician can act on.
pub(crate) struct Distrust {
    /// Whether the certificate is the reason.
    pub(crate) certificate: bool,
    /// What is wrong.
    pub(crate) words: String,
    /// What to do about it; there is no way to pass over it.
    pub(crate) hint: &'static str,
}

/// What to do about a certificate of an unknown authority.
pub(crate) const AUTHORITY: &str = "a private certificate authority, or a firewall that inspects encryption: put its certificate into ca_file";

/// What to do about what `openssl req -x509` makes where it is told nothing else.
pub(crate) const SELF_SIGNED: &str = "a certificate that signed itself is trusted through ca_file where it says CA:FALSE \
     (openssl req -x509 -addext basicConstraints=critical,CA:FALSE …): make it anew on the server";

/// What to do about a certificate that is not the server's, or not any more.
pub(crate) const SERVERS: &str = "an expired certificate or one for another name has to be mended on the server; psactl never skips the check";

/// What to do where times disagree.
pub(crate) const CLOCK: &str = "look at this machine's clock: certificates are valid for a time";

/// What to do where it is not about a certificate.
pub(crate) const ENCRYPTION: &str =
    "the server must speak TLS 1.2 or newer on this port; a proxy may be in the way";

impl Distrust {
    /// Looks for it through an error's causes.
    pub(crate) fn of(error: &(dyn std::error::Error + 'static)) -> Option<Distrust> {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return Some(Distrust::told(found));
        }
        // An I/O error that wraps another error names that one's cause as its own: look at the wrapped one itself.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(|io| io.get_ref());
        match wrapped {
            Some(wrapped) => Distrust::of(wrapped),
            None => error.source().and_then(Distrust::of),
        }
    }

    fn told(error: &rustls::Error) -> Distrust {
        use rustls::CertificateError as Certificate;
        let told = |certificate, words: &str, hint| Distrust { certificate, words: words.to_owned(), hint };
        let said = |error: &dyn std::fmt::Display| text::shorten(&text::clean(&error.to_string()), 150);
        match error {
            rustls::Error::InvalidCertificate(certificate) => match certificate {
                Certificate::UnknownIssuer => {
                    let words = "its certificate comes from an authority that this machine does not trust";
                    told(true, words, AUTHORITY)
                }
                Certificate::Expired | Certificate::ExpiredContext { .. } => {
                    told(true, "its certificate has expired", SERVERS)
                }
                Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                    told(true, "its certificate is not valid yet; is this machine's clock right?", CLOCK)
                }
                Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                    told(true, "its certificate belongs to another name", SERVERS)
                }
                Certificate::Revoked => told(true, "its certificate was revoked", SERVERS),
                // Only the library's own word tells it.
                other if other.to_string().contains("CaUsedAsEndEntity") => told(
                    true,
                    "its certificate signed itself and says that it is an authority's",
                    SELF_SIGNED,
                ),
                other => told(true, &format!("its certificate is not accepted: {}", said(other)), SERVERS),
            },
            rustls::Error::NoCertificatesPresented => told(true, "it shows no certificate", SERVERS),
            other => told(false, &format!("no encrypted connection came about: {}", said(other)), ENCRYPTION),
        }
    }
}

/// Whether JSON holds more values than any answer has: read, each takes many times what it takes to write.
pub(crate) fn has_too_many_values(json: &[u8]) -> bool {
    const MOST: usize = 4_000_000;
    json.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{' | b':')).nth(MOST).is_some()
}

/// The whole chain of an error's causes, without the address, which may be a secret: what reqwest says alone is
/// little. Of a certificate that is not accepted, what is wrong with it.
pub(crate) fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    if let Some(distrust) = Distrust::of(&error) {
        return distrust.words;
    }
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
    if url.host_str().is_none_or(str::is_empty) {
        return Err("names no host".to_owned());
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
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
