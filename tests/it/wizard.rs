//! `psactl setup` as a technician meets it: in a real pseudo-terminal, by keystrokes.

use std::time::Duration;

use expectrl::process::Termios as _;
use expectrl::process::unix::WaitStatus;
use expectrl::{Expect as _, Regex};
use serde_json::json;

use crate::story;
use crate::support::{Desk, id};

/// A terminal in which psactl runs.
pub struct Terminal {
    pub session: expectrl::session::OsSession,
    /// Everything that was on the screen, without what moves the cursor.
    said: String,
    questions: usize,
}

/// What is asked.
#[derive(Debug)]
pub struct Asked {
    question: String,
    items: Vec<String>,
    marked: usize,
}

const DOWN: &str = "\x1b[B";
const UP: &str = "\x1b[A";
const CTRL_C: &str = "\x03";

impl Terminal {
    pub fn start(desk: &Desk, arguments: &[&str]) -> Terminal {
        Terminal::spawn(desk.command(arguments))
    }

    /// With stdout in a file.
    fn start_in_shell(desk: &Desk, arguments: &str, stdout: &std::path::Path) -> Terminal {
        let psactl = desk.command(&[]);
        let mut shell = std::process::Command::new("sh");
        let line = format!("exec '{}' {arguments} > '{}'", env!("CARGO_BIN_EXE_psactl"), stdout.display());
        shell.args(["-c", &line]).env_clear();
        shell.envs(psactl.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Terminal::spawn(shell)
    }

    fn spawn(mut command: std::process::Command) -> Terminal {
        command.env("COLUMNS", "160").env("NO_COLOR", "1").env("TERM", "xterm");
        command.stdin(std::process::Stdio::inherit());
        let mut session = expectrl::session::OsSession::spawn(command).unwrap();
        session.get_process_mut().set_window_size(160, 50).unwrap();
        session.set_echo(false).unwrap();
        session.set_expect_timeout(Some(Duration::from_secs(30)));
        Terminal { session, said: String::new(), questions: 0 }
    }

    /// Waits for the next question; nothing where psactl has ended.
    fn next(&mut self) -> Option<Asked> {
        let prompt = Regex("(Stop here\r?\n|Price of [^\r\n]*: |Reason: )");
        let found = match self.session.expect(prompt) {
            Ok(found) => found,
            Err(expectrl::Error::Eof) => {
                if let Ok(rest) = self.session.expect(expectrl::Eof) {
                    self.hear(rest.as_bytes());
                }
                return None;
            }
            Err(error) => panic!("{error}\n{}", self.said),
        };
        let screen = self.hear(found.as_bytes());
        self.questions += 1;
        assert!(self.questions < 30, "it never ends\n{}", self.said);
        let mut lines: Vec<&str> = screen.lines().collect();
        let mut items = Vec::new();
        while let Some(line) = lines.last().filter(|line| line.starts_with("> ") || line.starts_with("  ")) {
            items.insert(0, (*line).to_owned());
            lines.pop();
        }
        let marked = items.iter().position(|item| item.starts_with("> ")).unwrap_or(0);
        let items = items.iter().map(|item| item[2..].to_owned()).collect();
        Some(Asked { question: lines.last().unwrap().trim().to_owned(), items, marked })
    }

    fn hear(&mut self, bytes: &[u8]) -> String {
        let text = plain(&String::from_utf8_lossy(bytes));
        self.said.push_str(&text);
        text
    }

    /// The next question, which must be this one.
    #[track_caller]
    pub fn asks(&mut self, question: &str) -> Asked {
        match self.next() {
            Some(asked) if asked.question.contains(question) => asked,
            other => panic!("“{question}” is not asked but {other:?}\n{}", self.said),
        }
    }

    /// Chooses the item that begins so.
    #[track_caller]
    pub fn picks(&mut self, asked: &Asked, item: &str) {
        let at = asked.items.iter().position(|own| own.starts_with(item));
        let at = at.unwrap_or_else(|| panic!("no “{item}” in {asked:?}\n{}", self.said));
        let keys = if at >= asked.marked { DOWN } else { UP };
        self.session.send(keys.repeat(at.abs_diff(asked.marked))).unwrap();
        self.session.send("\r").unwrap();
        // The menu gives way to a line with the question and the answer.
        let answered = format!("{} {}", asked.question, asked.items[at]);
        let found = self.session.expect(answered.as_str());
        let found = found.unwrap_or_else(|error| panic!("{error}: “{answered}”\n{}", self.said));
        self.hear(found.as_bytes());
    }

    /// One question and its answer.
    #[track_caller]
    pub fn answers(&mut self, question: &str, item: &str) {
        let asked = self.asks(question);
        self.picks(&asked, item);
    }

    /// A price that is taken.
    #[track_caller]
    pub fn types(&mut self, question: &str, keys: &str) {
        let asked = self.asks(question);
        self.enters(&asked, keys);
    }

    #[track_caller]
    fn enters(&mut self, asked: &Asked, keys: &str) {
        self.session.send(format!("{keys}\r")).unwrap();
        // The line is written once more, with the answer.
        let answered = format!("{} {keys}", asked.question);
        let found = self.session.expect(answered.as_str());
        let found = found.unwrap_or_else(|error| panic!("{error}: “{answered}”\n{}", self.said));
        self.hear(found.as_bytes());
    }

    /// Enter alone: takes the item that is marked.
    #[track_caller]
    pub fn takes_the_marked(&mut self, asked: &Asked) {
        let marked = asked.items[asked.marked].clone();
        self.picks(asked, &marked);
    }

    pub fn interrupts(&mut self) {
        // The keyboard is read a moment after the question stands there.
        std::thread::sleep(Duration::from_millis(100));
        self.session.send(CTRL_C).unwrap();
    }

    /// No more questions: how it ended, and all it said.
    #[track_caller]
    pub fn ends(mut self, code: i32) -> Told {
        if let Some(asked) = self.next() {
            panic!("asked {asked:?}\n{}", self.said);
        }
        let status = self.session.get_process().wait().unwrap();
        let ended = match status {
            WaitStatus::Exited(_, code) => code,
            other => panic!("{other:?}\n{}", self.said),
        };
        assert_eq!(ended, code, "{}", self.said);
        Told(self.said)
    }
}

/// All that was said, in the end.
pub struct Told(String);

impl Told {
    #[track_caller]
    pub fn says(self, text: &str) -> Told {
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat(&self.0).contains(&flat(text)), "“{text}” is not in\n{}", self.0);
        self
    }
}

