//! Words and numbers as a person reads them.

pub use crate::text::{clean, moment, shorten};
use crate::text::{steers, turns};
use jiff::SignedDuration;
use rust_decimal::Decimal;

/// A line that may have line ends, tabs and, where psactl paints, colours; of everything else that would steer a
/// terminal nothing is left. It is the last door: text from outside was [`clean`]ed before, within its line.
pub fn tamed(line: &str, colour: bool) -> std::borrow::Cow<'_, str> {
    let plain = |c: char| !turns(c) && (!steers(c) || matches!(c, '\n' | '\t'));
    if line.chars().all(plain) {
        return line.into();
    }
    let mut tamed = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        let painted = painting(rest).filter(|_| colour).unwrap_or_default();
        if painted > 0 {
            tamed.push_str(rest.get(..painted).unwrap_or_default());
            rest = rest.get(painted..).unwrap_or_default();
            continue;
        }
        // Lines of CSV end so.
        if plain(c) || c == '\r' && after.starts_with('\n') {
            tamed.push(c);
        } else if steers(c) {
            tamed.push(' ');
        }
        rest = after;
    }
    tamed.into()
}

/// How long the colour is that a text begins with: `ESC [ 1 ; 31 m`.
fn painting(text: &str) -> Option<usize> {
    let inner = text.strip_prefix("\u{1b}[")?;
    let end = inner.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    inner.get(end..)?.starts_with('m').then_some("\u{1b}[".len() + end + 1)
}

/// JSON in which such characters are written as escapes: another program reads the same, and a terminal that it is
/// printed to obeys none of them.
pub fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        // The line ends of the document itself; those within texts are escaped already.
        if c != '\n' && (turns(c) || steers(c)) {
            // All of them have four digits.
            escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// "1 change", "2 changes".
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A quantity without trailing zeros: `150`, `12.5`.
pub fn quantity(value: Decimal) -> String {
    let value = value.normalize();
    // normalize() leaves 150 as 150 and 1E+2 as 100 when printed; -0 would read oddly.
    if value.is_zero() { "0".to_owned() } else { value.to_string() }
}

/// Money with two decimals: `-75.00`.
pub fn money(value: Decimal) -> String {
    let mut rounded = value.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(2);
    if rounded.is_zero() { "0.00".to_owned() } else { rounded.to_string() }
}

/// Money with its sign always shown: `+31.20`.
pub fn signed_money(value: Decimal) -> String {
    let text = money(value);
    if text.starts_with('-') || text == "0.00" { text } else { format!("+{text}") }
}

/// A word as a shell takes it, so that a command that is shown can be typed.
pub fn quoted(word: &str) -> String {
    // Windows writes its paths with a backslash, which quotes there nothing.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,+@=".contains(c) || cfg!(windows) && c == '\\';
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if word.contains('\'') && !word.contains(['"', '$', '`', '\\', '!']) {
        format!("\"{word}\"")
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// A span in its largest two units: `1 day 3 h`, `12 min`.
pub fn span(duration: SignedDuration) -> String {
    let minutes = duration.as_secs().abs() / 60;
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours, rest) {
        (0, 0, 0) => format!("{} s", duration.as_secs().abs()),
        (0, 0, rest) => format!("{rest} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, rest) => format!("{hours} h {rest} min"),
        (days, 0, _) => count(usize::try_from(days).unwrap_or(0), "day", "days"),
        (days, hours, _) => format!("{} {hours} h", count(usize::try_from(days).unwrap_or(0), "day", "days")),
    }
}

/// Breaks running text at blanks so that no line is wider than `width`, where `before` columns of the first one are
/// taken already; every line after it is indented by `indent` blanks.
pub fn wrap(text: &str, width: usize, before: usize, indent: usize) -> String {
    let mut wrapped = String::new();
    let mut column = before;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if !wrapped.is_empty() && column + 1 + length > width {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(indent));
            column = indent;
        } else if !wrapped.is_empty() {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += length;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_characters_never_reach_a_terminal() {
        assert_eq!(clean("Eddie\u{1b}[31m's\nTV\u{202e}!"), "Eddie [31m's TV!");
        assert_eq!(clean("\u{61c}a\u{9b}2J\u{7f}b\u{2028}c"), "a 2J b c");
        let text = "\u{9b}2J\u{7f}\u{202e}\u{2028}\u{1b}\n é";
        let json = serde_json::to_string_pretty(&[text]).unwrap();
        assert_eq!(escaped(&json), "[\n  \"\\u009b2J\\u007f\\u202e\\u2028\\u001b\\n é\"\n]");
        assert_eq!(serde_json::from_str::<Vec<String>>(&escaped(&json)).unwrap(), [text]);
    }

    #[test]
    fn the_last_door_lets_colours_and_line_ends_through() {
        let line = "\u{1b}[1;31merror:\u{1b}[0m a\u{1b}[2J\u{9b}b\tc\r\nd\re\u{202e}\u{1b}]0;x\u{7}";
        assert_eq!(tamed(line, true), "\u{1b}[1;31merror:\u{1b}[0m a [2J b\tc\r\nd e ]0;x ");
        assert_eq!(tamed(line, false), " [1;31merror: [0m a [2J b\tc\r\nd e ]0;x ");
        assert_eq!(tamed("\u{1b}[", true), " [");
        assert!(matches!(tamed("as ever\n", false), std::borrow::Cow::Borrowed(_)));
    }

    #[test]
    fn numbers_read_as_on_an_invoice() {
        assert_eq!(money("-75".parse().unwrap()), "-75.00");
        assert_eq!(money("0.005".parse().unwrap()), "0.01");
        assert_eq!(money("-0.001".parse().unwrap()), "0.00");
        for (value, shown) in [("31.2", "+31.20"), ("-75", "-75.00"), ("0.001", "0.00"), ("-0.001", "0.00")] {
            assert_eq!(signed_money(value.parse().unwrap()), shown);
        }
        assert_eq!(quantity("150.000".parse().unwrap()), "150");
        assert_eq!(quantity("100".parse().unwrap()), "100");
    }

    #[test]
    fn words_as_a_shell_takes_them() {
        for (word, shown) in [
            ("trial/psactl.toml", "trial/psactl.toml"),
            ("", "''"),
            ("two words", "'two words'"),
            ("Eddie's TV Repair", "\"Eddie's TV Repair\""),
            ("it's $5", "'it'\\''s $5'"),
            ("*", "'*'"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }

    #[test]
    fn spans_name_their_largest_units() {
        assert_eq!(span(SignedDuration::from_secs(42)), "42 s");
        assert_eq!(span(SignedDuration::from_mins(75)), "1 h 15 min");
        assert_eq!(span(SignedDuration::from_hours(49)), "2 days 1 h");
    }

    #[test]
    fn wrapping_keeps_words_whole() {
        assert_eq!(wrap("one two three", 8, 0, 2), "one two\n  three");
        assert_eq!(wrap("one two three four", 12, 6, 2), "one\n  two three\n  four");
    }
}
