#!/usr/bin/env python3
"""Nest cameras in the house: signed in by what a browser holds of Google, a doorbell live with sound, a camera that only gives single pictures, and one
lent by Device Access. A bell rings, the light goes out and on again, and the recording keeps its time. What ran here is our emulator; no hardware."""
import datetime
import json
import subprocess
import sys
import time

from cells import pictures
from house import BINARY, House, end, run, wait_until, work_folder
from nest import Nest, login, login_with_google, secrets_in, sign_in_device_access
from viewer import Viewer


def has_event(house, camera, kind):
    return [event for event in house.api("GET", f"/api/v1/events?camera={camera}")["events"] if event["kind"] == kind]


def wait_word(house, name, word):
    """A camera of an account is not there before it was found."""
    def is_so():
        return [camera for camera in house.api("GET", "/api/v1/cameras")["cameras"] if camera["id"] == name and camera["state"]["word"] == word]
    return wait_until(f"{name} is {word}", is_so, 60)[0]


def keeps_its_time(house, nest, folder):
    """24 pictures a second, 4 in the dark, 24 again: in the recording each is as late as it was at the camera, whose clock is in the picture."""
    def moment(t):
        return datetime.datetime.fromtimestamp(t, datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    began = time.time()
    for every, seconds in ((1, 3), (6, 6), (1, 3)):
        nest.say(f"1 live dim {every}")
        time.sleep(seconds)
    ended = time.time()
    recorded = folder / "dim.mp4"
    time.sleep(7)  # its segment is closed
    done = subprocess.run([BINARY, "-c", str(house.config), "export", "door", "--from", moment(began), "--to", moment(ended), "-o", str(recorded)],
                          capture_output=True, text=True, env=house.env, timeout=30)
    assert done.returncode == 0, done.stderr
    shown = pictures(recorded)
    steps = [b[1] - a[1] for a, b in zip(shown, shown[1:])]
    assert steps.count(6) >= 18 and steps.count(1) >= 100 and len(steps) - steps.count(6) - steps.count(1) <= 2 and max(steps) == 6, steps
    file_s, wall_s, camera_s = shown[-1][0] - shown[0][0], shown[-1][2] - shown[0][2], (shown[-1][1] - shown[0][1]) / 24
    # By count to the tick; by the clock within a picture of the slow ones, for a camera on a busy machine is late itself.
    assert abs(file_s - camera_s) < 0.002 and abs(file_s - wall_s) < 1 / 4, (file_s, camera_s, wall_s)
    return f"{len(shown)} pictures recorded from light to dark and back: {file_s:.3f} s in the file, {wall_s:.3f} s by the camera's clock"


def configuration(nest):
    text = nest.started["configuration"]
    accounts, cameras = text.split("cameras:\n")
    official = accounts.split("accounts:\n")[1].replace("name: emulated", "name: yard").replace("sign_in: google", "sign_in: device_access")
    return accounts + official, {"door": "0123456789abcdef", "hall": "1123456789abcdef"}


def main():
    folder = work_folder("nest")
    nest = Nest(folder, "--cameras", "2")
    accounts, cameras = configuration(nest)
    house = House(extra=accounts + "log: {level: trace}\n",
                  cameras={name: {"nest": {"account": "emulated", "camera": uuid}, "record": {"mode": "always", "segment": "5s"}} for name, uuid in cameras.items()})
    viewer = None
    with house:
        brought = nest.started["sign_in"]

        # What does not work is refused in words, and not kept.
        status, said = login(house, "--account", "emulated", "--nest-token", "-", stdin="not-a-token\n")
        assert status != 0 and "not-a-token" not in said and len(said) > 20, said

        status, said = login_with_google(house, folder, nest)
        assert status == 0 and "2 cameras" in said, said
        wait_word(house, "door", "live")
        # The page does the same: what is refused is said, and the sign-in that was there stays.
        page = "/api/v1/accounts/nest/emulated/sign-in"
        status, ways = house.as_person("GET", page)
        assert status == 200 and ways["ways"][0]["id"] == "google", ways
        status, said = house.as_person("POST", page, {"way": "nest-token", "fields": {"token": "b.not-a-token"}})
        assert status == 400 and said["detail"] and "b.not-a-token" not in json.dumps(said), said
        status, said = house.as_person("POST", page, {"way": "google", "fields": {"issue_token": brought["issue_token"], "cookies": brought["cookies"]}})
        assert status == 200 and said["state"] == "signed-in" and "2 cameras" in said["text"], said
        viewer = Viewer(house, folder, "door")
        viewer.flows("the doorbell shows moving pictures", 40)
        door = wait_until("which way its pictures come is told", lambda: house.camera("door").get("way", "").startswith("nexustalk") and house.camera("door"))
        assert "two-way-audio" in door["capabilities"] or "live-audio" in door["capabilities"], door["capabilities"]
        wait_word(house, "hall", "snapshot")
        assert house.camera("hall")["way"] == "snapshots"
        probed = json.loads(run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-of", "json", "-show_streams", house.rtsp("hall"), timeout=60).stdout)
        assert probed["streams"][0]["codec_name"] == "h264", probed

        # The other account: by the code that Google put into the address bar.
        status, said = sign_in_device_access(house, nest, folder, "yard", "https://www.google.com/?code=wrong&scope=x")
        assert status != 0 and "code" in said, said
        status, said = sign_in_device_access(house, nest, folder, "yard")
        assert status == 0 and "1 camera." in said, said
        garage = wait_until("the lent camera appears", lambda: [c for c in house.api("GET", "/api/v1/cameras")["cameras"] if c.get("account") == "yard"], 60)[0]
        wait_word(house, garage["id"], "live")
        lent = Viewer(house, folder, garage["id"])
        lent.flows("the lent camera shows moving pictures", 60)
        end(lent.process)

        # A setting goes there, and whoever waits for changes is told of it; one that is changed there is seen here.
        def reported(setting):
            return next(s for s in house.camera("door")["settings"] if s["id"] == setting).get("reported")
        house.api("PUT", "/api/v1/cameras/door/settings/night_vision", {"value": "off"})
        wait_until("the change was read back", lambda: [t for t in nest.told if t["what"] == "request" and t["route"] == "camera"], 20)
        assert reported("night_vision") == "off"
        nest.say("1 set irled.state auto_on")
        wait_until("a change made elsewhere is seen", lambda: reported("night_vision") == "auto", 20)

        # Somebody rings.
        nest.say("1 event doorbell")
        rung = wait_until("the bell is an event", lambda: has_event(house, "door", "button"), 60)[0]
        assert rung["vendor_id"], rung
        dim = keeps_its_time(house, nest, folder)
        viewer.check("after all that")
        log = house.log_text()
        for name in ("cookies", "issue_token"):
            assert brought[name] not in log, f"{name} is in the log"
        assert not secrets_in(log), secrets_in(log)
    assert "Traceback" not in log
    if viewer:
        end(viewer.process)
    nest.end()
    print(f"ok   nest: {len(viewer.packets())} pictures of the doorbell, time never went back; {dim}")


if __name__ == "__main__":
    sys.exit(main())
