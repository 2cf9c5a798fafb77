//! Who is told of runs of `psactl sync`: a dead man's switch (`[monitoring] ping_url`), a node exporter
//! (`prometheus_file`), and `psactl status` (the [`Beat`] beside the state).
//!
//! All of it comes after the run and changes nothing of it: what fails here is at most a warning, said once
//! every `remind_every`.

mod beat;
mod ping;
mod prometheus;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::config::Config;
use crate::context::Context;
use crate::error::{Exit, Result};
use crate::store::Store;
use crate::sync::Report;
use crate::ui::text;

pub use beat::{Beat, Overview};

/// Tells of a run that has just ended: of all customers, and not a dry one.
pub fn after_run(
    context: &Context,
    config: &Config,
    store: &Store,
    outcome: &Result<Report>,
    took: Duration,
) {
    let exit = match outcome {
        Ok(report) => report.exit(),
        Err(failure) => failure.exit,
    };
    // Who waits for another psactl, or was stopped by a person, has not run.
    if matches!(exit, Exit::Busy | Exit::Interrupted) {
        return;
    }
    let beat = Beat::of(Beat::read(store.folder()), outcome, took, context.now());
    let mut troubles = Vec::new();
    if let Err(error) = beat.write(store.folder()) {
        troubles
            .push(("beat", format!("what psactl status knows of runs cannot be written: {}", error.kind())));
    }
    if let Some(file) = &config.monitoring.prometheus_file {
        let file = config.resolve(file);
        if let Err(error) = prometheus::write(&file, &beat, context.now()) {
            let trouble = format!("[monitoring] prometheus_file {}: {}", file.display(), error.kind());
            troubles.push(("prometheus_file", trouble));
        }
    }
    if let Some(url) = &config.monitoring.ping_url
        && let Err(error) = ping::ping(context, config, url, beat.is_success())
    {
        troubles.push(("ping_url", format!("[monitoring] ping_url: {error}")));
    }
    warn(context, config, store, &troubles);
}

/// A warning is said when it is new, and again every `remind_every`; cron hears of nothing else.
fn warn(context: &Context, config: &Config, store: &Store, troubles: &[(&str, String)]) {
    const AREA: &str = "monitoring";
    let key = |what: &str| format!("{AREA} {what}");
    let stands = troubles.iter().map(|(what, _)| (key(what), String::new())).collect();
    let nobody = BTreeSet::from([String::new()]);
    let said = store.says(AREA, &nobody, &stands, context.now(), config.sync.remind_every);
    for (what, trouble) in troubles {
        // A state that cannot be written has said so itself.
        if said.as_ref().map_or(true, |said| said.contains(key(what).as_str())) {
            context.ui.problem(&format!("warning: {}", text::clean(trouble)));
        }
    }
}
