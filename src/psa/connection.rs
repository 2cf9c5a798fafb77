//! Everything that is needed to talk to one ConnectWise site.

use std::fmt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::error::Error;
use super::reply::clean;
use crate::net;

/// Everything that is needed to talk to one ConnectWise site.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The address, as `https://na.myconnectwise.net`: https, or http on this very machine. Login hosts and
    /// their `api-` hosts are both understood; the client finds the other.
    pub site: String,
    /// What is typed as Company on ConnectWise's login page.
    pub company_id: String,
    /// The integration's client ID, a GUID.
    pub client_id: String,
    /// Who signs in.
    pub login: Login,
    /// How many requests may be under way at once; 0 counts as 1.
    pub max_concurrency: usize,
    /// How many requests may be sent in a minute; 0: no limit.
    pub max_requests_per_minute: u32,
    /// Certificates (PEM) that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
}

/// Who signs in.
#[derive(Clone)]
pub enum Login {
    /// An API member's key pair.
    ApiMember {
        /// The public key.
        public_key: String,
        /// The private key.
        private_key: SecretString,
    },
    /// An integrator login, the older form.
    Integrator {
        /// Its name.
        username: String,
        /// Its password.
        password: SecretString,
    },
}

impl Login {
    /// The part of the user name after the company's `+`.
    pub(super) fn user(&self) -> &str {
        match self {
            Login::ApiMember { public_key, .. } => public_key,
            Login::Integrator { username, .. } => username,
        }
    }

    pub(super) fn secret(&self) -> &str {
        match self {
            Login::ApiMember { private_key: secret, .. } | Login::Integrator { password: secret, .. } => {
                secret.expose_secret()
            }
        }
    }

    /// Whether this is an integrator login, which says so in a header of its own.
    pub fn is_integrator(&self) -> bool {
        matches!(self, Login::Integrator { .. })
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A public key alone opens nothing, but it is half of a login: it does not belong in a log either.
            Login::ApiMember { .. } => f.write_str("ApiMember(…)"),
            Login::Integrator { username, .. } => write!(f, "Integrator({username:?}, …)"),
        }
    }
}

impl Connection {
    /// The texts that must not be shown should a server repeat them: the secret, and the header it goes in.
    pub(super) fn unspeakable(&self) -> Vec<String> {
        let secret = self.login.secret();
        let user = format!("{}+{}", self.company_id, self.login.user());
        // The padding is left out: a text that repeats the header need not repeat that.
        let header = STANDARD_NO_PAD.encode(format!("{user}:{secret}"));
        vec![header, secret.to_owned()]
    }

    /// The site as a checked address.
    ///
    /// # Errors
    /// When it is no address, carries a login, or is not encrypted and not on this very machine.
    pub(super) fn site(&self) -> Result<Site, Error> {
        Site::parse(&self.site)
    }

