//! The client: typed reads and plain writes over the transport.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::answer::Answer;
use super::connection::Connection;
use super::decode::{self, Record};
use super::discovery::CompanyInfo;
use super::error::{Error, Method, Tried};
use super::memory::{Exchange, Memory};
use super::pages::{Came, Pages, Turn};
use super::patch::PatchOp;
use super::paths::{self, Path};
use super::query::{Query, encode};
use super::retry::RetryPolicy;
use super::transport::{Call, Transport};
use super::types::Info;

/// The most records that one page can hold.
const PAGE: u32 = 1_000;

/// More pages than this are no list: five million records at full pages.
const MOST_PAGES: u32 = 5_000;

/// Nor is more than this, in bytes: what is read of a list stays in memory.
const MOST_BYTES: usize = 256 << 20;

/// A client of one ConnectWise site. Copies share everything: limits, counters and what was looked up.
#[derive(Clone)]
pub struct Client {
    transport: Arc<Transport>,
    page_size: u32,
    /// What was read, for a client that only looks.
    memory: Option<Arc<Memory>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("connection", &self.transport.connection).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of this connection. Nothing is sent yet: the company is looked up with the first request.
    ///
    /// # Errors
    /// [`Error::InsecureSite`] when the site is not https (or on this machine), [`Error::BadConnection`] when
    /// the site is no address or the certificate file cannot be used.
    pub fn new(connection: Connection) -> Result<Client, Error> {
        Client::with_policy(connection, RetryPolicy::default())
    }

