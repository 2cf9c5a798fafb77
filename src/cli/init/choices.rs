//! What is integrated, and how: integrations, services, board, notifications, names.

use clap::ValueEnum;

use super::args::{Integration, Severity, Switch};
use super::connect::one_word;
use super::secret::{Given, Wanted};
use super::talk::{Question, Talk, refused};
use crate::error::{Exit, Failure, Result};
use crate::psa::{Board, OrEmpty, Query, paths};
use crate::ui::text;

const INTEGRATOR_PASSWORD: Wanted = Wanted {
    key: "integrator_login.password",
    name: "integrator login's password",
    question: "Its password is",
    flag: "--integrator-password",
    file: "integrator-password",
    may_be_made_up: true,
};

impl Talk<'_> {
    /// Which of the three integrations are on.
    pub fn integrations(&mut self) -> Result<Vec<Integration>> {
        self.heading("What is integrated");
        let present = |talk: &Self, one: Integration| talk.document.flag(one.key()).unwrap_or(true);
        let on: Vec<Integration> = match self.args.integrations.take() {
            Some(on) => {
                self.watch.answered("--integrations", &value_list(&on));
                on
            }
            None if self.asks() => {
                let items = Integration::ALL.map(|one| (one.words(), present(self, one)));
                let ui = &self.context.ui;
                let chosen = ui.choose_many("Integrations", &items, "--integrations")?;
                let on: Vec<_> = chosen.iter().filter_map(|at| Integration::ALL.get(*at).copied()).collect();
                self.watch.answered("--integrations", &value_list(&on));
                on
            }
            None => Integration::ALL.into_iter().filter(|one| present(self, *one)).collect(),
        };
        if on.is_empty() {
            self.warn("no integration is on: psactl will do nothing".to_owned());
        }
        for one in Integration::ALL {
            // A default that is not written out stays so.
            if present(self, one) != on.contains(&one) {
                self.document.set_flag(one.key(), on.contains(&one));
            }
        }
        Ok(on)
    }

    /// The seven switches, and invoice descriptions (guide step 6b).
    pub fn services(&mut self) -> Result<()> {
        let present = |talk: &Self, switch: Switch| {
            talk.document.flag(switch.names().0).unwrap_or_else(|| switch.default())
        };
        let on: Vec<Switch> = match self.args.services.take() {
            Some(on) => {
                self.watch.answered("--services", &value_list(&on));
                on
            }
            None if self.asks() => {
                let items = Switch::ALL.map(|switch| (switch.names().1, present(self, switch)));
                let chosen = self.context.ui.choose_many("Billed services", &items, "--services")?;
                let on: Vec<_> = chosen.iter().filter_map(|at| Switch::ALL.get(*at).copied()).collect();
                self.watch.answered("--services", &value_list(&on));
                on
            }
            None => Switch::ALL.into_iter().filter(|switch| present(self, *switch)).collect(),
        };
        for switch in Switch::ALL {
            let wanted = on.contains(&switch);
            // A default that is not written out stays so.
            if present(self, switch) != wanted {
                self.document.set_flag(switch.names().0, wanted);
            }
        }
        let key = "billing.update_invoice_descriptions";
        let question = Question {
            flag: "--invoice-descriptions",
            key,
            words: "Write the use of each account into invoice descriptions",
        };
        let wanted = self.flag(&question, self.args.invoice_descriptions, true)?;
        if self.document.flag(key).unwrap_or(true) != wanted {
            self.document.set_flag(key, wanted);
        }
        Ok(())
    }

    /// The board of guide step 1, from those that ConnectWise has where the login may read them.
    pub fn board(&mut self) -> Result<()> {
        let boards = self.boards()?;
        let given = self.args.board.take();
        let key = "tickets.board";
        let question = Question { flag: "--board", key, words: "Service board for tickets" };
        let Some(boards) = boards else {
            let board = self.text(&question, given.as_deref(), None, |text| match text {
                "" => Err("is empty".to_owned()),
                text => Ok(text.to_owned()),
            })?;
            self.document.set_text(key, &board);
            return Ok(());
        };
        let wanted = given.or_else(|| self.document.text(key).filter(|_| !self.asks()));
        if let Some(wanted) = wanted {
            if boards.contains(&wanted) {
                self.watch.answered("--board", &wanted);
                self.document.set_text(key, &wanted);
                return Ok(());
            }
            let names: Vec<String> = boards.iter().map(|name| format!("“{}”", text::clean(name))).collect();
            let failure = Failure::new(
                Exit::Configuration,
                format!("ConnectWise has no active service board “{}”", text::clean(&wanted)),
            )
            .hint(format!("--board with one of these: {}", names.join(", ")));
            if !self.asks() {
                return Err(failure);
            }
            self.trouble(&failure);
        }
        let names: Vec<String> = boards.iter().map(|name| text::clean(name)).collect();
        let present = self.document.text(key);
        let default = boards.iter().position(|name| Some(name) == present.as_ref()).unwrap_or(0);
        let items: Vec<&str> = names.iter().map(String::as_str).collect();
        let chosen = self.choose(question.words, &items, default)?;
        if let Some(board) = boards.get(chosen) {
            self.document.set_text(key, board);
            self.watch.answered("--board", board);
        }
        Ok(())
    }

    /// The names of the boards that tickets can go to; `None` where they cannot be read.
    fn boards(&mut self) -> Result<Option<Vec<String>>> {
        let Some(client) = self.client.clone() else { return Ok(None) };
        let boards: Vec<Board> =
            match self.context.block_on(async { Ok(client.list(&paths::boards(), &Query::all()).await) })? {
                Ok(boards) => boards,
                // Said with the rights.
                Err(error) if error.is_login_or_rights() => return Ok(None),
                Err(error) => return Err(error.into()),
            };
        let usable = boards.iter().filter(|board| !board.inactive_flag && !board.project_flag);
        let mut names: Vec<String> = usable.map(|board| board.name.or_empty().to_owned()).collect();
        names.sort();
        if names.is_empty() {
            self.warn("ConnectWise shows this login no active service board".to_owned());
            return Ok(None);
        }
        Ok(Some(names))
    }

    /// Guide step 7: which events open tickets, and who reads them.
    pub fn notifications(&mut self) -> Result<()> {
        let key = "tickets.severities";
        let present = self.document.words(key).unwrap_or_else(|| vec!["warning".into(), "error".into()]);
        let is_on = |severity: Severity| present.iter().any(|word| word == severity.word());
        let chosen: Vec<Severity> = match self.args.severities.take() {
            Some(chosen) => {
                self.watch.answered("--severities", &value_list(&chosen));
                chosen
            }
            None if self.asks() => loop {
                let items = Severity::ALL.map(|severity| (severity.word(), is_on(severity)));
                let places =
                    self.context.ui.choose_many("Severities that open a ticket", &items, "--severities")?;
                let chosen: Vec<_> = places.iter().filter_map(|at| Severity::ALL.get(*at).copied()).collect();
                if !chosen.is_empty() {
                    self.watch.answered("--severities", &value_list(&chosen));
                    break chosen;
                }
                self.context.ui.problem("x mark at least one, with the space bar");
            },
            None => Severity::ALL.into_iter().filter(|severity| is_on(*severity)).collect(),
        };
        let words: Vec<&str> = chosen.iter().map(|severity| severity.word()).collect();
        if words.is_empty() {
            return Err(refused("--severities", "names none"));
        }
        let same = words.len() == present.len() && words.iter().all(|word| present.iter().any(|p| p == word));
        if !same {
            self.document.set_words(key, &words);
        }
        let key = "tickets.visible_to_customer";
        let question = Question {
            flag: "--visible-to-customer",
            key,
            words: "The customer's contact reads the notes of tickets, and gets them by e-mail",
        };
        let visible = self.flag(&question, self.args.visible_to_customer, false)?;
        if self.document.flag(key).unwrap_or(false) != visible {
            self.document.set_flag(key, visible);
        }
        Ok(())
    }

    /// Management solution and prefix (guide step 4, company step 1).
    pub fn names_in_connectwise(&mut self) -> Result<()> {
        let given = self.args.management_solution.take();
        let key = "connectwise.management_solution";
        let question =
            Question { flag: "--management-solution", key, words: "Management solution (guide step 4)" };
        let solution = self.text(&question, given.as_deref(), Some("eFolder"), |text| match text {
            "" => Err("is empty".to_owned()),
            text if text.chars().count() > 30 => Err("is longer than 30 characters".to_owned()),
            text => Ok(text.to_owned()),
        })?;
        if self.document.text(key).as_deref().unwrap_or("eFolder") != solution {
            self.document.set_text(key, &solution);
        }
        let given = self.args.managed_id_prefix.take();
        let key = "connectwise.managed_id_prefix";
        let question = Question {
            flag: "--managed-id-prefix",
            key,
            words: "Managed ID prefix (EFS- makes EFS-342 of customer 342)",
        };
        let prefix = self.text(&question, given.as_deref(), Some("EFS-"), |text| {
            let prefix = one_word(text)?;
            if prefix.chars().count() > 30 {
                Err("is longer than 30 characters".to_owned())
            } else {
                Ok(prefix)
            }
        })?;
        if self.document.text(key).as_deref().unwrap_or("EFS-") != prefix {
            self.document.set_text(key, &prefix);
        }
        Ok(())
    }

    /// The login of guide step 2, which set-up makes.
    pub fn integrator_login(&mut self) -> Result<()> {
        self.heading("The integrator login (guide step 2)");
        self.explain("`psactl setup` makes it in ConnectWise, or adopts the one of this name.");
        let own = self.document.text("connectwise.login.username");
        let given = self.args.integrator_username.take();
        let key = "integrator_login.username";
        let question = Question { flag: "--integrator-username", key, words: "Its user name" };
        let proposed = own.clone().unwrap_or_else(|| "efolder-api".to_owned());
        let username = self.text(&question, given.as_deref(), Some(&proposed), one_word)?;
        self.document.set_text(key, &username);
        let args = &mut self.args;
        let given = Given {
            file: args.integrator_password_file.take(),
            command: args.integrator_password_command.take(),
            env: args.integrator_password_env.take(),
        };
        let nothing_given = given.file.is_none() && given.command.is_none() && given.env.is_none();
        if own.as_ref() == Some(&username)
            && nothing_given
            && let Some(source) = self.document.secret("connectwise.login.password")
        {
            self.document.set_secret(INTEGRATOR_PASSWORD.key, &source);
            self.found("it is the login that psactl signs in with: its password is known");
            return Ok(());
        }
        self.secret(&INTEGRATOR_PASSWORD, given)?;
        Ok(())
    }
}

/// A list as its flag takes it.
fn value_list<T: ValueEnum>(values: &[T]) -> String {
    let names: Vec<String> = values
        .iter()
        .filter_map(ValueEnum::to_possible_value)
        .map(|value| value.get_name().to_owned())
        .collect();
    names.join(",")
}
