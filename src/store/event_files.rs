//! The files of an event log as they were last found: what was read is not read again, and what was left out of it is
//! not forgotten.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::{Result, Store, moment, seconds};
use crate::portal::{EventLog, FileState, LogFile, RowProblem};

/// What is remembered of a file of an event log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFile {
    /// Equal marks, and nothing in it is news; empty: it is to be read again.
    pub mark: String,
    /// Whether it has no end yet.
    pub unfinished: bool,
    /// What was left out of it.
    pub problems: Vec<RowProblem>,
    /// Since when it is as it is.
    pub since: Timestamp,
}

/// More rows than that are counted, not listed.
const MOST: usize = 100;

/// A row that was left out, as it is kept; the file is the row's own.
#[derive(Serialize, Deserialize)]
struct Kept {
    line: u64,
    column: String,
    account: Option<String>,
    cid: Option<String>,
    reason: String,
}

impl Kept {
    fn of(problem: &RowProblem) -> Kept {
        let RowProblem { line, column, account, cid, reason, .. } = problem.clone();
        Kept { line, column, account, cid, reason }
    }

    fn problem(self, path: &str) -> RowProblem {
        let Kept { line, column, account, cid, reason } = self;
        RowProblem { file: PathBuf::from(path), line, column, account, cid, reason }
    }
}

/// The rows that are listed: all, or the first with a count of the others.
fn listed(problems: &[RowProblem]) -> Vec<RowProblem> {
    let mut listed: Vec<RowProblem> = problems.iter().take(MOST).cloned().collect();
    if let Some(next) = problems.get(MOST) {
        listed.push(RowProblem {
            column: String::new(),
            account: None,
            cid: None,
            reason: format!(
                "{} more rows from here on are left out: psactl portal check --output json lists them",
                problems.len() - MOST
            ),
            ..next.clone()
        });
    }
    listed
}

impl Store {
    /// What is remembered of a source's files, by path.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn event_files(&self, source: &str) -> Result<BTreeMap<PathBuf, EventFile>> {
        let mut query = self
            .db
            .prepare_cached("SELECT path, mark, state, problems, since FROM event_files WHERE source = ?1")?;
        let rows = query.query_map([source], |row| {
            let path: String = row.get(0)?;
            let problems: Vec<Kept> = serde_json::from_str(&row.get::<_, String>(3)?).unwrap_or_default();
            let problems = problems.into_iter().map(|kept| kept.problem(&path)).collect();
            let unfinished = row.get::<_, String>(2)? == word(FileState::Unfinished);
            let since = moment(row.get(4)?);
            Ok((PathBuf::from(path), EventFile { mark: row.get(1)?, unfinished, problems, since }))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Remembers the files of a source as they were found now, and that their folder was looked at. Those that are gone
    /// are forgotten after `horizon`.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn note_event_files(
        &self,
        source: &str,
        log: &EventLog,
        horizon: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        self.together(|| {
            // One that stays without an end has been so since it was first seen.
            let mut note = self.db.prepare_cached(
                "INSERT INTO event_files (source, path, mark, state, digest, rows, problems, since)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (source, path) DO UPDATE SET mark = ?3, state = ?4, digest = ?5, rows = ?6,
                   problems = ?7,
                   since = CASE WHEN state = ?4 AND state = 'unfinished' THEN min(since, ?8) ELSE ?8 END",
            )?;
            let files = &log.files;
            let folder = LogFile { path: log.file.clone(), mark: "folder".to_owned(), ..LogFile::default() };
            let several = !files.is_empty() && files.iter().all(|file| file.path != log.file);
            let folder = several.then_some(&folder);
            for file in files.iter().chain(folder).filter(|file| file.state != FileState::Known) {
                let problems: Vec<Kept> = listed(&file.problems).iter().map(Kept::of).collect();
                note.execute(params![
                    source,
                    file.path.to_string_lossy(),
                    file.mark,
                    word(file.state),
                    file.digest,
                    i64::try_from(file.rows).unwrap_or(i64::MAX),
                    serde_json::to_string(&problems)?,
                    seconds(now)
                ])?;
            }
            let there: std::collections::HashSet<&str> =
                files.iter().filter_map(|file| file.path.to_str()).collect();
            let mut old =
                self.db.prepare_cached("SELECT path FROM event_files WHERE source = ?1 AND since < ?2")?;
            let old: Vec<String> = old
                .query_map(params![source, seconds(horizon)], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            for path in old.iter().filter(|path| !there.contains(path.as_str())) {
                self.db
                    .prepare_cached("DELETE FROM event_files WHERE source = ?1 AND path = ?2")?
                    .execute([source, path])?;
            }
            Ok(())
        })
    }
}

fn word(state: FileState) -> &'static str {
    match state {
        FileState::Read => "read",
        FileState::Known => "known",
        FileState::TooOld => "too-old",
        FileState::Unfinished => "unfinished",
        FileState::Empty => "empty",
        FileState::Unusable => "unusable",
    }
}
