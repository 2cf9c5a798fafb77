//! The records of ConnectWise that psactl reads: only the fields it uses, each as the contract names it.
//!
//! Fields may be absent (a list can ask for some only, and releases differ), unknown fields are passed over,
//! unknown words are kept as they are. Flags that are absent are off. Nothing here is ever written back:
//! writes are made of the fields that change.

mod common;
mod company;
mod finance;
mod management;
mod procurement;
mod service;
mod system;

pub(crate) use common::read_time;
pub use common::{OrEmpty, RecordInfo, Reference};
pub use company::{Company, CompanyStatus, ConfigurationType};
pub use finance::{Addition, Agreement, AgreementStatus, AgreementType, BillCustomer, Currency};
pub use management::{
    BillingLevel, CrossReference, DeviceType, Integration, LoginBy, ManagedId, ManagementSolution,
    SolutionReference, SolutionType,
};
pub use procurement::CatalogItem;
pub use service::{Board, BoardStatus, EscalationStatus, Ticket, TicketNote};
pub use system::{Info, IntegratorLogin, LicenseBit};

#[cfg(test)]
#[path = "../types_tests.rs"]
mod tests;
