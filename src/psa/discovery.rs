//! Where a company's API is: host, codebase and release, as the company look-up says.

use serde::Deserialize;
use serde_json::Value;

use super::connection::Site;
use super::error::Error;
use super::reply::clean;

/// What a site says of a company to anyone who asks (`/login/companyinfo/{companyId}`; behaviours, section 1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CompanyInfo {
    /// The company's name.
    #[serde(default)]
    pub company_name: Option<String>,
    /// The part of API addresses that changes with each release, as `v2025_1/`.
    #[serde(default)]
    pub codebase: Option<String>,
    /// The release, as `v2025.1`.
    #[serde(default)]
    pub version_code: Option<String>,
    /// The release in full, as `v2025.1.12345`.
    #[serde(default)]
    pub version_number: Option<String>,
    /// The company's login ID.
    #[serde(default, rename = "CompanyID")]
    pub company_id: Option<String>,
    /// The host of the API; newer servers say it.
    #[serde(default)]
    pub site_url: Option<String>,
}

impl CompanyInfo {
    /// Year and number of the release, as `(2025, 8)`, where the site says it in a form that is known.
    pub fn release(&self) -> Option<(u32, u32)> {
        self.version_number.as_deref().or(self.version_code.as_deref()).and_then(release)
    }
}

/// The codebase of sites on the company's own premises; cloud sites take it too.
const FALLBACK: &str = "v4_6_release/";

/// The release whose record shapes psactl is written against.
const PINNED: (u32, u32) = (2025, 8);

/// Where requests go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) info: CompanyInfo,
    /// The API's root, without a slash at the end.
    pub(super) root: String,
    /// The API's host.
    pub(super) host: String,
    /// The media type to ask for.
    pub(super) accept: &'static str,
}

/// Any answer to the look-up, for tests of foreign input.
#[cfg(test)]
pub(super) fn any_answer(answer: &Value) -> Result<Option<Route>, String> {
    route(&Site::parse("https://na.myconnectwise.net").map_err(|error| error.to_string())?, answer)
}

/// Where the company is looked up.
pub(super) fn address(site: &Site, company_id: &str) -> String {
    let company_id = super::query::encoded(company_id);
    format!("{}/login/companyinfo/{company_id}", site.login_site().origin())
}

/// The route that the look-up's answer describes; `None` when it knows no such company.
///
/// # Errors
/// What is wrong with the answer, in words.
pub(super) fn route(site: &Site, answer: &Value) -> Result<Option<Route>, String> {
    if answer.is_null() {
        return Ok(None);
    }
    let info = CompanyInfo::deserialize(answer)
        .map_err(|error| super::decode::without_values(&error.to_string()))?;
    let codebase = info.codebase.as_deref().unwrap_or(FALLBACK).trim_matches('/');
    let codebase = if codebase.is_empty() { FALLBACK.trim_matches('/') } else { codebase };
    if !codebase.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
        || codebase.starts_with('.')
    {
        return Err(format!("the codebase “{}” is not one", clean(codebase, 60)));
    }
    let api = site.api_site(info.site_url.as_deref());
    let root = format!("{}/{codebase}/apis/3.0", api.origin());
    Ok(Some(Route { accept: accept(&info), root, host: api.host().to_owned(), info }))
}

/// The media type: pinned to the release psactl knows. A server older than that could refuse a release it
/// does not know, so it is asked for its own.
fn accept(info: &CompanyInfo) -> &'static str {
    match info.release() {
        Some(release) if release < PINNED => "application/json",
        _ => "application/vnd.connectwise.com+json; version=2025.8",
    }
}

/// Year and number of a release, as in `v2025.8.1234` or `v2025_8`.
fn release(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim_start_matches(['v', 'V']).split(['.', '_']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

impl Route {
    /// The address of a path, with an encoded query.
    pub(super) fn address(&self, path: &str, query: &str) -> String {
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{path}{mark}{query}", self.root)
    }
}

/// The error for a company that the site does not know.
pub(super) fn unknown(site: &Site, company_id: &str) -> Error {
    // Blanks are kept, since they may be what is wrong; what a terminal would obey is not.
    let company_id = company_id.chars().filter(|character| !character.is_control()).take(60).collect();
    Error::UnknownCompany { host: site.login_site().host().to_owned(), company_id }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn site(text: &str) -> Site {
        Site::parse(text).expect("a site")
    }

    #[test]
    fn finds_the_root_of_the_api() {
        let cloud = site("https://na.myconnectwise.net");
        let own = site("https://psa.example.com");
        let root =
            |site: &Site, answer: Value| route(site, &answer).map(|route| route.map(|route| route.root));
        let at = |root: &str| Ok(Some(root.to_owned()));
        assert_eq!(
            root(
                &cloud,
                json!({"Codebase": "v2025_8/", "SiteUrl": "api-na.myconnectwise.net", "IsCloud": true, "AllowedOrigins": []})
            ),
            at("https://api-na.myconnectwise.net/v2025_8/apis/3.0")
        );
        assert_eq!(
            root(&own, json!({"Codebase": "v4_6_release/", "IsCloud": "False"})),
            at("https://psa.example.com/v4_6_release/apis/3.0")
        );
        assert_eq!(root(&own, json!({})), at("https://psa.example.com/v4_6_release/apis/3.0"));
        assert_eq!(root(&own, Value::Null), Ok(None));
        for codebase in ["../x/", "a b/", "x?y", "..", "v1/evil@host"] {
            assert!(root(&own, json!({"Codebase": codebase})).is_err(), "{codebase}");
        }
        assert!(root(&own, json!("text")).is_err());
    }

    #[test]
    fn pins_the_release_only_where_it_is_known() {
        let accept = |version: &str| {
            accept(&CompanyInfo { version_number: Some(version.to_owned()), ..CompanyInfo::default() })
        };
        assert!(accept("v2025.8.1").contains("version=2025.8"));
        assert!(accept("v2026.1.1").contains("version=2025.8"));
        assert!(accept("odd").contains("version=2025.8"));
        assert_eq!(accept("v2019.5.70"), "application/json");
        assert_eq!(accept("v2025.1.70"), "application/json");
    }

    #[test]
    fn an_odd_company_id_stays_within_its_place() {
        assert_eq!(
            address(&site("https://api-na.myconnectwise.net"), "a/../b?c"),
            "https://na.myconnectwise.net/login/companyinfo/a%2F..%2Fb%3Fc"
        );
    }
}
