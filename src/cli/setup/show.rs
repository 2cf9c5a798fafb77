//! What set-up found and did, as a report: for a person, and as JSON.

use serde::Serialize;

use super::Mode;
use crate::error::Exit;
use crate::plan::Plan;
use crate::plan::apply::{Applied, Ended};
use crate::setup::{Asks, Finding, Standing, Step};
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
    /// A person was told of every step as it came.
    #[serde(skip)]
    pub(super) told: bool,
}

/// How a person left a step that is not right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Left {
    /// Went on to the next one.
    Skipped,
    /// Ended set-up here.
    Stopped,
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
    /// How a person left it, where it is not right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) left: Option<Left>,
}

impl Report {
    pub(super) fn exit(&self) -> Exit {
        // A failure that a person has mended meanwhile is none.
        let counts = |done: &&Done| !(self.told && done.finding.is_right());
        let failed =
            self.steps.iter().filter(counts).flat_map(|done| &done.applied).find_map(
                |applied| match &applied.ended {
                    Ended::Failed { exit, .. } => Some(*exit),
                    ended if !ended.is_done() => Some(Exit::Partial),
                    _ => None,
                },
            );
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
        if self.told {
            self.sum_up(ui);
            return;
        }
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
            (true, Mode::Apply) => format!("{} {NEXT}", ui.paint(Look::Good, "Set-up is complete.")),
            (true, _) => ui.paint(Look::Good, "Set-up is complete."),
            (false, Mode::DryRun) => format!(
                "{} not right yet. Nothing was written; psactl setup --apply makes the changes.",
                text::count(open, "step is", "steps are")
            ),
            (false, Mode::Check) => format!(
                "{} not right yet. psactl setup --dry-run shows what would be changed.",
                text::count(open, "step is", "steps are")
            ),
            (false, Mode::Apply) => format!("{} not right yet.", text::count(open, "step is", "steps are")),
        });
    }
}

impl Report {
    /// What was told step by step, in the end: what is not right yet, and how to go on.
    fn sum_up(&self, ui: &Ui) {
        ui.out("");
        if let (true, Some(step)) = (self.finished, self.only) {
            ui.out(&ui.paint(Look::Good, &format!("Step {} is right.", step.name())));
            return;
        }
        if self.finished && self.stopped_at.is_none() {
            ui.out(&ui.wrap(&format!("{} {NEXT}", ui.paint(Look::Good, "Set-up is complete.")), 0, 0));
            return;
        }
        let open: Vec<&Done> = self.steps.iter().filter(|done| !done.finding.is_right()).collect();
        if let Some(step) = self.stopped_at {
            ui.out(&ui.paint(Look::Head, &format!("Stopped at step {}.", step.name())));
        } else {
            ui.out(&format!("{} not right yet:", text::count(open.len(), "step is", "steps are")));
        }
        for done in open {
            let left = match done.left {
                Some(Left::Skipped) => "skipped".to_owned(),
                Some(Left::Stopped) => "not done".to_owned(),
                None => standing(&done.finding).1,
            };
            ui.out(&format!("  {}  {left}", ui.paint(Look::Head, done.finding.step.name())));
        }
        let links = |done: &Done| {
            done.finding.step == Step::ManagedIds && matches!(done.finding.standing, Standing::Person { .. })
        };
        if self.steps.iter().any(links) {
            ui.out("Next: psactl companies links the portal's customers; then psactl setup goes on.");
        } else {
            let step = self.only.map(|step| format!(" {}", step.name())).unwrap_or_default();
            ui.out(&format!("What was made stays; psactl setup{step} goes on from here."));
        }
    }
}

/// What comes after set-up.
const NEXT: &str =
    "Next: psactl sync. In ConnectWise, Company > Management > Printer shows the report it fills.";

/// How a step stands, in a few words.
fn standing(finding: &Finding) -> (Look, String) {
    match &finding.standing {
        Standing::Done => (Look::Good, "ok".to_owned()),
        Standing::Todo => {
            (Look::Warn, format!("{} to make", text::count(finding.changes.len(), "change", "changes")))
        }
        Standing::Blocked { by } => (Look::Bad, format!("blocked by {}", by.name())),
        Standing::Unneeded { because } => (Look::Dim, format!("not needed: {because}")),
        Standing::Person { .. } => (Look::Bad, "needs a person".to_owned()),
    }
}

/// A step that needs no conversation, in a line.
pub(super) fn line_of(ui: &Ui, finding: &Finding, opened: bool) -> String {
    let (look, word) = standing(finding);
    let word = if opened && word == "ok" { "right now".to_owned() } else { word };
    let head = format!("{}: {word}", finding.step.name());
    let found: Vec<String> =
        finding.found.iter().filter(|_| !opened).map(|found| text::clean(found)).collect();
    let room = ui.columns().saturating_sub(head.chars().count() + 2);
    let found = text::shorten(&found.join("; "), room);
    let before = if opened { "  " } else { "" };
    let after = if found.is_empty() { String::new() } else { format!("  {}", ui.paint(Look::Dim, &found)) };
    format!("{before}{}{after}", ui.paint(look, &head))
}

fn show_step(ui: &Ui, number: usize, done: &Done, mode: Mode) {
    let finding = &done.finding;
    let (look, word) = standing(finding);
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
        ui.out(&format!("     by hand: {}", ui.wrap(finding.step.clicks(), 14, 14)));
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
    // What is asked in a terminal and can be done without.
    for offer in finding.offers.iter().filter(|offer| matches!(offer.asks, Asks::Customers { .. })) {
        let before = offer.before.as_deref().unwrap_or_default();
        let mark = ui.paint(Look::Warn, "note:");
        ui.out(&format!("     {mark} {}", ui.wrap(&text::clean(before), 11, 7)));
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
        tell_applied(applied, ui, &|line| ui.out(&format!("   {line}")));
    }
    let made =
        done.applied.iter().filter(|applied| applied.ended.is_done()).map(|applied| applied.change.as_ref());
    for line in crate::plan::sum_lines(made) {
        ui.out(&format!("     {line}"));
    }
}

/// What became of a change, by the mark of what was done.
pub(super) fn tell_applied(applied: &Applied, ui: &Ui, line: &dyn Fn(&str)) {
    let subject = text::clean(&applied.change.subject.to_string());
    let Some(trouble) = applied.ended.trouble() else {
        let id = match &applied.ended {
            Ended::Done { record: Some(id) } if applied.change.subject.id.is_none() => format!(" (#{id})"),
            _ => String::new(),
        };
        let (mark, look) = crate::plan::mark(applied.change.action);
        line(&format!("  {} {subject}{id}", ui.paint(look, mark)));
        return;
    };
    let told = text::clean(&format!("{subject}: {trouble}"));
    line(&format!("  {} {}", ui.paint(Look::Bad, "x"), ui.wrap(&told, 7, 7)));
    if let Ended::Failed { hints, .. } = &applied.ended {
        for hint in hints {
            line(&format!("      - {}", ui.wrap(&text::clean(hint), 11, 11)));
        }
    }
}
