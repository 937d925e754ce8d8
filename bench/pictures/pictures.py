#!/usr/bin/env python3
"""What single pictures cost: 200 JPEGs of a still room to one MP4, here and by a spawned ffmpeg as foggycam called it, and by one with the
settings of our own encoder; and eight cameras of one picture a second, live. Processor time, in one run, in turns.

    bench/pictures/pictures.py BENCH_PICTURES FOLDER [OUT.jsonl [REPEATS]]
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PICTURES, FPS = 200, 24
FOGGYCAM = ["-vcodec", "libx264", "-crf", "25", "-pix_fmt", "yuv420p"]
ALIKE = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-crf", "25", "-g", str(2 * FPS), "-threads", "1", "-pix_fmt",
         "yuv420p", "-x264-params", "scenecut=0:sliced-threads=0"]
bench, folder = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]) / "pictures"
out, repeats = (sys.argv[3] if len(sys.argv) > 3 else None), int(sys.argv[4]) if len(sys.argv) > 4 else 3


def make():
    """A still room with a camera's noise, and somebody who walks through."""
    folder.mkdir(parents=True, exist_ok=True)
    names = sorted(folder.glob("*.jpg"))
    if len(names) == PICTURES:
        return names
    quiet = ["ffmpeg", "-v", "error", "-y"]
    subprocess.run([*quiet, "-f", "lavfi", "-i", "mandelbrot=size=1280x720:rate=1:start_scale=0.02:maxiter=400", "-frames:v", "1", folder / "still.png"],
                   check=True)
    subprocess.run([*quiet, "-loop", "1", "-framerate", "1", "-i", folder / "still.png", "-vf",
                    "noise=alls=3:allf=t:all_seed=1,drawbox=x=mod(t*37\\,1100):y=300:w=120:h=160:color=brown:t=fill", "-frames:v", str(PICTURES),
                    "-q:v", "4", "-pix_fmt", "yuvj420p", folder / "p%04d.jpg"], check=True)
    return sorted(folder.glob("*.jpg"))


def cpu_of(command):
    child = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE)
    text = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"{command[0]} failed")
    return used.ru_utime + used.ru_stime, text


names = make()
rows = []


def row(server, scenario, **figures):
    rows.append({"server": server, "scenario": scenario, **figures})
    print(f"{scenario:15} {server:13} " + "  ".join(f"{key} {value:.3f}" for key, value in figures.items() if key != "rep"), flush=True)


with tempfile.TemporaryDirectory() as place:
    place = pathlib.Path(place)
    (place / "names").write_text("".join(f"{name}\n" for name in names))
    (place / "concat").write_text("".join(f"file '{name.resolve()}'\n" for name in names))
    spawned = ["ffmpeg", "-v", "error", "-y", "-r", str(FPS), "-f", "concat", "-safe", "0", "-i", place / "concat"]
    for rep in range(repeats):
        for server, command in (("casement", [bench, "film", place / "names", place / "ours.mp4", FPS]),
                                ("ffmpeg", [*spawned, *FOGGYCAM, place / "theirs.mp4"]),
                                ("ffmpeg-alike", [*spawned, *ALIKE, place / "alike.mp4"])):
            seconds, text = cpu_of(command)
            if server == "casement":
                seconds = json.loads(text)["cpu_s"]  # without the start of a process, which a hub pays once
            row(server, "film/200", rep=rep, cpu_ms_per_picture=1000 * seconds / PICTURES)
        _, text = cpu_of([bench, "live", place / "names", 8, 10])
        row("casement", "live/8", rep=rep, cores=json.loads(text)["cores"])
if out:
    with open(out, "a") as file:
        file.writelines(json.dumps(one) + "\n" for one in rows)
