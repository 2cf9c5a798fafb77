//! Axcient's x360Recover API, from its contract document: which paths and parameters there are and what the answers
//! look like. What the document cannot say (keys, paging, the two forms of 401) is by hand.

mod contract;
mod sample;

use serde_json::{Value, json};

pub use contract::Contract;
use contract::Problem;

use crate::sandbox::reply::Reply;

/// Which of the known behaviours is shown.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// `active` of a client is 0 or 1, as in production; else true or false, as published.
    pub numbers_for_booleans: bool,
    /// A list of one is sent as the single object that the contract publishes.
    pub single_objects: bool,
    /// A page has at most so many entries, whatever is asked for; 0: no limit.
    pub largest_page: usize,
    /// Lists with `limit` and `offset` always begin at the beginning.
    pub ignore_offset: bool,
    /// Devices and appliances do not say whose they are, as before July 2024.
    pub without_client_ids: bool,
    /// Times have no zone.
    pub bare_times: bool,
    /// The key has the scope Billing.
    pub billing_scope: bool,
}

impl Default for Behaviour {
    fn default() -> Behaviour {
        Behaviour {
            numbers_for_booleans: true,
            single_objects: false,
            largest_page: 0,
            ignore_offset: false,
            without_client_ids: false,
            bare_times: false,
            billing_scope: true,
        }
    }
}

/// What the organization has, and how the API behaves.
pub struct World {
    pub key: String,
    pub records: Value,
    pub behaviour: Behaviour,
}

/// The key of the sample organization.
const KEY: &str = "SandboxAxcientKey0123456789abcdefghij";

impl World {
    /// The guide's MSP at this moment, as Axcient would know it.
    pub fn sample(now: jiff::Timestamp) -> World {
        World { key: KEY.to_owned(), records: sample::records(now), behaviour: Behaviour::default() }
    }

