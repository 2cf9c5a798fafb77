//! What the portal's words mean. Careful in one direction: a text is good news only when nothing in it speaks
//! against that, since good news resolves tickets.

use super::event::{EventKind, Severity};

/// The text without the portal's link texts and what the old notification system appended, on one line.
pub(super) fn tidy(text: &str) -> String {
    let end = ["[Details]", "[Notifications]"].iter().filter_map(|mark| text.find(mark)).min();
    text[..end.unwrap_or(text.len())].split_whitespace().collect::<Vec<_>>().join(" ")
}

/// User name and account number in "… for account [benroethlisberger / 15212001]".
pub(super) fn account_in(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = text.split_once("for account [")?;
    let (inside, _) = rest.split_once(']')?;
    let (user, number) = inside.rsplit_once('/')?;
    let (user, number) = (user.trim(), number.trim());
    (!user.is_empty() && !number.is_empty()).then_some((user, number))
}

/// A severity by its word.
pub(super) fn severity_named(word: &str) -> Option<Severity> {
    match word.to_lowercase().as_str() {
        "ok" | "info" | "information" | "success" | "normal" => Some(Severity::Ok),
        "warning" | "warn" => Some(Severity::Warning),
        "error" | "critical" | "failure" | "failed" => Some(Severity::Error),
        _ => None,
    }
}

/// A type by its word, with case, blanks and `_` as they come.
pub(super) fn kind_named(word: &str) -> Option<EventKind> {
    let word = word.to_lowercase().replace([' ', '_'], "-");
    EventKind::from_word(&word)
}

/// The severity of an event whose export does not tell.
pub(super) fn severity_of(kind: EventKind, text: &str) -> Severity {
    match kind {
        EventKind::BackupOk | EventKind::ArchivingOk | EventKind::BdrHardwareOk | EventKind::DiskUsageOk => {
            Severity::Ok
        }
        EventKind::BackupFailed | EventKind::ArchivingFailed | EventKind::BdrHardware => Severity::Error,
        EventKind::NoBackup
        | EventKind::NoErrorFreeBackup
        | EventKind::DiskUsage
        | EventKind::DiskUsageChange => Severity::Warning,
        EventKind::Other => {
            let text = text.to_lowercase();
            if has(&text, &["fail", "error", "critical"]) {
                Severity::Error
            } else if has(&text, &["warn", "degraded", "missing", "unable", "cannot", "could not", "offline"])
            {
                Severity::Warning
            } else {
                Severity::Ok
            }
        }
    }
}

/// The type of an event, from the portal's wording (guide, figure 22 and the notifications of figure 25).
pub(super) fn kind_of(text: &str) -> EventKind {
    // Names are not wording: an account may be called "failover-test".
    let text = without_brackets(&text.to_lowercase());
    let text = text.replace("error-free", "error free");
    if has(&text, &["no error free"]) {
        return EventKind::NoErrorFreeBackup;
    }
    if has(
        &text,
        &["no online backup", "no backup", "no remote backup", "not been backed up", "not backed up"],
    ) {
        return EventKind::NoBackup;
    }
    let bad = speaks_of_trouble(&text);
    let good = !bad
        && has(
            &text,
            &[
                "success",
                "completed",
                "finished",
                " ok",
                "restored",
                "recovered",
                "resolved",
                "resumed",
                "healthy",
                "error free",
                "back to normal",
                "back below",
                "cleared",
            ],
        );
    let pick = |fault, ok| if good { ok } else { fault };
    if has(&text, &["disk usage", "disk-usage"]) {
        return if good {
            EventKind::DiskUsageOk
        } else if text.contains("chang") {
            EventKind::DiskUsageChange
        } else {
            EventKind::DiskUsage
        };
    }
    if text.contains("hardware") && has(&text, &["bdr", "appliance", "shadowprotect"]) {
        return pick(EventKind::BdrHardware, EventKind::BdrHardwareOk);
    }
    if text.contains("archiv") && (good || bad) {
        return pick(EventKind::ArchivingFailed, EventKind::ArchivingOk);
    }
    if text.contains("backup") && (good || bad) {
        return pick(EventKind::BackupFailed, EventKind::BackupOk);
    }
    EventKind::Other
}

fn has(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

fn speaks_of_trouble(text: &str) -> bool {
    // "without errors" is no trouble; "unsuccessful" contains "success" and is.
    let mut rest = text.to_string();
    for harmless in
        ["without errors", "without error", "with no errors", "no errors", " 0 errors", "error free"]
    {
        rest = rest.replace(harmless, " ");
    }
    let trouble = [
        "fail",
        "error",
        "warn",
        "unsuccess",
        "incomplete",
        "abort",
        "cancel",
        "partial",
        "missed",
        "unable",
        "degraded",
        "corrupt",
        "exceed",
        "timed out",
        "interrupted",
        "skipped",
    ];
    has(&rest, &trouble)
        || rest.split(|c: char| !c.is_alphanumeric()).any(|word| matches!(word, "not" | "never" | "cannot"))
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_u32;
    text.chars()
        .filter(|c| {
            match c {
                '[' => depth += 1,
                ']' => depth = depth.saturating_sub(1),
                _ => return depth == 0,
            }
            false
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_portals_wording() {
        use EventKind::*;
        for (text, expected) in [
            (
                "Remote Backup no online backup notification for account [benroethlisberger / 15212001]",
                NoBackup,
            ),
            ("Remote Backup no error free backup notification for account [a / 1]", NoErrorFreeBackup),
            ("Remote Backup no error-free backup notification for account [a / 1]", NoErrorFreeBackup),
            ("Remote Backup completed successfully for account [failover / 1]", BackupOk),
            ("Remote Backup completed without errors", BackupOk),
            ("Backup finished: 0 errors", BackupOk),
            ("Error free backup completed", BackupOk),
            ("Backup finished: 10 errors", BackupFailed),
            ("Remote Backup completed with errors for account [ok / 1]", BackupFailed),
            ("Remote Backup was not successful", BackupFailed),
            ("Remote Backup unsuccessful", BackupFailed),
            ("Remote Backup failed for account [a / 1]: the disk holding the backup is full", BackupFailed),
            ("Backup did not complete", BackupFailed),
            ("Backup started", Other),
            ("Email archiving failed for account [a / 1]", ArchivingFailed),
            ("Email archiving completed for account [a / 1]", ArchivingOk),
            ("BDR hardware warning: a disk of the array reports errors", BdrHardware),
            ("BDR hardware failure", BdrHardware),
            ("BDR hardware alert: fan", BdrHardware),
            ("BDR hardware recovered", BdrHardwareOk),
            ("Total disk usage notification: more than 500 GB", DiskUsage),
            ("Disk usage change notification: more than 20% within 7 days", DiskUsageChange),
            ("Disk usage is back to normal", DiskUsageOk),
            ("User logged in", Other),
        ] {
            assert_eq!(kind_of(text), expected, "{text}");
        }
    }

    #[test]
    fn texts_are_tidied() {
        assert_eq!(tidy("a  b\n c [Details] [Notifications] Notifications processed"), "a b c");
        assert_eq!(account_in("x for account [user / 15212001]"), Some(("user", "15212001")));
        assert_eq!(account_in("x for account [user]"), None);
    }
}
