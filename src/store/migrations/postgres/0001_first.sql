-- All times are milliseconds since 1970, all amounts cents, all ids 60-bit numbers that grow with time
-- (domain/ids.rs). Numbers of states are those of the Rust enums beside the functions that use the table.

-- Bytes as they came in or went out, sealed (store/payload).
CREATE TABLE payload (
    id          BIGINT PRIMARY KEY,
    sha256      BYTEA    NOT NULL,
    bytes       BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    sealed      BYTEA                            -- a small one; a larger one stands in the folder or the bucket
);
-- Compressed before it was sealed: not tried again.
ALTER TABLE payload ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- A file a submitter handed in.
CREATE TABLE submission (
    id              BIGINT PRIMARY KEY,
    partner         TEXT COLLATE "C" NOT NULL,
    channel         TEXT COLLATE "C" NOT NULL,            -- https | sftp
    file_name       TEXT COLLATE "C" NOT NULL,
    received_at     BIGINT NOT NULL,
    payload_id      BIGINT NOT NULL,
    sha256          BYTEA    NOT NULL,
    bytes           BIGINT NOT NULL,
    idempotency_key TEXT COLLATE "C",
    state           BIGINT NOT NULL,            -- 0 received, 1 validated, 2 routed, 3 refused
    refused         TEXT COLLATE "C",                        -- why nothing in it could be read
    claims          BIGINT NOT NULL DEFAULT 0,
    accepted        BIGINT NOT NULL DEFAULT 0,
    rejected        BIGINT NOT NULL DEFAULT 0,
    charge          BIGINT NOT NULL DEFAULT 0,
    errors          BIGINT NOT NULL DEFAULT 0,
    warnings        BIGINT NOT NULL DEFAULT 0,
    validated_at    BIGINT,
    validated_turn  BIGINT,                   -- its place among those of its partner, in the order of their commits
    purged_at       BIGINT                  -- its bytes and claims are no longer kept
);
CREATE UNIQUE INDEX submission_content ON submission (partner, sha256);
CREATE UNIQUE INDEX submission_idempotency ON submission (partner, idempotency_key) WHERE idempotency_key IS NOT NULL;
-- Of what is due: whoever asks names the index's condition too, or the planner does not take it.
CREATE INDEX submission_due ON submission (state, id) WHERE state IN (0, 1);
CREATE INDEX submission_large ON submission (id) WHERE state = 0 AND bytes >= 262144;
CREATE INDEX submission_validated ON submission (partner, validated_turn) WHERE validated_turn IS NOT NULL;

-- What makes its claims duplicates of others, 8 bytes each: read as a whole by who checks the partner's next large file.
CREATE TABLE submission_fingerprint (
    submission_id   BIGINT  PRIMARY KEY,
    fingerprints    BYTEA   NOT NULL
);

-- A file put over SFTP under a name that says it is not done yet; taken when it is renamed.
CREATE TABLE upload (
    partner     TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    payload_id  BIGINT NOT NULL,
    sha256      BYTEA    NOT NULL,
    bytes       BIGINT NOT NULL,
    uploaded_at BIGINT NOT NULL,
    PRIMARY KEY (partner, name)
);

-- One ISA..IEA of a submission.
CREATE TABLE interchange (
    submission_id   BIGINT NOT NULL,
    ordinal         BIGINT NOT NULL,
    partner         TEXT COLLATE "C" NOT NULL,
    sender          TEXT COLLATE "C" NOT NULL,            -- qualifier:id
    control_number  TEXT COLLATE "C" NOT NULL,
    accepted        BIGINT NOT NULL,            -- 0 rejected by TA1, 1 accepted
    note            TEXT COLLATE "C",                        -- TA105
    PRIMARY KEY (submission_id, ordinal)
);
CREATE INDEX interchange_control_number ON interchange (partner, control_number);

