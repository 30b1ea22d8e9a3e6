-- Plans 预案 that were started in incidents, and response levels 应急响应. What happened is written
-- once and never changed: it is the audit, with who, when and why.

CREATE TABLE plan_run (
    id          uuid        PRIMARY KEY,
    plan        text        NOT NULL,
    incident    uuid        NOT NULL REFERENCES incident,
    version     integer     NOT NULL CHECK (version > 0),
    started     timestamptz NOT NULL,
    started_by  text        NOT NULL,
    alert       uuid        REFERENCES alert,
    changed     timestamptz NOT NULL,
    changed_by  text        NOT NULL,
    changed_how text        NOT NULL,
    UNIQUE (incident, plan)
);
CREATE INDEX plan_run_started ON plan_run (started DESC);
COMMENT ON COLUMN plan_run.version IS 'number of its newest event';
COMMENT ON COLUMN plan_run.incident IS 'whose it is now: another one once that was merged';
COMMENT ON COLUMN plan_run.alert IS 'whose rule started it; NULL where somebody did';

CREATE TABLE plan_item (
    run        uuid        NOT NULL REFERENCES plan_run,
    number     integer     NOT NULL CHECK (number >= 0),
    item       text        NOT NULL,
    name_zh    text        NOT NULL,
    name_en    text        NOT NULL,
    owner      text        NOT NULL,
    owner_zh   text        NOT NULL,
    owner_en   text        NOT NULL,
    within_us  bigint      CHECK (within_us > 0),
    due        timestamptz,
    state      text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'skipped')),
    version    integer     NOT NULL DEFAULT 1,
    changed    timestamptz,
    changed_by text        NOT NULL DEFAULT '',
    note       text        NOT NULL DEFAULT '',
    told       boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (run, item),
    UNIQUE (run, number),
    CHECK ((within_us IS NULL) = (due IS NULL))
);
CREATE INDEX plan_item_waiting ON plan_item (due) WHERE state = 'open' AND NOT told;
COMMENT ON COLUMN plan_item.name_zh IS 'names, owner and time are those of when the plan was started';
COMMENT ON COLUMN plan_item.version IS 'of the run when the item changed last';
COMMENT ON COLUMN plan_item.told IS 'its owner was told that it is overdue';

CREATE TABLE plan_event (
    run      uuid        NOT NULL REFERENCES plan_run,
    number   integer     NOT NULL CHECK (number > 0),
    kind     text        NOT NULL CHECK (kind IN ('started', 'done', 'skipped', 'reopened',
                                                  'moved')),
    at       timestamptz NOT NULL,
    actor    text        NOT NULL CHECK (actor <> ''),
    reason   text        NOT NULL,
    item     text        NOT NULL,
    incident uuid        NOT NULL REFERENCES incident,
    PRIMARY KEY (run, number)
);
COMMENT ON COLUMN plan_event.reason IS 'or note of what was done';
COMMENT ON COLUMN plan_event.item IS 'empty where none changed';
COMMENT ON COLUMN plan_event.incident IS 'whose the run is after it';
CREATE TRIGGER plan_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON plan_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE plan_overdue (
    run  uuid        NOT NULL REFERENCES plan_run,
    item text        NOT NULL,
    post text        NOT NULL,
    due  timestamptz NOT NULL,
    told timestamptz NOT NULL,
    PRIMARY KEY (run, item)
);
COMMENT ON COLUMN plan_overdue.post IS 'who was told: the owner';
CREATE TRIGGER plan_overdue_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON plan_overdue
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Apart from warning colours, which alerts have, and from everything else that has four steps.
CREATE TABLE response (
    scope    text        PRIMARY KEY,
    incident uuid        UNIQUE REFERENCES incident,
    matter   text        UNIQUE,
    version  integer     NOT NULL DEFAULT 0 CHECK (version >= 0),
    level    text        CHECK (level IN ('I', 'II', 'III', 'IV')),
    since    timestamptz,
    actor    text        NOT NULL DEFAULT '',
    reason   text        NOT NULL DEFAULT '',
    how      text        NOT NULL DEFAULT '',
    CHECK (num_nulls(incident, matter) = 1)
);
COMMENT ON COLUMN response.scope IS 'incident/… or district/…';
COMMENT ON COLUMN response.matter IS 'of the whole district, e.g. flood';
COMMENT ON COLUMN response.level IS 'NULL while there is none';

CREATE TABLE response_event (
    scope  text        NOT NULL REFERENCES response,
    number integer     NOT NULL CHECK (number > 0),
    kind   text        NOT NULL CHECK (kind IN ('started', 'raised', 'lowered', 'ended')),
    level  text        CHECK (level IN ('I', 'II', 'III', 'IV')),
    at     timestamptz NOT NULL,
    actor  text        NOT NULL CHECK (actor <> ''),
    reason text        NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (scope, number),
    CHECK ((level IS NULL) = (kind = 'ended'))
);
CREATE TRIGGER response_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON response_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
