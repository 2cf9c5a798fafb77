//! `psactl events show`: one event with every action, and the requests behind them.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::error::Result;
use crate::plan::{Purpose, Request};
use crate::portal;
use crate::store::{Action, EntryState, LoggedEvent, Outcome, Store, Written};
use crate::sync::faults::{self, FaultKey};
use crate::ui::{Look, Show, Ui, text};

/// One event, whole.
#[derive(Debug, Serialize)]
pub(super) struct Whole {
    #[serde(flatten)]
    logged: LoggedEvent,
    actions: Vec<Action>,
    /// The writes that the actions stand for, as the journal has them: those of the customer, and of the event's
    /// own fault. Secrets are never in it.
    requests: Vec<Written>,
}

impl Whole {
    pub(super) fn of(store: &Store, logged: LoggedEvent) -> Result<Whole> {
        let actions = store.actions(logged.number)?;
        let runs: BTreeSet<i64> = actions.iter().map(|action| action.run).collect();
        let mut requests = Vec::new();
        for run in runs {
            let writes = store.writes_of(run)?;
            requests.extend(writes.into_iter().filter(|write| is_for(&logged.event, write)));
        }
        Ok(Whole { logged, actions, requests })
    }
}

/// Whether a write is what an action for an event stands for.
fn is_for(event: &portal::Event, write: &Written) -> bool {
    match &write.change.purpose {
        Purpose::OpenTicket { fault, .. }
        | Purpose::NoteTicket { fault, .. }
        | Purpose::TicketStatus { fault, .. } => is_about(event, fault),
        Purpose::Statistics | Purpose::Quantity { .. } => {
            write.change.cid.as_ref() == Some(&event.cid) && write.change.undoes.is_none()
        }
        Purpose::Setup { .. } | Purpose::FlatFee { .. } => false,
    }
}

fn is_about(event: &portal::Event, fault: &FaultKey) -> bool {
    if event.kind.is_good() {
        let ends = event.kind.ends().iter().any(|kind| kind.as_str() == fault.kind);
        return ends && fault.cid == event.cid && fault.account == event.account;
    }
    faults::key_of(event) == *fault
}

impl Show for Whole {
    const SCHEMA: &'static str = "psactl/event/1";

    fn show(&self, ui: &Ui) {
        let logged = &self.logged;
        let event = &logged.event;
        let head = text::clean(&format!("Event {}: {}", logged.number, event.text));
        ui.out(&ui.paint(Look::Head, &ui.wrap(&head, 0, 2)));
        let fact = |name: &str, value: &str| {
            ui.out(&format!("  {name:<9} {}", ui.wrap(&text::clean(value), 12, 12)));
        };
        fact("when", &format!("{} UTC", text::moment(event.time)));
        fact("account", &format!("{} / {} of customer {}", event.user, event.account, event.cid));
        fact("type", &format!("{}, {}", event.kind.as_str(), event.severity.as_str()));
        fact("id", &event.id);
        fact("state", logged.state.as_str());
        if self.actions.is_empty() {
            ui.out("  Not processed yet.");
        }
        for actions in self.actions.chunk_by(|one, next| one.run == next.run) {
            if let Some(first) = actions.first() {
                self.of_run(ui, first, actions);
            }
        }
    }
}

impl Whole {
    /// What one run did, in the guide's words, and what went over the wire for it.
    fn of_run(&self, ui: &Ui, first: &Action, actions: &[Action]) {
        ui.out(&format!(
            "  Notifications processed [{}] in run {} on {} UTC:",
            text::count(actions.len(), "action", "actions"),
            first.run,
            text::moment(first.at)
        ));
        for action in actions {
            let look = match action.outcome {
                Outcome::Done => Look::Good,
                Outcome::Unneeded => Look::Dim,
                Outcome::Waiting => Look::Warn,
                Outcome::Failed => Look::Bad,
            };
            let line = format!("{}: {}", action.action, action.detail);
            ui.out(&format!("    {} {}", ui.paint(look, "-"), ui.wrap(&text::clean(&line), 6, 6)));
            if let Some(error) = &action.error {
                let error = ui.wrap(&text::clean(error), 13, 6);
                ui.out(&format!("      {} {error}", ui.paint(Look::Bad, "ERROR:")));
            }
        }
        let requests: Vec<&Written> =
            self.requests.iter().filter(|request| request.run == first.run).collect();
        if !requests.is_empty() {
            ui.out("    Requests:");
        }
        for request in requests {
            wire(ui, request);
        }
    }
}

/// One request with its answer.
fn wire(ui: &Ui, write: &Written) {
    let (method, path, sent) = match &write.change.request {
        Request::Post { path, body } => ("POST", path, body.clone()),
        Request::Patch { path } => {
            let operations = write.change.operations();
            let fields = operations.into_iter().map(|one| (one.path, one.value.unwrap_or_default()));
            ("PATCH", path, Value::Object(fields.collect()))
        }
        Request::Delete { path } => ("DELETE", path, Value::Null),
    };
    ui.out(&format!("      {method} {}", text::clean(path.as_str())));
    let line = |head: &str, what: &str| {
        ui.out(&format!("        {head:<9}{}", ui.wrap(&text::clean(what), 17, 17)));
    };
    if !sent.is_null() {
        line("sent", &fields(&sent));
    }
    let number = write.record.or(write.change.subject.id).map(|id| format!("#{id}")).unwrap_or_default();
    match (write.state, &write.error) {
        (EntryState::Done, _) => {
            let kept = write.answer.as_ref().map(fields).unwrap_or_default();
            line("answer", format!("{number} {kept}").trim());
        }
        (EntryState::Failed, error) => {
            line("refused", error.as_deref().unwrap_or("the reason was not kept"));
        }
        (EntryState::Intent | EntryState::Unknown, error) => {
            let why = error.as_deref().unwrap_or("the run did not end");
            line("unknown", &format!("{why}; the next run looks it up"));
        }
    }
}

/// A body as `name = value; …`, with the names of nested fields as a condition writes them.
fn fields(body: &Value) -> String {
    fn walk(value: &Value, name: &str, told: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    let name = if name.is_empty() { key.clone() } else { format!("{name}/{key}") };
                    walk(value, &name, told);
                }
            }
            Value::String(text) => told.push(format!("{name} = {text}")),
            other => told.push(format!("{name} = {other}")),
        }
    }
    let mut told = Vec::new();
    walk(body, "", &mut told);
    told.join("; ")
}
