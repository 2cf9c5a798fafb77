//! `psactl companies adopt`: links that ConnectWise states already, as Managed IDs or as the serial numbers of
//! agreement additions.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::linking::Linking;
use crate::context::Context;
use crate::error::{Exit, Result};
use crate::portal::Customer;
use crate::psa::{Addition, Agreement, AgreementStatus, Company, OrEmpty, Query, paths};
use crate::setup::directory::Directory;
use crate::setup::screens::ADDITIONS;
use crate::store::Link;
use crate::sync::billing;
use crate::ui::{Look, Show, Ui, text};

/// Take over the links that ConnectWise already has as Managed IDs
///
/// One request for each company. With --serial-numbers also the links of
/// customers that have no Managed ID, but agreement additions with it as serial
/// number: one more request for each live agreement. What contradicts itself is
/// shown and left alone.
///
/// Examples:
///   psactl companies adopt --dry-run
///   psactl companies adopt
///   psactl companies adopt --serial-numbers --dry-run
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Show what would be done; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
    /// Also take over links that differ from the present ones
    #[arg(long)]
    replace: bool,
    /// Also look for the Managed ID in the serial numbers of agreement additions
    #[arg(long)]
    serial_numbers: bool,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let config = context.config()?;
    let store = context.store_for(&config)?;
    let snapshot = context.portal(&config)?.accounts()?;
    let linking = Linking::new(context, &config, &store, args.dry_run)?;
    let report = context.block_on(adopt(&linking, &snapshot.customers, &args))?;
    context.ui.emit(&report);
    Ok(report.exit())
}

/// A live addition that carries a customer's Managed ID: its company and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Billed {
    company: i64,
    addition: String,
}

