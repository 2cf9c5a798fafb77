//! psactl.toml and the environment over it.

use std::path::Path;

use proptest::prelude::*;
use psactl::config::edit::Document;
use psactl::config::{Config, Environment, Error, Place, PortalSource};

use super::{bytes, fuzz, is_harmless, mutated, pieces, property};
use crate::configuration::LEAST;

const EXAMPLE: &str = include_str!("../../examples/psactl.toml");
const FILE: &str = "conf/psactl.toml";

const PIECES: &[&str] = &[
    "\n",
    " = ",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    ",",
    ".",
    "#",
    "\r\n",
    "\\u0000",
    "\\",
    "true",
    "0",
    "-1",
    "1e400",
    "0x7f",
    "99999999999999999999",
    "nan",
    "1979-05-27",
    "\"50%\"",
    "\"-1%\"",
    "\"36h\"",
    "\"1y\"",
    "\"https://psa.example\"",
    "\"\"",
    "[connectwise]\n",
    "[connectwise.login]\n",
    "[portal]\n",
    "[portal.columns]\n",
    "[portal.x360recover]\n",
    "[tickets]\n",
    "[billing]\n",
    "[billing.guard]\n",
    "[billing.products]\n",
    "[[services]]\n",
    "[sync]\n",
    "[state]\n",
    "site",
    "company_id",
    "client_id",
    "private_key",
    "password",
    "headers",
    "accounts",
    "source",
    "severities",
    "max_age",
    "time_zone",
    "increase",
    "basic-storage",
    "floor_money",
    "keep_events",
    "ping_url",
    "{ file = \"x\" }",
    "{ env = \"X\" }",
    "{ command = \"x\" }",
    "managed_id_prefix",
];

/// A secret that somebody wrote where none may stand.
const SECRET: &str = "hunter2-Zq9";

fn parse(bytes: &[u8], variables: &[(String, String)]) -> Result<Config, Error> {
    let environment: Environment = variables.iter().cloned().collect();
    Config::parse_bytes(bytes, Path::new(FILE), &environment)
}

/// What must hold of a configuration, or of the error in its place.
fn sound(bytes: &[u8], variables: &[(String, String)]) -> Result<(), TestCaseError> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        // As `psactl init` reads what is there already.
        let document = Document::parse(text);
        prop_assert!(document.is_ok() || parse(bytes, variables).is_err());
    }
    match parse(bytes, variables) {
        Ok(config) => usable(&config),
        Err(error) => told(&error, bytes, variables),
    }
}

/// What the rest of psactl relies upon.
fn usable(config: &Config) -> Result<(), TestCaseError> {
    let psa = &config.connectwise;
    let loopback = ["http://127.", "http://localhost", "http://[::1]"];
    let encrypted =
        psa.site.starts_with("https://") || loopback.iter().any(|host| psa.site.starts_with(host));
    prop_assert!(encrypted && !psa.site.ends_with('/'), "{}", psa.site);
    prop_assert!(
        !psa.company_id.is_empty() && psa.max_concurrency > 0 && psa.max_requests_per_minute != Some(0)
    );
    prop_assert!((1..=30).contains(&psa.management_solution.chars().count()), "{}", psa.management_solution);
    prop_assert!(psa.longest_cid() > 0);
    let sync = &config.sync;
    for time in [config.portal.max_age, sync.min_interval, sync.verify_every, config.tickets.max_event_age] {
        prop_assert!(!time.is_negative(), "{time:?}");
    }
    let guard = &config.billing.guard;
    for percent in [guard.increase, guard.decrease, guard.run_total].into_iter().flatten() {
        prop_assert!(!percent.0.is_sign_negative(), "{percent:?}");
    }
    prop_assert!(!guard.floor_money.is_sign_negative());
    if let PortalSource::X360Recover(api) = &config.portal.source {
        prop_assert!(api.url.starts_with("https://") || api.url.starts_with("http://"));
    }
    Ok(())
}

/// Every mistake has its words and a place that is there.
fn told(error: &Error, bytes: &[u8], variables: &[(String, String)]) -> Result<(), TestCaseError> {
    let said = error.to_string();
    prop_assert!(said.contains(FILE) || variables.iter().any(|(name, _)| said.contains(name)), "{said}");
    prop_assert!(!error.hints().is_empty());
    let Error::Invalid { problems, .. } = error else {
        prop_assert!(matches!(error, Error::NotText { .. }), "{error:?}");
        return Ok(());
    };
    prop_assert!(!problems.is_empty());
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).expect("text");
    let lines: Vec<&str> = text.split('\n').collect();
    for problem in problems {
        let message = &problem.message;
        prop_assert!(!message.is_empty() && message.chars().count() < 1_000, "{message}");
        prop_assert!(is_harmless(message), "{message:?}");
        match &problem.at {
            Place::Whole => prop_assert!(message.contains('['), "{message}"),
            Place::File { line, column } => {
                prop_assert!((1..=lines.len()).contains(line), "{problem} in {} lines", lines.len());
                let width = lines[line - 1].chars().count();
                prop_assert!((1..=width + 1).contains(column), "{problem} in a line of {width}");
            }
            Place::Variable(name) => prop_assert!(variables.iter().any(|(known, _)| known == name), "{name}"),
        }
    }
    Ok(())
}

