//! Every key that psactl.toml may have. A key stands here only if it has behaviour: one that is accepted and
//! ignored would be a silent lie.

use super::error::Problem;
use super::tree::{Node, Value};

/// What may stand under a name.
pub(super) enum Shape {
    /// A value; its own reader judges it.
    Key,
    /// A table with these names.
    Section(&'static [(&'static str, Shape)]),
    /// A table whose names are the keys of the services.
    PerService,
    /// A table with any names.
    Free,
}

use Shape::{Free, Key, PerService, Section};

/// The whole file.
pub(super) static ROOT: &[(&str, Shape)] = &[
    (
        "connectwise",
        Section(&[
            ("site", Key),
            ("company_id", Key),
            ("client_id", Key),
            ("management_solution", Key),
            ("managed_id_prefix", Key),
            ("max_concurrency", Key),
            ("max_requests_per_minute", Key),
            ("ca_file", Key),
            (
                "login",
                Section(&[("public_key", Key), ("private_key", Key), ("username", Key), ("password", Key)]),
            ),
        ]),
    ),
    ("integrator_login", Section(&[("username", Key), ("password", Key)])),
    (
        "portal",
        Section(&[
            ("source", Key),
            ("accounts", Key),
            ("events", Key),
            ("time_zone", Key),
            ("brand", Key),
            ("include_sub_brands", Key),
            ("max_age", Key),
            ("age_from", Key),
            ("gigabyte", Key),
            ("decimal", Key),
            ("file_date", Key),
            ("poll_every", Key),
            ("headers", Free),
            (
                "columns",
                Section(&[
                    ("customer_id", Key),
                    ("customer_name", Key),
                    ("brand", Key),
                    ("account_id", Key),
                    ("user_name", Key),
                    ("service_plan", Key),
                    ("measured_at", Key),
                    ("period_start", Key),
                    ("period_end", Key),
                    ("notification_email", Key),
                    ("external_ticketing", Key),
                    ("service", Key),
                    ("quantity", Key),
                    ("unit", Key),
                    ("select-storage", Key),
                    ("basic-storage", Key),
                    ("bdr-storage", Key),
                    ("online-servers", Key),
                    ("online-desktops", Key),
                    ("local-storage", Key),
                    ("local-servers", Key),
                    ("local-desktops", Key),
                    ("bdr-servers", Key),
                    ("bdr-desktops", Key),
                    ("email-archiving", Key),
                    ("email-filtering", Key),
                    ("event_id", Key),
                    ("event_time", Key),
                    ("event_account", Key),
                    ("event_customer_id", Key),
                    ("event_severity", Key),
                    ("event_type", Key),
                    ("event_text", Key),
                ]),
            ),
            (
                "x360recover",
                Section(&[("url", Key), ("api_key", Key), ("poll_every", Key), ("storage_service", Key)]),
            ),
        ]),
    ),
    (
        "tickets",
        Section(&[
            ("enabled", Key),
            ("board", Key),
            ("new_status", Key),
            ("closed_status", Key),
            ("subject_prefix", Key),
            ("severities", Key),
            ("event_types", Key),
            ("visible_to_customer", Key),
            ("max_event_age", Key),
            ("quiet_after_close", Key),
            ("reopen_within", Key),
            ("note_every", Key),
            ("max_new_per_hour", Key),
        ]),
    ),
    ("statistics", Section(&[("enabled", Key)])),
    (
        "billing",
        Section(&[
            ("enabled", Key),
            ("update_invoice_descriptions", Key),
            ("rounding", Key),
            ("below_included", Key),
            ("agreement_type", Key),
            (
                "services",
                Section(&[
                    ("online_backup_storage", Key),
                    ("online_backup_computers", Key),
                    ("local_backup_storage", Key),
                    ("local_backup_licenses", Key),
                    ("email_archiving", Key),
                    ("email_filtering", Key),
                    ("other_licenses", Key),
                ]),
            ),
            ("products", PerService),
            ("flat_fees", PerService),
            (
                "guard",
                Section(&[
                    ("first_push", Key),
                    ("increase", Key),
                    ("decrease", Key),
                    ("to_zero", Key),
                    ("floor_money", Key),
                    ("floor_quantity", Key),
                    ("run_total", Key),
                ]),
            ),
        ]),
    ),
    ("sync", Section(&[("min_interval", Key), ("verify_every", Key), ("remind_every", Key)])),
    ("monitoring", Section(&[("ping_url", Key), ("prometheus_file", Key)])),
    ("state", Section(&[("keep_events", Key)])),
];

impl Shape {
    fn names(&self) -> Vec<&'static str> {
        match self {
            Shape::Key | Shape::Free => Vec::new(),
            Shape::Section(names) => names.iter().map(|(name, _)| *name).collect(),
            Shape::PerService => crate::services::all().iter().map(|service| service.key).collect(),
        }
    }
}

/// `in [tickets]`, or `at the top level`.
pub(super) fn in_section(section: &[String]) -> String {
    if section.is_empty() { "at the top level".to_string() } else { format!("in [{}]", section.join(".")) }
}

/// The known name nearest to what was written, if one is near enough to be meant.
pub(super) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace(['-', ' '], "_");
    let written = plain(written);
    let limit = (written.chars().count() / 3).clamp(1, 4);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&written, &plain(name)), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Reports every key of the file that is not known, with the nearest that is.
pub(super) fn check(root: &Node, problems: &mut Vec<Problem>) {
    check_names(root, ROOT, &mut Vec::new(), problems);
}

