-- The line: what came in, what it meant, and how far the log has been taken over.

-- The catalogue as the log's numbers mean it. A slot is given once and never reused.
CREATE TABLE datastream (
    slot              integer PRIMARY KEY,
    id                text    NOT NULL UNIQUE,
    device            text    NOT NULL,
    gateway           text    NOT NULL,
    place             text    NOT NULL,
    town              text    NOT NULL,
    domain            text    NOT NULL,
    observed_property text    NOT NULL,
    unit              text    NOT NULL,
    period_s          double precision NOT NULL,
    lon               double precision NOT NULL,
    lat               double precision NOT NULL,
    limits            jsonb   NOT NULL
);
COMMENT ON COLUMN datastream.lon IS 'degrees east, WGS-84';
COMMENT ON COLUMN datastream.unit IS 'canonical unit of reading.result';

-- No unique index, no trigger, no foreign key: exactness comes from the ledger, and each of them
-- costs half the write rate. BRIN is enough because rows arrive nearly in order of time.
CREATE TABLE reading (
    datastream      integer          NOT NULL,
    phenomenon_time timestamptz      NOT NULL,
    result          double precision NOT NULL,
    quality         smallint         NOT NULL
) PARTITION BY RANGE (phenomenon_time);
CREATE TABLE reading_default PARTITION OF reading DEFAULT;
CREATE INDEX reading_time ON reading USING brin (phenomenon_time) WITH (pages_per_range = 16);

CREATE TABLE latest (
    datastream      integer          PRIMARY KEY,
    phenomenon_time timestamptz      NOT NULL,
    result          double precision NOT NULL,
    quality         smallint         NOT NULL
) WITH (fillfactor = 50);

-- How far each partition of each life of the log has been taken over. `log` is the Kafka cluster
-- id: a wiped broker is another log, and its offset 0 is not ours.
CREATE TABLE ledger (
    log         text        NOT NULL,
    topic       text        NOT NULL,
    partition   integer     NOT NULL,
    next_offset bigint      NOT NULL,
    changed     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (log, topic, partition)
) WITH (fillfactor = 50);

-- Which packs of a publisher are stored: all below next_seq, and those in `ahead`.
CREATE TABLE pack_ledger (
    gateway  text        NOT NULL,
    boot     text        NOT NULL,
    next_seq bigint      NOT NULL,
    ahead    bigint[]    NOT NULL,
    changed  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (gateway, boot)
) WITH (fillfactor = 50);

-- What became of the readings of each 10-second window of receipt, by collecting process.
CREATE TABLE intake (
    collector   text   NOT NULL,
    received_s  bigint NOT NULL,
    domain      text   NOT NULL,
    stored      bigint NOT NULL,
    quarantined bigint NOT NULL,
    duplicate   bigint NOT NULL,
    PRIMARY KEY (collector, received_s, domain)
) WITH (fillfactor = 50);

CREATE TABLE quarantine (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reason    text        NOT NULL,
    detail    text        NOT NULL,
    source    text        NOT NULL,
    raw       bytea       NOT NULL,
    domain    text        NOT NULL,
    readings  integer     NOT NULL,
    received  timestamptz NOT NULL,
    collector text        NOT NULL,
    gateway   text        NOT NULL,
    boot      text        NOT NULL,
    seq       bigint      NOT NULL,
    log       text        NOT NULL,
    topic     text        NOT NULL,
    partition integer     NOT NULL,
    "offset"  bigint      NOT NULL,
    UNIQUE (gateway, boot, seq, reason, domain)
);
CREATE INDEX quarantine_received ON quarantine (received);
COMMENT ON COLUMN quarantine.source IS 'MQTT topic, or the log position of a record that is none';

-- The rules' memory, in the transaction of the readings it comes from.
CREATE TABLE checkpoint (
    topic       text    NOT NULL,
    partition   integer NOT NULL,
    log         text    NOT NULL,
    next_offset bigint  NOT NULL,
    state       bytea   NOT NULL,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

CREATE TABLE alert (
    id             uuid             PRIMARY KEY,
    rule           text             NOT NULL,
    rule_version   integer          NOT NULL,
    subject        text             NOT NULL,
    datastream     integer          NOT NULL,
    domain         text             NOT NULL,
    severity       text             NOT NULL
                   CHECK (severity IN ('blue', 'yellow', 'orange', 'red')),
    active         boolean          NOT NULL,
    acknowledged   boolean          NOT NULL DEFAULT false,
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
CREATE UNIQUE INDEX alert_one_open ON alert (rule, subject) WHERE active;
CREATE INDEX alert_changed ON alert (changed DESC);

CREATE TABLE alert_transition (
    alert       uuid        NOT NULL REFERENCES alert,
    version     integer     NOT NULL,
    kind        text        NOT NULL,
    at          timestamptz NOT NULL,
    severity    text,
    actor       text        NOT NULL,
    evidence    jsonb       NOT NULL,
    recorded    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (alert, version)
);
COMMENT ON COLUMN alert_transition.at IS 'time of the log, not of the wall clock';

CREATE TABLE outbox (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic   text        NOT NULL,
    key     text        NOT NULL,
    payload jsonb       NOT NULL,
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent    timestamptz
);
CREATE INDEX outbox_waiting ON outbox (id) WHERE sent IS NULL;
