//! The report as one page: nothing is loaded from elsewhere and no script runs. maud escapes every text.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use rust_decimal::Decimal;

use super::chart;
use super::show::{amount, state};
use crate::report::{CustomerReport, LineState, Money, Report};
use crate::ui::text;

/// So many customers have bars of their own.
const BARS: usize = 20;
/// So many rows of a list stand on a page that a person reads; the table for spreadsheets has all.
const ROWS: usize = 200;
/// So many of psactl's changes, the last ones.
const CHANGES: usize = 50;

/// The whole page.
pub(super) fn page(report: &Report) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(concat!("psactl ", env!("CARGO_PKG_VERSION")));
                // Whatever a name may contain, nothing is loaded and nothing runs.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { "Backup and billing, " (name_of(report)) }
                style { (PreEscaped(include_str!("page.css"))) }
            }
            body {
                header { div {
                    h1 { "Backup and billing, " (name_of(report)) }
                    p class="soft" {
                        "Made by psactl on " (text::moment(report.made_at)) " UTC. The month is that of "
                        (report.zone) "."
                    }
                } }
                main {
                    (known(report))
                    (figures(report))
                    (bars(report))
                    (customers(report))
                    (differing(report))
                    (leaks(report))
                    (orphans(report))
                    (results(report))
                    (changes(report))
                }
                footer {
                    p {
                        "Used: what the measured use comes to at the prices of the agreement additions. Billed: what "
                        "the additions come to on the next invoices, as ConnectWise has them; amounts are of a full "
                        "period, which ConnectWise may prorate. Difference: used less billed."
                    }
                }
            }
        }
    };
    page.into_string()
}

/// Text of the PSA or the portal, without what could turn its reading direction.
fn safe(words: &str) -> String {
    text::clean(words)
}

fn known(report: &Report) -> Markup {
    html! {
        @if !report.known.is_empty() {
            section class="known" aria-label="What is known of this month" {
                strong { "What these figures are of" }
                ul { @for line in &report.known { li { (safe(line)) } } }
            }
        }
    }
}

fn figures(report: &Report) -> Markup {
    let several = report.money.len() > 1;
    let worths = report.leaks.iter().filter_map(|leak| leak.worth);
    let worth = worths.fold(Decimal::ZERO, Decimal::saturating_add);
    // Of a month that is over these figures are not.
    let now = if report.until <= report.made_at { ", now" } else { "" };
    let of = |currency: &str| if several { format!(" ({currency}){now}") } else { now.to_owned() };
    html! {
        dl class="cards" {
            @for (currency, money) in &report.money {
                div { dt { "Used" (of(currency)) } dd { (figure(money.used)) small { (safe(currency)) } } }
                div { dt { "Billed" (of(currency)) } dd {
                    (figure(money.billed)) small {
                        (safe(currency))
                        @if !money.unmeasured.is_zero() { ", " (figure(money.unmeasured)) " of it not measured" }
                    }
                } }
                div { dt { "Difference" (of(currency)) } dd class=(colour(money.difference)) {
                    (signed(money.difference)) small { (meaning(money.difference)) }
                } }
            }
            div { dt { "Backups" } dd {
                (rate(report.jobs.successful, report.jobs.all()))
                small { (report.jobs.successful) " successful, " (report.jobs.failed) " failed" }
            } }
            div { dt { "Leaks" } dd class=(if report.leaks.is_empty() { "fine" } else { "bad" }) {
                (report.leaks.len()) small {
                    "services used that nobody bills"
                    @if !worth.is_zero() { ", " (figure(worth)) " at the catalog's prices" }
                }
            } }
            div { dt { "Orphans" } dd class=(if report.orphans.is_empty() { "fine" } else { "bad" }) {
                (report.orphans.len()) small { "additions with a serial number nobody has" }
            } }
        }
    }
}

/// Bars of billed against used, the customers with the most money first; a scale for each currency.
fn bars(report: &Report) -> Markup {
    html! {
        @for currency in report.money.keys() {
            @let rows = ranked(&report.customers, currency);
            @let most = rows.iter().map(|(_, money)| money.used.max(money.billed)).max().unwrap_or_default();
            @if most > Decimal::ZERO {
                section {
                    h2 { "Billed against used" @if !currency.is_empty() { ", in " (safe(currency)) } }
                    figure {
                        figcaption class="key" {
                            span style="--colour: var(--used)" { "used" }
                            span style="--colour: var(--billed)" { "billed" }
                        }
                        ul class="bars" {
                            @for (customer, money) in rows.iter().take(BARS) {
                                @let said = format!(
                                    "used {}, billed {}", figure(money.used), figure(money.billed)
                                );
                                li {
                                    span class="name" { (safe(&customer.name)) }
                                    span class="chart" { (chart::pair(money.used, money.billed, most, &said)) }
                                    span class="sums" {
                                        span class="used" { (figure(money.used)) } br;
                                        span class="billed" { (figure(money.billed)) }
                                    }
                                }
                            }
                        }
                    }
                    @if rows.len() > BARS {
                        p class="soft" { "The " (BARS) " largest of " (rows.len()) " customers; the table has all." }
                    }
                }
            }
        }
    }
}

