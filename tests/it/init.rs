//! `psactl init`, unattended and in a real terminal. ConnectWise is only read.

use std::process::Command;

use psactl::sandbox::{Options, World};
use serde_json::json;

use crate::support::{Desk, Ran, shape};

const MADE: &str = "made/psactl.toml";

/// A command of psactl whose configuration is still to be made.
fn command(desk: &Desk, arguments: &[&str]) -> Command {
    let mut command = desk.command(arguments);
    command.env("PSACTL_CONFIG", desk.file(MADE)).env("COLUMNS", "400").current_dir(desk.folder());
    command
}

fn run(desk: &Desk, arguments: &[&str]) -> Ran {
    Desk::ran(&mut command(desk, arguments))
}

/// The flags that answer every question about this sandbox.
fn flags(desk: &Desk) -> Vec<String> {
    let sandbox = desk.sandbox();
    let mut flags: Vec<String> = [
        "init",
        "--company-id",
        sandbox.company_id(),
        "--client-id",
        sandbox.client_id(),
        "--private-key-file",
        "private-key",
        "--board",
        "Professional Services",
        "--accounts",
        "accounts.csv",
        "--events",
        "events.csv",
    ]
    .map(str::to_owned)
    .to_vec();
    flags.extend(["--site".to_owned(), sandbox.url(), "--public-key".to_owned(), sandbox.public_key()]);
    flags
}

fn with<'a>(flags: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    flags.iter().map(String::as_str).chain(more.iter().copied()).collect()
}

/// The flags without one and its value.
fn without(desk: &Desk, flag: &str) -> Vec<String> {
    let mut flags = flags(desk);
    let at = flags.iter().position(|given| given == flag).unwrap();
    flags.drain(at..at + 2);
    flags
}

