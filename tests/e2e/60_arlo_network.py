#!/usr/bin/env python3
"""Arlo devices behind a router: the rules of `casement arlo network`, loaded by the real nft, between emulated devices and the hub.

Three network namespaces: the devices' network, a router that also masquerades as home routers do, and the hub. Registrations must arrive with
the device's own address, pictures over UDP must come back (also from a port that nobody announced), talk-back must go out, a doorbell that talks
to its gateway only must take the hub for it, and a device must reach nothing but the hub. Needs root; says so where it has not enough rights.
"""
import json
import math
import os
import pathlib
import queue
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import wave

from house import BINARY, TOKEN, House, end, run, wait_until

GATEWAY, CAMERA, BELL, NEIGHBOUR = "172.14.1.1", "172.14.1.100", "172.14.1.101", "172.14.1.102"
HUB, ROUTER = "192.168.77.2", "192.168.77.1"
RTP_FIRST, RTP_LAST = 50000, 50019


# ---- outside: the three namespaces
class Network:
    def __init__(self):
        tag = f"csm{os.getpid()}"
        self.devices, self.router, self.hub = f"{tag}-devices", f"{tag}-router", f"{tag}-hub"
        self.made = []

    def make(self):
        for name in (self.devices, self.router, self.hub):
            run("ip", "netns", "add", name)
            self.made.append(name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        # Made inside the router, so that no name of this machine is taken.
        run("ip", "-n", self.router, "link", "add", "cams0", "type", "veth", "peer", "name", "wlan0", "netns", self.devices)
        run("ip", "-n", self.router, "link", "add", "home0", "type", "veth", "peer", "name", "eth0", "netns", self.hub)
        for name, link, addresses in ((self.devices, "wlan0", (CAMERA, BELL, NEIGHBOUR)), (self.router, "cams0", (GATEWAY,)),
                                      (self.router, "home0", (ROUTER,)), (self.hub, "eth0", (HUB,))):
            for address in addresses:
                run("ip", "-n", name, "address", "add", f"{address}/24", "dev", link)
            run("ip", "-n", name, "link", "set", link, "up")
        run("ip", "-n", self.devices, "route", "add", "default", "via", GATEWAY)
        run("ip", "-n", self.hub, "route", "add", "default", "via", ROUTER)

    def remove(self):
        for name in self.made:
            subprocess.run(["ip", "netns", "delete", name], check=False)


def outside():
    for program in ("ip", "nft", "ffprobe"):
        if shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
            print(f"skipped: {program} is not installed (script/setup --for test installs it)")
            return 0
    network = Network()
    try:
        try:
            network.make()
            run("ip", "netns", "exec", network.router, "nft", "list", "ruleset")
        except (subprocess.CalledProcessError, OSError) as error:
            why = getattr(error, "stderr", "") or str(error)
            print(f"skipped: network namespaces with nftables cannot be made here ({why.strip()})")
            return 0
        inner = ["ip", "netns", "exec", network.hub, sys.executable, __file__, "--inside", network.devices, network.router]
        return subprocess.run(inner, check=False).returncode
    finally:
        network.remove()


# ---- inside the hub's namespace
class Device:
    """`casement emulate arlo` on the devices' network."""

    def __init__(self, namespace, profile, address, *more):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, BINARY, "emulate", "arlo", profile, "--address", address, "--base", GATEWAY, *more],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines, self.seen = queue.Queue(), []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)

    def told(self, what, **details):
        """The event, once the device has told of it."""
        while not self.lines.empty():
            line = self.lines.get()
            self.seen.append(json.loads(line) if line.startswith("{") else {"what": line})
        for event in self.seen:
            if event["what"] == what and all(event.get(key) == value for key, value in details.items()):
                return event
        return None

    def wait(self, what, seconds=20, **details):
        try:
            return wait_until(f"the device tells {what}", lambda: self.told(what, **details), seconds)
        except AssertionError:
            raise AssertionError(f"the device never told {what} {details}; it told: {self.seen[-12:]}") from None

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()


def in_namespace(name, *args, **kwargs):
    return subprocess.run(["ip", "netns", "exec", name, *map(str, args)], capture_output=True, text=True, check=kwargs.pop("check", True),
                          timeout=20, **kwargs)


