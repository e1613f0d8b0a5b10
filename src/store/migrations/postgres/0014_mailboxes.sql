-- Which gateway tells it: one that starts under the same number is not kept from it by what it was telling before.
ALTER TABLE announcement ADD COLUMN lease_node BIGINT NOT NULL DEFAULT 0;

-- Questions about claims for a payer that fetches its files here have a kind of their own.
UPDATE mail SET kind = '276' WHERE kind = '837' AND payload_id IN (SELECT payload_id FROM batch WHERE kind = '276');