/// Neither a configuration, nor what is told of it, nor an error shows the secret, nor a good part of it.
fn silent(file: &Path, text: &str, variables: &[(String, String)]) -> Result<(), TestCaseError> {
    let environment: Environment = variables.iter().cloned().collect();
    std::fs::write(file, text).expect("written");
    let loaded = match Config::load(Some(file), &environment) {
        Ok(config) => format!("{config:?}"),
        Err(error) => format!("{error} {error:?} {:?}", error.hints()),
    };
    let facts = match Config::facts(file, &environment) {
        Ok(facts) => facts.iter().map(|fact| format!("{} = {}\n", fact.key, fact.value)).collect(),
        Err(error) => error.to_string(),
    };
    prop_assert!(!loaded.contains(&SECRET[..7]), "{loaded}");
    prop_assert!(!facts.contains(&SECRET[..7]), "{facts}");
    Ok(())
}

/// Places where people write a secret, wrongly or not: as it is read, it is told that it must not stand there, or kept.
fn with_secret() -> impl Strategy<Value = (usize, String)> {
    let login = "private_key = { file = \"private-key\" }";
    let integrator = "password = { env = \"PSA_PASSWORD\" }";
    let portal = "accounts = \"accounts.csv\"";
    let value = prop::sample::select(vec![
        "\"S\"",
        "'S'",
        "\"\"\"S\"\"\"",
        "S",
        "\"S",
        "'S\n",
        "[\"S\"]",
        "{ command = \"echo S\" }",
        "{ command = 'echo S', env = 'x' }",
        "{ command = \"echo S }",
        "\"S\" \"",
        "\"S\\x\"",
        "\"S\u{7}\"",
        "\"S\" # S",
        "{ value = \"S\" }",
        "{ file = [\"S\"] }",
        "S # \"",
        "= \"S\"",
        "\"https://me:S@portal.example/a.csv\"",
        "\"https://portal.example/a.csv?key=S\"",
        "\"portal.example/S?\"",
    ]);
    let place = prop::sample::select(vec![
        (login, "private_key = "),
        (login, "privat_key = "),
        (login, "private_key "),
        (login, "username = \"u\"\npassword = "),
        (login, "private_key = { file = \"private-key\" }\nprivate_key = "),
        (integrator, "password = "),
        (integrator, "pasword = "),
        (portal, "accounts = \"https://portal.example/a.csv\"\nheaders.Authorization = "),
        (portal, "accounts = \"https://portal.example/a.csv\"\n[portal.headers]\n\"X-Key\" = "),
        (portal, "accounts = \"a.csv\"\nheaders = "),
        (portal, "accounts = \"a.csv\"\n[monitoring]\nping_url = "),
        (portal, "source = \"x360recover\"\n[portal.x360recover]\napi_key = "),
    ]);
    (place, value).prop_map(|((old, new), value)| {
        let line = format!("{new}{}", value.replace('S', SECRET));
        let at = LEAST.find(old).expect("the line") + new.len();
        (at, LEAST.replacen(old, &line, 1))
    })
}

/// Variables that override what there is, and what there is not.
fn variables() -> impl Strategy<Value = Vec<(String, String)>> {
    let word = prop_oneof![
        4 => prop::sample::select(vec![
            "CONNECTWISE", "LOGIN", "PRIVATE_KEY", "SITE", "COMPANY_ID", "MAX_CONCURRENCY", "PORTAL", "COLUMNS", "CID", "MAX_AGE",
            "TICKETS", "SEVERITIES", "BILLING", "GUARD", "INCREASE", "FLOOR_QUANTITY", "PRODUCTS", "BASIC_STORAGE", "SERVICES",
            "SYNC", "MIN_INTERVAL", "HEADERS", "X360RECOVER", "API_KEY", "MONITORING", "PING_URL",
        ]).prop_map(str::to_owned),
        1 => "[A-Za-z_]{0,12}",
        1 => any::<String>().prop_map(|text| text.chars().filter(|c| *c != '=' && *c != '\0').take(6).collect()),
    ];
    let name = prop::collection::vec(word, 1..5).prop_map(|words| format!("PSACTL_{}", words.join("__")));
    let value = prop_oneof![
        2 => prop::sample::select(vec!["", "0", "-1", "8", "true", "50%", "36h", "off", "hold", "https://x.example", "a.csv"])
            .prop_map(str::to_owned),
        1 => any::<String>(),
        1 => pieces(PIECES, 4),
    ];
    prop::collection::vec((name, value), 0..4)
}

