-- The transactions of a batch that an answer is about, a space between their numbers; empty: the whole of it.
ALTER TABLE batch_event ADD COLUMN about TEXT NOT NULL DEFAULT '';
-- Questions that are open, by when they were asked (ids grow with time) and by their TRN02; and how long answers took.
DROP INDEX question_payer;
CREATE INDEX question_open ON question (payer, batch_id) WHERE answered_at IS NULL;
CREATE INDEX question_open_reference ON question (payer, reference) WHERE answered_at IS NULL;
CREATE INDEX question_answered ON question (payer, answered_at) WHERE answered_at IS NOT NULL;
