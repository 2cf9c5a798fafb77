//! Where the public record knows two behaviours of ConnectWise, psactl does its job on either: the whole story
//! in front of a sandbox that behaves the other way ends in the same PSA.

use psactl::sandbox::{Options, Release};
use serde_json::{Map, Value, json};

use crate::story::{self, CHAPTERS};

/// One of the other behaviours, and what may differ because of it: fields by name.
struct Other {
    name: &'static str,
    options: fn(Options) -> Options,
    differ: &'static [&'static str],
}

const OTHERS: &[Other] = &[
    Other {
        name: "quantities to bill end at zero",
        options: |options| Options { negative_quantity_to_bill: false, ..options },
        differ: &["billedQuantity", "extPrice", "extCost", "margin"],
    },
    Other {
        name: "text is flattened",
        options: |options| Options { flatten_newlines: true, ..options },
        differ: &[],
    },
    Other {
        name: "a global login is demanded",
        options: |options| Options { global_login_required: true, ..options },
        differ: &["globalLoginUsername"],
    },
    Other {
        name: "PATCH takes no more than is promised",
        options: |options| Options { strict_patch: true, ..options },
        differ: &[],
    },
    Other {
        name: "empty fields are null",
        options: |options| Options { nulls: true, ..options },
        differ: &[],
    },
    Other {
        name: "a release of 2019",
        options: |options| Options { release: Release::Year2019, ..options },
        differ: &[],
    },
    Other {
        name: "* is a wildcard after =",
        options: |options| Options { wildcard_equals: true, ..options },
        differ: &[],
    },
    Other {
        name: "quotes end a string",
        options: |options| Options { plain_quotes: true, ..options },
        differ: &[],
    },
    Other {
        name: "empty text is null",
        options: |options| Options { blank_as_null: true, ..options },
        differ: &["vendorLevel"],
    },
];

/// Statistics, which stand beside the set-up fields of a Managed ID entry.
const STATISTICS: &[&str] =
    &["successfulBackupJobs", "failedBackupJobs", "totalServers", "totalWorkstations"];

/// A PSA read back without what may differ, without nulls, and with runs of white space as one blank.
fn comparable(value: &Value, differ: &[&str]) -> Value {
    match value {
        Value::Object(fields) => {
            let kept: Map<String, Value> = fields
                .iter()
                .filter(|(name, value)| !differ.contains(&name.as_str()) && !value.is_null())
                .map(|(name, value)| (name.clone(), comparable(value, differ)))
                .collect();
            Value::Object(kept)
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| comparable(item, differ)).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::String(text) => json!(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        other => other.clone(),
    }
}

/// Plays the whole story and reads the PSA back; every sync afterwards is idle.
fn played(options: Options) -> Value {
    let demands = options.global_login_required;
    let desk = story::before_with(options, 0);
    if demands {
        // Asked once without it, as the guide has it.
        desk.expects_refusals();
    }
    for chapter in CHAPTERS {
        story::play(&desk, chapter);
    }
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.requests().len(), 0);
    desk.psactl(&["sync", "--verify"]).ends_with(0);
    assert_eq!(desk.writes(), [""; 0]);
    desk.psactl(&["setup", "--check"]).ends_with(0);
    story::read_back(&desk)
}

#[test]
fn each_of_two_known_behaviours_ends_in_the_same_psa() {
    let usual = &story::undisturbed(CHAPTERS.len() - 1).0;
    for other in OTHERS {
        let found = played((other.options)(Options::default()));
        story::assert_same(&comparable(usual, other.differ), &comparable(&found, other.differ), other.name);
    }
}

#[test]
fn all_other_behaviours_at_once() {
    let options = OTHERS.iter().fold(Options::default(), |options, other| (other.options)(options));
    let differ: Vec<&str> = OTHERS.iter().flat_map(|other| other.differ).copied().collect();
    let found = played(options);
    let usual = &story::undisturbed(CHAPTERS.len() - 1).0;
    story::assert_same(&comparable(usual, &differ), &comparable(&found, &differ), "all at once");
}

#[test]
fn a_server_that_keeps_no_statistics_is_told_once_and_all_else_is_done() {
    let desk = story::before_with(Options { keep_statistics: false, ..Options::default() }, 2);
    let first = desk.psactl(&["sync", "--open-standing"]).ends_with(6);
    let first = first.says("kept something else: successfulBackupJobs: sent");
    let first = first.says("psactl sync --force tries at once");
    assert_eq!(first.stdout.matches("kept something else").count(), 6, "each entry once");
    desk.forget_requests();
    for chapter in &CHAPTERS[3..] {
        (chapter.world)(&desk);
        for (arguments, _) in chapter.commands {
            desk.psactl(arguments);
        }
    }
    let sent = desk.writes().iter().filter(|write| write.contains("managementSummaryReports")).count();
    // Angry Fox has its first failed job: a zero that was not kept had said nothing yet.
    assert_eq!(sent, 1, "not sent again");
    let usual = &story::undisturbed(CHAPTERS.len() - 1).0;
    let found = story::read_back(&desk);
    story::assert_same(&comparable(usual, STATISTICS), &comparable(&found, STATISTICS), "no statistics");

    desk.psactl(&["doctor", "--only", "sync"]).says("takes statistics of 6 management report entries");
    desk.forget_requests();
    desk.psactl(&["sync", "--force"]).ends_with(6).says("kept something else");
    assert!(desk.writes().iter().any(|write| write.contains("managementSummaryReports")), "tried again");
}
