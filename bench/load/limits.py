"""What this disk and this database could do at most, measured beside what the gateway does."""

import os
import sqlite3
import time


def disk(folder, writes=300):
    """Sorted seconds of appending 4 KB and making them durable, one after another."""
    path, taken = os.path.join(folder, "append"), []
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    for _ in range(writes):
        began = time.perf_counter()
        os.write(file, b"x" * 4096)
        os.fdatasync(file)
        taken.append(time.perf_counter() - began)
    os.close(file)
    os.remove(path)
    return sorted(taken)


def bulk_inserts(database, folder, rows_max=1_000_000, at_once=5000, table="claim"):
    """Seconds and rows of putting a table of `database` into a fresh one: same table, same indexes, same settings,
    straight from table to table, so that nothing but SQLite is measured."""
    path = os.path.join(folder, "limit.db")
    fresh = sqlite3.connect(path, isolation_level=None)
    for setting in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 20000", "cache_size = -65536"):
        fresh.execute(f"PRAGMA {setting}").fetchall()
    fresh.execute("ATTACH ? AS source", (database,))
    made = "SELECT sql FROM source.sqlite_master WHERE tbl_name = ? AND sql NOT NULL ORDER BY type = 'index'"
    for (sql,) in fresh.execute(made, (table,)).fetchall():
        fresh.execute(sql)
    last, rows, began = -1, 0, time.monotonic()
    while rows < rows_max:
        fresh.execute("BEGIN IMMEDIATE")
        put = fresh.execute(
            f"INSERT INTO main.{table} SELECT * FROM source.{table} WHERE id > ? ORDER BY id LIMIT ?", (last, at_once)
        ).rowcount
        (last,) = fresh.execute(f"SELECT max(id) FROM main.{table}").fetchone()
        fresh.execute("COMMIT")
        rows += max(put, 0)
        if put < at_once:
            break
    seconds = time.monotonic() - began
    fresh.close()
    for end in ("", "-wal", "-shm"):
        if os.path.exists(path + end):
            os.remove(path + end)
    return seconds, rows
