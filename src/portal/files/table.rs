//! A CSV file as a header and rows that know their lines. Stricter than CSV has to be: a stray quote that
//! swallows the next rows would make customers vanish without a word.

use super::super::Error;
use super::encoding;
use std::collections::VecDeque;
use std::io::Read;
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

/// How a CSV text begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beginning {
    pub delimiter: u8,
    /// Where the header is looked for: behind Excel's own first line, which names the delimiter.
    pub at: usize,
    /// Lines before that.
    pub skipped: u64,
}

/// How a text begins whose header is in it as a whole.
///
/// # Errors
/// Where what parts the columns is not to be known.
pub(super) fn beginning(text: &str, file: &Path) -> Result<Beginning, Error> {
    if let Some((first, rest)) = text.split_once('\n')
        && let Some(delimiter) = named_delimiter(first)
    {
        return Ok(Beginning { delimiter, at: text.len() - rest.len(), skipped: 1 });
    }
    Ok(Beginning { delimiter: delimiter_of(text, file)?, at: 0, skipped: 0 })
}

/// The rows of a CSV text, one after the other.
pub(super) struct CsvLines<'t> {
    file: PathBuf,
    pub delimiter: u8,
    reader: csv::Reader<LineEnds<'t>>,
    /// The line that was counted last.
    line: u64,
    last: u64,
}

impl<'t> CsvLines<'t> {
    /// The header, and the rows that follow it.
    pub fn new(text: &'t str, file: &Path) -> Result<(Vec<String>, CsvLines<'t>), Error> {
        let begun = beginning(text, file)?;
        let text = &text[begun.at..];
        let mut quotes = Quotes::new(begun.delimiter, begun.skipped);
        let closed = quotes.feed(text.as_bytes()).and_then(|()| quotes.end());
        closed.map_err(|(line, reason)| broken(file, Some(line), reason))?;
        CsvLines::reading(text.as_bytes(), begun, file)
    }

    /// The header, and the rows that follow it, of a text that begins with it and whose quotes are closed.
    pub fn reading(
        text: impl Read + 't,
        begun: Beginning,
        file: &Path,
    ) -> Result<(Vec<String>, CsvLines<'t>), Error> {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(begun.delimiter)
            .trim(csv::Trim::All)
            .buffer_capacity(64 * 1024)
            .from_reader(LineEnds::of(text));
        let line = 1 + begun.skipped;
        let delimiter = begun.delimiter;
        let mut lines = CsvLines { file: file.to_path_buf(), delimiter, reader, line, last: 1 };
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
            self.line += self.reader.get_mut().lines_before(start);
            self.last = self.line;
            return Ok(Some(self.last));
        }
    }

    /// The line of the last row, where no line end follows it. Right once every row was read.
    pub fn unended(&self) -> Option<u64> {
        let last = self.reader.get_ref().last;
        (!matches!(last, Some(b'\n' | b'\r'))).then_some(self.last)
    }
}

/// A text on its way to the reader, and where its lines end: the reader counts the line ends between records to the
/// record before.
struct LineEnds<'t> {
    text: Box<dyn Read + 't>,
    read: u64,
    last: Option<u8>,
    /// Of what the reader may not be through with: where, and whether the sign ends a line.
    ends: VecDeque<(u64, bool)>,
}

impl<'t> LineEnds<'t> {
    fn of(text: impl Read + 't) -> LineEnds<'t> {
        LineEnds { text: Box::new(text), read: 0, last: None, ends: VecDeque::new() }
    }

    /// How many lines more end before the record whose reading began at `start`, empty lines passed over. Records are
    /// asked for in their order.
    fn lines_before(&mut self, mut start: u64) -> u64 {
        let mut lines = 0;
        while let Some((at, ends)) = self.ends.front().copied().filter(|(at, _)| *at <= start) {
            lines += u64::from(ends);
            start += u64::from(at == start);
            self.ends.pop_front();
        }
        lines
    }
}

impl Read for LineEnds<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.text.read(buffer)?;
        let piece = &buffer[..read];
        let signs = piece.iter().enumerate().filter(|(_, byte)| matches!(byte, b'\n' | b'\r'));
        self.ends.extend(signs.map(|(at, byte)| (self.read + at as u64, *byte == b'\n')));
        self.last = piece.last().copied().or(self.last);
        self.read += read as u64;
        Ok(read)
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

/// Refuses a quote that is never closed, and text after a closing quote, in a text that comes in pieces.
pub(super) struct Quotes {
    delimiter: u8,
    line: u64,
    at: Within,
}

/// Where in a row a byte stands.
#[derive(Clone, Copy)]
enum Within {
    /// At the start of a cell.
    Start,
    /// In a cell without quotes.
    Plain,
    /// In a quoted cell, which was opened on this line.
    Quoted(u64),
    /// Behind a quote in such a cell: it may be the last, or the first of two.
    Quote(u64),
}

impl Quotes {
    /// Of a text before which so many lines were passed over.
    pub fn new(delimiter: u8, skipped: u64) -> Quotes {
        Quotes { delimiter, line: 1 + skipped, at: Within::Start }
    }

    /// The next piece.
    ///
    /// # Errors
    /// The line and what is wrong on it.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), (u64, String)> {
        for byte in piece.iter().copied() {
            self.at = match (self.at, byte) {
                (Within::Start, b'"') => Within::Quoted(self.line),
                (Within::Quoted(opened), b'"') => Within::Quote(opened),
                (Within::Quoted(opened), _) => Within::Quoted(opened),
                (Within::Quote(opened), b'"') => Within::Quoted(opened),
                (_, byte) if byte == self.delimiter || matches!(byte, b'\n' | b'\r') => Within::Start,
                (Within::Quote(opened), _) => {
                    let reason = format!("text follows a closing quote (opened on line {opened})");
                    return Err((self.line, reason));
                }
                (Within::Start | Within::Plain, _) => Within::Plain,
            };
            self.line += u64::from(byte == b'\n');
        }
        Ok(())
    }

    /// The text is over.
    ///
    /// # Errors
    /// As [`Quotes::feed`].
    pub fn end(self) -> Result<(), (u64, String)> {
        match self.at {
            Within::Quoted(opened) => Err((opened, "a quote is opened here and never closed".to_string())),
            _ => Ok(()),
        }
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
