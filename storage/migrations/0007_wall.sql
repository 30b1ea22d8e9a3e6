-- Display tokens: what a big screen shows to be let in. One wall each, read-only, revocable. The
-- token itself is nowhere: its SHA-256 is, and that of the browser that came with it last.
CREATE TABLE display_token (
    id           integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text        NOT NULL CHECK (name <> ''),
    sha256       bytea       NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    created      timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by   text        NOT NULL,
    seat_sha256  bytea       CHECK (octet_length(seat_sha256) = 32),
    last_seen    timestamptz,
    last_address text,
    revoked      timestamptz,
    revoked_by   text,
    CHECK ((revoked IS NULL) = (revoked_by IS NULL))
);
CREATE UNIQUE INDEX display_token_one_per_wall ON display_token (name) WHERE revoked IS NULL;
COMMENT ON COLUMN display_token.name IS 'of the wall, as people call it';
COMMENT ON COLUMN display_token.seat_sha256 IS 'of the cookie of the browser that opened the address last; another browser with the same token is not admitted any more';
COMMENT ON COLUMN display_token.last_address IS 'from where it was seen last';
