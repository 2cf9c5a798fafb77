//! `psactl demo`, `sandbox`, `completions` and the help of every command, through the binary.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{Desk, Ran};

/// The binary with an environment of its own, and 100 columns.
fn psactl(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_psactl"));
    command.args(arguments).env_clear().env("HOME", home).env("TMPDIR", home).env("COLUMNS", "100");
    command.stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Ran {
    let home = tempfile::tempdir().unwrap();
    run_at(home.path(), arguments)
}

fn run_at(home: &Path, arguments: &[&str]) -> Ran {
    Desk::ran(&mut psactl(home, arguments))
}

/// A child that is stopped with the test, by its own id.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

/// Starts `psactl sandbox` and reads the one line that says how to reach it.
fn serve(home: &Path, arguments: &[&str]) -> (Served, Value) {
    let arguments = [&["sandbox", "--output", "json"], arguments].concat();
    let mut child = psactl(home, &arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Served(child), serde_json::from_str(&line).unwrap())
}

/// A GET without any client: what stands on the wire.
fn raw_get(url: &str, path: &str) -> String {
    let authority = url.strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(authority).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_demo_shows_the_whole_job_and_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let ran = Desk::ran(psactl(home.path(), &["demo"]).env("NO_COLOR", "1")).ends_with(0);
    let ran = ran
        .says("Every step had its effect.")
        .says("9. The doctor again")
        .says("=> read back: Angry Fox now pays 18.65 instead of being paid")
        .says("=> read back: the second run sent no request")
        .is_silent_on("SandboxPrivate");
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "no colours");
    let left: Vec<_> = std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, Vec::<std::path::PathBuf>::new(), "nothing is left behind, in the home neither");
}

#[test]
fn the_demo_runs_the_whole_job_on_axcients_api() {
    let home = tempfile::tempdir().unwrap();
    let ran = Desk::ran(psactl(home.path(), &["demo", "--portal", "x360recover"]).env("NO_COLOR", "1"));
    ran.ends_with(0)
        .says("Every step had its effect.")
        .says("/x360recover")
        .says("=> read back: addition #3004 would bill -225.00 on the next invoice")
        .says("=> read back: Angry Fox now pays 278.57 instead of being paid")
        .says("=> read back: the second run sent no request")
        .says("=> read back: the ticket of the mended backup was resolved")
        .is_silent_on("SandboxAxcientKey");
}

#[test]
fn the_demo_can_be_kept_to_look_at() {
    let home = tempfile::tempdir().unwrap();
    let kept = home.path().join("kept");
    let ran = Desk::ran(&mut psactl(home.path(), &["demo", "--keep", kept.to_str().unwrap()]));
    ran.ends_with(0);
    for file in ["psactl.toml", "accounts.csv", "events.csv", "private-key"] {
        assert!(kept.join(file).exists(), "{file}");
    }
}

#[test]
fn the_sandbox_serves_until_it_is_stopped_and_its_configuration_works() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("trial").join("psactl.toml");
    let (served, reach) = serve(home.path(), &["--write-config", config.to_str().unwrap()]);
    assert_eq!(reach["schema"], "psactl/sandbox/1");
    for key in [
        "url",
        "control_url",
        "portal_url",
        "x360recover_url",
        "x360recover_key",
        "company_id",
        "client_id",
        "public_key",
        "private_key",
    ] {
        assert!(reach[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {reach}");
    }
    let url = reach["url"].as_str().unwrap();
    let answer = raw_get(url, "/login/companyinfo/sunshineit");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("Sunshine IT Partners"), "{answer}");
    let answer = raw_get(url, "/v2025_8/apis/3.0/system/info");
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert!(raw_get(reach["control_url"].as_str().unwrap(), "/requests").contains("\"total\""));

    let state = home.path().join("state");
    let with = |arguments: &[&str]| {
        let global = ["--config", config.to_str().unwrap(), "--state", state.to_str().unwrap()];
        Desk::ran(&mut psactl(home.path(), &[&global, arguments].concat()))
    };
    with(&["doctor", "--only", "login"]).ends_with(0).says("login accepted");
    with(&["setup", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(3);
    with(&["companies", "link", "355", "Joe TV Repair"]).ends_with(0);

    stop(served);
    assert!(std::net::TcpStream::connect(url.strip_prefix("http://").unwrap()).is_err());
}

/// Ctrl-C, to this child alone, which ends well.
#[cfg(unix)]
fn stop(mut served: Served) {
    let done = Command::new("kill").args(["-INT", &served.0.id().to_string()]).status().unwrap();
    assert!(done.success());
    let ended = served.0.wait().unwrap();
    assert!(ended.success(), "{ended}");
}

/// No Ctrl-C can be sent to one child alone here.
#[cfg(not(unix))]
fn stop(served: Served) {
    drop(served);
}

#[test]
fn the_sample_sandbox_is_set_up_and_linked() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("psactl.toml");
    let (_served, _) =
        serve(home.path(), &["--sample", "--companies", "3", "--write-config", config.to_str().unwrap()]);
    let global = ["--config", config.to_str().unwrap(), "--state", home.path().to_str().unwrap()];
    let ran = Desk::ran(&mut psactl(home.path(), &[&global[..], &["companies", "adopt", "--yes"]].concat()));
    ran.ends_with(0).says("3 links adopted.");
}

#[test]
fn a_port_that_is_taken_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = run(&["sandbox", "--port", &port]);
    assert_ne!(ran.code, 0);
    ran.says("starting the sandbox").says("--port 0 takes a free port");
}

