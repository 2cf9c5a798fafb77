//! The sections of psactl.toml as types, and how each is read. Defaults are those of the design's section 6.

use super::reader::{Reader, Section};
use super::secret::{self, SecretSource};
use super::tree::{Node, Value};
use super::values::{self, Percent};
use crate::portal::{EventKind, Severity};
use crate::services;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
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
    /// `measured_at` in the export, else `period_end`.
    Content,
    /// The file's time of modification.
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

/// `[portal]`, source `files`.
#[derive(Debug, Clone)]
pub struct Portal {
    /// The export of the account list with usage; relative to the file's folder.
    pub accounts: PathBuf,
    /// The export of the event log; there whenever tickets or statistics are on.
    pub events: Option<PathBuf>,
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
    /// When a person must say yes.
    pub guard: Guard,
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

/// All sections.
pub(super) struct Parts {
    pub connectwise: ConnectWise,
    pub integrator_login: IntegratorLoginSettings,
    pub portal: Portal,
    pub tickets: Tickets,
    pub statistics: Statistics,
    pub billing: Billing,
    pub sync: Sync,
}

/// Reads every section, so that every mistake is noted; `None` only when one was.
pub(super) fn read(reader: &Reader, root: &Node) -> Option<Parts> {
    let connectwise = connectwise(&reader.section(root, "connectwise"));
    let integrator_login = integrator_login(&reader.section(root, "integrator_login"));
    let tickets = tickets(&reader.section(root, "tickets"));
    let statistics =
        Statistics { enabled: reader.section(root, "statistics").or("enabled", true, values::boolean) };
    let portal = portal(&reader.section(root, "portal"), tickets.enabled || statistics.enabled);
    let billing = billing(&reader.section(root, "billing"));
    let sync = sync(&reader.section(root, "sync"));
    Some(Parts {
        connectwise: connectwise?,
        integrator_login: integrator_login?,
        portal: portal?,
        tickets,
        statistics,
        billing,
        sync,
    })
}

fn connectwise(section: &Section<'_>) -> Option<ConnectWise> {
    let site = section.required("site", "the PSA's address, \"https://na.myconnectwise.net\"", values::site);
    let company_id = section.required("company_id", "the company ID typed at login", values::word);
    let client_id =
        section.required("client_id", "the client ID from developer.connectwise.com", values::guid);
    let management_solution = section.or("management_solution", "eFolder".to_string(), |node| {
        let name = values::name(node)?;
        if name.chars().count() > 30 { Err("is longer than 30 characters".to_string()) } else { Ok(name) }
    });
    let managed_id_prefix = section.or("managed_id_prefix", "EFS-".to_string(), |node| {
        let prefix = values::text(node)?;
        if prefix.contains(char::is_whitespace) {
            Err("contains a blank".to_string())
        } else if prefix.chars().count() >= MANAGED_ID_WIDTH {
            Err(format!(
                "leaves no room for the customer's ID: a Managed ID has {MANAGED_ID_WIDTH} characters"
            ))
        } else {
            Ok(prefix)
        }
    });
    let limit = section.or("max_requests_per_minute", 600, |node| values::whole(node, 0, 100_000));
    let max_concurrency = section.or("max_concurrency", 8, |node| values::whole(node, 1, 64));
    let ca_file = section.or("ca_file", None, values::name_or_none);
    let login = login(&section.child("login"));
    Some(ConnectWise {
        site: site?,
        company_id: company_id?,
        client_id: client_id?,
        management_solution,
        managed_id_prefix,
        max_concurrency,
        max_requests_per_minute: (limit > 0).then_some(limit),
        ca_file: ca_file.map(PathBuf::from),
        login: login?,
    })
}

fn login(section: &Section<'_>) -> Option<Login> {
    let keys = section.has("public_key") || section.has("private_key");
    let user = section.has("username") || section.has("password");
    match (keys, user) {
        (true, true) => {
            let first = section.get("username").or_else(|| section.get("password"))?;
            let key = if section.has("username") { "username" } else { "password" };
            section.reject(first.at.clone(), key, "either the two keys or user name and password, not both");
            None
        }
        (false, false) => {
            section.lacks("public_key and private_key", "an API member's keys (or username and password)");
            None
        }
        (true, false) => {
            let public_key = section.required("public_key", "the API member's public key", values::word);
            let private_key = section.required("private_key", "{ file = \"private-key\" }", secret::source);
            Some(Login::Keys { public_key: public_key?, private_key: private_key? })
        }
        (false, true) => {
            let username = section.required("username", "the integrator login's user name", values::name);
            let password = section.required("password", "{ file = \"password\" }", secret::source);
            Some(Login::Integrator { username: username?, password: password? })
        }
    }
}

fn integrator_login(section: &Section<'_>) -> Option<IntegratorLoginSettings> {
    let username = section.required("username", "of guide step 2, such as \"efolder-api\"", values::name);
    let password = section.required("password", "{ file = \"integrator-password\" }", secret::source);
    Some(IntegratorLoginSettings { username: username?, password: password? })
}

/// A plain path; what the design promises for later says so instead of "no such file".
fn plain_path(node: &Node) -> Result<PathBuf, String> {
    let written = values::name(node)?;
    if written.contains("://") {
        Err("is a URL: only a path is supported yet".to_string())
    } else if written.contains(['*', '?', '[']) {
        Err("is a pattern: only a plain path is supported yet".to_string())
    } else if written.ends_with(['/', '\\']) {
        Err("is a folder: only the path of one file is supported yet".to_string())
    } else {
        Ok(PathBuf::from(written))
    }
}

fn zone(node: &Node) -> Result<TimeZone, String> {
    let written = values::name(node)?;
    TimeZone::get(&written)
        .map_err(|_| format!("\"{written}\" is not a time zone: write one such as \"America/New_York\""))
}

fn portal(section: &Section<'_>, needs_events: bool) -> Option<Portal> {
    section.optional("source", |node| {
        match values::choice(node, &[("files", true), ("x360recover", false)]) {
            Ok(true) => Ok(()),
            Ok(false) => Err("only \"files\" is supported yet".to_string()),
            Err(reason) => Err(reason),
        }
    });
    let accounts =
        section.required("accounts", "the export of the account list, \"accounts.csv\"", plain_path);
    let events = if needs_events {
        let why = "the export of the event log (or turn [tickets] and [statistics] off)";
        section.required("events", why, plain_path)
    } else {
        section.optional("events", plain_path)
    };
    let brand = section.or("brand", None, values::name_or_none);
    let portal = Portal {
        accounts: accounts?,
        events,
        time_zone: section.optional("time_zone", zone),
        include_sub_brands: section.or("include_sub_brands", true, values::boolean),
        brand,
        max_age: section.or("max_age", SignedDuration::from_hours(36), values::some_duration),
        age_from: section.or("age_from", AgeFrom::Content, |node| {
            values::choice(node, &[("content", AgeFrom::Content), ("mtime", AgeFrom::Mtime)])
        }),
        gigabyte: section.or("gigabyte", Gigabyte::Decimal, |node| {
            values::choice(node, &[("decimal", Gigabyte::Decimal), ("binary", Gigabyte::Binary)])
        }),
    };
    Some(portal)
}

/// A list of words, each known.
fn words<T: Copy + Ord>(node: &Node, known: &[(&str, T)]) -> Result<BTreeSet<T>, String> {
    let Value::List(items) = &node.value else {
        return Err(format!("expected a list such as [\"{}\"], found {}", known[0].0, node.value.kind()));
    };
    if items.is_empty() {
        return Err("is empty".to_string());
    }
    items.iter().map(|item| values::choice(item, known)).collect()
}

fn tickets(section: &Section<'_>) -> Tickets {
    let hours = SignedDuration::from_hours;
    let enabled = section.or("enabled", true, values::boolean);
    let board = if enabled {
        section.required("board", "the service board of guide step 1 (or enabled = false)", values::name)
    } else {
        section.optional("board", values::text)
    };
    let severities = [("ok", Severity::Ok), ("warning", Severity::Warning), ("error", Severity::Error)];
    Tickets {
        enabled,
        board: board.unwrap_or_default(),
        new_status: section.or("new_status", None, values::name_or_none),
        closed_status: section.or("closed_status", None, values::name_or_none),
        subject_prefix: section.or("subject_prefix", String::new(), values::text),
        severities: section.or("severities", BTreeSet::from([Severity::Warning, Severity::Error]), |node| {
            words(node, &severities)
        }),
        event_types: section.or("event_types", EventTypes::All, |node| match &node.value {
            Value::Text(text) if text == "all" => Ok(EventTypes::All),
            Value::Text(text) => Err(format!("\"{text}\" is not known: write \"all\" or a list of types")),
            _ => {
                let known: Vec<(&str, EventKind)> =
                    EventKind::ALL.iter().map(|kind| (kind.as_str(), *kind)).collect();
                words(node, &known).map(EventTypes::Only)
            }
        }),
        visible_to_customer: section.or("visible_to_customer", false, values::boolean),
        max_event_age: section.or("max_event_age", hours(48), values::some_duration),
        quiet_after_close: section.or("quiet_after_close", hours(24), values::duration),
        reopen_within: section.or("reopen_within", hours(24), values::duration),
        note_every: section.or("note_every", hours(24), values::duration),
        max_new_per_hour: section.or("max_new_per_hour", 25, |node| values::whole(node, 1, 10_000)),
    }
}

fn billing(section: &Section<'_>) -> Billing {
    let switches = section.child("services");
    let on = |key: &str, default: bool| switches.or(key, default, values::boolean);
    Billing {
        enabled: section.or("enabled", true, values::boolean),
        update_invoice_descriptions: section.or("update_invoice_descriptions", true, values::boolean),
        rounding: section.or("rounding", Rounding::Exact, |node| {
            let words = [("exact", Rounding::Exact), ("up", Rounding::Up), ("nearest", Rounding::Nearest)];
            values::choice(node, &words)
        }),
        below_included: section.or("below_included", BelowIncluded::Floor, |node| {
            let words = [
                ("floor", BelowIncluded::Floor),
                ("actual", BelowIncluded::Actual),
                ("hold", BelowIncluded::Hold),
            ];
            values::choice(node, &words)
        }),
        agreement_type: section.or("agreement_type", "Managed Service".to_string(), values::name),
        services: Switches {
            online_backup_storage: on("online_backup_storage", true),
            online_backup_computers: on("online_backup_computers", true),
            local_backup_storage: on("local_backup_storage", false),
            local_backup_licenses: on("local_backup_licenses", true),
            email_archiving: on("email_archiving", true),
            email_filtering: on("email_filtering", true),
            other_licenses: on("other_licenses", true),
        },
        products: products(&section.child("products")),
        guard: guard(&section.child("guard")),
    }
}

fn products(section: &Section<'_>) -> BTreeMap<&'static str, Vec<Product>> {
    let mut products: BTreeMap<&'static str, Vec<Product>> = BTreeMap::new();
    for (key, node) in section.entries() {
        // An unknown key was reported with the others.
        let Some(service) = services::by_key(key) else { continue };
        let Some(found) = section.optional(key, product_list) else { continue };
        for product in &found {
            let other = products
                .iter()
                .find(|(_, list)| list.iter().any(|known| known.identifier == product.identifier));
            if let Some((other, _)) = other {
                // One catalog item for two services could not say which of them an addition bills.
                let reason = format!("\"{}\" is already the product of {other}", product.identifier);
                section.reject(node.at.clone(), key, &reason);
            }
        }
        products.insert(service.key, found);
    }
    products
}

fn product_list(node: &Node) -> Result<Vec<Product>, String> {
    let list: Vec<Product> = match &node.value {
        Value::List(items) if items.is_empty() => return Err("is empty".to_string()),
        Value::List(items) => items.iter().map(product).collect::<Result<_, _>>()?,
        _ => vec![product(node)?],
    };
    let mut seen = BTreeSet::new();
    match list.iter().find(|product| !seen.insert(&product.identifier)) {
        Some(double) => Err(format!("\"{}\" is named twice", double.identifier)),
        None => Ok(list),
    }
}

fn product(node: &Node) -> Result<Product, String> {
    let Value::Table(entries) = &node.value else {
        if matches!(node.value, Value::Text(_)) {
            return Ok(Product { identifier: values::name(node)?, price: None });
        }
        return Err(format!(
            "expected an identifier, a list of them or {{ identifier = \"…\", price = \"…\" }}, found {}",
            node.value.kind()
        ));
    };
    if let Some(unknown) = entries.keys().find(|key| !matches!(key.as_str(), "identifier" | "price")) {
        return Err(match super::schema::nearest(unknown, ["identifier", "price"]) {
            Some(nearest) => format!("unknown key \"{unknown}\": did you mean \"{nearest}\"?"),
            None => format!("unknown key \"{unknown}\": known here are identifier, price"),
        });
    }
    let Some(identifier) = node.get("identifier") else { return Err("lacks identifier".to_string()) };
    let identifier = values::name(identifier).map_err(|reason| format!("identifier: {reason}"))?;
    let price = node.get("price").map(values::decimal).transpose();
    Ok(Product { identifier, price: price.map_err(|reason| format!("price: {reason}"))? })
}

fn guard(section: &Section<'_>) -> Guard {
    let percent = |key: &str, default: i64| {
        section.or(key, Some(Percent(Decimal::from(default))), values::percent_or_off)
    };
    let allowance = |key: &str| {
        let words = [("hold", Allowance::Hold), ("allow", Allowance::Allow)];
        section.or(key, Allowance::Hold, |node| values::choice(node, &words))
    };
    Guard {
        first_push: allowance("first_push"),
        increase: percent("increase", 50),
        decrease: percent("decrease", 30),
        to_zero: allowance("to_zero"),
        floor_money: section.or("floor_money", Decimal::new(2500, 2), values::decimal),
        floor_quantity: section.or("floor_quantity", Decimal::TWO, values::decimal),
        run_total: percent("run_total", 10),
    }
}

fn sync(section: &Section<'_>) -> Sync {
    let hours = SignedDuration::from_hours;
    Sync {
        min_interval: section.or("min_interval", hours(12), values::duration),
        verify_every: section.or("verify_every", hours(24), values::some_duration),
        remind_every: section.or("remind_every", hours(24), values::some_duration),
    }
}
