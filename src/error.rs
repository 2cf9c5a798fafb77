//! What failed, why, what to do next, and the exit code a scheduler sees.
//!
//! Lower floors have error enums of their own. They become a [`Failure`] here and nowhere else, so that a
//! hint or an exit code cannot be forgotten at a call site.

use std::fmt;

use crate::{config, portal, psa, store};

/// The exit codes of psactl. They are API: a scheduler decides by them without reading text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do; no person is needed.
    Done,
    /// An unexpected failure, or an act of the demo that had no effect.
    Unexpected,
    /// The command line is wrong.
    Usage,
    /// Configuration is missing or invalid, or set-up is not finished.
    Configuration,
    /// Login or rights were refused.
    Refused,
    /// PSA or portal is unreachable, timed out or limiting, after retries.
    Unreachable,
    /// Done in part: something failed, is held or is blocked.
    Partial,
    /// Another psactl is at work.
    Busy,
    /// A check found something.
    Found,
    /// Interrupted.
    Interrupted,
}

impl Exit {
    /// All of them, by their numbers.
    pub const ALL: [Exit; 10] = [
        Exit::Done,
        Exit::Unexpected,
        Exit::Usage,
        Exit::Configuration,
        Exit::Refused,
        Exit::Unreachable,
        Exit::Partial,
        Exit::Busy,
        Exit::Found,
        Exit::Interrupted,
    ];

    /// What it means, and what a scheduler or a person does about it.
    pub fn meaning(self) -> (&'static str, &'static str) {
        match self {
            Exit::Done => ("done, or nothing to do; no person is needed", "nothing"),
            Exit::Unexpected => ("unexpected failure; a demo step without effect", "report it"),
            Exit::Usage => ("wrong command line", "mend the job"),
            Exit::Configuration => {
                ("configuration missing or invalid, or set-up not finished", "psactl init, then psactl setup")
            }
            Exit::Refused => ("login or rights refused", "psactl doctor"),
            Exit::Unreachable => (
                "ConnectWise or the portal unreachable, timed out or limiting, after retries",
                "the next run tries again",
            ),
            Exit::Partial => (
                "done in part: something failed, is held or is blocked (said when new, then every remind_every); or a customer, \
                 run or event that was named is not there",
                "psactl status, psactl review",
            ),
            Exit::Busy => ("another psactl is at work", "alert only if it repeats"),
            Exit::Found => (
                "a check found something (doctor, portal check, setup --check, report --due, sync --dry-run --exit-code)",
                "read it",
            ),
            Exit::Interrupted => ("interrupted, or a question was answered with no", "run it again"),
        }
    }

    /// The number handed to the operating system.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Unexpected => 1,
            Exit::Usage => 2,
            Exit::Configuration => 3,
            Exit::Refused => 4,
            Exit::Unreachable => 5,
            Exit::Partial => 6,
            Exit::Busy => 7,
            Exit::Found => 8,
            Exit::Interrupted => 130,
        }
    }
}

/// A failure that ends a command: what was tried with its causes, what to do next, and the exit code.
pub struct Failure {
    /// The code the process ends with.
    pub exit: Exit,
    /// What failed, outermost first.
    pub error: anyhow::Error,
    /// What to do next: commands to type or places to click.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure in our own words.
    pub fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Failure { exit, error: anyhow::anyhow!("{message}"), hints: Vec::new() }
    }

    /// Adds one thing to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Says what was being attempted.
    pub fn context(mut self, attempt: impl fmt::Display) -> Self {
        self.error = self.error.context(attempt.to_string());
        self
    }

    /// What failed and each of its causes, outermost first. One cause may be several, as the mistakes of a file are.
    pub fn causes(&self) -> Vec<Vec<String>> {
        let told = |cause: &(dyn std::error::Error + 'static)| match cause.downcast_ref::<config::Error>() {
            Some(error) => error.lines(),
            None => vec![cause.to_string()],
        };
        self.error.chain().map(told).collect()
    }

    /// The same failure where the portal's data were `read_before`: what was read is configured rightly, and it is the
    /// portal that does not deliver.
    pub fn undelivered(self, read_before: bool) -> Self {
        let exit = match self.exit {
            Exit::Configuration if read_before => Exit::Unreachable,
            exit => exit,
        };
        Failure { exit, ..self }
    }

    /// What ConnectWise answered, where that is what failed.
    pub fn psa(&self) -> Option<&psa::Error> {
        self.error.downcast_ref()
    }

    /// The whole chain in one line, for the event log and JSON.
    pub fn line(&self) -> String {
        self.error.chain().map(|cause| cause.to_string()).collect::<Vec<_>>().join(": ")
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (exit {})", self.line(), self.exit.code())
    }
}

/// The outcome of everything a command calls.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl From<psa::Error> for Failure {
    fn from(error: psa::Error) -> Self {
        let exit = exit_of(&error);
        let hints = error.hints();
        Failure { exit, error: error.into(), hints }
    }
}

/// The exit code that a refusal or failure of ConnectWise leads to.
fn exit_of(error: &psa::Error) -> Exit {
    if error.is_login_or_rights() {
        Exit::Refused
    } else if error.is_configuration() {
        Exit::Configuration
    } else if error.is_unreachable() {
        Exit::Unreachable
    } else {
        Exit::Partial
    }
}

impl From<config::Error> for Failure {
    fn from(error: config::Error) -> Self {
        let hints = error.hints();
        Failure { exit: Exit::Configuration, error: error.into(), hints }
    }
}

impl From<portal::Error> for Failure {
    fn from(error: portal::Error) -> Self {
        let hints = error.hints();
        let exit = match error {
            portal::Error::Refused { .. } => Exit::Refused,
            portal::Error::Unreachable { .. } => Exit::Unreachable,
            portal::Error::Unwritable { .. } => Exit::Unexpected,
            _ => Exit::Configuration,
        };
        Failure { exit, error: error.into(), hints }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        let exit = match error {
            _ if error.is_busy() => Exit::Busy,
            store::Error::Newer { .. } | store::Error::NoFolder | store::Error::OtherCompany { .. } => {
                Exit::Configuration
            }
            _ => Exit::Unexpected,
        };
        let hints = error.hints();
        Failure { exit, error: error.into(), hints }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure { exit: Exit::Unexpected, error, hints: Vec::new() }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure { exit: Exit::Unexpected, error: error.into(), hints: Vec::new() }
    }
}
