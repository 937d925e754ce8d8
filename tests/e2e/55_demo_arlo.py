#!/usr/bin/env python3
"""The demo's Arlo devices: they register by themselves, show a picture to whoever asks, and things happen in front of them.

They have the real RTSP port, 554: whoever may not have it sees the demo go without them, and says so.
"""
import json
import pathlib
import socket
import sys
import time

from house import House, run, wait_until


def may_have_port_554():
    floor = int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    effective = next(line for line in pathlib.Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff:"))
    return floor <= 554 or int(effective.split()[1], 16) >> 10 & 1  # CAP_NET_BIND_SERVICE


def has_event(house, camera, kind):
    return any(event["kind"] == kind for event in house.api("GET", f"/api/v1/events?camera={camera}")["events"])


def known(house):
    """The cameras by id; those of Arlo have a firmware once they have registered."""
    return {camera["id"]: camera for camera in house.api("GET", "/api/v1/cameras")["cameras"]}


def goes_without(house):
    assert {"garden", "hall", "workshop"} <= known(house).keys()
    assert not {"porch", "door"} & known(house).keys(), known(house).keys()
    assert "goes without its Arlo devices, which need port 554" in house.log_text()


def somebody_has_the_port():
    with socket.create_server(("0.0.0.0", 554)), House(command="demo") as house:
        goes_without(house)


def main():
    if may_have_port_554():
        somebody_has_the_port()
    started = time.monotonic()
    with House(command="demo") as house:
        print(f"the hub answered after {time.monotonic() - started:.1f} s")
        assert {"garden", "hall", "workshop"} <= known(house).keys()
        if not may_have_port_554():
            goes_without(house)
            print("skipped: port 554 needs a privilege; the demo said so and runs without its Arlo devices")
            return
        for camera, name in (("porch", "Porch"), ("door", "Front door")):
            wait_until(f"{camera} has registered", lambda: known(house).get(camera, {}).get("firmware"))
            assert house.camera(camera)["name"] == name and house.camera(camera)["vendor"] == "arlo", house.camera(camera)
            # Nobody looks: nothing is streamed, nothing is encoded.
            assert house.camera(camera)["bitrate_bps"] == 0 and not house.camera(camera)["tracks"], house.camera(camera)
        # The doorbell shows pictures to its gateway only.
        for camera in ("porch", "door"):
            answer = run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name", "-of", "json", house.rtsp(camera),
                         timeout=40)
            assert "h264" in {stream["codec_name"] for stream in json.loads(answer.stdout)["streams"]}, answer.stdout
        wait_until("something moves at the porch", lambda: has_event(house, "porch", "motion"), 60)
        wait_until("somebody rings", lambda: has_event(house, "door", "button"), 90)
        print(f"registered, pictures, motion and a ring within {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
