#!/usr/bin/env python3
"""SIGHUP under load: the page moves to another port, a camera comes, one changes, one goes, and meanwhile a viewer over RTSP and a recording of
another camera go on without a gap. Then a push key is replaced beside the running hub."""
import json
import signal
import socket
import subprocess
import sys
import time

from clips import clip, packets
from house import BINARY, House, background, end, free_port, run, wait_until, work_folder

KEYS = {name: f"key-{name}-0123456789abcdef" for name in ("steady", "changed", "removed", "added")}


def pushed(name, **keys):
    return {"source": "push", "push_key": KEYS[name], **keys}


def publish(house, name, source):
    return background("ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", source, "-c", "copy", "-rtsp_transport", "tcp", "-f", "rtsp",
                      house.publish_url("rtsp", name))


def view(house, name, seconds, to):
    return background("ffmpeg", "-v", "error", "-y", "-rtsp_transport", "tcp", "-i", house.rtsp(name), "-t", seconds, "-c", "copy", to, log=to.with_suffix(".log"))


def casement(house, *args):
    out = subprocess.run([BINARY, "-c", str(house.config), *args], capture_output=True, text=True, env=house.env, timeout=30)
    assert out.returncode == 0, out
    return out


def reload(house, wanted="Reload: "):
    before = house.log_text().count(wanted)
    house.write_config()
    house.process.send_signal(signal.SIGHUP)
    wait_until(f"the log says \"{wanted}\"", lambda: house.log_text().count(wanted) > before)


def is_without_gap(pictures, source, what):
    """Every picture of the clip is different: each must be followed by the one that follows it in the clip, which is played round and round."""
    clip_pictures, _ = packets(source, "h264")
    place = {digest: i for i, (_, digest) in enumerate(clip_pictures)}
    places = [place.get(digest) for _, digest in pictures]
    assert len(places) > 250, f"{what}: {len(places)} pictures"
    assert None not in places, f"{what}: picture {places.index(None)} of {len(places)} is not of the clip"
    for before, after in zip(places, places[1:]):
        assert (after - before) % len(clip_pictures) == 1, f"{what}: picture {after} of the clip follows picture {before}"


def the_page_moves_and_nobody_notices(house, source, folder):
    run("ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", house.rtsp("lazy"), "-t", 1, "-f", "null", "-")
    saved = folder / "viewer.mkv"
    viewer = view(house, "steady", 12, saved)
    wait_until("the viewer is there, and the camera that lingers", lambda: house.camera("steady")["viewers"] == 2)
    time.sleep(2)
    began = time.time()

    old_port, house.http_port = house.http_port, free_port()
    house.cameras["added"] = pushed("added", record={"mode": "off"})
    house.cameras["changed"]["audio"] = False
    del house.cameras["removed"]
    house.extra = "linger: 3s"
    reload(house, "The page is at http://127.0.0.1:")
    wait_until("the page answers at its new port", house.answers)
    cameras = {"steady", "changed", "added", "lazy"}
    wait_until("the cameras are those of the file", lambda: {c["id"] for c in house.api("GET", "/api/v1/cameras")["cameras"]} == cameras)
    new_port, house.http_port = house.http_port, old_port
    try:
        wait_until("the old port is closed", lambda: not house.answers(), 15)
    finally:
        house.http_port = new_port
    control = json.loads((house.data / "control.json").read_text())
    assert control["url"] == f"http://127.0.0.1:{new_port}", control
    assert "steady" in casement(house, "cameras").stdout

    wait_until("the camera that lingered lets go", lambda: house.camera("steady")["viewers"] == 1, 7)

    publishers = [publish(house, "added", source), publish(house, "changed", source)]
    try:
        house.wait_live("added")
        changed = wait_until("the changed camera has no sound", lambda: house.wait_live("changed") and (lambda c: "audio" not in c and c)(house.camera("changed")))
        assert "video" in changed, changed
        assert viewer.wait(40) == 0, saved.with_suffix(".log").read_text()
    finally:
        for publisher in publishers:
            end(publisher)
    video, audio = packets(saved, "h264")
    assert audio, "the viewer lost the sound"
    is_without_gap(video, source, "the viewer")

    wait_until("what was recorded since is on the disk", lambda: time.time() - began > 14, 30)
    def moment(t):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
    found = house.api("GET", f"/api/v1/cameras/steady/recordings?from={moment(began - 1)}&to={moment(began + 11)}")
    assert len(found["recordings"]) == 1 and not found.get("gaps"), found
    exported = folder / "recorded.mp4"
    casement(house, "export", "steady", "--from", moment(began - 1), "--to", moment(began + 11), "-o", str(exported))
    video, _ = packets(exported, "h264")
    is_without_gap(video, source, "the recording")


