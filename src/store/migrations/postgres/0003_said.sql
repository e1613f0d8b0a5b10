-- What an answer said, by which the same answer in another envelope is known: a digest, and the day it names. Answers
-- that came before this step have none and are compared with nothing.
ALTER TABLE claim_event ADD COLUMN said BIGINT;
ALTER TABLE claim_event ADD COLUMN said_day TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE batch_event ADD COLUMN said BIGINT;
