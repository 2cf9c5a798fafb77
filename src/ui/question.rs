//! Questions. Only a terminal is ever asked; everything else must be told by flags.

use std::fmt;
use std::io::Write;

use dialoguer::theme::Theme;
use dialoguer::{Confirm, Input, MultiSelect, Select};
use secrecy::{ExposeSecret, SecretString};

use super::Ui;
use super::text::clean;
use crate::error::{Exit, Failure, Result};

impl Ui {
    /// What belongs to a question and stands before it: to stderr, where the question is.
    pub fn tell(&self, line: &str) {
        self.problem(line);
    }

    /// Asks for a yes. The default is no. Without a terminal nothing is asked: the error names `flag`, the
    /// unattended way to say yes.
    ///
    /// # Errors
    /// Without a terminal, and where the person ends it with Ctrl-C; so with every question here.
    pub fn confirm(&self, question: &str, flag: &str) -> Result<bool> {
        if !self.may_ask() {
            return Err(Failure::new(
                Exit::Usage,
                format!("a yes is needed and nobody can be asked: {question}"),
            )
            .hint(format!("say yes on the command line: {flag}")));
        }
        answered(Confirm::new().with_prompt(clean(question)).default(false).interact())
    }

    /// Shows what a question is about, at the question, and asks for a yes; a no ends the command.
    ///
    /// # Errors
    /// As [`Ui::confirm`]; after a no [`Exit::Interrupted`], saying what was not done.
    pub fn agree(&self, about: impl FnOnce(&Ui), question: &str, flag: &str, undone: &str) -> Result<()> {
        if self.may_ask() {
            about(&self.at_question());
        }
        match self.confirm(question, flag)? {
            true => Ok(()),
            false => Err(Failure::new(Exit::Interrupted, undone)),
        }
    }

    /// Asks for a line of text; an empty answer takes the default. What `check` refuses is asked again.
    ///
    /// # Errors
    /// As [`Ui::confirm`].
    pub fn ask_text(
        &self,
        question: &str,
        default: Option<&str>,
        flag: &str,
        check: impl Fn(&str) -> std::result::Result<(), String>,
    ) -> Result<String> {
        self.must_ask(question, flag)?;
        let mut input =
            Input::<String>::new().with_prompt(clean(question)).validate_with(|text: &String| check(text));
        if let Some(default) = default.filter(|default| !default.is_empty()) {
            input = input.default(default.to_owned());
        } else {
            input = input.allow_empty(check("").is_ok());
        }
        answered(input.interact_text())
    }

    /// Asks for a secret, without showing it. What `check` refuses is asked again.
    ///
    /// # Errors
    /// As [`Ui::confirm`].
    pub fn ask_secret(
        &self,
        question: &str,
        flag: &str,
        check: impl Fn(&str) -> std::result::Result<(), String>,
    ) -> Result<SecretString> {
        self.must_ask(question, flag)?;
        loop {
            let secret = answered(super::hidden::read(question).map_err(dialoguer::Error::IO))?;
            match check(secret.expose_secret()) {
                Ok(()) => return Ok(secret),
                Err(why) => self.problem(&why),
            }
        }
    }

    /// Lets one of several be chosen; gives its place.
    ///
    /// # Errors
    /// As [`Ui::confirm`].
    pub fn choose<S: AsRef<str>>(
        &self,
        question: &str,
        items: &[S],
        default: usize,
        flag: &str,
    ) -> Result<usize> {
        self.must_ask(question, flag)?;
        let items: Vec<String> = items.iter().map(|item| clean(item.as_ref())).collect();
        let last = items.len().saturating_sub(1);
        answered(
            Select::with_theme(&Plain)
                .with_prompt(clean(question))
                .items(items)
                .default(default.min(last))
                .interact(),
        )
    }

    /// Lets any of several be chosen, with those that are marked chosen already; gives their places.
    ///
    /// # Errors
    /// As [`Ui::confirm`].
    pub fn choose_many<S: AsRef<str>>(
        &self,
        question: &str,
        items: &[(S, bool)],
        flag: &str,
    ) -> Result<Vec<usize>> {
        self.must_ask(question, flag)?;
        let items: Vec<(String, bool)> = items.iter().map(|(item, on)| (clean(item.as_ref()), *on)).collect();
        let prompt = format!("{} (space marks, enter goes on)", clean(question));
        // Hundreds may be marked: they are not repeated when it goes on.
        answered(MultiSelect::new().with_prompt(prompt).items_checked(items).report(false).interact())
    }

    fn must_ask(&self, question: &str, flag: &str) -> Result<()> {
        if self.may_ask() {
            return Ok(());
        }
        let question = question.trim_end_matches('?');
        Err(Failure::new(Exit::Usage, format!("nobody can be asked here: {question}"))
            .hint(format!("say it on the command line: {flag}")))
    }
}

/// Questions end as they are written, with or without a question mark.
struct Plain;

impl Theme for Plain {
    fn format_prompt(&self, f: &mut dyn fmt::Write, prompt: &str) -> fmt::Result {
        write!(f, "{}", ended(prompt))
    }

    fn format_select_prompt_selection(
        &self,
        f: &mut dyn fmt::Write,
        prompt: &str,
        chosen: &str,
    ) -> fmt::Result {
        write!(f, "{} {chosen}", ended(prompt))
    }
}

fn ended(question: &str) -> String {
    if question.ends_with(['?', ':']) { question.to_owned() } else { format!("{question}:") }
}

/// The answer, or why there is none.
fn answered<T>(answer: dialoguer::Result<T>) -> Result<T> {
    answer.map_err(|error| {
        // Ctrl-C inside a prompt leaves the cursor hidden, and in its line.
        let _closed = writeln!(std::io::stderr(), "\x1b[?25h");
        let dialoguer::Error::IO(cause) = error;
        if cause.kind() == std::io::ErrorKind::Interrupted {
            return Failure::new(Exit::Interrupted, "interrupted at a question")
                .hint("run the command again: it goes on from where it stopped");
        }
        Failure::new(Exit::Interrupted, format!("the question was not answered: {cause}"))
    })
}
