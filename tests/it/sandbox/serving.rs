//! How the sandbox serves: https, compression, latency, failures by chance.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use psactl::sandbox::{Options, World};
use serde_json::{Value, json};

use super::{Psa, http, send};

/// A sandbox with an authority of its own, and a client that trusts nobody else.
async fn encrypted(folder: &tempfile::TempDir) -> Psa {
    let tls = Some(folder.path().join("tls"));
    let mut psa = Psa::start(Options { tls, companies: 60, ..Options::default() }).await;
    let authority = std::fs::read(psa.sandbox.ca_file().expect("a file")).expect("an authority");
    let authority = reqwest::Certificate::from_pem(&authority).expect("a certificate");
    http();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([authority]);
    psa.http = client.build().expect("a client");
    psa
}

#[tokio::test]
async fn https_with_an_authority_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let psa = encrypted(&folder).await;
    let url = psa.sandbox.url();
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    let info = send(psa.http.get(format!("{url}/login/companyinfo/sunshineit"))).await.ok();
    assert_eq!(Some(info["SiteUrl"].as_str().expect("text")), url.strip_prefix("https://"));
    let named = url.replace("127.0.0.1", "localhost");
    assert_eq!(send(psa.http.get(format!("{named}/login/companyinfo/nobody"))).await.ok(), Value::Null);
    let first = psa.get("/company/companies?pageSize=50").await;
    assert_eq!(first.ok().as_array().map(Vec::len), Some(50));
    let link = first.header("link").to_owned();
    assert!(link.starts_with(&format!("<{url}/v2025_8/apis/3.0/company/companies?")), "{link}");
    let untrusting = http().get(format!("{url}/login/companyinfo/sunshineit")).send().await;
    assert!(untrusting.is_err(), "an authority that nobody trusts");
    // It serves on after a handshake that failed, and after one that never comes.
    let authority = url.strip_prefix("https://").expect("https");
    let _silent = tokio::net::TcpStream::connect(authority).await.expect("a connection");
    assert_eq!(psa.get("/system/info").await.status, 200);
    psa.sandbox.stop().await;
}

#[tokio::test]
async fn faults_strike_encrypted_connections_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let psa = encrypted(&folder).await;
    for kind in ["reset", "applied-then-reset", "truncated", "truncated-chunked"] {
        let url = format!("{}/faults", psa.sandbox.control_url());
        send(psa.http.post(url).json(&json!({"kind": kind}))).await.ok();
        let answer = psa.ask("GET", "/system/info").send().await;
        let whole = match answer {
            Ok(answer) => answer.text().await,
            Err(why) => Err(why),
        };
        assert!(whole.is_err(), "{kind}: {whole:?}");
        assert_eq!(psa.get("/system/info").await.status, 200, "{kind}: only once");
    }
}

#[tokio::test]
async fn large_answers_are_compressed_when_asked() {
    let mut psa = Psa::start(Options { companies: 60, ..Options::default() }).await;
    let list = psa.get("/company/companies?pageSize=1000").await.ok();
    assert!(list.as_array().expect("a list").len() > 60, "a client that asks for it by itself");
    psa.http = reqwest::Client::builder().no_proxy().no_gzip().build().expect("a client");
    for (path, encoding, compressed) in [
        ("/company/companies", "gzip, deflate", true),
        ("/company/companies", "identity", false),
        ("/company/companies/count", "gzip", false),
    ] {
        let answer =
            psa.ask("GET", path).header("accept-encoding", encoding).send().await.expect("an answer");
        let header = answer.headers().get("content-encoding").map(|value| value.to_str().expect("text"));
        assert_eq!(header == Some("gzip"), compressed, "{path} {encoding}");
        let bytes = answer.bytes().await.expect("a body");
        assert_eq!(bytes.starts_with(&[0x1f, 0x8b]), compressed, "{path} {encoding}");
    }
}

#[tokio::test]
async fn answers_take_their_time() {
    let (latency, jitter) = (Duration::from_millis(60), Duration::from_millis(40));
    let psa = Psa::start(Options { latency, jitter, ..Options::default() }).await;
    let start = Instant::now();
    assert_eq!(psa.get("/system/info").await.status, 200);
    assert!(start.elapsed() >= latency);
}

