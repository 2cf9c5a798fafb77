//! What the document cannot say: tickets, additions, agreements, the integration's own records.

use psactl::sandbox::Options;
use serde_json::{Value, json};

use super::Psa;

async fn ticket(psa: &Psa, more: Value) -> super::Got {
    let mut body = json!({"summary": "Backup failed", "company": {"identifier": "EddiesTV"}});
    for (field, value) in more.as_object().expect("an object") {
        body[field] = value.clone();
    }
    psa.post("/service/tickets", body).await
}

#[tokio::test]
async fn a_ticket_takes_its_defaults_from_the_board() {
    let psa = Psa::bare().await;
    let made = ticket(&psa, json!({})).await;
    assert_eq!(made.status, 201);
    let made = made.json();
    assert_eq!(made["board"]["name"], "Professional Services");
    assert_eq!(made["status"]["name"], "New (not responded)");
    assert_eq!(made["priority"]["name"], "Priority 3 - Normal Response");
    assert_eq!(made["type"]["name"], "Backup");
    assert_eq!(made["closedFlag"], false);
    assert_eq!(made["company"]["name"], "Eddie's TV Repair");
    assert_eq!(made["recordType"], "ServiceTicket");
    let desk = ticket(&psa, json!({"board": {"name": "Help Desk"}})).await.ok();
    assert_eq!(desk["status"]["name"], "New");
    let long = "x".repeat(101);
    let got = ticket(&psa, json!({"summary": long})).await;
    assert_eq!(got.errors(), ["InvalidLength summary"]);
    let got = psa.post("/service/tickets", json!({"summary": "x"})).await;
    assert_eq!(got.errors(), ["MissingRequiredField company/id"]);
}

#[tokio::test]
async fn a_status_belongs_to_its_board() {
    let psa = Psa::bare().await;
    let got = ticket(&psa, json!({"status": {"name": "Assigned"}})).await;
    assert_eq!(got.errors(), ["NotFound status/name"]);
    let message = got.json()["errors"][0]["message"].as_str().expect("text").to_owned();
    assert!(message.starts_with("Service Status Assigned not found for Service Board "), "{message}");
    let desk = psa.id("/service/boards", "name=\"Help Desk\"").await;
    let assigned = psa.id(&format!("/service/boards/{desk}/statuses"), "name=\"Assigned\"").await;
    let got = ticket(&psa, json!({"status": {"id": assigned}})).await;
    assert_eq!(got.errors(), ["NotFound status/id"]);

    let made = ticket(&psa, json!({})).await.ok();
    let path = format!("/service/tickets/{}", made["id"]);
    let got = psa.replace(&path, "status/id", json!(assigned)).await;
    assert_eq!(got.errors(), ["NotFound status/id"]);
    let both = json!([
        {"op": "replace", "path": "status", "value": {"id": assigned}},
        {"op": "replace", "path": "board", "value": {"id": desk}},
    ]);
    let moved = psa.patch(&path, both).await.ok();
    assert_eq!(
        (&moved["board"]["name"], &moved["status"]["name"]),
        (&json!("Help Desk"), &json!("Assigned"))
    );
    // Who repeats the old board's status says something that the new board does not have.
    let home = json!({"name": "Professional Services"});
    for (field, code) in [("status", "NotFound status/id"), ("type", "NotFound type/id")] {
        let repeated = json!([
            {"op": "replace", "path": "board", "value": home},
            {"op": "replace", "path": field, "value": {"id": moved[field]["id"]}},
        ]);
        assert_eq!(psa.patch(&path, repeated).await.errors(), [code]);
    }
    let mut whole = psa.get(&path).await.ok();
    whole["board"] = home.clone();
    let codes = psa.put(&path, whole.clone()).await.errors();
    assert!(codes.contains(&"NotFound status/id".to_owned()), "{codes:?}");
    assert_eq!(psa.get(&path).await.ok()["board"]["name"], "Help Desk", "nothing was changed");
    // By name it is the new board's status that is meant.
    whole["status"] = json!({"name": "Closed"});
    for field in ["type", "subType", "item", "team"] {
        whole.as_object_mut().expect("an object").remove(field);
    }
    assert_eq!(psa.put(&path, whole).await.ok()["closedFlag"], true);
    psa.replace(&path, "board", json!({"id": desk})).await.ok();
    // Who says nothing gets the new board's defaults.
    let back = psa.replace(&path, "board", home).await.ok();
    assert_eq!(back["status"]["name"], "New (not responded)");
    assert_eq!(back["type"]["name"], "Backup");
    assert_eq!(back["closedFlag"], false);
}

