//! The report as a person reads it.

use super::catalog::Group;
use super::{Check, Report, Status};
use crate::ui::{Look, Show, Ui, text};

/// So much evidence of one check fits on a screen.
const MOST: usize = 8;

/// The width of the word before each line.
const MARGIN: usize = 9;

impl Show for Report {
    const SCHEMA: &'static str = "psactl/doctor/1";

    fn show(&self, ui: &Ui) {
        for group in Group::ALL {
            let checks: Vec<&Check> = self.checks.iter().filter(|check| check.group == group).collect();
            self.group(ui, group, &checks);
        }
        ui.out("");
        ui.out(&format!(
            "{}, {}, {} ok, {} skipped",
            text::count(self.count(Status::Problem), "problem", "problems"),
            text::count(self.count(Status::Warning), "warning", "warnings"),
            self.count(Status::Ok),
            self.count(Status::Skipped)
        ));
        if !self.is_clean(true) {
            ui.out(
                &ui.paint(Look::Dim, "psactl doctor explain NAME says what the [name] of a finding means"),
            );
        }
    }
}

impl Report {
    fn group(&self, ui: &Ui, group: Group, checks: &[&Check]) {
        let mut silent = 0;
        let mut skipped: Vec<(&str, Vec<&str>)> = Vec::new();
        for check in checks {
            match check.status {
                Status::Ok if check.title.is_empty() => silent += 1,
                Status::Ok => line(ui, Status::Ok, &check.title),
                Status::Skipped => match skipped.iter_mut().find(|(because, _)| *because == check.title) {
                    Some((_, ids)) => ids.push(check.id),
                    None => skipped.push((&check.title, vec![check.id])),
                },
                Status::Warning | Status::Problem => finding(ui, check),
            }
        }
        if silent > 0 {
            let checks = text::count(silent, "check finds nothing", "checks find nothing");
            line(ui, Status::Ok, &format!("{}: {checks}", group.name()));
        }
        for (because, ids) in skipped {
            let who = match ids.as_slice() {
                all if all.len() == checks.len() => group.name().to_owned(),
                [one] => (*one).to_owned(),
                several => several.join(", "),
            };
            line(ui, Status::Skipped, &format!("{who}: {because}"));
        }
    }
}

fn finding(ui: &Ui, check: &Check) {
    line(ui, check.status, &format!("{} [{}]", check.title, check.id));
    for evidence in check.evidence.iter().take(MOST) {
        ui.out(&format!("{:MARGIN$}{}", "", ui.wrap(&text::clean(evidence), MARGIN, MARGIN + 2)));
    }
    if check.evidence.len() > MOST {
        ui.out(&format!("{:MARGIN$}and {} more (--output json has all)", "", check.evidence.len() - MOST));
    }
    for fix in &check.fix {
        ui.out(&format!(
            "{:MARGIN$}{} {}",
            "",
            ui.paint(Look::Head, "fix:"),
            ui.wrap(&text::clean(fix), MARGIN + 5, MARGIN + 5)
        ));
    }
}

fn line(ui: &Ui, status: Status, said: &str) {
    let (look, mark) = match status {
        Status::Ok => (Look::Good, "ok"),
        Status::Warning => (Look::Warn, "warning"),
        Status::Problem => (Look::Bad, "problem"),
        Status::Skipped => (Look::Dim, "skipped"),
    };
    let mark = format!("{mark:<8}");
    ui.out(&format!("{} {}", ui.paint(look, &mark), ui.wrap(&text::clean(said), MARGIN, MARGIN)));
}
