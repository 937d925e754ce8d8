#!/usr/bin/env python3
"""From a Nanit camera's bytes to the broker: how long Casement takes, beside a bridge that does nothing but pass them on.

    bench/nanit/latency.py CASEMENT [OUT.jsonl]      prints a table, and appends a JSON line for each to OUT

The camera pushes that it got dark, or light, to whoever is connected. A bare client sees the same bytes as the hub at the same moment; from then on both
are timed until a subscriber has what they published at one mosquitto. The bare client decodes nothing, stores nothing and publishes at once.
What ran here is our emulator; no hardware."""
import asyncio
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2] / "tests/e2e")]
os.environ["CASEMENT"] = sys.argv[1]
from wires import Mqtt, WebSocket  # noqa: E402
from house import House, end, free_port, wait_until  # noqa: E402
from nanit import Nanit, sign_in  # noqa: E402

ROUNDS, WARM_UP = 500, 20
CAMERA, SERIAL, BABY = "robin", "N301EMU0000001", "a1b2c3d4"
TOPICS = {"casement": f"nanit/babies/{BABY}/is_night", "bare bridge": "bare/is_night"}
NIGHT = re.compile(rb"\x08\x05\x18([\x00\x01])")  # SensorData: type NIGHT, value


def part(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))]


async def measure(nanit, token, broker_port):
    relay_port = int(nanit.started["relay"].rsplit(":", 1)[1])
    bare = await WebSocket.open(relay_port, f"/focus/cameras/{SERIAL}/user_connect", token)
    bridge, subscriber = await Mqtt.open(broker_port, "bare"), await Mqtt.open(broker_port, "subscriber")
    await subscriber.subscribe("#")
    waiting = {}  # what is waited for -> future of its moment

    async def follow(receive):
        while True:
            key = receive(await (bare if receive is of_camera else subscriber).receive())
            now = time.perf_counter()
            if key in waiting and not waiting[key].done():
                waiting[key].set_result(now)

    def of_camera(message):
        found = NIGHT.search(message[1])
        if not found:
            return None
        word = b"true" if found[1] == b"\x01" else b"false"
        bridge.publish(TOPICS["bare bridge"], word)
        return "bytes", word

    def of_broker(message):
        return message

    tasks = [asyncio.create_task(follow(receive)) for receive in (of_camera, of_broker)]
    took = {name: [] for name in TOPICS}
    for i in range(WARM_UP + ROUNDS):
        word = b"true" if i % 2 else b"false"
        loop = asyncio.get_running_loop()
        waiting = {key: loop.create_future() for key in [("bytes", word), *((topic, word) for topic in TOPICS.values())]}
        nanit.say(f"measure night {i % 2}")
        moments = dict(zip(waiting, await asyncio.wait_for(asyncio.gather(*waiting.values()), 20)))
        if i >= WARM_UP:
            for name, topic in TOPICS.items():
                took[name].append(1e3 * (moments[topic, word] - moments["bytes", word]))
        await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    return took


def main():
    with tempfile.TemporaryDirectory(prefix="casement-latency.") as folder:
        folder = pathlib.Path(folder)
        port = free_port()
        (folder / "mosquitto.conf").write_text(f"user root\nlistener {port} 127.0.0.1\npersistence false\nallow_anonymous true\n")
        broker = subprocess.Popen(["/usr/sbin/mosquitto", "-c", str(folder / "mosquitto.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        nanit = Nanit(folder, "--plain")
        try:
            # The hub hears the camera where the bare client does: over the relay.
            extra = re.sub(r"\n *cameras:\n *N301EMU0000001: [^\n]*", "", nanit.started["configuration"])
            extra += f'\nmqtt: {{broker: "mqtt://127.0.0.1:{port}", nanit_topics: nanit}}\ndefaults: {{record: {{mode: off}}}}\n'
            with House(extra=extra) as house:
                signed = sign_in(house)
                assert signed.returncode == 0, signed
                wait_until("the camera is there", lambda: CAMERA in [c["id"] for c in house.api("GET", "/api/v1/cameras")["cameras"]])
                wait_until("it is heard", lambda: any(s.get("value") is not None for s in house.camera(CAMERA)["sensors"] if s["id"] == "night"))
                # A token of its own, as another app of the same family has one.
                _, tokens = nanit.ask("POST", "/login", {"email": "parent@example.org", "password": "nursery"})
                took = asyncio.run(measure(nanit, tokens["access_token"], port))
            nanit.end()
        finally:
            if nanit.process.poll() is None:
                nanit.process.kill()
            end(broker)
    print(f"{'bytes to broker':18} {'p50':>8} {'p99':>8} {'max':>8}   ms; {ROUNDS} pushes")
    for name, values in took.items():
        print(f"{name:18} {part(values, .5):8.2f} {part(values, .99):8.2f} {max(values):8.2f}")
    ours, bare = took.values()
    print(f"{'of the bridge':18} {part(ours, .5) / part(bare, .5):8.2f} {part(ours, .99) / part(bare, .99):8.2f}")
    if len(sys.argv) > 2:
        with open(sys.argv[2], "a") as out:
            for name, values in took.items():
                out.write(json.dumps({"day": time.strftime("%Y-%m-%d"), "scenario": "nanit-mqtt", "server": name, "pushes": ROUNDS, "mqtt_ms_p50": part(values, .5),
                                      "mqtt_ms_p99": part(values, .99), "mqtt_ms_max": max(values)}) + "\n")


if __name__ == "__main__":
    main()
