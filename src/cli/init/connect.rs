//! Where ConnectWise is, which company, and a login that works.

use std::cell::RefCell;
use std::path::PathBuf;

use secrecy::SecretString;

use super::doc;
use super::report::{Company, LoginFound};
use super::secret::{Given, Wanted};
use super::talk::{Question, Talk};
use crate::config::site::understand;
use crate::error::{Failure, Result};
use crate::psa::{self, Client, Connection, OrEmpty, Trouble};
use crate::ui::text;

/// A client ID must be sent with every request, also before it is known.
const NONE_YET: &str = "00000000-0000-0000-0000-000000000000";

const PRIVATE_KEY: Wanted = Wanted {
    key: "connectwise.login.private_key",
    name: "private key",
    question: "The private key is",
    flag: "--private-key",
    file: "private-key",
    may_be_made_up: false,
};

const PASSWORD: Wanted = Wanted {
    key: "connectwise.login.password",
    name: "password",
    question: "Its password is",
    flag: "--password",
    file: "password",
    may_be_made_up: false,
};

/// What to do about a login that did not work.
#[derive(Clone, Copy)]
enum Mend {
    Login,
    ClientId,
    Again,
    Untested,
}

/// What to do about a company that was not found.
#[derive(Clone, Copy)]
enum Correct {
    Company,
    Site,
    Authority,
    Again,
    Untested,
}