/// The customers with money of a currency, the largest first.
fn ranked<'a>(customers: &'a [CustomerReport], currency: &str) -> Vec<(&'a CustomerReport, Money)> {
    let mut rows: Vec<(&CustomerReport, Money)> =
        customers.iter().filter_map(|customer| Some((customer, *customer.money.get(currency)?))).collect();
    rows.sort_by_key(|(_, money)| std::cmp::Reverse(money.used.max(money.billed)));
    rows
}

fn customers(report: &Report) -> Markup {
    html! {
        section {
            h2 { "By customer" }
            div class="scroll" tabindex="0" role="region" aria-label="By customer" { table {
                caption { "Use as measured last, additions as they are now, backups of " (name_of(report)) "." }
                thead { tr {
                    th scope="col" { "Customer" } th scope="col" { "Company" }
                    th scope="col" class="number" { "Used" } th scope="col" class="number" { "Billed" }
                    th scope="col" class="number" { "Difference" } th scope="col" { "Currency" }
                    th scope="col" class="number" { "Backups ok" } th scope="col" class="number" { "failed" }
                } }
                tbody { @for customer in &report.customers { (customer_rows(customer)) } }
                tfoot { @for (at, (currency, money)) in report.money.iter().enumerate() { tr {
                    th scope="row" colspan="2" { "All" }
                    (sums(*money)) td { (safe(currency)) }
                    @if at == 0 {
                        td class="number" { (report.jobs.successful) } td class="number" { (report.jobs.failed) }
                    } @else { td {} td {} }
                } } }
            } }
        }
    }
}

fn customer_rows(customer: &CustomerReport) -> Markup {
    let rows = customer.money.len().max(1);
    let mut sums_of = customer.money.iter();
    let first = sums_of.next();
    html! {
        tr {
            th scope="row" rowspan=(rows) {
                (safe(&customer.name)) " " span class="soft" { (safe(&customer.cid)) }
                @if let Some(doubt) = &customer.doubt { br; small class="bad" { (safe(doubt)) } }
            }
            td rowspan=(rows) {
                @match &customer.company { Some(company) => (safe(company)), None => span class="bad" { "not linked" } }
            }
            @match first {
                Some((currency, money)) => { (sums(*money)) td { (safe(currency)) } },
                None => { td {} td {} td {} td {} },
            }
            td class="number" rowspan=(rows) { (customer.jobs.successful) }
            td class="number" rowspan=(rows) { (customer.jobs.failed) }
        }
        @for (currency, money) in sums_of { tr { (sums(*money)) td { (safe(currency)) } } }
    }
}

fn sums(money: Money) -> Markup {
    html! {
        td class="number" { (figure(money.used)) }
        td class="number" { (figure(money.billed)) }
        td class="number" { span class=(colour(money.difference)) { (signed(money.difference)) } }
    }
}

fn differing(report: &Report) -> Markup {
    let unlike: Vec<_> = report
        .customers
        .iter()
        .flat_map(|customer| customer.lines.iter().map(move |line| (customer, line)))
        .filter(|(_, line)| !matches!(line.state, LineState::Equal | LineState::NotBilled))
        .collect();
    let past = report.until <= report.made_at;
    html! {
        section {
            h2 { "Where use and billing differ" }
            @if unlike.is_empty() {
                p { "Nowhere: each addition holds what was used." }
            } @else {
                div class="scroll" tabindex="0" role="region" aria-label="Where use and billing differ" { table {
                    thead { tr {
                        th scope="col" { "Customer" } th scope="col" { "Service" }
                        th scope="col" class="number" { "Used" } th scope="col" class="number" { "Quantity billed" }
                        @if past { th scope="col" class="number" { "At month's end" } }
                        th scope="col" class="number" { "Difference" } th scope="col" { "" }
                        th scope="col" { "Next invoice" }
                    } }
                    tbody { @for (customer, line) in unlike.iter().take(ROWS) { tr {
                        th scope="row" { (safe(&customer.name)) " " span class="soft" { (safe(&customer.cid)) } }
                        td { (line.name) }
                        td class="number" { (line.used.map(|used| amount(used, &line.unit)).unwrap_or_default()) }
                        td class="number" { (line.billed.map(text::quantity).unwrap_or_default()) }
                        @if past { td class="number" { (line.month_end.map(text::quantity).unwrap_or_default()) } }
                        td class="number" { @if line.state != LineState::NotMeasured {
                            (signed(line.money.difference)) " " (safe(&line.currency))
                        } }
                        td { (state(line.state)) }
                        td { (line.next_invoice.map(|day| day.to_string()).unwrap_or_else(|| "never".to_owned())) }
                    } } }
                } }
                (more(unlike.len(), ROWS))
            }
        }
    }
}

