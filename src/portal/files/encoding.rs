//! From bytes to text, as Excel and portals write it.
//!
//! UTF-8 with or without a byte order mark and UTF-16 with one say what they are. What is neither is taken for
//! Windows-1252, Excel's plain "CSV" in the western world. That is a guess: it may name things, and decides
//! nothing (see [`Text::guessed`]).

use super::super::Error;
use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;
use std::path::Path;

/// An export's text.
#[derive(Debug)]
pub(super) struct Text<'a> {
    pub text: Cow<'a, str>,
    /// The encoding's name.
    pub encoding: &'static str,
    /// Letters beyond ASCII are a guess: a cell that has one may be a name, and no ID, number, time or account.
    pub guessed: bool,
}

/// Reads the bytes of an export.
///
/// # Errors
/// Where they are text in no encoding that is known.
pub(super) fn decode<'a>(bytes: &'a [u8], file: &Path) -> Result<Text<'a>, Error> {
    let wrong = |line, reason: &str| Error::NotUnderstood {
        path: file.to_path_buf(),
        line,
        reason: reason.to_string(),
        hint: "save it as \"CSV UTF-8\"".to_string(),
    };
    for (mark, encoding, name) in
        [(&b"\xff\xfe"[..], UTF_16LE, "UTF-16"), (&b"\xfe\xff"[..], UTF_16BE, "UTF-16")]
    {
        let Some(rest) = bytes.strip_prefix(mark) else { continue };
        return match encoding.decode_without_bom_handling_and_without_replacement(rest) {
            Some(text) if !text.contains('\0') => Ok(Text { text, encoding: name, guessed: false }),
            _ => Err(wrong(None, "begins as UTF-16 text and is none to its end")),
        };
    }
    let (bytes, marked) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    if bytes.contains(&0) {
        return Err(wrong(None, "contains zero bytes: not UTF-8 text"));
    }
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => {
            let encoding = if marked { "UTF-8 with a byte order mark" } else { "UTF-8" };
            return Ok(Text { text: Cow::Borrowed(text), encoding, guessed: false });
        }
        Err(error) => error,
    };
    let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    // A letter of several bytes that is cut off is no other encoding: it is half a file, or one in two encodings.
    let mixed = bytes[..error.valid_up_to()].iter().any(|byte| !byte.is_ascii());
    let undefined = bytes.iter().any(|byte| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d));
    // Control characters are no text in either.
    let control =
        bytes.iter().any(|byte| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c));
    if marked || mixed || undefined || control {
        return Err(wrong(Some(line), "is not UTF-8 text"));
    }
    let text = WINDOWS_1252.decode_without_bom_handling(bytes).0;
    Ok(Text { text, encoding: "Windows-1252", guessed: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_excel_writes() {
        let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}Grün,1\r\n".encode_utf16().flat_map(bytes).collect()
        };
        let cases: Vec<(Vec<u8>, Result<(&str, &str, bool), &str>)> = vec![
            ("Grün,1\r\n".into(), Ok(("Grün,1\r\n", "UTF-8", false))),
            ("\u{feff}Grün,1\r\n".into(), Ok(("Grün,1\r\n", "UTF-8 with a byte order mark", false))),
            (utf16(u16::to_le_bytes), Ok(("Grün,1\r\n", "UTF-16", false))),
            (utf16(u16::to_be_bytes), Ok(("Grün,1\r\n", "UTF-16", false))),
            (b"Gr\xfcn \x80,1\r\n".to_vec(), Ok(("Grün €,1\r\n", "Windows-1252", true))),
            // Half a letter, a letter of another encoding, nothing of Windows-1252, no text.
            (b"Gr\xc3\xbcn,1\n\xc3".to_vec(), Err("a.csv:2: is not UTF-8 text")),
            (b"Gr\xc3\xbcn,Gr\xfcn\n".to_vec(), Err("a.csv:1: is not UTF-8 text")),
            (b"a\n\x81\n".to_vec(), Err("a.csv:2: is not UTF-8 text")),
            (b"PK\x03\x04\xff".to_vec(), Err("a.csv:1: is not UTF-8 text")),
            (b"a\0b\0".to_vec(), Err("a.csv: contains zero bytes: not UTF-8 text")),
            (b"\xff\xfea\0b".to_vec(), Err("a.csv: begins as UTF-16 text and is none to its end")),
        ];
        for (bytes, expected) in cases {
            let found = decode(&bytes, Path::new("a.csv")).map_err(|error| error.to_string());
            let found = found.as_ref().map(|text| (&*text.text, text.encoding, text.guessed));
            assert_eq!(found.map_err(String::as_str), expected, "{bytes:?}");
        }
    }
}
