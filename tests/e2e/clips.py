"""Test clips whose every packet is different, so that a lost, repeated or reordered one can be named.

Made once with ffmpeg under build/test/clips: H.264 and H.265, each with AAC, Opus, A-law and mu-law.
"""
import subprocess
from house import ROOT, run

FOLDER = ROOT / "build" / "test" / "clips"
SECONDS = 100
FPS = 25

VIDEO = {
    "h264": ["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "main", "-pix_fmt", "yuv420p", "-bf", "0", "-g", "50", "-sc_threshold", "0",
             "-b:v", "500k", "-maxrate", "500k", "-bufsize", "500k"],
    "h264b": ["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main", "-pix_fmt", "yuv420p", "-bf", "2", "-g", "50", "-sc_threshold", "0",
              "-b:v", "400k", "-maxrate", "400k", "-bufsize", "400k"],
    "hevc": ["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-tag:v", "hvc1",
             "-x265-params", "bframes=0:keyint=50:min-keyint=50:scenecut=0:log-level=error:info=0", "-b:v", "400k"],
}
AUDIO = {
    "aac": ["-c:a", "aac", "-ar", "48000", "-ac", "1", "-b:a", "64k"],
    "opus": ["-c:a", "libopus", "-ar", "48000", "-ac", "2", "-b:a", "64k"],
    "pcm_alaw": ["-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1"],
    "pcm_mulaw": ["-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"],
}


def clip(video, audio):
    """Path of a Matroska file with this pair; Matroska carries all of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    out = FOLDER / f"{video}-{audio}.mkv"
    if out.exists():
        return out
    raw = FOLDER / f"{video}.mkv"
    if not raw.exists():
        run("nice", "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", f"testsrc2=size=640x360:rate={FPS},noise=alls=6:allf=t", "-t", SECONDS,
            *VIDEO[video], raw.with_suffix(".tmp.mkv"))
        raw.with_suffix(".tmp.mkv").rename(raw)
    # Noise: no two stretches of it are alike, so a place in the sound can be found again.
    run("nice", "ffmpeg", "-v", "error", "-y", "-i", raw, "-f", "lavfi", "-i", "anoisesrc=color=pink:amplitude=0.3:seed=7", "-t", SECONDS,
        "-map", "0:v", "-map", "1:a", "-c:v", "copy", *AUDIO[audio], out.with_suffix(".tmp.mkv"))
    out.with_suffix(".tmp.mkv").rename(out)
    return out


# What formats add or leave out is not part of a picture: parameter sets, access unit delimiters and SEI are removed before comparing.
NORMAL = {
    "h264": "h264_mp4toannexb,filter_units=remove_types=6-9",
    "hevc": "hevc_mp4toannexb,filter_units=remove_types=32-35|39-40",
}


def packets(path, video_codec):
    """(video, audio): lists of (seconds, hash or size) of every packet of a file, video normalised."""
    out = run("ffmpeg", "-v", "error", "-i", path, "-map", "0:v", "-c", "copy", "-bsf:v", NORMAL[video_codec], "-f", "framehash", "-hash", "md5", "-")
    video = parse_framehash(out.stdout)
    out = run("ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-c", "copy", "-f", "framehash", "-hash", "md5", "-")
    return video, parse_framehash(out.stdout)


def parse_framehash(text):
    base, rows = {}, []
    for line in text.splitlines():
        if line.startswith("#tb"):
            stream, value = line[4:].split(":")
            numerator, denominator = value.strip().split("/")
            base[int(stream)] = int(numerator) / int(denominator)
        elif line and not line.startswith("#"):
            stream, _dts, pts, _duration, _size, digest = [part.strip() for part in line.split(",")][:6]  # side data may follow
            rows.append((int(pts) * base[int(stream)], digest))
    return rows


def audio_bytes(path):
    return subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a", "-c", "copy", "-f", "data", "-"],
                          check=True, capture_output=True).stdout
