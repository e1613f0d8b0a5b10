//! What must be true of any store: each rule is one question about whole tables that finds the rows which break it, and
//! says of each what it is, in which file it stands, what was expected and what is there.

/// What a broken rule points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Submission,
    Claim,
    Batch,
    Remittance,
    Payment,
    Inbound,
    Mail,
}

impl Subject {
    pub fn as_str(self) -> &'static str {
        match self {
            Subject::Submission => "submission",
            Subject::Claim => "claim",
            Subject::Batch => "batch",
            Subject::Remittance => "remittance",
            Subject::Payment => "payment",
            Subject::Inbound => "file of a payer",
            Subject::Mail => "file of a mailbox",
        }
    }
}

pub(super) struct Rule {
    pub says: &'static str,
    pub about: Subject,
    /// Gives (id, what leads there, expected, found); what came from `?1` to before `?2` counts, and `?4` is now.
    /// `written(COLUMN)` is an id as people see it.
    pub sql: &'static str,
}

const fn rule(about: Subject, says: &'static str, sql: &'static str) -> Rule {
    Rule { says, about, sql }
}

pub(super) const RULES: &[&[Rule]] = &[RECEIVED, CLAIMS, SENT, ANSWERED, MONEY, KEPT];

/// What submitters handed in, and what they were told of it.
const RECEIVED: &[Rule] = &[
    rule(
        Subject::Submission,
        "a submission's count of claims is not that of its claims",
        "SELECT s.id, s.partner, s.claims, coalesce(c.n, 0) + coalesce(g.n, 0) FROM submission s
         LEFT JOIN (SELECT submission_id, COUNT(*) AS n FROM claim GROUP BY submission_id) c ON c.submission_id = s.id
         LEFT JOIN (SELECT submission_id, SUM(claims) AS n FROM purged_claim GROUP BY submission_id) g
             ON g.submission_id = s.id
         WHERE s.received_at >= ?1 AND s.received_at < ?2 AND s.state IN (1, 2)
         AND s.claims <> coalesce(c.n, 0) + coalesce(g.n, 0)",
    ),
    rule(
        Subject::Submission,
        "a submission's charge is not that of its claims",
        "SELECT s.id, s.partner, s.charge, coalesce(c.n, 0) + coalesce(g.n, 0) FROM submission s
         LEFT JOIN (SELECT submission_id, SUM(charge) AS n FROM claim GROUP BY submission_id) c ON c.submission_id = s.id
         LEFT JOIN (SELECT submission_id, SUM(charge) AS n FROM purged_claim GROUP BY submission_id) g
             ON g.submission_id = s.id
         WHERE s.received_at >= ?1 AND s.received_at < ?2 AND s.state IN (1, 2)
         AND s.charge <> coalesce(c.n, 0) + coalesce(g.n, 0)",
    ),
    rule(
        Subject::Submission,
        "a submission's count of rejected claims is not that of its claims",
        "SELECT s.id, s.partner, s.rejected, coalesce(c.n, 0) + coalesce(g.n, 0) FROM submission s
         LEFT JOIN (SELECT submission_id, COUNT(*) AS n FROM claim WHERE status = 1 GROUP BY submission_id) c
             ON c.submission_id = s.id
         LEFT JOIN (SELECT submission_id, SUM(claims) AS n FROM purged_claim WHERE status = 1 GROUP BY submission_id) g
             ON g.submission_id = s.id
         WHERE s.received_at >= ?1 AND s.received_at < ?2 AND s.state IN (1, 2)
         AND s.rejected <> coalesce(c.n, 0) + coalesce(g.n, 0)",
    ),
    rule(
        Subject::Submission,
        "a submission's interchanges have not each their 999",
        "SELECT s.id, s.partner, i.n, coalesce(m.n, 0) FROM submission s
         JOIN (SELECT i.submission_id, COUNT(DISTINCT i.ordinal) AS n FROM interchange i
               JOIN submission_transaction t ON t.submission_id = i.submission_id AND t.isa13 = i.control_number
               WHERE i.accepted = 1 GROUP BY i.submission_id) i ON i.submission_id = s.id
         LEFT JOIN (SELECT submission_id, COUNT(*) AS n FROM mail WHERE kind = '999' AND submission_id IS NOT NULL
                    GROUP BY submission_id) m ON m.submission_id = s.id
         WHERE s.received_at >= ?1 AND s.received_at < ?2 AND s.state IN (1, 2) AND coalesce(m.n, 0) < i.n",
    ),
    rule(
        Subject::Submission,
        "a submission's accepted transactions have no 277CA",
        "SELECT s.id, s.partner, i.n, coalesce(m.n, 0) FROM submission s
         JOIN (SELECT i.submission_id, COUNT(DISTINCT i.ordinal) AS n FROM interchange i
               JOIN submission_transaction t ON t.submission_id = i.submission_id AND t.isa13 = i.control_number
               WHERE i.accepted = 1 AND t.verdict <> 'R' AND t.claims > 0 GROUP BY i.submission_id) i
             ON i.submission_id = s.id
         LEFT JOIN (SELECT submission_id, COUNT(*) AS n FROM mail WHERE kind = '277ca' AND submission_id IS NOT NULL
                    GROUP BY submission_id) m ON m.submission_id = s.id
         WHERE s.received_at >= ?1 AND s.received_at < ?2 AND s.state IN (1, 2) AND coalesce(m.n, 0) < i.n",
    ),
];

