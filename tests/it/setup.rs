//! `psactl setup`, through the binary: what it looks at, what it writes, what it leaves to a person.

use serde_json::{Value, json};

use crate::support::{Desk, id, shape};

const CHECK: &[&str] = &["setup", "--check"];
const DRY_RUN: &[&str] = &["setup", "--dry-run"];
const APPLY: &[&str] = &["setup", "--apply", "--yes"];
const APPLY_ALL: &[&str] = &["setup", "--apply", "--yes", "--vendor-sync-is-off"];

fn in_json(arguments: &[&'static str]) -> Vec<&'static str> {
    [arguments, &["--output", "json"]].concat()
}

/// The finding of one step in a JSON report.
#[track_caller]
fn step<'a>(report: &'a Value, name: &str) -> &'a Value {
    let steps = report["steps"].as_array().unwrap();
    steps.iter().find(|step| step["step"] == name).unwrap_or_else(|| panic!("no step {name}: {report:#}"))
}

fn standings(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let steps = report["steps"].as_array().unwrap();
    steps.iter().map(|step| (text(&step["step"]), text(&step["status"]))).collect()
}

#[test]
fn check_on_a_bare_psa_says_what_is_missing_and_only_reads() {
    let desk = Desk::bare();
    desk.psactl(CHECK)
        .ends_with(8)
        .says("service-status  ok")
        .says("missing: integrator login “efolder-api”")
        .says("missing: product “ShadowProtect BDR Storage”")
        .says("cross-references  blocked by integrator-login")
        .says("agreements  blocked by products")
        .says("8 steps are not right yet");
    assert!(!desk.requests().is_empty());
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn a_dry_run_shows_every_change_and_only_reads() {
    let desk = Desk::bare();
    let ran = desk.psactl(DRY_RUN).ends_with(0);
    let ran = ran
        .says("Nothing was written")
        .says("management solution “eFolder”")
        .says("Online Storage / Select")
        .says("Email Filtering / (blank)");
    assert_eq!(desk.writes(), Vec::<String>::new());
    assert_eq!(ran.stdout.matches("cross-reference ").count(), 11, "{}", ran.stdout);
    // Nothing is remembered either: the next check finds the same.
    desk.psactl(CHECK).ends_with(8).says("8 steps are not right yet");

    let report = desk.psactl(&in_json(DRY_RUN)).ends_with(0).json();
    let references = step(&report, "cross-references")["changes"].as_array().unwrap();
    let waiting = references.iter().filter(|change| change["waits_for"] == "the managed devices integration");
    assert_eq!((references.len(), waiting.count()), (12, 11));
}

#[test]
fn each_step_can_be_made_alone_and_names_what_blocks_it() {
    let desk = Desk::bare();
    desk.psactl(&["setup", "cross-references", "--apply", "--yes"])
        .ends_with(3)
        .says("cross-references  blocked by integrator-login");
    desk.psactl(&["setup", "agreements", "--apply", "--yes"]).ends_with(3).says("blocked by products");
    desk.psactl(&["setup", "managed-ids", "--apply", "--yes"])
        .ends_with(3)
        .says("blocked by management-solution");
    assert_eq!(desk.writes(), Vec::<String>::new(), "a step that others need is looked at, never made");

    for (step, writes) in [
        ("service-status", 0),
        ("integrator-login", 1),
        ("products", 11),
        ("management-solution", 1),
        ("configuration-types", 2),
        ("cross-references", 12),
    ] {
        desk.forget_requests();
        desk.psactl(&["setup", step, "--apply", "--yes"])
            .ends_with(0)
            .says(&format!("Step {step} is right."));
        assert_eq!(desk.writes().len(), writes, "{step}: {:?}", desk.writes());
        desk.forget_requests();
        desk.psactl(&["setup", step, "--apply", "--yes"]).ends_with(0);
        assert_eq!(desk.writes(), Vec::<String>::new(), "{step}, a second time");
    }
    desk.psactl(&["setup", "portal", "--apply", "--yes"]).ends_with(3).says("--vendor-sync-is-off");
    desk.psactl(&["setup", "portal", "--apply", "--yes", "--vendor-sync-is-off"]).ends_with(0);
    desk.psactl(&["setup", "portal", "--check"]).ends_with(0).says("confirmed 2026-11-23 14:00 UTC");
    desk.psactl(&["setup", "managed-ids", "--apply", "--yes"])
        .ends_with(3)
        .says("no customer is linked to a company yet");
}

#[test]
fn the_integrator_login_has_the_guides_rights_and_its_password_is_nowhere() {
    let desk = Desk::bare();
    let secret = desk.read("integrator-password");
    let ran = desk.psactl(&["setup", "--apply", "--yes", "--vendor-sync-is-off", "-vvv"]).ends_with(3);
    let ran = ran.is_silent_on(&secret);
    assert!(!ran.stdout.contains(&desk.read("private-key")));
    let ran = desk.psactl(&["setup", "integrator-login", "--dry-run", "--output", "json"]).ends_with(0);
    ran.is_silent_on(&secret);

    let login = desk.record("/system/integratorlogins", "username = \"efolder-api\"");
    assert_eq!(login["board"]["name"], "Professional Services");
    let on: Vec<&String> = login
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, value)| **value == json!(true))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(on, ["canAccessAllRecordsFlag", "managedServicesApiFlag", "serviceTicketApiFlag"]);
    assert!(login.get("ticketCallbackUrl").is_none_or(|url| url.is_null() || url == ""), "{login}");

    // The password is not in the state: not in the database, not in its log.
    for entry in std::fs::read_dir(desk.file("state")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
    // It works: the login can be used.
    let answer = desk.wait(async {
        let user = format!("{}+efolder-api", desk.sandbox().company_id());
        crate::sandbox::http()
            .get(format!("{}/v2025_8/apis/3.0/service/tickets", desk.sandbox().url()))
            .basic_auth(user, Some(&secret))
            .header("clientId", desk.sandbox().client_id())
            .header("x-cw-usertype", "integrator")
            .send()
            .await
            .unwrap()
    });
    assert_eq!(answer.status(), 200);
}

