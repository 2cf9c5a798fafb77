//! The paths that are no lists: verbs, bulk operations, bundles, reports, files.

use serde_json::{Value, json};

use super::{Psa, send};

async fn configuration(psa: &Psa, name: &str) -> Value {
    let body = json!({"name": name, "type": {"name": "Managed Server"}, "company": {"identifier": "JoeTV"}, "deviceIdentifier": name});
    psa.post("/company/configurations", body).await.ok()
}

async fn ticket(psa: &Psa) -> Value {
    let body = json!({"summary": "Backup failed", "company": {"identifier": "JoeTV"}});
    psa.post("/service/tickets", body).await.ok()
}

fn length(list: &Value) -> usize {
    list.as_array().expect("a list").len()
}

#[tokio::test]
async fn configurations_in_bulk() {
    let psa = Psa::bare().await;
    let path = "/company/configurations/bulk";
    let new =
        |name: &str| json!({"name": name, "type": {"name": "Printer"}, "company": {"identifier": "JoeTV"}});
    let got = psa.post(path, json!([new("one"), {"name": "two"}, new("three")])).await;
    assert_eq!(got.status, 207);
    let results = &got.json()["payload"];
    let codes: Vec<&Value> = (0..3).map(|at| &results[at]["statusCode"]).collect();
    assert_eq!(codes, [201, 400, 201]);
    assert_eq!(results[1]["success"], false);
    assert_eq!(results[1]["originalIndex"], 1);
    assert_eq!(results[1]["error"]["code"], "InvalidObject");
    assert_eq!(results[1]["error"]["errors"][0]["resource"], "configuration");
    let (one, three) = (results[0]["data"].clone(), results[2]["data"].clone());
    assert_eq!(one["company"]["name"], "Joe TV Repair");
    let count = psa.get("/company/configurations/count").await.ok();
    assert_eq!(count["count"], 2, "what was good is there");

    let mut changed = one.clone();
    changed["name"] = json!("uno");
    let got = psa.put(path, json!([changed, {"id": 999_999, "name": "x"}])).await;
    assert_eq!(got.status, 207);
    assert_eq!(got.json()["payload"][0]["data"]["name"], "uno");
    assert_eq!(got.json()["payload"][1]["statusCode"], 404);

    let got = send(psa.ask("DELETE", path).json(&json!([one["id"], {"id": three["id"]}]))).await;
    assert_eq!((got.status, &got.json()["payload"][1]["success"]), (207, &json!(true)));
    assert_eq!(psa.get("/company/configurations/count").await.ok()["count"], 0);
    let got = psa.delete(path).await;
    assert_eq!((got.status, got.json()), (207, json!({"payload": []})));
    assert_eq!(psa.post(path, json!({})).await.status, 400);
}

