//! Which column is which. Headings are matched loosely: case, blanks, `_`, `-`, `#`, `.` and what stands in
//! brackets do not count.

use super::super::Error;
use super::Settings;
use super::table::broken;
use crate::config::Gigabyte;
use crate::services::{self, Service, Unit};
use std::path::Path;

/// What a column of an account export means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Cid,
    Name,
    Brand,
    Number,
    User,
    Plan,
    MeasuredAt,
    PeriodStart,
    PeriodEnd,
    Email,
    Ticketing,
    /// Long layout: which service the row is about.
    ServiceKey,
    Quantity,
    Unit,
    /// Wide layout: the usage of this service.
    Usage(&'static str),
}

/// The columns of an account export, each at most once.
pub(super) struct Columns {
    known: Vec<(Column, usize)>,
    /// Headings that mean nothing here.
    pub ignored: Vec<String>,
    /// A row per account and service, instead of a row per account.
    pub long: bool,
}

/// Our names in `[portal.columns]` of the account export's columns; each service has its key besides.
const NAMES: &[(&str, Column)] = &[
    ("customer_id", Column::Cid),
    ("customer_name", Column::Name),
    ("brand", Column::Brand),
    ("account_id", Column::Number),
    ("user_name", Column::User),
    ("service_plan", Column::Plan),
    ("measured_at", Column::MeasuredAt),
    ("period_start", Column::PeriodStart),
    ("period_end", Column::PeriodEnd),
    ("notification_email", Column::Email),
    ("external_ticketing", Column::Ticketing),
    ("service", Column::ServiceKey),
    ("quantity", Column::Quantity),
    ("unit", Column::Unit),
];

/// What a name in `[portal.columns]` stands for; `None` for the event log's.
fn named(name: &str) -> Option<Column> {
    let plain = NAMES.iter().find(|(own, _)| *own == name).map(|(_, column)| *column);
    plain.or_else(|| services::by_key(name).map(|service| Column::Usage(service.key)))
}

/// Where the heading stands that `[portal.columns]` names.
pub(super) fn mapped(header: &[String], name: &str, wanted: &str, file: &Path) -> Result<usize, Error> {
    let mut at = header.iter().enumerate().filter(|(_, heading)| heading.as_str() == wanted.trim());
    match (at.next(), at.next()) {
        (Some((at, _)), None) => Ok(at),
        (Some(_), Some(_)) => {
            Err(broken(file, Some(1), format!("column \"{wanted}\" ([portal.columns] {name}) stands twice")))
        }
        (None, _) => {
            let reason =
                format!("column \"{wanted}\" ([portal.columns] {name}) is missing; found {}", found(header));
            Err(broken(file, Some(1), reason))
        }
    }
}

impl Columns {
    /// Where a column is.
    pub fn at(&self, column: Column) -> Option<usize> {
        self.known.iter().find(|(known, _)| *known == column).map(|(_, index)| *index)
    }

    /// Every column that means something.
    pub fn all(&self) -> impl Iterator<Item = usize> {
        self.known.iter().map(|(_, index)| *index)
    }

    /// The columns of times.
    pub fn times(&self) -> impl Iterator<Item = usize> {
        let times = [Column::MeasuredAt, Column::PeriodStart, Column::PeriodEnd];
        self.known.iter().filter(move |(column, _)| times.contains(column)).map(|(_, index)| *index)
    }

    /// Whether a row is a customer's and not an account's: nothing in it speaks of accounts.
    pub fn per_customer(&self) -> bool {
        let of_accounts = [Column::Number, Column::User, Column::Plan, Column::Email, Column::Ticketing];
        of_accounts.iter().all(|column| self.at(*column).is_none())
    }

    /// The columns in which a letter beyond ASCII decides something: all but names.
    pub fn deciding(&self) -> impl Iterator<Item = usize> {
        let names = [Column::Name, Column::User, Column::Plan, Column::Email];
        self.known.iter().filter(move |(column, _)| !names.contains(column)).map(|(_, index)| *index)
    }

    /// The usage columns: service and index.
    pub fn usage(&self) -> impl Iterator<Item = (&'static Service, usize)> {
        self.known.iter().filter_map(|(column, index)| match column {
            Column::Usage(service) => services::by_key(service).map(|service| (service, *index)),
            _ => None,
        })
    }

