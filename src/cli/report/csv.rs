//! The report for a spreadsheet: one table in which each kind of row can be filtered and each column summed.

use rust_decimal::Decimal;

use crate::error::{Failure, Result};
use crate::report::{LineState, Report};
use crate::ui::text;

const HEADER: [&str; 20] = [
    "record",
    "month",
    "customer_id",
    "customer",
    "company",
    "agreement",
    "service",
    "state",
    "unit",
    "used",
    "quantity_used",
    "quantity_billed",
    "currency",
    "used_amount",
    "billed_amount",
    "difference",
    "backups_successful",
    "backups_failed",
    "at",
    "details",
];

/// A cell: words, which a spreadsheet must not take for a formula, or a number, which it may sum.
enum Cell {
    Words(String),
    Number(Option<Decimal>),
    Count(u64),
}

impl Cell {
    fn written(self) -> String {
        match self {
            Cell::Words(words) => harmless(&text::clean(&words)),
            Cell::Number(number) => number.map(text::quantity).unwrap_or_default(),
            Cell::Count(count) => count.to_string(),
        }
    }
}

/// Words as a spreadsheet shows them: what begins like a formula is marked as text.
fn harmless(words: &str) -> String {
    // Blanks before it do not keep every spreadsheet from reading a formula.
    match words.trim_start().chars().next() {
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') => format!("'{words}"),
        _ => words.to_owned(),
    }
}

/// One row, named by column; what is not named stays empty.
#[derive(Default)]
struct Row(Vec<(&'static str, Cell)>);

impl Row {
    fn of(record: &str) -> Row {
        Row::default().words("record", record)
    }

    fn words(mut self, column: &'static str, words: impl Into<String>) -> Row {
        self.0.push((column, Cell::Words(words.into())));
        self
    }

    fn number(mut self, column: &'static str, number: impl Into<Option<Decimal>>) -> Row {
        self.0.push((column, Cell::Number(number.into())));
        self
    }

    fn count(mut self, column: &'static str, count: u64) -> Row {
        self.0.push((column, Cell::Count(count)));
        self
    }

    fn cells(self) -> Vec<String> {
        let mut cells = vec![String::new(); HEADER.len()];
        for (column, cell) in self.0 {
            if let Some(place) =
                HEADER.iter().position(|name| *name == column).and_then(|at| cells.get_mut(at))
            {
                *place = cell.written();
            }
        }
        cells
    }
}

/// The whole table.
pub(super) fn text(report: &Report) -> Result<String> {
    let mut rows = Vec::new();
    for customer in &report.customers {
        let whose = |record: &str| {
            Row::of(record)
                .words("customer_id", customer.cid.as_str())
                .words("customer", customer.name.as_str())
                .words("company", customer.company.clone().unwrap_or_default())
        };
        for line in &customer.lines {
            let known = line.state != LineState::NotMeasured;
            rows.push(
                whose("billing")
                    .words("agreement", line.agreements.join("; "))
                    .words("service", line.name)
                    .words("state", super::show::state(line.state))
                    .words("unit", line.unit.as_str())
                    .number("used", line.used)
                    .number("quantity_used", line.quantity)
                    .number("quantity_billed", line.billed)
                    .words("currency", line.currency.as_str())
                    .number("used_amount", Some(line.money.used).filter(|_| known && line.billed.is_some()))
                    .number("billed_amount", line.money.billed)
                    .number(
                        "difference",
                        Some(line.money.difference).filter(|_| known && line.billed.is_some()),
                    )
                    .words("at", customer.measured_at.map(text::moment).unwrap_or_default())
                    .words("details", customer.doubt.clone().unwrap_or_default()),
            );
        }
        rows.push(
            whose("backups")
                .count("backups_successful", customer.jobs.successful)
                .count("backups_failed", customer.jobs.failed),
        );
    }
    for leak in &report.leaks {
        rows.push(
            Row::of("leak")
                .words("customer_id", leak.cid.as_str())
                .words("customer", leak.name.as_str())
                .words("service", leak.service_name)
                .words("unit", leak.unit.as_str())
                .number("used", leak.used)
                .number("used_amount", leak.worth)
                .words("details", leak.why.as_str()),
        );
    }
    for orphan in &report.orphans {
        rows.push(
            Row::of("orphan")
                .words("customer_id", orphan.serial_number.as_str())
                .words("company", orphan.company.as_str())
                .words("agreement", orphan.agreement.as_str())
                .words("service", orphan.product.as_str())
                .number("quantity_billed", orphan.quantity)
                .words("currency", orphan.currency.as_str())
                .number("billed_amount", orphan.amount)
                .words("details", format!("addition #{}: {}", orphan.addition, orphan.why)),
        );
    }
    for change in &report.changes {
        let undone = if change.undone { " (taken back)" } else { "" };
        let values = match (change.before.is_empty(), change.after.is_empty()) {
            (true, true) => String::new(),
            _ => format!(": {} -> {}", change.before, change.after),
        };
        rows.push(
            Row::of("change")
                .words("customer_id", change.cid.clone().unwrap_or_default())
                .words("state", change.kind)
                .words("currency", change.currency.as_str())
                .number("difference", change.money)
                .words("at", text::moment(change.at))
                .words("details", format!("run {}: {}{values}{undone}", change.run, change.record)),
        );
    }
    let failed = |error: String| Failure::from(anyhow::anyhow!("the table cannot be written: {error}"));
    let mut table = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    table.write_record(HEADER).map_err(|error| failed(error.to_string()))?;
    for row in rows {
        let row = row.words("month", report.month.as_str());
        table.write_record(row.cells()).map_err(|error| failed(error.to_string()))?;
    }
    let bytes = table.into_inner().map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_never_a_formula_and_numbers_stay_numbers() {
        for (words, written) in [
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-Backup", "'-Backup"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "' =1"),
            ("\r\n=1", "'  =1"),
            ("  =cmd|' /C calc'!A0", "'  =cmd|' /C calc'!A0"),
            ("Eddie's TV Repair", "Eddie's TV Repair"),
            ("3-2=1", "3-2=1"),
            ("", ""),
        ] {
            assert_eq!(Cell::Words(words.into()).written(), written, "{words:?}");
        }
        assert_eq!(Cell::Number("-75.00".parse().ok()).written(), "-75");
        assert_eq!(Cell::Number(None).written(), "");
    }
}
