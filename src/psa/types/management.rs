//! Managed services: solutions, vendor integrations, their cross-references, and companies' managed IDs.

use super::common::{record, words};

words! {
    /// What an entry under a company's Management tab counts.
    DeviceType {
        /// Computers of both kinds.
        WorkstationsAndServers = "WorkstationsAndServers",
        /// Backups.
        BackupStats = "BackupStats",
        /// Servers.
        Servers = "Servers",
        /// Workstations.
        Workstations = "Workstations",
    }
}

words! {
    /// Who a management solution is of.
    SolutionType {
        /// Level Platforms.
        LevelPlatforms = "LevelPlatforms",
        /// N-able.
        NAble = "NAble",
        /// Continuum.
        Continuum = "Continuum",
        /// Any other vendor.
        Custom = "Custom",
    }
}

words! {
    /// With whose login an integration's portal is opened.
    LoginBy {
        /// One for all.
        Global = "Global",
        /// Each member's own.
        Member = "Member",
    }
}

words! {
    /// How finely an integration bills.
    BillingLevel {
        /// Each device.
        Detail = "Detail",
        /// Sums.
        Summary = "Summary",
    }
}

record! {
    /// A management solution (contract: `ManagementItSolution`).
    ManagementSolution, "management solution" {
        /// The name.
        name: text,
        /// Whose it is.
        management_it_solution_type: of(SolutionType),
        /// The vendor's name, for custom ones.
        management_solution_name: text,
        /// The global login's name.
        global_login_username: text,
    }
}

record! {
    /// A vendor's integration (contract: `ManagedDevicesIntegration`).
    Integration, "managed devices integration" {
        /// The name.
        name: text,
        /// The management solution's name.
        solution: text,
        /// The address of the vendor's portal.
        portal_url: text,
        /// With whose login the portal is opened.
        login_by: of(LoginBy),
        /// The global login's name.
        global_login_username: text,
        /// How finely it bills unless a cross-reference says otherwise.
        default_billing_level: of(BillingLevel),
        /// The integrator login that it works through.
        integrator_login: reference,
        /// Whether devices are matched by serial number.
        match_on_serial_number_flag: flag,
        /// Whether unknown types make no new cross-references.
        disable_new_cross_references_flag: flag,
        /// Whether configurations that it makes are billed.
        config_bill_customer_flag: flag,
    }
}

record! {
    /// How a vendor's type and level are billed (contract: `ManagedDevicesIntegrationCrossReference`).
    CrossReference, "cross-reference" {
        /// The vendor's type, letter for letter.
        vendor_type: text,
        /// The vendor's level, letter for letter.
        vendor_level: text,
        /// The kind of agreement that is billed.
        agreement_type: reference,
        /// The product that is billed.
        product: reference,
        /// The type of the configurations that are made.
        configuration_type: reference,
        /// Whether it is out of use.
        inactive_flag: flag,
    }
}

record! {
    /// A company's entry for one solution and Managed ID (contract: `CompanyManagementSummary`).
    ManagedId, "managed ID" {
        /// The solution.
        management_solution: of(SolutionReference),
        /// The Managed ID, as `EFS-342`.
        group_identifier: text,
        /// What the entry counts.
        device_type: of(DeviceType),
        /// The agreement that is billed by ConnectWise's own synchronisation.
        agreement: reference,
        /// The company.
        company: reference,
        /// Workstations.
        total_workstations: whole,
        /// Servers.
        total_servers: whole,
        /// Backup jobs that succeeded.
        successful_backup_jobs: whole,
        /// Backup jobs that failed.
        failed_backup_jobs: whole,
    }
}

/// A management solution named within a managed ID (contract: `ManagementSolutionReference`).
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SolutionReference {
    /// Its id.
    #[serde(default)]
    pub id: Option<i64>,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
}

impl SolutionReference {
    /// Whether it is to this solution: by id where it has one, else by name.
    pub fn is(&self, id: i64, name: &str) -> bool {
        self.id.map_or_else(|| self.name.as_deref() == Some(name), |own| own == id)
    }
}
