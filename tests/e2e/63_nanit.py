#!/usr/bin/env python3
"""A hub and an emulated Nanit household: sign-in, the camera publishes here, controls and events, and a day of trouble: the camera cannot reach the hub,
the internet goes, a phone takes a place, the power is cut, the relay goes deaf when its token ends. Viewers stay through all of it.
What ran here is our emulator; no hardware."""
import datetime
import json
import subprocess
import sys
import time

from house import BINARY, House, background, end, run, wait_until, work_folder
from nanit import Nanit

CAMERA = "robin"


def hub_of(nanit):
    """A house without cameras of its own and the account as the emulator says that it has to be written."""
    return House(extra=nanit.started["configuration"])


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
        before = len(self.packets())
        wait_until(what, lambda: len(self.packets()) > before + 10, seconds)
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


def main():
    folder = work_folder("nanit")
    nanit = Nanit(folder, "--mfa", "sms", "--pace", "0.2")
    try:
        with hub_of(nanit) as house:
            signs_in(nanit, house)
            print("signed in, live over:", way(house))
            obeys(nanit, house)
            viewer = Viewer(house, folder)
            try:
                viewer.flows("pictures from the camera itself")
                trouble(nanit, house, viewer)
            finally:
                end(viewer.process)
        nanit.say("status")
        counted = nanit.wait("status")
        print(json.dumps(counted))
        assert counted["accounts"]["logins"] == 1, counted["accounts"]
        nanit.end()
    finally:
        if nanit.process.poll() is None:
            nanit.process.kill()


def gaps(house, since):
    """[(seconds, reason)] of the recording: pictures that nobody has."""
    answer = house.api("GET", f"/api/v1/cameras/{CAMERA}/recordings?from={iso(since)}&to={iso(time.time())}")
    moment = lambda text: datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    return [(round(moment(g["end"]) - moment(g["start"]), 2), g["reason"], g.get("text", "")) for g in answer["gaps"]]


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def trouble(nanit, house, viewer):
    began, started = time.monotonic(), time.time()
    before = len(viewer.packets())
    nanit.say("refuse-connects 1")
    nanit.say("cut-streams")
    viewer.flows("pictures while the camera cannot reach the hub", 40)
    times = viewer.packets()
    gap = max(b - a for a, b in zip(times[before - 1:], times[before:]))
    print(f"over the relay after {time.monotonic() - began:.1f} s, gap {gap:.2f} s, way {way(house)}")

    nanit.say("internet off 10")
    viewer.flows("pictures without the internet", 30)
    nanit.wait("internet", 2)
    viewer.flows("and with it again", 30)

    nanit.say("phones 1")
    nanit.say("power-cut 3")
    viewer.flows("pictures after a power cut", 60)
    nanit.say("phones 0")
    viewer.flows("and later", 30)
    time.sleep(3)
    for gap in gaps(house, started):
        print("gap", *gap)


if __name__ == "__main__":
    sys.exit(main())
