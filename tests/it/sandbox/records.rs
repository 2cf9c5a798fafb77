//! Writing: what a body may hold, references, PATCH, PUT, DELETE.

use psactl::sandbox::Options;
use serde_json::{Value, json};

use super::Psa;

fn item(identifier: &str) -> Value {
    json!({
        "identifier": identifier, "description": "An item", "customerDescription": "An item",
        "subcategory": {"name": "Managed Services"}, "type": {"name": "Software"},
    })
}

fn changed(mut record: Value, field: &str, value: Value) -> Value {
    record[field] = value;
    record
}

#[tokio::test]
async fn creating_answers_the_whole_record() {
    let psa = Psa::bare().await;
    let got = psa
        .post(
            "/procurement/catalog",
            changed(item("X"), "price", serde_json::from_str("1.50").expect("a number")),
        )
        .await;
    assert_eq!(got.status, 201);
    // The very digits that were sent come back.
    assert!(got.text.contains("\"price\":1.50"), "{}", got.text);
    let made = got.json();
    assert_eq!(made["subcategory"]["name"], "Managed Services");
    assert!(made["subcategory"]["id"].is_i64());
    assert_eq!(made["category"]["name"], "Managed Services");
    assert_eq!(made["productClass"], "NonInventory");
    assert_eq!(made["unitOfMeasure"]["name"], "Each");
    assert_eq!(made["serializedFlag"], false);
    assert_eq!(psa.get(&format!("/procurement/catalog/{}", made["id"])).await.ok(), made);
}

#[tokio::test]
async fn what_a_body_must_not_hold() {
    let psa = Psa::bare().await;
    psa.post("/procurement/catalog", item("taken")).await.ok();
    let long = |n: usize| json!("x".repeat(n));
    for (field, value, error) in [
        ("identifier", Value::Null, "MissingRequiredField identifier"),
        ("identifier", json!(""), "MissingRequiredField identifier"),
        ("identifier", json!(5), "InvalidType identifier"),
        ("identifier", long(76), "InvalidLength identifier"),
        ("identifier", json!("TAKEN"), "ObjectExists identifier"),
        ("description", long(61), "InvalidLength description"),
        ("subcategory", Value::Null, "MissingRequiredField subcategory/id"),
        ("subcategory", json!({"id": 9999}), "NotFound subcategory/id"),
        ("subcategory", json!({"name": "Nothing"}), "NotFound subcategory/name"),
        ("subcategory", json!({"nonsense": 1}), "InvalidField subcategory"),
        ("subcategory", json!(1), "InvalidType subcategory"),
        ("type", json!({"id": "1"}), "InvalidType type"),
        ("productClass", json!("service"), "InvalidType productClass"),
        ("price", json!("1.50"), "InvalidType price"),
        ("minStockLevel", json!(1.5), "InvalidType minStockLevel"),
        ("minStockLevel", json!(3_000_000_000_i64), "InvalidType minStockLevel"),
        ("taxableFlag", json!("true"), "InvalidType taxableFlag"),
        ("colour", json!("red"), "InvalidField colour"),
    ] {
        let got = psa.post("/procurement/catalog", changed(item("new"), field, value)).await;
        assert_eq!(got.errors(), [error]);
        assert_eq!(got.json()["message"], "catalogItem object is invalid");
        assert_eq!(got.json()["errors"][0]["resource"], "catalogItem");
    }
    let got = psa.post("/procurement/catalog", json!({})).await;
    assert_eq!(got.errors().len(), 5);
    let got = psa.post("/procurement/catalog", changed(item("new"), "recurringFlag", json!(true))).await;
    assert_eq!(
        got.errors(),
        ["MissingRequiredField recurringOneTimeFlag", "MissingRequiredField recurringBillCycle/id"]
    );
}

#[tokio::test]
async fn names_are_given_once() {
    let psa = Psa::integrated().await;
    let company = json!({"identifier": "eddiestv", "name": "Another", "city": "Tampa"});
    assert_eq!(psa.post("/company/companies", company).await.errors(), ["ObjectExists identifier"]);
    let login = json!({"username": "efolder-api"});
    assert_eq!(psa.post("/system/integratorlogins", login).await.errors(), ["ObjectExists username"]);
    let solution =
        json!({"name": "eFolder", "managementItSolutionType": "Custom", "managementSolutionName": "eFolder"});
    assert_eq!(psa.post("/company/managementItSolutions", solution).await.errors(), ["ObjectExists name"]);
    // A record does not stand in its own way.
    let id = psa.id("/company/companies", "identifier=\"EddiesTV\"").await;
    let path = format!("/company/companies/{id}");
    psa.replace(&path, "identifier", json!("EDDIESTV")).await.ok();
}

