//! One write, in the user's words and in the machine's.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::psa::{PatchOp, Path};
use crate::sync::faults::FaultKey;

/// What is done to the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// A new record.
    Create,
    /// Fields of an existing record.
    Update,
    /// An existing record goes.
    Delete,
}

/// The record a change is about, in ConnectWise's terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The kind of record, such as `agreement addition`.
    pub kind: Cow<'static, str>,
    /// Its id, once it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<i64>,
    /// Its name, with whose it is.
    pub name: String,
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.id {
            Some(id) => write!(f, "{} #{id} {}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// One field before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The contract's name of it.
    pub name: Cow<'static, str>,
    /// What it holds; `null` for a new record.
    pub before: Value,
    /// What it will hold.
    pub after: Value,
}

/// The request that makes the change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "UPPERCASE")]
pub enum Request {
    /// Creates a record in a collection.
    Post {
        /// The collection.
        path: Path,
        /// The record, without secrets.
        body: Value,
    },
    /// Replaces fields of a record, as one update: [`Change::operations`].
    Patch {
        /// The record.
        path: Path,
    },
    /// Deletes a record.
    Delete {
        /// The record.
        path: Path,
    },
}

/// A secret that is put into the body when it is sent, and stands nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretSlot {
    /// The field `password` of an integrator login.
    IntegratorPassword,
    /// The same password as the global login of a managed devices integration, for servers that insist on one.
    GlobalLoginPassword,
}

impl SecretSlot {
    /// The field of the record that it goes into.
    pub fn field(self) -> &'static str {
        match self {
            SecretSlot::IntegratorPassword => "password",
            SecretSlot::GlobalLoginPassword => "globalLoginPassword",
        }
    }
}

/// How the record can be found again when nobody can say whether a write arrived: the records of a
/// collection whose fields equal these values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NaturalKey {
    /// The collection, or for an update the record itself.
    pub path: Path,
    /// Field paths and the values they must have; empty for an update.
    pub equals: Map<String, Value>,
}

/// The next invoice of an agreement when something was written to it: once it has moved on, an invoice was made
/// with what was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NextInvoice {
    /// Not noted.
    #[default]
    Unknown,
    /// The agreement is never invoiced.
    Never,
    /// On this day.
    On(jiff::civil::Date),
}

impl NextInvoice {
    /// That of an agreement as ConnectWise has it.
    pub fn of(agreement: &crate::psa::Agreement) -> NextInvoice {
        agreement
            .next_invoice_date
            .map_or(NextInvoice::Never, |next| NextInvoice::On(crate::sync::billing::day(next)))
    }
}

impl std::fmt::Display for NextInvoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NextInvoice::Unknown => f.write_str("unknown"),
            NextInvoice::Never => f.write_str("none"),
            NextInvoice::On(day) => write!(f, "{day}"),
        }
    }
}

/// What a change does to the next invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyEffect {
    /// The currency's code or symbol; empty where the agreement names none.
    pub currency: String,
    /// The line of the next invoice as it stands.
    pub before: Decimal,
    /// The same after the change.
    pub after: Decimal,
    /// The agreement prorates: these are amounts of a full period.
    pub prorated: bool,
}

impl MoneyEffect {
    /// The difference.
    pub fn delta(&self) -> Decimal {
        self.after.saturating_sub(self.before)
    }
}

/// Why a change is made, and what psactl remembers once it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A step of set-up.
    Setup {
        /// The step.
        step: String,
        /// What the record is to the step.
        key: String,
    },
    /// The quantity (and description) of an agreement addition.
    Quantity {
        /// The portal's source.
        source: String,
        /// The service billed.
        service: String,
        /// The agreement.
        agreement: i64,
        /// The quantity before.
        before: Option<Decimal>,
        /// The quantity written.
        quantity: Decimal,
        /// The description written.
        description: Option<String>,
        /// How use was counted.
        #[serde(default)]
        basis: Option<String>,
        /// The invoice it was written for.
        #[serde(default)]
        next_invoice: NextInvoice,
    },
    /// A flat fee beside the usage of a service.
    FlatFee {
        /// The service.
        service: String,
    },
    /// Backup statistics of the executive management report.
    Statistics,
    /// A ticket for a fault.
    OpenTicket {
        /// The portal's source.
        source: String,
        /// The fault.
        fault: FaultKey,
        /// The event that began it.
        first_event: String,
        /// The time of the last bad event told of.
        told_until: jiff::Timestamp,
    },
    /// A note on the ticket of a fault.
    NoteTicket {
        /// The portal's source.
        source: String,
        /// The fault.
        fault: FaultKey,
        /// The ticket.
        ticket: i64,
        /// The time of the last bad event told of.
        told_until: jiff::Timestamp,
    },
    /// The status of the ticket of a fault.
    TicketStatus {
        /// The portal's source.
        source: String,
        /// The fault.
        fault: FaultKey,
        /// Whether it is resolved, else reopened.
        resolved: bool,
        /// The event that began the episode.
        first_event: String,
    },
}

/// A reference as it is sent: by id alone, where it has one. Its name is for the reader.
fn slim(value: &Value) -> Value {
    match value.get("id") {
        Some(id) if !id.is_null() => serde_json::json!({ "id": id }),
        _ => value.clone(),
    }
}

