//! A CSV file that is not taken into memory: gone through once to see that it is text and whole, and then read row by
//! row. A month of hourly backups of 2,000 machines is 1.5 million rows.

use super::super::Error;
use super::json;
use super::table::{self, Beginning, Quotes};
use crate::config::hex;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Take};
use std::path::Path;

/// A file that was gone through: UTF-8 text with a header whose quotes are closed.
pub(super) struct Scanned {
    /// SHA-256, hexadecimal.
    pub digest: String,
    /// As [`encoding`](super::encoding) names it.
    pub encoding: &'static str,
    /// How its header begins, from `mark` on.
    pub beginning: Beginning,
    /// The length of the byte order mark.
    mark: u64,
    length: u64,
}

/// So much is read at a time.
const PIECE: usize = 64 * 1024;
/// A header that has no end by then is none that is read in pieces.
const LONGEST_HEADER: usize = 1024 * 1024;
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Goes through a file of `length` bytes. `None` for one that is to be read as a whole: JSON, another encoding, or
/// what is no text at all.
///
/// # Errors
/// Where it cannot be read, its header cannot be understood, or its quotes swallow rows.
pub(super) fn scan(file: &mut File, length: u64, path: &Path) -> Result<Option<Scanned>, Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_path_buf(), source };
    let mut rest = file.take(length);
    let mut head = Vec::new();
    loop {
        let read = (&mut rest).take(PIECE as u64).read_to_end(&mut head).map_err(unreadable)?;
        if read == 0 || has_header(&head) {
            break;
        }
        if head.len() > LONGEST_HEADER {
            return Ok(None);
        }
    }
    let mark = if head.starts_with(MARK) { MARK.len() } else { 0 };
    let Some(text) = beginning_of_text(&head[mark..]).filter(|text| !json::is_json(text)) else {
        return Ok(None);
    };
    let mut found = table::beginning(text, path);
    let mut quotes = found.as_ref().ok().map(|begun| Quotes::new(begun.delimiter, begun.skipped));
    let mut from = mark + found.as_ref().map_or(0, |begun| begun.at);
    let (mut hasher, mut utf8) = (Sha256::new(), Utf8::default());
    let mut piece = head;
    while !piece.is_empty() {
        hasher.update(&piece);
        if !utf8.goes_on(&piece) || piece.contains(&0) {
            return Ok(None);
        }
        // The encoding is told of first: quotes in something else say nothing.
        if let Some(Err((line, reason))) = quotes.as_mut().map(|quotes| quotes.feed(&piece[from..])) {
            found = Err(table::broken(path, Some(line), reason));
            quotes = None;
        }
        from = 0;
        piece.clear();
        (&mut rest).take(PIECE as u64).read_to_end(&mut piece).map_err(unreadable)?;
    }
    if !utf8.ends() {
        return Ok(None);
    }
    if let Some(Err((line, reason))) = quotes.map(Quotes::end) {
        found = Err(table::broken(path, Some(line), reason));
    }
    Ok(Some(Scanned {
        digest: hex(&hasher.finalize()),
        encoding: if mark > 0 { "UTF-8 with a byte order mark" } else { "UTF-8" },
        beginning: found?,
        mark: mark as u64,
        length,
    }))
}

impl Scanned {
    /// The text from the header on.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn text(&self, mut file: File, path: &Path) -> Result<Take<File>, Error> {
        let begin = self.mark + self.beginning.at as u64;
        let unreadable = |source| Error::Unreadable { path: path.to_path_buf(), source };
        file.seek(SeekFrom::Start(begin)).map_err(unreadable)?;
        Ok(file.take(self.length.saturating_sub(begin)))
    }
}

/// Whether the first line that says something has its end in what was read, and the one behind it begins: Excel's
/// first line only names the delimiter.
fn has_header(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| *byte == b'\n').rev().skip(1);
    lines.by_ref().filter(|line| line.iter().any(|byte| !byte.is_ascii_whitespace())).count() > 1
}

/// What is text of the beginning of a file, which may end within a letter.
fn beginning_of_text(head: &[u8]) -> Option<&str> {
    match std::str::from_utf8(head) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).ok(),
        Err(_) => None,
    }
}

/// Whether a text that comes in pieces is UTF-8.
#[derive(Default)]
struct Utf8 {
    /// The beginning of a letter whose end is in the next piece.
    begun: Vec<u8>,
}

