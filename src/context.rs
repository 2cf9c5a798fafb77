//! What a command is handed: configuration, state, client, clock, looks. Nothing connects, opens or reads
//! before it is asked for.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use crate::config::{Config, Environment, Login};
use crate::error::{Exit, Failure, Result};
use crate::plan::apply::Secrets;
use crate::portal;
use crate::psa::{self, Client, Connection};
use crate::store::{self, Lock, Store};
use crate::ui::Ui;

/// How long a command waits for another that writes, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(60);
const TURN: Duration = Duration::from_millis(200);

/// What a command is handed.
pub struct Context {
    /// How things look.
    pub ui: Ui,
    /// The environment.
    pub environment: Environment,
    config: Option<PathBuf>,
    state: Option<PathBuf>,
    runtime: tokio::runtime::Runtime,
    /// Set by Ctrl-C: the change in hand is finished, no other begun.
    pub interrupted: Arc<AtomicBool>,
    /// Whether writes may be under way, so that Ctrl-C must wait for the one in hand.
    pub writing: Arc<AtomicBool>,
}

impl Context {
    /// A context for one command.
    ///
    /// # Errors
    /// Where the system refuses a runtime.
    pub fn new(
        ui: Ui,
        environment: Environment,
        config: Option<PathBuf>,
        state: Option<PathBuf>,
    ) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Context {
            ui,
            environment,
            config,
            state,
            runtime,
            interrupted: Arc::default(),
            writing: Arc::default(),
        })
    }

    /// The moment: the system's clock. In debug builds `PSACTL_NOW` stands for it: a test aid that no release has.
    pub fn now(&self) -> Timestamp {
        let set = if cfg!(debug_assertions) { self.environment.get("PSACTL_NOW") } else { None };
        set.and_then(|now| now.parse().ok()).unwrap_or_else(Timestamp::now)
    }

    /// The configuration.
    ///
    /// # Errors
    /// Where it is missing or invalid.
    pub fn config(&self) -> Result<Config> {
        Ok(Config::load(self.config.as_deref(), &self.environment)?)
    }

    /// Where the configuration is or would be.
    pub fn config_path(&self) -> Option<PathBuf> {
        Config::locate(self.config.as_deref(), &self.environment)
    }

    /// The folder of the state: `--state`, `PSACTL_STATE`, else the user's state folder.
    ///
    /// # Errors
    /// Where no home can be found.
    pub fn state_folder(&self) -> Result<PathBuf> {
        if let Some(folder) = &self.state {
            return Ok(folder.clone());
        }
        if let Some(folder) = self.environment.get("PSACTL_STATE") {
            return Ok(PathBuf::from(folder));
        }
        use etcetera::BaseStrategy;
        let strategy = etcetera::choose_base_strategy().map_err(|_| store::Error::NoFolder)?;
        // Windows has no state folder of its own; its cache folder is local, not roaming, as a database
        // must be.
        let folder = strategy.state_dir().unwrap_or_else(|| strategy.cache_dir());
        Ok(folder.join("psactl"))
    }

    /// The state.
    ///
    /// # Errors
    /// Where it cannot be opened, or is newer than this program.
    pub fn store(&self) -> Result<Store> {
        Ok(Store::open(&self.state_folder()?)?)
    }

    /// The state, where there is one: a command that only looks makes none.
    ///
    /// # Errors
    /// Where there is none, or it cannot be opened.
    pub fn existing_store(&self) -> Result<Store> {
        let folder = self.state_folder()?;
        if !Store::is_in(&folder) {
            let said = format!("there is no state of psactl in {}", folder.display());
            return Err(Failure::new(Exit::Configuration, said).hint(
                "name its folder with --state DIR or PSACTL_STATE; the first psactl setup or sync makes one",
            ));
        }
        self.store()
    }

    /// The state, for work with the configured ConnectWise.
    ///
    /// # Errors
    /// As [`Context::store`], and where it was made with another ConnectWise.
    pub fn store_for(&self, config: &Config) -> Result<Store> {
        Ok(self.store()?.opened_for(&config.connectwise.company_id)?)
    }

    /// The right to write. A person waits a moment for cron's sync; a job does not: it comes again.
    ///
    /// # Errors
    /// Where another psactl is at work, or nothing can be written.
    pub fn lock(&self, store: &Store, who: &str) -> Result<Lock> {
        if self.ui.is_by_hand() {
            return self.block_on(self.lock_patiently(store, who));
        }
        Ok(store.lock(who, self.now())?)
    }

    /// The right to write, for a command that gives it back while a person thinks: it waits a moment for cron's sync.
    ///
    /// # Errors
    /// Where another psactl is at work for longer than that.
    pub async fn lock_patiently(&self, store: &Store, who: &str) -> Result<Lock> {
        let mut waiting = None;
        for _ in 0..PATIENCE.as_millis() / TURN.as_millis() {
            match store.lock(who, self.now()) {
                Err(store::Error::Locked { holder, .. }) => {
                    waiting.get_or_insert_with(|| self.ui.waiting(&format!("waiting for {holder}")));
                    tokio::time::sleep(TURN).await;
                }
                lock => return Ok(lock?),
            }
        }
        Ok(store.lock(who, self.now())?)
    }

    /// Whether there is a state. A command that only looks makes none.
    pub fn has_state(&self) -> bool {
        self.state_folder().is_ok_and(|folder| Store::is_in(&folder))
    }

    /// The backup service's side, as it was last read. Where it was never asked, it is asked now.
    ///
    /// # Errors
    /// Where a secret cannot be read, or the service does not answer.
    pub fn portal(&self, config: &Config) -> Result<Box<dyn portal::Source>> {
        let folder = self.state_folder()?;
        store::refuse_open(&folder)?;
        let source = self.open_portal(config, &folder)?;
        // Without any answer kept there is nothing to look at: whoever runs the command tries at once.
        if source.asks_at().is_some() && source.stamp().is_err() {
            self.block_on(async { Ok(source.refresh(self.now()).await?) })?;
        }
        Ok(source)
    }

    /// The backup service's side with its copies in this folder; while it is asked, a terminal shows how far it is.
    ///
    /// # Errors
    /// Where a secret cannot be read.
    pub fn open_portal(&self, config: &Config, folder: &std::path::Path) -> Result<Box<dyn portal::Source>> {
        Ok(portal::open_telling(config, folder, &self.told())?)
    }

    /// Who is told how far the asking of the backup service is.
    pub fn told(&self) -> portal::Told {
        self.ui.counting("reading the history of backup jobs")
    }

    /// A client for the configured ConnectWise. Nothing is sent yet.
    ///
    /// # Errors
    /// Where the secret cannot be read or the site is not acceptable.
    pub fn client(&self, config: &Config) -> Result<Client> {
        let settings = &config.connectwise;
        let login = match &settings.login {
            Login::Keys { public_key, private_key } => psa::Login::ApiMember {
                public_key: public_key.clone(),
                private_key: private_key.read(config)?,
            },
            Login::Integrator { username, password } => {
                psa::Login::Integrator { username: username.clone(), password: password.read(config)? }
            }
        };
        let connection = Connection {
            site: settings.site.clone(),
            company_id: settings.company_id.clone(),
            client_id: settings.client_id.clone(),
            login,
            max_concurrency: settings.max_concurrency as usize,
            max_requests_per_minute: settings.max_requests_per_minute.unwrap_or(0),
            ca_file: settings.ca_file.as_ref().map(|path| config.resolve(path)),
        };
        Ok(Client::with_policy(connection, crate::testing::patience())?)
    }

    /// The secrets that set-up puts into request bodies.
    ///
    /// # Errors
    /// Where the integrator login's password cannot be read.
    pub fn secrets(&self, config: &Config) -> Result<Secrets> {
        Ok(Secrets::default().with_integrator_password(config.integrator_login.password.read(config)?))
    }

    /// Runs network work to its end. Ctrl-C ends it at once, or after the write in hand; a second Ctrl-C
    /// always ends it.
    ///
    /// # Errors
    /// What the work returns; [`Exit::Interrupted`] after Ctrl-C.
    pub fn block_on<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let stop = async {
            loop {
                if tokio::signal::ctrl_c().await.is_err() {
                    std::future::pending::<()>().await;
                }
                let again = self.interrupted.swap(true, Ordering::Relaxed);
                if again || !self.writing.load(Ordering::Relaxed) {
                    return;
                }
                self.ui.say("stopping after the change in hand; press Ctrl-C again to stop at once");
            }
        };
        self.runtime.block_on(async {
            tokio::select! {
                done = work => done,
                () = stop => Err(Failure::new(Exit::Interrupted, "interrupted")
                    .hint("run the command again: it goes on from where it stopped")),
            }
        })
    }
}
