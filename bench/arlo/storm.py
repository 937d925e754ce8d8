#!/usr/bin/env python3
"""Fifty Arlo devices register within one second and then report motion; how long does the base take to acknowledge, and to tell a webhook?
The same devices then do the same with a base that takes the reference's steps in the reference's order (reference.py).

    bench/arlo/storm.py CASEMENT [OUT.jsonl]      prints a table, and appends a JSON line for each base to OUT

Devices are plain sockets on 127.0.61.10 and up, so that what is measured is the base. They take whatever they are told at once.
"""
import asyncio
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
BASE, DEVICES, ROUNDS = "127.0.61.1", 50, 10
CAPABILITIES = ["IRLED", "PirMotion", "NightVision", "Temperature", "BatteryLevel", "Microphone", "Speaker", "SignalStrength", "Solar",
                "BatteryCharging", "H.264Streaming", "JPEGSnapshot", "AutomatedStop", "BEC", "RaParams"]


def frame(message):
    text = json.dumps(message, separators=(",", ":")).encode()
    return b"L:%d %s" % (len(text), text)


async def read_frame(reader):
    header = await reader.readuntil(b" ")
    return json.loads(await reader.readexactly(int(header[2:])))


class Device:
    def __init__(self, number):
        self.address, self.serial, self.next, self.commands = f"127.0.61.{10 + number}", f"CSMSTORM{number:05d}", 1, 0

    async def listen(self):
        self.server = await asyncio.start_server(self.obey, self.address, 4000)

    async def obey(self, reader, writer):
        try:
            command = await read_frame(reader)
            self.commands += 1
            writer.write(frame({"Type": "response", "ID": command["ID"], "Response": "Ack"}))
            await writer.drain()
            await reader.read()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        writer.close()

    async def say(self, message):
        """Seconds until it was acknowledged, counted from the connect."""
        message["ID"], self.next = self.next, self.next + 1
        began = time.perf_counter()
        reader, writer = await asyncio.open_connection(BASE, 4000, local_addr=(self.address, 0))
        writer.write(frame(message))
        answer = await asyncio.wait_for(read_frame(reader), 30)
        took = time.perf_counter() - began
        assert answer["Response"] == "Ack" and answer["ID"] == message["ID"], answer
        writer.close()
        return took

    def registration(self):
        return {"Type": "registration", "SystemSerialNumber": self.serial, "SystemModelNumber": "VMC4030P", "UpdateSystemModelNumber": "VMC4030P",
                "SystemFirmwareVersion": "1.125.15.0_35_1191", "CommProtocolVersion": 1, "InterfaceVersion": 1, "HardwareRevision": "H3", "BatPercent": 77,
                "BatTech": "Rechargeable", "ChargerTech": "None", "ChargingState": "Off", "Temperature": 19, "SignalStrengthIndicator": 3,
                "LogFrequency": 2, "Capabilities": CAPABILITIES, "Sync": False, "BootSeconds": 5}


class Receiver:
    """Takes webhooks; `heard` has the moment of each, by what was waited for."""

    def __init__(self):
        self.waiting = {}

    async def listen(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next((int(l.split(b":")[1]) for l in head.lower().split(b"\r\n") if l.startswith(b"content-length:")), 0)
                body = (await reader.readexactly(length)).decode()
                now = time.perf_counter()
                for serial, future in list(self.waiting.items()):
                    if serial in body and not future.done():
                        future.set_result(now)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()

    def expect(self, word):
        self.waiting[word] = asyncio.get_running_loop().create_future()
        return self.waiting[word]


def part(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))]


