//! From each fault to its outcome: how many requests were sent, what the error is, and that nothing was done
//! twice.

use std::time::Duration;

use psactl::psa::*;
use psactl::sandbox::{Fault, Sandbox};
use serde_json::json;

use crate::client::{psa_with, quick};

const METHODS: [Method; 4] = [Method::Get, Method::Post, Method::Patch, Method::Delete];

/// A ticket on which the methods are tried, and a note to be made there.
struct Ground {
    sandbox: Sandbox,
    /// Somebody who meets no faults.
    calm: Client,
}

impl Ground {
    async fn clear_faults(&self) {
        let url = format!("{}/faults", self.sandbox.control_url());
        let cleared = crate::sandbox::http().delete(url).send().await.expect("an answer");
        assert!(cleared.status().is_success());
    }

    /// Tries a method while a fault strikes its path; says how many requests arrived, how it ended, and how
    /// often the deed was done.
    async fn tries(&self, kind: &str, times: u32, method: Method, policy: RetryPolicy) -> String {
        let body = json!({"summary": "before", "company": {"identifier": "JoeTV"}});
        let ticket = self.calm.create(&paths::tickets(), &body).await.expect("a ticket");
        let ticket = paths::ticket(ticket["id"].as_i64().expect("an id"));
        let notes = paths::ticket_notes(ticket.id().expect("an id"));
        let struck = if method == Method::Post { &notes } else { &ticket };
        let client = psa_with(&self.sandbox, policy);
        client.company_info().await.expect("the company");
        self.sandbox.clear_requests();
        let fault = Fault {
            method: Some(method.to_string()),
            path: Some(struck.to_string()),
            kind: kind.to_owned(),
            times: Some(times),
            retry_after: kind.ends_with("429").then_some(0),
            location: kind.contains("redirect").then(|| "http://127.0.0.1:9/elsewhere".to_owned()),
            ..Fault::default()
        };
        self.sandbox.add_fault(fault).expect(kind);
        let note = json!({"text": "once", "detailDescriptionFlag": true});
        let ended = match method {
            Method::Post => client.create(&notes, &note).await.map(drop),
            Method::Patch => client.patch(&ticket, &[PatchOp::replace("summary", "after")]).await.map(drop),
            Method::Delete => client.delete(&ticket).await,
            _ => client.get::<Ticket>(&ticket).await.map(drop),
        };
        let ended = match ended {
            Ok(()) => "done".to_owned(),
            Err(error) => {
                assert!(error.to_string().contains(struck.as_str()), "{error}");
                assert!(!error.hints().is_empty(), "{error}");
                format!("{:?}", error.kind())
            }
        };
        let sent = self.sandbox.requests().iter().filter(|r| r.path.ends_with(struck.as_str())).count();
        self.clear_faults().await;
        let deeds = match method {
            Method::Get => return format!("{sent} {ended}"),
            Method::Post => self.calm.count(&notes, &Query::all()).await.expect("a count"),
            Method::Patch => {
                let ticket: Ticket = self.calm.get(&ticket).await.expect("the ticket");
                u64::from(ticket.summary.as_deref() == Some("after"))
            }
            _ => u64::from(self.calm.find::<Ticket>(&ticket).await.expect("an answer").is_none()),
        };
        format!("{sent} {ended} {deeds}")
    }

