//! The build script: which commit a release was built from, for `psactl --version`. A source archive without git
//! builds all the same, and a debug build does not ask, so that no commit builds it anew.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    let target = std::env::var("TARGET").unwrap_or_default();
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let built = if release { commit() } else { Some("debug build".to_owned()) };
    println!("cargo::rustc-env=PSACTL_BUILT={}", built.unwrap_or_else(|| "no commit known".to_owned()));
    println!("cargo::rustc-env=PSACTL_TARGET={target}");
}

/// "0257717c 2026-11-24"; says where the sources differ from it.
fn commit() -> Option<String> {
    let head = git(&["log", "-1", "--format=%h %cs"])?;
    for file in ["HEAD", "logs/HEAD", "index"] {
        if let Some(path) = git(&["rev-parse", "--git-path", file]) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|out| !out.is_empty());
    Some(if changed { format!("{head}, changed since") } else { head })
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    output.status.success().then_some(text)
}
