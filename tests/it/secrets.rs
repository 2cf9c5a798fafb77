//! Secrets stand nowhere: not on a stream, not in the state, not on a command line, whatever goes wrong.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use psactl::sandbox::{Fault, Options, World};

use crate::support::{Desk, Ran};

/// Every form in which a secret could be seen.
fn forms(desk: &Desk) -> Vec<String> {
    let (key, password) = (desk.read("private-key"), desk.read("integrator-password"));
    let company = desk.sandbox().company_id();
    let users = [desk.sandbox().public_key(), desk.sandbox().integrator_username().to_owned()];
    let mut forms = vec![key.clone(), password.clone(), STANDARD.encode(&key), STANDARD.encode(&password)];
    for (user, secret) in users.iter().zip([&key, &password]) {
        // Without the end, where what comes before decides the digits.
        let basic = STANDARD.encode(format!("{company}+{user}:{secret}"));
        forms.push(basic.trim_end_matches('=').to_owned());
    }
    forms
}

#[track_caller]
fn assert_clean(forms: &[String], what: &str, bytes: &[u8]) {
    for form in forms {
        let found = bytes.windows(form.len()).any(|window| window == form.as_bytes());
        assert!(!found, "a secret is in {what}:\n{}", String::from_utf8_lossy(bytes));
    }
}

/// Every command there is, as talkative as can be.
const COMMANDS: &[&[&str]] = &[
    &["setup", "--check"],
    &["setup", "--dry-run"],
    &["setup", "--apply", "--yes", "--vendor-sync-is-off"],
    &["companies"],
    &["companies", "link", "342", "Eddie's TV Repair", "--yes"],
    &["companies", "adopt", "--yes"],
    &["setup", "--apply", "--yes"],
    &["sync", "--dry-run"],
    &["sync", "--open-standing"],
    &["sync", "--verify"],
    &["review"],
    &["review", "--approve", "all"],
    &["review", "--take-over", "1"],
    &["events"],
    &["events", "--errors"],
    &["events", "show", "1"],
    &["reprocess", "1", "--yes"],
    &["reprocess", "--errors", "--yes"],
    &["events", "--jsonl"],
    &["report"],
    &["report", "--html"],
    &["report", "--csv"],
    &["report", "--due", "30d"],
    &["status"],
    &["why", "342"],
    &["history", "--all"],
    &["history", "show", "1"],
    &["portal", "check"],
    &["config", "show"],
    &["config", "check"],
    &["doctor"],
];

fn every_command(desk: &Desk, situation: &str) {
    let (key, password) = (desk.read("private-key"), desk.read("integrator-password"));
    let forms = forms(desk);
    for arguments in COMMANDS {
        for output in ["table", "json"] {
            let mut command = desk.command(&["-vvv", "--output", output]);
            // What the libraries below know includes headers; no variable makes them talk.
            command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
            let Ran { stdout, stderr, code } = Desk::ran(command.args(*arguments));
            let what = format!("{situation}: {arguments:?}, exit {code}");
            assert!((0..=8).contains(&code), "{what}\n{stderr}");
            assert_clean(&forms, &what, stdout.as_bytes());
            assert_clean(&forms, &what, stderr.as_bytes());
        }
    }
    let mailed = [("plan.json", &["sync", "--save-plan"]), ("bundle.json", &["doctor", "--bundle"])];
    for (name, arguments) in mailed {
        let path = desk.file(name);
        Desk::ran(desk.command(arguments).arg(&path));
        if let Ok(bytes) = std::fs::read(&path) {
            assert_clean(&forms, &format!("{situation}: {name}"), &bytes);
        }
    }
    for file in std::fs::read_dir(desk.file("state")).unwrap() {
        let path = file.unwrap().path();
        assert_clean(&forms, &format!("{situation}: {}", path.display()), &std::fs::read(&path).unwrap());
    }
    assert_eq!((desk.read("private-key"), desk.read("integrator-password")), (key, password));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| std::fs::metadata(desk.file(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("private-key"), mode("integrator-password")), (0o600, 0o600));
        assert_eq!(mode("state"), 0o700);
        for file in std::fs::read_dir(desk.file("state")).unwrap() {
            let path = file.unwrap().path();
            // The lock holds a process number; it too is behind the folder's rights.
            if path.extension().is_none_or(|extension| extension != "lock") {
                let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
                assert_eq!(mode, 0o600, "{}", path.display());
            }
        }
    }
}

fn faulty(desk: &Desk, kind: &str) {
    let fault = Fault { kind: kind.to_owned(), times: Some(u32::MAX), ..Fault::default() };
    desk.sandbox().add_fault(fault).unwrap();
}

