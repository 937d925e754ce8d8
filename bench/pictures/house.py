#!/usr/bin/env python3
"""What a house of cameras that only give single pictures costs the whole hub: eight of them, one picture a second each, shown as streams and recorded.

    bench/pictures/house.py CASEMENT [OUT.jsonl [SECONDS]]      prints a row, and appends it as a JSON line to OUT

Pictures of 1280x720 over TLS from our emulator, which draws them in a process of its own; no hardware."""
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2] / "tests/e2e")]
os.environ["CASEMENT"] = sys.argv[1]
from house import BINARY, House, wait_until, work_folder  # noqa: E402
from nest import Nest  # noqa: E402

CAMERAS, TICKS = 8, os.sysconf("SC_CLK_TCK")


def used(pid):
    """Seconds of the processor, MB in memory."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS, int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main():
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 30
    folder = work_folder("pictures-house")
    nest = Nest(folder, "--cameras", str(CAMERAS))
    text = nest.started["configuration"].split("cameras:\n")[0].replace("sign_in: google", "sign_in: nest_token\n    way: snapshots")
    with House(extra=text + "defaults: {record: {mode: always}}") as house:
        subprocess.run([BINARY, "-c", str(house.config), "login", "nest", "--nest-token", "-"], input=nest.started["sign_in"]["nest_token"] + "\n", text=True,
                       check=True, capture_output=True, env=house.env)
        cameras = lambda: house.api("GET", "/api/v1/cameras")["cameras"]  # noqa: E731
        wait_until("all give pictures and are recorded", lambda: len(cameras()) == CAMERAS and all(c["state"]["word"] == "snapshot" and c["recording"]["active"] for c in cameras()), 60)
        time.sleep(5)
        (cpu, _), asked, began = used(house.process.pid), count(nest), time.monotonic()
        time.sleep(seconds)
        (after, memory), gave, lasted = used(house.process.pid), count(nest) - asked, time.monotonic() - began
    nest.end()
    row = {"server": "casement", "scenario": f"pictures-house/{CAMERAS}", "cores": round((after - cpu) / lasted, 4), "rss_mb": round(memory, 1), "pictures_s": round(gave / lasted, 2)}
    print("  ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    if len(sys.argv) > 2:
        with open(sys.argv[2], "a") as file:
            file.write(json.dumps(row) + "\n")


def count(nest):
    return sum(1 for told in list(nest.told) if told["what"] == "request" and told["route"] == "get_image" and told["status"] == 200)


if __name__ == "__main__":
    sys.exit(main())