/// Nothing was made: no file, no folder, no secret.
#[track_caller]
fn nothing_is_left(desk: &Desk) {
    assert!(!desk.file("made").exists(), "something was written");
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn flags_alone_make_a_file_that_works() {
    let desk = Desk::bare();
    run(&desk, &with(&flags(&desk), &["--no-input"]))
        .ends_with(0)
        .says("company “Sunshine IT Partners”")
        .says("the login works")
        .says("the login may read: service boards")
        .says("cannot be known without writing")
        .says("3 customers, 12 accounts")
        .says("Written:")
        .says("Next: psactl setup");
    assert_eq!(desk.writes(), Vec::<String>::new());
    let text = desk.read(MADE);
    let key = desk.sandbox().private_key();
    let password = desk.read("made/integrator-password");
    assert!(password.len() >= 28 && password.chars().all(|c| c.is_ascii_alphanumeric()));
    assert!(!text.contains(&key) && !text.contains(&password), "{text}");
    assert!(text.contains("board = \"Professional Services\""), "{text}");
    #[cfg(unix)]
    for file in [MADE, "made/integrator-password"] {
        assert_eq!(mode(&desk.file(file)), 0o600, "{file}");
    }
    run(&desk, &["doctor", "--only", "login"]).ends_with(0).says("login accepted");
    run(&desk, &["doctor", "--only", "portal"]).ends_with(0);
    // What it makes, set-up takes.
    run(&desk, &["setup", "integrator-login", "--apply", "--yes"]).ends_with(0);
    // Again, with nothing to change: nothing is touched.
    run(&desk, &["init", "--no-input"]).ends_with(0).says("Nothing to change");
    assert_eq!(desk.read(MADE), text);
    assert_eq!(desk.read("made/integrator-password"), password);
}

#[test]
fn products_are_named_or_priced_by_flags() {
    let desk = Desk::bare();
    let mut all = flags(&desk);
    all.extend(["--services", "email-filtering,email-archiving"].map(str::to_owned));
    run(&desk, &with(&all, &["--dry-run"]))
        .ends_with(0)
        .says("no product yet for email-archiving, email-filtering");
    let some = ["--price", "email-filtering=1.50", "--product", "email-archiving=Mail Archive"];
    run(&desk, &with(&all, &some)).ends_with(0).says("no product yet for email-archiving:");
    let text = desk.read(MADE);
    assert!(text.contains("email-archiving = \"Mail Archive\"\n"), "{text}");
    assert!(text.contains("price = \"1.50\" }"), "{text}");
    run(&desk, &["setup", "products", "--dry-run"]).says("Email Filtering # Mailboxes").says("Mail Archive");
    run(&desk, &["init", "--price", "email=1.50"]).ends_with(2).says("known are select-storage");
    run(&desk, &["init", "--price", "email-filtering=1,50"]).ends_with(2).says("write it with a point");
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let desk = Desk::bare();
    let all = [
        "--site",
        "--company-id",
        "--client-id",
        "--public-key",
        "--private-key-file",
        "--board",
        "--accounts",
        "--events",
    ];
    for input in [&["init"][..], &["init", "--no-input"]] {
        let mut ran = run(&desk, input).ends_with(2);
        for flag in all {
            ran = ran.says(flag);
        }
    }
    for flag in all {
        let ran = run(&desk, &with(&without(&desk, flag), &[])).ends_with(2).says(flag);
        for other in all.iter().filter(|other| **other != flag) {
            assert!(!ran.stderr.contains(&format!("next: {other}")), "{other} is given\n{}", ran.stderr);
        }
    }
    // Without tickets no board is needed, without statistics no events.
    let less = without(&desk, "--board");
    run(&desk, &with(&less, &["--integrations", "billing", "--dry-run"])).ends_with(0);
    nothing_is_left(&desk);
}

#[test]
fn a_dry_run_shows_the_file_and_writes_nothing() {
    let desk = Desk::bare();
    let ran = run(&desk, &with(&flags(&desk), &["--dry-run"])).ends_with(0).says("Nothing was written");
    assert!(ran.stdout.starts_with("# psactl.toml, written by `psactl init`."), "{}", ran.stdout);
    nothing_is_left(&desk);
    run(&desk, &["sync"]).ends_with(3).says("psactl init asks for what is needed");
}

#[test]
fn no_secret_is_said_at_any_loudness() {
    let desk = Desk::bare();
    let ran = run(&desk, &with(&flags(&desk), &["-vvv", "--output", "json"])).ends_with(0);
    let password = desk.read("made/integrator-password");
    for secret in [desk.sandbox().private_key(), password] {
        assert!(!ran.stdout.contains(&secret) && !ran.stderr.contains(&secret));
        assert!(!desk.read(MADE).contains(&secret));
    }
    // Nor can one be given: every flag says where it is.
    run(&desk, &["init", "--private-key", "hunter2"]).ends_with(2);
    run(&desk, &["init", "--password", "hunter2"]).ends_with(2);
}

#[test]
fn the_json_shape_is_kept() {
    let desk = Desk::bare();
    let ran = run(&desk, &with(&flags(&desk), &["--output", "json"])).ends_with(0);
    let document = ran.json();
    assert_eq!(document["schema"], "psactl/init/1");
    assert_eq!(document["written"], true);
    assert_eq!(document["login"]["kind"], "keys");
    let unknown = |right: &serde_json::Value| right["read"] == "yes" && right["write"] == "unknown";
    assert!(document["rights"].as_array().unwrap().iter().all(unknown));
    insta::assert_snapshot!(shape(&document));
}

#[test]
fn what_people_paste_as_the_site_is_corrected() {
    let desk = Desk::bare();
    let rest = without(&desk, "--site");
    let url = desk.sandbox().url();
    let page = format!("{url}/v4_6_release/ConnectWise.aspx?locale=en_US");
    run(&desk, &with(&rest, &["--site", &page, "--dry-run"]))
        .ends_with(0)
        .says("was dropped")
        .says(&format!("site = \"{url}\""));
    // Without a test nothing is asked of the other ones.
    for (pasted, site) in [
        ("na", "https://na.myconnectwise.net"),
        ("staging", "https://staging.connectwisedev.com"),
        ("psa.example.com", "https://psa.example.com"),
        ("https://api-eu.myconnectwise.net/v2025_8/apis", "https://eu.myconnectwise.net"),
    ] {
        run(&desk, &with(&rest, &["--site", pasted, "--dry-run", "--skip-test"]))
            .ends_with(0)
            .says(&format!("site = \"{site}\""));
    }
    for (pasted, why) in [
        ("http://na.myconnectwise.net", "write https://na.myconnectwise.net"),
        ("us", "neither an address nor a region"),
    ] {
        run(&desk, &with(&rest, &["--site", pasted])).ends_with(2).says("--site").says(why);
    }
    nothing_is_left(&desk);
}

#[test]
fn what_is_wrong_ends_it_with_cause_and_code() {
    let desk = Desk::bare();
    desk.expects_refusals();
    let wrong = |flag: &str, value: &str, code: i32, says: &str| {
        run(&desk, &with(&without(&desk, flag), &[flag, value])).ends_with(code).says(says);
    };
    wrong("--company-id", "nobody", 3, "knows no company with the login ID “nobody”");
    wrong("--client-id", "5eedf00d", 2, "https://developer.connectwise.com/ClientID");
    wrong("--public-key", "AnotherKey", 4, "refused the login");
    wrong("--board", "No Such Board", 3, "“Professional Services”");
    wrong("--accounts", "nowhere.csv", 3, "cannot read");
    desk.write("broken.csv", "just,some,columns\n1,2,3\n");
    wrong("--accounts", "broken.csv", 3, "broken.csv");
    wrong("--private-key-file", "nowhere", 3, "nowhere");
    secret_file(&desk, "blank", " key-with-a-blank");
    wrong("--private-key-file", "blank", 3, "begins with a blank");
    #[cfg(unix)]
    {
        desk.write("open", "open-to-all");
        Command::new("chmod").arg("644").arg(desk.file("open")).status().unwrap();
        wrong("--private-key-file", "open", 3, "chmod 600");
    }
    nothing_is_left(&desk);
}

/// Writes a secret as a careful person does.
fn secret_file(desk: &Desk, name: &str, secret: &str) {
    desk.write(name, secret);
    #[cfg(unix)]
    Command::new("chmod").arg("600").arg(desk.file(name)).status().unwrap();
}

#[test]
fn secrets_come_from_commands_and_variables_too() {
    let desk = Desk::bare();
    let rest = without(&desk, "--private-key-file");
    let key = desk.sandbox().private_key();
    let print = format!("cat {}", desk.file("private-key").display());
    run(&desk, &with(&rest, &["--private-key-command", &print, "--output", "json"])).ends_with(0);
    assert!(desk.read(MADE).contains("private_key = { command = "));
    let ran = Desk::ran(command(&desk, &with(&rest, &["--private-key-env", "PSA_KEY"])).env("PSA_KEY", &key))
        .ends_with(0);
    assert!(!ran.stderr.contains(&key));
    assert!(desk.read(MADE).contains("private_key = { env = \"PSA_KEY\" }"));
    run(&desk, &with(&rest, &["--private-key-env", "PSA_KEY"])).ends_with(3).says("is not set");
}

/// What another file says of places is read against its folder; addresses are none, and no secret is lost.
#[test]
fn another_files_places_are_taken_over_as_they_are_meant() {
    let desk = Desk::bare();
    let (accounts, events) = psactl::portal::sample(desk.sandbox().now());
    desk.sandbox().set_export("accounts.csv", accounts);
    desk.sandbox().set_export("events.csv", events);
    let site = desk.sandbox().exports_url();
    for name in ["accounts", "events"] {
        desk.edit(
            "psactl.toml",
            &format!("{name} = \"{name}.csv\""),
            &format!("{name} = \"{site}/{name}.csv\""),
        );
    }
    // With its rights.
    std::fs::copy(desk.file("private-key"), desk.file("export-key")).unwrap();
    desk.edit("psactl.toml", "headers = {}", "headers = { X-Api-Key = { file = \"export-key\" } }");
    desk.edit("psactl.toml", "prometheus_file = \"\"", "prometheus_file = \"psactl.prom\"");
    run(&desk, &["init", "--no-input", "--from", "psactl.toml"])
        .ends_with(0)
        .says("3 customers, 12 accounts");
    let made = desk.read(MADE);
    assert!(made.contains(&format!("accounts = \"{site}/accounts.csv\"")), "{made}");
    let beside = |name: &str| desk.file(name).display().to_string();
    for name in ["export-key", "private-key", "integrator-password"] {
        assert!(made.contains(&format!("{{ file = \"{}\" }}", beside(name))), "{name}: {made}");
    }
    assert!(made.contains(&format!("prometheus_file = \"{}\"", beside("psactl.prom"))), "{made}");
}

#[test]
fn an_integrator_login_learns_what_it_lacks() {
    let desk = Desk::integrated();
    desk.expects_refusals();
    let rest: Vec<String> = {
        let mut flags = without(&desk, "--private-key-file");
        let at = flags.iter().position(|flag| flag == "--public-key").unwrap();
        flags.drain(at..at + 2);
        flags
    };
    let user = desk.sandbox().integrator_username();
    let login = ["--username", user, "--password-file", "integrator-password", "--output", "json"];
    // The guide's login has two APIs alone: what billing reads is refused, and each switch is named.
    let ran = run(&desk, &with(&rest, &login)).ends_with(4);
    let document = ran.json();
    assert_eq!(document["written"], true);
    let right = |area: &str| {
        let rights = document["rights"].as_array().unwrap();
        rights.iter().find(|right| right["area"] == area).unwrap().clone()
    };
    assert_eq!(right("service tickets")["read"], "yes");
    assert_eq!(right("agreements")["read"], "no");
    assert!(right("agreements")["fix"].to_string().contains("Agreement API"));
    assert!(ran.stderr.contains("Product API"), "{}", ran.stderr);
    // It may not read its own record.
    assert_eq!(right("service tickets")["write"], "unknown");
    assert_eq!(desk.writes(), Vec::<String>::new());
    // Its own record says what it may write, once it may read that.
    let id = crate::support::id(&desk.record("/system/integratorlogins", &format!("username = \"{user}\"")));
    desk.change(&format!("/system/integratorlogins/{id}"), "systemApiFlag", true);
    let document = run(&desk, &with(&rest, &login)).ends_with(4).json();
    let write = |area: &str| {
        let rights = document["rights"].as_array().unwrap();
        rights.iter().find(|right| right["area"] == area).unwrap()["write"].clone()
    };
    assert_eq!((write("service tickets"), write("agreements")), (json!("yes"), json!("no")));
    // Signing in and the guide's step 2 are one login here: one password.
    let text = desk.read(MADE);
    assert_eq!(text.matches("integrator-password").count(), 2, "{text}");
    assert!(!desk.file("made/integrator-password").exists());
}

#[test]
fn another_file_gives_the_defaults() {
    let desk = Desk::bare();
    // The trial configuration that the sandbox wrote.
    run(&desk, &["init", "--no-input", "--from", "psactl.toml", "--board", "Help Desk"]).ends_with(0);
    let text = desk.read(MADE);
    let accounts = desk.file("accounts.csv").display().to_string();
    assert!(text.contains(&accounts) && text.contains("board = \"Help Desk\""), "{text}");
    assert!(text.contains("price = \"2.00\""), "{text}");
    run(&desk, &["doctor", "--only", "login"]).ends_with(0);
    run(&desk, &["init", "--from", "nowhere.toml", "--no-input"]).ends_with(3).says("nowhere.toml");
}

#[test]
fn axcients_api_takes_the_place_of_exports() {
    let desk = Desk::bare();
    let url = desk.sandbox().x360recover_url();
    secret_file(&desk, "ax-key", &desk.sandbox().axcient().key());
    let mut flags = without(&desk, "--accounts");
    for gone in ["--events", "--time-zone"] {
        while let Some(at) = flags.iter().position(|flag| flag == gone) {
            flags.drain(at..=at + 1);
        }
    }
    let axcient = ["--portal-source", "x360recover", "--portal-url", &url];
    let all = with(&flags, &axcient);
    // Two things are missing, and both are said.
    run(&desk, &all).ends_with(2).says("--api-key-file FILE").says("--managed-id-prefix PREFIX");
    let more = [
        &axcient[..],
        &["--api-key-file", "ax-key", "--managed-id-prefix", "AX-", "--storage-service", "select-storage"],
    ]
    .concat();
    // A refused key is said with its cause, and nothing is written.
    secret_file(&desk, "wrong-key", "hunter2");
    let wrong: Vec<&str> =
        more.iter().map(|word| if *word == "ax-key" { "wrong-key" } else { word }).collect();
    run(&desk, &with(&flags, &wrong))
        .ends_with(4)
        .says("the API key was refused (401)")
        .is_silent_on("hunter2");
    desk.sandbox().axcient().clear_requests();
    run(&desk, &with(&flags, &more))
        .ends_with(0)
        .says("x360Recover answers: organization “doc backup services”");
    assert_eq!(desk.sandbox().axcient().requests().len(), 1, "one cheap call");
    let text = desk.read(MADE);
    for line in [
        "source = \"x360recover\"",
        "managed_id_prefix = \"AX-\"",
        "storage_service = \"select-storage\"",
        "ax-key",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("accounts =") && !text.contains("events ="), "{text}");
    run(&desk, &["companies"]).ends_with(0).says("Joe TV Repair");
    // Run again with what is there, it changes nothing.
    let before = desk.read(MADE);
    run(&desk, &["init"]).ends_with(0);
    assert_eq!(desk.read(MADE), before);
}

#[test]
fn a_file_with_mistakes_is_named_before_anything_is_asked() {
    let desk = Desk::bare();
    std::fs::create_dir(desk.file("made")).unwrap();
    desk.write(MADE, "[connectwise]\nsiet = \"https://na.myconnectwise.net\"\n");
    run(&desk, &with(&flags(&desk), &[])).ends_with(3).says("did you mean \"site\"").says("mend these lines");
    desk.write(MADE, "[connectwise\n");
    run(&desk, &with(&flags(&desk), &[])).ends_with(3).says("psactl.toml");
    assert_eq!(desk.read(MADE), "[connectwise\n");
    assert_eq!(desk.requests().len(), 0);
}

#[test]
fn encrypted_connections_need_the_authority_and_take_it() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { tls: Some(folder.path().to_owned()), world: World::Bare, ..Options::default() };
    let desk = Desk::with(options);
    let ca = folder.path().join("ca.pem");
    run(&desk, &with(&flags(&desk), &[])).ends_with(5).says("ca_file");
    nothing_is_left(&desk);
    let ca = ca.display().to_string();
    run(&desk, &with(&flags(&desk), &["--ca-file", &ca])).ends_with(0);
    run(&desk, &["doctor", "--only", "login"]).ends_with(0);
}

