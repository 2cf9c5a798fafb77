//! A plan that was saved to be looked over and applied later, exactly as it is (design section 7).
//!
//! It is never applied from the file: psactl plans anew, and writes only where that gives the very same changes.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Change, Plan, Purpose, Request, field_line};
use crate::config::hex;
use crate::error::{Exit, Failure, Result};
use crate::psa::Client;
use crate::ui::text;

/// The format of the file.
const SCHEMA: &str = "psactl/plan/1";

/// How a sync was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Only these customers.
    pub cids: Vec<String>,
    /// Only this part.
    pub only: Option<String>,
    /// Passing over intervals.
    pub force: bool,
    /// Reading back even what did not change.
    pub verify: bool,
    /// Opening tickets for the faults of the first run.
    pub open_standing: bool,
}

/// What a plan was made from: another of these is another plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeFrom {
    /// The site of ConnectWise.
    pub site: String,
    /// The company that psactl signs in to.
    pub company_id: String,
    /// The portal's source.
    pub source: String,
    /// The installation.
    pub installation: String,
}

/// A saved plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SavedPlan {
    /// Name and version of the format.
    pub schema: String,
    /// The psactl that made it.
    pub psactl: String,
    /// When.
    pub made_at: Timestamp,
    /// What from.
    pub made_from: MadeFrom,
    /// How it was asked for.
    pub options: Asked,
    /// The plan.
    pub plan: Plan,
    /// A hash of all the rest.
    #[serde(default)]
    pub seal: String,
}

impl SavedPlan {
    /// A plan as it is saved.
    ///
    /// # Errors
    /// Where it cannot be written as JSON.
    pub fn new(plan: Plan, made_from: MadeFrom, options: Asked, now: Timestamp) -> Result<SavedPlan> {
        let mut saved = SavedPlan {
            schema: SCHEMA.to_owned(),
            psactl: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: now,
            made_from,
            options,
            plan,
            seal: String::new(),
        };
        saved.seal = seal(&serde_json::to_value(&saved).map_err(anyhow::Error::from)?);
        Ok(saved)
    }

    /// Writes the file, readable by its owner alone. Nothing but an earlier saved plan is written over.
    ///
    /// # Errors
    /// Where another file is in its place, or the folder cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        if path.exists() && SavedPlan::read(path).is_err() {
            return Err(Failure::new(
                Exit::Usage,
                format!("{} is there and is no saved plan: it is not written over", path.display()),
            )
            .hint("name a file that is not there yet"));
        }
        let content = text::escaped(&serde_json::to_string_pretty(self).map_err(anyhow::Error::from)?) + "\n";
        crate::disk::write_whole(path, content.as_bytes(), 0o600).map_err(|error| {
            Failure::new(Exit::Unexpected, format!("cannot write {}: {error}", path.display()))
        })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Where it is no saved plan, one of a newer psactl, or not as it was saved.
    pub fn read(path: &Path) -> Result<SavedPlan> {
        let wrong = |what: String| Failure::new(Exit::Usage, format!("{}: {what}", path.display()));
        let content =
            std::fs::read_to_string(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let again = "psactl sync --save-plan FILE makes one";
        let value: Value =
            serde_json::from_str(&content).map_err(|_| wrong("is no saved plan".to_owned()).hint(again))?;
        let schema = value.get("schema").and_then(Value::as_str).unwrap_or_default();
        if schema != SCHEMA {
            return Err(match schema.strip_prefix("psactl/plan/") {
                Some(version) => wrong(format!(
                    "was saved by another psactl, in format {}; this one reads {SCHEMA}",
                    text::shorten(&text::clean(version), 20)
                ))
                .hint("apply it with the psactl that saved it, or save it anew"),
                None => wrong("is no saved plan".to_owned()).hint(again),
            });
        }
        let changed = || wrong("is not as psactl saved it".to_owned()).hint("save the plan anew");
        let sealed = value.get("seal").and_then(Value::as_str).unwrap_or_default().to_owned();
        if sealed != seal(&value) {
            return Err(changed());
        }
        serde_json::from_value(value).map_err(|_| changed())
    }

    /// Sees that the plan was made for this ConnectWise, by this installation.
    ///
    /// # Errors
    /// Where it was not: what is another.
    pub fn belongs_to(&self, here: &MadeFrom) -> Result<()> {
        let there = &self.made_from;
        let pairs = [
            ("ConnectWise site", &there.site, &here.site),
            ("company ID", &there.company_id, &here.company_id),
            ("portal source", &there.source, &here.source),
            ("installation of psactl", &there.installation, &here.installation),
        ];
        match pairs.into_iter().find(|(_, there, here)| there != here) {
            None => Ok(()),
            Some((what, there, here)) => Err(Failure::new(
                Exit::Configuration,
                format!("the plan was saved for another {what}: {}, here it is {here}", text::clean(there)),
            )
            .hint("apply it where it was saved, with the same --config and --state")),
        }
    }
}

/// A hash of a saved plan without its seal.
fn seal(value: &Value) -> String {
    let mut plain = value.clone();
    if let Value::Object(map) = &mut plain {
        map.remove("seal");
    }
    hex(&Sha256::digest(plain.to_string())[..16])
}

/// A saved plan that no longer holds, and what moved.
#[derive(Debug, Clone, thiserror::Error, Serialize)]
#[error("the saved plan no longer holds: nothing was written")]
pub struct Moved {
    /// What moved, one line for each record.
    pub moved: Vec<String>,
}

