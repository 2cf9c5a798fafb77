//! The pages of one list: which is asked for next, and when the list is at its end.
//!
//! Three ways lead through a list (behaviours, section 3):
//!
//! * *Forward-only*, where the order is by id anyway: each page begins after the last id of the page before,
//!   so that records made or deleted meanwhile move no other record to a page that was read already.
//! * *After an id*, for an endpoint that has no forward-only paging: the same, said as a condition.
//! * *By number*, for a list in an order of its own. Records that are deleted meanwhile can move others to a
//!   page that was read already; lists longer than a page had better be read by id.
//!
//! Of a `Link` header only the word “next” and a page id are used. What an endpoint without forward-only
//! paging answers is not relied upon when there is more of it: nothing says which order it came in, and the
//! list is read again from its beginning, by id.

use super::headers::Link;
use super::query::Query;

/// Where the reading stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Forward-only, after this id.
    Forward(Option<i64>),
    /// By id, with a condition that asks for greater ids than this.
    After(Option<i64>),
    /// The page of this number.
    Numbered(u32),
}

/// The pages of one list.
pub(super) struct Pages<'a> {
    query: &'a Query,
    size: u32,
    style: Style,
    /// Whether the server has sent a `Link` header with one of the pages: it will again where there is more.
    linked: bool,
    /// The number of the page to be asked for, from 1, for messages.
    pub(super) number: u32,
}

/// What a page brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Came {
    /// How many records.
    pub(super) records: usize,
    /// How many of them had not come before.
    pub(super) fresh: usize,
    /// The id of the first and the last record, when the ids ascend from one record to the next.
    pub(super) ascending: Option<(i64, i64)>,
}

impl Came {
    /// What a page with these ids brought.
    pub(super) fn of(ids: &[Option<i64>], fresh: usize) -> Came {
        let ends = ids.first().copied().flatten().zip(ids.last().copied().flatten());
        let ascends = ids.windows(2).all(|pair| matches!(pair, [Some(a), Some(b)] if a < b));
        Came { records: ids.len(), fresh, ascending: ends.filter(|_| ascends) }
    }
}

/// What to do after a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Keep its records, and ask for the next.
    More,
    /// Forget all records: the list is read again in another way.
    Anew,
    /// Keep its records: it was the last.
    Done,
    /// It brought nothing new and says that there is more.
    Stuck,
}

/// Servers hold their pages at round lengths, and at this one where they do not hear the length asked for.
const USUAL: usize = 25;

impl<'a> Pages<'a> {
    pub(super) fn of(query: &'a Query, size: u32) -> Pages<'a> {
        let style = if query.is_by_id() { Style::Forward(None) } else { Style::Numbered(1) };
        Pages { query, size, style, linked: false, number: 1 }
    }

    /// The parameters of the page to be asked for.
    pub(super) fn parameters(&self) -> Vec<(&'static str, String)> {
        match self.style {
            Style::Forward(after) => self.query.forward(after, self.size),
            Style::After(after) => self.query.after(after, self.size),
            Style::Numbered(number) => self.query.page(number, self.size),
        }
    }

    /// Whether it is asked for by forward-only paging.
    pub(super) fn forward_only(&self) -> bool {
        matches!(self.style, Style::Forward(_))
    }

    /// Takes what came and what the `Link` header said of it, if there was one.
    pub(super) fn turn(&mut self, came: Came, link: Option<Link>) -> Turn {
        self.linked |= link.is_some();
        if came.fresh == 0 && matches!(self.style, Style::Forward(_) | Style::Numbered(_)) {
            return match (came.records, link) {
                (0, None | Some(Link::End)) => Turn::Done,
                // A last page of nothing but records that moved there.
                (_, Some(Link::End)) => Turn::Done,
                (_, None) if !self.may_be_held(came) => Turn::Done,
                _ => Turn::Stuck,
            };
        }
        match self.style {
            Style::Forward(after) => self.forward(after, came, link),
            Style::After(after) => self.after(after, came, link),
            Style::Numbered(number) => match self.more(came, link) {
                true => self.go(Style::Numbered(number.saturating_add(1))),
                false => Turn::Done,
            },
        }
    }

    fn forward(&mut self, after: Option<i64>, came: Came, link: Option<Link>) -> Turn {
        let last = came.ascending.map(|(_, last)| last);
        match (link, last) {
            (Some(Link::End), _) => Turn::Done,
            (Some(Link::After(id)), _) => {
                // Never beyond the last record that came: nothing between the two may be passed over.
                let next = last.map_or(id, |last| id.min(last));
                if after.is_some_and(|after| next <= after) {
                    return Turn::Stuck;
                }
                self.go(Style::Forward(Some(next)))
            }
            (None, _) if !self.may_be_held(came) => Turn::Done,
            // The pages before were answered as forward-only ones.
            (None, Some(last)) if after.is_some() => self.go(Style::Forward(Some(last))),
            // The endpoint has no forward-only paging.
            (None | Some(Link::Next), _) => self.anew(Style::After(None)),
        }
    }

    fn after(&mut self, after: Option<i64>, came: Came, link: Option<Link>) -> Turn {
        match came.ascending {
            _ if came.records == 0 => Turn::Done,
            Some((first, last)) if after.is_none_or(|after| first > after) => match self.more(came, link) {
                true => self.go(Style::After(Some(last))),
                false => Turn::Done,
            },
            // Condition or order were not heard.
            _ => self.anew(Style::Numbered(1)),
        }
    }

    /// Whether there is another page: the header says it. Without one, a page that is not full is the last.
    fn more(&self, came: Came, link: Option<Link>) -> bool {
        link.map_or_else(|| self.may_be_held(came), |link| link != Link::End)
    }

    /// Whether the page's length may be the server's doing, and not the list's end.
    fn may_be_held(&self, came: Came) -> bool {
        let held = !self.linked && came.records.is_multiple_of(USUAL);
        came.records > 0 && (came.records >= self.size as usize || held)
    }

    fn go(&mut self, style: Style) -> Turn {
        self.style = style;
        self.number = self.number.saturating_add(1);
        Turn::More
    }

    fn anew(&mut self, style: Style) -> Turn {
        self.style = style;
        self.number = 1;
        Turn::Anew
    }
}

#[cfg(test)]
mod tests {
    use super::super::headers::Link;
    use super::*;

