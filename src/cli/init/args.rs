//! The flags of `psactl init`: one for every question, and none for a secret itself.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::doc;
use super::x360recover::STORAGE;
use crate::cli::setup::ask::price;
use crate::config::edit::Document;
use crate::services::{self, Service};

/// Ask for what psactl needs, test it, and write psactl.toml
///
/// It finds the company, proves the login, says what the login may read,
/// looks at the portal's exports, shows the file and writes it after a yes.
/// ConnectWise is only read. Run again, it edits: what is there is the default
/// of each question, and comments stay. Exit code 4 where the login lacks a
/// right that is needed; the file is written all the same.
///
/// Secrets are typed unseen and kept in a file that only you can read, or come
/// from a command or a variable. They are never given on the command line.
///
/// Examples:
///   psactl init
///   psactl init --from trial/psactl.toml
///   psactl init --no-input --site na --company-id acme \
///     --client-id 3fa85f64-5717-4562-b3fc-2c963f66afa6 \
///     --public-key AbCdEf --private-key-command 'pass show connectwise' \
///     --board 'Professional Services' \
///     --accounts accounts.csv --events events.csv
#[derive(Debug, Clone, Default, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Take the answers of another psactl.toml as defaults
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Show the file; write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask ConnectWise, nor look at the exports: write the file untested
    #[arg(long)]
    pub skip_test: bool,

    /// Address of ConnectWise's login page, as you have it, or a region: na, eu, au, aus, za, staging
    #[arg(long, value_name = "SITE", help_heading = CONNECTWISE)]
    pub site: Option<String>,
    /// What you type as Company at login
    #[arg(long, value_name = "ID", help_heading = CONNECTWISE)]
    pub company_id: Option<String>,
    /// Your client ID, a GUID from https://developer.connectwise.com/ClientID
    #[arg(long, value_name = "GUID", help_heading = CONNECTWISE)]
    pub client_id: Option<String>,
    /// PEM file of a private certificate authority
    #[arg(long, value_name = "FILE", help_heading = CONNECTWISE)]
    pub ca_file: Option<PathBuf>,
    /// Name of the management solution (guide step 4) [default: eFolder]
    #[arg(long, value_name = "NAME", help_heading = CONNECTWISE)]
    pub management_solution: Option<String>,
    /// What stands before a customer's ID in its Managed ID [default: EFS-]
    #[arg(long, value_name = "PREFIX", help_heading = CONNECTWISE)]
    pub managed_id_prefix: Option<String>,

    /// Public key of an API member
    #[arg(long, value_name = "KEY", help_heading = LOGIN)]
    pub public_key: Option<String>,
    /// File with the API member's private key, readable by you alone
    #[arg(long, value_name = "FILE", group = "private-key", help_heading = LOGIN)]
    pub private_key_file: Option<PathBuf>,
    /// Command that prints the API member's private key
    #[arg(long, value_name = "COMMAND", group = "private-key", help_heading = LOGIN)]
    pub private_key_command: Option<String>,
    /// Environment variable with the API member's private key
    #[arg(long, value_name = "NAME", group = "private-key", help_heading = LOGIN)]
    pub private_key_env: Option<String>,
    /// User name of an integrator login, in place of an API member's keys
    #[arg(long, value_name = "NAME", conflicts_with_all = ["public_key", "private-key"], help_heading = LOGIN)]
    pub username: Option<String>,
    /// File with the password of --username, readable by you alone
    #[arg(long, value_name = "FILE", group = "password", conflicts_with_all = ["public_key", "private-key"],
        help_heading = LOGIN)]
    pub password_file: Option<PathBuf>,
    /// Command that prints the password of --username
    #[arg(long, value_name = "COMMAND", group = "password", conflicts_with_all = ["public_key", "private-key"],
        help_heading = LOGIN)]
    pub password_command: Option<String>,
    /// Environment variable with the password of --username
    #[arg(long, value_name = "NAME", group = "password", conflicts_with_all = ["public_key", "private-key"],
        help_heading = LOGIN)]
    pub password_env: Option<String>,

    /// User name of the login [default: efolder-api]
    #[arg(long, value_name = "NAME", help_heading = RECORD)]
    pub integrator_username: Option<String>,
    /// File with the login's password [default: a password is made up and kept in integrator-password]
    #[arg(long, value_name = "FILE", group = "integrator-password", help_heading = RECORD)]
    pub integrator_password_file: Option<PathBuf>,
    /// Command that prints the login's password
    #[arg(long, value_name = "COMMAND", group = "integrator-password", help_heading = RECORD)]
    pub integrator_password_command: Option<String>,
    /// Environment variable with the login's password
    #[arg(long, value_name = "NAME", group = "integrator-password", help_heading = RECORD)]
    pub integrator_password_env: Option<String>,

    /// These integrations and no others, with commas between them [default: all three]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "LIST", help_heading = WHAT)]
    pub integrations: Option<Vec<Integration>>,
    /// The service board for tickets, by its name in ConnectWise
    #[arg(long, value_name = "NAME", help_heading = WHAT)]
    pub board: Option<String>,
    /// Severities that open a ticket, with commas between them [default: warning,error]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "LIST", help_heading = WHAT)]
    pub severities: Option<Vec<Severity>>,
    /// Whether the customer's contact reads the notes of tickets [default: false]
    #[arg(long, value_name = "BOOL", help_heading = WHAT)]
    pub visible_to_customer: Option<bool>,
    /// These groups of services are billed and no others, with commas between them [default: all but
    /// local-backup-storage]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "LIST", help_heading = WHAT)]
    pub services: Option<Vec<Switch>>,
    /// The product of a service, by its Product ID, where it is not the guide's; may be repeated.
    /// SERVICE is one of select-storage, basic-storage, bdr-storage, online-servers, online-desktops, local-storage,
    /// local-servers, local-desktops, bdr-servers, bdr-desktops, email-archiving, email-filtering
    #[arg(long, value_name = "SERVICE=ID", value_parser = of_service, help_heading = WHAT)]
    pub product: Vec<OfService>,
    /// The unit price at which set-up makes a product that ConnectWise lacks, such as basic-storage=1.50;
    /// may be repeated. SERVICE as for --product
    #[arg(long, value_name = "SERVICE=PRICE", value_parser = price_of_service, help_heading = WHAT)]
    pub price: Vec<OfService>,
    /// Whether invoice descriptions are written [default: true]
    #[arg(long, value_name = "BOOL", help_heading = WHAT)]
    pub invoice_descriptions: Option<bool>,

    /// Where the portal's data come from [default: files]
    #[arg(long, value_name = "SOURCE", value_enum, help_heading = PORTAL)]
    pub portal_source: Option<Source>,
    /// The portal's export of the account list with usage: a file, a folder, a pattern or an https address
    #[arg(long, value_name = "FILE", help_heading = PORTAL)]
    pub accounts: Option<PathBuf>,
    /// The portal's export of the event log: a file, a folder, a pattern or an https address
    #[arg(long, value_name = "FILE", help_heading = PORTAL)]
    pub events: Option<PathBuf>,
    /// Zone of times in the exports that carry none, such as America/New_York; write none to refuse such times
    #[arg(long, value_name = "ZONE", help_heading = PORTAL)]
    pub time_zone: Option<String>,
    /// Address of Axcient's API, if it is not the usual one
    #[arg(long, value_name = "URL", help_heading = PORTAL)]
    pub portal_url: Option<String>,
    /// File with the x360Recover API key, readable by you alone
    #[arg(long, value_name = "FILE", group = "api-key", help_heading = PORTAL)]
    pub api_key_file: Option<PathBuf>,
    /// Command that prints the x360Recover API key
    #[arg(long, value_name = "COMMAND", group = "api-key", help_heading = PORTAL)]
    pub api_key_command: Option<String>,
    /// Environment variable with the x360Recover API key
    #[arg(long, value_name = "NAME", group = "api-key", help_heading = PORTAL)]
    pub api_key_env: Option<String>,
    /// What storage in Axcient's cloud is billed as
    #[arg(long, value_name = "SERVICE", value_parser = storage(), help_heading = PORTAL)]
    pub storage_service: Option<&'static str>,
}

