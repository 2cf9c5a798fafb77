//! Which company each customer may be: the very same name first, then likeness. A proposal is never a link.

use std::collections::BTreeMap;

use serde::Serialize;

use super::directory::Directory;
use super::likeness::Names;
use crate::portal::Customer;
use crate::psa::{Company, OrEmpty};
use crate::store::Link;

/// What a proposal rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// One company has the customer's very name, and it is nobody else's.
    SameName,
    /// A name that is like it: a person has to look.
    Alike,
    /// Several companies have the customer's very name.
    SeveralOfTheName,
    /// No name is like it.
    None,
}

/// A company that a customer may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Its id.
    pub id: i64,
    /// Its identifier.
    pub identifier: String,
    /// Its name.
    pub name: String,
    /// How alike the names are, from 0 to 100: 100 where they are equal but for case, punctuation and legal form.
    pub score: u8,
    /// The customers that are linked to it already.
    pub linked_to: Vec<String>,
}

/// The proposal for one customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// The customer.
    pub customer: Customer,
    /// What the proposal rests on.
    pub basis: Basis,
    /// The company it most likely is.
    pub company: Option<Candidate>,
    /// The next best.
    pub runner_up: Option<Candidate>,
    /// An inactive company that has the very name, where no active one has.
    pub inactive: Option<String>,
}

/// Proposes a company for each customer that is not linked.
pub fn suggest(
    customers: &[Customer],
    directory: &Directory,
    links: &BTreeMap<String, Link>,
) -> Vec<Suggestion> {
    let (closed, open): (Vec<&Company>, Vec<&Company>) =
        directory.companies.iter().partition(|company| directory.is_inactive(company));
    let names = Names::new(open.iter().map(|company| company.name.or_empty()));
    let closed: BTreeMap<&str, &Company> =
        closed.into_iter().map(|company| (company.name.or_empty().trim(), company)).collect();
    let mut linked: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for link in links.values() {
        linked.entry(link.company_id).or_default().push(link.cid.clone());
    }
    let candidate = |(place, score): (usize, u8)| {
        let company = open.get(place)?;
        Some(Candidate {
            id: company.id,
            identifier: company.identifier.or_empty().to_owned(),
            name: company.name.or_empty().to_owned(),
            score,
            linked_to: linked.get(&company.id).cloned().unwrap_or_default(),
        })
    };
    let mut suggestions: Vec<Suggestion> = customers
        .iter()
        .filter(|customer| !links.contains_key(&customer.cid))
        .map(|customer| {
            let found = names.like(&customer.name);
            let all = found.exact.iter().map(|place| (*place, 100)).chain(found.alike.iter().copied());
            let mut best = all.filter_map(candidate);
            let (company, runner_up) = (best.next(), best.next());
            let basis = match (found.exact.len(), &company) {
                (1, Some(company)) if company.linked_to.is_empty() => Basis::SameName,
                (0 | 1, Some(_)) => Basis::Alike,
                (_, Some(_)) => Basis::SeveralOfTheName,
                (_, None) => Basis::None,
            };
            let inactive = closed
                .get(customer.name.trim())
                .filter(|_| found.exact.is_empty())
                .map(|company| format!("{} (#{})", company.name.or_empty(), company.id));
            Suggestion { customer: customer.clone(), basis, company, runner_up, inactive }
        })
        .collect();
    // Of one name at the portal there can be two customers: then the name says nothing.
    let mut wanted: BTreeMap<i64, usize> = BTreeMap::new();
    for company in
        suggestions.iter().filter(|own| own.basis == Basis::SameName).filter_map(|own| own.company.as_ref())
    {
        *wanted.entry(company.id).or_default() += 1;
    }
    for own in &mut suggestions {
        let shared = own.company.as_ref().is_some_and(|company| wanted.get(&company.id) > Some(&1));
        if own.basis == Basis::SameName && shared {
            own.basis = Basis::Alike;
        }
    }
    suggestions.sort_by_key(|own| {
        let score = own.company.as_ref().map_or(0, |company| company.score);
        (own.basis, std::cmp::Reverse(score))
    });
    suggestions
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn company(id: i64, name: &str, status: i64) -> Company {
        let record =
            json!({"id": id, "identifier": format!("C{id}"), "name": name, "status": {"id": status}});
        serde_json::from_value(record).unwrap()
    }

    fn customer(cid: &str, name: &str) -> Customer {
        Customer { cid: cid.to_owned(), name: name.to_owned(), brand: String::new() }
    }

    fn link(cid: &str, company_id: i64) -> (String, Link) {
        let link = Link {
            cid: cid.to_owned(),
            company_id,
            company_name: String::new(),
            portal_name: String::new(),
            managed_id: format!("EFS-{cid}"),
            origin: "link".to_owned(),
            confirmed_at: jiff::Timestamp::UNIX_EPOCH,
        };
        (cid.to_owned(), link)
    }

    #[test]
    fn the_same_name_comes_first_then_likeness() {
        let directory = Directory::new(
            vec![
                company(1, "Angry Fox", 1),
                company(2, "Angry Fox Brewing", 1),
                company(3, "Bay Street Dental, LLC", 1),
                company(4, "Twin", 1),
                company(5, "Twin", 1),
                company(6, "Shared Building", 1),
                company(7, "Closed Shop", 2),
                company(8, "Namesake", 1),
            ],
            [2],
        );
        let customers = [
            customer("10", "Angry Fox"),
            customer("11", "Bay Street Dental"),
            customer("12", "Twin"),
            customer("13", "Shared Building"),
            customer("14", "Closed Shop"),
            customer("15", "Zebra"),
            customer("16", "Namesake"),
            customer("17", "Namesake"),
            customer("99", "Angry Fox"),
        ];
        let links = BTreeMap::from([link("99", 6)]);
        let found = suggest(&customers, &directory, &links);
        let row = |own: &Suggestion| {
            (
                own.customer.cid.clone(),
                own.basis,
                own.company.as_ref().map(|company| (company.id, company.score)),
                own.runner_up.as_ref().map(|company| company.id),
            )
        };
        let rows: Vec<_> = found.iter().map(row).collect();
        let expected = [
            ("10", Basis::SameName, Some((1, 100)), Some(2)),
            ("11", Basis::Alike, Some((3, 100)), None),
            // Somebody else's already.
            ("13", Basis::Alike, Some((6, 100)), None),
            // Two customers of one name.
            ("16", Basis::Alike, Some((8, 100)), None),
            ("17", Basis::Alike, Some((8, 100)), None),
            ("12", Basis::SeveralOfTheName, Some((4, 100)), Some(5)),
            ("14", Basis::None, None, None),
            ("15", Basis::None, None, None),
        ];
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(cid, basis, company, next)| (cid.to_owned(), basis, company, next))
            .collect();
        assert_eq!(rows, expected);
        assert_eq!(found[2].company.as_ref().unwrap().linked_to, ["99"]);
        assert_eq!(found[6].inactive.as_deref(), Some("Closed Shop (#7)"));
    }
}
