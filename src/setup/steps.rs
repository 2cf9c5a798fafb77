//! The steps of set-up, in the order in which they can be done.

use serde::Serialize;

/// The steps of set-up, in the order in which they can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Ticket statuses of the integration board (guide step 1).
    ServiceStatus,
    /// The integrator login (guide step 2).
    IntegratorLogin,
    /// One product per billable service (guide step 3).
    Products,
    /// The management solution (guide step 4).
    ManagementSolution,
    /// Configuration types of the cross-references.
    ConfigurationTypes,
    /// Managed devices integration and its cross-references (guide step 5).
    CrossReferences,
    /// The portal's side (guide steps 6 to 8).
    Portal,
    /// Two Managed ID entries per company (guide, company steps 1 and 3).
    ManagedIds,
    /// Agreement additions per company (guide, company step 2).
    Agreements,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [Step; 9] = [
        Step::ServiceStatus,
        Step::IntegratorLogin,
        Step::Products,
        Step::ManagementSolution,
        Step::ConfigurationTypes,
        Step::CrossReferences,
        Step::Portal,
        Step::ManagedIds,
        Step::Agreements,
    ];

    /// The name a person types.
    pub fn name(self) -> &'static str {
        match self {
            Step::ServiceStatus => "service-status",
            Step::IntegratorLogin => "integrator-login",
            Step::Products => "products",
            Step::ManagementSolution => "management-solution",
            Step::ConfigurationTypes => "configuration-types",
            Step::CrossReferences => "cross-references",
            Step::Portal => "portal",
            Step::ManagedIds => "managed-ids",
            Step::Agreements => "agreements",
        }
    }

    /// What is checked and why, in a sentence.
    pub fn why(self) -> &'static str {
        match self {
            Step::ServiceStatus => {
                "new tickets need an open status of the integration board, and resolving needs a closed one"
            }
            Step::IntegratorLogin => {
                "the record of guide step 2: the right APIs on, all others off, all records visible"
            }
            Step::Products => {
                "each service that is billed needs a product with a price, which agreement additions then bill"
            }
            Step::ManagementSolution => "Managed IDs belong to a management solution of type Custom",
            Step::ConfigurationTypes => {
                "cross-references name the configuration types Backup Stats and License"
            }
            Step::CrossReferences => {
                "vendor type and level must stand letter for letter beside the product they bill"
            }
            Step::Portal => {
                "the portal's data must be readable, and only one system may bill and open tickets"
            }
            Step::ManagedIds => {
                "a Managed ID links a company to a customer of the portal: Workstations and Servers first, Backup Stats second"
            }
            Step::Agreements => {
                "each service a customer uses needs one agreement addition with its Managed ID as serial number"
            }
        }
    }

    /// The guide's click path, for whoever does it by hand.
    pub fn clicks(self) -> &'static str {
        match self {
            Step::ServiceStatus => "Setup > Setup Tables > Service Board > the board > Statuses",
            Step::IntegratorLogin => "Setup > Setup Tables > Integrator Login > New",
            Step::Products => "Setup > Products > New",
            Step::ManagementSolution => "Setup > Setup Tables > Management IT > New",
            Step::ConfigurationTypes => "Setup > Setup Tables > Configuration > New",
            Step::CrossReferences => {
                "Setup > Setup Tables > Managed Devices Integration > Cross-References > New"
            }
            Step::Portal => "My Partnership > Partner Notifications (at the portal)",
            Step::ManagedIds => "Company > the company > Management > New",
            Step::Agreements => "Company > the company > Agreements > the agreement > Additions > New",
        }
    }

    /// The steps that must be right before this one can be.
    pub fn needs(self) -> &'static [Step] {
        match self {
            Step::ServiceStatus
            | Step::Products
            | Step::ManagementSolution
            | Step::ConfigurationTypes
            | Step::Portal => &[],
            Step::IntegratorLogin => &[Step::ServiceStatus],
            Step::CrossReferences => {
                &[Step::IntegratorLogin, Step::Products, Step::ManagementSolution, Step::ConfigurationTypes]
            }
            Step::ManagedIds => &[Step::ManagementSolution],
            Step::Agreements => &[Step::Products, Step::ManagedIds],
        }
    }
}
