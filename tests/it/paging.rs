//! Lists are read whole: whatever paging the server knows, however long its pages are, and while records come
//! and go.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use psactl::psa::*;
use psactl::sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::client::psa_of;
use crate::client::{api_requests, at, client, server};

/// What a server knows of paging.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Paging {
    /// Forward-only; at the end the `Link` header is there and empty.
    Forward,
    /// Forward-only; at the end there is no header.
    ForwardThenNothing,
    /// By number, with links; the header that asks for forward-only is not heard.
    Numbered,
    /// The same, and it hears neither conditions nor an order.
    Deaf,
    /// By number, without any links.
    Silent,
}

/// A list on a server: ids with names. Without an order it comes by name, which is not the order of ids.
struct Shelf {
    paging: Paging,
    /// The most records on a page, whatever is asked for.
    longest: usize,
    records: BTreeMap<i64, String>,
    /// What happens after each page: a record comes or goes.
    changes: Vec<(i64, bool)>,
    pages: usize,
}

fn name(id: i64) -> String {
    format!("{:03} {id}", (id * 7919) % 1000)
}

impl Shelf {
    fn answer(&mut self, request: &Request) -> ResponseTemplate {
        let asked = |name: &str| {
            let found = request.url.query_pairs().find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned())
        };
        let number = |name: &str| asked(name).map(|value| value.parse::<i64>().expect("a number"));
        let forward_header = request.headers.get("pagination-type").is_some();
        assert!(!(forward_header && (asked("orderBy").is_some() || asked("page").is_some())));
        let forward = forward_header && matches!(self.paging, Paging::Forward | Paging::ForwardThenNothing);
        let hears = self.paging != Paging::Deaf;

        let mut found: Vec<(i64, String)> = self.records.clone().into_iter().collect();
        if !(forward || hears && asked("orderBy").as_deref() == Some("id")) {
            found.sort_by(|a, b| a.1.cmp(&b.1));
        }
        let condition = asked("conditions").filter(|_| hears);
        let after = if forward {
            number("pageId")
        } else {
            condition.map(|condition| condition.strip_prefix("id>").expect("id>").parse().expect("an id"))
        };
        found.retain(|(id, _)| after.is_none_or(|after| *id > after));

        let size = usize::try_from(number("pageSize").expect("a size")).expect("a size").min(self.longest);
        let page = if forward { 1 } else { number("page").unwrap_or(1) };
        let start = (usize::try_from(page).expect("a page") - 1) * size;
        let shown: Vec<&(i64, String)> = found.iter().skip(start).take(size).collect();
        let more = start + shown.len() < found.len();
        let last = shown.last().map_or(0, |(id, _)| *id);
        let body: Vec<Value> = shown.iter().map(|(id, name)| json!({"id": id, "name": name})).collect();
        let link = match (self.paging, more) {
            _ if forward && more => {
                Some(format!("<https://elsewhere.example/x?pageSize={size}&pageId={last}>; rel=\"next\""))
            }
            (Paging::Forward, _) if forward => Some(String::new()),
            (Paging::ForwardThenNothing, _) if forward => None,
            (Paging::Silent, _) => None,
            (_, true) => Some(format!("<https://elsewhere.example/x?page={}>; rel=\"next\"", page + 1)),
            (_, false) if page > 1 => Some("<https://elsewhere.example/x?page=1>; rel=\"first\"".to_owned()),
            _ => None,
        };
        self.pages += 1;
        if let Some((id, comes)) = self.changes.pop() {
            match comes {
                true => drop(self.records.insert(id, name(id))),
                false => drop(self.records.remove(&id)),
            }
        }
        let answer = ResponseTemplate::new(200).set_body_json(body);
        match link {
            Some(link) => answer.insert_header("link", link),
            None => answer,
        }
    }
}

#[derive(Clone)]
struct Shared(Arc<Mutex<Shelf>>);

