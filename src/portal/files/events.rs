//! The event export.

use super::accounts::{Accounts, without_links};
use super::encoding;
use super::headings::{folded, found, mapped};
use super::sheet::{Kind, Row, Sheet};
use super::table::broken;
use super::time::{self, Zones};
use super::{Error, Settings};
use crate::config::hex;
use crate::portal::wording;
use crate::portal::{About, Account, Event, EventKind, RowProblem, Severity, Taker, Unended};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

struct Columns {
    id: Option<usize>,
    when: usize,
    account: usize,
    cid: Option<usize>,
    severity: Option<usize>,
    kind: Option<usize>,
    text: usize,
}

/// What was read of one file; its events are the taker's.
pub(super) struct Read {
    pub rows: usize,
    pub problems: Vec<RowProblem>,
    pub unended: Option<Unended>,
    pub about: About,
}

/// Reads an event export from its bytes.
pub(super) fn read_bytes(
    bytes: &[u8],
    file: &Path,
    accounts: &Accounts,
    settings: &Settings,
    taker: &mut dyn Taker,
) -> Result<Read, Error> {
    let text = encoding::decode(bytes, file)?;
    read(Sheet::open(&text, file)?, file, accounts, settings, taker)
}

/// Reads an event export, with the account list that names accounts and customers.
pub(super) fn read(
    mut sheet: Sheet<'_>,
    file: &Path,
    accounts: &Accounts,
    settings: &Settings,
    taker: &mut dyn Taker,
) -> Result<Read, Error> {
    let columns = columns(&sheet.header, file, settings)?;
    let zones = time::zones(&sheet.header, std::iter::once(columns.when), settings.time_zone.as_ref(), file)?;
    let known = Known::of(accounts);
    let header = sheet.header.clone();
    let reading = Reading { header, file, columns: &columns, zones, guessed: sheet.guessed };
    let mut read = Read { rows: 0, problems: Vec::new(), unended: None, about: About::default() };
    let mut row = Row::default();
    let mut seen = Seen::default();
    // The last row may be half a row: whether it counts is seen at the end.
    let mut last: Option<Event> = None;
    while sheet.read(&mut row)? {
        read.rows += 1;
        if let Some(event) = last.take() {
            taker.take(event);
        }
        match event(&row, &reading, &known, settings) {
            Ok(None) => {}
            Ok(Some((mut event, written_account))) => match seen.identify(&mut event, &written_account) {
                Told::First => last = Some(event),
                Told::Again => {}
                Told::Otherwise => read.problems.push(RowProblem {
                    file: file.to_path_buf(),
                    line: row.line,
                    column: columns.id.map(|index| sheet.header[index].clone()).unwrap_or_default(),
                    account: Some(event.account),
                    cid: Some(event.cid),
                    reason: format!("\"{}\" stands for another event before", time::shown(&event.id)),
                }),
            },
            Err(problem) => read.problems.push(*problem),
        }
    }
    match sheet.unended() {
        Some(line) => {
            read.unended = Some(Unended { event: last, problem: RowProblem::unended(file, line) });
        }
        None => last.into_iter().for_each(|event| taker.take(event)),
    }
    read.about.format = sheet.format.clone();
    if sheet.guessed {
        read.about.notes.push(
            "its encoding is taken for Windows-1252: letters beyond ASCII may be others; they name, and decide \
             nothing"
                .to_string(),
        );
    }
    Ok(read)
}

/// Whether an event of a file was told of before in it.
enum Told {
    First,
    /// Alike.
    Again,
    /// Its ID stands for another one.
    Otherwise,
}

/// The events of a file so far, each in a few bytes: there may be millions.
#[derive(Default)]
struct Seen {
    /// What each ID stands for: both as hashes.
    stated: HashMap<[u8; 8], [u8; 4]>,
    /// Of events without an ID, by what they say.
    equals: HashSet<[u8; 8]>,
    /// How often, where it is more than once.
    repeated: HashMap<[u8; 8], u64>,
}

impl Seen {
    /// Gives an event without an ID its own, and says whether it was met before.
    fn identify(&mut self, event: &mut Event, written: &str) -> Told {
        if event.id.is_empty() {
            event.id = self.hashed(event, written);
            return Told::First;
        }
        let Event { id, time, cid, account, user, severity, kind, text } = &*event;
        let says = digest(&format!("{time}\0{cid}\0{account}\0{user}\0{severity:?}\0{kind:?}\0{text}"));
        match self.stated.insert(digest(id), says) {
            None => Told::First,
            Some(before) if before == says => Told::Again,
            Some(before) => {
                self.stated.insert(digest(id), before);
                Told::Otherwise
            }
        }
    }

