//! The README is true: what it says is typed is typed, and what it says is answered is compared. A block whose output
//! is compared has `<!-- shown: DESK -->` before it, with the desk it is typed at; `…` stands for text or lines left
//! out. Every other command line in it is at least one that psactl would take.

use jiff::SignedDuration;

use crate::support::Desk;
use crate::syncing::{next_export, used};

const README: &str = include_str!("../../README.md");

/// A command line and what the README says it answers.
#[derive(Debug)]
struct Shown {
    line: usize,
    typed: String,
    answered: Vec<String>,
}

/// A block of the README that shows a console.
#[derive(Debug)]
struct Block {
    desk: Option<String>,
    shown: Vec<Shown>,
}

fn blocks() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut marker = None;
    let mut inside = false;
    for (at, text) in README.lines().enumerate() {
        let bare = text.trim();
        if let Some(name) = bare.strip_prefix("<!-- shown: ").and_then(|rest| rest.strip_suffix(" -->")) {
            marker = Some(name.to_owned());
        } else if !inside && bare == "```console" {
            inside = true;
            blocks.push(Block { desk: marker.take(), shown: Vec::new() });
        } else if inside && bare == "```" {
            inside = false;
        } else if inside && let Some(block) = blocks.last_mut() {
            match text.trim_start().strip_prefix("$ ") {
                Some(typed) => {
                    let typed = typed.split("  #").next().unwrap_or_default().trim().to_owned();
                    block.shown.push(Shown { line: at + 1, typed, answered: Vec::new() });
                }
                None => {
                    if let Some(shown) = block.shown.last_mut() {
                        shown.answered.push(text.trim_end().to_owned());
                    }
                }
            }
        }
    }
    blocks
}

/// The words of a command line, as a shell splits them.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), c) if c == open => quote = None,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The desks that the README's commands are typed at.
fn desk(name: &str) -> Desk {
    match name {
        "bare" => Desk::bare(),
        "linked" => Desk::linked(),
        "by hand" => {
            let desk = Desk::integrated();
            desk.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(3);
            desk.psactl(&["companies", "adopt", "--yes"]).ends_with(0);
            desk.psactl(&["setup", "--apply", "--yes"]).ends_with(0);
            desk
        }
        // Set up, and nobody linked.
        "set up" => {
            let desk = Desk::bare();
            desk.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(3);
            desk.write("links.csv", "cid,company\n419,Angry Fox\n");
            desk
        }
        "running" => Desk::running(),
        // The next day: more is used by two customers, by one of them far more, and a backup failed.
        "next day" | "next day, with tickets" => {
            let desk = Desk::running();
            if name == "next day, with tickets" {
                desk.psactl(&["sync", "--open-standing"]).ends_with(0);
            }
            next_export(&desk, SignedDuration::from_hours(24));
            used(&desk, "ETV-Primary", "148.20", "151.45");
            used(&desk, "JTR-Counter", "18.05", "180.05");
            let text = "Remote Backup failed for account [JTR-Counter / DOC30199009]: the network was lost";
            desk.event("900001", 20, "JTR-Counter", "355", "Error", text);
            desk
        }
        "a bad row" => {
            let desk = Desk::linked();
            used(&desk, "ETV-Primary", "148.20", "lots");
            desk
        }
        "next day, synchronised" => {
            let desk = self::desk("next day");
            desk.psactl(&["sync"]);
            desk.later(SignedDuration::from_mins(3));
            desk
        }
        name => panic!("no such desk: {name}"),
    }
}

/// Whether a text is what was written, where `…` stands for anything.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut rest = text;
    let mut parts = pattern.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

/// Whether lines are those that were written; a line of `…` alone stands for any number of them.
fn are_like(patterns: &[String], lines: &[String]) -> bool {
    match patterns.split_first() {
        None => lines.is_empty(),
        Some((first, rest)) if first.trim() == "…" => {
            (0..=lines.len()).any(|skipped| are_like(rest, &lines[skipped..]))
        }
        Some((first, rest)) => {
            lines.split_first().is_some_and(|(line, after)| is_like(first, line) && are_like(rest, after))
        }
    }
}

/// Lines without those that are empty: the README is not as generous with space as a terminal.
fn dense(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
}

#[test]
fn what_it_shows_is_what_is_answered() {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for block in blocks() {
        let Some(name) = &block.desk else { continue };
        let desk = desk(name);
        for shown in &block.shown {
            let words = words(&shown.typed);
            let (program, arguments) = words.split_first().unwrap();
            assert_eq!(program, "psactl", "README.md:{}", shown.line);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let mut command = desk.command(&arguments);
            if arguments.first() == Some(&"demo") {
                // A desk of its own, on which it is now.
                command.env_remove("PSACTL_NOW");
            }
            let ran = Desk::ran(command.env("COLUMNS", "80").current_dir(desk.folder()));
            let said = desk.shown(&ran);
            let said = said.split_once("--- stdout").map_or(said.as_str(), |(_, said)| said);
            let answer = dense(&said.replace("--- stderr", ""));
            let expected = dense(&shown.answered.join("\n"));
            compared += 1;
            if !expected.is_empty() && !are_like(&expected, &answer) {
                wrong.push(format!(
                    "README.md:{}: $ {}\n{}\n--- and not\n{}",
                    shown.line,
                    shown.typed,
                    answer.join("\n"),
                    expected.join("\n")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(compared >= 38, "{compared}");
}

#[test]
fn every_command_line_is_one_that_is_taken() {
    let mut seen = 0;
    for shown in blocks().into_iter().flat_map(|block| block.shown) {
        let words = words(&shown.typed);
        if words.first().map(String::as_str) != Some("psactl") {
            continue;
        }
        let words = words.into_iter().take_while(|word| word != ">" && word != "|");
        let parsed = psactl::cli::command().try_get_matches_from(words);
        assert!(parsed.is_ok(), "README.md:{}: {}: {}", shown.line, shown.typed, parsed.unwrap_err());
        seen += 1;
    }
    assert!(seen >= 20, "{seen}");
}

#[test]
fn what_is_left_out_may_be_anything() {
    for (pattern, text, like) in [
        ("a … c", "a b c", true),
        ("a … c", "a b d", false),
        ("a …", "a b d", true),
        ("…", "", true),
        ("a…a", "a", false),
        ("plain", "plain", true),
        ("plain", "plainly", false),
    ] {
        assert_eq!(is_like(pattern, text), like, "{pattern} {text}");
    }
    let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert!(are_like(&lines("a … d"), &lines("a b c d")));
    assert!(are_like(&lines("a … d"), &lines("a d")));
    assert!(!are_like(&lines("a … d"), &lines("a b c")));
}

/// The picture at the README's head is what a terminal shows; it is drawn anew as snapshots are.
#[test]
fn the_picture_is_what_a_terminal_shows() {
    let desk = desk("next day, with tickets");
    let mut command = desk.command(&["sync", "--color", "always"]);
    let ran = Desk::ran(command.env("COLUMNS", "84").current_dir(desk.folder())).ends_with(6);
    let prompt = "\u{1b}[1m$\u{1b}[0m psactl sync\n";
    let folder = desk.folder().display().to_string();
    let picture =
        anstyle_svg::Term::new().render_svg(&format!("{prompt}{}", ran.stdout.replace(&folder, "DESK")));
    insta::assert_binary_snapshot!("terminal.svg", picture.into_bytes());
}
