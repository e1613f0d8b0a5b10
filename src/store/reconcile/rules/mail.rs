//! What was put into mailboxes.

use super::{Rule, Subject, rule};

pub(super) const MAIL: &[Rule] = &[
    rule(
        Subject::Mail,
        "two files of mailboxes have the same bytes",
        "SELECT m.id, m.partner || ' ' || m.kind, 1, e.n FROM mail m
         JOIN (SELECT payload_id, MIN(id) AS first, COUNT(*) AS n FROM mail WHERE payload_id <> 0
               GROUP BY payload_id HAVING COUNT(*) > 1) e ON e.payload_id = m.payload_id
         WHERE m.created_at >= ?1 AND m.created_at < ?2 AND m.id > e.first",
    ),
    rule(
        Subject::Mail,
        "a file of a mailbox is not as long as it was when it was put in",
        "SELECT m.id, m.partner || ' ' || m.kind, m.bytes, p.bytes FROM mail m JOIN payload p ON p.id = m.payload_id
         WHERE m.created_at >= ?1 AND m.created_at < ?2 AND p.bytes <> m.bytes",
    ),
    rule(
        Subject::Mail,
        "a file that its partner always finds in its mailbox is not there",
        "SELECT m.id, m.partner || ' ' || m.kind, 0, m.shelf FROM mail m
         WHERE m.created_at >= ?1 AND m.created_at < ?2 AND m.shelf <> 0 AND m.kind IN ('ta1', '837', '276', 'note')",
    ),
    rule(
        Subject::Inbound,
        "a submitter was not handed what a payer's file tells of its claims",
        "SELECT h.inbound_id, h.partner || ' ' || h.kind, 1, 0
         FROM (SELECT DISTINCT e.inbound_id, e.kind, c.partner FROM claim_event e JOIN claim c ON c.id = e.claim_id
               WHERE e.at >= ?1 AND e.at < ?2 AND e.kind IN ('277CA', '277') AND e.inbound_id IS NOT NULL
               AND e.rule <> 'by hand' AND e.undone_at IS NULL) h
         JOIN inbound i ON i.id = h.inbound_id
         LEFT JOIN (SELECT DISTINCT inbound_id, partner, kind FROM mail WHERE inbound_id IS NOT NULL) m
             ON m.inbound_id = h.inbound_id AND m.partner = h.partner AND m.kind = lower(h.kind)
         WHERE m.partner IS NULL AND i.purged_at IS NULL AND i.house_notes NOT LIKE '%not handed on%'
         AND NOT EXISTS (SELECT 1 FROM exception x WHERE x.inbound_id = h.inbound_id AND x.state = 1)",
    ),
    rule(
        Subject::Inbound,
        "a submitter was handed what a payer's file tells, and the file tells of nothing",
        "SELECT DISTINCT m.inbound_id, m.partner || ' ' || m.kind, 1, 0 FROM mail m JOIN inbound i ON i.id = m.inbound_id
         WHERE m.created_at >= ?1 AND m.created_at < ?2 AND m.kind IN ('277ca', '277')
         AND NOT EXISTS (SELECT 1 FROM exception x WHERE x.inbound_id = m.inbound_id)
         AND NOT EXISTS (SELECT 1 FROM submission s WHERE s.partner = m.partner AND s.purged_at > m.created_at)
         AND m.inbound_id NOT IN (SELECT e.inbound_id FROM batch_event e WHERE e.inbound_id IS NOT NULL)
         AND m.inbound_id NOT IN (SELECT e.inbound_id FROM claim_event e WHERE e.inbound_id IS NOT NULL)",
    ),
];
