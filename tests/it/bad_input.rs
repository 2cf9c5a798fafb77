//! Everything a person or another program can get wrong: the exit code says what kind of thing it is, the
//! message what it was and what to do, and nothing is written to ConnectWise.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Desk, NOW, Ran};

/// Runs a command of which nothing may reach ConnectWise, and which must end with this code and say this.
#[track_caller]
fn refused(desk: &Desk, command: &mut Command, code: i32, says: &[&str]) -> Ran {
    desk.forget_requests();
    let mut ran = Desk::ran(command).ends_with(code);
    for text in says {
        ran = ran.says(text);
    }
    assert_eq!(desk.writes(), [""; 0]);
    ran.is_silent_on("panicked").is_silent_on("RUST_BACKTRACE")
}

const SYNC: &[&str] = &["sync", "--verify"];

#[test]
fn mistakes_in_the_configuration() {
    let desk = Desk::running();
    let good = desk.read("psactl.toml");
    // What is replaced, by what, and what is said.
    let rows: &[(&str, &str, &[&str])] = &[
        ("company_id =", "compny_id =", &["psactl.toml:10:1: unknown key", "did you mean \"company_id\"?"]),
        ("[billing.guard]", "[billing.gaurd]", &["unknown", "did you mean \"guard\"?"]),
        ("increase = \"50%\"", "increase = \"50\"", &["increase"]),
        ("max_age = \"36h\"", "max_age = \"soon\"", &["max_age", "soon"]),
        ("enabled = true", "enabled = perhaps", &["psactl.toml:"]),
        ("http://127.0.0.1", "http://psa.example", &["https"]),
        ("company_id = ", "company_id = \"\" # ", &["company_id"]),
        (
            "private_key = { file = \"private-key\" }",
            "private_key = \"hunter2\"",
            &["secrets never stand in psactl.toml"],
        ),
        ("time_zone = \"America/New_York\"", "time_zone = \"Mars/Olympus\"", &["Mars/Olympus"]),
    ];
    for (from, to, says) in rows {
        assert!(good.contains(from), "{from}");
        desk.write("psactl.toml", &good.replacen(from, to, 1));
        for command in [SYNC, &["setup", "--check"], &["companies"], &["events"], &["reprocess", "1"]] {
            let ran = refused(&desk, &mut desk.command(command), 3, says);
            assert_eq!(ran.stdout, "", "{to}");
            assert!(ran.stderr.contains("next: "), "{}", ran.stderr);
            ran.is_silent_on("hunter2");
        }
        // The doctor says the same, wrapped.
        refused(&desk, &mut desk.command(&["doctor"]), 8, &["the configuration cannot be used"]);
    }
}

#[test]
fn a_configuration_that_is_not_there() {
    let desk = Desk::running();
    let missing = desk.file("elsewhere.toml");
    let said = missing.display().to_string();
    refused(
        &desk,
        desk.command(SYNC).arg("--config").arg(&missing),
        3,
        &["no configuration", &said, "next: "],
    );
    refused(&desk, desk.command(SYNC).env("PSACTL_CONFIG", &missing), 3, &["no configuration", &said]);
    let looked = desk.file(".config/psactl/psactl.toml").display().to_string();
    refused(&desk, desk.command(SYNC).env_remove("PSACTL_CONFIG"), 3, &["no configuration", &looked]);
    refused(&desk, desk.command(SYNC).env("PSACTL_CONFIG", desk.folder()), 3, &["cannot read", "next: "]);
}

#[test]
fn exports_that_cannot_be_read() {
    let desk = Desk::running();
    for name in ["accounts.csv", "events.csv"] {
        let good = desk.read(name);
        let rows: &[(&str, Option<&[u8]>, &[&str])] = &[
            ("missing", None, &["cannot read", name, "next: "]),
            ("empty", Some(b""), &[name, "next: "]),
            ("no table", Some(b"Dear customer,\nthe export failed.\n"), &[name, "next: "]),
            ("binary", Some(b"PK\x03\x04\x00\x00\xff\xfe"), &[name, "next: "]),
        ];
        for (what, bytes, says) in rows {
            match bytes {
                Some(bytes) => std::fs::write(desk.file(name), bytes).unwrap(),
                None => std::fs::remove_file(desk.file(name)).unwrap(),
            }
            let ran = refused(&desk, &mut desk.command(SYNC), 5, says);
            assert_eq!(ran.stdout, "", "{name} {what}");
            refused(&desk, &mut desk.command(&["doctor", "--only", "portal"]), 8, &[name]);
            desk.write(name, &good);
            // Once it is right again, the next trouble is a new one.
            desk.psactl(SYNC).ends_with(0);
        }
    }
    let accounts = desk.read("accounts.csv");
    for (column, other) in [("CID", "Customer Colour"), ("Account No", "Colour")] {
        desk.write("accounts.csv", &accounts.replacen(column, other, 1));
        refused(&desk, &mut desk.command(SYNC), 5, &["accounts.csv", "next: "]);
        // The scheduler is told once, not every minute.
        refused(&desk, &mut desk.command(SYNC), 0, &["still: ", "accounts.csv"]);
        desk.write("accounts.csv", &accounts);
        desk.psactl(SYNC).ends_with(0);
    }
}