/// Without escape sequences.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\x1b' => {
                rest.by_ref().skip(1).find(|end| end.is_ascii_alphabetic());
            }
            '\r' => {}
            other => plain.push(other),
        }
    }
    plain
}

/// Goes through a set-up saying yes to everything, up to the question with this number. Nothing where there
/// are not so many.
fn up_to(desk: &Desk, number: usize) -> Option<(Terminal, Asked)> {
    let mut terminal = Terminal::start(desk, &["setup"]);
    for _ in 0..number {
        let question = terminal.next()?;
        yes(&mut terminal, &question);
    }
    let question = terminal.next()?;
    Some((terminal, question))
}

/// Goes on to the end saying yes to everything.
#[track_caller]
fn to_the_end(desk: &Desk, code: i32) -> Told {
    let mut terminal = Terminal::start(desk, &["setup"]);
    while let Some(question) = terminal.next() {
        yes(&mut terminal, &question);
    }
    terminal.ends(code)
}

fn yes(terminal: &mut Terminal, asked: &Asked) {
    if asked.items.is_empty() {
        terminal.enters(asked, "0.50");
    } else {
        terminal.picks(asked, &asked.items[0]);
    }
}

/// A desk whose configuration leaves one price to be asked.
fn desk() -> Desk {
    let desk = story::before(0);
    desk.edit(
        "psactl.toml",
        "bdr-storage = { identifier = \"ShadowProtect BDR Storage\", price = \"0.50\" }",
        "bdr-storage = \"ShadowProtect BDR Storage\"",
    );
    desk
}

