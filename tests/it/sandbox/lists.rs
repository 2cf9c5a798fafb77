//! Conditions, ordering, partial answers, paging both ways.

use psactl::sandbox::Options;
use serde_json::{Value, json};

use super::{Got, Psa, send};

fn names(list: &Value, field: &str) -> Vec<String> {
    let items = list.as_array().expect("a list");
    items.iter().map(|item| item[field].as_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn conditions_as_a_table() {
    let psa = Psa::integrated().await;
    let eddie = ["EddiesTV"].as_slice();
    let tv = ["EddiesTV", "JoeTV"].as_slice();
    let none = [].as_slice();
    for (conditions, wanted) in [
        (r#"identifier="EddiesTV""#, eddie),
        (r#"identifier='eddiestv'"#, eddie),
        (r#"Identifier = "EddiesTV""#, eddie),
        (r#"name="Eddie's TV Repair""#, eddie),
        (r#"name='Eddie\'s TV Repair'"#, eddie),
        (r#"name='Eddie''s TV Repair'"#, eddie),
        (r#"name contains "TV repair""#, tv),
        (r#"name like "%tv%""#, tv),
        (r#"name like "*TV Repair""#, tv),
        (r#"name like "TV""#, none),
        (r#"identifier in ("EddiesTV", "JoeTV")"#, tv),
        (r#"identifier not in ("AngryFox", "SunshineIT")"#, tv),
        (r#"not identifier in ("AngryFox", "SunshineIT")"#, tv),
        (r#"name not contains "fox" AND identifier != "SunshineIT""#, tv),
        (r#"identifier="EddiesTV" or identifier="JoeTV" and deletedFlag=true"#, eddie),
        (r#"(identifier="EddiesTV" or identifier="JoeTV") and deletedFlag=False"#, tv),
        (r#"status/name="Active" and name contains "TV""#, tv),
        (r#"STATUS/NAME="active" and name contains "TV""#, tv),
        (r#"territory/name="Tampa Office" and name contains "TV""#, tv),
        (r#"territory/structureLevel/name="Location" and name contains "TV""#, tv),
        (r#"website = null and name contains "TV""#, tv),
        ("website != null", none),
        (r#"lastUpdated > [2001-01-01T00:00:00Z] and name contains "TV""#, tv),
        (r#"_info/dateEntered > [2001-01-01] and name contains "TV""#, tv),
        ("lastUpdated < [2001-01-01T00:00:00Z]", none),
        ("lastUpdated < [9999-12-31T00:00:00Z] and name contains \"TV\"", tv),
        (r#"updatedBy = "admin1" and name contains "TV""#, tv),
        (r#"addressLine1 < "300" and name contains "TV""#, eddie),
    ] {
        let query = [("conditions", conditions), ("orderBy", "identifier")];
        let got = psa.query("/company/companies", &query).await.ok();
        assert_eq!(names(&got, "identifier"), wanted, "{conditions}");
        let count = psa.query("/company/companies/count", &[("conditions", conditions)]).await.ok();
        assert_eq!(count["count"], wanted.len(), "{conditions}");
    }
}

#[tokio::test]
async fn numbers_are_compared_as_decimals() {
    let psa = Psa::integrated().await;
    let eddie = psa.id("/finance/agreements", "company/identifier=\"EddiesTV\"").await;
    let path = format!("/finance/agreements/{eddie}/additions");
    for (conditions, wanted) in [
        ("quantity = 62.50", 1),
        ("quantity = 62.5", 1),
        ("quantity > 62.49 and quantity < 62.51", 1),
        ("quantity >= 410.25", 1),
        ("lessIncluded != 0", 2),
        ("billedQuantity = 260.25", 1),
        ("serialNumber = \"EFS-342\" and agreementStatus = \"Active\"", 5),
        ("cancelledDate = null", 6),
        ("product/identifier = \"ShadowProtect BDR Storage\"", 1),
        ("quantity > -1", 6),
    ] {
        let count = psa.query(&format!("{path}/count"), &[("conditions", conditions)]).await.ok();
        assert_eq!(count["count"], wanted, "{conditions}");
    }
}

#[tokio::test]
async fn bad_queries_are_refused() {
    let psa = Psa::bare().await;
    for pair in [
        ("conditions", "name"),
        ("conditions", "name=Eddie"),
        ("conditions", "noSuchField=1"),
        ("conditions", "status/noSuchField=1"),
        ("conditions", "deletedFlag=1"),
        ("conditions", "id=\"1\""),
        ("conditions", "name=1"),
        ("conditions", "id contains \"1\""),
        ("conditions", "dateAcquired > \"2016-01-01\""),
        ("conditions", "status=1"),
        ("conditions", "types/id=2"),
        ("conditions", "types/name=\"Client\""),
        ("conditions", "parentCompany/types/id=2"),
        ("conditions", "lastUpdated > [2001-01-01T00:00:00-04:00]"),
        ("conditions", "lastUpdated > [2001-01-01T00:00:00+00:00]"),
        ("conditions", "lastUpdated > [2001-01-01T00:00+02]"),
        ("orderBy", "types/name"),
        ("childConditions", "name=\"x\""),
        ("childConditions", "types/nothing=1"),
        ("childConditions", "types/id in (1, 2)"),
        ("customFieldConditions", "nothing=1"),
        ("orderBy", "nothing"),
        ("orderBy", "name sideways"),
        ("fields", "id,nothing"),
        ("page", "0"),
        ("page", "one"),
        ("pageSize", "0"),
    ] {
        let got = psa.query("/company/companies", &[pair]).await;
        assert_eq!(got.status, 400, "{pair:?}: {}", got.text);
    }
    let got = psa.query("/company/companies", &[("conditions", "deletedFlag=1")]).await;
    let message = got.json()["message"].as_str().expect("text").to_owned();
    assert!(message.starts_with("Boolean literal expected for deletedFlag, Numeric found."), "{message}");
    assert!(message.contains("[2016-08-20T18:04:26Z]"));
    let got = psa.query("/company/companies", &[("conditions", "types/id=2")]).await;
    assert!(got.text.contains("use childConditions"), "{}", got.text);
    // No path is followed for ever.
    let deep = format!("{}name=\"x\"", "parentCompany/".repeat(3000));
    assert_eq!(psa.query("/company/companies", &[("conditions", &deep)]).await.status, 400);
}

#[tokio::test]
async fn child_conditions() {
    let psa = Psa::bare().await;
    let email = r#"communicationItems/value like "eddie@%" and communicationItems/communicationType="Email""#;
    let got = psa.query("/company/contacts", &[("childConditions", email)]).await.ok();
    assert_eq!(names(&got, "firstName"), ["Eddie"]);
    // Both must hold for one and the same member.
    let phone = email.replace("Email", "Phone");
    let got = psa.query("/company/contacts", &[("childconditions", phone.as_str())]).await.ok();
    assert!(names(&got, "firstName").is_empty());
    let types = [("childConditions", "types/name=\"Owner-Internal\"")];
    let got = psa.query("/company/companies", &types).await.ok();
    assert_eq!(names(&got, "identifier"), ["SunshineIT"]);
}

#[tokio::test]
async fn ordering_and_partial_answers() {
    let psa = Psa::bare().await;
    let query = [("orderBy", "name desc"), ("fields", "identifier,status/name")];
    let got = psa.query("/company/companies", &query).await.ok();
    assert_eq!(names(&got, "identifier"), ["SunshineIT", "JoeTV", "EddiesTV", "AngryFox"]);
    assert_eq!(got[0], json!({"identifier": "SunshineIT", "status": {"name": "Active"}}));
    let query = [("orderBy", "level asc, name desc"), ("FIELDS", "sortOrder")];
    let got = psa.query("/service/priorities", &query).await.ok();
    assert_eq!(got[0], json!({"sortOrder": 1}));
    let query = [("orderBy", "sortOrder desc"), ("fields", "sortOrder")];
    let got = psa.query("/service/priorities", &query).await.ok();
    assert_eq!(got[0], json!({"sortOrder": 4}));
    let id = psa.id("/company/companies", "identifier=\"JoeTV\"").await;
    let got = psa.query(&format!("/company/companies/{id}"), &[("fields", "id")]).await.ok();
    assert_eq!(got, json!({"id": id}));
}

/// The URL of a relation in a Link header.
fn relation(got: &Got, rel: &str) -> Option<String> {
    let part = got.header("link").split(", ").find(|p| p.ends_with(&format!("rel=\"{rel}\"")))?;
    Some(part.split_once('<')?.1.split_once('>')?.0.to_owned())
}

#[tokio::test]
async fn navigable_paging() {
    let psa = Psa::start(Options { companies: 58, ..Options::default() }).await;
    let first = psa.query("/company/companies", &[("conditions", "name != \"a&b\"")]).await;
    assert_eq!(first.ok().as_array().expect("a list").len(), 25);
    assert!(relation(&first, "prev").is_none());
    assert!(relation(&first, "last").expect("last").contains("page=3"));
    let next = relation(&first, "next").expect("next");
    assert!(next.starts_with(&psa.api("/company/companies?")), "{next}");
    let follow = async |url: String| {
        let path = url.strip_prefix(&psa.api("")).expect("the same server").to_owned();
        psa.get(&path).await
    };
    let second = follow(next).await;
    assert_eq!(second.ok().as_array().expect("a list").len(), 25);
    let third = follow(relation(&second, "next").expect("next")).await;
    assert_eq!(third.ok().as_array().expect("a list").len(), 12);
    assert!(relation(&third, "next").is_none() && relation(&third, "last").is_none());
    assert!(relation(&third, "prev").expect("prev").contains("page=2"));
    assert!(relation(&third, "first").is_some());
    let beyond = psa.query("/company/companies", &[("page", "9")]).await.ok();
    assert_eq!(beyond, json!([]));
    let all = psa.query("/company/companies", &[("pageSize", "5000")]).await;
    assert_eq!(all.ok().as_array().expect("a list").len(), 62);
    assert_eq!(all.header("link"), "");
}

#[tokio::test]
async fn more_than_a_thousand_is_a_thousand() {
    let psa = Psa::start(Options { companies: 1100, ..Options::default() }).await;
    let query = [("pageSize", "2000"), ("fields", "id")];
    let got = psa.query("/company/companies", &query).await;
    assert_eq!(got.ok().as_array().expect("a list").len(), 1000);
    assert!(relation(&got, "next").is_some());
}

#[tokio::test]
async fn forward_only_paging() {
    let psa = Psa::start(Options { companies: 20, ..Options::default() }).await;
    let mut seen = Vec::new();
    let mut path = "/company/companies?pageSize=10&fields=id&page=7".to_owned();
    loop {
        let request = psa.ask("GET", &path).header("pagination-type", "forward-only");
        let got = send(request).await;
        seen.extend(got.ok().as_array().expect("a list").iter().map(|c| c["id"].as_i64().expect("an id")));
        match relation(&got, "next") {
            Some(next) => path = next.strip_prefix(&psa.api("")).expect("the same server").to_owned(),
            None => {
                assert!(got.headers.contains_key("link"), "present but empty at the end");
                break;
            }
        }
    }
    assert_eq!(seen.len(), 24);
    assert!(seen.is_sorted());
    let request = psa.ask("GET", "/company/companies?orderBy=name").header("pagination-type", "forward-only");
    assert_eq!(send(request).await.status, 400);
}

#[tokio::test]
async fn tickets_are_searched_by_post() {
    let psa = Psa::bare().await;
    for summary in ["one", "two"] {
        let ticket = json!({"summary": summary, "company": {"identifier": "JoeTV"}});
        psa.post("/service/tickets", ticket).await.ok();
    }
    let body = json!({"conditions": "summary=\"two\"", "orderBy": "id desc"});
    let got = psa.post("/service/tickets/search", body).await;
    assert_eq!(got.status, 200);
    assert_eq!(names(&got.json(), "summary"), ["two"]);
    // Paging and fields stand in the query; the lesser conditions are written in lower case.
    let body = json!({"orderBy": "id desc", "childconditions": "", "customfieldconditions": ""});
    let got = psa.post("/service/tickets/search?pageSize=1&fields=summary", body).await;
    assert_eq!(got.json(), json!([{"summary": "two"}]));
    assert!(relation(&got, "next").expect("next").contains("fields=summary"));
    for (body, status) in [
        (json!({"conditions": "nothing=1"}), 400),
        (json!({"conditions": 1}), 400),
        (json!({"filter": "x"}), 400),
        (json!({"customfieldconditions": "caption=\"x\" and value=\"y\""}), 200),
    ] {
        assert_eq!(psa.post("/service/tickets/search", body.clone()).await.status, status, "{body}");
    }
}

#[tokio::test]
async fn references_are_followed_to_any_depth() {
    let psa = Psa::integrated().await;
    let agreement =
        psa.id("/finance/agreements", "company/status/name=\"Active\" and name contains \"Fox\"").await;
    let path = format!("/finance/agreements/{agreement}/additions");
    for (conditions, found) in [
        ("product/category/name = \"Managed Services\"", true),
        ("product/subcategory/category/name = \"Managed Services\"", true),
        ("PRODUCT/SubCategory/Category/NAME != \"Hardware\"", true),
        ("product/subcategory/category/name in (\"Hardware\", \"Services\")", false),
        ("product/vendor/name = null and not product/vendor/name != null", true),
    ] {
        let count = psa.query(&format!("{path}/count"), &[("conditions", conditions)]).await.ok();
        assert_eq!(count["count"].as_i64() > Some(0), found, "{conditions}");
    }
    let query = [("orderBy", "product/subcategory/category/name desc, product/identifier")];
    let ordered = psa.query(&path, &query).await.ok();
    let names: Vec<&str> = ordered
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|a| a["product"]["identifier"].as_str())
        .collect();
    assert!(names.is_sorted_by_key(|name| name.to_lowercase()), "{names:?}");
}

#[tokio::test]
async fn the_audit_trail_knows_no_forward_only_paging() {
    let psa = Psa::bare().await;
    let forward = ("pagination-type", "forward-only");
    let got = send(psa.ask("GET", "/system/audittrail").header(forward.0, forward.1)).await;
    assert_eq!(got.status, 200);
    assert!(!got.headers.contains_key("link"));
    let got = send(psa.ask("GET", "/system/members").header(forward.0, forward.1)).await;
    assert!(got.headers.contains_key("link"));
}

#[tokio::test]
async fn paths_in_any_case_with_and_without_a_slash() {
    let psa = Psa::bare().await;
    for path in ["/procurement/subcategories/", "/procurement/subcategories", "/Procurement/SubCategories/"] {
        assert_eq!(psa.get(path).await.ok().as_array().expect("a list").len(), 3, "{path}");
    }
    let hardware = psa.id("/procurement/categories", "name=\"Hardware\"").await;
    let path = format!("/procurement/categories/{hardware}/subcategories");
    assert_eq!(names(&psa.get(&path).await.ok(), "name"), ["Servers", "Firewalls"]);
    let made = psa.post(&path, json!({"name": "Switches"})).await.ok();
    let flat = psa.get(&format!("/procurement/subcategories/{}", made["id"])).await.ok();
    assert_eq!(flat["category"]["name"], "Hardware");
}

#[tokio::test]
async fn the_audit_trail_says_who_did_what() {
    let psa = Psa::integrated().await;
    let agreement = psa.id("/finance/agreements", "company/identifier=\"JoeTV\"").await;
    let path = format!("/finance/agreements/{agreement}/additions");
    let addition = psa.get(&path).await.ok()[0]["id"].clone();
    let change = json!([{"op": "replace", "path": "quantity", "value": 7}]);
    send(psa.ask_second("PATCH", &format!("{path}/{addition}")).json(&change)).await;
    psa.delete(&format!("{path}/{addition}")).await;
    let id = addition.to_string();
    let query = [("type", "AgreementAddition"), ("id", id.as_str())];
    let trail = psa.query("/system/audittrail", &query).await.ok();
    let done: Vec<(&str, &str)> = trail
        .as_array()
        .expect("a list")
        .iter()
        .map(|e| (e["enteredBy"].as_str().expect("a name"), e["text"].as_str().expect("a text")))
        .map(|(by, text)| (by, text.split_whitespace().nth(3).expect("a word")))
        .collect();
    assert_eq!(done, [("admin1", "created"), ("admin2", "updated"), ("psactl", "deleted")]);
    assert_eq!(trail[0]["auditType"], "AgreementAddition");
    assert!(trail[0].get("xrefRecId").is_none(), "the schema has no such field");
    assert_eq!(psa.query("/system/audittrail/count", &query).await.ok()["count"], 3);
    let other = [("type", "Ticket"), ("id", id.as_str())];
    assert_eq!(psa.query("/system/audittrail/count", &other).await.ok()["count"], 0);
    assert_eq!(psa.query("/system/audittrail", &[("id", "one")]).await.status, 400);
}