#[tokio::test]
async fn closing_is_a_matter_of_status() {
    let psa = Psa::bare().await;
    let made = ticket(&psa, json!({})).await.ok();
    let path = format!("/service/tickets/{}", made["id"]);
    let got = psa.replace(&path, "closedFlag", json!(true)).await.ok();
    assert_eq!(got["closedFlag"], false, "answered 200, and nothing changed");
    let got = psa.replace(&path, "status", json!({"name": "Closed"})).await.ok();
    assert_eq!(got["closedFlag"], true);
    assert_eq!(got["closedBy"], "psactl");
    assert!(got["closedDate"].is_string());
    let open = psa.query("/service/tickets/count", &[("conditions", "closedFlag=false")]).await.ok();
    assert_eq!(open["count"], 0);
    let got = psa.replace(&path, "status/name", json!("In Progress")).await.ok();
    assert_eq!(got["closedFlag"], false);
    assert!(got["closedDate"].is_null());
}

#[tokio::test]
async fn initial_texts_become_notes() {
    let psa = Psa::bare().await;
    let texts = json!({
        "initialDescription": "No backup for 3 days", "initialInternalAnalysis": "See the log",
        "externalXRef": "psactl:abc",
    });
    let made = ticket(&psa, texts).await;
    assert!(!made.text.contains("No backup for 3 days"));
    let path = format!("/service/tickets/{}/notes", made.json()["id"]);
    let notes = psa.get(&path).await.ok();
    assert_eq!(notes[0]["text"], "No backup for 3 days");
    assert_eq!(notes[0]["detailDescriptionFlag"], true);
    assert_eq!(notes[0]["internalAnalysisFlag"], false);
    assert_eq!(notes[1]["internalAnalysisFlag"], true);
    assert_eq!(notes[0]["createdBy"], "psactl");
    assert_eq!(notes[0]["ticketId"], made.json()["id"]);

    let got = psa.post(&path, json!({"text": "x"})).await;
    assert_eq!(got.errors(), ["MissingRequiredField detailDescriptionFlag"]);
    let got = psa.post(&path, json!({"resolutionFlag": true})).await;
    assert_eq!(got.errors(), ["MissingRequiredField text"]);
    let note = psa.post(&path, json!({"text": "Mended", "resolutionFlag": true})).await;
    assert_eq!((note.status, &note.json()["member"]["identifier"]), (201, &json!("psactl")));
    let query = [("conditions", "noteType=\"TicketNote\" and resolutionFlag=true")];
    let all = psa.query(&path.replace("notes", "allNotes"), &query).await.ok();
    assert_eq!((all[0]["text"].as_str(), &all[0]["ticket"]["id"]), (Some("Mended"), &made.json()["id"]));
    assert_eq!(all.as_array().expect("a list").len(), 1);
    let all = psa.get(&path.replace("notes", "allNotes")).await.ok();
    assert_eq!(all.as_array().expect("a list").len(), 3);
    assert_eq!(all[0]["noteType"], "TicketNote");
    psa.id("/service/tickets", "externalXRef like \"psactl:*\"").await;
}

#[tokio::test]
async fn children_and_merges() {
    let psa = Psa::bare().await;
    let parent = ticket(&psa, json!({})).await.ok();
    let child = ticket(&psa, json!({})).await.ok();
    let other = ticket(&psa, json!({})).await.ok();
    let path = format!("/service/tickets/{}", parent["id"]);
    let got = psa.post(&format!("{path}/attachChildren"), json!({"childTicketIds": [child["id"]]})).await;
    assert_eq!((got.status, &got.json()["success"]), (200, &json!(true)));
    let merge = json!({"mergeTicketIds": [other["id"]], "status": {"id": other["status"]["id"]}});
    psa.post(&format!("{path}/merge"), merge).await.ok();
    let child = psa.get(&format!("/service/tickets/{}", child["id"])).await.ok();
    assert_eq!(child["parentTicketId"], parent["id"]);
    assert_eq!(psa.get(&path).await.ok()["hasChildTicket"], true);
    for wrong in [json!({}), json!({"childTicketIds": []}), json!({"childTicketIds": [parent["id"]]})] {
        assert_eq!(psa.post(&format!("{path}/attachChildren"), wrong).await.status, 400);
    }
    let nobody = json!({"childTicketIds": [999_999]});
    assert_eq!(psa.post(&format!("{path}/attachChildren"), nobody).await.status, 404);
    let other = psa.get(&format!("/service/tickets/{}", other["id"])).await.ok();
    assert_eq!(other["mergedParentTicket"]["id"], parent["id"]);
    let got = psa.post(&format!("{path}/merge"), json!({"mergeTicketIds": [1]})).await;
    assert_eq!(got.status, 400);
}

