//! `psactl doctor explain`: a check by its name, or the words that a technician met somewhere, led to cause and fix.
//!
//! What ConnectWise's refusals mean is known below, where they are met ([`psa::hints_of_kind`]); what a fault means is
//! known by its check ([`super::catalog`]). Here stand only the words, and which of the two they lead to.

use serde::Serialize;

use super::catalog::{self, CHECKS, Known};
use crate::psa::{self, Kind};
use crate::ui::{Look, Show, Ui, text};

/// Words that technicians meet.
struct Symptom {
    /// The words, as they stand there; any of them.
    words: &'static [&'static str],
    /// What they mean.
    means: &'static str,
    /// ConnectWise's refusal that they belong to.
    kind: Option<Kind>,
    /// The checks that find what is behind them.
    checks: &'static [&'static str],
}

const fn symptom(words: &'static [&'static str], means: &'static str) -> Symptom {
    Symptom { words, means, kind: None, checks: &[] }
}

impl Symptom {
    const fn kind(self, kind: Kind) -> Symptom {
        Symptom { kind: Some(kind), ..self }
    }

    const fn checks(self, checks: &'static [&'static str]) -> Symptom {
        Symptom { checks, ..self }
    }
}

/// The words that technicians meet, as they stand there most often, and what they mean.
pub fn met() -> impl Iterator<Item = (&'static str, &'static str)> {
    SYMPTOMS.iter().filter_map(|symptom| Some((*symptom.words.first()?, symptom.means)))
}

