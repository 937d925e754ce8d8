#!/usr/bin/env python3
"""One doorbell, three ways to its pictures: the vendor's own live host, a stream that Device Access lends of the same camera, and single pictures. Each
better way fails in turn and comes back; one viewer stays through all of it, and the hub says which way it is and why. What ran here is our emulator; no
hardware."""
import sys

from house import House, end, wait_until, work_folder
from nest import Nest, login_with_google, sign_in_device_access
from viewer import Viewer

PACE = 0.02  # a lease of five minutes takes six seconds
LEASE_S = 300 * PACE


def goes_by(house, way):
    """The camera, once its pictures come so."""
    def is_so():
        camera = house.camera("door")
        return camera.get("way", "").startswith(way) and camera
    return wait_until(f"pictures come by {way}", is_so, 40)


def why(camera):
    """By no better way."""
    return next(s for s in camera["sensors"] if s["id"] == "way_reason").get("value")


def main():
    folder = work_folder("nest-ways")
    nest = Nest(folder, "--cameras", "1", "--pace", str(PACE), "--do", f"token-ttl lease {LEASE_S * 1000:.0f}ms", "--do",
                f"device-access minute {60_000 * PACE:.0f}ms")
    accounts = nest.started["configuration"].split("cameras:\n")[0]
    accounts += accounts.split("accounts:\n")[1].replace("name: emulated", "name: yard").replace("sign_in: google", "sign_in: device_access")
    door = {"nest": {"account": "emulated", "camera": "0123456789abcdef", "device_access": {"account": "yard", "device": "garage"}},
            "snapshots": {"interval": "10s"}}
    try:
        with House(extra=accounts + f"time_scale: {PACE}\n", cameras={"door": door}) as house:
            status, said = login_with_google(house, folder, nest)
            assert status == 0, said
            status, said = sign_in_device_access(house, nest, folder, "yard")
            assert status == 0, said
            wait_until("the doorbell is there", lambda: [c for c in house.api("GET", "/api/v1/cameras")["cameras"] if c["id"] == "door"])
            goes_by(house, "nexustalk")
            viewer = Viewer(house, folder, "door")
            try:
                viewer.flows("the best way")

                nest.say("live down")
                lent = goes_by(house, "device access")
                viewer.flows("the stream that is lent")
                assert lent["state"]["word"] == "live" and why(lent), lent

                nest.say("outage device_access unavailable")
                single = goes_by(house, "snapshots")
                wait_until("it is shown as what it is", lambda: house.camera("door")["state"]["word"] == "snapshot")
                viewer.check("single pictures")
                assert single["state"].get("reason"), single["state"]

                nest.say("outage device_access none")
                goes_by(house, "device access")
                viewer.flows("the stream that is lent again")

                nest.say("live down off")
                goes_by(house, "nexustalk")
                viewer.flows("the best way again")
                assert not why(house.camera("door")), house.camera("door")
                pictures = len(viewer.check("at the end"))
            finally:
                end(viewer.process)
            assert [c["id"] for c in house.api("GET", "/api/v1/cameras")["cameras"]] == ["door"], "the lent one is the same camera"
            nest.say("status")
            official = nest.wait("status")["device_access"]
            assert official["open_leases"] == 0 and official["over_limit"] == 0, official
        nest.end()
    finally:
        if nest.process.poll() is None:
            nest.process.kill()
    print(f"ok   nest ways: down and up again through three, {pictures} pictures to one viewer; {official['generated']} streams lent")


if __name__ == "__main__":
    sys.exit(main())
