-- Roll-ups: what each datastream said in a minute, an hour, a day, kept by the worker.

-- The columns of all three are what a continuous aggregate over `reading` would give. `good` counts
-- the readings whose value was true at its time: good, late and out of order (docs/rollups.md); sum
-- to last_time are over those, and NULL where there is none.
CREATE TABLE reading_1min (
    datastream integer     NOT NULL,
    start      timestamptz NOT NULL,
    count      bigint      NOT NULL,
    good       bigint      NOT NULL,
    sum        double precision,
    min        double precision,
    max        double precision,
    first      double precision,
    last       double precision,
    first_time timestamptz,
    last_time  timestamptz,
    sum_sin    double precision,
    sum_cos    double precision,
    PRIMARY KEY (datastream, start)
) PARTITION BY RANGE (start);
CREATE TABLE reading_1min_default PARTITION OF reading_1min DEFAULT;
CREATE INDEX reading_1min_start ON reading_1min USING brin (start) WITH (pages_per_range = 16);
COMMENT ON COLUMN reading_1min.start IS 'of the bucket, inclusive';
COMMENT ON COLUMN reading_1min.sum_sin IS 'of a direction in degrees; NULL for what is none';

CREATE TABLE reading_1h (LIKE reading_1min, PRIMARY KEY (datastream, start));
CREATE INDEX reading_1h_start ON reading_1h USING brin (start) WITH (pages_per_range = 16);

CREATE TABLE reading_1d (LIKE reading_1min, PRIMARY KEY (datastream, start));
COMMENT ON TABLE reading_1d IS 'days as people count them in Beijing: they start at 16:00 UTC';

-- What the roll-ups do not know yet. The transaction of the readings says which minutes it touched;
-- whoever rolls them up takes the rows away in the transaction of what comes out. Rows are only
-- added and taken away, never changed: nobody waits for anybody.
CREATE TABLE rollup_dirty (
    level text      NOT NULL CHECK (level IN ('1min', '1h', '1d')),
    span  tstzrange NOT NULL CHECK (NOT isempty(span))
) WITH (autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
COMMENT ON COLUMN rollup_dirty.span IS 'whole buckets of its level, end exclusive';

-- What is stored already is rolled up by and by, newest first.
DO $$
DECLARE
    part   text;
    filled boolean;
    day    timestamptz;
BEGIN
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'reading'::regclass
    LOOP
        IF part = 'reading_default' THEN
            INSERT INTO rollup_dirty
            SELECT '1min', tstzrange(minute, minute + interval '1 minute') FROM (
                SELECT DISTINCT date_bin('1 minute', phenomenon_time, '1970-01-01Z') AS minute
                FROM reading_default) AS touched;
        ELSE
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', part) INTO filled;
            IF filled THEN
                day := to_date(right(part, 8), 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC';
                INSERT INTO rollup_dirty VALUES ('1min', tstzrange(day, day + interval '24 hours'));
            END IF;
        END IF;
    END LOOP;
END $$;