impl Respond for Shared {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.0.lock().expect("not poisoned").answer(request)
    }
}

/// A server with one shelf of boards.
async fn shelf(paging: Paging, longest: usize, records: impl Iterator<Item = i64>) -> (MockServer, Shared) {
    let records = records.map(|id| (id, name(id))).collect();
    let shelf = Shelf { paging, longest, records, changes: Vec::new(), pages: 0 };
    let shared = Shared(Arc::new(Mutex::new(shelf)));
    let server = server().await;
    Mock::given(at("/service/boards")).respond_with(shared.clone()).mount(&server).await;
    (server, shared)
}

#[tokio::test]
async fn lists_are_read_to_their_end_in_as_few_requests_as_are_safe() {
    use Paging::{Deaf, Forward, ForwardThenNothing, Numbered, Silent};
    // paging, records, longest page of the server, requests
    let table = [
        (Forward, 0, 1000, 1),
        (Forward, 999, 1000, 1),
        (Forward, 1000, 1000, 1),
        (Forward, 2500, 1000, 3),
        (Forward, 700, 250, 3),
        (ForwardThenNothing, 0, 1000, 1),
        (ForwardThenNothing, 999, 1000, 1),
        (ForwardThenNothing, 2500, 1000, 3),
        (ForwardThenNothing, 2000, 1000, 3),
        // The order of the first page is not known, so that it is read again, by id.
        (Numbered, 0, 1000, 1),
        (Numbered, 999, 1000, 1),
        (Numbered, 1500, 1000, 3),
        (Numbered, 700, 250, 4),
        (Deaf, 999, 1000, 1),
        (Deaf, 1500, 1000, 4),
        // A page of this length may be all that the server gives at once.
        (Silent, 0, 1000, 1),
        (Silent, 24, 1000, 1),
        (Silent, 25, 1000, 3),
        (Silent, 999, 1000, 1),
        (Silent, 1000, 1000, 3),
        (Silent, 700, 250, 5),
        (Silent, 30, 25, 3),
    ];
    for (paging, records, longest, requests) in table {
        let what = format!("{paging:?} {records} {longest}");
        let (server, _) = shelf(paging, longest, 1..=records).await;
        let boards: Vec<Board> = client(&server).list(&paths::boards(), &Query::all()).await.expect(&what);
        let mut ids: Vec<i64> = boards.iter().map(|board| board.id).collect();
        ids.sort_unstable();
        assert!(ids.into_iter().eq(1..=records), "{what}");
        assert_eq!(api_requests(&server).await.len(), requests, "{what}");
    }
}

#[tokio::test]
async fn forward_only_pages_are_asked_for_as_the_record_says() {
    let (server, _) = shelf(Paging::Forward, 1000, 1..=5).await;
    let client = client(&server).with_page_size(2);
    let query = Query::all().fields("name");
    client.list::<Board>(&paths::boards(), &query.clone().order_by("id")).await.expect("boards");
    client.list::<Board>(&paths::boards(), &query.order_by("name desc")).await.expect("boards");
    let asked = api_requests(&server).await;
    let asked = asked.iter().map(|request| {
        let style = request.headers.get("pagination-type").map(|style| style.to_str().expect("text"));
        (style, request.url.query().expect("a query"))
    });
    let forward = Some("forward-only");
    assert_eq!(
        asked.collect::<Vec<_>>(),
        [
            (forward, "fields=id%2Cname&pageSize=2"),
            (forward, "fields=id%2Cname&pageId=2&pageSize=2"),
            (forward, "fields=id%2Cname&pageId=4&pageSize=2"),
            (None, "orderBy=name%20desc&fields=id%2Cname&page=1&pageSize=2"),
            (None, "orderBy=name%20desc&fields=id%2Cname&page=2&pageSize=2"),
            (None, "orderBy=name%20desc&fields=id%2Cname&page=3&pageSize=2"),
        ]
    );
}

