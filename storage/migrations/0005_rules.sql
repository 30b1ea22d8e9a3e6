-- The life of an alert as people see it, what they do with it, and what the engine judged by.

ALTER TABLE alert
    ADD COLUMN suppressed      text CHECK (suppressed IN ('schedule', 'maintenance', 'parent')),
    ADD COLUMN flapping        boolean NOT NULL DEFAULT false,
    ADD COLUMN returned        boolean NOT NULL DEFAULT false,
    ADD COLUMN plan            text    NOT NULL DEFAULT '',
    ADD COLUMN skill           text    NOT NULL DEFAULT '',
    ADD COLUMN handled         integer NOT NULL DEFAULT 0,
    ADD COLUMN acknowledged_by text,
    ADD COLUMN acknowledged_at timestamptz,
    ADD COLUMN owner           text,
    ADD COLUMN shelved_until   timestamptz,
    ADD COLUMN shelved_by      text,
    ADD COLUMN shelve_reason   text,
    ADD COLUMN verdict         text CHECK (verdict IN ('true', 'false')),
    ADD CONSTRAINT alert_acknowledged CHECK (acknowledged = (acknowledged_at IS NOT NULL)),
    ADD CONSTRAINT alert_shelved
        CHECK (num_nulls(shelved_until, shelved_by, shelve_reason) IN (0, 3));
COMMENT ON COLUMN alert.version IS 'of the engine: its newest transition';
COMMENT ON COLUMN alert.handled IS 'of people: their newest action; neither of the two moves the other';
COMMENT ON COLUMN alert.suppressed IS 'why it is not told; NULL where it is. A cleared one keeps it';
COMMENT ON COLUMN alert.returned IS 'latched and the condition is gone: it waits for its reset';
COMMENT ON COLUMN alert.shelved_until IS 'of the database''s clock; over once that is past';
COMMENT ON COLUMN alert.verdict IS 'whether it was true, as people found; NULL while nobody said';

-- Each transition is of the version that judged; older ones are of the alert's.
ALTER TABLE alert_transition ADD COLUMN rule_version integer;

-- Whoever is raised looks whether the one before it is shelved still.
CREATE INDEX alert_of ON alert (rule, subject, raised DESC);

CREATE TABLE alert_action (
    alert  uuid        NOT NULL REFERENCES alert,
    number integer     NOT NULL CHECK (number > 0),
    kind   text        NOT NULL CHECK (kind IN ('acknowledge', 'unacknowledge', 'comment',
                                                'shelve', 'unshelve', 'reset', 'verdict')),
    at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor  text        NOT NULL,
    reason text        NOT NULL,
    detail jsonb       NOT NULL,
    PRIMARY KEY (alert, number)
);
COMMENT ON COLUMN alert_action.number IS 'alert.handled after it';
COMMENT ON COLUMN alert_action.at IS 'of the database''s clock, not of the log';

-- What people tell the engine. Ids are committed in their order: whoever has seen one has seen all
-- before it.
CREATE TABLE engine_command (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor   text        NOT NULL,
    reason  text        NOT NULL,
    body    jsonb       NOT NULL
);
COMMENT ON COLUMN engine_command.body IS 'as rules.commands, without its id';

-- The rules as texts, every version of them. The newest is in force.
CREATE TABLE rule_version (
    version      integer     PRIMARY KEY CHECK (version > 0),
    sha256       text        NOT NULL,
    created      timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor        text        NOT NULL,
    note         text        NOT NULL,
    texts        jsonb       NOT NULL,
    files_sha256 text
);
COMMENT ON COLUMN rule_version.sha256 IS 'of the texts, as rules.digest.digest_of';
COMMENT ON COLUMN rule_version.texts IS 'file name -> content';
COMMENT ON COLUMN rule_version.files_sha256 IS 'as in registry_version';

-- The engine's inputs as they were judged, partition by partition in the order of id: with a state
-- and what follows it, any stretch of time can be judged again exactly.
CREATE TABLE engine_input (
    id          bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic       text    NOT NULL,
    partition   integer NOT NULL,
    log         text    NOT NULL,
    next_offset bigint  NOT NULL,
    first_us    bigint  NOT NULL,
    last_us     bigint  NOT NULL,
    before_us   bigint  NOT NULL,
    rules       text    NOT NULL,
    catalogue   text    NOT NULL,
    inputs      bytea   NOT NULL,
    state       bytea
);
CREATE INDEX engine_input_order ON engine_input (topic, partition, id);
CREATE INDEX engine_input_state ON engine_input (topic, partition, id) WHERE state IS NOT NULL;
CREATE INDEX engine_input_time ON engine_input USING brin (last_us) WITH (pages_per_range = 16);
COMMENT ON COLUMN engine_input.next_offset IS 'end of the stretch of the log';
COMMENT ON COLUMN engine_input.first_us IS 'smallest time in it, µs since 1970';
COMMENT ON COLUMN engine_input.before_us IS 'largest last_us of all before it in this partition';
COMMENT ON COLUMN engine_input.rules IS 'digest of the rules that judged';
COMMENT ON COLUMN engine_input.state IS 'of the engine before it; NULL for most';

-- The engine's memory has another form from here on, and the old one cannot be read. What it held
-- open ends as withdrawn; what still holds is raised anew with the next readings.
INSERT INTO alert_transition (alert, version, kind, at, severity, actor, evidence)
SELECT id, version + 1, 'withdrawn', greatest(changed, clock_timestamp()), NULL, 'rules',
       jsonb_build_object('result', result, 'reason', 'rule')
FROM alert WHERE active;
INSERT INTO outbox (topic, key, payload)
SELECT 'alerts', id::text,
       jsonb_build_object('alert', id, 'version', version + 1, 'kind', 'withdrawn', 'severity', 0,
                          'rule', rule, 'subject', subject, 'domain', domain)
FROM alert WHERE active;
UPDATE alert SET active = false, changed = t.at, cleared = t.at, version = t.version
FROM alert_transition AS t
WHERE active AND t.alert = alert.id AND t.version = alert.version + 1;
DELETE FROM checkpoint;