def reaches(namespace, own, address, port):
    """What a TCP connection from there meets: an answer to OPTIONS, "cut", "refused" or "silence"."""
    script = f"""
import socket
s = socket.socket(); s.settimeout(1.5); s.bind(({own!r}, 0))
try:
    s.connect(({address!r}, {port})); s.sendall(b"OPTIONS rtsp://{address}/live RTSP/1.0\\r\\nCSeq: 1\\r\\n\\r\\n")
    print(s.recv(200).decode(errors="replace").split("\\r\\n")[0] or "cut")
except ConnectionRefusedError: print("refused")
except ConnectionResetError: print("cut")
except OSError: print("silence")
"""
    return in_namespace(namespace, sys.executable, "-c", script).stdout.strip()


def probe(house, camera):
    answer = run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name,width,height", "-of", "json",
                 house.rtsp(camera), timeout=25)
    return {stream["codec_name"] for stream in json.loads(answer.stdout)["streams"]}


def make_rules(folder):
    made = run(BINARY, "--json", "arlo", "network", "--set-up", "router", "--cameras", "cams0", "--uplink", "home0", "--hub", HUB,
               "--router", ROUTER, "--rtp-ports", f"{RTP_FIRST}-{RTP_LAST}", "--into", folder, "--check")
    verdicts = {file["name"]: file["check"]["verdict"] for file in json.loads(made.stdout)["files"]}
    assert verdicts["arlo.nft"] == "fine", verdicts
    return pathlib.Path(folder) / "arlo.nft"


