//! psactl.toml: every mistake with its exact message, the environment over it, and secrets beside it.

use psactl::config::{
    AgeFrom, Allowance, BelowIncluded, Config, Environment, Error, EventTypes, Gigabyte, Login, Percent,
    Rounding,
};
use psactl::{portal, services};
use rust_decimal::Decimal;
use std::path::Path;

/// The least that is a configuration.
pub(crate) const LEAST: &str = r#"[connectwise]
site = "https://na.myconnectwise.net"
company_id = "acme"
client_id = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
[connectwise.login]
public_key = "pub"
private_key = { file = "private-key" }
[integrator_login]
username = "efolder-api"
password = { env = "PSA_PASSWORD" }
[portal]
accounts = "accounts.csv"
events = "events.csv"
[tickets]
board = "Professional Services"
"#;

fn parse(text: &str) -> Result<Config, Error> {
    parse_with(text, &[])
}

fn parse_with(text: &str, variables: &[(&str, &str)]) -> Result<Config, Error> {
    let environment: Environment = variables.iter().copied().collect();
    Config::parse(text, Path::new("psactl.toml"), &environment)
}

fn message(result: Result<Config, Error>) -> String {
    result.expect_err("a mistake").to_string()
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

#[test]
fn the_least_configuration_has_the_documented_defaults() {
    let config = parse(LEAST).expect("valid");
    assert_eq!(config.connectwise.management_solution, "eFolder");
    assert_eq!(config.connectwise.managed_id("342"), "EFS-342");
    assert_eq!(config.connectwise.max_concurrency, 8);
    assert_eq!(config.connectwise.max_requests_per_minute, Some(600));
    assert_eq!(config.connectwise.ca_file, None);
    assert!(matches!(config.connectwise.login, Login::Keys { .. }));
    assert_eq!(config.portal.max_age.as_hours(), 36);
    assert_eq!(config.portal.age_from, AgeFrom::Content);
    assert_eq!(config.portal.gigabyte, Gigabyte::Decimal);
    assert!(config.portal.time_zone.is_none());
    assert_eq!(config.tickets.event_types, EventTypes::All);
    assert!(!config.tickets.severities.contains(&portal::Severity::Ok));
    assert_eq!(config.tickets.max_event_age.as_hours(), 48);
    assert_eq!(config.tickets.max_new_per_hour, 25);
    assert!(config.statistics.enabled && config.billing.enabled);
    assert_eq!(config.billing.rounding, Rounding::Exact);
    assert_eq!(config.billing.below_included, BelowIncluded::Floor);
    assert_eq!(config.billing.agreement_type, "Managed Service");
    assert_eq!(config.billing.guard.first_push, Allowance::Hold);
    assert_eq!(config.billing.guard.increase, Some(Percent(decimal("50"))));
    assert_eq!(config.billing.guard.floor_money, decimal("25.00"));
    assert_eq!(config.sync.min_interval.as_hours(), 12);
    assert_eq!(config.path(), Path::new("psactl.toml"));
    let keys: Vec<&str> = services::enabled(&config.billing).iter().map(|service| service.key).collect();
    assert_eq!(keys.len(), 11);
    assert!(!keys.contains(&"local-storage"));
    let service = services::by_key("local-desktops").expect("known");
    assert_eq!(config.billing.products_of(service)[0].identifier, "Local Backup # Workstations");
}

#[test]
fn the_example_is_the_defaults_written_out() {
    let text = include_str!("../../examples/psactl.toml");
    let example = parse(text).expect("the example parses");
    let least = parse(LEAST).expect("valid");
    let shown = |value: &dyn std::fmt::Debug| format!("{value:#?}");
    assert_eq!(shown(&example.tickets), shown(&least.tickets));
    assert_eq!(shown(&example.sync), shown(&least.sync));
    assert_eq!(shown(&example.billing.guard), shown(&least.billing.guard));
    assert_eq!(example.billing.services, least.billing.services);
    assert_eq!(example.billing.products.len(), 11);
    assert_eq!(example.billing.products["select-storage"][0].price, Some(decimal("2.00")));
}

/// One line of a small file is replaced by the mistake: the place and the words are pinned.
#[test]
fn each_mistake_is_named_with_its_place() {
    let with = |old: &str, new: &str| {
        assert!(LEAST.contains(old), "{old}");
        LEAST.replacen(old, new, 1)
    };
    let after = |new: &str| format!("{LEAST}{new}\n");
    let site = "site = \"https://na.myconnectwise.net\"";
    // A small file with Axcient's API, and a line of its section.
    let api = |line: &str| {
        let exports = "accounts = \"accounts.csv\"\nevents = \"events.csv\"\n";
        let section = format!(
            "source = \"x360recover\"\n[portal.x360recover]\napi_key = {{ file = \"axcient-key\" }}\n{line}\n"
        );
        let text = LEAST.replacen(exports, &section, 1);
        text.replacen("[connectwise]\n", "[connectwise]\nmanaged_id_prefix = \"AX-\"\n", 1)
    };
    let cases = [
        // Keys
        (after("borad = \"x\""), "16:1: unknown key \"borad\" in [tickets]: did you mean \"board\"?"),
        (after("[ticket]"), "16:2: unknown key \"ticket\" at the top level: did you mean \"tickets\"?"),
        (
            after("[billing.guard]\nincrese = \"5%\""),
            "17:1: unknown key \"increse\" in [billing.guard]: did you mean \"increase\"?",
        ),
        (
            after("[billing]\nguard = { to-zero = \"hold\" }"),
            "17:11: unknown key \"to-zero\" in [billing.guard]: did you mean \"to_zero\"?",
        ),
        (
            after("[billing.products]\nbasic_storage = \"x\""),
            "17:1: unknown key \"basic_storage\" in [billing.products]: did you mean \"basic-storage\"?",
        ),
        (
            after("min_interval = \"1h\""),
            "16:1: unknown key \"min_interval\" in [tickets]: it belongs in [sync]",
        ),
        (
            after("[statistics]\nconfigurations = true"),
            "17:1: unknown key \"configurations\" in [statistics]: known here are enabled",
        ),
        (
            after("[retention]\nevents = \"\""),
            "16:2: unknown key \"retention\" at the top level: known here are connectwise, integrator_login, \
             portal, tickets, statistics, billing, sync, monitoring, state",
        ),
        (
            after("[monitoring]\nping_url = \"hc-ping.com/s3cret\""),
            "17:12: [monitoring] ping_url: is not an address that begins with https:// or http://",
        ),
        (
            after("[monitoring]\nping_url = { path = \"x\" }"),
            "17:12: [monitoring] ping_url: unknown key \"path\": write { file = \"…\" }, { command = \"…\" } or \
             { env = \"…\" }",
        ),
        (
            after("[state]\nkeep_events = \"30d\""),
            "17:15: [state] keep_events: must be at least \"62d\": statistics count the calendar month",
        ),
        (format!("sync = 3\n{LEAST}"), "1:8: [sync] is a section, found a whole number"),
        // Syntax
        (after("x = "), "16:5: not valid TOML: string values must be quoted, expected literal string"),
        // Addresses and names
        (
            with(site, "site = \"na.myconnectwise.net\""),
            "2:8: [connectwise] site: \"na.myconnectwise.net\" lacks the scheme: \
             write \"https://na.myconnectwise.net\"",
        ),
        (
            with(site, "site = \"http://na.myconnectwise.net/x\""),
            "2:8: [connectwise] site: must begin with https:// (http is for this machine alone): \
             write \"https://na.myconnectwise.net\"",
        ),
        (
            with(site, "site = \"ftp://host\""),
            "2:8: [connectwise] site: must begin with https://, not ftp://",
        ),
        (
            with(site, "site = \"https://user:pass@host\""),
            "2:8: [connectwise] site: must not contain a user name or password",
        ),
        (with(site, ""), "[connectwise] lacks site: the PSA's address, \"https://na.myconnectwise.net\""),
        (with("\"acme\"", "\"ac me\""), "3:14: [connectwise] company_id: contains a blank"),
        (
            with("\"acme\"", "7"),
            "3:14: [connectwise] company_id: expected a text in quotes, found a whole number",
        ),
        (
            with("3fa85f64-", "3fa85f64"),
            "4:13: [connectwise] client_id: is not a GUID such as \"3fa85f64-5717-4562-b3fc-2c963f66afa6\" \
             (yours is at developer.connectwise.com)",
        ),
        (
            with("company_id", "managed_id_prefix = \"EFS 1\"\ncompany_id"),
            "3:21: [connectwise] managed_id_prefix: contains a blank",
        ),
        (
            with("company_id", &format!("managed_id_prefix = \"{}\"\ncompany_id", "E".repeat(50))),
            "3:21: [connectwise] managed_id_prefix: leaves no room for the customer's ID: \
             a Managed ID has 50 characters",
        ),
        (
            with("company_id", "max_concurrency = 0\ncompany_id"),
            "3:19: [connectwise] max_concurrency: must be from 1 to 64",
        ),
        // Logins and secrets
        (with("\"efolder-api\"", "\"efolder-api \""), "9:12: [integrator_login] username: ends with a blank"),
        (
            with("public_key = \"pub\"\nprivate_key = { file = \"private-key\" }\n", ""),
            "[connectwise.login] lacks public_key and private_key: \
             an API member's keys (or username and password)",
        ),
        (
            with("private_key = { file = \"private-key\" }\n", "username = \"x\"\n"),
            "7:12: [connectwise.login] username: either the two keys or user name and password, not both",
        ),
        (
            with("{ file = \"private-key\" }", "\"hunter2\""),
            "7:15: [connectwise.login] private_key: secrets never stand in psactl.toml: \
             write { file = \"…\" }, { command = \"…\" } or { env = \"…\" }",
        ),
        (
            with("{ file = \"private-key\" }", "{ flie = \"private-key\" }"),
            "7:15: [connectwise.login] private_key: unknown key \"flie\": did you mean \"file\"?",
        ),
        (
            with("{ file = \"private-key\" }", "{ file = \"a\", env = \"B\" }"),
            "7:15: [connectwise.login] private_key: expected exactly one of \
             { file = \"…\" }, { command = \"…\" } or { env = \"…\" }",
        ),
        // The portal
        (
            with("\"accounts.csv\"", "\"http://host/a.csv?key=hunter2\""),
            "12:12: [portal] accounts: must begin with https:// (http:// for this very machine alone)",
        ),
        (
            with("\"events.csv\"", "\"events-[a.csv\""),
            "13:10: [portal] events: is no pattern: Pattern syntax error near position 7: invalid range pattern",
        ),
        (
            with("\"events.csv\"", "\"https://me:hunter2@host/events.csv\""),
            "13:10: [portal] events: carries a user name or password: they belong in [portal] headers",
        ),
        (
            with("\"events.csv\"", "\"accounts.csv\""),
            "13:10: [portal] events: is the same as accounts: write a pattern for each, \"exports/events*\"",
        ),
        (
            with("\"events.csv\"", "\"events.csv\"\nheaders = { Authorization = \"Bearer hunter2\" }"),
            "14:29: [portal.headers] Authorization: secrets never stand in psactl.toml: write { file = \"portal-key\" \
             }, whose content is the whole value",
        ),
        (
            with("\"events.csv\"", "\"events.csv\"\nheaders = { \"no header\" = \"x\" }"),
            "14:27: [portal.headers] no header: is no name of a header",
        ),
        (
            with("\"events.csv\"", "\"events.csv\"\nfile_date = \"%H%M\""),
            "14:13: [portal] file_date: \"%H%M\" does not tell year, month and day: write it as in \"%Y-%m-%d\" or \
             \"%Y%m%d-%H%M\"",
        ),
        (
            with("\"events.csv\"", "\"events.csv\"\nfile_date = \"%Y%m%d\""),
            "14:13: [portal] file_date: needs time_zone, in which the day begins",
        ),
        (
            with("\"events.csv\"", "\"events.csv\"\ndecimal = \"dot\""),
            "14:11: [portal] decimal: \"dot\" is not known: write \"auto\", \"point\" or \"comma\"",
        ),
        (
            with("\"events.csv\"", "\"events.csv\"\ncolumns = { costumer_id = \"Kunde\" }"),
            "14:13: unknown key \"costumer_id\" in [portal.columns]: did you mean \"customer_id\"?",
        ),
        (
            with("events = \"events.csv\"\n", ""),
            "[portal] lacks events: the export of the event log (or turn [tickets] and [statistics] off)",
        ),
        (
            api("").replace("[portal.x360recover]\napi_key = { file = \"axcient-key\" }\n", ""),
            "section [portal.x360recover] is missing, and with it api_key: { file = \"axcient-key\" }",
        ),
        (
            api("").replace("managed_id_prefix = \"AX-\"\n", ""),
            "[connectwise] lacks managed_id_prefix: the beginning of each Managed ID, such as \"AX-\" (needed for any \
             source but files)",
        ),
        (
            api("").replace("source =", "accounts = \"accounts.csv\"\nsource ="),
            "13:12: [portal] accounts: belongs to source = \"files\": with \"x360recover\" everything comes from the API",
        ),
        (
            api("").replace("source =", "events = \"events.csv\"\nsource ="),
            "13:10: [portal] events: belongs to source = \"files\": with \"x360recover\" everything comes from the API",
        ),
        (
            api("").replace("source =", "brand = \"doc\"\nsource ="),
            "13:9: [portal] brand: is for source = \"files\" alone",
        ),
        (
            api("url = \"http://axapi.axcient.com/x360recover\""),
            "16:7: [portal.x360recover] url: must begin with https:// (http is for this machine alone)",
        ),
        (
            api("url = \"https://axapi.axcient.com/x360recover?key=s3cret\""),
            "16:7: [portal.x360recover] url: must not contain ? or #: write scheme, host and path alone",
        ),
        (
            api("url = \"https://me:s3cret@axapi.axcient.com\""),
            "16:7: [portal.x360recover] url: must not contain a user name or password",
        ),
        (api("poll_every = \"1m\""), "16:14: [portal.x360recover] poll_every: must be at least \"5m\""),
        (api("poll_every = \"2d\""), "16:14: [portal.x360recover] poll_every: must be at most \"24h\""),
        (
            api("storage_service = \"local-storage\""),
            "16:19: [portal.x360recover] storage_service: \"local-storage\" is not known: write \"select-storage\", \
             \"basic-storage\" or \"bdr-storage\"",
        ),
        (
            with("accounts =", "time_zone = \"New York\"\naccounts ="),
            "12:13: [portal] time_zone: \"New York\" is not a time zone: write one such as \"America/New_York\"",
        ),
        (
            with("accounts =", "max_age = \"36 hours\"\naccounts ="),
            "12:11: [portal] max_age: \"36 hours\" is not a duration: \
             write a number with s, m, h, d or w, such as \"36h\"",
        ),
        (
            with("accounts =", "max_age = \"0h\"\naccounts ="),
            "12:11: [portal] max_age: must be longer than nothing",
        ),
        (
            with("accounts =", "max_age = 36\naccounts ="),
            "12:11: [portal] max_age: expected a duration such as \"36h\", found a whole number",
        ),
        // Tickets
        (
            with("board = \"Professional Services\"\n", ""),
            "[tickets] lacks board: the service board of guide step 1 (or enabled = false)",
        ),
        (after("severities = [\"ok\", \"eror\"]"), {
            "16:14: [tickets] severities: \"eror\" is not known: did you mean \"error\"?"
        }),
        (after("severities = []"), "16:14: [tickets] severities: is empty"),
        (
            after("event_types = \"backup-failed\""),
            "16:15: [tickets] event_types: \"backup-failed\" is not known: write \"all\" or a list of types",
        ),
        (after("enabled = \"yes\""), "16:11: [tickets] enabled: expected true or false, found \"yes\""),
        // Money
        (
            after("[billing]\nrounding = \"down\""),
            "17:12: [billing] rounding: \"down\" is not known: write \"exact\", \"up\" or \"nearest\"",
        ),
        (
            after("[billing.guard]\nincrease = 50"),
            "17:12: [billing.guard] increase: expected a percentage such as \"50%\" or \"off\", \
             found a whole number",
        ),
        (
            after("[billing.guard]\nincrease = \"fifty\""),
            "17:12: [billing.guard] increase: \"fifty\" is not a percentage: write one such as \"50%\", or \"off\"",
        ),
        (after("[billing.guard]\nincrease = \"-5%\""), "17:12: [billing.guard] increase: is negative"),
        (after("[billing.guard]\nfloor_money = -1"), "17:15: [billing.guard] floor_money: is negative"),
        (
            after("[billing.guard]\nfloor_money = \"1,50\""),
            "17:15: [billing.guard] floor_money: \"1,50\" is not an amount: \
             write digits with a point, such as \"25.00\"",
        ),
        (
            after("[billing.guard]\nfloor_money = inf"),
            "17:15: [billing.guard] floor_money: \"inf\" is not an amount: \
             write digits with a point, such as \"25.00\"",
        ),
        (
            after("[billing.products]\nbasic-storage = { identifier = \"a\", prise = \"1\" }"),
            "17:17: [billing.products] basic-storage: unknown key \"prise\": did you mean \"price\"?",
        ),
        (
            after("[billing.products]\nbasic-storage = [\"a\", \"a\"]"),
            "17:17: [billing.products] basic-storage: \"a\" is named twice",
        ),
        (
            after("[billing.products]\nbasic-storage = \"a\"\nselect-storage = \"a\""),
            "18:18: [billing.products] select-storage: \"a\" is already the product of basic-storage",
        ),
    ];
    let mut wrong = Vec::new();
    for (text, expected) in &cases {
        let separator = if expected.starts_with(|c: char| c.is_ascii_digit()) { ":" } else { ": " };
        let expected = format!("psactl.toml{separator}{expected}");
        match parse(text) {
            Ok(_) => wrong.push(format!("accepted, expected {expected}")),
            Err(error) if error.to_string() != expected => wrong.push(format!("{error}\n  not\n{expected}")),
            Err(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let text = "[connectwise]\nsite = \"x\"\nborad = 1\n[tickets]\nenabled = 1\n";
    let found = message(parse_with(text, &[("PSACTL_SYNC__VERIFY_EVRY", "1h")]));
    let expected = [
        "psactl.toml: [connectwise] lacks client_id: the client ID from developer.connectwise.com",
        "psactl.toml: [connectwise] lacks company_id: the company ID typed at login",
        "psactl.toml: [tickets] lacks board: the service board of guide step 1 (or enabled = false)",
        "psactl.toml: section [connectwise.login] is missing, and with it public_key and private_key: \
         an API member's keys (or username and password)",
        "psactl.toml: section [integrator_login] is missing, and with it password: \
         { file = \"integrator-password\" }",
        "psactl.toml: section [integrator_login] is missing, and with it username: \
         of guide step 2, such as \"efolder-api\"",
        "psactl.toml: section [portal] is missing, and with it accounts: \
         the export of the account list, \"accounts.csv\"",
        "psactl.toml: section [portal] is missing, and with it events: \
         the export of the event log (or turn [tickets] and [statistics] off)",
        "psactl.toml:2:8: [connectwise] site: \"x\" lacks the scheme: write \"https://x\"",
        "psactl.toml:3:1: unknown key \"borad\" in [connectwise]: known here are site, company_id, client_id, \
         management_solution, managed_id_prefix, max_concurrency, max_requests_per_minute, ca_file, login",
        "psactl.toml:5:11: [tickets] enabled: expected true or false, found a whole number",
        "PSACTL_SYNC__VERIFY_EVRY: unknown key \"verify_evry\" in [sync]: \
         did you mean \"verify_every\" (PSACTL_SYNC__VERIFY_EVERY)?",
    ];
    assert_eq!(found.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn sites_are_reduced_to_their_origin() {
    for (written, expected) in [
        ("https://na.myconnectwise.net/v4_6_release/ConnectWise.aspx?x=1", "https://na.myconnectwise.net"),
        ("https://na.myconnectwise.net/CompanyID", "https://na.myconnectwise.net"),
        ("https://PSA.example.com:8443/", "https://psa.example.com:8443"),
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://localhost:1", "http://localhost:1"),
    ] {
        let config = parse(&LEAST.replacen("https://na.myconnectwise.net", written, 1)).expect(written);
        assert_eq!(config.connectwise.site, expected);
    }
    for written in ["http://localhost.evil.com", "http://127.0.0.1.evil.com", "http://10.0.0.1"] {
        assert!(parse(&LEAST.replacen("https://na.myconnectwise.net", written, 1)).is_err(), "{written}");
    }
}

#[test]
fn money_is_read_from_its_letters() {
    for (written, expected) in [("25", "25"), ("25.10", "25.10"), ("\"0.30\"", "0.30"), ("1_000.5", "1000.5")]
    {
        let config = parse(&format!("{LEAST}[billing.guard]\nfloor_money = {written}\n")).expect(written);
        assert_eq!(config.billing.guard.floor_money.to_string(), expected);
    }
    let config = parse(&format!("{LEAST}[billing.guard]\nincrease = \"off\"\nrun_total = \"12.5%\"\n"));
    let guard = config.expect("valid").billing.guard;
    assert_eq!(guard.increase, None);
    assert_eq!(guard.run_total.and_then(|p| p.of(decimal("200"))), Some(decimal("25")));
}

#[test]
fn the_environment_lies_over_the_file() {
    let config = parse_with(
        LEAST,
        &[
            ("PSACTL_CONNECTWISE__COMPANY_ID", "other"),
            ("PSACTL_CONNECTWISE__MAX_CONCURRENCY", "3"),
            ("PSACTL_TICKETS__ENABLED", "false"),
            ("PSACTL_BILLING__GUARD__FLOOR_MONEY", "7.50"),
            ("PSACTL_BILLING__PRODUCTS__BASIC_STORAGE", "Mine"),
            ("PSACTL_SYNC__MIN_INTERVAL", "1h30m"),
            ("PSACTL_CONFIG", "elsewhere"),
            ("PSACTL_LOG", "debug"),
        ],
    )
    .expect("valid");
    assert_eq!(config.connectwise.company_id, "other");
    assert_eq!(config.connectwise.max_concurrency, 3);
    assert!(!config.tickets.enabled);
    assert_eq!(config.billing.guard.floor_money, decimal("7.50"));
    assert_eq!(config.billing.products["basic-storage"][0].identifier, "Mine");
    assert_eq!(config.sync.min_interval.as_mins(), 90);

    for (name, value, expected) in [
        (
            "PSACTL_TICKETS__BORAD",
            "x",
            "PSACTL_TICKETS__BORAD: unknown key \"borad\" in [tickets]: did you mean \"board\" \
             (PSACTL_TICKETS__BOARD)?",
        ),
        (
            "PSACTL_BILLING__GUARD",
            "x",
            "PSACTL_BILLING__GUARD: [billing.guard] is a section: name one of its keys",
        ),
        (
            "PSACTL_TICKETS__ENABLED",
            "yes",
            "PSACTL_TICKETS__ENABLED: [tickets] enabled: expected true or false, found \"yes\"",
        ),
        (
            "PSACTL_TICKETS__SEVERITIES",
            "error",
            "PSACTL_TICKETS__SEVERITIES: [tickets] severities: a list cannot come from the environment",
        ),
        (
            "PSACTL_CONNECTWISE__LOGIN__PRIVATE_KEY",
            "hunter2",
            "PSACTL_CONNECTWISE__LOGIN__PRIVATE_KEY: [connectwise.login] private_key: a secret is not taken from \
             here: write { file = \"…\" }, { command = \"…\" } or { env = \"…\" } in psactl.toml; env may name \
             any other variable",
        ),
    ] {
        assert_eq!(message(parse_with(LEAST, &[(name, value)])), expected);
    }
}

#[test]
fn the_file_is_searched_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, company: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        std::fs::write(&path, LEAST.replace("acme", company)).expect("written");
        path
    };
    let explicit = write("explicit.toml", "explicit");
    let named = write("named.toml", "named");
    let base = folder.path().to_str().expect("UTF-8");
    let home_variable = if cfg!(windows) { "APPDATA" } else { "XDG_CONFIG_HOME" };
    write("psactl/psactl.toml", "home");
    let named = named.to_str().expect("UTF-8");
    let both: Environment = [(home_variable, base), ("PSACTL_CONFIG", named)].into_iter().collect();
    let home: Environment = [(home_variable, base), ("PSACTL_CONFIG", "")].into_iter().collect();
    let company = |config: Result<Config, Error>| config.expect("found").connectwise.company_id;
    assert_eq!(company(Config::load(Some(&explicit), &both)), "explicit");
    assert_eq!(company(Config::load(None, &both)), "named");
    assert_eq!(company(Config::load(None, &home)), "home");

    // A file that was named is not silently replaced by the next one.
    let missing = folder.path().join("missing.toml");
    let error = Config::load(Some(&missing), &both).expect_err("missing");
    assert_eq!(error.to_string(), format!("no configuration: {} does not exist", missing.display()));
    assert_eq!(error.hints()[0], "psactl init asks for what is needed, tests it and writes the file");
}

#[test]
fn files_that_are_no_text() {
    let parse = |bytes: &[u8]| Config::parse_bytes(bytes, Path::new("p"), &Environment::empty());
    assert_eq!(message(parse(b"\xff\xfea\0")), "p: is UTF-16, expected UTF-8");
    assert_eq!(message(parse(b"a = \"\xe9\"")), "p: is not UTF-8 text");
    assert_eq!(message(parse(&vec![b'#'; 300_000])), "p: is larger than 256 kB, no psactl.toml");
    let mut with_mark = b"\xef\xbb\xbf".to_vec();
    with_mark.extend_from_slice(LEAST.as_bytes());
    assert!(parse(&with_mark).is_ok());
}

/// What a file holds is repeated as text that a terminal can show, and not whole.
#[test]
fn a_mistake_is_told_in_few_harmless_words() {
    let told = |text: &str| {
        let product =
            format!("[billing.products]\nbasic-storage = {{ identifier = \"x\", price = \"{text}\" }}\n");
        message(parse(&format!("{LEAST}{product}")))
    };
    let escapes = told("\t\\u001b[31m\\u202e0.00");
    assert!(escapes.contains("\"  [31m0.00\" is not an amount"), "{escapes}");
    let long = told(&"x".repeat(5_000));
    assert!(long.contains("price: \"xxx") && long.chars().count() < 600, "{long}");
}

#[test]
fn deep_nesting_is_an_error_like_any_other() {
    assert!(parse(&format!("a = {}", "[".repeat(5_000))).is_err());
    assert!(parse(&format!("{}x = 1", "a.".repeat(5_000))).is_err());
    assert!(parse(&format!("[{}x]", "a.".repeat(50_000))).is_err());
}

#[test]
fn axcients_api_has_the_documented_defaults() {
    let exports = "accounts = \"accounts.csv\"\nevents = \"events.csv\"\n";
    let section = "source = \"x360recover\"\n[portal.x360recover]\napi_key = { file = \"axcient-key\" }\n";
    let text = LEAST.replacen(exports, section, 1);
    let text = text.replacen("[connectwise]\n", "[connectwise]\nmanaged_id_prefix = \"AX-\"\n", 1);
    let config = parse(&text).expect("valid");
    let psactl::config::PortalSource::X360Recover(settings) = &config.portal.source else {
        panic!("{:?}", config.portal.source)
    };
    assert_eq!(settings.url, "https://axapi.axcient.com/x360recover");
    assert_eq!(settings.poll_every.as_mins(), 30);
    assert_eq!(settings.storage_service, "basic-storage");
    // A slash at the end is nobody's mistake.
    let slash = text.replacen("api_key", "url = \"https://axapi.axcient.com/x360recover/\"\napi_key", 1);
    let config = parse(&slash).expect("valid");
    assert!(format!("{:?}", config.portal.source).contains("\"https://axapi.axcient.com/x360recover\""));
}
