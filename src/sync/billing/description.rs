//! The invoice description: whose accounts used how much.

use rust_decimal::Decimal;

use super::{Use, amount};
use crate::config::{Gigabyte, Rounding};
use crate::services::Service;
use crate::ui::text;

/// The longest invoice description that ConnectWise takes (contract), in characters.
pub const LIMIT: usize = 6000;

/// One entry per account with its use, joined by "; ": whole entries within [`LIMIT`], then "and N more".
pub fn describe(service: &Service, used: &Use, gigabyte: Gigabyte) -> String {
    let entries: Vec<String> =
        used.parts.iter().map(|(account, part)| entry(service, account, *part, gigabyte)).collect();
    let whole = entries.join("; ");
    if whole.chars().count() <= LIMIT {
        return whole;
    }
    // How much "; and N more" needs at most, so that it fits whatever is left out.
    let rest = |left_out: usize| format!("and {left_out} more");
    let room = LIMIT - "; ".len() - rest(entries.len()).len();
    let mut length = 0;
    let fitting = entries
        .iter()
        .take_while(|entry| {
            length += entry.chars().count() + if length > 0 { "; ".len() } else { 0 };
            length <= room
        })
        .count();
    let mut kept = entries[..fitting].to_vec();
    kept.push(rest(entries.len() - fitting));
    kept.join("; ")
}

fn entry(service: &Service, account: &str, part: Decimal, gigabyte: Gigabyte) -> String {
    format!("{}: {}", text::clean(account), amount(service, super::round(part, Rounding::Exact), gigabyte))
}

/// Whether two texts are one: the server may flatten newlines and runs of blanks.
pub(crate) fn same_text(a: &str, b: &str) -> bool {
    a.split_whitespace().eq(b.split_whitespace())
}
