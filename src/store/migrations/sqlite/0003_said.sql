-- What an answer said, by which the same answer in another envelope is known: a digest, and the day it names. Answers
-- that came before this step have none and are compared with nothing.
ALTER TABLE claim_event ADD COLUMN said INTEGER;
ALTER TABLE claim_event ADD COLUMN said_day TEXT NOT NULL DEFAULT '';
ALTER TABLE batch_event ADD COLUMN said INTEGER;
