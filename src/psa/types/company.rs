//! Companies, and the configurations (devices) that belong to them.

use super::common::record;
use crate::psa::Reference;

record! {
    /// A customer of the MSP, or the MSP itself (contract: `Company`).
    Company, "company" {
        /// The short name that is unique, as `EddiesTVRepair`.
        identifier: text,
        /// The name.
        name: text,
        /// The status, as *Active*; which ones count as inactive is the site's own setting.
        status: reference,
        /// The MSP's location that looks after it.
        territory: reference,
        /// Whether it was deleted; also set on the loser of a merge.
        deleted_flag: flag,
        /// When it was deleted.
        date_deleted: time,
        /// The company that it belongs to.
        parent_company: reference,
        /// Its kinds, as *Client*; some releases give them on creation only.
        types: list(Reference),
        /// The contact that tickets go to by default.
        default_contact: reference,
        /// Its main site.
        site: reference,
        /// The currency of its invoices.
        currency: of(super::Currency),
    }
}

record! {
    /// A status of companies (contract: `CompanyStatus`).
    CompanyStatus, "company status" {
        /// The name.
        name: text,
        /// Whether companies with it are out of business.
        inactive_flag: flag,
    }
}

record! {
    /// A device or licence of a company (contract: `Company.Configuration`).
    Configuration, "configuration" {
        /// The name.
        name: text,
        /// The type, as *Backup Stats*.
        r#type as "type": reference,
        /// The status.
        status: reference,
        /// The company it belongs to.
        company: reference,
        /// What the vendor calls the device.
        device_identifier: text,
        /// The serial number.
        serial_number: text,
        /// Whether it is active.
        active_flag: flag,
        /// Backups that succeeded.
        backup_successes: whole,
        /// Backups that were not complete.
        backup_incomplete: whole,
        /// Backups that failed.
        backup_failed: whole,
        /// The last backup.
        last_backup_date: text,
        /// The space that is billed, in GB.
        backup_billable_space_gb: decimal,
    }
}

record! {
    /// A type of configurations, as *Backup Stats* (contract: `ConfigurationType`).
    ConfigurationType, "configuration type" {
        /// The name.
        name: text,
        /// Whether it is out of use.
        inactive_flag: flag,
        /// Whether it belongs to ConnectWise itself.
        system_flag: flag,
    }
}