-- One ST..SE of a submission, with what its acknowledgements need when a payer's answer comes back.
CREATE TABLE submission_transaction (
    id              BIGINT PRIMARY KEY,
    submission_id   BIGINT NOT NULL,
    isa13           TEXT COLLATE "C" NOT NULL,
    gs06            TEXT COLLATE "C" NOT NULL,
    st02            TEXT COLLATE "C" NOT NULL,
    guide           TEXT COLLATE "C" NOT NULL,
    verdict         TEXT COLLATE "C" NOT NULL,            -- A | E | R
    bht03           TEXT COLLATE "C" NOT NULL,
    submitter_name  TEXT COLLATE "C" NOT NULL,            -- 1000A NM103
    submitter_etin  TEXT COLLATE "C" NOT NULL,            -- 1000A NM109
    claims          BIGINT NOT NULL,
    charge          BIGINT NOT NULL
);
CREATE INDEX submission_transaction_submission ON submission_transaction (submission_id);

CREATE TABLE finding (
    submission_id   BIGINT NOT NULL,
    ordinal         BIGINT NOT NULL,
    claim_id        BIGINT ,
    body            TEXT COLLATE "C" NOT NULL,            -- domain::Finding as JSON
    PRIMARY KEY (submission_id, ordinal)
);
CREATE INDEX finding_claim ON finding (claim_id) WHERE claim_id IS NOT NULL;

-- Claims in the order in which they came, some hundred thousand to a number (store/buckets.rs).
CREATE TABLE claim_bucket (
    number      BIGINT PRIMARY KEY,
    node        BIGINT NOT NULL,                -- of the gateway that fills it
    first_id    BIGINT,                         -- of its claims, once it is filled
    last_id     BIGINT
);
CREATE INDEX claim_bucket_open ON claim_bucket (node, number) WHERE last_id IS NULL;

-- A claim. What befalls a whole batch stands on the batch: a claim whose own status is accepted or
-- batched has its batch's claim_status, if there is one.
CREATE TABLE claim (
    id                  BIGINT PRIMARY KEY,     -- REF*D9 is made of it
    bucket              BIGINT  NOT NULL,        -- store/buckets.rs
    submission_id       BIGINT NOT NULL,
    transaction_id      BIGINT NOT NULL,
    partner             TEXT COLLATE "C" NOT NULL,
    kind                TEXT COLLATE "C" NOT NULL,        -- 837P | 837I | 837D
    status              BIGINT NOT NULL,        -- domain::ClaimStatus
    patient_control_number TEXT COLLATE "C" NOT NULL, -- CLM01; payers give it back in capitals
    charge              BIGINT NOT NULL,        -- CLM02
    paid                BIGINT NOT NULL DEFAULT 0,
    patient_responsibility BIGINT NOT NULL DEFAULT 0,
    frequency           TEXT COLLATE "C" NOT NULL,        -- CLM05-3
    facility            TEXT COLLATE "C" NOT NULL,        -- CLM05-1
    original_reference  TEXT COLLATE "C",                    -- REF*F8
    upstream_trace      TEXT COLLATE "C",                    -- REF*D9 as received
    payer_id            TEXT COLLATE "C" NOT NULL,        -- 2010BB NM109 as received
    payer               TEXT COLLATE "C",                    -- partner it is routed to
    payer_claim_control_number TEXT COLLATE "C",             -- REF*1K or CLP07
    filing_indicator    TEXT COLLATE "C" NOT NULL,        -- SBR09
    purpose             TEXT COLLATE "C" NOT NULL,        -- BHT06
    provider_npi        TEXT COLLATE "C" NOT NULL,        -- 2010AA NM109
    provider_tin        TEXT COLLATE "C" NOT NULL,
    provider_name       TEXT COLLATE "C" NOT NULL,
    member_id           TEXT COLLATE "C" NOT NULL,
    patient_last_name   TEXT COLLATE "C" NOT NULL,
    patient_first_name  TEXT COLLATE "C" NOT NULL,
    patient_birth_date  TEXT COLLATE "C" NOT NULL,        -- YYYY-MM-DD or empty
    service_from        TEXT COLLATE "C" NOT NULL,        -- YYYY-MM-DD or empty
    service_to          TEXT COLLATE "C" NOT NULL,
    lines               BIGINT NOT NULL,
    fingerprint         BIGINT NOT NULL,        -- of what makes two claims duplicates
    -- Where it stands in the submission's payload: offset and length of the billing provider's level, the
    -- subscriber's, the patient's (0, 0 when the subscriber is the patient) and of the claim itself.
    provider_offset     BIGINT NOT NULL,
    provider_bytes      BIGINT NOT NULL,
    subscriber_offset   BIGINT NOT NULL,
    subscriber_bytes    BIGINT NOT NULL,
    patient_offset      BIGINT NOT NULL,
    patient_bytes       BIGINT NOT NULL,
    claim_offset        BIGINT NOT NULL,
    claim_bytes         BIGINT NOT NULL,
    batch_id            BIGINT,
    passed_on_to        TEXT COLLATE "C"                     -- partner of the next payer, once a payer passed it on
);
-- With the id, in which order claims are read; SQLite has it in every index.
CREATE INDEX claim_submission ON claim (submission_id, id);
CREATE INDEX claim_batch ON claim (batch_id, id) WHERE batch_id IS NOT NULL;
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
    id          BIGINT PRIMARY KEY,
    claim_id    BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,                -- rejected, 277CA, 277, 835, resolved, undone, ...
    status      BIGINT ,                         -- the claim's status after it
    code        TEXT COLLATE "C" NOT NULL DEFAULT '',     -- as A2:20 or CLP02
    text        TEXT COLLATE "C" NOT NULL DEFAULT '',
    rule        TEXT COLLATE "C" NOT NULL DEFAULT '',     -- which rule matched it
    evidence    TEXT COLLATE "C" NOT NULL DEFAULT '',     -- on what, as JSON
    inbound_id  BIGINT ,
    undone_at   BIGINT                           -- a person took the decision behind it back
);
CREATE INDEX claim_event_claim ON claim_event (claim_id);
CREATE INDEX claim_event_undone ON claim_event (undone_at) WHERE undone_at IS NOT NULL;

