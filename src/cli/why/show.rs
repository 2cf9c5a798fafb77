//! `psactl why` on a screen of 80 columns.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::additions::Line;
use super::gather::{Held, ServiceWhy, Why};
use crate::plan::{field_line, money_of};
use crate::store::HoldState;
use crate::ui::{Look, Show, Ui, text};

/// A line of its own for so many accounts.
const ACCOUNTS: usize = 12;

impl Show for Why {
    const SCHEMA: &'static str = "psactl/why/1";

    fn show(&self, ui: &Ui) {
        let company = self.company.as_ref().map_or_else(
            || "linked to no company".to_owned(),
            |company| format!("company {} (#{})", company.name.as_deref().unwrap_or_default(), company.id),
        );
        let head = format!("Customer {} {}, {company}, Managed ID {}", self.cid, self.name, self.managed_id);
        ui.out(&ui.paint(Look::Head, &ui.wrap(&text::clean(&head), 0, 2)));
        let say = |line: &str| ui.out(&ui.wrap(&text::clean(line), 0, 2));
        match &self.not_read {
            None => say(&format!("Read from ConnectWise just now, {} UTC.", text::moment(self.now))),
            Some(why) => {
                say(&format!("ConnectWise was not read: {why}."));
                say("What follows of it is psactl's memory, and may be old.");
            }
        }
        if let Some(error) = &self.no_data {
            say(&format!("The portal's data: {error}."));
        }
        if let Some(checked) = self.checked_at {
            let pushed = self.pushed_at.map(|at| format!(", wrote last {} UTC", text::moment(at)));
            let line = format!(
                "psactl sync looked last {} UTC{}.",
                text::moment(checked),
                pushed.unwrap_or_default()
            );
            say(&line);
        }
        if let Some(error) = &self.error {
            let wait = self.retry_at.map(|at| format!(" Tried again from {} UTC.", text::moment(at)));
            say(&format!("Failed last: {error}.{}", wait.unwrap_or_default()));
        }
        for pause in &self.pauses {
            let part = pause.part.as_deref().map(|part| format!("{part}, ")).unwrap_or_default();
            let until = text::moment(pause.until);
            fact(ui, "paused", &format!("{part}until {until} UTC: {}", pause.reason));
        }
        for blocked in &self.blocked {
            fact(ui, "blocked", &format!("{}: {}", blocked.subject, blocked.reason));
            fact(ui, "", &format!("fix: {}", blocked.fix));
        }
        for note in &self.notes {
            fact(ui, "to know", &note.text);
        }
        for service in &self.services {
            self.service(ui, service);
        }
        self.sum(ui);
        if self.services.is_empty() {
            ui.out("");
            ui.out("Nothing was measured for it, and psactl keeps no addition of it.");
        }
    }
}

/// A word and what it stands for, as every line here has it.
fn fact(ui: &Ui, word: &str, what: &str) {
    ui.out(&format!("  {word:<11} {}", ui.wrap(&text::clean(what), 14, 14)));
}

impl Why {
    /// What all lines shown come to, and what is true of all of them.
    fn sum(&self, ui: &Ui) {
        let lines = || self.services.iter().flat_map(|service| &service.additions);
        let mut sums: BTreeMap<&str, Decimal> = BTreeMap::new();
        for line in lines() {
            let sum = sums.entry(line.currency.as_str()).or_default();
            *sum = sum.saturating_add(line.amount.unwrap_or_default());
        }
        if self.fresh && lines().count() > 1 {
            ui.heading("All of these on the next invoices");
            for (currency, sum) in sums {
                ui.out(&format!("  {} {currency}", text::money(sum)));
            }
        }
        if lines().any(|line| line.prorated) {
            ui.out(&format!("  {}", crate::plan::PRORATED));
        }
        let held = |service: &ServiceWhy| service.held.iter().any(|held| held.state == HoldState::Held);
        if self.services.iter().any(held) {
            ui.say("psactl review approves or rejects what is held");
        }
    }

    fn service(&self, ui: &Ui, service: &ServiceWhy) {
        ui.heading(&format!("{} ({})", service.name, service.key));
        let with_unit =
            |value: Decimal| format!("{} {}", text::quantity(value), service.unit).trim_end().to_owned();
        match &service.used {
            None => fact(ui, "used", "not measured"),
            Some(used) => {
                let when = self.measured_at.map(|at| format!("measured {} UTC", text::moment(at)));
                let from = format!("{}, {}", when.as_deref().unwrap_or("no time of measurement"), self.file);
                fact(ui, "used", &format!("{} ({from})", with_unit(used.total)));
                let counted = used.accounts.iter().filter(|account| !account.quantity.is_zero());
                for account in counted.clone().take(ACCOUNTS) {
                    let line =
                        format!("- {} / {}: {}", account.user, account.number, with_unit(account.quantity));
                    fact(ui, "", &line);
                }
                let more = counted.count().saturating_sub(ACCOUNTS);
                if more > 0 {
                    fact(ui, "", &format!("- and {more} more accounts (--output json has all)"));
                }
                fact(
                    ui,
                    "rounded",
                    &format!("{} (rounding = \"{}\")", with_unit(used.rounded), self.rounding),
                );
            }
        }
        if let Some(off) = &service.off {
            fact(ui, "not billed", off);
        }
        for line in &service.additions {
            self.addition(ui, line, service.used.as_ref().map(|used| used.rounded));
        }
        if service.additions.is_empty() && self.fresh {
            fact(ui, "addition", "none carries this Managed ID with a product of this service");
        }
        for change in &service.changes {
            let fields: Vec<String> = change.fields.iter().map(field_line).collect();
            let money = money_of(change);
            let money = if money.is_empty() { money } else { format!("; next invoice {money}") };
            fact(ui, "next sync", &format!("writes {}{money}", fields.join("; ")));
        }
        for held in &service.held {
            hold(ui, held);
        }
        for blocked in &service.blocked {
            fact(ui, "blocked", &blocked.reason);
            fact(ui, "", &format!("fix: {}", blocked.fix));
        }
        for note in &service.notes {
            fact(ui, "to know", &note.text);
        }
        let quiet = service.changes.is_empty() && service.held.is_empty() && service.blocked.is_empty();
        let whole = self.blocked.is_empty() && self.pauses.is_empty() && service.off.is_none();
        if self.fresh && quiet && whole && service.notes.is_empty() && !service.additions.is_empty() {
            fact(ui, "next sync", "writes nothing: the addition holds what it should");
        }
    }

