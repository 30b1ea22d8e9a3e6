-- Beside readings: what happened, pictures of it, deviations from protocols, unknown devices.

CREATE TABLE event (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway    text        NOT NULL,
    boot       text        NOT NULL,
    seq        bigint      NOT NULL,
    number     integer     NOT NULL,
    device     text        NOT NULL,
    sent_as    text        NOT NULL,
    kind       text        NOT NULL,
    priority   smallint    NOT NULL,
    time       timestamptz NOT NULL,
    received   timestamptz NOT NULL,
    lon        double precision,
    lat        double precision,
    snapshot   text,
    attributes jsonb       NOT NULL,
    UNIQUE (gateway, boot, seq, number)
);
CREATE INDEX event_time ON event (time DESC);
CREATE INDEX event_received ON event USING brin (received);
COMMENT ON COLUMN event.number IS 'which event of its message, 0-based';
COMMENT ON COLUMN event.sent_as IS 'the device as it names itself';
COMMENT ON COLUMN event.priority IS '1 the gravest to 4; 0 where the device gives none';
COMMENT ON COLUMN event.lon IS 'degrees east, WGS-84; NULL where unknown';
COMMENT ON COLUMN event.snapshot IS 'snapshot.id of the same gateway; it may come later or never';

CREATE TABLE snapshot (
    gateway  text        NOT NULL,
    id       text        NOT NULL,
    received timestamptz NOT NULL,
    jpeg     bytea       NOT NULL,
    width    integer     NOT NULL,
    height   integer     NOT NULL,
    PRIMARY KEY (gateway, id)
);
-- JPEG does not get smaller by compressing it again.
ALTER TABLE snapshot ALTER COLUMN jpeg SET STORAGE EXTERNAL;
CREATE INDEX snapshot_received ON snapshot (received);

CREATE TABLE finding (
    day     date        NOT NULL,
    gateway text        NOT NULL,
    device  text        NOT NULL,
    code    text        NOT NULL,
    count   bigint      NOT NULL,
    example text        NOT NULL,
    last    timestamptz NOT NULL,
    PRIMARY KEY (day, gateway, device, code)
) WITH (fillfactor = 50);
COMMENT ON COLUMN finding.day IS 'day of receipt in Beijing';
COMMENT ON COLUMN finding.example IS 'the newest';

-- The lobby: devices that nobody entered in the registry, with their last message.
CREATE TABLE contact (
    gateway      text        NOT NULL,
    device       text        NOT NULL,
    codec        text        NOT NULL,
    first_seen   timestamptz NOT NULL,
    last_seen    timestamptz NOT NULL,
    messages     bigint      NOT NULL,
    topic        text        NOT NULL,
    last_payload bytea       NOT NULL,
    keys         jsonb       NOT NULL,
    PRIMARY KEY (gateway, device)
) WITH (fillfactor = 50);
COMMENT ON COLUMN contact.last_payload IS 'its first 16 KiB';
COMMENT ON COLUMN contact.keys IS 'unit as sent by the name of each value seen';
