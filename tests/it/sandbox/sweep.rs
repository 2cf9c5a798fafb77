//! Every list of the contract answers, and what it answers fits its schema.

use psactl::sandbox::DOCUMENT;
use serde_json::{Value, json};

use super::Psa;

/// Fills the parent ids of a list path with records that exist; none where there is no parent.
async fn concrete(psa: &Psa, template: &str) -> Option<String> {
    let mut path = String::new();
    for part in template.split('/').skip(1) {
        if !part.starts_with('{') {
            path.push('/');
            path.push_str(part);
            continue;
        }
        let parents = psa.get(&path).await.ok();
        path.push_str(&format!("/{}", parents.get(0)?["id"]));
    }
    Some(path)
}

/// Whether a value fits a property of the document.
fn fits(document: &Value, property: &Value, value: &Value, at: &str) {
    if let Some(name) = property["$ref"].as_str() {
        let name = name.rsplit('/').next().expect("a name");
        let schema = &document["components"]["schemas"][name];
        let record = value.as_object().unwrap_or_else(|| panic!("{at}: {value}"));
        for (field, inner) in record {
            let property = &schema["properties"][field];
            assert!(property.is_object(), "{at}/{field} is not in {name}");
            fits(document, property, inner, &format!("{at}/{field}"));
        }
        return;
    }
    let good = match property["type"].as_str() {
        Some("string") => value.as_str().is_some_and(|text| {
            let names = property["enum"].as_array();
            let most = property["maxLength"].as_u64().unwrap_or(u64::MAX);
            names.is_none_or(|names| names.contains(value)) && text.chars().count() as u64 <= most
        }),
        Some("integer") => value.as_i64().is_some(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => {
            for item in value.as_array().unwrap_or_else(|| panic!("{at}: {value}")) {
                fits(document, &property["items"], item, at);
            }
            true
        }
        _ => true,
    };
    assert!(good, "{at}: {value} against {property}");
}

#[tokio::test]
async fn every_list_answers_records_of_its_schema() {
    let psa = Psa::integrated().await;
    let document: Value = serde_json::from_str(DOCUMENT).expect("the document");
    let (mut lists, mut records) = (0, 0);
    for (template, methods) in document["paths"].as_object().expect("paths") {
        let content = methods["get"]["responses"]["200"]["content"].as_object();
        let Some(content) = content.and_then(|content| content.values().next()) else {
            continue;
        };
        let schema = &content["schema"];
        if schema["type"] != "array" || template.contains("{reportName}") {
            continue;
        }
        let Some(path) = concrete(&psa, template).await else {
            continue;
        };
        let got = psa.get(&path).await;
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        lists += 1;
        for record in got.json().as_array().expect("a list") {
            fits(&document, &schema["items"], record, &path);
            records += 1;
            let name = schema["items"]["$ref"].as_str().expect("a schema");
            let name = name.rsplit('/').next().expect("a name");
            let required = &document["components"]["schemas"][name]["required"];
            for field in required.as_array().into_iter().flatten() {
                let field = field.as_str().expect("a name");
                assert!(!record[field].is_null(), "{path}: {field} is missing in {record}");
            }
        }
        let count = methods_count(&document, template);
        if count {
            let count = psa.get(&format!("{}/count", path.trim_end_matches('/'))).await.ok();
            assert!(count["count"].is_number(), "{path}");
        }
    }
    assert!(lists > 60, "{lists} lists");
    assert!(records > 100, "{records} records");
}

fn methods_count(document: &Value, template: &str) -> bool {
    let path = format!("{}/count", template.trim_end_matches('/'));
    document["paths"].get(path).is_some()
}

/// The success codes that the document states for an operation.
fn stated(operation: &Value) -> Vec<u16> {
    let codes = operation["responses"].as_object().expect("responses").keys();
    codes.map(|code| code.parse::<u16>().expect("a status")).collect()
}

#[tokio::test]
async fn whatever_is_sent_is_answered_as_the_document_says_or_refused() {
    let psa = Psa::integrated().await;
    let document: Value = serde_json::from_str(DOCUMENT).expect("the document");
    let mut answered = 0;
    for (template, methods) in document["paths"].as_object().expect("paths") {
        let parts = template.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        for (method, operation) in methods.as_object().expect("methods") {
            for body in [json!({}), json!([]), json!([{"op": "add", "path": "id", "value": {}}])] {
                let request = psa.ask(&method.to_uppercase(), &path).json(&body);
                let got = super::send(request).await;
                if stated(operation).contains(&got.status) {
                    answered += 1;
                    continue;
                }
                assert!(matches!(got.status, 400 | 404 | 409), "{method} {path}: {got:?}");
                let refusal = got.json();
                assert!(refusal["code"].is_string() && refusal["message"].is_string(), "{refusal}");
            }
        }
    }
    assert!(answered > 300, "{answered} answered");
}
