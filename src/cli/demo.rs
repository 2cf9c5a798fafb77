//! `psactl demo`: the main job from beginning to end, on the embedded sandbox.
//!
//! Every act runs the real binary against a real socket and shows what it printed; then the demo reads
//! ConnectWise back as somebody else and says whether the act had its effect.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rust_decimal::Decimal;
use serde_json::json;

use super::sandbox::Portal;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::psa::{
    self, Addition, Agreement, CatalogItem, Client, Company, Condition, Connection, ManagedId, OrEmpty,
    Query, Ticket, paths,
};
use crate::sandbox::{Options, Sandbox, World};
use crate::ui::{Look, Ui, text};

/// Show the whole job on a simulated PSA; nothing to configure
///
/// A bare ConnectWise of the guide's sample MSP is examined, set up, linked and
/// synchronised; a login breaks, an event fails, is repaired and reprocessed.
/// Nothing is left behind, save with --keep. Exit code 1 where a step had no
/// effect.
///
/// Examples:
///   psactl demo
///   psactl demo --portal x360recover
///   psactl demo --keep trial          to look at its configuration and exports
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Where the portal's data come from
    #[arg(long, value_name = "SOURCE", value_enum, default_value = "files")]
    portal: Portal,
    /// Keep configuration, exports and state in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let temporary;
    let folder = match &args.keep {
        Some(folder) => {
            let named = |error| {
                Failure::from(error)
                    .context(format!("cannot use {}", folder.display()))
                    .hint("name a folder that this account may write to: --keep DIR")
            };
            crate::disk::make_folder(folder).map_err(named)?;
            // What an earlier demo left belongs to an earlier sandbox.
            if std::fs::read_dir(folder).map_err(named)?.next().is_some() {
                let said = format!("{} is not empty, and the demo begins anew", folder.display());
                return Err(Failure::new(Exit::Usage, said).hint("name a new folder: --keep DIR"));
            }
            folder.clone()
        }
        None => {
            temporary = tempfile::tempdir()?;
            temporary.path().to_owned()
        }
    };
    context.block_on(async {
        let sandbox = Sandbox::start(Options { world: World::Bare, ..Options::default() }).await?;
        let outcome = Demo::new(context, &sandbox, &folder, args.portal)?.play().await;
        sandbox.stop().await;
        outcome
    })
}

struct Demo<'a> {
    ui: &'a Ui,
    sandbox: &'a Sandbox,
    folder: &'a Path,
    portal: Portal,
    /// Somebody else's eyes: the member admin2.
    colleague: Client,
    act: usize,
    missed: Vec<String>,
}

impl<'a> Demo<'a> {
    fn new(context: &'a Context, sandbox: &'a Sandbox, folder: &'a Path, portal: Portal) -> Result<Self> {
        portal.write_trial(sandbox, &folder.join("psactl.toml"))?;
        let colleague = Client::new(Connection {
            site: sandbox.url(),
            company_id: sandbox.company_id().to_owned(),
            client_id: sandbox.client_id().to_owned(),
            login: psa::Login::ApiMember {
                public_key: sandbox.second_public_key(),
                private_key: sandbox.second_private_key().into(),
            },
            max_concurrency: 4,
            max_requests_per_minute: 0,
            ca_file: None,
        })?;
        Ok(Demo { ui: &context.ui, sandbox, folder, portal, colleague, act: 0, missed: Vec::new() })
    }