/// Claims, each by itself.
const CLAIMS: &[Rule] = &[
    rule(
        Subject::Claim,
        "a claim is of a submission that is not there",
        "SELECT c.id, c.partner, 1, 0 FROM claim c LEFT JOIN submission s ON s.id = c.submission_id
         WHERE s.id IS NULL AND ?1 < ?2",
    ),
    rule(
        Subject::Claim,
        "an accepted claim is in no batch although its submission was routed",
        "SELECT c.id, 'submission ' || written(s.id), 1, 0 FROM claim c JOIN submission s ON s.id = c.submission_id
         WHERE s.received_at >= ?1 AND s.received_at < ?2 AND s.state = 2 AND c.status = 2 AND c.batch_id IS NULL
         AND NOT EXISTS (SELECT 1 FROM exception e WHERE e.kind = 'route' AND e.state IN (0, 2) AND e.origin =
             'route:' || written(s.id) || ':' || c.kind || ':' || c.purpose || ':' || c.payer_id)",
    ),
    rule(
        Subject::Claim,
        "a claim's status is explained by no event and no payment",
        "SELECT c.id, 'submission ' || written(s.id), c.status, 0
         FROM claim c JOIN submission s ON s.id = c.submission_id
         WHERE s.received_at >= ?1 AND s.received_at < ?2 AND s.state IN (1, 2)
         AND (c.status = 1 OR c.status >= 4)
         AND NOT EXISTS (SELECT 1 FROM claim_event e WHERE e.claim_id = c.id AND e.status = c.status
             AND e.undone_at IS NULL)
         AND NOT EXISTS (SELECT 1 FROM payment p JOIN remittance r ON r.id = p.remittance_id
             WHERE p.claim_id = c.id AND r.state = 0 AND c.status >= 9)",
    ),
    rule(
        Subject::Claim,
        "an event is of a claim that is not there",
        "SELECT e.claim_id, e.kind, 1, 0 FROM claim_event e LEFT JOIN claim c ON c.id = e.claim_id
         WHERE e.at >= ?1 AND e.at < ?2 AND c.id IS NULL",
    ),
    rule(
        Subject::Claim,
        "a payment is on a claim that is not there",
        "SELECT p.claim_id, r.trace, 1, 0 FROM payment p JOIN remittance r ON r.id = p.remittance_id
         LEFT JOIN claim c ON c.id = p.claim_id
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND p.claim_id IS NOT NULL AND c.id IS NULL",
    ),
];

