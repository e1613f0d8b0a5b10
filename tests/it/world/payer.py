"""A payer's HTTPS service for the tests. POST /claims takes an 837 into inbound/; GET /responses lists outbound/;
GET /responses/NAME gives a file of it. Callers show a certificate of ca.crt. Started in the payer's folder with the
port as its argument. A file `trouble` there makes it answer POST with the status in it."""
import hashlib
import http.server
import json
import os
import ssl
import sys
import threading

LOCK = threading.Lock()
KEYS = {}


class Payer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def say(self, status, **words):
        self.answer(status, json.dumps(words).encode())

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_POST(self):
        body = self.body()
        if os.path.exists("trouble"):
            return self.say(int(open("trouble").read()), error="not now")
        if not self.path.startswith("/claims") or not body:
            return self.say(404, error="nothing is taken here")
        digest = hashlib.sha256(body).hexdigest()[:16]
        name = self.headers.get("X-File-Name") or self.path[len("/claims/"):] or digest + ".837"
        name = os.path.basename(name)
        mark = self.headers.get("Idempotency-Key") or name
        with LOCK:
            if mark not in KEYS:
                KEYS[mark] = digest
                with open("new", "wb") as file:
                    file.write(body)
                os.rename("new", os.path.join("inbound", name))
            elif KEYS[mark] != digest:
                return self.say(409, error="another file was taken under this name")
        self.say(202, name=name, bytes=len(body))

    def do_GET(self):
        folder, _, name = self.path.strip("/").partition("/")
        if folder == "responses" and not name:
            names = sorted(os.listdir("outbound"))
            sizes = [{"name": n, "bytes": os.path.getsize(os.path.join("outbound", n))} for n in names]
            return self.say(200, files=sizes)
        place = {"responses": "outbound", "claims": "inbound"}.get(folder)
        path = os.path.join(place or "", os.path.basename(name))
        if not place or not name or not os.path.isfile(path):
            return self.say(404, error="there is no such file")
        with open(path, "rb") as file:
            whole = file.read()
        if place == "inbound":
            return self.say(200, name=name, bytes=len(whole))
        self.answer(200, whole, "application/edi-x12")


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Payer)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("server.crt", "server.key")
context.load_verify_locations("ca.crt")
context.verify_mode = ssl.CERT_REQUIRED
# The handshake is each connection's own thread's, so that a caller that says nothing holds up nobody.
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
