//! What a sync costs: requests, time and memory of whole processes, against a sandbox in a process of its own.
//!
//! ```text
//! cargo bench --bench sync              the table of the README, in less than twenty minutes
//! cargo bench --bench sync -- --smoke   the same with a few customers, in seconds
//! ```
//!
//! It prints the figures and judges none but the requests, which no machine makes faster or slower. Other people's
//! client libraries are measured beside it where `tests/clients/run` has installed them.

mod export;
mod measured;
mod peers;
mod served;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use measured::Measured;
use served::{PSACTL, Served};

/// As in the configuration that the sandbox writes.
const CONCURRENCY: u64 = 8;
const LATENCY_MS: u32 = 20;
/// The most pages of a list hold so many records.
const PAGE: u64 = 1_000;

fn main() {
    // Cargo builds and runs it with all targets for a test, without the word; that asks for nothing.
    let asked = |word: &str| std::env::args().any(|argument| argument == word);
    if !asked("--bench") || asked("--test") {
        return;
    }
    let smoke = asked("--smoke");
    let (sizes, large, beside) =
        if smoke { (&[10, 40][..], 60, 10) } else { (&[200, 2_000][..], 10_000, 200) };
    start_up();
    println!("{}", Row::HEAD);
    let mut above = Vec::new();
    for customers in sizes {
        above.extend(Desk::new(*customers, LATENCY_MS).all());
    }
    above.extend(Desk::new(large, 0).idle_only());
    peers::measure(beside, LATENCY_MS);
    assert!(above.is_empty(), "more than 5 % above the least: {}", above.join(", "));
}

/// What it costs to be there at all.
fn start_up() {
    let mut runs: Vec<Measured> =
        (0..21).map(|_| measured::run(Command::new(PSACTL).arg("--version"))).collect();
    runs.sort_by_key(|run| run.wall);
    let middle = runs[runs.len() / 2].wall;
    println!("Start-up (`psactl --version`): {:.1} ms\n", middle.as_secs_f64() * 1000.0);
}

/// A line of the table.
pub struct Row<'a> {
    pub customers: usize,
    pub run: &'a str,
    pub requests: u64,
    pub least: Option<u64>,
    pub latency_ms: u32,
    pub wall: Duration,
    pub memory: Option<u64>,
}

impl Row<'_> {
    const HEAD: &'static str = "\
        | customers | run | requests | least | wall | requests / 8 × 20 ms | peak memory |\n\
        | ---: | --- | ---: | ---: | ---: | ---: | ---: |";

    pub fn print(&self) {
        let time = |time: Duration| match time.as_secs_f64() {
            short if short < 1.0 => format!("{:.0} ms", short * 1000.0),
            long => format!("{long:.1} s"),
        };
        let ideal = Duration::from_millis(u64::from(self.latency_ms))
            * u32::try_from(self.requests).expect("few")
            / u32::try_from(CONCURRENCY).expect("few");
        println!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            grouped(self.customers as u64),
            self.run,
            grouped(self.requests),
            self.least.map_or_else(|| "–".to_owned(), grouped),
            time(self.wall),
            if ideal.is_zero() { "–".to_owned() } else { time(ideal) },
            self.memory.map_or_else(|| "–".to_owned(), |bytes| format!("{:.1} MB", bytes as f64 / 1e6)),
        );
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A configuration without guards and limits, for a sandbox with so many customers.
struct Desk {
    folder: tempfile::TempDir,
    served: Served,
    customers: usize,
    latency_ms: u32,
    above: Vec<String>,
}

impl Desk {
    fn new(customers: usize, latency_ms: u32) -> Desk {
        let folder = tempfile::tempdir().expect("a folder");
        let served = Served::start(folder.path(), customers, latency_ms, false);
        configure(&folder.path().join("psactl.toml"));
        export::write(folder.path(), customers, 0, 0);
        Desk { folder, served, customers, latency_ms, above: Vec::new() }
    }

