//! What lies in examples/ for the scheduler and the monitor: each is looked at with what this platform has for it.

use std::path::PathBuf;

use psactl::config::{Config, Environment};

use crate::support::Desk;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

/// The command lines of psactl that an example has.
fn commands(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().filter_map(|line| {
        let begin = line.find("psactl sync").or_else(|| line.find("psactl report"));
        let begin = begin.or_else(|| line.find("psactl doctor"))?;
        let line = line[begin..].split(['>', ',', ';', '.', '<']).next()?.trim();
        Some(line.split_whitespace().map(str::to_owned).collect::<Vec<String>>())
    });
    lines.filter(|words| words.len() > 1).collect()
}

#[test]
fn the_commands_of_every_example_exist() {
    let mut found = 0;
    for name in ["psactl.cron", "psactl.service", "psactl.logrotate"] {
        for words in commands(&read(name)) {
            // "psactl sync says …" in a comment is no command line.
            let words = words.into_iter().take_while(|word| word.is_ascii() && word != "says");
            let words: Vec<String> = words.collect();
            let parsed = psactl::cli::command().try_get_matches_from(&words);
            assert!(parsed.is_ok(), "{name}: {words:?}: {}", parsed.unwrap_err());
            found += 1;
        }
    }
    assert!(found >= 5, "{found}");
}

/// Five fields of time as cron(5) has them, then the account, then the command.
#[test]
fn the_cron_lines_are_whole() {
    let text = read("psactl.cron");
    let jobs = text.lines().filter(|line| line.starts_with(|c: char| c == '*' || c.is_ascii_digit()));
    let ranges = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];
    let mut count = 0;
    for job in jobs {
        let fields: Vec<&str> = job.split_whitespace().collect();
        assert_eq!(&fields[5..7], ["psactl", "psactl"], "{job}");
        for (field, (low, high)) in fields.iter().zip(ranges) {
            for part in field.split([',', '-', '/']).filter(|part| *part != "*") {
                let number: u32 = part.parse().unwrap_or_else(|_| panic!("{part} in {job}"));
                assert!((low..=high).contains(&number), "{part} in {job}");
            }
        }
        count += 1;
    }
    assert_eq!(count, 3);
    assert!(text.ends_with('\n'), "cron ignores a last line without an end");
}

/// systemd's own judgement, where it is there.
#[cfg(target_os = "linux")]
#[test]
fn the_units_are_verified_by_systemd() {
    use std::process::Command;

    let Ok(version) = Command::new("systemd-analyze").arg("--version").output() else {
        eprintln!("systemd-analyze is not there: not verified");
        return;
    };
    assert!(version.status.success());
    let folder = tempfile::tempdir().unwrap();
    for unit in ["psactl.service", "psactl.timer"] {
        let text = read(unit).replace("/usr/local/bin/psactl", env!("CARGO_BIN_EXE_psactl"));
        // An account that is there.
        std::fs::write(folder.path().join(unit), text.replace("User=psactl", "User=root")).unwrap();
    }
    let units = ["psactl.service", "psactl.timer"].map(|unit| folder.path().join(unit));
    let output = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(units).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("psactl")).collect();
    assert!(output.status.success() && ours.is_empty(), "{said}");
}

#[test]
fn the_windows_task_is_a_task() {
    const TASK: &str = "http://schemas.microsoft.com/windows/2004/02/mit/task";
    let text = read("psactl-task.xml");
    let document = roxmltree::Document::parse(&text).unwrap();
    let root = document.root_element();
    assert_eq!((root.tag_name().name(), root.tag_name().namespace()), ("Task", Some(TASK)));
    // The order of the schema: taskType is a sequence.
    let parts: Vec<&str> =
        root.children().filter(|node| node.is_element()).map(|node| node.tag_name().name()).collect();
    assert_eq!(parts, ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"]);
    let text_of = |name: &str| {
        root.descendants().find(|node| node.tag_name().name() == name).and_then(|node| node.text()).unwrap()
    };
    assert_eq!(text_of("Interval"), "PT1M");
    assert_eq!(text_of("MultipleInstancesPolicy"), "IgnoreNew");
    let words = ["psactl"].into_iter().chain(text_of("Arguments").split_whitespace());
    assert!(psactl::cli::command().try_get_matches_from(words).is_ok());
}

#[test]
fn the_monitoring_example_is_read() {
    let monitoring = read("monitoring.toml");
    let whole = read("psactl.toml");
    let (before, _) = whole.split_once("[monitoring]").unwrap();
    let config = Config::parse(&format!("{before}{monitoring}"), &path("psactl.toml"), &Environment::empty());
    let config = config.unwrap();
    assert!(config.monitoring.ping_url.is_some() && config.monitoring.prometheus_file.is_some());
}

/// An alert on a figure that nobody writes never fires.
#[test]
fn the_alerts_are_on_figures_that_are_written() {
    let desk = Desk::running();
    desk.edit("psactl.toml", "prometheus_file = \"\"", "prometheus_file = \"psactl.prom\"");
    desk.psactl(&["sync", "--verify"]).ends_with(0);
    let written = desk.read("psactl.prom");
    let alerts = read("psactl-alerts.yml");
    let names: Vec<&str> = alerts
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("psactl_"))
        .collect();
    assert!(names.len() >= 6);
    for name in names {
        assert!(written.contains(&format!("\n{name} ")), "{name}");
    }
}
