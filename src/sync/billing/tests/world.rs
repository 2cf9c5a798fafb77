//! A small world to plan in: what ConnectWise, the portal and psactl's memory hold.

use super::super::*;
use crate::config::Switches;
use crate::plan::guards::tests::guard;
use crate::psa::PatchVerb;
use crate::services;
use crate::store::HoldState;

pub(super) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(super) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// Everything that decides one customer's billing: one addition that psactl has kept for long, of 200 GB at
/// 0.50, of which 200 are used. Rows change what they are about.
pub(super) struct World {
    pub(super) agreements: Vec<Value>,
    pub(super) additions: Vec<(i64, Value)>,
    pub(super) usage: Vec<(&'static str, Vec<(String, Decimal)>)>,
    pub(super) bindings: Vec<Binding>,
    pub(super) holds: Vec<Hold>,
    pub(super) settings: Settings,
    pub(super) gigabyte: Gigabyte,
    pub(super) reading: &'static str,
    pub(super) doubts: BTreeMap<&'static str, &'static str>,
    pub(super) products: BTreeMap<String, Vec<i64>>,
    pub(super) measured_on: Option<Date>,
    pub(super) today: Date,
}

pub(super) fn agreement(id: i64, name: &str) -> Value {
    json!({
        "id": id, "name": name, "agreementStatus": "Active", "billingCycle": {"id": 2, "name": "Monthly"},
        "nextInvoiceDate": "2026-12-01T00:00:00Z", "currency": {"id": 1, "currencyCode": "USD"},
        "prorateFlag": false,
    })
}

pub(super) fn addition(id: i64, product: i64, quantity: &str, price: &str) -> Value {
    json!({
        "id": id, "product": {"id": product, "identifier": "Online Backup"}, "serialNumber": "EFS-342",
        "quantity": number(Some(decimal(quantity))), "lessIncluded": 0,
        "unitPrice": number(Some(decimal(price))), "billCustomer": "Billable",
        "effectiveDate": "2026-01-01T00:00:00Z", "agreementStatus": "Active",
    })
}

pub(super) fn binding(id: i64, adopted: &str, pushed: Option<&str>) -> Binding {
    Binding {
        addition_id: id,
        agreement_id: 7,
        cid: "342".into(),
        service: "select-storage".into(),
        adopted: Some(decimal(adopted)),
        pushed: pushed.map(decimal),
        description: None,
        pushed_at: None,
        basis: None,
    }
}

pub(super) fn settings() -> Settings {
    Settings {
        enabled: true,
        update_invoice_descriptions: false,
        rounding: Rounding::Exact,
        below_included: BelowIncluded::Floor,
        agreement_type: "Managed Service".into(),
        services: Switches {
            online_backup_storage: true,
            online_backup_computers: true,
            local_backup_storage: true,
            local_backup_licenses: true,
            email_archiving: true,
            email_filtering: true,
            other_licenses: true,
        },
        products: BTreeMap::new(),
        flat_fees: BTreeMap::new(),
        guard: guard(),
    }
}

impl World {
    pub(super) fn new() -> World {
        World {
            agreements: vec![agreement(7, "Gold")],
            additions: vec![(7, addition(11, 5, "200", "0.50"))],
            usage: vec![("select-storage", vec![("alice".into(), decimal("200"))])],
            bindings: vec![binding(11, "150", Some("200"))],
            holds: Vec::new(),
            settings: settings(),
            gigabyte: Gigabyte::Decimal,
            reading: "",
            doubts: BTreeMap::new(),
            products: BTreeMap::from([
                ("select-storage".to_owned(), vec![5, 6]),
                ("online-servers".to_owned(), vec![8]),
            ]),
            measured_on: Some(date("2026-11-23")),
            today: date("2026-11-23"),
        }
    }

    pub(super) fn uses(&mut self, amount: &str) {
        self.usage[0].1 = vec![("alice".into(), decimal(amount))];
    }

    pub(super) fn set(&mut self, field: &str, value: Value) {
        self.additions[0].1[field] = value;
    }

    pub(super) fn of_agreement(&mut self, field: &str, value: Value) {
        self.agreements[0][field] = value;
    }

    pub(super) fn describes(&mut self, current: &str, written: Option<&str>) {
        self.settings.update_invoice_descriptions = true;
        self.set("invoiceDescription", json!(current));
        self.bindings[0].description = written.map(str::to_owned);
    }

    pub(super) fn answered(&mut self, record: &str, before: &str, after: &str, state: HoldState) {
        let change = Change::update("agreement addition", 11, "", paths::addition(7, 11), []);
        self.holds.push(Hold {
            id: 1,
            record: record.to_owned(),
            cid: "342".into(),
            change,
            reason: String::new(),
            before: before.to_owned(),
            after: after.to_owned(),
            state,
            note: None,
            since: jiff::Timestamp::UNIX_EPOCH,
        });
    }