#[tokio::test]
async fn configurations_are_attached_by_reference() {
    let psa = Psa::bare().await;
    let server = configuration(&psa, "SRV1").await;
    let (first, second) = (ticket(&psa).await, ticket(&psa).await);
    let path = |ticket: &Value| format!("/service/tickets/{}/configurations", ticket["id"]);
    let got = psa.post(&path(&first), json!({})).await;
    assert_eq!(got.errors(), ["MissingRequiredField id"]);
    assert_eq!(got.json()["errors"][0]["message"], "id or deviceIdentifier is required.");
    for (wrong, error) in [
        (json!({"id": 99999}), "NotFound id"),
        (json!({"id": "1"}), "InvalidType id"),
        (json!({"deviceIdentifier": "SRV9"}), "NotFound deviceIdentifier"),
        (json!({"name": "SRV1"}), "InvalidField name"),
    ] {
        assert_eq!(psa.post(&path(&first), wrong).await.errors(), [error]);
    }
    let got = psa.post(&path(&first), json!({"id": server["id"]})).await;
    assert_eq!((got.status, &got.json()["deviceIdentifier"]), (201, &json!("SRV1")));
    psa.post(&path(&second), json!({"deviceIdentifier": "SRV1"})).await.ok();
    psa.post(&path(&second), json!({"id": server["id"]})).await.ok();
    for ticket in [&first, &second] {
        let list = psa.get(&path(ticket)).await.ok();
        assert_eq!((length(&list), &list[0]["id"]), (1, &server["id"]));
    }
    let query = [("conditions", "deviceIdentifier=\"other\"")];
    assert_eq!(psa.query(&format!("{}/count", path(&first)), &query).await.ok()["count"], 0);
    let one = format!("{}/{}", path(&first), server["id"]);
    assert_eq!(psa.get(&one).await.ok()["id"], server["id"]);
    assert_eq!(psa.delete(&one).await.status, 204);
    assert_eq!(psa.get(&one).await.status, 404);
    assert_eq!(psa.delete(&one).await.status, 404);
    // The configuration itself and the other ticket's link stay.
    psa.get(&format!("/company/configurations/{}", server["id"])).await.ok();
    assert_eq!(length(&psa.get(&path(&second)).await.ok()), 1);
    let agreement = psa.id("/finance/agreements", "company/identifier=\"JoeTV\"").await;
    let covered = format!("/finance/agreements/{agreement}/configurations");
    assert_eq!(psa.post(&covered, json!({"id": server["id"]})).await.status, 201);
    assert_eq!(length(&psa.get(&covered).await.ok()), 1);
}

#[tokio::test]
async fn a_merged_ticket_is_closed_and_knows_its_parent() {
    let psa = Psa::bare().await;
    let (parent, child, other) = (ticket(&psa).await, ticket(&psa).await, ticket(&psa).await);
    let path = format!("/service/tickets/{}/merge", parent["id"]);
    let desk = psa.id("/service/boards", "name=\"Help Desk\"").await;
    let foreign = psa.id(&format!("/service/boards/{desk}/statuses"), "name=\"Assigned\"").await;
    let both = json!([child["id"], other["id"]]);
    for (body, error) in [
        (json!({"mergeTicketIds": both}), "MissingRequiredField status/id"),
        (json!({"status": {"name": "Completed"}}), "MissingRequiredField mergeTicketIds"),
        (json!({"mergeTicketIds": both, "status": {"id": foreign}}), "NotFound status/id"),
    ] {
        assert_eq!(psa.post(&path, body).await.errors(), [error]);
    }
    let own = json!({"mergeTicketIds": [parent["id"]], "status": {"name": "Completed"}});
    assert_eq!(psa.post(&path, own).await.status, 400);
    let gone = json!({"mergeTicketIds": [child["id"], 999_999], "status": {"name": "Completed"}});
    assert_eq!(psa.post(&path, gone).await.status, 404);
    let get = async |ticket: &Value| psa.get(&format!("/service/tickets/{}", ticket["id"])).await.ok();
    assert_eq!(get(&child).await["closedFlag"], false, "nothing was changed so far");

    let merge = json!({"mergeTicketIds": both, "status": {"name": "Completed"}});
    assert_eq!(psa.post(&path, merge).await.status, 200);
    for ticket in [&child, &other] {
        let ticket = get(ticket).await;
        assert_eq!(ticket["mergedParentTicket"]["id"], parent["id"]);
        assert_eq!(ticket["mergedParentTicket"]["summary"], "Backup failed");
        assert_eq!(ticket["status"]["name"], "Completed");
        assert_eq!((&ticket["closedFlag"], &ticket["closedBy"]), (&json!(true), &json!("psactl")));
    }
    assert_eq!(get(&parent).await["hasMergedChildTicketFlag"], true);
    assert_eq!(get(&parent).await["closedFlag"], false);
    let open = psa.query("/service/tickets", &[("conditions", "closedFlag=false")]).await.ok();
    assert_eq!((length(&open), &open[0]["id"]), (1, &parent["id"]));
}

