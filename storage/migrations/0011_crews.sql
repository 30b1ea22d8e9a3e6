-- Crews and incidents: who is sent where, and which alerts are one happening. What happened to them
-- is written once and never changed: it is their audit, with who, when and why.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% keeps what happened: rows are added, never changed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TABLE incident (
    id          uuid        PRIMARY KEY,
    version     integer     NOT NULL CHECK (version > 0),
    place       text        NOT NULL,
    title       text        NOT NULL,
    parent      uuid        REFERENCES incident CHECK (parent <> id),
    merged_into uuid        REFERENCES incident CHECK (merged_into <> id),
    opened      timestamptz NOT NULL,
    closed      timestamptz,
    changed     timestamptz NOT NULL,
    changed_by  text        NOT NULL,
    changed_how text        NOT NULL,
    CHECK (merged_into IS NULL OR closed IS NOT NULL)
);
CREATE INDEX incident_open ON incident (opened) WHERE closed IS NULL;
CREATE INDEX incident_opened ON incident (opened DESC);
CREATE INDEX incident_part ON incident (parent) WHERE parent IS NOT NULL;
COMMENT ON COLUMN incident.version IS 'number of its newest event';
COMMENT ON COLUMN incident.place IS 'id of the place it was opened for; empty where nobody knows';

CREATE TABLE incident_member (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident uuid        NOT NULL REFERENCES incident,
    alert    uuid        NOT NULL REFERENCES alert,
    place    text        NOT NULL,
    joined   timestamptz NOT NULL,
    departed timestamptz,
    closed   boolean     NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX incident_member_one_open ON incident_member (alert)
    WHERE departed IS NULL AND NOT closed;
CREATE INDEX incident_member_of ON incident_member (incident);
CREATE INDEX incident_member_alert ON incident_member (alert);
COMMENT ON COLUMN incident_member.departed IS 'when it was taken out, merged or split away';
COMMENT ON COLUMN incident_member.closed IS 'its incident is over';

CREATE TABLE incident_event (
    incident uuid        NOT NULL REFERENCES incident,
    number   integer     NOT NULL CHECK (number > 0),
    kind     text        NOT NULL CHECK (kind IN ('opened', 'added', 'removed', 'merged_in',
                                                  'merged_away', 'split_off', 'parent_set',
                                                  'closed')),
    at       timestamptz NOT NULL,
    actor    text        NOT NULL,
    reason   text        NOT NULL,
    came     uuid[]      NOT NULL,
    went     uuid[]      NOT NULL,
    other    uuid,
    PRIMARY KEY (incident, number)
);
COMMENT ON COLUMN incident_event.came IS 'alerts';
COMMENT ON COLUMN incident_event.other IS 'the other incident that is concerned';
CREATE TRIGGER incident_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE assignment (
    id          uuid        PRIMARY KEY,
    crew        text        NOT NULL,
    incident    uuid        NOT NULL REFERENCES incident,
    assigned    timestamptz NOT NULL,
    assigned_by text        NOT NULL,
    chain       jsonb       NOT NULL,
    told        integer     NOT NULL DEFAULT 0,
    accepted    timestamptz,
    ended       timestamptz,
    outcome     text CHECK (outcome IN ('declined', 'recalled', 'finished')),
    CHECK ((ended IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX assignment_one_open ON assignment (crew) WHERE ended IS NULL;
CREATE INDEX assignment_waiting ON assignment (assigned) WHERE accepted IS NULL AND ended IS NULL;
CREATE INDEX assignment_incident ON assignment (incident);
CREATE INDEX assignment_crew ON assignment (crew, assigned DESC);
COMMENT ON COLUMN assignment.chain IS 'who is told while it is not accepted, as it was at the time';
COMMENT ON COLUMN assignment.told IS 'steps of the chain that were told';

CREATE TABLE crew_state (
    crew          text        PRIMARY KEY,
    version       integer     NOT NULL DEFAULT 0 CHECK (version >= 0),
    status        text        NOT NULL DEFAULT 'idle'
                  CHECK (status IN ('idle', 'assigned', 'accepted', 'en_route', 'on_scene',
                                    'handling', 'done')),
    assignment    uuid        REFERENCES assignment,
    changed       timestamptz,
    changed_by    text        NOT NULL DEFAULT '',
    changed_how   text        NOT NULL DEFAULT '',
    lon           double precision CHECK (lon BETWEEN -180 AND 180),
    lat           double precision CHECK (lat BETWEEN -90 AND 90),
    position_time timestamptz,
    position_by   text,
    CHECK ((status = 'idle') = (assignment IS NULL)),
    CHECK (num_nulls(lon, lat, position_time, position_by) IN (0, 4))
) WITH (fillfactor = 50);
COMMENT ON COLUMN crew_state.version IS 'number of its newest event; a position does not move it';
COMMENT ON COLUMN crew_state.position_time IS 'when it was there, not when we heard of it';
COMMENT ON COLUMN crew_state.position_by IS 'who reported it by hand';

CREATE TABLE crew_event (
    crew       text        NOT NULL,
    number     integer     NOT NULL CHECK (number > 0),
    kind       text        NOT NULL CHECK (kind IN ('dispatched', 'accepted', 'declined',
                                                    'departed', 'arrived', 'started', 'finished',
                                                    'recalled', 'readied')),
    status     text        NOT NULL,
    at         timestamptz NOT NULL,
    actor      text        NOT NULL,
    reason     text        NOT NULL,
    assignment uuid        REFERENCES assignment,
    incident   uuid        REFERENCES incident,
    PRIMARY KEY (crew, number)
);
CREATE INDEX crew_event_incident ON crew_event (incident);
CREATE TRIGGER crew_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON crew_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE escalation (
    assignment uuid        NOT NULL REFERENCES assignment,
    number     integer     NOT NULL CHECK (number >= 0),
    post       text        NOT NULL,
    due        timestamptz NOT NULL,
    told       timestamptz NOT NULL,
    PRIMARY KEY (assignment, number)
);
COMMENT ON COLUMN escalation.post IS 'who was told';
CREATE TRIGGER escalation_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON escalation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Positions that terminals report come as events of kind `position`.
CREATE INDEX event_position ON event (device, time DESC) WHERE kind = 'position';
