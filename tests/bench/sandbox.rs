//! How large a world the sandbox carries, and how fast it answers.
//!
//! ```text
//! cargo bench --bench sandbox
//! ```
//!
//! It starts 10,000 companies with 40,000 additions, and prints how long that took, how much memory it
//! took at most, and how many small requests a second are answered over one connection that is kept
//! open. It judges nothing: machines differ.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use psactl::sandbox::{Options, Sandbox, World};

const COMPANIES: usize = 10_000;
const MEASURED_FOR: Duration = Duration::from_secs(5);

fn main() {
    // Cargo builds and runs it with all targets for a test, without the word; that asks for nothing.
    let asked = |word: &str| std::env::args().any(|argument| argument == word);
    if !asked("--bench") || asked("--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let start = Instant::now();
    let options = Options { companies: COMPANIES, world: World::Integrated, ..Options::default() };
    let sandbox = runtime.block_on(Sandbox::start(options)).expect("the sandbox");
    println!("{COMPANIES} companies with {} additions", COMPANIES * 4);
    println!("start               {:.2} s", start.elapsed().as_secs_f64());
    println!("memory, at most     {}", peak_memory());
    let agreement = "/finance/agreements/200";
    for (what, path) in [
        ("one record", agreement.to_owned()),
        ("its additions", format!("{agreement}/additions")),
        ("system/info", "/system/info".to_owned()),
    ] {
        println!("{:<19} {:.0} requests a second", what, rate(&sandbox, &path));
    }
    println!("memory, at most     {}", peak_memory());
}

/// Requests a second, one after the other over one connection.
fn rate(sandbox: &Sandbox, path: &str) -> f64 {
    let authority = sandbox.url().replace("http://", "");
    let mut connection = TcpStream::connect(&authority).expect("a connection");
    connection.set_nodelay(true).expect("a socket");
    let mut answers = BufReader::new(connection.try_clone().expect("a socket"));
    let login = format!("{}+{}:{}", sandbox.company_id(), sandbox.public_key(), sandbox.private_key());
    let request = format!(
        "GET /v2025_8/apis/3.0{path} HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Basic {}\r\n\
         clientId: {}\r\n\r\n",
        STANDARD.encode(login),
        sandbox.client_id()
    );
    let start = Instant::now();
    let mut answered = 0_u32;
    while start.elapsed() < MEASURED_FOR {
        connection.write_all(request.as_bytes()).expect("sent");
        read_answer(&mut answers, path);
        answered += 1;
    }
    f64::from(answered) / start.elapsed().as_secs_f64()
}

/// Reads one answer to its end; it must be a success.
fn read_answer(answers: &mut impl BufRead, path: &str) {
    let mut length = 0;
    let mut line = String::new();
    answers.read_line(&mut line).expect("a status");
    assert!(line.starts_with("HTTP/1.1 200"), "{path}: {line}");
    loop {
        line.clear();
        answers.read_line(&mut line).expect("a header");
        match line.trim_end().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().expect("a length"),
            Some(_) => {}
            None => break,
        }
    }
    let read = std::io::copy(&mut answers.take(length), &mut std::io::sink()).expect("a body");
    assert!(read == length && length > 0, "{path}");
}

/// The most memory that this process ever had, where the system tells.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
    kilobytes.map_or_else(|| "not known".to_owned(), |kilobytes| format!("{:.0} MiB", kilobytes / 1024.0))
}
