//! Forgetting what nobody will ask for any more: `[state] keep_events`. Which events may go is decided in
//! [`crate::sync`]; here they go.

use jiff::Timestamp;
use rusqlite::params;

use super::{Result, Store, seconds};

impl Store {
    /// Drops these events with what was done for them, and what is older than `horizon` of the rest that
    /// grows: runs that wrote nothing, and settled writes. The write that a binding rests on stays, so that
    /// `why` can still name it.
    pub fn forget_before(&self, horizon: Timestamp, events: &[i64]) -> Result<()> {
        let change = self.transaction()?;
        {
            let mut drop = change.prepare("DELETE FROM events WHERE id = ?1")?;
            for event in events {
                drop.execute([event])?;
            }
        }
        change.execute(
            "DELETE FROM journal WHERE at < ?1 AND state NOT IN ('intent', 'unknown') AND NOT EXISTS
             (SELECT 1 FROM bindings WHERE addition_id = record AND finished_at >= pushed_at)",
            params![seconds(horizon)],
        )?;
        change.execute(
            "DELETE FROM runs WHERE started_at < ?1 AND NOT EXISTS (SELECT 1 FROM journal WHERE run = runs.id)",
            params![seconds(horizon)],
        )?;
        change.commit()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unsettled_or_rested_on_is_kept_however_old() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store
            .db
            .execute_batch(
                "INSERT INTO bindings (addition_id, agreement_id, source, cid, service, adopted, pushed, description, pushed_at)
                   VALUES (57, 12, 'files', '342', 'select-storage', NULL, '2', NULL, 110);
                 INSERT INTO runs VALUES (1, 'sync', 100, 110, 0, ''), (2, 'sync', 105, 106, 0, ''),
                   (3, 'sync', 107, 108, 0, ''), (4, 'sync', 900, 901, 0, '');
                 INSERT INTO journal (id, run, at, change, state, record, finished_at) VALUES
                   (1, 1, 90, '{}', 'done', 57, 91), (2, 1, 100, '{}', 'done', 57, 110),
                   (3, 2, 105, '{}', 'unknown', NULL, 106), (4, 2, 105, '{}', 'intent', NULL, NULL),
                   (5, 2, 105, '{}', 'done', 58, 106), (6, 4, 900, '{}', 'failed', 58, 901);",
            )
            .unwrap();
        store.forget_before(Timestamp::from_second(500).unwrap(), &[]).unwrap();
        let ids = |sql: &str| -> Vec<i64> {
            let mut query = store.db.prepare(sql).unwrap();
            let rows = query.query_map([], |row| row.get(0)).unwrap();
            rows.collect::<rusqlite::Result<_>>().unwrap()
        };
        assert_eq!(ids("SELECT id FROM journal ORDER BY id"), [2, 3, 4, 6]);
        assert_eq!(ids("SELECT id FROM runs ORDER BY id"), [1, 2, 4]);
    }
}
