"""`casement emulate nanit` as a test drives it: what it tells, and lines that make something happen. And how a hub is looked at beside it."""
import datetime
import json
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request

from house import BINARY, background, wait_until


class Nanit:
    def __init__(self, folder, *options):
        self.told = []
        self.ca_file = str(folder / "ca.pem")
        self.process = subprocess.Popen([BINARY, "emulate", "nanit", "--json", "--any-ports", "--ca-file", self.ca_file, *options], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        threading.Thread(target=lambda: self.told.extend(map(json.loads, self.process.stdout)), daemon=True).start()
        self.started = self.wait("started")

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait(self, what, times=1):
        return wait_until(f"it tells {what}", lambda: [t for t in self.told if t["what"] == what][times - 1:times])[0]

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

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(10)
        assert status == 0, f"it ended with {status}: {self.process.stderr.read()}"


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


class Viewer:
    """Reads a stream with ffmpeg and keeps every packet's time, on the stream's line and on ours."""

    def __init__(self, house, folder, camera):
        self.log = folder / f"viewer-{camera}.log"
        self.process = background("ffmpeg", "-v", "info", "-rtsp_transport", "tcp", "-i", house.rtsp(camera), "-map", "0:v", "-c", "copy", "-f", "framecrc", "-", log=self.log)

    def packets(self):
        """dts in seconds."""
        out, base = [], None
        for line in self.log.read_text(errors="replace").splitlines():
            if line.startswith("#tb 0:"):
                up, down = line.split(":")[1].strip().split("/")
                base = int(up) / int(down)
            elif base and line[:2] == "0," and line.count(",") >= 5:
                out.append(int(line.split(",")[1]) * base)
        return out

    def check(self, what):
        assert self.process.poll() is None, f"{what}: the viewer was thrown out:\n{self.log.read_text()[-2000:]}"
        times = self.packets()[1:]  # ffmpeg 5 knows no time of the first one while it has no report of a second track
        assert all(b > a for a, b in zip(times, times[1:])), f"{what}: time went back"
        return times

    def flows(self, what, seconds=20):
        """Pictures come as from a camera; a slate is one a second."""
        def has_come():
            before = len(self.packets())
            time.sleep(1)
            return len(self.packets()) >= before + 6
        wait_until(what, has_come, seconds)
        self.check(what)