    /// What looks wrong with the login as configured. Never holds a value.
    pub(super) fn suspicions(&self) -> Vec<String> {
        let (user, secret) = match self.login {
            Login::ApiMember { .. } => ("the public key", "the private key"),
            Login::Integrator { .. } => ("the integrator login's name", "the integrator login's password"),
        };
        let texts = [
            ("the company ID", self.company_id.as_str()),
            ("the client ID", self.client_id.as_str()),
            (user, self.login.user()),
            (secret, self.login.secret()),
        ];
        let mut found = Vec::new();
        for (name, text) in texts {
            if text.trim().is_empty() {
                found.push(format!("{name} is empty"));
            } else if text.trim() != text {
                found.push(format!("{name} begins or ends with a blank"));
            } else if text.contains(char::is_whitespace) {
                found.push(format!("{name} has a blank in it"));
            }
        }
        if self.company_id.contains('+') {
            found.push("the company ID holds a plus sign: psactl adds the user name itself".to_owned());
        }
        if !self.client_id.trim().is_empty() && !is_guid(self.client_id.trim()) {
            found.push(
                "the client ID does not look like one (00000000-0000-0000-0000-000000000000)".to_owned(),
            );
        }
        found
    }
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The address of a site: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Site(Url);

/// ConnectWise's own domains: their login hosts have `api-` hosts beside them.
const CLOUD: &[&str] = &["myconnectwise.net", "connectwisedev.com"];

impl Site {
    pub(super) fn parse(text: &str) -> Result<Site, Error> {
        let bad = |problem: &str| Error::BadConnection {
            problem: format!("site is “{}”: {problem}", clean(text, 100)),
        };
        let url = Url::parse(text.trim()).map_err(|error| bad(&error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            // Not shown: what stands there is likely a secret.
            let problem =
                "site carries a user name or password; they belong into [connectwise.login]".to_owned();
            return Err(Error::BadConnection { problem });
        }
        if url.host_str().is_none() {
            return Err(bad("it names no host"));
        }
        if !(url.scheme() == "https" || (url.scheme() == "http" && net::is_loopback(&url))) {
            return Err(Error::InsecureSite { site: clean(text, 100) });
        }
        let mut origin = url.clone();
        origin.set_path("");
        origin.set_query(None);
        origin.set_fragment(None);
        Ok(Site(origin))
    }

    pub(super) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }

    /// Scheme, host and port, without a slash at the end.
    pub(super) fn origin(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Which of ConnectWise's own domains the host lies in.
    fn cloud(&self) -> Option<&'static str> {
        let inside =
            |domain: &&&str| self.host().strip_suffix(**domain).is_some_and(|rest| rest.ends_with('.'));
        CLOUD.iter().find(inside).copied()
    }

    /// The site on which people log in, where the company is looked up.
    pub(super) fn login_site(&self) -> Site {
        match self.host().strip_prefix("api-") {
            Some(host) if self.cloud().is_some() => self.with_host(host),
            _ => self.clone(),
        }
    }

    /// The site of the API, given what the company look-up said of it.
    ///
    /// Credentials go there, so another host is believed only within ConnectWise's own domain.
    pub(super) fn api_site(&self, said: Option<&str>) -> Site {
        let Some(domain) = self.cloud() else {
            if let Some(said) = said.filter(|said| host_of(said).is_some_and(|host| host != self.host())) {
                tracing::warn!(said = %clean(said, 100), "the company look-up names a foreign host; it is not used");
            }
            return self.clone();
        };
        if let Some(host) = said.and_then(host_of) {
            let named = self.with_host(&host);
            if named.cloud() == Some(domain) && named.host() == host {
                return named;
            }
            tracing::warn!(said = %clean(&host, 100), "the company look-up names a foreign host; it is not used");
        }
        if self.host().starts_with("api-") {
            self.clone()
        } else {
            self.with_host(&format!("api-{}", self.host()))
        }
    }