async fn additions(psa: &Psa, company: &str) -> String {
    let id = psa.id("/finance/agreements", &format!("company/identifier=\"{company}\"")).await;
    format!("/finance/agreements/{id}/additions")
}

fn storage(quantity: Value) -> Value {
    json!({
        "product": {"identifier": "ShadowProtect BDR Storage"}, "billCustomer": "Billable",
        "quantity": quantity, "lessIncluded": 150, "serialNumber": "EFS-1",
    })
}

/// The guide's figure 19: nothing used, 150 included.
#[tokio::test]
async fn figure_19() {
    for (negative, quantity, price) in [(true, "-150", "-75.0"), (false, "0", "0")] {
        let options = Options {
            world: psactl::sandbox::World::Integrated,
            negative_quantity_to_bill: negative,
            ..Options::default()
        };
        let psa = Psa::start(options).await;
        let path = additions(&psa, "AngryFox").await;
        let got = psa.post(&path, storage(json!(0))).await;
        let made = got.ok();
        assert_eq!(made["billedQuantity"].to_string(), quantity);
        assert_eq!(made["extPrice"].to_string(), price);
        assert_eq!(made["unitPrice"].to_string(), "0.5", "from the product");
        assert_eq!(made["description"], "EFS ShadowProtect BDR Storage");
        assert_eq!(made["uom"], "Each");
        assert_eq!(made["agreementStatus"], "Active");
        assert!(path.contains(&made["agreementId"].to_string()));
        assert_eq!(made["sequenceNumber"], 4);
    }
}

#[tokio::test]
async fn additions_are_computed_exactly() {
    let psa = Psa::integrated().await;
    let path = additions(&psa, "AngryFox").await;
    let made = psa.post(&path, storage(json!(170))).await.ok();
    let path = format!("{path}/{}", made["id"]);
    let quantity: Value = serde_json::from_str("190.10").expect("a number");
    let cost: Value = serde_json::from_str("0.30").expect("a number");
    let update = json!([
        {"op": "replace", "path": "quantity", "value": quantity},
        {"op": "replace", "path": "unitCost", "value": cost},
        {"op": "replace", "path": "extPrice", "value": 99999},
        {"op": "replace", "path": "billedQuantity", "value": 99999},
    ]);
    let got = psa.patch(&path, update).await;
    let record = got.ok();
    assert!(got.text.contains("\"quantity\":190.10"), "{}", got.text);
    assert_eq!(record["billedQuantity"].to_string(), "40.10");
    assert_eq!(record["extPrice"].to_string(), "20.050");
    assert_eq!(record["extCost"].to_string(), "12.0300");
    assert_eq!(record["margin"].to_string(), "8.0200");
    let got = psa.post(&additions(&psa, "AngryFox").await, json!({"billCustomer": "Billable"})).await;
    assert_eq!(got.errors(), ["MissingRequiredField product/id"]);
    let long = json!([{"op": "replace", "path": "serialNumber", "value": "x".repeat(51)}]);
    assert_eq!(psa.patch(&path, long).await.errors(), ["InvalidLength serialNumber"]);
}

