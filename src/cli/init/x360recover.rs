//! Axcient's API: where it is, its key, and one call that proves it.

use secrecy::SecretString;

use super::secret::{Given, Wanted};
use super::talk::{Question, Talk};
use crate::error::{Exit, Failure, Result};
use crate::portal::x360recover::{Api, Patience};

/// The key's place in psactl.toml.
pub(super) const KEY: &str = "portal.x360recover.api_key";

const API_KEY: Wanted = Wanted {
    key: KEY,
    name: "API key",
    question: "The x360Recover API key is",
    flag: "--api-key",
    file: "axcient-key",
    may_be_made_up: false,
};

const USUAL: &str = "https://axapi.axcient.com/x360recover";
pub(super) const STORAGE: [&str; 3] = ["basic-storage", "select-storage", "bdr-storage"];

impl Talk<'_> {
    /// Address, key and the service that storage is billed as. Keys that belong to exports go.
    pub(super) fn x360recover(&mut self) -> Result<()> {
        for key in ["portal.accounts", "portal.events", "portal.brand", "portal.age_from"] {
            self.document.remove(key);
        }
        // The prefix was asked for before; where it is the usual one it was left out.
        if self.document.text("connectwise.managed_id_prefix").is_none() {
            self.document.set_text("connectwise.managed_id_prefix", "EFS-");
        }
        let key = "portal.x360recover.url";
        let given = self.args.portal_url.take();
        let question = Question { flag: "--portal-url", key, words: "Address of the x360Recover API" };
        let url = self.text(&question, given.as_deref(), Some(USUAL), crate::net::address)?;
        if self.document.text(key).as_deref().unwrap_or(USUAL) != url {
            self.document.set_text(key, &url);
        }
        self.explain("In the x360 Portal: Settings > API Keys, as an administrator. The key is shown once, when it is made.");
        self.refused = false;
        loop {
            let args = &mut self.args;
            let given = Given {
                file: args.api_key_file.take(),
                command: args.api_key_command.take(),
                env: args.api_key_env.take(),
            };
            let secret = self.secret(&API_KEY, given)?;
            if !self.tests() {
                break;
            }
            match self.organization(&url, secret) {
                Ok(name) => {
                    self.found(&format!("x360Recover answers: organization “{name}”"));
                    break;
                }
                Err(failure) if !self.asks() => return Err(failure),
                Err(failure) => {
                    self.refused = failure.exit == Exit::Refused;
                    self.trouble(&failure);
                    let ways = ["give the key again", "keep it: it will be right later"];
                    if self.choose("What now", &ways, 0)? == 1 {
                        break;
                    }
                }
            }
        }
        self.refused = false;
        self.storage_service()
    }

    /// One cheap call.
    fn organization(&self, url: &str, key: SecretString) -> Result<String> {
        let unusable = |why: String| {
            Failure::new(Exit::Configuration, format!("the x360Recover API cannot be asked: {why}"))
        };
        let ca_file = self.document.text("connectwise.ca_file").map(|file| self.folder.join(file));
        let api = Api::trusting(url, key, Patience::usual(), ca_file.as_deref()).map_err(unusable)?;
        self.context.block_on(async {
            let answer = api.organization().await;
            Ok(answer.map_err(|refusal| api.failure(&refusal))?.name)
        })
    }

    fn storage_service(&mut self) -> Result<()> {
        let key = "portal.x360recover.storage_service";
        let present = self.document.text(key);
        let present = present.as_deref().unwrap_or(STORAGE[0]);
        let chosen = match self.args.storage_service.take() {
            Some(given) => given,
            None => {
                let default = STORAGE.iter().position(|known| *known == present).unwrap_or(0);
                let words = [
                    "Basic Online Backup Storage",
                    "Select Online Backup Storage",
                    "ShadowProtect BDR Storage",
                ];
                let chosen = match self.asks() {
                    true => self.choose("Storage in Axcient's cloud is billed as", &words, default)?,
                    false => default,
                };
                STORAGE[chosen.min(STORAGE.len() - 1)]
            }
        };
        self.watch.answered("--storage-service", chosen);
        if chosen != present {
            self.document.set_text(key, chosen);
        }
        Ok(())
    }
}
