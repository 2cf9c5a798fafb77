//! The sections of psactl.toml as types. Defaults are those of the design's section 6.

use super::SecretSource;
use super::values::Percent;
use crate::portal::{EventKind, Severity};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Width of the PSA's *Managed ID* and of an addition's serial number, in characters.
pub(super) const MANAGED_ID_WIDTH: usize = 50;

/// `[connectwise]`
#[derive(Debug, Clone)]
pub struct ConnectWise {
    /// Origin of the PSA: scheme, host and port, without a slash at its end.
    pub site: String,
    /// The company ID typed at login.
    pub company_id: String,
    /// The client ID of developer.connectwise.com, a GUID.
    pub client_id: String,
    /// Name of the management solution (guide step 4), at most 30 characters.
    pub management_solution: String,
    /// What stands before the CID in a Managed ID: `EFS-` (guide, company step 1).
    pub managed_id_prefix: String,
    /// Upper bound of requests in flight, at least 1.
    pub max_concurrency: u32,
    /// Requests per minute; `None`: no limit (0 in the file).
    pub max_requests_per_minute: Option<u32>,
    /// A private certificate authority (PEM), besides the system's; relative to the file's folder.
    pub ca_file: Option<PathBuf>,
    /// How psactl signs in.
    pub login: Login,
}

impl ConnectWise {
    /// The Managed ID of a customer: `EFS-342`.
    pub fn managed_id(&self, cid: &str) -> String {
        format!("{}{cid}", self.managed_id_prefix)
    }

    /// The longest CID, in characters, whose Managed ID fits its field of 50; at least 1.
    pub fn longest_cid(&self) -> usize {
        MANAGED_ID_WIDTH.saturating_sub(self.managed_id_prefix.chars().count())
    }
}

/// `[connectwise.login]`
#[derive(Debug, Clone)]
pub enum Login {
    /// An API member's keys: today's form.
    Keys {
        /// Not secret.
        public_key: String,
        /// Where the secret one is.
        private_key: SecretSource,
    },
    /// An integrator login: the guide's form.
    Integrator {
        /// User name, letter for letter.
        username: String,
        /// Where the password is.
        password: SecretSource,
    },
}

impl Login {
    /// The name it signs in with; no secret.
    pub fn name(&self) -> &str {
        match self {
            Login::Keys { public_key, .. } => public_key,
            Login::Integrator { username, .. } => username,
        }
    }

    /// Where its secret is.
    pub fn secret(&self) -> &SecretSource {
        match self {
            Login::Keys { private_key, .. } => private_key,
            Login::Integrator { password, .. } => password,
        }
    }
}

/// `[integrator_login]`: the record of guide step 2.
#[derive(Debug, Clone)]
pub struct IntegratorLoginSettings {
    /// User name, letter for letter.
    pub username: String,
    /// Where its password is.
    pub password: SecretSource,
}

/// Where the age of usage is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgeFrom {
    /// `measured_at` in the export, else `period_end`, else the date in the file's name.
    Content,
    /// The file's time of modification; of a URL, what the server says it is.
    Mtime,
}

/// What the portal's gigabyte is. Amounts are never converted; an export that says otherwise is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gigabyte {
    /// 10^9 bytes, `GB`.
    Decimal,
    /// 2^30 bytes, `GiB`.
    Binary,
}

impl Gigabyte {
    /// The unit to print with every amount.
    pub fn unit(self) -> &'static str {
        match self {
            Gigabyte::Decimal => "GB",
            Gigabyte::Binary => "GiB",
        }
    }
}

/// `[portal]`
#[derive(Debug, Clone)]
pub struct Portal {
    /// Where the data come from.
    pub source: PortalSource,
    /// Zone of times without an offset; without it such times are errors.
    pub time_zone: Option<TimeZone>,
    /// The own brand; `None`: accounts of every brand.
    pub brand: Option<String>,
    /// With a brand: whether accounts of the other brands, its sub-brands, count too.
    pub include_sub_brands: bool,
    /// Older usage is never billed.
    pub max_age: SignedDuration,
    /// Where that age is taken from.
    pub age_from: AgeFrom,
    /// What the portal's gigabyte is.
    pub gigabyte: Gigabyte,
}

impl Portal {
    /// What of the configuration makes other amounts of the same export, in short; empty where nothing is set. Where
    /// it changes, every quantity is held once (design section 9, *Held and blocked*).
    pub fn reading(&self) -> String {
        let PortalSource::Files(files) = &self.source else { return String::new() };
        if files.columns.is_empty() && files.decimal.is_none() {
            return String::new();
        }
        let digest = Sha256::digest(format!("{:?} {:?}", files.columns, files.decimal));
        format!(", columns {}", super::hex(&digest[..4]))
    }
}

/// `source` of `[portal]`, with what that source needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortalSource {
    /// Exports.
    Files(ExportFiles),
    /// Axcient's API.
    X360Recover(X360Recover),
}

