//! Paths of the API, below `/apis/3.0`.
//!
//! A [`Path`] is made by the functions of this module from record ids, which are numbers, so that no text
//! from outside can ever become part of an address. Paths that were kept (in a journal) come back through
//! [`Path::parse`], which takes nothing but words and numbers.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A path of the API, as `/finance/agreements/7/additions`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Arc<str>);

/// Why a text is not a path of the API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a path of the ConnectWise API: words and numbers between slashes are expected")]
pub struct InvalidPath(String);

/// What the records under each path are called in the user's words: one, several.
///
/// `#` stands for an id. The contract's own names differ from the words on ConnectWise's screens; these are
/// the words of the screens where there are any.
const NOUNS: &[(&str, &str, &str)] = &[
    ("/company/companies", "company", "companies"),
    ("/company/companies/#/managementSummaryReports", "managed ID", "managed IDs"),
    ("/company/companies/statuses", "company status", "company statuses"),
    ("/company/configurations", "configuration", "configurations"),
    ("/company/configurations/types", "configuration type", "configuration types"),
    ("/company/managedDevicesIntegrations", "managed devices integration", "managed devices integrations"),
    ("/company/managedDevicesIntegrations/#/crossReferences", "cross-reference", "cross-references"),
    ("/company/managementItSolutions", "management solution", "management solutions"),
    ("/finance/agreements", "agreement", "agreements"),
    ("/finance/agreements/types", "agreement type", "agreement types"),
    ("/finance/agreements/#/additions", "agreement addition", "agreement additions"),
    ("/procurement/catalog", "product", "products"),
    ("/procurement/subcategories", "product subcategory", "product subcategories"),
    ("/procurement/types", "product type", "product types"),
    ("/procurement/unitOfMeasures", "unit of measure", "units of measure"),
    ("/service/boards", "service board", "service boards"),
    ("/service/boards/#/statuses", "board status", "board statuses"),
    ("/service/tickets", "ticket", "tickets"),
    ("/service/tickets/#/notes", "ticket note", "ticket notes"),
    ("/system/info", "system information", "system information"),
    ("/system/integratorlogins", "integrator login", "integrator logins"),
];

impl Path {
    /// Reads back a path that was displayed or serialised.
    ///
    /// # Errors
    /// When the text is not made of words and numbers between slashes, so that nothing in it could be taken
    /// for a query, an escape or a step upwards.
    pub fn parse(text: &str) -> Result<Path, InvalidPath> {
        let invalid = || InvalidPath(super::reply::clean(text, 80));
        let inner = text.strip_prefix('/').ok_or_else(invalid)?;
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let fits = |segment: &str| {
            let word = segment.bytes().all(|byte| byte.is_ascii_alphabetic());
            let number = segment.len() <= 19 && segment.bytes().all(|byte| byte.is_ascii_digit());
            !segment.is_empty() && (word || number)
        };
        if inner.len() > 300 || !inner.split('/').all(fits) {
            return Err(invalid());
        }
        Ok(Path(text.into()))
    }

    /// The record with this id below a collection, as `/service/boards` and 3 give `/service/boards/3`.
    pub fn child(&self, id: i64) -> Path {
        Path(format!("{}/{id}", self.trimmed()).into())
    }

    /// The collection that a record's path lies in; a collection's own path comes back as it is.
    pub fn collection(&self) -> Path {
        match self.trimmed().rsplit_once('/') {
            Some((head, tail)) if is_id(tail) => Path(head.into()),
            _ => self.clone(),
        }
    }

    /// The id at the end, when the path is that of one record.
    pub fn id(&self) -> Option<i64> {
        self.trimmed().rsplit_once('/').and_then(|(_, tail)| tail.parse().ok())
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What one record here is called, as “agreement addition”.
    pub fn noun(&self) -> &'static str {
        self.nouns().map_or("record", |(one, _)| one)
    }

    /// What several records here are called, as “agreement additions”.
    pub fn plural(&self) -> &'static str {
        self.nouns().map_or("records", |(_, several)| several)
    }

    fn nouns(&self) -> Option<(&'static str, &'static str)> {
        let collection = self.collection();
        let segments: Vec<&str> = collection.trimmed().split('/').collect();
        let same = |(pattern, wanted): (&str, &&str)| pattern == *wanted || (pattern == "#" && is_id(wanted));
        NOUNS.iter().find_map(|(template, one, several)| {
            let pattern = template.split('/');
            let fits = pattern.clone().count() == segments.len() && pattern.zip(&segments).all(same);
            fits.then_some((*one, *several))
        })
    }

    pub(super) fn count(&self) -> String {
        format!("{}/count", self.trimmed())
    }

    fn trimmed(&self) -> &str {
        self.0.trim_end_matches('/')
    }
}

