//! `psactl help`, `man` and `--version`: what belongs to no single command.

use psactl::error::Exit;

use crate::support::{Desk, Ran};

fn run(arguments: &[&str]) -> Ran {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_psactl"));
    Desk::ran(command.args(arguments).env_clear().env("COLUMNS", "100").stdin(std::process::Stdio::null()))
}

#[test]
fn the_exit_codes_are_a_topic_and_the_readmes_are_the_same() {
    let ran = run(&["help", "exit-codes"]).ends_with(0);
    insta::assert_snapshot!("exit_codes", ran.stdout.trim_end());
    let readme = include_str!("../../README.md");
    for exit in Exit::ALL {
        let row = format!("| {} | ", exit.code());
        let line = readme.lines().find(|line| line.starts_with(&row)).unwrap_or_else(|| panic!("{row}"));
        let plain = line.replace('`', "").replace("\\|", "|");
        let (meaning, advice) = exit.meaning();
        assert_eq!(plain, format!("| {} | {meaning} | {advice} |", exit.code()));
    }
}

#[test]
fn the_configuration_is_a_topic() {
    let ran = run(&["help", "configuration"]).ends_with(0);
    assert_eq!(ran.stdout.trim_end(), include_str!("../../examples/psactl.toml").trim_end());
}

#[test]
fn the_help_of_a_command_is_that_of_its_flag() {
    for command in [&["sync"][..], &["companies", "add"], &["state", "rebuild"]] {
        let asked = run(&[&["help"], command].concat()).ends_with(0);
        let flag = run(&[command, &["--help"]].concat()).ends_with(0);
        assert_eq!(asked.stdout, flag.stdout, "{command:?}");
    }
    run(&["help"]).ends_with(0).says("Show the whole job on a simulated PSA");
    run(&["help", "compannies"]).ends_with(2).says("psactl help lists the commands");
    run(&["help", "companies", "ad"]).ends_with(2);
}

