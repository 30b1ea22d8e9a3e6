-- Handovers 交接班: what one shift told the next, and who stood for it. What both signed is never
-- changed again, and the database itself holds the signed text against its digest.

CREATE TABLE handover (
    key         text        PRIMARY KEY,
    version     integer     NOT NULL CHECK (version > 0),
    status      text        NOT NULL CHECK (status IN ('draft', 'outgoing', 'signed')),
    starts      timestamptz NOT NULL,
    ends        timestamptz NOT NULL CHECK (ends > starts),
    drafted     timestamptz NOT NULL,
    changed     timestamptz NOT NULL,
    changed_by  text        NOT NULL,
    changed_how text        NOT NULL,
    outgoing    text,
    outgoing_at timestamptz,
    incoming    text,
    incoming_at timestamptz,
    sha256      text,
    content     text        NOT NULL,
    CHECK (num_nulls(outgoing, outgoing_at, sha256) IN (0, 3)),
    CHECK (num_nulls(incoming, incoming_at) IN (0, 2)),
    CHECK (status = CASE WHEN incoming IS NOT NULL THEN 'signed'
                         WHEN outgoing IS NOT NULL THEN 'outgoing' ELSE 'draft' END),
    CHECK (incoming IS NULL OR (outgoing IS NOT NULL AND outgoing <> incoming)),
    CHECK (sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex'))
);
CREATE INDEX handover_starts ON handover (starts DESC);
COMMENT ON TABLE handover IS '交接班记录, one for each shift';
COMMENT ON COLUMN handover.key IS 'day and shift, e.g. 2026-10-01-day';
COMMENT ON COLUMN handover.version IS 'of its newest event';
COMMENT ON COLUMN handover.drafted IS 'of when its facts are';
COMMENT ON COLUMN handover.sha256 IS 'of content in UTF-8, hexadecimal: what was signed; NULL before';
COMMENT ON COLUMN handover.content IS 'as dispatch.handover.Content, JSON, byte by byte as signed';

CREATE FUNCTION handover_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.status <> 'signed' AND NEW.key = OLD.key
            AND NEW.version = OLD.version + 1 THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'handover %: what both signed is never changed, and none is taken away',
        coalesce(OLD.key, '') USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER handover_is_kept BEFORE UPDATE OR DELETE ON handover
    FOR EACH ROW EXECUTE FUNCTION handover_is_kept();
CREATE TRIGGER handover_stays BEFORE TRUNCATE ON handover
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE handover_event (
    handover text        NOT NULL REFERENCES handover,
    version  integer     NOT NULL CHECK (version > 0),
    kind     text        NOT NULL CHECK (kind IN ('drafted', 'edited', 'signed', 'reopened')),
    at       timestamptz NOT NULL,
    recorded timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor    text        NOT NULL CHECK (actor <> ''),
    side     text        CHECK (side IN ('outgoing', 'incoming')),
    sha256   text,
    body     text        NOT NULL,
    PRIMARY KEY (handover, version),
    CHECK ((kind = 'signed') = (side IS NOT NULL AND sha256 IS NOT NULL))
);
COMMENT ON TABLE handover_event IS 'who did what to a handover, and when; rows are only added';
COMMENT ON COLUMN handover_event.version IS 'of the handover after it';
COMMENT ON COLUMN handover_event.body IS 'as dispatch.handover.Event, JSON';
CREATE TRIGGER handover_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON handover_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
