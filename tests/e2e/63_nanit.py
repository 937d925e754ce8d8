#!/usr/bin/env python3
"""A hub and an emulated Nanit household: sign-in, the camera publishes here, controls and events, and a day of trouble: the camera cannot reach the hub,
the internet goes, a phone takes a place, the power is cut, the relay goes deaf when its token ends. Viewers stay through all of it.
What ran here is our emulator; no hardware."""
import datetime
import json
import socket
import subprocess
import sys
import threading
import time

from house import BINARY, House, background, end, run, wait_until, work_folder
from nanit import Nanit

CAMERA = "robin"


def hub_of(nanit):
    """A house without cameras of its own and the account as the emulator says that it has to be written."""
    return House(extra=nanit.started["configuration"])


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


def sign_in(house, *more):
    return subprocess.run([BINARY, "-c", str(house.config), "login", "nanit", "--account", "emulated", "--email", "parent@example.org", "--password-file", "-",
                           *more], input="nursery\n", capture_output=True, text=True, env=house.env, timeout=30)


def way(house):
    return house.camera(CAMERA).get("way", "")


def setting(house, name):
    return next(s for s in house.camera(CAMERA)["settings"] if s["id"] == name)


def sensor(house, name):
    return next(s for s in house.camera(CAMERA)["sensors"] if s["id"] == name)


def events(house, kind):
    return [e for e in house.api("GET", f"/api/v1/events?camera={CAMERA}")["events"] if e["kind"] == kind]


def set_to(house, name, value):
    return house.api("PUT", f"/api/v1/cameras/{CAMERA}/settings/{name}", {"value": value})


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def gaps(house, since):
    """[(seconds, reason, sentence)] of the recording: pictures that nobody has. A slate is not recorded."""
    answer = house.api("GET", f"/api/v1/cameras/{CAMERA}/recordings?from={iso(since)}&to={iso(time.time())}")
    return [(round(moment(gap["end"]) - moment(gap["start"]), 2), gap["reason"], gap.get("text", "")) for gap in answer["gaps"]]


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Viewer:
    """Reads a stream with ffmpeg and keeps every packet's time, on the stream's line and on ours."""

    def __init__(self, house, folder):
        self.log = folder / "viewer.log"
        self.process = background("ffmpeg", "-v", "info", "-rtsp_transport", "tcp", "-i", house.rtsp(CAMERA), "-map", "0:v", "-c", "copy", "-f", "framecrc", "-", log=self.log)

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
        times = self.packets()
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


def signs_in(nanit, house):
    wait_until("it says who has to sign in", lambda: "sign" in json.dumps(house.api("GET", "/api/v1/health")).lower())
    wrong = sign_in(house, "--mfa-code", "9999")
    assert wrong.returncode == 1 and "did not accept the code" in wrong.stderr, wrong
    right = sign_in(house, "--mfa-code", "0417")
    assert right.returncode == 0, right
    wait_until("the camera is there", lambda: [c for c in house.api("GET", "/api/v1/cameras")["cameras"] if c["id"] == CAMERA and c["vendor"] == "nanit"])
    house.wait_live(CAMERA, 40)


def obeys(nanit, house):
    wait_until("it measures", lambda: sensor(house, "temperature").get("value") is not None)
    nanit.say("measure temperature 23.5")
    wait_until("the temperature is told", lambda: sensor(house, "temperature")["value"] == 23.5)
    set_to(house, "volume", 35)
    wait_until("the volume is taken", lambda: setting(house, "volume").get("reported") == 35)
    nanit.say("motion")
    wait_until("a motion in the cloud is an event", lambda: events(house, "motion"), 40)


def over_the_relay_and_back(nanit, house, line, viewer):
    cut = time.time()
    line.cut()
    wait_until("the vendor's way", lambda: way(house) == "cloud", 15)
    viewer.flows("pictures over the vendor's relay")
    line.mend()
    wait_until("the way in the house", lambda: way(house) == "house", 60)
    viewer.flows("pictures from the camera itself again")
    time.sleep(3)  # until it is on the disk
    missing = gaps(house, cut)
    print("house, cloud, house:", missing)
    assert 1 <= len(missing) <= 2 and all(seconds < 3 for seconds, _, _ in missing), missing


def trouble(nanit, house, viewer):
    nanit.say("internet off 6")
    time.sleep(2)
    viewer.flows("pictures without the internet", 10)
    nanit.wait("internet", 2)
    viewer.flows("and with it again", 10)

    nanit.say("status")
    assert nanit.wait("status")["cameras"][0]["out_of_slots"] == 0, "a seat was asked for that was not there"
    nanit.say("phones 1")
    nanit.say("power-cut 3")
    time.sleep(1)
    viewer.flows("pictures after a power cut, with a phone on one of two seats", 60)
    nanit.say("phones 0")



def main():
    folder = work_folder("nanit")
    nanit = Nanit(folder, "--mfa", "sms", "--pace", "0.2")
    began = time.time()
    try:
        house = hub_of(nanit)
        line = Line(house.rtmp_port)
        house.rtmp_advertise = line.port
        with house:
            signs_in(nanit, house)
            obeys(nanit, house)
            viewer = Viewer(house, folder)
            try:
                viewer.flows("pictures from the camera itself")
                assert way(house) == "house", way(house)
                over_the_relay_and_back(nanit, house, line, viewer)
                trouble(nanit, house, viewer)
                time.sleep(3)
                missing = gaps(house, began)
                print("without pictures:", missing)
                assert all(reason and text for _, reason, text in missing), missing
            finally:
                end(viewer.process)
        nanit.say("status")
        counted = nanit.wait("status", 2)
        camera = counted["cameras"][0]
        assert counted["accounts"]["logins"] == 1 and counted["accounts"]["used_twice"] == 0, counted["accounts"]
        assert camera["streams"]["active"] == 0 and camera["sessions"] == 0, f"the camera was not told goodbye: {camera}"
        assert camera["malformed"] == 0, camera
        nanit.end()
    finally:
        if nanit.process.poll() is None:
            nanit.process.kill()


if __name__ == "__main__":
    sys.exit(main())
