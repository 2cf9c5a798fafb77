//! `psactl companies import`: links from a table that a person made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::linking::Linking;
use super::several::{self, Several};
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::portal::{Customer, Snapshot, Table};
use crate::psa::{Company, OrEmpty};
use crate::setup::directory::Directory;
use crate::store::Link;
use crate::ui::{Look, Show, Ui, text};

/// Link many customers from a CSV file with the columns cid and company
///
/// The company stands by its id, its identifier or its exact name; other columns
/// are passed over. Unless every row is right, nothing is done: each wrong row is
/// named by its line. What is linked already, as the file says, stays.
///
/// A file may be:
///   cid,company
///   342,Eddie's TV Repair
///
/// Examples:
///   psactl companies import links.csv --dry-run
///   psactl companies import links.csv --yes
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The CSV file; its first line names the columns
    file: PathBuf,
    /// Show what would be done; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let rows = read(&args.file)?;
    let config = context.config()?;
    let store = context.store_for(&config)?;
    let snapshot = context.portal(&config)?.accounts()?;
    let linking = Linking::new(context, &config, &store, args.dry_run)?;
    let imported = context.block_on(import(&linking, &snapshot, rows, &args))?;
    context.ui.emit(&imported);
    Ok(match &imported.result {
        Some(result) => result.exit(),
        None => Exit::Partial,
    })
}

/// A row of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    line: u64,
    cid: String,
    company: String,
}

/// A row that is not right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Problem {
    line: u64,
    reason: String,
}

/// What importing a file did.
#[derive(Debug, Serialize)]
struct Imported {
    file: PathBuf,
    rows: usize,
    /// What is wrong with the file; nothing was done then.
    problems: Vec<Problem>,
    #[serde(flatten)]
    result: Option<Several>,
}

fn read(file: &Path) -> Result<Vec<Row>> {
    const EXPECTED: &str = "the first line names the columns, as in: cid,company";
    let usage = |message: String| Failure::new(Exit::Usage, message).hint(EXPECTED);
    let bytes =
        std::fs::read(file).map_err(|error| usage(format!("cannot read {}: {error}", file.display())))?;
    let table = Table::read(&bytes, file).map_err(|error| usage(error.to_string()))?;
    rows_of(&table).map_err(|why| usage(format!("{}: {why}", file.display())))
}

fn rows_of(table: &Table) -> std::result::Result<Vec<Row>, String> {
    let column = |wanted: &str| {
        let mut places =
            table.header.iter().enumerate().filter(|(_, name)| name.eq_ignore_ascii_case(wanted));
        match (places.next(), places.next()) {
            (Some((place, _)), None) => Ok(place),
            (Some(_), Some(_)) => Err(format!("has two columns “{wanted}”")),
            (None, _) => Err(format!("has no column “{wanted}”, only {}", table.header.join(", "))),
        }
    };
    let (cid, company) = (column("cid")?, column("company")?);
    if table.rows.is_empty() {
        return Err("has no row below its header".to_owned());
    }
    let cell = |cells: &[String], place: usize| cells.get(place).cloned().unwrap_or_default();
    Ok(table
        .rows
        .iter()
        .map(|row| Row { line: row.line, cid: cell(&row.cells, cid), company: cell(&row.cells, company) })
        .collect())
}

