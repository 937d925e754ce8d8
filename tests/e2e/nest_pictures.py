"""Which pictures of the emulated Nest are in a hub's recordings: read by ffmpeg, not by the hub."""
import subprocess

WIDTH, HEIGHT = 640, 360
# As src/ffmpeg/test_picture_cells.cpp draws them.
ROWS, COLUMNS, BYTES, MARK = 2, 40, 10, 0xA5
TALL = HEIGHT // 24 & ~1
STRIP = ROWS * TALL


def read_counter(strip):
    """Of the gray lower edge of a picture; None where it cannot be read."""
    code = bytearray(BYTES)
    for i in range(ROWS * COLUMNS):
        column = i % COLUMNS
        left, right = WIDTH * column // COLUMNS & ~1, WIDTH * (column + 1) // COLUMNS & ~1
        x, y = left + (right - left) // 2, i // COLUMNS * TALL + TALL // 2
        if strip[y * WIDTH + x] > 125:
            code[i // 8] |= 0x80 >> i % 8
    if code[0] != MARK or code[-1] != sum(byte * (i + 1) for i, byte in enumerate(code[:-1])) & 0xFF:
        return None
    return int.from_bytes(code[1:4], "big")


def counters_in(mp4):
    """Of every picture of a file, as they come out of a decoder."""
    decoded = subprocess.run(["ffmpeg", "-v", "error", "-i", mp4, "-map", "0:v", "-vf", f"crop={WIDTH}:{STRIP}:0:{HEIGHT - STRIP},setpts=N/TB", "-vsync", "passthrough",
                              "-f", "rawvideo", "-pix_fmt", "gray", "-"], capture_output=True)
    assert decoded.returncode == 0 and not decoded.stderr, f"{mp4}: {decoded.stderr.decode()[-500:]}"
    size = WIDTH * STRIP
    return [read_counter(decoded.stdout[at:at + size]) for at in range(0, len(decoded.stdout), size)]


def recorded(house, camera):
    """Counters of all that lies on the disk of a camera, in the order of its files."""
    out = []
    for mp4 in sorted((house.data / "recordings" / camera).glob("*/*.mp4")):
        out += counters_in(mp4)
    return out


def compare(given, found):
    """What is wrong with `found`, in words: every picture that was delivered is there once and in order, and nothing else but such as left the server
    without arriving."""
    delivered = [one["counter"] for one in given if one["delivered"]]
    known = {one["counter"] for one in given}
    wrong = []
    if missing := sorted(set(delivered) - set(found)):
        wrong.append(f"missing: {missing}")
    if twice := sorted({counter for counter in found if counter is not None and found.count(counter) > 1}):
        wrong.append(f"more than once: {twice}")
    if None in found:
        wrong.append(f"unreadable: {found.count(None)}")
    if strange := sorted({counter for counter in found if counter is not None} - known):
        wrong.append(f"never given: {strange}")
    in_order = [counter for counter in found if counter is not None]
    if backwards := [(a, b) for a, b in zip(in_order, in_order[1:]) if b < a]:
        wrong.append(f"out of order: {backwards}")
    return wrong
