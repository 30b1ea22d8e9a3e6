-- Quarantine can be left: what a row still holds, and what became of it.

ALTER TABLE quarantine
    ADD COLUMN indexes  integer[],
    ADD COLUMN released integer NOT NULL DEFAULT 0,
    ADD COLUMN resolved timestamptz;
COMMENT ON COLUMN quarantine.indexes IS 'measurements of the message it still holds, 0-based and '
    'ascending; empty for the whole message; NULL where the raw bytes are none or it was not noted';
COMMENT ON COLUMN quarantine.readings IS 'readings it still holds';
COMMENT ON COLUMN quarantine.released IS 'readings that left it and are stored';
COMMENT ON COLUMN quarantine.resolved IS 'since when it holds nothing';

CREATE INDEX quarantine_held ON quarantine (received, id) WHERE resolved IS NULL;
