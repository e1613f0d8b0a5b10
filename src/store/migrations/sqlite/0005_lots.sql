-- The claims of a large file that go to one payer travel in a batch of their own (store/lots.rs).
ALTER TABLE batch ADD COLUMN submission_id INTEGER;          -- of whose claims alone it is; others may join where there is none
DROP INDEX batch_open;
CREATE UNIQUE INDEX batch_open ON batch (payer, kind, purpose) WHERE state = 0 AND submission_id IS NULL;

-- Before their submission is routed: then the lot becomes its batch.
CREATE TABLE claim_lot (
    id              INTEGER PRIMARY KEY,     -- of the batch that it becomes
    submission_id   INTEGER NOT NULL,
    payer           TEXT NOT NULL,
    payer_id        TEXT NOT NULL,
    kind            TEXT NOT NULL,
    purpose         TEXT NOT NULL,
    claims          INTEGER NOT NULL,
    charge          INTEGER NOT NULL
);
CREATE INDEX claim_lot_submission ON claim_lot (submission_id);