#[cfg(unix)]
mod terminal {
    use std::time::Duration;

    use expectrl::process::unix::WaitStatus;
    use expectrl::session::OsSession;
    use expectrl::{Eof, Expect, Session};

    use super::*;

    const ENTER: &str = "\r";
    const DOWN: &str = "\x1b[B";
    const CTRL_C: &str = "\x03";
    const ONE_SERVICE: [&str; 6] =
        ["--integrations", "billing", "--services", "email-filtering", "--price", "email-filtering=1.50"];

    /// A person at a terminal.
    struct Person {
        session: OsSession,
        seen: String,
    }

    impl Person {
        fn at(mut command: Command) -> Person {
            command.env("TERM", "xterm").env("COLUMNS", "200").stdin(std::process::Stdio::inherit());
            let mut session = Session::spawn(command).expect("a terminal");
            session.get_process_mut().set_window_size(200, 50).unwrap();
            session.set_expect_timeout(Some(Duration::from_secs(20)));
            Person { session, seen: String::new() }
        }

        /// Waits until this is on the screen.
        #[track_caller]
        fn sees(&mut self, text: &str) {
            match self.session.expect(text) {
                Ok(found) => {
                    self.seen.push_str(&String::from_utf8_lossy(found.before()));
                    self.seen.push_str(text);
                }
                Err(error) => {
                    let rest = self.rest();
                    panic!("“{text}” did not come: {error}\n{}\n--- then\n{rest}", self.seen);
                }
            }
        }

