//! Changes as tables, before a person is asked: each field before and after, in the words of the forms.

use std::collections::BTreeSet;

use crate::plan::{Action, Change, mark};
use crate::setup::screens;
use crate::ui::{Ui, text};

/// Tells what would be written.
pub(super) fn tell(ui: &Ui, changes: &[Change]) {
    let mut rest = changes;
    while let Some(first) = rest.first() {
        let alike = |change: &&Change| {
            change.action == Action::Create
                && change.subject.kind == first.subject.kind
                && change.waits_for == first.waits_for
        };
        let many = rest.iter().take_while(alike).count().max(1);
        let (group, after) = rest.split_at(many.min(rest.len()));
        if many > 1 {
            let (mark, look) = mark(first.action);
            ui.tell(&format!("  {} {many} new {}s", ui.paint(look, mark), first.subject.kind));
            tell_many(ui, group);
        } else {
            tell_one(ui, first);
        }
        rest = after;
    }
    for line in crate::plan::sum_lines(changes) {
        ui.tell(&format!("  {line}"));
    }
}

fn tell_one(ui: &Ui, change: &Change) {
    let (mark, look) = mark(change.action);
    let kind = &change.subject.kind;
    ui.tell(&format!("  {} {}", ui.paint(look, mark), text::clean(&change.subject.to_string())));
    let mut table = ui.table(&["field", "before", "after"]);
    for field in screens::in_order(change) {
        let before = screens::shown(&field.name, &field.before);
        let after = screens::shown(&field.name, &field.after);
        let or_none = |value: String| if value.is_empty() { "-".to_owned() } else { value };
        table.row([screens::label(kind, &field.name), or_none(before), or_none(after)]);
    }
    if let Some(secret) = change.secret {
        table.row([
            screens::label(kind, secret.field()),
            "-".to_owned(),
            "that of [integrator_login] in psactl.toml".to_owned(),
        ]);
    }
    tell_table(ui, &table.to_string());
    tell_order(ui, change);
}

/// Several new records of one kind: what they share once, and a row for each.
pub(super) fn tell_many(ui: &Ui, changes: &[Change]) {
    let Some(first) = changes.first() else { return };
    let kind = &first.subject.kind;
    let value = |change: &Change, name: &str| {
        let field = change.fields.iter().find(|field| field.name == name);
        field.map_or_else(String::new, |field| screens::shown(name, &field.after))
    };
    let names: Vec<&str> = screens::in_order(first).into_iter().map(|field| field.name.as_ref()).collect();
    let shared: BTreeSet<&str> = names
        .iter()
        .copied()
        .filter(|name| changes.iter().all(|change| value(change, name) == value(first, name)))
        .collect();
    let of_each: Vec<String> = names
        .iter()
        .filter(|name| shared.contains(*name) && !value(first, name).is_empty())
        .map(|name| format!("{}: {}", screens::label(kind, name), value(first, name)))
        .collect();
    if !of_each.is_empty() {
        let all = format!("each with {}", text::clean(&of_each.join("; ")));
        ui.tell(&format!("    {}", ui.wrap(&all, 4, 6)));
    }
    let own: Vec<&str> = names.into_iter().filter(|name| !shared.contains(name)).collect();
    let named = !["configuration type", "cross-reference", "product"].contains(&kind.as_ref());
    let money = changes.iter().any(|change| change.money.is_some());
    let mut columns: Vec<String> = own.iter().map(|name| screens::label(kind, name)).collect();
    if named {
        columns.insert(0, "record".to_owned());
    }
    if money {
        columns.push("next invoice".to_owned());
    }
    let mut table = ui.table(&columns.iter().map(String::as_str).collect::<Vec<_>>());
    for change in changes {
        let mut cells: Vec<String> = own.iter().map(|name| value(change, name)).collect();
        if named {
            cells.insert(0, change.subject.name.clone());
        }
        if money {
            cells.push(crate::plan::money_of(change));
        }
        table.row(cells);
    }
    tell_table(ui, &table.to_string());
    tell_order(ui, first);
}

fn tell_table(ui: &Ui, table: &str) {
    ui.tell(table);
}

fn tell_order(ui: &Ui, change: &Change) {
    if let Some(first) = &change.waits_for {
        ui.tell(&format!("    after: {first}"));
    }
}
