//! What a looking client has read: an answer is kept once it is there, and whoever asks again judges the same values.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::answer::Answer;
use super::error::{Error, Kind};
use super::transport::{Call, Transport};

/// A read (GET) that was made, as support asks for it. It carries no query and no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The path below the API's root.
    pub path: String,
    /// ConnectWise's own id of the exchange, where it gave one.
    pub request_id: Option<String>,
    /// How it failed, where it did.
    pub failed: Option<Kind>,
}

/// A request as it is told from others: its path, its query, its way of paging.
type Key = (String, String, bool);

/// The answers of one look, and what was asked for them.
#[derive(Default)]
pub(super) struct Memory {
    answers: Mutex<HashMap<Key, Answer>>,
    exchanges: Mutex<Vec<Exchange>>,
}

impl Memory {
    /// The answer of a read: the one that is known, else a new one, which is kept. What failed is asked again.
    pub(super) async fn read(&self, transport: &Transport, call: Call) -> Result<Answer, Error> {
        let key = (call.tried.path.clone(), call.query.clone(), call.forward_only);
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        let path = call.tried.path.clone();
        let outcome = transport.send(call).await;
        let (request_id, failed) = match &outcome {
            Ok(answer) => (answer.tried.request_id.clone(), None),
            Err(error) => (error.tried().and_then(|tried| tried.request_id.clone()), Some(error.kind())),
        };
        let exchange = Exchange { path, request_id, failed };
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
        let answer = outcome?;
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.insert(key, answer.clone());
        Ok(answer)
    }

    fn known(&self, key: &Key) -> Option<Answer> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(key).cloned()
    }

    /// Nothing that was read holds any more.
    pub(super) fn forget(&self) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Every read that was sent, in the order of the answers.
    pub(super) fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
