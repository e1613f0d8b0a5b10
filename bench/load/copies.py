"""Fills a store with many claims: millions that really come in take an hour."""

import signal
import sqlite3
import time

from world import Watch

# What a copied claim has of its own; the rest is its model's. Numbers are spread among the others', as later ones are.
OWN = {
    "id": "id - :shift", "bucket": ":bucket", "patient_control_number": "patient_control_number || 'R' || :round",
    "member_id": "member_id || 'R' || :round", "fingerprint": "fingerprint + :round", "status": "9", "paid": "charge", "batch_id": "NULL",
    "payer_claim_control_number": "'R' || :round || patient_control_number",
}
BUCKET = 100_000


def grow(world, count):
    """Fills the store while the gateway is stopped: copies of the claims that are there, as so many submissions would
    leave them."""
    world.gateway.send_signal(signal.SIGTERM)
    world.gateway.wait(60)
    database = sqlite3.connect(world.path("var", "claimgate.db"), isolation_level=None)
    for setting in ("synchronous = OFF", "wal_autocheckpoint = 20000", "cache_size = -262144"):
        database.execute(f"PRAGMA {setting}").fetchall()
    columns = [row[1] for row in database.execute("PRAGMA table_info(claim)")]
    (newest,) = database.execute("SELECT max(number) FROM claim_bucket").fetchone()
    copy = f"INSERT INTO claim ({', '.join(columns)}) SELECT {', '.join(OWN.get(one, one) for one in columns)} FROM claim"
    ids = [row[0] for row in database.execute("SELECT id FROM claim ORDER BY id")]
    slices = [(ids[at], ids[min(at + BUCKET, len(ids)) - 1]) for at in range(0, len(ids), BUCKET)]
    bucket, done, turn = newest, 0, 0
    while done < count:
        turn += 1
        for first, last in slices:
            bucket += 1
            values = {"shift": turn * (ids[-1] - ids[0] + 1), "bucket": bucket, "round": turn, "first": first, "last": last}
            database.execute("BEGIN IMMEDIATE")
            database.execute("INSERT INTO claim_bucket (number, node) VALUES (?, 0)", (bucket,))
            limit = f"WHERE id BETWEEN :first AND :last ORDER BY id LIMIT {max(count - done, 1)}"
            done += database.execute(f"{copy} {limit}", values).rowcount
            database.execute("COMMIT")
            if done >= count:
                break
    # Full, as the gateway would have closed them.
    database.execute("""UPDATE claim_bucket SET (first_id, last_id) =
        (SELECT min(c.id), max(c.id) FROM claim c WHERE c.bucket = number) WHERE number > ?""", (newest,))
    database.close()
    world.start()
    idle(world)


def idle(world):
    """Waits until the gateway has done what it does once after a start that finds them."""
    taken = 1.0
    while taken > 0.1:
        watch = Watch(world.gateway.pid)
        time.sleep(1)
        taken, _, _ = watch.end()