        fn rest(&mut self) -> String {
            let mut bytes = [0; 8192];
            let read = self.session.try_read(&mut bytes).unwrap_or(0);
            String::from_utf8_lossy(&bytes[..read]).into_owned()
        }

        /// Sees a question and answers it.
        #[track_caller]
        fn answers(&mut self, question: &str, keys: &str) {
            self.sees(question);
            // Nobody types before the terminal is ready for it.
            std::thread::sleep(Duration::from_millis(80));
            self.session.send(keys).unwrap();
        }

        #[track_caller]
        fn all(&mut self, answers: &[(&str, &str)]) {
            for (question, keys) in answers {
                self.answers(question, keys);
            }
        }

        /// Everything that was on the screen, once it ended with this code.
        #[track_caller]
        fn ends(mut self, code: i32) -> String {
            let end = self.session.expect(Eof).unwrap();
            self.seen.push_str(&String::from_utf8_lossy(end.as_bytes()));
            match self.session.get_process().wait().unwrap() {
                WaitStatus::Exited(_, ended) => assert_eq!(ended, code, "\n{}", self.seen),
                other => panic!("{other:?}\n{}", self.seen),
            }
            self.seen
        }
    }

    fn person(desk: &Desk, arguments: &[&str]) -> Person {
        Person::at(command(desk, arguments))
    }

