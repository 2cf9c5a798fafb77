//! Faulty worlds: one fault is made, the doctor finds exactly it, it is mended as the doctor says, and nothing is found
//! any more.

mod access;
mod billing;
mod links;
mod portal;
mod setup;
mod state;
mod sync;
mod tickets;

use super::{healthy, is_clean, shown};

#[test]
fn in_a_healthy_world_nothing_is_found() {
    let desk = healthy();
    is_clean(&desk);
    let ran = desk.narrow(&["doctor"]).ends_with(0);
    insta::assert_snapshot!(shown(&desk, &ran));
}
