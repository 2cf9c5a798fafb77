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
            location: kind.contains("redirect").then(|| "http://127.0.0.1:9/elsewhere".to_owned()),
            ..Fault::default()
        };
        self.sandbox.add_fault(fault).expect(kind);
        let note = json!({"text": "once", "detailDescriptionFlag": true});
        let ended = match method {
            Method::Post => client.create(&notes, &note).await.map(drop),
            Method::Patch => {
                client.patch(&ticket, &[PatchOp::replace("summary", "after")]).await.map(drop)
            }
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

    async fn check(&self, table: &[(&str, u32, [&str; 4])], policy: &RetryPolicy) {
        let mut wrong = Vec::new();
        for (kind, times, expected) in table {
            let mut found = Vec::new();
            for method in METHODS {
                found.push(self.tries(kind, *times, method, policy.clone()).await);
            }
            if found != expected {
                wrong.push(format!("(\"{kind}\", {times}, {found:?}), not {expected:?}"));
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }
}

async fn ground() -> Ground {
    let sandbox = Sandbox::start(psactl::sandbox::Options::default()).await.expect("a sandbox");
    let calm = psa_with(&sandbox, quick());
    Ground { sandbox, calm }
}

/// For ever, as far as these tests go.
const EVER: u32 = 1_000;

/// The fault, how often it strikes, and for GET, POST, PATCH and DELETE: requests sent, the error, how often
/// the deed was done.
#[tokio::test]
async fn each_fault_has_its_outcome() {
    let table: &[(&str, u32, [&str; 4])] = &[
    ];
    ground().await.check(table, &quick()).await;
}

/// Where no answer comes, or none that ends, the total time-out of a try ends it.
#[tokio::test]
async fn silence_and_answers_without_an_end_are_ended() {
    let table: &[(&str, u32, [&str; 4])] = &[
    ];
    let policy = RetryPolicy { attempt_timeout: Duration::from_millis(150), ..quick() };
    ground().await.check(table, &policy).await;
}
