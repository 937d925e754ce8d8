#!/usr/bin/env python3
"""`casement emulate nest` by itself: what it prints is a configuration, its certificate can be trusted, one signs in and gets pictures, and lines
make something happen. What ran here is our emulator; no hardware."""
import json
import signal
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.request

from house import BINARY, wait_until, work_folder


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


def main():
    folder = work_folder("emulated-nest")
    nest = Nest(folder, "--cameras", "3", "--do", "fail get_image 429")
    config = folder / "hub.yaml"
    config.write_text(nest.started["configuration"])
    check = subprocess.run([BINARY, "check", config], capture_output=True, text=True)
    assert check.returncode == 0, check.stdout + check.stderr

    signs_in, hosts = nest.started["sign_in"], nest.started["endpoints"]
    status, token = nest.ask(signs_in["issue_token"], Cookie=signs_in["cookies"], Sec_Fetch_Mode="cors", X_Requested_With="XmlHttpRequest",
                             Referer="https://accounts.google.com/o/oauth2/iframe")
    google = json.loads(token)["access_token"]
    status, answer = nest.ask(hosts["google_jwt"] + "/v1/issue_jwt",
                              json.dumps({"embed_google_oauth_access_token": True, "expire_after": "3600s", "google_oauth_access_token": google,
                                          "policy_id": "authproxy-oauth-policy"}).encode(), Authorization="Bearer " + google)
    assert status == 200, answer
    jwt = "Basic " + json.loads(answer)["jwt"]
    cameras = json.loads(nest.ask(hosts["camera_api"] + "/api/cameras.get_owned_and_member_of_with_properties", Authorization=jwt)[1])["items"]
    assert [c["region"] for c in cameras] == ["us1", "us1", "eu1"], cameras
    assert ["direct_nexustalk_host" in c for c in cameras] == [True, False, True], cameras
    image = "{nexus_api_http_server}/get_image?uuid={uuid}&width=640".format(**cameras[2])
    assert nest.ask(image, Authorization=jwt)[0] == 429
    status, jpeg = nest.ask(image, Authorization=jwt)
    assert status == 200 and jpeg[:2] == b"\xff\xd8" and jpeg[-2:] == b"\xff\xd9", status

    nest.say("3 online off")
    wait_until("the camera is gone", lambda: nest.ask(image, Authorization=jwt)[0] == 404)
    nest.say("dance")
    nest.say("status")
    counted = nest.wait("status")
    assert counted["pictures"][cameras[2]["uuid"]] == {"given": 1, "delivered": 1, "last": 0}, counted["pictures"]
    assert counted["accounts"]["jwts"] == 1, counted["accounts"]
    nest.end()
    errors = nest.process.stderr.read()
    assert 'there is no "dance"; there are event' in errors, errors
    assert jwt[6:] not in json.dumps(nest.told) and google not in json.dumps(nest.told), "a token was told"
    print("ok   emulate nest")


if __name__ == "__main__":
    sys.exit(main())
