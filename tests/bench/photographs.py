"""Time and memory to read photographs, beside a plain call of Pillow or OpenCV."""

import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

ROWS, COLUMNS = 4000, 6000
NUM_RUNS = 5

PLAIN = {
    "a.jpg": "from PIL import Image; import numpy as np; read = lambda path: np.asarray(Image.open(path))",
    "a.png": "import cv2; read = lambda path: cv2.imread(path, cv2.IMREAD_UNCHANGED)[..., ::-1].copy()",
    "a.tif": "import cv2; read = lambda path: cv2.imread(path, cv2.IMREAD_UNCHANGED)[..., ::-1].copy()",
    "lzw.tif": "import cv2; read = lambda path: cv2.imread(path, cv2.IMREAD_UNCHANGED)[..., ::-1].copy()",
}
"""Files, and the plain way to the same array: eight bits by Pillow, sixteen by OpenCV."""

OURS = (
    "from pathlib import Path; from hdrbatch.imaging.photo import read_photo; "
    "read = lambda path: read_photo(Path(path)).codes"
)

MEASURED = """
import re, sys, time
{read}
def peak_mb():
    return int(re.search("VmHWM: *([0-9]+)", open("/proc/self/status").read().replace("\\t", " "))[1]) / 1024
read(sys.argv[2])
before_mb, begin = peak_mb(), time.process_time()
read(sys.argv[1])
print(time.process_time() - begin, peak_mb() - before_mb)
"""


def run() -> None:
    """Print CPU seconds and peak memory of both ways, and their ratios; runs of the two take turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, "", ROWS, COLUMNS)
        _write(folder, "small-", 40, 60)
        for file, plain in PLAIN.items():
            ways = {"plain": plain, "hdrbatch": OURS}
            runs: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
            for _ in range(NUM_RUNS):
                for way, read in ways.items():
                    runs[way].append(_measured(read, folder / file, folder / f"small-{file}"))
            (plain_s, plain_mb), (own_s, own_mb) = (np.median(np.array(runs[way]), axis=0) for way in ways)
            print(
                f"{file}, 24 megapixels: {own_s:.2f} s and {own_mb:.0f} MB, plain {plain_s:.2f} s and "
                f"{plain_mb:.0f} MB: {own_s / plain_s:.2f} and {own_mb / plain_mb:.2f} times"
            )


def _measured(read: str, path: Path, small: Path) -> tuple[float, float]:
    """CPU seconds and megabytes of one reading in a Python of its own, which has read a small file before."""
    command = [sys.executable, "-c", MEASURED.format(read=read), str(path), str(small)]
    seconds, megabytes = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(seconds), float(megabytes)


def _write(folder: Path, prefix: str, rows: int, columns: int) -> None:
    rng = np.random.default_rng(0)
    scene = cv2.resize(rng.random((20, 30, 3), np.float32), (columns, rows), interpolation=cv2.INTER_CUBIC)
    scene = np.clip(scene + 0.01 * rng.standard_normal(scene.shape, np.float32), 0, 1)
    deep = np.rint(scene * 65535).astype(np.uint16)
    cv2.imwrite(str(folder / f"{prefix}a.jpg"), (deep >> 8).astype(np.uint8))
    cv2.imwrite(str(folder / f"{prefix}a.png"), deep)
    cv2.imwrite(str(folder / f"{prefix}a.tif"), deep, [cv2.IMWRITE_TIFF_COMPRESSION, 1])
    cv2.imwrite(str(folder / f"{prefix}lzw.tif"), deep, [cv2.IMWRITE_TIFF_COMPRESSION, 5])
