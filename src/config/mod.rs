//! psactl.toml, the environment over it, and the secrets beside it (design, section 6).
//!
//! Precedence: an environment variable `PSACTL_SECTION__KEY`, then the file, then the default. A key is known
//! only if it has behaviour. Every mistake is reported at once, with line, column and the nearest known key.

pub mod edit;
mod error;
mod facts;
mod reader;
mod schema;
mod secret;
mod sections;
mod settings;
pub mod site;
mod tree;
mod values;

pub use error::{Error, Place, Problem};
pub use facts::Fact;
pub use secret::{SecretSource, flaw};
pub use settings::{
    AgeFrom, Allowance, BelowIncluded, Billing, ConnectWise, DecimalMark, EventTypes, ExportAt, ExportFiles,
    Gigabyte, Guard, HeaderText, IntegratorLoginSettings, Login, Monitoring, PingUrl, Portal, PortalSource,
    Product, Rounding, State, Statistics, Switches, Sync, Tickets, X360Recover,
};
pub use values::Percent;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The environment as it was when the program began: injected, so that nothing reads it behind a test's back.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// That of this process. Names and values that are not Unicode are taken with replacement characters, so
    /// that an override is never silently dropped.
    pub fn of_process() -> Self {
        std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
            .collect()
    }

    /// An empty one.
    pub fn empty() -> Self {
        Environment::default()
    }

    /// A variable's value; a variable that is set and empty counts as not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Variables that mean to override a key: `PSACTL_…__…`. These may be empty, since `""` is a value.
    fn overrides(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables
            .iter()
            .filter(|(name, _)| name.strip_prefix("PSACTL_").is_some_and(|rest| rest.contains("__")))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Environment {
            variables: variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        }
    }
}

impl fmt::Debug for Environment {
    /// Values may be secrets, and even the names are nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.variables.len())
    }
}

/// The whole configuration, checked. Holds no secret, only where secrets are read from; the values of the
/// variables that `{ env = … }` names are kept wrapped.
#[derive(Clone)]
pub struct Config {
    /// The PSA and how to sign in to it (guide steps 4 and 6a).
    pub connectwise: ConnectWise,
    /// The record of guide step 2.
    pub integrator_login: IntegratorLoginSettings,
    /// The backup service's side.
    pub portal: Portal,
    /// Guide step 7.
    pub tickets: Tickets,
    /// Guide step 6b, *Update Backup Statistics*.
    pub statistics: Statistics,
    /// Guide steps 3, 5 and 6b.
    pub billing: Billing,
    /// Guide step 8.
    pub sync: Sync,
    /// Who is told of runs.
    pub monitoring: Monitoring,
    /// What is remembered.
    pub state: State,
    path: PathBuf,
    variables: BTreeMap<String, SecretString>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("path", &self.path)
            .field("connectwise", &self.connectwise)
            .field("integrator_login", &self.integrator_login)
            .field("portal", &self.portal)
            .field("tickets", &self.tickets)
            .field("statistics", &self.statistics)
            .field("billing", &self.billing)
            .field("sync", &self.sync)
            .field("monitoring", &self.monitoring)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// More than any psactl.toml has.
const LARGEST: usize = 256 * 1024;

impl Config {
    /// Finds and reads psactl.toml: `explicit` (`--config`), else `PSACTL_CONFIG`, else `psactl/psactl.toml` in
    /// the user's configuration folder (XDG, on Windows %APPDATA%). A file that was named and is missing is an
    /// error; the search does not go on past it.
    ///
    /// # Errors
    /// [`Error::NotFound`] with the places, [`Error::Unreadable`], [`Error::Open`], or what [`Config::parse`] finds.
    pub fn load(explicit: Option<&Path>, environment: &Environment) -> Result<Config, Error> {
        let Some(path) = Config::locate(explicit, environment) else {
            return Err(Error::NotFound { looked: Vec::new() });
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let (own, around) = (crate::disk::open_to_writers(&path), crate::disk::open_to_anybody(folder));
        if let Some((path, mode)) =
            own.map(|mode| (path.as_path(), mode)).or(around.map(|mode| (folder, mode)))
        {
            return Err(Error::Open { path: path.to_path_buf(), mode });
        }
        match std::fs::read(&path) {
            Ok(bytes) => Config::parse_bytes(&bytes, &path, environment),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(Error::NotFound { looked: vec![path] })
            }
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }

    /// Where psactl.toml is looked for, whether it exists or not; `None` for an account without a home.
    pub fn locate(explicit: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
        if let Some(path) = explicit {
            return Some(path.to_path_buf());
        }
        if let Some(path) = environment.get("PSACTL_CONFIG") {
            return Some(PathBuf::from(path));
        }
        user_folder(environment).map(|folder| folder.join("psactl").join("psactl.toml"))
    }

    /// Like [`Config::parse`], from the bytes of a file.
    ///
    /// # Errors
    /// [`Error::NotText`] for what is not UTF-8 (a byte order mark is passed over), else as [`Config::parse`].
    pub fn parse_bytes(bytes: &[u8], file: &Path, environment: &Environment) -> Result<Config, Error> {
        let not_text = |reason| Error::NotText { path: file.to_path_buf(), reason };
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(not_text("is UTF-16, expected UTF-8"));
        }
        if bytes.len() > LARGEST {
            return Err(not_text("is larger than 256 kB, no psactl.toml"));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|_| not_text("is not UTF-8 text"))?;
        Config::parse(text, file, environment)
    }