/// A page for each command at any depth, and the exit codes on the first.
#[test]
fn there_is_a_manual_page_for_every_command() {
    fn names(command: &clap::Command, name: &str, all: &mut Vec<String>) {
        all.push(format!("{name}.1"));
        for own in command.get_subcommands() {
            names(own, &format!("{name}-{}", own.get_name()), all);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    run(&["man", &pages.display().to_string()]).ends_with(0).says("pages in");
    let mut wanted = Vec::new();
    names(&psactl::cli::command(), "psactl", &mut wanted);
    let mut written: Vec<String> = std::fs::read_dir(&pages)
        .unwrap()
        .map(|page| page.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    written.sort();
    wanted.sort();
    assert_eq!(written, wanted);
    let first = std::fs::read_to_string(pages.join("psactl.1")).unwrap();
    assert!(first.contains("EXIT STATUS") && first.contains("another psactl is at work"));
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    run(&["man", &file.display().to_string()]).ends_with(1).says("cannot write the pages");
}

#[test]
fn the_version_says_what_it_was_built_from() {
    let short = concat!("psactl ", env!("CARGO_PKG_VERSION"));
    assert_eq!(run(&["-V"]).ends_with(0).stdout.trim(), short);
    let long = run(&["--version"]).ends_with(0).stdout;
    assert!(long.starts_with(&format!("{short} (")) && long.trim_end().ends_with(')'), "{long}");
}

/// Every command at any depth: its words after psactl, and what `--help` knows of it.
fn commands() -> Vec<(String, clap::Command)> {
    fn walk(command: &clap::Command, name: &str, all: &mut Vec<(String, clap::Command)>) {
        all.push((name.to_owned(), command.clone()));
        for own in command.get_subcommands() {
            walk(own, &format!("{name} {}", own.get_name()), all);
        }
    }
    let mut root = psactl::cli::command();
    root.build();
    let mut all = Vec::new();
    walk(&root, "psactl", &mut all);
    all
}

/// The command lines in a help text: two blanks end one, and begin what is said about it.
fn examples(help: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in help.lines() {
        let (text, more) = line.strip_suffix(" \\").map_or((line, false), |text| (text, true));
        match lines.last_mut().filter(|_| goes_on) {
            Some(last) => *last = format!("{last} {}", text.trim_start()),
            None => lines.push(text.to_owned()),
        }
        goes_on = more;
    }
    let typed = lines.iter().filter_map(|line| line.strip_prefix("  psactl "));
    typed.map(|line| format!("psactl {}", line.split("  ").next().unwrap_or_default())).collect()
}

#[test]
fn every_command_shows_an_example_and_every_example_is_one_that_is_taken() {
    let mut seen = 0;
    for (name, command) in commands() {
        let help =
            command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
        let examples = examples(&help);
        if name != "psactl" {
            let own = examples.iter().filter(|example| example.starts_with(&name)).count();
            assert!(own > 0, "{name} has no example of its own in its help:\n{help}");
        }
        for example in examples {
            let words = crate::readme::words(&example);
            let words = words.into_iter().take_while(|word| !matches!(word.as_str(), ">" | "|" | "#"));
            let parsed = psactl::cli::command().try_get_matches_from(words);
            assert!(parsed.is_ok(), "{name} --help: {example}: {}", parsed.unwrap_err());
            seen += 1;
        }
    }
    assert!(seen >= 80, "{seen}");
}

/// A line that is too long is broken where it should not be.
#[test]
fn help_fits_80_columns() {
    for (name, command) in commands() {
        let help =
            command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
        // The first line is a sentence, and may be broken.
        for line in help.lines().skip(1) {
            assert!(line.chars().count() <= 80, "{name} --help: {line}");
        }
        if name.split(' ').count() == 2 {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            // Beside the names of the commands, in 80 columns.
            assert!(about.chars().count() <= 65, "{name}: {about}");
        }
    }
}

/// One flag reads the same everywhere, and what may be given more than once says so.
#[test]
fn a_flag_reads_alike_in_every_command() {
    let mut all = std::collections::BTreeMap::<String, Vec<(String, String)>>::new();
    for (name, command) in commands() {
        for arg in command.get_arguments() {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "{name}: {} says nothing", arg.get_id());
            assert!(!help.ends_with('.'), "{name}: {}: {help}", arg.get_id());
            let repeated = matches!(arg.get_action(), clap::ArgAction::Append);
            let list = arg.get_value_delimiter().is_some();
            // Words that follow each other are no list of things.
            let words = matches!(arg.get_id().as_str(), "words");
            if repeated && !list && !words {
                assert!(help.contains("may be repeated"), "{name}: {}: {help}", arg.get_id());
            }
            let flag = arg.get_long().map_or_else(|| arg.get_id().to_string(), |long| format!("--{long}"));
            all.entry(flag).or_default().push((name.clone(), help));
        }
    }
    for flag in ["--cid", "--yes", "--dry-run", "--nagios", "cid", "cids"] {
        let mut texts: Vec<&str> = all[flag]
            .iter()
            // Of these the flag needs more words.
            .filter(|(name, _)| name != "psactl setup" && name != "psactl init")
            .map(|(_, help)| help.as_str())
            .collect();
        texts.sort_unstable();
        texts.dedup();
        assert!(texts.len() == 1, "{flag}: {texts:#?}");
    }
}

/// The groups that `psactl init --services` takes name every service, each once.
#[test]
fn the_groups_of_services_name_each_service_once() {
    let (_, init) = commands().into_iter().find(|(name, _)| name == "psactl init").unwrap();
    let services = init.get_arguments().find(|arg| arg.get_long() == Some("services")).unwrap();
    let mut named: Vec<String> = Vec::new();
    for value in services.get_possible_values() {
        let help = value.get_help().map(ToString::to_string).unwrap_or_default();
        named.extend(help.split(", ").map(str::to_owned));
    }
    named.sort();
    let mut keys: Vec<&str> = psactl::services::all().iter().map(|service| service.key).collect();
    keys.sort_unstable();
    assert_eq!(named, keys);
    let product = init.get_arguments().find(|arg| arg.get_long() == Some("product")).unwrap();
    let help = product.get_help().map(ToString::to_string).unwrap_or_default();
    assert!(keys.iter().all(|key| help.contains(key)), "{help}");
}

/// However the program's file is called: on Windows it is psactl.exe.
#[cfg(unix)]
#[test]
fn usage_says_psactl() {
    use std::os::unix::process::CommandExt;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_psactl"));
    let ran = Desk::ran(command.arg0("psactl.exe").args(["sync", "-h"]).env_clear()).ends_with(0);
    assert!(ran.stdout.contains("Usage: psactl sync [OPTIONS]"), "{}", ran.stdout);
}