    fn line(text: &str) -> String {
        format!("{text}{ENTER}")
    }

    #[test]
    fn a_first_init_by_keystrokes() {
        let desk = Desk::bare();
        desk.expects_refusals();
        let sandbox = desk.sandbox();
        desk.write("broken.csv", "just,some,columns\n1,2,3\n");
        let page = line(&format!("{}/v4_6_release/ConnectWise.aspx?locale=en_US", sandbox.url()));
        let key = sandbox.private_key();
        let mut person = person(&desk, &["init"]);
        person.all(&[
            ("Site (", &page),
            // A wrong company is named and asked again.
            ("Company ID (", "nobody\r"),
            ("knows no company", ""),
            ("correct the company ID", ENTER),
            ("Company ID (", &line(&format!("{}{}", "\x7f".repeat(6), sandbox.company_id()))),
            ("Sunshine IT Partners", ""),
            ("developer.connectwise.com/ClientID", ""),
            ("Client ID", &line(sandbox.client_id())),
            ("psactl signs in with", ENTER),
            ("Public key", &line(&sandbox.public_key())),
            ("The private key is", ENTER),
            // A pasted blank is named and asked again, and so is a key that is refused.
            ("not shown", &line(&format!("{key} "))),
            ("ends with a blank", ""),
            ("not shown", &line(&format!("{key}\rand-more"))),
            ("more than one line", ""),
            ("not shown", "not-the-key\r"),
            ("refused the login", ""),
            ("enter the login again", ENTER),
            ("psactl signs in with", ENTER),
            ("Public key", ENTER),
            ("The private key is", ENTER),
            ("not shown", &line(&key)),
            ("the login works", ""),
            ("Integrations", ENTER),
            ("the login may read", ""),
            ("Service board", ""),
            ("Professional Services", &format!("{DOWN}{ENTER}")),
            ("Severities", ENTER),
            ("contact reads", ENTER),
            ("Billed services", ENTER),
            ("invoice descriptions", ENTER),
            // A price makes a product, a name must be there, and nothing leaves it open.
            ("Select Online Backup Storage", "2.00\r"),
            ("Basic Online Backup Storage", "No such\r"),
            ("no product “No such”", ""),
            ("Basic Online Backup Storage", ENTER),
        ]);
        for _ in 0..9 {
            person.answers("or price per", ENTER);
        }
        person.all(&[
            ("Management solution", ENTER),
            ("Managed ID prefix", ENTER),
            ("Its user name", ENTER),
            ("password is", ENTER),
            ("data come from", ENTER),
            ("Time zone", "America/New_York\r"),
            // A broken file is named and asked again.
            ("account list", "broken.csv\r"),
            ("broken.csv", ""),
            ("name another file", ENTER),
            ("account list", "accounts.csv\r"),
            ("3 customers, 12 accounts", ""),
            ("event log", "events.csv\r"),
            ("This file", ENTER),
            ("Written:", ""),
        ]);
        let seen = person.ends(0);
        assert!(seen.contains("was dropped"), "{seen}");
        assert!(seen.contains("Next: psactl setup"), "{seen}");
        assert_eq!(desk.read("made/private-key"), key);
        let password = desk.read("made/integrator-password");
        for secret in [key.as_str(), password.as_str(), "not-the-key", "and-more"] {
            assert!(!seen.contains(secret), "{seen}");
            assert!(!desk.read(MADE).contains(secret));
        }
        for file in [MADE, "made/private-key", "made/integrator-password"] {
            assert_eq!(mode(&desk.file(file)), 0o600, "{file}");
        }
        let text = desk.read(MADE);
        assert!(text.contains("board = \"Professional Services\""), "{text}");
        assert!(text.contains("time_zone = \"America/New_York\""), "{text}");
        let price = "[billing.products]\nselect-storage = { identifier = \"Online Backup Select Storage\", price = \"2.00\" }\n";
        assert!(text.contains(price), "{text}");
        assert_eq!(desk.writes(), Vec::<String>::new());
        run(&desk, &["doctor", "--only", "login"]).ends_with(0);
    }

