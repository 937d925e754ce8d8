#!/usr/bin/env python3
"""Holds the figures of a bench run against what Casement promises. Ratios are medians of pairs measured in the same repeat."""
import json
import statistics
import sys

rows = [json.loads(line) for line in open(sys.argv[1]) if line.strip()]


def of(server, scenario, key):
    return {row.get("rep"): row[key] for row in rows if row["server"] == server and row["scenario"] == scenario and row.get(key) is not None}


def ratio(key, scenario, mine="casement", other="floor", other_scenario=None):
    a, b = of(mine, scenario, key), of(other, other_scenario or scenario, key)
    pairs = [a[rep] / b[rep] for rep in a if rep in b and b[rep]]
    return statistics.median(pairs) if pairs else None


def median(key, scenario, server="casement"):
    values = list(of(server, scenario, key).values())
    return statistics.median(values) if values else None


def least(key, scenario):
    values = list(of("casement", scenario, key).values())
    return min(values) if values else None


failed = 0


def judge(what, value, bound, below=True):
    global failed
    if value is None:
        return
    good = value <= bound if below else value >= bound
    failed += not good
    print(f"{'ok  ' if good else 'MISS'}  {what}: {value:.3f} ({'at most' if below else 'at least'} {bound})")


for scenario, other in (("s1/400", "s1/400"), ("s1r/400", "s1/400")):
    judge(f"{scenario} CPU per Gbit, of the floor's", ratio("cpu_s_per_gbit", scenario, other_scenario=other), 0.9)
    judge(f"{scenario} latency p50, of the floor's", ratio("lat_p50_ms", scenario, other_scenario=other), 1.5)
    judge(f"{scenario} latency p99, of the floor's", ratio("lat_p99_ms", scenario, other_scenario=other), 2.0)
    lost = [row["rtp_lost"] + row["au_gaps"] for row in rows if row["server"] == "casement" and row["scenario"] == scenario]
    judge(f"{scenario} gaps", max(lost) if lost else None, 0)
    rss, start = median("rss_mb", scenario), median("rss_start_mb", scenario)
    judge(f"{scenario} memory growth, MB", rss - start if rss and start else None, 40)
judge("s2u/100 CPU s/Gbit, of the floor's with GSO (0.2 where that takes 0.155)", ratio("cpu_s_per_gbit", "s2u/100", other="floor-gso"), 0.2 / 0.155)
judge("s1/1500 frames per second of the slowest viewer", least("min_fps", "s1/1500"), 24.5, below=False)
judge("s5 first key frame p95, ms", median("ttff_p95_ms", "s5"), 5)
judge("s5r first key frame p95, ms", median("ttff_p95_ms", "s5r"), 5)
judge("s0 cores", median("cores", "s0"), 0.002)
judge("s0 memory, MB", median("rss_mb", "s0"), 30)
for scenario in ("s4/50", "s4r/50"):
    judge(f"{scenario} cores", median("cores", scenario), 0.05)
    # Beyond an idle hub: when the meter starts, the cameras have filled their logs already.
    rss, idle = median("rss_mb", scenario), median("rss_mb", "s0")
    judge(f"{scenario} MB per camera (a GOP of 2 s is 0.375)", (rss - idle) / 50 if rss and idle else None, 1.375)
judge("record/20 CPU, of the plain recorder's", ratio("cores", "record/20", other="plain-recorder"), 1.5)
judge("film/200 CPU per picture, of what foggycam spawned", ratio("cpu_ms_per_picture", "film/200", other="ffmpeg"), 0.7)
judge("film/200 CPU per picture, of ffmpeg with our own settings", ratio("cpu_ms_per_picture", "film/200", other="ffmpeg-alike"), 0.7)
judge("live/8 cores for eight cameras", median("cores", "live/8"), 0.2)
judge("pictures-house/8 cores of the whole hub", median("cores", "pictures-house/8"), 0.3)
judge("pictures-house/8 pictures a second", median("pictures_s", "pictures-house/8"), 7.5, below=False)
judge("arlo/50 slowest acknowledgement of 50 registrations in a second, ms", median("ack_ms_max", "arlo/50"), 1000)
judge("arlo/50 alert to webhook p99, ms", median("hook_ms_p99", "arlo/50"), 10)
judge("nanit: bytes to the MQTT broker p99, ms", median("mqtt_ms_p99", "nanit-mqtt"), 20)
for direction in ("house to cloud", "cloud to house"):
    judge(f"nanit {direction}: longest time without a picture, s", median("gap_s_max", f"nanit-change-over {direction}"), 3)
judge("nanit-day: what the day missed", median("missed", "nanit-day"), 0)
judge("nest-day: what the day missed", median("missed", "nest-day"), 0)
sys.exit(1 if failed else 0)
