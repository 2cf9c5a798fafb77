//! A month in fast motion, over an invoice date and a month's end, with outages and storms: after every step what
//! ConnectWise has is what a few sums in this file say, and exit codes and silence are as the rules have them.

use jiff::{SignedDuration, Timestamp};

use crate::support::{Desk, NOW};
use crate::syncing::measured;

const FOX: &str = "Angry Fox";
const BASIC: &str = "Online Backup Basic Storage";
/// The day of the month on which the invoices are due: the first of December.
const INVOICES: i64 = 8;
const STORM: usize = 40;
const AN_HOUR: usize = 25;

/// What happens on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Happens {
    Nothing,
    /// Joe's counter fails, or fails again.
    Fails,
    /// It succeeds.
    Succeeds,
    /// ConnectWise answers nothing but 503 for two hours.
    Outage,
    /// The portal's account list is missing for an hour.
    NoExport,
    /// Forty accounts fail within the hour, and succeed the next day.
    Storm,
}

use Happens::{Fails, NoExport, Nothing, Outage, Storm, Succeeds};

/// What there must be, by simple sums.
#[derive(Debug)]
struct Model {
    /// Hundredths of a gigabyte that Angry Fox's office uses, and those that are billed.
    used: i64,
    billed: i64,
    /// Backup jobs of Angry Fox this month.
    succeeded: i64,
    failed: i64,
    tickets: usize,
    open: usize,
    /// Whether the counter's fault stands, and the day its ticket was resolved.
    stands: bool,
    resolved_on: Option<i64>,
    /// The accounts of a storm that still stand.
    storm: Vec<String>,
}

struct Month {
    desk: Desk,
    model: Model,
    events: usize,
}

impl Month {
    fn begins() -> Month {
        let desk = Desk::running();
        let model = Model {
            used: 9166,
            billed: 9166,
            succeeded: 14,
            failed: 0,
            tickets: 0,
            open: 0,
            stands: false,
            resolved_on: None,
            storm: Vec::new(),
        };
        Month { desk, model, events: 0 }
    }

    fn event(&mut self, minutes_ago: i64, user: &str, cid: &str, good: bool) {
        self.events += 1;
        let (severity, what) = if good { ("OK", "completed successfully") } else { ("Error", "failed") };
        let text = format!("Remote Backup {what} for account [{user} / NO-{user}]");
        self.desk.event(&format!("month-{}", self.events), minutes_ago, user, cid, severity, &text);
        if cid == "419" {
            *(if good { &mut self.model.succeeded } else { &mut self.model.failed }) += 1;
        }
    }

    #[track_caller]
    fn sync(&self, code: i32, what: &str) -> String {
        let ran = self.desk.psactl(&["sync"]);
        assert_eq!(ran.code, code, "{what}\n{}{}{:?}", ran.stdout, ran.stderr, self.model);
        ran.stdout
    }

    #[track_caller]
    fn is_silent(&self, what: &str) {
        self.desk.later(SignedDuration::from_mins(1));
        self.desk.forget_requests();
        let said = self.sync(0, what);
        assert_eq!(said, "", "{what}: a minute later");
        assert_eq!(self.desk.requests().len(), 0, "{what}: a minute later nothing is asked");
    }

    fn a_day(&mut self, day: i64, happens: Happens) {
        let what = format!("day {day}: {happens:?}");
        let begin: Timestamp = NOW.parse().unwrap();
        self.desk.sandbox().set_now(begin + SignedDuration::from_hours(24 * day));
        if day == INVOICES {
            // At midnight in New York a new month began.
            (self.model.succeeded, self.model.failed) = (0, 0);
        }
        let before = shown(self.model.used);
        self.model.used += 25 + day % 3;
        crate::syncing::used(
            &self.desk,
            "AF-Office",
            &format!(",{before},"),
            &format!(",{},", shown(self.model.used)),
        );
        measured(&self.desk, SignedDuration::from_mins(-10));
        self.event(5, "AF-BDR", "419", true);
        for user in std::mem::take(&mut self.model.storm) {
            self.event(4, &user, "419", true);
            self.model.open -= 1;
        }
        match happens {
            Fails => {
                self.event(3, "JTR-Counter", "355", false);
                if !self.model.stands {
                    // Within a day of its resolving the same ticket is opened again.
                    let again = self.model.resolved_on.is_some_and(|resolved| day - resolved <= 1);
                    self.model.tickets += usize::from(!again);
                    self.model.open += 1;
                }
                self.model.stands = true;
            }
            Succeeds => {
                self.event(3, "JTR-Counter", "355", true);
                if self.model.stands {
                    self.model.open -= 1;
                    self.model.resolved_on = Some(day);
                }
                self.model.stands = false;
            }
            _ => {}
        }
        self.model.billed = if day == INVOICES { self.model.billed } else { self.model.used };
        match happens {
            Outage => self.outage(&what),
            NoExport => self.no_export(&what),
            _ => {
                self.sync(0, &what);
            }
        }
        self.compare(&what);
        if happens == Fails {
            // The note of a repeat may wait for the day since the last one to be full: each day a little later.
            self.desk.later(SignedDuration::from_mins(5 * day));
            self.sync(0, &what);
        }
        self.is_silent(&what);
        if happens == Storm {
            self.storm(day, &what);
        }
        if day == INVOICES {
            // The invoices are made, and their dates move on.
            for agreement in
                self.desk.records("/finance/agreements", "nextInvoiceDate = [2026-12-01T00:00:00Z]")
            {
                let path = format!("/finance/agreements/{}", agreement["id"]);
                self.desk.change(&path, "nextInvoiceDate", "2027-01-01T00:00:00Z");
            }
        }
    }

