//! Arguments that several commands take, so that each reads the same everywhere.

/// Words that say why: never blank.
pub(super) fn reason(typed: &str) -> Result<String, &'static str> {
    match typed.trim() {
        "" => Err("say why, in a few words"),
        reason => Ok(reason.to_owned()),
    }
}

/// How many at most: one at least.
pub(super) fn limit(typed: &str) -> Result<usize, &'static str> {
    typed.parse().ok().filter(|limit| *limit > 0).ok_or("write a number, 1 at least")
}

/// One customer of the portal by its ID. A list with commas would be an ID that nobody has, and find nothing.
pub(super) fn cid(typed: &str) -> Result<String, &'static str> {
    match typed.trim() {
        "" => Err("name a customer by its ID at the portal, such as 342"),
        list if list.contains(',') => Err("no commas; write it once for each customer"),
        cid => Ok(cid.to_owned()),
    }
}
