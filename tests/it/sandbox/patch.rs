//! PATCH: operations, the values they take, several at once.

use psactl::sandbox::Options;
use serde_json::json;

use super::Psa;

#[tokio::test]
async fn patch_operations() {
    let psa = Psa::bare().await;
    let id = psa.id("/company/companies", "identifier=\"JoeTV\"").await;
    let path = format!("/company/companies/{id}");
    let update = json!([
        {"op": "replace", "path": "/website", "value": "https://joe.example"},
        {"op": "add", "path": "numberOfEmployees", "value": 4},
        {"op": "replace", "path": "status", "value": {"name": "Credit Hold"}},
        {"op": "remove", "path": "addressLine1"},
    ]);
    let got = psa.patch(&path, update).await.ok();
    assert_eq!(got["website"], "https://joe.example");
    assert_eq!(got["numberOfEmployees"], 4);
    assert_eq!(got["status"]["name"], "Credit Hold");
    assert!(got["addressLine1"].is_null());
    assert_eq!(got["name"], "Joe TV Repair");
    for inner in ["status/name", "/status/name"] {
        let got = psa.replace(&path, inner, json!("Active")).await.ok();
        assert_eq!(got["status"]["name"], "Active");
    }
    // The server's own fields are passed over without a word.
    let got = psa.replace(&path, "id", json!(1)).await.ok();
    assert_eq!(got["id"], id);

    let before = psa.get(&path).await.ok();
    for (operation, error) in [
        (json!({"op": "replace", "path": "Name", "value": "x"}), "InvalidPatch Name"),
        (json!({"op": "replace", "path": "nothing", "value": "x"}), "InvalidPatch nothing"),
        (json!({"op": "replace", "path": "name/first", "value": "x"}), "InvalidPatch name/first"),
        (json!({"op": "replace", "path": "name"}), "InvalidPatch name"),
        (json!({"op": "Replace", "path": "name", "value": "x"}), "InvalidPatch op"),
        (json!({"op": "move", "path": "name", "from": "x"}), "InvalidPatch op"),
        (json!({"op": "replace", "value": "x"}), "InvalidPatch path"),
        (json!({"op": "remove", "path": "name"}), "MissingRequiredField name"),
        (json!({"op": "replace", "path": "status", "value": {"id": 0}}), "MissingRequiredField status/id"),
        (json!({"op": "replace", "path": "status/id", "value": 9999}), "NotFound status/id"),
    ] {
        // One wrong operation refuses the whole update.
        let good = json!({"op": "replace", "path": "website", "value": "https://other.example"});
        let got = psa.patch(&path, json!([good, operation])).await;
        assert_eq!(got.errors(), [error]);
    }
    assert_eq!(psa.patch(&path, json!({"name": "x"})).await.status, 400);
    assert_eq!(psa.get(&path).await.ok(), before);
}

/// Without `strict_patch` a value is read as the server's JSON reader does; with it, inner paths answer
/// 200 and change nothing, and a value must be of the field's kind.
#[tokio::test]
async fn patched_values_are_read_leniently_or_strictly() {
    for strict in [false, true] {
        let psa = Psa::start(Options { strict_patch: strict, ..Options::default() }).await;
        let id = psa.id("/company/companies", "identifier=\"JoeTV\"").await;
        let hold = psa.id("/company/companies/statuses", "name=\"Credit Hold\"").await;
        let path = format!("/company/companies/{id}");
        for (field, value, at, kept) in [
            ("numberOfEmployees", json!("5"), "/numberOfEmployees", json!(5)),
            ("leadFlag", json!("True"), "/leadFlag", json!(true)),
            ("status", json!(hold), "/status/name", json!("Credit Hold")),
            ("status", json!("Not Active"), "/status/name", json!("Not Active")),
            ("country", json!("CA"), "/country/name", json!("Canada")),
        ] {
            let got = psa.replace(&path, field, value).await;
            match strict {
                true => assert_eq!(got.errors(), [format!("InvalidType {field}")]),
                false => assert_eq!(got.ok().pointer(at), Some(&kept), "{field}"),
            }
        }
        let got = psa.replace(&path, "numberOfEmployees", json!("many")).await;
        assert_eq!(got.errors(), ["InvalidType numberOfEmployees"]);
        psa.replace(&path, "status", json!({"name": "Active"})).await.ok();
        for inner in ["status/name", "/status/id"] {
            let value = if inner.ends_with("id") { json!(hold) } else { json!("Credit Hold") };
            let got = psa.replace(&path, inner, value).await.ok();
            assert_eq!(got["status"]["name"] == "Active", strict, "{inner}");
        }
    }
}

#[tokio::test]
async fn a_contact_is_cleared_with_what_hangs_on_it() {
    let psa = Psa::bare().await;
    let contact = psa.id("/company/contacts", "firstName=\"Joe\"").await;
    let body = json!({
        "summary": "x", "company": {"identifier": "JoeTV"}, "contact": {"id": contact},
        "contactName": "Joe Tran", "contactEmailAddress": "joe@joetv.example",
    });
    let path = format!("/service/tickets/{}", psa.post("/service/tickets", body).await.ok()["id"]);
    let clear = json!([
        {"op": "replace", "path": "contact", "value": ""},
        {"op": "remove", "path": "contactName"},
        {"op": "remove", "path": "contactPhoneNumber"},
        {"op": "remove", "path": "contactEmailAddress"},
    ]);
    let got = psa.patch(&path, clear).await.ok();
    for field in ["contact", "contactName", "contactEmailAddress"] {
        assert!(got[field].is_null(), "{field}");
    }
}

#[tokio::test]
async fn dependent_fields_go_together() {
    let psa = Psa::bare().await;
    let item = json!({
        "identifier": "X", "description": "An item", "customerDescription": "An item",
        "subcategory": {"name": "Managed Services"}, "type": {"name": "Software"},
    });
    let made = psa.post("/procurement/catalog", item).await.ok();
    let path = format!("/procurement/catalog/{}", made["id"]);
    let alone = psa.replace(&path, "recurringFlag", json!(true)).await;
    assert_eq!(alone.errors().len(), 2);
    let both = json!([
        {"op": "replace", "path": "recurringFlag", "value": true},
        {"op": "replace", "path": "recurringBillCycle", "value": {"name": "Monthly"}},
    ]);
    assert_eq!(psa.patch(&path, both).await.ok()["recurringFlag"], true);
}
