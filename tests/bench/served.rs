//! A sandbox in a process of its own, and how its requests are counted.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The program under test.
pub const PSACTL: &str = env!("CARGO_BIN_EXE_psactl");

/// A sandbox that is served; it ends with this value.
pub struct Served {
    child: Child,
    /// How to reach it, as it says itself.
    pub reach: Value,
}

impl Served {
    /// Serves the sample MSP with so many generated companies, and writes a configuration for it into the folder.
    pub fn start(folder: &Path, companies: usize, latency_ms: u32, tls: bool) -> Served {
        let mut command = Command::new(PSACTL);
        command
            .args(["sandbox", "--output", "json", "--sample", "--companies", &companies.to_string()])
            .args(["--latency", &format!("{latency_ms}ms"), "--write-config"])
            .arg(folder.join("psactl.toml"));
        if tls {
            command.arg("--tls").arg(folder.join("tls"));
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the sandbox");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
        let reach = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        Served { child, reach }
    }

    /// How many requests came since the last time this was asked, and how many writes were done among them.
    pub fn count(&self) -> (u64, u64) {
        let counts: Value = serde_json::from_str(&self.control("GET", "/counts")).expect("counts");
        self.control("DELETE", "/requests");
        let number = |name: &str| counts[name].as_u64().expect("a number");
        (number("total"), number("applied"))
    }

    fn control(&self, method: &str, path: &str) -> String {
        let authority = self.reach["control_url"].as_str().expect("control_url").replace("http://", "");
        let mut connection = TcpStream::connect(&authority).expect("the control port");
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer.split_once("\r\n\r\n").expect("a body").1.to_owned()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().expect("its end");
        self.child.wait().expect("its end");
    }
}