    #[test]
    fn a_second_init_edits_one_value_and_keeps_the_comments() {
        let desk = Desk::bare();
        run(&desk, &with(&flags(&desk), &[])).ends_with(0);
        let before = desk
            .read(MADE)
            .replace("managed_id_prefix = \"EFS-\"", "managed_id_prefix =  'EFS-'   # as the portal has it")
            .replace("[statistics]", "# do not touch\n[statistics]");
        desk.write(MADE, &before);
        let mut person = person(&desk, &["init"]);
        person.all(&[
            ("Site (", ENTER),
            ("Company ID (", ENTER),
            ("Client ID", ENTER),
            ("psactl signs in with", ENTER),
            ("Public key", ENTER),
            ("The private key is", ENTER),
            ("Integrations", ENTER),
            ("Service board", ENTER),
            ("Severities", ENTER),
            ("contact reads", ENTER),
            ("Billed services", ENTER),
            ("invoice descriptions", ENTER),
        ]);
        for _ in 0..11 {
            person.answers("or price per", ENTER);
        }
        person.all(&[
            ("Management solution", "Axcient\r"),
            ("Managed ID prefix", ENTER),
            ("Its user name", ENTER),
            ("password is", ENTER),
            ("data come from", ENTER),
            ("Time zone", ENTER),
            ("account list", ENTER),
            ("event log", ENTER),
            ("+ management_solution = \"Axcient\"", ""),
            ("This file", ENTER),
        ]);
        person.ends(0);
        let expected =
            before.replace("management_solution = \"eFolder\"", "management_solution = \"Axcient\"");
        assert_eq!(desk.read(MADE), expected);
    }

