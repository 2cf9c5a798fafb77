//! Events, their types, and which type ends which.

use jiff::Timestamp;

/// How bad an event is (guide step 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing wrong.
    Ok,
    /// Somebody should look.
    Warning,
    /// Something failed.
    Error,
}

impl Severity {
    /// `ok`, `warning`, `error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Ok => "ok",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// From [`Severity::as_str`].
    pub fn from_word(word: &str) -> Option<Severity> {
        [Severity::Ok, Severity::Warning, Severity::Error].into_iter().find(|s| s.as_str() == word)
    }
}

/// What an event is about (design, section 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the design's")]
pub enum EventKind {
    BackupOk,
    BackupFailed,
    NoBackup,
    NoErrorFreeBackup,
    ArchivingFailed,
    ArchivingOk,
    BdrHardware,
    BdrHardwareOk,
    DiskUsage,
    DiskUsageChange,
    DiskUsageOk,
    /// Any other text; its fault is keyed by the normalised text, and only a person ends it.
    Other,
}

impl EventKind {
    /// All of them.
    pub const ALL: [EventKind; 12] = [
        EventKind::BackupOk,
        EventKind::BackupFailed,
        EventKind::NoBackup,
        EventKind::NoErrorFreeBackup,
        EventKind::ArchivingFailed,
        EventKind::ArchivingOk,
        EventKind::BdrHardware,
        EventKind::BdrHardwareOk,
        EventKind::DiskUsage,
        EventKind::DiskUsageChange,
        EventKind::DiskUsageOk,
        EventKind::Other,
    ];

    /// The design's word: `backup-failed`.
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::BackupOk => "backup-ok",
            EventKind::BackupFailed => "backup-failed",
            EventKind::NoBackup => "no-backup",
            EventKind::NoErrorFreeBackup => "no-error-free-backup",
            EventKind::ArchivingFailed => "archiving-failed",
            EventKind::ArchivingOk => "archiving-ok",
            EventKind::BdrHardware => "bdr-hardware",
            EventKind::BdrHardwareOk => "bdr-hardware-ok",
            EventKind::DiskUsage => "disk-usage",
            EventKind::DiskUsageChange => "disk-usage-change",
            EventKind::DiskUsageOk => "disk-usage-ok",
            EventKind::Other => "other",
        }
    }

    /// From [`EventKind::as_str`].
    pub fn from_word(word: &str) -> Option<EventKind> {
        EventKind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The faults that this event ends; empty for a fault.
    pub fn ends(self) -> &'static [EventKind] {
        match self {
            EventKind::BackupOk => {
                &[EventKind::BackupFailed, EventKind::NoBackup, EventKind::NoErrorFreeBackup]
            }
            EventKind::ArchivingOk => &[EventKind::ArchivingFailed],
            EventKind::BdrHardwareOk => &[EventKind::BdrHardware],
            EventKind::DiskUsageOk => &[EventKind::DiskUsage, EventKind::DiskUsageChange],
            _ => &[],
        }
    }

    /// The event that ends this fault; `None` for what is no fault, and for `other`, which a person ends.
    pub fn ended_by(self) -> Option<EventKind> {
        EventKind::ALL.into_iter().find(|kind| kind.ends().contains(&self))
    }

    /// Whether it ends faults. What does not is one, however bad it is.
    pub fn is_good(self) -> bool {
        !self.ends().is_empty()
    }

    /// What a ticket about it is called.
    pub fn title(self) -> &'static str {
        match self {
            EventKind::BackupOk => "Backup succeeded",
            EventKind::BackupFailed => "Backup failed",
            EventKind::NoBackup => "No backup",
            EventKind::NoErrorFreeBackup => "No error-free backup",
            EventKind::ArchivingFailed => "Archiving failed",
            EventKind::ArchivingOk => "Archiving succeeded",
            EventKind::BdrHardware => "BDR hardware failure",
            EventKind::BdrHardwareOk => "BDR hardware recovered",
            EventKind::DiskUsage => "Disk usage",
            EventKind::DiskUsageChange => "Disk usage change",
            EventKind::DiskUsageOk => "Disk usage back to normal",
            EventKind::Other => "Notification",
        }
    }
}

/// One line of the portal's event log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Event {
    /// The portal's, else a hash of source, account, time in UTC, text and ordinal among equals.
    pub id: String,
    /// When it happened.
    pub time: Timestamp,
    /// The customer.
    pub cid: String,
    /// The account's number where the account is known, else the account as written.
    pub account: String,
    /// The account's user name, which is what people know it by; its number where it has none.
    pub user: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub kind: EventKind,
    /// *Event Information*, without the portal's link texts.
    pub text: String,
}