const CONNECTWISE: &str = "ConnectWise";
const LOGIN: &str = "How psactl signs in";
const RECORD: &str = "The integrator login that set-up makes (guide step 2)";
const WHAT: &str = "What is integrated";
const PORTAL: &str = "The backup portal";

fn storage() -> impl TypedValueParser<Value = &'static str> {
    let values = STORAGE.iter().filter_map(|key| services::by_key(key));
    let values = values.map(|service| PossibleValue::new(service.key).help(service.name));
    PossibleValuesParser::new(values).map(|key| services::by_key(&key).map_or("", |service| service.key))
}

/// Something said of one service.
#[derive(Debug, Clone)]
pub struct OfService {
    /// The service.
    pub service: &'static Service,
    /// What is said of it.
    pub value: String,
}

fn of_service(text: &str) -> Result<OfService, String> {
    let (key, value) = text.split_once('=').ok_or("write SERVICE=VALUE")?;
    let Some(service) = services::by_key(key.trim()) else {
        let known: Vec<&str> = services::all().iter().map(|service| service.key).collect();
        return Err(format!("{key} is not a service: known are {}", known.join(", ")));
    };
    let value = value.trim();
    if value.is_empty() { Err("says nothing".into()) } else { Ok(OfService { service, value: value.into() }) }
}

