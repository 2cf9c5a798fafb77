//! What to do about each failure: the known causes, most likely first.

use std::time::Duration;

use super::error::{Error, Kind, Method, Tried, Trouble};
use super::reply::Reply;
use crate::net;

/// The hints for an error.
pub(super) fn of(error: &Error) -> Vec<String> {
    let lines: &[&str] = match error {
        Error::Refused { suspicions, .. } => {
            let known = REFUSED.iter().map(|line| (*line).to_owned());
            return suspicions.iter().cloned().chain(known).collect();
        }
        Error::Forbidden { reply, .. } if !reply.json && !reply.empty => &[
            "this is not ConnectWise's own refusal: a web server, a proxy or a firewall in between gave it; is this \
             machine's address allowed there?",
        ],
        Error::Forbidden { tried, .. } => return forbidden(&tried.path),
        Error::NotFound { .. } => &[
            "the record was deleted or merged in ConnectWise, or the login may not see it: an integrator login \
             without “Access all records” sees only what it made itself",
        ],
        Error::Invalid { reply, .. } => {
            if reply.has_code("ObjectExists") {
                &[
                    "a record with this name is there already; it may be inactive and therefore hidden in lists",
                ]
            } else {
                &["the line above names the field and what ConnectWise wants there"]
            }
        }
        Error::Conflict { .. } => {
            &["the record is in use, or someone is changing it; look at it in ConnectWise"]
        }
        Error::RateLimited { .. } => &[
            "ConnectWise allows about 1,000 requests a minute, shared by all integrations; the next run tries again",
            "lower max_requests_per_minute or max_concurrency in [connectwise]",
        ],
        Error::Server { reply, .. } if reply.timed_out => &[
            "ConnectWise itself ran out of time: it is busy, or the list is a wide one; the next run tries again",
            "lower max_concurrency in [connectwise] if it happens often",
        ],
        Error::Server { .. } => &[
            "see https://status.connectwise.com; the next run tries again",
            "on premises: look at the ConnectWise web server, restart it if need be",
        ],
        Error::Unreachable { trouble, .. } => unreachable(*trouble),
        Error::TimedOut { .. } => &[
            "ConnectWise or the line is slow at the moment; the next run tries again",
            "see https://status.connectwise.com",
        ],
        Error::OutcomeUnknown { cause } => {
            let look = "do not repeat it by hand: psactl looks in ConnectWise whether it was done before it tries again";
            return std::iter::once(look.to_owned()).chain(of(cause)).collect();
        }
        Error::UnknownCompany { company_id, .. } if company_id.contains(char::is_whitespace) => {
            &["the company ID has a blank in it, maybe at its beginning or end: take it out"]
        }
        Error::UnknownCompany { .. } => &[
            "company_id is what is typed as Company on ConnectWise's login page, not the company's name",
            "check the region: na, eu, au, aus or za .myconnectwise.net, or your own domain",
        ],
        Error::NotConnectWise { wants_encryption: true, .. } => &[
            "write site with https:// and as ConnectWise's own address (https://na.myconnectwise.net, not a domain \
             of yours that leads there): psactl then finds the api- host itself",
            "or write the API's host into site: https://api-na.myconnectwise.net, -eu, -au, -aus or -za",
        ],
        Error::NotConnectWise { .. } => &[
            "check site: it is the address of ConnectWise's login page, without a path",
            "a proxy or a captive login page may stand between; open the address in a browser on this machine",
            "on premises: the API may be switched off, or the server wants a restart",
        ],
        Error::Decode { .. } => {
            &["nothing was changed because of this record; report it with the line above and the request id"]
        }
        Error::Redirected { .. } => &["put the address that it redirects to into site, if you trust it"],
        Error::InsecureSite { .. } => &["write the site with https://"],
        Error::BadConnection { .. } => &["mend the setting that the line above names"],
        Error::TooLong { .. } => &["this is a fault of psactl: report it"],
    };
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// What to do about a kind of failure of which no more is known than the server's words: somebody met them elsewhere.
pub fn of_kind(kind: Kind, said: &str) -> Vec<String> {
    let tried = || {
        Box::new(Tried { method: Method::Get, path: String::new(), action: String::new(), request_id: None })
    };
    let reply = |status| Box::new(Reply::parse(status, said.as_bytes()));
    let (host, problem) = (String::new, said.to_owned());
    of(&match kind {
        Kind::Refused => Error::Refused { tried: tried(), reply: reply(401), suspicions: Vec::new() },
        // Which right it is, the path would tell.
        Kind::Forbidden => {
            return vec![
                "an integrator login sees what others made only with Access Level “All records”".to_owned(),
            ];
        }
        Kind::NotFound => Error::NotFound { tried: tried(), reply: reply(404) },
        Kind::Invalid => Error::Invalid { tried: tried(), reply: reply(400) },
        Kind::Conflict => Error::Conflict { tried: tried(), reply: reply(409) },
        Kind::RateLimited => Error::RateLimited { tried: tried(), retry_after: None },
        Kind::Server => Error::Server { tried: tried(), reply: reply(500) },
        Kind::Unreachable => {
            let trouble = if said.to_lowercase().contains("certificate") {
                Trouble::Certificate
            } else {
                Trouble::Other
            };
            Error::Unreachable { tried: tried(), host: host(), problem, trouble }
        }
        Kind::TimedOut => Error::TimedOut { tried: tried(), waited: Duration::ZERO },
        Kind::UnknownCompany => Error::UnknownCompany { host: host(), company_id: String::new() },
        Kind::NotConnectWise => {
            let wants_encryption = said.contains("SSL is required");
            Error::NotConnectWise { tried: tried(), host: host(), problem, wants_encryption }
        }
        Kind::Decode => {
            Error::Decode { tried: tried(), what: "record", id: None, at: String::new(), problem }
        }
        Kind::Redirected => Error::Redirected { tried: tried(), host: host(), to: String::new() },
        Kind::InsecureSite => Error::InsecureSite { site: String::new() },
        Kind::BadConnection => Error::BadConnection { problem },
        Kind::TooLong => Error::TooLong { tried: tried(), length: 0, most: 0 },
        Kind::OutcomeUnknown => {
            let cause = Box::new(Error::TimedOut { tried: tried(), waited: Duration::ZERO });
            Error::OutcomeUnknown { cause }
        }
    })
}

/// The known causes of a refused login (the guide's and the vendor's own list).
const REFUSED: &[&str] = &[
    "a blank before or after the keys, or in the name or password: copy them again (an integrator login's name \
     and password must not hold blanks at all)",
    "the login is inactive: in ConnectWise, System > Members > API Members (or Setup Tables > Integrator Login), \
     look whether it is active and its key still listed",
    "the company ID is not the one on ConnectWise's login page",
    "the client ID is missing or another company's: https://developer.connectwise.com/ClientID",
    "the site is another region's: na, eu, au, aus or za",
    "on premises: a login that was just made may need the ConnectWise web server to be restarted",
];

/// What the two kinds of login need for the records below a path: the integrator login's switch, and the
/// entry of an API member's security role, where a public source names it (behaviours, section 7).
fn rights(path: &str) -> (&'static str, Option<&'static str>) {
    let words: Vec<&str> = path.split('/').skip(1).collect();
    match words.as_slice() {
        ["service", "tickets", ..] => (
            "Service Ticket API",
            Some("Service Tickets and Close Service Tickets, with add, edit and inquire for both"),
        ),
        ["service", ..] => (
            "Service Ticket API",
            Some("Table Setup, with inquire, and Service Board and Service Priority allowed in it"),
        ),
        ["finance", ..] => ("Agreement API", None),
        ["procurement", ..] => ("Product API", None),
        ["system", ..] => ("System API", None),
        ["company", "configurations", ..] => ("Configuration API", None),
        ["company", word, ..] if word.starts_with("manage") => ("Managed Services API", None),
        ["company", "companies", _, "managementSummaryReports", ..] => ("Managed Services API", None),
        ["company", "contacts", ..] => ("Contact API", Some("Contacts, with inquire")),
        ["company", "companies", ..] => ("Company API", Some("Company Maintenance, with inquire")),
        _ => ("Company API", None),
    }
}

fn forbidden(path: &str) -> Vec<String> {
    let (switch, entry) = rights(path);
    let member = match entry {
        Some(entry) => format!("API member: backup vendors ask for a security role with {entry}"),
        None => "API member: its security role does not allow this; no public source says which entry of the role \
                 does"
            .to_owned(),
    };
    vec![
        member,
        format!("integrator login: switch on “{switch}”, and “Access all records” for what others made"),
    ]
}

fn unreachable(trouble: Trouble) -> &'static [&'static str] {
    match trouble {
        Trouble::Name => &["check the spelling of site, and this machine's name resolution (DNS)"],
        Trouble::Refused => &["check the host and port of site; a firewall may be in the way"],
        Trouble::Certificate => &[net::AUTHORITY, net::SERVERS, net::CLOCK, net::SELF_SIGNED],
        Trouble::Encryption => &[net::ENCRYPTION],
        Trouble::Slow | Trouble::Broken | Trouble::Other => {
            &["check this machine's network, firewall and proxy; the next run tries again"]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_named_where_a_source_names_them() {
        let table = [
            ("/service/tickets/5", "Service Ticket API", Some("Close Service Tickets")),
            ("/service/boards/1/statuses", "Service Ticket API", Some("Service Board")),
            ("/company/companies/5", "Company API", Some("Company Maintenance")),
            ("/company/companies/5/managementSummaryReports/7", "Managed Services API", None),
            ("/company/managedDevicesIntegrations", "Managed Services API", None),
            ("/company/configurations/3", "Configuration API", None),
            ("/finance/agreements/7/additions", "Agreement API", None),
            ("/procurement/catalog", "Product API", None),
            ("/system/integratorlogins", "System API", None),
        ];
        for (path, switch, entry) in table {
            let [member, login] = &forbidden(path)[..] else { panic!("two hints") };
            assert!(login.contains(switch), "{path}: {login}");
            assert!(member.contains(entry.unwrap_or("no public source says")), "{path}: {member}");
        }
    }
}