/// A partial sum is a wrong bill: the customer of a broken row is not billed, the others are.
#[test]
fn a_broken_row_blocks_its_customer_alone() {
    let desk = Desk::running();
    desk.later(jiff::SignedDuration::from_hours(13));
    desk.edit("accounts.csv", ",148.20,", ",lots,");
    desk.edit("accounts.csv", ",18.05,", ",19.05,");
    desk.forget_requests();
    let ran = desk.psactl(&["sync"]).ends_with(6);
    ran.says("accounts.csv:2")
        .says("lots")
        .says("342")
        .says("a partial sum is a wrong bill")
        .says("1 agreement addition updated");
    let written: Vec<String> =
        desk.requests().into_iter().filter(|r| r.method == "PATCH").map(|r| r.path).collect();
    assert!(written.iter().all(|path| !path.contains("/agreements/121/")), "{written:?}");
}

#[test]
fn logins_that_are_refused() {
    let desk = Desk::running();
    desk.sandbox().set_private_key("another");
    refused(&desk, &mut desk.command(SYNC), 4, &["refused the login", "next: "]);
    refused(&desk, &mut desk.command(&["setup", "--apply", "--yes"]), 4, &["refused the login"]);
    refused(&desk, &mut desk.command(&["companies", "adopt", "--yes"]), 4, &["refused the login"]);
    refused(&desk, &mut desk.command(&["doctor"]), 8, &["refused the login"]);
    // The scheduler waits, so that no account is locked; nothing is even asked.
    let ran =
        refused(&desk, &mut desk.command(SYNC), 0, &["still: ", "not tried again before", "not locked"]);
    assert_eq!(desk.requests().len(), 0, "{}", ran.stderr);
    let desk = Desk::bare();
    desk.edit("psactl.toml", "company_id = \"", "company_id = \"not");
    for command in [&["companies", "suggest"][..], &["setup", "--check"]] {
        refused(&desk, &mut desk.command(command), 3, &["knows no company with the login ID “not", "next: "]);
    }
}

