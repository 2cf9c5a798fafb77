//! The worlds that a sandbox starts with: the guide's MSP, bare or integrated, and generated
//! companies besides. The records stand in `sample.json`; they are written through the same checks
//! as a request's, so that the sample cannot break the contract.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::auth::{ApiMember, Keys, Writer};
use super::contract::Contract;
use super::store::{Record, Store, reference};
use super::view::Found;
use super::work::Work;
use super::{Options, Release, World, clock, release, rules};

pub const COMPANY_ID: &str = "sunshineit";
pub const CLIENT_ID: &str = "5eedf00d-0000-4000-8000-000000000001";
/// The login that the guide has made for the backup service, and its password.
pub const INTEGRATOR: (&str, &str) = ("efolder-api", "Sandbox-Integr8or");

static SAMPLE: &str = include_str!("sample.json");

/// The first keys are psactl's, the second ones somebody else's.
pub fn keys(release: Release) -> Keys {
    let member = |identifier: &str, public: &str, private: &str| ApiMember {
        identifier: identifier.to_owned(),
        public_key: public.to_owned(),
        private_key: private.to_owned(),
    };
    Keys {
        release,
        company_id: COMPANY_ID.to_owned(),
        members: vec![
            member("psactl", "SandboxPublic001", "SandboxPrivate01"),
            member("admin2", "SandboxPublic002", "SandboxPrivate02"),
        ],
    }
}

/// `GET /login/companyinfo/{companyId}` (contract: behaviours, section 1).
pub fn company_info(release: Release, company: &str, authority: &str) -> Value {
    match company.eq_ignore_ascii_case(COMPANY_ID) {
        true => release::company_info(release, "Sunshine IT Partners", COMPANY_ID, authority),
        false => Value::Null,
    }
}

/// `GET /system/info`, with the licence for the managed services add-on or without it.
pub fn info(options: &Options) -> Value {
    let bits = ["Service", "Agreements", "Procurement", "Managed Services", "API"];
    let covers = |name: &str| name != "Managed Services" || options.managed_services_licence;
    let bits = bits.map(|name| json!({"name": name, "activeFlag": covers(name)}));
    json!({
        "version": release::names(options.release).build,
        "isCloud": true,
        "serverTimeZone": options.server_time_zone,
        "licenseBits": bits,
        "cloudRegion": "NA",
        "maxWorkFlowRecordsAllowed": 5000,
    })
}

/// Builds the world that the options ask for.
pub fn build(contract: &Contract, options: &Options, now: Timestamp) -> Result<Store, String> {
    let mut store = Store::default();
    for key in contract.collections.keys() {
        store.start_ids(key, 0);
    }
    // Ids as an old installation has them; no test may take two tables' ids for one.
    for (key, after) in [
        ("/service/tickets", 547),
        ("/finance/agreements", 120),
        ("/finance/agreements/{}/additions", 3000),
        ("/company/companies", 18),
        ("/company/contacts", 210),
        ("/procurement/catalog", 70),
        ("/service/boards/{}/statuses", 400),
    ] {
        store.start_ids(key, after);
    }
    let options = &Options { keep_statistics: true, flatten_newlines: false, ..options.clone() };
    let mut work = Work { contract, store: &mut store, options, now };
    let sample: Value = serde_json::from_str(SAMPLE).map_err(|why| why.to_string())?;
    let of_release = match options.release {
        Release::Current => &Value::Null,
        Release::Year2019 => &sample["2019"],
    };
    plant(&mut work, &sample["bare"])?;
    plant(&mut work, &of_release["bare"])?;
    if options.world == World::Integrated {
        plant(&mut work, &of_release["integrated"])?;
        plant(&mut work, &sample["integrated"])?;
    }
    generate(&mut work)?;
    Ok(store)
}

fn plant(work: &mut Work<'_>, parts: &Value) -> Result<(), String> {
    let writer = Writer::named("admin1");
    for part in parts.as_array().into_iter().flatten() {
        let key = part["in"].as_str().unwrap_or_default();
        let collection = work.contract.collection(key);
        let parents = parents(work, key, &part["of"])?;
        for change in part["changes"].as_array().into_iter().flatten() {
            change_record(work, key, &parents, change, &writer)?;
        }
        for record in part["records"].as_array().into_iter().flatten() {
            let record = filled(record, next_invoice(work.now));
            let Some(record) = record.as_object() else {
                return Err(format!("{key}: a record that is no object"));
            };
            match collection {
                None => {
                    let stamp = writer.stamp(work.now);
                    work.store.insert(key, &[], record.clone(), &stamp);
                }
                Some(collection) => {
                    let schema = work.contract.schema(&collection.schema);
                    let schema = schema.ok_or_else(|| format!("{key}: no schema"))?;
                    work.create(collection, schema, &parents, record, &writer)
                        .map_err(|refusal| format!("{key}: {}", refusal.body))?;
                }
            }
        }
    }
    Ok(())
}

/// Changes a record that is there already, found by its name.
fn change_record(
    work: &mut Work<'_>,
    key: &str,
    parents: &[i64],
    change: &Value,
    writer: &Writer,
) -> Result<(), String> {
    let id = named(work, key, parents, change["name"].as_str().unwrap_or_default())?;
    let collection = work.contract.collection(key).ok_or_else(|| format!("{key}: no such list"))?;
    let schema = work.contract.schema(&collection.schema).ok_or_else(|| format!("{key}: no schema"))?;
    let fields = change.as_object().cloned().unwrap_or_default();
    let changed = work.update(collection, schema, id, &fields, true, writer);
    changed.map_err(|refusal| format!("{key}: {}", refusal.body))
}

