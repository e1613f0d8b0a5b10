//! What payers answered.

use super::{Rule, Subject, rule};

pub(super) const ANSWERED: &[Rule] = &[
    rule(
        Subject::Batch,
        "a batch counts as sent, but no event says when",
        "SELECT b.id, coalesce(b.file_name, b.payer), 1, 0 FROM batch b
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2 AND b.state = 3
         AND NOT EXISTS (SELECT 1 FROM batch_event e WHERE e.batch_id = b.id AND e.kind = 'sent')",
    ),
    rule(
        Subject::Batch,
        "a batch counts as answered by a TA1 that is not there",
        "SELECT b.id, coalesce(b.file_name, b.payer), 1, 0 FROM batch b
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2 AND b.ta1_at IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM batch_event e JOIN inbound i ON i.id = e.inbound_id
             WHERE e.batch_id = b.id AND e.kind = 'TA1')",
    ),
    rule(
        Subject::Batch,
        "a batch counts as answered by a 999 that is not there",
        "SELECT b.id, coalesce(b.file_name, b.payer), 1, 0 FROM batch b
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2 AND b.n999_at IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM batch_event e JOIN inbound i ON i.id = e.inbound_id
             WHERE e.batch_id = b.id AND e.kind IN ('999', '997'))",
    ),
    rule(
        Subject::Inbound,
        "a payer's file was kept but never worked",
        "SELECT i.id, i.partner, 2, i.state FROM inbound i
         WHERE i.received_at >= ?1 AND i.received_at < ?2 AND i.state IN (0, 1)
         AND i.received_at < ?4 - 3600000",
    ),
    rule(
        Subject::Claim,
        "what is told of a claim came in a file that is not there",
        "SELECT e.claim_id, e.kind, 1, 0 FROM claim_event e LEFT JOIN inbound i ON i.id = e.inbound_id
         WHERE e.at >= ?1 AND e.at < ?2 AND e.inbound_id IS NOT NULL AND e.inbound_id <> 0 AND i.id IS NULL",
    ),
    rule(
        Subject::Batch,
        "a batch counts as answered by a 277CA that is not there",
        "SELECT b.id, coalesce(b.file_name, b.payer), 1, 0 FROM batch b
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2 AND b.n277ca_at IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM batch_event e JOIN inbound i ON i.id = e.inbound_id
             WHERE e.batch_id = b.id AND e.kind = '277CA')
         AND NOT EXISTS (SELECT 1 FROM claim c JOIN claim_event e ON e.claim_id = c.id
             WHERE c.batch_id = b.id AND e.kind = 'repeat')",
    ),
    rule(
        Subject::Batch,
        "a batch was answered, and does not count as answered",
        "SELECT DISTINCT b.id, coalesce(b.file_name, b.payer) || ', ' || e.kind, 1, 0
         FROM batch b JOIN batch_event e ON e.batch_id = b.id
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2 AND e.inbound_id IS NOT NULL
         AND ((e.kind = 'TA1' AND b.ta1_at IS NULL) OR (e.kind IN ('999', '997') AND b.n999_at IS NULL)
             OR (e.kind = '277CA' AND b.n277ca_at IS NULL))",
    ),
    rule(
        Subject::Inbound,
        "a payer's acknowledgement was worked, and nothing came of it",
        "SELECT i.id, i.partner, 1, 0 FROM inbound i
         WHERE i.received_at >= ?1 AND i.received_at < ?2 AND i.state = 2 AND i.purged_at IS NULL
         AND i.repeat_of IS NULL AND i.notes = '[]'
         AND (',' || i.kinds || ',' LIKE '%,TA1,%' OR ',' || i.kinds || ',' LIKE '%,999,%'
             OR ',' || i.kinds || ',' LIKE '%,997,%')
         AND NOT EXISTS (SELECT 1 FROM exception e WHERE e.inbound_id = i.id)
         AND NOT EXISTS (SELECT 1 FROM remittance r WHERE r.inbound_id = i.id)
         AND i.id NOT IN (SELECT e.inbound_id FROM batch_event e WHERE e.inbound_id IS NOT NULL)",
    ),
    rule(
        Subject::Inbound,
        "a payer's file counts as not worked yet, and was",
        "SELECT i.id, i.partner, 2, i.state FROM inbound i
         WHERE i.received_at >= ?1 AND i.received_at < ?2 AND i.state IN (0, 1)
         AND (EXISTS (SELECT 1 FROM remittance r WHERE r.inbound_id = i.id)
             OR i.state = 0 AND (i.kinds <> '' OR EXISTS (SELECT 1 FROM exception e WHERE e.inbound_id = i.id)))",
    ),
];
