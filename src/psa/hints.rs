//! What to do about each failure: the known causes, most likely first.

use super::error::{Error, Trouble};

/// The hints for an error.
pub(super) fn of(error: &Error) -> Vec<String> {
    let lines: &[&str] = match error {
        Error::Refused { suspicions, .. } => {
            let known = REFUSED.iter().map(|line| (*line).to_owned());
            return suspicions.iter().cloned().chain(known).collect();
        }
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

fn forbidden(path: &str) -> Vec<String> {
    let (flag, right) = match path.split('/').nth(1).unwrap_or_default() {
        "service" => ("Service Ticket API", "Service Desk > Service Tickets and Close Service Tickets"),
        "finance" => ("Agreement API", "Finance > Agreements"),
        "procurement" => ("Product API", "Procurement > Product Catalog"),
        "system" => ("System API", "System > Table Setup"),
        _ => (
            "Company API and Managed Services API",
            "Companies > Company Maintenance, and System > Table Setup",
        ),
    };
    vec![
        format!(
            "API member: its security role needs {right}: inquire to read, add and edit to set up, each All"
        ),
        format!("integrator login: it needs “{flag}” and “Access all records”"),
        "a change of the role takes effect at the next request; run the command again".to_owned(),
    ]
}

fn unreachable(trouble: Trouble) -> &'static [&'static str] {
    match trouble {
        Trouble::Name => &["check the spelling of site, and this machine's name resolution (DNS)"],
        Trouble::Refused => &["check the host and port of site; a firewall may be in the way"],
        Trouble::Certificate => &[
            "a private certificate authority, or a firewall that inspects encryption: put its certificate into ca_file",
            "an expired certificate or one for another name has to be mended on the server; psactl never skips the check",
            "look at this machine's clock: certificates are valid for a time",
        ],
        Trouble::Encryption => {
            &["the server must speak TLS 1.2 or newer on this port; a proxy may be in the way"]
        }
        Trouble::Slow | Trouble::Broken | Trouble::Other => {
            &["check this machine's network, firewall and proxy; the next run tries again"]
        }
    }
}
