//! Service boards: a copy of one, and the picture of a priority.

use std::collections::HashMap;

use serde_json::Value;

use super::existing;
use crate::sandbox::engine::{Answer, Outcome, Request, known};
use crate::sandbox::errors::{Refusal, Violation};
use crate::sandbox::rules;
use crate::sandbox::store::{Record, Row, Stamp, Store, ref_id, reference};
use crate::sandbox::view::View;
use crate::sandbox::work::Work;

const BOARDS: &str = "/service/boards";
/// What a board consists of, in the order in which one part can refer to another.
const PARTS: [&str; 6] = ["types", "subtypes", "items", "teams", "statuses", "notifications"];

/// Copies a board with its statuses, types, teams and notifications under a new name.
pub fn copy(work: &mut Work<'_>, request: &Request<'_>) -> Outcome {
    let body = work.checked("BoardCopy", request)?;
    let Some(source) = body.get("id").and_then(Value::as_i64) else {
        return Err(Refusal::invalid("boardCopy", &[Violation::missing("id")]));
    };
    let (collection, schema) = known(work.contract, BOARDS)?;
    let mut fields = existing(&work.view(), request.writer, BOARDS, source)?.row.fields.clone();
    // These name statuses of the board that is copied; they are set once there are new ones.
    let own: Vec<(String, Value)> = ["autoCloseStatus", "emailConnectorReopenStatus"]
        .iter()
        .filter_map(|field| fields.remove_entry(*field))
        .collect();
    fields.extend(body.get_key_value("name").map(|(name, value)| (name.clone(), value.clone())));
    let board = work.create(collection, schema, &[], &fields, request.writer)?;
    let stamp = request.writer.stamp(work.now);
    let mut copies = Copies { store: work.store, stamp, made: HashMap::new() };
    for part in PARTS {
        copies.copy(&format!("{BOARDS}/{{}}/{part}"), &[source], &[board]);
    }
    let statuses = copies.made_in("/service/boards/{}/statuses");
    for (old, new) in statuses {
        copies.copy("/service/boards/{}/statuses/{}/notifications", &[source, old], &[board, new]);
    }
    copies.set(board, own);
    Ok(Answer::of(200, work.shown(collection, board, schema)))
}

struct Copies<'a> {
    store: &'a mut Store,
    stamp: Stamp,
    /// The new id of each record that was copied.
    made: HashMap<(String, i64), i64>,
}

impl Copies<'_> {
    /// Copies what lies below one record to below another.
    fn copy(&mut self, key: &str, from: &[i64], to: &[i64]) {
        let rows = self.store.table(key).into_iter().flat_map(|table| table.under(from));
        let rows: Vec<(i64, Row)> = rows.map(|(id, row)| (id, row.clone())).collect();
        for (id, row) in rows {
            let mut fields = row.fields;
            if let Some(board) = to.first() {
                for (name, value) in [("board", reference(*board)), ("boardId", (*board).into())] {
                    if let Some(field) = fields.get_mut(name) {
                        *field = value;
                    }
                }
            }
            let new = self.store.insert(key, to, fields, &self.stamp);
            self.made.insert((key.to_owned(), id), new);
        }
    }

    fn made_in(&self, key: &str) -> Vec<(i64, i64)> {
        let mut made: Vec<_> =
            self.made.iter().filter(|((k, _), _)| k == key).map(|((_, old), new)| (*old, *new)).collect();
        made.sort_unstable();
        made
    }

    /// Gives the new board the copies of the statuses that the old one names.
    fn set(&mut self, board: i64, own: Vec<(String, Value)>) {
        let Some(row) = self.store.get(BOARDS, board) else {
            return;
        };
        let mut fields: Record = row.fields.clone();
        for (name, value) in own {
            let status = ref_id(Some(&value))
                .and_then(|old| self.made.get(&("/service/boards/{}/statuses".to_owned(), old)));
            if let Some(status) = status {
                fields.insert(name, reference(*status));
            }
        }
        self.store.update(BOARDS, board, fields, &self.stamp);
    }
}

/// A picture in the priority's colour: one pixel, as GIF.
pub fn image(view: &View<'_>, request: &Request<'_>, priority: i64) -> Outcome {
    let found = existing(view, request.writer, "/service/priorities", priority)?;
    let colour = rules::references::shown(view, found, "color");
    let [red, green, blue] = match colour.as_ref().and_then(Value::as_str).unwrap_or_default() {
        "Blue" => [0, 0, 255],
        "Cyan" => [0, 255, 255],
        "Gray" => [128, 128, 128],
        "Green" => [0, 128, 0],
        "Lime" => [0, 255, 0],
        "Orange" => [255, 165, 0],
        "Pink" => [255, 192, 203],
        "Purple" => [128, 0, 128],
        "Red" => [255, 0, 0],
        "White" => [255, 255, 255],
        "Yellow" => [255, 255, 0],
        _ => [0, 0, 0],
    };
    let mut gif = b"GIF89a\x01\x00\x01\x00\x80\x00\x00".to_vec();
    gif.extend([red, green, blue, 0, 0, 0]);
    gif.extend(b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;");
    Ok(Answer::file("image/gif", gif))
}
