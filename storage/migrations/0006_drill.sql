-- Drills 演练: other rules judge beside those in force. Their alerts stand in a table of their own, so
-- that nothing that counts, dispatches or compares alerts meets one unless it asks for drills.

CREATE TABLE drill (
    id         uuid        PRIMARY KEY,
    started    timestamptz NOT NULL DEFAULT clock_timestamp(),
    until      timestamptz NOT NULL,
    beat       timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor      text        NOT NULL,
    note       text        NOT NULL,
    sha256     text        NOT NULL,
    texts      jsonb       NOT NULL,
    stop_asked timestamptz,
    ended      timestamptz,
    outcome    text CHECK (outcome IN ('over', 'stopped', 'failed', 'died')),
    CHECK ((ended IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX drill_one_at_a_time ON drill ((true)) WHERE ended IS NULL;
COMMENT ON COLUMN drill.beat IS 'when its process was last there; one that is not any more has ended';
COMMENT ON COLUMN drill.sha256 IS 'of the texts of its rules, as rules.digest.digest_of';

CREATE TABLE drill_alert (
    id             uuid             PRIMARY KEY,
    drill          uuid             NOT NULL REFERENCES drill,
    rule           text             NOT NULL,
    rule_version   integer          NOT NULL,
    subject        text             NOT NULL,
    datastream     integer          NOT NULL,
    domain         text             NOT NULL,
    severity       text             NOT NULL
                   CHECK (severity IN ('blue', 'yellow', 'orange', 'red')),
    active         boolean          NOT NULL,
    first_exceeded timestamptz      NOT NULL,
    raised         timestamptz      NOT NULL,
    changed        timestamptz      NOT NULL,
    cleared        timestamptz,
    result         double precision NOT NULL,
    limit_value    double precision NOT NULL,
    message_zh     text             NOT NULL,
    message_en     text             NOT NULL,
    version        integer          NOT NULL,
    CHECK (active = (cleared IS NULL))
);
CREATE UNIQUE INDEX drill_alert_one_open ON drill_alert (drill, rule, subject) WHERE active;
CREATE INDEX drill_alert_changed ON drill_alert (changed DESC);
COMMENT ON COLUMN drill_alert.id IS 'made from the drill and the id that a real alert would have';