#[test]
fn without_tickets_the_login_gets_no_ticket_api() {
    let desk = Desk::bare();
    desk.edit(
        "psactl.toml",
        "[tickets]                               # guide steps 1 and 7\nenabled = true",
        "[tickets]\nenabled = false",
    );
    desk.psactl(APPLY_ALL).ends_with(3).says("not needed: tickets are off");
    let login = desk.record("/system/integratorlogins", "username = \"efolder-api\"");
    assert_ne!(login["serviceTicketApiFlag"], json!(true));
    assert!(login.get("board").is_none_or(Value::is_null), "{login}");
}

#[test]
fn products_carry_the_guides_fields() {
    let desk = Desk::bare();
    desk.psactl(&["setup", "products", "--apply", "--yes"]).ends_with(0);
    let product = desk.record("/procurement/catalog", "identifier = \"Online Backup Basic Storage\"");
    for (field, expected) in [
        ("/description", json!("EFS Online Backup Basic Storage")),
        ("/customerDescription", json!("Basic online backup, $1.50/GB")),
        ("/subcategory/name", json!("Managed Services")),
        ("/category/name", json!("Managed Services")),
        ("/type/name", json!("Software")),
        ("/productClass", json!("Service")),
        ("/unitOfMeasure/name", json!("Each")),
        ("/serializedFlag", json!(false)),
        ("/taxableFlag", json!(false)),
        ("/phaseProductFlag", json!(false)),
        ("/inactiveFlag", json!(false)),
    ] {
        let found = product.pointer(field).cloned().unwrap_or(Value::Null);
        let unset = found.is_null() && expected == json!(false);
        assert!(found == expected || unset, "{field}: {found}, expected {expected}");
    }
    assert_eq!(product["price"].as_f64(), Some(1.5));
    let made = desk.records("/procurement/catalog", "description like \"EFS*\"");
    assert_eq!(made.len(), 11);
    // Local storage is off unless asked for.
    assert!(!made.iter().any(|item| item["identifier"] == "Local Backup Storage"));
}

