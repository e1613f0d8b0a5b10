//! Money.

use super::{Rule, Subject, money, rule};

pub(super) const MONEY: &[Rule] = &[
    rule(
        Subject::Claim,
        "a claim was told of a payment that is not on it",
        "SELECT e.claim_id, 'file of a payer ' || written(i.id), 1, 0
         FROM claim_event e JOIN inbound i ON i.id = e.inbound_id
         WHERE e.at >= ?1 AND e.at < ?2 AND e.kind = '835' AND e.undone_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM payment p JOIN remittance r ON r.id = p.remittance_id
             WHERE p.claim_id = e.claim_id AND r.inbound_id = e.inbound_id)",
    ),
    rule(
        Subject::Claim,
        "a payment is on a claim that no event tells of it",
        "SELECT p.claim_id, 'file of a payer ' || written(r.inbound_id) || ', check ' || r.trace, 1, 0
         FROM payment p JOIN remittance r ON r.id = p.remittance_id
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state = 0 AND p.claim_id IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM claim_event e WHERE e.claim_id = p.claim_id AND e.inbound_id = r.inbound_id
             AND e.undone_at IS NULL AND e.kind = '835' AND e.code = p.clp_status)",
    ),
    rule(
        Subject::Claim,
        "a claim was told of fewer payments of one kind (CLP02) in a file than it has",
        "SELECT p.claim_id, 'file of a payer ' || written(p.inbound_id), 1, p.n
         FROM (SELECT p.claim_id, r.inbound_id, p.clp_status, COUNT(*) AS n
               FROM payment p JOIN remittance r ON r.id = p.remittance_id
               WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state = 0 AND p.claim_id IS NOT NULL
               GROUP BY p.claim_id, r.inbound_id, p.clp_status HAVING COUNT(*) > 1) p
         WHERE p.n > (SELECT COUNT(*) FROM claim_event e WHERE e.claim_id = p.claim_id AND e.inbound_id = p.inbound_id
             AND e.undone_at IS NULL AND e.kind = '835' AND e.code = p.clp_status)",
    ),
    rule(
        Subject::Payment,
        "a payment of a posted remittance is on no claim and in no exception",
        "SELECT p.id, 'file of a payer ' || written(r.inbound_id) || ', check ' || r.trace, 1, 0
         FROM payment p JOIN remittance r ON r.id = p.remittance_id
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state = 0 AND p.claim_id IS NULL
         AND NOT EXISTS (SELECT 1 FROM exception e WHERE e.payment_id = p.id AND e.state IN (0, 2))",
    ),
    rule(
        Subject::Remittance,
        "a remittance's payments are not all there",
        "SELECT r.id, 'file of a payer ' || written(r.inbound_id), r.claims, coalesce(p.n, 0) + r.purged_payments
         FROM remittance r
         LEFT JOIN (SELECT remittance_id, COUNT(*) AS n FROM payment GROUP BY remittance_id) p ON p.remittance_id = r.id
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state IN (0, 1)
         AND r.claims <> coalesce(p.n, 0) + r.purged_payments",
    ),
    money(
        Subject::Remittance,
        "a remittance's claims do not add up to what it says it paid on claims",
        "SELECT r.id, 'file of a payer ' || written(r.inbound_id), r.claims_paid,
                coalesce(p.n, 0) + r.purged_on_claims + r.purged_unmatched FROM remittance r
         LEFT JOIN (SELECT remittance_id, SUM(paid) AS n FROM payment GROUP BY remittance_id) p ON p.remittance_id = r.id
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state IN (0, 1)
         AND r.claims_paid <> coalesce(p.n, 0) + r.purged_on_claims + r.purged_unmatched",
    ),
    money(
        Subject::Remittance,
        "a posted remittance does not balance: its amount is not its claims less its adjustments",
        "SELECT r.id, 'file of a payer ' || written(r.inbound_id), r.amount, r.claims_paid - r.adjustments
         FROM remittance r
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state = 0 AND r.problem = ''
         AND r.amount <> r.claims_paid - r.adjustments",
    ),
    rule(
        Subject::Remittance,
        "a remittance is held, and no exception that is open or dismissed is about it",
        "SELECT r.id, 'file of a payer ' || written(r.inbound_id) || ', check ' || r.trace, 1, 0
         FROM remittance r LEFT JOIN inbound i ON i.id = r.inbound_id
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state = 1 AND i.purged_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM exception e WHERE e.state IN (0, 2) AND its_exception)",
    ),
    rule(
        Subject::Remittance,
        "a remittance that was held is posted, and no exception says that a person released it",
        "SELECT r.id, 'file of a payer ' || written(r.inbound_id) || ', check ' || r.trace, 1, 0
         FROM remittance r LEFT JOIN inbound i ON i.id = r.inbound_id
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state = 0 AND r.problem <> '' AND i.purged_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM exception e WHERE e.state = 1 AND its_exception)",
    ),
    rule(
        Subject::Remittance,
        "a remittance that was held has another amount than the exception about it says",
        "SELECT r.id, 'file of a payer ' || written(r.inbound_id) || ', check ' || r.trace, 1, 0
         FROM remittance r JOIN exception e ON its_exception
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND (r.state = 1 OR r.problem <> '') AND r.state < 2
         AND e.response NOT LIKE '%\"amount\":\"' || CASE WHEN r.amount < 0 THEN '-' ELSE '' END
             || CAST(abs(r.amount) / 100 AS text) || '.' || substr(CAST(100 + abs(r.amount) % 100 AS text), 2) || '\"%'",
    ),
    rule(
        Subject::Exception,
        "an exception is about a held remittance that is not there",
        "SELECT e.id, 'file of a payer ' || written(e.inbound_id), 1, 0 FROM exception e
         WHERE e.raised_at >= ?1 AND e.raised_at < ?2 AND e.kind = 'balance'
         AND NOT EXISTS (SELECT 1 FROM remittance r WHERE its_exception)",
    ),
    rule(
        Subject::Remittance,
        "the same remittance is posted twice",
        "SELECT r.id, r.trace, 1, e.n FROM remittance r
         JOIN (SELECT payer, digest, MIN(id) AS first, COUNT(*) AS n FROM remittance WHERE state = 0
               GROUP BY payer, digest HAVING COUNT(*) > 1) e ON e.payer = r.payer AND e.digest = r.digest
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state = 0 AND r.id > e.first",
    ),
    rule(
        Subject::Remittance,
        "a submitter with claims in a remittance was not handed its part",
        "SELECT h.remittance_id, h.partner, 1, 0 FROM (SELECT DISTINCT p.remittance_id, c.partner FROM payment p
               JOIN claim c ON c.id = p.claim_id) h JOIN remittance r ON r.id = h.remittance_id
         LEFT JOIN (SELECT DISTINCT l.partner, l.inbound_id, o.ordinal FROM mail l JOIN handed_on o ON o.mail_id = l.id
                    WHERE l.kind = '835' AND l.inbound_id IS NOT NULL) m
             ON m.partner = h.partner AND m.inbound_id = r.inbound_id AND m.ordinal = r.ordinal
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state = 0 AND m.partner IS NULL",
    ),
    rule(
        Subject::Inbound,
        "a payer's file of remittances was worked, and they are not all there",
        "SELECT i.id, i.partner, coalesce(r.most, 1), coalesce(r.n, 0) FROM inbound i
         LEFT JOIN (SELECT inbound_id, COUNT(*) AS n, MAX(ordinal) + 1 AS most FROM remittance GROUP BY inbound_id) r
             ON r.inbound_id = i.id
         WHERE i.received_at >= ?1 AND i.received_at < ?2 AND i.state = 2 AND ',' || i.kinds || ',' LIKE '%,835,%'
         AND (r.n IS NULL OR r.n <> r.most)",
    ),
    rule(
        Subject::Payment,
        "a payment is of a remittance that is not there",
        "SELECT p.id, 'claim ' || coalesce(written(p.claim_id), '-'), 1, 0 FROM payment p
         LEFT JOIN remittance r ON r.id = p.remittance_id WHERE r.id IS NULL AND ?1 < ?2",
    ),
    rule(
        Subject::Mail,
        "a submitter was handed a remittance that is not there",
        "SELECT m.id, m.partner || ', file of a payer ' || written(m.inbound_id), 1, 0
         FROM handed_on h JOIN mail m ON m.id = h.mail_id
         LEFT JOIN remittance r ON r.inbound_id = m.inbound_id AND r.ordinal = h.ordinal
         WHERE m.created_at >= ?1 AND m.created_at < ?2 AND m.inbound_id IS NOT NULL AND r.id IS NULL",
    ),
    rule(
        Subject::Remittance,
        "a remittance counts as a repeat of one that is not there",
        "SELECT r.id, 'file of a payer ' || written(r.inbound_id) || ', check ' || r.trace, 1, 0 FROM remittance r
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state = 2
         AND NOT EXISTS (SELECT 1 FROM remittance o WHERE o.trace = r.trace AND o.payer = r.payer AND o.state <> 2
             AND o.amount = r.amount AND (o.digest = r.digest OR r.problem LIKE '%' || written(o.id) || '%'))",
    ),
    rule(
        Subject::Remittance,
        "a remittance counts as a repeat, and has payments",
        "SELECT DISTINCT r.id, 'file of a payer ' || written(r.inbound_id) || ', check ' || r.trace, 0, 1
         FROM remittance r JOIN payment p ON p.remittance_id = r.id
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state = 2",
    ),
    rule(
        Subject::Remittance,
        "a payment without claims was handed to no submitter and is in no exception",
        "SELECT r.id, 'file of a payer ' || written(r.inbound_id) || ', check ' || r.trace, 1, 0
         FROM remittance r JOIN inbound i ON i.id = r.inbound_id
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state = 0 AND r.claims = 0 AND r.adjustments_handed = 0
         AND i.purged_at IS NULL AND i.house_notes NOT LIKE '%not handed on%'
         AND NOT EXISTS (SELECT 1 FROM exception e WHERE e.inbound_id = r.inbound_id AND e.kind = '835'
             AND e.payment_id IS NULL)
         AND NOT EXISTS (SELECT 1 FROM mail m JOIN handed_on h ON h.mail_id = m.id
             WHERE m.kind = '835' AND m.inbound_id = r.inbound_id AND h.ordinal = r.ordinal)",
    ),
];