    #[test]
    fn ctrl_c_at_any_question_leaves_nothing() {
        let desk = Desk::bare();
        let sandbox = desk.sandbox();
        let site = line(&sandbox.url());
        let company = line(sandbox.company_id());
        let client = line(sandbox.client_id());
        let public = line(&sandbox.public_key());
        let key = line(&sandbox.private_key());
        let path = [
            ("Site (", site.as_str()),
            ("Company ID (", &company),
            ("Client ID", &client),
            ("psactl signs in with", ENTER),
            ("Public key", &public),
            ("The private key is", ENTER),
            ("not shown", &key),
            ("Integrations", ENTER),
            ("Service board", ENTER),
        ];
        // A text, a choice, a secret, a list; and once at the very end.
        for stop in [0, 3, 6, 7] {
            let mut person = person(&desk, &["init"]);
            person.all(&path[..stop]);
            person.answers(path[stop].0, CTRL_C);
            let seen = person.ends(130);
            assert!(seen.contains("interrupted: nothing was written"), "{seen}");
            assert!(seen.contains("init"), "{seen}");
            if stop > 0 {
                assert!(seen.contains(&format!("--site {}", sandbox.url())), "{seen}");
            }
            nothing_is_left(&desk);
        }
        let flags = flags(&desk);
        let mut person = person(&desk, &with(&flags, &ONE_SERVICE));
        person.all(&[
            ("invoice descriptions", ENTER),
            ("Management solution", ENTER),
            ("Managed ID prefix", ENTER),
            ("Its user name", ENTER),
            ("password is", ENTER),
            ("Time zone", ENTER),
            ("This file", CTRL_C),
        ]);
        person.ends(130);
        nothing_is_left(&desk);
    }

    #[test]
    fn a_signal_from_elsewhere_leaves_nothing_either() {
        let desk = Desk::bare();
        let mut person = person(&desk, &["init"]);
        person.sees("Site (");
        let id = person.session.get_process().pid().to_string();
        Command::new("kill").args(["-INT", &id]).status().unwrap();
        let seen = person.ends(130);
        assert!(seen.contains("interrupted: nothing was written"), "{seen}");
        nothing_is_left(&desk);
    }

