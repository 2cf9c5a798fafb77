//! `psactl config`, through the binary.

use serde_json::Value;

use crate::support::{Desk, shape};

#[test]
fn what_is_in_force_and_where_it_comes_from() {
    let desk = Desk::bare();
    let mut command = desk.command(&["config", "show", "sync"]);
    let ran = Desk::ran(command.env("PSACTL_SYNC__MIN_INTERVAL", "6h")).ends_with(0);
    ran.says("[sync]")
        .says("min_interval = \"6h\"")
        .says("# PSACTL_SYNC__MIN_INTERVAL")
        .says("# psactl.toml:");
    desk.edit("psactl.toml", "keep_events", "# keep_events");
    let shown = desk.psactl(&["--output", "json", "config", "show"]).ends_with(0).json();
    assert_eq!(shown["schema"], "psactl/config/1");
    insta::assert_snapshot!(shape(&shown));
    let values = shown["values"].as_array().unwrap();
    let of = |key: &str| -> &Value { values.iter().find(|fact| fact["key"] == key).unwrap() };
    assert_eq!(of("connectwise.login.private_key")["value"], "{ file = \"private-key\" }");
    assert_eq!(of("state.keep_events")["source"], "default");
    let secret = desk.read("private-key");
    desk.psactl(&["config", "show"]).ends_with(0).is_silent_on(secret.trim());
    desk.psactl(&["config", "show", "billing.gaurd"]).ends_with(2).says("no key is called billing.gaurd");
    assert_eq!(desk.requests().len(), 0);
}

#[test]
fn where_it_is_and_whether_it_is_right() {
    let desk = Desk::bare();
    let path = desk.file("psactl.toml").display().to_string();
    assert_eq!(desk.psactl(&["config", "path"]).ends_with(0).stdout.trim(), path);
    desk.psactl(&["config", "check"]).ends_with(0).says("0 problems");
    desk.edit("psactl.toml", "first_push", "frist_push");
    desk.edit("psactl.toml", "verify_every = \"24h\"", "verify_every = \"soon\"");
    desk.psactl(&["config", "check"]).ends_with(3).says("frist_push").says("verify_every");
    // What is wrong can still be looked at.
    desk.psactl(&["config", "show", "sync"]).ends_with(0).says("\"soon\"");
    std::fs::remove_file(desk.file("psactl.toml")).unwrap();
    desk.psactl(&["config", "path"]).ends_with(0).says("psactl init writes it");
    desk.psactl(&["config", "show"]).ends_with(3).says("no configuration");
    desk.psactl(&["config", "check"]).ends_with(3);
    assert!(!desk.file("state").exists(), "looking begins no state");
    assert_eq!(desk.requests().len(), 0);
}
