"""`casement emulate nanit` as a test drives it: what it tells, and lines that make something happen. And how a hub is looked at beside it."""
import datetime
import json
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request

from emulator import Emulator
from house import BINARY


class Nanit(Emulator):
    def __init__(self, folder, *options):
        super().__init__("nanit", folder, *options)

    def ask(self, method, path, body=None, token=None):
        request = urllib.request.Request(self.started["api"] + path, method=method, data=None if body is None else json.dumps(body).encode())
        if token:
            request.add_header("Authorization", token)
        try:
            context = ssl.create_default_context(cafile=self.ca_file) if request.type == "https" else None
            with urllib.request.urlopen(request, timeout=10, context=context) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)


def sign_in(house, *more):
    return subprocess.run([BINARY, "-c", str(house.config), "login", "nanit", "--account", "emulated", "--email", "parent@example.org", "--password-file", "-",
                           *more], input="nursery\n", capture_output=True, text=True, env=house.env, timeout=30)


class Line:
    """The line between camera and hub, which can be cut: the camera's pictures go through it, nothing else does."""

    def __init__(self, port):
        self.to, self.is_up, self.pairs = port, True, []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            camera, _ = self.server.accept()
            if not self.is_up:
                camera.close()
                continue
            hub = socket.create_connection(("127.0.0.1", self.to))
            self.pairs.append((camera, hub))
            for source, sink in ((camera, hub), (hub, camera)):
                threading.Thread(target=self.carry, args=(source, sink), daemon=True).start()

    @staticmethod
    def carry(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end_of_line in (source, sink):
            try:
                end_of_line.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        self.is_up = False
        for pair in self.pairs:
            for end_of_line in pair:
                try:
                    end_of_line.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.pairs = []

    def mend(self):
        self.is_up = True


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def gaps_between(house, camera, since, until):
    """[(begin, end, reason, sentence)] of the recording: pictures that nobody has. A slate is not recorded."""
    answer = house.api("GET", f"/api/v1/cameras/{camera}/recordings?from={iso(since)}&to={iso(until)}")
    return [(moment(gap["start"]), moment(gap["end"]), gap["reason"], gap.get("text", "")) for gap in answer["gaps"]]


def gaps(house, camera, since):
    """[(seconds, reason, sentence)]"""
    return [(round(b - a, 2), reason, text) for a, b, reason, text in gaps_between(house, camera, since, time.time())]


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