#[test]
fn a_first_set_up_by_keystrokes() {
    let desk = desk();
    let mut terminal = Terminal::start(&desk, &["setup"]);
    terminal.answers("integrator-login - What now?", "Apply");
    terminal.asks("Price of “ShadowProtect BDR Storage”");
    terminal.session.send("much\r").unwrap();
    terminal.session.expect("“much” is no price").unwrap();
    terminal.types("Price of “ShadowProtect BDR Storage”", "0.50");
    terminal.answers("products - What now?", "Apply");
    terminal.answers("management-solution - What now?", "Apply");
    terminal.answers("configuration-types - What now?", "Apply");
    terminal.answers("cross-references - What now?", "Apply");
    terminal.answers("Are both turned off at the portal", "Yes");
    let told = terminal.ends(3);
    told.says("service-status: ok")
        .says("Step 2 of 9: integrator-login")
        .says("Service Ticket API - checked")
        .says("+ integrator login “efolder-api” (#")
        .says("integrator-login: right now")
        .says("+ 11 new products")
        .says("Next: psactl companies");
    story::assert_psa(&desk, 0, "by keystrokes");

    for (cid, company) in [("342", "Eddie's TV Repair"), ("355", "Joe TV Repair"), ("419", "Angry Fox")] {
        desk.psactl(&["companies", "link", cid, company, "--yes"]).ends_with(0);
    }
    let mut terminal = Terminal::start(&desk, &["setup"]);
    terminal.answers("agreements - What now?", "Apply");
    terminal.ends(0).says("Set-up is complete.");
    story::assert_psa(&desk, 1, "agreements by keystrokes");
}

#[test]
fn while_somebody_thinks_another_psactl_may_write() {
    let desk = desk();
    let mut terminal = Terminal::start(&desk, &["setup"]);
    let asked = terminal.asks("integrator-login - What now?");
    // Set-up is not finished, and the state is free: this is not exit code 7.
    desk.psactl(&["sync"]).ends_with(3).says("set-up is not finished");
    desk.psactl(&["companies", "link", "342", "Eddie's TV Repair", "--yes"]).is_silent_on("another psactl");
    terminal.picks(&asked, "Stop");
    terminal.ends(3);
}

#[test]
fn a_price_is_typed_once() {
    let desk = desk();
    let mut terminal = Terminal::start(&desk, &["setup", "products"]);
    terminal.types("Price of “ShadowProtect BDR Storage”", "0.65");
    terminal.asks("products - What now?");
    terminal.interrupts();
    terminal.ends(130);
    let mut terminal = Terminal::start(&desk, &["setup", "products"]);
    terminal.answers("products - What now?", "Apply");
    terminal.ends(0);
    let product = desk.record("/procurement/catalog", "identifier = \"ShadowProtect BDR Storage\"");
    assert_eq!(product["price"], json!(0.65));
}

#[test]
fn what_is_right_is_told_in_a_line_and_asks_nothing() {
    let desk = Desk::linked();
    desk.forget_requests();
    let told = Terminal::start(&desk, &["setup"]).ends(0).says("Set-up is complete.");
    for step in ["service-status", "products", "cross-references", "portal", "agreements"] {
        assert!(told.0.lines().any(|line| line.starts_with(&format!("{step}: ok"))), "{}", told.0);
    }
    assert_eq!(desk.writes(), [""; 0]);
    Terminal::start(&desk, &["setup", "products"]).ends(0).says("Step products is right.");
}

#[test]
fn interrupted_at_each_question_it_goes_on_to_the_same_end() {
    for number in 0.. {
        let desk = desk();
        let Some((mut terminal, _)) = up_to(&desk, number) else {
            assert_eq!(number, 7, "so many questions has a first set-up");
            break;
        };
        terminal.interrupts();
        terminal.ends(130).says("run the command again: it goes on from where it stopped");
        to_the_end(&desk, 3);
        story::assert_psa(&desk, 0, &format!("interrupted at question {number}"));
    }
}

