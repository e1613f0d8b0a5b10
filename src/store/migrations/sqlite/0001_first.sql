-- All times are milliseconds since 1970, all amounts cents, all ids 60-bit numbers that grow with time
-- (domain/ids.rs). Numbers of states are those of the Rust enums beside the functions that use the table.

-- Bytes as they came in or went out, sealed (store/payload).
CREATE TABLE payload (
    id          INTEGER PRIMARY KEY,
    sha256      BLOB    NOT NULL,
    bytes       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    sealed      BLOB                             -- a small one; a larger one stands in the folder or the bucket
);

-- A file a submitter handed in.
CREATE TABLE submission (
    id              INTEGER PRIMARY KEY,
    partner         TEXT    NOT NULL,
    channel         TEXT    NOT NULL,            -- https | sftp
    file_name       TEXT    NOT NULL,
    received_at     INTEGER NOT NULL,
    payload_id      INTEGER NOT NULL,
    sha256          BLOB    NOT NULL,
    bytes           INTEGER NOT NULL,
    idempotency_key TEXT,
    state           INTEGER NOT NULL,            -- 0 received, 1 validated, 2 routed, 3 refused
    refused         TEXT,                        -- why nothing in it could be read
    claims          INTEGER NOT NULL DEFAULT 0,
    accepted        INTEGER NOT NULL DEFAULT 0,
    rejected        INTEGER NOT NULL DEFAULT 0,
    charge          INTEGER NOT NULL DEFAULT 0,
    errors          INTEGER NOT NULL DEFAULT 0,
    warnings        INTEGER NOT NULL DEFAULT 0,
    validated_at    INTEGER,
    validated_turn  INTEGER,                  -- its place among those of its partner, in the order of their commits
    purged_at       INTEGER                  -- its bytes and claims are no longer kept
);
CREATE UNIQUE INDEX submission_content ON submission (partner, sha256);
CREATE UNIQUE INDEX submission_idempotency ON submission (partner, idempotency_key) WHERE idempotency_key IS NOT NULL;
-- Of what is due: whoever asks names the index's condition too, or the planner does not take it.
CREATE INDEX submission_due ON submission (state, id) WHERE state IN (0, 1);
CREATE INDEX submission_large ON submission (id) WHERE state = 0 AND bytes >= 262144;
CREATE INDEX submission_validated ON submission (partner, validated_turn) WHERE validated_turn IS NOT NULL;

-- What makes its claims duplicates of others, 8 bytes each: read as a whole by who checks the partner's next large file.
CREATE TABLE submission_fingerprint (
    submission_id   INTEGER PRIMARY KEY,
    fingerprints    BLOB    NOT NULL
);

-- A file put over SFTP under a name that says it is not done yet; taken when it is renamed.
CREATE TABLE upload (
    partner     TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    payload_id  INTEGER NOT NULL,
    sha256      BLOB    NOT NULL,
    bytes       INTEGER NOT NULL,
    uploaded_at INTEGER NOT NULL,
    PRIMARY KEY (partner, name)
) WITHOUT ROWID;

-- One ISA..IEA of a submission.
CREATE TABLE interchange (
    submission_id   INTEGER NOT NULL,
    ordinal         INTEGER NOT NULL,
    partner         TEXT    NOT NULL,
    sender          TEXT    NOT NULL,            -- qualifier:id
    control_number  TEXT    NOT NULL,
    accepted        INTEGER NOT NULL,            -- 0 rejected by TA1, 1 accepted
    note            TEXT,                        -- TA105
    PRIMARY KEY (submission_id, ordinal)
) WITHOUT ROWID;
CREATE INDEX interchange_control_number ON interchange (partner, control_number);

-- One ST..SE of a submission, with what its acknowledgements need when a payer's answer comes back.
CREATE TABLE submission_transaction (
    id              INTEGER PRIMARY KEY,
    submission_id   INTEGER NOT NULL,
    isa13           TEXT    NOT NULL,
    gs06            TEXT    NOT NULL,
    st02            TEXT    NOT NULL,
    guide           TEXT    NOT NULL,
    verdict         TEXT    NOT NULL,            -- A | E | R
    bht03           TEXT    NOT NULL,
    submitter_name  TEXT    NOT NULL,            -- 1000A NM103
    submitter_etin  TEXT    NOT NULL,            -- 1000A NM109
    claims          INTEGER NOT NULL,
    charge          INTEGER NOT NULL
);
CREATE INDEX submission_transaction_submission ON submission_transaction (submission_id);

