use jiff::Timestamp;

use super::*;
use crate::psa::PatchOp;
use crate::psa::paths;

const RUN: i64 = 7;

fn at(text: &str) -> Timestamp {
    format!("2026-11-{text}:00Z").parse().unwrap()
}

/// A write of a run to addition 12: its quantity.
fn quantity(entry: i64, run: i64, before: Value, after: Value, next: NextInvoice) -> Written {
    let fields = [("quantity", before, after.clone())];
    let change = Change::update("agreement addition", 12, "Storage", paths::addition(3, 12), fields)
        .for_customer("342")
        .because(Purpose::Quantity {
            source: "files".into(),
            service: "select-storage".into(),
            agreement: 3,
            before: None,
            quantity: after.to_string().parse().unwrap_or_default(),
            description: None,
            next_invoice: next,
            basis: None,
        });
    written(entry, run, change, Some(12))
}

fn written(id: i64, run: i64, change: Change, record: Option<i64>) -> Written {
    Written {
        id,
        run,
        at: at("23T12:00"),
        change,
        state: EntryState::Done,
        record,
        answer: None,
        error: None,
        finished_at: Some(at("23T12:00")),
        undone_by: None,
    }
}

const DECEMBER: &str = "2026-12-01T00:00:00Z";

fn december() -> NextInvoice {
    NextInvoice::On("2026-12-01".parse().unwrap())
}

fn reading(record: Option<Value>, next: Option<&str>) -> BTreeMap<(String, i64), Reading> {
    let agreement = json!({ "id": 3, "name": "MS", "nextInvoiceDate": next });
    let agreement = serde_json::from_value(agreement).unwrap();
    BTreeMap::from([(("agreement addition".to_owned(), 12), Reading { record, agreement: Some(agreement) })])
}

fn addition(quantity: Value) -> Option<Value> {
    Some(json!({
        "id": 12, "quantity": quantity, "unitPrice": 2, "lessIncluded": 0,
        "_info": { "updatedBy": "eve", "lastUpdated": "2026-11-23T13:30:00Z" },
    }))
}

/// What came of addition 12, in a line.
fn verdict(undo: &Undo) -> String {
    let one = |kind: &str, left: &[Left]| left.first().map(|left| format!("{kind}: {}", left.reason));
    let back = undo.plan.changes.first().map(|change| {
        let fields: Vec<String> = change.fields.iter().map(crate::plan::field_line).collect();
        assert_eq!(change.undoes, Some(RUN));
        format!("back: {}", fields.join(", "))
    });
    back.or_else(|| one("already", &undo.already))
        .or_else(|| one("left", &undo.left))
        .or_else(|| one("never", &undo.not_undoable))
        .unwrap_or_default()
}

#[test]
fn what_is_taken_back_is_a_table() {
    let one = || quantity(1, RUN, json!(10), json!(20), december());
    // what the run wrote -> what was written later -> what stands there now, next invoice -> what is done
    let rows: Vec<(Vec<Written>, Vec<Written>, Option<Value>, Option<&str>, &str)> = vec![
        (vec![one()], vec![], addition(json!(20)), Some(DECEMBER), "back: quantity: 20 -> 10"),
        // Decimals by value.
        (vec![one()], vec![], addition(json!(20.0)), Some(DECEMBER), "back: quantity: 20.0 -> 10"),
        (
            vec![one()],
            vec![],
            addition(json!(21)),
            Some(DECEMBER),
            "left: somebody wrote since: quantity is 21, run 7 left 20; by eve at 2026-11-23 13:30",
        ),
        (
            vec![one()],
            vec![],
            addition(json!(10)),
            Some(DECEMBER),
            "already: holds what it held before the run",
        ),
        (vec![one()], vec![], None, Some(DECEMBER), "left: it is gone from ConnectWise"),
        (
            vec![one()],
            vec![],
            addition(json!(20)),
            Some("2027-01-01T00:00:00Z"),
            "left: an invoice was made since (next invoice date then 2026-12-01, now 2027-01-01): correct it by \
             credit note",
        ),
        (
            vec![one()],
            vec![],
            addition(json!(20)),
            None,
            "left: an invoice was made since (next invoice date then 2026-12-01, now none): correct it by credit note",
        ),
        (
            vec![quantity(1, RUN, json!(10), json!(20), NextInvoice::Never)],
            vec![],
            addition(json!(20)),
            None,
            "back: quantity: 20 -> 10",
        ),
        (
            vec![quantity(1, RUN, json!(10), json!(20), NextInvoice::Unknown)],
            vec![],
            addition(json!(20)),
            Some(DECEMBER),
            "left: whether an invoice was made since is not known: the psactl of then did not note the next invoice \
             date",
        ),
        // ConnectWise takes no empty quantity.
        (
            vec![quantity(1, RUN, Value::Null, json!(20), december())],
            vec![],
            addition(json!(20)),
            Some(DECEMBER),
            "back: quantity: 20 -> 0",
        ),
        // Twice in one run: to before the first.
        (
            vec![one(), quantity(2, RUN, json!(20), json!(30), december())],
            vec![quantity(2, RUN, json!(20), json!(30), december())],
            addition(json!(30)),
            Some(DECEMBER),
            "back: quantity: 30 -> 10",
        ),
        (
            vec![one()],
            vec![quantity(5, 9, json!(20), json!(20), december())],
            addition(json!(20)),
            Some(DECEMBER),
            "left: run 9 wrote it again: psactl undo 9 first",
        ),
        (
            vec![one()],
            vec![Written {
                change: quantity(5, 9, json!(20), json!(10), december()).change.undoing(RUN),
                ..quantity(5, 9, json!(20), json!(10), december())
            }],
            addition(json!(10)),
            Some(DECEMBER),
            "already: taken back by run 9 already",
        ),
    ];
    for (writes, later, record, next, expected) in rows {
        let undo = plan(RUN, &writes, &later, &reading(record, next));
        assert_eq!(verdict(&undo), expected);
    }
}

