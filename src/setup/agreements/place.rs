//! On which agreement an addition belongs, and from when it bills.

use jiff::civil::Date;

use super::with_serial;
use crate::psa::{Agreement, AgreementStatus, OrEmpty};
use crate::sync::billing::{self, AgreementFacts};

/// The agreements that run.
pub fn active(agreements: &[AgreementFacts]) -> Vec<&AgreementFacts> {
    let runs = |status: &AgreementStatus| *status == AgreementStatus::Active;
    agreements.iter().filter(|with| with.agreement.agreement_status.as_ref().is_none_or(runs)).collect()
}

fn listed(agreements: &[&AgreementFacts]) -> String {
    let names =
        agreements.iter().map(|with| format!("#{} {}", with.agreement.id, with.agreement.name.or_empty()));
    names.collect::<Vec<_>>().join(", ")
}

/// The agreement that a person named.
pub fn named(agreements: &[AgreementFacts], id: i64) -> std::result::Result<&Agreement, String> {
    let active = active(agreements);
    match active.iter().find(|with| with.agreement.id == id) {
        Some(with) => Ok(&with.agreement),
        None if active.is_empty() => Err("has no active agreement to bill it on".to_owned()),
        None => Err(format!("has no active agreement #{id}; its active ones are {}", listed(&active))),
    }
}

/// The agreement an addition belongs on, where there is no doubt: the only one, the only one of the type,
/// or the one that has the customer's other additions.
pub fn choose<'a>(
    agreements: &'a [AgreementFacts],
    kind: &str,
    managed_id: &str,
    today: Date,
) -> std::result::Result<&'a Agreement, String> {
    let active = active(agreements);
    let keeps =
        |with: &AgreementFacts| with_serial(std::slice::from_ref(with), managed_id, today).next().is_some();
    let is_of_type = |with: &AgreementFacts| {
        with.agreement.r#type.as_ref().and_then(|own| own.name.as_deref()) == Some(kind)
    };
    let only = |fits: &dyn Fn(&AgreementFacts) -> bool| {
        let mut fitting = active.iter().filter(|with| fits(with));
        fitting.next().filter(|_| fitting.next().is_none()).map(|with| &with.agreement)
    };
    if active.is_empty() {
        return Err("has no active agreement to bill it on".to_owned());
    }
    only(&|_| true)
        .or_else(|| only(&keeps))
        .or_else(|| only(&is_of_type))
        .ok_or_else(|| format!("has several active agreements ({})", listed(&active)))
}

/// From when an addition bills: a next invoice ahead means that the running period is invoiced. Without one
/// nobody but a person knows the start.
pub fn effective(
    agreement: &Agreement,
    given: Option<Date>,
    today: Date,
) -> std::result::Result<Date, String> {
    let next = agreement.next_invoice_date.map(billing::day);
    next.filter(|next| *next > today).or(given).ok_or_else(|| {
        let state = next.map_or("no next invoice date".to_owned(), |next| format!("a next invoice that is due since {next}"));
        format!(
            "its agreement “{}” has {state}, so that a person must say from when it bills: set the agreement's next \
             invoice date, add the addition by hand, or psactl setup agreements --effective-date YYYY-MM-DD",
            agreement.name.or_empty()
        )
    })
}
