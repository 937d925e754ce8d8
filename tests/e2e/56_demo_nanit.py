#!/usr/bin/env python3
"""The demo's nursery: the hub is signed in to its account, reaches the camera at home, reads it and sets it, and knows it again at the next start.
What ran here is our emulator; no hardware."""
import subprocess
import sys
import tempfile

from house import House, wait_until


def nursery(house):
    return {camera["id"]: camera for camera in house.api("GET", "/api/v1/cameras")["cameras"]}.get("nursery", {})


def value(house, kind, name):
    return next((one.get("value", one.get("reported")) for one in house.camera("nursery")[kind] if one["id"] == name), None)


def is_at_home(house):
    wait_until("the camera has told what it is", lambda: nursery(house).get("model") == "Nanit, hardware 3")
    wait_until("it is reached at home", lambda: value(house, "sensors", "link") == "local")
    accounts = {account["name"]: account for account in house.api("GET", "/api/v1/health")["accounts"]}
    assert accounts["demo"]["vendor"] == "nanit" and accounts["demo"]["state"] == "signed-in", accounts


def watch(house):
    """The codecs; nothing while the camera is asked to publish. Nobody looked before."""
    probe = subprocess.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name", "-of", "csv=p=0", house.rtsp("nursery")],
                           capture_output=True, text=True, timeout=40)
    return set(probe.stdout.split())


def main():
    with tempfile.TemporaryDirectory(prefix="casement-e2e.") as folder:
        with House(command="demo", keep=folder) as house:
            is_at_home(house)
            assert nursery(house)["serial"] == "N301EMU0000001" and nursery(house)["name"] == "Nursery", nursery(house)
            wait_until("it has measured", lambda: value(house, "sensors", "temperature") == 21.84)
            assert value(house, "settings", "volume") == 40
            # Nobody looks: nothing is streamed, nothing is encoded.
            assert house.camera("nursery")["bitrate_bps"] == 0 and not house.camera("nursery")["tracks"], house.camera("nursery")
            house.api("PUT", "/api/v1/cameras/nursery/settings/volume", {"value": 55})
            wait_until("it streams to whoever looks", lambda: watch(house) == {"h264", "aac"}, 30)
            wait_until("it is louder", lambda: value(house, "settings", "volume") == 55)
        # Its certificate is the one that the hub knows: nobody else would be spoken to.
        with House(command="demo", keep=folder) as house:
            is_at_home(house)
            assert "shows another certificate" not in house.log_text(), house.log_text()
    print("ok   the demo's nursery")


if __name__ == "__main__":
    sys.exit(main())