#[test]
fn the_checked_in_completions_are_those_of_the_binary() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    for (shell, file) in [
        ("bash", "psactl.bash"),
        ("zsh", "_psactl"),
        ("fish", "psactl.fish"),
        ("powershell", "_psactl.ps1"),
        ("elvish", "psactl.elv"),
    ] {
        let ran = run(&["completions", shell]).ends_with(0);
        assert!(ran.stdout.contains("take-over"), "{shell} knows the options");
        if std::env::var_os("PSACTL_WRITE_COMPLETIONS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(file), &ran.stdout).unwrap();
        }
        let kept = std::fs::read_to_string(folder.join(file)).unwrap_or_default().replace("\r\n", "\n");
        assert!(
            kept == ran.stdout.replace("\r\n", "\n"),
            "completions/{file} is not what the binary prints: psactl completions {shell} > completions/{file}"
        );
    }
    run(&["completions", "tcsh"]).ends_with(2).says("possible values");
}

#[test]
fn the_help_of_every_command() {
    let shown = |arguments: &[&str]| {
        let ran = run(arguments).ends_with(0);
        assert_eq!(ran.stderr, "");
        ran.stdout.replace(concat!("psactl ", env!("CARGO_PKG_VERSION")), "psactl VERSION")
    };
    insta::assert_snapshot!("help", shown(&["help"]));
    assert_eq!(run(&[]).code, 2, "no command at all");
    for command in [
        "demo",
        "init",
        "setup",
        "companies",
        "sync",
        "apply",
        "status",
        "why",
        "report",
        "pause",
        "resume",
        "review",
        "events",
        "reprocess",
        "history",
        "undo",
        "state",
        "doctor",
        "config",
        "portal",
        "sandbox",
        "completions",
        "man",
        "help",
    ] {
        insta::assert_snapshot!(format!("help-{command}"), shown(&[command, "--help"]));
        shown(&[command, "-h"]);
    }
    for (command, action) in [
        ("companies", "link"),
        ("companies", "unlink"),
        ("companies", "adopt"),
        ("companies", "suggest"),
        ("companies", "import"),
        ("companies", "add"),
        ("events", "show"),
        ("history", "show"),
        ("state", "rebuild"),
        ("state", "keep"),
        ("portal", "check"),
        ("doctor", "explain"),
        ("config", "show"),
        ("config", "path"),
        ("config", "check"),
    ] {
        insta::assert_snapshot!(format!("help-{command}-{action}"), shown(&[command, action, "--help"]));
    }
}

#[test]
fn a_wrong_command_line_is_exit_2_and_names_what_is_near() {
    run(&["snyc"]).ends_with(2).says("sync");
    run(&["sync", "--dryrun"]).ends_with(2).says("--dry-run");
    run(&["sync", "--only", "ticket"]).ends_with(2).says("tickets");
}

#[test]
fn without_a_configuration_it_says_where_one_would_be() {
    for command in [&["sync"][..], &["setup", "--check"], &["companies"], &["events"]] {
        run(command).ends_with(3).says("psactl.toml");
    }
    run(&["doctor"]).ends_with(8).says("psactl.toml");
}

/// What is there already and is nobody's trial is not written over.
#[test]
fn the_sandbox_writes_over_its_own_files_alone() {
    let home = tempfile::tempdir().unwrap();
    let (config, key) = (home.path().join("psactl.toml"), home.path().join("private-key"));
    let write = ["sandbox", "--write-config", config.to_str().unwrap()];
    std::fs::write(&key, "a real one").unwrap();
    run_at(home.path(), &write).ends_with(2).says("private-key is there and is no sandbox's");
    std::fs::remove_file(&key).unwrap();
    std::fs::write(&config, "[connectwise]\n").unwrap();
    run_at(home.path(), &write)
        .ends_with(2)
        .says("psactl.toml is there and is no sandbox's")
        .says("new folder");
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "[connectwise]\n");
    assert!(!key.exists());
    std::fs::remove_file(&config).unwrap();
    let arguments = ["--write-config", config.to_str().unwrap()];
    drop(serve(home.path(), &arguments));
    let before = std::fs::read_to_string(&config).unwrap();
    drop(serve(home.path(), &arguments));
    assert_ne!(std::fs::read_to_string(&config).unwrap(), before, "its own is written anew");
}

#[test]
fn a_demo_is_kept_in_a_folder_of_its_own() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("notes.txt"), "mine").unwrap();
    let keep = ["demo", "--keep", home.path().to_str().unwrap()];
    run_at(home.path(), &keep).ends_with(2).says("is not empty").says("name a new folder");
    let nowhere = home.path().join("notes.txt").join("below");
    let keep = ["demo", "--keep", nowhere.to_str().unwrap()];
    run_at(home.path(), &keep).ends_with(1).says("cannot use").says("below").says("may write to");
}
