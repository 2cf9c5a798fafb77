//! `psactl report`: a month for whoever answers for it, and what stands in the way of the next invoices.

mod chart;
mod csv;
mod due;
mod gather;
mod html;
mod show;

use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use gather::Asked;

/// Report a month: use, billing, money, backup results
///
/// Also use that nobody bills (leaks) and additions of customers that nobody has
/// (orphans). Reads ConnectWise and the portal's data, writes nothing to either.
/// Use is only known as measured last, and additions as they are now: of a past
/// month the backup results and psactl's own changes are that month's, and the
/// report says what is not.
///
/// With --due it lists the agreements that are invoiced soon and have changes
/// held, blocked or not pushed yet, or use that is too old to bill; it ends with
/// 8 where it found any.
///
/// Examples:
///   psactl report
///   psactl report --month last --html report.html
///   psactl report --csv report.csv
///   psactl report --due 3d
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The month: 2026-11, last, or this (the default), in ConnectWise's time zone
    #[arg(long, value_name = "MONTH", conflicts_with = "due")]
    month: Option<Asked>,
    /// Write it as CSV for a spreadsheet, to a file or to stdout
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-", conflicts_with = "due")]
    csv: Option<PathBuf>,
    /// Write it as one page for a browser or a printer, to a file or to stdout
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-", conflicts_with = "due")]
    html: Option<PathBuf>,
    /// Read the agreements of linked companies alone: quicker where there are many others, but additions that
    /// nobody has (orphans) are not found on those
    #[arg(long, conflicts_with = "due")]
    only_linked: bool,
    /// Instead: the agreements invoiced within so long, such as 3d or 1w, and what stands in the way
    #[arg(long, value_name = "TIME", value_parser = due::within)]
    due: Option<jiff::Span>,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    if let Some(within) = args.due {
        return due::run(context, within);
    }
    let stdout = |file: &Option<PathBuf>| file.as_deref() == Some(Path::new("-"));
    if stdout(&args.csv) && stdout(&args.html) {
        return Err(Failure::new(Exit::Usage, "one stdout cannot be both CSV and HTML")
            .hint("name a file for one of them: --html report.html"));
    }
    if context.ui.is_json() && (stdout(&args.csv) || stdout(&args.html)) {
        return Err(Failure::new(Exit::Usage, "one stdout cannot be both JSON and CSV or HTML")
            .hint("name a file, as in --csv report.csv, or leave out --output json"));
    }
    let report = gather::gather(context, args.month, args.only_linked)?;
    if let Some(file) = &args.csv {
        write(context, file, &csv::text(&report)?)?;
    }
    if let Some(file) = &args.html {
        write(context, file, &html::page(&report))?;
    }
    let written = args.csv.is_some() || args.html.is_some();
    if !written || context.ui.is_json() {
        context.ui.emit(&report);
    }
    Ok(Exit::Done)
}

/// Writes a file as a whole or not at all; `-` is stdout.
fn write(context: &Context, file: &Path, content: &str) -> Result<()> {
    if file == Path::new("-") {
        context.ui.out(content.trim_end_matches(['\r', '\n']));
        return Ok(());
    }
    crate::disk::write_whole(file, content.as_bytes(), 0o600).map_err(|error| {
        Failure::new(Exit::Unexpected, format!("cannot write {}: {error}", file.display()))
    })?;
    context.ui.say(&format!("report: written to {}", file.display()));
    Ok(())
}
