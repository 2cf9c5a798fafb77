//! A technician's desk: a sandbox on loopback, a folder with configuration and exports, and the binary.
//!
//! Every test has its own sandbox, home, configuration, state and clock; none needs the network or an order.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use psactl::psa::{self, Client, Connection};
use psactl::sandbox::{Fault, LoggedRequest, Options, Sandbox, World};
use serde_json::{Value, json};

/// When every desk's clock starts.
pub const NOW: &str = "2026-11-23T14:00:00Z";

/// A sandbox with a trial configuration for it.
pub struct Desk {
    runtime: tokio::runtime::Runtime,
    sandbox: Option<Sandbox>,
    folder: tempfile::TempDir,
    /// How many requests of the log are forgotten.
    forgotten: Cell<usize>,
    refusals: Cell<bool>,
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Asserts the exit code and goes on.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// Whether stdout or stderr says something, however the lines are broken.
    fn said(&self, text: &str) -> bool {
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let streams = [&self.stdout, &self.stderr];
        streams.iter().any(|stream| stream.contains(text) || flat(stream).contains(&flat(text)))
    }

    /// Asserts that stdout or stderr says something, however the lines are broken.
    #[track_caller]
    pub fn says(self, text: &str) -> Ran {
        let said = self.said(text);
        assert!(said, "“{text}” is not in\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// Asserts that neither stream says something.
    #[track_caller]
    #[expect(clippy::wrong_self_convention, reason = "reads as a sentence")]
    pub fn is_silent_on(self, text: &str) -> Ran {
        let said = self.said(text);
        assert!(!said, "“{text}” is in\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// The JSON on stdout.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!("{error}\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
        })
    }
}

impl Desk {
    /// A bare PSA, nothing set up.
    pub fn bare() -> Desk {
        Desk::with(Options::default())
    }

    /// A sandbox with these options; its clock starts at [`NOW`].
    pub fn with(options: Options) -> Desk {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = Options { now: Some(NOW.parse().unwrap()), ..options };
        // The whole suite can be run in front of the other of two known behaviours.
        let options = if std::env::var_os("PSACTL_TEST_OTHER_BEHAVIOURS").is_some() {
            Options {
                negative_quantity_to_bill: false,
                flatten_newlines: true,
                strict_patch: true,
                wildcard_equals: true,
                plain_quotes: true,
                blank_as_null: true,
                nulls: true,
                ..options
            }
        } else {
            options
        };
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        psactl::cli::write_trial(&sandbox, &folder.path().join("psactl.toml")).unwrap();
        Desk { runtime, sandbox: Some(sandbox), folder, forgotten: Cell::new(0), refusals: Cell::new(false) }
    }

    /// A PSA that was set up and linked by hand, as the guide says; psactl has never seen it.
    pub fn integrated() -> Desk {
        Desk::with(Options { world: World::Integrated, ..Options::default() })
    }

    /// Set up and linked, `min_interval` and `verify_every` as in the sample, nothing synchronised yet.
    pub fn linked() -> Desk {
        let desk = Desk::bare();
        desk.set_up();
        desk
    }

    /// Set up and linked: all three customers, agreement additions made, one sync done, nothing held.
    pub fn running() -> Desk {
        let desk = Desk::linked();
        desk.psactl(&["sync"]).ends_with(0);
        desk
    }

    /// Makes every step right.
    pub fn set_up(&self) {
        self.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(3);
        for (cid, company) in [("342", "Eddie's TV Repair"), ("355", "Joe TV Repair"), ("419", "Angry Fox")] {
            self.psactl(&["companies", "link", cid, company, "--yes"]).ends_with(0);
        }
        self.psactl(&["setup", "--apply", "--yes"]).ends_with(0);
    }

    pub fn sandbox(&self) -> &Sandbox {
        self.sandbox.as_ref().unwrap()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap()
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).unwrap();
    }

