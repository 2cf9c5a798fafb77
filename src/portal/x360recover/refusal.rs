//! What an answer that is no success means. The two forms of 401 are told apart by their bodies: one is about the
//! key, the other about the address.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::net::Unspeakable;
use crate::portal::Error;
use crate::text;

/// What went wrong with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The key is wrong, revoked or missing, or its user is switched off.
    Key,
    /// No such address, or a value in it of the wrong form. Sent as 401, though it is not about the key.
    Address,
    /// 401 with a body of neither form.
    Unauthorized,
    /// The key's owner lacks a right, or the key a product scope.
    Right,
    /// 403 without a body: too many calls at once.
    Flood,
    /// No such object in this organization: a 404 in the API's own form.
    NotFound,
    /// 400: seen of the server's own making.
    Bad,
    /// Too many calls, and how long to wait where it says so.
    Limited(Option<Duration>),
    /// The gateway gave up waiting for the server.
    Gateway,
    /// Any other status.
    Status(u16),
    /// A success whose body is not what was asked for.
    Garbled,
    /// The server could not prove who it is; and what to do about it.
    Distrusted(&'static str),
    /// No answer: no connection, cut off, or not in time.
    Lost,
}

/// A request that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked for: `GET /client`.
    pub asked: String,
    /// What it means.
    pub kind: Kind,
    /// The server's own words, or what happened on the way; may be empty.
    pub said: String,
}

impl Refusal {
    /// What an answer with this status and body means; the key, should the server repeat it, is not shown.
    pub(super) fn of(
        asked: String,
        status: u16,
        retry_after: Option<Duration>,
        body: &[u8],
        key: &str,
    ) -> Refusal {
        let json: Option<Value> = serde_json::from_slice(body).ok();
        let word = |name: &str| json.as_ref()?.get(name)?.as_str().map(str::to_owned);
        let kind = match status {
            401 if word("msg").is_some() => Kind::Address,
            401 if word("message").is_some() => Kind::Key,
            401 => Kind::Unauthorized,
            403 if body.iter().all(u8::is_ascii_whitespace) => Kind::Flood,
            403 => Kind::Right,
            // A page of somebody on the way knows nothing of what there is.
            404 if word("title").is_some() => Kind::NotFound,
            400 => Kind::Bad,
            429 => Kind::Limited(retry_after),
            504 => Kind::Gateway,
            other => Kind::Status(other),
        };
        let said =
            word("detail").or_else(|| word("title")).or_else(|| word("message")).or_else(|| word("msg"));
        let said = Unspeakable::of([key]).hide(&said.unwrap_or_default());
        Refusal { asked, kind, said: text::shorten(&text::clean(&said), 200) }
    }

    /// Whether it would meet every other request, too.
    pub(super) fn is_everybodys(&self) -> bool {
        !matches!(self.kind, Kind::NotFound | Kind::Bad | Kind::Address | Kind::Garbled)
    }

