//! Configuration, connection, login, rights.

use std::process::Command;

use jiff::SignedDuration;
use psactl::sandbox::Options;
use serde_json::Value;

use crate::doctor::{check, finds, found, healthy, is_clean, report};
use crate::support::Desk;

/// Asserts that this check finds something and that nothing else does: what depends on it is skipped because of it.
#[track_caller]
fn stops(desk: &Desk, id: &str, says: &[&str]) -> Value {
    stops_with(desk, desk.command(&["doctor", "--output", "json"]), id, says)
}

#[track_caller]
fn stops_with(desk: &Desk, mut command: Command, id: &str, says: &[&str]) -> Value {
    let ran = Desk::ran(&mut command).ends_with(8).is_silent_on(desk.sandbox().private_key().as_str());
    let report = ran.json();
    let told = check(&report, id);
    let ids: Vec<&str> = found(&report).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, [id], "{report:#}");
    let whole = format!("{} {} {}", told["title"], told["evidence"], told["fix"]);
    for words in says {
        assert!(whole.contains(words), "“{words}” is not in {told:#}");
    }
    report
}

#[track_caller]
fn is_skipped(report: &Value, id: &str, because: &str) {
    let check = check(report, id);
    assert_eq!(check["status"], "skipped", "{check}");
    assert!(check["title"].as_str().unwrap().contains(because), "{check}");
}

#[test]
fn configuration() {
    let desk = healthy();
    let good = desk.read("psactl.toml");
    desk.edit("psactl.toml", "first_push", "frist_push");
    let report = stops(&desk, "configuration", &["frist_push", "first_push"]);
    for id in ["portal-data", "connection", "login", "setup-products", "managed-id-order", "sync"] {
        is_skipped(&report, id, "configuration must be mended first");
    }
    // The guide asks for https.
    desk.write("psactl.toml", &good.replace(&desk.sandbox().url(), "http://na.myconnectwise.net"));
    stops(&desk, "configuration", &["https://"]);
    desk.write("psactl.toml", &good);
    is_clean(&desk);
}