    /// A client with its own patience; tests shorten the waits.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_policy(connection: Connection, policy: RetryPolicy) -> Result<Client, Error> {
        Ok(Client { transport: Arc::new(Transport::new(connection, policy)?), page_size: PAGE, memory: None })
    }

    /// The same client, asking for lists in pages of this many records; at least 1, at most 1,000, which is
    /// what it does without being told.
    #[must_use]
    pub fn with_page_size(self, records: u32) -> Client {
        Client { page_size: records.clamp(1, PAGE), ..self }
    }

    /// A client for one look at everything: each read is sent once, and whoever asks the same again is given the
    /// same answer. A write makes it forget what it read.
    #[must_use]
    pub fn looking(self) -> Client {
        Client { memory: Some(Arc::default()), ..self }
    }

    /// The reads that a looking client sent, for a support ticket; none of another client.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.memory.as_ref().map(|memory| memory.exchanges()).unwrap_or_default()
    }

    /// What the site says of the company (`GET /login/companyinfo/{id}`), asked once.
    ///
    /// # Errors
    /// [`Error::UnknownCompany`], and whatever keeps psactl from the site.
    pub async fn company_info(&self) -> Result<CompanyInfo, Error> {
        Ok(self.transport.route(None).await?.info.clone())
    }

    /// The host of the API, as the company look-up gave it.
    ///
    /// # Errors
    /// As [`Client::company_info`].
    pub async fn api_host(&self) -> Result<String, Error> {
        Ok(self.transport.route(None).await?.host.clone())
    }

    /// The system's own description (`GET /system/info`): the least request that proves a login.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn info(&self) -> Result<Info, Error> {
        self.get(&paths::system_info()).await
    }

    /// All records of a list, page by page (behaviours, section 3).
    ///
    /// By id, unless the query has another order. Each record comes once, also where the list changes while
    /// it is read; see [`Query::order_by`] for the one exception.
    ///
    /// # Errors
    /// Any [`Error`] of a read; nothing is given when one page fails.
    pub async fn list<T: Record>(&self, at: &Path, query: &Query) -> Result<Vec<T>, Error> {
        let mut records: Vec<T> = Vec::new();
        let mut seen: HashSet<i64> = HashSet::new();
        let query = query.for_records::<T>();
        let mut pages = Pages::of(&query, self.page_size);
        let (mut asked, mut came) = (0_u32, 0_usize);
        loop {
            let tried = tried(Method::Get, at.as_str(), format!("listing {} on {at}", at.plural()));
            let call = Call {
                query: encode(&pages.parameters()),
                forward_only: pages.forward_only(),
                ..Call::of(tried)
            };
            let answer = self.read(call).await?;
            asked += 1;
            came = came.saturating_add(answer.body.len());
            if asked > MOST_PAGES || came > MOST_BYTES {
                let problem = format!("the list has no end: {asked} pages, {} MiB so far", came >> 20);
                return Err(decode::not_connectwise(&answer.tried, &answer.host, problem));
            }
            let found: Vec<T> = decode::records(&answer.body, &answer.tried, &answer.host)?;
            let ids: Vec<Option<i64>> = found.iter().map(Record::id).collect();
            let before = records.len();
            records.extend(found.into_iter().filter(|record| record.id().is_none_or(|id| seen.insert(id))));
            let number = pages.number;
            match pages.turn(Came::of(&ids, records.len() - before), answer.link) {
                Turn::More => {}
                Turn::Done => return Ok(records),
                Turn::Anew => {
                    records.clear();
                    seen.clear();
                }
                Turn::Stuck => {
                    let problem = format!("page {number} of the list repeats the pages before");
                    return Err(decode::not_connectwise(&answer.tried, &answer.host, problem));
                }
            }
        }
    }

    /// The first record of a list, in the query's order.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn first<T: Record>(&self, at: &Path, query: &Query) -> Result<Option<T>, Error> {
        let tried = tried(Method::Get, at.as_str(), format!("looking for {} on {at}", article(at.noun())));
        let call = Call { query: encode(&query.page(1, 1)), ..Call::of(tried) };
        let answer = self.read(call).await?;
        let found: Vec<T> = decode::records(&answer.body, &answer.tried, &answer.host)?;
        Ok(found.into_iter().next())
    }

    /// One record.
    ///
    /// # Errors
    /// Any [`Error`] of a read; [`Error::NotFound`] when there is no such record.
    pub async fn get<T: Record>(&self, at: &Path) -> Result<T, Error> {
        let tried = tried(Method::Get, at.as_str(), format!("reading the {} {at}", at.noun()));
        let answer = self.read(Call::of(tried)).await?;
        let record: T = decode::record(&answer.body, &answer.tried, &answer.host)?;
        match another(at, record.id()) {
            Some(problem) => Err(decode::not_connectwise(&answer.tried, &answer.host, problem)),
            None => Ok(record),
        }
    }

    /// One record, if there is one.
    ///
    /// Only ConnectWise's own 404 counts as “none”: a web server's page for an unknown address does not.
    ///
    /// # Errors
    /// Any [`Error`] of a read but [`Error::NotFound`].
    pub async fn find<T: Record>(&self, at: &Path) -> Result<Option<T>, Error> {
        match self.get(at).await {
            Ok(record) => Ok(Some(record)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How many records the query finds.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn count(&self, at: &Path, query: &Query) -> Result<u64, Error> {
        let tried = tried(Method::Get, &at.count(), format!("counting {} on {at}", at.plural()));
        let answer = self.read(Call { query: encode(&query.count()), ..Call::of(tried) }).await?;
        let value = decode::json(&answer.body, &answer.tried, &answer.host)?;
        value.get("count").and_then(Value::as_u64).ok_or_else(|| {
            let problem = "a count was expected".to_owned();
            decode::not_connectwise(&answer.tried, &answer.host, problem)
        })
    }

    /// Creates a record below a collection, and gives back the whole of it as ConnectWise answers.
    ///
    /// A 200 does not say that every value was kept: compare with [`differences`](super::differences).
    ///
    /// # Errors
    /// Any [`Error`] of a write; [`Error::OutcomeUnknown`] when the record may have been created: look for it
    /// by its natural key before trying again.
    pub async fn create(&self, at: &Path, body: &Value) -> Result<Value, Error> {
        let action = format!("creating {} on {at}", article(at.noun()));
        self.write(Method::Post, at, action, body).await
    }

    /// Changes fields of a record; the operations are one update. Gives back the record as answered.
    ///
    /// # Errors
    /// As [`Client::create`].
    pub async fn patch(&self, at: &Path, operations: &[PatchOp]) -> Result<Value, Error> {
        let action = format!("changing the {} {at}", at.noun());
        let body = serde_json::to_value(operations).unwrap_or_default();
        self.write(Method::Patch, at, action, &body).await
    }

    /// Replaces a record whole: what is left out of the body falls to its default.
    ///
    /// # Errors
    /// As [`Client::create`].
    pub async fn replace(&self, at: &Path, body: &Value) -> Result<Value, Error> {
        self.write(Method::Put, at, format!("replacing the {} {at}", at.noun()), body).await
    }

    /// Deletes a record.
    ///
    /// # Errors
    /// Any [`Error`] of a write; [`Error::NotFound`] when it is not there.
    pub async fn delete(&self, at: &Path) -> Result<(), Error> {
        let tried = tried(Method::Delete, at.as_str(), format!("deleting the {} {at}", at.noun()));
        self.forget();
        let Answer { status, body, tried, host, .. } = self.transport.send(Call::of(tried)).await?;
        // No body, or the record (behaviours, section 4); a page for people tells nothing of the record.
        match decode::json(&body, &tried, &host) {
            Err(error) if status != 204 => Err(error.unknown()),
            _ => Ok(()),
        }
    }

    /// How many requests were sent, repeats and the company look-up included.
    pub fn requests_sent(&self) -> u64 {
        self.transport.requests_sent()
    }

    /// How many requests may be under way at once, at most.
    pub fn max_concurrency(&self) -> usize {
        self.transport.connection.max_concurrency.max(1)
    }

    /// The server's clock minus the caller's, by the server's last answer (to the second).
    pub fn clock_skew(&self, now: Timestamp) -> Option<SignedDuration> {
        self.transport.clock_skew(now)
    }

    async fn read(&self, call: Call) -> Result<Answer, Error> {
        match &self.memory {
            Some(memory) => memory.read(&self.transport, call).await,
            None => self.transport.send(call).await,
        }
    }

    fn forget(&self) {
        if let Some(memory) = &self.memory {
            memory.forget();
        }
    }

    async fn write(&self, method: Method, at: &Path, action: String, body: &Value) -> Result<Value, Error> {
        let tried = tried(method, at.as_str(), action);
        self.forget();
        let call = Call { body: Some(body.to_string().into_bytes()), ..Call::of(tried) };
        let Answer { body, tried, host, .. } = self.transport.send(call).await?;
        // A success whose record cannot be read was done, but not seen to be: it has to be looked up.
        match decode::json(&body, &tried, &host) {
            Ok(record @ Value::Object(_)) => match another(at, Record::id(&record)) {
                Some(problem) => Err(decode::not_connectwise(&tried, &host, problem).unknown()),
                None => Ok(record),
            },
            Ok(_) => {
                let problem = "no record came back".to_owned();
                Err(decode::not_connectwise(&tried, &host, problem).unknown())
            }
            Err(error) => Err(error.unknown()),
        }
    }
}

/// What is wrong where one record was asked for or changed, and another is answered: a cache or gateway on the way
/// that mixes answers up must not have one customer's record taken for another's.
fn another(at: &Path, came: Option<i64>) -> Option<String> {
    let (asked, came) = (at.id()?, came?);
    (asked != came).then(|| format!("#{came} came where #{asked} was asked for"))
}

fn tried(method: Method, path: &str, action: String) -> Tried {
    Tried { method, path: path.to_owned(), action, request_id: None }
}

/// The noun with its article.
fn article(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']) && !noun.starts_with("uni");
    format!("{} {noun}", if vowel { "an" } else { "a" })
}