/// Judges the rows by everything that needs no further reading. Either every row has its customer and company,
/// or there are problems.
fn judge(
    rows: &[Row],
    snapshot: &Snapshot,
    directory: &Directory,
    links: &BTreeMap<String, Link>,
) -> std::result::Result<Vec<(Customer, Company)>, Vec<Problem>> {
    let mut pairs = Vec::new();
    let mut problems = Vec::new();
    let mut first_of_cid: BTreeMap<&str, u64> = BTreeMap::new();
    let mut first_of_company: BTreeMap<i64, &Row> = BTreeMap::new();
    for row in rows {
        let judged = (|| {
            if row.cid.is_empty() {
                return Err("no customer".to_owned());
            }
            if let Some(line) = first_of_cid.get(row.cid.as_str()) {
                return Err(format!("customer {} stands on line {line} already", row.cid));
            }
            first_of_cid.insert(&row.cid, row.line);
            let customer = snapshot
                .customer(&row.cid)
                .ok_or_else(|| format!("the portal knows no customer {}", row.cid))?;
            if row.company.is_empty() {
                return Err(format!("no company for customer {}", row.cid));
            }
            let company = directory
                .pick(&row.company)
                .map_err(|unfit| format!("{}: {}", unfit.message(&row.company), unfit.hint()))?;
            // Two customers of one company are rare enough to be linked one by one.
            let one_by_one = "two customers of one company are linked by psactl companies link";
            let name = format!("{} (#{})", company.name.or_empty(), company.id);
            if let Some(first) = first_of_company.get(&company.id) {
                return Err(format!(
                    "line {} gives {name} to customer {}; {one_by_one}",
                    first.line, first.cid
                ));
            }
            first_of_company.insert(company.id, row);
            let other = links.values().find(|link| link.company_id == company.id && link.cid != row.cid);
            let stands = links.get(&row.cid).is_some_and(|link| link.company_id == company.id);
            if let Some(other) = other.filter(|_| !stands) {
                return Err(format!("{name} is linked to customer {}; {one_by_one}", other.cid));
            }
            Ok((customer.clone(), company.clone()))
        })();
        match judged {
            Ok(pair) => pairs.push(pair),
            Err(reason) => problems.push(Problem { line: row.line, reason }),
        }
    }
    if problems.is_empty() { Ok(pairs) } else { Err(problems) }
}

async fn import(linking: &Linking<'_>, snapshot: &Snapshot, rows: Vec<Row>, args: &Args) -> Result<Imported> {
    linking.settle().await?;
    let directory = {
        let _reading = linking.context.ui.waiting("reading the companies of ConnectWise");
        Directory::read(&linking.client).await?
    };
    let mut imported =
        Imported { file: args.file.clone(), rows: rows.len(), problems: Vec::new(), result: None };
    let pairs = match judge(&rows, snapshot, &directory, &linking.links) {
        Ok(pairs) => pairs,
        Err(problems) => {
            imported.problems = problems;
            return Ok(imported);
        }
    };
    let mut proposed = Vec::new();
    for (row, own) in rows.iter().zip(linking.propose(&pairs, false).await?) {
        match own {
            Ok(own) => proposed.push(own),
            Err(failure) => {
                let hints: Vec<String> = failure.hints.iter().map(|hint| format!("; {hint}")).collect();
                let reason = format!("{}{}", failure.line(), hints.concat());
                imported.problems.push(Problem { line: row.line, reason });
            }
        }
    }
    if imported.problems.is_empty() {
        imported.result = Some(several::link(linking, &pairs, proposed, "companies import", args.yes).await?);
    }
    Ok(imported)
}

impl Show for Imported {
    const SCHEMA: &'static str = "psactl/companies-import/1";

