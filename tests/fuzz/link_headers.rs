//! `Link` headers, in front of the client: whatever they say, a list is read to its end from the host that was
//! configured, once, or refused.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use psactl::psa::{Client, Kind, Query, RetryPolicy, paths};
use serde_json::Value;

use super::server::{Asked, Server, answer, looked_up};
use super::{fuzz, pieces, property};
use crate::client::{ROOT, connection, quick};

/// How a server gives its pages.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Paging {
    /// After an id, where that is asked for.
    Forward,
    /// By number, and by condition.
    Numbered,
    /// By number; it hears neither conditions nor an order.
    Deaf,
}

/// Where a page leads.
#[derive(Debug, Clone, Copy)]
enum Next {
    After(i64),
    Page(i64),
    Nowhere,
}

/// A list on a server.
#[derive(Debug, Clone)]
struct Shelf {
    paging: Paging,
    ids: Vec<i64>,
}

impl Shelf {
    /// A page, as the request asks for it.
    fn page(&self, asked: &Asked) -> (Vec<i64>, Next) {
        let query = asked.line.split(['?', ' ']).nth(2).unwrap_or_default();
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<i64>().ok());
        let size = usize::try_from(number(value("pageSize")).expect("a size")).expect("a size");
        let forward = asked.forward_only && self.paging == Paging::Forward;
        let after = match self.paging {
            _ if forward => number(value("pageId")),
            Paging::Deaf => None,
            _ => value("conditions").map(|said| said.trim_start_matches("id%3E").parse().expect("id>")),
        };
        let left: Vec<i64> =
            self.ids.iter().copied().filter(|id| after.is_none_or(|after| *id > after)).collect();
        let number = if forward { 1 } else { number(value("page")).unwrap_or(1) };
        let start = size * usize::try_from(number - 1).expect("a page");
        let page: Vec<i64> = left.iter().copied().skip(start).take(size).collect();
        let next = match page.last() {
            Some(last) if start + page.len() < left.len() => {
                if forward {
                    Next::After(*last)
                } else {
                    Next::Page(number + 1)
                }
            }
            _ => Next::Nowhere,
        };
        (page, next)
    }
}

fn shelf() -> impl Strategy<Value = Shelf> {
    use Paging::{Deaf, Forward, Numbered};
    let ids = prop_oneof![
        4 => prop::collection::btree_set(1..40_i64, 0..25),
        1 => prop::collection::btree_set(any::<i64>(), 0..20),
    ];
    (prop::sample::select(vec![Forward, Numbered, Deaf]), ids)
        .prop_map(|(paging, ids)| Shelf { paging, ids: ids.into_iter().collect() })
}

/// What came of reading a list.
struct Read {
    outcome: Result<Vec<i64>, psactl::psa::Error>,
    /// The first lines of the requests.
    asked: Vec<String>,
}

/// A server with a list, a client of it, and a place where the client has no business.
struct Stage {
    runtime: tokio::runtime::Runtime,
    server: Server,
    elsewhere: TcpListener,
    client: Client,
}

impl Stage {
    fn new() -> Stage {
        let server = Server::start();
        let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port");
        elsewhere.set_nonblocking(true).expect("a listener that does not wait");
        let policy = RetryPolicy { tries: 1, ..quick() };
        let client = Client::with_policy(connection(&server.url()), policy).expect("a client");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Stage { runtime, server, elsewhere, client }
    }

    fn elsewhere(&self) -> String {
        format!("http://{}{ROOT}/service/boards", self.elsewhere.local_addr().expect("an address"))
    }

    /// Reads the shelf, whose pages come with such `Link` headers.
    fn read(
        &self,
        shelf: &Shelf,
        size: u32,
        by_name: bool,
        links: impl Fn(usize, Next) -> Vec<Vec<u8>> + Send + 'static,
    ) -> Result<Read, TestCaseError> {
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (noted, shelf) = (Arc::clone(&asked), shelf.clone());
        let most = 3 * (shelf.ids.len() + 3);
        self.server.answer(move |request| {
            if request.line.contains("/login/companyinfo/") {
                return looked_up();
            }
            let mut noted = noted.lock().expect("not poisoned");
            noted.push(request.line.clone());
            // Read on for ever, it would never be seen to.
            if noted.len() > most {
                return answer(&[b"HTTP/1.1 418 Endless"], b"");
            }
            let (page, next) = shelf.page(request);
            let records: Vec<Value> = page.into_iter().map(|id| serde_json::json!({ "id": id })).collect();
            let mut head = vec![b"HTTP/1.1 200 OK".to_vec(), b"Content-Type: application/json".to_vec()];
            for link in links(noted.len() - 1, next) {
                head.push([&b"Link: "[..], &link].concat());
            }
            let head: Vec<&[u8]> = head.iter().map(Vec::as_slice).collect();
            answer(&head, Value::from(records).to_string().as_bytes())
        });
        let query = if by_name { Query::all().order_by("name") } else { Query::all() };
        let boards = paths::boards();
        let client = self.client.clone().with_page_size(size);
        let outcome = self.runtime.block_on(client.list::<Value>(&boards, &query));
        let ids = |records: Vec<Value>| {
            records.iter().map(|record| record["id"].as_i64().expect("an id")).collect()
        };
        let read = Read { outcome: outcome.map(ids), asked: asked.lock().expect("not poisoned").clone() };

        prop_assert!(read.asked.len() <= most, "endless: {:?}", read.asked);
        let away = self.elsewhere.accept();
        prop_assert!(away.is_err(), "somebody else was asked");
        let here = format!("GET {ROOT}/service/boards?");
        prop_assert!(read.asked.iter().all(|line| line.starts_with(&here)), "{:?}", read.asked);
        Ok(read)
    }
}