    fn with_host(&self, host: &str) -> Site {
        let mut url = self.0.clone();
        // A host that is none leaves the address as it was.
        let _ = url.set_host(Some(host));
        Site(url)
    }
}

/// The host in what a server calls its address, with or without a scheme.
fn host_of(said: &str) -> Option<String> {
    let said = said.trim();
    let address = if said.contains("://") { said.to_owned() } else { format!("https://{said}") };
    Url::parse(&address).ok()?.host_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(company_id: &str, client_id: &str, user: &str, secret: &str) -> Connection {
        Connection {
            site: "https://na.myconnectwise.net".to_owned(),
            company_id: company_id.to_owned(),
            client_id: client_id.to_owned(),
            login: Login::ApiMember { public_key: user.to_owned(), private_key: secret.into() },
            max_concurrency: 8,
            max_requests_per_minute: 600,
            ca_file: None,
        }
    }

    #[test]
    fn finds_the_hosts_of_login_and_api() {
        // site, what the look-up says, where to log in, where the API is
        let table = [
            (
                "https://na.myconnectwise.net",
                None,
                "https://na.myconnectwise.net",
                "https://api-na.myconnectwise.net",
            ),
            (
                "https://api-eu.myconnectwise.net/x?y",
                None,
                "https://eu.myconnectwise.net",
                "https://api-eu.myconnectwise.net",
            ),
            (
                "https://staging.connectwisedev.com",
                None,
                "https://staging.connectwisedev.com",
                "https://api-staging.connectwisedev.com",
            ),
            (
                "https://na.myconnectwise.net",
                Some("api-eu.myconnectwise.net"),
                "https://na.myconnectwise.net",
                "https://api-eu.myconnectwise.net",
            ),
            (
                "https://na.myconnectwise.net",
                Some("https://api-aus.myconnectwise.net/v4"),
                "https://na.myconnectwise.net",
                "https://api-aus.myconnectwise.net",
            ),
            (
                "https://na.myconnectwise.net",
                Some("http://api-au.myconnectwise.net"),
                "https://na.myconnectwise.net",
                "https://api-au.myconnectwise.net",
            ),
            (
                "https://na.myconnectwise.net",
                Some("evil.example"),
                "https://na.myconnectwise.net",
                "https://api-na.myconnectwise.net",
            ),
            (
                "https://na.myconnectwise.net",
                Some("evilmyconnectwise.net"),
                "https://na.myconnectwise.net",
                "https://api-na.myconnectwise.net",
            ),
            (
                "https://na.myconnectwise.net",
                Some("https://myconnectwise.net.evil.example"),
                "https://na.myconnectwise.net",
                "https://api-na.myconnectwise.net",
            ),
            (
                "https://na.myconnectwise.net",
                Some("staging.connectwisedev.com"),
                "https://na.myconnectwise.net",
                "https://api-na.myconnectwise.net",
            ),
            (
                "https://psa.example.com:8443",
                Some("evil.example"),
                "https://psa.example.com:8443",
                "https://psa.example.com:8443",
            ),
            (
                "https://api-psa.example.com",
                None,
                "https://api-psa.example.com",
                "https://api-psa.example.com",
            ),
            (
                "http://127.0.0.1:8080",
                Some("api-na.myconnectwise.net"),
                "http://127.0.0.1:8080",
                "http://127.0.0.1:8080",
            ),
        ];
        for (site, said, login, api) in table {
            let site = Site::parse(site).expect("a site");
            assert_eq!((site.login_site().origin(), site.api_site(said).origin()), (login, api), "{said:?}");
        }
    }

    #[test]
    fn refuses_open_lines_and_misplaced_logins() {
        for open in [
            "http://na.myconnectwise.net",
            "http://10.0.0.1",
            "ftp://localhost",
            "http://localhost.evil.example",
        ] {
            assert!(matches!(Site::parse(open), Err(Error::InsecureSite { .. })), "{open}");
        }
        for local in ["http://localhost:1", "http://127.8.9.1", "http://[::1]:9"] {
            assert!(Site::parse(local).is_ok_and(|site| net::is_loopback(site.url())), "{local}");
        }
        let error =
            Site::parse("https://me:hunter2@na.myconnectwise.net").expect_err("a login in the address");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        assert!(matches!(Site::parse("na.myconnectwise.net"), Err(Error::BadConnection { .. })));
    }

    #[test]
    fn suspects_what_is_known_to_fail_and_tells_no_value() {
        let guid = "6f1b9c1e-0000-4000-8000-00805f9b34fb";
        assert_eq!(connection("acme", guid, "pub", "priv").suspicions(), [""; 0]);
        let found = connection("ac+me", "nope", "pub ", "pr iv").suspicions().join("\n");
        for expected in
            ["plus sign", "does not look like", "public key begins or ends", "private key has a blank"]
        {
            assert!(found.contains(expected), "{found}");
        }
        assert!(!found.contains("nope") && !found.contains("pr iv"));
        assert_eq!(connection("acme", "", "p", "s").suspicions(), ["the client ID is empty"]);
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", connection("acme", "x", "publicKey9", "privateKey9"));
        assert!(!shown.contains("Key9"), "{shown}");
    }
}
