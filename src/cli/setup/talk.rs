//! The conversation about one step: the finding, what is asked, the changes, and four ways on: psactl applies
//! them, the step is skipped, a person does it by hand, or set-up stops here.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use super::show::{Done, Left, line_of};
use super::walk::Walk;
use super::{ask, changes};
use crate::error::{Exit, Failure, Result};
use crate::plan::apply::{Applied, Ended};
use crate::plan::{Change, Note};
use crate::setup::{Asks, Finding, Offer, Reply, Setup, Standing, Step, screens};
use crate::ui::{Look, Ui, text};

/// How it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Apply,
    ByHand,
    Again,
    Leave(Left),
}

/// What a person said to an offer.
enum Said {
    Reply(Reply),
    Way(Way),
}

const BY_HAND: &str = "Do it by hand: show where to click and what to type";
const SKIP: &str = "Skip this step";
const STOP: &str = "Stop here";

impl Walk<'_> {
    /// Talks about a step until it is right, skipped or stopped.
    pub(super) async fn talk(&self, setup: &mut Setup<'_>, step: Step, run: i64) -> Result<Done> {
        let mut talk = Talk { ui: &self.context.ui, step, opened: false, checked: false, answered: false };
        let mut applied: Vec<Applied> = Vec::new();
        // What was agreed to and has to wait for another record of the same step.
        let mut agreed: BTreeSet<String> = BTreeSet::new();
        let mut next: Option<Way> = None;
        let mut default = Way::Apply;
        loop {
            setup.now = self.context.now();
            let finding = match setup.check(step).await {
                Ok(finding) => finding,
                Err(failure) if super::walk::wants_rights(&failure) => {
                    let mut finding = Finding::new(step);
                    finding.person(failure.line());
                    talk.still_missing();
                    talk.refused(&finding, &failure);
                    match talk.again()? {
                        Way::Leave(left) => return self.leave(setup, finding, applied, left),
                        _ => {
                            talk.checked = true;
                            continue;
                        }
                    }
                }
                Err(failure) => return Err(failure),
            };
            if finding.is_right() || matches!(finding.standing, Standing::Blocked { .. }) {
                talk.ui.tell(&line_of(talk.ui, &finding, talk.opened));
                talk.notes(&finding);
                return self.finish(setup, finding, applied);
            }
            talk.open(&finding);
            talk.still_missing();
            let way = if let Some(offer) = finding.offers.first() {
                match &offer.before {
                    Some(before) => talk.ui.tell(&format!("  {}", talk.ui.wrap(&text::clean(before), 2, 2))),
                    None => talk.person(&finding),
                }
                match talk.ask(offer)? {
                    Said::Reply(reply) => {
                        setup.answer(step, &offer.key, &reply)?;
                        talk.answered = true;
                        continue;
                    }
                    Said::Way(Way::ByHand) => {
                        talk.show_where(&offer.by_hand);
                        talk.again()?
                    }
                    Said::Way(way) => way,
                }
            } else if finding.changes.is_empty() {
                talk.person(&finding);
                // What mends these is another command, which takes its turn when this one is through.
                if matches!(step, Step::ManagedIds | Step::Agreements) {
                    return self.finish(setup, finding, applied);
                }
                talk.show_where(&[]);
                talk.again()?
            } else {
                let subject = |change: &Change| change.subject.to_string();
                let followed = finding.changes.iter().all(|change| agreed.contains(&subject(change)));
                let way = match next.take() {
                    Some(way) => way,
                    None if followed => Way::Apply,
                    None => {
                        // What an answer leads to: what belongs into psactl.toml.
                        if std::mem::take(&mut talk.answered) {
                            talk.notes(&finding);
                        }
                        changes::tell(talk.ui, &finding.changes);
                        talk.person(&finding);
                        talk.way(default)?
                    }
                };
                agreed.clear();
                match way {
                    Way::Apply => {
                        let (now, later): (Vec<Change>, Vec<Change>) =
                            finding.changes.iter().cloned().partition(|change| change.waits_for.is_none());
                        agreed.extend(later.iter().map(subject));
                        let made = self.write(setup, run, now).await?;
                        talk.made(&made);
                        if made.iter().any(|applied| !applied.ended.is_done()) {
                            agreed.clear();
                            default = Way::ByHand;
                        }
                        // Where ConnectWise refuses, a person with the rights does it.
                        next = made.iter().any(is_forbidden).then_some(Way::ByHand);
                        applied.extend(made);
                        continue;
                    }
                    Way::ByHand => {
                        talk.forms(&finding.changes);
                        default = Way::ByHand;
                        talk.again()?
                    }
                    way => way,
                }
            };
            match way {
                Way::Leave(left) => return self.leave(setup, finding, applied, left),
                _ => {
                    if step == Step::Portal {
                        setup.reread_portal(&self.context.told()).await?;
                    }
                    talk.checked = true;
                }
            }
        }
    }

    /// Applies changes that were agreed to. What became of every write is known before it goes on.
    async fn write(&self, setup: &mut Setup<'_>, run: i64, changes: Vec<Change>) -> Result<Vec<Applied>> {
        // While a person thought, the server may have closed the connection; a moment lets that be noticed.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let _lock = self.lock().await?;
        let mut made = self.apply(run, changes).await?;
        if setup.learns(&made)? {
            // What was refused for a reason that the next proposal takes into account is no failure to tell.
            made.retain(|applied| applied.ended.is_done());
        }
        if self.context.interrupted.load(Ordering::Relaxed) {
            return Err(Failure::new(Exit::Interrupted, "interrupted")
                .hint("run the command again: it goes on from where it stopped"));
        }
        if made.iter().any(|applied| matches!(applied.ended, Ended::Unknown { .. })) {
            self.applier(run).settle().await?.whole()?;
        }
        Ok(made)
    }

    fn finish(&self, setup: &Setup<'_>, finding: Finding, applied: Vec<Applied>) -> Result<Done> {
        let news = self.remember(setup, &finding)?;
        Ok(Done { finding, applied, news, left: None })
    }

    fn leave(
        &self,
        setup: &mut Setup<'_>,
        finding: Finding,
        applied: Vec<Applied>,
        left: Left,
    ) -> Result<Done> {
        setup.skip(finding.step);
        let news = self.remember(setup, &finding)?;
        Ok(Done { finding, applied, news, left: Some(left) })
    }
}

