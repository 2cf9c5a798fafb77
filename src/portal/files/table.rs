//! A CSV file as a header and rows that know their lines. Stricter than CSV has to be: a stray quote that
//! swallows the next rows would make customers vanish without a word.

use super::super::Error;
use std::path::{Path, PathBuf};

/// A header and its rows.
#[derive(Debug)]
pub(crate) struct Table {
    pub file: PathBuf,
    pub header: Vec<String>,
    pub rows: Vec<Row>,
    /// The line of the last row, where no line end follows it.
    pub unended: Option<u64>,
}

/// One row that is not empty; cells are trimmed.
#[derive(Debug)]
pub(crate) struct Row {
    /// Line from 1 on which it begins.
    pub line: u64,
    pub cells: Vec<String>,
}

impl Table {
    /// Reads the bytes of an export.
    pub fn read(bytes: &[u8], file: &Path) -> Result<Table, Error> {
        let text = utf8(bytes, file)?;
        let delimiter = delimiter_of(text);
        check_quotes(text, delimiter, file)?;
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_bytes());
        let mut table =
            Table { file: file.to_path_buf(), header: Vec::new(), rows: Vec::new(), unended: None };
        // The reader counts the line ends between records to the record before: count them ourselves.
        let mut lines = LineCounter::new(text);
        for record in reader.records() {
            let record = record.map_err(|error| broken(file, None, format!("is not CSV: {error}")))?;
            let start = record.position().map_or(0, csv::Position::byte);
            let line = lines.line_of_record(start);
            let cells: Vec<String> = record.iter().map(|cell| cell.trim().to_string()).collect();
            if cells.iter().all(String::is_empty) {
                continue;
            }
            if table.header.is_empty() {
                table.header = cells;
            } else {
                table.rows.push(Row { line, cells });
            }
        }
        if table.header.is_empty() {
            return Err(broken(file, None, "is empty: expected a header line".to_string()));
        }
        if !text.ends_with(['\n', '\r']) {
            table.unended = Some(table.rows.last().map_or(1, |row| row.line));
        }
        Ok(table)
    }
}

/// An error about the file as a whole.
pub(in crate::portal) fn broken(file: &Path, line: Option<u64>, reason: String) -> Error {
    Error::NotUnderstood {
        path: file.to_path_buf(),
        line,
        reason,
        hint: "export it anew; examples/accounts.csv and examples/events.csv show what is expected"
            .to_string(),
    }
}

fn utf8<'a>(bytes: &'a [u8], file: &Path) -> Result<&'a str, Error> {
    let wrong = |line, reason: &str| Error::NotUnderstood {
        path: file.to_path_buf(),
        line,
        reason: reason.to_string(),
        hint: "save it as \"CSV UTF-8\"".to_string(),
    };
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(wrong(None, "is UTF-16, expected UTF-8"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.contains(&0) {
        return Err(wrong(None, "contains zero bytes: not UTF-8 text"));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        wrong(Some(line), "is not UTF-8 text")
    })
}

/// The delimiter that the header line has most of, outside quotes.
fn delimiter_of(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in header.bytes() {
        if byte == b'"' {
            quoted = !quoted;
        } else if !quoted && let Some((_, count)) = counts.iter_mut().find(|(known, _)| *known == byte) {
            *count += 1;
        }
    }
    // The first of equals, so that a header of one column is read with commas.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| delimiter)
}

/// Refuses a quote that is never closed, and text after a closing quote.
fn check_quotes(text: &str, delimiter: u8, file: &Path) -> Result<(), Error> {
    let bytes = text.as_bytes();
    let mut line: u64 = 1;
    let mut at_start = true;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b'"' && at_start {
            let opened = line;
            at += 1;
            loop {
                match bytes.get(at) {
                    None => {
                        let reason = "a quote is opened here and never closed".to_string();
                        return Err(broken(file, Some(opened), reason));
                    }
                    Some(b'"') if bytes.get(at + 1) == Some(&b'"') => at += 2,
                    Some(b'"') => break,
                    Some(other) => {
                        line += u64::from(*other == b'\n');
                        at += 1;
                    }
                }
            }
            match bytes.get(at + 1) {
                None | Some(b'\n' | b'\r') => {}
                Some(next) if *next == delimiter => {}
                Some(_) => {
                    let reason = format!("text follows a closing quote (opened on line {opened})");
                    return Err(broken(file, Some(line), reason));
                }
            }
            at_start = false;
        } else {
            at_start = byte == delimiter || byte == b'\n' || byte == b'\r';
            line += u64::from(byte == b'\n');
        }
        at += 1;
    }
    Ok(())
}

/// Turns rising byte offsets into lines.
struct LineCounter<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> LineCounter<'a> {
    fn new(text: &'a str) -> Self {
        LineCounter { bytes: text.as_bytes(), at: 0, line: 1 }
    }

    /// The line on which the record begins whose reading began at `offset`, empty lines passed over.
    fn line_of_record(&mut self, offset: u64) -> u64 {
        let mut start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.bytes.len());
        while start < self.bytes.len() && matches!(self.bytes[start], b'\n' | b'\r') {
            start += 1;
        }
        while self.at < start {
            self.line += u64::from(self.bytes[self.at] == b'\n');
            self.at += 1;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Table, String> {
        Table::read(text.as_bytes(), Path::new("a.csv")).map_err(|error| error.to_string())
    }

    fn lines(text: &str) -> Vec<(u64, Vec<String>)> {
        read(text).expect("readable").rows.into_iter().map(|row| (row.line, row.cells)).collect()
    }

    #[test]
    fn rows_know_the_lines_they_begin_on() {
        let text = "\n\na,b\r\n1,\"x\r\ny\"\r\n\r\n\r\n2,z\n,\n3,\"\"\"q\"\"\"\n";
        let found: Vec<u64> = lines(text).iter().map(|(line, _)| *line).collect();
        assert_eq!(found, [4, 8, 10]);
        assert_eq!(lines(text)[2].1, ["3", "\"q\""]);
        assert_eq!(lines(text)[0].1, ["1", "x\r\ny"]);
    }

    #[test]
    fn delimiters_are_found_in_the_header() {
        assert_eq!(read("a;b;\"c,d,e\"\n1;2;3").expect("readable").header, ["a", "b", "c,d,e"]);
        assert_eq!(read("a\tb\n1\t2").expect("readable").header, ["a", "b"]);
        assert_eq!(read("a\n1").expect("readable").header, ["a"]);
    }

    #[test]
    fn files_that_are_not_tables() {
        for (bytes, expected) in [
            (&b""[..], "a.csv: is empty: expected a header line"),
            (b"\xef\xbb\xbf\n \n", "a.csv: is empty: expected a header line"),
            (b"\xff\xfea\0,\0", "a.csv: is UTF-16, expected UTF-8"),
            (b"a,b\n1,2\n3,\xe9\n", "a.csv:3: is not UTF-8 text"),
            (b"a,b\n1,\"2\n3,4\n", "a.csv:2: a quote is opened here and never closed"),
            (b"a,b\n1,\"2\n3,\"4\"\n", "a.csv:3: text follows a closing quote (opened on line 2)"),
        ] {
            let error = Table::read(bytes, Path::new("a.csv")).expect_err("refused");
            assert_eq!(error.to_string(), expected);
        }
    }
}
