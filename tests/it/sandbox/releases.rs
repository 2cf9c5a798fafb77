//! The release of 2019, and how a release is asked for.

use psactl::sandbox::{Options, Release, World};
use serde_json::{Value, json};

use super::{Got, Psa, send};

const BUILD: &str = "v4_6_release";

/// A sandbox of 2019, asked under the codebase that every release has.
struct Old(Psa);

impl Old {
    async fn start(world: World) -> Old {
        Old(Psa::start(Options { release: Release::Year2019, world, ..Options::default() }).await)
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Got {
        let psa = &self.0;
        let url = format!("{}/{BUILD}/apis/3.0{path}", psa.sandbox.url());
        let user = format!("{}+{}", psa.sandbox.company_id(), psa.sandbox.public_key());
        let request = psa.http.request(method.parse().expect("a method"), url);
        let request = request.basic_auth(user, Some(psa.sandbox.private_key())).header("clientId", "x");
        send(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    async fn get(&self, path: &str) -> Value {
        self.ask("GET", path, None).await.ok()
    }

    /// The board of the guide, and its path.
    async fn board(&self) -> (Value, String) {
        let boards = self.get("/service/boards?conditions=name=%22Professional%20Services%22").await;
        let id = boards[0]["id"].clone();
        (id.clone(), format!("/service/boards/{id}/statuses"))
    }
}

#[tokio::test]
async fn what_2019_calls_itself() {
    let old = Old::start(World::Bare).await;
    let psa = &old.0;
    let url = format!("{}/login/companyinfo/{}", psa.sandbox.url(), psa.sandbox.company_id());
    let info = send(psa.http.get(url)).await.ok();
    assert_eq!(info["Codebase"], "v2019_5/");
    assert_eq!(info["IsCloud"], "True");
    assert!(info["VersionNumber"].as_str().expect("text").starts_with("v2019.5."));
    assert!(info.get("SiteUrl").is_none() && info.get("AllowedOrigins").is_none());
    let got = old.ask("GET", "/system/info", None).await;
    assert!(got.json()["version"].as_str().expect("text").starts_with("v2019.5."));
    assert_eq!(got.header("api-current-version"), "2019.5");
    let user = format!("{}+{}", psa.sandbox.company_id(), psa.sandbox.public_key());
    let request = |codebase: &str| {
        let url = format!("{}/{codebase}/apis/3.0/system/info", psa.sandbox.url());
        psa.http.get(url).header("clientId", "x")
    };
    let own = request("v2019_5").basic_auth(&user, Some(psa.sandbox.private_key()));
    assert_eq!(send(own).await.status, 200);
    let new = request("v2025_8").basic_auth(&user, Some(psa.sandbox.private_key()));
    assert_eq!(send(new).await.text, "Cannot route. Codebase/company is invalid");
    for refused in [request("v2019_5"), request("v2019_5").basic_auth(&user, Some("wrong"))] {
        let got = send(refused).await;
        assert_eq!(got.status, 401);
        assert_eq!(got.json(), json!({"code": "ConnectWiseApi", "message": "UserNotAuthenticated"}));
    }
}

#[tokio::test]
async fn statuses_carry_the_cross_reference() {
    let old = Old::start(World::Bare).await;
    let (board, path) = old.board().await;
    let status = old.get(&path).await[0].clone();
    assert_eq!(status["name"], "New (not responded)");
    assert_eq!((&status["sortOrder"], &status["defaultFlag"]), (&json!(0), &json!(true)));
    assert_eq!(status["escalationStatus"], "NotResponded", "beside it, not instead");
    assert!(status.get("externalIntegrationXref").is_none());
    // Until it is set, the board serves no integration.
    let login = json!({"username": "efolder-api", "password": "x", "serviceTicketApiFlag": true, "board": {"id": board}});
    let got = old.ask("POST", "/system/integratorlogins", Some(login.clone())).await;
    assert_eq!(got.errors(), ["NotFound board/id"]);
    let xref =
        json!([{"op": "add", "path": "externalIntegrationXref", "value": {"name": "Not Responded (Set)"}}]);
    let one = format!("{path}/{}", status["id"]);
    let set = old.ask("PATCH", &one, Some(xref.clone())).await.ok();
    assert_eq!(set["externalIntegrationXref"]["name"], "Not Responded (Set)");
    assert_eq!(set["externalIntegrationXref"]["identifier"], "NotResponded");
    assert!(set["externalIntegrationXref"]["id"].is_i64());
    let found = old
        .get(&format!("{path}?conditions=externalIntegrationXref/name=%22Not%20Responded%20(Set)%22"))
        .await;
    assert_eq!(found[0]["id"], status["id"]);
    old.ask("POST", "/system/integratorlogins", Some(login)).await.ok();
    let wrong = json!([{"op": "add", "path": "externalIntegrationXref", "value": {"name": "Answered"}}]);
    assert_eq!(old.ask("PATCH", &one, Some(wrong)).await.errors(), ["NotFound externalIntegrationXref/name"]);
    // Today's release has no such field.
    let psa = Psa::integrated().await;
    let board = psa.id("/service/boards", "name=\"Professional Services\"").await;
    let path = format!("/service/boards/{board}/statuses");
    let now = psa.get(&path).await.ok()[0].clone();
    assert!(now.get("externalIntegrationXref").is_none());
    let got = psa.patch(&format!("{path}/{}", now["id"]), xref).await;
    assert_eq!(got.errors(), ["InvalidPatch externalIntegrationXref"]);
    let query = [("conditions", "externalIntegrationXref/name=\"x\"")];
    assert_eq!(psa.query(&path, &query).await.status, 400);
}

#[tokio::test]
async fn the_integrated_world_of_2019_has_it_set() {
    let old = Old::start(World::Integrated).await;
    let (_, path) = old.board().await;
    let statuses = old.get(&path).await;
    assert_eq!(statuses[0]["externalIntegrationXref"]["name"], "Not Responded (Set)");
    assert!(statuses[1].get("externalIntegrationXref").is_none());
    // A ticket of the integration starts in the status that is cross-referenced, whatever the default.
    let id = &statuses[1]["id"];
    let moved =
        json!([{"op": "add", "path": "externalIntegrationXref", "value": {"identifier": "NotResponded"}}]);
    old.ask("PATCH", &format!("{path}/{id}"), Some(moved)).await.ok();
    let none = json!([{"op": "remove", "path": "externalIntegrationXref"}]);
    old.ask("PATCH", &format!("{path}/{}", statuses[0]["id"]), Some(none)).await.ok();
    let psa = &old.0;
    let url = format!("{}/{BUILD}/apis/3.0/service/tickets", psa.sandbox.url());
    let user = format!("{}+{}", psa.sandbox.company_id(), psa.sandbox.integrator_username());
    let request = psa.http.post(url).basic_auth(user, Some(psa.sandbox.integrator_password()));
    let request = request.header("clientId", "x").header("x-cw-usertype", "integrator");
    let body = json!({"summary": "x", "company": {"identifier": "JoeTV"}});
    let made = send(request.json(&body)).await.ok();
    assert_eq!(made["status"]["id"], *id);
}

#[tokio::test]
async fn what_came_after_2019_is_not_there() {
    let old = Old::start(World::Integrated).await;
    let (_, path) = old.board().await;
    let status = format!("{path}/{}", old.get(&path).await[0]["id"]);
    let change = json!([{"op": "add", "path": "connectWiseId", "value": "x"}]);
    assert_eq!(
        old.ask("PATCH", &status, Some(change.clone())).await.errors(),
        ["InvalidPatch connectWiseId"]
    );
    let agreements = old.get("/finance/agreements").await;
    let additions = format!("/finance/agreements/{}/additions", agreements[0]["id"]);
    let bare = json!({"billCustomer": "Billable", "quantity": 1, "unitPrice": 2});
    let made = old.ask("POST", &additions, Some(bare)).await;
    assert_eq!((made.status, made.json()["extPrice"].to_string()), (201, "2".to_owned()));
    let long = json!({"identifier": "x".repeat(26), "name": "x", "city": "Tampa"});
    let got = old.ask("POST", "/company/companies", Some(long.clone())).await;
    assert_eq!(got.errors(), ["InvalidLength identifier"]);

    let psa = Psa::integrated().await;
    psa.post("/company/companies", long).await.ok();
    let board = psa.id("/service/boards", "name=\"Professional Services\"").await;
    let path = format!("/service/boards/{board}/statuses");
    let status = format!("{path}/{}", psa.get(&path).await.ok()[0]["id"]);
    assert_eq!(psa.patch(&status, change).await.ok()["connectWiseId"], "x");
}

#[tokio::test]
async fn a_version_that_is_not_known_is_refused() {
    let psa = Psa::bare().await;
    for (accept, status) in [
        ("application/json", 200),
        ("application/vnd.connectwise.com+json; version=2025.8", 200),
        ("application/vnd.connectwise.com+json; version=2022.1", 200),
        ("application/vnd.connectwise.com+json; version=2025.16", 400),
        ("application/vnd.connectwise.com+json; version=next", 400),
    ] {
        let got = send(psa.ask("GET", "/system/info").header("accept", accept)).await;
        assert_eq!(got.status, status, "{accept}");
        if status == 400 {
            assert!(got.json()["message"].as_str().expect("text").contains("is not supported"));
        }
    }
}
