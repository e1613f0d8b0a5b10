-- With the partner, by whose claims a submitter's search is narrowed: else each claim of the name is read for it.
DROP INDEX claim_patient_name;
CREATE INDEX claim_patient_name ON claim (bucket, lower(patient_last_name), service_from, partner);
