#!/usr/bin/env python3
"""A day of a Nest household that is captured picture by picture, faster: tokens that live an hour, a lost cookie, a revoked token, bursts of 429 and 5xx,
answers that are cut or are no pictures, a slow server, and an outage of one region. Two accounts, three cameras, two regions. It judges itself: every
picture that the server gave is in the recordings once and in order, as ffmpeg reads them.

    tests/e2e/68_nest_day.py [HOURS [PACE [RESULTS.jsonl]]]      12 hours at 0.0014 without words; a day: 24 0.0083

PACE multiplies every wait of hub and cloud, and the life of a token; not answers, and not the seconds of a Retry-After.
What ran here is our emulator; no hardware."""
import collections
import math
import sys
import time

from day import Day, Judge, record
from house import House, wait_until, work_folder
from nanit import moment
from nest import Nest, login, login_with_google, secrets_in
from nest_pictures import compare, recorded

# By account: a Nest account shows the cookie that the camera API gave it, a Google account its token.
CAMERAS = {"door": ("house", "us1"), "hall": ("emulated", "us1"), "garden": ("emulated", "eu1")}
EVERY_S = 120  # between two pictures of a camera
WIDTH = 640
A_MINUTE = 60 * 4 + 40 + 60 * 10 + 10  # of an account: questions and pictures, and what may come at once
SETTLES_S = 1  # until pictures come again after a trouble, beside what the pace makes of ten minutes


class NestDay(Day):
    def __init__(self, house, nest, uuids, hours, pace):
        super().__init__(house, hours, pace)
        self.nest, self.uuids = nest, uuids

    def words(self):
        return " ".join(f"{camera}: {self.house.camera(camera)['state']['word']}".ljust(18) for camera in CAMERAS)

    def ask(self, word):
        times = 1 + len([told for told in self.nest.told if told["what"] == word])
        self.nest.say(word)
        return self.nest.wait(word, times)

    def of_region(self, region):
        return [camera for camera, (_, its) in CAMERAS.items() if its == region]

    def of_account(self, account):
        return [camera for camera, (its, _) in CAMERAS.items() if its == account]

    def trouble(self, hour, name, cameras, lines, hours=0, seconds=0.0):
        """Lasts so long, and then what it broke has its time to come back."""
        self.until(hour)
        self.tell(name)
        begin = time.time()
        for line in lines:
            self.nest.say(line)
        self.until(self.now() + hours)
        self.troubles.append([name, begin, time.time() + seconds + SETTLES_S + self.hour_s / 6, cameras])

    def outage(self, hour, region, how, hours):
        """[begin, end, requests of the region meanwhile]"""
        self.until(hour)
        site = f"nexus-{region}"
        before = self.ask("status")["sites"][site]["requests"]
        begin = time.time()
        self.trouble(hour, f"{region} is {how}", self.of_region(region), [f"outage {site} {how}"], hours)
        asked = self.ask("status")["sites"][site]["requests"] - before
        self.nest.say(f"outage {site} none")
        self.tell(f"{region} is well again; it was asked {asked} times meanwhile")
        return begin, time.time(), asked


def live_through(day):
    part = day.hours / 24
    all_cameras = list(CAMERAS)
    wait = 1 if day.hour_s < 20 else 3  # seconds of a Retry-After, which are never scaled
    day.trouble(1 * part, "the cookie is lost", day.of_account("house"), ["revoke website"])
    day.trouble(2.5 * part, "us1 says 429", day.of_region("us1"), [f"fail nexus-us1/get_image 429 2 {wait}s"], seconds=2 * wait)
    day.trouble(4.5 * part, "the token is revoked", day.of_account("emulated"), ["revoke jwt"])
    day.trouble(6 * part, "a burst of 500", all_cameras, ["fail get_image 500 6"])
    day.trouble(7.5 * part, "a burst of 503", all_cameras, [f"fail get_image 503 3 {wait}s"], seconds=3 * wait)
    outages = [("eu1", *day.outage(9 * part, "eu1", "unavailable", 3 * part))]
    day.trouble(13.5 * part, "a slow server", all_cameras, ["pictures take 10m"], 1 * part)
    day.trouble(day.now(), "it is quick again", all_cameras, ["pictures take 0s"])
    day.trouble(16 * part, "connections are cut", all_cameras, ["fail get_image lost 12"])
    day.trouble(17.5 * part, "no pictures come, and halves of some", all_cameras,
                [f"fail get_image {fault} 2" for fault in ("html", "not-jpeg", "truncated", "204", "empty")])
    day.trouble(19 * part, "everything asks for less", all_cameras, [f"fail * 429 4 {wait}s"], seconds=4 * wait)
    day.trouble(20.5 * part, "everything is revoked but the sign-in", all_cameras, ["revoke website", "revoke jwt", "revoke google"])
    if day.hour_s >= 20:  # a question without an answer is given up after seconds that are never scaled
        outages.append(("us1", *day.outage(21 * part, "us1", "silent", 1 * part)))
    day.until(day.hours)
    return outages


def late_pictures(given, began, ended, every_s):
    """[(begin, end)] without a picture for longer than three of them take."""
    times = [began, *(moment(one["at"]) for one in given), ended]
    return [(a, b) for a, b in zip(times, times[1:]) if b - a > max(3 * every_s, 1)]


