//! A simulated ConnectWise PSA on loopback, driven by the contract.
//!
//! The OpenAPI document (`openapi.json`) says which paths, fields, types, lengths and required fields
//! exist; the engine refuses what it does not allow, with the envelopes that ConnectWise sends. What
//! the document cannot say is in `rules`. Nothing here is shared with the client in `psa`: a mistake
//! made there cannot hide here.
//!
//! Where ConnectWise's behaviour is not known for sure, [`Options`] offers both.

mod actions;
mod auth;
mod broken;
mod clock;
pub mod conditions;
mod contract;
mod control;
mod engine;
mod errors;
mod faults;
mod limit;
mod line;
mod links;
mod log;
mod options;
mod paging;
mod patch;
mod portal;
mod query;
mod release;
mod reply;
mod rules;
mod server;
mod store;
mod tls;
mod validate;
mod view;
mod work;
mod world;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use contract::DOCUMENT;
pub use faults::Fault;
pub use log::LoggedRequest;
pub use options::{Options, Release, World};
pub use portal::Axcient;
pub use portal::exports::ExportsRequest;
pub use portal::x360recover::Behaviour;

/// How long open connections get to finish when the sandbox stops.
const STOP_DEADLINE: Duration = Duration::from_secs(2);

/// What the servers and the handle share.
struct Shared {
    contract: contract::Contract,
    options: Options,
    store: RwLock<store::Store>,
    keys: RwLock<auth::Keys>,
    clock: clock::Clock,
    log: Mutex<log::Log>,
    faults: Mutex<faults::Faults>,
    limit: Mutex<limit::Limit>,
    exports: Mutex<portal::exports::Exports>,
    axcient: portal::Axcient,
    /// Host and port, and the same with the scheme before it.
    authority: String,
    origin: String,
    stopped: watch::Receiver<bool>,
}

// A panic elsewhere must not take the sandbox's locks with it.
fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn reading<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn writing<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Returns when the sandbox stops.
    async fn stopping(&self) {
        // An error means that the handle is gone, which is an end too.
        let _ = self.stopped.clone().wait_for(|stop| *stop).await;
    }

    fn set_private_key(&self, key: &str) {
        if let Some(member) = writing(&self.keys).members.first_mut() {
            key.clone_into(&mut member.private_key);
        }
    }
}

/// A running sandbox. It serves as tasks on the runtime that started it, until it is stopped or
/// dropped.
pub struct Sandbox {
    shared: Arc<Shared>,
    ca_file: Option<PathBuf>,
    control: SocketAddr,
    exports: String,
    x360recover: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<io::Result<()>>>,
}

