//! How each change of a plan ended.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Change;
use crate::error::Exit;

/// Why a change was not tried after Ctrl-C.
pub const INTERRUPTED: &str = "interrupted";

/// Why nothing more was tried after a refused login.
pub(super) const LOGIN_REFUSED: &str = "the login was refused";

/// How one change ended.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Ended {
    /// ConnectWise has it, as sent.
    Done {
        /// The record's id.
        record: Option<i64>,
    },
    /// ConnectWise answered with success and kept something else.
    NotKept {
        /// The fields that differ, in words.
        differences: Vec<String>,
    },
    /// ConnectWise refused it or never got it.
    Failed {
        /// What was tried and what the server said.
        error: String,
        /// What to do next.
        hints: Vec<String>,
        /// The exit code of its cause.
        #[serde(skip)]
        exit: Exit,
        /// The login itself was refused: nothing more is to be tried with it.
        #[serde(skip)]
        login_refused: bool,
        /// The fields that ConnectWise refused.
        #[serde(skip)]
        refused_fields: Vec<String>,
    },
    /// Nobody can say whether it arrived; the next run looks it up first.
    Unknown {
        /// What was tried and what happened.
        error: String,
    },
    /// Not tried, because of an earlier failure or an interruption.
    Skipped {
        /// Why.
        reason: String,
    },
}

impl Ended {
    /// Whether ConnectWise has the change as it was sent.
    pub fn is_done(&self) -> bool {
        matches!(self, Ended::Done { .. })
    }

    /// Whether the login was refused.
    pub fn is_refused_login(&self) -> bool {
        matches!(self, Ended::Failed { login_refused: true, .. })
    }

    /// What went wrong, in a line.
    pub fn trouble(&self) -> Option<String> {
        match self {
            Ended::Done { .. } => None,
            Ended::NotKept { differences } => Some(format!(
                "ConnectWise answered with success and kept something else: {}",
                differences.join("; ")
            )),
            Ended::Failed { error, .. } => Some(error.clone()),
            Ended::Unknown { error } => {
                Some(format!("{error}; whether it arrived is not known, the next run looks it up first"))
            }
            Ended::Skipped { reason } => Some(format!("not tried: {reason}")),
        }
    }
}

/// A change and how it ended.
#[derive(Debug, Clone, Serialize)]
pub struct Applied {
    /// The change.
    pub change: Box<Change>,
    /// How it ended.
    #[serde(flatten)]
    pub ended: Ended,
}

/// For each change the one whose failure kept it from being tried: the last before it of the same customer, or
/// whichever was refused the login. None where it was tried, or where a person or somebody's work in ConnectWise stopped it.
pub fn causes(applied: &[Applied]) -> Vec<Option<&Applied>> {
    let login = applied.iter().find(|applied| applied.ended.is_refused_login());
    let mut failed: BTreeMap<Option<&str>, &Applied> = BTreeMap::new();
    let mut causes = Vec::with_capacity(applied.len());
    for one in applied {
        let customer = one.change.cid.as_deref();
        causes.push(match &one.ended {
            Ended::Skipped { reason } if reason == INTERRUPTED => None,
            Ended::Skipped { reason } if reason == LOGIN_REFUSED => login,
            Ended::Skipped { .. } => failed.get(&customer).copied(),
            Ended::Failed { .. } | Ended::Unknown { .. } => {
                failed.insert(customer, one);
                None
            }
            Ended::Done { .. } | Ended::NotKept { .. } => None,
        });
    }
    causes
}
