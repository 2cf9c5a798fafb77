//! Source `x360recover`: Axcient's API.

use super::{Error, EventLog, Snapshot, Source, Stamp};
use crate::config::Config;
use std::path::Path;

/// The API and the copy of its last whole answer.
pub(super) struct X360Recover;

impl X360Recover {
    pub fn new(_config: &Config, _folder: &Path) -> Result<X360Recover, Error> {
        Ok(X360Recover)
    }
}

fn never() -> Error {
    Error::NeverAsked { asked: "x360Recover".to_owned() }
}

impl Source for X360Recover {
    fn name(&self) -> &'static str {
        "x360recover"
    }

    fn stamp(&self) -> Result<Stamp, Error> {
        Err(never())
    }

    fn accounts(&self) -> Result<Snapshot, Error> {
        Err(never())
    }

    fn events(&self) -> Result<EventLog, Error> {
        Err(never())
    }
}