#[tokio::test]
async fn agreement_status_follows_flags_and_dates() {
    let options = Options {
        world: psactl::sandbox::World::Integrated,
        now: Some("2015-08-14T12:00:00Z".parse().expect("a time")),
        ..Options::default()
    };
    let psa = Psa::start(options).await;
    let path = additions(&psa, "AngryFox").await;
    let agreement = path.trim_end_matches("/additions").to_owned();
    let got = psa.get(&agreement).await.ok();
    assert_eq!(got["agreementStatus"], "Active");
    assert_eq!(got["nextInvoiceDate"], "2015-09-01T00:00:00Z");
    assert_eq!(got["billingCycle"]["name"], "Monthly");
    assert_eq!(got["currency"]["currencyCode"], "USD");
    let end = json!([
        {"op": "replace", "path": "endDate", "value": "2015-08-20T00:00:00Z"},
        {"op": "replace", "path": "noEndingDateFlag", "value": false},
        {"op": "replace", "path": "agreementStatus", "value": "Cancelled"},
    ]);
    assert_eq!(psa.patch(&agreement, end).await.ok()["agreementStatus"], "Active");
    psa.sandbox.set_now("2015-08-21T00:00:00Z".parse().expect("a time"));
    assert_eq!(psa.get(&agreement).await.ok()["agreementStatus"], "Expired");
    assert_eq!(psa.get(&path).await.ok()[0]["agreementStatus"], "Expired");
    let query = [("conditions", "agreementStatus=\"Expired\"")];
    assert_eq!(psa.query("/finance/agreements/count", &query).await.ok()["count"], 1);
    let got = psa.replace(&agreement, "cancelledFlag", json!(true)).await.ok();
    assert_eq!(got["agreementStatus"], "Cancelled");
    psa.sandbox.set_now("2009-01-01T00:00:00Z".parse().expect("a time"));
    let got = psa.replace(&agreement, "cancelledFlag", json!(false)).await.ok();
    assert_eq!(got["agreementStatus"], "Inactive");
}

#[tokio::test]
async fn statistics_are_kept_or_ignored() {
    for keep in [true, false] {
        let options = Options {
            world: psactl::sandbox::World::Integrated,
            keep_statistics: keep,
            ..Options::default()
        };
        let psa = Psa::start(options).await;
        let eddie = psa.id("/company/companies", "identifier=\"EddiesTV\"").await;
        let path = format!("/company/companies/{eddie}/managementSummaryReports");
        let report = psa.id(&path, "deviceType=\"BackupStats\"").await;
        let got = psa.replace(&format!("{path}/{report}"), "successfulBackupJobs", json!(31)).await.ok();
        assert_eq!(got["successfulBackupJobs"] == 31, keep);
        assert_eq!(got["groupIdentifier"], "EFS-342");
    }
}

#[tokio::test]
async fn logins_and_integrations() {
    let psa = Psa::bare().await;
    let login = json!({"username": "a", "password": "b", "serviceTicketApiFlag": true});
    let got = psa.post("/system/integratorlogins", login).await;
    assert_eq!(got.errors(), ["MissingRequiredField board/id"]);
    let login = json!({"username": "a", "canAccessAllApisFlag": true});
    let got = psa.post("/system/integratorlogins", login).await;
    assert_eq!(got.errors(), ["MissingRequiredField member/id", "MissingRequiredField board/id"]);
    let integration = json!({"name": "eFolder", "solution": "eFolder", "loginBy": "Global", "defaultBillingLevel": "Detail"});
    let got = psa.post("/company/managedDevicesIntegrations", integration.clone()).await;
    assert_eq!(got.errors(), ["NotFound solution"]);
    let types = psa
        .query("/company/configurations/types", &[("conditions", "name in (\"Backup Stats\", \"License\")")])
        .await;
    assert_eq!(types.ok(), json!([]));

    let options = Options { global_login_required: true, ..Options::default() };
    let psa = Psa::start(options).await;
    let solution =
        json!({"name": "eFolder", "managementItSolutionType": "Custom", "managementSolutionName": "eFolder"});
    psa.post("/company/managementItSolutions", solution).await.ok();
    let got = psa.post("/company/managedDevicesIntegrations", integration).await;
    assert_eq!(
        got.errors(),
        ["MissingRequiredField globalLoginUsername", "MissingRequiredField globalLoginPassword"]
    );
}

