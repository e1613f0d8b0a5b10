"""A gateway as a process of its own, in a folder of its own, with an OpenSSH server and an HTTPS service as payers."""
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import answers

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"
PORTS = iter(range(20_000 + os.getpid() % 9_000, 31_900))


def free_port():
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no port is free")


def run(*command, cwd=None, ok=True, stdin=None):
    done = subprocess.run(list(map(str, command)), cwd=cwd, input=stdin, capture_output=True)
    if ok and done.returncode != 0:
        raise RuntimeError(f"{command}: {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
    return done


# Ends what it starts when the harness ends, however that is.
TIED = ["setpriv", "--pdeathsig", "KILL", "--"]


def ssh_key(path):
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path)
    return pathlib.Path(f"{path}.pub").read_text().strip()


def sshd():
    return shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin")


class Payer:
    """What every payer has: a folder of what it was sent, one of what it answers, and what it took."""

    def __init__(self, world, name, ident, takes):
        self.world, self.name, self.ident, self.takes = world, name, ident, takes
        self.folder = world.folder / name
        for part in ("inbound", "outbound", "taken"):
            (self.folder / part).mkdir(parents=True)
        self.port, self.answered, self.stop = free_port(), {}, threading.Event()

    def names(self, part):
        hidden = (".tmp", ".part", ".filepart")
        return sorted(n for n in os.listdir(self.folder / part) if not n.startswith(".") and not n.endswith(hidden))

    def arrived(self):
        """Every file that counts here, by name: taken or not."""
        files = {}
        for part in ("taken", "inbound"):
            for name in self.names(part):
                try:
                    data = (self.folder / part / name).read_bytes()
                except FileNotFoundError:
                    # Taken between the list and the reading.
                    data = (self.folder / "taken" / name).read_bytes()
                if name in files and files[name] != data:
                    raise AssertionError(f"{self.name} got {name} twice, and not alike")
                files[name] = data
        return files

    def leave(self, name, data):
        hidden = self.folder / f"hidden-{name}"
        hidden.write_bytes(data)
        hidden.rename(self.folder / "outbound" / name)

    def work(self, chance):
        """Answers what came, in any order, some answers twice; and takes it away when that is its way."""
        for name, data in self.arrived().items():
            if name in self.answered:
                continue
            made = answers.all_of(self.ident, data)
            chance.shuffle(made)
            self.answered[name] = made
            for kind, answer in made:
                self.leave(f"{name}.{kind}", answer)
                if chance.random() < 0.1:
                    self.leave(f"{name}.{kind}.again", answer)
        if self.takes:
            for name in self.names("inbound"):
                if name in self.answered and chance.random() < 0.7:
                    os.rename(self.folder / "inbound" / name, self.folder / "taken" / name)

    def working(self, chance):
        while not self.stop.wait(0.1):
            self.work(chance)

    def end(self):
        self.stop.set()


class SftpPayer(Payer):
    def start(self):
        host = ssh_key(self.folder / "host")
        login = ssh_key(self.world.folder / "certs" / f"{self.name}_ed25519")
        (self.folder / "authorized").write_text(login + "\n")
        (self.folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host\n"
            f"AuthorizedKeysFile {self.folder}/authorized\nPermitRootLogin yes\nStrictModes no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nPidFile none\nMaxStartups 100\n"
            "Subsystem sftp internal-sftp\n")
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        log = open(self.folder / "sshd.log", "ab")
        self.process = subprocess.Popen([*TIED, sshd(), "-D", "-e", "-f", str(self.folder / "sshd_config")], stdout=log, stderr=log)
        user = run("id", "-un").stdout.decode().strip()
        return (f'type = "sftp"\nhost = "127.0.0.1"\nport = {self.port}\nuser = "{user}"\n'
                f'private_key = "certs/{self.name}_ed25519"\nhost_key = "{host}"\nupload_to = "{self.folder}/inbound"\n'
                f'collect_from = ["{self.folder}/outbound"]\nafter_collect = "delete"\n')

    def end(self):
        super().end()
        self.process.kill()
        self.process.wait()


class HttpsPayer(Payer):
    """Takes each `Idempotency-Key` once, and says of a repeat that it has it."""

    def start(self):
        payer, keys, lock = self, {}, threading.Lock()

        class Desk(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def say(self, status, body, kind="application/json"):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def body(self):
                if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                parts = []
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)

            def do_POST(self):
                length = self.headers.get("Content-Length")
                body = self.body()
                if length is not None and len(body) != int(length):
                    # The gateway was killed while it sent: nothing was taken.
                    self.close_connection = True
                    return
                name, key = os.path.basename(self.headers["X-File-Name"]), self.headers["Idempotency-Key"]
                with lock:
                    fresh = key not in keys
                    if fresh:
                        keys[key] = body
                        (payer.folder / "new").write_bytes(body)
                        os.rename(payer.folder / "new", payer.folder / "inbound" / name)
                    elif keys[key] != body:
                        payer.world.faults.append(f"{payer.name} got two files under the key {key}")
                self.say(202 if fresh else 409, b"{}")

            def do_GET(self):
                name = self.path.strip("/").partition("/")[2]
                outbound = payer.folder / "outbound"
                if not name:
                    files = [{"name": n, "bytes": (outbound / n).stat().st_size} for n in payer.names("outbound")]
                    return self.say(200, json.dumps({"files": files}).encode())
                path = outbound / os.path.basename(name)
                if path.is_file():
                    return self.say(200, path.read_bytes(), "application/edi-x12")
                self.say(404, b"{}")

        run(self.world.binary, "certs", "init", cwd=self.folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "certs/server.crt", self.folder / "certs/server.key")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Desk)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return (f'type = "https"\nurl = "https://localhost:{self.port}/claims"\n'
                f'collect_url = "https://localhost:{self.port}/responses"\nca = "{self.folder}/certs/ca.crt"\n')

    def end(self):
        super().end()
        self.server.shutdown()
        self.server.server_close()


