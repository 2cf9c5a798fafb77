//! Where a secret is kept, and what it is: typed unseen, from a command, or from a variable.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::talk::{Talk, Typed, refused};
use crate::config::{SecretSource, flaw};
use crate::error::{Failure, Result};

/// A secret to be asked for.
pub(super) struct Wanted {
    /// Its key in psactl.toml.
    pub key: &'static str,
    /// What it is called: “private key”.
    pub name: &'static str,
    /// The question where it is.
    pub question: &'static str,
    /// Its flag, without `-file`, `-command` or `-env`.
    pub flag: &'static str,
    /// The file that it is kept in, beside psactl.toml.
    pub file: &'static str,
    /// Whether one can be made up: nothing else knows it yet.
    pub may_be_made_up: bool,
}

/// What the flags say of it.
#[derive(Default)]
pub(super) struct Given {
    pub file: Option<PathBuf>,
    pub command: Option<String>,
    pub env: Option<String>,
}

impl Talk<'_> {
    /// Settles where a secret is and reads it. A typed one is written with the file, not before.
    pub fn secret(&mut self, wanted: &Wanted, given: Given) -> Result<SecretString> {
        if let Some((source, flag)) = self.given(wanted, given) {
            // People do write `echo hunter2`: a command is not repeated.
            match &source {
                SecretSource::File(path) => {
                    self.watch.answered(&flag, &self.folder.join(path).display().to_string());
                }
                SecretSource::Env(name) => self.watch.answered(&flag, name),
                SecretSource::Command(_) => {}
            }
            match self.read(&source) {
                Ok(value) => return Ok(self.keep(wanted, source, value)),
                Err(failure) if !self.asks() => return Err(failure.context(format!("reading {flag}"))),
                Err(failure) => self.trouble(&failure),
            }
        }
        let present = match self.secret_of(wanted.key) {
            Some((source, Ok(value))) => Some((source, value)),
            Some((_, Err(failure))) if !self.asks() => return Err(failure),
            Some((_, Err(failure))) => {
                self.trouble(&failure);
                None
            }
            None => None,
        };
        if !self.asks() {
            return match present {
                Some((_, value)) => Ok(value),
                None if wanted.may_be_made_up => self.make_up(wanted),
                None => Err(refused(&format!("{}-file", wanted.flag), "is missing")),
            };
        }
        self.ask_secret(wanted, present)
    }

    fn given(&self, wanted: &Wanted, given: Given) -> Option<(SecretSource, String)> {
        let Given { file, command, env } = given;
        let flag = |form: &str| format!("{}-{form}", wanted.flag);
        if let Some(file) = file {
            let path = self.absolute(&file.to_string_lossy());
            return Some((SecretSource::File(self.stored(&path)), flag("file")));
        }
        command
            .map(|command| (SecretSource::Command(command), flag("command")))
            .or_else(|| env.map(|name| (SecretSource::Env(name), flag("env"))))
    }

    fn ask_secret(
        &mut self,
        wanted: &Wanted,
        present: Option<(SecretSource, SecretString)>,
    ) -> Result<SecretString> {
        let name = wanted.name;
        let path = self.file_for(wanted);
        #[derive(Clone, Copy)]
        enum Way {
            Keep,
            MakeUp,
            Type,
            Command,
            Env,
        }
        let mut ways = Vec::new();
        if let Some((source, _)) = &present {
            ways.push((Way::Keep, format!("as it is ({})", source.describe())));
        }
        let file = self.stored(&path);
        if wanted.may_be_made_up {
            ways.push((Way::MakeUp, format!("made up now, kept in the file {}", file.display())));
        }
        let typed = ways.len();
        ways.push((Way::Type, format!("typed now, kept in the file {}", file.display())));
        ways.push((Way::Command, "printed by a command (a password manager)".to_owned()));
        ways.push((Way::Env, "in an environment variable (the weakest)".to_owned()));
        // What was just refused is hardly to be kept.
        let default = if self.refused && !wanted.may_be_made_up { typed } else { 0 };
        loop {
            let words: Vec<&str> = ways.iter().map(|(_, words)| words.as_str()).collect();
            let chosen = self.choose(wanted.question, &words, default)?;
            let source = match ways.get(chosen).map(|(way, _)| *way) {
                Some(Way::Keep) => {
                    if let Some((_, value)) = present {
                        return Ok(value);
                    }
                    continue;
                }
                Some(Way::MakeUp) => return self.make_up(wanted),
                Some(Way::Type) | None => {
                    let words = format!("{}, not shown", capital(name));
                    let flag = format!("{}-file FILE", wanted.flag);
                    let check = |secret: &str| match wrong(secret) {
                        Some(why) => Err(format!("x the {name} {why}: copy or type it again")),
                        None => Ok(()),
                    };
                    let value = self.context.ui.ask_secret(&words, &flag, check)?;
                    return Ok(self.keep_typed(wanted, path, value));
                }
                Some(Way::Command) => {
                    let flag = format!("{}-command", wanted.flag);
                    let command = self.context.ui.ask_text("Command", None, &flag, not_empty)?;
                    SecretSource::Command(command)
                }
                Some(Way::Env) => {
                    let flag = format!("{}-env", wanted.flag);
                    let name = self.context.ui.ask_text("Name of the variable", None, &flag, not_empty)?;
                    self.watch.answered(&flag, &name);
                    SecretSource::Env(name)
                }
            };
            match self.read(&source) {
                Ok(value) => return Ok(self.keep(wanted, source, value)),
                Err(failure) => self.trouble(&failure),
            }
        }
    }

    /// The file for a typed secret: the one that psactl.toml names, else one that is not there yet, so that
    /// nobody else's secret is written over.
    fn file_for(&self, wanted: &Wanted) -> PathBuf {
        if let Some(SecretSource::File(path)) = self.document.secret(wanted.key) {
            let path = self.folder.join(path);
            if path.starts_with(&self.folder) {
                return path;
            }
        }
        let name = |number: u32| match number {
            1 => wanted.file.to_owned(),
            number => format!("{}-{number}", wanted.file),
        };
        let free = |path: &PathBuf| {
            !path.exists() && !self.typed.iter().any(|typed| typed.key != wanted.key && typed.path == *path)
        };
        let mut paths = (1..1000).map(|number| self.folder.join(name(number)));
        paths.find(free).unwrap_or_else(|| self.folder.join(wanted.file))
    }

    fn keep(&mut self, wanted: &Wanted, source: SecretSource, value: SecretString) -> SecretString {
        self.typed.retain(|typed| typed.key != wanted.key);
        self.document.set_secret(wanted.key, &source);
        value
    }

    fn keep_typed(&mut self, wanted: &Wanted, path: PathBuf, value: SecretString) -> SecretString {
        let source = SecretSource::File(self.stored(&path));
        let value = self.keep(wanted, source, value);
        self.typed.push(Typed { key: wanted.key, path, value: value.clone() });
        value
    }

    /// Makes up a password: 28 letters and digits from the system's source of chance, about 160 bits.
    fn make_up(&mut self, wanted: &Wanted) -> Result<SecretString> {
        const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
        let mut bytes = [0; 256];
        rustls::crypto::ring::default_provider()
            .secure_random
            .fill(&mut bytes)
            .map_err(|_| Failure::from(anyhow::anyhow!("the system gives no random numbers")))?;
        // What would make some letters likelier than others is left out.
        let even = bytes.iter().filter(|byte| usize::from(**byte) < 256 / LETTERS.len() * LETTERS.len());
        let letters = even.filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()));
        let value: String = letters.take(28).map(|byte| char::from(*byte)).collect();
        let path = self.file_for(wanted);
        Ok(self.keep_typed(wanted, path, value.into()))
    }

    /// The secret files to be written, each with whether one is replaced.
    pub fn secret_files(&self) -> impl Iterator<Item = (&Path, &str, bool)> {
        self.typed
            .iter()
            .map(|typed| (typed.path.as_path(), typed.value.expose_secret(), typed.path.exists()))
    }
}

/// What is wrong with a pasted secret; blanks inside are what a line broken in two leaves.
fn wrong(secret: &str) -> Option<&'static str> {
    flaw(secret).or_else(|| secret.contains(char::is_whitespace).then_some("has a blank in it"))
}

pub(super) fn not_empty(text: &str) -> std::result::Result<(), String> {
    if text.trim().is_empty() { Err("is empty".to_owned()) } else { Ok(()) }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slips_in_when_pasting_is_named() {
        for (secret, why) in [
            ("", Some("is empty")),
            (" key", Some("begins with a blank")),
            ("key ", Some("ends with a blank")),
            ("k ey", Some("has a blank in it")),
            ("key", None),
        ] {
            assert_eq!(wrong(secret), why, "{secret:?}");
        }
    }
}
