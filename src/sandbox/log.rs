//! What was asked of the sandbox.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::Serialize;

/// The log keeps this many requests; the counts cover all.
const KEPT: usize = 200_000;

/// One request, as it was answered.
#[derive(Debug, Clone, Serialize)]
pub struct LoggedRequest {
    /// The method.
    pub method: String,
    /// The path as it was asked.
    pub path: String,
    /// The path of the contract that it matched, or an empty text.
    pub template: String,
    /// 0 where the connection was reset instead of an answer.
    pub status: u16,
    /// The query as it was asked.
    pub query: String,
    /// By the sandbox's clock.
    pub at: Timestamp,
}

#[derive(Debug, Default)]
pub struct Log {
    requests: VecDeque<LoggedRequest>,
    counts: BTreeMap<(String, String), u64>,
}

impl Log {
    pub fn add(&mut self, request: LoggedRequest) {
        let key = (request.method.clone(), request.template.clone());
        *self.counts.entry(key).or_default() += 1;
        if self.requests.len() == KEPT {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.requests.iter().cloned().collect()
    }

    pub fn counts(&self) -> &BTreeMap<(String, String), u64> {
        &self.counts
    }

    pub fn clear(&mut self) {
        self.requests.clear();
        self.counts.clear();
    }
}
