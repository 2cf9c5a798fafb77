//! Paging both ways (contract: behaviours, section 3).

use super::errors::Refusal;
use super::query::Parameters;

/// Page size where none is asked for, and the most that one page holds.
const DEFAULT_PAGE: usize = 25;
const MAX_PAGE: usize = 1000;

/// Makes the absolute URL of the list with some parameters replaced.
pub type MakeLink<'a> = dyn Fn(&[(&str, String)]) -> String + 'a;

/// One page of a list: what to show, and the `Link` header for it.
pub struct Page {
    pub range: std::ops::Range<usize>,
    pub link: Option<String>,
}

/// Reads `page`, `pageSize` and `pageId` and works out the page.
///
/// `ids` are the ids of all that was found, in order; `link(query)` makes an absolute URL of a query
/// with the given parameters replaced.
pub fn page(
    given: &Parameters,
    forward_only: bool,
    ids: &[i64],
    link: &MakeLink<'_>,
) -> Result<Page, Refusal> {
    let size = match given.number("pageSize")? {
        None => DEFAULT_PAGE,
        Some(n) if n >= 1 => usize::try_from(n).unwrap_or(MAX_PAGE).min(MAX_PAGE),
        Some(_) => return Err(Refusal::bad_query("pageSize must be at least 1.")),
    };
    if forward_only {
        if given.get("orderBy").is_some() {
            return Err(Refusal::bad_query("orderBy is not allowed with forward-only paging."));
        }
        let after = given.number("pageId")?.unwrap_or(0);
        let start = ids.partition_point(|id| *id <= after);
        let end = (start + size).min(ids.len());
        // At the end the header is there, but empty (contract: behaviours, section 3).
        let next = (end < ids.len()).then(|| ids[start..end].last()).flatten();
        let link = next.map_or_else(String::new, |id| {
            let url = link(&[("pageSize", size.to_string()), ("pageId", id.to_string())]);
            format!("<{url}>; rel=\"next\"")
        });
        return Ok(Page { range: start..end, link: Some(link) });
    }
    let number = match given.number("page")? {
        None => 1,
        Some(n) if n >= 1 => usize::try_from(n).unwrap_or(usize::MAX),
        Some(_) => return Err(Refusal::bad_query("page must be at least 1.")),
    };
    let last = ids.len().div_ceil(size).max(1);
    let start = (number - 1).saturating_mul(size).min(ids.len());
    let end = (start + size).min(ids.len());
    let mut links = Vec::new();
    let mut add = |rel: &str, page: usize| {
        let url = link(&[("pageSize", size.to_string()), ("page", page.to_string())]);
        links.push(format!("<{url}>; rel=\"{rel}\""));
    };
    if number < last {
        add("next", number + 1);
        add("last", last);
    }
    if number > 1 {
        add("first", 1);
        add("prev", number - 1);
    }
    Ok(Page { range: start..end, link: (!links.is_empty()).then(|| links.join(", ")) })
}
