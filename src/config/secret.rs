//! Where secrets come from. They never stand in psactl.toml, are read when needed and wrapped at once.

use super::error::{Error, Place};
use super::tree::{Node, Value};
use super::{Config, schema, values};
use crate::ui::text;
use secrecy::SecretString;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where a secret is to be read from.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// `{ file = "…" }`: the content of a file that nobody but its owner can read.
    File(PathBuf),
    /// `{ command = "…" }`: what a command of the platform's shell prints.
    Command(String),
    /// `{ env = "…" }`: an environment variable; the weakest of the three.
    Env(String),
}

/// A file or an answer beyond this is no password.
const LONGEST: u64 = 64 * 1024;
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// Whether what stands at a key, named with dots, says where a secret is, or may be one.
pub(super) fn is_secret(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key);
    matches!(last, "private_key" | "password" | "ping_url" | "api_key") || key.starts_with("portal.headers.")
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretSource::File(path) => f.debug_tuple("File").field(path).finish(),
            // People do write `echo hunter2`.
            SecretSource::Command(_) => f.write_str("Command(…)"),
            SecretSource::Env(name) => f.debug_tuple("Env").field(name).finish(),
        }
    }
}

impl SecretSource {
    /// Reads the secret; one line end at its end is removed.
    ///
    /// # Errors
    /// [`Error::Secret`] when it cannot be read, when others could read it too, or when it is empty or carries
    /// blanks at its ends or control characters: the slips that the guide warns of when passwords are pasted.
    pub fn read(&self, config: &Config) -> Result<SecretString, Error> {
        let hidden: Vec<&str> = config.variables.keys().map(String::as_str).collect();
        self.read_hiding(config.folder(), |name| config.variable(name), &hidden)
    }

    /// Like [`SecretSource::read`], before there is a configuration: from its folder to be, and with the
    /// values of variables.
    ///
    /// # Errors
    /// As [`SecretSource::read`].
    pub fn read_in(
        &self,
        folder: &Path,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<SecretString, Error> {
        self.read_hiding(folder, variable, &[])
    }

    /// The same; a command is not handed these variables, which hold other secrets.
    fn read_hiding(
        &self,
        folder: &Path,
        variable: impl Fn(&str) -> Option<String>,
        hidden: &[&str],
    ) -> Result<SecretString, Error> {
        let (bytes, what) = match self {
            SecretSource::File(path) => (self.file(&folder.join(path))?, "the file"),
            SecretSource::Command(command) => (self.command(command, folder, hidden)?, "what it prints"),
            SecretSource::Env(name) => match variable(name) {
                Some(value) => (value.into_bytes(), "the variable"),
                None => return Err(self.error("is not set", format!("set {name}, or use a file"))),
            },
        };
        let text = String::from_utf8(bytes)
            .map_err(|_| self.error("is not UTF-8 text", format!("save {what} as UTF-8")))?;
        let secret = text.strip_suffix('\n').map_or(text.as_str(), |t| t.strip_suffix('\r').unwrap_or(t));
        match flaw(secret) {
            None => Ok(SecretString::from(secret)),
            Some(flaw) => {
                Err(self
                    .error(flaw, "type the secret anew instead of pasting it (guide, issue B)".to_string()))
            }
        }
    }

    /// What it is called in errors; for a file as it is written in the configuration.
    pub fn describe(&self) -> String {
        match self {
            SecretSource::File(path) => format!("secret file {}", path.display()),
            SecretSource::Command(_) => "secret command".to_string(),
            SecretSource::Env(name) => format!("secret variable {name}"),
        }
    }

    /// The file of a secret that others on this machine can read, with its mode; `folder` is the configuration's.
    #[cfg(unix)]
    pub fn open_to_others(&self, folder: &Path) -> Option<(PathBuf, u32)> {
        use std::os::unix::fs::PermissionsExt;
        let SecretSource::File(path) = self else { return None };
        let path = folder.join(path);
        let mode = std::fs::metadata(&path).ok()?.permissions().mode() & 0o777;
        (mode & 0o077 != 0).then_some((path, mode))
    }

    /// Elsewhere the system's own lists of rights decide, which psactl does not read.
    #[cfg(not(unix))]
    pub fn open_to_others(&self, _: &Path) -> Option<(PathBuf, u32)> {
        None
    }

    fn error(&self, reason: impl Into<String>, hint: String) -> Error {
        Error::Secret { origin: self.describe(), reason: reason.into(), hint }
    }

    fn file(&self, path: &Path) -> Result<Vec<u8>, Error> {
        let unreadable = |error: std::io::Error| {
            let hint = format!("write the secret to {}, readable by this account alone", path.display());
            self.error(format!("cannot be read: {error}"), hint)
        };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let about = file.metadata().map_err(unreadable)?;
        if !about.is_file() {
            return Err(self.error("is not a file", "name a file that holds the secret alone".to_string()));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = about.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(self.error(
                    format!("is open to others on this machine (mode {mode:04o})"),
                    format!("chmod 600 {}", path.display()),
                ));
            }
        }
        let mut bytes = Vec::new();
        file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > LONGEST {
            return Err(
                self.error("is too long to be a secret", "name a file that holds the secret alone".into())
            );
        }
        Ok(bytes)
    }

