//! `psactl report`: its sums against sums made here, its pages and tables, and what stands in the way of invoices.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::support::{Desk, Ran, id, shape};
use crate::syncing::{billed_twice, next_export, used};

/// The account list's headings and the products that bill them.
const PRODUCTS: [(&str, &str); 10] = [
    ("Select Online Backup Storage", "Online Backup Select Storage"),
    ("Basic Online Backup Storage", "Online Backup Basic Storage"),
    ("ShadowProtect BDR Storage", "ShadowProtect BDR Storage"),
    ("Online Backup # Servers", "Online Backup # Servers"),
    ("Online Backup # Desktops", "Online Backup # Desktops"),
    ("Local Backup # Servers", "Local Backup # Servers"),
    ("ShadowProtect BDR Servers", "ShadowProtect BDR Servers"),
    ("ShadowProtect BDR Desktops", "ShadowProtect BDR Wks"),
    ("Email Archiving # Mailboxes", "Email Archiving # Mailboxes"),
    ("Email Filtering # Mailboxes", "Email Filtering # Mailboxes"),
];

fn decimal(value: &Value) -> Decimal {
    match value {
        Value::Null => Decimal::ZERO,
        Value::String(text) => text.parse().unwrap(),
        number => number.to_string().parse().unwrap(),
    }
}

/// What each customer used of each product, summed here from the account list.
fn usage(desk: &Desk) -> BTreeMap<(String, String), Decimal> {
    let mut usage = BTreeMap::new();
    let text = desk.read("accounts.csv");
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let headings = rows.headers().unwrap().clone();
    for row in rows.records() {
        let row = row.unwrap();
        for (heading, product) in
            PRODUCTS.iter().chain(&[("Local Backup # Desktops", "Local Backup # Workstations")])
        {
            let at = headings.iter().position(|name| name == *heading).unwrap();
            if !row[at].is_empty() {
                let key = (format!("EFS-{}", &row[2]), (*product).to_owned());
                *usage.entry(key).or_default() += row[at].parse::<Decimal>().unwrap();
            }
        }
    }
    usage
}

/// What ConnectWise bills and what the use would come to, summed here over its additions.
fn sums(desk: &Desk) -> (Decimal, Decimal) {
    let usage = usage(desk);
    let (mut used, mut billed) = (Decimal::ZERO, Decimal::ZERO);
    for agreement in desk.records("/finance/agreements", "") {
        for addition in desk.records(&format!("/finance/agreements/{}/additions", id(&agreement)), "") {
            let Some(serial) = addition["serialNumber"].as_str().filter(|serial| serial.starts_with("EFS-"))
            else {
                continue;
            };
            let product = addition["product"]["identifier"].as_str().unwrap().to_owned();
            let Some(amount) = usage.get(&(serial.to_owned(), product)) else { continue };
            let over = (*amount - decimal(&addition["lessIncluded"])).max(Decimal::ZERO);
            used += over * decimal(&addition["unitPrice"]);
            billed += decimal(&addition["extPrice"]);
        }
    }
    (used, billed)
}

fn report(desk: &Desk, arguments: &[&str]) -> Value {
    desk.psactl(&[&["report", "--output", "json"], arguments].concat()).ends_with(0).json()
}

/// Use moved after the last push, up and down; prices are the MSP's own.
fn moved() -> Desk {
    let desk = Desk::running();
    used(&desk, "ETV-Primary", "148.20", "171.55");
    used(&desk, "AF-BDR", "187.30", "93.10");
    let path = desk.addition_path("Joe TV Repair", "Online Backup Select Storage");
    desk.change(&path, "unitPrice", json!(2.35));
    desk.change(&path, "lessIncluded", json!(10));
    desk
}

