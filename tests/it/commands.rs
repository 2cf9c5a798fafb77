//! The main job, through the binary.

use crate::support::Desk;

#[test]
fn the_whole_set_up_runs_twice_and_changes_nothing_the_second_time() {
    let desk = Desk::bare();
    desk.set_up();
    desk.sandbox().clear_requests();
    desk.psactl(&["setup", "--apply", "--yes"]).ends_with(0).says("Set-up is complete.");
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn a_second_sync_sends_nothing() {
    let desk = Desk::running();
    desk.sandbox().clear_requests();
    desk.psactl(&["sync"]).ends_with(0);
    assert_eq!(desk.sandbox().requests().len(), 0);
}
