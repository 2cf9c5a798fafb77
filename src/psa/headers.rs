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

/// What a `Link` header says of the pages to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// There are none.
    End,
    /// There is a next one.
    Next,
    /// There is a next one, which begins after this id.
    After(i64),
}

/// What the `Link` header (RFC 8288) says; `None` when there is none, or none that can be read.
///
/// Of the address that it gives, the page id alone is used, so that no answer can send psactl elsewhere.
/// The address repeats the request's conditions, maybe as they were meant (`id > 5`) and in any letters.
pub(super) fn link(headers: &HeaderMap) -> Option<Link> {
    let values: Vec<String> = headers
        .get_all(LINK)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect();
    let mut found = None;
    for value in &values {
        let mut rest = value.as_str();
        while let Some((address, after)) = next_address(rest) {
            let (parameters, left) = split_unquoted(after, ',');
            rest = left;
            let id = page_id(address);
            let next = relation(parameters)
                .map(|said| said.split_whitespace().any(|word| word.eq_ignore_ascii_case("next")));
            match (id, next) {
                // A link that does not say what it leads to leads to the next page if it names one.
                (Some(id), Some(true) | None) => return Some(Link::After(id)),
                (None, Some(true)) => found = Some(Link::Next),
                (_, Some(false)) => found = found.or(Some(Link::End)),
                // Else it says nothing, and least of all that there is no more.
                (None, None) => {}
            }
        }
    }
    // At the end of forward-only paging the header is there, and empty.
    let is_empty = !values.is_empty() && values.iter().all(|value| value.trim().is_empty());
    found.or(is_empty.then_some(Link::End))
}

/// The next address between `<` and `>`, and what follows it. A `>` within an address is one that neither a
/// parameter, nor another link, nor the end follows.
fn next_address(text: &str) -> Option<(&str, &str)> {
    let (_, begun) = text.split_once('<')?;
    let ends = |(at, _): &(usize, &str)| {
        begun.get(at + 1..).is_some_and(|after| {
            let after = after.trim_start();
            after.is_empty() || after.starts_with([';', ','])
        })
    };
    let (at, _) = begun.match_indices('>').find(ends)?;
    Some((begun.get(..at)?, begun.get(at + 1..)?))
}

/// Splits at the first such mark outside quotes; within them a backslash takes the meaning of what follows it.
fn split_unquoted(text: &str, mark: char) -> (&str, &str) {
    let (mut quoted, mut escaped) = (false, false);
    let end = text.find(|character| {
        quoted ^= character == '"' && !escaped;
        escaped = quoted && character == '\\' && !escaped;
        character == mark && !quoted
    });
    end.map_or((text, ""), |end| (&text[..end], &text[end + mark.len_utf8()..]))
}

/// The value of the parameter `rel`.
fn relation(mut parameters: &str) -> Option<&str> {
    while !parameters.is_empty() {
        let (parameter, rest) = split_unquoted(parameters, ';');
        parameters = rest;
        if let Some((name, value)) = parameter.split_once('=')
            && name.trim().eq_ignore_ascii_case("rel")
        {
            return Some(value.trim().trim_matches(['"', '\'']));
        }
    }
    None
}

/// The page id in an address.
fn page_id(address: &str) -> Option<i64> {
    let (_, query) = address.split_once('?')?;
    let named = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        name.eq_ignore_ascii_case("pageId").then(|| value.trim().parse().ok())?
    };
    query.split(['&', '#']).find_map(named)
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
    fn reads_what_a_link_header_says() {
        let said = |said: &str| link(&headers(&[("link", said)]));
        let table = [
            (
                r#"<https://x/v2017_3/apis/3.0/company?pageSize=2&page=2>; rel="next", <https://x?page=9>; rel="last""#,
                Link::Next,
            ),
            (r#"<https://x?page=1>; rel="prev", <https://x?page=1>; rel="first""#, Link::End),
            ("", Link::End),
            ("<https://x?a=1,2;3&page=2>;rel=next", Link::Next),
            ("<https://x?page=2>; title=\"a, b; rel=prev\"; REL='Next'", Link::Next),
            (r#"<https://x?page=2>; title="\""; rel="next""#, Link::Next),
            (r#"<https://x?page=1>; title="a\\"; rel="prev", <https://x?page=3>; rel=next"#, Link::Next),
            (r#"<https://x?pageSize=1000&pageId=4711>; rel="next""#, Link::After(4711)),
            (r#"<https://x?page=1>; rel="first", <https://x?pageid=5>; rel="up next""#, Link::After(5)),
            ("<https://x?pageId=12#top>", Link::After(12)),
            (r#"<https://x?pageId=12>; rel="prev""#, Link::End),
            (r#"<https://x?pageId=>; rel="next""#, Link::Next),
            (r#"<https://x?pageId=99999999999999999999>; rel="next""#, Link::Next),
            // Conditions as they were meant.
            (r#"<https://x?conditions=a > 5 and b < 7&pageId=8>; rel="next""#, Link::After(8)),
            (r#"<https://x?conditions=id>5&page=2>; rel="next", <https://x?page=9>; rel="last""#, Link::Next),
        ];
        for (header, expected) in table {
            assert_eq!(said(header), Some(expected), "{header}");
        }
        assert_eq!(link(&headers(&[])), None);
        for nothing in [
            "<https://x?pageId=12",
            "next",
            "<https://x>",
            "<https://x?rel=next>; title=\"next\"",
            "<https://x?page=2>; title=\"never closed; rel=\\\"next",
        ] {
            assert_eq!(said(nothing), None, "{nothing}");
        }
        let mut letters = HeaderMap::new();
        let latin =
            HeaderValue::from_bytes(b"<https://x?conditions=name=\"Caf\xe9\"&pageId=6>; rel=\"next\"");
        letters.append(LINK, latin.expect("a value"));
        assert_eq!(link(&letters), Some(Link::After(6)));
        let mut two = headers(&[("link", r#"<https://x?page=1>; rel="first""#)]);
        two.append(LINK, HeaderValue::from_static("<https://x?pageId=3>; rel=next"));
        assert_eq!(link(&two), Some(Link::After(3)));
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
}
