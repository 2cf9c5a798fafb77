//! psactl's own state: readable by psactl alone, whole, the only one.

use std::path::Path;

use crate::doctor::catalog::Group;
use crate::doctor::findings::{Evidence, Findings};
use crate::doctor::observe::Seen;
use crate::plan::stop;
use crate::ui::text;

pub(super) fn judge(seen: &Seen<'_>, found: &mut Findings) {
    let state = match &seen.state {
        None => {
            found.skip_group(Group::State, "there is no state yet");
            return;
        }
        Some(Err(failure)) => {
            found.fail("state-database", failure);
            found.skip_group(Group::State, "not checked, because state-database must be mended first");
            return;
        }
        Some(Ok(state)) => state,
    };
    let store = &state.store;
    found.well("state-database", format!("state {}", store.folder().display()));
    for (path, mode) in open_to_others(store.folder()) {
        let text = format!("{} is open to others on this machine (mode {mode:04o})", path.display());
        let right = if path.is_dir() { "700" } else { "600" };
        found.find_with("state-open", Evidence::new(text), format!("chmod {right} {}", path.display()));
    }
    if let Ok(Some(stopped)) = store.stop() {
        for seen in &stopped.seen {
            found.find("state-stopped", Evidence::new(stop::told(seen)).of(&seen.cid));
        }
    }
    // A company ID that is none has a check of its own.
    let exists = seen.psa.as_ref().is_none_or(|psa| psa.company.is_ok());
    if let (Ok(config), Ok(Some(company)), true) = (&seen.config, store.company(), exists)
        && !company.eq_ignore_ascii_case(&config.connectwise.company_id)
    {
        let text = format!(
            "the state is that of {company}, and psactl.toml names {}",
            config.connectwise.company_id
        );
        found.find("state-company", Evidence::new(text));
    }
    for entry in store.unsettled().unwrap_or_default() {
        let text =
            format!("{}, begun {} UTC in run {}", entry.change.subject, text::moment(entry.at), entry.run);
        found.find("state-unsettled", Evidence::new(text));
    }
    let Some(Ok(portal)) = &seen.portal else { return };
    let states = store.customers(portal.source).unwrap_or_default();
    let ahead = states.values().flat_map(|own| [Some(own.checked_at), own.pushed_at]).flatten().max();
    if let Some(ahead) = ahead.filter(|ahead| crate::sync::billable::in_future(*ahead, seen.now)) {
        found.find("state-ahead", Evidence::new(format!("the state speaks of {} UTC", text::moment(ahead))));
    }
}

#[cfg(unix)]
fn open_to_others(folder: &Path) -> Vec<(std::path::PathBuf, u32)> {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| Some(std::fs::metadata(path).ok()?.permissions().mode() & 0o777);
    // A folder that only its owner enters keeps what is in it.
    let Some(own) = mode(folder).filter(|mode| mode & 0o077 != 0) else { return Vec::new() };
    let file = crate::store::Store::file_in(folder);
    let open = mode(&file).filter(|mode| mode & 0o077 != 0).map(|mode| (file, mode));
    // Others may see names of files, and must not read one.
    open.into_iter().chain((own & 0o022 != 0).then(|| (folder.to_owned(), own))).collect()
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> Vec<(std::path::PathBuf, u32)> {
    Vec::new()
}
