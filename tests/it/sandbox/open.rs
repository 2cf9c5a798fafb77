//! Behaviours that the public record leaves open, each as it is with and without its option.

use psactl::sandbox::{Options, World};
use serde_json::json;

use super::Psa;

async fn count(psa: &Psa, conditions: &str) -> Option<u64> {
    let got = psa.query("/company/companies/count", &[("conditions", conditions)]).await;
    if got.status == 400 {
        return None;
    }
    got.ok()["count"].as_u64()
}

async fn companies(options: Options) -> Psa {
    let psa = Psa::start(Options { world: World::Integrated, ..options }).await;
    for (identifier, name) in [("Quoted", r#"Say "cheese" Photo"#), ("Slash", r"C:\Photo\")] {
        let body = json!({"identifier": identifier, "name": name, "city": "Tampa"});
        psa.post("/company/companies", body).await.ok();
    }
    psa
}

#[tokio::test]
async fn a_star_after_equals() {
    let usual = companies(Options::default()).await;
    let wild = companies(Options { wildcard_equals: true, ..Options::default() }).await;
    for (conditions, without, with) in [
        (r#"name = "*TV Repair""#, 0, 2),
        (r#"name = "eddie*""#, 0, 1),
        (r#"name != "*TV*" and name contains "Repair""#, 2, 0),
        (r#"name = "Joe TV Repair""#, 1, 1),
        (r#"name = "%TV%""#, 0, 0),
        (r#"name like "%TV%""#, 2, 2),
        (r#"name like "*TV*""#, 2, 2),
        (r#"website != "*""#, 0, 0),
    ] {
        assert_eq!(count(&usual, conditions).await, Some(without), "{conditions}");
        assert_eq!(count(&wild, conditions).await, Some(with), "{conditions}");
    }
}

#[tokio::test]
async fn quotes_and_backslashes_in_a_string() {
    let usual = companies(Options::default()).await;
    let plain = companies(Options { plain_quotes: true, ..Options::default() }).await;
    for (conditions, without, with) in [
        (r#"name = "Say \"cheese\" Photo""#, Some(1), None),
        (r#"name = "Say ""cheese"" Photo""#, Some(1), None),
        (r#"name = 'Say "cheese" Photo'"#, Some(1), Some(1)),
        (r#"name = "Eddie's TV Repair""#, Some(1), Some(1)),
        (r#"name = 'Eddie\'s TV Repair'"#, Some(1), None),
        (r#"name = "C:\Photo\\""#, Some(1), Some(0)),
        (r#"name = "C:\Photo\""#, None, Some(1)),
    ] {
        assert_eq!(count(&usual, conditions).await, without, "{conditions}");
        assert_eq!(count(&plain, conditions).await, with, "{conditions}");
    }
}

#[tokio::test]
async fn empty_text() {
    for (blank_as_null, kept) in [(false, json!("")), (true, json!(null))] {
        let psa = Psa::start(Options { blank_as_null, ..Options::default() }).await;
        let body = json!({"identifier": "Blank", "name": "Blank", "city": "Tampa", "website": ""});
        let made = psa.post("/company/companies", body).await.ok();
        assert_eq!(made.get("website").unwrap_or(&json!(null)), &kept);
        let path = format!("/company/companies/{}", made["id"]);
        psa.replace(&path, "phoneNumber", json!("1")).await.ok();
        let cleared = psa.replace(&path, "phoneNumber", json!("")).await.ok();
        assert_eq!(cleared.get("phoneNumber").unwrap_or(&json!(null)), &kept);
        let empty = r#"identifier="Blank" and website="" and phoneNumber="""#;
        assert_eq!(count(&psa, empty).await, Some(u64::from(!blank_as_null)));
        let null = r#"identifier="Blank" and website=null and phoneNumber=null"#;
        assert_eq!(count(&psa, null).await, Some(u64::from(blank_as_null)));
        // What a record must have it must have either way.
        let got = psa.replace(&path, "name", json!("")).await;
        assert_eq!(got.errors(), ["MissingRequiredField name"]);
    }
}
