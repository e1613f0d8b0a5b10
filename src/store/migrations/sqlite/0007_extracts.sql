-- Of each closed bucket of claims, sorted, what claims are searched by and no index has (store/extracts.rs). The entries of
-- a bucket stand in pieces.
CREATE TABLE claim_extract (
    id          INTEGER PRIMARY KEY,
    bucket      INTEGER NOT NULL,
    piece       INTEGER NOT NULL,
    field       INTEGER NOT NULL,               -- extracts::Field
    least       INTEGER NOT NULL,               -- key of its first entry
    most        INTEGER NOT NULL,               -- the highest that its entries reach to
    claims      INTEGER NOT NULL,
    entries     BLOB    NOT NULL
);
CREATE UNIQUE INDEX claim_extract_piece ON claim_extract (bucket, piece);
CREATE INDEX claim_extract_range ON claim_extract (field, bucket, least, most, claims);
ALTER TABLE claim_bucket ADD COLUMN extracted INTEGER NOT NULL DEFAULT 0;
