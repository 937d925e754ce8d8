#!/usr/bin/env python3
"""A camera lent by Device Access for three seconds at a time, as its five minutes are at a pace of 0.01: a viewer crosses twenty ends of a lease. Each is
extended three times; then the vendor refuses, and the next stream begins before the last one ends. Ten viewers cause one start, and the end of the hub
gives back what it has. What ran here is our emulator; no hardware."""
import itertools
import sys
import time

from house import House, background, end, run, wait_until, work_folder
from nest import Nest, secrets_in, sign_in_device_access
from viewer import Viewer

PACE = 0.01
LEASE_S = 300 * PACE
FRAME_S = 1 / 24
LEASES = 20


class Counters:
    def __init__(self, nest):
        self.nest, self.asked = nest, 0

    def __call__(self):
        self.asked += 1
        self.nest.say("status")
        return self.nest.wait("status", self.asked)["device_access"]


def crossed(now, before):
    """Ends of a lease that were passed: each was extended, or followed by another stream."""
    return now["extended"] - before["extended"] + now["generated"] - before["generated"]


def largest_step(film):
    shown = run("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=dts_time", "-of", "csv=p=0", film).stdout
    times = [float(line.strip(",")) for line in shown.split()]
    steps = [b - a for a, b in itertools.pairwise(times)]
    assert min(steps) > 0, "time went back"
    return max(steps), len(times), times[-1] - times[0]


def cross(house, counters, nest, folder):
    """One viewer that is not ours, over one connection, to a file."""
    film, log = folder / "viewer.ts", folder / "viewer.log"
    viewer = background("ffmpeg", "-v", "warning", "-y", "-rtsp_transport", "tcp", "-i", house.rtsp("garage"), "-map", "0", "-c", "copy", "-f", "mpegts", film, log=log)
    others = [Viewer(house, folder, "garage", name=f"garage-{i}") for i in range(9)]
    try:
        for other in others:
            wait_until("each has pictures", lambda: len(other.packets()) > 24)
        assert house.camera("garage")["viewers"] == 10, house.camera("garage")
        begun = counters()
        assert begun["generated"] == 1, f"ten viewers caused {begun['generated']} starts"
        for other in others:
            end(other.process)
        nest.say("device-access extensions 3")
        began = time.monotonic()
        wait_until(f"{LEASES} leases are crossed", lambda: crossed(counters(), begun) >= LEASES or viewer.poll() is not None, LEASES * LEASE_S + 10, every=0.5)
        assert viewer.poll() is None, f"the viewer was thrown out: {log.read_text()}"
        seconds = time.monotonic() - began
        after = counters()
    finally:
        for process in (viewer, *(other.process for other in others)):
            end(process)
    step, pictures, length = largest_step(film)
    words = run("ffmpeg", "-v", "warning", "-i", film, "-enc_time_base", -1, "-f", "null", "-")  # pictures keep their own time
    print(f"     {crossed(after, begun)} leases in {seconds:.0f} s, {after['generated'] - 1} of them by another stream; {pictures} pictures in {length:.1f} s, "
          f"the largest step {step * 1000:.1f} ms of {FRAME_S * 1000:.1f} ms a picture; at most {after['most_commands']} commands in a minute")
    assert step <= 2 * FRAME_S + 0.001, f"the largest step is {step:.3f} s"
    assert not words.stderr, words.stderr
    assert after["refused_extensions"] >= 3 and after["generated"] >= 4, after
    assert after["expired"] == after["over_limit"] == 0, after


def main():
    folder = work_folder("nest-leases")
    nest = Nest(folder, "--cameras", "1", "--pace", str(PACE), "--sign-in", "device_access", "--do", f"token-ttl lease {LEASE_S * 1000:.0f}ms",
                "--do", f"device-access minute {60_000 * PACE:.0f}ms")
    accounts = nest.started["configuration"].split("cameras:\n")[0]
    counters = Counters(nest)
    try:
        with House(extra=accounts + f"time_scale: {PACE}\n", cameras={"garage": {"nest": {"account": "emulated", "camera": "garage"}, "on_demand": True, "record": {"mode": "off"}}}) as house:
            status, said = sign_in_device_access(house, nest, folder, "emulated")
            assert status == 0, said
            wait_until("the camera is there", lambda: [c for c in house.api("GET", "/api/v1/cameras")["cameras"] if c["id"] == "garage"])
            cross(house, counters, nest, folder)
            nest.say("device-access extensions any")
            # One looks while the hub ends.
            last = Viewer(house, folder, "garage")
            last.flows("pictures again")
            assert counters()["open_leases"] == 1, counters()
            house.stop()
            end(last.process)
            shown = secrets_in(house.log_text())
            assert not shown, f"secrets in the log: {shown}"
        left = counters()
        assert left["open_leases"] == left["expired"] == 0, left
        assert left["stopped"] == left["generated"], left
        nest.end()
    finally:
        if nest.process.poll() is None:
            nest.process.kill()
    print(f"ok   nest leases: {left['generated']} streams lent, each given back")


if __name__ == "__main__":
    sys.exit(main())
