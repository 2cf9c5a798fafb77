//! How the doctor looks: on narrow and wide terminals, in colour, piped, to a monitor, in a support ticket; and what it
//! explains.

use psactl::doctor::CHECKS;
use serde_json::Value;

use super::{found, healthy, report, shown};
use crate::support::{Desk, Ran, id, shape};

/// One fault of each kind: a warning, a problem, several cases, a long line.
fn faulty() -> Desk {
    let desk = healthy();
    let company = desk.company("Eddie's TV Repair");
    let entries = format!("/company/companies/{company}/managementSummaryReports");
    let stats = id(&desk.record(&entries, "deviceType = \"BackupStats\""));
    desk.change(&format!("{entries}/{stats}"), "groupIdentifier", "EFS-999");
    let path = desk.addition_path("Eddie's TV Repair", "Online Backup Select Storage");
    desk.change(&path, "cancelledDate", "2026-11-01T00:00:00Z");
    let accounts = desk.read("accounts.csv");
    let row = accounts.lines().find(|line| line.contains("JTR-Counter")).unwrap();
    desk.edit("accounts.csv", row, &row.replace(",no,", ",yes,"));
    desk
}

fn at(desk: &Desk, columns: Option<&str>, arguments: &[&str]) -> Ran {
    let mut command = desk.command(arguments);
    match columns {
        Some(columns) => command.env("COLUMNS", columns),
        None => command.env_remove("COLUMNS"),
    };
    Desk::ran(&mut command)
}

/// The widest line, as a person sees it.
fn width(ran: &Ran) -> usize {
    let plain = anstream::adapter::strip_str(&ran.stdout).to_string();
    plain.lines().map(|line| line.chars().count()).max().unwrap_or_default()
}

#[test]
fn on_terminals_and_into_pipes() {
    let desk = faulty();
    for columns in ["80", "160"] {
        let plain = at(&desk, Some(columns), &["doctor"]).ends_with(8).is_silent_on("\u{1b}[");
        assert!(width(&plain) <= columns.parse().unwrap(), "{}", plain.stdout);
        let coloured = at(&desk, Some(columns), &["--color", "always", "doctor"]).ends_with(8);
        assert_eq!(anstream::adapter::strip_str(&coloured.stdout).to_string(), plain.stdout);
        insta::assert_snapshot!(format!("at_{columns}"), shown(&desk, &plain));
        insta::assert_snapshot!(
            format!("at_{columns}_in_colour"),
            shown(&desk, &coloured).replace('\u{1b}', "ESC")
        );
    }
    // Where nobody looks, each finding stays on its line.
    let piped = at(&desk, None, &["doctor"]).ends_with(8);
    insta::assert_snapshot!("piped", shown(&desk, &piped));
}

#[test]
fn as_json() {
    let desk = faulty();
    let report = report(&desk, &[]);
    assert_eq!(report["schema"], "psactl/doctor/1");
    insta::assert_snapshot!(shape(&report));
    let ids: Vec<&str> =
        report["checks"].as_array().unwrap().iter().map(|check| check["id"].as_str().unwrap()).collect();
    let known: Vec<&str> = CHECKS.iter().map(|known| known.id).collect();
    assert_eq!(ids, known, "each check once, in the order of the table");
}

#[test]
fn one_group_and_one_customer() {
    let desk = faulty();
    let ids = |arguments: &[&str]| {
        let report = report(&desk, arguments);
        found(&report).into_iter().map(|(id, _)| id.to_owned()).collect::<Vec<_>>()
    };
    let all = ["managed-id-missing", "managed-id-unknown", "addition-cancelled", "external-ticketing"];
    assert_eq!(ids(&[]), all);
    assert_eq!(ids(&["--only", "links"]), all[..2]);
    assert_eq!(ids(&["--only", "billing"]), all[2..3]);
    assert_eq!(ids(&["--only", "tickets"]), all[3..]);
    assert_eq!(
        ids(&["--only", "sync"]),
        ["blocked"],
        "alone, sync tells of what the others would have explained"
    );
    assert_eq!(ids(&["--cid", "342"]), ["managed-id-missing", "addition-cancelled"]);
    assert_eq!(ids(&["--cid", "355"]), ["external-ticketing"]);
    assert_eq!(ids(&["--cid", "419"]), [""; 0]);
    desk.psactl(&["doctor", "--cid", "4711"]).ends_with(6).says("the portal knows no customer 4711");
    // Only what is asked for is read.
    for (group, asked) in [("configuration", 0), ("portal", 0), ("state", 0), ("connection", 2)] {
        desk.forget_requests();
        report(&desk, &["--only", group]);
        assert_eq!(desk.requests().len(), asked, "{group}");
    }
    desk.forget_requests();
    report(&desk, &["--cid", "355"]);
    let additions = desk.requests().iter().filter(|request| request.path.ends_with("/additions")).count();
    assert_eq!(additions, 1);
}