def lay_router(router, rules):
    in_namespace(router, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
    # The home router that hides everybody behind its own address, and loads its rules last.
    masquerade = "table ip home { chain post { type nat hook postrouting priority srcnat; policy accept; oifname \"home0\" masquerade\n }\n }\n"
    subprocess.run(["ip", "netns", "exec", router, "nft", "-f", "-"], input=masquerade, text=True, check=True)
    in_namespace(router, "nft", "-f", rules)
    in_namespace(router, "nft", "-f", rules)  # loading again replaces


def talk(house, camera):
    """One second of a tone, said by the hub."""
    sound = house.dir / "tone.wav"
    with wave.open(str(sound), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(b"".join(struct.pack("<h", int(8000 * math.sin(2 * math.pi * 440 * i / 8000))) for i in range(8000)))
    run(BINARY, "-c", house.config, "command", camera, "talk", "--file", sound, env=house.env, timeout=30)


def address_of(house, serial):
    import sqlite3
    with sqlite3.connect(f"file:{house.data}/casement.db?mode=ro", uri=True) as db:
        row = db.execute("SELECT address FROM arlo_devices WHERE serial = ?", (serial,)).fetchone()
    return row and row[0]


def inside(devices, router):
    with tempfile.TemporaryDirectory(prefix="casement-e2e-arlo.") as folder:
        rules = make_rules(folder)
        lay_router(router, rules)
        extra = (f"linger: 1s\ndefaults: {{record: {{mode: off}}}}\n"
                 f"arlo: {{enabled: true, listen: \"{HUB}\", gateway: \"{GATEWAY}\", rtp_ports: [{RTP_FIRST}, {RTP_LAST}]}}")
        running = []
        try:
            # On demand: a device that streams to the hub refuses everybody else.
            serials = ["NETCAM1", "NETBELL1"] + [f"NET{profile.upper()}" for profile, _, _ in OTHERS]
            cameras = {serial.lower(): {"arlo": {"serial": serial}, "on_demand": True} for serial in serials}
            with House(cameras, extra=extra) as house:
                camera = Device(devices, "pro2", CAMERA, "--serial", "NETCAM1", "--fault", "server-port-third")
                running.append(camera)
                bell = Device(devices, "vbell", BELL, "--serial", "NETBELL1")
                running.append(bell)
                checks(house, camera, bell, devices, router, rules)
                every_model(house, devices, running)
        finally:
            for device in running:
                end(device.process)


def checks(house, camera, bell, devices, router, rules):
    # Registration: it arrives, from the device's own address, and the set-up finds the way back.
    for device in (camera, bell):
        device.wait("registered")
        device.wait("registers")
    assert wait_until("the camera's address", lambda: address_of(house, "NETCAM1")) == CAMERA, address_of(house, "NETCAM1")
    assert address_of(house, "NETBELL1") == BELL
    print("registered with their own addresses")

    # Pictures over UDP, from a port that was not announced: only the forwarded range brings them home.
    assert "h264" in probe(house, "netcam1")
    assert camera.wait("rtsp-play")["transport"] == "udp"
    print("pictures over UDP came through the router")

    talk(house, "netcam1")
    camera.wait("talk-begin")
    print("talk-back went out")

    # The doorbell: a neighbour is not its gateway, the hub without its rule is not, the hub with it is.
    met = reaches(devices, NEIGHBOUR, BELL, 554)
    assert met == "cut", met
    in_namespace(router, "nft", "flush", "chain", "ip", "casement_arlo", "postrouting")
    met = reaches_from_here(BELL, 554)
    assert met == "cut", met
    assert bell.wait("rtsp-foreign")
    in_namespace(router, "nft", "-f", rules)
    answer = reaches_from_here(BELL, 554)
    assert answer.startswith("RTSP/1.0 200"), answer
    assert "h264" in probe(house, "netbell1")
    peers = [event["peer"] for event in bell.seen + [bell.wait("rtsp-setup")] if event["what"] == "rtsp-setup"]
    assert all(peer.startswith(GATEWAY + ":") for peer in peers), peers
    print("the doorbell takes the hub for its gateway")

    # And nothing else: not the hub's other ports, not the router itself.
    with socket.create_server((HUB, 9999)):
        assert reaches_from_here(HUB, 9999) != "refused"  # it does listen
        for address, port in ((HUB, 9999), (GATEWAY, 22), (ROUTER, 22), ("192.0.2.1", 443)):
            met = reaches(devices, NEIGHBOUR, address, port)
            assert met == "silence", f"a device reaches {address}:{port}: {met}"
    print("devices reach nothing but the hub")

    doctor = subprocess.run([BINARY, "-c", str(house.config), "--json", "doctor"], capture_output=True, text=True, timeout=30, env=house.env)
    findings = {finding["topic"]: finding for finding in json.loads(doctor.stdout)["findings"]}
    assert findings["gateway"]["verdict"] == "ok" and HUB in findings["gateway"]["says"], findings["gateway"]
    assert findings["base station"]["verdict"] == "ok", findings["base station"]
    assert findings["source address"]["verdict"] == "unknown" and "NETBELL1" in findings["source address"]["says"], findings["source address"]
    for port in (4000, 4100):
        assert findings[f"port {port} (Arlo devices)"]["verdict"] == "ok", findings
    assert doctor.returncode == 0, doctor.stdout
    print("doctor agrees")
    assert not re.search(re.escape(TOKEN), doctor.stdout + house.log_text()), "a secret is told"


# What else there is, with a word that makes something happen and the event that the hub should know of it.
OTHERS = [("wirefree", "motion 1", "motion"), ("essential", "motion 1", "motion"), ("ultra", "motion 1", "motion"), ("pro5", "motion 1", "motion"),
          ("flood", "motion 1", "motion"), ("abell", "press", "button")]


def every_model(house, devices, running):
    """Registration, set-up, an event and a picture of every other model that the emulator knows."""
    started = {}
    for i, (profile, _, _) in enumerate(OTHERS):
        address = f"172.14.1.{110 + i}"
        in_namespace(devices, "ip", "address", "add", f"{address}/24", "dev", "wlan0")
        started[profile] = Device(devices, profile, address, "--serial", f"NET{profile.upper()}")
        running.append(started[profile])
    for profile, _, _ in OTHERS:
        started[profile].wait("registered")
        started[profile].wait("registers")
    for profile, line, kind in OTHERS:
        camera = f"net{profile}"
        # Armed is the last word of its set-up.
        wait_until(f"{profile} is set up", lambda: house.camera(camera).get("settings"))

        def has_happened():
            started[profile].say(line)
            time.sleep(0.3)
            events = house.api("GET", f"/api/v1/events?camera={camera}")
            return any(event["kind"] == kind for event in events.get("events", events) if isinstance(event, dict))
        wait_until(f"{profile}: {kind} is in the log", has_happened, 20)
        if profile != "abell":
            assert probe(house, camera) & {"h264", "hevc"}, profile
        print(f"{profile}: registered, {kind}" + ("" if profile == "abell" else ", picture"))


def reaches_from_here(address, port):
    with socket.socket() as s:
        s.settimeout(2)
        try:
            s.bind((HUB, 0))
            s.connect((address, port))
            s.sendall(f"OPTIONS rtsp://{address}/live RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
            return s.recv(200).decode(errors="replace").split("\r\n")[0] or "cut"
        except ConnectionRefusedError:
            return "refused"
        except ConnectionResetError:
            return "cut"
        except OSError:
            return "silence"


if __name__ == "__main__":
    if "--inside" in sys.argv:
        at = sys.argv.index("--inside")
        inside(*sys.argv[at + 1:at + 3])
    else:
        started = time.monotonic()
        status = outside()
        print(f"{time.monotonic() - started:.0f} s")
        sys.exit(status)
