//! The portal's data: read, whole, young enough.

use crate::config::PortalSource;
use crate::doctor::catalog::Group;
use crate::doctor::findings::{Evidence, Findings};
use crate::doctor::observe::Seen;
use crate::store::Import;
use crate::sync::billable;
use crate::ui::text;

pub(super) fn judge(seen: &Seen<'_>, found: &mut Findings) {
    let (Some(portal), Ok(config)) = (&seen.portal, &seen.config) else { return };
    let portal = match portal {
        Ok(portal) => portal,
        Err(failure) => {
            found.fail("portal-data", failure);
            found.skip_group(Group::Portal, "not checked, because portal-data must be mended first");
            return;
        }
    };
    let (snapshot, log, now) = (&portal.snapshot, &portal.log, seen.now);
    found.well(
        "portal-data",
        format!(
            "portal data: {}, {}, {}",
            text::count(snapshot.customers.len(), "customer", "customers"),
            text::count(snapshot.accounts.len(), "account", "accounts"),
            text::count(portal.tally.events(), "event", "events")
        ),
    );
    if let Some(trouble) = &portal.trouble {
        found.find("portal-answers", Evidence::new(trouble.line()));
    }
    for doubt in snapshot.doubts.iter().filter(|doubt| seen.asked(&doubt.cid)) {
        let text = format!("customer {}, {}: {}", doubt.cid, doubt.service, doubt.reason);
        found.find("portal-doubts", Evidence::new(text).of(&doubt.cid));
    }
    let asked = |cid: &Option<String>| cid.as_ref().is_none_or(|cid| seen.asked(cid));
    let rows: Vec<_> =
        snapshot.problems.iter().chain(&log.problems).filter(|problem| asked(&problem.cid)).collect();
    if !rows.is_empty() {
        let title = format!(
            "{} of the exports cannot be used; their customers are not billed",
            text::count(rows.len(), "row", "rows")
        );
        for problem in &snapshot.problems {
            match &problem.cid {
                Some(cid) => found.explain(cid, "billing"),
                None => {
                    snapshot.customers.iter().for_each(|customer| found.explain(&customer.cid, "billing"))
                }
            }
        }
        let evidence = rows.iter().map(|problem| match &problem.cid {
            Some(cid) => Evidence::new(problem.to_string()).of(cid),
            None => Evidence::new(problem.to_string()),
        });
        let evidence = evidence.collect();
        found.say("portal-rows", title, evidence, vec![billable::fix_for_row(config).to_owned()]);
    }
    let measured = snapshot.measured_at;
    if let Some(ahead) = measured.filter(|measured| billable::in_future(*measured, now)) {
        let text = format!("the use claims to be measured {} UTC", text::moment(ahead));
        found.find("portal-future", Evidence::new(text));
    }
    for event in portal.tally.later.iter().filter(|event| billable::in_future(event.time, now)) {
        let text = format!("event {} of {} is of {} UTC", event.id, event.user, text::moment(event.time));
        found.find("portal-future", Evidence::new(text).of(&event.cid));
    }
    age(seen, portal, config, found);
}

/// Which export it was that was used last.
fn which(import: &Import) -> String {
    let rows =
        import.rows.map(|rows| text::count(usize::try_from(rows).unwrap_or(usize::MAX), "row", "rows"));
    let period = import
        .period
        .map(|(start, end)| format!("period {} to {} UTC", text::moment(start), text::moment(end)));
    let said: Vec<String> =
        import.file.iter().map(|file| text::clean(file)).chain(rows).chain(period).collect();
    if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) }
}

fn age(
    seen: &Seen<'_>,
    portal: &crate::doctor::observe::PortalData,
    config: &crate::config::Config,
    found: &mut Findings,
) {
    let (snapshot, now) = (&portal.snapshot, seen.now);
    if snapshot.accounts.iter().all(|account| account.usage.is_empty()) {
        return;
    }
    let everybody = |found: &mut Findings| {
        snapshot.customers.iter().for_each(|customer| found.explain(&customer.cid, "billing"));
    };
    match snapshot.measured_at.map(|measured| now.duration_since(measured)) {
        None => {
            let fix = match config.portal.source {
                PortalSource::Files(_) => "add a column measured_at, or set [portal] age_from = \"mtime\"",
                PortalSource::X360Recover(_) => billable::fix_for_age(config),
            };
            let title = "the export does not say when its use was measured; nothing is billed";
            found.say("portal-age", title, Vec::new(), vec![fix.to_owned()]);
            everybody(found);
        }
        Some(age) if age > config.portal.max_age => {
            let title = format!(
                "the use was measured {} ago; nothing is billed (max_age {})",
                text::span(age),
                text::span(config.portal.max_age)
            );
            found.say("portal-age", title, Vec::new(), vec![billable::fix_for_age(config).to_owned()]);
            everybody(found);
        }
        // The newest row is young; one customer's may be old all the same.
        Some(_) => {
            for customer in snapshot.customers.iter().filter(|customer| seen.asked(&customer.cid)) {
                let Some(reason) = billable::untimely(config, snapshot, &customer.cid, now) else { continue };
                found.explain(&customer.cid, "billing");
                if !found.has("portal-future") {
                    let text = format!("{} {}: {reason}", customer.cid, customer.name);
                    found.find("portal-age", Evidence::new(text).of(&customer.cid));
                }
            }
        }
    }
    let Some(Ok(state)) = &seen.state else { return };
    let import = state.store.import(portal.source).ok().flatten();
    let last = import.as_ref().and_then(|import| import.measured_at);
    if let (Some(last), Some(this)) = (last, snapshot.measured_at)
        && billable::is_older(Some(last), snapshot, seen.now)
    {
        let text = format!(
            "measured {} UTC, the last one used {} UTC{}",
            text::moment(this),
            text::moment(last),
            import.map(|import| which(&import)).unwrap_or_default()
        );
        found.find("portal-older", Evidence::new(text));
        everybody(found);
    }
}
