//! What a look at a step gives.

use serde::Serialize;

use super::{Offer, Step};
use crate::plan::{Change, Note};
use crate::store::Choice;

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Standing {
    /// Right as it is.
    Done,
    /// Changes would make it right.
    Todo,
    /// A step it needs is not right yet.
    Blocked {
        /// That step.
        by: Step,
    },
    /// Does not apply: tickets or billing are off.
    Unneeded {
        /// Why.
        because: String,
    },
    /// A person has to decide or do something.
    Person {
        /// What, and how.
        what: String,
    },
}

/// What a step found and would change.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// The step.
    pub step: Step,
    /// How it stands.
    #[serde(flatten)]
    pub standing: Standing,
    /// What was found: records by name and id.
    pub found: Vec<String>,
    /// What would make it right.
    pub changes: Vec<Change>,
    /// What deviates without being wrong.
    pub notes: Vec<Note>,
    /// What a person is asked before anything else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Offer>,
    /// Records to remember by id.
    #[serde(skip)]
    pub choices: Vec<Choice>,
}

impl Finding {
    /// A step of which nothing is known yet.
    pub fn new(step: Step) -> Self {
        Finding {
            step,
            standing: Standing::Done,
            found: Vec::new(),
            changes: Vec::new(),
            notes: Vec::new(),
            offers: Vec::new(),
            choices: Vec::new(),
        }
    }

    pub(super) fn unneeded(step: Step, because: &str) -> Self {
        let mut finding = Finding::new(step);
        finding.standing = Standing::Unneeded { because: because.to_owned() };
        finding
    }

    pub(super) fn note(&mut self, cid: Option<&str>, text: impl Into<String>) {
        self.notes.push(Note { cid: cid.map(str::to_owned), text: text.into(), act: false });
    }

    /// A person has to act; the first such reason is the step's.
    pub fn person(&mut self, what: impl Into<String>) {
        let what = what.into();
        if matches!(self.standing, Standing::Person { .. }) {
            self.notes.push(Note { cid: None, text: what, act: true });
        } else {
            self.standing = Standing::Person { what };
        }
    }

    pub(super) fn choose(&mut self, key: &str, id: i64, name: &str, made_here: bool) {
        self.choices.push(Choice { key: key.to_owned(), id, name: name.to_owned(), made_here });
    }

    /// Whether nothing is left to do.
    pub fn is_right(&self) -> bool {
        matches!(self.standing, Standing::Done | Standing::Unneeded { .. })
    }

    /// The step as it stands once all was looked at. Of many records ten are named.
    pub(super) fn settled(mut self) -> Self {
        if self.found.len() > 12 {
            let more = self.found.len() - 10;
            self.found.truncate(10);
            self.found.push(format!("and {more} more"));
        }
        if self.standing == Standing::Done && !self.changes.is_empty() {
            self.standing = Standing::Todo;
        }
        self
    }
}
