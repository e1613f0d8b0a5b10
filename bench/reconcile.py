#!/usr/bin/env python3
"""How long `claimgate reconcile` takes over a store of many claims, all of them sent, acknowledged and paid, and whether it
finds one claim among them whose paid amount was changed. Prints one JSON object; ends with 1 when it does not.

    bench/reconcile.py [--claimgate target/release/claimgate] [--claims 1000000]
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PER_FILE = 2_000
EVENTS = 1 << 40

# Number n of N claims: file n / PER_FILE. Ids stand apart, as those of a gateway do.
FILL = """
CREATE TEMP TABLE n AS WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < :claims) SELECT n FROM n;
CREATE TEMP TABLE f AS SELECT DISTINCT n / :per AS f FROM n;
INSERT INTO payload (id, sha256, bytes, created_at) SELECT f * 10 + k.value + 1, zeroblob(32), 1, f FROM f, json_each('[0,1,2,3,4,5,6]') k;
INSERT INTO submission (id, partner, channel, file_name, received_at, payload_id, sha256, bytes, state, claims, accepted, charge, validated_at)
  SELECT f + 1, 'acme', 'https', 'f' || f, f, f * 10 + 1, CAST(printf('%032d', f) AS BLOB), 1, 2, :per, :per, :per * 10000, f FROM f;
INSERT INTO interchange SELECT f + 1, 0, 'acme', 'ZZ:ACME', printf('%09d', f), 1, NULL FROM f;
INSERT INTO submission_transaction SELECT f + 1, f + 1, printf('%09d', f), '1', '0001', 'x', 'A', 'B', 'A', 'A', :per, :per * 10000 FROM f;
INSERT INTO mail (id, partner, kind, file_name, payload_id, bytes, created_at, submission_id, inbound_id, origin)
  SELECT f * 10 + k.key + 1, 'acme', k.value, 'm', f * 10 + k.key + 2, 1, f, f + 1, NULL, f || ':' || k.value
  FROM f, json_each('["999","277ca"]') k;
INSERT INTO mail (id, partner, kind, file_name, payload_id, bytes, created_at, submission_id, inbound_id, origin)
  SELECT f * 10 + 5, 'acme', '835', 'm', f * 10 + 4, 1, f, NULL, f * 2 + 2, f || ':835' FROM f;
INSERT INTO handed_on (mail_id, ordinal) SELECT f * 10 + 5, 0 FROM f;
INSERT INTO mail (id, partner, kind, file_name, payload_id, bytes, created_at, submission_id, inbound_id, origin)
  SELECT f * 10 + 6, 'acme', '277ca', 'm', f * 10 + 7, 1, f, NULL, f * 2 + 2, f || ':277ca:payer' FROM f;
INSERT INTO batch (id, payer, kind, purpose, state, claim_status, opened_at, release_at, sent_at, claims, charge, isa13, gs06, payload_id, file_name, n999_at)
  SELECT f + 1, 'bluestar', '837P', 'CH', 3, 5, f, f, f, :per, :per * 10000, f + 1, f + 1, f * 10 + 5, 'b' || f, f FROM f;
INSERT INTO batch_transaction SELECT f + 1, '0001', 'B' || f, f * :per + 1, f * :per + :per, :per, :per * 10000, 'A' FROM f;
INSERT INTO batch_event (id, batch_id, at, kind, inbound_id) SELECT f * 2 + 1, f + 1, f, 'sent', NULL FROM f;
INSERT INTO batch_event (id, batch_id, at, kind, inbound_id) SELECT f * 2 + 2, f + 1, f, '999', f * 2 + 1 FROM f;
INSERT INTO delivery (id, batch_id, partner, payload_id, file_name, bytes, state, next_at, created_at, since, sent_at)
  SELECT f + 1, f + 1, 'bluestar', f * 10 + 5, 'b', 1, 1, f, f, f, f FROM f;
INSERT INTO inbound (id, partner, channel, file_name, received_at, payload_id, sha256, bytes, state, kinds)
  SELECT f * 2 + k.value, 'bluestar', 'api', 'i', f, f * 10 + 6, CAST(printf('%030d', f) || k.value AS BLOB), 1, 2, 'x' FROM f, json_each('[1,2]') k;
