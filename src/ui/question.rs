//! Questions. Only a terminal is ever asked; everything else must be told by flags.

use std::io::Write;

use super::Ui;
use crate::error::{Exit, Failure, Result};

impl Ui {
    /// Asks for a yes. The default is no. Without a terminal nothing is asked: the error names `flag`, the
    /// unattended way to say yes.
    pub fn confirm(&self, question: &str, flag: &str) -> Result<bool> {
        if !self.may_ask() {
            return Err(Failure::new(
                Exit::Usage,
                format!("a yes is needed and nobody can be asked: {question}"),
            )
            .hint(format!("say yes on the command line: {flag}")));
        }
        dialoguer::Confirm::new().with_prompt(question).default(false).interact().map_err(|error| {
            // Ctrl-C inside a prompt leaves the cursor hidden.
            let _closed = write!(std::io::stderr(), "\x1b[?25h");
            let dialoguer::Error::IO(cause) = error;
            if cause.kind() == std::io::ErrorKind::Interrupted {
                return Failure::new(Exit::Interrupted, "interrupted at a question")
                    .hint("run the command again: it goes on from where it stopped");
            }
            Failure::new(Exit::Interrupted, format!("the question was not answered: {cause}"))
        })
    }
}
