#!/usr/bin/env python3
"""Viewers of every kind and publishers come and go while the configuration is read again and again; then the hub is told to stop, once
with everybody still connected and once impatiently. It must answer throughout, end in time with status 0, and a build with a sanitizer
must have nothing to report (script/sanitize runs it so).

E2E_SECONDS: length of the first part (15 by default). E2E_SEED: repeats a run.
"""
import base64
import json
import http.client
import os
import random
import signal
import socket
import sys
import threading
import time
import urllib.error

from clips import clip
from house import TOKEN, House, background, end, work_folder

SECONDS = float(os.environ.get("E2E_SECONDS", "15"))
SEED = int(os.environ.get("E2E_SEED", str(int(time.time()))))
WORKERS = 6
DEMO = ["garden", "hall", "workshop"]
IO_THREADS = 4
REPORTS = ["ThreadSanitizer", "AddressSanitizer", "LeakSanitizer", "runtime error:"]
# Every wait of a client: an instrumented hub on a busy machine is slow, a hub that hangs is not let off.
PATIENCE = 30


class Client:
    """One of the many. Each action is done by a real client, ends by itself or is cut off, and says whether it got what it came for."""

    def __init__(self, house, seed):
        self.house, self.rng = house, random.Random(seed)
        self.got, self.tried, self.failures = {}, {}, []

    def any_camera(self):
        return self.rng.choice(DEMO)

    def ffmpeg(self, *args):
        """True when it ended by itself; a third of them are killed on the way."""
        process = background("nice", "ffmpeg", "-v", "error", "-y", *args, "-f", "null", "-")
        try:
            if self.rng.random() < 0.3:
                time.sleep(self.rng.random() * 2)
                return False
            return process.wait(PATIENCE) == 0
        except Exception:
            return False
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def rtsp_tcp(self):
        return self.ffmpeg("-rtsp_transport", "tcp", "-i", self.house.rtsp(self.any_camera()), "-map", "0", "-c", "copy", "-t", "1")

    def rtsp_udp(self):
        return self.ffmpeg("-rtsp_transport", "udp", "-i", self.house.rtsp(self.any_camera()), "-map", "0", "-c", "copy", "-t", "1")

    def rtmp(self):
        return self.ffmpeg("-i", self.house.rtmp(self.any_camera()), "-map", "0", "-c", "copy", "-t", "1")

    def publish_rtmp(self):
        return self.publish("rtmp", "flv")

    def publish_rtsp(self):
        return self.publish("rtsp", "rtsp")

    def publish(self, scheme, form):
        """Two of them at once and one replaces the other."""
        transport = self.rng.choice([["-rtsp_transport", "tcp"], ["-rtsp_transport", "udp"]]) if form == "rtsp" else []
        process = background("nice", "ffmpeg", "-v", "error", "-re", "-i", clip("h264", "aac"), "-map", "0", "-c", "copy", "-f", form, *transport,
                             self.house.publish_url(scheme, "door"))
        time.sleep(1 + self.rng.random() * 3)
        alive = process.poll() is None
        if self.rng.random() < 0.5:
            process.kill()
        end(process)
        return alive

    def ask(self, path):
        with self.house.request("GET", path, timeout=PATIENCE) as answer:
            return answer.read()

    def api(self):
        camera = self.any_camera()
        for path in ["/api/v1/cameras", f"/api/v1/cameras/{camera}", "/api/v1/health", "/api/v1/events?limit=20", "/api/v1/openapi.json", "/api/streams", "/"]:
            assert self.ask(path), path
        return True

    def pictures(self):
        camera = self.any_camera()
        assert self.ask(f"/api/v1/cameras/{camera}/snapshot.jpg").startswith(b"\xff\xd8")
        return self.ask(f"/api/frame.jpeg?src={camera}").startswith(b"\xff\xd8")

    def footage(self):
        now = time.time()
        span = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t)) for t in (now - 20, now)]
        camera = self.any_camera()
        self.ask(f"/api/v1/cameras/{camera}/recordings?from={span[0]}&to={span[1]}")
        return len(self.ask(f"/api/v1/cameras/{camera}/recording.mp4?from={span[0]}&to={span[1]}")) > 1000

    def hls(self):
        camera = self.any_camera()
        lines = self.ask(f"/hls/{camera}/index.m3u8").decode().splitlines()
        parts = [line for line in lines if line and not line.startswith("#")]
        parts += [line.split('"')[1] for line in lines if line.startswith("#EXT-X-MAP")]
        return all(self.ask(f"/hls/{camera}/{part}") for part in parts[-3:]) and bool(parts)

    def endless(self, path):
        """Reads a little of an answer that has no end, and leaves."""
        with self.house.request("GET", path, timeout=PATIENCE) as answer:
            until = time.monotonic() + self.rng.random() * 2
            while time.monotonic() < until and answer.read1(65536):
                pass
            return answer.status == 200

    def motion_jpeg(self):
        return self.endless(f"/api/stream.mjpeg?src={self.any_camera()}")

    def feed(self):
        # A comment comes every 15 s at the latest, a change of a camera sooner; only the beginning is waited for.
        with self.house.request("GET", "/api/v1/events/stream", timeout=PATIENCE) as answer:
            time.sleep(self.rng.random() * 2)
            return answer.status == 200

    def websocket(self):
        with socket.create_connection(("127.0.0.1", self.house.http_port), timeout=PATIENCE) as s:
            key = base64.b64encode(self.rng.randbytes(16)).decode()
            s.sendall((f"GET /api/ws?src={self.any_camera()} HTTP/1.1\r\nHost: 127.0.0.1:{self.house.http_port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {TOKEN}\r\n\r\n").encode())
            kind = self.rng.choice(["mse", "mse", "mp4", "mjpeg"])
            text = json.dumps({"type": kind, "value": "avc1.640029,avc1.64002A,mp4a.40.2,opus"}).encode()
            mask = self.rng.randbytes(4)
            s.sendall(bytes([0x81, 0x80 | len(text)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(text)))
            got = 0
            until = time.monotonic() + 1 + self.rng.random() * 3
            while time.monotonic() < until:
                part = s.recv(65536)
                if not part:
                    break
                got += len(part)
            if self.rng.random() < 0.5:
                s.sendall(bytes([0x88, 0x80]) + mask)
            return got > 5000

    ACTIONS = ["rtsp_tcp", "rtsp_udp", "rtmp", "publish_rtmp", "publish_rtsp", "api", "pictures", "footage", "hls", "motion_jpeg", "feed", "websocket"]

    def run(self, until):
        order = []
        while not until.is_set():
            if not order:
                order = self.rng.sample(self.ACTIONS, len(self.ACTIONS))
            name = order.pop()
            self.tried[name] = self.tried.get(name, 0) + 1
            try:
                if getattr(self, name)():
                    self.got[name] = self.got.get(name, 0) + 1
            except urllib.error.HTTPError as error:
                # "Not now" is an answer: a camera is not live yet, footage of the first seconds is not there. "Broken" is not.
                if error.code == 500:
                    self.failures.append(f"{name}: {error.read()[:300]}")
            except (OSError, http.client.HTTPException) as error:
                # The door may be shut while the hub stops; at other times the totals below show it.
                self.last_error = error
            except AssertionError as error:
                self.failures.append(f"{name}: {error}")


class Crowd:
    def __init__(self, house, workers=WORKERS):
        self.stop = threading.Event()
        self.clients = [Client(house, SEED * 100 + i) for i in range(workers)]
        self.threads = [threading.Thread(target=client.run, args=(self.stop,)) for client in self.clients]
        for thread in self.threads:
            thread.start()

    def leave(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(4 * PATIENCE)
            assert not thread.is_alive(), "a client waits for ever"

    def total(self, what):
        return {name: sum(getattr(c, what).get(name, 0) for c in self.clients) for name in Client.ACTIONS}

    def failures(self):
        return [failure for client in self.clients for failure in client.failures]


def read_again(house, turn):
    """Each SIGHUP brings a change of another kind, and every second one takes it back."""
    changed = turn % 2 == 0
    kind = turn // 2 % 4
    if kind == 0:
        house.cameras.pop("attic", None)
        if changed:
            house.cameras["attic"] = {"source": "push", "push_key": "key-attic-0123456789abcdef"}
    if kind == 1:
        house.cameras["door"]["record"] = {"mode": "events" if changed else "always"}
    if kind == 2:
        house.cameras["loop"]["source"] = f"file://{clip('h264', 'aac') if changed else clip('h264', 'opus')}"
    if kind == 3:
        house.extra = f"io_threads: {IO_THREADS}\nlog: {{level: {'debug' if changed else 'info'}}}"
    house.env["KEY_ATTIC"] = "key-attic-0123456789abcdef"
    house.write_config()
    house.process.send_signal(signal.SIGHUP)


def reports(house):
    text = house.log_text()
    return [line for line in text.splitlines() if any(word in line for word in REPORTS)]


def new_house():
    cameras = {"door": {"source": "push", "push_key": "key-door-0123456789abcdef"},
               "loop": {"source": f"file://{clip('h264', 'opus')}", "on_demand": True}}
    # The hub's environment is fixed at its start, so the key of a camera that comes later is there from the beginning.
    return House(cameras, extra=f"io_threads: {IO_THREADS}", command="demo", env={"KEY_ATTIC": "key-attic-0123456789abcdef"})


def expect_clean_end(house, status):
    found = reports(house)
    (work_folder("coming-and-going") / "hub.log").write_text(house.log_text())
    assert not found, "the sanitizer says: " + " | ".join(found[:5])
    assert status == 0, f"the hub ended with {status}"


def main():
    print(f"seed {SEED}", flush=True)
    clip("h264", "aac")
    clip("h264", "opus")

    print(f"coming and going for {SECONDS:.0f} s, then SIGTERM with everybody there", flush=True)
    with new_house() as house:
        for name in DEMO:
            house.wait_live(name, PATIENCE)
        crowd = Crowd(house)
        try:
            until = time.monotonic() + SECONDS
            turn = 0
            while time.monotonic() < until:
                time.sleep(SECONDS / 10)
                assert house.answers()
                read_again(house, turn)
                turn += 1
            status = house.stop(seconds=PATIENCE)
        finally:
            crowd.leave()
        print("tried", crowd.total("tried"), flush=True)
        print("got  ", crowd.total("got"), flush=True)
        expect_clean_end(house, status)
        assert not crowd.failures(), crowd.failures()[:5]
        # A minute is long enough for each kind to have its turn; what never got anything is broken, or this test is.
        empty = [name for name, count in crowd.total("got").items() if count == 0]
        assert not empty or SECONDS < 60, f"nobody got anything by {empty}"

    print("SIGTERM twice: nobody waits", flush=True)
    with new_house() as house:
        crowd = Crowd(house)
        try:
            time.sleep(4)
            house.process.send_signal(signal.SIGTERM)
            time.sleep(0.05)
            status = house.stop(seconds=PATIENCE)
        finally:
            crowd.leave()
        expect_clean_end(house, status)

    print("SIGTERM as soon as it answers", flush=True)
    with new_house() as house:
        expect_clean_end(house, house.stop(seconds=PATIENCE))
    print("ok")
    return 0


try:
    sys.exit(main())
except AssertionError as error:
    print(f"FAIL  {error}")
    sys.exit(1)
