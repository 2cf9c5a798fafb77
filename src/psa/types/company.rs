//! Companies, and the types of the configurations (devices) that belong to them.

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
        /// Whether it was deleted; also set on the loser of a merge.
        deleted_flag: flag,
        /// Its kinds, as *Client*; some releases give them on creation only.
        types: list(Reference),
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
    /// A type of configurations, as *Backup Stats* (contract: `ConfigurationType`).
    ConfigurationType, "configuration type" {
        /// The name.
        name: text,
        /// Whether it is out of use.
        inactive_flag: flag,
    }
}