fn price_of_service(text: &str) -> Result<OfService, String> {
    let said = of_service(text)?;
    let value = price(&said.value)?.to_string();
    Ok(OfService { value, ..said })
}

/// A source of the portal's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Source {
    /// CSV or JSON exports of the portal
    Files,
    /// Axcient's x360Recover API
    #[value(name = "x360recover")]
    X360Recover,
}

impl Source {
    /// As psactl.toml has it.
    pub fn key(self) -> &'static str {
        match self {
            Source::Files => "files",
            Source::X360Recover => "x360recover",
        }
    }
}

/// One of the three integrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Integration {
    /// Service tickets for backup problems
    Tickets,
    /// Statistics of the executive management report
    Statistics,
    /// Quantities of agreement additions
    Billing,
}

impl Integration {
    pub const ALL: [Integration; 3] = [Integration::Tickets, Integration::Statistics, Integration::Billing];

    /// Its switch in psactl.toml.
    pub fn key(self) -> &'static str {
        match self {
            Integration::Tickets => "tickets.enabled",
            Integration::Statistics => "statistics.enabled",
            Integration::Billing => "billing.enabled",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Integration::Tickets => "service tickets for backup problems",
            Integration::Statistics => "statistics of the executive management report",
            Integration::Billing => "billing: quantities of agreement additions",
        }
    }
}

/// A severity that opens a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[allow(missing_docs, reason = "the names are the portal's")]
pub enum Severity {
    Ok,
    Warning,
    Error,
}

impl Severity {
    pub const ALL: [Severity; 3] = [Severity::Ok, Severity::Warning, Severity::Error];

