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
