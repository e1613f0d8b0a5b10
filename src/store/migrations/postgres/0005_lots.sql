-- The claims of a large file that go to one payer travel in a batch of their own (store/lots.rs).
ALTER TABLE batch ADD COLUMN submission_id BIGINT;          -- of whose claims alone it is; others may join where there is none
DROP INDEX batch_open;
CREATE UNIQUE INDEX batch_open ON batch (payer, kind, purpose) WHERE state = 0 AND submission_id IS NULL;

-- Before their submission is routed: then the lot becomes its batch.
CREATE TABLE claim_lot (
    id              BIGINT PRIMARY KEY,     -- of the batch that it becomes
    submission_id   BIGINT NOT NULL,
    payer           TEXT COLLATE "C" NOT NULL,
    payer_id        TEXT COLLATE "C" NOT NULL,
    kind            TEXT COLLATE "C" NOT NULL,
    purpose         TEXT COLLATE "C" NOT NULL,
    claims          BIGINT NOT NULL,
    charge          BIGINT NOT NULL
);
CREATE INDEX claim_lot_submission ON claim_lot (submission_id);