    async fn play(mut self) -> Result<Exit> {
        let portal = match self.portal {
            Portal::Files => "The backup\nportal's exports, a configuration and psactl's state are in a folder of their own.".to_owned(),
            Portal::X360Recover => format!(
                "The backup\nportal is the x360Recover API at {}. A configuration\nand psactl's state are in a folder \
                 of their own.",
                self.sandbox.x360recover_url()
            ),
        };
        self.ui.out(&format!(
            "A simulated ConnectWise PSA is up at {} with the sample MSP of the integration guide:\n\
             board Professional Services, companies Eddie's TV Repair, Joe TV Repair and Angry Fox. {portal}",
            self.sandbox.url()
        ));

        self.title("The doctor looks at a PSA in which nothing is set up yet");
        self.psactl(&["doctor"], Exit::Found).await?;

        self.title("Set-up: the guide's one-time steps, in the right order");
        self.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off"], Exit::Configuration).await?;
        let products: Vec<CatalogItem> = self.colleague.list(&paths::catalog(), &Query::all()).await?;
        self.expect(
            products.iter().any(|item| item.identifier.or_empty() == "ShadowProtect BDR Storage"),
            "products were created",
        );

        self.title("The companies are linked to the portal's customers");
        self.by_hand().await?;
        for (cid, company) in [("342", "Eddie's TV Repair"), ("355", "Joe TV Repair"), ("419", "Angry Fox")] {
            self.psactl(&["companies", "link", cid, company, "--yes"], Exit::Done).await?;
        }
        self.psactl(&["setup", "agreements", "--apply", "--yes"], Exit::Done).await?;

        self.title("Synchronise: the first push to the colleague's addition is held");
        self.psactl(&["sync"], Exit::Partial).await?;
        self.expect(
            self.angry_fox().await?.quantity.unwrap_or_default().is_zero(),
            "the held quantity was not written",
        );

        self.title("A person approves it; standing faults get their tickets");
        self.psactl(&["review", "--approve", "all"], Exit::Done).await?;
        self.psactl(&["sync", "--open-standing"], Exit::Done).await?;
        self.read_back().await?;

        self.title("Nothing is due: the next run sends no request");
        let sent = || self.sandbox.requests().len() + self.sandbox.axcient().requests().len();
        let before = sent();
        self.psactl(&["sync"], Exit::Done).await?;
        let sent = sent() - before;
        self.expect(sent == 0, "the second run sent no request");

        self.title("Somebody makes psactl's key anew in ConnectWise; a backup succeeds meanwhile");
        let open = self.open_ticket().await?;
        self.sandbox.set_private_key("made-anew-in-connectwise");
        self.backup_succeeds()?;
        // The API is asked every half hour; whoever cannot wait asks now.
        let sync: &[&str] = if self.portal == Portal::Files { &["sync"] } else { &["sync", "--verify"] };
        self.psactl(sync, Exit::Refused).await?;
        self.psactl(&["events", "--errors"], Exit::Done).await?;
        self.expect(!self.ticket_closed(open).await?, "the event could not be processed");

        self.title("The key is put right and the failed event is reprocessed");
        super::sandbox::write_secret(&self.folder.join("private-key"), "made-anew-in-connectwise")?;
        self.say("(the new key is written into the file private-key)");
        self.psactl(&["reprocess", "--errors", "--yes"], Exit::Done).await?;
        self.expect(self.ticket_closed(open).await?, "the ticket of the mended backup was resolved");

        self.title("The doctor again");
        self.psactl(&["doctor"], Exit::Done).await?;
        Ok(self.end())
    }

    fn title(&mut self, title: &str) {
        self.act += 1;
        self.ui.heading(&format!("{}. {title}", self.act));
    }

    fn say(&self, line: &str) {
        self.ui.out(&self.ui.paint(Look::Dim, line));
    }

    fn expect(&mut self, held: bool, what: &str) {
        let (look, mark) = if held { (Look::Good, "=> read back:") } else { (Look::Bad, "=> NOT SO:") };
        self.ui.out(&format!("{} {what}", self.ui.paint(look, mark)));
        if !held {
            self.missed.push(format!("step {}: {what}", self.act));
        }
    }