    pub(super) fn plan(&self) -> Outcome {
        let link = Link {
            cid: "342".into(),
            company_id: 70,
            company_name: "Eddie's TV Repair".into(),
            portal_name: "Eddie's TV Repair".into(),
            managed_id: "EFS-342".into(),
            origin: "link".into(),
            confirmed_at: jiff::Timestamp::UNIX_EPOCH,
        };
        let agreements: Vec<AgreementFacts> = self
            .agreements
            .iter()
            .map(|own| {
                let agreement: Agreement = serde_json::from_value(own.clone()).unwrap();
                let of = self.additions.iter().filter(|(of, _)| *of == agreement.id);
                let additions = of.map(|(_, own)| serde_json::from_str(&own.to_string()).unwrap()).collect();
                AgreementFacts { agreement, additions }
            })
            .collect();
        let usage = self
            .usage
            .iter()
            .map(|(service, parts)| {
                let total = parts.iter().map(|part| part.1).sum();
                let parts = parts.iter().filter(|part| !part.1.is_zero()).cloned().collect();
                (*service, Use { total, parts })
            })
            .collect();
        plan(&Facts {
            source: "files",
            link: &link,
            managed_id: "EFS-342",
            agreements: &agreements,
            services: &services::enabled(&self.settings),
            products: &self.products,
            usage: &usage,
            bindings: &self.bindings.iter().map(|own| (own.addition_id, own.clone())).collect(),
            holds: &self.holds.iter().map(|own| (own.record.clone(), own.clone())).collect(),
            settings: &self.settings,
            gigabyte: self.gigabyte,
            reading: self.reading,
            doubts: &self.doubts,
            measured_on: self.measured_on,
            today: self.today,
        })
    }

    /// What ConnectWise and psactl's memory hold once the changes are made, as `apply` and `remember` do.
    pub(super) fn apply(&mut self, outcome: &Outcome) {
        for adopted in outcome.adopt.iter().chain(&outcome.recounted) {
            self.bindings.retain(|own| own.addition_id != adopted.addition_id);
            self.bindings.push(adopted.clone());
        }
        for change in &outcome.plan.changes {
            let operations = change.operations();
            let id = change.subject.id.unwrap();
            let (_, record) = self.additions.iter_mut().find(|(_, own)| own["id"] == id).unwrap();
            for operation in operations {
                assert_eq!(operation.op, PatchVerb::Replace);
                record[operation.path.as_str()] = operation.value.clone().unwrap();
            }
            // Computed by the server: gone until it is asked again.
            for computed in ["extPrice", "billedQuantity"] {
                record.as_object_mut().unwrap().remove(computed);
            }
            let binding = self.bindings.iter_mut().find(|own| own.addition_id == id).unwrap();
            let Purpose::Quantity { quantity, description, basis, .. } = &change.purpose else { panic!() };
            if change.fields.iter().any(|field| field.name == "quantity") {
                binding.pushed = Some(*quantity);
                binding.basis.clone_from(basis);
            }
            if description.is_some() {
                binding.description.clone_from(description);
            }
            let record = guards::record_of(change).unwrap();
            self.holds.retain(|hold| hold.record != record);
        }
    }
}

/// What a plan says, a line for each thing.
pub(super) fn told(outcome: &Outcome) -> Vec<String> {
    let fields = |change: &Change| {
        let fields: Vec<String> = change
            .fields
            .iter()
            .map(|field| {
                let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                format!("{} {} -> {}", field.name, plain(&field.before), plain(&field.after))
            })
            .collect();
        let money = change.money.as_ref().map_or_else(String::new, |money| {
            let prorated = if money.prorated { " prorated" } else { "" };
            let (before, after) = (text::quantity(money.before), text::quantity(money.after));
            format!(" [{before} -> {after} {}{prorated}]", money.currency)
        });
        format!("#{} {}{money}", change.subject.id.unwrap_or_default(), fields.join(", "))
    };
    let plan = &outcome.plan;
    let mut lines: Vec<String> =
        plan.changes.iter().map(|change| format!("write {}", fields(change))).collect();
    lines.extend(plan.held.iter().map(|held| {
        let no = if held.rejected { "no" } else { "hold" };
        format!("{no} {}: {}", fields(&held.change), held.reason)
    }));
    lines.extend(plan.blocked.iter().map(|blocked| format!("block {}: {}", blocked.subject, blocked.reason)));
    lines.extend(
        plan.notes.iter().map(|note| format!("{} {}", if note.act { "act" } else { "note" }, note.text)),
    );
    lines.extend(outcome.adopt.iter().map(|own| {
        format!("adopt #{} at {}", own.addition_id, own.adopted.map_or("empty".into(), text::quantity))
    }));
    lines.extend(outcome.approved.iter().map(|record| format!("approved {record}")));
    // Answers outlive every block; only where nothing is blocked is it worth a line.
    if outcome.plan.blocked.is_empty() {
        lines.extend(outcome.waiting.iter().map(|record| format!("waiting {record}")));
    }
    lines
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("agreements", &self.agreements)
            .field("additions", &self.additions)
            .field("usage", &self.usage)
            .field("bindings", &self.bindings)
            .field("holds", &self.holds)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
