//! psactl.toml as a document to be edited: what is not touched stays as it was written, comments, order and
//! spacing included.

use std::fmt;
use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::SecretSource;
use super::secret::is_secret;

/// psactl.toml as it is written. Keys are named with dots: `connectwise.company_id`.
#[derive(Debug, Clone)]
pub struct Document(DocumentMut);

/// What a new psactl.toml begins as.
const NEW: &str = include_str!("new.toml");

/// Keys of values that are paths, relative to the file's folder.
const PATHS: &[&str] =
    &["connectwise.ca_file", "portal.accounts", "portal.events", "monitoring.prometheus_file"];

impl Document {
    /// A new file, with its comments and defaults and nothing answered yet.
    pub fn fresh() -> Document {
        // A test holds that it can be read.
        Document(NEW.parse().unwrap_or_default())
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// Where it is not TOML: line and column, and what was expected.
    pub fn parse(text: &str) -> Result<Document, String> {
        text.parse().map(Document).map_err(|error: toml_edit::TomlError| error.to_string())
    }

    /// A text that is there and not empty.
    pub fn text(&self, key: &str) -> Option<String> {
        self.item(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// A flag.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.item(key)?.as_bool()
    }

    /// A list of texts.
    pub fn words(&self, key: &str) -> Option<Vec<String>> {
        let list = self.item(key)?.as_array()?;
        Some(list.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect())
    }

    /// Every secret, by its key, with where it is.
    pub fn secrets(&self) -> Vec<(String, SecretSource)> {
        let mut found = Vec::new();
        leaves(self.0.as_table(), "", &mut found);
        found.into_iter().filter_map(|(key, _)| Some((key.clone(), self.secret(&key)?))).collect()
    }

    /// Where a secret is.
    pub fn secret(&self, key: &str) -> Option<SecretSource> {
        let table = self.item(key).filter(|_| is_secret(key))?.as_table_like()?;
        let (form, item) = table.iter().next()?;
        let value = item.as_str()?.to_owned();
        match form {
            "file" => Some(SecretSource::File(PathBuf::from(value))),
            "command" => Some(SecretSource::Command(value)),
            "env" => Some(SecretSource::Env(value)),
            _ => None,
        }
    }

    /// Sets a text; one that says so already is not touched.
    pub fn set_text(&mut self, key: &str, text: &str) {
        if self.item(key).and_then(Item::as_str) != Some(text) {
            self.set(key, text.into());
        }
    }

    /// Sets a flag.
    pub fn set_flag(&mut self, key: &str, flag: bool) {
        if self.flag(key) != Some(flag) {
            self.set(key, flag.into());
        }
    }

    /// Sets a list of texts; one with the same texts in any order is not touched.
    pub fn set_words(&mut self, key: &str, words: &[&str]) {
        let sorted = |mut words: Vec<String>| {
            words.sort();
            words
        };
        let wanted = sorted(words.iter().map(|word| (*word).to_owned()).collect());
        if self.words(key).map(sorted) != Some(wanted) {
            self.set(key, words.iter().copied().collect::<Array>().into());
        }
    }

    /// Sets where a secret is.
    pub fn set_secret(&mut self, key: &str, source: &SecretSource) {
        if self.secret(key).as_ref() == Some(source) {
            return;
        }
        let (form, value) = match source {
            SecretSource::File(path) => ("file", portable(path)),
            SecretSource::Command(command) => ("command", command.clone()),
            SecretSource::Env(name) => ("env", name.clone()),
        };
        let mut table = InlineTable::new();
        table.insert(form, value.into());
        self.set(key, table.into());
    }

    /// The catalog items of a service, each with whether it has a price; empty where the file names none.
    pub fn products(&self, service: &str) -> Vec<(String, bool)> {
        let product = |value: &Value| match value {
            Value::String(identifier) => Some((identifier.value().clone(), false)),
            value => {
                let table = value.as_inline_table()?;
                Some((table.get("identifier")?.as_str()?.to_owned(), table.contains_key("price")))
            }
        };
        match self.item(&format!("billing.products.{service}")) {
            Some(Item::Value(Value::Array(list))) => list.iter().filter_map(product).collect(),
            Some(Item::Value(value)) => product(value).into_iter().collect(),
            Some(Item::Table(table)) => {
                let identifier = table.get("identifier").and_then(Item::as_str).map(str::to_owned);
                identifier.map(|identifier| (identifier, table.contains_key("price"))).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Sets the one catalog item of a service, and the price to make it at.
    pub fn set_product(&mut self, service: &str, identifier: &str, price: Option<&str>) {
        let key = format!("billing.products.{service}");
        match price {
            None => self.set(&key, identifier.into()),
            Some(price) => {
                let mut table = InlineTable::new();
                table.insert("identifier", identifier.into());
                table.insert("price", price.into());
                self.set(&key, table.into());
            }
        }
    }

    /// Sets a path, with `/` between its parts, which every system takes.
    pub fn set_path(&mut self, key: &str, path: &Path) {
        self.set_text(key, &portable(path));
    }

    /// Takes a key out, if it is there.
    pub fn remove(&mut self, key: &str) {
        let (sections, last) = split(key);
        if let Some(table) = self.table(&sections) {
            table.remove(last);
        }
    }

    /// Takes over every value of another file, whose relative paths are read against its folder.
    pub fn take_over(&mut self, other: &Document, folder: &Path) {
        let mut found = Vec::new();
        leaves(other.0.as_table(), "", &mut found);
        // One file's way to sign in is not mixed with the other's.
        if found.iter().any(|(key, _)| key.starts_with("connectwise.login.")) {
            for key in ["public_key", "private_key", "username", "password"] {
                self.remove(&format!("connectwise.login.{key}"));
            }
        }
        for (key, value) in found {
            if PATHS.contains(&key.as_str())
                && let Some(path) = value.as_str().filter(|path| !path.is_empty() && !path.contains("://"))
            {
                self.set_path(&key, &folder.join(path));
            } else if let Some(SecretSource::File(path)) = other.secret(&key) {
                self.set_secret(&key, &SecretSource::File(folder.join(path)));
            } else {
                self.set(&key, value);
            }
        }
    }

    fn item(&self, key: &str) -> Option<&Item> {
        let mut item = self.0.as_item();
        for part in key.split('.') {
            item = item.as_table_like()?.get(part)?;
        }
        Some(item)
    }

    /// Sets a value where the old one stood, with the blanks and the comment around it.
    fn set(&mut self, key: &str, mut value: Value) {
        let (sections, last) = split(key);
        let Some(table) = self.table(&sections) else { return };
        value.decor_mut().clear();
        match table.get_mut(last) {
            Some(Item::Value(old)) => {
                *value.decor_mut() = old.decor().clone();
                *old = value;
            }
            _ => {
                table.insert(last, Item::Value(value));
            }
        }
    }

    /// The table of a section, made where it is missing; `None` where something else stands in its place.
    fn table(&mut self, sections: &[&str]) -> Option<&mut dyn TableLike> {
        let mut table: &mut dyn TableLike = self.0.as_table_mut();
        for (depth, section) in sections.iter().enumerate() {
            if table.get(section).is_none() {
                let mut made = Table::new();
                // [connectwise] alone is not written for the sake of [connectwise.login].
                made.set_implicit(depth + 1 < sections.len());
                table.insert(section, Item::Table(made));
            }
            table = table.get_mut(section)?.as_table_like_mut()?;
        }
        Some(table)
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

fn split(key: &str) -> (Vec<&str>, &str) {
    let mut parts: Vec<&str> = key.split('.').collect();
    let last = parts.pop().unwrap_or_default();
    (parts, last)
}

/// A path as psactl.toml has it.
fn portable(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
}

/// Every value with its key; what says where a secret is counts as one.
fn leaves(table: &dyn TableLike, section: &str, found: &mut Vec<(String, Value)>) {
    for (name, item) in table.iter() {
        let key = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
        match item {
            Item::Value(value) if !value.is_inline_table() || is_secret(&key) => {
                found.push((key, value.clone()));
            }
            // A product with its price is one value.
            Item::Value(value) if matches!(section, "billing.products" | "billing.flat_fees") => {
                found.push((key, value.clone()))
            }
            item => {
                if let Some(inner) = item.as_table_like() {
                    leaves(inner, &key, found);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Environment};

    fn document(text: &str) -> Document {
        Document::parse(text).expect("a document")
    }

    #[test]
    fn the_new_file_lacks_only_what_is_asked() {
        let mut new = document(NEW);
        for (key, text) in [
            ("connectwise.site", "https://na.myconnectwise.net"),
            ("connectwise.company_id", "acme"),
            ("connectwise.client_id", "6f1b9c1e-0000-4000-8000-00805f9b34fb"),
            ("connectwise.login.public_key", "abc"),
            ("integrator_login.username", "efolder-api"),
            ("portal.accounts", "accounts.csv"),
            ("portal.events", "events.csv"),
            ("tickets.board", "Professional Services"),
        ] {
            new.set_text(key, text);
        }
        new.set_secret("connectwise.login.private_key", &SecretSource::File("private-key".into()));
        new.set_secret("integrator_login.password", &SecretSource::Command("pass show \"x\"".into()));
        let text = new.to_string();
        let config = Config::parse(&text, Path::new("p"), &Environment::empty()).expect(&text);
        // What it writes out are the defaults.
        let least = "[connectwise]\nsite = \"https://a.b\"\ncompany_id = \"c\"\n\
            client_id = \"6f1b9c1e-0000-4000-8000-00805f9b34fb\"\n[connectwise.login]\npublic_key = \"k\"\n\
            private_key = { file = \"f\" }\n[integrator_login]\nusername = \"u\"\npassword = { env = \"E\" }\n\
            [portal]\naccounts = \"a\"\nevents = \"e\"\n[tickets]\nboard = \"b\"\n";
        let least = Config::parse(least, Path::new("p"), &Environment::empty()).expect("the least");
        assert_eq!(config.billing.guard, least.billing.guard);
        assert_eq!(config.billing.services, least.billing.services);
        assert_eq!(config.tickets.severities, least.tickets.severities);
        assert_eq!(config.portal.max_age, least.portal.max_age);
        assert_eq!(config.connectwise.management_solution, least.connectwise.management_solution);
    }

    #[test]
    fn an_edit_touches_nothing_else() {
        // before, what is set, after
        type Edit = fn(&mut Document);
        let table: [(&str, Edit, &str); 10] = [
            (
                "# top\n[tickets] # mine\nboard =  \"Old\"   # theirs\nenabled=true\n",
                |d| d.set_text("tickets.board", "New"),
                "# top\n[tickets] # mine\nboard =  \"New\"   # theirs\nenabled=true\n",
            ),
            (
                "[tickets]\nboard = 'Same'\n",
                |d| d.set_text("tickets.board", "Same"),
                "[tickets]\nboard = 'Same'\n",
            ),
            (
                "[tickets]\nenabled = true # on\n",
                |d| d.set_flag("tickets.enabled", false),
                "[tickets]\nenabled = false # on\n",
            ),
            (
                "[tickets]\nseverities = [ 'error', \"warning\" ]\n",
                |d| d.set_words("tickets.severities", &["warning", "error"]),
                "[tickets]\nseverities = [ 'error', \"warning\" ]\n",
            ),
            (
                "[tickets]\nseverities = [\"error\"] # few\n",
                |d| d.set_words("tickets.severities", &["warning", "error"]),
                "[tickets]\nseverities = [\"warning\", \"error\"] # few\n",
            ),
            (
                "z = { b = 1, a = 2 } # keep\n",
                |d| d.set_text("connectwise.login.username", "u"),
                "z = { b = 1, a = 2 } # keep\n\n[connectwise.login]\nusername = \"u\"\n",
            ),
            (
                "connectwise = { site = \"x\" }\n",
                |d| d.set_text("connectwise.site", "y"),
                "connectwise = { site = \"y\" }\n",
            ),
            (
                "portal.accounts = \"a.csv\"\n",
                |d| d.set_text("portal.accounts", "b.csv"),
                "portal.accounts = \"b.csv\"\n",
            ),
            ("[a]\n# of b\nb = 1\n# of c\nc = 2\n", |d| d.remove("a.b"), "[a]\n# of c\nc = 2\n"),
            (
                "[integrator_login]\npassword = { file = \"f\" } # where\n",
                |d| d.set_secret("integrator_login.password", &SecretSource::Env("E".into())),
                "[integrator_login]\npassword = { env = \"E\" } # where\n",
            ),
        ];
        for (before, edit, after) in table {
            let mut document = document(before);
            edit(&mut document);
            assert_eq!(document.to_string(), after);
        }
    }

    #[test]
    fn products_are_read_in_every_form() {
        let mut document = document(
            "[billing.products]\na = \"One\"\nb = { identifier = \"Two\", price = \"1\" }\n\
             c = [\"Three\", { identifier = \"Four\" }]\n",
        );
        let one = |identifier: &str, price| vec![(identifier.to_owned(), price)];
        assert_eq!(document.products("a"), one("One", false));
        assert_eq!(document.products("b"), one("Two", true));
        assert_eq!(document.products("c").len(), 2);
        assert_eq!(document.products("d"), []);
        document.set_product("a", "One", Some("2.00"));
        document.set_product("b", "Two", None);
        let text = document.to_string();
        assert!(text.contains("a = { identifier = \"One\", price = \"2.00\" }\nb = \"Two\"\n"), "{text}");
    }

    #[test]
    fn another_file_is_taken_over_with_its_paths() {
        let mut own =
            document("# mine\n[connectwise.login]\npublic_key = \"k\"\nprivate_key = {env=\"K\"}\n");
        let other = document(
            "[connectwise]\ncompany_id = \"c\" # theirs\nca_file = \"\"\n[connectwise.login]\nusername = \"u\"\n\
             password = { file = \"pw\" }\n[portal]\naccounts = \"a.csv\"\n\
             [billing.products]\nbdr-storage = { identifier = \"i\", price = \"1\" }\n",
        );
        own.take_over(&other, Path::new("/there"));
        assert_eq!(own.text("connectwise.login.public_key"), None);
        assert_eq!(own.secret("connectwise.login.password"), Some(SecretSource::File("/there/pw".into())));
        assert_eq!(own.text("portal.accounts").as_deref(), Some("/there/a.csv"));
        let text = own.to_string();
        assert!(text.contains("# mine\n") && !text.contains("theirs"), "{text}");
        assert!(text.contains("bdr-storage = { identifier = \"i\", price = \"1\" }"), "{text}");
    }
}
