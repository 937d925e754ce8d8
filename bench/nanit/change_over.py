#!/usr/bin/env python3
"""A Nanit camera cannot reach the hub, and can again: house, vendor's relay, house. How long are there no pictures, and what do viewers notice?

    bench/nanit/change_over.py CASEMENT [OUT.jsonl [ROUNDS [PACE]]]      prints a table, and appends a JSON line for each direction to OUT

One viewer over RTSP and one over a WebSocket as the page has it (MSE) stay for all rounds; the time of each stream must grow. The control connection is
the camera's own socket, so a seat must change hands each time, which is the slower case. PACE makes the emulated camera come that much sooner than 1.5 s
after the hub's word; the hub waits for twice what the camera took before, as long as the relay has its time within three seconds. What ran here is our emulator, whose relay
shows a picture as soon as the camera does (a real one was seen to take 15 to 20 s); no hardware."""
import asyncio
import json
import os
import pathlib
import statistics
import struct
import sys
import threading
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2] / "tests/e2e")]
os.environ["CASEMENT"] = sys.argv[1]
from wires import WebSocket  # noqa: E402
from house import TOKEN, House, end, wait_until, work_folder  # noqa: E402
from nanit import Line, Nanit, gaps_between, sign_in  # noqa: E402
from viewer import Viewer  # noqa: E402

CAMERA, SETTLE_S = "robin", 12  # what is taken back sooner than it was given is asked for less often


class Mse(threading.Thread):
    """Reads what the page reads; keeps when pieces came and whether their time grew, of each track."""

    def __init__(self, house):
        super().__init__(daemon=True)
        self.house, self.arrived, self.times, self.trouble, self.over = house, [], {}, None, False

    def run(self):
        try:
            asyncio.run(self.read())
        except Exception as error:  # told by whoever looks
            if not self.over:
                self.trouble = repr(error)

    async def read(self):
        socket = await WebSocket.open(self.house.http_port, f"/api/ws?src={CAMERA}", TOKEN)
        socket.send(1, json.dumps({"type": "mse", "value": "avc1.640029,avc1.64002A,mp4a.40.2"}).encode())
        while True:
            opcode, payload = await socket.receive()
            if opcode != 2:
                continue
            self.arrived.append(time.time())
            at = 0
            while (at := payload.find(b"tfhd", at + 1)) > 0:
                track, = struct.unpack(">I", payload[at + 8:at + 12])
                decode = payload.find(b"tfdt", at)
                moment, = struct.unpack(">Q" if payload[decode + 4] else ">I", payload[decode + 8:decode + (16 if payload[decode + 4] else 12)])
                if moment < self.times.get(track, 0):
                    self.trouble = f"time of track {track} went back from {self.times[track]} to {moment}"
                self.times[track] = moment


def way(house):
    return house.camera(CAMERA).get("way", "")


def missing(house, since):
    """Seconds without pictures in the recording; a slate is not recorded."""
    time.sleep(3)  # until it is on the disk
    return sum(b - a for a, b, _, _ in gaps_between(house, CAMERA, since, time.time()))


def main():
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 6
    pace = float(sys.argv[4]) if len(sys.argv) > 4 else 1
    folder = work_folder("nanit-change-over")
    nanit = Nanit(folder, "--pace", str(pace))
    took = {"house to cloud": [], "cloud to house": []}
    try:
        house = House(extra=nanit.started["configuration"])
        line = Line(house.rtmp_port)
        house.rtmp_advertise = line.port
        with house:
            signed = sign_in(house)
            assert signed.returncode == 0, signed
            wait_until("the camera is there", lambda: CAMERA in [c["id"] for c in house.api("GET", "/api/v1/cameras")["cameras"]])
            house.wait_live(CAMERA, 40)
            viewer, mse = Viewer(house, folder, CAMERA), Mse(house)
            mse.start()
            try:
                viewer.flows("pictures from the camera itself")
                for _ in range(rounds):
                    for name, act, to in (("house to cloud", line.cut, "cloud"), ("cloud to house", line.mend, "house")):
                        time.sleep(SETTLE_S)
                        since = time.time()
                        act()
                        wait_until(name, lambda: way(house) == to, 120)
                        viewer.flows(f"{name}: pictures")
                        took[name].append(missing(house, since))
                        assert not mse.trouble, mse.trouble
                        assert time.time() - mse.arrived[-1] < 3, "nothing comes over the WebSocket"
                pictures = len(viewer.check("at the end"))
            finally:
                mse.over = True
                end(viewer.process)
        nanit.end()
    finally:
        if nanit.process.poll() is None:
            nanit.process.kill()
    print(f"{'s without pictures':18} {'median':>8} {'most':>8}   {rounds} rounds; both viewers stayed, {pictures} pictures in order")
    for name, values in took.items():
        print(f"{name:18} {statistics.median(values):8.2f} {max(values):8.2f}")
    if len(sys.argv) > 2:
        with open(sys.argv[2], "a") as out:
            for name, values in took.items():
                out.write(json.dumps({"day": time.strftime("%Y-%m-%d"), "scenario": f"nanit-change-over {name}" + ("" if pace == 1 else f" at {pace:g}"), "server": "casement", "rounds": rounds, "pace": pace,
                                      "gap_s_median": statistics.median(values), "gap_s_max": max(values)}) + "\n")


if __name__ == "__main__":
    main()
