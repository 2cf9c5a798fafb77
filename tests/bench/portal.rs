//! What reading exports costs: `psactl portal check` as a whole process, over account lists of 100,000 accounts, and
//! over an event log of 1.5 million rows: a month of hourly backups of 2,000 machines.
//!
//! ```text
//! cargo bench --bench portal              the table of the README, in a minute
//! cargo bench --bench portal -- --smoke   the same with 1,000 accounts
//! ```
//!
//! The CSV list is to be read and summed in less than a second and 100 MB, the event log in 128 MB (the memory is judged,
//! the time is printed: it is the machine's).

mod measured;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use measured::Measured;

/// Writes the list of so many accounts in a form of its own.
type Format = fn(usize, &mut dyn Write) -> std::io::Result<()>;

/// The program under test.
const PSACTL: &str = env!("CARGO_BIN_EXE_psactl");
const MOST_MEMORY: u64 = 100_000_000;
const MOST_FOR_EVENTS: u64 = 128_000_000;

fn main() {
    // Cargo builds and runs it with all targets for a test, without the word; that asks for nothing.
    let asked = |word: &str| std::env::args().any(|argument| argument == word);
    if !asked("--bench") || asked("--test") {
        return;
    }
    let (accounts, rows) = if asked("--smoke") { (1_000, 20_000) } else { (100_000, 1_500_000) };
    let folder = tempfile::tempdir().expect("a folder");
    configure(folder.path(), false);
    println!("| accounts | export | size | wall | peak memory |\n| ---: | --- | ---: | ---: | ---: |");
    let mut above = None;
    for (name, write) in [
        ("CSV, a row per account", wide as Format),
        ("CSV, a row per account and service", long),
        ("JSON", json),
        ("JSON Lines", json_lines),
    ] {
        let size = written(&folder.path().join("accounts.csv"), |out| write(accounts, out)) as f64 / 1e6;
        // The middle one of several.
        let mut runs: Vec<Measured> = (0..5).map(|_| check(folder.path())).collect();
        runs.sort_by_key(|run| run.wall);
        let run = runs.swap_remove(runs.len() / 2);
        assert_eq!(run.code, 0, "{name}: {}", run.said);
        let memory =
            run.memory.map_or_else(|| "–".to_owned(), |bytes| format!("{:.1} MB", bytes as f64 / 1e6));
        println!("| {accounts} | {name} | {size:.1} MB | {} ms | {memory} |", run.wall.as_millis());
        if name == "CSV, a row per account" && run.memory.is_some_and(|bytes| bytes > MOST_MEMORY) {
            above = Some(memory);
        }
    }
    assert!(above.is_none(), "more than 100 MB for the CSV list: {above:?}");
    written(&folder.path().join("accounts.csv"), |out| wide(2_000, out));
    let size = written(&folder.path().join("events.csv"), |out| events(rows, out)) as f64 / 1e6;
    configure(folder.path(), true);
    let run = check(folder.path());
    assert_eq!(run.code, 0, "the event log: {}", run.said);
    let memory = run.memory.map_or_else(|| "–".to_owned(), |bytes| format!("{:.1} MB", bytes as f64 / 1e6));
    println!("\n| events | export | size | wall | peak memory |\n| ---: | --- | ---: | ---: | ---: |");
    println!("| {rows} | CSV | {size:.1} MB | {} ms | {memory} |", run.wall.as_millis());
    assert!(
        run.memory.is_none_or(|bytes| bytes <= MOST_FOR_EVENTS),
        "more than 128 MB for the event log: {memory}"
    );
}

/// Writes a file row by row, and returns its size: a program that is started counts what its starter had in memory, too.
fn written(file: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> u64 {
    let mut out = BufWriter::new(File::create(file).expect("created"));
    write(&mut out).expect("written");
    out.into_inner().expect("written").metadata().expect("a file").len()
}

/// An event log of the accounts of [`wide`] in the last 30 days, one failure in fifty.
fn events(rows: usize, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "ID,When,Account,CID,Severity,Event Information")?;
    let (now, step) = (now().as_second(), 30 * 86_400 * 1_000 / rows.max(1));
    let of: Vec<Account> = accounts(2_000).collect();
    for at in 0..rows {
        let Account { cid, number, user, .. } = &of[at % of.len()];
        let ago = i64::try_from((rows - at) * step / 1_000).expect("seconds");
        let time = Timestamp::from_second(now - ago).expect("a time");
        let (severity, what) =
            if at % 50 == 7 { ("Error", "failed") } else { ("OK", "completed successfully") };
        let text = format!("Remote Backup {what} for account [{user} / {number}]");
        writeln!(out, "{at},{time},{user},{cid},{severity},{text}")?;
    }
    Ok(())
}