#[tokio::test]
async fn failures_by_chance_do_nothing() {
    let options = Options { failure_rate: 0.5, world: World::Integrated, ..Options::default() };
    let psa = Psa::start(options).await;
    let mut written = 0;
    for name in 0..40 {
        let got = psa.post("/service/sources", json!({"name": format!("Source {name}")})).await;
        assert!([201, 500, 502, 503].contains(&got.status), "{got:?}");
        written += usize::from(got.status == 201);
    }
    assert!((1..40).contains(&written), "{written}");
    let log = psa.sandbox.requests();
    assert_eq!(log.iter().filter(|request| request.applied).count(), written);
    assert_eq!(log.iter().filter(|request| request.fault.is_some()).count(), 40 - written);
}

#[test]
fn values_that_make_no_sense_are_refused_with_one_that_does() {
    let table = [
        ("--latency", "20", "such as 20ms"),
        ("--jitter", "2h", "at most an hour"),
        ("--rate-limit", "0", "not in 1.."),
        ("--fail", "200%", "such as 2% or 0.02"),
        ("--fail", "nan", "such as 2% or 0.02"),
        ("--release", "2018", "2019"),
    ];
    for (option, value, said) in table {
        let mut command = Command::new(env!("CARGO_BIN_EXE_psactl"));
        let ran = command.args(["sandbox", option, value]).stdin(Stdio::null()).output().expect("psactl");
        let why = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.code() == Some(2) && why.contains(said), "{option} {value}: {why}");
    }
}

#[test]
fn a_folder_with_another_authority_is_left_alone() {
    let home = tempfile::tempdir().expect("a folder");
    std::fs::write(home.path().join("ca.pem"), "somebody's").expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_psactl"));
    let ran =
        command.arg("sandbox").arg("--tls").arg(home.path()).stdin(Stdio::null()).output().expect("psactl");
    let why = String::from_utf8_lossy(&ran.stderr);
    assert!(!ran.status.success() && why.contains("is left alone") && !why.contains("--port"), "{why}");
}

#[cfg(unix)]
mod terminated {
    use std::io::{BufRead, BufReader};
    use std::path::Path;
    use std::process::{Child, Command, Stdio};

    use serde_json::{Value, json};

    /// `psactl sandbox` with an environment of its own: its process and how to reach it.
    fn served(home: &Path, arguments: &[&str]) -> (Child, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_psactl"));
        command.args(["sandbox", "--output", "json"]).args(arguments).env_clear().env("HOME", home);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("psactl");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
        (child, serde_json::from_str(&line).expect("JSON"))
    }

    #[test]
    fn psactl_works_against_an_encrypted_sandbox_that_stops_when_it_is_terminated() {
        let home = tempfile::tempdir().expect("a folder");
        let (config, tls) = (home.path().join("trial/psactl.toml"), home.path().join("tls"));
        let text = |path: &Path| path.to_str().expect("text").to_owned();
        let arguments =
            ["--tls", &text(&tls), "--write-config", &text(&config), "--fail", "0%", "--jitter", "1ms"];
        let (mut child, reach) = served(home.path(), &arguments);
        assert!(reach["url"].as_str().is_some_and(|url| url.starts_with("https://")), "{reach}");
        let ca_file = text(&tls.join("ca.pem"));
        assert_eq!(reach["ca_file"], json!(ca_file));
        let written = std::fs::read_to_string(&config).expect("a configuration");
        assert!(written.contains(&format!("ca_file = \"{ca_file}\"\n")), "{written}");
        let state = text(&home.path().join("state"));
        let mut doctor = Command::new(env!("CARGO_BIN_EXE_psactl"));
        doctor.args(["--config", &text(&config), "--state", &state, "doctor", "--only", "login"]);
        let doctor = doctor.env_clear().env("HOME", home.path()).output().expect("psactl");
        assert!(doctor.status.success(), "{doctor:?}");

        let done = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill");
        assert!(done.success());
        assert!(child.wait().expect("an end").success());
    }
}
