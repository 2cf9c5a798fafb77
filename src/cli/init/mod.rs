//! `psactl init`: from nothing to a tested psactl.toml, by asking or by flags.
//!
//! psactl.toml itself is what is talked about: each answer goes into the document at hand, and what is there
//! is the default of its question. Nothing is written before the end.

mod args;
mod choices;
mod connect;
mod doc;
mod interrupt;
mod portal;
mod products;
mod report;
mod rights;
mod secret;
mod talk;
mod write;
mod x360recover;

pub use args::Args;

use std::path::Path;

use args::Integration;
use interrupt::Watch;
use report::{Kept, Report};
use talk::Talk;

use crate::config::edit::Document;
use crate::config::{Config, Environment, Error, Place, SecretSource};
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::ui::{Look, text};

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let Some(file) = context.config_path() else { return Err(Error::NotFound { looked: Vec::new() }.into()) };
    let default = Config::locate(None, &context.environment).as_ref() == Some(&file);
    let command = if default {
        "psactl".to_owned()
    } else {
        format!("psactl --config {}", text::quoted(&file.display().to_string()))
    };
    let file = std::path::absolute(&file)?;
    let folder = file.parent().unwrap_or(Path::new("")).to_path_buf();
    let (document, before) = begin(&file, args.from.as_deref())?;
    if !context.ui.may_ask() {
        all_is_given(&args, &document)?;
    }
    let watch = Watch::start(&context.ui, &format!("{command} init"));
    let mut talk = Talk {
        context,
        args,
        document,
        file,
        folder,
        typed: Vec::new(),
        watch: watch.clone(),
        report: Report { next: format!("{command} setup"), ..Report::default() },
        edits: before.is_some(),
        refused: false,
        client: None,
    };
    match talk.whole(before.as_deref()) {
        Err(failure) if failure.exit == Exit::Interrupted => {
            watch.noticed();
            let what = "interrupted: nothing was written";
            Err(Failure::new(Exit::Interrupted, what).hint(watch.again()))
        }
        done => done,
    }
}

/// The document to be edited, and the file's text as it is, if it is there.
fn begin(file: &Path, from: Option<&Path>) -> Result<(Document, Option<String>)> {
    let (mut document, before) = match std::fs::read_to_string(file) {
        Ok(text) => (read(&text, file)?, Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => (Document::fresh(), None),
        Err(source) => return Err(Error::Unreadable { path: file.to_owned(), source }.into()),
    };
    if let Some(from) = from {
        let from = std::path::absolute(from)?;
        let text = std::fs::read_to_string(&from)
            .map_err(|source| Failure::from(Error::Unreadable { path: from.clone(), source }))?;
        let other = read(&text, &from)?;
        document.take_over(&other, from.parent().unwrap_or(Path::new("")));
    }
    Ok((document, before))
}

/// Reads a file that may lack what is asked for, but must have no mistake.
fn read(text: &str, file: &Path) -> Result<Document> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Err(Error::Invalid { path, problems }) = Config::parse(text, file, &Environment::empty()) {
        let problems: Vec<_> =
            problems.into_iter().filter(|problem| matches!(problem.at, Place::File { .. })).collect();
        if !problems.is_empty() {
            let failure = Failure::from(Error::Invalid { path, problems });
            return Err(failure.hint("mend these lines first; init edits what psactl can read"));
        }
    }
    let problem =
        |reason: String| Failure::new(Exit::Configuration, format!("{}: {}", file.display(), reason.trim()));
    Document::parse(text).map_err(problem)
}

/// Where nobody can be asked, every flag that is missing is named at once.
fn all_is_given(args: &Args, document: &Document) -> Result<()> {
    let missing = args.missing(document);
    if missing.is_empty() {
        return Ok(());
    }
    let mut failure = Failure::new(Exit::Usage, "nobody can be asked here, and these flags are missing");
    for (flag, what) in missing {
        failure = failure.hint(format!("{flag}  {what}"));
    }
    Err(failure.hint("or run psactl init in a terminal: it asks"))
}

