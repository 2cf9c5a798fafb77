//! What the headers of an answer say.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::{DATE, HeaderMap, LINK, LOCATION, RETRY_AFTER};

use super::reply::clean;

fn text(headers: &HeaderMap, name: impl reqwest::header::AsHeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

/// The server's time.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    Some(jiff::fmt::rfc2822::parse(text(headers, DATE)?).ok()?.timestamp())
}

/// ConnectWise's own id of the exchange.
pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = clean(text(headers, "x-cw-request-id")?, 64);
    (!id.is_empty()).then_some(id)
}

/// How long the server asks to wait: a number of seconds, or a time.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let said = text(headers, RETRY_AFTER)?;
    if let Ok(seconds) = said.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = jiff::fmt::rfc2822::parse(said).ok()?.timestamp();
    let now = date(headers).unwrap_or_else(Timestamp::now);
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// Whether the `Link` header names a next page; `None` when there is no such header.
///
/// The address it gives is not used: pages are counted, so that no answer can send psactl elsewhere.
pub(super) fn more_pages(headers: &HeaderMap) -> Option<bool> {
    let mut links = headers.get_all(LINK).iter().peekable();
    links.peek()?;
    let mut words = links.filter_map(|link| link.to_str().ok()).flat_map(|link| link.split([',', ';']));
    Some(words.any(|word| {
        let word: String = word.chars().filter(|character| !character.is_whitespace()).collect();
        matches!(word.to_ascii_lowercase().as_str(), "rel=\"next\"" | "rel=next" | "rel='next'")
    }))
}

/// Where a redirect points to: its host and path, without a query, which could hold anything.
pub(super) fn location(headers: &HeaderMap) -> String {
    let Some(said) = text(headers, LOCATION) else { return "nowhere".to_owned() };
    match Url::parse(said) {
        Ok(url) => {
            let origin = url.origin().ascii_serialization();
            clean(&format!("{origin}{}", url.path()), 150)
        }
        Err(_) => clean(said.split(['?', '#']).next().unwrap_or_default(), 150),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(of: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            (name, HeaderValue::from_str(value).expect("a value"))
        };
        of.iter().map(pair).collect()
    }

    #[test]
    fn understands_both_forms_of_retry_after() {
        let wait = |pairs: &[(&str, &str)]| retry_after(&headers(pairs));
        assert_eq!(wait(&[("retry-after", "30")]), Some(Duration::from_secs(30)));
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(
            wait(&[date, ("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")]),
            Some(Duration::from_secs(10))
        );
        assert_eq!(wait(&[date, ("retry-after", "Sun, 06 Nov 1994 08:49:27 GMT")]), Some(Duration::ZERO));
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn finds_the_next_page_in_a_link_header() {
        let more = |link: &str| more_pages(&headers(&[("link", link)]));
        let next = r#"<https://x/v2017_3/apis/3.0/company?pageSize=2&page=2>; rel="next", <https://x?page=9>; rel="last""#;
        assert_eq!(more(next), Some(true));
        assert_eq!(more(r#"<https://x?page=1>; rel="prev", <https://x?page=1>; rel="first""#), Some(false));
        assert_eq!(more(""), Some(false));
        assert_eq!(more("<https://x?rel=next>; title=\"next\""), Some(false));
        assert_eq!(more_pages(&headers(&[])), None);
    }

    #[test]
    fn shows_where_a_redirect_points_without_its_query() {
        let shown = |to: &str| location(&headers(&[("location", to)]));
        assert_eq!(
            shown("https://evil.example:8443/login?token=secret#x"),
            "https://evil.example:8443/login"
        );
        assert_eq!(shown("/login?next=secret"), "/login");
        assert_eq!(location(&headers(&[])), "nowhere");
    }

    proptest::proptest! {
        #[test]
        fn no_link_header_is_too_strange(link in "[ -~]{0,200}") {
            more_pages(&headers(&[("link", &link)]));
        }
    }
}