fn check(folder: &Path) -> Measured {
    let mut command = Command::new(PSACTL);
    command.args(["portal", "check"]).env_clear();
    command.env("PSACTL_CONFIG", folder.join("psactl.toml"));
    command.env("PSACTL_STATE", folder.join("state"));
    measured::run(&mut command)
}

/// The example, with or without an event log.
fn configure(folder: &Path, events: bool) {
    let text = include_str!("../../examples/psactl.toml");
    let lines = text.lines().filter(|line| events || !line.starts_with("events ="));
    let lines = lines.map(|line| if line.starts_with("enabled = true") { "enabled = false" } else { line });
    let text: Vec<&str> = lines.collect();
    std::fs::write(folder.join("psactl.toml"), text.join("\n")).expect("written");
}

/// An account of the portal's screen: customer, company, account, user name, and its use of four services.
struct Account {
    cid: usize,
    number: String,
    user: String,
    use_: [(&'static str, &'static str, String); 2],
}

/// Ten accounts for each customer.
fn accounts(number: usize) -> impl Iterator<Item = Account> {
    (0..number).map(|at| {
        let storage = format!("{}.{:02}", at % 900, at % 100);
        let use_ = if at.is_multiple_of(5) {
            [("bdr-storage", "GB", storage), ("bdr-servers", "servers", "2".to_owned())]
        } else {
            [("basic-storage", "GB", storage), ("online-desktops", "desktops", "1".to_owned())]
        };
        Account {
            cid: 1_000 + at / 10,
            number: format!("DOC{:08}", 30_000_000 + at),
            user: format!("PC-{at:06}"),
            use_,
        }
    })
}

const COLUMNS: [&str; 4] = ["basic-storage", "bdr-storage", "online-desktops", "bdr-servers"];

fn wide(number: usize, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(
        out,
        "ID,PID,CID,Brand,Account No,User Name,Role,SPlan,Company,Basic Online Backup Storage,\
         ShadowProtect BDR Storage,Online Backup # Desktops,ShadowProtect BDR Servers,Measured At"
    )?;
    let now = now();
    for account in accounts(number) {
        let Account { cid, number, user, use_ } = account;
        write!(out, "{cid},0,{cid},doc,{number},{user},User,Select,Customer {cid}")?;
        for column in COLUMNS {
            let amount = use_.iter().find(|(service, ..)| *service == column);
            write!(out, ",{}", amount.map_or("", |(_, _, amount)| amount))?;
        }
        writeln!(out, ",{now}")?;
    }
    Ok(())
}

fn long(number: usize, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "customer_id,customer_name,account_id,service,quantity,unit,measured_at")?;
    let now = now();
    for account in accounts(number) {
        for (service, unit, amount) in &account.use_ {
            let Account { cid, number, .. } = &account;
            writeln!(out, "{cid},Customer {cid},{number},{service},{amount},{unit},{now}")?;
        }
    }
    Ok(())
}

fn objects(number: usize) -> impl Iterator<Item = String> {
    let now = now();
    accounts(number).map(move |account| {
        let Account { cid, number, user, use_ } = account;
        let [first, second] = use_.map(|(service, _, amount)| format!("\"{service}\": {amount}"));
        format!(
            "{{\"cid\": \"{cid}\", \"company\": \"Customer {cid}\", \"account\": \"{number}\", \"user\": \"{user}\", \
             {first}, {second}, \"measured_at\": \"{now}\"}}"
        )
    })
}

fn json(number: usize, out: &mut dyn Write) -> std::io::Result<()> {
    for (at, object) in objects(number).enumerate() {
        write!(out, "{}\n{object}", if at == 0 { "[" } else { "," })?;
    }
    writeln!(out, "\n]")
}

fn json_lines(number: usize, out: &mut dyn Write) -> std::io::Result<()> {
    objects(number).try_for_each(|object| writeln!(out, "{object}"))
}

fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).expect("now")
}
