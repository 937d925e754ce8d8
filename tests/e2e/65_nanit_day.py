#!/usr/bin/env python3
"""A day of a Nanit household, faster: tokens that end, a relay that goes deaf with one, power cuts, an internet outage, a phone that takes a seat.
Two cameras: robin is reached at home, alex over the vendor's relay alone; both publish to the hub. It judges itself.

    tests/e2e/65_nanit_day.py [HOURS [PACE [RESULTS.jsonl]]]      2 hours at 0.006 without words; a day: 24 0.02

PACE multiplies every wait of hub, camera and cloud, and the life of a token; not answers, and not pictures, which come ten a second as always.
What ran here is our emulator; no hardware."""
import re
import sys
import time

from day import Day, Judge, record
from house import House, end, wait_until, work_folder
from nanit import Nanit, gaps_between, moment, sign_in
from viewer import Viewer

HOME, AWAY = "robin", "alex"
CAMERAS = (HOME, AWAY)
SETTLES_S = 6  # until everybody is back after a trouble, beside what the pace makes of ten minutes: encoders and sockets keep theirs


class NanitDay(Day):
    def __init__(self, house, nanit, hours, pace):
        super().__init__(house, hours, pace)
        self.nanit, self.statuses = nanit, 0

    def words(self):
        return " ".join(f"{c}: {self.house.camera(c)['state']['word']} {self.house.camera(c).get('way', '')}".ljust(24) for c in CAMERAS)

    def trouble(self, name, cameras, begin=None):
        """Counts until it is over() and what it broke has had its time to come back."""
        self.tell(name)
        self.troubles.append([name, begin or time.time(), None, cameras])

    def over(self, hour=None):
        self.troubles[-1][2] = time.time() + SETTLES_S + self.hour_s / 6
        self.tell(f"{self.troubles[-1][0]} is over")

    def status(self):
        self.statuses += 1
        self.nanit.say("status")
        return self.nanit.wait("status", self.statuses)

    def relay(self, camera):
        return self.status()["cameras"][CAMERAS.index(camera)]["relay"]

    # ---- what happens
    def phone(self, hour, hours):
        self.until(hour)
        self.tell("a phone takes a seat of each camera")
        for number in (1, 2):
            self.nanit.say(f"{number} phones 1")
        self.until(hour + hours)
        for number in (1, 2):
            self.nanit.say(f"{number} phones 0")
        self.tell("the phone has gone")

    def power_cut(self, hour, minutes, cameras):
        self.until(hour)
        self.trouble("the power is cut", cameras)
        for camera in cameras:
            self.nanit.say(f"{CAMERAS.index(camera) + 1} power-cut {round(minutes / 60 * self.hour_s * 1000)}ms")
        self.until(hour + minutes / 60)
        self.over()

    def internet(self, hour, hours):
        """[begin, end]: alex is out of reach meanwhile; robin goes on."""
        self.until(hour)
        self.trouble("no internet", (AWAY,))
        begin = time.time()
        self.nanit.say("internet off")
        self.until(hour + hours)
        self.nanit.say("internet on")
        self.over()
        return begin, time.time()

    def half_death(self, hour):
        """No renewal succeeds until the token has ended: the relay drops what alex is asked over the connection that was opened with it."""
        self.until(hour)
        ends = moment(self.account()["expires_at"])
        lead = 8 / 60 * self.hour_s
        self.until((ends - lead - self.began) / self.hour_s)
        before = self.relay(AWAY)["dropped"]
        self.trouble("no renewal succeeds", (AWAY,))
        self.nanit.say("fail refresh 502 1000000")
        self.until((ends - self.began) / self.hour_s + 3 / 60)
        dropped = self.relay(AWAY)["dropped"] - before
        self.nanit.say("fail nothing")
        self.over()
        wait_until("alex obeys again", lambda: self.obeys(AWAY, 41), 2 * SETTLES_S)
        self.tell(f"alex obeys again; the deaf relay had dropped {dropped} requests")
        return dropped

    def account(self):
        return next(a for a in self.house.api("GET", "/api/v1/health")["accounts"] if a["vendor"] == "nanit")

    def obeys(self, camera, volume):
        try:
            self.house.api("PUT", f"/api/v1/cameras/{camera}/settings/volume", {"value": volume})
        except OSError:
            return False
        return next(s for s in self.house.camera(camera)["settings"] if s["id"] == "volume").get("reported") == volume


def live_through(day):
    """How the day goes, in parts of it; what is to be judged of it."""
    part = day.hours / 24
    found = {}
    day.until(1 * part)
    day.nanit.say("films on")
    day.nanit.say("event PUT_IN_BED")
    day.phone(2 * part, 1 * part)
    day.power_cut(4 * part, min(10, 60 * part), (HOME,))
    found["dropped"] = day.half_death(5.5 * part)
    found["outage"] = day.internet(9 * part, 6 * part)
    day.phone(17.5 * part, 1 * part)
    day.power_cut(20 * part, min(10, 60 * part), CAMERAS)
    day.until(day.hours)
    for camera, volume in ((HOME, 61), (AWAY, 62)):
        wait_until(f"{camera} obeys at the end", lambda: day.obeys(camera, volume), 2 * SETTLES_S)
    return found