    /// Reads a configuration from its text; `file` is named in errors, and relative paths are relative to its
    /// folder. Reads no other file and no secret.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every mistake.
    pub fn parse(text: &str, file: &Path, environment: &Environment) -> Result<Config, Error> {
        let invalid = |problems| error::invalid(file, problems);
        let mut root = tree::read(text).map_err(|problem| invalid(vec![problem]))?;
        let mut problems = Vec::new();
        schema::check(&root, &mut problems);
        tree::overlay(&mut root, environment, &mut problems);
        let reader = reader::Reader::new(problems);
        let sections = sections::read(&reader, &root);
        let problems = reader.into_problems();
        let Some(parts) = sections.filter(|_| problems.is_empty()) else { return Err(invalid(problems)) };

        let mut config = Config {
            connectwise: parts.connectwise,
            integrator_login: parts.integrator_login,
            portal: parts.portal,
            tickets: parts.tickets,
            statistics: parts.statistics,
            billing: parts.billing,
            sync: parts.sync,
            monitoring: parts.monitoring,
            state: parts.state,
            path: file.to_path_buf(),
            variables: BTreeMap::new(),
        };
        for source in config.secrets() {
            if let SecretSource::Env(name) = source
                && let Some(value) = environment.get(&name)
            {
                config.variables.insert(name, SecretString::from(value));
            }
        }
        Ok(config)
    }

    /// The file this came from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its folder, against which relative paths are read.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// A path as written in the configuration, relative to the file's folder.
    pub fn resolve(&self, relative: &Path) -> PathBuf {
        self.folder().join(relative)
    }

    /// A hash over everything that decides whether signing in succeeds, the secret included. When it changes, a
    /// refused login is tried again at once (design, section 9, Failure).
    ///
    /// Reads the secret, and so may run a command: ask only after a refused login. A secret that cannot be
    /// read counts as a value of its own. The state folder that keeps the hash is as private as the secret's
    /// own file; the secret enters as a hash with a fixed prefix and the account's name.
    pub fn fingerprint(&self) -> String {
        let mut all = Sha256::new();
        all.update(b"psactl login fingerprint 1\0");
        let (user, source) = match &self.connectwise.login {
            Login::Keys { public_key, private_key } => (format!("key {public_key}"), private_key),
            Login::Integrator { username, password } => (format!("integrator {username}"), password),
        };
        let parts =
            [&self.connectwise.site, &self.connectwise.company_id, &self.connectwise.client_id, &user];
        for part in parts {
            all.update(part.as_bytes());
            all.update(b"\0");
        }
        match source.read(self) {
            Ok(secret) => {
                let mut inner = Sha256::new();
                inner.update(b"psactl secret 1\0");
                inner.update(user.as_bytes());
                inner.update(b"\0");
                inner.update(secret.expose_secret().as_bytes());
                all.update(inner.finalize());
            }
            Err(_) => all.update(b"unreadable"),
        }
        hex(&all.finalize())
    }

    /// Every place a secret is read from.
    pub fn secrets(&self) -> Vec<SecretSource> {
        let mut secrets =
            vec![self.connectwise.login.secret().clone(), self.integrator_login.password.clone()];
        if let Some(PingUrl::From(source)) = &self.monitoring.ping_url {
            secrets.push(source.clone());
        }
        match &self.portal.source {
            PortalSource::X360Recover(x360recover) => secrets.push(x360recover.api_key.clone()),
            PortalSource::Files(files) => {
                secrets.extend(files.headers.values().filter_map(|value| match value {
                    HeaderText::From(source) => Some(source.clone()),
                    HeaderText::Written(_) => None,
                }))
            }
        }
        secrets
    }

    /// The value of a variable that a secret names.
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|value| value.expose_secret().to_string())
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(windows)]
fn user_folder(environment: &Environment) -> Option<PathBuf> {
    use etcetera::BaseStrategy;
    let given = environment.get("APPDATA").map(PathBuf::from).filter(|path| path.is_absolute());
    given.or_else(|| etcetera::choose_base_strategy().ok().map(|strategy| strategy.config_dir()))
}

#[cfg(not(windows))]
fn user_folder(environment: &Environment) -> Option<PathBuf> {
    // A relative XDG_CONFIG_HOME is to be ignored, says its specification. Under cron HOME may be missing;
    // etcetera then asks the account database.
    let absolute = |name| environment.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CONFIG_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".config")))
        .or_else(|| etcetera::home_dir().ok().map(|home| home.join(".config")))
}