-- The claims that go to one payer in one 837.
CREATE TABLE batch (
    id              BIGINT PRIMARY KEY,
    payer           TEXT COLLATE "C" NOT NULL,
    kind            TEXT COLLATE "C" NOT NULL,
    purpose         TEXT COLLATE "C" NOT NULL,
    state           BIGINT NOT NULL,            -- 0 open, 1 closed, 2 built, 3 sent, 4 with support
    claim_status    BIGINT ,                     -- what is true of all its claims
    opened_at       BIGINT NOT NULL,
    release_at      BIGINT NOT NULL,
    closed_at       BIGINT ,
    sent_at         BIGINT ,
    claims          BIGINT NOT NULL DEFAULT 0,
    charge          BIGINT NOT NULL DEFAULT 0,
    isa13           TEXT COLLATE "C",
    gs06            TEXT COLLATE "C",
    payload_id      BIGINT ,
    file_name       TEXT COLLATE "C",
    ta1_at          BIGINT,
    n999_at         BIGINT,
    n277ca_at       BIGINT,
    tried_at        BIGINT,                     -- when unmatched answers were compared with its claims
    settled_at      BIGINT,                      -- nothing is awaited for any of its claims any more
    purged_at       BIGINT
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
    batch_id        BIGINT NOT NULL,
    st02            TEXT COLLATE "C" NOT NULL,
    bht03           TEXT COLLATE "C" NOT NULL,
    first_claim_id  BIGINT NOT NULL,
    last_claim_id   BIGINT NOT NULL,
    claims          BIGINT NOT NULL,
    charge          BIGINT NOT NULL,
    verdict         TEXT COLLATE "C",                        -- IK501 of the payer's 999
    PRIMARY KEY (batch_id, st02)
);
CREATE INDEX batch_transaction_bht03 ON batch_transaction (bht03);

CREATE TABLE batch_event (
    id          BIGINT PRIMARY KEY,
    batch_id    BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,                -- opened, closed, built, sent, TA1, 999, 277CA, ...
    st02        TEXT COLLATE "C" NOT NULL DEFAULT '',     -- when it befalls one transaction of it
    code        TEXT COLLATE "C" NOT NULL DEFAULT '',
    text        TEXT COLLATE "C" NOT NULL DEFAULT '',
    inbound_id  BIGINT
);
CREATE INDEX batch_event_batch ON batch_event (batch_id);

