-- Whose each provider adjustment of a remittance is, by the list of them: JSON, names of submitters or null; '[]': not known, as
-- an earlier version did not write it down, or nobody has them.
ALTER TABLE remittance ADD COLUMN adjustment_owners TEXT NOT NULL DEFAULT '[]';
-- A payee that is named by its tax id alone.
CREATE INDEX remittance_payee_tin ON remittance (payee_tin);
