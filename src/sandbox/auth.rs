//! Who calls, and what they may (contract: behaviours, sections 2 and 7).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

use super::errors::Refusal;
use super::options::Release;
use super::release;
use super::store::{Record, Stamp, Store, ref_id};

const LOGINS: &str = "/system/integratorlogins";

/// An API member and its key pair.
#[derive(Debug, Clone)]
pub struct ApiMember {
    pub identifier: String,
    pub public_key: String,
    pub private_key: String,
}

/// Who a request comes from.
#[derive(Debug, Clone)]
pub struct Writer {
    pub name: Arc<str>,
    pub member: Option<i64>,
    /// The board that an integrator login's tickets go to.
    pub board: Option<i64>,
    /// An integrator login's flags; an API member has none and may do everything.
    rights: Option<Record>,
}

impl Writer {
    pub fn named(name: &str) -> Writer {
        Writer { name: name.into(), member: None, board: None, rights: None }
    }

    pub fn stamp(&self, at: Timestamp) -> Stamp {
        Stamp { by: self.name.clone(), at }
    }

    pub fn is_integrator(&self) -> bool {
        self.rights.is_some()
    }

    /// Whether records of others are hidden: an integrator login without access to all records
    /// sees what it created.
    pub fn sees_own_only(&self) -> bool {
        self.rights.as_ref().is_some_and(|flags| !set(flags, "canAccessAllRecordsFlag"))
    }

    /// Whether this caller may use a path. Reading the tables that tickets refer to goes with the
    /// ticket API (contract: behaviours, section 7: inquiry without table rights).
    pub fn may(&self, method: &str, template: &str) -> bool {
        let Some(flags) = &self.rights else {
            return true;
        };
        if template == "/system/info" || set(flags, "canAccessAllApisFlag") {
            return true;
        }
        let reads = method == "GET";
        let allowed: &[&str] = match template {
            t if t.starts_with("/service/tickets") => &["serviceTicketApiFlag"],
            t if t.starts_with("/service") && reads => &["serviceTicketApiFlag"],
            t if t.contains("/management") => &["managedServicesApiFlag"],
            t if t.starts_with("/company/managedDevicesIntegrations") => &["managedServicesApiFlag"],
            t if t.starts_with("/company/configurations") => &["configurationApiFlag"],
            t if t.starts_with("/company/contacts") => &["contactApiFlag"],
            t if t.starts_with("/company/companies") => &["companyApiFlag"],
            t if t.starts_with("/finance") => &["agreementApiFlag"],
            t if t.starts_with("/procurement") => &["productApiFlag"],
            t if t.starts_with("/system/members") => &["memberApiFlag", "systemApiFlag"],
            t if t.starts_with("/system/reports") => &["reportingApiFlag", "systemApiFlag"],
            t if t.starts_with("/system") => &["systemApiFlag"],
            _ => &[],
        };
        allowed.iter().any(|flag| set(flags, flag))
    }
}

fn set(flags: &Record, name: &str) -> bool {
    flags.get(name) == Some(&Value::Bool(true))
}

/// The keys that are accepted, and the company they belong to.
#[derive(Debug)]
pub struct Keys {
    pub release: Release,
    pub company_id: String,
    pub members: Vec<ApiMember>,
}

/// What a request says of its caller.
#[derive(Debug, Default)]
pub struct Credentials<'a> {
    pub authorization: Option<&'a str>,
    pub client_id: Option<&'a str>,
    pub user_type: Option<&'a str>,
}

impl Keys {
    /// Finds the caller, or refuses: 400 from the gateway where the company is wrong, else 401.
    pub fn caller(&self, store: &Store, given: &Credentials<'_>) -> Result<Writer, Refusal> {
        let unauthorized = |message: &str| release::unauthorized(self.release, message);
        let refused = || unauthorized("Username or password is incorrect");
        let basic = given
            .authorization
            .and_then(basic)
            .ok_or_else(|| unauthorized("Authorization has been denied for this request."))?;
        let (user, password) = basic.split_once(':').ok_or_else(refused)?;
        let (company, user) = user.split_once('+').ok_or_else(refused)?;
        if !company.eq_ignore_ascii_case(&self.company_id) {
            return Err(Refusal::cannot_route());
        }
        if given.client_id.is_none_or(|id| id.trim().is_empty()) {
            return Err(unauthorized("The clientId header is missing from this request."));
        }
        let member = self.members.iter().find(|m| m.public_key == user);
        if let Some(member) = member.filter(|m| m.private_key == password) {
            return Ok(Writer {
                member: member_id(store, &member.identifier),
                ..Writer::named(&member.identifier)
            });
        }
        let integrator = given.user_type.is_some_and(|kind| kind.eq_ignore_ascii_case("integrator"));
        match integrator.then(|| integrator_login(store, user, password)) {
            Some(Some(writer)) => Ok(writer),
            _ => Err(refused()),
        }
    }
}

fn member_id(store: &Store, identifier: &str) -> Option<i64> {
    let members = store.table("/system/members")?;
    let mut rows = members.under(&[]);
    let hit = rows.find(|(_, row)| row.fields.get("identifier").and_then(Value::as_str) == Some(identifier));
    hit.map(|(id, _)| id)
}

fn integrator_login(store: &Store, user: &str, password: &str) -> Option<Writer> {
    let text = |row: &Record, field: &str| row.get(field).and_then(Value::as_str).map(str::to_owned);
    let (_, row) = store.table(LOGINS)?.under(&[]).find(|(_, row)| {
        text(&row.fields, "username").as_deref() == Some(user)
            && text(&row.fields, "password").as_deref() == Some(password)
            && !set(&row.fields, "inactiveFlag")
    })?;
    Some(Writer {
        member: ref_id(row.fields.get("member")),
        board: ref_id(row.fields.get("board")),
        rights: Some(row.fields.clone()),
        ..Writer::named(user)
    })
}

/// The text inside a Basic header.
fn basic(header: &str) -> Option<String> {
    let (scheme, rest) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = STANDARD_NO_PAD.decode(rest.trim().trim_end_matches('=')).ok()?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn basic_headers() {
        let decoded = super::basic("Basic ZWZvbGRlcithYmM6w6TDnyE=");
        assert_eq!(decoded.as_deref(), Some("efolder+abc:äß!"));
        assert_eq!(super::basic("basic YTpi").as_deref(), Some("a:b"));
        assert_eq!(super::basic("Bearer YTpi"), None);
        assert_eq!(super::basic("Basic *"), None);
    }
}
