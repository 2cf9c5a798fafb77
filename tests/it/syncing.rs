//! `psactl sync`, through the binary: tickets, statistics, billing, and when a run has work.

mod billing;
mod others_at_work;
mod portal_wrong;
mod requests;
mod runs;
mod statistics;
mod tickets;

use jiff::SignedDuration;

use serde_json::json;

use crate::support::Desk;

/// Time passes, and the portal writes its account list again.
pub fn next_export(desk: &Desk, duration: SignedDuration) {
    desk.later(duration);
    measured(desk, SignedDuration::from_mins(-10));
}

/// Every row of the account list says that it was measured so long from now.
pub fn measured(desk: &Desk, from_now: SignedDuration) {
    let time = desk.sandbox().now() + from_now;
    let time = jiff::Timestamp::from_second(time.as_second()).unwrap();
    let text = desk.read("accounts.csv");
    let mut lines = text.lines();
    let mut written = lines.next().unwrap().to_owned() + "\n";
    for line in lines {
        let (rest, _) = line.rsplit_once(',').unwrap();
        written.push_str(&format!("{rest},{time}\n"));
    }
    desk.write("accounts.csv", &written);
}

/// One use of an account in the account list: the account, what stands in its row, what stands there then.
pub fn used(desk: &Desk, account: &str, from: &str, to: &str) {
    let text = desk.read("accounts.csv");
    let line = text.lines().find(|line| line.contains(account)).unwrap();
    assert_eq!(line.matches(from).count(), 1, "“{from}” in {line}");
    let changed = line.replace(from, to);
    desk.write("accounts.csv", &text.replace(line, &changed));
}

/// Somebody makes a second addition for what one of a company bills already.
pub fn billed_twice(desk: &Desk, company: &str, product: &str) {
    let addition = desk.addition(company, product);
    let twin = json!({
        "product": { "id": addition["product"]["id"] },
        "serialNumber": addition["serialNumber"],
        "quantity": 1,
        "billCustomer": "Billable",
        "effectiveDate": addition["effectiveDate"],
    });
    desk.make(&format!("/finance/agreements/{}/additions", desk.agreement(company)), twin);
}