/// Header values of anything that a header can hold.
fn noise(elsewhere: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    const PIECES: &[&str] = &[
        "<",
        ">",
        ";",
        ",",
        "\"",
        "\\",
        "'",
        " ",
        "=",
        "?",
        "&",
        "#",
        "rel=",
        "rel=\"next\"",
        "rel=next",
        "next",
        "prev",
        "last",
        "; rel=\"next\"",
        "; rel=\"first\"",
        "pageId=",
        "pageId=1",
        "pageId=20",
        "pageId=-1",
        "page=2",
        "pageId=9223372036854775807",
        "pageId=-9223372036854775808",
        "https://evil.example/x",
        "//evil.example",
        "/login",
        "title=\"",
        "conditions=id>5",
        "<>",
        "<?pageId=3>",
    ];
    let address = elsewhere.to_owned();
    let whole = (pieces(PIECES, 6), pieces(PIECES, 6), 0..50_i64).prop_map(move |(before, after, id)| {
        format!("{before}<{address}?pageSize=2&pageId={id}>; rel=\"next\"{after}").into_bytes()
    });
    let free = prop_oneof![
        pieces(PIECES, 25).prop_map(String::into_bytes),
        super::bytes(60).prop_map(|bytes| bytes.0),
        whole
    ];
    free.prop_map(|mut value| {
        value.retain(|byte| !matches!(byte, 0..=8 | 10..=31 | 127));
        value
    })
}

/// The other parameters that a link may have (RFC 8288): each whole, whatever stands in its quotes.
fn parameter() -> impl Strategy<Value = String> {
    let quoted = pieces(
        &["a", " ", ",", ";", "<", ">", "\\\"", "\\\\", "rel=\\\"prev\\\"", "; rel=prev", "=", "pageId=3"],
        6,
    )
    .prop_map(|text| {
        // Where a piece of noise has broken the escapes, there is no text.
        let plain = text.replace("\\\"", "").replace("\\\\", "");
        let whole =
            text.is_ascii() && !plain.contains(['"', '\\']) && !plain.contains(|c: char| c.is_control());
        if whole { text } else { "x".to_owned() }
    });
    prop_oneof![
        quoted.prop_map(|text| format!("title=\"{text}\"")),
        Just("type=\"application/json\"".to_owned()),
        Just("title*=UTF-8''n%c3%a4chste".to_owned()),
        Just("hreflang=de".to_owned()),
        Just("crossorigin".to_owned()),
    ]
}

/// A link as it may be written, to an address that stands for itself or for the next page.
#[derive(Debug, Clone)]
struct Written {
    before: Vec<String>,
    after: Vec<String>,
    relation: String,
    blank: &'static str,
}

impl Written {
    fn text(&self, address: &str) -> String {
        let blank = self.blank;
        let relation = std::iter::once(&self.relation);
        let parameters = self.before.iter().chain(relation).chain(&self.after);
        parameters.fold(format!("<{address}>"), |text, parameter| format!("{text}{blank};{blank}{parameter}"))
    }
}

fn written(relations: &'static [&'static str]) -> impl Strategy<Value = Written> {
    let some = || prop::collection::vec(parameter(), 0..3);
    let blank = prop::sample::select(vec!["", " ", "  "]);
    (some(), some(), prop::sample::select(relations), blank).prop_map(|(before, after, relation, blank)| {
        Written { before, after, relation: relation.to_owned(), blank }
    })
}

/// The way to the next page among links to other pages, in one header or in several.
#[derive(Debug, Clone)]
struct Honest {
    next: Written,
    others: Vec<(Written, bool)>,
    conditions: bool,
    host: usize,
    /// At the end: an empty header, or none where there is no other link.
    empty: bool,
}

