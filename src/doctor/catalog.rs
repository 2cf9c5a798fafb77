//! Every check: what it looks for, what it means, where it comes from, what mends it. The doctor, its `explain`, the
//! list in `--help` and the list in the README all read this one table.

use serde::Serialize;

use super::Status;

/// Checks that belong together, causes before effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// psactl.toml and the secrets
    Configuration,
    /// Site, company ID, clock, time zone
    Connection,
    /// Login, licence, the integrator login's record
    Login,
    /// What the login may read and write
    Rights,
    /// The steps of set-up that concern no single company
    Setup,
    /// Customers, companies and their Managed IDs
    Links,
    /// Agreement additions and use
    Billing,
    /// Tickets, and what opens a second one
    Tickets,
    /// The portal's data
    Portal,
    /// What the next sync would do, what waits, what failed
    Sync,
    /// psactl's own state
    State,
}

impl Group {
    /// All groups, in order.
    pub const ALL: [Group; 11] = [
        Group::Configuration,
        Group::Connection,
        Group::Login,
        Group::Rights,
        Group::Setup,
        Group::Links,
        Group::Billing,
        Group::Tickets,
        Group::Portal,
        Group::Sync,
        Group::State,
    ];

    /// The word of the command line.
    pub fn name(self) -> &'static str {
        match self {
            Group::Configuration => "configuration",
            Group::Connection => "connection",
            Group::Login => "login",
            Group::Rights => "rights",
            Group::Setup => "setup",
            Group::Links => "links",
            Group::Billing => "billing",
            Group::Tickets => "tickets",
            Group::Portal => "portal",
            Group::Sync => "sync",
            Group::State => "state",
        }
    }
}

/// A check as `explain` tells it.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Known {
    /// Its stable name.
    pub id: &'static str,
    /// Its group.
    pub group: Group,
    /// What it is when it finds something.
    pub severity: Status,
    /// What it finds, in a line.
    pub says: &'static str,
    /// What that does.
    pub means: &'static str,
    /// How it comes about.
    pub cause: &'static str,
    /// What mends it: commands to type, places to click.
    pub fix: &'static [&'static str],
}

/// The check with this name.
pub fn known(id: &str) -> Option<&'static Known> {
    CHECKS.iter().find(|check| check.id == id)
}

const fn problem(group: Group, id: &'static str, says: &'static str) -> Known {
    Known { id, group, severity: Status::Problem, says, means: "", cause: "", fix: &[] }
}

const fn warning(group: Group, id: &'static str, says: &'static str) -> Known {
    Known { severity: Status::Warning, ..problem(group, id, says) }
}

impl Known {
    const fn means(self, means: &'static str) -> Known {
        Known { means, ..self }
    }

    const fn because(self, cause: &'static str) -> Known {
        Known { cause, ..self }
    }

    const fn mended(self, fix: &'static [&'static str]) -> Known {
        Known { fix, ..self }
    }
}

use Group::{Billing, Configuration, Connection, Links, Login, Portal, Rights, Setup, State, Sync, Tickets};