    fn outage(&self, what: &str) {
        let fault = psactl::sandbox::Fault {
            kind: "status-503".to_owned(),
            times: Some(1_000_000),
            ..Default::default()
        };
        self.desk.sandbox().add_fault(fault).unwrap();
        let before = self.desk.sandbox().requests().len();
        self.sync(5, what);
        for _ in 0..3 {
            self.desk.later(SignedDuration::from_mins(20));
            assert_eq!(self.sync(0, what), "", "{what}: said once");
        }
        let answered = self.desk.sandbox().requests().split_off(before);
        assert!(answered.iter().all(|request| request.status == 503), "{what}");
        self.desk.wait(async {
            let url = format!("{}/faults", self.desk.sandbox().control_url());
            crate::sandbox::http().delete(url).send().await.unwrap();
        });
        self.desk.later(SignedDuration::from_mins(60));
        self.sync(0, what);
    }

    fn no_export(&self, what: &str) {
        let text = self.desk.read("accounts.csv");
        std::fs::remove_file(self.desk.file("accounts.csv")).unwrap();
        self.sync(5, what);
        self.is_silent(what);
        self.desk.later(SignedDuration::from_mins(60));
        self.desk.write("accounts.csv", &text);
        self.sync(0, what);
    }

    fn storm(&mut self, day: i64, what: &str) {
        self.desk.later(SignedDuration::from_hours(4));
        for number in 0..STORM {
            let user = format!("S{day}-{number}");
            self.event(1 + i64::try_from(number).unwrap(), &user, "419", false);
            self.model.storm.push(user);
        }
        let before = self.model.tickets;
        let said = self.sync(6, what);
        assert!(said.contains("max_new_per_hour"), "{said}");
        assert_eq!(self.desk.tickets().len(), before + AN_HOUR, "{what}: no more within an hour");
        self.is_silent(what);
        self.desk.later(SignedDuration::from_mins(61));
        self.sync(0, what);
        self.model.tickets += STORM;
        self.model.open += STORM;
        self.tickets(what);
        self.is_silent(what);
    }

    #[track_caller]
    fn compare(&self, what: &str) {
        let quantity = self.desk.addition(FOX, BASIC)["quantity"].to_string();
        assert_eq!(
            quantity.parse::<f64>().unwrap(),
            shown(self.model.billed).parse::<f64>().unwrap(),
            "{what}"
        );
        let path = format!("/company/companies/{}/managementSummaryReports", self.desk.company(FOX));
        let entry = self.desk.record(&path, "deviceType = \"BackupStats\"");
        let jobs = ["successfulBackupJobs", "failedBackupJobs"]
            .map(|field| entry[field].as_i64().unwrap_or_default());
        assert_eq!(jobs, [self.model.succeeded, self.model.failed], "{what}");
        self.tickets(what);
    }

    #[track_caller]
    fn tickets(&self, what: &str) {
        let tickets = self.desk.tickets();
        let open = tickets.iter().filter(|ticket| ticket["closedFlag"] == false).count();
        assert_eq!((tickets.len(), open), (self.model.tickets, self.model.open), "{what}");
        let mut known: Vec<String> =
            tickets.iter().map(|ticket| ticket["externalXRef"].to_string()).collect();
        known.sort();
        known.dedup();
        assert_eq!(known.len(), tickets.len(), "{what}: no ticket twice");
    }
}

/// Hundredths as the export writes them.
fn shown(hundredths: i64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn plays(days: &[Happens]) {
    let mut month = Month::begins();
    for (day, happens) in (1..).zip(days) {
        month.a_day(day, *happens);
    }
    // Nothing of all that needs a person in the end.
    month.desk.psactl(&["review"]).ends_with(0).says("Nothing is held");
    let ran = month.desk.psactl(&["sync", "--verify"]).ends_with(0);
    ran.is_silent_on("somebody else");
    month.compare("at the end");
}

#[test]
fn a_month_with_everything_in_it() {
    plays(&[
        Nothing, Fails, Fails, Succeeds, Outage, Fails, Succeeds, Nothing, Nothing, NoExport, Nothing, Storm,
        Nothing, Fails, Outage, NoExport, Succeeds, Nothing, Nothing, Fails, Storm, Succeeds, Nothing,
        Outage, Outage, NoExport, NoExport, Nothing, Fails, Succeeds,
    ]);
}

/// Other months, by lot and the same in every test run.
#[test]
fn months_as_they_come() {
    for seed in 1..=2_u64 {
        let mut random = seed;
        let mut days: Vec<Happens> = (1..=30)
            .map(|day| {
                random =
                    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let drawn =
                    [Nothing, Nothing, Fails, Fails, Succeeds, Succeeds, Outage, NoExport, Nothing, Storm];
                let drawn = drawn[usize::try_from(random >> 33).unwrap() % drawn.len()];
                if day == INVOICES { Nothing } else { drawn }
            })
            .collect();
        // A storm ends the day after, and one is enough.
        let first = days.iter().position(|happens| *happens == Storm);
        for (at, happens) in days.iter_mut().enumerate() {
            if *happens == Storm && Some(at) != first {
                *happens = Nothing;
            }
        }
        println!("seed {seed}: {days:?}");
        plays(&days);
    }
}