#[tokio::test]
async fn a_ticket_becomes_a_projects() {
    let psa = Psa::bare().await;
    let path = format!("/service/tickets/{}", ticket(&psa).await["id"]);
    let got = psa.post(&format!("{path}/convert"), json!({"recordType": "ProjectIssue"})).await;
    assert_eq!(got.errors(), ["MissingRequiredField phase/id", "MissingRequiredField wbsCode"]);
    let body = json!({"recordType": "ProjectIssue", "phase": {"id": 1}, "wbsCode": "1.1"});
    let got = psa.post(&format!("{path}/convert"), body).await;
    assert_eq!((got.status, &got.json()["success"]), (200, &json!(true)));
    assert_eq!(psa.get(&path).await.ok()["recordType"], "ProjectIssue");
}

#[tokio::test]
async fn a_board_is_copied_with_its_parts() {
    let psa = Psa::bare().await;
    let id = psa.id("/service/boards", "name=\"Professional Services\"").await;
    let path = "/service/boards/copy";
    assert_eq!(psa.post(path, json!({"name": "x"})).await.errors(), ["MissingRequiredField id"]);
    assert_eq!(psa.post(path, json!({"id": 99999, "name": "x"})).await.status, 404);
    assert_eq!(psa.post(path, json!({"id": id, "name": "help desk"})).await.errors(), ["ObjectExists name"]);
    let got = psa.post(path, json!({"id": id, "name": "Backups"})).await;
    assert_eq!((got.status, &got.json()["name"]), (200, &json!("Backups")));
    let copy = got.json()["id"].clone();
    for part in ["statuses", "types", "subtypes", "items", "teams"] {
        let old = psa.get(&format!("/service/boards/{id}/{part}")).await.ok();
        let new = psa.get(&format!("/service/boards/{copy}/{part}")).await.ok();
        assert_eq!(length(&old), length(&new), "{part}");
        assert_ne!(old[0]["id"], new[0]["id"], "{part}");
        assert_eq!(old[0]["name"], new[0]["name"], "{part}");
    }
    let status = psa.get(&format!("/service/boards/{copy}/statuses")).await.ok()[0].clone();
    assert_eq!(status["board"]["name"], "Backups");
    let body = json!({"summary": "x", "company": {"identifier": "JoeTV"}, "board": {"id": copy}});
    assert_eq!(psa.post("/service/tickets", body).await.ok()["status"]["id"], status["id"]);
}

#[tokio::test]
async fn products_have_a_price_and_a_stock() {
    let psa = Psa::bare().await;
    let id = psa.id("/procurement/catalog", "identifier=\"FW-60\"").await;
    let path = format!("/procurement/catalog/{id}/pricing");
    let got = psa.post(&path, json!({"company": {"identifier": "JoeTV"}, "quantity": 2})).await;
    assert_eq!(got.status, 200);
    let priced = got.json();
    assert_eq!(priced["price"].to_string(), "895.0");
    assert_eq!(priced["catalogItem"]["identifier"], "FW-60");
    assert_eq!((&priced["company"]["name"], &priced["quantity"]), (&json!("Joe TV Repair"), &json!(2)));
    assert_eq!(
        psa.post(&path, json!({"company": {"identifier": "?"}})).await.errors(),
        ["NotFound company/identifier"]
    );
    let stock = "/procurement/catalog/fw-60/quantityOnHand";
    for (bin, count) in [("1", 3), ("2", 0)] {
        assert_eq!(psa.query(stock, &[("warehouseBinId", bin)]).await.ok(), json!({"count": count}));
    }
    assert_eq!(psa.get(stock).await.status, 400);
    let got = psa.query("/procurement/catalog/nothing/quantityOnHand", &[("warehouseBinId", "1")]).await;
    assert_eq!(got.status, 404);
}

