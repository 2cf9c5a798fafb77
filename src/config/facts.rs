//! Every key with its value and where that comes from: what `config show` prints, and what a support ticket needs. No
//! secret is read, and what may hold one is not told.

use std::path::Path;

use serde::Serialize;

use super::error::{self, Error, Place};
use super::schema::{self, Shape};
use super::secret::is_secret;
use super::tree::{self, Node, Value};
use super::{Config, Environment};

/// What a key has where nobody says otherwise. What is not here has nothing then.
const DEFAULTS: &str = r#"
[connectwise]
management_solution = "eFolder"
managed_id_prefix = "EFS-"
max_concurrency = 8
max_requests_per_minute = 600
ca_file = ""
[portal]
source = "files"
brand = ""
include_sub_brands = true
max_age = "36h"
age_from = "content"
gigabyte = "decimal"
poll_every = "5m"
[tickets]
enabled = true
new_status = ""
closed_status = ""
subject_prefix = ""
severities = ["warning", "error"]
event_types = "all"
visible_to_customer = false
max_event_age = "48h"
quiet_after_close = "24h"
reopen_within = "24h"
note_every = "24h"
max_new_per_hour = 25
[statistics]
enabled = true
[billing]
enabled = true
update_invoice_descriptions = true
rounding = "exact"
below_included = "floor"
agreement_type = "Managed Service"
[billing.services]
online_backup_storage = true
online_backup_computers = true
local_backup_storage = false
local_backup_licenses = true
email_archiving = true
email_filtering = true
other_licenses = true
[billing.guard]
first_push = "hold"
increase = "50%"
decrease = "30%"
to_zero = "hold"
floor_money = "25.00"
floor_quantity = 2
run_total = "10%"
[sync]
min_interval = "12h"
verify_every = "24h"
remind_every = "24h"
[monitoring]
ping_url = ""
prometheus_file = ""
[state]
keep_events = "400d"
"#;

/// A key with its value and where that comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// The key, as `billing.guard.increase`.
    pub key: String,
    /// Its value as psactl.toml would have it; masked where it may be a secret.
    pub value: String,
    /// A line of the file, a variable, or `default`.
    pub source: String,
}

impl Config {
    /// Every key that has a value, in the order of the schema. Whether the values are right, [`Config::load`] says.
    ///
    /// # Errors
    /// Where the file cannot be read or is no TOML.
    pub fn facts(file: &Path, environment: &Environment) -> Result<Vec<Fact>, Error> {
        let bytes = match std::fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::NotFound { looked: vec![file.to_path_buf()] });
            }
            Err(source) => return Err(Error::Unreadable { path: file.to_path_buf(), source }),
        };
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let text = std::str::from_utf8(bytes)
            .map_err(|_| Error::NotText { path: file.to_path_buf(), reason: "is not UTF-8 text" })?;
        facts(text, file, environment)
    }
}

fn facts(text: &str, file: &Path, environment: &Environment) -> Result<Vec<Fact>, Error> {
    let invalid = |problem| error::invalid(file, vec![problem]);
    let mut root = tree::read(text).map_err(invalid)?;
    // What is wrong is told by whoever loads it.
    tree::overlay(&mut root, environment, &mut Vec::new());
    let defaults = tree::read(DEFAULTS).map_err(invalid)?;
    let mut facts = Vec::new();
    let mut walk = Walk { file, facts: &mut facts };
    walk.section(schema::ROOT, "", Some(&root), Some(&defaults));
    Ok(facts)
}

struct Walk<'a> {
    file: &'a Path,
    facts: &'a mut Vec<Fact>,
}

impl Walk<'_> {
    fn section(
        &mut self,
        known: &'static [(&'static str, Shape)],
        above: &str,
        set: Option<&Node>,
        default: Option<&Node>,
    ) {
        for (name, shape) in known {
            let key = if above.is_empty() { (*name).to_owned() } else { format!("{above}.{name}") };
            let (set, default) =
                (set.and_then(|node| node.get(name)), default.and_then(|node| node.get(name)));
            match shape {
                Shape::Key => self.key(key, set, default),
                Shape::Section(inner) => self.section(inner, &key, set, default),
                Shape::PerService | Shape::Free => {
                    if let Some(Value::Table(entries)) = set.map(|node| &node.value) {
                        for (own, entry) in entries {
                            self.key(format!("{key}.{own}"), Some(&entry.node), None);
                        }
                    }
                }
            }
        }
    }

    fn key(&mut self, key: String, set: Option<&Node>, default: Option<&Node>) {
        let (node, source) = match (set, default) {
            (Some(node), _) => (node, self.place(&node.at)),
            (None, Some(node)) => (node, "default".to_owned()),
            (None, None) => return,
        };
        let value = match &node.value {
            value if is_secret(&key) => source_of(value),
            // A login in an address is refused, and must not be told.
            Value::Text(text) if text.contains("://") && text.contains('@') => "(masked)".to_owned(),
            Value::Text(text) if text.contains("://") && text.contains('?') => {
                format!("{:?}", format!("{}?(masked)", text.split('?').next().unwrap_or_default()))
            }
            value => shown(value),
        };
        self.facts.push(Fact { key, value, source });
    }

    fn place(&self, at: &Place) -> String {
        match at {
            Place::File { line, .. } => {
                let name = self.file.file_name().map(|name| name.to_string_lossy().into_owned());
                format!("{}:{line}", name.unwrap_or_default())
            }
            Place::Variable(name) => name.clone(),
            Place::Whole => self.file.display().to_string(),
        }
    }
}

