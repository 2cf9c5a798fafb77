//! Foreign text and times, made fit to be shown, whoever shows them.

use jiff::Timestamp;

/// Whether a character turns the reading direction: a name with it can look like another one.
pub(crate) fn turns(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character steers a terminal or ends a line, the ones of eight bits (C1) and Unicode's included.
pub(crate) fn steers(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// Removes what could steer a terminal from text that came from the PSA or the portal: control characters
/// become a space, and characters that turn the reading direction are dropped.
pub fn clean(text: &str) -> String {
    text.chars().filter(|c| !turns(*c)).map(|c| if steers(c) { ' ' } else { c }).collect()
}

/// Shortens to at most `limit` characters, with an ellipsis where something was cut.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

/// A moment as people write it, in UTC: `2026-11-23 14:05`.
pub fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_characters_never_reach_a_terminal() {
        assert_eq!(clean("Eddie\u{1b}[31m's\nTV\u{202e}!\u{2028}\u{61c}"), "Eddie [31m's TV! ");
    }
}