#[tokio::test]
async fn required_when() {
    let psa = Psa::bare().await;
    let solution = json!({"name": "eFolder", "managementItSolutionType": "Custom"});
    let got = psa.post("/company/managementItSolutions", solution.clone()).await;
    assert_eq!(got.errors(), ["MissingRequiredField managementSolutionName"]);
    let named = changed(solution, "managementSolutionName", json!("eFolder"));
    psa.post("/company/managementItSolutions", named.clone()).await.ok();
    let global = changed(changed(named, "name", json!("two")), "globalLoginFlag", json!(true));
    let got = psa.post("/company/managementItSolutions", global).await;
    assert_eq!(
        got.errors(),
        ["MissingRequiredField globalLoginPassword", "MissingRequiredField globalLoginUsername"]
    );
    let got = psa.post("/company/companies", json!({"identifier": "n", "name": "n"})).await;
    assert_eq!(got.errors(), ["MissingRequiredField addressLine1"]);
}

#[tokio::test]
async fn dates_are_utc() {
    let psa = Psa::bare().await;
    let id = psa.id("/company/companies", "identifier=\"JoeTV\"").await;
    let path = format!("/company/companies/{id}");
    for (sent, kept) in [
        ("2015-08-14T09:30:00Z", "2015-08-14T09:30:00Z"),
        ("2015-08-14T09:30:00.123Z", "2015-08-14T09:30:00Z"),
    ] {
        let got = psa.replace(&path, "dateAcquired", json!(sent)).await.ok();
        assert_eq!(got["dateAcquired"], kept);
    }
    for wrong in ["2015-08-14T09:30:00-04:00", "2015-08-14", "today", "2015-13-14T00:00:00Z"] {
        let got = psa.replace(&path, "dateAcquired", json!(wrong)).await;
        assert_eq!(got.errors(), ["UnsupportedFormat dateAcquired"], "{wrong}");
    }
}

#[tokio::test]
async fn a_new_record_is_answered_in_part() {
    let psa = Psa::bare().await;
    let got = psa.post("/procurement/catalog?fields=identifier,subcategory/name", item("X")).await;
    assert_eq!(got.status, 201);
    let wanted = json!({"identifier": "X", "subcategory": {"name": "Managed Services"}});
    assert_eq!(got.json(), wanted);
    let got = psa.post("/procurement/catalog?fields=nothing", item("Y")).await;
    assert_eq!(got.status, 400);
    let query = [("conditions", "identifier=\"Y\"")];
    assert_eq!(psa.query("/procurement/catalog/count", &query).await.ok()["count"], 0);
}

#[tokio::test]
async fn put_replaces() {
    let psa = Psa::bare().await;
    let id = psa.id("/finance/agreements", "company/identifier=\"JoeTV\"").await;
    let path = format!("/finance/agreements/{id}");
    let mut record = psa.get(&path).await.ok();
    let fields = record.as_object_mut().expect("an object");
    fields.remove("invoicingCycle");
    fields.remove("billTime");
    let got = psa.put(&path, record.clone()).await;
    assert_eq!(got.errors(), ["MissingRequiredField billTime", "MissingRequiredField invoicingCycle"]);
    record["invoicingCycle"] = json!("ContractYear");
    record["billTime"] = json!("DoNotBill");
    let fields = record.as_object_mut().expect("an object");
    fields.remove("periodType");
    assert_eq!(fields.remove("noEndingDateFlag"), Some(json!(true)));
    let got = psa.put(&path, record).await.ok();
    assert_eq!(got["noEndingDateFlag"], false, "a flag falls to false");
    assert_eq!(got["invoicingCycle"], "ContractYear");
    assert!(got["periodType"].is_null(), "what is left out is gone");
    assert_eq!(got["company"]["identifier"], "JoeTV");
}

#[tokio::test]
async fn deletes_and_success_codes() {
    let psa = Psa::integrated().await;
    let board = psa.id("/service/boards", "name=\"Help Desk\"").await;
    let got = psa.delete(&format!("/service/boards/{board}")).await;
    assert_eq!((got.status, got.text.as_str()), (204, ""));
    assert_eq!(psa.get(&format!("/service/boards/{board}")).await.status, 404);
    assert_eq!(psa.get(&format!("/service/boards/{board}/statuses")).await.status, 404);

    let gone = psa.delete(&format!("/service/boards/{board}")).await;
    assert_eq!(gone.status, 404);
}