    /// The identity of an event without one (design, section 8). The account enters as written, so that a change of
    /// the account list does not make old events new.
    fn hashed(&mut self, event: &Event, written: &str) -> String {
        let basis = format!("files\0{written}\0{}\0{}", event.time, event.text);
        let key = digest(&basis);
        let ordinal = if self.equals.insert(key) {
            1
        } else {
            let times = self.repeated.entry(key).or_insert(1);
            *times += 1;
            *times
        };
        let digest = Sha256::digest(format!("{basis}\0{ordinal}"));
        format!("x{}", hex(&digest[..12]))
    }
}

/// So many bytes of a hash of a text: to tell rows of one file apart, kept nowhere.
fn digest<const N: usize>(text: &str) -> [u8; N] {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let mut begin = [0; N];
    begin.iter_mut().zip(hasher.finish().to_ne_bytes()).for_each(|(to, from)| *to = from);
    begin
}

/// What a row is read with.
struct Reading<'a> {
    header: Vec<String>,
    file: &'a Path,
    columns: &'a Columns,
    zones: Zones,
    /// See [`Sheet::guessed`].
    guessed: bool,
}

fn columns(header: &[String], file: &Path, settings: &Settings) -> Result<Columns, Error> {
    let at = |own: &str, names: &[&str]| -> Result<Option<usize>, Error> {
        if let Some(wanted) = settings.columns.get(own) {
            return mapped(header, own, wanted, file).map(Some);
        }
        let mut indices = header
            .iter()
            .enumerate()
            .filter(|(_, heading)| names.contains(&folded(heading).as_str()))
            .map(|(index, _)| index);
        match (indices.next(), indices.next()) {
            (Some(a), Some(b)) => {
                let reason = format!("columns \"{}\" and \"{}\" mean the same", header[a], header[b]);
                Err(broken(file, Some(1), reason))
            }
            (first, _) => Ok(first),
        }
    };
    let when = at("event_time", &["when", "time", "date", "timestamp"])?;
    let account = at("event_account", &["account", "accountno", "accountnumber", "accountid"])?;
    let text = at("event_text", &["eventinformation", "event", "text", "message", "description"])?;
    let (Some(when), Some(account), Some(text)) = (when, account, text) else {
        let missing: Vec<&str> = [(when, "When"), (account, "Account"), (text, "Event Information")]
            .into_iter()
            .filter(|(index, _)| index.is_none())
            .map(|(_, name)| name)
            .collect();
        let reason = format!("columns missing: {}; found {}", missing.join(", "), found(header));
        return Err(broken(file, Some(1), reason));
    };
    Ok(Columns {
        id: at("event_id", &["id", "eventid"])?,
        when,
        account,
        cid: at("event_customer_id", &["cid", "custid", "customerid"])?,
        severity: at("event_severity", &["severity", "level"])?,
        kind: at("event_type", &["type", "eventtype"])?,
        text,
    })
}

impl Columns {
    /// Every column that means something.
    fn all(&self) -> impl Iterator<Item = usize> {
        let optional = [self.id, self.cid, self.severity, self.kind];
        [self.when, self.account, self.text].into_iter().chain(optional.into_iter().flatten())
    }
}

impl Reading<'_> {
    /// What is wrong with a row whatever it says.
    fn flaw(&self, row: &Row) -> Option<(Option<usize>, String)> {
        if let Some(flaw) = &row.flaw {
            return Some((None, flaw.clone()));
        }
        for at in self.columns.all() {
            if let Kind::Nested(what) = row.kind(at) {
                return Some((Some(at), format!("is {what}: expected a single value")));
            }
        }
        let open = |at: &usize| self.guessed && *at != self.columns.text && !row.cell(*at).is_ascii();
        self.columns.all().find(open).map(|at| {
            let shown = time::shown(row.cell(at));
            let reason = format!(
                "\"{shown}\" has a letter that the file's encoding leaves open: save it as \"CSV UTF-8\""
            );
            (Some(at), reason)
        })
    }
}

/// The account list, by number and by user name.
struct Known<'a> {
    accounts: &'a Accounts,
    by_name: HashMap<&'a str, Vec<&'a Account>>,
}

impl<'a> Known<'a> {
    fn of(accounts: &'a Accounts) -> Self {
        let mut by_name: HashMap<&str, Vec<&Account>> = HashMap::new();
        for account in accounts.snapshot.accounts.iter().chain(&accounts.left_out) {
            by_name.entry(&account.number).or_default().push(account);
            if account.user != account.number {
                by_name.entry(&account.user).or_default().push(account);
            }
        }
        Known { accounts, by_name }
    }

