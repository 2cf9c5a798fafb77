//! The report on a terminal.

use rust_decimal::Decimal;

use crate::report::{Jobs, Line, LineState, Money, Report, Sums};
use crate::ui::{Look, Show, Ui, text};

/// So many rows of a list are enough for a terminal.
const MOST: usize = 20;

impl Show for Report {
    const SCHEMA: &'static str = "psactl/report/1";

    fn show(&self, ui: &Ui) {
        let head = format!("Report of {}, made {} UTC", self.month, text::moment(self.made_at));
        ui.out(&ui.paint(Look::Head, &head));
        for known in &self.known {
            ui.out(&format!("  {}", ui.wrap(&text::clean(known), 2, 2)));
        }
        self.money(ui);
        self.by_customer(ui);
        self.differing(ui);
        self.leaking(ui);
        self.orphaned(ui);
        self.changed(ui);
        ui.say("--html FILE writes it as a page, --csv FILE for a spreadsheet");
    }
}

impl Report {
    fn money(&self, ui: &Ui) {
        ui.heading("Use and billing, in money");
        if self.money.is_empty() {
            ui.out("  Nothing is billed.");
            return;
        }
        let mut rows = Vec::new();
        for (currency, money) in &self.money {
            rows.push([
                currency.clone(),
                text::money(money.used),
                text::money(money.billed),
                text::signed_money(money.difference),
                if money.unmeasured.is_zero() { String::new() } else { text::money(money.unmeasured) },
            ]);
        }
        numbers(ui, &["currency", "used", "billed", "difference", "of billed not measured"], 1, &rows);
    }

    fn by_customer(&self, ui: &Ui) {
        ui.heading("By customer");
        let mut rows = Vec::new();
        for customer in &self.customers {
            let sums: Vec<(String, Money)> = match customer.money.is_empty() {
                true => vec![(String::new(), Money::default())],
                false => customer.money.iter().map(|(currency, money)| (currency.clone(), *money)).collect(),
            };
            for (currency, money) in sums {
                let unbilled = customer.money.is_empty();
                let shown = |text: String| if unbilled { String::new() } else { text };
                rows.push([
                    format!("{} {}", customer.cid, customer.name),
                    shown(text::money(money.used)),
                    shown(text::money(money.billed)),
                    shown(text::signed_money(money.difference)),
                    currency,
                    results(customer.jobs),
                ]);
            }
        }
        rows.push([
            "all".to_owned(),
            one(&self.money, |money| text::money(money.used)),
            one(&self.money, |money| text::money(money.billed)),
            one(&self.money, |money| text::signed_money(money.difference)),
            self.money.keys().next().filter(|_| self.money.len() == 1).cloned().unwrap_or_default(),
            results(self.jobs),
        ]);
        numbers(ui, &["customer", "used", "billed", "difference", "", "backups ok / failed"], 1, &rows);
        for customer in self.customers.iter().filter(|customer| customer.doubt.is_some()) {
            let doubt = customer.doubt.as_deref().unwrap_or_default();
            let line = text::clean(&format!("customer {}: {doubt}", customer.cid));
            ui.out(&format!("  {} {}", ui.paint(Look::Warn, "!"), ui.wrap(&line, 4, 4)));
        }
    }

    fn differing(&self, ui: &Ui) {
        let lines: Vec<(&str, &Line)> =
            self.lines().filter(|(_, line)| line.state != LineState::Equal).collect();
        let shown: Vec<_> = lines.iter().filter(|(_, line)| line.state != LineState::NotBilled).collect();
        if shown.is_empty() {
            return;
        }
        ui.heading("Where use and billing differ");
        for (cid, line) in shown.iter().take(MOST) {
            let money = match line.state {
                LineState::NotMeasured => String::new(),
                _ => format!(", {} {}", text::signed_money(line.money.difference), line.currency),
            };
            let words = format!("customer {cid}: {}: {}{money}", line.name, standing(line));
            ui.out(&format!("  {} {}", ui.paint(Look::Warn, "!"), ui.wrap(&text::clean(&words), 4, 4)));
        }
        more(ui, shown.len());
    }

    fn leaking(&self, ui: &Ui) {
        if self.leaks.is_empty() {
            return;
        }
        ui.heading("Leaks: used, and nobody bills it");
        for leak in self.leaks.iter().take(MOST) {
            let worth = leak.worth.map(|worth| format!(", {} at the catalog's price", text::money(worth)));
            let words = format!(
                "customer {} {}: {} {}{}: {}",
                leak.cid,
                leak.name,
                leak.service_name,
                amount(leak.used, &leak.unit),
                worth.unwrap_or_default(),
                leak.why
            );
            ui.out(&format!("  {} {}", ui.paint(Look::Bad, "x"), ui.wrap(&text::clean(&words), 4, 4)));
        }
        more(ui, self.leaks.len());
    }

