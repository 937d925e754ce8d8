"""Whoever looks at a stream for as long as a test lasts."""
import time

from house import background, wait_until


class Viewer:
    """Reads a stream with ffmpeg and keeps every packet's time, on the stream's line and on ours; with `file`, all of the stream too."""

    def __init__(self, house, folder, camera, name=None, file=None):
        self.log = folder / f"viewer-{name or camera}.log"
        self.file = file
        kept = ["-map", "0", "-c", "copy", "-y", file] if file else []
        self.process = background("ffmpeg", "-v", "info", "-rtsp_transport", "tcp", "-i", house.rtsp(camera), *kept, "-map", "0:v", "-c", "copy", "-f", "framecrc",
                                  "-flush_packets", "1", "-", log=self.log)

    def packets(self):
        """dts in seconds."""
        out, base, text = [], None, self.log.read_text(errors="replace")
        for line in text.splitlines():
            if line.startswith("#tb 0:"):
                up, down = line.split(":")[1].strip().split("/")
                base = int(up) / int(down)
            elif base and line[:2] == "0," and line.count(",") >= 5:
                out.append(int(line.split(",")[1]) * base)
        # ffmpeg 5 knows no time of the first one while it has no report of a second track, says so, and calls it 0.
        return out[1:] if "Timestamps are unset in a packet for stream 0" in text else out

    def check(self, what):
        assert self.process.poll() is None, f"{what}: the viewer was thrown out:\n{self.log.read_text()[-2000:]}"
        times = self.packets()
        assert all(b > a for a, b in zip(times, times[1:])), f"{what}: time went back"
        return times

    def flows(self, what, seconds=20):
        """Pictures come as from a camera; a slate is one a second."""
        def has_come():
            before = len(self.packets())
            time.sleep(1)
            return len(self.packets()) >= before + 6
        wait_until(what, has_come, seconds)
        self.check(what)
