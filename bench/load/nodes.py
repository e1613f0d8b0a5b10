"""Two gateways over one PostgreSQL against one, each held to the same small share of a core, so that neither the cores
nor the database are what ends it."""

import os
import subprocess
import threading
import time

from share import Share
from world import CLAIMGATE, TICKS, Line, free_port, ready


class Node:
    """A gateway beside that of the world: same store, payloads, partners and keys, own number and doors."""

    def __init__(self, world, number, share):
        self.world, self.trust, self.key, self.https = world, world.trust, world.key, free_port()
        ops, name = free_port(), f"node{number}.toml"
        with open(world.path("gateway.toml")) as file:
            settings = file.read().replace("[gateway]\n", f"[gateway]\nnode = {number}\n")
        lines = []
        for line in settings.splitlines():
            for key, port in (("https", self.https), ("sftp", free_port()), ("ops", ops)):
                if line.startswith(f"{key} = "):
                    line = f'{key} = "127.0.0.1:{port}"'
            lines.append(line)
        world.write(name, "\n".join(lines))
        log = open(world.path(f"node{number}.log"), "a")
        self.process = subprocess.Popen([CLAIMGATE, "serve", "--config", name], cwd=world.folder, stdout=log, stderr=log)
        world.children.append(self.process)
        self.share = share
        ready(self.process, ops, world.path(f"node{number}.log"))
        share.take(self.process.pid)

    def seconds(self):
        return spent(self.process.pid)


def spent(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS
    except OSError:
        return 0.0


class Server:
    """Processor time of a PostgreSQL on this machine; nothing is known of another's."""

    def __init__(self, store):
        asked = subprocess.run(["psql", "-X", "-A", "-t", "-c", "SELECT pg_read_file('postmaster.pid')", store],
                               capture_output=True, text=True)
        first = asked.stdout.split("\n", 1)[0].strip()
        self.process = int(first) if asked.returncode == 0 and os.path.exists(f"/proc/{first}") else None

    def seconds(self):
        if self.process is None:
            return 0.0
        total = spent(self.process)
        with open(f"/proc/{self.process}/task/{self.process}/children") as file:
            return total + sum(spent(int(child)) for child in file.read().split())


def run(nodes, files, arrived, claims, submit):
    """Claims a second from the first byte in to the last claim at the payer; each node has its senders."""
    before, lock, left = arrived.claims, threading.Lock(), list(reversed(files))

    def send(node):
        line = Line(node, node.key)
        while True:
            with lock:
                if not left:
                    return
                body = left.pop()
            submit(line, body)

    senders = [threading.Thread(target=send, args=(node,), daemon=True) for node in nodes for _ in range(3)]
    began = time.monotonic()
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    return claims / (arrived.wait(before + claims, 120 + claims / 100) - began)


def nodes(chosen, world, numbers, arrived, say, submit):
    if not chosen.store.startswith("postgres"):
        return say("two gateways: skipped", "", "they need --store postgres://…")
    shares = [Share.make(f"node{number}", chosen.share) for number in (1, 2)]
    try:
        if None in shares:
            return say("two gateways: skipped", "", "no control groups may be made here")
        compare(chosen, world, numbers, arrived, say, submit, shares)
    finally:
        # A group can be taken away once nobody is in it.
        world.end_all()
        for share in filter(None, shares):
            share.end()


def compare(chosen, world, numbers, arrived, say, submit, shares):
    # Its share would not be known.
    world.gateway.terminate()
    world.gateway.wait(40)
    first, second = [Node(world, number, share) for number, share in enumerate(shares, 1)]
    server, speeds = Server(chosen.store), []

    def files(count):
        for place in range(count):
            numbers.payer_id = world.payer_ids[place % len(world.payer_ids)]
            yield numbers.write(chosen.node_file)

    # A database that has just been made has no statistics and nothing in memory: neither is measured.
    per_node = chosen.node_claims // chosen.node_file
    run([first, second], list(files(per_node)), arrived, per_node * chosen.node_file, submit)
    for name, working in (("one gateway", [first]), ("two gateways", [first, second])):
        count = per_node * len(working)
        claims, bodies = count * chosen.node_file, list(files(count))
        held, database, own = [one.share.held_up() for one in working], server.seconds(), sum(one.seconds() for one in working)
        began = time.monotonic()
        speeds.append(run(working, bodies, arrived, claims, submit))
        took = time.monotonic() - began
        own, database = sum(one.seconds() for one in working) - own, server.seconds() - database
        parts = [(one.share.held_up()[0] - had[0]) / max(1, one.share.held_up()[1] - had[1]) for one, had in zip(working, held)]
        say(f"{name}, {chosen.share} of a core each: {claims:,} claims in files of {chosen.node_file:,}, to the payers",
            f"{speeds[-1]:,.0f} claims/s", "the share used up in " + ", ".join(f"{part:.0%}" for part in parts) + " of the time")
        say("  processor time a claim", f"{own / claims * 1e6:,.0f} µs",
            f"PostgreSQL {database / claims * 1e6:,.0f} µs, {database / took:.2f} cores of it")
    say("two gateways to one", f"{speeds[1] / speeds[0]:.2f} times", "", "", "1.6 times")