    fn orphaned(&self, ui: &Ui) {
        if self.orphans.is_empty() {
            return;
        }
        ui.heading("Orphans: billed, and nobody has the serial number");
        for orphan in self.orphans.iter().take(MOST) {
            let words = format!(
                "addition #{} ({}) of {} on {}, {}: {}, {} {}: {}",
                orphan.addition,
                orphan.serial_number,
                orphan.product,
                orphan.agreement,
                orphan.company,
                text::quantity(orphan.quantity),
                text::money(orphan.amount),
                orphan.currency,
                orphan.why
            );
            ui.out(&format!("  {} {}", ui.paint(Look::Bad, "x"), ui.wrap(&text::clean(&words), 4, 4)));
        }
        more(ui, self.orphans.len());
    }

    fn changed(&self, ui: &Ui) {
        ui.heading(&format!("Changes made by psactl in {}", self.month));
        if self.counts.is_empty() && self.failed_writes == 0 {
            ui.out("  None.");
            return;
        }
        let told: Vec<String> = self.counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        let failed = match self.failed_writes {
            0 => String::new(),
            failed => format!("; {}", text::count(failed, "write failed", "writes failed")),
        };
        ui.out(&format!("  {}", ui.wrap(&format!("{}{failed} (psactl history)", told.join(", ")), 2, 2)));
    }

    /// Every line with its customer.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&str, &Line)> {
        self.customers
            .iter()
            .flat_map(|customer| customer.lines.iter().map(|line| (customer.cid.as_str(), line)))
    }
}

/// What a line is, in words: "used 180.05 GB, billed 18.05".
pub(super) fn standing(line: &Line) -> String {
    let used = line
        .used
        .map_or_else(|| "not measured".to_owned(), |used| format!("used {}", amount(used, &line.unit)));
    let billed = line
        .billed
        .map_or_else(|| "not billed".to_owned(), |billed| format!("billed {}", text::quantity(billed)));
    let twice = match line.state {
        LineState::BilledTwice => {
            let additions: Vec<String> = line.additions.iter().map(|id| format!("#{id}")).collect();
            format!(", twice: additions {}", additions.join(" and "))
        }
        _ => String::new(),
    };
    format!("{used}, {billed}{twice}")
}

/// A state as people read it.
pub(super) fn state(state: LineState) -> &'static str {
    match state {
        LineState::Equal => "equal",
        LineState::Differs => "differs",
        LineState::NotMeasured => "not measured",
        LineState::BilledTwice => "billed twice",
        LineState::NotBilled => "not billed",
    }
}

/// An amount with its unit.
pub(super) fn amount(value: Decimal, unit: &str) -> String {
    if unit.is_empty() { text::quantity(value) } else { format!("{} {unit}", text::quantity(value)) }
}

fn results(jobs: Jobs) -> String {
    if jobs.all() == 0 { "none".to_owned() } else { format!("{} / {}", jobs.successful, jobs.failed) }
}

/// A sum where there is one currency: others cannot be added.
fn one(sums: &Sums, value: impl Fn(&Money) -> String) -> String {
    let mut all = sums.values();
    match (all.next(), all.next()) {
        (Some(only), None) => value(only),
        _ => String::new(),
    }
}

fn more(ui: &Ui, number: usize) {
    if number > MOST {
        ui.out(&format!("  and {} more (--csv and --output json have all)", number - MOST));
    }
}

/// A table whose columns from one on are numbers, which stand below each other.
fn numbers<const N: usize>(ui: &Ui, columns: &[&str; N], from: usize, rows: &[[String; N]]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(columns.get(column).map(|name| name.len())).max().unwrap_or_default()
    };
    let aligned = |cell: &str, column: usize| {
        if column < from { cell.to_owned() } else { format!("{cell:>width$}", width = width(column)) }
    };
    let heads: Vec<String> = columns.iter().enumerate().map(|(at, name)| aligned(name, at)).collect();
    let mut table = ui.table(&heads.iter().map(String::as_str).collect::<Vec<_>>());
    for row in rows {
        table.row(row.iter().enumerate().map(|(at, cell)| aligned(cell, at)));
    }
    ui.out(&table.to_string());
}
