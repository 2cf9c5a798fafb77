//! What can go wrong between psactl and ConnectWise, with everything that is known of it.

use std::fmt;
use std::time::Duration;

use super::hints;
use super::reply::{Reply, clean};

/// How a request reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates.
    Post,
    /// Replaces a record.
    Put,
    /// Changes fields of a record.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// Whether the request can change something, so that it must not be repeated blindly.
    pub fn writes(self) -> bool {
        self != Method::Get
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The method.
    pub method: Method,
    /// The path below the API's root, without its query.
    pub path: String,
    /// What it was for, in words: “creating an agreement addition on /finance/agreements/7/additions”.
    pub action: String,
    /// ConnectWise's own id of the exchange, for its support.
    pub request_id: Option<String>,
}

/// A request to ConnectWise that failed.
///
/// Displayed, it is one line in plain words that begins with what was tried; [`Error::hints`] says what to do.
/// It carries no secret: no headers, no bodies, no query values, and the server's words only cleaned and
/// shortened.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The login was refused (401).
    #[error("{}: ConnectWise refused the login: {}", tried.action, reply.summary())]
    Refused {
        /// What was tried.
        tried: Box<Tried>,
        /// What the server said.
        reply: Box<Reply>,
        /// What looks wrong with the login as it is configured, most likely first; never a value.
        suspicions: Vec<String>,
    },
    /// The login lacks a right (403).
    #[error("{}: ConnectWise does not allow it: {}", tried.action, reply.summary())]
    Forbidden {
        /// What was tried.
        tried: Box<Tried>,
        /// What the server said.
        reply: Box<Reply>,
    },
    /// There is no such record (404).
    #[error("{}: there is no such record", tried.action)]
    NotFound {
        /// What was tried.
        tried: Box<Tried>,
        /// What the server said.
        reply: Box<Reply>,
    },
    /// A value was refused (400 and the other 4xx).
    #[error("{}: ConnectWise refused the {}: {}", tried.action, if tried.method.writes() { "value" } else { "request" }, reply.summary())]
    Invalid {
        /// What was tried.
        tried: Box<Tried>,
        /// What the server said, field by field.
        reply: Box<Reply>,
    },
    /// The record is in use, or something else stands against it (409).
    #[error("{}: something in ConnectWise stands against it: {}", tried.action, reply.summary())]
    Conflict {
        /// What was tried.
        tried: Box<Tried>,
        /// What the server said.
        reply: Box<Reply>,
    },
    /// ConnectWise limits the number of requests (429), and waiting for it would take too long.
    #[error("{}: ConnectWise is limiting requests{}", tried.action, after(*retry_after))]
    RateLimited {
        /// What was tried.
        tried: Box<Tried>,
        /// How long ConnectWise asked to wait.
        retry_after: Option<Duration>,
    },
    /// ConnectWise failed (5xx), also on the tries after the first.
    #[error("{}: ConnectWise failed with status {}: {}", tried.action, reply.status, reply.summary())]
    Server {
        /// What was tried.
        tried: Box<Tried>,
        /// What the server said.
        reply: Box<Reply>,
    },
    /// No connection could be made, or it broke.
    #[error("{}: {host} cannot be reached: {problem}", tried.action)]
    Unreachable {
        /// What was tried.
        tried: Box<Tried>,
        /// The host.
        host: String,
        /// Why, in words.
        problem: String,
        /// What kind of trouble it is.
        trouble: Trouble,
    },
    /// No answer in time.
    #[error("{}: no answer within {}", tried.action, seconds(*waited))]
    TimedOut {
        /// What was tried.
        tried: Box<Tried>,
        /// How long the last try waited.
        waited: Duration,
    },
    /// A write may or may not have been done: look before repeating it.
    #[error("{cause}; it is not known whether this was done")]
    OutcomeUnknown {
        /// What happened instead of an answer.
        cause: Box<Error>,
    },
    /// The site does not know the company.
    #[error("looking up the company: {host} knows no company with the login ID “{company_id}”")]
    UnknownCompany {
        /// The host that was asked.
        host: String,
        /// The company ID as configured.
        company_id: String,
    },
    /// Something answered that is not ConnectWise's API.
    #[error("{}: {host} did not answer as ConnectWise does: {problem}", tried.action)]
    NotConnectWise {
        /// What was tried.
        tried: Box<Tried>,
        /// The host.
        host: String,
        /// What came instead.
        problem: String,
        /// Whether it asks for an encrypted connection.
        wants_encryption: bool,
    },
    /// A record came that psactl does not understand.
    #[error("{}: {} is not as expected{}: {problem}", tried.action, named(what, *id), place(at))]
    Decode {
        /// What was tried.
        tried: Box<Tried>,
        /// What kind of record it is.
        what: &'static str,
        /// The record's id, when it could be read.
        id: Option<i64>,
        /// The place in the record, as `company.id` or `bits[2].name`; empty for the whole.
        at: String,
        /// What was wrong there.
        problem: String,
    },
    /// The site answered with the address of another place. psactl does not follow: its credentials are for
    /// the site that was configured.
    #[error("{}: {host} redirects to {to}; psactl follows no redirects", tried.action)]
    Redirected {
        /// What was tried.
        tried: Box<Tried>,
        /// The host that was asked.
        host: String,
        /// Where it points to.
        to: String,
    },
    /// The site's address is not encrypted, so that credentials would travel in the open.
    #[error("“{site}” is not an https address; without encryption psactl talks to this very machine only")]
    InsecureSite {
        /// The site as configured.
        site: String,
    },
    /// The connection cannot be used as it is configured.
    #[error("the ConnectWise connection cannot be used: {problem}")]
    BadConnection {
        /// What is wrong with it.
        problem: String,
    },
    /// The filter makes an address longer than ConnectWise takes.
    #[error("{}: the request's address would have {length} characters, ConnectWise takes {most}", tried.action)]
    TooLong {
        /// What was to be tried.
        tried: Box<Tried>,
        /// The length it would have.
        length: usize,
        /// The greatest length.
        most: usize,
    },
}

