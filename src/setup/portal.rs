//! Guide steps 6 to 8: the portal's side. What only a person can know is confirmed once: one biller, one
//! ticket channel.

use super::{Asks, Finding, Offer, Setup, Step};
use crate::error::Result;
use crate::ui::text;

/// Where the confirmation is remembered.
pub(super) const CONFIRMED: &str = "vendor_sync_off";

pub(super) fn check(setup: &mut Setup<'_>) -> Result<Finding> {
    let mut finding = Finding::new(Step::Portal);
    match &setup.portal {
        Ok(snapshot) => {
            let customers = text::count(snapshot.customers.len(), "customer", "customers");
            let accounts = text::count(snapshot.accounts.len(), "account", "accounts");
            finding.found.push(format!("account list {}: {customers}, {accounts}", snapshot.file.display()));
            for left_out in &snapshot.left_out {
                finding.note(None, left_out.clone());
            }
            for problem in &snapshot.problems {
                finding.note(problem.cid.as_deref(), problem.to_string());
            }
        }
        Err(error) => finding.person(format!("the portal's data cannot be read: {error}")),
    }
    if setup.vendor_sync_off {
        finding.found.push("a person says: the vendor's own ConnectWise synchronisation is off".to_owned());
    } else if let Some(when) = setup.store.meta_time(CONFIRMED)? {
        finding.found.push(format!(
            "the vendor's own ConnectWise synchronisation is off (confirmed {} UTC)",
            text::moment(when)
        ));
    } else {
        finding.person(
            "at the portal, turn off the notification actions “Synchronize with ConnectWise” and “Open a ConnectWise \
             ticket” (My Partnership > Partner Notifications), so that nobody bills or opens tickets twice; then \
             confirm: psactl setup portal --apply --vendor-sync-is-off",
        );
        finding.offer(Offer {
            key: CONFIRMED.to_owned(),
            question: "Are both turned off at the portal?"
                .to_owned(),
            asks: Asks::Confirmation,
            before: Some(
                "Only one may bill and open tickets. At the portal, under My Partnership > Partner Notifications, the \
                 notification actions “Synchronize with ConnectWise” and “Open a ConnectWise ticket” have to be \
                 turned off before psactl takes over."
                    .to_owned(),
            ),
            by_hand: Vec::new(),
        });
    }
    Ok(finding)
}