#[test]
fn its_sums_are_those_of_the_psas_additions_and_the_portals_use() {
    let desk = moved();
    desk.forget_requests();
    let report = report(&desk, &[]);
    assert_eq!(desk.writes(), Vec::<String>::new());
    let (used, billed) = sums(&desk);
    assert_ne!(used, billed);
    let money = &report["money"]["USD"];
    assert_eq!(decimal(&money["used"]), used);
    assert_eq!(decimal(&money["billed"]), billed);
    assert_eq!(decimal(&money["difference"]), used - billed);
    assert_eq!(decimal(&money["unmeasured"]), Decimal::ZERO);
    // The customers add up to it, and their lines to them.
    let customers = report["customers"].as_array().unwrap();
    for field in ["used", "billed", "difference"] {
        let of_customers: Decimal =
            customers.iter().map(|customer| decimal(&customer["money"]["USD"][field])).sum();
        assert_eq!(of_customers, decimal(&money[field]), "{field}");
        for customer in customers {
            let lines = customer["lines"].as_array().unwrap();
            let of_lines: Decimal = lines.iter().map(|line| decimal(&line["money"][field])).sum();
            assert_eq!(of_lines, decimal(&customer["money"]["USD"][field]), "{field} of {}", customer["cid"]);
        }
    }
    // What a push would do is the difference.
    desk.edit("psactl.toml", "increase = \"50%\"", "increase = \"off\"");
    desk.edit("psactl.toml", "decrease = \"30%\"", "decrease = \"off\"");
    desk.psactl(&["sync", "--force"]).ends_with(0);
    let after = self::report(&desk, &[]);
    assert_eq!(decimal(&after["money"]["USD"]["billed"]), used);
    assert_eq!(decimal(&after["money"]["USD"]["difference"]), Decimal::ZERO);
    assert_eq!(after["counts"]["quantity"], json!(report["counts"]["quantity"].as_i64().unwrap_or(0) + 2));
}

#[test]
fn leaks_orphans_doubles_and_what_is_not_measured_stand_apart() {
    let desk = Desk::running();
    let basic = desk.addition("Angry Fox", "Online Backup Basic Storage");
    let addition = |serial: &str, quantity: i64| {
        json!({
            "product": { "id": basic["product"]["id"] },
            "serialNumber": serial,
            "quantity": quantity,
            "billCustomer": "Billable",
            "effectiveDate": basic["effectiveDate"],
        })
    };
    let on =
        |desk: &Desk, company: &str| format!("/finance/agreements/{}/additions", desk.agreement(company));
    // Nobody has this serial number; this one is another company's; this one is billed twice.
    let orphan = id(&desk.make(&on(&desk, "Joe TV Repair"), addition("EFS-999", 40)));
    let misplaced = id(&desk.make(&on(&desk, "Joe TV Repair"), addition("EFS-419", 5)));
    desk.make(&on(&desk, "Angry Fox"), addition("EFS-419", 7));
    // Used and not billed any more; billed and not measured any more; a customer that no company is linked to.
    let path = desk.addition_path("Eddie's TV Repair", "Online Backup Select Storage");
    desk.change(&path, "cancelledDate", json!("2026-11-20T00:00:00Z"));
    used(&desk, "ETV-email-filtering", ",14,", ",,");
    let accounts = desk.read("accounts.csv");
    let row = accounts.lines().find(|line| line.contains("JTR-Counter")).unwrap();
    let row =
        row.replace("355", "500").replace("JTR-Counter", "NEW-One").replace("DOC30199009", "DOC30199077");
    desk.write("accounts.csv", &format!("{}\n{row}\n", accounts.trim_end()));

    let report = report(&desk, &[]);
    let orphans = report["orphans"].as_array().unwrap();
    let found: Vec<i64> = orphans.iter().map(|orphan| orphan["addition"].as_i64().unwrap()).collect();
    assert_eq!(found, [orphan, misplaced]);
    assert!(orphans[0]["why"].as_str().unwrap().contains("no customer"));
    assert!(orphans[1]["why"].as_str().unwrap().contains("customer 419 is linked to Angry Fox"));
    assert_eq!(decimal(&orphans[0]["amount"]), Decimal::from(60));

    let leaks = report["leaks"].as_array().unwrap();
    let found: BTreeSet<(&str, &str)> =
        leaks.iter().map(|leak| (leak["cid"].as_str().unwrap(), leak["service"].as_str().unwrap())).collect();
    assert_eq!(
        found,
        BTreeSet::from([
            ("342", "select-storage"),
            ("500", "basic-storage"),
            ("500", "online-desktops"),
            ("500", "local-desktops"),
        ])
    );
    let select = leaks.iter().find(|leak| leak["cid"] == "342").unwrap();
    assert!(select["why"].as_str().unwrap().contains("was cancelled on 2026-11-20"));
    assert_eq!(decimal(&select["worth"]), "378.10".parse().unwrap());

    let line = |cid: &str, service: &str| -> Value {
        let customers = report["customers"].as_array().unwrap();
        let customer = customers.iter().find(|customer| customer["cid"] == cid).unwrap();
        customer["lines"].as_array().unwrap().iter().find(|line| line["service"] == service).unwrap().clone()
    };
    assert_eq!(line("419", "basic-storage")["state"], "billed-twice");
    assert_eq!(decimal(&line("419", "basic-storage")["money"]["difference"]), "-10.50".parse().unwrap());
    assert_eq!(line("342", "email-filtering")["state"], "not-measured");
    assert_eq!(decimal(&report["money"]["USD"]["unmeasured"]), Decimal::from(21));
    assert_eq!(line("342", "select-storage")["state"], "not-billed");

    // Another company's agreement is read, too, unless that is not wanted.
    let known = desk.records("/finance/agreements", "").remove(0);
    let other = json!({
        "name": "Managed Services, no backup",
        "type": { "id": known["type"]["id"] },
        "company": { "id": desk.company("Sunshine IT Partners") },
        "contact": { "id": known["contact"]["id"] },
        "billToCompany": { "id": desk.company("Sunshine IT Partners") },
        "startDate": "2026-01-01T00:00:00Z",
        "noEndingDateFlag": true,
        "billingCycle": { "id": known["billingCycle"]["id"] },
        "nextInvoiceDate": "2026-12-01T00:00:00Z",
        "periodType": known["periodType"],
    });
    desk.make("/finance/agreements", other);
    desk.make(&on(&desk, "Sunshine IT Partners"), addition("EFS-998", 3));
    let orphans = |arguments: &[&str]| self::report(&desk, arguments)["orphans"].as_array().unwrap().len();
    assert_eq!((orphans(&[]), orphans(&["--only-linked"])), (3, 2));
    desk.psactl(&["report", "--only-linked"])
        .says("Orphans were looked for on the agreements of linked companies");

    insta::assert_snapshot!("report_shape", shape(&report));
    for (name, shown) in desk.looks("report", &["report"], 0) {
        insta::assert_snapshot!(name, shown);
    }
}

