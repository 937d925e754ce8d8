#!/usr/bin/env python3
"""Films of single pictures go on whatever is shown: a doorbell with live pictures that nobody watches and that is to be connected on demand alone, and a
camera that is shown by its single pictures while its live ones come and go. Every picture that was given is in a film, or waits for the next one, once
and in order. What ran here is our emulator; no hardware."""
import shutil
import sys
import time

from cells import pictures
from house import House, end, wait_until, work_folder
from nest import Nest, login_with_google
from nest_pictures import compare
from viewer import Viewer

FILM = 8  # pictures of one


def counters(files):
    """Of all their pictures, oldest file first."""
    return [counter for file in sorted(files) for _, counter, _ in pictures(file)]


def filmed(films, camera):
    return counters((films / camera / "films").glob("*.mp4"))


def waiting(films, camera):
    return counters((films / camera / "pictures").glob("*.jpg"))


def main():
    folder = work_folder("nest-films")
    nest = Nest(folder, "--cameras", "1")
    uuid = "0123456789abcdef0123456789abcdef"
    accounts = nest.started["configuration"].split("cameras:\n")[0]
    films = folder / "films"
    shutil.rmtree(films, ignore_errors=True)
    films.mkdir()
    cameras = {"door": {"nest": {"account": "emulated", "camera": uuid}, "on_demand": True, "record": {"mode": "off"},
                        "snapshots": {"interval": "2500ms", "width": 640, "films": {"folder": str(films), "pictures": FILM}}}}
    with House(extra=f"{accounts}time_scale: 0.2\n", cameras=cameras) as house:
        status, said = login_with_google(house, folder, nest)
        assert status == 0, said

        wait_until("a film is there that nobody watched", lambda: len(filmed(films, "door")) >= FILM, 40)
        assert house.camera("door")["way"] == "nexustalk", house.camera("door")
        viewer = Viewer(house, folder, "door")
        viewer.flows("the doorbell shows moving pictures", 40)
        before = len(filmed(films, "door"))
        wait_until("films go on while live pictures are watched", lambda: len(filmed(films, "door")) >= before + FILM, 30)
        viewer.check("while films are made")
        end(viewer.process)
        nest.say("live down on")
        nest.say("live reset")
        wait_until("single pictures are shown", lambda: house.camera("door").get("way") == "snapshots", 60)
        before = len(filmed(films, "door"))
        wait_until("films go on while single pictures are shown", lambda: len(filmed(films, "door")) >= before + FILM, 30)
        nest.say("live down off")
        wait_until("live pictures are shown again", lambda: house.camera("door").get("way") == "nexustalk", 90)
        before = len(filmed(films, "door"))
        wait_until("films go on beside them", lambda: len(filmed(films, "door")) >= before + FILM, 30)
        nest.say("1 online off")
        time.sleep(2)
        house.stop()
        nest.say("given")
        given = nest.wait("given")["pictures"][uuid]
        found = filmed(films, "door") + waiting(films, "door")
        wrong = compare(given, found)
        assert not wrong, wrong
        nest.say("status")
        at_once = nest.wait("status")["most_pictures_at_once"]
        assert at_once <= 2, f"{at_once} questions for pictures at once"  # two for a moment, when one way takes over from the other
    nest.end()
    print(f"ok   nest films: {len(filmed(films, 'door'))} pictures in films and {len(waiting(films, 'door'))} that wait, of {len(given)} given")


if __name__ == "__main__":
    sys.exit(main())
