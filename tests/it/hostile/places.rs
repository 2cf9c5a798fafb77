//! Other accounts of the same machine: what they can write to is not believed, what psactl writes they cannot read,
//! and a link that stands in a file's place is not followed.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::support::{Desk, Ran};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Everything below a folder.
fn below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        found.extend(if path.is_dir() { below(&path) } else { vec![path] });
    }
    found
}

/// Runs it where every new file would be open to everybody.
fn careless(desk: &Desk, arguments: &[&str]) -> Ran {
    let plain = desk.command(arguments);
    let mut command = Command::new("sh");
    command.arg("-c").arg("umask 000; exec \"$0\" \"$@\"").arg(plain.get_program()).args(plain.get_args());
    command.env_clear().stdin(std::process::Stdio::null());
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Desk::ran(&mut command)
}

#[test]
fn a_configuration_that_others_may_write_is_not_followed() {
    let desk = Desk::running();
    let (file, folder) = (desk.file("psactl.toml"), desk.folder().to_owned());
    // Whoever could write it, could have a command run in this account's name.
    desk.edit(
        "psactl.toml",
        "{ file = \"private-key\" }",
        "{ command = \"touch was-run; cat private-key\" }",
    );
    for (path, bad, said) in [(&file, 0o666, 0o666), (&file, 0o620, 0o620), (&folder, 0o777, 0o777)] {
        let before = mode(path);
        set_mode(path, bad);
        for arguments in [&["sync"][..], &["setup", "--check"], &["portal", "check"], &["doctor"]] {
            let ran = desk.psactl(arguments);
            assert!([3, 8].contains(&ran.code), "{arguments:?}: {}{}", ran.stdout, ran.stderr);
            ran.says(&format!("may be written by others on this machine (mode {said:04o})"))
                .says(&format!("chmod go-w {}", path.display()));
        }
        assert!(!desk.file("was-run").exists(), "{bad:o}");
        set_mode(path, before);
    }
    // In a folder like /tmp nobody can put another file in its place.
    set_mode(&folder, 0o1777);
    for good in [0o600, 0o644, 0o640] {
        set_mode(&file, good);
        desk.psactl(&["sync", "--verify"]).ends_with(0);
    }
    assert!(desk.file("was-run").exists());
}

#[test]
fn a_state_that_others_may_write_is_not_believed() {
    let desk = Desk::running();
    desk.forget_requests();
    let (state, database) = (desk.file("state"), desk.file("state/psactl.db"));
    for (path, bad) in [(&state, 0o777), (&state, 0o770), (&state, 0o1777), (&database, 0o666)] {
        let before = mode(path);
        set_mode(path, bad);
        for arguments in [&["sync", "--verify"][..], &["status"], &["review"], &["state"]] {
            desk.psactl(arguments)
                .ends_with(1)
                .says(&format!("the state in {} may be written by others on this machine", path.display()))
                .says("next: chmod go-w");
        }
        set_mode(path, before);
    }
    assert_eq!(desk.requests().len(), 0);
    set_mode(&state, 0o755);
    desk.psactl(&["sync", "--verify"]).ends_with(0);
}

#[test]
fn what_psactl_writes_is_its_owners_whatever_the_umask_is() {
    let desk = Desk::running();
    for (name, arguments) in [
        ("plan.json", &["sync", "--verify", "--save-plan"][..]),
        ("bundle.json", &["doctor", "--bundle"]),
        ("table.csv", &["report", "--csv"]),
        ("page.html", &["report", "--html"]),
    ] {
        let path = desk.file(name);
        careless(&desk, &[arguments, &[path.to_str().unwrap()]].concat());
        assert_eq!(mode(&path), 0o600, "{name}");
    }
    // The first to need the state folder makes it: the copy of what Axcient said, or of an export, or the database.
    let x360recover = crate::x360recover_sync::running();
    let exports = crate::exports::address::served(Desk::linked());
    for desk in [x360recover, exports, desk] {
        std::fs::remove_dir_all(desk.file("state")).unwrap();
        careless(&desk, &["portal", "check"]).ends_with(0);
        careless(&desk, &["sync"]);
        let state = below(&desk.file("state"));
        assert!(state.iter().any(|path| path.ends_with("psactl.lock")), "{state:?}");
        for path in state {
            assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
        }
    }
}

#[test]
fn a_link_in_the_place_of_a_file_is_not_followed() {
    let desk = Desk::running();
    desk.write("theirs", "not to be touched");
    let theirs = desk.file("theirs");
    let man = desk.file("man");
    std::fs::create_dir(&man).unwrap();
    for name in ["table.csv", "psactl.prom", "man/psactl.1", "plan.json", "bundle.json"] {
        symlink(&theirs, desk.file(name)).unwrap();
    }
    let path = |name: &str| desk.file(name).to_str().unwrap().to_owned();
    desk.edit("psactl.toml", "prometheus_file = \"\"", "prometheus_file = \"psactl.prom\"");
    desk.psactl(&["sync", "--force"]).ends_with(0);
    desk.psactl(&["report", "--csv", &path("table.csv")]).ends_with(0);
    desk.psactl(&["man", &path("man")]).ends_with(0);
    // These two write over nothing that is not theirs.
    desk.psactl(&["sync", "--save-plan", &path("plan.json")]).ends_with(2).says("it is not written over");
    desk.psactl(&["doctor", "--bundle", &path("bundle.json")]).says("name a file that is not there yet");
    assert_eq!(desk.read("theirs"), "not to be touched");
    assert!(desk.read("man/psactl.1").contains("psactl"));
    assert_eq!(mode(&desk.file("man/psactl.1")), 0o644);
}

/// A trial never takes the place of a psactl.toml for a real ConnectWise, nor of the secrets beside one.
#[test]
fn a_sandbox_writes_over_nobodys_files() {
    let desk = Desk::bare();
    let path = |name: &str| desk.file(name).to_str().unwrap().to_owned();
    std::fs::create_dir(desk.file("real")).unwrap();
    let text = "[connectwise]\nsite = \"https://na.myconnectwise.net\"\n";
    desk.write("real/psactl.toml", text);
    desk.write("real/private-key", "r3al-s3cret");
    desk.psactl(&["demo", "--keep", &path("real")]).ends_with(2).says("is not empty");
    // Beside it, under another name, its secrets would go. (`psactl sandbox --write-config`, which would serve on.)
    let refused = psactl::cli::write_trial(desk.sandbox(), &desk.file("real/trial.toml")).unwrap_err();
    assert!(refused.line().ends_with("private-key is there and is no sandbox's: it is not written over"));
    assert_eq!(
        (desk.read("real/psactl.toml").as_str(), desk.read("real/private-key").as_str()),
        (text, "r3al-s3cret")
    );
    assert!(!desk.file("real/trial.toml").exists());
    // It may come again, and its files are its owner's, whatever they were.
    for name in ["psactl.toml", "private-key"] {
        set_mode(&desk.file(name), 0o666);
    }
    psactl::cli::write_trial(desk.sandbox(), &desk.file("psactl.toml")).unwrap();
    for name in ["psactl.toml", "private-key", "integrator-password"] {
        assert_eq!(mode(&desk.file(name)), 0o600, "{name}");
    }
}