#[tokio::test]
async fn pages_without_an_end_are_an_error_and_no_loop() {
    let full: Value = (1..=1000).map(|id| json!({"id": id})).collect();
    // link header, requests until it is noticed
    let table = [
        (None, 5),
        (Some("<https://x?page=2>; rel=\"next\""), 5),
        (Some("<https://x?pageId=1000>; rel=\"next\""), 2),
        (Some("<https://x?pageId=1>; rel=\"next\""), 2),
        (Some("<https://x?pageId=0>; rel=\"next\""), 2),
        (Some("<https://x?pageId=9223372036854775807>; rel=\"next\""), 2),
    ];
    for (link, requests) in table {
        let server = server().await;
        let mut answer = ResponseTemplate::new(200).set_body_json(&full);
        if let Some(link) = link {
            answer = answer.insert_header("link", link);
        }
        Mock::given(at("/service/tickets")).respond_with(answer).mount(&server).await;
        let error = client(&server).list::<Ticket>(&paths::tickets(), &Query::all()).await;
        let error = error.expect_err("endless pages");
        assert_eq!(error.kind(), Kind::NotConnectWise);
        assert!(error.to_string().contains("page 2 of the list repeats"), "{error}");
        assert_eq!(api_requests(&server).await.len(), requests, "{link:?}");
    }
}

/// Pages that bring something new for ever: large ones are given up before the memory is full.
#[tokio::test]
async fn a_list_that_always_brings_something_new_is_given_up() {
    struct Grows(std::sync::atomic::AtomicI64);
    impl Respond for Grows {
        fn respond(&self, _: &Request) -> ResponseTemplate {
            let id = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let blanks = " ".repeat(60 << 20);
            ResponseTemplate::new(200)
                .set_body_raw(format!("[{{\"id\":{id}}}{blanks}]"), "application/json")
                .insert_header("link", format!("<https://x?pageId={id}>; rel=\"next\"").as_str())
        }
    }
    let server = server().await;
    Mock::given(at("/service/tickets")).respond_with(Grows(1.into())).mount(&server).await;
    let error = client(&server).list::<Ticket>(&paths::tickets(), &Query::all()).await;
    let error = error.expect_err("endless pages");
    assert_eq!(error.kind(), Kind::NotConnectWise);
    assert!(error.to_string().contains("the list has no end: 5 pages, 300 MiB so far"), "{error}");
}

#[derive(Debug, Clone)]
struct Case {
    paging: Paging,
    longest: usize,
    size: u32,
    records: BTreeSet<i64>,
    changes: Vec<(i64, bool)>,
    ordered: bool,
}

fn case() -> impl Strategy<Value = Case> {
    use Paging::{Deaf, Forward, ForwardThenNothing, Numbered, Silent};
    let paging = prop::sample::select(vec![Forward, ForwardThenNothing, Numbered, Deaf, Silent]);
    let records = prop::collection::btree_set(1..200_i64, 0..120);
    let changes = prop::collection::vec((1..220_i64, any::<bool>()), 0..20);
    (paging, 1..80_usize, 1..60_u32, records, changes, any::<bool>()).prop_map(
        |(paging, longest, size, records, changes, ordered)| {
            // A server that says nothing of further pages can be seen through where its pages are of a usual
            // length; and page numbers, used where a list has its own order, hold while nothing is deleted.
            let longest = if paging == Silent { longest.next_multiple_of(25) } else { longest };
            let numbered = ordered || paging == Deaf;
            let shortest = size.min(u32::try_from(longest).unwrap());
            let harmless = |(_, comes): &(i64, bool)| !numbered || *comes && shortest > 1;
            let changes = changes.into_iter().filter(harmless).collect();
            Case { paging, longest, size, records, changes, ordered }
        },
    )
}

