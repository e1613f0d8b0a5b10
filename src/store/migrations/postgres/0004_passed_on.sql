-- Which letter of a decision holds the provider adjustments of a remittance, so that they are handed on anew when the
-- decision is taken back.
ALTER TABLE remittance ADD COLUMN adjustments_mail BIGINT;
ALTER TABLE handed_on ADD COLUMN adjustments BIGINT NOT NULL DEFAULT 0; -- 1: the provider adjustments are in it too

-- Answers of the payer to which a claim was passed on are tried with the batch in which it went to the first.
CREATE INDEX claim_passed_on ON claim (batch_id, passed_on_to) WHERE passed_on_to IS NOT NULL;
CREATE INDEX batch_tried_at ON batch (tried_at) WHERE tried_at IS NOT NULL;