impl Talk<'_> {
    fn whole(&mut self, before: Option<&str>) -> Result<Exit> {
        let ui = self.context.ui.clone();
        self.introduce();
        let dry_run = self.args.dry_run;
        let skip_test = self.args.skip_test;
        loop {
            self.ask()?;
            let content = match self.content() {
                Ok(content) => content,
                Err(failure) if self.asks() => {
                    self.trouble(&failure);
                    let ways = ["go through the questions again", "stop; nothing is written"];
                    if self.choose("What now", &ways, 0)? == 1 {
                        return Err(failure);
                    }
                    self.args = Args { skip_test, ..Args::default() };
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            self.finish_report(before, &content, dry_run);
            if dry_run || !self.report.changed {
                break;
            }
            if self.asks() {
                self.show_file(&content, before);
                let ways = ["write it", "go through the questions again", "stop; nothing is written"];
                match self.choose("This file", &ways, 0)? {
                    0 => {}
                    1 => {
                        self.args = Args { skip_test, ..Args::default() };
                        continue;
                    }
                    _ => break,
                }
            }
            self.write(&content)?;
            self.report.written = true;
            break;
        }
        ui.emit(&self.report);
        Ok(if self.report.lacks_rights() { Exit::Refused } else { Exit::Done })
    }

    fn introduce(&self) {
        self.explain(&if self.edits {
            format!(
                "{} is there: what it says is the default of each question, and Enter keeps it. \
                 Nothing is written before the end.",
                self.file.display()
            )
        } else {
            format!(
                "psactl init asks for what psactl needs, tests it, and writes {}. Enter takes what stands in \
                 brackets. ConnectWise is only read, and nothing is written before the end.",
                self.file.display()
            )
        });
    }

    fn ask(&mut self) -> Result<()> {
        self.client = None;
        self.report = Report { next: std::mem::take(&mut self.report.next), ..Report::default() };
        self.company()?;
        self.login()?;
        let on = self.integrations()?;
        self.rights(&on)?;
        let tickets = on.contains(&Integration::Tickets);
        if tickets {
            self.heading("Service tickets");
            self.board()?;
            self.notifications()?;
        }
        if on.contains(&Integration::Billing) {
            self.heading("Billing");
            self.services()?;
            self.products()?;
        }
        self.heading("Names in ConnectWise");
        self.names_in_connectwise()?;
        self.integrator_login()?;
        self.portal(tickets || on.contains(&Integration::Statistics))
    }

    /// The text of the file, which is read back before anything is written.
    fn content(&mut self) -> Result<String> {
        if self.document.text("tickets.board").is_none() {
            self.document.remove("tickets.board");
        }
        let content = self.document.to_string();
        Config::parse(&content, &self.file, &Environment::empty())?;
        Ok(content)
    }

    fn finish_report(&mut self, before: Option<&str>, content: &str, dry_run: bool) {
        let secrets = self.document.secrets().into_iter().map(|(key, source)| {
            let (kind, at) = match source {
                SecretSource::File(path) => ("file", Some(self.folder.join(path).display().to_string())),
                SecretSource::Command(_) => ("command", None),
                SecretSource::Env(name) => ("env", Some(name)),
            };
            let new = self.typed.iter().any(|typed| typed.key == key);
            Kept { key, kind, at, new }
        });
        self.report.secrets = secrets.collect();
        self.report.file = self.file.clone();
        self.report.changed = before != Some(content) || !self.typed.is_empty();
        self.report.dry_run = dry_run;
        self.report.tested = self.tests();
        self.report.content = content.to_owned();
    }

    /// The file as it will be; of one that is there, the lines that change.
    fn show_file(&self, content: &str, before: Option<&str>) {
        let ui = &self.context.ui;
        // What the question is about is seen, whatever else is silent.
        let show = |line: &str| if self.asks() { ui.tell(line) } else { ui.say(line) };
        self.heading(&self.file.display().to_string());
        let old: Vec<&str> = before.map(|text| text.lines().collect()).unwrap_or_default();
        let new: Vec<&str> = content.lines().collect();
        for line in old.iter().filter(|line| !new.contains(*line)) {
            show(&ui.paint(Look::Bad, &format!("  - {line}")));
        }
        for line in &new {
            if before.is_none() {
                show(&format!("  {line}"));
            } else if !old.contains(line) {
                show(&ui.paint(Look::Good, &format!("  + {line}")));
            }
        }
        for (path, _, replaced) in self.secret_files() {
            let how = if replaced { "replaced" } else { "new" };
            show(&format!("  and {} ({how}; a secret, readable by you alone)", path.display()));
        }
        show("");
    }
}