#[test]
fn where_all_is_well() {
    every_command(&Desk::bare(), "all is well");
}

#[test]
fn with_an_integrator_login() {
    let desk = Desk::with(Options { world: World::Integrated, ..Options::default() });
    let user = format!("username = \"{}\"", desk.sandbox().integrator_username());
    let text = desk.read("psactl.toml");
    let lines = text.lines().map(|line| match line.split('=').next().unwrap_or_default().trim() {
        "public_key" => user.clone(),
        "private_key" => "password = { file = \"integrator-password\" }".to_owned(),
        _ => line.to_owned(),
    });
    desk.write("psactl.toml", &lines.collect::<Vec<_>>().join("\n"));
    every_command(&desk, "integrator login");
}

#[test]
fn where_the_login_is_wrong() {
    let desk = Desk::running();
    desk.sandbox().set_private_key("another");
    every_command(&desk, "wrong password");
}

#[test]
fn where_rights_are_missing() {
    let desk = Desk::bare();
    faulty(&desk, "status-403");
    every_command(&desk, "403");
}

#[test]
fn where_the_server_fails() {
    let desk = Desk::running();
    faulty(&desk, "status-500");
    every_command(&desk, "500");
}

#[test]
fn where_nobody_answers() {
    let desk = Desk::running();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    desk.edit("psactl.toml", &desk.sandbox().url(), &format!("http://{gone}"));
    every_command(&desk, "unreachable");
}

/// A proxy that repeats the request in its complaint, header and all, as debugging pages do.
#[test]
fn where_the_answer_repeats_the_request() {
    for padding in [0, 150, 230, 280] {
        let desk = Desk::running();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        desk.edit("psactl.toml", &desk.sandbox().url(), &url);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                use std::io::{Read, Write};
                let Ok(mut stream) = stream else { break };
                let mut request = [0; 8192];
                let length = stream.read(&mut request).unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                let basic = request.lines().find_map(|line| line.split_once(": Basic "));
                let answer = match basic {
                    None => "{\"CompanyName\":\"x\",\"Codebase\":\"v2025_1/\",\"VersionCode\":\"v2025.8\",\"CompanyID\":\"x\",\"IsCloud\":false,\"SiteUrl\":null}".to_owned(),
                    Some((_, value)) => format!("{{\"code\":\"Bad\",\"message\":\"{} {value} {value}\"}}", "x".repeat(padding)),
                };
                let status = if basic.is_none() { "200 OK" } else { "400 Bad Request" };
                let _gone = write!(
                    stream,
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
                    answer.len()
                );
            }
        });
        let basic = forms(&desk).pop().unwrap();
        // Even the beginning of it, where the message was cut.
        let company = desk.sandbox().company_id();
        let begun = STANDARD_NO_PAD.encode(format!(
            "{company}+{}:{}",
            desk.sandbox().public_key(),
            &desk.read("private-key")[..3]
        ));
        let ran = desk.psactl(&["-vvv", "sync", "--verify"]);
        assert!((ran.stdout.clone() + &ran.stderr).contains("***"), "{}{}", ran.stdout, ran.stderr);
        assert_clean(
            &[basic, begun[..begun.len() - 2].to_owned()],
            "the answer repeated",
            (ran.stdout + &ran.stderr).as_bytes(),
        );
        every_command(&desk, "repeated");
    }
}

/// The command line of a running psactl, which anybody on the machine can read.
#[cfg(target_os = "linux")]
#[test]
fn not_on_a_command_line() {
    use std::process::Stdio;

    let desk = Desk::with(Options { latency: std::time::Duration::from_millis(100), ..Options::default() });
    let forms = forms(&desk);
    let mut command = desk.command(&["setup", "--apply", "--yes", "--vendor-sync-is-off"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while desk.writes().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    for name in ["cmdline", "environ"] {
        let bytes = std::fs::read(format!("/proc/{}/{name}", child.id())).unwrap();
        assert!(!bytes.is_empty());
        assert_clean(&forms, name, &bytes);
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A command that prints one secret is not handed the others.
#[cfg(unix)]
#[test]
fn not_in_the_environment_of_a_command() {
    let desk = Desk::running();
    let password = desk.read("integrator-password");
    desk.edit("psactl.toml", "{ file = \"integrator-password\" }", "{ env = \"PSA_PASSWORD\" }");
    let command = "{ command = \"printenv PSA_PASSWORD > seen; printenv HOME > home; cat private-key\" }";
    desk.edit("psactl.toml", "{ file = \"private-key\" }", command);
    Desk::ran(desk.command(&["sync", "--verify"]).env("PSA_PASSWORD", &password)).ends_with(0);
    assert_eq!((desk.read("seen").as_str(), desk.read("home").is_empty()), ("", false));
}
