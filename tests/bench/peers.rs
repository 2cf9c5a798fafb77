//! Other people's client libraries with the same job, as a user would write it with them: `tests/bench/peers`.
//!
//! They speak https alone, so that their sandbox does. `tests/clients/run` installs them below `target/clients`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::served::Served;
use crate::{Row, export, measured};

/// Measures those that are installed, with so many customers.
pub fn measure(customers: usize, latency_ms: u32) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (clients, scripts) = (root.join("target/clients"), root.join("tests/bench/peers"));
    // Node looks for packages from where the script lies.
    let script = clients.join("node/sync_connectwise_rest.mjs");
    let rest = clients.join("node/node_modules/connectwise-rest").exists();
    if rest {
        std::fs::copy(scripts.join("sync_connectwise_rest.mjs"), &script).expect("the script");
    }
    let python = clients.join(if cfg!(windows) { "python/Scripts/python.exe" } else { "python/bin/python" });
    for (name, there, program) in [
        ("pyconnectwise", python.exists(), [python.clone(), scripts.join("sync_pyconnectwise.py")]),
        ("connectwise-rest", rest, [PathBuf::from("node"), script]),
    ] {
        if there {
            one(name, &program, customers, latency_ms);
        } else {
            println!("\n{name} is left out: tests/clients/run installs it\n");
        }
    }
}

fn one(name: &str, program: &[PathBuf; 2], customers: usize, latency_ms: u32) {
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(folder.path(), customers, latency_ms, true);
    export::write(folder.path(), customers, 0, 0);
    let writes = 6 * customers as u64;
    for (run, writes) in [("first", writes), ("steady", 0)] {
        let mut command = Command::new(&program[0]);
        command.arg(&program[1]).arg(served.reach.to_string()).arg(folder.path());
        let authority = served.reach["ca_file"].as_str().expect("ca_file");
        command.env("REQUESTS_CA_BUNDLE", authority).env("NODE_EXTRA_CA_CERTS", authority);
        command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
        let ran = measured::run(&mut command);
        assert_eq!(ran.code, 0, "{name}: {}", ran.said);
        let (requests, written) = served.count();
        assert_eq!(written, writes, "{name}, {run}: not the same job");
        let row = Row {
            customers,
            run: &format!("{run}, {name}"),
            requests,
            least: None,
            latency_ms,
            wall: ran.wall,
            memory: ran.memory,
        };
        row.print();
    }
}
