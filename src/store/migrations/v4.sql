-- Version 4: which files of an event log were read, so that none is missed and none read twice; what the account list
-- said of itself.
CREATE TABLE event_files (
    source TEXT NOT NULL,
    path TEXT NOT NULL,
    -- Equal marks, and nothing in the file is news; empty: it is to be read again.
    mark TEXT NOT NULL,
    state TEXT NOT NULL,
    digest TEXT NOT NULL,
    rows INTEGER NOT NULL,
    -- Rows that were left out, as JSON: they are told of until the file says otherwise, or is gone.
    problems TEXT NOT NULL,
    -- When it was found to be as it is.
    since INTEGER NOT NULL,
    PRIMARY KEY (source, path)
) STRICT;

ALTER TABLE imports ADD COLUMN file TEXT;
ALTER TABLE imports ADD COLUMN rows INTEGER;
ALTER TABLE imports ADD COLUMN period_start INTEGER;
ALTER TABLE imports ADD COLUMN period_end INTEGER;
