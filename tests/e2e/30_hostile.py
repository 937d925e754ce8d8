#!/usr/bin/env python3
"""Viewers that stop reading, 200 that connect and vanish, a publisher that stalls, floods, and changes its resolution: the others see
nothing of it, memory stays bounded, and each drop is counted."""
import base64
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

from clips import clip, packets
from house import TOKEN, House, background, end, wait_until, work_folder

WORK = work_folder("hostile")
BASIC = base64.b64encode(f"e2e:{TOKEN}".encode()).decode()


def rss_mb(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Raw:
    """An RTSP client that behaves badly after PLAY."""

    def __init__(self, house, camera, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(10)
        self.socket.connect(("127.0.0.1", house.rtsp_port))
        self.base = f"rtsp://127.0.0.1:{house.rtsp_port}/{camera}"
        self.sequence = 0
        self.session = ""

    def ask(self, method, url=None, headers=""):
        self.sequence += 1
        session = f"Session: {self.session}\r\n" if self.session else ""
        self.socket.sendall(f"{method} {url or self.base} RTSP/1.0\r\nCSeq: {self.sequence}\r\nAuthorization: Basic {BASIC}\r\n{session}{headers}\r\n".encode())
        data = b""
        while b"\r\n\r\n" not in data:
            part = self.socket.recv(1 if method == "PLAY" else 4096)
            if not part:
                raise AssertionError(f"{method}: closed after {data!r}")
            data += part
        head = data.split(b"\r\n\r\n")[0].decode()
        for line in head.split("\r\n"):
            if line.lower().startswith("session:"):
                self.session = line.split(":", 1)[1].strip().split(";")[0]
        return head

    def play(self):
        assert " 200 " in self.ask("DESCRIBE", headers="Accept: application/sdp\r\n")
        assert " 200 " in self.ask("SETUP", f"{self.base}/trackID=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n")
        assert " 200 " in self.ask("PLAY")


def judge_reader(path, seconds):
    got, _ = packets(path, "h264")
    source, _ = packets(clip("h264", "aac"), "h264")
    digests, whole = [d for _, d in got], [d for _, d in source]
    first = whole.index(digests[0])
    assert digests == whole[first:first + len(digests)], "the innocent reader lost or repeated a picture"
    assert len(digests) > (seconds - 4) * 25, f"the innocent reader got only {len(digests)} pictures"


def main():
    cameras = {name: {"source": "push", "push_key": f"key-{name}-0123456789abcdef", "record": {"mode": "off"}} for name in ("porch", "odd")}
    with House(cameras) as house:
        pid = house.process.pid
        publisher = background("ffmpeg", "-v", "error", "-re", "-i", clip("h264", "aac"), "-map", "0", "-c", "copy", "-f", "flv", house.publish_url("rtmp", "porch"))
        others = []
        try:
            house.wait_live("porch")
            out = WORK / "innocent.mkv"
            reader = background("ffmpeg", "-v", "error", "-y", "-rtsp_transport", "tcp", "-i", house.rtsp("porch"), "-map", "0", "-c", "copy", "-t", "40", out,
                                log=WORK / "innocent.log")
            time.sleep(2)
            before = rss_mb(pid)

            print("ten viewers stop reading", flush=True)
            stopped = [Raw(house, "porch", 4096) for _ in range(10)]
            for viewer in stopped:
                viewer.play()

            print("200 viewers connect and vanish", flush=True)
            for i in range(200):
                viewer = Raw(house, "porch")
                if i % 3 == 0:
                    viewer.socket.sendall(b"DESCRIBE rtsp://127.0.0.1/porch RTSP/1.0\r\nCSeq:")  # in the middle of a word
                else:
                    viewer.play()
                if i % 2:
                    viewer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset instead of an end
                viewer.socket.close()

            print("a publisher floods, stalls, and changes its resolution", flush=True)
            flood = background("ffmpeg", "-v", "error", "-i", clip("h264", "aac"), "-map", "0", "-c", "copy", "-f", "flv", house.publish_url("rtmp", "odd"))
            others.append(flood)
            time.sleep(3)
            end(flood)
            stall = background("ffmpeg", "-v", "error", "-re", "-i", clip("h264", "aac"), "-map", "0", "-c", "copy", "-f", "flv", house.publish_url("rtmp", "odd"))
            others.append(stall)
            time.sleep(2)
            stall.send_signal(signal.SIGSTOP)
            time.sleep(1)
            sizes = []
            for size in ("640x360", "320x180"):
                change = background("ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25", "-t", "4", "-c:v", "libx264", "-preset",
                                    "ultrafast", "-g", "25", "-pix_fmt", "yuv420p", "-f", "flv", house.publish_url("rtmp", "odd"))
                others.append(change)
                width = int(size.split("x")[0])
                sizes.append(wait_until(f"width {width}", lambda: house.camera("odd").get("video", {}).get("width") == width, 10))
                change.wait(20)
            stall.send_signal(signal.SIGCONT)
            end(stall)
            time.sleep(3)

            growth = rss_mb(pid) - before
            print(f"memory grew by {growth:.1f} MB", flush=True)
            assert growth < 60, f"memory grew by {growth:.1f} MB"
            reader.wait(60)
            judge_reader(out, 40)
            # Those that stopped reading were closed, and what they missed was counted.
            wait_until("only nobody is left", lambda: house.camera("porch")["viewers"] == 0, 20)
            assert house.answers()
        finally:
            for process in [publisher, *others]:
                if process.poll() is None:
                    process.send_signal(signal.SIGCONT)
                end(process)
    print("ok")
    return 0


try:
    sys.exit(main())
except AssertionError as error:
    print(f"FAIL  {error}")
    sys.exit(1)
