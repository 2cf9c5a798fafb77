//! What can go wrong with the state, told apart, since each has another remedy.

use rusqlite::ffi::ErrorCode;

use super::VERSION;

/// What can go wrong with the state.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another psactl holds the lock.
    #[error("another psactl is at work in {folder}: {holder}")]
    Locked {
        /// The state folder.
        folder: String,
        /// Who holds it, since when.
        holder: String,
    },
    /// The database was written by a newer psactl.
    #[error("the state in {file} has format {found}; this psactl knows up to {VERSION}")]
    Newer {
        /// The database file.
        file: String,
        /// The format found.
        found: i64,
    },
    /// The database is another program's.
    #[error("the state in {file} is a database, but not one of psactl's")]
    Foreign {
        /// The database file.
        file: String,
    },
    /// The state was made with another ConnectWise than the configured one.
    #[error(
        "the state in {folder} is that of the ConnectWise company {known}, and psactl.toml names {configured}: its links \
         and records are another's"
    )]
    OtherCompany {
        /// The state folder.
        folder: String,
        /// The company ID that the state was made with.
        known: String,
        /// The configured company ID.
        configured: String,
    },
    /// The database could not be brought to the format of this program.
    #[error(
        "the state in {file} could not be brought from format {from} to {VERSION} and was left as it was"
    )]
    Migration {
        /// The database file.
        file: String,
        /// Its format.
        from: i64,
        /// What failed.
        #[source]
        source: Box<Error>,
    },
    /// No home or state folder can be found.
    #[error("no folder for the state can be found")]
    NoFolder,
    /// Others than its owner may write to a file or folder of the state.
    #[error("the state in {path} may be written by others on this machine (mode {mode:04o})")]
    Open {
        /// The file or folder.
        path: String,
        /// Its rights.
        mode: u32,
    },
    /// A file or folder of the state cannot be used.
    #[error("the state in {path}: {source}")]
    Io {
        /// The file or folder.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database file cannot be used.
    #[error("the state in {path} {}", said(.problem))]
    Unusable {
        /// The database file.
        path: String,
        /// What SQLite said.
        problem: rusqlite::Error,
    },
    /// SQLite refused.
    #[error("the state database {}", said(.0))]
    Database(rusqlite::Error),
    /// A record of the state cannot be read back.
    #[error("a record of the state cannot be read: {0}")]
    Record(#[from] serde_json::Error),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Error::Database(error)
    }
}

/// Why SQLite refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Damaged,
    NoDatabase,
    ReadOnly,
    Busy,
    Full,
    Closed,
    Other,
}

fn cause(error: &rusqlite::Error) -> Cause {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt) => Cause::Damaged,
        Some(ErrorCode::NotADatabase) => Cause::NoDatabase,
        Some(ErrorCode::ReadOnly) => Cause::ReadOnly,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
            Cause::Busy
        }
        Some(ErrorCode::DiskFull) => Cause::Full,
        Some(
            ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied,
        ) => Cause::Closed,
        _ => Cause::Other,
    }
}

fn said(error: &rusqlite::Error) -> String {
    match cause(error) {
        Cause::Damaged => format!("is damaged ({error})"),
        Cause::NoDatabase => "is not a database".to_owned(),
        Cause::ReadOnly => "cannot be written: the file or its folder is read-only".to_owned(),
        Cause::Busy => "is kept busy by another process".to_owned(),
        Cause::Full => "cannot be written: the disk is full".to_owned(),
        Cause::Closed => format!("cannot be opened ({error})"),
        Cause::Other => format!("cannot be used: {error}"),
    }
}

impl Error {
    /// Whether the file is damaged, or none of SQLite's: nothing of it can be read any more.
    pub fn is_unreadable(&self) -> bool {
        match self {
            Error::Unusable { problem: source, .. } | Error::Database(source) => {
                matches!(cause(source), Cause::Damaged | Cause::NoDatabase)
            }
            Error::Migration { source, .. } => source.is_unreadable(),
            _ => false,
        }
    }

    /// Whether waiting is the remedy.
    pub fn is_busy(&self) -> bool {
        match self {
            Error::Locked { .. } => true,
            Error::Unusable { problem: source, .. } | Error::Database(source) => cause(source) == Cause::Busy,
            Error::Migration { source, .. } => source.is_busy(),
            _ => false,
        }
    }

    /// What to do next.
    pub fn hints(&self) -> Vec<String> {
        if let Error::Open { path, .. } = self {
            return vec![format!("chmod go-w {path}, or name a folder of psactl's own with --state")];
        }
        const RESTORE: &str = "psactl changes nothing while its state cannot be read: restore the file from a backup, \
                               or start anew from ConnectWise with psactl state rebuild";
        let hint = match self {
            Error::OtherCompany { .. } => {
                return vec![
                    "name the folder of this ConnectWise's state with --state DIR or PSACTL_STATE, or a new one".to_owned(),
                    "where it is the same ConnectWise, and only its company ID was changed: psactl state keep".to_owned(),
                ];
            }
            Error::Locked { .. } => "wait for it to end; the lock goes with its process",
            Error::Newer { .. } => "use the newer psactl, or another folder with --state",
            Error::Foreign { .. } => "name psactl's own folder with --state DIR or PSACTL_STATE",
            Error::NoFolder => "name a folder with --state DIR or PSACTL_STATE",
            Error::Open { .. } | Error::Io { .. } => {
                "check the folder and its rights, or name another with --state"
            }
            Error::Migration { source, .. } => match source.as_ref() {
                Error::Database(problem) if cause(problem) == Cause::Other => {
                    "the psactl that wrote it can still be used; please report this"
                }
                other => return other.hints(),
            },
            Error::Record(_) => RESTORE,
            Error::Unusable { problem: source, .. } | Error::Database(source) => match cause(source) {
                Cause::Damaged | Cause::NoDatabase | Cause::Other => RESTORE,
                Cause::ReadOnly | Cause::Closed => {
                    "check the rights of the folder and of psactl.db in it, or name another folder with --state"
                }
                Cause::Busy => {
                    "wait for the other process to end: a backup, or a tool that has psactl.db open"
                }
                Cause::Full => "make room on that disk; nothing that was written before is lost",
            },
        };
        vec![hint.to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_of_the_database_is_told_apart() {
        let said = |code| {
            let error = Error::Unusable {
                path: "psactl.db".to_owned(),
                problem: rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None),
            };
            format!("{error} / {}", error.hints().join(" "))
        };
        for (code, word, hint) in [
            (rusqlite::ffi::SQLITE_CORRUPT, "is damaged", "restore the file"),
            (rusqlite::ffi::SQLITE_NOTADB, "is not a database", "restore the file"),
            (rusqlite::ffi::SQLITE_READONLY, "read-only", "check the rights"),
            (rusqlite::ffi::SQLITE_BUSY, "busy by another process", "wait for the other"),
            (rusqlite::ffi::SQLITE_FULL, "the disk is full", "make room"),
            (rusqlite::ffi::SQLITE_CANTOPEN, "cannot be opened", "check the rights"),
            (rusqlite::ffi::SQLITE_IOERR, "cannot be used", "restore the file"),
        ] {
            let said = said(code);
            assert!(said.contains(word) && said.contains(hint), "{code}: {said}");
        }
    }
}
