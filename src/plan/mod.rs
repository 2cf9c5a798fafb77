//! A plan: what would be written, what waits for a yes, what cannot be right, and what to know.
//!
//! Planning is pure: observed values in, a [`Plan`] out. `setup`, `companies`, `sync`, `reprocess`, `apply`
//! and `undo` all make plans and hand them to the same [`apply`].

pub mod apply;
mod change;
mod ended;
pub mod guards;
mod lines;
mod remember;
pub mod saved;
mod settle;
mod show;
pub mod stop;
pub mod undo;

pub use change::{
    Action, Change, Field, MoneyEffect, NaturalKey, NextInvoice, Purpose, Request, SecretSlot, Subject,
};

use serde::{Deserialize, Serialize};

pub(crate) use show::{PRORATED, field_line, mark, money_of, sum_lines, sums};

/// A change whose value is known and that needs a yes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Held {
    /// The change.
    pub change: Change,
    /// The record, as an approval names it.
    pub record: String,
    /// Why it is held, in plain words.
    pub reason: String,
    /// The value before, as an approval remembers it.
    pub before: String,
    /// The value after, as an approval remembers it.
    pub after: String,
    /// Rejected by a person: not proposed again until the value moves beyond the guard.
    pub rejected: bool,
    /// Which kind of reason it is, for the rules of this run; who reads it has the words.
    #[serde(skip)]
    pub ground: Ground,
}

/// The kinds of reasons for holding a change that rules ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ground {
    /// It moves beyond a percentage, or to zero: of many customers at once that speaks against the export.
    Beyond,
    /// A person took it back.
    Undone,
    /// Any other.
    #[default]
    Other,
}

/// Something for which no value can be right until its cause is removed. Never a matter of approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// The customer, where it is about one.
    pub cid: Option<String>,
    /// What is blocked.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// What removes the cause.
    pub fix: String,
    /// Since when it is known to stand, where it stood before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<jiff::Timestamp>,
}

/// Something to know that changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The customer, where it is about one.
    pub cid: Option<String>,
    /// The note.
    pub text: String,
    /// Whether a person should act on it.
    pub act: bool,
}

/// What would be done.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Plan {
    /// Writes, in the order they will be made.
    pub changes: Vec<Change>,
    /// Writes that need a yes.
    pub held: Vec<Held>,
    /// Subjects for which nothing is written until a cause is removed.
    pub blocked: Vec<Blocked>,
    /// What to know.
    pub notes: Vec<Note>,
}

impl Plan {
    /// Whether there is nothing to write, approve or mend.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.held.is_empty() && self.blocked.is_empty()
    }

    /// Adds everything of another plan behind this one.
    pub fn extend(&mut self, other: Plan) {
        self.changes.extend(other.changes);
        self.held.extend(other.held);
        self.blocked.extend(other.blocked);
        self.notes.extend(other.notes);
    }

    /// Adds a note.
    pub fn note(&mut self, cid: Option<&str>, text: impl Into<String>) {
        self.notes.push(Note { cid: cid.map(str::to_owned), text: text.into(), act: false });
    }

    /// Adds a note that a person should act on.
    pub fn act(&mut self, cid: Option<&str>, text: impl Into<String>) {
        self.notes.push(Note { cid: cid.map(str::to_owned), text: text.into(), act: true });
    }

    /// Blocks a subject.
    pub fn block(
        &mut self,
        cid: Option<&str>,
        subject: &str,
        reason: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.blocked.push(Blocked {
            cid: cid.map(str::to_owned),
            subject: subject.to_owned(),
            reason: reason.into(),
            fix: fix.into(),
            since: None,
        });
    }
}