class World:
    def __init__(self, binary, folder, store, takes):
        self.binary, self.folder, self.store, self.faults = binary, folder, store, []
        self.https, self.sftp, self.ops = free_port(), free_port(), free_port()
        self.process = None
        (folder / "partners").mkdir(parents=True)
        self.write("gateway.toml",
                   '[gateway]\nid = "CLAIMGATE"\nqualifier = "ZZ"\nusage = "T"\n'
                   f'[listen]\nhttps = "127.0.0.1:{self.https}"\nsftp = "127.0.0.1:{self.sftp}"\nops = "127.0.0.1:{self.ops}"\n'
                   f'[store]\nurl = "{store}"\n[payloads]\nurl = "file:var/payloads"\n'
                   f'[paths]\npartners = "partners"\nschemas = "{SCHEMAS}"\ncerts = "certs"\n')
        self.claimgate("certs", "init")
        public = ssh_key(folder / "acme_ed25519")
        self.write("partners/acme.toml",
                   'kind = "submitter"\nname = "Acme Billing"\n[interchange]\nqualifier = "ZZ"\nid = "ACMEBILL"\n'
                   f'[identity]\netins = []\nnpis = []\n[sftp]\npublic_keys = ["{public}"]\n'
                   '[acks]\nta1 = "always"\nforward = ["999", "277CA", "277", "835"]\n[limits]\nsubmissions = "100000/min"\n')
        self.payers = [SftpPayer(self, "bluestar", "BLUESTAR", takes), HttpsPayer(self, "redmoon", "REDMOON", takes)]
        for payer in self.payers:
            self.write(f"partners/{payer.name}.toml",
                       f'kind = "payer"\nname = "{payer.ident}"\npayer_ids = ["{payer.ident}"]\naccepts = ["837P"]\n'
                       f'[interchange]\nqualifier = "ZZ"\nid = "{payer.ident}"\n[batch]\nrelease = "immediate"\nalone_from = 2\n'
                       f'[endpoint]\n{payer.start()}collect_every = "1s"\n'
                       'file_name = "{payer}_{date}_{time}_{batch}.837"\n'
                       '[limits]\nrequests = "6000/min"\nconnections = 2\n'
                       '[retry]\nfirst = "1s"\nmax = "1s"\ngive_up_after = "1h"\n')
        self.key = self.claimgate("key", "create", "--partner", "acme").stdout.decode().splitlines()[-1]
        known = (folder / "certs/ssh_host_ed25519.pub").read_text()
        self.write("known_hosts", f"[127.0.0.1]:{self.sftp} {known}")
        self.trust = ssl.create_default_context(cafile=folder / "certs/ca.crt")

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def claimgate(self, *args, ok=True):
        return run(self.binary, *args, cwd=self.folder, ok=ok)

    def start(self, crash_at=None):
        environment = {**os.environ, "RUST_LOG": "info"}
        environment.pop("CLAIMGATE_CRASH_AT", None)
        if crash_at:
            environment["CLAIMGATE_CRASH_AT"] = crash_at
        log = open(self.folder / "gateway.log", "ab")
        self.process = subprocess.Popen([*TIED, self.binary, "serve"], cwd=self.folder, env=environment, stdout=log, stderr=log)
        log.close()

    def wait_ready(self, patience=60):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"the gateway ended with {self.process.returncode}:\n{self.log_tail()}")
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.ops, timeout=2)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"the gateway is not ready:\n{self.log_tail()}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        return self.process.wait()

    def stop(self):
        self.process.terminate()
        status = self.process.wait(40)
        if status != 0:
            raise AssertionError(f"the gateway ended with {status} when it was told to stop:\n{self.log_tail()}")

    def log_tail(self):
        return "\n".join((self.folder / "gateway.log").read_text(errors="replace").splitlines()[-25:])

    def call(self, method, path, body=None, timeout=60):
        """Status and body; an OSError or HTTPException when no whole answer came."""
        connection = http.client.HTTPSConnection("localhost", self.https, context=self.trust, timeout=timeout)
        try:
            headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/edi-x12"}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def get(self, path):
        status, body = self.call("GET", path)
        if status != 200:
            raise AssertionError(f"GET {path}: {status} {body[:500]}")
        return json.loads(body)

    def all(self, path, cursor):
        items, start = [], ""
        while True:
            page = self.get(path + start)
            items += page["items"]
            if page["next"] is None:
                return items
            start = f"{'&' if '?' in path else '?'}{cursor}={page['next']}"

    def mail(self, kind):
        files = []
        for item in self.all(f"/v1/mailbox?kind={kind}", "after"):
            status, body = self.call("GET", f"/v1/mailbox/{item['id']}")
            if status != 200:
                raise AssertionError(f"mail {item['id']}: {status}")
            files.append(body)
        return files

    def put(self, local, commands):
        """One visit of OpenSSH's `sftp`; whether every command was answered well."""
        options = ["BatchMode=yes", "IdentitiesOnly=yes", "LogLevel=ERROR", "StrictHostKeyChecking=yes",
                   f"UserKnownHostsFile={self.folder}/known_hosts", "ConnectTimeout=20", "ServerAliveInterval=10"]
        command = ["sftp", "-b", "-", "-P", str(self.sftp), "-i", str(self.folder / "acme_ed25519")]
        for option in options:
            command += ["-o", option]
        return run(*command, "acme@127.0.0.1", cwd=self.folder, ok=False, stdin=commands.encode()).returncode == 0

    def end(self):
        if self.process and self.process.poll() is None:
            self.kill()
        for payer in self.payers:
            payer.end()
