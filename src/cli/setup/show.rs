//! What set-up found and did, as a report: for a person, and as JSON.

use serde::Serialize;

use super::Mode;
use crate::error::Exit;
use crate::plan::Plan;
use crate::plan::apply::Applied;
use crate::setup::{Finding, Standing, Step};
use crate::ui::{Look, Show, Ui, text};

/// What set-up found and did.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) mode: Mode,
    pub(super) steps: Vec<Done>,
    /// The step that was asked for, where it was one.
    pub(super) only: Option<Step>,
    pub(super) finished: bool,
    /// The step at which ConnectWise refused or could not be asked; later ones were not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stopped_at: Option<Step>,
    pub(super) requests: u64,
}

/// One step with what was done.
#[derive(Debug, Serialize)]
pub(super) struct Done {
    #[serde(flatten)]
    pub(super) finding: Finding,
    pub(super) applied: Vec<Applied>,
    /// Something was remembered that was not known before.
    #[serde(skip)]
    pub(super) news: bool,
}

impl Report {
    pub(super) fn exit(&self) -> Exit {
        let failed =
            self.steps.iter().flat_map(|done| &done.applied).find_map(|applied| match &applied.ended {
                crate::plan::apply::Ended::Failed { exit, .. } => Some(*exit),
                ended if !ended.is_done() => Some(Exit::Partial),
                _ => None,
            });
        match (self.mode, self.finished) {
            (_, true) => Exit::Done,
            (Mode::Check, false) => Exit::Found,
            (Mode::DryRun, false) => Exit::Done,
            (Mode::Apply, false) => failed.unwrap_or(Exit::Configuration),
        }
    }
}

impl Show for Report {
    const SCHEMA: &'static str = "psactl/setup/1";

    fn show(&self, ui: &Ui) {
        for (number, done) in self.steps.iter().enumerate() {
            show_step(ui, number + 1, done, self.mode);
        }
        ui.out("");
        if let Some(step) = self.stopped_at {
            ui.out(&format!("Stopped at step {}.", step.name()));
            return;
        }
        let open = self.steps.iter().filter(|done| !done.finding.is_right()).count();
        if let (true, Some(step)) = (self.finished, self.only) {
            ui.out(&ui.paint(Look::Good, &format!("Step {} is right.", step.name())));
            return;
        }
        ui.out(&match (self.finished, self.mode) {
            (true, Mode::Apply) => format!(
                "{} Next: psactl sync. In ConnectWise, Company > Management > Printer shows the report it fills.",
                ui.paint(Look::Good, "Set-up is complete.")
            ),
            (true, _) => ui.paint(Look::Good, "Set-up is complete."),
            (false, Mode::DryRun) => format!("{} not right yet. Nothing was written; psactl setup --apply makes the changes.", text::count(open, "step is", "steps are")),
            (false, Mode::Check) => format!("{} not right yet. psactl setup --dry-run shows what would be changed.", text::count(open, "step is", "steps are")),
            (false, Mode::Apply) => format!("{} not right yet.", text::count(open, "step is", "steps are")),
        });
    }
}

fn show_step(ui: &Ui, number: usize, done: &Done, mode: Mode) {
    let finding = &done.finding;
    let (look, word) = match &finding.standing {
        Standing::Done => (Look::Good, "ok".to_owned()),
        Standing::Todo => {
            (Look::Warn, format!("{} to make", text::count(finding.changes.len(), "change", "changes")))
        }
        Standing::Blocked { by } => (Look::Bad, format!("blocked by {}", by.name())),
        Standing::Unneeded { because } => (Look::Dim, format!("not needed: {because}")),
        Standing::Person { .. } => (Look::Bad, "needs a person".to_owned()),
    };
    let made = done.applied.iter().filter(|applied| applied.ended.is_done()).count();
    let made =
        if made > 0 { format!(", {} made", text::count(made, "change", "changes")) } else { String::new() };
    ui.out(&format!(
        "{number}. {}  {}{made}",
        ui.paint(Look::Head, finding.step.name()),
        ui.paint(look, &word)
    ));
    if let Standing::Person { what } = &finding.standing {
        ui.out(&format!("     {}", ui.wrap(&text::clean(what), 5, 5)));
        ui.out(&format!("     by hand: {}", finding.step.clicks()));
    }
    // What was made in this run is told below, with its id.
    for found in finding.found.iter().filter(|_| done.applied.is_empty()) {
        ui.out(&format!("     {}", ui.wrap(&text::clean(found), 5, 7)));
    }
    for note in &finding.notes {
        ui.out(&format!(
            "     {} {}",
            ui.paint(Look::Warn, "note:"),
            ui.wrap(&text::clean(&note.text), 5, 7)
        ));
    }
    if mode == Mode::DryRun {
        Plan { changes: finding.changes.clone(), ..Plan::default() }.show(ui);
    } else if mode == Mode::Check {
        for change in &finding.changes {
            ui.out(&format!(
                "     {} {}",
                ui.paint(Look::Warn, "missing:"),
                text::clean(&change.subject.to_string())
            ));
        }
    }
    for applied in &done.applied {
        let subject = text::clean(&applied.change.subject.to_string());
        match applied.ended.trouble() {
            None => {
                let id = match &applied.ended {
                    crate::plan::apply::Ended::Done { record: Some(id) }
                        if applied.change.subject.id.is_none() =>
                    {
                        format!(" (#{id})")
                    }
                    _ => String::new(),
                };
                ui.out(&format!("     {} {subject}{id}", ui.paint(Look::Good, "+")));
            }
            Some(trouble) => {
                ui.out(&format!("     {} {subject}: {}", ui.paint(Look::Bad, "x"), text::clean(&trouble)));
                if let crate::plan::apply::Ended::Failed { hints, .. } = &applied.ended {
                    for hint in hints {
                        ui.out(&format!("         - {}", text::clean(hint)));
                    }
                }
            }
        }
    }
    let made = done.applied.iter().filter(|applied| applied.ended.is_done()).map(|applied| &applied.change);
    for line in crate::plan::sum_lines(made) {
        ui.out(&format!("     {line}"));
    }
}
