"""A billing company's receiver of webhooks for the tests. POST writes headers and body into told/. Started in its folder
with the port as its argument. A file `trouble` there makes it answer with the status in it; each such answer is counted
in the file `refused`. A file `silent` makes it hear a message, which it notes in `heard`, and not answer while it is
there."""
import http.server
import json
import os
import ssl
import sys
import time


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

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
        status = 204
        if os.path.exists("silent"):
            # Named while nobody is answered; whoever asks has gone before that ends.
            with open("heard", "a") as file:
                file.write(self.headers["webhook-id"] + "\n")
            while os.path.exists("silent"):
                time.sleep(0.05)
            self.close_connection = True
            return
        if os.path.exists("trouble"):
            status = int(open("trouble").read())
            with open("refused", "a") as file:
                file.write(self.headers["webhook-id"] + "\n")
        else:
            told = {"path": self.path, "body": body.decode()}
            told |= {name.lower(): value for name, value in self.headers.items()}
            with open("new", "w") as file:
                json.dump(told, file)
            os.rename("new", os.path.join("told", "%06d.json" % len(os.listdir("told"))))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


# One at a time, so that what is told is numbered in its order.
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("server.crt", "server.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