    /// Reads the header.
    pub fn of(header: &[String], file: &Path, settings: &Settings) -> Result<Columns, Error> {
        let mut columns = Columns { known: Vec::new(), ignored: Vec::new(), long: false };
        for (name, wanted) in &settings.columns {
            if let Some(column) = named(name) {
                let index = mapped(header, name, wanted, file)?;
                if let Some((other, _)) = columns.known.iter().find(|(_, at)| *at == index) {
                    let reason =
                        format!("[portal.columns] names column \"{wanted}\" twice ({other:?}, {column:?})");
                    return Err(broken(file, Some(1), reason));
                }
                columns.known.push((column, index));
            }
        }
        let chosen = columns.known.clone();
        for (index, heading) in header.iter().enumerate() {
            if chosen.iter().any(|(_, at)| *at == index) {
                continue;
            }
            // What [portal.columns] names is found there and nowhere else.
            let column = meaning(heading);
            let replaced = column.is_some_and(|column| chosen.iter().any(|(known, _)| *known == column));
            let Some(column) = column.filter(|_| !replaced) else {
                if let Some(near) = near_service(heading).filter(|_| !replaced) {
                    // A misspelt heading that is ignored would be use that nobody bills.
                    let reason = format!("column \"{heading}\" is unknown: did you mean \"{near}\"?");
                    return Err(broken(file, Some(1), reason));
                }
                columns.ignored.push(heading.clone());
                continue;
            };
            if let Some(first) = columns.at(column) {
                let reason = format!("columns \"{}\" and \"{heading}\" mean the same", header[first]);
                return Err(broken(file, Some(1), reason));
            }
            columns.known.push((column, index));
        }
        for (service, index) in columns.usage() {
            let heading = &header[index];
            if let Some(unit) = bracketed(&super::accounts::without_links(heading))
                && let Err(reason) = check_unit(unit, service, settings.gigabyte)
            {
                return Err(broken(file, Some(1), format!("column \"{heading}\": {reason}")));
            }
        }
        columns.long = columns.at(Column::ServiceKey).is_some() && columns.at(Column::Quantity).is_some();
        columns.check(header, file, settings.brand.is_some())?;
        Ok(columns)
    }

    fn check(&self, header: &[String], file: &Path, brand_needed: bool) -> Result<(), Error> {
        if self.long
            && let Some((service, index)) = self.usage().next()
        {
            let reason = format!(
                "has a column for each row's service and column \"{}\" for {}: it could be read in two ways",
                header[index], service.key
            );
            return Err(broken(file, Some(1), reason));
        }
        let names: [(Column, &str, &str); 4] = [
            (Column::Cid, "CID", "customer_id"),
            (Column::Name, "Company", "customer_name"),
            (Column::Number, "Account No", "account_id"),
            (Column::Brand, "Brand", "brand"),
        ];
        let mut missing: Vec<&str> = names
            .iter()
            .filter(|(column, _, _)| *column != Column::Brand || brand_needed)
            .filter(|(column, _, _)| *column != Column::Number || !self.per_customer())
            .filter(|(column, _, _)| self.at(*column).is_none())
            .map(|(_, wide, long)| if self.long { *long } else { *wide })
            .collect();
        if !self.long && self.usage().next().is_none() {
            missing.push("a column per service (such as \"Basic Online Backup Storage\" or basic-storage)");
        }
        if missing.is_empty() {
            return Ok(());
        }
        let reason = format!("columns missing: {}; found {}", missing.join(", "), found(header));
        Err(broken(file, Some(1), reason))
    }
}

/// The headings of a file, for an error.
pub(super) fn found(header: &[String]) -> String {
    let all = header.join(", ");
    if all.chars().count() <= 300 { all } else { all.chars().take(299).chain(['…']).collect() }
}

