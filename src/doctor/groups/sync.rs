//! What the next sync would do, what waits for a person, what failed.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::rights::failures;
use crate::doctor::catalog::Group;
use crate::doctor::findings::{Evidence, Findings};
use crate::doctor::observe::{PortalData, Seen, State, is_forbidden, kind_of};
use crate::error::{Exit, Failure};
use crate::plan::stop;
use crate::store::{EventState, HoldState};
use crate::sync::{Report, Trouble};
use crate::ui::text;

/// A scheduler that did not come for so long is off.
const LATE: SignedDuration = SignedDuration::from_hours(2);

/// Something has waited for a person for so long.
const LONG: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn judge(seen: &Seen<'_>, found: &mut Findings) {
    let (Ok(config), Some(Ok(state))) = (&seen.config, &seen.state) else { return };
    let source = match &seen.portal {
        Some(Ok(portal)) => Some(portal),
        _ => None,
    };
    unread(seen, found);
    let finished = seen.lists().is_some_and(|lists| {
        lists.steps.iter().all(|(_, finding)| finding.as_ref().is_ok_and(crate::setup::Finding::is_right))
    });
    if let Some(step) = state.chosen.missing(config) {
        let cause = if finished && seen.look.wants(Group::Setup) {
            format!("psactl setup --apply has not recorded step {} yet", step.name())
        } else {
            "set-up is not finished".to_owned()
        };
        found.skip_group(Group::Sync, format!("not checked, because {cause}"));
        return;
    }
    unkept(state, found);
    let mut held = standing_holds(state, seen);
    if let Some(lists) = seen.lists() {
        match &lists.next {
            Some(Ok(report)) => {
                next(seen, report, found);
                for change in report.plan.held.iter().filter(|change| !change.rejected) {
                    let line = format!(
                        "{}: {} -> {}, {}",
                        change.change.subject, change.before, change.after, change.reason
                    );
                    held.insert(change.record.clone(), (change.change.cid.clone(), line));
                }
            }
            Some(Err(failure)) if failure.error.is::<stop::Stopped>() => {
                if !found.has("state-stopped") {
                    found.fail("state-stopped", failure);
                }
                found.skip("sync", "not checked, because state-stopped must be mended first");
            }
            Some(Err(_)) if found.has("portal-data") => {
                found.skip("sync", "not checked, because portal-data must be mended first");
            }
            Some(Err(failure)) => found.fail("sync", failure),
            None if found.has("connection") || found.has("login") => {}
            None => found.skip("sync", "not checked, because ConnectWise could not be read to the end"),
        }
    }
    if !held.is_empty() {
        let title = format!("{} for a yes", text::count(held.len(), "change waits", "changes wait"));
        let evidence = held.into_values().map(|(cid, line)| match cid {
            Some(cid) => Evidence::new(line).of(&cid),
            None => Evidence::new(line),
        });
        let fix = "psactl sync holds what is new; psactl review answers it".to_owned();
        found.say("held", title, evidence.collect(), vec![fix]);
    }
    if let Some(portal) = source {
        failed_events(state, portal, found);
    }
    runs(seen, state, found);
}

/// What could not be read, where neither the rights are the cause nor the next sync tells of it.
fn unread(seen: &Seen<'_>, found: &mut Findings) {
    let Some(lists) = seen.lists() else { return };
    let troubles = match &lists.next {
        Some(Ok(report)) => report.troubles.as_slice(),
        _ => &[],
    };
    // What ends the whole run is told by that.
    let whole = match &lists.next {
        Some(Err(failure)) => kind_of(failure),
        _ => None,
    };
    let own = |failure: &&crate::error::Failure| {
        !is_forbidden(failure) && (whole.is_none() || kind_of(failure) != whole)
    };
    for failure in failures(lists).filter(own) {
        let line = failure.line();
        if !troubles.iter().any(|trouble| trouble.error.contains(&line)) {
            found.find("trouble", Evidence::new(line));
            failure.hints.iter().for_each(|hint| found.mend("trouble", hint));
        }
    }
}

fn unkept(state: &State, found: &mut Findings) {
    let Ok((unkept, entries)) = state.store.all_unkept() else { return };
    if entries > 0 {
        let title = format!(
            "ConnectWise takes statistics of {} and does not keep them: they are not sent any more",
            text::count(entries, "management report entry", "management report entries")
        );
        let fix = "psactl sync --force tries again; so does sync itself after ConnectWise's next release";
        found.say("statistics", title, unkept.into_iter().map(Evidence::new).collect(), vec![fix.to_owned()]);
    }
}

/// What is remembered to wait for a yes, by record.
fn standing_holds(state: &State, seen: &Seen<'_>) -> BTreeMap<String, (Option<String>, String)> {
    let holds = state.store.holds().unwrap_or_default().into_iter();
    holds
        .filter(|hold| hold.state == HoldState::Held && seen.asked(&hold.cid))
        .map(|hold| {
            let line = format!("{}: {} -> {}, {}", hold.change.subject, hold.before, hold.after, hold.reason);
            (hold.record, (Some(hold.cid).filter(|cid| !cid.is_empty()), line))
        })
        .collect()
}