#[test]
fn what_the_server_made_of_it_is_what_the_run_left() {
    // Sent 20.004, kept 20: an answer of the server's own does not make it somebody else's.
    let mut write = quantity(1, RUN, json!(10), json!(20.004), december());
    write.answer = Some(json!({ "id": 12, "quantity": 20 }));
    let undo = plan(RUN, &[write], &[], &reading(addition(json!(20)), Some(DECEMBER)));
    assert_eq!(verdict(&undo), "back: quantity: 20 -> 10");
}

#[test]
fn writes_of_other_kinds_and_other_ends() {
    let ticket =
        Change::create("ticket", "“Backup failed”", paths::tickets(), json!({ "summary": "x" }), &[]);
    let made = written(1, RUN, ticket.of_step("x", ""), Some(548));
    let undo = plan(RUN, &[made], &[], &BTreeMap::new());
    assert!(verdict(&undo).starts_with("never: the record was made"), "{}", verdict(&undo));
    assert_eq!(undo.not_undoable[0].record, "ticket “Backup failed” (#548)");
    for (state, expected) in [
        (EntryState::Failed, ""),
        (EntryState::Unknown, "left: what became of it is not known yet; the next run looks it up"),
        (EntryState::Intent, "left: what became of it is not known yet; the next run looks it up"),
    ] {
        let write = Written { state, ..quantity(1, RUN, json!(10), json!(20), december()) };
        let undo = plan(RUN, &[write], &[], &reading(addition(json!(20)), Some(DECEMBER)));
        assert_eq!(verdict(&undo), expected);
    }
}

#[test]
fn statistics_go_back_to_nothing_as_zero() {
    let fields = [("successfulBackupJobs", Value::Null, json!(18)), ("failedBackupJobs", json!(2), json!(3))];
    let change = Change::update("Managed ID", 2, "EFS-342", paths::managed_id(20, 2), fields)
        .for_customer("342")
        .because(Purpose::Statistics);
    let write = written(1, RUN, change, Some(2));
    let now = |record: Value| {
        BTreeMap::from([(("Managed ID".to_owned(), 2), Reading { record: Some(record), agreement: None })])
    };
    let record = json!({ "id": 2, "successfulBackupJobs": 18, "failedBackupJobs": 3 });
    let undo = plan(RUN, std::slice::from_ref(&write), &[], &now(record));
    let change = &undo.plan.changes[0];
    let wanted = [PatchOp::replace("successfulBackupJobs", 0), PatchOp::replace("failedBackupJobs", 2)];
    assert_eq!(change.operations(), wanted);
    // A server that leaves zeros out has taken them back already.
    let undo = plan(RUN, &[write], &[], &now(json!({ "id": 2, "failedBackupJobs": 2 })));
    assert_eq!(verdict(&undo), "already: holds what it held before the run");
}
