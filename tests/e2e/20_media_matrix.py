#!/usr/bin/env python3
"""Real publishers into the hub, real readers out of it, 60 s each: no frame lost or repeated, and picture and sound keep their places.

Every pair is judged by its packets: the pictures that a reader wrote must be an unbroken stretch of the clip, likewise the sound, and the
time between a picture and a sound must be what it is in the clip, within 40 ms.
"""
import os
import subprocess
import sys
import time

from clips import audio_bytes, clip, packets
from house import House, background, end, work_folder

SECONDS = int(os.environ.get("E2E_SECONDS", "60"))
WORK = work_folder("matrix")

# name: (video, audio, how it is published)
CAMERAS = {
    "h264-aac-rtmp": ("h264", "aac", "ffmpeg-rtmp"),
    "h264b-aac-rtsp": ("h264b", "aac", "ffmpeg-rtsp"),
    "h264-opus-rtsp": ("h264", "opus", "ffmpeg-rtsp"),
    "h264-alaw-udp": ("h264", "pcm_alaw", "ffmpeg-udp"),
    "hevc-aac-rtsp": ("hevc", "aac", "ffmpeg-rtsp"),
    "hevc-mulaw-rtsp": ("hevc", "pcm_mulaw", "ffmpeg-rtsp"),
    "h264-aac-gst": ("h264", "aac", "gst-rtsp"),
}
READERS = {
    "h264-aac-rtmp": ["ffmpeg-tcp", "ffmpeg-udp", "ffmpeg-rtmp", "gst", "vlc"],
    "h264b-aac-rtsp": ["ffmpeg-rtmp", "gst"],  # ffmpeg cannot copy B-frames from any RTSP server: it leaves their decoding times unset
    "h264-opus-rtsp": ["ffmpeg-tcp", "gst"],
    "h264-alaw-udp": ["ffmpeg-tcp", "ffmpeg-rtmp"],
    "hevc-aac-rtsp": ["ffmpeg-tcp", "ffmpeg-udp", "gst"],
    "hevc-mulaw-rtsp": ["ffmpeg-tcp"],
    "h264-aac-gst": ["ffmpeg-tcp"],
}


def publish(house, name):
    video, audio, how = CAMERAS[name]
    source = clip(video, audio)
    log = WORK / f"publish-{name}.log"
    if how == "gst-rtsp":
        parse = {"h264": "h264parse", "hevc": "h265parse"}[video]
        return background("gst-launch-1.0", "-q", "rtspclientsink", "name=out", "protocols=tcp", f"location={house.publish_url('rtsp', name)}",
                          "filesrc", f"location={source}", "!", "matroskademux", "name=in",
                          "in.video_0", "!", "queue", "!", parse, "!", "identity", "sync=true", "!", "out.sink_0",
                          "in.audio_0", "!", "queue", "!", "aacparse", "!", "identity", "sync=true", "!", "out.sink_1", log=log)
    common = ["ffmpeg", "-v", "warning", "-re", "-i", source, "-map", "0", "-c", "copy"]
    if how == "ffmpeg-rtmp":
        return background(*common, "-f", "flv", house.publish_url("rtmp", name), log=log)
    transport = "udp" if how == "ffmpeg-udp" else "tcp"
    return background(*common, "-f", "rtsp", "-rtsp_transport", transport, house.publish_url("rtsp", name), log=log)


def read(house, name, how):
    out = WORK / f"{name}-{how}.mkv"
    out.unlink(missing_ok=True)
    log = WORK / f"{name}-{how}.log"
    video, audio, _ = CAMERAS[name]
    if how.startswith("ffmpeg"):
        url = house.rtmp(name) if how == "ffmpeg-rtmp" else house.rtsp(name)
        transport = [] if how == "ffmpeg-rtmp" else ["-rtsp_transport", how[7:]]
        return out, background("ffmpeg", "-v", "warning", "-y", *transport, "-i", url, "-map", "0", "-c", "copy", "-t", SECONDS, out, log=log)
    if how == "gst":
        # buffer-mode=none: with its default, rtspsrc takes the burst of a GOP at the start for a clock that runs away, and drops some of it.
        depay = "rtph264depay ! h264parse" if video.startswith("h264") else "rtph265depay ! h265parse"
        sound = {"aac": "rtpmp4gdepay ! aacparse", "opus": "rtpopusdepay ! opusparse"}[audio]
        line = (f"matroskamux name=mux ! filesink location={out} rtspsrc location={house.rtsp(name)} protocols=tcp buffer-mode=none name=in "
                f"in. ! application/x-rtp,media=video ! {depay} ! queue ! mux. in. ! application/x-rtp,media=audio ! {sound} ! queue ! mux.")
        return out, background("timeout", "-s", "INT", SECONDS, "gst-launch-1.0", "-q", "-e", *line.split(), log=log)
    if how == "vlc":
        # VLC refuses to run as root. Debian's has no RTSP client (no live555), so it comes over RTMP.
        folder = WORK / "vlc"
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)
        target = folder / f"{name}.mkv"
        target.unlink(missing_ok=True)
        as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        return target, background(*as_user, "env", f"HOME={folder}", "timeout", "-s", "INT", SECONDS + 3, "vlc", "-I", "dummy", "-q", house.rtmp(name),
                                  "--sout", f"#std{{access=file,mux=mkv,dst={target}}}", log=log)
    raise AssertionError(how)