impl Utf8 {
    fn goes_on(&mut self, mut piece: &[u8]) -> bool {
        while !self.begun.is_empty() {
            let Some((next, rest)) = piece.split_first() else { return true };
            self.begun.push(*next);
            piece = rest;
            match std::str::from_utf8(&self.begun) {
                Ok(_) => self.begun.clear(),
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return false,
            }
        }
        match std::str::from_utf8(piece) {
            Ok(_) => true,
            Err(error) if error.error_len().is_none() => {
                self.begun.extend_from_slice(&piece[error.valid_up_to()..]);
                true
            }
            Err(_) => false,
        }
    }

    fn ends(&self) -> bool {
        self.begun.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::encoding;
    use super::super::sheet::{Row, Sheet};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn letters_may_be_cut_anywhere() {
        let text = "Grün €\u{1f4be}".as_bytes();
        for size in 1..text.len() {
            let mut utf8 = Utf8::default();
            assert!(text.chunks(size).all(|piece| utf8.goes_on(piece)) && utf8.ends(), "{size}");
        }
        for wrong in [&b"Gr\xfcn"[..], b"\xc3\xc3\xbc", b"\xf0\x9f\x92"] {
            for size in 1..=wrong.len() {
                let mut utf8 = Utf8::default();
                let all = wrong.chunks(size).all(|piece| utf8.goes_on(piece));
                assert!(!(all && utf8.ends()), "{wrong:?} {size}");
            }
        }
    }

    /// Header, rows with their lines, and how it ends; or what is wrong with it.
    fn all(sheet: Result<Sheet<'_>, Error>) -> Result<Vec<String>, String> {
        let mut sheet = sheet.map_err(|error| error.to_string())?;
        let mut lines = vec![format!("{:?} {}", sheet.header, sheet.format)];
        let mut row = Row::default();
        while sheet.read(&mut row).map_err(|error| error.to_string())? {
            let cells: Vec<&str> = (0..sheet.header.len() + 1).map(|at| row.cell(at)).collect();
            lines.push(format!("{} {:?} {cells:?}", row.line, row.flaw));
        }
        lines.push(format!("{:?}", sheet.unended()));
        Ok(lines)
    }

    /// What is read in pieces; `None` where it is to be read as a whole.
    fn in_pieces(bytes: &[u8]) -> Option<Result<Vec<String>, String>> {
        let path = Path::new("a.csv");
        let mut file = tempfile::tempfile().expect("a file");
        std::io::Write::write_all(&mut file, bytes).expect("written");
        file.seek(SeekFrom::Start(0)).expect("a file");
        let scanned = match scan(&mut file, bytes.len() as u64, path) {
            Ok(scanned) => scanned?,
            Err(error) => return Some(Err(error.to_string())),
        };
        assert_eq!(scanned.digest, hex(&Sha256::digest(bytes)));
        let text = scanned.text(file, path).expect("a file");
        Some(all(Sheet::stream(&scanned, text, path)))
    }

    fn as_a_whole(bytes: &[u8]) -> Result<Vec<String>, String> {
        let path = Path::new("a.csv");
        let text = encoding::decode(bytes, path).map_err(|error| error.to_string())?;
        all(Sheet::open(&text, path))
    }

    #[test]
    fn long_files_are_read_as_short_ones() {
        let mut text = "\u{feff}sep=;\r\n\r\nID;When;\"Te\"\"xt\"\r\n".to_owned();
        for number in 0..20_000 {
            text += &format!("{number};\u{fc}ber;\"two\r\nlines \u{1f4be};\"\r\n\r\n");
        }
        let whole = as_a_whole(text.as_bytes());
        assert_eq!(whole.as_ref().expect("rows").len(), 20_002);
        assert_eq!(in_pieces(text.as_bytes()), Some(whole));
        // Where it goes wrong far behind the header.
        for wrong in ["x;\"y\nz", "x;\"y\"z;1\n", "x;y;z;1"] {
            let text = text.clone() + wrong;
            assert_eq!(in_pieces(text.as_bytes()), Some(as_a_whole(text.as_bytes())), "{wrong}");
        }
        for other in [&b"\xff"[..], b"\0", b"\xc3"] {
            assert_eq!(in_pieces(&[text.as_bytes(), other].concat()), None, "{other:?}");
        }
        assert_eq!(in_pieces(b"[{\"a\": 1}]"), None);
    }

    proptest! {
        #[test]
        fn pieces_say_what_the_whole_says(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "a", "1", ",", ";", "\"", "\"\"", "\n", "\r\n", "\r", " ", "\u{fc}", "sep=;", "\u{feff}", "x,y", "\0",
                ]),
                0..40,
            ),
        ) {
            let text = parts.concat();
            match in_pieces(text.as_bytes()) {
                Some(found) => prop_assert_eq!(found, as_a_whole(text.as_bytes())),
                None => prop_assert!(text.contains('\0')),
            }
        }
    }
}
