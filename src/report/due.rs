//! What stands in the way of the invoices that are made next: for billing staff, before the invoice run.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::plan::{Change, Plan, Purpose, money_of};
use crate::psa::{Agreement, OrEmpty};
use crate::store::{Link, Pause};
use crate::sync::billing;
use crate::sync::pausing::told;

/// What is judged.
pub struct DueFacts<'a> {
    /// The agreements of linked companies.
    pub agreements: &'a [Agreement],
    /// The server's date.
    pub today: Date,
    /// The last day that counts as soon.
    pub until: Date,
    /// Which company each customer is.
    pub links: &'a BTreeMap<String, Link>,
    /// What the next sync would do of billing.
    pub plan: &'a Plan,
    /// Customers whose billing could not be planned, and why.
    pub troubles: &'a [(String, String)],
    /// Customers whose use is too old to bill, and why.
    pub stale: &'a BTreeMap<String, String>,
    /// What makes use fresh again.
    pub freshen: &'a str,
    /// Customers whose billing is paused.
    pub paused: &'a BTreeMap<String, Pause>,
}

/// What is in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// The use is too old to bill.
    Stale,
    /// No value can be right until a cause is removed.
    Blocked,
    /// Planning failed.
    Failed,
    /// A change waits for a yes.
    Held,
    /// Billing of the customer is paused.
    Paused,
    /// Use that the next sync will push.
    Unpushed,
    /// Something that a person should look at: an addition that bills and is not measured.
    Look,
}

impl FindingKind {
    /// The word for the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            FindingKind::Stale => "stale",
            FindingKind::Blocked => "blocked",
            FindingKind::Failed => "failed",
            FindingKind::Held => "held",
            FindingKind::Paused => "paused",
            FindingKind::Unpushed => "unpushed",
            FindingKind::Look => "look",
        }
    }
}

/// One thing in the way of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// The customer.
    pub cid: String,
    /// In words.
    pub text: String,
    /// What mends it.
    pub fix: String,
    /// What the change would do to the invoice.
    pub money: Option<Decimal>,
}

/// An agreement that is invoiced soon.
#[derive(Debug, Serialize)]
pub struct DueAgreement {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The company.
    pub company: String,
    /// When it is invoiced next.
    pub next_invoice: Date,
    /// That day is past, and the invoice is not made.
    pub late: bool,
    /// The customers it bills.
    pub cids: Vec<String>,
    /// The currency.
    pub currency: String,
    /// What is in the way.
    pub findings: Vec<Finding>,
}

/// The agreements that are invoiced by a day, with what is in the way of each, the next first.
pub fn due(facts: &DueFacts<'_>) -> Vec<DueAgreement> {
    let mut by_company: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    for link in facts.links.values() {
        by_company.entry(link.company_id).or_default().push(&link.cid);
    }
    let mut due: Vec<DueAgreement> = facts
        .agreements
        .iter()
        .filter_map(|agreement| {
            let next = billing::day(agreement.next_invoice_date?);
            let company = agreement.company.as_ref()?;
            let cids = by_company.get(&company.id?)?;
            if !is_due(agreement, facts.until) {
                return None;
            }
            Some(DueAgreement {
                id: agreement.id,
                name: agreement.name.or_empty().to_owned(),
                company: company.name.clone().unwrap_or_default(),
                next_invoice: next,
                late: next < facts.today,
                cids: cids.iter().map(|cid| (*cid).to_owned()).collect(),
                currency: billing::currency(agreement),
                findings: findings(facts, agreement.id, cids),
            })
        })
        .collect();
    due.sort_by(|a, b| (a.next_invoice, &a.company, a.id).cmp(&(b.next_invoice, &b.company, b.id)));
    due
}

/// Whether an agreement runs and is invoiced by a day.
pub fn is_due(agreement: &Agreement, until: Date) -> bool {
    use crate::psa::AgreementStatus::Active;
    agreement.next_invoice_date.is_some_and(|next| billing::day(next) <= until)
        && !agreement.cancelled_flag
        && agreement.agreement_status.as_ref().is_none_or(|status| *status == Active)
}

fn findings(facts: &DueFacts<'_>, agreement: i64, cids: &[&str]) -> Vec<Finding> {
    let mut found = Vec::new();
    let here = |change: &Change| matches!(&change.purpose, Purpose::Quantity { agreement: own, .. } if *own == agreement);
    let delta = |change: &Change| change.money.as_ref().map(crate::plan::MoneyEffect::delta);
    let cid_of = |change: &Change| change.cid.clone().unwrap_or_default();
    for cid in cids {
        let mut say = |kind, text: String, fix: &str| {
            found.push(Finding { kind, cid: (*cid).to_owned(), text, fix: fix.to_owned(), money: None });
        };
        if let Some(why) = facts.stale.get(*cid) {
            say(FindingKind::Stale, why.clone(), facts.freshen);
        }
        if let Some(pause) = facts.paused.get(*cid) {
            say(FindingKind::Paused, told(pause), &format!("psactl resume {cid}"));
        }
        for (_, why) in facts.troubles.iter().filter(|(own, _)| own == cid) {
            say(FindingKind::Failed, why.clone(), &format!("psactl sync --cid {cid}"));
        }
    }
    for blocked in &facts.plan.blocked {
        let Some(cid) = blocked.cid.as_deref().filter(|cid| cids.contains(cid)) else { continue };
        // Said already.
        if facts.stale.get(cid) == Some(&blocked.reason) {
            continue;
        }
        found.push(Finding {
            kind: FindingKind::Blocked,
            cid: cid.to_owned(),
            text: format!("{}: {}", blocked.subject, blocked.reason),
            fix: blocked.fix.clone(),
            money: None,
        });
    }
    for note in facts.plan.notes.iter().filter(|note| note.act) {
        let Some(cid) = note.cid.as_deref().filter(|cid| cids.contains(cid)) else { continue };
        found.push(Finding {
            kind: FindingKind::Look,
            cid: cid.to_owned(),
            text: note.text.clone(),
            fix: format!("psactl why {cid}"),
            money: None,
        });
    }
    for held in facts.plan.held.iter().filter(|held| !held.rejected && here(&held.change)) {
        found.push(Finding {
            kind: FindingKind::Held,
            cid: cid_of(&held.change),
            text: format!("{}: {}", what(&held.change), held.reason),
            fix: "psactl review".to_owned(),
            money: delta(&held.change),
        });
    }
    for change in facts.plan.changes.iter().filter(|change| here(change)) {
        found.push(Finding {
            kind: FindingKind::Unpushed,
            cid: cid_of(change),
            text: what(change),
            fix: format!("psactl sync --cid {} --force", cid_of(change)),
            money: delta(change),
        });
    }
    found.sort_by_key(|finding| finding.kind);
    found
}

/// "agreement addition #3014 …: 18.05 -> 180.05, next invoice 27.08 -> 270.08 USD".
fn what(change: &Change) -> String {
    let (before, after) = crate::plan::guards::values_of(change);
    let shown = |value: String| if value.is_empty() { "(empty)".to_owned() } else { value };
    let values = format!(
        "{} -> {}",
        crate::ui::text::shorten(&shown(before), 40),
        crate::ui::text::shorten(&shown(after), 40)
    );
    let money = money_of(change);
    let money = if money.is_empty() { money } else { format!(", next invoice {money}") };
    format!("{}: {values}{money}", change.subject)
}