/// Claims on their way to payers.
const SENT: &[Rule] = &[
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
    rule(
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
    rule(
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
        "a batch counts as sent although its delivery does not",
        "SELECT b.id, coalesce(b.file_name, b.payer), 1, d.state FROM batch b JOIN delivery d ON d.batch_id = b.id
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2 AND b.state = 3 AND d.sent_at IS NULL",
    ),
    rule(
        Subject::Batch,
        "two batches to one payer have the same control number",
        "SELECT b.id, coalesce(b.file_name, b.payer), 1, e.n FROM batch b
         JOIN (SELECT payer, isa13, MIN(id) AS first, COUNT(*) AS n FROM batch WHERE isa13 IS NOT NULL
               GROUP BY payer, isa13 HAVING COUNT(*) > 1) e ON e.payer = b.payer AND e.isa13 = b.isa13
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2 AND b.id > e.first",
    ),
];

/// What payers answered.
const ANSWERED: &[Rule] = &[
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

/// Money.
const MONEY: &[Rule] = &[
    rule(
        Subject::Claim,
        "a claim's paid amount is not the sum of its payments",
        "SELECT c.id, 'submission ' || written(s.id), c.paid, coalesce(m.paid, 0) FROM claim c
         JOIN submission s ON s.id = c.submission_id
         LEFT JOIN (SELECT p.claim_id, SUM(p.paid) AS paid FROM payment p JOIN remittance r ON r.id = p.remittance_id
                    WHERE r.state = 0 AND p.claim_id IS NOT NULL GROUP BY p.claim_id) m ON m.claim_id = c.id
         WHERE s.received_at >= ?1 AND s.received_at < ?2 AND c.paid <> coalesce(m.paid, 0)",
    ),
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
        Subject::Payment,
        "a payment is on a claim that no event tells of it",
        "SELECT p.id, 'file of a payer ' || written(r.inbound_id), 1, 0
         FROM payment p JOIN remittance r ON r.id = p.remittance_id
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state = 0 AND p.claim_id IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM claim_event e WHERE e.claim_id = p.claim_id AND e.inbound_id = r.inbound_id
             AND e.undone_at IS NULL)",
    ),
    rule(
        Subject::Payment,
        "a payment of a posted remittance is on no claim and in no exception",
        "SELECT p.id, 'file of a payer ' || written(r.inbound_id), 1, 0
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
    rule(
        Subject::Remittance,
        "a remittance's claims do not add up to what it says it paid on claims",
        "SELECT r.id, 'file of a payer ' || written(r.inbound_id), r.claims_paid,
                coalesce(p.n, 0) + r.purged_on_claims + r.purged_unmatched FROM remittance r
         LEFT JOIN (SELECT remittance_id, SUM(paid) AS n FROM payment GROUP BY remittance_id) p ON p.remittance_id = r.id
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state IN (0, 1)
         AND r.claims_paid <> coalesce(p.n, 0) + r.purged_on_claims + r.purged_unmatched",
    ),
    rule(
        Subject::Remittance,
        "a posted remittance does not balance: its amount is not its claims less its adjustments",
        "SELECT r.id, 'file of a payer ' || written(r.inbound_id), r.amount, r.claims_paid - r.adjustments
         FROM remittance r
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state = 0 AND r.problem = ''
         AND r.amount <> r.claims_paid - r.adjustments",
    ),
    rule(
        Subject::Remittance,
        "a remittance that does not balance is held, and in no exception",
        "SELECT r.id, 'file of a payer ' || written(r.inbound_id), 1, 0
         FROM remittance r LEFT JOIN inbound i ON i.id = r.inbound_id
         WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state = 1
         AND i.purged_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM exception e WHERE e.inbound_id = r.inbound_id AND e.kind = 'balance')",
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
];

/// The bytes themselves, as far as the database knows them; whether each file is whole is `store check`'s question.
const KEPT: &[Rule] = &[
    rule(
        Subject::Submission,
        "the bytes of a submission are not kept",
        "SELECT s.id, s.partner, 1, 0 FROM submission s LEFT JOIN payload p ON p.id = s.payload_id
         WHERE s.received_at >= ?1 AND s.received_at < ?2 AND p.id IS NULL
         AND s.purged_at IS NULL",
    ),
    rule(
        Subject::Batch,
        "the bytes of a batch that was built are not kept",
        "SELECT b.id, coalesce(b.file_name, b.payer), 1, 0 FROM batch b LEFT JOIN payload p ON p.id = b.payload_id
         WHERE b.opened_at >= ?1 AND b.opened_at < ?2 AND b.state IN (2, 3) AND p.id IS NULL
         AND b.purged_at IS NULL",
    ),
    rule(
        Subject::Inbound,
        "the bytes of a payer's file are not kept",
        "SELECT i.id, i.partner, 1, 0 FROM inbound i LEFT JOIN payload p ON p.id = i.payload_id
         WHERE i.received_at >= ?1 AND i.received_at < ?2 AND p.id IS NULL
         AND i.purged_at IS NULL",
    ),
    rule(
        Subject::Mail,
        "the bytes of a file of a mailbox are not kept",
        "SELECT m.id, m.partner || ' ' || m.kind, 1, 0 FROM mail m LEFT JOIN payload p ON p.id = m.payload_id
         WHERE m.created_at >= ?1 AND m.created_at < ?2 AND p.id IS NULL",
    ),
];