#[test]
fn stopped_at_each_step_it_says_how_to_go_on() {
    for (number, step) in [(0, "integrator-login"), (2, "products"), (5, "cross-references"), (6, "portal")] {
        let desk = desk();
        let (mut terminal, question) = up_to(&desk, number).unwrap();
        terminal.picks(&question, "Stop here");
        desk.forget_requests();
        terminal
            .ends(3)
            .says(&format!("Stopped at step {step}."))
            .says("What was made stays; psactl setup goes on from here.");
        assert_eq!(desk.writes(), [""; 0]);
        to_the_end(&desk, 3);
        story::assert_psa(&desk, 0, &format!("stopped at {step}"));
    }
}

#[test]
fn a_skipped_step_blocks_only_those_that_need_it() {
    let desk = desk();
    let mut terminal = Terminal::start(&desk, &["setup"]);
    terminal.answers("integrator-login - What now?", "Skip");
    terminal.types("Price of “ShadowProtect BDR Storage”", "0.50");
    terminal.answers("products - What now?", "Skip");
    terminal.answers("management-solution - What now?", "Apply");
    terminal.answers("configuration-types - What now?", "Apply");
    terminal.answers("Are both turned off at the portal", "Skip");
    terminal
        .ends(3)
        .says("cross-references: blocked by integrator-login")
        .says("agreements: blocked by products")
        .says("integrator-login skipped")
        .says("products skipped");
    assert!(desk.records("/procurement/catalog", "description like \"EFS*\"").is_empty());
    to_the_end(&desk, 3);
    story::assert_psa(&desk, 0, "skipped first");
}

/// What psactl would write for a step, made by the colleague instead.
fn made_by_hand(desk: &Desk, step: &str) {
    // A cross-reference waits for its integration, which has an id only when it is there.
    for _ in 0..2 {
        let plan = desk.psactl(&["setup", step, "--dry-run", "--output", "json"]).json();
        let found = plan["steps"].as_array().unwrap().iter().find(|found| found["step"] == step);
        for change in found.unwrap()["changes"].as_array().unwrap() {
            if !change["waits_for"].is_null() {
                continue;
            }
            let mut body = change["request"]["body"].clone();
            if let Some("integrator-password") = change["secret"].as_str() {
                body["password"] = json!(desk.read("integrator-password").trim());
            }
            desk.make(change["request"]["path"].as_str().unwrap(), body);
        }
    }
}

const WRITES: &[(&str, &str)] = &[
    ("integrator-login", "/system/integratorlogins"),
    ("products", "/procurement/catalog"),
    ("management-solution", "/company/managementItSolutions"),
    ("configuration-types", "/company/configurations/types"),
    ("cross-references", "/company/managedDevicesIntegrations"),
];

#[test]
fn where_a_write_is_refused_a_colleague_makes_it_and_it_is_checked_again() {
    for (step, path) in WRITES {
        let desk = desk();
        desk.edit(
            "psactl.toml",
            "bdr-storage = \"ShadowProtect BDR Storage\"",
            "bdr-storage = { identifier = \"ShadowProtect BDR Storage\", price = \"0.50\" }",
        );
        desk.fault("POST", path, "status-403", 1);
        let mut terminal = Terminal::start(&desk, &["setup"]);
        let mut by_hand = 0;
        while let Some(question) = terminal.next() {
            if question.question == format!("{step} - And now?") {
                by_hand += 1;
                // Once too early: what is missing is said again.
                if by_hand == 2 {
                    made_by_hand(&desk, step);
                }
                terminal.picks(&question, "It is done: check again");
            } else if by_hand == 1 && question.question == format!("{step} - What now?") {
                terminal.picks(&question, "Do it by hand");
            } else {
                yes(&mut terminal, &question);
            }
        }
        assert_eq!(by_hand, 2, "{step}\n{}", terminal.said);
        terminal
            .ends(3)
            .says("ConnectWise does not allow it")
            .says("By hand: Setup >")
            .says("Checked again; still missing:");
        story::assert_psa(&desk, 0, &format!("{step} by hand"));
    }
}

