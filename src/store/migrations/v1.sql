-- Version 1. Times are seconds since 1970 in UTC; quantities and money are decimal text, never floats.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

-- Records that set-up chose, found or made, remembered by id, so that a renamed one is followed.
CREATE TABLE choices (
    step TEXT NOT NULL,
    key TEXT NOT NULL,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    made_here INTEGER NOT NULL,
    PRIMARY KEY (step, key, id)
) STRICT;

-- Portal customer to ConnectWise company.
CREATE TABLE links (
    source TEXT NOT NULL,
    cid TEXT NOT NULL,
    company_id INTEGER NOT NULL,
    company_name TEXT NOT NULL,
    portal_name TEXT NOT NULL,
    managed_id TEXT NOT NULL,
    origin TEXT NOT NULL,
    confirmed_at INTEGER NOT NULL,
    PRIMARY KEY (source, cid)
) STRICT;

-- Agreement additions that psactl keeps, with the values it knows itself to be the author of.
CREATE TABLE bindings (
    addition_id INTEGER PRIMARY KEY,
    agreement_id INTEGER NOT NULL,
    source TEXT NOT NULL,
    cid TEXT NOT NULL,
    service TEXT NOT NULL,
    adopted TEXT,
    pushed TEXT,
    description TEXT,
    pushed_at INTEGER
) STRICT;

-- What was last pushed for a customer, and when it may be tried again.
CREATE TABLE customers (
    source TEXT NOT NULL,
    cid TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    checked_at INTEGER NOT NULL,
    pushed_at INTEGER,
    retry_at INTEGER,
    error TEXT,
    invoices TEXT NOT NULL,
    PRIMARY KEY (source, cid)
) STRICT;

CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    event_id TEXT NOT NULL,
    time INTEGER NOT NULL,
    cid TEXT NOT NULL,
    account TEXT NOT NULL,
    user TEXT NOT NULL,
    severity TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    UNIQUE (source, event_id)
) STRICT;
CREATE INDEX events_by_time ON events (time);
CREATE INDEX events_by_state ON events (state);

-- What was done for an event, run by run; an event that fails again keeps its whole history.
CREATE TABLE actions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event INTEGER NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    run INTEGER NOT NULL,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    error TEXT
) STRICT;
CREATE INDEX actions_by_event ON actions (event);

-- What psactl knows of the ticket of a fault.
CREATE TABLE tickets (
    source TEXT NOT NULL,
    cid TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    memory TEXT NOT NULL,
    PRIMARY KEY (source, cid, account, kind)
) STRICT;

CREATE TABLE holds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    record TEXT NOT NULL UNIQUE,
    cid TEXT NOT NULL,
    change TEXT NOT NULL,
    reason TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    state TEXT NOT NULL,
    note TEXT,
    since INTEGER NOT NULL
) STRICT;

-- Intent before a write, outcome after it.
CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL,
    at INTEGER NOT NULL,
    change TEXT NOT NULL,
    state TEXT NOT NULL,
    record INTEGER,
    answer TEXT,
    error TEXT,
    finished_at INTEGER
) STRICT;
CREATE INDEX journal_by_state ON journal (state);

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    command TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    exit INTEGER,
    summary TEXT
) STRICT;

-- The exports as they were last read: unchanged files are not read again, older ones are refused.
CREATE TABLE imports (
    source TEXT PRIMARY KEY,
    stamp TEXT NOT NULL,
    digest TEXT NOT NULL,
    measured_at INTEGER,
    read_at INTEGER NOT NULL
) STRICT;

-- What stands and was said already: it speaks again every remind_every, not at every run.
CREATE TABLE standing (
    key TEXT PRIMARY KEY,
    cid TEXT NOT NULL,
    area TEXT NOT NULL,
    since INTEGER NOT NULL,
    said_at INTEGER NOT NULL
) STRICT;