fn next(seen: &Seen<'_>, report: &Report, found: &mut Findings) {
    let about = |cid: Option<&str>, text: String| match cid {
        Some(cid) => Evidence::new(text).of(cid),
        None => Evidence::new(text),
    };
    let mut subjects: Vec<Evidence> = Vec::new();
    for blocked in &report.plan.blocked {
        let cid = blocked.cid.as_deref();
        if !found.explains(cid, &blocked.subject) && !explained(blocked, found) {
            let who = cid.map(|cid| format!("customer {cid}, ")).unwrap_or_default();
            subjects.push(about(
                cid,
                format!("{who}{}: {}; fix: {}", blocked.subject, blocked.reason, blocked.fix),
            ));
        }
    }
    if !subjects.is_empty() {
        let title = format!("{} blocked", text::count(subjects.len(), "subject is", "subjects are"));
        found.say("blocked", title, subjects, vec!["each line says what removes its cause".to_owned()]);
    }
    // Where a right is missing, that is told once.
    let of_rights =
        |exit: Exit| exit == Exit::Refused && (found.has("rights-read") || found.has("rights-login"));
    // A portal that does not answer has a check of its own.
    let silent = seen.portal.as_ref().and_then(|portal| portal.as_ref().ok()?.trouble.as_ref());
    let silent = silent.map(Failure::line);
    let own = |trouble: &&Trouble| !of_rights(trouble.exit) && Some(&trouble.error) != silent.as_ref();
    let troubles: Vec<_> = report.troubles.iter().filter(own).collect();
    for trouble in troubles {
        let who = trouble.cid.as_deref().map(|cid| format!("customer {cid}")).unwrap_or_default();
        let who = if trouble.error.starts_with(&who) { String::new() } else { format!("{who}: ") };
        found.find("trouble", about(trouble.cid.as_deref(), format!("{who}{}", trouble.error)));
        trouble.hints.iter().for_each(|hint| found.mend("trouble", hint));
    }
    let notes: Vec<Evidence> = report
        .plan
        .notes
        .iter()
        .filter(|note| note.act)
        .filter(|note| !(found.has("state-ahead") && note.text.starts_with("psactl's state speaks of")))
        .map(|note| about(note.cid.as_deref(), note.text.clone()))
        .collect();
    if !notes.is_empty() {
        found.say("notes", "the next sync would note", notes, Vec::new());
    }
    if !report.standing.is_empty() {
        let faults = report.standing.iter().map(|fault| {
            Evidence::new(format!("customer {}, {}: {}", fault.cid, fault.account, fault.text)).of(&fault.cid)
        });
        let fix = "psactl sync --open-standing".to_owned();
        let title = "faults stand since the first run, without a ticket";
        found.say("standing-faults", title, faults.collect(), vec![fix]);
    }
    let pending = report.plan.changes.len();
    let undecided = !(report.troubles.is_empty() && report.plan.is_empty());
    found.well(
        "sync",
        if pending == 0 && undecided {
            "sync: the next run writes nothing".to_owned()
        } else if pending == 0 {
            "sync: ConnectWise agrees with the portal".to_owned()
        } else {
            format!("sync: the next run writes {}", text::count(pending, "change", "changes"))
        },
    );
}

/// Whether what blocks a subject is a finding of its own: the clock, or an unsettled write.
fn explained(blocked: &crate::plan::Blocked, found: &Findings) -> bool {
    found.has("clock") && blocked.reason.contains("clock is")
        || found.has("state-unsettled") && blocked.reason.starts_with("what became of an earlier write")
}

fn failed_events(state: &State, portal: &PortalData, found: &mut Findings) {
    let Ok(failed) = state.store.count_events(portal.source, EventState::Failed) else { return };
    if failed > 0 {
        let title = text::count(
            usize::try_from(failed).unwrap_or(usize::MAX),
            "event failed and was not reprocessed",
            "events failed and were not reprocessed",
        );
        let fix = "psactl events --errors shows them, psactl reprocess --errors runs them again".to_owned();
        found.say("failed-events", title, Vec::new(), vec![fix]);
    }
}

fn runs(seen: &Seen<'_>, state: &State, found: &mut Findings) {
    let last = ["sync", "reprocess"].map(|command| state.store.last_run(command).ok().flatten());
    let Some(last) = last.into_iter().flatten().max_by_key(|run| run.id) else {
        let fix = "psactl sync; then let cron run it every minute".to_owned();
        found.say("last-run", "sync has never run", Vec::new(), vec![fix]);
        found.skip("last-success", "sync has never run");
        return;
    };
    let exit = last.exit.map_or_else(|| "was killed".to_owned(), |exit| format!("exit {exit}"));
    let title = format!("last {} that had work: {} UTC, {exit}", last.command, text::moment(last.started_at));
    let failed = last.exit.is_none_or(|exit| exit != Exit::Done.code() && exit != Exit::Partial.code());
    let beat = state.beat.as_ref();
    let since = beat.map(|beat| seen.now.duration_since(beat.at)).filter(|since| *since > LATE);
    if let Some(since) = since {
        let late = format!("no psactl sync for {}", text::span(since));
        let fix = "let cron run psactl sync every minute".to_owned();
        found.say("last-run", late, vec![Evidence::new(title)], vec![fix]);
    } else if failed {
        let why = beat.and_then(|beat| beat.failure.clone()).map(Evidence::new);
        let fix = "psactl sync -v says what failed; the next run tries again".to_owned();
        found.say("last-run", title, why.into_iter().collect(), vec![fix]);
    } else {
        found.well("last-run", title);
    }
    // Where runs do not come at all, that is what is to be mended.
    match beat.map(|beat| beat.last_success) {
        _ if since.is_some() => {
            found.skip("last-success", "not checked, because last-run must be mended first")
        }
        Some(Some(success)) if seen.now.duration_since(success) > LONG => {
            let ago = text::span(seen.now.duration_since(success));
            let text = format!("the last run with nothing for a person to do was {ago} ago");
            found.find("last-success", Evidence::new(text));
        }
        Some(_) | None => {}
    }
}