#[test]
fn without_the_right_to_look_a_step_is_told_by_hand_and_looked_at_again() {
    let desk = desk();
    desk.edit(
        "psactl.toml",
        "bdr-storage = \"ShadowProtect BDR Storage\"",
        "bdr-storage = { identifier = \"ShadowProtect BDR Storage\", price = \"0.50\" }",
    );
    let board = id(&desk.record("/service/boards", "name = \"Professional Services\""));
    let login = desk.make(
        "/system/integratorlogins",
        json!({
            "username": "narrow", "password": "narrow-password", "canAccessAllRecordsFlag": true,
            "serviceTicketApiFlag": true, "systemApiFlag": true, "managedServicesApiFlag": true,
            "companyApiFlag": true, "configurationApiFlag": true, "agreementApiFlag": true,
            "board": { "id": board },
        }),
    );
    let keys = format!(
        "public_key = \"{}\"\nprivate_key = {{ file = \"private-key\" }}",
        desk.sandbox().public_key()
    );
    desk.edit("psactl.toml", &keys, "username = \"narrow\"\npassword = { file = \"private-key\" }");
    desk.write("private-key", "narrow-password");
    let mut terminal = Terminal::start(&desk, &["setup"]);
    terminal.answers("integrator-login - What now?", "Apply");
    terminal.answers("products - And now?", "It is done");
    let again = terminal.asks("products - And now?");
    assert!(terminal.said.contains("switch on “Product API”"), "{}", terminal.said);
    desk.change(&format!("/system/integratorlogins/{}", id(&login)), "productApiFlag", true);
    terminal.picks(&again, "It is done");
    terminal.answers("products - What now?", "Apply");
    terminal.answers("management-solution - What now?", "Stop");
    terminal.ends(3).says("By hand: Setup > Products > New").says("products: right now");
}

/// Near misses of a PSA that somebody set up by hand.
fn misspelt() -> Desk {
    let desk = Desk::integrated();
    let login = desk.record("/system/integratorlogins", "username = \"efolder-api\"");
    desk.change(&format!("/system/integratorlogins/{}", id(&login)), "username", "eFolder-API");
    let product = desk.record("/procurement/catalog", "identifier = \"ShadowProtect BDR Wks\"");
    desk.change(
        &format!("/procurement/catalog/{}", id(&product)),
        "identifier",
        "ShadowProtect BDR Desktops",
    );
    let solution = desk.record("/company/managementItSolutions", "");
    let at = format!("/company/managementItSolutions/{}", id(&solution));
    desk.change(&at, "name", "EFolder");
    desk.change(&at, "managementSolutionName", "EFolder");
    let integration = desk.record("/company/managedDevicesIntegrations", "");
    let at = format!("/company/managedDevicesIntegrations/{}", id(&integration));
    desk.change(&at, "solution", "EFolder");
    desk.change(&at, "name", "EFolder");
    let kind = desk.record("/company/configurations/types", "name = \"License\"");
    desk.change(&format!("/company/configurations/types/{}", id(&kind)), "name", "license");
    let reference = desk.record(&format!("{at}/crossReferences"), "vendorLevel = \"ShadowProtect BDR\"");
    desk.change(&format!("{at}/crossReferences/{}", id(&reference)), "vendorLevel", "shadowprotect BDR ");
    desk.edit("psactl.toml", "board = \"Professional Services\"", "board = \"Backup Desk\"");
    desk.forget_requests();
    desk
}

#[test]
fn near_misses_are_used_where_a_person_says_so_and_asked_once() {
    let desk = misspelt();
    let mut terminal = Terminal::start(&desk, &["setup"]);
    terminal.answers("Which service board do tickets go to?", "Use “Professional Services”");
    terminal.answers("Which integrator login is the portal's?", "Use “eFolder-API”");
    terminal.answers("Which product bills ShadowProtect BDR Desktops?", "Use “ShadowProtect BDR Desktops”");
    terminal.answers("Which management solution", "Use “EFolder”");
    terminal.answers("Which configuration type is “License”?", "Use “license”");
    terminal.answers("should read “Online Storage / ShadowProtect BDR”", "Use it, and correct it");
    terminal.answers("cross-references - What now?", "Apply");
    terminal.answers("Are both turned off at the portal", "Yes");
    let told = terminal
        .ends(3)
        .says("write board = \"Professional Services\" under [tickets] in psactl.toml")
        .says("write username = \"eFolder-API\" under [integrator_login] in psactl.toml")
        .says("write management_solution = \"EFolder\" under [connectwise] in psactl.toml")
        .says("write it so under [billing.products] bdr-desktops");
    let writes = desk.writes();
    let posts = writes.iter().filter(|write| write.starts_with("POST"));
    assert!(posts.clone().all(|write| write.ends_with("/crossReferences")), "{writes:?}\n{}", told.0);
    assert_eq!((posts.count(), writes.len()), (2, 3), "{writes:?}\n{}", told.0);

    // Asked once; and unattended the answers hold too.
    desk.forget_requests();
    Terminal::start(&desk, &["setup"]).ends(3);
    desk.psactl(&["setup", "--apply", "--yes"]).ends_with(3).says("1. service-status  ok");
    assert_eq!(desk.writes(), [""; 0]);
}