    pub fn word(self) -> &'static str {
        match self {
            Severity::Ok => "ok",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One of the seven switches of guide step 6b.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Switch {
    /// select-storage, basic-storage, bdr-storage
    #[value(alias = "online_backup_storage")]
    OnlineBackupStorage,
    /// online-servers, online-desktops
    #[value(alias = "online_backup_computers")]
    OnlineBackupComputers,
    /// local-storage
    #[value(alias = "local_backup_storage")]
    LocalBackupStorage,
    /// local-servers, local-desktops
    #[value(alias = "local_backup_licenses")]
    LocalBackupLicenses,
    /// email-archiving
    #[value(alias = "email_archiving")]
    EmailArchiving,
    /// email-filtering
    #[value(alias = "email_filtering")]
    EmailFiltering,
    /// bdr-servers, bdr-desktops
    #[value(alias = "other_licenses")]
    OtherLicenses,
}

impl Switch {
    pub const ALL: [Switch; 7] = [
        Switch::OnlineBackupStorage,
        Switch::OnlineBackupComputers,
        Switch::LocalBackupStorage,
        Switch::LocalBackupLicenses,
        Switch::EmailArchiving,
        Switch::EmailFiltering,
        Switch::OtherLicenses,
    ];

    /// Its key in psactl.toml, and its words in the portal of the guide.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Switch::OnlineBackupStorage => {
                ("billing.services.online_backup_storage", "Online Backup Storage")
            }
            Switch::OnlineBackupComputers => {
                ("billing.services.online_backup_computers", "Online Backup # Computers")
            }
            Switch::LocalBackupStorage => {
                ("billing.services.local_backup_storage", "Local Backup Storage (seldom billed)")
            }
            Switch::LocalBackupLicenses => {
                ("billing.services.local_backup_licenses", "Local Backup Licenses")
            }
            Switch::EmailArchiving => ("billing.services.email_archiving", "Email Archiving"),
            Switch::EmailFiltering => ("billing.services.email_filtering", "Email Filtering"),
            Switch::OtherLicenses => ("billing.services.other_licenses", "Other Licenses (BDR)"),
        }
    }

    /// Whether it is on where psactl.toml does not say.
    pub fn default(self) -> bool {
        self != Switch::LocalBackupStorage
    }
}

impl Args {
    /// Whether the flags say to sign in with keys (`Some(true)`) or an integrator login (`Some(false)`).
    pub fn signs_in_with_keys(&self) -> Option<bool> {
        let secret = |file: &Option<PathBuf>, command: &Option<String>, env: &Option<String>| {
            file.is_some() || command.is_some() || env.is_some()
        };
        if self.public_key.is_some()
            || secret(&self.private_key_file, &self.private_key_command, &self.private_key_env)
        {
            Some(true)
        } else if self.username.is_some()
            || secret(&self.password_file, &self.password_command, &self.password_env)
        {
            Some(false)
        } else {
            None
        }
    }

    /// The source that the flags name, or mean, or that the file names.
    pub fn source(&self, document: &Document) -> Option<Source> {
        if self.portal_source.is_some() {
            return self.portal_source;
        }
        if self.accounts.is_some() || self.events.is_some() {
            return Some(Source::Files);
        }
        if self.api_key_file.is_some() || self.api_key_command.is_some() || self.api_key_env.is_some() {
            return Some(Source::X360Recover);
        }
        let written = document.text("portal.source")?;
        [Source::Files, Source::X360Recover].into_iter().find(|source| source.key() == written)
    }