    fn words(&self) -> &'static str {
        match self.kind {
            Kind::Key => "the API key was refused (401)",
            Kind::Address => {
                "the server knows no such address (401 with \"code\" and \"msg\"); the key is not the cause"
            }
            Kind::Unauthorized => {
                "refused (401), and the answer does not say whether key or address is meant"
            }
            Kind::Right => "the key may not do this (403)",
            Kind::Flood => "refused as one call too many (403 without a body)",
            Kind::NotFound => "no such object (404)",
            Kind::Bad => "the server could not work with the request (400)",
            Kind::Limited(_) => "too many calls (429)",
            Kind::Gateway => "the gateway gave up waiting (504)",
            Kind::Status(_) => "an unexpected answer",
            Kind::Garbled => "the answer is not what was asked for",
            Kind::Distrusted(_) => "no answer that could be trusted",
            Kind::Lost => "no answer",
        }
    }

    fn hint(&self) -> &'static str {
        match self.kind {
            Kind::Key => {
                "make a new key in the x360 Portal (Settings > API Keys) and put it where [portal.x360recover] \
                 api_key says; check that the user who made the key is still active"
            }
            Kind::Address => {
                "check [portal.x360recover] url: \"https://axapi.axcient.com/x360recover\" is Axcient's own"
            }
            Kind::Unauthorized => {
                "check the key (x360 Portal, Settings > API Keys) and [portal.x360recover] url; a proxy on the way \
                 may answer so, too"
            }
            Kind::Right => "use an administrator's key, made with the scope x360Recover ticked",
            Kind::Flood | Kind::Limited(_) => {
                "psactl waits and asks again by itself; another program with the same key may be the cause"
            }
            Kind::Gateway | Kind::Status(_) | Kind::Garbled | Kind::Lost | Kind::Bad => {
                "the next run tries again; if it lasts, ask Axcient's support, or whoever runs the proxy on the way"
            }
            Kind::Distrusted(hint) => hint,
            Kind::NotFound => "it may have been removed meanwhile",
        }
    }

    /// As the portal's failure.
    pub(super) fn portal_error(&self, url: &str) -> Error {
        let asked = format!("x360Recover at {url}, {}", self.asked);
        let said = match &self.said {
            said if said.is_empty() => String::new(),
            said => format!(": {said}"),
        };
        let status = match self.kind {
            Kind::Status(status) => format!(" ({status})"),
            _ => String::new(),
        };
        let reason = format!("{}{status}{said}", self.words());
        let hint = self.hint().to_owned();
        match self.kind {
            Kind::Key | Kind::Unauthorized | Kind::Right => Error::Refused { asked, reason, hint },
            Kind::Address => Error::NotUnderstood { path: asked.into(), line: None, reason, hint },
            _ => Error::Unreachable { asked, reason, hint },
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.asked, self.words())?;
        if let Kind::Status(status) = self.kind {
            write!(f, " ({status})")?;
        }
        if self.said.is_empty() { Ok(()) } else { write!(f, ": {}", self.said) }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_contract() {
        for (status, body, kind, said) in [
            (401, r#"{"message":"Unauthorized"}"#, Kind::Key, "Unauthorized"),
            // Sent as text/html: only the body counts.
            (401, r#"{"code":401,"msg":"Unauthorized"}"#, Kind::Address, "Unauthorized"),
            (401, "<html>proxy</html>", Kind::Unauthorized, ""),
            (401, "", Kind::Unauthorized, ""),
            (
                400,
                r#"{"detail":"Missing path parameter 'org_id'","status":400,"title":"Bad Request","type":"about:blank"}"#,
                Kind::Bad,
                "Missing path parameter 'org_id'",
            ),
            (
                403,
                r#"{"detail":"User doesn't have enough permissions to process this request","status":403,"title":"Not enough permissions","type":"ForbiddenException"}"#,
                Kind::Right,
                "User doesn't have enough permissions to process this request",
            ),
            (403, "", Kind::Flood, ""),
            (403, "\r\n", Kind::Flood, ""),
            (
                404,
                r#"{"detail":"Client with such id = 12 is not found","status":404,"title":"Client not found","type":"NotFoundException"}"#,
                Kind::NotFound,
                "Client with such id = 12 is not found",
            ),
            // Of somebody on the way, who knows nothing of what there is.
            (404, "<html>not here</html>", Kind::Status(404), ""),
            (
                404,
                r#"{"message":"no Route matched with those values"}"#,
                Kind::Status(404),
                "no Route matched with those values",
            ),
            (429, "", Kind::Limited(None), ""),
            (504, "<html></html>", Kind::Gateway, ""),
            (500, r#"{"title":"Oops"}"#, Kind::Status(500), "Oops"),
            (302, "", Kind::Status(302), ""),
        ] {
            let refusal = Refusal::of("GET /client".to_owned(), status, None, body.as_bytes(), "key");
            assert_eq!((refusal.kind, refusal.said.as_str()), (kind, said), "{status} {body}");
        }
    }

    #[test]
    fn only_a_refused_key_or_right_is_a_refused_login() {
        let failure = |status, body: &str| {
            Refusal::of("GET /client".to_owned(), status, None, body.as_bytes(), "key")
                .portal_error("https://host")
        };
        assert!(matches!(failure(401, r#"{"message":"Unauthorized"}"#), Error::Refused { .. }));
        assert!(matches!(failure(403, r#"{"title":"x"}"#), Error::Refused { .. }));
        let address = failure(401, r#"{"code":401,"msg":"Unauthorized"}"#);
        assert!(matches!(address, Error::NotUnderstood { .. }));
        assert!(address.to_string().contains("the key is not the cause"), "{address}");
        for (status, body) in [(403, ""), (429, ""), (504, ""), (500, ""), (302, "")] {
            assert!(matches!(failure(status, body), Error::Unreachable { .. }), "{status}");
        }
    }
}