fn leaks(report: &Report) -> Markup {
    html! {
        section {
            h2 { "Leaks: used, and nobody bills it" }
            @if report.leaks.is_empty() {
                p { "None: everything that was used is billed." }
            } @else {
                div class="scroll" tabindex="0" role="region" aria-label="Leaks" { table {
                    thead { tr {
                        th scope="col" { "Customer" } th scope="col" { "Service" }
                        th scope="col" class="number" { "Used" }
                        th scope="col" class="number" { "At the catalog's price" } th scope="col" { "Why" }
                    } }
                    tbody { @for leak in report.leaks.iter().take(ROWS) { tr {
                        th scope="row" { (safe(&leak.name)) " " span class="soft" { (safe(&leak.cid)) } }
                        td { (leak.service_name) }
                        td class="number" { (amount(leak.used, &leak.unit)) }
                        td class="number" { (leak.worth.map(figure).unwrap_or_default()) }
                        td class="words" { (safe(&leak.why)) }
                    } } }
                } }
                (more(report.leaks.len(), ROWS))
            }
        }
    }
}

fn orphans(report: &Report) -> Markup {
    html! {
        section {
            h2 { "Orphans: billed, and nobody has the serial number" }
            @if report.orphans.is_empty() {
                p { "None: every addition of these products has a customer at the portal." }
            } @else {
                div class="scroll" tabindex="0" role="region" aria-label="Orphans" { table {
                    thead { tr {
                        th scope="col" { "Serial number" } th scope="col" { "Company" } th scope="col" { "Agreement" }
                        th scope="col" { "Product" } th scope="col" class="number" { "Quantity" }
                        th scope="col" class="number" { "Amount" } th scope="col" { "Why" }
                    } }
                    tbody { @for orphan in report.orphans.iter().take(ROWS) { tr {
                        th scope="row" { (safe(&orphan.serial_number)) }
                        td { (safe(&orphan.company)) }
                        td { (safe(&orphan.agreement)) ", addition #" (orphan.addition) }
                        td { (safe(&orphan.product)) }
                        td class="number" { (text::quantity(orphan.quantity)) }
                        td class="number" { (figure(orphan.amount)) " " (safe(&orphan.currency)) }
                        td class="words" { (safe(&orphan.why)) }
                    } } }
                } }
                (more(report.orphans.len(), ROWS))
            }
        }
    }
}

fn results(report: &Report) -> Markup {
    let ran: Vec<&CustomerReport> =
        report.customers.iter().filter(|customer| customer.jobs.all() > 0).collect();
    let said = format!(
        "Backup jobs by day: {} successful, {} failed in all",
        report.jobs.successful, report.jobs.failed
    );
    html! {
        section {
            h2 { "Backup results of " (name_of(report)) }
            @if report.jobs.all() == 0 {
                p { "No backup job of this month is in the event log." }
            } @else {
                figure {
                    figcaption class="key" {
                        span style="--colour: var(--good)" { "successful" }
                        span style="--colour: var(--failed)" { "failed" }
                    }
                    (chart::days(&report.days, &said))
                    div class="axis" aria-hidden="true" {
                        @if let Some((first, _)) = report.days.first() { span { (first) } }
                        @if let Some((last, _)) = report.days.last() { span { (last) } }
                    }
                }
                div class="scroll" tabindex="0" role="region" aria-label="Backup results by customer" { table {
                    thead { tr {
                        th scope="col" { "Customer" } th scope="col" class="number" { "Successful" }
                        th scope="col" class="number" { "Failed" } th scope="col" class="number" { "Rate" }
                        th scope="col" { "" }
                    } }
                    tbody { @for customer in &ran { tr {
                        @let jobs = customer.jobs;
                        th scope="row" { (safe(&customer.name)) " " span class="soft" { (safe(&customer.cid)) } }
                        td class="number" { (jobs.successful) } td class="number" { (jobs.failed) }
                        td class="number" { (rate(jobs.successful, jobs.all())) }
                        td { (chart::results(jobs, &format!("{} of {} successful", jobs.successful, jobs.all()))) }
                    } } }
                } }
                @let silent = report.customers.len() - ran.len();
                @if silent > 0 {
                    p class="soft" {
                        (text::count(silent, "customer has", "customers have")) " no backup job in the event log of "
                        (name_of(report)) "."
                    }
                }
            }
        }
    }
}

