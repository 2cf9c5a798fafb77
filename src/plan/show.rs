//! A plan as a person reads it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use super::{Action, Change, Plan};
use crate::ui::{Look, Ui, text};

impl Plan {
    /// Shows changes, held, blocked and notes, with the money effect.
    pub fn show(&self, ui: &Ui) {
        show_changes(ui, &self.changes);
        if !self.held.is_empty() {
            ui.heading("Held: these need a yes (psactl review)");
            let mut last = String::new();
            for held in &self.held {
                let who =
                    held.change.cid.as_deref().map(|cid| format!("customer {cid}: ")).unwrap_or_default();
                let subject = text::clean(&format!("{who}{}", held.change.subject));
                // What is held of one record stands together.
                if subject != last {
                    ui.out(&format!("  {} {}", ui.paint(Look::Warn, "!"), ui.wrap(&subject, 4, 4)));
                    last = subject;
                }
                ui.out(&format!("      {}", ui.wrap(&text::clean(&held_line(held)), 6, 8)));
            }
            if self.held.iter().any(|held| held.change.money.as_ref().is_some_and(|money| money.prorated)) {
                ui.out(&format!("  {PRORATED}"));
            }
        }
        if !self.blocked.is_empty() {
            ui.heading("Blocked: nothing is written until the cause is removed");
            for blocked in &self.blocked {
                let who = blocked.cid.as_deref().map(|cid| format!("customer {cid}: ")).unwrap_or_default();
                let since = blocked.since.map(|since| format!(" (since {})", text::moment(since)));
                let line = text::clean(&format!(
                    "{who}{}: {}{}",
                    blocked.subject,
                    blocked.reason,
                    since.unwrap_or_default()
                ));
                ui.out(&format!("  {} {}", ui.paint(Look::Bad, "x"), ui.wrap(&line, 4, 4)));
                ui.out(&format!("    fix: {}", ui.wrap(&text::clean(&blocked.fix), 9, 9)));
            }
        }
        if !self.notes.is_empty() {
            ui.heading("To know");
            for note in &self.notes {
                let who = note.cid.as_deref().map(|cid| format!("customer {cid}: ")).unwrap_or_default();
                let mark = if note.act { ui.paint(Look::Warn, "!") } else { "-".to_owned() };
                let line = text::clean(&format!("{who}{}", note.text));
                ui.out(&format!("  {mark} {}", ui.wrap(&line, 4, 4)));
            }
        }
    }
}

/// "62.5 -> 189.05, next invoice 75.00 -> 328.10 USD: first quantity that psactl pushes to this addition".
fn held_line(held: &super::Held) -> String {
    let before = if held.before.is_empty() { "(empty)" } else { held.before.as_str() };
    let money = money_of(&held.change);
    let money = if money.is_empty() { money } else { format!(", next invoice {money}") };
    let rejected = if held.rejected { "rejected; " } else { "" };
    let (before, after) = (text::shorten(before, 40), text::shorten(&held.after, 60));
    format!("{before} -> {after}{money}: {rejected}{}", held.reason)
}

/// `+` for what is made, `~` for what is changed, `-` for what goes.
pub fn mark(action: Action) -> (&'static str, Look) {
    match action {
        Action::Create => ("+", Look::Good),
        Action::Update => ("~", Look::Warn),
        Action::Delete => ("-", Look::Bad),
    }
}

fn show_changes(ui: &Ui, changes: &[Change]) {
    if changes.is_empty() {
        return;
    }
    let mut last_subject = String::new();
    for change in changes {
        let (mark, look) = mark(change.action);
        let subject = text::clean(&change.subject.to_string());
        if subject != last_subject {
            let money = change.money.as_ref().map(|_| format!(", next invoice {}", money_of(change)));
            let line = format!("{subject}{}", money.unwrap_or_default());
            ui.out(&format!("  {} {}", ui.paint(look, mark), ui.wrap(&line, 4, 4)));
        }
        last_subject = subject;
        for field in &change.fields {
            let after = plain(&field.after);
            if change.action == Action::Create {
                if !after.is_empty() {
                    let line = format!("{}: {}", field.name, text::shorten(&text::clean(&after), 90));
                    ui.out(&format!("      {}", ui.wrap(&line, 6, 8)));
                }
            } else {
                ui.out(&format!("      {}", ui.wrap(&field_line(field), 6, 8)));
            }
        }
        if let Some(slot) = change.secret {
            ui.out(&format!("      {}: (from the configuration)", slot.field()));
        }
        if let Some(first) = &change.waits_for {
            ui.out(&format!("      after: {first}"));
        }
    }
    for line in sum_lines(changes) {
        ui.out(&format!("  {line}"));
    }
}

/// The money effect of changes: a line per currency, and one on proration where an agreement prorates.
pub(crate) fn sum_lines<'a>(changes: impl IntoIterator<Item = &'a Change> + Clone) -> Vec<String> {
    let mut lines: Vec<String> = sums(changes.clone())
        .into_iter()
        .map(|(currency, (before, after))| {
            let delta = text::signed_money(after.saturating_sub(before));
            format!(
                "next invoices of these: {} -> {} {currency} ({delta})",
                text::money(before),
                text::money(after)
            )
        })
        .collect();
    if changes.into_iter().filter_map(|change| change.money.as_ref()).any(|money| money.prorated) {
        lines.push(PRORATED.to_owned());
    }
    lines
}

/// What a full period's amount leaves unsaid.
pub(crate) const PRORATED: &str = "(amounts of a full period; ConnectWise prorates the running one)";

/// "quantity: 1 -> 2".
pub(crate) fn field_line(field: &super::Field) -> String {
    let before = plain(&field.before);
    let before =
        if before.is_empty() { "(empty)".to_owned() } else { text::shorten(&text::clean(&before), 40) };
    format!("{}: {before} -> {}", field.name, text::shorten(&text::clean(&plain(&field.after)), 60))
}

/// The money effect of changes, summed per currency.
pub(crate) fn sums<'a>(
    changes: impl IntoIterator<Item = &'a Change>,
) -> BTreeMap<String, (Decimal, Decimal)> {
    let mut sums: BTreeMap<String, (Decimal, Decimal)> = BTreeMap::new();
    for money in changes.into_iter().filter_map(|change| change.money.as_ref()) {
        let sum = sums.entry(money.currency.clone()).or_default();
        sum.0 = sum.0.saturating_add(money.before).normalize();
        sum.1 = sum.1.saturating_add(money.after).normalize();
    }
    sums
}

/// "-75.00 -> 31.20 USD".
pub(crate) fn money_of(change: &Change) -> String {
    change.money.as_ref().map_or_else(String::new, |money| {
        let amounts =
            format!("{} -> {} {}", text::money(money.before), text::money(money.after), money.currency);
        amounts.trim_end().to_owned()
    })
}

/// A JSON value as a person reads it; a reference by its name or number.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Object(map) => ["name", "identifier", "id"]
            .iter()
            .find_map(|key| map.get(*key))
            .map(|value| match value {
                Value::Number(id) => format!("#{id}"),
                other => plain(other),
            })
            .unwrap_or_else(|| value.to_string()),
        other => other.to_string(),
    }
}
