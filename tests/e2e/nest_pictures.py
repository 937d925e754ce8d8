"""Which pictures of the emulated Nest are in a hub's recordings: read by ffmpeg, not by the hub."""
from cells import pictures


def recorded(house, camera):
    """Counters of all that lies on the disk of a camera, in the order of its files."""
    return [counter for mp4 in sorted((house.data / "recordings" / camera).glob("*/*.mp4")) for _, counter, _ in pictures(mp4)]


def compare(given, found):
    """What is wrong with `found`, in words: every picture that was delivered is there once and in order, and nothing else but such as left the server
    without arriving."""
    delivered = [one["counter"] for one in given if one["delivered"]]
    wrong = []
    if missing := sorted(set(delivered) - set(found)):
        wrong.append(f"missing: {missing}")
    if twice := sorted({counter for counter in found if found.count(counter) > 1}):
        wrong.append(f"more than once: {twice}")
    if strange := sorted(set(found) - {one["counter"] for one in given}):
        wrong.append(f"never given: {strange}")
    if backwards := [(a, b) for a, b in zip(found, found[1:]) if b < a]:
        wrong.append(f"out of order: {backwards}")
    return wrong
