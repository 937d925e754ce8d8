#!/usr/bin/env python3
"""A hub that is the base station of emulated Arlo devices: they register, are set up as people want them, stream, report, and keep their settings
whatever happens to them or to the hub. What ran here are our emulators, on addresses of their own with the real ports; no hardware."""
import json
import os
import signal
import subprocess
import sys
import threading
import time

from house import BINARY, TOKEN, House, background, end, run, wait_until, work_folder

BASE = "127.0.60.1"
SERIALS = {"pro2": "CSMPRO2000001", "wirefree": "CSMWIREFREE01", "vbell": "CSMVBELL00001", "pro5": "CSMPRO5000001"}
ROUNDS = int(os.environ.get("E2E_ROUNDS", "20"))       # re-registrations; 100 for the full proof
STREAM_S = int(os.environ.get("E2E_STREAM_S", "20"))   # length of the stream with many viewers; 600 for the full proof
PACE = 0.05  # of the devices' own waits; the hub's are as they are


class Device:
    """An emulated device; what it tells is kept, and `held` is its register file as far as it was set since its last boot."""

    def __init__(self, profile, address, *options, pace=PACE):
        self.serial, self.address, self.told, self.held = SERIALS[profile], address, [], {}
        self.process = subprocess.Popen([BINARY, "emulate", "arlo", profile, "--serial", self.serial, "--address", address, "--base", BASE,
                                         "--pace", str(pace), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr, text=True)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            told = json.loads(line)
            if told["what"] == "reboot":
                self.held = {}
            if told["what"] == "registers":
                self.held.update({k: v for k, v in told.items() if k not in ("time", "device", "what")})
            self.told.append(told)

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def count(self, what):
        return sum(1 for t in self.told if t["what"] == what)

    def wait(self, what, times=1, seconds=20):
        wait_until(f"{self.serial} tells {what} {times} times", lambda: self.count(what) >= times, seconds)

    def end(self):
        end(self.process)


def house_with(cameras, **more):
    named = {name: {"arlo": {"serial": SERIALS[profile]}, **keys} for name, (profile, keys) in cameras.items()}
    return House(cameras=named, extra=f'arlo: {{enabled: true, listen: "{BASE}", gateway: "{BASE}"}}\nlinger: 1s', **more)


def events_of(house, camera, kind):
    return house.api("GET", f"/api/v1/events?camera={camera}&kind={kind}")["events"]


def watch(house, camera, seconds, to):
    run("ffmpeg", "-v", "error", "-y", "-rtsp_transport", "tcp", "-i", house.rtsp(camera), "-t", seconds, "-c", "copy", to, timeout=60)
    found = json.loads(run("ffprobe", "-v", "error", "-count_packets", "-show_streams", "-of", "json", to).stdout)["streams"]
    return {s["codec_name"]: int(s["nb_read_packets"]) for s in found}


def setting(house, camera, name):
    return next(s for s in house.camera(camera)["settings"] if s["id"] == name)


def from_registration_to_picture(folder):
    """Registers, appears, streams to one viewer and to five with one upstream, reports motion with its end, is torn down when nobody watches."""
    with house_with({"porch": ("pro2", {"record": {"mode": "off"}, "on_demand": True})}) as house:
        porch, bell = Device("pro2", "127.0.60.10"), Device("vbell", "127.0.60.11")
        try:
            porch.wait("registered")
            wait_until("the camera is known", lambda: house.camera("porch").get("model") == "VMC4030P")
            found = wait_until("the doorbell appears by itself", lambda: [c for c in house.api("GET", "/api/v1/cameras")["cameras"] if c["serial"] == bell.serial])
            door = found[0]["id"]

            frames = watch(house, "porch", 5, folder / "porch.mkv")
            assert frames.get("h264", 0) > 50 and frames.get("opus", 0) > 50, frames
            viewers = [background("ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", house.rtsp("porch"), "-t", 6, "-c", "copy", "-f", "null", "-") for _ in range(4)]
            viewers.append(background("ffmpeg", "-v", "error", "-i", house.rtmp("porch"), "-t", 6, "-c", "copy", "-f", "null", "-"))
            assert [v.wait(40) for v in viewers] == [0] * 5
            wait_until("it is torn down when nobody watches", lambda: porch.count("rtsp-teardown") == porch.count("rtsp-play"))
            assert porch.count("rtsp-play") <= 2, porch.told  # one per time that somebody watched
            assert not porch.count("rtsp-starved") and not porch.count("rtsp-runaway"), porch.told

            porch.say("motion 2")
            porch.wait("motion-end")
            wait_until("the motion has its end", lambda: [e for e in events_of(house, "porch", "motion") if e.get("end")])
            bell.say("press")
            wait_until("the button is an event", lambda: events_of(house, door, "button"))

            frames = watch(house, door, 3, folder / "door.mkv")
            assert frames.get("h264", 0) > 20, frames
        finally:
            porch.end(), bell.end()


def a_hub_that_was_killed_tears_down_what_it_left(folder):
    """kill -9 in mid-stream: the next start ends the old session and streams again."""
    house = house_with({"porch": ("pro2", {"record": {"mode": "always"}})})
    porch = Device("pro2", "127.0.60.10", "--listens-while-busy", pace=1)  # a device that can be reached while it streams, its waits as they are
    try:
        house.start()
        # In mid-stream: a device is live for the hub as soon as it has called.
        wait_until("pictures come", lambda: house.camera("porch").get("last_frame_at"), 30)
        assert porch.count("rtsp-play") == 1, porch.told
        house.stop(signal.SIGKILL)
        began = time.monotonic()
        before = porch.count("rtsp-teardown")
        house.start()
        porch.wait("rtsp-teardown", before + 1, 10)
        frames = watch(house, "porch", 1, folder / "again.mkv")
        took = time.monotonic() - began
        print(f"after kill -9: TEARDOWN, and a second of pictures {took:.1f} s after the hub started again")
        assert took < 10 and frames.get("h264", 0) > 10, (took, frames)
        assert porch.count("rtsp-starved") == 0, porch.told
        assert house.stop() == 0
        wait_until("SIGTERM ends the session", lambda: porch.count("rtsp-teardown") == porch.count("rtsp-play"))
    finally:
        house.stop()
        porch.end()


def a_device_that_is_deaf_while_it_streams_comes_back_by_itself(folder):
    """As real ones are: nobody can tear down a session that a killed hub left. The reports that end make the device end it, leave the network and
    register again; the hub does not knock it awake meanwhile, and then streams."""
    house = house_with({"porch": ("pro2", {"record": {"mode": "off"}, "on_demand": True})})
    porch = Device("pro2", "127.0.60.10", pace=0.5)
    viewer = None
    try:
        house.start()
        porch.wait("registered")
        viewer = background("ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", house.rtsp("porch"), "-c", "copy", "-f", "null", "-")
        porch.wait("rtsp-play")
        time.sleep(2)
        house.stop(signal.SIGKILL)
        began = time.monotonic()
        house.start()
        porch.wait("rtsp-starved", 1, 20)
        porch.wait("registered", 2, 30)
        frames = watch(house, "porch", 1, folder / "again.mkv")
        print(f"after kill -9, deaf: pictures {time.monotonic() - began:.1f} s after the hub started again, of which the device took 7 s")
        assert frames.get("h264", 0) > 10 and porch.count("rtsp-runaway") == 0, (frames, porch.told)
    finally:
        if viewer:
            end(viewer)
        house.stop()
        porch.end()


def one_upstream_for_everybody(folder):
    """25 viewers over RTSP (TCP and UDP), RTMP and HLS watch one camera that ends a stream without reports after six seconds."""
    with house_with({"porch": ("pro2", {"record": {"mode": "off"}, "on_demand": True, "power": "wired"})}) as house:
        porch = Device("pro2", "127.0.60.10", pace=1)
        viewers = []
        try:
            porch.wait("registered")
            ways = [("tcp", 10, ["-rtsp_transport", "tcp", "-i", house.rtsp("porch")]), ("udp", 5, ["-rtsp_transport", "udp", "-i", house.rtsp("porch")]),
                    ("rtmp", 6, ["-i", house.rtmp("porch")]),
                    ("hls", 4, ["-headers", f"Authorization: Bearer {TOKEN}\r\n", "-i", house.http("/api/stream.m3u8?src=porch")])]
            for way, count, source in ways:
                for i in range(count):
                    log = folder / f"viewer-{way}{i}.log"
                    viewers.append((log, background("ffmpeg", "-v", "error", "-stats_period", 5, "-progress", log.with_suffix(".progress"), *source, "-t", STREAM_S,
                                                    "-c", "copy", "-f", "null", "-", log=log)))
            for log, viewer in viewers:
                assert viewer.wait(STREAM_S + 60) == 0, (log.name, log.read_text()[-500:])
            frames = [int(log.with_suffix(".progress").read_text().rsplit("frame=", 1)[1].split()[0]) for log, _ in viewers]
            print(f"{STREAM_S} s, {len(viewers)} viewers: {min(frames)} to {max(frames)} frames each, {porch.count('rtsp-play')} upstream session")
            assert min(frames) > 15 * STREAM_S * 0.97, frames
            assert porch.count("rtsp-play") == 1 and porch.count("rtsp-starved") == 0, porch.told
        finally:
            for _, viewer in viewers:
                end(viewer)
            porch.end()


WANTED = {"motion_alerts": False, "motion_sensitivity": 37, "flip": True, "charge_led": True, "speaker_volume": 40}


def every_setting_survives(folder):
    """Two cameras that reboot, change and swap their addresses, refuse registers: each time they end with exactly what was wanted."""
    house = house_with({"porch": ("pro2", {"record": {"mode": "off"}}), "yard": ("wirefree", {"record": {"mode": "off"}})})
    porch, yard = Device("pro2", "127.0.60.10"), Device("wirefree", "127.0.60.12")
    try:
        house.start()
        for device in porch, yard:
            device.wait("registered")
        wanted = {}
        for name, device in (("porch", porch), ("yard", yard)):
            there = {s["id"]: s for s in wait_until("it has settings", lambda: house.camera(name).get("settings"))}
            wanted[name] = {}
            for key, value in WANTED.items():
                if key not in there:
                    continue
                house.api("PUT", f"/api/v1/cameras/{name}/settings/{key}", {"value": value})
                wanted[name][key] = value
            assert len(wanted[name]) >= 3, (name, list(there))
            wait_until(f"{name} has taken them", lambda: all(setting(house, name, k)["reported"] == v for k, v in wanted[name].items()), 30)
        registers = {"porch": settled(porch), "yard": settled(yard)}
        lost = 0
        for i in range(ROUNDS):
            fault = i % 10
            before = {d: d.count("registered") for d in (porch, yard)}
            if fault == 3:    # the leases are swapped: each is where the other was
                porch.say("move 127.0.60.20"), yard.say("move 127.0.60.10")
                porch.wait("registered", before[porch] + 1), yard.wait("registered", before[yard] + 1)
                before = {d: d.count("registered") for d in (porch, yard)}
                porch.say("move 127.0.60.12")
            elif fault == 6:  # another address
                porch.say(f"move 127.0.60.{30 + i}"), yard.say(f"move 127.0.60.{130 + i}")
            elif fault == 7:  # back again, without a word
                porch.say("move 127.0.60.10 silent"), yard.say("move 127.0.60.12 silent")
                porch.say("reboot"), yard.say("reboot")
            elif fault == 8:  # refuses everything for a while
                porch.say("fault nack"), porch.say("reboot"), yard.say("reboot")
                porch.wait("registered", before[porch] + 1)
                time.sleep(1)  # its whole set-up is refused
                porch.say("fault none")
                for _ in range(4):  # it is tried again when the device calls, but not at once
                    time.sleep(2)
                    porch.say("status")
            elif fault == 9 and i % 20 == 9:  # the hub goes as well
                house.stop(signal.SIGKILL)
                porch.say("reboot"), yard.say("reboot")
                house.start()
            else:
                porch.say("reboot"), yard.say("reboot")
            porch.wait("registered", before[porch] + 1, 60)
            if fault != 3:
                yard.wait("registered", before[yard] + 1, 60)
            for name, device in (("porch", porch), ("yard", yard)):
                missing = held_as(device, registers[name])
                lost += len(missing)
                assert not missing, f"round {i}: {name} differs in {missing}"
        print(f"{ROUNDS} re-registrations of two cameras, {lost} settings lost")
    finally:
        house.stop()
        porch.end(), yard.end()


# What is no setting but a moment.
PASSING = {"EpochBsTime", "UserStreamActive", "SpotlightEnabled", "Reboot"}


def settled(device):
    def same():
        before = dict(device.held)
        time.sleep(0.7)
        return device.held == before and before
    return {k: v for k, v in wait_until("the set-up is over", same, 30).items() if k not in PASSING}


def held_as(device, registers):
    """Waits until the device holds these registers; what differs when it does not."""
    differing = {}
    for _ in range(600):
        held = {k: v for k, v in device.held.items() if k not in PASSING}
        differing = {k: (v, held.get(k)) for k, v in registers.items() if held.get(k) != v} | {k: (None, v) for k, v in held.items() if k not in registers}
        if not differing:
            return {}
        time.sleep(0.05)
    return differing


def main():
    folder = work_folder("arlo")
    tests = [from_registration_to_picture, a_hub_that_was_killed_tears_down_what_it_left, a_device_that_is_deaf_while_it_streams_comes_back_by_itself,
             one_upstream_for_everybody, every_setting_survives]
    for test in tests:
        if len(sys.argv) > 1 and test.__name__ not in sys.argv[1:]:
            continue
        began = time.monotonic()
        test(folder)
        print(f"ok   {test.__name__} ({time.monotonic() - began:.0f} s)")


if __name__ == "__main__":
    main()
