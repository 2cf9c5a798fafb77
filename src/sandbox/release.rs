//! What differs between the releases of ConnectWise that are played.
//!
//! The contract's document is that of the current release. Of 2019 is known what behaviours says
//! (sections 1, 5, 9, 11 and 13); all else is taken to be as it is today.

use serde_json::{Value, json};

use super::errors::Refusal;
use super::options::Release;

/// What a release calls itself: its number, its codebase, its build.
pub struct Names {
    /// The number in `Accept`, `Content-Type` and `api-current-version`.
    pub number: &'static str,
    /// The codebase that `companyinfo` names and that paths begin with.
    pub codebase: &'static str,
    /// The version of `companyinfo` and `/system/info`.
    pub build: &'static str,
}

/// The names of a release.
pub fn names(release: Release) -> Names {
    match release {
        Release::Current => Names { number: "2025.8", codebase: "v2025_8/", build: "v2025.8.112345" },
        Release::Year2019 => Names { number: "2019.5", codebase: "v2019_5/", build: "v2019.5.70314" },
    }
}

/// Brings the document to the state of a release.
pub fn edit(document: &mut Value, release: Release) {
    if release == Release::Current {
        return;
    }
    document["info"]["version"] = names(release).number.into();
    let schemas = &mut document["components"]["schemas"];
    for schema in schemas.as_object_mut().into_iter().flat_map(|schemas| schemas.values_mut()) {
        if let Some(fields) = schema["properties"].as_object_mut() {
            fields.retain(|_, field| field.get("x-added-after").is_none());
        }
    }
    // The guide's External Integration XRef, beside escalationStatus.
    schemas["BoardStatus"]["properties"]["externalIntegrationXref"] =
        json!({"$ref": "#/components/schemas/ExternalIntegrationStatusReference"});
    schemas["ExternalIntegrationStatusReference"] = json!({
        "type": "object",
        "properties": {
            "id": {"type": "integer", "format": "int32", "nullable": true},
            "identifier": {"type": "string"},
            "name": {"type": "string"},
            "_info": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    });
    if let Some(required) = schemas["Addition"]["required"].as_array_mut() {
        required.retain(|field| field != "product");
    }
    schemas["Company"]["properties"]["identifier"]["maxLength"] = 25.into();
}

/// `GET /login/companyinfo/{companyId}` for the company that is played.
pub fn company_info(release: Release, name: &str, id: &str, authority: &str) -> Value {
    let Names { number, codebase, build } = names(release);
    let mut info = json!({
        "CompanyName": name,
        "Codebase": codebase,
        "VersionCode": format!("v{number}"),
        "VersionNumber": build,
        "CompanyID": id,
    });
    match release {
        Release::Current => {
            info["IsCloud"] = true.into();
            info["SiteUrl"] = authority.into();
            info["AllowedOrigins"] = json!([]);
        }
        // A string, as the developer guide shows it.
        Release::Year2019 => info["IsCloud"] = "True".into(),
    }
    info
}

/// 401 in the envelope of the release.
pub fn unauthorized(release: Release, message: &str) -> Refusal {
    match release {
        Release::Current => Refusal::unauthorized(message),
        Release::Year2019 => Refusal::not_authenticated(),
    }
}

/// Refuses a version in `Accept` that the release does not know: one that is newer than itself, or
/// none at all. With which status it is refused is not on record; 400 stands for a request that
/// cannot be answered as it was asked.
pub fn accepts(release: Release, accept: &str) -> Result<(), Refusal> {
    let version = accept.split([';', ',']).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("version").then(|| value.trim().trim_matches('"'))
    });
    let Some(version) = version else {
        return Ok(());
    };
    let known = order(version).is_some_and(|asked| Some(asked) <= order(names(release).number));
    match known {
        true => Ok(()),
        false => Err(Refusal::bad_query(&format!("The API version {version} is not supported."))),
    }
}

/// `2025.8`, and `3.0.0` as it was before years, in the order of their age.
fn order(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_accept() {
        let with = |version: &str| format!("application/vnd.connectwise.com+json; version={version}");
        for (release, version, known) in [
            (Release::Current, "2025.8", true),
            (Release::Current, "2025.1", true),
            (Release::Current, "3.0.0", true),
            (Release::Current, "\"2022.1\"", true),
            (Release::Current, "2025.10", false),
            (Release::Current, "2031.1", false),
            (Release::Current, "latest", false),
            (Release::Current, "", false),
            (Release::Year2019, "2019.5", true),
            (Release::Year2019, "2025.8", false),
        ] {
            assert_eq!(accepts(release, &with(version)).is_ok(), known, "{release:?} {version}");
        }
        for accept in ["", "*/*", "application/json", "application/json; charset=utf-8"] {
            assert!(accepts(Release::Current, accept).is_ok(), "{accept}");
        }
    }

    #[test]
    fn the_document_of_2019() {
        let mut document: Value = serde_json::from_str(crate::sandbox::DOCUMENT).expect("the document");
        edit(&mut document, Release::Year2019);
        let schemas = &document["components"]["schemas"];
        assert!(schemas["BoardStatus"]["properties"]["externalIntegrationXref"].is_object());
        assert!(schemas["BoardStatus"]["properties"]["escalationStatus"].is_object());
        assert!(schemas["BoardStatus"]["properties"].get("connectWiseId").is_none());
        assert_eq!(schemas["Addition"]["required"], json!(["billCustomer"]));
        assert!(!document.to_string().contains("x-added-after\":"));
    }
}