async def storm(name, start):
    receiver = Receiver()
    await receiver.listen()
    devices = [Device(i) for i in range(DEVICES)]
    for device in devices:
        await device.listen()
    process, word_of = await start(receiver.port)
    try:
        async def register(i, device):
            await asyncio.sleep(i / DEVICES)
            return await device.say(device.registration())
        acks = await asyncio.gather(*(register(i, d) for i, d in enumerate(devices)))
        # The set-up that follows is over when nobody was told anything for a second.
        before = -1
        while before != (before := sum(d.commands for d in devices)):
            await asyncio.sleep(1)
        words = await word_of(devices)
        hooks = []
        for _ in range(ROUNDS):
            for device in devices:
                told = receiver.expect(words[device.serial])
                began = time.perf_counter()
                await device.say({"Type": "alert", "AlertType": "pirMotionAlert", "PIRMotion": {"Triggered": True, "TriggerLevel": 6110, "zones": []}})
                hooks.append(await asyncio.wait_for(told, 30) - began)
                await device.say({"Type": "alert", "AlertType": "motionTimeoutAlert", "StreamDuration": 1})
        result = {"scenario": f"arlo/{DEVICES}", "server": name, "devices": DEVICES, "alerts": len(hooks), "commands": before,
                  "ack_ms_p50": 1e3 * part(acks, .5), "ack_ms_max": 1e3 * max(acks), "hook_ms_p50": 1e3 * part(hooks, .5),
                  "hook_ms_p99": 1e3 * part(hooks, .99)}
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)
        for device in devices:
            device.server.close()
    return result


async def reachable(port, process):
    for _ in range(400):
        if process.poll() is not None:
            raise SystemExit("the base ended by itself")
        try:
            _, writer = await asyncio.open_connection(BASE, port)
            writer.close()
            return
        except OSError:
            await asyncio.sleep(0.05)
    raise SystemExit("the base does not listen")


def casement(binary, folder):
    async def start(port):
        (folder / "casement.yaml").write_text(
            f'data: {folder}/data\nhttp: {{listen: "127.0.61.1:8790", tls: off}}\nrtsp: {{listen: "127.0.61.1:8554"}}\nrtmp: {{listen: "127.0.61.1:1935"}}\n'
            f'webhooks: [{{url: "http://127.0.0.1:{port}/hook", events: [motion]}}]\ntokens: [{{name: bench, secret: "${{BENCH_TOKEN}}"}}]\n'
            f'arlo: {{enabled: true, listen: "{BASE}", gateway: "{BASE}", rest: "127.0.61.1:5000"}}\ndefaults: {{record: {{mode: off}}}}\n')
        log = open(folder / "hub.log", "wb")
        process = subprocess.Popen([binary, "-c", str(folder / "casement.yaml"), "serve"], stdout=log, stderr=log,
                                   env=dict(os.environ, BENCH_TOKEN="ct_bench0123456789abcdefghijklmnopqr"))
        await reachable(4000, process)

        async def words(devices):  # a webhook names the camera, not the serial number
            out = subprocess.run([binary, "-c", str(folder / "casement.yaml"), "cameras", "--json"], capture_output=True, check=True, text=True)
            cameras = json.loads(out.stdout)
            cameras = cameras["cameras"] if isinstance(cameras, dict) else cameras
            return {c["serial"]: f'"{c["id"]}"' for c in cameras}
        return process, words
    return start


def reference(folder):
    async def start(port):
        process = subprocess.Popen([sys.executable, str(HERE / "reference.py"), BASE, str(folder / "reference.db"), f"http://127.0.0.1:{port}/hook"])
        await reachable(4000, process)

        async def words(devices):
            return {d.serial: d.serial for d in devices}
        return process, words
    return start


def main():
    binary, out = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    results = []
    for name in ("casement", "reference-order"):
        with tempfile.TemporaryDirectory(prefix="casement-storm.") as folder:
            folder = pathlib.Path(folder)
            results.append(asyncio.run(storm(name, casement(binary, folder) if name == "casement" else reference(folder))))
    print(f"{'base':18} {'ack p50':>9} {'ack max':>9} {'webhook p50':>12} {'webhook p99':>12}   ms; {DEVICES} devices, {DEVICES * ROUNDS} alerts")
    for r in results:
        print(f"{r['server']:18} {r['ack_ms_p50']:9.2f} {r['ack_ms_max']:9.2f} {r['hook_ms_p50']:12.2f} {r['hook_ms_p99']:12.2f}")
    if out:
        with open(out, "a") as f:
            for r in results:
                f.write(json.dumps({"day": time.strftime("%Y-%m-%d"), **r}) + "\n")


if __name__ == "__main__":
    main()