def judge(day, found, viewers, status, ended):
    judge = Judge()
    accounts = status["accounts"]
    judge("sign-ins", accounts["logins"] == 1, accounts["logins"])
    judge("refresh tokens used twice, or unknown", accounts["used_twice"] + accounts["unknown_refreshes"] == 0,
          accounts["used_twice"] + accounts["unknown_refreshes"])
    lives = day.hours / day.token_hours
    # Each lives until five minutes before its end; during the outage none is renewed.
    judge(f"renewals, of {lives:.0f} lives of a token", lives / 2 <= accounts["refreshes"] <= 1.5 * lives + 3, accounts["refreshes"])
    judge("requests that the relay dropped when the token had ended", found["dropped"] > 0, found["dropped"])
    missing = {}
    for camera, of_camera in zip(CAMERAS, status["cameras"]):
        judge(f"{camera}: refused for want of a seat", of_camera["out_of_slots"] == 0, of_camera["out_of_slots"])
        # Without the internet nobody can ask alex to go on: twenty minutes later it stops.
        judge(f"{camera}: streams that nobody asked to go on", of_camera["streams"]["lapsed"] <= (camera == AWAY), of_camera["streams"]["lapsed"])
        judge(f"{camera}: requests that it could not read", of_camera["malformed"] == 0, of_camera["malformed"])
        pieces = gaps_between(day.house, camera, day.began, ended)
        missing[camera] = sum(b - a for a, b, _, _ in pieces)
        for a, b, reason, text in pieces:
            print(f"      {camera}: no pictures from {(a - day.began) / day.hour_s:5.2f} h for {b - a:6.2f} s: {reason}: {text}")
        untyped = [p for p in pieces if not p[2] or not p[3]]
        judge(f"{camera}: gaps without a cause", not untyped, untyped or f"none of {len(pieces)}")
        unexplained = [p for p in pieces if not any(camera in t[3] and t[1] - 1 <= p[0] and p[1] <= t[2] for t in day.troubles)]
        judge(f"{camera}: gaps outside of troubles", not unexplained, unexplained or "none")
        times = viewers[camera].check(camera)
        judge(f"{camera}: its viewer stayed, and its time grew", len(times) > 2 * (ended - day.began), f"{len(times)} pictures")
    told = day.house.api("GET", f"/api/v1/events?camera={HOME}&kind=put-in-bed")["events"]
    pictures = [day.house.request("GET", event["picture"]).read(3) for event in told if "picture" in event]
    judge(f"{HOME}: its event, with the picture of its film", pictures == [b"\xff\xd8\xff"], f"{len(told)} told, {len(pictures)} pictures")
    begin, back = found["outage"]
    during = [p for p in gaps_between(day.house, HOME, begin, back)]
    judge(f"{HOME}: gaps while there was no internet", not during, during or "none")
    judge(f"{HOME}: the power cuts can be seen", missing[HOME] > 0, f"{missing[HOME]:.2f} s without pictures")
    return judge, {"missing_s": missing, "refreshes": accounts["refreshes"], "logins": accounts["logins"], "used_twice": accounts["used_twice"],
                   "out_of_slots": [c["out_of_slots"] for c in status["cameras"]], "dropped": found["dropped"]}


def main():
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 2
    pace = float(sys.argv[2]) if len(sys.argv) > 2 else 0.006
    folder = work_folder("nanit-day")
    # Three hours as the vendor gives them; a short day has as many lives of a token as a long one.
    token_hours = 3 * hours / 24
    nanit = Nanit(folder, "--cameras", "2", "--pace", str(pace), "--token-ttl", f"{round(token_hours * 3600 * pace * 1000)}ms")
    try:
        # Alex has no address in the house: its road is the vendor's relay alone.
        extra = re.sub(r"\n *N301EMU0000002: [^\n]*", "", nanit.started["configuration"]) + f"\ntime_scale: {pace}\n"
        with House(extra=extra) as house:
            signed = sign_in(house)
            assert signed.returncode == 0, signed
            for camera in CAMERAS:
                wait_until(f"{camera} is there", lambda: camera in [c["id"] for c in house.api("GET", "/api/v1/cameras")["cameras"]])
                house.wait_live(camera, 40)
            viewers = {camera: Viewer(house, folder, camera) for camera in CAMERAS}
            try:
                for camera, viewer in viewers.items():
                    viewer.flows(f"pictures of {camera}")
                day = NanitDay(house, nanit, hours, pace)
                day.token_hours = token_hours
                print(f"{hours:g} hours in {hours * day.hour_s:.0f} s; a token lives {token_hours * day.hour_s:.0f} s")
                found = live_through(day)
                for camera, viewer in viewers.items():
                    viewer.flows(f"pictures of {camera} at the end")
                ended = time.time()
                time.sleep(3)  # until it is on the disk
                judged, figures = judge(day, found, viewers, day.status(), ended)
            finally:
                for viewer in viewers.values():
                    end(viewer.process)
            told = re.findall(r"eyJ[A-Za-z0-9_-]{8,}\.", house.log_text())
            judged("tokens in the log", not told, len(told))
        after = day.status()
        left = [(c["streams"]["active"], c["sessions"]) for c in after["cameras"]]
        judged("streams and connections left behind", left == [(0, 0), (0, 0)], left)
        nanit.end()
        if len(sys.argv) > 3:
            record(sys.argv[3], "nanit-day", day, judged, figures)
        return 1 if judged.failed else 0
    finally:
        if nanit.process.poll() is None:
            nanit.process.kill()


if __name__ == "__main__":
    sys.exit(main())