impl PortalSource {
    /// As it is written in the configuration, and the key of its state.
    pub fn name(&self) -> &'static str {
        match self {
            PortalSource::Files(_) => "files",
            PortalSource::X360Recover(_) => "x360recover",
        }
    }
}

/// `[portal]`, source `files`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFiles {
    /// The export of the account list with usage.
    pub accounts: ExportAt,
    /// The export of the event log; there whenever tickets or statistics are on.
    pub events: Option<ExportAt>,
    /// Sent with each request for a URL, and to no other host. By name, in small letters.
    pub headers: BTreeMap<String, HeaderText>,
    /// A URL is asked at most this often.
    pub poll_every: SignedDuration,
    /// What stands before the decimals; `None`: what the export itself proves.
    pub decimal: Option<DecimalMark>,
    /// The date in an export's file name, as `strftime` writes it (`%Y%m%d`).
    pub file_date: Option<String>,
    /// `[portal.columns]`: our name of a column, and the export's heading.
    pub columns: BTreeMap<String, String>,
}

/// Where an export is.
#[derive(Clone, PartialEq, Eq)]
pub enum ExportAt {
    /// A file or a folder, relative to psactl.toml's.
    Path(PathBuf),
    /// Files by a pattern (`exports/accounts-*.csv`), relative to psactl.toml's folder.
    Pattern(String),
    /// An address; https, or http on this very machine. What follows `?` may be a secret.
    Url(reqwest::Url),
}

impl std::fmt::Debug for ExportAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ExportAt::Path(path) => f.debug_tuple("Path").field(path).finish(),
            ExportAt::Pattern(pattern) => f.debug_tuple("Pattern").field(pattern).finish(),
            ExportAt::Url(url) => {
                let mut shown = url.clone();
                shown.set_query(None);
                f.debug_tuple("Url").field(&shown.as_str()).finish()
            }
        }
    }
}

/// The value of a header.
#[derive(Clone, PartialEq, Eq)]
pub enum HeaderText {
    /// As it stands in psactl.toml: no secret, as far as its name tells.
    Written(String),
    /// A secret: the whole value, `Bearer …`.
    From(SecretSource),
}

impl std::fmt::Debug for HeaderText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // A header of a name that nobody thought of may carry one after all.
            HeaderText::Written(_) => f.write_str("Written(…)"),
            HeaderText::From(source) => f.debug_tuple("From").field(source).finish(),
        }
    }
}

/// What stands before the decimals of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalMark {
    /// `1,234.5`
    Point,
    /// `1.234,5`
    Comma,
}

impl DecimalMark {
    /// As a person says it.
    pub fn words(self) -> &'static str {
        match self {
            DecimalMark::Point => "a decimal point",
            DecimalMark::Comma => "a decimal comma",
        }
    }
}

/// `[portal.x360recover]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct X360Recover {
    /// Origin and path of the API, without a slash at its end.
    pub url: String,
    /// Where the API key is.
    pub api_key: SecretSource,
    /// The API is asked at most this often.
    pub poll_every: SignedDuration,
    /// The service that storage in Axcient's cloud is billed as: one of the guide's three plans.
    pub storage_service: &'static str,
}

/// `event_types` of `[tickets]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventTypes {
    /// *Subscribe to All Event Types* (guide step 7).
    All,
    /// These alone.
    Only(BTreeSet<EventKind>),
}

impl EventTypes {
    /// Whether events of this type are wanted.
    pub fn contains(&self, kind: EventKind) -> bool {
        match self {
            EventTypes::All => true,
            EventTypes::Only(kinds) => kinds.contains(&kind),
        }
    }
}

/// `[tickets]`: guide steps 1 and 7.
#[derive(Debug, Clone)]
pub struct Tickets {
    /// Whether tickets are opened and resolved at all.
    pub enabled: bool,
    /// Name of the service board; there whenever tickets are on, else possibly empty.
    pub board: String,
    /// Name of the status for new tickets; `None`: chosen by set-up.
    pub new_status: Option<String>,
    /// Name of the status to resolve with; `None`: chosen by set-up.
    pub closed_status: Option<String>,
    /// Before every ticket's summary (guide step 6b); may be empty.
    pub subject_prefix: String,
    /// Severities that open tickets.
    pub severities: BTreeSet<Severity>,
    /// Types that open tickets.
    pub event_types: EventTypes,
    /// True: the customer's contact reads the notes; false: internal analysis.
    pub visible_to_customer: bool,
    /// Older events open no ticket (design, section 9, Tickets).
    pub max_event_age: SignedDuration,
    /// How long nothing is opened after a person closed the fault's ticket.
    pub quiet_after_close: SignedDuration,
    /// Recurrence within this time of our resolving reopens the same ticket.
    pub reopen_within: SignedDuration,
    /// At most one note per fault in this time.
    pub note_every: SignedDuration,
    /// New tickets in a sliding hour; more are held.
    pub max_new_per_hour: u32,
}

