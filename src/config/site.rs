//! What people paste when they are asked for ConnectWise's address, and the site that they mean.

use reqwest::Url;

/// A site as psactl.toml has it, and what was changed of the text that was pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understood {
    /// Scheme, host and port: `https://na.myconnectwise.net`.
    pub site: String,
    /// What was corrected, each a sentence without a full stop.
    pub corrections: Vec<String>,
}

/// The regions of ConnectWise's cloud, as they stand before `.myconnectwise.net`.
const REGIONS: &[&str] = &["na", "eu", "au", "aus", "za"];

/// ConnectWise's own domains, whose login hosts have `api-` hosts beside them.
const CLOUD: &[&str] = &[".myconnectwise.net", ".connectwisedev.com"];

/// Understands a pasted address: that of a login page with its path, a host without a scheme, a region's
/// word, an `api-` host.
///
/// # Errors
/// What is wrong with it and what to write; never a login that stands in it.
///
/// ```
/// use psactl::config::site::understand;
///
/// assert_eq!(understand("eu").map(|found| found.site), Ok("https://eu.myconnectwise.net".to_owned()));
/// assert!(understand("http://na.myconnectwise.net").is_err());
/// ```
pub fn understand(pasted: &str) -> Result<Understood, String> {
    let text = pasted.trim().trim_matches(['"', '\'', '<', '>']).trim();
    if text.is_empty() {
        return Err("is empty: write the address of ConnectWise's login page".to_owned());
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("has a blank in it: write one address".to_owned());
    }
    let mut corrections = Vec::new();
    let word = text.to_ascii_lowercase();
    let address = if let Some(host) = region(word.strip_prefix("api-").unwrap_or(&word)) {
        corrections.push(format!("\"{text}\" is ConnectWise's region {host}"));
        format!("https://{host}")
    } else if text.contains("://") {
        text.to_owned()
    } else {
        let address = format!("https://{text}");
        let host = Url::parse(&address).ok().and_then(|url| url.host_str().map(str::to_owned));
        if host.as_deref().is_some_and(is_loopback) {
            return Err("begin it with http:// or https://: on this machine either may be meant".to_owned());
        }
        if host.as_deref().is_some_and(|host| !host.contains(['.', ':'])) {
            return Err(format!(
                "\"{text}\" is neither an address nor a region ({} or staging)",
                REGIONS.join(", ")
            ));
        }
        corrections.push("https:// was put before it".to_owned());
        address
    };
    let mut url = Url::parse(&address).map_err(|error| format!("is not an address: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not contain a user name or password".to_owned());
    }
    let host = url.host_str().unwrap_or_default().to_owned();
    match url.scheme() {
        _ if host.is_empty() => return Err("names no host".to_owned()),
        "https" => {}
        "http" if is_loopback(&host) => {}
        "http" => {
            return Err(format!(
                "must begin with https:// (http is for this machine alone): write https://{host}"
            ));
        }
        other => return Err(format!("must begin with https://, not {other}://")),
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        corrections.push("what stands after the host is not needed and was dropped".to_owned());
    }
    let login = host.strip_prefix("api-").filter(|_| CLOUD.iter().any(|domain| host.ends_with(domain)));
    if let Some(login) = login
        && url.set_host(Some(login)).is_ok()
    {
        corrections.push(format!("{host} is the API's host: psactl finds it from {login} itself"));
    }
    Ok(Understood { site: url.origin().ascii_serialization(), corrections })
}

/// The login host that a region's word means.
fn region(word: &str) -> Option<String> {
    match word {
        "staging" => Some("staging.connectwisedev.com".to_owned()),
        word if REGIONS.contains(&word) => Some(format!("{word}.myconnectwise.net")),
        _ => None,
    }
}

/// As for [`values::site`](super::values::site): http is for these alone.
fn is_loopback(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "[::1]" | "localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_is_understood() {
        let na = "https://na.myconnectwise.net";
        // pasted, site, corrections
        let table = [
            (na, na, 0),
            ("https://na.myconnectwise.net/", na, 0),
            ("  https://NA.MyConnectWise.net  ", na, 0),
            ("https://na.myconnectwise.net/v4_6_release/ConnectWise.aspx?locale=en_US", na, 1),
            ("https://na.myconnectwise.net/yourCompanyID", na, 1),
            ("na.myconnectwise.net", na, 1),
            ("na.myconnectwise.net/v4_6_release/", na, 2),
            ("<https://na.myconnectwise.net>", na, 0),
            ("na", na, 1),
            ("NA", na, 1),
            ("api-na", na, 1),
            ("api-na.myconnectwise.net", na, 2),
            ("https://api-na.myconnectwise.net/v2025_8/apis/3.0", na, 2),
            ("eu", "https://eu.myconnectwise.net", 1),
            ("au", "https://au.myconnectwise.net", 1),
            ("aus", "https://aus.myconnectwise.net", 1),
            ("za", "https://za.myconnectwise.net", 1),
            ("staging", "https://staging.connectwisedev.com", 1),
            ("api-staging.connectwisedev.com", "https://staging.connectwisedev.com", 2),
            ("psa.example.com", "https://psa.example.com", 1),
            ("https://psa.example.com:8443/login", "https://psa.example.com:8443", 1),
            ("https://psa.example.com:443", "https://psa.example.com", 0),
            ("https://api-psa.example.com", "https://api-psa.example.com", 0),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", 0),
            ("https://localhost:8443/", "https://localhost:8443", 0),
        ];
        for (pasted, site, corrections) in table {
            let found = understand(pasted).unwrap_or_else(|why| panic!("{pasted}: {why}"));
            assert_eq!(found.site, site, "{pasted}");
            assert_eq!(found.corrections.len(), corrections, "{pasted}: {:?}", found.corrections);
            // What is proposed is what psactl.toml takes, and understood as it is.
            assert_eq!(understand(&found.site).map(|again| again.corrections), Ok(Vec::new()), "{pasted}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        for (pasted, why) in [
            ("", "is empty"),
            ("http://na.myconnectwise.net", "write https://na.myconnectwise.net"),
            ("ftp://na.myconnectwise.net", "not ftp://"),
            ("na eu", "has a blank"),
            ("us", "neither an address nor a region"),
            ("127.0.0.1:8080", "http:// or https://"),
            ("https://", "is not an address"),
            ("https://me:hunter2@na.myconnectwise.net", "user name or password"),
        ] {
            let refused = understand(pasted).expect_err(pasted);
            assert!(refused.contains(why), "{pasted}: {refused}");
            assert!(!refused.contains("hunter2"));
        }
    }
}