def judge(day, outages, ended, given, status):
    judge = Judge()
    accounts = status["accounts"]
    judge("sign-ins", accounts["logins"] == 1, accounts["logins"])
    judge("Google was shown an old cookie, or signed us out", accounts["stale_cookies"] + accounts["logged_out"] == 0,
          accounts["stale_cookies"] + accounts["logged_out"])
    # Each token lives until five minutes before its end; two were revoked.
    judge(f"tokens, in {day.hours:g} lives of one", day.hours - 1 <= accounts["jwts"] <= 1.3 * day.hours + 6, accounts["jwts"])
    # A silent site of the emulator holds each question for an hour of its time, also those that the hub gave up after 15 s.
    given_up = math.ceil(day.hour_s / 15) if len(outages) > 1 else 0
    judge("pictures asked for at once, of one camera", status["most_pictures_at_once"] <= 1 + given_up, status["most_pictures_at_once"])
    for site, counters in status["sites"].items():
        judge(f"{site}: asked before its Retry-After was over", counters["too_early"] == 0, counters["too_early"])
        judge(f"{site}: the most questions in a minute", counters["most_in_a_minute"] <= 2 * A_MINUTE, counters["most_in_a_minute"])
    for region, begin, end, asked in outages:
        # Five failures, then the pauses grow from five seconds to five minutes.
        minutes = (end - begin) / day.hour_s * 60
        judge(f"{region}: questions in an outage of {minutes:.0f} minutes", asked <= 12 + minutes / 5 + 4, asked)
    every_s = EVERY_S * day.pace
    asked = collections.defaultdict(list)
    for told in day.nest.told:
        if told["what"] == "request" and told["route"] == "get_image":
            asked[told["camera"]].append(moment(told["time"]))
    counts = {}
    for camera, uuid in day.uuids.items():
        mine = given[uuid]
        in_an_hour = max(sum(a <= b < a + day.hour_s for b in asked[uuid]) for a in asked[uuid])
        # One each two minutes, one more for each refusal, and for each answer that was lost on a connection that had been kept.
        judge(f"{camera}: the most questions for pictures in an hour", in_an_hour <= 3600 / EVERY_S + 8, in_an_hour)
        late = late_pictures(mine, day.began, ended, every_s)
        unexplained = [p for p in late if not any(camera in t[3] and t[1] - every_s <= p[0] + every_s and p[1] <= t[2] for t in day.troubles)]
        for a, b in late:
            print(f"      {camera}: no pictures from {(a - day.began) / day.hour_s:5.2f} h for {b - a:6.2f} s")
        judge(f"{camera}: not asked for a picture outside of troubles", not unexplained,
              [(round((a - day.began) / day.hour_s, 2), round(b - a, 2)) for a, b in unexplained] or "never")
        found = recorded(day.house, camera)
        wrong = compare(mine, found)
        counts[camera] = len(found)
        judge(f"{camera}: pictures of {len(mine)} that were given, in the recordings", not wrong, "; ".join(wrong) or len(found))
    return judge, {"pictures": counts, "logins": accounts["logins"], "jwts": accounts["jwts"],
                   "too_early": sum(counters["too_early"] for counters in status["sites"].values())}


def configuration(nest, pace):
    accounts = nest.started["configuration"].split("cameras:\n")[0]
    passwords = accounts.split("accounts:\n")[1].replace("name: emulated", "name: house").replace("sign_in: google", "sign_in: nest_password")
    return f"{accounts}{passwords}time_scale: {pace}\nlog: {{level: trace}}\n"


def main():
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 12
    pace = float(sys.argv[2]) if len(sys.argv) > 2 else 5 / 3600
    folder = work_folder("nest-day")
    nest = Nest(folder, "--cameras", "3", "--pace", str(pace), "--token-ttl", f"{round(3600 * pace * 1000)}ms")
    try:
        brought = nest.started["sign_in"]
        uuids = dict(zip(CAMERAS, (camera["uuid"] for camera in status_of(nest)["cameras"])))
        for number, (account, _) in enumerate(CAMERAS.values(), 1):
            nest.say(f"{number} owner {brought['users']['nest' if account == 'house' else 'google']}")
        cameras = {name: {"nest": {"account": account, "camera": uuids[name]}, "way": "snapshots",
                          "snapshots": {"interval": f"{EVERY_S}s", "width": WIDTH}} for name, (account, _) in CAMERAS.items()}
        with House(extra=configuration(nest, pace), cameras=cameras) as house:
            for status, said in (login(house, "--account", "house", "--email", brought["email"], "--password-file", "-", stdin="window\n"),
                                 login_with_google(house, folder, nest)):
                assert status == 0, said
            for camera in CAMERAS:
                wait_until(f"{camera} is there", lambda: camera in [c["id"] for c in house.api("GET", "/api/v1/cameras")["cameras"]])
                wait_until(f"{camera} gives pictures", lambda: house.camera(camera)["state"]["word"] == "snapshot")
            day = NestDay(house, nest, uuids, hours, pace)
            print(f"{hours:g} hours in {hours * day.hour_s:.0f} s; a token lives {day.hour_s:.1f} s")
            outages = live_through(day)
            ended = time.time()
            # What is under way at the end of the hub has arrived before.
            for number in range(1, len(CAMERAS) + 1):
                nest.say(f"{number} online off")
            time.sleep(3)
            house.stop()
            judged, figures = judge(day, outages, ended, day.ask("given")["pictures"], day.ask("status"))
            told = secrets_in(house.log_text())
            judged("tokens in the log, which tells everything", not told, told or "none")
        nest.end()
        if len(sys.argv) > 3:
            record(sys.argv[3], "nest-day", day, judged, figures)
        return 1 if judged.failed else 0
    finally:
        if nest.process.poll() is None:
            nest.process.kill()


def status_of(nest):
    nest.say("status")
    return nest.wait("status")


if __name__ == "__main__":
    sys.exit(main())
