//! Managed services: the nightly run, started by hand, and its log (contract: behaviours, section 12).

use serde_json::{Value, json};

use super::{done, existing};
use crate::sandbox::clock;
use crate::sandbox::engine::{Answer, Outcome, Request};
use crate::sandbox::errors::Refusal;
use crate::sandbox::view::View;
use crate::sandbox::work::Work;

const MANAGEMENT: &str = "/company/management";
const LOGS: &str = "/company/management/{}/logs";

fn text(now: jiff::Timestamp) -> String {
    format!("{} Managed IT sync started.\r\n", clock::text(now))
}

/// Starts the run. It bills nothing here, but leaves its log.
pub fn sync(work: &mut Work<'_>, request: &Request<'_>, id: i64) -> Outcome {
    existing(&work.view(), request.writer, MANAGEMENT, id)?;
    let stamp = work.now.strftime("%Y%m%d%H%M%S");
    let log = json!({
        "fullPathFileName": format!("ManagedIT\\{id}\\{stamp}.log"),
        "fileSize": text(work.now).len().to_string(),
    });
    let log = log.as_object().cloned().unwrap_or_default();
    work.store.insert(LOGS, &[id], log, &request.writer.stamp(work.now));
    done("Managed IT sync started.")
}

/// One log, by the name that the list gives it.
pub fn log(view: &View<'_>, request: &Request<'_>, id: i64) -> Outcome {
    existing(view, request.writer, MANAGEMENT, id)?;
    let wanted = request.parameters.get("filePath").unwrap_or_default();
    let mut logs = view.store.table(LOGS).into_iter().flat_map(|table| table.under(&[id]));
    let hit =
        logs.find(|(_, row)| row.fields.get("fullPathFileName").and_then(Value::as_str) == Some(wanted));
    match hit {
        Some((_, row)) => Ok(Answer::file("text/plain; charset=utf-8", text(row.entered_at).into_bytes())),
        None => Err(Refusal::missing("log file not found")),
    }
}
