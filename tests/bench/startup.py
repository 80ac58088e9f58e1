"""How long the command line takes to answer, and a program to import the package."""

import re
import subprocess
import sys
import time

NUM_RUNS = 7


def run() -> None:
    """Print the median wall time of ``hdrbatch --help``, and what ``import hdrbatch`` takes."""
    help_s = median_s([sys.executable, "-m", "hdrbatch", "--help"])
    empty_s = median_s([sys.executable, "-c", "pass"])
    print(f"hdrbatch --help: {help_s:.2f} s (an empty Python: {empty_s:.2f} s), median of {NUM_RUNS}")
    print(f"import hdrbatch: {import_ms():.1f} ms (python -X importtime), median of {NUM_RUNS}")


def median_s(command: list[str]) -> float:
    """Median wall seconds of a command."""
    times_s = []
    for _ in range(NUM_RUNS):
        begin = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times_s.append(time.perf_counter() - begin)
    return sorted(times_s)[NUM_RUNS // 2]


def import_ms() -> float:
    """Median milliseconds of ``import hdrbatch``, with all that it imports, in a fresh Python."""
    command = [sys.executable, "-X", "importtime", "-c", "import hdrbatch"]
    times_us = []
    for _ in range(NUM_RUNS):
        told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
        found = re.search(r"^import time:\s*\d+ \|\s*(\d+) \| hdrbatch$", told, re.MULTILINE)
        assert found is not None
        times_us.append(int(found[1]))
    return sorted(times_us)[NUM_RUNS // 2] / 1000
