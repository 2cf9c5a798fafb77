//! What a support ticket needs, in one file: findings, versions, configuration with sources, last runs, request ids.
//! No secret is in it, and customers are called by their CIDs.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::Report;
use super::observe::Seen;
use crate::config::Config;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::store::{RunFilter, Store};

/// So many runs are told of.
const RUNS: usize = 20;

/// So many requests, failed ones first.
const REQUESTS: usize = 100;

/// Names of customers, companies and accounts, each with what it is called instead.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<(String, String)>);

impl Names {
    /// Every name that the state and the portal know.
    pub(super) fn of(seen: &Seen<'_>) -> Names {
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        if let Some(Ok(portal)) = &seen.portal {
            for account in &portal.snapshot.accounts {
                for own in [Some(&account.user), account.notification_email.as_ref()].into_iter().flatten() {
                    names.insert(own.clone(), format!("{}/{}", account.cid, account.number));
                }
            }
            for customer in &portal.snapshot.customers {
                names.insert(customer.name.clone(), customer.cid.clone());
            }
        }
        // A company that nobody is linked to has no CID.
        for (id, name) in seen.lists().into_iter().flat_map(|lists| &lists.names) {
            names.entry(name.clone()).or_insert_with(|| format!("company #{id}"));
        }
        if let Some(Ok(state)) = &seen.state {
            for link in &state.links {
                names.insert(link.company_name.clone(), link.cid.clone());
                names.insert(link.portal_name.clone(), link.cid.clone());
            }
        }
        let mut names: Vec<(String, String)> =
            names.into_iter().filter(|(name, _)| name.trim().chars().count() > 2).collect();
        // A name within another one must not hide it.
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Names(names)
    }

    fn without(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, cid) in &self.0 {
            if text.contains(name.as_str()) {
                text = text.replace(name.as_str(), &format!("[{cid}]"));
            }
        }
        text
    }

    /// The same for every text of a document.
    fn strip(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.without(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.strip(item)),
            Value::Object(fields) => fields.values_mut().for_each(|item| self.strip(item)),
            _ => {}
        }
    }
}

/// A run, without what it wrote.
#[derive(Serialize)]
struct Ran {
    run: i64,
    command: String,
    started_at: Timestamp,
    finished_at: Option<Timestamp>,
    exit: Option<u8>,
    written: usize,
    failed: usize,
    unknown: usize,
    errors: Vec<String>,
}

/// A new file that only its owner can read, begun before anything is looked at.
pub struct Bundle<'a> {
    path: &'a Path,
    file: std::fs::File,
    written: bool,
}

/// Nothing of it stays where nothing was found out.
impl Drop for Bundle<'_> {
    fn drop(&mut self) {
        if !self.written {
            let _stays = std::fs::remove_file(self.path);
        }
    }
}

/// Begins a bundle.
///
/// # Errors
/// Where the file is there already or cannot be written.
pub fn begin(path: &Path) -> Result<Bundle<'_>> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| unwritable(path, &error))?;
    Ok(Bundle { path, file, written: false })
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    let said = |exit| Failure::new(exit, format!("cannot write {}: {error}", path.display()));
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => said(Exit::Usage).hint("name a file that is not there yet"),
        _ => said(Exit::Unexpected).hint("name a file in a folder that this account may write to"),
    }
}

/// Writes the bundle.
///
/// # Errors
/// Where it cannot be written.
pub fn write(context: &Context, report: &Report, mut bundle: Bundle<'_>) -> Result<()> {
    let store = context.existing_store().ok();
    let mut document = json!({
        "schema": "psactl/bundle/1",
        "made_at": context.now(),
        "versions": {
            "psactl": env!("CARGO_PKG_VERSION"),
            "connectwise": report.release,
            "system": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            "sqlite": crate::store::sqlite_version(),
            "state_format": crate::store::VERSION,
        },
        "configuration": configuration(context),
        "findings": report.checks,
        "runs": store.as_ref().map(runs).transpose()?.unwrap_or_default(),
        "last_run": store.as_ref().and_then(|store| crate::monitoring::Beat::read(store.folder())),
        "requests": requests(report),
    });
    report.names.strip(&mut document);
    let text = serde_json::to_string_pretty(&document).map_err(crate::store::Error::from)?;
    let text = crate::ui::text::escaped(&text);
    let written = bundle.file.write_all(text.as_bytes()).and_then(|()| bundle.file.write_all(b"\n"));
    written.map_err(|error| unwritable(bundle.path, &error))?;
    bundle.written = true;
    Ok(())
}

/// Every key with where its value comes from; what could be a secret is not told.
fn configuration(context: &Context) -> Value {
    let Some(path) = context.config_path() else { return Value::Null };
    match Config::facts(&path, &context.environment) {
        Ok(facts) => json!({ "file": path, "values": facts }),
        Err(error) => json!({ "file": path, "error": error.to_string() }),
    }
}

fn runs(store: &Store) -> Result<Vec<Ran>> {
    let mut runs = store.runs(&RunFilter::default())?;
    runs.sort_by_key(|summary| std::cmp::Reverse(summary.run.id));
    runs.truncate(RUNS);
    let told = runs.into_iter().map(|summary| {
        let failed = summary.failed + summary.unknown > 0;
        let written = if failed { store.writes_of(summary.run.id).unwrap_or_default() } else { Vec::new() };
        let errors = written.into_iter().filter_map(|written| written.error).collect();
        Ran {
            run: summary.run.id,
            command: summary.run.command.clone(),
            started_at: summary.run.started_at,
            finished_at: summary.run.finished_at,
            exit: summary.run.exit,
            written: summary.done,
            failed: summary.failed,
            unknown: summary.unknown,
            errors,
        }
    });
    Ok(told.collect())
}

fn requests(report: &Report) -> Value {
    let mut exchanges: Vec<_> = report.exchanges.iter().collect();
    exchanges.sort_by_key(|exchange| exchange.failed.is_none());
    let told = exchanges.into_iter().take(REQUESTS).map(|exchange| {
        json!({
            "request": format!("GET {}", exchange.path),
            "request_id": exchange.request_id,
            "failed": exchange.failed.map(|kind| format!("{kind:?}")),
        })
    });
    json!({ "sent": report.requests, "some": told.collect::<Vec<Value>>() })
}