/// Backup jobs by customer in a month of the server's time zone, counted here from the event log.
fn jobs(desk: &Desk, month: &str) -> BTreeMap<String, (u64, u64)> {
    let zone = TimeZone::get("America/New_York").unwrap();
    let mut jobs: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let text = desk.read("events.csv");
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    for row in rows.records() {
        let row = row.unwrap();
        let time = jiff::fmt::strtime::parse("%Y-%m-%d %I:%M%p", row[1].to_uppercase())
            .and_then(|time| time.to_datetime())
            .map(|time| time.to_zoned(zone.clone()).unwrap())
            .unwrap_or_else(|_| row[1].parse::<Timestamp>().unwrap().to_zoned(zone.clone()));
        let known = jobs.entry(row[3].to_owned()).or_default();
        if time.strftime("%Y-%m").to_string() == month && row[5].starts_with("Remote Backup completed") {
            known.0 += 1;
        }
        if time.strftime("%Y-%m").to_string() == month && row[5].starts_with("Remote Backup failed") {
            known.1 += 1;
        }
    }
    jobs
}

#[test]
fn backup_results_are_those_of_the_month_where_the_server_is() {
    let desk = Desk::linked();
    // The last hour of October in New York, which is November in UTC, and the first of November.
    let late = (desk.sandbox().now().duration_since("2026-11-01T03:30:00Z".parse().unwrap())).as_secs() / 60;
    for (number, minutes) in [(1, late), (2, late - 60), (3, late + 24 * 60)] {
        let text = "Remote Backup failed for account [AF-Office / DOC30199012]";
        desk.event(&format!("o{number}"), minutes, "AF-Office", "419", "Error", text);
    }
    desk.psactl(&["sync"]).ends_with(0);
    for (arguments, month) in [
        (&[][..], "2026-11"),
        (&["--month", "this"], "2026-11"),
        (&["--month", "last"], "2026-10"),
        (&["--month", "2026-10"], "2026-10"),
    ] {
        let report = report(&desk, arguments);
        assert_eq!(report["month"], month);
        let expected = jobs(&desk, month);
        for customer in report["customers"].as_array().unwrap() {
            let (good, failed) = expected[customer["cid"].as_str().unwrap()];
            assert_eq!(customer["jobs"], json!({ "successful": good, "failed": failed }), "{customer}");
        }
        let all = expected.values().fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
        assert_eq!(report["jobs"], json!({ "successful": all.0, "failed": all.1 }));
        let days = report["days"].as_array().unwrap();
        let failed: u64 = days.iter().map(|day| day[1]["failed"].as_u64().unwrap()).sum();
        assert_eq!(failed, all.1);
        assert_eq!(days.len(), if month == "2026-11" { 23 } else { 31 });
    }
    // What is not known of a past month is said.
    desk.psactl(&["report", "--month", "last"])
        .ends_with(0)
        .says("2026-10 is over. Use and billing are not of that month")
        .says("The event log begins")
        .says("psactl's own state begins");
    desk.psactl(&["report", "--month", "2026-12"]).ends_with(2).says("2026-12 has not begun");
    desk.psactl(&["report", "--month", "October"]).ends_with(2).says("no month; write 2026-11");
}

