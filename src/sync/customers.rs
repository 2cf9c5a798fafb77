//! Customers as a person names them: by their ID at the portal.

use crate::error::{Exit, Failure, Result};

/// Refuses a customer that nobody knows.
///
/// # Errors
/// [`Exit::Partial`], with the one that may be meant.
pub fn are_known<'a>(cids: &[String], all: impl Iterator<Item = &'a str> + Clone) -> Result<()> {
    match cids.iter().find(|cid| !all.clone().any(|known| known == cid.as_str())) {
        None => Ok(()),
        Some(cid) => Err(unknown(cid, all)),
    }
}

/// A customer that nobody knows, and the nearest that somebody does.
pub fn unknown<'a>(cid: &str, all: impl Iterator<Item = &'a str>) -> Failure {
    let failure = Failure::new(Exit::Partial, format!("the portal knows no customer {cid}"));
    let near = all
        .map(|known| (strsim::damerau_levenshtein(cid, known), known))
        .filter(|(distance, known)| *distance <= 1.max(known.chars().count() / 3))
        .min();
    let failure = match near {
        Some((_, near)) => failure.hint(format!("did you mean {near}?")),
        None => failure,
    };
    failure.hint("psactl companies lists the customers of the portal")
}