#[test]
fn what_a_group_rests_on_is_told_where_it_fails() {
    let desk = healthy();
    desk.sandbox().set_private_key("made-anew-in-connectwise");
    for group in ["rights", "setup", "links", "billing", "tickets", "sync", "login"] {
        desk.psactl(&["doctor", "--only", group]).ends_with(8).says("the login is refused [login]");
    }
    for group in ["configuration", "portal", "state", "connection"] {
        desk.psactl(&["doctor", "--only", group]).ends_with(0);
    }
}

#[test]
fn to_a_monitor() {
    let desk = healthy();
    let line = |code: i32, arguments: &[&str]| {
        let ran = desk.psactl(&[&["doctor", "--nagios"], arguments].concat()).ends_with(code);
        assert_eq!(ran.stdout.lines().count(), 1, "{}", ran.stdout);
        ran.stdout
    };
    assert_eq!(line(0, &[]), "PSACTL OK - 71 checks find nothing | problems=0 warnings=0 skipped=2\n");
    desk.edit("accounts.csv", "187.30", "999.00");
    let said = line(1, &[]);
    assert!(
        said.starts_with("PSACTL WARNING - held: 1 change waits for a yes | problems=0 warnings=1 "),
        "{said}"
    );
    std::fs::remove_file(desk.file("accounts.csv")).unwrap();
    let said = line(2, &[]);
    assert!(
        said.starts_with("PSACTL CRITICAL - portal-data: the portal's data cannot be read | problems=1 "),
        "{said}"
    );
    let said = line(3, &["--only", "weather"]);
    assert!(said.starts_with("PSACTL UNKNOWN - "), "{said}");
    line(3, &["--strict"]);
}

