-- Version 3: how use was counted when psactl last wrote an addition: a change of that holds everything once.
ALTER TABLE bindings ADD COLUMN basis TEXT;

-- Which companies were seen with which Managed ID, at the last look: one on two companies blocks its customer.
CREATE TABLE sightings (
    managed_id TEXT NOT NULL,
    company_id INTEGER NOT NULL,
    PRIMARY KEY (managed_id, company_id)
) STRICT;
CREATE INDEX sightings_by_company ON sightings (company_id);