    /// The flags that are missing where nobody can be asked, each with what it gives; all of them at once.
    pub fn missing(&self, document: &Document) -> Vec<(&'static str, &'static str)> {
        let mut missing = Vec::new();
        let mut needs = |is_there: bool, flag, what| {
            if !is_there {
                missing.push((flag, what));
            }
        };
        let has = |key: &str| document.text(key).is_some();
        needs(self.site.is_some() || has("connectwise.site"), "--site SITE", "ConnectWise's address");
        needs(
            self.company_id.is_some() || has("connectwise.company_id"),
            "--company-id ID",
            "what you type as Company at login",
        );
        needs(
            self.client_id.is_some() || has("connectwise.client_id"),
            "--client-id GUID",
            "from https://developer.connectwise.com/ClientID",
        );
        match self.signs_in_with_keys().or_else(|| doc::signs_in_with_keys(document)) {
            None => {
                needs(false, "--public-key KEY", "an API member's key (or --username)");
                needs(false, "--private-key-file FILE", "or --private-key-command, --private-key-env");
            }
            Some(true) => {
                let key = self.public_key.is_some() || has("connectwise.login.public_key");
                needs(key, "--public-key KEY", "an API member's key");
                let given = self.private_key_file.is_some()
                    || self.private_key_command.is_some()
                    || self.private_key_env.is_some();
                let there = document.secret("connectwise.login.private_key").is_some();
                let flag = "--private-key-file FILE";
                needs(given || there, flag, "or --private-key-command, --private-key-env");
            }
            Some(false) => {
                let name = self.username.is_some() || has("connectwise.login.username");
                needs(name, "--username NAME", "the integrator login's name");
                let given = self.password_file.is_some()
                    || self.password_command.is_some()
                    || self.password_env.is_some();
                let there = document.secret("connectwise.login.password").is_some();
                needs(given || there, "--password-file FILE", "or --password-command, --password-env");
            }
        }
        let on = |integration: Integration| match &self.integrations {
            Some(list) => list.contains(&integration),
            None => document.flag(integration.key()).unwrap_or(true),
        };
        let board = !on(Integration::Tickets) || self.board.is_some() || has("tickets.board");
        needs(board, "--board NAME", "the service board (or --integrations without tickets)");
        if self.source(document) == Some(Source::X360Recover) {
            let given =
                self.api_key_file.is_some() || self.api_key_command.is_some() || self.api_key_env.is_some();
            let there = document.secret("portal.x360recover.api_key").is_some();
            needs(given || there, "--api-key-file FILE", "or --api-key-command, --api-key-env");
            // The one of a fresh file is the guide's portal's, and nobody's answer.
            let written = has("connectwise.site") && has("connectwise.managed_id_prefix");
            let prefix = self.managed_id_prefix.is_some() || written;
            needs(prefix, "--managed-id-prefix PREFIX", "what stands before a client's id in its Managed ID");
            return missing;
        }
        needs(
            self.accounts.is_some() || has("portal.accounts"),
            "--accounts FILE",
            "the portal's export of the account list",
        );
        let quiet = !on(Integration::Tickets) && !on(Integration::Statistics);
        let events = quiet || self.events.is_some() || has("portal.events");
        needs(events, "--events FILE", "the portal's export of the event log");
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_depends_on_what_is_said() {
        let flags = |args: &Args, document: &str| {
            let document = Document::parse(document).expect("a document");
            let missing = args.missing(&document);
            missing
                .iter()
                .map(|(flag, _)| flag.split(' ').next().unwrap_or_default())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let base = "--site --company-id --client-id";
        assert_eq!(
            flags(&Args::default(), ""),
            format!("{base} --public-key --private-key-file --board --accounts --events")
        );
        let billing = Args { integrations: Some(vec![Integration::Billing]), ..Args::default() };
        assert_eq!(flags(&billing, ""), format!("{base} --public-key --private-key-file --accounts"));
        let integrator = Args { username: Some("u".into()), ..billing };
        assert_eq!(flags(&integrator, ""), format!("{base} --password-file --accounts"));
        let there = "[connectwise]\nsite='s'\ncompany_id='c'\nclient_id='i'\n[connectwise.login]\n\
            public_key='k'\nprivate_key={env='E'}\n[portal]\naccounts='a'\n[statistics]\nenabled=true\n\
            [tickets]\nenabled=false\n";
        assert_eq!(flags(&Args::default(), there), "--events");
        let axcient = Args { portal_source: Some(Source::X360Recover), ..Args::default() };
        assert_eq!(flags(&axcient, there), "--api-key-file --managed-id-prefix");
        let axcient = "[connectwise]\nmanaged_id_prefix='AX-'\n[portal]\nsource='x360recover'\n\
            [portal.x360recover]\napi_key={env='E'}\n";
        assert!(!flags(&Args::default(), axcient).contains("--accounts"));
        assert!(!flags(&Args::default(), axcient).contains("--api-key-file"));
    }
}