    fn list(&self, name: &str) -> &[Value] {
        self.records.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn find(&self, name: &str, id: i64) -> Option<&Value> {
        self.list(name).iter().find(|record| id_of(record) == Some(id))
    }

    fn of(&self, name: &str, client: i64) -> Vec<Value> {
        let of_client = |record: &&Value| record.get("client_id").and_then(Value::as_i64) == Some(client);
        self.list(name).iter().filter(of_client).cloned().collect()
    }

    /// What is kept by the id of what it belongs to.
    fn by_id(&self, name: &str, id: i64) -> Vec<Value> {
        let of = self.records.get(name).and_then(|all| all.get(id.to_string()));
        of.and_then(Value::as_array).cloned().unwrap_or_default()
    }
}

/// Adds a run that ended well to the first job of a device.
pub fn backup_succeeds(records: &mut Value, device: &str, ended: jiff::Timestamp) {
    let shown = |at: jiff::Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
    let (start, end) = (shown(ended - jiff::SignedDuration::from_mins(9)), shown(ended));
    let devices = records.get_mut("devices").and_then(Value::as_array_mut);
    let named = |known: &&mut Value| known.get("name").and_then(Value::as_str) == Some(device);
    let Some(device) = devices.and_then(|devices| devices.iter_mut().find(named)) else { return };
    device["current_health_status"] = json!({"status": "NORMAL", "reason": null, "timestamp": end});
    let Some(job) = device.get_mut("jobs").and_then(|jobs| jobs.get_mut(0)) else { return };
    job["health_status"] = json!("NORMAL");
    job["latest_rp"] = json!(end);
    let id = id_of(job).unwrap_or_default().to_string();
    let run =
        json!({"status": "Completed", "start_time": start, "end_time": end, "rp": end, "error_msg": null});
    if let Some(runs) =
        records.get_mut("history").and_then(|all| all.get_mut(&id)).and_then(Value::as_array_mut)
    {
        runs.insert(0, run);
    }
}

fn id_of(record: &Value) -> Option<i64> {
    record.get("id").and_then(Value::as_i64)
}

fn json_reply(status: u16, content_type: &str, body: &Value) -> Reply {
    Reply::of(status, content_type, body.to_string())
}

/// What is known to come with a status.
pub fn usual(status: u16) -> Reply {
    match status {
        400 => problem(400, "Bad Request", "about:blank", "Missing path parameter 'org_id'"),
        401 => json_reply(401, "application/json", &json!({"message": "Unauthorized"})),
        403 => {
            let detail = "User doesn't have enough permissions to process this request";
            problem(403, "Not enough permissions", "ForbiddenException", detail)
        }
        404 => not_found("Client", 12),
        status => Reply::of(status, "text/html", ""),
    }
}

fn problem(status: u16, title: &str, kind: &str, detail: &str) -> Reply {
    let body = json!({"detail": detail, "status": status, "title": title, "type": kind});
    json_reply(status, "application/problem+json", &body)
}

fn not_found(what: &str, id: i64) -> Reply {
    let detail = format!("{what} with such id = {id} is not found");
    problem(404, &format!("{what} not found"), "NotFoundException", &detail)
}

/// Sent for an unknown route and for a path value that is no number. JSON, and called HTML.
fn no_route() -> Reply {
    json_reply(401, "text/html", &json!({"code": 401, "msg": "Unauthorized"}))
}

/// Answers a request. `path` is whole, with what the API is mounted at.
pub fn answer(
    contract: &Contract,
    world: &World,
    method: &str,
    path: &str,
    query: &[(String, String)],
    key: Option<&str>,
) -> Reply {
    if key != Some(&world.key) {
        return usual(401);
    }
    let Some(asked) = contract.route(method, path) else { return no_route() };
    if let Err(Problem(detail)) = contract.check_query(&asked, query) {
        return problem(400, "Bad Request", "about:blank", &detail);
    }
    let found = match records(world, asked.template, &asked.ids) {
        Ok(found) => found,
        Err(refused) => return *refused,
    };
    let mut body = match found {
        Found::One(record) => record,
        Found::All(list) => page(world, asked.template, list, query),
    };
    dress(world, &mut body, query);
    json_reply(asked.success, "application/json", &body)
}

enum Found {
    One(Value),
    All(Vec<Value>),
}

fn records(world: &World, template: &str, ids: &[i64]) -> Result<Found, Box<Reply>> {
    let id = |at: usize| ids.get(at).copied().unwrap_or_default();
    let one = |name: &str, what: &str, id: i64| {
        world.find(name, id).cloned().ok_or_else(|| Box::new(not_found(what, id)))
    };
    let client = || one("clients", "Client", id(0));
    // A device below a client that is not its own does not exist there.
    let device = || {
        client()?;
        let device = one("devices", "Device", id(1))?;
        match device.get("client_id").and_then(Value::as_i64) == Some(id(0)) {
            true => Ok(device),
            false => Err(Box::new(not_found("Device", id(1)))),
        }
    };
    let jobs = || {
        let jobs = device()?.get("jobs").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok::<_, Box<Reply>>(jobs.iter().map(whole_job).collect::<Vec<Value>>())
    };
    let job = || {
        let found = jobs()?.into_iter().find(|job| id_of(job) == Some(id(2)));
        found.ok_or_else(|| Box::new(not_found("Job", id(2))))
    };
    Ok(match template {
        "/organization" => Found::One(world.records.get("organization").cloned().unwrap_or_default()),
        "/client" => Found::All(world.list("clients").to_vec()),
        "/client/{client_id}" => Found::One(client()?),
        "/client/{client_id}/device" => {
            client()?;
            Found::All(world.of("devices", id(0)))
        }
        "/client/{client_id}/appliance" => {
            client()?;
            Found::All(world.of("appliances", id(0)))
        }
        "/client/{client_id}/device/{device_id}/job" => Found::All(jobs()?),
        "/client/{client_id}/device/{device_id}/job/{job_id}" => Found::One(job()?),
        "/client/{client_id}/device/{device_id}/job/{job_id}/history" => {
            job()?;
            Found::All(world.by_id("history", id(2)))
        }
        "/device" => Found::All(world.list("devices").to_vec()),
        "/device/{device_id}" => Found::One(one("devices", "Device", id(0))?),
        "/device/{device_id}/autoverify" => {
            one("devices", "Device", id(0))?;
            Found::All(world.by_id("autoverify", id(0)))
        }
        "/device/{device_id}/restore_point" => {
            one("devices", "Device", id(0))?;
            Found::All(world.by_id("restore_points", id(0)))
        }
        "/appliance" => Found::All(world.list("appliances").to_vec()),
        "/appliance/{appliance_id}" => Found::One(one("appliances", "Appliance", id(0))?),
        "/vault" => Found::All(world.list("vaults").to_vec()),
        "/vault/{vault_id}" => Found::One(one("vaults", "Vault", id(0))?),
        "/vault/{vault_id}/threshold/connectivity" => {
            let vault = one("vaults", "Vault", id(0))?;
            let minutes = vault.pointer("/vault_thresholds/connectivity_threshold").cloned();
            Found::One(json!({"threshold": minutes.unwrap_or(json!(60))}))
        }
        "/usage/billable" if !world.behaviour.billing_scope => {
            let detail = "User doesn't have enough permissions to process this request";
            return Err(Box::new(problem(403, "Not enough permissions", "ForbiddenException", detail)));
        }
        "/usage/billable" => Found::One(json!({"children": world.list("billable")})),
        _ => return Err(Box::new(no_route())),
    })
}

/// The job as its own path shows it: more than the device's summary.
fn whole_job(summary: &Value) -> Value {
    json!({
        "id": summary.get("id"), "name": summary.get("name"), "health_status": summary.get("health_status"),
        "latest_rp": summary.get("latest_rp"), "offsite": false, "enabled": true,
        "thresholds": {"local_rp_threshold": 1440, "cloud_rp_threshold": {"value": 2880, "enabled": true, "overridden": false}},
        "schedule": "{\"name\":\"Nightly\",\"isEnabled\":true}",
    })
}

const PAGED: [&str; 2] = ["/device", "/client/{client_id}/device/{device_id}/job/{job_id}/history"];

fn page(world: &World, template: &str, list: Vec<Value>, query: &[(String, String)]) -> Value {
    let behaviour = &world.behaviour;
    let number = |name: &str| {
        let found = query.iter().find(|(known, _)| known == name);
        found.and_then(|(_, value)| value.parse::<i64>().ok())
    };
    let flag = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value == "true");
    let text = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let mut list: Vec<Value> = list
        .into_iter()
        .filter(|record| {
            let has = |name: &str| record.get(name).and_then(Value::as_str);
            let of_service = text("service_id").is_none_or(|id| has("service_id") == Some(id));
            let of_type = text("vault_type").is_none_or(|kind| has("type") == Some(kind));
            let direct = record.get("d2c").and_then(Value::as_bool);
            of_service && of_type && (flag("d2c_only") != Some(true) || direct == Some(true))
        })
        .collect();
    if let Some(since) = number("starttime_begin") {
        list.retain(|run| {
            let start = run.get("start_time").and_then(Value::as_str);
            let start = start.and_then(|start| start.parse::<jiff::Timestamp>().ok());
            start.is_some_and(|start| start.as_second() >= since)
        });
    }
    let pages = PAGED.contains(&template);
    if pages || template == "/vault" {
        let offset = if behaviour.ignore_offset { 0 } else { number("offset").unwrap_or(0) };
        let largest = if behaviour.largest_page == 0 { usize::MAX } else { behaviour.largest_page };
        let limit = number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        list = list.into_iter().skip(usize::try_from(offset).unwrap_or(0)).take(limit.min(largest)).collect();
    }
    match list.len() {
        1 if behaviour.single_objects => list.remove(0),
        _ => Value::Array(list),
    }
}