/// One write. The first run of a large MSP has tens of thousands of them in memory, so that each says everything once.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Change {
    /// What it is about.
    pub subject: Subject,
    /// Create, update or delete.
    pub action: Action,
    /// Each field before and after.
    pub fields: Vec<Field>,
    /// The request.
    pub request: Request,
    /// A secret that goes with the request.
    #[serde(default)]
    pub secret: Option<SecretSlot>,
    /// How the record can be found again.
    pub key: NaturalKey,
    /// The customer it is for.
    #[serde(default)]
    pub cid: Option<String>,
    /// What it does to the next invoice.
    #[serde(default)]
    pub money: Option<MoneyEffect>,
    /// Why, and what is remembered.
    pub purpose: Purpose,
    /// A record that must be made first; such a change is shown and not yet applied.
    #[serde(default)]
    pub waits_for: Option<String>,
    /// The run whose write it takes back.
    #[serde(default)]
    pub undoes: Option<i64>,
}

/// As a person reads it in JSON, the journal and a saved plan: a PATCH with its operations.
impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Patch<'a> {
            method: &'static str,
            path: &'a Path,
            operations: Vec<PatchOp>,
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("subject", &self.subject)?;
        map.serialize_entry("action", &self.action)?;
        map.serialize_entry("fields", &self.fields)?;
        match &self.request {
            Request::Patch { path } => {
                let operations = self.operations();
                map.serialize_entry("request", &Patch { method: "PATCH", path, operations })?;
            }
            whole => map.serialize_entry("request", whole)?,
        }
        if let Some(secret) = &self.secret {
            map.serialize_entry("secret", secret)?;
        }
        map.serialize_entry("key", &self.key)?;
        if let Some(cid) = &self.cid {
            map.serialize_entry("cid", cid)?;
        }
        if let Some(money) = &self.money {
            map.serialize_entry("money", money)?;
        }
        map.serialize_entry("purpose", &self.purpose)?;
        if let Some(first) = &self.waits_for {
            map.serialize_entry("waits_for", first)?;
        }
        if let Some(run) = &self.undoes {
            map.serialize_entry("undoes", run)?;
        }
        map.end()
    }
}

impl Change {
    /// A new record. `found_by` names the fields of the body that make its natural key.
    pub fn create(
        kind: &'static str,
        name: impl Into<String>,
        path: Path,
        body: Value,
        found_by: &[&str],
    ) -> Self {
        let fields = match &body {
            Value::Object(map) => map
                .iter()
                .map(|(name, value)| Field {
                    name: name.clone().into(),
                    before: Value::Null,
                    after: value.clone(),
                })
                .collect(),
            _ => Vec::new(),
        };
        let body = match body {
            Value::Object(map) => map.into_iter().map(|(name, value)| (name, slim(&value))).collect(),
            other => other,
        };
        let mut equals = Map::new();
        for field in found_by {
            let value = body.pointer(&format!("/{field}")).cloned().unwrap_or(Value::Null);
            equals.insert((*field).to_owned(), value);
        }
        Change {
            subject: Subject { kind: kind.into(), id: None, name: name.into() },
            action: Action::Create,
            fields,
            request: Request::Post { path: path.clone(), body },
            secret: None,
            key: NaturalKey { path, equals },
            cid: None,
            money: None,
            purpose: Purpose::Setup { step: String::new(), key: String::new() },
            waits_for: None,
            undoes: None,
        }
    }

    /// Fields of an existing record. Fields whose value does not change are not part of it.
    pub fn update(
        kind: impl Into<Cow<'static, str>>,
        id: i64,
        name: impl Into<String>,
        path: Path,
        fields: impl IntoIterator<Item = (&'static str, Value, Value)>,
    ) -> Self {
        let mut fields: Vec<Field> = fields
            .into_iter()
            .filter(|(_, before, after)| before != after)
            .map(|(name, before, after)| Field { name: name.into(), before, after })
            .collect();
        fields.shrink_to_fit();
        Change {
            subject: Subject { kind: kind.into(), id: Some(id), name: name.into() },
            action: Action::Update,
            fields,
            request: Request::Patch { path: path.clone() },
            secret: None,
            key: NaturalKey { path, equals: Map::new() },
            cid: None,
            money: None,
            purpose: Purpose::Setup { step: String::new(), key: String::new() },
            waits_for: None,
            undoes: None,
        }
    }

    /// Says whose it is.
    pub fn for_customer(mut self, cid: &str) -> Self {
        self.cid = Some(cid.to_owned());
        self
    }

    /// Says why it is made.
    pub fn because(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// Says which step of set-up makes it, and what the record is to the step.
    pub fn of_step(self, step: &str, key: &str) -> Self {
        self.because(Purpose::Setup { step: step.to_owned(), key: key.to_owned() })
    }

    /// Says which secret goes with it.
    pub fn with_secret(mut self, slot: SecretSlot) -> Self {
        self.secret = Some(slot);
        self
    }

    /// Adds its effect on the next invoice.
    pub fn with_money(mut self, money: Option<MoneyEffect>) -> Self {
        self.money = money;
        self
    }

    /// Says which run's write it takes back.
    pub fn undoing(mut self, run: i64) -> Self {
        self.undoes = Some(run);
        self
    }

    /// What a PATCH sends: each field that is written, a reference by its id alone.
    pub fn operations(&self) -> Vec<PatchOp> {
        self.fields.iter().map(|field| PatchOp::replace(field.name.as_ref(), slim(&field.after))).collect()
    }

    /// Whether anything would be written.
    pub fn writes_something(&self) -> bool {
        self.action != Action::Update || !self.fields.is_empty() || self.secret.is_some()
    }
}