fn check_names(
    node: &Node,
    known: &'static [(&'static str, Shape)],
    path: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) {
    let Value::Table(entries) = &node.value else { return };
    for (name, entry) in entries {
        let Some((_, shape)) = known.iter().find(|(known, _)| known == name) else {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            problems.push(unknown(entry.key_at.clone(), name, path, &names));
            continue;
        };
        if matches!(shape, Shape::Key) {
            continue;
        }
        path.push(name.clone());
        if !matches!(entry.node.value, Value::Table(_)) {
            let message = format!("[{}] is a section, found {}", path.join("."), entry.node.value.kind());
            problems.push(Problem { at: entry.node.at.clone(), message });
        } else if let Shape::Section(inner) = shape {
            check_names(&entry.node, inner, path, problems);
        } else if !matches!(shape, Shape::Free)
            && let Value::Table(entries) = &entry.node.value
        {
            let names = shape.names();
            for (name, entry) in entries {
                if !names.contains(&name.as_str()) {
                    problems.push(unknown(entry.key_at.clone(), name, path, &names));
                }
            }
        }
        path.pop();
    }
}

fn unknown(at: super::error::Place, name: &str, section: &[String], known: &[&str]) -> Problem {
    let mut message = format!("unknown key \"{name}\" {}", in_section(section));
    match nearest(name, known.iter().copied()) {
        Some(nearest) => message += &format!(": did you mean \"{nearest}\"?"),
        None => {
            if let Some(home) = section_of(name) {
                message += &format!(": it belongs in [{home}]");
            } else {
                message += &format!(": known here are {}", known.join(", "));
            }
        }
    }
    Problem { at, message }
}

/// The one section that knows this key, for a key that was written under the wrong heading.
fn section_of(name: &str) -> Option<String> {
    fn walk(known: &'static [(&'static str, Shape)], path: &str, name: &str, homes: &mut Vec<String>) {
        for (key, shape) in known {
            match shape {
                Shape::Key if *key == name => homes.push(path.to_string()),
                Shape::Section(inner) => {
                    let deeper = if path.is_empty() { (*key).to_string() } else { format!("{path}.{key}") };
                    walk(inner, &deeper, name, homes);
                }
                _ => {}
            }
        }
    }
    let mut homes = Vec::new();
    walk(ROOT, "", name, &mut homes);
    if homes.len() == 1 { homes.pop() } else { None }
}

/// What the segments of an environment variable name.
pub(super) enum Found {
    Key(Vec<String>),
    Section(Vec<String>),
    Nothing { unknown: String, section: Vec<String>, nearest: Option<String> },
}

/// Finds the key that the (lower-case) segments name; variables cannot hold `-`, so `_` stands for it.
pub(super) fn find(segments: &[String]) -> Found {
    static FILE: Shape = Shape::Section(ROOT);
    let mut shape = &FILE;
    let mut path: Vec<String> = Vec::new();
    for segment in segments {
        let names = shape.names();
        let Some(name) = names.iter().find(|name| name.replace('-', "_") == *segment) else {
            let nearest = nearest(segment, names.iter().copied()).map(str::to_string);
            return Found::Nothing { unknown: segment.clone(), section: path, nearest };
        };
        path.push((*name).to_string());
        shape = match shape {
            Shape::Section(inner) => {
                inner.iter().find(|(known, _)| known == name).map_or(&Shape::Key, |(_, shape)| shape)
            }
            _ => &Shape::Key,
        };
    }
    if matches!(shape, Shape::Key) { Found::Key(path) } else { Found::Section(path) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Environment};
    use std::path::Path;

    fn leaves(
        known: &'static [(&'static str, Shape)],
        section: &str,
        found: &mut Vec<(String, &'static str)>,
    ) {
        for (name, shape) in known {
            let deeper = if section.is_empty() { (*name).to_string() } else { format!("{section}.{name}") };
            match shape {
                Shape::Key => found.push((section.to_string(), *name)),
                Shape::Section(inner) => leaves(inner, &deeper, found),
                Shape::Free => found.push((deeper, "x-any")),
                Shape::PerService => {
                    found.extend(shape.names().into_iter().map(|name| (deeper.clone(), name)));
                }
            }
        }
    }

    /// A key that is accepted and not read would be a silent lie: each is given a date, which none can be.
    #[test]
    fn every_known_key_is_read() {
        let mut all = Vec::new();
        leaves(ROOT, "", &mut all);
        assert!(all.len() > 60);
        for (section, key) in all {
            let text = format!("[{section}]\n{key} = 1979-05-27\n");
            let error = Config::parse(&text, Path::new("p"), &Environment::empty()).expect_err("refused");
            let expected = format!("p:2:{}: [{section}] {key}: expected ", key.len() + 4);
            assert!(error.to_string().contains(&expected), "{expected} in\n{error}");
        }
    }

    #[test]
    fn every_service_can_have_a_heading() {
        for service in crate::services::all() {
            let path = ["portal", "columns", &service.key.replace('-', "_")].map(str::to_string);
            assert!(matches!(find(&path), Found::Key(_)), "{}", service.key);
        }
    }

    #[test]
    fn nearest_is_near() {
        assert_eq!(nearest("borad", ["enabled", "board"]), Some("board"));
        assert_eq!(nearest("note-every", ["note_every"]), Some("note_every"));
        assert_eq!(nearest("x", ["board"]), None);
    }
}
