#!/usr/bin/env python3
"""How fast POST /v1/claim-status answers: a gateway of its own with some claims, asked RATE times a second over HTTPS for
SECONDS by submitters' connections that stay open, each question for another claim. Prints one JSON object; ends with 1
when an answer was wrong, or the slowest of a hundred took longer than LIMIT_MS.

    bench/claim_status.py [--claimgate target/release/claimgate] [--claims 20000] [--rate 100] [--seconds 20]
"""

import argparse
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIMIT_MS = 100
CONNECTIONS = 8


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def segments_file(group, guide, number, segments):
    body = "".join(segment + "~" for segment in segments)
    return (
        f"ISA*00*          *00*          *ZZ*ACMEBILL       *ZZ*CLAIMGATE      *261102*1200*^*00501*{number:09}*0*T*:~"
        f"GS*{group}*ACMEBILL*CLAIMGATE*20261102*1200*1*X*{guide}~{body}GE*1*1~IEA*1*{number:09}~"
    ).encode()


def claims_file(number, first, count):
    segments = ["ST*837*0001*005010X222A1", f"BHT*0019*00*B{number}*20261102*1200*CH", "NM1*41*2*ACME*****46*ACMEBILL"]
    segments += ["PER*IC*SUPPORT*TE*8005550100", "NM1*40*2*CLAIMGATE*****46*CLAIMGATE", "HL*1**20*1"]
    segments += ["NM1*85*2*LAKESIDE*****XX*1234567893", "N3*100 MAIN ST", "N4*SPRINGFIELD*IL*627011234"]
    segments += ["REF*EI*123456789"]
    for place in range(count):
        claim, charge = first + place, f"{100 + (first + place) % 900}.{(first + place) % 100:02}".rstrip("0").rstrip(".")
        segments += [f"HL*{place + 2}*1*22*0", "SBR*P*18*GRP1******CI", f"NM1*IL*1*DOE*JANE****MI*W{claim:09}"]
        segments += ["N3*1 OAK AVE", "N4*SPRINGFIELD*IL*62702", "DMG*D8*19800615*F", "NM1*PR*2*BLUE STAR*****PI*BSTAR"]
        segments += [f"CLM*P{claim:09}*{charge}***11:B:1*Y*A*Y*Y", "HI*ABK:E119", "LX*1"]
        segments += [f"SV1*HC:99213*{charge}*UN*1***1", f"DTP*472*D8*202610{claim % 28 + 1:02}"]
    segments.append(f"SE*{len(segments) + 1}*0001")
    return segments_file("HC", "005010X222A1", number, segments)


def question(claim):
    segments = ["ST*276*0001*005010X212", "BHT*0010*13*Q1*20261102*1200", "HL*1**20*1"]
    segments += ["NM1*PR*2*BLUE STAR*****PI*BSTAR", "HL*2*1*21*1", "NM1*41*2*ACME*****46*ACMEBILL", "HL*3*2*19*1"]
    segments += ["NM1*1P*2*LAKESIDE*****XX*1234567893", "HL*4*3*22*0", "DMG*D8*19800615*F"]
    segments += [f"NM1*IL*1*DOE*JANE****MI*W{claim:09}", f"TRN*1*Q{claim}", f"REF*EJ*P{claim:09}"]
    segments.append(f"SE*{len(segments) + 1}*0001")
    return segments_file("HR", "005010X212", 7, segments)


