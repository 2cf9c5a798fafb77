//! What servers answer when they refuse, ConnectWise and Axcient: whatever it is, it becomes an error with words of a
//! bounded number, which a terminal can show, and none of which is a secret.

use std::time::Duration;

use proptest::prelude::*;
use psactl::portal::x360recover::{Api, Patience};
use psactl::psa::{Client, Connection, Error, Login, PatchOp, Query, Reply, RetryPolicy, paths};
use serde_json::Value;

use super::server::{Server, answer, looked_up};
use super::{Input, bytes, fuzz, is_harmless, mutated, pieces, property};
use crate::client::{connection, quick};

/// Secrets as people have them: the letters of many, blanks, quotes, what HTML and JSON write in other ways.
const SECRETS: [&str; 5] =
    ["pr1vate-Key!", "pa\"ss\\wo  rd/1", "geh\u{20ac}im-Pa\u{df}wort", "R&D<2026>-key", "two words in it"];

/// Less of a secret than this gives nothing away.
const TOLD: usize = 6;

const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u0000",
    "\\u001b[31m",
    "\\ud800",
    "\"code\"",
    "\"message\"",
    "\"Message\"",
    "\"error\"",
    "\"errors\"",
    "\"field\"",
    "\"resource\"",
    "\"details\"",
    "null",
    "true",
    "1e400",
    "\"InvalidObject\"",
    "123456789012345678901234567890",
    "{\"code\":\"",
    "\",\"message\":\"",
    "\",\"errors\":[{\"message\":\"",
    "\"}]}",
    "<html><head><title>",
    "</title>",
    "<TITLE>",
    "<!DOCTYPE html>",
    "<h1>",
    "\u{1b}[2J",
    "\u{1b}]0;x\u{7}",
    "\u{9b}1A",
    "\r\n",
    "\u{8}",
    "\u{202e}",
    "\u{2066}",
    "\u{feff}",
    "\0",
    "Cannot route. Codebase/company is invalid",
    "SSL is required.",
    "Execution Timeout Expired",
    "{\"detail\":\"",
    "{\"title\":\"",
    "{\"msg\":\"",
];

/// A body of a server that repeats what it was told.
#[derive(Debug, Clone)]
struct Echo {
    form: usize,
    writing: usize,
    padding: usize,
    around: String,
}

fn echo() -> impl Strategy<Value = Echo> {
    // Where texts are cut off, they are cut at a round length.
    let padding = prop_oneof![0..20_usize, 90..110_usize, 180..210_usize, 270..310_usize, 570..610_usize];
    (0..12_usize, 0..6_usize, padding, "[ a-z\\n]{0,6}").prop_map(|(form, writing, padding, around)| Echo {
        form,
        writing,
        padding,
        around,
    })
}

impl Echo {
    fn body(&self, secret: &str) -> Vec<u8> {
        // Within JSON a text can be written in many ways, and in HTML in another.
        let html =
            || secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        let json = |text: &str| Value::from(text).to_string().trim_matches('"').to_owned();
        let quoted =
            |text: &str| json(text).strip_suffix('\\').map_or(json(text), |cut| format!("{cut}\\\""));
        let escaped =
            |text: &str| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
        let padding = "x".repeat(self.padding);
        let around = &self.around;
        if self.form >= 9 {
            let told = if self.writing == 0 { html() } else { secret.to_owned() };
            let text = format!("{padding}{around}{told}{around}");
            return match self.form {
                9 => text,
                10 => format!("<html><head><title>{text}</title></head></html>"),
                _ => format!("<!DOCTYPE html>\n<title>\n{text}\n</title>{text}"),
            }
            .into_bytes();
        }
        let told = match self.writing {
            0 | 1 => quoted(secret),
            2 => escaped(secret),
            3 => quoted(secret).replace('/', "\\/"),
            4 => quoted(secret).replace(' ', "\\n"),
            _ => html(),
        };
        let text = format!("{padding}{}{told}{}", json(around), json(around));
        match self.form {
            0 => format!("{{\"code\":\"{text}\"}}"),
            1 => format!("{{\"code\":\"X\",\"message\":\"{text}\"}}"),
            2 => format!("{{\"errors\":[{{\"message\":\"{text}\",\"field\":\"{text}\"}},\"{text}\"]}}"),
            3 => format!("{{\"errors\":[{{\"code\":\"{text}\",\"resource\":\"{text}\",\"field\":\"a\"}}]}}"),
            4 => format!("\"{text}\""),
            5 => format!("{{\"error\":\"{text}\",\"Message\":\"{text}\"}}"),
            6 => format!("{{\"detail\":\"{text}\"}}"),
            7 => format!("{{\"message\":\"{text}\"}}"),
            _ => format!("{{\"title\":\"{text}\",\"msg\":\"{text}\"}}"),
        }
        .into_bytes()
    }
}