/// What ConnectWise says of one customer.
#[derive(Debug, PartialEq, Eq)]
enum Stated {
    /// Nothing.
    Nothing,
    /// This company, by what.
    Company(i64, &'static str),
    /// Several: which, why that cannot be, and what to do.
    Contradiction(BTreeSet<i64>, String, String),
}

/// Weighs the companies that have a customer's Managed ID against those that are billed for it.
fn weigh(with_entries: &[i64], billed: &[Billed]) -> Stated {
    let at: BTreeSet<i64> = billed.iter().map(|own| own.company).collect();
    let additions = |elsewhere: &dyn Fn(i64) -> bool| {
        let own: Vec<&str> =
            billed.iter().filter(|own| elsewhere(own.company)).map(|own| own.addition.as_str()).collect();
        own.join(", ")
    };
    match with_entries {
        [] => match at.len() {
            0 => Stated::Nothing,
            1 => at.first().map_or(Stated::Nothing, |company| Stated::Company(*company, "serial-number")),
            _ => Stated::Contradiction(
                at,
                format!(
                    "its Managed ID is the serial number of additions ({}) of several companies",
                    additions(&|_| true)
                ),
                format!("end the wrong ones in ConnectWise ({ADDITIONS} > Cancelled Date)"),
            ),
        },
        [company] if at.iter().all(|own| own == company) => Stated::Company(*company, "managed-id"),
        [company] => Stated::Contradiction(
            at.iter().copied().chain([*company]).collect(),
            format!(
                "its Managed ID stands on one company and is the serial number of another one's additions ({})",
                additions(&|own| own != *company)
            ),
            "end those additions, or move the Managed ID entries, in ConnectWise".to_owned(),
        ),
        several => Stated::Contradiction(
            several.iter().copied().collect(),
            "its Managed ID stands on several companies".to_owned(),
            "delete the wrong entries in ConnectWise".to_owned(),
        ),
    }
}

async fn adopt(linking: &Linking<'_>, customers: &[Customer], args: &Args) -> Result<Adopted> {
    let mut report = stated(linking, customers, args.replace, args.serial_numbers).await?;
    if linking.dry_run || report.links.is_empty() {
        return Ok(report);
    }
    if !args.yes {
        let question = match report.links.len() {
            1 => "Is this the same customer?".to_owned(),
            many => format!("Are these {many} the same customers?"),
        };
        let about = |ui: &Ui| report.show_stated(ui);
        linking.ask(|ui| ui.agree(about, &question, "--yes", "nothing was adopted")).await?;
        report.shown = true;
    }
    linking.remember(&report.links)?;
    Ok(report)
}

/// What ConnectWise says of these customers, and which links would be made of it.
pub(super) async fn stated(
    linking: &Linking<'_>,
    customers: &[Customer],
    replace: bool,
    by_serial_number: bool,
) -> Result<Adopted> {
    let (solution, _) = linking.solution().await?;
    let directory = Directory::read(&linking.client).await?;
    let by_id: BTreeMap<i64, &Company> =
        directory.companies.iter().map(|company| (company.id, company)).collect();
    let entries = linking.entries_of(by_id.keys().copied()).await?;
    let mut with_managed_id: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (company, entries) in &entries {
        let mut seen = BTreeSet::new();
        for entry in entries {
            let of = entry.management_solution.as_ref().and_then(|own| own.id);
            let managed_id = entry.group_identifier.or_empty().trim();
            if of == Some(solution) && seen.insert(managed_id) {
                with_managed_id.entry(managed_id.to_owned()).or_default().push(*company);
            }
        }
    }
    let mut billed: BTreeMap<String, Vec<Billed>> = BTreeMap::new();
    if by_serial_number {
        let wanted: BTreeSet<String> =
            customers.iter().map(|customer| linking.managed_id(&customer.cid)).collect();
        billed = serial_numbers(linking, &wanted).await?;
        for own in billed.values_mut() {
            own.retain(|own| by_id.contains_key(&own.company));
        }
    }
    let mut report =
        Adopted { dry_run: linking.dry_run, serial_numbers: by_serial_number, ..Adopted::default() };
    for customer in customers {
        let managed_id = linking.managed_id(&customer.cid);
        let on = with_managed_id.get(&managed_id).map_or(&[][..], Vec::as_slice);
        let billed = billed.get(&managed_id).map_or(&[][..], Vec::as_slice);
        match weigh(on, billed) {
            Stated::Nothing => report.without.push(customer.clone()),
            Stated::Contradiction(companies, reason, fix) => report.contradictions.push(Contradiction {
                cid: customer.cid.clone(),
                companies: companies
                    .iter()
                    .filter_map(|id| by_id.get(id))
                    .map(|company| format!("{} (#{})", company.name.or_empty(), company.id))
                    .collect(),
                reason,
                fix: fix.to_owned(),
            }),
            Stated::Company(id, origin) => {
                if let Some(company) = by_id.get(&id) {
                    one(linking, customer, company, origin, &directory, replace, &mut report).await?;
                }
            }
        }
    }
    Ok(report)
}

/// One customer whose company ConnectWise states without doubt.
async fn one(
    linking: &Linking<'_>,
    customer: &Customer,
    company: &Company,
    origin: &str,
    directory: &Directory,
    replace: bool,
    report: &mut Adopted,
) -> Result<()> {
    let known = linking.links.get(&customer.cid);
    let link = linking.link(customer, company, origin);
    if known.is_some_and(|known| {
        known.company_id == company.id
            && known.portal_name == link.portal_name
            && known.managed_id == link.managed_id
    }) {
        return Ok(());
    }
    let elsewhere = known.filter(|known| known.company_id != company.id);
    let what = if origin == "serial-number" { "serial number" } else { "Managed ID" };
    let stays = if directory.is_inactive(company) {
        Some(format!("{} (#{}) is inactive", company.name.or_empty(), company.id))
    } else if let Some(known) = elsewhere.filter(|_| !replace) {
        Some(format!(
            "linked to {} (#{}) now, its {what} stands on {} (#{}): --replace takes that one",
            known.company_name,
            known.company_id,
            company.name.or_empty(),
            company.id
        ))
    } else {
        linking.still_billed(&customer.cid, company.id).await?
    };
    if let Some(reason) = stays {
        report.left_alone.push(LeftAlone { cid: customer.cid.clone(), reason });
        return Ok(());
    }
    if let Some(known) = elsewhere {
        report.replaced.insert(customer.cid.clone(), known.clone());
    }
    report.links.push(link);
    Ok(())
}

/// The live additions that carry one of these Managed IDs, by Managed ID: agreements in pages, additions of each
/// that runs.
async fn serial_numbers(
    linking: &Linking<'_>,
    wanted: &BTreeSet<String>,
) -> Result<BTreeMap<String, Vec<Billed>>> {
    let today = linking.context.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut agreements: Vec<Agreement> =
        linking.client.list(&paths::agreements(), &Query::all().lean()).await?;
    agreements.retain(|agreement| {
        agreement.agreement_status.as_ref().is_none_or(|status| *status == AgreementStatus::Active)
    });
    let mut progress = linking.context.ui.progress("reading agreement additions", agreements.len());
    let mut reading = tokio::task::JoinSet::new();
    for agreement in agreements {
        let client = linking.client.clone();
        reading.spawn(async move {
            let additions: std::result::Result<Vec<Addition>, _> =
                client.list(&paths::additions(agreement.id), &Query::all().lean()).await;
            (agreement, additions)
        });
    }
    let mut billed: BTreeMap<String, Vec<Billed>> = BTreeMap::new();
    while let Some(read) = reading.join_next().await {
        progress.step();
        let (agreement, additions) = read.map_err(anyhow::Error::from)?;
        let Some(company) = agreement.company.as_ref().and_then(|company| company.id) else { continue };
        for addition in additions? {
            let serial = addition.serial_number.or_empty().trim();
            if wanted.contains(serial) && billing::why_ended(&agreement, &addition, today).is_none() {
                let addition = format!("#{} on {}", addition.id, agreement.name.or_empty());
                billed.entry(serial.to_owned()).or_default().push(Billed { company, addition });
            }
        }
    }
    // They come in the order of their arrival.
    billed.values_mut().for_each(|own| own.sort());
    Ok(billed)
}

/// A customer that ConnectWise states several companies for.
#[derive(Debug, Serialize)]
struct Contradiction {
    cid: String,
    companies: Vec<String>,
    reason: String,
    /// What to do.
    fix: String,
}

/// A customer whose link is not touched, and why.
#[derive(Debug, Serialize)]
struct LeftAlone {
    cid: String,
    reason: String,
}

/// What adopting found.
#[derive(Debug, Default, Serialize)]
pub(in crate::cli) struct Adopted {
    dry_run: bool,
    /// Serial numbers of additions were looked at too.
    serial_numbers: bool,
    pub(in crate::cli) links: Vec<Link>,
    /// The present links that some of them take the place of, by customer.
    replaced: BTreeMap<String, Link>,
    left_alone: Vec<LeftAlone>,
    contradictions: Vec<Contradiction>,
    without: Vec<Customer>,
    /// Shown before the question already.
    #[serde(skip)]
    shown: bool,
}

impl Adopted {
    pub(in crate::cli) fn exit(&self) -> Exit {
        if self.contradictions.is_empty() && self.left_alone.is_empty() { Exit::Done } else { Exit::Partial }
    }
}

impl Show for Adopted {
    const SCHEMA: &'static str = "psactl/companies-adopt/1";