impl Sandbox {
    /// Builds the world and starts serving, on loopback only.
    pub async fn start(options: Options) -> io::Result<Sandbox> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let control_listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let exports_listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let x360recover_listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let x360recover = x360recover_listener.local_addr()?;
        let (tls, ca_file) = options.tls.as_deref().map(tls::prepare).transpose()?.unzip();
        let authority = listener.local_addr()?.to_string();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let control = control_listener.local_addr()?;
        let exports = format!("{scheme}://{}", exports_listener.local_addr()?);
        let contract = contract::Contract::load(options.release).map_err(io::Error::other)?;
        let clock = clock::Clock::starting(options.now);
        let axcient = portal::Axcient::start(clock.now()).map_err(io::Error::other)?;
        let store = world::build(&contract, &options, clock.now()).map_err(io::Error::other)?;
        let (stop, stopped) = watch::channel(false);
        let shared = Arc::new(Shared {
            contract,
            store: RwLock::new(store),
            keys: RwLock::new(world::keys(options.release)),
            options,
            clock,
            log: Mutex::default(),
            faults: Mutex::default(),
            limit: Mutex::default(),
            exports: Mutex::default(),
            axcient,
            origin: format!("{scheme}://{authority}"),
            authority,
            stopped,
        });
        let tasks = vec![
            tokio::spawn(portal::exports::serve(exports_listener, tls.clone(), shared.clone())),
            tokio::spawn(server::serve(listener, tls, shared.clone())),
            tokio::spawn(control::serve(control_listener, shared.clone())),
            tokio::spawn(portal::serve(x360recover_listener, shared.clone())),
        ];
        Ok(Sandbox { shared, ca_file, control, exports, x360recover, stop, tasks })
    }

    /// Where the PSA is: `http://127.0.0.1:PORT`, or `https://…`.
    pub fn url(&self) -> String {
        self.shared.origin.clone()
    }

    /// The certificate authority to trust where it is https: a PEM file, by its full path.
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// Where the sandbox is told what to do, from another process too.
    pub fn control_url(&self) -> String {
        format!("http://{}", self.control)
    }

    /// Where the portal's exports are, by their names; nothing is there before [`Sandbox::set_export`].
    pub fn exports_url(&self) -> String {
        self.exports.clone()
    }

    /// Puts an export there, in the place of the one before.
    pub fn set_export(&self, name: &str, body: impl Into<Vec<u8>>) {
        locked(&self.shared.exports).set(name, body.into(), self.shared.clock.now());
    }

    /// What `Authorization` must hold for the exports; none: anybody may read.
    pub fn set_exports_key(&self, key: Option<&str>) {
        locked(&self.shared.exports).key = key.map(str::to_owned);
    }

    /// Orders a fault of the exports.
    ///
    /// # Errors
    /// Where there is no such fault.
    pub fn add_exports_fault(&self, fault: Fault) -> Result<(), String> {
        locked(&self.shared.exports).faults.add(fault)
    }

    /// Forgets the faults of the exports that are left.
    pub fn clear_exports_faults(&self) {
        locked(&self.shared.exports).faults.clear();
    }

    /// Every request for an export since this was asked last.
    pub fn exports_requests(&self) -> Vec<ExportsRequest> {
        std::mem::take(&mut locked(&self.shared.exports).log)
    }

    /// Where the x360Recover API's server is: `http://127.0.0.1:PORT`, without a path.
    pub fn x360recover_origin(&self) -> String {
        format!("http://{}", self.x360recover)
    }

    /// Where the x360Recover API is, with its path.
    pub fn x360recover_url(&self) -> String {
        format!("{}/x360recover", self.x360recover_origin())
    }

    /// Axcient's side: what it has, how it behaves, what was asked of it.
    pub fn axcient(&self) -> &Axcient {
        &self.shared.axcient
    }

    /// The company ID to sign in with.
    pub fn company_id(&self) -> &'static str {
        world::COMPANY_ID
    }

    /// A client ID to send; any that is not empty is taken.
    pub fn client_id(&self) -> &'static str {
        world::CLIENT_ID
    }

    /// The keys of the API member that psactl uses.
    pub fn public_key(&self) -> String {
        self.key(0).0
    }

    /// The private key of the API member that psactl uses.
    pub fn private_key(&self) -> String {
        self.key(0).1
    }

    /// The keys of somebody else, the member `admin2`.
    pub fn second_public_key(&self) -> String {
        self.key(1).0
    }

    /// The private key of the member `admin2`.
    pub fn second_private_key(&self) -> String {
        self.key(1).1
    }

    /// The integrator login of the integrated world.
    pub fn integrator_username(&self) -> &'static str {
        world::INTEGRATOR.0
    }

    /// Its password.
    pub fn integrator_password(&self) -> &'static str {
        world::INTEGRATOR.1
    }

    /// Gives the first API member a new private key; the old one is refused from then on.
    pub fn set_private_key(&self, key: &str) {
        self.shared.set_private_key(key);
    }

    /// The sandbox's time.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Sets the sandbox's time; it runs on from there.
    pub fn set_now(&self, now: Timestamp) {
        self.shared.clock.set(now);
    }

    /// Orders a fault.
    pub fn add_fault(&self, fault: Fault) -> Result<(), String> {
        locked(&self.shared.faults).add(fault)
    }

    /// Forgets the faults that are left.
    pub fn clear_faults(&self) {
        locked(&self.shared.faults).clear();
    }

    /// Every request to the PSA since the start or the last clearing.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        locked(&self.shared.log).requests()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        locked(&self.shared.log).clear();
    }

    /// Stops: no new connections, open ones finish, at most for a short while.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        for mut task in std::mem::take(&mut self.tasks) {
            if tokio::time::timeout(STOP_DEADLINE, &mut task).await.is_err() {
                task.abort();
            }
        }
    }

    fn key(&self, at: usize) -> (String, String) {
        let keys = reading(&self.shared.keys);
        match keys.members.get(at) {
            Some(member) => (member.public_key.clone(), member.private_key.clone()),
            None => (String::new(), String::new()),
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
