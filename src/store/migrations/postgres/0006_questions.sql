-- Questions about claims that were passed on to payers: who was asked of which claim, and when a 277 came.
CREATE TABLE question (
    batch_id    BIGINT NOT NULL,            -- the file of questions
    ordinal     BIGINT NOT NULL,
    payer       TEXT COLLATE "C" NOT NULL,
    claim_id    BIGINT NOT NULL,
    reference   TEXT COLLATE "C" NOT NULL,            -- TRN02 of the question
    answered_at BIGINT,
    PRIMARY KEY (batch_id, ordinal)
);
CREATE INDEX question_payer ON question (payer, answered_at);
CREATE INDEX question_claim ON question (claim_id);