/// The forms in which production differs.
fn dress(world: &World, body: &mut Value, query: &[(String, String)]) {
    let behaviour = &world.behaviour;
    let without_devices = query.iter().any(|(name, value)| name == "include_devices" && value == "false");
    let records = match &mut *body {
        Value::Array(list) => list.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    for record in records {
        let Some(record) = record.as_object_mut() else { continue };
        if behaviour.numbers_for_booleans && record.contains_key("devices_counters") {
            let active = record.get("active").and_then(Value::as_bool);
            record.extend(active.map(|active| ("active".to_owned(), json!(i32::from(active)))));
        }
        if behaviour.without_client_ids {
            record.remove("client_id");
        }
        if without_devices {
            record.remove("devices");
        }
    }
    if behaviour.bare_times {
        bare(body);
    }
}

fn bare(value: &mut Value) {
    match value {
        Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => {
            *text = text.trim_end_matches('Z').to_owned();
        }
        Value::Array(list) => list.iter_mut().for_each(bare),
        Value::Object(fields) => fields.values_mut().for_each(bare),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sample and every answer made of it are what the document allows.
    #[test]
    fn every_answer_is_of_the_contracts_form() {
        let contract = Contract::load().unwrap();
        let world = World::sample("2026-11-23T14:00:00Z".parse().unwrap());
        let device = &world.list("devices")[0];
        let (client, id) = (device["client_id"].as_i64().unwrap(), id_of(device).unwrap());
        let job = id_of(&device["jobs"][0]).unwrap();
        let (appliance, vault) =
            (id_of(&world.list("appliances")[0]).unwrap(), id_of(&world.list("vaults")[0]).unwrap());
        let mut asked = 0;
        for template in contract.templates("GET") {
            let path = template
                .replace("{client_id}", &client.to_string())
                .replace("{device_id}", &id.to_string())
                .replace("{job_id}", &job.to_string())
                .replace("{appliance_id}", &appliance.to_string())
                .replace("{vault_id}", &vault.to_string());
            let mount = if template.starts_with("/usage") { "/billing" } else { "/x360recover" };
            let reply = answer(&contract, &world, "GET", &format!("{mount}{path}"), &[], Some(KEY));
            assert_eq!(reply.status, 200, "{path}");
            let body: Value = serde_json::from_slice(&reply.body).unwrap();
            assert!(body.as_array().is_none_or(|list| !list.is_empty()), "{path} shows nothing");
            assert_eq!(contract.check_answer("GET", template, &body), Ok(()), "{path}");
            asked += 1;
        }
        assert_eq!(asked, 18);
    }

    #[test]
    fn what_the_contract_does_not_know_is_refused() {
        let contract = Contract::load().unwrap();
        let world = World::sample("2026-11-23T14:00:00Z".parse().unwrap());
        let ask = |path: &str, query: &[(&str, &str)], key| {
            let query: Vec<(String, String)> =
                query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let reply = answer(&contract, &world, "GET", path, &query, key);
            let kind = reply.headers["content-type"].to_str().unwrap().to_owned();
            (reply.status, kind, String::from_utf8(reply.body).unwrap())
        };
        let key = Some(KEY);
        assert_eq!(ask("/x360recover/client", &[], None).2, r#"{"message":"Unauthorized"}"#);
        assert_eq!(ask("/x360recover/client", &[], Some("other")).1, "application/json");
        for path in ["/x360recover/clients", "/x360recover/client/x", "/client", "/billing/client"] {
            let (status, kind, body) = ask(path, &[], key);
            assert_eq!(
                (status, kind.as_str(), body.as_str()),
                (401, "text/html", r#"{"code":401,"msg":"Unauthorized"}"#)
            );
        }
        assert_eq!(ask("/x360recover/client/12", &[], key).0, 404);
        assert_eq!(ask("/x360recover/device", &[("limit", "many")], key).0, 400);
        assert_eq!(ask("/x360recover/device", &[("page", "2")], key).0, 400);
        assert_eq!(ask("/x360recover/vault", &[("vault_type", "Attic")], key).0, 400);
        assert_eq!(ask("/x360recover/device/", &[("limit", "2")], key).0, 200, "a slash at the end is taken");
    }
}
