//! What submitters handed in, and what they were told of it.

use super::{Rule, Subject, money, rule};

pub(super) const RECEIVED: &[Rule] = &[
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
    money(
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
    rule(
        Subject::Submission,
        "a submission was checked, and its interchanges are not known",
        "SELECT s.id, s.partner, 1, 0 FROM submission s
         WHERE s.received_at >= ?1 AND s.received_at < ?2 AND s.state IN (1, 2) AND s.purged_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM interchange i WHERE i.submission_id = s.id)",
    ),
    rule(
        Subject::Submission,
        "a submission's transaction stands in an interchange that is not known",
        "SELECT s.id, s.partner, 1, 0 FROM submission_transaction t JOIN submission s ON s.id = t.submission_id
         WHERE s.received_at >= ?1 AND s.received_at < ?2 AND NOT EXISTS (SELECT 1 FROM interchange i
             WHERE i.submission_id = t.submission_id AND i.control_number = t.isa13)",
    ),
    rule(
        Subject::Submission,
        "a submission's transactions do not hold all its claims",
        "SELECT s.id, s.partner, s.claims, coalesce(t.n, 0) FROM submission s
         LEFT JOIN (SELECT submission_id, SUM(claims) AS n FROM submission_transaction GROUP BY submission_id) t
             ON t.submission_id = s.id
         WHERE s.received_at >= ?1 AND s.received_at < ?2 AND s.state IN (1, 2) AND s.purged_at IS NULL
         AND s.claims <> coalesce(t.n, 0)",
    ),
];