def a_port_that_is_taken_leaves_the_page_where_it_is(house):
    port = house.http_port
    with socket.create_server(("127.0.0.1", 0)) as other:
        house.http_port = taken = other.getsockname()[1]
        reload(house, "The page stays at ")
        house.http_port = port
        assert house.answers()
        problems = " ".join(p["text"] for p in house.api("GET", "/api/v1/health")["problems"])
        assert f"cannot listen on 127.0.0.1:{taken}" in problems, problems
    house.http_port = taken
    reload(house, f"The page is at http://127.0.0.1:{taken}")  # the same file again: the port is free now
    assert house.answers() and not house.api("GET", "/api/v1/health")["problems"]


def a_new_push_address_is_taken_over(house, source):
    house.cameras["made"] = {"source": "push", "record": {"mode": "off"}}
    reload(house, "casement camera made --push-address")
    first = json.loads(casement(house, "camera", "made", "--push-address", "--json").stdout)["rtsp"]
    assert first not in house.log_text() and first.rsplit("/", 1)[1] not in house.log_text(), "the key is in the log"
    publisher = background("ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", source, "-c", "copy", "-rtsp_transport", "tcp", "-f", "rtsp", first)
    try:
        house.wait_live("made")
        out = casement(house, "camera", "made", "--new-push-address", "--json")
        second = json.loads(out.stdout)["rtsp"]
        assert second != first and f"kill -HUP {house.process.pid}" in out.stderr, out
        assert house.camera("made")["state"]["word"] == "live"
        reload(house)
        assert publisher.wait(20) != 0, "the publisher with the old key was not told to go"
    finally:
        end(publisher)
    publisher = background("ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", source, "-c", "copy", "-rtsp_transport", "tcp", "-f", "rtsp", second)
    try:
        house.wait_live("made")
    finally:
        end(publisher)
    assert second.rsplit("/", 1)[1] not in house.log_text() + json.dumps(house.camera("made")), "the key is in the log or an answer"


def main():
    source = clip("h264", "aac")
    folder = work_folder("reload")
    cameras = {
        "steady": pushed("steady", record={"mode": "always", "segment": "5s"}),
        "changed": pushed("changed", record={"mode": "off"}),
        "removed": pushed("removed", record={"mode": "off"}),
    }
    with House(cameras, extra="linger: 1h", env={House.key_variable(name): key for name, key in KEYS.items()}) as house:
        # Watches a camera of the same hub, so that one can see for how long.
        house.cameras["lazy"] = {"source": f"rtsp://e2e:${{E2E_TOKEN}}@127.0.0.1:{house.rtsp_port}/steady", "on_demand": True, "record": {"mode": "off"}}
        reload(house)
        publisher = publish(house, "steady", source)
        try:
            house.wait_live("steady")
            the_page_moves_and_nobody_notices(house, source, folder)
            print("ok    the_page_moves_and_nobody_notices", flush=True)
            a_port_that_is_taken_leaves_the_page_where_it_is(house)
            print("ok    a_port_that_is_taken_leaves_the_page_where_it_is", flush=True)
            a_new_push_address_is_taken_over(house, source)
            print("ok    a_new_push_address_is_taken_over", flush=True)
        finally:
            end(publisher)
    return 0


sys.exit(main())