-- A file on its way to a payer's endpoint.
CREATE TABLE delivery (
    id          BIGINT PRIMARY KEY,
    batch_id    BIGINT NOT NULL,
    partner     TEXT COLLATE "C" NOT NULL,
    payload_id  BIGINT NOT NULL,
    file_name   TEXT COLLATE "C" NOT NULL,
    bytes       BIGINT NOT NULL,
    state       BIGINT NOT NULL,                -- 0 due, 1 sent, 2 with support, 3 waits to be fetched
    attempts    BIGINT NOT NULL DEFAULT 0,
    doubtful    BIGINT NOT NULL DEFAULT 0,      -- 1: an attempt may have arrived; look first. 2: support was told so
    next_at     BIGINT NOT NULL,
    lease_until BIGINT NOT NULL DEFAULT 0,
    lease_node  BIGINT NOT NULL DEFAULT 0,
    created_at  BIGINT NOT NULL,
    since       BIGINT NOT NULL,                -- when its tries began: created, or given back by support
    sent_at     BIGINT
);
CREATE UNIQUE INDEX delivery_batch ON delivery (batch_id);
CREATE INDEX delivery_due ON delivery (state, next_at) WHERE state = 0;
CREATE INDEX delivery_with_support ON delivery (state) WHERE state = 2;

CREATE TABLE delivery_attempt (
    delivery_id BIGINT NOT NULL,
    attempt     BIGINT NOT NULL,
    started_at  BIGINT NOT NULL,
    finished_at BIGINT ,                         -- NULL: runs, or never came back
    outcome     TEXT COLLATE "C" NOT NULL DEFAULT '',     -- sent, found, retry, look, support; handing: the payer may have it
    detail      TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (delivery_id, attempt)
);

-- A response file of a payer.
CREATE TABLE inbound (
    id          BIGINT PRIMARY KEY,
    partner     TEXT COLLATE "C" NOT NULL,
    channel     TEXT COLLATE "C" NOT NULL,                -- sftp | https | api | hosted
    file_name   TEXT COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL,
    payload_id  BIGINT NOT NULL,
    sha256      BYTEA    NOT NULL,
    bytes       BIGINT NOT NULL,
    state       BIGINT NOT NULL,                -- 0 received, 1 correlated, 2 remitted (done), 3 not X12, 4 a repeat
    kinds       TEXT COLLATE "C" NOT NULL DEFAULT '',     -- as TA1,999,835
    repeat_of   BIGINT ,
    notes       TEXT COLLATE "C" NOT NULL DEFAULT '[]',    -- what was wrong with it, JSON list of sentences
    house_notes TEXT COLLATE "C" NOT NULL DEFAULT '[]',    -- the same, that name submitters: not for the payer
    purged_at   BIGINT                          -- its bytes and payments are no longer kept
);
CREATE UNIQUE INDEX inbound_content ON inbound (partner, sha256) WHERE state <> 4;
CREATE INDEX inbound_due ON inbound (state, id) WHERE state IN (0, 1);

-- What was seen at a payer, so that a file left there is fetched once.
CREATE TABLE collected (
    partner     TEXT COLLATE "C" NOT NULL,
    remote_path TEXT COLLATE "C" NOT NULL,
    bytes       BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    inbound_id  BIGINT NOT NULL,
    cleared     BIGINT NOT NULL DEFAULT 0,      -- 1: removed or moved at the payer as configured
    PRIMARY KEY (partner, remote_path, bytes, modified_at)
);

CREATE TABLE poll (
    partner     TEXT COLLATE "C" PRIMARY KEY,
    last_at     BIGINT NOT NULL,
    next_at     BIGINT NOT NULL,
    failures    BIGINT NOT NULL DEFAULT 0,
    problem     TEXT COLLATE "C" NOT NULL DEFAULT ''
);

