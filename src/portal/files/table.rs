//! A CSV file as a header and rows that know their lines. Stricter than CSV has to be: a stray quote that
//! swallows the next rows would make customers vanish without a word.

use super::super::Error;
use super::encoding;
use std::path::{Path, PathBuf};

/// A header and its rows, all at once.
#[derive(Debug)]
pub(crate) struct Table {
    pub header: Vec<String>,
    pub rows: Vec<TableRow>,
}

/// One row that is not empty; cells are trimmed.
#[derive(Debug)]
pub(crate) struct TableRow {
    /// Line from 1 on which it begins.
    pub line: u64,
    pub cells: Vec<String>,
}

impl Table {
    /// Reads the bytes of a CSV file, in which every name decides something: no encoding is guessed.
    pub fn read(bytes: &[u8], file: &Path) -> Result<Table, Error> {
        let text = encoding::decode(bytes, file)?;
        if text.guessed {
            return Err(Error::NotUnderstood {
                path: file.to_path_buf(),
                line: None,
                reason: "is not UTF-8 text".to_string(),
                hint: "save it as \"CSV UTF-8\"".to_string(),
            });
        }
        let (header, mut lines) = CsvLines::new(&text.text, file)?;
        let mut table = Table { header, rows: Vec::new() };
        let mut record = csv::StringRecord::new();
        while let Some(line) = lines.read(&mut record)? {
            table.rows.push(TableRow { line, cells: record.iter().map(str::to_string).collect() });
        }
        Ok(table)
    }
}

/// The rows of a CSV text, one after the other.
pub(super) struct CsvLines<'t> {
    file: PathBuf,
    text: &'t str,
    pub delimiter: u8,
    reader: csv::Reader<&'t [u8]>,
    // The reader counts the line ends between records to the record before: count them ourselves.
    lines: LineCounter<'t>,
    last: u64,
}

impl<'t> CsvLines<'t> {
    /// The header, and the rows that follow it.
    pub fn new(text: &'t str, file: &Path) -> Result<(Vec<String>, CsvLines<'t>), Error> {
        // Excel's own first line, which names the delimiter.
        let (named, text, skipped) = match text.split_once('\n') {
            Some((first, rest)) => match named_delimiter(first) {
                Some(delimiter) => (Some(delimiter), rest, 1),
                None => (None, text, 0),
            },
            None => (None, text, 0),
        };
        let delimiter = match named {
            Some(delimiter) => delimiter,
            None => delimiter_of(text, file)?,
        };
        check_quotes(text, delimiter, skipped, file)?;
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let lines = LineCounter::new(text, skipped);
        let mut lines = CsvLines { file: file.to_path_buf(), text, delimiter, reader, lines, last: 1 };
        let mut header = csv::StringRecord::new();
        if lines.read(&mut header)?.is_none() {
            return Err(broken(file, None, "is empty: expected a header line".to_string()));
        }
        Ok((header.iter().map(str::to_string).collect(), lines))
    }

    /// The next row that is not empty, and the line on which it begins.
    pub fn read(&mut self, record: &mut csv::StringRecord) -> Result<Option<u64>, Error> {
        loop {
            let more = self
                .reader
                .read_record(record)
                .map_err(|error| broken(&self.file, None, format!("is not CSV: {error}")))?;
            if !more {
                return Ok(None);
            }
            if record.iter().all(str::is_empty) {
                continue;
            }
            let start = record.position().map_or(0, csv::Position::byte);
            self.last = self.lines.line_of_record(start);
            return Ok(Some(self.last));
        }
    }

    /// The line of the last row, where no line end follows it. Right once every row was read.
    pub fn unended(&self) -> Option<u64> {
        (!self.text.ends_with(['\n', '\r'])).then_some(self.last)
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

/// The delimiter in `sep=;`.
fn named_delimiter(line: &str) -> Option<u8> {
    match line.trim_end().trim_matches('"').strip_prefix("sep=")?.as_bytes() {
        [delimiter @ (b',' | b';' | b'\t' | b'|')] => Some(*delimiter),
        _ => None,
    }
}

/// The delimiter that the header line has most of, outside quotes.
fn delimiter_of(text: &str, file: &Path) -> Result<u8, Error> {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    for byte in header.bytes() {
        if byte == b'"' {
            quoted = !quoted;
        } else if !quoted && let Some((_, count)) = counts.iter_mut().find(|(known, _)| *known == byte) {
            *count += 1;
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    match counts {
        [(_, 0), ..] => Ok(b','),
        [(a, first), (b, second), ..] if first == second => {
            let [a, b] = [a, b].map(delimiter_name);
            Err(broken(
                file,
                Some(1),
                format!("the header has as many {a} as {b}: either could part its columns"),
            ))
        }
        [(delimiter, _), ..] => Ok(delimiter),
    }
}

/// As a person says it.
pub(super) fn delimiter_name(delimiter: u8) -> &'static str {
    match delimiter {
        b';' => "semicolons",
        b'\t' => "tabs",
        b'|' => "bars",
        _ => "commas",
    }
}

/// Refuses a quote that is never closed, and text after a closing quote.
fn check_quotes(text: &str, delimiter: u8, skipped: u64, file: &Path) -> Result<(), Error> {
    let bytes = text.as_bytes();
    let mut line = 1 + skipped;
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
    fn new(text: &'a str, skipped: u64) -> Self {
        LineCounter { bytes: text.as_bytes(), at: 0, line: 1 + skipped }
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
        assert_eq!(read("a|b,c|d\n1").expect("readable").header, ["a", "b,c", "d"]);
        let named = read("sep=;\r\na,b;c,d\r\n1;2\r\n").expect("readable");
        assert_eq!((named.header.len(), named.rows[0].line), (2, 3));
    }

    #[test]
    fn files_that_are_not_tables() {
        for (bytes, expected) in [
            (&b""[..], "a.csv: is empty: expected a header line"),
            (b"\xef\xbb\xbf\n \n", "a.csv: is empty: expected a header line"),
            (
                b"a,b;c\n1,2\n",
                "a.csv:1: the header has as many commas as semicolons: either could part its columns",
            ),
            (b"a,b\n1,2\n3,\xe9\n", "a.csv: is not UTF-8 text"),
            (b"a,b\n1,\"2\n3,4\n", "a.csv:2: a quote is opened here and never closed"),
            (b"a,b\n1,\"2\n3,\"4\"\n", "a.csv:3: text follows a closing quote (opened on line 2)"),
        ] {
            let error = Table::read(bytes, Path::new("a.csv")).expect_err("refused");
            assert_eq!(error.to_string(), expected);
        }
    }
}