    /// Every kind of run.
    fn all(mut self) -> Vec<String> {
        let n = self.customers as u64;
        let changed = self.customers.div_ceil(20);
        let c = changed as u64;
        self.set_up();
        // The server's time zone is asked for once; four additions and both Managed ID entries change.
        self.run("first", &["sync"], Some(1 + lists(n) + 2 * n + 6 * n));
        self.idle();
        export::write(self.folder.path(), self.customers, 0, 0);
        self.run("steady", &["sync"], Some(0));
        self.run("steady, `--verify`", &["sync", "--verify"], Some(lists(n) + 2 * n));
        export::write(self.folder.path(), self.customers, changed, 1);
        self.run("5 % changed", &["sync"], Some(lists(c) + c + c));
        self.above
    }

    /// A large installation that has nothing to do.
    fn idle_only(mut self) -> Vec<String> {
        self.set_up();
        let n = self.customers as u64;
        self.run("first, no latency", &["sync"], Some(1 + lists(n) + 2 * n + 6 * n));
        self.idle();
        self.above
    }

    /// Takes over what the sample's integration says.
    fn set_up(&self) {
        for (arguments, code) in [
            (&["setup", "--apply", "--yes", "--vendor-sync-is-off"][..], 3),
            (&["companies", "adopt", "--yes"], 0),
            (&["setup", "--apply", "--yes"], 0),
        ] {
            let ran = self.psactl(arguments);
            assert_eq!(ran.code, code, "{arguments:?}: {}", ran.said);
        }
        self.served.count();
    }

    fn run(&mut self, run: &str, arguments: &[&str], least: Option<u64>) {
        let ran = self.psactl(arguments);
        assert_eq!(ran.code, 0, "{run}: {}", ran.said);
        self.tell(run, &ran, least);
    }

    /// The middle one of several, which are short.
    fn idle(&mut self) {
        let mut runs: Vec<Measured> = (0..11).map(|_| self.psactl(&["sync"])).collect();
        runs.sort_by_key(|run| run.wall);
        let middle = runs.swap_remove(runs.len() / 2);
        self.tell("idle", &middle, Some(0));
    }

    fn tell(&mut self, run: &str, ran: &Measured, least: Option<u64>) {
        let (requests, _) = self.served.count();
        let row = Row {
            customers: self.customers,
            run,
            requests,
            least,
            latency_ms: self.latency_ms,
            wall: ran.wall,
            memory: ran.memory,
        };
        row.print();
        if least.is_some_and(|least| requests * 100 > least * 105 + 200) {
            self.above.push(format!("{run} at {}: {requests}", self.customers));
        }
    }

    fn psactl(&self, arguments: &[&str]) -> Measured {
        let mut command = Command::new(PSACTL);
        command.args(arguments).env_clear();
        command.env("PSACTL_CONFIG", self.folder.path().join("psactl.toml"));
        command.env("PSACTL_STATE", self.folder.path().join("state"));
        measured::run(&mut command)
    }
}

/// The company look-up, and the lists of companies that are out of use, of companies and of agreements.
fn lists(customers: u64) -> u64 {
    2 + 2 * customers.div_ceil(PAGE)
}

/// No guard holds anything, no limit slows it down, and what changed is due at once.
fn configure(file: &Path) {
    let text = std::fs::read_to_string(file).expect("a configuration");
    let set = |line: &str| match line.split(" =").next().unwrap_or_default() {
        "max_requests_per_minute" => "max_requests_per_minute = 0".to_owned(),
        "first_push" => "first_push = \"allow\"".to_owned(),
        key @ ("increase" | "decrease" | "run_total") => format!("{key} = \"off\""),
        "min_interval" => "min_interval = \"1s\"".to_owned(),
        _ => line.to_owned(),
    };
    let text: Vec<String> = text.lines().map(set).collect();
    std::fs::write(file, text.join("\n")).expect("written");
}
