"""A gateway as it is run, with OpenSSH's sshd as its payer: set up in a folder on the disk, started, watched, ended."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLAIMGATE = os.path.join(ROOT, "target", "release", "claimgate")
TICKS = os.sysconf("SC_CLK_TCK")
PAYER_ID = "BSTAR"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def need(path):
    if not os.path.exists(path):
        sys.exit(f"bench/gateway: {path} is missing: make bench installs it")
    return path


class World:
    """`store` is a store.url; SQLite in the world's own folder unless another is given."""

    def __init__(self, store="sqlite:var/claimgate.db", release="immediate", payers=1):
        # Not /tmp, which may be memory: what is measured is durable.
        base = os.path.join(ROOT, "target")
        self.folder = tempfile.mkdtemp(prefix="bench-gateway-", dir=base)
        self.payer_ids = [PAYER_ID] + [f"{PAYER_ID}{number}" for number in range(2, payers + 1)]
        self.https, self.ops, self.payer_port = free_port(), free_port(), free_port()
        self.inbox = self.path("payer", "inbound")
        for folder in ("partners", "certs", "var", "payer/inbound", "payer/outbound"):
            os.makedirs(self.path(folder))
        for key in ("to_payer", "payer_host"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.path(key))
        self.settings(store, release)
        self.children = []
        self.gateway = None
        self.claimgate("certs", "init")
        self.key = self.claimgate("key", "create", "--partner", "acme").strip().splitlines()[-1]
        self.trust = ssl.create_default_context(cafile=self.path("certs", "ca.crt"))

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)

    def settings(self, store, release):
        self.write("gateway.toml", f"""[gateway]
id = "CLAIMGATE"
qualifier = "ZZ"
usage = "T"
[listen]
https = "127.0.0.1:{self.https}"
sftp = "127.0.0.1:{free_port()}"
ops = "127.0.0.1:{self.ops}"
[store]
url = "{store}"
[payloads]
url = "file:var/payloads"
[paths]
partners = "partners"
schemas = "{ROOT}/schemas"
certs = "certs"
""")
        self.write("partners/acme.toml", """kind = "submitter"
name = "Acme Billing"
[interchange]
qualifier = "ZZ"
id = "ACMEBILL"
[acks]
ta1 = "always"
[limits]
submissions = "60000/min"
""")
        with open(self.path("payer_host.pub")) as file:
            host_key = " ".join(file.read().split()[:2])
        for number, payer_id in enumerate(self.payer_ids, 1):
            self.write(f"partners/bluestar{number if number > 1 else ''}.toml", self.payer(payer_id, host_key, release))

    def payer(self, payer_id, host_key, release):
        """All of them are one sshd with one folder."""
        return f"""kind = "payer"
name = "Blue Star Health"
payer_ids = ["{payer_id}"]
accepts = ["837P"]
[interchange]
qualifier = "ZZ"
id = "{payer_id.replace(PAYER_ID, 'BLUESTAR')}"
[batch]
release = "{release}"
[endpoint]
type = "sftp"
host = "127.0.0.1"
port = {self.payer_port}
user = "{os.environ.get('USER') or run('id', '-un').strip()}"
private_key = "to_payer"
host_key = "{host_key}"
upload_to = "{self.inbox}"
collect_from = ["{self.path('payer', 'outbound')}"]
collect_every = "1h"
[limits]
requests = "60000/min"
connections = 2
"""

    def claimgate(self, *arguments):
        return run(CLAIMGATE, *arguments, "--config", "gateway.toml", cwd=self.folder)

    def start_payer(self):
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        self.write("sshd_config", f"""Port {self.payer_port}
ListenAddress 127.0.0.1
HostKey {self.path('payer_host')}
AuthorizedKeysFile {self.path('to_payer.pub')}
PermitRootLogin yes
StrictModes no
PasswordAuthentication no
UsePAM no
PidFile none
Subsystem sftp internal-sftp
""")
        with open(self.path("sshd.log"), "w") as log:
            sshd = [need("/usr/sbin/sshd"), "-D", "-e", "-f", self.path("sshd_config")]
            self.children.append(subprocess.Popen(sshd, stderr=log))

    def start(self):
        log = open(self.path("gateway.log"), "a")
        command = [CLAIMGATE, "serve", "--config", "gateway.toml"]
        self.gateway = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        self.children.append(self.gateway)
        ready(self.gateway, self.ops, self.path("gateway.log"))

    def close(self, keep=False):
        self.end_all()
        if keep:
            print(f"kept {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def end_all(self):
        for child in self.children:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in self.children:
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def delivered(self):
        """Files that the payer has whole; none once the world is closed."""
        try:
            return [name for name in os.listdir(self.inbox) if not name.startswith(".")]
        except FileNotFoundError:
            return []

    def line(self, key=None):
        """A submitter's connection; another partner's with its key."""
        return Line(self, key or self.key)


def ready(gateway, ops, log):
    """Waits until a gateway that was started takes work."""
    until = time.monotonic() + 60
    while time.monotonic() < until and gateway.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{ops}/readyz", timeout=1)
            return
        except OSError:
            time.sleep(0.05)
    with open(log) as log:
        sys.exit("bench/gateway: claimgate serve did not come up\n" + log.read()[-2000:])


def run(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench/gateway: {' '.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Line:
    """One kept-alive HTTPS connection, with as little of Python as can be in between."""

    def __init__(self, world, key):
        self.world, self.key, self.socket = world, key, None
        self.connect()

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.world.https))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = self.world.trust.wrap_socket(plain, server_hostname="localhost")

    def call(self, method, path, body=b"", kind="application/edi-x12"):
        """Status, JSON, and when the last byte had been sent."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.key}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        if len(body) < 65536:
            self.socket.sendall(head + body)
        else:
            self.socket.sendall(head)
            self.socket.sendall(body)
        sent = time.monotonic()
        got = b""
        while (end := got.find(b"\r\n\r\n")) < 0:
            part = self.socket.recv(65536)
            if not part:
                raise OSError("the gateway closed the connection")
            got += part
        head, rest = got[:end].lower(), got[end + 4 :]
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in head else 0
        while len(rest) < length:
            rest += self.socket.recv(65536)
        return int(head.split()[1]), rest, sent

    def get(self, path):
        status, body, _ = self.call("GET", path)
        return json.loads(body) if status == 200 else None


class Watch:
    """What the gateway's process takes: processor seconds by name of thread, and the most memory, sampled."""

    def __init__(self, process):
        self.pid, self.threads, self.peak = process, {}, 0
        self.base = self.seconds()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.sample, daemon=True)
        self.thread.start()

    def seconds(self):
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def look(self):
        try:
            for thread in os.listdir(f"/proc/{self.pid}/task"):
                with open(f"/proc/{self.pid}/task/{thread}/stat") as file:
                    name, _, rest = file.read().partition("(")[2].rpartition(")")
                fields = rest.split()
                taken = (int(fields[11]) + int(fields[12])) / TICKS
                known = self.threads.setdefault(thread, [name, taken, taken])
                known[2] = taken
            with open(f"/proc/{self.pid}/status") as file:
                for line in file:
                    if line.startswith("VmRSS"):
                        self.peak = max(self.peak, int(line.split()[1]) * 1024)
        except OSError:
            pass  # A thread that ended between the two looks.

    def sample(self):
        while not self.ended.wait(0.1):
            self.look()

    def end(self):
        """Processor seconds in all, by name of thread, and the peak of memory."""
        self.look()
        self.ended.set()
        self.thread.join()
        names = {}
        for name, first, last in self.threads.values():
            kind = name.rstrip("0123456789-")
            names[kind] = names.get(kind, 0) + last - first
        return self.seconds() - self.base, {k: v for k, v in names.items() if v >= 0.05}, self.peak