    #[test]
    fn a_person_may_stop_or_go_through_the_questions_again() {
        let desk = Desk::bare();
        let mut flags = flags(&desk);
        flags.extend(ONE_SERVICE.map(str::to_owned));
        let questions = [
            ("invoice descriptions", ENTER),
            ("Management solution", ENTER),
            ("Managed ID prefix", ENTER),
            ("Its user name", ENTER),
            ("password is", ENTER),
            ("Time zone", ENTER),
        ];
        let mut person = person(&desk, &with(&flags, &[]));
        person.all(&questions);
        person.answers("This file", &format!("{DOWN}{ENTER}"));
        person.answers("Site (", ENTER);
        person.answers("Company ID (", ENTER);
        person.answers("Client ID", ENTER);
        person.answers("psactl signs in with", ENTER);
        person.answers("Public key", ENTER);
        person.answers("The private key is", ENTER);
        person.answers("Integrations", ENTER);
        person.answers("Billed services", ENTER);
        let (zone, before) = questions.split_last().unwrap();
        person.all(before);
        // No flag says it any more.
        person.answers("data come from", ENTER);
        person.all(&[*zone]);
        person.answers("account list", ENTER);
        person.answers("This file", &format!("{DOWN}{DOWN}{ENTER}"));
        let seen = person.ends(0);
        assert!(seen.contains("Nothing was written."), "{seen}");
        nothing_is_left(&desk);
    }
}

/// The whole of set-up without a question: from a bare PSA to a clean doctor, and once more without a write.
#[test]
fn from_a_bare_psa_to_a_clean_doctor_without_a_question() {
    let desk = Desk::bare();
    desk.write("links.csv", "cid,company\n342,Eddie's TV Repair\n355,Joe TV Repair\n419,Angry Fox\n");
    let mut init = flags(&desk);
    // The catalog is empty: what is to be made needs a price, which nobody makes up.
    let billed = psactl::services::all().iter().filter(|service| service.key != "local-storage");
    init.extend(billed.flat_map(|service| ["--price".to_owned(), format!("{}=2.50", service.key)]));
    let init = with(&init, &["--no-input"]);
    let all: &[(&[&str], i32)] = &[
        (&["setup", "--apply", "--yes", "--vendor-sync-is-off", "--no-input"], 3),
        (&["companies", "import", "links.csv", "--yes", "--no-input"], 0),
        (&["setup", "--apply", "--yes", "--no-input"], 0),
        (&["sync", "--open-standing", "--no-input"], 0),
        (&["doctor", "--no-input"], 0),
    ];
    run(&desk, &init).ends_with(0);
    for (arguments, code) in all {
        run(&desk, arguments).ends_with(*code);
    }
    run(&desk, &["doctor", "--strict"]).ends_with(0).says("0 problems, 0 warnings");

    // The same again: every command ends well, and ConnectWise gets not one write.
    desk.forget_requests();
    run(&desk, &init).ends_with(0).says("Nothing to change");
    for (arguments, _) in all {
        run(&desk, arguments).ends_with(0);
    }
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn exports_may_be_patterns_and_addresses() {
    let desk = Desk::bare();
    std::fs::create_dir(desk.file("exports")).unwrap();
    std::fs::rename(desk.file("accounts.csv"), desk.file("exports/accounts-1.csv")).unwrap();
    desk.sandbox().set_export("events.csv", desk.read("events.csv"));
    let address = format!("{}/events.csv?sig=x", desk.sandbox().exports_url());
    let mut flags = without(&desk, "--accounts");
    let at = flags.iter().position(|given| given == "--events").unwrap();
    flags[at + 1] = address.clone();
    flags.extend(["--accounts", "exports/accounts-*.csv", "--no-input"].map(str::to_owned));
    run(&desk, &with(&flags, &[])).ends_with(0).says("3 customers, 12 accounts").says("49 events");
    let written = desk.read(MADE);
    let place = desk.file("exports/accounts-*.csv").display().to_string();
    assert!(written.contains(&place) && written.contains(&format!("events = \"{address}\"")), "{written}");
    // What was asked to look at it is not kept: that is for the first command that needs it.
    assert!(!desk.file("state/portal").exists());
    // An address that does not answer is the portal's failure.
    let gone = address.replace("events.csv", "gone.csv");
    let at = flags.iter().position(|given| given == "--events").unwrap();
    flags[at + 1] = gone;
    std::fs::remove_file(desk.file(MADE)).unwrap();
    run(&desk, &with(&flags, &[])).ends_with(5).says("answered 404");
}