/// `[statistics]`
#[derive(Debug, Clone)]
pub struct Statistics {
    /// *Update Backup Statistics* (guide step 6b).
    pub enabled: bool,
}

/// How usage becomes a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Two decimals.
    Exact,
    /// Up to the next whole unit.
    Up,
    /// To the nearest whole unit.
    Nearest,
}

/// What happens to usage below the included amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BelowIncluded {
    /// The included amount is written: bills 0.
    Floor,
    /// The usage is written, whatever the server makes of it.
    Actual,
    /// A person decides.
    Hold,
}

/// `[billing]`
#[derive(Debug, Clone)]
pub struct Billing {
    /// Whether quantities are written at all.
    pub enabled: bool,
    /// *Update Invoice Descriptions* (guide step 6b).
    pub update_invoice_descriptions: bool,
    /// How usage becomes a quantity.
    pub rounding: Rounding,
    /// What happens to usage below the included amount.
    pub below_included: BelowIncluded,
    /// *Agreement Type* of the cross-references (guide step 5).
    pub agreement_type: String,
    /// The seven switches.
    pub services: Switches,
    /// Catalog items per service key; a service that is absent has the guide's proposal.
    pub products: BTreeMap<&'static str, Vec<Product>>,
    /// Flat fees that may be billed beside the usage of a service.
    pub flat_fees: BTreeMap<&'static str, FlatFee>,
    /// When a person must say yes.
    pub guard: Guard,
}

impl Billing {
    /// The catalog items of a service: those of `[billing.products]`, else the one that set-up proposes (without
    /// a price: see [`Service::guide_price`](crate::services::Service::guide_price)). Never empty.
    pub fn products_of(&self, service: &crate::services::Service) -> Vec<Product> {
        let proposed = || vec![Product { identifier: service.product_identifier.to_string(), price: None }];
        self.products.get(service.key).cloned().unwrap_or_else(proposed)
    }
}

/// `[billing.services]`: the seven switches of guide step 6b. All are on but local storage, which the guide
/// advises against (guide step 3): a switch that is off bills nothing for what is used, one that is on bills
/// nothing for what is not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the guide's")]
pub struct Switches {
    pub online_backup_storage: bool,
    pub online_backup_computers: bool,
    pub local_backup_storage: bool,
    pub local_backup_licenses: bool,
    pub email_archiving: bool,
    pub email_filtering: bool,
    pub other_licenses: bool,
}

/// One catalog item of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// *Product ID* in the PSA's catalog.
    pub identifier: String,
    /// Unit price, used only to create the item.
    pub price: Option<Decimal>,
}

/// A product with a flat price that includes an amount of use (guide, Step 3 note): beside it the usage product
/// bills only what is used beyond that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlatFee {
    /// *Product ID* in the PSA's catalog.
    pub identifier: String,
    /// Its price a period, used only to create the item.
    pub price: Option<Decimal>,
    /// The use that it includes, in the service's unit.
    pub included: Decimal,
}

/// Whether something goes through or waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// It waits for a yes.
    Hold,
    /// It goes through.
    Allow,
}

/// `[billing.guard]`: `None` is `"off"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The first quantity for an addition.
    pub first_push: Allowance,
    /// A rise beyond this share of the old quantity is held.
    pub increase: Option<Percent>,
    /// A fall beyond this share of the old quantity is held.
    pub decrease: Option<Percent>,
    /// A quantity that becomes 0.
    pub to_zero: Allowance,
    /// Effects on the invoice below this money are not held by the two percentages.
    pub floor_money: Decimal,
    /// Nor are changes of the quantity below this.
    pub floor_quantity: Decimal,
    /// A run that moves the sum of all next invoices by more than this share is held as a whole.
    pub run_total: Option<Percent>,
}

/// `[sync]`: guide step 8.
#[derive(Debug, Clone)]
pub struct Sync {
    /// Between two pushes of statistics and billing of one customer.
    pub min_interval: SignedDuration,
    /// Read back after this time even when nothing changed.
    pub verify_every: SignedDuration,
    /// A standing hold or failure speaks again after this time.
    pub remind_every: SignedDuration,
}

/// `[monitoring]`
#[derive(Debug, Clone, Default)]
pub struct Monitoring {
    /// Asked after every run, so that somebody notices when runs stop coming.
    pub ping_url: Option<PingUrl>,
    /// A file for the text-file collector of a Prometheus node exporter.
    pub prometheus_file: Option<PathBuf>,
}

/// An address to report runs to. Never printed: whoever knows it can report in psactl's name.
#[derive(Debug, Clone)]
pub enum PingUrl {
    /// As it is written in psactl.toml or a variable.
    Written(SecretString),
    /// From a file, a command or another variable.
    From(SecretSource),
}

/// `[state]`
#[derive(Debug, Clone)]
pub struct State {
    /// How long events, and runs that wrote nothing, are remembered.
    pub keep_events: SignedDuration,
}
