//! A technician's desk: a sandbox on loopback, a folder with configuration and exports, and the binary.
//!
//! Every test has its own sandbox, home, configuration, state and clock; none needs the network or an order.

use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use psactl::psa::{self, Client, Connection};
use psactl::sandbox::{Options, Sandbox};

/// When every desk's clock starts.
pub const NOW: &str = "2026-11-23T14:00:00Z";

/// A sandbox with a trial configuration for it.
pub struct Desk {
    runtime: tokio::runtime::Runtime,
    sandbox: Option<Sandbox>,
    folder: tempfile::TempDir,
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

    /// Asserts that stdout or stderr says something.
    #[track_caller]
    pub fn says(self, text: &str) -> Ran {
        let said = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(said, "“{text}” is not in\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// Asserts that neither stream says something.
    #[track_caller]
    #[expect(clippy::wrong_self_convention, reason = "reads as a sentence")]
    pub fn is_silent_on(self, text: &str) -> Ran {
        let said = self.stdout.contains(text) || self.stderr.contains(text);
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
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        psactl::cli::write_trial(&sandbox, &folder.path().join("psactl.toml")).unwrap();
        Desk { runtime, sandbox: Some(sandbox), folder }
    }

    /// Set up and linked: all three customers, agreement additions made, one sync done, nothing held.
    pub fn running() -> Desk {
        let desk = Desk::bare();
        desk.set_up();
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

    /// Runs the binary.
    pub fn psactl(&self, arguments: &[&str]) -> Ran {
        Desk::ran(&mut self.command(arguments))
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
        Client::new(Connection {
            site: sandbox.url(),
            company_id: sandbox.company_id().to_owned(),
            client_id: sandbox.client_id().to_owned(),
            login: psa::Login::ApiMember {
                public_key: sandbox.second_public_key(),
                private_key: sandbox.second_private_key().into(),
            },
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

    /// Every writing request since the start or the last clearing, as `METHOD template`.
    pub fn writes(&self) -> Vec<String> {
        let requests = self.sandbox().requests();
        let writing = requests.iter().filter(|request| request.method != "GET");
        writing.map(|request| format!("{} {}", request.method, request.template)).collect()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(sandbox) = self.sandbox.take() {
            self.runtime.block_on(sandbox.stop());
        }
    }
}
