//! Losses in a day with remittances of every fate.

use super::losses::Loss;

pub(super) const BUSY_LOSSES: &[Loss] = &[
    (
        "the exception of a held remittance",
        &["DELETE FROM exception WHERE kind = 'balance' AND state = 0"],
        "a remittance is held, and no exception that is open or dismissed is about it",
        "check HELD1",
    ),
    (
        "that a person must look at a held remittance",
        &["UPDATE exception SET state = 1 WHERE kind = 'balance' AND state = 0"],
        "a remittance is held, and no exception that is open or dismissed is about it",
        "check HELD1",
    ),
    (
        "that a remittance was put aside",
        &["DELETE FROM exception WHERE kind = 'balance' AND state = 2"],
        "a remittance is held, and no exception that is open or dismissed is about it",
        "check ASIDE1",
    ),
    (
        "that a remittance was held",
        &["UPDATE remittance SET state = 0 WHERE trace = 'HELD1'"],
        "a remittance that was held is posted, and no exception says that a person released it",
        "check HELD1",
    ),
    (
        "a dollar of a held remittance",
        &["UPDATE remittance SET amount = amount + 100 WHERE trace = 'HELD1'"],
        "a remittance that was held has another amount than the exception about it says",
        "check HELD1",
    ),
    (
        "a dollar of a released remittance",
        &["UPDATE remittance SET amount = amount - 100 WHERE trace = 'FREE1'"],
        "a remittance that was held has another amount than the exception about it says",
        "check FREE1",
    ),
    (
        "a held remittance",
        &[
            "DELETE FROM payment WHERE remittance_id IN (SELECT id FROM remittance WHERE trace = 'HELD1' AND state <> 2)",
            "DELETE FROM remittance WHERE trace = 'HELD1'",
        ],
        "an exception is about a held remittance that is not there",
        "file of a payer ",
    ),
    (
        "a held remittance with its exception",
        &[
            "DELETE FROM exception WHERE kind = 'balance' AND state = 0",
            "DELETE FROM payment WHERE remittance_id IN (SELECT id FROM remittance WHERE trace = 'HELD1' AND state <> 2)",
            "DELETE FROM remittance WHERE trace = 'HELD1'",
        ],
        "a payer's file of remittances was worked, and they are not all there",
        "bluestar",
    ),
    (
        "a remittance whose payments stayed",
        &["DELETE FROM remittance WHERE trace = 'PAID1' AND state = 0"],
        "a payment is of a remittance that is not there",
        "claim ",
    ),
    (
        "a remittance of provider adjustments alone",
        &["DELETE FROM remittance WHERE trace = 'PLB1'"],
        "a submitter was handed a remittance that is not there",
        "acme, file of a payer ",
    ),
    (
        "a remittance of provider adjustments that went to nobody",
        &[
            "DELETE FROM exception WHERE inbound_id IN (SELECT inbound_id FROM remittance WHERE trace = 'PLB2')",
            "DELETE FROM remittance WHERE trace = 'PLB2'",
        ],
        "a payer's file of remittances was worked, and they are not all there",
        "bluestar",
    ),
    (
        "what a person is asked of provider adjustments",
        &["DELETE FROM exception WHERE inbound_id IN (SELECT inbound_id FROM remittance WHERE trace = 'PLB2')"],
        "a payment without claims was handed to no submitter and is in no exception",
        "check PLB2",
    ),
    (
        "a remittance without money, as if it were a repeat",
        &["UPDATE remittance SET state = 2 WHERE trace = 'NIL1'"],
        "a remittance counts as a repeat of one that is not there",
        "check NIL1",
    ),
    (
        "a remittance with all that it put on its claims, as if it were a repeat",
        &[
            "UPDATE remittance SET state = 2 WHERE trace = 'NIL1'",
            "DELETE FROM payment WHERE remittance_id IN (SELECT id FROM remittance WHERE trace = 'NIL1')",
            "DELETE FROM claim_event WHERE kind = '835' AND claim_id = (SELECT id FROM claim WHERE patient_control_number = 'B5')",
            "UPDATE claim SET status = 7 WHERE id = (SELECT id FROM claim WHERE patient_control_number = 'B5')",
        ],
        "a remittance counts as a repeat of one that is not there",
        "check NIL1",
    ),
    (
        "a posted remittance that a repeat stands for",
        &["UPDATE remittance SET state = 2 WHERE trace = 'PAID1'"],
        "a remittance counts as a repeat, and has payments",
        "check PAID1",
    ),
    (
        "a claim that was paid, as if it were denied",
        &["UPDATE claim SET status = 11 WHERE id = (SELECT id FROM claim WHERE patient_control_number = 'B1')"],
        "a claim's status is not what its answers and payments say",
        "submission ",
    ),
    (
        "a claim that was paid, as if it were reversed",
        &["UPDATE claim SET status = 12 WHERE id = (SELECT id FROM claim WHERE patient_control_number = 'B1')"],
        "a claim's status is not what its answers and payments say",
        "submission ",
    ),
    (
        "a claim that was denied, as if it were paid",
        &["UPDATE claim SET status = 9 WHERE id = (SELECT id FROM claim WHERE patient_control_number = 'B5')"],
        "a claim's status is not what its answers and payments say",
        "submission ",
    ),
    (
        "a claim that was paid, as the payer's 277CA put it",
        &["UPDATE claim SET status = 7 WHERE id = (SELECT id FROM claim WHERE patient_control_number = 'B1')"],
        "a claim's status is not what its answers and payments say",
        "submission ",
    ),
    (
        "a claim whose payment was taken back, as if it were paid",
        &["UPDATE claim SET status = 9 WHERE id = (SELECT id FROM claim WHERE patient_control_number = 'B6')"],
        "a claim's status is not what its answers and payments say",
        "submission ",
    ),
    (
        "a claim that a payer took, as if nothing had been said",
        &["UPDATE claim SET status = 3 WHERE id = (SELECT id FROM claim WHERE patient_control_number = 'B2')"],
        "a claim's status is not what its answers and payments say",
        "submission ",
    ),
    (
        "a claim that a payer refused, as if it had been taken",
        &["UPDATE claim SET status = 7 WHERE id = (SELECT id FROM claim WHERE patient_control_number = 'B8')"],
        "a claim's status is not what its answers and payments say",
        "submission ",
    ),
    (
        "a claim that waits, as if the payer had taken it",
        &["UPDATE claim SET status = 7 WHERE id = (SELECT id FROM claim WHERE patient_control_number = 'B9')"],
        "a claim's status is not what its answers and payments say",
        "submission ",
    ),
    (
        "what a payer said of a claim",
        &[
            "DELETE FROM claim_event WHERE kind = '277CA' AND claim_id = (SELECT id FROM claim WHERE patient_control_number = 'B2')",
        ],
        "a claim's status is not what its answers and payments say",
        "submission ",
    ),
    (
        "that charges were denied",
        &[
            "UPDATE payment SET denied = denied + 100 WHERE claim_id = (SELECT id FROM claim WHERE patient_control_number = 'B1')",
        ],
        "a claim's status is not what its answers and payments say",
        "submission ",
    ),
    (
        "that one of two payments in a file is a reversal",
        &["UPDATE payment SET clp_status = '22' WHERE clp_status = '1' AND remittance_id =
               (SELECT id FROM remittance WHERE trace = 'BOTH1')"],
        "a claim was told of fewer payments of one kind (CLP02) in a file than it has",
        "file of a payer ",
    ),
    (
        "that a payment is a reversal",
        &["UPDATE payment SET clp_status = '1' WHERE clp_status = '22'"],
        "a payment is on a claim that no event tells of it",
        "check BACK2",
    ),
    (
        "a payment's adjustments",
        &[
            "UPDATE payment SET detail = '{\"adjustments\":[],\"lines\":[]}' WHERE claim_id = (SELECT id FROM claim WHERE patient_control_number = 'B1')",
        ],
        "a payment's charge less its adjustments is not what it pays",
        "check PAID1",
    ),
    (
        "all that is told of a payment",
        &[
            "UPDATE payment SET detail = '{}' WHERE claim_id = (SELECT id FROM claim WHERE patient_control_number = 'B1')",
        ],
        "a payment's charge less its adjustments is not what it pays",
        "check PAID1",
    ),
    (
        "a cent of an adjustment",
        &[
            "UPDATE payment SET detail = replace(detail, '20.00', '20.01') WHERE claim_id = (SELECT id FROM claim WHERE patient_control_number = 'B1')",
        ],
        "a payment's charge less its adjustments is not what it pays",
        "check PAID1",
    ),
    (
        "a payment's charge",
        &[
            "UPDATE payment SET charge = charge + 1 WHERE claim_id = (SELECT id FROM claim WHERE patient_control_number = 'B1')",
        ],
        "a payment's charge less its adjustments is not what it pays",
        "check PAID1",
    ),
    (
        "a cent that moved from one claim to another",
        &[
            "UPDATE payment SET paid = paid + CASE WHEN claim_id = (SELECT id FROM claim WHERE patient_control_number = 'B7') THEN 1 ELSE -1 END WHERE remittance_id = (SELECT id FROM remittance WHERE trace = 'BACK2' AND state <> 2)",
            "UPDATE claim SET paid = paid + 1 WHERE id = (SELECT id FROM claim WHERE patient_control_number = 'B7')",
            "UPDATE claim SET paid = paid - 1 WHERE id = (SELECT id FROM claim WHERE patient_control_number = 'B6')",
        ],
        "a payment's charge less its adjustments is not what it pays",
        "check BACK2",
    ),
    (
        "a patient's share",
        &[
            "UPDATE claim SET patient_responsibility = 500 WHERE id = (SELECT id FROM claim WHERE patient_control_number = 'B1')",
        ],
        "a claim's patient responsibility is not the sum of its payments'",
        "submission ",
    ),
    (
        "a patient's share of a payment",
        &[
            "UPDATE payment SET patient_responsibility = 500 WHERE claim_id = (SELECT id FROM claim WHERE patient_control_number = 'B1')",
        ],
        "a claim's patient responsibility is not the sum of its payments'",
        "submission ",
    ),
    (
        "a list of provider adjustments",
        &["UPDATE remittance SET adjustment_list = '[]' WHERE trace = 'PAID1' AND state = 0"],
        "a remittance's provider adjustments are not the sum of those that it lists",
        "check PAID1",
    ),
    (
        "a cent between a payment and its provider adjustments",
        &[
            "UPDATE remittance SET adjustments = adjustments + 1, amount = amount - 1 WHERE trace = 'PAID1' AND state = 0",
        ],
        "a remittance's provider adjustments are not the sum of those that it lists",
        "check PAID1",
    ),
    (
        "the payer of a claim",
        &["UPDATE claim SET payer = 'redriver' WHERE id = (SELECT id FROM claim WHERE patient_control_number = 'B1')"],
        "a claim is in the batch of another payer",
        "submission ",
    ),
    (
        "that a batch was sent",
        &["UPDATE batch SET state = 2 WHERE state = 3"],
        "a batch is not as far as its delivery is: sent, with support, or on its way",
        "bluestar_",
    ),
    (
        "that a batch is yet to be fetched",
        &["UPDATE batch SET state = 3, sent_at = closed_at WHERE state = 2"],
        "a batch is not as far as its delivery is: sent, with support, or on its way",
        "bluestar_",
    ),
    (
        "that a batch is built",
        &["UPDATE batch SET state = 1 WHERE state = 2"],
        "a batch is not as far as its delivery is: sent, with support, or on its way",
        "bluestar_",
    ),
    (
        "that a batch was closed",
        &["UPDATE batch SET state = 0 WHERE state = 2"],
        "a batch is not as far as its delivery is: sent, with support, or on its way",
        "bluestar_",
    ),
    (
        "the file that a payer is to fetch",
        &["DELETE FROM mail WHERE kind = '837' AND payload_id IN (SELECT payload_id FROM batch WHERE state = 2)"],
        "a file that its payer is to fetch is not in the payer's mailbox",
        "bluestar_",
    ),
    (
        "a submission's interchanges",
        &["DELETE FROM interchange"],
        "a submission was checked, and its interchanges are not known",
        "acme",
    ),
    (
        "one of its interchanges",
        &["UPDATE interchange SET control_number = '000000777'"],
        "a submission's transaction stands in an interchange that is not known",
        "acme",
    ),
    (
        "a submission's transactions",
        &["DELETE FROM submission_transaction"],
        "a submission's transactions do not hold all its claims",
        "acme",
    ),
    (
        "the event of a 277CA",
        &["DELETE FROM batch_event WHERE kind = '277CA'"],
        "a batch counts as answered by a 277CA that is not there",
        "bluestar_",
    ),
    (
        "when a TA1 came",
        &["UPDATE batch SET ta1_at = NULL"],
        "a batch was answered, and does not count as answered",
        "bluestar_",
    ),
    (
        "when a 999 came",
        &["UPDATE batch SET n999_at = NULL"],
        "a batch was answered, and does not count as answered",
        "bluestar_",
    ),
    (
        "when a 277CA came",
        &["UPDATE batch SET n277ca_at = NULL"],
        "a batch was answered, and does not count as answered",
        "bluestar_",
    ),
    (
        "all that came of a TA1",
        &["DELETE FROM batch_event WHERE kind = 'TA1'", "UPDATE batch SET ta1_at = NULL"],
        "a payer's acknowledgement was worked, and nothing came of it",
        "bluestar",
    ),
    (
        "all that came of a 999",
        &["DELETE FROM batch_event WHERE kind = '999'", "UPDATE batch SET n999_at = NULL"],
        "a payer's acknowledgement was worked, and nothing came of it",
        "bluestar",
    ),
    (
        "that a payer's file was worked",
        &["UPDATE inbound SET state = 0 WHERE kinds = '277CA'"],
        "a payer's file counts as not worked yet, and was",
        "bluestar",
    ),
    (
        "that remittances were worked",
        &["UPDATE inbound SET state = 1 WHERE id IN (SELECT inbound_id FROM remittance WHERE trace = 'NIL1')"],
        "a payer's file counts as not worked yet, and was",
        "bluestar",
    ),
    (
        "a payer's 277CA, handed on",
        &["DELETE FROM mail WHERE kind = '277ca' AND inbound_id IS NOT NULL"],
        "a submitter was not handed what a payer's file tells of its claims",
        "acme 277CA",
    ),
    (
        "all that a 277CA told",
        &[
            "UPDATE claim SET status = 3 WHERE status IN (6, 7)",
            "DELETE FROM claim_event WHERE kind = '277CA'",
            "DELETE FROM batch_event WHERE kind = '277CA'",
            "UPDATE batch SET n277ca_at = NULL",
        ],
        "a submitter was handed what a payer's file tells, and the file tells of nothing",
        "acme 277ca",
    ),
    (
        "the bytes of a letter, which has another's",
        &[
            "UPDATE mail SET payload_id = (SELECT MIN(payload_id) FROM mail WHERE kind = '835') WHERE id = (SELECT MAX(id) FROM mail WHERE kind = '835')",
        ],
        "two files of mailboxes have the same bytes",
        "acme 835",
    ),
    (
        "the bytes of a letter, which has a submission's",
        &[
            "UPDATE mail SET payload_id = (SELECT MIN(payload_id) FROM submission) WHERE id = (SELECT MAX(id) FROM mail WHERE kind = '835')",
        ],
        "a file of a mailbox is not as long as it was when it was put in",
        "acme 835",
    ),
    (
        "a file for a payer, put where it does not look",
        &["UPDATE mail SET shelf = 1 WHERE kind = '837'"],
        "a file that its partner always finds in its mailbox is not there",
        "bluestar 837",
    ),
];