#[test]
fn a_past_month_knows_what_psactl_had_written_by_its_end() {
    let desk = Desk::running();
    // Into the next month, in which use moved on.
    used(&desk, "ETV-Primary", "148.20", "160.20");
    next_export(&desk, SignedDuration::from_hours(10 * 24));
    let past = report(&desk, &["--month", "2026-11"]);
    let of = |report: &Value| {
        let customer =
            report["customers"].as_array().unwrap().iter().find(|one| one["cid"] == "342").unwrap();
        let lines = customer["lines"].as_array().unwrap().clone();
        lines.into_iter().find(|line| line["service"] == "select-storage").unwrap()
    };
    assert_eq!(decimal(&of(&past)["month_end"]), "189.05".parse().unwrap());
    assert_eq!(decimal(&of(&past)["quantity"]), "201.05".parse().unwrap());
    assert!(past["counts"]["quantity"].as_u64() > Some(0));
    let present = report(&desk, &[]);
    assert_eq!(present["month"], "2026-12");
    assert_eq!(of(&present)["month_end"], Value::Null);
    assert_eq!(present["counts"], json!({}));
}

#[test]
fn a_spreadsheet_gets_numbers_as_numbers_and_no_formula() {
    let desk = moved();
    let evil = "=HYPERLINK(\"http://evil.test\")";
    let accounts = desk.read("accounts.csv");
    let row = accounts.lines().find(|line| line.contains("JTR-Counter")).unwrap();
    let row = row
        .replace("355", "500")
        .replace("Joe TV Repair", &format!("\"{}\"", evil.replace('"', "\"\"")))
        .replace("DOC30199009", "DOC30199077");
    desk.write("accounts.csv", &format!("{}\n{row}\n", accounts.trim_end()));
    let file = desk.file("report.csv").display().to_string();
    desk.psactl(&["report", "--csv", &file]).ends_with(0).says("report: written to");
    let text = desk.read("report.csv");
    assert_eq!(desk.psactl(&["report", "--csv"]).ends_with(0).stdout.trim(), text.trim());
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let headings = rows.headers().unwrap().clone();
    let at = |name: &str| headings.iter().position(|heading| heading == name).unwrap();
    let (mut used, mut billed, mut difference, mut seen) =
        (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO, BTreeSet::new());
    for row in rows.records() {
        let row = row.unwrap();
        for (place, cell) in row.iter().enumerate() {
            let number = cell.is_empty() || cell.parse::<Decimal>().is_ok();
            assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
            let sums =
                ["used", "quantity_used", "quantity_billed", "used_amount", "billed_amount", "difference"];
            assert!(number || !sums.contains(&&headings[place]), "{cell} in {}", &headings[place]);
        }
        seen.insert(row[at("record")].to_owned());
        if &row[at("record")] == "billing" && !row[at("billed_amount")].is_empty() {
            used += row[at("used_amount")].parse::<Decimal>().unwrap_or_default();
            billed += row[at("billed_amount")].parse::<Decimal>().unwrap();
            difference += row[at("difference")].parse::<Decimal>().unwrap_or_default();
        }
    }
    assert_eq!((used, billed), sums(&desk));
    assert_eq!(difference, used - billed);
    assert!(["billing", "backups", "leak", "change"].iter().all(|kind| seen.contains(*kind)), "{seen:?}");
    assert!(text.contains("'=HYPERLINK"));
    desk.psactl(&["report", "--csv", "--html"]).ends_with(2).says("one stdout");
    desk.psactl(&["report", "--csv", "/no/such/folder/report.csv"]).ends_with(1).says("cannot write");
}

