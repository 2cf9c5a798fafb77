//! The portal's exports: where they are, and a look at what was understood of them.

use std::path::PathBuf;

use jiff::Timestamp;

use super::args::Source;
use super::report::PortalFound;
use super::talk::{Question, Talk, refused};
use crate::config::edit::Document;
use crate::config::{Config, Environment};
use crate::error::Result;
use crate::portal::{self, EventLog, Snapshot, Tally};
use crate::ui::text;

/// So many rows are shown of what was understood, and of what was not.
const ROWS: usize = 3;

impl Talk<'_> {
    /// Where its data come from, and what belongs to that.
    pub fn portal(&mut self, with_events: bool) -> Result<()> {
        self.heading("The backup portal");
        let source = self.portal_source()?;
        if self.document.text("portal.source").as_deref() != Some(source.key()) {
            self.document.set_text("portal.source", source.key());
        }
        match source {
            Source::Files => self.exports(with_events),
            Source::X360Recover => self.x360recover(),
        }
    }

    fn portal_source(&mut self) -> Result<Source> {
        // A fresh file names the exports; that is no answer yet.
        let said = self.args.source(&self.document);
        let flags = &mut self.args;
        let given =
            flags.portal_source.take().is_some() || flags.accounts.is_some() || flags.events.is_some();
        if given || !self.asks() {
            return Ok(said.unwrap_or(Source::Files));
        }
        let ways = ["exports: CSV files of the account list and the event log", "Axcient's x360Recover API"];
        let default = usize::from(said == Some(Source::X360Recover));
        let chosen = self.choose("Where do its data come from", &ways, default)?;
        let source = if chosen == 0 { Source::Files } else { Source::X360Recover };
        self.watch.answered("--portal-source", source.key());
        Ok(source)
    }

    /// The exports and their time zone.
    fn exports(&mut self, with_events: bool) -> Result<()> {
        self.time_zone()?;
        let question = Question {
            flag: "--accounts",
            key: "portal.accounts",
            words: "Export of the account list (file, folder, pattern or https address)",
        };
        let given = self.args.accounts.take();
        self.export(&question, given, |talk| {
            let snapshot = talk.look(|source| source.accounts())?;
            talk.show_accounts(&snapshot);
            Ok(())
        })?;
        if !with_events {
            if self.document.text("portal.events").is_none() {
                self.document.remove("portal.events");
            }
            return Ok(());
        }
        let question =
            Question { flag: "--events", key: "portal.events", words: "Export of the event log (likewise)" };
        let given = self.args.events.take();
        self.export(&question, given, |talk| {
            let (log, tally) = talk.look(|source| Tally::of(source, Timestamp::MAX))?;
            talk.show_events(&log, tally.events());
            Ok(())
        })
    }

    fn time_zone(&mut self) -> Result<()> {
        let given = self.args.time_zone.take();
        let key = "portal.time_zone";
        if given.is_none() && !self.asks() {
            return Ok(());
        }
        // A file that names none is left so: times would suddenly be read that were errors before.
        let here = jiff::tz::TimeZone::system();
        let proposed = if self.edits { "none" } else { here.iana_name().unwrap_or("none") };
        let words = "Time zone of times without one (none: they are errors)";
        let question = Question { flag: "--time-zone", key, words };
        let zone = self.text(&question, given.as_deref(), Some(proposed), |text| match text {
            "none" => Ok(text.to_owned()),
            text => jiff::tz::TimeZone::get(text)
                .map(|_| text.to_owned())
                .map_err(|_| format!("\"{text}\" is not a time zone: write one such as America/New_York")),
        })?;
        if zone == "none" {
            self.document.remove(key);
        } else {
            self.document.set_text(key, &zone);
        }
        Ok(())
    }

    /// Asks for a file until it can be read and understood, or a person keeps it as it is.
    fn export(
        &mut self,
        question: &Question<'_>,
        mut given: Option<PathBuf>,
        look: impl Fn(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let mut ask = true;
        loop {
            if ask {
                let place = self.place(question, given.take())?;
                match is_address(&place) {
                    true => self.document.set_text(question.key, &place),
                    false => self.document.set_path(question.key, &self.stored(&self.absolute(&place))),
                }
            }
            if !self.tests() {
                return Ok(());
            }
            let Err(failure) = look(self) else { return Ok(()) };
            if !self.asks() {
                return Err(failure);
            }
            self.trouble(&failure);
            let ways = ["name another file", "look at it again", "keep it: it will be written later"];
            match self.choose("What now", &ways, 0)? {
                0 => ask = true,
                1 => ask = false,
                _ => return Ok(()),
            }
        }
    }

    /// A file, a folder, a pattern or an address, as it is typed here.
    fn place(&self, question: &Question<'_>, given: Option<PathBuf>) -> Result<String> {
        if let Some(given) = given {
            let given = given.to_string_lossy().into_owned();
            self.watch.answered(question.flag, &given);
            return Ok(given);
        }
        let written = self.document.text(question.key).filter(|written| is_address(written));
        let present = written.or_else(|| self.shown(question.key));
        if !self.asks() {
            return present.ok_or_else(|| refused(question.flag, "is missing"));
        }
        let check = super::secret::not_empty;
        let answer = self.context.ui.ask_text(question.words, present.as_deref(), question.flag, check)?;
        let place = answer.trim().trim_matches(['"', '\'']).to_owned();
        let shown =
            if is_address(&place) { place.clone() } else { self.absolute(&place).display().to_string() };
        self.watch.answered(question.flag, &shown);
        Ok(place)
    }

    /// What the source says, as the document has it and whatever else is still missing in it. Copies of what an
    /// address answers are gone afterwards: nothing is kept before a yes.
    fn look<T>(&self, read: impl FnOnce(&dyn portal::Source) -> Result<T, portal::Error>) -> Result<T> {
        let text = complete(&self.document).to_string();
        let config = Config::parse(&text, &self.file, &Environment::empty())?;
        let folder = tempfile::tempdir()?;
        let source = self.context.open_portal(&config, folder.path())?;
        if source.asks_at().is_some() {
            let now = self.context.now();
            self.context.block_on(async { Ok(source.refresh(now).await?) })?;
        }
        Ok(read(source.as_ref())?)
    }

    fn show_accounts(&mut self, snapshot: &Snapshot) {
        let shown = format!(
            "{}, {}",
            text::count(snapshot.customers.len(), "customer", "customers"),
            text::count(snapshot.accounts.len(), "account", "accounts")
        );
        let measured = match snapshot.measured_at {
            Some(at) => format!("measured {} UTC", text::moment(at)),
            None => "without the time of measurement".to_owned(),
        };
        self.found(&format!("{}: {shown}, {measured}", snapshot.file.display()));
        for account in snapshot.accounts.iter().take(ROWS).filter(|_| self.asks()) {
            let name = snapshot.customer(&account.cid).map_or("", |customer| customer.name.as_str());
            let usage: Vec<String> = account
                .usage
                .iter()
                .map(|(service, use_)| format!("{service} {}", text::quantity(*use_)))
                .collect();
            let line = format!("{} {name}: {} {}", account.cid, account.user, usage.join(", "));
            self.aside(&line);
        }
        if !snapshot.ignored_columns.is_empty() {
            self.aside(&format!("not used: {}", snapshot.ignored_columns.join(", ")));
        }
        if snapshot.measured_at.is_none() {
            self.warn(
                "nothing is billed from an export that does not say when its use was measured: add a column \
                 measured_at, or set [portal] age_from = \"mtime\""
                    .to_owned(),
            );
        }
        let problems: Vec<String> = snapshot.problems.iter().map(ToString::to_string).collect();
        self.show_problems(&problems);
        self.report.portal = Some(PortalFound {
            customers: snapshot.customers.len(),
            accounts: snapshot.accounts.len(),
            events: None,
            problems,
        });
    }

    fn show_events(&mut self, log: &EventLog, events: usize) {
        self.found(&text::count(events, "event", "events"));
        let problems: Vec<String> = log.problems.iter().map(ToString::to_string).collect();
        self.show_problems(&problems);
        if let Some(portal) = &mut self.report.portal {
            portal.events = Some(events);
            portal.problems.extend(problems);
        }
    }

    fn show_problems(&mut self, problems: &[String]) {
        if problems.is_empty() {
            return;
        }
        for problem in problems.iter().take(ROWS) {
            self.warn(problem.clone());
        }
        let more = problems.len().saturating_sub(ROWS);
        if more > 0 {
            self.warn(format!("and {} more", text::count(more, "row", "rows")));
        }
    }
}

/// Whether a place is an address and no path.
fn is_address(place: &str) -> bool {
    place.contains("://")
}

/// The document with stand-ins for what is not answered yet, so that its portal can be opened.
fn complete(document: &Document) -> Document {
    let mut whole = document.clone();
    let mut stand_in = |key: &str, text: &str| {
        if whole.text(key).is_none() {
            whole.set_text(key, text);
        }
    };
    stand_in("connectwise.site", "https://psa.invalid");
    stand_in("connectwise.company_id", "x");
    stand_in("connectwise.client_id", "00000000-0000-0000-0000-000000000000");
    stand_in("integrator_login.username", "x");
    stand_in("tickets.board", "x");
    if whole.secret("integrator_login.password").is_none() {
        whole.set_secret("integrator_login.password", &crate::config::SecretSource::Env("X".into()));
    }
    if whole.text("portal.events").is_none() {
        whole.remove("portal.events");
        whole.set_flag("tickets.enabled", false);
        whole.set_flag("statistics.enabled", false);
    }
    whole
}
