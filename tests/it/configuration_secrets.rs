//! Secrets beside psactl.toml: read from files, commands and the environment, checked and never shown.

use crate::configuration::LEAST;
use psactl::config::{Config, Environment, SecretSource};
use secrecy::ExposeSecret;

/// A configuration in a folder of its own, with secret files that only this account can read.
fn with_secret(content: &[u8]) -> (tempfile::TempDir, Config) {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("private-key");
    std::fs::write(&secret, content).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).expect("set");
    }
    let environment: Environment = [("PSA_PASSWORD", "from the environment")].into_iter().collect();
    let config = Config::parse(LEAST, &folder.path().join("psactl.toml"), &environment).expect("valid");
    (folder, config)
}

fn read(source: &SecretSource, config: &Config) -> Result<String, String> {
    source.read(config).map(|secret| secret.expose_secret().to_string()).map_err(|error| error.to_string())
}

#[test]
fn secrets_are_checked_and_never_shown() {
    let file = SecretSource::File("private-key".into());
    for (content, expected) in [
        (&b"k3y"[..], Ok("k3y")),
        (b"k3y\n", Ok("k3y")),
        (b"k3y\r\n", Ok("k3y")),
        (b"two words\n", Ok("two words")),
        (b"", Err("is empty")),
        (b"\n", Err("is empty")),
        (b"k3y \n", Err("ends with a blank")),
        (b"k3y\xc2\xa0", Err("ends with a blank")),
        (b" k3y", Err("begins with a blank")),
        (b"k3y\n\n", Err("ends with a line break too many")),
        (b"a\nb", Err("has more than one line")),
        (b"a\tb", Err("contains a control character")),
        (b"\xef\xbb\xbfk3y", Err("begins with a byte order mark")),
        (b"k\xff", Err("is not UTF-8 text")),
    ] {
        let (_folder, config) = with_secret(content);
        let expected =
            expected.map(str::to_string).map_err(|reason| format!("secret file private-key {reason}"));
        assert_eq!(read(&file, &config), expected, "{content:?}");
    }
    let (folder, config) = with_secret(b"k3y");
    assert_eq!(read(&config.integrator_login.password, &config).as_deref(), Ok("from the environment"));
    assert_eq!(
        read(&SecretSource::Env("UNSET".into()), &config),
        Err("secret variable UNSET is not set".to_string())
    );
    let shown = format!("{config:?} {config:#?}");
    assert!(!shown.contains("from the environment") && !shown.contains("k3y"), "{shown}");
    let command = SecretSource::Command("echo hunter2".to_string());
    assert!(!format!("{command:?}").contains("hunter2"));
    std::fs::remove_file(folder.path().join("private-key")).expect("removed");
    assert!(read(&file, &config).expect_err("gone").starts_with("secret file private-key cannot be read: "));
}

#[cfg(unix)]
#[test]
fn secret_files_that_others_can_read_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, config) = with_secret(b"k3y");
    let path = folder.path().join("private-key");
    for (mode, accepted) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("set");
        let found = SecretSource::File("private-key".into()).read(&config);
        assert_eq!(found.is_ok(), accepted, "{mode:o}");
        if let Err(error) = found {
            assert_eq!(
                error.to_string(),
                format!("secret file private-key is open to others on this machine (mode {mode:04o})")
            );
            assert_eq!(error.hints(), [format!("chmod 600 {}", path.display())]);
        }
    }
}

#[cfg(unix)]
#[test]
fn secret_commands_run_in_the_shell() {
    let (_folder, config) = with_secret(b"k3y\n");
    let run = |command: &str| read(&SecretSource::Command(command.to_string()), &config);
    assert_eq!(run("cat private-key").as_deref(), Ok("k3y"));
    assert_eq!(
        run("echo 'no such entry' >&2; exit 3"),
        Err("secret command failed (exit status: 3): no such entry".to_string())
    );
    assert_eq!(run("true"), Err("secret command is empty".to_string()));
    assert_eq!(run("yes | head -c 100000"), Err("secret command prints too much to be a secret".to_string()));
}

#[test]
fn the_fingerprint_follows_what_signing_in_depends_on() {
    let (folder, config) = with_secret(b"k3y\n");
    let first = config.fingerprint();
    assert_eq!(first.len(), 64);
    assert_eq!(config.fingerprint(), first);
    std::fs::write(folder.path().join("private-key"), "other").expect("written");
    let second = config.fingerprint();
    assert_ne!(second, first);
    std::fs::remove_file(folder.path().join("private-key")).expect("removed");
    assert_ne!(config.fingerprint(), second);
    let text = LEAST.replace("acme", "other");
    let environment = Environment::empty();
    let other = Config::parse(&text, &folder.path().join("psactl.toml"), &environment).expect("valid");
    assert_ne!(other.fingerprint(), config.fingerprint());
}
