//! Losses in a day of claims and answers.

/// What is lost, how, the rule that must name it, and what the place must tell.
pub(super) type Loss = (&'static str, &'static [&'static str], &'static str, &'static str);

/// What is taken away or changed, and what must then be said of what.
pub(super) const LOSSES: &[Loss] = &[
    (
        "a claim row",
        &["DELETE FROM claim WHERE patient_control_number = 'A1'"],
        "a payment is on a claim that is not there",
        "CHK1",
    ),
    (
        "a claim that nothing was said of yet",
        &[
            "DELETE FROM claim_event WHERE claim_id IN (SELECT id FROM claim WHERE patient_control_number = 'A4')",
            "DELETE FROM claim WHERE patient_control_number = 'A4'",
        ],
        "a submission's count of claims is not that of its claims",
        "acme",
    ),
    (
        "an event",
        &["DELETE FROM claim_event WHERE kind = 'rejected'"],
        "a claim's status is not what its answers and payments say",
        "submission ",
    ),
    (
        "the event of a payment",
        &["DELETE FROM claim_event WHERE kind = '835' AND claim_id IN
           (SELECT id FROM claim WHERE patient_control_number = 'A1')"],
        "a payment is on a claim that no event tells of it",
        "file of a payer ",
    ),
    (
        "a payment counted twice",
        &["UPDATE claim SET paid = paid * 2 WHERE paid > 0"],
        "a claim's paid amount is not the sum of its payments",
        "submission ",
    ),
    (
        "a payment row that is there twice",
        &[
            "INSERT INTO payment (id, remittance_id, ordinal, claim_id, patient_control_number, clp_status, charge, paid,
                 patient_responsibility, payer_claim_control_number, detail)
             SELECT id + 1, remittance_id, 99, claim_id, patient_control_number, clp_status, charge, paid,
                 patient_responsibility, payer_claim_control_number, detail FROM payment WHERE paid = 8000",
            "UPDATE claim SET paid = paid * 2 WHERE paid > 0",
        ],
        "a remittance's payments are not all there",
        "file of a payer ",
    ),
    (
        "a payment moved to another claim, whose amounts were changed to fit",
        &[
            "UPDATE payment SET claim_id = (SELECT id FROM claim WHERE patient_control_number = 'A3') WHERE paid = 8000",
            "UPDATE claim SET paid = 0 WHERE patient_control_number = 'A1'",
            "UPDATE claim SET paid = 8000 WHERE patient_control_number = 'A3'",
        ],
        "a claim was told of a payment that is not on it",
        "file of a payer ",
    ),
    (
        "a payer's 999",
        &["DELETE FROM inbound WHERE kinds = '999'"],
        "a batch counts as answered by a 999 that is not there",
        "bluestar_",
    ),
    (
        "a payer's TA1",
        &["DELETE FROM batch_event WHERE kind = 'TA1'"],
        "a batch counts as answered by a TA1 that is not there",
        "bluestar_",
    ),
    (
        "a payer's 277CA",
        &["DELETE FROM inbound WHERE kinds LIKE '277%'"],
        "what is told of a claim came in a file that is not there",
        "277CA",
    ),
    (
        "a delivery",
        &["DELETE FROM delivery"],
        "a batch that is built has not exactly one delivery",
        "bluestar_",
    ),
    (
        "a transaction of a batch",
        &["DELETE FROM batch_transaction"],
        "a claim is in a batch whose file does not list it",
        "bluestar_",
    ),
    (
        "a charge",
        &["UPDATE claim SET charge = charge + 1 WHERE patient_control_number = 'A2'"],
        "a batch's charge is not that of the claims in it",
        "bluestar_",
    ),
    (
        "our own 999",
        &["DELETE FROM mail WHERE kind = '999'"],
        "a submission's interchanges have not each their 999",
        "acme",
    ),
    (
        "our own 277CA",
        &["DELETE FROM mail WHERE kind = '277ca' AND submission_id IS NOT NULL"],
        "a submission's accepted transactions have no 277CA",
        "acme",
    ),
    (
        "a claim put into a batch that was built without it",
        &["UPDATE claim SET batch_id = (SELECT id FROM batch) WHERE patient_control_number = 'A4'"],
        "a claim is in a batch whose file does not list it",
        "bluestar_",
    ),
    (
        "a batch",
        &["DELETE FROM batch"],
        "a claim is in a batch that is not there",
        "acme",
    ),
    (
        "the bytes of a submission",
        &["DELETE FROM payload WHERE id IN (SELECT payload_id FROM submission)"],
        "the bytes of a submission are not kept",
        "acme",
    ),
    (
        "the bytes of an acknowledgement",
        &["DELETE FROM payload WHERE id IN (SELECT payload_id FROM mail WHERE kind = '999')"],
        "the bytes of a file of a mailbox are not kept",
        "acme 999",
    ),
    (
        "a claim that the split of a remittance lost",
        &["DELETE FROM payment WHERE paid = 7000"],
        "a remittance's claims do not add up to what it says it paid on claims",
        "file of a payer ",
    ),
    (
        "the 835 of a submitter",
        &["DELETE FROM mail WHERE kind = '835'"],
        "a submitter with claims in a remittance was not handed its part",
        "acme",
    ),
    (
        "an exception",
        &["DELETE FROM exception"],
        "a payment of a posted remittance is on no claim and in no exception",
        "file of a payer ",
    ),
    (
        "what a resolved exception put on a claim",
        &["UPDATE exception SET state = 1 WHERE payment_id IS NOT NULL"],
        "a payment of a posted remittance is on no claim and in no exception",
        "file of a payer ",
    ),
    (
        "a status that no event explains",
        &["UPDATE claim SET status = 8 WHERE patient_control_number = 'A3'"],
        "a claim's status is not what its answers and payments say",
        "submission ",
    ),
    (
        "a remittance that was posted a second time",
        &[
            "INSERT INTO remittance (id, inbound_id, ordinal, payer, trace, trace_payer, amount, method, payment_date,
                 payee_npi, payee_tin, payee_name, claims, claims_paid, adjustments, state, digest, received_at)
             SELECT id + 1, inbound_id, 9, payer, trace, trace_payer, amount, method, payment_date, payee_npi, payee_tin,
                 payee_name, 0, 0, 0, state, digest, received_at FROM remittance",
        ],
        "the same remittance is posted twice",
        "CHK1",
    ),
    (
        "the word that a batch was sent",
        &["DELETE FROM batch_event WHERE kind = 'sent'"],
        "a batch counts as sent, but no event says when",
        "bluestar_",
    ),
];