static SYMPTOMS: &[Symptom] = &[
    // ---- the guide
    symptom(
        &[
            "Username or password is incorrect",
            "Exception has been thrown by the target of an invocation",
            "UserNotAuthenticated",
            "Unauthorized",
            "ConnectWise refused the login",
        ],
        "name and secret are not the ones that ConnectWise has (guide, issue B)",
    )
    .kind(Kind::Refused)
    .checks(&["login", "integrator-login-differs", "integrator-login-inactive"]),
    symptom(
        &["ConnectWise Management ID Error", "Management ID Error", "no company is linked to it"],
        "no company carries the customer's Managed ID (guide, issue C)",
    )
    .checks(&["customer-unlinked", "managed-id-missing", "managed-id-letters"]),
    symptom(
        &["ConnectWise data flow issue"],
        "the two entries of a Managed ID are switched (guide, company step 1, figure 17)",
    )
    .checks(&["managed-id-order"]),
    symptom(
        &["Duplicate Tickets being created", "duplicate tickets", "two tickets"],
        "something beside psactl opens tickets, or a ticket was moved about (guide, issue A)",
    )
    .checks(&["notify-email", "external-ticketing", "ticket-doubled", "ticket-moved", "ticket-child", "setup-portal"]),
    symptom(
        &["Cross Reference Error", "Cross-Reference Error", "cross reference not found"],
        "no cross-reference has the vendor's type and level, letter for letter (guide, step 5)",
    )
    .checks(&["cross-reference-letters", "setup-cross-references"]),
    symptom(
        &["Specified argument was out of the range of valid values"],
        "ConnectWise's older interface was given a value that it has no place for. No public source names one cause; \
         what the guide asks to be exact is what to look at first",
    )
    .checks(&["managed-id-order", "managed-id-missing", "cross-reference-letters", "setup-integrator-login"]),
    symptom(
        &["Quantity to Bill", "negative quantity", "-75.00"],
        "an addition takes money off the invoice (guide, figure 19)",
    )
    .checks(&["addition-negative"]),
    symptom(
        &["ConnectWise Integration Sync is not working", "sync is not working"],
        "most often the login, its record, or the Managed IDs (guide, issues B and C)",
    )
    .checks(&["login", "integrator-login-differs", "managed-id-missing", "managed-id-order", "last-run"]),
    symptom(&["MSP ConnectWise add-on", "add-on"], "the licence has to cover managed services (guide, page 3)")
        .checks(&["licence"]),
    symptom(&["requires https"], "the site has to be written with https:// (guide, step 6a)")
        .kind(Kind::InsecureSite),
    // ---- ConnectWise's REST interface
    symptom(
        &["You do not have security permission to perform this action", "does not allow it"],
        "the login lacks a right",
    )
    .kind(Kind::Forbidden)
    .checks(&["rights-read", "rights-login"]),
    symptom(&["SSL is required"], "the request went in the open, or to a host that is not the API's")
        .kind(Kind::NotConnectWise),
    symptom(
        &["Cannot route. Codebase/company is invalid", "knows no company with the login ID"],
        "the host does not know this company, or the address names another release",
    )
    .kind(Kind::UnknownCompany)
    .checks(&["company-id"]),
    symptom(&["404 - File or directory not found"], "a web server answered, and not ConnectWise's API")
        .kind(Kind::NotConnectWise),
    symptom(&["Too many requests", "is limiting requests"], "ConnectWise takes about 1,000 requests a minute")
        .kind(Kind::RateLimited),
    symptom(
        &["ObjectExists", "object exists"],
        "a record with this name is there already, maybe an inactive one that lists hide",
    )
    .kind(Kind::Invalid),
    symptom(
        &["not found for Service Board"],
        "a status of another board was sent: each board has its own statuses",
    )
    .checks(&["setup-service-status", "ticket-moved"]),
    symptom(
        &["recurringBillCycle or recurringOneTimeFlag is required"],
        "a product that is marked as recurring needs a billing cycle, or the mark that it is billed once",
    )
    .checks(&["setup-products"]),
    symptom(&["Unsupported format applied to", "UnsupportedFormat"], "a date or number has a form that ConnectWise does not take")
        .kind(Kind::Invalid),
    symptom(
        &["InvalidObject", "object is invalid", "MissingRequiredField", "field is required"],
        "ConnectWise refused a value; it names the field",
    )
    .kind(Kind::Invalid),
    symptom(&["does not support this method", "MethodNotAllowed"], "this release has no such request: report it")
        .kind(Kind::Invalid),
    symptom(&["there is no such record"], "the record is gone, or the login may not see it").kind(Kind::NotFound),
    symptom(&["something in ConnectWise stands against it"], "the record is in use").kind(Kind::Conflict),
    symptom(&["ConnectWise failed with status"], "ConnectWise itself failed, also on the tries after the first")
        .kind(Kind::Server),
    symptom(&["no answer within", "timed out", "timeout"], "no answer came in time").kind(Kind::TimedOut),
    symptom(&["it is not known whether this was done"], "the answer to a write was lost")
        .kind(Kind::OutcomeUnknown)
        .checks(&["state-unsettled"]),
    symptom(&["certificate", "UnknownIssuer"], "the server's certificate is not trusted here").kind(Kind::Unreachable),
    symptom(&["cannot be reached", "dns error", "connection refused"], "no connection comes about")
        .kind(Kind::Unreachable)
        .checks(&["connection"]),
    symptom(&["follows no redirects", "redirects to"], "the site sends psactl elsewhere, and its credentials are for the site alone")
        .kind(Kind::Redirected),
    symptom(&["did not answer as ConnectWise does"], "something answered that is not ConnectWise's API")
        .kind(Kind::NotConnectWise),
    symptom(
        &["ConnectWise answered with success and kept something else"],
        "ConnectWise said yes to a write and kept another value: the answer is compared with what was sent",
    )
    .checks(&["statistics"]),
    // ---- psactl's own
    symptom(&["is open to others on this machine"], "others could read the secret").checks(&["secret-open"]),
    symptom(
        &["ends with a blank", "begins with a blank", "line break too many", "byte order mark"],
        "what was pasted brought something along",
    )
    .checks(&["login-secret", "integrator-password"]),
    symptom(&["it is not tried again before"], "after a refused login psactl waits, so that the account is not locked")
        .checks(&["login"]),
    symptom(&["used and not billed"], "no addition bills what the customer uses")
        .checks(&["usage-unbilled", "addition-cancelled", "addition-future", "addition-ended"]),
    symptom(&["billed twice"], "two additions bill one service").checks(&["addition-doubled"]),
    symptom(&["somebody else wrote its quantity"], "a quantity is somebody's work").checks(&["another-writer"]),
    symptom(&["the portal now calls this customer"], "the portal's name changed since somebody linked it")
        .checks(&["link-unconfirmed"]),
    symptom(&["its Managed ID stands on company", "and on company"], "a Managed ID is contradictory")
        .checks(&["managed-id-companies"]),
    symptom(&["is deleted, or merged into another"], "the linked company is gone").checks(&["company-gone"]),
    symptom(&["longer ago than max_age", "does not say when its use was measured"], "the use is too old to be billed")
        .checks(&["portal-age"]),
    symptom(&["a partial sum is a wrong bill"], "a row of the customer cannot be read").checks(&["portal-rows"]),
    symptom(&["measured before the last one used"], "an older export was put back").checks(&["portal-older"]),
    symptom(&["off the server's"], "the clocks are apart").checks(&["clock"]),
    symptom(&["first quantity that psactl pushes to this addition", "rises by", "falls by"], "a guard holds the change")
        .checks(&["held"]),
    symptom(&["psactl's own login wrote what this state knows nothing of", "nothing is written: psactl"], "psactl has stopped")
        .checks(&["state-stopped"]),
    symptom(&["is not a database", "is damaged", "database disk image is malformed"], "the state cannot be read")
        .checks(&["state-database"]),
    symptom(&["set-up is not finished"], "psactl setup has not recorded every step").checks(&[
        "setup-service-status",
        "setup-management-solution",
        "setup-products",
        "setup-portal",
    ]),
];