/// Every record that was there all the time comes exactly once, whoever came or went meanwhile.
#[test]
fn every_record_once_at_every_page_size() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (server, shared) = runtime.block_on(shelf(Paging::Forward, 1000, 0..0));
    let client = client(&server);
    let config = Config { cases: 200, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&case(), |case| {
        let all = case.records.iter().map(|id| (*id, name(*id))).collect();
        *shared.0.lock().unwrap() = Shelf {
            paging: case.paging,
            longest: case.longest,
            records: all,
            changes: case.changes.clone(),
            pages: 0,
        };
        let query = if case.ordered { Query::all().order_by("name") } else { Query::all() };
        let listed = client.clone().with_page_size(case.size);
        let boards: Vec<Board> = runtime.block_on(listed.list(&paths::boards(), &query)).unwrap();
        let came: Vec<i64> = boards.iter().map(|board| board.id).collect();
        let once: BTreeSet<i64> = came.iter().copied().collect();
        prop_assert_eq!(once.len(), came.len(), "a record came twice: {:?}", came);
        let touched: BTreeSet<i64> = case.changes.iter().map(|(id, _)| *id).collect();
        for id in case.records.iter().filter(|id| !touched.contains(id)) {
            prop_assert!(once.contains(id), "{} is missing: {:?}", id, came);
        }
        for id in &once {
            prop_assert!(case.records.contains(id) || touched.contains(id), "{} never was", id);
        }
        if case.ordered && case.paging != Paging::Deaf {
            prop_assert!(boards.is_sorted_by_key(|board| board.name.clone()));
        }
        let length = (case.size as usize).min(case.longest);
        let pages = shared.0.lock().unwrap().pages;
        let most = 3 + (case.records.len() + case.changes.len()) / length + 1;
        prop_assert!(pages <= 2 * most, "{} requests where {} are enough", pages, most);
        Ok(())
    });
    if let Err(failed) = result {
        panic!("{failed}");
    }
}

/// The same against the sandbox, while somebody else makes and deletes records.
#[test]
fn the_sandbox_gives_every_record_once() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let options = Options { companies: 37, ..Options::default() };
    let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
    let client = psa_of(&sandbox);
    let (tickets, companies) = (paths::tickets(), paths::companies());
    let stay: BTreeSet<i64> = (0..23)
        .map(|number| {
            let body = json!({"summary": format!("stays {number}"), "company": {"identifier": "JoeTV"}});
            runtime.block_on(client.create(&tickets, &body)).unwrap()["id"].as_i64().unwrap()
        })
        .collect();
    let count = runtime.block_on(client.count(&companies, &Query::all())).unwrap();
    let config = Config { cases: 30, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&(1..60_u32, any::<bool>()), |(size, ordered)| {
        let reader = client.clone().with_page_size(size);
        let query = Query::all().fields("identifier");
        let query = if ordered { query.order_by("identifier") } else { query };
        let found: Vec<Value> = runtime.block_on(reader.list(&companies, &query)).unwrap();
        let ids: BTreeSet<i64> = found.iter().map(|company| company["id"].as_i64().unwrap()).collect();
        prop_assert_eq!((found.len() as u64, ids.len() as u64), (count, count));

        let changing = async {
            for _ in 0..4 {
                let body = json!({"summary": "comes and goes", "company": {"identifier": "JoeTV"}});
                let made = client.create(&tickets, &body).await.unwrap();
                client.delete(&paths::ticket(made["id"].as_i64().unwrap())).await.unwrap();
            }
        };
        let query = Query::all();
        let reading = reader.list::<Value>(&tickets, &query);
        let (found, ()) = runtime.block_on(async { tokio::join!(reading, changing) });
        let ids: Vec<i64> = found.unwrap().iter().map(|ticket| ticket["id"].as_i64().unwrap()).collect();
        prop_assert!(ids.is_sorted_by(|a, b| a < b), "{:?}", ids);
        prop_assert!(stay.iter().all(|id| ids.contains(id)), "{:?}", ids);
        Ok(())
    });
    if let Err(failed) = result {
        panic!("{failed}");
    }
    runtime.block_on(sandbox.stop());
}
