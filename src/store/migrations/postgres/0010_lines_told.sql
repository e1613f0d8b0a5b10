-- What a 277CA or 277 says of single service lines, as JSON.
ALTER TABLE claim_event ADD COLUMN lines TEXT;