/// What kind of trouble keeps psactl from the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The name has no address.
    Name,
    /// Nothing accepts connections there.
    Refused,
    /// The certificate is not trusted, has expired or belongs to another name.
    Certificate,
    /// No encrypted connection came about for another reason.
    Encryption,
    /// No connection within the time allowed.
    Slow,
    /// The connection broke while it was used.
    Broken,
    /// Anything else.
    Other,
}

/// The kind of an [`Error`], for tables and exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the error of the same name")]
pub enum Kind {
    Refused,
    Forbidden,
    NotFound,
    Invalid,
    Conflict,
    RateLimited,
    Server,
    Unreachable,
    TimedOut,
    OutcomeUnknown,
    UnknownCompany,
    NotConnectWise,
    Decode,
    Redirected,
    InsecureSite,
    BadConnection,
    TooLong,
}

impl Error {
    /// What to do next, most likely cause first.
    pub fn hints(&self) -> Vec<String> {
        hints::of(self)
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        match self {
            Error::Refused { .. } => Kind::Refused,
            Error::Forbidden { .. } => Kind::Forbidden,
            Error::NotFound { .. } => Kind::NotFound,
            Error::Invalid { .. } => Kind::Invalid,
            Error::Conflict { .. } => Kind::Conflict,
            Error::RateLimited { .. } => Kind::RateLimited,
            Error::Server { .. } => Kind::Server,
            Error::Unreachable { .. } => Kind::Unreachable,
            Error::TimedOut { .. } => Kind::TimedOut,
            Error::OutcomeUnknown { .. } => Kind::OutcomeUnknown,
            Error::UnknownCompany { .. } => Kind::UnknownCompany,
            Error::NotConnectWise { .. } => Kind::NotConnectWise,
            Error::Decode { .. } => Kind::Decode,
            Error::Redirected { .. } => Kind::Redirected,
            Error::InsecureSite { .. } => Kind::InsecureSite,
            Error::BadConnection { .. } => Kind::BadConnection,
            Error::TooLong { .. } => Kind::TooLong,
        }
    }

    /// What was tried, when it came to a request.
    pub fn tried(&self) -> Option<&Tried> {
        match self {
            Error::Refused { tried, .. }
            | Error::Forbidden { tried, .. }
            | Error::NotFound { tried, .. }
            | Error::Invalid { tried, .. }
            | Error::Conflict { tried, .. }
            | Error::RateLimited { tried, .. }
            | Error::Server { tried, .. }
            | Error::Unreachable { tried, .. }
            | Error::TimedOut { tried, .. }
            | Error::NotConnectWise { tried, .. }
            | Error::Decode { tried, .. }
            | Error::Redirected { tried, .. }
            | Error::TooLong { tried, .. } => Some(tried),
            Error::OutcomeUnknown { cause } => cause.tried(),
            Error::UnknownCompany { .. } | Error::InsecureSite { .. } | Error::BadConnection { .. } => None,
        }
    }

