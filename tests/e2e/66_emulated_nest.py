#!/usr/bin/env python3
"""`casement emulate nest` by itself: what it prints is a configuration, its certificate can be trusted, one signs in and gets pictures, and lines
make something happen. What ran here is our emulator; no hardware."""
import json
import subprocess
import sys

from house import BINARY, wait_until, work_folder
from nest import Nest


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