    /// Number, user name and customer of an account as the event names it; the reason why there is none.
    fn find(
        &self,
        written: &str,
        number: Option<&str>,
        cid: &str,
    ) -> Result<(String, String, String), String> {
        let candidates = |name: &str| -> Vec<&&Account> {
            let named = self.by_name.get(name);
            named.into_iter().flatten().filter(|account| cid.is_empty() || account.cid == cid).collect()
        };
        for name in number.into_iter().chain([written]) {
            match candidates(name).as_slice() {
                [] => {}
                [one] => {
                    let user = if one.user.is_empty() { &one.number } else { &one.user };
                    return Ok((one.number.clone(), user.clone(), one.cid.clone()));
                }
                _ => {
                    return Err(format!(
                        "\"{}\" is the name of several accounts: use account numbers",
                        time::shown(written)
                    ));
                }
            }
        }
        // A number belongs to one customer; a user name may well occur at two.
        let elsewhere = number.into_iter().chain([written]).flat_map(|name| {
            self.by_name.get(name).into_iter().flatten().filter(move |account| account.number == name)
        });
        if let Some(other) = elsewhere.into_iter().next() {
            return Err(format!(
                "\"{}\" is an account of customer {} in the account list, and of {cid} here",
                time::shown(&other.number),
                other.cid
            ));
        }
        if cid.is_empty() {
            Err(format!("\"{}\" is not in the account list, and the row has no CID", time::shown(written)))
        } else {
            Ok((number.unwrap_or(written).to_string(), written.to_string(), cid.to_string()))
        }
    }
}

/// The event of a row with the account as written; `Ok(None)` for an account of a brand that is not wanted.
fn event(
    row: &Row,
    reading: &Reading<'_>,
    known: &Known<'_>,
    settings: &Settings,
) -> Result<Option<(Event, String)>, Box<RowProblem>> {
    let columns = reading.columns;
    let problem = |column: Option<usize>, reason: String| {
        Box::new(RowProblem {
            file: reading.file.to_path_buf(),
            line: row.line,
            column: column.map(|index| reading.header[index].clone()).unwrap_or_default(),
            account: None,
            cid: None,
            reason,
        })
    };
    if let Some((column, reason)) = reading.flaw(row) {
        return Err(problem(column, reason));
    }
    let cell = |column: Option<usize>| column.map_or("", |index| row.cell(index));

    let text = wording::tidy(cell(Some(columns.text)));
    if text.is_empty() {
        return Err(problem(Some(columns.text), "is empty".to_string()));
    }
    let named = wording::account_in(&text);
    let mut written = without_links(cell(Some(columns.account)));
    if written.is_empty() {
        written = named.map(|(user, _)| user.to_string()).unwrap_or_default();
    }
    if written.is_empty() {
        return Err(problem(Some(columns.account), "is empty".to_string()));
    }
    let number = named.filter(|(user, number)| *user == written || *number == written).map(|(_, n)| n);
    let excluded = &known.accounts.excluded;
    if excluded.contains(&written) || number.is_some_and(|number| excluded.contains(number)) {
        return Ok(None);
    }
    let (account, user, cid) = known
        .find(&written, number, cell(columns.cid))
        .map_err(|reason| problem(Some(columns.account), reason))?;
    let problem = |column, reason| {
        let mut problem = problem(column, reason);
        problem.account = Some(account.clone());
        problem.cid = Some(cid.clone());
        problem
    };

    let when = cell(Some(columns.when));
    let zone = reading.zones.of(columns.when).or(settings.time_zone.as_ref());
    let time = time::parse(when, zone).map_err(|reason| problem(Some(columns.when), reason))?;
    let stated = match cell(columns.severity) {
        "" => None,
        word => Some(wording::severity_named(word).ok_or_else(|| {
            let shown = time::shown(word);
            problem(columns.severity, format!("\"{shown}\" is not a severity: write OK, Warning or Error"))
        })?),
    };
    let typed = match cell(columns.kind) {
        "" => None,
        word => Some(wording::kind_named(word).unwrap_or_else(|| wording::kind_of(&text))),
    };
    let mut kind = typed.unwrap_or_else(|| wording::kind_of(&text));
    let severity = stated.unwrap_or_else(|| wording::severity_of(kind, &text));
    if kind.is_good() && severity != Severity::Ok {
        // Good news with a warning is not good enough to resolve a ticket.
        kind = EventKind::Other;
    }
    let id = cell(columns.id).to_string();
    Ok(Some((Event { id, time, cid, account, user, severity, kind, text }, written)))
}