/// Four child collections answer 200 where others answer 201 and 204, with the record on deletion.
#[tokio::test]
async fn the_four_odd_collections() {
    let psa = Psa::integrated().await;
    let integration = psa.id("/company/managedDevicesIntegrations", "name=\"eFolder\"").await;
    let solution = psa.id("/company/managementItSolutions", "name=\"eFolder\"").await;
    let integration = format!("/company/managedDevicesIntegrations/{integration}");
    let solution = format!("/company/managementItSolutions/{solution}");
    for (path, body, field, changed) in [
        (
            format!("{integration}/crossReferences"),
            json!({"vendorType": "T", "vendorLevel": "L"}),
            "vendorLevel",
            json!("M"),
        ),
        (
            format!("{integration}/logins"),
            json!({"username": "u", "password": "p", "member": {"identifier": "tech1"}}),
            "username",
            json!("v"),
        ),
        (
            format!("{integration}/notifications"),
            json!({"notifyWho": {"identifier": "Member"}, "member": {"identifier": "tech1"}, "logType": "Error"}),
            "logType",
            json!("All"),
        ),
        (
            format!("{solution}/managementProducts"),
            json!({"agreementType": {"name": "Managed Service"}}),
            "serverProduct",
            json!({"identifier": "MS Complete"}),
        ),
    ] {
        let made = psa.post(&path, body.clone()).await;
        assert_eq!(made.status, 200, "{path}: {}", made.text);
        let one = format!("{path}/{}", made.json()["id"]);
        let got = psa.replace(&one, field, changed).await;
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        assert_ne!(got.json()[field], made.json()[field], "{path}");
        let got = psa.put(&one, body).await;
        assert_eq!((got.status, &got.json()[field]), (200, &made.json()[field]), "{path}");
        let gone = psa.delete(&one).await;
        assert_eq!((gone.status, &gone.json()["id"]), (200, &made.json()["id"]), "{path}");
        assert_eq!(psa.delete(&one).await.status, 404);
    }
    let path = format!("{integration}/crossReferences");
    let wrong = json!({"vendorType": "T", "product": {"identifier": "none"}, "agreementType": {"id": 77}});
    assert_eq!(
        psa.post(&path, wrong).await.errors(),
        ["NotFound agreementType/id", "NotFound product/identifier"]
    );
}

/// What others refer to is not deleted; what nothing refers to is.
#[tokio::test]
async fn records_in_use_are_kept() {
    let psa = Psa::integrated().await;
    let body = json!({"summary": "x", "company": {"identifier": "JoeTV"}});
    let ticket = psa.post("/service/tickets", body).await.ok();
    let board = ticket["board"]["id"].to_string();
    for (path, conditions, by) in [
        ("/procurement/catalog", "identifier=\"MS Complete\"", "addition"),
        ("/procurement/types", "name=\"Software\"", "catalogItem"),
        ("/procurement/unitOfMeasures", "name=\"Each\"", "catalogItem"),
        ("/procurement/subcategories", "name=\"Managed Services\"", "catalogItem"),
        ("/procurement/categories", "name=\"Managed Services\"", "catalogItem"),
        ("/company/configurations/types", "name=\"License\"", "CrossReference"),
        ("/company/companies/types", "name=\"Client\"", "company"),
        ("/company/companies/statuses", "name=\"Active\"", "company"),
        ("/finance/agreements/types", "name=\"Managed Service\"", "managedDevicesIntegrationCrossReference"),
        ("/company/managementItSolutions", "name=\"eFolder\"", "companyManagementSummary"),
        ("/system/integratorlogins", "username=\"rmm-agent\"", "management"),
        ("/service/boards", "name=\"Professional Services\"", "ticket"),
    ]
    .map(|(path, conditions, by)| (path.to_owned(), conditions, by))
    .into_iter()
    .chain([
        (format!("/service/boards/{board}/statuses"), "name=\"New (not responded)\"", "ticket"),
        (format!("/service/boards/{board}/types"), "name=\"Backup\"", "ticket"),
    ]) {
        let one = format!("{path}/{}", psa.id(&path, conditions).await);
        let got = psa.delete(&one).await;
        assert_eq!((got.status, &got.json()["code"]), (409, &json!("ObjectInUse")), "{one}");
        let message = got.json()["message"].as_str().expect("text").to_owned();
        assert!(message.contains(by), "{one}: {message}");
        psa.get(&one).await.ok();
    }
    let status = format!("/service/boards/{board}/statuses/{}", ticket["status"]["id"]);
    assert_eq!(psa.delete(&status).await.status, 409);
    psa.delete(&format!("/service/tickets/{}", ticket["id"])).await;
    assert_eq!(psa.delete(&status).await.status, 204, "nothing refers to it any more");
    // What hangs below a record goes with it.
    let made = psa.post("/company/configurations/types", json!({"name": "Tape"})).await.ok();
    let path = format!("/company/configurations/types/{}", made["id"]);
    let question =
        json!({"question": "Size?", "fieldType": "Text", "entryType": "EntryField", "sequenceNumber": 1});
    let asked = psa.post(&format!("{path}/questions"), question).await;
    assert_eq!(asked.ok()["configurationType"]["name"], "Tape");
    assert_eq!(psa.delete(&path).await.status, 204);
}