    fn command(&self, command: &str, folder: &Path, hidden: &[&str]) -> Result<Vec<u8>, Error> {
        let by_hand = || "run the command by hand as the account that runs psactl".to_string();
        let failed = |error: std::io::Error| self.error(format!("could not be run: {error}"), by_hand());
        let mut shell = if cfg!(windows) {
            let mut shell = Command::new("cmd");
            shell.arg("/C");
            shell
        } else {
            let mut shell = Command::new("sh");
            shell.arg("-c");
            shell
        };
        if !folder.as_os_str().is_empty() {
            shell.current_dir(folder);
        }
        for name in hidden {
            shell.env_remove(name);
        }
        let mut child = shell
            .arg(command)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let deadline = Instant::now() + COMMAND_LIMIT;
        // Read beside the child: a full pipe would make it wait for us while we wait for it. The threads are
        // not joined, since a grandchild may keep the pipe open for as long as it likes.
        let output = read_beside(child.stdout.take());
        let complaints = read_beside(child.stderr.take());
        let status = loop {
            match child.try_wait().map_err(failed)? {
                Some(status) => break status,
                None if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
                None => {
                    let _ = child.kill();
                    let _ = child.wait();
                    let reason = format!("did not end within {} seconds", COMMAND_LIMIT.as_secs());
                    return Err(self.error(reason, by_hand()));
                }
            }
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if !status.success() {
            let complaint = complaints.recv_timeout(left.min(Duration::from_secs(1))).unwrap_or_default();
            return Err(self.error(format!("failed ({status}){}", summary(&complaint)), by_hand()));
        }
        match output.recv_timeout(left) {
            Ok(bytes) if bytes.len() as u64 > LONGEST => {
                Err(self.error("prints too much to be a secret", by_hand()))
            }
            Ok(bytes) => Ok(bytes),
            Err(_) => Err(self.error("did not close its output in time", by_hand())),
        }
    }
}

fn read_beside(pipe: Option<impl Read + Send + 'static>) -> std::sync::mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.by_ref().take(LONGEST + 1).read_to_end(&mut bytes);
            // Drained, so that the child is not stopped by a closed pipe.
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        }
        let _ = sender.send(bytes);
    });
    receiver
}

/// The first line of what a command complained, for one line of ours.
fn summary(complaint: &[u8]) -> String {
    let said = String::from_utf8_lossy(complaint);
    let line = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let plain = text::shorten(text::clean(line).trim(), 200);
    if plain.is_empty() { String::new() } else { format!(": {plain}") }
}

/// What makes a text unfit as a secret, said without showing any of it.
pub fn flaw(secret: &str) -> Option<&'static str> {
    if secret.is_empty() {
        Some("is empty")
    } else if secret.starts_with('\u{feff}') {
        Some("begins with a byte order mark")
    } else if secret.starts_with(['\n', '\r']) {
        Some("begins with a line break")
    } else if secret.ends_with(['\n', '\r']) {
        Some("ends with a line break too many")
    } else if secret.starts_with(char::is_whitespace) {
        Some("begins with a blank")
    } else if secret.ends_with(char::is_whitespace) {
        Some("ends with a blank")
    } else if secret.contains(['\n', '\r']) {
        Some("has more than one line")
    } else if secret.contains(|c: char| c.is_control()) {
        Some("contains a control character")
    } else {
        None
    }
}

/// Reads `{ file = … }`, `{ command = … }` or `{ env = … }`.
pub(super) fn source(node: &Node) -> Result<SecretSource, String> {
    const FORMS: &str = "{ file = \"…\" }, { command = \"…\" } or { env = \"…\" }";
    let entries = match (&node.value, &node.at) {
        (Value::Table(entries), _) => entries,
        (Value::Text(_), Place::Variable(_)) => {
            return Err(format!(
                "a secret is not taken from here: write {FORMS} in psactl.toml; env may name any other variable"
            ));
        }
        (Value::Text(_), _) => return Err(format!("secrets never stand in psactl.toml: write {FORMS}")),
        (other, _) => return Err(format!("expected {FORMS}, found {}", other.kind())),
    };
    let mut found = entries.iter();
    let (Some((key, entry)), None) = (found.next(), found.next()) else {
        return Err(format!("expected exactly one of {FORMS}"));
    };
    let value = values::name(&entry.node).map_err(|reason| format!("{key}: {reason}"))?;
    match key.as_str() {
        "file" => Ok(SecretSource::File(PathBuf::from(value))),
        "command" => Ok(SecretSource::Command(value)),
        "env" if value.contains(['=', ' ']) => Err("env: is not the name of a variable".to_string()),
        "env" => Ok(SecretSource::Env(value)),
        other => Err(match schema::nearest(other, ["file", "command", "env"]) {
            Some(nearest) => format!("unknown key \"{other}\": did you mean \"{nearest}\"?"),
            None => format!("unknown key \"{other}\": write {FORMS}"),
        }),
    }
}
