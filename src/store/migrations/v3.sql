-- Version 3: how use was counted when psactl last wrote an addition: a change of that holds everything once.
ALTER TABLE bindings ADD COLUMN basis TEXT;
