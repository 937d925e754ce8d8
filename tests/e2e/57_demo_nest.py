#!/usr/bin/env python3
"""The demo's Nest cameras: a hallway that gives single pictures only, shown and recorded as a stream, and a doorbell that streams live to whoever
looks; somebody rings.
What ran here is our emulator; no hardware."""
import datetime
import subprocess
import sys

from house import House, wait_until


def known(house):
    return {camera["id"]: camera for camera in house.api("GET", "/api/v1/cameras")["cameras"]}


def codecs(house, camera):
    """Nothing while the camera is asked to stream."""
    probe = subprocess.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name", "-of", "csv=p=0", house.rtsp(camera)],
                           capture_output=True, text=True, timeout=40)
    return set(probe.stdout.split())


def main():
    with House(command="demo") as house:
        wait_until("both are there", lambda: {"hallway", "backdoor"} <= known(house).keys())
        wait_until("the account's list has told what they are", lambda: known(house)["backdoor"].get("model") == "Nest Hello")
        accounts = {account["name"]: account for account in house.api("GET", "/api/v1/health")["accounts"]}
        assert accounts["demo-nest"]["vendor"] == "nest" and accounts["demo-nest"]["state"] == "signed-in", accounts
        # A picture a second, whoever looks.
        wait_until("the hallway's pictures come", lambda: house.camera("hallway")["bitrate_bps"] > 0, 30)
        hallway = house.camera("hallway")
        assert hallway["state"]["word"] == "snapshot" and hallway["picture_every"] == 1, hallway
        # The page shows the newest picture from then on.
        age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(hallway["picture_at"])
        assert datetime.timedelta(0) <= age < datetime.timedelta(seconds=6), hallway["picture_at"]
        assert codecs(house, "hallway") == {"h264"}, codecs(house, "hallway")
        # The doorbell costs an encoder: nobody looks yet.
        assert house.camera("backdoor")["bitrate_bps"] == 0 and not house.camera("backdoor")["tracks"], house.camera("backdoor")
        wait_until("it streams to whoever looks", lambda: codecs(house, "backdoor") == {"h264", "aac"}, 30)
        wait_until("somebody rings", lambda: any(event["kind"] == "button" for event in house.api("GET", "/api/v1/events?camera=backdoor")["events"]), 60)
    print("ok   the demo's Nest cameras")


if __name__ == "__main__":
    sys.exit(main())