#[cfg(unix)]
#[test]
fn secrets() {
    use std::os::unix::fs::PermissionsExt;
    let desk = healthy();
    let mode = |name: &str, mode: u32| {
        std::fs::set_permissions(desk.file(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for name in ["private-key", "integrator-password"] {
        mode(name, 0o644);
        let said = format!("secret file {name} is open to others on this machine (mode 0644)");
        stops(&desk, "secret-open", &[&said, "chmod 600"]);
        mode(name, 0o600);
        is_clean(&desk);
    }
    let key = desk.read("private-key");
    desk.write("private-key", &format!("{key} "));
    let report = stops(&desk, "login-secret", &["ends with a blank", "instead of pasting"]);
    is_skipped(&report, "login", "login-secret must be mended first");
    assert_eq!(check(&report, "portal-data")["status"], "ok");
    desk.write("private-key", &key);
    let password = desk.read("integrator-password");
    desk.write("integrator-password", " blank first");
    stops(&desk, "integrator-password", &["begins with a blank"]);
    desk.write("integrator-password", &password);
    is_clean(&desk);
}

#[test]
fn connection() {
    let desk = healthy();
    let good = desk.read("psactl.toml");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    desk.edit("psactl.toml", &desk.sandbox().url(), &format!("http://127.0.0.1:{port}"));
    let report = stops(&desk, "connection", &["cannot be reached", "check the host and port"]);
    is_skipped(&report, "login", "connection must be mended first");
    is_skipped(
        &report,
        "billing".replace("billing", "addition-doubled").as_str(),
        "connection must be mended first",
    );
    desk.write("psactl.toml", &good);
    is_clean(&desk);

    desk.edit("psactl.toml", "company_id = \"", "company_id = \"not");
    let report = stops(&desk, "company-id", &["knows no company with the login ID “not", "login page"]);
    is_skipped(&report, "login", "company-id must be mended first");
    desk.write("psactl.toml", &good);

    let mut command = desk.command(&["doctor", "--output", "json"]);
    command.env("PSACTL_NOW", (desk.sandbox().now() + SignedDuration::from_mins(20)).to_string());
    stops_with(&desk, command, "clock", &["min off the server's", "set the clock"]);
    is_clean(&desk);
}

#[test]
fn login() {
    let desk = healthy();
    desk.sandbox().set_private_key("made-anew-in-connectwise");
    let causes = [
        "blank before or after",
        "upper and lower case",
        "inactive",
        "company ID",
        "client ID",
        "region",
        "restarted",
    ];
    let report = stops(&desk, "login", &causes);
    is_skipped(&report, "managed-id-order", "login must be mended first");
    // The likely causes that show come first: here a blank in the company ID would be one.
    desk.write("private-key", "made-anew-in-connectwise");
    is_clean(&desk);

    let login = desk.record("/system/integratorlogins", "username = \"efolder-api\"");
    let path = format!("/system/integratorlogins/{}", login["id"]);
    desk.edit("psactl.toml", "username = \"efolder-api\"", "username = \"eFolder-API\"");
    let report =
        stops(&desk, "integrator-login-differs", &["is “eFolder-API”, ConnectWise has “efolder-api”"]);
    is_skipped(&report, "setup-integrator-login", "integrator-login-differs must be mended first");
    desk.edit("psactl.toml", "username = \"eFolder-API\"", "username = \"efolder-api\"");
    is_clean(&desk);
    desk.change(&path, "inactiveFlag", true);
    stops(&desk, "integrator-login-inactive", &["integrator login “efolder-api” (#"]);
    desk.change(&path, "inactiveFlag", false);
    is_clean(&desk);
}

#[test]
fn rights() {
    let desk = healthy();
    desk.fault("GET", "/finance/agreements", "status-403", 1000);
    let report = stops(&desk, "rights-read", &["listing agreements on /finance/agreements", "Agreement API"]);
    is_skipped(&report, "addition-doubled", "agreements could not be read");
    assert_eq!(check(&report, "managed-id-order")["status"], "ok");
    desk.sandbox().clear_faults();
    is_clean(&desk);

    // An integrator login's own record tells more.
    let text = desk.read("psactl.toml");
    let key = text.lines().find(|line| line.starts_with("public_key")).unwrap().to_owned();
    desk.edit("psactl.toml", &key, "username = \"efolder-api\"");
    desk.edit(
        "psactl.toml",
        "private_key = { file = \"private-key\" }",
        "password = { file = \"integrator-password\" }",
    );
    let login = desk.record("/system/integratorlogins", "username = \"efolder-api\"");
    let path = format!("/system/integratorlogins/{}", login["id"]);
    for flag in ["companyApiFlag", "systemApiFlag", "productApiFlag", "configurationApiFlag"] {
        desk.change(&path, flag, true);
    }
    stops(&desk, "rights-login", &["lacks agreementApiFlag"]);
    desk.change(&path, "agreementApiFlag", true);
    is_clean(&desk);
}

#[test]
fn time_zone() {
    let unknown = Options { server_time_zone: "(UTC+08:00) Singapore".to_owned(), ..Options::default() };
    let desk = Desk::with(unknown);
    desk.set_up();
    desk.psactl(&["sync", "--open-standing"]).ends_with(0);
    is_clean(&desk);
    // The exports want one too, for their own times.
    desk.edit("psactl.toml", "time_zone = ", "# time_zone = ");
    let report = report(&desk, &["--only", "connection"]);
    assert_eq!(found(&report), [("time-zone", "warning")]);
    let told = check(&report, "time-zone").to_string();
    assert!(told.contains("“(UTC+08:00) Singapore”") && told.contains("time_zone in [portal]"), "{told}");
}

#[test]
fn licence() {
    let desk = Desk::with(Options { managed_services_licence: false, ..Options::default() });
    desk.set_up();
    desk.psactl(&["sync", "--open-standing"]).ends_with(0);
    let told = finds(&desk, "licence", &["MSP add-on"]);
    assert_eq!(told["status"], "warning");
}
