-- Questions about claims that were passed on to payers: who was asked of which claim, and when a 277 came.
CREATE TABLE question (
    batch_id    INTEGER NOT NULL,            -- the file of questions
    ordinal     INTEGER NOT NULL,
    payer       TEXT NOT NULL,
    claim_id    INTEGER NOT NULL,
    reference   TEXT NOT NULL,            -- TRN02 of the question
    answered_at INTEGER,
    PRIMARY KEY (batch_id, ordinal)
);
CREATE INDEX question_payer ON question (payer, answered_at);
CREATE INDEX question_claim ON question (claim_id);