/// Names of elements in the order in which they open and close; fails where they do not nest.
fn nested(page: &str) -> Vec<String> {
    const VOID: [&str; 3] = ["meta", "br", "!DOCTYPE"];
    let (mut open, mut all) = (Vec::new(), Vec::new());
    for part in page.split('<').skip(1) {
        let tag = part.split('>').next().unwrap();
        let name = tag.split_whitespace().next().unwrap().to_owned();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name), "{part}"),
            None if VOID.contains(&name.as_str()) => {}
            None => {
                open.push(name.clone());
                all.push(name);
            }
        }
    }
    assert_eq!(open, Vec::<String>::new());
    all
}

#[test]
fn the_page_is_whole_says_everything_and_runs_nothing() {
    let desk = moved();
    let accounts = desk.read("accounts.csv");
    let row = accounts.lines().find(|line| line.contains("JTR-Counter")).unwrap();
    let row = row
        .replace("355", "500")
        .replace("Joe TV Repair", "<script>alert(1)</script> & \u{202e}Söhne")
        .replace("DOC30199009", "DOC30199077");
    desk.write("accounts.csv", &format!("{}\n{row}\n", accounts.trim_end()));
    let file = desk.file("report.html").display().to_string();
    desk.psactl(&["report", "--html", &file]).ends_with(0).says("report: written to");
    let page = desk.read("report.html");
    // CI has a browser look at it.
    if let Some(copy) = std::env::var_os("PSACTL_TEST_PAGE") {
        std::fs::write(copy, &page).unwrap();
    }
    let elements = nested(&page);
    let count = |name: &str| elements.iter().filter(|element| *element == name).count();
    assert_eq!((count("script"), count("link"), count("img"), count("iframe"), count("a")), (0, 0, 0, 0, 0));
    for outside in ["http://", "https://", "url(", "@import", "onload", "javascript:", "src="] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; Söhne"), "escaped");
    assert!(!page.contains('\u{202e}'));
    assert_eq!((count("main"), count("h1"), count("header"), count("footer")), (1, 1, 1, 1));
    let report = report(&desk, &[]);
    let customers = report["customers"].as_array().unwrap();
    assert_eq!(count("svg"), 3 + 1 + 3, "bars of three customers, the days, results of three customers");
    assert!(count("table") >= 4 && count("thead") == count("table"));
    for media in ["prefers-color-scheme: dark", "@media print", "max-width"] {
        assert!(page.contains(media), "{media}");
    }
    for heading in [
        "Billed against used, in USD",
        "By customer",
        "Leaks",
        "Orphans",
        "Backup results of November 2026",
        "Changes made by psactl",
    ] {
        assert!(page.contains(heading), "{heading}");
    }
    // The figures are those of the JSON.
    let grouped = |value: &Value| {
        let cents = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
        let text = format!("{:.2}", decimal(value).round_dp_with_strategy(2, cents));
        let (whole, cents) = text.split_once('.').unwrap();
        match whole.len() {
            4 => format!("{},{}.{cents}", &whole[..1], &whole[1..]),
            _ => text.clone(),
        }
    };
    for customer in customers.iter().filter(|customer| customer["cid"] != "500") {
        assert!(page.contains(&grouped(&customer["money"]["USD"]["used"])), "{customer}");
    }
    assert!(page.contains(&grouped(&report["money"]["USD"]["billed"])));
    for known in report["known"].as_array().unwrap() {
        assert!(page.contains(&known.as_str().unwrap().replace('&', "&amp;")), "{known}");
    }
}

