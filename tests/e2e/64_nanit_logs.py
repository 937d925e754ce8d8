#!/usr/bin/env python3
"""`casement camera NAME logs` against an emulated Nanit camera: the journal, the list, the archive, and archives as they should not be.
What ran here is our emulator; no hardware."""
import subprocess
import sys
import tarfile

from house import BINARY, House, wait_until, work_folder
from nanit import Nanit, sign_in

CAMERA = "robin"


def casement(house, *words, text=True):
    return subprocess.run([BINARY, "-c", str(house.config), *words], capture_output=True, text=text, env=house.env, timeout=60)


def logs(house, *more):
    return casement(house, "camera", CAMERA, "logs", *more)


def gives_them(nanit, house, folder):
    journal = logs(house)
    assert journal.returncode == 0 and journal.stdout.strip(), journal
    listed = logs(house, "--list")
    assert listed.returncode == 0 and "journalctl.log" in listed.stdout, listed
    archive = folder / "logs.tar.gz"
    saved = logs(house, "-o", str(archive))
    assert saved.returncode == 0, saved
    with tarfile.open(archive) as packed:
        member = next(m for m in packed.getmembers() if m.name.endswith("journalctl.log"))
        assert packed.extractfile(member).read().decode() == journal.stdout
    nanit.say("logs good chunked")
    again = logs(house)
    assert again.returncode == 0 and again.stdout.strip(), again
    print(f"the journal, {len(journal.stdout)} bytes:", journal.stdout.splitlines()[0])
    print(listed.stdout)


def survives(nanit, house, kept):
    """No fault of a camera costs more than its logs, and nothing is ever unpacked."""
    # What is said, and how many archives are kept: those that came whole, whatever is in them.
    whole, broken, refused, cut = "", "cut short or no tar.gz", "longer than 64 MiB", "stopped in the middle"
    expected = {"truncated": (broken, broken), "traversal": ("left out: 1 ", "left out: 1 "), "huge-member": (broken, broken),
                "huge-length": (refused, whole), "lies": (cut, cut)}
    for fault, sentences in expected.items():
        for how, sentence in zip(("", " chunked"), sentences):
            before = sorted(kept.iterdir())
            nanit.say(f"logs {fault}{how}")
            answer = logs(house, "--list")
            new = [f for f in kept.iterdir() if f not in before]
            print(f"{fault + how}: status {answer.returncode}, kept {[f.stat().st_size for f in new]}:",
                  (answer.stderr.strip() or answer.stdout.strip()).splitlines()[-1])
            assert sentence in answer.stderr and ".." not in answer.stdout, answer
            assert answer.returncode == (1 if sentence in (broken, refused, cut) else 0), answer
            assert len(new) == (0 if sentence in (refused, cut) else 1), new
            assert all(f.name.startswith(CAMERA) and f.name.endswith(".tar.gz") for f in kept.iterdir()), list(kept.iterdir())
    nanit.say("logs good")
    assert logs(house).returncode == 0


def main():
    folder = work_folder("nanit-logs")
    nanit = Nanit(folder, "--pace", "0.02")
    try:
        with House(extra=nanit.started["configuration"]) as house:
            signed = sign_in(house)
            assert signed.returncode == 0, signed
            wait_until("the camera is live", lambda: CAMERA in casement(house, "cameras").stdout and house.camera(CAMERA)["state"]["word"] == "live")
            gives_them(nanit, house, folder)
            survives(nanit, house, house.data / "logs")
            assert nanit.process.poll() is None and house.api("GET", "/api/v1/health")
        nanit.end()
    finally:
        if nanit.process.poll() is None:
            nanit.process.kill()


if __name__ == "__main__":
    sys.exit(main())
