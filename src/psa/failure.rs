//! Why a connection or an exchange broke, in words that a technician can act on.

use std::error::Error as StdError;
use std::io;

use super::error::Trouble;
use super::reply::clean;
use crate::net::Distrust;

/// Looks through an error's causes for the one that explains it.
pub(super) fn explain(error: &reqwest::Error) -> (Trouble, String) {
    if let Some(Distrust { certificate, words, .. }) = Distrust::of(error) {
        return (if certificate { Trouble::Certificate } else { Trouble::Encryption }, words);
    }
    if error.is_dns() {
        return (Trouble::Name, "its name has no address (DNS)".to_owned());
    }
    let mut deepest = String::new();
    if let Some(found) = search(error, &mut deepest) {
        return found;
    }
    if error.is_timeout() {
        return (Trouble::Slow, "no connection within the time allowed".to_owned());
    }
    let trouble = if error.is_connect() { Trouble::Other } else { Trouble::Broken };
    (trouble, clean(&deepest, 200))
}

fn search(error: &(dyn StdError + 'static), deepest: &mut String) -> Option<(Trouble, String)> {
    let said = error.to_string();
    if !said.is_empty() {
        *deepest = said;
    }
    let Some(io) = error.downcast_ref::<io::Error>() else {
        return error.source().and_then(|cause| search(cause, deepest));
    };
    // An I/O error that wraps another error names that one's cause as its own: look at the wrapped one itself.
    let wrapped: Option<&(dyn StdError + 'static)> = match io.get_ref() {
        Some(wrapped) => Some(wrapped),
        None => None,
    };
    wrapped.and_then(|wrapped| search(wrapped, deepest)).or_else(|| input_output(io.kind()))
}

fn input_output(kind: io::ErrorKind) -> Option<(Trouble, String)> {
    let (trouble, words) = match kind {
        io::ErrorKind::ConnectionRefused => (Trouble::Refused, "nothing accepts connections there"),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            (Trouble::Broken, "the connection was cut")
        }
        io::ErrorKind::UnexpectedEof => (Trouble::Broken, "the connection ended in the middle"),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            (Trouble::Other, "no way leads there from this machine's network")
        }
        io::ErrorKind::TimedOut => (Trouble::Slow, "no connection within the time allowed"),
        _ => return None,
    };
    Some((trouble, words.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use reqwest::dns::{Name, Resolve, Resolving};

    use super::*;

    /// Nameless no name.
    struct Nameless;

    impl Resolve for Nameless {
        fn resolve(&self, _: Name) -> Resolving {
            Box::pin(async { Err("no such name".into()) })
        }
    }

    #[tokio::test]
    async fn a_name_without_an_address_is_told_as_that() {
        crate::net::install_crypto();
        let client =
            reqwest::Client::builder().no_proxy().dns_resolver(Arc::new(Nameless)).build().expect("a client");
        let error = client.get("http://psa.example/").send().await.expect_err("no address");
        assert_eq!(explain(&error), (Trouble::Name, "its name has no address (DNS)".to_owned()));
    }
}
