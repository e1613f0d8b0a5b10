-- Payers' numbers under which a claim was answered, beside the one that stands with it.
CREATE TABLE payer_number (
    claim_id BIGINT NOT NULL,
    number   TEXT COLLATE "C" NOT NULL,
    told_by  BIGINT NOT NULL,            -- the event of the decision that told it; 0: an answer; -1: a payment, which has it too
    PRIMARY KEY (claim_id, number, told_by)
);
CREATE INDEX payer_number_number ON payer_number (number);
-- Those of payments that are posted under several.
INSERT INTO payer_number (claim_id, number, told_by)
SELECT DISTINCT p.claim_id, p.payer_claim_control_number, -1
FROM payment p JOIN remittance r ON r.id = p.remittance_id JOIN claim c ON c.id = p.claim_id
WHERE r.state = 0 AND p.payer_claim_control_number <> ''
  AND p.payer_claim_control_number <> coalesce(c.payer_claim_control_number, '')
  AND NOT EXISTS (SELECT 1 FROM claim other WHERE other.payer_claim_control_number = p.payer_claim_control_number
                  AND other.payer = c.payer AND other.id <> c.id);
