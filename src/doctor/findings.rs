//! What the groups say, gathered by the table of checks: each check ends up as one line of the report.

use std::collections::{BTreeMap, BTreeSet};

use super::catalog::{self, CHECKS, Group};
use super::observe::Look;
use super::{Check, Status, Subject};
use crate::error::Failure;
use crate::ui::text;

/// A fact that speaks for a finding: a record by name and id, a value, a time.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    text: String,
    subject: Subject,
}

impl Evidence {
    pub fn new(text: impl Into<String>) -> Evidence {
        Evidence { text: text.into(), subject: Subject::default() }
    }

    pub fn of(mut self, cid: &str) -> Evidence {
        self.subject.cid = Some(cid.to_owned());
        self
    }

    pub fn record(mut self, kind: &'static str, id: i64) -> Evidence {
        (self.subject.kind, self.subject.id) = (Some(kind), Some(id));
        self
    }
}

impl From<String> for Evidence {
    fn from(text: String) -> Evidence {
        Evidence::new(text)
    }
}

#[derive(Debug, Default)]
struct Found {
    title: Option<String>,
    evidence: Vec<Evidence>,
    fix: Vec<String>,
}

/// What was found, and what could not be looked at.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: BTreeMap<&'static str, Found>,
    said: BTreeMap<&'static str, String>,
    skipped: BTreeMap<&'static str, String>,
    groups: BTreeMap<Group, String>,
    /// Subjects of a customer whose cause is a finding already: what follows from it is not told again.
    explained: BTreeSet<(String, String)>,
}

impl Findings {
    /// A check found something; called again, the evidence adds up.
    pub fn find(&mut self, id: &'static str, evidence: impl Into<Evidence>) {
        self.found.entry(id).or_default().evidence.push(evidence.into());
    }

    /// The same, with what mends just this.
    pub fn find_with(&mut self, id: &'static str, evidence: impl Into<Evidence>, fix: impl Into<String>) {
        let found = self.found.entry(id).or_default();
        found.evidence.push(evidence.into());
        let fix = fix.into();
        if !fix.is_empty() && !found.fix.contains(&fix) {
            found.fix.push(fix);
        }
    }

    /// One more thing that mends what a check found.
    pub fn mend(&mut self, id: &'static str, fix: &str) {
        if let Some(found) = self.found.get_mut(id)
            && !found.fix.iter().any(|known| known == fix)
        {
            found.fix.push(fix.to_owned());
        }
    }

    /// A check found something that is told in a title of its own.
    pub fn say(
        &mut self,
        id: &'static str,
        title: impl Into<String>,
        evidence: Vec<Evidence>,
        fix: Vec<String>,
    ) {
        self.found.insert(id, Found { title: Some(title.into()), evidence, fix });
    }

    /// A check failed for this reason.
    pub fn fail(&mut self, id: &'static str, failure: &Failure) {
        let evidence = failure.causes().into_iter().flatten().map(Evidence::new).collect();
        // Causes of one failure are no cases.
        let title = catalog::known(id).map(|known| known.says.to_owned());
        self.found.insert(id, Found { title, evidence, fix: failure.hints.clone() });
    }

    /// A check that is all right has something to tell.
    pub fn well(&mut self, id: &'static str, title: impl Into<String>) {
        self.said.insert(id, title.into());
    }

    /// A check could not be made, or does not apply.
    pub fn skip(&mut self, id: &'static str, because: impl Into<String>) {
        self.skipped.insert(id, because.into());
    }

    /// None of a group's checks could be made.
    pub fn skip_group(&mut self, group: Group, because: impl Into<String>) {
        self.groups.entry(group).or_insert_with(|| because.into());
    }

    /// Whether a check found something.
    pub fn has(&self, id: &str) -> bool {
        self.found.contains_key(id)
    }

    /// What follows for a subject of a customer is explained; for an empty subject, all that follows for the customer.
    pub fn explain(&mut self, cid: &str, subject: &str) {
        self.explained.insert((cid.to_owned(), subject.to_owned()));
    }

    /// Whether a finding explains this already.
    pub fn explains(&self, cid: Option<&str>, subject: &str) -> bool {
        let Some(cid) = cid else { return false };
        let own = self.explained.range((cid.to_owned(), String::new())..);
        own.take_while(|(of, _)| of == cid).any(|(_, known)| subject.starts_with(known.as_str()))
    }

    /// One line for each check of the table that is asked for. With one group, what that group depends on is told too
    /// where it failed: a group that could not be looked at is not a healthy one.
    pub fn into_checks(mut self, look: &Look) -> Vec<Check> {
        let mut checks = Vec::new();
        for known in CHECKS {
            let found = self.found.remove(known.id);
            let wanted = look.wants(known.group) || found.is_some() && look.rests_on(known.group, known.id);
            if !wanted {
                continue;
            }
            let check = |status, title: String| Check {
                id: known.id,
                group: known.group,
                status,
                severity: known.severity,
                title,
                evidence: Vec::new(),
                subjects: Vec::new(),
                fix: Vec::new(),
            };
            checks.push(match found {
                Some(found) => {
                    let title = found.title.unwrap_or_else(|| title(known, &found.evidence));
                    let fix = match found.fix.is_empty() {
                        true => known.fix.iter().map(|fix| (*fix).to_owned()).collect(),
                        false => found.fix,
                    };
                    let mut subjects: Vec<Subject> = found
                        .evidence
                        .iter()
                        .map(|evidence| evidence.subject.clone())
                        .filter(|subject| *subject != Subject::default())
                        .collect();
                    subjects.dedup();
                    let evidence = found.evidence.into_iter().map(|evidence| evidence.text).collect();
                    Check { evidence, subjects, fix, ..check(known.severity, title) }
                }
                None => {
                    match self.skipped.remove(known.id).or_else(|| self.groups.get(&known.group).cloned()) {
                        Some(because) => check(Status::Skipped, because),
                        None => check(Status::Ok, self.said.remove(known.id).unwrap_or_default()),
                    }
                }
            });
        }
        checks
    }
}

fn title(known: &catalog::Known, evidence: &[Evidence]) -> String {
    match evidence.len() {
        0 | 1 => known.says.to_owned(),
        many => format!("{}: {}", known.says, text::count(many, "case", "cases")),
    }
}
