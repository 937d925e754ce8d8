"""A day of a household, faster: its clock, what is told of it, and who judges it."""
import json
import time


class Day:
    """An hour of it takes `pace` of an hour."""

    def __init__(self, house, hours, pace):
        self.house, self.hours, self.pace, self.hour_s, self.began = house, hours, pace, 3600 * pace, time.time()
        self.troubles = []  # [name, begin, end, cameras]: in which a picture may be missing or late, with a cause

    def now(self):
        return (time.time() - self.began) / self.hour_s

    def until(self, hour):
        """Tells how the day goes, each hour of it."""
        while (left := hour - self.now()) > 0:
            time.sleep(min(left * self.hour_s, self.hour_s - (time.time() - self.began) % self.hour_s + 0.01))
            if hour - self.now() > 0:
                self.tell("")

    def tell(self, what):
        print(f"{self.now():6.2f} h  {self.words()} {what}", flush=True)

    def words(self):
        """How the cameras are."""
        raise NotImplementedError


class Judge:
    def __init__(self):
        self.failed = 0

    def __call__(self, what, good, found):
        self.failed += not good
        print(f"{'ok  ' if good else 'MISS'}  {what}: {found}", flush=True)


def record(path, scenario, day, judged, figures):
    """A line for the figures of script/bench."""
    with open(path, "a") as out:
        out.write(json.dumps({"scenario": scenario, "server": "casement", "day": time.strftime("%Y-%m-%d"), "hours": day.hours, "pace": day.pace,
                              "missed": judged.failed, **figures}) + "\n")
