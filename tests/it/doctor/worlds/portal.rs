//! What the portal itself does: it does not answer, or counts twice and not alike. Exports that are wrong are in
//! `sync`.

use jiff::SignedDuration;
use serde_json::json;

use crate::doctor::{check, finds, healthy, is_clean, report};
use crate::exports::address::{fault, served};
use crate::x360recover_sync::running;

#[test]
fn a_portal_that_does_not_answer() {
    let desk = served(healthy());
    desk.psactl(&["sync", "--verify"]).ends_with(0);
    is_clean(&desk);
    fault(&desk, "status-503");
    desk.later(SignedDuration::from_mins(6));
    desk.psactl(&["sync"]).ends_with(5);
    finds(&desk, "portal-answers", &["503", "psactl portal check"]);
    desk.sandbox().clear_exports_faults();
    desk.psactl(&["portal", "check"]).ends_with(0);
    is_clean(&desk);
}

#[test]
fn use_that_the_portal_counts_twice() {
    let desk = running();
    assert_eq!(check(&report(&desk, &[]), "portal-doubts")["status"], "ok");
    desk.later(SignedDuration::from_hours(13));
    let counted = |count: i64| {
        desk.sandbox().axcient().edit(|records| {
            records["clients"][1]["devices_counters"]["d2c"][1]["count"] = json!(count);
        });
        desk.psactl(&["portal", "check"]);
    };
    counted(4);
    let told = check(&report(&desk, &[]), "portal-doubts").clone();
    assert_eq!(told["status"], "warning");
    assert!(told["evidence"].to_string().contains("counts 4 direct-to-cloud workstations"), "{told:#}");
    let shown = desk.psactl(&["portal", "check", "--offline"]);
    shown.says("what differs from ConnectWise is held");
    counted(1);
    assert_eq!(check(&report(&desk, &[]), "portal-doubts")["status"], "ok");
}