#[tokio::test]
async fn an_integrator_with_its_own_records_only() {
    let psa = Psa::bare().await;
    let login = json!({
        "username": "own", "password": "pw", "serviceTicketApiFlag": true, "board": {"name": "Help Desk"},
    });
    psa.post("/system/integratorlogins", login).await.ok();
    let theirs = ticket(&psa, json!({})).await.ok();
    let ask = |method: &str, path: &str| {
        let user = format!("{}+own", psa.sandbox.company_id());
        let request = psa.plain(method, path).basic_auth(user, Some("pw"));
        request.header("clientId", "x").header("x-cw-usertype", "integrator")
    };
    let body = json!({"summary": "mine", "company": {"identifier": "JoeTV"}});
    let mine = super::send(ask("POST", "/service/tickets").json(&body)).await.ok();
    assert_eq!(mine["board"]["name"], "Help Desk", "the login's board");
    assert_eq!(mine["_info"]["enteredBy"], "own");
    let seen = super::send(ask("GET", "/service/tickets")).await.ok();
    assert_eq!(seen.as_array().expect("a list").len(), 1);
    for below in ["", "/notes", "/notes/count", "/allNotes", "/configurations"] {
        let path = |ticket: &Value| format!("/service/tickets/{}{below}", ticket["id"]);
        assert_eq!(super::send(ask("GET", &path(&mine))).await.status, 200, "{below}");
        assert_eq!(super::send(ask("GET", &path(&theirs))).await.status, 404, "{below}");
    }
    let note = json!({"text": "x", "resolutionFlag": true});
    let path = format!("/service/tickets/{}/notes", theirs["id"]);
    assert_eq!(super::send(ask("POST", &path).json(&note)).await.status, 404);
    let path = format!("/service/tickets/{}", theirs["id"]);
    assert_eq!(super::send(ask("DELETE", &path)).await.status, 404);

    // The verbs see no more than the rest does.
    let (my, their) = (&mine["id"], &theirs["id"]);
    let children = |id: &Value| json!({ "childTicketIds": [id] });
    let merge = |id: &Value| json!({"mergeTicketIds": [id], "status": {"name": "Closed"}});
    let convert = json!({"recordType": "ProjectIssue", "phase": {"id": 1}, "wbsCode": "1"});
    for (of, verb, body) in [
        (their, "attachChildren", children(my)),
        (my, "attachChildren", children(their)),
        (their, "merge", merge(my)),
        (my, "merge", merge(their)),
        (their, "convert", convert),
    ] {
        let path = format!("/service/tickets/{of}/{verb}");
        let got = super::send(ask("POST", &path).json(&body)).await;
        assert_eq!(got.status, 404, "{path} {body}: {got:?}");
    }
    assert_eq!(psa.get(&path).await.ok(), theirs);
}

