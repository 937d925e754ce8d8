#!/usr/bin/env python3
"""`casement emulate nanit` by itself: what it prints is a configuration, its certificate can be trusted, and lines make something happen.
What ran here is our emulator; no hardware."""
import json
import subprocess
import sys
import urllib.error

from house import BINARY, wait_until, work_folder
from nanit import Nanit


def main():
    folder = work_folder("emulated-nanit")
    nanit = Nanit(folder, "--cameras", "2", "--mfa", "sms", "--do", "fail babies 429")
    config = folder / "hub.yaml"
    config.write_text(nanit.started["configuration"])
    check = subprocess.run([BINARY, "check", config], capture_output=True, text=True)
    assert check.returncode == 0 and "2 cameras" in check.stdout, check.stdout + check.stderr
    assert nanit.started["login"].startswith("casement login nanit --account emulated"), nanit.started["login"]

    who = {"email": "parent@example.org", "password": "nursery"}
    status, challenge = nanit.ask("POST", "/login", who)
    assert status == 482, status
    status, tokens = nanit.ask("POST", "/login", {**who, "mfa_token": challenge["mfa_token"], "mfa_code": nanit.started["code"]})
    assert status == 201, status
    assert nanit.ask("GET", "/babies", token=tokens["access_token"])[0] == 429
    babies = nanit.ask("GET", "/babies", token=tokens["access_token"])[1]["babies"]
    assert [b["camera_uid"] for b in babies] == ["N301EMU0000001", "N301EMU0000002", None], babies
    assert all(b["camera"]["stream_url"] == nanit.started["media"] for b in babies if b["camera"])

    nanit.say("2 motion")
    assert nanit.wait("message")["baby"] == "b2c3d4e5"
    messages = nanit.ask("GET", "/babies/b2c3d4e5/messages", token=tokens["access_token"])[1]["messages"]
    assert [m["type"] for m in messages] == ["MOTION"], messages
    nanit.say("dance")
    nanit.say("internet off 1")
    nanit.wait("internet")
    try:
        nanit.ask("GET", "/babies", token=tokens["access_token"])
        raise AssertionError("there is internet")
    except urllib.error.URLError:
        pass
    nanit.wait("internet", 2)
    wait_until("the cameras call again", lambda: sum(t.get("route") == "connect" for t in nanit.told) >= 4)
    nanit.say("status")
    counted = nanit.wait("status")
    assert counted["accounts"]["logins"] == 1 and counted["accounts"]["messages_sent"] == 1, counted["accounts"]
    nanit.end()
    errors = nanit.process.stderr.read()
    assert 'there is no "dance"; there are motion' in errors, errors
    assert not any(secret in json.dumps(nanit.told) for secret in tokens.values()), "a token was told"

    taken = subprocess.run([BINARY, "emulate", "nanit", "--address", "0.0.0.0"], capture_output=True, text=True, timeout=10)
    assert taken.returncode == 1 and "not one address" in taken.stderr, taken.stderr
    print("ok   emulate nanit")


if __name__ == "__main__":
    sys.exit(main())
