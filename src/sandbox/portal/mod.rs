//! The backup service's side on loopback: a server of its own, with one path for each thing that is served.
//!
//! | below | what |
//! |---|---|
//! | `/x360recover`, `/billing` | the x360Recover API ([`x360recover`]) |

pub(super) mod exports;
pub mod x360recover;

use std::io;
use std::sync::{Arc, Mutex, RwLock};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{Request, Response};
use jiff::Timestamp;
use tokio::net::TcpListener;

use super::broken;
use super::faults::{Fault, Faults};
use super::line::Cut;
use super::log::{Log, LoggedRequest};
use super::server::{behind, decoded, pairs, sent_or_cut};
use super::{Shared, locked, reading, writing};
use x360recover::{Behaviour, Contract, World};

/// What Axcient knows, and what was asked of it.
pub struct Axcient {
    contract: Contract,
    world: RwLock<World>,
    log: Mutex<Log>,
    faults: Mutex<Faults>,
}

impl Axcient {
    /// The sample organization, as it stands at this moment.
    pub(super) fn start(now: Timestamp) -> Result<Axcient, String> {
        Ok(Axcient {
            contract: Contract::load()?,
            world: RwLock::new(World::sample(now)),
            log: Mutex::default(),
            faults: Mutex::default(),
        })
    }

    /// The API key that is taken.
    pub fn key(&self) -> String {
        reading(&self.world).key.clone()
    }

    /// Takes another API key from now on.
    pub fn set_key(&self, key: &str) {
        key.clone_into(&mut writing(&self.world).key);
    }

    /// Changes what the organization has, as JSON: `clients`, `devices`, `appliances`, `vaults`, and `history`,
    /// `autoverify`, `restore_points` by id.
    pub fn edit(&self, change: impl FnOnce(&mut serde_json::Value)) {
        change(&mut writing(&self.world).records);
    }

    /// What the organization has.
    pub fn records(&self) -> serde_json::Value {
        reading(&self.world).records.clone()
    }

    /// A backup of this device ends well at this moment, and the device is well again.
    pub fn backup_succeeds(&self, device: &str, ended: Timestamp) {
        self.edit(|records| x360recover::backup_succeeds(records, device, ended));
    }

    /// Changes which of the known behaviours is shown.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut writing(&self.world).behaviour);
    }

    /// Orders a fault.
    ///
    /// # Errors
    /// Where there is no such kind.
    pub fn add_fault(&self, fault: Fault) -> Result<(), String> {
        locked(&self.faults).add(fault)
    }

    /// Forgets the faults that are left.
    pub fn clear_faults(&self) {
        locked(&self.faults).clear();
    }

    /// Every request to Axcient since the start or the last clearing.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        locked(&self.log).requests()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        locked(&self.log).clear();
    }
}

pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) -> io::Result<()> {
    behind(listener, None, Router::new().fallback(handle), shared).await
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Cut>,
    request: Request<Body>,
) -> Response<Body> {
    let (parts, _) = request.into_parts();
    let path = decoded(parts.uri.path(), false);
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let method = parts.method.as_str().to_owned();
    let key = parts.headers.get("x-api-key").and_then(|key| key.to_str().ok());
    let axcient = &shared.axcient;
    let template = axcient.contract.template(&path);
    let strike = locked(&axcient.faults).strike(&method, &path, &template);
    let reply = {
        let world = reading(&axcient.world);
        x360recover::answer(&axcient.contract, &world, &method, &path, &pairs(&query), key)
    };
    let sent = match &strike {
        None => Some(reply.respond()),
        Some(strike) => broken::respond(&shared, strike, reply, x360recover::usual),
    };
    locked(&axcient.log).add(LoggedRequest {
        method,
        path,
        template,
        status: sent.as_ref().map_or(0, |response| response.status().as_u16()),
        query: decoded(&query, true),
        at: shared.clock.now(),
        applied: false,
        fault: strike.as_ref().map(|strike| strike.name.clone()),
    });
    sent_or_cut(&shared, sent, strike.as_ref(), &connection).await
}
