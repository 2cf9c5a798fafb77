//! How each section of psactl.toml is read, with its defaults.

use super::error::Place;
use super::reader::{Reader, Section};
use super::secret;
use super::settings::*;
use super::tree::{Node, Value};
use super::values::{self, Percent};
use crate::portal::{EventKind, Severity};
use crate::services;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// All sections.
pub(super) struct Parts {
    pub connectwise: ConnectWise,
    pub integrator_login: IntegratorLoginSettings,
    pub portal: Portal,
    pub tickets: Tickets,
    pub statistics: Statistics,
    pub billing: Billing,
    pub sync: Sync,
    pub monitoring: Monitoring,
    pub state: State,
}

/// Reads every section, so that every mistake is noted; `None` only when one was.
pub(super) fn read(reader: &Reader, root: &Node) -> Option<Parts> {
    let prefix_given = reader.section(root, "connectwise").has("managed_id_prefix");
    let connectwise = connectwise(&reader.section(root, "connectwise"));
    let integrator_login = integrator_login(&reader.section(root, "integrator_login"));
    let tickets = tickets(&reader.section(root, "tickets"));
    let statistics =
        Statistics { enabled: reader.section(root, "statistics").or("enabled", true, values::boolean) };
    let portal = portal(&reader.section(root, "portal"), tickets.enabled || statistics.enabled);
    let source = reader.section(root, "portal").get("source").map(|node| &node.value);
    if !prefix_given && matches!(source, Some(Value::Text(source)) if source == "x360recover") {
        // The guide's EFS- is that of its own portal: what another source's customers are called, a person says.
        let what = "the beginning of each Managed ID, such as \"AX-\" (needed for any source but files)";
        reader.section(root, "connectwise").lacks("managed_id_prefix", what);
    }
    let billing = billing(&reader.section(root, "billing"));
    let sync = sync(&reader.section(root, "sync"));
    let monitoring = monitoring(&reader.section(root, "monitoring"));
    let state = State {
        keep_events: reader.section(root, "state").or(
            "keep_events",
            SignedDuration::from_hours(400 * 24),
            kept,
        ),
    };
    Some(Parts {
        connectwise: connectwise?,
        integrator_login: integrator_login?,
        portal: portal?,
        tickets,
        statistics,
        billing,
        sync,
        monitoring,
        state,
    })
}

fn monitoring(section: &Section<'_>) -> Monitoring {
    Monitoring {
        ping_url: section.or("ping_url", None, ping_url),
        prometheus_file: section.or("prometheus_file", None, values::name_or_none).map(PathBuf::from),
    }
}

/// An address as text, or where it is read from: whoever knows it can keep a monitor quiet.
fn ping_url(node: &Node) -> Result<Option<PingUrl>, String> {
    match &node.value {
        Value::Table(_) => secret::source(node).map(|source| Some(PingUrl::From(source))),
        Value::Text(text) if text.is_empty() => Ok(None),
        // Reasons never repeat the address.
        Value::Text(text) => match reqwest::Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                Ok(Some(PingUrl::Written(text.as_str().into())))
            }
            _ => Err("is not an address that begins with https:// or http://".to_string()),
        },
        other => Err(format!("expected an address in quotes or {{ file = \"…\" }}, found {}", other.kind())),
    }
}

