#!/usr/bin/env python3
"""Live cameras of Nest whose token ends again and again, and whose server sends them on: one viewer of each, from the beginning to the end, who must not
notice. One camera comes over TLS, one over a WebSocket, because the network lets only the web out. What ran here is our emulator; no hardware.

Three kinds of end: renewed ahead of time (nothing may be missing), renewed ahead of time with a server that does not care, and without a warning (less
than a second may be missing)."""
import json
import signal
import subprocess
import sys
import time

from house import BINARY, House, run, wait_until, work_folder
from nest import Nest
from viewer import Viewer

CAMERAS = {"door": "us1", "garden": "eu1"}  # and where their pictures come from
FRAME_S = 1 / 24
SOUND_S = 1024 / 48000
MOST_S = 1.0  # what a renewal may cost
TTL_S = 4
PACE = 0.1  # of the hub's waits between two renewals; sockets, tokens and pictures keep their time


class Watch:
    """Both viewers, and what the emulator counts."""

    def __init__(self, house, nest, folder):
        self.nest, self.statuses, self.failed = nest, 0, 0
        self.viewers = {name: Viewer(house, folder, name, file=folder / f"{name}.mkv") for name in CAMERAS}

    def status(self):
        self.statuses += 1
        self.nest.say("status")
        return self.nest.wait("status", self.statuses)

    def live(self):
        counted = self.status()["live"]
        return {name: counted[region] for name, region in CAMERAS.items()}

    def times(self):
        return {name: viewer.packets() for name, viewer in self.viewers.items()}

    def lasted(self):
        return {name: len(times) for name, times in self.times().items()}

    def holes(self, since):
        """Of each camera, the longest time between two pictures since then, in seconds."""
        time.sleep(1)  # what was sent has arrived
        out = {}
        for name, times in self.times().items():
            part = times[max(0, since[name] - 1):]
            out[name] = max((b - a for a, b in zip(part, part[1:])), default=99)
        return out

    def judge(self, what, is_good):
        self.failed += not is_good
        print(f"{'ok   ' if is_good else 'FAIL '} {what}", flush=True)


def told(holes):
    return ", ".join(f"{name} {hole * 1000:.0f} ms" for name, hole in holes.items())


def ahead_of_time(watch):
    since, before = watch.lasted(), watch.live()
    time.sleep(3.3 * TTL_S)
    holes, after = watch.holes(since), watch.live()
    renewals = {name: after[name]["renewals"] - before[name]["renewals"] for name in CAMERAS}
    watch.judge(f"three tokens ended, each renewed ahead of time: longest hole {told(holes)}; {renewals} newer tokens shown",
                max(holes.values()) < 1.5 * FRAME_S and min(renewals.values()) >= 3)
    watch.judge("each in one conversation", all(after[name]["hellos"] == before[name]["hellos"] for name in CAMERAS))


def stubborn(watch):
    """The server says yes to a newer token, and ends with the first one all the same."""
    since, before = watch.lasted(), watch.live()
    for number in (1, 3):
        watch.nest.say(f"{number} live stubborn")
    wait_until("the server has ended twice with a first token", lambda: all(
        now["unauthorized"] >= before[name]["unauthorized"] + 2 and now["playing"] == 1 for name, now in watch.live().items()), 3 * TTL_S, 0.2)
    for number in (1, 3):
        watch.nest.say(f"{number} live stubborn off")
    holes = watch.holes(since)
    watch.judge(f"a newer token did not help: longest hole {told(holes)}", max(holes.values()) < MOST_S)


def without_warning(watch, what, *faults):
    since, before = watch.lasted(), watch.live()
    for fault in faults:
        for number in (1, 3):
            watch.nest.say(f"{number} live {fault} 1")
    watch.nest.say("revoke jwt")
    wait_until("both play again", lambda: all(
        now["playbacks"] > before[name]["playbacks"] and now["redirects"] == before[name]["redirects"] + len(faults) for name, now in watch.live().items()), 10)
    time.sleep(1.5)  # no two renewals closer than the hub allows
    holes, after = watch.holes(since), watch.live()
    watch.judge(f"the token ended without a warning{what}: longest hole {told(holes)}", max(holes.values()) < MOST_S)
    tries = {name: after[name]["hellos"] - before[name]["hellos"] for name in CAMERAS}
    # A HELLO that is answered with another server is none that was taken.
    watch.judge(f"one conversation more{what}: {tries}", set(tries.values()) == {2 if "redirects-at-start" in faults else 1})