    fn addition(&self, ui: &Ui, line: &Line, rounded: Option<Decimal>) {
        let named = |name: &Option<String>| name.as_ref().map(|name| format!("{name} ")).unwrap_or_default();
        let product = line.product.as_ref();
        let product = product.map(|product| format!(", product {}(#{})", named(&product.name), product.id));
        let agreement = line.agreement.name.as_deref().unwrap_or("agreement");
        let on = format!("#{} on {agreement} (#{})", line.id, line.agreement.id);
        fact(ui, "addition", &format!("{on}{}", product.unwrap_or_default()));
        if let Some(idle) = &line.idle {
            fact(ui, "", &format!("bills nothing: {idle}"));
        }
        fact(ui, "holds", &self.holding(line));
        if let (Some(target), true) = (line.target, line.target != rounded) {
            fact(
                ui,
                "",
                &format!(
                    "should hold {}: {} included (below_included = \"{}\")",
                    text::quantity(target),
                    text::quantity(line.less_included),
                    self.below_included
                ),
            );
        }
        if let Some(amount) = line.amount.filter(|_| line.idle.is_none()) {
            fact(ui, "invoice", &invoice(line, amount));
        }
        for push in &line.pushes {
            let ended = match push.state.as_str() {
                "done" => String::new(),
                "failed" => format!(", refused: {}", push.error.as_deref().unwrap_or_default()),
                _ => ", and what became of it is not known yet".to_owned(),
            };
            let before = if push.before.is_empty() { "(empty)" } else { &push.before };
            fact(
                ui,
                "psactl",
                &format!(
                    "{} UTC, run {}: {} -> {}{ended}",
                    text::moment(push.at),
                    push.run,
                    text::shorten(before, 40),
                    text::shorten(&push.after, 40)
                ),
            );
        }
    }

    /// What it holds, and whose that is.
    fn holding(&self, line: &Line) -> String {
        let holds = line.quantity.map_or_else(|| "nothing".to_owned(), text::quantity);
        let author = match (line.quantity, line.pushed, line.adopted) {
            (held, Some(pushed), _) if held == Some(pushed) => {
                let when = line.pushed_at.map(|at| format!(" {} UTC", text::moment(at)));
                format!("written by psactl{}", when.unwrap_or_default())
            }
            (held, None, Some(adopted)) if held == Some(adopted) => "as psactl found it".to_owned(),
            (_, None, None) => "not written by psactl yet".to_owned(),
            _ => "written by somebody else".to_owned(),
        };
        // Whoever touched the record last, for whatever field, is ConnectWise's to say.
        let touched = match (&line.updated_by, line.updated_at) {
            (Some(who), Some(when)) => format!("; changed last by {who} {} UTC", text::moment(when)),
            _ => String::new(),
        };
        let memory = if self.fresh { "" } else { " when psactl last looked" };
        format!("{holds}{memory}, {author}{touched}")
    }
}

/// "2026-12-01: 27.08 USD = (18.05 - 0 included) x 1.50".
fn invoice(line: &Line, amount: Decimal) -> String {
    let when = line
        .next_invoice
        .map_or_else(|| "never: the agreement has no next invoice date".to_owned(), |date| date.to_string());
    // Prices below a cent are shown as they are.
    let plain = |price: Decimal| {
        if price.normalize().scale() > 2 { text::quantity(price) } else { text::money(price) }
    };
    let price = line.unit_price.map_or_else(|| "?".to_owned(), plain);
    let quantity = text::quantity(line.quantity.unwrap_or_default());
    let billed = if line.less_included.is_zero() {
        quantity
    } else {
        format!("({quantity} - {} included)", text::quantity(line.less_included))
    };
    let free = line.bill_customer.as_deref().filter(|word| *word != "Billable");
    let free = free.map(|word| format!(", {word}")).unwrap_or_default();
    format!("{when}: {} {} = {billed} x {price}{free}", text::money(amount), line.currency)
}

fn hold(ui: &Ui, held: &Held) {
    let word = match held.state {
        HoldState::Held => "held",
        HoldState::Approved => "approved",
        HoldState::Rejected => "rejected",
        HoldState::Undone => "undone",
    };
    let fields: Vec<String> = held.change.fields.iter().map(field_line).collect();
    let money = money_of(&held.change);
    let money = if money.is_empty() { money } else { format!("; next invoice {money}") };
    let id = held.id.map(|id| format!("{id}: ")).unwrap_or_default();
    fact(ui, word, &format!("{id}{}{money}", fields.join("; ")));
    let since = held.since.map(|since| format!(" (since {} UTC)", text::moment(since))).unwrap_or_default();
    let note = held.note.as_ref().map(|note| format!("; rejected: {note}")).unwrap_or_default();
    fact(ui, "", &format!("{}{note}{since}", held.reason));
    if held.state == HoldState::Approved {
        fact(ui, "", "the next psactl sync writes it");
    }
}