#[test]
fn beside_near_misses_new_ones_are_made_where_a_person_says_so() {
    let desk = misspelt();
    let mut terminal = Terminal::start(&desk, &["setup"]);
    // ConnectWise takes no second login that differs in case alone: then it is asked again.
    desk.expects_refusals();
    let mut tried = Vec::new();
    while let Some(question) = terminal.next() {
        let new = |item: &&String| item.starts_with("Make a new one") || item.starts_with("Leave it");
        match question.items.iter().find(new).cloned() {
            Some(new) if !tried.contains(&question.question) => {
                tried.push(question.question.clone());
                terminal.picks(&question, &new);
            }
            _ => yes(&mut terminal, &question),
        }
    }
    let told = terminal.ends(3).says("username efolder-api already exists");
    assert_eq!(tried.len(), 5, "{tried:?}\n{}", told.0);
    for identifier in ["ShadowProtect BDR Wks", "ShadowProtect BDR Desktops"] {
        desk.record("/procurement/catalog", &format!("identifier = \"{identifier}\""));
    }
    let login = desk.record("/system/integratorlogins", "username = \"efolder-api\"");
    assert_eq!(login["username"], "eFolder-API");
    desk.forget_requests();
    Terminal::start(&desk, &["setup"]).ends(3);
    assert_eq!(desk.writes(), [""; 0]);
}

#[test]
fn statuses_and_parts_of_products_are_chosen_from_what_is_there() {
    let desk = desk();
    let board = id(&desk.record("/service/boards", "name = \"Professional Services\""));
    let statuses = format!("/service/boards/{board}/statuses");
    desk.edit("psactl.toml", "new_status = \"\"", "new_status = \"Retired\"");
    desk.make(&statuses, json!({ "name": "Retired", "inactive": true }));
    for (path, name) in [("/procurement/types", "Software"), ("/procurement/unitOfMeasures", "Each")] {
        let part = desk.record(path, &format!("name = \"{name}\""));
        desk.change(&format!("{path}/{}", id(&part)), "name", format!("Our {name}"));
    }
    let mut terminal = Terminal::start(&desk, &["setup"]);
    terminal.answers("Which status do new tickets get?", "Use “New (not responded)”");
    terminal.answers("integrator-login - What now?", "Apply");
    terminal.answers("There is no product type “Software”", "Our Software");
    terminal.answers("There is no unit of measure “Each”", "Our Each");
    terminal.types("Price of “ShadowProtect BDR Storage”", "0.50");
    terminal.answers("products - What now?", "Apply");
    terminal.answers("management-solution - What now?", "Stop");
    terminal.ends(3).says("write new_status = \"New (not responded)\" under [tickets] in psactl.toml");
    let product = desk.record("/procurement/catalog", "identifier = \"ShadowProtect BDR Storage\"");
    assert_eq!(
        (&product["type"]["name"], &product["unitOfMeasure"]["name"]),
        (&json!("Our Software"), &json!("Our Each"))
    );
    assert_eq!(desk.records(&statuses, "name = \"Retired\"").len(), 1);
}