/// Words that were recognised.
#[derive(Debug, Serialize)]
pub struct Recognised {
    /// The words.
    pub words: &'static str,
    /// What they mean.
    pub means: &'static str,
    /// What to do, most likely cause first.
    pub fix: Vec<String>,
}

/// What is known of what was asked.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// What was asked.
    pub asked: String,
    /// The words that were recognised, the most telling first.
    pub symptoms: Vec<Recognised>,
    /// The checks that it is, or that find what is behind it.
    pub checks: Vec<&'static Known>,
    /// What may have been meant, where nothing is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub near: Vec<&'static str>,
}

impl Explanation {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.symptoms.is_empty() && self.checks.is_empty()
    }
}

/// So many meanings of one text are told.
const MOST: usize = 3;

/// Explains a check by its name, or the words that somebody met.
pub fn explain(asked: &str) -> Explanation {
    let mut explanation = Explanation {
        asked: asked.trim().to_owned(),
        symptoms: Vec::new(),
        checks: Vec::new(),
        near: Vec::new(),
    };
    if let Some(known) = catalog::known(&asked.trim().to_lowercase()) {
        explanation.checks.push(known);
        return explanation;
    }
    let met = plain(asked);
    let mut found: Vec<(usize, &'static str, &Symptom)> = Vec::new();
    for symptom in SYMPTOMS {
        let best =
            symptom.words.iter().filter(|words| fits(&met, &plain(words))).max_by_key(|words| words.len());
        found.extend(best.map(|words| (words.len(), *words, symptom)));
    }
    found.sort_by_key(|(length, ..)| std::cmp::Reverse(*length));
    for (_, words, symptom) in found.into_iter().take(MOST) {
        let mut fix = symptom.kind.map(|kind| psa::hints_of_kind(kind, asked)).unwrap_or_default();
        if symptom.kind == Some(Kind::Forbidden) {
            let names =
                "psactl doctor --only rights names what may not be read, and the right that is missing";
            fix.insert(0, names.to_owned());
        }
        explanation.symptoms.push(Recognised { words, means: symptom.means, fix });
        for known in symptom.checks.iter().filter_map(|id| catalog::known(id)) {
            if !explanation.checks.iter().any(|own| own.id == known.id) {
                explanation.checks.push(known);
            }
        }
    }
    if explanation.is_empty() {
        // What a finding said of itself.
        explanation.checks.extend(CHECKS.iter().find(|known| fits(&met, &plain(known.says))));
    }
    if explanation.is_empty() {
        explanation.near = near(asked);
    }
    explanation
}

/// Letters and digits in small, the rest as single blanks.
fn plain(text: &str) -> String {
    let letters: String = text
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .flat_map(char::to_lowercase)
        .collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the words stand in the text, or a good part of them is the text.
fn fits(met: &str, words: &str) -> bool {
    let whole = format!(" {met} ");
    whole.contains(&format!(" {words} ")) || met.len() >= 8 && words.contains(met)
}

/// The checks whose names are near, or have a word of it.
fn near(asked: &str) -> Vec<&'static str> {
    let asked = asked.trim().to_lowercase();
    let words: Vec<&str> =
        asked.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 3).collect();
    let mut ranked: Vec<(usize, &'static str)> = CHECKS
        .iter()
        .filter_map(|known| {
            let distance = strsim::damerau_levenshtein(&asked, known.id);
            let shares = known.id.split('-').any(|part| words.iter().any(|word| part.starts_with(word)));
            (distance <= 3 || shares).then_some((distance, known.id))
        })
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().take(5).map(|(_, id)| id).collect()
}

impl Show for Explanation {
    const SCHEMA: &'static str = "psactl/doctor-explain/1";

    fn show(&self, ui: &Ui) {
        for symptom in &self.symptoms {
            ui.out(&ui.paint(Look::Head, &ui.wrap(&format!("“{}”", symptom.words), 0, 1)));
            fact(ui, "means", symptom.means);
            list(ui, "do", &symptom.fix);
            ui.out("");
        }
        if !self.symptoms.is_empty() && !self.checks.is_empty() {
            ui.out("What the doctor looks for then:");
            ui.out("");
        }
        for (at, known) in self.checks.iter().enumerate() {
            if at > 0 {
                ui.out("");
            }
            let severity = if known.severity == super::Status::Problem { "problem" } else { "warning" };
            let head = format!("{} ({}, {severity})", known.id, known.group.name());
            ui.out(&ui.paint(Look::Head, &head));
            fact(ui, "finds", known.says);
            fact(ui, "means", known.means);
            fact(ui, "cause", known.cause);
            let fixes: Vec<String> = known.fix.iter().map(|fix| (*fix).to_owned()).collect();
            list(ui, "fix", &fixes);
            if self.symptoms.is_empty() {
                fact(ui, "look", &format!("psactl doctor --only {}", known.group.name()));
            }
        }
    }
}

fn fact(ui: &Ui, name: &str, said: &str) {
    ui.out(&format!("  {name:<6} {}", ui.wrap(&text::clean(said), 9, 9)));
}

fn list(ui: &Ui, name: &str, lines: &[String]) {
    for (at, line) in lines.iter().enumerate() {
        fact(ui, if at == 0 { name } else { "" }, line);
    }
}

/// Every check, group by group.
#[derive(Debug, Serialize)]
pub struct Table {
    /// The checks.
    pub checks: &'static [Known],
}

impl Show for Table {
    const SCHEMA: &'static str = "psactl/doctor-checks/1";

    fn show(&self, ui: &Ui) {
        let width = self.checks.iter().map(|known| known.id.len()).max().unwrap_or_default();
        for group in catalog::Group::ALL {
            ui.out(&ui.paint(Look::Head, group.name()));
            for known in self.checks.iter().filter(|known| known.group == group) {
                let said = ui.wrap(known.says, width + 4, width + 4);
                ui.out(&format!("  {:<width$}  {said}", known.id));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symptom_leads_somewhere_that_is_there() {
        for symptom in SYMPTOMS {
            assert!(symptom.kind.is_some() || !symptom.checks.is_empty(), "{:?}", symptom.words);
            for id in symptom.checks {
                assert!(catalog::known(id).is_some(), "{id}");
            }
            for words in symptom.words {
                let explained = explain(words);
                let own = explained.symptoms.iter().any(|own| own.means == symptom.means);
                assert!(own, "“{words}” leads to {:?}", explained.symptoms);
            }
        }
    }

    #[test]
    fn every_kind_of_failure_has_something_to_do() {
        for symptom in SYMPTOMS {
            if let Some(kind) = symptom.kind {
                assert!(!psa::hints_of_kind(kind, symptom.words[0]).is_empty(), "{kind:?}");
            }
        }
    }
}