    /// Replaces text in a file of the desk; the text must be there.
    #[track_caller]
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "“{from}” is not in {name}");
        self.write(name, &text.replace(from, to));
    }

    /// No guard holds anything.
    pub fn let_everything_through(&self) {
        self.edit("psactl.toml", "first_push = \"hold\"", "first_push = \"allow\"");
        for key in ["increase = \"50%\"", "decrease = \"30%\"", "run_total = \"10%\""] {
            let (name, _) = key.split_once(' ').unwrap();
            self.edit("psactl.toml", key, &format!("{name} = \"off\""));
        }
    }

    /// Adds a line to the portal's event log: an id, minutes before now, user name, CID, severity, text.
    pub fn event(&self, id: &str, minutes_ago: i64, user: &str, cid: &str, severity: &str, text: &str) {
        let time = self.sandbox().now() - SignedDuration::from_mins(minutes_ago);
        let time = Timestamp::from_second(time.as_second()).unwrap();
        let mut events = self.read("events.csv");
        if !events.ends_with('\n') {
            events.push('\n');
        }
        events.push_str(&format!("{id},{time},{user},{cid},{severity},{text}\n"));
        self.write("events.csv", &events);
    }

    /// Lets time pass, for the sandbox and for psactl.
    pub fn later(&self, duration: SignedDuration) {
        let now = self.sandbox().now() + duration;
        self.sandbox().set_now(now);
    }

    /// A command with a hermetic environment, to be run or changed.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_psactl"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PSACTL_CONFIG", self.file("psactl.toml"))
            .env("PSACTL_STATE", self.file("state"))
            .env("PSACTL_NOW", self.sandbox().now().to_string())
            .env("PSACTL_TEST_HASTY", "1")
            .env("COLUMNS", "100")
            .stdin(std::process::Stdio::null());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }

    /// Runs the binary on a wide terminal: what is said stands on one line, in tables too.
    pub fn psactl(&self, arguments: &[&str]) -> Ran {
        Desk::ran(self.command(arguments).env("COLUMNS", "400"))
    }

    /// Runs the binary on a terminal of 100 columns, as snapshots show it.
    pub fn narrow(&self, arguments: &[&str]) -> Ran {
        Desk::ran(&mut self.command(arguments))
    }

    /// What a command shows where people look at it: at 80 and 160 columns, in colour, and where a program reads it.
    #[track_caller]
    pub fn looks(&self, name: &str, arguments: &[&str], code: i32) -> Vec<(String, String)> {
        let all = [("80", Some(80), "never"), ("160", Some(160), "never"), ("colour", Some(80), "always")];
        let all = all.into_iter().chain([("piped", None, "auto")]);
        let shown = |(suffix, columns, colour): (&str, Option<usize>, &str)| {
            let mut command = self.command(&["--color", colour]);
            match columns {
                Some(columns) => command.args(arguments).env("COLUMNS", columns.to_string()),
                None => command.args(arguments).env_remove("COLUMNS"),
            };
            let ran = Desk::ran(&mut command).ends_with(code);
            let widest = ran.stdout.lines().map(|line| line.chars().count()).max().unwrap_or_default();
            let fits = columns.is_none_or(|columns| widest <= columns);
            assert!(fits || colour == "always", "{widest} columns:\n{}", ran.stdout);
            (format!("{name}_{suffix}"), self.shown(&ran).replace('\u{1b}', "ESC"))
        };
        all.map(shown).collect()
    }

    pub fn ran(command: &mut Command) -> Ran {
        let output = command.output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// A result as a snapshot shows it: without ports, folders and the clock's seconds.
    pub fn shown(&self, ran: &Ran) -> String {
        let block = format!("exit {}\n--- stdout\n{}--- stderr\n{}", ran.code, ran.stdout, ran.stderr);
        block
            .replace(&self.sandbox().url(), "http://SANDBOX")
            .replace(&self.folder.path().display().to_string(), "DESK")
    }

    /// Somebody else in the same PSA: the member admin2.
    pub fn colleague(&self) -> Client {
        let sandbox = self.sandbox();
        self.client_of(sandbox.second_public_key(), sandbox.second_private_key())
    }

    /// Somebody who uses psactl's own login by hand.
    pub fn psactls_own_login(&self) -> Client {
        let sandbox = self.sandbox();
        self.client_of(sandbox.public_key(), sandbox.private_key())
    }

    fn client_of(&self, public_key: String, private_key: String) -> Client {
        let sandbox = self.sandbox();
        Client::new(Connection {
            site: sandbox.url(),
            company_id: sandbox.company_id().to_owned(),
            client_id: sandbox.client_id().to_owned(),
            login: psa::Login::ApiMember { public_key, private_key: private_key.into() },
            max_concurrency: 4,
            max_requests_per_minute: 0,
            ca_file: None,
        })
        .unwrap()
    }

    /// Waits for something asynchronous.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Every request since the start or the last [`Desk::forget_requests`].
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.sandbox().requests().split_off(self.forgotten.get().min(self.sandbox().requests().len()))
    }

    /// From here on [`Desk::requests`] and [`Desk::writes`] count anew; the log itself stays, since every
    /// request of the test is checked at its end.
    pub fn forget_requests(&self) {
        self.forgotten.set(self.sandbox().requests().len());
    }

    /// Every writing request since the start or the last forgetting, as `METHOD template`.
    pub fn writes(&self) -> Vec<String> {
        let requests = self.requests();
        let writing = requests.iter().filter(|request| request.method != "GET");
        writing.map(|request| format!("{} {}", request.method, request.template)).collect()
    }

    /// This test makes requests that the contract does not allow, or orders such answers.
    pub fn expects_refusals(&self) {
        self.refusals.set(true);
    }

    /// The colleague's request, made with a plain HTTP client and never with psactl's own.
    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, query: &[(&str, &str)], body: Option<&Value>) -> Value {
        let sandbox = self.sandbox();
        let url = format!("{}/v4_6_release/apis/3.0{path}", sandbox.url());
        let user = format!("{}+{}", sandbox.company_id(), sandbox.second_public_key());
        let mut request = crate::sandbox::http()
            .request(method.parse().unwrap(), url)
            .basic_auth(user, Some(sandbox.second_private_key()))
            .header("clientId", sandbox.client_id())
            .query(query);
        if let Some(body) = body {
            request = request.json(body);
        }
        let (status, text) = self.wait(async {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        });
        assert!((200..300).contains(&status), "{method} {path}: {status} {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// The records that conditions name, read as the colleague; all of them for an empty text.
    #[track_caller]
    pub fn records(&self, path: &str, conditions: &str) -> Vec<Value> {
        let mut query = vec![("pageSize", "1000"), ("orderBy", "id")];
        if !conditions.is_empty() {
            query.push(("conditions", conditions));
        }
        self.ask("GET", path, &query, None).as_array().unwrap().clone()
    }

    /// The one record that conditions name.
    #[track_caller]
    pub fn record(&self, path: &str, conditions: &str) -> Value {
        let found = self.records(path, conditions);
        assert_eq!(found.len(), 1, "{path} where {conditions}: {found:#?}");
        found.into_iter().next().unwrap()
    }

    /// The colleague makes a record.
    #[track_caller]
    pub fn make(&self, path: &str, body: Value) -> Value {
        self.ask("POST", path, &[], Some(&body))
    }

    /// The colleague changes a field.
    #[track_caller]
    pub fn change(&self, path: &str, field: &str, value: impl Into<Value>) -> Value {
        let operation = json!([{ "op": "replace", "path": field, "value": value.into() }]);
        self.ask("PATCH", path, &[], Some(&operation))
    }

    /// The colleague deletes a record.
    #[track_caller]
    pub fn delete(&self, path: &str) {
        self.ask("DELETE", path, &[], None);
    }

    /// Orders a fault: the method and a part of the path it strikes, what happens, how often.
    pub fn fault(&self, method: &str, path: &str, kind: &str, times: u32) {
        let fault = Fault {
            method: Some(method.to_owned()),
            path: Some(path.to_owned()),
            kind: kind.to_owned(),
            times: Some(times),
            ..Fault::default()
        };
        self.sandbox().add_fault(fault).unwrap();
    }

    /// The id of a company by its name.
    #[track_caller]
    pub fn company(&self, name: &str) -> i64 {
        id(&self.record("/company/companies", &format!("name = \"{name}\"")))
    }

    /// The id of a company's agreement.
    #[track_caller]
    pub fn agreement(&self, company: &str) -> i64 {
        id(&self.record("/finance/agreements", &format!("company/id = {}", self.company(company))))
    }

    /// The addition of a customer for a product on the agreement of its company.
    #[track_caller]
    pub fn addition(&self, company: &str, product: &str) -> Value {
        let path = format!("/finance/agreements/{}/additions", self.agreement(company));
        self.record(&path, &format!("product/identifier = \"{product}\" and cancelledDate = null"))
    }

    /// The path of such an addition.
    #[track_caller]
    pub fn addition_path(&self, company: &str, product: &str) -> String {
        let addition = id(&self.addition(company, product));
        format!("/finance/agreements/{}/additions/{addition}", self.agreement(company))
    }

    /// What is billed: product and quantity of each addition with a serial number, of all companies.
    pub fn billed(&self) -> BTreeMap<String, String> {
        let mut billed = BTreeMap::new();
        for agreement in self.records("/finance/agreements", "") {
            let path = format!("/finance/agreements/{}/additions", id(&agreement));
            for addition in self.records(&path, "") {
                let Some(serial) = addition["serialNumber"].as_str().filter(|serial| !serial.is_empty())
                else {
                    continue;
                };
                let product = addition["product"]["identifier"].as_str().unwrap();
                let quantity = addition.get("quantity").map_or_else(String::new, Value::to_string);
                billed.insert(format!("{serial} {product} #{}", id(&addition)), quantity);
            }
        }
        billed
    }

    /// The tickets that psactl opened.
    pub fn tickets(&self) -> Vec<Value> {
        self.records("/service/tickets", "externalXRef like \"psactl:*\"")
    }

    /// Refuses requests that the contract does not allow, and those that lead nowhere.
    fn check_requests(&self) {
        let wrong: Vec<String> = self
            .sandbox()
            .requests()
            .iter()
            .filter(|request| {
                let nowhere = request.status == 404 && request.template.is_empty();
                matches!(request.status, 400 | 405 | 415) || nowhere
            })
            .map(|request| {
                format!("{} {} {}?{}", request.status, request.method, request.path, request.query)
            })
            .collect();
        assert_eq!(wrong, Vec::<String>::new(), "requests that the contract does not allow");
    }
}

/// The id of a record.
#[track_caller]
pub fn id(record: &Value) -> i64 {
    record["id"].as_i64().unwrap_or_else(|| panic!("no id: {record}"))
}

/// The shape of a JSON document: every path with the kinds of value met there. Within a version of a
/// schema, lines are only added.
pub fn shape(value: &Value) -> String {
    fn walk(
        value: &Value,
        path: &str,
        shape: &mut BTreeMap<String, std::collections::BTreeSet<&'static str>>,
    ) {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "text",
            Value::Array(_) => "list",
            Value::Object(_) => "object",
        };
        shape.entry(path.to_owned()).or_default().insert(kind);
        match value {
            Value::Array(values) => values.iter().for_each(|value| walk(value, &format!("{path}[]"), shape)),
            Value::Object(map) => {
                for (key, value) in map {
                    let path = format!("{path}.{key}");
                    // Here stands what ConnectWise's contract says, not psactl's.
                    if matches!(key.as_str(), "after" | "before" | "body" | "equals") {
                        shape.entry(path).or_default().insert("any");
                    } else {
                        walk(value, &path, shape);
                    }
                }
            }
            _ => {}
        }
    }
    let mut found = BTreeMap::new();
    walk(value, "", &mut found);
    found.remove("");
    let line = |(path, kinds): (&String, &std::collections::BTreeSet<&str>)| {
        format!(
            "{}: {}",
            path.trim_start_matches('.'),
            kinds.iter().copied().collect::<Vec<_>>().join(" or ")
        )
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

impl Drop for Desk {
    fn drop(&mut self) {
        if !self.refusals.get() && !std::thread::panicking() {
            self.check_requests();
        }
        if let Some(sandbox) = self.sandbox.take() {
            self.runtime.block_on(sandbox.stop());
        }
    }
}