#[test]
fn records_that_cannot_serve_are_left_and_others_chosen() {
    let desk = Desk::integrated();
    let solution = desk.record("/company/managementItSolutions", "name = \"eFolder\"");
    let at = format!("/company/managementItSolutions/{}", id(&solution));
    let of_another = json!([
        { "op": "replace", "path": "nAbleUsername", "value": "nable" },
        { "op": "replace", "path": "nAblePassword", "value": "nable-password" },
        { "op": "replace", "path": "managementItSolutionType", "value": "NAble" },
    ]);
    desk.ask("PATCH", &at, &[], Some(&of_another));
    let other =
        json!({ "name": "Backup", "managementItSolutionType": "Custom", "managementSolutionName": "Backup" });
    desk.make("/company/managementItSolutions", other);
    let product = desk.record("/procurement/catalog", "identifier = \"ShadowProtect BDR Storage\"");
    let at = format!("/procurement/catalog/{}", id(&product));
    desk.change(&at, "inactiveFlag", true);
    let mut body = product.clone();
    for field in ["id", "_info"] {
        body.as_object_mut().unwrap().remove(field);
    }
    body["identifier"] = json!("EFS shadowprotect BDR storage");
    desk.make("/procurement/catalog", body);
    desk.edit("psactl.toml", "agreement_type = \"Managed Service\"", "agreement_type = \"Backups\"");
    desk.forget_requests();
    let mut terminal = Terminal::start(&desk, &["setup"]);
    terminal.answers("Which product bills ShadowProtect BDR Storage?", "Use “EFS shadowprotect BDR storage”");
    terminal.answers("Which management solution", "Use “Backup”");
    terminal.answers("Which agreement type", "Use “Managed Service”");
    terminal.answers("cross-references - What now?", "Skip");
    terminal.answers("Are both turned off at the portal", "Not yet");
    terminal.answers("portal - And now?", "It is done");
    terminal.answers("Are both turned off at the portal", "Yes");
    terminal
        .ends(3)
        .says("is inactive: make it active, or name another")
        .says("is of type NAble")
        .says("write agreement_type = \"Managed Service\" under [billing] in psactl.toml")
        .says("My Partnership > Partner Notifications");
    assert_eq!(desk.writes(), [""; 0]);
    assert_eq!(desk.ask("GET", &at, &[], None)["inactiveFlag"], json!(true), "left as it is");
}

#[test]
fn what_is_off_is_said_and_json_stays_whole() {
    let desk = desk();
    desk.edit(
        "psactl.toml",
        "[tickets]                               # guide steps 1 and 7\nenabled = true",
        "[tickets]\nenabled = false",
    );
    let mut terminal = Terminal::start(&desk, &["setup"]);
    terminal.answers("integrator-login - What now?", "Stop");
    let told = terminal.ends(3).says("service-status: not needed: tickets are off ([tickets] enabled)");
    assert!(!told.0.contains("Service Board"), "{}", told.0);

    // What is said while asking goes where the questions are; the result is one document.
    let result = desk.file("result.json");
    let mut terminal = Terminal::start_in_shell(&desk, "setup --output json", &result);
    terminal.answers("integrator-login - What now?", "Stop");
    terminal.ends(3);
    let report: serde_json::Value = serde_json::from_str(&desk.read("result.json")).unwrap();
    assert_eq!(
        (&report["stopped_at"], &report["steps"][1]["left"]),
        (&json!("integrator-login"), &json!("stopped"))
    );
}

/// Where stdout goes to a file, a person still sees what they say yes to, and the file has the document alone.
#[test]
fn what_a_question_is_about_stands_where_the_question_stands() {
    let desk = Desk::running();
    let run = desk.psactl(&["history", "--output", "json"]).json()["runs"][0]["id"].as_i64().unwrap();
    let out = desk.file("undone.json");
    let mut undo = Terminal::start_in_shell(&desk, &format!("undo {run} --output json"), &out);
    let asked = undo.session.expect("Take back").unwrap();
    undo.hear(asked.as_bytes());
    undo.session.send("y").unwrap();
    undo.ends(0).says("would be taken back").says("Managed ID #2 EFS-342");
    let document: serde_json::Value = serde_json::from_str(&desk.read("undone.json")).unwrap();
    assert_eq!(document["schema"], "psactl/undo/1");
}