impl Honest {
    fn headers(&self, elsewhere: &str, next: Next) -> Vec<Vec<u8>> {
        let host = [elsewhere, "https://na.myconnectwise.net/v2025_8/apis/3.0/service/boards", "/boards", ""]
            [self.host];
        let conditions = if self.conditions { "conditions=a > 5 and b < 7&" } else { "" };
        let other = format!("{host}?{conditions}pageSize=2&page=1");
        let place = match next {
            Next::After(id) => Some(format!("{host}?{conditions}pageId={id}&pageSize=2")),
            Next::Page(number) => Some(format!("{host}?{conditions}page={number}&pageSize=2")),
            Next::Nowhere => None,
        };
        let mut headers = vec![Vec::new()];
        let mut add = |link: String, anew: bool| match headers.last_mut() {
            Some(last) if !anew => last.push(link),
            _ => headers.push(vec![link]),
        };
        for (index, (link, anew)) in self.others.iter().enumerate() {
            if index == 1
                && let Some(place) = &place
            {
                add(self.next.text(place), *anew);
            }
            add(link.text(&other), *anew);
        }
        if self.others.len() < 2
            && let Some(place) = &place
        {
            add(self.next.text(place), false);
        }
        headers.retain(|links| !links.is_empty());
        if headers.is_empty() && self.empty {
            headers.push(Vec::new());
        }
        headers.iter().map(|links| links.join(", ").into_bytes()).collect()
    }
}

fn honest() -> impl Strategy<Value = Honest> {
    let next = written(&["rel=\"next\"", "rel=next", "REL=\"Next\"", "rel = \"next\"", "rel=\"up next\""]);
    let others =
        written(&["rel=\"first\"", "rel=last", "rel=\"prev\"", "rel=\"first last\"", "rel=\"nextish\""]);
    (next, prop::collection::vec((others, any::<bool>()), 0..3), any::<bool>(), 0..4_usize, any::<bool>())
        .prop_map(|(next, others, conditions, host, empty)| Honest { next, others, conditions, host, empty })
}

#[test]
fn link_headers() {
    let stage = Stage::new();
    let noisy = prop::collection::vec(prop::collection::vec(noise(&stage.elsewhere()), 0..3), 1..4);
    let cases = (shelf(), 1..9_u32, any::<bool>(), noisy);
    let anything = property("whatever they say, a list is whole, or without an end", cases, |case| {
        let (shelf, size, by_name, headers) = case;
        let read = stage.read(&shelf, size, by_name, move |page, _| headers[page % headers.len()].clone())?;
        match read.outcome {
            Ok(mut ids) => {
                let length = ids.len();
                ids.sort_unstable();
                ids.dedup();
                prop_assert_eq!(length, ids.len(), "a record came twice");
                prop_assert!(ids.iter().all(|id| shelf.ids.contains(id)));
            }
            Err(error) => {
                prop_assert_eq!(error.kind(), Kind::NotConnectWise, "{}", error);
                prop_assert!(error.to_string().contains("repeats the pages before"), "{error}");
            }
        }
        Ok(())
    });

    // Without an address in angle brackets there is no link, and one that does not say what it leads to says nothing:
    // neither may end a list.
    let words = noise(&stage.elsewhere()).prop_map(|mut value| {
        value.retain(|byte| *byte != b'<');
        if value.iter().all(|byte| byte.is_ascii_whitespace()) {
            value.push(b'x');
        }
        value
    });
    let aimless = prop::collection::vec(parameter(), 0..3).prop_map(|parameters| {
        let link = |text: String, parameter: String| format!("{text}; {parameter}");
        parameters.into_iter().fold("<https://elsewhere.example/x?page=7>".to_owned(), link).into_bytes()
    });
    let words = prop_oneof![2 => words, 1 => aimless];
    let cases = (shelf(), 1..9_u32, any::<bool>(), prop::collection::vec(words, 1..3));
    let wordy = property("what is no link ends no list", cases, |(shelf, size, by_name, words)| {
        let read = stage.read(&shelf, size, by_name, move |_, _| words.clone())?;
        let mut ids = read.outcome.map_err(|error| TestCaseError::fail(error.to_string()))?;
        ids.sort_unstable();
        prop_assert_eq!(ids, shelf.ids);
        Ok(())
    });

    let cases = (shelf(), 1..9_u32, any::<bool>(), honest());
    let true_links = property("a way to the next page is found among other links", cases, |case| {
        let (shelf, size, by_name, honest) = case;
        let elsewhere = stage.elsewhere();
        let read = stage.read(&shelf, size, by_name, move |_, next| honest.headers(&elsewhere, next))?;
        let mut ids = read.outcome.map_err(|error| TestCaseError::fail(error.to_string()))?;
        ids.sort_unstable();
        prop_assert_eq!(&ids, &shelf.ids);
        // Where pages begin after an id, one request is enough for each, and one for a full page that says nothing; else
        // the list is read anew, by id, then by number.
        let pages = shelf.ids.len() / size as usize + 1;
        let forward = shelf.paging == Paging::Forward && !by_name;
        let most = if forward { pages + 1 } else { 3 * pages };
        prop_assert!(read.asked.len() <= most, "{} requests for {} pages", read.asked.len(), pages);
        Ok(())
    });
    fuzz("link_headers", vec![anything, wordy, true_links]);
}