#[tokio::test]
async fn an_integrators_own_records_of_every_kind() {
    let psa = Psa::integrated().await;
    let flags = [
        "serviceTicketApiFlag",
        "companyApiFlag",
        "contactApiFlag",
        "agreementApiFlag",
        "productApiFlag",
        "configurationApiFlag",
        "managedServicesApiFlag",
        "systemApiFlag",
        "reportingApiFlag",
    ];
    let mut login = json!({"username": "own", "password": "pw", "board": {"name": "Help Desk"}});
    for flag in flags {
        login[flag] = json!(true);
    }
    let login = psa.post("/system/integratorlogins", login).await.ok();
    let ask = async |method: &str, path: &str, body: Value| {
        let user = format!("{}+own", psa.sandbox.company_id());
        let request = psa.plain(method, path).basic_auth(user, Some("pw")).header("clientId", "x");
        let request = request.header("x-cw-usertype", "integrator");
        super::send(if body.is_null() { request } else { request.json(&body) }).await
    };
    let get = async |path: &str| ask("GET", path, Value::Null).await;
    let length = |list: Value| list.as_array().expect("a list").len();
    let joe = psa.id("/company/companies", "identifier=\"JoeTV\"").await;
    let agreement = psa.id("/finance/agreements", &format!("company/id={joe}")).await;
    let item = psa.id("/procurement/catalog", "identifier=\"MS Complete\"").await;
    for (list, theirs) in [
        ("/company/companies", joe),
        ("/company/contacts", psa.id("/company/contacts", &format!("company/id={joe}")).await),
        ("/finance/agreements", agreement),
        ("/procurement/catalog", item),
    ] {
        assert_eq!(length(get(list).await.ok()), 0, "{list}");
        assert_eq!(get(&format!("{list}/count")).await.ok()["count"], 0, "{list}");
        assert_eq!(get(&format!("{list}/{theirs}")).await.status, 404, "{list}");
    }
    for path in [
        format!("/company/companies/{joe}/sites"),
        format!("/company/companies/{joe}/managementSummaryReports"),
        format!("/finance/agreements/{agreement}/additions"),
        "/company/companies/default".to_owned(),
        format!("/company/contacts/default?companyId={joe}"),
        "/procurement/catalog/MS%20Complete/quantityOnHand?warehouseBinId=1".to_owned(),
    ] {
        assert_eq!(get(&path).await.status, 404, "{path}");
    }
    let into = json!({"toCompanyId": joe, "name": "To"});
    assert_eq!(ask("POST", &format!("/company/companies/{joe}/merge"), into).await.status, 404);
    assert_eq!(length(get("/system/audittrail?type=Company").await.ok()), 0);
    assert_eq!(get("/system/reports/Company/count").await.ok()["count"], 0);
    let active = psa.id("/company/companies/statuses", "name=\"Active\"").await;
    let usages = format!("/company/companies/statuses/{active}/usages");
    assert_eq!(length(get(&usages).await.ok()), 0);
    assert!(length(psa.get(&usages).await.ok()) > 0);
    // The set-up is everybody's.
    for list in [
        "/company/companies/statuses",
        "/company/configurations/types",
        "/finance/agreements/types",
        "/procurement/subcategories",
        "/service/boards",
        "/company/managementItSolutions",
        "/system/members",
    ] {
        assert!(length(get(list).await.ok()) > 0, "{list}");
    }
    // What it makes it has, with all that hangs below.
    let body = json!({"identifier": "Mine", "name": "Mine", "city": "Tampa"});
    let mine = ask("POST", "/company/companies", body).await.ok();
    assert_eq!(length(get("/company/companies").await.ok()), 1);
    assert_eq!(length(get(&format!("/company/companies/{}/sites", mine["id"])).await.ok()), 1);
    // And with access to all records it sees them.
    let path = format!("/system/integratorlogins/{}", login["id"]);
    psa.replace(&path, "canAccessAllRecordsFlag", json!(true)).await.ok();
    assert_eq!(get(&format!("/company/companies/{joe}")).await.status, 200);
}

#[tokio::test]
async fn a_replaced_ticket_takes_its_defaults_like_a_new_one() {
    let psa = Psa::bare().await;
    let desk = ticket(&psa, json!({"board": {"name": "Help Desk"}, "severity": "High"})).await.ok();
    let path = format!("/service/tickets/{}", desk["id"]);
    let body = json!({
        "summary": "Backup failed", "company": desk["company"], "severity": "Low", "impact": "Low",
    });
    let got = psa.put(&path, body).await.ok();
    assert_eq!(got["board"]["name"], "Professional Services");
    assert_eq!(got["status"]["name"], "New (not responded)");
    assert_eq!(got["priority"]["name"], "Priority 3 - Normal Response");
    assert_eq!((&got["severity"], &got["source"]), (&json!("Low"), &desk["source"]));
    assert_eq!(got["recordType"], "ServiceTicket");
    let got = psa.put(&path, json!({"summary": "x", "company": desk["company"]})).await;
    assert_eq!(got.errors(), ["MissingRequiredField impact", "MissingRequiredField severity"]);
    let got = psa.patch(&path, json!([{"op": "remove", "path": "board"}])).await;
    assert_eq!(got.errors(), ["MissingRequiredField board/id"]);
}

