//! The bytes themselves, as far as the database knows them; whether each file is whole is `store check`'s question.

use super::{Rule, Subject, rule};

pub(super) const KEPT: &[Rule] = &[
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