    fn show(&self, ui: &Ui) {
        if !self.shown {
            self.show_stated(ui);
        }
        ui.out(&match (self.links.len(), self.dry_run) {
            (0, _) => "No new links.".to_owned(),
            (links, true) => format!("Dry run: {} would be adopted.", text::count(links, "link", "links")),
            (links, false) => format!("{}.", text::count(links, "link adopted", "links adopted")),
        });
    }
}

impl Adopted {
    /// What ConnectWise states, and what it contradicts itself in.
    pub(in crate::cli) fn show_stated(&self, ui: &Ui) {
        if !self.links.is_empty() {
            let mut table = ui.table(&["customer", "name at the portal", "company in connectwise", ""]);
            for link in &self.links {
                let mut remarks = Vec::new();
                if let Some(now) = self.replaced.get(&link.cid) {
                    remarks.push(format!("in place of {}", super::of(now)));
                }
                if link.portal_name != link.company_name {
                    remarks.push("names differ".to_owned());
                }
                if link.origin == "serial-number" {
                    remarks.push("by serial number, no Managed ID".to_owned());
                }
                table.row([link.cid.clone(), link.portal_name.clone(), super::of(link), remarks.join("; ")]);
            }
            ui.out(&table.to_string());
        }
        let bad = |cid: &str, reason: &str| {
            let reason = ui.wrap(&text::clean(reason), 4, 4);
            ui.out(&format!("  {} customer {}: {reason}", ui.paint(Look::Bad, "x"), text::clean(cid)));
        };
        for left in &self.left_alone {
            bad(&left.cid, &left.reason);
        }
        for own in &self.contradictions {
            bad(&own.cid, &format!("{}: {}; {}", own.reason, own.companies.join(", "), own.fix));
        }
        if !self.without.is_empty() {
            let names: Vec<String> =
                self.without.iter().map(|customer| format!("{} {}", customer.cid, customer.name)).collect();
            let head = if self.serial_numbers {
                "Without a Managed ID or serial number in ConnectWise: "
            } else {
                "Without a Managed ID in ConnectWise: "
            };
            ui.out(&format!("{head}{}", ui.wrap(&text::clean(&names.join(", ")), head.len(), 2)));
            if !self.serial_numbers {
                ui.say(
                    "psactl companies adopt --serial-numbers looks for them in agreement additions, psactl companies \
                     suggest by their names",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_contradicts_itself_states_nothing() {
        let on = |companies: &[i64]| -> Vec<Billed> {
            companies
                .iter()
                .map(|company| Billed { company: *company, addition: format!("#{company}") })
                .collect()
        };
        // Companies with the Managed ID, companies billed for it -> what is stated
        let rows: &[(&[i64], &[i64], std::result::Result<Option<(i64, &str)>, &[i64]>)] = &[
            (&[], &[], Ok(None)),
            (&[1], &[], Ok(Some((1, "managed-id")))),
            (&[1], &[1, 1], Ok(Some((1, "managed-id")))),
            (&[], &[2, 2], Ok(Some((2, "serial-number")))),
            (&[], &[2, 3], Err(&[2, 3])),
            (&[1], &[2], Err(&[1, 2])),
            (&[1], &[1, 2], Err(&[1, 2])),
            (&[1, 2], &[], Err(&[1, 2])),
            (&[1, 2], &[1], Err(&[1, 2])),
        ];
        for (entries, billed, expected) in rows {
            let found = match weigh(entries, &on(billed)) {
                Stated::Nothing => Ok(None),
                Stated::Company(company, origin) => Ok(Some((company, origin))),
                Stated::Contradiction(companies, _, _) => Err(companies.into_iter().collect::<Vec<_>>()),
            };
            assert_eq!(found, expected.map_err(<[i64]>::to_vec), "{entries:?} {billed:?}");
        }
    }
}
