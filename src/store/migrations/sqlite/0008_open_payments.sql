-- Payments that a person is yet to decide about.
CREATE INDEX exception_payment ON exception (payment_id) WHERE payment_id IS NOT NULL AND state = 0;
