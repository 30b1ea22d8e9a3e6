-- The registry: the city's tables as texts, every version of them. The newest is in force.
CREATE TABLE registry_version (
    version      integer     PRIMARY KEY CHECK (version > 0),
    sha256       text        NOT NULL,
    created      timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor        text        NOT NULL,
    note         text        NOT NULL,
    texts        jsonb       NOT NULL,
    files_sha256 text
);
COMMENT ON COLUMN registry_version.sha256 IS 'of the texts, as devices.catalogue.digest_of';
COMMENT ON COLUMN registry_version.texts IS 'file name -> content';
COMMENT ON COLUMN registry_version.files_sha256 IS 'of the city''s files, where this version was '
    'taken from them or they are the same as it; NULL where it was made otherwise';