fn is_id(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Path {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Path, InvalidPath> {
        Path::parse(text)
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Path, D::Error> {
        let text = String::deserialize(deserializer)?;
        Path::parse(&text).map_err(de::Error::custom)
    }
}

/// Writes one function per path: its rustdoc is the path itself.
macro_rules! paths {
    ($($name:ident($($id:ident),*) = $template:literal;)*) => {$(
        #[doc = concat!("`", $template, "`")]
        pub fn $name($($id: i64),*) -> Path {
            Path(format!($template).into())
        }
    )*};
}

paths! {
    companies() = "/company/companies";
    company_statuses() = "/company/companies/statuses";
    company(id) = "/company/companies/{id}";
    managed_ids(company) = "/company/companies/{company}/managementSummaryReports";
    managed_id(company, id) = "/company/companies/{company}/managementSummaryReports/{id}";
    configurations() = "/company/configurations";
    configuration_types() = "/company/configurations/types";
    integrations() = "/company/managedDevicesIntegrations";
    integration(id) = "/company/managedDevicesIntegrations/{id}";
    cross_references(integration) = "/company/managedDevicesIntegrations/{integration}/crossReferences";
    cross_reference(integration, id) = "/company/managedDevicesIntegrations/{integration}/crossReferences/{id}";
    management_solutions() = "/company/managementItSolutions";
    agreements() = "/finance/agreements";
    agreement(id) = "/finance/agreements/{id}";
    agreement_types() = "/finance/agreements/types";
    additions(agreement) = "/finance/agreements/{agreement}/additions";
    addition(agreement, id) = "/finance/agreements/{agreement}/additions/{id}";
    catalog() = "/procurement/catalog";
    subcategories() = "/procurement/subcategories/";
    product_types() = "/procurement/types";
    units_of_measure() = "/procurement/unitOfMeasures";
    boards() = "/service/boards";
    statuses(board) = "/service/boards/{board}/statuses";
    status(board, id) = "/service/boards/{board}/statuses/{id}";
    tickets() = "/service/tickets";
    ticket(id) = "/service/tickets/{id}";
    ticket_notes(ticket) = "/service/tickets/{ticket}/notes";
    integrator_logins() = "/system/integratorlogins";
    integrator_login(id) = "/system/integratorlogins/{id}";
    system_info() = "/system/info";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_lies_at_a_path() {
        assert_eq!(additions(7).noun(), "agreement addition");
        assert_eq!(addition(7, 9).noun(), "agreement addition");
        assert_eq!(addition(7, 9).plural(), "agreement additions");
        assert_eq!(agreement_types().noun(), "agreement type");
        assert_eq!(subcategories().noun(), "product subcategory");
        assert_eq!(system_info().noun(), "system information");
        assert_eq!(Path::parse("/some/thing/4").map(|path| path.noun()), Ok("record"));
    }

    #[test]
    fn a_record_knows_its_id_and_its_collection() {
        assert_eq!(addition(7, 9).id(), Some(9));
        assert_eq!(addition(7, 9).collection(), additions(7));
        assert_eq!(additions(7).id(), None);
        assert_eq!(additions(7).collection(), additions(7));
        assert_eq!(subcategories().child(3).as_str(), "/procurement/subcategories/3");
        assert_eq!(subcategories().count(), "/procurement/subcategories/count");
    }

    #[test]
    fn comes_back_from_a_journal_as_it_went() {
        for path in [companies(), addition(7, 9), subcategories(), system_info()] {
            let text = serde_json::to_string(&path).expect("a path serialises");
            assert_eq!(serde_json::from_str::<Path>(&text).ok(), Some(path));
        }
    }

    #[test]
    fn nothing_else_is_a_path() {
        let wrong = [
            "",
            "/",
            "//",
            "company/companies",
            "/company/../system",
            "/company//companies",
            "/company/companies?x=1",
            "/company/%2e%2e",
            "/company/companies/1#2",
            "/company/a1",
            "/company/companies/1 ",
            "https://elsewhere/x",
            "/company/companies/-1",
            "/company/companies/99999999999999999999",
            "/company\\companies",
        ];
        for text in wrong {
            assert!(Path::parse(text).is_err(), "{text}");
        }
    }
}
