//! The companies of ConnectWise, and which of them a person means: by id, identifier or exact name, never by
//! likeness.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::psa::{Client, Company, CompanyStatus, Condition, OrEmpty, Query, paths};

/// The fields that tell companies apart.
const FIELDS: &str = "id,identifier,name,status,deletedFlag";

/// Companies that are not deleted, and which of their statuses mean out of business.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// The companies, by id.
    pub companies: Vec<Company>,
    inactive: BTreeSet<i64>,
}

/// Why none of them can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// There is none, or only a deleted one.
    Unknown,
    /// Several have this name: id and identifier of each.
    Several(Vec<(i64, String)>),
    /// It is out of business: its id and name.
    Inactive(i64, String),
}

impl Directory {
    /// Companies as they were read; `inactive` are the statuses that mean out of business.
    pub fn new(companies: Vec<Company>, inactive: impl IntoIterator<Item = i64>) -> Directory {
        let companies = companies.into_iter().filter(|company| !company.deleted_flag).collect();
        Directory { companies, inactive: inactive.into_iter().collect() }
    }

    /// All companies, in pages.
    ///
    /// # Errors
    /// Where ConnectWise cannot be asked.
    pub async fn read(client: &Client) -> Result<Directory> {
        let query = Query::all().filter(Condition::eq("deletedFlag", false)).fields(FIELDS);
        let companies = client.list(&paths::companies(), &query).await?;
        Ok(Directory::new(companies, inactive_statuses(client).await?))
    }

    /// Only those that a person may mean by this text.
    ///
    /// # Errors
    /// Where ConnectWise cannot be asked.
    pub async fn of(client: &Client, wanted: &str) -> Result<Directory> {
        let mut found: Vec<Company> = Vec::new();
        if let Ok(id) = wanted.trim().parse::<i64>() {
            found.extend(client.find::<Company>(&paths::company(id)).await?);
        }
        found.retain(|company| !company.deleted_flag);
        if found.is_empty() {
            let named = Condition::eq("identifier", wanted.trim()).or(Condition::eq("name", wanted.trim()));
            found = client.list(&paths::companies(), &Query::all().filter(named).fields(FIELDS)).await?;
        }
        Ok(Directory::new(found, inactive_statuses(client).await?))
    }

    /// Whether a company is out of business.
    pub fn is_inactive(&self, company: &Company) -> bool {
        company.status.as_ref().and_then(|status| status.id).is_some_and(|id| self.inactive.contains(&id))
    }

    /// The company that a person means: by its id; where none has that id, by identifier or name in any letters,
    /// as ConnectWise compares them.
    ///
    /// # Errors
    /// Where it is none, several, or out of business.
    pub fn pick(&self, wanted: &str) -> std::result::Result<&Company, Unfit> {
        let id = wanted.trim().parse::<i64>().ok();
        let by_id = id.and_then(|id| self.companies.iter().find(|company| company.id == id));
        let folded = wanted.trim().to_lowercase();
        let is_called = |company: &&Company| {
            let names = [company.identifier.or_empty(), company.name.or_empty()];
            !folded.is_empty() && names.iter().any(|name| name.trim().to_lowercase() == folded)
        };
        let found: Vec<&Company> = match by_id {
            Some(company) => vec![company],
            None => self.companies.iter().filter(is_called).collect(),
        };
        match found.as_slice() {
            [] => Err(Unfit::Unknown),
            [company] if self.is_inactive(company) => {
                Err(Unfit::Inactive(company.id, company.name.or_empty().to_owned()))
            }
            [company] => Ok(company),
            several => Err(Unfit::Several(
                several
                    .iter()
                    .map(|company| (company.id, company.identifier.or_empty().to_owned()))
                    .collect(),
            )),
        }
    }
}

/// The statuses of companies that are out of business.
async fn inactive_statuses(client: &Client) -> Result<Vec<i64>> {
    let inactive = Query::all().filter(Condition::eq("inactiveFlag", true));
    let statuses: Vec<CompanyStatus> = client.list(&paths::company_statuses(), &inactive).await?;
    Ok(statuses.into_iter().map(|status| status.id).collect())
}

impl Unfit {
    /// What is wrong with what was typed.
    pub fn message(&self, wanted: &str) -> String {
        match self {
            Unfit::Unknown => format!("ConnectWise has no company with id, identifier or name “{wanted}”"),
            Unfit::Several(companies) => {
                let listed: Vec<String> =
                    companies.iter().map(|(id, identifier)| format!("#{id} {identifier}")).collect();
                format!("several companies are called “{wanted}”: {}", listed.join(", "))
            }
            Unfit::Inactive(id, name) => format!("company {name} (#{id}) is inactive"),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Unfit::Unknown => "Company > Company Search shows the exact name and the company ID",
            Unfit::Several(_) => "name it by its id",
            Unfit::Inactive(..) => {
                "psactl writes nothing to it: make it active in ConnectWise, or name another company"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn company(id: i64, identifier: &str, name: &str, status: i64, deleted: bool) -> Company {
        serde_json::from_value(json!({
            "id": id, "identifier": identifier, "name": name, "status": {"id": status}, "deletedFlag": deleted,
        }))
        .unwrap()
    }

    #[test]
    fn a_company_is_meant_by_id_identifier_or_exact_name() {
        let directory = Directory::new(
            vec![
                company(20, "EddiesTV", "Eddie's TV Repair", 1, false),
                company(21, "JoeTV", "Joe TV Repair", 1, false),
                company(22, "Fox", "Angry Fox", 1, false),
                company(23, "Fox2", "Angry Fox", 1, false),
                company(24, "Gone", "Gone Fishing", 1, true),
                company(25, "Closed", "Closed Shop", 2, false),
                // A name that looks like another's id.
                company(26, "Pub", "21", 1, false),
                company(27, "27b", "99", 1, false),
            ],
            [2],
        );
        let several = Unfit::Several(vec![(22, "Fox".to_owned()), (23, "Fox2".to_owned())]);
        let rows: &[(&str, std::result::Result<i64, Unfit>)] = &[
            ("20", Ok(20)),
            (" 20 ", Ok(20)),
            ("eddiestv", Ok(20)),
            ("Eddie's TV Repair", Ok(20)),
            ("eddie's tv repair ", Ok(20)),
            ("21", Ok(21)),
            ("99", Ok(27)),
            ("Eddie", Err(Unfit::Unknown)),
            ("Eddies TV Repair", Err(Unfit::Unknown)),
            ("", Err(Unfit::Unknown)),
            ("24", Err(Unfit::Unknown)),
            ("Gone Fishing", Err(Unfit::Unknown)),
            ("Angry Fox", Err(several)),
            ("Fox", Ok(22)),
            ("23", Ok(23)),
            ("Closed Shop", Err(Unfit::Inactive(25, "Closed Shop".to_owned()))),
        ];
        for (wanted, expected) in rows {
            assert_eq!(directory.pick(wanted).map(|company| company.id), *expected, "{wanted}");
        }
    }
}
