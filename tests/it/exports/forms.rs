//! The same customers in every form lead to the same plan; what is assumed of a form is said.

use serde_json::{Value, json};

use super::{cells, check, csv, left_out, set, total};
use crate::support::Desk;

/// The service of each usage column of the example.
const SERVICES: [(&str, &str); 10] = [
    ("Select Online Backup Storage", "select-storage"),
    ("Basic Online Backup Storage", "basic-storage"),
    ("ShadowProtect BDR Storage", "bdr-storage"),
    ("Online Backup # Servers", "online-servers"),
    ("Online Backup # Desktops", "online-desktops"),
    ("Local Backup # Servers", "local-servers"),
    ("Local Backup # Desktops", "local-desktops"),
    ("ShadowProtect BDR Servers", "bdr-servers"),
    ("ShadowProtect BDR Desktops", "bdr-desktops"),
    ("Email Archiving # Mailboxes", "email-archiving"),
];

/// The example as a row per account and service.
fn long(rows: &[Vec<String>]) -> Vec<Vec<String>> {
    let header = &rows[0];
    let at = |row: &[String], name: &str| row[header.iter().position(|own| own == name).unwrap()].clone();
    let mut long = vec![
        [
            "customer_id",
            "customer_name",
            "account_id",
            "user name",
            "service",
            "quantity",
            "unit",
            "measured_at",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    let filtering = ("Email Filtering # Mailboxes", "email-filtering");
    for row in &rows[1..] {
        let who = || ["CID", "Company", "Account No", "User Name"].map(|name| at(row, name)).to_vec();
        let before = long.len();
        for (heading, key) in SERVICES.into_iter().chain([filtering]) {
            let amount = at(row, heading);
            if !amount.is_empty() {
                let unit = if heading.ends_with("Storage") { "GB" } else { "" };
                let use_ = [key.to_owned(), amount, unit.to_owned(), at(row, "Measured At")];
                long.push([who(), use_.to_vec()].concat());
            }
        }
        if long.len() == before {
            let nothing = ["select-storage".to_owned(), String::new(), String::new(), at(row, "Measured At")];
            long.push([who(), nothing.to_vec()].concat());
        }
    }
    long
}

/// The example as JSON objects; numbers as numbers or as text.
fn objects(rows: &[Vec<String>], numbers: bool) -> Vec<Value> {
    let object = |row: &Vec<String>| {
        let pairs = rows[0].iter().zip(row).map(|(name, cell)| {
            let usage = name.contains("Storage") || name.contains("Servers") || name.contains("Desktops");
            let value = match cell.as_str() {
                "" => Value::Null,
                cell if usage && numbers => serde_json::from_str(cell).unwrap(),
                cell => json!(cell),
            };
            (name.clone(), value)
        });
        Value::Object(pairs.collect())
    };
    rows[1..].iter().map(object).collect()
}

/// The decimal comma of a European Excel, with its thousands, units and semicolons.
fn european(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| {
            let cell = |(column, cell): (usize, &String)| {
                let storage = rows[0][column].ends_with("Storage") && at > 0 && !cell.is_empty();
                if storage { format!("{} GB", cell.replace('.', ",")) } else { cell.clone() }
            };
            row.iter().enumerate().map(cell).collect()
        })
        .collect();
    csv(&rows, b';')
}

/// What a plan says, but for where the data came from.
fn plan(desk: &Desk) -> Value {
    let ran = desk.psactl(&["sync", "--dry-run", "--output", "json"]);
    assert!(ran.code == 0 || ran.code == 6, "{}{}", ran.stdout, ran.stderr);
    let mut plan = ran.json();
    for volatile in ["requests", "run", "took", "overview"] {
        plan.as_object_mut().unwrap().remove(volatile);
    }
    plan
}

#[test]
fn the_same_customers_in_every_form_lead_to_the_same_plan() {
    let desk = Desk::linked();
    // So that there is something to plan.
    desk.edit("accounts.csv", ",148.20,", ",1148.25,");
    let text = desk.read("accounts.csv");
    let rows = cells(&text);
    let expected = plan(&desk);
    assert!(expected.to_string().contains("1189.1"), "{expected}");
    let lines: Vec<String> = objects(&rows, true).iter().map(Value::to_string).collect();
    let utf16: Vec<u8> =
        [0xfeff].into_iter().chain(csv(&rows, b'\t').encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let forms: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a byte order mark", format!("\u{feff}{text}").into(), "UTF-8 with a byte order mark"),
        ("Unicode text of Excel", utf16, "UTF-16, separated by tabs"),
        ("semicolons, commas, units", european(&rows).into(), "separated by semicolons"),
        ("a line that names the delimiter", format!("sep=|\r\n{}", csv(&rows, b'|')).into(), "by bars"),
        ("long", csv(&long(&rows), b',').into(), "a row per account and service"),
        ("JSON", serde_json::to_vec_pretty(&objects(&rows, true)).unwrap(), "JSON, UTF-8"),
        ("JSON, all text", serde_json::to_vec(&objects(&rows, false)).unwrap(), "JSON, UTF-8"),
        ("JSON, wrapped", json!({"accounts": objects(&rows, true)}).to_string().into(), "JSON, UTF-8"),
        ("JSON Lines", (lines.join("\n") + "\n").into(), "JSON Lines"),
        ("long JSON", serde_json::to_vec(&objects(&long(&rows), false)).unwrap(), "and service"),
    ];
    for (name, bytes, says) in forms {
        std::fs::write(desk.file("accounts.csv"), &bytes).unwrap();
        let (code, found) = check(&desk);
        assert_eq!((code, left_out(&found)), (0, Vec::new()), "{name}");
        let format = found["accounts"]["format"].as_str().unwrap();
        assert!(format.contains(says), "{name}: {format}");
        assert_eq!(plan(&desk), expected, "{name}");
    }
    // From an address, too.
    desk.sandbox().set_export("accounts.csv", text);
    desk.sandbox().set_export("events.csv", desk.read("events.csv"));
    let portal = desk.sandbox().exports_url();
    set(&desk, "accounts", &format!("\"{portal}/accounts.csv\""));
    set(&desk, "events", &format!("\"{portal}/events.csv\""));
    assert_eq!(plan(&desk), expected, "an address");
}

#[test]
fn own_headings_by_profile() {
    let desk = Desk::bare();
    let rows = [
        "Kundennummer;Firma;CID;Gerät;Cloud belegt;Stand",
        "342;Eddie's TV Repair;x;A1;1.234,5;2026-11-23T13:00:00Z",
        "342;Eddie's TV Repair;y;A2;0,5 GB;2026-11-23T13:00:00Z",
    ];
    desk.write("accounts.csv", &(rows.join("\n") + "\n"));
    desk.write("events.csv", "Zeitpunkt [EST],Gerät,Meldung\n2026-11-23 08:30,A1,Remote Backup completed\n");
    desk.edit(
        "psactl.toml",
        "[portal.columns]",
        "[portal.columns]\ncustomer_id = \"Kundennummer\"\ncustomer_name = \"Firma\"\naccount_id = \"Gerät\"\n\
         basic-storage = \"Cloud belegt\"\nmeasured_at = \"Stand\"\nevent_time = \"Zeitpunkt [EST]\"\n\
         event_account = \"Gerät\"\nevent_text = \"Meldung\"",
    );
    let (code, found) = check(&desk);
    assert_eq!((code, left_out(&found)), (0, Vec::new()), "{found}");
    assert_eq!(total(&found, "basic-storage").as_deref(), Some("1235"));
    assert_eq!(found["accounts"]["ignored_columns"], json!(["CID"]));
    assert_eq!(found["events"]["first"], "2026-11-23T13:30:00Z");
    // A heading that is gone is no column that is empty.
    desk.edit("accounts.csv", "Cloud belegt", "Cloud genutzt");
    desk.psactl(&["portal", "check"])
        .ends_with(3)
        .says("accounts.csv:1: column \"Cloud belegt\" ([portal.columns] basic-storage) is missing");
}

#[test]
fn what_a_form_leaves_open_is_said_and_decides_nothing() {
    let desk = Desk::bare();
    let write = |rows: &[&[u8]]| std::fs::write(desk.file("accounts.csv"), rows.concat()).unwrap();
    let header = b"CID,Company,Account No,User Name,basic-storage,Measured At\n";
    let good = b"342,Caf\xe9 Eddie,A1,PC-1,1.5,2026-11-23T13:00:00Z\n";
    write(&[header, good, b"355,Joe,B\xfc1,PC-2,2.5,2026-11-23T13:00:00Z\n"]);
    let (code, found) = check(&desk);
    assert_eq!(code, 8);
    assert_eq!(
        left_out(&found),
        [
            "accounts:3 Account No [-/-] \"Bü1\" has a letter that the file's encoding leaves open: save it as \
          \"CSV UTF-8\""
        ]
    );
    write(&[header, good]);
    let (code, found) = check(&desk);
    assert_eq!(code, 0, "{found}");
    assert!(found["accounts"]["notes"][0].as_str().unwrap().contains("Windows-1252"), "{found}");

    // Either mark, proven by another number or set, or open.
    let rows = |amounts: &[&str]| {
        let row =
            |(at, amount): (usize, &&str)| format!("342,Eddie,A{at},PC,\"{amount}\",2026-11-23T13:00:00Z\n");
        let rows: String = amounts.iter().enumerate().map(row).collect();
        String::from_utf8(header.to_vec()).unwrap() + &rows
    };
    for (decimal, amounts, sum, out) in [
        ("auto", vec!["1.234", "0.5"], Some("1.734"), 0),
        ("auto", vec!["1.234", "0,5"], Some("1234.5"), 0),
        ("auto", vec!["1,234", "12,345,678"], Some("12346912"), 0),
        ("auto", vec!["1.234", "7"], Some("7"), 1),
        ("point", vec!["1.234", "7"], Some("8.234"), 0),
        ("comma", vec!["1.234", "7"], Some("1241"), 0),
        ("comma", vec!["1.5", "7"], Some("7"), 1),
        // One file is written in one way.
        ("auto", vec!["1.5", "2.5", "0,5"], Some("4"), 1),
        ("auto", vec!["1.5", "0,5"], None, 2),
        ("auto", vec!["1.5", "0,5", "2,500"], None, 3),
    ] {
        set(&desk, "decimal", &format!("\"{decimal}\""));
        desk.write("accounts.csv", &rows(&amounts));
        let (_, found) = check(&desk);
        let found = (total(&found, "basic-storage"), left_out(&found).len());
        assert_eq!(found, (sum.map(str::to_owned), out), "{decimal} {amounts:?}");
    }

    // A row per customer.
    desk.write(
        "accounts.csv",
        "CID,Company,basic-storage,online-servers,Measured At\n342,Eddie,1.5,2,2026-11-23T13:00:00Z\n",
    );
    let (code, found) = check(&desk);
    assert_eq!((code, total(&found, "online-servers").as_deref()), (0, Some("2")));
}

#[test]
fn json_that_is_not_what_it_seems() {
    let desk = Desk::bare();
    let row = r#"{"customer_id": "342", "customer_name": "Eddie", "account_id": "A1", "basic-storage": 1.5}"#;
    for (text, says) in [
        (format!("[{row}, {row}"), "is JSON that breaks off: it is not whole"),
        (format!("{row}\n{{\"customer_id\": "), "is JSON that breaks off"),
        ("[]".to_owned(), "is empty: expected a list of objects"),
        (format!("[{row},]"), "is not JSON"),
        (
            format!(r#"{{"accounts": [{row}], "next": "/page2"}}"#),
            "has \"next\" beside the list \"accounts\": whether the list is whole cannot be known",
        ),
    ] {
        desk.write("accounts.csv", &text);
        desk.psactl(&["portal", "check"]).ends_with(3).says(says);
    }
    let rows = [
        row.to_owned(),
        r#"{"customer_id": 355, "customer_name": "Joe", "account_id": "B1", "basic-storage": "1,234"}"#
            .to_owned(),
        r#"{"customer_id": "355", "customer_name": "Joe", "account_id": "B2", "basic-storage": [1]}"#
            .to_owned(),
        r#"{"customer_id": "355", "customer_name": "Joe", "account_id": "B3", "basic-storage": true}"#
            .to_owned(),
        r#"{"customer_id": "355", "customer_id": "356", "account_id": "B4"}"#.to_owned(),
        "42".to_owned(),
        r#"{"customer_id": "355", "customer_name": "Joe", "account_id": "B5", "basic-storage": 1.25e2}"#
            .to_owned(),
        r#"{"customer_id": "355", "customer_name": "Joe", "account_id": "B6", "basic-storage": -1}"#
            .to_owned(),
    ];
    desk.write("accounts.csv", &format!("[\n{}\n]\n", rows.join(",\n")));
    let (code, found) = check(&desk);
    assert_eq!(code, 8);
    assert_eq!(
        left_out(&found),
        [
            "accounts:3 basic-storage [355/B1] \"1,234\" could be 1234 or 1.234: set [portal] decimal to \"point\" or \
             \"comma\"",
            "accounts:4 basic-storage [-/-] is a list: expected a single value",
            "accounts:5 basic-storage [355/B3] \"true\" is not a number",
            "accounts:6  [-/-] has \"customer_id\" twice",
            "accounts:7  [-/-] is not an object",
            "accounts:9 basic-storage [355/B6] \"-1\" is negative",
        ]
    );
    assert_eq!(total(&found, "basic-storage").as_deref(), Some("126.5"));
}

#[test]
fn other_columns_hold_every_quantity_once() {
    let desk = Desk::running();
    desk.later(jiff::SignedDuration::from_hours(13));
    crate::syncing::measured(&desk, jiff::SignedDuration::from_mins(-10));
    desk.edit("accounts.csv", ",148.20,", ",148.70,");
    desk.edit(
        "psactl.toml",
        "[portal.columns]",
        "[portal.columns]\nselect-storage = \"Select Online Backup Storage\"",
    );
    let before = desk.billed();
    desk.psactl(&["sync"])
        .ends_with(6)
        .says("use is counted otherwise than at the last push: GB, rounding exact, now");
    assert_eq!(desk.billed(), before);
    desk.psactl(&["review", "--approve", "all"]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(0).says("189.05 -> 189.55");
}