#[test]
fn cross_references_stand_letter_for_letter() {
    let desk = Desk::bare();
    desk.set_up();
    let integration = desk.record("/company/managedDevicesIntegrations", "");
    for (field, expected) in [
        ("/name", json!("eFolder")),
        ("/solution", json!("eFolder")),
        ("/loginBy", json!("Global")),
        ("/defaultBillingLevel", json!("Detail")),
        ("/disableNewCrossReferencesFlag", json!(true)),
        ("/matchOnSerialNumberFlag", json!(true)),
    ] {
        assert_eq!(integration.pointer(field), Some(&expected), "{field}");
    }
    assert_ne!(integration["configBillCustomerFlag"], json!(true));
    let login = desk.record("/system/integratorlogins", "username = \"efolder-api\"");
    assert_eq!(integration["integratorLogin"]["id"], login["id"]);

    let path = format!("/company/managedDevicesIntegrations/{}/crossReferences", id(&integration));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let lines: Vec<String> = desk
        .records(&path, "")
        .iter()
        .map(|reference| {
            format!(
                "{} | {} | {} | {} | {}",
                text(&reference["vendorType"]),
                text(&reference["vendorLevel"]),
                text(&reference["product"]["identifier"]),
                text(&reference["agreementType"]["name"]),
                text(&reference["configurationType"]["name"])
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn managed_ids_stand_in_order_and_additions_carry_what_is_used() {
    let desk = Desk::bare();
    desk.set_up();
    for (company, managed_id) in
        [("Eddie's TV Repair", "EFS-342"), ("Joe TV Repair", "EFS-355"), ("Angry Fox", "EFS-419")]
    {
        let path = format!("/company/companies/{}/managementSummaryReports", desk.company(company));
        let entries = desk.records(&path, "");
        let told: Vec<_> = entries
            .iter()
            .map(|entry| (entry["deviceType"].as_str().unwrap(), entry["groupIdentifier"].as_str().unwrap()))
            .collect();
        assert_eq!(told, [("WorkstationsAndServers", managed_id), ("BackupStats", managed_id)]);
        assert!(entries.iter().all(|entry| entry["managementSolution"]["name"] == "eFolder"));
        assert!(entries.iter().all(|entry| entry.get("agreement").is_none_or(Value::is_null)));
    }
    let addition = desk.addition("Angry Fox", "ShadowProtect BDR Storage");
    assert_eq!(addition["quantity"].as_f64(), Some(187.3));
    assert_eq!(addition["serialNumber"], "EFS-419");
    assert_eq!(addition["billCustomer"], "Billable");
    assert_eq!(addition["invoiceDescription"], "AF-BDR: 187.3 GB");
    assert_eq!(addition["effectiveDate"], "2026-12-01T00:00:00Z", "from the next invoice on");
    let additions = desk.billed();
    insta::assert_snapshot!(
        additions
            .iter()
            .map(|(what, quantity)| format!("{what} = {quantity}"))
            .collect::<Vec<_>>()
            .join("\n")
    );
}

#[test]
fn without_yes_and_without_a_terminal_it_is_a_wrong_command_line() {
    let desk = Desk::bare();
    desk.psactl(&["setup", "--apply"]).ends_with(2).says("--yes");
    desk.psactl(&["setup"]).ends_with(2).says("--check").says("--dry-run");
    desk.psactl(&["setup", "--yes"]).ends_with(2).says("--apply");
    desk.psactl(&["setup", "--check", "--apply"]).ends_with(2).says("cannot be used with");
    desk.psactl(&["setup", "no-such-step"]).ends_with(2).says("service-status");
    assert_eq!(desk.requests().len(), 0);
}

#[test]
fn what_was_set_up_by_hand_is_adopted_as_it_is() {
    let desk = Desk::integrated();
    let before = desk.billed();
    desk.psactl(APPLY_ALL)
        .ends_with(3)
        .says("+ cross-reference Email Archiving / Exchange (#10)")
        .says("+ cross-reference Email Filtering / (blank) (#11)")
        .says("no customer is linked to a company yet");
    // The MSP of the guide's figure 8 sells no e-mail services: these two were missing, and nothing else.
    assert_eq!(desk.writes().len(), 2);
    desk.psactl(APPLY_ALL).ends_with(3);
    assert_eq!(desk.writes().len(), 2);
    desk.forget_requests();
    desk.psactl(&["companies", "adopt", "--yes"]).ends_with(0).says("3 links adopted.");
    assert_eq!(desk.writes(), Vec::<String>::new());

    // The by-hand PSA bills less than is used: the check names each addition that is missing, and nothing else.
    let report = desk.psactl(&in_json(CHECK)).ends_with(8).json();
    let wrong: Vec<(String, String)> =
        standings(&report).into_iter().filter(|(_, status)| status != "done").collect();
    let wrong: Vec<(&str, &str)> = wrong.iter().map(|(step, status)| (&**step, &**status)).collect();
    assert_eq!(wrong, [("agreements", "todo")]);
    let missing: Vec<String> = step(&report, "agreements")["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["subject"]["name"].as_str().unwrap().to_owned())
        .collect();
    insta::assert_snapshot!(missing.join("\n"));
    assert_eq!(desk.billed(), before);
}

#[test]
fn near_misses_need_a_person_and_nothing_is_made_beside_them() {
    let desk = Desk::integrated();
    let login = desk.record("/system/integratorlogins", "username = \"efolder-api\"");
    desk.change(&format!("/system/integratorlogins/{}", id(&login)), "username", "eFolder-API");
    let solution = desk.record("/company/managementItSolutions", "");
    let at = format!("/company/managementItSolutions/{}", id(&solution));
    desk.change(&at, "name", "EFolder");
    desk.change(&at, "managementSolutionName", "EFolder");
    let kind = desk.record("/company/configurations/types", "name = \"License\"");
    desk.change(&format!("/company/configurations/types/{}", id(&kind)), "inactiveFlag", true);
    let product = desk.record("/procurement/catalog", "identifier = \"ShadowProtect BDR Wks\"");
    desk.change(&format!("/procurement/catalog/{}", id(&product)), "inactiveFlag", true);
    desk.forget_requests();

    let report = desk.psactl(&[APPLY_ALL, &["--output", "json"]].concat()).ends_with(3).json();
    for (name, words) in [
        ("integrator-login", "“eFolder-API” (#2), which differs from “efolder-api” in case or blanks"),
        ("management-solution", "differs from “eFolder” in case or blanks"),
        ("configuration-types", "configuration type “License” (#6) is inactive"),
        ("products", "“ShadowProtect BDR Wks” "),
    ] {
        let found = step(&report, name);
        assert_eq!(found["status"], "person", "{found:#}");
        assert!(found["what"].as_str().unwrap().contains(words), "{found:#}");
    }
    assert_eq!(step(&report, "cross-references")["by"], "integrator-login");
    assert_eq!(desk.writes(), Vec::<String>::new());
}

#[test]
fn a_login_that_psactl_did_not_make_is_never_narrowed() {
    let desk = Desk::bare();
    desk.make(
        "/system/integratorlogins",
        json!({
            "username": "efolder-api", "password": "of-another-integration", "companyApiFlag": true,
            "managedServicesApiFlag": true, "canAccessAllRecordsFlag": true, "invoiceApiFlag": true,
        }),
    );
    desk.forget_requests();
    desk.psactl(&["setup", "integrator-login", "--apply", "--yes"])
        .ends_with(0)
        .says("also has companyApiFlag, invoiceApiFlag; left as it is");
    let login = desk.record("/system/integratorlogins", "username = \"efolder-api\"");
    assert_eq!((&login["companyApiFlag"], &login["invoiceApiFlag"]), (&json!(true), &json!(true)));
    assert_eq!(login["serviceTicketApiFlag"], json!(true), "what is missing is added");
    assert_eq!(login["board"]["name"], "Professional Services");
    assert_eq!(desk.writes().len(), 1);
}

#[test]
fn what_psactl_made_itself_is_narrowed_again() {
    let desk = Desk::bare();
    desk.psactl(&["setup", "integrator-login", "--apply", "--yes"]).ends_with(0);
    let login = desk.record("/system/integratorlogins", "username = \"efolder-api\"");
    let path = format!("/system/integratorlogins/{}", id(&login));
    desk.change(&path, "invoiceApiFlag", true);
    desk.psactl(&["setup", "integrator-login", "--check"]).ends_with(8);
    desk.psactl(&["setup", "integrator-login", "--apply", "--yes"]).ends_with(0);
    assert_ne!(desk.ask("GET", &path, &[], None)["invoiceApiFlag"], json!(true));
}

#[test]
fn a_price_is_never_made_up() {
    let desk = Desk::bare();
    desk.edit(
        "psactl.toml",
        "bdr-storage = { identifier = \"ShadowProtect BDR Storage\", price = \"0.50\" }",
        "bdr-storage = \"ShadowProtect BDR Storage\"",
    );
    desk.psactl(&["setup", "products", "--apply", "--yes"])
        .ends_with(3)
        .says("to have it created, give its price")
        .says("bdr-storage = {");
    assert_eq!(desk.records("/procurement/catalog", "identifier = \"ShadowProtect BDR Storage\"").len(), 0);
    // A product that is there needs no price in the configuration.
    desk.edit(
        "psactl.toml",
        "bdr-storage = \"ShadowProtect BDR Storage\"",
        "bdr-storage = { identifier = \"ShadowProtect BDR Storage\", price = \"0.50\" }",
    );
    desk.psactl(&["setup", "products", "--apply", "--yes"]).ends_with(0);
    desk.edit(
        "psactl.toml",
        "bdr-storage = { identifier = \"ShadowProtect BDR Storage\", price = \"0.50\" }",
        "",
    );
    desk.psactl(&["setup", "products", "--check"]).ends_with(0);
}

#[test]
fn a_login_without_the_rights_is_told_where_to_give_them() {
    let desk = Desk::bare();
    let board = id(&desk.record("/service/boards", "name = \"Professional Services\""));
    desk.make(
        "/system/integratorlogins",
        json!({
            "username": "narrow", "password": "narrow-password", "canAccessAllRecordsFlag": true,
            "serviceTicketApiFlag": true, "systemApiFlag": true, "managedServicesApiFlag": true,
            "board": { "id": board },
        }),
    );
    desk.edit(
        "psactl.toml",
        &format!(
            "public_key = \"{}\"\nprivate_key = {{ file = \"private-key\" }}",
            desk.sandbox().public_key()
        ),
        "username = \"narrow\"\npassword = { file = \"private-key\" }",
    );
    desk.write("private-key", "narrow-password");
    desk.forget_requests();
    // What was made before is told; products are refused, and a person is shown where to make them.
    desk.psactl(APPLY_ALL)
        .ends_with(4)
        .is_silent_on("narrow-password")
        .says("+ integrator login “efolder-api”")
        .says("Stopped at step products.")
        .says("integrator login: switch on “Product API”")
        .says("or by hand: Setup > Products > New");
    desk.psactl(&["setup", "products", "--check"]).ends_with(4).says("Setup > Products > New");
}

#[test]
fn the_json_shape_is_kept() {
    let desk = Desk::bare();
    let dry_run = desk.psactl(&in_json(DRY_RUN)).ends_with(0).json();
    assert_eq!(dry_run["schema"], "psactl/setup/1");
    assert_eq!(dry_run["mode"], "dry-run");
    let applied = desk.psactl(&[APPLY_ALL, &["--output", "json"]].concat()).ends_with(3).json();
    assert_eq!(applied["finished"], json!(false));
    insta::assert_snapshot!(shape(&json!([dry_run, applied])));
}

#[test]
fn a_record_that_is_gone_is_made_again_and_a_renamed_one_is_followed() {
    let desk = Desk::bare();
    desk.set_up();
    let product = desk.record("/procurement/catalog", "identifier = \"ShadowProtect BDR Storage\"");
    desk.change(&format!("/procurement/catalog/{}", id(&product)), "identifier", "BDR Storage 2027");
    let board = desk.record("/service/boards", "name = \"Professional Services\"");
    desk.change(&format!("/service/boards/{}", id(&board)), "name", "Service Desk");
    desk.forget_requests();
    desk.psactl(APPLY)
        .ends_with(0)
        .says("“BDR Storage 2027” (#75) is now called so")
        .says("is now called “Service Desk”");
    assert_eq!(desk.writes(), Vec::<String>::new());
    let integration = desk.record("/company/managedDevicesIntegrations", "");
    let path = format!("/company/managedDevicesIntegrations/{}/crossReferences", id(&integration));
    let reference = desk.record(&path, "vendorLevel = \"Select\"");
    desk.delete(&format!("{path}/{}", id(&reference)));
    desk.psactl(CHECK).ends_with(8).says("missing: cross-reference Online Storage / Select");
    desk.psactl(APPLY).ends_with(0);
    assert_eq!(desk.records(&path, "vendorLevel = \"Select\"").len(), 1);
}

/// Linked, with every step but the agreements done.
fn before_agreements() -> Desk {
    let desk = Desk::bare();
    desk.psactl(APPLY_ALL).ends_with(3);
    for (cid, company) in [("342", "Eddie's TV Repair"), ("355", "Joe TV Repair"), ("419", "Angry Fox")] {
        desk.psactl(&["companies", "link", cid, company, "--yes"]).ends_with(0);
    }
    desk
}

const AGREEMENTS: &[&str] = &["setup", "agreements", "--apply", "--yes"];

#[test]
fn no_addition_is_made_of_what_sync_would_not_bill() {
    // What is wrong with the export or the clock -> what is said
    let desk = before_agreements();
    let none = desk.billed();
    desk.later(jiff::SignedDuration::from_hours(40));
    desk.psactl(&["setup", "managed-ids", "--apply", "--yes"]).ends_with(0);
    desk.psactl(AGREEMENTS)
        .ends_with(3)
        .says("customer 342: the use was measured")
        .says("longer ago than max_age (1 day 12 h)");
    assert_eq!(desk.billed(), none);

    let desk = before_agreements();
    desk.edit("accounts.csv", "Angry Fox", "Calm Fox");
    desk.psactl(AGREEMENTS)
        .ends_with(3)
        .says("customer 419: the portal now calls this customer “Calm Fox”, linked was “Angry Fox”");
    let billed = desk.billed();
    assert!(billed.keys().all(|own| !own.contains("EFS-419")), "{billed:?}");
    assert!(billed.keys().any(|own| own.contains("EFS-342")), "one customer never stops another's");

    // This machine's clock is an hour behind the server's: the use seems to be of the future as well.
    let desk = before_agreements();
    let hour_ago = desk.sandbox().now() - jiff::SignedDuration::from_hours(1);
    let mut command = desk.command(AGREEMENTS);
    Desk::ran(command.env("PSACTL_NOW", hour_ago.to_string()))
        .ends_with(3)
        .says("this machine's clock is")
        .says("off the server's");
    assert_eq!(desk.billed(), none);
}

#[test]
fn an_export_older_than_the_last_one_used_makes_no_addition() {
    let desk = Desk::running();
    let path = format!("/finance/agreements/{}/additions", desk.agreement("Angry Fox"));
    let addition = desk.addition("Angry Fox", "ShadowProtect BDR Storage");
    desk.delete(&format!("{path}/{}", id(&addition)));
    let day = "2026-11-23T";
    desk.edit("accounts.csv", day, "2026-11-22T");
    desk.psactl(AGREEMENTS).ends_with(3).says("this export was measured before the last one used");
    desk.edit("accounts.csv", "2026-11-22T", day);
    desk.psactl(AGREEMENTS).ends_with(0);
}

/// Somebody added it by hand and entered the Managed ID not at all, or in other letters: a second one would bill twice.
#[test]
fn nothing_is_made_beside_what_bills_without_the_serial_number() {
    for (serial, says) in [("", "without a serial number"), (" efs-419", "with the serial number “efs-419”")]
    {
        let desk = before_agreements();
        let product = id(&desk.record("/procurement/catalog", "identifier = \"ShadowProtect BDR Storage\""));
        let path = format!("/finance/agreements/{}/additions", desk.agreement("Angry Fox"));
        let mut body = json!({ "product": { "id": product }, "quantity": 90, "billCustomer": "Billable" });
        if !serial.is_empty() {
            body["serialNumber"] = json!(serial);
        }
        let made = id(&desk.make(&path, body));
        let additions = || desk.records(&path, "product/identifier = \"ShadowProtect BDR Storage\"").len();
        desk.psactl(AGREEMENTS)
            .ends_with(3)
            .says(&format!("addition #{made} on"))
            .says(&format!("bills it {says}: enter EFS-419 there, or end it"));
        assert_eq!(additions(), 1, "{serial}");
        assert!(desk.billed().keys().any(|own| own.contains("EFS-342")), "one customer stops no other");
        desk.change(&format!("{path}/{made}"), "serialNumber", "EFS-419");
        desk.psactl(AGREEMENTS).ends_with(0);
        assert_eq!(additions(), 1, "{serial}");
    }
}

#[test]
fn without_a_next_invoice_ahead_a_person_says_from_when_it_bills() {
    let desk = before_agreements();
    let agreement = desk.agreement("Angry Fox");
    desk.change(&format!("/finance/agreements/{agreement}"), "nextInvoiceDate", "2026-11-20T00:00:00Z");
    desk.psactl(AGREEMENTS)
        .ends_with(3)
        .says("a next invoice that is due since 2026-11-20")
        .says("--effective-date YYYY-MM-DD");
    assert_eq!(
        desk.records(&format!("/finance/agreements/{agreement}/additions"), "serialNumber = \"EFS-419\"")
            .len(),
        0
    );
    desk.psactl(&["setup", "--check", "--effective-date", "2026-11-15"]).ends_with(2).says("step agreements");
    desk.psactl(&["setup", "agreements", "--apply", "--yes", "--effective-date", "2026-11-15"]).ends_with(0);
    let addition = desk.addition("Angry Fox", "ShadowProtect BDR Storage");
    assert_eq!(addition["effectiveDate"], "2026-11-15T00:00:00Z");
}

#[test]
fn a_second_identifier_of_a_service_is_not_the_first_product() {
    let desk = Desk::bare();
    desk.psactl(&["setup", "products", "--apply", "--yes"]).ends_with(0);
    let product = desk.record("/procurement/catalog", "identifier = \"ShadowProtect BDR Storage\"");
    desk.edit(
        "psactl.toml",
        "bdr-storage = { identifier = \"ShadowProtect BDR Storage\", price = \"0.50\" }",
        "bdr-storage = [\"ShadowProtect BDR Storage\", \"BDR Storage NFP\"]",
    );
    desk.psactl(&["setup", "products", "--apply", "--yes"])
        .ends_with(3)
        .says("product “BDR Storage NFP” for ShadowProtect BDR Storage is not there");
    // The one that was chosen is followed all the same.
    let path = format!("/procurement/catalog/{}", id(&product));
    desk.change(&path, "identifier", "BDR Storage 2027");
    desk.psactl(&["setup", "products", "--check"])
        .ends_with(8)
        .says("“BDR Storage 2027” (#75) is now called so");
}

#[test]
fn an_inactive_cross_reference_beside_a_right_one_stays_inactive() {
    let desk = Desk::bare();
    desk.set_up();
    let integration = desk.record("/company/managedDevicesIntegrations", "");
    let path = format!("/company/managedDevicesIntegrations/{}/crossReferences", id(&integration));
    let old = desk.record(&path, "vendorLevel = \"Select\"");
    desk.change(&format!("{path}/{}", id(&old)), "inactiveFlag", true);
    let mut body = old.clone();
    for field in ["id", "_info", "inactiveFlag"] {
        body.as_object_mut().unwrap().remove(field);
    }
    desk.make(&path, body);
    desk.forget_requests();
    desk.psactl(APPLY).ends_with(0);
    assert_eq!(desk.writes(), Vec::<String>::new());
    assert_eq!(desk.ask("GET", &format!("{path}/{}", id(&old)), &[], None)["inactiveFlag"], json!(true));
}

#[test]
fn the_doctor_tells_of_what_would_fail_and_what_would_be_held() {
    let desk = Desk::running();
    desk.psactl(&["doctor", "--only", "sync"]).ends_with(0).says("ConnectWise agrees with the portal");
    desk.edit("accounts.csv", "187.30", "999.00");
    desk.psactl(&["doctor", "--only", "sync"])
        .ends_with(0)
        .says("warning  1 change waits for a yes")
        .says("187.3 -> 999")
        .is_silent_on("agrees with the portal");
    desk.expects_refusals();
    let fault = psactl::sandbox::Fault {
        method: Some("GET".into()),
        path: Some(format!("/finance/agreements/{}/additions", desk.agreement("Angry Fox"))),
        kind: "status-400".into(),
        times: Some(1),
        ..Default::default()
    };
    desk.sandbox().add_fault(fault).unwrap();
    desk.psactl(&["doctor", "--only", "sync"])
        .ends_with(8)
        .says("problem  a customer cannot be synchronised [trouble]")
        .says("customer 419")
        .says("refused the request");
}

#[test]
fn an_answer_is_for_the_customers_concerned_and_all_or_nothing() {
    let desk = Desk::running();
    desk.edit("accounts.csv", "187.30", "999.00");
    desk.later(jiff::SignedDuration::from_hours(13));
    desk.psactl(&["sync"]).ends_with(6).says("1 held");
    desk.psactl(&["review", "--approve", "all", "--take-over", "99999"])
        .ends_with(6)
        .says("psactl keeps no agreement addition #99999");
    let review = desk.psactl(&["review", "--output", "json"]).ends_with(0).json();
    assert_eq!(review["held"][0]["state"], "held", "{review:#}");

    desk.psactl(&["review", "--approve", "all"]).ends_with(0);
    let others = ["Eddie's TV Repair", "Joe TV Repair"].map(|company| desk.agreement(company));
    desk.forget_requests();
    desk.psactl(&["sync"]).ends_with(0);
    let touched = |agreement: &i64| {
        let path = format!("/finance/agreements/{agreement}/");
        desk.requests().iter().any(|request| request.path.contains(&path))
    };
    assert!(!others.iter().any(touched), "{:?}", desk.requests());
    assert_eq!(desk.addition("Angry Fox", "ShadowProtect BDR Storage")["quantity"].as_f64(), Some(999.0));
}

#[test]
fn a_new_password_is_written_only_when_it_is_asked_for() {
    let desk = Desk::bare();
    desk.psactl(&["setup", "integrator-login", "--apply", "--yes"]).ends_with(0);
    desk.write("integrator-password", "Another-Passw0rd\n");
    desk.forget_requests();
    desk.psactl(&["setup", "integrator-login", "--apply", "--yes"]).ends_with(0);
    assert_eq!(desk.writes(), [""; 0]);
    desk.psactl(&["setup", "--apply", "--yes", "--new-password"]).ends_with(2).says("step integrator-login");
    desk.psactl(&["setup", "integrator-login", "--new-password", "--check"])
        .ends_with(2)
        .says("cannot be read back");
    desk.psactl(&["setup", "integrator-login", "--new-password", "--dry-run"])
        .ends_with(0)
        .says("password: (from the configuration)")
        .says("whoever else signs in as “efolder-api” needs the new password too")
        .is_silent_on("Another");
    assert_eq!(desk.writes(), [""; 0]);

    let new = &["setup", "integrator-login", "--new-password", "--apply", "--yes", "-vvv"];
    desk.psactl(new).ends_with(0).is_silent_on("Another-Passw0rd");
    assert_eq!(desk.writes(), ["PATCH /system/integratorlogins/{id}"]);

    // psactl signs in with it, and it works; but it never changes the login that it stands on.
    let login = id(&desk.record("/system/integratorlogins", "username = \"efolder-api\""));
    desk.change(&format!("/system/integratorlogins/{login}"), "systemApiFlag", true);
    let text = desk.read("psactl.toml");
    let key = text.lines().find(|line| line.starts_with("public_key")).unwrap().to_owned();
    desk.edit("psactl.toml", &key, "username = \"efolder-api\"");
    desk.edit(
        "psactl.toml",
        "private_key = { file = \"private-key\" }",
        "password = { file = \"integrator-password\" }",
    );
    desk.forget_requests();
    desk.psactl(new).ends_with(3).says("psactl signs in with “efolder-api” itself");
    assert_eq!(desk.writes(), [""; 0]);
}

#[test]
fn a_login_that_serves_another_integration_is_not_narrowed() {
    let desk = Desk::bare();
    desk.psactl(&["setup", "integrator-login", "--apply", "--yes"]).ends_with(0);
    let login = id(&desk.record("/system/integratorlogins", "username = \"efolder-api\""));
    let path = format!("/system/integratorlogins/{login}");
    desk.change(&path, "companyApiFlag", true);
    desk.make(
        "/company/managementItSolutions",
        json!({ "name": "Watchtower", "managementItSolutionType": "Custom", "managementSolutionName": "Watchtower" }),
    );
    desk.make(
        "/company/managedDevicesIntegrations",
        json!({ "name": "Watchtower", "solution": "Watchtower", "loginBy": "Member", "defaultBillingLevel": "Detail",
                "integratorLogin": { "id": login } }),
    );
    desk.forget_requests();
    desk.psactl(&["setup", "integrator-login", "--apply", "--yes"])
        .ends_with(0)
        .says("also has companyApiFlag; left as it is");
    assert_eq!(desk.writes(), [""; 0]);
}

#[test]
fn a_server_that_insists_on_a_global_login_gets_the_integrator_logins() {
    let options = psactl::sandbox::Options { global_login_required: true, ..Default::default() };
    let desk = Desk::with(options);
    desk.expects_refusals();
    let secret = desk.read("integrator-password");
    desk.psactl(APPLY_ALL).is_silent_on(&secret);
    let integration = desk.record("/company/managedDevicesIntegrations", "solution = \"eFolder\"");
    assert_eq!(integration["globalLoginUsername"], "efolder-api");
    let posts =
        desk.writes().iter().filter(|write| *write == "POST /company/managedDevicesIntegrations").count();
    assert_eq!(posts, 2, "once without it, once with it");
    desk.forget_requests();
    desk.psactl(&["setup", "cross-references", "--apply", "--yes"]).ends_with(0);
    assert_eq!(desk.writes(), [""; 0]);
}

#[test]
fn on_an_old_release_the_status_gets_the_guides_cross_reference() {
    let old = |world| psactl::sandbox::Options {
        release: psactl::sandbox::Release::Year2019,
        world,
        ..Default::default()
    };
    let new_status = |desk: &Desk| {
        let board = id(&desk.record("/service/boards", "name = \"Professional Services\""));
        desk.record(&format!("/service/boards/{board}/statuses"), "name = \"New (not responded)\"")
    };
    let desk = Desk::with(old(psactl::sandbox::World::Bare));
    let one = |mode: &'static str| ["setup", "service-status", mode];
    desk.psactl(&one("--check")).ends_with(8).says("missing: board status");
    desk.psactl(&one("--dry-run")).ends_with(0).says("externalIntegrationXref: ").says("Not Responded (Set)");
    assert_eq!(desk.writes(), [""; 0]);
    let before = new_status(&desk);
    assert!(before["externalIntegrationXref"].is_null());
    desk.psactl(&["setup", "service-status", "--apply", "--yes"]).ends_with(0);
    let after = new_status(&desk);
    assert_eq!(after["externalIntegrationXref"]["name"], "Not Responded (Set)");
    assert_eq!(after["escalationStatus"], before["escalationStatus"], "nothing else is changed");
    desk.forget_requests();
    desk.psactl(&["setup", "service-status", "--apply", "--yes"]).ends_with(0);
    assert_eq!(desk.writes(), [""; 0]);

    let desk = Desk::with(old(psactl::sandbox::World::Integrated));
    desk.psactl(&one("--check")).ends_with(0).says("has External Integration XRef “Not Responded”");
}

#[test]
fn the_whole_set_up_runs_twice_and_changes_nothing_the_second_time() {
    let desk = Desk::linked();
    desk.forget_requests();
    desk.psactl(APPLY).ends_with(0).says("Set-up is complete.");
    assert_eq!(desk.writes(), Vec::<String>::new());
}