/// So many records are read again to say what they hold now.
const READ_AGAIN: usize = 20;

/// Sees that what was planned now is what was saved.
///
/// # Errors
/// [`Moved`] where it is not.
pub async fn compare<'a>(
    client: &Client,
    saved: &[Change],
    planned: impl IntoIterator<Item = &'a Change>,
) -> Result<()> {
    let mut moved = Vec::new();
    let mut read = 0;
    for difference in differences(saved, planned) {
        moved.push(match difference {
            Difference::Other(line) => line,
            Difference::Gone(change) => {
                let mut now = None;
                if let Request::Patch { path } = &change.request
                    && read < READ_AGAIN
                {
                    read += 1;
                    now = client.find::<Value>(path).await?;
                }
                gone(change, now.as_ref())
            }
        });
    }
    if moved.is_empty() {
        return Ok(());
    }
    Err(Failure { exit: Exit::Partial, error: Moved { moved }.into(), hints: Vec::new() }
        .hint("look over what would be written now: psactl sync --save-plan FILE makes a new plan"))
}

enum Difference<'a> {
    /// Saved, and not planned any more.
    Gone(&'a Change),
    Other(String),
}

/// What a change is about, so that it is found again: two changes of one record differ by their fields.
fn about(change: &Change) -> String {
    let fields: Vec<&str> = change.fields.iter().map(|field| field.name.as_ref()).collect();
    match change.subject.id {
        Some(_) => format!("{:?} {}", change.action, change.subject),
        None => format!("{:?} {} {}", change.action, change.subject, fields.join(",")),
    }
}

fn differences<'a, 'b>(
    saved: &'a [Change],
    planned: impl IntoIterator<Item = &'b Change>,
) -> Vec<Difference<'a>> {
    // As they are written: how a number is held in memory does not matter.
    let written = |change: &Change| serde_json::to_value(change).unwrap_or_default();
    let mut open: BTreeMap<String, Vec<&Change>> = BTreeMap::new();
    for change in planned {
        open.entry(about(change)).or_default().push(change);
    }
    let mut found = Vec::new();
    for change in saved {
        let same = open.get_mut(&about(change)).filter(|own| !own.is_empty());
        match same.map(|own| own.remove(0)) {
            None => found.push(Difference::Gone(change)),
            Some(now) if written(now) == written(change) => {}
            Some(now) => {
                let moved = what_differs(change, now);
                found.push(Difference::Other(format!("{}: {moved}", change.subject)));
            }
        }
    }
    let new = open.into_values().flatten();
    found.extend(new.map(|change| Difference::Other(format!("{}: new: {}", change.subject, lines(change)))));
    found
}

/// Where two changes of one record differ, before and after; what is the same is left out.
fn what_differs(saved: &Change, now: &Change) -> String {
    let field = |change: &Change, name: &str| {
        change
            .fields
            .iter()
            .find(|field| field.name == name)
            .map(|field| (field.before.clone(), field.after.clone()))
    };
    let shown = |change: &Change, name: &str| {
        let found = change.fields.iter().find(|field| field.name == name);
        found.map_or_else(|| format!("{name}: as it is"), field_line)
    };
    let mut names: Vec<&str> = Vec::new();
    for own in saved.fields.iter().chain(&now.fields) {
        if field(saved, &own.name) != field(now, &own.name) && !names.contains(&own.name.as_ref()) {
            names.push(&own.name);
        }
    }
    let pair = |saved: String, now: String| format!("saved {saved}, now {now}");
    let mut parts: Vec<String> =
        names.iter().map(|name| pair(shown(saved, name), shown(now, name))).collect();
    if saved.money != now.money {
        let money = |change: &Change| format!("next invoice {}", super::money_of(change));
        parts.push(pair(money(saved), money(now)));
    }
    if let (Purpose::Quantity { next_invoice: then, .. }, Purpose::Quantity { next_invoice: now, .. }) =
        (&saved.purpose, &now.purpose)
        && then != now
    {
        parts.push(format!("the next invoice date moved: saved {then}, now {now}"));
    }
    if parts.is_empty() { "is written for another reason now".to_owned() } else { parts.join("; ") }
}

/// The fields of a change with its money effect, in a line.
fn lines(change: &Change) -> String {
    let mut parts: Vec<String> = match change.action {
        super::Action::Update => change.fields.iter().map(field_line).collect(),
        _ => vec![format!("{:?}", change.action).to_lowercase()],
    };
    if change.money.is_some() {
        parts.push(format!("next invoice {}", super::money_of(change)));
    }
    parts.join(", ")
}

/// A saved change that is not planned any more, with what its record holds now.
fn gone(change: &Change, now: Option<&Value>) -> String {
    let holds: Vec<String> = now
        .iter()
        .flat_map(|record| change.fields.iter().map(move |field| (field, record.get(field.name.as_ref()))))
        .map(|(field, value)| {
            let value = value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            format!("{} is {}", field.name, text::shorten(&text::clean(&value), 60))
        })
        .collect();
    let holds = if holds.is_empty() { String::new() } else { format!("; {} now", holds.join(", ")) };
    format!("{}: saved {}, would not be written now{holds}", change.subject, lines(change))
}

#[cfg(test)]
#[path = "saved_tests.rs"]
mod tests;
