//! A healthy world of many companies: nothing is found, and hardly a request is sent that is not needed.

use std::collections::BTreeMap;
use std::fmt::Write;

use psactl::sandbox::{Options, World};

use super::{found, is_clean, report};
use crate::support::{Desk, id};

/// Customers of a PSA that was set up by hand, taken over by psactl, with everything billed.
fn desk(customers: usize) -> Desk {
    let desk = Desk::with(Options { world: World::Integrated, companies: customers, ..Options::default() });
    // The guide's own three are no customers here: what they were billed for ends.
    for company in ["Eddie's TV Repair", "Joe TV Repair", "Angry Fox"] {
        let entries = format!("/company/companies/{}/managementSummaryReports", desk.company(company));
        for entry in desk.records(&entries, "") {
            desk.delete(&format!("{entries}/{}", id(&entry)));
        }
        let additions = format!("/finance/agreements/{}/additions", desk.agreement(company));
        for addition in desk.records(&additions, "") {
            desk.delete(&format!("{additions}/{}", id(&addition)));
        }
    }
    let now = desk.sandbox().now();
    let mut accounts =
        "CID,Company,Account No,User Name,Select Online Backup Storage,ShadowProtect BDR Storage,\
                        Online Backup # Servers,Online Backup # Desktops,Measured At\n"
            .to_owned();
    let mut events = "ID,When,Account,CID,Severity,Event Information\n".to_owned();
    for number in 1..=customers {
        let cid = 10_000 + number;
        writeln!(accounts, "{cid},Customer {number:05},A{cid},PC-{cid},40,300,2,6,{now}").unwrap();
        let text = format!("Remote Backup completed successfully for account [PC-{cid} / A{cid}]");
        writeln!(events, "{cid},{now},PC-{cid},{cid},OK,{text}").unwrap();
    }
    desk.write("accounts.csv", &accounts);
    desk.write("events.csv", &events);
    desk.edit("psactl.toml", "first_push = \"hold\"", "first_push = \"allow\"");
    // The sandbox has no limit, and nobody wants to wait for one.
    let text = desk.read("psactl.toml");
    let limit = text.lines().find(|line| line.starts_with("max_requests_per_minute")).map(str::to_owned);
    if let Some(limit) = limit {
        desk.edit("psactl.toml", &limit, "max_requests_per_minute = 0");
    }
    desk.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(3);
    desk.psactl(&["companies", "adopt", "--yes"]).ends_with(0);
    desk.psactl(&["setup", "--apply", "--yes"]).ends_with(0);
    desk.psactl(&["sync"]).ends_with(0);
    desk
}

/// What has to be asked once whatever the number of customers: the company look-up, the system, and one list each of
/// integrator logins, boards, the board's statuses, products, management solutions, configuration types, agreement
/// types, integrations, cross-references, psactl's open tickets, and the statuses of companies out of use.
const ONCE: usize = 13;

/// The guide's three companies, whose agreements run though nobody is linked to them.
const OTHERS: usize = 3;

/// The least that can do it, for `n` linked companies with one agreement each: what is asked once, pages of 1,000
/// agreements, the additions of each running agreement, the Managed IDs of each company that has one, and whether the
/// linked companies are in use, in lists of 118 ids, which is what an address holds.
fn least(n: usize) -> usize {
    let companies = n + OTHERS;
    ONCE + companies.div_ceil(1000) + companies + companies + n.div_ceil(118)
}

#[track_caller]
fn is_healthy(desk: &Desk, n: usize) {
    is_clean(desk);
    desk.forget_requests();
    let report = report(desk, &[]);
    assert_eq!(found(&report), []);
    assert_eq!(desk.writes(), Vec::<String>::new());
    let mut sent: BTreeMap<String, usize> = BTreeMap::new();
    let mut each: BTreeMap<String, usize> = BTreeMap::new();
    for request in desk.requests() {
        *sent.entry(request.template.clone()).or_default() += 1;
        *each.entry(format!("{}?{}", request.path, request.query)).or_default() += 1;
    }
    let twice: Vec<_> = each.into_iter().filter(|(_, times)| *times > 1).collect();
    assert_eq!(twice, [], "nothing is asked twice");
    let (requests, least) = (sent.values().sum::<usize>(), least(n));
    assert_eq!(report["requests"], requests);
    assert!(
        requests >= least && requests * 20 <= least * 21,
        "{requests} requests, {least} would do: {sent:#?}"
    );
}

#[test]
fn nothing_is_found_with_hardly_a_request_too_many() {
    const N: usize = 40;
    is_healthy(&desk(N), N);
}

/// Takes a minute and a half; 4,078 requests where 4,039 would do: `cargo test --test it -- --ignored doctor::healthy`.
#[test]
#[ignore = "takes a minute and a half"]
fn nothing_is_found_in_two_thousand_companies() {
    const N: usize = 2_000;
    is_healthy(&desk(N), N);
}