#[test]
fn for_a_support_ticket() {
    let desk = faulty();
    desk.psactl(&["doctor", "--bundle", "/nowhere/at/all.json"]).ends_with(1).says("cannot write");
    let file = desk.file("ticket.json").display().to_string();
    desk.psactl(&["doctor", "--bundle", &file]).ends_with(8).says("written for a support ticket");
    desk.psactl(&["doctor", "--bundle", &file]).ends_with(2).says("a file that is not there yet");
    let text = desk.read("ticket.json");
    let secrets = [desk.read("private-key"), desk.read("integrator-password")];
    for secret in secrets.iter().map(|secret| secret.trim()) {
        assert!(!text.contains(secret));
    }
    for name in ["Eddie", "Joe TV", "Angry Fox", "JTR-Counter", "backupnotify@"] {
        assert!(!text.contains(name), "{name} in {text}");
    }
    let bundle: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(bundle["schema"], "psactl/bundle/1");
    assert_eq!(bundle["versions"]["connectwise"], "v2025.8.112345");
    assert_eq!(bundle["versions"]["psactl"], env!("CARGO_PKG_VERSION"));
    let cancelled =
        bundle["findings"].as_array().unwrap().iter().find(|check| check["id"] == "addition-cancelled");
    let evidence = cancelled.unwrap()["evidence"].to_string();
    assert!(evidence.contains("of [342] was cancelled"), "{evidence}");
    let values = bundle["configuration"]["values"].as_array().unwrap();
    let of = |key: &str| values.iter().find(|fact| fact["key"] == key).unwrap();
    assert_eq!(
        of("billing.guard.increase")["source"].as_str().unwrap().split(':').next(),
        Some("psactl.toml")
    );
    assert_eq!(of("connectwise.login.private_key")["value"], "{ file = \"private-key\" }");
    assert!(
        bundle["runs"].as_array().unwrap().iter().any(|run| run["command"] == "sync" && run["exit"] == 0)
    );
    let requests = &bundle["requests"];
    assert!(requests["sent"].as_u64().unwrap() > 10);
    assert!(requests["some"][0]["request_id"].is_string(), "{}", requests["some"][0]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    insta::assert_snapshot!(shape(&bundle));
    // Also of what can hardly be used.
    desk.edit("psactl.toml", "first_push", "frist_push");
    let broken = desk.file("broken.json").display().to_string();
    desk.psactl(&["doctor", "--bundle", &broken]).ends_with(8);
    let bundle: Value = serde_json::from_str(&desk.read("broken.json")).unwrap();
    assert!(bundle["findings"][0]["evidence"].to_string().contains("frist_push"));
}

#[test]
fn what_is_explained() {
    let desk = Desk::bare();
    let explain = |words: &[&str]| at(&desk, Some("80"), &[&["doctor", "explain"], words].concat());
    insta::assert_snapshot!("explain_a_check", explain(&["managed-id-order"]).ends_with(0).stdout);
    // As the guide prints it.
    let guide = "*ERROR: \"Exception has been thrown by the target of an invocation. --- Username or password is \
                 incorrect --- End of inner exception stack trace\"";
    let quoted = explain(&[guide]).ends_with(0);
    insta::assert_snapshot!("explain_an_error", quoted.stdout);
    let loose = explain(&["Username", "or", "password", "is", "incorrect"]).ends_with(0);
    assert_eq!(loose.stdout, explain(&["Username or password is incorrect"]).stdout);
    insta::assert_snapshot!("explain_all", explain(&[]).ends_with(0).stdout);
    let rows = [
        ("ConnectWise Management ID Error", "customer-unlinked (links, problem)"),
        ("Cross Reference Error", "cross-reference-letters (setup, problem)"),
        (
            "Specified argument was out of the range of valid values. Parameter name: x",
            "managed-id-order (links, problem)",
        ),
        (
            "{\"code\":\"Security\",\"message\":\"SSL is required.\",\"errors\":null}",
            "write site with https://",
        ),
        ("Cannot route. Codebase/company is invalid", "company_id is what is typed as Company"),
        ("You do not have security permission to perform this action.", "rights-read (rights, problem)"),
        ("Too many requests. Please try again in 30 seconds.", "max_requests_per_minute"),
        ("404 - File or directory not found.", "address of ConnectWise's login page"),
        ("UserNotAuthenticated", "the login is inactive"),
        ("recurringBillCycle or recurringOneTimeFlag is required.", "setup-products (setup, problem)"),
        ("Duplicate Tickets being created with ConnectWise Integration", "notify-email (tickets, problem)"),
        ("There will be a ConnectWise data flow issue if these two entries are switched", "managed-id-order"),
        ("the database disk image is malformed", "state-database (state, problem)"),
        ("-75.00", "addition-negative (billing, problem)"),
        ("USED AND NOT BILLED", "usage-unbilled (billing, problem)"),
    ];
    for (met, says) in rows {
        explain(&[met]).ends_with(0).says(says);
    }
    explain(&["managed-id-ordre"]).ends_with(6).says("there are: managed-id-order");
    explain(&["qqq"]).ends_with(6).says("psactl doctor explain lists every check");
    desk.psactl(&["doctor", "--only", "links", "explain", "login"]).ends_with(2);
    let told =
        desk.psactl(&["doctor", "explain", "UserNotAuthenticated", "--output", "json"]).ends_with(0).json();
    assert_eq!(told["schema"], "psactl/doctor-explain/1");
    insta::assert_snapshot!("explain_shape", shape(&told));
    let told = desk.psactl(&["--output", "json", "doctor", "explain"]).ends_with(0).json();
    assert_eq!(told["schema"], "psactl/doctor-checks/1");
    assert_eq!(told["checks"].as_array().unwrap().len(), CHECKS.len());
}

/// The README and `explain`, which the help names, have the checks of one table.
#[test]
fn one_table_of_checks() {
    let desk = Desk::bare();
    desk.narrow(&["doctor", "--help"]).ends_with(0).says("psactl doctor explain lists the checks");
    let listed = desk.narrow(&["doctor", "explain"]).ends_with(0);
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let worlds = [
        include_str!("worlds/access.rs"),
        include_str!("worlds/billing.rs"),
        include_str!("worlds/links.rs"),
        include_str!("worlds/portal.rs"),
        include_str!("worlds/setup.rs"),
        include_str!("worlds/state.rs"),
        include_str!("worlds/sync.rs"),
        include_str!("worlds/tickets.rs"),
    ]
    .concat();
    for known in CHECKS {
        assert!(listed.stdout.contains(known.id), "{} is not listed", known.id);
        assert!(readme.contains(&format!("`{}`", known.id)), "{} is not in the README", known.id);
        let step = known.id.strip_prefix("setup-").unwrap_or(known.id);
        assert!(
            worlds.contains(&format!("\"{}\"", known.id)) || worlds.contains(&format!("\"{step}\"")),
            "no world for {}",
            known.id
        );
    }
}