/// The ids of the records on the path, given by their names.
fn parents(work: &Work<'_>, key: &str, of: &Value) -> Result<Vec<i64>, String> {
    let names = of.as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut ids = Vec::new();
    for (name, parent) in names.zip(work.contract.collection(key).into_iter().flat_map(|c| &c.parents)) {
        ids.push(named(work, parent, &ids, name)?);
    }
    Ok(ids)
}

fn named(work: &Work<'_>, key: &str, parents: &[i64], name: &str) -> Result<i64, String> {
    let view = work.view();
    let table = work.store.table(key);
    let hit = table.into_iter().flat_map(|table| table.under(parents)).find(|(id, row)| {
        let found = Found { key, id: *id, row };
        let fields = ["name", "identifier"];
        fields.iter().any(|field| {
            rules::references::shown(&view, found, field).as_ref().and_then(Value::as_str) == Some(name)
        })
    });
    hit.map(|(id, _)| id).ok_or_else(|| format!("the sample has no {name} in {key}"))
}

/// The first of the month after now.
fn next_invoice(now: Timestamp) -> String {
    let next: Date = clock::day(now).first_of_month().saturating_add(jiff::Span::new().months(1));
    let zoned = next.to_zoned(TimeZone::UTC);
    clock::text(zoned.map_or(now, |zoned| zoned.timestamp()))
}

fn filled(value: &Value, next_invoice: String) -> Value {
    match value {
        Value::String(text) => match text.as_str() {
            "@next-invoice" => next_invoice.into(),
            "@integrator" => INTEGRATOR.0.into(),
            "@password" => INTEGRATOR.1.into(),
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(|v| filled(v, next_invoice.clone())).collect(),
        Value::Object(record) => {
            let fields = record.iter().map(|(k, v)| (k.clone(), filled(v, next_invoice.clone())));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

/// What a generated company is billed for in the integrated world: product, quantity, price.
const GENERATED: [(&str, i64, &str); 4] = [
    ("Online Backup Select Storage", 40, "2.0"),
    ("ShadowProtect BDR Storage", 300, "0.5"),
    ("Online Backup # Servers", 2, "25.0"),
    ("Online Backup # Desktops", 6, "5.0"),
];

/// Customers by number, each with site, contact and agreement; written straight into the store,
/// since tens of thousands are asked for.
fn generate(work: &mut Work<'_>) -> Result<(), String> {
    if work.options.companies == 0 {
        return Ok(());
    }
    let status = reference(named(work, "/company/companies/statuses", &[], "Active")?);
    let kind = reference(named(work, "/finance/agreements/types", &[], "Managed Service")?);
    let cycle = reference(named(work, "BillingCycleReference", &[], "Monthly")?);
    let currency = reference(named(work, "CurrencyReference", &[], "US Dollars")?);
    let next = next_invoice(work.now);
    let integrated = work.options.world == World::Integrated;
    let mut products = Vec::new();
    let mut solution = None;
    if integrated {
        for (identifier, quantity, price) in GENERATED {
            let id = named(work, "/procurement/catalog", &[], identifier)?;
            let price: Value = serde_json::from_str(price).map_err(|why| why.to_string())?;
            products.push((reference(id), quantity, price, format!("EFS {identifier}")));
        }
        solution = Some(named(work, "/company/managementItSolutions", &[], "eFolder")?);
    }
    let stamp = Writer::named("admin1").stamp(work.now);
    let fields = |value: Value| value.as_object().cloned().unwrap_or_default();
    let store = &mut *work.store;
    let mut add = |key: &str, parents: &[i64], value: Record| store.insert(key, parents, value, &stamp);
    for number in 1..=work.options.companies {
        let company = fields(json!({
            "identifier": format!("Customer{number:05}"), "name": format!("Customer {number:05}"),
            "status": status, "addressLine1": format!("{number} Bay Street"), "city": "Tampa",
            "state": "FL", "zip": "33602", "currency": currency,
        }));
        let company = add("/company/companies", &[], company);
        let of = reference(company);
        let site = json!({"name": "Main", "company": of, "city": "Tampa", "primaryAddressFlag": true});
        add("/company/companies/{}/sites", &[company], fields(site));
        let contact = json!({"firstName": "Customer", "lastName": format!("{number:05}"), "company": of, "defaultFlag": true});
        let contact = add("/company/contacts", &[], fields(contact));
        let agreement = fields(json!({
            "name": format!("Managed Services for Customer {number:05}"), "type": kind, "company": of,
            "contact": reference(contact), "startDate": "2015-01-01T00:00:00Z", "noEndingDateFlag": true,
            "billingCycle": cycle, "currency": currency, "nextInvoiceDate": next,
            "employeeCompRate": "Actual", "invoicingCycle": "CalendarYear", "billTime": "Billable",
            "billExpenses": "Billable", "billProducts": "Billable",
        }));
        let agreement = add("/finance/agreements", &[], agreement);
        let managed_id = format!("EFS-{}", 10_000 + number);
        if let Some(solution) = solution {
            for device in ["WorkstationsAndServers", "BackupStats"] {
                let report = json!({"managementSolution": reference(solution), "groupIdentifier": managed_id, "deviceType": device, "company": of});
                add("/company/companies/{}/managementSummaryReports", &[company], fields(report));
            }
        }
        for (at, (product, quantity, price, description)) in products.iter().enumerate() {
            let addition = fields(json!({
                "product": product, "quantity": quantity, "lessIncluded": 0, "unitPrice": price,
                "unitCost": 0, "billCustomer": "Billable", "effectiveDate": "2015-01-01T00:00:00Z",
                "serialNumber": managed_id, "description": description, "sequenceNumber": at + 1,
                "agreementId": agreement,
            }));
            add("/finance/agreements/{}/additions", &[agreement], addition);
        }
    }
    Ok(())
}
