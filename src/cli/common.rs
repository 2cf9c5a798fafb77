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