#[cfg(unix)]
#[test]
fn secrets_that_cannot_be_used() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::running();
    let key = desk.read("private-key");
    let rows: &[(&str, String, u32, &str)] = &[
        ("readable by others", key.clone(), 0o644, "is open to others on this machine (mode 0644)"),
        ("a trailing blank", format!("{key} "), 0o600, "ends with a blank"),
        ("a leading blank", format!(" {key}"), 0o600, "begins with a blank"),
        ("two line ends", format!("{key}\n\n"), 0o600, "ends with a line break too many"),
        ("empty", String::new(), 0o600, "is empty"),
        ("two lines", format!("{key}\n{key}"), 0o600, "has more than one line"),
    ];
    for (what, text, mode, says) in rows {
        desk.write("private-key", text);
        std::fs::set_permissions(desk.file("private-key"), std::fs::Permissions::from_mode(*mode)).unwrap();
        let ran = refused(&desk, &mut desk.command(SYNC), 3, &[says, "secret file private-key", "next: "]);
        assert_eq!(desk.requests().len(), 0, "{what}");
        ran.is_silent_on(&key);
        refused(&desk, &mut desk.command(&["doctor"]), 8, &[says]).is_silent_on(&key);
        desk.write("private-key", &key);
        std::fs::set_permissions(desk.file("private-key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    std::fs::remove_file(desk.file("private-key")).unwrap();
    refused(&desk, &mut desk.command(SYNC), 3, &["secret file private-key cannot be read", "next: "]);
}

#[test]
fn command_lines_that_are_wrong() {
    let desk = Desk::running();
    let rows: &[(&[&str], i32, &[&str])] = &[
        (&["snyc"], 2, &["unrecognized subcommand 'snyc'", "'sync'"]),
        (&["sync", "--dry-rnu"], 2, &["'--dry-rnu'", "'--dry-run'"]),
        (&["setup", "agrements", "--check"], 2, &["'agrements'", "agreements"]),
        (&["setup"], 2, &["--apply --yes"]),
        (&["setup", "--apply"], 2, &["--yes"]),
        (&["setup", "--check", "--apply"], 2, &["cannot be used with"]),
        (&["sync", "--only", "everything"], 2, &["tickets", "statistics", "billing"]),
        (&["sync", "--exit-code"], 2, &["--dry-run"]),
        (&["companies", "link", "342"], 2, &["<COMPANY>"]),
        (&["reprocess"], 2, &["EVENT"]),
        (&["review", "--reject", "1"], 2, &["--reason"]),
        (&["review", "--approve", "many"], 2, &["'many'", "no number of a held change"]),
        (&["--output", "yaml", "sync"], 2, &["table", "json"]),
        (
            &["review", "--approve", "99"],
            6,
            &["there is no held change 99", "next: psactl review lists them"],
        ),
        (&["review", "--reject", "99", "--reason", "no"], 6, &["there is no held change 99"]),
        (&["review", "--take-over", "99"], 6, &["keeps no agreement addition #99"]),
        (&["events", "show", "99999"], 6, &["the event log has no event 99999", "next: psactl events"]),
        (&["reprocess", "99999", "--yes"], 6, &["the event log has no event 99999"]),
        (&["companies", "link", "999", "20", "--yes"], 6, &["the portal knows no customer 999"]),
        (
            &["companies", "link", "342", "Nobody Ltd", "--yes"],
            6,
            &["no company with id, identifier or name “Nobody Ltd”"],
        ),
        (&["sync", "--cid", "999"], 6, &["999"]),
    ];
    for (arguments, code, says) in rows {
        let ran = refused(&desk, &mut desk.command(arguments), *code, says);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        // The same with JSON: stdout stays empty.
        let mut json = desk.command(&["--output", "json"]);
        json.args(*arguments);
        if arguments[0] != "--output" {
            let ran = refused(&desk, &mut json, *code, says);
            assert_eq!(ran.stdout, "", "{arguments:?}");
        }
    }
}

/// What is typed wrongly is said first, whatever else is missing: nothing is configured here.
#[test]
fn a_wrong_command_line_comes_before_a_missing_configuration() {
    let desk = Desk::bare();
    std::fs::remove_file(desk.file("psactl.toml")).unwrap();
    let moment = "no moment; write 24h, 7d, 2026-11-20";
    let rows: &[(&[&str], &str)] = &[
        (&["events", "--since", "x"], moment),
        (&["events", "--until", "x"], moment),
        (&["history", "--since", "x"], moment),
        (&["reprocess", "--errors", "--since", "x"], moment),
        (&["pause", "342", "--until", "x", "--reason", "moves"], "no date; write a day such as 2026-12-01"),
        (&["pause", "342", "--until", "2030-01-01", "--reason", " "], "say why, in a few words"),
        (&["report", "--due", "x"], "such as 3d or 2w"),
        (&["report", "--due=-3d"], "such as 3d or 2w"),
        (&["report", "--month", "x"], "no month; write 2026-11, last or this"),
        (&["companies", "link"], "say whom to link"),
        (&["companies", "import", "nofile.csv"], "cannot read nofile.csv"),
        (&["history", "--limit", "0"], "1 at least"),
        (&["events", "--limit", "0"], "1 at least"),
        (&["review", "--reason", "why"], "--reject"),
        (&["review", "--reject", "2", "--reason", ""], "say why, in a few words"),
        (
            &["review", "--approve", "3", "--approve", "4", "--reject", "4", "--reason", "why"],
            "change 4 is both",
        ),
        (&["setup", "portal", "--check", "--vendor-sync-is-off"], "confirms the step portal"),
        (&["setup", "--check", "--vendor-sync-is-off"], "confirms the step portal"),
        (&["setup", "products", "--apply", "--yes", "--vendor-sync-is-off"], "confirms the step portal"),
        (&["report", "--csv", "--output", "json"], "one stdout cannot be both JSON"),
        (&["report", "--html", "--output", "json"], "one stdout cannot be both JSON"),
        (&["why", "342", "basic-storge"], "basic-storage"),
        (&["sync", "--cid", "342,355"], "once for each customer"),
    ];
    for (arguments, says) in rows {
        let ran = refused(&desk, &mut desk.command(arguments), 2, &[says]);
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}

/// An empty variable is none, as everywhere else.
#[test]
fn empty_variables_are_not_set() {
    let desk = Desk::bare();
    let mut command = desk.command(&["status"]);
    let looked = desk.file(".config/psactl/psactl.toml").display().to_string();
    refused(&desk, command.env("PSACTL_STATE", "").env("PSACTL_CONFIG", ""), 3, &[&looked]);
}

/// The bytes of a folder's files.
fn bytes(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn a_state_that_cannot_be_used() {
    let state = |desk: &Desk| desk.file("state").join("psactl.db");
    let every: &[&[&str]] =
        &[SYNC, &["setup", "--check"], &["review"], &["events"], &["companies"], &["sync", "--dry-run"]];

    // Written by a newer psactl: refused and left alone.
    let desk = Desk::running();
    let db = rusqlite::Connection::open(state(&desk)).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let before = bytes(&desk.file("state"));
    for command in every {
        refused(&desk, &mut desk.command(command), 3, &["has format 99", "next: use the newer psactl"]);
    }
    assert_eq!(bytes(&desk.file("state")), before);

    // Garbage, a cut-off file, another program's database: left alone too.
    let whole = {
        let desk = Desk::running();
        std::fs::read(state(&desk)).unwrap()
    };
    let mut damaged = whole.clone();
    for byte in &mut damaged[100..8000] {
        *byte = 0xaa;
    }
    for (what, text) in [("text", b"this is no database, it is a letter".repeat(40)), ("damaged", damaged)] {
        let desk = Desk::running();
        std::fs::remove_file(desk.file("state").join("psactl.db-wal")).ok();
        std::fs::remove_file(desk.file("state").join("psactl.db-shm")).ok();
        std::fs::write(state(&desk), &text).unwrap();
        for command in every {
            refused(&desk, &mut desk.command(command), 1, &["the state", "psactl.db", "next: ", "restore"]);
            assert_eq!(std::fs::read(state(&desk)).unwrap(), text, "{what}");
        }
    }

    // A file where the folder should be.
    let desk = Desk::bare();
    desk.write("a-file", "");
    let file = desk.file("a-file");
    refused(&desk, desk.command(SYNC).arg("--state").arg(&file), 1, &["the state in", "a-file", "next: "]);
}

#[cfg(unix)]
#[test]
fn a_state_folder_without_the_right_to_write() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::running();
    let folder = desk.file("state");
    let mode = |mode| std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o500);
    let probe = std::fs::write(folder.join("probe"), "");
    if probe.is_ok() {
        // The superuser may write anywhere: nothing can be shown here.
        mode(0o700);
        return;
    }
    let ran = desk.psactl(SYNC);
    mode(0o700);
    ran.ends_with(1).says("the state").says("next: ");
}

#[test]
fn another_psactl_is_at_work() {
    let desk = Desk::running();
    let folder = desk.file("state");
    let store = psactl::store::Store::open(&folder).unwrap();
    let lock = store.lock("sync", NOW.parse().unwrap()).unwrap();
    let who = format!("process {} since {NOW} (sync)", std::process::id());
    for command in [
        SYNC,
        &["setup", "--apply", "--yes"],
        &["companies", "adopt", "--yes"],
        &["companies", "link", "342", "20", "--yes"],
        &["review", "--approve", "all"],
        &["reprocess", "1", "--yes"],
    ] {
        refused(&desk, &mut desk.command(command), 7, &["another psactl is at work", &who, "next: "]);
        assert_eq!(desk.requests().len(), 0, "{command:?}");
    }
    // Readers never wait.
    for (command, code) in [
        (&["events"][..], 0),
        (&["report"], 0),
        (&["report", "--due", "3d"], 0),
        (&["review"], 0),
        (&["companies"], 0),
        (&["sync", "--dry-run"], 0),
        (&["setup", "--check"], 0),
        (&["doctor"], 0),
    ] {
        refused(&desk, &mut desk.command(command), code, &[]);
    }
    drop(lock);
    desk.psactl(SYNC).ends_with(0);
}

#[test]
fn paths_by_flag_instead_of_environment() {
    let desk = Desk::running();
    let (config, state) = (desk.file("psactl.toml"), desk.file("state"));
    for first in [true, false] {
        let mut command = desk.command(&[]);
        command.env_remove("PSACTL_CONFIG").env_remove("PSACTL_STATE");
        let flags = |command: &mut Command| {
            command.arg("--config").arg(&config).arg("--state").arg(&state);
        };
        if first {
            flags(&mut command);
        }
        command.args(SYNC);
        if !first {
            flags(&mut command);
        }
        Desk::ran(&mut command).ends_with(0);
    }
    // A flag wins over the environment.
    let mut command = desk.command(SYNC);
    command.env("PSACTL_CONFIG", "nowhere.toml").env("PSACTL_STATE", "/dev/null/nowhere");
    Desk::ran(command.arg("--config").arg(&config).arg("--state").arg(&state)).ends_with(0);
    // A relative configuration finds its own secrets and exports.
    let mut command = desk.command(SYNC);
    command.current_dir(desk.folder().parent().unwrap()).env_remove("PSACTL_CONFIG");
    let name = desk.folder().file_name().unwrap();
    Desk::ran(command.arg("--config").arg(Path::new(name).join("psactl.toml"))).ends_with(0);
}

/// As `| head -1`: the reader goes away before the first line. No panic, no complaint, the work is done.
#[cfg(unix)]
#[test]
fn a_reader_that_goes_away() {
    let desk = Desk::running();
    for (arguments, code) in [
        (&["events"][..], 0),
        (&["report"], 0),
        (&["report", "--due", "3d"], 0),
        (&["--output", "json", "events", "--limit", "1000"], 0),
        (&["setup", "--check"], 0),
        (&["companies"], 0),
        (&["doctor"], 0),
        (&["--help"], 0),
        (&["completions", "bash"], 0),
        (&["sync", "--dry-run"], 0),
    ] {
        for both in [false, true] {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let mut command = desk.command(arguments);
            command.stdout(writer.try_clone().unwrap());
            command.stderr(if both { Stdio::from(writer) } else { Stdio::piped() });
            let child = command.spawn().unwrap();
            drop(command);
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{arguments:?} {both}: {said}");
            assert!(!said.contains("panicked"), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn without_a_terminal_nothing_asks_and_nothing_is_coloured() {
    let desk = Desk::running();
    for arguments in [&["setup"][..], &["setup", "--apply"], &["reprocess", "1"]] {
        for stdin in [Stdio::null(), Stdio::piped()] {
            let mut child = desk.command(arguments);
            child.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = child.spawn().unwrap();
            drop(child.stdin.take());
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
            assert!(said.contains("--yes"), "{arguments:?}: {said}");
        }
    }
    let escape = "\u{1b}[";
    for (name, value, coloured) in
        [("NO_COLOR", "1", false), ("TERM", "xterm", false), ("CLICOLOR_FORCE", "1", true)]
    {
        let ran = Desk::ran(desk.command(&["doctor"]).env(name, value));
        assert_eq!(ran.stdout.contains(escape), coloured, "{name}");
    }
    let both = Desk::ran(desk.command(&["doctor"]).env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1"));
    let _whichever_wins = both.ends_with(0);
    desk.psactl(&["--color", "always", "doctor"]).says(escape);
    desk.psactl(&["--color", "always", "--output", "json", "doctor"]).is_silent_on(escape).json();
}

#[test]
fn json_is_whole_or_absent() {
    let desk = Desk::running();
    for arguments in [
        &["sync", "--dry-run"][..],
        &["sync"],
        &["setup", "--check"],
        &["companies"],
        &["events"],
        &["events", "show", "1"],
        &["review"],
        &["doctor"],
        &["reprocess", "1", "--yes"],
        &["report"],
        &["report", "--due", "3d"],
    ] {
        let mut command = desk.command(&["--output", "json", "-vvv"]);
        let ran = Desk::ran(command.args(arguments)).ends_with(0);
        assert!(ran.json()["schema"].as_str().unwrap().starts_with("psactl/"), "{arguments:?}");
    }
    desk.sandbox().set_private_key("another");
    for arguments in
        [&["sync", "--verify"][..], &["setup", "--check"], &["reprocess", "1", "--yes"], &["report"]]
    {
        let mut command = desk.command(&["--output", "json"]);
        let ran = Desk::ran(command.args(arguments)).ends_with(4);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert!(ran.stderr.contains("error: "), "{arguments:?}");
    }
    Desk::ran(&mut desk.command(&["--output", "json", "doctor"])).ends_with(8).json();
}