def stretch(got, whole):
    """Where the list `got` lies in `whole` without a break; raises with the first place where it does not."""
    first = whole.index(got[0]) if got and got[0] in whole else None
    if first is None:
        raise AssertionError(f"the first of {len(got)} packets is not in the clip")
    for i, item in enumerate(got):
        if first + i >= len(whole) or whole[first + i] != item:
            what = "repeated" if i and item == got[i - 1] else "lost or changed"
            raise AssertionError(f"packet {i} of {len(got)}: {what}")
    return first


def shift(got, source):
    """How far a reader's clock stands from the clip's, in seconds. The middle one of all packets: when ffmpeg copies from RTSP, the very first
    packet may have no decoding time yet, and its muxer makes one up. All others must keep their distance."""
    distances = sorted(g - s for (g, _), (s, _) in zip(got, source))
    middle = distances[len(distances) // 2]
    astray = sum(abs(d - middle) > 0.02 for d in distances)
    if astray > 1 + len(distances) // 100:
        raise AssertionError(f"{astray} of {len(distances)} packets are over 20 ms from their time")
    return middle


def judge(name, how, path):
    video, audio, _ = CAMERAS[name]
    codec = "hevc" if video == "hevc" else "h264"
    source_video, source_audio = packets(clip(video, audio), codec)
    got_video, got_audio = packets(path, codec)
    wanted = (SECONDS - 4) * 25
    if how == "vlc":
        got_video = got_video[1:-1]  # VLC cuts its file where it stands when it is told to stop
    if len(got_video) < wanted:
        raise AssertionError(f"only {len(got_video)} pictures, {wanted} wanted")
    first = stretch([digest for _, digest in got_video], [digest for _, digest in source_video])
    shift_video = shift(got_video, source_video[first:])
    if audio.startswith("pcm"):
        # Packets of G.711 may be cut anew; the samples may not.
        data, whole = audio_bytes(path), audio_bytes(clip(video, audio))
        at = whole.find(data[:400])
        if at < 0 or whole[at:at + len(data)] != data:
            raise AssertionError("samples lost, repeated or changed")
        shift_audio = got_audio[0][0] - at / 8000
    else:
        first = stretch([digest for _, digest in got_audio], [digest for _, digest in source_audio])
        shift_audio = shift(got_audio, source_audio[first:])
    offset = (shift_audio - shift_video) * 1000
    if abs(offset) >= 40:
        raise AssertionError(f"sound is {offset:+.1f} ms from its picture")
    return f"{len(got_video)} pictures, {len(got_audio)} sound packets, A/V {offset:+.1f} ms"


def main():
    for name, (video, audio, _) in CAMERAS.items():
        clip(video, audio)
    cameras = {name: {"source": "push", "push_key": f"key-{name}-0123456789abcdef", "record": {"mode": "off"}} for name in CAMERAS}
    failed = 0
    with House(cameras) as house:
        publishers = {name: publish(house, name) for name in CAMERAS}
        readers = []
        try:
            for name in CAMERAS:
                house.wait_live(name, 30)
            time.sleep(6)  # by then every publisher has sent its first report, which tells where sound belongs
            readers = [(name, how, *read(house, name, how)) for name in CAMERAS for how in READERS[name]]
            deadline = time.monotonic() + SECONDS + 15
            for _, _, _, process in readers:
                try:
                    process.wait(max(1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    end(process)
        finally:
            for process in [*publishers.values(), *(r[3] for r in readers)]:
                end(process)
        for name, how, path, _ in readers:
            try:
                print(f"ok    {name} -> {how}: {judge(name, how, path)}", flush=True)
            except (AssertionError, subprocess.CalledProcessError) as error:
                failed += 1
                detail = getattr(error, "stderr", "") or ""
                print(f"FAIL  {name} -> {how}: {error} {detail[-500:]}", flush=True)
                log = WORK / f"{name}-{how}.log"
                print("      " + "\n      ".join(log.read_text(errors="replace").splitlines()[-8:]), flush=True)
    return 1 if failed else 0


sys.exit(main())
