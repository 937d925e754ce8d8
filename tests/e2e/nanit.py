"""`casement emulate nanit` as a test drives it: what it tells, and lines that make something happen."""
import json
import signal
import ssl
import subprocess
import threading
import urllib.error
import urllib.request

from house import BINARY, wait_until


class Nanit:
    def __init__(self, folder, *options):
        self.told = []
        self.ca_file = str(folder / "ca.pem")
        self.process = subprocess.Popen([BINARY, "emulate", "nanit", "--json", "--any-ports", "--ca-file", self.ca_file, *options], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        threading.Thread(target=lambda: self.told.extend(map(json.loads, self.process.stdout)), daemon=True).start()
        self.started = self.wait("started")

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait(self, what, times=1):
        return wait_until(f"it tells {what}", lambda: [t for t in self.told if t["what"] == what][times - 1:times])[0]

    def ask(self, method, path, body=None, token=None):
        request = urllib.request.Request(self.started["api"] + path, method=method, data=None if body is None else json.dumps(body).encode())
        if token:
            request.add_header("Authorization", token)
        try:
            with urllib.request.urlopen(request, timeout=10, context=ssl.create_default_context(cafile=self.ca_file)) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(10)
        assert status == 0, f"it ended with {status}: {self.process.stderr.read()}"
