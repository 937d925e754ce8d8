"""A hub to test against, and the words that every end-to-end test needs. Standard library only.

    with House(cameras={"porch": {"source": "push", "push_key": "key-porch-0123456789abcdef"}}) as house:
        house.publish_url("rtsp", "porch"); house.rtsp("porch"); house.api("GET", "/api/v1/cameras")

CASEMENT names the binary. Every hub has its own data directory and its own ports on 127.0.0.1.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("CASEMENT", str(ROOT / "build/release/casement"))
TOKEN = "ct_endtoend0123456789abcdefghijklmnop"  # of this test's own hub; it lives as long as the test


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(what, condition, seconds=20, every=0.05):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s: {what}")


class House:
    def __init__(self, cameras=None, extra="", keep=None, command="serve", env=None):
        self.dir = pathlib.Path(keep or tempfile.mkdtemp(prefix="casement-e2e."))
        self.kept = keep is not None
        self.data = self.dir / "data"
        self.cameras = cameras or {}
        self.extra = extra
        self.command = command
        self.http_port, self.rtsp_port, self.rtmp_port = free_port(), free_port(), free_port()
        self.rtmp_advertise = None  # another port that leads to rtmp_port
        self.process = None
        self.person = None  # the headers of the owner's page
        self.env = dict(os.environ, E2E_TOKEN=TOKEN, NO_COLOR="1", **(env or {}))
        self.config = self.dir / "casement.yaml"

    # ---- life
    def write_config(self):
        lines = [
            f"data: {self.data}",
            f'http: {{listen: "127.0.0.1:{self.http_port}", tls: off}}',
            f'rtsp: {{listen: "127.0.0.1:{self.rtsp_port}"}}',
            f'rtmp: {{listen: "127.0.0.1:{self.rtmp_port}"' + (f', advertise: "127.0.0.1:{self.rtmp_advertise}"' if self.rtmp_advertise else "") + "}",
            'tokens: [{name: e2e, secret: "${E2E_TOKEN}"}]',
        ]
        if self.extra:
            lines.append(self.extra.rstrip())
        if self.cameras:
            lines.append("cameras:")
        for name, camera in self.cameras.items():
            lines.append(f"  {name}:")
            camera = dict(camera)
            if "push_key" in camera:
                self.env[self.key_variable(name)] = camera["push_key"]
                camera["push_key"] = "${" + self.key_variable(name) + "}"
            for key, value in camera.items():
                lines.append(f"    {key}: {json.dumps(value)}")
        self.config.write_text("\n".join(lines) + "\n")

    @staticmethod
    def key_variable(name):
        return "KEY_" + name.upper().replace("-", "_").replace(".", "_")

    def start(self):
        self.dir.mkdir(parents=True, exist_ok=True)
        self.write_config()
        self.log = open(self.dir / "hub.log", "ab")
        self.process = subprocess.Popen([BINARY, "-c", str(self.config), self.command], stdout=self.log, stderr=self.log, env=self.env)
        wait_until("the hub answers", self.answers, 20)
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the hub ended with {self.process.returncode}:\n{self.log_text()[-3000:]}")
        try:
            self.api("GET", "/api/v1/cameras")
            return True
        except OSError:
            return False

    def stop(self, how=signal.SIGTERM, seconds=15):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("the hub did not stop in time:\n" + self.log_text()[-3000:])
        return self.process.returncode if self.process else None

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, error, trace):
        try:
            self.stop()
        finally:
            if kind:
                sys.stderr.write(f"---- hub log ({self.dir}) ----\n{self.log_text()[-6000:]}\n")
            elif not self.kept:
                shutil.rmtree(self.dir, ignore_errors=True)

    def log_text(self):
        return (self.dir / "hub.log").read_text(errors="replace")

    # ---- addresses
    def publish_url(self, scheme, camera):
        port = self.rtsp_port if scheme == "rtsp" else self.rtmp_port
        return f"{scheme}://127.0.0.1:{port}/push/{self.cameras[camera]['push_key']}"

    def rtsp(self, camera, token=TOKEN, user="e2e"):
        return f"rtsp://{user}:{token}@127.0.0.1:{self.rtsp_port}/{camera}"

    def rtmp(self, camera):
        return f"rtmp://127.0.0.1:{self.rtmp_port}/live/{camera}?user=e2e&pass={TOKEN}"

    def http(self, path):
        return f"http://127.0.0.1:{self.http_port}{path}"

    # ---- API
    def request(self, method, path, body=None, headers=None, timeout=20):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.http(path), data=data, method=method)
        request.add_header("Authorization", f"Bearer {TOKEN}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        return urllib.request.urlopen(request, timeout=timeout)

    def api(self, method, path, body=None):
        with self.request(method, path, body) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def as_person(self, method, path, body=None):
        """The status and the answer that the owner's own page would get; the first call claims the hub."""
        if not self.person:
            code = wait_until("the claim code is told", lambda: re.search(r"with the code (\S+)", self.log_text())).group(1)
            with self.request("POST", "/api/v1/claim", {"code": code, "name": "ana", "password": "a long sentence"}, {"Authorization": ""}) as answer:
                cookie = answer.headers["Set-Cookie"].split(";")[0]
                self.person = {"Authorization": "", "Cookie": cookie, "X-Casement-CSRF": json.loads(answer.read())["csrf"]}
        try:
            with self.request(method, path, body, self.person, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read())

    def camera(self, name):
        return self.api("GET", f"/api/v1/cameras/{name}")

    def wait_live(self, name, seconds=20):
        return wait_until(f"{name} is live", lambda: self.camera(name)["state"]["word"] == "live" and self.camera(name), seconds)


def run(*args, **kwargs):
    """Runs a program to its end; its output comes back as text."""
    return subprocess.run([str(a) for a in args], check=True, capture_output=True, text=True, **kwargs)


def background(*args, log=None, **kwargs):
    out = open(log, "wb") if log else subprocess.DEVNULL
    return subprocess.Popen([str(a) for a in args], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT if log else out, **kwargs)


def end(process, seconds=5):
    """Ends a program that this test started."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def work_folder(name):
    folder = ROOT / "build" / "test" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