class Gateway:
    def __init__(self, claimgate, folder):
        self.claimgate, self.folder, self.ports = claimgate, folder, [free_port() for _ in range(3)]
        os.mkdir(os.path.join(folder, "partners"))
        self.write("gateway.toml", "[listen]\n" + "".join(
            f'{name} = "127.0.0.1:{port}"\n' for name, port in zip(("https", "sftp", "ops"), self.ports)
        ) + f'[paths]\nschemas = "{ROOT}/schemas"\n[log]\nlevel = "warn"\n')
        self.write("partners/acme.toml", 'kind = "submitter"\nname = "Acme"\n[interchange]\nqualifier = "ZZ"\nid = "ACMEBILL"\n'
                   '[limits]\nsubmissions = "6000/min"\n')
        key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ"
        self.write("partners/bluestar.toml", 'kind = "payer"\nname = "Blue Star"\npayer_ids = ["BSTAR"]\naccepts = ["837P"]\n'
                   '[interchange]\nqualifier = "ZZ"\nid = "BLUESTAR"\n[batch]\nrelease = "every 5m"\n[endpoint]\ntype = "hosted"\n'
                   f'[sftp]\npublic_keys = ["{key}"]\n')
        self.run("certs", "init")
        self.key = self.run("key", "create", "--partner", "acme").splitlines()[-1]
        self.process = subprocess.Popen([claimgate, "serve"], cwd=folder)
        self.tls = ssl.create_default_context(cafile=os.path.join(folder, "certs", "ca.crt"))
        for _ in range(600):
            try:
                return self.connection().connect()
            except OSError:
                time.sleep(0.1)
        sys.exit("bench/claim_status.py: the gateway does not answer")

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    def run(self, *args):
        done = subprocess.run([self.claimgate, *args], cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"bench/claim_status.py: claimgate {' '.join(args)}: {done.stderr}")
        return done.stdout

    def connection(self):
        return http.client.HTTPSConnection("localhost", self.ports[0], context=self.tls, timeout=60)

    def post(self, connection, path, body):
        connection.request("POST", path, body, {"Authorization": f"Bearer {self.key}"})
        answer = connection.getresponse()
        return answer.status, answer.read()


def ask(gateway, place, args, began, took, wrong):
    """One connection's share: question n is asked at its own time, however long the ones before took."""
    connection = gateway.connection()
    connection.connect()
    for n in range(place, args.rate * args.seconds, CONNECTIONS):
        due = began + n / args.rate
        time.sleep(max(0.0, due - time.monotonic()))
        claim = n * 7919 % args.claims
        status, body = gateway.post(connection, "/v1/claim-status", question(claim))
        # From when it was due, so that one slow answer does not hide those that waited behind it.
        took.append(time.monotonic() - due)
        if status != 200 or f"REF*EJ*P{claim:09}~".encode() not in body or b"STC*A1:19:40*" not in body:
            wrong.append((status, body))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claimgate", default=os.path.join(ROOT, "target", "release", "claimgate"))
    for name, default in (("claims", 20_000), ("rate", 100), ("seconds", 20)):
        parser.add_argument(f"--{name}", type=int, default=default)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="claimgate-bench-") as folder:
        gateway = Gateway(os.path.abspath(args.claimgate), folder)
        try:
            connection = gateway.connection()
            for number, first in enumerate(range(0, args.claims, 2_000), 1):
                count = min(2_000, args.claims - first)
                status, body = gateway.post(connection, "/v1/submissions?wait=60", claims_file(number, first, count))
                if status != 200 or json.loads(body)["accepted_claims"] != count:
                    sys.exit(f"bench/claim_status.py: the claims were not taken: {status} {body[:500]}")
            took, wrong, began = [], [], time.monotonic() + 0.5
            threads = [threading.Thread(target=ask, args=(gateway, n, args, began, took, wrong)) for n in range(CONNECTIONS)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
        finally:
            gateway.process.terminate()
            gateway.process.wait()
    took.sort()
    at = lambda share: round(took[min(len(took) - 1, int(len(took) * share))] * 1000, 1)
    figures = {"claims": args.claims, "rate": args.rate, "asked": len(took), "wrong": len(wrong), "p50_ms": at(0.5),
               "p95_ms": at(0.95), "p99_ms": at(0.99), "max_ms": at(1), "limit_p99_ms": LIMIT_MS,
               "load": round(os.getloadavg()[0], 1)}
    print(json.dumps(figures))
    if wrong:
        print(wrong[0], file=sys.stderr)
    sys.exit(1 if wrong or len(took) < args.rate * args.seconds or figures["p99_ms"] > LIMIT_MS else 0)


if __name__ == "__main__":
    main()
