//! What can be wrong with the configuration, and what to do about it.

use crate::ui::text;
use std::fmt;
use std::path::PathBuf;

/// Where a problem is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The file as a whole: something is missing.
    Whole,
    /// A line and a column (in characters), both counted from 1.
    File {
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
    /// An environment variable that overrides a key.
    Variable(String),
}

/// One mistake, in words that never contain a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it is.
    pub at: Place,
    /// What is wrong and, where it can be said, what would be right.
    pub message: String,
}

/// Why there is no usable configuration, or why a secret cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No psactl.toml where it was looked for.
    #[error("no configuration: {}", looked_in(.looked))]
    NotFound {
        /// The places, in the order of the search.
        looked: Vec<PathBuf>,
    },
    /// The file is there and cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Others than its owner may write the file: they could lead the login elsewhere, or have commands run.
    #[error("{} may be written by others on this machine (mode {mode:04o})", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its rights.
        mode: u32,
    },
    /// The file is no text that TOML could be.
    #[error("{}: {reason}", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// Which kind of not-text.
        reason: &'static str,
    },
    /// The file was read and has mistakes: all of them, in the order of the file.
    #[error("{}", listed(path, problems).join("\n"))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// At least one.
        problems: Vec<Problem>,
    },
    /// A secret could not be read, or cannot be one.
    #[error("{origin} {reason}")]
    Secret {
        /// `secret file /etc/psactl/private-key`, `secret command`, `secret variable PSA_KEY`.
        origin: String,
        /// What is wrong; never the secret.
        reason: String,
        /// What to do.
        hint: String,
    },
}

impl Error {
    /// Each mistake by itself.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Error::Invalid { path, problems } => listed(path, problems),
            other => vec![other.to_string()],
        }
    }

    /// What the technician can do next, most likely first.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Error::NotFound { .. } => vec![
                "psactl init asks for what is needed, tests it and writes the file".to_string(),
                "psactl sandbox --write-config trial/psactl.toml, to try without a ConnectWise".to_string(),
                "name the file with --config FILE or PSACTL_CONFIG".to_string(),
            ],
            Error::Unreadable { path, .. } => {
                vec![format!("check that {} is a file that this account may read", path.display())]
            }
            Error::Open { path, .. } => {
                vec![format!("look at what stands in it, then: chmod go-w {}", path.display())]
            }
            Error::NotText { path, .. } => vec![format!("save {} as UTF-8 text", path.display())],
            Error::Invalid { .. } => {
                vec!["psactl help configuration shows every key with its meaning".to_string()]
            }
            Error::Secret { hint, .. } => vec![hint.clone()],
        }
    }
}

fn looked_in(looked: &[PathBuf]) -> String {
    match looked {
        [] => "this account has no configuration folder".to_string(),
        [one] => format!("{} does not exist", one.display()),
        many => {
            let names: Vec<String> = many.iter().map(|path| path.display().to_string()).collect();
            format!("none of {} exists", names.join(", "))
        }
    }
}

/// How much of one mistake is told, in characters: what was written may be of any length.
const LONGEST: usize = 500;

/// The error for these mistakes, with what they repeat of the file as text that a terminal can show.
pub(super) fn invalid(path: &std::path::Path, mut problems: Vec<Problem>) -> Error {
    for problem in &mut problems {
        problem.message = text::shorten(&text::clean(&problem.message), LONGEST);
    }
    Error::Invalid { path: path.to_path_buf(), problems }
}

fn listed(path: &std::path::Path, problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| match &problem.at {
            Place::Whole => format!("{}: {}", path.display(), problem.message),
            Place::File { line, column } => {
                format!("{}:{line}:{column}: {}", path.display(), problem.message)
            }
            Place::Variable(name) => format!("{name}: {}", problem.message),
        })
        .collect()
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Place::Whole => f.write_str(&self.message),
            Place::File { line, column } => write!(f, "{line}:{column}: {}", self.message),
            Place::Variable(name) => write!(f, "{name}: {}", self.message),
        }
    }
}
