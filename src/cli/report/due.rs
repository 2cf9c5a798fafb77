//! `psactl report --due`: what stands in the way of the invoices that are made next.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Span;
use jiff::civil::Date;
use serde::Serialize;

use super::gather;
use crate::context::Context;
use crate::error::{Exit, Result};
use crate::plan::stop;
use crate::report::{self, DueAgreement, DueFacts, FindingKind};
use crate::setup::Chosen;
use crate::store::Pause;
use crate::sync::pausing::Pauses;
use crate::sync::{Options, Part, billable, observe, zone};
use crate::ui::{Look, Show, Ui, text};

#[derive(Debug, Serialize)]
struct Due {
    today: Date,
    until: Date,
    /// Agreements with something in the way.
    agreements: Vec<DueAgreement>,
    /// How many others are invoiced by then, with nothing in the way.
    clear: usize,
    /// Customers of the portal that no company is linked to: no agreement is known to bill them.
    unlinked: usize,
}

pub(super) fn run(context: &Context, within: Span) -> Result<Exit> {
    let config = context.config()?;
    let store = context.store_for(&config)?;
    let now = context.now();
    let today = now.to_zoned(zone::remembered(&config, &store)?).date();
    let until = today.checked_add(within).unwrap_or(Date::MAX);
    stop::refuse(&store)?;
    Chosen::read(&store)?.complete(&config)?;
    let (name, snapshot) = gather::customers(context, &config)?;
    let links = gather::links(&store, name)?;
    let client = gather::client(context, &config, &store)?;
    let companies: BTreeSet<i64> = links.values().map(|link| link.company_id).collect();
    let agreements = context.block_on(observe::agreements_alone(&client, &companies))?;
    // What the next sync would do decides, by its own rules, with everything read back. Where no invoice is near,
    // nothing has to be read.
    let near = agreements.iter().any(|agreement| report::is_due(agreement, until));
    let run = match near {
        true => {
            let options = Options {
                only: Some(Part::Billing),
                verify: true,
                dry_run: true,
                by_hand: context.ui.is_by_hand(),
                ..Options::default()
            };
            let _waiting = context.ui.waiting("looking what the next sync would write");
            Some(crate::cli::sync::once(context, "report", options)?)
        }
        false => None,
    };
    let pauses = Pauses::at(store.pauses(name)?, now);
    let paused: BTreeMap<String, Pause> = links
        .keys()
        .filter_map(|cid| Some((cid.clone(), pauses.part(cid, Part::Billing)?.clone())))
        .collect();
    let stale: BTreeMap<String, String> = links
        .keys()
        .filter_map(|cid| Some((cid.clone(), billable::untimely(&config, &snapshot, cid, now)?)))
        .collect();
    let (plan, troubles) = run.map(|run| (run.plan, run.troubles)).unwrap_or_default();
    let troubles: Vec<(String, String)> =
        troubles.into_iter().filter_map(|trouble| Some((trouble.cid?, trouble.error))).collect();
    let all = report::due(&DueFacts {
        agreements: &agreements,
        today,
        until,
        links: &links,
        plan: &plan,
        troubles: &troubles,
        stale: &stale,
        freshen: billable::fix_for_age(&config),
        paused: &paused,
    });
    let number = all.len();
    let agreements: Vec<DueAgreement> =
        all.into_iter().filter(|agreement| !agreement.findings.is_empty()).collect();
    let exit = if agreements.is_empty() { Exit::Done } else { Exit::Found };
    let clear = number - agreements.len();
    let unlinked = snapshot.customers.iter().filter(|customer| !links.contains_key(&customer.cid)).count();
    context.ui.emit(&Due { today, until, agreements, clear, unlinked });
    Ok(exit)
}

/// A time from today as it is typed.
pub(super) fn within(typed: &str) -> std::result::Result<Span, &'static str> {
    let span = typed.parse::<Span>().ok().filter(|span| !span.is_negative());
    span.ok_or("no time; write a number of days or weeks, such as 3d or 2w")
}

impl Show for Due {
    const SCHEMA: &'static str = "psactl/report-due/1";

    fn show(&self, ui: &Ui) {
        for agreement in &self.agreements {
            let late = if agreement.late { ", overdue: that invoice is not made yet" } else { "" };
            let head = format!(
                "{}: {}, {} (#{}){late}",
                agreement.next_invoice, agreement.company, agreement.name, agreement.id
            );
            ui.out(&ui.paint(Look::Head, &ui.wrap(&text::clean(&head), 0, 2)));
            for finding in &agreement.findings {
                let look = match finding.kind {
                    FindingKind::Unpushed | FindingKind::Held | FindingKind::Paused | FindingKind::Look => {
                        Look::Warn
                    }
                    FindingKind::Stale | FindingKind::Blocked | FindingKind::Failed => Look::Bad,
                };
                let kind = format!("{:<8}", finding.kind.as_str());
                let words = text::clean(&format!("customer {}: {}", finding.cid, finding.text));
                ui.out(&format!("  {}  {}", ui.paint(look, &kind), ui.wrap(&words, 12, 12)));
                if !finding.fix.is_empty() {
                    ui.out(&format!("            next: {}", ui.wrap(&text::clean(&finding.fix), 18, 18)));
                }
            }
            ui.out("");
        }
        let invoiced = |number: usize, one: &str, many: &str| {
            format!("{} invoiced by {}", text::count(number, one, many), self.until)
        };
        let clear = match (self.agreements.len(), self.clear) {
            (0, 0) => format!("No agreement of a linked customer is invoiced by {}.", self.until),
            (0, clear) => {
                format!("{}, with nothing in the way.", invoiced(clear, "agreement is", "agreements are"))
            }
            (found, 0) => format!(
                "{}, and something is in the way of each.",
                invoiced(found, "agreement is", "agreements are")
            ),
            (found, clear) => format!(
                "{}; something is in the way of {found}.",
                invoiced(found + clear, "agreement is", "agreements are")
            ),
        };
        ui.out(&ui.wrap(&clear, 0, 0));
        if self.unlinked > 0 {
            let customers = text::count(
                self.unlinked,
                "customer of the portal is linked to no company: no agreement of it is known",
                "customers of the portal are linked to no company: no agreement of theirs is known",
            );
            ui.out(&ui.wrap(&format!("{customers} (psactl status)."), 0, 0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soon_is_a_number_of_days() {
        let today: Date = "2026-11-29".parse().unwrap();
        for (within, last) in
            [("3d", "2026-12-02"), ("0d", "2026-11-29"), ("1w", "2026-12-06"), ("24h", "2026-11-30")]
        {
            let last_day = super::within(within).ok().and_then(|within| today.checked_add(within).ok());
            assert_eq!(last_day, last.parse().ok(), "{within}");
        }
        for wrong in ["", "soon", "3", "-3d", "3 days ago"] {
            assert!(within(wrong).is_err(), "{wrong}");
        }
    }
}
