//! How a value is come by: from its flag, else by asking with the present value as default, else the
//! present value.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::args::Args;
use super::interrupt::Watch;
use super::report::Report;
use crate::config::SecretSource;
use crate::config::edit::Document;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::psa::Client;
use crate::ui::{Look, text};

/// A question: its flag, its key in psactl.toml, its words.
pub(super) struct Question<'a> {
    pub flag: &'a str,
    pub key: &'a str,
    pub words: &'a str,
}

/// A secret that was typed or made up, to be written beside the file.
pub(super) struct Typed {
    pub key: &'static str,
    pub path: PathBuf,
    pub value: SecretString,
}

/// The conversation: what is asked goes into the document, which is written at the end.
pub(super) struct Talk<'a> {
    pub context: &'a Context,
    /// The flags; none of them in a second round.
    pub args: Args,
    pub document: Document,
    /// psactl.toml, and its folder.
    pub file: PathBuf,
    pub folder: PathBuf,
    pub typed: Vec<Typed>,
    pub watch: Watch,
    pub report: Report,
    /// The file was there before.
    pub edits: bool,
    /// The login was refused a moment ago.
    pub refused: bool,
    /// Once the login works.
    pub client: Option<Client>,
}

impl Talk<'_> {
    pub fn asks(&self) -> bool {
        self.context.ui.may_ask()
    }

    /// Whether ConnectWise and the exports are looked at.
    pub fn tests(&self) -> bool {
        !self.args.skip_test
    }

    pub fn heading(&self, words: &str) {
        if self.asks() {
            let ui = &self.context.ui;
            ui.tell("");
            ui.tell(&ui.paint(Look::Head, words));
        }
    }

    /// Something about to be asked, for a person alone.
    pub fn explain(&self, words: &str) {
        if self.asks() {
            self.context.ui.tell(&self.context.ui.wrap(words, 0, 0));
        }
    }

    /// Something that was found out.
    pub fn found(&self, words: &str) {
        let ui = &self.context.ui;
        let words = ui.wrap(&text::clean(words), 2, 2);
        ui.say(&format!("{} {words}", ui.paint(Look::Good, "+")));
    }

    /// Something beside what was found, for a person alone.
    pub fn aside(&self, words: &str) {
        if self.asks() {
            let ui = &self.context.ui;
            ui.tell(&format!("    {}", ui.wrap(&text::clean(words), 4, 6)));
        }
    }

    /// Something that a person should know; it stands in the result too.
    pub fn warn(&mut self, words: String) {
        let ui = &self.context.ui;
        let words = text::clean(&words);
        ui.say(&format!("{} {}", ui.paint(Look::Warn, "!"), ui.wrap(&words, 2, 2)));
        if !self.report.notes.contains(&words) {
            self.report.notes.push(words);
        }
    }

    /// What went wrong, before it is asked again.
    pub fn trouble(&self, failure: &Failure) {
        let ui = &self.context.ui;
        ui.failure(&format!("{} ", ui.paint(Look::Bad, "x")), 2, failure);
    }

    /// A line of text. `check` gives it as it is to be written, or says what is wrong.
    pub fn text(
        &self,
        question: &Question<'_>,
        given: Option<&str>,
        default: Option<&str>,
        check: impl Fn(&str) -> std::result::Result<String, String>,
    ) -> Result<String> {
        let check = |text: &str| check(text.trim());
        let present = self.document.text(question.key);
        let mut proposed = present.or_else(|| default.map(str::to_owned));
        if let Some(given) = given {
            match check(given) {
                Ok(value) => {
                    self.watch.answered(question.flag, &value);
                    return Ok(value);
                }
                Err(why) if !self.asks() => return Err(refused(question.flag, &why)),
                Err(why) => {
                    self.context.ui.problem(&format!("{}: {why}", question.flag));
                    proposed = None;
                }
            }
        }
        if !self.asks() {
            let Some(proposed) = proposed else { return Err(refused(question.flag, "is missing")) };
            return check(&proposed).map_err(|why| refused(question.flag, &why));
        }
        let ask = |text: &str| check(text).map(|_| ());
        let answer = self.context.ui.ask_text(question.words, proposed.as_deref(), question.flag, ask)?;
        let value = check(&answer).map_err(|why| refused(question.flag, &why))?;
        self.watch.answered(question.flag, &value);
        Ok(value)
    }

    /// A yes or a no.
    pub fn flag(&self, question: &Question<'_>, given: Option<bool>, default: bool) -> Result<bool> {
        if let Some(given) = given {
            self.watch.answered(question.flag, &given.to_string());
            return Ok(given);
        }
        let present = self.document.flag(question.key).unwrap_or(default);
        if !self.asks() {
            return Ok(present);
        }
        let ui = &self.context.ui;
        let chosen = ui.choose(question.words, &["yes", "no"], usize::from(!present), question.flag)? == 0;
        self.watch.answered(question.flag, &chosen.to_string());
        Ok(chosen)
    }

    /// One of several; gives its place.
    pub fn choose(&self, words: &str, items: &[&str], default: usize) -> Result<usize> {
        self.context.ui.choose(words, items, default, "--no-input")
    }

    /// A path as typed at the shell: from the current folder, `~` for the home.
    pub fn absolute(&self, typed: &str) -> PathBuf {
        let home = self.context.environment.get("HOME");
        let path = match (typed.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => Path::new(home).join(rest),
            _ => PathBuf::from(typed),
        };
        std::path::absolute(&path).unwrap_or(path)
    }

    /// The same as psactl.toml has it: relative where it lies in the file's folder.
    pub fn stored(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.folder).map_or_else(|_| path.to_owned(), Path::to_owned)
    }

    /// A path of psactl.toml as it would be typed here.
    pub fn shown(&self, key: &str) -> Option<String> {
        let path = self.folder.join(self.document.text(key)?);
        let here = std::env::current_dir().unwrap_or_default();
        Some(path.strip_prefix(&here).unwrap_or(&path).display().to_string())
    }

    /// The value of a secret, whether it was just typed or is kept already.
    pub fn secret_of(&self, key: &str) -> Option<(SecretSource, Result<SecretString>)> {
        let source = self.document.secret(key)?;
        let typed = self.typed.iter().find(|typed| SecretSource::File(self.stored(&typed.path)) == source);
        let value = match typed {
            Some(typed) => Ok(typed.value.clone()),
            None => self.read(&source),
        };
        Some((source, value))
    }

    /// Reads a secret from where it is.
    pub fn read(&self, source: &SecretSource) -> Result<SecretString> {
        // A command runs in the file's folder, which may not be there yet.
        let here = PathBuf::from(".");
        let commands = matches!(source, SecretSource::Command(_));
        let folder = if commands && !self.folder.is_dir() { &here } else { &self.folder };
        let variable = |name: &str| self.context.environment.get(name).map(str::to_owned);
        Ok(source.read_in(folder, variable)?)
    }
}

/// A value that the command line gives and that cannot be used.
pub(super) fn refused(flag: &str, why: &str) -> Failure {
    Failure::new(Exit::Usage, format!("{flag}: {why}")).hint("psactl init --help shows every flag")
}