/// Held, paused, billed twice and not pushed: one of each.
fn before_the_invoice_run() -> Desk {
    let desk = Desk::running();
    used(&desk, "JTR-Counter", "18.05", "180.05");
    used(&desk, "AF-BDR", "187.30", "190.30");
    billed_twice(&desk, "Angry Fox", "Online Backup Basic Storage");
    desk.psactl(&["pause", "342", "--until", "2026-12-05", "--reason", "moves house"]).ends_with(0);
    next_export(&desk, SignedDuration::from_mins(60));
    desk.forget_requests();
    desk
}

fn due(desk: &Desk, within: &str, code: i32) -> Ran {
    Desk::ran(desk.command(&["report", "--due", within]).env("COLUMNS", "80")).ends_with(code)
}

#[test]
fn what_stands_in_the_way_of_the_next_invoices_is_listed() {
    let desk = before_the_invoice_run();
    // The sample's agreements are invoiced on 1 December; it is 23 November.
    due(&desk, "3d", 0).says("No agreement of a linked customer is invoiced by 2026-11-26.");
    // Where no invoice is near, the list of agreements alone is read, once it is known who answers.
    assert_eq!(desk.requests().len(), 2);
    for (name, shown) in desk.looks("due", &["report", "--due", "8d"], 8) {
        insta::assert_snapshot!(name, shown);
    }
    assert_eq!(desk.writes(), Vec::<String>::new());
    let json = desk.psactl(&["report", "--due", "8d", "--output", "json"]).ends_with(8).json();
    let mut kinds: Vec<(&str, &str)> = Vec::new();
    for agreement in json["agreements"].as_array().unwrap() {
        let findings = agreement["findings"].as_array().unwrap();
        kinds
            .extend(findings.iter().map(|one| (one["cid"].as_str().unwrap(), one["kind"].as_str().unwrap())));
    }
    kinds.sort_unstable();
    assert_eq!(kinds, [("342", "paused"), ("355", "held"), ("419", "blocked"), ("419", "unpushed")]);
    insta::assert_snapshot!("due_shape", shape(&json));

    // Use that is not measured anew grows stale.
    desk.later(SignedDuration::from_hours(37));
    let json = desk.psactl(&["report", "--due", "1w", "--output", "json"]).ends_with(8).json();
    let stale = json.to_string().matches("\"stale\"").count();
    assert_eq!(stale, 3, "{json:#}");
    desk.psactl(&["report", "--due", "soon"]).ends_with(2).says("no time; write a number of days");
    desk.psactl(&["report", "--due", "3d", "--month", "last"]).ends_with(2);
}

#[test]
fn before_set_up_and_after_a_stop_it_still_reports() {
    let desk = Desk::bare();
    desk.psactl(&["report"]).ends_with(0).says("Nothing is billed.").says("The event log is empty");
    desk.psactl(&["report", "--html"]).ends_with(0).says("No backup job of this month");
    desk.psactl(&["report", "--due", "3d"]).ends_with(3).says("set-up is not finished");
    let desk = crate::second::older_state();
    desk.psactl(&["report"]).ends_with(0).is_silent_on("psactl has stopped");
    desk.psactl(&["sync"]).ends_with(6);
    desk.psactl(&["report"])
        .ends_with(0)
        .says("psactl has stopped: nothing is written since 2026-11-24 16:00 UTC");
    desk.psactl(&["report", "--due", "9d"]).ends_with(6).says("nothing is written");
}

#[test]
fn where_nothing_stands_in_the_way_it_ends_with_0() {
    let desk = Desk::running();
    due(&desk, "8d", 0).says("3 agreements are invoiced by 2026-12-01, with nothing in the way.");
    let desk = Desk::running();
    desk.sandbox().set_private_key("made-anew");
    desk.psactl(&["report"]).ends_with(4).says("ConnectWise refused the login");
    due(&desk, "8d", 4).says("ConnectWise refused the login");
}
