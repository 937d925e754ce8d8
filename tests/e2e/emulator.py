"""An emulator of ours as a test drives it: what it tells, and lines that make something happen."""
import json
import signal
import subprocess
import threading

from house import BINARY, wait_until


class Emulator:
    """`casement emulate VENDOR`, with TLS and ports of its own choice."""

    def __init__(self, vendor, folder, *options):
        self.told = []
        self.ca_file = str(folder / "ca.pem")
        self.process = subprocess.Popen([BINARY, "emulate", vendor, "--json", "--any-ports", "--ca-file", self.ca_file, *options], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        threading.Thread(target=lambda: self.told.extend(map(json.loads, self.process.stdout)), daemon=True).start()
        self.started = self.wait("started")

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait(self, what, times=1):
        return wait_until(f"it tells {what}", lambda: [t for t in self.told if t["what"] == what][times - 1:times])[0]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(10)
        assert status == 0, f"it ended with {status}: {self.process.stderr.read()}"
