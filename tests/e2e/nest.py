"""`casement emulate nest` as a test drives it: what it tells, and lines that make something happen."""
import json
import signal
import ssl
import subprocess
import threading
import urllib.error
import urllib.request

from house import BINARY, wait_until


class Nest:
    def __init__(self, folder, *options):
        self.told = []
        self.ca_file = str(folder / "ca.pem")
        self.process = subprocess.Popen([BINARY, "emulate", "nest", "--json", "--any-ports", "--ca-file", self.ca_file, *options], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        threading.Thread(target=lambda: self.told.extend(map(json.loads, self.process.stdout)), daemon=True).start()
        self.started = self.wait("started")

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait(self, what, times=1):
        return wait_until(f"it tells {what}", lambda: [t for t in self.told if t["what"] == what][times - 1:times])[0]

    def ask(self, url, body=None, **headers):
        request = urllib.request.Request(url, method="GET" if body is None else "POST", data=body)
        for name, value in {"User-Agent": "Mozilla/5.0", **headers}.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=10, context=ssl.create_default_context(cafile=self.ca_file)) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(10)
        assert status == 0, f"it ended with {status}: {self.process.stderr.read()}"