#[tokio::test]
async fn children_belong_to_their_parent() {
    let psa = Psa::integrated().await;
    let eddie = psa.id("/company/companies", "identifier=\"EddiesTV\"").await;
    let joe = psa.id("/company/companies", "identifier=\"JoeTV\"").await;
    let reports = |id: i64| format!("/company/companies/{id}/managementSummaryReports");
    let list = psa.get(&reports(eddie)).await.ok();
    assert_eq!(list[0]["deviceType"], "WorkstationsAndServers");
    assert_eq!(list[1]["deviceType"], "BackupStats");
    assert_eq!(list[1]["groupIdentifier"], "EFS-342");
    assert_eq!(list[1]["managementSolution"]["name"], "eFolder");
    let other = psa.get(&format!("{}/{}", reports(joe), list[0]["id"])).await;
    assert_eq!(other.status, 404);
}

#[tokio::test]
async fn a_renamed_record_is_renamed_wherever_it_is_referred_to() {
    let psa = Psa::bare().await;
    let status = psa.id("/company/companies/statuses", "name=\"Active\"").await;
    let path = format!("/company/companies/statuses/{status}");
    psa.replace(&path, "name", json!("Live")).await.ok();
    let query = [("conditions", "status/name=\"Live\" and identifier=\"JoeTV\"")];
    let got = psa.query("/company/companies", &query).await.ok();
    assert_eq!(got[0]["status"]["name"], "Live");
}

#[tokio::test]
async fn company_types_become_associations() {
    let psa = Psa::bare().await;
    let company = json!({"identifier": "n", "name": "n", "city": "Tampa", "types": [{"name": "Prospect"}]});
    let made = psa.post("/company/companies", company).await.ok();
    let path = format!("/company/companies/{}/typeAssociations", made["id"]);
    assert_eq!(psa.get(&path).await.ok()[0]["type"]["name"], "Prospect");
    psa.post(&path, json!({"type": {"name": "Client"}})).await.ok();
    let query = [("childConditions", "types/name=\"Client\""), ("conditions", "identifier=\"n\"")];
    let got = psa.query("/company/companies", &query).await.ok();
    assert_eq!(got.as_array().expect("a list").len(), 1);
}

#[tokio::test]
async fn nulls_and_newlines_by_option() {
    let options = Options { nulls: true, flatten_newlines: true, ..Options::default() };
    let psa = Psa::start(options).await;
    let mut new = item("X");
    new["notes"] = json!("one\r\ntwo\tthree");
    let made = psa.post("/procurement/catalog", new).await.ok();
    assert_eq!(made["notes"], "one two    three");
    assert!(made.as_object().expect("an object").contains_key("vendorSku"));
    assert!(made["vendorSku"].is_null());
}

#[tokio::test]
async fn custom_field_conditions() {
    let psa = Psa::bare().await;
    let id = psa.id("/company/companies", "identifier=\"JoeTV\"").await;
    let fields = json!([{"id": 1, "caption": "Region", "type": "Text", "value": "Bay"}]);
    psa.replace(&format!("/company/companies/{id}"), "customFields", fields).await.ok();
    for (conditions, found) in
        [("caption=\"Region\" and value=\"Bay\"", 1), ("caption=\"Region\" and value=\"Hill\"", 0)]
    {
        let query = [("customFieldConditions", conditions)];
        let got = psa.query("/company/companies", &query).await.ok();
        assert_eq!(got.as_array().expect("a list").len(), found);
    }
}

#[tokio::test]
async fn usages_say_who_refers_to_a_record() {
    let psa = Psa::integrated().await;
    let id = psa.id("/company/configurations/types", "name=\"License\"").await;
    let path = format!("/company/configurations/types/{id}/usages");
    let one = json!({"type": "ManagedDevicesIntegrationCrossReference", "count": 2});
    assert_eq!(psa.get(&path).await.ok(), json!([one]));
    let each = psa.get(&format!("{path}/list")).await.ok();
    assert_eq!(each.as_array().expect("a list").len(), 2);
}