    /// What the server said, when it answered with a refusal.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Error::Refused { reply, .. }
            | Error::Forbidden { reply, .. }
            | Error::NotFound { reply, .. }
            | Error::Invalid { reply, .. }
            | Error::Conflict { reply, .. }
            | Error::Server { reply, .. } => Some(reply),
            Error::OutcomeUnknown { cause } => cause.reply(),
            _ => None,
        }
    }

    /// The fields that the server refused, as it names them.
    pub fn refused_fields(&self) -> Vec<String> {
        let errors = self.reply().map(|reply| reply.errors.as_slice()).unwrap_or_default();
        errors.iter().filter_map(|error| error.field.clone()).collect()
    }

    /// ConnectWise's own id of the exchange, for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.tried()?.request_id.as_deref()
    }

    /// Whether the login was refused: trying again would only bring the account nearer to being locked.
    pub fn is_refused_login(&self) -> bool {
        matches!(self.kind(), Kind::Refused | Kind::UnknownCompany)
    }

    /// Whether login or rights were refused: a person has to mend what this login is or may do.
    pub fn is_login_or_rights(&self) -> bool {
        matches!(self.kind(), Kind::Refused | Kind::Forbidden)
    }

    /// Whether the configuration is what is wrong: company, site or certificate.
    pub fn is_configuration(&self) -> bool {
        matches!(
            self.kind(),
            Kind::UnknownCompany
                | Kind::InsecureSite
                | Kind::BadConnection
                | Kind::Redirected
                | Kind::NotConnectWise
        )
    }

    /// Whether the next run may fare better by itself: unreachable, too slow, limiting or failing.
    pub fn is_unreachable(&self) -> bool {
        match self {
            Error::OutcomeUnknown { cause } => cause.is_unreachable(),
            other => {
                matches!(other.kind(), Kind::Unreachable | Kind::TimedOut | Kind::RateLimited | Kind::Server)
            }
        }
    }

    /// Whether the failure is about the records that were asked for: what meets one of them need not meet another.
    /// The way there, the login and the limit are everybody's; so is what can be told of no record.
    pub fn is_one_records(&self) -> bool {
        matches!(
            self.kind(),
            Kind::Conflict
                | Kind::Decode
                | Kind::Forbidden
                | Kind::Invalid
                | Kind::NotFound
                | Kind::Server
                | Kind::TimedOut
                | Kind::TooLong
        )
    }

    /// Whether there is no such record.
    pub fn is_not_found(&self) -> bool {
        self.kind() == Kind::NotFound
    }

    /// Whether ConnectWise itself failed, or was too slow: where this meets several in a row, it meets all.
    pub fn is_servers(&self) -> bool {
        matches!(self.kind(), Kind::Server | Kind::TimedOut)
    }

    /// Whether a write may have been done although no answer says so.
    pub fn outcome_unknown(&self) -> bool {
        self.kind() == Kind::OutcomeUnknown
    }

    /// Whether ConnectWise itself ended a write whose fate is not known: it is not at work on it any more. Only its
    /// own words for a failure (500 in JSON) say so. A gateway (502, 503, 504, a web page) does not know what
    /// became of what it passed on, nor does a server that tells of a time-out.
    pub fn was_answered(&self) -> bool {
        match self {
            Error::OutcomeUnknown { cause } => match cause.as_ref() {
                Error::Server { reply, .. } => reply.status == 500 && reply.json && !reply.timed_out,
                _ => false,
            },
            _ => false,
        }
    }

    /// The same, as a write's fate that nobody knows.
    pub(super) fn unknown(self) -> Error {
        match self {
            unknown @ Error::OutcomeUnknown { .. } => unknown,
            cause => Error::OutcomeUnknown { cause: Box::new(cause) },
        }
    }
}

fn after(wait: Option<Duration>) -> String {
    wait.map_or_else(String::new, |wait| format!("; it asks to wait {}", seconds(wait)))
}

fn seconds(time: Duration) -> String {
    match time.as_secs().max(1) {
        1 => "a second".to_owned(),
        more => format!("{more} seconds"),
    }
}

fn named(what: &str, id: Option<i64>) -> String {
    match id {
        Some(id) => format!("{what} {id}"),
        None => format!("a record ({what})"),
    }
}

fn place(at: &str) -> String {
    if at.is_empty() { String::new() } else { format!(", at {}", clean(at, 100)) }
}