/// Bodies of every kind.
fn body() -> impl Strategy<Value = Input> {
    let envelope = br#"{"code":"InvalidObject","message":"addition object is invalid","errors":[{"code":"MissingRequiredField","message":"The product field is required.","resource":"addition","field":"product"}]}"#;
    let good = Just(envelope.to_vec());
    let deep = (1..3_000_usize, prop::sample::select(vec!["[", "{\"a\":", "{\"message\":", "{\"errors\":["]))
        .prop_map(|(depth, piece)| piece.repeat(depth).into_bytes());
    let long = (
        0..3_000_usize,
        prop::sample::select(vec![
            ("\"", "a", "\""),
            ("\"", "\\u202e", "\""),
            ("", "1", ""),
            ("[", "{},", "{}]"),
        ]),
    )
        .prop_flat_map(|(length, (open, piece, close))| {
            let text = format!("{open}{}{close}", piece.repeat(length));
            prop::sample::select(vec!["code", "message", "error", "field", "errors", "detail", "msg"])
                .prop_map(move |name| format!("{{\"{name}\":{text}}}").into_bytes())
        });
    let many = (0..60_usize, pieces(PIECES, 4)).prop_map(|(count, text)| {
        let error = serde_json::json!({"code": text, "message": text, "field": text, "resource": text});
        serde_json::json!({"code": text, "errors": vec![error; count]}).to_string().into_bytes()
    });
    let made = prop_oneof![
        4 => pieces(PIECES, 20).prop_map(String::into_bytes),
        1 => deep,
        1 => long,
        1 => many,
        1 => Just(Vec::new()),
    ];
    prop_oneof![2 => bytes(300), 2 => mutated(good), 8 => made.prop_map(Input)]
}

/// Words, of a bounded number, for a person in front of a terminal.
fn fit_to_be_shown(said: &str) -> Result<(), TestCaseError> {
    prop_assert!(!said.trim().is_empty());
    prop_assert!(is_harmless(said), "{said:?}");
    prop_assert!(said.chars().count() < 1_000, "{} characters: {}", said.chars().count(), said);
    Ok(())
}

/// No text shows a secret or the beginning of one, however blanks are written.
fn silent(said: &str, secret: &str) -> Result<(), TestCaseError> {
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let start: String = secret.chars().take(TOLD).collect();
    let debug = format!("{start:?}");
    for start in [start.as_str(), debug.trim_matches('"')] {
        prop_assert!(!said.contains(start) && !flat(said).contains(&flat(start)), "{start} in {said}");
    }
    Ok(())
}

/// The status line's words and the headers beside the body.
#[derive(Debug, Clone)]
struct Head {
    status: u16,
    reason: Vec<u8>,
    kind: &'static str,
    id: Vec<u8>,
    location: Vec<u8>,
}

fn head() -> impl Strategy<Value = Head> {
    let status = prop_oneof![
        4 => 400..600_u16,
        2 => prop::sample::select(vec![200, 201, 204, 301, 302, 307, 401, 404, 429, 500, 503, 504]),
        1 => 200..=999_u16,
    ];
    let text = || {
        let text = prop_oneof![
            Just(Vec::new()),
            bytes(40).prop_map(|bytes| bytes.0),
            pieces(PIECES, 6).prop_map(String::into_bytes),
            Just(vec![b'x'; 3_000])
        ];
        text.prop_map(|mut text| {
            text.retain(|byte| !matches!(byte, 0..=8 | 10..=31 | 127));
            text
        })
    };
    let kind = prop::sample::select(vec!["application/json", "text/html", "text/plain; charset=utf-16", "x"]);
    (status, text(), kind, text(), text()).prop_map(|(status, reason, kind, id, location)| Head {
        status,
        reason,
        kind,
        id,
        location,
    })
}

impl Head {
    fn answer(&self, body: &[u8]) -> Vec<u8> {
        let line = [format!("HTTP/1.1 {} ", self.status).as_bytes(), &self.reason].concat();
        let kind = format!("Content-Type: {}", self.kind);
        let id = [b"x-cw-request-id: ", &self.id[..]].concat();
        let location = [b"Location: ", &self.location[..]].concat();
        let lines = [&line[..], kind.as_bytes(), &id, &location];
        // These have no body, and what follows them would be taken for the next answer.
        let body = if matches!(self.status, 204 | 304) { b"" } else { body };
        answer(&lines, body)
    }
}

/// Servers for both sides, and a client of each with each of the secrets.
struct Stage {
    runtime: tokio::runtime::Runtime,
    server: Server,
    clients: Vec<(&'static str, Client)>,
    apis: Vec<(&'static str, Api)>,
}

impl Stage {
    fn new() -> Stage {
        let server = Server::start();
        let policy = RetryPolicy { tries: 1, ..quick() };
        let client = |secret: &'static str| {
            let login = Login::Integrator { username: "efolder".to_owned(), password: secret.into() };
            let connection = Connection { login, ..connection(&server.url()) };
            (secret, Client::with_policy(connection, policy.clone()).expect("a client"))
        };
        let patience = Patience { spacing: Duration::ZERO, waits: Vec::new(), ..Patience::default() };
        let api = |secret: &'static str| {
            (secret, Api::new(&server.url(), secret.into(), patience.clone()).expect("a client"))
        };
        // A key is sent in a header, which has letters of one byte.
        let keys = SECRETS.iter().filter(|secret| secret.is_ascii());
        Stage {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"),
            clients: SECRETS.iter().map(|secret| client(secret)).collect(),
            apis: keys.map(|secret| api(secret)).collect(),
            server,
        }
    }

