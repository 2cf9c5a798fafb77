-- Version 2: pauses; when each customer of the portal was first seen; what stands, in words; time indexes.

-- What is paused: a customer, or everyone where cid is empty; one part, or every one where part is empty.
CREATE TABLE pauses (
    source TEXT NOT NULL,
    cid TEXT NOT NULL,
    part TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (source, cid, part)
) STRICT;

-- Customers of the portal as psactl first met them.
CREATE TABLE seen (
    source TEXT NOT NULL,
    cid TEXT NOT NULL,
    name TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (source, cid)
) STRICT;

-- Old entries are found without reading the others.
CREATE INDEX journal_by_time ON journal (at);
CREATE INDEX runs_by_time ON runs (started_at);

-- The words in which it was said, so that it can be shown without looking again.
ALTER TABLE standing ADD COLUMN text TEXT NOT NULL DEFAULT '';
ALTER TABLE standing ADD COLUMN fix TEXT NOT NULL DEFAULT '';