    async fn check(&self, table: &[Row], policy: &RetryPolicy) {
        let mut wrong = Vec::new();
        for (kind, times, read, write) in table {
            for method in METHODS {
                let found = self.tries(kind, *times, method, policy.clone()).await;
                let expected = if method == Method::Get { read } else { write };
                if found != *expected {
                    wrong.push(format!("{times} times {kind} on {method}: {found}, and not {expected}"));
                }
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }
}

/// The fault; how often it strikes; for a GET, the requests sent and how it ended; the same for POST, PATCH and
/// DELETE, with how often the deed was done.
type Row = (&'static str, u32, &'static str, &'static str);

async fn ground() -> Ground {
    let sandbox = Sandbox::start(psactl::sandbox::Options::default()).await.expect("a sandbox");
    let calm = psa_with(&sandbox, quick());
    Ground { sandbox, calm }
}

/// For ever, as far as these tests go.
const EVER: u32 = 1_000;

#[tokio::test]
async fn each_fault_has_its_outcome() {
    let table: &[Row] = &[
        // No answer, or the beginning of one.
        ("reset", EVER, "4 Unreachable", "1 OutcomeUnknown 0"),
        ("truncated", EVER, "4 Unreachable", "1 OutcomeUnknown 0"),
        ("truncated-chunked", EVER, "4 Unreachable", "1 OutcomeUnknown 0"),
        ("empty", EVER, "1 NotConnectWise", "1 OutcomeUnknown 0"),
        ("garbled", EVER, "1 NotConnectWise", "1 OutcomeUnknown 0"),
        // Refusals: nothing was done, and nothing is tried again.
        ("status-400", EVER, "1 Invalid", "1 Invalid 0"),
        ("status-401", EVER, "1 Refused", "1 Refused 0"),
        ("status-403", EVER, "1 Forbidden", "1 Forbidden 0"),
        ("status-404", EVER, "1 NotFound", "1 NotFound 0"),
        ("status-405", EVER, "1 Invalid", "1 Invalid 0"),
        ("status-409", EVER, "1 Conflict", "1 Conflict 0"),
        ("status-415", EVER, "1 Invalid", "1 Invalid 0"),
        // Limits: nothing was done, so that writes are tried again too.
        ("status-429", EVER, "4 RateLimited", "4 RateLimited 0"),
        ("status-429", 1, "2 done", "2 done 1"),
        // Faults of the server: a read is tried again; of a write nobody knows.
        ("status-500", EVER, "4 Server", "1 OutcomeUnknown 0"),
        ("status-502", EVER, "4 Server", "1 OutcomeUnknown 0"),
        ("status-503", EVER, "4 Server", "1 OutcomeUnknown 0"),
        ("status-504", EVER, "4 Server", "1 OutcomeUnknown 0"),
        // Somebody else answers.
        ("html-200", EVER, "1 NotConnectWise", "1 OutcomeUnknown 0"),
        ("html-403", EVER, "1 Forbidden", "1 Forbidden 0"),
        ("html-404", EVER, "1 NotConnectWise", "1 NotConnectWise 0"),
        ("html-503", EVER, "4 Server", "1 OutcomeUnknown 0"),
        ("redirect", EVER, "1 Redirected", "1 OutcomeUnknown 0"),
        ("redirect-308", EVER, "1 Redirected", "1 Redirected 0"),
        // What was asked was done, and its answer is lost: it is not done again.
        ("applied-then-reset", EVER, "4 Unreachable", "1 OutcomeUnknown 1"),
        ("applied-then-truncated", EVER, "4 Unreachable", "1 OutcomeUnknown 1"),
        ("applied-then-truncated-chunked", EVER, "4 Unreachable", "1 OutcomeUnknown 1"),
        ("applied-then-empty", EVER, "1 NotConnectWise", "1 OutcomeUnknown 1"),
        ("applied-then-garbled", EVER, "1 NotConnectWise", "1 OutcomeUnknown 1"),
        ("applied-then-500", EVER, "4 Server", "1 OutcomeUnknown 1"),
        ("applied-then-502", EVER, "4 Server", "1 OutcomeUnknown 1"),
        ("applied-then-503", EVER, "4 Server", "1 OutcomeUnknown 1"),
        ("applied-then-504", EVER, "4 Server", "1 OutcomeUnknown 1"),
        ("applied-then-html-200", EVER, "1 NotConnectWise", "1 OutcomeUnknown 1"),
        ("applied-then-html-503", EVER, "4 Server", "1 OutcomeUnknown 1"),
        ("applied-then-redirect", EVER, "1 Redirected", "1 OutcomeUnknown 1"),
        // Troubles that pass.
        ("reset", 1, "2 done", "1 OutcomeUnknown 0"),
        ("truncated", 1, "2 done", "1 OutcomeUnknown 0"),
        ("truncated-chunked", 1, "2 done", "1 OutcomeUnknown 0"),
        ("status-500", 1, "2 done", "1 OutcomeUnknown 0"),
        ("status-503", 1, "2 done", "1 OutcomeUnknown 0"),
        ("html-502", 1, "2 done", "1 OutcomeUnknown 0"),
        ("applied-then-reset", 1, "2 done", "1 OutcomeUnknown 1"),
        ("applied-then-500", 1, "2 done", "1 OutcomeUnknown 1"),
    ];
    ground().await.check(table, &quick()).await;
}

/// Where no answer comes, or none that ends, the total time-out of a try ends it.
#[tokio::test]
async fn silence_and_answers_without_an_end_are_ended() {
    let table: &[Row] = &[
        ("hang", EVER, "4 TimedOut", "1 OutcomeUnknown 0"),
        ("dripping", EVER, "4 TimedOut", "1 OutcomeUnknown 0"),
        ("applied-then-hang", EVER, "4 TimedOut", "1 OutcomeUnknown 1"),
        ("applied-then-dripping", EVER, "4 TimedOut", "1 OutcomeUnknown 1"),
    ];
    let policy = RetryPolicy { attempt_timeout: Duration::from_millis(250), ..quick() };
    ground().await.check(table, &policy).await;
}