    fn came(from: i64, to: i64) -> Came {
        let ids: Vec<Option<i64>> = (from..=to).map(Some).collect();
        Came::of(&ids, ids.len())
    }

    const EMPTY: Came = Came { records: 0, fresh: 0, ascending: None };

    /// Reads a list of pages of 10; gives the turns, and the style at the end.
    fn read(query: &Query, pages: &[(Came, Option<Link>)]) -> (Vec<Turn>, Style) {
        let mut reading = Pages::of(query, 10);
        let turns = pages.iter().map(|(came, link)| reading.turn(*came, *link)).collect();
        (turns, reading.style)
    }

    #[test]
    fn every_answer_leads_on_or_to_the_end() {
        use Style::{After, Forward, Numbered};
        use Turn::{Anew, Done, More, Stuck};
        let (by_id, named) = (Query::all(), Query::all().order_by("name"));
        let (end, next, id) = (Some(Link::End), Some(Link::Next), |id| Some(Link::After(id)));
        let unordered = Came { ascending: None, ..came(1, 10) };
        let again = Came { fresh: 0, ..came(1, 10) };
        let table: &[(&Query, &[(Came, Option<Link>)], &[Turn], Style)] = &[
            // The server has forward-only paging.
            (&by_id, &[(EMPTY, end)], &[Done], Forward(None)),
            (&by_id, &[(came(1, 4), end)], &[Done], Forward(None)),
            (&by_id, &[(came(1, 10), end)], &[Done], Forward(None)),
            (&by_id, &[(came(1, 10), id(10)), (came(11, 12), end)], &[More, Done], Forward(Some(10))),
            (&by_id, &[(came(1, 10), id(10)), (EMPTY, end)], &[More, Done], Forward(Some(10))),
            // Its last answer has no header at all.
            (&by_id, &[(came(1, 10), id(10)), (came(11, 12), None)], &[More, Done], Forward(Some(10))),
            (&by_id, &[(came(1, 10), id(10)), (came(11, 20), None)], &[More, More], Forward(Some(20))),
            // Its pages are shorter than asked.
            (&by_id, &[(came(1, 4), id(4)), (came(5, 8), id(8))], &[More, More], Forward(Some(8))),
            // Its header would pass records over, or leads back.
            (&by_id, &[(came(1, 10), id(99))], &[More], Forward(Some(10))),
            (&by_id, &[(came(1, 10), id(10)), (came(11, 20), id(10))], &[More, Stuck], Forward(Some(10))),
            (&by_id, &[(came(1, 10), id(10)), (again, id(10))], &[More, Stuck], Forward(Some(10))),
            (&by_id, &[(came(1, 10), id(10)), (EMPTY, id(20))], &[More, Stuck], Forward(Some(10))),
            // The endpoint does not have it and says nothing.
            (&by_id, &[(EMPTY, None)], &[Done], Forward(None)),
            (&by_id, &[(came(1, 4), None)], &[Done], Forward(None)),
            (&by_id, &[(came(1, 10), None)], &[Anew], After(None)),
            (&by_id, &[(came(1, 25), None)], &[Anew], After(None)),
            (
                &by_id,
                &[(came(1, 10), None), (came(1, 10), None), (came(11, 13), None)],
                &[Anew, More, Done],
                After(Some(10)),
            ),
            (
                &by_id,
                &[(came(1, 10), None), (came(1, 10), None), (EMPTY, None)],
                &[Anew, More, Done],
                After(Some(10)),
            ),
            // It answers with numbered pages.
            (&by_id, &[(came(1, 4), next), (came(1, 4), next)], &[Anew, More], After(Some(4))),
            (&by_id, &[(came(1, 10), next), (came(1, 10), end)], &[Anew, Done], After(None)),
            // It hears neither condition nor order.
            (&by_id, &[(came(1, 10), next), (unordered, next)], &[Anew, Anew], Numbered(1)),
            (
                &by_id,
                &[
                    (came(1, 10), None),
                    (came(1, 10), None),
                    (again, None),
                    (came(1, 10), None),
                    (again, None),
                ],
                &[Anew, More, Anew, More, Stuck],
                Numbered(2),
            ),
            // A list in an order of its own.
            (&named, &[(came(1, 4), None)], &[Done], Numbered(1)),
            (&named, &[(unordered, next), (came(11, 12), end)], &[More, Done], Numbered(2)),
            (&named, &[(unordered, None), (EMPTY, None)], &[More, Done], Numbered(2)),
            (&named, &[(unordered, next), (again, end)], &[More, Done], Numbered(2)),
            (&named, &[(unordered, next), (again, next)], &[More, Stuck], Numbered(2)),
        ];
        for (query, pages, turns, style) in table {
            assert_eq!(read(query, pages), (turns.to_vec(), *style), "{pages:?}");
        }
    }
}