INSERT INTO claim_bucket (number, node) VALUES (1, 0);
INSERT INTO claim (id, bucket, submission_id, transaction_id, partner, kind, status, patient_control_number, charge, paid, frequency, facility,
    payer_id, payer, filing_indicator, purpose, provider_npi, provider_tin, provider_name, member_id, patient_last_name,
    patient_first_name, patient_birth_date, service_from, service_to, lines, fingerprint, provider_offset, provider_bytes,
    subscriber_offset, subscriber_bytes, patient_offset, patient_bytes, claim_offset, claim_bytes, batch_id)
  SELECT n + 1, 1, n / :per + 1, n / :per + 1, 'acme', '837P', 9, 'P' || n, 10000, 8000, '1', '11', 'BSTAR', 'bluestar', 'CI', 'CH',
    '1234567893', '123456789', 'LAKESIDE', 'W' || n, 'DOE', 'JANE', '1980-06-15', '2026-10-01', '2026-10-01', 1, n,
    0, 100, 100, 100, 0, 0, 200, 100, n / :per + 1 FROM n;
INSERT INTO claim_event (id, claim_id, at, kind, status, code, inbound_id)
  SELECT n * 2 + 1, n + 1, n / :per, '277CA', 7, 'A2:20', n / :per * 2 + 2 FROM n;
INSERT INTO claim_event (id, claim_id, at, kind, status, code, inbound_id)
  SELECT n * 2 + 2, n + 1, n / :per, '835', NULL, '1', n / :per * 2 + 2 FROM n;
INSERT INTO remittance (id, inbound_id, ordinal, payer, trace, trace_payer, amount, method, payment_date, payee_npi, payee_tin,
    payee_name, claims, claims_paid, adjustments, state, digest, received_at)
  SELECT f + 1, f * 2 + 2, 0, 'bluestar', 'T' || f, '1', :per * 8000, 'ACH', '2026-11-01', '1234567893', '123456789', 'L', :per,
    :per * 8000, 0, 0, CAST(printf('%032d', f) AS BLOB), f FROM f;
INSERT INTO payment (id, remittance_id, ordinal, claim_id, patient_control_number, clp_status, charge, paid, patient_responsibility,
    payer_claim_control_number, detail)
  SELECT n + 1, n / :per + 1, n % :per, n + 1, 'P' || n, '1', 10000, 8000, 0, 'I' || n,
    '{"adjustments":[],"lines":[{"procedure":"HC:99213","charge":"100.00","paid":"80.00","revenue_code":"","units":"1",'
    || '"submitted_units":"","control_number":"1","service_date":"2026-10-01","adjustments":[{"group":"CO","reason":"45",'
    || '"amount":"20.00"}],"remarks":[]}],"remarks":[]}' FROM n;
ANALYZE;
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claimgate", default=os.path.join(ROOT, "target", "release", "claimgate"))
    parser.add_argument("--claims", type=int, default=1_000_000)
    args = parser.parse_args()
    claimgate = os.path.abspath(args.claimgate)
    claims = args.claims // PER_FILE * PER_FILE
    with tempfile.TemporaryDirectory(prefix="claimgate-bench-") as folder:
        run = lambda *words: subprocess.run([claimgate, *words], cwd=folder, capture_output=True, text=True)
        made = run("store", "migrate")
        if made.returncode:
            sys.exit(f"bench/reconcile.py: {made.stderr}")
        database = os.path.join(folder, "var", "claimgate.db")
        store = sqlite3.connect(database)
        store.execute("PRAGMA synchronous = OFF")
        for statement in FILL.split(";\n"):
            if statement.strip():
                words = statement.replace(":claims", str(claims)).replace(":per", str(PER_FILE))
                store.execute(words)
        store.commit()
        store.close()
        began = time.monotonic()
        clean = run("reconcile", "--format", "json")
        seconds = time.monotonic() - began
        account = json.loads(clean.stdout or "{}")
        store = sqlite3.connect(database)
        store.execute("UPDATE claim SET paid = paid + 1 WHERE id = ?", (claims // 2,))
        store.commit()
        store.close()
        spoilt = run("reconcile", "--format", "json")
        wrong = json.loads(spoilt.stdout or "{}").get("wrong", [])
        figures = {"claims": claims, "database_mb": round(os.path.getsize(database) / 1e6), "seconds": round(seconds, 1),
                   "claims_a_second": round(claims / seconds), "clean": account.get("adds_up"), "found": len(wrong),
                   "load": round(os.getloadavg()[0], 1)}
        print(json.dumps(figures))
        if clean.returncode or len(wrong) != 1 or spoilt.returncode != 1:
            sys.exit(f"{clean.stderr}{json.dumps(account.get('wrong'))[:2000]}\n{json.dumps(wrong)[:2000]}")


if __name__ == "__main__":
    main()