def judge_file(watch, name, viewer):
    # With the file's own times: at a rate of its choice ffmpeg complains about times that it made itself.
    said = subprocess.run(["ffmpeg", "-v", "error", "-i", viewer.file, "-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "null", "-"],
                          capture_output=True, text=True)
    watch.judge(f"{name}: ffmpeg decodes all of it without a word", said.returncode == 0 and not said.stderr.strip())
    sys.stdout.write(said.stderr[-1500:])
    packets = json.loads(run("ffprobe", "-v", "error", "-of", "json", "-show_entries", "packet=stream_index,dts_time,codec_type", viewer.file).stdout)["packets"]
    for kind, usual in (("video", FRAME_S), ("audio", SOUND_S)):
        times = [float(packet["dts_time"]) for packet in packets if packet["codec_type"] == kind]
        steps = [b - a for a, b in zip(times, times[1:])]
        watch.judge(f"{name}: {len(times)} packets of {kind} in {times[-1] - times[0]:.1f} s, time never goes back, {sum(s > 2 * usual for s in steps)} holes, "
                    f"the longest {max(steps) * 1000:.0f} ms", min(steps) > 0 and max(steps) < MOST_S)
    ends = [max(float(packet["dts_time"]) for packet in packets if packet["codec_type"] == kind) for kind in ("video", "audio")]
    watch.judge(f"{name}: sound goes on to the end", abs(ends[0] - ends[1]) < 0.5)


def main():
    folder = work_folder("nest-renewals")
    nest = Nest(folder, "--cameras", "3", "--token-ttl", f"{TTL_S}s", "--do", "3 live blocked")
    accounts = nest.started["configuration"].split("cameras:\n")[0]
    uuids = {"door": "0123456789abcdef", "garden": "2123456789abcdef"}
    house = House(extra=f"time_scale: {PACE}\n" + accounts,
                  cameras={name: {"nest": {"account": "emulated", "camera": uuid}, "record": {"mode": "off"}} for name, uuid in uuids.items()})
    brought = nest.started["sign_in"]
    with house:
        cookies = folder / "cookies"
        cookies.write_text(brought["cookies"] + "\n")
        login = subprocess.run([BINARY, "-c", str(house.config), "login", "nest", "--account", "emulated", "--issue-token", "-", "--cookies-file", str(cookies)],
                               input=brought["issue_token"] + "\n", capture_output=True, text=True, env=house.env, timeout=60)
        assert login.returncode == 0, login.stderr
        for name, way in (("door", "nexustalk"), ("garden", "nexustalk over WebSocket")):
            wait_until(f"{name} comes by {way}", lambda: any(
                c["id"] == name and c.get("way") == way and c["state"]["word"] == "live" for c in house.api("GET", "/api/v1/cameras")["cameras"]), 60)
        watch = Watch(house, nest, folder)
        for name, viewer in watch.viewers.items():
            viewer.flows(f"{name} shows moving pictures")

        ahead_of_time(watch)
        stubborn(watch)
        for kind in ("google", "jwt"):
            nest.say(f"token-ttl {kind} 1h")
        time.sleep(1.25 * TTL_S)  # the last of the short ones has been renewed, so long ago that another renewal is allowed
        without_warning(watch, "")
        without_warning(watch, ", and HELLO is answered with another server", "redirects")
        without_warning(watch, ", and START_PLAYBACK too", "redirects-at-start")

        for name, viewer in watch.viewers.items():
            viewer.check("at the end")
            viewer.process.send_signal(signal.SIGINT)
        for name, viewer in watch.viewers.items():
            viewer.process.wait(10)
        log = house.log_text()
        watch.judge("no secret is in the log", all(word not in log for word in (brought["cookies"], brought["issue_token"])))
    for name, viewer in watch.viewers.items():
        judge_file(watch, name, viewer)
    nest.end()
    return 1 if watch.failed else 0


if __name__ == "__main__":
    sys.exit(main())
