"""Billing companies that hand in small files over HTTPS and SFTP, each until it is told that it is kept."""
import http.client
import json
import threading

from claims import File


class Load:
    def __init__(self, world, chance, first):
        self.world, self.chance, self.files, self.first = world, chance, 0, first
        self.lock, self.enough = threading.Lock(), threading.Event()
        self.told, self.submissions, self.again, self.fault = [], {}, 0, None
        self.threads = [threading.Thread(target=self.guarded, args=(way,), daemon=True)
                        for way in (self.over_https, self.over_https, self.over_sftp)]
        self.abandoned = threading.Event()

    def start(self):
        for thread in self.threads:
            thread.start()

    def end(self):
        """Lets those who are handing in a file finish it."""
        self.enough.set()
        for thread in self.threads:
            thread.join(120)
            if thread.is_alive():
                raise AssertionError(f"a file is not taken:\n{self.world.log_tail()}")
        if self.fault:
            raise self.fault

    def give_up(self):
        self.enough.set()
        self.abandoned.set()

    def guarded(self, way):
        try:
            while not self.enough.wait(self.chance.random() * 0.15):
                way(self.next())
        except BaseException as fault:
            self.fault = fault

    def next(self):
        with self.lock:
            self.files += 1
            payer = self.chance.choice(self.world.payers)
            # One in six does not fit a single frame of a payload.
            large = 1_300_000 if self.chance.random() < 1 / 6 else 0
            return File(self.first + self.files, self.chance.randint(1, 4), payer.ident, large)

    def note(self, file, submission=None):
        with self.lock:
            self.told.append(file)
            if submission:
                self.submissions[submission] = file

    def over_https(self, file):
        tries = 0
        while not self.abandoned.is_set():
            tries += 1
            try:
                status, body = self.world.call("POST", "/v1/submissions", file.bytes)
            except (OSError, http.client.HTTPException):
                # Killed: whether it was kept is not known, so it is handed in again.
                self.abandoned.wait(0.05)
                continue
            if status == 409 and tries > 1:
                with self.lock:
                    self.again += 1
            elif status != 202:
                raise AssertionError(f"POST /v1/submissions: {status} {body[:500]}\n{self.world.log_tail()}")
            return self.note(file, json.loads(body)["id"])

    def over_sftp(self, file):
        name = f"{file.number}.837"
        (self.world.folder / name).write_bytes(file.bytes)
        way = f"put {name} inbound/{name}\n"
        if file.number % 3 == 0:
            way = f"put {name} inbound/{name}.tmp\nrename inbound/{name}.tmp inbound/{name}\n"
        while not self.abandoned.is_set():
            if self.world.put(name, way):
                return self.note(file)
            self.abandoned.wait(0.05)