#[tokio::test]
async fn companies_merge_with_a_success_for_an_answer() {
    let psa = Psa::bare().await;
    let eddie = psa.id("/company/companies", "identifier=\"EddiesTV\"").await;
    let path = format!("/company/companies/{eddie}/merge");
    assert_eq!(psa.post(&path, json!({})).await.errors(), ["MissingRequiredField toCompanyId"]);
    assert_eq!(
        psa.post(&path, json!({"toCompanyId": 1, "name": "Both"})).await.errors(),
        ["InvalidType name"]
    );
    assert_eq!(psa.post(&path, json!({"toCompanyId": eddie})).await.status, 400);
    let joe = psa.id("/company/companies", "identifier=\"JoeTV\"").await;
    let got = psa.post(&path, json!({"toCompanyId": joe, "name": "To"})).await;
    assert_eq!((got.status, &got.json()["success"]), (200, &json!(true)));
    let contact = psa.query("/company/contacts/default", &[("companyId", &joe.to_string())]).await.ok();
    assert_eq!(contact["company"]["id"], joe);
    let query = [("fields", "identifier")];
    assert_eq!(
        psa.query("/company/companies/default", &query).await.ok(),
        json!({"identifier": "SunshineIT"})
    );
}

#[tokio::test]
async fn the_nightly_run_leaves_a_log() {
    let psa = Psa::bare().await;
    let id = psa.get("/company/management").await.ok()[0]["id"].clone();
    let path = format!("/company/management/{id}");
    assert_eq!(psa.get(&format!("{path}/logs")).await.ok(), json!([]));
    let got = psa.post(&format!("{path}/executeManagedItSync"), json!({})).await;
    assert_eq!((got.status, &got.json()["success"]), (200, &json!(true)));
    let log = psa.get(&format!("{path}/logs")).await.ok()[0].clone();
    let name = log["fullPathFileName"].as_str().expect("a name");
    let file = psa.query(&format!("{path}/log/download"), &[("filePath", name)]).await;
    assert_eq!(file.status, 200);
    assert!(file.header("content-type").starts_with("text/plain"));
    assert_eq!(file.text.len().to_string(), log["fileSize"].as_str().expect("a size"));
    assert_eq!(psa.query(&format!("{path}/log/download"), &[("filePath", "other")]).await.status, 404);
    assert_eq!(psa.post("/company/management/99/executeManagedItSync", json!({})).await.status, 404);
}

#[tokio::test]
async fn priorities_have_a_picture() {
    let psa = Psa::bare().await;
    let id = psa.id("/service/priorities", "color=\"Red\"").await;
    let path = format!("/service/priorities/{id}/image");
    let url = psa.ask("GET", &path).query(&[("lastModified", "2015-01-01")]);
    let got = url.send().await.expect("an answer");
    assert_eq!(got.status(), 200);
    assert_eq!(got.headers()["content-type"], "image/gif");
    let bytes = got.bytes().await.expect("a picture");
    assert!(bytes.starts_with(b"GIF89a"));
    assert_eq!(bytes[13..16], [255, 0, 0]);
    assert_eq!(psa.get(&path).await.status, 400, "lastModified is required");
    assert_eq!(psa.query("/service/priorities/99/image", &[("lastModified", "x")]).await.status, 404);
}