/// How long the event log is kept. Statistics count the calendar month, and tickets look back further.
fn kept(node: &Node) -> Result<SignedDuration, String> {
    const LEAST: SignedDuration = SignedDuration::from_hours(62 * 24);
    let kept = values::duration(node)?;
    if kept < LEAST {
        Err("must be at least \"62d\": statistics count the calendar month".to_string())
    } else {
        Ok(kept)
    }
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

/// A file, a folder, a pattern or an address.
fn export_at(node: &Node) -> Result<ExportAt, String> {
    let written = values::name(node)?;
    if !written.contains("://") {
        return Ok(match written.contains(['*', '?', '[']) {
            true => {
                glob::Pattern::new(&written).map_err(|error| format!("is no pattern: {error}"))?;
                ExportAt::Pattern(written)
            }
            false => ExportAt::Path(PathBuf::from(written)),
        });
    }
    // Reasons never repeat the address: what follows its ? may be a secret.
    let url = reqwest::Url::parse(&written).map_err(|error| format!("is no address: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        Err("carries a user name or password: they belong in [portal] headers".to_string())
    } else if url.scheme() == "https" || url.scheme() == "http" && crate::net::is_loopback(&url) {
        Ok(ExportAt::Url(url))
    } else {
        Err("must begin with https:// (http:// for this very machine alone)".to_string())
    }
}

/// The date in a file's name.
fn file_date(node: &Node) -> Result<Option<String>, String> {
    let Some(pattern) = values::name_or_none(node)? else { return Ok(None) };
    // A day that no other is confused with.
    let day = jiff::civil::date(2026, 11, 23).at(21, 45, 59, 0);
    let wrong = || {
        format!(
            "\"{pattern}\" does not tell year, month and day: write it as in \"%Y-%m-%d\" or \"%Y%m%d-%H%M\""
        )
    };
    let zoned = day.to_zoned(TimeZone::UTC).map_err(|_| wrong())?;
    let written = jiff::fmt::strtime::format(&pattern, &zoned).map_err(|_| wrong())?;
    let read = jiff::fmt::strtime::parse(&pattern, &written).and_then(|read| read.to_date());
    if read.is_ok_and(|date| date == day.date()) { Ok(Some(pattern)) } else { Err(wrong()) }
}

/// Headers that carry secrets, by what they are called.
fn headers(section: &Section<'_>) -> BTreeMap<String, HeaderText> {
    let mut headers = BTreeMap::new();
    for (name, node) in section.entries() {
        match header(name, node) {
            Ok(value) => drop(headers.insert(name.to_lowercase(), value)),
            Err(reason) => section.reject(node.at.clone(), name, &reason),
        }
    }
    headers
}

fn header(name: &str, node: &Node) -> Result<HeaderText, String> {
    let plain = reqwest::header::HeaderName::from_bytes(name.as_bytes()).is_ok();
    if matches!(node.value, Value::Table(_)) {
        let source = secret::source(node)?;
        return if plain { Ok(HeaderText::From(source)) } else { Err("is no name of a header".to_string()) };
    }
    let value = values::name(node)?;
    let secret = ["auth", "key", "token", "secret", "password", "cookie", "credential", "signature"];
    if !plain {
        Err("is no name of a header".to_string())
    } else if secret.iter().any(|word| name.to_lowercase().contains(word)) {
        Err("secrets never stand in psactl.toml: write { file = \"portal-key\" }, whose content is the whole value"
            .to_string())
    } else if reqwest::header::HeaderValue::from_str(&value).is_err() {
        Err("holds characters that no header takes".to_string())
    } else {
        Ok(HeaderText::Written(value))
    }
}

fn columns(section: &Section<'_>) -> BTreeMap<String, String> {
    let read = |(name, _): &(&str, &Node)| {
        let heading = section.optional(name, values::name)?;
        Some(((*name).to_string(), heading))
    };
    section.entries().iter().filter_map(read).collect()
}

fn zone(node: &Node) -> Result<TimeZone, String> {
    let written = values::name(node)?;
    TimeZone::get(&written)
        .map_err(|_| format!("\"{written}\" is not a time zone: write one such as \"America/New_York\""))
}

fn portal(section: &Section<'_>, needs_events: bool) -> Option<Portal> {
    let source = section.or("source", "files", |node| {
        values::choice(node, &[("files", "files"), ("x360recover", "x360recover")])
    });
    // A section that stands there is read, whichever source is chosen: what is wrong in it is no secret till then.
    let chosen = source == "x360recover";
    let x360recover =
        (chosen || section.has("x360recover")).then(|| x360recover(&section.child("x360recover"))).flatten();
    let source = if chosen {
        no_exports(section);
        x360recover.map(PortalSource::X360Recover)
    } else {
        export_files(section, needs_events).map(PortalSource::Files)
    };
    let brand = section.or("brand", None, values::name_or_none);
    let time_zone = section.optional("time_zone", zone);
    let include_sub_brands = section.or("include_sub_brands", true, values::boolean);
    let max_age = section.or("max_age", SignedDuration::from_hours(36), values::some_duration);
    let age_from = section.or("age_from", AgeFrom::Content, |node| {
        values::choice(node, &[("content", AgeFrom::Content), ("mtime", AgeFrom::Mtime)])
    });
    let gigabyte = section.or("gigabyte", Gigabyte::Decimal, |node| {
        values::choice(node, &[("decimal", Gigabyte::Decimal), ("binary", Gigabyte::Binary)])
    });
    // Only now, so that what is missing does not hide what is wrong.
    let source = source?;
    Some(Portal { source, time_zone, brand, include_sub_brands, max_age, age_from, gigabyte })
}

fn export_files(section: &Section<'_>, needs_events: bool) -> Option<ExportFiles> {
    let accounts =
        section.required("accounts", "the export of the account list, \"accounts.csv\"", export_at);
    let events = if needs_events {
        let why = "the export of the event log (or turn [tickets] and [statistics] off)";
        section.required("events", why, export_at)
    } else {
        section.optional("events", export_at)
    };
    let headers = headers(&section.child("headers"));
    let poll_every = section.or("poll_every", SignedDuration::from_mins(5), values::some_duration);
    let decimal = section.or("decimal", None, |node| {
        let words =
            [("auto", None), ("point", Some(DecimalMark::Point)), ("comma", Some(DecimalMark::Comma))];
        values::choice(node, &words)
    });
    let file_date = section.or("file_date", None, file_date);
    if let (Some(pattern), Some(node)) = (&file_date, section.get("file_date"))
        && !section.has("time_zone")
        && !pattern.contains('z')
    {
        section.reject(node.at.clone(), "file_date", "needs time_zone, in which the day begins");
    }
    let columns = columns(&section.child("columns"));
    let accounts = accounts?;
    if let (ExportAt::Url(one), Some(ExportAt::Url(other))) = (&accounts, &events)
        && one.origin() != other.origin()
        && !headers.is_empty()
        && let Some(node) = section.get("headers")
    {
        let reason = "would go to two hosts, that of accounts and that of events: a secret has one";
        section.reject(node.at.clone(), "headers", reason);
    }
    if let Some(node) = section.get("events").filter(|_| Some(&accounts) == events.as_ref()) {
        section.reject(
            node.at.clone(),
            "events",
            "is the same as accounts: write a pattern for each, \"exports/events*\"",
        );
    }
    Some(ExportFiles { accounts, events, headers, poll_every, decimal, file_date, columns })
}

fn x360recover(section: &Section<'_>) -> Option<X360Recover> {
    let url = section.or("url", "https://axapi.axcient.com/x360recover".to_owned(), |node| {
        crate::net::address(&values::name(node)?)
    });
    let api_key = section.required("api_key", "{ file = \"axcient-key\" }", secret::source);
    let poll_every = section.or("poll_every", SignedDuration::from_mins(30), |node| {
        let every = values::some_duration(node)?;
        match every {
            _ if every < SignedDuration::from_mins(5) => Err("must be at least \"5m\"".to_string()),
            _ if every > SignedDuration::from_hours(24) => Err("must be at most \"24h\"".to_string()),
            _ => Ok(every),
        }
    });
    let plans = ["select-storage", "basic-storage", "bdr-storage"].map(|plan| (plan, plan));
    let storage_service = section.or("storage_service", "basic-storage", |node| values::choice(node, &plans));
    Some(X360Recover { url, api_key: api_key?, poll_every, storage_service })
}

/// Keys that mean something for exports alone: with another source they would be accepted and ignored.
fn no_exports(section: &Section<'_>) {
    for key in ["accounts", "events", "headers", "poll_every", "decimal", "file_date", "columns"] {
        if let Some(node) = section.get(key) {
            let reason = "belongs to source = \"files\": with \"x360recover\" everything comes from the API";
            section.reject(node.at.clone(), key, reason);
        }
    }
    let written = |key: &str, default: &str| match section.get(key) {
        Some(node) if !matches!(&node.value, Value::Text(text) if text == default) => Some(node),
        _ => None,
    };
    for (key, default) in [("brand", ""), ("age_from", "content")] {
        if let Some(node) = written(key, default) {
            section.reject(node.at.clone(), key, "is for source = \"files\" alone");
        }
    }
}

/// A list of words, each known.
fn words<T: Copy + Ord>(node: &Node, known: &[(&str, T)]) -> Result<BTreeSet<T>, String> {
    if let (Value::Text(_), Place::Variable(_)) = (&node.value, &node.at) {
        return Err("a list cannot come from the environment".to_string());
    }
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
    let products = products(&section.child("products"));
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
        flat_fees: flat_fees(&section.child("flat_fees"), &products),
        products,
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
    if matches!(node.value, Value::Text(_)) {
        return Ok(Product { identifier: values::name(node)?, price: None });
    }
    let (identifier, price) = item(
        node,
        &["identifier", "price"],
        "an identifier, a list of them or { identifier = \"…\", price = \"…\" }",
    )?;
    Ok(Product { identifier, price })
}

fn flat_fees(
    section: &Section<'_>,
    products: &BTreeMap<&'static str, Vec<Product>>,
) -> BTreeMap<&'static str, FlatFee> {
    let mut fees: BTreeMap<&'static str, FlatFee> = BTreeMap::new();
    for (key, node) in section.entries() {
        let Some(service) = services::by_key(key) else { continue };
        let Some(fee) = section.optional(key, flat_fee) else { continue };
        let is_usage = |service: &&services::Service| match products.get(service.key) {
            Some(list) => list.iter().any(|one| one.identifier == fee.identifier),
            None => service.product_identifier == fee.identifier,
        };
        let usage = services::all().iter().find(is_usage).map(|service| service.key);
        let other = fees.iter().find(|(_, known)| known.identifier == fee.identifier).map(|(of, _)| *of);
        if let Some(of) = usage.or(other) {
            // Its quantity would be written as use, or it would stand for two services.
            let reason =
                format!("\"{}\" is already the product of {of}: a flat fee needs its own", fee.identifier);
            section.reject(node.at.clone(), key, &reason);
            continue;
        }
        fees.insert(service.key, fee);
    }
    fees
}

fn flat_fee(node: &Node) -> Result<FlatFee, String> {
    let known = ["identifier", "included", "price"];
    let (identifier, price) = item(node, &known, "{ identifier = \"…\", included = \"…\", price = \"…\" }")?;
    let Some(included) = node.get("included") else { return Err("lacks included".to_string()) };
    let included = values::decimal(included).map_err(|reason| format!("included: {reason}"))?;
    if included <= Decimal::ZERO {
        return Err("included: must be more than 0".to_string());
    }
    Ok(FlatFee { identifier, price, included })
}

/// A catalog item that is written as a table.
fn item(node: &Node, known: &[&'static str], expected: &str) -> Result<(String, Option<Decimal>), String> {
    let Value::Table(entries) = &node.value else {
        return Err(format!("expected {expected}, found {}", node.value.kind()));
    };
    if let Some(unknown) = entries.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(match super::schema::nearest(unknown, known.iter().copied()) {
            Some(nearest) => format!("unknown key \"{unknown}\": did you mean \"{nearest}\"?"),
            None => format!("unknown key \"{unknown}\": known here are {}", known.join(", ")),
        });
    }
    let Some(identifier) = node.get("identifier") else { return Err("lacks identifier".to_string()) };
    let identifier = values::name(identifier).map_err(|reason| format!("identifier: {reason}"))?;
    let price = node.get("price").map(values::decimal).transpose();
    Ok((identifier, price.map_err(|reason| format!("price: {reason}"))?))
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
