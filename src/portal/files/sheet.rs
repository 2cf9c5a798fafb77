//! An export as a header and rows, whatever it is written in.

use super::super::Error;
use super::encoding::Text;
use super::json::{self, JsonRows};
use super::stream::Scanned;
use super::table::{CsvLines, delimiter_name};
use std::io::Read;
use std::path::Path;

/// An export that is being read.
pub(super) struct Sheet<'t> {
    /// The headings, or the names of JSON.
    pub header: Vec<String>,
    /// What it is written in: "CSV, UTF-8, separated by commas".
    pub format: String,
    /// Letters beyond ASCII are a guess (see [`Text::guessed`]).
    pub guessed: bool,
    body: Body<'t>,
}

enum Body<'t> {
    Csv(CsvLines<'t>),
    Json(JsonRows<'t>),
}

/// A row, whose room is used again for the next.
#[derive(Default)]
pub(super) struct Row {
    /// Line from 1 on which it begins.
    pub line: u64,
    /// What is wrong with the row as such.
    pub flaw: Option<String>,
    record: csv::StringRecord,
    /// Of JSON; of CSV it is empty.
    pub cells: Vec<Cell>,
}

/// A value of JSON as text.
#[derive(Default)]
pub(super) struct Cell {
    pub text: String,
    pub kind: Kind,
}

/// What a value is written as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// As text.
    #[default]
    Text,
    /// As a number of JSON, which has one way to be written.
    Number,
    /// As something that is no value, and what.
    Nested(&'static str),
}

impl Cell {
    pub fn clear(&mut self) {
        self.text.clear();
        self.kind = Kind::Text;
    }
}

impl Row {
    /// A cell, trimmed; empty where there is none.
    pub fn cell(&self, at: usize) -> &str {
        match self.cells.get(at) {
            Some(cell) => &cell.text,
            None => self.record.get(at).unwrap_or_default(),
        }
    }

    /// What a cell is written as.
    pub fn kind(&self, at: usize) -> Kind {
        self.cells.get(at).map_or(Kind::Text, |cell| cell.kind)
    }
}

impl<'t> Sheet<'t> {
    /// Reads the header.
    pub fn open(text: &'t Text<'_>, file: &Path) -> Result<Sheet<'t>, Error> {
        let encoding = text.encoding;
        let (header, format, body) = if json::is_json(&text.text) {
            let (header, rows) = JsonRows::new(&text.text, file)?;
            let kind = if rows.lines { "JSON Lines" } else { "JSON" };
            (header, format!("{kind}, {encoding}"), Body::Json(rows))
        } else {
            let (header, lines) = CsvLines::new(&text.text, file)?;
            let parted = delimiter_name(lines.delimiter);
            (header, format!("CSV, {encoding}, separated by {parted}"), Body::Csv(lines))
        };
        Ok(Sheet { header, format, guessed: text.guessed, body })
    }

    /// Reads the header of a CSV file that was gone through.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn stream(scanned: &Scanned, text: impl Read + 't, file: &Path) -> Result<Sheet<'t>, Error> {
        let (header, lines) = CsvLines::reading(text, scanned.beginning, file)?;
        let parted = delimiter_name(lines.delimiter);
        let format = format!("CSV, {}, separated by {parted}", scanned.encoding);
        Ok(Sheet { header, format, guessed: false, body: Body::Csv(lines) })
    }

    /// Reads the next row that is not empty; false at the end.
    pub fn read(&mut self, row: &mut Row) -> Result<bool, Error> {
        match &mut self.body {
            Body::Json(rows) => Ok(rows.read(row)),
            Body::Csv(lines) => {
                let Some(line) = lines.read(&mut row.record)? else { return Ok(false) };
                row.line = line;
                // Nobody knows which cell shifted: the row could be anyone's.
                row.flaw = (row.record.len() != self.header.len()).then(|| {
                    format!("has {} fields where the header has {}", row.record.len(), self.header.len())
                });
                Ok(true)
            }
        }
    }

    /// The line of the last row, where no line end follows it and one may be missing. Right at the end.
    pub fn unended(&self) -> Option<u64> {
        match &self.body {
            Body::Csv(lines) => lines.unended(),
            Body::Json(rows) => rows.unended(),
        }
    }
}
