//! Foreign input: what psactl reads meets what no person and no server would write. One file for each kind of it, with
//! what must hold whatever stands in it.
//!
//! Part of `cargo test`, with a few hundred cases of each property. For ten minutes with each target:
//!
//! ```text
//! PSACTL_FUZZ_MINUTES=10 cargo test --locked --test it -- fuzz::
//! ```
//!
//! That is the debug build: it looks for numbers that overflow, which a release does not. What fails is shrunk and shown;
//! write it into a test of its own beside the target.

mod conditions;
mod configuration;
mod csv;
mod error_bodies;
mod exports;
mod json;
mod link_headers;
mod server;

use std::io::Write;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};

/// Something that must hold of whatever a strategy makes up.
struct Property<'a> {
    name: &'a str,
    run: Box<dyn FnMut(&mut TestRunner) -> Result<(), String> + 'a>,
}

fn property<'a, S: Strategy + 'a>(
    name: &'a str,
    cases: S,
    holds: impl Fn(S::Value) -> TestCaseResult + 'a,
) -> Property<'a> {
    let run = move |runner: &mut TestRunner| runner.run(&cases, &holds).map_err(|failed| failed.to_string());
    Property { name, run: Box::new(run) }
}

/// Tries each property of a target: a few hundred cases, or in turn for as many minutes as `PSACTL_FUZZ_MINUTES` says.
fn fuzz(target: &str, mut properties: Vec<Property<'_>>) {
    let minutes = std::env::var("PSACTL_FUZZ_MINUTES").ok();
    let time =
        minutes.map(|minutes| Duration::from_secs(60 * minutes.parse::<u64>().expect("whole minutes")));
    let began = Instant::now();
    let mut cases = 0_u64;
    loop {
        for property in &mut properties {
            let config = Config { failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
            cases += u64::from(config.cases);
            if let Err(failed) = (property.run)(&mut TestRunner::new(config)) {
                panic!("fuzz::{target}, {}: {failed}", property.name);
            }
        }
        if time.is_none_or(|time| began.elapsed() >= time) {
            break;
        }
    }
    if time.is_some() {
        // Not by a macro: those are silent in a test that passes.
        let seconds = began.elapsed().as_secs();
        let _closed = writeln!(std::io::stderr(), "fuzz::{target}: {cases} cases in {seconds} s, no finding");
    }
}

/// Input that is shown as text.
#[derive(Clone)]
struct Input(Vec<u8>);

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

impl std::ops::Deref for Input {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// Any bytes, up to so many.
fn bytes(most: usize) -> impl Strategy<Value = Input> {
    prop::collection::vec(any::<u8>(), 0..=most).prop_map(Input)
}

/// Pieces that mean something to the reader, some bytes that mean nothing between them.
fn pieces(of: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(of).prop_map(str::to_owned),
        1 => "[ -~äß\u{a0}]{0,6}",
        1 => any::<String>().prop_map(|text| text.chars().take(8).collect()),
    ];
    prop::collection::vec(piece, 0..=most).prop_map(|pieces| pieces.concat())
}

/// Good input with a few bytes replaced, put in, doubled or gone.
fn mutated(good: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Input> {
    let edit = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u8..6, any::<u8>());
    (good, prop::collection::vec(edit, 1..6)).prop_map(|(mut bytes, edits)| {
        for (at, to, what, byte) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            let to = to.index(bytes.len()).min(at + 200).max(at);
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                3 => drop(bytes.drain(at..to)),
                4 => {
                    let again = bytes[at..to].to_vec();
                    bytes.splice(at..at, again);
                }
                // Seldom, since it takes most of the input away.
                _ if byte < 64 => bytes.truncate(at),
                _ => bytes[at] = b"\"'\n\r\t,;={}[]<>\\"[usize::from(byte) % 15],
            }
        }
        Input(bytes)
    })
}

/// Whether a terminal shows a text and does nothing else: no control characters, none that turn the writing direction.
fn is_harmless(text: &str) -> bool {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !text.chars().any(|c| c.is_control() || turns(c))
}
