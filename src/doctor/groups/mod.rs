//! One file for each group: what was read goes in, findings come out. Nothing here asks, writes or reads the clock.

mod billing;
mod configuration;
mod connection;
mod links;
mod login;
mod portal;
mod rights;
mod setup;
mod state;
mod sync;
mod tickets;

use super::catalog::Group;
use super::findings::Findings;
use super::observe::Seen;

/// Judges everything that was looked at, causes before effects.
pub(super) fn judge(seen: &Seen<'_>) -> Findings {
    let mut found = Findings::default();
    configuration::judge(seen, &mut found);
    state::judge(seen, &mut found);
    portal::judge(seen, &mut found);
    connection::judge(seen, &mut found);
    login::judge(seen, &mut found);
    missing(seen, &mut found);
    rights::judge(seen, &mut found);
    setup::judge(seen, &mut found);
    links::judge(seen, &mut found);
    billing::judge(seen, &mut found);
    tickets::judge(seen, &mut found);
    sync::judge(seen, &mut found);
    found
}

/// A text without case and blanks: what two names have in common that a person takes for one.
fn folded(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// What cannot be looked at is named once, by its cause.
fn missing(seen: &Seen<'_>, found: &mut Findings) {
    let asking = [Group::Rights, Group::Setup, Group::Links, Group::Billing, Group::Tickets, Group::Sync];
    let all = [Group::Connection, Group::Login].into_iter().chain(asking);
    let cause = |id: &str| format!("not checked, because {id} must be mended first");
    let Ok(_) = &seen.config else {
        found.skip_group(Group::Portal, cause("configuration"));
        all.for_each(|group| found.skip_group(group, cause("configuration")));
        return;
    };
    let first = |ids: &[&'static str]| ids.iter().copied().find(|id| found.has(id));
    if let Some(id) = first(&["secret-open", "login-secret"]).filter(|_| matches!(seen.client, Some(Err(_))))
    {
        all.for_each(|group| found.skip_group(group, cause(id)));
        return;
    }
    if let Some(id) = first(&["connection", "company-id"]) {
        found.skip_group(Group::Login, cause(id));
        asking.into_iter().for_each(|group| found.skip_group(group, cause(id)));
    } else if let Some(id) = first(&["login", "state-database"]) {
        asking.into_iter().for_each(|group| found.skip_group(group, cause(id)));
    }
    if let Some(id) = ["portal-data", "state-database"].into_iter().find(|id| found.has(id)) {
        let groups = [Group::Links, Group::Billing, Group::Tickets];
        groups.into_iter().for_each(|group| found.skip_group(group, cause(id)));
    }
}