    fn answers(&self, head: &Head, body: &[u8]) {
        let answer = head.answer(body);
        self.server.answer(move |asked| match asked.line.contains("/login/companyinfo/") {
            true => looked_up(),
            false => answer.clone(),
        });
    }

    /// Asks ConnectWise in one of the ways there are; gives what went wrong, and what it began with.
    fn psa(&self, who: usize, way: usize) -> Option<(Error, &'static str)> {
        let client = &self.clients[who % self.clients.len()].1;
        let operations = [PatchOp::replace("password", SECRETS[0])];
        let record = serde_json::json!({"username": "x", "password": SECRETS[0]});
        let logins = paths::integrator_logins();
        self.runtime.block_on(async {
            match way % 6 {
                0 => client
                    .get::<Value>(&paths::company(1))
                    .await
                    .err()
                    .map(|error| (error, "reading the company")),
                1 => client
                    .list::<psactl::psa::Company>(&paths::companies(), &Query::all())
                    .await
                    .err()
                    .map(|error| (error, "listing companies")),
                2 => client
                    .count(&paths::companies(), &Query::all())
                    .await
                    .err()
                    .map(|error| (error, "counting companies")),
                3 => client
                    .create(&logins, &record)
                    .await
                    .err()
                    .map(|error| (error, "creating an integrator login")),
                4 => client
                    .patch(&paths::integrator_login(7), &operations)
                    .await
                    .err()
                    .map(|error| (error, "changing the integrator login")),
                _ => {
                    client.delete(&paths::company(1)).await.err().map(|error| (error, "deleting the company"))
                }
            }
        })
    }
}

fn worded(error: &Error, action: &str) -> Result<(), TestCaseError> {
    let said = error.to_string();
    prop_assert!(said.starts_with(action) && said.chars().count() > action.len() + 10, "{said}");
    fit_to_be_shown(&said)?;
    prop_assert!(!error.hints().is_empty(), "{said}");
    error.hints().iter().try_for_each(|hint| fit_to_be_shown(hint))
}

#[test]
fn error_bodies() {
    let stage = Stage::new();
    let replies = property("a body is a reply in few words", (400..600_u16, body()), |(status, body)| {
        let reply = Reply::parse(status, &body);
        fit_to_be_shown(&reply.summary())?;
        let errors = reply.errors.iter().flat_map(|error| [&error.code, &error.message, &error.field]);
        for said in errors.chain([&reply.code, &reply.message]).flatten() {
            fit_to_be_shown(said)?;
        }
        prop_assert!(reply.errors.len() <= 20);
        Ok(())
    });

    let psa = property(
        "any answer of ConnectWise's is a record or an error",
        (head(), body(), 0..6_usize),
        |(head, body, way)| {
            stage.answers(&head, &body);
            let failed = stage.psa(0, way);
            prop_assert!(failed.is_some() || matches!(head.status, 200 | 201 | 204));
            failed.map_or(Ok(()), |(error, action)| worded(&error, action))
        },
    );

    let said = (head(), echo(), 0..SECRETS.len(), 0..6_usize);
    let secrets = property("what ConnectWise repeats is no secret", said, |(head, echo, who, way)| {
        let secret = SECRETS[who];
        stage.answers(&head, &echo.body(secret));
        let Some((error, action)) = stage.psa(who, way) else { return Ok(()) };
        worded(&error, action)?;
        silent(&format!("{error} {error:?} {:?}", error.hints()), secret)?;
        // What was sent is none either.
        stage.answers(&head, &echo.body(SECRETS[0]));
        let writes = 3 + way % 2;
        let Some((error, action)) = stage.psa(who, writes) else { return Ok(()) };
        worded(&error, action)?;
        silent(&format!("{error} {error:?} {:?}", error.hints()), SECRETS[0])
    });

    let body = prop_oneof![body().prop_map(Ok), echo().prop_map(Err)];
    let axcient = property(
        "any answer of Axcient's is a list or an error",
        (head(), body, any::<usize>()),
        |(head, body, who)| {
            let (secret, api) = &stage.apis[who % stage.apis.len()];
            let body = body.unwrap_or_else(|echo| Input(echo.body(secret)));
            stage.answers(&head, &body);
            let Err(refusal) = stage.runtime.block_on(api.clients()) else { return Ok(()) };
            let error = api.failure(&refusal);
            let said = error.to_string();
            fit_to_be_shown(&said)?;
            fit_to_be_shown(&refusal.to_string())?;
            prop_assert!(!error.hints().is_empty() && said.contains("GET /client"), "{said}");
            silent(&format!("{said} {refusal} {error:?} {:?}", error.hints()), secret)
        },
    );
    fuzz("error_bodies", vec![replies, psa, secrets, axcient]);
}