-- One 835 transaction: one payment to one payee.
CREATE TABLE remittance (
    id              BIGINT PRIMARY KEY,
    inbound_id      BIGINT NOT NULL,
    ordinal         BIGINT NOT NULL,            -- which 835 transaction of the file, from 0
    payer           TEXT COLLATE "C" NOT NULL,
    trace           TEXT COLLATE "C" NOT NULL,            -- TRN02: check or EFT number
    trace_payer     TEXT COLLATE "C" NOT NULL,            -- TRN03
    amount          BIGINT NOT NULL,            -- BPR02
    method          TEXT COLLATE "C" NOT NULL,            -- BPR04
    payment_date    TEXT COLLATE "C" NOT NULL,            -- BPR16
    payee_npi       TEXT COLLATE "C" NOT NULL,
    payee_tin       TEXT COLLATE "C" NOT NULL,
    payee_name      TEXT COLLATE "C" NOT NULL,
    claims          BIGINT NOT NULL,
    claims_paid     BIGINT NOT NULL,            -- sum of CLP04
    adjustments     BIGINT NOT NULL,            -- sum of PLB
    adjustment_list TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    state           BIGINT NOT NULL,            -- 0 posted, 1 held: does not balance, 2 a repeat
    problem         TEXT COLLATE "C" NOT NULL DEFAULT '',
    digest          BYTEA    NOT NULL,            -- SHA-256 of what it says, however it is written
    received_at     BIGINT NOT NULL,
    lines_tied_at   BIGINT,                      -- when its service lines were tied to the claims' lines
    lines_version   BIGINT NOT NULL DEFAULT 0, -- counts what is to be tied anew
    adjustments_handed BIGINT NOT NULL DEFAULT 0, -- 1: a submitter was handed its PLB
    -- Of payments that are no longer kept: how many, and what they paid on claims and on none.
    purged_payments     BIGINT NOT NULL DEFAULT 0,
    purged_on_claims    BIGINT NOT NULL DEFAULT 0,
    purged_unmatched    BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX remittance_place ON remittance (inbound_id, ordinal);
CREATE INDEX remittance_trace ON remittance (trace, payer);
CREATE INDEX remittance_received ON remittance (payer, received_at);
CREATE INDEX remittance_payee ON remittance (payee_npi, payee_tin);
CREATE INDEX remittance_untied ON remittance (id) WHERE state = 0 AND lines_tied_at IS NULL;
CREATE INDEX remittance_amount ON remittance (amount, payment_date);

-- One CLP of a remittance.
CREATE TABLE payment (
    id              BIGINT PRIMARY KEY,
    remittance_id   BIGINT NOT NULL,
    ordinal         BIGINT NOT NULL,
    claim_id        BIGINT ,                     -- NULL while it matches none
    patient_control_number TEXT COLLATE "C" NOT NULL,        -- CLP01
    clp_status      TEXT COLLATE "C" NOT NULL,            -- CLP02
    charge          BIGINT NOT NULL,
    paid            BIGINT NOT NULL,
    patient_responsibility BIGINT NOT NULL,
    denied          BIGINT NOT NULL DEFAULT 0,  -- charges that are neither paid, contractual nor the patient's
    payer_claim_control_number TEXT COLLATE "C" NOT NULL,    -- CLP07
    rule            TEXT COLLATE "C" NOT NULL DEFAULT '',
    evidence        TEXT COLLATE "C" NOT NULL DEFAULT '',
    detail          TEXT COLLATE "C" NOT NULL             -- adjustments, lines, remarks as JSON
);
CREATE UNIQUE INDEX payment_place ON payment (remittance_id, ordinal);
CREATE INDEX payment_claim ON payment (claim_id) WHERE claim_id IS NOT NULL;

-- A response that matched no claim, a file nobody could read; or (inbound_id 0) claims that have no route, a batch
-- that could not be built.
CREATE TABLE exception (
    id          BIGINT PRIMARY KEY,
    inbound_id  BIGINT NOT NULL,
    payer       TEXT COLLATE "C" NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,                -- TA1, 999, 277CA, 277, 835, file, balance, route, batch
    raised_at   BIGINT NOT NULL,
    state       BIGINT NOT NULL,                -- 0 open, 1 resolved, 2 dismissed
    reason      TEXT COLLATE "C" NOT NULL,
    response    TEXT COLLATE "C" NOT NULL,                -- what the response said and on whom, as JSON: enough to apply it later
    candidates  TEXT COLLATE "C" NOT NULL DEFAULT '[]',   -- ranked, with reasons, as JSON
    payment_id  BIGINT ,
    claim_id    BIGINT ,                         -- once resolved
    event_id    BIGINT ,                         -- the claim event that the resolution wrote
    note        TEXT COLLATE "C" NOT NULL DEFAULT '',     -- why it was dismissed
    resolved_by TEXT COLLATE "C",
    resolved_at BIGINT ,
    origin      TEXT COLLATE "C"                             -- what of ours it was raised for; raised once for the same
);
CREATE UNIQUE INDEX exception_origin ON exception (origin) WHERE origin IS NOT NULL;
CREATE INDEX exception_state ON exception (state, id);
CREATE INDEX exception_inbound ON exception (inbound_id);

-- What an unmatched answer is about, by the numbers that a claim sent later may have: see pipeline/answers/awaits.rs.
CREATE TABLE awaited (
    key         TEXT COLLATE "C" NOT NULL,
    exception_id BIGINT NOT NULL,
    PRIMARY KEY (key, exception_id)
);
CREATE INDEX awaited_exception ON awaited (exception_id);

-- How often anything was added to what waits of a payer: a batch that was tried meanwhile is tried again.
CREATE TABLE awaited_count (
    payer       TEXT COLLATE "C" PRIMARY KEY,
    times       BIGINT NOT NULL
);

-- A file waiting for a submitter (or, as kind 837, for a hosted payer). Reading never removes.
CREATE TABLE mail (
    id              BIGINT PRIMARY KEY,
    partner         TEXT COLLATE "C" NOT NULL,
    kind            TEXT COLLATE "C" NOT NULL,            -- ta1, 999, 277ca, 277, 835, 837, note
    file_name       TEXT COLLATE "C" NOT NULL,
    payload_id      BIGINT NOT NULL,
    bytes           BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    submission_id   BIGINT ,
    inbound_id      BIGINT ,
    origin          TEXT COLLATE "C" NOT NULL,            -- what it was made of; the same is never put in twice
    shelf           BIGINT NOT NULL DEFAULT 0   -- 0 in the mailbox, 1 only beside what it belongs to
);
CREATE UNIQUE INDEX mail_origin ON mail (origin);
CREATE INDEX mail_name ON mail (partner, file_name);
CREATE INDEX mail_box ON mail (partner, id);
CREATE INDEX mail_submission ON mail (submission_id) WHERE submission_id IS NOT NULL;

-- The remittances of a payer's file, by their places in it, of which a submitter's 835 holds its parts.
CREATE TABLE handed_on (
    mail_id         BIGINT NOT NULL,
    ordinal         BIGINT NOT NULL,
    PRIMARY KEY (mail_id, ordinal)
);

CREATE TABLE mail_hidden (
    login       TEXT COLLATE "C" NOT NULL,
    mail_id     BIGINT NOT NULL,
    PRIMARY KEY (login, mail_id)
);

CREATE TABLE control_number (
    name        TEXT COLLATE "C" PRIMARY KEY,
    value       BIGINT NOT NULL
);

CREATE TABLE api_key (
    id          BIGINT PRIMARY KEY,
    partner     TEXT COLLATE "C" NOT NULL,
    digest      BYTEA    NOT NULL,                -- SHA-256 of the key
    created_at  BIGINT NOT NULL,
    revoked_at  BIGINT
);
CREATE UNIQUE INDEX api_key_digest ON api_key (digest);

CREATE TABLE console_user (
    name            TEXT COLLATE "C" PRIMARY KEY,
    role            TEXT COLLATE "C" NOT NULL,            -- support | operator | admin | auditor
    password_hash   TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL
);

CREATE TABLE console_session (
    digest      BYTEA    PRIMARY KEY,
    user_name   TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL
);

-- Who saw or changed what; each row's hash covers the row before.
CREATE TABLE audit (
    ordinal     BIGINT PRIMARY KEY,
    at          BIGINT NOT NULL,
    actor       TEXT COLLATE "C" NOT NULL,
    action      TEXT COLLATE "C" NOT NULL,
    object      TEXT COLLATE "C" NOT NULL,
    source      TEXT COLLATE "C" NOT NULL,
    result      TEXT COLLATE "C" NOT NULL,
    hash        BYTEA    NOT NULL
);

CREATE TABLE alarm (
    id          BIGINT PRIMARY KEY,
    kind        TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    text        TEXT COLLATE "C" NOT NULL,
    step        BIGINT NOT NULL DEFAULT 0,      -- what gets worse with time: how far it has come
    raised_at   BIGINT NOT NULL,
    cleared_at  BIGINT
);
CREATE UNIQUE INDEX alarm_standing ON alarm (kind, subject) WHERE cleared_at IS NULL;

-- A file at a payer that did not look whole: read only when it has stood still for a while.
CREATE TABLE glimpse (
    partner     TEXT COLLATE "C" NOT NULL,
    remote_path TEXT COLLATE "C" NOT NULL,
    bytes       BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    first_at    BIGINT NOT NULL,
    PRIMARY KEY (partner, remote_path)
);

-- Held by the transaction that may read and then write as if it were alone.
CREATE TABLE one_writer (id BIGINT PRIMARY KEY);
INSERT INTO one_writer (id) VALUES (1);

-- Work that one node does at a time, until its time is over. Of nodes over PostgreSQL only.
CREATE TABLE lease (
    name        TEXT COLLATE "C" PRIMARY KEY,
    node        BIGINT NOT NULL,
    turn        BIGINT NOT NULL,            -- of this taking; never used again
    until       BIGINT NOT NULL
);

-- The gateways over this store.
CREATE TABLE node (
    number      BIGINT PRIMARY KEY,
    run         BIGINT NOT NULL,
    host        TEXT COLLATE "C" NOT NULL,
    pid         BIGINT NOT NULL,
    started_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL             -- 0: it has stopped
);

-- What receivers of webhooks are told of: a submitter (or the operator, whose name here is empty).
CREATE TABLE announcement (
    receiver    TEXT COLLATE "C" NOT NULL,
    id          BIGINT NOT NULL,                -- of the mail or of the alarm; they are told in this order
    message_id  TEXT COLLATE "C" NOT NULL,      -- webhook-id, the same at each repeat
    body        TEXT COLLATE "C" NOT NULL,      -- what is sent; empty once taken
    state       BIGINT NOT NULL,                -- 0 due, 1 taken, 2 given up
    attempts    BIGINT NOT NULL DEFAULT 0,
    since       BIGINT NOT NULL,                -- when its tries began: made, or given back by an operator
    next_at     BIGINT NOT NULL,
    lease_until BIGINT NOT NULL DEFAULT 0,
    detail      TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (id, receiver)
);
CREATE INDEX announcement_open ON announcement (receiver, id) WHERE state IN (0, 2);

-- The last file of its mailbox that a receiver is told of, or was not meant to be.
CREATE TABLE announced (
    receiver    TEXT COLLATE "C" PRIMARY KEY,
    mail_id     BIGINT NOT NULL
);

-- How long payers took to answer in the last weeks; learned anew every hour.
CREATE TABLE answer_time (
    payer       TEXT COLLATE "C" NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,            -- TA1, 999, 277CA, 835
    answers     BIGINT NOT NULL,
    median_ms   BIGINT NOT NULL,
    most_ms     BIGINT NOT NULL,            -- 95 of 100 came within it
    learned_at  BIGINT NOT NULL,
    PRIMARY KEY (payer, kind)
);

-- For the daily look at what is older than it is to be kept.
CREATE INDEX submission_kept ON submission (id) WHERE purged_at IS NULL;
CREATE INDEX inbound_kept ON inbound (id) WHERE purged_at IS NULL;
CREATE INDEX batch_kept ON batch (id) WHERE purged_at IS NULL;

-- Claims that are no longer kept, summed: every claim and every cent stays accounted for.
CREATE TABLE purged_claim (
    submission_id   BIGINT NOT NULL,
    batch_id        BIGINT NOT NULL,                -- 0: it was in none
    status          BIGINT NOT NULL,                -- what it had come to
    claims          BIGINT NOT NULL,
    charge          BIGINT NOT NULL,
    PRIMARY KEY (submission_id, batch_id, status)
);
CREATE INDEX purged_claim_batch ON purged_claim (batch_id);

-- What is kept however old it is, until the hold is taken back.
CREATE TABLE legal_hold (
    kind        TEXT COLLATE "C" NOT NULL,                    -- partner | claim
    subject     TEXT COLLATE "C" NOT NULL,                    -- a partner's name, a claim's id
    reason      TEXT COLLATE "C" NOT NULL,
    set_by      TEXT COLLATE "C" NOT NULL,
    set_at      BIGINT NOT NULL,
    PRIMARY KEY (kind, subject)
);

-- Work that is done now and then, by when it was done last.
CREATE TABLE chore (
    name        TEXT COLLATE "C" PRIMARY KEY,
    done_at     BIGINT NOT NULL
);