#[tokio::test]
async fn a_ticket_is_for_its_companys_primary_site() {
    let psa = Psa::bare().await;
    let eddie = psa.id("/company/companies", "identifier=\"EddiesTV\"").await;
    let sites = format!("/company/companies/{eddie}/sites");
    let main = psa.id(&sites, "primaryAddressFlag=true").await;
    let made = ticket(&psa, json!({})).await.ok();
    assert_eq!((&made["site"]["id"], &made["site"]["name"]), (&json!(main), &json!("Main")));
    let shop = psa.post(&sites, json!({"name": "Shop"})).await.ok();
    let other = ticket(&psa, json!({"site": {"name": "Shop"}})).await.ok();
    assert_eq!(other["site"]["id"], shop["id"]);
    // With another company goes another site.
    let path = format!("/service/tickets/{}", other["id"]);
    let moved = psa.replace(&path, "company", json!({"identifier": "JoeTV"})).await.ok();
    assert_eq!(moved["site"]["name"], "Main");
    assert_ne!(moved["site"]["id"], json!(main));
    let bare = psa.patch(&path, json!([{"op": "remove", "path": "site"}])).await.ok();
    assert!(bare["site"].is_null());
    // And a company that is merged leaves none of its sites behind.
    let joe = psa.id("/company/companies", "identifier=\"JoeTV\"").await;
    let into = json!({"toCompanyId": joe, "name": "To"});
    psa.post(&format!("/company/companies/{eddie}/merge"), into).await.ok();
    let made = psa.get(&format!("/service/tickets/{}", made["id"])).await.ok();
    assert_eq!(made["site"]["id"], moved["site"]["id"]);
}

#[tokio::test]
async fn instructions_for_one_call_are_in_no_answer() {
    let psa = Psa::start(Options { nulls: true, ..Options::default() }).await;
    let asked = json!({"processNotifications": true, "skipCallback": true, "initialDescription": "x"});
    let made = ticket(&psa, asked).await.ok();
    let path = format!("/service/tickets/{}", made["id"]);
    for answer in [&made, &psa.get(&path).await.ok()] {
        for field in ["processNotifications", "skipCallback", "initialDescription", "contactEmailLookup"] {
            assert!(answer.get(field).is_none(), "{field}: {answer}");
        }
    }
    let got = psa.query("/service/tickets", &[("conditions", "skipCallback=false")]).await;
    assert_eq!(got.status, 400);
    assert_eq!(psa.replace(&path, "skipCallback", json!(true)).await.status, 200);
}

#[tokio::test]
async fn what_is_taken_on_post_only_is_not_patched() {
    let psa = Psa::bare().await;
    let path = format!("/service/tickets/{}", ticket(&psa, json!({})).await.ok()["id"]);
    for field in ["initialDescription", "initialInternalAnalysis", "initialResolution"] {
        let got = psa.replace(&path, field, json!("x")).await;
        assert_eq!(got.errors(), [format!("InvalidPatch {field}")]);
    }
    let eddie = psa.id("/company/companies", "identifier=\"EddiesTV\"").await;
    let path = format!("/company/companies/{eddie}");
    let got = psa.replace(&path, "types", json!([])).await;
    assert_eq!(got.errors(), ["InvalidPatch types"]);
    // A record that is sent back whole loses nothing by it.
    let mut record = psa.get(&path).await.ok();
    record["types"] = json!([]);
    assert_eq!(psa.put(&path, record).await.ok()["types"][0]["name"], "Client");
}

#[tokio::test]
async fn a_company_merged_into_another_is_gone() {
    let psa = Psa::integrated().await;
    let eddie = psa.id("/company/companies", "identifier=\"EddiesTV\"").await;
    let joe = psa.id("/company/companies", "identifier=\"JoeTV\"").await;
    psa.post(&format!("/company/companies/{eddie}/merge"), json!({"toCompanyId": joe})).await.ok();
    assert_eq!(psa.get(&format!("/company/companies/{eddie}")).await.status, 404);
    let query = [("conditions", format!("company/id={joe}"))];
    let query: Vec<(&str, &str)> = query.iter().map(|(a, b)| (*a, b.as_str())).collect();
    assert_eq!(psa.query("/finance/agreements/count", &query).await.ok()["count"], 2);
}

#[tokio::test]
async fn generated_companies_are_linked_in_the_integrated_world() {
    let options = Options { world: psactl::sandbox::World::Integrated, companies: 30, ..Options::default() };
    let psa = Psa::start(options).await;
    let company = psa.id("/company/companies", "identifier=\"Customer00030\"").await;
    let reports = psa.get(&format!("/company/companies/{company}/managementSummaryReports")).await.ok();
    assert_eq!(reports.as_array().expect("a list").len(), 2);
    let path = additions(&psa, "Customer00030").await;
    let list = psa.get(&path).await.ok();
    assert_eq!(list.as_array().expect("a list").len(), 4);
    assert_eq!(list[0]["serialNumber"], reports[0]["groupIdentifier"]);
    assert_eq!(list[0]["billedQuantity"], 40);
}
