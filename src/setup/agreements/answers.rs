//! What only a person can decide before an addition is made: on which of several agreements, from when it bills
//! where no invoice is ahead, and who gets a flat fee.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::super::{Answer, Asks, FlatFee, Offer, Reply};
use super::place::active;
use crate::psa::{Agreement, OrEmpty};
use crate::services::Service;
use crate::store::Link;
use crate::sync::billing::AgreementFacts;
use crate::ui::text;

/// What was answered. It is asked anew by the next command: what it led to stands in ConnectWise by then.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    agreements: BTreeMap<String, i64>,
    starts: BTreeMap<i64, Date>,
    flat_fees: BTreeMap<String, BTreeSet<String>>,
}

const AGREEMENT: &str = "agreement of ";
const START: &str = "start of ";
const FLAT_FEE: &str = "flat fee of ";

impl Answers {
    /// Takes an answer to one of the offers made here.
    pub fn take(&mut self, key: &str, reply: &Reply) {
        match reply {
            Reply::Use { id, .. } => {
                if let Some(cid) = key.strip_prefix(AGREEMENT) {
                    self.agreements.insert(cid.to_owned(), *id);
                }
            }
            Reply::Date { date } => {
                if let Some(id) = key.strip_prefix(START).and_then(|id| id.parse().ok()) {
                    self.starts.insert(id, *date);
                }
            }
            Reply::Customers { cids } => {
                if let Some(service) = key.strip_prefix(FLAT_FEE) {
                    self.flat_fees.insert(service.to_owned(), cids.clone());
                }
            }
            Reply::New | Reply::Price { .. } | Reply::Yes => {}
        }
    }

    /// The agreement of a customer.
    pub fn agreement(&self, cid: &str) -> Option<i64> {
        self.agreements.get(cid).copied()
    }

    /// From when additions of an agreement bill.
    pub fn start(&self, agreement: i64) -> Option<Date> {
        self.starts.get(&agreement).copied()
    }

    /// Whether a customer gets the flat fee of a service; nothing where nobody was asked.
    pub fn flat_fee(&self, service: &str, cid: &str) -> Option<bool> {
        self.flat_fees.get(service).map(|cids| cids.contains(cid))
    }
}

/// Which agreement it is, where several would do.
pub fn which_agreement(link: &Link, agreements: &[AgreementFacts]) -> Option<Offer> {
    let active = active(agreements);
    if active.len() < 2 {
        return None;
    }
    let answer = |with: &&AgreementFacts| {
        let (id, name) = (with.agreement.id, with.agreement.name.or_empty());
        let kind = with.agreement.r#type.as_ref().and_then(|kind| kind.name.clone()).unwrap_or_default();
        let mut answer = Answer::using(id, name);
        answer.text = format!("{name} (#{id}), {kind}").trim_end_matches([',', ' ']).to_owned();
        answer
    };
    let question = format!("Which agreement bills {} ({})?", link.company_name, link.cid);
    Some(Offer::choice(format!("{AGREEMENT}{}", link.cid), question, active.iter().map(answer).collect()))
}

/// From when additions bill, where the agreement has no next invoice ahead.
pub fn which_start(agreement: &Agreement, company: &str) -> Offer {
    let question = format!(
        "From when are the additions of {company} on {} (#{}) billed (YYYY-MM-DD)?",
        agreement.name.or_empty(),
        agreement.id
    );
    Offer::asking(format!("{START}{}", agreement.id), question, Asks::Date)
}

/// Which customers get a flat fee beside a new usage addition.
pub fn who_gets(service: &Service, fee: &FlatFee, candidates: &[&Link]) -> Offer {
    let price = fee.product.price.map_or_else(|| "without a price".to_owned(), text::money);
    let what = format!(
        "“{}” ({price} a period, {} {} included)",
        fee.product.item.name,
        text::quantity(fee.included),
        service.unit.as_str()
    );
    let answers = candidates.iter().map(|link| (link.cid.clone(), link.company_name.clone())).collect();
    let mut offer = Offer::asking(
        format!("{FLAT_FEE}{}", service.key),
        format!("Who gets the flat fee {what}?"),
        Asks::Customers { answers },
    );
    offer.before = Some(format!(
        "The flat fee {what} can be billed beside {}, which then bills what is used beyond that: asked in a terminal, \
         or --flat-fee {}.",
        service.name, service.key
    ));
    offer
}
