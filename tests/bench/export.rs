//! The portal's exports of many customers: four accounts each, which use the four services that the sandbox's
//! generated companies are billed for.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use jiff::Timestamp;

/// Writes both exports as measured now. The first so many customers store a gigabyte more than before for each
/// `round`, so that one addition of each changes.
pub fn write(folder: &Path, customers: usize, changed: usize, round: u32) {
    let now = Timestamp::from_second(Timestamp::now().as_second()).expect("now");
    let open = |name: &str| BufWriter::new(File::create(folder.join(name)).expect(name));
    let (mut accounts, mut events) = (open("accounts.csv"), open("events.csv"));
    writeln!(
        accounts,
        "CID,Company,Account No,User Name,Select Online Backup Storage,ShadowProtect BDR Storage,\
         Online Backup # Servers,Online Backup # Desktops,Measured At"
    )
    .expect("written");
    writeln!(events, "ID,When,Account,CID,Severity,Event Information").expect("written");
    for number in 1..=customers {
        let cid = 10_000 + number;
        let more = if number <= changed { round } else { 0 };
        // Select storage, BDR storage, servers, desktops.
        let used = [
            [format!("{}.5", 12 + more), String::new(), "1".into(), String::new()],
            ["20.25".into(), String::new(), "2".into(), "3".into()],
            ["1.75".into(), String::new(), String::new(), "4".into()],
            [String::new(), "310.5".into(), String::new(), String::new()],
        ];
        for (at, used) in used.iter().enumerate() {
            let (account, user) = (format!("ACC{cid}{at}"), format!("PC-{cid}-{at}"));
            let used = used.join(",");
            writeln!(accounts, "{cid},Customer {number:05},{account},{user},{used},{now}").expect("written");
            // The job of each account ended well, once.
            writeln!(
                events,
                "{cid}{at},{now},{user},{cid},OK,Remote Backup completed successfully for account [{user} / {account}]"
            )
            .expect("written");
        }
    }
}
