"""What the cells at the lower edge of our test pictures say, in every picture of a file. The layout is that of src/ffmpeg/test_picture_cells.cpp."""
import datetime
import json
import subprocess

from house import run

ROWS, COLUMNS, MARK = 2, 40, 0xA5
EPOCH = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc).timestamp()


def even(number):
    return number - number % 2


def read(strip, width, tall):
    """(counter, wall clock in seconds) of one grey strip, None where it is not to be read."""
    code = bytearray(ROWS * COLUMNS // 8)
    for i in range(ROWS * COLUMNS):
        left, right = (even(width * column // COLUMNS) for column in (i % COLUMNS, i % COLUMNS + 1))
        if strip[(i // COLUMNS * tall + tall // 2) * width + left + (right - left) // 2] > 125:
            code[i // 8] |= 0x80 >> i % 8
    is_whole = code[0] == MARK and code[-1] == sum(byte * (i + 1) for i, byte in enumerate(code[:-1])) & 0xFF
    return (int.from_bytes(code[1:4], "big"), EPOCH + int.from_bytes(code[4:9], "big") / 1000) if is_whole else None


def pictures(path):
    """[(seconds of the file, counter, wall clock)]. Every picture must be readable; the file has none that wait for others (no B-frames)."""
    described = json.loads(run("ffprobe", "-v", "error", "-of", "json", "-select_streams", "v", "-show_entries", "stream=width,height:packet=pts_time", path).stdout)
    width, height = (described["streams"][0][side] for side in ("width", "height"))
    tall = even(height // 24)
    size = ROWS * tall * width
    grey = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:v", "-fps_mode", "passthrough", "-vf",
                           f"crop={width}:{ROWS * tall}:0:{height - ROWS * tall},format=gray", "-f", "rawvideo", "-"], check=True, capture_output=True).stdout
    said = [read(grey[at:at + size], width, tall) for at in range(0, len(grey), size)]
    times = [float(packet["pts_time"]) for packet in described["packets"]]
    assert len(said) == len(times) and all(said), f"{len(times)} pictures, {len(said)} decoded, {said.count(None)} of them unreadable"
    return [(at, *one) for at, one in zip(times, said)]