/// Every check, group by group.
pub static CHECKS: &[Known] = &[
    // ---- configuration
    problem(Configuration, "configuration", "the configuration cannot be used")
        .means("psactl does nothing until psactl.toml can be read and every key in it is right")
        .because("the file is missing, a key is misspelt, or a value is not one that the key takes; site must begin with https://")
        .mended(&["psactl init writes it; every mistake is named with its line and column"]),
    problem(Configuration, "secret-open", "a secret can be read by others on this machine")
        .means("whoever signs in to this machine can sign in to ConnectWise; psactl refuses to use such a secret")
        .because("the file was written without taking the rights of the others away")
        .mended(&["chmod 600 FILE, and change the secret if others may have read it"]),
    problem(Configuration, "login-secret", "the login's secret cannot be used")
        .means("nothing can be asked of ConnectWise")
        .because("the file is missing or empty, or what was pasted brought a blank or a line break along (guide, issue B)")
        .mended(&["type the secret anew instead of pasting it"]),
    problem(Configuration, "integrator-password", "the integrator login's password cannot be used")
        .means("set-up cannot make the integrator login of guide step 2, nor give it a new password")
        .because("the file is missing or empty, or what was pasted brought a blank or a line break along (guide, issue B)")
        .mended(&["type the password anew instead of pasting it"]),
    // ---- connection
    problem(Connection, "connection", "ConnectWise cannot be reached")
        .means("nothing can be read or written; the next run tries again")
        .because("a misspelt host, a firewall, a proxy, a certificate that is not trusted, or ConnectWise is down")
        .mended(&["check site in [connectwise]: https:// and the host of ConnectWise's login page; see https://status.connectwise.com"]),
    problem(Connection, "company-id", "the site knows no company with this company ID")
        .means("nothing can be read or written")
        .because("company_id is not what is typed as Company on ConnectWise's login page, or the site is another region's (na, eu, au, aus, za)")
        .mended(&["correct company_id or site in [connectwise]"]),
    problem(Connection, "clock", "this machine's clock is off the server's: billing is blocked")
        .means("what is due, which month it is and which invoice is next would be taken wrongly")
        .because("the clock of this machine is not kept by a time server")
        .mended(&["set the clock, and have a time server keep it"]),
    warning(Connection, "time-zone", "which time zone ConnectWise's dates are in is not known: psactl takes UTC")
        .means("around midnight psactl thinks it another day: an invoice counts as not yet due, an addition as not yet effective")
        .because("ConnectWise's server names a time zone that Windows does not have, or none")
        .mended(&["set time_zone in [portal] to the zone of ConnectWise's server, as America/New_York"]),
    // ---- login
    problem(Login, "login", "the login is refused")
        .means("nothing can be read or written; psactl waits longer and longer between its tries, so that the account is not locked")
        .because("a blank or another case in name or secret, an inactive login, the wrong company, a missing client ID, another region's host")
        .mended(&["type name and secret anew in ConnectWise and here, without pasting; on premises restart the ConnectWise web server (guide, issue B)"]),
    warning(Login, "licence", "the licence does not cover managed services: the guide asks for the MSP add-on")
        .means("Managed IDs and cross-references are refused")
        .because("the MSP add-on of ConnectWise was not bought, or has run out")
        .mended(&["ask ConnectWise for the MSP add-on"]),
    problem(Login, "integrator-login-differs", "the integrator login differs from its record in ConnectWise")
        .means("data does not flow: the name must stand letter for letter in both places (guide, step 2)")
        .because("another case, or a blank that was pasted along")
        .mended(&["write it under [integrator_login] username as ConnectWise has it, or rename it: Setup > Setup Tables > Integrator Login"]),
    problem(Login, "integrator-login-inactive", "the integrator login is inactive in ConnectWise")
        .means("whatever signs in with it is refused with “Username or password is incorrect”")
        .because("somebody switched it off")
        .mended(&["Setup > Setup Tables > Integrator Login > the login: take Inactive out"]),
    // ---- rights
    problem(Rights, "rights-read", "the login may not read what psactl needs")
        .means("what cannot be read is neither checked nor written")
        .because("the security role of the API member, or a switch of the integrator login, does not allow it")
        .mended(&["API member: System > Security Roles; integrator login: Setup > Setup Tables > Integrator Login"]),
    problem(Rights, "rights-login", "the integrator login that psactl signs in with lacks rights")
        .means("reads leave records out, and writes are refused")
        .because("the guide's integrator login has fewer switches on than a program needs that sets up and bills")
        .mended(&["Setup > Setup Tables > Integrator Login > the login: Access Level “All records”, and the switches that are named"]),
    // ---- setup
    problem(Setup, "setup-service-status", "step service-status is not right")
        .means("tickets cannot be opened or resolved")
        .because("the board has no status to open with or to resolve with (guide, step 1)")
        .mended(&["psactl setup service-status"]),
    problem(Setup, "setup-integrator-login", "step integrator-login is not right")
        .means("the record of guide step 2 is missing, or allows less or more than the guide has")
        .because("it was never made, or somebody changed its switches")
        .mended(&["psactl setup integrator-login"]),
    problem(Setup, "product-inactive", "a product that is billed with is inactive")
        .means("no addition can be made with it, and ConnectWise leaves it out of its lists")
        .because("somebody made it inactive, often when products were tidied up")
        .mended(&["Procurement > Product Catalog > the product: take Inactive out, or name another under [billing.products]"]),
    warning(Setup, "product-price", "a product that is billed with has no price")
        .means("an addition that is made with it bills nothing unless somebody types a price there")
        .because("Unit Price was left empty (guide, step 3)")
        .mended(&["Procurement > Product Catalog > the product: Unit Price"]),
    problem(Setup, "setup-products", "step products is not right")
        .means("a service that is billed has no product")
        .because("the product was never made, was deleted, or is called otherwise in psactl.toml (guide, step 3)")
        .mended(&["psactl setup products"]),
    problem(Setup, "setup-management-solution", "step management-solution is not right")
        .means("Managed IDs belong to a management solution: without it no company can be linked")
        .because("it was never made, or is called otherwise in psactl.toml (guide, step 4)")
        .mended(&["psactl setup management-solution"]),
    problem(Setup, "setup-configuration-types", "step configuration-types is not right")
        .means("cross-references have no configuration type to name")
        .because("“Backup Stats” or “License” is missing or inactive (guide, table of step 5)")
        .mended(&["psactl setup configuration-types"]),
    problem(Setup, "cross-reference-letters", "a cross-reference differs in case or blanks")
        .means("ConnectWise compares type and level letter for letter: a “Cross Reference Error”, and nothing is billed by it")
        .because("it was typed by hand (guide, figure 8)")
        .mended(&["psactl setup cross-references"]),
    problem(Setup, "setup-cross-references", "step cross-references is not right")
        .means("what the vendor reports is not led to a product")
        .because("an integration or cross-reference is missing, or one of its fields is not the guide's (guide, step 5)")
        .mended(&["psactl setup cross-references"]),
    problem(Setup, "setup-portal", "step portal is not right")
        .means("two systems could bill and open tickets")
        .because("nobody has confirmed that the vendor's own ConnectWise synchronisation is off, or the data cannot be read")
        .mended(&["psactl setup portal"]),
    // ---- links
    problem(Links, "customer-unlinked", "customers of the portal are linked to no company (ConnectWise Management ID Error)")
        .means("nothing of them reaches ConnectWise: no ticket, no statistics, no bill")
        .because("the customer is new at the portal, or its company has no Managed ID yet (guide, issue C)")
        .mended(&["psactl companies suggest, then psactl companies add CID COMPANY"]),
    problem(Links, "link-unconfirmed", "a link has to be confirmed")
        .means("nothing is written for the customer, since its company could be the wrong one")
        .because("the portal calls the customer otherwise than when it was linked, or managed_id_prefix changed")
        .mended(&["psactl companies link CID COMPANY"]),
    problem(Links, "company-gone", "a linked company is deleted, merged or inactive")
        .means("nothing is written for its customer")
        .because("somebody closed or merged the company in ConnectWise")
        .mended(&["psactl companies link CID COMPANY --replace, or make the company active again"]),
    problem(Links, "managed-id-missing", "a company lacks a Managed ID entry (ConnectWise Management ID Error)")
        .means("backup statistics have no place to go, and the executive management report stays empty")
        .because("one of the guide's two entries was never made, or was deleted")
        .mended(&["psactl setup managed-ids --apply, or by hand: Company > the company > Management > New"]),
    problem(Links, "managed-id-letters", "a Managed ID differs in case or blanks")
        .means("it is not the customer's: psactl and the vendor compare it letter for letter")
        .because("it was typed by hand")
        .mended(&["Company > the company > Management > the entry: correct Managed ID"]),
    problem(Links, "managed-id-doubled", "a company has a Managed ID entry twice")
        .means("the executive management report counts the customer twice")
        .because("the entry was made again by hand or by another integration")
        .mended(&["Company > the company > Management: delete the younger of the two"]),
    problem(Links, "managed-id-companies", "a Managed ID stands on two companies")
        .means("nobody can say which company is the customer: nothing is written for it")
        .because("a company was made twice, or an entry was made on the wrong one")
        .mended(&["Company > the wrong company > Management: delete the entry, then psactl sync --cid CID"]),
    problem(Links, "managed-id-order", "the entries of a Managed ID are in the wrong order")
        .means("“there will be a ConnectWise data flow issue” (guide, figure 17): Workstations and Servers has to come before Backup Stats")
        .because("they were made the other way round")
        .mended(&["psactl setup managed-ids --apply exchanges them"]),
    warning(Links, "managed-id-unknown", "a Managed ID is unknown to the portal")
        .means("nobody reports anything for it")
        .because("the customer left the backup service, or the number is mistyped")
        .mended(&["Company > the company > Management: correct the Managed ID, or delete its entries"]),
    warning(Links, "managed-id-agreement", "a Managed ID entry names an agreement")
        .means("ConnectWise's own synchronisation may bill there beside psactl; the guide leaves Default Agreement blank")
        .because("somebody chose one")
        .mended(&["Company > the company > Management > the entry: clear Agreement"]),
    // ---- billing
    problem(Billing, "usage-unbilled", "use that nobody bills")
        .means("the customer uses a service and no invoice has it")
        .because("the customer began to use it after set-up, or its addition was deleted")
        .mended(&["psactl setup agreements CID"]),
    problem(Billing, "addition-doubled", "a service is billed twice")
        .means("two additions bill the same service of the same customer: nothing is written to either")
        .because("an agreement was renewed or copied and the old addition left on, or one was made by hand")
        .mended(&["cancel all but one: Finance > Agreements > the agreement > Additions > Cancelled Date"]),
    problem(Billing, "addition-cancelled", "the addition of a used service is cancelled")
        .means("the customer uses the service and no invoice has it")
        .because("somebody set a cancelled date")
        .mended(&["take Cancelled Date out, or psactl setup agreements CID makes a new addition"]),
    problem(Billing, "addition-future", "the addition of a used service is not yet effective")
        .means("the next invoice does not have it, though the service is used")
        .because("its effective date lies beyond the next invoice")
        .mended(&["Finance > Agreements > the agreement > Additions: set Effective Date to the first day of the billing cycle"]),
    problem(Billing, "addition-ended", "the addition of a used service is on an agreement that has ended")
        .means("the customer uses the service and no invoice has it")
        .because("the agreement expired or was cancelled, and its successor has no addition")
        .mended(&["make the agreement active again, or psactl setup agreements CID on its successor"]),
    problem(Billing, "addition-negative", "an addition has a negative quantity to bill")
        .means("the invoice takes money off (guide, figure 19: −75.00)")
        .because("the quantity is below what is included, most often because the addition was made without one")
        .mended(&["psactl sync --force writes the use; an addition that psactl does not keep: set its quantity"]),
    problem(Billing, "addition-orphan", "an addition bills a serial number that nobody has")
        .means("a customer pays for what no customer of the portal uses")
        .because("the customer left the backup service, or the serial number is mistyped")
        .mended(&["correct the serial number, or set Cancelled Date: Finance > Agreements > the agreement > Additions"]),
    problem(Billing, "addition-letters", "the serial number of an addition differs in case or blanks")
        .means("it is not the customer's: its quantity is never written")
        .because("it was typed by hand")
        .mended(&["Finance > Agreements > the agreement > Additions: correct SerialNumber"]),
    problem(Billing, "addition-elsewhere", "an addition bills another company's customer")
        .means("the wrong company pays")
        .because("the addition was made on the wrong agreement, or the customer is linked to the wrong company")
        .mended(&["cancel it there and make it on the right company's agreement, or psactl companies link CID COMPANY --replace"]),
    problem(Billing, "another-writer", "somebody else writes a quantity that psactl keeps")
        .means("psactl leaves it alone until a person decides: somebody's work may be in it")
        .because("a person corrected it, or a second integration writes it too")
        .mended(&["psactl review --take-over ID lets psactl keep it again"]),
    // ---- tickets
    problem(Tickets, "ticket-doubled", "a fault has two open tickets")
        .means("technicians do the work twice")
        .because("the state was lost once, or a second psactl was at work")
        .mended(&["merge or close the younger one in ConnectWise"]),
    warning(Tickets, "ticket-moved", "a ticket was moved off its board")
        .means("psactl follows it; the guide warns that moving tickets breaks the integration and doubles tickets")
        .because("somebody moved it to another service board")
        .mended(&["move it back: Service Desk > the ticket > Board"]),
    warning(Tickets, "ticket-child", "a ticket was made a child")
        .means("psactl follows it; the guide warns that child tickets break the integration and double tickets")
        .because("somebody attached it to another ticket")
        .mended(&["detach it: Service Desk > the parent ticket > Tasks or Bundled Tickets"]),
    warning(Tickets, "ticket-merged", "a ticket was merged under another one")
        .means("no other is opened while its parent is open; once the parent is closed, a fault that stands gets a new one")
        .because("somebody merged it")
        .mended(&["close the parent only when the fault has ended"]),
    problem(Tickets, "notify-email", "the portal mails its notifications to the service board's own address")
        .means("ConnectWise makes a second ticket of every such e-mail (guide, issue A)")
        .because("an account's notification address is the address that the board's notifications come from")
        .mended(&["at the portal: [I] impersonate the account > Contact Information > Email Address: an address of its own, then Save"]),
    problem(Tickets, "external-ticketing", "the portal's external ticketing alerts are on")
        .means("the portal opens tickets of its own beside psactl's (guide, issue A)")
        .because("the box was left checked for an account")
        .mended(&["at the portal: [I] impersonate the account > My Account > Notifications: uncheck Enable External Ticketing Alerts, then Save Changes"]),
    // ---- portal
    problem(Portal, "portal-data", "the portal's data cannot be read")
        .means("nothing is billed and no ticket opened until they can")
        .because("the export is missing, is being written, or has other columns")
        .mended(&["see that the portal's export is written where [portal] says"]),
    problem(Portal, "portal-answers", "the portal did not answer when it was asked last; its last whole answer is read")
        .means("news of the portal are missed until it answers; use that grows too old is not billed")
        .because("the service, the way there or the key: the evidence says which")
        .mended(&["psactl portal check asks it again"]),
    warning(Portal, "portal-doubts", "the portal counts use twice, and not alike")
        .means("what differs from ConnectWise is held until a person has looked")
        .because("two lists of the service disagree, most often while a machine is added or removed")
        .mended(&["compare with the portal's own screens, then psactl review"]),
    problem(Portal, "portal-rows", "rows of the exports cannot be used; their customers are not billed")
        .means("a partial sum is a wrong bill: the customer of a bad row is not billed")
        .because("a cell holds something else than its column says")
        .mended(&["correct the rows in the export"]),
    problem(Portal, "portal-age", "the portal's data are too old: nothing is billed")
        .means("an old measurement is never billed")
        .because("the portal's export is not written any more, or does not say when the use was measured")
        .mended(&["see that the portal's export is written again"]),
    problem(Portal, "portal-older", "the export is older than the last one used: nothing is billed")
        .means("an older export is never billed")
        .because("a backup was put back, or two exports are written in turn")
        .mended(&["put the newer export back"]),
    problem(Portal, "portal-future", "the portal's data claim to come from the future")
        .means("they are not used until then")
        .because("a clock is wrong, or a time zone: see [portal] time_zone")
        .mended(&["set time_zone in [portal], or the clock of whoever writes the export"]),
    // ---- sync
    problem(Sync, "sync", "the next sync would fail")
        .means("nothing would be written")
        .because("set-up is not finished, the portal's data cannot be read, or ConnectWise refuses or does not answer")
        .mended(&["psactl sync --dry-run shows the error, and what to do next"]),
    problem(Sync, "trouble", "a customer cannot be synchronised")
        .means("nothing is written for this customer; the others go on")
        .because("ConnectWise refused or failed for one of its records")
        .mended(&["psactl sync --cid CID tries this customer again, and says what ConnectWise answered"]),
    problem(Sync, "blocked", "subjects are blocked")
        .means("no value can be right: nothing is written there until the cause is removed")
        .because("billed twice, use that is partial or too old, a doubtful link, or a quantity that somebody else wrote")
        .mended(&[
            "psactl sync --cid CID --dry-run names the cause of each, and what removes it",
            "psactl review --take-over ADDITION, where somebody else wrote the quantity",
        ]),
    warning(Sync, "held", "changes wait for a yes")
        .means("their values are known; a guard wants a person to look")
        .because("a first push, or a step that is larger than [billing.guard] allows")
        .mended(&["psactl sync holds what is new; psactl review answers it"]),
    warning(Sync, "notes", "the next sync would note")
        .means("nothing is wrong for certain, and a person should look")
        .because("an invoice is due and a change waits for it, or a run is about to take over a link")
        .mended(&["psactl sync --dry-run shows them"]),
    warning(Sync, "standing-faults", "faults stand since the first run, without a ticket")
        .means("no ticket is opened for them: the old integration may have opened one")
        .because("they stood already when psactl began")
        .mended(&["psactl sync --open-standing"]),
    warning(Sync, "statistics", "ConnectWise takes statistics and does not keep them")
        .means("they are not sent any more")
        .because("this release of ConnectWise keeps only some fields of a Managed ID entry")
        .mended(&["psactl sync --force tries again; so does sync itself after ConnectWise's next release"]),
    problem(Sync, "failed-events", "events failed and were not reprocessed")
        .means("what they should have done was not done")
        .because("ConnectWise could not be reached, or refused, when they came")
        .mended(&["psactl events --errors shows them, psactl reprocess --errors runs them again"]),
    warning(Sync, "last-run", "psactl sync does not run as it should")
        .means("what happens at the portal does not reach ConnectWise")
        .because("the scheduler is off, or the run was killed or failed")
        .mended(&["let cron run psactl sync every minute (examples in the README)"]),
    warning(Sync, "last-success", "the last success is too long ago")
        .means("for as long every run has had something that a person must do")
        .because("held changes, blocked subjects or failures that nobody looked at")
        .mended(&["psactl status says what waits"]),
    // ---- state
    problem(State, "state-database", "psactl's state database cannot be used")
        .means("psactl changes nothing while its state cannot be read")
        .because("the file is damaged, no database, read-only, or of a newer psactl")
        .mended(&["restore the file from a backup, or psactl state rebuild starts anew from ConnectWise"]),
    problem(State, "state-open", "psactl's state can be read by others on this machine")
        .means("it holds your customers' names, use and prices")
        .because("the rights of the file or folder were changed")
        .mended(&["chmod 700 the folder, chmod 600 the file"]),
    problem(State, "state-stopped", "psactl has stopped writing: its login wrote what this state does not know")
        .means("nothing is written any more, so that nothing is billed or opened twice")
        .because("an older state was put back, or a second psactl works with this ConnectWise")
        .mended(&[
            "make sure that only one psactl works with this ConnectWise",
            "psactl state rebuild starts anew from what ConnectWise has",
            "psactl state keep goes on with this state, where a person wrote that by hand with psactl's login",
        ]),
    problem(State, "state-company", "psactl's state is that of another ConnectWise")
        .means("nothing is read from it or written: its links and records are another company's")
        .because("the state of a trial or of another company is used, or the company ID was changed")
        .mended(&[
            "name the right folder with --state DIR or PSACTL_STATE, or a new one",
            "psactl state keep, where it is the same ConnectWise with a new company ID",
        ]),
    warning(State, "state-unsettled", "what became of a write is not known yet")
        .means("nothing more is written for the customer before the next run has looked it up")
        .because("the answer was lost, or a run was killed between intent and outcome")
        .mended(&["psactl sync looks it up"]),
    warning(State, "state-ahead", "the state speaks of a time that lies ahead")
        .means("what it says counts as due, so that runs do more than they need")
        .because("this machine's clock was wrong then, or is now")
        .mended(&["set the clock, then psactl sync --verify puts it right"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_a_name_of_its_own_and_says_what_to_do() {
        let mut seen = std::collections::BTreeSet::new();
        for check in CHECKS {
            assert!(seen.insert(check.id), "{} twice", check.id);
            assert!(check.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", check.id);
            assert!(!check.means.is_empty() && !check.cause.is_empty(), "{}", check.id);
            assert!(!check.fix.is_empty() || check.id == "notes", "{}", check.id);
            assert!(matches!(check.severity, Status::Problem | Status::Warning), "{}", check.id);
        }
        let groups: Vec<Group> = CHECKS.iter().map(|check| check.group).collect();
        assert!(groups.is_sorted(), "group by group");
        assert!(Group::ALL.iter().all(|group| groups.contains(group)));
    }
}
