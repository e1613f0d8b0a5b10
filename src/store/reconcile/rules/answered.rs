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
];
