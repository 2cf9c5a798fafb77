//! What one try brought, and what that amounts to: an answer, or an error that names the cause.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::decode::not_connectwise;
use super::discovery::Route;
use super::error::{Error, Tried};
use super::failure;
use super::headers::{self, Link};
use super::reply::{Reply, says_timeout};
use super::retry::Outcome;
use super::transport::{Call, Transport};

/// A successful answer.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// What was tried, now with the request id.
    pub(super) tried: Tried,
    /// What the server says of the pages to come; `None` when it does not say.
    pub(super) link: Option<Link>,
    /// The host that answered.
    pub(super) host: String,
}

/// A failed exchange, and what the transport itself has to know of it.
pub(super) struct Failed {
    pub(super) error: Error,
    /// The status of the answer, if one came.
    pub(super) status: Option<u16>,
    /// Whether the answer is what the wrong host or codebase gives.
    pub(super) misrouted: bool,
}

/// What one try brought.
pub(super) struct Raw {
    pub(super) status: u16,
    /// The status line's own words, where they are not the usual ones.
    pub(super) reason: Option<String>,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Raw {
    /// Whether this is the answer of a request that was done. What else begins with a 2 is none of
    /// ConnectWise's answers to single records (behaviours, section 4), nor is a refusal sent as one.
    pub(super) fn is_success(&self) -> bool {
        // A record is not read twice for this: the refusal is short, and has this word in it.
        let refusal = || {
            self.body.len() < 1_000
                && self.body.windows(4).any(|word| word == b"SSL ")
                && Reply::parse(self.status, &self.body).wants_encryption()
        };
        matches!(self.status, 200 | 201 | 204) && !refusal()
    }

    /// Whether the server says that it ran out of time itself (behaviours, section 5).
    pub(super) fn timed_out(&self) -> bool {
        let said = || {
            let reason = self.reason.as_deref().is_some_and(says_timeout);
            reason || says_timeout(&String::from_utf8_lossy(&self.body))
        };
        self.status == 500 && said()
    }
}

/// Why one try brought no answer.
pub(super) enum Broken {
    Http(reqwest::Error),
    TooLarge(u16),
}

impl Transport {
    pub(super) fn answer(&self, call: &Call, route: Option<&Route>, raw: Raw) -> Answer {
        let tried = Tried { request_id: headers::request_id(&raw.headers), ..call.tried.clone() };
        Answer {
            status: raw.status,
            body: raw.body,
            tried,
            link: headers::link(&raw.headers),
            host: self.host(route),
        }
    }

    fn host(&self, route: Option<&Route>) -> String {
        route.map_or_else(|| self.site.login_site().host().to_owned(), |route| route.host.clone())
    }

    /// What a try that is not repeated amounts to.
    pub(super) fn failed(
        &self,
        call: &Call,
        route: Option<&Route>,
        result: Result<Raw, Broken>,
        outcome: Outcome,
        took: Duration,
    ) -> Failed {
        let host = self.host(route);
        let mut tried = Box::new(call.tried.clone());
        let writes = call.tried.method.writes();
        let raw = match result {
            Ok(raw) => raw,
            Err(Broken::TooLarge(_)) => {
                let error = not_connectwise(&tried, &host, "the answer is larger than 64 MiB".to_owned());
                return if writes { error.unknown().into() } else { error.into() };
            }
            Err(Broken::Http(error)) => {
                let (trouble, problem) = failure::explain(&error);
                let error = match outcome {
                    Outcome::TimedOut => Error::TimedOut { tried, waited: took },
                    _ => Error::Unreachable { tried, host, problem, trouble },
                };
                let unknown = writes && outcome != Outcome::NotSent;
                return if unknown { error.unknown().into() } else { error.into() };
            }
        };
        tried.request_id = headers::request_id(&raw.headers);
        let mut secrets = self.connection.unspeakable();
        secrets.extend(call.body.as_deref().map(passwords).unwrap_or_default());
        let reply = Reply::parse_without(raw.status, raw.reason.as_deref(), &raw.body, &secrets);
        // ConnectWise's own refusals are JSON; its gateway and its web server answer in text and HTML.
        let gateway = !reply.json && !reply.empty;
        let cannot_route = reply.message.as_deref().is_some_and(|said| said.contains("Cannot route"));
        let misrouted = gateway && (raw.status == 404 || (raw.status == 400 && cannot_route));
        let reply = Box::new(reply);
        let error = match raw.status {
            _ if reply.wants_encryption() => {
                let problem = "“SSL is required.”: it wants https, and the host of the API".to_owned();
                return Error::NotConnectWise { tried, host, problem, wants_encryption: true }.into();
            }
            200..=299 => {
                let problem = format!("status {} is none of its answers", raw.status);
                not_connectwise(&tried, &host, problem)
            }
            300..=399 => {
                let mut to = headers::location(&raw.headers);
                for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
                    to = to.replace(secret, "***");
                }
                Error::Redirected { tried, host, to }
            }
            _ if misrouted => not_connectwise(&tried, &host, format!("{}: {}", raw.status, reply.summary())),
            401 => {
                self.note_refusal(&reply);
                self.refused(tried, reply)
            }
            403 => Error::Forbidden { tried, reply },
            404 => Error::NotFound { tried, reply },
            409 => Error::Conflict { tried, reply },
            429 => Error::RateLimited { tried, retry_after: headers::retry_after(&raw.headers) },
            408 => Error::TimedOut { tried, waited: took },
            400..=499 => Error::Invalid { tried, reply },
            _ => Error::Server { tried, reply },
        };
        // “Found” and “See other” are also how web servers end what was done; the other redirects say that it
        // was not.
        let unknown = writes && matches!(raw.status, 200..=299 | 302 | 303 | 408 | 500..);
        Failed { error: if unknown { error.unknown() } else { error }, status: Some(raw.status), misrouted }
    }
}

/// The passwords that a body carries, in a record or in the operations of a PATCH: a server may repeat them.
fn passwords(body: &[u8]) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        let secret = |name: &str| name.to_ascii_lowercase().contains("password");
        match value {
            Value::Object(fields) => {
                let named = fields.get("path").and_then(Value::as_str).is_some_and(secret);
                for (name, value) in fields {
                    match value {
                        Value::String(text) if secret(name) || named && name == "value" => {
                            found.push(text.clone());
                        }
                        value => collect(value, found),
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Ok(body) = serde_json::from_slice(body) {
        collect(&body, &mut found);
    }
    found
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed { error, status: None, misrouted: false }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::passwords;

    #[test]
    fn passwords_are_found_in_records_and_in_operations() {
        let record =
            json!({ "username": "efolder-api", "password": "one", "deep": { "oldPassword": "two" } });
        let patch = json!([
            { "op": "replace", "path": "password", "value": "three" },
            { "op": "replace", "path": "name", "value": "four" },
        ]);
        let mut found = passwords(record.to_string().as_bytes());
        found.sort();
        assert_eq!(found, ["one", "two"]);
        assert_eq!(passwords(patch.to_string().as_bytes()), ["three"]);
        assert_eq!(passwords(b"no JSON"), Vec::<String>::new());
    }
}