    fn show(&self, ui: &Ui) {
        for problem in &self.problems {
            let at = format!("{}:{}", self.file.display(), problem.line);
            let reason = ui.wrap(&text::clean(&problem.reason), at.chars().count() + 6, 4);
            ui.out(&format!("  {} {}: {reason}", ui.paint(Look::Bad, "x"), text::clean(&at)));
        }
        match &self.result {
            Some(result) => result.show(ui),
            None => ui.out(&format!(
                "{} of {} not right. Nothing was written.",
                self.problems.len(),
                text::count(self.rows, "row is", "rows are")
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table(text: &str) -> std::result::Result<Vec<Row>, String> {
        rows_of(&Table::read(text.as_bytes(), Path::new("links.csv")).unwrap())
    }

    fn row(line: u64, cid: &str, company: &str) -> Row {
        Row { line, cid: cid.to_owned(), company: company.to_owned() }
    }

    #[test]
    fn the_columns_stand_in_any_order_and_others_are_passed_over() {
        let expected = Ok(vec![row(2, "342", "Eddie, Inc."), row(4, "355", "")]);
        assert_eq!(table("CID,Company\n342,\"Eddie, Inc.\"\n\n355,\n"), expected);
        assert_eq!(table("\u{feff}note;company;cid\nx;Eddie, Inc.;342\n\n;;355\n"), expected);
        assert_eq!(table("cid,name\n1,2\n"), Err("has no column “company”, only cid, name".to_owned()));
        assert_eq!(table("cid,company,CID\n1,2,3\n"), Err("has two columns “cid”".to_owned()));
        assert_eq!(table("cid,company\n"), Err("has no row below its header".to_owned()));
        assert_eq!(table("cid,company\n342\n"), Ok(vec![row(2, "342", "")]));
    }

    #[test]
    fn every_wrong_row_is_named() {
        let company = |id: i64, name: &str, status: i64| -> Company {
            let record =
                json!({"id": id, "identifier": format!("C{id}"), "name": name, "status": {"id": status}});
            serde_json::from_value(record).unwrap()
        };
        let directory = Directory::new(
            vec![
                company(1, "One", 1),
                company(2, "Two", 1),
                company(3, "Twin", 1),
                company(4, "Twin", 1),
                company(5, "Closed", 9),
            ],
            [9],
        );
        let customer =
            |cid: &str| Customer { cid: cid.to_owned(), name: cid.to_owned(), brand: String::new() };
        let snapshot = Snapshot {
            customers: ["10", "11", "12", "13", "14", "15"].map(customer).to_vec(),
            ..Snapshot::default()
        };
        let link = Link {
            cid: "15".to_owned(),
            company_id: 2,
            company_name: "Two".to_owned(),
            portal_name: "15".to_owned(),
            managed_id: "EFS-15".to_owned(),
            origin: "link".to_owned(),
            confirmed_at: jiff::Timestamp::UNIX_EPOCH,
        };
        let links = BTreeMap::from([("15".to_owned(), link)]);
        let rows = [
            row(2, "10", "One"),
            row(3, "10", "Two"),
            row(4, "77", "One"),
            row(5, "", "One"),
            row(6, "11", ""),
            row(7, "12", "Twin"),
            row(8, "13", "Closed"),
            row(9, "14", "Nobody"),
            row(10, "15", "1"),
        ];
        let problems = judge(&rows, &snapshot, &directory, &links).unwrap_err();
        let said: Vec<String> = problems.iter().map(|own| format!("{}: {}", own.line, own.reason)).collect();
        let expected = [
            "3: customer 10 stands on line 2 already",
            "4: the portal knows no customer 77",
            "5: no customer",
            "6: no company for customer 11",
            "7: several companies are called “Twin”: #3 C3, #4 C4: name it by its id",
            "8: company Closed (#5) is inactive: psactl writes nothing to it: make it active in ConnectWise, or name \
             another company",
            "9: ConnectWise has no company with id, identifier or name “Nobody”: Company > Company Search shows the \
             exact name and the company ID",
            "10: line 2 gives One (#1) to customer 10; two customers of one company are linked by psactl companies link",
        ];
        assert_eq!(said, expected);
        let taken = judge(&[row(2, "14", "Two")], &snapshot, &directory, &links).unwrap_err();
        assert!(taken[0].reason.starts_with("Two (#2) is linked to customer 15"), "{taken:?}");
        // As it stands already.
        let right = judge(&[row(2, "15", "Two"), row(3, "10", "c1")], &snapshot, &directory, &links).unwrap();
        assert_eq!(right.iter().map(|(_, company)| company.id).collect::<Vec<_>>(), [2, 1]);
    }
}
