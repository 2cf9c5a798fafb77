//! One export with every damage: exact findings, and nothing billed that is in doubt.

use jiff::SignedDuration;

use super::{check, left_out, moment, total};
use crate::support::Desk;

#[test]
fn every_damage_at_once() {
    let desk = Desk::bare();
    let at = moment(&desk, SignedDuration::from_mins(-10));
    // Customer, company, account, storage, servers, measured.
    let rows: &[(&str, &str)] = &[
        ("1,Whole,W1,10.5 GB,2,{at}", ""),
        ("1,Whole,W2,\"1,234.5\",,{at}", ""),
        ("1,Whole,W3,,0,{at}", ""),
        ("2,Unit,U1,120.5 TB,,{at}", "unit \"TB\" is not GB, and nothing is converted"),
        ("3,Binary,B1,120.5 GiB,,{at}", "unit \"GiB\" contradicts [portal] gigabyte"),
        ("4,Other Mark,M1,\"120,5\",,{at}", "has another decimal mark than line 2"),
        ("5,No Number,N1,lots,,{at}", "\"lots\" is not a number"),
        ("6,Negative,G1,-1,,{at}", "\"-1\" is negative"),
        ("7,Half,H1,,1.5,{at}", "is not a whole number"),
        ("8,Twice,T1,1,,{at}", ""),
        ("8,Twice,T1,2,,{at}", "is also on line 11"),
        ("9,Of Two,D1,1,,{at}", "is also on line 14, of customer 10"),
        ("10,Of Two,D1,1,,{at}", "is also on line 13, of customer 9"),
        ("11,Ambiguous,A1,1.5,,2026-11-01 01:30", "happens twice in America/New_York"),
        ("12,Gap,P1,1.5,,2026-03-08 02:30", "does not exist in America/New_York"),
        ("13,Other Date,O1,1.5,,11/12/2026 10:00", "could be day or month first"),
        ("14,Name,X1,1.5,,{at}", ""),
        ("14,Other Name,X2,1.5,,{at}", "customer 14 is \"Other Name\" here and \"Name\" before"),
        ("15,Count In GB,C1,,3 GB,{at}", "contradicts online-servers, which is counted"),
        ("16,Old,L1,5,,2026-11-01T00:00:00Z", ""),
        ("17,Quoted \"\"text\"\"\nof two lines,Q1,7,,{at}", ""),
    ];
    let mut text = "CID,Company,Account No,basic-storage,online-servers,Measured At\n".to_owned();
    let mut expected: Vec<(u64, &str)> = Vec::new();
    let mut line = 2;
    for (row, finding) in rows {
        let row = row.replace("{at}", &at.to_string());
        let row = match row.split_once('\n') {
            // Within quotes, as Excel writes it.
            Some((first, rest)) => {
                let (cid, begin) = first.split_once(',').unwrap();
                let (end, rest) = rest.split_once(',').unwrap();
                format!("{cid},\"{begin}\n{end}\",{rest}")
            }
            None => row,
        };
        if !finding.is_empty() {
            expected.push((line, finding));
        }
        line += row.matches('\n').count() as u64 + 1;
        text += &(row + "\n");
    }
    desk.write("accounts.csv", &text);
    desk.write(
        "events.csv",
        &format!(
            "ID,When,Account,CID,Severity,Event Information\n\
             1,{at},W1,1,OK,Remote Backup completed successfully\n\
             1,{at},W1,1,OK,Remote Backup completed successfully\n\
             1,{at},W2,1,OK,Remote Backup completed successfully\n\
             2,2026-11-01 01:30,W1,1,OK,Remote Backup failed\n\
             3,{at},Nobody,,OK,Remote Backup failed\n\
             4,{at},W1,9,OK,Remote Backup failed\n\
             5,{at},W1,1,Purple,Remote Backup failed\n\
             6,{at},W1,1,Error\n"
        ),
    );
    let (code, found) = check(&desk);
    assert_eq!(code, 8);
    let all = left_out(&found);
    let accounts: Vec<&String> = all.iter().filter(|row| row.starts_with("accounts:")).collect();
    assert_eq!(accounts.len(), expected.len(), "{accounts:#?}");
    for ((line, says), row) in expected.iter().zip(accounts) {
        assert!(row.starts_with(&format!("accounts:{line} ")) && row.contains(says), "{line} {says}: {row}");
    }
    let events: Vec<&str> = all.iter().filter_map(|row| row.strip_prefix("events:")).collect();
    assert_eq!(
        events,
        [
            "4 ID [1/W2] \"1\" stands for another event before",
            "5 When [1/W1] \"2026-11-01 01:30\" happens twice in America/New_York (clock change): write it with an offset",
            "6 Account [-/-] \"Nobody\" is not in the account list, and the row has no CID",
            "7 Account [-/-] \"W1\" is an account of customer 1 in the account list, and of 9 here",
            "8 Severity [1/W1] \"Purple\" is not a severity: write OK, Warning or Error",
            "9  [-/-] has 5 fields where the header has 6",
        ]
    );
    // Of whom nothing is in doubt: the first, and the last with its name of two lines.
    let not_billed: Vec<&str> = found["accounts"]["not_billed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| own["cid"].as_str().unwrap())
        .collect();
    let all: Vec<String> = (2..=16).map(|cid| cid.to_string()).collect();
    assert_eq!(not_billed, all);
    // The sum is that of the accounts that were understood: 10.5, 1234.5, 1.5 twice (customer 14), 5 and 7.
    assert_eq!(total(&found, "basic-storage").as_deref(), Some("1260"));
    assert_eq!(total(&found, "online-servers").as_deref(), Some("2"));
}

#[test]
fn a_row_that_could_be_anyones_stops_everyone() {
    let desk = Desk::running();
    let before = desk.billed();
    desk.later(SignedDuration::from_hours(13));
    crate::syncing::measured(&desk, SignedDuration::from_mins(-10));
    desk.edit("accounts.csv", ",148.20,", ",148,20,");
    desk.edit("accounts.csv", ",18.05,", ",19.05,");
    let (code, found) = check(&desk);
    assert_eq!(code, 8);
    assert_eq!(left_out(&found).len(), 1);
    assert_eq!(found["nothing_billed"], "a row is left out that could be anyone's");
    desk.psactl(&["sync"]).ends_with(6).says("has 24 fields where the header has 23");
    assert_eq!(desk.billed(), before);
}