    /// Runs the binary as a technician would and shows what it printed.
    async fn psactl(&mut self, arguments: &[&str], expected: Exit) -> Result<()> {
        let shown: Vec<String> = arguments.iter().map(|word| text::quoted(word)).collect();
        self.ui.out(&self.ui.paint(Look::Head, &format!("$ psactl {}", shown.join(" "))));
        let mut command = Command::new(std::env::current_exe()?);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("PSACTL_") && name != "PSACTL_NOW" {
                command.env_remove(&*name);
            }
        }
        command
            .args(arguments)
            .arg("--no-input")
            .env("PSACTL_CONFIG", self.folder.join("psactl.toml"))
            .env("PSACTL_STATE", self.folder.join("state"))
            .env("COLUMNS", self.ui.columns().to_string())
            .env(if self.ui.paint(Look::Head, "").is_empty() { "NO_COLOR" } else { "CLICOLOR_FORCE" }, "1")
            .stdin(std::process::Stdio::null());
        // The sandbox serves on this thread: the child is waited for on another.
        let output: Output = tokio::task::spawn_blocking(move || command.output())
            .await
            .map_err(|error| Failure::new(Exit::Unexpected, error))??;
        for stream in [&output.stdout, &output.stderr] {
            for line in String::from_utf8_lossy(stream).lines() {
                self.ui.out(format!("  {line}").trim_end());
            }
        }
        if output.status.code() != Some(i32::from(expected.code())) {
            let what = format!(
                "psactl {} ended with {} (expected {})",
                arguments.join(" "),
                output.status,
                expected.code()
            );
            self.expect(false, &what);
        }
        Ok(())
    }

    /// A colleague follows the guide's figure 19 by hand: an addition without a quantity, 150 GB included.
    async fn by_hand(&mut self) -> Result<()> {
        self.say("Meanwhile a colleague follows the guide by hand for Angry Fox and leaves the quantity empty (figure 19):");
        let agreement = self.agreement_of("Angry Fox").await?;
        let product: Option<CatalogItem> = self
            .colleague
            .first(
                &paths::catalog(),
                &Query::all().filter(Condition::eq("identifier", self.by_hand_product())),
            )
            .await?;
        let Some(product) = product else {
            self.expect(false, "there is a product to add");
            return Ok(());
        };
        let price = product.price.unwrap_or(Decimal::new(50, 2));
        let started =
            agreement.start_date.map_or(Ok(psa::midnight(jiff::civil::date(2010, 7, 20))), |start| {
                Ok::<_, Failure>(psa::instant(start))
            })?;
        let body = json!({
            "product": { "id": product.id },
            "billCustomer": "Billable",
            "lessIncluded": 150,
            "unitPrice": psa::number(price),
            "effectiveDate": started,
            "serialNumber": "EFS-419",
        });
        self.colleague.create(&paths::additions(agreement.id), &body).await?;
        let addition = self.angry_fox().await?;
        self.expect(
            addition.ext_price.is_some_and(|price| price.is_sign_negative()),
            &format!(
                "addition #{} would bill {} on the next invoice",
                addition.id,
                text::money(addition.ext_price.unwrap_or_default())
            ),
        );
        Ok(())
    }

    /// What the colleague's addition bills: storage that the portal measures of Angry Fox.
    fn by_hand_product(&self) -> &'static str {
        match self.portal {
            Portal::Files => "ShadowProtect BDR Storage",
            Portal::X360Recover => "Online Backup Basic Storage",
        }
    }

    async fn company(&self, name: &'static str) -> Result<Company> {
        let found: Option<Company> = self
            .colleague
            .first(&paths::companies(), &Query::all().filter(Condition::eq("name", name)))
            .await?;
        found.ok_or_else(|| Failure::new(Exit::Unexpected, format!("the sandbox has no company {name}")))
    }

    async fn agreement_of(&self, name: &'static str) -> Result<Agreement> {
        let company = self.company(name).await?;
        let found: Option<Agreement> = self
            .colleague
            .first(&paths::agreements(), &Query::all().filter(Condition::eq("company/id", company.id)))
            .await?;
        found.ok_or_else(|| Failure::new(Exit::Unexpected, format!("the sandbox has no agreement of {name}")))
    }

    /// The colleague's addition.
    async fn angry_fox(&self) -> Result<Addition> {
        let agreement = self.agreement_of("Angry Fox").await?;
        let query = Query::all().filter(
            Condition::eq("serialNumber", "EFS-419")
                .and(Condition::eq("product/identifier", self.by_hand_product())),
        );
        let found: Option<Addition> = self.colleague.first(&paths::additions(agreement.id), &query).await?;
        found.ok_or_else(|| Failure::new(Exit::Unexpected, "the colleague's addition is gone"))
    }

    /// Tickets, statistics and additions, as ConnectWise has them.
    async fn read_back(&mut self) -> Result<()> {
        self.say("What ConnectWise has now, read back as member admin2:");
        let tickets: Vec<Ticket> = self.ours().await?;
        let mut table = self.ui.table(&["ticket", "company", "summary", "status"]);
        for ticket in &tickets {
            let name = |reference: &Option<psa::Reference>| {
                reference.as_ref().and_then(|found| found.name.clone()).unwrap_or_default()
            };
            table.row([
                format!("#{}", ticket.id),
                name(&ticket.company),
                ticket.summary.or_empty().to_owned(),
                name(&ticket.status),
            ]);
        }
        self.ui.out(&table.to_string());
        let mut additions = self.ui.table(&[
            "company",
            "agreement addition",
            "quantity",
            "included",
            "billed",
            "price",
            "next invoice",
        ]);
        let mut reports = self.ui.table(&["company", "managed id", "device type", "statistics"]);
        let mut pushed = 0;
        for name in ["Eddie's TV Repair", "Joe TV Repair", "Angry Fox"] {
            let agreement = self.agreement_of(name).await?;
            let found: Vec<Addition> =
                self.colleague.list(&paths::additions(agreement.id), &Query::all()).await?;
            for addition in
                found.iter().filter(|addition| addition.serial_number.or_empty().starts_with("EFS-"))
            {
                pushed += usize::from(addition.quantity.is_some_and(|quantity| !quantity.is_zero()));
                let show = |value: Option<Decimal>| text::quantity(value.unwrap_or_default());
                additions.row([
                    name.to_owned(),
                    addition
                        .product
                        .as_ref()
                        .and_then(|product| product.identifier.clone())
                        .unwrap_or_default(),
                    show(addition.quantity),
                    show(addition.less_included),
                    show(addition.billed_quantity),
                    text::money(addition.unit_price.unwrap_or_default()),
                    text::money(addition.ext_price.unwrap_or_default()),
                ]);
            }
            let company = self.company(name).await?;
            let entries: Vec<ManagedId> =
                self.colleague.list(&paths::managed_ids(company.id), &Query::all()).await?;
            for entry in entries {
                let number =
                    |value: Option<i64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
                let kind = entry.device_type.as_ref().map_or("", |kind| kind.as_str());
                let statistics = if kind == crate::setup::managed_ids::SECOND {
                    format!(
                        "{} backups succeeded, {} failed",
                        number(entry.successful_backup_jobs),
                        number(entry.failed_backup_jobs)
                    )
                } else {
                    format!(
                        "{} servers, {} workstations",
                        number(entry.total_servers),
                        number(entry.total_workstations)
                    )
                };
                reports.row([
                    name.to_owned(),
                    entry.group_identifier.or_empty().to_owned(),
                    kind.to_owned(),
                    statistics,
                ]);
            }
        }
        self.ui.out(&additions.to_string());
        self.ui.out(&reports.to_string());
        self.expect(
            !tickets.is_empty() && tickets.iter().all(|ticket| !ticket.closed_flag),
            "tickets are open for the standing faults",
        );
        self.expect(pushed > 0, "agreement additions carry the use");
        let addition = self.angry_fox().await?;
        let billed = addition.ext_price.unwrap_or_default();
        self.expect(
            billed.is_sign_positive() && !billed.is_zero(),
            &format!("Angry Fox now pays {} instead of being paid", text::money(billed)),
        );
        Ok(())
    }

    /// The tickets psactl opened.
    async fn ours(&self) -> Result<Vec<Ticket>> {
        let query = Query::all().filter(Condition::starts_with("externalXRef", "psactl:")).order_by("id");
        Ok(self.colleague.list(&paths::tickets(), &query).await?)
    }

    /// The open ticket of a backup that failed.
    async fn open_ticket(&mut self) -> Result<i64> {
        let found = self
            .ours()
            .await?
            .into_iter()
            .find(|ticket| !ticket.closed_flag && ticket.summary.or_empty().contains(MENDED));
        self.expect(found.is_some(), &format!("there is an open ticket for {MENDED}"));
        Ok(found.map_or(0, |ticket| ticket.id))
    }

    async fn ticket_closed(&self, ticket: i64) -> Result<bool> {
        let found: Option<Ticket> = self.colleague.find(&paths::ticket(ticket)).await?;
        Ok(found.is_some_and(|ticket| ticket.closed_flag))
    }

    /// The failed backup of an account has succeeded, and the portal tells of it.
    fn backup_succeeds(&mut self) -> Result<()> {
        match self.portal {
            Portal::Files => self.backup_succeeds_in_the_export(),
            Portal::X360Recover => {
                self.say(&format!("(x360Recover tells of a backup of {MENDED} that completed a minute ago)"));
                let ended = self.sandbox.now() - jiff::SignedDuration::from_mins(1);
                self.sandbox.axcient().backup_succeeds(MENDED, ended);
                Ok(())
            }
        }
    }

    /// A new line in the portal's event log.
    fn backup_succeeds_in_the_export(&mut self) -> Result<()> {
        let file = self.folder.join("events.csv");
        let mut events = std::fs::read_to_string(&file)?;
        let now = jiff::Timestamp::from_second(self.sandbox.now().as_second()).unwrap_or_default();
        let line = format!(
            "990001,{now},{MENDED},342,OK,Remote Backup completed successfully for account [{MENDED} / DOC30199002]"
        );
        self.say(&format!("(the portal's event log grows: {line})"));
        if !events.ends_with('\n') {
            events.push('\n');
        }
        events.push_str(&line);
        events.push('\n');
        Ok(std::fs::write(&file, events)?)
    }

    fn end(&self) -> Exit {
        self.ui.out("");
        if self.missed.is_empty() {
            self.ui.out(&self.ui.paint(Look::Good, "Every step had its effect. Next: psactl sandbox --write-config trial/psactl.toml, and try it yourself."));
            return Exit::Done;
        }
        for missed in &self.missed {
            self.ui.problem(&format!("{} {missed}", self.ui.paint(Look::Bad, "no effect:")));
        }
        Exit::Unexpected
    }
}

/// The account whose backup fails in the sample and succeeds in the demo.
const MENDED: &str = "ETV-FrontOffice";
