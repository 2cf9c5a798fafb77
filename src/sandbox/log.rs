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
    /// 0 where no answer was sent.
    pub status: u16,
    /// The query as it was asked.
    pub query: String,
    /// By the sandbox's clock.
    pub at: Timestamp,
    /// Whether it was a write and was done, whatever was answered; false until it is, where that
    /// comes after the answer.
    pub applied: bool,
    /// The kind of the fault that struck it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// How often something was asked.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Count {
    /// All requests.
    pub count: u64,
    /// The writes among them that were done.
    pub applied: u64,
    /// Those that a fault struck.
    pub faults: u64,
}

#[derive(Debug, Default)]
pub struct Log {
    requests: VecDeque<LoggedRequest>,
    counts: BTreeMap<(String, String), Count>,
    /// How many requests there ever were: their serial numbers go on when the log is cleared.
    ever: u64,
}

impl Log {
    /// Notes a request; answers its serial number.
    pub fn add(&mut self, request: LoggedRequest) -> u64 {
        let key = (request.method.clone(), request.template.clone());
        let count = self.counts.entry(key).or_default();
        count.count += 1;
        count.applied += u64::from(request.applied);
        count.faults += u64::from(request.fault.is_some());
        if self.requests.len() == KEPT {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
        self.ever += 1;
        self.ever
    }

    /// Notes that a write was done after its answer. What was cleared meanwhile stays forgotten.
    pub fn done(&mut self, serial: u64) {
        let age = self.ever.checked_sub(serial).and_then(|age| usize::try_from(age).ok());
        let at = age.and_then(|age| self.requests.len().checked_sub(age + 1));
        if let Some(request) = at.and_then(|at| self.requests.get_mut(at)) {
            request.applied = true;
            let key = (request.method.clone(), request.template.clone());
            self.counts.entry(key).or_default().applied += 1;
        }
    }

    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.requests.iter().cloned().collect()
    }

    pub fn counts(&self) -> &BTreeMap<(String, String), Count> {
        &self.counts
    }

    pub fn clear(&mut self) {
        self.requests.clear();
        self.counts.clear();
    }
}
