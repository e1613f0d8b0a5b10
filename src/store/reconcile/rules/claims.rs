//! Claims, each by itself; what takes more than one question stands in `reconcile/claims.rs`.

use super::{Rule, Subject, rule};

pub(super) const CLAIMS: &[Rule] = &[
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