fn meaning(heading: &str) -> Option<Column> {
    let column = match folded(heading).as_str() {
        "cid" | "custid" | "customerid" | "efoldercustomerid" => Column::Cid,
        "company" | "companyname" | "customer" | "customername" => Column::Name,
        "brand" => Column::Brand,
        "accountno" | "accountnumber" | "accountid" | "account" => Column::Number,
        "username" | "user" => Column::User,
        "splan" | "serviceplan" | "plan" => Column::Plan,
        "measuredat" | "measured" => Column::MeasuredAt,
        "periodstart" => Column::PeriodStart,
        "periodend" => Column::PeriodEnd,
        "notificationemail" => Column::Email,
        "externalticketing" | "enableexternalticketingalerts" => Column::Ticketing,
        "service" => Column::ServiceKey,
        "quantity" => Column::Quantity,
        "unit" => Column::Unit,
        _ => return service_named(heading).map(|service| Column::Usage(service.key)),
    };
    Some(column)
}

/// The service that a heading or a cell names: by key, by the guide's product or by figure 4's product ID.
pub(super) fn service_named(text: &str) -> Option<&'static Service> {
    let text = folded(text);
    services::all().iter().find(|service| names_of(service).contains(&text))
}

fn names_of(service: &Service) -> [String; 3] {
    [folded(service.key), folded(service.name), folded(service.product_identifier)]
}

/// The guide's name of the service that a heading nearly names.
pub(super) fn near_service(heading: &str) -> Option<&'static str> {
    let text = folded(heading);
    // Short headings ("ID", "Role") are near to nothing by accident.
    if text.len() < 8 {
        return None;
    }
    let distance = |service: &Service| {
        names_of(service)
            .iter()
            .map(|name| strsim::damerau_levenshtein(&text, name))
            .min()
            .unwrap_or(usize::MAX)
    };
    services::all().iter().map(|s| (distance(s), s.name)).filter(|(d, _)| *d <= 2).min().map(|(_, name)| name)
}

/// Lower-case letters and digits alone, without what stands in brackets: `When [EDT] >` is `when`.
pub(super) fn folded(text: &str) -> String {
    let mut depth = 0_u32;
    let mut plain = String::new();
    for c in text.chars() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 && c.is_alphanumeric() => plain.extend(c.to_lowercase()),
            _ => {}
        }
    }
    plain
}

/// The unit in a heading such as `Basic Online Backup Storage (GB)` or `… [GB]`.
fn bracketed(heading: &str) -> Option<&str> {
    let (_, rest) = heading.split_once(['(', '['])?;
    rest.split_once([')', ']']).map(|(unit, _)| unit.trim())
}

/// Whether an export's unit can be that of the service; the reason says which was expected.
pub(super) fn check_unit(unit: &str, service: &Service, gigabyte: Gigabyte) -> Result<(), String> {
    let plain = folded(unit);
    let plain = plain.as_str();
    match service.unit {
        _ if unit.is_empty() => Ok(()),
        Unit::Gigabytes => match (plain, gigabyte) {
            ("gb" | "gigabyte" | "gigabytes", _) => Ok(()),
            ("gib" | "gibibyte" | "gibibytes", Gigabyte::Binary) => Ok(()),
            ("gib" | "gibibyte" | "gibibytes", Gigabyte::Decimal) => {
                Err(format!("unit \"{unit}\" contradicts [portal] gigabyte = \"decimal\""))
            }
            // A terabyte is 1,000 GB to some and 1,024 to others, whatever they call a gigabyte.
            ("kb" | "mb" | "tb" | "kib" | "mib" | "tib" | "megabytes" | "terabytes", _) => Err(format!(
                "unit \"{unit}\" is not {}, and nothing is converted: export it in {0}",
                gigabyte.unit()
            )),
            _ => Err(format!("unit \"{unit}\" contradicts {}, which is measured in GB", service.key)),
        },
        Unit::Count => {
            let what = service.unit_word();
            let plural = format!("{what}s");
            let mailboxes = what == "mailbox" && plain == "mailboxes";
            let workstations = what == "desktop" && matches!(plain, "workstation" | "workstations");
            let general = matches!(plain, "" | "count" | "each" | "number" | "license" | "licenses");
            if general || plain == what || plain == plural || mailboxes || workstations {
                Ok(())
            } else {
                Err(format!("unit \"{unit}\" contradicts {}, which is counted", service.key))
            }
        }
    }
}