/// Whether ConnectWise refused a change for want of rights.
fn is_forbidden(applied: &Applied) -> bool {
    matches!(applied.ended, Ended::Failed { exit: Exit::Refused, login_refused: false, .. })
}

struct Talk<'a> {
    ui: &'a Ui,
    step: Step,
    opened: bool,
    /// It was looked at again after a person's work.
    checked: bool,
    /// A question was answered, and what follows from that is not told yet.
    answered: bool,
}

impl Talk<'_> {
    /// Says once what is checked and why, and what was found.
    fn open(&mut self, finding: &Finding) {
        if self.opened {
            return;
        }
        self.headline();
        for found in &finding.found {
            self.ui.tell(&format!("  found {}", self.ui.wrap(&text::clean(found), 8, 8)));
        }
        self.notes(finding);
    }

    fn still_missing(&mut self) {
        if std::mem::take(&mut self.checked) {
            self.ui.tell("");
            self.ui.tell(&self.ui.paint(Look::Warn, "Checked again; still missing:"));
        }
    }

    fn headline(&mut self) {
        let number = Step::ALL.iter().position(|step| *step == self.step).unwrap_or(0) + 1;
        let head = format!("Step {number} of {}: {}", Step::ALL.len(), self.step.name());
        self.ui.tell("");
        self.ui.tell(&self.ui.paint(Look::Head, &head));
        self.ui.tell(&self.ui.wrap(&format!("What must hold: {}.", self.step.why()), 0, 0));
        self.opened = true;
    }

    fn notes(&self, finding: &Finding) {
        // What a person has to see to is asked, one after the other.
        let asked = |note: &&Note| note.act && !finding.offers.is_empty();
        for note in finding.notes.iter().filter(|note| !asked(note)) {
            let mark = self.ui.paint(Look::Warn, "note:");
            self.ui.tell(&format!("  {mark} {}", self.ui.wrap(&text::clean(&note.text), 8, 8)));
        }
    }

    fn person(&self, finding: &Finding) {
        if let Standing::Person { what } = &finding.standing {
            let mark = self.ui.paint(Look::Warn, "!");
            self.ui.tell(&format!("  {mark} {}", self.ui.wrap(&text::clean(what), 4, 4)));
        }
    }

    /// ConnectWise does not even let it be looked at.
    fn refused(&mut self, finding: &Finding, failure: &Failure) {
        if !self.opened {
            self.headline();
        }
        self.person(finding);
        for hint in &failure.hints {
            self.ui.tell(&format!("    - {}", self.ui.wrap(&text::clean(hint), 6, 6)));
        }
        self.ui.tell(&format!("  By hand: {}", self.ui.wrap(self.step.clicks(), 11, 11)));
    }

    /// What became of the changes.
    fn made(&self, made: &[Applied]) {
        for applied in made {
            super::show::tell_applied(applied, self.ui, &|line| self.ui.tell(line));
        }
    }

    /// Where to click, and what goes into the fields of a new record, where one is to be made.
    fn show_where(&self, fields: &[(String, String)]) {
        let clicks = self.step.clicks();
        let clicks = if fields.is_empty() { clicks.trim_end_matches(" > New") } else { clicks };
        self.ui.tell(&format!("  By hand: {}", self.ui.wrap(clicks, 11, 11)));
        self.fields(fields);
    }

    /// The same for changes; several new records of one kind as a table.
    fn forms(&self, changes: &[Change]) {
        let mut rest = changes;
        while let Some(first) = rest.first() {
            let form = screens::form(self.step, first);
            let same = |change: &&Change| screens::form(self.step, change).clicks == form.clicks;
            let (group, after) = rest.split_at(rest.iter().take_while(same).count().max(1));
            self.ui.tell("");
            self.ui.tell(&format!("  By hand: {}", self.ui.wrap(&text::clean(&form.clicks), 11, 11)));
            if let Some(advice) = form.advice {
                self.ui.tell(&format!("    {}", self.ui.wrap(advice, 4, 4)));
            }
            match group {
                [_] => self.fields(&form.fields),
                several => changes::tell_many(self.ui, several),
            }
            rest = after;
        }
    }

    fn fields(&self, fields: &[(String, String)]) {
        let width = fields.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0).min(30);
        for (label, value) in fields {
            let value = self.ui.wrap(&text::clean(value), width + 6, width + 6);
            self.ui.tell(&format!("    {label:width$}  {value}"));
        }
    }

    /// What to do with changes.
    fn way(&self, default: Way) -> Result<Way> {
        let ways = [Way::Apply, Way::ByHand, Way::Leave(Left::Skipped), Way::Leave(Left::Stopped)];
        let items = ["Apply these changes", BY_HAND, SKIP, STOP];
        let default = ways.iter().position(|way| *way == default).unwrap_or(0);
        let chosen = self.ui.choose(&self.question("What now?"), &items, default, "--yes")?;
        Ok(ways.get(chosen).copied().unwrap_or(Way::Leave(Left::Stopped)))
    }

    /// Waits for a person's hands.
    fn again(&self) -> Result<Way> {
        let ways = [Way::Again, Way::Leave(Left::Skipped), Way::Leave(Left::Stopped)];
        let items = ["It is done: check again", SKIP, STOP];
        let chosen = self.ui.choose(&self.question("And now?"), &items, 0, "--yes")?;
        Ok(ways.get(chosen).copied().unwrap_or(Way::Leave(Left::Stopped)))
    }

    fn question(&self, question: &str) -> String {
        format!("{} - {question}", self.step.name())
    }

    fn ask(&self, offer: &Offer) -> Result<Said> {
        let (mut items, replies): (Vec<String>, Vec<Reply>) = match &offer.asks {
            Asks::Choice { answers } => {
                answers.iter().map(|answer| (answer.text.clone(), answer.reply.clone())).unzip()
            }
            Asks::Confirmation => (vec!["Yes, both are off".to_owned()], vec![Reply::Yes]),
            Asks::Price { .. } | Asks::Date | Asks::Customers { .. } => match ask::typed(self.ui, offer)? {
                Some(reply) => return Ok(Said::Reply(reply)),
                None => (Vec::new(), Vec::new()),
            },
        };
        for item in &mut items {
            *item = text::shorten(&capital(&text::clean(item)), self.ui.columns().saturating_sub(4));
        }
        // A hasty enter must not confirm what nobody can take back from the next invoice.
        let confirms = matches!(offer.asks, Asks::Confirmation);
        let by_hand = if confirms { "Not yet: show where to turn them off" } else { BY_HAND };
        items.extend([by_hand, SKIP, STOP].map(str::to_owned));
        let ways = [Way::ByHand, Way::Leave(Left::Skipped), Way::Leave(Left::Stopped)];
        let question = match &offer.asks {
            Asks::Price { .. } => "Without a price?",
            Asks::Date => "Without a date?",
            _ => offer.question.as_str(),
        };
        let chosen = self.ui.choose(&text::clean(question), &items, usize::from(confirms), "--yes")?;
        Ok(match replies.get(chosen) {
            Some(reply) => Said::Reply(reply.clone()),
            None => Said::Way(ways.get(chosen - replies.len()).copied().unwrap_or(Way::Leave(Left::Stopped))),
        })
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}
