#!/usr/bin/env python3
"""What a person reads when something is wrong: wrong address, wrong password, a codec that cannot be read, a taken port, broken YAML, and a
hub that is not running. The sentence itself is the test."""
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading

from house import BINARY, TOKEN, House, free_port, wait_until

CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def reason(house, camera, code, seconds=25):
    def look():
        state = house.camera(camera)["state"]
        found = state.get("reason")
        return found if found and found["code"] == code else None
    try:
        return wait_until(f"{camera} says {code}", look, seconds)
    except AssertionError:
        raise AssertionError(f"{camera}: wanted reason {code}, the camera says {house.camera(camera)['state']}") from None


def casement(*args, env=None, **kwargs):
    return subprocess.run([BINARY, *map(str, args)], capture_output=True, text=True, env=env, timeout=30, **kwargs)


def expect(text, pattern):
    assert re.search(pattern, text), f"wanted /{pattern}/ in: {text}"


class OddCamera(threading.Thread):
    """Answers DESCRIBE with a codec that nobody here can read."""
    SDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=odd\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000\r\na=control:trackID=0\r\n"

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        data = b""
        while True:
            part = peer.recv(4096)
            if not part:
                return
            data += part
            while b"\r\n\r\n" in data:
                head, data = data.split(b"\r\n\r\n", 1)
                text = head.decode()
                sequence = re.search(r"CSeq: *(\d+)", text, re.I).group(1)
                body = self.SDP if text.startswith("DESCRIBE") else ""
                extra = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n" if body else "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
                peer.sendall(f"RTSP/1.0 200 OK\r\nCSeq: {sequence}\r\n{extra}\r\n{body}".encode())


@check
def cameras_say_why_they_are_black():
    odd = OddCamera()
    odd.start()
    silent = socket.create_server(("127.0.0.1", 0))  # takes connections, answers nothing
    with House({"porch": {"source": "push", "push_key": "key-porch-0123456789abcdef"}}) as other:
        cameras = {
            "nobody": {"source": f"rtsp://127.0.0.1:{free_port()}/stream1"},
            "locked": {"source": f"rtsp://e2e:${{WRONG}}@127.0.0.1:{other.rtsp_port}/porch"},
            "missing": {"source": f"rtsp://e2e:${{RIGHT}}@127.0.0.1:{other.rtsp_port}/nosuch"},
            "odd": {"source": f"rtsp://127.0.0.1:{odd.port}/x"},
            "silent": {"source": f"rtsp://127.0.0.1:{silent.getsockname()[1]}/x"},
        }
        with House(cameras, env={"WRONG": "wrong-password-0123", "RIGHT": TOKEN}) as house:
            expect(reason(house, "nobody", "refused")["text"], r"It answers, but not on port \d+\.")
            expect(reason(house, "locked", "wrong-password")["text"], r"did not accept the .*password")
            expect(reason(house, "odd", "codec")["text"], r"It sends MP4V-ES, which cannot be read\.")
            expect(json.dumps(house.camera("missing")["state"]["reason"]), r"no such|not found|404")
            expect(reason(house, "silent", "stalled", 40)["text"], r"nothing arrived|did not answer")
            log = house.log_text()
            assert "wrong-password-0123" not in log and TOKEN not in log, "a secret is in the log"
            assert "wrong-password-0123" not in json.dumps(house.api("GET", "/api/v1/cameras")), "a secret is in an API answer"


@check
def a_taken_port_names_its_owner_and_the_rest_runs():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        house = House()
        house.rtsp_port = taken.getsockname()[1]
        with house:
            health = house.api("GET", "/api/v1/health")
            text = " ".join(problem["text"] for problem in health["problems"])
            expect(text, rf"RTSP cannot listen on 127\.0\.0\.1:{house.rtsp_port}: .*\(pid \d+\)")
            expect(text, r"keeps running")


@check
def a_broken_file_is_told_by_line_and_column():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "casement.yaml"
        path.write_text("cameras:\n  porch: {source: \"rtsp://10.0.0.9/a\", recrod: {mode: always}}\nlinger: 10\n")
        out = casement("check", path)
        assert out.returncode == 1, out
        expect(out.stdout + out.stderr, r'casement\.yaml:2:\d+: unknown key "recrod".*did you mean "record"\?')
        expect(out.stdout + out.stderr, r"casement\.yaml:3:\d+: .*10s")
        path.write_text("cameras: [\n")
        out = casement("check", path)
        assert out.returncode == 1, out
        expect(out.stdout + out.stderr, r"casement\.yaml:\d+:\d+: ")
        path.write_text("cameras:\n  porch: {source: \"rtsp://user:hunter2hunter2@10.0.0.9/a\"}\n")
        out = casement("check", path)
        assert out.returncode == 1, out
        assert "hunter2hunter2" not in out.stdout + out.stderr, "the password is repeated"
        expect(out.stdout + out.stderr, r"\$\{")


@check
def commands_say_that_no_hub_runs():
    with tempfile.TemporaryDirectory() as folder:
        out = casement("--data", folder, "cameras")
        assert out.returncode == 1, out
        expect(out.stderr, r"not running|no hub runs")
    assert casement("nonsense").returncode == 2


@check
def nothing_is_served_to_strangers():
    with House({"porch": {"source": "push", "push_key": "key-porch-0123456789abcdef"}}) as house:
        import urllib.error
        import urllib.request
        for path in ("/api/v1/cameras", "/api/v1/health", "/api/streams", "/api/ws?src=porch", "/api/frame.jpeg?src=porch", "/api/config"):
            try:
                urllib.request.urlopen(house.http(path), timeout=5)
                raise AssertionError(f"{path} was served to a stranger")
            except urllib.error.HTTPError as error:
                assert error.code in (401, 403), f"{path}: {error.code}"
        with socket.create_connection(("127.0.0.1", house.rtsp_port), timeout=5) as s:
            s.sendall(f"DESCRIBE rtsp://127.0.0.1:{house.rtsp_port}/porch RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
            expect(s.recv(4096).decode(), r"^RTSP/1\.0 401 ")


@check
def the_command_line_talks_to_the_hub():
    with House({"porch": {"source": "push", "push_key": "key-porch-0123456789abcdef"}}) as house:
        out = casement("--data", house.data, "cameras", "--json")
        assert out.returncode == 0, out
        expect(out.stdout, r'"porch"')
        out = casement("--data", house.data, "camera", "proch")
        assert out.returncode == 1, out
        expect(out.stderr, r'porch')
        assert casement("--data", house.data, "health").returncode == 0
        out = casement("--data", house.data, "token", "create", "vlc")
        assert out.returncode == 0, out
        expect(out.stdout, r"ct_[A-Za-z0-9_-]{20,}")
    expect(casement("version").stdout, r"\d+\.\d+\.\d+")


def main():
    failed = 0
    for function in CHECKS:
        try:
            function()
            print(f"ok    {function.__name__}", flush=True)
        except AssertionError as error:
            failed += 1
            print(f"FAIL  {function.__name__}: {error}", flush=True)
    return 1 if failed else 0


sys.exit(main())