/// Where a secret is read from. Whoever writes the secret itself there, in whichever form, must not have it told; so
/// are no commands, since people write it into them.
fn source_of(value: &Value) -> String {
    match value {
        Value::Text(text) if text.is_empty() => shown(value),
        Value::Table(entries) => {
            let fields = entries.iter().map(|(key, entry)| match (key.as_str(), &entry.node.value) {
                ("command", Value::Text(_)) => Some("command = (masked)".to_owned()),
                ("file" | "env", Value::Text(text)) => Some(format!("{key} = {text:?}")),
                _ => None,
            });
            let fields: Option<Vec<String>> = fields.collect();
            fields.map_or("(masked)".to_owned(), |fields| format!("{{ {} }}", fields.join(", ")))
        }
        _ => "(masked)".to_owned(),
    }
}

/// A value as it stands in TOML.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::Integer(number) => {
            number.map_or_else(|| "(too large)".to_owned(), |number| number.to_string())
        }
        Value::Float(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        Value::Date => "(a date)".to_owned(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| shown(&item.value)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Table(entries) => {
            let fields = entries.iter().map(|(key, entry)| format!("{key} = {}", shown(&entry.node.value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::TooDeep => "(nested too deep)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = r#"
[connectwise]
site = "https://na.myconnectwise.net"
company_id = "acme"
client_id = "00000000-0000-0000-0000-000000000000"
[connectwise.login]
public_key = "AbCdEfGhIjKlMnOp"
private_key = { command = "echo hunter2" }
[integrator_login]
username = "efolder-api"
password = { file = "integrator-password" }
[portal]
accounts = "accounts.csv"
events = "events.csv"
[tickets]
board = "Professional Services"
"#;

    /// The table says what the readers do: written out, the defaults change nothing.
    #[test]
    fn the_defaults_are_the_readers_own() {
        let environment = Environment::empty();
        let least = Config::parse(LEAST, Path::new("p"), &environment).expect("valid");
        let mut merged: toml::Table = DEFAULTS.parse().expect("TOML");
        let own: toml::Table = LEAST.parse().expect("TOML");
        for (section, value) in own {
            let Some(known) = merged.get_mut(&section).and_then(toml::Value::as_table_mut) else {
                merged.insert(section, value);
                continue;
            };
            known.extend(value.as_table().cloned().unwrap_or_default());
        }
        let text = toml::to_string(&merged).expect("TOML");
        let written = Config::parse(&text, Path::new("p"), &environment).expect("valid");
        assert_eq!(format!("{least:?}"), format!("{written:?}"));
    }

    #[test]
    fn every_value_says_where_it_comes_from_and_no_secret_is_told() {
        let environment: Environment = [
            ("PSACTL_SYNC__MIN_INTERVAL", "6h"),
            ("PSACTL_MONITORING__PING_URL", "https://ping.example/secret-uuid"),
        ]
        .into_iter()
        .collect();
        let all = facts(LEAST, Path::new("/etc/psactl.toml"), &environment).expect("facts");
        let of = |key: &str| {
            let fact = all.iter().find(|fact| fact.key == key).expect(key);
            (fact.value.as_str(), fact.source.as_str())
        };
        assert_eq!(of("connectwise.site"), ("\"https://na.myconnectwise.net\"", "psactl.toml:3"));
        assert_eq!(of("sync.min_interval"), ("\"6h\"", "PSACTL_SYNC__MIN_INTERVAL"));
        assert_eq!(of("billing.guard.increase"), ("\"50%\"", "default"));
        assert_eq!(of("connectwise.login.private_key"), ("{ command = (masked) }", "psactl.toml:8"));
        assert_eq!(of("monitoring.ping_url"), ("(masked)", "PSACTL_MONITORING__PING_URL"));
        let told = format!("{all:?}");
        assert!(!told.contains("hunter2") && !told.contains("secret-uuid"), "{told}");
    }

    #[test]
    fn a_secret_in_the_wrong_form_is_not_told() {
        for (key, value) in [
            ("password", r#"["hunter2"]"#),
            ("password", r#"{ value = "hunter2" }"#),
            ("password", r#"{ file = ["hunter2"] }"#),
            ("password", r#"{ file = "x", hunter2 = 1 }"#),
            ("accounts", r#""https://me:hunter2@portal.example/a.csv""#),
        ] {
            let at = LEAST.lines().find(|line| line.starts_with(&format!("{key} = "))).expect(key);
            let text = LEAST.replace(at, &format!("{key} = {value}"));
            let all = facts(&text, Path::new("psactl.toml"), &Environment::empty()).expect("facts");
            let fact = all.iter().find(|fact| fact.key.ends_with(key)).expect(key);
            assert_eq!(fact.value, "(masked)", "{value}");
        }
    }
}