#[test]
fn configuration() {
    let any_bytes = property("no bytes are too strange", bytes(400), |bytes| sound(&bytes, &[]));
    let soup = property("no text is too strange", (pieces(PIECES, 60), any::<bool>()), |(text, after)| {
        let text = if after { format!("{LEAST}{text}") } else { text };
        sound(text.as_bytes(), &[])
    });

    let good = prop::sample::select(vec![LEAST, EXAMPLE]).prop_map(|text| text.as_bytes().to_vec());
    let spoiled = property("good files that were spoiled", mutated(good), |bytes| sound(&bytes, &[]));

    let text = prop::sample::select(vec![LEAST, EXAMPLE]);
    let put_in = (text, any::<prop::sample::Index>(), 0_usize..60, pieces(PIECES, 6));
    let edited = property("good files with something else in them", put_in, |(text, at, length, piece)| {
        let near =
            |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let at = near(at.index(text.len()));
        let edited = format!("{}{piece}{}", &text[..at], &text[near(at + length).max(at)..]);
        sound(edited.as_bytes(), &[])?;
        // Said once more with a byte order mark, it is the same.
        let said = |bytes: &[u8]| match parse(bytes, &[]) {
            Ok(config) => format!("{config:?}"),
            Err(error) => error.to_string(),
        };
        if !edited.starts_with('\u{feff}') {
            prop_assert_eq!(said(format!("\u{feff}{edited}").as_bytes()), said(edited.as_bytes()));
        }
        Ok(())
    });

    let line = prop::sample::select(LEAST.lines().filter(|line| line.contains(" = ")).collect::<Vec<_>>());
    let value = prop_oneof![Just("x".to_owned()), Just("\u{e9}".to_owned()), any::<String>()];
    let cases = (line, value, prop_oneof![Just(1_usize), 2..3_000_usize]);
    let values = property("no value is too strange", cases, |(line, value, times)| {
        let (key, _) = line.split_once(" = ").expect("a key");
        let value =
            serde_json::Value::from(value.chars().take(9).collect::<String>().repeat(times)).to_string();
        sound(
            LEAST.replacen(line, &format!("{key} = {}", value.replace('\u{7f}', "\\u007f")), 1).as_bytes(),
            &[],
        )
    });

    let cases = (prop::sample::select(vec![LEAST, EXAMPLE, ""]), variables());
    let environment =
        property("no variable is too strange", cases, |(text, variables)| sound(text.as_bytes(), &variables));

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("psactl.toml");
    let cases = (with_secret(), any::<prop::sample::Index>(), 0_usize..4, pieces(PIECES, 2), any::<bool>());
    let secrets = property("a secret is never shown", cases, |((place, text), at, length, piece, spoil)| {
        if !spoil {
            return silent(&file, &text, &[]);
        }
        // Something is wrong from there on. Before it, another key could take the line in as its own text.
        let near =
            |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let at = near(place + at.index(60));
        let spoiled = format!("{}{piece}{}", &text[..at], &text[near(at + length).max(at)..]);
        silent(&file, &spoiled, &[])
    });

    let names = prop::sample::select(vec![
        "PSACTL_CONNECTWISE__LOGIN__PRIVATE_KEY",
        "PSACTL_CONNECTWISE__LOGIN__PASSWORD",
        "PSACTL_INTEGRATOR_LOGIN__PASSWORD",
        "PSACTL_CONNECTWISE__LOGIN__PRIVATE_KEY__FILE",
        "PSACTL_PORTAL__HEADERS__AUTHORIZATION",
        "PSACTL_PORTAL__HEADERS",
        "PSACTL_PORTAL__X360RECOVER__API_KEY",
        "PSACTL_CONNECTWISE__LOGIN",
        "PSACTL_CONNECTWISE__PASSWORD",
        "PSACTL_CONNECTWISE__LOGIN__PRIVAT_KEY",
        "PSA_PASSWORD",
    ]);
    let cases = (names, "[ -~]{0,3}", "[ -~]{0,3}", prop::sample::select(vec![LEAST, EXAMPLE]));
    let secret_variables =
        property("a secret in a variable is never shown", cases, |(name, before, after, text)| {
            silent(&file, text, &[(name.to_owned(), format!("{before}{SECRET}{after}"))])
        });
    fuzz(
        "configuration",
        vec![any_bytes, soup, spoiled, edited, values, environment, secrets, secret_variables],
    );
}