impl Talk<'_> {
    /// Site and company: proved by the company look-up, which needs no login.
    pub fn company(&mut self) -> Result<()> {
        self.heading("ConnectWise");
        if let Some(path) = self.args.ca_file.take() {
            self.set_authority(&path.to_string_lossy());
        }
        let mut correct = Correct::Site;
        let mut first = true;
        loop {
            if first || matches!(correct, Correct::Site) {
                self.site()?;
            }
            if first || matches!(correct, Correct::Company) {
                self.company_id()?;
            }
            first = false;
            if !self.tests() {
                return Ok(());
            }
            let error = match self.look_up()? {
                Ok(company) => {
                    self.found(&company.words());
                    self.report.company = Some(company);
                    return Ok(());
                }
                Err(error) => error,
            };
            let failure = Failure::from(error.clone());
            if !self.asks() {
                return Err(failure);
            }
            self.trouble(&failure);
            let ways: &[(Correct, &str)] = match error {
                psa::Error::UnknownCompany { .. } => &[
                    (Correct::Company, "correct the company ID"),
                    (Correct::Site, "correct the site"),
                    (Correct::Untested, "go on all the same; nothing is tested"),
                ],
                psa::Error::Unreachable { trouble: Trouble::Certificate, .. } => &[
                    (Correct::Authority, "name the PEM file of a private certificate authority"),
                    (Correct::Site, "correct the site"),
                    (Correct::Again, "try again"),
                    (Correct::Untested, "go on all the same; nothing is tested"),
                ],
                _ => &[
                    (Correct::Site, "correct the site"),
                    (Correct::Company, "correct the company ID"),
                    (Correct::Again, "try again"),
                    (Correct::Untested, "go on all the same; nothing is tested"),
                ],
            };
            let words: Vec<&str> = ways.iter().map(|(_, words)| *words).collect();
            let chosen = self.choose("What now", &words, 0)?;
            correct = ways.get(chosen).map_or(Correct::Again, |(way, _)| *way);
            match correct {
                Correct::Authority => {
                    let check = super::secret::not_empty;
                    let file = self.context.ui.ask_text("PEM file", None, "--ca-file FILE", check)?;
                    self.set_authority(file.trim());
                }
                Correct::Untested => {
                    self.args.skip_test = true;
                    return Ok(());
                }
                _ => {}
            }
        }
    }

    fn set_authority(&mut self, typed: &str) {
        let path = self.absolute(typed);
        self.watch.answered("--ca-file", &path.display().to_string());
        self.document.set_path("connectwise.ca_file", &self.stored(&path));
    }

    fn site(&mut self) -> Result<()> {
        let given = self.args.site.take();
        let words = "Site (login page, or na, eu, au, aus, za)";
        let question = Question { flag: "--site", key: "connectwise.site", words };
        let corrections = RefCell::new(Vec::new());
        let site = self.text(&question, given.as_deref(), None, |text| {
            let understood = understand(text)?;
            corrections.replace(understood.corrections);
            Ok(understood.site)
        })?;
        for correction in corrections.into_inner() {
            self.found(&correction);
        }
        self.found(&format!("site {site}"));
        self.document.set_text("connectwise.site", &site);
        Ok(())
    }

    fn company_id(&mut self) -> Result<()> {
        let given = self.args.company_id.take();
        let words = "Company ID (what you type as Company at login)";
        let question = Question { flag: "--company-id", key: "connectwise.company_id", words };
        let id = self.text(&question, given.as_deref(), None, |text| match text {
            "" => Err("is empty".to_owned()),
            text if text.contains(char::is_whitespace) => Err("has a blank in it".to_owned()),
            text if text.contains('+') => {
                Err("has a plus sign in it: write only what stands before it".to_owned())
            }
            text => Ok(text.to_owned()),
        })?;
        self.document.set_text("connectwise.company_id", &id);
        Ok(())
    }

    fn look_up(&self) -> Result<std::result::Result<Company, psa::Error>> {
        let nobody = psa::Login::ApiMember { public_key: String::new(), private_key: "".into() };
        let client = match self.client_for(nobody) {
            Ok(client) => client,
            Err(error) => return Ok(Err(error)),
        };
        self.context.block_on(async {
            let info = match client.company_info().await {
                Ok(info) => info,
                Err(error) => return Ok(Err(error)),
            };
            let api_host = client.api_host().await?;
            Ok(Ok(Company {
                id: self.document.text("connectwise.company_id").unwrap_or_default(),
                name: text::clean(info.company_name.or_empty()),
                release: text::clean(
                    info.version_code.as_deref().or(info.version_number.as_deref()).unwrap_or_default(),
                ),
                api_host,
            }))
        })
    }

    fn client_for(&self, login: psa::Login) -> std::result::Result<Client, psa::Error> {
        let value = |key: &str| self.document.text(key).unwrap_or_default();
        let connection = Connection {
            site: value("connectwise.site"),
            company_id: value("connectwise.company_id"),
            client_id: self.document.text("connectwise.client_id").unwrap_or_else(|| NONE_YET.to_owned()),
            login,
            max_concurrency: 4,
            max_requests_per_minute: 600,
            ca_file: self
                .document
                .text("connectwise.ca_file")
                .map(|path| self.folder.join(PathBuf::from(path))),
        };
        Client::with_policy(connection, crate::testing::patience())
    }

    /// Client ID and login: proved by reading the system's description.
    pub fn login(&mut self) -> Result<()> {
        self.client_id()?;
        self.heading("How psactl signs in");
        let mut login = self.ask_login()?;
        loop {
            if !self.tests() {
                return Ok(());
            }
            let tried = match self.client_for(login.clone()) {
                Ok(client) => self.context.block_on(async { Ok((client.info().await, client)) })?,
                Err(error) => return Err(error.into()),
            };
            let failure = match tried {
                (Ok(info), client) => {
                    self.refused = false;
                    self.found("the login works");
                    if info.licence_covers("managed") == Some(false) {
                        self.warn(
                            "the licence does not cover managed services: the guide asks for the MSP add-on"
                                .into(),
                        );
                    }
                    self.report.login = Some(LoginFound {
                        kind: if login.is_integrator() { "integrator" } else { "keys" },
                        release: text::clean(info.version.or_empty()),
                    });
                    self.client = Some(client);
                    return Ok(());
                }
                (Err(error), _) => {
                    self.refused = matches!(error, psa::Error::Refused { .. });
                    Failure::from(error)
                }
            };
            if !self.asks() {
                return Err(failure);
            }
            self.trouble(&failure);
            let ways = [
                (Mend::Login, "enter the login again"),
                (Mend::ClientId, "correct the client ID"),
                (Mend::Again, "try the same again"),
                (Mend::Untested, "go on all the same; nothing more is tested"),
            ];
            let chosen = self.choose("What now", &ways.map(|(_, words)| words), 0)?;
            match ways.get(chosen).map(|(way, _)| *way) {
                Some(Mend::Login) => login = self.ask_login()?,
                Some(Mend::ClientId) => self.client_id()?,
                Some(Mend::Untested) => self.args.skip_test = true,
                Some(Mend::Again) | None => {}
            }
        }
    }

    fn client_id(&mut self) -> Result<()> {
        let given = self.args.client_id.take();
        let there = self.document.text("connectwise.client_id").is_some();
        if given.is_none() && !there {
            self.explain(
                "Every call carries a client ID, a GUID of your own. It is free: \
                 https://developer.connectwise.com/ClientID",
            );
        }
        let question = Question { flag: "--client-id", key: "connectwise.client_id", words: "Client ID" };
        let id = self.text(&question, given.as_deref(), None, |text| {
            let plain = text.trim_matches(['{', '}', '"', '\'']).to_ascii_lowercase();
            let groups: Vec<&str> = plain.split('-').collect();
            let hexadecimal = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
            let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
            if hexadecimal && lengths == [8, 4, 4, 4, 12] {
                Ok(plain)
            } else {
                Err("is not a GUID such as 3fa85f64-5717-4562-b3fc-2c963f66afa6: get yours at \
                     https://developer.connectwise.com/ClientID"
                    .to_owned())
            }
        })?;
        self.document.set_text("connectwise.client_id", &id);
        Ok(())
    }

    fn ask_login(&mut self) -> Result<psa::Login> {
        let given = self.args.signs_in_with_keys();
        let present = doc::signs_in_with_keys(&self.document);
        let keys = match given.or(if self.asks() { None } else { present }) {
            Some(keys) => keys,
            None => {
                let items =
                    ["the keys of an API member (today's way)", "an integrator login (the guide's way)"];
                self.choose("psactl signs in with", &items, usize::from(present == Some(false)))? == 0
            }
        };
        if keys { self.ask_keys() } else { self.ask_integrator() }
    }

    fn ask_keys(&mut self) -> Result<psa::Login> {
        let args = &self.args;
        let given = args.public_key.is_some() || args.signs_in_with_keys() == Some(true);
        if !self.refused && !given && self.document.text("connectwise.login.public_key").is_none() {
            self.explain(
                "In ConnectWise: System > Members > API Members, your member's API Keys. The private key is \
                 shown once, when the pair is made.",
            );
        }
        let given = self.args.public_key.take();
        let question =
            Question { flag: "--public-key", key: "connectwise.login.public_key", words: "Public key" };
        let public_key = self.text(&question, given.as_deref(), None, one_word)?;
        for key in ["connectwise.login.username", "connectwise.login.password"] {
            self.document.remove(key);
        }
        self.document.set_text("connectwise.login.public_key", &public_key);
        let args = &mut self.args;
        let given = Given {
            file: args.private_key_file.take(),
            command: args.private_key_command.take(),
            env: args.private_key_env.take(),
        };
        let private_key: SecretString = self.secret(&PRIVATE_KEY, given)?;
        Ok(psa::Login::ApiMember { public_key, private_key })
    }

    fn ask_integrator(&mut self) -> Result<psa::Login> {
        let given = self.args.username.take();
        let question = Question {
            flag: "--username",
            key: "connectwise.login.username",
            words: "User name of the integrator login",
        };
        let username = self.text(&question, given.as_deref(), None, one_word)?;
        for key in ["connectwise.login.public_key", "connectwise.login.private_key"] {
            self.document.remove(key);
        }
        self.document.set_text("connectwise.login.username", &username);
        let args = &mut self.args;
        let given = Given {
            file: args.password_file.take(),
            command: args.password_command.take(),
            env: args.password_env.take(),
        };
        let password = self.secret(&PASSWORD, given)?;
        Ok(psa::Login::Integrator { username, password })
    }
}

/// A text without blanks, as keys and user names are.
pub(super) fn one_word(text: &str) -> std::result::Result<String, String> {
    match text {
        "" => Err("is empty".to_owned()),
        text if text.contains(char::is_whitespace) => Err("has a blank in it".to_owned()),
        text => Ok(text.to_owned()),
    }
}