#[tokio::test]
async fn reports_answer_by_column() {
    let psa = Psa::integrated().await;
    let names = psa.get("/system/reports").await.ok();
    assert!(names.as_array().expect("a list").contains(&json!({"name": "Company"})), "{names}");
    let query = [
        ("columns", "identifier, id,deletedFlag"),
        ("conditions", "identifier contains \"TV\""),
        ("orderBy", "identifier desc"),
    ];
    let joe = psa.id("/company/companies", "identifier=\"JoeTV\"").await;
    let got = psa.query("/system/reports/company", &query).await.ok();
    let columns = json!([
        {"identifier": {"type": "Text", "isNullable": true, "identityColumn": false}},
        {"id": {"type": "Numeric", "isNullable": false, "identityColumn": true}},
        {"deletedFlag": {"type": "Boolean", "isNullable": true, "identityColumn": false}},
    ]);
    assert_eq!(got["column_definitions"], columns);
    assert_eq!(got["row_values"][0], json!(["JoeTV", joe, false]));
    assert_eq!(length(&got["row_values"]), 2);
    assert_eq!(psa.query("/system/reports/Company/count", &query[1..2]).await.ok()["count"], 2);
    assert_eq!(psa.query("/system/reports/Company/columns", &query[..1]).await.ok(), columns);
    let page = psa.query("/system/reports/Company", &[("pageSize", "3"), ("page", "2")]).await.ok();
    assert_eq!(length(&page["row_values"]), 1);
    assert_eq!(psa.get("/system/reports/Nothing").await.status, 404);
    let wrong = psa.query("/system/reports/Company", &[("columns", "nothing")]).await;
    assert_eq!(wrong.status, 400);
    assert_eq!(psa.query("/system/reports/Company", &[("conditions", "nothing=1")]).await.status, 400);
    let all = psa.get("/system/reports/Member").await;
    assert!(!all.text.contains("\"password\""));
}

#[tokio::test]
async fn bundles_read_several_lists_at_once() {
    let psa = Psa::integrated().await;
    let joe = psa.id("/company/companies", "identifier=\"JoeTV\"").await;
    let agreement = psa.id("/finance/agreements", "company/identifier=\"JoeTV\"").await;
    let requests = json!({"requests": [
        {"sequenceNumber": 1, "resourceType": "Company", "apiRequest": {"id": joe, "fields": "identifier"}},
        {"sequenceNumber": 2, "resourceType": "additions", "version": "2025.8", "apiRequest": {
            "parentId": agreement, "filters": {"conditions": "quantity > 2", "orderBy": "id desc"}, "page": {"pageSize": 1}}},
        {"sequenceNumber": 3, "resourceType": "Company", "apiRequest": {"id": 99999}},
        {"sequenceNumber": 4, "resourceType": "Spaceship", "apiRequest": {}},
        {"sequenceNumber": 5, "resourceType": "Company", "apiRequest": {"filters": {"conditions": "nothing=1"}}},
        {"sequenceNumber": 6, "resourceType": "Company", "apiRequest": {"entity": {"id": 1}}},
    ]});
    let got = psa.post("/system/bundles", requests.clone()).await;
    assert_eq!(got.status, 200);
    let results = &got.json()["results"];
    assert_eq!(results[0]["entities"], json!([{"identifier": "JoeTV"}]));
    assert_eq!((&results[0]["success"], &results[0]["statusCode"]), (&json!(true), &json!(200)));
    assert_eq!(results[1]["count"], 1);
    assert_eq!(results[1]["version"], "2025.8");
    assert_eq!(results[1]["entities"][0]["product"]["identifier"], "Online Backup Select Storage");
    let refused: Vec<&Value> = (2..6).map(|at| &results[at]["statusCode"]).collect();
    assert_eq!(refused, [404, 400, 400, 400]);
    assert_eq!(results[2]["error"]["code"], "NotFound");
    assert_eq!(results[5]["sequenceNumber"], 6);
    let counts = psa.post("/system/bundles/count", requests).await.ok();
    assert_eq!((&counts["results"][0]["count"], &counts["results"][1]["count"]), (&json!(1), &json!(1)));
    assert!(counts["results"][1].get("entities").is_none());
    assert_eq!(psa.post("/system/bundles", json!({})).await.errors(), ["MissingRequiredField requests"]);
    let wrong = json!({"requests": [{"sequenceNumber": "one", "resourceType": "Company"}]});
    assert_eq!(psa.post("/system/bundles", wrong).await.errors(), ["InvalidType requests"]);
}
