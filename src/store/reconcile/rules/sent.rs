//! Claims on their way to payers.

use super::{Rule, Subject, money, rule};

pub(super) const SENT: &[Rule] = &[
    rule(
        Subject::Claim,
        "a claim is in a batch that is not there",
        "SELECT c.id, c.partner, 1, 0 FROM claim c LEFT JOIN batch b ON b.id = c.batch_id
         WHERE c.batch_id IS NOT NULL AND b.id IS NULL AND ?1 < ?2
         AND NOT EXISTS (SELECT 1 FROM claim_lot l JOIN submission s ON s.id = l.submission_id
             WHERE l.id = c.batch_id AND s.state IN (0, 1) AND s.id = c.submission_id)",
    ),
    rule(
        Subject::Claim,
        "a claim is in a batch whose file does not list it",
        "SELECT c.id, coalesce(b.file_name, b.payer), 1, 0 FROM batch b JOIN claim c ON c.batch_id = b.id
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2 AND b.state IN (2, 3)
         AND NOT EXISTS (SELECT 1 FROM batch_transaction t WHERE t.batch_id = b.id
             AND c.id BETWEEN t.first_claim_id AND t.last_claim_id)",
    ),
    rule(
        Subject::Batch,
        "a batch's count of claims is not that of the claims in it",
        "SELECT b.id, coalesce(b.file_name, b.payer), b.claims, coalesce(c.n, 0) + coalesce(g.n, 0) FROM batch b
         LEFT JOIN (SELECT batch_id, COUNT(*) AS n FROM claim WHERE batch_id IS NOT NULL GROUP BY batch_id) c
             ON c.batch_id = b.id
         LEFT JOIN (SELECT batch_id, SUM(claims) AS n FROM purged_claim GROUP BY batch_id) g ON g.batch_id = b.id
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2 AND b.claims <> coalesce(c.n, 0) + coalesce(g.n, 0)",
    ),
    money(
        Subject::Batch,
        "a batch's charge is not that of the claims in it",
        "SELECT b.id, coalesce(b.file_name, b.payer), b.charge, coalesce(c.n, 0) + coalesce(g.n, 0) FROM batch b
         LEFT JOIN (SELECT batch_id, SUM(charge) AS n FROM claim WHERE batch_id IS NOT NULL GROUP BY batch_id) c
             ON c.batch_id = b.id
         LEFT JOIN (SELECT batch_id, SUM(charge) AS n FROM purged_claim GROUP BY batch_id) g ON g.batch_id = b.id
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2 AND b.charge <> coalesce(c.n, 0) + coalesce(g.n, 0)",
    ),
    rule(
        Subject::Batch,
        "a batch's transactions do not hold all its claims",
        "SELECT b.id, coalesce(b.file_name, b.payer), b.claims, coalesce(t.n, 0) FROM batch b
         LEFT JOIN (SELECT batch_id, SUM(claims) AS n FROM batch_transaction GROUP BY batch_id) t ON t.batch_id = b.id
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2 AND b.state IN (2, 3) AND b.claims <> coalesce(t.n, 0)",
    ),
    money(
        Subject::Batch,
        "a batch's transactions do not have its charge",
        "SELECT b.id, coalesce(b.file_name, b.payer), b.charge, coalesce(t.n, 0) FROM batch b
         LEFT JOIN (SELECT batch_id, SUM(charge) AS n FROM batch_transaction GROUP BY batch_id) t ON t.batch_id = b.id
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2 AND b.state IN (2, 3) AND b.charge <> coalesce(t.n, 0)",
    ),
    rule(
        Subject::Batch,
        "a batch that is built has not exactly one delivery",
        "SELECT b.id, coalesce(b.file_name, b.payer), 1, COUNT(d.id) FROM batch b
         LEFT JOIN delivery d ON d.batch_id = b.id
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2 AND b.state IN (2, 3)
         GROUP BY b.id, b.file_name, b.payer HAVING COUNT(d.id) <> 1",
    ),
    rule(
        Subject::Batch,
        "two batches to one payer have the same control number",
        "SELECT b.id, coalesce(b.file_name, b.payer), 1, e.n FROM batch b
         JOIN (SELECT payer, isa13, MIN(id) AS first, COUNT(*) AS n FROM batch WHERE isa13 IS NOT NULL
               GROUP BY payer, isa13 HAVING COUNT(*) > 1) e ON e.payer = b.payer AND e.isa13 = b.isa13
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2 AND b.id > e.first",
    ),
    rule(
        Subject::Batch,
        "a batch is not as far as its delivery is: sent, with support, or on its way",
        "SELECT b.id, coalesce(b.file_name, b.payer), 1, 0 FROM batch b JOIN delivery d ON d.batch_id = b.id
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2
         AND (b.state <> CASE d.state WHEN 1 THEN 3 WHEN 2 THEN 4 ELSE 2 END OR (d.state = 1 AND d.sent_at IS NULL))",
    ),
    rule(
        Subject::Batch,
        "a file that its payer is to fetch is not in the payer's mailbox",
        "SELECT b.id, coalesce(b.file_name, b.payer), 1, 0 FROM batch b JOIN delivery d ON d.batch_id = b.id
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2 AND d.state = 3
         AND NOT EXISTS (SELECT 1 FROM mail m WHERE m.origin = 'batch:' || written(b.id)
             AND m.kind = CASE b.kind WHEN '276' THEN '276' ELSE '837' END
             AND m.partner = b.payer AND m.payload_id = b.payload_id AND m.shelf = 0)",
    ),
];