fn changes(report: &Report) -> Markup {
    html! {
        section {
            h2 { "Changes made by psactl in " (name_of(report)) }
            @if report.counts.is_empty() && report.failed_writes == 0 {
                p { "None." }
            } @else {
                dl class="cards" {
                    @for (kind, count) in &report.counts { div { dt { (kind) } dd { (count) } } }
                    @if report.failed_writes > 0 {
                        div { dt { "failed" } dd class="bad" { (report.failed_writes) } }
                    }
                }
                @if !report.changes.is_empty() {
                    div class="scroll" tabindex="0" role="region" aria-label="Changes" { table {
                        caption { "Each change of an invoice or a ticket, the last first; psactl history has every write." }
                        thead { tr {
                            th scope="col" { "When (UTC)" } th scope="col" class="number" { "Run" }
                            th scope="col" { "Customer" } th scope="col" { "Record" }
                            th scope="col" class="number" { "Before" } th scope="col" class="number" { "After" }
                            th scope="col" class="number" { "Next invoice" }
                        } }
                        tbody { @for change in report.changes.iter().rev().take(CHANGES) { tr {
                            td class="number" { (text::moment(change.at)) }
                            td class="number" { (change.run) }
                            td { (safe(change.cid.as_deref().unwrap_or_default())) }
                            td class="words" {
                                (change.kind) ": " (safe(change.record.trim_start_matches("agreement addition ")))
                                @if change.undone { " " em { "(taken back)" } }
                            }
                            td class="number" { (safe(&text::shorten(&change.before, 24))) }
                            td class="number" { (safe(&text::shorten(&change.after, 24))) }
                            td class="number" { @if let Some(money) = change.money {
                                (signed(money)) " " (safe(&change.currency))
                            } }
                        } } }
                    } }
                    (more(report.changes.len(), CHANGES))
                }
            }
        }
    }
}

fn more(number: usize, shown: usize) -> Markup {
    html! {
        @if number > shown { p class="soft" { "and " (number - shown) " more: psactl report --csv has all." } }
    }
}

/// A share in percent.
fn rate(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    // Rounded down: only what never failed is 100 %.
    let tenths = part.saturating_mul(1000) / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// The month as people call it: `November 2026`.
fn name_of(report: &Report) -> String {
    let first = format!("{}-01", report.month).parse::<jiff::civil::Date>();
    first.map_or_else(|_| report.month.clone(), |first| first.strftime("%B %Y").to_string())
}

/// Money with its thousands apart: `10,608.27`.
fn figure(value: Decimal) -> String {
    grouped(&text::money(value))
}

fn signed(value: Decimal) -> String {
    grouped(&text::signed_money(value))
}

fn grouped(written: &str) -> String {
    let (whole, rest) = written.split_at(written.find('.').unwrap_or(written.len()));
    let digits = whole.chars().filter(char::is_ascii_digit).count();
    let mut left = digits;
    let mut grouped = String::with_capacity(written.len() + digits / 3);
    for c in whole.chars() {
        if c.is_ascii_digit() {
            if left < digits && left.is_multiple_of(3) {
                grouped.push(',');
            }
            left -= 1;
        }
        grouped.push(c);
    }
    grouped + rest
}

fn colour(difference: Decimal) -> &'static str {
    if difference.is_zero() { "fine" } else { "bad" }
}

fn meaning(difference: Decimal) -> &'static str {
    if difference.is_zero() {
        "what was used is billed"
    } else if difference > Decimal::ZERO {
        "more used than billed"
    } else {
        "more billed than used"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (value, written) in [
            ("0", "0.00"),
            ("999.5", "999.50"),
            ("1000", "1,000.00"),
            ("-1234567.891", "-1,234,567.89"),
            ("100000", "100,000.00"),
        ] {
            assert_eq!(figure(value.parse().unwrap()), written);
        }
        assert_eq!(signed("12345".parse().unwrap()), "+12,345.00");
        assert_eq!(
            (rate(1, 3), rate(1999, 2000), rate(0, 0)),
            ("33.3 %".into(), "99.9 %".into(), "–".into())
        );
    }
}
