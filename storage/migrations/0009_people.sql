-- Who is who: accounts, their roles, sessions, one-time tokens, and what was done with them.
-- Whatever admits somebody is stored as its SHA-256, passwords as argon2id.
CREATE TABLE account (
    id           integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text        NOT NULL CHECK (name <> ''),
    folded       text        NOT NULL UNIQUE,
    password     text        CHECK (password LIKE '$argon2id$%'),
    password_set timestamptz,
    created      timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by   text        NOT NULL,
    disabled     timestamptz,
    disabled_by  text,
    CHECK ((password IS NULL) = (password_set IS NULL)),
    CHECK ((disabled IS NULL) = (disabled_by IS NULL))
);
COMMENT ON COLUMN account.name IS 'by which somebody signs in, as it is written';
COMMENT ON COLUMN account.folded IS 'the name in NFKC without case: two that look alike are one';
COMMENT ON COLUMN account.password IS 'argon2id with its parameters and salt; NULL until somebody set one';

CREATE TABLE account_role (
    account    integer NOT NULL REFERENCES account,
    role       text    NOT NULL CHECK (role IN
        ('viewer', 'dispatcher', 'supervisor', 'administrator', 'auditor', 'crew')),
    department text    NOT NULL DEFAULT '',
    town       text    NOT NULL DEFAULT '',
    PRIMARY KEY (account, role, department, town)
);
COMMENT ON COLUMN account_role.department IS 'to which the role is limited; empty: every one';
COMMENT ON COLUMN account_role.town IS 'to which the role is limited; empty: the whole district';

CREATE TABLE account_session (
    id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account   integer     NOT NULL REFERENCES account,
    sha256    bytea       NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    started   timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_used timestamptz NOT NULL DEFAULT clock_timestamp(),
    address   text        NOT NULL,
    ended     timestamptz,
    ended_by  text,
    CHECK ((ended IS NULL) = (ended_by IS NULL))
);
CREATE INDEX account_session_open ON account_session (account) WHERE ended IS NULL;
COMMENT ON COLUMN account_session.sha256 IS 'of the cookie';
COMMENT ON COLUMN account_session.address IS 'from where it was used last';

CREATE TABLE one_time_token (
    id         integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account    integer     REFERENCES account,
    sha256     bytea       NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    created    timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by text        NOT NULL,
    expires    timestamptz NOT NULL,
    used       timestamptz
);
COMMENT ON COLUMN one_time_token.account IS 'whose password it sets; NULL: it makes the first administrator';
COMMENT ON COLUMN one_time_token.used IS 'when it was used, or replaced by a newer one';

CREATE TABLE sign_in_delay (
    key      text        PRIMARY KEY,
    failures integer     NOT NULL CHECK (failures >= 0),
    last     timestamptz NOT NULL,
    until    timestamptz NOT NULL
);
COMMENT ON COLUMN sign_in_delay.key IS 'the SHA-256 of a name, or an address: known names and others alike';
COMMENT ON COLUMN sign_in_delay.until IS 'nobody is tried before';

CREATE TABLE audit_trail (
    id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor   text        NOT NULL,
    action  text        NOT NULL CHECK (action <> ''),
    subject text        NOT NULL,
    address text        NOT NULL,
    detail  jsonb       NOT NULL
);
COMMENT ON TABLE audit_trail IS 'who did what to whom; rows are only ever added';
COMMENT ON COLUMN audit_trail.actor IS 'name of an account, or the user of a command line; empty for who is not known';
COMMENT ON COLUMN audit_trail.address IS 'from where, empty for a command line';
CREATE FUNCTION audit_trail_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_trail: rows are only ever added' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_trail_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_trail
    FOR EACH STATEMENT EXECUTE FUNCTION audit_trail_stays();