CREATE TABLE finding (
    submission_id   INTEGER NOT NULL,
    ordinal         INTEGER NOT NULL,
    claim_id        INTEGER,
    body            TEXT    NOT NULL,            -- domain::Finding as JSON
    PRIMARY KEY (submission_id, ordinal)
) WITHOUT ROWID;
CREATE INDEX finding_claim ON finding (claim_id) WHERE claim_id IS NOT NULL;

-- Claims in the order in which they came, some hundred thousand to a number (store/buckets.rs).
CREATE TABLE claim_bucket (
    number      INTEGER PRIMARY KEY,
    node        INTEGER NOT NULL,                -- of the gateway that fills it
    first_id    INTEGER,                         -- of its claims, once it is filled
    last_id     INTEGER
);
CREATE INDEX claim_bucket_open ON claim_bucket (node, number) WHERE last_id IS NULL;

-- A claim. What befalls a whole batch stands on the batch: a claim whose own status is accepted or
-- batched has its batch's claim_status, if there is one.
CREATE TABLE claim (
    id                  INTEGER PRIMARY KEY,     -- REF*D9 is made of it
    bucket              INTEGER NOT NULL,        -- store/buckets.rs
    submission_id       INTEGER NOT NULL,
    transaction_id      INTEGER NOT NULL,
    partner             TEXT    NOT NULL,
    kind                TEXT    NOT NULL,        -- 837P | 837I | 837D
    status              INTEGER NOT NULL,        -- domain::ClaimStatus
    patient_control_number TEXT NOT NULL,       -- CLM01; payers give it back in capitals
    charge              INTEGER NOT NULL,        -- CLM02
    paid                INTEGER NOT NULL DEFAULT 0,
    patient_responsibility INTEGER NOT NULL DEFAULT 0,
    frequency           TEXT    NOT NULL,        -- CLM05-3
    facility            TEXT    NOT NULL,        -- CLM05-1
    original_reference  TEXT,                    -- REF*F8
    upstream_trace      TEXT,                    -- REF*D9 as received
    payer_id            TEXT    NOT NULL,        -- 2010BB NM109 as received
    payer               TEXT,                    -- partner it is routed to
    payer_claim_control_number TEXT,             -- REF*1K or CLP07
    filing_indicator    TEXT    NOT NULL,        -- SBR09
    purpose             TEXT    NOT NULL,        -- BHT06
    provider_npi        TEXT    NOT NULL,        -- 2010AA NM109
    provider_tin        TEXT    NOT NULL,
    provider_name       TEXT    NOT NULL,
    member_id           TEXT    NOT NULL,
    patient_last_name   TEXT    NOT NULL,
    patient_first_name  TEXT    NOT NULL,
    patient_birth_date  TEXT    NOT NULL,        -- YYYY-MM-DD or empty
    service_from        TEXT    NOT NULL,        -- YYYY-MM-DD or empty
    service_to          TEXT    NOT NULL,
    lines               INTEGER NOT NULL,
    fingerprint         INTEGER NOT NULL,        -- of what makes two claims duplicates
    -- Where it stands in the submission's payload: offset and length of the billing provider's level, the
    -- subscriber's, the patient's (0, 0 when the subscriber is the patient) and of the claim itself.
    provider_offset     INTEGER NOT NULL,
    provider_bytes      INTEGER NOT NULL,
    subscriber_offset   INTEGER NOT NULL,
    subscriber_bytes    INTEGER NOT NULL,
    patient_offset      INTEGER NOT NULL,
    patient_bytes       INTEGER NOT NULL,
    claim_offset        INTEGER NOT NULL,
    claim_bytes         INTEGER NOT NULL,
    batch_id            INTEGER,
    passed_on_to        TEXT                     -- partner of the next payer, once a payer passed it on
);
CREATE INDEX claim_submission ON claim (submission_id);
CREATE INDEX claim_batch ON claim (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX claim_patient_control_number ON claim (bucket, upper(patient_control_number));
CREATE INDEX claim_member ON claim (bucket, member_id);
CREATE INDEX claim_patient_name ON claim (bucket, lower(patient_last_name), service_from);
CREATE INDEX claim_patient_birth_date ON claim (bucket, patient_birth_date);
CREATE INDEX claim_provider ON claim (bucket, provider_npi);
CREATE INDEX claim_fingerprint ON claim (bucket, fingerprint);
-- Refused ones alone, for the days in which they may still be corrected.
CREATE INDEX claim_refused ON claim (payer_id, service_to) WHERE status IN (1, 6);
-- Of claims of which anything was said: the others have their batch's status.
CREATE INDEX claim_own_status ON claim (status, id) WHERE status NOT IN (2, 3);
CREATE INDEX claim_payer_claim_control_number ON claim (payer_claim_control_number) WHERE payer_claim_control_number IS NOT NULL;

CREATE TABLE claim_event (
    id          INTEGER PRIMARY KEY,
    claim_id    INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    kind        TEXT    NOT NULL,                -- rejected, 277CA, 277, 835, resolved, undone, ...
    status      INTEGER,                         -- the claim's status after it
    code        TEXT    NOT NULL DEFAULT '',     -- as A2:20 or CLP02
    text        TEXT    NOT NULL DEFAULT '',
    rule        TEXT    NOT NULL DEFAULT '',     -- which rule matched it
    evidence    TEXT    NOT NULL DEFAULT '',     -- on what, as JSON
    inbound_id  INTEGER,
    undone_at   INTEGER                          -- a person took the decision behind it back
);
CREATE INDEX claim_event_claim ON claim_event (claim_id);
CREATE INDEX claim_event_undone ON claim_event (undone_at) WHERE undone_at IS NOT NULL;

-- The claims that go to one payer in one 837.
CREATE TABLE batch (
    id              INTEGER PRIMARY KEY,
    payer           TEXT    NOT NULL,
    kind            TEXT    NOT NULL,
    purpose         TEXT    NOT NULL,
    state           INTEGER NOT NULL,            -- 0 open, 1 closed, 2 built, 3 sent, 4 with support
    claim_status    INTEGER,                     -- what is true of all its claims
    opened_at       INTEGER NOT NULL,
    release_at      INTEGER NOT NULL,
    closed_at       INTEGER,
    sent_at         INTEGER,
    claims          INTEGER NOT NULL DEFAULT 0,
    charge          INTEGER NOT NULL DEFAULT 0,
    isa13           TEXT,
    gs06            TEXT,
    payload_id      INTEGER,
    file_name       TEXT,
    ta1_at          INTEGER,
    n999_at         INTEGER,
    n277ca_at       INTEGER,
    tried_at        INTEGER,                     -- when unmatched answers were compared with its claims
    settled_at      INTEGER,                      -- nothing is awaited for any of its claims any more
    purged_at       INTEGER
);
CREATE UNIQUE INDEX batch_open ON batch (payer, kind, purpose) WHERE state = 0;
CREATE INDEX batch_state ON batch (state, id) WHERE state IN (0, 1, 2);
CREATE INDEX batch_sent ON batch (payer, sent_at) WHERE state = 3;
CREATE INDEX batch_payload ON batch (payload_id) WHERE payload_id IS NOT NULL;
CREATE INDEX batch_awaited ON batch (payer, sent_at) WHERE state = 3 AND settled_at IS NULL;
CREATE INDEX batch_refused ON batch (payer) WHERE claim_status = 6;
CREATE INDEX batch_isa13 ON batch (payer, isa13) WHERE isa13 IS NOT NULL;
CREATE INDEX batch_gs06 ON batch (payer, gs06) WHERE gs06 IS NOT NULL;
CREATE INDEX batch_untried ON batch (id) WHERE isa13 IS NOT NULL AND tried_at IS NULL;
CREATE INDEX batch_tried ON batch (payer, tried_at) WHERE tried_at IS NOT NULL;

-- One ST..SE of a batch. Its claims are those of the batch with ids from first to last.
CREATE TABLE batch_transaction (
    batch_id        INTEGER NOT NULL,
    st02            TEXT    NOT NULL,
    bht03           TEXT    NOT NULL,
    first_claim_id  INTEGER NOT NULL,
    last_claim_id   INTEGER NOT NULL,
    claims          INTEGER NOT NULL,
    charge          INTEGER NOT NULL,
    verdict         TEXT,                        -- IK501 of the payer's 999
    PRIMARY KEY (batch_id, st02)
) WITHOUT ROWID;
CREATE INDEX batch_transaction_bht03 ON batch_transaction (bht03);

CREATE TABLE batch_event (
    id          INTEGER PRIMARY KEY,
    batch_id    INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    kind        TEXT    NOT NULL,                -- opened, closed, built, sent, TA1, 999, 277CA, ...
    st02        TEXT    NOT NULL DEFAULT '',     -- when it befalls one transaction of it
    code        TEXT    NOT NULL DEFAULT '',
    text        TEXT    NOT NULL DEFAULT '',
    inbound_id  INTEGER
);
CREATE INDEX batch_event_batch ON batch_event (batch_id);

-- A file on its way to a payer's endpoint.
CREATE TABLE delivery (
    id          INTEGER PRIMARY KEY,
    batch_id    INTEGER NOT NULL,
    partner     TEXT    NOT NULL,
    payload_id  INTEGER NOT NULL,
    file_name   TEXT    NOT NULL,
    bytes       INTEGER NOT NULL,
    state       INTEGER NOT NULL,                -- 0 due, 1 sent, 2 with support, 3 waits to be fetched
    attempts    INTEGER NOT NULL DEFAULT 0,
    doubtful    INTEGER NOT NULL DEFAULT 0,      -- 1: an attempt may have arrived; look first. 2: support was told so
    next_at     INTEGER NOT NULL,
    lease_until INTEGER NOT NULL DEFAULT 0,
    lease_node  INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    since       INTEGER NOT NULL,                -- when its tries began: created, or given back by support
    sent_at     INTEGER
);
CREATE UNIQUE INDEX delivery_batch ON delivery (batch_id);
CREATE INDEX delivery_due ON delivery (state, next_at) WHERE state = 0;
CREATE INDEX delivery_with_support ON delivery (state) WHERE state = 2;

CREATE TABLE delivery_attempt (
    delivery_id INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,                         -- NULL: runs, or never came back
    outcome     TEXT    NOT NULL DEFAULT '',     -- sent, found, retry, look, support; handing: the payer may have it
    detail      TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (delivery_id, attempt)
) WITHOUT ROWID;

-- A response file of a payer.
CREATE TABLE inbound (
    id          INTEGER PRIMARY KEY,
    partner     TEXT    NOT NULL,
    channel     TEXT    NOT NULL,                -- sftp | https | api | hosted
    file_name   TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    payload_id  INTEGER NOT NULL,
    sha256      BLOB    NOT NULL,
    bytes       INTEGER NOT NULL,
    state       INTEGER NOT NULL,                -- 0 received, 1 correlated, 2 remitted (done), 3 not X12, 4 a repeat
    kinds       TEXT    NOT NULL DEFAULT '',     -- as TA1,999,835
    repeat_of   INTEGER,
    notes       TEXT    NOT NULL DEFAULT '[]',    -- what was wrong with it, JSON list of sentences
    house_notes TEXT    NOT NULL DEFAULT '[]',    -- the same, that name submitters: not for the payer
    purged_at   INTEGER                          -- its bytes and payments are no longer kept
);
CREATE UNIQUE INDEX inbound_content ON inbound (partner, sha256) WHERE state <> 4;
CREATE INDEX inbound_due ON inbound (state, id) WHERE state IN (0, 1);

-- What was seen at a payer, so that a file left there is fetched once.
CREATE TABLE collected (
    partner     TEXT    NOT NULL,
    remote_path TEXT    NOT NULL,
    bytes       INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    inbound_id  INTEGER NOT NULL,
    cleared     INTEGER NOT NULL DEFAULT 0,      -- 1: removed or moved at the payer as configured
    PRIMARY KEY (partner, remote_path, bytes, modified_at)
) WITHOUT ROWID;

CREATE TABLE poll (
    partner     TEXT    PRIMARY KEY,
    last_at     INTEGER NOT NULL,
    next_at     INTEGER NOT NULL,
    failures    INTEGER NOT NULL DEFAULT 0,
    problem     TEXT    NOT NULL DEFAULT ''
) WITHOUT ROWID;

-- One 835 transaction: one payment to one payee.
CREATE TABLE remittance (
    id              INTEGER PRIMARY KEY,
    inbound_id      INTEGER NOT NULL,
    ordinal         INTEGER NOT NULL,            -- which 835 transaction of the file, from 0
    payer           TEXT    NOT NULL,
    trace           TEXT    NOT NULL,            -- TRN02: check or EFT number
    trace_payer     TEXT    NOT NULL,            -- TRN03
    amount          INTEGER NOT NULL,            -- BPR02
    method          TEXT    NOT NULL,            -- BPR04
    payment_date    TEXT    NOT NULL,            -- BPR16
    payee_npi       TEXT    NOT NULL,
    payee_tin       TEXT    NOT NULL,
    payee_name      TEXT    NOT NULL,
    claims          INTEGER NOT NULL,
    claims_paid     INTEGER NOT NULL,            -- sum of CLP04
    adjustments     INTEGER NOT NULL,            -- sum of PLB
    adjustment_list TEXT    NOT NULL DEFAULT '[]',
    state           INTEGER NOT NULL,            -- 0 posted, 1 held: does not balance, 2 a repeat
    problem         TEXT    NOT NULL DEFAULT '',
    digest          BLOB    NOT NULL,            -- SHA-256 of what it says, however it is written
    received_at     INTEGER NOT NULL,
    lines_tied_at   INTEGER,                      -- when its service lines were tied to the claims' lines
    lines_version   INTEGER NOT NULL DEFAULT 0, -- counts what is to be tied anew
    adjustments_handed INTEGER NOT NULL DEFAULT 0, -- 1: a submitter was handed its PLB
    -- Of payments that are no longer kept: how many, and what they paid on claims and on none.
    purged_payments     INTEGER NOT NULL DEFAULT 0,
    purged_on_claims    INTEGER NOT NULL DEFAULT 0,
    purged_unmatched    INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX remittance_place ON remittance (inbound_id, ordinal);
CREATE INDEX remittance_trace ON remittance (trace, payer);
CREATE INDEX remittance_received ON remittance (payer, received_at);
CREATE INDEX remittance_payee ON remittance (payee_npi, payee_tin);
CREATE INDEX remittance_untied ON remittance (id) WHERE state = 0 AND lines_tied_at IS NULL;
CREATE INDEX remittance_amount ON remittance (amount, payment_date);

-- One CLP of a remittance.
CREATE TABLE payment (
    id              INTEGER PRIMARY KEY,
    remittance_id   INTEGER NOT NULL,
    ordinal         INTEGER NOT NULL,
    claim_id        INTEGER,                     -- NULL while it matches none
    patient_control_number TEXT NOT NULL,        -- CLP01
    clp_status      TEXT    NOT NULL,            -- CLP02
    charge          INTEGER NOT NULL,
    paid            INTEGER NOT NULL,
    patient_responsibility INTEGER NOT NULL,
    denied          INTEGER NOT NULL DEFAULT 0,  -- charges that are neither paid, contractual nor the patient's
    payer_claim_control_number TEXT NOT NULL,    -- CLP07
    rule            TEXT    NOT NULL DEFAULT '',
    evidence        TEXT    NOT NULL DEFAULT '',
    detail          TEXT    NOT NULL             -- adjustments, lines, remarks as JSON
);
CREATE UNIQUE INDEX payment_place ON payment (remittance_id, ordinal);
CREATE INDEX payment_claim ON payment (claim_id) WHERE claim_id IS NOT NULL;

-- A response that matched no claim, a file nobody could read; or (inbound_id 0) claims that have no route, a batch
-- that could not be built.
CREATE TABLE exception (
    id          INTEGER PRIMARY KEY,
    inbound_id  INTEGER NOT NULL,
    payer       TEXT    NOT NULL,
    kind        TEXT    NOT NULL,                -- TA1, 999, 277CA, 277, 835, file, balance, route, batch
    raised_at   INTEGER NOT NULL,
    state       INTEGER NOT NULL,                -- 0 open, 1 resolved, 2 dismissed
    reason      TEXT    NOT NULL,
    response    TEXT    NOT NULL,                -- what the response said and on whom, as JSON: enough to apply it later
    candidates  TEXT    NOT NULL DEFAULT '[]',   -- ranked, with reasons, as JSON
    payment_id  INTEGER,
    claim_id    INTEGER,                         -- once resolved
    event_id    INTEGER,                         -- the claim event that the resolution wrote
    note        TEXT    NOT NULL DEFAULT '',     -- why it was dismissed
    resolved_by TEXT,
    resolved_at INTEGER,
    origin      TEXT                             -- what of ours it was raised for; raised once for the same
);
CREATE UNIQUE INDEX exception_origin ON exception (origin) WHERE origin IS NOT NULL;
CREATE INDEX exception_state ON exception (state, id);
CREATE INDEX exception_inbound ON exception (inbound_id);

-- What an unmatched answer is about, by the numbers that a claim sent later may have: see pipeline/answers/awaits.rs.
CREATE TABLE awaited (
    key         TEXT    NOT NULL,
    exception_id INTEGER NOT NULL,
    PRIMARY KEY (key, exception_id)
) WITHOUT ROWID;
CREATE INDEX awaited_exception ON awaited (exception_id);

-- How often anything was added to what waits of a payer: a batch that was tried meanwhile is tried again.
CREATE TABLE awaited_count (
    payer       TEXT    PRIMARY KEY,
    times       INTEGER NOT NULL
) WITHOUT ROWID;

-- A file waiting for a submitter (or, as kind 837, for a hosted payer). Reading never removes.
CREATE TABLE mail (
    id              INTEGER PRIMARY KEY,
    partner         TEXT    NOT NULL,
    kind            TEXT    NOT NULL,            -- ta1, 999, 277ca, 277, 835, 837, note
    file_name       TEXT    NOT NULL,
    payload_id      INTEGER NOT NULL,
    bytes           INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    submission_id   INTEGER,
    inbound_id      INTEGER,
    origin          TEXT    NOT NULL,            -- what it was made of; the same is never put in twice
    shelf           INTEGER NOT NULL DEFAULT 0   -- 0 in the mailbox, 1 only beside what it belongs to
);
CREATE UNIQUE INDEX mail_origin ON mail (origin);
CREATE INDEX mail_name ON mail (partner, file_name);
CREATE INDEX mail_box ON mail (partner, id);
CREATE INDEX mail_submission ON mail (submission_id) WHERE submission_id IS NOT NULL;

-- The remittances of a payer's file, by their places in it, of which a submitter's 835 holds its parts.
CREATE TABLE handed_on (
    mail_id         INTEGER NOT NULL,
    ordinal         INTEGER NOT NULL,
    PRIMARY KEY (mail_id, ordinal)
) WITHOUT ROWID;

CREATE TABLE mail_hidden (
    login       TEXT    NOT NULL,
    mail_id     INTEGER NOT NULL,
    PRIMARY KEY (login, mail_id)
) WITHOUT ROWID;

CREATE TABLE control_number (
    name        TEXT    PRIMARY KEY,
    value       INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE api_key (
    id          INTEGER PRIMARY KEY,
    partner     TEXT    NOT NULL,
    digest      BLOB    NOT NULL,                -- SHA-256 of the key
    created_at  INTEGER NOT NULL,
    revoked_at  INTEGER
);
CREATE UNIQUE INDEX api_key_digest ON api_key (digest);

CREATE TABLE console_user (
    name            TEXT    PRIMARY KEY,
    role            TEXT    NOT NULL,            -- support | operator | admin | auditor
    password_hash   TEXT    NOT NULL,
    created_at      INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE console_session (
    digest      BLOB    PRIMARY KEY,
    user_name   TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL
) WITHOUT ROWID;

-- Who saw or changed what; each row's hash covers the row before.
CREATE TABLE audit (
    ordinal     INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    actor       TEXT    NOT NULL,
    action      TEXT    NOT NULL,
    object      TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    result      TEXT    NOT NULL,
    hash        BLOB    NOT NULL
);

CREATE TABLE alarm (
    id          INTEGER PRIMARY KEY,
    kind        TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    step        INTEGER NOT NULL DEFAULT 0,      -- what gets worse with time: how far it has come
    raised_at   INTEGER NOT NULL,
    cleared_at  INTEGER
);
CREATE UNIQUE INDEX alarm_standing ON alarm (kind, subject) WHERE cleared_at IS NULL;

-- A file at a payer that did not look whole: read only when it has stood still for a while.
CREATE TABLE glimpse (
    partner     TEXT    NOT NULL,
    remote_path TEXT    NOT NULL,
    bytes       INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    first_at    INTEGER NOT NULL,
    PRIMARY KEY (partner, remote_path)
) WITHOUT ROWID;

-- Work that one node does at a time, until its time is over. Of nodes over PostgreSQL only.
CREATE TABLE lease (
    name        TEXT PRIMARY KEY,
    node        INTEGER NOT NULL,
    turn        INTEGER NOT NULL,            -- of this taking; never used again
    until       INTEGER NOT NULL
) WITHOUT ROWID;

-- The gateways over this store.
CREATE TABLE node (
    number      INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL,
    host        TEXT NOT NULL,
    pid         INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL             -- 0: it has stopped
);

-- What receivers of webhooks are told of: a submitter (or the operator, whose name here is empty).
CREATE TABLE announcement (
    receiver    TEXT    NOT NULL,
    id          INTEGER NOT NULL,                -- of the mail or of the alarm; they are told in this order
    message_id  TEXT    NOT NULL,                -- webhook-id, the same at each repeat
    body        TEXT    NOT NULL,                -- what is sent; empty once taken
    state       INTEGER NOT NULL,                -- 0 due, 1 taken, 2 given up
    attempts    INTEGER NOT NULL DEFAULT 0,
    since       INTEGER NOT NULL,                -- when its tries began: made, or given back by an operator
    next_at     INTEGER NOT NULL,
    lease_until INTEGER NOT NULL DEFAULT 0,
    detail      TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (id, receiver)
) WITHOUT ROWID;
CREATE INDEX announcement_open ON announcement (receiver, id) WHERE state IN (0, 2);

-- The last file of its mailbox that a receiver is told of, or was not meant to be.
CREATE TABLE announced (
    receiver    TEXT    PRIMARY KEY,
    mail_id     INTEGER NOT NULL
) WITHOUT ROWID;

-- How long payers took to answer in the last weeks; learned anew every hour.
CREATE TABLE answer_time (
    payer       TEXT NOT NULL,
    kind        TEXT NOT NULL,            -- TA1, 999, 277CA, 835
    answers     INTEGER NOT NULL,
    median_ms   INTEGER NOT NULL,
    most_ms     INTEGER NOT NULL,            -- 95 of 100 came within it
    learned_at  INTEGER NOT NULL,
    PRIMARY KEY (payer, kind)
) WITHOUT ROWID;

-- For the daily look at what is older than it is to be kept.
CREATE INDEX submission_kept ON submission (id) WHERE purged_at IS NULL;
CREATE INDEX inbound_kept ON inbound (id) WHERE purged_at IS NULL;
CREATE INDEX batch_kept ON batch (id) WHERE purged_at IS NULL;

-- Claims that are no longer kept, summed: every claim and every cent stays accounted for.
CREATE TABLE purged_claim (
    submission_id   INTEGER NOT NULL,
    batch_id        INTEGER NOT NULL,                -- 0: it was in none
    status          INTEGER NOT NULL,                -- what it had come to
    claims          INTEGER NOT NULL,
    charge          INTEGER NOT NULL,
    PRIMARY KEY (submission_id, batch_id, status)
) WITHOUT ROWID;
CREATE INDEX purged_claim_batch ON purged_claim (batch_id);

-- What is kept however old it is, until the hold is taken back.
CREATE TABLE legal_hold (
    kind        TEXT NOT NULL,                    -- partner | claim
    subject     TEXT NOT NULL,                    -- a partner's name, a claim's id
    reason      TEXT NOT NULL,
    set_by      TEXT NOT NULL,
    set_at      INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) WITHOUT ROWID;

-- Work that is done now and then, by when it was done last.
CREATE TABLE chore (
    name        TEXT PRIMARY KEY,
    done_at     INTEGER NOT NULL
) WITHOUT ROWID;
