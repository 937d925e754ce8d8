#!/usr/bin/env python3
"""A hub and an emulated Nanit household: sign-in, the camera publishes here, controls and events, and a day of trouble: the camera cannot reach the hub,
the internet goes, a phone takes a place, the power is cut, the relay goes deaf when its token ends. Viewers stay through all of it.
What ran here is our emulator; no hardware."""
import json
import sys
import time

from house import House, end, wait_until, work_folder
from nanit import Line, Nanit, gaps, sign_in
from viewer import Viewer

CAMERA = "robin"


def hub_of(nanit):
    """A house without cameras of its own and the account as the emulator says that it has to be written."""
    return House(extra=nanit.started["configuration"])


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
    missing = gaps(house, CAMERA, cut)
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
            viewer = Viewer(house, folder, CAMERA)
            try:
                viewer.flows("pictures from the camera itself")
                assert way(house) == "house", way(house)
                over_the_relay_and_back(nanit, house, line, viewer)
                trouble(nanit, house, viewer)
                time.sleep(3)
                missing = gaps(house, CAMERA, began)
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
